/* work/replan.h -- planning again what changed: dirty duos -> solver threads -> one change.
 *
 * Loop thread. A round begins with the programme's own moments (work/decide_group), in one job
 * with the duos that have to make room for them. Then the duos: those that share a person, an
 * expert or a room in one job, together (work/decide_work); those that share nobody in jobs of
 * their own. What was decided is applied only if the duo's sessions are still those it was decided
 * on; else it is planned once more. */
#ifndef WORK_REPLAN_H
#define WORK_REPLAN_H

#include "work/task.h"
#include "work/world.h"

struct replanner *replanner_new(void);
void replanner_free(struct replanner *replanner);

void replan_duo(struct world *world, const char *duo);	     /* marks it */
void replan_person(struct world *world, const char *person); /* marks the duos of a member; all,
							      * if steering talks need her */
void replan_source(struct world *world, const char *source); /* marks the duos it concerns */
void replan_all(struct world *world);
void replan_group(struct world *world); /* marks the programme's own moments; the others do, too */
/* Starts what is marked, unless imports are running (they end with another call). */
void replan_go(struct world *world);
bool replanner_idle(const struct replanner *replanner);
size_t replanner_dirty(const struct replanner *replanner);
/* How many times a duo was planned by itself since the start: planning grows with the change. */
uint64_t replanner_solved(const struct replanner *replanner);

/* Store thread: applies decisions to the database. *skipped (may be NULL: then a stale base is
 * ERR_CONFLICT) counts duos whose sessions have changed meanwhile. */
struct desk;
/* A person's change of one session (@was NULL: a new one), together with what it means for the
 * rest of the duo's plan: sessions in its way move, the budget holds. One savepoint, one answer.
 * @is becomes what was stored. */
bool desk_change_session(struct desk *desk, struct session *is, const struct session *was,
			 const struct weights *weights, struct err *err) NODISCARD;
bool decisions_apply(struct desk *desk, struct decisions *v, size_t n, const char *way, bool *stale,
		     struct err *err) NODISCARD;

#endif
