/* The solver against brute force over every plan (tiny instances, plan lists and all), against a
 * plain dynamic programme at real size, every kernel against every other; and the instance file.
 * test_solve [SEED] */
#include "../solve/reference.h"
#include "plan/instance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static int32_t below(uint64_t *state, int n)
{
	return (int32_t)reference_random(state, (uint32_t)n);
}

static void print_plan(const char *who, const struct solve_plan *plan)
{
	print_message("%s: cost %lld", who, (long long)plan->cost);
	for (size_t i = 0; i < plan->n; i++)
		print_message(" %d:%d", plan->v[i].day, plan->v[i].units);
	print_message("\n");
}

/* Every kernel that may run gives @expected, and it costs what it says. */
static void expect_plan(const struct solve_instance *in, struct solve_memory *memory,
			const struct solve_plan *expected, long round)
{
	int ran = 0;
	for (int k = 0; k <= SOLVE_KERNELS; k++) {
		struct solve_plan plan;
		struct solve_cost cost;

		if (k == SOLVE_KERNELS)
			solve(in, memory, &plan);
		else if (!solve_with((enum solve_kernel)k, in, memory, &plan))
			continue;
		ran++;
		if (!reference_same(&plan, expected)) {
			print_plan("expected", expected);
			print_plan("solved", &plan);
			fail_msg("kernel %d, round %ld; rerun with the seed above", k, round);
		}
		assert_true(solve_cost(in, plan.v, plan.n, &cost));
		assert_int_equal(cost.total, plan.cost);
		assert_int_equal(cost.total, cost.unused + cost.gaps + cost.even + cost.slots);
		xfree(plan.v);
	}
	assert_true(ran >= 2); /* solve() and at least the portable kernel of 64 bits */
}

/* ---- brute force ------------------------------------------------------------------------------ */

#define TINY 8

struct brute {
	const struct solve_instance *in;
	struct solve_session now[TINY], best[TINY];
	size_t best_n;
	int64_t best_cost;
	bool any;
};

/* Every list of sessions in the order of the tie rule: a list before its extensions. The first
 * of the cheapest is the answer. */
static void brute(struct brute *b, size_t n)
{
	struct solve_cost cost;
	if (solve_cost(b->in, b->now, n, &cost) && (!b->any || cost.total < b->best_cost)) {
		b->any = true;
		b->best_cost = cost.total;
		b->best_n = n;
		memcpy(b->best, b->now, sizeof(b->now));
	}
	bool seen[TINY][TINY + 1] = {{false}};
	for (size_t i = 0; i < b->in->n_slots; i++)
		if (b->in->slots[i].units <= TINY)
			seen[b->in->slots[i].day][b->in->slots[i].units] = true;
	for (int32_t day = n > 0 ? b->now[n - 1].day + 1 : 0; day < b->in->days; day++) {
		for (int32_t units = 1; units <= TINY; units++) {
			if (!seen[day][units])
				continue;
			b->now[n] = (struct solve_session){.day = day, .units = units};
			brute(b, n + 1);
		}
	}
}

static void tiny_instance(uint64_t *state, struct solve_instance *in, struct solve_slot *slots,
			  uint8_t *fixed)
{
	static const int spans[] = {1, 2, 4, 30}; /* small costs make many ties */
	int span = spans[below(state, 4)];
	bool negative = below(state, 3) == 0;
	int marks = below(state, 2) ? below(state, 4) : 0;

	*in = (struct solve_instance){
		.days = below(state, TINY + 1),
		.units = below(state, TINY + 1),
		.cadence = below(state, 5),
		.min_gap = below(state, 5),
		.w_gap = below(state, 3),
		.w_even = below(state, 3),
		.w_unused = below(state, span + 2),
		.slots = slots,
	};
	memset(fixed, SOLVE_OPEN, TINY);
	for (int i = 0; i < marks && in->days > 0; i++)
		fixed[below(state, in->days)] = (uint8_t)(1 + below(state, 2));
	if (marks > 0 || below(state, 2))
		in->fixed = fixed;
	int n = in->days > 0 ? below(state, 11) : 0;
	for (int i = 0; i < n; i++)
		slots[in->n_slots++] = (struct solve_slot){
			.day = below(state, in->days),
			.units = 1 + below(state, below(state, 8) ? 4 : TINY + 2),
			.cost = below(state, span) - (negative ? span / 2 + below(state, 3) : 0),
		};
}

