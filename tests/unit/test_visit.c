/* test_visit.c -- lesson visits: which lessons fit, asked of every minute; and the choice, against
 * all choices there are, on random programmes. Seed: argv[1]. */
#include "plan/visit.h"
#include "plan/hours.h"

#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static uint64_t seed;

/* anna visits the lessons of bram. */
struct school {
	struct world w;
	struct visit_lesson lessons[400];
	size_t n;
	struct visit_standing standing[8];
	uint8_t day[400];
	struct visit_task task;
};

static void add_lesson(struct school *s, day_t date, int minute, int length, uint64_t what)
{
	utc_t start = world_at(&s->w, date, minute);
	if (s->n == sizeof s->lessons / sizeof *s->lessons)
		return;
	if (s->n > 0 && s->lessons[s->n - 1].end > start)
		return;
	s->lessons[s->n++] = (struct visit_lesson){start, start + length * 60, what, false};
}

static void school_task(struct school *s)
{
	struct world *w = &s->w;
	w->programme.visits_n = 2;
	w->programme.visit_min = 60;
	s->task = (struct visit_task){
		.programme = &w->programme,
		.days = &w->days,
		.weights = &w->weights,
		.host = &w->persons[1],
		.host_known_until = w->task.members[1].known_until,
		.visitor = w->task.members[0],
		.lessons = s->lessons,
		.standing = s->standing,
		.day = s->day,
		.now = w->task.now,
	};
	s->task.visitor.remaining_min = 4500;
}

/* A plain year: bram teaches every Tuesday at ten and Thursday at two, anna never. */
static void plain(struct school *s)
{
	*s = (struct school){.n = 0};
	world_plain(&s->w, 1, 40, 0);
	school_task(s);
	for (day_t d = s->w.programme.start; d < s->w.programme.past; d++) {
		if (civil_weekday(d) == 1)
			add_lesson(s, d, 600, 60, 11);
		if (civil_weekday(d) == 3)
			add_lesson(s, d, 840, 60, 22);
	}
	s->task.n_lessons = s->n;
}

static const struct visit_option *chosen(const struct visit_plan *plan, int k)
{
	for (size_t i = 0; i < plan->n_options; i++)
		if (plan->options[i].chosen && k-- == 0)
			return &plan->options[i];
	return NULL;
}

static void one_visit_in_the_middle_of_each_half(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	visit_make(&s.task, &plan);
	assert_int_equal(plan.wanted, 2);
	assert_int_equal(plan.placed, 2);
	assert_int_equal(plan.min, 120);
	assert_true(abs(chosen(&plan, 0)->day - visit_target(&s.task, 0)) <= 3);
	assert_true(abs(chosen(&plan, 1)->day - visit_target(&s.task, 1)) <= 3);
	/* not the same lesson twice */
	assert_true(chosen(&plan, 0)->lesson.what != chosen(&plan, 1)->lesson.what);
	visit_plan_fini(&plan);
	world_fini(&s.w);
}

static void the_way_there_and_back_is_free_too(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	for (size_t i = 0; i < s.n; i++) /* anna teaches until 20 minutes before each */
		busyset_add(&s.w.busy[0], s.lessons[i].start - 80 * 60,
			    s.lessons[i].start - 20 * 60, LEVEL_BUSY);
	busyset_settle(&s.w.busy[0]);
	visit_make(&s.task, &plan);
	assert_int_equal(plan.placed, 2);
	visit_plan_fini(&plan);
	s.w.programme.travel_min = 20;
	visit_make(&s.task, &plan);
	assert_int_equal(plan.placed, 2);
	visit_plan_fini(&plan);
	s.w.programme.travel_min = 21;
	visit_make(&s.task, &plan);
	assert_int_equal(plan.placed, 0);
	struct buf why = {0};
	assert_true(visit_why_not_all(&s.task, &plan, &why));
	assert_string_equal(buf_str(&why),
			    "2 of 2 coming visits of anna to bram have no lesson: of 80 lessons 80 "
			    "are when the visitor is not free");
	buf_clear(&why);
	visit_why(&s.task, &plan.options[4], &why);
	assert_non_null(strstr(buf_str(&why), "anna"));
	buf_fini(&why);
	visit_plan_fini(&plan);
	world_fini(&s.w);
}

