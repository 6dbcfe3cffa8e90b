/* test_timetable_diff.c -- what changed between two versions of a timetable: the algebra over
 * random weeks (test_timetable_diff SEED replays a run), and the cases that people would name. */
#include "cal/ics_parse.h"
#include "cal/timetable_diff.h"
#include "work/import_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 3000, MOST = 40, HOUR = 3600 };

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: %s; rerun: test_timetable_diff %llu\n",      \
				      __FILE__, __LINE__, #condition, (unsigned long long)seed);   \
			fail();                                                                    \
		}                                                                                  \
	} while (0)

static struct lesson_span lesson(int64_t hour, int64_t hours)
{
	return (struct lesson_span){hour * HOUR, (hour + hours) * HOUR, LEVEL_BUSY, 1, 0, draw(3)};
}

static int by_time(const void *pa, const void *pb)
{
	const struct lesson_span *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (a->level != b->level)
		return (int)a->level - (int)b->level;
	return (int)a->timed - (int)b->timed;
}

/* ---- applying a diff to the old version gives the new one ---- */

struct list {
	struct lesson_span v[3 * MOST];
	size_t n;
};

static void draw_lessons(struct list *list)
{
	static const enum level levels[] = {LEVEL_BUSY, LEVEL_BUSY, LEVEL_TENTATIVE, LEVEL_FREE};
	list->n = draw(MOST);
	for (size_t i = 0; i < list->n; i++) {
		list->v[i] = lesson((int64_t)draw(24 * 60) - 100, 1 + draw(3));
		list->v[i].level = levels[draw(4)];
		list->v[i].timed = draw(8) > 0;
	}
}

/* A version that keeps some, moves some and has some of its own. */
static void draw_change(const struct list *was, struct list *is)
{
	draw_lessons(is);
	if (draw(2))
		is->n /= 4;
	for (size_t i = 0; i < was->n; i++) {
		if (draw(4) == 0)
			continue;
		struct lesson_span s = was->v[i];
		int64_t by = draw(3) ? 0 : ((int64_t)draw(80) - 40) * HOUR;
		s.start += by;
		s.end += by;
		is->v[is->n++] = s;
	}
}

static void counted(const struct list *from, utc_t after, struct list *to)
{
	to->n = 0;
	for (size_t i = 0; i < from->n; i++)
		if (from->v[i].level > LEVEL_FREE && from->v[i].end > after)
			to->v[to->n++] = from->v[i];
	qsort(to->v, to->n, sizeof *to->v, by_time);
}

static bool take_out(struct list *list, const struct lesson_span *span)
{
	for (size_t i = 0; i < list->n; i++)
		if (by_time(&list->v[i], span) == 0) {
			list->v[i] = list->v[--list->n];
			return true;
		}
	return false;
}

static void apply(struct list *list, const struct timetable_diff *diff)
{
	size_t added = 0, removed = 0, moved = 0;
	for (size_t i = 0; i < diff->n; i++) {
		const struct lesson_change *row = &diff->v[i];
		if (row->kind != DIFF_ADDED)
			CHECK(take_out(list, &row->was));
		added += row->kind == DIFF_ADDED;
		removed += row->kind == DIFF_REMOVED;
		moved += row->kind == DIFF_MOVED;
	}
	for (size_t i = 0; i < diff->n; i++)
		if (diff->v[i].kind != DIFF_REMOVED)
			list->v[list->n++] = diff->v[i].is;
	CHECK(added == diff->added && removed == diff->removed && moved == diff->moved);
}

static bool likely_the_same(const struct lesson_change *gone, const struct lesson_change *come)
{
	int64_t apart = gone->was.start - come->is.start;
	bool same_length = gone->was.end - gone->was.start == come->is.end - come->is.start;
	bool overlap = gone->was.start < come->is.end && come->is.start < gone->was.end;
	return gone->was.timed == come->is.timed &&
	       (overlap || (same_length && llabs(apart) <= 28 * DAY_S));
}

static void test_applied_it_gives_the_new_version(void **unused)
{
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		static struct list was, is, a, b;
		struct timetable_diff diff;
		utc_t from = draw(2) ? -1000 * HOUR : (int64_t)draw(400) * HOUR;
		draw_lessons(&was);
		draw_change(&was, &is);
		timetable_diff_make(was.v, was.n, is.v, is.n, from, &diff);
		counted(&was, from, &a);
		counted(&is, from, &b);
		apply(&a, &diff);
		qsort(a.v, a.n, sizeof *a.v, by_time);
		CHECK(a.n == b.n);
		for (size_t i = 0; i < a.n; i++)
			CHECK(by_time(&a.v[i], &b.v[i]) == 0);
		/* nothing that could be one lesson is left as two */
		for (size_t i = 0; i < diff.n; i++)
			for (size_t k = 0; k < diff.n; k++)
				CHECK(diff.v[i].kind != DIFF_REMOVED ||
				      diff.v[k].kind != DIFF_ADDED ||
				      !likely_the_same(&diff.v[i], &diff.v[k]));
		timetable_diff_fini(&diff);
	}
}

