/* explain.c -- one day in sentences: what stands, who is where, what was chosen, or what it would
 * cost to have a session after all. The last is not guessed: the year is solved once more with
 * that day made so attractive that it is taken, and the two plans are compared. */
#include "base/parse.h"
#include "plan/candidate.h"
#include "plan/duoplan.h"
#include "plan/reasons.h"

#include <stdio.h>
#include <stdlib.h>

/* Points that pull a session onto a day: nearly all that the solver takes for a slot. */
#define PULL	 900000
#define SLOT_MIN (-1000000)

struct explain_ctx {
	const struct plan_task *task;
	const struct plan *plan;
	int day;
	utc_t start, past;
	struct buf *out;
};

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

static void explain_member(struct explain_ctx *x, const struct shared *shared, int m)
{
	const struct plan_member *member = &x->task->members[m];
	const struct member_time *time = &shared->members[m];
	const struct zone *zone = x->task->programme->zone;
	char who[ID_MAX + 16];
	(void)snprintf(who, sizeof who, "%s works", member->person->id);
	if (member->known_until <= UTC_MIN) {
		buf_addf(x->out, "%s's timetable has not been read yet\n", member->person->id);
	} else if (member->known_until < x->past) {
		buf_addf(x->out, "%s's timetable is known only until ", member->person->id);
		reason_moment(x->out, zone, member->known_until);
		buf_adds(x->out, "; later time is assumed from the last known weeks\n");
	}
	const struct day_range *absent = reason_absence(x->task, m, x->start, x->past);
	if (absent)
		buf_addf(x->out, "%s is absent\n", member->person->id);
	explain_spans(x, who, time->available.v, time->available.n, "not that day");
	for (size_t i = busyset_find(&time->busy, x->start);
	     i < time->busy.n && time->busy.v[i].start < x->past; i++) {
		const struct busy *b = &time->busy.v[i];
		if (absent && b->start <= x->start && b->end >= x->past)
			continue; /* the absence itself */
		buf_addf(x->out, "%s is %s ", member->person->id, level_word(b->level));
		reason_time(x->out, zone, b->start, b->end);
		buf_adds(x->out,
			 b->start >= member->known_until ? " (behind the horizon)\n" : "\n");
	}
}

static void explain_time(struct explain_ctx *x)
{
	struct shared shared;
	shared_init(&shared, x->task, x->day, x->day + 1);
	explain_member(x, &shared, 0);
	explain_member(x, &shared, 1);
	explain_spans(x, "shared window", shared.windows, shared.n_windows, "none");
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
			buf_addf(x->out, ": s%lld stands and is not the planner's to move",
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

/* ---- a day that was left out ------------------------------------------------------------- */

struct year {
	struct shared shared;
	struct candidates c;
	struct solve_slot *slots;
	struct solve_instance instance;
	int anchor;
};

static void year_init(struct year *y, const struct explain_ctx *x)
{
	const struct plan_task *task = x->task;
	utc_t earliest = task->now + task->programme->freeze_s;
	shared_init(&y->shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&y->c, task, &y->shared, earliest);
	y->slots = xmalloc((y->c.n + 1) * sizeof *y->slots);
	y->anchor = candidates_anchor(&y->c, x->plan->anchor_weekday, x->plan->anchor_hour);
	candidates_instance(&y->c, y->anchor, y->slots, &y->instance);
}

static void year_fini(struct year *y)
{
	xfree(y->slots);
	candidates_fini(&y->c);
	shared_fini(&y->shared);
}

static int units_on(const struct solve_plan *plan, int day)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].day == day)
			return plan->v[i].units;
	return 0;
}

