/* reasons.c -- why a time cannot be used, and why a plan is as it is. */
#include "plan/reasons.h"

#include "base/parse.h"

#include <string.h>

/* ---- times ------------------------------------------------------------------------------- */

static void add_clock(struct buf *out, int second)
{
	buf_addf(out, "%02d:%02d", second / 3600, second / 60 % 60);
}

void reason_moment(struct buf *out, const struct zone *zone, utc_t at)
{
	char day[CIVIL_TEXT];
	local_t local = zone_to_local(zone, at);
	buf_addf(out, "%s ", day_text(local_day(local), day));
	add_clock(out, local_second(local));
}

void reason_time(struct buf *out, const struct zone *zone, utc_t start, utc_t end)
{
	local_t first = zone_to_local(zone, start), last = zone_to_local(zone, end);
	reason_moment(out, zone, start);
	if (local_day(first) == local_day(last)) {
		buf_addc(out, '-');
		add_clock(out, local_second(last));
	} else if (local_day(last) == local_day(first) + 1 && local_second(last) == 0) {
		buf_adds(out, "-24:00"); /* a whole evening, not "until tomorrow 00:00" */
	} else {
		buf_adds(out, " to ");
		reason_moment(out, zone, end);
	}
}

void reason_age(struct buf *out, utc_t fresh_at, utc_t now)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{DAY_S, 'd'}, {3600, 'h'}, {60, 'm'}};
	if (fresh_at == 0) {
		buf_adds(out, "never read");
		return;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (now - fresh_at >= units[i].seconds) {
			buf_addf(out, "read %lld%c ago",
				 (long long)((now - fresh_at) / units[i].seconds), units[i].unit);
			return;
		}
	buf_adds(out, "read just now");
}

/* ---- why a time cannot be used ----------------------------------------------------------- */

static void add_weekdays(struct buf *out, unsigned mask)
{
	const char *between = "";
	for (int w = MON; w <= SUN; w++)
		if (mask >> w & 1) {
			buf_addf(out, "%s%s", between, weekday_name((enum weekday)w));
			between = " ";
		}
}

/* Titles of holidays come from files: a sentence stays one line. */
static void add_title(struct buf *out, const char *title)
{
	if (!title || !*title)
		return;
	buf_adds(out, " (");
	for (; *title; title++)
		buf_addc(out, (unsigned char)*title < ' ' || *title == 0x7f ? '?' : *title);
	buf_addc(out, ')');
}

bool reason_not_open(const struct plan_task *task, day_t date, struct buf *out)
{
	const struct programme *p = task->programme;
	char text[CIVIL_TEXT], edge[CIVIL_TEXT];
	(void)day_text(date, text);
	if (date < p->start || date >= p->past) {
		bool before = date < p->start;
		buf_addf(out, "%s is %s the programme, which %s on %s", text,
			 before ? "before" : "after", before ? "starts" : "ends",
			 day_text(before ? p->start : p->past - 1, edge));
		return true;
	}
	for (size_t i = 0; i < p->n_closed; i++)
		if (p->closed[i].first <= date && date < p->closed[i].past) {
			buf_addf(out, "%s is closed", text);
			add_title(out, p->closed[i].text);
			return true;
		}
	if (p->weekdays >> civil_weekday(date) & 1)
		return false;
	buf_addf(out, "%s is a %s; the programme runs on ", text,
		 weekday_name(civil_weekday(date)));
	add_weekdays(out, p->weekdays);
	return true;
}

static const struct day_range *within(const struct zone *zone, const struct day_range *v, size_t n,
				      utc_t start, utc_t end)
{
	for (size_t i = 0; i < n; i++)
		if (zone_day_start(zone, v[i].first) < end &&
		    start < zone_day_start(zone, v[i].past))
			return &v[i];
	return NULL;
}

const struct day_range *reason_absence(const struct plan_task *task, int m, utc_t start, utc_t end)
{
	const struct person *person = task->members[m].person;
	const struct called_off *off = &task->called_off[m];
	const struct day_range *found =
		within(person->zone, person->absent, person->n_absent, start, end);
	return found ? found : within(person->zone, off->v, off->n, start, end);
}

