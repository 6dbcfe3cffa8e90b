/* io/gate.h -- the strict check of a complete HTTP request head, before any parser sees it.
 * Pure; any thread. */
#ifndef IO_GATE_H
#define IO_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_head {
	size_t head_n;		/* bytes of the head with its empty line */
	int64_t content_length; /* -1: none */
	bool chunked;
};
enum gate_result { GATE_MORE, GATE_OK, GATE_BAD };
/* GATE_MORE: no empty line yet. GATE_BAD: *status is 400, 405, 413, 414, 417, 431, 501 or 505
 * and *why a short sentence (static). */
enum gate_result gate_check(const char *bytes, size_t n, size_t max_head, size_t max_fields,
			    int64_t max_body, struct gate_head *out, int *status, const char **why);

#endif
