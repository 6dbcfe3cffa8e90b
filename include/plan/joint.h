/* plan/joint.h -- duos that share people, experts or rooms, planned together.
 *
 * What a duo's plan costs depends on its own sessions alone (plan/window.h); what couples duos is
 * that nobody is in two places: a shared person has the programme's buffer between any two
 * sessions, a resource holds at most `capacity` sessions at once. The joint optimum is the
 * cheapest set of plans, one a duo, that keeps this.
 *
 * Prices on contested time (Lagrangian relaxation, integer prices, a fixed number of rounds)
 * give a lower bound: the sum of each duo's exact optimum under the prices, less what the prices
 * would earn. Plans met on the way are repaired to fit each other, improved by planning one
 * duo, then small groups of coupled duos, again while the rest stands, and the best parts of all
 * of them are put together. One-after-the-other by id is always among them, so that the result
 * is never worse. How much is tried depends on the number of duos and nothing else, and up to
 * four duos are planned exactly unless that takes very many steps.
 *
 * Pure; any thread; the same task, with its duos in any order, gives the same plans. A duo alone
 * that needs no resource is plan_make's, byte for byte. */
#ifndef PLAN_JOINT_H
#define PLAN_JOINT_H

#include "plan/duoplan.h"
#include "plan/solve.h"

struct joint_resource { /* an expert, a room: what work sessions of several duos need */
	const char *id;
	const struct busyset *busy; /* its own time: busy and above is not to be had; may be NULL */
	const struct span *taken;   /* sessions with it that are not planned here; each holds one
				       place; by start */
	size_t n_taken;
	utc_t known_until; /* its horizon: sessions behind it are provisional */
	int capacity;	   /* sessions at once, >= 1 */
	bool buffered;	   /* a person: the buffer holds before and after */
};

#define JOINT_NEEDS_MAX 2
struct joint_need {	 /* every session needs one of these resources */
	const size_t *v; /* indices of joint_task.resources, distinct */
	size_t n;	 /* 0: nothing fits, no session is planned */
};

struct joint_duo {
	/* As if the movable sessions of the task's other duos were not there. The members'
	 * remaining minutes are this duo's to spend whatever the others do. */
	const struct plan_task *task;
	const struct joint_need *needs;
	size_t n_needs;
};

struct joint_task {
	const struct joint_duo *duos; /* any order; ids distinct; one programme and now */
	size_t n;
	const struct joint_resource *resources;
	size_t n_resources;
	size_t among; /* how many duos are planned at once in all, in other tasks too; 0: n. The more,
			 the less is tried for each: 10,000 are to be planned in seconds */
};

struct joint_plan {
	struct plan plan;  /* plan.bound: the cost of its own plan, as if it were alone */
	int64_t early;	   /* what plan/even asks of it, in no cost of the plan */
	size_t *resources; /* [plan.n][n_needs]: which one each session takes; SIZE_MAX for
			       fixed sessions; NULL without needs */
};

struct joint {
	struct joint_plan *v; /* as joint_task.duos */
	size_t n;
	int64_t cost, bound;	   /* of all, `early` included; bound <= cost */
	int64_t one_after_another; /* cost of planning by id, each around those before */
	int64_t solves;		   /* exact single-duo solves that it took */
};

/* @memory: the calling thread's, NULL: its own. */
void joint_make(const struct joint_task *task, struct solve_memory *memory, struct joint *out);
void joint_fini(struct joint *joint);

#endif