static void solves_tiny_instances_as_brute_force_does(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed;
	(void)unused;

	for (long round = 0; round < 20000; round++) {
		struct solve_slot slots[16];
		uint8_t fixed[TINY];
		struct solve_instance in;
		tiny_instance(&state, &in, slots, fixed);
		struct brute b = {.in = &in};
		brute(&b, 0);
		assert_true(b.any);
		struct solve_plan expected = {.cost = b.best_cost, .v = b.best, .n = b.best_n};
		expect_plan(&in, memory, &expected, round);
	}
	solve_memory_free(memory);
}

/* ---- real size -------------------------------------------------------------------------------- */

static void expect_reference(const struct solve_instance *in, struct solve_memory *memory,
			     long round)
{
	struct solve_plan expected;
	reference_solve(in, &expected);
	expect_plan(in, memory, &expected, round);
	xfree(expected.v);
}

static void solves_middling_instances_as_the_reference_does(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 1;
	(void)unused;

	for (long round = 0; round < 400; round++) {
		int32_t days = 1 + below(&state, 60), units = below(&state, 130);
		struct solve_instance in =
			reference_year(&state, days, units, below(&state, 6), below(&state, 5));
		struct solve_slot *slots = (struct solve_slot *)(uintptr_t)in.slots;
		int kind = below(&state, 4);
		for (size_t i = 0; i < in.n_slots && kind > 0; i++) {
			if (kind == 1)
				slots[i].cost %= 3; /* ties */
			else if (kind == 2)
				slots[i].cost -= 200; /* kept sessions */
			else
				slots[i].units = 1 + below(&state, 90);
		}
		if (kind == 1) {
			in.w_gap = below(&state, 2);
			in.w_even = below(&state, 2);
			in.w_unused = below(&state, 3);
		}
		in.cadence = below(&state, 7);
		expect_reference(&in, memory, round);
		reference_year_free(&in);
	}
	solve_memory_free(memory);
}

static void solves_years_as_the_reference_does(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 2;
	(void)unused;

	for (long round = 0; round < 12; round++) {
		struct solve_instance in =
			reference_year(&state, 190, 300, (int)round / 2, 1 + (int)round % 4);
		expect_reference(&in, memory, round);
		reference_year_free(&in);
	}
	assert_true(solve_memory_peak(memory) <= SOLVE_MEMORY_KEPT);
	solve_memory_free(memory);
}

/* Rows so long that several tiles are carried through the days together. */
static void solves_long_rows_as_the_reference_does(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 8;
	(void)unused;

	for (long round = 0; round < 12; round++) {
		int32_t days = 5 + below(&state, 40), units = 900 + below(&state, 500);
		struct solve_instance in =
			reference_year(&state, days, units, below(&state, 4), below(&state, 4));
		struct solve_slot *slots = (struct solve_slot *)(uintptr_t)in.slots;
		for (size_t i = 0; i < in.n_slots; i++)
			if (below(&state, 4) > 0)
				slots[i].units = 1 + below(&state, round % 2 ? 120 : 700);
		in.w_unused = 1 + below(&state, 20);
		expect_reference(&in, memory, round);
		reference_year_free(&in);
	}
	solve_memory_free(memory);
}

/* Weights and costs at their bounds: sums that need 64 bits are found to, and come out right. */
static void sums_beyond_32_bits_take_the_wide_kernels(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 3;
	(void)unused;

	for (long round = 0; round < 40; round++) {
		struct solve_plan plan;
		struct solve_instance in = reference_year(&state, 90, 100, below(&state, 3), 2);
		struct solve_slot *slots = (struct solve_slot *)(uintptr_t)in.slots;
		in.w_gap = 1000000 - below(&state, 3);
		in.w_even = below(&state, 2) ? 1000000 : 0;
		in.w_unused = below(&state, 2) ? 1000000 : below(&state, 100);
		for (size_t i = 0; i < in.n_slots; i++)
			slots[i].cost = below(&state, 2) ? 1000000 : -1000000;
		assert_false(solve_with(SOLVE_PORTABLE_32, &in, memory, &plan));
		assert_false(solve_with(SOLVE_AVX2_32, &in, memory, &plan));
		expect_reference(&in, memory, round);
		reference_year_free(&in);
	}
	solve_memory_free(memory);
}

