/* base/clock.h -- the only reader of the operating system's clocks.
 *
 * Programme time (clock_now) can be frozen, or run with an offset, so that tests and the demo
 * live in another year. Time-outs and deadlines of connections and children use clock_mono_ms,
 * which nothing moves. clock_now may be read on any thread; it is set on the loop thread only. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/civil.h"

/* Programme time now, whole seconds. */
utc_t clock_now(void);
/* Freezes programme time at @at. */
void clock_freeze(utc_t at);
/* Programme time runs on from @at (= real time plus an offset). */
void clock_run_from(utc_t at);
/* Real time, unmoved: for Date headers and the log. */
utc_t clock_real(void);

struct clock_state {
	bool frozen;
	int64_t value; /* frozen: the moment; running: seconds ahead of real time */
};
struct clock_state clock_state(void);
void clock_restore(struct clock_state state);

uint64_t clock_mono_ms(void);
uint64_t clock_mono_ns(void);

#endif
