/* test_vtimezone.c -- VTIMEZONEs read back: what zone_vtimezone wrote of 100 zones is the zone
 * again; those that calendars hold are read right; those made to hurt end soon, with a sentence. */
#include "cal/vtimezone.h"
#include "base/buf.h"
#include "cal/zone_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define MANY 1000000

static unsigned seed;

static utc_t at(int year, int month, int day, int hour)
{
	return local_at(civil_to_day(year, month, day), hour * 3600);
}

static bool read_in(const char *text, utc_t from, utc_t to, struct zone **out, struct err *err)
{
	int64_t steps = MANY;
	struct vtimezone_opts opts = {from, to, 1000, &steps};
	*out = NULL;
	return vtimezone_read((struct text){text, strlen(text)}, &opts, out, err);
}

static struct zone *read_years(const char *text, int from, int to)
{
	struct zone *zone;
	struct err err = {0};
	if (!read_in(text, at(from, 1, 1, 0), at(to, 1, 1, 0), &zone, &err))
		fail_msg("refused: %s\n%s", err.text, text);
	return zone;
}

/* ---- what we write ------------------------------------------------------------------------ */

struct list {
	const char *v[1000];
	size_t n;
};

static bool add_name(void *ctx, const char *name, const struct zone *zone)
{
	struct list *list = ctx;
	(void)zone;
	list->v[list->n++] = name;
	return true;
}

/* Every zone has a city, so a hundred cities will do: the difficult ones, then the others. */
static void zones_of_many_kinds(struct list *list)
{
	static const char *const cities[] = {
		"amsterdam",   "london",	 "dublin",	  "lisbon",	  "athens",
		"helsinki",    "kyiv",		 "moscow",	  "istanbul",	  "chisinau",
		"casablanca",  "el_aaiun",	 "cairo",	  "tripoli",	  "lagos",
		"nairobi",     "johannesburg",	 "windhoek",	  "khartoum",	  "juba",
		"tehran",      "baghdad",	 "jerusalem",	  "gaza",	  "hebron",
		"beirut",      "damascus",	 "amman",	  "dubai",	  "kabul",
		"karachi",     "kolkata",	 "kathmandu",	  "dhaka",	  "yangon",
		"bangkok",     "shanghai",	 "tokyo",	  "seoul",	  "pyongyang",
		"novosibirsk", "yekaterinburg",	 "kamchatka",	  "almaty",	  "tashkent",
		"perth",       "eucla",		 "adelaide",	  "darwin",	  "sydney",
		"brisbane",    "hobart",	 "lord_howe",	  "norfolk",	  "auckland",
		"chatham",     "apia",		 "tongatapu",	  "fiji",	  "kiritimati",
		"honolulu",    "anchorage",	 "adak",	  "los_angeles",  "phoenix",
		"denver",      "chicago",	 "new_york",	  "halifax",	  "st_johns",
		"toronto",     "regina",	 "mexico_city",	  "tijuana",	  "cancun",
		"havana",      "port-au-prince", "santo_domingo", "caracas",	  "bogota",
		"lima",	       "la_paz",	 "santiago",	  "punta_arenas", "easter",
		"asuncion",    "buenos_aires",	 "montevideo",	  "sao_paulo",	  "manaus",
		"noronha",     "nuuk",		 "scoresbysund",  "azores",	  "reykjavik",
		"troll",       "vostok",	 "casey",	  "ushuaia",	  "metlakatla",
		"whitehorse",  "ojinaga",	 "volgograd",
	};
	for (size_t i = 0; i < sizeof cities / sizeof *cities; i++)
		zone_each_of_city(cities[i], strlen(cities[i]), add_name, list);
}

