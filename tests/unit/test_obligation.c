/* test_obligation.c -- what is due and when: the dates by hand, then random rosters that change
 * while time goes on, against rules asked of every day. */
#include "plan/obligation.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka.h wants the three above first */
#include <cmocka.h>

static uint64_t seed;

/* The programme of the README: Monday 31 August 2026 to Friday 9 July 2027. */
static struct day_range holidays[2]; /* autumn and Christmas */
static struct programme year(void)
{
	holidays[0] =
		(struct day_range){civil_to_day(2026, 10, 12), civil_to_day(2026, 10, 19), NULL};
	holidays[1] =
		(struct day_range){civil_to_day(2026, 12, 21), civil_to_day(2027, 1, 4), NULL};
	return (struct programme){
		.start = civil_to_day(2026, 8, 31),
		.past = civil_to_day(2027, 7, 10),
		.zone = zone_by_name("Europe/Amsterdam"),
		.weekdays = 0x1f,
		.closed = holidays,
		.n_closed = 2,
		.reflection_every_days = 42,
		.reflection_min = 60,
		.plan_due_days = 21,
		.evaluation_min = 60,
	};
}

/* "2026-09-21 2026-10-09 ..." of that kind */
static void check_days(const struct programme *p, enum obligation_kind kind, const char *want)
{
	struct opendays days;
	struct buf got = {0};
	char text[CIVIL_TEXT];
	day_t *v;
	opendays_init(&days, p);
	size_t n = obligation_days(p, &days, kind, &v);
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s%s", i ? " " : "", day_text(v[i], text));
	assert_string_equal(buf_str(&got), want);
	xfree(v);
	buf_fini(&got);
	opendays_fini(&days);
}

static void the_days_of_an_ordinary_year(void **state)
{
	(void)state;
	struct programme p = year();
	check_days(&p, OBLIGATION_PLAN, "2026-09-21");
	/* six weeks after the start is in the autumn holiday: due before it */
	check_days(&p, OBLIGATION_REFLECTION,
		   "2026-10-09 2026-11-23 2027-01-04 2027-02-15 2027-03-29 2027-05-10 2027-06-21");
	check_days(&p, OBLIGATION_EVALUATION, "2027-07-05");
}

static void the_last_period_may_end_with_the_programme(void **state)
{
	(void)state;
	struct programme p = year();
	p.past = p.start + 84; /* Monday; the last open day is the Friday before */
	check_days(&p, OBLIGATION_REFLECTION, "2026-10-09 2026-11-20");
	p.past--;
	check_days(&p, OBLIGATION_REFLECTION, "2026-10-09");
}

static void a_period_without_an_open_day_asks_nothing(void **state)
{
	(void)state;
	struct programme p = year();
	p.reflection_every_days = 7;
	p.past = civil_to_day(2027, 1, 18);
	check_days(&p, OBLIGATION_REFLECTION,
		   "2026-09-07 2026-09-14 2026-09-21 2026-09-28 2026-10-05 2026-10-09 2026-10-19 "
		   "2026-10-26 2026-11-02 2026-11-09 2026-11-16 2026-11-23 2026-11-30 2026-12-07 "
		   "2026-12-14 2026-12-18 2027-01-04 2027-01-11 2027-01-15");
}

static void what_is_not_asked_for_is_not_due(void **state)
{
	(void)state;
	struct programme p = year();
	p.reflection_min = p.reflection_every_days = p.evaluation_min = 0;
	p.plan_due_days = -1;
	check_days(&p, OBLIGATION_PLAN, "");
	check_days(&p, OBLIGATION_REFLECTION, "");
	check_days(&p, OBLIGATION_EVALUATION, "");
	p = year();
	holidays[0] = (struct day_range){p.start, p.past, NULL}; /* no open day at all */
	check_days(&p, OBLIGATION_PLAN, "");
	check_days(&p, OBLIGATION_REFLECTION, "");
	check_days(&p, OBLIGATION_EVALUATION, "");
}