/* The narrow kernels run right up to the bound that solve.c states for them. */
static void sums_just_within_32_bits_are_right_in_both(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 4;
	int narrow = 0, wide = 0;
	(void)unused;

	for (long round = 0; round < 60; round++) {
		struct solve_plan plan;
		struct solve_instance in = reference_year(&state, 40, 70, 0, below(&state, 3));
		struct solve_slot *slots = (struct solve_slot *)(uintptr_t)in.slots;
		in.w_gap = 0;
		in.w_even = 159480 + below(&state, 400); /* 2 * w_even * 41^2 near 2^29 */
		in.w_unused = below(&state, 30);
		for (size_t i = 0; i < in.n_slots; i++)
			slots[i].cost -= below(&state, 400);
		if (solve_with(SOLVE_PORTABLE_32, &in, memory, &plan)) {
			narrow++;
			xfree(plan.v);
		} else {
			wide++;
		}
		expect_reference(&in, memory, round);
		reference_year_free(&in);
	}
	assert_true(narrow > 0 && wide > 0);
	solve_memory_free(memory);
}

static void one_more_candidate_never_costs_more(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	uint64_t state = seed + 5;
	(void)unused;

	for (int round = 0; round < 100; round++) {
		struct solve_instance in = reference_year(&state, 190, 300, 4, 2);
		struct solve_plan less, more;
		in.n_slots -= 1;
		solve(&in, memory, &less);
		in.n_slots += 1;
		solve(&in, memory, &more);
		assert_true(more.cost <= less.cost);
		xfree(less.v);
		xfree(more.v);
		reference_year_free(&in);
	}
	solve_memory_free(memory);
}

/* Both bounds at once: done in time, and the memory is given back. */
static void the_largest_instance_is_solved(void **unused)
{
	struct solve_memory *memory = solve_memory_new();
	struct solve_cost cost;
	struct solve_plan plan, none;
	uint64_t state = seed + 6;
	(void)unused;

	struct solve_instance in = reference_year(&state, 4096, 4096, 20, 2);
	clock_t from = clock();
	solve(&in, memory, &plan);
	print_message("4096 days, 4096 units, %zu slots: %.2f s of CPU, %zu MiB\n", in.n_slots,
		      (double)(clock() - from) / CLOCKS_PER_SEC, solve_memory_peak(memory) >> 20);
	assert_true(solve_cost(&in, plan.v, plan.n, &cost));
	assert_int_equal(cost.total, plan.cost);
	in.n_slots = 0;
	solve(&in, memory, &none);
	assert_int_equal(none.n, 0);
	assert_true(plan.cost < none.cost);
	assert_true(solve_memory_peak(memory) < (size_t)160 << 20);
	xfree(plan.v);
	reference_year_free(&in);
	solve_memory_free(memory);
}

/* ---- rules, one by one ------------------------------------------------------------------------ */

