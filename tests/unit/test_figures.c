/* test_figures.c -- hand-made programmes with known answers for every column, and random ones whose
 * rows must add up to what went in. */
#include "base/buf.h"
#include "plan/duoplan.h"
#include "report/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned long long seed;

/* ---- a programme of 40 open days: Monday 2026-09-07 .. Friday 2026-10-30, mon-fri, no holiday,
 * budget 20 h, duos d1 (anna, bram) and d2 (anna, cees), cadence 5 ---- */

static struct person persons[] = {
	{.id = "anna", .budget_min = 1200},
	{.id = "bram", .budget_min = 1200},
	{.id = "cees", .budget_min = 601},
	{.id = "dora", .budget_min = 900}, /* in no duo */
};
static struct share d2_shares[] = {{"anna", 480}};
static struct duo duos[] = {
	{.id = "d1", .members = {"anna", "bram"}},
	{.id = "d2", .members = {"cees", "anna"}, .shares = d2_shares, .n_shares = 1},
};
static struct roster roster;
static struct opendays days;

static int set_up(void **state)
{
	(void)state;
	roster = (struct roster){
		.programme = {.start = civil_to_day(2026, 9, 7),
			      .past = civil_to_day(2026, 10, 31),
			      .zone = zone_by_name("Europe/Amsterdam"),
			      .weekdays = 0x1F,
			      .budget_min = 1200,
			      .preferred_min = 120,
			      .cadence = 5},
		.persons = persons,
		.n_persons = 4,
		.duos = duos,
		.n_duos = 2,
	};
	assert_non_null(roster.programme.zone);
	opendays_init(&days, &roster.programme);
	assert_int_equal(days.n, 40);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	opendays_fini(&days);
	return 0;
}

/* Day of the programme from 0 (a Monday), weekends counted. */
static day_t date(int n)
{
	return roster.programme.start + n;
}

static id_text both[] = {"anna", "bram"};
static id_text cees[] = {"cees"};

static struct session at(int64_t id, enum state state, int day, int hour, int minutes)
{
	utc_t start = zone_to_utc(roster.programme.zone, local_at(date(day), hour * 3600));
	return (struct session){.id = id,
				.kind = KIND_WORK,
				.state = state,
				.start = start,
				.end = start + minutes * 60,
				.attendees = both,
				.n_attendees = 2};
}

static struct entry hours(int64_t id, const char *duo, int64_t session, int day, int32_t minutes)
{
	struct entry e = {.id = id, .session = session, .minutes = minutes, .day = date(day)};
	strcpy(e.duo, duo);
	return e;
}

static struct figures_input input(const struct figures_duo *d, size_t n_d,
				  const struct figures_person *p, size_t n_p, int today)
{
	return (struct figures_input){
		.roster = &roster,
		.days = &days,
		.duos = d,
		.n_duos = n_d,
		.persons = p,
		.n_persons = n_p,
		.as_of = zone_to_utc(roster.programme.zone, local_at(date(today), 12 * 3600)),
		.as_of_day = date(today),
		.from = FIGURES_FIRST,
		.past = FIGURES_PAST,
	};
}

static const struct figures_row *row(const struct figures *f, const char *duo, const char *person)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].duo, duo) == 0 && strcmp(f->v[i].person, person) == 0)
			return &f->v[i];
	fail_msg("no row %s %s", duo, person);
	return NULL;
}

/* ---- every column ---- */

