/* bench_import.c -- a timetable from bytes to busy set, beside bare libical (parse, then its own
 * expansion of every event) on the same bytes in the same run. libical is measured here as the
 * peer that it is; its answer is not the right one for many files (see the trap table), so only
 * its time is compared. The whole path of ours includes the cage where anything is left for it: a
 * fresh child an import.
 *
 * Both work in turn, for some time each, and the best of several turns counts: other work on the
 * machine only ever adds. `bench_import write FOLDER` writes the files for import_peers.py;
 * `bench_import memory N` measures the memory of one kind. */
#include "base/clock.h"
#include "base/hash.h"
#include "cal/unitcache.h"
#include "io/cage.h"
#include "work/import_read.h"

#include <libical/ical.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, TURN_MS = 20 };

static const char *tzid = "Europe/Amsterdam";

static void stamp(struct buf *b, const char *name, day_t day, int minute)
{
	struct civil c = civil_from_day(day);
	buf_addf(b, "%s;TZID=%s:%04d%02d%02dT%02d%02d00\r\n", name, tzid, c.year, c.month, c.day,
		 minute / 60, minute % 60);
}

static void event(struct buf *b, int i, day_t day, int minute, const char *more)
{
	buf_addf(b, "BEGIN:VEVENT\r\nUID:%d-lesson@school.example\r\nDTSTAMP:20260801T120000Z\r\n",
		 i);
	stamp(b, "DTSTART", day, minute);
	stamp(b, "DTEND", day, minute + 50);
	buf_addf(b,
		 "SUMMARY:PA%d rekenen en wiskunde\\, groep %d\r\nLOCATION:B%d.%02d\r\n"
		 "DESCRIPTION:Docent: ABC\\nGroep: PA%d\\nWeek %d\r\n%sEND:VEVENT\r\n",
		 i % 4, i % 7, i % 5, i % 60, i % 4, i % 40, more);
}

static void begin(struct buf *b)
{
	buf_adds(b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//bench//EN\r\n");
}

/* An ordinary year: 1,000 single lessons with a zone; or more of them, of which one has moved. */
static void ordinary(struct buf *b, int n, int changed)
{
	begin(b);
	for (int i = 0; i < n; i++)
		event(b, i, civil_to_day(2026, 8, 31) + i / 4 % 300 + 3 * (i / 20 % 2),
		      510 + i % 4 * 120 + (i == changed ? 5 : 0), "");
	buf_adds(b, "END:VCALENDAR\r\n");
}

/* The same as Outlook writes it: by a name that the file describes. */
static void outlook(struct buf *b, int n)
{
	static const char zone[] =
		"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\n"
		"DTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"
		"DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
		"END:VCALENDAR\r\n";
	tzid = "W. Europe Standard Time";
	ordinary(b, n, -1);
	b->n -= strlen("END:VCALENDAR\r\n");
	buf_adds(b, zone);
	tzid = "Europe/Amsterdam";
}

/* 200 weekly series, 100 exceptions; or more of them. */
static void weekly(struct buf *b, int n, int changed)
{
	begin(b);
	for (int i = 0; i < n; i++)
		event(b, i, civil_to_day(2026, 8, 31) + i % 5,
		      510 + i % 8 * 60 + (i == changed ? 5 : 0),
		      i % 2 ? "RRULE:FREQ=WEEKLY;UNTIL=20270709T000000Z\r\n"
			      "EXDATE;TZID=Europe/Amsterdam:20261019T083000\r\n"
			    : "RRULE:FREQ=WEEKLY;COUNT=40\r\n");
	buf_adds(b, "END:VCALENDAR\r\n");
}

static void count_span(icalcomponent *c, struct icaltime_span *span, void *ctx)
{
	(void)c;
	(void)span;
	++*(long *)ctx;
}

static long bare_libical(const char *text)
{
	long n = 0;
	icalcomponent *root = icalparser_parse_string(text);
	struct icaltimetype from = icaltime_from_string("20260801T000000Z");
	struct icaltimetype to = icaltime_from_string("20270801T000000Z");
	for (icalcomponent *c = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT); c;
	     c = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT))
		icalcomponent_foreach_recurrence(c, from, to, count_span, &n);
	icalcomponent_free(root);
	return n;
}

static bool caged(void *ctx, const struct buf *text, const struct import_limits *limits,
		  struct buf *wire, struct err *err)
{
	return cage_parse(ctx, text, limits, wire, err);
}

/* What every import is asked with. */
static struct policy policy;
static struct timetable_opts opts;
static struct cage *cage;

static size_t ours(const struct buf *b)
{
	struct import_file file = {.bytes = b->v, .n = b->n};
	struct timetable t = {0};
	struct err err = {0};
	if (!import_read(&file, 1, &policy, &opts, caged, cage, &t, &err)) {
		(void)fprintf(stderr, "bench_import: %s\n", err.text);
		exit(1);
	}
	size_t n = t.n_occurrences;
	timetable_fini(&t);
	return n;
}

