/* work/clash.h -- booked sessions that cannot be as they stand, and what could be instead.
 *
 * Outside the freeze window the planner moves such a session by itself; inside it nothing moves,
 * and this is what people are told. Pure; any thread that holds the publication. */
#ifndef WORK_CLASH_H
#define WORK_CLASH_H

#include "work/publication.h"

/* Who cannot be there, and why. */
struct clash {
	const struct person *person;
	const struct third_party *third; /* an expert or a room; both NULL: the day is closed */
	bool absent;			 /* else busy */
	bool no_lesson;			 /* of a visit: hers, that is no longer in her timetable */
	struct span busy;		 /* what is in the way; a whole absence */
};
/* Whether @s is booked, not over, and impossible: an attendee, the expert or the room is busy
 * (tentative time is none, nor an event at exactly its own time, work/echo) or absent then, the
 * day is closed, or the lesson that is to be visited is gone. O(log n) when it is not. */
bool clash_find(const struct publication *p, const struct session *s, utc_t now, struct clash *out);
/* "anna is busy 2026-11-24 13:00-14:40" */
void clash_sentence(const struct publication *p, const struct clash *clash, struct buf *out);
/* How many sessions clash. */
size_t clash_count(const struct publication *p, utc_t now);

/* The best other places for a work session, from @now on, the cheapest first, one a day: what a
 * place costs is the slot's cost and what it does to the gaps around it, as the planner has it. For
 * a visit: the best other lessons, as plan/visit prices them. */
#define CLASH_PLACES 3
struct clash_place {
	utc_t start, end;
	int64_t cost;
};
size_t clash_places(const struct publication *p, const struct session *s,
		    const struct weights *weights, utc_t now, struct clash_place out[CLASH_PLACES]);

#endif
