/* test_duoplan.c -- plans of random programmes: every rule, asked of the finished plan. */
#include "plan_world.h"

#include "plan/candidate.h"
#include "plan/solve.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

#define HOLDS(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fail_msg("world %llu: not %s", (unsigned long long)w->seed, #what);        \
	} while (0)

/* ---- rules ------------------------------------------------------------------------------- */

static void check_session(const struct world *w, const struct plan_session *s)
{
	static struct model_day day;
	const struct programme *p = &w->programme;
	HOLDS(s->min >= p->session_min && s->min <= p->session_max_min);
	HOLDS(s->min % p->length_step_min == 0 && s->end - s->start == s->min * 60);
	HOLDS(s->start >= w->task.now + p->freeze_s);
	day_t date = zone_day_of(p->zone, s->start);
	HOLDS(date == w->days.v[s->day] && model_open(p, date));
	HOLDS(zone_day_of(p->zone, s->end - 1) == date);
	model_day(w, date, &day);
	for (utc_t at = s->start; at < s->end; at += 60)
		HOLDS(day.free[(at - day.start) / 60]);
	bool unknown =
		s->end > w->task.members[0].known_until || s->end > w->task.members[1].known_until;
	HOLDS(s->provisional == unknown);
	const struct slot_cost *c = &s->cost;
	HOLDS(c->total ==
	      c->length + c->outside_prefer + c->lunch + c->scrap + c->rhythm + c->tentative);
}

static void check_neighbours(const struct world *w, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		HOLDS(i == 0 || plan->v[i - 1].start <= plan->v[i].start);
		for (size_t k = i + 1; k < plan->n; k++) {
			if (plan->v[i].fixed && plan->v[k].fixed)
				continue;
			int away = abs(plan->v[k].day - plan->v[i].day);
			HOLDS(away > 0);     /* one a day */
			bool parted = false; /* by a standing session between */
			for (size_t x = 0; x < plan->n; x++)
				parted |= plan->v[x].fixed && plan->v[x].day > plan->v[i].day &&
					  plan->v[x].day < plan->v[k].day;
			if (plan->v[i].kind == KIND_WORK && plan->v[k].kind == KIND_WORK && !parted)
				HOLDS(away >= w->programme.min_gap);
		}
	}
}

static int64_t square(int64_t v)
{
	return v > 0 ? v * v : 0;
}

/* The objective of design 4-planner written once more, from the list of sessions alone. */
static void check_cost(const struct world *w, const struct plan *plan)
{
	int64_t gaps = 0, even = 0, slots = 0, booked = 0, kept = 0;
	int32_t placed = 0;
	int last = -1, longest = 0;
	for (size_t i = 0; i <= plan->n; i++) {
		int day = i < plan->n ? plan->v[i].day : w->days.n;
		if (day < 0 || (i < plan->n && day >= w->days.n))
			continue;
		if (day > last) {
			gaps += w->weights.gap * square(day - last - plan->cadence);
			even += w->weights.even * square(day - last);
			longest = day - last > longest ? day - last : longest;
			last = day;
		}
		if (i == plan->n || plan->v[i].fixed)
			continue;
		slots += plan->v[i].cost.total;
		placed += plan->v[i].min;
		for (size_t k = 0; k < w->task.n_standing; k++)
			kept += w->standing[k].id == plan->v[i].kept_id &&
				w->standing[k].state == STATE_BOOKED;
	}
	for (size_t k = 0; k < w->task.n_standing; k++)
		booked += w->standing[k].stand == STAND_MOVABLE &&
			  w->standing[k].state == STATE_BOOKED;
	int32_t budget = w->task.members[0].remaining_min < w->task.members[1].remaining_min
				 ? w->task.members[0].remaining_min
				 : w->task.members[1].remaining_min;
	HOLDS(plan->budget_min == budget && plan->placed_min == placed && placed <= budget);
	HOLDS(plan->unplaced_min == budget - placed);
	HOLDS(plan->cost_unused == w->weights.unused * (budget / 15 - placed / 15));
	HOLDS(plan->cost_gaps == gaps);
	HOLDS(plan->cost_even == even);
	HOLDS(plan->cost_slots == slots);
	HOLDS(plan->cost_move == w->weights.move * (booked - kept));
	HOLDS(plan->cost_total == plan->cost_unused + gaps + even + slots + plan->cost_move);
	HOLDS(plan->longest_gap == longest);
	HOLDS(plan->early_price ? plan->bound <= plan->cost_total
				: plan->bound == plan->cost_total);
}

