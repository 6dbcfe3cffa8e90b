/* ics_kit.h -- random calendars, and everything that an import says of one, for test_fastlane.c and
 * test_unitcache.c. Seed: argv[1]; number of rounds: argv[2]. */
#ifndef TESTS_UNIT_ICS_KIT_H
#define TESTS_UNIT_ICS_KIT_H

#include "cal/fastlane.h"
#include "cal/ics_parse.h"
#include "work/import_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define CAL(body)   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body) "BEGIN:VEVENT\r\n" body "END:VEVENT\r\n"

static unsigned seed = 1;
static int rounds = 3000;

static inline bool parse_here(void *ctx, const struct buf *text, const struct import_limits *limits,
			      struct buf *wire, struct err *err)
{
	(void)limits;
	++*(int *)ctx;
	return ics_parse(buf_str(text), text->n, wire, err);
}

/* ---- one question, two ways --------------------------------------------------------------- */

struct asked {
	struct policy policy;
	struct timetable_opts opts;
	struct import_limits limits;
};

static inline void asked_init(struct asked *a)
{
	*a = (struct asked){.limits = import_limits_default};
	a->opts = (struct timetable_opts){
		.zone = zone_by_name("Europe/Amsterdam"),
		.from = local_at(civil_to_day(2026, 8, 1), 0),
		.to = local_at(civil_to_day(2027, 8, 1), 0),
		.now = local_at(civil_to_day(2026, 9, 15), 0),
		.own_host = "duo.example.org",
		.limits = &a->limits,
	};
	policy_init(&a->policy);
}

static inline void describe(const struct timetable *t, struct buf *out)
{
	buf_addf(out,
		 "events %zu skipped %zu timed %zu free %zu first %lld last %lld horizon %lld\n",
		 t->n_events, t->n_skipped, t->n_timed, t->n_timed_free, (long long)t->first,
		 (long long)t->last, (long long)t->horizon);
	for (size_t i = 0; i < t->n_zones; i++)
		buf_addf(out, "zone %s\n", t->zones[i]);
	for (size_t i = 0; i < t->n_occurrences; i++) {
		const struct lesson_span *o = &t->occurrences[i];
		const struct lesson_text *text = lessons_get(&t->lessons, o->lesson);
		buf_addf(out, "lesson %lld %lld %s %d %016llx %s at %s\n", (long long)o->start,
			 (long long)o->end, level_word(o->level), (int)o->timed,
			 (unsigned long long)o->series, text ? text->title : "-",
			 text ? text->place : "-");
	}
	for (size_t i = 0; i < t->busy.n; i++)
		buf_addf(out, "busy %lld %lld %s\n", (long long)t->busy.v[i].start,
			 (long long)t->busy.v[i].end, level_word(t->busy.v[i].level));
	for (size_t i = 0; i < t->warnings.n; i++)
		buf_addf(out, "warning %d %s\n", t->warnings.v[i].line, t->warnings.v[i].text);
	buf_addf(out, "and %zu warnings\n", t->warnings.dropped);
}

/* Everything that an import says, or its refusal. */
static inline void answer(const struct import_file *files, size_t n, struct asked *a, bool slow,
			  struct buf *out, int *parses)
{
	struct timetable t = {0};
	struct err err = {0};
	*parses = 0;
	a->opts.slow_lane = slow;
	if (import_read(files, n, &a->policy, &a->opts, parse_here, parses, &t, &err)) {
		describe(&t, out);
		timetable_fini(&t);
	} else {
		buf_addf(out, "refused: %d %s\n", (int)err.code, err.text);
	}
}

static inline void equal_answers(const char *name, const struct import_file *files, size_t n,
				 const struct buf *got, const struct buf *want)
{
	size_t i = 0;
	if (strcmp(buf_str(got), buf_str(want)) == 0)
		return;
	while (got->v[i] == want->v[i])
		i++;
	while (i > 0 && got->v[i - 1] != '\n')
		i--;
	for (size_t k = 0; k < n; k++)
		(void)fprintf(stderr, "%.*s\n----\n",
			      (int)(files[k].n < 20000 ? files[k].n : 20000), files[k].bytes);
	fail_msg("%s (seed %u):\n%.400s\ninstead of\n%.400s", name, seed, got->v + i, want->v + i);
}

/* ---- random calendars --------------------------------------------------------------------- */

