/* explain.c -- one day in sentences: what stands, who is where and who says so, what was chosen,
 * and what the road not taken costs (plan/road). */
#include "plan/explain.h"

#include "base/parse.h"
#include "plan/candidate.h"
#include "plan/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct explain_ctx {
	const struct plan_task *task;
	const struct plan *plan;
	const struct origins *origins;
	int day;
	utc_t start, past;
	struct explanation *e;
	struct buf *out; /* the explanation's */
};

void origin_list_fini(struct origin_list *list)
{
	xfree(list->v);
	*list = (struct origin_list){0};
}

void origin_add(struct origin_list *list, const struct time_origin *origin)
{
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = *origin;
}

void explanation_fini(struct explanation *e)
{
	buf_fini(&e->text);
	xfree(e->v);
	*e = (struct explanation){0};
}

static void add_cost(struct buf *out, const struct slot_cost *cost)
{
	const struct {
		int64_t points;
		const char *word;
	} parts[] = {
		{cost->length, "length"},	  {cost->outside_prefer, "outside preferred hours"},
		{cost->lunch, "over lunch"},	  {cost->scrap, "leaves a scrap"},
		{cost->rhythm, "off the rhythm"}, {cost->tentative, "tentative time"},
	};
	const char *between = " (";
	buf_addf(out, "%lld points", (long long)cost->total);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].points) {
			buf_addf(out, "%s%s %lld", between, parts[i].word,
				 (long long)parts[i].points);
			between = ", ";
		}
	if (*between == ',')
		buf_addc(out, ')');
}

/* ---- who is not free, and who says so ---------------------------------------------------- */

static void add_not_free(struct explain_ctx *x, int m, const struct time_origin *origin,
			 bool assumed)
{
	struct explanation *e = x->e;
	struct not_free row = {.member = m, .origin = *origin, .until = origin->end};
	row.assumed = assumed;
	if (row.origin.start < x->start)
		row.origin.start = x->start;
	if (row.origin.end > x->past)
		row.origin.end = x->past;
	if (row.origin.start >= row.origin.end)
		return;
	e->v = xgrow(e->v, e->n, &e->cap, sizeof *e->v);
	e->v[e->n++] = row;
}

/* What nobody's word stands for: the planner's assumptions behind the horizon. */
static void add_assumed(struct explain_ctx *x, int m, const struct busy *b,
			const struct origin_list *origins)
{
	struct spanset whole = {0}, said = {0}, rest = {0};
	spanset_add(&whole, b->start, b->end);
	for (size_t i = 0; i < origins->n; i++)
		/* a horizon is no word on what comes; a source that was never read says it all */
		if (origins->v[i].level >= b->level &&
		    (origins->v[i].level != LEVEL_UNKNOWN || origins->v[i].fresh_at == 0))
			spanset_add(&said, origins->v[i].start, origins->v[i].end);
	spanset_settle(&said);
	spanset_subtract(&whole, &said, &rest);
	for (size_t i = 0; i < rest.n; i++) {
		struct time_origin one = {rest.v[i].start, rest.v[i].end, b->level, .duo = NULL};
		add_not_free(x, m, &one, true);
	}
	spanset_fini(&whole);
	spanset_fini(&said);
	spanset_fini(&rest);
}

static void find_not_free(struct explain_ctx *x, int m, const struct busyset *busy)
{
	utc_t known_until = x->task->members[m].known_until;
	struct origin_list origins = {0};
	const struct day_range *away = reason_absence(x->task, m, x->start, x->past);
	if (x->origins)
		x->origins->of(x->origins->ctx, m, x->start, x->past, &origins);
	for (size_t i = 0; i < origins.n; i++)
		add_not_free(x, m, &origins.v[i], false);
	for (size_t i = busyset_find(busy, x->start); i < busy->n && busy->v[i].start < x->past;
	     i++) {
		struct busy b = busy->v[i];
		if (!x->origins && b.start < known_until) {
			utc_t end = b.end < known_until ? b.end : known_until;
			struct time_origin one = {b.start, end, b.level, .duo = NULL};
			one.absent = away && b.start <= x->start && end >= x->past;
			add_not_free(x, m, &one, false);
		}
		if (b.start < known_until)
			b.start = known_until;
		if (b.start < b.end)
			add_assumed(x, m, &b, &origins);
	}
	origin_list_fini(&origins);
}

