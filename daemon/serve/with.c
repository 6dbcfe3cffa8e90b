/* with.c -- see the header. */
#include "serve/with.h"

#include <stdlib.h>
#include <string.h>

enum { GIVEN_MAX = 16 };

static void with_third(struct with *with, const struct third_party *third)
{
	for (size_t i = 0; i < with->party.n_thirds; i++)
		if (with->thirds[i] == third)
			return;
	if (with->party.n_thirds == WITH_MAX)
		return;
	with->thirds[with->party.n_thirds++] = third;
	with->party.thirds = with->thirds;
	if (third->is_room) {
		with->room = with->room ? with->room : third;
		with->n_rooms++;
	} else {
		with->expert = with->expert ? with->expert : third;
		with->n_experts++;
	}
}

void with_person(struct with *with, const struct person *person)
{
	for (size_t i = 0; i < with->party.n_persons; i++)
		if (with->persons[i] == person)
			return;
	if (with->party.n_persons == WITH_MAX)
		return;
	with->persons[with->party.n_persons++] = person;
	with->party.persons = with->persons;
}

static bool nobody(const struct roster *roster, const char *id, struct err *err)
{
	size_t n = 0;
	const char **names =
		xcalloc(roster->n_persons + roster->n_third_parties, sizeof(const char *));
	for (size_t i = 0; i < roster->n_third_parties; i++)
		names[n++] = roster->third_parties[i].id;
	for (size_t i = 0; i < roster->n_persons; i++)
		names[n++] = roster->persons[i].id;
	const char *near = parse_nearest(id, names, n);
	(void)err_set(err, ERR_NOTFOUND, "no expert, room or person %.40s%s%s%s", id,
		      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	xfree(names);
	return false;
}

bool with_find(const struct roster *roster, const char *const *ids, size_t n, struct with *with,
	       struct err *err)
{
	*with = (struct with){0};
	if (n > GIVEN_MAX)
		return err_set(err, ERR_USAGE, "--with is given more than %d times", GIVEN_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct third_party *third = roster_third(roster, ids[i]);
		const struct person *person = third ? NULL : roster_person(roster, ids[i]);
		if (third)
			with_third(with, third);
		else if (person)
			with_person(with, person);
		else
			return nobody(roster, ids[i], err);
	}
	return true;
}

void with_of_session(const struct roster *roster, const struct duo *duo, const struct session *s,
		     struct with *with)
{
	const struct third_party *expert = roster_third(roster, s->expert);
	const struct third_party *room = roster_third(roster, s->room);
	*with = (struct with){0};
	if (expert)
		with_third(with, expert);
	if (room)
		with_third(with, room);
	for (size_t i = 0; i < s->n_attendees; i++) {
		const char *id = s->attendees[i];
		const struct person *person = roster_person(roster, id);
		if (person && strcmp(id, duo->members[0]) != 0 && strcmp(id, duo->members[1]) != 0)
			with_person(with, person);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

id_text *with_attendees(const struct duo *duo, const struct with *with, size_t *n)
{
	id_text *v = xcalloc(2 + with->party.n_persons, sizeof *v);
	*n = 2;
	memcpy(v, duo->members, 2 * sizeof *v);
	for (size_t i = 0; i < with->party.n_persons; i++) {
		const char *id = with->persons[i]->id;
		if (strcmp(id, duo->members[0]) != 0 && strcmp(id, duo->members[1]) != 0)
			memcpy(v[(*n)++], id, sizeof *v);
	}
	qsort(v, *n, sizeof *v, by_text);
	return v;
}
