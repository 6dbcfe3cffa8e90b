/* test_joint.c -- coupled duos: every rule asked of the plans by a stupid model, the bound between
 * what is possible and what was found, and the plain planner wherever nothing is shared. */
#include "../joint_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

static struct joint_recipe recipe(uint64_t round)
{
	return (struct joint_recipe){
		.seed = seed + round,
		.duos = 2 + (int)(round % 6),
		.weeks = 6 + (int)(round * 5 % 11),
		.shared_pct = 30 + (unsigned)(round * 13 % 70),
		.taught_pct = 30 + (unsigned)(round * 7 % 36),
		.experts = (int)(round % 3),
		.rooms = (int)(round / 2 % 3),
		.known_weeks = round % 4 == 3 ? 3 + (int)(round % 5) : 0,
	};
}

/* ---- the model --------------------------------------------------------------------------- */

static bool overlap(utc_t a, utc_t b, utc_t c, utc_t d, utc_t buffer)
{
	return a < d + buffer && c < b + buffer;
}

static void check_resource(const struct joint_world *w, const struct joint *joint, size_t r)
{
	const struct joint_resource *res = &w->resources[r];
	utc_t buffer = res->buffered ? w->programme.buffer_min * 60 : 0;
	for (size_t i = 0; i < joint->n; i++)
		for (size_t k = 0; k < joint->v[i].plan.n; k++) {
			const struct plan_session *s = &joint->v[i].plan.v[k];
			if (!joint->v[i].resources || joint->v[i].resources[k] != r)
				continue;
			for (size_t b = 0; b < res->busy->n; b++)
				assert_false(overlap(s->start, s->end, res->busy->v[b].start,
						     res->busy->v[b].end, buffer));
			int at_once = 0; /* whoever has it when this one begins */
			for (size_t j = 0; j < joint->n; j++)
				for (size_t m = 0; m < joint->v[j].plan.n; m++) {
					const struct plan_session *o = &joint->v[j].plan.v[m];
					at_once += joint->v[j].resources &&
						   joint->v[j].resources[m] == r &&
						   o->start < s->start + 1 + buffer &&
						   s->start < o->end + buffer;
				}
			assert_true(at_once <= res->capacity);
		}
}

static void check_person_once(const struct joint_world *w, const struct joint *joint, size_t i,
			      size_t j)
{
	const struct duo *a = &w->duos[i], *b = &w->duos[j];
	bool share = false;
	for (int m = 0; m < 4; m++)
		share |= strcmp(a->members[m / 2], b->members[m % 2]) == 0;
	for (size_t k = 0; share && k < joint->v[i].plan.n; k++)
		for (size_t m = 0; m < joint->v[j].plan.n; m++) {
			const struct plan_session *x = &joint->v[i].plan.v[k];
			const struct plan_session *y = &joint->v[j].plan.v[m];
			assert_false(overlap(x->start, x->end, y->start, y->end,
					     w->programme.buffer_min * 60));
		}
}

static void check_duo(const struct joint_world *w, const struct joint_plan *of, size_t i)
{
	const struct plan *plan = &of->plan;
	const struct plan_task *task = &w->tasks[i];
	int32_t min = 0;
	int64_t slots = 0, gaps = 0, even = 0;
	int last = -1;
	for (size_t k = 0; k <= plan->n; k++) {
		int day = k < plan->n ? plan->v[k].day : task->days->n;
		int over = day - last > plan->cadence ? day - last - plan->cadence : 0;
		gaps += task->weights->gap * over * over;
		even += task->weights->even * (day - last) * (day - last);
		if (k == plan->n)
			break;
		const struct plan_session *s = &plan->v[k];
		struct err err = {0};
		assert_true(s->provisional || plan_fits(task, s->start, s->end, &err));
		assert_true(k == 0 || day - last >= w->programme.min_gap);
		assert_true(s->start >= task->now + w->programme.freeze_s);
		min += (int32_t)(s->end - s->start) / 60;
		slots += s->cost.total;
		last = day;
	}
	assert_int_equal(min, plan->placed_min);
	assert_true(min <= task->members[0].remaining_min);
	assert_true(min <= task->members[1].remaining_min);
	int32_t step = w->programme.length_step_min;
	assert_int_equal(plan->cost_unused,
			 (plan->budget_min / step - min / step) * task->weights->unused);
	assert_int_equal(plan->cost_gaps, gaps);
	assert_int_equal(plan->cost_even, even);
	assert_int_equal(plan->cost_slots, slots);
	assert_int_equal(plan->cost_total,
			 plan->cost_unused + gaps + even + slots + plan->cost_move);
	assert_true(plan->early_price || plan->bound <= plan->cost_total);
	assert_true(plan->early_price || of->early == 0);
}