static void nothing_yet(void **state)
{
	(void)state;
	struct figures_input in = input(NULL, 0, NULL, 0, -3);
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(f.n, 4);
	assert_string_equal(f.v[0].duo, "d1");
	assert_string_equal(f.v[0].person, "anna");
	assert_string_equal(f.v[1].person, "bram");
	assert_string_equal(f.v[2].duo, "d2");
	assert_string_equal(f.v[2].person, "anna");
	assert_string_equal(f.v[3].person, "cees");
	assert_int_equal(f.v[0].budget_min, 720); /* what d2's share leaves */
	assert_int_equal(f.v[1].budget_min, 1200);
	assert_int_equal(f.v[2].budget_min, 480);
	assert_int_equal(f.v[3].budget_min, 601);
	for (size_t i = 0; i < f.n; i++) {
		assert_int_equal(f.v[i].remaining_min, f.v[i].budget_min);
		assert_int_equal(f.v[i].held_min + f.v[i].booked_min + f.v[i].provisional_min, 0);
		assert_false(f.v[i].has_pace); /* before the first open day */
		assert_int_equal(f.v[i].gap_now, 0);
		assert_int_equal(f.v[i].gap_longest, 0);
		assert_false(f.v[i].stalled);
		assert_int_equal(f.v[i].next, 0);
		assert_true(f.v[i].live);
	}
	figures_fini(&f);
}

static void every_column(void **state)
{
	(void)state;
	/* Today is Friday of the second week, open day 10 of 40, at noon. */
	struct session d1[] = {
		at(1, STATE_HELD, 1, 10, 120), /* Tuesday, open day 2, assumed */
		at(2, STATE_MISSED, 2, 10, 120),
		at(3, STATE_HELD, 3, 10, 60),	/* Thursday, open day 4 */
		at(4, STATE_BOOKED, 10, 9, 90), /* past, within confirm_after: open day 9 */
		at(5, STATE_CANCELLED, 14, 9, 90),
		at(6, STATE_BOOKED, 15, 9, 120), /* coming: open day 12 */
		at(7, STATE_PROVISIONAL, 20, 9, 150),
	};
	d1[0].assumed = true;
	d1[3].start -= 86400, d1[3].end -= 86400; /* Wednesday of week 2: open day 8 */
	struct entry anna[] = {
		hours(1, "d1", 1, 1, 120), hours(3, "d1", 3, 3, 45), /* logged minutes differ */
		hours(5, "", 0, 4, 31),				     /* solo: 16 to d1, 15 to d2 */
		hours(6, "d1", 0, 12, 600),			     /* tomorrow's: not yet */
	};
	anna[0].assumed = true;
	struct entry bram[] = {hours(2, "d1", 1, 1, 120), hours(4, "d1", 3, 3, 60)};
	bram[0].assumed = true;
	struct figures_duo d[] = {{"d1", d1, 7}};
	struct figures_person p[] = {{"anna", anna, 4}, {"bram", bram, 2}};
	struct figures_input in = input(d, 1, p, 2, 11);
	struct figures f;
	figures_make(&in, &f);
	const struct figures_row *a = row(&f, "d1", "anna"), *b = row(&f, "d1", "bram");
	assert_int_equal(a->held_min, 120 + 45 + 16);
	assert_int_equal(a->assumed_min, 120);
	assert_int_equal(a->booked_min, 210);
	assert_int_equal(a->provisional_min, 150);
	assert_int_equal(a->remaining_min, 720 - 181 - 210);
	/* (181 + 90) / (720 * 10/40) = 1.5056 */
	assert_true(a->has_pace);
	assert_int_equal(a->pace_pct, 151);
	assert_int_equal(figures_pace(a), PACE_AHEAD);
	assert_int_equal(a->gap_now, 10 - 4);
	assert_int_equal(a->gap_longest, 4); /* 4 -> 8 -> 12 */
	assert_false(a->stalled);
	assert_int_equal(a->next, d1[5].start);
	assert_int_equal(b->held_min, 180);
	assert_int_equal(b->remaining_min, 1200 - 180 - 210);
	assert_int_equal(b->pace_pct, 90); /* 270 / 300 */
	assert_int_equal(figures_pace(b), PACE_ON);
	a = row(&f, "d2", "anna");
	assert_int_equal(a->held_min, 15);
	assert_int_equal(a->remaining_min, 465);
	assert_int_equal(a->pace_pct, 13); /* 15 / 120 = 0.125, halves up */
	assert_int_equal(figures_pace(a), PACE_BEHIND);
	assert_int_equal(a->gap_now, 10); /* from the start */
	assert_false(a->stalled);	  /* not more than twice 5 */
	assert_int_equal(f.n, 4);
	struct figures_row sum = figures_total(f.v, f.n);
	assert_int_equal(sum.held_min, 181 + 180 + 15);
	assert_int_equal(sum.budget_min, 720 + 1200 + 480 + 601);
	figures_fini(&f);
}

