/* setup/roster.h -- the admin's roster, read and checked whole.
 *
 * Two steps, so that the last good roster can be kept in the store and read again without the
 * files: a bundle is every file that was read (the roster, its includes, closed .ics files),
 * and the parse works on a bundle alone. Any thread. */
#ifndef SETUP_ROSTER_H
#define SETUP_ROSTER_H

#include "base/buf.h"
#include "base/err.h"
#include "plan/model.h"

struct roster_bundle {
	struct buf bytes; /* name, length and content of each file, in the order read */
};
void roster_bundle_fini(struct roster_bundle *bundle);
/* Reads @path and all it names; false when @path itself cannot be read. A missing include or
 * closed file is kept in the bundle as a fault, and roster_parse tells it at its file and line
 * among all others: collect && parse gives every fault at once, in file order. */
bool roster_collect(const char *path, struct roster_bundle *out, struct faults *faults) NODISCARD;

/* Closed days of an .ics file: called with its bytes (libical stays behind the cage, which setup
 * does not know); adds the days it covers as ranges with their titles, or says why not. *ranges
 * is NULL and *n_ranges 0 at every call, and the caller's afterwards. */
typedef bool roster_closed_fn(void *ctx, const char *bytes, size_t n, const struct zone *zone,
			      struct day_range **ranges, size_t *n_ranges, struct err *err);

/* Every fault goes to @faults as file:line: sentence; false when there was any (then *out is
 * untouched). */
bool roster_parse(const struct roster_bundle *bundle, roster_closed_fn *closed, void *closed_ctx,
		  struct roster *out, struct faults *faults) NODISCARD;

/* ---- a roster as it would be ---- */

struct roster_edit {	  /* a line of a section, in the place of those of its key */
	const char *kind; /* "programme", "person" ... */
	char *id;	  /* "" of the programme */
	char *key, *value;
};
struct roster_edits {
	struct roster_edit *v;
	size_t n, cap;
};
void roster_edits_fini(struct roster_edits *edits);
/* "anna works mon-thu; budget 60h": parts of whose (left out: @duo's or the programme's), key and
 * value, as a roster has them. `works` may leave its hours out: then they stay. */
bool roster_edits_read(const struct roster *roster, const char *duo, const char *text,
		       struct roster_edits *out, struct err *err) NODISCARD;
/* The roster of a good @bundle with these lines. *err is the first fault, without a place. */
bool roster_suppose(const struct roster_bundle *bundle, const struct roster_edits *edits,
		    roster_closed_fn *closed, void *closed_ctx, struct roster *out,
		    struct err *err) NODISCARD;

#endif
