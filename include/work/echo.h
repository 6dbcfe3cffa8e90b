/* work/echo.h -- our own sessions that come back in a timetable under a foreign name.
 *
 * By UID or by the source key `own` the import knows them and they are never busy. What is left is
 * an event that covers exactly the time of a session that stands: it is probably that session,
 * typed in by somebody. It is said so, and it moves nothing by itself: a session never flees from
 * an event at exactly its own time. Pure; any thread that holds the publication. */
#ifndef WORK_ECHO_H
#define WORK_ECHO_H

#include "work/publication.h"

/* Whether @record has an event, tentative or busy, at exactly the time of @s, and @s stands
 * (booked or held). */
bool echo_has(const struct source_record *record, const struct session *s);

/* The times at which a person has sessions that stand. */
struct echoes {
	struct span *v; /* by start, then end */
	size_t n, cap;
};
void echoes_init(struct echoes *echoes, const struct publication *p, const char *person);
void echoes_fini(struct echoes *echoes);
/* Merges what @record says of its person's time into @busy, but for events at exactly one of
 * these times. */
void echoes_merge(const struct echoes *echoes, const struct source_record *record,
		  struct busyset *busy);

/* Which sources of those who attend @s have such an event: calls @each for them, in the order of
 * attendees and their sources. */
typedef void echo_fn(void *ctx, const struct source *source, const struct session *s);
void echo_each(const struct publication *p, const struct session *s, echo_fn *each, void *ctx);
/* "anna-1 has an event at exactly the time of s42: probably that session" */
void echo_sentence(const struct source *source, const struct session *s, struct buf *out);

#endif