static void a_visit_that_is_booked_stays(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	visit_make(&s.task, &plan);
	const struct visit_lesson first = chosen(&plan, 0)->lesson;
	visit_plan_fini(&plan);
	/* a week away from where it would be best: not worth moving */
	for (size_t i = 0; i < s.n; i++)
		if (s.lessons[i].start == first.start + 7 * DAY_S)
			s.standing[0] = (struct visit_standing){.id = 7,
								.start = s.lessons[i].start,
								.end = s.lessons[i].end,
								.booked = true};
	assert_int_equal(s.standing[0].id, 7);
	s.task.n_standing = 1;
	visit_make(&s.task, &plan);
	assert_int_equal(chosen(&plan, 0)->kept_id, 7);
	assert_true(chosen(&plan, 0)->lesson.start == first.start + 7 * DAY_S);
	visit_plan_fini(&plan);
	/* its lesson moved to the first week of the year: it goes along, whatever that costs */
	s.standing[0].must_start = s.lessons[2].start;
	s.standing[0].must_end = s.lessons[2].end;
	visit_make(&s.task, &plan);
	assert_true(chosen(&plan, 0)->lesson.start == s.lessons[2].start);
	assert_int_equal(plan.placed, 2);
	visit_plan_fini(&plan);
	/* but not where anna has no time */
	busyset_add(&s.w.busy[0], s.lessons[2].start, s.lessons[2].end, LEVEL_BUSY);
	busyset_settle(&s.w.busy[0]);
	visit_make(&s.task, &plan);
	assert_int_equal(chosen(&plan, 0)->kept_id, 7);
	visit_plan_fini(&plan);
	world_fini(&s.w);
}

/* One held in the first half: only the second half asks for one. */
static void what_was_had_counts(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	s.standing[0] = (struct visit_standing){
		1, s.lessons[0].start, s.lessons[0].end, 11, true, true, 0, 0};
	s.task.n_standing = 1;
	s.task.now = s.lessons[4].start;
	visit_make(&s.task, &plan);
	assert_int_equal(plan.wanted, 1);
	assert_int_equal(plan.placed, 1);
	assert_true(abs(chosen(&plan, 0)->day - visit_target(&s.task, 1)) <= 3);
	visit_plan_fini(&plan);
	/* none held, and the first half over: one is lost */
	s.task.n_standing = 0;
	s.task.now = world_at(&s.w, s.w.programme.start + 141, 0);
	visit_make(&s.task, &plan);
	assert_int_equal(plan.wanted, 1);
	assert_int_equal(plan.placed, 1);
	visit_plan_fini(&plan);
	s.task.now = world_at(&s.w, s.w.programme.past, 0);
	visit_make(&s.task, &plan);
	assert_int_equal(plan.wanted, 0);
	visit_plan_fini(&plan);
	world_fini(&s.w);
}

/* Six weeks are known: the first visit is in them or provisional behind, the second is never
 * brought forward; lessons go on by habit. */
static void the_unknown_is_waited_for(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	s.task.host_known_until = s.lessons[12].start; /* behind six weeks */
	s.task.n_lessons = 12;
	visit_make(&s.task, &plan);
	assert_int_equal(plan.n_options, s.n); /* all the others are assumed */
	assert_int_equal(plan.placed, 2);
	assert_true(chosen(&plan, 0)->provisional && chosen(&plan, 0)->lesson.assumed);
	assert_true(chosen(&plan, 1)->provisional);
	assert_true(abs(chosen(&plan, 1)->day - visit_target(&s.task, 1)) <= 3);
	for (size_t i = 0; i < plan.n_options; i++) {
		assert_int_equal(plan.options[i].lesson.start, s.lessons[i].start);
		assert_int_equal(plan.options[i].lesson.end, s.lessons[i].end);
	}
	visit_plan_fini(&plan);
	/* no habit: one week without the lessons is enough to assume none */
	s.lessons[10].start -= 3600;
	s.lessons[11].start -= 3600;
	visit_make(&s.task, &plan);
	assert_int_equal(plan.n_options, 12);
	assert_int_equal(plan.placed, 1); /* in what is known; the second is not brought forward */
	visit_plan_fini(&plan);
	world_fini(&s.w);
}

