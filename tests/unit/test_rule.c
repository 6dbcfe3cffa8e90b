/* test_rule.c -- rules read from text and walked over wall-clock time. */
#include "cal/rule.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static local_t moment(const char *text)
{
	int y, m, d, h = 0, min = 0, s = 0;
	assert_true(sscanf(text, "%4d%2d%2dT%2d%2d%2d", &y, &m, &d, &h, &min, &s) >= 3);
	return local_at(civil_to_day(y, m, d), h * 3600 + min * 60 + s);
}

struct walked {
	struct buf text;
	bool date_only;
	int n, stop_after;
	local_t last;
};

static bool note(void *ctx, local_t at)
{
	struct walked *w = ctx;
	struct civil c = civil_from_day(local_day(at));
	int s = local_second(at);
	if (w->n > 0) {
		assert_true(at > w->last); /* rising, nothing twice */
		buf_addc(&w->text, ' ');
	}
	w->last = at;
	w->n++;
	if (w->n <= 40) {
		buf_addf(&w->text, "%04d%02d%02d", c.year, c.month, c.day);
		if (!w->date_only)
			buf_addf(&w->text, "T%02d%02d%02d", s / 3600, s / 60 % 60, s % 60);
	}
	return w->n != w->stop_after;
}

struct result {
	char *text;
	int n;
	bool ok, matched;
	int64_t steps;
	struct err err;
};

static struct result walk(const char *text, const char *start, const char *from, const char *until,
			  struct rule_walk_limits limits, int stop_after)
{
	struct result r = {0};
	struct rule rule;
	struct walked w = {.date_only = !strchr(start, 'T'), .stop_after = stop_after};
	if (!rule_parse(text, strlen(text), &rule, &r.err))
		fail_msg("%s: %s", text, r.err.text);
	limits.spent = &r.steps;
	r.ok = rule_walk(&rule, moment(start), w.date_only, moment(from), moment(until),
			 rule.until_form == RULE_UNTIL_UTC ? rule.until : 0, &limits, note, &w,
			 &r.matched, &r.err);
	r.n = w.n;
	r.text = buf_take(&w.text);
	return r;
}

static void expect(const char *rule, const char *start, const char *from, const char *until,
		   const char *instances)
{
	struct result r = walk(rule, start, from, until, (struct rule_walk_limits){0}, 0);
	assert_true(r.ok);
	if (strcmp(r.text, instances) != 0)
		fail_msg("%s from %s:\n  want %s\n  got  %s", rule, start, instances, r.text);
	xfree(r.text);
}

#define EVER "00010101", "99991231T235959"

/* ---- reading ---------------------------------------------------------------------------------*/

static void test_parts_in_any_order_and_case(void **state)
{
	(void)state;
	struct rule r;
	struct err err = {0};
	const char *text = " byday=mo,-1Fr,+2TU,MO ;wkst=su;Interval=2;FREQ=monthly;count=5;"
			   "X-EVOLUTION=1;BYHOUR=;UNTIL=20261231T235959Z; ";
	assert_true(rule_parse(text, strlen(text), &r, &err));
	assert_int_equal(r.freq, RULE_MONTHLY);
	assert_int_equal(r.interval, 2);
	assert_int_equal(r.count, 5);
	assert_int_equal(r.wkst, SUN);
	assert_int_equal(r.n_byday, 3); /* the second MO is the first again */
	assert_int_equal(r.byday[1].weekday, FRI);
	assert_int_equal(r.byday[1].ordinal, -1);
	assert_int_equal(r.byday[2].ordinal, 2);
	assert_int_equal(r.n_byhour, 0);
	assert_int_equal(r.until_form, RULE_UNTIL_UTC);
	assert_int_equal(r.until, moment("20261231T235959"));
}

