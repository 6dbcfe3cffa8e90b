/* test_calm.c -- planning again is calm: what is booked stays unless it must move or moving pays,
 * a lost session finds a place near its own, and far weeks do not hear of it. */
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

#define WEEKS 36
#define HOLDS(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fail_msg("world %llu: not %s", (unsigned long long)w->seed, #what);        \
	} while (0)

/* A year that was planned and stands. */
static void stand(struct world *w, struct plan *first)
{
	size_t n = 0;
	plan_make(&w->task, first);
	for (size_t i = 0; i < first->n && n < WORLD_MAX; i++)
		w->standing[n++] = (struct plan_standing){.id = (int64_t)i + 1,
							  .kind = KIND_WORK,
							  .state = STATE_BOOKED,
							  .stand = STAND_MOVABLE,
							  .start = first->v[i].start,
							  .end = first->v[i].end};
	w->task.n_standing = n;
}

static void add_lesson(struct world *w, int m, utc_t start, utc_t end)
{
	busyset_add(&w->busy[m], start, end, LEVEL_BUSY);
	busyset_settle(&w->busy[m]);
}

static bool is_hit(const struct plan_standing *s, utc_t start, utc_t end, int buffer_min)
{
	return s->start < end + buffer_min * 60 && start - buffer_min * 60 < s->end;
}

static bool is_kept(const struct plan *plan, const struct plan_standing *s)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].start == s->start && plan->v[i].end == s->end)
			return true;
	return false;
}

static int64_t cost_of(const struct plan *first, const struct plan_standing *s)
{
	for (size_t i = 0; i < first->n; i++)
		if (first->v[i].start == s->start)
			return first->v[i].cost.total;
	return 0;
}

/* The best year in which every booked session that can stay does: they are fixed, their minutes
 * taken off. What moving costs is not in it. */
static int64_t stubborn(struct world *w, const struct plan *first, const bool *hit)
{
	struct plan_standing fixed[WORLD_MAX];
	struct plan plan;
	struct plan_task task = w->task;
	int64_t slots = 0;
	size_t n = 0;
	for (size_t i = 0; i < w->task.n_standing; i++) {
		if (hit[i])
			continue;
		fixed[n] = w->standing[i];
		fixed[n++].stand = STAND_FIXED;
		slots += cost_of(first, &w->standing[i]);
		for (int m = 0; m < 2; m++)
			task.members[m].remaining_min -=
				(int32_t)((w->standing[i].end - w->standing[i].start) / 60);
	}
	task.standing = fixed;
	task.n_standing = n;
	plan_make(&task, &plan);
	int64_t cost = plan.cost_unused + plan.cost_gaps + plan.cost_even + plan.cost_slots;
	plan_fini(&plan);
	return cost + slots;
}

/* Who moves of those that could stay pays for it: together more than w_move each. */
static void what_is_booked_moves_only_when_that_pays(void **state)
{
	(void)state;
	int must = 0, chose = 0, stayed = 0;
	for (uint64_t round = 0; round < 60; round++) {
		struct world world, *w = &world;
		struct plan first, second;
		bool hit[WORLD_MAX] = {false};
		world_plain(w, seed + round, WEEKS, 30 + (unsigned)(round % 4) * 10);
		w->weights.rhythm = w->weights.scrap = 0; /* a slot costs what it costs */
		w->weights.move = (int64_t[]){0, 20, 120, 400}[round / 4 % 4];
		stand(w, &first);
		if (w->task.n_standing < 3) {
			plan_fini(&first);
			world_fini(w);
			continue;
		}
		int lessons = 1 + (int)world_random(w, 3);
		for (int k = 0; k < lessons; k++) {
			const struct plan_standing *s =
				&w->standing[world_random(w, (uint32_t)w->task.n_standing)];
			add_lesson(w, k % 2, s->start + 600, s->end + 3600);
			for (size_t i = 0; i < w->task.n_standing; i++)
				hit[i] |= is_hit(&w->standing[i], s->start + 600, s->end + 3600,
						 w->programme.buffer_min);
		}
		plan_make(&w->task, &second);
		for (size_t i = 0; i < second.n; i++) { /* another length is another session */
			const struct plan_standing *s =
				second.v[i].kept_id ? &w->standing[second.v[i].kept_id - 1] : NULL;
			HOLDS(!s || (s->start == second.v[i].start && s->end == second.v[i].end));
		}
		int64_t moved = 0;
		for (size_t i = 0; i < w->task.n_standing; i++) {
			bool kept = is_kept(&second, &w->standing[i]);
			HOLDS(!(kept && hit[i]));
			must += hit[i];
			moved += !kept && !hit[i];
			stayed += kept;
		}
		chose += (int)moved;
		int64_t best = second.cost_unused + second.cost_gaps + second.cost_even +
			       second.cost_slots;
		HOLDS(stubborn(w, &first, hit) - best >= w->weights.move * moved);
		plan_fini(&first);
		plan_fini(&second);
		world_fini(w);
	}
	printf("%d had to move, %d moved because it pays, %d stayed\n", must, chose, stayed);
	assert_true(must > 60 && chose > 20 && stayed > 500);
}

static int open_days_between(const struct world *w, utc_t a, utc_t b)
{
	const struct zone *zone = w->programme.zone;
	return abs(opendays_before(&w->days, zone_day_of(zone, a)) -
		   opendays_before(&w->days, zone_day_of(zone, b)));
}

