/* test_sieve.c -- what passes the sieve, what does not, and what it says. */
#include "cal/charset.h"
#include "cal/contentline.h"
#include "cal/timetable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CAL(body)   "BEGIN:VCALENDAR\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body) CAL("BEGIN:VEVENT\r\n" body "END:VEVENT\r\n")

static struct import_limits limits;
static const char *ignore = "none";

static bool sieve(const char *text, size_t n, struct sieved *out, struct err *err)
{
	struct policy policy;
	policy_init(&policy);
	bool fine = policy_set(&policy, "ignore", ignore, err) &&
		    timetable_sieve(text, n, &policy, &limits, out, err);
	policy_fini(&policy);
	return fine;
}

static void passes(const char *text, struct sieved *out)
{
	struct err err = {0};
	*out = (struct sieved){0};
	if (!sieve(text, strlen(text), out, &err))
		fail_msg("refused: %s", err.text);
}

static void has(const struct sieved *s, const char *text)
{
	if (!strstr(buf_str(&s->text), text))
		fail_msg("no \"%s\" in:\n%s", text, buf_str(&s->text));
}

static void has_not(const struct sieved *s, const char *text)
{
	if (strstr(buf_str(&s->text), text))
		fail_msg("\"%s\" in:\n%s", text, buf_str(&s->text));
}

static void warns(const struct sieved *s, int line, const char *text)
{
	for (size_t i = 0; i < s->warnings.n; i++)
		if (s->warnings.v[i].line == line && strstr(s->warnings.v[i].text, text))
			return;
	fail_msg("no warning \"%s\" of line %d", text, line);
}