static void what_we_write_reads_back(void **state)
{
	struct list list = {.n = 0};
	size_t whole = 0;
	(void)state;
	srand(seed);
	zones_of_many_kinds(&list);
	assert_true(list.n >= 100);
	for (size_t i = 0; i < list.n; i++) {
		const struct zone *zone = zone_by_name(list.v[i]);
		char *text = zone_vtimezone(zone, at(2020, 1, 1, 0));
		/* irregular for ever: the writer lists ten years */
		bool listed = strstr(text, "RDATE") && !strstr(text, "RRULE");
		int past = listed ? 2030 : 2040;
		struct zone *back = read_years(text, 2020, past);
		utc_t from = zone_to_utc(zone, at(2020, 1, 1, 0)), to = at(past, 1, 1, 0), when;
		char moment[CIVIL_TEXT];
		assert_string_equal(zone_name(back), list.v[i]);
		if (zone_first_difference(zone, back, from, to, &when))
			fail_msg("%s differs from %s on", list.v[i], utc_text(when, moment));
		for (int k = 0; k < 500; k++) { /* readings of the clock, gaps and overlaps too */
			local_t local = at(2020, 1, 2, 0) +
					(local_t)rand() % ((past - 2020) * 365 - 2) * DAY_S +
					rand() % 96 * 900;
			if (zone_to_utc(zone, local) != zone_to_utc(back, local))
				fail_msg("%s at %s", list.v[i], local_text(local, moment));
		}
		whole += !listed;
		vtimezone_free(back);
		xfree(text);
	}
	print_message("%zu zones, %zu of them to 2040\n", list.n, whole);
}

/* ---- what calendars hold ------------------------------------------------------------------ */

#define PART(kind, start, from, to, more)                                                          \
	"BEGIN:" kind "\r\nDTSTART:" start "\r\nTZOFFSETFROM:" from "\r\nTZOFFSETTO:" to           \
	"\r\n" more "END:" kind "\r\n"
#define ZONE(parts)	   "BEGIN:VTIMEZONE\r\nTZID:Campus\r\n" parts "END:VTIMEZONE\r\n"
#define LAST_SUNDAY(month) "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=" month "\r\n"

static int offset_at(const char *text, utc_t when)
{
	struct zone *zone;
	struct err err = {0};
	if (!read_in(text, when, when + DAY_S, &zone, &err))
		fail_msg("refused: %s", err.text);
	int offset = zone_offset(zone, when);
	vtimezone_free(zone);
	return offset;
}

static void outlook_begins_in_1601_and_others_in_the_year_1(void **state)
{
	static const char *const years[] = {"1601", "0001", "1970", "2025"};
	char text[600];
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(
			text, sizeof text,
			ZONE(PART("STANDARD", "%s0101T030000", "+0200", "+0100", LAST_SUNDAY("10"))
				     PART("DAYLIGHT", "%s0101T020000", "+0100", "+0200",
					  LAST_SUNDAY("3"))),
			years[i], years[i]);
		struct zone *zone = read_years(text, 2026, 2027);
		const struct zone *amsterdam = zone_by_name("Europe/Amsterdam");
		utc_t when;
		assert_false(zone_first_difference(zone, amsterdam, at(2025, 1, 1, 2),
						   at(2028, 1, 1, 0), &when));
		vtimezone_free(zone);
	}
}

/* A rule that is over decides as long as nothing follows; one that never was says DTSTART. */
static void rules_that_ended_still_hold(void **state)
{
	static const char text[] =
		ZONE(PART("DAYLIGHT", "19770403T020000", "+0100", "+0200",
			  "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4;UNTIL=19850407T010000Z\r\n")
			     PART("STANDARD", "19770925T030000", "+0200", "+0100",
				  "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=9;COUNT=9\r\n"));
	static const char rare[] =
		ZONE(PART("STANDARD", "19040229T000000", "+0200", "+0100",
			  "RRULE:FREQ=YEARLY;INTERVAL=100\r\n")
			     PART("DAYLIGHT", "20400101T000000", "+0100", "+0300", ""));
	(void)state;
	assert_int_equal(offset_at(text, at(1984, 7, 1, 0)), 7200);
	assert_int_equal(offset_at(text, at(1985, 7, 1, 0)), 7200);
	assert_int_equal(offset_at(text, at(1986, 7, 1, 0)), 3600);
	assert_int_equal(offset_at(text, at(2026, 7, 1, 0)), 3600);
	assert_int_equal(offset_at(text, at(1970, 1, 1, 0)), 3600); /* TZOFFSETFROM of the first */
	assert_int_equal(offset_at(rare, at(2026, 1, 1, 0)), 3600);
	assert_int_equal(offset_at(rare, at(2040, 1, 1, 0)), 10800);
}

