/* advice.c -- see the header.
 *
 *   lessons -> those that make room on a day that may have a session
 *           -> by what the year gains at most if that whole day were free
 *           -> exact solves from the top, until the bound is below the fifth best gain
 *
 * Behind a horizon the last known weeks are taken for all that follow, so a lesson in one of them
 * can free many days: those have no bound and are all solved. */
#include "plan/advice.h"

#include "base/parse.h"
#include "plan/candidate.h"
#include "plan/window.h"

#include <stdlib.h>

#define UNBOUNDED    INT64_MAX
#define NOT_YET	     (-1)
#define DAY_MARGIN_S (3 * 3600) /* as the pattern of a day reaches over its midnights */

struct trial { /* a lesson that is worth looking at */
	const struct lesson *lesson;
	int64_t bound;
	int64_t guess; /* with a planner: what it would gain by the members' time alone */
};

struct search {
	const struct plan_task *task;
	const struct lesson *lessons;
	size_t n_lessons;
	const struct advice_planner *planner;
	struct solve_memory *memory;
	struct shared shared; /* of the year that is left, as it is */
	struct candidates c;
	struct solve_slot *slots;
	int64_t now;	    /* what the solver pays for the year as it is */
	int64_t *day_bound; /* [days] NOT_YET: not asked */
	int known_days[2];
	int pattern_first[2][7]; /* open days from here on make a member's pattern of a weekday */
	struct trial *v;
	size_t n, cap;
};

/* ---- time without a lesson --------------------------------------------------------------- */

void advice_busy_without(const struct plan_task *task, const struct lesson *lessons, size_t n,
			 const struct lesson *lesson, int m, struct busyset *out)
{
	const struct busyset *busy = task->members[m].busy;
	utc_t start = lesson->start, end = lesson->end;
	for (size_t i = 0; i < busy->n; i++) {
		const struct busy *b = &busy->v[i];
		busyset_add(out, b->start, b->end < start ? b->end : start, b->level);
		busyset_add(out, b->start > end ? b->start : end, b->end, b->level);
	}
	for (size_t i = 0; i < n && lessons[i].start < end; i++) {
		const struct lesson *o = &lessons[i];
		if (o == lesson || !(o->members >> m & 1))
			continue;
		busyset_add(out, o->start > start ? o->start : start, o->end < end ? o->end : end,
			    o->level);
	}
	busyset_settle(out);
}

struct without { /* the task in which one lesson is gone */
	struct plan_task task;
	struct busyset busy[2];
};

static void without_init(struct without *w, const struct search *x, const struct lesson *lesson)
{
	*w = (struct without){.task = *x->task};
	for (int m = 0; m < 2; m++) {
		if (!(lesson->members >> m & 1))
			continue;
		advice_busy_without(x->task, x->lessons, x->n_lessons, lesson, m, &w->busy[m]);
		w->task.members[m].busy = &w->busy[m];
	}
}

static void without_fini(struct without *w)
{
	busyset_fini(&w->busy[0]);
	busyset_fini(&w->busy[1]);
}

/* ---- which lessons make room ------------------------------------------------------------- */

/* Whether a session fits on @day of @then in a window that is not there now. */
static bool makes_room(const struct search *x, const struct shared *then, int day)
{
	const struct shared_day *was = shared_day(&x->shared, day), *is = shared_day(then, day);
	int64_t least_s = (int64_t)x->c.min_units * x->task->programme->length_step_min * 60;
	for (size_t i = 0; i < is->n; i++) {
		const struct span *w = &then->windows[is->first + i];
		bool same = w->end - w->start < least_s;
		for (size_t k = 0; k < was->n && !same; k++) {
			const struct span *old = &x->shared.windows[was->first + k];
			same = old->start == w->start && old->end == w->end;
		}
		if (!same)
			return true;
	}
	return false;
}

/* Tentative time costs, but may be had: less of it is room too. */
static bool was_tentative(const struct search *x, const struct lesson *lesson)
{
	return lesson->level < window_least_blocking(x->task->weights);
}

