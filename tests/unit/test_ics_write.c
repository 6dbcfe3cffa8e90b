/* test_ics_write.c -- content lines: folded without cutting a character, escaped, clean. */
#include "cal/ics_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t rnd(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33);
}

static void escapes_and_drops(void **state)
{
	(void)state;
	struct buf b = {0};
	ics_text(&b, "SUMMARY", "a,b;c\\d\ne\rf\tg\x7F\xC2\x85h\xFF");
	assert_string_equal(buf_str(&b), "SUMMARY:a\\,b\\;c\\\\d\\nefgh\xEF\xBF\xBD\r\n");
	buf_clear(&b);
	ics_text(&b, "SUMMARY", "");
	ics_text(&b, "SUMMARY", NULL);
	assert_string_equal(buf_str(&b), "");
	buf_fini(&b);
}

static void parties_are_quoted(void **state)
{
	(void)state;
	struct buf b = {0};
	ics_mailto(&b, "ATTENDEE;RSVP=FALSE", "Vries, \"An\";\r\nX:1\x7F\xC2\x85 \xC3\xA9\xFF",
		   "a@b.nl");
	assert_string_equal(buf_str(&b), "ATTENDEE;RSVP=FALSE;CN=\"Vries, 'An';X:1 \xC3\xA9"
					 "\xEF\xBF\xBD\":mailto:a@b.nl\r\n");
	buf_fini(&b);
}

static void moments_have_their_zone(void **state)
{
	(void)state;
	struct buf b = {0};
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	ics_zoned(&b, "DTSTART", zone, 1795521600); /* 2026-11-24T12:00:00Z */
	ics_zoned(&b, "DTSTART", zone_utc(), 1795521600);
	ics_utc(&b, "DTSTAMP", 1795521600);
	assert_string_equal(buf_str(&b),
			    "DTSTART;TZID=Europe/Amsterdam:20261124T130000\r\n"
			    "DTSTART:20261124T120000Z\r\nDTSTAMP:20261124T120000Z\r\n");
	buf_fini(&b);
}

/* One random character: ASCII, or of two, three or four bytes. */
static size_t random_character(uint64_t *state, char *out)
{
	static const char *const some[] = {
		"a", "Z", " ", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x99\x82"};
	const char *c = some[rnd(state) % 6];
	memcpy(out, c, strlen(c));
	return strlen(c);
}

/* Unfolding gives the text back; no physical line has more than 75 octets or begins inside a
 * character. */
static void folding_is_undone_by_unfolding(void **state)
{
	(void)state;
	uint64_t r = seed;
	for (int round = 0; round < 3000; round++) {
		char text[1200];
		size_t n = 0, len = rnd(&r) % 290;
		for (size_t i = 0; i < len; i++)
			n += random_character(&r, text + n);
		text[n] = '\0';
		struct buf b = {0}, back = {0};
		ics_raw(&b, "X", text);
		assert_memory_equal(b.v + b.n - 2, "\r\n", 2);
		for (char *line = b.v; *line;) {
			char *end = strstr(line, "\r\n");
			assert_true(end - line <= 75);
			assert_true(((unsigned char)line[0] & 0xC0) != 0x80);
			bool more = line != b.v;
			if (more)
				assert_true(line[0] == ' ' &&
					    ((unsigned char)line[1] & 0xC0) != 0x80);
			buf_add(&back, line + more, (size_t)(end - line) - more);
			line = end + 2;
		}
		assert_int_equal(back.n, n + 2);
		assert_memory_equal(back.v + 2, text, n);
		buf_fini(&b);
		buf_fini(&back);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	printf("rerun: %s %llu\n", argv[0], (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_and_drops),
		cmocka_unit_test(parties_are_quoted),
		cmocka_unit_test(moments_have_their_zone),
		cmocka_unit_test(folding_is_undone_by_unfolding),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
