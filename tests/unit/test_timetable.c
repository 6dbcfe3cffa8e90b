/* test_timetable.c -- bytes to busy time in one process: the calendars of tests/data/ics beside
 * their .expected lists (the same that tests/tools/test_source_check.py gives to the real
 * program, here under the sanitizers too), what a timetable says of itself, and damaged wires. */
#include "cal/ics_parse.h"
#include "cal/timetable.h"
#include "cal/wire.h"
#include "base/parse.h"
#include "work/import_read.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define DATA	       "tests/data/ics"
#define CAL(body)      "BEGIN:VCALENDAR\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body)    "BEGIN:VEVENT\r\n" body "END:VEVENT\r\n"
#define AT(date, more) EVENT("UID:" date "\r\nDTSTART:" date "T080000Z\r\nDURATION:PT1H\r\n" more)

static unsigned seed = 1;

/* libical in this process: no cage, so that the sanitizers see it all. */
static bool parse_here(void *ctx, const struct buf *text, const struct import_limits *limits,
		       struct buf *wire, struct err *err)
{
	(void)ctx;
	(void)limits;
	return ics_parse(buf_str(text), text->n, wire, err);
}

struct setup {
	struct policy policy;
	struct timetable_opts opts;
};

static utc_t day_at(const struct zone *zone, const char *text)
{
	day_t day;
	struct err err;
	assert_true(parse_date(text, &day, &err));
	return zone_day_start(zone, day);
}

static void setup_init(struct setup *s, const char *from, const char *to)
{
	*s = (struct setup){.opts = {.zone = zone_by_name("Europe/Amsterdam")}};
	policy_init(&s->policy);
	s->opts.from = day_at(s->opts.zone, from);
	s->opts.to = day_at(s->opts.zone, to);
	s->opts.now = s->opts.from;
	s->opts.own_host = "duo.example.org";
}

static void set(struct setup *s, const char *key, const char *value)
{
	struct err err;
	if (!policy_set(&s->policy, key, value, &err))
		fail_msg("%s", err.text);
}

static void build(struct setup *s, const char *text, size_t n, struct timetable *out)
{
	struct err err = {0};
	struct import_file file = {NULL, text, n};
	*out = (struct timetable){0};
	if (!import_read(&file, 1, &s->policy, &s->opts, parse_here, NULL, out, &err))
		fail_msg("refused: %s", err.text);
	assert_true(busyset_is_canonical(&out->busy));
}

/* ---- the calendars of tests/data/ics ------------------------------------------------------ */

/* "# --from D --to D [--zone Z] [--kind K] [--set K=V]..." */
static void read_options(char *line, struct setup *s)
{
	char *words[64], *from = NULL, *to = NULL;
	const char *zone = "Europe/Amsterdam";
	size_t n;
	struct err err;
	setup_init(s, "2026-01-01", "2026-01-02");
	assert_true(parse_words(line, words, 64, &n, &err));
	for (size_t i = 1; i + 1 < n; i += 2) {
		char *is = strchr(words[i + 1], '=');
		if (strcmp(words[i], "--set") == 0) {
			*is = '\0';
			set(s, words[i + 1], is + 1);
		} else if (strcmp(words[i], "--kind") == 0) {
			set(s, "kind", words[i + 1]);
		} else if (strcmp(words[i], "--zone") == 0) {
			zone = words[i + 1];
		} else if (strcmp(words[i], "--from") == 0) {
			from = words[i + 1];
		} else {
			to = words[i + 1];
		}
	}
	s->opts.zone = zone_by_name(zone);
	s->opts.from = day_at(s->opts.zone, from);
	s->opts.to = day_at(s->opts.zone, to);
}