static void check_rhythm(const struct world *w, const struct plan *plan)
{
	int on = 0;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->v[i].fixed)
			continue;
		local_t local = zone_to_local(w->programme.zone, plan->v[i].start);
		bool is = (int)civil_weekday(local_day(local)) == plan->anchor_weekday &&
			  local_second(local) / 3600 == plan->anchor_hour;
		on += is;
		HOLDS(plan->v[i].cost.rhythm == (is ? 0 : w->weights.rhythm));
	}
	HOLDS((on > 0) == (plan->anchor_weekday >= 0));
}

static void check_plan(const struct world *w, const struct plan *plan)
{
	size_t fixed = 0;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->v[i].fixed)
			fixed++;
		else
			check_session(w, &plan->v[i]);
	}
	size_t standing = 0;
	for (size_t i = 0; i < w->task.n_standing; i++)
		standing += w->standing[i].stand == STAND_FIXED;
	HOLDS(fixed == standing);
	check_neighbours(w, plan);
	check_cost(w, plan);
	check_rhythm(w, plan);
	for (size_t i = 0; i < plan->n_reasons; i++)
		HOLDS(strlen(plan->reasons[i]) > 10 && !strchr(plan->reasons[i], '\n'));
	HOLDS(plan->unplaced_min == 0 || plan->n_reasons > 0);
}

static bool same_sessions(const struct plan *a, const struct plan *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].start != b->v[i].start || a->v[i].end != b->v[i].end)
			return false;
	return true;
}

/* The first plan becomes what is booked (or provisional, behind the horizon). */
static void stand_on(struct world *w, const struct plan *plan)
{
	size_t n = 0;
	struct plan_standing all[WORLD_MAX];
	for (size_t i = 0; i < plan->n && n < WORLD_MAX; i++) {
		const struct plan_session *s = &plan->v[i];
		all[n] = (struct plan_standing){.id = s->kept_id,
						.kind = s->kind,
						.state = s->provisional ? STATE_PROVISIONAL
									: STATE_BOOKED,
						.stand = s->fixed ? STAND_FIXED : STAND_MOVABLE,
						.start = s->start,
						.end = s->end};
		if (!s->fixed)
			all[n].id = (int64_t)i + 1;
		n++;
	}
	memcpy(w->standing, all, n * sizeof *all);
	w->task.n_standing = n;
}

/* ---- random programmes ------------------------------------------------------------------- */

static void every_rule_holds(void **state)
{
	(void)state;
	struct solve_memory *memory = solve_memory_new();
	int placed = 0, provisional = 0;
	for (uint64_t round = 0; round < 120; round++) {
		struct world world, *w = &world;
		struct plan plan, again;
		world_init(w, seed + round);
		plan_make_in(&w->task, memory, &plan);
		check_plan(w, &plan);
		for (size_t i = 0; i < plan.n; i++) {
			placed += !plan.v[i].fixed;
			provisional += plan.v[i].provisional;
		}
		plan_make(&w->task, &again); /* fresh memory, the same plan to the last word */
		HOLDS(same_sessions(&plan, &again) && plan.cost_total == again.cost_total);
		HOLDS(plan.n_reasons == again.n_reasons);
		for (size_t i = 0; i < plan.n_reasons; i++)
			HOLDS(strcmp(plan.reasons[i], again.reasons[i]) == 0);
		plan_fini(&again);
		plan_fini(&plan);
		world_fini(w);
	}
	solve_memory_free(memory);
	printf("%d sessions planned, %d of them provisional\n", placed, provisional);
	assert_true(placed > 500 && provisional > 50);
}

static void kept_when_nothing_changes(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 120; round++) {
		struct world world, *w = &world;
		struct plan first, second;
		world_init(w, seed + 1000 + round);
		plan_make(&w->task, &first);
		if (first.n <= WORLD_MAX) {
			stand_on(w, &first);
			plan_make(&w->task, &second);
			check_plan(w, &second);
			HOLDS(same_sessions(&first, &second));
			HOLDS(first.cost_total == second.cost_total && second.cost_move == 0);
			for (size_t i = 0; i < second.n; i++)
				HOLDS(second.v[i].kept_id != 0);
			plan_fini(&second);
		}
		plan_fini(&first);
		world_fini(w);
	}
}

