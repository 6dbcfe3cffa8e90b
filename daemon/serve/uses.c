/* uses.c -- uses are gathered while one change with the earlier ones is under way.
 *
 *   note -> what is known now
 *        -> pending --nothing under way--> change (all of pending) --done--> again
 *
 * What is known now is told from what the publication's links say by the generation: a link that
 * was rotated has not been used yet. */
#include "serve/uses.h"

#include "work/change.h"
#include "work/linking.h"

#include <stdio.h>
#include <string.h>

enum { ONCE_S = 3600, AT_ONCE = 1024, AGENT_MAX = 120 };

struct noting { /* to be stored, of one link */
	int64_t link;
	int32_t generation;
	utc_t used_at, seen_at; /* 0: not that */
	struct feed_mark seen;
	char *agent;
};

struct uses_change {
	struct change change;
	struct uses *uses;
	struct noting *v;
	size_t n;
};

struct known { /* since the start; all 0: nothing */
	int32_t generation;
	utc_t used_at, seen_at;
	struct feed_mark seen;
	utc_t used_stored_at, seen_stored_at; /* when that was put on its way last */
	char *agent;
	size_t pending; /* 1 + its place there, 0: it has none */
};

struct uses {
	struct world *world;
	struct known *known; /* by link id */
	size_t n_known;
	struct noting *pending; /* one a link */
	size_t n, cap;
	bool busy;
};

static void notings_free(struct noting *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		xfree(v[i].agent);
	xfree(v);
}

struct uses *uses_new(struct world *world)
{
	struct uses *uses = xcalloc(1, sizeof *uses);
	uses->world = world;
	return uses;
}

void uses_free(struct uses *uses)
{
	if (!uses)
		return;
	for (size_t i = 0; i < uses->n_known; i++)
		xfree(uses->known[i].agent);
	xfree(uses->known);
	notings_free(uses->pending, uses->n);
	xfree(uses);
}

/* ---- to the store ---- */

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	const struct uses_change *c = (const struct uses_change *)change;
	for (size_t i = 0; i < c->n; i++) {
		const struct noting *v = &c->v[i];
		struct db *db = desk_db(desk);
		if ((v->used_at &&
		     !links_used(db, v->link, v->generation, v->used_at, v->agent, err)) ||
		    (v->seen_at &&
		     !links_seen(db, v->link, v->generation, v->seen_at, &v->seen, err)))
			return false;
	}
	return true;
}

static void post_pending(struct uses *uses);

static void done(struct change *change, const struct err *err)
{
	struct uses_change *c = (struct uses_change *)change;
	struct uses *uses = c->uses;
	for (size_t i = 0; err && i < c->n; i++) { /* then by its next use */
		struct known *known = &uses->known[c->v[i].link];
		known->used_stored_at = known->seen_stored_at = 0;
	}
	notings_free(c->v, c->n);
	xfree(c);
	uses->busy = false;
	if (uses->n)
		post_pending(uses);
}

/* The last of them: the store is kept from others for as long as some take. */
static void post_pending(struct uses *uses)
{
	size_t n = uses->n < AT_ONCE ? uses->n : AT_ONCE;
	struct uses_change *c = xcalloc(1, sizeof *c);
	struct err err;
	*c = (struct uses_change){.change = {.apply = apply, .done = done}, .uses = uses, .n = n};
	uses->n -= n;
	c->v = xmemdup(uses->pending + uses->n, n * sizeof *c->v);
	uses->busy = change_post(uses->world, &c->change, &err);
	for (size_t i = 0; i < n; i++)
		uses->known[c->v[i].link].pending = uses->busy ? 0 : uses->n + i + 1;
	if (uses->busy)
		return;
	uses->n += n; /* with the next one */
	xfree(c->v);
	xfree(c);
}

/* ---- what is known ---- */

/* Of that link with that generation: whatever was known of an older one is gone. NULL: it is of an
 * older one itself. */
static struct known *known_of(struct uses *uses, int64_t link, int32_t generation)
{
	size_t id = (size_t)link;
	if (id >= uses->n_known) {
		size_t n = id + id / 2 + 64;
		uses->known = xrealloc(uses->known, n * sizeof *uses->known);
		memset(uses->known + uses->n_known, 0, (n - uses->n_known) * sizeof *uses->known);
		uses->n_known = n;
	}
	struct known *known = &uses->known[id];
	if (known->generation > generation)
		return NULL;
	if (known->generation < generation) {
		xfree(known->agent);
		*known = (struct known){.generation = generation, .pending = known->pending};
	}
	return known;
}

