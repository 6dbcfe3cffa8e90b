/* plan/party.h -- sessions of a duo that need somebody else too: an expert, the steering group, a
 * room.
 *
 * So many slots of one length, spread evenly over a period of open days, when every party has
 * time. What is minimised, in this order and points:
 *
 *   sessions that find no slot;
 *   w_even (at least 1) * the squares of the gaps in open days, from the period's first day, between
 *   sessions, to its end; what stands already ends a gap;
 *   what each slot costs: outside preferred hours, over lunch, on tentative time, and w_move for
 *   each booked work session of the duo that would have to give way;
 *   w_move for each booked session of these that is not kept.
 *
 * It is exact: a day's slots cost what they cost whatever happens on other days, so the cheapest
 * start of each day goes into the solver that plans work (plan/solve). At most one session a day.
 * Ties: fewer days from the left, then the earliest start. Pure; any thread. */
#ifndef PLAN_PARTY_H
#define PLAN_PARTY_H

#include "plan/duoplan.h"

struct party_standing { /* one of these sessions that is there already */
	int64_t id;
	enum state state;
	enum stand stand; /* movable: may be kept, moved or dropped */
	utc_t start, end;
};

struct party_task {
	const struct programme *programme;
	const struct opendays *days;
	const struct weights *weights;
	const struct work_hours *prefer; /* none: every hour alike */
	size_t n_prefer;
	const struct plan_member *parties; /* members, expert, steering persons, room; budgets are
					      not looked at */
	size_t n_parties;		   /* at least 1 */
	int first_day, past_day;	   /* open days to spread them over */
	int n;				   /* how many there shall be, those that stand included */
	int length_min;
	const struct party_standing *standing; /* by start */
	size_t n_standing;
	const uint8_t *taken; /* [days->n]: something else of the duo stands on that day; or NULL */
	const struct span *yields; /* booked work sessions that would give way, by start */
	size_t n_yields;
	utc_t earliest; /* no new session starts before */
};

/* Parts of a slot's cost, in points; they add up to `total`. */
struct party_cost {
	int64_t outside_prefer, lunch, tentative, yield, total;
};

struct party_session {
	int day; /* open day number; of what is fixed as in struct plan_session */
	utc_t start, end;
	struct party_cost cost;
	bool provisional; /* behind the horizon of a party */
	bool fixed;
	int64_t kept_id; /* what stands and stays exactly there, or 0 */
};

struct party_plan {
	struct party_session *v; /* by start, fixed ones too */
	size_t n;
	int missing;					      /* that found no slot */
	int64_t cost_even, cost_slots, cost_move, cost_total; /* of those that have one */
	char *reason; /* why some are missing: who is in the way; NULL when none are */
};
void party_make(const struct party_task *task, struct party_plan *out);
void party_plan_fini(struct party_plan *plan);

struct party_slot {
	utc_t start, end;
	struct party_cost cost;
	bool provisional;
};
struct party_slots {
	struct party_slot *v; /* by cost, then start */
	size_t n, cap;
};
/* Ranked starts of one open day, by number; @earliest holds, what stands does not count. */
void party_slots(const struct party_task *task, int day, struct party_slots *out);
void party_slots_fini(struct party_slots *slots);

/* Sentences, one a line: who is in the way on that day, when and why; the time that all share. */
void party_explain_day(const struct party_task *task, int day, struct buf *out);

/* Whether all parties can be there: as plan_fits. */
bool party_fits(const struct party_task *task, utc_t start, utc_t end, struct err *err) NODISCARD;

#endif
