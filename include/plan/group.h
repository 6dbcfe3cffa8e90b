/* plan/group.h -- the programme's own moments: intervisie and the final evaluation, for everybody
 * who is in a duo.
 *
 * Where. The programme asks for intervisie n times: moment k has the k-th n-th part of the
 * programme's days for itself (hours_part_first) and aims at its middle. The evaluation is one,
 * on the last tenth of the open days, at least five of them, and aims at the end. Of the starts
 * of its period (length, grid or bell times as the programme says, on open days, after the freeze
 * window, never on a day that has another such moment or on which somebody called one off)
 *   1. the one that most people can attend wins,
 *   2. then the even year: over all moments of a kind the least sum of squared gaps in open days,
 *      where half a gap counts as a whole one at both ends (so moments in the middle of their
 *      parts are the ideal); for the evaluation the latest day,
 *   3. then the cheapest: lunch, outside preferred hours, tentative (a person), w_move for each
 *      booked session of a duo that would have to give way,
 *   4. then the earliest.
 * With fewer than GROUP_LEAST people there is no moment, and a reason.
 *
 * Booked or provisional. A moment is booked as soon as everybody who would attend is known to be
 * free there; while somebody's time there is only assumed it is provisional. From GROUP_SETTLE_S
 * before it nobody waits any longer: who is still unknown then counts as missing. Who was never
 * known at all (a timetable that never loaded) does not hold up the others, and joins as soon as
 * he is known to be free.
 *
 * Calm. What was held or missed stays what it is, and inside the freeze window or pinned it stays
 * where it is. Another booked moment stays unless at its place B instead of A people could attend
 * elsewhere in its period, known to be free, with
 *     (B - A) * w_unused * length in steps  >  w_move * A:
 * everybody who comes is asked to move, for the hours of those who would come as well. (2 hours,
 * default weights: it moves when three in ten more can come.) It always moves when fewer than
 * GROUP_LEAST are left. Who attends it is found again each time, but for the freeze window.
 * A moment that was missed, or cancelled by a person, is placed again within its part, never on
 * the day that was called off; when its part is over it is given up.
 *
 * A person who has no minutes left for a moment is not asked. Pure: the same task gives the same
 * plan; a sweep over the starts of each day counts everybody at once, so that the work grows with
 * people plus starts, not with their product. */
#ifndef PLAN_GROUP_H
#define PLAN_GROUP_H

#include "plan/duoplan.h"

#define GROUP_LEAST    2
#define GROUP_SETTLE_S (28 * DAY_S)
#define GROUP_NEXT_MAX 3

struct group_task {
	const struct programme *programme;
	const struct opendays *days;
	const struct weights *weights;
	/* By id. `engaged` has what of her sessions cannot give way; `remaining_min` is what she
	 * may still spend when only the programme's own coming sessions are not counted. */
	const struct plan_member *members;
	const struct called_off *called_off; /* as members, or NULL; only to name it */
	size_t n_members;
	const struct session *sessions; /* the programme's own, every state, by start */
	size_t n_sessions;
	const struct span *soft; /* booked sessions of duos that would give way; any order */
	size_t n_soft;
	utc_t now;
};

enum group_why {
	GROUP_BUSY,
	GROUP_ABSENT,
	GROUP_NOT_WORKING,
	GROUP_UNKNOWN,
	GROUP_NO_HOURS,
	GROUP_NOT_ASKED, /* free, but was not there when it was fixed */
};
const char *group_why_word(enum group_why why); /* "busy" "absent" "not working" ... */

struct group_missing {
	size_t member; /* index into the task's members */
	enum group_why why;
	char *text; /* "cees is busy 2026-11-24 13:00-14:40", without a full stop */
};

struct group_place {
	utc_t start, end;
	int day; /* open day number */
	size_t attend;
	bool provisional;
	int64_t cost; /* rule 3 */
};

struct group_moment {
	enum kind kind;
	int number, of;		   /* 2 of 3 */
	day_t first, past;	   /* its period */
	bool placed;		   /* else `reason` says why not */
	bool fixed;		   /* stands and is not the planner's to touch */
	bool provisional;	   /* not to be booked yet */
	const struct session *was; /* what stands for it already; NULL: nothing */
	struct group_place place;  /* of one that is held: where it was */
	size_t *attendees;	   /* indices into the task's members, rising */
	size_t n_attendees;
	struct group_missing *missing; /* by member */
	size_t n_missing;
	struct group_place next[GROUP_NEXT_MAX]; /* of other days of its period, best first */
	size_t n_next;
	char *reason;
};

struct group_plan {
	struct group_moment *v; /* intervisie by number, then the evaluation */
	size_t n;
	const struct session **surplus; /* booked or provisional, and not asked for any more */
	size_t n_surplus;
};

void group_plan_make(const struct group_task *task, struct group_plan *out);
void group_plan_fini(struct group_plan *plan);

/* Who could attend at [start, end), wherever that is: @out has room for n_members marks. Time
 * that is only assumed does not count. */
size_t group_who(const struct group_task *task, utc_t start, utc_t end, bool *out);
/* What keeps one person from [start, end): a word and a sentence without a full stop (@out may be
 * NULL); false: nothing does. With @assume, time behind her horizon is taken as it is assumed. */
bool group_why(const struct group_task *task, size_t member, utc_t start, utc_t end, bool assume,
	       enum group_why *why, struct buf *out);

/* "intervisie 2 of 3" */
void group_name(const struct group_moment *moment, struct buf *out);
/* Sentences, one a line: where it is and who comes, who is missing and why, what is next best. */
void group_explain(const struct group_task *task, const struct group_moment *moment,
		   struct buf *out);

#endif
