/* rule.c -- walks a recurrence rule over wall-clock time, period by period.
 *
 * A rule divides time into periods (a year, a month, a week, a day, ... of FREQ, every INTERVAL-th
 * counts). Of each period we make the list of its bases: for FREQ=DAILY and above the days that
 * fit all day parts, below that the period's own start. Every base is then combined with the
 * hours, minutes and seconds that the rule leaves open:
 *
 *     period 2026-W48  ->  bases Tue Thu  x  hours 9 13  x  minutes 0 30  x  seconds 0
 *
 * Whether a part "expands" or "limits" in the table of RFC 5545 section 3.3.10 needs no second
 * thought that way: a day is in the set when it fits every part, and what the rule leaves unsaid
 * comes from DTSTART. Order is rising by construction and nothing comes twice. BYSETPOS picks by
 * index out of bases x times, which are never written out.
 *
 * All arithmetic is on int64 seconds or int32 days within the years 1 to 9999. */
#include "cal/rule.h"

#include <string.h>

enum { BASES_MAX = 7 * 54, CLOCK_MAX = 60 };
#define TIME_FIRST  ((local_t)-62135596800) /* 0001-01-01T00:00:00 */
#define TIME_LAST   ((local_t)253402300799) /* 9999-12-31T23:59:59 */
#define STEPS	    1000000
#define OCCURRENCES 100000
#define PROBE_STEPS 20000 /* YEARLY and MONTHLY repeat after 400 years: enough to be sure */

/* What is left open below a base: seconds of hours, minutes, seconds, sorted, at least one. */
struct clock_list {
	int32_t v[CLOCK_MAX];
	int n;
};

enum verdict { GO_ON, STOP_ENDED, STOP_CALLER, STOP_LIMIT };

struct walker {
	const struct rule *rule;
	local_t dtstart, from, last; /* instances within [from, last] are given out */
	bool (*each)(void *ctx, local_t at);
	void *ctx;

	/* what a day must fit; zero masks let every day pass */
	uint32_t months, weekdays;
	uint32_t monthdays, monthdays_back; /* bit 1: the first; bit 1: the last */
	bool ordinals;			    /* BYDAY has ordinals that count here */
	bool in_year;			    /* ... within the year, not the month */
	bool calendar;			    /* more than the weekday must be looked at */
	bool week_year;			    /* a YEARLY period is 52 or 53 whole weeks */

	/* what a period below a day must fit; only masks that limit */
	bool limit_hour, limit_minute, limit_second;
	uint64_t hour_mask, minute_mask, second_mask;
	day_t judged_day;
	bool judged, judged_fits;

	struct clock_list hours, minutes, seconds;
	local_t base[BASES_MAX];
	int n_bases;

	/* periods: years, months, days or seconds */
	int64_t origin, step;

	int64_t counted, given, steps;
	int64_t max_steps, max_given;
	bool on_start; /* DTSTART is on the rule */
	bool found;    /* an instance of the rule itself, DTSTART among them */
};

/* ---- days ------------------------------------------------------------------------------------*/

static day_t week_one(int year, enum weekday wkst)
{
	day_t jan4 = civil_to_day(year, 1, 4);
	return jan4 - ((int)civil_weekday(jan4) - (int)wkst + 7) % 7;
}

static bool list_has(const int16_t *list, int n, int forward, int backward)
{
	for (int i = 0; i < n; i++)
		if (list[i] == forward || list[i] == backward)
			return true;
	return false;
}

static bool fits_week_number(const struct rule *rule, day_t day, int year)
{
	day_t first = week_one(year, rule->wkst), past = week_one(year + 1, rule->wkst);
	if (day < first) {
		past = first;
		first = week_one(year - 1, rule->wkst);
	} else if (day >= past) {
		first = past;
		past = week_one(year + 2, rule->wkst);
	}
	int number = (day - first) / 7 + 1, weeks = (past - first) / 7;
	return list_has(rule->byweekno, rule->n_byweekno, number, number - weeks - 1);
}

