/* plan/visit.h -- lesson visits in one direction: which lessons of the host the visitor sees.
 *
 * The programme asks for n visits: one in each n-th part of its days, as near to the middle of the
 * part as can be. A lesson can be visited when the visitor is free for it, with the way there and
 * back (`travel`, at least the buffer) on both sides; nobody has to be free for it but her: the
 * host teaches. Different lessons are preferred to the same one again, lengths near the
 * programme's `visits`, and days without another session of the duo. Of all choices of as many
 * visits as there can be the cheapest is taken, exactly. Behind the host's horizon the lessons are
 * those that every one of the last known weeks had. Pure. */
#ifndef PLAN_VISIT_H
#define PLAN_VISIT_H

#include "plan/duoplan.h"

struct visit_lesson {
	utc_t start, end;
	uint64_t what; /* equal: the same lesson at another time; 0: like no other */
	bool assumed;  /* behind the host's horizon, by habit */
};

struct visit_standing { /* a visit of this direction that is there already */
	int64_t id;
	utc_t start, end;
	uint64_t what; /* of the lesson that it is to, if that is known */
	bool fixed;    /* held, or inside the freeze window: counts, and is not touched */
	bool booked;
	/* Where it has to be if the visitor can: its own place when somebody pinned it, the new
	 * time of its lesson when that moved; 0, 0: where it is best. */
	utc_t must_start, must_end;
};

/* What else is on a day of the duo. */
enum visit_day { VISIT_DAY_FREE, VISIT_DAY_MOVABLE, VISIT_DAY_TAKEN };

struct visit_task {
	const struct programme *programme;
	const struct opendays *days;
	const struct weights *weights;
	const struct person *host;
	utc_t host_known_until;
	struct called_off called_off[2];    /* by the visitor, by the host */
	struct plan_member visitor;	    /* remaining_min: what visits may take */
	const struct visit_lesson *lessons; /* of the whole programme, by start, then end; no two
					       alike */
	size_t n_lessons;
	const struct visit_standing *standing; /* by start */
	size_t n_standing;
	const uint8_t *day; /* [days->n] enum visit_day */
	utc_t now;
};

enum visit_fit {
	VISIT_FITS,
	VISIT_PAST,
	VISIT_FROZEN,	 /* so soon that nothing new is placed there */
	VISIT_NOT_OPEN,	 /* outside the programme, or closed */
	VISIT_HOST_AWAY, /* absent, whatever the timetable says */
	VISIT_NO_TIME,	 /* the visitor is not free, or not known to be */
	VISIT_FITS_COUNT
};

struct visit_option {
	struct visit_lesson lesson;
	int day;
	enum visit_fit fit;
	bool provisional; /* behind the horizon of either */
	int64_t cost;	  /* in the part of the programme where it is cheapest */
	bool chosen;
	int64_t kept_id; /* the standing movable visit that is at just this time; 0: none */
};

struct visit_plan {
	struct visit_option *options; /* all lessons, by start */
	size_t n_options;
	int wanted; /* visits that are still to be placed, kept ones too */
	int placed;
	int32_t min;	 /* that the placed ones take */
	int64_t cost;	 /* of the choice, standing visits counted */
	bool over_hours; /* fewer than could be: hours are short */
};

/* What the parts of a cost are made of; tests add them up again. */
#define VISIT_SAME_COST	 100	 /* times w_even: the lesson of the visit before */
#define VISIT_TAKEN_COST 1000000 /* times w_even: a day that has a session which stays */

void visit_make(const struct visit_task *task, struct visit_plan *out);
void visit_plan_fini(struct visit_plan *plan);

/* Open day at which part @k (0..visits_n - 1) of the programme has its middle. */
int visit_target(const struct visit_task *task, int k);
/* Why @option is no lesson to visit, without a full stop; nothing when it fits. */
void visit_why(const struct visit_task *task, const struct visit_option *option, struct buf *out);
/* Why fewer are placed than wanted, without a full stop; false when all are. */
bool visit_why_not_all(const struct visit_task *task, const struct visit_plan *plan,
		       struct buf *out);

#endif
