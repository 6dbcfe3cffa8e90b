/* What forms send comes out as it was typed, whatever it is; what no form sends is refused; and the
 * word that keeps other sites out is of one page and two days. A seed may be given as argv[1]. */
#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "serve/csrf.h"
#include "serve/form.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20261122;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static bool parse(const char *body, struct form *form, struct err *err)
{
	return form_parse(body, strlen(body), form, err);
}

static void fields_are_read(void **state)
{
	(void)state;
	struct err err;
	struct form form;
	char text[8];
	assert_true(parse("", &form, &err));
	assert_int_equal(form.n, 0);
	assert_null(form_value(&form, ""));
	form_fini(&form);
	assert_true(
		parse("&&label=Zo%C3%AB+%26+co%3D%2b&empty=&bare&=nameless&a=b=c&", &form, &err));
	assert_int_equal(form.n, 5);
	assert_string_equal(form_value(&form, "label"), "Zo\xC3\xAB & co=+");
	assert_string_equal(form_value(&form, "empty"), "");
	assert_string_equal(form_value(&form, "bare"), "");
	assert_string_equal(form_value(&form, ""), "nameless");
	assert_string_equal(form_value(&form, "a"), "b=c");
	assert_null(form_value(&form, "b"));
	form_fini(&form);
	form_fini(&form);
	assert_true(parse("t=%20%0d%0a1234567+%09&u=12345678&v=+", &form, &err));
	assert_true(form_text(&form, "t", text, sizeof text));
	assert_string_equal(text, "1234567");
	assert_false(form_text(&form, "u", text, sizeof text)); /* one too many */
	assert_false(form_text(&form, "w", text, sizeof text));
	assert_true(form_text(&form, "v", text, sizeof text));
	assert_string_equal(text, "");
	form_fini(&form);
}