static void test_the_order_of_the_lists_is_no_matter(void **unused)
{
	(void)unused;
	for (int round = 0; round < 300; round++) {
		static struct list was, is;
		struct timetable_diff a, b;
		draw_lessons(&was);
		draw_change(&was, &is);
		timetable_diff_make(was.v, was.n, is.v, is.n, 0, &a);
		for (size_t i = is.n; i > 1; i--) {
			size_t k = draw((uint32_t)i);
			struct lesson_span s = is.v[k];
			is.v[k] = is.v[i - 1];
			is.v[i - 1] = s;
		}
		timetable_diff_make(was.v, was.n, is.v, is.n, 0, &b);
		CHECK(a.n == b.n);
		for (size_t i = 0; i < a.n; i++)
			CHECK(a.v[i].kind == b.v[i].kind &&
			      by_time(&a.v[i].was, &b.v[i].was) == 0 &&
			      by_time(&a.v[i].is, &b.v[i].is) == 0);
		timetable_diff_fini(&a);
		timetable_diff_fini(&b);
	}
}

/* ---- cases with a name ---- */

static void expect(const char *name, const struct lesson_span *was, size_t n_was,
		   const struct lesson_span *is, size_t n_is, const char *rows)
{
	struct timetable_diff diff;
	struct buf got = {0};
	timetable_diff_make(was, n_was, is, n_is, 0, &diff);
	for (size_t i = 0; i < diff.n; i++) {
		const struct lesson_change *r = &diff.v[i];
		const struct lesson_span *s = r->kind == DIFF_REMOVED ? &r->was : &r->is;
		buf_addf(&got, "%s%c%lld-%lld", i ? " " : "", "+-~"[r->kind],
			 (long long)s -> start / HOUR, (long long)s -> end / HOUR);
		if (r->kind == DIFF_MOVED)
			buf_addf(&got, "<%lld", (long long)r->was.start / HOUR);
	}
	if (strcmp(buf_str(&got), rows) != 0)
		fail_msg("%s: %s, expected %s", name, buf_str(&got), rows);
	buf_fini(&got);
	timetable_diff_fini(&diff);
}

static void test_cases(void **unused)
{
	(void)unused;
	const struct lesson_span l9 = lesson(9, 1), l10 = lesson(10, 1), l13 = lesson(13, 1);
	const struct lesson_span two[] = {l9, l10}, other[] = {l9, l13}, one[] = {l9};
	struct lesson_span free9 = l9, maybe9 = l9, next_year = lesson(9 + 24 * 365, 1);
	free9.level = LEVEL_FREE;
	maybe9.level = LEVEL_TENTATIVE;
	expect("same", two, 2, two, 2, "");
	expect("moved", two, 2, other, 2, "~13-14<10");
	expect("gone", two, 2, one, 1, "-10-11");
	expect("come", one, 1, two, 2, "+10-11");
	expect("twice in one, once in the other", (struct lesson_span[]){l9, l9}, 2, one, 1,
	       "-9-10");
	expect("free is nothing", one, 1, &free9, 1, "-9-10");
	expect("another level", one, 1, &maybe9, 1, "~9-10<9");
	expect("far away is another lesson", one, 1, &next_year, 1, "-9-10 +8769-8770");
	expect("the nearest goes first", two, 2, (struct lesson_span[]){lesson(11, 1)}, 1,
	       "-9-10 ~11-12<10");
	expect("in order when all shift", two, 2,
	       (struct lesson_span[]){lesson(12, 1), lesson(11, 1)}, 2, "~11-12<10 ~12-13<9");
	expect("longer, at the same start", one, 1, (struct lesson_span[]){lesson(9, 2)}, 1,
	       "~9-11<9");
	expect("same length within the day before what overlaps", one, 1,
	       (struct lesson_span[]){lesson(8, 2), l13}, 2, "+8-10 ~13-14<9");
	expect("overlapping before next week", one, 1,
	       (struct lesson_span[]){lesson(8, 2), lesson(9 + 168, 1)}, 2, "~8-10<9 +177-178");
	expect("nothing and nothing", NULL, 0, NULL, 0, "");
}

static void test_shortened_lessons_are_the_same_lessons(void **unused)
{
	(void)unused;
	struct lesson_span was[5], is[5];
	struct timetable_diff diff;
	for (int i = 0; i < 5; i++) { /* 50 minutes become 45 */
		was[i] = (struct lesson_span){i * 3000, i * 3000 + 3000, LEVEL_BUSY, 1, 0, 1};
		is[i] = (struct lesson_span){i * 2700, i * 2700 + 2700, LEVEL_BUSY, 1, 0, 2};
	}
	timetable_diff_make(was, 5, is, 5, 0, &diff);
	assert_int_equal(diff.moved, 5);
	assert_int_equal(diff.n, 5);
	timetable_diff_fini(&diff);
}

