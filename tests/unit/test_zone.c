/* test_zone.c -- zones against the system's own conversions, and against broken files.
 *
 * The system (localtime_r with TZ) says what a moment reads; from a list of its readings, one a
 * quarter of an hour, a plain search says which moment a reading is (gap: the offset before it,
 * overlap: the first). test_zone SEED replays a run. */
#include "base/buf.h"
#include "cal/zone.h"
#include "cal/zone_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

#define FOLDER "/usr/share/zoneinfo"

static const char *const zones[] = {
	"Europe/Amsterdam",
	"Europe/London",
	"America/New_York",
	"America/Sao_Paulo",
	"Australia/Sydney",
	"Pacific/Apia",
	"Africa/Casablanca",
	"Australia/Lord_Howe",
	"Europe/Dublin",
	"Asia/Kathmandu",
	"UTC",
	"America/Nuuk",
	"America/Santiago",
	"Africa/Cairo",
	"America/Havana",
	"Asia/Tehran",
	"America/Los_Angeles",
	"Asia/Beirut",
};

static void system_zone(const char *name)
{
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
}

static int system_offset(utc_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	assert_non_null(localtime_r(&t, &tm));
	return (int)tm.tm_gmtoff;
}

/* ---- every quarter of an hour around every change, 2000..2040 ------------------------------- */

enum {
	QUARTER = 900,
	AROUND = 36 * 4, /* quarters checked on both sides of a change */
	EDGE = 27 * 4,	 /* and what the search for a reading needs beyond them */
	LIST = 2 * (AROUND + EDGE) + 1,
};

static size_t n_moments, n_gaps, n_overlaps, n_mktime;

/* The moment of @local by @offset[i] at @first + i * QUARTER, or of the change inside a gap. */
static utc_t moment_of(local_t local, utc_t first, const int *offset, int *times)
{
	utc_t found = 0;
	*times = 0;
	for (int i = 0; i < LIST; i++) {
		utc_t at = first + (utc_t)i * QUARTER;
		if (at + offset[i] != local)
			continue;
		if ((*times)++ == 0)
			found = at;
	}
	for (int i = 1; i < LIST && *times == 0; i++) {
		utc_t at = first + (utc_t)i * QUARTER;
		if (at - QUARTER + offset[i - 1] < local && local < at + offset[i])
			return local - offset[i - 1];
	}
	return found;
}

static void check_mktime(local_t local, utc_t want)
{
	struct civil c = civil_from_day(local_day(local));
	int s = local_second(local);
	struct tm tm = {.tm_year = c.year - 1900,
			.tm_mon = c.month - 1,
			.tm_mday = c.day,
			.tm_hour = s / 3600,
			.tm_min = s / 60 % 60,
			.tm_isdst = -1};
	assert_int_equal(mktime(&tm), want);
	n_mktime++;
}

static void check_around(const struct zone *zone, utc_t centre)
{
	int offset[LIST];
	utc_t first = centre - (utc_t)(AROUND + EDGE) * QUARTER;
	for (int i = 0; i < LIST; i++)
		offset[i] = system_offset(first + (utc_t)i * QUARTER);
	for (int i = EDGE; i < LIST - EDGE; i++) {
		utc_t at = first + (utc_t)i * QUARTER;
		n_moments++;
		assert_int_equal(zone_offset(zone, at), offset[i]);
		assert_int_equal(zone_to_local(zone, at), at + offset[i]);
		assert_int_equal(zone_day_of(zone, at), local_day(at + offset[i]));
		/* the same quarter as a reading */
		local_t local = centre + offset[0] + (utc_t)(i - AROUND - EDGE) * QUARTER;
		int times;
		utc_t want = moment_of(local, first, offset, &times);
		assert_int_equal(zone_to_utc(zone, local), want);
		n_gaps += times == 0;
		n_overlaps += times > 1;
		if (times == 1)
			check_mktime(local, want);
	}
}

