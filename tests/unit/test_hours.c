/* test_hours.c -- shares of a budget, and what is kept for other kinds than work. */
#include "plan/hours.h"

#include "base/civil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint32_t state_of_random = 1;

static uint32_t pick(uint32_t below)
{
	state_of_random = state_of_random * 1664525u + 1013904223u;
	return (state_of_random >> 8) % below;
}

static void table_of_who_spends(void **state)
{
	(void)state;
	for (int k = 0; k < KIND_COUNT; k++)
		assert_true(hours_spends((enum kind)k));
	assert_true(hours_is_planned(STATE_BOOKED));
	assert_false(hours_is_planned(STATE_PROVISIONAL));
	assert_false(hours_is_planned(STATE_HELD));
	assert_false(hours_is_planned(STATE_MISSED));
	assert_false(hours_is_planned(STATE_CANCELLED));
}

/* anna in n duos, some with a share, some retired: parts are fair and nothing is lost. */
static void shares_add_up(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct person anna = {.id = "anna", .budget_min = (int32_t)pick(5000)};
		struct duo duos[6];
		struct share shares[6];
		struct roster roster = {.duos = duos, .n_duos = pick(6)};
		int64_t given = 0;
		int without = 0;
		for (size_t i = 0; i < roster.n_duos; i++) {
			duos[i] = (struct duo){.members = {"anna", "bram"}, .shares = &shares[i]};
			(void)snprintf(duos[i].id, sizeof duos[i].id, "duo-%zu", i);
			duos[i].retired = pick(8) == 0;
			if (pick(3) == 0) {
				shares[i] = (struct share){"anna", (int32_t)pick(1500)};
				duos[i].n_shares = 1;
				given += duos[i].retired ? 0 : shares[i].min;
			} else {
				without += !duos[i].retired;
			}
		}
		int64_t left = anna.budget_min > given ? anna.budget_min - given : 0, parts = 0;
		for (size_t i = 0; i < roster.n_duos; i++) {
			int32_t got = hours_share(&roster, &anna, &duos[i]);
			assert_in_range(got, 0, anna.budget_min);
			if (duos[i].retired) {
				assert_int_equal(got, 0);
			} else if (duos[i].n_shares) {
				assert_int_equal(got, shares[i].min < anna.budget_min
							      ? shares[i].min
							      : anna.budget_min);
			} else {
				assert_in_range(got, left / without, left / without + 1);
				parts += got;
			}
		}
		if (without)
			assert_int_equal(parts, left);
	}
}

static void a_stranger_has_no_share(void **state)
{
	(void)state;
	struct person cleo = {.id = "cleo", .budget_min = 4500};
	struct duo duo = {.id = "d", .members = {"anna", "bram"}};
	struct roster roster = {.duos = &duo, .n_duos = 1};
	assert_int_equal(hours_share(&roster, &cleo, &duo), 0);
}

static struct programme year(void)
{
	return (struct programme){
		.start = civil_to_day(2026, 8, 31),
		.past = civil_to_day(2026, 8, 31) + 300,
		.zone = zone_utc(),
		.intervisie_n = 3,
		.intervisie_min = 120,
		.reflection_every_days = 42,
		.reflection_min = 60,
		.visits_n = 2,
		.visit_min = 60,
		.steering_min = 30,
		.evaluation_min = 60,
	};
}

static void reserve_returns_to_work(void **state)
{
	(void)state;
	struct programme p = year();
	const struct had none = {{0}, {0}};
	struct reserve r = hours_reserve(&p, &none, p.start - 100);
	assert_int_equal(r.intervisie, 360);
	assert_int_equal(r.reflection, 7 * 60);
	assert_int_equal(r.visits, 120);
	assert_int_equal(r.steering, 30);
	assert_int_equal(r.evaluation, 60);
	assert_int_equal(r.total, 360 + 420 + 120 + 30 + 60);
	assert_int_equal(hours_reserve(&p, &none, p.start + 99).intervisie, 360);
	assert_int_equal(hours_reserve(&p, &none, p.start + 100).intervisie, 240);
	assert_int_equal(hours_reserve(&p, &none, p.start + 150).visits, 60);
	int32_t last = INT32_MAX; /* it only shrinks, and nothing is left at the end */
	for (day_t day = p.start - 1; day <= p.past + 1; day++) {
		r = hours_reserve(&p, &none, day);
		assert_true(r.total <= last);
		last = r.total;
		assert_true(day < p.past || r.total == 0);
		assert_true(day >= p.past || r.evaluation == 60);
	}
}

