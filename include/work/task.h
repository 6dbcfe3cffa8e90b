/* work/task.h -- from a publication to the planner's task for one duo, and from the planner's
 * answer back to sessions: the one place where stored things and plans meet. Pure; any thread. */
#ifndef WORK_TASK_H
#define WORK_TASK_H

#include "plan/duoplan.h"
#include "plan/hours.h"
#include "work/publication.h"

struct duo_task {
	struct plan_task task;
	struct busyset busy[2];		 /* timetables */
	struct busyset engaged[2];	 /* sessions in other duos, days that somebody called off */
	struct day_range *called_off[2]; /* their texts are the publication's */
	struct plan_standing *standing;
	struct plan_room *rooms; /* after duo_task_rooms: [task.n_rooms] */
	struct spanset *blocked;
	struct reserve reserve[2]; /* per member, what is kept for other kinds */
	int32_t left_min[2];  /* as remaining_min, below 0 too when more is planned than there is */
	int32_t duos_of[2];   /* how many duos the member is in */
	int32_t whole_min[2]; /* what is left of each member's budget, all duos together */
};
/* @p must outlive the task. False when a member is not in the roster (then there is nothing to
 * plan and @out is empty). */
bool duo_task_init(struct duo_task *out, const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now);
void duo_task_fini(struct duo_task *task);
/* Work of a duo that needs a room is looked for only where one of its rooms is free, whatever the
 * duo itself has there by now: for slots and single sessions. Its year is planned otherwise
 * (work/decide_work: work_plan), since others plan on the same rooms. */
void duo_task_rooms(struct duo_task *task, const struct publication *p);

/* A person's time as it is known: @busy from all sources, but for events at exactly the time of a
 * session of hers (work/echo), @engaged by sessions in other duos than @except (may be NULL) and
 * on days on which she is absent, by the roster or by her own word. *known_until as in struct
 * plan_member. */
void person_time(const struct publication *p, const struct person *person, const char *except,
		 struct busyset *busy, struct busyset *engaged, utc_t *known_until);
/* The same, engaged only by those of her coming and past sessions for which @engages says so. */
typedef bool engages_fn(const void *ctx, const struct session *session);
void person_time_if(const struct publication *p, const struct person *person, engages_fn *engages,
		    const void *ctx, struct busyset *busy, struct busyset *engaged,
		    utc_t *known_until);

/* What is to be done with one duo's sessions. */
enum decide {
	DECIDE_BOOK,
	DECIDE_MOVE,
	DECIDE_CANCEL,
	DECIDE_PROVISIONAL,
	DECIDE_DROP,
	DECIDE_HAND,   /* what a person did */
	DECIDE_ATTEND, /* only who comes */
};
struct decision {
	enum decide what;
	struct session was; /* id 0: new */
	struct session is;
};
struct decisions {
	id_text duo;
	struct duo_part *base; /* the sessions that it was decided on; a reference, may be NULL */
	struct decision *v;
	size_t n, cap;
};
void decisions_fini(struct decisions *decisions);
/* For whoever decides about a kind: an empty list on what stands now, and one decision more, with
 * copies of @was and @is (either may be NULL). */
void decisions_begin(struct decisions *out, const struct publication *p, const char *duo);
void decisions_add(struct decisions *decisions, enum decide what, const struct session *was,
		   const struct session *is);
/* What a later step decided on the publication that @d was assumed in, behind it; @later is empty
 * then. */
void decisions_join(struct decisions *d, struct decisions *later);
/* Plans one duo as @p shows it and says what changes. */
void decide_duo(const struct publication *p, const struct duo *duo, const struct weights *weights,
		utc_t now, struct decisions *out);
/* For a duo that has left the roster, or lost a member: every future session is cancelled. */
void decide_retire(const struct publication *p, const char *duo, utc_t now, const char *reason,
		   struct decisions *out);
/* @p, which is being built, as it would be after @decisions (new sessions have id 0): so that
 * the next duo of a batch sees them. */
void publication_assume(struct publication *p, const struct decisions *decisions);
/* The same for a look that is soon over, and for decisions that bring nobody new into the duo:
 * @p's parts but for that duo's, none of them counted. @p must outlive it. */
struct assumed {
	struct publication p;
	struct duo_part *duo; /* NULL: as @p has it */
};
void assumed_init(struct assumed *seen, const struct publication *p,
		  const struct decisions *decisions);
void assumed_fini(struct assumed *seen);

#endif
