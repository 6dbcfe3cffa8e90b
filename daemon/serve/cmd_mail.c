/* cmd_mail.c -- the outbox: listed, tried again, dropped. */
#include "serve/command.h"
#include "work/change.h"
#include "work/mailer.h"
#include "work/mailing.h"

#include <stdio.h>
#include <string.h>

struct mail_change {
	struct change change;
	struct call *call;
	bool drop;
	int64_t id; /* 0: all of them */
	struct outbox_list rows;
	size_t n; /* that were changed */
};

/* ---- shown ---- */

static void row_json(struct json *json, const struct outbox_row *row)
{
	char session[24];
	bool waits = row->state == OUTBOX_QUEUED;
	(void)snprintf(session, sizeof session, "s%lld", (long long)row->session);
	json_object(json, NULL);
	json_int(json, "id", row->id);
	json_text(json, "person", row->person);
	json_text(json, "session", session);
	json_text(json, "kind", row->kind == OUTBOX_NONE ? NULL : outbox_kind_word(row->kind));
	json_text(json, "state", outbox_state_word(row->state));
	json_int(json, "attempts", row->attempts);
	json_utc(json, "queued_at", row->queued_at);
	json_utc(json, "next_at", waits ? row->not_before : 0);
	json_utc(json, "tried_at", row->tried_at);
	json_text(json, "answer", row->answer);
	json_end(json, '}');
}

/* ID TAB PERSON TAB SESSION TAB KIND TAB STATE TAB ATTEMPTS TAB NEXT TAB ANSWER */
static void row_line(const struct call *call, struct buf *out, const struct outbox_row *row)
{
	char at[CIVIL_TEXT] = "";
	if (row->state == OUTBOX_QUEUED)
		(void)call_local(call, row->not_before, at);
	buf_addf(out, "%lld\t%s\ts%lld\t%s\t%s\t%lld\t%s\t%s\n", (long long)row->id, row->person,
		 (long long)row->session,
		 row->kind == OUTBOX_NONE ? "-" : outbox_kind_word(row->kind),
		 outbox_state_word(row->state), (long long)row->attempts, at,
		 row->answer ? row->answer : "");
}

/* Without a word: all that is not done with. */
static bool is_asked_for(const struct call *call, const struct outbox_row *row)
{
	enum outbox_state state;
	if (!call->n_args)
		return row->state != OUTBOX_SENT;
	if (outbox_state_from_word(call->args[0], &state))
		return row->state == state;
	return strcmp(row->person, call->args[0]) == 0;
}

static void list(struct call *call, const struct outbox_list *rows)
{
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "mail");
	}
	for (size_t i = 0; i < rows->n; i++) {
		if (!is_asked_for(call, &rows->v[i]))
			continue;
		if (call->json)
			row_json(&json, &rows->v[i]);
		else
			row_line(call, &call->out, &rows->v[i]);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
}

static bool list_apply(struct change *change, struct desk *desk, struct err *err)
{
	return outbox_all(desk_db(desk), &((struct mail_change *)change)->rows, err);
}

static void list_done(struct change *change, const struct err *err)
{
	struct mail_change *c = (struct mail_change *)change;
	if (!err)
		list(c->call, &c->rows);
	outbox_list_fini(&c->rows);
	call_finish(c->call, err); /* err lies in c */
	xfree(c);
}

/* ---- changed ---- */

static bool is_stuck(const struct outbox_row *row)
{
	return row->state == OUTBOX_FAILED || row->state == OUTBOX_DROPPED ||
	       (row->state == OUTBOX_QUEUED && row->attempts > 0);
}

static bool change_row(struct mail_change *c, struct desk *desk, struct outbox_row *row,
		       struct err *err)
{
	struct mailing *mailing = &c->change.world->mailing;
	char what[64];
	(void)snprintf(what, sizeof what, "mail %s %lld", c->drop ? "drop" : "retry",
		       (long long)row->id);
	c->n++;
	return (c->drop ? mailing_drop(desk_db(desk), desk_publication(desk), row, desk_now(desk),
				       err)
			: mailing_retry(mailing, desk_db(desk), row, desk_now(desk), err)) &&
	       desk_audit(desk, c->call->who, "control", what, NULL, NULL, NULL, err);
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct mail_change *c = (struct mail_change *)change;
	struct outbox_row row;
	bool ok;
	if (c->id) {
		ok = outbox_by_id(desk_db(desk), c->id, &row, err);
		if (!ok)
			return false;
		ok = change_row(c, desk, &row, err);
		outbox_row_fini(&row);
		return ok;
	}
	ok = outbox_all(desk_db(desk), &c->rows, err);
	for (size_t i = 0; ok && i < c->rows.n; i++)
		if (is_stuck(&c->rows.v[i]))
			ok = change_row(c, desk, &c->rows.v[i], err);
	outbox_list_fini(&c->rows);
	return ok;
}

static void done(struct change *change, const struct err *err)
{
	struct mail_change *c = (struct mail_change *)change;
	struct call *call = c->call;
	if (!err) {
		if (!c->drop && !call->dry_run)
			mailer_again(c->change.world);
		if (call->json) {
			struct json json = call_json(call);
			json_int(&json, "messages", (int64_t)c->n);
			json_end(&json, '}');
		} else {
			buf_addf(&call->out, "%zu\n", c->n);
		}
	}
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, struct mail_change *c)
{
	c->call = call;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

void cmd_mail_list(struct call *call)
{
	struct mail_change *c = xcalloc(1, sizeof *c);
	c->change = (struct change){.apply = list_apply, .done = list_done};
	post(call, c);
}

static void change_mail(struct call *call, bool drop)
{
	struct mail_change *c = xcalloc(1, sizeof *c);
	bool all = !drop && strcmp(call->args[0], "all") == 0;
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->drop = drop;
	if (!all && !parse_int(call->args[0], 1, INT64_MAX / 2, &c->id, &call->err)) {
		(void)err_set(&call->err, ERR_USAGE,
			      "\"%.40s\" is not a message; `mail list` has their numbers",
			      call->args[0]);
		xfree(c);
		call_finish(call, &call->err);
		return;
	}
	post(call, c);
}

void cmd_mail_retry(struct call *call)
{
	change_mail(call, false);
}

void cmd_mail_drop(struct call *call)
{
	change_mail(call, true);
}
