/* plan/joint_work.h -- what the parts of the joint planner share; private.
 *
 * joint_table.c	a duo's starts of one day, and the cheapest of each length under tolls
 * joint_year.c		the exact year of one duo under tolls
 * joint_price.c	prices on contested points of time, one round, the bound
 * joint_group.c	a few coupled duos, exactly if the steps allowed suffice
 * joint_search.c	repair, improvement, putting the best parts together
 * joint.c		from a task to plans
 *
 * Time within a day is counted in points, the largest step on which every start, end and buffer
 * lies. A session covers the points from its start to its end, and the buffer after it where the
 * thing it needs is a person. A toll is what others make it pay for points: a price, or
 * TOLL_NEVER where they have been given away. */
#ifndef PLAN_JOINT_WORK_H
#define PLAN_JOINT_WORK_H

#include "plan/candidate.h"
#include "plan/joint.h"
#include "plan_fill.h"

#define JOINT_SCALE 64 /* prices are counted in these parts of a point of cost */
#define TOLL_NEVER  ((int64_t)1 << 40)

struct joint_session {
	int16_t day, units;
	int32_t at_s; /* after the day's beginning */
	uint8_t flags;
	uint8_t take[JOINT_NEEDS_MAX]; /* which alternative of each need */
};

struct joint_year {   /* a plan of one duo */
	int64_t cost; /* as the solver counts, without tolls, scaled */
	int anchor, n;
	struct joint_session *v; /* by day */
	int16_t *on;		 /* [days]: 1 + index of that day's session */
};

struct joint_start {
	int32_t at_s;
	int16_t point;	  /* from first_point */
	int16_t units, n; /* the shortest, and how many lengths */
	uint8_t hour;
	bool kept;
	uint32_t flags; /* index of the shortest one's */
};

struct joint_table { /* every start of one day */
	struct joint_start *v;
	uint8_t *flags;
	size_t n, cap, n_flags, cap_flags;
	bool made;
};

struct joint_use { /* a duo's claim on a thing */
	size_t thing;
	int need; /* -1: a member; else `take` is which of its alternatives */
	int take;
};

struct joint_one { /* a duo while it is planned */
	const struct joint_duo *in;
	const struct plan_task *task;
	size_t index; /* in the task */
	struct shared shared;
	struct candidates c;
	struct solve_instance frame;
	struct joint_table *tables; /* [days of shared] */
	int64_t *cost_of;	    /* [length - min_units][flags without rhythm], scaled */
	struct joint_use *uses;	    /* by need, take */
	int n_uses;
	size_t *near; /* duos that share a thing with it, rising */
	size_t n_near;
	int64_t alone; /* its optimum as if nobody else were there, scaled; what plan/even asks for included */
};

struct joint_user {
	size_t one;
	int use;
};

struct joint_thing { /* a person or resource */
	const char *id;
	const struct joint_resource *resource; /* NULL: a person */
	int capacity, buffer;		       /* buffer in points */
	struct joint_user *users;	       /* by duo */
	size_t n_users, cap_users;
};

struct joint_place {	     /* the best start of one day and length */
	int64_t price, toll; /* scaled; price >= TOLL_NEVER: there is none */
	int32_t at_s;
	uint8_t flags;
	uint8_t take[JOINT_NEEDS_MAX];
};

struct joint_row {	/* prices of one thing on one day */
	int32_t *price; /* [points] */
	uint8_t *room;	/* how many may be there, less those who are and do not move */
	uint8_t *used;	/* in this round */
	size_t thing;
	int day;
};

struct joint_forbid { /* duo @one keeps off this point (taking this alternative) */
	size_t one;
	int use, day, point;
};

/* Under what a duo is planned. */
struct joint_view {
	struct joint_row ***rows; /* [things][days], NULL at either: free; NULL: no prices */
	const struct joint_year *years;
	const uint8_t *placed; /* whose years are given: their points are not to be had */
	const struct joint_forbid *forbid;
	size_t n_forbid;
};

struct joint_work {
	const struct joint_task *in;
	const struct programme *programme;
	struct solve_memory *memory;
	struct joint_one *ones; /* by id */
	size_t n;
	struct joint_thing *things;
	size_t n_things;
	int n_days;
	int point_s, first_point, n_points; /* of a day, where anything can be */
	int64_t solves;
	/* scratch of one evaluation */
	struct solve_slot *slots;
	struct joint_place *places[1 + ANCHORS_MAX]; /* [candidates]: no anchor, each anchor */
	size_t cap_places;
	int64_t *toll; /* [1 + alternatives][points + 1] */
	size_t cap_toll;
	uint8_t *tolled; /* [days] */
	uint8_t *count;	 /* [points] */
};

/* What plan/even asks of so many units that end before the horizon, scaled. */
static inline int64_t joint_early(const struct joint_one *one, utc_t end, int units, bool kept)
{
	bool pays = one->c.early_price && !kept && end <= one->shared.known_until;
	return pays ? one->c.early_price * units * JOINT_SCALE : 0;
}

/* The points of a day that [start, end) touches on a thing, from first_point; they may lie outside
 * what w->n_points counts. */
