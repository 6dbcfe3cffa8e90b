/* shown.c -- see the header.
 *
 * To write every event twice takes a second for ten thousand persons. So those are left out that
 * nothing touches which a reload would list as changed: neither their duo and its members, nor who
 * attends, has left, or is taken. Who is not touched herself sees another event only where all do
 * who see it (work/feed.h), so that of a moment of everybody's a few views are enough. */
#include "work/shown.h"

#include "work/feed_obligation.h"
#include "work/lesson.h"
#include "work/rosterdiff.h"

#include <string.h>

struct comparison {
	const struct publication *was, *is;
	struct id_set touched; /* duos, persons, experts and rooms */
	bool all;
	struct shown_changes *out;
	struct buf a, b; /* room to write in */
};

void shown_changes_fini(struct shown_changes *changes)
{
	xfree(changes->sessions.v);
	xfree(changes->elsewhere.v);
	xfree(changes->obligations.v);
	id_set_fini(&changes->duos);
	id_set_fini(&changes->owed);
	*changes = (struct shown_changes){.duos = {0}};
}

static void add(struct shown_ids *ids, int64_t id)
{
	ids->v = xgrow(ids->v, ids->n, &ids->cap, sizeof *ids->v);
	ids->v[ids->n++] = id;
}

/* ---- what is touched ---- */

static void touch_roster(struct comparison *c)
{
	struct diff diff = {0};
	diff_rosters(&c->was->roster->roster, &c->is->roster->roster, &diff);
	for (size_t i = 0; i < diff.n; i++) {
		if (strcmp(diff.v[i].kind, "programme") == 0)
			c->all = true;
		id_set_add(&c->touched, diff.v[i].id);
	}
	diff_fini(&diff);
}

bool shown_by_source(const struct source_part *was, const struct source_part *is)
{
	return was != is && (was->record.lessons.n || is->record.lessons.n);
}

static bool source_is_touched(const struct comparison *c, size_t i)
{
	const struct roster *was = &c->was->roster->roster, *is = &c->is->roster->roster;
	const struct source *source = &is->sources[i];
	const struct source *old = was == is ? source : roster_source(was, source->id);
	return !old || id_set_has(&c->touched, source->id) ||
	       shown_by_source(c->was->sources[old - was->sources], c->is->sources[i]);
}

/* The duos that look at a source: what its lessons are called stands in their visits. */
static void touch_sources(struct comparison *c)
{
	const struct roster_part *is = c->is->roster;
	for (size_t i = 0; i < is->roster.n_sources; i++) {
		size_t n;
		if (!source_is_touched(c, i))
			continue;
		const uint32_t *duos = concerns_of(&is->lookers.sources, i, &n);
		for (size_t k = 0; k < n; k++)
			id_set_add(&c->touched, is->roster.duos[duos[k]].id);
	}
}

static bool session_is_touched(const struct comparison *c, const struct session *s)
{
	bool yes = id_set_has(&c->touched, s->expert) || id_set_has(&c->touched, s->room);
	for (size_t i = 0; i < s->n_attendees && !yes; i++)
		yes = id_set_has(&c->touched, s->attendees[i]);
	for (size_t i = 0; i < s->n_left && !yes; i++)
		yes = id_set_has(&c->touched, s->left[i].person);
	return yes;
}

static bool duo_is_touched(const struct comparison *c, const char *id)
{
	const struct duo *duo = roster_duo(&c->is->roster->roster, id);
	return c->all || id_set_has(&c->touched, id) ||
	       (duo && (id_set_has(&c->touched, duo->members[0]) ||
			id_set_has(&c->touched, duo->members[1])));
}

/* ---- comparing ---- */

/* What a duo was called before it was called @name, as the new roster says; NULL: nothing else. */
static const char *name_before(const struct comparison *c, const char *name)
{
	const struct duo *duo = roster_duo(&c->is->roster->roster, name);
	return duo && duo->was[0] ? duo->was : NULL;
}

static bool texts_differ(const struct comparison *c)
{
	const struct buf *a = &c->a, *b = &c->b;
	return a->n && b->n && (a->n != b->n || memcmp(a->v, b->v, a->n) != 0);
}

static bool session_differs(struct comparison *c, const char *person, const struct session *was,
			    const struct session *is)
{
	buf_clear(&c->a);
	buf_clear(&c->b);
	feed_event(c->was, person, was, &c->a);
	feed_event(c->is, person, is, &c->b);
	return texts_differ(c);
}

static bool session_differs_to_anybody(struct comparison *c, const struct session *was,
				       const struct session *is)
{
	bool yes = session_differs(c, NULL, was, is);
	for (size_t i = 0; i < is->n_attendees && !yes; i++)
		yes = id_set_has(&c->touched, is->attendees[i]) &&
		      session_differs(c, is->attendees[i], was, is);
	for (size_t i = 0; i < is->n_left && !yes; i++)
		yes = id_set_has(&c->touched, is->left[i].person) &&
		      session_differs(c, is->left[i].person, was, is);
	return yes;
}

