/* even.c -- see the header. The share that is used falls as the price rises, so the price is
 * found by halving; a year that keeps to its share without one is solved once. */
#include "plan/even.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 8 }; /* of the price: finer does not change what people see */

/* Open days that both work for long enough, before the horizon and in all; timetables do not
 * count, since those of the far days are not known. */
static void count_days(const struct candidates *c, int *early, int *all)
{
	const struct shared *shared = c->shared;
	struct spanset both = {0};
	int64_t least_s = (int64_t)c->min_units * c->task->programme->length_step_min * 60;
	spanset_intersect(&shared->members[0].available, &shared->members[1].available, &both);
	size_t i = 0;
	for (int d = 0; d < shared->past_day - shared->first_day; d++) {
		const struct shared_day *day = &shared->days[d];
		bool room = false;
		while (i < both.n && both.v[i].end <= day->start)
			i++;
		for (size_t k = i; k < both.n && both.v[k].start < day->past && !room; k++)
			room = both.v[k].end - both.v[k].start >= least_s;
		if (!room || c->fixed[shared->first_day + d])
			continue;
		++*all;
		*early += day->past <= shared->known_until;
	}
	spanset_fini(&both);
}

static bool is_early(const struct candidates *c, const struct candidate *v)
{
	return candidate_end(c, v) <= c->shared->known_until;
}

static int32_t early_units(const struct candidates *c, const struct solve_plan *plan)
{
	int32_t units = 0;
	for (size_t i = 0; i < plan->n; i++)
		if (is_early(c, candidates_get(c, -1, plan->v[i].day, plan->v[i].units)))
			units += plan->v[i].units;
	return units;
}

static void charge(const struct candidates *c, struct candidate *v)
{
	const struct plan_standing *kept = candidate_kept(c->task, v->start, candidate_end(c, v));
	if (!is_early(c, v) || (kept && kept->state == STATE_BOOKED))
		return;
	v->early = c->early_price * v->units;
	v->price += v->early;
}

/* By the lengths and days alone, not by what stands or where it starts: so that the price, and
 * with it the plan, is the same again when the plan stands. */
static int32_t used_at(const struct candidates *c, int64_t price, struct solve_memory *memory,
		       struct solve_slot *slots)
{
	struct solve_instance instance;
	struct solve_plan plan = {0};
	candidates_instance(c, -1, slots, &instance);
	for (size_t i = 0; i < c->n; i++) {
		slots[i].cost = candidate_cost(c, c->v[i].units, 0).total;
		slots[i].cost += is_early(c, &c->v[i]) ? price * c->v[i].units : 0;
	}
	solve(&instance, memory, &plan);
	int32_t used = early_units(c, &plan);
	xfree(plan.v);
	return used;
}

void even_keep(struct candidates *c, struct solve_memory *memory)
{
	const struct plan_task *task = c->task;
	int early = 0, all = 0;
	if (c->shared->first_day >= c->shared->past_day || task->weights->unused == 0)
		return;
	count_days(c, &early, &all);
	if (early == 0 || early == all)
		return;
	int32_t preferred = task->programme->preferred_min / task->programme->length_step_min;
	/* one session more: they do not divide, and a year that lags behind it ends with hours left */
	int32_t share = (int32_t)((int64_t)plan_units(task) * early / all) + preferred;
	struct solve_slot *slots = xmalloc((c->n + 1) * sizeof *slots);
	int low = 0, high = STEPS; /* the least of low + 1 .. high that keeps to the share */
	if (used_at(c, 0, memory, slots) <= share)
		high = 0;
	while (high - low > 1) {
		int middle = (low + high) / 2;
		if (used_at(c, task->weights->unused * middle / STEPS, memory, slots) <= share)
			high = middle;
		else
			low = middle;
	}
	c->early_price = task->weights->unused * high / STEPS;
	xfree(slots);
	if (c->early_price == 0)
		return;
	for (size_t i = 0; i < c->n; i++)
		charge(c, &c->v[i]);
	for (int a = 0; a < c->n_anchors; a++)
		for (size_t i = 0; i < c->anchors[a].n; i++)
			charge(c, &c->anchors[a].v[i].candidate);
}
