/* test_zone_tzid.c -- TZIDs as calendars in the field write them. */
#include "cal/zone.h"
#include "cal/zone_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *tzid, *zone; /* NULL: none */
};

static const struct row iana_names[] = {
	{"Europe/Amsterdam", "Europe/Amsterdam"},
	{"europe/amsterdam", "Europe/Amsterdam"},
	{"EUROPE/AMSTERDAM", "Europe/Amsterdam"},
	{"Europe/Belfast", "Europe/Belfast"},
	{"America/New York", "America/New_York"},
	{"America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
	{"/Europe/Amsterdam", "Europe/Amsterdam"},
	{" Europe/Amsterdam ", "Europe/Amsterdam"},
	{"\"Europe/Amsterdam\"", "Europe/Amsterdam"},
	{"Europe/Amsterdam 1", "Europe/Amsterdam"},
	{"Europe/Amsterdam 12", "Europe/Amsterdam"},
	{"/freeassociation.sourceforge.net/Europe/Amsterdam", "Europe/Amsterdam"},
	{"/freeassociation.sourceforge.net/Tzfile/Europe/Amsterdam", "Europe/Amsterdam"},
	{"/freeassociation.sourceforge.net/UTC", "UTC"},
	{"/citadel.org/20210210_1/Europe/Berlin", "Europe/Berlin"},
	{"/mozilla.org/20050126_1/America/Indiana/Indianapolis", "America/Indiana/Indianapolis"},
	{"/softwarestudio.org/Olson_20011030_5/America/Los_Angeles", "America/Los_Angeles"},
	{"/mozilla.org/20070129_1/Europe/Paris 2", "Europe/Paris"},
	{"UTC", "UTC"},
	{"utc", "UTC"},
	{"Etc/GMT+1", "Etc/GMT+1"},
};

static const struct row guessed[] = {
	{"W. Europe Standard Time", "Europe/Berlin"},
	{"w. europe standard time", "Europe/Berlin"},
	{"W. Europe Standard Time 1", "Europe/Berlin"},
	{"Russia Time Zone 10", "Asia/Srednekolymsk"},
	{"W. Europe Daylight Time", "Europe/Berlin"},
	{"Romance Standard Time", "Europe/Paris"},
	{"GMT Standard Time", "Europe/London"},
	{"Eastern Standard Time", "America/New_York"},
	{"India Standard Time", "Asia/Kolkata"},
	{"FLE Standard Time", "Europe/Kyiv"},
	{"tzone://Microsoft/Utc", "UTC"},
	{"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"},
	{"(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"},
	{"(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna", "Europe/Amsterdam"},
	{"(UTC+01:00) Amsterdam\\, Berlin\\, Bern\\, Rome", "Europe/Amsterdam"},
	{"Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"},
	{"UTC+01:00 Amsterdam, Berlin", "Europe/Amsterdam"},
	{"(UTC+01:00) Bern, Rome", "Europe/Rome"},
	{"(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"},
	{"(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"},
	{"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "Europe/Brussels"},
	{"(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb", "Europe/Sarajevo"},
	{"(UTC+02:00) Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius", "Europe/Helsinki"},
	{"(UTC) Coordinated Universal Time", "UTC"},
	{"(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"},
	{"(UTC-06:00) Central Time (US & Canada)", "America/Chicago"},
	{"(UTC-07:00) Arizona", "America/Phoenix"},
	{"(UTC-05:00) Indiana (East)", "America/Indiana/Indianapolis"},
	{"(UTC-06:00) Guadalajara, Mexico City, Monterrey", "America/Mexico_City"},
	{"(UTC-04:00) Georgetown, La Paz, Manaus, San Juan", "America/La_Paz"},
	{"(UTC-03:30) Newfoundland", "America/St_Johns"},
	{"(UTC-03:00) Brasilia", "America/Sao_Paulo"},
	{"(UTC+05:00) Ekaterinburg", "Asia/Yekaterinburg"},
	{"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"},
	{"(UTC+06:30) Yangon (Rangoon)", "Asia/Yangon"},
	{"(UTC+10:00) Canberra, Melbourne, Sydney", "Australia/Canberra"},
	{"(UTC+10:30) Lord Howe Island", "Australia/Lord_Howe"},
	{"(UTC+12:45) Chatham Islands", "Pacific/Chatham"},
	{"(UTC+02:00) Damascus", "Asia/Damascus"}, /* +03 by now: the city counts */
	{"GMT+0100", "UTC+0100"},
	{"gmt+0100", "UTC+0100"},
	{"GMT+1", "UTC+0100"},
	{"GMT-3:30", "UTC-0330"},
	{"UTC+01:00", "UTC+0100"},
	{"(UTC+01:00)", "UTC+0100"},
	{"UTC +05:45", "UTC+0545"},
	{"+0200", "UTC+0200"},
	{"-05:00", "UTC-0500"},
	{"UTC+000001", "UTC+000001"},
	{"GMT-0000", "UTC"},
	{"Z", "UTC"},
};

static const struct row unknown[] = {
	{"", NULL},
	{" ", NULL},
	{"/", NULL},
	{"//", NULL},
	{"Customized Time Zone", NULL},
	{"tzone://Microsoft/Custom", NULL},
	{"(UTC+01:00) Nowhere, Elsewhere", NULL},
	{"Factory", NULL},
	{"posixrules", NULL},
	{"localtime", NULL},
	{"tzdata.zi", NULL},
	{"Europe", NULL},
	{"Europe/", NULL},
	{"Europe//Amsterdam", NULL},
	{"Europe/Amsterdam/", NULL},
	{"../../../x", NULL},
	{"../../../etc/passwd", NULL},
	{"../Europe/Amsterdam", NULL},
	{"/../Europe/Amsterdam", NULL},
	{"Europe/./Amsterdam", NULL},
	{"/usr/share/zoneinfo/../zoneinfo/Europe/Amsterdam", NULL},
	{"/etc/passwd", NULL},
	{"/dev/zero", NULL},
	{"Europe/Amsterdam\nX", NULL},
	{"GMT+9999", NULL},
	{"GMT+0160", NULL},
	{"GMT+", NULL},
	{"+", NULL},
	{"1", NULL},
	{"GMT+25", NULL},
	{"GMT+12345", NULL},
	{"GMT+01000000000000000", NULL},
	{"%s%s%n", NULL},
	{"(", NULL},
	{"(UTC", NULL},
	{"(UTC+01:00", NULL},
	{",,,,;;;;::::", NULL},
	{" / / / / ", NULL},
	{" Standard Time", NULL},
	{"West", NULL},
	{"North", NULL},
};

static void check(const struct row *rows, size_t n,
		  const struct zone *(*by)(const char *tzid, size_t n))
{
	for (size_t i = 0; i < n; i++) {
		/* A copy on the heap that ends where the text ends: reading on is seen by ASan. */
		size_t length = strlen(rows[i].tzid);
		char *tzid = malloc(length ? length : 1);
		assert_non_null(tzid);
		memcpy(tzid, rows[i].tzid, length);
		const struct zone *zone = by(tzid, length);
		free(tzid);
		const char *got = zone ? zone_name(zone) : "none";
		const char *want = rows[i].zone ? rows[i].zone : "none";
		if (strcmp(got, want) != 0)
			fail_msg("\"%s\": %s, not %s", rows[i].tzid, got, want);
	}
}

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void iana_names_with_what_is_around_them(void **unused)
{
	(void)unused;
	check(iana_names, COUNT(iana_names), zone_by_tzid);
	check(iana_names, COUNT(iana_names), zone_by_tzid_iana);
}

static void names_and_offsets_of_others(void **unused)
{
	(void)unused;
	check(guessed, COUNT(guessed), zone_by_tzid);
	/* A VTIMEZONE of such a name comes first. */
	assert_null(zone_by_tzid_iana("W. Europe Standard Time", 23));
	assert_null(zone_by_tzid_iana("(UTC+01:00) Amsterdam", 21));
	assert_null(zone_by_tzid_iana("GMT+0100", 8));
}

static void hostile_and_meaningless_names(void **unused)
{
	(void)unused;
	check(unknown, COUNT(unknown), zone_by_tzid);
	check(unknown, COUNT(unknown), zone_by_tzid_iana);
	assert_null(zone_by_tzid("Europe/Amsterdam\0x", 18));
	assert_null(zone_by_tzid("UTC\0", 4));
	assert_null(winzone_to_iana("UTC\0aaaaaaaaaaaaaaaaaaaaaaaaaaaa", 30));
	assert_null(winzone_to_iana("", 0));
	assert_null(winzone_to_iana("W. Europe", 9));
	/* @n counts, not a NUL. */
	assert_string_equal(zone_name(zone_by_tzid("Europe/Amsterdam:2026", 16)),
			    "Europe/Amsterdam");
	char *large = malloc(1 << 20);
	assert_non_null(large);
	for (const char *c = "/, A(+"; *c; c++) {
		memset(large, *c, 1 << 20);
		assert_null(zone_by_tzid(large, 1 << 20));
		for (size_t n = 1; n < 300; n++)
			assert_null(zone_by_tzid(large, n));
	}
	free(large);
}

static void every_windows_name_is_a_zone_of_this_system(void **unused)
{
	(void)unused;
	size_t n = 0;
	const char *name;
	for (; (name = winzone_name(n)); n++) {
		const char *iana = winzone_to_iana(name, strlen(name));
		assert_non_null(iana);
		const struct zone *zone = zone_by_name(iana);
		if (!zone)
			fail_msg("%s: no zone %s", name, iana);
		const struct zone *by_tzid = zone_by_tzid(name, strlen(name));
		if (!by_tzid || zone_offset(by_tzid, 1782864000) != zone_offset(zone, 1782864000))
			fail_msg("%s: not %s", name, iana);
		assert_true(n == 0 || strcasecmp(winzone_name(n - 1), name) < 0);
	}
	(void)printf("%zu Windows names\n", n);
	assert_true(n >= 130);
}

static void names_of_fixed_zones_come_back(void **unused)
{
	(void)unused;
	for (int s = -24 * 3600; s <= 24 * 3600; s += 900) {
		const struct zone *zone = zone_fixed(s);
		assert_non_null(zone);
		assert_ptr_equal(zone_by_tzid(zone_name(zone), strlen(zone_name(zone))), zone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iana_names_with_what_is_around_them),
		cmocka_unit_test(names_and_offsets_of_others),
		cmocka_unit_test(hostile_and_meaningless_names),
		cmocka_unit_test(every_windows_name_is_a_zone_of_this_system),
		cmocka_unit_test(names_of_fixed_zones_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
