/* test_fastlane.c -- fast lane and slow lane give one and the same timetable: on the calendars of
 * tests/data/ics, on ../shared/ics where it is there, and on random calendars, plain ones with
 * every oddity sprinkled in. Seed: argv[1]; number of random calendars: argv[2]. */
#include "cal/fastlane.h"
#include "cal/ics_parse.h"
#include "cal/unitcache.h"
#include "work/import_read.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#define CAL(body)   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"
#define EVENT(body) "BEGIN:VEVENT\r\n" body "END:VEVENT\r\n"

static unsigned seed = 1;
static int rounds = 3000;

static bool parse_here(void *ctx, const struct buf *text, const struct import_limits *limits,
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

static void asked_init(struct asked *a)
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

static void describe(const struct timetable *t, struct buf *out)
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
static void answer(const struct import_file *files, size_t n, struct asked *a, bool slow,
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

static void equal_answers(const char *name, const struct import_file *files, size_t n,
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

static void same_both_ways(const char *name, const struct import_file *files, size_t n,
			   struct asked *a)
{
	struct buf fast = {0}, slow = {0};
	int parses;
	answer(files, n, a, true, &slow, &parses);
	answer(files, n, a, false, &fast, &parses);
	equal_answers(name, files, n, &fast, &slow);
	buf_fini(&fast);
	buf_fini(&slow);
}

/* How many of the events of @text the fast lane takes. */
static size_t taken(const char *text, struct asked *a)
{
	struct lane_file file = {0};
	if (!lane_scan(text, strlen(text), &a->policy, &a->opts, &file))
		return 0;
	lane_settle(&file, 1, &a->policy, &a->opts, NULL);
	size_t n = file.n_events - file.n_slow;
	lane_file_fini(&file);
	return n;
}

/* ---- files -------------------------------------------------------------------------------- */

static int calendars;

static void every_file_below(const char *path, int depth)
{
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		char whole[1024];
		struct stat st;
		size_t k = strlen(e->d_name);
		(void)snprintf(whole, sizeof whole, "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.' || stat(whole, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			every_file_below(whole, depth - 1);
		if (k < 4 || strcmp(e->d_name + k - 4, ".ics") != 0)
			continue;
		struct import_files files = {0};
		struct asked a;
		struct err err = {0};
		assert_true(import_load(whole, &import_limits_default, &files, &err));
		asked_init(&a);
		a.opts.from = 0; /* of all that they hold */
		same_both_ways(whole, files.v, files.n, &a);
		policy_fini(&a.policy);
		import_files_fini(&files);
		calendars++;
	}
	(void)closedir(dir);
}

static void calendars_of_the_project_are_read_alike(void **state)
{
	(void)state;
	calendars = 0;
	every_file_below("tests/data/ics", 0);
	assert_true(calendars > 40);
}

static void calendars_of_the_world_are_read_alike(void **state)
{
	const char *path = getenv("TANDEM_ICS");
	struct stat st;
	(void)state;
	path = path ? path : "../shared/ics";
	if (stat(path, &st) != 0) {
		(void)printf("skipped: %s is not here, 121 calendars unread\n", path);
		return;
	}
	calendars = 0;
	every_file_below(path, 8);
	(void)printf("%d calendars from %s\n", calendars, path);
}

/* ---- random calendars --------------------------------------------------------------------- */

static unsigned random_state;
static unsigned any(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

#define PICK(array) (array)[any(sizeof(array) / sizeof *(array))]

static void put_stamp(struct buf *b, int day, int minute)
{
	struct civil c = civil_from_day(civil_to_day(2026, 8, 20) + day);
	buf_addf(b, "%04d%02d%02dT%02d%02d00", c.year, c.month, c.day, minute / 60 % 24,
		 minute % 60);
}

static void put_time(struct buf *b, const char *name, unsigned form, int day, int minute)
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
						""};
	struct civil c = civil_from_day(civil_to_day(2026, 8, 20) + day);
	buf_adds(b, name);
	switch (form) {
	case 0: buf_adds(b, zones[any(2) ? 0 : any(4)]); break;
	case 1: break;
	case 2: buf_addf(b, ";VALUE=DATE:%04d%02d%02d", c.year, c.month, c.day); return;
	case 3: buf_addf(b, ":%04d%02d%02d", c.year, c.month, c.day); return;
	default: buf_adds(b, PICK(odd_zones));
	}
	buf_addc(b, ':');
	put_stamp(b, day, minute);
	if (form == 1)
		buf_addc(b, 'Z');
}

/* A line end, mostly the file's own. */
static void newline(struct buf *b, const char *eol, unsigned strange)
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

static void put_uid(struct buf *b, unsigned i)
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

static void put_event(struct buf *b, unsigned i, unsigned strange, const char *eol)
{
	int day = (int)any(380), minute = (int)any(1440);
	unsigned form = any(8) ? 0 : any(5), lines = any(5);
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

static void put_calendar(struct buf *b)
{
	static const char *const headers[] = {
		"METHOD:PUBLISH",
		"METHOD:CANCEL",
		"X-WR-TIMEZONE:Europe/Amsterdam",
		"X-WR-TIMEZONE:Nowhere",
		"X-WR-CALNAME:rooster",
		"CALSCALE:GREGORIAN",
		"X-WR-TIMEZONE:(UTC+01:00) Amsterdam\\, Berlin",
		"METHOD:REQUEST",
		"BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE",
		"BEGIN:VFREEBUSY\r\nFREEBUSY:20260905T080000Z/PT1H\r\nEND:VFREEBUSY",
		"BEGIN:VTODO\r\nDTSTART:20260905T080000Z\r\nEND:VTODO",
		"x-folded:a\r\n b",
	};
	const char *eol = any(4) ? "\r\n" : "\n";
	unsigned strange = any(3) ? 0 : 3 + any(60), n = any(14);
	buf_adds(b, any(20) ? "" : "\xEF\xBB\xBF");
	buf_adds(b, "BEGIN:VCALENDAR");
	newline(b, eol, strange * 8);
	for (unsigned i = any(3); i > 0; i--) {
		buf_adds(b, headers[any(any(3) ? 1 : sizeof headers / sizeof *headers)]);
		newline(b, eol, strange);
	}
	for (unsigned i = 0; i < n; i++)
		put_event(b, i, strange, eol);
	if (any(6) == 0) {
		buf_adds(b, PICK(headers));
		newline(b, eol, strange);
	}
	buf_adds(b, "END:VCALENDAR");
	newline(b, eol, strange * 4);
}

static void random_settings(struct asked *a)
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

static void random_calendars_are_read_alike(void **state)
{
	size_t events = 0, fast = 0, quiet = 0;
	(void)state;
	for (int i = 0; i < rounds; i++) {
		struct buf b[3] = {{0}};
		struct import_file files[3];
		struct asked a;
		random_state = seed + (unsigned)i * 7919;
		size_t n = any(8) ? 1 : 1 + any(3);
		random_settings(&a);
		for (size_t k = 0; k < n; k++) {
			for (unsigned c = any(8) ? 1 : any(3); c > 0; c--)
				put_calendar(&b[k]);
			if (any(10) == 0 && b[k].n > 0) { /* cut off, or with a byte gone wrong */
				if (any(2))
					b[k].n = any((unsigned)b[k].n);
				else
					b[k].v[any((unsigned)b[k].n)] = (char)any(256);
			}
			files[k] = (struct import_file){"a.ics", xmemdup(buf_str(&b[k]), b[k].n),
							b[k].n};
		}
		char name[40];
		(void)snprintf(name, sizeof name, "random calendar %d", i);
		same_both_ways(name, files, n, &a);
		struct lane_file lane = {0};
		if (n == 1 && lane_scan(files[0].bytes, files[0].n, &a.policy, &a.opts, &lane)) {
			events += lane.n_events;
			lane_settle(&lane, 1, &a.policy, &a.opts, NULL);
			fast += lane.n_events - lane.n_slow;
			quiet++;
		}
		lane_file_fini(&lane);
		for (size_t k = 0; k < n; k++) {
			xfree((char *)(uintptr_t)files[k].bytes);
			buf_fini(&b[k]);
		}
		policy_fini(&a.policy);
	}
	(void)printf("%d calendars, %zu with a fast lane: %zu of %zu events taken\n", rounds, quiet,
		     fast, events);
	assert_true(fast * 4 > events && quiet * 2 > (size_t)rounds); /* the test tests something */
}

/* ---- the cache of units ------------------------------------------------------------------- */

static const char *const rules[] = {
	"RRULE:FREQ=WEEKLY;COUNT=5",
	"RRULE:FREQ=DAILY;UNTIL=20261001T000000Z",
	"RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9\r\nEXDATE;TZID=Europe/Amsterdam:20261019T083000",
	"RDATE;TZID=Europe/Amsterdam:20261101T083000,20261102T083000",
	"RRULE:FREQ=NEVER",
	"RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4\r\nSEQUENCE:2",
	"RECURRENCE-ID:20261001T083000Z",
	"RRULE:FREQ=WEEKLY;COUNT=3\r\nTRANSP:TRANSPARENT",
};

/* As put_event, with a rule, and often with an override or a second version. */
static void put_series(struct buf *b, unsigned i)
{
	for (unsigned k = any(3) ? 1 : 2; k > 0; k--) {
		int day = (int)any(60), minute = (int)any(1440);
		buf_addf(b, "BEGIN:VEVENT\r\nUID:%u\r\nDTSTAMP:20260801T12%02u00Z\r\n", i, any(60));
		buf_addf(b, "%s\r\n%s\r\n", PICK(harmless), PICK(rules));
		put_time(b, "DTSTART", any(6) ? any(2) : any(5), day, minute);
		buf_adds(b, "\r\n");
		if (any(10))
			buf_addf(b, "DURATION:PT%uM\r\n", 10 + any(100));
		buf_adds(b, "END:VEVENT\r\n");
	}
}

/* Takes an event out, moves one, restamps all, renumbers one, or changes a letter anywhere. */
static void change(struct buf *b)
{
	char *at = b->v + any((unsigned)b->n), *line, *stop;
	switch (any(6)) {
	case 0:
		line = strstr(at, "BEGIN:VEVENT");
		stop = line ? strstr(line, "END:VEVENT\r\n") : NULL;
		if (!stop)
			return;
		stop += strlen("END:VEVENT\r\n");
		memmove(line, stop, (size_t)(b->v + b->n - stop) + 1);
		b->n -= (size_t)(stop - line);
		return;
	case 1:
		line = strstr(at, "DTSTART");
		line = line ? strstr(line, "T0") : NULL;
		if (line)
			line[2] = (char)('0' + any(10));
		return;
	case 2:
		for (line = b->v; (line = strstr(line, "DTSTAMP:20260801T12")); line++)
			line[19] = (char)('0' + any(6));
		return;
	case 3:
	case 4:
		line = strstr(at, any(2) ? "UID:" : "SEQUENCE:");
		if (line)
			strchr(line, ':')[1] = (char)('0' + any(10));
		return;
	default: *at = (char)(' ' + any(95));
	}
}

static void same_with_cache(const struct buf *b, struct asked *a, const char *name)
{
	struct import_file file = {NULL, b->v, b->n};
	struct unit_cache *cache = a->opts.units;
	struct buf cold = {0}, cached = {0};
	int parses;
	a->opts.units = NULL;
	answer(&file, 1, a, true, &cold, &parses);
	a->opts.units = cache;
	answer(&file, 1, a, false, &cached, &parses);
	equal_answers(name, &file, 1, &cached, &cold);
	buf_fini(&cold);
	buf_fini(&cached);
}

static void imports_with_a_cache_say_the_same(void **state)
{
	size_t known_in_all = 0;
	(void)state;
	for (int i = 0; i < rounds / 4; i++) {
		struct buf b = {0};
		struct asked a;
		char name[60];
		size_t known, all;
		random_state = seed + (unsigned)i * 104729;
		random_settings(&a);
		a.opts.units = unit_cache_new(any(10) ? 1 << 20 : 4000);
		buf_adds(&b, "BEGIN:VCALENDAR\r\n");
		if (any(4) == 0)
			buf_adds(&b, "X-WR-TIMEZONE:Europe/Amsterdam\r\n");
		for (unsigned k = 0; k < 12; k++) {
			if (any(3))
				put_series(&b, k);
			else
				put_event(&b, k, 0, "\r\n");
		}
		buf_adds(&b, "END:VCALENDAR\r\n");
		for (int turn = 0; turn < 5; turn++) {
			(void)snprintf(name, sizeof name, "calendar %d, version %d", i, turn);
			same_with_cache(&b, &a, name);
			unit_cache_hits(a.opts.units, &known, &all);
			known_in_all += known;
			change(&b);
			if (any(20) == 0)
				a.opts.own_host = a.opts.own_host ? NULL : "duo.example.org";
		}
		unit_cache_free(a.opts.units);
		policy_fini(&a.policy);
		buf_fini(&b);
	}
	(void)printf("%zu units were known\n", known_in_all);
	assert_true(known_in_all > (size_t)rounds);
}

static void what_did_not_change_is_not_parsed(void **state)
{
	static const char first[] =
		CAL(EVENT("UID:a\r\nDTSTAMP:20260801T000000Z\r\nDTSTART:"
			  "20260901T083000Z\r\nDURATION:PT1H"
			  "\r\nRRULE:FREQ=WEEKLY;COUNT=9\r\nSEQUENCE:1\r\n")
			    EVENT("UID:b\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n"
				  "RRULE:FREQ=WEEKLY;COUNT=9\r\n"));
	static const char stamped[] =
		CAL(EVENT("UID:z\r\nDTSTAMP:20260808T000000Z\r\nDTSTART:"
			  "20260901T083000Z\r\nDURATION:PT1H"
			  "\r\nRRULE:FREQ=WEEKLY;COUNT=9\r\nSEQUENCE:7\r\n")
			    EVENT("UID:b\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n"
				  "RRULE:FREQ=WEEKLY;COUNT=9\r\n"));
	struct import_file files[] = {{NULL, first, sizeof first - 1},
				      {NULL, stamped, sizeof stamped - 1}};
	struct buf a = {0}, b = {0};
	struct asked asked;
	int parses;
	(void)state;
	asked_init(&asked);
	asked.opts.units = unit_cache_new(1 << 20);
	answer(&files[0], 1, &asked, false, &a, &parses);
	assert_int_equal(parses, 1);
	assert_true(unit_cache_bytes(asked.opts.units) > 0);
	answer(&files[1], 1, &asked, false, &b, &parses);
	assert_int_equal(parses, 0);
	assert_string_equal(buf_str(&a), buf_str(&b));
	unit_cache_free(asked.opts.units);
	policy_fini(&asked.policy);
	buf_fini(&a);
	buf_fini(&b);
}

static void a_cache_that_grows_too_large_is_emptied(void **state)
{
	static const char text[] =
		CAL(EVENT("UID:a\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n"
			  "RRULE:FREQ=DAILY;COUNT=300\r\n"));
	struct import_file file = {NULL, text, sizeof text - 1};
	struct buf a = {0};
	struct asked asked;
	int parses;
	(void)state;
	asked_init(&asked);
	asked.opts.units = unit_cache_new(5000);
	for (int i = 0; i < 2; i++) {
		answer(&file, 1, &asked, false, &a, &parses);
		assert_int_equal(parses, 1);
		assert_true(unit_cache_bytes(asked.opts.units) <= 5000);
	}
	unit_cache_free(asked.opts.units);
	policy_fini(&asked.policy);
	buf_fini(&a);
}

/* ---- what is taken ------------------------------------------------------------------------ */

static void plain_events_are_taken(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(
		taken(CAL(EVENT("UID:1\r\nDTSTART;TZID=Europe/Amsterdam:20260901T083000\r\n"
				"DTEND;TZID=Europe/Amsterdam:20260901T092000\r\n")
				  EVENT("UID:2\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n")
					  EVENT("UID:3\r\nDTSTART;VALUE=DATE:20260901\r\n")),
		      &a),
		3);
	policy_fini(&a.policy);
}

static void a_uid_in_two_components_is_left(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(
		taken(CAL(EVENT("UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n")
				  EVENT("UID:2\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n")
					  EVENT("UID:1\r\nDTSTART:20260903T083000Z\r\n"
						"RECURRENCE-ID:20260901T083000Z\r\n")),
		      &a),
		1);
	policy_fini(&a.policy);
}

static void what_warns_is_left(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(taken(CAL(EVENT("UID:1\r\nDTSTART:20260901T083000Z\r\n") EVENT(
				       "UID:2\r\nDTSTART:20260902T083000\r\nDURATION:PT1H\r\n")
					   EVENT("UID:3\r\nDTSTART;TZID=Nowhere:20260902T083000\r\n"
						 "DURATION:PT1H\r\n")),
			       &a),
			 0);
	policy_fini(&a.policy);
}

static void the_parser_is_not_asked_for_nothing(void **state)
{
	static const char plain[] =
		CAL("X-WR-TIMEZONE:Europe/Amsterdam\r\nMETHOD:PUBLISH\r\n" EVENT(
			"UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n"));
	static const char ruled[] = CAL(EVENT(
		"UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"));
	struct import_file files[] = {{NULL, plain, sizeof plain - 1},
				      {NULL, ruled, sizeof ruled - 1}};
	struct buf out = {0};
	struct asked a;
	int parses;
	(void)state;
	asked_init(&a);
	answer(&files[0], 1, &a, false, &out, &parses);
	assert_int_equal(parses, 0);
	answer(&files[1], 1, &a, false, &out, &parses);
	assert_int_equal(parses, 1);
	buf_fini(&out);
	policy_fini(&a.policy);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	rounds = argc > 2 ? atoi(argv[2]) : rounds;
	(void)printf("seed %u\n", seed);
	ics_parse_prepare();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_events_are_taken),
		cmocka_unit_test(a_uid_in_two_components_is_left),
		cmocka_unit_test(what_warns_is_left),
		cmocka_unit_test(the_parser_is_not_asked_for_nothing),
		cmocka_unit_test(calendars_of_the_project_are_read_alike),
		cmocka_unit_test(calendars_of_the_world_are_read_alike),
		cmocka_unit_test(random_calendars_are_read_alike),
		cmocka_unit_test(what_did_not_change_is_not_parsed),
		cmocka_unit_test(a_cache_that_grows_too_large_is_emptied),
		cmocka_unit_test(imports_with_a_cache_say_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