static void seconds_dates_and_moments_in_utc(void **state)
{
	static const char text[] =
		ZONE(PART("STANDARD", "18930401T000000", "+010521", "+0100", "") PART(
			"DAYLIGHT", "19160430T230000", "+0100", "+0200",
			"RDATE:19400401T020000,19430329T020000\r\nRDATE:20260329T010000Z"
			"\r\nTZNAME:CEST\r\n") PART("STANDARD", "19161001T010000", "+0200", "+0100",
						    "RDATE;VALUE=DATE-TIME:19421102T030000\r\n"));
	(void)state;
	assert_int_equal(offset_at(text, at(1890, 1, 1, 0)), 3921);
	assert_int_equal(
		offset_at(text, local_at(civil_to_day(1893, 3, 31), 22 * 3600 + 54 * 60 + 38)),
		3921);
	assert_int_equal(
		offset_at(text, local_at(civil_to_day(1893, 3, 31), 22 * 3600 + 54 * 60 + 39)),
		3600);
	assert_int_equal(offset_at(text, at(1916, 7, 1, 0)), 7200);
	assert_int_equal(offset_at(text, at(1941, 7, 1, 0)), 7200);
	assert_int_equal(offset_at(text, at(1943, 1, 1, 0)), 3600);
	assert_int_equal(offset_at(text, at(2026, 3, 29, 0)), 7200); /* still: RDATE of 1943 */
	assert_int_equal(offset_at(text, at(2026, 3, 29, 1)), 7200);
}

/* At 8:00 of 5 May the clock goes back to 6:00: from there on the later offset, and of what is
 * read twice the first. */
static void an_overlap_counts_the_first(void **state)
{
	static const char text[] =
		ZONE(PART("STANDARD", "20240101T000000", "+1000", "+1200", "")
			     PART("DAYLIGHT", "20240505T080000", "+1200", "+1000", ""));
	struct zone *zone = read_years(text, 2024, 2025);
	(void)state;
	assert_int_equal(zone_to_utc(zone, at(2024, 5, 5, 8)), at(2024, 5, 5, 8) - 36000);
	assert_int_equal(zone_to_utc(zone, at(2024, 5, 5, 8) - 1), at(2024, 5, 5, 8) - 1 - 43200);
	assert_int_equal(zone_to_utc(zone, at(2024, 5, 5, 7)), at(2024, 5, 5, 7) - 43200);
	assert_int_equal(zone_to_utc(zone, at(2024, 1, 1, 1)), at(2024, 1, 1, 1) - 36000); /* gap */
	vtimezone_free(zone);
}

static void a_long_name_is_cut_between_letters(void **state)
{
	struct buf text = {0};
	(void)state;
	buf_adds(&text, "BEGIN:VTIMEZONE\nTZID:x");
	for (int i = 0; i < 60; i++)
		buf_adds(&text, "\xC3\xA9");
	buf_adds(&text,
		 "\n" PART("STANDARD", "19700101T000000", "+0100", "+0100", "") "END:VTIMEZONE\n");
	struct zone *zone = read_years(buf_str(&text), 2026, 2027);
	assert_int_equal(strlen(zone_name(zone)), 63);
	vtimezone_free(zone);
	buf_fini(&text);
}

/* ---- what cannot be used ------------------------------------------------------------------ */

