/* clock.c -- real, monotonic and programme time. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static atomic_bool is_frozen;
static _Atomic int64_t value; /* see struct clock_state */

static struct timespec read_clock(clockid_t id)
{
	struct timespec t;
	(void)clock_gettime(id, &t);
	return t;
}

utc_t clock_real(void)
{
	return read_clock(CLOCK_REALTIME).tv_sec;
}

utc_t clock_now(void)
{
	return atomic_load(&is_frozen) ? atomic_load(&value) : clock_real() + atomic_load(&value);
}

void clock_freeze(utc_t at)
{
	atomic_store(&value, at);
	atomic_store(&is_frozen, true);
}

void clock_run_from(utc_t at)
{
	atomic_store(&value, at - clock_real());
	atomic_store(&is_frozen, false);
}

struct clock_state clock_state(void)
{
	return (struct clock_state){atomic_load(&is_frozen), atomic_load(&value)};
}

void clock_restore(struct clock_state state)
{
	atomic_store(&value, state.value);
	atomic_store(&is_frozen, state.frozen);
}

uint64_t clock_mono_ns(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000U;
}
