/* test_advice.c -- advice is checked by taking it: without the lesson, or with it moved out of the
 * way, the year is exactly as much better as was promised; and against solving for every lesson. */
#include "plan/advice.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <time.h>

static uint64_t seed;

struct lessons {
	struct lesson *v;
	size_t n, cap;
};

static void add(struct lessons *l, utc_t start, utc_t end, enum level level, unsigned members,
		bool single)
{
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n++] = (struct lesson){start, end, level, members, single, members & 1 ? "a" : "b"};
}

static int by_start(const void *a, const void *b)
{
	const struct lesson *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (int)x->members - (int)y->members;
}

/* What both have in common, and each alone; some lie over each other; some take whole days. */
static void draw_lessons(struct world *w, struct lessons *l, unsigned percent)
{
	unsigned who[7][10];
	for (int d = 0; d < 7; d++)
		for (int k = 0; k < 10; k++)
			who[d][k] = (world_chance(w, percent) ? 1U : 0) |
				    (world_chance(w, percent) ? 2U : 0);
	for (day_t date = w->programme.start; date < w->programme.past; date++) {
		if (world_chance(w, 2))
			add(l, world_at(w, date, 0), world_at(w, date + 1, 0), LEVEL_BUSY,
			    1 + world_random(w, 3), false);
		for (int k = 0; k < 10; k++) {
			unsigned members = who[civil_weekday(date)][k];
			utc_t start = world_at(w, date, 510 + 50 * k + (k > 2) * 20);
			enum level level = world_chance(w, 5) ? LEVEL_TENTATIVE : LEVEL_BUSY;
			if (world_chance(w, 3))
				members ^= 1U << world_random(w, 2);
			if (!members)
				continue;
			if (world_chance(w, 30)) /* the same lesson for both */
				add(l, start, start + 50 * 60, level, members, true);
			else
				for (unsigned m = 1; m < 4; m <<= 1)
					if (members & m)
						add(l, start, start + 50 * 60, level, m, true);
			if (world_chance(w, 5))
				add(l, start + 600, start + 7200, LEVEL_BUSY, members, true);
		}
	}
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, by_start);
}

static void busy_of(const struct lessons *l, size_t skip, int m, struct busyset *out)
{
	for (size_t i = 0; i < l->n; i++)
		if (i != skip && l->v[i].members >> m & 1)
			busyset_add(out, l->v[i].start, l->v[i].end, l->v[i].level);
	busyset_settle(out);
}

static void take_lessons(struct world *w, const struct lessons *l)
{
	for (int m = 0; m < 2; m++) {
		busyset_fini(&w->busy[m]);
		busy_of(l, SIZE_MAX, m, &w->busy[m]);
	}
}

/* The gain of one lesson, by making its busy sets from nothing. */
static struct advice gain_of(const struct world *w, const struct lessons *l, size_t i,
			     const struct plan *now)
{
	struct busyset busy[2] = {{0}};
	struct plan_task task = w->task;
	struct plan plan;
	for (int m = 0; m < 2; m++) {
		busy_of(l, i, m, &busy[m]);
		task.members[m].busy = &busy[m];
	}
	plan_make(&task, &plan);
	struct advice one = {
		.lesson = &l->v[i],
		.gain_min = plan.placed_min - now->placed_min,
		.gain_gap = now->longest_gap - plan.longest_gap,
		.gain = now->cost_total - plan.cost_total,
	};
	plan_fini(&plan);
	busyset_fini(&busy[0]);
	busyset_fini(&busy[1]);
	return one;
}

static void same_advice(const struct advice *a, const struct advice *b)
{
	assert_ptr_equal(a->lesson, b->lesson);
	assert_int_equal(a->gain_min, b->gain_min);
	assert_int_equal(a->gain_gap, b->gain_gap);
	assert_int_equal(a->gain, b->gain);
}

static void best_of_all(const struct world *w, const struct lessons *l, const struct plan *now,
			struct advice best[ADVICE_MAX], size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < l->n; i++) {
		if (!l->v[i].is_single)
			continue;
		struct advice one = gain_of(w, l, i, now);
		if (one.gain <= 0 || one.gain_min < 0 || one.gain_gap < 0 ||
		    one.gain_min + one.gain_gap == 0)
			continue;
		size_t at = *n;
		while (at > 0 && one.gain > best[at - 1].gain)
			at--;
		if (at == ADVICE_MAX)
			continue;
		*n += *n < ADVICE_MAX;
		for (size_t k = *n - 1; k > at; k--)
			best[k] = best[k - 1];
		best[at] = one;
	}
}

static void the_best_five_of_all(void **state)
{
	(void)state;
	size_t found = 0, pruned = 0, tried = 0;
	int needed = 0;
	for (int round = 0; round < 40; round++) {
		struct world world, *w = &world;
		struct lessons l = {0};
		struct advice_list list;
		struct advice best[ADVICE_MAX];
		size_t n;
		world_init(w, seed + (uint64_t)round);
		if (w->programme.past > w->programme.start + 70) {
			w->programme.past = w->programme.start + 70; /* brute force is slow */
			opendays_fini(&w->days);
			opendays_init(&w->days, &w->programme);
		}
		w->weights.rhythm = 0;
		draw_lessons(w, &l, 30 + world_random(w, 60));
		take_lessons(w, &l);
		advice_make(&w->task, l.v, l.n, NULL, &list);
		if (list.needed) {
			best_of_all(w, &l, &list.plan, best, &n);
			assert_int_equal(list.n, n);
			for (size_t i = 0; i < n; i++)
				same_advice(&list.v[i], &best[i]);
			assert_false(list.cut);
			found += n;
			tried += list.solved;
			pruned += list.lessons - list.solved;
			needed++;
		} else {
			assert_int_equal(list.n, 0);
		}
		struct buf why = {0};
		advice_reasons(&w->task, &list, &why);
		assert_true((list.n == 0) ==
			    (strncmp(buf_str(&why), "nothing to advise: ", 19) == 0));
		buf_fini(&why);
		advice_fini(&list);
		xfree(l.v);
		world_fini(w);
	}
	printf("%d duos in need, %zu lessons advised, %zu solved, %zu pruned\n", needed, found,
	       tried, pruned);
	assert_true(needed > 15 && found > 20 && pruned > tried);
}

