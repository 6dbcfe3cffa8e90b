/* cmd_link.c -- secret links: listed, made, revoked, rotated. */
#include "serve/command.h"
#include "work/change.h"

#include <stdio.h>
#include <string.h>

void link_url(const struct publication *p, size_t index, struct buf *out)
{
	static const struct {
		const char *before, *behind;
	} forms[LINK_KIND_COUNT] = {
		[LINK_ME] = {"/me/", ""},
		[LINK_FEED] = {"/feeds/", ".ics"},
		[LINK_BUSY] = {"/feeds/", ".ics"},
		[LINK_REPORT] = {"/report/", ""},
	};
	const struct link *link = &p->links->links.v[index];
	buf_addf(out, "%s%s%s%s", p->url, forms[link->kind].before, p->links->tokens[index].token,
		 forms[link->kind].behind);
}

static void line(const struct publication *p, size_t index, struct buf *out)
{
	const struct link *link = &p->links->links.v[index];
	buf_addf(out, "%lld\t%s\t%s\t%s\t", (long long)link->id, link_kind_word(link->kind),
		 link->owner, link->label ? link->label : "");
	link_url(p, index, out);
	buf_addc(out, '\n');
}

void links_print(const struct publication *p, struct buf *out)
{
	for (size_t i = 0; i < p->links->links.n; i++)
		if (p->links->links.v[i].revoked_at == 0)
			line(p, i, out);
}

/* @use: the same link as the store has it, for when it was used last and by what. */
static void keys(const struct publication *p, size_t index, const struct link *use,
		 struct json *json)
{
	const struct link *link = &p->links->links.v[index];
	struct buf url = {0};
	link_url(p, index, &url);
	json_int(json, "id", link->id);
	json_text(json, "kind", link_kind_word(link->kind));
	json_text(json, "owner", link->owner);
	json_text(json, "label", link->label);
	json_text(json, "url", buf_str(&url));
	json_utc(json, "used_at", use->used_at);
	json_text(json, "agent", use->agent);
	buf_fini(&url);
}

static void object(const struct publication *p, size_t index, const struct link *use,
		   struct json *json)
{
	json_object(json, NULL);
	keys(p, index, use, json);
	json_end(json, '}');
}

/* ---- list: a use is stored without a new publication, so the list asks the store ---- */

struct list_change {
	struct change change;
	struct call *call;
	struct link_list uses;
};

static bool list_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct list_change *c = (struct list_change *)change;
	return links_load(desk_db(desk), &c->uses, err);
}

/* Both lists are by id, and @at only grows. */
static const struct link *use_of(const struct link_list *uses, size_t *at, const struct link *link)
{
	while (*at < uses->n && uses->v[*at].id < link->id)
		(*at)++;
	return *at < uses->n && uses->v[*at].id == link->id ? &uses->v[*at] : link;
}

