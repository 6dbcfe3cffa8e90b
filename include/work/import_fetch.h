/* work/import_fetch.h -- a source by URL: what is asked of its server, and when it is asked again.
 *
 * Validators belong to the bytes that were taken last. They are kept in the store with these; new
 * ones for the same bytes (servers that name every answer anew) stay in memory and cost no write.
 * Loop thread. */
#ifndef WORK_IMPORT_FETCH_H
#define WORK_IMPORT_FETCH_H

#include "io/fetch.h"
#include "work/importer.h"

struct import_fetch {
	char key[33];  /* of everything that it is fetched and read with; "": not a URL */
	char hash[33]; /* the bytes that the validators belong to */
	char etag[FETCH_ETAG_MAX + 1], last_modified[FETCH_DATE_MAX + 1];
	utc_t not_before; /* back-off */
};

/* What is known at the start of the daemon, and again whenever the roster is new: true when the
 * source is another one than before, and has to be fetched at once. */
bool import_fetch_init(struct import_fetch *fetch, const struct source *source,
		       const struct programme *programme, const struct source_record *last);
void import_fetch_start(struct world *world, const struct import_fetch *fetch,
			const struct source *source, const struct programme *programme,
			const struct source_record *last, fetch_done_fn *done, void *ctx);
/* The server said 304, and nothing else of the source has to change. */
bool import_fetch_is_nothing(const struct fetch_answer *answer, const struct source *source,
			     const struct source_record *last);
/* Completes the record of an import (validators, failures, back-off) and says when the source is
 * due again: a little before its time, so that not all come at once. */
utc_t import_fetch_settle(struct import_fetch *fetch, const struct fetch_answer *answer,
			  const struct source *source, enum import_outcome outcome,
			  const struct source_record *last, int64_t backoff_s, utc_t now,
			  struct source_record *record);

#endif