static void add_absence(struct buf *out, const struct person *person, const struct day_range *range)
{
	char first[CIVIL_TEXT], last[CIVIL_TEXT];
	buf_addf(out, "%s is absent %s", person->id, day_text(range->first, first));
	if (range->past > range->first + 1)
		buf_addf(out, " to %s", day_text(range->past - 1, last));
}

/* The programme's clock, in which everything is said; theirs beside it when it differs. */
static void add_hours(struct buf *out, const struct plan_task *task, const struct person *person,
		      utc_t start)
{
	day_t date = zone_day_of(person->zone, start);
	const char *between = "";
	buf_addf(out, "%s works ", person->id);
	for (size_t i = 0; i < person->n_works; i++) {
		const struct work_hours *w = &person->works[i];
		if (!(w->weekdays >> civil_weekday(date) & 1))
			continue;
		buf_adds(out, between);
		add_clock(out, w->from_min * 60);
		buf_addc(out, '-');
		add_clock(out, w->to_min * 60);
		between = " and ";
	}
	if (!*between)
		buf_adds(out, "not at all");
	buf_addf(out, " on %s", weekday_name(civil_weekday(date)));
	if (person->zone != task->programme->zone)
		buf_addf(out, " (%s)", zone_name(person->zone));
}

static void add_busy(struct buf *out, const struct plan_task *task, const struct plan_member *m,
		     const struct busy *b, bool buffer_only)
{
	static const char *const says[] = {
		[LEVEL_FREE] = "free",
		[LEVEL_TENTATIVE] = "busy under reserve (tentative)",
		[LEVEL_BUSY] = "busy",
		[LEVEL_UNKNOWN] = "not known to be free",
	};
	buf_addf(out, "%s is %s ", m->person->id, says[b->level]);
	reason_time(out, task->programme->zone, b->start, b->end);
	if (b->level == LEVEL_UNKNOWN && b->end > m->known_until)
		buf_adds(out, " (behind the horizon, and no earlier week shows that weekday)");
	else if (b->start >= m->known_until)
		buf_adds(out, " (as in known weeks or already known, behind the horizon)");
	if (buffer_only)
		buf_addf(out, ", with %dm between", task->programme->buffer_min);
}

static void add_horizon(struct buf *out, const struct plan_task *task, const struct plan_member *m)
{
	if (m->known_until <= UTC_MIN) {
		buf_addf(out, "%s's timetable has not been read yet", m->person->id);
		return;
	}
	buf_addf(out, "%s's timetable is known only until ", m->person->id);
	reason_moment(out, task->programme->zone, m->known_until);
}

bool reason_member(const struct plan_task *task, const struct shared *shared, int m, utc_t start,
		   utc_t end, bool assume, struct buf *out)
{
	const struct plan_member *member = &task->members[m];
	const struct member_time *time = &shared->members[m];
	const struct day_range *absent = reason_absence(task, m, start, end);
	if (absent) {
		add_absence(out, member->person, absent);
		return true;
	}
	if (!spanset_covers(&time->available, start, end)) {
		add_hours(out, task, member->person, start);
		return true;
	}
	enum level least = window_least_blocking(task->weights);
	int64_t buffer_s = member->no_pause ? 0 : window_buffer_s(task->programme);
	bool horizon = end > member->known_until && (!assume || member->known_until <= UTC_MIN);
	for (size_t i = busyset_find(&time->busy, start - buffer_s);
	     i < time->busy.n && time->busy.v[i].start < end + buffer_s; i++) {
		const struct busy *b = &time->busy.v[i];
		/* what is only assumed is no reason where the horizon is one */
		if (b->level < least || (horizon && b->start >= member->known_until))
			continue;
		add_busy(out, task, member, b, b->end <= start || b->start >= end);
		return true;
	}
	if (horizon)
		add_horizon(out, task, member);
	return horizon;
}

