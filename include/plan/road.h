/* plan/road.h -- the road not taken: what the best year costs that differs on one day.
 *
 * A day that has no session is made so attractive that it gets one; a day that has one is closed.
 * The year is solved again, over all anchors, and compared with the plan figure by figure. Pure. */
#ifndef PLAN_ROAD_H
#define PLAN_ROAD_H

#include "plan/duoplan.h"

enum road_kind {
	ROAD_NONE,    /* nothing to compare: the day cannot have a session, or cannot lose one */
	ROAD_WITH,    /* the best year that has a session there */
	ROAD_WITHOUT, /* the best year that has none there */
	ROAD_CLOSED,  /* the day has room, but no plan that keeps the rules has a session there */
};

struct road {
	enum road_kind kind;
	/* by how much the other year is dearer, in parts that add up to @total */
	int64_t unused, gaps, even, slots, move, total;
	utc_t start, end;      /* ROAD_WITH: the session that it has there, */
	struct slot_cost cost; /* and what that costs */
	int min_units;	       /* length steps of the shortest session */
};

/* Points that pull a session onto a day; what costs more is ROAD_CLOSED. */
#define ROAD_PULL 900000

/* @plan is what plan_make makes of @task; @day an open day that new sessions may still have. */
void road_not_taken(const struct plan_task *task, const struct plan *plan, int day,
		    struct road *out);

#endif
