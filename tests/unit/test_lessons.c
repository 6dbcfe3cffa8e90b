/* test_lessons.c -- titles and places of lessons that a partner may visit: only those that the
 * policy's `lesson` meets, bounded, harmless, each pair once, by whichever lane they come. */
#include "cal/ics_parse.h"
#include "cal/lessons.h"
#include "cal/timetable.h"
#include "cal/unitcache.h"
#include "work/import_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define EVENT(uid, start, more)                                                                    \
	"BEGIN:VEVENT\r\nUID:" uid "\r\nDTSTART;TZID=Europe/Amsterdam:" start                      \
	"\r\nDURATION:PT50M\r\n" more "END:VEVENT\r\n"
#define CAL(body) "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" body "END:VCALENDAR\r\n"

static bool parse_here(void *ctx, const struct buf *text, const struct import_limits *limits,
		       struct buf *wire, struct err *err)
{
	(void)limits;
	*(struct buf *)ctx = (struct buf){0};
	buf_add(ctx, text->v, text->n);
	return ics_parse(buf_str(text), text->n, wire, err);
}

struct reading {
	struct policy policy;
	struct timetable_opts opts;
	struct timetable t;
	struct buf seen; /* what the cage was shown */
};

static void read_it(struct reading *r, const char *text)
{
	struct err err = {0};
	struct import_file file = {NULL, text, strlen(text)};
	buf_fini(&r->seen);
	timetable_fini(&r->t);
	if (!import_read(&file, 1, &r->policy, &r->opts, parse_here, &r->seen, &r->t, &err))
		fail_msg("refused: %s", err.text);
}

static void begin(struct reading *r, const char *lesson)
{
	struct err err = {0};
	*r = (struct reading){.opts = {.zone = zone_by_name("Europe/Amsterdam")}};
	r->opts.from = zone_day_start(r->opts.zone, civil_to_day(2026, 8, 31));
	r->opts.to = r->opts.from + 300 * DAY_S;
	r->opts.now = r->opts.from;
	policy_init(&r->policy);
	if (lesson && !policy_set(&r->policy, "lesson", lesson, &err))
		fail_msg("%s", err.text);
}

static void finish(struct reading *r)
{
	policy_fini(&r->policy);
	timetable_fini(&r->t);
	buf_fini(&r->seen);
}

static const char *title(const struct reading *r, size_t i)
{
	const struct lesson_text *text = lessons_get(&r->t.lessons, r->t.occurrences[i].lesson);
	return text ? text->title : "-";
}

static const char *place(const struct reading *r, size_t i)
{
	const struct lesson_text *text = lessons_get(&r->t.lessons, r->t.occurrences[i].lesson);
	return text ? text->place : "-";
}

static const char week[] = CAL(
	EVENT("1", "20260901T090000", "SUMMARY:EN2A Spreken\\, luisteren\r\nLOCATION:D2.02\r\n")
		EVENT("2", "20260902T090000", "SUMMARY:Tandarts\r\nLOCATION:Kerkstraat 1\r\n")
			EVENT("3", "20260903T090000",
			      "LOCATION:B1\r\nSUMMARY:Overleg\r\nCATEGORIES:werk,EN-les\r\n")
				EVENT("4", "20260904T090000",
				      "SUMMARY:EN2A Schrijven\r\nSTATUS:CANCELLED\r\n")
					EVENT("5", "20260907T090000",
					      "RRULE:FREQ=WEEKLY;COUNT=2\r\nSUMMARY:EN2A Lezen\r\n")
						EVENT("6", "20260908T090000",
						      "SUMMARY:EN2A "
						      "Toets\r\nSTATUS:TENTATIVE\r\n"));

static void only_what_the_policy_meets_is_kept(void **state)
{
	struct reading r;
	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		begin(&r, "^EN");
		r.opts.slow_lane = slow;
		read_it(&r, week);
		assert_int_equal(r.t.n_occurrences, 7);
		assert_string_equal(title(&r, 0), "EN2A Spreken, luisteren");
		assert_string_equal(place(&r, 0), "D2.02");
		assert_string_equal(title(&r, 1), "-"); /* a dentist is nobody's business */
		assert_string_equal(title(&r, 2), "Overleg");
		assert_string_equal(place(&r, 2), "B1");
		assert_string_equal(title(&r, 3), "-"); /* cancelled */
		assert_string_equal(title(&r, 4), "EN2A Lezen");
		assert_string_equal(place(&r, 4), "");
		assert_string_equal(title(&r, 5), "-"); /* tentative */
		assert_string_equal(title(&r, 6), "EN2A Lezen");
		assert_int_equal(r.t.occurrences[4].lesson, r.t.occurrences[6].lesson);
		assert_int_equal(r.t.lessons.n, 3);
		/* the cage sees no title, no place */
		assert_null(strstr(buf_str(&r.seen), "Spreken"));
		assert_null(strstr(buf_str(&r.seen), "D2.02"));
		finish(&r);
	}
	begin(&r, NULL);
	read_it(&r, week);
	assert_int_equal(r.t.n_occurrences, 7);
	assert_int_equal(r.t.lessons.n, 0);
	for (size_t i = 0; i < r.t.n_occurrences; i++)
		assert_int_equal(r.t.occurrences[i].lesson, 0);
	finish(&r);
}

