/* reload_commit.c -- the way of a reload through the threads: prepared on an import thread (it
 * reads files and waits for the cage), stored in one change, swapped with it. */
#include "work/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "work/body.h"
#include "work/change.h"
#include "work/id_set.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/replan.h"

#include <string.h>

enum { TRIES_MAX = 5, WAITING_MAX = 32 };

struct reload_job {
	struct job job;
	struct reload_job *next; /* waits until this one has ended */
	struct change change;
	struct world *world;
	struct publication *p;
	struct reload *reload;
	struct settings running; /* shallow: only a reload changes them, one at a time */
	reload_done_fn *done;
	void *ctx;
	struct err err;
	bool ok;
	int tries;
};

static bool post(struct reload_job *job, struct err *err)
{
	publication_unref(job->p);
	job->p = publication_ref(job->world->now);
	job->running = job->world->settings;
	job->tries++;
	if (job->world->stopping)
		return err_set(err, ERR_UNAVAILABLE, "tandemd is stopping");
	if (worker_post(job->world->worker, LANE_IMPORT, &job->job))
		return true;
	return err_set(err, ERR_CONFLICT, "too much to do at once; try again");
}

/* Answers, and lets the next one begin: one at a time, since each is planned on what the last
 * one left, and the newest files have to win. */
static void finish(struct reload_job *job, const struct err *err)
{
	struct world *world = job->world;
	struct err failed = {0};
	while (job) {
		job->done(job->ctx, job->reload, err);
		world->reloading = job->next;
		publication_unref(job->p);
		xfree(job);
		job = world->reloading;
		if (job && post(job, &failed))
			return;
		err = &failed;
	}
}

static void prepare_run(struct job *base)
{
	struct reload_job *job = (struct reload_job *)base;
	job->ok = reload_prepare(job->reload, job->p, job->world->cage, &job->running,
				 job->world->conf_path, clock_now(), &job->err);
}

bool reload_ensure_links(struct db *db, const struct roster *roster, utc_t now, struct err *err)
{
	static const enum link_kind of_person[] = {LINK_ME, LINK_FEED, LINK_BUSY};
	static const enum link_kind of_duo[] = {LINK_FEED, LINK_BUSY};
	static const enum link_kind of_programme[] = {LINK_FEED, LINK_BUSY, LINK_REPORT};
	static const char *const labels[LINK_KIND_COUNT] = {[LINK_ME] = "page",
							    [LINK_FEED] = "calendar",
							    [LINK_BUSY] = "busy",
							    [LINK_REPORT] = "report"};
	struct link_list links = {0};
	struct id_set owners = {0};
	if (!links_load(db, &links, err))
		return false;
	for (size_t i = 0; i < links.n; i++)
		id_set_add(&owners, links.v[i].owner);
	bool ok = true;
	size_t n = roster->n_persons + roster->n_duos + 1;
	for (size_t i = 0; i < n && ok; i++) {
		bool is_person = i < roster->n_persons, is_duo = !is_person && i < n - 1;
		const char *owner = is_person ? roster->persons[i].id
				    : is_duo  ? roster->duos[i - roster->n_persons].id
					      : "programme";
		const enum link_kind *kinds = is_person ? of_person
					      : is_duo	? of_duo
							: of_programme;
		size_t n_kinds = is_duo ? 2 : 3;
		bool has = id_set_has(&owners, owner);
		for (size_t k = 0; k < n_kinds && !has && ok; k++) {
			struct link link = {.kind = kinds[k],
					    .generation = 1,
					    .created_at = now,
					    .client = CLIENT_OTHER,
					    .alarm_min = ALARM_NONE,
					    .label = (char *)labels[kinds[k]]};
			memcpy(link.owner, owner, strlen(owner) + 1);
			ok = links_add(db, &link, err);
		}
	}
	link_list_fini(&links);
	id_set_fini(&owners);
	return ok;
}

static struct reload_job *job_of(struct change *change)
{
	return (struct reload_job *)((char *)change - offsetof(struct reload_job, change));
}

static bool forget_sources(struct desk *desk, const struct roster *was, const struct roster *is,
			   struct err *err)
{
	for (size_t i = 0; i < was->n_sources; i++)
		if (!roster_source(is, was->sources[i].id) &&
		    !sources_forget(desk_db(desk), was->sources[i].id, err))
			return false;
	return true;
}

static bool renames_apply(struct desk *desk, const struct roster *is)
{
	for (size_t i = 0; i < is->n_duos; i++)
		if (is->duos[i].was[0]) {
			desk_touch_duo(desk, is->duos[i].was);
			desk_touch_duo(desk, is->duos[i].id);
			desk_touch_owed(desk, is->duos[i].was);
			desk_touch_owed(desk, is->duos[i].id);
		}
	return true;
}