/* What a person has of one kind on these days of the programme, as @today sees it. */
static struct had has(const struct programme *p, enum kind kind, day_t today, size_t n,
		      const int *days)
{
	struct had had = {{0}, {0}};
	for (size_t i = 0; i < n; i++) {
		utc_t start = local_at(p->start + days[i], 10 * 3600);
		struct session s = {
			.kind = kind, .state = STATE_BOOKED, .start = start, .end = start + 7200};
		hours_had_add(&had, p, &s, today);
	}
	return had;
}

static int32_t intervisie_left(const struct programme *p, day_t today, size_t n, const int *days)
{
	struct had had = has(p, KIND_INTERVISIE, today, n, days);
	return hours_reserve(p, &had, today).intervisie;
}

/* Parts of 100 days. */
static void what_is_planned_is_not_reserved(void **state)
{
	(void)state;
	struct programme p = year();
	assert_int_equal(intervisie_left(&p, p.start, 1, (const int[]){50}), 240);
	assert_int_equal(intervisie_left(&p, p.start + 100, 1, (const int[]){50}), 240);
	assert_int_equal(intervisie_left(&p, p.start + 200, 1, (const int[]){50}), 120);
	/* the first was not for her: its hours return to work, the others stay hers */
	assert_int_equal(intervisie_left(&p, p.start + 99, 2, (const int[]){150, 250}), 120);
	assert_int_equal(intervisie_left(&p, p.start + 100, 2, (const int[]){150, 250}), 0);
	/* one that was brought forward leaves no fourth behind */
	assert_int_equal(intervisie_left(&p, p.start + 150, 3, (const int[]){50, 90, 250}), 0);
	/* the same day by day, when all three are planned */
	for (day_t day = p.start; day < p.past + 3; day++)
		assert_int_equal(intervisie_left(&p, day, 3, (const int[]){50, 150, 250}), 0);
	struct had one = has(&p, KIND_EVALUATION, p.start, 1, (const int[]){290});
	assert_int_equal(hours_reserve(&p, &one, p.start).evaluation, 0);
	struct had two = has(&p, KIND_VISIT, p.start, 2, (const int[]){10, 20});
	assert_int_equal(hours_reserve(&p, &two, p.start).visits, 0);
	struct session gone = {.kind = KIND_VISIT, .state = STATE_MISSED};
	struct had none = {{0}, {0}};
	hours_had_add(&none, &p, &gone, p.start);
	assert_int_equal(hours_reserve(&p, &none, p.start).visits, 120);
}

static void parts_are_equal_and_whole(void **state)
{
	(void)state;
	struct programme p = year();
	for (int n = 1; n <= 7; n++) {
		assert_int_equal(hours_part_first(&p, n, 0), p.start);
		assert_int_equal(hours_part_first(&p, n, n), p.past);
		for (int k = 0; k < n; k++)
			for (day_t d = hours_part_first(&p, n, k);
			     d < hours_part_first(&p, n, k + 1); d++)
				assert_int_equal(hours_part_of(&p, n, d), k);
	}
}

static void nothing_reserved_when_nothing_is_asked(void **state)
{
	(void)state;
	struct programme p = {.start = 100, .past = 200};
	const struct had none = {{0}, {0}};
	assert_int_equal(hours_reserve(&p, &none, 120).total, 0);
	p = (struct programme){.start = 100, .past = 100, .intervisie_n = 3, .intervisie_min = 60};
	assert_int_equal(hours_reserve(&p, &none, 120).total, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		state_of_random = (uint32_t)strtoul(argv[1], NULL, 10);
	printf("seed %u; rerun: %s %u\n", state_of_random, argv[0], state_of_random);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_who_spends),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(a_stranger_has_no_share),
		cmocka_unit_test(reserve_returns_to_work),
		cmocka_unit_test(what_is_planned_is_not_reserved),
		cmocka_unit_test(parts_are_equal_and_whole),
		cmocka_unit_test(nothing_reserved_when_nothing_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