/* An override has a title and a place of its own; all-day events are no lessons. */
static void each_component_speaks_for_itself(void **state)
{
	struct reading r;
	(void)state;
	begin(&r, "^EN");
	read_it(&r, CAL(EVENT("1", "20260901T090000",
			      "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:EN2A\r\nLOCATION:D1\r\n")
				EVENT("1", "20260908T100000",
				      "RECURRENCE-ID;TZID=Europe/Amsterdam:20260908T090000\r\n"
				      "SUMMARY:EN2A\r\nLOCATION:D9\r\n") "BEGIN:VEVENT\r\nUID:2\r\n"
									 "DTSTART;VALUE=DATE:"
									 "20260909\r\n"
									 "SUMMARY:EN-"
									 "dag\r\nEND:VEVENT\r\n"));
	assert_int_equal(r.t.n_occurrences, 4);
	assert_string_equal(place(&r, 0), "D1");
	assert_string_equal(place(&r, 1), "D9");
	assert_string_equal(title(&r, 2), "-");
	assert_string_equal(place(&r, 3), "D1");
	finish(&r);
}

/* What the cache of units holds of the last import never stands for a lesson: its place may have
 * changed, and places are in no key. */
static void a_new_place_is_seen_whatever_was_cached(void **state)
{
	struct reading r;
	(void)state;
	begin(&r, "^EN");
	r.opts.units = unit_cache_new(1 << 20);
	read_it(&r, CAL(EVENT("1", "20260901T090000",
			      "RRULE:FREQ=WEEKLY\r\nSUMMARY:EN2A\r\nLOCATION:D1\r\n")
				EVENT("2", "20260902T090000",
				      "RRULE:FREQ=WEEKLY\r\nSUMMARY:Anders\r\n")));
	assert_string_equal(place(&r, 0), "D1");
	read_it(&r, CAL(EVENT("1", "20260901T090000",
			      "RRULE:FREQ=WEEKLY\r\nSUMMARY:EN2A\r\nLOCATION:D2\r\n")
				EVENT("2", "20260902T090000",
				      "RRULE:FREQ=WEEKLY\r\nSUMMARY:Anders\r\n")));
	size_t known, all;
	unit_cache_hits(r.opts.units, &known, &all);
	assert_string_equal(place(&r, 0), "D2");
	assert_int_equal(known, 1); /* the other one was */
	assert_int_equal(all, 2);
	unit_cache_free(r.opts.units);
	finish(&r);
}

static void texts_are_cut_and_made_harmless(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"  EN2A \\n lezen\\, en\\; meer \t", "EN2A lezen, en; meer"},
		{"een\x01twee\x1b[31m", "een?twee?[31m"},
		{"\xE2\x80\xAEomgekeerd", "???omgekeerd"},
		{"half \xC3", "half ?"},
		{"Frans \xC3\xA9\xC3\xA9n", "Frans \xC3\xA9\xC3\xA9n"},
	};
	char wide[400];
	struct lessons l = {0};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t n = lessons_note(&l, cases[i].in, strlen(cases[i].in), "", 0);
		assert_string_equal(lessons_get(&l, n)->title, cases[i].out);
	}
	for (size_t i = 0; i < sizeof wide; i += 2)
		memcpy(wide + i, "\xC3\xA9", 2);
	for (size_t n = 0; n < sizeof wide; n++) { /* never half a character at the cut */
		const struct lesson_text *t =
			lessons_get(&l, lessons_note(&l, "x", 1, wide + n % 2, n - n % 2));
		assert_true(lesson_text_is_sound(t->place, strlen(t->place), LESSON_PLACE_BYTES));
	}
	assert_null(lessons_get(&l, 0));
	assert_null(lessons_get(&l, (uint32_t)l.n + 1));
	lessons_fini(&l);
}

/* A file cannot make us keep more than so much of its text. */
static void many_texts_are_bounded(void **state)
{
	struct lessons l = {0}, copy;
	(void)state;
	for (int i = 0; i < 20000; i++) {
		char name[24];
		(void)snprintf(name, sizeof name, "les %d", i % 7000);
		uint32_t n = lessons_add(&l, name, "");
		const struct lesson_text *t = lessons_get(&l, n);
		assert_string_equal(t->title, i % 7000 < LESSON_TEXTS_MAX ? name : "");
	}
	assert_int_equal(l.n, LESSON_TEXTS_MAX + 1);
	lessons_copy(&copy, &l);
	assert_int_equal(copy.n, l.n);
	assert_int_equal(lessons_add(&copy, "les 4999", ""), 5000);
	lessons_fini(&copy);
	lessons_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_the_policy_meets_is_kept),
		cmocka_unit_test(each_component_speaks_for_itself),
		cmocka_unit_test(a_new_place_is_seen_whatever_was_cached),
		cmocka_unit_test(texts_are_cut_and_made_harmless),
		cmocka_unit_test(many_texts_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
