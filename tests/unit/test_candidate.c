/* test_candidate.c -- the cheapest start of each day and length, against trying every minute. */
#include "plan_world.h"

#include "plan/candidate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint64_t seed;

static bool model_is_start(const struct world *w, utc_t at, day_t date)
{
	local_t local = zone_to_local(w->programme.zone, at);
	int minute = local_second(local) / 60;
	if (local_day(local) != date || zone_to_utc(w->programme.zone, local) != at)
		return false; /* the second 02:30 of an autumn night is not the first */
	if (w->programme.n_starts == 0)
		return minute % w->programme.start_grid_min == 0;
	for (size_t i = 0; i < w->programme.n_starts; i++)
		if (w->programme.starts[i] == minute)
			return true;
	return false;
}

/* The cost of minutes [i, i + n) of a day, part by part; false when it does not fit. */
static bool model_cost(const struct world *w, day_t date, const struct model_day *day, int i, int n,
		       struct anchor anchor, struct slot_cost *out)
{
	const struct programme *p = &w->programme;
	*out = (struct slot_cost){0};
	bool preferred = true;
	for (int k = i; k < i + n; k++) {
		if (k >= day->n || !day->free[k])
			return false;
		int minute = local_second(zone_to_local(p->zone, day->start + k * 60)) / 60;
		if (minute >= p->lunch_from_min && minute < p->lunch_to_min)
			out->lunch = w->weights.lunch;
		if (day->tentative[k])
			out->tentative = w->weights.tentative;
		bool inside = false; /* spans that touch are one */
		for (size_t x = 0; x < p->n_prefer; x++)
			inside |= (p->prefer[x].weekdays >> civil_weekday(date) & 1) &&
				  p->prefer[x].from_min <= minute && minute < p->prefer[x].to_min;
		preferred &= inside;
	}
	int left = 0, right = 0;
	while (i - left > 0 && day->around[i - left - 1])
		left++;
	while (i + n + right < day->n && day->around[i + n + right])
		right++;
	if ((left > 0 && left < 30) || (right > 0 && right < 30))
		out->scrap = w->weights.scrap;
	if (p->n_prefer && !preferred)
		out->outside_prefer = w->weights.outside_prefer;
	int steps = (n - p->preferred_min) / p->length_step_min;
	out->length = steps < 0 ? -steps * w->weights.short_step : steps * w->weights.long_step;
	int hour = local_second(zone_to_local(p->zone, day->start + i * 60)) / 3600;
	if (anchor.weekday != (int)civil_weekday(date) || anchor.hour != hour)
		out->rhythm = w->weights.rhythm;
	out->total = out->length + out->outside_prefer + out->lunch + out->scrap + out->rhythm +
		     out->tentative;
	return true;
}

static bool model_best(const struct world *w, int d, const struct model_day *day, int n,
		       utc_t earliest, struct anchor anchor, struct slot_cost *best, utc_t *at)
{
	bool found = false;
	for (int i = 0; i + n <= day->n; i++) {
		struct slot_cost cost;
		utc_t start = day->start + i * 60;
		if (start < earliest || !model_is_start(w, start, w->days.v[d]) ||
		    !model_cost(w, w->days.v[d], day, i, n, anchor, &cost))
			continue;
		if (!found || cost.total < best->total) {
			*best = cost;
			*at = start;
			found = true;
		}
	}
	return found;
}

static void compare_day(const struct world *w, const struct candidates *c, int d, int a)
{
	static struct model_day day;
	model_day(w, w->days.v[d], &day);
	struct anchor anchor = a < 0 ? (struct anchor){-1, -1} : c->anchors[a].anchor;
	for (int32_t units = 4; units <= 12; units++) {
		struct slot_cost want = {0};
		utc_t at = 0;
		bool found = !c->fixed[d] &&
			     model_best(w, d, &day, units * 15, c->earliest, anchor, &want, &at);
		const struct candidate *got = candidates_get(c, a, d, units);
		if (found != (got != NULL) || (got && got->start != at))
			fail_msg("world %llu day %d units %d anchor %d: %s",
				 (unsigned long long)w->seed, d, units, a,
				 !got	 ? "missing"
				 : found ? "another start"
					 : "too many");
		if (!got)
			continue;
		struct slot_cost cost = candidate_cost(c, units, got->flags);
		assert_memory_equal(&cost, &want, sizeof cost);
		assert_int_equal(got->price, cost.total);
		assert_int_equal(candidate_end(c, got), at + units * 900);
	}
}

static void same_as_trying_every_minute(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 40; round++) {
		struct world w;
		struct shared shared;
		struct candidates c;
		world_init(&w, seed + round);
		utc_t earliest = w.task.now + w.programme.freeze_s;
		int first = candidate_first_day(&w.task, earliest);
		shared_init(&shared, &w.task, first, w.days.n);
		candidates_init(&c, &w.task, &shared, earliest);
		for (int d = first; d < w.days.n; d += 1 + (int)world_random(&w, 8))
			for (int a = -1; a < c.n_anchors; a++)
				compare_day(&w, &c, d, a);
		for (size_t i = 1; i < c.n; i++)
			assert_true(
				c.v[i - 1].day < c.v[i].day ||
				(c.v[i - 1].day == c.v[i].day && c.v[i - 1].units < c.v[i].units));
		candidates_fini(&c);
		shared_fini(&shared);
		world_fini(&w);
	}
}

