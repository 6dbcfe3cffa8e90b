/* cmd_admin.c -- the daemon itself: status, reload, settings, clock, audit, help. */
#include "base/clock.h"
#include "serve/command.h"
#include "serve/health_view.h"
#include "serve/source_view.h"
#include "serve/uses.h"
#include "work/change.h"
#include "work/clash.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/reload.h"
#include "work/replan.h"
#include "work/tick.h"

#include <stdio.h>
#include <string.h>

/* ---- status ---- */

enum { SOURCE_STATES = SOURCE_QUARANTINED + 1 };

/* Counted on a solver thread, since a large programme has many sessions; told on the loop, which
 * knows the rest. */
struct status_count {
	struct job job;
	struct call *call;
	size_t sources[SOURCE_STATES];
	size_t sessions[STATE_COUNT];
	size_t clashes;
	struct health_limits limits;
	struct health_use *uses;
	size_t n_uses;
	struct health_count feeds;
};

static void count_run(struct job *job)
{
	struct status_count *c = (struct status_count *)job;
	const struct publication *p = c->call->p;
	c->clashes = clash_count(p, c->call->now);
	health_count(p, c->uses, c->n_uses, &c->limits, c->call->now, &c->feeds);
	for (size_t i = 0; i < p->roster->roster.n_sources; i++)
		c->sources[source_shown_state(p, i, c->call->now)]++;
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++)
			c->sessions[p->duos[i]->sessions.v[k].state]++;
}

static void mail_json(struct json *json, const struct world *world)
{
	struct mailer_status s;
	mailer_status(world, &s);
	json_object(json, "mail");
	json_text(json, "mode", s.mode);
	for (int i = 0; i < OUTBOX_STATES; i++)
		if (i != OUTBOX_SENDING)
			json_int(json, outbox_state_word((enum outbox_state)i),
				 (int64_t)s.counts[i]);
	json_utc(json, "next_at", s.next);
	json_text(json, "error", s.error);
	json_end(json, '}');
}

static void mail_text(struct buf *out, const struct world *world)
{
	struct mailer_status s;
	mailer_status(world, &s);
	buf_addf(out, "mail %s", s.mode);
	for (int i = 0; i < OUTBOX_STATES; i++)
		if (i != OUTBOX_SENDING)
			buf_addf(out, " %s %zu", outbox_state_word((enum outbox_state)i),
				 s.counts[i]);
	buf_addf(out, "%s%s\n", s.error ? ": " : "", s.error ? s.error : "");
}

static void status_json(struct call *call, const struct status_count *c)
{
	const struct publication *p = call->p;
	const struct world *w = call->server->world;
	struct json json = call_json(call);
	json_text(&json, "version", TANDEM_VERSION);
	json_object(&json, "clock");
	json_utc(&json, "now", call->now);
	json_bool(&json, "frozen", clock_state().frozen);
	json_end(&json, '}');
	json_object(&json, "roster");
	json_text(&json, "hash", p->roster->roster.hash);
	json_utc(&json, "loaded_at", p->roster->loaded_at);
	json_bool(&json, "stale", w->roster.stale);
	json_text(&json, "why", w->roster.why);
	json_int(&json, "persons", (int64_t)p->roster->roster.n_persons);
	json_int(&json, "duos", (int64_t)p->roster->roster.n_duos);
	json_end(&json, '}');
	json_int(&json, "publication", (int64_t)p->version);
	json_object(&json, "sources");
	for (int i = 0; i < SOURCE_STATES; i++)
		json_int(&json, source_state_word((enum source_state)i), (int64_t)c->sources[i]);
	json_end(&json, '}');
	json_object(&json, "duos");
	json_int(&json, "planned",
		 (int64_t)(p->roster->roster.n_duos - replanner_dirty(w->replanner)));
	json_int(&json, "to_plan", (int64_t)replanner_dirty(w->replanner));
	json_int(&json, "solved", (int64_t)replanner_solved(w->replanner));
	json_end(&json, '}');
	json_object(&json, "sessions");
	for (int i = 0; i < STATE_COUNT; i++)
		json_int(&json, state_word((enum state)i), (int64_t)c->sessions[i]);
	json_end(&json, '}');
	json_int(&json, "clashes", (int64_t)c->clashes);
	json_object(&json, "feeds");
	health_count_keys(&json, &c->feeds);
	json_end(&json, '}');
	mail_json(&json, w);
	json_object(&json, "queue");
	json_int(&json, "imports", (int64_t)importer_running(w->importer));
	json_int(&json, "changes", (int64_t)w->changes);
	json_end(&json, '}');
	json_end(&json, '}');
}

