/* bench_import.c -- a timetable from bytes to busy set, beside bare libical (parse, then its own
 * expansion of every event) on the same bytes in the same run. libical is measured here as the
 * peer that it is; its answer is not the right one for many files (see the trap table), so only
 * its time is compared. The whole path of ours includes the cage: a fresh child an import. */
#include "base/clock.h"
#include "base/hash.h"
#include "io/cage.h"
#include "work/import_read.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 15 };

static void stamp(struct buf *b, const char *name, day_t day, int minute)
{
	struct civil c = civil_from_day(day);
	buf_addf(b, "%s;TZID=Europe/Amsterdam:%04d%02d%02dT%02d%02d00\r\n", name, c.year, c.month,
		 c.day, minute / 60, minute % 60);
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

/* An ordinary year: 1,000 single lessons with a zone. */
static void ordinary(struct buf *b)
{
	begin(b);
	for (int i = 0; i < 1000; i++)
		event(b, i, civil_to_day(2026, 8, 31) + i / 4 + 3 * (i / 20 % 2), 510 + i % 4 * 120,
		      "");
	buf_adds(b, "END:VCALENDAR\r\n");
}

/* 200 weekly series, 100 exceptions. */
static void weekly(struct buf *b)
{
	begin(b);
	for (int i = 0; i < 200; i++)
		event(b, i, civil_to_day(2026, 8, 31) + i % 5, 510 + i % 8 * 60,
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

static size_t ours(struct cage *cage, const struct buf *b)
{
	struct import_file file = {.bytes = b->v, .n = b->n};
	struct policy policy;
	struct timetable t = {0};
	struct err err = {0};
	struct timetable_opts opts = {
		.zone = zone_by_name("Europe/Amsterdam"),
		.from = local_at(civil_to_day(2026, 8, 1), 0),
		.to = local_at(civil_to_day(2027, 8, 1), 0),
		.limits = &import_limits_default,
	};
	policy_init(&policy);
	if (!import_read(&file, 1, &policy, &opts, caged, cage, &t, &err)) {
		(void)fprintf(stderr, "bench_import: %s\n", err.text);
		exit(1);
	}
	size_t n = t.n_occurrences;
	timetable_fini(&t);
	policy_fini(&policy);
	return n;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static double median_ms(uint64_t *v)
{
	qsort(v, ROUNDS, sizeof *v, by_value);
	return (double)v[ROUNDS / 2] / 1e6;
}

static void compare(const char *name, struct cage *cage, const struct buf *b)
{
	uint64_t a[ROUNDS], l[ROUNDS];
	size_t n = 0;
	long m = 0;
	for (int i = 0; i < ROUNDS; i++) { /* in turn, so that both meet the same noise */
		uint64_t t = clock_mono_ns();
		n = ours(cage, b);
		a[i] = clock_mono_ns() - t;
		t = clock_mono_ns();
		m = bare_libical(b->v);
		l[i] = clock_mono_ns() - t;
	}
	double x = median_ms(a), y = median_ms(l), mb = (double)b->n / 1e6;
	printf("import %-22s tandemd %7.2f ms %6.1f MB/s (%zu)   bare libical %7.2f ms %6.1f MB/s "
	       "(%ld)   ratio %.2f\n",
	       name, x, mb / x * 1e3, n, y, mb / y * 1e3, m, y / x);
}

int main(int argc, char **argv)
{
	struct err err = {0};
	struct buf a = {0}, b = {0};
	cage_main_if_asked(argc, argv);
	hash_init();
	struct cage *cage = cage_new(&err);
	if (!cage) {
		(void)fprintf(stderr, "bench_import: %s\n", err.text);
		return 1;
	}
	ordinary(&a);
	weekly(&b);
	compare("1,000 single lessons", cage, &a);
	compare("200 weekly series", cage, &b);
	cage_free(cage);
	buf_fini(&a);
	buf_fini(&b);
	return 0;
}
