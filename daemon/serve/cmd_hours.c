/* cmd_hours.c -- solo hours and corrections: entries are added, never changed. */
#include "serve/command.h"
#include "work/change.h"
#include "work/replan.h"

#include <stdio.h>
#include <string.h>

struct hours_change {
	struct change change;
	struct call *call;
	struct entry entry; /* text borrowed of the call */
	int64_t corrects;   /* entry to bring to `minutes`; 0: solo hours */
};

static bool correct(struct hours_change *c, struct desk *desk, struct err *err)
{
	struct entry old = {0};
	struct entry_list all = {0};
	if (!ledger_get(desk_db(desk), c->corrects, &old, err))
		return false;
	bool ok = ledger_load(desk_db(desk), old.person, &all, err);
	int64_t root = old.corrects ? old.corrects : old.id;
	int32_t sum = 0;
	for (size_t i = 0; ok && i < all.n; i++)
		if (all.v[i].id == root || all.v[i].corrects == root)
			sum += all.v[i].minutes;
	struct entry *e = &c->entry;
	memcpy(e->person, old.person, sizeof e->person);
	memcpy(e->duo, old.duo, sizeof e->duo);
	e->session = old.session;
	e->kind = old.kind;
	e->day = old.day;
	e->corrects = root;
	e->minutes -= sum;
	entry_list_fini(&all);
	entry_fini(&old);
	if (ok && e->minutes == 0)
		return err_set(err, ERR_CONFLICT, "entry %lld says that already",
			       (long long)c->corrects);
	return ok;
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct hours_change *c = (struct hours_change *)change;
	char what[80];
	c->entry.at = desk_now(desk);
	if (c->corrects && !correct(c, desk, err))
		return false;
	if (!ledger_add(desk_db(desk), &c->entry, err))
		return false;
	(void)snprintf(what, sizeof what, "hours entry %lld %d min", (long long)c->entry.id,
		       c->entry.minutes);
	desk_touch_person(desk, c->entry.person);
	return desk_audit(desk, c->call->who, "control", what, NULL, c->entry.person, c->entry.text,
			  err);
}

static void print(struct call *call, const struct entry *e)
{
	char day[CIVIL_TEXT];
	if (call->json) {
		struct json json = call_json(call);
		json_int(&json, "id", e->id);
		json_text(&json, "person", e->person);
		json_text(&json, "duo", e->duo[0] ? e->duo : NULL);
		json_text(&json, "kind", kind_word(e->kind));
		json_int(&json, "minutes", e->minutes);
		json_day(&json, "date", e->day);
		json_text(&json, "text", e->text);
		json_end(&json, '}');
		return;
	}
	buf_addf(&call->out, "%lld\t%s\t%s\t%d\t%s\t%s\n", (long long)e->id, e->person,
		 kind_word(e->kind), e->minutes, day_text(e->day, day), e->text ? e->text : "");
}

static void done(struct change *change, const struct err *err)
{
	struct hours_change *c = (struct hours_change *)change;
	struct call *call = c->call;
	if (!err)
		print(call, &c->entry);
	if (!err && !call->dry_run) { /* hours spent are hours that cannot be planned any more */
		replan_person(call->server->world, c->entry.person);
		replan_go(call->server->world);
	}
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, struct hours_change *c)
{
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->call = call;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

void cmd_hours_add(struct call *call)
{
	const struct person *person = call_person(call, call->args[0]);
	struct entry entry = {.kind = KIND_SOLO, .text = call->args[3]};
	bool ok = person != NULL;
	if (ok && (!parse_minutes(call->args[1], &entry.minutes, &call->err) ||
		   !parse_date(call->args[2], &entry.day, &call->err))) {
		call->err.code = ERR_USAGE;
		ok = false;
	}
	if (ok && (entry.minutes < 1 || entry.minutes > 24 * 60))
		ok = err_set(&call->err, ERR_USAGE, "solo hours are 1m to 24h an entry");
	day_t today = zone_day_of(call->p->roster->roster.programme.zone, call->now);
	if (ok && entry.day > today)
		ok = err_set(&call->err, ERR_CONFLICT, "%s has not come yet", call->args[2]);
	if (!ok) {
		call_finish(call, &call->err);
		return;
	}
	struct hours_change *c = xcalloc(1, sizeof *c);
	c->entry = entry;
	memcpy(c->entry.person, person->id, sizeof c->entry.person);
	post(call, c);
}

void cmd_hours_correct(struct call *call)
{
	struct entry entry = {.text = call->args[2]};
	int64_t id;
	if (!parse_int(call->args[0], 1, INT64_MAX / 2, &id, &call->err) ||
	    !parse_minutes(call->args[1], &entry.minutes, &call->err)) {
		call->err.code = ERR_USAGE;
		call_finish(call, &call->err);
		return;
	}
	if (entry.minutes > 24 * 60) {
		(void)err_set(&call->err, ERR_USAGE, "an entry is at most 24h");
		call_finish(call, &call->err);
		return;
	}
	struct hours_change *c = xcalloc(1, sizeof *c);
	c->entry = entry;
	c->corrects = id;
	post(call, c);
}
