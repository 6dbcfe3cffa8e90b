/* test_base.c -- base/: calendar arithmetic against the C library, words, sentences, buffers. */
#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"
#include "base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* ---- civil ----------------------------------------------------------------------------------- */

static void check_day(day_t day)
{
	time_t at = (time_t)day * DAY_S;
	struct tm tm;
	assert_non_null(gmtime_r(&at, &tm));
	struct civil c = civil_from_day(day);
	assert_int_equal(c.year, tm.tm_year + 1900);
	assert_int_equal(c.month, tm.tm_mon + 1);
	assert_int_equal(c.day, tm.tm_mday);
	assert_int_equal(civil_to_day(c.year, c.month, c.day), day);
	assert_int_equal(civil_weekday(day), (tm.tm_wday + 6) % 7);
	assert_true(civil_valid(c.year, c.month, c.day));
	char text[16];
	int year, week;
	(void)strftime(text, sizeof text, "%G %V", &tm);
	civil_iso_week(day, &year, &week);
	assert_int_equal(year, atoi(text));
	assert_int_equal(week, atoi(strchr(text + 1, ' ')));
	assert_int_equal(civil_iso_monday(year, week), day - (day_t)civil_weekday(day));
}

static void days_as_the_c_library_counts_them(void **state)
{
	(void)state;
	for (day_t day = civil_to_day(1890, 1, 1); day < civil_to_day(2210, 1, 1); day++)
		check_day(day);
	for (int i = 0; i < 20000; i++)
		check_day((day_t)(next_random() % 2000000) - 600000);
}

static void months_and_leap_years(void **state)
{
	(void)state;
	assert_int_equal(civil_month_days(2024, 2), 29);
	assert_int_equal(civil_month_days(2023, 2), 28);
	assert_int_equal(civil_month_days(2000, 2), 29);
	assert_int_equal(civil_month_days(1900, 2), 28);
	assert_int_equal(civil_month_days(2026, 4), 30);
	assert_false(civil_valid(2026, 2, 29));
	assert_false(civil_valid(2026, 13, 1));
	assert_false(civil_valid(2026, 0, 1));
	assert_false(civil_valid(2026, 1, 0));
	assert_false(civil_valid(2026, 4, 31));
	/* every year's days add up */
	for (int year = 1600; year < 2400; year++) {
		int sum = 0;
		for (int month = 1; month <= 12; month++)
			sum += civil_month_days(year, month);
		assert_int_equal(civil_to_day(year + 1, 1, 1) - civil_to_day(year, 1, 1), sum);
	}
}

