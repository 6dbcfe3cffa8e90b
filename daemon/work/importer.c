/* importer.c -- the loop's side of imports: what is due, what runs, who waits for it.
 *
 *   IDLE --due or asked--> [FETCHING (loop)] --> RUNNING (import thread) --> STORING --> IDLE
 *
 * A run that changes nothing ends without touching the store. Many that are due at once begin a few
 * at a time ([import] at_once), so that neither memory nor the store's queue has to hold them all:
 * a pass goes over the sources, and goes on whenever one has ended. */
#include "work/importer.h"

#include "base/clock.h"
#include "base/log.h"
#include "cal/unitcache.h"
#include "io/watch.h"
#include "work/change.h"
#include "work/import_fetch.h"
#include "work/lesson.h"
#include "work/replan.h"
#include "work/source_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
	import_done_fn *done;
	void *ctx;
	struct waiter *next;
};

struct runtime { /* of one source; loop thread */
	id_text id;
	utc_t due_at;
	bool running;
	bool wanted; /* once more as soon as it can be: it changed while it was read, somebody
			asked, or the store's queue was full */
	struct waiter *waiters;
	struct waiter *late;	   /* asked while it ran: for the next run ... */
	enum import_ask next;	   /* ... which is to do this */
	struct import_fetch fetch; /* of a URL */
	struct unit_cache *units;  /* of the last import; NULL: none, or a job has it */
	struct cage_mark mark;
};

struct importer {
	struct runtime *v; /* by id, as the roster's sources */
	size_t n;
	size_t running;
	size_t posted;	 /* of these, past fetching */
	size_t pass;	 /* where the pass over v goes on; n: there is none */
	size_t left_out; /* folders that are not watched, as was told last */
	size_t cached;	 /* bytes of all v[].units */
	bool ready;	 /* a roster is known */
	size_t again;	 /* due once more, see runtime.wanted */
	struct world *world;
	struct watch *watch; /* of files and directories */
};

struct import_job {
	struct job job;
	struct world *world;
	struct publication *p; /* a reference: roster and last record live in it */
	id_text source;
	struct import_limits limits;
	utc_t now;
	enum import_ask ask;
	struct unit_cache *units; /* borrowed from the source's runtime */
	enum import_outcome outcome;
	struct source_record record;
	struct source_diff *diff; /* NULL: no new version was compared */
	struct change change;
	bool busy_changed;
	bool posted;
	struct err why; /* it failed */
	bool is_url;
	char key[33]; /* what it was fetched with */
	struct fetch_answer answer;
	struct cage_mark mark;
};

static void answer_all(struct waiter **list, const struct err *err)
{
	while (*list) {
		struct waiter *w = *list;
		*list = w->next;
		w->done(w->ctx, err);
		xfree(w);
	}
}

static watch_fn source_changed;

struct importer *importer_new(struct world *world)
{
	struct importer *importer = xcalloc(1, sizeof *importer);
	importer->world = world;
	struct watch_pace pace = watch_pace_default;
	pace.folders = (size_t)world->settings.watch_folders;
	importer->watch = watch_new(world->loop, &pace, source_changed, importer);
	return importer;
}

void importer_stop(struct importer *importer)
{
	struct err err;
	(void)err_set(&err, ERR_UNAVAILABLE, "tandemd is stopping");
	watch_close(importer->watch);
	importer->watch = NULL;
	for (size_t i = 0; i < importer->n; i++)
		if (!importer->v[i].running) /* the others are answered when they end */
			answer_all(&importer->v[i].late, &err);
}

void importer_free(struct importer *importer)
{
	if (!importer)
		return;
	for (size_t i = 0; i < importer->n; i++)
		unit_cache_free(importer->v[i].units);
	xfree(importer->v);
	xfree(importer);
}

bool importer_idle(const struct importer *importer)
{
	return importer->running == 0 && importer->again == 0 && importer->pass >= importer->n;
}

size_t importer_running(const struct importer *importer)
{
	return importer->running;
}