static void stalled_when_long_ago_and_nothing_soon(void **state)
{
	(void)state;
	static const struct {
		int booked; /* day, or -1 */
		int today;
		bool stalled;
	} cases[] = {
		/* held on open day 1; twice the cadence is 10 */
		{-1, 14, false},		  /* open day 11: gap 10 */
		{-1, 15, true},			  /* 11 */
		{21, 15, false},		  /* today is open day 12, this is 16 */
		{22, 15, false},		  /* 17: just within one cadence */
		{23, 15, true},	 {12, 15, false}, /* past, waits for its confirmation */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct session s[] = {at(1, STATE_HELD, 0, 9, 60),
				      at(2, STATE_BOOKED, cases[i].booked, 9, 60)};
		struct figures_duo d = {"d1", s, cases[i].booked < 0 ? 1 : 2};
		struct figures_input in = input(&d, 1, NULL, 0, cases[i].today);
		struct figures f;
		figures_make(&in, &f);
		const struct figures_row *r = row(&f, "d1", "bram");
		assert_int_equal(r->stalled, cases[i].stalled);
		figures_fini(&f);
	}
}

static void automatic_cadence_is_the_planners(void **state)
{
	(void)state;
	roster.programme.cadence = 0; /* d1: 40 * 120 / 720 = 6, from the smaller share */
	struct figures_input in = input(NULL, 0, NULL, 0, 15); /* open day 12 */
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(row(&f, "d1", "anna")->gap_now, 12);
	assert_false(row(&f, "d1", "anna")->stalled);
	figures_fini(&f);
	in = input(NULL, 0, NULL, 0, 16);
	figures_make(&in, &f);
	assert_true(row(&f, "d1", "bram")->stalled);
	in.person = "bram"; /* alone she is told the same */
	struct figures one;
	figures_make(&in, &one);
	assert_int_equal(one.n, 1);
	assert_true(one.v[0].stalled);
	figures_fini(&one);
	in.person = NULL;
	duos[0].cadence = 9;
	figures_fini(&f);
	figures_make(&in, &f);
	duos[0].cadence = 0;
	assert_false(row(&f, "d1", "bram")->stalled);
	figures_fini(&f);
}

/* ---- another day, a period, one duo ---- */

static void earlier_day(void **state)
{
	(void)state;
	struct session d1[] = {at(1, STATE_HELD, 1, 10, 120), at(3, STATE_HELD, 8, 10, 60)};
	struct entry anna[] = {hours(1, "d1", 1, 1, 120), hours(2, "d1", 3, 8, 60)};
	struct figures_duo d = {"d1", d1, 2};
	struct figures_person p = {"anna", anna, 2};
	struct figures_input in = input(&d, 1, &p, 1, 4);
	struct figures f;
	figures_make(&in, &f);
	const struct figures_row *a = row(&f, "d1", "anna");
	assert_int_equal(a->held_min, 120);
	assert_int_equal(a->booked_min, 60); /* it stood there */
	assert_int_equal(a->remaining_min, 720 - 180);
	assert_int_equal(a->next, d1[1].start);
	assert_int_equal(a->pace_pct, 133); /* 120 / (720 * 5/40) */
	assert_int_equal(a->gap_now, 3);
	figures_fini(&f);
}

