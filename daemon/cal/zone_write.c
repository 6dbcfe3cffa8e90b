/* zone_write.c -- a zone as the compact VTIMEZONE of RFC 5545 section 3.6.5.
 *
 * Three shapes, the first that says the truth:
 *   one offset          no change from the year on: a single STANDARD
 *   two yearly rules    the footer's rule fits RRULE and holds from the year on
 *   dates, then rules   what is irregular in the next years is listed as RDATEs, by kind of
 *                       change; then the yearly rules, if any fit. Lists end after ten years:
 *                       a feed is made anew long before that.
 * Of two offsets the higher is DAYLIGHT, also where law has it the other way round (Dublin),
 * because that is what clients understand. */
#include "cal/zone.h"

#include "base/buf.h"
#include "cal/zone_table.h"

#include <stdio.h>

enum {
	LIST_YEARS = 10,   /* how far irregular changes are listed */
	LIST_MAX = 64,	   /* and how many */
	PROOF_YEARS = 30,  /* for so long the rule must say what the table says */
	RDATES_A_LINE = 4, /* stays below 75 octets */
	FIRST_YEAR = 1900,
	LAST_YEAR = 3000,
};

struct change {
	utc_t at;
	int before, after;
};

struct plan {
	const struct zone *zone;
	int year;      /* the rules in force from 1 January of it */
	int rule_year; /* the yearly rules hold from here on; 0: never */
	int standard;  /* the offset that is not summer time */
	struct change list[LIST_MAX];
	size_t n;
};

static utc_t year_start(const struct zone *zone, int year)
{
	return zone_day_start(zone, civil_to_day(year, 1, 1));
}

/* ---- what can be said as a rule ------------------------------------------------------------- */

/* "BYMONTH=3;BYDAY=-1SU", or false: the day has no form that every reader knows. A time outside
 * the day ("M3.4.4/50": two days and two hours after the fourth Thursday) moves the range of
 * possible days and the weekday. */
static bool rule_text(const struct posix_when *when, struct buf *out)
{
	static const char *const names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	if (when->form != POSIX_MONTH)
		return false;
	int shift = (int)local_day(when->second);
	int shortest = civil_month_days(2001, when->month);
	const char *weekday = names[((when->weekday + shift) % 7 + 7) % 7];
	if (when->week == 5 && shift != 0 && when->month == 2)
		return false;
	int first = (when->week == 5 ? shortest - 6 : 7 * when->week - 6) + shift;
	if (first < 1 || first + 6 > shortest)
		return false;
	if (when->week == 5 && shift == 0)
		buf_addf(out, "BYMONTH=%d;BYDAY=-1%s", when->month, weekday);
	else if (first % 7 == 1)
		buf_addf(out, "BYMONTH=%d;BYDAY=%d%s", when->month, first / 7 + 1, weekday);
	else
		buf_addf(out, "BYMONTH=%d;BYMONTHDAY=%d,%d,%d,%d,%d,%d,%d;BYDAY=%s", when->month,
			 first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6,
			 weekday);
	return true;
}

static bool rules_can_be_said(const struct posix_tz *tz)
{
	struct buf text = {0};
	bool can = rule_text(&tz->to_dst, &text) && rule_text(&tz->to_std, &text);
	buf_fini(&text);
	return can;
}

/* Is the zone in @year exactly what the rule says? */
static bool year_is_regular(const struct zone *zone, int year)
{
	const struct posix_tz *tz = &zone->tz;
	struct change want[2] = {
		{posix_when_in(&tz->to_dst, year) - tz->std_s, tz->std_s, tz->dst_s},
		{posix_when_in(&tz->to_std, year) - tz->dst_s, tz->dst_s, tz->std_s},
	};
	int early = want[0].at < want[1].at ? 0 : 1;
	struct change got;
	utc_t at = year_start(zone, year);
	for (int i = 0; i < 2; i++, at = got.at + 1) {
		const struct change *w = &want[i == 0 ? early : 1 - early];
		if (!zone_next_transition(zone, at, &got.at, &got.before, &got.after) ||
		    got.at != w->at || got.before != w->before || got.after != w->after)
			return false;
	}
	return !zone_next_transition(zone, at, &got.at, &got.before, &got.after) ||
	       got.at >= year_start(zone, year + 1);
}

static int find_rule_year(const struct zone *zone, int year)
{
	if (!zone->has_tz || !zone->tz.has_dst || !rules_can_be_said(&zone->tz))
		return 0;
	int from = year + LIST_YEARS + PROOF_YEARS;
	while (from > year && year_is_regular(zone, from - 1))
		from--;
	return from <= year + LIST_YEARS ? from : 0;
}

/* ---- what has to be listed ------------------------------------------------------------------ */

static void list_changes(struct plan *plan)
{
	const struct zone *zone = plan->zone;
	int past = plan->rule_year ? plan->rule_year : plan->year + LIST_YEARS;
	utc_t at = year_start(zone, plan->year), end = year_start(zone, past);
	struct change c;
	bool more;
	/* A list that just ends must not leave summer time on for ever: it goes on to its end. */
	while ((more = zone_next_transition(zone, at, &c.at, &c.before, &c.after)) &&
	       plan->n < LIST_MAX &&
	       (c.at < end || (!plan->rule_year && c.before != plan->standard))) {
		plan->list[plan->n++] = c;
		at = c.at + 1;
	}
	while (more && plan->n == LIST_MAX && plan->list[plan->n - 1].after != plan->standard)
		plan->n--;
}

