/* third_time.c -- see the header. Sessions are searched for in all duos, whoever they are of: a
 * duo part knows which of its sessions take somebody, so most are passed by. */
#include "work/third_time.h"

#include "work/echo.h"

#include <stdlib.h>
#include <string.h>

static bool occupies(enum state state)
{
	return state == STATE_PROVISIONAL || state == STATE_BOOKED || state == STATE_HELD;
}

struct taken { /* when sessions are with it, by start */
	struct span *v;
	size_t n, cap;
};

static int by_time(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void taken_add(struct taken *t, const struct session *s)
{
	t->v = xgrow(t->v, t->n, &t->cap, sizeof *t->v);
	t->v[t->n++] = (struct span){s->start, s->end};
}

/* @stand: those that its timetable may show again; @all: those that are in the way. */
static void gather(const struct publication *p, const char *party, third_skip_fn *skip, void *ctx,
		   struct taken *stand, struct taken *all)
{
	for (size_t i = 0; i < p->n_duos; i++) {
		const struct duo_part *duo = p->duos[i];
		for (size_t k = 0; k < duo->n_taking; k++) {
			const struct session *s = &duo->sessions.v[duo->taking[k]];
			if (!session_takes(s, party) || !occupies(s->state))
				continue;
			if (s->state != STATE_PROVISIONAL)
				taken_add(stand, s);
			if (!skip || !skip(ctx, s))
				taken_add(all, s);
		}
	}
	if (stand->n)
		qsort(stand->v, stand->n, sizeof *stand->v, by_time);
	if (all->n)
		qsort(all->v, all->n, sizeof *all->v, by_time);
}

/* Where @capacity sessions or more are at once: between two neighbouring edges their number does
 * not change. */
static void add_full(const struct taken *all, size_t capacity, struct busyset *engaged)
{
	utc_t *edges = xcalloc(2 * all->n, sizeof *edges);
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++) { /* starts, in order; ends fall where they fall */
		edges[n++] = all->v[i].start;
		edges[n++] = all->v[i].end;
	}
	for (size_t i = 1; i < n; i++) { /* nearly sorted: sessions are short */
		utc_t at = edges[i];
		size_t k = i;
		for (; k > 0 && edges[k - 1] > at; k--)
			edges[k] = edges[k - 1];
		edges[k] = at;
	}
	size_t first = 0; /* sessions before it are over */
	for (size_t i = 0; i + 1 < n; i++) {
		size_t here = 0;
		while (first < all->n && all->v[first].end <= edges[i])
			first++;
		for (size_t k = first; k < all->n && all->v[k].start <= edges[i]; k++)
			here += all->v[k].end > edges[i];
		if (here >= capacity)
			busyset_add(engaged, edges[i], edges[i + 1], LEVEL_BUSY);
	}
	xfree(edges);
}

void third_party_time(const struct publication *p, const struct third_party *party,
		      third_skip_fn *skip, void *ctx, struct busyset *busy, struct busyset *engaged,
		      utc_t *known_until)
{
	struct taken stand = {0}, all = {0};
	gather(p, party->id, skip, ctx, &stand, &all);
	struct echoes echoes = {stand.v, stand.n, stand.cap};
	*known_until = UTC_MAX;
	for (size_t i = 0; i < party->n_sources; i++) {
		const struct source_record *r = &p->sources[party->sources[i].source]->record;
		if (r->fetched_at == 0)
			*known_until = UTC_MIN;
		else if (party->sources[i].primary && r->horizon < *known_until)
			*known_until = r->horizon;
		echoes_merge(&echoes, r, busy);
	}
	add_full(&all, party->capacity > 1 ? (size_t)party->capacity : 1, engaged);
	busyset_settle(engaged);
	xfree(all.v);
	echoes_fini(&echoes);
}

static bool has_source(const struct roster *roster, const char *party, size_t source)
{
	const struct third_party *third = roster_third(roster, party);
	for (size_t i = 0; third && i < third->n_sources; i++)
		if (third->sources[i].source == source)
			return true;
	return false;
}

bool third_party_is_used(const struct publication *p, const char *duo, const struct roster *roster,
			 size_t source)
{
	const struct duo_part *part = publication_duo(p, duo);
	for (size_t i = 0; part && i < part->n_taking; i++) {
		const struct session *s = &part->sessions.v[part->taking[i]];
		bool coming = s->state == STATE_PROVISIONAL || s->state == STATE_BOOKED;
		if (coming &&
		    (has_source(roster, s->expert, source) || has_source(roster, s->room, source)))
			return true;
	}
	return false;
}

void third_party_person(const struct programme *programme, const struct third_party *party,
			struct person *out)
{
	*out = (struct person){
		.name = party->name,
		.language = programme->language,
		.zone = programme->zone,
		.factor_pct = 100,
		.works = party->works,
		.n_works = party->n_works,
		.absent = party->absent,
		.n_absent = party->n_absent,
		.sources = party->sources,
		.n_sources = party->n_sources,
	};
	memcpy(out->id, party->id, sizeof out->id);
}
