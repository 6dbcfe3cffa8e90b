/* work/decide_group.h -- group moments (plan/group) between a publication and its sessions: the
 * first step of a planning round. Sessions of the programme belong to no duo: theirs is the part
 * "" of a publication. Pure; any thread that holds the publication. */
#ifndef WORK_DECIDE_GROUP_H
#define WORK_DECIDE_GROUP_H

#include "plan/group.h"
#include "work/task.h"

struct group_time; /* one member's, in the .c */
struct group_work {
	struct group_task task;
	struct group_time *times;
	struct plan_member *members;
	struct called_off *called_off;
	struct span *soft;
};
/* @p must outlive @work. Coming sessions of duos that nobody pinned give way and are not in it,
 * but for those of duos that @p's roster does not know (just renamed). */
void group_work_init(struct group_work *work, const struct publication *p,
		     const struct weights *weights, utc_t now);
void group_work_fini(struct group_work *work);

/* What is to be done with the programme's own sessions. Those that stand keep their number. */
void decide_group(const struct publication *p, const struct weights *weights, utc_t now,
		  struct decisions *out);

/* The duos of which a booked session is in the way of what @group decided are planned anew, on
 * @seen, which shows @group already and shows their decisions afterwards: they have to be stored
 * with it, since nobody can be booked twice. Appends to *v. */
void decide_clashing(struct publication *seen, const struct decisions *group,
		     const struct weights *weights, utc_t now, struct decisions **v, size_t *n);
/* Whether @decisions change that person's time or hours. */
bool decisions_concern(const struct decisions *decisions, const char *person);

#endif