static void check(const struct joint_world *w, const struct joint *joint)
{
	int64_t sum = 0, alone = 0;
	for (size_t i = 0; i < joint->n; i++) {
		check_duo(w, &joint->v[i], i);
		sum += joint->v[i].plan.cost_total + joint->v[i].early;
		alone += joint->v[i].plan.bound;
		for (size_t j = i + 1; j < joint->n; j++)
			check_person_once(w, joint, i, j);
	}
	for (size_t r = 0; r < w->task.n_resources; r++)
		check_resource(w, joint, r);
	assert_int_equal(sum, joint->cost);
	assert_true(joint->bound >= alone);
	assert_true(joint->bound <= joint->cost);
	assert_true(joint->cost <= joint->one_after_another);
}

static void same_plan(const struct plan *a, const struct plan *b)
{
	assert_int_equal(a->cost_total, b->cost_total);
	assert_int_equal(a->n, b->n);
	for (size_t k = 0; k < a->n; k++) {
		assert_int_equal(a->v[k].start, b->v[k].start);
		assert_int_equal(a->v[k].end, b->v[k].end);
		assert_memory_equal(&a->v[k].cost, &b->v[k].cost, sizeof a->v[k].cost);
	}
	assert_int_equal(a->anchor_weekday, b->anchor_weekday);
	assert_int_equal(a->anchor_hour, b->anchor_hour);
}

/* ---- tests ------------------------------------------------------------------------------- */

static void every_rule_holds(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 24; round++) {
		struct joint_recipe r = recipe(round);
		struct joint_world w;
		struct joint joint;
		joint_world_init(&w, &r);
		joint_make(&w.task, NULL, &joint);
		check(&w, &joint);
		joint_fini(&joint);
		joint_world_fini(&w);
	}
}

/* Duos in any order, and any share of a larger programme's effort: the rules, and with the same
 * effort the same plans. */
static void the_order_of_duos_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 8; round++) {
		struct joint_recipe r = recipe(round);
		struct joint_world w;
		struct joint one, other;
		joint_world_init(&w, &r);
		joint_make(&w.task, NULL, &one);
		struct joint_duo *turned = xcalloc(w.task.n, sizeof *turned);
		for (size_t i = 0; i < w.task.n; i++)
			turned[i] = w.joint_duos[(i + round + 1) % w.task.n];
		struct joint_task task = w.task;
		task.duos = turned;
		joint_make(&task, NULL, &other);
		assert_int_equal(one.cost, other.cost);
		assert_int_equal(one.bound, other.bound);
		for (size_t i = 0; i < w.task.n; i++)
			same_plan(&other.v[i].plan, &one.v[(i + round + 1) % w.task.n].plan);
		joint_fini(&other);
		task.duos = w.joint_duos;
		task.among = round % 2 ? 1000 : 100000;
		joint_make(&task, NULL, &other);
		check(&w, &other);
		assert_int_equal(one.one_after_another, other.one_after_another);
		joint_fini(&other);
		joint_fini(&one);
		xfree(turned);
		joint_world_fini(&w);
	}
}

/* The plain planner, each duo around the sessions of those before. */
static int64_t plain_sequence(const struct joint_world *w)
{
	int64_t sum = 0;
	struct busyset *engaged = xcalloc(w->n_persons, sizeof *engaged);
	for (size_t i = 0; i < w->task.n; i++) {
		struct plan_task task = w->tasks[i];
		struct plan plan;
		for (int m = 0; m < 2; m++)
			task.members[m].engaged = &engaged[w->seat[2 * i + (size_t)m]];
		plan_make(&task, &plan);
		sum += plan.cost_total;
		for (size_t k = 0; k < plan.n; k++)
			for (int m = 0; m < 2; m++)
				busyset_add(&engaged[w->seat[2 * i + (size_t)m]], plan.v[k].start,
					    plan.v[k].end, LEVEL_BUSY);
		for (int m = 0; m < 2; m++)
			busyset_settle(&engaged[w->seat[2 * i + (size_t)m]]);
		plan_fini(&plan);
	}
	for (size_t i = 0; i < w->n_persons; i++)
		busyset_fini(&engaged[i]);
	xfree(engaged);
	return sum;
}