/* Spring and autumn nights, for a duo that meets at night. */
static void nights_on_which_the_clock_changes(void **state)
{
	(void)state;
	struct world w;
	world_plain(&w, seed, 45, 0);
	w.programme.weekdays = 0x7f;
	for (int m = 0; m < 2; m++)
		w.works[m][0] = (struct work_hours){0x7f, 90, 330};
	opendays_fini(&w.days);
	world_task(&w);
	static const int nights[][3] = {{2026, 10, 25}, {2027, 3, 28}, {2027, 3, 27}};
	struct shared shared;
	struct candidates c;
	shared_init(&shared, &w.task, 0, w.days.n);
	candidates_init(&c, &w.task, &shared, w.task.now);
	for (size_t i = 0; i < 3; i++) {
		int d = opendays_number(&w.days,
					civil_to_day(nights[i][0], nights[i][1], nights[i][2]));
		assert_true(d >= 0);
		for (int a = -1; a < c.n_anchors; a++)
			compare_day(&w, &c, d, a);
	}
	candidates_fini(&c);
	shared_fini(&shared);
	world_fini(&w);
}

/* The four hours that are free on most days, recounted from the ranked starts; sessions in other
 * duos come and go, so they do not count. */
static void anchors_are_the_freest_hours(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 30; round++) {
		struct world w;
		struct shared shared;
		struct candidates c;
		world_init(&w, seed + round);
		utc_t earliest = w.task.now + w.programme.freeze_s;
		int first = candidate_first_day(&w.task, earliest);
		shared_init(&shared, &w.task, first, w.days.n);
		candidates_init(&c, &w.task, &shared, earliest);
		int count[7][24] = {0};
		for (int d = first; d < w.days.n; d++) {
			bool hour[24] = {false};
			struct slots slots;
			struct plan_task alone = w.task;
			alone.members[0].engaged = alone.members[1].engaged = NULL;
			plan_slots(&alone, NULL, d, 60, &slots);
			for (size_t i = 0; i < slots.n && !c.fixed[d]; i++)
				if (slots.v[i].start >= earliest)
					hour[local_second(zone_to_local(w.programme.zone,
									slots.v[i].start)) /
					     3600] = true;
			slots_fini(&slots);
			for (int h = 0; h < 24; h++)
				count[civil_weekday(w.days.v[d])][h] += hour[h];
		}
		int last = INT32_MAX;
		for (int a = 0; a < c.n_anchors; a++) {
			int *n = &count[c.anchors[a].anchor.weekday][c.anchors[a].anchor.hour];
			assert_true(*n > 0 && *n <= last);
			last = *n;
			*n = 0;
		}
		for (int d = 0; d < 7 && w.weights.rhythm; d++)
			for (int h = 0; h < 24; h++)
				assert_true(c.n_anchors < 4 ? count[d][h] == 0
							    : count[d][h] <= last);
		candidates_fini(&c);
		shared_fini(&shared);
		world_fini(&w);
	}
}

/* A booked session stays attractive after the grid of starts was changed under it. */
static void a_booked_session_off_the_grid_may_stay(void **state)
{
	(void)state;
	struct world w;
	world_plain(&w, seed, 4, 0);
	utc_t at = world_at(&w, w.days.v[6], 607); /* 10:07 */
	w.standing[0] =
		(struct plan_standing){7, KIND_WORK, STATE_BOOKED, STAND_MOVABLE, at, at + 7200};
	w.task.n_standing = 1;
	struct shared shared;
	struct candidates c;
	shared_init(&shared, &w.task, 0, w.days.n);
	candidates_init(&c, &w.task, &shared, w.task.now);
	const struct candidate *got = candidates_get(&c, -1, 6, 8);
	assert_int_equal(got->start, at);
	assert_int_equal(got->price, candidate_cost(&c, 8, got->flags).total - w.weights.move);
	got = candidates_get(&c, -1, 6, 9); /* another length has nothing to keep */
	assert_int_equal(got->price, candidate_cost(&c, 9, got->flags).total);
	candidates_fini(&c);
	shared_fini(&shared);
	world_fini(&w);
}

static void slots_are_ranked(void **state)
{
	(void)state;
	struct world w;
	world_init(&w, seed + 3);
	struct plan plan;
	plan_make(&w.task, &plan);
	for (int d = 0; d < w.days.n; d++) {
		struct slots slots;
		plan_slots(&w.task, &plan, d, 0, &slots);
		for (size_t i = 0; i < slots.n; i++) {
			const struct slot *s = &slots.v[i], *before = s - 1;
			assert_true(s->start >= w.task.now);
			assert_int_equal(zone_day_of(w.programme.zone, s->start), w.days.v[d]);
			assert_true(i == 0 || before->cost.total < s->cost.total ||
				    (before->cost.total == s->cost.total &&
				     (before->start < s->start ||
				      (before->start == s->start && before->end < s->end))));
		}
		slots_fini(&slots);
	}
	plan_fini(&plan);
	world_fini(&w);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_trying_every_minute),
		cmocka_unit_test(nights_on_which_the_clock_changes),
		cmocka_unit_test(anchors_are_the_freest_hours),
		cmocka_unit_test(a_booked_session_off_the_grid_may_stay),
		cmocka_unit_test(slots_are_ranked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