static struct runtime *find(struct importer *importer, const char *id)
{
	size_t lo = 0, hi = importer->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(importer->v[mid].id, id);
		if (c == 0)
			return &importer->v[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static void watch_sources(struct importer *importer, const struct roster *roster)
{
	const char **paths = xcalloc(roster->n_sources, sizeof *paths);
	for (size_t i = 0; i < roster->n_sources; i++)
		paths[i] = roster->sources[i].path; /* NULL: a URL */
	if (importer->watch)
		watch_set(importer->watch, paths, roster->n_sources);
	xfree(paths);
}

static bool start(struct world *world, struct runtime *r, enum import_ask ask);

/* URLs that are new or fetched another way: at once, but for those of the start, which know how
 * long their servers want to be left alone. */
static void fetch_changed(struct world *world, bool at_start)
{
	const struct publication *p = world->now;
	const struct roster *roster = &p->roster->roster;
	for (size_t i = 0; i < world->importer->n; i++) {
		struct runtime *r = &world->importer->v[i];
		if (!import_fetch_init(&r->fetch, &roster->sources[i], &roster->programme,
				       &p->sources[i]->record))
			continue;
		r->due_at = r->fetch.not_before;
		if (!at_start && !r->running)
			(void)start(world, r, IMPORT_DUE);
	}
}

void importer_roster_changed(struct world *world)
{
	struct importer *importer = world->importer;
	const struct roster *roster = &world->now->roster->roster;
	struct runtime *v = xcalloc(roster->n_sources, sizeof *v);
	for (size_t i = 0; i < roster->n_sources; i++) {
		struct runtime *old = find(importer, roster->sources[i].id);
		if (old)
			v[i] = *old;
		else
			memcpy(v[i].id, roster->sources[i].id, sizeof v[i].id);
		if (old) {
			old->waiters = old->late = NULL;
			old->units = NULL;
		}
	}
	for (size_t i = 0; i < importer->n; i++) { /* those that have gone */
		struct err err;
		(void)err_set(&err, ERR_NOTFOUND, "source %s has left the roster",
			      importer->v[i].id);
		answer_all(&importer->v[i].waiters, &err);
		answer_all(&importer->v[i].late, &err);
		importer->cached -= unit_cache_bytes(importer->v[i].units);
		unit_cache_free(importer->v[i].units);
	}
	xfree(importer->v);
	importer->v = v;
	importer->pass = importer->pass < importer->n ? 0 : roster->n_sources;
	importer->n = roster->n_sources;
	bool at_start = !importer->ready;
	importer->ready = true;
	importer->again = 0;
	for (size_t i = 0; i < importer->n; i++)
		importer->again += v[i].wanted && !v[i].running;
	watch_sources(importer, roster);
	fetch_changed(world, at_start);
}

/* ---- one import ---- */

static void job_free(struct import_job *job)
{
	source_record_fini(&job->record);
	source_diff_unref(job->diff);
	fetch_answer_fini(&job->answer);
	unit_cache_free(job->units);
	publication_unref(job->p);
	xfree(job);
}

/* For an import of @r: what was kept of the last one, and may grow by what is left of the limit. */
static struct unit_cache *lend_units(struct world *world, struct runtime *r)
{
	struct importer *importer = world->importer;
	size_t limit = (size_t)world->settings.unit_cache_bytes;
	struct unit_cache *units = r->units ? r->units : unit_cache_new(0);
	importer->cached -= unit_cache_bytes(r->units);
	r->units = NULL;
	unit_cache_limit(units, limit > importer->cached ? limit - importer->cached : 0);
	return units;
}

/* Others may have grown in the meantime: then it is not kept. */
static void take_units_back(struct world *world, struct runtime *r, struct import_job *job)
{
	struct importer *importer = world->importer;
	size_t bytes = unit_cache_bytes(job->units);
	if (r->units || importer->cached + bytes > (size_t)world->settings.unit_cache_bytes)
		return; /* job_free */
	r->units = job->units;
	job->units = NULL;
	importer->cached += bytes;
}

static void go_on(struct world *world);

static void finish(struct import_job *job, const struct err *err)
{
	struct world *world = job->world;
	struct runtime *r = find(world->importer, job->source);
	world->importer->running--;
	world->importer->posted -= job->posted;
	if (r) {
		r->running = false;
		take_units_back(world, r, job);
		if (r->wanted) {
			r->due_at = 0;
			world->importer->again++;
		}
	}
	if (!err && job->busy_changed)
		replan_source(world, job->source);
	if (r)
		answer_all(&r->waiters, err);
	if (r && world->stopping)
		answer_all(&r->late, err);
	bool failed = err != NULL; /* it may lie in the job */
	job_free(job);
	if (!failed && !world->stopping) { /* else the next tick does it: a full queue needs time */
		importer_retry(world);
		go_on(world);
	}
	replan_go(world);
}

static void import_run(struct job *base)
{
	struct import_job *job = (struct import_job *)base;
	const struct roster *roster = &job->p->roster->roster;
	const struct source *source = roster_source(roster, job->source);
	struct timetable_diff diff = {0};
	bool compared = false;
	struct import_input input = {
		.source = source,
		.programme = &roster->programme,
		.last = &job->p->sources[source - roster->sources]->record,
		.own_host = job->p->host,
		.limits = &job->limits,
		.now = job->now,
		.accept = job->ask == IMPORT_ACCEPT,
		.diff = &diff,
		.compared = &compared,
		.fetched = job->is_url ? &job->answer : NULL,
		.mark = &job->mark,
		.units = job->units,
	};
	job->outcome = import_source(job->world->cage, &input, &job->record);
	job->busy_changed =
		job->outcome == IMPORT_TAKEN &&
		(!busyset_equal(&job->record.busy, &input.last->busy) ||
		 job->record.horizon != input.last->horizon || input.last->fetched_at == 0 ||
		 !lesson_records_equal(&job->record, input.last));
	if (compared)
		job->diff = source_diff_new(job->p, job->source, &diff, job->now,
					    job->outcome == IMPORT_TAKEN);
	timetable_diff_fini(&diff);
}

/* What the last version changed stays known while nothing newer is. */
static struct source_diff *last_diff(const struct publication *p, const char *id)
{
	const struct roster *roster = &p->roster->roster;
	const struct source *source = roster_source(roster, id);
	struct source_diff *diff = source ? p->sources[source - roster->sources]->diff : NULL;
	return diff ? source_diff_ref(diff) : NULL;
}

static bool store_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct import_job *job =
		(struct import_job *)((char *)change - offsetof(struct import_job, change));
	if (!sources_put(desk_db(desk), &job->record, err))
		return false;
	struct source_part *part = source_part_new(&job->record);
	part->diff = job->diff ? source_diff_ref(job->diff)
			       : last_diff(desk_publication(desk), job->source);
	if (part->diff && !part->diff->taken && !part->record.held) {
		source_diff_unref(part->diff); /* what it spoke of is no longer held */
		part->diff = NULL;
	}
	desk_put_source(desk, part);
	return true;
}

static void store_done(struct change *change, const struct err *err)
{
	struct import_job *job =
		(struct import_job *)((char *)change - offsetof(struct import_job, change));
	if (err)
		log_event(LOG_ERROR, "import", "source,error", job->source, err->text);
	finish(job, err || !job->why.code ? err : &job->why);
}

static void log_outcome(const struct import_job *job)
{
	static const char *const words[] = {"same", "taken", "failed", "quarantined"};
	char events[24];
	(void)snprintf(events, sizeof events, "%lld", (long long)job->record.events);
	enum log_level level = job->outcome == IMPORT_SAME    ? LOG_DEBUG
			       : job->outcome == IMPORT_TAKEN ? LOG_INFO
							      : LOG_WARN;
	if (!job->diff) {
		log_event(level, "import", "source,outcome,events,error", job->source,
			  words[job->outcome], events, job->record.error);
		return;
	}
	char changes[80];
	(void)snprintf(changes, sizeof changes, "+%zu -%zu ~%zu", job->diff->added,
		       job->diff->removed, job->diff->moved);
	char breaks[24];
	(void)snprintf(breaks, sizeof breaks, "%zu", job->diff->n_breaks);
	log_event(level, "import", "source,outcome,events,changes,breaks,error", job->source,
		  words[job->outcome], events, changes, breaks, job->record.error);
}

static const struct source *source_of(const struct import_job *job)
{
	return roster_source(&job->p->roster->roster, job->source);
}

static const struct source_record *last_record(const struct import_job *job)
{
	return &job->p->sources[source_of(job) - job->p->roster->roster.sources]->record;
}

/* Whether the store has to hear of it: a state, an error or a timetable that is new. */
static bool worth_storing(const struct import_job *job)
{
	const struct source_record *last = last_record(job);
	const char *was = last->error ? last->error : "";
	const char *is = job->record.error ? job->record.error : "";
	return job->outcome == IMPORT_TAKEN || last->state != job->record.state ||
	       strcmp(was, is) != 0 || strcmp(last->refused_hash, job->record.refused_hash) != 0 ||
	       !last->held != !job->record.held || last->lessons.n != job->record.lessons.n ||
	       last->failures != job->record.failures || last->not_before != job->record.not_before;
}

static void note_checked(struct world *world, const struct import_job *job)
{
	const struct roster *roster = &world->now->roster->roster;
	const struct source *source = roster_source(roster, job->source);
	atomic_store(&world->now->sources[source - roster->sources]->checked_at, job->now);
}

static void import_done(struct job *base, bool cancelled)
{
	struct import_job *job = (struct import_job *)base;
	struct world *world = job->world;
	struct err err = {0};
	if (cancelled || world->stopping) {
		(void)err_set(&err, ERR_UNAVAILABLE, "tandemd is stopping");
		finish(job, &err);
		return;
	}
	if (!roster_source(&world->now->roster->roster, job->source)) {
		(void)err_set(&err, ERR_NOTFOUND, "source %s has left the roster", job->source);
		finish(job, &err);
		return;
	}
	if (job->outcome == IMPORT_FAILED)
		(void)err_set(&job->why, ERR_PARSE, "%s", job->record.error);
	struct runtime *r = find(world->importer, job->source);
	if (job->is_url && r)
		r->due_at = import_fetch_settle(
			&r->fetch, &job->answer, source_of(job), job->outcome, last_record(job),
			world->settings.fetch.backoff_s, clock_now(), &job->record);
	log_outcome(job);
	if (r)
		r->mark = job->mark;
	if (job->outcome == IMPORT_SAME)
		note_checked(world, job);
	if (!worth_storing(job)) {
		finish(job, job->why.code ? &job->why : NULL);
		return;
	}
	job->change = (struct change){.apply = store_apply, .done = store_done};
	if (change_post(world, &job->change, &err))
		return;
	if (r) /* what was read is not lost: it is read again when the queue has room */
		r->wanted = true;
	finish(job, &err);
}

/* ---- a URL: its bytes come first ---- */

static bool post(struct import_job *job)
{
	struct worker *worker = job->world->worker;
	/* who asked is waiting */
	job->posted = job->ask != IMPORT_DUE ? worker_post_first(worker, LANE_IMPORT, &job->job)
					     : worker_post(worker, LANE_IMPORT, &job->job);
	job->world->importer->posted += job->posted;
	return job->posted;
}

static void post_fetched(struct import_job *job)
{
	struct world *world = job->world;
	struct runtime *r = find(world->importer, job->source);
	struct err err;
	if (post(job))
		return;
	(void)err_set(&err, ERR_CONFLICT, "too many imports at once; try again");
	if (r)
		r->wanted = true;
	finish(job, &err);
}

static void on_fetched(void *ctx, struct fetch_answer *answer);

static void fetch(struct import_job *job, const struct runtime *r)
{
	const struct roster *roster = &job->p->roster->roster;
	memcpy(job->key, r->fetch.key, sizeof job->key);
	job->is_url = true;
	import_fetch_start(job->world, &r->fetch, source_of(job), &roster->programme,
			   last_record(job), on_fetched, job);
}

/* The roster is new since the fetch began, and the source is another one in it. */
static void fetch_again(struct import_job *job, const struct runtime *r)
{
	fetch_answer_fini(&job->answer);
	job->is_url = source_of(job)->url != NULL;
	if (job->is_url)
		fetch(job, r);
	else
		post_fetched(job);
}

static void on_fetched(void *ctx, struct fetch_answer *answer)
{
	struct import_job *job = ctx;
	struct world *world = job->world;
	struct runtime *r = find(world->importer, job->source);
	job->answer = *answer;
	*answer = (struct fetch_answer){0};
	if (world->stopping || !r) { /* import_done has the words for both */
		import_done(&job->job, false);
		return;
	}
	publication_unref(job->p);
	job->p = publication_ref(world->now);
	job->now = clock_now();
	job->limits = world->settings.import;
	if (strcmp(job->key, r->fetch.key) != 0) {
		fetch_again(job, r);
	} else if (import_fetch_is_nothing(&job->answer, source_of(job), last_record(job))) {
		job->outcome = IMPORT_SAME;
		note_checked(world, job);
		r->due_at =
			import_fetch_settle(&r->fetch, &job->answer, source_of(job), IMPORT_SAME,
					    last_record(job), 0, clock_now(), &job->record);
		finish(job, NULL);
	} else {
		post_fetched(job);
	}
}

/* ---- starting ---- */

/* Something is held, and (@current) it was read as the roster says now. */
static bool in_quarantine(const struct world *world, const char *source, bool current)
{
	const struct roster *roster = &world->now->roster->roster;
	const struct source *s = roster_source(roster, source);
	const struct source_record *record =
		s ? &world->now->sources[s - roster->sources]->record : NULL;
	char config[33];
	if (!record || !record->held)
		return false;
	import_config_hash(s, &roster->programme, config);
	return !current || import_holds(record, config);
}

static bool start(struct world *world, struct runtime *r, enum import_ask ask)
{
	const struct source *source = roster_source(&world->now->roster->roster, r->id);
	if (ask == IMPORT_ACCEPT && !in_quarantine(world, r->id, true))
		ask = IMPORT_REFRESH; /* the policy is another one, or it went while it waited */
	bool full = world->importer->posted >= (size_t)world->settings.imports_at_once;
	if (world->stopping || (full && ask == IMPORT_DUE && !source->url))
		return false;
	struct import_job *job = xcalloc(1, sizeof *job);
	*job = (struct import_job){
		.job = {.run = import_run, .done = import_done},
		.world = world,
		.p = publication_ref(world->now),
		.limits = world->settings.import,
		.now = clock_now(),
		.ask = ask,
		.units = lend_units(world, r),
		.mark = r->mark,
	};
	memcpy(job->source, r->id, sizeof job->source);
	if (source->url && ask != IMPORT_ACCEPT) {
		fetch(job, r);
	} else if (!post(job)) {
		take_units_back(world, r, job);
		job_free(job); /* the queue is full: it stays due */
		return false;
	}
	world->importer->again -= r->wanted;
	r->wanted = false;
	r->running = true;
	r->waiters = r->late;
	r->late = NULL;
	r->next = IMPORT_DUE;
	r->due_at = clock_now() + source->policy.refresh_s;
	world->importer->running++;
	return true;
}

/* As much of the pass as there is room for. */
static void go_on(struct world *world)
{
	struct importer *importer = world->importer;
	utc_t now = clock_now();
	for (; importer->pass < importer->n; importer->pass++) {
		struct runtime *r = &importer->v[importer->pass];
		if (!r->running && r->due_at <= now && !start(world, r, IMPORT_DUE))
			return;
	}
}

static void tell_left_out(struct importer *importer)
{
	size_t n = watch_left_out(importer->watch);
	char text[24];
	if (n == importer->left_out)
		return;
	importer->left_out = n;
	(void)snprintf(text, sizeof text, "%zu", n);
	log_event(LOG_WARN, "watch", "unwatched_folders,why", text,
		  "more than [import] watch_folders: what is in them is seen at the next refresh");
}

void importer_tick(struct world *world, utc_t now, bool all)
{
	struct importer *importer = world->importer;
	for (size_t i = 0; all && i < importer->n; i++)
		if (!importer->v[i].running && importer->v[i].fetch.not_before <= now)
			importer->v[i].due_at = UTC_MIN;
	if (importer->watch)
		tell_left_out(importer);
	importer_retry(world);
	if (importer->pass >= importer->n || all)
		importer->pass = 0;
	go_on(world);
}

/* A file or directory that a source is read from. */
static void source_changed(void *ctx, size_t index)
{
	struct importer *importer = ctx;
	struct runtime *r = index < importer->n ? &importer->v[index] : NULL;
	if (!r || importer->world->stopping || r->wanted)
		return;
	r->wanted = true;
	importer->again += !r->running;
	importer_retry(importer->world);
}

void importer_retry(struct world *world)
{
	for (size_t i = 0; world->importer->again && i < world->importer->n; i++) {
		struct runtime *r = &world->importer->v[i];
		if (r->wanted && !r->running && !start(world, r, r->next))
			break;
	}
}

/* ---- reject: no reading, only a mark ---- */

struct reject {
	struct change change;
	id_text source;
	import_done_fn *done;
	void *ctx;
};

static bool reject_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct reject *reject = (struct reject *)change;
	const struct publication *p = desk_publication(desk);
	const struct source *source = roster_source(&p->roster->roster, reject->source);
	struct source_record_list list = {0};
	bool ok = false;
	if (!source)
		return err_set(err, ERR_NOTFOUND, "no source %s", reject->source);
	if (!sources_load(desk_db(desk), &list, err))
		return false;
	for (size_t i = 0; i < list.n && !ok; i++) {
		struct source_record *r = &list.v[i];
		if (strcmp(r->id, reject->source) != 0 || !r->held)
			continue;
		if (r->state == SOURCE_QUARANTINED) { /* else it has failed since */
			r->state = SOURCE_FRESH;
			xfree(r->error);
			r->error = NULL;
		}
		r->rejected = true;
		source_record_drop_held(r);
		ok = sources_put(desk_db(desk), r, err);
		if (ok)
			desk_put_source(desk, source_part_new(r)); /* forgets what was refused */
	}
	source_record_list_fini(&list);
	return ok || err->code != ERR_NONE ||
	       err_set(err, ERR_NOTFOUND, "nothing of %s is in quarantine", reject->source);
}

