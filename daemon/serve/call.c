/* call.c -- what handlers of commands share: reading ids and moments, writing sessions. */
#include "serve/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct duo *call_duo(struct call *call, const char *id)
{
	const struct roster *roster = &call->p->roster->roster;
	const struct duo *duo = roster_duo(roster, id);
	if (duo)
		return duo;
	const char **names = xcalloc(roster->n_duos, sizeof *names);
	for (size_t i = 0; i < roster->n_duos; i++)
		names[i] = roster->duos[i].id;
	const char *near = parse_nearest(id, names, roster->n_duos);
	if (near)
		(void)err_set(&call->err, ERR_NOTFOUND, "no duo %.40s; did you mean %s?", id, near);
	else
		(void)err_set(&call->err, ERR_NOTFOUND, "no duo %.40s", id);
	xfree(names);
	return NULL;
}

const struct person *call_person(struct call *call, const char *id)
{
	const struct person *person = roster_person(&call->p->roster->roster, id);
	if (!person)
		(void)err_set(&call->err, ERR_NOTFOUND, "no person %.40s", id);
	return person;
}

bool call_knows(struct call *call, const char *who)
{
	if (strcmp(who, "programme") == 0 || publication_duo(call->p, who) ||
	    roster_duo(&call->p->roster->roster, who) || publication_person(call->p, who))
		return true;
	return call_person(call, who) != NULL ||
	       err_set(&call->err, ERR_NOTFOUND, "no duo or person %.40s", who);
}

const struct session *call_session(struct call *call, const char *text)
{
	int64_t id;
	if (text[0] != 's' || !parse_int(text + 1, 1, INT64_MAX / 2, &id, &call->err)) {
		(void)err_set(&call->err, ERR_USAGE, "\"%.40s\" is not a session such as s42",
			      text);
		return NULL;
	}
	const struct session *s = publication_session(call->p, id, NULL);
	if (!s)
		(void)err_set(&call->err, ERR_NOTFOUND, "no session %s", text);
	return s;
}

bool call_moment(struct call *call, const char *text, utc_t *at)
{
	local_t local;
	bool utc;
	if (!parse_moment(text, &local, &utc, &call->err)) {
		call->err.code = ERR_USAGE;
		return false;
	}
	const struct zone *zone = call->p->roster->roster.programme.zone;
	*at = utc ? local : zone_to_utc(zone, local);
	if (!utc && zone_to_local(zone, *at) != local)
		return err_set(&call->err, ERR_USAGE,
			       "%.40s does not exist in %s: the clock jumps over it", text,
			       zone_name(zone));
	return true;
}

const char *call_local(const struct call *call, utc_t at, char out[CIVIL_TEXT])
{
	return local_text(zone_to_local(call->p->roster->roster.programme.zone, at), out);
}

struct json call_json(struct call *call)
{
	struct json json = {.out = &call->out};
	json_object(&json, NULL);
	return json;
}

void session_keys(struct json *json, const struct session *s)
{
	char id[24];
	(void)snprintf(id, sizeof id, "s%lld", (long long)s->id);
	json_text(json, "id", id);
	json_text(json, "duo", s->duo);
	json_text(json, "kind", kind_word(s->kind));
	json_text(json, "state", state_word(s->state));
	json_utc(json, "start", s->start);
	json_utc(json, "end", s->end);
	json_array(json, "attendees");
	for (size_t i = 0; i < s->n_attendees; i++)
		json_text(json, NULL, s->attendees[i]);
	json_end(json, ']');
	json_array(json, "with");
	if (*s->expert)
		json_text(json, NULL, s->expert);
	json_end(json, ']');
	json_text(json, "room", *s->room ? s->room : NULL);
	json_int(json, "sequence", s->sequence);
	json_bool(json, "pinned", s->pinned);
	json_bool(json, "assumed", s->assumed);
	json_text(json, "reason", s->reason);
}

/* ID TAB DUO TAB KIND TAB STATE TAB START TAB END TAB ATTENDEES TAB SEQUENCE, then what there is of:
 * pinned, with EXPERT, room ROOM, a TAB before each */
void session_line(struct call *call, const struct session *s)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	buf_addf(&call->out, "s%lld\t%s\t%s\t%s\t%s\t%s\t", (long long)s->id, s->duo,
		 kind_word(s->kind), state_word(s->state), call_local(call, s->start, start),
		 call_local(call, s->end, end));
	for (size_t i = 0; i < s->n_attendees; i++)
		buf_addf(&call->out, "%s%s", i ? "," : "", s->attendees[i]);
	buf_addf(&call->out, "\t%d%s", s->sequence, s->pinned ? "\tpinned" : "");
	if (*s->expert)
		buf_addf(&call->out, "\twith %s", s->expert);
	if (*s->room)
		buf_addf(&call->out, "\troom %s", s->room);
	buf_addc(&call->out, '\n');
}
