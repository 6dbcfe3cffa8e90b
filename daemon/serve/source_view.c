/* source_view.c -- see the header. */
#include "serve/source_view.h"

#include "work/echo.h"

#include <stdio.h>
#include <string.h>

static bool is_his(const struct person *person, size_t source)
{
	for (size_t k = 0; k < person->n_sources; k++)
		if (person->sources[k].source == source)
			return true;
	return false;
}

enum source_state source_shown_state(const struct publication *p, size_t index, utc_t now)
{
	/* Fresh means: known to be true within three of its intervals, and at least a day. */
	enum source_state state = p->sources[index]->record.state;
	utc_t fresh_at = source_part_fresh_at(p->sources[index]);
	int64_t patience = 3 * p->roster->roster.sources[index].policy.refresh_s;
	bool old = fresh_at && now - fresh_at > (patience > DAY_S ? patience : DAY_S);
	return state == SOURCE_FRESH && old ? SOURCE_STALE : state;
}

void source_view(const struct publication *p, size_t index, utc_t now, struct source_view *out)
{
	const struct roster *roster = &p->roster->roster;
	const struct source_part *part = p->sources[index];
	const struct source_record *r = &part->record;
	*out = (struct source_view){
		.source = &roster->sources[index],
		.part = part,
		.fresh_at = source_part_fresh_at(part),
		.horizon = r->fetched_at ? r->horizon : 0,
		.warnings = r->warnings.n + r->warnings.dropped,
		.silenced = r->rejected,
	};
	if (out->fresh_at && now > out->fresh_at)
		out->age_s = now - out->fresh_at;
	out->state = source_shown_state(p, index, now);
	for (size_t i = 0; i < roster->n_persons; i++)
		if (is_his(&roster->persons[i], index))
			buf_addf(&out->persons, "%s%s", out->persons.n ? "," : "",
				 roster->persons[i].id);
	for (size_t i = 0; i < roster->n_third_parties; i++)
		for (size_t k = 0; k < roster->third_parties[i].n_sources; k++)
			if (roster->third_parties[i].sources[k].source == index)
				buf_addf(&out->persons, "%s%s", out->persons.n ? "," : "",
					 roster->third_parties[i].id);
}

void source_view_fini(struct source_view *view)
{
	buf_fini(&view->persons);
}

const char *age_text(int64_t seconds, char out[DURATION_TEXT])
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{DAY_S, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (seconds >= units[i].seconds) {
			(void)snprintf(out, DURATION_TEXT, "%lld%s",
				       (long long)(seconds / units[i].seconds), units[i].unit);
			return out;
		}
	memcpy(out, "now", sizeof "now");
	return out;
}

void source_keys(struct json *json, const struct source_view *v)
{
	json_text(json, "id", v->source->id);
	json_text(json, "person", buf_str(&v->persons));
	json_text(json, "state", source_state_word(v->state));
	json_utc(json, "fetched_at", v->fresh_at);
	if (v->fresh_at)
		json_int(json, "age_s", v->age_s);
	else
		json_null(json, "age_s");
	json_utc(json, "horizon", v->horizon < UTC_MAX ? v->horizon : 0);
	json_int(json, "events", v->part->record.events);
}

void source_diff_json(struct json *json, const char *key, const struct source_diff *diff)
{
	if (!diff) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_int(json, "added", (int64_t)diff->added);
	json_int(json, "removed", (int64_t)diff->removed);
	json_int(json, "moved", (int64_t)diff->moved);
	json_array(json, "breaks");
	for (size_t i = 0; i < diff->n_breaks; i++) {
		char id[24];
		(void)snprintf(id, sizeof id, "s%lld", (long long)diff->breaks[i]);
		json_text(json, NULL, id);
	}
	json_end(json, ']');
	json_utc(json, "at", diff->at);
	json_bool(json, "taken", diff->taken);
	json_end(json, '}');
}

/* A timetable of several persons names a session of theirs once. */
static bool was_named(const struct roster *roster, size_t before, size_t source,
		      const struct session *s)
{
	for (size_t i = 0; i < before; i++)
		if (is_his(&roster->persons[i], source) &&
		    session_attends(s, roster->persons[i].id))
			return true;
	return false;
}

void source_echoes(const struct publication *p, size_t index, source_echo_fn *each, void *ctx)
{
	const struct roster *roster = &p->roster->roster;
	for (size_t i = 0; i < roster->n_persons; i++) {
		if (!is_his(&roster->persons[i], index))
			continue;
		const struct person_part *part = publication_person(p, roster->persons[i].id);
		for (size_t d = 0; part && d < part->n_duos; d++) {
			const struct duo_part *duo = publication_duo(p, part->duos[d]);
			for (size_t k = 0; duo && k < duo->sessions.n; k++) {
				const struct session *s = &duo->sessions.v[k];
				if (session_attends(s, roster->persons[i].id) &&
				    echo_has(&p->sources[index]->record, s) &&
				    !was_named(roster, i, index, s))
					each(ctx, &roster->sources[index], s);
			}
		}
	}
}