static void what_no_form_sends_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *body, *says;
	} bad[] = {
		{"a=%", "not written"},	   {"a=%4", "not written"},  {"a=%4&b=1", "not written"},
		{"%zz=1", "not written"},  {"a=%g0", "not written"}, {"a=%00", "not written"},
		{"a=\x01", "not written"}, {"a=%7f", "not written"}, {"a=%1b[2J", "not written"},
		{"a=%ff", "UTF-8"},	   {"%c3=1", "UTF-8"},	     {"a=%ed%a0%80", "UTF-8"},
		{"a=\xC3", "UTF-8"},	   {"a=1&a=2", "twice"},     {"a=1&%61=1", "twice"},
		{"a&b&a", "twice"},	   {"=1&=2", "twice"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = {0};
		struct form form = {0};
		assert_false(parse(bad[i].body, &form, &err));
		assert_int_equal(err.code, ERR_PARSE);
		assert_non_null(strstr(err.text, bad[i].says));
		assert_null(form.bytes);
	}
	struct err err = {0};
	struct form form = {0};
	assert_false(form_parse("a=\0b", 4, &form, &err));
	struct buf many = {0};
	for (int i = 0; i < FORM_FIELDS; i++)
		buf_addf(&many, "f%d=%d&", i, i);
	assert_true(parse(buf_str(&many), &form, &err));
	assert_int_equal(form.n, FORM_FIELDS);
	assert_string_equal(form_value(&form, "f63"), "63");
	form_fini(&form);
	buf_adds(&many, "g=1");
	assert_false(parse(buf_str(&many), &form, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_non_null(strstr(err.text, "more than 64"));
	buf_fini(&many);
}

static void some_text(char *out, size_t max)
{
	static const char *const bits[] = {"a",
					   "Z",
					   " ",
					   "&",
					   "=",
					   "%",
					   "+",
					   "\xC3\xAB",
					   ";",
					   "#",
					   "\xE2\x82\xAC",
					   "\xF0\x9F\x98\x80",
					   "<",
					   "\"",
					   "\r\n",
					   "\t",
					   "%41",
					   "/",
					   "~",
					   "\\"};
	size_t n = draw((uint32_t)max / 5);
	out[0] = '\0';
	while (n-- > 0)
		strcat(out, bits[draw(sizeof bits / sizeof *bits)]);
}

/* What is escaped is what is read. */
static void any_text_comes_through(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct buf body = {0};
		struct form form;
		struct err err;
		char values[6][120];
		uint32_t n = draw(7);
		for (uint32_t i = 0; i < n; i++) {
			some_text(values[i], sizeof values[i]);
			buf_addf(&body, "%s%u=", i ? "&" : "", i);
			form_escape(values[i], &body);
		}
		assert_true(parse(buf_str(&body), &form, &err));
		assert_int_equal(form.n, n);
		for (uint32_t i = 0; i < n; i++) {
			char name[12];
			snprintf(name, sizeof name, "%u", i);
			assert_string_equal(form_value(&form, name), values[i]);
		}
		form_fini(&form);
		buf_fini(&body);
	}
}

/* Whatever comes: refused with a sentence, or fields of clean text that lie in what was sent. */
static void any_bytes_are_read_or_refused(void **state)
{
	(void)state;
	static const char likely[] = "&=%+0123456789abcdefABCDEF\xC3\xAB\x00\x7F";
	int taken = 0;
	for (int round = 0; round < 50000; round++) {
		size_t n = draw(40);
		char *body = xmalloc(n + 1); /* no NUL behind it: nothing may look there */
		for (size_t i = 0; i < n; i++)
			body[i] = draw(3) ? likely[draw(sizeof likely - 1)] : (char)draw(256);
		struct form form = {0};
		struct err err = {0};
		char *exact = xmemdup(body, n ? n : 1);
		bool ok = form_parse(exact, n, &form, &err);
		assert_true(ok || *err.text);
		taken += ok;
		for (size_t i = 0; i < form.n; i++) {
			assert_true(strlen(form.v[i].name) + strlen(form.v[i].value) <= n);
			for (const char *p = form.v[i].value; *p; p += utf8_size(p))
				assert_true(utf8_size(p) > 0 && *p != 0x7F);
			assert_ptr_equal(form_value(&form, form.v[i].name), form.v[i].value);
		}
		form_fini(&form);
		xfree(exact);
		xfree(body);
	}
	assert_true(taken > 1000);
}

static void the_type_is_that_of_forms(void **state)
{
	(void)state;
	assert_true(form_is("application/x-www-form-urlencoded"));
	assert_true(form_is("Application/X-WWW-Form-URLencoded; charset=UTF-8"));
	assert_false(form_is(NULL));
	assert_false(form_is(""));
	assert_false(form_is("application/x-www-form-urlencodedx"));
	assert_false(form_is("multipart/form-data; boundary=x"));
	assert_false(form_is("text/plain"));
}

static void the_word_is_of_one_page_and_two_days(void **state)
{
	(void)state;
	const unsigned char key[32] = {1}, other[32] = {2};
	const utc_t now = 1800000000;
	char word[CSRF_TEXT], again[CSRF_TEXT];
	csrf_word(key, "tokenA", now, word);
	assert_int_equal(strlen(word), 24);
	csrf_word(key, "tokenA", now, again);
	assert_string_equal(word, again);
	assert_true(csrf_ok(key, "tokenA", now, word));
	assert_true(csrf_ok(key, "tokenA", now + 24 * 3600, word));
	assert_false(csrf_ok(key, "tokenA", now + 48 * 3600, word));
	assert_false(csrf_ok(key, "tokenA", now - 24 * 3600, word));
	assert_false(csrf_ok(key, "tokenB", now, word));
	assert_false(csrf_ok(other, "tokenA", now, word));
	assert_false(csrf_ok(key, "tokenA", now, NULL));
	assert_false(csrf_ok(key, "tokenA", now, ""));
	for (int i = 0; i < 24; i++) {
		strcpy(again, word);
		again[i] = again[i] == 'x' ? 'y' : 'x';
		assert_false(csrf_ok(key, "tokenA", now, again));
	}
	strcpy(again, word);
	again[23] = '\0';
	assert_false(csrf_ok(key, "tokenA", now, again));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	hash_init();
	printf("rerun: test_form %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(what_no_form_sends_is_refused),
		cmocka_unit_test(any_text_comes_through),
		cmocka_unit_test(any_bytes_are_read_or_refused),
		cmocka_unit_test(the_type_is_that_of_forms),
		cmocka_unit_test(the_word_is_of_one_page_and_two_days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
