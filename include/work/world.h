/* work/world.h -- the running daemon's root: what the loop thread owns and the store thread owns.
 *
 * Fields are grouped by the thread that may touch them. There is one world; main() makes it and
 * hands it to the modules of work/ and serve/. */
#ifndef WORK_WORLD_H
#define WORK_WORLD_H

#include "io/cage.h"
#include "io/worker.h"
#include "setup/settings.h"
#include "store/db.h"
#include "work/mailing.h"
#include "work/publication.h"

#include <uv.h>

struct fetcher;	   /* io/fetch.c */
struct importer;   /* work/importer.c */
struct replanner;  /* work/replan.c */
struct mailer;	   /* work/mailer.c */
struct ticker;	   /* work/tick.c */
struct reload_job; /* work/reload_commit.c */

struct world {
	/* set before any thread runs, constant afterwards */
	uv_loop_t *loop;
	struct worker *worker;
	struct cage *cage;
	unsigned char key[32]; /* of link tokens */
	char *conf_path;

	/* loop thread */
	struct settings settings; /* replaced as a whole by a reload */
	struct publication *now;  /* what is served; never NULL once ready */
	struct importer *importer;
	struct fetcher *fetcher; /* NULL once closed */
	struct replanner *replanner;
	struct ticker *ticker;
	struct mailer *mailer;
	struct rosterwatch *rosterwatch;
	size_t changes;		      /* posted to the store and not yet answered */
	struct reload_job *reloading; /* the one under way; others wait behind it */
	bool stopping;
	struct { /* the roster on disk, when it is not what runs */
		bool stale;
		char *why; /* a sentence */
	} roster;
	char *last_diff; /* of the last reload, for status; may be NULL */

	/* store thread */
	struct db *db;
	struct publication *head; /* the newest committed */
	struct mailing mailing;

	/* store thread writes, loop thread takes */
	_Atomic(struct publication *) pending;
	atomic_bool mail_news; /* somebody is to be told something */
};

/* Loop thread: makes the newest committed publication the served one. */
void world_adopt(struct world *world);
/* Loop thread: a reload that nobody waits for has ended: logged, and shown in status. */
struct reload;
void world_note_reload(struct world *world, const struct reload *reload, const struct err *err);
/* Loop thread: the roster on disk is the one that runs. */
void world_roster_current(struct world *world);
/* Loop thread: true when nothing is running that could still change the publication. */
bool world_idle(const struct world *world);

#endif
