/* test_zone_write.c -- VTIMEZONEs read back by a plain reader and held against the zone.
 *
 * The reader knows what RFC 5545 says of FREQ=YEARLY with BYMONTH, BYDAY and BYMONTHDAY and looks
 * at every day of every year; it shares nothing with the writer. */
#include "base/buf.h"
#include "cal/zone.h"
#include "cal/zone_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the reader -------------------------------------------------------------------------------- */

enum { ONSETS_MAX = 400, PAST_YEAR = 2042, DATES_MAX = 64 };

struct onset {
	utc_t at;
	int to;
};

struct reader {
	struct onset onsets[ONSETS_MAX];
	size_t n;
	size_t lines, rules, dates;
};

struct part {
	local_t start, dates[DATES_MAX];
	size_t n_dates;
	int from, to;
	int month, ordinal, weekday; /* weekday -1: no rule */
	uint32_t month_days;	     /* bits */
	bool has_rule;
};

static local_t read_local(const char *p)
{
	int y, mo, d, h, mi, s;
	assert_int_equal(sscanf(p, "%4d%2d%2dT%2d%2d%2d", &y, &mo, &d, &h, &mi, &s), 6);
	assert_true(civil_valid(y, mo, d) && h < 24 && mi < 60 && s < 60);
	return local_at(civil_to_day(y, mo, d), h * 3600 + mi * 60 + s);
}

static int read_offset(const char *p)
{
	int h, m, s = 0;
	assert_true(*p == '+' || *p == '-');
	assert_true(sscanf(p + 1, "%2d%2d%2d", &h, &m, &s) >= 2);
	return (*p == '-' ? -1 : 1) * (h * 3600 + m * 60 + s);
}

static int read_weekday(const char *p)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
	for (int i = 0; i < 7; i++)
		if (strncmp(p, names[i], 2) == 0)
			return i;
	fail_msg("no weekday: %s", p);
	return 0;
}

static void read_rule(struct part *part, const char *p)
{
	assert_int_equal(strncmp(p, "FREQ=YEARLY;", 12), 0);
	part->has_rule = true;
	p += 12;
	while (*p && *p != '\r') {
		if (strncmp(p, "BYMONTH=", 8) == 0) {
			part->month = (int)strtol(p + 8, (char **)(uintptr_t)&p, 10);
		} else if (strncmp(p, "BYMONTHDAY=", 11) == 0) {
			p += 10;
			do
				part->month_days |= 1u << strtol(p + 1, (char **)(uintptr_t)&p, 10);
			while (*p == ',');
		} else {
			assert_int_equal(strncmp(p, "BYDAY=", 6), 0);
			part->ordinal = (int)strtol(p + 6, (char **)(uintptr_t)&p, 10);
			part->weekday = read_weekday(p);
			p += 2;
		}
		assert_true(*p == ';' || *p == '\r');
		p += *p == ';';
	}
	assert_true(part->month >= 1 && part->month <= 12);
}

static bool rule_has(const struct part *part, day_t day)
{
	struct civil c = civil_from_day(day);
	if (c.month != part->month || (int)civil_weekday(day) != part->weekday)
		return false;
	if (part->month_days)
		return part->month_days >> c.day & 1;
	if (part->ordinal < 0)
		return (civil_month_days(c.year, c.month) - c.day) / 7 == -part->ordinal - 1;
	return (c.day - 1) / 7 == part->ordinal - 1;
}

static void add_onset(struct reader *r, const struct part *part, local_t local)
{
	assert_true(r->n < ONSETS_MAX);
	r->onsets[r->n++] = (struct onset){local - part->from, part->to};
}

static void close_part(struct reader *r, const struct part *part)
{
	add_onset(r, part, part->start);
	for (size_t i = 0; i < part->n_dates; i++)
		add_onset(r, part, part->dates[i]);
	if (!part->has_rule)
		return;
	day_t first = local_day(part->start);
	assert_true(rule_has(part, first)); /* DTSTART off its rule: clients differ */
	for (day_t d = first + 1; d < civil_to_day(PAST_YEAR, 1, 1); d++)
		if (rule_has(part, d))
			add_onset(r, part, local_at(d, local_second(part->start)));
}

static int compare_onsets(const void *a, const void *b)
{
	const struct onset *x = a, *y = b;
	return (x->at > y->at) - (x->at < y->at);
}