static void check_year(const struct zone *zone, int year)
{
	bool any = false;
	for (day_t d = civil_to_day(year, 1, 1); d < civil_to_day(year + 1, 1, 1); d++) {
		utc_t at = (utc_t)d * DAY_S;
		int before = system_offset(at), after = system_offset(at + DAY_S);
		if (before == after)
			continue;
		check_around(zone, at + DAY_S / 2);
		utc_t when;
		int b, a;
		assert_true(zone_next_transition(zone, at + 1, &when, &b, &a));
		assert_int_equal(b, before);
		assert_int_equal(a, after);
		assert_true(when > at && when <= at + DAY_S);
		any = true;
	}
	if (!any)
		check_around(zone, (utc_t)civil_to_day(year, 3, 29) * DAY_S);
}

static void quarters_agree_with_the_system(void **unused)
{
	(void)unused;
	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
		const struct zone *zone = zone_by_name(zones[z]);
		assert_non_null(zone);
		assert_string_equal(zone_name(zone), zones[z]);
		system_zone(zones[z]);
		for (int year = 2000; year <= 2040; year++)
			check_year(zone, year);
	}
	(void)printf("%zu moments, %zu readings in gaps, %zu in overlaps, %zu by mktime\n",
		     n_moments, n_gaps, n_overlaps, n_mktime);
	assert_true(n_gaps > 1000 && n_overlaps > 1000 && n_mktime > 100000);
}

/* ---- every zone the system has --------------------------------------------------------------- */

static size_t n_all;
static char *all[2000];

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_all(const char *prefix)
{
	char path[512];
	(void)snprintf(path, sizeof path, FOLDER "/%s", prefix);
	DIR *dir = opendir(path);
	struct dirent *d;
	while (dir && (d = readdir(dir))) {
		if (strchr(d->d_name, '.') || strcmp(d->d_name, "posix") == 0 ||
		    strcmp(d->d_name, "right") == 0 || strcmp(d->d_name, "localtime") == 0)
			continue;
		char *name = xasprintf("%s%s%s", prefix, *prefix ? "/" : "", d->d_name);
		char start[4] = "";
		(void)snprintf(path, sizeof path, FOLDER "/%s", name);
		FILE *f = fopen(path, "re");
		size_t got = f ? fread(start, 1, 4, f) : 0;
		if (f)
			(void)fclose(f);
		if (got == 4 && memcmp(start, "TZif", 4) == 0) {
			assert_true(n_all < sizeof all / sizeof *all);
			all[n_all++] = name;
			continue;
		}
		if (got == 0)
			list_all(name);
		xfree(name);
	}
	if (dir)
		(void)closedir(dir);
}

static void every_zone_agrees_at_random_moments(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_all; i++) {
		const struct zone *zone = zone_by_name(all[i]);
		if (!zone)
			fail_msg("%s: not loaded", all[i]);
		system_zone(all[i]);
		for (int k = 0; k < 200; k++) {
			utc_t at = (utc_t)civil_to_day(1940, 1, 1) * DAY_S +
				   (utc_t)draw(200 * 366) * DAY_S + draw(DAY_S);
			if (zone_offset(zone, at) != system_offset(at))
				fail_msg("%s at %lld: %d, the system says %d; rerun: test_zone "
					 "%llu",
					 all[i], (long long)at, zone_offset(zone, at),
					 system_offset(at), (unsigned long long)seed);
		}
	}
	(void)printf("%zu zones\n", n_all);
	assert_true(n_all > 300);
}