static void wall_clock_readings(void **state)
{
	(void)state;
	char text[CIVIL_TEXT];
	for (int i = 0; i < 20000; i++) {
		local_t at = (local_t)(next_random() % 20000000000ULL) - 8000000000LL;
		day_t day = local_day(at);
		int second = local_second(at);
		assert_in_range(second, 0, DAY_S - 1);
		assert_int_equal(local_at(day, second), at);
		time_t t = (time_t)at;
		struct tm tm;
		char want[64];
		(void)strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
		assert_string_equal(utc_text(at, text), want);
		want[16] = '\0';
		assert_string_equal(local_text(at, text), want);
		want[10] = '\0';
		assert_string_equal(day_text(day, text), want);
		/* and back by the reader of words */
		local_t again;
		bool utc;
		struct err err;
		(void)utc_text(at, text);
		if (civil_from_day(day).year >= 1900 && civil_from_day(day).year <= 2200) {
			assert_true(parse_moment(text, &again, &utc, &err));
			assert_true(utc);
			assert_int_equal(again, at);
		}
	}
	assert_int_equal(local_day(-1), -1);
	assert_int_equal(local_second(-1), DAY_S - 1);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void durations(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds; /* -1: none */
	} cases[] = {
		{"90m", 5400},
		{"2h", 7200},
		{"1h30m", 5400},
		{"10d", 864000},
		{"6w", 3628800},
		{"45s", 45},
		{"0", 0},
		{"0m", 0},
		{"1w1d1h1m1s", 694861},
		{"9999999s", 9999999},
		{"", -1},
		{"5", -1},
		{"h", -1},
		{"1h1h", -1},
		{"30m1h", -1},
		{"-5m", -1},
		{"1.5h", -1},
		{"1 h", -1},
		{"10000000s", -1},
		{"1h ", -1},
		{"00", -1},
		{"1y", -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t s = -7;
		struct err err;
		bool ok = parse_duration(cases[i].text, &s, &err);
		assert_int_equal(s, ok ? cases[i].seconds : -7);
		assert_true(ok == (cases[i].seconds >= 0));
		if (!ok)
			assert_non_null(strstr(err.text, "is not a duration"));
	}
	for (int i = 0; i < 5000; i++) {
		char text[DURATION_TEXT];
		int32_t minutes = (int32_t)(next_random() % 100000), again;
		int64_t seconds = (int64_t)(next_random() % 9000000), back;
		struct err err;
		assert_true(parse_minutes(minutes_text(minutes, text), &again, &err));
		assert_int_equal(again, minutes);
		assert_true(parse_duration(seconds_text(seconds, text), &back, &err));
		assert_int_equal(back, seconds);
	}
	int32_t minutes = -7;
	struct err err;
	char text[DURATION_TEXT];
	assert_false(parse_minutes("90s", &minutes, &err));
	assert_false(parse_minutes("9999999w", &minutes, &err));
	assert_int_equal(minutes, -7);
	assert_string_equal(minutes_text(-90, text), "-1h30m");
	assert_string_equal(minutes_text(4500, text), "75h");
	assert_string_equal(minutes_text(60, text), "1h");
	assert_string_equal(minutes_text(0, text), "0m");
	assert_string_equal(seconds_text(42 * DAY_S, text), "6w");
	assert_string_equal(seconds_text(3 * DAY_S, text), "3d");
}

/* Each reader: what it takes, what it refuses; on refusal the output stays. */
static bool one(const char *what, const char *text, int64_t *out, struct err *err)
{
	int64_t i = 0;
	int32_t day = 0, past = 0;
	int from = 0, to = 0;
	unsigned mask = 0;
	bool flag = false, ok;
	char currency[4] = "";
	if (strcmp(what, "int") == 0) {
		ok = parse_int(text, -10, 1000, &i, err);
	} else if (strcmp(what, "date") == 0) {
		ok = parse_date(text, &day, err);
		i = day;
	} else if (strcmp(what, "days") == 0) {
		ok = parse_days(text, &day, &past, err);
		i = (int64_t)past - day;
	} else if (strcmp(what, "week") == 0) {
		ok = parse_week(text, &day, err);
		i = day;
	} else if (strcmp(what, "clock") == 0) {
		ok = parse_clock(text, &from, err);
		i = from;
	} else if (strcmp(what, "span") == 0) {
		ok = parse_clock_range(text, &from, &to, err);
		i = from * 10000 + to;
	} else if (strcmp(what, "weekdays") == 0) {
		ok = parse_weekdays(text, &mask, err);
		i = mask;
	} else if (strcmp(what, "money") == 0) {
		ok = parse_money(text, &i, currency, err);
		assert_true(!ok || strlen(currency) == 3);
	} else if (strcmp(what, "bool") == 0) {
		ok = parse_bool(text, &flag, err);
		i = flag;
	} else {
		assert_string_equal(what, "moment");
		ok = parse_moment(text, &i, &flag, err);
		i = i * 2 + flag;
	}
	if (!ok)
		assert_true(i == 0 && !*currency); /* outputs untouched */
	*out = i;
	return ok;
}

static void words(void **state)
{
	(void)state;
	enum { NO = -999 };
	static const struct {
		const char *what, *text;
		int64_t value;
	} cases[] = {
		{"int", "0", 0},
		{"int", "-10", -10},
		{"int", "1000", 1000},
		{"int", "-11", NO},
		{"int", "1001", NO},
		{"int", "", NO},
		{"int", "+1", NO},
		{"int", "1e3", NO},
		{"int", "99999999999999999999", NO},
		{"date", "1970-01-02", 1},
		{"date", "2026-02-29", NO},
		{"date", "2026-2-09", NO},
		{"date", "2026-02-09 ", NO},
		{"date", "1899-12-31", NO},
		{"date", "2201-01-01", NO},
		{"days", "2026-12-21..2027-01-03", 14},
		{"days", "2026-12-21", 1},
		{"days", "2026-12-21..2026-12-20", NO},
		{"days", "2026-12-21-2026-12-22", NO},
		{"days", "..2026-12-20", NO},
		{"days", "2026-12-20..", NO},
		{"week", "1970-W01", -3},
		{"week", "2026-W53", 20815}, /* 2026-12-28 */
		{"week", "2025-W53", NO},
		{"week", "2026-W00", NO},
		{"week", "2026-48", NO},
		{"clock", "08:30", 510},
		{"clock", "24:00", 1440},
		{"clock", "24:01", NO},
		{"clock", "8:30", NO},
		{"clock", "08:60", NO},
		{"span", "08:30-17:00", 5101020},
		{"span", "17:00-08:30", NO},
		{"span", "08:30-08:30", NO},
		{"span", "08:30", NO},
		{"weekdays", "mon-fri", 0x1F},
		{"weekdays", "mon,wed", 0x05},
		{"weekdays", "mon-wed,fri", 0x17},
		{"weekdays", "sat-mon", 0x61},
		{"weekdays", "sun", 0x40},
		{"weekdays", "mon-", NO},
		{"weekdays", "monday", NO},
		{"weekdays", "mon,,tue", NO},
		{"weekdays", "", NO},
		{"money", "12.50 EUR", 1250},
		{"money", "0 EUR", 0},
		{"money", "500 CHF", 50000},
		{"money", "12.5 EUR", NO},
		{"money", "12,50 EUR", NO},
		{"money", "12 eur", NO},
		{"money", "12 EURO", NO},
		{"money", "-1 EUR", NO},
		{"money", "12EUR", NO},
		{"bool", "yes", 1},
		{"bool", "off", 0},
		{"bool", "Yes", NO},
		{"bool", "2", NO},
		{"moment", "1970-01-01T01:00", 7200},
		{"moment", "1970-01-01T01:00Z", 7201},
		{"moment", "1970-01-01T00:00:30Z", 61},
		{"moment", "1970-01-01", NO},
		{"moment", "1970-01-01 01:00", NO},
		{"moment", "1970-01-01T01:00:60", NO},
		{"moment", "1970-01-01T01:00ZZ", NO},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t value = 0;
		struct err err = {0};
		bool ok = one(cases[i].what, cases[i].text, &value, &err);
		if (ok != (cases[i].value != NO) || (ok && value != cases[i].value))
			fail_msg("%s \"%s\": %d %lld, want %lld", cases[i].what, cases[i].text, ok,
				 (long long)value, (long long)cases[i].value);
		if (!ok)
			assert_true(err.code == ERR_PARSE && *err.text);
	}
}

static void mail_addresses(void **state)
{
	(void)state;
	static const char *const good[] = {"anna@example.nl", "a.b+c'd@x", "1@sub.school-a.nl",
					   "x=y?z#&%@example.nl"};
	static const char *const bad[] = {
		"",	    "anna",	"@x.nl",	 "a@",	      "a@b@c.nl",
		"a b@c.nl", "a@b c.nl", "a,b@c.nl",	 "a\nb@c.nl", "<a@b.nl>",
		"a@.nl",    "a@b.",	"\xC3\xA9@b.nl", "a\"b@c.nl", "a@[127.0.0.1]"};
	static const struct {
		const char *text, *name, *address;
	} boxes[] = {{"a@b.nl", "", "a@b.nl"},
		     {"<a@b.nl>", "", "a@b.nl"},
		     {"Samen leren <a@b.nl>", "Samen leren", "a@b.nl"},
		     {"\"Samen, leren\"  <a@b.nl>", "Samen, leren", "a@b.nl"},
		     {"S\xC3\xA9 <a@b.nl>", "S\xC3\xA9", "a@b.nl"}};
	static const char *const no_boxes[] = {"Samen leren", "Samen <a@b.nl", "Samen <>",
					       "Samen <a> b@c.nl", "<a@b.nl> x"};
	char *name, *address;
	struct err err;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(parse_is_mail(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse_is_mail(bad[i]))
			fail_msg("\"%s\" is taken for an address", bad[i]);
	char *longest = xcalloc(256, 1);
	memset(longest, 'a', 254);
	longest[64] = '@';
	assert_true(parse_is_mail(longest));
	longest[254] = 'a';
	assert_false(parse_is_mail(longest));
	longest[254] = '\0';
	longest[64] = 'a';
	longest[65] = '@';
	assert_false(parse_is_mail(longest));
	xfree(longest);
	for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
		assert_true(parse_mailbox(boxes[i].text, &name, &address, &err));
		assert_string_equal(name, boxes[i].name);
		assert_string_equal(address, boxes[i].address);
		xfree(name);
		xfree(address);
	}
	for (size_t i = 0; i < sizeof no_boxes / sizeof *no_boxes; i++)
		if (parse_mailbox(no_boxes[i], &name, &address, &err))
			fail_msg("\"%s\" is taken for a sender", no_boxes[i]);
	assert_non_null(strstr(err.text, "is not a sender such as"));
}

static void ids_and_nearest(void **state)
{
	(void)state;
	static const char *const names[] = {"budget", "buffer", "name", "w_gap"};
	assert_true(parse_is_id("a"));
	assert_true(parse_is_id("0-a"));
	assert_true(parse_is_id("abcdefghijklmnopqrstuvwxyz012345"));
	assert_false(parse_is_id("abcdefghijklmnopqrstuvwxyz0123456"));
	assert_false(parse_is_id(""));
	assert_false(parse_is_id("-a"));
	assert_false(parse_is_id("A"));
	assert_false(parse_is_id("a b"));
	assert_false(parse_is_id("a\xC3\xA9"));
	assert_string_equal(parse_nearest("budgt", names, 4), "budget");
	assert_string_equal(parse_nearest("bufer", names, 4), "buffer");
	assert_string_equal(parse_nearest("nam", names, 4), "name");
	assert_string_equal(parse_nearest("gap", names, 4), "w_gap");
	assert_null(parse_nearest("quite another", names, 4));
	assert_null(parse_nearest("x", names, 4));
	assert_null(parse_nearest("budget", names, 0));
	char huge[500];
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	assert_null(parse_nearest(huge, names, 4));
}

static void lines_of_words(void **state)
{
	(void)state;
	char line[] = "  a \"b c\"\td\\\"e \"\" f\"g h\"i \\\\ ";
	static const char *const want[] = {"a", "b c", "d\"e", "", "fg hi", "\\"};
	char *v[6];
	size_t n = 77;
	struct err err;
	assert_true(parse_words(line, v, 6, &n, &err));
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(v[i], want[i]);
	static const char *const bad[] = {"\"open", "a\\n", "a b c", "a \\", "\"a\\\""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char copy[16];
		(void)snprintf(copy, sizeof copy, "%s", bad[i]);
		n = 77;
		assert_false(parse_words(copy, v, 2, &n, &err));
		assert_int_equal(n, 77);
		assert_int_equal(err.code, ERR_USAGE);
	}
	char none[] = " \t ";
	assert_true(parse_words(none, v, 2, &n, &err));
	assert_int_equal(n, 0);
}

/* ---- errors and buffers ---------------------------------------------------------------------- */

static void sentences(void **state)
{
	(void)state;
	struct err err;
	assert_false(err_set(&err, ERR_PARSE, "line %d: %s", 41, "RRULE without FREQ"));
	assert_false(err_wrap(&err, "timetable of %s", "anna"));
	assert_string_equal(err.text, "timetable of anna: line 41: RRULE without FREQ");
	assert_int_equal(err.code, ERR_PARSE);
	assert_int_equal(err_exit_status(err.code), 65);
	assert_int_equal(err_http_status(err.code), 422);
	assert_string_equal(err_word(ERR_CONFIG), "config");
	assert_int_equal(err_exit_status(ERR_CONFIG), 78);
	assert_int_equal(err_exit_status(ERR_NONE), 0);
	for (int code = ERR_NONE + 1; code <= ERR_CONFIG; code++)
		assert_int_equal(err_from_word(err_word((enum err_code)code)), code);
	assert_int_equal(err_from_word("nonsense"), ERR_BUG);
	/* too long: cut between characters, whatever the length of what stands before */
	for (int shift = 0; shift < 4; shift++) {
		struct buf text = {0};
		for (int i = 0; i < shift; i++)
			buf_addc(&text, '.');
		for (int i = 0; i < 300; i++)
			buf_adds(&text, "\xE2\x82\xAC");
		(void)err_set(&err, ERR_IO, "%s", text.v);
		size_t n = strlen(err.text);
		assert_true(n < sizeof err.text && n > sizeof err.text - 8);
		assert_string_equal(err.text + n - 3, "...");
		assert_int_equal((n - 3 - (size_t)shift) % 3, 0);
		(void)err_wrap(&err, "%s", text.v);
		n = strlen(err.text);
		assert_true(n < sizeof err.text);
		assert_string_equal(err.text + n - 3, "...");
		buf_fini(&text);
	}
}

static void lists_of_faults(void **state)
{
	(void)state;
	struct faults faults = {0};
	faults_add(&faults, "r.ini", 12, "a\nb%s", "\x7F");
	faults_add(&faults, "r.ini", 0, "gone");
	assert_string_equal(faults.v[0], "r.ini:12: a?b?");
	assert_string_equal(faults.v[1], "r.ini: gone");
	for (int i = 0; i < FAULTS_MAX; i++)
		faults_add(&faults, "f", 1, "%d", i);
	assert_int_equal(faults.n, FAULTS_MAX);
	assert_int_equal(faults.dropped, 2);
	faults_fini(&faults);
	assert_int_equal(faults.n, 0);
}

static void buffers(void **state)
{
	(void)state;
	struct buf b = {0};
	assert_string_equal(buf_str(&b), "");
	buf_add(&b, NULL, 0);
	buf_adds(&b, "a");
	buf_addc(&b, '\0');
	buf_addf(&b, "%d-%s", 7, "x");
	assert_int_equal(b.n, 5);
	assert_memory_equal(b.v, "a\0007-x", 6);
	buf_clear(&b);
	assert_string_equal(buf_str(&b), "");
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, (char)('a' + i % 26));
	assert_int_equal(b.n, 100000);
	assert_int_equal(b.v[99999], 'a' + 99999 % 26);
	assert_int_equal(b.v[100000], '\0');
	char *taken = buf_take(&b);
	assert_int_equal(strlen(taken), 100000);
	assert_int_equal(b.n, 0);
	xfree(taken);
	taken = buf_take(&b);
	assert_string_equal(taken, "");
	xfree(taken);
	taken = xstrndup("abc", 2);
	assert_string_equal(taken, "ab");
	xfree(taken);
	int *grown = NULL;
	size_t cap = 0;
	for (size_t i = 0; i < 1000; i++) {
		grown = xgrow(grown, i, &cap, sizeof *grown);
		grown[i] = (int)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(grown[i], i);
	xfree(grown);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	seed = seed ? seed : 1;
	printf("rerun: test_base %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_as_the_c_library_counts_them),
		cmocka_unit_test(months_and_leap_years),
		cmocka_unit_test(wall_clock_readings),
		cmocka_unit_test(durations),
		cmocka_unit_test(words),
		cmocka_unit_test(mail_addresses),
		cmocka_unit_test(ids_and_nearest),
		cmocka_unit_test(lines_of_words),
		cmocka_unit_test(sentences),
		cmocka_unit_test(lists_of_faults),
		cmocka_unit_test(buffers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
