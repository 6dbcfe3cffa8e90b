/* rosterwatch.c -- see the header.
 *
 *   WAITING --timer--> HASHING (import thread) --differs--> RELOADING --> WAITING */
#include "work/rosterwatch.h"

#include "base/hash.h"
#include "base/log.h"
#include "setup/roster.h"
#include "work/reload.h"

#include <string.h>

enum { EVERY_MS = 3000 };

struct rosterwatch {
	struct job job;
	uv_timer_t timer;
	struct world *world;
	char *path;	  /* copied for the thread */
	char hash[33];	  /* what is on disk; "" when it cannot be read */
	char refused[33]; /* not tried again */
	bool busy, closing, closed;
};

static void free_if_done(struct rosterwatch *w)
{
	if (!w->closed || w->busy)
		return;
	xfree(w->path);
	xfree(w);
}

static void hash_run(struct job *job)
{
	struct rosterwatch *w = (struct rosterwatch *)job;
	struct roster_bundle bundle = {0};
	struct faults faults = {0};
	w->hash[0] = '\0';
	if (roster_collect(w->path, &bundle, &faults))
		hash_text(bundle.bytes.v, bundle.bytes.n, w->hash);
	roster_bundle_fini(&bundle);
	faults_fini(&faults);
}

static void reloaded(void *ctx, struct reload *reload, const struct err *err)
{
	struct rosterwatch *w = ctx;
	world_note_reload(w->world, reload, err);
	if (err)
		memcpy(w->refused, w->hash, sizeof w->refused);
	reload_fini(reload);
	xfree(reload);
	w->busy = false;
	free_if_done(w);
}

static void hash_done(struct job *job, bool cancelled)
{
	struct rosterwatch *w = (struct rosterwatch *)job;
	struct world *world = w->world;
	struct err err;
	w->busy = false;
	/* A fault that was mended by taking the change back: what is on disk runs. */
	if (!cancelled && strcmp(w->hash, world->now->roster->roster.hash) == 0)
		world_roster_current(world);
	bool changed = !cancelled && !w->closing && w->hash[0] &&
		       strcmp(w->hash, world->now->roster->roster.hash) != 0 &&
		       strcmp(w->hash, w->refused) != 0;
	if (changed) {
		struct reload *reload = xcalloc(1, sizeof *reload);
		reload->who = xstrdup("watch");
		w->busy = reload_start(world, reload, reloaded, w, &err);
		if (!w->busy) {
			reload_fini(reload);
			xfree(reload);
		}
	}
	free_if_done(w);
}

static void on_timer(uv_timer_t *timer)
{
	struct rosterwatch *w = timer->data;
	if (w->busy || w->world->stopping || !w->world->settings.roster_watch)
		return;
	xfree(w->path);
	w->path = xstrdup(w->world->settings.roster_file);
	w->busy = worker_post(w->world->worker, LANE_IMPORT, &w->job);
}

struct rosterwatch *rosterwatch_new(struct world *world)
{
	struct rosterwatch *w = xcalloc(1, sizeof *w);
	w->job = (struct job){.run = hash_run, .done = hash_done};
	w->world = world;
	w->timer.data = w;
	(void)uv_timer_init(world->loop, &w->timer);
	(void)uv_timer_start(&w->timer, on_timer, EVERY_MS, EVERY_MS);
	return w;
}

static void on_closed(uv_handle_t *handle)
{
	struct rosterwatch *w = handle->data;
	w->closed = true;
	free_if_done(w);
}

void rosterwatch_close(struct rosterwatch *w)
{
	if (!w)
		return;
	w->closing = true;
	uv_close((uv_handle_t *)&w->timer, on_closed);
}