static void test_three_forms_of_until(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum rule_until form;
		int64_t until;
	} rows[] = {
		{"FREQ=DAILY;UNTIL=19700103", RULE_UNTIL_DATE, 2},
		{"FREQ=DAILY;UNTIL=19700101T010000", RULE_UNTIL_LOCAL, 3600},
		{"FREQ=DAILY;UNTIL=19700101T010000Z", RULE_UNTIL_UTC, 3600},
		{"FREQ=DAILY;UNTIL=19700101T000060z", RULE_UNTIL_UTC, 59},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule r;
		struct err err = {0};
		assert_true(rule_parse(rows[i].text, strlen(rows[i].text), &r, &err));
		assert_int_equal(r.until_form, rows[i].form);
		assert_int_equal(r.until, rows[i].until);
	}
}

static void test_what_is_no_rule_is_refused_by_name(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "RRULE without FREQ"},
		{"INTERVAL=2", "RRULE without FREQ"},
		{"FREQ=DAILY;INTERVAL=0", "RRULE with INTERVAL=0"},
		{"FREQ=DAILY;INTERVAL=-1", "RRULE with INTERVAL=-1"},
		{"FREQ=DAILY;INTERVAL=99999999999", "RRULE with INTERVAL=99999999999"},
		{"FREQ=FORTNIGHTLY", "RRULE with FREQ=FORTNIGHTLY"},
		{"FREQ=", "RRULE with FREQ="},
		{"FREQ=DAILY;COUNT=0", "RRULE with COUNT=0"},
		{"FREQ=DAILY;COUNT=-3", "RRULE with COUNT=-3"},
		{"FREQ=DAILY;COUNT=9999999999999999999", "RRULE with COUNT=9999999999999999999"},
		{"FREQ=DAILY;COUNT=1;COUNT=2", "RRULE with two COUNT"},
		{"FREQ=DAILY;UNTIL=20260230", "RRULE with UNTIL=20260230"},
		{"FREQ=DAILY;UNTIL=20244001T090000Z", "RRULE with UNTIL=20244001T090000Z"},
		{"FREQ=DAILY;UNTIL=20260101T250000", "RRULE with UNTIL=20260101T250000"},
		{"FREQ=DAILY;UNTIL=2026", "RRULE with UNTIL=2026"},
		{"FREQ=WEEKLY;BYDAY=XX", "RRULE with BYDAY=XX"},
		{"FREQ=MONTHLY;BYDAY=0MO", "RRULE with BYDAY=0MO"},
		{"FREQ=MONTHLY;BYDAY=54MO", "RRULE with BYDAY=54MO"},
		{"FREQ=MONTHLY;BYDAY=M", "RRULE with BYDAY=M"},
		{"FREQ=YEARLY;BYMONTH=13", "RRULE with BYMONTH=13"},
		{"FREQ=YEARLY;BYMONTH=5L", "RRULE with BYMONTH=5L"},
		{"FREQ=YEARLY;BYMONTHDAY=0", "RRULE with BYMONTHDAY=0"},
		{"FREQ=YEARLY;BYMONTHDAY=-32", "RRULE with BYMONTHDAY=-32"},
		{"FREQ=DAILY;BYHOUR=24", "RRULE with BYHOUR=24"},
		{"FREQ=DAILY;BYMINUTE=-1", "RRULE with BYMINUTE=-1"},
		{"FREQ=YEARLY;BYEASTER=1", "RRULE with BYEASTER, which is not known"},
		{"RRULE:AnythingRandom;FREQ=WEEKLY",
		 "RRULE with \"RRULE:AnythingRandom\", which is no part of a rule"},
		{"FREQ=MONTHLY;SKIP=BACKWARD", "RRULE with SKIP=BACKWARD"},
		{"RSCALE=HEBREW;FREQ=YEARLY", "RRULE with RSCALE=HEBREW"},
		{"FREQ=WEEKLY;WKST=1MO", "RRULE with WKST=1MO"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule r = {.interval = 77};
		struct err err = {0};
		assert_false(rule_parse(rows[i].text, strlen(rows[i].text), &r, &err));
		assert_int_equal(err.code, ERR_PARSE);
		assert_string_equal(err.text, rows[i].sentence);
		assert_int_equal(r.interval, 77); /* untouched */
	}
	/* too many values: a size that input chose */
	struct buf many = {0};
	buf_adds(&many, "FREQ=YEARLY;BYYEARDAY=1");
	for (int i = 2; i <= 65; i++)
		buf_addf(&many, ",%d", i);
	struct rule r;
	struct err err = {0};
	assert_false(rule_parse(many.v, many.n, &r, &err));
	assert_string_equal(err.text, "RRULE with more than 64 values in BYYEARDAY");
	buf_fini(&many);
	/* the text need not end in NUL */
	assert_true(rule_parse("FREQ=DAILYX", 10, &r, &err));
}