bool reason_not_fit(const struct plan_task *task, utc_t start, utc_t end, bool assume,
		    struct buf *out)
{
	if (start <= UTC_MIN || end >= UTC_MAX || start >= end) {
		buf_adds(out, "a session ends after it starts");
		return true;
	}
	const struct zone *zone = task->programme->zone;
	day_t date = zone_day_of(zone, start);
	if (reason_not_open(task, date, out))
		return true;
	if (end > zone_day_start(zone, date + 1)) {
		reason_time(out, zone, start, end);
		buf_adds(out, " does not lie within one day");
		return true;
	}
	int day = opendays_number(task->days, date);
	if (day < 0) { /* the list of days is not this programme's */
		buf_adds(out, "that is not an open day");
		return true;
	}
	struct shared shared;
	shared_init(&shared, task, day, day + 1);
	bool found = reason_member(task, &shared, 0, start, end, assume, out) ||
		     reason_member(task, &shared, 1, start, end, assume, out);
	shared_fini(&shared);
	return found;
}

/* ---- why a plan is as it is -------------------------------------------------------------- */

struct reasons_ctx {
	const struct candidates *c;
	const struct plan_task *task;
	const struct shared *shared;
	struct plan *plan;
	size_t cap;
	struct buf line;
	int n_left, n_fixed, n_without; /* open days left; with a fixed session; without room */
};

static void end_reason(struct reasons_ctx *x)
{
	if (x->plan->n_reasons == x->cap)
		x->plan->reasons =
			xgrow(x->plan->reasons, x->plan->n_reasons, &x->cap, sizeof(char *));
	x->plan->reasons[x->plan->n_reasons++] = buf_take(&x->line);
}

static bool day_has_room(const struct candidates *c, int day)
{
	int d = day - c->shared->first_day;
	return c->day_first[d] < c->day_first[d + 1];
}

static void count_days(struct reasons_ctx *x)
{
	for (int d = x->shared->first_day; d < x->shared->past_day; d++) {
		x->n_left++;
		if (x->c->fixed[d])
			x->n_fixed++;
		else if (!day_has_room(x->c, d))
			x->n_without++;
	}
}

static void say_never_read(struct reasons_ctx *x)
{
	for (int m = 0; m < 2; m++) {
		if (x->task->members[m].known_until > UTC_MIN)
			continue;
		add_horizon(&x->line, x->task, &x->task->members[m]);
		buf_adds(&x->line, ", so no time is known to be free");
		end_reason(x);
	}
}

static int32_t shortest_min(const struct candidates *c)
{
	return c->min_units * c->task->programme->length_step_min;
}

/* The days that have room and no session. */
static void add_left_over(struct reasons_ctx *x)
{
	const struct programme *p = x->task->programme;
	int chosen = 0;
	for (size_t i = 0; i < x->plan->n; i++)
		chosen += !x->plan->v[i].fixed;
	int spare = x->n_left - x->n_fixed - x->n_without - chosen;
	if (spare <= 0)
		return;
	char step[DURATION_TEXT];
	if (x->n_without)
		buf_addf(&x->line, "; on the other %d", spare);
	else
		buf_addf(&x->line, "on the %d open days left without a session", spare);
	buf_addf(&x->line,
		 " one would lie nearer than %d open days to the next or cost more than the "
		 "%lld points that each unused %s costs",
		 p->min_gap, (long long)x->task->weights->unused,
		 minutes_text(p->length_step_min, step));
}

/* Hours that plan/even keeps back: what is not placed for it, and what the year is dearer. */
static void say_kept(struct reasons_ctx *x)
{
	const struct plan *plan = x->plan;
	char part[DURATION_TEXT];
	bool lacks = plan->unplaced_min >= shortest_min(x->c);
	if (x->c->early_price == 0 || (!lacks && plan->cost_total == plan->bound))
		return;
	if (lacks)
		buf_addf(&x->line, "of these %s some are kept",
			 minutes_text(plan->unplaced_min, part));
	else
		buf_adds(&x->line, "hours are kept");
	buf_addf(&x->line,
		 " for the time that is not known yet: more than an even share before the horizon "
		 "would cost %lld points a step",
		 (long long)x->c->early_price);
	if (plan->cost_total > plan->bound)
		buf_addf(&x->line, "; for this the year costs %lld points more than its bound",
			 (long long)(plan->cost_total - plan->bound));
	end_reason(x);
}