/* A lesson falls on one session: that one goes, and the reason says who and why. */
static void a_clash_moves_and_says_why(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan first, second;
	world_plain(w, 20261124, 20, 40);
	plan_make(&w->task, &first);
	stand_on(w, &first);
	struct plan_standing hit = w->standing[first.n / 2];
	busyset_add(&w->busy[1], hit.start + 1800, hit.start + 3600, LEVEL_BUSY);
	busyset_settle(&w->busy[1]);
	plan_make(&w->task, &second);
	check_plan(w, &second);
	HOLDS(second.cost_move >= w->weights.move);
	char want[40];
	(void)snprintf(want, sizeof want, "s%lld, ", (long long)hit.id);
	bool said = false;
	for (size_t i = 0; i < second.n_reasons; i++)
		said |= strncmp(second.reasons[i], want, strlen(want)) == 0 &&
			strstr(second.reasons[i], "bram is busy");
	HOLDS(said);
	plan_fini(&first);
	plan_fini(&second);
	world_fini(w);
}

static void more_free_time_never_costs(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 80; round++) {
		struct world world, *w = &world;
		struct plan before, after;
		world_init(w, seed + 2000 + round);
		w->weights.scrap = w->weights.rhythm = 0;
		for (int m = 0; m < 2; m++)
			w->task.members[m].known_until = UTC_MAX;
		plan_make(&w->task, &before);
		for (int k = 0; k < 20; k++) {
			struct busyset *set = &w->busy[k & 1];
			if (set->n == 0)
				continue;
			size_t at = world_random(w, (uint32_t)set->n);
			memmove(&set->v[at], &set->v[at + 1], (set->n - at - 1) * sizeof *set->v);
			set->n--;
		}
		plan_make(&w->task, &after);
		check_plan(w, &after);
		HOLDS(after.cost_total <= before.cost_total);
		plan_fini(&before);
		plan_fini(&after);
		world_fini(w);
	}
}

/* plan_fits agrees with the model, and with every slot that is offered. */
static void fits_is_what_the_model_says(void **state)
{
	(void)state;
	int yes = 0, no = 0;
	for (uint64_t round = 0; round < 25; round++) {
		static struct model_day day;
		struct world world, *w = &world;
		world_init(w, seed + 3000 + round);
		for (int k = 0; k < 60; k++) {
			day_t date = w->programme.start - 3 +
				     (day_t)world_random(w, (uint32_t)(w->programme.past -
								       w->programme.start + 6));
			model_day(w, date, &day);
			int i = (int)world_random(w, 540) + 480, n = 5 + (int)world_random(w, 60);
			utc_t start = day.start + i * 60, end = start + n * 60;
			bool fits = end <= w->task.members[0].known_until &&
				    end <= w->task.members[1].known_until;
			for (int x = i; x < i + n; x++)
				fits &= x < day.n && day.free[x];
			struct err err = {0};
			bool got = plan_fits(&w->task, start, end, &err);
			char text[CIVIL_TEXT];
			if (got != fits)
				fail_msg("world %llu: %s %d min: %s", (unsigned long long)w->seed,
					 utc_text(start, text), n, got ? "fits" : err.text);
			HOLDS(got || (err.code == ERR_CONFLICT && strlen(err.text) > 10));
			yes += got;
			no += !got;
		}
		world_fini(w);
	}
	printf("%d fit, %d do not\n", yes, no);
	assert_true(yes > 10 && no > 10);
}

/* ---- single cases ------------------------------------------------------------------------ */

static bool says(const struct plan *plan, const char *what)
{
	for (size_t i = 0; i < plan->n_reasons; i++)
		if (strstr(plan->reasons[i], what))
			return true;
	return false;
}

static void plan_and_check(struct world *w, struct plan *plan)
{
	plan_make(&w->task, plan);
	check_plan(w, plan);
}

static void a_whole_year_uses_its_budget(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, 20261124, 40, 35);
	plan_and_check(w, &plan);
	assert_int_equal(plan.cadence, 200 * 120 / 4500);
	assert_int_equal(plan.placed_min, 4500);
	assert_true(plan.longest_gap <= 2 * plan.cadence);
	assert_true(plan.anchor_weekday >= 0);
	plan_fini(&plan);
	world_fini(w);
}