static void status_text(struct call *call, const struct status_count *c)
{
	const struct publication *p = call->p;
	const struct world *w = call->server->world;
	struct buf *out = &call->out;
	char at[CIVIL_TEXT];
	buf_addf(out, "version %s\n", TANDEM_VERSION);
	buf_addf(out, "clock %s%s\n", call_local(call, call->now, at),
		 clock_state().frozen ? " frozen" : "");
	buf_addf(out, "roster %s loaded %s, %zu persons, %zu duos\n", p->roster->roster.hash,
		 call_local(call, p->roster->loaded_at, at), p->roster->roster.n_persons,
		 p->roster->roster.n_duos);
	if (w->roster.stale)
		buf_addf(out, "roster stale: %s\n", w->roster.why ? w->roster.why : "");
	buf_addf(out, "publication %llu\n", (unsigned long long)p->version);
	buf_adds(out, "sources");
	for (int i = 0; i < SOURCE_STATES; i++)
		buf_addf(out, " %s %zu", source_state_word((enum source_state)i), c->sources[i]);
	buf_adds(out, "\nsessions");
	for (int i = 0; i < STATE_COUNT; i++)
		buf_addf(out, " %s %zu", state_word((enum state)i), c->sessions[i]);
	buf_addf(out, "\nclashes %zu\nfeeds", c->clashes);
	health_count_text(&c->feeds, out);
	buf_addf(out, "\nqueue imports %zu duos %zu changes %zu\n", importer_running(w->importer),
		 replanner_dirty(w->replanner), w->changes);
	mail_text(out, w);
}

static void count_done(struct job *job, bool cancelled)
{
	struct status_count *c = (struct status_count *)job;
	struct call *call = c->call;
	if (cancelled)
		(void)err_set(&call->err, ERR_UNAVAILABLE, "tandemd is stopping");
	else if (call->json)
		status_json(call, c);
	else
		status_text(call, c);
	health_uses_free(c->uses, c->n_uses);
	xfree(c);
	call_finish(call, &call->err);
}

void cmd_status(struct call *call)
{
	struct status_count *c = xcalloc(1, sizeof *c);
	*c = (struct status_count){.job = {.run = count_run, .done = count_done}, .call = call};
	c->limits = health_limits_of(&call->server->world->settings);
	c->uses = uses_copy(call->server->uses, NULL, false, &c->n_uses);
	if (worker_post_first(call->server->world->worker, LANE_SOLVER, &c->job))
		return;
	health_uses_free(c->uses, c->n_uses);
	xfree(c);
	(void)err_set(&call->err, ERR_CONFLICT, "too much to do at once; try again");
	call_finish(call, &call->err);
}

/* ---- reload ---- */

struct reload_call {
	struct reload reload;
	struct call *call;
};

static void rows_json(struct json *json, const struct diff *diff, const char *kind,
		      const char *plural)
{
	static const struct {
		char sign;
		const char *key;
	} parts[] = {{'+', "added"}, {'~', "changed"}, {'-', "gone"}};
	json_object(json, plural);
	for (size_t s = 0; s < 3; s++) {
		json_array(json, parts[s].key);
		for (size_t i = 0; i < diff->n; i++)
			if (diff->v[i].sign == parts[s].sign && strcmp(diff->v[i].kind, kind) == 0)
				json_text(json, NULL, diff->v[i].id);
		json_end(json, ']');
	}
	json_end(json, '}');
}