static int by_member(const void *a, const void *b)
{
	const struct not_free *x = a, *y = b;
	if (x->member != y->member)
		return x->member - y->member;
	if (x->origin.start != y->origin.start)
		return x->origin.start < y->origin.start ? -1 : 1;
	if (x->origin.end != y->origin.end)
		return x->origin.end < y->origin.end ? -1 : 1;
	if (x->origin.level != y->origin.level)
		return x->origin.level > y->origin.level ? -1 : 1;
	int c = strcmp(x->origin.source ? x->origin.source : "",
		       y->origin.source ? y->origin.source : "");
	return c ? c
		 : (x->origin.session > y->origin.session) -
			       (x->origin.session < y->origin.session);
}

static void say_origin(struct explain_ctx *x, const struct not_free *row)
{
	const struct time_origin *o = &row->origin;
	if (row->assumed) {
		buf_adds(x->out, o->level == LEVEL_UNKNOWN
					 ? " (behind the horizon, and no earlier week shows it)"
					 : " (as in the last known weeks, behind the horizon)");
	} else if (o->source) {
		buf_addf(x->out, " (%s, ", o->source);
		reason_age(x->out, o->fresh_at, x->task->now);
		buf_addc(x->out, ')');
	} else if (o->called_off) {
		buf_addf(x->out, " (s%lld was called off that day)", (long long)o->session);
	} else if (o->duo) {
		buf_addf(x->out, " (s%lld%s%s)", (long long)o->session, *o->duo ? " of " : "",
			 o->duo);
	}
}

/* Behind a horizon, or never read: it is the source that ends, not the person that is away. */
static void say_unknown(struct explain_ctx *x, const struct not_free *row)
{
	const struct zone *zone = x->task->programme->zone;
	const char *who = x->task->members[row->member].person->id;
	if (row->origin.fresh_at == 0) {
		buf_addf(x->out, "%s's timetable has not been read yet (%s)\n", who,
			 row->origin.source);
		return;
	}
	buf_addf(x->out, "%s's timetable is known only until ", who);
	reason_moment(x->out, zone, x->task->members[row->member].known_until);
	say_origin(x, row);
	buf_adds(x->out, "; later time is assumed from the last known weeks\n");
}

static void say_not_free(struct explain_ctx *x, const struct not_free *row)
{
	const struct zone *zone = x->task->programme->zone;
	if (row->origin.level == LEVEL_UNKNOWN && row->origin.source) {
		say_unknown(x, row);
		return;
	}
	buf_addf(x->out, "%s is %s ", x->task->members[row->member].person->id,
		 level_word(row->origin.level));
	reason_time(x->out, zone, row->origin.start, row->origin.end);
	if (row->until > row->origin.end && row->until < UTC_MAX && !row->assumed) {
		buf_adds(x->out, " and on until ");
		reason_moment(x->out, zone, row->until);
	}
	say_origin(x, row);
	buf_addc(x->out, '\n');
}

/* ---- who is where ------------------------------------------------------------------------ */

static void explain_spans(struct explain_ctx *x, const char *who, const struct span *v, size_t n,
			  const char *none)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (v[i].end <= x->start || v[i].start >= x->past)
			continue;
		utc_t start = v[i].start > x->start ? v[i].start : x->start;
		utc_t end = v[i].end < x->past ? v[i].end : x->past;
		buf_addf(x->out, "%s: ", who);
		reason_time(x->out, x->task->programme->zone, start, end);
		buf_addc(x->out, '\n');
		any = true;
	}
	if (!any)
		buf_addf(x->out, "%s: %s\n", who, none);
}

/* Without a lookup the horizon is nobody's in particular. */
static void say_horizon(struct explain_ctx *x, const struct plan_member *member)
{
	if (x->origins)
		return;
	if (member->known_until <= UTC_MIN) {
		buf_addf(x->out, "%s's timetable has not been read yet\n", member->person->id);
	} else if (member->known_until < x->past) {
		buf_addf(x->out, "%s's timetable is known only until ", member->person->id);
		reason_moment(x->out, x->task->programme->zone, member->known_until);
		buf_adds(x->out, "; later time is assumed from the last known weeks\n");
	}
}

