/* test_limits.c -- every limit of [import]: a timetable just inside it is read, one just over it
 * gets a sentence that names the line and the setting. The limits come from a real tandemd.conf,
 * so that a setting that is wired to nothing is seen; the cage is a real one. */
#include "cal/ics_parse.h"
#include "io/cage.h"
#include "setup/settings.h"
#include "work/import_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/test_limits_XXXXXX";
static struct cage *cage;

/* ---- calendars of a size ------------------------------------------------------------------ */

#define HEAD "BEGIN:VCALENDAR\r\n"
#define TAIL "END:VCALENDAR\r\n"
#define OPEN "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
#define SHUT "END:VEVENT\r\n"

static void times(struct buf *out, int n, const char *text)
{
	for (int i = 0; i < n; i++)
		buf_adds(out, text);
}

static void body_of(struct buf *out, int n)
{
	buf_adds(out, HEAD OPEN SHUT TAIL);
	while (out->n < (size_t)n)
		buf_addc(out, '\n');
}

static void line_of(struct buf *out, int n)
{
	buf_adds(out, HEAD OPEN "SUMMARY:");
	times(out, n - (int)strlen("SUMMARY:"), "x");
	buf_adds(out, "\r\n" SHUT TAIL);
}

static void components_of(struct buf *out, int n)
{
	buf_adds(out, HEAD);
	times(out, n - 1, "BEGIN:VTODO\r\nEND:VTODO\r\n");
	buf_adds(out, TAIL);
}

static void nesting_of(struct buf *out, int n)
{
	buf_adds(out, HEAD);
	times(out, n - 1, "BEGIN:X-A\r\n");
	times(out, n - 1, "END:X-A\r\n");
	buf_adds(out, TAIL);
}

static void lines_of(struct buf *out, int n)
{
	buf_adds(out, HEAD OPEN);
	times(out, n - 3, "X-A:b\r\n");
	buf_adds(out, SHUT TAIL);
}

static void dates_of(struct buf *out, int n)
{
	buf_adds(out, HEAD OPEN "RRULE:FREQ=DAILY;COUNT=9\r\nRDATE:20260401T080000Z\r\n"
				"EXDATE:20260303T080000Z");
	times(out, n - 2, ",20260304T080000Z");
	buf_adds(out, "\r\n" SHUT TAIL);
}

static void versions_of(struct buf *out, int n)
{
	buf_adds(out, HEAD);
	times(out, n, OPEN SHUT);
	buf_adds(out, TAIL);
}

static void occurrences_of(struct buf *out, int n)
{
	buf_adds(out, HEAD);
	for (int i = 0; i < n; i++)
		buf_addf(out,
			 "BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
			 "RRULE:FREQ=DAILY;COUNT=1\r\nEND:VEVENT\r\n",
			 i);
	buf_adds(out, TAIL);
}

/* Each rule takes some sixty steps. */
static void steps_of(struct buf *out, int n)
{
	buf_adds(out, HEAD);
	for (int i = 0; i < n; i++)
		buf_addf(out,
			 "BEGIN:VEVENT\r\nUID:%d\r\nDTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
			 "RRULE:FREQ=DAILY;COUNT=30\r\nEND:VEVENT\r\n",
			 i);
	buf_adds(out, TAIL);
}

static void observances_of(struct buf *out, int n)
{
	buf_adds(out, HEAD "BEGIN:VTIMEZONE\r\nTZID:CampusX\r\n");
	for (int i = 0; i < n; i++)
		buf_addf(out,
			 "BEGIN:STANDARD\r\nDTSTART:%d0101T000000\r\nTZOFFSETFROM:+0100\r\n"
			 "TZOFFSETTO:+0100\r\nEND:STANDARD\r\n",
			 2000 + i);
	buf_adds(out, "END:VTIMEZONE\r\n"
		      "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=CampusX:20260302T080000\r\n"
		      "DURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=1\r\n" SHUT TAIL);
}

/* What the parser below does: so many milliseconds of work, of sleep, or MiB of memory. The word
 * travels as a UID through the sieve. */