static void one_after_another_is_the_plain_planner_in_turn(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 16; round++) {
		struct joint_recipe r = recipe(round);
		r.experts = r.rooms = r.known_weeks = 0;
		struct joint_world w;
		struct joint joint;
		joint_world_init(&w, &r);
		joint_make(&w.task, NULL, &joint);
		assert_int_equal(joint.one_after_another, plain_sequence(&w));
		for (size_t i = 0; i < w.task.n; i++) {
			struct plan plan;
			plan_make(&w.tasks[i], &plan);
			assert_int_equal(joint.v[i].plan.bound, plan.cost_total);
			plan_fini(&plan);
		}
		joint_fini(&joint);
		joint_world_fini(&w);
	}
}

static void nothing_shared_is_exact(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 4; round++) {
		struct joint_recipe r = recipe(round);
		r.experts = r.rooms = 0;
		r.shared_pct = 0;
		struct joint_world w;
		struct joint joint;
		joint_world_init(&w, &r);
		joint_make(&w.task, NULL, &joint);
		assert_int_equal(joint.cost, joint.bound);
		for (size_t i = 0; i < w.task.n; i++) {
			struct plan plan;
			plan_make(&w.tasks[i], &plan);
			same_plan(&joint.v[i].plan, &plan);
			struct joint_task one = {&w.joint_duos[i], 1, NULL, 0, 0};
			struct joint alone;
			joint_make(&one, NULL, &alone); /* with the reasons too */
			same_plan(&alone.v[0].plan, &plan);
			assert_int_equal(alone.v[0].plan.n_reasons, plan.n_reasons);
			plan_fini(&plan);
			joint_fini(&alone);
		}
		joint_fini(&joint);
		joint_world_fini(&w);
	}
}

/* What was booked as planned stays, whatever effort is spent on it. */
static void what_is_booked_stays(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 8; round++) {
		struct joint_recipe r = recipe(round);
		struct joint_world w;
		struct joint first, again;
		joint_world_init(&w, &r);
		joint_make(&w.task, NULL, &first);
		struct plan_standing **standing = xcalloc(w.task.n, sizeof *standing);
		for (size_t i = 0; i < w.task.n; i++) {
			const struct plan *plan = &first.v[i].plan;
			standing[i] = xcalloc(plan->n + 1, sizeof **standing);
			for (size_t k = 0; k < plan->n; k++)
				standing[i][k] = (struct plan_standing){(int64_t)(1000 * i + k + 1),
									KIND_WORK,
									STATE_BOOKED,
									STAND_MOVABLE,
									plan->v[k].start,
									plan->v[k].end};
			w.tasks[i].standing = standing[i];
			w.tasks[i].n_standing = plan->n;
		}
		joint_make(&w.task, NULL, &again);
		check(&w, &again);
		assert_true(again.cost <= first.cost);
		if (first.cost == first.bound)
			for (size_t i = 0; i < w.task.n; i++) {
				assert_int_equal(again.v[i].plan.cost_move, 0);
				same_plan(&first.v[i].plan, &again.v[i].plan);
			}
		for (size_t i = 0; i < w.task.n; i++)
			xfree(standing[i]);
		xfree(standing);
		joint_fini(&first);
		joint_fini(&again);
		joint_world_fini(&w);
	}
}

/* No room to choose from, a room that is never free, and one that is never taken. */
static void rooms_at_the_edges(void **state)
{
	(void)state;
	struct joint_recipe r = recipe(3);
	r.experts = 0;
	r.rooms = 1;
	struct joint_world w;
	struct joint joint;
	joint_world_init(&w, &r);
	size_t only = 0;
	struct joint_need need = {&only, 0};
	struct joint_duo duo = {&w.tasks[0], &need, 1};
	struct joint_task task = {&duo, 1, w.resources, 1, 0};
	joint_make(&task, NULL, &joint);
	assert_int_equal(joint.v[0].plan.n, 0);
	joint_fini(&joint);

	struct plan plan;
	struct busyset always = {0}, never = {0};
	busyset_add(&always, 0, UTC_MAX / 2, LEVEL_BUSY);
	busyset_settle(&always);
	need.n = 1;
	w.resources[0].busy = &always;
	joint_make(&task, NULL, &joint);
	assert_int_equal(joint.v[0].plan.n, 0);
	joint_fini(&joint);
	w.resources[0].busy = &never;
	w.resources[0].known_until = w.tasks[0].now + 40 * DAY_S;
	plan_make(&w.tasks[0], &plan);
	joint_make(&task, NULL, &joint);
	same_plan(&joint.v[0].plan, &plan);
	for (size_t k = 0; k < plan.n; k++) {
		assert_int_equal(joint.v[0].resources[k], 0);
		assert_int_equal(joint.v[0].plan.v[k].provisional,
				 plan.v[k].end > w.resources[0].known_until);
	}
	plan_fini(&plan);
	joint_fini(&joint);
	busyset_fini(&always);
	joint_world_fini(&w);
}

