/* work/reload.h -- taking a new roster, all or nothing (design 7-operations, "Reload"):
 * read and check aside -> compare -> plan what changes -> one transaction, one swap.
 *
 * A fault anywhere, or a reload that would cancel too much, leaves everything as it was. */
#ifndef WORK_RELOAD_H
#define WORK_RELOAD_H

#include "work/obligations.h"
#include "work/rosterdiff.h"
#include "work/task.h"
#include "work/world.h"

struct reload {
	/* asked */
	bool dry_run;
	char accept[33]; /* hash that an admin accepts, or "" */
	char *who;	 /* for the audit log; owned */
	/* answered */
	struct faults faults;
	struct diff diff;
	char hash[33];
	size_t moved, cancelled, booked, provisional;
	int32_t cancelled_min, booked_min;
	struct obligation_counts obligations;
	bool held_back;
	struct settings settings; /* what the file says now */
	bool settings_ok;
	struct roster_part *roster;
	struct source_part **sources;
	size_t n_sources;
	struct decisions *decisions;
	size_t n_decisions;
	id_text *replan; /* duos to be planned afterwards (renamed ones) */
	size_t n_replan;
};
void reload_fini(struct reload *reload);

/* Any thread that may block: everything but storing. @p is what runs now. False: *err (and
 * reload->faults) say why; the diff is there as far as it got. */
bool reload_prepare(struct reload *reload, const struct publication *p, struct cage *cage,
		    const struct settings *running, const char *conf_path, utc_t now,
		    struct err *err) NODISCARD;
/* Reads and checks the roster named by @settings, without anything else (start, tandemd -t). */
struct roster_part *reload_read_roster(const char *path, struct cage *cage,
				       const struct import_limits *limits, utc_t now,
				       struct faults *faults);
struct roster_part *reload_parse_bundle(struct buf *bundle, struct cage *cage,
					const struct import_limits *limits, utc_t loaded_at,
					struct faults *faults);

/* The roster of a publication with other lines (setup/roster.h), which nobody has stored. */
struct roster_edits;
struct roster_part *reload_suppose(const struct roster_part *was, const struct roster_edits *edits,
				   struct cage *cage, const struct import_limits *limits,
				   struct err *err) NODISCARD;

/* Loop thread: the whole way. @done once; @reload is the caller's again then. @err NULL: done and
 * served (or, with dry_run, shown). */
typedef void reload_done_fn(void *ctx, struct reload *reload, const struct err *err);
bool reload_start(struct world *world, struct reload *reload, reload_done_fn *done, void *ctx,
		  struct err *err) NODISCARD;

/* Store thread: first links of everybody who has none. */
bool reload_ensure_links(struct db *db, const struct roster *roster, utc_t now,
			 struct err *err) NODISCARD;

#endif