/* ---- walking ---------------------------------------------------------------------------------*/

static void test_weeks_are_counted_from_wkst(void **state)
{
	(void)state;
	expect("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805T090000", EVER,
	       "19970805T090000 19970810T090000 19970819T090000 19970824T090000");
	expect("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805T090000", EVER,
	       "19970805T090000 19970817T090000 19970819T090000 19970831T090000");
}

static void test_ordinals_count_in_month_or_year_only(void **state)
{
	(void)state;
	expect("FREQ=WEEKLY;BYDAY=1MO;COUNT=3", "20260105", EVER, "20260105 20260112 20260119");
	expect("FREQ=DAILY;BYDAY=1MO;COUNT=3", "20260105", EVER, "20260105 20260112 20260119");
	expect("FREQ=MONTHLY;BYDAY=1MO,-1MO;COUNT=4", "20260105", EVER,
	       "20260105 20260126 20260202 20260223");
	expect("FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU;COUNT=3", "20260329", EVER,
	       "20260329 20261025 20270328");
	expect("FREQ=YEARLY;BYDAY=20MO;COUNT=3", "19970519", EVER, "19970519 19980518 19990517");
	/* plain and ordinal days together are a union */
	expect("FREQ=MONTHLY;BYDAY=1MO,TU;COUNT=5", "20260105", EVER,
	       "20260105 20260106 20260113 20260120 20260127");
}

static void test_days_that_a_month_lacks_are_left_out(void **state)
{
	(void)state;
	expect("FREQ=MONTHLY;COUNT=4", "20260131", EVER, "20260131 20260331 20260531 20260731");
	expect("FREQ=MONTHLY;BYMONTHDAY=-31;COUNT=3", "20260101", EVER,
	       "20260101 20260301 20260501");
	expect("FREQ=YEARLY;COUNT=3", "20240229", EVER, "20240229 20280229 20320229");
	expect("FREQ=DAILY;BYMONTHDAY=-1;COUNT=3", "20260131", EVER, "20260131 20260228 20260331");
}

static void test_values_given_twice_count_once(void **state)
{
	(void)state;
	expect("FREQ=WEEKLY;COUNT=4;BYDAY=MO,TH,TH", "20260105", EVER,
	       "20260105 20260108 20260112 20260115");
	expect("FREQ=MONTHLY;BYMONTHDAY=31,-1;COUNT=3", "20260131", EVER,
	       "20260131 20260228 20260331");
}

static void test_start_off_the_rule_counts_first(void **state)
{
	(void)state;
	expect("FREQ=WEEKLY;COUNT=3;BYDAY=TH", "20260105", EVER, "20260105 20260108 20260115");
	expect("FREQ=WEEKLY;COUNT=1;BYDAY=TH", "20260105", EVER, "20260105");
	expect("FREQ=DAILY;UNTIL=20250101", "20260105", EVER, "20260105");
}

static void test_count_and_until_whichever_ends_first(void **state)
{
	(void)state;
	expect("FREQ=DAILY;COUNT=3;UNTIL=20260131", "20260105", EVER, "20260105 20260106 20260107");
	expect("FREQ=DAILY;COUNT=9;UNTIL=20260106", "20260105", EVER, "20260105 20260106");
}