static void check_case(const char *name)
{
	char path[300], start[CIVIL_TEXT], end[CIVIL_TEXT];
	struct err err = {0};
	struct import_files expected = {0}, calendar = {0};
	struct setup s;
	struct timetable t;
	struct buf got = {0};
	(void)snprintf(path, sizeof path, DATA "/%s.expected", name);
	assert_true(import_load(path, &import_limits_default, &expected, &err));
	(void)snprintf(path, sizeof path, DATA "/%s.ics", name);
	assert_true(import_load(path, &import_limits_default, &calendar, &err));
	char *text = xstrdup(expected.v[0].bytes), *lines = strchr(text, '\n');
	assert_non_null(lines);
	*lines++ = '\0';
	read_options(text, &s);
	build(&s, calendar.v[0].bytes, calendar.v[0].n, &t);
	if (t.horizon > s.opts.from && t.horizon < s.opts.to)
		busyset_fill_free(&t.busy, t.horizon, s.opts.to, LEVEL_UNKNOWN);
	for (size_t i = 0; i < t.busy.n; i++)
		buf_addf(&got, "%s %s %s\n", utc_text(t.busy.v[i].start, start),
			 utc_text(t.busy.v[i].end, end), level_word(t.busy.v[i].level));
	if (strcmp(buf_str(&got), lines) != 0)
		fail_msg("%s:\n%sinstead of\n%s", name, buf_str(&got), lines);
	timetable_fini(&t);
	policy_fini(&s.policy);
	import_files_fini(&expected);
	import_files_fini(&calendar);
	buf_fini(&got);
	xfree(text);
}

static void every_calendar_gives_its_busy_list(void **state)
{
	DIR *dir = opendir(DATA);
	int n = 0;
	(void)state;
	assert_non_null(dir); /* tests run in the project's root */
	for (const struct dirent *e; (e = readdir(dir));) {
		size_t k = strlen(e->d_name);
		char name[256];
		if (k <= 9 || strcmp(e->d_name + k - 9, ".expected") != 0)
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)(k - 9), e->d_name);
		check_case(name);
		n++;
	}
	(void)closedir(dir);
	assert_true(n > 50);
}

/* ---- what a timetable says ---------------------------------------------------------------- */

static void warns(const struct timetable *t, int line, const char *text)
{
	for (size_t i = 0; i < t->warnings.n; i++)
		if (t->warnings.v[i].line == line && strstr(t->warnings.v[i].text, text))
			return;
	fail_msg("no warning \"%s\" of line %d", text, line);
}

static void counts_zones_and_warnings(void **state)
{
	static const char text[] =
		CAL(AT("20260302", "STATUS:CANCELLED\r\n") AT("20260303", "RRULE:INTERVAL=2\r\n")
			    AT("20260304", "") EVENT("UID:no\r\n")
				    EVENT("UID:z\r\nDTSTART;TZID=Nowhere:20260305T090000\r\n")
					    EVENT("UID:f\r\nDTSTART:20260306T090000\r\n")
						    EVENT("UID:d\r\nDTSTART:20260308\r\n"));
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-04-01");
	build(&s, text, sizeof text - 1, &t);
	assert_int_equal(t.n_events, 7);
	assert_int_equal(t.n_skipped, 2);
	assert_int_equal(t.n_occurrences, 5);
	assert_int_equal(t.n_timed, 4);
	assert_int_equal(t.n_timed_free, 1);
	assert_int_equal(t.n_zones, 2);
	assert_string_equal(t.zones[0], "Europe/Amsterdam");
	assert_string_equal(t.zones[1], "UTC");
	assert_int_equal(t.first, t.occurrences[0].start);
	assert_int_equal(t.last, day_at(s.opts.zone, "2026-03-09"));
	warns(&t, 12, "event skipped: RRULE without FREQ");
	warns(&t, 19, "event skipped: it has no DTSTART");
	warns(&t, 22, "zone Nowhere is unknown; read as Europe/Amsterdam");
	warns(&t, 22, "an event without end counts as 50m (default_length)");
	warns(&t, 26, "1 event without a zone; read as Europe/Amsterdam");
	warns(&t, 0, "1 of 4 timed events come out free (25 %)");
	for (size_t i = 1; i + 1 < t.warnings.n; i++)
		assert_true(t.warnings.v[i - 1].line <= t.warnings.v[i].line);
	timetable_fini(&t);
	policy_fini(&s.policy);
}

