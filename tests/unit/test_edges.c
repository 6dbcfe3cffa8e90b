/* test_edges.c -- years that are hardly years: no time, no budget, one day, none; nights, other
 * zones, the clocks' change; everything left for the last weeks. */
#include "plan_world.h"

#include "plan/candidate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool says(const struct plan *plan, const char *part)
{
	for (size_t i = 0; i < plan->n_reasons; i++)
		if (strstr(plan->reasons[i], part))
			return true;
	for (size_t i = 0; i < plan->n_reasons; i++)
		print_error("said: %s\n", plan->reasons[i]);
	return false;
}

static void works(struct world *w, int m, unsigned weekdays, int from_min, int to_min)
{
	w->works[m][0] = (struct work_hours){weekdays, from_min, to_min};
	w->persons[m].n_works = 1;
}

/* Opened again after the programme's days were changed. */
static void reopen(struct world *w)
{
	opendays_fini(&w->days);
	opendays_init(&w->days, &w->programme);
}

static void check_hours(const struct world *w, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		for (int m = 0; m < 2; m++)
			for (utc_t at = plan->v[i].start; at < plan->v[i].end; at += 60)
				assert_true(model_works(&w->persons[m], at));
}

static void a_duo_without_any_shared_time(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	world_plain(&w, 1, 20, 0);
	works(&w, 0, 0x07, 510, 1020); /* monday to wednesday */
	works(&w, 1, 0x18, 510, 1020); /* thursday and friday */
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.unplaced_min, 4500);
	assert_int_equal(plan.longest_gap, w.days.n + 1);
	assert_true(says(&plan, "75h of 75h could not be placed: on 100 of 100 open days left anna "
				"and bram share no 60 minutes"));
	assert_true(says(&plan, "mon 0 of 20"));
	plan_fini(&plan);
	world_fini(&w);
}

static void twenty_minutes_of_budget(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	world_plain(&w, 2, 20, 0);
	w.task.members[1].remaining_min = 20;
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.budget_min, 20);
	assert_int_equal(plan.unplaced_min, 20);
	assert_true(says(&plan, "20m of 20m could not be placed: that is less than the shortest "
				"session of 1h"));
	plan_fini(&plan);
	/* and 80 minutes are one session of an hour and a quarter, the rest is left */
	w.task.members[1].remaining_min = 80;
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.placed_min, 75);
	assert_int_equal(plan.unplaced_min, 5);
	plan_fini(&plan);
	world_fini(&w);
}

static void a_programme_of_one_day(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	struct buf text = {0};
	world_plain(&w, 3, 20, 0);
	w.programme.past = w.programme.start + 1;
	reopen(&w);
	assert_int_equal(w.days.n, 1);
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.placed_min, 180);
	assert_int_equal(plan.v[0].day, 0);
	assert_int_equal(plan.cadence, 1);
	plan_explain_day(&w.task, &plan, w.programme.start, &text);
	assert_non_null(strstr(buf_str(&text), "work session"));
	buf_fini(&text);
	plan_fini(&plan);
	w.task.now = world_at(&w, w.programme.start, 0); /* it is that day: all of it is frozen */
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(says(&plan, "no open day is left after the freeze window"));
	plan_fini(&plan);
	world_fini(&w);
}

static void every_day_closed(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	struct slots slots;
	struct buf text = {0};
	struct err err;
	world_plain(&w, 4, 20, 0);
	w.closed[0] = (struct day_range){w.programme.start - 5, w.programme.past + 5, NULL};
	w.programme.n_closed = 1;
	reopen(&w);
	assert_int_equal(w.days.n, 0);
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.unplaced_min, 4500);
	assert_true(says(&plan, "the programme has no open days"));
	plan_slots(&w.task, &plan, 0, 0, &slots);
	assert_int_equal(slots.n, 0);
	plan_explain_day(&w.task, &plan, w.programme.start, &text);
	assert_non_null(strstr(buf_str(&text), "is closed"));
	buf_fini(&text);
	utc_t at = world_at(&w, w.programme.start, 600);
	assert_false(plan_fits(&w.task, at, at + 3600, &err));
	assert_non_null(strstr(err.text, "is closed"));
	plan_fini(&plan);
	world_fini(&w);
}

/* Nights are two spans, before and after midnight; a session lies in one of them. */
static void members_who_work_at_night(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	struct err err;
	world_plain(&w, 5, 20, 0);
	for (int m = 0; m < 2; m++) {
		works(&w, m, 0x1f, 22 * 60, 24 * 60);
		w.works[m][1] = (struct work_hours){0x3e, 0, 6 * 60};
		w.persons[m].n_works = 2;
	}
	plan_make(&w.task, &plan);
	assert_true(plan.placed_min > 4000);
	check_hours(&w, &plan);
	for (size_t i = 0; i < plan.n; i++)
		assert_int_equal(zone_day_of(w.programme.zone, plan.v[i].start),
				 zone_day_of(w.programme.zone, plan.v[i].end - 1));
	utc_t late = world_at(&w, w.programme.start, 23 * 60);
	assert_true(plan_fits(&w.task, late, late + 3600, &err)); /* to midnight */
	assert_false(plan_fits(&w.task, late, late + 3660, &err));
	assert_non_null(strstr(err.text, "does not lie within one day"));
	plan_fini(&plan);
	world_fini(&w);
}

