/* plan/candidate.h -- the sessions that could be: of each open day and length the cheapest start.
 *
 * A start is a multiple of start_grid after local midnight, or a bell time; a length is a multiple
 * of length_step within session_min..session_max, so that lengths are whole units of the budget.
 * A session lies wholly in one window. What a start costs is a set of flags with a price each;
 * the earliest of equal starts wins.
 *
 * Rhythm: a session that does not start at the anchor (weekday and local hour) pays for it, so
 * every start has one cost without an anchor and may be cheaper with one. The list `v` pays
 * always; an anchor's list holds only what it makes cheaper, as (index into v, candidate). Pure. */
#ifndef PLAN_CANDIDATE_H
#define PLAN_CANDIDATE_H

#include "plan/duoplan.h"
#include "plan/solve.h"
#include "plan/window.h"

enum slot_flag {
	SLOT_OUTSIDE_PREFER = 1, /* preferred spans that touch are one */
	SLOT_LUNCH = 2,
	SLOT_SCRAP = 4,
	SLOT_TENTATIVE = 8,
	SLOT_OFF_RHYTHM = 16,
	SLOT_FLAGS = 32, /* combinations */
};

#define ANCHORS_MAX 4
struct anchor {
	int weekday, hour; /* -1: none */
};

struct candidate {
	int32_t day, units;
	utc_t start;
	unsigned flags;
	int64_t price; /* what the solver pays: the slot's cost, less w_move when a booked session
			  is kept by it, plus `early` */
	int64_t early; /* what plan/even asks of a session before the horizon */
};

struct anchored {
	struct anchor anchor;
	struct {
		size_t index;
		struct candidate candidate;
	} * v;
	size_t n, cap;
};

/* The starts of one day, in seconds after its beginning, rising. */
struct start_grid {
	int32_t *offset_s;
	int n;
	int hour_first[25]; /* first start in each local hour; [24]: n */
};

/* The starts of the open day [start, past). */
void start_grid_init(struct start_grid *grid, const struct programme *programme, day_t date,
		     utc_t start, utc_t past);
void start_grid_fini(struct start_grid *grid);

struct candidates {
	const struct plan_task *task;
	const struct shared *shared;
	utc_t earliest;		  /* no new session starts before */
	int min_units, max_units; /* lengths; min > max: there is none */
	uint8_t *fixed;		  /* [days] enum solve_fixed */
	struct candidate *v;	  /* by day, then units */
	size_t n, cap;
	size_t *day_first; /* [shared days + 1] */
	struct anchored anchors[ANCHORS_MAX];
	int n_anchors;
	int64_t flag_cost[SLOT_FLAGS];
	int64_t early_price; /* of a unit before the horizon, in every price (plan/even); 0: none */
	struct start_grid grid;		 /* of a day of 24 hours */
	const struct work_hours *prefer; /* the duo's, else the programme's */
	size_t n_prefer;
};

/* @shared must cover every open day on which a session may start; both it and @task are borrowed
 * for the life of @c. */
void candidates_init(struct candidates *c, const struct plan_task *task,
		     const struct shared *shared, utc_t earliest);
void candidates_fini(struct candidates *c);

/* What the solver is asked with anchor @a (index, or -1: none); @out has room for n and is
 * borrowed by @instance, like c->fixed. */
void candidates_instance(const struct candidates *c, int a, struct solve_slot *out,
			 struct solve_instance *instance);
/* The same without slots: days, units, weights, fixed days. */
void candidates_frame(const struct candidates *c, struct solve_instance *instance);
/* The candidate behind (day, units); NULL when there is none. */
const struct candidate *candidates_get(const struct candidates *c, int a, int32_t day,
				       int32_t units);
/* A start's cost in parts. */
struct slot_cost candidate_cost(const struct candidates *c, int32_t units, unsigned flags);
bool candidate_is_provisional(const struct candidates *c, const struct candidate *candidate);
utc_t candidate_end(const struct candidates *c, const struct candidate *candidate);
/* The movable standing session that is exactly [start, end), booked ones first; or NULL. */
const struct plan_standing *candidate_kept(const struct plan_task *task, utc_t start, utc_t end);

/* Every start of one day with its flags (rhythm by @anchor), by start, then length. */
typedef void candidate_each_fn(void *ctx, utc_t start, int32_t units, unsigned flags);
void candidates_each(const struct candidates *c, int day, struct anchor anchor,
		     candidate_each_fn *each, void *ctx);

/* Every start of one day that a plan may choose, without the rhythm: those on the grid, and
 * booked sessions that may stay (@kept: they earn w_move). @hour is its local hour. By window,
 * start, length; what is kept comes last. */
typedef void candidate_start_fn(void *ctx, utc_t start, int hour, int32_t units, unsigned flags,
				bool kept);
void candidates_starts(const struct candidates *c, int day, candidate_start_fn *each, void *ctx);

/* Whether a session there finds a room, if it needs one; *known_until, where asked for, is made the
 * horizon of the best known one that is free. */
bool candidate_has_room(const struct plan_task *task, utc_t start, utc_t end, utc_t *known_until);
/* First open day that ends after @at; the number of days when none does. */
int candidate_first_day(const struct plan_task *task, utc_t at);
/* The open day that a fixed session belongs to: its own, or the one before (else the first)
 * when it lies on a day that is not open; -1 outside the programme. */
int candidate_standing_day(const struct plan_task *task, utc_t start);

#endif