/* With rhythm, too, a promise is kept to the minute; and moving is as good as removing. */
static void what_is_promised_comes_true(void **state)
{
	(void)state;
	int taken = 0;
	for (int round = 0; round < 12; round++) {
		struct world world, *w = &world;
		struct lessons l = {0};
		struct advice_list list;
		world_plain(w, seed + (uint64_t)round, 8 + round, 0);
		draw_lessons(w, &l, 65);
		take_lessons(w, &l);
		advice_make(&w->task, l.v, l.n, NULL, &list);
		for (size_t i = 0; i < list.n; i++) {
			size_t at = (size_t)(list.v[i].lesson - l.v);
			struct advice one = gain_of(w, &l, at, &list.plan);
			same_advice(&list.v[i], &one);
			struct lessons moved = {.v = xmemdup(l.v, l.n * sizeof *l.v), .n = l.n};
			utc_t evening =
				world_at(w, zone_day_of(w->programme.zone, l.v[at].start), 20 * 60);
			moved.v[at].end += evening - moved.v[at].start;
			moved.v[at].start = evening;
			struct advice other = gain_of(w, &moved, SIZE_MAX - 1, &list.plan);
			assert_int_equal(other.gain_min, one.gain_min);
			assert_int_equal(other.gain_gap, one.gain_gap);
			xfree(moved.v);
			taken++;
		}
		advice_fini(&list);
		xfree(l.v);
		world_fini(w);
	}
	assert_true(taken > 20);
}

static void busy_without_is_busy_made_anew(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct world world, *w = &world;
		struct lessons l = {0};
		world_init(w, seed + (uint64_t)round);
		draw_lessons(w, &l, 60);
		take_lessons(w, &l);
		for (size_t i = 0; i < l.n; i += 7)
			for (int m = 0; m < 2; m++) {
				struct busyset quick = {0}, anew = {0};
				if (!(l.v[i].members >> m & 1))
					continue;
				advice_busy_without(&w->task, l.v, l.n, &l.v[i], m, &quick);
				busy_of(&l, i, m, &anew);
				assert_true(busyset_equal(&quick, &anew));
				busyset_fini(&quick);
				busyset_fini(&anew);
			}
		xfree(l.v);
		world_fini(w);
	}
}

static void reason(const struct world *w, const struct lessons *l, const char *what)
{
	struct advice_list list;
	struct buf why = {0};
	advice_make(&w->task, l->v, l->n, NULL, &list);
	advice_reasons(&w->task, &list, &why);
	assert_int_equal(list.n, 0);
	if (!strstr(buf_str(&why), what))
		fail_msg("\"%s\" is not in:\n%s", what, buf_str(&why));
	buf_fini(&why);
	advice_fini(&list);
}

static void nothing_to_advise_has_a_reason(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct lessons l = {0};
	world_plain(w, seed, 20, 0);
	w->task.members[0].remaining_min = w->task.cadence_budget_min = 1200;
	reason(w, &l, "nothing to advise: 20h are placed, all that there is, and the longest gap");
	/* both always away together, on days that are no single lesson's */
	for (day_t date = w->programme.start; date < w->programme.past; date++)
		add(&l, world_at(w, date, 0), world_at(w, date + 1, 0), LEVEL_BUSY, 3, false);
	take_lessons(w, &l);
	reason(w, &l,
	       "20h could not be placed and the longest gap is 101 open days, more than twice "
	       "the cadence of");
	reason(w, &l, "anna and bram have no lesson that could be moved");
	add(&l, world_at(w, w->programme.past - 1, 600), world_at(w, w->programme.past - 1, 660),
	    LEVEL_BUSY, 1, true);
	reason(w, &l, "none of the 1 lessons of anna and bram would change that");
	reason(w, &l, "share no 60 minutes");
	xfree(l.v);
	world_fini(w);
	world_plain(w, seed, 20, 0);
	w->task.members[1].known_until = UTC_MIN;
	reason(w, &(struct lessons){0}, "bram's timetable has not been read yet");
	world_fini(w);
}

/* A usual year in which nobody has time: how long does it take at worst? */
static void a_year_takes_moments(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct lessons l = {0};
	struct advice_list list;
	struct timespec a, b;
	world_plain(w, seed, 44, 0);
	draw_lessons(w, &l, 70);
	take_lessons(w, &l);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	advice_make(&w->task, l.v, l.n, NULL, &list);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("44 weeks, %zu lessons: %zu solved, %.2f s\n", list.lessons, list.solved, s);
	assert_true(list.needed && list.n == ADVICE_MAX);
	assert_true(list.solved <= ADVICE_SOLVES);
	advice_fini(&list);
	xfree(l.v);
	world_fini(w);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_five_of_all),
		cmocka_unit_test(what_is_promised_comes_true),
		cmocka_unit_test(busy_without_is_busy_made_anew),
		cmocka_unit_test(nothing_to_advise_has_a_reason),
		cmocka_unit_test(a_year_takes_moments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
