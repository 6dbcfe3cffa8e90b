/* work/decide_work.h -- the work sessions of duos that share people or rooms, planned together.
 *
 * What is planned together is what changed: the duos given. The sessions of all others stand, and
 * so do held, pinned and frozen ones; booked ones stay unless moving pays (w_move each), whoever
 * gains by it. So a change to one duo touches that duo alone, even where planning its neighbours
 * again would be cheaper on the whole: calm is worth more than the last point. When everything
 * changed, everything is planned together. Pure; any thread. */
#ifndef WORK_DECIDE_WORK_H
#define WORK_DECIDE_WORK_H

#include "plan/joint.h"
#include "work/task.h"

/* Plans @duos (by id, in the roster) around everything else that @seen shows, says for each what
 * changes, and assumes it in @seen. @among: how many are planned at once in all, 0: these
 * (plan/joint). */
void decide_duos(struct publication *seen, const struct duo *const *duos, size_t n, size_t among,
		 const struct weights *weights, utc_t now, struct decisions *out);

/* The same with what needs third parties, which finds its place before work (work/decide_party). */
void decide_years(struct publication *seen, const struct duo *const *duos, size_t n, size_t among,
		  const struct weights *weights, utc_t now, struct decisions *out);

/* The plan of the duo of @task, around what all others have; in a room if it needs one. */
void work_plan(const struct publication *p, const struct duo_task *task, struct plan *out);

/* The duos that @duo is coupled to through people and rooms, it included, planned together as they
 * stand. False, and nothing, when it is coupled to nobody. Takes up to some seconds for hundreds. */
struct work_component {
	size_t duos;
	int64_t cost, bound; /* `early` included */
	int64_t early;	     /* what plan/even asks of hours before the horizon: in no duo's cost */
};
bool work_component(const struct publication *p, const struct duo *duo,
		    const struct weights *weights, utc_t now, struct work_component *out);

/* What changes when @plan of the duo of @task replaces what @part has. @rooms: what each session
 * takes; NULL: none. */
void decide_compare(const struct plan *plan, const id_text *rooms, const struct plan_task *task,
		    const struct duo_part *part, struct decisions *out);
/* Future sessions that somebody is in who is no longer a member are cancelled. */
void decide_members(const struct duo *duo, utc_t now, struct decisions *out);

#endif
