/* test_conditions.c -- dates in three forms, lists of tags, codings: what is well-formed means what
 * RFC 9110 says, and everything else asks for nothing. A seed may be given as argv[1]. */
#include "serve/conditions.h"

#include "base/buf.h"
#include "base/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOW = 1795478400 }; /* 2026-11-24T00:00:00Z */

static void dates_as_text(void **state)
{
	(void)state;
	char text[HTTP_DATE_TEXT];
	http_date_text(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date_text(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	/* the C library says the same of every day of two centuries */
	for (utc_t at = -2208988800; at < 4102444800; at += DAY_S + 7919) {
		char want[40];
		struct tm tm;
		time_t t = (time_t)at;
		assert_non_null(gmtime_r(&t, &tm));
		(void)strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		http_date_text(at, text);
		assert_string_equal(text, want);
		utc_t back = 1;
		assert_true(http_date_parse(text, NOW, &back));
		assert_int_equal(back, at);
		(void)strftime(want, sizeof want, "%a %b %e %H:%M:%S %Y", &tm);
		back = 1;
		assert_true(http_date_parse(want, NOW, &back));
		assert_int_equal(back, at);
	}
}

static void dates_of_three_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		utc_t want;
	} good[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Thu Nov 24 00:00:00 2026", NOW}, /* a wrong weekday does no harm */
		{"Wednesday, 24-Nov-26 00:00:00 GMT", NOW},
		{"Friday, 01-Jan-77 00:00:00 GMT", 220924800},	/* 1977: 2077 is too far ahead */
		{"Friday, 01-Jan-76 00:00:00 GMT", 3345062400}, /* 2076 */
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},	/* a leap second */
		{"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
	};
	static const char *const bad[] = {
		"",
		"gisteren",
		"0",
		"784111777",
		"2026-11-24T00:00:00Z",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 +0000",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
		" Sun, 06 Nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"sun, 06 nov 1994 08:49:37 gmt",
		"Zon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Mei 1994 08:49:37 GMT",
		"Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov   08:49:37 1994",
		"Sun, -6 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov +994 08:49:37 GMT",
		"Sun",
		"Sun, ",
		"Sun, 0",
		"Sun Nov  ",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		utc_t got = 1;
		if (!http_date_parse(good[i].text, NOW, &got) || got != good[i].want)
			fail_msg("%s -> %lld", good[i].text, (long long)got);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		utc_t got = 1;
		char *copy = xstrdup(bad[i]); /* so that ASan sees a step too far */
		if (http_date_parse(copy, NOW, &got) || got != 1)
			fail_msg("%s was taken for a date", bad[i]);
		xfree(copy);
	}
}

static void lists_of_tags(void **state)
{
	(void)state;
	static const char *const yes[] = {
		"\"e\"",
		"W/\"e\"",
		"*",
		" * ",
		"\"x\", \"e\"",
		"\"e\",\"x\"",
		"\"x\"\t,\tW/\"e\" , \"y\"",
		",,\"e\",",
		" \"e\" ",
		"\"a,b\", \"e\"",
		"\"\", \"e\"",
		"\"*\", \"e\"",
		"W/\"x\",W/\"e\"",
		"\"\xc3\xa9\", \"e\"",
		"\"x\\\", \"e\"",
	};
	static const char *const no[] = {
		"",
		" ",
		",",
		"e",
		"\"x\"",
		"W/\"x\"",
		"\"e",
		"e\"",
		"\"ee\"",
		"\"\"",
		"'e'",
		"\"E\"",
		"W/e",
		"w/\"e\"",
		"W/ \"e\"",
		"W /\"e\"",
		"/\"e\"",
		"**",
		"*, \"e\"",
		"\"e\", *",
		"\"x\", *",
		"* \"e\"",
		"\"e\" \"x\"",
		"\"e\"x",
		"x\"e\"",
		"\"e\";q=1",
		"\"e\", garbage",
		"garbage, \"e\"",
		"\"x\" \"e\"",
		"\"a,e\"",
		"\"a, \"e\"",
		"\"a b\", \"e\"",
		"\"*\"",
		"W/*",
		"-gzip\"e\"",
		"\"e\", \"x",
		"\"e\", W/",
	};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!etag_listed(yes[i], "e"))
			fail_msg("%s does not list \"e\"", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (etag_listed(no[i], "e"))
			fail_msg("%s lists \"e\"", no[i]);
}

static void codings(void **state)
{
	(void)state;
	static const char *const yes[] = {
		"gzip",
		"GZIP",
		"x-gzip",
		"gzip, deflate, br",
		"br;q=1.0, gzip;q=0.8, *;q=0.1",
		"deflate,gzip;q=0.001",
		"*",
		"*;q=0.5",
		"identity;q=0.5, gzip",
		"gzip;q=1, identity;q=1",
		"gzip ; q=0.5",
		"gzip;Q=1.000",
		",gzip,",
		"identity;q=0, gzip;q=0.1",
		"identity;q=0, *",
		"compress;q=0, gzip",
		"deflate\t,\tgzip",
	};
	static const char *const no[] = {
		"",
		"identity",
		"gzip;q=0",
		"gzip;q=0.000",
		"*;q=0",
		"gzip;q=0, *",
		"x-gzip;q=0, *;q=1",
		"deflate, br",
		"gzip;q=0.4, identity;q=0.5",
		"gzipped",
		"gzi",
		"xgzip",
		"gzip;q=2",
		"gzip;q=-1",
		"gzip;q=",
		"gzip;q",
		"gzip;level=9",
		"gzip;q=1.5",
		"gzip;q=0.5x",
		"gzip deflate",
		";q=1",
		"identity;q=0",
		"gzip;q=1;q=0",
		"\"gzip\"",
		"gzip;q=.5",
		"gzip, ;",
		"gzip;q=1.001",
	};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!accepts_gzip(yes[i]))
			fail_msg("\"%s\" does not take gzip", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (accepts_gzip(no[i]))
			fail_msg("\"%s\" takes gzip", no[i]);
}

static unsigned long seed;

/* Any bytes: an answer, and no step outside them (ASan). */
static void bytes_without_sense(void **state)
{
	(void)state;
	static const char letters[] =
		"\"\"\"W/*, ,\t;q=01.gzipx-identySunMonNovJan0123456789:GMT-\x80\x7f";
	srand48((long)seed);
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)lrand48() % 24;
		char *text = xmalloc(n + 1);
		for (size_t i = 0; i < n; i++)
			text[i] = letters[(size_t)lrand48() % (sizeof letters - 1)];
		text[n] = '\0';
		utc_t at;
		bool listed = etag_listed(text, "gzip");
		assert_true(!listed || strchr(text, '*') || strstr(text, "\"gzip\""));
		assert_true(!accepts_gzip(text) || strchr(text, '*') || strstr(text, "gzip"));
		(void)http_date_parse(text, NOW, &at);
		xfree(text);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 9110;
	print_message("seed %lu (rerun: test_conditions %lu)\n", seed, seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_as_text),       cmocka_unit_test(dates_of_three_forms),
		cmocka_unit_test(lists_of_tags),       cmocka_unit_test(codings),
		cmocka_unit_test(bytes_without_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
