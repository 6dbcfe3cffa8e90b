/* test_openday.c -- open days: the programme's weekdays that are not closed. */
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka.h wants the three above first */
#include <cmocka.h>

static uint64_t seed;

static void same_as_asking_every_date(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 300; round++) {
		struct world w;
		world_init(&w, seed + round);
		int n = 0;
		for (day_t date = w.programme.start - 10; date < w.programme.past + 10; date++) {
			bool open = model_open(&w.programme, date);
			assert_int_equal(opendays_before(&w.days, date), n);
			assert_int_equal(opendays_number(&w.days, date), open ? n : -1);
			if (open)
				assert_int_equal(w.days.v[n++], date);
		}
		assert_int_equal(w.days.n, n);
		world_fini(&w);
	}
}

static void overlapping_closed_ranges(void **state)
{
	(void)state;
	day_t monday = civil_to_day(2026, 11, 23);
	struct day_range closed[] = {{monday - 30, monday + 1, NULL},
				     {monday - 20, monday - 19, NULL},
				     {monday + 2, monday + 3, NULL}};
	struct programme p = {.start = monday,
			      .past = monday + 7,
			      .weekdays = 0x1f,
			      .closed = closed,
			      .n_closed = 3};
	struct opendays days;
	opendays_init(&days, &p);
	assert_int_equal(days.n, 3); /* tue, thu, fri */
	assert_int_equal(days.v[0], monday + 1);
	assert_int_equal(days.v[1], monday + 3);
	assert_int_equal(days.v[2], monday + 4);
	opendays_fini(&days);
}

static void all_closed_is_empty(void **state)
{
	(void)state;
	struct day_range closed[] = {{0, 1000, NULL}};
	struct programme p = {
		.start = 10, .past = 20, .weekdays = 0x7f, .closed = closed, .n_closed = 1};
	struct opendays days;
	opendays_init(&days, &p);
	assert_int_equal(days.n, 0);
	assert_int_equal(opendays_number(&days, 15), -1);
	assert_int_equal(opendays_before(&days, 15), 0);
	opendays_fini(&days);
	opendays_fini(&days);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_asking_every_date),
		cmocka_unit_test(overlapping_closed_ranges),
		cmocka_unit_test(all_closed_is_empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
