/* uses.c -- uses are gathered while one change with the earlier ones is under way.
 *
 *   note -> pending --nothing under way--> change (all of pending) --done--> again */
#include "serve/uses.h"

#include "work/change.h"

#include <stdio.h>
#include <string.h>

enum { ONCE_S = 3600, PENDING_MAX = 4096, AGENT_MAX = 120 };

struct use {
	int64_t link;
	utc_t at;
	char agent[AGENT_MAX];
};

struct uses_change {
	struct change change;
	struct uses *uses;
	struct use *v;
	size_t n;
};

struct uses {
	struct world *world;
	utc_t *last; /* by link id: when it was noted last */
	size_t n_last;
	struct use *pending;
	size_t n, cap;
	bool busy;
};

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
	xfree(uses->last);
	xfree(uses->pending);
	xfree(uses);
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	const struct uses_change *c = (const struct uses_change *)change;
	for (size_t i = 0; i < c->n; i++)
		if (!links_used(desk_db(desk), c->v[i].link, c->v[i].at, c->v[i].agent, err))
			return false;
	return true;
}

static void post_pending(struct uses *uses);

static void done(struct change *change, const struct err *err)
{
	struct uses_change *c = (struct uses_change *)change;
	struct uses *uses = c->uses;
	(void)err; /* a use that was not noted is no loss */
	xfree(c->v);
	xfree(c);
	uses->busy = false;
	if (uses->n)
		post_pending(uses);
}

static void post_pending(struct uses *uses)
{
	struct uses_change *c = xcalloc(1, sizeof *c);
	struct err err;
	*c = (struct uses_change){.change = {.apply = apply, .done = done},
				  .uses = uses,
				  .v = uses->pending,
				  .n = uses->n};
	uses->pending = NULL;
	uses->n = uses->cap = 0;
	uses->busy = change_post(uses->world, &c->change, &err);
	if (uses->busy)
		return;
	xfree(c->v);
	xfree(c);
}

/* Whether it is an hour since this link was noted. */
static bool is_news(struct uses *uses, const struct link *link, utc_t at)
{
	size_t id = (size_t)link->id;
	if (id >= uses->n_last) {
		size_t n = id + id / 2 + 64;
		uses->last = xrealloc(uses->last, n * sizeof *uses->last);
		memset(uses->last + uses->n_last, 0, (n - uses->n_last) * sizeof *uses->last);
		uses->n_last = n;
	}
	utc_t last = uses->last[id] > link->used_at ? uses->last[id] : link->used_at;
	if (last && at >= last && at - last < ONCE_S)
		return false;
	uses->last[id] = at;
	return true;
}

void uses_note(struct uses *uses, const struct link *link, utc_t at, const char *agent)
{
	if (uses->n == PENDING_MAX || !is_news(uses, link, at))
		return;
	uses->pending = xgrow(uses->pending, uses->n, &uses->cap, sizeof *uses->pending);
	struct use *use = &uses->pending[uses->n++];
	*use = (struct use){.link = link->id, .at = at};
	(void)snprintf(use->agent, sizeof use->agent, "%s", agent ? agent : "");
	if (!uses->busy)
		post_pending(uses);
}