/* One lesson or series has moved since the last import: two versions in turn. */
static struct unit_cache *units;
static const struct buf *other;

static size_t one_changed(const struct buf *b)
{
	static bool turn;
	turn = !turn;
	opts.units = units;
	size_t n = ours(turn ? other : b);
	opts.units = NULL;
	return n;
}

/* The same bytes again: that they are the same is all that has to be found out. */
static size_t unchanged(const struct buf *b)
{
	struct import_file file = {.bytes = b->v, .n = b->n};
	char hash[33];
	import_hash(&file, 1, hash);
	return (size_t)(unsigned char)hash[0];
}

static size_t libical(const struct buf *b)
{
	return (size_t)bare_libical(b->v);
}

/* ---- measuring ---------------------------------------------------------------------------- */

typedef size_t work_fn(const struct buf *b);

/* By the clock on the wall, unless all the work is this thread's: then by its processor time, so
 * that a busy machine does not count. */
enum by { BY_WALL, BY_CPU };

static uint64_t now_ns(enum by by)
{
	struct timespec t;
	if (by == BY_WALL)
		return clock_mono_ns();
	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double turn_ms(work_fn *work, const struct buf *b, enum by by, size_t *result)
{
	int times = 0;
	(void)malloc_trim(0); /* what the other left to be tidied up is not ours to pay */
	uint64_t start = now_ns(by), now = start;
	for (; now - start < (uint64_t)TURN_MS * 1000000; now = now_ns(by), times++)
		*result = work(b);
	return (double)(now - start) / 1e6 / times;
}

static void compare(const char *name, work_fn *mine, const struct buf *b, enum by by, double goal)
{
	double ours_ms = 1e9, theirs_ms = 1e9, mb = (double)b->n / 1e6;
	size_t n = 0;
	for (int i = 0; i < ROUNDS; i++) { /* in turn, so that both meet the same noise */
		double x = turn_ms(mine, b, by, &n), y = turn_ms(libical, b, by, &n);
		ours_ms = x < ours_ms ? x : ours_ms;
		theirs_ms = y < theirs_ms ? y : theirs_ms;
	}
	printf("import %-30s tandemd %8.3f ms %7.1f MB/s   bare libical %8.2f ms   ratio %6.1f",
	       name, ours_ms, mb / ours_ms * 1e3, theirs_ms, theirs_ms / ours_ms);
	if (goal > 0)
		printf(" (goal %g)", goal);
	if (by == BY_CPU)
		printf(" of processor time");
	printf("\n");
}

/* ---- memory ------------------------------------------------------------------------------- */

/* kB of a line of /proc/self/status */
static long status_kb(const char *key)
{
	char line[200];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = strtol(line + strlen(key), NULL, 10);
	if (f)
		(void)fclose(f);
	return kb;
}

static const struct kind {
	const char *name;
	void (*make)(struct buf *b, int n, int changed);
	int n;
} kinds[] = {
	{"1,000 single lessons", ordinary, 1000},
	{"200 weekly series", weekly, 200},
	{"10,000 single lessons", ordinary, 10000},
	{"2,000 weekly series", weekly, 2000},
};

/* The most that one import held at a time, its bytes too. */
static void memory(const struct kind *kind)
{
	struct buf b = {0}, small = {0};
	kind->make(&small, 2, -1);
	(void)ours(&small); /* what the program itself needs is not the import's */
	kind->make(&b, kind->n, -1);
	FILE *f = fopen("/proc/self/clear_refs", "we"); /* the peak begins anew */
	(void)malloc_trim(0);
	bool cleared = f && fputs("5", f) >= 0;
	cleared = f && fclose(f) == 0 && cleared;
	long before = status_kb("VmRSS:");
	(void)ours(&b);
	long peak = status_kb("VmHWM:") - before + (long)(b.n / 1024);
	if (!cleared)
		printf("memory %-30s not measured: /proc/self/clear_refs is closed\n", kind->name);
	else
		printf("memory %-30s         %8.2f MiB    for %.2f MiB (goal %.2f: three times "
		       "and 4 MiB)\n",
		       kind->name, (double)peak / 1024, (double)b.n / 1048576,
		       3 * (double)b.n / 1048576 + 4);
	buf_fini(&b);
	buf_fini(&small);
}

/* Each in a program of its own: what the others left on the heap is not there. */
static void memory_of_all(void)
{
	(void)fflush(stdout);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char number[2] = {(char)('0' + i), '\0'};
		pid_t child = fork();
		if (child == 0) {
			(void)execl("/proc/self/exe", "bench_import", "memory", number,
				    (char *)NULL);
			_exit(1);
		}
		if (child > 0)
			(void)waitpid(child, NULL, 0);
	}
}

/* ---- many sources ------------------------------------------------------------------------- */

enum { SOURCES = 10000 };

/* Makes the bytes those of source @k: every lesson at minutes of its own. */
static void vary(struct buf *b, const size_t *minutes, size_t n, unsigned k)
{
	for (size_t i = 0; i < n; i++) {
		unsigned minute = (k + (unsigned)i / 2) % 10; /* start and end alike */
		b->v[minutes[i]] = (char)('0' + minute);
	}
}

