/* work/work_rooms.h -- the rooms that work sessions may take, as the joint planner asks for them;
 * private. */
#ifndef WORK_WORK_ROOMS_H
#define WORK_WORK_ROOMS_H

#include "plan/joint.h"
#include "work/publication.h"

struct work_rooms {
	struct joint_resource *v; /* every room of the roster, by id; [n] */
	size_t n;
	struct busyset *busy;
	struct span **taken;
};
/* Their time as @p shows it, sessions that take one included. @task: any task of the programme. */
void work_rooms_init(struct work_rooms *rooms, const struct publication *p,
		     const struct plan_task *task);
void work_rooms_fini(struct work_rooms *rooms);

/* What each session of a plan takes; "" for fixed ones. [plan->n], xfree. */
id_text *work_rooms_of(const struct work_rooms *rooms, const struct joint_plan *plan);

/* One duo's sessions, and what those that stay had: SIZE_MAX for none. */
struct work_room_plan {
	struct joint_plan *plan;
	const struct joint_need *need; /* NULL: it needs none */
	size_t *had;		       /* [plan->plan.n] */
};
/* Sessions that stay keep the room they had, and the others take what that leaves, where this can
 * be; else everything is as planned. */
void work_rooms_keep(const struct work_rooms *rooms, struct work_room_plan *plans, size_t n);

#endif
