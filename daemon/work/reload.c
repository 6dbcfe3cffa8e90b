/* reload.c -- preparing a reload aside; see the header. reload_commit.c stores it. */
#include "work/reload.h"

#include "base/log.h"
#include "setup/roster.h"
#include "work/decide_group.h"
#include "work/decide_work.h"
#include "work/import_read.h"
#include "work/importer.h"
#include "work/third_time.h"

#include <stdlib.h>
#include <string.h>

void reload_fini(struct reload *r)
{
	faults_fini(&r->faults);
	diff_fini(&r->diff);
	if (r->settings_ok)
		settings_fini(&r->settings);
	roster_part_unref(r->roster);
	for (size_t i = 0; i < r->n_sources; i++)
		source_part_unref(r->sources[i]);
	xfree(r->sources);
	for (size_t i = 0; i < r->n_decisions; i++)
		decisions_fini(&r->decisions[i]);
	xfree(r->decisions);
	xfree(r->replan);
	xfree(r->who);
	*r = (struct reload){0};
}

/* ---- closed days from an .ics ---- */

struct closed_reader {
	struct cage *cage; /* NULL: a child forked from here */
	const struct import_limits *limits;
};

static bool parse_caged(void *ctx, const struct buf *text, const struct import_limits *limits,
			struct buf *wire, struct err *err)
{
	return ctx ? cage_parse(ctx, text, limits, wire, err)
		   : cage_parse_once(text, limits, wire, err);
}

/* Every event closes the days that it touches: holiday calendars mark theirs TRANSPARENT. */
static bool read_closed(void *ctx, const char *bytes, size_t n, const struct zone *zone,
			struct day_range **ranges, size_t *n_ranges, struct err *err)
{
	const struct closed_reader *reader = ctx;
	struct timetable t = {0};
	struct policy policy;
	struct timetable_opts opts = {
		.zone = zone,
		.from = local_at(civil_to_day(1990, 1, 1), 0),
		.to = local_at(civil_to_day(2100, 1, 1), 0),
		.limits = reader->limits,
	};
	policy_init(&policy);
	policy.transparent = TRANSPARENT_BUSY;
	struct import_file file = {.bytes = bytes, .n = n};
	bool ok = import_read(&file, 1, &policy, &opts, parse_caged, reader->cage, &t, err);
	for (size_t i = 0; ok && i < t.n_occurrences; i++) {
		const struct lesson_span *o = &t.occurrences[i];
		if (o->level < LEVEL_TENTATIVE)
			continue;
		*ranges = xrealloc(*ranges, (*n_ranges + 1) * sizeof **ranges);
		(*ranges)[(*n_ranges)++] =
			(struct day_range){.first = zone_day_of(zone, o->start),
					   .past = zone_day_of(zone, o->end - 1) + 1};
	}
	policy_fini(&policy);
	timetable_fini(&t);
	return ok;
}

struct roster_part *reload_parse_bundle(struct buf *bytes, struct cage *cage,
					const struct import_limits *limits, utc_t loaded_at,
					struct faults *faults)
{
	struct roster roster = {0};
	struct roster_bundle bundle = {.bytes = *bytes};
	struct closed_reader reader = {cage, limits};
	*bytes = (struct buf){0};
	if (!roster_parse(&bundle, read_closed, &reader, &roster, faults)) {
		roster_bundle_fini(&bundle);
		return NULL;
	}
	return roster_part_new(&roster, &bundle.bytes, loaded_at);
}

struct roster_part *reload_suppose(const struct roster_part *was, const struct roster_edits *edits,
				   struct cage *cage, const struct import_limits *limits,
				   struct err *err)
{
	const struct roster_bundle bundle = {.bytes = was->bundle}; /* only read */
	struct closed_reader reader = {cage, limits};
	struct buf none = {0};
	struct roster roster = {0};
	if (!roster_suppose(&bundle, edits, read_closed, &reader, &roster, err))
		return NULL;
	return roster_part_new(&roster, &none, was->loaded_at);
}

struct roster_part *reload_read_roster(const char *path, struct cage *cage,
				       const struct import_limits *limits, utc_t now,
				       struct faults *faults)
{
	struct roster_bundle bundle = {0};
	if (roster_collect(path, &bundle, faults))
		return reload_parse_bundle(&bundle.bytes, cage, limits, now, faults);
	roster_bundle_fini(&bundle);
	return NULL;
}

/* ---- sources that have to be read before anything is planned on them ---- */

static void take_part(struct reload *r, struct publication *seen, struct source_record *record)
{
	struct source_part *part = source_part_new(record);
	r->sources = xrealloc(r->sources, (r->n_sources + 1) * sizeof *r->sources);
	r->sources[r->n_sources++] = source_part_ref(part);
	publication_put_source(seen, part);
}