static void say_unplaced(struct reasons_ctx *x)
{
	const struct plan *plan = x->plan;
	char part[DURATION_TEXT], whole[DURATION_TEXT], least[DURATION_TEXT];
	if (plan->unplaced_min <= 0)
		return;
	(void)minutes_text(shortest_min(x->c), least);
	buf_addf(&x->line, "%s of %s could not be placed: ", minutes_text(plan->unplaced_min, part),
		 minutes_text(plan->budget_min, whole));
	if (x->c->min_units > x->c->max_units) {
		buf_addf(&x->line, "no multiple of %s lies within the shortest and longest session",
			 minutes_text(x->task->programme->length_step_min, least));
	} else if (plan->unplaced_min < shortest_min(x->c)) {
		buf_addf(&x->line, "that is less than the shortest session of %s", least);
	} else if (x->task->days->n == 0) {
		buf_adds(&x->line, "the programme has no open days");
	} else if (x->n_left == 0) {
		buf_adds(&x->line, "no open day is left after the freeze window");
	} else if (x->n_left == x->n_fixed) {
		buf_adds(&x->line, "every open day that is left has a session that stands");
	} else {
		if (x->n_without)
			buf_addf(&x->line,
				 "on %d of %d open days left %s and %s share no %d minutes",
				 x->n_without, x->n_left, x->task->members[0].person->id,
				 x->task->members[1].person->id, shortest_min(x->c));
		add_left_over(x);
	}
	end_reason(x);
}

/* Whether a member alone has room for the shortest session on each day: 1 a day. */
static void mark_own_room(const struct reasons_ctx *x, int m, uint8_t *room)
{
	const struct member_time *time = &x->shared->members[m];
	struct spanset free = {0};
	spanset_subtract(&time->available, &time->blocked, &free);
	size_t i = 0;
	for (int d = 0; d < x->n_left; d++) {
		const struct shared_day *day = &x->shared->days[d];
		while (i < free.n && free.v[i].end <= day->start)
			i++;
		for (size_t k = i; k < free.n && free.v[k].start < day->past; k++) {
			utc_t start = free.v[k].start > day->start ? free.v[k].start : day->start;
			utc_t end = free.v[k].end < day->past ? free.v[k].end : day->past;
			if (end - start >= (int64_t)shortest_min(x->c) * 60)
				room[d] |= (uint8_t)(1 << m);
		}
	}
	spanset_fini(&free);
}

static void say_who(struct reasons_ctx *x)
{
	uint8_t *room = xcalloc((size_t)x->n_left + 1, 1);
	int count[4] = {0};
	mark_own_room(x, 0, room);
	mark_own_room(x, 1, room);
	for (int d = 0; d < x->n_left; d++)
		if (!x->c->fixed[x->shared->first_day + d] &&
		    !day_has_room(x->c, x->shared->first_day + d))
			count[room[d]]++;
	xfree(room);
	const char *a = x->task->members[0].person->id, *b = x->task->members[1].person->id;
	buf_addf(&x->line,
		 "of these %d days %s alone has no %d minutes on %d, %s alone on %d, neither has "
		 "on %d, "
		 "and on %d both have them but not at the same time",
		 x->n_without, a, shortest_min(x->c), count[2], b, count[1], count[0], count[3]);
	end_reason(x);
}

