/* test_window.c -- shared windows against a model that asks every minute. */
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

static void compare_day(const struct world *w, const struct shared *shared, int d)
{
	static struct model_day model;
	model_day(w, w->days.v[d], &model);
	const struct shared_day *day = shared_day(shared, d);
	assert_int_equal(day->start, model.start);
	assert_int_equal(day->past, model.start + model.n * 60);
	size_t k = day->first;
	utc_t last = day->start - 1;
	for (int i = 0; i < model.n; i++) {
		utc_t at = model.start + i * 60;
		while (k < day->first + day->n && shared->windows[k].end <= at)
			k++;
		bool in = k < day->first + day->n && shared->windows[k].start <= at;
		if (in != model.free[i]) {
			char text[CIVIL_TEXT];
			fail_msg("world %llu: %s is %s", (unsigned long long)w->seed,
				 utc_text(at, text), in ? "a window, not free" : "free, no window");
		}
		if (!in)
			continue;
		bool tentative = false;
		for (int m = 0; m < 2; m++)
			for (size_t t = 0; t < shared->members[m].tentative.n; t++)
				tentative |= shared->members[m].tentative.v[t].start <= at &&
					     at < shared->members[m].tentative.v[t].end;
		assert_int_equal(tentative, model.tentative[i]);
	}
	for (k = day->first; k < day->first + day->n; k++) {
		assert_true(shared->windows[k].start > last); /* apart, rising */
		assert_true(shared->windows[k].end > shared->windows[k].start);
		last = shared->windows[k].end;
	}
	assert_true(last <= day->past);
}

static void same_as_asking_every_minute(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 40; round++) {
		struct world w;
		struct shared shared, one;
		world_init(&w, seed + round);
		shared_init(&shared, &w.task, 0, w.days.n);
		for (int d = 0; d < w.days.n; d += 1 + (int)world_random(&w, 5)) {
			compare_day(&w, &shared, d);
			shared_init(&one, &w.task, d, d + 1); /* a day alone is the same */
			compare_day(&w, &one, d);
			shared_fini(&one);
		}
		shared_fini(&shared);
		world_fini(&w);
	}
}

/* Who works the clock round works 23 and 25 hours on the days the clock changes. */
static void days_on_which_the_clock_changes(void **state)
{
	(void)state;
	struct world w;
	world_plain(&w, seed, 45, 0);
	w.programme.weekdays = 0x7f;
	for (int m = 0; m < 2; m++)
		w.works[m][0] = (struct work_hours){0x7f, 0, 1440};
	opendays_fini(&w.days);
	world_task(&w);
	static const struct {
		int year, month, day, hours;
	} days[] = {{2026, 10, 24, 24}, {2026, 10, 25, 25}, {2027, 3, 28, 23}, {2027, 3, 29, 24}};
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		struct shared s;
		int d = opendays_number(&w.days,
					civil_to_day(days[i].year, days[i].month, days[i].day));
		shared_init(&s, &w.task, d, d + 1);
		assert_int_equal(s.n_windows, 1);
		assert_int_equal(s.windows[0].end - s.windows[0].start, days[i].hours * 3600);
		shared_fini(&s);
	}
	world_fini(&w);
}

static void never_read_means_never_free(void **state)
{
	(void)state;
	struct world w;
	struct shared s;
	world_plain(&w, seed, 10, 30);
	w.task.members[1].known_until = UTC_MIN;
	assert_int_equal(window_known_days(&w.task, &w.task.members[0]), w.days.n);
	assert_int_equal(window_known_days(&w.task, &w.task.members[1]), 0);
	shared_init(&s, &w.task, 0, w.days.n);
	assert_int_equal(s.n_windows, 0);
	shared_fini(&s);
	world_fini(&w);
}

/* A holiday just before the horizon is no week to learn from. */
static void closed_weeks_are_no_pattern(void **state)
{
	(void)state;
	struct world w;
	struct shared s;
	world_plain(&w, seed, 12, 0);
	w.programme.pattern_weeks = 1;
	w.closed[0] = (struct day_range){w.programme.start + 21, w.programme.start + 28, NULL};
	w.programme.n_closed = 1;
	opendays_fini(&w.days);
	world_task(&w);
	w.task.members[0].known_until = world_at(&w, w.programme.start + 28, 0);
	/* week 3 (the last open one) taught monday morning; the closed week nothing */
	utc_t lesson = world_at(&w, w.programme.start + 14, 540);
	busyset_add(&w.busy[0], lesson, lesson + 3600, LEVEL_BUSY);
	busyset_settle(&w.busy[0]);
	shared_init(&s, &w.task, 0, w.days.n);
	int monday = opendays_number(&w.days, w.programme.start + 28);
	const struct shared_day *day = shared_day(&s, monday);
	assert_int_equal(day->n, 2);
	assert_int_equal(s.windows[day->first].end, world_at(&w, w.programme.start + 28, 530));
	assert_int_equal(s.windows[day->first + 1].start,
			 world_at(&w, w.programme.start + 28, 610));
	assert_int_equal(shared_day(&s, monday + 1)->n, 1);
	shared_fini(&s);
	world_fini(&w);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_asking_every_minute),
		cmocka_unit_test(days_on_which_the_clock_changes),
		cmocka_unit_test(never_read_means_never_free),
		cmocka_unit_test(closed_weeks_are_no_pattern),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