static void cage_word(struct buf *out, const char *word, int n)
{
	buf_addf(out,
		 HEAD "BEGIN:VEVENT\r\nUID:%s %d\r\nDTSTART:20260302T080000Z\r\nDURATION:PT1H\r\n"
		      "RRULE:FREQ=DAILY;COUNT=1\r\n" SHUT TAIL,
		 word, n);
}

static void work_of(struct buf *out, int n)
{
	cage_word(out, "work", n);
}
static void sleep_of(struct buf *out, int n)
{
	cage_word(out, "sleep", n);
}
static void memory_of(struct buf *out, int n)
{
	cage_word(out, "memory", n);
}

static int64_t spent_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool costly(const char *text, size_t n, struct buf *wire, struct err *err)
{
	const char *word = strstr(text, "UID:work "), *nap = strstr(text, "UID:sleep "),
		   *eat = strstr(text, "UID:memory ");
	if (word)
		while (spent_ms() < atoi(word + strlen("UID:work ")))
			continue;
	if (nap) {
		struct timespec from, now; /* nanosleep is not among the calls of the cage */
		int ms = atoi(nap + strlen("UID:sleep "));
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		do
			(void)clock_gettime(CLOCK_MONOTONIC, &now);
		while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 <
		       ms);
	}
	if (eat) {
		size_t most = (size_t)atoi(eat + strlen("UID:memory ")) << 20;
		char *p = xmalloc(most);
		memset(p, 1, most);
		xfree(p);
	}
	return ics_parse(text, n, wire, err);
}

/* ---- the table ---------------------------------------------------------------------------- */

static const struct row {
	const char *key, *value; /* of [import] */
	const char *more;	 /* other lines of it */
	void (*make)(struct buf *out, int n);
	int inside, over; /* sizes */
	bool warns;	  /* the timetable is read, with a warning that says so */
	const char *sentence;
} rows[] = {
	{"body", "2000", "", body_of, 2000, 2001, false, "larger than 2000 bytes ([import] body)"},
	{"line", "300", "", line_of, 300, 301, false,
	 "line 6: longer than 300 bytes ([import] line)"},
	{"components", "3", "", components_of, 3, 4, false,
	 "line 6: more than 3 components ([import] components)"},
	{"nesting", "3", "", nesting_of, 3, 4, false,
	 "line 4: components nested deeper than 3 ([import] nesting)"},
	{"component_lines", "12", "", lines_of, 12, 13, false,
	 "line 15: more than 12 lines in one VEVENT ([import] component_lines)"},
	{"dates", "5", "", dates_of, 5, 6, false,
	 "line 8: more than 5 dates in RDATE, EXDATE and FREEBUSY ([import] dates)"},
	{"dates", "5", "", versions_of, 5, 6, false,
	 "line 2: more than 5 components of one UID ([import] dates)"},
	{"occurrences", "5", "", occurrences_of, 5, 6, false,
	 "line 32: more than 5 occurrences in all ([import] occurrences)"},
	{"rule_steps", "1000", "", steps_of, 10, 30, false,
	 "more than 1000 steps of recurrence rules ([import] rule_steps)"},
	{"zone_observances", "7", "", observances_of, 7, 8, true,
	 "line 2: VTIMEZONE CampusX not used: more than 7 STANDARD and DAYLIGHT parts "
	 "([import] zone_observances)"},
	{"cage_cpu", "1s", "cage_wall = 60s\n", work_of, 300, 60000, false,
	 "parsing took more than the limit of 1 s of processor time ([import] cage_cpu)"},
	{"cage_memory", "64 MiB", "", memory_of, 16, 128, false,
	 "parsing took more than the limit of 64 MiB of memory ([import] cage_memory)"},
	{"cage_wall", "1s", "cage_cpu = 60s\n", sleep_of, 10, 60000, false,
	 "parsing stalled: no answer within 1000 ms ([import] cage_wall)"},
};

/* Of fetches by URL, not of timetables: tests/daemon has them with servers that misbehave; of how
 * much at once: test_sources.py. Over
 * unit_cache nothing is refused: test_unitcache. */
static const char *const elsewhere[] = {
	"fetch_timeout", "fetch_connect", "fetch_redirects", "fetch_per_host", "fetch_at_once",
	"fetch_backoff", "unit_cache",	  "threads",	     "at_once",	       "watch_folders"};

