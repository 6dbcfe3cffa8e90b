/* duoplan.c -- one duo's plan: windows, candidates, one exact solve an anchor, the cheapest.
 *
 * Rhythm. Without an anchor every session pays w_rhythm; with one, those that start at it do
 * not. (Were "none" free of rhythm cost, no plan would ever have a rhythm.) So no plan without
 * an anchor is cheaper than the same plan with one, and "none" is only solved when there is no
 * anchor to try; a plan that has no session on its anchor is reported as having none.
 *
 * Keeping. A booked session that stays earns its slot w_move in the solver; the plan pays w_move
 * for every booked session, so that kept ones cost nothing. */
#include "plan/duoplan.h"

#include "base/buf.h"
#include "plan/candidate.h"
#include "plan/even.h"
#include "plan/reasons.h"
#include "plan/solve.h"
#include "plan/window.h"
#include "plan_fill.h"

#include <stdlib.h>

static int32_t smaller_remaining(const struct plan_task *task)
{
	int32_t a = task->members[0].remaining_min, b = task->members[1].remaining_min;
	int32_t min = a < b ? a : b;
	return min > 0 ? min : 0;
}

static int32_t all_units(const struct plan_task *task)
{
	return smaller_remaining(task) / task->programme->length_step_min;
}

int32_t plan_units(const struct plan_task *task)
{
	int32_t units = all_units(task);
	return units < SOLVE_UNITS_MAX ? units : SOLVE_UNITS_MAX;
}

int plan_cadence(const struct plan_task *task)
{
	const struct programme *p = task->programme;
	if (task->duo->cadence > 0)
		return task->duo->cadence;
	if (p->cadence > 0)
		return p->cadence;
	int64_t budget = task->cadence_budget_min > 0 ? task->cadence_budget_min : p->budget_min;
	int64_t cadence = budget > 0 ? (int64_t)task->days->n * p->preferred_min / budget
				     : task->days->n; /* nothing to spend: no rhythm to keep */
	return cadence > 1 ? (int)cadence : 1;
}

int64_t plan_unused_beyond(const struct plan_task *task)
{
	return (int64_t)(all_units(task) - plan_units(task)) * task->weights->unused;
}

int32_t plan_count_booked(const struct plan_task *task)
{
	int32_t n = 0;
	for (size_t i = 0; i < task->n_standing; i++)
		n += task->standing[i].stand == STAND_MOVABLE &&
		     task->standing[i].state == STATE_BOOKED;
	return n;
}

/* The cheapest plan over the anchors; ties the first. @slots has room for all candidates. */
static int solve_anchors(const struct candidates *c, struct solve_memory *memory,
			 struct solve_slot *slots, struct solve_plan *best)
{
	struct solve_instance instance;
	int chosen = -1;
	bool found = false;
	for (int a = c->n_anchors ? 0 : -1; a < c->n_anchors; a++) {
		struct solve_plan plan = {0};
		candidates_instance(c, a, slots, &instance);
		solve(&instance, memory, &plan);
		if (found && plan.cost >= best->cost) {
			xfree(plan.v);
			continue;
		}
		xfree(best->v);
		*best = plan;
		chosen = a;
		found = true;
	}
	return chosen;
}

/* What the year costs at least, whatever plan/even asked of the plan that was chosen. */
int64_t plan_least(const struct candidates *c, struct solve_memory *memory)
{
	struct solve_slot *slots = xmalloc((c->n + 1) * sizeof *slots);
	struct solve_instance instance;
	int64_t least = INT64_MAX;
	for (int a = c->n_anchors ? 0 : -1; a < c->n_anchors; a++) {
		struct solve_plan plan = {0};
		candidates_instance(c, -1, slots, &instance);
		for (size_t i = 0; i < c->n; i++)
			slots[i].cost -= c->v[i].early;
		for (size_t i = 0; a >= 0 && i < c->anchors[a].n; i++) {
			const struct candidate *on = &c->anchors[a].v[i].candidate;
			slots[c->anchors[a].v[i].index].cost = on->price - on->early;
		}
		solve(&instance, memory, &plan);
		least = plan.cost < least ? plan.cost : least;
		xfree(plan.v);
	}
	xfree(slots);
	return least + plan_unused_beyond(c->task) +
	       c->task->weights->move * plan_count_booked(c->task);
}

static struct plan_session *add_session(struct plan *plan, size_t *cap)
{
	if (plan->n == *cap)
		plan->v = xgrow(plan->v, plan->n, cap, sizeof *plan->v);
	plan->v[plan->n] = (struct plan_session){0};
	return &plan->v[plan->n++];
}

