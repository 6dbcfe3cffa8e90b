/* plan/bill.h -- what a plan costs, item by item: every figure that makes up the total.
 *
 * The items are counted again from the plan's sessions, not copied from its sums: that they agree
 * is what the tests hold. Pure. */
#ifndef PLAN_BILL_H
#define PLAN_BILL_H

#include "plan/duoplan.h"

struct bill_gap {     /* from one session (or the start) to the next (or the end) */
	int from, to; /* open day numbers; -1: the start, the number of days: the end */
	int open_days;
	int64_t gap, even; /* points */
};

struct bill_move { /* a booked session that the plan does not keep */
	const struct plan_standing *session;
	int64_t cost;
};

struct plan_bill {
	int32_t unused_steps; /* each costs w_unused */
	int64_t unused;
	struct bill_gap *gaps; /* by day; one more than the plan has sessions */
	size_t n_gaps;
	struct bill_move *moves; /* by start */
	size_t n_moves;
	int64_t sessions; /* the sum of their slot costs */
	int64_t total;	  /* of all that stands above: the plan's cost_total */
};

/* Borrows @task's standing sessions. All zero for a programme that is too long to be planned. */
void plan_bill_init(struct plan_bill *bill, const struct plan_task *task, const struct plan *plan);
void plan_bill_fini(struct plan_bill *bill);

#endif