static void test_until_includes_its_day_and_its_moment(void **state)
{
	(void)state;
	expect("FREQ=DAILY;UNTIL=20260107", "20260105T093000", EVER,
	       "20260105T093000 20260106T093000 20260107T093000");
	expect("FREQ=DAILY;UNTIL=20260107T093000", "20260105T093000", EVER,
	       "20260105T093000 20260106T093000 20260107T093000");
	expect("FREQ=DAILY;UNTIL=20260107T092959Z", "20260105T093000", EVER,
	       "20260105T093000 20260106T093000");
}

static void test_count_runs_from_the_start_not_the_window(void **state)
{
	(void)state;
	expect("FREQ=WEEKLY;COUNT=5;BYDAY=MO,WE", "20260105", "20260113", "20990101",
	       "20260114 20260119");
	expect("FREQ=WEEKLY;COUNT=5", "20260105", "20260121", "20990101", "20260126 20260202");
	expect("FREQ=DAILY;COUNT=5;BYSETPOS=1", "20260105", "20260108", "20990101",
	       "20260108 20260109");
	expect("FREQ=SECONDLY;INTERVAL=10;COUNT=4", "20260105T090000", "20260105T090015",
	       "20260106", "20260105T090020 20260105T090030");
}

static void test_the_table_of_the_rfc(void **state)
{
	(void)state;
	expect("FREQ=YEARLY;BYWEEKNO=20;COUNT=2", "19970512", EVER, "19970512 19980511");
	expect("FREQ=YEARLY;BYWEEKNO=53;COUNT=2", "20201231", EVER, "20201231 20261231");
	expect("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO,SU;COUNT=3", "20261228", EVER,
	       "20261228 20270103 20271227");
	expect("FREQ=YEARLY;BYYEARDAY=1,-1;COUNT=4", "20260101", EVER,
	       "20260101 20261231 20270101 20271231");
	expect("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2,1;COUNT=4", "20260101", EVER,
	       "20260101 20260129 20260202 20260226");
	expect("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "20260213", EVER,
	       "20260213 20260313");
	expect("FREQ=DAILY;BYHOUR=9,8;BYMINUTE=30,0;COUNT=5", "20260105T080000", EVER,
	       "20260105T080000 20260105T083000 20260105T090000 20260105T093000 20260106T080000");
	expect("FREQ=HOURLY;INTERVAL=3;BYDAY=MO;COUNT=4", "20260105T180000", EVER,
	       "20260105T180000 20260105T210000 20260112T000000 20260112T030000");
	expect("FREQ=MINUTELY;INTERVAL=90;COUNT=3", "20260105T230000", EVER,
	       "20260105T230000 20260106T003000 20260106T020000");
	expect("FREQ=SECONDLY;BYSECOND=60,30;COUNT=3", "20260105T000030", EVER,
	       "20260105T000030 20260105T000059 20260105T000130");
	/* hours mean nothing beside a DATE */
	expect("FREQ=DAILY;BYHOUR=9,10;COUNT=2", "20260105", EVER, "20260105 20260106");
	expect("FREQ=HOURLY;COUNT=3", "20260105", EVER, "20260105 20260106 20260107");
}

static void test_far_window_is_jumped_to(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *start, *instances;
	} rows[] = {
		{"FREQ=DAILY", "19700101T090000", "20261123T090000 20261124T090000"},
		{"FREQ=DAILY;INTERVAL=2", "19700101T090000", "20261123T090000"},
		{"FREQ=WEEKLY;BYDAY=MO,TU", "00010101T090000", "20261123T090000 20261124T090000"},
		{"FREQ=MONTHLY;BYMONTHDAY=-7", "19700124T090000", "20261124T090000"},
		{"FREQ=YEARLY", "19001123T090000", "20261123T090000"},
		{"FREQ=YEARLY;BYWEEKNO=48;BYDAY=MO", "19701123T090000", "20261123T090000"},
		{"FREQ=HOURLY;INTERVAL=24", "19700101T090000", "20261123T090000 20261124T090000"},
		{"FREQ=MINUTELY;INTERVAL=1440;COUNT=2000000000", "19700101T090000",
		 "20261123T090000 20261124T090000"},
		{"FREQ=SECONDLY;BYHOUR=9;BYMINUTE=0;BYSECOND=0", "19700101T090000",
		 "20261123T090000 20261124T090000"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct result r = walk(rows[i].rule, rows[i].start, "20261123T000000",
				       "20261125T000000", (struct rule_walk_limits){0}, 0);
		assert_true(r.ok);
		assert_string_equal(r.text, rows[i].instances);
		assert_true(r.steps < 1000);
		xfree(r.text);
	}
}