/* What waits of that link, to be added to; of an older generation nothing counts any more. */
static struct noting *pend(struct uses *uses, struct known *known, int64_t link)
{
	if (!known->pending) {
		uses->pending = xgrow(uses->pending, uses->n, &uses->cap, sizeof *uses->pending);
		uses->pending[uses->n++] =
			(struct noting){.link = link, .generation = known->generation};
		known->pending = uses->n;
	}
	struct noting *noting = &uses->pending[known->pending - 1];
	if (noting->generation != known->generation) {
		xfree(noting->agent);
		*noting = (struct noting){.link = link, .generation = known->generation};
	}
	return noting;
}

/* Whether something that was stored at @last is due again: a clock may have been moved back. */
static bool is_due(utc_t last, utc_t at)
{
	return !last || at < last || at - last >= ONCE_S;
}

static utc_t later(utc_t a, utc_t b)
{
	return a > b ? a : b;
}

void uses_note(struct uses *uses, const struct link *link, utc_t at, const char *agent)
{
	struct known *known = known_of(uses, link->id, link->generation);
	const char *words = agent ? agent : "";
	if (!known)
		return;
	known->used_at = at;
	if (!known->agent || strncmp(known->agent, words, AGENT_MAX - 1) != 0) {
		xfree(known->agent);
		known->agent = xstrndup(words, strnlen(words, AGENT_MAX - 1));
	}
	if (!is_due(later(known->used_stored_at, link->used_at), at))
		return;
	known->used_stored_at = at;
	struct noting *noting = pend(uses, known, link->id);
	noting->used_at = at;
	xfree(noting->agent);
	noting->agent = xstrdup(known->agent);
	if (!uses->busy)
		post_pending(uses);
}

static bool same_mark(const struct feed_mark *a, const struct feed_mark *b)
{
	return a->last_modified == b->last_modified && a->past.change == b->past.change &&
	       a->past.session == b->past.session;
}

bool uses_seen_is_news(struct uses *uses, const struct link *link, utc_t at,
		       const struct feed_mark *seen)
{
	const struct known *known = known_of(uses, link->id, link->generation);
	if (!known)
		return false;
	if (known->seen_at)
		return !same_mark(&known->seen, seen) || is_due(known->seen_stored_at, at);
	return !same_mark(&link->seen, seen) || is_due(link->seen_at, at);
}

void uses_seen(struct uses *uses, int64_t link, int32_t generation, utc_t at,
	       const struct feed_mark *seen)
{
	struct known *known = known_of(uses, link, generation);
	if (!known)
		return;
	known->seen = *seen;
	known->seen_at = known->seen_stored_at = at;
	struct noting *noting = pend(uses, known, link);
	noting->seen_at = at;
	noting->seen = *seen;
	if (!uses->busy)
		post_pending(uses);
}

/* ---- for others ---- */

/* Of link number @i, behind the others. */
static void add_use(const struct uses *uses, size_t i, bool agent, struct health_use **v, size_t *n,
		    size_t *cap)
{
	const struct link *l = &uses->world->now->links->links.v[i];
	const struct known *k = (size_t)l->id < uses->n_known ? &uses->known[l->id] : NULL;
	bool current = k && k->generation == l->generation;
	bool used = current && k->used_at, seen = current && k->seen_at;
	const char *by = used ? k->agent : l->agent;
	*v = xgrow(*v, *n, cap, sizeof **v);
	(*v)[(*n)++] = (struct health_use){
		.link = (uint32_t)i,
		.used_at = used ? k->used_at : l->used_at,
		.seen_at = seen ? k->seen_at : l->seen_at,
		.seen = seen ? k->seen : l->seen,
		.agent = agent && by && *by ? xstrdup(by) : NULL,
	};
}

struct health_use *uses_copy(const struct uses *uses, const char *owner, bool agents, size_t *n)
{
	const struct link_list *links = &uses->world->now->links->links;
	size_t cap = owner ? 0 : links->n;
	struct health_use *v = cap ? xmalloc(cap * sizeof *v) : NULL;
	*n = 0;
	for (size_t i = 0; i < links->n; i++)
		if (!owner || strcmp(links->v[i].owner, owner) == 0)
			add_use(uses, i, agents, &v, n, &cap);
	return v;
}

struct health_use *uses_of_member(const struct uses *uses, const char *person, size_t *n)
{
	const struct publication *p = uses->world->now;
	const struct link_list *links = &p->links->links;
	struct linking_owners owners;
	struct health_use *v = NULL;
	size_t cap = 0;
	*n = 0;
	linking_owners_init(&owners, p, person);
	for (size_t i = 0; i < links->n; i++)
		if (linking_owners_have(&owners, &links->v[i]))
			add_use(uses, i, true, &v, n, &cap);
	linking_owners_fini(&owners);
	return v;
}
