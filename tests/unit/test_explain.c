/* test_explain.c -- every figure of an explanation adds up to the total: a plan's items over random
 * programmes, the road not taken against a plan of that other year, and who says that time is not
 * free. */
#include "plan/bill.h"
#include "plan/explain.h"
#include "plan/reasons.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t seed;

/* ---- the bill ---- */

static int64_t parts_of(const struct slot_cost *c)
{
	return c->length + c->outside_prefer + c->lunch + c->scrap + c->rhythm + c->tentative;
}

static void check_bill(const struct world *w, const struct plan *plan)
{
	struct plan_bill bill;
	int64_t gaps = 0, even = 0, moves = 0, slots = 0;
	int longest = 0, days = 0;
	plan_bill_init(&bill, &w->task, plan);
	assert_int_equal(bill.n_gaps, plan->n + 1);
	for (size_t i = 0; i < bill.n_gaps; i++) {
		gaps += bill.gaps[i].gap;
		even += bill.gaps[i].even;
		days += bill.gaps[i].open_days;
		if (bill.gaps[i].open_days > longest)
			longest = bill.gaps[i].open_days;
		if (i < plan->n)
			assert_int_equal(bill.gaps[i].open_days, plan->v[i].gap_before);
	}
	for (size_t i = 0; i < bill.n_moves; i++)
		moves += bill.moves[i].cost;
	for (size_t i = 0; i < plan->n; i++) {
		assert_int_equal(plan->v[i].cost.total, parts_of(&plan->v[i].cost));
		slots += plan->v[i].fixed ? 0 : plan->v[i].cost.total;
	}
	assert_int_equal(days, w->days.n + 1); /* the gaps are the whole year */
	assert_int_equal(longest, plan->longest_gap);
	assert_int_equal(gaps, plan->cost_gaps);
	assert_int_equal(even, plan->cost_even);
	assert_int_equal(moves, plan->cost_move);
	assert_int_equal(slots, plan->cost_slots);
	assert_int_equal(bill.unused, plan->cost_unused);
	assert_int_equal(bill.unused, bill.unused_steps * w->weights.unused);
	assert_int_equal(bill.unused_steps, plan->unplaced_min / w->programme.length_step_min);
	assert_int_equal(bill.unused + gaps + even + slots + moves, plan->cost_total);
	assert_int_equal(bill.total, plan->cost_total);
	assert_int_equal(plan->bound, plan->cost_total);
	plan_bill_fini(&bill);
}

/* What was planned stands now, and then somebody's time changes. */
static void stand(struct world *w, const struct plan *plan)
{
	w->task.n_standing = 0;
	for (size_t i = 0; i < plan->n && w->task.n_standing < WORLD_MAX; i++)
		w->standing[w->task.n_standing++] = (struct plan_standing){
			.id = (int64_t)i + 1,
			.kind = plan->v[i].kind,
			.state = plan->v[i].provisional ? STATE_PROVISIONAL : STATE_BOOKED,
			.stand = plan->v[i].fixed ? STAND_FIXED : STAND_MOVABLE,
			.start = plan->v[i].start,
			.end = plan->v[i].end,
		};
}

static void every_figure_adds_up(void **state)
{
	(void)state;
	int moved = 0, with_unused = 0;
	for (int round = 0; round < 400; round++) {
		struct world world, *w = &world;
		struct plan plan;
		world_init(w, seed + (uint64_t)round);
		plan_make(&w->task, &plan);
		check_bill(w, &plan);
		with_unused += plan.cost_unused > 0;
		if (round % 2 == 0) {
			stand(w, &plan);
			for (size_t i = 0; i < plan.n; i += 3)
				busyset_add(&w->busy[0], plan.v[i].start, plan.v[i].end,
					    LEVEL_BUSY);
			busyset_settle(&w->busy[0]);
			plan_fini(&plan);
			plan_make(&w->task, &plan);
			check_bill(w, &plan);
			moved += plan.cost_move > 0;
		}
		plan_fini(&plan);
		world_fini(w);
	}
	assert_true(moved > 20 && with_unused > 20);
}