static void explain_difference(struct explain_ctx *x, const struct year *y,
			       const struct solve_plan *with)
{
	struct solve_cost then = {0}, now = {0};
	size_t n = 0;
	struct solve_session *v = xcalloc(x->plan->n + 1, sizeof *v);
	for (size_t i = 0; i < x->plan->n; i++)
		if (!x->plan->v[i].fixed)
			v[n++] = (struct solve_session){
				x->plan->v[i].day,
				x->plan->v[i].min / x->task->programme->length_step_min};
	if (!solve_cost(&y->instance, v, n, &now) ||
	    !solve_cost(&y->instance, with->v, with->n, &then)) {
		buf_adds(x->out, "the plan was made from other figures: plan again to compare\n");
		xfree(v);
		return;
	}
	xfree(v);
	const struct candidate *best =
		candidates_get(&y->c, y->anchor, x->day, units_on(with, x->day));
	buf_adds(x->out, "the best session here, ");
	reason_time(x->out, x->task->programme->zone, best->start, candidate_end(&y->c, best));
	struct slot_cost cost = candidate_cost(&y->c, best->units, best->flags);
	buf_adds(x->out, " at ");
	add_cost(x->out, &cost);
	buf_addf(x->out,
		 ", makes the best year that has it %lld points dearer: unused time %+lld, long "
		 "gaps %+lld, evenness %+lld, sessions (moves included) %+lld\n",
		 (long long)(then.total - now.total), (long long)(then.unused - now.unused),
		 (long long)(then.gaps - now.gaps), (long long)(then.even - now.even),
		 (long long)(then.slots - now.slots));
}

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
	if (x->plan->unplaced_min < x->task->programme->session_min)
		buf_addf(x->out, "the budget is used but for %s\n",
			 minutes_text(x->plan->unplaced_min, left));
}

static void explain_left_out(struct explain_ctx *x)
{
	struct year y;
	year_init(&y, x);
	bool room = false;
	for (size_t i = 0; i < y.c.n; i++)
		if (y.slots[i].day == x->day) {
			int64_t pulled = y.slots[i].cost - PULL;
			y.slots[i].cost = pulled > SLOT_MIN ? pulled : SLOT_MIN;
			room = true;
		}
	if (!room) {
		buf_addf(x->out, "no window holds a session of %d minutes on the grid of starts\n",
			 y.c.min_units * x->task->programme->length_step_min);
		year_fini(&y);
		return;
	}
	explain_neighbours(x);
	struct solve_plan with = {0};
	struct solve_memory *memory = solve_memory_new();
	solve(&y.instance, memory, &with);
	solve_memory_free(memory);
	candidates_instance(&y.c, y.anchor, y.slots, &y.instance); /* true prices again */
	if (units_on(&with, x->day))
		explain_difference(x, &y, &with);
	else
		buf_addf(x->out,
			 "no plan has a session here: the budget or the distance to standing "
			 "sessions forbids it, or it would cost more than %d points\n",
			 PULL);
	xfree(with.v);
	year_fini(&y);
}

void plan_explain_day(const struct plan_task *task, const struct plan *plan, day_t date,
		      struct buf *out)
{
	const struct zone *zone = task->programme->zone;
	struct explain_ctx x = {task,
				plan,
				opendays_number(task->days, date),
				zone_day_start(zone, date),
				zone_day_start(zone, date + 1),
				out};
	bool has_session = explain_sessions(&x);
	if (reason_not_open(task, date, out)) {
		buf_addc(out, '\n');
		return;
	}
	if (x.day < 0)
		return;
	if (task->days->n > SOLVE_DAYS_MAX)
		return;
	utc_t earliest = task->now + task->programme->freeze_s;
	char text[CIVIL_TEXT];
	if (x.past <= task->now)
		buf_addf(out, "%s is in the past\n", day_text(date, text));
	else if (x.start < earliest) {
		buf_adds(out, "freeze window: nothing new is planned before ");
		reason_moment(out, zone, earliest);
		buf_addc(out, '\n');
	}
	explain_time(&x);
	if (!has_session && x.past > earliest)
		explain_left_out(&x);
}
