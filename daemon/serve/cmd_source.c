/* cmd_source.c -- what is known of every source, and reading one now. */
#include "serve/command.h"
#include "work/importer.h"

#include <stdio.h>
#include <string.h>

/* Whose timetable it is: the persons that name it, joined by commas. */
static void persons_of(const struct roster *roster, size_t source, struct buf *out)
{
	for (size_t i = 0; i < roster->n_persons; i++)
		for (size_t k = 0; k < roster->persons[i].n_sources; k++)
			if (roster->persons[i].sources[k].source == source)
				buf_addf(out, "%s%s", out->n ? "," : "", roster->persons[i].id);
}

static const char *shown_state(const struct source *source, const struct source_part *part,
			       utc_t now)
{
	/* Fresh means: read within three of its intervals. */
	int64_t patience = 3 * source->policy.refresh_s;
	if (part->record.state == SOURCE_FRESH &&
	    now - source_part_fresh_at(part) > (patience > DAY_S ? patience : DAY_S))
		return source_state_word(SOURCE_STALE);
	return source_state_word(part->record.state);
}

static void source_json(struct json *json, const struct roster *roster, size_t i,
			const struct source_part *part, utc_t now)
{
	const struct source_record *r = &part->record;
	struct buf persons = {0};
	persons_of(roster, i, &persons);
	json_object(json, NULL);
	json_text(json, "id", roster->sources[i].id);
	json_text(json, "person", buf_str(&persons));
	json_text(json, "state", shown_state(&roster->sources[i], part, now));
	json_utc(json, "fetched_at", source_part_fresh_at(part));
	json_utc(json, "horizon", r->fetched_at && r->horizon < UTC_MAX ? r->horizon : 0);
	json_int(json, "events", r->events);
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
	json_text(json, "error", r->error);
	json_end(json, '}');
	buf_fini(&persons);
}

static void source_line(struct call *call, size_t i, const struct source_part *part)
{
	const struct source_record *r = &part->record;
	const struct roster *roster = &call->p->roster->roster;
	char at[CIVIL_TEXT], horizon[CIVIL_TEXT];
	struct buf persons = {0};
	persons_of(roster, i, &persons);
	buf_addf(&call->out, "%s\t%s\t%s\t%s\t%s\t%lld\t%zu%s%s\n", roster->sources[i].id,
		 buf_str(&persons), shown_state(&roster->sources[i], part, call->now),
		 r->fetched_at ? call_local(call, source_part_fresh_at(part), at) : "-",
		 !r->fetched_at		 ? "-"
		 : r->horizon == UTC_MAX ? "open"
					 : call_local(call, r->horizon, horizon),
		 (long long)r->events, r->warnings.n + r->warnings.dropped, r->error ? "\t" : "",
		 r->error ? r->error : "");
	buf_fini(&persons);
}

bool cmd_source_list(struct call *call)
{
	const struct roster *roster = &call->p->roster->roster;
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "sources");
	}
	for (size_t i = 0; i < roster->n_sources; i++) {
		const struct source_part *r = call->p->sources[i];
		if (call->json)
			source_json(&json, roster, i, r, call->now);
		else
			source_line(call, i, r);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	return true;
}

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
			source_json(&json, &now->roster->roster, i, now->sources[i], call->now);
			json_end(&json, ']');
			json_end(&json, '}');
		} else {
			source_line(call, i, now->sources[i]);
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