static void reload_json(struct call *call, const struct reload *r)
{
	struct json json = call_json(call);
	json_text(&json, "hash", r->hash[0] ? r->hash : NULL);
	rows_json(&json, &r->diff, "person", "persons");
	rows_json(&json, &r->diff, "duo", "duos");
	rows_json(&json, &r->diff, "source", "sources");
	rows_json(&json, &r->diff, "setting", "settings");
	rows_json(&json, &r->diff, "programme", "programme");
	json_object(&json, "sessions");
	json_int(&json, "moved", (int64_t)r->moved);
	json_int(&json, "cancelled", (int64_t)r->cancelled);
	json_int(&json, "booked", (int64_t)r->booked);
	json_int(&json, "provisional", (int64_t)r->provisional);
	json_int(&json, "cancelled_min", r->cancelled_min);
	json_int(&json, "booked_min", r->booked_min);
	json_end(&json, '}');
	json_object(&json, "obligations");
	json_int(&json, "moved", (int64_t)r->obligations.moved);
	json_int(&json, "added", (int64_t)r->obligations.added);
	json_int(&json, "cancelled", (int64_t)r->obligations.cancelled);
	json_int(&json, "reopened", (int64_t)r->obligations.reopened);
	json_end(&json, '}');
	json_bool(&json, "held_back", r->held_back);
	json_array(&json, "faults");
	for (size_t i = 0; i < r->faults.n; i++)
		json_text(&json, NULL, r->faults.v[i]);
	json_end(&json, ']');
	json_end(&json, '}');
}

static void reload_text(struct buf *out, const struct reload *r)
{
	char a[DURATION_TEXT], b[DURATION_TEXT];
	for (size_t i = 0; i < r->faults.n; i++)
		buf_addf(out, "%s\n", r->faults.v[i]);
	if (r->faults.n)
		return;
	for (size_t i = 0; i < r->diff.n; i++) {
		const struct diff_row *row = &r->diff.v[i];
		buf_addf(out, "%c %s %s%s%s%s\n", row->sign, row->kind, row->id,
			 row->detail ? " (" : "", row->detail ? row->detail : "",
			 row->detail ? ")" : "");
	}
	buf_addf(out, "sessions: %zu to move, %zu to cancel (%s), %zu to book (%s)\n", r->moved,
		 r->cancelled, minutes_text(r->cancelled_min, a), r->booked,
		 minutes_text(r->booked_min, b));
	buf_addf(out, "obligations: %zu to move, %zu new, %zu to cancel, %zu to open again\n",
		 r->obligations.moved, r->obligations.added, r->obligations.cancelled,
		 r->obligations.reopened);
	buf_addf(out, "hash %s\n", r->hash);
}

static void reloaded(void *ctx, struct reload *reload, const struct err *err)
{
	struct reload_call *rc = ctx;
	struct call *call = rc->call;
	if (call->json)
		reload_json(call, reload);
	else
		reload_text(&call->out, reload);
	reload_fini(reload);
	xfree(rc);
	call_finish(call, err);
}

void cmd_reload(struct call *call)
{
	const char *accept = call->options[OPT_ACCEPT];
	if (accept && strlen(accept) != 32) {
		(void)err_set(&call->err, ERR_USAGE,
			      "--accept takes the hash that the held-back reload showed");
		call_finish(call, &call->err);
		return;
	}
	struct reload_call *rc = xcalloc(1, sizeof *rc);
	rc->call = call;
	rc->reload.dry_run = call->dry_run;
	rc->reload.who = xstrdup(call->who);
	if (accept)
		memcpy(rc->reload.accept, accept, 33);
	if (!reload_start(call->server->world, &rc->reload, reloaded, rc, &call->err)) {
		reload_fini(&rc->reload);
		xfree(rc);
		call_finish(call, &call->err);
	}
}

/* ---- config ---- */

struct config_ctx {
	struct call *call;
	struct json json;
};

static void config_row(void *ctx, const char *section, const char *key, const char *value,
		       const char *fallback, bool reloadable, const char *help)
{
	struct config_ctx *c = ctx;
	(void)help;
	if (c->call->json) {
		json_object(&c->json, NULL);
		json_text(&c->json, "section", section);
		json_text(&c->json, "key", key);
		json_text(&c->json, "value", value);
		json_text(&c->json, "default", fallback);
		json_bool(&c->json, "reloadable", reloadable);
		json_end(&c->json, '}');
		return;
	}
	buf_addf(&c->call->out, "%s.%s = %s\n", section, key, value);
}

void cmd_config(struct call *call)
{
	struct config_ctx c = {.call = call};
	if (call->json) {
		c.json = call_json(call);
		json_array(&c.json, "settings");
	}
	settings_each(&call->server->world->settings, config_row, &c);
	if (call->json) {
		json_end(&c.json, ']');
		json_end(&c.json, '}');
	}
	call_finish(call, NULL);
}

/* ---- clock, wait ---- */