/* Behind the table: the same weekday rules, 400 and 4,000 years on. */
static void the_rule_goes_on_for_ever(void **unused)
{
	(void)unused;
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	utc_t summer = (utc_t)civil_to_day(2600, 7, 1) * DAY_S, when;
	int before, after;
	assert_int_equal(zone_offset(zone, summer), 7200);
	assert_int_equal(zone_offset(zone, summer + DAY_S * 183), 3600);
	for (int year = 2030; year < 6100; year += 407) {
		day_t march = civil_to_day(year, 3, 31), october = civil_to_day(year, 10, 31);
		march -= ((int)civil_weekday(march) + 1) % 7;
		october -= ((int)civil_weekday(october) + 1) % 7;
		utc_t spring = (utc_t)march * DAY_S + 3600, autumn = (utc_t)october * DAY_S + 3600;
		assert_int_equal(zone_offset(zone, spring - 1), 3600);
		assert_int_equal(zone_offset(zone, spring), 7200);
		assert_int_equal(zone_offset(zone, autumn - 1), 7200);
		assert_int_equal(zone_offset(zone, autumn), 3600);
		assert_true(zone_next_transition(zone, spring - DAY_S, &when, &before, &after));
		assert_int_equal(when, spring);
		assert_int_equal(before, 3600);
		assert_int_equal(after, 7200);
		assert_int_equal(zone_to_utc(zone, local_at(march, 2 * 3600 + 1800)),
				 spring + 1800);
		assert_int_equal(zone_to_utc(zone, local_at(october, 2 * 3600 + 1800)),
				 autumn - 1800);
	}
	assert_true(zone_next_transition(zone, 4102444800, &when, &before, &after));
	assert_false(zone_next_transition(zone_utc(), 0, &when, &before, &after));
	assert_false(zone_next_transition(zone_by_name("Asia/Kathmandu"), 4102444800, &when,
					  &before, &after));
}

static utc_t day_start_of(const char *name, int y, int m, int d)
{
	return zone_day_start(zone_by_name(name), civil_to_day(y, m, d));
}

static void a_day_begins_with_its_first_moment(void **unused)
{
	(void)unused;
	/* Midnight in a gap: 4 November 2018 begins at 01:00 in Sao Paulo. */
	utc_t at = day_start_of("America/Sao_Paulo", 2018, 11, 4);
	assert_int_equal(at, (utc_t)civil_to_day(2018, 11, 4) * DAY_S + 3 * 3600);
	assert_int_equal(local_second(zone_to_local(zone_by_name("America/Sao_Paulo"), at)), 3600);
	/* A gap that begins before midnight: Toronto 1919-03-30 23:30 -> 00:30. */
	at = day_start_of("America/Toronto", 1919, 3, 31);
	assert_int_equal(at, (utc_t)civil_to_day(1919, 3, 31) * DAY_S + 4 * 3600 + 1800);
	/* Midnight twice: Havana goes from 01:00 back to 00:00. */
	at = day_start_of("America/Havana", 2025, 11, 2);
	assert_int_equal(at, (utc_t)civil_to_day(2025, 11, 2) * DAY_S + 4 * 3600);
	/* Samoa had no 30 December 2011: it is empty. */
	assert_int_equal(day_start_of("Pacific/Apia", 2011, 12, 30),
			 day_start_of("Pacific/Apia", 2011, 12, 31));
	assert_int_equal(day_start_of("Pacific/Apia", 2011, 12, 31) -
				 day_start_of("Pacific/Apia", 2011, 12, 29),
			 DAY_S);
	assert_int_equal(day_start_of("Europe/Amsterdam", 2026, 3, 30) -
				 day_start_of("Europe/Amsterdam", 2026, 3, 29),
			 23 * 3600);
	assert_int_equal(day_start_of("Europe/Amsterdam", 2026, 10, 26) -
				 day_start_of("Europe/Amsterdam", 2026, 10, 25),
			 25 * 3600);
	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++) {
		const struct zone *zone = zone_by_name(zones[z]);
		for (day_t d = civil_to_day(2000, 1, 1); d < civil_to_day(2041, 1, 1); d++) {
			utc_t start = zone_day_start(zone, d);
			day_t is = zone_day_of(zone, start);
			assert_true(is == d ||
				    (is == d + 1 && zone_day_start(zone, d + 1) == start));
			assert_true(zone_day_of(zone, start - 1) < d);
		}
	}
}

/* ---- names, fixed zones, threads -------------------------------------------------------------- */