/* Read or refused within 50 ms of processor time; the sentence, or "". */
static void reads_soon(const char *text, struct err *err)
{
	struct zone *zone;
	struct timespec a, b;
	*err = (struct err){0};
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	bool fine = read_in(text, at(2026, 1, 1, 0), at(2027, 6, 1, 0), &zone, err);
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	assert_true(fine ? zone != NULL : zone == NULL);
	vtimezone_free(zone);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	if (ms > 50)
		fail_msg("%.1f ms: %s", ms, err->text);
#endif
	if (ms > 2)
		print_message("%.1f ms: %s\n", ms, fine ? "read" : err->text);
}

static void refuses(const char *text, const char *sentence)
{
	struct err err;
	reads_soon(text, &err);
	if (!err.text[0] || !strstr(err.text, sentence))
		fail_msg("\"%s\" instead of \"%s\"", err.text, sentence);
}

#define GOOD PART("STANDARD", "19700101T000000", "+0100", "+0100", "")
#define RULED(rule)                                                                                \
	ZONE(GOOD PART("DAYLIGHT", "19700329T020000", "+0100", "+0200", "RRULE:" rule "\r\n"))

static void says_what_is_wrong(void **state)
{
	(void)state;
	refuses("", "neither STANDARD nor DAYLIGHT");
	refuses(ZONE(""), "neither STANDARD nor DAYLIGHT");
	refuses(ZONE("BEGIN:STANDARD\r\nEND:STANDARD\r\n"), "STANDARD without DTSTART");
	refuses(ZONE("BEGIN:DAYLIGHT\r\nDTSTART:19700101T000000\r\nTZOFFSETTO:+0100\r\nEND:DAYLIGHT"
		     "\r\n"),
		"DAYLIGHT without TZOFFSETFROM");
	refuses(ZONE("BEGIN:DAYLIGHT\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"
		     "END:DAYLIGHT\r\n"),
		"DAYLIGHT without TZOFFSETTO");
	refuses(ZONE(GOOD "BEGIN:STANDARD\r\n"), "STANDARD without its END");
	refuses(ZONE("BEGIN:STANDARD\r\nBEGIN:DAYLIGHT\r\n"), "DAYLIGHT inside STANDARD");
	refuses(ZONE(PART("STANDARD", "19700230T000000", "+0100", "+0100", "")),
		"DTSTART 19700230T000000 is no date or time");
	refuses(ZONE(PART("STANDARD", "19700101T000000", "+0100", "+0100",
			  "RDATE:19700101,soon\r\n")),
		"RDATE 19700101,soon is no date or time");
	static const char *const offsets[] = {"",	  "0100",   "+01",     "+2400",
					      "+0160",	  "+01:00", "+010060", "+01000",
					      "+0100000", "+0x00",  "1h"};
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		char text[300];
		(void)snprintf(text, sizeof text,
			       ZONE(PART("STANDARD", "19700101T000000", "+0100", "%s", "")),
			       offsets[i]);
		refuses(text, "is no offset");
	}
	refuses(RULED("INTERVAL=1"), "RRULE without FREQ");
	refuses(RULED("FREQ=YEARLY;BYMONTH=13"), "RRULE");
	refuses(RULED("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), "never matches");
	refuses(RULED("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"), "never matches");
	refuses(RULED("FREQ=YEARLY;BYDAY=MO;BYSETPOS=366"), "never matches");
}

static void what_is_made_to_hurt_ends_soon(void **state)
{
	struct buf text = {0};
	struct err err;
	(void)state;
	refuses(RULED("FREQ=SECONDLY"), "RRULE with more than 50000 occurrences");
	reads_soon(RULED("FREQ=SECONDLY;COUNT=2000000000"), &err);
	refuses(RULED("FREQ=MINUTELY;BYMONTH=3"), "RRULE with more than");
	refuses(RULED("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), "never matches");
	reads_soon(RULED("FREQ=SECONDLY;BYHOUR=1;BYMINUTE=1;BYSECOND=1;BYMONTH=2;BYDAY=MO;"
			 "BYMONTHDAY=29;COUNT=100000"),
		   &err);
	for (int i = 0; i < 10000; i++)
		buf_adds(&text,
			 PART("DAYLIGHT", "19700329T020000", "+0100", "+0200", LAST_SUNDAY("3")));
	char *many = xasprintf("BEGIN:VTIMEZONE\r\n%s", buf_str(&text));
	refuses(many, "more than 1000 STANDARD and DAYLIGHT parts ([import] zone_observances)");
	xfree(many);
	many = xasprintf(
		"BEGIN:VTIMEZONE\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\n"
		"TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n%.2000s",
		"RRULE:FREQ=DAILY;COUNT=999999999\r\nRRULE:FREQ=DAILY;COUNT=999999999\r\n");
	char *closed = xasprintf("%sEND:STANDARD\r\n", many);
	reads_soon(closed, &err);
	xfree(closed);
	xfree(many);
	buf_clear(&text);
	buf_adds(&text, "BEGIN:VTIMEZONE\r\n");
	for (int i = 0; i < 1000; i++) /* a walk of 2,000 years each */
		buf_adds(&text, PART("DAYLIGHT", "00010329T020000", "+0100", "+0200",
				     "RRULE:FREQ=YEARLY;COUNT=9999;BYMONTH=3;BYDAY=-1SU\r\n"));
	refuses(buf_str(&text), "takes too many steps ([import] rule_steps)");
	buf_clear(&text);
	buf_adds(&text, "BEGIN:VTIMEZONE\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
			"TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nRDATE:19700101");
	for (int i = 0; i < 30000; i++)
		buf_adds(&text, ",19700101");
	buf_adds(&text, "\r\nEND:STANDARD\r\n");
	refuses(buf_str(&text), "more than 25000 changes");
	buf_clear(&text);
	buf_adds(&text, ZONE(PART("STANDARD", "19700101T000000", "+0100", "-2300",
				  "") PART("STANDARD", "19700101T000001", "-2300", "+2300", "")
				     PART("STANDARD", "19700101T000003", "+2300", "-2300", "")));
	reads_soon(buf_str(&text), &err);
	buf_fini(&text);
}

/* Any damage to a good VTIMEZONE is read or refused, never worse. */
static void bitten_ones_do_no_harm(void **state)
{
	static const char good[] = ZONE(
		PART("DAYLIGHT", "19770403T020000", "+0100", "+0200",
		     "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4;UNTIL=20300407T010000Z\r\n"
		     "RDATE:20310401T020000,20320329T020000\r\n")
			PART("STANDARD", "19770925T030000", "+0200", "+0100", LAST_SUNDAY("9")));
	size_t fine = 0;
	(void)state;
	srand(seed);
	for (int i = 0; i < 3000; i++) {
		char text[sizeof good];
		struct zone *zone;
		struct err err = {0};
		memcpy(text, good, sizeof good);
		for (int k = rand() % 4; k >= 0; k--)
			text[(size_t)rand() % (sizeof good - 1)] = "0129;:=,+-ZTSYM\n"[rand() % 16];
		if (read_in(text, at(2026, 1, 1, 0), at(2027, 1, 1, 0), &zone, &err)) {
			assert_true(abs(zone_offset(zone, at(2026, 6, 1, 0))) < DAY_S);
			vtimezone_free(zone);
			fine++;
		} else {
			assert_true(err.text[0]);
		}
	}
	print_message("%zu of 3000 bitten ones still read\n", fine);
	assert_true(fine > 100 && fine < 2900);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_write_reads_back),
		cmocka_unit_test(outlook_begins_in_1601_and_others_in_the_year_1),
		cmocka_unit_test(rules_that_ended_still_hold),
		cmocka_unit_test(seconds_dates_and_moments_in_utc),
		cmocka_unit_test(an_overlap_counts_the_first),
		cmocka_unit_test(a_long_name_is_cut_between_letters),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(what_is_made_to_hurt_ends_soon),
		cmocka_unit_test(bitten_ones_do_no_harm),
	};
	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