static void add_fixed(const struct plan_task *task, struct plan *plan, size_t *cap)
{
	const struct programme *p = task->programme;
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct plan_standing *s = &task->standing[i];
		if (s->stand != STAND_FIXED)
			continue;
		struct plan_session *to = add_session(plan, cap);
		to->day = candidate_standing_day(task, s->start);
		if (to->day < 0 && zone_day_of(p->zone, s->start) >= p->past)
			to->day = task->days->n;
		to->start = s->start;
		to->end = s->end;
		to->min = (int32_t)((s->end - s->start) / 60);
		to->provisional = s->state == STATE_PROVISIONAL;
		to->fixed = true;
		to->kind = s->kind;
		to->kept_id = s->id;
	}
}

static void add_chosen(const struct candidates *c, int a, const struct candidate *chosen, size_t n,
		       struct plan *plan, size_t *cap)
{
	int32_t kept_booked = 0;
	bool on_anchor = false;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *from = &chosen[i];
		struct plan_session *to = add_session(plan, cap);
		to->day = from->day;
		to->start = from->start;
		to->end = candidate_end(c, from);
		to->min = (int32_t)((to->end - to->start) / 60);
		to->cost = candidate_cost(c, from->units, from->flags);
		to->provisional = candidate_is_provisional(c, from);
		to->kind = KIND_WORK;
		const struct plan_standing *kept = candidate_kept(c->task, to->start, to->end);
		to->kept_id = kept ? kept->id : 0;
		kept_booked += kept && kept->state == STATE_BOOKED;
		on_anchor |= !(from->flags & SLOT_OFF_RHYTHM);
		plan->cost_slots += to->cost.total;
		plan->placed_min += to->min;
	}
	plan->cost_move = c->task->weights->move * (plan_count_booked(c->task) - kept_booked);
	plan->anchor_weekday = on_anchor ? c->anchors[a].anchor.weekday : -1;
	plan->anchor_hour = on_anchor ? c->anchors[a].anchor.hour : -1;
}

static int by_start(const void *a, const void *b)
{
	const struct plan_session *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->kept_id < y->kept_id ? -1 : x->kept_id > y->kept_id;
}

static void measure_gaps(struct plan *plan, int n_days)
{
	int last = -1;
	for (size_t i = 0; i < plan->n; i++) {
		int day = plan->v[i].day;
		plan->v[i].gap_before = day > last ? day - last : 0;
		if (plan->v[i].gap_before > plan->longest_gap)
			plan->longest_gap = plan->v[i].gap_before;
		if (day > last)
			last = day;
	}
	if (n_days - last > plan->longest_gap)
		plan->longest_gap = n_days - last;
}

/* The cost of gaps and unused time by the solver's own definition, asked of these slots alone. */
static struct solve_cost cost_of(const struct candidates *c, const struct candidate *chosen,
				 size_t n)
{
	struct solve_cost cost = {0};
	struct solve_instance instance;
	struct solve_slot *slots = xmalloc((n + 1) * sizeof *slots);
	struct solve_session *sessions = xmalloc((n + 1) * sizeof *sessions);
	candidates_frame(c, &instance);
	for (size_t i = 0; i < n; i++) {
		slots[i] = (struct solve_slot){chosen[i].day, chosen[i].units, chosen[i].price};
		sessions[i] = (struct solve_session){chosen[i].day, chosen[i].units};
	}
	instance.slots = slots;
	instance.n_slots = n;
	(void)solve_cost(&instance, sessions, n, &cost); /* who chose them keeps the rules */
	xfree(slots);
	xfree(sessions);
	return cost;
}

void plan_begin(const struct plan_task *task, struct plan *out)
{
	*out = (struct plan){
		.budget_min = smaller_remaining(task),
		.cadence = plan_cadence(task),
		.anchor_weekday = -1,
		.anchor_hour = -1,
	};
}

void plan_fill(const struct candidates *c, int a, const struct candidate *chosen, size_t n,
	       struct plan *plan)
{
	const struct plan_task *task = c->task;
	struct solve_cost cost = cost_of(c, chosen, n);
	size_t cap = 0;
	plan_begin(task, plan);
	add_fixed(task, plan, &cap);
	add_chosen(c, a, chosen, n, plan, &cap);
	if (plan->n > 1)
		qsort(plan->v, plan->n, sizeof *plan->v, by_start);
	measure_gaps(plan, task->days->n);
	/* what exceeds the solver's range of units stays unused whatever it does */
	plan->cost_unused = cost.unused + plan_unused_beyond(task);
	plan->cost_gaps = cost.gaps;
	plan->cost_even = cost.even;
	plan->cost_total = plan->cost_unused + plan->cost_gaps + plan->cost_even +
			   plan->cost_slots + plan->cost_move;
	plan->bound = plan->cost_total;
	plan->early_price = c->early_price;
	plan->unplaced_min = plan->budget_min - plan->placed_min;
}