/* How far the nearest session is that was not there before. */
static int nearest_new(const struct world *w, const struct plan *plan, utc_t lost)
{
	int best = INT32_MAX;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->v[i].kept_id)
			continue;
		int away = open_days_between(w, plan->v[i].start, lost);
		best = away < best ? away : best;
	}
	return best;
}

/* Whether a session of that length could have been within one cadence of it: on a day far enough
 * from those that stay. */
static bool has_room_near(const struct world *w, const struct plan *plan,
			  const struct plan_standing *lost)
{
	int at = opendays_before(&w->days, zone_day_of(w->programme.zone, lost->start));
	for (int day = at - plan->cadence; day <= at + plan->cadence; day++) {
		bool free = day >= 0 && day < w->days.n;
		for (size_t i = 0; i < w->task.n_standing && free; i++) {
			const struct plan_standing *s = &w->standing[i];
			int other =
				opendays_before(&w->days, zone_day_of(w->programme.zone, s->start));
			free = s->id == lost->id || abs(other - day) >= w->programme.min_gap;
		}
		struct slots slots = {0};
		if (free)
			plan_slots(&w->task, NULL, day, (int)(lost->end - lost->start) / 60,
				   &slots);
		bool room = slots.n > 0;
		slots_fini(&slots);
		if (room)
			return true;
	}
	return false;
}

/* One lesson on top of one session, with the usual weights. */
static void one_lost_session_is_found_near_and_far_weeks_stay(void **state)
{
	(void)state;
	int far = 0, far_kept = 0, near = 0, near_kept = 0, found = 0, rooms = 0, rounds = 0,
	    distance = 0;
	for (uint64_t round = 0; round < 80; round++) {
		struct world world, *w = &world;
		struct plan first, second;
		world_plain(w, seed + 1000 + round, WEEKS, 35 + (unsigned)(round % 3) * 10);
		stand(w, &first);
		if (w->task.n_standing < 8) {
			plan_fini(&first);
			world_fini(w);
			continue;
		}
		const struct plan_standing lost =
			w->standing[1 + world_random(w, (uint32_t)w->task.n_standing - 2)];
		add_lesson(w, (int)(round % 2), lost.start, lost.end);
		plan_make(&w->task, &second);
		rounds++;
		for (size_t i = 0; i < w->task.n_standing; i++) {
			const struct plan_standing *s = &w->standing[i];
			bool is_far = open_days_between(w, s->start, lost.start) > 15;
			bool kept = is_kept(&second, s);
			HOLDS(!(kept && s->id == lost.id));
			if (s->id == lost.id)
				continue;
			far += is_far;
			far_kept += is_far && kept;
			near += !is_far;
			near_kept += !is_far && kept;
		}
		int away = nearest_new(w, &second, lost.start);
		if (has_room_near(w, &second, &lost)) {
			rooms++;
			found += away <= second.cadence;
			distance += away < 100 ? away : 100;
		}
		plan_fini(&first);
		plan_fini(&second);
		world_fini(w);
	}
	printf("%d years: of %d far sessions %d kept (%d.%d %%), of %d within three weeks %d "
	       "(%d.%d %%); where there is room within one cadence a new place there in %d of %d, "
	       "%d.%d open days away on average\n",
	       rounds, far, far_kept, far_kept * 100 / far, far_kept * 1000 / far % 10, near,
	       near_kept, near_kept * 100 / near, near_kept * 1000 / near % 10, found, rooms,
	       distance / rooms, distance * 10 / rooms % 10);
	assert_true(rounds > 40);
	assert_true(far_kept * 1000 >= far * 990);
	assert_true(near_kept * 100 >= near * 90);
	assert_true(rooms > 30 && found * 100 >= rooms * 90);
}

/* Dearer moves, fewer moves: never more of them. */
static void the_dearer_a_move_the_fewer_there_are(void **state)
{
	(void)state;
	static const int64_t prices[] = {0, 30, 120, 500, 5000};
	for (uint64_t round = 0; round < 12; round++) {
		struct world world, *w = &world;
		struct plan first;
		int before = INT32_MAX;
		world_plain(w, seed + 2000 + round, WEEKS, 40);
		w->weights.rhythm = 0; /* one year is solved, not the best of several rhythms */
		stand(w, &first);
		for (int k = 0; k < 3 && w->task.n_standing; k++) {
			const struct plan_standing *s =
				&w->standing[world_random(w, (uint32_t)w->task.n_standing)];
			add_lesson(w, k % 2, s->start, s->end);
		}
		for (size_t p = 0; p < sizeof prices / sizeof *prices; p++) {
			struct plan plan;
			int moved = 0;
			w->weights.move = prices[p];
			plan_make(&w->task, &plan);
			for (size_t i = 0; i < w->task.n_standing; i++)
				moved += !is_kept(&plan, &w->standing[i]);
			HOLDS(moved <= before);
			before = moved;
			plan_fini(&plan);
		}
		plan_fini(&first);
		world_fini(w);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_booked_moves_only_when_that_pays),
		cmocka_unit_test(one_lost_session_is_found_near_and_far_weeks_stay),
		cmocka_unit_test(the_dearer_a_move_the_fewer_there_are),
	};
	seed = world_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
