/* work/importer.h -- sources become known time: due -> bytes -> sieve, cage, expansion ->
 * quarantine check -> stored -> published -> the duos that it concerns are planned again.
 *
 * A failing source changes nothing but its own state: the last good timetable stays. */
#ifndef WORK_IMPORTER_H
#define WORK_IMPORTER_H

#include "cal/timetable_diff.h"
#include "io/fetch.h"
#include "work/world.h"

struct importer *importer_new(struct world *world);
/* Loop thread, while the loop still runs: nothing is watched any more. */
void importer_stop(struct importer *importer);
void importer_free(struct importer *importer);

/* ---- pure, on an import thread ---- */

/* Bytes that the cage could not get through: after three times they are left alone until they
 * change, or somebody asks. */
#define CAGE_PATIENCE 3
struct cage_mark {
	char hash[33];
	int failures;
};

/* Everything that the reading of one source needs and gives. */
struct import_input {
	const struct source *source;
	const struct programme *programme;
	const struct source_record *last; /* what is known of it */
	const char *own_host;
	const struct import_limits *limits;
	utc_t now;
	struct unit_cache *units; /* of this source's last import, becomes this one's; or NULL */
	bool accept;		  /* take what lies in quarantine */
	/* May be NULL. Set, and *compared made true, when a new version was read and taken or held:
	 * what it changes from @now on. */
	struct timetable_diff *diff;
	bool *compared;
	struct fetch_answer *fetched; /* of a URL; its body is taken. NULL: read the files */
	struct cage_mark *mark;	      /* may be NULL; read and written */
};
enum import_outcome {
	IMPORT_SAME,	    /* same bytes or same time: only tried_at moves */
	IMPORT_TAKEN,	    /* a new record, its busy set may differ */
	IMPORT_FAILED,	    /* the last good one stays, with the error */
	IMPORT_QUARANTINED, /* held for an admin */
};
/* @out becomes the record to store: always complete. */
enum import_outcome import_source(struct cage *cage, const struct import_input *input,
				  struct source_record *out);
/* Zone and window that a source is read with; the rest of the options is empty. */
struct timetable_opts import_window(const struct source *source, const struct programme *programme);
/* What a source is read with: another value means that the last import says nothing any more. */
void import_config_hash(const struct source *source, const struct programme *programme,
			char out[33]);

/* Whether @record holds a version that was read with this config: `source accept` can take it. */
bool import_holds(const struct source_record *record, const char *config);

/* ---- loop thread ---- */

/* Reads what is due at @now; with @all everything. */
void importer_tick(struct world *world, utc_t now, bool all);
/* Reads again what could not be stored because the store's queue was full. */
void importer_retry(struct world *world);
/* Reads one source now; @done(ctx, outcome sentence or NULL) when it is published. */
typedef void import_done_fn(void *ctx, const struct err *err);
enum import_ask { IMPORT_DUE /* by itself */, IMPORT_REFRESH, IMPORT_ACCEPT, IMPORT_REJECT };
bool importer_ask(struct world *world, const char *source, enum import_ask ask,
		  import_done_fn *done, void *ctx, struct err *err) NODISCARD;
/* The roster was replaced: forget sources that have gone, make new ones due. */
void importer_roster_changed(struct world *world);
bool importer_idle(const struct importer *importer);
size_t importer_running(const struct importer *importer);

#endif
