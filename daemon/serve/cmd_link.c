/* cmd_link.c -- secret links: made, changed, revoked, rotated. */
#include "serve/command.h"
#include "serve/link_view.h"
#include "work/linking.h"

#include <stdio.h>
#include <string.h>

struct link_change {
	struct linking linking;
	struct call *call;
};

/* What came of it, read from what is served now; of a dry run as much as was there before. */
static void print(struct link_change *c)
{
	const struct linking *l = &c->linking;
	struct call *call = c->call;
	const struct publication *now = call->server->world->now;
	struct json json = {.out = &call->out};
	bool all = l->what == LINKING_ROTATE;
	if (call->json) {
		json = call_json(call);
		if (all)
			json_array(&json, "links");
		else if (l->what == LINKING_REVOKE)
			json_int(&json, "id", l->link.id);
	}
	for (size_t i = 0; i < now->links->links.n; i++) {
		const struct link *link = &now->links->links.v[i];
		if (link->revoked_at || l->what == LINKING_REVOKE ||
		    (all ? strcmp(link->owner, l->link.owner) != 0 : link->id != l->link.id))
			continue;
		const struct link *is = l->what == LINKING_SET ? &l->link : link;
		if (!call->json)
			link_line(now, i, is, &call->out);
		else if (all)
			link_object(&json, now, i, is, link);
		else
			link_keys(&json, now, i, is, link);
	}
	if (call->json) {
		if (all)
			json_end(&json, ']');
		json_end(&json, '}');
	}
}

static void done(struct change *change, const struct err *err)
{
	struct link_change *c = (struct link_change *)change;
	struct call *call = c->call;
	if (err)
		call->err = *err;
	else
		print(c);
	linking_fini(&c->linking);
	xfree(c);
	call_finish(call, &call->err);
}

static struct link_change *begin(struct call *call, enum linking_what what)
{
	struct link_change *c = xcalloc(1, sizeof *c);
	c->call = call;
	linking_init(&c->linking, what);
	c->linking.change.done = done;
	c->linking.change.dry_run = call->dry_run;
	(void)snprintf(c->linking.who, sizeof c->linking.who, "%s", call->who);
	c->linking.limit = call->server->world->settings.links_per_owner;
	return c;
}

/* @ok: so far; call->err says why not. */
static void end(struct link_change *c, bool ok)
{
	struct call *call = c->call;
	if (ok && change_post(call->server->world, &c->linking.change, &call->err))
		return;
	linking_fini(&c->linking);
	xfree(c);
	call_finish(call, &call->err);
}

/* What people typed is at fault: that is a matter of usage. */
static bool usage(struct call *call, bool ok)
{
	if (!ok)
		call->err.code = ERR_USAGE;
	return ok;
}

static bool take_client(struct linking *l, const char *word, struct err *err)
{
	return link_client_from_word(word, &l->link.client) ||
	       err_set(err, ERR_USAGE,
		       "\"%.40s\" is none of apple, android, google, outlook, thunderbird, gnome, "
		       "nextcloud, other",
		       word);
}

static bool take_obligations(struct linking *l, const char *word, struct err *err)
{
	return obligations_from_word(word, &l->link.obligations) ||
	       err_set(err, ERR_USAGE, "\"%.40s\" is none of events, todos, none", word);
}

static bool take_options(struct call *call, struct linking *l)
{
	const char *client = call->options[OPT_CLIENT], *alarm = call->options[OPT_ALARM];
	const char *obligations = call->options[OPT_OBLIGATIONS];
	l->set |= (client ? LINKING_CLIENT : 0U) | (alarm ? LINKING_ALARM : 0U) |
		  (obligations ? LINKING_OBLIGATIONS : 0U);
	return (!client || take_client(l, client, &call->err)) &&
	       (!alarm || linking_alarm(alarm, &l->link.alarm_min, &call->err)) &&
	       (!obligations || take_obligations(l, obligations, &call->err));
}

static bool take_label(struct call *call, struct linking *l, const char *label)
{
	l->set |= LINKING_LABEL;
	l->link.label = xstrdup(label);
	return linking_label_ok(label, &call->err);
}

static bool take_id(struct call *call, struct linking *l)
{
	return usage(call, parse_int(call->args[0], 1, INT64_MAX / 2, &l->link.id, &call->err));
}

static bool take_owner(struct call *call, struct linking *l, const char *owner)
{
	if (strlen(owner) > ID_MAX)
		return err_set(&call->err, ERR_NOTFOUND, "nobody and nothing is called %.40s",
			       owner);
	memcpy(l->link.owner, owner, strlen(owner) + 1);
	return true;
}

void cmd_link_new(struct call *call)
{
	struct link_change *c = begin(call, LINKING_NEW);
	struct linking *l = &c->linking;
	bool ok = link_kind_from_word(call->args[0], &l->link.kind) ||
		  err_set(&call->err, ERR_USAGE, "\"%.40s\" is none of me, feed, busy, report",
			  call->args[0]);
	end(c, ok && take_owner(call, l, call->args[1]) && take_label(call, l, call->args[2]) &&
		       take_options(call, l));
}

void cmd_link_set(struct call *call)
{
	struct link_change *c = begin(call, LINKING_SET);
	struct linking *l = &c->linking;
	const char *label = call->options[OPT_LABEL];
	bool ok =
		take_id(call, l) && (!label || take_label(call, l, label)) && take_options(call, l);
	if (ok && !l->set)
		ok = err_set(&call->err, ERR_USAGE,
			     "say what: --label, --client, --alarm or --obligations");
	end(c, ok);
}

void cmd_link_revoke(struct call *call)
{
	struct link_change *c = begin(call, LINKING_REVOKE);
	end(c, take_id(call, &c->linking));
}

void cmd_link_rotate(struct call *call)
{
	struct link_change *c = begin(call, LINKING_ROTATE);
	c->linking.pages = true;
	end(c, take_owner(call, &c->linking, call->args[0]));
}
