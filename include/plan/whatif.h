/* plan/whatif.h -- two plans of one duo compared: what a change would cost, in parts that add up,
 * and which sessions would go, come or stay. Pure. */
#ifndef PLAN_WHATIF_H
#define PLAN_WHATIF_H

#include "plan/duoplan.h"

struct plan_difference { /* then - now */
	int64_t unused, gaps, even, slots, move, total;
	int32_t budget_min, placed_min, unplaced_min;
	int longest_gap, cadence;
	size_t same;			  /* sessions at exactly the same time */
	const struct plan_session **gone; /* of now, by start */
	size_t n_gone;
	const struct plan_session **fresh; /* of then, by start */
	size_t n_fresh;
};

/* Borrows both plans. */
void plan_difference_init(struct plan_difference *out, const struct plan *now,
			  const struct plan *then);
void plan_difference_fini(struct plan_difference *difference);

#endif
