/* cmd_source.c -- what is known of every source, what its last version changed, and reading one
 * now. */
#include "serve/command.h"
#include "serve/source_view.h"
#include "work/echo.h"
#include "work/importer.h"

#include <stdio.h>
#include <string.h>

/* ---- list ---- */

static void warnings_json(struct json *json, const struct source_record *r)
{
	json_array(json, "warnings");
	for (size_t w = 0; w < r->warnings.n; w++) {
		char line[32] = "";
		struct buf text = {0};
		if (r->warnings.v[w].line)
			(void)snprintf(line, sizeof line, "line %d: ", r->warnings.v[w].line);
		buf_addf(&text, "%s%s", line, r->warnings.v[w].text);
		json_text(json, NULL, buf_str(&text));
		buf_fini(&text);
	}
	json_end(json, ']');
}

static void echo_json(void *ctx, const struct source *source, const struct session *s)
{
	char id[24];
	(void)source;
	(void)snprintf(id, sizeof id, "s%lld", (long long)s->id);
	json_text(ctx, NULL, id);
}

static void source_json(struct json *json, const struct publication *p, size_t i, utc_t now)
{
	struct source_view view;
	source_view(p, i, now, &view);
	json_object(json, NULL);
	source_keys(json, &view);
	json_int(json, "skipped", view.part->record.skipped);
	warnings_json(json, &view.part->record);
	json_int(json, "warnings_dropped", (int64_t)view.part->record.warnings.dropped);
	json_bool(json, "rejected", view.silenced);
	json_array(json, "echoes");
	source_echoes(p, i, echo_json, json);
	json_end(json, ']');
	source_diff_json(json, "diff", view.part->diff);
	json_text(json, "error", view.part->record.error);
	json_end(json, '}');
	source_view_fini(&view);
}

static void echo_note(void *ctx, const struct source *source, const struct session *s)
{
	buf_adds(ctx, "\t");
	echo_sentence(source, s, ctx);
}

/* ID TAB PERSONS TAB STATE TAB AGE TAB HORIZON TAB EVENTS TAB WARNINGS, and sentences behind. */
static void source_line(struct call *call, const struct publication *p, size_t i)
{
	struct source_view view;
	char age[DURATION_TEXT], horizon[CIVIL_TEXT];
	source_view(p, i, call->now, &view);
	const struct source_record *r = &view.part->record;
	buf_addf(&call->out, "%s\t%s\t%s\t%s\t%s\t%lld\t%zu", view.source->id,
		 buf_str(&view.persons), source_state_word(view.state),
		 view.fresh_at ? age_text(view.age_s, age) : "-",
		 !view.horizon		   ? "-"
		 : view.horizon == UTC_MAX ? "open"
					   : call_local(call, view.horizon, horizon),
		 (long long)r->events, view.warnings);
	if (r->error)
		buf_addf(&call->out, "\t%s", r->error);
	if (view.silenced)
		buf_adds(&call->out, "\ta rejected version is still offered");
	source_echoes(p, i, echo_note, &call->out);
	buf_addc(&call->out, '\n');
	source_view_fini(&view);
}

bool cmd_source_list(struct call *call)
{
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "sources");
	}
	for (size_t i = 0; i < call->p->roster->roster.n_sources; i++) {
		if (call->json)
			source_json(&json, call->p, i, call->now);
		else
			source_line(call, call->p, i);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	return true;
}

/* ---- diff ---- */

static void span_json(struct json *json, const char *key, const struct lesson_span *span)
{
	json_object(json, key);
	json_utc(json, "start", span->start);
	json_utc(json, "end", span->end);
	json_text(json, "level", level_word(span->level));
	json_end(json, '}');
}

static void change_json(struct json *json, const struct lesson_change *change)
{
	static const char *const words[] = {"added", "removed", "moved"};
	json_object(json, NULL);
	json_text(json, "change", words[change->kind]);
	if (change->kind != DIFF_ADDED)
		span_json(json, "was", &change->was);
	if (change->kind != DIFF_REMOVED)
		span_json(json, "is", &change->is);
	json_end(json, '}');
}