static void hours_are_never_exceeded(void **state)
{
	struct school s;
	struct visit_plan plan;
	(void)state;
	plain(&s);
	for (size_t i = 0; i < s.n; i += 3) /* some are long */
		s.lessons[i].end += 60 * 60;
	for (int left = 0; left < 300; left += 15) {
		s.task.visitor.remaining_min = left;
		visit_make(&s.task, &plan);
		assert_true(plan.min <= left);
		assert_int_equal(plan.placed, left >= 120 ? 2 : left >= 60 ? 1 : 0);
		struct buf why = {0};
		assert_int_equal(visit_why_not_all(&s.task, &plan, &why), left < 120);
		assert_int_equal(strstr(buf_str(&why), "minutes left") != NULL, left < 120);
		buf_fini(&why);
		visit_plan_fini(&plan);
	}
	world_fini(&s.w);
}

/* ---- random programmes -------------------------------------------------------------------- */

static void random_school(struct school *s, uint64_t number)
{
	*s = (struct school){.n = 0};
	world_init(&s->w, number);
	struct world *w = &s->w;
	school_task(s);
	w->programme.visits_n = (int)world_random(w, 4);
	w->programme.visit_min = 30 + (int)world_random(w, 100);
	w->programme.travel_min = world_chance(w, 50) ? (int)world_random(w, 40) : 0;
	s->task.visitor.remaining_min = (int32_t)world_random(w, 600);
	w->weights.even = world_random(w, 3);
	int each = 1 + (int)world_random(w, 20); /* days from lesson to lesson, or so */
	for (day_t d = w->programme.start - 3; d < w->programme.past + 3; d++) {
		if (world_random(w, (uint32_t)each))
			continue;
		for (int k = 0; k < 2; k++)
			add_lesson(s, d, 500 + (int)world_random(w, 480),
				   20 + (int)world_random(w, 140), world_random(w, 4));
	}
	s->task.n_lessons = s->n;
	for (int d = 0; d < w->days.n; d++)
		s->day[d] = (uint8_t)(world_chance(w, 70) ? 0 : 1 + world_random(w, 2));
	int wanted = (int)world_random(w, 3);
	utc_t last = 0;
	for (int i = 0; i < wanted && s->n > 0; i++) {
		const struct visit_lesson *l = &s->lessons[world_random(w, (uint32_t)s->n)];
		const struct visit_lesson *m = &s->lessons[world_random(w, (uint32_t)s->n)];
		struct visit_standing *one = &s->standing[s->task.n_standing];
		if (l->start <= last)
			continue;
		last = l->start;
		*one = (struct visit_standing){.id = 5 + i,
					       .start = l->start,
					       .end = l->end,
					       .what = l->what,
					       .fixed = l->start < s->task.now ||
							world_chance(w, 20),
					       .booked = world_chance(w, 70)};
		if (!one->fixed && world_chance(w, 30)) {
			one->must_start = m->start;
			one->must_end = m->end;
		}
		s->task.n_standing++;
	}
}

static bool minute_free(const struct school *s, utc_t at)
{
	enum level least = s->w.weights.tentative ? LEVEL_BUSY : LEVEL_TENTATIVE;
	return model_level(&s->w, 0, at) < least;
}

/* The rule of what fits, minute by minute. */
static bool model_fits(const struct school *s, const struct visit_lesson *l)
{
	const struct world *w = &s->w;
	const struct programme *p = &w->programme;
	day_t date = zone_day_of(p->zone, l->start);
	int margin = p->travel_min > p->buffer_min ? p->travel_min : p->buffer_min;
	if (l->start < s->task.now + p->freeze_s || l->start <= s->task.now ||
	    !model_open(p, date) || zone_day_of(p->zone, l->end - 1) != date)
		return false;
	for (utc_t at = l->start; at < l->end; at += 60) {
		if (!model_works(&w->persons[0], at))
			return false;
		day_t theirs = zone_day_of(w->persons[1].zone, at);
		for (size_t i = 0; i < w->persons[1].n_absent; i++)
			if (w->absent[1][i].first <= theirs && theirs < w->absent[1][i].past)
				return false;
	}
	for (utc_t at = l->start - margin * 60; at < l->end + margin * 60; at += 60)
		if (!minute_free(s, at))
			return false;
	return true;
}

struct trial { /* all choices of so many */
	const struct school *s;
	const struct visit_plan *plan;
	size_t options[400], n;
	size_t now[8];
	int count, fixed, gone;
	int64_t best;
	int best_placed;
};

