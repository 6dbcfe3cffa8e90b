/* start.c -- see the header.
 *
 *   read the roster (import thread) -> open the store, first publication (store thread)
 *      -> serve; imports and planning begin -> the roster on disk by way of a reload
 */
#include "work/start.h"

#include "base/clock.h"
#include "base/log.h"
#include "work/change.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/reload.h"
#include "work/replan.h"
#include "work/tick.h"
#include "work/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct start_job {
	struct job job;
	struct world *world;
	struct start_options options;
	start_done_fn *done;
	void *ctx;
	struct roster_part *roster; /* of the files; NULL when faulty */
	struct faults faults;
	struct err err;
	bool ok;
	bool first; /* the store was empty: the files' roster is what runs */
};

bool start_check(const char *conf_path, struct faults *faults)
{
	struct settings settings;
	bool sound = settings_read(conf_path, &settings, faults);
	if (settings.roster_file) {
		struct roster_part *roster = reload_read_roster(
			settings.roster_file, NULL, &settings.import, clock_now(), faults);
		roster_part_unref(roster);
	}
	settings_fini(&settings);
	return sound && faults->n == 0;
}

static void finish(struct start_job *s)
{
	s->done(s->ctx, s->ok ? NULL : &s->err, &s->faults);
	roster_part_unref(s->roster);
	faults_fini(&s->faults);
	xfree(s);
}

/* ---- the clock ---- */

static bool read_stored_clock(struct db *db, const char *argument, struct clock_state *state)
{
	struct buf value = {0}, said = {0};
	struct err none;
	char word[16];
	long long n;
	bool ok = db_meta_get(db, "clock", &value, &none) &&
		  sscanf(buf_str(&value), "%15s %lld", word, &n) == 2;
	/* The same --clock as before goes on where it was; another one begins anew. */
	if (ok && argument)
		ok = db_meta_get(db, "clock_said", &said, &none) &&
		     strcmp(buf_str(&said), argument) == 0;
	if (ok)
		*state = (struct clock_state){strcmp(word, "frozen") == 0, n};
	buf_fini(&value);
	buf_fini(&said);
	return ok;
}

/* "T" or "T+" in the programme's zone, or with Z. */
static bool set_clock(const char *argument, const struct zone *zone, struct err *err)
{
	char *text = xstrdup(argument);
	size_t n = strlen(text);
	bool runs = n && text[n - 1] == '+';
	local_t local;
	bool utc;
	if (runs)
		text[n - 1] = '\0';
	bool ok = parse_moment(text, &local, &utc, err);
	xfree(text);
	if (!ok)
		return err_wrap(err, "--clock");
	utc_t at = utc ? local : zone_to_utc(zone, local);
	if (runs)
		clock_run_from(at);
	else
		clock_freeze(at);
	return true;
}

static bool start_clock(struct db *db, const char *argument, const struct zone *zone,
			struct err *err)
{
	struct clock_state state;
	if (read_stored_clock(db, argument, &state)) {
		clock_restore(state);
		return true;
	}
	if (!argument)
		return true;
	if (!set_clock(argument, zone, err))
		return false;
	char text[64];
	state = clock_state();
	int n = snprintf(text, sizeof text, "%s %lld", state.frozen ? "frozen" : "running",
			 (long long)state.value);
	return db_meta_put(db, "clock", text, (size_t)n, err) &&
	       db_meta_put(db, "clock_said", argument, strlen(argument), err);
}

/* ---- the store ---- */

static bool has_links(struct db *db, bool *has, struct err *err)
{
	struct link_list links = {0};
	if (!links_load(db, &links, err))
		return false;
	*has = links.n > 0;
	link_list_fini(&links);
	return true;
}

/* The roster that runs: the last good one of the store, else the files'. */
static struct roster_part *running_roster(struct start_job *s, struct db *db)
{
	struct buf bundle = {0};
	utc_t loaded_at;
	struct err err;
	struct faults old = {0};
	struct world *w = s->world;
	if (people_bundle(db, &bundle, &loaded_at, &err)) {
		struct roster_part *part =
			reload_parse_bundle(&bundle, w->cage, &w->settings.import, loaded_at, &old);
		faults_fini(&old);
		if (part)
			return part;
	}
	buf_fini(&bundle);
	s->first = true;
	if (s->roster)
		return roster_part_ref(s->roster);
	(void)err_set(&s->err, ERR_CONFIG,
		      "%zu fault%s in the roster, and no earlier one in the store",
		      s->faults.n + s->faults.dropped, s->faults.n == 1 ? "" : "s");
	return NULL;
}

