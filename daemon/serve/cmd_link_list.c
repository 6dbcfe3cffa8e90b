/* cmd_link_list.c -- links shown to who may see all of them: in a list, or one with its QR code. A
 * use is stored without a new publication, so the store is asked for it. */
#include "serve/command.h"
#include "serve/link_view.h"
#include "serve/qr.h"
#include "work/change.h"

#include <stdio.h>
#include <string.h>

struct list_change {
	struct change change;
	struct call *call;
	struct link_list uses;
	const char *owner; /* NULL: of all; borrowed of the call */
	int64_t id;	   /* 0: all */
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

static void show_list(struct list_change *c, const struct publication *p)
{
	struct call *call = c->call;
	struct json json = {.out = &call->out};
	size_t at = 0;
	if (call->json) {
		json = call_json(call);
		json_array(&json, "links");
	}
	for (size_t i = 0; i < p->links->links.n; i++) {
		const struct link *link = &p->links->links.v[i];
		if (link->revoked_at || (c->owner && strcmp(link->owner, c->owner) != 0))
			continue;
		if (call->json)
			link_object(&json, p, i, link, use_of(&c->uses, &at, link));
		else
			link_line(p, i, link, &call->out);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
}

/* The code of what a phone opens: the dialogue for subscribing, where there is one. */
static bool code_of(const struct publication *p, size_t index, struct qr *qr, struct err *err)
{
	const struct link *link = &p->links->links.v[index];
	struct buf url = {0};
	link_url(p, index, &url);
	bool feed = link->kind == LINK_FEED || link->kind == LINK_BUSY;
	char *text = feed ? link_touch(link->client, buf_str(&url)) : xstrdup(buf_str(&url));
	bool ok = qr_make(text, qr, err);
	xfree(text);
	buf_fini(&url);
	return ok;
}

static void show_one(struct list_change *c, const struct publication *p)
{
	struct call *call = c->call;
	const struct link_list *links = &p->links->links;
	struct qr qr = {0};
	size_t i = 0, at = 0;
	while (i < links->n && links->v[i].id != c->id)
		i++;
	if (i == links->n) {
		(void)err_set(&call->err, ERR_NOTFOUND, "there is no link %lld", (long long)c->id);
	} else if (links->v[i].revoked_at) {
		(void)err_set(&call->err, ERR_CONFLICT, "link %lld is no longer in use",
			      (long long)c->id);
	} else if (!code_of(p, i, &qr, &call->err)) {
		return;
	} else if (call->options[OPT_SVG]) {
		char title[160];
		(void)snprintf(title, sizeof title, "%s: %s", links->v[i].owner,
			       links->v[i].label ? links->v[i].label : "");
		buf_adds(&call->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
		qr_svg(&qr, "qr", title, "QR code", &call->out);
	} else if (call->json) {
		struct json json = call_json(call);
		link_keys(&json, p, i, &links->v[i], use_of(&c->uses, &at, &links->v[i]));
		json_end(&json, '}');
	} else {
		qr_blocks(&qr, &call->out);
		link_line(p, i, &links->v[i], &call->out);
	}
	qr_fini(&qr);
}

static void list_done(struct change *change, const struct err *err)
{
	struct list_change *c = (struct list_change *)change;
	struct call *call = c->call;
	if (err)
		call->err = *err;
	else if (c->id)
		show_one(c, call->server->world->now);
	else
		show_list(c, call->server->world->now);
	link_list_fini(&c->uses);
	xfree(c);
	call_finish(call, &call->err);
}

static void start(struct call *call, const char *owner, int64_t id)
{
	struct list_change *c = xcalloc(1, sizeof *c);
	c->change = (struct change){.apply = list_apply, .done = list_done};
	c->call = call;
	c->owner = owner;
	c->id = id;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

/* Somebody who has, or has had, or may have a link. */
static bool is_owner(const struct publication *p, const char *owner)
{
	return publication_body(p, owner) != NULL;
}

void cmd_link_list(struct call *call)
{
	const char *owner = call->n_args ? call->args[0] : NULL;
	if (!owner || is_owner(call->p, owner)) {
		start(call, owner, 0);
		return;
	}
	(void)err_set(&call->err, ERR_NOTFOUND, "nobody and nothing is called %.40s", owner);
	call_finish(call, &call->err);
}

void cmd_link_show(struct call *call)
{
	int64_t id;
	if (parse_int(call->args[0], 1, INT64_MAX / 2, &id, &call->err)) {
		start(call, NULL, id);
		return;
	}
	call->err.code = ERR_USAGE;
	call_finish(call, &call->err);
}
