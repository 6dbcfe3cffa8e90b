/* lesson.c -- see the header. A lesson is found by its time: nothing of it is stored with a
 * session, so that taking the pattern out of the roster leaves no trace. */
#include "work/lesson.h"

#include <string.h>

bool lesson_person_has(const struct roster *roster, const struct person *person)
{
	for (size_t i = 0; i < person->n_sources; i++)
		if (roster->sources[person->sources[i].source].policy.lesson)
			return true;
	return false;
}

/* Occurrences are by start, then end. */
static const struct lesson_text *lesson_in(const struct source_record *r, utc_t start, utc_t end)
{
	if (r->lessons.n == 0)
		return NULL;
	size_t lo = lesson_spans_before(r->occurrences, r->n_occurrences, start, end);
	for (; lo < r->n_occurrences && r->occurrences[lo].start == start &&
	       r->occurrences[lo].end == end;
	     lo++)
		if (r->occurrences[lo].lesson)
			return lessons_get(&r->lessons, r->occurrences[lo].lesson);
	return NULL;
}

const struct lesson_text *lesson_at(const struct publication *p, const char *host, utc_t start,
				    utc_t end)
{
	const struct roster *roster = &p->roster->roster;
	const struct person *person = roster_person(roster, host);
	for (size_t i = 0; person && i < person->n_sources; i++) {
		size_t source = person->sources[i].source;
		const struct lesson_text *text =
			roster->sources[source].policy.lesson
				? lesson_in(&p->sources[source]->record, start, end)
				: NULL;
		if (text)
			return text;
	}
	return NULL;
}

const char *visit_host(const struct publication *p, const struct session *s)
{
	const struct duo *duo =
		s->kind == KIND_VISIT ? roster_duo(&p->roster->roster, s->duo) : NULL;
	for (int m = 0; duo && m < 2; m++)
		if (session_attends(s, duo->members[m]))
			return duo->members[1 - m];
	return NULL;
}

/* ---- changes ------------------------------------------------------------------------------ */

static bool same_text(const struct lesson_text *a, const struct lesson_text *b)
{
	return a == b ||
	       (a && b && strcmp(a->title, b->title) == 0 && strcmp(a->place, b->place) == 0);
}

/* The next occurrence from @i on that can be visited. */
static size_t next_lesson(const struct source_record *r, size_t i)
{
	while (i < r->n_occurrences && r->occurrences[i].lesson == 0)
		i++;
	return i;
}

bool lesson_records_equal(const struct source_record *a, const struct source_record *b)
{
	size_t i = next_lesson(a, 0), k = next_lesson(b, 0);
	while (i < a->n_occurrences && k < b->n_occurrences) {
		const struct lesson_span *x = &a->occurrences[i], *y = &b->occurrences[k];
		if (x->start != y->start || x->end != y->end ||
		    !same_text(lessons_get(&a->lessons, x->lesson),
			       lessons_get(&b->lessons, y->lesson)))
			return false;
		i = next_lesson(a, i + 1);
		k = next_lesson(b, k + 1);
	}
	return i == a->n_occurrences && k == b->n_occurrences;
}
