/* source_diff.c -- a timetable's changes held against the sessions of those whose timetable it is. */
#include "work/source_diff.h"

#include <stdlib.h>
#include <string.h>

struct candidates { /* booked sessions, each once */
	struct span *spans;
	int64_t *ids;
	size_t n, cap_spans, cap_ids;
};

static bool listed(const struct candidates *c, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->ids[i] == id)
			return true;
	return false;
}

static void add_session(struct candidates *c, const struct session *s)
{
	if (listed(c, s->id))
		return;
	c->spans = xgrow(c->spans, c->n, &c->cap_spans, sizeof *c->spans);
	c->ids = xgrow(c->ids, c->n, &c->cap_ids, sizeof *c->ids);
	c->spans[c->n] = (struct span){s->start, s->end};
	c->ids[c->n++] = s->id;
}

static void add_person(struct candidates *c, const struct publication *p, const char *person,
		       utc_t now)
{
	const struct person_part *part = publication_person(p, person);
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *duo = publication_duo(p, part->duos[i]);
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			const struct session *s = &duo->sessions.v[k];
			if (s->state == STATE_BOOKED && s->end > now && session_attends(s, person))
				add_session(c, s);
		}
	}
}

static void add_third(struct candidates *c, const struct publication *p, const char *third,
		      utc_t now)
{
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->n_taking; k++) {
			const struct session *s = &p->duos[i]->sessions.v[p->duos[i]->taking[k]];
			if (s->state == STATE_BOOKED && s->end > now && session_takes(s, third))
				add_session(c, s);
		}
}

static int by_id(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void find_breaks(const struct publication *p, const char *source,
			const struct timetable_diff *diff, utc_t now, struct source_diff *out)
{
	const struct roster *roster = &p->roster->roster;
	const struct source *s = roster_source(roster, source);
	struct candidates c = {0};
	for (size_t i = 0; s && i < roster->n_persons; i++)
		for (size_t k = 0; k < roster->persons[i].n_sources; k++)
			if (&roster->sources[roster->persons[i].sources[k].source] == s)
				add_person(&c, p, roster->persons[i].id, now);
	for (size_t i = 0; s && i < roster->n_third_parties; i++) {
		const struct third_party *third = &roster->third_parties[i];
		for (size_t k = 0; k < third->n_sources; k++)
			if (&roster->sources[third->sources[k].source] == s)
				add_third(&c, p, third->id, now);
	}
	bool *hit = xcalloc(c.n, sizeof *hit);
	timetable_diff_breaks(diff, c.spans, c.n, roster->programme.buffer_min * INT64_C(60), hit);
	size_t n = 0;
	for (size_t i = 0; i < c.n; i++)
		if (hit[i])
			c.ids[n++] = c.ids[i];
	if (n > 0)
		qsort(c.ids, n, sizeof *c.ids, by_id);
	for (size_t i = 0; i < n && out->n_breaks < SOURCE_DIFF_BREAKS; i++)
		out->breaks[out->n_breaks++] = c.ids[i];
	xfree(hit);
	xfree(c.spans);
	xfree(c.ids);
}

struct source_diff *source_diff_new(const struct publication *p, const char *source,
				    const struct timetable_diff *diff, utc_t now, bool taken)
{
	struct source_diff *out = xcalloc(1, sizeof *out);
	*out = (struct source_diff){
		.refs = 1,
		.at = now,
		.taken = taken,
		.added = diff->added,
		.removed = diff->removed,
		.moved = diff->moved,
		.n = diff->n < SOURCE_DIFF_ROWS ? diff->n : SOURCE_DIFF_ROWS,
	};
	if (out->n > 0)
		out->v = xmemdup(diff->v, out->n * sizeof *out->v);
	find_breaks(p, source, diff, now, out);
	return out;
}