/* The session of that number under the name of its duo, or under one that the duo had before. */
static const struct session *session_before(const struct comparison *c, const struct session *is)
{
	const char *name = is->duo;
	for (size_t round = 0; name && round <= c->is->roster->roster.n_duos; round++) {
		const struct duo_part *part = publication_duo(c->was, name);
		for (size_t i = 0; part && i < part->sessions.n; i++)
			if (part->sessions.v[i].id == is->id)
				return &part->sessions.v[i];
		name = name_before(c, name);
	}
	return NULL;
}

static bool takes_place_elsewhere(const struct comparison *c, const struct session *was,
				  const struct session *is)
{
	const char *then = visit_host(c->was, was), *now = visit_host(c->is, is);
	const struct lesson_text *a = then ? lesson_at(c->was, then, was->start, was->end) : NULL;
	const struct lesson_text *b = now ? lesson_at(c->is, now, is->start, is->end) : NULL;
	return a && b && is->state != STATE_CANCELLED && strcmp(a->place, b->place) != 0;
}

static void compare_sessions(struct comparison *c, const struct duo_part *part)
{
	bool whole = duo_is_touched(c, part->id);
	for (size_t i = 0; i < part->sessions.n; i++) {
		const struct session *is = &part->sessions.v[i];
		if (is->sequence < 0 || (!whole && !session_is_touched(c, is)))
			continue;
		const struct session *was = session_before(c, is);
		if (!was || was->last_modified != is->last_modified ||
		    !session_differs_to_anybody(c, was, is))
			continue;
		add(takes_place_elsewhere(c, was, is) ? &c->out->elsewhere : &c->out->sessions,
		    is->id);
		id_set_add(&c->out->duos, is->duo);
	}
}

/* ---- obligations, alike ---- */

static bool obligation_differs(struct comparison *c, const char *person, const struct owed *then,
			       const struct obligation *was, const struct owed *now,
			       const struct obligation *is)
{
	buf_clear(&c->a);
	buf_clear(&c->b);
	feed_obligation_event(c->was, person, then, was, &c->a);
	feed_obligation_event(c->is, person, now, is, &c->b);
	return texts_differ(c);
}

static bool obligation_differs_to_anybody(struct comparison *c, const struct owed *then,
					  const struct obligation *was, const struct owed *now,
					  const struct obligation *is)
{
	bool yes = obligation_differs(c, NULL, then, was, now, is);
	for (int m = 0; m < 2 && !yes; m++)
		yes = obligation_differs(c, now->members[m], then, was, now, is);
	for (size_t i = 0; i < now->n_left && !yes; i++)
		yes = obligation_differs(c, now->left[i].person, then, was, now, is);
	return yes;
}

static const struct obligation *
obligation_before(const struct comparison *c, const struct obligation *is, const struct owed **then)
{
	const char *name = is->duo;
	for (size_t round = 0; name && round <= c->is->roster->roster.n_duos; round++) {
		*then = publication_owed(c->was, name);
		for (size_t i = 0; *then && i < (*then)->obligations.n; i++)
			if ((*then)->obligations.v[i].id == is->id)
				return &(*then)->obligations.v[i];
		name = name_before(c, name);
	}
	return NULL;
}

static bool owed_is_touched(const struct comparison *c, const struct owed *owed)
{
	bool yes = duo_is_touched(c, owed->duo) || id_set_has(&c->touched, owed->members[0]) ||
		   id_set_has(&c->touched, owed->members[1]);
	for (size_t i = 0; i < owed->n_left && !yes; i++)
		yes = id_set_has(&c->touched, owed->left[i].person);
	return yes;
}

static void compare_owed(struct comparison *c, const struct owed *now)
{
	if (!owed_is_touched(c, now))
		return;
	for (size_t i = 0; i < now->obligations.n; i++) {
		const struct obligation *is = &now->obligations.v[i];
		const struct owed *then;
		const struct obligation *was = obligation_before(c, is, &then);
		if (!was || was->last_modified != is->last_modified ||
		    !obligation_differs_to_anybody(c, then, was, now, is))
			continue;
		add(&c->out->obligations, is->id);
		id_set_add(&c->out->owed, now->duo);
	}
}

/* ---- all of it ---- */

static void compare_all(struct comparison *c)
{
	for (size_t i = 0; i < c->is->n_duos; i++)
		compare_sessions(c, c->is->duos[i]);
	for (size_t i = 0; i < c->is->n_owed; i++)
		compare_owed(c, &c->is->owed[i]->owed);
}

void shown_compare(const struct publication *was, const struct publication *is,
		   struct shown_changes *out)
{
	struct comparison c = {.was = was, .is = is, .out = out};
	bool roster = was->roster != is->roster;
	c.all = strcmp(was->url, is->url) != 0;
	if (roster)
		touch_roster(&c);
	touch_sources(&c);
	if (c.all || roster)
		compare_all(&c);
	for (size_t i = 0; !c.all && !roster && i < c.touched.n; i++) {
		const struct duo_part *part = publication_duo(is, c.touched.v[i]);
		if (part)
			compare_sessions(&c, part);
	}
	id_set_fini(&c.touched);
	buf_fini(&c.a);
	buf_fini(&c.b);
}
