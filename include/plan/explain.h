/* plan/explain.h -- one day of a duo, explained: what stands, who is where and who says so, what
 * was chosen, and what the other choice would have cost.
 *
 * The planner does not know sources: whoever does hands in a lookup. Pure. */
#ifndef PLAN_EXPLAIN_H
#define PLAN_EXPLAIN_H

#include "base/buf.h"
#include "plan/duoplan.h"
#include "plan/road.h"

/* By whose word some time is not free. */
struct time_origin {
	utc_t start, end;
	enum level level;
	const char *source; /* its id; NULL: a session of ours */
	utc_t fresh_at;	    /* when the source was last known to be true; 0: never */
	int64_t session;    /* of another duo, or one that was called off */
	const char *duo;    /* of that session */
	bool called_off;
	bool absent; /* the roster or the member says so; neither source nor session */
};
struct origin_list {
	struct time_origin *v;
	size_t n, cap;
};
void origin_list_fini(struct origin_list *list);
void origin_add(struct origin_list *list, const struct time_origin *origin);

/* Adds everything that is known of member @m (0, 1) and touches [start, end), in any order. Time
 * behind the horizon of a source, and all time when it never loaded, is one of LEVEL_UNKNOWN. */
typedef void origins_fn(void *ctx, int m, utc_t start, utc_t end, struct origin_list *out);
struct origins {
	origins_fn *of;
	void *ctx;
};

/* Time of that day, within it, that a member is not free. */
struct not_free {
	int member;
	struct time_origin origin; /* start and end cut to the day */
	utc_t until;		   /* when it really ends; UTC_MAX: not known */
	bool assumed;		   /* as in the last known weeks, behind the horizon: no source */
};

struct explanation {
	struct buf text;    /* sentences, one a line */
	struct not_free *v; /* by member, then start */
	size_t n, cap;
	struct road road;
};
/* @origins may be NULL: then nobody is named. What @out borrows, @origins borrowed. */
void explanation_init(struct explanation *out, const struct plan_task *task,
		      const struct plan *plan, day_t date, const struct origins *origins);
void explanation_fini(struct explanation *explanation);

#endif