static unsigned random_state;
static inline unsigned any(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

#define PICK(array) (array)[any(sizeof(array) / sizeof *(array))]

static inline void put_stamp(struct buf *b, int day, int minute)
{
	struct civil c = civil_from_day(civil_to_day(2026, 8, 20) + day);
	buf_addf(b, "%04d%02d%02dT%02d%02d00", c.year, c.month, c.day, minute / 60 % 24,
		 minute % 60);
}

/* What the times of a calendar mostly look like: 0: an IANA zone, 4: one of odd_zones. */
static unsigned usual_form, usual_odd;

static inline void put_time(struct buf *b, const char *name, unsigned form, int day, int minute)
{
	static const char *const zones[] = {";TZID=Europe/Amsterdam", ";TZID=Europe/London",
					    ";TZID=America/New_York", ";TZID=Asia/Kathmandu"};
	static const char *const odd_zones[] = {";TZID=W. Europe Standard Time",
						";TZID=Nowhere",
						";TZID=europe/amsterdam",
						";TZID=\"Europe/Paris\"",
						";X-A=1;TZID=Europe/Rome",
						";TZID=Europe/Amsterdam 1",
						";VALUE=DATE-TIME;TZID=Europe/Paris",
						"",
						";TZID=/citadel.org/20210210_1/Europe/Madrid",
						";TZID=Pacific Standard Time",
						";TZID=(UTC+01:00) Amsterdam",
						";TZID=GMT+0300"};
	struct civil c = civil_from_day(civil_to_day(2026, 8, 20) + day);
	buf_adds(b, name);
	switch (form) {
	case 0: buf_adds(b, zones[any(2) ? 0 : any(4)]); break;
	case 1: break;
	case 2: buf_addf(b, ";VALUE=DATE:%04d%02d%02d", c.year, c.month, c.day); return;
	case 3: buf_addf(b, ":%04d%02d%02d", c.year, c.month, c.day); return;
	default: buf_adds(b, any(4) ? odd_zones[usual_odd] : PICK(odd_zones));
	}
	buf_addc(b, ':');
	put_stamp(b, day, minute);
	if (form == 1)
		buf_addc(b, 'Z');
}

/* A line end, mostly the file's own. */
static inline void newline(struct buf *b, const char *eol, unsigned strange)
{
	static const char *const others[] = {"\n",    "\r\n",	   "\r",     "\r\r\n",	"\r\n\r\n",
					     " \r\n", "\r\n \r\n", "\n\t\n", "\n\n x\n"};
	buf_adds(b, strange && any(strange) == 0 ? PICK(others) : eol);
}

static const char *const harmless[] = {
	"DTSTAMP:20260801T120000Z",
	"CREATED:20260801T120000Z",
	"LOCATION:B1.07",
	"DESCRIPTION:Docent: ABC\\nGroep: 4",
	"LAST-MODIFIED:20260801T120000Z",
	"ORGANIZER;CN=\"A: B\":mailto:a@b.example",
	"CLASS:PUBLIC",
	"SEQUENCE:3",
	"PRIORITY:5",
	"X-MOZ-GENERATION:1",
	"X-Foo:bar",
	"SUMMARY:wiskunde",
	"STATUS:CONFIRMED",
	"TRANSP:OPAQUE",
	"SUMMARY;LANGUAGE=nl:Vervallen: gym",
	"SUMMARY:Vervallen: gym",
	"STATUS:TENTATIVE",
	"SUMMARY:\\Vervallen",
	"SUMMARY:Entf\xC3\xA4llt heute",
	"STATUS:CANCELLED",
	"TRANSP:TRANSPARENT",
	"X-MICROSOFT-CDO-BUSYSTATUS:FREE",
	"X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
	"X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
	"CATEGORIES:les,anders",
	"SUMMARY:een lange titel die\r\n  over twee regels gaat",
	"DESCRIPTION:een lange\r\n  beschrijving\r\n\t: met dubbele punt",
	"SUMMARY:",
	"BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDTSTART:20260901T000000Z\r\nEND:VALARM",
	"ATTENDEE;CN=iemand;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=\r\n TRUE:mailto:x@y",
};
static const char *const oddities[] = {
	"RRULE:FREQ=WEEKLY;COUNT=5",
	"RDATE:20260905T080000Z",
	"EXDATE:20260901T080000Z",
	"RECURRENCE-ID:20260901T080000Z",
	"dtstart:20260901T080000Z",
	"uid:small",
	"UID ;X=1:a",
	"UID:second",
	"UID;X=1:parameter",
	"UID:a\\,b",
	"no property at all",
	"STATUS:UNKNOWN",
	"STATUS;X=1:CONFIRMED",
	"TRANSP: OPAQUE",
	"X-WITHOUT;VALUE",
	"SEQUENCE;X",
	"begin:valarm",
	"END:VALARM",
	"BEGIN:VEVENT",
	"BEGIN:VCALENDAR",
	"END:VCALENDAR",
	"end:vevent",
	"BEGIN:VALARM\r\nBEGIN:X\r\nEND:X\r\nEND:VALARM",
	"BEGIN :VALARM",
	"EXRULE:FREQ=DAILY",
	"\xEF\xBB\xBFX:1",
	"\xFFnonsense:1",
	"UID:\x01",
	"UID:\xFF\xFE",
	":",
	"",
	"DTSTART:",
	"DTEND:",
	"DTEND:20260231T000000Z",
	"DURATION:PT1H",
	"DURATION:P1D",
	"DURATION:-PT1H",
	"DURATION:P1DT2H",
	"DURATION:1H",
	"SUMMARY;X",
	"ENDE:1",
	"BEGINNING:1",
	"Begin:VALARM",
	"DTSTART;TZID=Europe/\r\n Amsterdam:20260901T080000",
	"METHOD:CANCEL",
	"STATUS:",
	"X-MICROSOFT-CDO-BUSYSTATUS:",
	"CATEGORIES;X:",
	"UID:",
	"UIDX:1",
	"DTSTARTX:1",
	"RRULE:",
	"DTEND;VALUE=DATE:20270101",
	"DTSTART:20260901T236000Z",
	"DTSTART:20260901T240000Z",
	"DTEND:20260901T080060Z",
};

static inline void put_uid(struct buf *b, unsigned i)
{
	static const char *const shapes[] = {"UID:%u-lesson@school.example",
					     "UID:%u",
					     "UID:{%u},;:\"x\"",
					     "UID: %u ",
					     "UID:%u@duo.example.org",
					     "UID:\xC3\xA9%u",
					     "UID:%u-a long one that is fol\r\n ded"};
	buf_addf(b, PICK(shapes), i);
}

static inline void put_event(struct buf *b, unsigned i, unsigned strange, const char *eol)
{
	int day = (int)any(380), minute = (int)any(1440);
	unsigned form = any(8) ? usual_form : any(5), lines = any(5);
	if (any(10) == 0) { /* where the clock is changed */
		day = any(2) ? 66 : 220;
		minute = 60 + (int)any(180);
	}
	buf_adds(b, "BEGIN:VEVENT");
	newline(b, eol, strange * 4);
	if (any(30)) {
		put_uid(b, any(12) ? i : any(i + 1));
		newline(b, eol, strange);
	}
	for (unsigned k = 0; k < lines; k++) {
		buf_adds(b, strange && any(strange) == 0 ? PICK(oddities) : PICK(harmless));
		newline(b, eol, strange);
	}
	if (any(40)) {
		put_time(b, "DTSTART", form, day, minute);
		newline(b, eol, strange);
	}
	switch (any(12)) {
	case 0: buf_adds(b, any(2) ? "DURATION:PT50M" : "DURATION:P1DT1H"); break;
	case 1: buf_adds(b, "CLASS:PUBLIC"); break;
	case 2: put_time(b, "DTEND", any(5), day + (int)any(3), minute + 50); break;
	default: put_time(b, "DTEND", form, day + (form > 1), minute + (int)any(100)); break;
	}
	newline(b, eol, strange);
	buf_adds(b, "END:VEVENT");
	newline(b, eol, strange * 4);
}

static inline void random_settings(struct asked *a)
{
	static const char *const settings[][2] = {
		{"transparent", "busy"}, {"tentative", "busy"}, {"allday", "tentative"},
		{"lesson", "wisk|les"},	 {"ignore", "gym"},	{"cancelled", "none"},
		{"horizon", "open"},	 {"kind", "untis"},	{"own", "^een"},
	};
	struct err err;
	asked_init(a);
	for (unsigned i = any(3); i > 0; i--) {
		const char *const *one = PICK(settings);
		assert_true(policy_set(&a->policy, one[0], one[1], &err));
	}
	if (any(10) == 0)
		a->limits.occurrences = 1 + any(8);
	if (any(20) == 0)
		a->limits.components = 1 + any(12);
	if (any(20) == 0)
		a->limits.nesting = 2 + any(2);
	if (any(20) == 0)
		a->limits.component_lines = 1 + any(12);
	if (any(20) == 0)
		a->limits.line_bytes = 20 + any(300);
	if (any(20) == 0)
		a->opts.own_host = NULL;
	if (any(4) == 0)
		a->opts.from = local_at(civil_to_day(2027, 1, 1), 0);
}

static inline void ics_kit_init(int argc, char **argv)
{
	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	rounds = argc > 2 ? atoi(argv[2]) : rounds;
	(void)printf("seed %u\n", seed);
	ics_parse_prepare();
}

#endif