static bool url_apply(struct desk *desk, const struct settings *running, const struct reload *r,
		      struct err *err)
{
	char *url = settings_url(running, &r->settings);
	bool ok = true;
	if (strcmp(url, desk_publication(desk)->url) != 0) {
		desk_put_url(desk, url);
		ok = db_meta_put(desk_db(desk), "url", url, strlen(url), err);
	}
	xfree(url);
	return ok;
}

/* What stands in feeds. */
static void limits_apply(struct desk *desk, const struct reload *r)
{
	struct feed_limits limits = body_limits(&r->settings);
	const struct feed_limits *was = &desk_publication(desk)->limits;
	if (limits.past_s != was->past_s || limits.ahead_s != was->ahead_s ||
	    limits.tombstone_s != was->tombstone_s)
		desk_put_limits(desk, &limits);
}

static bool store_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct reload *r = job_of(change)->reload;
	struct db *db = desk_db(desk);
	const struct roster *is = &r->roster->roster;
	utc_t now = desk_now(desk);
	if (!people_apply(db, is, &r->roster->bundle, now, err) ||
	    !decisions_apply(desk, r->decisions, r->n_decisions, "reload", NULL, err) ||
	    !obligations_follow_reload(desk, r->roster, err) ||
	    !reload_ensure_links(db, is, now, err) ||
	    !forget_sources(desk, &desk_publication(desk)->roster->roster, is, err) ||
	    !renames_apply(desk, is) || !url_apply(desk, &job_of(change)->running, r, err))
		return false;
	limits_apply(desk, r);
	for (size_t i = 0; i < r->n_sources; i++)
		if (!sources_put(db, &r->sources[i]->record, err))
			return false;
	desk_put_roster(desk, roster_part_ref(r->roster));
	for (size_t i = 0; i < r->n_sources; i++)
		desk_put_source(desk, source_part_ref(r->sources[i]));
	desk_touch_links(desk);
	desk_touch_retired(desk);
	return desk_audit(desk, r->who, "reload", "reload", NULL, r->hash, NULL, err);
}

static bool prepare_again(struct reload_job *job);

static void store_done(struct change *change, const struct err *err)
{
	struct reload_job *job = job_of(change);
	struct world *world = job->world;
	struct reload *r = job->reload;
	if (err && err->code == ERR_CONFLICT && job->tries < TRIES_MAX && prepare_again(job))
		return;
	if (!err) {
		world_roster_current(world);
		settings_take_reloadable(&world->settings, &r->settings);
		log_init_words(world->settings.log_level, world->settings.log_format);
		importer_roster_changed(world);
		mailer_reconcile(world);
		for (size_t i = 0; i < r->n_replan; i++)
			replan_duo(world, r->replan[i]);
		if (r->n_replan) /* until now nobody could ask the renamed ones to make room */
			replan_group(world);
		replan_go(world);
	}
	finish(job, err);
}

static void prepare_done(struct job *base, bool cancelled)
{
	struct reload_job *job = (struct reload_job *)base;
	struct err err;
	if (cancelled) {
		(void)err_set(&err, ERR_UNAVAILABLE, "tandemd is stopping");
		finish(job, &err);
		return;
	}
	if (!job->ok || job->reload->dry_run) {
		finish(job, job->ok ? NULL : &job->err);
		return;
	}
	job->change = (struct change){.apply = store_apply, .done = store_done};
	if (!change_post(job->world, &job->change, &err))
		finish(job, &err);
}

/* Sessions changed between planning and storing: plan on what is there now. */
static bool prepare_again(struct reload_job *job)
{
	struct reload *r = job->reload;
	struct reload fresh = {.dry_run = r->dry_run, .who = r->who};
	struct err err;
	memcpy(fresh.accept, r->accept, sizeof fresh.accept);
	r->who = NULL;
	reload_fini(r);
	*r = fresh;
	return post(job, &err);
}

bool reload_start(struct world *world, struct reload *reload, reload_done_fn *done, void *ctx,
		  struct err *err)
{
	struct reload_job *job = xcalloc(1, sizeof *job);
	*job = (struct reload_job){
		.job = {.run = prepare_run, .done = prepare_done},
		.world = world,
		.reload = reload,
		.done = done,
		.ctx = ctx,
	};
	struct reload_job **last = &world->reloading;
	int waiting = 0;
	while (*last && ++waiting <= WAITING_MAX)
		last = &(*last)->next;
	bool ok = waiting <= WAITING_MAX
			  ? waiting > 0 || post(job, err)
			  : err_set(err, ERR_CONFLICT, "too many reloads are waiting; try again");
	if (ok) {
		*last = job;
		return true;
	}
	publication_unref(job->p);
	xfree(job);
	return false;
}