/* A room for two that somebody else is in on every morning: one of the duos then. */
static void sessions_planned_elsewhere_take_their_place(void **state)
{
	(void)state;
	struct joint_recipe r = {.seed = seed, .duos = 4, .weeks = 6, .taught_pct = 30, .rooms = 1};
	struct joint_world w;
	struct joint joint;
	joint_world_init(&w, &r);
	size_t only = 0;
	struct joint_need need = {&only, 1};
	struct span *taken = xcalloc((size_t)w.days.n, sizeof *taken);
	for (int d = 0; d < w.days.n; d++) {
		utc_t day = zone_day_start(w.programme.zone, w.days.v[d]);
		taken[d] = (struct span){day + 8 * 3600, day + 13 * 3600};
	}
	for (size_t i = 0; i < 4; i++) {
		w.joint_duos[i].needs = &need;
		w.joint_duos[i].n_needs = 1;
	}
	w.resources[0].capacity = 2;
	w.resources[0].taken = taken;
	w.resources[0].n_taken = (size_t)w.days.n;
	joint_make(&w.task, NULL, &joint);
	check(&w, &joint);
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < i; j++)
			for (size_t k = 0; k < joint.v[i].plan.n; k++)
				for (size_t m = 0; m < joint.v[j].plan.n; m++) {
					const struct plan_session *x = &joint.v[i].plan.v[k];
					const struct plan_session *y = &joint.v[j].plan.v[m];
					utc_t both = x->start > y->start ? x->start : y->start;
					utc_t end = x->end < y->end ? x->end : y->end;
					for (int d = 0; both < end && d < w.days.n; d++)
						assert_false(both < taken[d].end &&
							     taken[d].start < end);
				}
	w.resources[0].capacity = 1;
	joint_fini(&joint);
	joint_make(&w.task, NULL, &joint);
	check(&w, &joint);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < joint.v[i].plan.n; k++)
			for (int d = 0; d < w.days.n; d++)
				assert_false(joint.v[i].plan.v[k].start < taken[d].end &&
					     taken[d].start < joint.v[i].plan.v[k].end);
	joint_fini(&joint);
	xfree(taken);
	joint_world_fini(&w);
}

/* Four duos of two people with time for one: the joint plan shares it out. */
static void two_people_in_many_duos(void **state)
{
	(void)state;
	struct joint_recipe r = {.seed = seed, .duos = 4, .weeks = 8, .taught_pct = 40};
	struct joint_world w;
	struct joint joint;
	joint_world_init(&w, &r);
	for (size_t i = 1; i < 4; i++) {
		memcpy(w.duos[i].members, w.duos[0].members, sizeof w.duos[i].members);
		for (int m = 0; m < 2; m++)
			w.tasks[i].members[m] = w.tasks[0].members[m];
	}
	for (size_t i = 0; i < 4; i++)
		for (int m = 0; m < 2; m++)
			w.tasks[i].members[m].remaining_min /= 4;
	joint_make(&w.task, NULL, &joint);
	check(&w, &joint);
	joint_fini(&joint);
	joint_world_fini(&w);
}

static void an_empty_task_and_days_without_end(void **state)
{
	(void)state;
	struct joint joint;
	struct joint_task none = {0};
	joint_make(&none, NULL, &joint);
	assert_int_equal(joint.n, 0);
	joint_fini(&joint);

	struct joint_recipe r = {.seed = seed, .duos = 3, .weeks = 900, .shared_pct = 100};
	struct joint_world w;
	joint_world_init(&w, &r);
	joint_make(&w.task, NULL, &joint);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(joint.v[i].plan.n, 0);
		assert_int_equal(joint.v[i].plan.n_reasons, 1);
	}
	joint_fini(&joint);
	joint_world_fini(&w);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20261122u;
	printf("seed %llu; rerun: %s %llu\n", (unsigned long long)seed, argv[0],
	       (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_holds),
		cmocka_unit_test(the_order_of_duos_changes_nothing),
		cmocka_unit_test(one_after_another_is_the_plain_planner_in_turn),
		cmocka_unit_test(nothing_shared_is_exact),
		cmocka_unit_test(what_is_booked_stays),
		cmocka_unit_test(rooms_at_the_edges),
		cmocka_unit_test(sessions_planned_elsewhere_take_their_place),
		cmocka_unit_test(two_people_in_many_duos),
		cmocka_unit_test(an_empty_task_and_days_without_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