static void short_and_odd_programmes(void **state)
{
	(void)state;
	struct programme p = year();
	p.past = p.start + 3; /* Monday to Wednesday */
	check_days(&p, OBLIGATION_PLAN, "2026-09-02");
	check_days(&p, OBLIGATION_REFLECTION, "");
	check_days(&p, OBLIGATION_EVALUATION, "2026-09-02");
	p = year();
	p.plan_due_days = 0;
	holidays[0] = (struct day_range){p.start, p.start + 7, NULL}; /* it begins with a holiday */
	check_days(&p, OBLIGATION_PLAN, "2026-09-07");
}

/* ---- following ---- */

struct desk {
	struct programme p;
	struct opendays days;
	struct obligation_list had; /* by kind and number, as the store has them */
	int64_t ids;
	day_t today;
	bool here;
	struct day_range closed[3];
};

static int by_kind(const void *a, const void *b)
{
	const struct obligation *x = a, *y = b;
	return x->kind != y->kind ? (int)x->kind - (int)y->kind : x->number - y->number;
}

static utc_t now_of(const struct desk *d)
{
	return zone_day_start(d->p.zone, d->today) + 12 * 3600;
}

/* One reload; how many changed. */
static size_t reload(struct desk *d)
{
	struct obligation_list out = {0};
	obligations_follow(&d->p, &d->days, "a-b", d->here, d->had.v, d->had.n, d->today, &out);
	for (size_t i = 0; i < out.n; i++) {
		struct obligation *is = &out.v[i];
		size_t k = 0;
		assert_string_equal(is->duo, "a-b");
		while (k < d->had.n && d->had.v[k].id != is->id)
			k++;
		if (is->id) {
			assert_true(k < d->had.n);
			obligation_stamp(is, &d->had.v[k], now_of(d));
			assert_true(is->sequence == d->had.v[k].sequence + 1);
			assert_true(is->last_modified > d->had.v[k].last_modified);
			assert_true((is->cancelled_at != 0) == (is->state == OBLIGATION_CANCELLED));
			obligation_fini(&d->had.v[k]);
			d->had.v[k] = *is;
		} else {
			is->id = ++d->ids;
			obligation_stamp(is, NULL, now_of(d));
			assert_int_equal(is->state, OBLIGATION_OPEN);
			assert_int_equal(is->sequence, 0);
			d->had.v = xgrow(d->had.v, d->had.n, &d->had.cap, sizeof *d->had.v);
			d->had.v[d->had.n++] = *is;
		}
	}
	if (d->had.n)
		qsort(d->had.v, d->had.n, sizeof *d->had.v, by_kind);
	size_t n = out.n;
	xfree(out.v);
	return n;
}

static void desk_begin(struct desk *d, struct programme p)
{
	*d = (struct desk){.p = p, .today = p.start, .here = true};
	opendays_init(&d->days, &d->p);
}

static void desk_again(struct desk *d) /* another programme */
{
	opendays_fini(&d->days);
	opendays_init(&d->days, &d->p);
}

static void desk_end(struct desk *d)
{
	obligation_list_fini(&d->had);
	opendays_fini(&d->days);
}

static struct obligation *of(struct desk *d, enum obligation_kind kind, int number)
{
	for (size_t i = 0; i < d->had.n; i++)
		if (d->had.v[i].kind == kind && d->had.v[i].number == number)
			return &d->had.v[i];
	fail_msg("no %s %d", obligation_kind_word(kind), number);
	return NULL;
}

static void due_on(struct desk *d, enum obligation_kind kind, int number,
		   enum obligation_state state, int year_, int month, int day)
{
	char a[CIVIL_TEXT], b[CIVIL_TEXT];
	const struct obligation *o = of(d, kind, number);
	assert_string_equal(day_text(o->due, a), day_text(civil_to_day(year_, month, day), b));
	assert_string_equal(obligation_state_word(o->state), obligation_state_word(state));
}

