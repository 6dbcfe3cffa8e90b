/* lookers.c -- see the header. Two walks over the duos: the first counts, the second fills in. */
#include "work/lookers.h"

#include "base/buf.h"

#include <string.h>

struct filling {
	struct concerns *out;
	uint32_t *last; /* 1 + the last duo that was noted for a thing: duos come in order */
	size_t *next;	/* where the thing's next duo goes; NULL: they are only counted */
	uint32_t duo;
};

static void note(struct filling *f, size_t thing)
{
	if (f->last[thing] == f->duo + 1)
		return;
	f->last[thing] = f->duo + 1;
	if (f->next)
		f->out->duos[f->next[thing]++] = f->duo;
	else
		f->out->first[thing + 1]++;
}

typedef void walk_fn(struct filling *f, const struct roster *roster, const struct duo *duo);

static void note_sources(struct filling *f, const struct person_source *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		note(f, v[i].source);
}

static void note_person(struct filling *f, const struct roster *roster, const char *id)
{
	const struct person *person = roster_person(roster, id);
	if (person)
		note_sources(f, person->sources, person->n_sources);
}

static void note_third(struct filling *f, const struct roster *roster, const char *id)
{
	const struct third_party *third = roster_third(roster, id);
	if (third)
		note_sources(f, third->sources, third->n_sources);
}

static void walk_sources(struct filling *f, const struct roster *roster, const struct duo *duo)
{
	const struct programme *programme = &roster->programme;
	for (int m = 0; m < 2; m++)
		note_person(f, roster, duo->members[m]);
	for (size_t i = 0; i < duo->n_experts; i++)
		note_third(f, roster, duo->experts[i].expert);
	for (size_t i = 0; i < duo->n_rooms; i++)
		note_third(f, roster, duo->rooms[i]);
	for (size_t i = 0; programme->steering_min && i < programme->n_steering_group; i++)
		note_person(f, roster, programme->steering_group[i]);
}

static void walk_persons(struct filling *f, const struct roster *roster, const struct duo *duo)
{
	for (int m = 0; m < 2; m++) {
		const struct person *person = roster_person(roster, duo->members[m]);
		if (person)
			note(f, (size_t)(person - roster->persons));
	}
}

static void concerns_init(struct concerns *out, const struct roster *roster, size_t n,
			  walk_fn *walk)
{
	struct filling f = {.out = out, .last = xcalloc(n, sizeof *f.last)};
	out->first = xcalloc(n + 1, sizeof *out->first);
	for (f.duo = 0; f.duo < roster->n_duos; f.duo++)
		walk(&f, roster, &roster->duos[f.duo]);
	for (size_t i = 0; i < n; i++)
		out->first[i + 1] += out->first[i];
	out->duos = xcalloc(out->first[n], sizeof *out->duos);
	f.next = xmemdup(out->first, n * sizeof *f.next);
	memset(f.last, 0, n * sizeof *f.last);
	for (f.duo = 0; f.duo < roster->n_duos; f.duo++)
		walk(&f, roster, &roster->duos[f.duo]);
	xfree(f.last);
	xfree(f.next);
}

void lookers_init(struct lookers *out, const struct roster *roster)
{
	concerns_init(&out->sources, roster, roster->n_sources, walk_sources);
	concerns_init(&out->persons, roster, roster->n_persons, walk_persons);
}

void lookers_fini(struct lookers *l)
{
	xfree(l->sources.first);
	xfree(l->sources.duos);
	xfree(l->persons.first);
	xfree(l->persons.duos);
	*l = (struct lookers){0};
}

const uint32_t *concerns_of(const struct concerns *concerns, size_t i, size_t *n)
{
	*n = concerns->first[i + 1] - concerns->first[i];
	return concerns->duos + concerns->first[i];
}