static void a_programme_too_long_has_no_bill(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	struct plan_bill bill;
	world_plain(w, seed, 52 * 16, 0);
	plan_make(&w->task, &plan);
	plan_bill_init(&bill, &w->task, &plan);
	assert_int_equal(bill.total, plan.cost_total);
	assert_int_equal(bill.n_gaps, 0);
	plan_bill_fini(&bill);
	plan_fini(&plan);
	world_fini(w);
}

/* ---- the road not taken ---- */

static void check_parts(const struct road *road)
{
	assert_int_equal(road->total,
			 road->unused + road->gaps + road->even + road->slots + road->move);
	if (road->kind == ROAD_WITH)
		assert_int_equal(road->cost.total, parts_of(&road->cost));
}

/* Without rhythm the year without a session on a day is the year in which one is away then. */
static void without_is_the_year_with_that_day_closed(void **state)
{
	(void)state;
	int compared = 0;
	for (int round = 0; round < 60; round++) {
		struct world world, *w = &world;
		struct plan plan, other;
		world_init(w, seed + (uint64_t)round);
		w->weights.rhythm = 0;
		plan_make(&w->task, &plan);
		for (size_t i = 0; i < plan.n; i += 4) {
			struct road road;
			if (plan.v[i].fixed || plan.v[i].provisional || plan.early_price)
				continue;
			road_not_taken(&w->task, &plan, plan.v[i].day, &road);
			assert_int_equal(road.kind, ROAD_WITHOUT);
			check_parts(&road);
			assert_true(road.total >= 0);
			struct busyset away = {0};
			struct plan_task task = w->task;
			day_t date = w->days.v[plan.v[i].day];
			if (task.members[0].engaged)
				busyset_copy(&away, task.members[0].engaged);
			/* not to midnight: the buffer must not reach the days beside it */
			busyset_add(&away, world_at(w, date, 30), world_at(w, date, 23 * 60 + 30),
				    LEVEL_BUSY);
			busyset_settle(&away);
			task.members[0].engaged = &away;
			plan_make(&task, &other);
			assert_int_equal(other.cost_total - plan.cost_total, road.total);
			assert_int_equal(other.cost_unused - plan.cost_unused, road.unused);
			compared++;
			plan_fini(&other);
			busyset_fini(&away);
		}
		plan_fini(&plan);
		world_fini(w);
	}
	assert_true(compared > 60);
}

/* With a session pinned where the road has it, the best year costs what the road says. */
static void with_is_the_year_with_that_session_pinned(void **state)
{
	(void)state;
	int compared = 0;
	for (int round = 0; round < 60; round++) {
		struct world world, *w = &world;
		struct plan plan, other;
		world_init(w, seed + 1000 + (uint64_t)round);
		w->weights.rhythm = 0;
		plan_make(&w->task, &plan);
		for (int day = round % 5; day < w->days.n && w->task.n_standing + 1 < WORLD_MAX;
		     day += 5) {
			struct road road;
			road_not_taken(&w->task, &plan, day, &road);
			check_parts(&road);
			/* the price of early hours is another when one is given away */
			if (road.kind != ROAD_WITH || plan.early_price)
				continue;
			assert_true(road.total >= 0);
			int32_t min = (int32_t)((road.end - road.start) / 60);
			struct plan_task task = w->task;
			struct plan_standing standing[WORLD_MAX];
			size_t n = 0, i = 0;
			struct plan_standing pin = {999,	 KIND_WORK,  STATE_BOOKED,
						    STAND_FIXED, road.start, road.end};
			for (; i < task.n_standing && task.standing[i].start < pin.start; i++)
				standing[n++] = task.standing[i];
			standing[n++] = pin;
			for (; i < task.n_standing; i++)
				standing[n++] = task.standing[i];
			task.standing = standing;
			task.n_standing = n;
			task.members[0].remaining_min -= min;
			task.members[1].remaining_min -= min;
			plan_make(&task, &other);
			if (other.early_price == 0) {
				assert_int_equal(other.cost_total + road.cost.total -
							 plan.cost_total,
						 road.total);
				assert_int_equal(other.cost_gaps - plan.cost_gaps, road.gaps);
				compared++;
			}
			plan_fini(&other);
		}
		plan_fini(&plan);
		world_fini(w);
	}
	assert_true(compared > 60);
}