static void test_rule_that_never_matches(void **state)
{
	(void)state;
	static const struct {
		const char *rule, *start;
		bool matched;
	} rows[] = {
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "20260105", false},
		{"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "20260105T090000", false},
		{"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2000000000", "20260105T090000",
		 false},
		{"FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31", "20260105", false},
		{"FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2", "20260105", false},
		{"FREQ=YEARLY;INTERVAL=4;BYYEARDAY=366", "20260105", false},
		{"FREQ=HOURLY;INTERVAL=2;BYHOUR=10", "20260105T090000", false},
		/* these merely have nothing else in the window, or only DTSTART */
		{"FREQ=YEARLY;COUNT=1", "20260105", true},
		{"FREQ=WEEKLY;UNTIL=20260105", "20260105", true},
		{"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "20260105", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct result r = walk(rows[i].rule, rows[i].start, "20260101", "20270101",
				       (struct rule_walk_limits){0}, 0);
		assert_true(r.ok);
		assert_int_equal(r.n, 1);
		assert_string_equal(r.text, rows[i].start);
		if (r.matched != rows[i].matched)
			fail_msg("%s: matched is %d", rows[i].rule, r.matched);
		xfree(r.text);
	}
	/* a window beside the series says nothing about the rule */
	struct result r = walk("FREQ=WEEKLY;UNTIL=20200101", "20190107", "20260101", "20270101",
			       (struct rule_walk_limits){0}, 0);
	assert_int_equal(r.n, 0);
	assert_true(r.matched);
	xfree(r.text);
}

static void test_limits_end_every_rule(void **state)
{
	(void)state;
	struct result r = walk("FREQ=SECONDLY", "20260105T090000", EVER,
			       (struct rule_walk_limits){.occurrences = 500}, 0);
	assert_false(r.ok);
	assert_int_equal(r.err.code, ERR_LIMIT);
	assert_string_equal(r.err.text, "RRULE with more than 500 occurrences");
	assert_int_equal(r.n, 500); /* what was given out counts */
	xfree(r.text);
	r = walk("FREQ=HOURLY;INTERVAL=7;BYHOUR=3;BYMONTH=1;COUNT=2000000000", "19700105T090000",
		 "20990101", "21000101", (struct rule_walk_limits){.steps = 2000}, 0);
	assert_false(r.ok);
	assert_string_equal(r.err.text, "RRULE that needs more than 2000 steps");
	assert_true(r.steps < 2100);
	xfree(r.text);
	r = walk("FREQ=YEARLY", "20260105", EVER, (struct rule_walk_limits){0}, 0);
	assert_true(r.ok);
	assert_int_equal(r.n, 9999 - 2026 + 1);
	xfree(r.text);
	r = walk("FREQ=DAILY", "20260105", EVER, (struct rule_walk_limits){0}, 3);
	assert_true(r.ok); /* the caller had enough */
	assert_int_equal(r.n, 3);
	xfree(r.text);
}

