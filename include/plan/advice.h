/* plan/advice.h -- which single lesson, moved out of the way, would help a duo most.
 *
 * Asked when hours cannot be placed or a gap exceeds twice the cadence. The gain of a lesson is
 * what the exact plan gains when that occurrence is gone from the input and nothing else changes.
 * An upper bound (the lesson's day wholly free) tells which lessons are worth an exact solve; the
 * answer is that of solving for every one of them. Pure; the same input gives the same advice. */
#ifndef PLAN_ADVICE_H
#define PLAN_ADVICE_H

#include "plan/duoplan.h"

#define ADVICE_MAX    5
#define ADVICE_SOLVES 1000 /* exact solves at most: some seconds; a tenth with a planner */

struct lesson { /* one occurrence in the timetable of a member, or of both */
	utc_t start, end;
	enum level level;
	unsigned members;   /* bit per member (0, 1) whose time it takes */
	bool is_single;	    /* a lesson that can be moved on its own; else it only takes time */
	const char *source; /* its id */
};

struct advice {
	const struct lesson *lesson;
	int32_t gain_min; /* more minutes placed, */
	int gain_gap;	  /* open days by which the longest gap shrinks, */
	int64_t gain;	  /* points that the year is cheaper: what "most" is measured by */
};

struct advice_list {
	struct advice
		v[ADVICE_MAX]; /* by gain, then start; gain_min or gain_gap above 0, none below */
	size_t n;
	bool needed;		/* hours are not placed, or a gap exceeds twice the cadence */
	size_t lessons, solved; /* how many could be moved; solved exactly */
	bool cut;		/* ADVICE_SOLVES were not enough */
	struct plan plan;	/* as it is now */
};

/* Who makes a plan of @task, in which @lesson (NULL: none) is gone, when it is not plan_make alone:
 * a duo that needs a room asks for more than its members' time. */
struct advice_planner {
	void (*plan)(void *ctx, const struct plan_task *task, const struct lesson *lesson,
		     struct plan *out);
	void *ctx;
};

/* @lessons, by start, are all that the members' `busy` in @task was made of; borrowed by @out.
 * @planner may be NULL. */
void advice_make(const struct plan_task *task, const struct lesson *lessons, size_t n,
		 const struct advice_planner *planner, struct advice_list *out);
void advice_fini(struct advice_list *list);

/* @out = member @m's busy time without @lesson. */
void advice_busy_without(const struct plan_task *task, const struct lesson *lessons, size_t n,
			 const struct lesson *lesson, int m, struct busyset *out);

/* Why there is nothing, or not more, to advise: sentences, one a line; nothing when there is. */
void advice_reasons(const struct plan_task *task, const struct advice_list *list, struct buf *out);

#endif
