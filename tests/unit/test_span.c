/* test_span.c -- span sets against a stupid model: one array cell a minute.
 *
 * 20,000 rounds of random sets and operations; every result must say the same as the array, cell
 * by cell, and be canonical. test_span SEED replays a run. */
#include "base/buf.h"
#include "cal/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CELLS = 96, ROUNDS = 20000, FAR = 4 };

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

/* Minutes -> moments. The origin is before 1970 so that signs are tested too. */
static utc_t moment(int minute)
{
	return (utc_t)(minute - CELLS / 2) * 60;
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: %s; rerun: test_span %llu\n", __FILE__,      \
				      __LINE__, #condition, (unsigned long long)seed);             \
			fail();                                                                    \
		}                                                                                  \
	} while (0)

typedef unsigned char cells[CELLS];

/* Some levels are rare, so that sets of one level and touching equal neighbours happen too. */
static enum level draw_level(void)
{
	static const enum level levels[] = {LEVEL_BUSY, LEVEL_BUSY, LEVEL_TENTATIVE, LEVEL_UNKNOWN,
					    LEVEL_FREE};
	return levels[draw(5)];
}

static void draw_range(int *from, int *to)
{
	*from = (int)draw(CELLS + 1);
	*to = draw(10) == 0 ? (int)draw(CELLS + 1) : *from + (int)draw(CELLS / FAR);
	if (*to > CELLS)
		*to = CELLS;
}

static void paint(cells c, int from, int to, enum level level)
{
	for (int i = from; i < to; i++)
		if (c[i] < level)
			c[i] = (unsigned char)level;
}

static void draw_busyset(struct busyset *set, cells c)
{
	memset(c, LEVEL_FREE, CELLS);
	for (uint32_t n = draw(12); n > 0; n--) {
		int from, to;
		draw_range(&from, &to);
		enum level level = draw_level();
		busyset_add(set, moment(from), moment(to), level);
		paint(c, from, to, level);
	}
	busyset_settle(set);
}

static void check_busyset(const struct busyset *set, const cells c)
{
	CHECK(busyset_is_canonical(set));
	for (int i = 0; i < CELLS; i++) {
		CHECK(busyset_at(set, moment(i)) == c[i]);
		CHECK(busyset_at(set, moment(i) + 59) == c[i]);
	}
	CHECK(busyset_at(set, moment(0) - 1) == LEVEL_FREE);
	CHECK(busyset_at(set, moment(CELLS)) == LEVEL_FREE);
	CHECK(set->n == 0 ||
	      (set->v[0].start >= moment(0) && set->v[set->n - 1].end <= moment(CELLS)));
}

static enum level max_in(const cells c, int from, int to)
{
	enum level max = LEVEL_FREE;
	for (int i = from; i < to; i++)
		max = c[i] > max ? c[i] : max;
	return max;
}

static void busy_round(void)
{
	struct busyset a = {0}, b = {0}, copy = {0};
	cells ca, cb;
	draw_busyset(&a, ca);
	draw_busyset(&b, cb);
	check_busyset(&a, ca);
	busyset_copy(&copy, &a);
	CHECK(busyset_equal(&copy, &a));
	CHECK(busyset_equal(&a, &b) == (memcmp(ca, cb, CELLS) == 0));

	busyset_merge(&copy, &b);
	for (int i = 0; i < CELLS; i++)
		paint(ca, i, i + 1, cb[i]);
	check_busyset(&copy, ca);

	int from, to;
	enum level level = draw_level();
	for (int step = 0; step < 3; step++) {
		draw_range(&from, &to);
		CHECK(busyset_max(&copy, moment(from), moment(to)) == max_in(ca, from, to));
		size_t found = busyset_find(&copy, moment(from));
		CHECK(found == copy.n || copy.v[found].end > moment(from));
		CHECK(found == 0 || copy.v[found - 1].end <= moment(from));
	}
	draw_range(&from, &to);
	switch (draw(3)) {
	case 0:
		busyset_raise(&copy, moment(from), moment(to), level);
		paint(ca, from, to, level);
		break;
	case 1:
		busyset_fill_free(&copy, moment(from), moment(to), level);
		for (int i = from; i < to; i++)
			ca[i] = ca[i] == LEVEL_FREE ? (unsigned char)level : ca[i];
		break;
	default:
		busyset_clip(&copy, moment(from), moment(to));
		for (int i = 0; i < CELLS; i++)
			ca[i] = i >= from && i < to ? ca[i] : LEVEL_FREE;
	}
	check_busyset(&copy, ca);
	busyset_fini(&a);
	busyset_fini(&b);
	busyset_fini(&copy);
}

static void draw_spanset(struct spanset *set, cells c)
{
	memset(c, 0, CELLS);
	for (uint32_t n = draw(10); n > 0; n--) {
		int from, to;
		draw_range(&from, &to);
		spanset_add(set, moment(from), moment(to));
		paint(c, from, to, 1);
	}
	spanset_settle(set);
}

static bool spanset_has(const struct spanset *set, utc_t at)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].start <= at && at < set->v[i].end)
			return true;
	return false;
}

static void check_spanset(const struct spanset *set, const cells c)
{
	CHECK(spanset_is_canonical(set));
	for (int i = 0; i < CELLS; i++)
		CHECK(spanset_has(set, moment(i)) == (c[i] != 0) &&
		      spanset_has(set, moment(i) + 59) == (c[i] != 0));
	CHECK(!spanset_has(set, moment(0) - 1) && !spanset_has(set, moment(CELLS)));
}

