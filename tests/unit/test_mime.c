/* test_mime.c -- mail that is written is read back as it was meant: random texts against readers of
 * their own, and nothing that people are called ends a line. A seed may be given as argv[1]. */
#include "work/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- readers, written for this test ---- */

static int base64_value(char c)
{
	const char *all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(all, c) : NULL;
	return at ? (int)(at - all) : -1;
}

static void read_base64(const char *p, size_t n, struct buf *out)
{
	unsigned v = 0;
	int bits = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r' || p[i] == '\n' || p[i] == '=')
			continue;
		assert_true(base64_value(p[i]) >= 0);
		v = v << 6 | (unsigned)base64_value(p[i]);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_addc(out, (char)(v >> bits));
		}
	}
}

static void read_quoted(const char *p, struct buf *out)
{
	for (; *p; p++) {
		unsigned byte;
		if (strncmp(p, "=\r\n", 3) == 0) {
			p += 2;
		} else if (*p == '=') {
			assert_int_equal(sscanf(p + 1, "%2X", &byte), 1);
			buf_addc(out, (char)byte);
			p += 2;
		} else if (*p != '\r') {
			buf_addc(out, *p);
		}
	}
}

/* The value of a field: unfolded, encoded words decoded, blanks between two of those dropped. */
static void read_field(const char *field, struct buf *out)
{
	struct buf flat = {0};
	const char *p;
	for (p = strchr(field, ':') + 1; *p; p++)
		if (*p != '\r' && *p != '\n')
			buf_addc(&flat, *p);
	bool was_word = false;
	for (p = buf_str(&flat) + strspn(buf_str(&flat), " "); *p;) {
		const char *end = strncmp(p, "=?utf-8?B?", 10) == 0 ? strstr(p, "?=") : NULL;
		if (end) {
			read_base64(p + 10, (size_t)(end - p) - 10, out);
			p = end + 2;
			was_word = true;
		} else if (*p == ' ' && was_word && strncmp(p + 1, "=?utf-8?B?", 10) == 0) {
			p++;
		} else {
			was_word = false;
			buf_addc(out, *p++);
		}
	}
	buf_fini(&flat);
}

/* ASCII, no line longer than @max, CRLF and no other CR or LF, folded lines begin with one blank. */
static void is_seven_bit(const struct buf *b, size_t max, bool field)
{
	size_t column = 0;
	for (size_t i = 0; i < b->n; i++) {
		unsigned char c = (unsigned char)b->v[i];
		assert_true((c >= ' ' && c < 0x7F) || c == '\r' || c == '\n');
		assert_true((c == '\r') == (i + 1 < b->n && b->v[i + 1] == '\n'));
		assert_true((c == '\n') == (i > 0 && b->v[i - 1] == '\r'));
		if (field && column == 0 && i > 0)
			assert_true(c == ' ' && i + 1 < b->n && b->v[i + 1] != '\r');
		column = c == '\n' ? 0 : column + 1;
		assert_true(column <= max + 1); /* and the CR */
	}
}

static void random_text(char *text, size_t max, bool ascii)
{
	static const char *const some[] = {"a",
					   "Z",
					   " ",
					   ".",
					   "F",
					   "=",
					   "?",
					   "\"",
					   "\\",
					   "<",
					   "\xC3\xA9",
					   "\n",
					   "\xE2\x82\xAC",
					   "\r\nX: y",
					   "\t",
					   "\x01",
					   "\xFF",
					   "\xF0\x9F\x99\x82",
					   "\xC2\x85",
					   ","};
	size_t n = 0;
	for (size_t i = rnd(60); i > 0; i--) {
		const char *c = some[rnd(ascii ? 10 : 20)];
		if (n + strlen(c) < max)
			memcpy(text + n, c, strlen(c) + 1), n += strlen(c);
	}
	text[n] = '\0';
}

/* What people would read: a model of the header's own promise. */
static void expected(const char *text, struct buf *out)
{
	bool blank = false;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p <= ' ' || *p == 0x7F || (*p == 0xC2 && p[1] == 0x85)) {
			p += *p == 0xC2;
			blank = true;
			continue;
		}
		if (blank && out->n)
			buf_addc(out, ' ');
		blank = false;
		if (*p == 0xFF)
			buf_adds(out, "\xEF\xBF\xBD");
		else
			buf_addc(out, (char)*p);
	}
}

static void a_field_is_read_back(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[400];
		struct buf field = {0}, back = {0}, want = {0};
		random_text(text, sizeof text, rnd(3) == 0);
		mime_text(&field, rnd(2) ? "Subject" : "X-A-Field-With-A-Rather-Long-Name", text);
		is_seven_bit(&field, 76, true);
		read_field(buf_str(&field), &back);
		expected(text, &want);
		assert_string_equal(buf_str(&back), buf_str(&want));
		buf_fini(&field);
		buf_fini(&back);
		buf_fini(&want);
	}
}

