/* The exact year of one duo: a dynamic programme that recurs from the end of the year.
 *
 * Every unit costs w_unused until a session uses it, so a slot's price is cost - w_unused * units
 * and "nothing more" costs only its gaps. With rest[j][u] = the cheapest way from node j to the
 * end when u units are left (solve_sweep.h), the plan is read off walking forward: stop as early
 * as the optimum allows, else take the smallest (day, units) that attains it. That is the
 * smallest list of equal plans; recurring forward would lose this order.
 *
 * A slot for which a shorter one of the day has no higher price is left out: more units left
 * never cost more, so the shorter one is at least as good, and first among equals. */
#include "plan/solve.h"

#include "base/buf.h"
#include "solve_work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum area { COUNTS, NODES, SLOTS, GAPS, LIVE, LANES, AREAS };

struct solve_memory {
	void *v[AREAS];
	size_t cap[AREAS];
	size_t peak;
};

struct solve_memory *solve_memory_new(void)
{
	return xcalloc(1, sizeof(struct solve_memory));
}

static size_t memory_size(const struct solve_memory *memory)
{
	size_t sum = 0;
	for (int a = 0; a < AREAS; a++)
		sum += memory->cap[a];
	return sum;
}

static void memory_clear(struct solve_memory *memory)
{
	for (int a = 0; a < AREAS; a++) {
		xfree(memory->v[a]);
		memory->v[a] = NULL;
		memory->cap[a] = 0;
	}
}

void solve_memory_free(struct solve_memory *memory)
{
	if (memory) {
		memory_clear(memory);
		xfree(memory);
	}
}

size_t solve_memory_peak(const struct solve_memory *memory)
{
	return memory->peak;
}

static void *memory_get(struct solve_memory *memory, enum area area, size_t n, size_t size)
{
	if (memory->cap[area] < n * size) {
		xfree(memory->v[area]);
		memory->v[area] = xmalloc(n * size);
		memory->cap[area] = n * size;
	}
	return memory->v[area];
}

/* May a session be chosen on each day, as far as fixed days go: not on one, and min_gap away from
 * the nearest on either side when that is work. What else is chosen between cannot mend it. */
static void mark_open_days(const struct solve_instance *in, uint8_t *open)
{
	memset(open, 1, (size_t)in->days);
	if (!in->fixed)
		return;
	for (int pass = 0; pass < 2; pass++) {
		int64_t work = -1; /* the nearest fixed day passed, if it is work */
		for (int32_t i = 0; i < in->days; i++) {
			int32_t day = pass == 0 ? i : in->days - 1 - i;
			if (in->fixed[day] != SOLVE_OPEN) {
				work = in->fixed[day] == SOLVE_FIXED_WORK ? day : -1;
				open[day] = 0;
			} else if (work >= 0 && llabs(day - work) < in->min_gap) {
				open[day] = 0;
			}
		}
	}
}

static int by_units(const void *a, const void *b)
{
	const struct solve_price *x = a, *y = b;
	if (x->units != y->units)
		return x->units < y->units ? -1 : 1;
	return (x->price > y->price) - (x->price < y->price);
}

/* Units rising, price strictly falling; how many are left of @n. */
static size_t staircase(struct solve_price *v, size_t n)
{
	if (n > 64) {
		qsort(v, n, sizeof(*v), by_units);
	} else {
		for (size_t i = 1; i < n; i++) {
			struct solve_price one = v[i];
			size_t at = i;
			for (; at > 0 && by_units(&v[at - 1], &one) > 0; at--)
				v[at] = v[at - 1];
			v[at] = one;
		}
	}
	size_t keep = 0;
	for (size_t i = 0; i < n; i++) {
		if (keep == 0 || v[i].price < v[keep - 1].price)
			v[keep++] = v[i];
	}
	return keep;
}

static bool usable(const struct solve_instance *in, const uint8_t *open, const struct solve_slot *s)
{
	return s->day >= 0 && s->day < in->days && s->units >= 1 && s->units <= in->units &&
	       open[s->day];
}

/* The usable slots by day into the area SLOTS; @end[d] becomes one past the last of day d. */
static struct solve_price *slots_by_day(const struct solve_instance *in, const uint8_t *open,
					size_t *end, struct solve_memory *memory)
{
	size_t n = 0;

	memset(end, 0, sizeof(*end) * (size_t)in->days);
	for (size_t i = 0; i < in->n_slots; i++)
		if (usable(in, open, &in->slots[i]))
			end[in->slots[i].day]++;
	for (int32_t d = 0; d < in->days; d++) {
		size_t count = end[d];
		end[d] = n;
		n += count;
	}
	struct solve_price *v = memory_get(memory, SLOTS, n + 1, sizeof(*v));
	for (size_t i = 0; i < in->n_slots; i++) {
		const struct solve_slot *s = &in->slots[i];
		if (usable(in, open, s))
			v[end[s->day]++] = (struct solve_price){
				.price = s->cost - in->w_unused * s->units,
				.units = s->units,
			};
	}
	return v;
}