static void a_plan_that_breaks_a_rule_has_no_cost(void **unused)
{
	const struct solve_slot slots[] = {{1, 2, 5}, {3, 2, 5}, {4, 2, 5}, {7, 3, 1}};
	const uint8_t fixed[8] = {[5] = SOLVE_FIXED_WORK, [6] = SOLVE_FIXED};
	const struct solve_instance in = {.days = 8,
					  .units = 5,
					  .cadence = 2,
					  .min_gap = 2,
					  .w_gap = 10,
					  .w_even = 1,
					  .w_unused = 7,
					  .fixed = fixed,
					  .slots = slots,
					  .n_slots = 4};
	struct solve_cost cost;
	(void)unused;

	/* gaps -1..3, 3..5, 5..6, 6..7, 7..8: squares 16 4 1 1 1, one of them 2 over the cadence */
	assert_true(solve_cost(&in, (struct solve_session[]){{3, 2}, {7, 3}}, 2, &cost));
	assert_int_equal(cost.gaps, 40);
	assert_int_equal(cost.even, 23);
	assert_int_equal(cost.slots, 6);
	assert_int_equal(cost.unused, 0);
	assert_int_equal(cost.total, 69);
	static const struct {
		struct solve_session v[3];
		size_t n;
	} wrong[] = {
		{{{4, 2}}, 1},		       /* a day before fixed work */
		{{{1, 2}, {3, 2}, {7, 3}}, 3}, /* over the units */
		{{{3, 2}, {1, 2}}, 2},	       /* not in day order */
		{{{3, 2}, {3, 2}}, 2},	       /* twice a day */
		{{{3, 3}}, 1},		       /* no such slot */
		{{{6, 2}}, 1},		       /* on a fixed day */
		{{{-1, 2}}, 1},
		{{{8, 2}}, 1}, /* outside */
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(solve_cost(&in, wrong[i].v, wrong[i].n, &cost));
}

static void equal_plans_give_the_smallest_list(void **unused)
{
	/* nothing costs anything: the empty list is a prefix of all others */
	const struct solve_slot slots[] = {{2, 1, 0}, {0, 2, 0}, {0, 1, 0}, {1, 1, 0}};
	struct solve_instance in = {.days = 4, .units = 2, .slots = slots, .n_slots = 4};
	struct solve_memory *memory = solve_memory_new();
	(void)unused;

	struct solve_plan empty = {.cost = 0};
	expect_plan(&in, memory, &empty, 0);
	/* both units have to be used: 0:1 1:1 comes before 0:1 2:1 and before 0:2 */
	in.w_unused = 1;
	struct solve_session pair[] = {{0, 1}, {1, 1}};
	struct solve_plan two = {.cost = 0, .v = pair, .n = 2};
	expect_plan(&in, memory, &two, 1);
	in.min_gap = 2;
	pair[1].day = 2;
	expect_plan(&in, memory, &two, 2);
	solve_memory_free(memory);
}

/* ---- the instance file ------------------------------------------------------------------------ */

#define HEAD "days 9\nunits 6\ncadence 3\nmin_gap 2\nw_gap 20\nw_unused 50\n"

static void a_file_reads_in_any_order(void **unused)
{
	static const char text[] = "# a year\n\nslot 8 3 4\r\n\tw_unused  50 # points\nfixed 2\n"
				   "fixed 2\nwork 2\nfixed 2\nwork 5\nmin_gap 0\nw_gap 1000000\n"
				   "units 4096\nslot 8 1000000 0\nw_even 007\ncadence 3\ndays 9";
	struct instance instance;
	struct err err;
	int line = 0;
	(void)unused;

	assert_true(instance_read(text, sizeof(text) - 1, &instance, &line, &err));
	const struct solve_instance *in = &instance.solve;
	assert_int_equal(in->days, 9);
	assert_int_equal(in->units, 4096);
	assert_int_equal(in->cadence, 3);
	assert_int_equal(in->min_gap, 0);
	assert_int_equal(in->w_gap, 1000000);
	assert_int_equal(in->w_even, 7);
	assert_int_equal(in->w_unused, 50);
	assert_int_equal(in->n_slots, 2);
	assert_int_equal(in->slots[0].day, 8);
	assert_int_equal(in->slots[0].units, 3);
	assert_int_equal(in->slots[0].cost, 4);
	const uint8_t fixed[9] = {[2] = SOLVE_FIXED_WORK, [5] = SOLVE_FIXED_WORK};
	assert_memory_equal(in->fixed, fixed, 9);
	instance_fini(&instance);
}

static void a_faulty_file_is_refused_by_line(void **unused)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} faults[] = {
		{"", 1, "`days` is missing"},
		{"\n\n# nothing\n", 3, "`days` is missing"},
		{"days 9\nunits 6\ncadence 3\nmin_gap 2\nw_gap 20\n", 5, "`w_unused` is missing"},
		{HEAD "days 9\n", 7, "stands on line 1 already"},
		{HEAD "w_even 1\nw_even 1\n", 8, "stands on line 7 already"},
		{HEAD "slot 9 1 1\n", 7, "outside the year"},
		{"fixed 9\n" HEAD, 1, "outside the year"},
		{HEAD "work 9\n", 7, "outside the year"},
		{HEAD "slot 1 0 1\n", 7, "UNITS"},
		{HEAD "slot 1 1 1000001\n", 7, "0..1000000"},
		{HEAD "slot 1 1 99999999999999999999999\n", 7, "0..1000000"},
		{HEAD "slot 1 1 -1\n", 7, "digits only"},
		{HEAD "slot 1 1 +1\n", 7, "digits only"},
		{HEAD "slot 1 1 1.5\n", 7, "digits only"},
		{HEAD "slot 1 1 0x1\n", 7, "digits only"},
		{HEAD "slot 1 1\n", 7, "too few words"},
		{HEAD "slot # 1 1 1\n", 7, "too few words"},
		{HEAD "slot 1 1 1 1\n", 7, "too many words"},
		{HEAD "fixed\n", 7, "too few words"},
		{HEAD "slots 1 1 1\n", 7, "did you mean \"slot\""},
		{HEAD "Days 9\n", 7, "unknown key"},
		{HEAD "\x1b[2J\n", 7, "unknown key \"?[2J\""},
		{HEAD "bogus\nslot 1 1 x\n", 7, "unknown key"},
		{"days 4097\n", 1, "0..4096"},
		{"days\nslot 99 1 1\n", 1, "too few words"},
		{"slot 99 1 x\ndays y\n", 1, "COST"},
		{"days 9\nunits 4097\n", 2, "0..4096"},
		{"days 9\nmin_gap 1000001\n", 2, "0..1000000"},
	};
	(void)unused;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct instance instance;
		struct err err = {0};
		int line = 0;
		assert_false(instance_read(faults[i].text, strlen(faults[i].text), &instance, &line,
					   &err));
		if (line != faults[i].line || !strstr(err.text, faults[i].says))
			fail_msg("\"%s\": line %d: %s", faults[i].text, line, err.text);
	}
}

