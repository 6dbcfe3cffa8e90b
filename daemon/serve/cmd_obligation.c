/* cmd_obligation.c -- what is due: listed, said to be done, opened again. When it is due is the
 * roster's to say. */
#include "serve/command.h"
#include "work/obligations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shown ---- */

static day_t today_of(const struct call *call)
{
	return zone_day_of(call->p->roster->roster.programme.zone, call->now);
}

static bool is_late(const struct call *call, const struct obligation *o)
{
	return obligation_is_late(o, call->p->roster->roster.programme.zone, today_of(call));
}

static void obligation_keys(struct json *json, const struct call *call, const struct obligation *o)
{
	char id[24];
	(void)snprintf(id, sizeof id, "o%lld", (long long)o->id);
	json_text(json, "id", id);
	json_text(json, "duo", o->duo);
	json_text(json, "kind", obligation_kind_word(o->kind));
	json_int(json, "number", o->number);
	json_day(json, "due", o->due);
	json_text(json, "state", obligation_state_word(o->state));
	json_utc(json, "done_at", o->done_at);
	json_bool(json, "late", is_late(call, o));
	json_int(json, "sequence", o->sequence);
	json_text(json, "reason", o->reason);
}

/* ID TAB DUO TAB KIND TAB NUMBER TAB DUE TAB STATE TAB DONE, then "late" if it is, a TAB before */
static void obligation_line(struct call *call, const struct obligation *o)
{
	char due[CIVIL_TEXT], done[CIVIL_TEXT] = "";
	if (o->done_at)
		(void)day_text(zone_day_of(call->p->roster->roster.programme.zone, o->done_at),
			       done);
	buf_addf(&call->out, "o%lld\t%s\t%s\t%d\t%s\t%s\t%s%s\n", (long long)o->id, o->duo,
		 obligation_kind_word(o->kind), o->number, day_text(o->due, due),
		 obligation_state_word(o->state), done, is_late(call, o) ? "\tlate" : "");
}

static bool day_option(struct call *call, enum option option, day_t *day)
{
	if (!call->options[option] || parse_date(call->options[option], day, &call->err))
		return true;
	call->err.code = ERR_USAGE;
	return false;
}

static bool concerns(const struct owed *owed, const char *who)
{
	return !who || strcmp(who, "programme") == 0 || strcmp(who, owed->duo) == 0 ||
	       strcmp(who, owed->members[0]) == 0 || strcmp(who, owed->members[1]) == 0;
}

static int by_day(const void *a, const void *b)
{
	const struct obligation *x = *(const struct obligation *const *)a;
	const struct obligation *y = *(const struct obligation *const *)b;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

bool cmd_obligation_list(struct call *call)
{
	const char *who = call->n_args ? call->args[0] : NULL;
	day_t from = INT32_MIN, to = INT32_MAX;
	if ((who && !call_knows(call, who)) || !day_option(call, OPT_FROM, &from) ||
	    !day_option(call, OPT_TO, &to))
		return false;
	const struct obligation **v = NULL;
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < call->p->n_owed; i++) {
		const struct owed *owed = &call->p->owed[i]->owed;
		for (size_t k = 0; concerns(owed, who) && k < owed->obligations.n; k++) {
			const struct obligation *o = &owed->obligations.v[k];
			if (o->due < from || o->due > to)
				continue;
			v = xgrow(v, n, &cap, sizeof *v);
			v[n++] = o;
		}
	}
	if (n)
		qsort(v, n, sizeof *v, by_day);
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "obligations");
	}
	for (size_t i = 0; i < n; i++) {
		if (!call->json) {
			obligation_line(call, v[i]);
			continue;
		}
		json_object(&json, NULL);
		obligation_keys(&json, call, v[i]);
		json_end(&json, '}');
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	xfree(v);
	return true;
}

/* ---- changed ---- */

struct obligation_change {
	struct change change;
	struct call *call;
	int64_t id;
	utc_t done_at;	    /* 0: opened again */
	const char *reason; /* borrowed of the call */
	struct obligation result;
};

