/* test_expand.c -- series, overrides and extra dates -> occurrences; one test for each trap of
 * design 3-import that is about expansion. */
#include "cal/expand.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define AMS zone_by_name("Europe/Amsterdam")
#define NYC zone_by_name("America/New_York")

/* "20260105" a DATE, "20260105T090000Z" UTC, "20260105T090000" Amsterdam,
 * "20260105T090000@" New York. */
static struct when at(const char *text)
{
	int y, m, d, h = 0, min = 0, s = 0;
	int n = sscanf(text, "%4d%2d%2dT%2d%2d%2d", &y, &m, &d, &h, &min, &s);
	assert_true(n == 3 || n == 6);
	struct when when = {
		.form = n == 3		    ? WHEN_DATE
			: strchr(text, 'Z') ? WHEN_UTC
					    : WHEN_LOCAL,
		.local = local_at(civil_to_day(y, m, d), h * 3600 + min * 60 + s),
	};
	if (when.form == WHEN_LOCAL)
		when.zone = strchr(text, '@') ? NYC : AMS;
	return when;
}

static struct rule rule_of(const char *text)
{
	struct rule rule;
	struct err err = {0};
	if (!rule_parse(text, strlen(text), &rule, &err))
		fail_msg("%s", err.text);
	return rule;
}

static struct component event(const char *start, const char *end)
{
	struct component c = {.duration_s = -1, .line = 1, .tag = 1};
	if (start)
		c.start = at(start);
	if (end)
		c.end = at(end);
	return c;
}

/* An override of @id; tag and line tell it from others. */
static struct component override(const char *id, const char *start, const char *end, uint32_t tag)
{
	struct component c = event(start, end);
	c.recurrence_id = at(id);
	c.line = (int)tag;
	c.tag = tag;
	return c;
}

static char warned[600];

static void note_warning(void *ctx, int line, const char *sentence)
{
	(void)ctx;
	size_t n = strlen(warned);
	(void)snprintf(warned + n, sizeof warned - n, "%d: %s\n", line, sentence);
}

static int by_start(const void *pa, const void *pb)
{
	const struct occurrence *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start > b->start ? 1 : -1;
	return (a->end > b->end) - (a->end < b->end);
}

static struct expand_opts options(const char *from, const char *to)
{
	return (struct expand_opts){
		.from = zone_to_utc(AMS, at(from).local),
		.to = zone_to_utc(AMS, at(to).local),
		.zone = AMS,
		.default_length_s = 50 * 60,
	};
}

/* Occurrences as "MMDDTHHMM/HHMM" in UTC, "D" behind all-day ones, ":2" behind those of tag 2. */
static char *expanded(const struct component *c, size_t n, const struct expand_opts *opts)
{
	struct occurrences out = {0};
	struct err err = {0};
	struct buf b = {0};
	warned[0] = '\0';
	if (!expand_uid(c, n, opts, &out, note_warning, NULL, &err))
		fail_msg("%s", err.text);
	if (out.n > 0)
		qsort(out.v, out.n, sizeof *out.v, by_start);
	for (size_t i = 0; i < out.n; i++) {
		struct civil s = civil_from_day(local_day(out.v[i].start));
		struct civil e = civil_from_day(local_day(out.v[i].end));
		int sm = local_second(out.v[i].start) / 60, em = local_second(out.v[i].end) / 60;
		buf_addf(&b, "%s%02d%02dT%02d%02d/", i ? " " : "", s.month, s.day, sm / 60,
			 sm % 60);
		if (s.day != e.day || s.month != e.month)
			buf_addf(&b, "%02d%02dT", e.month, e.day);
		buf_addf(&b, "%02d%02d%s", em / 60, em % 60, out.v[i].all_day ? "D" : "");
		if (out.v[i].tag != 1)
			buf_addf(&b, ":%u", out.v[i].tag);
	}
	occurrences_fini(&out);
	return buf_take(&b);
}

static void expect_in(const struct component *c, size_t n, struct expand_opts opts,
		      const char *want, const char *warnings)
{
	char *got = expanded(c, n, &opts);
	if (strcmp(got, want) != 0)
		fail_msg("\n  want %s\n  got  %s", want, got);
	if (strcmp(warned, warnings) != 0)
		fail_msg("\n  want warnings %s\n  got %s", warnings, warned);
	xfree(got);
}