static void period(void **state)
{
	(void)state;
	struct session d1[] = {at(1, STATE_HELD, 1, 10, 120), at(3, STATE_HELD, 8, 10, 60),
			       at(4, STATE_BOOKED, 16, 10, 90), at(5, STATE_BOOKED, 17, 10, 30),
			       at(6, STATE_PROVISIONAL, 18, 10, 30)};
	struct entry anna[] = {hours(1, "d1", 1, 1, 120), hours(2, "d1", 3, 8, 60),
			       hours(3, "", 0, 8, 5), hours(4, "", 0, 1, 7)};
	struct figures_duo d = {"d1", d1, 5};
	struct figures_person p = {"anna", anna, 4};
	struct figures_input in = input(&d, 1, &p, 1, 10);
	struct figures whole, part;
	figures_make(&in, &whole);
	in.from = date(8);
	in.past = date(17);
	in.duo = "d1";
	figures_make(&in, &part);
	assert_int_equal(part.n, 2);
	const struct figures_row *a = row(&part, "d1", "anna"), *w = row(&whole, "d1", "anna");
	assert_int_equal(a->held_min, 60 + 3);
	assert_int_equal(a->booked_min, 90);
	assert_int_equal(a->provisional_min, 0);
	assert_int_equal(w->held_min, 186);
	assert_int_equal(w->booked_min, 120);
	assert_int_equal(w->provisional_min, 30);
	assert_int_equal(a->remaining_min, w->remaining_min);
	assert_int_equal(a->remaining_min, 720 - 186 - 120);
	assert_int_equal(a->pace_pct, w->pace_pct);
	assert_int_equal(a->next, d1[2].start);
	figures_fini(&whole);
	figures_fini(&part);
}

/* ---- assumed ---- */

static void assumed_until_somebody_speaks(void **state)
{
	(void)state;
	struct session d1[] = {at(1, STATE_HELD, 1, 10, 100), at(2, STATE_HELD, 2, 10, 10),
			       at(3, STATE_HELD, 3, 10, 1)};
	d1[0].assumed = d1[2].assumed = true; /* 2 was confirmed: its entry stays as it was */
	struct entry anna[] = {hours(1, "d1", 1, 1, 100), hours(2, "d1", 2, 2, 10),
			       hours(3, "d1", 3, 3, 1), hours(4, "d1", 3, 3, 2)};
	anna[0].assumed = anna[1].assumed = anna[2].assumed = true; /* 4 corrects 3 */
	struct figures_duo d = {"d1", d1, 3};
	struct figures_person p = {"anna", anna, 4};
	struct figures_input in = input(&d, 1, &p, 1, 10);
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(row(&f, "d1", "anna")->held_min, 113);
	assert_int_equal(row(&f, "d1", "anna")->assumed_min, 100);
	figures_fini(&f);
}

/* ---- who left ---- */

static void hours_of_those_who_left(void **state)
{
	(void)state;
	id_text gone[] = {"anna", "zoe"};
	struct session old[] = {at(1, STATE_HELD, 1, 10, 60)};
	old[0].attendees = gone;
	struct entry anna[] = {hours(1, "a-old", 1, 1, 60)};
	struct entry zoe[] = {hours(2, "a-old", 1, 1, 60), hours(3, "", 0, 1, 15)};
	struct entry dora[] = {hours(4, "", 0, 1, 20)};
	struct figures_duo d = {"a-old", old, 1};
	struct figures_person p[] = {{"dora", dora, 1}, {"zoe", zoe, 2}, {"anna", anna, 1}};
	struct figures_input in = input(&d, 1, p, 3, 10);
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(f.n, 8);
	assert_string_equal(f.v[0].duo, "a-old");
	assert_string_equal(f.v[6].duo, "");
	assert_string_equal(f.v[6].person, "dora");
	assert_string_equal(f.v[7].person, "zoe");
	const struct figures_row *a = row(&f, "a-old", "anna");
	assert_false(a->live || a->stalled || a->has_pace);
	assert_int_equal(a->budget_min, 0);
	assert_int_equal(a->remaining_min, -60); /* so that hers add up to 1200 - 60 */
	int64_t sum = 0;
	for (size_t i = 0; i < f.n; i++)
		sum += strcmp(f.v[i].person, "anna") == 0 ? f.v[i].remaining_min : 0;
	assert_int_equal(sum, 1140);
	assert_int_equal(row(&f, "", "zoe")->held_min, 15);
	assert_int_equal(row(&f, "", "zoe")->budget_min, 0);
	assert_int_equal(row(&f, "", "dora")->held_min, 20);
	assert_int_equal(row(&f, "", "dora")->remaining_min, 880);
	figures_fini(&f);
}

