/* io/chunked.h -- takes a chunked HTTP body apart, strictly and within limits.
 *
 * CRLF only, sizes of at most 8 hex digits, extensions and trailers checked, limited and thrown
 * away. Pure; any thread. */
#ifndef IO_CHUNKED_H
#define IO_CHUNKED_H

#include "base/buf.h"

enum chunked_result { CHUNKED_MORE, CHUNKED_DONE, CHUNKED_BAD, CHUNKED_TOO_LONG };

/* Zero-initialised is the start of a body. */
struct chunked {
	int state;
	int digits;
	int64_t left;  /* of this chunk; while its size is read: the size so far */
	size_t extras; /* bytes of extensions and trailers so far */
	bool empty;    /* the trailer line so far */
};

/* Appends the data in @bytes to @body, which stays at or below @max_body; *used says how many
 * bytes belonged to the body (all of them, unless CHUNKED_DONE or a fault). */
enum chunked_result chunked_feed(struct chunked *c, const char *bytes, size_t n, size_t *used,
				 struct buf *body, int64_t max_body);

#endif