static bool must_be(const struct school *s, const struct visit_lesson *l)
{
	for (size_t i = 0; i < s->task.n_standing; i++)
		if (!s->standing[i].fixed && s->standing[i].must_start == l->start &&
		    s->standing[i].must_end == l->end)
			return true;
	return false;
}

struct link {
	utc_t start, end;
	int day;
	uint64_t what;
	int64_t cost;
	bool must;
	int32_t min;
};

static int by_start(const void *a, const void *b)
{
	const struct link *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

/* The price of one set, from the words of the header; -1: not allowed. */
static int64_t price(const struct trial *t, bool limited)
{
	const struct visit_task *task = &t->s->task;
	const struct programme *p = task->programme;
	int64_t even = task->weights->even > 0 ? task->weights->even : 1;
	struct link v[16];
	int n = 0;
	int32_t min = 0;
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct visit_standing *f = &task->standing[i];
		if (!f->fixed)
			continue;
		int day = opendays_before(task->days, zone_day_of(p->zone, f->start) + 1) - 1;
		v[n++] = (struct link){f->start, f->end, day < 0 ? 0 : day, f->what, 0, true, 0};
	}
	for (int i = 0; i < t->count; i++) {
		const struct visit_option *o = &t->plan->options[t->now[i]];
		const struct visit_lesson *l = &o->lesson;
		int64_t step = p->length_step_min * 60,
			more = l->end - l->start - p->visit_min * 60;
		int64_t cost = more < 0 ? (-more + step - 1) / step * task->weights->short_step
					: (more + step - 1) / step * task->weights->long_step;
		int margin = p->travel_min > p->buffer_min ? p->travel_min : p->buffer_min;
		bool tentative = false, kept = false;
		for (utc_t at = l->start - margin * 60; at < l->end + margin * 60; at += 60)
			tentative |= model_level(&t->s->w, 0, at) == LEVEL_TENTATIVE;
		cost += tentative ? task->weights->tentative : 0;
		cost += task->day[o->day] == VISIT_DAY_TAKEN	 ? VISIT_TAKEN_COST * even
			: task->day[o->day] == VISIT_DAY_MOVABLE ? task->weights->move
								 : 0;
		for (size_t k = 0; k < task->n_standing; k++)
			kept |= !task->standing[k].fixed && task->standing[k].booked &&
				task->standing[k].start == l->start &&
				task->standing[k].end == l->end;
		cost -= kept ? task->weights->move : 0;
		min += (int32_t)((l->end - l->start) / 60);
		v[n++] = (struct link){l->start,
				       l->end,
				       o->day,
				       l->what,
				       cost,
				       must_be(t->s, l),
				       (int32_t)((l->end - l->start) / 60)};
	}
	(void)limited;
	qsort(v, (size_t)n, sizeof *v, by_start);
	int64_t sum = 0;
	for (int i = 0; i < n; i++) {
		int part = t->gone + i < p->visits_n ? t->gone + i : p->visits_n - 1;
		utc_t end = zone_day_start(p->zone, hours_part_first(p, p->visits_n, part + 1));
		int first = opendays_before(task->days, hours_part_first(p, p->visits_n, part));
		int64_t far = v[i].day - visit_target(task, part);
		if (!v[i].must && task->host_known_until < end && v[i].day < first)
			return -1;
		if (i > 0 && v[i].day == v[i - 1].day && !(v[i].must && v[i - 1].must))
			return -1;
		if (i > 0 && v[i].start < v[i - 1].end)
			return -1;
		sum += v[i].cost + even * far * far;
		if (i > 0 && v[i].what && v[i].what == v[i - 1].what)
			sum += VISIT_SAME_COST * even;
	}
	/* moved by a constant, so that nothing is below zero */
	return min > task->visitor.remaining_min ? -1 : sum + 1000000;
}

static void all_sets(struct trial *t, int k, size_t from)
{
	if (k == t->count) {
		int64_t sum = price(t, false);
		if (sum >= 0 && (t->best < 0 || sum < t->best))
			t->best = sum;
		return;
	}
	for (size_t i = from; i < t->n; i++) {
		t->now[k] = t->options[i];
		all_sets(t, k + 1, i + 1);
	}
}