/* @nth and @nth_back: which Tuesday (or whatever @day is) of its month or year. */
static bool fits_ordinal(const struct rule *rule, enum weekday weekday, int nth, int nth_back)
{
	for (int i = 0; i < rule->n_byday; i++) {
		int o = rule->byday[i].ordinal;
		if (rule->byday[i].weekday == (int)weekday &&
		    (o == 0 || o == nth || o == -nth_back))
			return true;
	}
	return false;
}

static bool day_fits(const struct walker *w, day_t day)
{
	enum weekday weekday = civil_weekday(day);
	if (w->weekdays && !(w->weekdays >> weekday & 1))
		return false;
	if (!w->calendar)
		return true;
	const struct rule *rule = w->rule;
	struct civil c = civil_from_day(day);
	if (w->months && !(w->months >> c.month & 1))
		return false;
	int length = civil_month_days(c.year, c.month), at = c.day;
	if ((w->monthdays | w->monthdays_back) && !(w->monthdays >> at & 1) &&
	    !(w->monthdays_back >> (length - at + 1) & 1))
		return false;
	if (rule->n_byweekno && !fits_week_number(rule, day, c.year))
		return false;
	if (!rule->n_byyearday && !w->ordinals)
		return true;
	int year_at = day - civil_to_day(c.year, 1, 1) + 1;
	int year_length = civil_month_days(c.year, 2) == 29 ? 366 : 365;
	if (rule->n_byyearday &&
	    !list_has(rule->byyearday, rule->n_byyearday, year_at, year_at - year_length - 1))
		return false;
	if (w->ordinals && w->in_year)
		at = year_at, length = year_length;
	return !w->ordinals || fits_ordinal(rule, weekday, (at - 1) / 7 + 1, (length - at) / 7 + 1);
}