/* Who is absent anyway: what else there would have been that day is no news. */
static bool is_absent(const struct explain_ctx *x, const struct not_free *row)
{
	for (size_t i = 0; i < x->e->n; i++) {
		const struct not_free *away = &x->e->v[i];
		if (away->origin.absent && away->member == row->member &&
		    away->origin.start <= row->origin.start && away->origin.end >= row->origin.end)
			return true;
	}
	return false;
}

static void explain_member(struct explain_ctx *x, const struct shared *shared, int m)
{
	const struct plan_member *member = &x->task->members[m];
	const struct member_time *time = &shared->members[m];
	char who[ID_MAX + 16];
	(void)snprintf(who, sizeof who, "%s works", member->person->id);
	say_horizon(x, member);
	if (reason_absence(x->task, m, x->start, x->past))
		buf_addf(x->out, "%s is absent\n", member->person->id);
	explain_spans(x, who, time->available.v, time->available.n, "not that day");
	for (size_t i = 0; i < x->e->n; i++)
		if (x->e->v[i].member == m && !is_absent(x, &x->e->v[i]))
			say_not_free(x, &x->e->v[i]);
}

/* Where in the time that both share the duo has a room, room by room. */
static void explain_rooms(struct explain_ctx *x, const struct shared *shared)
{
	struct spanset windows = {0};
	for (size_t i = 0; i < shared->n_windows; i++)
		spanset_add(&windows, shared->windows[i].start, shared->windows[i].end);
	spanset_settle(&windows);
	for (size_t i = 0; windows.n && i < x->task->n_rooms; i++) {
		struct spanset free = {0};
		char who[ID_MAX + 16];
		(void)snprintf(who, sizeof who, "room %s free", x->task->rooms[i].id);
		spanset_subtract(&windows, x->task->rooms[i].blocked, &free);
		explain_spans(x, who, free.v, free.n, "not in that time");
		spanset_fini(&free);
	}
	spanset_fini(&windows);
}

static void explain_time(struct explain_ctx *x)
{
	struct shared shared;
	shared_init(&shared, x->task, x->day, x->day + 1);
	find_not_free(x, 0, &shared.members[0].busy);
	find_not_free(x, 1, &shared.members[1].busy);
	if (x->e->n > 1)
		qsort(x->e->v, x->e->n, sizeof *x->e->v, by_member);
	explain_member(x, &shared, 0);
	explain_member(x, &shared, 1);
	explain_spans(x, "shared window", shared.windows, shared.n_windows, "none");
	explain_rooms(x, &shared);
	shared_fini(&shared);
}

/* ---- sessions of the day ----------------------------------------------------------------- */

static bool explain_sessions(struct explain_ctx *x)
{
	bool any = false;
	for (size_t i = 0; i < x->plan->n; i++) {
		const struct plan_session *s = &x->plan->v[i];
		if (s->start < x->start || s->start >= x->past)
			continue;
		any = true;
		buf_addf(x->out, "%s session ", kind_word(s->kind));
		reason_time(x->out, x->task->programme->zone, s->start, s->end);
		if (s->fixed) {
			buf_addf(x->out,
				 s->kind == KIND_WORK
					 ? ": s%lld stands and is not the planner's to move"
					 : ": s%lld stands, and work is planned around it",
				 (long long)s->kept_id);
		} else {
			buf_addf(x->out, "%s: ", s->provisional ? ", provisional" : "");
			add_cost(x->out, &s->cost);
			buf_addf(x->out, ", %d open days after the one before", s->gap_before);
			if (s->kept_id)
				buf_addf(x->out, "; it is s%lld, kept", (long long)s->kept_id);
		}
		buf_addc(x->out, '\n');
	}
	return any;
}

/* ---- the road not taken ------------------------------------------------------------------ */

/* Sessions nearer than min_gap, and a budget that is used up: what the eye would ask first. */
static void explain_neighbours(struct explain_ctx *x)
{
	char date[CIVIL_TEXT];
	for (size_t i = 0; i < x->plan->n; i++) {
		const struct plan_session *s = &x->plan->v[i];
		int away = abs(s->day - x->day);
		if (s->kind != KIND_WORK || s->day < 0 || s->day >= x->task->days->n ||
		    away >= x->task->programme->min_gap)
			continue;
		buf_addf(x->out,
			 "the %ssession of %s is %d open days away; work sessions keep %d\n",
			 s->fixed ? "standing " : "", day_text(x->task->days->v[s->day], date),
			 away, x->task->programme->min_gap);
	}
	char left[DURATION_TEXT];
	if (x->plan->unplaced_min == 0)
		buf_adds(x->out, "the budget is used\n");
	else if (x->plan->unplaced_min < x->task->programme->session_min)
		buf_addf(x->out, "the budget is used but for %s\n",
			 minutes_text(x->plan->unplaced_min, left));
}