static void test_a_year_is_compared_at_once(void **unused)
{
	(void)unused;
	enum { N = 60000 };
	struct lesson_span *was = calloc(N, sizeof *was), *is = calloc(N, sizeof *is);
	struct timetable_diff diff;
	for (int i = 0; i < N; i++) {
		was[i] = lesson(4 * i, 1);
		is[i] = lesson(4 * i + 1, 1);
	}
	timetable_diff_make(was, N, is, N, 0, &diff);
	assert_int_equal(diff.moved, N);
	timetable_diff_fini(&diff);
	free(was);
	free(is);
}

static void test_breaks(void **unused)
{
	(void)unused;
	const struct lesson_span is[] = {lesson(9, 1), lesson(13, 2)};
	const struct span sessions[] = {
		{10 * HOUR, 12 * HOUR},	      /* within the buffer of the first */
		{11 * HOUR, 12 * HOUR},	      /* far from both */
		{13 * HOUR, 15 * HOUR},	      /* exactly the second: probably that session */
		{14 * HOUR, 16 * HOUR},	      /* in the second */
		{15 * HOUR + 600, 16 * HOUR}, /* the buffer is kept */
	};
	bool hit[5] = {false};
	struct timetable_diff diff;
	timetable_diff_make(NULL, 0, is, 2, 0, &diff);
	timetable_diff_breaks(&diff, sessions, 5, 600, hit);
	assert_true(hit[0] && !hit[1] && !hit[2] && hit[3] && !hit[4]);
	timetable_diff_fini(&diff);
	timetable_diff_make(is, 2, NULL, 0, 0, &diff);
	memset(hit, 0, sizeof hit);
	timetable_diff_breaks(&diff, sessions, 5, 600, hit);
	for (int i = 0; i < 5; i++)
		assert_false(hit[i]); /* what goes breaks nothing */
	timetable_diff_fini(&diff);
}

/* ---- an export that says the same with other words ---- */

static bool parse_here(void *ctx, const struct buf *text, const struct import_limits *limits,
		       struct buf *wire, struct err *err)
{
	(void)ctx;
	(void)limits;
	return ics_parse(buf_str(text), text->n, wire, err);
}

static void read_calendar(const char *text, struct timetable *out)
{
	struct policy policy;
	struct err err = {0};
	struct import_file file = {NULL, text, strlen(text)};
	struct timetable_opts opts = {.zone = zone_by_name("Europe/Amsterdam"),
				      .from = 1788000000, /* August 2026 */
				      .to = 1788000000 + 300 * DAY_S,
				      .now = 1788000000};
	policy_init(&policy);
	*out = (struct timetable){0};
	if (!import_read(&file, 1, &policy, &opts, parse_here, NULL, out, &err))
		fail_msg("refused: %s", err.text);
	policy_fini(&policy);
}

#define EVENT(uid, stamp, start, more)                                                             \
	"BEGIN:VEVENT\r\nUID:" uid "\r\nDTSTAMP:" stamp "\r\nDTSTART;TZID=Europe/Amsterdam:" start \
	"\r\nDURATION:PT50M\r\n" more "END:VEVENT\r\n"

static void test_a_renumbered_and_restamped_export_is_no_change(void **unused)
{
	(void)unused;
	static const char was[] =
		"BEGIN:VCALENDAR\r\n" EVENT("a1", "20260801T000000Z", "20260907T090000",
					    "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Wiskunde\r\n")
			EVENT("a2", "20260801T000000Z", "20260908T100000",
			      "SEQUENCE:1\r\n") "END:VCALENDAR\r\n";
	static const char is[] = /* other order, names, stamps; the series as single lessons */
		"BEGIN:VCALENDAR\r\nX-WR-CALNAME:Nieuw\r\n" EVENT(
			"991", "20260902T111111Z", "20260908T100000",
			"SEQUENCE:7\r\nLAST-MODIFIED:20260902T111111Z\r\n")
			EVENT("992", "20260902T111111Z", "20260921T090000", "")
				EVENT("993", "20260902T111111Z", "20260907T090000", "")
					EVENT("994", "20260902T111111Z", "20260914T090000",
					      "") "END:VCALENDAR\r\n";
	struct timetable a, b;
	struct timetable_diff diff;
	read_calendar(was, &a);
	read_calendar(is, &b);
	assert_int_equal(a.n_occurrences, 4);
	timetable_diff_make(a.occurrences, a.n_occurrences, b.occurrences, b.n_occurrences, 0,
			    &diff);
	assert_int_equal(diff.n, 0);
	timetable_diff_fini(&diff);
	timetable_fini(&a);
	timetable_fini(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applied_it_gives_the_new_version),
		cmocka_unit_test(test_the_order_of_the_lists_is_no_matter),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_shortened_lessons_are_the_same_lessons),
		cmocka_unit_test(test_a_year_is_compared_at_once),
		cmocka_unit_test(test_breaks),
		cmocka_unit_test(test_a_renumbered_and_restamped_export_is_no_change),
	};
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	(void)printf("seed %llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
