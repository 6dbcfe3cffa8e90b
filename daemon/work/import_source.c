/* import_source.c -- one source, read whole: the part of an import that needs no loop.
 *
 * Blocks (files, the cage), so it runs on an import thread, and in a reload's job. */
#include "work/importer.h"

#include "base/hash.h"
#include "cal/timetable_diff.h"
#include "work/import_read.h"

#include <stdlib.h>
#include <string.h>

void import_config_hash(const struct source *source, const struct programme *programme,
			char out[33])
{
	struct buf b = {0};
	const struct policy *p = &source->policy;
	buf_addf(&b, "1|%s|%s|%s|%s|%d|%d|", source->path ? source->path : "",
		 source->url ? source->url : "", zone_name(source->zone), zone_data_version(),
		 programme->start, programme->past);
	buf_addf(&b, "%d|%d|%d|%s|%s|%s|%s|", p->transparent, p->tentative, p->allday,
		 p->cancelled ? p->cancelled : "", p->ignore ? p->ignore : "",
		 p->lesson ? p->lesson : "", p->own ? p->own : "");
	buf_addf(&b, "%lld|%d|%lld", (long long)p->default_length_s, p->horizon,
		 (long long)p->horizon_s);
	hash_text(b.v, b.n, out);
	buf_fini(&b);
}

/* ---- quarantine ---- */