/* The nodes in day order: start, days with slots, fixed days, end. */
static void make_nodes(const struct solve_instance *in, struct solve_work *work,
		       struct solve_memory *memory)
{
	size_t days = (size_t)in->days;
	size_t *end = memory_get(memory, COUNTS, days + 1, sizeof(size_t) + 1);
	uint8_t *open = (uint8_t *)(end + days);

	mark_open_days(in, open);
	struct solve_price *slot = slots_by_day(in, open, end, memory);
	struct solve_node *node = memory_get(memory, NODES, days + 2, sizeof(*node));
	int32_t n = 0;
	size_t from = 0;

	node[n++] = (struct solve_node){.day = -1, .given = true};
	for (int32_t d = 0; d < in->days; from = end[d], d++) {
		if (in->fixed && in->fixed[d] != SOLVE_OPEN)
			node[n++] = (struct solve_node){.day = d, .given = true};
		else if (end[d] > from)
			node[n++] = (struct solve_node){
				.day = d,
				.slot = from,
				.n_slot = staircase(slot + from, end[d] - from),
			};
	}
	node[n++] = (struct solve_node){.day = in->days, .given = true};
	work->node = node;
	work->slot = slot;
	work->n = n;
}

static const int64_t *gap_costs(const struct solve_instance *in, struct solve_memory *memory)
{
	int64_t *cost = memory_get(memory, GAPS, (size_t)in->days + 2, sizeof(*cost));
	for (int64_t g = 0; g <= in->days + 1; g++) {
		int64_t over = g > in->cadence ? g - in->cadence : 0;
		cost[g] = in->w_gap * over * over + in->w_even * g * g;
	}
	return cost;
}

/* stop and alone from the end; need from the start: no plan uses more units up to a node than
 * its longest sessions at least min_gap apart. */
static void link_nodes(const struct solve_instance *in, const struct solve_work *work,
		       struct solve_node *node)
{
	int32_t stop = work->n - 1;
	int32_t before = 0; /* the last node from which node j may follow */

	for (int32_t j = work->n - 2; j >= 0; j--) {
		node[j].stop = stop;
		node[j].alone = work->gap_cost[node[stop].day - node[j].day] + node[stop].alone;
		if (node[j].given)
			stop = j;
	}
	node[0].need = in->units;
	for (int32_t j = 1; j < work->n; j++) {
		node[j].need = node[j - 1].need;
		if (node[j].given) {
			before = j;
			continue;
		}
		while (before + 1 < j && node[j].day - node[before + 1].day >= work->min_gap)
			before++;
		const struct solve_price *longest = &work->slot[node[j].slot + node[j].n_slot - 1];
		int32_t left = node[before].need - longest->units;
		if (left < node[j].need)
			node[j].need = left > 0 ? left : 0;
	}
}

/* Every real lane value lies between -(sum of the negative prices) and two whole-year gaps plus
 * the highest price (no gap of a plan is dearer than the whole year's, since gaps are convex). */
static bool fits_32(const struct solve_instance *in, const struct solve_work *work)
{
	int64_t low = 0, high = 0;

	for (int32_t j = 0; j < work->n; j++) {
		const struct solve_node *node = &work->node[j];
		if (node->n_slot == 0)
			continue;
		int64_t dearest = work->slot[node->slot].price;
		int64_t cheapest = work->slot[node->slot + node->n_slot - 1].price;
		if (dearest > high)
			high = dearest;
		if (cheapest < 0)
			low -= cheapest;
	}
	return low + high + 2 * work->gap_cost[in->days + 1] < NEVER_32 / 2;
}

static bool is_32(enum solve_kernel kernel)
{
	return kernel == SOLVE_PORTABLE_32 || kernel == SOLVE_AVX2_32;
}

static void make_lanes(const struct solve_instance *in, struct solve_work *work, bool narrow,
		       struct solve_memory *memory)
{
	size_t tile = narrow ? TILE_32 : TILE_64, size = narrow ? 4 : 8;
	size_t n = (size_t)work->n;

