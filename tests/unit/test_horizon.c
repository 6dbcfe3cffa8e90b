/* test_horizon.c -- unknown time: a horizon that rolls through a year of made-up timetables.
 *
 * Every Monday the timetables are known some weeks further; what was provisional becomes booked.
 * Held to what a planner would have done who knew the whole year at once: the hours are not spent
 * before the horizon because what lies behind it looks bad, and the year ends as full. */
#include "plan/candidate.h"
#include "plan/window.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

#define WEEKS	     40
#define STANDING_MAX 160
#define HOLDS(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fail_msg("world %llu, week %d: not %s", (unsigned long long)y->w.seed,     \
				 y->week, #what);                                                  \
	} while (0)

enum school {
	STEADY,	    /* one timetable for the whole year */
	PERIODS,    /* another one every eight weeks */
	FORTNIGHTS, /* odd and even weeks differ */
	EXAMS,	    /* every ninth week is taught from morning to evening */
	SCHOOLS
};
static const char *const school_names[] = {"steady", "periods", "fortnights", "exams"};

struct year {
	struct world w;
	struct busyset all[2]; /* the truth */
	struct plan_standing standing[STANDING_MAX];
	enum school school;
	int week, ahead; /* weeks that are known ahead of the Monday */
	int32_t held_min;
};

static void teach(struct year *y, int m, unsigned percent)
{
	static const int periods[SCHOOLS] = {[STEADY] = WEEKS, [PERIODS] = 8};
	bool lesson[2][5][10];
	for (int week = 0; week < WEEKS; week++) {
		int length = periods[y->school] ? periods[y->school] : WEEKS;
		for (int k = 0; k < 100 && week % length == 0; k++)
			lesson[k / 50][k / 10 % 5][k % 10] = world_chance(&y->w, percent);
		int which = y->school == FORTNIGHTS ? week % 2 : 0;
		bool full = y->school == EXAMS && week % 9 == 8;
		for (int d = 0; d < 5; d++)
			for (int k = 0; k < 10; k++) {
				day_t date = y->w.programme.start + 7 * week + d;
				utc_t at = world_at(&y->w, date, 510 + 50 * k);
				bool now = lesson[which][d][k] != world_chance(&y->w, 2);
				if (full || now)
					busyset_add(&y->all[m], at, at + 3000, LEVEL_BUSY);
			}
	}
	busyset_settle(&y->all[m]);
}

static void year_init(struct year *y, uint64_t s, enum school school)
{
	*y = (struct year){.school = school};
	world_plain(&y->w, s, WEEKS, 0);
	y->w.task.standing = y->standing;
	y->ahead = 2 + (int)world_random(&y->w, 9);
	unsigned percent = 35 + world_random(&y->w, 25);
	teach(y, 0, percent);
	teach(y, 1, percent);
}

static void year_fini(struct year *y)
{
	busyset_fini(&y->all[0]);
	busyset_fini(&y->all[1]);
	world_fini(&y->w);
}

static void know_until(struct year *y, utc_t horizon)
{
	for (int m = 0; m < 2; m++) {
		y->w.busy[m].n = 0;
		busyset_copy(&y->w.busy[m], &y->all[m]);
		if (horizon < UTC_MAX)
			busyset_clip(&y->w.busy[m], UTC_MIN, horizon);
		y->w.task.members[m].known_until = horizon;
	}
}

/* The plan becomes what stands; what lies before the next look will have been held. */
static void live_on(struct year *y, const struct plan *plan, utc_t next)
{
	size_t n = 0;
	y->held_min = 0;
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_session *s = &plan->v[i];
		bool over = s->end <= next;
		bool fixed = s->start < next + y->w.programme.freeze_s;
		assert_true(n < STANDING_MAX);
		y->standing[n++] = (struct plan_standing){
			.id = (int64_t)i + 1,
			.kind = KIND_WORK,
			.state = over		  ? STATE_HELD
				 : s->provisional ? STATE_PROVISIONAL
						  : STATE_BOOKED,
			.stand = fixed ? STAND_FIXED : STAND_MOVABLE,
			.start = s->start,
			.end = s->end,
		};
		y->held_min += fixed ? s->min : 0;
	}
	y->w.task.n_standing = n;
}

static int32_t total(const struct plan *plan)
{
	int32_t minutes = 0;
	for (size_t i = 0; i < plan->n; i++)
		minutes += plan->v[i].min;
	return minutes;
}

/* Minutes before @horizon in thousandths of what its share of the year's open days would be. */
static int early_share(const struct year *y, const struct plan *plan, utc_t horizon)
{
	int64_t early = 0, all = total(plan);
	int known = opendays_before(&y->w.days, zone_day_of(y->w.programme.zone, horizon));
	for (size_t i = 0; i < plan->n; i++)
		early += plan->v[i].end <= horizon ? plan->v[i].min : 0;
	return all && known ? (int)(early * y->w.days.n * 1000 / (4500 * known)) : 0;
}