static void long_plain_text_is_folded_at_blanks(void **state)
{
	(void)state;
	struct buf b = {0};
	mime_text(&b, "Subject",
		  "one two three four five six seven eight nine ten eleven twelve thirteen "
		  "fourteen fifteen sixteen");
	assert_string_equal(buf_str(&b),
			    "Subject: one two three four five six seven eight nine ten "
			    "eleven twelve\r\n thirteen fourteen fifteen sixteen\r\n");
	buf_clear(&b);
	mime_text(&b, "Subject", "");
	assert_string_equal(buf_str(&b), "Subject:\r\n");
	buf_fini(&b);
}

static void nobody_is_called_a_header(void **state)
{
	(void)state;
	struct buf b = {0};
	mime_mailbox(&b, "To", "Anna\r\nBcc: all@example.nl", "a@b.nl");
	assert_string_equal(buf_str(&b), "To: \"Anna Bcc: all@example.nl\" <a@b.nl>\r\n");
	buf_clear(&b);
	mime_mailbox(&b, "To", "Vries, \"An\" \\ de", "a@b.nl");
	assert_string_equal(buf_str(&b), "To: \"Vries, \\\"An\\\" \\\\ de\" <a@b.nl>\r\n");
	buf_clear(&b);
	mime_mailbox(&b, "To", "", "a@b.nl");
	assert_string_equal(buf_str(&b), "To: <a@b.nl>\r\n");
	buf_clear(&b);
	mime_mailbox(&b, "To", "=?utf-8?B?AAAA?=", "a@b.nl");
	assert_string_equal(buf_str(&b), "To: =?utf-8?B?PT91dGYtOD9CP0FBQUE/PQ==?= <a@b.nl>\r\n");
	buf_fini(&b);
}

static void a_mailbox_is_read_back(void **state)
{
	(void)state;
	for (int round = 0; round < 5000; round++) {
		char text[400];
		struct buf field = {0}, back = {0}, want = {0};
		random_text(text, sizeof text, false);
		mime_mailbox(&field, "From", text, "someone.with.a.long.name@school.example");
		is_seven_bit(&field, 76, true);
		read_field(buf_str(&field), &back);
		expected(text, &want);
		if (strncmp(field.v, "From: \"", 7) == 0) { /* undo the quoting */
			struct buf name = {0};
			const char *p = back.v + 1;
			for (; *p != '"'; p++)
				buf_addc(&name, *p == '\\' ? *++p : *p);
			buf_adds(&name, p + 1);
			buf_fini(&back);
			back = name;
		}
		buf_addf(&want, "%s<someone.with.a.long.name@school.example>", want.n ? " " : "");
		assert_string_equal(buf_str(&back), buf_str(&want));
		buf_fini(&field);
		buf_fini(&back);
		buf_fini(&want);
	}
}

static void bodies_are_read_back(void **state)
{
	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct buf text = {0}, quoted = {0}, coded = {0}, back = {0};
		for (size_t i = rnd(400); i > 0; i--)
			buf_addc(&text, rnd(9) == 0   ? '\n'
					: rnd(5) == 0 ? ' '
						      : (char)(1 + rnd(255)));
		for (size_t i = 0; i < text.n; i++)
			if (text.v[i] == '\r')
				text.v[i] = 'F';
		mime_quoted(&quoted, buf_str(&text));
		mime_base64(&coded, text.v, text.n);
		is_seven_bit(&quoted, 76, false);
		is_seven_bit(&coded, 76, false);
		for (const char *line = buf_str(&quoted); *line; line = strchr(line, '\n') + 1) {
			assert_true(*line != '.' && strncmp(line, "From", 4) != 0);
			assert_true(strncmp(line, "\r\n", 2) == 0 || strchr(line, '\r')[-1] != ' ');
		}
		read_quoted(buf_str(&quoted), &back);
		if (text.n && text.v[text.n - 1] != '\n')
			buf_addc(&text, '\n'); /* a body ends with a line */
		assert_string_equal(buf_str(&back), buf_str(&text));
		buf_clear(&back);
		read_base64(buf_str(&coded), coded.n, &back);
		assert_int_equal(strncmp(buf_str(&back), buf_str(&text), back.n), 0);
		assert_true(back.n + 1 >= text.n);
		buf_fini(&text);
		buf_fini(&quoted);
		buf_fini(&coded);
		buf_fini(&back);
	}
}

static void dates(void **state)
{
	(void)state;
	struct buf b = {0};
	mime_date(&b, 1795521600);
	assert_string_equal(buf_str(&b), "Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n");
	buf_fini(&b);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	printf("rerun: test_mime %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_read_back),
		cmocka_unit_test(long_plain_text_is_folded_at_blanks),
		cmocka_unit_test(nobody_is_called_a_header),
		cmocka_unit_test(a_mailbox_is_read_back),
		cmocka_unit_test(bodies_are_read_back),
		cmocka_unit_test(dates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