/* ---- who says so ---- */

struct word {				   /* a lookup that answers from a list */
	const struct origin_list *members; /* [2] */
};

static void look_up(void *ctx, int m, utc_t start, utc_t end, struct origin_list *out)
{
	const struct word *word = ctx;
	for (size_t i = 0; i < word->members[m].n; i++)
		if (word->members[m].v[i].start < end && word->members[m].v[i].end > start)
			origin_add(out, &word->members[m].v[i]);
}

static bool says(const struct explanation *e, const char *what)
{
	return strstr(buf_str(&e->text), what) != NULL;
}

static void what_is_not_free_has_a_name_and_an_age(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct plan plan;
	struct origin_list members[2] = {{0}};
	struct word word = {members};
	struct origins origins = {look_up, &word};
	world_plain(w, seed, 8, 0);
	day_t date = w->days.v[6]; /* a Tuesday */
	utc_t nine = world_at(w, date, 540);
	w->task.now = world_at(w, w->programme.start, 0) - 3 * 3600;
	busyset_add(&w->busy[0], nine, nine + 3600, LEVEL_BUSY);
	busyset_add(&w->busy[0], nine + 7200, nine + 2 * DAY_S, LEVEL_TENTATIVE);
	busyset_settle(&w->busy[0]);
	origin_add(&members[0],
		   &(struct time_origin){nine, nine + 3600, LEVEL_BUSY, .source = "anna-1",
					 .fresh_at = w->task.now - 7300});
	origin_add(&members[0],
		   &(struct time_origin){nine + 7200, nine + 2 * DAY_S, LEVEL_TENTATIVE,
					 .source = "anna-2", .fresh_at = w->task.now - 30});
	origin_add(&members[1], &(struct time_origin){nine, nine + 1800, LEVEL_BUSY, .session = 12,
						      .duo = "bram-cees"});
	origin_add(&members[1],
		   &(struct time_origin){nine + 5 * 3600, UTC_MAX, LEVEL_UNKNOWN,
					 .source = "bram-1", .fresh_at = w->task.now - 3 * DAY_S});
	w->task.members[1].known_until = nine + 5 * 3600;
	plan_make(&w->task, &plan);
	struct explanation e;
	explanation_init(&e, &w->task, &plan, date, &origins);
	assert_true(says(&e, "anna is busy 2026-09-08 09:00-10:00 (anna-1, read 2h ago)\n"));
	assert_true(says(&e, "anna is tentative 2026-09-08 11:00-24:00 and on until 2026-09-10 "
			     "09:00 (anna-2, read just now)\n"));
	assert_true(says(&e, "bram is busy 2026-09-08 09:00-09:30 (s12 of bram-cees)\n"));
	assert_true(says(&e, "bram's timetable is known only until 2026-09-08 14:00 (bram-1, read "
			     "3d ago); later time is assumed"));
	assert_int_equal(e.n, 4);
	assert_int_equal(e.v[1].until, nine + 2 * DAY_S);
	assert_int_equal(e.v[1].origin.end, world_at(w, date + 1, 0));
	explanation_fini(&e);
	members[1].v[1].fresh_at = 0;
	explanation_init(&e, &w->task, &plan, date, &origins);
	assert_true(says(&e, "bram's timetable has not been read yet (bram-1)\n"));
	explanation_fini(&e);
	/* behind the horizon: what the weeks before had, in nobody's name */
	explanation_init(&e, &w->task, &plan, w->days.v[11], NULL);
	assert_true(says(&e, "bram's timetable is known only until 2026-09-08 14:00; later"));
	explanation_fini(&e);
	plan_fini(&plan);
	world_fini(w);
	origin_list_fini(&members[0]);
	origin_list_fini(&members[1]);
}