/* The roster no longer asks for titles and places: they go at once, whatever the source says. */
static void forget_lessons(struct reload *r, struct publication *seen,
			   const struct source_record *last)
{
	struct source_record record = {0};
	source_record_copy(&record, last);
	(void)source_record_drop_lessons(&record);
	take_part(r, seen, &record);
}

static void read_sources(struct reload *r, struct publication *seen, struct cage *cage,
			 const struct import_limits *limits, utc_t now)
{
	const struct roster *roster = &r->roster->roster;
	for (size_t i = 0; i < roster->n_sources; i++) {
		const struct source_record *last = &seen->sources[i]->record;
		char config[33];
		if (roster->sources[i].url) { /* fetched on the loop, when the reload is through */
			if (!roster->sources[i].policy.lesson && last->lessons.n)
				forget_lessons(r, seen, last);
			continue;
		}
		import_config_hash(&roster->sources[i], &roster->programme, config);
		if (strcmp(config, last->config_hash) == 0)
			continue;
		struct import_input input = {
			.source = &roster->sources[i],
			.programme = &roster->programme,
			.last = last,
			.own_host = seen->host,
			.limits = limits,
			.now = now,
		};
		struct source_record record = {0};
		(void)import_source(cage, &input, &record); /* a failure stands in the record */
		take_part(r, seen, &record);
	}
}

/* ---- decisions ---- */

static struct decisions *next_decisions(struct reload *r)
{
	r->decisions = xrealloc(r->decisions, (r->n_decisions + 1) * sizeof *r->decisions);
	struct decisions *d = &r->decisions[r->n_decisions++];
	*d = (struct decisions){0};
	return d;
}

/* Whether coming sessions of a duo take an expert or a room that is not what it was. */
static bool third_changed(const struct reload *r, const struct duo_part *part)
{
	for (size_t i = 0; part && i < part->n_taking; i++) {
		const struct session *s = &part->sessions.v[part->taking[i]];
		if (s->state != STATE_PROVISIONAL && s->state != STATE_BOOKED)
			continue;
		for (size_t k = 0; k < r->diff.n; k++) {
			const struct diff_row *row = &r->diff.v[k];
			bool third =
				strcmp(row->kind, "expert") == 0 || strcmp(row->kind, "room") == 0;
			if (third && session_takes(s, row->id))
				return true;
		}
	}
	return false;
}

static bool source_changed(const struct reload *r, const struct publication *p,
			   const struct roster *roster, const struct duo *duo)
{
	for (size_t k = 0; k < r->n_sources; k++) {
		const struct source *s = roster_source(roster, r->sources[k]->record.id);
		size_t index = s ? (size_t)(s - roster->sources) : 0;
		if (s && (roster_duo_looks_at(roster, duo, index) ||
			  third_party_is_used(p, duo->id, roster, index)))
			return true;
	}
	return false;
}

static void mark_for_replan(struct reload *r, const char *duo)
{
	r->replan = xrealloc(r->replan, (r->n_replan + 1) * sizeof *r->replan);
	memcpy(r->replan[r->n_replan++], duo, strlen(duo) + 1);
}

/* Those that have gone make room first. */
static void decide_gone(struct reload *r, const struct publication *p, struct publication *seen,
			utc_t now)
{
	const struct roster *is = &r->roster->roster;
	for (size_t i = 0; i < p->n_duos; i++) {
		const char *id = p->duos[i]->id;
		bool stays = !*id || roster_duo(is, id); /* the programme's own: decide_all */
		for (size_t k = 0; k < is->n_duos && !stays; k++)
			stays = strcmp(is->duos[k].was, id) == 0;
		if (stays)
			continue;
		struct decisions *d = next_decisions(r);
		decide_retire(seen, id, now, NULL, d);
		publication_assume(seen, d);
	}
}

/* The duos that are planned, all of them together; *n of them, xfree. */
static const struct duo **to_plan(struct reload *r, const struct publication *p,
				  bool weights_changed, size_t *n)
{
	const struct roster *was = &p->roster->roster, *is = &r->roster->roster;
	const struct decisions *group = &r->decisions[r->n_decisions - 1];
	const struct duo **out = xcalloc(is->n_duos, sizeof(struct duo *));
	*n = 0;
	for (size_t i = 0; i < is->n_duos; i++) {
		const struct duo *duo = &is->duos[i];
		if (duo->was[0] && roster_duo(was, duo->was))
			mark_for_replan(r, duo->id);
		else if (weights_changed || third_changed(r, publication_duo(p, duo->id)) ||
			 diff_plans_differ(p->roster, r->roster, duo) ||
			 source_changed(r, p, is, duo) ||
			 decisions_concern(group, duo->members[0]) ||
			 decisions_concern(group, duo->members[1]))
			out[(*n)++] = duo;
	}
	return out;
}