static void say_parts(struct buf *out, const struct road *road)
{
	bool cheaper = road->total < 0;
	buf_addf(out,
		 "%lld points %s: unused time %+lld, long gaps %+lld, evenness %+lld, sessions "
		 "%+lld, moves %+lld%s\n",
		 (long long)(cheaper ? -road->total : road->total), cheaper ? "cheaper" : "dearer",
		 (long long)road->unused, (long long)road->gaps, (long long)road->even,
		 (long long)road->slots, (long long)road->move,
		 cheaper ? "; but hours are kept for the time that is not known yet" : "");
}

static void explain_road(struct explain_ctx *x)
{
	struct road *road = &x->e->road;
	road_not_taken(x->task, x->plan, x->day, road);
	if (road->kind == ROAD_NONE)
		buf_addf(x->out,
			 "no window holds a session of %d minutes on the grid of starts%s\n",
			 road->min_units * x->task->programme->length_step_min,
			 x->task->n_rooms ? " in a free room" : "");
	else if (road->kind != ROAD_WITHOUT)
		explain_neighbours(x);
	if (road->kind == ROAD_CLOSED) {
		buf_addf(x->out,
			 "no plan has a session here: the budget or the distance to standing "
			 "sessions forbids it, or it would cost more than %d points\n",
			 ROAD_PULL);
	} else if (road->kind == ROAD_WITH) {
		buf_adds(x->out, "the best session here, ");
		reason_time(x->out, x->task->programme->zone, road->start, road->end);
		buf_adds(x->out, " at ");
		add_cost(x->out, &road->cost);
		buf_adds(x->out, ", makes the best year that has it ");
		say_parts(x->out, road);
	} else if (road->kind == ROAD_WITHOUT) {
		buf_adds(x->out, "without it the best year is ");
		say_parts(x->out, road);
	}
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool has_fixed(const struct explain_ctx *x)
{
	for (size_t i = 0; i < x->plan->n; i++)
		if (x->plan->v[i].fixed && x->plan->v[i].day == x->day)
			return true;
	return false;
}

static void explain_open_day(struct explain_ctx *x, day_t date)
{
	const struct plan_task *task = x->task;
	utc_t earliest = task->now + task->programme->freeze_s;
	char text[CIVIL_TEXT];
	if (x->past <= task->now)
		buf_addf(x->out, "%s is in the past\n", day_text(date, text));
	else if (x->start < earliest) {
		buf_adds(x->out, "freeze window: nothing new is planned before ");
		reason_moment(x->out, task->programme->zone, earliest);
		buf_addc(x->out, '\n');
	}
	explain_time(x);
	if (!has_fixed(x) && x->past > earliest)
		explain_road(x);
}

void explanation_init(struct explanation *e, const struct plan_task *task, const struct plan *plan,
		      day_t date, const struct origins *origins)
{
	const struct zone *zone = task->programme->zone;
	*e = (struct explanation){0};
	struct explain_ctx x = {
		.task = task,
		.plan = plan,
		.origins = origins,
		.day = opendays_number(task->days, date),
		.start = zone_day_start(zone, date),
		.past = zone_day_start(zone, date + 1),
		.e = e,
		.out = &e->text,
	};
	(void)explain_sessions(&x);
	if (reason_not_open(task, date, x.out))
		buf_addc(x.out, '\n');
	else if (x.day >= 0 && task->days->n <= SOLVE_DAYS_MAX)
		explain_open_day(&x, date);
}

void plan_explain_day(const struct plan_task *task, const struct plan *plan, day_t date,
		      struct buf *out)
{
	struct explanation e;
	explanation_init(&e, task, plan, date, NULL);
	buf_add(out, buf_str(&e.text), e.text.n);
	explanation_fini(&e);
}
