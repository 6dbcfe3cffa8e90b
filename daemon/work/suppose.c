/* suppose.c -- see the header. */
#include "work/suppose.h"

#include "base/parse.h"
#include "setup/roster.h"
#include "work/decide_group.h"
#include "work/decide_party.h"
#include "work/decide_visit.h"
#include "work/importer.h"
#include "work/reload.h"

#include <string.h>

struct supposing {
	const struct publication *was;
	const struct supposition *what;
	struct publication *p; /* being built */
	struct cage *cage;
	const struct import_limits *limits;
	utc_t now;
	struct buf *notes;
};

static bool concerns(const struct roster *roster, const char *duo, size_t source)
{
	const struct duo *d = roster_duo(roster, duo);
	return d && roster_duo_looks_at(roster, d, source);
}

/* ---- sources that are read otherwise ----------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void read_again(struct supposing *s, size_t index)
{
	const struct roster *roster = &s->p->roster->roster;
	struct import_input input = {
		.source = &roster->sources[index],
		.programme = &roster->programme,
		.last = &s->p->sources[index]->record,
		.own_host = s->p->host,
		.limits = s->limits,
		.now = s->now,
	};
	struct source_record record = {0};
	if (import_source(s->cage, &input, &record) == IMPORT_FAILED)
		buf_addf(s->notes, "%s could not be read again: %s\n", roster->sources[index].id,
			 record.error ? record.error : "");
	publication_put_source(s->p, source_part_new(&record));
}

/* A what-if opens no file that is not a source already: else it would be a way to look into it. */
static bool read_source(struct supposing *s, size_t index, struct err *err)
{
	const struct roster *is = &s->p->roster->roster, *was = &s->was->roster->roster;
	const struct source *source = &is->sources[index];
	const struct source *old = roster_source(was, source->id);
	char then[33], now[33];
	if (!old || !same_text(old->path, source->path) || !same_text(old->url, source->url))
		return err_set(err, ERR_USAGE,
			       "%s would be a timetable that is not read yet: `source check` shows "
			       "what it says, and a reload takes it",
			       source->id);
	import_config_hash(old, &was->programme, then);
	import_config_hash(source, &is->programme, now);
	if (strcmp(then, now) == 0)
		return true;
	if (source->path)
		read_again(s, index);
	else
		buf_addf(s->notes,
			 "%s is a URL and is not fetched for this: it says what it said before\n",
			 source->id);
	return true;
}

/* ---- the roster -------------------------------------------------------------------------- */

static bool attended_by_members(const struct session *session, const struct duo *duo)
{
	for (size_t i = 0; i < session->n_attendees; i++)
		if (strcmp(session->attendees[i], duo->members[0]) != 0 &&
		    strcmp(session->attendees[i], duo->members[1]) != 0)
			return false;
	return true;
}

/* With other members the coming work sessions of the old ones would be cancelled. */
static void drop_others(struct supposing *s)
{
	const struct roster *is = &s->p->roster->roster, *was = &s->was->roster->roster;
	const struct duo *duo = roster_duo(is, s->what->duo), *old = roster_duo(was, s->what->duo);
	const struct duo_part *part = publication_duo(s->p, s->what->duo);
	struct session_list list = {0};
	if (!duo || !old || !part || memcmp(duo->members, old->members, sizeof duo->members) == 0)
		return;
	for (size_t i = 0; i < part->sessions.n; i++) {
		const struct session *session = &part->sessions.v[i];
		if (session->kind == KIND_WORK && session->start > s->now &&
		    !attended_by_members(session, duo))
			continue;
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		session_copy(&list.v[list.n++], session);
	}
	publication_put_duo(s->p, duo_part_new(s->what->duo, &list));
}

static bool suppose_text(struct supposing *s, struct err *err)
{
	struct roster_edits edits;
	struct roster_part *part = NULL;
	if (!roster_edits_read(&s->was->roster->roster, s->what->duo, s->what->text, &edits, err))
		return false;
	part = reload_suppose(s->was->roster, &edits, s->cage, s->limits, err);
	roster_edits_fini(&edits);
	if (!part)
		return false;
	publication_put_roster(s->p, part);
	for (size_t i = 0; i < part->roster.n_sources; i++)
		if (concerns(&part->roster, s->what->duo, i) && !read_source(s, i, err))
			return false;
	drop_others(s);
	return true;
}

/* ---- without a source -------------------------------------------------------------------- */

static bool no_such_source(const struct roster *roster, const char *id, struct err *err)
{
	const char **names = xcalloc(roster->n_sources + 1, sizeof *names);
	for (size_t i = 0; i < roster->n_sources; i++)
		names[i] = roster->sources[i].id;
	const char *near = parse_nearest(id, names, roster->n_sources);
	xfree(names);
	return err_set(err, ERR_NOTFOUND, "no source %.40s%s%s%s", id,
		       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool suppose_without(struct supposing *s, struct err *err)
{
	const struct roster *roster = &s->p->roster->roster;
	const struct source *source = roster_source(roster, s->what->without);
	if (!source)
		return no_such_source(roster, s->what->without, err);
	if (!concerns(roster, s->what->duo, (size_t)(source - roster->sources)))
		return err_set(err, ERR_USAGE, "the plan of %s does not look at %s", s->what->duo,
			       source->id);
	struct source_record silent = {
		.state = SOURCE_FRESH, .fetched_at = s->now, .horizon = UTC_MAX};
	memcpy(silent.id, source->id, sizeof silent.id);
	publication_put_source(s->p, source_part_new(&silent));
	return true;
}

/* What comes before work sessions in a round of planning. */
static void decide_before_work(struct supposing *s)
{
	const struct duo *duo = roster_duo(&s->p->roster->roster, s->what->duo);
	struct decisions decisions;
	decide_group(s->p, s->what->weights, s->now, &decisions);
	publication_assume(s->p, &decisions);
	decisions_fini(&decisions);
	decide_party(s->p, duo, s->what->weights, s->now, &decisions);
	publication_assume(s->p, &decisions);
	decisions_fini(&decisions);
	decisions_begin(&decisions, s->p, duo->id);
	decide_visits(s->p, duo, s->what->weights, s->now, &decisions);
	publication_assume(s->p, &decisions);
	decisions_fini(&decisions);
}

struct publication *suppose(const struct publication *p, const struct supposition *what,
			    struct cage *cage, const struct import_limits *limits, utc_t now,
			    struct buf *notes, struct err *err)
{
	struct supposing s = {
		.was = p,
		.what = what,
		.p = publication_next(p),
		.cage = cage,
		.limits = limits,
		.now = now,
		.notes = notes,
	};
	if ((what->text && !suppose_text(&s, err)) ||
	    (what->without && !suppose_without(&s, err))) {
		publication_unref(s.p);
		return NULL;
	}
	decide_before_work(&s);
	return s.p;
}
