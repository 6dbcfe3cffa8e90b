/* serve/with.h -- `--with ID`: experts, rooms and persons who shall be at a session of a duo
 * besides its members. Pure. */
#ifndef SERVE_WITH_H
#define SERVE_WITH_H

#include "work/decide_party.h"

#define WITH_MAX 128 /* a steering group has at most 100 */

struct with {
	const struct third_party *thirds[WITH_MAX];
	const struct person *persons[WITH_MAX];
	const struct third_party *expert, *room; /* the first of each */
	size_t n_experts, n_rooms;
	struct party_with party; /* the same, as work/ takes it: @with may not move */
};
/* Finds who is meant; ERR_NOTFOUND with the nearest id. Borrowed of @roster. */
bool with_find(const struct roster *roster, const char *const *ids, size_t n, struct with *with,
	       struct err *err) NODISCARD;
/* Who is at @session besides @duo's members, as far as the roster still has them. */
void with_of_session(const struct roster *roster, const struct duo *duo,
		     const struct session *session, struct with *with);
void with_person(struct with *with, const struct person *person);
/* Members and the persons of @with, sorted, nobody twice; xfree. */
id_text *with_attendees(const struct duo *duo, const struct with *with, size_t *n);

#endif