static bool first_transaction(struct start_job *s, struct db *db, struct roster_part *roster)
{
	struct world *w = s->world;
	struct err *err = &s->err;
	if (!db_begin(db, err))
		return false;
	bool ok = start_clock(db, s->options.clock, roster->roster.programme.zone, err);
	if (ok && s->first) {
		roster->loaded_at = clock_now();
		ok = people_apply(db, &roster->roster, &roster->bundle, clock_now(), err) &&
		     obligations_first(db, roster, clock_now(), err) &&
		     reload_ensure_links(db, &roster->roster, clock_now(), err);
	}
	ok = ok && change_first_publication(w, db, roster_part_ref(roster), err);
	if (ok)
		return db_commit(db, err);
	db_rollback(db);
	return false;
}

static void open_store(struct job *job)
{
	struct start_job *s = (struct start_job *)job;
	struct world *w = s->world;
	bool has = false;
	struct db *db = db_open(w->settings.store_path, &s->err);
	if (!db)
		return;
	w->db = db;
	if (db_copy_made(db))
		log_event(LOG_WARN, "store", "copy,why", db_copy_made(db),
			  "the store as it was before this version, titles of lessons included "
			  "where the roster asked for them; delete it when all is well");
	struct roster_part *roster = NULL;
	s->ok = has_links(db, &has, &s->err) &&
		token_key_load(w->settings.key_path, !has, w->key, &s->err) &&
		(roster = running_roster(s, db)) != NULL && first_transaction(s, db, roster);
	roster_part_unref(roster);
}

/* ---- afterwards ---- */

static void caught_up(void *ctx, struct reload *reload, const struct err *err)
{
	struct world *world = ctx;
	world_note_reload(world, reload, err);
	reload_fini(reload);
	xfree(reload);
	replan_all(world);
	importer_tick(world, clock_now(), false);
	replan_go(world);
}

/* The files' roster may differ from the one that runs: it is taken as a reload is. */
static void catch_up(struct world *world)
{
	struct reload *reload = xcalloc(1, sizeof *reload);
	struct err failed;
	reload->who = xstrdup("start");
	if (!reload_start(world, reload, caught_up, world, &failed))
		caught_up(world, reload, &failed);
}

static void go_on(struct start_job *s)
{
	struct world *world = s->world;
	if (!s->first) {
		catch_up(world);
		return;
	}
	replan_all(world);
	importer_tick(world, clock_now(), false);
	replan_go(world);
}

static void opened(struct job *job, bool cancelled)
{
	struct start_job *s = (struct start_job *)job;
	if (cancelled)
		(void)err_set(&s->err, ERR_UNAVAILABLE, "tandemd is stopping");
	if (s->ok && !cancelled && !s->world->stopping) {
		world_adopt(s->world);
		importer_roster_changed(s->world);
		mailer_start(s->world);
		go_on(s);
		ticker_start(s->world);
	}
	finish(s);
}

/* ---- the files ---- */

static void read_files(struct job *job)
{
	struct start_job *s = (struct start_job *)job;
	s->roster = reload_read_roster(s->world->settings.roster_file, s->world->cage,
				       &s->world->settings.import, clock_now(), &s->faults);
}

static void files_read(struct job *job, bool cancelled)
{
	struct start_job *s = (struct start_job *)job;
	s->job.run = open_store;
	s->job.done = opened;
	if (!cancelled && worker_post(s->world->worker, LANE_STORE, &s->job))
		return;
	(void)err_set(&s->err, ERR_UNAVAILABLE, "tandemd is stopping");
	finish(s);
}

void start_world(struct world *world, const struct start_options *options, start_done_fn *done,
		 void *ctx)
{
	struct start_job *s = xcalloc(1, sizeof *s);
	*s = (struct start_job){.job = {.run = read_files, .done = files_read},
				.world = world,
				.options = *options,
				.done = done,
				.ctx = ctx};
	if (!worker_post(world->worker, LANE_IMPORT, &s->job)) {
		(void)err_set(&s->err, ERR_BUG, "no worker threads");
		finish(s);
	}
}