static void bytes_of_any_kind_are_read_or_refused(void **unused)
{
	static const char alphabet[] = "days units slot work fixed 0123456789\n\n\t#\r\0\xff-";
	uint64_t state = seed + 7;
	char text[256];
	(void)unused;

	for (int round = 0; round < 20000; round++) {
		struct instance instance;
		struct err err = {0};
		int line = 0;
		size_t n = (size_t)below(&state, sizeof(text)), head = sizeof(HEAD) - 1;
		if (n >= head)
			memcpy(text, HEAD, head);
		else
			head = 0;
		for (size_t i = head; i < n; i++)
			text[i] = alphabet[below(&state, sizeof(alphabet) - 1)];
		if (instance_read(text, n, &instance, &line, &err))
			instance_fini(&instance);
		else
			assert_true(line >= 1 && err.text[0] != '\0');
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solves_tiny_instances_as_brute_force_does),
		cmocka_unit_test(solves_middling_instances_as_the_reference_does),
		cmocka_unit_test(solves_years_as_the_reference_does),
		cmocka_unit_test(solves_long_rows_as_the_reference_does),
		cmocka_unit_test(sums_beyond_32_bits_take_the_wide_kernels),
		cmocka_unit_test(sums_just_within_32_bits_are_right_in_both),
		cmocka_unit_test(one_more_candidate_never_costs_more),
		cmocka_unit_test(the_largest_instance_is_solved),
		cmocka_unit_test(a_plan_that_breaks_a_rule_has_no_cost),
		cmocka_unit_test(equal_plans_give_the_smallest_list),
		cmocka_unit_test(a_file_reads_in_any_order),
		cmocka_unit_test(a_faulty_file_is_refused_by_line),
		cmocka_unit_test(bytes_of_any_kind_are_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
