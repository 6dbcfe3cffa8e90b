/* road.c -- see the header. */
#include "plan/road.h"

#include "plan/candidate.h"
#include "plan/even.h"

#define SLOT_MIN (-1000000) /* the least that the solver takes for a slot */

struct year {
	const struct plan_task *task;
	int day;
	bool pull; /* else that day is closed */
	struct shared shared;
	struct candidates c;
	struct solve_slot *slots;
	struct solve_memory *memory;
};

static void year_init(struct year *y, const struct plan_task *task, int day, bool pull)
{
	utc_t earliest = task->now + task->programme->freeze_s;
	*y = (struct year){.task = task, .day = day, .pull = pull};
	shared_init(&y->shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&y->c, task, &y->shared, earliest);
	y->slots = xmalloc((y->c.n + 1) * sizeof *y->slots);
	y->memory = solve_memory_new();
	even_keep(&y->c, y->memory);
}

static void year_fini(struct year *y)
{
	solve_memory_free(y->memory);
	xfree(y->slots);
	candidates_fini(&y->c);
	shared_fini(&y->shared);
}

/* The day's slots pulled by ROAD_PULL, or left out. */
static void bend(struct year *y, struct solve_instance *instance)
{
	size_t n = 0;
	for (size_t i = 0; i < y->c.n; i++) {
		struct solve_slot slot = y->slots[i];
		if (slot.day == y->day && !y->pull)
			continue;
		if (slot.day == y->day) {
			slot.cost -= ROAD_PULL;
			slot.cost = slot.cost > SLOT_MIN ? slot.cost : SLOT_MIN;
		}
		y->slots[n++] = slot;
	}
	instance->n_slots = n;
}

static int32_t units_on(const struct solve_plan *plan, int day)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].day == day)
			return plan->v[i].units;
	return 0;
}

static int32_t count_booked(const struct plan_task *task)
{
	int32_t n = 0;
	for (size_t i = 0; i < task->n_standing; i++)
		n += task->standing[i].stand == STAND_MOVABLE &&
		     task->standing[i].state == STATE_BOOKED;
	return n;
}

/* What a year costs by its true prices, in the parts that a plan has. */
static bool price(struct year *y, int a, const struct solve_plan *plan, struct road *out)
{
	struct solve_instance instance;
	struct solve_cost cost;
	candidates_instance(&y->c, a, y->slots, &instance);
	if (!solve_cost(&instance, plan->v, plan->n, &cost))
		return false; /* cannot be: the solver keeps the rules */
	int32_t beyond = y->task->members[0].remaining_min < y->task->members[1].remaining_min
				 ? y->task->members[0].remaining_min
				 : y->task->members[1].remaining_min;
	beyond = beyond > 0 ? beyond / y->task->programme->length_step_min : 0;
	out->unused = cost.unused + (beyond - plan_units(y->task)) * y->task->weights->unused;
	out->gaps = cost.gaps;
	out->even = cost.even;
	out->slots = 0;
	out->move = y->task->weights->move * count_booked(y->task);
	for (size_t i = 0; i < plan->n; i++) {
		const struct candidate *one =
			candidates_get(&y->c, a, plan->v[i].day, plan->v[i].units);
		int64_t slot = candidate_cost(&y->c, one->units, one->flags).total;
		out->slots += slot;
		out->move += one->price - one->early - slot; /* what keeping a booked one earns */
		if (one->day == y->day) {
			out->start = one->start;
			out->end = candidate_end(&y->c, one);
			out->cost = candidate_cost(&y->c, one->units, one->flags);
		}
	}
	out->total = out->unused + out->gaps + out->even + out->slots + out->move;
	return true;
}

static void try_anchor(struct year *y, int a, struct road *best)
{
	struct solve_instance instance;
	struct solve_plan plan = {0};
	struct road road = {.kind = y->pull ? ROAD_WITH : ROAD_WITHOUT};
	candidates_instance(&y->c, a, y->slots, &instance);
	bend(y, &instance);
	solve(&instance, y->memory, &plan);
	bool bent = (units_on(&plan, y->day) > 0) == y->pull;
	if (bent && price(y, a, &plan, &road) &&
	    (best->kind == ROAD_CLOSED || road.total < best->total))
		*best = road;
	xfree(plan.v);
}

static bool has_room(const struct year *y)
{
	if (y->day < y->shared.first_day)
		return false;
	int d = y->day - y->shared.first_day;
	return y->c.day_first[d] < y->c.day_first[d + 1];
}

void road_not_taken(const struct plan_task *task, const struct plan *plan, int day,
		    struct road *out)
{
	bool with = true;
	*out = (struct road){0};
	if (task->days->n > SOLVE_DAYS_MAX || day < 0 || day >= task->days->n)
		return;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->v[i].day != day)
			continue;
		if (plan->v[i].fixed)
			return;
		with = false;
	}
	struct year y;
	struct road best = {.kind = ROAD_CLOSED};
	year_init(&y, task, day, with);
	out->min_units = y.c.min_units;
	if (has_room(&y)) {
		for (int a = y.c.n_anchors ? 0 : -1; a < y.c.n_anchors; a++)
			try_anchor(&y, a, &best);
		best.min_units = y.c.min_units;
		*out = best;
	}
	year_fini(&y);
	if (out->kind == ROAD_NONE || out->kind == ROAD_CLOSED)
		return;
	out->unused -= plan->cost_unused;
	out->gaps -= plan->cost_gaps;
	out->even -= plan->cost_even;
	out->slots -= plan->cost_slots;
	out->move -= plan->cost_move;
	out->total -= plan->cost_total;
}