static bool may_change(const struct obligation_change *c, const struct obligation *was,
		       struct err *err)
{
	char day[CIVIL_TEXT];
	const struct zone *zone = c->call->p->roster->roster.programme.zone;
	if (was->state == OBLIGATION_CANCELLED)
		return err_set(err, ERR_CONFLICT,
			       "o%lld is cancelled: the roster does not ask for it any more",
			       (long long)c->id);
	if (c->done_at && was->state == OBLIGATION_DONE)
		return err_set(err, ERR_CONFLICT,
			       "o%lld is done since %s; `obligation reopen` opens it again",
			       (long long)c->id, day_text(zone_day_of(zone, was->done_at), day));
	if (!c->done_at && was->state == OBLIGATION_OPEN)
		return err_set(err, ERR_CONFLICT, "o%lld is open", (long long)c->id);
	return true;
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct obligation_change *c = (struct obligation_change *)change;
	const struct obligation *was = publication_obligation(desk_publication(desk), c->id);
	struct buf from = {0}, to = {0};
	char what[64];
	if (!was)
		return err_set(err, ERR_NOTFOUND, "no obligation o%lld", (long long)c->id);
	if (!may_change(c, was, err))
		return false;
	struct obligation is = *was; /* borrows */
	is.state = c->done_at ? OBLIGATION_DONE : OBLIGATION_OPEN;
	is.done_at = c->done_at;
	is.done_by = c->done_at ? c->call->who : NULL;
	is.reason = (char *)c->reason;
	if (!c->done_at && !obligation_is_asked_for(desk_publication(desk), &is, desk_now(desk)))
		return err_set(err, ERR_CONFLICT,
			       "o%lld stays done: the roster does not ask for it any more",
			       (long long)c->id);
	if (!desk_save_obligation(desk, &is, was, err))
		return false;
	(void)snprintf(what, sizeof what, "obligation %s o%lld", c->done_at ? "done" : "reopen",
		       (long long)c->id);
	obligation_words(was, &from);
	obligation_words(&is, &to);
	bool ok = desk_audit(desk, c->call->who, "control", what, buf_str(&from), buf_str(&to),
			     c->reason, err);
	if (ok)
		obligation_copy(&c->result, &is);
	buf_fini(&from);
	buf_fini(&to);
	return ok;
}

static void done(struct change *change, const struct err *err)
{
	struct obligation_change *c = (struct obligation_change *)change;
	struct call *call = c->call;
	if (!err && call->json) {
		struct json json = call_json(call);
		obligation_keys(&json, call, &c->result);
		json_end(&json, '}');
	} else if (!err) {
		obligation_line(call, &c->result);
	}
	obligation_fini(&c->result);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, int64_t id, utc_t done_at, const char *reason)
{
	struct obligation_change *c = xcalloc(1, sizeof *c);
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->call = call;
	c->id = id;
	c->done_at = done_at;
	c->reason = reason;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

static bool id_argument(struct call *call, int64_t *id)
{
	const char *text = call->args[0];
	if (text[0] == 'o' && parse_int(text + 1, 1, INT64_MAX / 2, id, &call->err))
		return true;
	return err_set(&call->err, ERR_USAGE, "\"%.40s\" is not an obligation such as o12", text);
}

/* Of a day that was said: its noon, so that it is that day wherever it is read. */
static bool done_argument(struct call *call, utc_t *at)
{
	const struct programme *programme = &call->p->roster->roster.programme;
	day_t day;
	*at = call->now;
	if (call->n_args < 2)
		return true;
	if (!parse_date(call->args[1], &day, &call->err)) {
		call->err.code = ERR_USAGE;
		return false;
	}
	if (day > today_of(call))
		return err_set(&call->err, ERR_USAGE, "%.40s has yet to come", call->args[1]);
	if (day < programme->start - 366)
		return err_set(&call->err, ERR_USAGE,
			       "%.40s is more than a year before the programme", call->args[1]);
	if (day != today_of(call))
		*at = zone_to_utc(programme->zone, local_at(day, DAY_S / 2));
	return true;
}

void cmd_obligation_done(struct call *call)
{
	int64_t id;
	utc_t at;
	if (id_argument(call, &id) && done_argument(call, &at))
		post(call, id, at, NULL);
	else
		call_finish(call, &call->err);
}

void cmd_obligation_reopen(struct call *call)
{
	int64_t id;
	if (id_argument(call, &id))
		post(call, id, 0, call->args[1]);
	else
		call_finish(call, &call->err);
}
