/* work/third_time.h -- the time of an expert or a room as a publication knows it, in the shape of
 * a member's, so that all parties of a session are asked alike. Pure; any thread that holds it. */
#ifndef WORK_THIRD_TIME_H
#define WORK_THIRD_TIME_H

#include "plan/duoplan.h"
#include "work/publication.h"

/* Whether @session is left out: one that the caller plans anew. */
typedef bool third_skip_fn(void *ctx, const struct session *session);

/* As person_time: @busy from all its sources, but for events at exactly the time of a session that
 * takes it; @engaged where it can take no more, for so many sessions (provisional, booked or held)
 * are there already; *known_until as in struct plan_member. Both sets start empty. @skip may be
 * NULL. */
void third_party_time(const struct publication *p, const struct third_party *party,
		      third_skip_fn *skip, void *ctx, struct busyset *busy, struct busyset *engaged,
		      utc_t *known_until);

/* Whether coming sessions of @duo take an expert or a room whose timetable is that source: those
 * booked by hand may be others than the roster names (roster_duo_looks_at). */
bool third_party_is_used(const struct publication *p, const char *duo, const struct roster *roster,
			 size_t source);

/* Its name, hours and absences as those of a person on the programme's clock; everything borrowed.
 * It has no budget. */
void third_party_person(const struct programme *programme, const struct third_party *party,
			struct person *out);

#endif
