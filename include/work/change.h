/* work/change.h -- the only way to change anything that is stored.
 *
 * A change is posted from the loop, applied on the store thread inside a savepoint of its own,
 * committed together with its neighbours, and answered on the loop when the publication that
 * contains it is being served. One that fails leaves nothing behind and harms no neighbour. */
#ifndef WORK_CHANGE_H
#define WORK_CHANGE_H

#include "store/audit.h"
#include "work/world.h"

struct desk; /* what apply() works at; store thread */

struct change {
	struct job job;	     /* first: the worker's */
	struct world *world; /* set by change_post */
	/* Store thread. Reads through desk_db and desk_publication, writes through store/, and
	 * says what it touched. False: rolled back, *err is answered. */
	bool (*apply)(struct change *change, struct desk *desk, struct err *err);
	/* Loop thread, exactly once. @err NULL: done, and served now. */
	void (*done)(struct change *change, const struct err *err);
	bool dry_run;	/* applied and undone: done() sees what would have come of it */
	struct err err; /* the module's */
};

/* Loop thread. False when the queue is full or the daemon is stopping: *err says so, and the
 * change is still the caller's. */
bool change_post(struct world *world, struct change *change, struct err *err) NODISCARD;

/* The same, also while the daemon is stopping: for what cannot be found out again. */
bool change_post_last(struct world *world, struct change *change, struct err *err) NODISCARD;

struct db *desk_db(struct desk *desk);
/* As it will be served: with everything that earlier changes of this group did. Borrowed. */
const struct publication *desk_publication(struct desk *desk);
utc_t desk_now(struct desk *desk);

/* What the store says of a person by now goes @into a publication that is only thought of: for
 * who plans within a change that has written hours. */
bool desk_read_person(struct desk *desk, struct publication *into, const char *id,
		      struct err *err) NODISCARD;

/* What changed: it is read again from the store, and the feeds that show it are new. Where events
 * say something else because of a new roster, address or source, their LAST-MODIFIED grows. */
void desk_touch_duo(struct desk *desk, const char *duo);
void desk_touch_person(struct desk *desk, const char *person);
void desk_touch_owed(struct desk *desk, const char *duo); /* what it owes, and who is shown it */
void desk_touch_links(struct desk *desk);
void desk_touch_retired(struct desk *desk); /* the list of who has left */
void desk_touch_day(struct desk *desk);	    /* a day has begun: the windows of feeds move */
void desk_put_roster(struct desk *desk, struct roster_part *part); /* takes the reference over */
void desk_put_url(struct desk *desk, const char *url);		   /* how people reach us */
void desk_put_limits(struct desk *desk, const struct feed_limits *limits);
void desk_put_source(struct desk *desk, struct source_part *part); /* likewise */

/* Sets sequence and last_modified of @s as RFC 5545 and design 5 want it, given what it @was
 * (NULL: new): sequence grows when time, room or status changed after it was published, for
 * anybody: who has left it is told that it is cancelled; last_modified always grows. */
void session_stamp(struct session *s, const struct session *was, utc_t now);
/* session_stamp, sessions_insert or sessions_update, touch: one session's change. */
bool desk_save_session(struct desk *desk, struct session *s, const struct session *was,
		       struct err *err) NODISCARD;
bool desk_audit(struct desk *desk, const char *who, const char *way, const char *what,
		const char *was, const char *is, const char *why, struct err *err) NODISCARD;

/* The worker's group function for the store lane; @ctx is the world. */
void change_group(void *ctx, struct job **jobs, size_t n);

/* Store thread, at start: opens nothing, reads everything of @db into a first publication. */
bool change_first_publication(struct world *world, struct db *db, struct roster_part *roster,
			      struct err *err) NODISCARD;

#endif