static bool in_pattern(const struct search *x, const struct lesson *lesson)
{
	const struct opendays *days = x->task->days;
	const struct zone *zone = x->task->programme->zone;
	day_t first = zone_day_of(zone, lesson->start - DAY_MARGIN_S);
	day_t last = zone_day_of(zone, lesson->end + DAY_MARGIN_S);
	for (int m = 0; m < 2; m++) {
		if (!(lesson->members >> m & 1) || x->known_days[m] >= days->n)
			continue;
		for (int d = opendays_before(days, first);
		     d < x->known_days[m] && days->v[d] <= last; d++)
			if (d >= x->pattern_first[m][civil_weekday(days->v[d])])
				return true;
	}
	return false;
}

static void find_patterns(struct search *x)
{
	const struct opendays *days = x->task->days;
	for (int m = 0; m < 2; m++) {
		int left[7];
		x->known_days[m] = window_known_days(x->task, &x->task->members[m]);
		for (int w = 0; w < 7; w++) {
			left[w] = x->task->programme->pattern_weeks;
			x->pattern_first[m][w] = days->n;
		}
		for (int d = x->known_days[m] - 1; d >= 0; d--) {
			int w = civil_weekday(days->v[d]);
			if (left[w]-- > 0)
				x->pattern_first[m][w] = d;
		}
	}
}

/* ---- what a day that is wholly free would bring ------------------------------------------- */

static int64_t cheapest_year(struct search *x, int day)
{
	const struct plan_task *task = x->task;
	const struct programme *p = task->programme;
	int64_t best = UNBOUNDED;
	struct solve_instance instance;
	for (int a = x->c.n_anchors ? 0 : -1; a < x->c.n_anchors; a++) {
		struct solve_plan plan = {0};
		candidates_instance(&x->c, a, x->slots, &instance);
		for (int32_t u = x->c.min_units; u <= x->c.max_units; u++) {
			int64_t off = (int64_t)u * p->length_step_min - p->preferred_min;
			int64_t steps = (off < 0 ? -off : off) / p->length_step_min;
			x->slots[instance.n_slots++] =
				(struct solve_slot){day, u,
						    steps * (off < 0 ? task->weights->short_step
								     : task->weights->long_step)};
		}
		solve(&instance, x->memory, &plan);
		best = plan.cost < best ? plan.cost : best;
		xfree(plan.v);
	}
	return best;
}

static int64_t bound_of_day(struct search *x, int day)
{
	if (x->day_bound[day] == NOT_YET)
		x->day_bound[day] = x->now - cheapest_year(x, day);
	return x->day_bound[day];
}

/* Upper bound of what the year gains without @lesson, 0: nothing. */
static int64_t bound_of(struct search *x, const struct lesson *lesson)
{
	const struct zone *zone = x->task->programme->zone;
	int64_t buffer_s = window_buffer_s(x->task->programme), bound = 0;
	if (in_pattern(x, lesson))
		return UNBOUNDED;
	day_t last = zone_day_of(zone, lesson->end + buffer_s - 1);
	int day = opendays_before(x->task->days, zone_day_of(zone, lesson->start - buffer_s));
	if (day < x->shared.first_day)
		day = x->shared.first_day;
	int past = day;
	while (past < x->task->days->n && x->task->days->v[past] <= last)
		past++;
	if (day >= past)
		return 0;
	struct without w;
	struct shared then;
	int rooms = 0;
	without_init(&w, x, lesson);
	shared_init(&then, &w.task, day, past);
	for (; day < past; day++) {
		if (x->c.fixed[day] != SOLVE_OPEN ||
		    !(was_tentative(x, lesson) || makes_room(x, &then, day)))
			continue;
		bound = bound_of_day(x, day);
		rooms++;
	}
	shared_fini(&then);
	without_fini(&w);
	return rooms > 1 ? UNBOUNDED : bound;
}

static int by_bound(const void *a, const void *b)
{
	const struct trial *x = a, *y = b;
	if (x->bound != y->bound)
		return x->bound > y->bound ? -1 : 1;
	return (x->lesson > y->lesson) - (x->lesson < y->lesson);
}

