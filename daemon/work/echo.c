/* echo.c -- see the header. The stored busy set of a source has every event in it; where one of
 * them is an echo, the set is made again from the occurrences, without the echoes. */
#include "work/echo.h"

#include <stdlib.h>
#include <string.h>

static bool stands(const struct session *s)
{
	return s->state == STATE_BOOKED || s->state == STATE_HELD;
}

static bool has_event(const struct source_record *r, utc_t start, utc_t end)
{
	size_t lo = lesson_spans_before(r->occurrences, r->n_occurrences, start, end);
	for (; lo < r->n_occurrences && r->occurrences[lo].start == start &&
	       r->occurrences[lo].end == end;
	     lo++)
		if (r->occurrences[lo].level > LEVEL_FREE)
			return true;
	return false;
}

bool echo_has(const struct source_record *record, const struct session *s)
{
	return stands(s) && has_event(record, s->start, s->end);
}

/* ---- a person's time ---- */

static int by_time(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

void echoes_init(struct echoes *e, const struct publication *p, const char *person)
{
	const struct person_part *part = publication_person(p, person);
	*e = (struct echoes){0};
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *duo = publication_duo(p, part->duos[i]);
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			const struct session *s = &duo->sessions.v[k];
			if (!stands(s) || !session_attends(s, person))
				continue;
			e->v = xgrow(e->v, e->n, &e->cap, sizeof *e->v);
			e->v[e->n++] = (struct span){s->start, s->end};
		}
	}
	if (e->n > 0)
		qsort(e->v, e->n, sizeof *e->v, by_time);
}

void echoes_fini(struct echoes *e)
{
	xfree(e->v);
	*e = (struct echoes){0};
}

static bool comes_back_in(const struct echoes *e, const struct source_record *r)
{
	for (size_t i = 0; i < e->n; i++)
		if (has_event(r, e->v[i].start, e->v[i].end))
			return true;
	return false;
}

void echoes_merge(const struct echoes *e, const struct source_record *r, struct busyset *busy)
{
	if (!comes_back_in(e, r)) {
		busyset_merge(busy, &r->busy);
		return;
	}
	struct busyset rest = {0};
	for (size_t i = 0; i < r->n_occurrences; i++) {
		const struct lesson_span *o = &r->occurrences[i];
		struct span span = {o->start, o->end};
		if (!bsearch(&span, e->v, e->n, sizeof *e->v, by_time))
			busyset_add(&rest, o->start, o->end, o->level);
	}
	busyset_settle(&rest);
	busyset_merge(busy, &rest);
	busyset_fini(&rest);
}

/* ---- said ---- */

static bool is_his(const struct person *person, size_t source)
{
	for (size_t i = 0; person && i < person->n_sources; i++)
		if (person->sources[i].source == source)
			return true;
	return false;
}

/* A timetable that several persons share is named once. */
static bool was_named(const struct roster *roster, const struct session *s, size_t before,
		      size_t source)
{
	for (size_t a = 0; a < before; a++)
		if (is_his(roster_person(roster, s->attendees[a]), source))
			return true;
	return false;
}

void echo_each(const struct publication *p, const struct session *s, echo_fn *each, void *ctx)
{
	const struct roster *roster = &p->roster->roster;
	for (size_t a = 0; a < s->n_attendees; a++) {
		const struct person *person = roster_person(roster, s->attendees[a]);
		for (size_t i = 0; person && i < person->n_sources; i++) {
			size_t source = person->sources[i].source;
			if (echo_has(&p->sources[source]->record, s) &&
			    !was_named(roster, s, a, source))
				each(ctx, &roster->sources[source], s);
		}
	}
}

void echo_sentence(const struct source *source, const struct session *s, struct buf *out)
{
	buf_addf(out, "%s has an event at exactly the time of s%lld: probably that session",
		 source->id, (long long)s->id);
}