static void reject_done(struct change *change, const struct err *err)
{
	struct reject *reject = (struct reject *)change;
	reject->done(reject->ctx, err);
	xfree(reject);
}

bool importer_ask(struct world *world, const char *source, enum import_ask ask,
		  import_done_fn *done, void *ctx, struct err *err)
{
	struct runtime *r = find(world->importer, source);
	if (!r)
		return err_set(err, ERR_NOTFOUND, "no source %s; `source list` names them", source);
	if (ask == IMPORT_REJECT) {
		struct reject *reject = xcalloc(1, sizeof *reject);
		reject->change = (struct change){.apply = reject_apply, .done = reject_done};
		memcpy(reject->source, r->id, sizeof r->id);
		reject->done = done;
		reject->ctx = ctx;
		if (change_post(world, &reject->change, err))
			return true;
		xfree(reject);
		return false;
	}
	if (ask == IMPORT_ACCEPT && !in_quarantine(world, source, false))
		return err_set(err, ERR_NOTFOUND, "nothing of %s is in quarantine", source);
	bool ran = r->running;
	r->mark.failures = 0; /* somebody wants to know */
	if (!ran && !start(world, r, ask))
		return err_set(err, ERR_CONFLICT, "too many imports at once; try again");
	/* what runs already may have read what was there before */
	struct waiter **list = ran ? &r->late : &r->waiters;
	struct waiter *w = xcalloc(1, sizeof *w);
	*w = (struct waiter){done, ctx, *list};
	*list = w;
	r->wanted |= ran;
	if (ran && r->next != IMPORT_ACCEPT)
		r->next = ask;
	return true;
}