static void expect(const struct component *c, size_t n, const char *want)
{
	expect_in(c, n, options("20260101", "20270101"), want, "");
}

/* ---- single events ---------------------------------------------------------------------------*/

static void test_allday_is_one_local_day(void **state)
{
	(void)state;
	struct component c = event("20260105", NULL);
	expect(&c, 1, "0104T2300/0105T2300D");
	c = event("20260105", "20260106");
	expect(&c, 1, "0104T2300/0105T2300D");
	c = event("20260105", "20260105"); /* as some exports write it */
	expect(&c, 1, "0104T2300/0105T2300D");
	c = event("20260105", "20260108");
	expect(&c, 1, "0104T2300/0107T2300D");
	c = event("20260329", NULL); /* 23 hours */
	expect(&c, 1, "0328T2300/0329T2200D");
	c = event("20260328", NULL);
	c.duration_s = 2 * DAY_S;
	expect(&c, 1, "0327T2300/0329T2200D");
	c = event("20260105", "20260106T120000"); /* the day it ends in belongs to it */
	expect(&c, 1, "0104T2300/0106T2300D");
	c = event("20260105", "20260104");
	expect_in(&c, 1, options("20260101", "20270101"), "0104T2300/0105T2300D",
		  "1: an event that ends before it starts counts as one day\n");
}

static void test_timed_without_end_has_the_default_length(void **state)
{
	(void)state;
	struct component c = event("20260105T090000", NULL);
	expect_in(&c, 1, options("20260101", "20270101"), "0105T0800/0850",
		  "1: an event without end counts as 50m (default_length)\n");
	c = event("20260105T090000", "20260105T080000");
	expect_in(&c, 1, options("20260101", "20270101"), "0105T0800/0850",
		  "1: an event that ends before it starts counts as 50m (default_length)\n");
	c = event("20260105T090000", "20260105T090000"); /* said to be a moment: it is one */
	expect(&c, 1, "0105T0800/0800");
	c = event("20260105T090000", "20260106");
	expect(&c, 1, "0105T0800/2300");
}

static void test_days_of_a_duration_are_clock_days(void **state)
{
	(void)state;
	struct component c = event("20260328T120000", NULL);
	c.duration_s = DAY_S; /* PT24H */
	expect(&c, 1, "0328T1100/0329T1100");
	c.duration_days = 1; /* P1D: noon to noon, 23 hours */
	expect(&c, 1, "0328T1100/0329T1000");
	c.duration_s = DAY_S + 1800; /* P1DT30M */
	expect(&c, 1, "0328T1100/0329T1030");
}

static void test_the_window_is_half_open(void **state)
{
	(void)state;
	struct expand_opts opts = options("20260105T090000", "20260105T100000");
	struct component c = event("20260105T080000", "20260105T090000");
	expect_in(&c, 1, opts, "", "");
	c = event("20260105T080000", "20260105T090001");
	expect_in(&c, 1, opts, "0105T0700/0800", "");
	c = event("20260105T100000", "20260105T110000");
	expect_in(&c, 1, opts, "", "");
	c = event("20260105T090000", "20260105T090000");
	expect_in(&c, 1, opts, "0105T0800/0800", "");
	/* a long event of a series that began long before the window */
	struct rule rule = rule_of("FREQ=WEEKLY");
	c = event("20251229T090000", "20260110T090000");
	c.rules = &rule;
	c.n_rules = 1;
	expect_in(&c, 1, opts, "1229T0800/0110T0800 0105T0800/0117T0800", "");
}

/* ---- series ----------------------------------------------------------------------------------*/

static void test_each_instance_is_converted_on_its_own(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=4");
	struct component c = event("20260322T023000", "20260322T033000");
	c.rules = &rule;
	c.n_rules = 1;
	/* the second falls into the gap: 03:30 summer time; the others are not shifted by it */
	expect(&c, 1, "0322T0130/0230 0329T0130/0230 0405T0030/0130 0412T0030/0130");
	c = event("20261018T023000", "20261018T033000");
	c.rules = &rule;
	c.n_rules = 1; /* in the overlap the first 02:30 */
	expect(&c, 1, "1018T0030/0130 1025T0030/0130 1101T0130/0230 1108T0130/0230");
}