static void test_moments_out_of_all_time(void **state)
{
	(void)state;
	struct rule rule;
	struct err err = {0};
	struct walked w = {0};
	assert_true(rule_parse("FREQ=DAILY;COUNT=2", 18, &rule, &err));
	assert_true(rule_walk(&rule, 0, false, UTC_MIN, UTC_MAX, 0, NULL, note, &w, NULL, &err));
	assert_int_equal(w.n, 2);
	assert_false(rule_walk(&rule, INT64_MAX, false, UTC_MIN, UTC_MAX, 0, NULL, note, &w, NULL,
			       &err));
	assert_int_equal(err.code, ERR_PARSE);
	buf_fini(&w.text);
}

/* ---- properties ------------------------------------------------------------------------------*/

static uint64_t seed, dice;

static int roll(int n)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (int)(dice % (uint64_t)n);
}

static void add_random_list(struct buf *b, const char *part, int min, int max, bool negative)
{
	buf_addf(b, ";%s=", part);
	for (int i = 0, n = 1 + roll(3); i < n; i++)
		buf_addf(b, "%s%s%d", i ? "," : "", negative && roll(3) == 0 ? "-" : "",
			 min + roll(max - min + 1));
}

/* Any rule at all, of every FREQ and with every part. */
static void random_rule(struct buf *b)
{
	static const char *const freqs[] = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
					    "WEEKLY",	"MONTHLY",  "YEARLY"};
	static const char days[] = "MOTUWETHFRSASU";
	buf_clear(b);
	buf_addf(b, "FREQ=%s", freqs[roll(7)]);
	if (roll(2))
		buf_addf(b, ";INTERVAL=%d", 1 + roll(roll(4) ? 5 : 2000));
	if (roll(4) == 0)
		buf_addf(b, ";WKST=%.2s", days + 2 * roll(7));
	if (roll(3) == 0)
		buf_addf(b, ";BYDAY=%s%.2s,%.2s",
			 roll(2)   ? ""
			 : roll(2) ? "2"
				   : "-1",
			 days + 2 * roll(7), days + 2 * roll(7));
	static const struct {
		const char *part;
		int min, max;
		bool negative;
	} lists[] = {{"BYMONTH", 1, 12, false},	  {"BYMONTHDAY", 1, 31, true},
		     {"BYYEARDAY", 1, 366, true}, {"BYWEEKNO", 1, 53, true},
		     {"BYHOUR", 0, 23, false},	  {"BYMINUTE", 0, 59, false},
		     {"BYSECOND", 0, 60, false},  {"BYSETPOS", 1, 5, true}};
	for (int i = 0; i < 8; i++)
		if (roll(6) == 0)
			add_random_list(b, lists[i].part, lists[i].min, lists[i].max,
					lists[i].negative);
}

struct gathered {
	local_t v[400];
	int n;
};

static bool gather(void *ctx, local_t at)
{
	struct gathered *g = ctx;
	if (g->n > 0)
		assert_true(at > g->v[g->n - 1]);
	g->v[g->n++] = at;
	return g->n < 400;
}

/* Jumping to a window gives exactly what stepping there gives, COUNT=n gives the first n, and
 * nothing runs away. */
static void test_any_rule_jumps_as_it_steps(void **state)
{
	(void)state;
	print_message("rerun: test_rule %llu\n", (unsigned long long)seed);
	struct buf text = {0};
	for (int round = 0; round < 3000; round++) {
		random_rule(&text);
		struct rule rule;
		struct err err = {0};
		struct gathered all = {0}, part = {0}, few = {0};
		struct rule_walk_limits limits = {.steps = 20000};
		bool date_only = roll(3) == 0;
		local_t start =
			local_at(civil_to_day(2026, 1, 1) + roll(800), date_only ? 0 : roll(DAY_S));
		assert_true(rule_parse(buf_str(&text), text.n, &rule, &err));
		if (!rule_walk(&rule, start, date_only, start, UTC_MAX, 0, &limits, gather, &all,
			       NULL, &err)) {
			assert_int_equal(err.code, ERR_LIMIT);
			continue; /* nothing to compare with */
		}
		assert_true(all.n >= 1 && all.v[0] == start);
		int first = roll(all.n), past = first + roll(all.n - first);
		assert_true(rule_walk(&rule, start, date_only, all.v[first], all.v[past], 0,
				      &limits, gather, &part, NULL, &err));
		if (part.n != past - first ||
		    memcmp(part.v, all.v + first, sizeof *all.v * (size_t)part.n) != 0)
			fail_msg("%s: %d instances from the %dth, not %d", buf_str(&text), part.n,
				 first, past - first);
		rule.count = 1 + roll(all.n);
		assert_true(rule_walk(&rule, start, date_only, all.v[first], UTC_MAX, 0, &limits,
				      gather, &few, NULL, &err));
		int want = rule.count > first ? (int)rule.count - first : 0;
		if (few.n != want ||
		    memcmp(few.v, all.v + first, sizeof *all.v * (size_t)few.n) != 0)
			fail_msg("%s;COUNT=%lld: %d instances from the %dth, not %d",
				 buf_str(&text), (long long)rule.count, few.n, first, want);
	}
	buf_fini(&text);
}