static void list_done(struct change *change, const struct err *err)
{
	struct list_change *c = (struct list_change *)change;
	struct call *call = c->call;
	const struct publication *now = call->server->world->now;
	if (!err && call->json) {
		struct json json = call_json(call);
		size_t at = 0;
		json_array(&json, "links");
		for (size_t i = 0; i < now->links->links.n; i++) {
			const struct link *link = &now->links->links.v[i];
			if (link->revoked_at == 0)
				object(now, i, use_of(&c->uses, &at, link), &json);
		}
		json_end(&json, ']');
		json_end(&json, '}');
	} else if (!err) {
		links_print(now, &call->out);
	}
	link_list_fini(&c->uses);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

void cmd_link_list(struct call *call)
{
	struct list_change *c = xcalloc(1, sizeof *c);
	c->change = (struct change){.apply = list_apply, .done = list_done};
	c->call = call;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

struct link_change {
	struct change change;
	struct call *call;
	struct link link;   /* new: label borrowed of the call */
	int64_t revoke;	    /* id, or 0 */
	const char *rotate; /* owner, or NULL; borrowed of the call */
	size_t n;
};

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct link_change *c = (struct link_change *)change;
	struct db *db = desk_db(desk);
	char what[64];
	bool ok;
	if (c->revoke) {
		ok = links_revoke(db, c->revoke, desk_now(desk), err);
		(void)snprintf(what, sizeof what, "link revoke %lld", (long long)c->revoke);
	} else if (c->rotate) {
		ok = links_rotate(db, c->rotate, &c->n, err) &&
		     (c->n > 0 || err_set(err, ERR_NOTFOUND, "%.40s has no open links", c->rotate));
		(void)snprintf(what, sizeof what, "link rotate %.40s", c->rotate);
	} else {
		c->link.created_at = desk_now(desk);
		ok = links_add(db, &c->link, err);
		(void)snprintf(what, sizeof what, "link new %lld", (long long)c->link.id);
	}
	desk_touch_links(desk);
	return ok && desk_audit(desk, c->call->who, "control", what, NULL, NULL, NULL, err);
}

/* What came of it, read from what is served now: the new link, or all that were rotated. */
static void print(struct link_change *c)
{
	struct call *call = c->call;
	const struct publication *now = call->server->world->now;
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		if (c->rotate)
			json_array(&json, "links");
		else if (c->revoke)
			json_int(&json, "id", c->revoke);
	}
	for (size_t i = 0; i < now->links->links.n; i++) {
		const struct link *link = &now->links->links.v[i];
		if (link->revoked_at || c->revoke ||
		    (c->rotate ? strcmp(link->owner, c->rotate) != 0 : link->id != c->link.id))
			continue;
		if (!call->json)
			line(now, i, &call->out);
		else if (c->rotate)
			object(now, i, link, &json);
		else
			keys(now, i, link, &json);
	}
	if (call->json) {
		if (c->rotate)
			json_end(&json, ']');
		json_end(&json, '}');
	}
}

static void done(struct change *change, const struct err *err)
{
	struct link_change *c = (struct link_change *)change;
	struct call *call = c->call;
	if (!err)
		print(c);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, struct link_change *c)
{
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->call = call;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

/* A report is the programme's; a page is a person's; a feed is anybody's. */
static bool may_own(struct call *call, enum link_kind kind, const char *owner)
{
	const struct roster *roster = &call->p->roster->roster;
	bool programme = strcmp(owner, "programme") == 0;
	bool person = roster_person(roster, owner) != NULL;
	bool ok = kind == LINK_REPORT ? programme
		  : kind == LINK_ME   ? person
				      : programme || person || roster_duo(roster, owner);
	return ok || err_set(&call->err, ERR_NOTFOUND, "%.40s can have no link of kind %s", owner,
			     link_kind_word(kind));
}

void cmd_link_new(struct call *call)
{
	enum link_kind kind;
	bool ok = link_kind_from_word(call->args[0], &kind) ||
		  err_set(&call->err, ERR_USAGE, "\"%.40s\" is none of me, feed, busy, report",
			  call->args[0]);
	ok = ok && may_own(call, kind, call->args[1]);
	if (ok && (!call->args[2][0] || strlen(call->args[2]) > 100))
		ok = err_set(&call->err, ERR_USAGE, "a label has 1 to 100 bytes");
	if (!ok) {
		call_finish(call, &call->err);
		return;
	}
	struct link_change *c = xcalloc(1, sizeof *c);
	c->link = (struct link){.kind = kind,
				.generation = 1,
				.label = call->args[2],
				.client = CLIENT_OTHER,
				.alarm_min = ALARM_NONE};
	memcpy(c->link.owner, call->args[1], strlen(call->args[1]) + 1);
	post(call, c);
}

void cmd_link_revoke(struct call *call)
{
	struct link_change *c = xcalloc(1, sizeof *c);
	if (!parse_int(call->args[0], 1, INT64_MAX / 2, &c->revoke, &call->err)) {
		call->err.code = ERR_USAGE;
		xfree(c);
		call_finish(call, &call->err);
		return;
	}
	post(call, c);
}

void cmd_link_rotate(struct call *call)
{
	struct link_change *c = xcalloc(1, sizeof *c);
	c->rotate = call->args[0];
	post(call, c);
}