static void say_weekdays(struct reasons_ctx *x)
{
	int all[7] = {0}, with[7] = {0};
	for (int d = x->shared->first_day; d < x->shared->past_day; d++) {
		enum weekday w = civil_weekday(x->task->days->v[d]);
		all[w]++;
		with[w] += !x->c->fixed[d] && day_has_room(x->c, d);
	}
	buf_adds(&x->line, "days with shared time:");
	const char *between = " ";
	for (int w = MON; w <= SUN; w++)
		if (all[w]) {
			buf_addf(&x->line, "%s%s %d of %d", between, weekday_name((enum weekday)w),
				 with[w], all[w]);
			between = ", ";
		}
	end_reason(x);
}

static void say_provisional(struct reasons_ctx *x)
{
	int n = 0;
	int32_t minutes = 0;
	for (size_t i = 0; i < x->plan->n; i++)
		if (x->plan->v[i].provisional && !x->plan->v[i].fixed) {
			n++;
			minutes += x->plan->v[i].min;
		}
	if (n == 0)
		return;
	const struct plan_member *m = x->task->members;
	char text[DURATION_TEXT];
	add_horizon(&x->line, x->task, &m[m[1].known_until < m[0].known_until]);
	buf_addf(&x->line, ": %d %s (%s) after it %s provisional", n,
		 n == 1 ? "session" : "sessions", minutes_text(minutes, text),
		 n == 1 ? "is" : "are");
	end_reason(x);
}

static bool is_kept(const struct plan *plan, const struct plan_standing *s)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].kept_id == s->id && plan->v[i].start == s->start)
			return true;
	return false;
}

static void say_moved(struct reasons_ctx *x)
{
	for (size_t i = 0; i < x->task->n_standing; i++) {
		const struct plan_standing *s = &x->task->standing[i];
		if (s->stand != STAND_MOVABLE || s->state != STATE_BOOKED || is_kept(x->plan, s))
			continue;
		buf_addf(&x->line, "s%lld, ", (long long)s->id);
		reason_time(&x->line, x->task->programme->zone, s->start, s->end);
		buf_adds(&x->line, ", does not stay: ");
		int day = candidate_standing_day(x->task, s->start);
		if (day >= 0 && x->c->fixed[day])
			buf_adds(&x->line, "another session stands on that day");
		else if (!reason_not_fit(x->task, s->start, s->end, true, &x->line))
			buf_addf(&x->line,
				 "the year is better without it by more than the %lld points that "
				 "moving costs, or it no longer fits budget and distances",
				 (long long)x->task->weights->move);
		end_reason(x);
	}
}

static void say_long_gap(struct reasons_ctx *x)
{
	const struct plan *plan = x->plan;
	if (plan->longest_gap <= 2 * plan->cadence)
		return;
	char from[CIVIL_TEXT] = "the start", to[CIVIL_TEXT] = "the end";
	const day_t *days = x->task->days->v;
	int last = -1, n = x->task->days->n;
	for (size_t i = 0; i <= plan->n; i++) {
		int day = i < plan->n ? plan->v[i].day : n;
		if (day - last == plan->longest_gap) {
			if (last >= 0 && last < n)
				(void)day_text(days[last], from);
			if (day < n)
				(void)day_text(days[day], to);
			break;
		}
		if (day > last)
			last = day;
	}
	buf_addf(
		&x->line,
		"the longest gap is %d open days, from %s to %s: more than twice the cadence of %d",
		plan->longest_gap, from, to, plan->cadence);
	end_reason(x);
}

void reasons_of_plan(const struct candidates *c, struct plan *plan)
{
	struct reasons_ctx x = {.c = c, .task = c->task, .shared = c->shared, .plan = plan};
	count_days(&x);
	say_never_read(&x);
	say_unplaced(&x);
	say_kept(&x);
	bool never = c->task->members[0].known_until <= UTC_MIN ||
		     c->task->members[1].known_until <= UTC_MIN;
	if (plan->unplaced_min >= shortest_min(c) && x.n_without && !never &&
	    c->min_units <= c->max_units) {
		say_who(&x);
		say_weekdays(&x);
	}
	say_provisional(&x);
	say_moved(&x);
	say_long_gap(&x);
	buf_fini(&x.line);
}