/* Bytes from outside: refused with a sentence or walked within the limits, never read beyond
 * their end (the copy is exact, so a sanitizer sees it). */
static void test_damaged_rules_end_in_a_sentence_or_a_walk(void **state)
{
	(void)state;
	static const char letters[] = "FREQ=;,-+0123456789MOTUWEYHBZ:\\ \t\xc3\x01";
	struct buf text = {0};
	int refused = 0, walked = 0;
	for (int round = 0; round < 4000; round++) {
		random_rule(&text);
		if (roll(2))
			buf_addf(&text, ";UNTIL=2027%02d%02dT%06dZ", roll(14), roll(33),
				 roll(240000));
		for (int hits = roll(3); hits > 0; hits--)
			text.v[roll((int)text.n)] = letters[roll(sizeof letters)];
		size_t n = roll(4) ? text.n : (size_t)roll((int)text.n + 1);
		char *exact = xmemdup(text.v, n ? n : 1);
		struct rule rule;
		struct err err = {0};
		struct gathered some = {0};
		struct rule_walk_limits limits = {.steps = 3000, .occurrences = 200};
		if (!rule_parse(exact, n, &rule, &err)) {
			assert_int_equal(err.code, ERR_PARSE);
			assert_true(strncmp(err.text, "RRULE with", 10) == 0);
			refused++;
		} else {
			(void)!rule_walk(&rule, moment("20260105T090000"), roll(2), UTC_MIN,
					 UTC_MAX, rule.until, &limits, gather, &some, NULL, &err);
			assert_true(some.n >= 1 && some.n <= 200);
			walked++;
		}
		xfree(exact);
	}
	assert_true(refused > 200 && walked > 200);
	buf_fini(&text);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	dice = seed * 2654435761U + 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts_in_any_order_and_case),
		cmocka_unit_test(test_three_forms_of_until),
		cmocka_unit_test(test_what_is_no_rule_is_refused_by_name),
		cmocka_unit_test(test_weeks_are_counted_from_wkst),
		cmocka_unit_test(test_ordinals_count_in_month_or_year_only),
		cmocka_unit_test(test_days_that_a_month_lacks_are_left_out),
		cmocka_unit_test(test_values_given_twice_count_once),
		cmocka_unit_test(test_start_off_the_rule_counts_first),
		cmocka_unit_test(test_count_and_until_whichever_ends_first),
		cmocka_unit_test(test_until_includes_its_day_and_its_moment),
		cmocka_unit_test(test_count_runs_from_the_start_not_the_window),
		cmocka_unit_test(test_the_table_of_the_rfc),
		cmocka_unit_test(test_far_window_is_jumped_to),
		cmocka_unit_test(test_rule_that_never_matches),
		cmocka_unit_test(test_limits_end_every_rule),
		cmocka_unit_test(test_moments_out_of_all_time),
		cmocka_unit_test(test_any_rule_jumps_as_it_steps),
		cmocka_unit_test(test_damaged_rules_end_in_a_sentence_or_a_walk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