static void only_names_of_zones_are_zones(void **unused)
{
	(void)unused;
	static const char *const bad[] = {
		"",
		".",
		"..",
		"/",
		"Europe",
		"Europe/",
		"/Europe/Amsterdam",
		"Europe//Amsterdam",
		"Europe/../Europe/Amsterdam",
		"./Europe/Amsterdam",
		"../zoneinfo/Europe/Amsterdam",
		"/usr/share/zoneinfo/Europe/Amsterdam",
		"../../../etc/passwd",
		"tzdata.zi",
		"zone.tab",
		"leapseconds",
		"localtime",
		"right/Europe/Amsterdam",
		"europe/amsterdam",
		"Europe/Amsterdam ",
		"Europe/Amsterdam\n",
		"Mars/Olympus",
		"Europe/"
		"Amsterdammmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (zone_by_name(bad[i]))
			fail_msg("\"%s\" is a zone", bad[i]);
	assert_non_null(zone_by_name("Europe/Belfast"));
	assert_ptr_equal(zone_by_name("Europe/Paris"), zone_by_name("Europe/Paris"));
	assert_ptr_equal(zone_by_name("UTC"), zone_utc());
	assert_string_equal(zone_name(zone_utc()), "UTC");
	assert_true(strcmp(zone_data_version(), "unknown") != 0);
	assert_true(strlen(zone_data_version()) >= 5);
}

static void fixed_zones_are_cached_and_bounded(void **unused)
{
	(void)unused;
	const struct zone *east = zone_fixed(3600);
	assert_string_equal(zone_name(east), "UTC+0100");
	assert_string_equal(zone_name(zone_fixed(-12600)), "UTC-0330");
	assert_string_equal(zone_name(zone_fixed(-1)), "UTC-000001");
	assert_ptr_equal(zone_fixed(3600), east);
	assert_ptr_equal(zone_fixed(0), zone_utc());
	assert_int_equal(zone_offset(east, 12345), 3600);
	assert_int_equal(zone_to_utc(east, 3600), 0);
	assert_int_equal(zone_day_start(east, 1), DAY_S - 3600);
	assert_null(zone_fixed(DAY_S + 1));
	assert_null(zone_fixed(-DAY_S - 1));
	assert_non_null(zone_fixed(DAY_S));
	size_t given = 0;
	for (int i = 0; i < 1000; i++)
		given += zone_fixed(40000 + i) != NULL;
	assert_true(given > 150 && given < 250);
	assert_ptr_equal(zone_fixed(3600), east);
}

enum { THREADS = 4 };

static void *load_all(void *into)
{
	const struct zone **found = into;
	for (size_t i = 0; i < n_all; i++)
		found[i] = zone_by_name(all[i]);
	found[n_all] = zone_fixed(5 * 3600);
	return NULL;
}

static void threads_get_the_same_zones(void **unused)
{
	(void)unused;
	static const struct zone *found[THREADS][2001];
	pthread_t threads[THREADS];
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, load_all, found[t]), 0);
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_join(threads[t], NULL), 0);
	for (size_t i = 0; i <= n_all; i++) {
		assert_non_null(found[0][i]);
		for (int t = 1; t < THREADS; t++)
			assert_ptr_equal(found[t][i], found[0][i]);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	(void)printf("seed %llu\n", (unsigned long long)seed);
	list_all("");
	qsort(all, n_all, sizeof *all, compare_strings);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_get_the_same_zones), /* first: nothing is loaded yet */
		cmocka_unit_test(quarters_agree_with_the_system),
		cmocka_unit_test(every_zone_agrees_at_random_moments),
		cmocka_unit_test(the_rule_goes_on_for_ever),
		cmocka_unit_test(a_day_begins_with_its_first_moment),
		cmocka_unit_test(only_names_of_zones_are_zones),
		cmocka_unit_test(fixed_zones_are_cached_and_bounded),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < n_all; i++)
		xfree(all[i]);
	return failed;
}