static void read_line(struct reader *r, struct part *part, const char *line)
{
	if (strncmp(line, "BEGIN:", 6) == 0) {
		*part = (struct part){.weekday = -1, .from = INT32_MIN};
	} else if (strncmp(line, "DTSTART:", 8) == 0) {
		part->start = read_local(line + 8);
	} else if (strncmp(line, "TZOFFSETFROM:", 13) == 0) {
		part->from = read_offset(line + 13);
	} else if (strncmp(line, "TZOFFSETTO:", 11) == 0) {
		part->to = read_offset(line + 11);
	} else if (strncmp(line, "RRULE:", 6) == 0) {
		read_rule(part, line + 6);
		r->rules++;
	} else if (strncmp(line, "RDATE:", 6) == 0) {
		for (const char *p = line + 5; *p == ':' || *p == ','; p += 16) {
			assert_true(part->n_dates < DATES_MAX);
			part->dates[part->n_dates++] = read_local(p + 1);
			r->dates++;
		}
	} else if (strncmp(line, "END:STANDARD", 12) == 0 ||
		   strncmp(line, "END:DAYLIGHT", 12) == 0) {
		close_part(r, part);
	} else {
		assert_true(strncmp(line, "TZID:", 5) == 0 || strncmp(line, "TZNAME:", 7) == 0 ||
			    strncmp(line, "END:VTIMEZONE", 13) == 0);
	}
}

static void read_vtimezone(const char *text, struct reader *r)
{
	struct part part = {0};
	*r = (struct reader){0};
	for (const char *p = text; *p; r->lines++) {
		const char *end = strstr(p, "\r\n");
		assert_non_null(end);
		assert_true(end - p <= 75);
		assert_null(memchr(p, '\n', (size_t)(end - p)));
		read_line(r, &part, p);
		p = end + 2;
	}
	qsort(r->onsets, r->n, sizeof *r->onsets, compare_onsets);
}

/* The latest onset up to @at holds. */
static int offset_by(const struct reader *r, utc_t at)
{
	int to = INT32_MIN;
	for (size_t i = 0; i < r->n && r->onsets[i].at <= at; i++)
		to = r->onsets[i].to;
	return to;
}

/* ---- tests -------------------------------------------------------------------------------------- */

static void check_moment(const struct zone *zone, const struct reader *r, utc_t at,
			 const char *text)
{
	char moment[CIVIL_TEXT];
	if (offset_by(r, at) != zone_offset(zone, at))
		fail_msg("%s at %s: %d, not %d\n%s", zone_name(zone), utc_text(at, moment),
			 offset_by(r, at), zone_offset(zone, at), text);
}

/* Around every change of the zone and of the text, and once a month. */
static void check_years(const struct zone *zone, const char *text, int from_year, int past_year)
{
	struct reader r;
	read_vtimezone(text, &r);
	utc_t from = zone_day_start(zone, civil_to_day(from_year, 1, 1));
	utc_t past = zone_day_start(zone, civil_to_day(past_year, 1, 1)), when;
	int before, after;
	for (utc_t at = from; at < past; at += 30 * DAY_S)
		check_moment(zone, &r, at, text);
	for (utc_t at = from; zone_next_transition(zone, at, &when, &before, &after) && when < past;
	     at = when + 1) {
		check_moment(zone, &r, when, text);
		if (when > from)
			check_moment(zone, &r, when - 1, text);
	}
	for (size_t i = 0; i < r.n; i++)
		if (r.onsets[i].at > from && r.onsets[i].at < past) {
			check_moment(zone, &r, r.onsets[i].at, text);
			check_moment(zone, &r, r.onsets[i].at - 1, text);
		}
}

static const utc_t june_2026 = 1780272000;

static void check_zone(const char *name, int *compact)
{
	const struct zone *zone = zone_by_name(name);
	if (!zone)
		return;
	char *text = zone_vtimezone(zone, june_2026);
	struct reader r;
	read_vtimezone(text, &r);
	if (r.lines > 40)
		fail_msg("%s: %zu lines\n%s", name, r.lines, text);
	*compact += r.lines <= 17;
	/* Without a rule the list of changes ends after ten years. */
	check_years(zone, text, 2026, r.rules == 2 || r.n == 1 ? 2041 : 2036);
	xfree(text);
}

static void every_zone_reads_back(void **unused)
{
	(void)unused;
	FILE *f = fopen("/usr/share/zoneinfo/zone.tab", "re");
	char line[512], name[128];
	int zones = 0, compact = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (*line == '#' || sscanf(line, "%*s %*s %127s", name) != 1)
			continue;
		check_zone(name, &compact);
		zones++;
	}
	(void)fclose(f);
	(void)printf("%d zones, %d of them compact\n", zones, compact);
	assert_true(zones > 300 && compact > zones - 10);
}

