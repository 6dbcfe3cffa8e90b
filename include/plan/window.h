/* plan/window.h -- the time two people share: the windows of each open day.
 *
 * A member's time is working hours (in the member's own zone) less absences, less what is in the
 * way with the buffer around it. Behind a member's horizon what is in the way is assumed from
 * the last known weeks; where nothing can be assumed it is LEVEL_UNKNOWN and not bookable.
 * A window is what both have at once, cut at the programme's local midnights. Pure.
 *
 * Sessions in other duos (`engaged`) are in the way like anything else, but they come and go with
 * every plan. So what a session leaves of the time around it, and which hours are free in most
 * weeks, is judged by `around`: the windows as they would be without them. What a duo's plan
 * costs then depends on its own sessions only, and coupled duos can be planned together. */
#ifndef PLAN_WINDOW_H
#define PLAN_WINDOW_H

#include "cal/span.h"
#include "plan/duoplan.h"

struct member_time {
	struct spanset available; /* working hours less absences */
	struct busyset busy;	  /* in the way, without buffer: known and assumed; settled */
	struct spanset blocked;	  /* not bookable, buffer included */
	struct spanset held_up;	  /* the same without `engaged`; empty when there is none */
	struct spanset tentative; /* where a session touches tentative time, buffer included */
};

struct shared_day {
	utc_t start, past; /* the local day, [start, past) */
	size_t first, n;   /* its windows */
	size_t around_first, around_n;
};

/* Open days [first_day, past_day) of one duo. */
struct shared {
	int first_day, past_day;
	struct shared_day *days; /* [past_day - first_day] */
	struct span *windows;	 /* by start */
	size_t n_windows, cap_windows;
	struct span *around; /* windows without `engaged`; the same array when nobody is */
	size_t n_around;
	utc_t known_until; /* the earlier horizon of the two */
	struct member_time members[2];
};
void shared_init(struct shared *shared, const struct plan_task *task, int first_day, int past_day);
void shared_fini(struct shared *shared);
/* The days alone, nobody's time on them; of @task only programme and days are looked at. */
void shared_init_days(struct shared *shared, const struct plan_task *task, int first_day,
		      int past_day);
/* One person's time on these days; of @task programme, days and weights are looked at. */
void member_time_init(struct member_time *time, const struct plan_task *task,
		      const struct plan_member *member, const struct shared *days);
void member_time_fini(struct member_time *time);
static inline const struct shared_day *shared_day(const struct shared *shared, int day)
{
	return &shared->days[day - shared->first_day];
}

/* The span of `around` that a window of @day lies in. */
const struct span *shared_around(const struct shared *shared, const struct shared_day *day,
				 const struct span *window);

/* The lowest level at which time is not bookable with these weights. */
enum level window_least_blocking(const struct weights *weights);
/* Seconds of buffer around what is in the way. */
int64_t window_buffer_s(const struct programme *programme);
/* How many open days lie wholly before a member's horizon; 0 when nothing was ever read. */
int window_known_days(const struct plan_task *task, const struct plan_member *member);
/* Adds the hours of @date that @hours name, read on a clock in @zone; settle afterwards. */
void window_add_hours(struct spanset *out, const struct work_hours *hours, size_t n,
		      const struct zone *zone, day_t date);

#endif