static int by_guess(const void *a, const void *b)
{
	const struct trial *x = a, *y = b;
	if (x->guess != y->guess)
		return x->guess > y->guess ? -1 : 1;
	return by_bound(a, b);
}

/* A planner is asked about few: those first that help when only the members' time counts, since
 * what has no bound tells nothing. The rest in the order of their bounds. */
static void guess_trials(struct search *x)
{
	struct plan now;
	plan_make_in(x->task, x->memory, &now);
	for (size_t i = 0; i < x->n && i < ADVICE_SOLVES; i++) {
		struct without w;
		struct plan plan;
		without_init(&w, x, x->v[i].lesson);
		plan_make_in(&w.task, x->memory, &plan);
		x->v[i].guess = now.cost_total - plan.cost_total;
		plan_fini(&plan);
		without_fini(&w);
	}
	plan_fini(&now);
	if (x->n > 1)
		qsort(x->v, x->n, sizeof *x->v, by_guess);
}

static void find_trials(struct search *x, struct advice_list *out)
{
	for (size_t i = 0; i < x->n_lessons; i++) {
		const struct lesson *lesson = &x->lessons[i];
		if (!lesson->is_single || lesson->level == LEVEL_FREE)
			continue;
		out->lessons++;
		int64_t bound = bound_of(x, lesson);
		if (bound <= 0)
			continue;
		x->v = xgrow(x->v, x->n, &x->cap, sizeof *x->v);
		x->v[x->n++] = (struct trial){lesson, bound, INT64_MIN};
	}
	if (x->n > 1)
		qsort(x->v, x->n, sizeof *x->v, by_bound);
	if (x->planner)
		guess_trials(x);
}

/* ---- the best ---------------------------------------------------------------------------- */

static bool is_better(const struct advice *a, const struct advice *b)
{
	if (a->gain != b->gain)
		return a->gain > b->gain;
	return a->lesson < b->lesson; /* by start */
}

static void keep(struct advice_list *out, const struct advice *one)
{
	size_t at = out->n;
	if (one->gain <= 0 || one->gain_min < 0 || one->gain_gap < 0 ||
	    (one->gain_min == 0 && one->gain_gap == 0))
		return;
	while (at > 0 && is_better(one, &out->v[at - 1]))
		at--;
	if (at == ADVICE_MAX)
		return;
	if (out->n < ADVICE_MAX)
		out->n++;
	for (size_t i = out->n - 1; i > at; i--)
		out->v[i] = out->v[i - 1];
	out->v[at] = *one;
}

static void make_plan(const struct search *x, const struct plan_task *task,
		      const struct lesson *lesson, struct plan *out)
{
	if (x->planner)
		x->planner->plan(x->planner->ctx, task, lesson, out);
	else
		plan_make_in(task, x->memory, out);
}

static void try_lesson(struct search *x, const struct lesson *lesson, struct advice_list *out)
{
	struct without w;
	struct plan plan = {0};
	without_init(&w, x, lesson);
	make_plan(x, &w.task, lesson, &plan);
	struct advice one = {
		.lesson = lesson,
		.gain_min = plan.placed_min - out->plan.placed_min,
		.gain_gap = out->plan.longest_gap - plan.longest_gap,
		.gain = out->plan.cost_total - plan.cost_total,
	};
	keep(out, &one);
	plan_fini(&plan);
	without_fini(&w);
}

/* What the solver pays for the plan as it is. Not simply the least: plan/even may have asked for a
 * dearer one, and a lesson may take the reason away. */
static int64_t solver_cost(const struct plan_task *task, const struct plan *plan)
{
	const struct weights *w = task->weights;
	int32_t beyond = plan->budget_min / task->programme->length_step_min - plan_units(task);
	int64_t cost = plan->cost_total - beyond * w->unused;
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].stand == STAND_MOVABLE &&
		    task->standing[i].state == STATE_BOOKED)
			cost -= w->move; /* paid by every plan, earned back by those that keep it */
	return cost;
}

