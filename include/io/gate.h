/* io/gate.h -- the strict check of a complete HTTP request head, before any parser sees it.
 * Pure; any thread. */
#ifndef IO_GATE_H
#define IO_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GATE_REQUEST_LINE_MAX = 8192 }; /* bytes; longer is 414 */

struct gate_head {
	size_t head_n;		/* bytes of the head with its empty line */
	int64_t content_length; /* -1: none */
	bool chunked;
	bool expect_continue;	    /* HTTP/1.1 only */
	int minor;		    /* HTTP/1.@minor */
	size_t target_at, target_n; /* the target as sent, inside the head */
	size_t path_at; /* where its path begins; past an authority in absolute form. When the
			 * authority has no path, the byte at path_at is '?' or the end */
};
enum gate_result { GATE_MORE, GATE_OK, GATE_BAD };
/* GATE_MORE: no empty line yet. GATE_BAD: *status is 400, 413, 414, 417, 431, 501 or 505
 * and *why a short sentence (static). Faults are found in the order of the bytes, so that every
 * way to split a head into pieces ends in the same answer; GATE_BAD may come before the head is
 * complete. */
enum gate_result gate_check(const char *bytes, size_t n, size_t max_head, size_t max_fields,
			    int64_t max_body, struct gate_head *out, int *status, const char **why);

#endif