/* Nine in the morning in New York is three in the afternoon here. */
static void a_member_in_another_zone(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	struct err err;
	world_plain(&w, 6, 40, 0);
	w.persons[1].zone = zone_by_name("America/New_York");
	works(&w, 1, 0x1f, 9 * 60, 17 * 60);
	plan_make(&w.task, &plan);
	assert_true(plan.placed_min > 4000);
	check_hours(&w, &plan);
	for (size_t i = 0; i < plan.n; i++) {
		int minute = local_second(zone_to_local(w.programme.zone, plan.v[i].start)) / 60;
		assert_true(minute >= 14 * 60); /* 14:00 in the weeks when only one has changed */
	}
	utc_t early = world_at(&w, w.programme.start, 13 * 60);
	assert_false(plan_fits(&w.task, early, early + 3600, &err));
	assert_non_null(strstr(err.text, "bram works 09:00-17:00 on mon (America/New_York)"));
	plan_fini(&plan);
	/* on the other side of the world they never meet */
	w.persons[1].zone = zone_by_name("Pacific/Auckland");
	plan_make(&w.task, &plan);
	assert_int_equal(plan.n, 0);
	plan_fini(&plan);
	world_fini(&w);
}

/* The nights in which the clocks change, worked and planned through. */
static void the_clocks_change(void **state)
{
	(void)state;
	static const struct {
		int y, m, d, hours;
	} nights[] = {{2026, 10, 25, 25}, {2027, 3, 28, 23}};
	for (size_t k = 0; k < 2; k++) {
		struct world w;
		struct plan plan;
		struct slots slots;
		world_plain(&w, 7, 2, 0);
		day_t sunday = civil_to_day(nights[k].y, nights[k].m, nights[k].d);
		w.programme.start = sunday;
		w.programme.past = sunday + 1;
		w.programme.weekdays = 0x7f;
		reopen(&w);
		for (int m = 0; m < 2; m++)
			works(&w, m, 0x7f, 0, 6 * 60);
		w.task.now = world_at(&w, sunday - 10, 0);
		plan_make(&w.task, &plan);
		assert_int_equal(plan.n, 1);
		check_hours(&w, &plan);
		assert_int_equal(plan.v[0].end - plan.v[0].start, plan.v[0].min * 60);
		plan_slots(&w.task, &plan, 0, 60, &slots);
		int free_hours = nights[k].hours - 18; /* 7 or 5 between 00:00 and 06:00 */
		for (size_t i = 0; i < slots.n; i++) {
			utc_t midnight = zone_day_start(w.programme.zone, sunday);
			local_t local = zone_to_local(w.programme.zone, slots.v[i].start);
			assert_int_equal(slots.v[i].end - slots.v[i].start, 3600);
			assert_true(slots.v[i].end <= midnight + free_hours * 3600);
			/* every start is one that a clock shows, the first time it does */
			assert_int_equal(zone_to_utc(w.programme.zone, local), slots.v[i].start);
		}
		assert_true(slots.n > 40);
		slots_fini(&slots);
		plan_fini(&plan);
		world_fini(&w);
	}
}

static void seventy_five_hours_in_the_last_six_weeks(void **state)
{
	(void)state;
	struct world w;
	struct plan plan;
	world_plain(&w, 8, 42, 0);
	w.task.now = world_at(&w, w.programme.past - 42, 0) - w.programme.freeze_s;
	plan_make(&w.task, &plan);
	/* thirty open days, one in two, three hours each: 45 hours and not a minute more */
	assert_int_equal(plan.placed_min, 45 * 60);
	assert_int_equal(plan.n, 15);
	for (size_t i = 0; i < plan.n; i++) {
		assert_true(plan.v[i].start >= w.task.now + w.programme.freeze_s);
		assert_true(i == 0 || plan.v[i].day - plan.v[i - 1].day >= 2);
	}
	assert_int_equal(plan.unplaced_min, 30 * 60);
	assert_true(says(&plan, "30h of 75h could not be placed: on the 15 open days left without "
				"a session one would lie nearer than 2 open days to the next"));
	plan_fini(&plan);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_duo_without_any_shared_time),
		cmocka_unit_test(twenty_minutes_of_budget),
		cmocka_unit_test(a_programme_of_one_day),
		cmocka_unit_test(every_day_closed),
		cmocka_unit_test(members_who_work_at_night),
		cmocka_unit_test(a_member_in_another_zone),
		cmocka_unit_test(the_clocks_change),
		cmocka_unit_test(seventy_five_hours_in_the_last_six_weeks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