static void a_rhythm_that_changes_moves_what_is_to_come(void **state)
{
	(void)state;
	struct desk d;
	desk_begin(&d, year());
	assert_int_equal(reload(&d), 9);
	assert_int_equal(reload(&d), 0);
	int64_t second = of(&d, OBLIGATION_REFLECTION, 2)->id;
	d.today = civil_to_day(2026, 11, 2);
	d.p.reflection_every_days = 28;
	desk_again(&d);
	reload(&d);
	/* the first was due already; the second comes sooner, and there are more of them */
	due_on(&d, OBLIGATION_REFLECTION, 1, OBLIGATION_OPEN, 2026, 10, 9);
	due_on(&d, OBLIGATION_REFLECTION, 2, OBLIGATION_OPEN, 2026, 11, 23);
	due_on(&d, OBLIGATION_REFLECTION, 3, OBLIGATION_OPEN, 2026, 12, 18);
	due_on(&d, OBLIGATION_REFLECTION, 9, OBLIGATION_OPEN, 2027, 6, 7);
	assert_int_equal(of(&d, OBLIGATION_REFLECTION, 2)->id, second);
	assert_int_equal(of(&d, OBLIGATION_REFLECTION, 2)->sequence, 0);
	assert_int_equal(of(&d, OBLIGATION_REFLECTION, 3)->sequence, 1);
	d.p.reflection_every_days = 70;
	desk_again(&d);
	reload(&d);
	due_on(&d, OBLIGATION_REFLECTION, 2, OBLIGATION_OPEN, 2026, 11, 9);
	due_on(&d, OBLIGATION_REFLECTION, 4, OBLIGATION_OPEN, 2027, 3, 29);
	assert_int_equal(of(&d, OBLIGATION_REFLECTION, 6)->state, OBLIGATION_CANCELLED);
	assert_int_equal(reload(&d), 0);
	desk_end(&d);
}

static void done_before_its_day_stays_done_and_counts(void **state)
{
	(void)state;
	struct desk d;
	desk_begin(&d, year());
	reload(&d);
	d.today = civil_to_day(2026, 11, 2);
	struct obligation *second = of(&d, OBLIGATION_REFLECTION, 2);
	second->state = OBLIGATION_DONE;
	second->done_at = now_of(&d);
	d.p.reflection_every_days = 70; /* 9 November, 18 January, 29 March, 7 June */
	desk_again(&d);
	reload(&d);
	due_on(&d, OBLIGATION_REFLECTION, 2, OBLIGATION_DONE, 2026, 11, 9);
	due_on(&d, OBLIGATION_REFLECTION, 3, OBLIGATION_OPEN, 2027, 1, 18);
	d.here = false;
	reload(&d);
	due_on(&d, OBLIGATION_REFLECTION, 2, OBLIGATION_DONE, 2026, 11, 9);
	assert_int_equal(of(&d, OBLIGATION_REFLECTION, 3)->state, OBLIGATION_CANCELLED);
	desk_end(&d);
}

static void who_leaves_and_returns(void **state)
{
	(void)state;
	struct desk d;
	desk_begin(&d, year());
	reload(&d);
	d.today = civil_to_day(2026, 9, 10);
	d.here = false;
	assert_int_equal(reload(&d), 9);
	assert_int_equal(reload(&d), 0);
	d.here = true; /* the same day: as if nothing had been */
	assert_int_equal(reload(&d), 9);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2026, 9, 21);
	assert_int_equal(of(&d, OBLIGATION_PLAN, 1)->sequence, 2);
	d.here = false;
	reload(&d);
	d.today = civil_to_day(2026, 12, 1); /* what was due meanwhile stays cancelled ... */
	d.here = true;
	reload(&d);
	due_on(&d, OBLIGATION_REFLECTION, 2, OBLIGATION_CANCELLED, 2026, 11, 23);
	due_on(&d, OBLIGATION_REFLECTION, 3, OBLIGATION_OPEN, 2027, 1, 4);
	/* ... but a plan is asked for, three weeks from now: the day before the holiday */
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2026, 12, 18);
	assert_int_equal(reload(&d), 0);
	d.today += 3;
	assert_int_equal(reload(&d), 0);
	desk_end(&d);
}

