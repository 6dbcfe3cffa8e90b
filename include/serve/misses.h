/* serve/misses.h -- who asks for links that are none: so many a minute, then he is told to wait.
 * Memory is bounded, whoever comes: who has been quiet longest is forgotten. Loop thread. */
#ifndef SERVE_MISSES_H
#define SERVE_MISSES_H

#include "base/address.h"

#include <stdint.h>

struct misses;
struct misses *misses_new(void);
void misses_free(struct misses *misses); /* NULL is fine */

/* @client (with IPv6 its whole /64) asked for a link that is none, at @now_ms (monotonic): 0, or, as
 * soon as there were more than @per_minute (0: no limit), for how many seconds he should wait, 1..60.
 * Tries beyond the limit do not make that longer. @counts false: nothing is counted, and the steps
 * are the same. */
int64_t misses_note(struct misses *misses, const struct address *client, int64_t per_minute,
		    uint64_t now_ms, bool counts);

#endif