static struct plan make_plan(const struct zone *zone, utc_t from)
{
	const utc_t lowest = (utc_t)civil_to_day(FIRST_YEAR, 1, 2) * DAY_S;
	const utc_t highest = (utc_t)civil_to_day(LAST_YEAR, 1, 2) * DAY_S;
	from = from < lowest ? lowest : from > highest ? highest : from;
	struct plan plan = {.zone = zone, .year = civil_from_day(zone_day_of(zone, from)).year};
	plan.rule_year = find_rule_year(zone, plan.year);
	plan.standard = zone->offset[zone->n];
	if (zone->has_tz)
		plan.standard = zone->tz.std_s;
	if (zone->has_tz && zone->tz.has_dst && zone->tz.dst_s < plan.standard)
		plan.standard = zone->tz.dst_s;
	list_changes(&plan);
	return plan;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void add_local(struct buf *out, local_t local)
{
	struct civil c = civil_from_day(local_day(local));
	int s = local_second(local);
	buf_addf(out, "%04d%02d%02dT%02d%02d%02d", c.year, c.month, c.day, s / 3600, s / 60 % 60,
		 s % 60);
}

static void add_offset(struct buf *out, const char *name, int offset)
{
	int s = offset < 0 ? -offset : offset;
	buf_addf(out, "%s:%c%02d%02d", name, offset < 0 ? '-' : '+', s / 3600, s / 60 % 60);
	if (s % 60)
		buf_addf(out, "%02d", s % 60);
	buf_adds(out, "\r\n");
}

static const char *abbreviation(const struct zone *zone, int offset)
{
	if (zone->n == 0 && !zone->has_tz)
		return zone->name;
	if (zone->has_tz && zone->tz.std_s == offset)
		return zone->tz.std_abbr;
	if (zone->has_tz && zone->tz.has_dst && zone->tz.dst_s == offset)
		return zone->tz.dst_abbr;
	return NULL;
}

/* From its BEGIN up to where RRULE or RDATEs stand; returns the word for END. */
static const char *open_part(struct buf *out, const struct plan *plan, local_t start, int before,
			     int after)
{
	const char *word = after > plan->standard ? "DAYLIGHT" : "STANDARD";
	const char *abbr = abbreviation(plan->zone, after);
	buf_addf(out, "BEGIN:%s\r\nDTSTART:", word);
	add_local(out, start);
	buf_adds(out, "\r\n");
	add_offset(out, "TZOFFSETFROM", before);
	add_offset(out, "TZOFFSETTO", after);
	if (abbr)
		buf_addf(out, "TZNAME:%s\r\n", abbr);
	return word;
}

static void add_constant(struct buf *out, const struct plan *plan, int year)
{
	int offset = zone_offset(plan->zone, year_start(plan->zone, plan->year));
	local_t start = local_at(civil_to_day(year, 1, 1), 0);
	buf_addf(out, "END:%s\r\n", open_part(out, plan, start, offset, offset));
}

/* One part a kind of change: the first as DTSTART, the others as RDATEs. */
static void add_list(struct buf *out, const struct plan *plan)
{
	bool done[LIST_MAX] = {false};
	for (size_t i = 0; i < plan->n; i++) {
		const struct change *first = &plan->list[i];
		if (done[i])
			continue;
		const char *word = open_part(out, plan, first->at + first->before, first->before,
					     first->after);
		int on_line = 0;
		for (size_t j = i + 1; j < plan->n; j++) {
			const struct change *c = &plan->list[j];
			if (c->before != first->before || c->after != first->after)
				continue;
			done[j] = true;
			buf_adds(out, on_line == 0 ? "RDATE:" : ",");
			add_local(out, c->at + c->before);
			on_line = (on_line + 1) % RDATES_A_LINE;
			if (on_line == 0)
				buf_adds(out, "\r\n");
		}
		if (on_line != 0)
			buf_adds(out, "\r\n");
		buf_addf(out, "END:%s\r\n", word);
	}
}

static void add_rule(struct buf *out, const struct plan *plan, const struct posix_when *when,
		     int before, int after)
{
	/* A year earlier, so that the January of the first year has its offset too. */
	int year = plan->rule_year > plan->year ? plan->rule_year : plan->year - 1;
	const char *word = open_part(out, plan, posix_when_in(when, year), before, after);
	buf_adds(out, "RRULE:FREQ=YEARLY;");
	(void)rule_text(when, out);
	buf_addf(out, "\r\nEND:%s\r\n", word);
}

char *zone_vtimezone(const struct zone *zone, utc_t from)
{
	struct plan plan = make_plan(zone, from);
	struct buf out = {0};
	buf_addf(&out, "BEGIN:VTIMEZONE\r\nTZID:%s\r\n", zone->name);
	if (plan.n > 0 || plan.rule_year > plan.year)
		add_constant(&out, &plan, plan.year - 1);
	else if (plan.rule_year == 0)
		add_constant(&out, &plan, 1970);
	add_list(&out, &plan);
	if (plan.rule_year) {
		const struct posix_tz *tz = &zone->tz;
		add_rule(&out, &plan, &tz->to_std, tz->dst_s, tz->std_s);
		add_rule(&out, &plan, &tz->to_dst, tz->std_s, tz->dst_s);
	}
	buf_adds(&out, "END:VTIMEZONE\r\n");
	return buf_take(&out);
}