/* Reads all sources whose bytes are not those of @hashes; the time of reading alone. */
static double read_sources(struct buf *b, const size_t *minutes, size_t n, unsigned changed,
			   char (*hashes)[33], size_t *read)
{
	uint64_t spent = 0;
	*read = 0;
	for (unsigned k = 0; k < SOURCES; k++) {
		struct import_file file = {.bytes = b->v, .n = b->n};
		char hash[33];
		/* neighbours are alike, so that what is said of one fits none of the others */
		vary(b, minutes, n, k * 7 + (changed && k % changed == 0 ? 3 : 0));
		uint64_t start = clock_mono_ns();
		import_hash(&file, 1, hash);
		if (strcmp(hash, hashes[k]) != 0) {
			memcpy(hashes[k], hash, sizeof hash);
			(void)ours(b);
			++*read;
		}
		spent += clock_mono_ns() - start;
	}
	return (double)spent / 1e9;
}

static void many_sources(struct buf *b)
{
	char(*hashes)[33] = xcalloc(SOURCES, sizeof *hashes);
	size_t *minutes = xcalloc(b->n / 20, sizeof *minutes), n = 0, read = 0, again = 0;
	for (const char *p = b->v; (p = strstr(p, "\nDT")); p++) {
		const char *t = strchr(p, ':');
		if (p[3] != 'S' || p[4] != 'T' || p[5] != 'T') /* DTSTAMP is harmless too */
			minutes[n++] = (size_t)(t - b->v) + 13;
		(void)t;
	}
	double cold = read_sources(b, minutes, n, 0, hashes, &read);
	double warm = read_sources(b, minutes, n, 100, hashes, &again);
	printf("10,000 sources of 1,000 events, one core, bytes in memory: cold %.2f s (%zu read, "
	       "goal 30), 1 %% changed %.2f s (%zu read, goal 1)\n",
	       cold, read, warm, again);
	xfree(minutes);
	xfree(hashes);
}

static void write_file(const char *folder, const char *name, const struct buf *b)
{
	char *path = xasprintf("%s/%s", folder, name);
	FILE *f = fopen(path, "we");
	if (!f || fwrite(b->v, 1, b->n, f) != b->n || fclose(f) != 0) {
		(void)fprintf(stderr, "bench_import: cannot write %s\n", path);
		exit(1);
	}
	xfree(path);
}

static void speed(void)
{
	struct buf a = {0}, b = {0}, c = {0}, d = {0}, e = {0}, f = {0};
	ordinary(&a, 1000, -1);
	weekly(&b, 200, -1);
	ordinary(&c, 10000, -1);
	compare("1,000 single lessons", ours, &a, BY_CPU, 50);
	outlook(&d, 1000);
	compare("1,000 lessons of Outlook", ours, &d, BY_CPU, 0);
	buf_fini(&d);
	compare("200 weekly series", ours, &b, BY_WALL, 5);
	compare("unchanged, 1,000 lessons", unchanged, &a, BY_CPU, 100);
	ordinary(&d, 10000, 5000);
	weekly(&e, 2000, -1);
	weekly(&f, 2000, 1000);
	units = unit_cache_new(64 << 20);
	other = &d;
	compare("one of 10,000 lessons changed", one_changed, &c, BY_CPU, 50);
	other = &f;
	compare("2,000 weekly series", ours, &e, BY_WALL, 5);
	compare("one of 2,000 series changed", one_changed, &e, BY_WALL, 0);
	unit_cache_free(units);
	memory_of_all();
	many_sources(&a);
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&c);
	buf_fini(&d);
	buf_fini(&e);
	buf_fini(&f);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	cage_main_if_asked(argc, argv);
	hash_init();
	memory_init(); /* as the daemon does */
	if (argc == 3 && strcmp(argv[1], "write") == 0) {
		for (size_t i = 0; i < 2; i++) {
			struct buf b = {0};
			char *name = xasprintf("%s.ics", kinds[i].name);
			kinds[i].make(&b, kinds[i].n, -1);
			write_file(argv[2], name, &b);
			xfree(name);
			buf_fini(&b);
		}
		return 0;
	}
	cage = cage_new(&err);
	if (!cage) {
		(void)fprintf(stderr, "bench_import: %s\n", err.text);
		return 1;
	}
	opts = (struct timetable_opts){
		.zone = zone_by_name("Europe/Amsterdam"),
		.from = local_at(civil_to_day(2026, 8, 1), 0),
		.to = local_at(civil_to_day(2027, 8, 1), 0),
		.limits = &import_limits_default,
	};
	policy_init(&policy);
	if (argc == 3 && strcmp(argv[1], "memory") == 0)
		memory(&kinds[(size_t)(argv[2][0] - '0') % (sizeof kinds / sizeof *kinds)]);
	else
		speed();
	cage_free(cage);
	policy_fini(&policy);
	return 0;
}
