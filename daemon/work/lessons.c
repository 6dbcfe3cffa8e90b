/* lessons.c -- see the header. */
#include "work/lessons.h"

#include "work/echo.h"
#include "work/importer.h"

#include <stdlib.h>
#include <string.h>

struct gathering {
	const struct publication *p;
	struct duo_lessons *out;
	struct echoes echoes[2];
};

static int by_span(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static bool is_echo(const struct echoes *e, const struct lesson_span *o)
{
	struct span span = {o->start, o->end};
	return e->n && bsearch(&span, e->v, e->n, sizeof *e->v, by_span);
}

static void gather_source(struct gathering *g, size_t index, unsigned members)
{
	const struct roster *roster = &g->p->roster->roster;
	const struct source *source = &roster->sources[index];
	const struct source_record *r = &g->p->sources[index]->record;
	struct timetable_opts opts = import_window(source, &roster->programme);
	bool by_weeks = source->policy.horizon == HORIZON_AUTO;
	utc_t horizon = timetable_horizon_auto(r->occurrences, r->n_occurrences, SIZE_MAX, &opts);
	for (size_t i = 0; i < r->n_occurrences; i++) {
		const struct lesson_span *o = &r->occurrences[i];
		unsigned takes = members;
		for (unsigned m = 0; m < 2; m++)
			if (is_echo(&g->echoes[m], o))
				takes &= ~(1U << m);
		if (o->level == LEVEL_FREE || !takes)
			continue;
		bool ends = by_weeks && timetable_horizon_auto(r->occurrences, r->n_occurrences, i,
							       &opts) != horizon;
		struct duo_lessons *out = g->out;
		out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
		out->v[out->n++] = (struct lesson){
			.start = o->start,
			.end = o->end,
			.level = o->level,
			.members = takes,
			.is_single = o->timed && takes == members && !ends,
			.source = source->id,
		};
	}
}

static int by_start(const void *a, const void *b)
{
	const struct lesson *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(x->source, y->source);
}

void duo_lessons_init(struct duo_lessons *out, const struct publication *p, const struct duo *duo)
{
	const struct roster *roster = &p->roster->roster;
	unsigned *members = xcalloc(roster->n_sources + 1, sizeof *members);
	struct gathering g = {.p = p, .out = out};
	*out = (struct duo_lessons){0};
	for (int m = 0; m < 2; m++) {
		const struct person *person = roster_person(roster, duo->members[m]);
		for (size_t i = 0; person && i < person->n_sources; i++)
			members[person->sources[i].source] |= 1U << m;
		echoes_init(&g.echoes[m], p, duo->members[m]);
	}
	for (size_t i = 0; i < roster->n_sources; i++)
		if (members[i])
			gather_source(&g, i, members[i]);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, by_start);
	echoes_fini(&g.echoes[0]);
	echoes_fini(&g.echoes[1]);
	xfree(members);
}

void duo_lessons_fini(struct duo_lessons *lessons)
{
	xfree(lessons->v);
	*lessons = (struct duo_lessons){0};
}

struct publication *publication_without(const struct publication *p, const struct lesson *lesson)
{
	const struct roster *roster = &p->roster->roster;
	const struct source *source = roster_source(roster, lesson->source);
	struct publication *next = publication_next(p);
	const struct source_record *r = &p->sources[source - roster->sources]->record;
	struct source_record less = {
		.state = r->state, .fetched_at = r->fetched_at, .horizon = r->horizon};
	bool gone = false;
	memcpy(less.id, r->id, sizeof less.id);
	less.occurrences = xcalloc(r->n_occurrences + 1, sizeof *less.occurrences);
	for (size_t i = 0; i < r->n_occurrences; i++) {
		const struct lesson_span *o = &r->occurrences[i];
		if (!gone && o->start == lesson->start && o->end == lesson->end &&
		    o->level == lesson->level) {
			gone = true;
			continue;
		}
		less.occurrences[less.n_occurrences++] = *o;
		busyset_add(&less.busy, o->start, o->end, o->level);
	}
	busyset_settle(&less.busy);
	publication_put_source(next, source_part_new(&less));
	return next;
}