static void span_round(void)
{
	struct spanset a = {0}, b = {0}, out = {0};
	cells ca, cb, want;
	draw_spanset(&a, ca);
	draw_spanset(&b, cb);
	check_spanset(&a, ca);
	spanset_intersect(&a, &b, &out);
	for (int i = 0; i < CELLS; i++)
		want[i] = ca[i] && cb[i];
	check_spanset(&out, want);
	spanset_subtract(&a, &b, &out);
	for (int i = 0; i < CELLS; i++)
		want[i] = ca[i] && !cb[i];
	check_spanset(&out, want);
	int from, to;
	draw_range(&from, &to);
	bool all = true;
	for (int i = from; i < to; i++)
		all = all && want[i];
	CHECK(spanset_covers(&out, moment(from), moment(to)) == all);
	/* The result may be an input. */
	struct spanset *same = draw(2) ? &a : &b;
	spanset_subtract(&a, &b, same);
	check_spanset(same, want);
	spanset_fini(&a);
	spanset_fini(&b);
	spanset_fini(&out);
}

/* Widening leaves the array, so this one uses the middle of it. */
static void margin_round(void)
{
	struct busyset set = {0};
	struct spanset out = {0};
	cells c, want;
	draw_busyset(&set, c);
	enum { MARGIN_MAX = 5 };
	int margin = (int)draw(MARGIN_MAX + 1);
	enum level least = LEVEL_TENTATIVE + draw(3);
	busyset_clip(&set, moment(MARGIN_MAX), moment(CELLS - MARGIN_MAX));
	memset(want, 0, CELLS);
	for (int i = MARGIN_MAX; i < CELLS - MARGIN_MAX; i++)
		if (c[i] >= least)
			paint(want, i - margin, i + margin + 1, 1);
	spanset_from_busy(&out, &set, least, margin * 60);
	check_spanset(&out, want);
	busyset_fini(&set);
	spanset_fini(&out);
}

static void random_rounds_agree_with_the_array(void **unused)
{
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		busy_round();
		span_round();
		margin_round();
	}
}

static void odd_spans_are_dropped(void **unused)
{
	(void)unused;
	struct busyset set = {0};
	busyset_add(&set, 10, 10, LEVEL_BUSY);
	busyset_add(&set, 10, 5, LEVEL_BUSY);
	busyset_add(&set, 0, 10, LEVEL_FREE);
	assert_int_equal(set.n, 0);
	busyset_settle(&set);
	assert_true(busyset_is_canonical(&set));
	assert_int_equal(busyset_at(&set, 0), LEVEL_FREE);
	assert_int_equal(busyset_max(&set, 0, 100), LEVEL_FREE);
	busyset_fini(&set);
	busyset_fini(&set);
	struct spanset plain = {0};
	spanset_add(&plain, 3, 3);
	assert_int_equal(plain.n, 0);
	assert_false(spanset_covers(&plain, 0, 1));
	assert_true(spanset_covers(&plain, 1, 1));
	spanset_fini(&plain);
}

static void ends_of_time_do_not_overflow(void **unused)
{
	(void)unused;
	struct busyset set = {0};
	busyset_add(&set, 0, 10, LEVEL_BUSY);
	busyset_fill_free(&set, UTC_MIN, UTC_MAX, LEVEL_UNKNOWN);
	assert_int_equal(set.n, 3);
	assert_true(busyset_is_canonical(&set));
	assert_int_equal(busyset_at(&set, UTC_MIN), LEVEL_UNKNOWN);
	assert_int_equal(busyset_at(&set, 5), LEVEL_BUSY);
	busyset_raise(&set, UTC_MIN, UTC_MAX, LEVEL_UNKNOWN);
	assert_int_equal(set.n, 1);
	struct spanset plain = {0};
	spanset_from_busy(&plain, &set, LEVEL_BUSY, 3600);
	assert_int_equal(plain.n, 1);
	assert_true(spanset_covers(&plain, UTC_MIN, UTC_MAX));
	busyset_fini(&set);
	spanset_fini(&plain);
}

static void canonical_refuses_what_is_not(void **unused)
{
	(void)unused;
	struct busy touching[] = {{0, 10, LEVEL_BUSY}, {10, 20, LEVEL_BUSY}};
	struct busy crossing[] = {{0, 11, LEVEL_BUSY}, {10, 20, LEVEL_TENTATIVE}};
	struct busy empty[] = {{0, 0, LEVEL_BUSY}};
	struct busy fine[] = {{0, 10, LEVEL_BUSY}, {10, 20, LEVEL_TENTATIVE}};
	assert_false(busyset_is_canonical(&(struct busyset){touching, 2, 2}));
	assert_false(busyset_is_canonical(&(struct busyset){crossing, 2, 2}));
	assert_false(busyset_is_canonical(&(struct busyset){empty, 1, 1}));
	assert_true(busyset_is_canonical(&(struct busyset){fine, 2, 2}));
	struct span spans[] = {{0, 10}, {10, 20}};
	assert_false(spanset_is_canonical(&(struct spanset){spans, 2, 2}));
}

static void words(void **unused)
{
	(void)unused;
	assert_string_equal(level_word(LEVEL_FREE), "free");
	assert_string_equal(level_word(LEVEL_TENTATIVE), "tentative");
	assert_string_equal(level_word(LEVEL_BUSY), "busy");
	assert_string_equal(level_word(LEVEL_UNKNOWN), "unknown");
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	(void)printf("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rounds_agree_with_the_array),
		cmocka_unit_test(odd_spans_are_dropped),
		cmocka_unit_test(ends_of_time_do_not_overflow),
		cmocka_unit_test(canonical_refuses_what_is_not),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