static void clock_print(struct call *call)
{
	struct clock_state state = clock_state();
	char at[CIVIL_TEXT];
	if (call->json) {
		struct json json = call_json(call);
		json_utc(&json, "now", clock_now());
		json_bool(&json, "frozen", state.frozen);
		json_end(&json, '}');
		return;
	}
	buf_addf(&call->out, "%s%s\n", call_local(call, clock_now(), at),
		 state.frozen ? " frozen" : "");
}

bool cmd_clock(struct call *call)
{
	clock_print(call);
	return true;
}

static void advanced(void *ctx, const struct err *err)
{
	struct call *call = ctx;
	if (!err)
		clock_print(call);
	call_finish(call, err);
}

void cmd_clock_advance(struct call *call)
{
	int64_t seconds;
	if (!parse_duration(call->args[0], &seconds, &call->err) || seconds <= 0 ||
	    seconds > 3700LL * DAY_S) {
		(void)err_set(&call->err, ERR_USAGE,
			      "\"%.40s\" is not a duration such as 3d (at most 3700d)",
			      call->args[0]);
		call_finish(call, &call->err);
		return;
	}
	if (!ticker_advance(call->server->world, seconds, advanced, call, &call->err))
		call_finish(call, &call->err);
}

static void waited(void *ctx, const struct err *err)
{
	struct call *call = ctx;
	if (!err && call->json) {
		struct json json = call_json(call);
		json_end(&json, '}');
	}
	call_finish(call, err);
}

void cmd_wait(struct call *call)
{
	(void)ticker_when_idle(call->server->world, waited, call);
}

/* ---- check, audit: they read the store ---- */

bool cmd_check(struct call *call)
{
	if (!db_quick_check(call->server->world->settings.store_path, &call->err))
		return false;
	if (call->json) {
		struct json json = call_json(call);
		json_bool(&json, "whole", true);
		json_end(&json, '}');
	} else {
		buf_adds(&call->out, "the store is whole\n");
	}
	return true;
}

struct audit_change {
	struct change change;
	struct call *call;
	utc_t since;
	struct audit_list list;
};

static bool audit_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct audit_change *c = (struct audit_change *)change;
	return audit_load(desk_db(desk), c->since, &c->list, err);
}

static void audit_done(struct change *change, const struct err *err)
{
	struct audit_change *c = (struct audit_change *)change;
	struct call *call = c->call;
	struct json json = {.out = &call->out};
	if (call->json && !err) {
		json = call_json(call);
		json_array(&json, "audits");
	}
	for (size_t i = 0; !err && i < c->list.n; i++) {
		const struct audit *a = &c->list.v[i];
		char at[CIVIL_TEXT];
		if (!call->json) {
			buf_addf(&call->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", utc_text(a->at, at),
				 a->who, a->way, a->what, a->was ? a->was : "", a->is ? a->is : "",
				 a->why ? a->why : "");
			continue;
		}
		json_object(&json, NULL);
		json_utc(&json, "at", a->at);
		json_text(&json, "who", a->who);
		json_text(&json, "way", a->way);
		json_text(&json, "what", a->what);
		json_text(&json, "was", a->was);
		json_text(&json, "is", a->is);
		json_text(&json, "why", a->why);
		json_end(&json, '}');
	}
	if (call->json && !err) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	audit_list_fini(&c->list);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

void cmd_audit(struct call *call)
{
	struct audit_change *c = xcalloc(1, sizeof *c);
	day_t day;
	c->change = (struct change){.apply = audit_apply, .done = audit_done};
	c->call = call;
	c->since = UTC_MIN;
	bool ok = true;
	if (call->options[OPT_SINCE]) {
		ok = parse_date(call->options[OPT_SINCE], &day, &call->err);
		call->err.code = ok ? ERR_NONE : ERR_USAGE;
		if (ok)
			c->since = zone_day_start(call->p->roster->roster.programme.zone, day);
	}
	if (ok && change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

/* ---- help ---- */

bool cmd_help(struct call *call)
{
	size_t n;
	const struct command *all = commands_table(&n);
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "commands");
	}
	for (size_t i = 0; i < n; i++) {
		if (!call->json) {
			buf_addf(&call->out, "%-16s %-26s %s\n", all[i].name, all[i].args,
				 all[i].help);
			continue;
		}
		json_object(&json, NULL);
		json_text(&json, "name", all[i].name);
		json_text(&json, "args", all[i].args);
		json_text(&json, "right", all[i].right == MAY_READ ? "read" : "admin");
		json_text(&json, "help", all[i].help);
		json_end(&json, '}');
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	return true;
}
