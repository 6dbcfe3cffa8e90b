/* plan/plan_fill.h -- how a plan is written down, for those who choose its sessions; private. */
#ifndef PLAN_PLAN_FILL_H
#define PLAN_PLAN_FILL_H

#include "plan/candidate.h"
#include "plan/duoplan.h"

/* An empty plan: what is known before anything is chosen. */
void plan_begin(const struct plan_task *task, struct plan *out);
/* True, and a plan that says so, when the programme has more days than a plan can hold. */
bool plan_is_too_long(const struct plan_task *task, struct plan *out);
/* Writes down the @chosen candidates (by day; anchor @a) as a plan with all parts of its cost; no
 * reasons. */
void plan_fill(const struct candidates *c, int a, const struct candidate *chosen, size_t n,
	       struct plan *plan);
/* The optimum without what plan/even asks for: no plan costs less. @c has the prices with it. */
int64_t plan_least(const struct candidates *c, struct solve_memory *memory);
/* What the units beyond the solver's range cost: they stay unused whatever is chosen. */
int64_t plan_unused_beyond(const struct plan_task *task);
/* Booked sessions that may move: the plan pays w_move for each that is not kept. */
int32_t plan_count_booked(const struct plan_task *task);

#endif