static void test_until_in_its_forms(void **state)
{
	(void)state;
	static const struct {
		const char *start, *rule, *want;
	} rows[] = {
		{"20260105T090000", "FREQ=DAILY;UNTIL=20260106", "0105T0800/0850 0106T0800/0850"},
		{"20260105T090000", "FREQ=DAILY;UNTIL=20260106T090000",
		 "0105T0800/0850 0106T0800/0850"},
		{"20260105T090000", "FREQ=DAILY;UNTIL=20260106T080000Z",
		 "0105T0800/0850 0106T0800/0850"},
		{"20260105T090000", "FREQ=DAILY;UNTIL=20260106T075959Z", "0105T0800/0850"},
		/* a UTC series: the local day is included whole */
		{"20260105T080000Z", "FREQ=DAILY;UNTIL=20260106", "0105T0800/0850 0106T0800/0850"},
		{"20260105T080000Z", "FREQ=DAILY;UNTIL=20260106T060000",
		 "0105T0800/0850 0106T0800/0850"},
		{"20260105T080000Z", "FREQ=DAILY;UNTIL=20260106T080000Z",
		 "0105T0800/0850 0106T0800/0850"},
		/* all-day series: the days count */
		{"20260105", "FREQ=DAILY;UNTIL=20260106",
		 "0104T2300/0105T2300D 0105T2300/0106T2300D"},
		{"20260105", "FREQ=DAILY;UNTIL=20260105T230000Z",
		 "0104T2300/0105T2300D 0105T2300/0106T2300D"},
		/* the second 02:15 of the overlap is after the first 02:30 */
		{"20261024T023000", "FREQ=DAILY;UNTIL=20261025T011500Z",
		 "1024T0030/0120 1025T0030/0120"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule rule = rule_of(rows[i].rule);
		struct component c = event(rows[i].start, NULL);
		c.duration_s = c.start.form == WHEN_DATE ? -1 : 3000;
		c.rules = &rule;
		c.n_rules = 1;
		expect(&c, 1, rows[i].want);
	}
}

static void test_exdates_of_every_form(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=6");
	struct when out[] = {
		at("20260112T090000"),	/* the same zone */
		at("20260119T030000@"), /* the same moment in New York */
		at("20260126T080000Z"), /* ... in UTC */
		at("20260202"),		/* the local day */
		at("20260105T090100"),	/* matches nothing */
	};
	struct component c = event("20260105T090000", "20260105T100000");
	c.rules = &rule;
	c.n_rules = 1;
	c.exdates = out;
	c.n_exdates = 5;
	expect(&c, 1, "0105T0800/0900 0209T0800/0900");
	/* all-day: by local day, whatever the form */
	struct when days[] = {at("20260112"), at("20260119T090000"), at("20260125T230000Z"),
			      at("20260105T000000")};
	c = event("20260105", NULL);
	c.rules = &rule;
	c.n_rules = 1;
	c.exdates = days;
	c.n_exdates = 4;
	expect(&c, 1, "0201T2300/0202T2300D 0208T2300/0209T2300D");
	/* late evening in UTC is the next local day */
	c = event("20260105T233000Z", "20260105T235000Z");
	struct when next = at("20260113");
	c.rules = &rule;
	c.n_rules = 1;
	c.exdates = &next;
	c.n_exdates = 1;
	expect_in(&c, 1, options("20260101", "20260121"), "0105T2330/2350 0119T2330/2350", "");
}

static void test_many_exdates_all_count(void **state)
{
	(void)state;
	enum { N = 2000 };
	struct rule rule = rule_of("FREQ=DAILY;COUNT=2001");
	struct when *out = xcalloc(N, sizeof *out);
	struct component c = event("20260105T090000", "20260105T100000");
	for (int i = 0; i < N; i++) { /* backwards: order must not matter */
		out[i] = at("20260105T090000");
		out[i].local += (local_t)(N - i) * DAY_S;
	}
	c.rules = &rule;
	c.n_rules = 1;
	c.exdates = out;
	c.n_exdates = N;
	expect_in(&c, 1, options("20260101", "20400101"), "0105T0800/0900", "");
	xfree(out);
}

static void test_rdates_of_every_form(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=2");
	struct rdate more[] = {
		{at("20260106T140000"), -1},   {at("20260107T090000@"), -1},
		{at("20260108T120000Z"), -1},  {at("20260109"), -1}, /* at the series' hour */
		{at("20260112T090000"), -1},			     /* twice is once */
		{at("20260110T100000"), 7200},			     /* a PERIOD */
		{at("20260110T100000"), -1},
	};
	struct component c = event("20260105T090000", "20260105T100000");
	c.rules = &rule;
	c.n_rules = 1;
	c.rdates = more;
	c.n_rdates = 7;
	expect(&c, 1,
	       "0105T0800/0900 0106T1300/1400 0107T1400/1500 0108T1200/1300 0109T0800/0900 "
	       "0110T0900/1100 0112T0800/0900");
	c.n_rules = 0; /* RDATE alone: DTSTART counts too */
	c.n_rdates = 1;
	expect(&c, 1, "0105T0800/0900 0106T1300/1400");
	struct when out = at("20260106");
	c.exdates = &out;
	c.n_exdates = 1;
	expect(&c, 1, "0105T0800/0900");
	struct rdate days[] = {{at("20260107"), -1}, {at("20260109T120000"), -1}};
	c = event("20260105", NULL);
	c.rdates = days;
	c.n_rdates = 2;
	expect(&c, 1, "0104T2300/0105T2300D 0106T2300/0107T2300D 0108T2300/0109T2300D");
}

static void test_two_rules_are_a_union(void **state)
{
	(void)state;
	struct rule rules[] = {rule_of("FREQ=WEEKLY;COUNT=2"), rule_of("FREQ=DAILY;COUNT=2")};
	struct component c = event("20260105T090000", "20260105T100000");
	c.rules = rules;
	c.n_rules = 2;
	expect(&c, 1, "0105T0800/0900 0106T0800/0900 0112T0800/0900");
}

static void test_rule_that_never_matches_leaves_dtstart(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30");
	struct component c = event("20260105T090000", "20260105T100000");
	c.rules = &rule;
	c.n_rules = 1;
	expect_in(&c, 1, options("20260101", "20270101"), "0105T0800/0900",
		  "1: RRULE that never matches: only DTSTART counts\n");
}

static void test_endless_rules_end_with_a_warning(void **state)
{
	(void)state;
	struct rule rules[] = {rule_of("FREQ=SECONDLY;COUNT=2000000000"), rule_of("FREQ=SECONDLY")};
	struct component c = event("20260105T090000", "20260105T090001");
	struct expand_opts opts = options("20260101", "20270101");
	int64_t spent = 5;
	opts.limits = (struct rule_walk_limits){.occurrences = 100, .spent = &spent};
	for (int i = 0; i < 2; i++) {
		struct occurrences out = {0};
		struct err err = {0};
		c.rules = rules + i;
		c.n_rules = 1;
		warned[0] = '\0';
		assert_true(expand_uid(&c, 1, &opts, &out, note_warning, NULL, &err));
		assert_int_equal(out.n, 100);
		assert_string_equal(warned, "1: RRULE with more than 100 occurrences: only the "
					    "first ones count\n");
		occurrences_fini(&out);
	}
	assert_true(spent > 200 && spent < 200000);
	/* far from its start a plain rule is reckoned, not stepped: the window is full */
	opts = options("20270105T120000", "20270105T120010");
	c.rules = rules + 1;
	struct occurrences out = {0};
	struct err err = {0};
	assert_true(expand_uid(&c, 1, &opts, &out, note_warning, NULL, &err));
	assert_true(out.n == 10);
	/* what a list may hold in all is a failure, and leaves the list as it was */
	opts.max_total = 15;
	assert_false(expand_uid(&c, 1, &opts, &out, note_warning, NULL, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.text,
			    "line 1: more than 15 occurrences in all ([import] occurrences)");
	assert_int_equal(out.n, 10);
	occurrences_fini(&out);
}

/* ---- overrides -------------------------------------------------------------------------------*/

static struct rule weekly4;

static struct component weekly(void)
{
	struct component c = event("20260105T090000", "20260105T100000");
	weekly4 = rule_of("FREQ=WEEKLY;COUNT=4");
	c.rules = &weekly4;
	c.n_rules = 1;
	return c;
}

static void test_override_replaces_its_instance(void **state)
{
	(void)state;
	struct when out = at("20260126T090000");
	struct component c[] = {
		weekly(),
		override("20260112T090000", "20260113T140000", "20260113T160000", 2),
	};
	c[0].exdates = &out;
	c[0].n_exdates = 1;
	expect(c, 2, "0105T0800/0900 0113T1300/1500:2 0119T0800/0900");
	/* by moment in another zone, and by day */
	c[1].recurrence_id = at("20260112T030000@");
	expect(c, 2, "0105T0800/0900 0113T1300/1500:2 0119T0800/0900");
	c[1].recurrence_id = at("20260112");
	expect(c, 2, "0105T0800/0900 0113T1300/1500:2 0119T0800/0900");
	/* order in the file does not matter */
	struct component swapped[] = {c[1], c[0]};
	expect(swapped, 2, "0105T0800/0900 0113T1300/1500:2 0119T0800/0900");
}

static void test_cancelled_override_is_told_by_its_tag(void **state)
{
	(void)state;
	struct component c[] = {weekly(), override("20260112T090000", NULL, NULL, 2)};
	expect(c, 2, "0105T0800/0900 0112T0800/0900:2 0119T0800/0900 0126T0800/0900");
}

static void test_override_of_an_allday_series(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=2");
	struct component c[] = {event("20260105", NULL),
				override("20260112", "20260114", "20260115", 2)};
	c[0].rules = &rule;
	c[0].n_rules = 1;
	expect(c, 2, "0104T2300/0105T2300D 0113T2300/0114T2300D:2");
	c[1].recurrence_id = at("20260111T230000Z"); /* as Exchange writes it */
	expect(c, 2, "0104T2300/0105T2300D 0113T2300/0114T2300D:2");
	c[1].start = at("20260112T100000"); /* timed instead */
	c[1].end = at("20260112T110000");
	expect(c, 2, "0104T2300/0105T2300D 0112T0900/1000:2");
}

static void test_override_without_master_counts(void **state)
{
	(void)state;
	struct component c = override("20260112T090000", "20260113T140000", "20260113T160000", 2);
	expect(&c, 1, "0113T1300/1500:2");
	c.this_and_future = true;
	expect(&c, 1, "0113T1300/1500:2");
}

static void test_override_of_no_instance_counts(void **state)
{
	(void)state;
	struct component c[] = {
		weekly(), override("20260114T090000", "20260115T140000", "20260115T160000", 2)};
	expect(c, 2,
	       "0105T0800/0900 0112T0800/0900 0115T1300/1500:2 0119T0800/0900 0126T0800/0900");
}

static void test_overrides_cross_the_window(void **state)
{
	(void)state;
	struct component c[] = {
		weekly(),
		override("20260105T090000", "20260120T090000", "20260120T100000", 2),
		override("20260119T090000", "20260301T090000", "20260301T100000", 3),
	};
	expect_in(c, 3, options("20260118", "20260125"), "0120T0800/0900:2", "");
}

static void test_thisandfuture_shifts_what_comes_after(void **state)
{
	(void)state;
	struct component c[] = {
		weekly(),
		override("20260112T090000", "20260113T110000", "20260113T123000", 2),
		override("20260126T090000", "20260126T200000", "20260126T210000", 3),
	};
	c[1].this_and_future = true;
	expect(c, 3, "0105T0800/0900 0113T1000/1130:2 0120T1000/1130:2 0126T1900/2000:3");
	/* an earlier window: a shift backwards brings instances in from behind it */
	c[1].start = at("20260109T110000");
	c[1].end = at("20260109T123000");
	expect_in(c, 3, options("20260114", "20260118"), "0116T1000/1130:2", "");
}

static void test_thisandfuture_shifts_on_the_clock(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=3");
	struct component c[] = {
		event("20260316T090000", "20260316T100000"),
		override("20260323T090000", "20260323T100000Z", "20260323T110000Z", 2),
	};
	c[0].rules = &rule;
	c[0].n_rules = 1;
	c[1].this_and_future = true;
	/* 10:00Z is 11:00 on the clock of the series, and stays 11:00 in summer time */
	expect(c, 2, "0316T0800/0900 0323T1000/1100:2 0330T0900/1000:2");
}

static void test_thisandfuture_of_days(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=WEEKLY;COUNT=3");
	struct component c[] = {event("20260105", NULL), override("20260112", "20260113", NULL, 2)};
	c[0].rules = &rule;
	c[0].n_rules = 1;
	c[1].this_and_future = true;
	expect(c, 2, "0104T2300/0105T2300D 0112T2300/0113T2300D:2 0119T2300/0120T2300D:2");
	c[1].start = at("20260112T100000"); /* from a day to an hour */
	c[1].end = at("20260112T113000");
	expect(c, 2, "0104T2300/0105T2300D 0112T0900/1030:2 0119T0900/1030:2");
}

/* recurring-ical-events' issue 75: two THISANDFUTURE, a single one between, an RDATE. */
static void test_thisandfuture_twice(void **state)
{
	(void)state;
	struct rule rule = rule_of("FREQ=DAILY;INTERVAL=2;UNTIL=20250920");
	struct rdate more = {at("20240914T090000Z"), -1};
	struct component c[] = {
		event("20240901T120000Z", "20240901T140000Z"),
		override("20240913T120000Z", "20240913T090000Z", "20240913T160000Z", 2),
		override("20240915T120000Z", "20240915T170000Z", "20240915T190000Z", 3),
		override("20240921T120000Z", "20240922T142200Z", "20240922T161300Z", 4),
	};
	c[0].rules = &rule;
	c[0].n_rules = 1;
	c[0].rdates = &more;
	c[0].n_rdates = 1;
	c[1].this_and_future = c[3].this_and_future = true;
	expect_in(c, 4, options("20240911", "20240925"),
		  "0911T1200/1400 0913T0900/1600:2 0914T0600/1300:2 0915T1700/1900:3 "
		  "0917T0900/1600:2 0919T0900/1600:2 0922T1422/1613:4 0924T1422/1613:4",
		  "");
}

static void test_versions_are_settled_by_sequence_then_order(void **state)
{
	(void)state;
	struct component c[] = {
		weekly(),
		override("20260112T090000", "20260113T140000", "20260113T150000", 2),
		override("20260112T090000", "20260114T140000", "20260114T150000", 3),
	};
	expect(c, 3, "0105T0800/0900 0114T1300/1400:3 0119T0800/0900 0126T0800/0900");
	c[1].sequence = 1; /* the earlier one in the file, but newer */
	expect(c, 3, "0105T0800/0900 0113T1300/1400:2 0119T0800/0900 0126T0800/0900");
	struct component masters[] = {event("20260105T090000", "20260105T100000"),
				      event("20260105T110000", "20260105T120000")};
	masters[0].sequence = 7;
	expect(masters, 2, "0105T0800/0900");
	masters[1].sequence = 7;
	expect_in(masters, 2, options("20260101", "20270101"), "0105T1000/1100",
		  "1: another event further on has the same UID and counts instead of this one\n");
}

static void test_single_events_of_other_days_are_no_versions(void **state)
{
	(void)state;
	struct component c[] = {event("20260105T090000", "20260105T100000"),
				event("20260105T110000", "20260105T120000"),
				event("20260106T090000", "20260106T100000"),
				event("20260108", NULL)};
	for (int i = 0; i < 4; i++)
		c[i].tag = (uint32_t)(c[i].line = i + 1);
	expect_in(c, 4, options("20260101", "20270101"),
		  "0105T1000/1100:2 0106T0800/0900:3 0107T2300/0108T2300D:4",
		  "1: another event further on has the same UID and counts instead of this one\n"
		  "4: events on different days have one UID: all count\n");
	c[2].sequence = 1; /* newer than all the others */
	expect_in(c, 4, options("20260101", "20270101"), "0106T0800/0900:3",
		  "1: another event further on has the same UID and counts instead of this one\n");
	c[2].sequence = 0;
	struct rule rule;
	struct err err;
	assert_true(rule_parse("FREQ=DAILY;COUNT=2", 18, &rule, &err));
	c[3].rules = &rule; /* a series is a version of what stood before it */
	c[3].n_rules = 1;
	struct occurrences out = {0};
	struct expand_opts opts = options("20260101", "20270101");
	assert_true(expand_uid(c, 4, &opts, &out, NULL, NULL, &err));
	assert_int_equal(out.n, 2);
	occurrences_fini(&out);
	c[3] = override("20260105T110000", "20260109T090000", "20260109T100000", 4);
	expect_in(c, 4, options("20260101", "20270101"), "0106T0800/0900:3 0109T0800/0900:4",
		  "1: another event further on has the same UID and counts instead of this one\n"
		  "3: events on different days have one UID: all count\n");
}

static void test_what_cannot_be_used_is_skipped(void **state)
{
	(void)state;
	struct component c[] = {event(NULL, NULL), event("20260105T090000", "20260105T100000")};
	expect_in(c, 2, options("20260101", "20270101"), "0105T0800/0900",
		  "1: an event without a usable DTSTART is skipped\n");
	c[0] = event("20260105T090000Z", NULL);
	c[0].start.local = INT64_MAX;
	c[0].recurrence_id = at("20260105");
	c[0].duration_s = INT64_MAX;
	expect_in(c, 2, options("20260101", "20270101"), "0105T0800/0900",
		  "1: an override without a usable time is skipped\n");
	c[1].duration_s = INT64_MAX;
	c[1].end.form = WHEN_NONE;
	c[1].duration_days = INT32_MAX;
	struct expand_opts opts = options("20260101", "20270101");
	opts.from = UTC_MIN;
	opts.to = UTC_MAX;
	struct occurrences out = {0};
	struct err err = {0};
	assert_true(expand_uid(c + 1, 1, &opts, &out, NULL, NULL, &err));
	assert_int_equal(out.n, 1);
	assert_true(out.v[0].end > out.v[0].start);
	occurrences_fini(&out);
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

/* A moment near @day in a random form. */
static struct when random_when(int day)
{
	struct when when = {.local = local_at(civil_to_day(2026, 1, 5) + day, 0)};
	when.form = (enum when_form)(WHEN_DATE + roll(3));
	when.zone = when.form == WHEN_LOCAL ? roll(2) ? AMS : NYC : NULL;
	if (when.form != WHEN_DATE)
		when.local += roll(4) ? 9 * 3600 : roll(48) * 1800;
	return when;
}

enum { OVERRIDES = 5, EXTRAS = 3 };

/* A series with overrides of every sort, some of which hit an instance. */
static size_t random_series(struct component c[1 + OVERRIDES], struct rule *rule,
			    struct rdate rdates[EXTRAS], struct when exdates[EXTRAS])
{
	static const char *const rules[] = {
		"FREQ=DAILY",
		"FREQ=WEEKLY",
		"FREQ=WEEKLY;BYDAY=MO,WE,SU;COUNT=40",
		"FREQ=MONTHLY;BYDAY=-1SU",
		"FREQ=DAILY;INTERVAL=3;UNTIL=20260601",
		"FREQ=HOURLY;INTERVAL=5;COUNT=300",
		"FREQ=WEEKLY;UNTIL=20260930T070000Z",
	};
	size_t n = (size_t)roll(OVERRIDES + 1);
	c[0] = (struct component){.start = random_when(0), .duration_s = -1, .tag = 1};
	c[0].duration_s = roll(3) ? roll(3) * 5400 : 40 * 3600;
	c[0].duration_days = c[0].duration_s >= DAY_S && roll(2);
	*rule = rule_of(rules[roll(sizeof rules / sizeof *rules)]);
	c[0].rules = rule;
	c[0].n_rules = 1;
	for (int i = 0; i < EXTRAS; i++) {
		rdates[i] = (struct rdate){random_when(roll(300)), roll(3) ? -1 : 7200};
		exdates[i] = random_when(7 * roll(40));
	}
	c[0].rdates = rdates;
	c[0].exdates = exdates;
	c[0].n_rdates = c[0].n_exdates = EXTRAS;
	for (size_t i = 1; i <= n; i++) {
		int day = 7 * roll(40);
		c[i] = (struct component){.start = random_when(day + roll(9) - 4),
					  .recurrence_id = roll(2) ? c[0].start : random_when(day),
					  .duration_s = roll(2) ? -1 : 3600 * roll(60),
					  .this_and_future = roll(3) == 0,
					  .sequence = roll(3),
					  .tag = (uint32_t)i + 1};
		if (roll(2))
			c[i].recurrence_id.local = c[0].start.local + (local_t)day * DAY_S;
	}
	return n + 1;
}

/* What a window shows does not depend on where it begins and ends. */
static void test_a_window_shows_its_part_of_the_whole(void **state)
{
	(void)state;
	print_message("rerun: test_expand %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 1500; round++) {
		struct component c[1 + OVERRIDES];
		struct rule rule;
		struct rdate rdates[EXTRAS];
		struct when exdates[EXTRAS];
		size_t n = random_series(c, &rule, rdates, exdates);
		struct expand_opts all = options("20251101", "20270301"), part = all;
		part.from += (utc_t)roll(400) * DAY_S + roll(DAY_S);
		part.to = part.from + (utc_t)roll(60) * DAY_S + roll(DAY_S);
		struct occurrences whole = {0}, some = {0};
		struct err err = {0};
		assert_true(expand_uid(c, n, &all, &whole, NULL, NULL, &err));
		assert_true(expand_uid(c, n, &part, &some, NULL, NULL, &err));
		if (whole.n > 0)
			qsort(whole.v, whole.n, sizeof *whole.v, by_start);
		if (some.n > 0)
			qsort(some.v, some.n, sizeof *some.v, by_start);
		size_t seen = 0;
		for (size_t i = 0; i < whole.n; i++) {
			utc_t start = whole.v[i].start, end = whole.v[i].end;
			assert_true(end >= start);
			if (start >= part.to ||
			    (start == end ? start < part.from : end <= part.from))
				continue;
			if (seen >= some.n || some.v[seen].start != start ||
			    some.v[seen].end != end)
				fail_msg("round %d: the window misses or adds something", round);
			seen++;
		}
		assert_int_equal(seen, some.n);
		occurrences_fini(&whole);
		occurrences_fini(&some);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	dice = seed * 2654435761U + 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_allday_is_one_local_day),
		cmocka_unit_test(test_timed_without_end_has_the_default_length),
		cmocka_unit_test(test_days_of_a_duration_are_clock_days),
		cmocka_unit_test(test_the_window_is_half_open),
		cmocka_unit_test(test_each_instance_is_converted_on_its_own),
		cmocka_unit_test(test_until_in_its_forms),
		cmocka_unit_test(test_exdates_of_every_form),
		cmocka_unit_test(test_many_exdates_all_count),
		cmocka_unit_test(test_rdates_of_every_form),
		cmocka_unit_test(test_two_rules_are_a_union),
		cmocka_unit_test(test_rule_that_never_matches_leaves_dtstart),
		cmocka_unit_test(test_endless_rules_end_with_a_warning),
		cmocka_unit_test(test_override_replaces_its_instance),
		cmocka_unit_test(test_cancelled_override_is_told_by_its_tag),
		cmocka_unit_test(test_override_of_an_allday_series),
		cmocka_unit_test(test_override_without_master_counts),
		cmocka_unit_test(test_override_of_no_instance_counts),
		cmocka_unit_test(test_overrides_cross_the_window),
		cmocka_unit_test(test_thisandfuture_shifts_what_comes_after),
		cmocka_unit_test(test_thisandfuture_shifts_on_the_clock),
		cmocka_unit_test(test_thisandfuture_of_days),
		cmocka_unit_test(test_thisandfuture_twice),
		cmocka_unit_test(test_versions_are_settled_by_sequence_then_order),
		cmocka_unit_test(test_single_events_of_other_days_are_no_versions),
		cmocka_unit_test(test_what_cannot_be_used_is_skipped),
		cmocka_unit_test(test_a_window_shows_its_part_of_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