static void fill_plan(const struct candidates *c, int a, const struct solve_plan *best,
		      struct plan *plan)
{
	struct candidate *chosen = xmalloc((best->n + 1) * sizeof *chosen);
	for (size_t i = 0; i < best->n; i++)
		chosen[i] = *candidates_get(c, a, best->v[i].day, best->v[i].units);
	plan_fill(c, a, chosen, best->n, plan);
	xfree(chosen);
}

/* A programme of decades: refused in a sentence, since its length is the roster's to choose. */
bool plan_is_too_long(const struct plan_task *task, struct plan *out)
{
	if (task->days->n <= SOLVE_DAYS_MAX)
		return false;
	out->unplaced_min = out->budget_min;
	out->reasons = xmalloc(sizeof *out->reasons);
	out->reasons[out->n_reasons++] =
		xasprintf("the programme's %d open days are more than a plan can hold (%d)",
			  task->days->n, SOLVE_DAYS_MAX);
	return true;
}

void plan_make_in(const struct plan_task *task, struct solve_memory *memory, struct plan *out)
{
	plan_begin(task, out);
	if (plan_is_too_long(task, out))
		return;
	struct solve_memory *own = memory ? NULL : solve_memory_new();
	utc_t earliest = task->now + task->programme->freeze_s;
	struct shared shared;
	struct candidates c;
	shared_init(&shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&c, task, &shared, earliest);
	even_keep(&c, memory ? memory : own);
	struct solve_slot *slots = xmalloc((c.n + 1) * sizeof *slots);
	struct solve_plan best = {0};
	int a = -1;
	if (task->days->n > 0)
		a = solve_anchors(&c, memory ? memory : own, slots, &best);
	fill_plan(&c, a, &best, out);
	if (c.early_price)
		out->bound = plan_least(&c, memory ? memory : own);
	reasons_of_plan(&c, out);
	xfree(best.v);
	xfree(slots);
	candidates_fini(&c);
	shared_fini(&shared);
	solve_memory_free(own);
}

void plan_make(const struct plan_task *task, struct plan *out)
{
	plan_make_in(task, NULL, out);
}

void plan_fini(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_reasons; i++)
		xfree(plan->reasons[i]);
	xfree(plan->reasons);
	xfree(plan->v);
	*plan = (struct plan){0};
}

bool plan_fits(const struct plan_task *task, utc_t start, utc_t end, struct err *err)
{
	struct buf why = {0};
	bool fits = !reason_not_fit(task, start, end, false, &why);
	if (!fits)
		(void)err_set(err, ERR_CONFLICT, "%s", buf_str(&why));
	buf_fini(&why);
	return fits;
}

/* ---- ranked starts ----------------------------------------------------------------------- */

struct slots_ctx {
	const struct candidates *c;
	struct slots *out;
	int length_min;
	bool rhythm;
};

static void add_slot(void *ctx, utc_t start, int32_t units, unsigned flags)
{
	struct slots_ctx *x = ctx;
	int length_min = units * x->c->task->programme->length_step_min;
	if (x->length_min && x->length_min != length_min)
		return;
	if (!x->rhythm)
		flags &= ~(unsigned)SLOT_OFF_RHYTHM;
	struct slots *out = x->out;
	if (out->n == out->cap)
		out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
	utc_t end = start + (int64_t)length_min * 60, room_until;
	if (!candidate_has_room(x->c->task, start, end, &room_until))
		return;
	out->v[out->n++] = (struct slot){start, end, candidate_cost(x->c, units, flags),
					 end > x->c->shared->known_until || end > room_until};
}

static int by_cost(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;
	if (x->cost.total != y->cost.total)
		return x->cost.total < y->cost.total ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

void plan_slots(const struct plan_task *task, const struct plan *plan, int day, int length_min,
		struct slots *out)
{
	*out = (struct slots){0};
	if (day < 0 || day >= task->days->n)
		return;
	struct shared shared;
	struct candidates c;
	shared_init(&shared, task, day, day + 1);
	candidates_init(&c, task, &shared, task->now);
	struct slots_ctx ctx = {&c, out, length_min, plan != NULL};
	struct anchor anchor = {-1, -1};
	if (plan)
		anchor = (struct anchor){plan->anchor_weekday, plan->anchor_hour};
	candidates_each(&c, day, anchor, add_slot, &ctx);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, by_cost);
	candidates_fini(&c);
	shared_fini(&shared);
}

void slots_fini(struct slots *slots)
{
	xfree(slots->v);
	*slots = (struct slots){0};
}
