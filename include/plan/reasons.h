/* plan/reasons.h -- sentences about time and plans, with figures and ids, never with titles. */
#ifndef PLAN_REASONS_H
#define PLAN_REASONS_H

#include "base/buf.h"
#include "plan/candidate.h"
#include "plan/duoplan.h"

/* "2026-11-24 13:00-14:40" on the programme's clock; both dates when they differ. */
void reason_time(struct buf *out, const struct zone *zone, utc_t start, utc_t end);
/* "2026-11-24 13:00" */
void reason_moment(struct buf *out, const struct zone *zone, utc_t at);

/* "read 2h ago" at @now, in the largest whole unit that fits; "never read" when @fresh_at is 0. */
void reason_age(struct buf *out, utc_t fresh_at, utc_t now);

/* Why @date is not open; false (nothing added) when it is. */
bool reason_not_open(const struct plan_task *task, day_t date, struct buf *out);
/* The days of the roster or called off in which member @m is absent and that touch [start, end);
 * NULL: none. */
const struct day_range *reason_absence(const struct plan_task *task, int m, utc_t start, utc_t end);
/* What keeps member @m (0, 1) from [start, end), without a full stop; false when nothing does.
 * @shared covers that day. Assumed time counts as known when @assume. */
bool reason_member(const struct plan_task *task, const struct shared *shared, int m, utc_t start,
		   utc_t end, bool assume, struct buf *out);
/* The first thing that keeps either member or the day from [start, end). */
bool reason_not_fit(const struct plan_task *task, utc_t start, utc_t end, bool assume,
		    struct buf *out);

/* Fills plan->reasons of a finished plan. */
void reasons_of_plan(const struct candidates *c, struct plan *plan);

#endif
