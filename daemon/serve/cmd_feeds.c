/* cmd_feeds.c -- `feeds`: per link to a feed what is still shown behind it, and how large it is.
 * What is known of links is gathered on the loop; the rest is told on a solver thread. */
#include "serve/agent.h"
#include "serve/command.h"
#include "serve/feeds.h"
#include "serve/health_view.h"
#include "serve/source_view.h"
#include "serve/uses.h"

#include <stdio.h>
#include <string.h>

struct size {
	int64_t bytes, events; /* -1: not made since the start */
	bool large;
};

struct feeds_call {
	struct job job;
	struct call *call;
	struct health_limits limits;
	struct health_use *uses;
	struct size *sizes; /* as uses */
	size_t n;
};

static void size_json(struct json *json, const struct size *size)
{
	if (size->bytes < 0) {
		json_null(json, "bytes");
		json_null(json, "events");
	} else {
		json_int(json, "bytes", size->bytes);
		json_int(json, "events", size->events);
	}
	json_bool(json, "large", size->large);
}

static void link_json(struct json *json, const struct feeds_call *c, size_t i,
		      const struct health *health)
{
	const struct health_use *use = &c->uses[i];
	const struct link *link = &c->call->p->links->links.v[use->link];
	json_object(json, NULL);
	json_int(json, "id", link->id);
	json_text(json, "kind", link_kind_word(link->kind));
	json_text(json, "owner", link->owner);
	json_text(json, "label", link->label);
	json_utc(json, "used_at", use->used_at);
	json_text(json, "agent", use->agent);
	health_keys(json, use, health, c->call->now);
	size_json(json, &c->sizes[i]);
	json_end(json, '}');
}

static void place(const struct call *call, utc_t start, utc_t end, const char *room,
		  struct buf *out)
{
	char from[CIVIL_TEXT], to[CIVIL_TEXT];
	(void)call_local(call, end, to);
	buf_addf(out, "%s..%s%s%s", call_local(call, start, from),
		 strncmp(from, to, 11) == 0 ? to + 11 : to, *room ? " " : "", room);
}

static void row_line(struct call *call, const struct health_row *row)
{
	const struct session *s = row->session;
	buf_addf(&call->out, "\ts%lld\t%s\t", (long long)s->id, health_why_word(row->why));
	if (row->why == HEALTH_NEW) {
		buf_adds(&call->out, "lacks ");
		place(call, s->start, s->end, s->room, &call->out);
	} else {
		buf_adds(&call->out, "shows ");
		place(call, row->start, row->end, row->room, &call->out);
	}
	if (row->why == HEALTH_MOVED) {
		buf_adds(&call->out, ", is ");
		place(call, s->start, s->end, s->room, &call->out);
	}
	buf_addc(&call->out, '\n');
}

/* ID TAB KIND TAB OWNER TAB LABEL TAB STATE TAB AGE TAB CLIENT TAB BYTES TAB EVENTS, and a line
 * for each session that is shown otherwise than it is. */
static void link_lines(struct feeds_call *c, size_t i, const struct health *health)
{
	enum { ROWS = 20 };
	struct call *call = c->call;
	const struct health_use *use = &c->uses[i];
	const struct link *link = &call->p->links->links.v[use->link];
	char age[DURATION_TEXT];
	buf_addf(&call->out, "%lld\t%s\t%s\t%s\t%s\t%s\t%s", (long long)link->id,
		 link_kind_word(link->kind), link->owner, link->label ? link->label : "",
		 health_state_word(health->state),
		 use->seen_at ? age_text(call->now - use->seen_at, age) : "-",
		 use->agent ? agent_family(use->agent) : "-");
	if (c->sizes[i].bytes < 0)
		buf_adds(&call->out, "\t-\t-");
	else
		buf_addf(&call->out, "\t%lld\t%lld", (long long)c->sizes[i].bytes,
			 (long long)c->sizes[i].events);
	if (c->sizes[i].large)
		buf_adds(&call->out, "\tlarge: Google stops at 1 MB or 1,000 events");
	buf_addc(&call->out, '\n');
	for (size_t k = 0; k < health->n && k < ROWS; k++)
		row_line(call, &health->v[k]);
	if (health->n > ROWS)
		buf_addf(&call->out, "\t%zu more\n", health->n - ROWS);
}

static void tell_run(struct job *job)
{
	struct feeds_call *c = (struct feeds_call *)job;
	struct call *call = c->call;
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "feeds");
	}
	for (size_t i = 0; i < c->n; i++) {
		const struct link *link = &call->p->links->links.v[c->uses[i].link];
		struct health health;
		if (!health_is_open(call->p, link, &c->limits, call->now))
			continue;
		health_of(call->p, &c->uses[i], &c->limits, call->now, &health);
		if (call->json)
			link_json(&json, c, i, &health);
		else
			link_lines(c, i, &health);
		health_fini(&health);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
}

static void feeds_call_free(struct feeds_call *c)
{
	health_uses_free(c->uses, c->n);
	xfree(c->sizes);
	xfree(c);
}

static void tell_done(struct job *job, bool cancelled)
{
	struct feeds_call *c = (struct feeds_call *)job;
	struct call *call = c->call;
	if (cancelled)
		(void)err_set(&call->err, ERR_UNAVAILABLE, "tandemd is stopping");
	feeds_call_free(c);
	call_finish(call, &call->err);
}

static struct size size_of(const struct call *call, const struct health_use *use)
{
	const struct link *link = &call->p->links->links.v[use->link];
	const struct feed_variant variant = feed_variant_of(link, false);
	const struct feed_head *head =
		feeds_newest_head(call->server->feeds, link->owner, &variant);
	return head ? (struct size){head->bytes, head->events,
				    feed_head_is_large(head, &call->server->world->settings)}
		    : (struct size){-1, -1, false};
}

void cmd_feeds(struct call *call)
{
	const char *owner = call->n_args ? call->args[0] : NULL;
	struct feeds_call *c = xcalloc(1, sizeof *c);
	*c = (struct feeds_call){.job = {.run = tell_run, .done = tell_done},
				 .call = call,
				 .limits = health_limits_of(&call->server->world->settings)};
	c->uses = uses_copy(call->server->uses, owner, true, &c->n);
	c->sizes = xcalloc(c->n, sizeof *c->sizes);
	for (size_t i = 0; i < c->n; i++)
		c->sizes[i] = size_of(call, &c->uses[i]);
	bool ok = c->n > 0 || !owner ||
		  err_set(&call->err, ERR_NOTFOUND, "%.40s has no links", owner);
	if (ok && worker_post_first(call->server->world->worker, LANE_SOLVER, &c->job))
		return;
	feeds_call_free(c);
	if (ok)
		(void)err_set(&call->err, ERR_CONFLICT, "too much to do at once; try again");
	call_finish(call, &call->err);
}