static void search_year(struct search *x, struct advice_list *out)
{
	const struct plan_task *task = x->task;
	utc_t earliest = task->now + task->programme->freeze_s;
	shared_init(&x->shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&x->c, task, &x->shared, earliest);
	int lengths = x->c.max_units >= x->c.min_units ? x->c.max_units - x->c.min_units + 1 : 0;
	x->slots = xmalloc((x->c.n + (size_t)lengths + 1) * sizeof *x->slots);
	x->day_bound = xmalloc(((size_t)task->days->n + 1) * sizeof *x->day_bound);
	for (int d = 0; d < task->days->n; d++)
		x->day_bound[d] = NOT_YET;
	x->now = solver_cost(task, &out->plan);
	find_patterns(x);
	find_trials(x, out);
	/* whoever plans otherwise is slower by far */
	size_t most = x->planner ? ADVICE_SOLVES / 10 : ADVICE_SOLVES;
	for (size_t i = 0; i < x->n; i++) {
		if (out->n == ADVICE_MAX && x->v[i].bound < out->v[ADVICE_MAX - 1].gain)
			continue;
		out->cut = out->solved == most;
		if (out->cut)
			break;
		out->solved++;
		try_lesson(x, x->v[i].lesson, out);
	}
	xfree(x->v);
	xfree(x->day_bound);
	xfree(x->slots);
	candidates_fini(&x->c);
	shared_fini(&x->shared);
}

void advice_make(const struct plan_task *task, const struct lesson *lessons, size_t n,
		 const struct advice_planner *planner, struct advice_list *out)
{
	*out = (struct advice_list){0};
	struct search x = {.task = task,
			   .lessons = lessons,
			   .n_lessons = n,
			   .planner = planner,
			   .memory = solve_memory_new()};
	make_plan(&x, task, NULL, &out->plan);
	out->needed = out->plan.unplaced_min >= task->programme->length_step_min ||
		      out->plan.longest_gap > 2 * out->plan.cadence;
	if (out->needed && task->days->n > 0 && task->days->n <= SOLVE_DAYS_MAX)
		search_year(&x, out);
	solve_memory_free(x.memory);
}

void advice_fini(struct advice_list *list)
{
	plan_fini(&list->plan);
	*list = (struct advice_list){0};
}

/* ---- why there is none ------------------------------------------------------------------- */

static void say_need(const struct advice_list *list, struct buf *out)
{
	char part[DURATION_TEXT];
	if (list->plan.unplaced_min > 0)
		buf_addf(out, "%s could not be placed",
			 minutes_text(list->plan.unplaced_min, part));
	if (list->plan.longest_gap > 2 * list->plan.cadence)
		buf_addf(out,
			 "%sthe longest gap is %d open days, more than twice the cadence of %d",
			 list->plan.unplaced_min > 0 ? " and " : "", list->plan.longest_gap,
			 list->plan.cadence);
}

void advice_reasons(const struct plan_task *task, const struct advice_list *list, struct buf *out)
{
	const char *a = task->members[0].person->id, *b = task->members[1].person->id;
	char part[DURATION_TEXT];
	if (!list->needed) {
		buf_addf(out,
			 "nothing to advise: %s are placed, all that there is, and the longest gap "
			 "of "
			 "%d open days is not more than twice the cadence of %d\n",
			 minutes_text(list->plan.placed_min, part), list->plan.longest_gap,
			 list->plan.cadence);
		return;
	}
	if (list->cut && list->n)
		buf_addf(out,
			 "only the %zu most promising lessons were tried: there may be others as "
			 "good\n",
			 list->solved);
	if (list->n)
		return;
	buf_adds(out, "nothing to advise: ");
	say_need(list, out);
	if (list->lessons == 0)
		buf_addf(out, ", but %s and %s have no lesson that could be moved\n", a, b);
	else
		buf_addf(out,
			 ", but none of the %zu %s of %s and %s would change that if it alone "
			 "were moved\n",
			 list->cut ? list->solved : list->lessons,
			 list->cut ? "most promising lessons" : "lessons", a, b);
	for (size_t i = 0; i < list->plan.n_reasons; i++)
		buf_addf(out, "%s\n", list->plan.reasons[i]);
}