#define VTIMEZONE(tzid, parts) "BEGIN:VTIMEZONE\r\nTZID:" tzid "\r\n" parts "END:VTIMEZONE\r\n"
#define PART(kind, start, from, to, rule)                                                          \
	"BEGIN:" kind "\r\nDTSTART:" start "\r\nTZOFFSETFROM:" from "\r\nTZOFFSETTO:" to           \
	"\r\n" rule "END:" kind "\r\n"
#define FIXED(offset) PART("STANDARD", "19700101T000000", offset, offset, "")
#define EU(march)                                                                                  \
	PART("STANDARD", "19701025T030000", "+0200", "+0100",                                      \
	     "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n")                                        \
	PART("DAYLIGHT", "19700329T020000", "+0100", "+0200",                                      \
	     "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=" march "\r\n")
#define LOCAL(uid, tzid)                                                                           \
	EVENT("UID:" uid "\r\nDTSTART;TZID=" tzid ":2026030" uid "T090000\r\nDURATION:PT1H\r\n")

/* Where a VTIMEZONE of a known name is wrong, where one is no good, and where all is well. */
static void zones_are_taken_in_their_order(void **state)
{
	static const char text[] =
		CAL(VTIMEZONE("Europe/Amsterdam", EU("1SU")) VTIMEZONE("Europe/Vienna", EU("-1SU"))
			    VTIMEZONE("Asia/Tokyo", FIXED("+0x00")) VTIMEZONE("Bad", FIXED("+0x00"))
				    VTIMEZONE("Asia/Seoul", FIXED("+0500")) VTIMEZONE(
					    "Good", FIXED("+0500")) LOCAL("2", "Europe/Amsterdam")
					    LOCAL("3", "Europe/Vienna") LOCAL("4", "Asia/Tokyo")
						    LOCAL("5", "Bad") LOCAL("6", "Good"));
	static const int hours[] = {8, 8, 0, 8, 4};
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-05-01");
	build(&s, text, sizeof text - 1, &t);
	assert_int_equal(t.n_occurrences, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(t.occurrences[i].start,
				 local_at(civil_to_day(2026, 3, 2 + i), hours[i] * 3600));
	warns(&t, 2,
	      "VTIMEZONE Europe/Amsterdam has other rules than Europe/Amsterdam from "
	      "2026-03-01T01:00:00Z on; Europe/Amsterdam counts");
	warns(&t, 40, "VTIMEZONE Bad not used: TZOFFSETFROM +0x00 is no offset");
	warns(&t, 79, "zone Bad is unknown; read as Europe/Amsterdam");
	assert_int_equal(t.warnings.n, 3);
	assert_int_equal(t.n_zones, 4);
	assert_string_equal(t.zones[3], "Good");
	timetable_fini(&t);
	policy_fini(&s.policy);
}

/* Of VTIMEZONEs of one name those of the same calendar go first, then those with the very name. */
static void the_nearest_vtimezone_of_a_name_counts(void **state)
{
	static const char text[] = CAL(
		VTIMEZONE("Campus", FIXED("+0500")) VTIMEZONE("CAMPUS", FIXED("+0600"))
			LOCAL("1", "CAMPUS") LOCAL("2", "campus") LOCAL("3", "Campus"))
		CAL(VTIMEZONE("campus", FIXED("+0900")) LOCAL("4", "Campus") LOCAL("5", "campus"))
			CAL(LOCAL("6", "CAMPUS") LOCAL("7", "CaMpUs") LOCAL("8", "campus"));
	static const int offsets[] = {6, 5, 5, 9, 9, 6, 5, 9};
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-02-01", "2026-05-01");
	build(&s, text, sizeof text - 1, &t);
	assert_int_equal(t.n_occurrences, 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(t.occurrences[i].start,
				 local_at(civil_to_day(2026, 3, 1 + i), (9 - offsets[i]) * 3600));
	assert_int_equal(t.warnings.n, 0);
	timetable_fini(&t);
	policy_fini(&s.policy);
}

/* No word about the time before a VTIMEZONE begins; a Windows name whose rules are the usual ones
 * goes by its IANA name, one whose rules are not by its own. */
static void vtimezones_that_say_the_usual(void **state)
{
	static const char text[] =
		CAL(VTIMEZONE("Europe/Berlin",
			      PART("STANDARD", "20251026T030000", "+0200", "+0100", "")
				      PART("DAYLIGHT", "20260329T020000", "+0100", "+0200", ""))
			    VTIMEZONE("W. Europe Standard Time", EU("-1SU"))
				    VTIMEZONE("Tokyo Standard Time", EU("-1SU"))
					    LOCAL("2", "Europe/Berlin")
						    LOCAL("3", "W. Europe Standard Time")
							    LOCAL("4", "Tokyo Standard Time"));
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2025-03-01", "2026-05-01");
	build(&s, text, sizeof text - 1, &t);
	assert_int_equal(t.n_occurrences, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(t.occurrences[i].start,
				 local_at(civil_to_day(2026, 3, 2 + i), 8 * 3600));
	assert_int_equal(t.warnings.n, 0);
	assert_int_equal(t.n_zones, 2);
	assert_string_equal(t.zones[0], "Europe/Berlin");
	assert_string_equal(t.zones[1], "Tokyo Standard Time");
	timetable_fini(&t);
	policy_fini(&s.policy);
}

/* ... also where no TZID was looked up: the fast lane finds its zones by itself. */
static void zones_in_use_are_compared(void **state)
{
	static const char text[] = CAL(VTIMEZONE("UTC", FIXED("+0500")) AT("20260302", ""));
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-05-01");
	build(&s, text, sizeof text - 1, &t);
	warns(&t, 2, "VTIMEZONE UTC has other rules than UTC from 2026-02-28T23:00:00Z on");
	assert_int_equal(t.occurrences[0].start, local_at(civil_to_day(2026, 3, 2), 8 * 3600));
	timetable_fini(&t);
	policy_fini(&s.policy);
}

/* 40 VTIMEZONEs that each take all they can get, and as many events. */
static void many_costly_vtimezones_are_bounded(void **state)
{
	struct buf text = {0};
	struct setup s;
	struct timetable t;
	(void)state;
	buf_adds(&text, "BEGIN:VCALENDAR\r\n");
	for (int i = 0; i < 40; i++) {
		buf_addf(&text, "BEGIN:VTIMEZONE\r\nTZID:Z%d\r\n", i);
		for (int k = 0; k < 200; k++)
			buf_adds(&text,
				 PART("DAYLIGHT", "00010329T020000", "+0100", "+0200",
				      "RRULE:FREQ=YEARLY;COUNT=9999;BYMONTH=3;BYDAY=-1SU\r\n"));
		buf_addf(&text,
			 "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:%d\r\nDTSTART;TZID=Z%d:"
			 "20260302T090000\r\nDURATION:PT1H\r\nEND:VEVENT\r\n",
			 i, i);
	}
	buf_adds(&text, "END:VCALENDAR\r\n");
	setup_init(&s, "2026-03-01", "2026-05-01");
	clock_t before = clock();
	build(&s, buf_str(&text), text.n, &t);
	double spent = (double)(clock() - before) / CLOCKS_PER_SEC;
	assert_int_equal(t.n_occurrences, 40);
	assert_int_equal(t.warnings.n, 80);
	warns(&t, 2, "VTIMEZONE Z0 not used: takes too many steps ([import] rule_steps)");
	assert_true(spent < 1);
	print_message("%.0f ms of the processor for 40 costly VTIMEZONEs\n", spent * 1e3);
	timetable_fini(&t);
	policy_fini(&s.policy);
	buf_fini(&text);
}

static void our_own_events_are_free(void **state)
{
	static const char text[] = CAL(EVENT(
		"UID:s42@duo.example.org\r\nDTSTART:20260302T080000Z\r\n"
		"DURATION:PT1H\r\n") EVENT("UID:s42@xduo.example.org\r\nDTSTART:20260303T080000Z"
					   "\r\nDURATION:PT1H\r\n"));
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-04-01");
	build(&s, text, sizeof text - 1, &t);
	assert_int_equal(t.n_occurrences, 2);
	assert_int_equal(t.occurrences[0].level, LEVEL_FREE);
	assert_int_equal(t.occurrences[1].level, LEVEL_BUSY);
	assert_int_equal(t.n_timed, 1); /* no sign of a wrong policy */
	timetable_fini(&t);
	policy_fini(&s.policy);
}

/* Exports renumber UIDs and stamps: the same lesson keeps its number, another one has another. */
static void series_follow_content(void **state)
{
	static const char a[] = CAL(EVENT("UID:1\r\nDTSTAMP:20260101T000000Z\r\nSEQUENCE:1\r\n"
					  "DTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
					  "RRULE:FREQ=WEEKLY;COUNT=2\r\n"));
	static const char b[] =
		CAL("X-A:1\r\n" EVENT("DTSTAMP:20260201T000000Z\r\nSEQUENCE:2\r\nUID:2\r\n"
				      "DTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
				      "RRULE:FREQ=WEEKLY;COUNT=2\r\n"));
	static const char c[] = CAL(EVENT("UID:1\r\nDTSTART:20260302T080000Z\r\nDURATION:PT2H\r\n"
					  "RRULE:FREQ=WEEKLY;COUNT=2\r\n"));
	const char *texts[] = {a, b, c};
	uint64_t series[3];
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct setup s;
		struct timetable t;
		setup_init(&s, "2026-03-01", "2026-04-01");
		build(&s, texts[i], strlen(texts[i]), &t);
		assert_int_equal(t.n_occurrences, 2);
		assert_true(t.occurrences[0].series == t.occurrences[1].series);
		series[i] = t.occurrences[0].series;
		timetable_fini(&t);
		policy_fini(&s.policy);
	}
	assert_true(series[0] == series[1]);
	assert_true(series[0] != series[2]);
}

static utc_t horizon_of(const char *key, const char *text, const char *to)
{
	struct setup s;
	struct timetable t;
	setup_init(&s, "2026-03-01", to);
	if (key)
		set(&s, "horizon", key);
	build(&s, text, strlen(text), &t);
	utc_t horizon = t.horizon;
	timetable_fini(&t);
	policy_fini(&s.policy);
	return horizon;
}

static void horizons(void **state)
{
	static const char weekly[] =
		CAL(EVENT("UID:1\r\nDTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
			  "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=8\r\n") AT("20260616", "")
			    AT("20260712", "STATUS:TENTATIVE\r\n"));
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	(void)state;
	/* four weeks with 2, one with 1 (half the median counts): Sunday 21 June, 24:00 */
	assert_int_equal(horizon_of(NULL, weekly, "2026-09-01"), day_at(zone, "2026-06-22"));
	assert_true(horizon_of(NULL, weekly, "2026-06-22") == UTC_MAX);
	assert_int_equal(horizon_of(NULL, weekly, "2026-06-01"), day_at(zone, "2026-03-30"));
	assert_true(horizon_of("open", weekly, "2026-09-01") == UTC_MAX);
	assert_int_equal(horizon_of("2w", weekly, "2026-09-01"),
			 day_at(zone, "2026-03-01") + 14 * DAY_S);
	/* nothing timed and busy: known up to the moment of the import */
	assert_int_equal(horizon_of(NULL, CAL(""), "2026-09-01"), day_at(zone, "2026-03-01"));
	assert_int_equal(horizon_of(NULL, CAL(EVENT("DTSTART:20260401\r\n")), "2026-09-01"),
			 day_at(zone, "2026-03-01"));
}

static void endless_rules_are_bounded(void **state)
{
	static const char text[] = CAL(AT("20260302", "RRULE:FREQ=SECONDLY\r\n") AT(
		"20260303", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n") AT("20260304", ""));
	struct setup s;
	struct timetable t;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-04-01");
	build(&s, text, sizeof text - 1, &t);
	warns(&t, 2, "only the first ones count");
	warns(&t, 8, "RRULE that never matches: only DTSTART counts");
	assert_true(t.n_occurrences > 1000 && t.n_occurrences <= 200000);
	assert_int_equal(busyset_at(&t.busy, day_at(s.opts.zone, "2026-03-04") + 9 * 3600 + 60),
			 LEVEL_BUSY);
	timetable_fini(&t);
	policy_fini(&s.policy);
}

static void too_much_fails_the_import(void **state)
{
	static const char text[] =
		CAL(AT("20260302", "RRULE:FREQ=DAILY\r\n") AT("20260303", "RRULE:FREQ=DAILY\r\n"));
	struct import_limits limits = import_limits_default;
	struct setup s;
	struct timetable t = {.n_events = 77};
	struct err err = {0};
	struct import_file files[2] = {{"a.ics", text, sizeof text - 1}, {"b.ics", "<html>", 6}};
	(void)state;
	setup_init(&s, "2026-03-01", "2026-04-01");
	s.opts.limits = &limits;
	limits.occurrences = 40;
	assert_false(import_read(files, 1, &s.policy, &s.opts, parse_here, NULL, &t, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "line 8: more than 40 occurrences"));
	limits = import_limits_default;
	limits.rule_steps = 10;
	assert_false(import_read(files, 1, &s.policy, &s.opts, parse_here, NULL, &t, &err) &&
		     t.warnings.n == 0);
	limits = import_limits_default;
	if (t.n_events != 77)
		timetable_fini(&t);
	t = (struct timetable){.n_events = 77};
	assert_false(import_read(files, 2, &s.policy, &s.opts, parse_here, NULL, &t, &err));
	assert_string_equal(err.text, "b.ics: not a calendar: line 1: <html>");
	assert_int_equal(t.n_events, 77);
	policy_fini(&s.policy);
}

/* ---- what comes out of the cage is not trusted --------------------------------------------- */

static const char rich[] = CAL(
	"X-WR-TIMEZONE:Europe/Paris\r\n" EVENT(
		"UID:1\r\nDTSTART;TZID=Europe/London:20260302T090000\r\nDTEND;TZID=Europe/London:"
		"20260302T100000\r\nRRULE:FREQ=WEEKLY;COUNT=9\r\nEXDATE;TZID=Europe/London:"
		"20260309T090000,20260316T090000\r\nRDATE;VALUE=PERIOD:20260310T080000Z/PT2H\r\n")
		EVENT("UID:1\r\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:"
		      "20260323T090000\r\nDTSTART:20260323T120000\r\nDURATION:P1DT2H\r\n"
		      "STATUS:TENTATIVE\r\nSEQUENCE:3\r\nTRANSP:TRANSPARENT\r\n"
		      "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\nSUMMARY:Vervallen\r\n") "BEGIN:"
										 "VFREEBUSY\r\nFREE"
										 "BUSY:"
										 "20260302T080000Z/"
										 "PT1H\r\nEND:"
										 "VFREEBUSY\r\n");

static void damaged_wires_do_no_harm(void **state)
{
	struct setup s;
	struct sieved sieved = {0};
	struct buf wire = {0};
	struct err err;
	int taken = 0, refused = 0;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-06-01");
	assert_true(timetable_sieve(rich, sizeof rich - 1, &s.policy, &import_limits_default,
				    &sieved, &err));
	assert_true(ics_parse(sieved.text.v, sieved.text.n, &wire, &err));
	for (int round = 0; round < 3000; round++) {
		struct buf bad = {0};
		struct timetable t = {0};
		buf_add(&bad, wire.v, wire.n);
		for (int k = rand_r(&seed) % 3; k >= 0; k--)
			bad.v[(size_t)rand_r(&seed) % bad.n] = (char)rand_r(&seed);
		if (rand_r(&seed) % 4 == 0)
			bad.n = (size_t)rand_r(&seed) % bad.n;
		if (timetable_build(&sieved, &bad, &s.policy, &s.opts, &t, &err)) {
			assert_true(busyset_is_canonical(&t.busy));
			taken++;
		} else {
			refused++;
		}
		timetable_fini(&t);
		buf_fini(&bad);
	}
	assert_true(taken > 100 && refused > 100);
	sieved_fini(&sieved);
	buf_fini(&wire);
	policy_fini(&s.policy);
}

/* Mutated calendars: read or refused with a sentence, the same both times. */
static void damaged_calendars_do_no_harm(void **state)
{
	static const char *const pieces[] = {"\r\n",
					     "BEGIN:VEVENT\r\n",
					     "END:VEVENT\r\n",
					     ";TZID=",
					     ":",
					     "\"",
					     "\r\n ",
					     "\xff",
					     "99999999",
					     "RRULE:FREQ=",
					     ",",
					     "RDATE;VALUE=PERIOD:"};
	struct setup s;
	(void)state;
	setup_init(&s, "2026-03-01", "2026-06-01");
	for (int round = 0; round < 1500; round++) {
		struct buf text = {0};
		size_t cut = (size_t)rand_r(&seed) % sizeof rich;
		buf_add(&text, rich, cut);
		buf_adds(&text, pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
		size_t skip = (size_t)rand_r(&seed) % 4;
		if (cut + skip < sizeof rich - 1)
			buf_adds(&text, rich + cut + skip);
		struct import_file file = {NULL, text.v, text.n};
		struct timetable t = {0}, again = {0};
		struct err err = {0}, err2 = {0};
		bool fine = import_read(&file, 1, &s.policy, &s.opts, parse_here, NULL, &t, &err);
		assert_int_equal(fine, import_read(&file, 1, &s.policy, &s.opts, parse_here, NULL,
						   &again, &err2));
		assert_true(fine || err.text[0]);
		assert_string_equal(err.text, err2.text);
		assert_true(busyset_equal(&t.busy, &again.busy));
		timetable_fini(&t);
		timetable_fini(&again);
		buf_fini(&text);
	}
	policy_fini(&s.policy);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	(void)printf("seed %u\n", seed);
	ics_parse_prepare();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_calendar_gives_its_busy_list),
		cmocka_unit_test(counts_zones_and_warnings),
		cmocka_unit_test(zones_are_taken_in_their_order),
		cmocka_unit_test(the_nearest_vtimezone_of_a_name_counts),
		cmocka_unit_test(vtimezones_that_say_the_usual),
		cmocka_unit_test(zones_in_use_are_compared),
		cmocka_unit_test(many_costly_vtimezones_are_bounded),
		cmocka_unit_test(our_own_events_are_free),
		cmocka_unit_test(series_follow_content),
		cmocka_unit_test(horizons),
		cmocka_unit_test(endless_rules_are_bounded),
		cmocka_unit_test(too_much_fails_the_import),
		cmocka_unit_test(damaged_wires_do_no_harm),
		cmocka_unit_test(damaged_calendars_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