static void a_duo_that_comes_late(void **state)
{
	(void)state;
	struct desk d;
	desk_begin(&d, year());
	d.today = civil_to_day(2027, 2, 1);
	reload(&d);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2027, 2, 22);
	due_on(&d, OBLIGATION_REFLECTION, 1, OBLIGATION_OPEN, 2027, 2, 15);
	due_on(&d, OBLIGATION_REFLECTION, 4, OBLIGATION_OPEN, 2027, 6, 21);
	assert_int_equal(d.had.n, 6);
	desk_end(&d);
	desk_begin(&d, year());
	d.today = civil_to_day(2027, 7, 7); /* in the last week: the evaluation at once */
	reload(&d);
	due_on(&d, OBLIGATION_EVALUATION, 1, OBLIGATION_OPEN, 2027, 7, 7);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2027, 7, 9);
	desk_end(&d);
	desk_begin(&d, year());
	d.today = d.p.past; /* over */
	assert_int_equal(reload(&d), 0);
	desk_end(&d);
}

static void a_plan_that_is_asked_for_sooner_is_not_late_at_once(void **state)
{
	(void)state;
	struct desk d;
	desk_begin(&d, year());
	d.p.plan_due_days = 35;
	reload(&d);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2026, 10, 5);
	d.today = civil_to_day(2026, 9, 20);
	d.p.plan_due_days = 7;
	assert_int_equal(reload(&d), 0);
	d.p.plan_due_days = 28;
	assert_int_equal(reload(&d), 1);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_OPEN, 2026, 9, 28);
	d.p.plan_due_days = -1;
	assert_int_equal(reload(&d), 1);
	due_on(&d, OBLIGATION_PLAN, 1, OBLIGATION_CANCELLED, 2026, 9, 28);
	desk_end(&d);
}

/* ---- random rosters over time ---- */

static uint64_t random_state;
static uint32_t below(uint32_t n)
{
	struct world w = {.state = random_state};
	uint32_t out = world_random(&w, n);
	random_state = w.state;
	return out;
}

static void other_programme(struct desk *d)
{
	struct programme *p = &d->p;
	switch (below(7)) {
	case 0: p->reflection_every_days = 1 + (int)below(60); break;
	case 1: p->reflection_min = below(4) ? 60 : 0; break;
	case 2: p->plan_due_days = (int)below(40) - 1; break;
	case 3: p->evaluation_min = below(3) ? 60 : 0; break;
	case 4: p->past = p->start + 1 + (day_t)below(330); break;
	case 5: p->start += (day_t)below(21) - 10; break;
	default: p->n_closed = below(4);
	}
	if (p->past <= p->start)
		p->past = p->start + 1;
	for (size_t i = 0; i < p->n_closed; i++) { /* sorted, may overlap */
		day_t first = i ? d->closed[i - 1].first : p->start;
		first += (day_t)below(90);
		d->closed[i] = (struct day_range){first, first + 1 + (day_t)below(21), NULL};
	}
	p->closed = d->closed;
	desk_again(d);
}

static day_t model_open_until(const struct programme *p, day_t day)
{
	while (day >= p->start && !model_open(p, day))
		day--;
	return day;
}

/* Every reflection by asking day after day whether a period ends on it. */
static size_t model_reflections(const struct programme *p, day_t *out)
{
	size_t n = 0;
	for (day_t day = p->start; p->reflection_min && day <= p->past; day++) {
		if (day == p->start || (day - p->start) % p->reflection_every_days)
			continue;
		day_t due = model_open_until(p, day);
		bool fresh = due >= p->start;
		for (size_t i = 0; i < n; i++)
			fresh = fresh && out[i] != due;
		if (fresh)
			out[n++] = due;
	}
	return n;
}