static bool any_must(const struct trial *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (must_be(t->s, &t->plan->options[t->options[i]].lesson))
			return true;
	return false;
}

static void check_choice(const struct school *s, const struct visit_plan *plan, int *compared)
{
	struct trial t = {.s = s, .plan = plan, .best = -1};
	for (size_t i = 0; i < plan->n_options; i++) {
		const struct visit_option *o = &plan->options[i];
		assert_false(o->chosen && o->fit != VISIT_FITS);
		if (o->fit == VISIT_FITS)
			t.options[t.n++] = i;
	}
	for (size_t i = 0; i < s->task.n_standing; i++)
		t.fixed += s->standing[i].fixed;
	t.gone = s->w.programme.visits_n - t.fixed - plan->wanted;
	t.gone = t.gone > 0 ? t.gone : 0;
	assert_true(plan->min <= s->task.visitor.remaining_min);
	if (t.n > 24 || plan->wanted == 0)
		return;
	int n_chosen = 0;
	for (size_t i = 0; i < t.n; i++)
		if (plan->options[t.options[i]].chosen)
			t.now[n_chosen++] = t.options[i];
	assert_int_equal(n_chosen, plan->placed);
	t.count = n_chosen;
	if (n_chosen > 0)
		assert_true(price(&t, false) == plan->cost + 1000000);
	if (any_must(&t))
		return; /* more than a price: tested by hand above */
	all_sets(&t, 0, 0);
	if (!plan->over_hours && s->task.visitor.remaining_min >= 480) {
		if (n_chosen > 0 && t.best != plan->cost + 1000000)
			fail_msg("seed %llu: cost %lld, but %lld is there",
				 (unsigned long long)s->w.seed, (long long)plan->cost,
				 (long long)t.best - 1000000);
		t.best = -1;
		t.count = n_chosen + 1;
		if (t.count <= plan->wanted) {
			all_sets(&t, 0, 0);
			if (t.best >= 0)
				fail_msg("seed %llu: %d placed, one more was possible",
					 (unsigned long long)s->w.seed, n_chosen);
		}
		++*compared;
	}
}

static void every_choice_is_the_cheapest(void **state)
{
	int compared = 0, fits = 0, assumed = 0, placed = 0;
	(void)state;
	for (uint64_t i = 0; i < 1500; i++) {
		struct school s;
		struct visit_plan plan, again;
		random_school(&s, seed * 100000 + i);
		visit_make(&s.task, &plan);
		for (size_t k = 0; k < plan.n_options; k++) {
			const struct visit_option *o = &plan.options[k];
			assumed += o->lesson.assumed;
			fits += o->fit == VISIT_FITS;
			if ((o->fit == VISIT_FITS) != model_fits(&s, &o->lesson))
				fail_msg("seed %llu: option %zu: %d", (unsigned long long)s.w.seed,
					 k, (int)o->fit);
			assert_true(!o->lesson.assumed ||
				    o->lesson.start >= s.task.host_known_until);
			struct buf why = {0};
			visit_why(&s.task, o, &why);
			assert_int_equal(why.n == 0, o->fit == VISIT_FITS);
			buf_fini(&why);
			if (k >= 12)
				break; /* a minute model is slow */
		}
		check_choice(&s, &plan, &compared);
		placed += plan.placed;
		visit_make(&s.task, &again); /* same input, same bytes */
		assert_int_equal(again.n_options, plan.n_options);
		for (size_t k = 0; k < plan.n_options; k++)
			assert_true(again.options[k].chosen == plan.options[k].chosen &&
				    again.options[k].cost == plan.options[k].cost);
		visit_plan_fini(&again);
		visit_plan_fini(&plan);
		world_fini(&s.w);
	}
	printf("%d choices compared with all others, %d visits placed, %d of the lessons looked at "
	       "fit, %d assumed\n",
	       compared, placed, fits, assumed);
	assert_true(compared > 100 && fits > 300 && assumed > 100 && placed > 300);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_visit_in_the_middle_of_each_half),
		cmocka_unit_test(the_way_there_and_back_is_free_too),
		cmocka_unit_test(a_visit_that_is_booked_stays),
		cmocka_unit_test(what_was_had_counts),
		cmocka_unit_test(the_unknown_is_waited_for),
		cmocka_unit_test(hours_are_never_exceeded),
		cmocka_unit_test(every_choice_is_the_cheapest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
