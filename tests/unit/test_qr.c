/* QR codes: the drawing and the lines for a terminal show the same modules as the code has, with a
 * quiet zone around them, and what is read out cannot break out. Whether a phone reads them:
 * tests/daemon/test_links.py. */
#include "serve/qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const char url[] = "webcal://samen.example.nl/feeds/0123456789abcdefghijklmn.ics";

static bool dark(const struct qr *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width && qr->dark[y * qr->width + x];
}

/* ISO/IEC 18004 section 6.3.3: rings of 7, 5 and 3 modules in three corners. */
static void has_finder(const struct qr *qr, int left, int top)
{
	for (int y = -1; y <= 7; y++)
		for (int x = -1; x <= 7; x++) {
			int dx = x < 3 ? 3 - x : x - 3, dy = y < 3 ? 3 - y : y - 3;
			int ring = dx > dy ? dx : dy;
			assert_int_equal(dark(qr, left + x, top + y), ring != 2 && ring != 4);
		}
}

static void a_code_is_square_and_has_its_corners(void **state)
{
	(void)state;
	struct err err;
	struct qr qr;
	char text[400];
	int last = 0;
	for (size_t n = 1; n < sizeof text; n += 7) {
		memset(text, 'x', n);
		text[n] = '\0';
		assert_true(qr_make(text, &qr, &err));
		assert_true(qr.width >= 21 && qr.width % 4 == 1 && qr.width >= last);
		last = qr.width;
		has_finder(&qr, 0, 0);
		has_finder(&qr, qr.width - 7, 0);
		has_finder(&qr, 0, qr.width - 7);
		qr_fini(&qr);
	}
}

static void what_is_drawn_is_the_code(void **state)
{
	(void)state;
	struct err err;
	struct qr qr;
	struct buf svg = {0};
	assert_true(qr_make(url, &qr, &err));
	qr_svg(&qr, "q7", "Anna & <b>", "\"x\"\n\x01", &svg);
	assert_non_null(strstr(svg.v, "<title id=\"q7-title\">Anna &amp; &lt;b&gt;</title>"));
	assert_null(strstr(svg.v, "<b>"));
	assert_null(strchr(svg.v, '\x01'));
	int side = qr.width + 8, n = 0, x, y, run, back, used;
	char head[80];
	snprintf(head, sizeof head, "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\"", 4 * side,
		 4 * side, side, side);
	assert_non_null(strstr(svg.v, head));
	unsigned char *seen = xcalloc((size_t)qr.width, (size_t)qr.width);
	const char *p = strstr(svg.v, " d=\"") + 4;
	for (; sscanf(p, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &used) == 4; p += used) {
		assert_int_equal(run, back);
		while (run-- > 0) {
			assert_true(dark(&qr, x - 4 + run, y - 4));
			assert_int_equal(seen[(y - 4) * qr.width + x - 4 + run]++, 0);
			n++;
		}
	}
	assert_memory_equal(p, "\"/>", 3);
	for (int i = 0; i < qr.width * qr.width; i++)
		n -= qr.dark[i];
	assert_int_equal(n, 0);
	xfree(seen);
	buf_fini(&svg);
	qr_fini(&qr);
}

static void lines_for_a_terminal_are_the_code(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool upper, lower; /* drawn: light */
	} blocks[] = {{"\xE2\x96\x84", false, true},
		      {"\xE2\x96\x80", true, false},
		      {"\xE2\x96\x88", true, true},
		      {" ", false, false}};
	struct err err;
	struct qr qr;
	struct buf out = {0};
	assert_true(qr_make(url, &qr, &err));
	qr_blocks(&qr, &out);
	const char *p = out.v;
	int y = -4;
	for (; *p; y += 2, p++) {
		for (int x = -4; x < qr.width + 4; x++) {
			size_t b = 0;
			while (strncmp(p, blocks[b].text, strlen(blocks[b].text)) != 0)
				assert_in_range(++b, 0, 3);
			assert_int_equal(blocks[b].upper, !dark(&qr, x, y));
			if (y + 1 < qr.width + 4)
				assert_int_equal(blocks[b].lower, !dark(&qr, x, y + 1));
			else /* an odd number of rows: nothing below the last */
				assert_false(blocks[b].lower);
			p += strlen(blocks[b].text);
		}
		assert_int_equal(*p, '\n');
	}
	assert_in_range(y, qr.width + 4, qr.width + 5);
	buf_fini(&out);
	qr_fini(&qr);
}

static void a_code_has_an_end(void **state)
{
	(void)state;
	struct err err = {0};
	struct qr qr = {0};
	char text[2400];
	memset(text, 'x', sizeof text);
	text[2331] = '\0';
	assert_true(qr_make(text, &qr, &err));
	assert_int_equal(qr.width, 177);
	qr_fini(&qr);
	text[2331] = 'x';
	text[2332] = '\0';
	assert_false(qr_make(text, &qr, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "2332 bytes"));
	qr_fini(&qr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_is_square_and_has_its_corners),
		cmocka_unit_test(what_is_drawn_is_the_code),
		cmocka_unit_test(lines_for_a_terminal_are_the_code),
		cmocka_unit_test(a_code_has_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