static void cadence_has_an_order_of_who_says(void **state)
{
	(void)state;
	struct world world, *w = &world;
	world_plain(w, seed, 40, 35);
	assert_int_equal(plan_cadence(&w->task), 5);
	w->task.cadence_budget_min = 2250;
	assert_int_equal(plan_cadence(&w->task), 10);
	w->task.members[0].remaining_min = 60; /* it does not drift with what remains */
	assert_int_equal(plan_cadence(&w->task), 10);
	w->programme.cadence = 4;
	assert_int_equal(plan_cadence(&w->task), 4);
	w->duo.cadence = 3;
	assert_int_equal(plan_cadence(&w->task), 3);
	w->duo.cadence = w->programme.cadence = 0;
	w->task.cadence_budget_min = 1000000;
	assert_int_equal(plan_cadence(&w->task), 1);
	world_fini(w);
}

static void a_programme_of_one_day(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 1, 0);
	w->programme.past = w->programme.start + 1;
	opendays_fini(&w->days);
	world_task(w);
	w->task.members[0].remaining_min = 150;
	plan_and_check(w, &plan);
	assert_int_equal(plan.n, 1);
	assert_int_equal(plan.placed_min, 150);
	plan_fini(&plan);
	world_fini(w);
}

static void all_days_closed(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 4, 0);
	w->closed[0] = (struct day_range){w->programme.start, w->programme.past, NULL};
	w->programme.n_closed = 1;
	opendays_fini(&w->days);
	world_task(w);
	plan_make(&w->task, &plan);
	assert_int_equal(plan.n, 0);
	assert_int_equal(plan.unplaced_min, 4500);
	assert_int_equal(plan.cost_total, 300 * 50 + 1); /* the one gap from start to end: 1^2 */
	assert_true(says(&plan, "75h of 75h could not be placed: the programme has no open days"));
	plan_fini(&plan);
	world_fini(w);
}

static void more_days_than_a_plan_can_hold(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 1, 0);
	w->programme.past = w->programme.start + 7000;
	opendays_fini(&w->days);
	world_task(w);
	plan_make(&w->task, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(says(&plan, "5000 open days are more than a plan can hold (4096)"));
	plan_fini(&plan);
	world_fini(w);
}

static void no_shared_time_names_the_days(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 4, 0);
	w->works[0][0] = (struct work_hours){0x1f, 480, 720};
	w->works[1][0] = (struct work_hours){0x1f, 720, 1020};
	plan_and_check(w, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(says(&plan,
			 "75h of 75h could not be placed: on 20 of 20 open days left anna and "
			 "bram share no 60 minutes"));
	assert_true(says(&plan, "on 20 both have them but not at the same time"));
	assert_true(says(&plan, "mon 0 of 4"));
	plan_fini(&plan);
	world_fini(w);
}

static void less_than_the_shortest_session_left(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 4, 0);
	w->task.members[1].remaining_min = 45;
	plan_and_check(w, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(says(&plan, "45m of 45m could not be placed: that is less than the shortest "
				"session of 1h"));
	plan_fini(&plan);
	world_fini(w);
}

static void a_timetable_never_read(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	struct err err;
	world_plain(w, seed, 4, 0);
	w->task.members[1].known_until = UTC_MIN;
	plan_and_check(w, &plan);
	assert_int_equal(plan.n, 0);
	assert_true(says(&plan, "bram's timetable has not been read yet"));
	utc_t at = world_at(w, w->days.v[3], 600);
	assert_false(plan_fits(&w->task, at, at + 3600, &err));
	assert_string_equal(err.text, "bram's timetable has not been read yet");
	plan_fini(&plan);
	world_fini(w);
}

static void a_horizon_in_the_middle(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	struct err err;
	world_plain(w, 20261124, 20, 40);
	w->task.members[0].remaining_min = 2250;
	utc_t horizon = world_at(w, w->programme.start + 70, 780);
	w->task.members[0].known_until = horizon;
	/* what the importer may write behind it means the same as the moment alone */
	busyset_fill_free(&w->busy[0], horizon, horizon + 400 * DAY_S, LEVEL_UNKNOWN);
	plan_and_check(w, &plan);
	int known = 0, provisional = 0;
	for (size_t i = 0; i < plan.n; i++) {
		provisional += plan.v[i].provisional;
		known += !plan.v[i].provisional;
	}
	assert_true(known > 3 && provisional > 3);
	assert_true(says(&plan, "anna's timetable is known only until 2026-11-09 13:00: "));
	utc_t at = world_at(w, w->programme.start + 77, 600);
	assert_false(plan_fits(&w->task, at, at + 3600, &err));
	assert_non_null(strstr(err.text, "known only until 2026-11-09 13:00"));
	plan_fini(&plan);
	world_fini(w);
}

/* Amsterdam and New York share the afternoon; in the weeks when only one has summer time, an
 * hour more. */
