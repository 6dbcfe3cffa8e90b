/* solve/reference.h -- the solver again, as plainly as it can be written: no nodes, no tiles, no
 * pruning, 64-bit sums, one loop over days, units and choices. Judges the fast one at real size
 * and is what the benchmark compares with. Also the random instances both use. */
#ifndef TESTS_SOLVE_REFERENCE_H
#define TESTS_SOLVE_REFERENCE_H

#include "base/buf.h"
#include "plan/solve.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE_NONE INT64_MAX

struct reference {
	const struct solve_instance *in;
	int64_t *slot; /* [days][units + 1], cheapest or REFERENCE_NONE */
	int64_t *rest; /* [days + 2][units + 1], row 0 is the start; minimum from there on */
};

static inline int64_t reference_gap(const struct solve_instance *in, int64_t gap)
{
	int64_t over = gap > in->cadence ? gap - in->cadence : 0;
	return in->w_gap * over * over + in->w_even * gap * gap;
}

static inline enum solve_fixed reference_kind(const struct solve_instance *in, int32_t day)
{
	if (day < 0 || day >= in->days)
		return SOLVE_FIXED; /* start and end: ends of gaps, no work */
	return in->fixed ? (enum solve_fixed)in->fixed[day] : SOLVE_OPEN;
}

static inline int64_t *reference_row(const struct reference *r, int32_t day)
{
	return r->rest + (size_t)(day + 1) * (size_t)(r->in->units + 1);
}

/* May a session or given day on @k follow the one on @j, nothing between? */
static inline bool reference_follows(const struct solve_instance *in, int32_t j, int32_t k)
{
	enum solve_fixed a = reference_kind(in, j), b = reference_kind(in, k);
	bool work = a != SOLVE_FIXED && b != SOLVE_FIXED;
	bool both_given = a != SOLVE_OPEN && b != SOLVE_OPEN;
	return both_given || !work || k - j >= in->min_gap;
}

/* Cheapest way from day @k on, @k itself included, with @u units left before it. */
static inline int64_t reference_from(const struct reference *r, int32_t k, int32_t u,
				     int32_t *units)
{
	const int64_t *rest = reference_row(r, k);
	int64_t best = REFERENCE_NONE;

	*units = 0;
	if (reference_kind(r->in, k) != SOLVE_OPEN)
		return rest[u];
	const int64_t *slot = r->slot + (size_t)k * (size_t)(r->in->units + 1);
	for (int32_t l = 1; l <= u; l++) {
		if (slot[l] == REFERENCE_NONE || rest[u - l] == REFERENCE_NONE)
			continue;
		if (slot[l] + rest[u - l] < best) {
			best = slot[l] + rest[u - l];
			*units = l;
		}
	}
	return best;
}

static inline void reference_fill(const struct reference *r)
{
	const struct solve_instance *in = r->in;
	int64_t *open = xcalloc((size_t)(in->days + 1), sizeof(int64_t));

	for (int32_t u = 0; u <= in->units; u++) {
		reference_row(r, in->days)[u] = in->w_unused * u;
		for (int32_t j = in->days - 1; j >= -1; j--) {
			int64_t best = REFERENCE_NONE;
			for (int32_t k = j + 1; k <= in->days; k++) {
				int32_t units;
				if (k == j + 1)
					open[k] = reference_from(r, k, u, &units);
				if (open[k] != REFERENCE_NONE && reference_follows(in, j, k) &&
				    open[k] + reference_gap(in, k - j) < best)
					best = open[k] + reference_gap(in, k - j);
				if (reference_kind(in, k) != SOLVE_OPEN)
					break;
			}
			reference_row(r, j)[u] = best;
		}
	}
	xfree(open);
}

/* Cost from @j to the end when nothing more is chosen. */
static inline int64_t reference_alone(const struct solve_instance *in, int32_t j, int32_t u)
{
	int64_t sum = in->w_unused * u;
	for (int32_t k = j + 1; k <= in->days; k++) {
		if (reference_kind(in, k) == SOLVE_OPEN)
			continue;
		if (!reference_follows(in, j, k))
			return REFERENCE_NONE;
		sum += reference_gap(in, k - j);
		j = k;
	}
	return sum;
}