static int by_time(const void *a, const void *b)
{
	const struct lesson_span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

/* Fewer than half of ten or more coming lessons inside the old horizon are still there. One that
 * moved is there. */
static bool lost_too_much(const struct source_record *last, const struct timetable_diff *diff,
			  utc_t now)
{
	size_t coming = 0, gone = 0;
	for (size_t i = 0; i < last->n_occurrences; i++) {
		const struct lesson_span *o = &last->occurrences[i];
		coming += o->start >= now && o->start < last->horizon && o->level > LEVEL_FREE;
	}
	for (size_t i = 0; i < diff->n; i++) {
		const struct lesson_change *row = &diff->v[i];
		gone += row->kind == DIFF_REMOVED && row->was.start >= now &&
			row->was.start < last->horizon;
	}
	return coming >= 10 && 2 * (coming - gone) < coming;
}

/* ---- records ---- */

static enum import_outcome failed(const struct import_input *in, struct source_record *out,
				  const struct err *err)
{
	source_record_copy(out, in->last);
	xfree(out->error);
	out->error = xstrdup(err->text);
	out->tried_at = in->now;
	out->state = in->last->fetched_at ? SOURCE_FAILED : SOURCE_NEVER;
	return IMPORT_FAILED;
}

/* Rolling exports drop the past: what was known before the new one begins is kept. */
static void keep_past(const struct import_input *in, struct timetable *t)
{
	const struct source_record *last = in->last;
	utc_t edge = t->n_occurrences && t->occurrences[0].start < in->now ? t->occurrences[0].start
									   : in->now;
	size_t n = 0;
	for (size_t i = 0; i < last->n_occurrences; i++)
		n += last->occurrences[i].end <= edge;
	if (n == 0)
		return;
	struct lesson_span *all = xcalloc(n + t->n_occurrences, sizeof *all);
	n = 0;
	for (size_t i = 0; i < last->n_occurrences; i++)
		if (last->occurrences[i].end <= edge) {
			const struct lesson_text *text =
				lessons_get(&last->lessons, last->occurrences[i].lesson);
			all[n] = last->occurrences[i];
			all[n++].lesson =
				text ? lessons_add(&t->lessons, text->title, text->place) &
						INT32_MAX
				     : 0;
			busyset_add(&t->busy, last->occurrences[i].start, last->occurrences[i].end,
				    last->occurrences[i].level);
		}
	memcpy(all + n, t->occurrences, t->n_occurrences * sizeof *all);
	xfree(t->occurrences);
	t->occurrences = all;
	t->n_occurrences += n;
	qsort(all, t->n_occurrences, sizeof *all, by_time);
	busyset_settle(&t->busy);
}

static enum import_outcome taken(const struct import_input *in, struct timetable *t,
				 const char *hash, const char *config, struct source_record *out)
{
	bool same_config = strcmp(config, in->last->config_hash) == 0;
	if (same_config)
		keep_past(in, t);
	*out = (struct source_record){
		.state = SOURCE_FRESH,
		.fetched_at = in->now,
		.tried_at = in->now,
		.horizon = t->horizon,
		.events = (int64_t)t->n_events,
		.skipped = (int64_t)t->n_skipped,
		.busy = t->busy,
		.occurrences = t->occurrences,
		.n_occurrences = t->n_occurrences,
		.lessons = t->lessons,
		.warnings = t->warnings,
	};
	if (t->n_events == 0 && t->horizon > in->now)
		out->horizon = in->now; /* an empty timetable knows nothing of what comes */
	memcpy(out->id, in->last->id, sizeof out->id);
	memcpy(out->hash, hash, sizeof out->hash);
	memcpy(out->config_hash, config, sizeof out->config_hash);
	t->busy = (struct busyset){0};
	t->occurrences = NULL;
	t->n_occurrences = 0;
	t->lessons = (struct lessons){0};
	t->warnings = (struct warnings){0};
	return IMPORT_TAKEN;
}

/* What was read, as it was read: the past that is kept beside it is that of the moment when it is
 * taken. */
static struct source_held *hold(struct timetable *t, const char *config)
{
	struct source_held *held = xcalloc(1, sizeof *held);
	*held = (struct source_held){
		.horizon = t->horizon,
		.events = (int64_t)t->n_events,
		.skipped = (int64_t)t->n_skipped,
		.busy = t->busy,
		.occurrences = t->occurrences,
		.n_occurrences = t->n_occurrences,
		.lessons = t->lessons,
		.warnings = t->warnings,
	};
	memcpy(held->config_hash, config, sizeof held->config_hash);
	t->busy = (struct busyset){0};
	t->occurrences = NULL;
	t->n_occurrences = 0;
	t->lessons = (struct lessons){0};
	t->warnings = (struct warnings){0};
	return held;
}

/* And back: a copy, since the record that holds it is being served. */
static bool held_again(const struct import_input *in, const char *config, struct timetable *t,
		       char hash[33], struct err *err)
{
	struct source_record copy;
	if (!import_holds(in->last, config))
		return err_set(err, ERR_NOTFOUND, "nothing of %s is in quarantine", in->source->id);
	source_record_copy(&copy, in->last);
	struct source_held *held = copy.held;
	*t = (struct timetable){
		.busy = held->busy,
		.occurrences = held->occurrences,
		.n_occurrences = held->n_occurrences,
		.lessons = held->lessons,
		.horizon = in->source->policy.horizon == HORIZON_FIXED
				   ? in->now + in->source->policy.horizon_s
				   : held->horizon,
		.n_events = (size_t)held->events,
		.n_skipped = (size_t)held->skipped,
		.warnings = held->warnings,
	};
	memcpy(hash, in->last->refused_hash, sizeof in->last->refused_hash);
	xfree(held);
	copy.held = NULL;
	source_record_fini(&copy);
	return true;
}

bool import_holds(const struct source_record *record, const char *config)
{
	return record->held && strcmp(record->held->config_hash, config) == 0;
}

static enum import_outcome quarantined(const struct import_input *in, struct timetable *t,
				       const char *hash, const char *config,
				       struct source_record *out)
{
	bool silent = in->last->rejected && strcmp(in->last->refused_hash, hash) == 0;
	source_record_copy(out, in->last);
	out->tried_at = in->now;
	memcpy(out->refused_hash, hash, sizeof out->refused_hash);
	out->rejected = silent;
	source_record_drop_held(out);
	if (!silent)
		out->held = hold(t, config);
	xfree(out->error);
	out->error = silent ? NULL
			    : xasprintf("fewer than half of the coming lessons are still there; "
					"`tandemctl source accept %s` takes this version, `source "
					"reject %s` silences it",
					out->id, out->id);
	out->state = silent ? SOURCE_FRESH : SOURCE_QUARANTINED;
	return IMPORT_QUARANTINED;
}

struct timetable_opts import_window(const struct source *source, const struct programme *programme)
{
	return (struct timetable_opts){
		.zone = source->zone,
		.from = zone_day_start(programme->zone, programme->start - 28),
		.to = zone_day_start(programme->zone, programme->past + 7),
	};
}

static struct timetable_opts opts_of(const struct import_input *in)
{
	struct timetable_opts opts = import_window(in->source, in->programme);
	opts.now = in->now;
	opts.own_host = in->own_host;
	opts.limits = in->limits;
	opts.units = in->units;
	return opts;
}

struct caged {
	struct cage *cage;
	bool failed; /* at what was in the text, not for want of a child */
};

static bool parse_caged(void *ctx, const struct buf *text, const struct import_limits *limits,
			struct buf *wire, struct err *err)
{
	struct caged *caged = ctx;
	if (cage_parse(caged->cage, text, limits, wire, err))
		return true;
	caged->failed = err->code == ERR_PARSE || err->code == ERR_LIMIT;
	return false;
}

static bool is_left_alone(const struct import_input *in, const char *hash, struct err *err)
{
	const struct cage_mark *mark = in->mark;
	if (!mark || mark->failures < CAGE_PATIENCE || strcmp(mark->hash, hash) != 0)
		return false;
	(void)err_set(err, ERR_LIMIT,
		      "the parser failed at it %d times; it is left alone until it changes "
		      "(`tandemctl source refresh %s` tries again)",
		      mark->failures, in->source->id);
	return true;
}

static void note_failure(const struct import_input *in, const char *hash)
{
	struct cage_mark *mark = in->mark;
	if (!mark)
		return;
	if (strcmp(mark->hash, hash) != 0)
		mark->failures = 0;
	memcpy(mark->hash, hash, sizeof mark->hash);
	mark->failures++;
}

static bool take_body(struct fetch_answer *answer, struct import_files *files, struct err *err)
{
	if (answer->outcome != FETCH_BODY) {
		*err = answer->err;
		return false;
	}
	files->v = xgrow(files->v, files->n, &files->cap, sizeof *files->v);
	struct import_file *file = &files->v[files->n++];
	file->name = NULL;
	file->n = answer->body.n;
	file->bytes = buf_take(&answer->body);
	return true;
}

static bool gather(const struct import_input *in, struct import_files *files, struct err *err)
{
	if (in->fetched)
		return take_body(in->fetched, files, err);
	if (!in->source->path)
		return err_set(err, ERR_BUG, "%s is a URL and was not fetched", in->source->id);
	return import_load(in->source->path, in->limits, files, err);
}

static void hand_over(const struct import_input *in, struct timetable_diff *diff)
{
	if (!in->diff) {
		timetable_diff_fini(diff);
		return;
	}
	*in->diff = *diff;
	*in->compared = true;
}

/* The bytes' hash and what they say, or what lies in quarantine; SAME: no byte is new. */
static enum import_outcome read_source(struct cage *cage, const struct import_input *in,
				       const char *config, char hash[33], struct timetable *t,
				       struct err *err)
{
	struct import_files files = {0};
	struct timetable_opts opts = opts_of(in);
	struct caged caged = {.cage = cage};
	bool same_config = strcmp(config, in->last->config_hash) == 0;
	if (in->accept)
		return held_again(in, config, t, hash, err) ? IMPORT_TAKEN : IMPORT_FAILED;
	if (in->fetched && in->fetched->outcome == FETCH_UNCHANGED)
		return IMPORT_SAME;
	if (!gather(in, &files, err))
		return IMPORT_FAILED;
	import_hash(files.v, files.n, hash);
	enum import_outcome outcome = IMPORT_TAKEN;
	if (same_config && strcmp(hash, in->last->hash) == 0) {
		outcome = IMPORT_SAME;
	} else if (is_left_alone(in, hash, err) ||
		   !import_read(files.v, files.n, &in->source->policy, &opts, parse_caged, &caged,
				t, err)) {
		if (caged.failed)
			note_failure(in, hash);
		outcome = IMPORT_FAILED;
	}
	import_files_fini(&files);
	return outcome;
}

static enum import_outcome unchanged(const struct import_input *in, struct source_record *out)
{
	source_record_copy(out, in->last);
	out->tried_at = out->fetched_at = in->now;
	out->state = SOURCE_FRESH;
	xfree(out->error);
	out->error = NULL;
	source_record_drop_held(out);
	if (in->source->policy.horizon == HORIZON_FIXED)
		out->horizon = in->now + in->source->policy.horizon_s;
	return out->horizon == in->last->horizon ? IMPORT_SAME : IMPORT_TAKEN;
}

/* A new version against the last one: taken, or held. */
static enum import_outcome judge(const struct import_input *in, struct timetable *t,
				 const char *hash, const char *config, struct source_record *out)
{
	enum import_outcome outcome;
	struct timetable_diff diff;
	timetable_diff_make(in->last->occurrences, in->last->n_occurrences, t->occurrences,
			    t->n_occurrences, in->now, &diff);
	bool first = in->last->fetched_at == 0 || strcmp(config, in->last->config_hash) != 0;
	if (!first && !in->accept && lost_too_much(in->last, &diff, in->now))
		outcome = quarantined(in, t, hash, config, out);
	else
		outcome = taken(in, t, hash, config, out);
	hand_over(in, &diff);
	return outcome;
}

enum import_outcome import_source(struct cage *cage, const struct import_input *in,
				  struct source_record *out)
{
	struct timetable t = {0};
	struct err err = {0};
	char hash[33], config[33];
	import_config_hash(in->source, in->programme, config);
	enum import_outcome outcome = read_source(cage, in, config, hash, &t, &err);
	if (outcome == IMPORT_FAILED)
		outcome = failed(in, out, &err);
	else if (outcome == IMPORT_SAME)
		outcome = unchanged(in, out);
	else
		outcome = judge(in, &t, hash, config, out);
	/* what the roster no longer asks for goes, even where the source fails */
	if (!in->source->policy.lesson && source_record_drop_lessons(out) && outcome == IMPORT_SAME)
		outcome = IMPORT_TAKEN;
	if (!import_holds(out, config))
		source_record_drop_held(out);
	timetable_fini(&t);
	return outcome;
}