static void years_of_change_are_listed(void **unused)
{
	(void)unused;
	static const struct {
		const char *name;
		int year;
	} rows[] = {
		{"America/New_York", 2005},    {"America/Sao_Paulo", 2018},
		{"Europe/Moscow", 2009},       {"Africa/Casablanca", 2017},
		{"Pacific/Apia", 2011},	       {"Africa/Cairo", 2021},
		{"Europe/Amsterdam", 1976},    {"Asia/Pyongyang", 2014},
		{"Australia/Lord_Howe", 2007}, {"Africa/Cairo", 2026},
		{"America/Havana", 2003},      {"Asia/Tehran", 2019},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct zone *zone = zone_by_name(rows[i].name);
		assert_non_null(zone);
		utc_t from = (utc_t)civil_to_day(rows[i].year, 8, 1) * DAY_S;
		char *text = zone_vtimezone(zone, from);
		check_years(zone, text, rows[i].year, rows[i].year + 10);
		xfree(text);
	}
}

static void amsterdam_to_the_letter(void **unused)
{
	(void)unused;
	char *text = zone_vtimezone(zone_by_name("Europe/Amsterdam"), june_2026);
	assert_string_equal(text, "BEGIN:VTIMEZONE\r\n"
				  "TZID:Europe/Amsterdam\r\n"
				  "BEGIN:STANDARD\r\n"
				  "DTSTART:20251026T030000\r\n"
				  "TZOFFSETFROM:+0200\r\n"
				  "TZOFFSETTO:+0100\r\n"
				  "TZNAME:CET\r\n"
				  "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
				  "END:STANDARD\r\n"
				  "BEGIN:DAYLIGHT\r\n"
				  "DTSTART:20250330T020000\r\n"
				  "TZOFFSETFROM:+0100\r\n"
				  "TZOFFSETTO:+0200\r\n"
				  "TZNAME:CEST\r\n"
				  "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
				  "END:DAYLIGHT\r\n"
				  "END:VTIMEZONE\r\n");
	xfree(text);
	text = zone_vtimezone(zone_fixed(-12600), june_2026);
	assert_string_equal(text, "BEGIN:VTIMEZONE\r\n"
				  "TZID:UTC-0330\r\n"
				  "BEGIN:STANDARD\r\n"
				  "DTSTART:19700101T000000\r\n"
				  "TZOFFSETFROM:-0330\r\n"
				  "TZOFFSETTO:-0330\r\n"
				  "TZNAME:UTC-0330\r\n"
				  "END:STANDARD\r\n"
				  "END:VTIMEZONE\r\n");
	xfree(text);
}

/* Dublin's law calls the winter daylight saving; clients need it the other way round. */
static void daylight_is_the_higher_offset(void **unused)
{
	(void)unused;
	char *text = zone_vtimezone(zone_by_name("Europe/Dublin"), june_2026);
	const char *daylight = strstr(text, "BEGIN:DAYLIGHT"),
		   *standard = strstr(text, "BEGIN:STANDARD");
	assert_non_null(daylight);
	assert_non_null(standard);
	assert_int_equal(strncmp(strstr(daylight, "TZOFFSETTO:"), "TZOFFSETTO:+0100", 16), 0);
	assert_int_equal(strncmp(strstr(standard, "TZOFFSETTO:"), "TZOFFSETTO:+0000", 16), 0);
	xfree(text);
}

static void far_moments_are_survived(void **unused)
{
	(void)unused;
	static const utc_t moments[] = {UTC_MIN, -5000000000, 0, 32503680000, UTC_MAX};
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		char *text = zone_vtimezone(zone_by_name("Europe/Amsterdam"), moments[i]);
		assert_true(strlen(text) > 100 && strlen(text) < 4000);
		xfree(text);
	}
}

/* test_zone_write ZONE YEAR prints a VTIMEZONE, for other programs to read. */
int main(int argc, char **argv)
{
	if (argc == 3) {
		const struct zone *zone = zone_by_name(argv[1]);
		if (!zone)
			return 1;
		char *text = zone_vtimezone(zone, (utc_t)civil_to_day(atoi(argv[2]), 6, 1) * DAY_S);
		(void)fputs(text, stdout);
		xfree(text);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_zone_reads_back),
		cmocka_unit_test(years_of_change_are_listed),
		cmocka_unit_test(amsterdam_to_the_letter),
		cmocka_unit_test(daylight_is_the_higher_offset),
		cmocka_unit_test(far_moments_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