static void next_is_ones_own(void **state)
{
	(void)state;
	struct session d2[] = {at(1, STATE_BOOKED, 15, 9, 60), at(2, STATE_BOOKED, 16, 9, 60)};
	id_text two[] = {"anna", "cees"};
	d2[0].attendees = cees; /* a visit to anna's lesson: she is no attendee */
	d2[0].n_attendees = 1;
	d2[0].kind = KIND_VISIT;
	d2[1].attendees = two;
	struct figures_duo d = {"d2", d2, 2};
	struct figures_input in = input(&d, 1, NULL, 0, 10);
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(row(&f, "d2", "cees")->next, d2[0].start);
	assert_int_equal(row(&f, "d2", "cees")->booked_min, 120);
	assert_int_equal(row(&f, "d2", "anna")->next, d2[1].start);
	assert_int_equal(row(&f, "d2", "anna")->booked_min, 60);
	figures_fini(&f);
}

/* One hour held of what would be four by now, and all the rest planned later: the plan's doing.
 * When an hour was missed beside it, or the rest has no place, it is the duo's. */
static void behind_is_said_of_who_is_not_on_plan(void **state)
{
	(void)state;
	struct session d1[] = {at(1, STATE_HELD, 2, 9, 60), at(2, STATE_MISSED, 3, 9, 60),
			       at(3, STATE_BOOKED, 30, 9, 1000)};
	struct entry held = hours(1, "d1", 1, 2, 60);
	struct figures_person p[] = {{"bram", &held, 1}};
	static const struct {
		enum state second;
		bool pinned;
		int minutes;
		enum pace pace;
	} cases[] = {
		{STATE_PROVISIONAL, false, 960, PACE_ON},
		{STATE_PROVISIONAL, false, 700, PACE_BEHIND}, /* 820 of 1200 */
		{STATE_MISSED, false, 1000, PACE_BEHIND},
		{STATE_CANCELLED, true, 1000, PACE_BEHIND},
		{STATE_CANCELLED, false, 1000, PACE_ON}, /* the planner took it back */
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		d1[1].state = cases[i].second;
		d1[1].pinned = cases[i].pinned;
		d1[2].end = d1[2].start + cases[i].minutes * 60;
		struct figures_duo d = {"d1", d1, 3};
		struct figures_input in = input(&d, 1, p, 1, 10);
		struct figures f;
		figures_make(&in, &f);
		assert_true(row(&f, "d1", "bram")->pace_pct < 40);
		assert_int_equal(figures_pace(row(&f, "d1", "bram")), cases[i].pace);
		figures_fini(&f);
	}
}

/* Moments of everybody: each spends, in equal parts of her duos, and the rhythm of a duo knows
 * those to which both come. */