static inline void reference_walk(const struct reference *r, struct solve_plan *out)
{
	const struct solve_instance *in = r->in;
	int32_t j = -1, u = in->units;
	size_t cap = 0;

	while (reference_row(r, j)[u] != reference_alone(in, j, u)) {
		int32_t k = j, units = 0;
		int64_t from;
		do {
			k++;
			assert(k < in->days || reference_kind(in, j) != SOLVE_OPEN);
			from = reference_from(r, k, u, &units);
		} while (from == REFERENCE_NONE || !reference_follows(in, j, k) ||
			 from + reference_gap(in, k - j) != reference_row(r, j)[u]);
		if (units > 0) {
			out->v = xgrow(out->v, out->n, &cap, sizeof(*out->v));
			out->v[out->n++] = (struct solve_session){.day = k, .units = units};
			u -= units;
		}
		j = k;
	}
}

static inline void reference_solve(const struct solve_instance *in, struct solve_plan *out)
{
	size_t width = (size_t)in->units + 1;
	struct reference r = {.in = in};

	r.slot = xmalloc(((size_t)in->days + 1) * width * sizeof(int64_t));
	r.rest = xmalloc(((size_t)in->days + 2) * width * sizeof(int64_t));
	for (size_t i = 0; i < (size_t)in->days * width; i++)
		r.slot[i] = REFERENCE_NONE;
	for (size_t i = 0; i < in->n_slots; i++) {
		const struct solve_slot *s = &in->slots[i];
		if (s->units > in->units)
			continue;
		int64_t *slot = &r.slot[(size_t)s->day * width + (size_t)s->units];
		if (s->cost < *slot)
			*slot = s->cost;
	}
	reference_fill(&r);
	*out = (struct solve_plan){.cost = reference_row(&r, -1)[in->units]};
	reference_walk(&r, out);
	xfree(r.slot);
	xfree(r.rest);
}

static inline uint32_t reference_random(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(((*state >> 33) * below) >> 31);
}

/* A usual year: slots of 4..16 units on 55 % of @days, default weights, @marks fixed days. The
 * instance's arrays are the caller's (xfree fixed and slots). */
static inline struct solve_instance reference_year(uint64_t *state, int32_t days, int32_t units,
						   int marks, int32_t min_gap)
{
	struct solve_instance in = {.days = days,
				    .units = units,
				    .cadence = days * 8 / (units > 0 ? units : 1),
				    .min_gap = min_gap,
				    .w_gap = 20,
				    .w_even = 1,
				    .w_unused = 50};
	struct solve_slot *slots = xmalloc(sizeof(*slots) * 13 * (size_t)(days + 1));
	uint8_t *fixed = xcalloc((size_t)days + 1, 1);

	if (in.cadence < 1)
		in.cadence = 1;
	for (int32_t d = 0; d < days; d++) {
		if (reference_random(state, 100) >= 55)
			continue;
		int32_t top = 4 + (int32_t)reference_random(state, 13);
		int64_t place = reference_random(state, 60);
		for (int32_t l = 4; l <= top; l++)
			slots[in.n_slots++] = (struct solve_slot){
				.day = d,
				.units = l,
				.cost = place + reference_random(state, 20) +
					(l < 8 ? 6 * (8 - l) : 3 * (l - 8)),
			};
	}
	for (int i = 0; i < marks; i++)
		fixed[reference_random(state, (uint32_t)days)] =
			(uint8_t)(1 + reference_random(state, 2));
	in.slots = slots;
	in.fixed = fixed;
	return in;
}

static inline void reference_year_free(struct solve_instance *in)
{
	xfree((void *)(uintptr_t)in->slots);
	xfree((void *)(uintptr_t)in->fixed);
}

static inline bool reference_same(const struct solve_plan *a, const struct solve_plan *b)
{
	return a->cost == b->cost && a->n == b->n &&
	       (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
}

#endif