static void decide_all(struct reload *r, const struct publication *p, struct publication *seen,
		       const struct weights *weights, bool weights_changed, utc_t now)
{
	size_t n;
	decide_gone(r, p, seen, now);
	struct decisions *d = next_decisions(r);
	decide_group(seen, weights, now, d);
	publication_assume(seen, d);
	const struct duo **duos = to_plan(r, p, weights_changed, &n);
	struct decisions *v = xcalloc(n, sizeof *v);
	decide_years(seen, duos, n, 0, weights, now, v);
	for (size_t i = 0; i < n; i++)
		*next_decisions(r) = v[i];
	xfree(v);
	xfree(duos);
}

static void count(struct reload *r)
{
	for (size_t i = 0; i < r->n_decisions; i++)
		for (size_t k = 0; k < r->decisions[i].n; k++) {
			const struct decision *d = &r->decisions[i].v[k];
			int32_t min = (int32_t)((d->is.end - d->is.start) / 60);
			r->moved += d->what == DECIDE_MOVE;
			r->provisional += d->what == DECIDE_PROVISIONAL;
			if (d->what == DECIDE_CANCEL) {
				r->cancelled++;
				r->cancelled_min += min;
			} else if (d->what == DECIDE_BOOK) {
				r->booked++;
				r->booked_min += min;
			}
		}
}

static size_t future_sessions(const struct publication *p, utc_t now)
{
	size_t n = 0;
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++)
			n += p->duos[i]->sessions.v[k].state == STATE_BOOKED &&
			     p->duos[i]->sessions.v[k].start > now;
	return n;
}

static bool too_much(const struct reload *r, const struct publication *p,
		     const struct settings *settings, utc_t now)
{
	size_t future = future_sessions(p, now);
	return r->cancelled > (size_t)settings->hold_sessions ||
	       r->cancelled * 100 > future * (size_t)settings->hold_percent;
}

static void note_setting(void *ctx, const char *section, const char *key, const char *value,
			 const char *fallback, bool reloadable, const char *help)
{
	(void)fallback;
	(void)help;
	struct buf *b = ctx;
	buf_addf(b, "%s.%s\t%d\t%s\n", section, key, reloadable, value);
}

/* Settings that differ from those that run, as rows. */
static void diff_settings(struct reload *r, const struct settings *running)
{
	struct buf was = {0}, is = {0};
	settings_each(running, note_setting, &was);
	settings_each(&r->settings, note_setting, &is);
	char *a = buf_take(&was), *b = buf_take(&is), *save_a = NULL, *save_b = NULL;
	char *x = strtok_r(a, "\n", &save_a), *y = strtok_r(b, "\n", &save_b);
	for (; x && y; x = strtok_r(NULL, "\n", &save_a), y = strtok_r(NULL, "\n", &save_b)) {
		char *tab = strchr(y, '\t');
		if (strcmp(x, y) == 0 || !tab)
			continue;
		bool reloadable = tab[1] == '1';
		*tab = '\0';
		diff_add(&r->diff, '~', "setting", y, reloadable ? NULL : "takes a restart");
	}
	xfree(a);
	xfree(b);
}

bool reload_prepare(struct reload *r, const struct publication *p, struct cage *cage,
		    const struct settings *running, const char *conf_path, utc_t now,
		    struct err *err)
{
	r->settings_ok = settings_load(conf_path, &r->settings, &r->faults);
	const struct settings *settings = r->settings_ok ? &r->settings : running;
	r->roster =
		reload_read_roster(settings->roster_file, cage, &settings->import, now, &r->faults);
	if (r->faults.n || !r->roster)
		return err_set(err, ERR_CONFIG, "%zu fault%s; nothing was changed",
			       r->faults.n + r->faults.dropped, r->faults.n == 1 ? "" : "s");
	memcpy(r->hash, r->roster->roster.hash, sizeof r->hash);
	diff_settings(r, running);
	diff_rosters(&p->roster->roster, &r->roster->roster, &r->diff);
	struct publication *seen = publication_next(p);
	publication_put_roster(seen, roster_part_ref(r->roster));
	read_sources(r, seen, cage, &settings->import, now);
	bool weights = memcmp(&settings->weights, &running->weights, sizeof running->weights) != 0;
	decide_all(r, p, seen, &settings->weights, weights, now);
	publication_unref(seen);
	count(r);
	obligations_count(p, r->roster, now, &r->obligations);
	r->held_back = too_much(r, p, settings, now) && strcmp(r->accept, r->hash) != 0;
	if (r->accept[0] && strcmp(r->accept, r->hash) != 0)
		return err_set(err, ERR_CONFIG,
			       "the roster has changed since it was shown: its hash is %s now",
			       r->hash);
	if (r->held_back && !r->dry_run)
		return err_set(err, ERR_CONFIG,
			       "held back: %zu coming sessions would be cancelled; nothing was "
			       "changed; `tandemctl reload --accept %s` does it all the same",
			       r->cancelled, r->hash);
	return true;
}