/* No month has such a day: 30 February, 31 April. Then no walk is needed. */
static bool day_impossible(const struct walker *w)
{
	static const int longest[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	uint32_t any = w->monthdays | w->monthdays_back;
	if (!any)
		return false;
	for (int m = 1; m <= 12; m++) {
		if (w->months && !(w->months >> m & 1))
			continue;
		if (any & ((2U << longest[m]) - 2U))
			return false;
	}
	return true;
}

/* ---- from the rule to the walker -------------------------------------------------------------*/

static uint64_t mask_of(const int16_t *list, int n)
{
	uint64_t mask = 0;
	for (int i = 0; i < n; i++)
		mask |= (uint64_t)1 << (list[i] == 60 ? 59 : list[i]); /* no leap seconds */
	return mask;
}

static void clock_list_set(struct clock_list *list, uint64_t mask, int fallback, int unit_s)
{
	list->n = 0;
	if (!mask)
		mask = (uint64_t)1 << fallback;
	for (int i = 0; i < CLOCK_MAX; i++)
		if (mask >> i & 1)
			list->v[list->n++] = i * unit_s;
}

/* Parts above the period's own unit are open lists; at or below it they limit. */
static void set_clock(struct walker *w, bool date_only)
{
	const struct rule *rule = w->rule;
	int s = date_only ? 0 : local_second(w->dtstart);
	uint64_t hours = mask_of(rule->byhour, rule->n_byhour);
	uint64_t minutes = mask_of(rule->byminute, rule->n_byminute);
	uint64_t seconds = mask_of(rule->bysecond, rule->n_bysecond);
	if (date_only) /* RFC 5545: "MUST be ignored" beside a DATE, whose hour is midnight */
		hours = minutes = seconds = 1;
	enum rule_freq freq = rule->freq;
	clock_list_set(&w->hours, freq > RULE_HOURLY ? hours : 1, s / 3600, 3600);
	clock_list_set(&w->minutes, freq > RULE_MINUTELY ? minutes : 1, s / 60 % 60, 60);
	clock_list_set(&w->seconds, freq > RULE_SECONDLY ? seconds : 1, s % 60, 1);
	w->limit_hour = freq <= RULE_HOURLY && hours;
	w->limit_minute = freq <= RULE_MINUTELY && minutes;
	w->limit_second = freq <= RULE_SECONDLY && seconds;
	w->hour_mask = hours;
	w->minute_mask = minutes;
	w->second_mask = seconds;
}

/* What the rule leaves unsaid about days is DTSTART's: its weekday in a week, its day in a month,
 * its day and month in a year. */
static void set_unsaid_days(struct walker *w)
{
	const struct rule *rule = w->rule;
	struct civil start = civil_from_day(local_day(w->dtstart));
	uint32_t weekday = 1U << civil_weekday(local_day(w->dtstart));
	if (rule->n_byday || rule->n_bymonthday || rule->n_byyearday)
		return;
	if (rule->freq == RULE_WEEKLY || (rule->freq == RULE_YEARLY && rule->n_byweekno)) {
		w->weekdays = weekday;
	} else if ((rule->freq == RULE_MONTHLY && !rule->n_byweekno) || rule->freq == RULE_YEARLY) {
		w->monthdays = 1U << start.day;
		if (rule->freq == RULE_YEARLY && !rule->n_bymonth)
			w->months = 1U << start.month;
	}
}

static void set_days(struct walker *w)
{
	const struct rule *rule = w->rule;
	w->months = (uint32_t)mask_of(rule->bymonth, rule->n_bymonth);
	for (int i = 0; i < rule->n_bymonthday; i++) {
		int d = rule->bymonthday[i];
		if (d > 0)
			w->monthdays |= 1U << d;
		else
			w->monthdays_back |= 1U << -d;
	}
	/* An ordinal has a meaning only in a month or a year, and none beside BYWEEKNO. */
	bool meant = rule->freq == RULE_MONTHLY || (rule->freq == RULE_YEARLY && !rule->n_byweekno);
	for (int i = 0; i < rule->n_byday; i++) {
		w->weekdays |= 1U << rule->byday[i].weekday;
		w->ordinals |= meant && rule->byday[i].ordinal != 0;
	}
	w->in_year = rule->freq == RULE_YEARLY && !rule->n_bymonth;
	w->week_year = rule->freq == RULE_YEARLY && rule->n_byweekno;
	set_unsaid_days(w);
	w->calendar = w->months || w->monthdays || w->monthdays_back || rule->n_byweekno ||
		      rule->n_byyearday || w->ordinals;
}

static int year_of_weeks(day_t day, enum weekday wkst)
{
	int year = civil_from_day(day).year;
	if (day < week_one(year, wkst))
		return year - 1;
	return day >= week_one(year + 1, wkst) ? year + 1 : year;
}

static const int unit_s[] = {[RULE_SECONDLY] = 1, [RULE_MINUTELY] = 60, [RULE_HOURLY] = 3600};

static void set_periods(struct walker *w)
{
	const struct rule *rule = w->rule;
	day_t day = local_day(w->dtstart);
	struct civil c = civil_from_day(day);
	w->step = rule->interval < 1 ? 1 : rule->interval;
	switch (rule->freq) {
	case RULE_YEARLY: w->origin = w->week_year ? year_of_weeks(day, rule->wkst) : c.year; break;
	case RULE_MONTHLY: w->origin = (int64_t)c.year * 12 + c.month - 1; break;
	case RULE_WEEKLY:
		w->origin = day - ((int)civil_weekday(day) - (int)rule->wkst + 7) % 7;
		w->step *= 7;
		break;
	case RULE_DAILY: w->origin = day; break;
	default:
		w->origin = w->dtstart - local_second(w->dtstart) % unit_s[rule->freq];
		w->step *= unit_s[rule->freq];
	}
}

/* ---- periods ---------------------------------------------------------------------------------*/

static local_t period_start(const struct walker *w, int64_t period)
{
	switch (w->rule->freq) {
	case RULE_YEARLY:
		return local_at(w->week_year ? week_one((int)period, w->rule->wkst)
					     : civil_to_day((int)period, 1, 1),
				0);
	case RULE_MONTHLY:
		return local_at(civil_to_day((int)(period / 12), (int)(period % 12) + 1, 1), 0);
	case RULE_WEEKLY:
	case RULE_DAILY: return local_at((day_t)period, 0);
	default: return period;
	}
}

/* The last period of which anything within the years 1 to 9999 may come. */
static int64_t period_last(const struct walker *w)
{
	switch (w->rule->freq) {
	case RULE_YEARLY: return 9999;
	case RULE_MONTHLY: return 9999 * 12 + 11;
	case RULE_WEEKLY:
	case RULE_DAILY: return local_day(TIME_LAST);
	default: return TIME_LAST;
	}
}

static void add_days(struct walker *w, day_t first, day_t past)
{
	for (day_t day = first; day < past; day++)
		if (day_fits(w, day))
			w->base[w->n_bases++] = local_at(day, 0);
}

static void add_month(struct walker *w, int year, int month)
{
	w->steps++;
	if (w->months && !(w->months >> month & 1))
		return;
	day_t first = civil_to_day(year, month, 1);
	add_days(w, first, first + civil_month_days(year, month));
}

/* Whether a period below a day fits; if not, *next is a moment before which none will. */
static bool moment_fits(struct walker *w, local_t at, local_t *next)
{
	day_t day = local_day(at);
	int s = local_second(at);
	if (!w->judged || w->judged_day != day) {
		w->judged = true;
		w->judged_day = day;
		w->judged_fits = day_fits(w, day);
	}
	if (!w->judged_fits)
		*next = local_at(day + 1, 0);
	else if (w->limit_hour && !(w->hour_mask >> (s / 3600) & 1))
		*next = at - s % 3600 + 3600;
	else if (w->limit_minute && !(w->minute_mask >> (s / 60 % 60) & 1))
		*next = at - s % 60 + 60;
	else if (w->limit_second && !(w->second_mask >> (s % 60) & 1))
		*next = at + 1;
	else
		return true;
	return false;
}

/* Lists the bases of @period; gives the period to look at next. */
static int64_t list_bases(struct walker *w, int64_t period)
{
	int year = (int)period;
	local_t next;
	w->n_bases = 0;
	switch (w->rule->freq) {
	case RULE_YEARLY:
		if (w->week_year) {
			w->steps += 12;
			add_days(w, week_one(year, w->rule->wkst),
				 week_one(year + 1, w->rule->wkst));
			break;
		}
		for (int month = 1; month <= 12; month++)
			add_month(w, year, month);
		break;
	case RULE_MONTHLY: add_month(w, (int)(period / 12), (int)(period % 12) + 1); break;
	case RULE_WEEKLY: add_days(w, (day_t)period, (day_t)period + 7); break;
	case RULE_DAILY: add_days(w, (day_t)period, (day_t)period + 1); break;
	default:
		if (!moment_fits(w, period, &next))
			return period + (next - period + w->step - 1) / w->step * w->step;
		w->base[w->n_bases++] = period;
	}
	return period + w->step;
}

/* ---- instances -------------------------------------------------------------------------------*/

static enum verdict take(struct walker *w, local_t at)
{
	if (++w->steps > w->max_steps)
		return STOP_LIMIT;
	if (at < w->dtstart)
		return GO_ON;
	w->found = true;
	if (at == w->dtstart) { /* was given out before the walk began */
		w->on_start = true;
		return GO_ON;
	}
	if (at > w->last || (w->rule->count && w->counted >= w->rule->count))
		return STOP_ENDED;
	w->counted++;
	if (at < w->from)
		return GO_ON;
	if (w->given >= w->max_given)
		return STOP_LIMIT;
	w->given++;
	return w->each(w->ctx, at) ? GO_ON : STOP_CALLER;
}

static enum verdict take_all(struct walker *w)
{
	/* Where nothing is counted, whole bases before the window need not be written out. */
	local_t skip = w->rule->count || w->from < w->dtstart ? w->dtstart : w->from;
	enum verdict v = GO_ON;
	for (int b = 0; b < w->n_bases; b++) {
		if (w->base[b] + DAY_S <= skip)
			continue;
		for (int h = 0; h < w->hours.n; h++)
			for (int m = 0; m < w->minutes.n; m++)
				for (int s = 0; s < w->seconds.n; s++) {
					v = take(w, w->base[b] + w->hours.v[h] + w->minutes.v[m] +
							    w->seconds.v[s]);
					if (v != GO_ON)
						return v;
				}
	}
	return v;
}

/* The instance of index @i in bases x hours x minutes x seconds. */
static local_t instance_at(const struct walker *w, int64_t i)
{
	int s = (int)(i % w->seconds.n), m = (int)(i / w->seconds.n % w->minutes.n);
	int64_t rest = i / w->seconds.n / w->minutes.n;
	return w->base[rest / w->hours.n] + w->hours.v[rest % w->hours.n] + w->minutes.v[m] +
	       w->seconds.v[s];
}

static enum verdict take_positions(struct walker *w)
{
	const struct rule *rule = w->rule;
	int64_t total = (int64_t)w->n_bases * w->hours.n * w->minutes.n * w->seconds.n;
	int64_t index[RULE_LIST_MAX];
	int n = 0;
	for (int i = 0; i < rule->n_bysetpos; i++) {
		int64_t v =
			rule->bysetpos[i] > 0 ? rule->bysetpos[i] - 1 : total + rule->bysetpos[i];
		if (v < 0 || v >= total)
			continue;
		int at = n;
		while (at > 0 && index[at - 1] > v)
			at--;
		if (at > 0 && index[at - 1] == v)
			continue; /* 3 and -2 may be the same */
		memmove(index + at + 1, index + at, (size_t)(n - at) * sizeof *index);
		index[at] = v;
		n++;
	}
	enum verdict v = GO_ON;
	for (int i = 0; i < n && v == GO_ON; i++)
		v = take(w, instance_at(w, index[i]));
	return v;
}

/* ---- the walk --------------------------------------------------------------------------------*/

/* Each period has exactly one instance: COUNT can be reckoned instead of counted. */
static bool one_a_period(const struct walker *w)
{
	const struct rule *rule = w->rule;
	return rule->freq <= RULE_WEEKLY && !rule->n_byday && !w->calendar && !rule->n_bysetpos &&
	       !rule->n_byhour && !rule->n_byminute && !rule->n_bysecond && !w->limit_hour;
}

/* The period from which on the walk must look: the first one, or with nothing to count the one
 * that holds @from or lies just before it. */
static int64_t first_period(struct walker *w)
{
	const struct rule *rule = w->rule;
	day_t day = local_day(w->from);
	struct civil c = civil_from_day(day);
	int64_t target;
	if (w->from <= w->dtstart || (rule->count && !one_a_period(w)))
		return w->origin;
	switch (rule->freq) {
	case RULE_YEARLY: target = w->week_year ? year_of_weeks(day, rule->wkst) : c.year; break;
	case RULE_MONTHLY: target = (int64_t)c.year * 12 + c.month - 1; break;
	case RULE_WEEKLY:
	case RULE_DAILY: target = day; break;
	default: target = w->from;
	}
	if (target <= w->origin)
		return w->origin;
	int64_t skipped = (target - w->origin) / w->step;
	if (skipped > 0)
		w->counted = skipped; /* read only where each period has one */
	return w->origin + skipped * w->step;
}

static enum verdict walk(struct walker *w)
{
	int64_t end = period_last(w);
	enum verdict v = GO_ON;
	for (int64_t period = first_period(w); period <= end && v == GO_ON;) {
		if (period_start(w, period) > w->last)
			return STOP_ENDED;
		if (++w->steps > w->max_steps)
			return STOP_LIMIT;
		period = list_bases(w, period);
		v = w->rule->n_bysetpos ? take_positions(w) : take_all(w);
	}
	return v == GO_ON ? STOP_ENDED : v;
}

static bool stop_at_once(void *ctx, local_t at)
{
	(void)ctx;
	(void)at;
	return false;
}

/* After a walk that found nothing: would the rule ever, without COUNT, UNTIL and window? */
static bool ever_matches(struct walker *w)
{
	struct rule endless = *w->rule;
	endless.count = 0;
	w->rule = &endless;
	w->from = TIME_FIRST;
	w->last = TIME_LAST;
	w->each = stop_at_once;
	w->max_steps = w->steps + PROBE_STEPS;
	w->max_given = w->given + 1;
	(void)walk(w);
	return w->found;
}

static local_t clamp(local_t at, local_t low, local_t high)
{
	return at < low ? low : at > high ? high : at;
}

static local_t until_limit(const struct rule *rule, local_t until_as_local)
{
	switch (rule->until_form) {
	case RULE_UNTIL_DATE:
		return rule->until >= local_day(TIME_LAST) ? TIME_LAST
							   : (rule->until + 1) * DAY_S - 1;
	case RULE_UNTIL_LOCAL: return rule->until;
	case RULE_UNTIL_UTC: return until_as_local;
	default: return TIME_LAST;
	}
}

static bool too_much(const struct walker *w, struct err *err)
{
	if (w->given >= w->max_given)
		return err_set(err, ERR_LIMIT, "RRULE with more than %lld occurrences",
			       (long long)w->max_given);
	return err_set(err, ERR_LIMIT, "RRULE that needs more than %lld steps",
		       (long long)w->max_steps);
}

bool rule_has_start(const struct rule *rule, local_t dtstart, bool date_only)
{
	struct rule endless = *rule;
	struct walker w = {
		.rule = &endless,
		.dtstart = dtstart,
		.from = dtstart,
		.last = dtstart,
		.each = stop_at_once,
		.counted = 1,
		.max_steps = PROBE_STEPS,
		.max_given = 1,
	};
	endless.count = 0;
	if (dtstart < TIME_FIRST || dtstart > TIME_LAST)
		return false;
	set_days(&w);
	set_clock(&w, date_only);
	set_periods(&w);
	if (!day_impossible(&w))
		(void)walk(&w);
	return w.on_start;
}

bool rule_walk(const struct rule *rule, local_t dtstart, bool date_only, local_t from_local,
	       local_t until_local, local_t until_as_local, const struct rule_walk_limits *limits,
	       bool (*each)(void *ctx, local_t at), void *ctx, bool *matched, struct err *err)
{
	if (dtstart < TIME_FIRST || dtstart > TIME_LAST)
		return err_set(err, ERR_PARSE, "RRULE of a start outside the years 1 to 9999");
	struct walker w = {
		.rule = rule,
		.dtstart = dtstart,
		.from = clamp(from_local, TIME_FIRST, TIME_LAST),
		.each = each,
		.ctx = ctx,
		.counted = 1,
		.max_steps = limits && limits->steps > 0 ? limits->steps : STEPS,
		.max_given = limits && limits->occurrences > 0 ? limits->occurrences : OCCURRENCES,
	};
	if (matched)
		*matched = true;
	if (dtstart >= until_local)
		return true;
	w.last = clamp(until_limit(rule, until_as_local), TIME_FIRST - 1,
		       clamp(until_local - 1, TIME_FIRST, TIME_LAST));
	set_days(&w);
	set_clock(&w, date_only);
	set_periods(&w);
	enum verdict verdict = STOP_ENDED;
	if (dtstart >= w.from) {
		w.given++;
		if (!each(ctx, dtstart))
			verdict = STOP_CALLER;
	}
	bool possible = !day_impossible(&w);
	if (possible && verdict != STOP_CALLER)
		verdict = walk(&w);
	bool ok = verdict != STOP_LIMIT || too_much(&w, err);
	if (matched && verdict == STOP_ENDED && !w.found)
		*matched = possible && ever_matches(&w);
	if (limits && limits->spent)
		*limits->spent += w.steps;
	return ok;
}