static void two_zones(void **state)
{
	(void)state;
	struct world world, *w = &world;
	world_plain(w, seed, 30, 0);
	w->persons[1].zone = zone_by_name("America/New_York");
	struct plan plan;
	plan_and_check(w, &plan);
	assert_true(plan.n > 10);
	struct slots slots;
	int ordinary = opendays_number(&w->days, civil_to_day(2026, 10, 23));
	plan_slots(&w->task, NULL, ordinary, 120, &slots);
	assert_int_equal(slots.v[0].start, world_at(w, civil_to_day(2026, 10, 23), 870));
	slots_fini(&slots);
	plan_slots(&w->task, NULL, ordinary + 1, 180, &slots); /* Europe has gone back already */
	assert_int_equal(slots.v[0].start, world_at(w, civil_to_day(2026, 10, 26), 810));
	slots_fini(&slots);
	plan_fini(&plan);
	world_fini(w);
}

/* Saturday nights and sundays round both changes of the clock. */
static void weekends_on_which_the_clock_changes(void **state)
{
	(void)state;
	struct world world, *w = &world;
	world_plain(w, seed, 40, 0);
	w->programme.weekdays = 0x60;
	w->programme.min_gap = 1;
	for (int m = 0; m < 2; m++)
		w->works[m][0] = (struct work_hours){0x7f, 60, 300};
	opendays_fini(&w->days);
	world_task(w);
	w->task.members[0].remaining_min = w->task.members[1].remaining_min = 100000;
	struct plan plan;
	plan_and_check(w, &plan);
	bool spring = false, autumn = false;
	for (size_t i = 0; i < plan.n; i++) {
		day_t date = w->days.v[plan.v[i].day];
		spring |= date == civil_to_day(2027, 3, 28);
		autumn |= date == civil_to_day(2026, 10, 25);
	}
	assert_true(spring && autumn);
	plan_fini(&plan);
	world_fini(w);
}

static void nothing_new_inside_the_freeze_window(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, seed, 10, 0);
	w->task.now = world_at(w, w->days.v[10], 610);
	plan_and_check(w, &plan); /* check_session asks for now + freeze */
	assert_true(plan.n > 0 && plan.v[0].day >= 12);
	struct slots slots; /* people may */
	plan_slots(&w->task, &plan, 10, 60, &slots);
	assert_true(slots.n > 0);
	slots_fini(&slots);
	plan_fini(&plan);
	world_fini(w);
}

static void explain(const struct world *w, const struct plan *plan, day_t date, const char *what)
{
	struct buf out = {0};
	plan_explain_day(&w->task, plan, date, &out);
	if (!strstr(buf_str(&out), what))
		fail_msg("\"%s\" is not in:\n%s", what, buf_str(&out));
	buf_fini(&out);
}

static void every_day_has_an_explanation(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	world_plain(w, 20261124, 12, 40);
	char autumn[] = "herfst\nvakantie"; /* a title may hold anything */
	w->closed[0] = (struct day_range){w->programme.start + 7, w->programme.start + 14, autumn};
	w->programme.n_closed = 1;
	opendays_fini(&w->days);
	world_task(w);
	w->task.now = world_at(w, w->programme.start + 2, 600);
	w->absent[0][0] =
		(struct day_range){w->programme.start + 21, w->programme.start + 23, NULL};
	w->persons[0].absent = w->absent[0];
	w->persons[0].n_absent = 1;
	w->task.members[0].remaining_min = 900;
	plan_and_check(w, &plan);
	explain(w, &plan, w->programme.start - 1,
		"before the programme, which starts on 2026-08-31");
	explain(w, &plan, w->programme.past, "after the programme");
	explain(w, &plan, w->programme.start + 5,
		"is a sat; the programme runs on mon tue wed thu fri");
	explain(w, &plan, w->programme.start + 8, "is closed (herfst?vakantie)");
	explain(w, &plan, w->programme.start, "is in the past");
	explain(w, &plan, w->programme.start + 3, "nothing new is planned before 2026-09-04 10:00");
	explain(w, &plan, w->programme.start + 21, "anna is absent");
	int with = 0, without = 0;
	for (int d = 4; d < w->days.n; d++) {
		bool has = false;
		for (size_t i = 0; i < plan.n; i++)
			has |= plan.v[i].day == d;
		struct buf out = {0};
		plan_explain_day(&w->task, &plan, w->days.v[d], &out);
		const char *text = buf_str(&out);
		assert_true(has == (strncmp(text, "work session 20", 15) == 0));
		const char *dearer = strstr(text, "makes the best year that has it ");
		if (dearer) { /* the plan is the optimum: nothing can be cheaper */
			assert_true(atoi(dearer + strlen("makes the best year that has it ")) >= 0);
			without++;
		}
		assert_true(has || dearer || strstr(text, "no window holds") ||
			    strstr(text, "no plan has"));
		with += has;
		buf_fini(&out);
	}
	assert_true(with > 3 && without > 10);
	plan_fini(&plan);
	world_fini(w);
}

