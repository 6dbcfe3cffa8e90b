/* cmd_absent.c -- days that somebody calls off: said, listed, taken back. */
#include "serve/command.h"
#include "work/absence.h"
#include "work/replan.h"

#include <stdio.h>
#include <string.h>

struct absent_change {
	struct change change;
	struct call *call;
	struct absence absence; /* to add: its text is the call's; taken back: its own */
	int64_t remove;		/* entry; 0: add */
};

/* ---- shown ---- */

static void touched_json(struct json *json, const struct publication *p, const struct absence *a,
			 utc_t now)
{
	const struct person_part *part = publication_person(p, a->person);
	json_array(json, "sessions");
	for (size_t d = 0; part && d < part->n_duos; d++) {
		const struct duo_part *duo = publication_duo(p, part->duos[d]);
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			char id[24];
			(void)snprintf(id, sizeof id, "s%lld", (long long)duo->sessions.v[k].id);
			if (absence_touches(p, a, &duo->sessions.v[k], now))
				json_text(json, NULL, id);
		}
	}
	json_end(json, ']');
}

static void absence_keys(struct json *json, const struct absence *a)
{
	json_int(json, "id", a->id);
	json_text(json, "person", a->person);
	json_day(json, "from", a->days.first);
	json_day(json, "to", a->days.past - 1);
	json_text(json, "reason", a->days.text);
	json_utc(json, "at", a->at);
}

/* ID TAB PERSON TAB FIRST TAB LAST TAB REASON */
static void absence_line(struct buf *out, const struct absence *a)
{
	char first[CIVIL_TEXT], last[CIVIL_TEXT];
	buf_addf(out, "%lld\t%s\t%s\t%s\t%s\n", (long long)a->id, a->person,
		 day_text(a->days.first, first), day_text(a->days.past - 1, last),
		 a->days.text ? a->days.text : "");
}

bool cmd_absent_list(struct call *call)
{
	const char *who = call->n_args ? call->args[0] : NULL;
	struct json json = {.out = &call->out};
	if (who && !publication_person(call->p, who) && !call_person(call, who))
		return false;
	if (call->json) {
		json = call_json(call);
		json_array(&json, "absences");
	}
	for (size_t i = 0; i < call->p->n_persons; i++) {
		const struct person_part *part = call->p->persons[i];
		for (size_t k = 0; k < part->absences.n; k++) {
			if (who && strcmp(part->id, who) != 0)
				continue;
			if (!call->json) {
				absence_line(&call->out, &part->absences.v[k]);
				continue;
			}
			json_object(&json, NULL);
			absence_keys(&json, &part->absences.v[k]);
			json_end(&json, '}');
		}
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	return true;
}

/* ---- changed ---- */

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct absent_change *c = (struct absent_change *)change;
	if (c->remove)
		return desk_remove_absence(desk, c->remove, &c->absence, c->call->who, "control",
					   err);
	return desk_add_absence(desk, &c->absence, c->call->who, "control", err);
}

static void done(struct change *change, const struct err *err)
{
	struct absent_change *c = (struct absent_change *)change;
	struct call *call = c->call;
	if (!err && call->json) {
		struct json json = call_json(call);
		absence_keys(&json, &c->absence);
		if (!c->remove) /* they move, or are reported where they may not */
			touched_json(&json, call->p, &c->absence, call->now);
		json_end(&json, '}');
	} else if (!err) {
		absence_line(&call->out, &c->absence);
	}
	if (!err && !call->dry_run) {
		replan_person(call->server->world, c->absence.person);
		replan_go(call->server->world);
	}
	if (c->remove)
		absence_fini(&c->absence);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, const struct absence *absence, int64_t remove)
{
	struct absent_change *c = xcalloc(1, sizeof *c);
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->call = call;
	c->remove = remove;
	if (absence)
		c->absence = *absence;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

void cmd_absent(struct call *call)
{
	const struct person *person = call_person(call, call->args[0]);
	struct absence absence = {.days.text = call->n_args > 2 ? call->args[2] : NULL};
	bool ok = person != NULL;
	if (ok && !parse_days(call->args[1], &absence.days.first, &absence.days.past, &call->err)) {
		call->err.code = ERR_USAGE;
		ok = false;
	}
	if (ok && absence.days.past - absence.days.first > ABSENCE_DAYS_MAX)
		ok = err_set(&call->err, ERR_USAGE,
			     "an absence is at most %d days; one that is longer stands in the "
			     "roster as `absent`, or as a budget with a smaller factor",
			     ABSENCE_DAYS_MAX);
	if (!ok) {
		call_finish(call, &call->err);
		return;
	}
	memcpy(absence.person, person->id, sizeof absence.person);
	post(call, &absence, 0);
}

void cmd_absent_remove(struct call *call)
{
	int64_t id;
	if (!parse_int(call->args[0], 1, INT64_MAX / 2, &id, &call->err)) {
		(void)err_set(&call->err, ERR_USAGE,
			      "\"%.40s\" is not an absence; `absent list` has their numbers",
			      call->args[0]);
		call_finish(call, &call->err);
		return;
	}
	post(call, NULL, id);
}
