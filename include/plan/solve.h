/* plan/solve.h -- the exact year of one duo: which days, how long (design 4-planner, "Exact, and
 * fast"; the instance file of design 8 says the same in text).
 *
 * Days are 0..days-1; the start is day -1 and the end is day `days`, both ending a gap. A gap
 * from day i to day j costs w_gap * max(0, j-i-cadence)^2 + w_even * (j-i)^2. Chosen sessions
 * cost their slot; every unit of `units` not used costs w_unused. min_gap holds between two
 * neighbouring work sessions (chosen, or fixed work days) with no other fixed day between.
 * Of equal plans the smallest list of (day, units) pairs, compared from the left, a prefix
 * before its extension. Pure, deterministic, independent of the vector width; any thread. */
#ifndef PLAN_SOLVE_H
#define PLAN_SOLVE_H

#include "base/err.h"

#include <stdint.h>

#define SOLVE_DAYS_MAX	4096
#define SOLVE_UNITS_MAX 4096

enum solve_fixed { SOLVE_OPEN = 0, SOLVE_FIXED = 1, SOLVE_FIXED_WORK = 2 };

struct solve_slot {
	int32_t day;
	int32_t units; /* >= 1 */
	int64_t cost;  /* |cost| <= 10^6; may be negative (a booked session that is kept) */
};

struct solve_instance {
	int32_t days, units, cadence, min_gap;
	int64_t w_gap, w_even, w_unused; /* 0..10^6 */
	const uint8_t *fixed;		 /* [days] of enum solve_fixed, or NULL */
	const struct solve_slot *slots;	 /* any order; equal (day, units): the cheapest counts;
					    slots on fixed days are ignored */
	size_t n_slots;
};

struct solve_session {
	int32_t day, units;
};

struct solve_plan {
	int64_t cost;
	struct solve_session *v; /* by day; xfree */
	size_t n;
};

/* Working memory, kept between calls by one thread. A solve needs about
 * 4 * (days with slots + fixed days) * (units + 320) bytes (0.15 MiB for a usual year), twice that
 * when the sums need 64 bits, and 16 bytes a slot: at most 140 MiB for 4,096 days and units with a
 * dozen lengths a day. What exceeds SOLVE_MEMORY_KEPT is given back after the call. */
#define SOLVE_MEMORY_KEPT ((size_t)1 << 20)
struct solve_memory;
struct solve_memory *solve_memory_new(void);
void solve_memory_free(struct solve_memory *memory);
size_t solve_memory_peak(const struct solve_memory *memory); /* bytes, the largest solve so far */

/* Never fails on an instance within the bounds above. @out->v is xmalloc'd. */
void solve(const struct solve_instance *instance, struct solve_memory *memory,
	   struct solve_plan *out);
/* The same with a chosen kernel, for tests and benchmarks: every kernel gives the same plan.
 * False, and nothing done, when this machine has not got it or the sums may not fit its lanes. */
enum solve_kernel {
	SOLVE_PORTABLE_32,
	SOLVE_PORTABLE_64,
	SOLVE_AVX2_32,
	SOLVE_AVX2_64,
	SOLVE_KERNELS
};
bool solve_with(enum solve_kernel kernel, const struct solve_instance *instance,
		struct solve_memory *memory, struct solve_plan *out);

/* The cost of a given plan, by the definition and nothing else (used to check the solver and to
 * explain): *parts as solve counts them. False when the plan breaks a rule. */
struct solve_cost {
	int64_t unused, gaps, even, slots, total;
};
bool solve_cost(const struct solve_instance *instance, const struct solve_session *v, size_t n,
		struct solve_cost *out);

#endif