/* A day's slots with rooms that are free in turns of three hours: those that lie within a turn. The
 * second room is not known: what stands in it is provisional. */
static size_t check_turns(struct world *w, int day)
{
	enum { TURN_S = 3 * 3600 };
	struct slots anywhere, slots;
	utc_t midnight = zone_day_start(w->programme.zone, w->days.v[day]);
	size_t n = 0;
	plan_slots(&w->task, NULL, day, 0, &slots);
	w->task.n_rooms = 0;
	plan_slots(&w->task, NULL, day, 0, &anywhere);
	w->task.n_rooms = 2;
	for (size_t i = 0; i < anywhere.n; i++) {
		int64_t at = anywhere.v[i].start - midnight, past = anywhere.v[i].end - midnight;
		if (at / TURN_S != (past - 1) / TURN_S)
			continue;
		assert_true(n < slots.n && slots.v[n].start == anywhere.v[i].start &&
			    slots.v[n].end == anywhere.v[i].end);
		assert_int_equal(slots.v[n++].provisional, at / TURN_S % 2 == 0);
	}
	assert_int_equal(slots.n, n);
	slots_fini(&anywhere);
	slots_fini(&slots);
	return n;
}

/* Two rooms that are free in turns are not one that is free all the time. */
static void a_session_has_one_room_all_the_time(void **state)
{
	(void)state;
	size_t found = 0, placed = 0;
	for (uint64_t k = 1; k <= 10; k++) {
		struct world w;
		struct plan plan;
		struct spanset blocked[2] = {0};
		const struct plan_room rooms[2] = {{"b12", &blocked[0], UTC_MAX},
						   {"c7", &blocked[1], 0}};
		world_plain(&w, k, 6, 30);
		for (int h = 0; h < 24 * w.days.n; h += 3)
			spanset_add(&blocked[h / 3 % 2],
				    zone_day_start(w.programme.zone, w.days.v[h / 24]) +
					    h % 24 * 3600,
				    zone_day_start(w.programme.zone, w.days.v[h / 24]) +
					    (h % 24 + 3) * 3600);
		spanset_settle(&blocked[0]);
		spanset_settle(&blocked[1]);
		w.task.rooms = rooms;
		w.task.n_rooms = 2;
		for (int day = 0; day < 5; day++)
			found += check_turns(&w, day);
		plan_make(&w.task, &plan);
		for (size_t i = 0; i < plan.n; i++, placed++)
			assert_true(
				candidate_has_room(&w.task, plan.v[i].start, plan.v[i].end, NULL));
		plan_fini(&plan);
		spanset_fini(&blocked[0]);
		spanset_fini(&blocked[1]);
		world_fini(&w);
	}
	assert_true(found > 0 && placed > 0);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_holds),
		cmocka_unit_test(a_session_has_one_room_all_the_time),
		cmocka_unit_test(kept_when_nothing_changes),
		cmocka_unit_test(a_clash_moves_and_says_why),
		cmocka_unit_test(more_free_time_never_costs),
		cmocka_unit_test(fits_is_what_the_model_says),
		cmocka_unit_test(a_whole_year_uses_its_budget),
		cmocka_unit_test(cadence_has_an_order_of_who_says),
		cmocka_unit_test(a_programme_of_one_day),
		cmocka_unit_test(all_days_closed),
		cmocka_unit_test(more_days_than_a_plan_can_hold),
		cmocka_unit_test(no_shared_time_names_the_days),
		cmocka_unit_test(less_than_the_shortest_session_left),
		cmocka_unit_test(a_timetable_never_read),
		cmocka_unit_test(a_horizon_in_the_middle),
		cmocka_unit_test(two_zones),
		cmocka_unit_test(weekends_on_which_the_clock_changes),
		cmocka_unit_test(nothing_new_inside_the_freeze_window),
		cmocka_unit_test(every_day_has_an_explanation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