/* A lookup changes who is named, never what is said not to be free. */
static void named_or_not_the_same_time_is_not_free(void **state)
{
	(void)state;
	for (int round = 0; round < 60; round++) {
		struct world world, *w = &world;
		struct plan plan;
		struct origin_list members[2] = {{0}};
		struct word word = {members};
		struct origins origins = {look_up, &word};
		world_init(w, seed + (uint64_t)round);
		for (int m = 0; m < 2; m++) {
			for (size_t i = 0; i < w->busy[m].n; i++)
				origin_add(&members[m],
					   &(struct time_origin){w->busy[m].v[i].start,
								 w->busy[m].v[i].end,
								 w->busy[m].v[i].level,
								 .source = "one", .fresh_at = 1});
			for (size_t i = 0; w->task.members[m].engaged && i < w->engaged[m].n; i++)
				origin_add(&members[m],
					   &(struct time_origin){w->engaged[m].v[i].start,
								 w->engaged[m].v[i].end, LEVEL_BUSY,
								 .session = 1, .duo = "two"});
		}
		plan_make(&w->task, &plan);
		for (int day = 0; day < w->days.n; day += 7) {
			struct explanation bare, named;
			struct busyset a[2] = {{0}}, b[2] = {{0}};
			explanation_init(&bare, &w->task, &plan, w->days.v[day], NULL);
			explanation_init(&named, &w->task, &plan, w->days.v[day], &origins);
			for (size_t i = 0; i < bare.n; i++)
				busyset_add(&a[bare.v[i].member], bare.v[i].origin.start,
					    bare.v[i].origin.end, bare.v[i].origin.level);
			for (size_t i = 0; i < named.n; i++) {
				assert_true(named.v[i].assumed || named.v[i].origin.source ||
					    named.v[i].origin.duo);
				busyset_add(&b[named.v[i].member], named.v[i].origin.start,
					    named.v[i].origin.end, named.v[i].origin.level);
			}
			for (int m = 0; m < 2; m++) {
				busyset_settle(&a[m]);
				busyset_settle(&b[m]);
				assert_true(busyset_equal(&a[m], &b[m]));
				busyset_fini(&a[m]);
				busyset_fini(&b[m]);
			}
			explanation_fini(&bare);
			explanation_fini(&named);
		}
		plan_fini(&plan);
		world_fini(w);
		origin_list_fini(&members[0]);
		origin_list_fini(&members[1]);
	}
}

static void ages(void **state)
{
	(void)state;
	static const struct {
		int64_t ago;
		const char *text;
	} cases[] = {{0, "read just now"},   {59, "read just now"},
		     {60, "read 1m ago"},    {3599, "read 59m ago"},
		     {3600, "read 1h ago"},  {DAY_S - 1, "read 23h ago"},
		     {DAY_S, "read 1d ago"}, {400 * DAY_S, "read 400d ago"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0};
		reason_age(&out, 1800000000 - cases[i].ago, 1800000000);
		assert_string_equal(buf_str(&out), cases[i].text);
		buf_fini(&out);
	}
	struct buf out = {0};
	reason_age(&out, 0, 1800000000);
	assert_string_equal(buf_str(&out), "never read");
	buf_fini(&out);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_figure_adds_up),
		cmocka_unit_test(a_programme_too_long_has_no_bill),
		cmocka_unit_test(without_is_the_year_with_that_day_closed),
		cmocka_unit_test(with_is_the_year_with_that_session_pinned),
		cmocka_unit_test(what_is_not_free_has_a_name_and_an_age),
		cmocka_unit_test(named_or_not_the_same_time_is_not_free),
		cmocka_unit_test(ages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