struct result {
	int ratio;   /* of the hours that full knowledge places, thousandths */
	int longest; /* gap */
	int full_longest;
	int early; /* the first look's share, thousandths of an even one */
};

static void live(struct year *y, struct result *out)
{
	utc_t start = world_at(&y->w, y->w.programme.start, 0);
	struct plan plan = {0};
	y->w.task.now = start - 3 * DAY_S;
	know_until(y, UTC_MAX);
	plan_make(&y->w.task, &plan);
	int32_t full = total(&plan);
	out->full_longest = plan.longest_gap;
	plan_fini(&plan);
	for (y->week = 0; y->week < WEEKS; y->week++) {
		utc_t now = y->w.task.now = start - 3 * DAY_S + 7 * y->week * (utc_t)DAY_S;
		utc_t horizon = start + 7 * (y->week + y->ahead) * (utc_t)DAY_S;
		know_until(y, horizon);
		for (int m = 0; m < 2; m++)
			y->w.task.members[m].remaining_min = 4500 - y->held_min;
		plan_make(&y->w.task, &plan);
		HOLDS(total(&plan) <= 4500);
		for (size_t i = 0; i < plan.n; i++) {
			HOLDS(plan.v[i].provisional == (plan.v[i].end > horizon));
			for (int m = 0; m < 2 && !plan.v[i].provisional; m++)
				HOLDS(busyset_max(&y->all[m], plan.v[i].start, plan.v[i].end) ==
				      LEVEL_FREE);
		}
		if (y->week == 0)
			out->early = early_share(y, &plan, horizon);
		out->longest = plan.longest_gap;
		live_on(y, &plan, now + 7 * DAY_S);
		if (y->week == WEEKS - 1)
			out->ratio = full ? (int)((int64_t)total(&plan) * 1000 / full) : 1000;
		plan_fini(&plan);
	}
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

#define ROUNDS 24
static void a_school(enum school school)
{
	int ratio[ROUNDS], early[ROUNDS], longer[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		struct year y;
		struct result r = {0};
		year_init(&y, seed + (uint64_t)round * 7919, school);
		live(&y, &r);
		ratio[round] = r.ratio;
		early[round] = r.early;
		longer[round] = r.longest - r.full_longest;
		year_fini(&y);
	}
	qsort(ratio, ROUNDS, sizeof *ratio, by_number);
	qsort(early, ROUNDS, sizeof *early, by_number);
	qsort(longer, ROUNDS, sizeof *longer, by_number);
	printf("%s: hours of full knowledge: median %d.%d %%, least %d.%d %%; first look spends "
	       "median %d %%, most %d %% of an even share before the horizon; longest gap median "
	       "%+d, most %+d days\n",
	       school_names[school], ratio[ROUNDS / 2] / 10, ratio[ROUNDS / 2] % 10, ratio[0] / 10,
	       ratio[0] % 10, early[ROUNDS / 2] / 10, early[ROUNDS - 1] / 10, longer[ROUNDS / 2],
	       longer[ROUNDS - 1]);
	assert_in_range(ratio[ROUNDS / 2], 980, 1100);
	assert_in_range(ratio[ROUNDS / 8], 850, 1100);
	assert_in_range(early[ROUNDS / 2], 0, 1200);
	assert_in_range(longer[ROUNDS / 2] + 200, 0, 202);
}

static void hours_last_in_a_steady_year(void **state)
{
	(void)state;
	a_school(STEADY);
}

static void hours_last_when_every_period_is_another(void **state)
{
	(void)state;
	a_school(PERIODS);
}

static void hours_last_when_odd_and_even_weeks_differ(void **state)
{
	(void)state;
	a_school(FORTNIGHTS);
}

static void hours_last_when_exams_are_all_that_is_known(void **state)
{
	(void)state;
	a_school(EXAMS);
}

/* Nothing changes but that the plan stands: the price of early hours does not make it another. */
static void what_was_planned_stays_when_it_stands(void **state)
{
	(void)state;
	int priced = 0;
	for (uint64_t round = 0; round < 40; round++) {
		struct year year, *y = &year;
		struct plan first, second;
		year_init(y, seed + round, (enum school)(round % SCHOOLS));
		utc_t start = world_at(&y->w, y->w.programme.start, 0);
		y->w.task.now = start - 3 * DAY_S;
		know_until(y, start + 7 * y->ahead * (utc_t)DAY_S);
		plan_make(&y->w.task, &first);
		priced += first.unplaced_min > 120;
		live_on(y, &first, y->w.task.now);
		plan_make(&y->w.task, &second);
		HOLDS(first.n == second.n);
		for (size_t i = 0; i < first.n; i++)
			HOLDS(first.v[i].start == second.v[i].start &&
			      first.v[i].end == second.v[i].end);
		HOLDS(second.cost_move == 0);
		plan_fini(&first);
		plan_fini(&second);
		year_fini(y);
	}
	assert_true(priced > 5);
}

static int32_t minutes_before(const struct plan *plan, utc_t horizon)
{
	int32_t minutes = 0;
	for (size_t i = 0; i < plan->n; i++)
		minutes += plan->v[i].end <= horizon ? plan->v[i].min : 0;
	return minutes;
}

/* More than an even share is booked already, when later weeks turn out to have room as well: new
 * hours would be kept for them, but what is booked is not given up for that. */
static void what_is_booked_does_not_pay_for_later(void **state)
{
	(void)state;
	int priced = 0;
	for (uint64_t round = 0; round < 24; round++) {
		struct year year, *y = &year;
		struct plan first, second;
		year_init(y, seed + round, STEADY);
		utc_t start = world_at(&y->w, y->w.programme.start, 0);
		utc_t horizon = start + 9 * 7 * (utc_t)DAY_S;
		y->w.weights.gap = y->w.weights.even = 0; /* the hours alone */
		y->w.task.now = start - 3 * DAY_S;
		know_until(y, UTC_MAX);
		busyset_add(&y->w.busy[0], horizon, horizon + 300 * (utc_t)DAY_S, LEVEL_BUSY);
		busyset_settle(&y->w.busy[0]);
		plan_make(&y->w.task, &first);
		live_on(y, &first, y->w.task.now);
		know_until(y, horizon);
		plan_make(&y->w.task, &second);
		priced += second.early_price > 0;
		HOLDS(minutes_before(&second, horizon) >= minutes_before(&first, horizon));
		plan_fini(&first);
		plan_fini(&second);
		year_fini(y);
	}
	assert_true(priced > 5);
}

/* The optimum of the duo's own candidates as they are before plan/even has asked anything. */
static int64_t cheapest_without_price(const struct plan_task *task)
{
	utc_t earliest = task->now + task->programme->freeze_s;
	int64_t best = INT64_MAX;
	struct shared shared;
	struct candidates c;
	shared_init(&shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&c, task, &shared, earliest);
	struct solve_slot *slots = xcalloc(c.n + 1, sizeof *slots);
	struct solve_memory *memory = solve_memory_new();
	for (int a = c.n_anchors ? 0 : -1; a < c.n_anchors; a++) {
		struct solve_instance instance;
		struct solve_plan plan = {0};
		candidates_instance(&c, a, slots, &instance);
		solve(&instance, memory, &plan);
		best = plan.cost < best ? plan.cost : best;
		xfree(plan.v);
	}
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].stand == STAND_MOVABLE &&
		    task->standing[i].state == STATE_BOOKED)
			best += task->weights->move;
	solve_memory_free(memory);
	xfree(slots);
	candidates_fini(&c);
	shared_fini(&shared);
	return best;
}