/* The reflections to come are the roster's, and nothing else that is open is to come. */
static void check_reflections(struct desk *d)
{
	static day_t due[4096];
	size_t n = d->here ? model_reflections(&d->p, due) : 0, k = 0, open = 0, met = 0;
	while (k < n && due[k] < d->today)
		k++;
	for (size_t i = k; i < n; i++) {
		bool there = false; /* one that is done and has no day any more may lie there too */
		for (size_t m = 0; m < d->had.n; m++) {
			const struct obligation *o = &d->had.v[m];
			there |= o->kind == OBLIGATION_REFLECTION &&
				 o->state != OBLIGATION_CANCELLED && o->due == due[i];
		}
		met += there;
	}
	assert_int_equal(met, n - k);
	for (size_t m = 0; m < d->had.n; m++) {
		const struct obligation *o = &d->had.v[m];
		bool coming = o->kind == OBLIGATION_REFLECTION && o->state == OBLIGATION_OPEN &&
			      o->due >= d->today;
		open += coming;
		for (size_t i = k; coming && i < n; i++)
			coming = due[i] != o->due;
		assert_false(coming); /* a day that the roster does not have */
	}
	assert_true(open <= n - k);
}

static void check_rules(struct desk *d)
{
	check_reflections(d);
	for (size_t i = 0; i < d->had.n; i++) {
		const struct obligation *o = &d->had.v[i];
		bool coming = o->state == OBLIGATION_OPEN && o->due >= d->today;
		assert_true(!coming || (d->here && model_open(&d->p, o->due)));
		if (i && d->had.v[i - 1].kind == o->kind)
			assert_true(d->had.v[i - 1].number < o->number);
		if (o->kind != OBLIGATION_REFLECTION)
			assert_int_equal(o->number, 1);
	}
	/* while there is time left, one plan and one evaluation, unless it was due or is called off */
	bool left = d->here && opendays_before(&d->days, d->today) < d->days.n;
	for (int kind = 0; kind < OBLIGATION_KINDS; kind++) {
		bool asked =
			kind == OBLIGATION_PLAN ? d->p.plan_due_days >= 0 : d->p.evaluation_min > 0;
		if (kind != OBLIGATION_REFLECTION && left && asked)
			assert_true(of(d, (enum obligation_kind)kind, 1)->state !=
				    OBLIGATION_CANCELLED);
	}
}

static void sometimes_done(struct desk *d)
{
	struct obligation *o = d->had.n ? &d->had.v[below((uint32_t)d->had.n)] : NULL;
	if (!o || o->state == OBLIGATION_CANCELLED || below(3))
		return;
	struct obligation is = *o;
	is.state = o->state == OBLIGATION_DONE ? OBLIGATION_OPEN : OBLIGATION_DONE;
	is.done_at = is.state == OBLIGATION_DONE ? now_of(d) : 0;
	obligation_stamp(&is, o, now_of(d));
	*o = is;
}

