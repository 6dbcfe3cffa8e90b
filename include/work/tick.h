/* work/tick.h -- deadlines as data: what is due at a moment, and time lived through.
 *
 * Loop thread. Due work: sources to be read, past sessions that nobody spoke about (they become
 * held, assumed), and midnight in the programme's zone (the feeds' window moves on, every duo is
 * looked at again), mail. */
#ifndef WORK_TICK_H
#define WORK_TICK_H

#include "work/world.h"

struct ticker *ticker_new(struct world *world);
void ticker_start(struct world *world);
void ticker_stop(struct world *world); /* closes its timer */
void ticker_free(struct ticker *ticker);

/* Lives through @seconds of programme time, every deadline on the way in order, sources once a
 * simulated day; @done when all due work is published. One at a time. */
typedef void tick_done_fn(void *ctx, const struct err *err);
bool ticker_advance(struct world *world, int64_t seconds, tick_done_fn *done, void *ctx,
		    struct err *err) NODISCARD;

/* Calls @done once nothing is running that could still change what is served. */
bool ticker_when_idle(struct world *world, tick_done_fn *done, void *ctx);

#endif