static inline void joint_points(const struct joint_work *w, const struct joint_thing *thing,
				const struct shared_day *day, utc_t start, utc_t end, int *from,
				int *past)
{
	int64_t a = start - day->start, b = end - day->start + (int64_t)thing->buffer * w->point_s;
	a = a > 0 ? a / w->point_s : 0;
	b = b < 2 * DAY_S ? (b + w->point_s - 1) / w->point_s : 2 * DAY_S;
	*from = (int)a - w->first_point;
	*past = (int)b - w->first_point;
	if (*past > w->n_points)
		*past = w->n_points;
	if (*from < 0)
		*from = 0;
}

/* joint_table.c */
/* Counts at each point those sessions of a resource that are not planned here. */
void joint_count_taken(const struct joint_work *w, const struct joint_thing *thing,
		       const struct shared_day *day, uint8_t *count);
void joint_table_make(const struct joint_work *w, struct joint_one *one, int day);
void joint_table_fini(struct joint_table *table);
/* Sets places of @one on @day from tolls of this view; n_anchors + 1 arrays. */
void joint_table_price(struct joint_work *w, struct joint_one *one, const struct joint_view *view,
		       int day);

/* joint_year.c */
void joint_year_fini(struct joint_year *year);
void joint_year_copy(const struct joint_work *w, struct joint_year *to,
		     const struct joint_year *from);
/* The cheapest year under the view; returns its cost with tolls, scaled. @out is overwritten. */
int64_t joint_year_make(struct joint_work *w, size_t one, const struct joint_view *view,
			struct joint_year *out);
/* What plan/even asks of the year, scaled; in its cost. */
int64_t joint_year_early(const struct joint_work *w, const struct joint_one *one,
			 const struct joint_year *year);
/* Days on which the members share time and no resource is to be had; *with_time: days on which they
 * share time. */
int joint_days_without(struct joint_work *w, size_t one, int *with_time);
/* The session of @user on @day if it occupies the thing then, else NULL. */
const struct joint_session *joint_year_at(const struct joint_work *w,
					  const struct joint_year *years, struct joint_user user,
					  int day);
/* The points of the thing that a session covers, from first_point: [*from, *past). */
void joint_covers(const struct joint_work *w, const struct joint_thing *thing,
		  const struct joint_session *s, int *from, int *past);

/* Some duos to be planned together while the years of the others stand. */
struct joint_problem {
	struct joint_work *w;
	size_t *ones; /* rising */
	size_t n;
	uint8_t *inside;		 /* [w->n] */
	const struct joint_year *others; /* [w->n], those outside; NULL: there are none */
	uint8_t *placed;		 /* [w->n] those who stand */
	/* prices */
	struct joint_row ***rows; /* [things][days], NULL at either */
	struct joint_row **list;
	size_t n_rows, cap_rows;
	size_t *things; /* that more than one inside wants */
	size_t n_things;
	int64_t earned; /* sum of price * room */
	/* the last round */
	struct joint_year *years; /* [w->n], those inside, each the cheapest under the prices */
	int64_t *value;		  /* [w->n] what they cost with tolls */
	uint8_t *stale;		  /* [w->n] a toll of theirs has changed since */
	int64_t bound;		  /* scaled */
	int64_t norm;		  /* how far from fitting: sum of squares of use - room */
	int clashes;		  /* points with more users than room */
	struct joint_forbid *forbid;
	size_t n_forbid, cap_forbid;
};

/* joint_price.c */
void problem_init(struct joint_problem *p, struct joint_work *w, const size_t *ones, size_t n,
		  const struct joint_year *others);
void problem_fini(struct joint_problem *p);
/* Plans everybody inside under the prices: years, bound, norm, clashes. */
void problem_round(struct joint_problem *p);
/* Moves the prices by @step (scaled) along use - room. */
void problem_move(struct joint_problem *p, int64_t step);
struct joint_view problem_view(const struct joint_problem *p);
void problem_forbid(struct joint_problem *p, struct joint_forbid forbid);
void problem_allow(struct joint_problem *p); /* takes the last one back */

static inline struct joint_row *joint_row_of(struct joint_row ***rows, size_t thing, int day)
{
	return rows && rows[thing] ? rows[thing][day] : NULL;
}

/* joint_group.c */
/* Looks for cheaper years of some duos while all others stand, with at most @nodes branchings;
 * true: @years has them. *bound (scaled, may be NULL) becomes what these duos cost at least. */
bool joint_group(struct joint_work *w, struct joint_year *years, const size_t *ones, size_t n,
		 int nodes, int64_t *bound);
/* Makes what the rounds of @p found fit: who is in the way of those before is planned around
 * them, paying prices for what those after may want. @order holds p->ones in any order, @years
 * those who stand and gets the result. */
void joint_repair(struct joint_problem *p, const size_t *order, struct joint_year *years);

/* joint_search.c */
struct joint_answer {
	int64_t bound, one_after_another; /* scaled */
};
/* Fills @years, one a duo, fitting each other. */
struct joint_answer joint_search(struct joint_work *w, struct joint_year *years);

/* scaled to whole points: costs are whole, so a bound may be rounded up */
static inline int64_t joint_points_up(int64_t scaled)
{
	return scaled >= 0 ? (scaled + JOINT_SCALE - 1) / JOINT_SCALE : -(-scaled / JOINT_SCALE);
}

#endif