static void any_history_follows_the_roster(void **state)
{
	(void)state;
	size_t changes = 0, done = 0, cancelled = 0;
	for (uint64_t round = 0; round < 2000; round++) {
		struct desk d;
		random_state = seed + round;
		desk_begin(&d, year());
		for (int step = 0; step < 30; step++) {
			struct obligation_list before = {0};
			for (size_t i = 0; i < d.had.n; i++)
				obligation_list_add(&before, &d.had.v[i]);
			d.here = below(8) ? d.here : !d.here;
			changes += reload(&d);
			assert_int_equal(reload(&d), 0);
			check_rules(&d);
			for (size_t i = 0; i < before.n; i++) { /* what was due is history */
				const struct obligation *was = &before.v[i], *is;
				is = of(&d, was->kind, was->number);
				assert_int_equal(is->id, was->id);
				bool called_off = was->state == OBLIGATION_CANCELLED &&
						  was->kind != OBLIGATION_REFLECTION;
				if (was->due < d.today && !called_off)
					assert_true(is->due == was->due && is->state == was->state);
				if (was->state == OBLIGATION_DONE)
					assert_int_equal(is->state, OBLIGATION_DONE);
			}
			obligation_list_fini(&before);
			if (below(2))
				d.today += (day_t)below(30);
			if (below(2))
				other_programme(&d);
			sometimes_done(&d);
		}
		for (size_t i = 0; i < d.had.n; i++) {
			done += d.had.v[i].state == OBLIGATION_DONE;
			cancelled += d.had.v[i].state == OBLIGATION_CANCELLED;
		}
		desk_end(&d);
	}
	print_message("%zu changes, %zu done, %zu cancelled\n", changes, done, cancelled);
	assert_true(changes > 10000 && done > 1000 && cancelled > 1000);
}

/* Over days on which nothing changes nothing moves, however the years were before. */
static void time_alone_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 500; round++) {
		struct desk d;
		random_state = seed + 100000 + round;
		desk_begin(&d, year());
		for (int step = 0; step < 6; step++) {
			reload(&d);
			d.today += (day_t)below(40);
			other_programme(&d);
			sometimes_done(&d);
			d.here = below(4) > 0;
		}
		reload(&d);
		for (; d.today < d.p.past + 3; d.today++)
			if (reload(&d))
				fail_msg("round %llu: something moved", (unsigned long long)round);
		desk_end(&d);
	}
}

static void words_come_back(void **state)
{
	(void)state;
	enum obligation_kind kind;
	enum obligation_state is;
	for (int i = 0; i < OBLIGATION_KINDS; i++) {
		assert_true(obligation_kind_from_word(obligation_kind_word((enum obligation_kind)i),
						      &kind));
		assert_int_equal(kind, i);
	}
	for (int i = 0; i < OBLIGATION_STATES; i++) {
		assert_true(obligation_state_from_word(
			obligation_state_word((enum obligation_state)i), &is));
		assert_int_equal(is, i);
	}
	assert_false(obligation_kind_from_word("party", &kind));
	assert_false(obligation_state_from_word("", &is));
}

static void late_is_by_the_local_day(void **state)
{
	(void)state;
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	day_t due = civil_to_day(2026, 11, 23);
	struct obligation o = {.due = due};
	assert_false(obligation_is_late(&o, zone, due));
	assert_true(obligation_is_late(&o, zone, due + 1));
	o.state = OBLIGATION_DONE;
	o.done_at = zone_day_start(zone, due + 1) - 1; /* 23:59:59 */
	assert_false(obligation_is_late(&o, zone, due + 9));
	o.done_at++;
	assert_true(obligation_is_late(&o, zone, due + 9));
	o.state = OBLIGATION_CANCELLED;
	assert_false(obligation_is_late(&o, zone, due + 9));
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_days_of_an_ordinary_year),
		cmocka_unit_test(the_last_period_may_end_with_the_programme),
		cmocka_unit_test(a_period_without_an_open_day_asks_nothing),
		cmocka_unit_test(what_is_not_asked_for_is_not_due),
		cmocka_unit_test(short_and_odd_programmes),
		cmocka_unit_test(a_rhythm_that_changes_moves_what_is_to_come),
		cmocka_unit_test(done_before_its_day_stays_done_and_counts),
		cmocka_unit_test(who_leaves_and_returns),
		cmocka_unit_test(a_duo_that_comes_late),
		cmocka_unit_test(a_plan_that_is_asked_for_sooner_is_not_late_at_once),
		cmocka_unit_test(any_history_follows_the_roster),
		cmocka_unit_test(time_alone_changes_nothing),
		cmocka_unit_test(words_come_back),
		cmocka_unit_test(late_is_by_the_local_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