/* ---- running it --------------------------------------------------------------------------- */

static void settings_of(const struct row *row, struct settings *out)
{
	char path[64];
	struct faults faults = {0};
	(void)snprintf(path, sizeof path, "%s/tandemd.conf", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fprintf(f, "[roster]\nfile = roster.ini\n[import]\n%s = %s\n%s", row->key, row->value,
		      row->more);
	(void)fclose(f);
	if (!settings_load(path, out, &faults))
		fail_msg("%s", faults.v[0]);
}

static bool parse(void *ctx, const struct buf *text, const struct import_limits *limits,
		  struct buf *wire, struct err *err)
{
	return cage_parse(ctx, text, limits, wire, err);
}

/* The warnings, or the refusal; "" for a timetable that gives no reason to speak. */
static char *answer(const struct row *row, int size, bool slow, bool *taken)
{
	struct buf bytes = {0}, said = {0};
	struct policy policy;
	struct timetable t = {0};
	struct err err = {0};
	struct settings settings = {0};
	settings_of(row, &settings);
	struct timetable_opts opts = {
		.zone = zone_by_name("Europe/Amsterdam"),
		.from = local_at(civil_to_day(2026, 1, 1), 0),
		.to = local_at(civil_to_day(2027, 1, 1), 0),
		.now = local_at(civil_to_day(2026, 2, 1), 0),
		.limits = &settings.import,
		.slow_lane = slow,
	};
	policy_init(&policy);
	row->make(&bytes, size);
	struct import_file file = {.bytes = bytes.v, .n = bytes.n};
	*taken = import_read(&file, 1, &policy, &opts, parse, cage, &t, &err);
	for (size_t i = 0; *taken && i < t.warnings.n; i++)
		buf_addf(&said, "line %d: %s\n", t.warnings.v[i].line, t.warnings.v[i].text);
	if (!*taken) {
		assert_int_equal(err.code, ERR_LIMIT);
		buf_adds(&said, err.text);
	}
	timetable_fini(&t);
	policy_fini(&policy);
	settings_fini(&settings);
	buf_fini(&bytes);
	return buf_take(&said);
}

static void just_inside_is_read_just_over_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
		const struct row *row = &rows[i / 2];
		bool taken;
		if (i % 2 && strncmp(row->key, "cage_", 5) == 0)
			continue; /* these go the slow way in any case */
		char *said = answer(row, row->inside, i % 2, &taken);
		if (!taken || strstr(said, "[import]"))
			fail_msg("%s, just inside: %s", row->key, said);
		xfree(said);
		said = answer(row, row->over, i % 2, &taken);
		if (taken != row->warns || !strstr(said, row->sentence))
			fail_msg("%s, just over: %s", row->key, said);
		xfree(said);
	}
}

static bool has_row(const char *key)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].key, key) == 0)
			return true;
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		if (strcmp(elsewhere[i], key) == 0)
			return true;
	return false;
}

static void note_setting(void *ctx, const char *section, const char *key, const char *value,
			 const char *fallback, bool reloadable, const char *help)
{
	(void)value, (void)fallback, (void)reloadable, (void)help;
	if (strcmp(section, "import") != 0)
		return;
	++*(size_t *)ctx;
	if (!has_row(key))
		fail_msg("[import] %s has no test here", key);
}

static void every_setting_has_its_row(void **state)
{
	(void)state;
	const struct row none = {.key = "body", .value = "1 MiB", .more = ""};
	struct settings settings = {0};
	size_t n = 0;
	settings_of(&none, &settings);
	settings_each(&settings, note_setting, &n);
	assert_true(n >= 12);
	settings_fini(&settings);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	char path[64];
	cage_use_parser(costly);
	cage_main_if_asked(argc, argv);
	cage = cage_new(&err);
	if (!cage || !mkdtemp(folder)) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(just_inside_is_read_just_over_is_told),
		cmocka_unit_test(every_setting_has_its_row),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	cage_free(cage);
	(void)snprintf(path, sizeof path, "%s/tandemd.conf", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	return failed;
}