static void moments_of_everybody(void **state)
{
	(void)state;
	id_text all[] = {"anna", "bram", "dora"}, most[] = {"anna", "cees"};
	struct session own[] = {at(1, STATE_HELD, 4, 9, 61), at(2, STATE_BOOKED, 20, 9, 60),
				at(3, STATE_PROVISIONAL, 35, 9, 60)};
	struct session d1[] = {at(4, STATE_BOOKED, 30, 9, 60)};
	own[0].attendees = own[2].attendees = all;
	own[0].n_attendees = own[2].n_attendees = 3;
	own[0].assumed = true;
	own[1].attendees = most;
	for (int i = 0; i < 3; i++) {
		own[i].duo[0] = '\0';
		own[i].kind = KIND_INTERVISIE;
	}
	struct entry held = {.id = 1,
			     .session = 1,
			     .kind = KIND_INTERVISIE,
			     .minutes = 61,
			     .day = date(4),
			     .assumed = true};
	struct figures_person p[] = {{"anna", &held, 1}, {"bram", &held, 1}, {"dora", &held, 1}};
	struct figures_duo d[] = {{"", own, 3}, {"d1", d1, 1}};
	struct figures_input in = input(d, 2, p, 3, 10);
	struct figures f;
	figures_make(&in, &f);
	assert_int_equal(f.n, 5); /* two duos of two, and dora */
	const struct figures_row *anna1 = row(&f, "d1", "anna"), *anna2 = row(&f, "d2", "anna");
	assert_int_equal(anna1->held_min, 31);
	assert_int_equal(anna2->held_min, 30);
	assert_int_equal(anna1->assumed_min + anna2->assumed_min, 61);
	assert_int_equal(anna1->booked_min, 60 + 30);
	assert_int_equal(anna2->booked_min, 30);
	assert_int_equal(anna1->provisional_min + anna2->provisional_min, 60);
	assert_int_equal(anna1->next, own[1].start);
	assert_int_equal(row(&f, "d1", "bram")->held_min, 61);
	assert_int_equal(row(&f, "d1", "bram")->next, d1[0].start);
	assert_int_equal(row(&f, "d2", "cees")->booked_min, 60);
	assert_int_equal(row(&f, "", "dora")->held_min, 61);
	assert_int_equal(row(&f, "", "dora")->remaining_min, 900 - 61);
	/* day 4 is d1's last held one, day 20 only d2's */
	assert_int_equal(anna1->gap_now, 4);
	assert_int_equal(anna1->gap_longest, 18);
	assert_int_equal(row(&f, "d2", "cees")->gap_now, 9);
	struct figures_input hers = in;
	hers.person = "anna";
	hers.persons = p;
	hers.n_persons = 1;
	struct figures alone;
	figures_make(&hers, &alone);
	assert_int_equal(alone.n, 2);
	assert_memory_equal(row(&alone, "d1", "anna"), anna1, sizeof *anna1);
	figures_fini(&alone);
	figures_fini(&f);
}

/* ---- rows add up ---- */

static unsigned long long state_of_random;
static int draw(int n)
{
	state_of_random = state_of_random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int)((state_of_random >> 33) % (unsigned)n);
}

enum { ENTRIES = 60, SESSIONS = 25 };

static void random_entries(struct entry *v, int n)
{
	static const char *const ids[] = {"", "d1", "d2", "gone"};
	for (int i = 0; i < n; i++) {
		v[i] = hours(i + 1, ids[draw(4)], draw(SESSIONS), draw(54), draw(300) - 60);
		v[i].assumed = draw(2);
	}
}