static void refuses(const char *text, size_t n, enum err_code code, const char *sentence)
{
	struct sieved s = {.events = 77};
	struct err err = {0};
	assert_false(sieve(text, n, &s, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" has no \"%s\"", err.text, sentence);
	assert_int_equal(s.events, 77); /* untouched */
}

static void only_when_and_whether_pass(void **state)
{
	struct sieved s;
	(void)state;
	passes(EVENT("UID:1\r\nSUMMARY:secret\r\nLOCATION:secret\r\nDESCRIPTION:secret\r\n"
		     "ATTENDEE;CN=secret:mailto:a@b\r\nX-SECRET:secret\r\nCATEGORIES:secret\r\n"
		     "DTSTART;X-P=secret;TZID=Europe/Amsterdam:20260302T090000\r\n"
		     "BEGIN:VALARM\r\nDESCRIPTION:secret\r\nDURATION:PT9H\r\nEND:VALARM\r\n"
		     "STATUS:secret\r\nTRANSP:secret\r\nCLASS:secret\r\n"),
	       &s);
	has(&s, "UID:1\r\n");
	has(&s, "DTSTART;TZID=\"Europe/Amsterdam\":20260302T090000\r\n");
	has(&s, "X-TANDEM-LINE:2\r\n");
	has_not(&s, "secret");
	has_not(&s, "VALARM");
	has_not(&s, "DURATION");
	assert_int_equal(s.events, 1);
	assert_int_equal(s.components, 3);
	sieved_fini(&s);
}

static void other_components_are_dropped(void **state)
{
	struct sieved s;
	(void)state;
	passes(CAL("BEGIN:VTODO\r\nUID:todo\r\nDTSTART:20260302T090000Z\r\nEND:VTODO\r\n"
		   "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\n"
		   "RRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
		   "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:inner\r\nDTSTART:20260302\r\n"
		   "END:VEVENT\r\nEND:VCALENDAR\r\n"),
	       &s);
	assert_string_equal(buf_str(&s.text),
			    CAL("BEGIN:VEVENT\r\nX-TANDEM-LINE:14\r\nUID:inner\r\n"
				"DTSTART;VALUE=DATE:20260302\r\nEND:VEVENT\r\n"));
	sieved_fini(&s);
	/* a calendar in what is dropped is dropped: an event never stands in an event */
	passes(EVENT("DTSTART:20260302\r\nBEGIN:VALARM\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"
		     "DTSTART:20260303\r\nEND:VEVENT\r\nEND:VCALENDAR\r\nEND:VALARM\r\n"),
	       &s);
	assert_string_equal(buf_str(&s.text), EVENT("X-TANDEM-LINE:2\r\n"
						    "DTSTART;VALUE=DATE:20260302\r\n"));
	warns(&s, 6, "VEVENT in VCALENDAR; ignored");
	sieved_fini(&s);
}

/* Only what makes a zone, under the name that events call it by, and never to libical. */
static void vtimezones_go_a_way_of_their_own(void **state)
{
	struct sieved s;
	(void)state;
	passes(CAL("BEGIN:VTIMEZONE\r\nTZID:A\\, b\r\nX-LIC-LOCATION:secret\r\nBEGIN:daylight\r\n"
		   "TZNAME:secret\r\nDTSTART:20260301T000000\r\nRRULE:FREQ=YEARLY\r\n"
		   "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRDATE;VALUE=DATE-TIME:20270301T000000"
		   "\r\nBEGIN:VALARM\r\nDTSTART:20260101\r\nEND:VALARM\r\nEND:daylight\r\n"
		   "DTSTART:20260101\r\nEND:VTIMEZONE\r\n"
		   "BEGIN:VTIMEZONE\r\nTZID:../x\r\nEND:VTIMEZONE\r\n"
		   "BEGIN:STANDARD\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"),
	       &s);
	assert_string_equal(buf_str(&s.text), CAL(""));
	assert_string_equal(buf_str(&s.vtimezones),
			    "X-TANDEM-CALENDAR:0\nBEGIN:VTIMEZONE\nX-TANDEM-LINE:2\nTZID:A, b\n"
			    "BEGIN:DAYLIGHT\nDTSTART:20260301T000000\nRRULE:FREQ=YEARLY\n"
			    "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRDATE:20270301T000000\n"
			    "END:DAYLIGHT\nEND:VTIMEZONE\n"
			    "X-TANDEM-CALENDAR:0\nBEGIN:VTIMEZONE\nX-TANDEM-LINE:18\n"
			    "END:VTIMEZONE\n");
	sieved_fini(&s);
}

static void long_lists_become_short_lines(void **state)
{
	struct sieved s;
	struct buf text = {0};
	(void)state;
	buf_adds(&text, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101\r\nEXDATE:");
	for (int i = 0; i < 1201; i++)
		buf_addf(&text, "%s20260101T090000Z", i ? "," : "");
	buf_adds(&text, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
	passes(buf_str(&text), &s);
	size_t lines = 0, values = 0;
	for (const char *p = buf_str(&s.text); (p = strstr(p, "EXDATE")); p++)
		lines++;
	for (const char *p = buf_str(&s.text); (p = strstr(p, "T090000Z")); p++)
		values++;
	assert_int_equal(lines, 4);
	assert_int_equal(values, 1201);
	sieved_fini(&s);
	buf_fini(&text);
}

static void lists_of_mixed_forms_are_split(void **state)
{
	struct sieved s;
	(void)state;
	passes(EVENT("DTSTART:20260101T090000Z\r\n"
		     "RDATE;TZID=Europe/Paris:20260102,20260103T090000,20260104T090000/PT1H,"
		     "nonsense,,20260105T090000Z\r\n"),
	       &s);
	has(&s, "RDATE;VALUE=DATE:20260102\r\nRDATE;TZID=\"Europe/Paris\":20260103T090000\r\n"
		"RDATE;VALUE=PERIOD;TZID=\"Europe/Paris\":20260104T090000/PT3600S\r\n"
		"RDATE:20260105T090000Z\r\n");
	warns(&s, 4, "RDATE nonsense is not a date or time; ignored");
	assert_int_equal(s.warnings.n, 1);
	sieved_fini(&s);
}

static void rules_are_carried_as_text_with_their_line(void **state)
{
	struct sieved s;
	(void)state;
	passes(EVENT("DTSTART:20260101T090000Z\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\\,TU\r\n"), &s);
	has(&s, "X-TANDEM-RRULE:4 FREQ=WEEKLY;BYDAY=MO,TU\r\n");
	has_not(&s, "\nRRULE");
	sieved_fini(&s);
}

static void a_bad_event_is_taken_back(void **state)
{
	struct sieved s;
	(void)state;
	passes(CAL("BEGIN:VEVENT\r\nUID:bad\r\nDTSTART:20244001T090000Z\r\nEND:VEVENT\r\n"
		   "BEGIN:VEVENT\r\nUID:good\r\nDTSTART:20260302T090000Z\r\nEND:VEVENT\r\n"
		   "BEGIN:VEVENT\r\nUID:b\xff\xff\r\nDTSTART:20260302T090000Z\r\nEND:VEVENT\r\n"
		   "BEGIN:VTODO\r\nSUMMARY:\xc3\xa9\r\nEND:VTODO\r\n"),
	       &s);
	has_not(&s, "bad");
	has(&s, "UID:good");
	warns(&s, 4, "event skipped: DTSTART 20244001T090000Z is not a date or time");
	warns(&s, 11, "event skipped: UID holds bytes that are no text");
	assert_int_equal(s.events, 3);
	assert_int_equal(s.skipped, 2);
	sieved_fini(&s);
}

static void zone_names_are_checked(void **state)
{
	static const char *const bad[] = {"../../etc/passwd", "a/../b", "..", "a\x01z"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sieved s;
		struct buf text = {0};
		buf_addf(&text, EVENT("DTSTART;TZID=%s:20260302T090000\r\n"), bad[i]);
		passes(buf_str(&text), &s);
		has(&s, "DTSTART:20260302T090000\r\n");
		has_not(&s, "TZID");
		warns(&s, 3, "is not a zone name");
		sieved_fini(&s);
		buf_fini(&text);
	}
}

static void titles_are_matched_and_dropped(void **state)
{
	struct policy policy;
	struct sieved s = {0};
	struct err err = {0};
	const char *text =
		EVENT("DTSTART:20260302T090000Z\r\nSUMMARY;LANGUAGE=\"a:b\":Les \\, PPA\r\n"
		      "CATEGORIES:x,college\r\n");
	(void)state;
	policy_init(&policy);
	assert_true(policy_set(&policy, "ignore", ", PPA$", &err));
	assert_true(policy_set(&policy, "lesson", "^college$", &err));
	assert_true(timetable_sieve(text, strlen(text), &policy, &limits, &s, &err));
	has(&s, "X-TANDEM-MATCH:6\r\n"); /* ignore 2, lesson 4 */
	has_not(&s, "PPA");
	has_not(&s, "college");
	sieved_fini(&s);
	policy_fini(&policy);
}

static void titles_that_look_like_no_lesson_are_counted(void **state)
{
	(void)state;
	static const struct {
		const char *lines; /* of one event */
		const char *word;  /* NULL: nothing to tell */
	} rows[] = {
		{"SUMMARY:Wiskunde: fällt aus", "fallt 1"},
		{"SUMMARY:MAT1 ZRUŠENO", "zruseno 1"},
		{"SUMMARY:Cours annulé", "annule 1"},
		{"SUMMARY:MA-3 (ENTFA\xCC\x88LLT)", "entfallt 1"},
		{"SUMMARY:les\\nvervalt", "vervalt 1"},
		{"SUMMARY:PPA", "ppa 1"},
		{"SUMMARY:Blok 3", "blok 1"},
		{"STATUS:CONFIRMED\r\nSUMMARY:[vrij]", "vrij 1"},
		/* met by a pattern, or free by itself */
		{"SUMMARY:Vervallen: wiskunde", NULL},
		{"SUMMARY:afgelast\r\nSTATUS:CANCELLED", NULL},
		{"X-MICROSOFT-CDO-BUSYSTATUS:FREE\r\nSUMMARY:vrij", NULL},
		{"SUMMARY:reserve: gereserveerd", NULL},
		/* lessons */
		{"SUMMARY:Vrijdagmiddag muziek", NULL},
		{"SUMMARY:Inleiding blok drie van natuurkunde", NULL},
		{"SUMMARY:Het blok", NULL},
		{"SUMMARY:Er valt veel te leren", NULL},
		{"SUMMARY:Uitvallers begeleiden", NULL},
		{"DESCRIPTION:vervallen", NULL},
		{"RECURRENCE-ID:x\r\nSUMMARY:gaat niet door", NULL}, /* skipped */
	};
	ignore = "^reserve";
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sieved s;
		struct buf text = {0};
		buf_addf(&text, CAL("BEGIN:VEVENT\r\nDTSTART:20260302\r\n%s\r\nEND:VEVENT\r\n"),
			 rows[i].lines);
		passes(buf_str(&text), &s);
		size_t n = 0;
		for (size_t k = 0; k < s.warnings.n; k++)
			n += strstr(s.warnings.v[k].text, "look") != NULL;
		if (n != (rows[i].word != NULL))
			fail_msg("%s: %zu warnings", rows[i].lines, n);
		if (rows[i].word)
			warns(&s, 0, rows[i].word);
		sieved_fini(&s);
		buf_fini(&text);
	}
	struct sieved s;
	passes(CAL("BEGIN:VEVENT\r\nDTSTART:20260302\r\nSUMMARY:secret uitval\r\nEND:VEVENT\r\n"
		   "BEGIN:VEVENT\r\nDTSTART:20260302\r\nSUMMARY:Uitval secret\r\nEND:VEVENT\r\n"
		   "BEGIN:VEVENT\r\nDTSTART:20260302\r\nSUMMARY:odpada\r\nEND:VEVENT\r\n"),
	       &s);
	warns(&s, 0,
	      "3 titles look like a cancelled lesson (uitval 2, odpada 1), but the pattern "
	      "of cancelled does not meet them: they count as busy");
	has_not(&s, "secret");
	assert_int_equal(s.warnings.n, 1);
	sieved_fini(&s);
	ignore = "none";
}

static void costly_patterns_give_up_with_a_warning(void **state)
{
	struct policy policy;
	struct sieved s = {0};
	struct err err = {0};
	struct buf text = {0};
	(void)state;
	buf_adds(&text, "BEGIN:VCALENDAR\n");
	for (int i = 0; i < 2000; i++) {
		buf_adds(&text, "BEGIN:VEVENT\nDTSTART:20260302T090000Z\nSUMMARY:");
		for (int k = 0; k < 300; k++)
			buf_addc(&text, 'a');
		buf_adds(&text, "\nEND:VEVENT\n");
	}
	buf_adds(&text, "END:VCALENDAR\n");
	policy_init(&policy);
	assert_true(policy_set(&policy, "ignore", "^(a|aa)+[!?]$", &err));
	assert_true(timetable_sieve(text.v, text.n, &policy, &limits, &s, &err));
	has_not(&s, "X-TANDEM-MATCH");
	warns(&s, 0, "the pattern of ignore takes too many steps");
	sieved_fini(&s);
	policy_fini(&policy);
	buf_fini(&text);
}

static void guards_refuse_what_is_no_calendar(void **state)
{
	(void)state;
#define REFUSES(text, sentence) refuses(text, sizeof(text) - 1, ERR_PARSE, sentence)
	REFUSES("", "not a calendar: line 1: it is empty");
	REFUSES("\xef\xbb\xbf\r\n", "not a calendar: line 1: it is empty");
	REFUSES("\n\n<!DOCTYPE html>\nBEGIN:VCALENDAR", "not a calendar: line 3: <!DOCTYPE html");
	REFUSES("Not \x1b[31mfound", "not a calendar: line 1: Not ?[31mfound");
	REFUSES("BEGIN:VEVENT\nEND:VEVENT\n", "not a calendar: line 1: BEGIN:VEVENT");
	REFUSES("BEGIN:VCALENDAR\n",
		"ends inside VCALENDAR, which began in line 1: it was cut off");
	REFUSES("BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VALARM\nEND:VEVENT\n",
		"line 4: END:VEVENT inside VALARM, which began in line 3");
	REFUSES(CAL("") "END:VEVENT\n", "line 3: END:VEVENT without its BEGIN");
	REFUSES("BEGIN:VCALENDAR\nBEGIN:\n", "line 2: BEGIN without a component's name");
	REFUSES("BEGIN:VCALENDAR\nBEGIN:A\0B\n", "line 2: BEGIN without a component's name");
}

static void every_limit_has_its_sentence(void **state)
{
	(void)state;
	struct import_limits all = limits;
	const char *text = CAL("METHOD:12345678901234567890123456789012345678901234567890\r\n");
#define LIMIT(field, value, sentence)                                                              \
	do {                                                                                       \
		limits = all;                                                                      \
		limits.field = value;                                                              \
		refuses(text, strlen(text), ERR_LIMIT, sentence);                                  \
		limits = all;                                                                      \
	} while (0)
	LIMIT(body_bytes, 10, "larger than 10 bytes");
	LIMIT(line_bytes, 50, "line 2: longer than 50 bytes");
	LIMIT(nesting, 0, "line 1: components nested deeper than 0");
	LIMIT(components, 0, "line 1: more than 0 components");
	LIMIT(component_lines, 0, "line 2: more than 0 lines in one VCALENDAR");
	struct sieved s;
	passes(text, &s);
	sieved_fini(&s);
}

/* A picture in an ATTACH costs nothing; what is read here is never cut. */
static void long_lines_that_are_dropped_are_passed_over(void **state)
{
	(void)state;
	struct sieved s;
	struct buf text = {0};
	static const struct {
		const char *before, *fold, *after;
		int line; /* 0: passes */
	} rows[] = {
		{"ATTACH;ENCODING=BASE64;VALUE=BINARY:", "", "", 0},
		{"ATTACH;ENCODING=BASE64;VALUE=BINARY:", "\r\n ", "", 0},
		{"X-ALT-DESC:", "", "", 0},
		{"ATT\r\n ACH:", "\r\n ", "", 0},
		{"BEGIN:VALARM\r\nSUMMARY:", "", "\r\nEND:VALARM", 0},
		{"not a property ", "", "", 0},
		{"SUMMARY:", "", "", 4},
		{"summary ;X=", "\r\n ", "", 4},
		{"SUMM\r\n ARY:", "\r\n\t", "", 4},
		{"RDATE:", "", "", 4},
		{"BEGIN:", "", "", 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&text);
		buf_addf(&text, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260302\r\n%s",
			 rows[i].before);
		for (int k = 0; k < 9000; k++)
			buf_addf(&text, "%sZm9vYmFy", rows[i].fold);
		buf_addf(&text, "%s\r\nDURATION:P1D\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
			 rows[i].after);
		if (rows[i].line > 0) {
			refuses(buf_str(&text), text.n, ERR_LIMIT,
				"line 4: longer than 65536 bytes");
			continue;
		}
		passes(buf_str(&text), &s);
		has(&s, "DTSTART;VALUE=DATE:20260302\r\n");
		has(&s, "DURATION:P1DT0S\r\n");
		assert_int_equal(s.skipped, 0);
		sieved_fini(&s);
	}
	buf_fini(&text);
}

static void stray_text_is_warned_of(void **state)
{
	struct sieved s;
	(void)state;
	passes("Dear user,\n\n" CAL(
		       "BEGIN:VEVENT\r\nDTSTART:20260302\r\nDTSTART:20260303\r\nbroken here\r\n"
		       "END:VEVENT\r\nCALSCALE:JULIAN\r\n") "the end\n",
	       &s);
	warns(&s, 1, "text before BEGIN:VCALENDAR");
	warns(&s, 6, "a second DTSTART in one event; ignored");
	warns(&s, 7, "not a property");
	warns(&s, 9, "CALSCALE JULIAN is not known");
	warns(&s, 11, "text outside a VCALENDAR");
	has(&s, "20260302");
	has_not(&s, "20260303");
	sieved_fini(&s);
}

static void charsets_are_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum charset charset;
		const char *utf8;
	} rows[] = {
		{"abc", 3, CHARSET_UTF8, "abc"},
		{"\xc3\xa9", 2, CHARSET_UTF8, "\xc3\xa9"},
		{"caf\xe9", 4, CHARSET_LATIN1, "caf\xc3\xa9"},
		{"\xc3\xa9 caf\xe9", 7, CHARSET_UTF8, "\xc3\xa9 caf\xe9"},
		{"\xef\xbb\xbf"
		 "a",
		 4, CHARSET_UTF8, "a"},
		{"\xff\xfe"
		 "a\0",
		 4, CHARSET_UTF16LE, "a"},
		{"\xfe\xff\0a\xd8\x3d\xde\x00", 8, CHARSET_UTF16BE, "a\xf0\x9f\x98\x80"},
		{"\xff\xfe\x00\xd8"
		 "a\0",
		 6, CHARSET_UTF16LE,
		 "\xef\xbf\xbd"
		 "a"},
		{"B\0E\0", 4, CHARSET_UTF16LE, "BE"},
		{"\0B\0E\0", 5, CHARSET_UTF16BE, "BE"},
		{"\xed\xa0\x80", 3, CHARSET_LATIN1, "\xc3\xad\xc2\xa0\xc2\x80"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out = {0};
		size_t bom;
		assert_int_equal(charset_guess(rows[i].bytes, rows[i].n, &bom), rows[i].charset);
		charset_to_utf8(rows[i].charset, rows[i].bytes + bom, rows[i].n - bom, &out);
		assert_string_equal(buf_str(&out), rows[i].utf8);
		buf_fini(&out);
	}
}

/* One bad byte or character at every place of a plain text of every short length. */
static void a_stray_byte_is_seen_anywhere(void **state)
{
	static const char *const bad[] = {"\x01", "\x7F", "\x80", "\xFF", "\xC3", "\xED\xA0\x80"};
	(void)state;
	for (size_t n = 1; n <= 40; n++)
		for (size_t at = 0; at < n; at++)
			for (size_t b = 0; b <= sizeof bad / sizeof *bad; b++) {
				char text[64];
				bool nul = b == sizeof bad / sizeof *bad;
				size_t k = nul ? 1 : strlen(bad[b]);
				memset(text, 'a', sizeof text);
				memcpy(text + at, nul ? "" : bad[b], k);
				size_t all = at + k > n ? at + k : n;
				assert_false(charset_is_clean(text, all));
				charset_make_harmless(text, all);
				assert_true(charset_is_harmless(text, all));
				memcpy(text + at, "\xC3\xA9", 2);
				assert_true(charset_is_clean(text, at + 2 > all ? at + 2 : all));
			}
}

static void moments_are_read_strictly(void **state)
{
	static const struct {
		const char *text, *out; /* NULL: refused */
	} rows[] = {
		{"20260302", "20260302"},
		{"20260302T090000", "20260302T090000"},
		{"20260302t090000z", "20260302T090000Z"},
		{"20240229T235960Z", "20240229T235959Z"},
		{"20261231T240000", "20270101T000000"},
		{"00010101", "00010101"},
		{"20260230", NULL},
		{"20261301", NULL},
		{"20260302T", NULL},
		{"20260302T0900", NULL},
		{"20260302T246000", NULL},
		{"20260302T240001", NULL},
		{"20260302T096000", NULL},
		{"20260302T090000+", NULL},
		{"99991231T240000", NULL},
		{"00000101", NULL},
		{"2026-3-2", NULL},
		{"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct moment m;
		struct buf out = {0};
		bool fine = moment_read((struct text){rows[i].text, strlen(rows[i].text)}, &m);
		assert_int_equal(fine, rows[i].out != NULL);
		if (fine) {
			moment_write(&out, &m);
			assert_string_equal(buf_str(&out), rows[i].out);
		}
		buf_fini(&out);
	}
}

static void lengths_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds, days; /* -1: refused */
	} rows[] = {
		{"PT1H30M", 5400, 0},
		{"P1D", 86400, 1},
		{"P2W", 1209600, 14},
		{"+P1DT1S", 86401, 1},
		{"PT0S", 0, 0},
		{"pt5m", 300, 0},
		{"P", -1, 0},
		{"PT", -1, 0},
		{"1H", -1, 0},
		{"PT1D", -1, 0},
		{"P1H", -1, 0},
		{"PT1", -1, 0},
		{"P99999999999D", -1, 0},
		{"P4000D", -1, 0},
		{"PT1H ", -1, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t seconds = -1, days = 0;
		bool fine = length_read((struct text){rows[i].text, strlen(rows[i].text)}, &seconds,
					&days);
		assert_int_equal(fine, rows[i].seconds >= 0);
		assert_int_equal(seconds, rows[i].seconds);
		assert_int_equal(days, rows[i].days);
	}
}

int main(void)
{
	limits = import_limits_default;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_when_and_whether_pass),
		cmocka_unit_test(other_components_are_dropped),
		cmocka_unit_test(vtimezones_go_a_way_of_their_own),
		cmocka_unit_test(long_lists_become_short_lines),
		cmocka_unit_test(lists_of_mixed_forms_are_split),
		cmocka_unit_test(rules_are_carried_as_text_with_their_line),
		cmocka_unit_test(a_bad_event_is_taken_back),
		cmocka_unit_test(zone_names_are_checked),
		cmocka_unit_test(titles_are_matched_and_dropped),
		cmocka_unit_test(titles_that_look_like_no_lesson_are_counted),
		cmocka_unit_test(costly_patterns_give_up_with_a_warning),
		cmocka_unit_test(guards_refuse_what_is_no_calendar),
		cmocka_unit_test(every_limit_has_its_sentence),
		cmocka_unit_test(long_lines_that_are_dropped_are_passed_over),
		cmocka_unit_test(stray_text_is_warned_of),
		cmocka_unit_test(charsets_are_told_apart),
		cmocka_unit_test(a_stray_byte_is_seen_anywhere),
		cmocka_unit_test(moments_are_read_strictly),
		cmocka_unit_test(lengths_are_read_strictly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