	work->n_tiles = in->units / (int32_t)tile + 1;
	work->stride = ((size_t)work->n_tiles + 1) * tile;
	work->abreast = work->stride * size > ABREAST_FROM ? ABREAST_MAX : 1;
	size_t columns = n * (size_t)work->abreast;
	size_t total = columns * tile + n * work->stride + 64 / size;
	char *lanes = memory_get(memory, LANES, total, size);
	lanes += 63 & -(uintptr_t)lanes;
	work->tile = lanes;
	work->rest = lanes + columns * tile * size;
	work->live = memory_get(memory, LIVE, columns, sizeof(*work->live));
}

static int64_t rest_of(const struct solve_work *work, bool narrow, int32_t j, int32_t units)
{
	size_t at = (size_t)j * work->stride + (narrow ? TILE_32 : TILE_64) + (size_t)units;
	return narrow ? ((const int32_t *)work->rest)[at] : ((const int64_t *)work->rest)[at];
}

/* The fewest units on node @k, @left at hand, that make the way from there cost @cost; 0: none. */
static int32_t units_for(const struct solve_work *work, bool narrow, int32_t k, int32_t left,
			 int64_t cost)
{
	const struct solve_node *node = &work->node[k];
	for (size_t s = node->slot; s < node->slot + node->n_slot; s++) {
		const struct solve_price *slot = &work->slot[s];
		if (slot->units > left)
			break;
		if (slot->price + rest_of(work, narrow, k, left - slot->units) == cost)
			return slot->units;
	}
	return 0;
}

/* Reads the smallest optimal plan off rest[][]. */
static void walk(const struct solve_work *work, bool narrow, int32_t left, struct solve_plan *out)
{
	const struct solve_node *node = work->node;
	size_t cap = 0;
	int32_t j = 0;
	int64_t cost = rest_of(work, narrow, 0, left);

	while (cost != node[j].alone) {
		int32_t reach = node[j].given ? 1 : work->min_gap;
		int32_t k = j + 1, units = 0;
		for (; k < node[j].stop; k++) {
			int32_t gap = node[k].day - node[j].day;
			if (gap >= reach)
				units = units_for(work, narrow, k, left,
						  cost - work->gap_cost[gap]);
			if (units > 0)
				break;
		}
		assert(k < work->n - 1); /* else rest[][] has a value that no plan attains */
		cost -= work->gap_cost[node[k].day - node[j].day];
		if (units > 0) {
			out->v = xgrow(out->v, out->n, &cap, sizeof(*out->v));
			out->v[out->n++] =
				(struct solve_session){.day = node[k].day, .units = units};
			left -= units;
			cost = rest_of(work, narrow, k, left);
		}
		j = k;
	}
}

/* The given kernel, or the best that fits when @kernel is SOLVE_KERNELS. */
static bool solve_by(enum solve_kernel kernel, const struct solve_instance *in,
		     struct solve_memory *memory, struct solve_plan *out)
{
	struct solve_work work = {.min_gap = in->min_gap > 1 ? in->min_gap : 1};
	solve_sweep *sweep = NULL;

	assert(in->days >= 0 && in->days <= SOLVE_DAYS_MAX);
	assert(in->units >= 0 && in->units <= SOLVE_UNITS_MAX);
	make_nodes(in, &work, memory);
	work.gap_cost = gap_costs(in, memory);
	link_nodes(in, &work, memory->v[NODES]);
	bool narrow = fits_32(in, &work);
	if (kernel == SOLVE_KERNELS) {
		kernel = narrow ? SOLVE_AVX2_32 : SOLVE_AVX2_64;
		sweep = solve_kernel_sweep(kernel);
		if (!sweep)
			kernel = narrow ? SOLVE_PORTABLE_32 : SOLVE_PORTABLE_64;
	} else if (is_32(kernel) && !narrow) {
		return false;
	}
	if (!sweep)
		sweep = solve_kernel_sweep(kernel);
	if (!sweep)
		return false;
	narrow = is_32(kernel);
	make_lanes(in, &work, narrow, memory);
	sweep(&work);
	*out = (struct solve_plan){
		.cost = rest_of(&work, narrow, 0, in->units) + in->w_unused * in->units,
	};
	walk(&work, narrow, in->units, out);

	size_t size = memory_size(memory);
	if (size > memory->peak)
		memory->peak = size;
	if (size > SOLVE_MEMORY_KEPT)
		memory_clear(memory);
	return true;
}

bool solve_with(enum solve_kernel kernel, const struct solve_instance *instance,
		struct solve_memory *memory, struct solve_plan *out)
{
	assert(kernel < SOLVE_KERNELS);
	return solve_by(kernel, instance, memory, out);
}

void solve(const struct solve_instance *instance, struct solve_memory *memory,
	   struct solve_plan *out)
{
	bool done = solve_by(SOLVE_KERNELS, instance, memory, out);
	assert(done);
	(void)done;
}