/* What is kept for later costs something: the bound is the year that keeps nothing. */
static void no_plan_costs_less_than_the_bound(void **state)
{
	(void)state;
	int dearer = 0;
	for (uint64_t round = 0; round < 24; round++) {
		struct year year, *y = &year;
		struct plan first, second;
		year_init(y, seed + round, (enum school)(round % SCHOOLS));
		utc_t start = world_at(&y->w, y->w.programme.start, 0);
		y->w.task.now = start - 3 * DAY_S;
		know_until(y, start + 7 * y->ahead * (utc_t)DAY_S);
		plan_make(&y->w.task, &first);
		HOLDS(first.bound == cheapest_without_price(&y->w.task));
		HOLDS(first.early_price ? first.bound <= first.cost_total
					: first.bound == first.cost_total);
		dearer += first.bound < first.cost_total;
		live_on(y, &first, y->w.task.now);
		plan_make(&y->w.task, &second);
		HOLDS(second.bound == cheapest_without_price(&y->w.task));
		HOLDS(second.bound <= second.cost_total);
		plan_fini(&first);
		plan_fini(&second);
		year_fini(y);
	}
	assert_true(dearer > 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_last_in_a_steady_year),
		cmocka_unit_test(hours_last_when_every_period_is_another),
		cmocka_unit_test(hours_last_when_odd_and_even_weeks_differ),
		cmocka_unit_test(hours_last_when_exams_are_all_that_is_known),
		cmocka_unit_test(what_was_planned_stays_when_it_stands),
		cmocka_unit_test(what_is_booked_does_not_pay_for_later),
		cmocka_unit_test(no_plan_costs_less_than_the_bound),
	};
	seed = world_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