static void random_sessions(struct session *v, int n)
{
	static id_text pairs[3][2] = {{"anna", "bram"}, {"anna", "cees"}, {"bram", "eva"}};
	for (int i = 0; i < n; i++) {
		v[i] = at(i + 1, (enum state)draw(STATE_COUNT), draw(54), 8 + draw(9),
			  15 * (1 + draw(12)));
		v[i].attendees = pairs[draw(3)];
		v[i].n_attendees = (size_t)(1 + draw(2));
		v[i].assumed = draw(2);
	}
	for (int i = 1; i < n; i++) /* by start */
		for (int k = i; k > 0 && v[k].start < v[k - 1].start; k--) {
			struct session swap = v[k];
			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
}

static void check_sums(const struct figures *f, const struct figures_input *in)
{
	struct figures_row sum = figures_total(f->v, f->n);
	int64_t held = 0, booked = 0, provisional = 0;
	for (size_t p = 0; p < in->n_persons; p++)
		for (size_t i = 0; i < in->persons[p].n_entries; i++) {
			const struct entry *e = &in->persons[p].entries[i];
			if (e->day <= in->as_of_day && e->day >= in->from && e->day < in->past)
				held += e->minutes;
		}
	for (size_t d = 0; d < in->n_duos; d++)
		for (size_t i = 0; i < in->duos[d].n_sessions; i++) {
			const struct session *s = &in->duos[d].sessions[i];
			day_t day = zone_day_of(roster.programme.zone, s->start);
			int64_t min = (s->end - s->start) / 60 * (int64_t)s->n_attendees;
			if (day < in->from || day >= in->past)
				continue;
			if (s->state == STATE_BOOKED ||
			    (s->state == STATE_HELD && day > in->as_of_day))
				booked += min;
			provisional += s->state == STATE_PROVISIONAL ? min : 0;
		}
	assert_int_equal(sum.held_min, held);
	assert_int_equal(sum.booked_min, booked);
	assert_int_equal(sum.provisional_min, provisional);
}

static void check_order(const struct figures *f)
{
	for (size_t i = 1; i < f->n; i++) {
		const struct figures_row *x = &f->v[i - 1], *y = &f->v[i];
		assert_true(!y->duo[0] >= !x->duo[0]);
		if (!x->duo[0] == !y->duo[0])
			assert_true(
				strcmp(x->duo, y->duo) < 0 ||
				(strcmp(x->duo, y->duo) == 0 && strcmp(x->person, y->person) < 0));
	}
}

/* What a person is shown alone is what stands in everybody's report. */
static void check_alone(const struct figures *f, struct figures_input in, const char *person)
{
	struct figures one;
	in.person = person;
	figures_make(&in, &one);
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->v[i].person, person) != 0)
			continue;
		assert_true(n < one.n);
		assert_memory_equal(&one.v[n], &f->v[i], sizeof *one.v);
		n++;
	}
	assert_int_equal(n, one.n);
	figures_fini(&one);
}

static void rows_add_up(void **state)
{
	(void)state;
	static struct entry entries[4][ENTRIES];
	static struct session sessions[3][SESSIONS];
	static const char *const ids[] = {"anna", "bram", "cees", "eva"};
	static const char *const duo_ids[] = {"d1", "gone", "d2"};
	print_message("seed %llu\n", seed);
	state_of_random = seed;
	for (int round = 0; round < 2000; round++) {
		struct figures_person p[4];
		struct figures_duo d[3];
		for (int i = 0; i < 4; i++) {
			size_t n = (size_t)draw(ENTRIES);
			random_entries(entries[i], (int)n);
			p[i] = (struct figures_person){ids[i], entries[i], n};
		}
		for (int i = 0; i < 3; i++) {
			size_t n = (size_t)draw(SESSIONS);
			random_sessions(sessions[i], (int)n);
			d[i] = (struct figures_duo){duo_ids[i], sessions[i], n};
		}
		struct figures_input in = input(d, 3, p, 4, draw(70) - 5);
		if (draw(2)) {
			in.from = date(draw(30));
			in.past = in.from + draw(30);
		}
		struct figures f;
		figures_make(&in, &f);
		check_sums(&f, &in);
		check_order(&f);
		check_alone(&f, in, ids[draw(4)]);
		figures_fini(&f);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_yet, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_column, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stalled_when_long_ago_and_nothing_soon, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(automatic_cadence_is_the_planners, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(earlier_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(period, set_up, tear_down),
		cmocka_unit_test_setup_teardown(assumed_until_somebody_speaks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hours_of_those_who_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(next_is_ones_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(moments_of_everybody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(behind_is_said_of_who_is_not_on_plan, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(rows_add_up, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
