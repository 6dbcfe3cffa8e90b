/* plan/duoplan.h -- one duo's year: from everybody's time to sessions with reasons.
 *
 * Pure: everything it needs stands in struct plan_task; the same task gives the same plan, byte
 * for byte. Built from the small rooms openday, window, candidate, solve. Any thread. */
#ifndef PLAN_DUOPLAN_H
#define PLAN_DUOPLAN_H

#include "base/buf.h"
#include "cal/span.h"
#include "plan/model.h"
#include "plan/openday.h"

/* What is known of one member's time. */
struct plan_member {
	const struct person *person;
	const struct busyset *busy;    /* all sources, plus sessions in other duos at LEVEL_BUSY
				       (not this duo's own) */
	utc_t known_until;	       /* horizon; UTC_MIN: a primary source never loaded */
	int32_t remaining_min;	       /* what this duo may still plan for this member: share of the
				       budget, less spent, less planned other than the sessions in
				       `movable`, less the reserve for other kinds; >= 0 */
	bool no_pause;		       /* a room: what is in the way needs no buffer around it */
	const struct busyset *engaged; /* busy like `busy`, but no habit: sessions in other duos,
					  days called off; never assumed to come back behind the
					  horizon. May be NULL (then they may stand in `busy`) */
};

enum stand { STAND_MOVABLE, STAND_FIXED };
/* Movable: the planner's own, at or after now + freeze. They may be kept, moved or dropped. */
struct plan_standing { /* a session of this duo that is there already */
	int64_t id;
	enum kind kind;
	enum state state;
	enum stand stand; /* FIXED: held, pinned, in the freeze window, other kinds */
	utc_t start, end;
};

struct plan_room {
	const char *id;
	const struct spanset *blocked; /* not to be had: closed, taught in, full */
	utc_t known_until;
};

struct plan_task {
	const struct programme *programme;
	const struct opendays *days;
	const struct weights *weights;
	const struct duo *duo;
	struct plan_member members[2];
	const struct plan_standing *standing; /* by start */
	size_t n_standing;
	/* A session needs one of these from beginning to end; none: it needs no room, or whoever
	 * asks sees to that (plan/joint). */
	const struct plan_room *rooms;
	size_t n_rooms;
	int32_t cadence_budget_min; /* the duo's budget when the programme began: what `cadence =
				       auto` is made of; 0: the programme's budget */
	utc_t now;
	/* Days that a member has called off, besides the roster's `absent`, to name them in
	 * sentences: whoever makes the task has them in `engaged` as well. */
	struct called_off {
		const struct day_range *v;
		size_t n;
	} called_off[2];
};

/* Parts of a slot's cost, in points; they add up to `total`. */
struct slot_cost {
	int64_t length, outside_prefer, lunch, scrap, rhythm, tentative, total;
};

struct plan_session {
	int day; /* open day number; fixed ones on a day that is not open: the one before, or
		    else the first; before the programme -1, after it the number of days */
	utc_t start, end;
	int32_t min;
	struct slot_cost cost;
	bool provisional; /* behind the horizon of a member */
	bool fixed;	  /* was standing, is not the planner's to move */
	enum kind kind;
	int64_t kept_id; /* standing session that it is (fixed) or keeps exactly, or 0 */
	int gap_before;	 /* open days since the one before it, or the start */
};

struct plan {
	struct plan_session *v; /* by start; fixed ones too */
	size_t n;
	int64_t cost_unused, cost_gaps, cost_even, cost_slots, cost_move, cost_total;
	int64_t bound; /* no plan of the duo on its own costs less; = cost_total, the optimum, unless
			  there is an early_price */
	int64_t early_price; /* of a length step before the horizon (plan/even); 0: none. It is in
				no cost: while there is one, the plan is the cheapest with it, and
				costs more than the bound by what is kept for later */
	int32_t budget_min;  /* the smaller remaining_min */
	int32_t placed_min, unplaced_min;
	int cadence;
	int longest_gap;
	int anchor_weekday, anchor_hour; /* -1: no session is on one, or w_rhythm is 0 */
	char **reasons; /* sentences: why minutes could not be placed, and the like */
	size_t n_reasons;
};

/* @memory: the calling thread's, kept from plan to plan for speed; NULL: its own. */
struct solve_memory;
void plan_make_in(const struct plan_task *task, struct solve_memory *memory, struct plan *out);
void plan_make(const struct plan_task *task, struct plan *out);
void plan_fini(struct plan *plan);

/* The gap aimed at in open days: the duo's, the programme's, or what the budget implies. */
int plan_cadence(const struct plan_task *task);
/* Budget left in length steps, at most SOLVE_UNITS_MAX. */
int32_t plan_units(const struct plan_task *task);

struct slot {
	utc_t start, end;
	struct slot_cost cost;
	bool provisional;
};
struct slots {
	struct slot *v; /* by cost, then start, then length */
	size_t n, cap;
};
/* Ranked starts of one open day (by number), for one length or (0) all; the anchor is @plan's
 * (NULL: no rhythm cost). For people too: only the past is left out, not the freeze window, and
 * days that have a session are ranked like others. */
void plan_slots(const struct plan_task *task, const struct plan *plan, int day, int length_min,
		struct slots *out);
void slots_fini(struct slots *slots);

/* Whether [start, end) could hold a session: within one open day and both members' working hours,
 * not absent, not busy with the buffer, known. False: *err (ERR_CONFLICT) says who and why, by
 * person id, level and time, never by a title. Used for bookings by hand. */
bool plan_fits(const struct plan_task *task, utc_t start, utc_t end, struct err *err) NODISCARD;

/* Sentences, one a line into @out: why there is or is no session on @date; for slots: what is in
 * the way of the rest of the day (person, level, from, until). plan/explain.h gives more. */
void plan_explain_day(const struct plan_task *task, const struct plan *plan, day_t date,
		      struct buf *out);

#endif