static void diff_json(struct call *call, const char *id, const struct source_diff *diff)
{
	struct json json = call_json(call);
	json_text(&json, "id", id);
	source_diff_json(&json, "diff", diff);
	json_array(&json, "rows");
	for (size_t i = 0; diff && i < diff->n; i++)
		change_json(&json, &diff->v[i]);
	json_end(&json, ']');
	json_end(&json, '}');
}

/* "+ START END", "- START END", "~ START END was START END"; the level where it is not busy. */
static void change_line(struct call *call, const struct lesson_change *c)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	const struct lesson_span *shown = c->kind == DIFF_REMOVED ? &c->was : &c->is;
	buf_addf(&call->out, "%c %s %s", "+-~"[c->kind], call_local(call, shown->start, start),
		 call_local(call, shown->end, end));
	if (c->kind == DIFF_MOVED)
		buf_addf(&call->out, " was %s %s", call_local(call, c->was.start, start),
			 call_local(call, c->was.end, end));
	if (c->kind == DIFF_MOVED && c->was.level != c->is.level)
		buf_addf(&call->out, " %s was %s", level_word(c->is.level),
			 level_word(c->was.level));
	else if (shown->level != LEVEL_BUSY)
		buf_addf(&call->out, " %s", level_word(shown->level));
	buf_addc(&call->out, '\n');
}

static void diff_lines(struct call *call, const char *id, const struct source_diff *diff)
{
	size_t all = diff ? diff->added + diff->removed + diff->moved : 0;
	if (!diff)
		buf_addf(&call->out, "# no version of %s was compared since the start\n", id);
	else if (!diff->taken)
		buf_addf(&call->out, "# what `source accept %s` would change\n", id);
	for (size_t i = 0; diff && i < diff->n; i++)
		change_line(call, &diff->v[i]);
	if (diff && all > diff->n)
		buf_addf(&call->out, "# and %zu more\n", all - diff->n);
	for (size_t i = 0; diff && i < diff->n_breaks; i++)
		buf_addf(&call->out, "# in the way of s%lld\n", (long long)diff->breaks[i]);
}

bool cmd_source_diff(struct call *call)
{
	const struct roster *roster = &call->p->roster->roster;
	const struct source *source = roster_source(roster, call->args[0]);
	if (!source)
		return err_set(&call->err, ERR_NOTFOUND, "no source %s; `source list` names them",
			       call->args[0]);
	const struct source_diff *diff = call->p->sources[source - roster->sources]->diff;
	if (call->json)
		diff_json(call, source->id, diff);
	else
		diff_lines(call, source->id, diff);
	return true;
}

/* ---- refresh, accept, reject ---- */

static void asked(void *ctx, const struct err *err)
{
	struct call *call = ctx;
	const struct publication *now = call->server->world->now;
	const struct source *source = roster_source(&now->roster->roster, call->args[0]);
	if (!err && source) {
		size_t i = (size_t)(source - now->roster->roster.sources);
		publication_unref(call->p);
		call->p = publication_ref((struct publication *)now);
		if (call->json) {
			struct json json = call_json(call);
			json_array(&json, "sources");
			source_json(&json, now, i, call->now);
			json_end(&json, ']');
			json_end(&json, '}');
		} else {
			source_line(call, now, i);
		}
	}
	call_finish(call, err);
}

static void ask(struct call *call, enum import_ask what)
{
	if (!importer_ask(call->server->world, call->args[0], what, asked, call, &call->err))
		call_finish(call, &call->err);
}

void cmd_source_refresh(struct call *call)
{
	ask(call, IMPORT_REFRESH);
}

void cmd_source_accept(struct call *call)
{
	ask(call, IMPORT_ACCEPT);
}

void cmd_source_reject(struct call *call)
{
	ask(call, IMPORT_REJECT);
}
