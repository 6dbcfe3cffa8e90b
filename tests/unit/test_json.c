/* test_json.c -- every function of the JSON writer, escapes, and bytes that are no UTF-8. */
#include "report/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_function(void **state)
{
	(void)state;
	struct buf out = {0};
	struct json json = {.out = &out};
	json_object(&json, NULL);
	json_text(&json, "text", "plain");
	json_text(&json, "none", NULL);
	json_int(&json, "int", -9223372036854775807LL - 1);
	json_hundredths(&json, "pace", 97);
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_null(&json, "null");
	json_utc(&json, "at", 1795521600);
	json_utc(&json, "never", 0);
	json_day(&json, "day", 20781);
	json_array(&json, "list");
	json_int(&json, NULL, 1);
	json_text(&json, NULL, "two");
	json_object(&json, NULL);
	json_end(&json, '}');
	json_array(&json, NULL);
	json_end(&json, ']');
	json_object(&json, NULL);
	json_int(&json, "a", 1);
	json_end(&json, '}');
	json_end(&json, ']');
	json_object(&json, "empty");
	json_end(&json, '}');
	json_int(&json, "last", 0);
	json_end(&json, '}');
	assert_string_equal(buf_str(&out),
			    "{\"text\":\"plain\",\"none\":null,\"int\":-9223372036854775808,"
			    "\"pace\":0.97,\"yes\":true,\"no\":false,\"null\":null,"
			    "\"at\":\"2026-11-24T12:00:00Z\",\"never\":null,"
			    "\"day\":\"2026-11-24\","
			    "\"list\":[1,\"two\",{},[],{\"a\":1}],\"empty\":{},\"last\":0}");
	buf_fini(&out);
}

static void hundredths(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "0.00"},   {5, "0.05"},   {100, "1.00"},
		{115, "1.15"}, {-4, "-0.04"}, {INT64_MIN, "-92233720368547758.08"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0};
		struct json json = {.out = &out};
		json_hundredths(&json, NULL, cases[i].value);
		assert_string_equal(buf_str(&out), cases[i].text);
		buf_fini(&out);
	}
}

static void texts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", "\"\""},
		{"a\"b\\c/", "\"a\\\"b\\\\c/\""},
		{"\n\t\r\b\f", "\"\\n\\u0009\\u000d\\u0008\\u000c\""},
		{"\x01\x1F\x7F", "\"\\u0001\\u001f\\u007f\""},
		{"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xE2\x82\xAC "
							      "\xF0\x9F\x98\x80\""},
		{"\xC2\x80", "\"\xC2\x80\""},
		{"\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\"\xEF\xBF\xBF\xF4\x8F\xBF\xBF\""},
		/* what is no UTF-8 (RFC 3629): one mark a byte, the next character is not eaten */
		{"\x80z", "\"\\ufffdz\""},
		{"\xC3(", "\"\\ufffd(\""},
		{"\xC3", "\"\\ufffd\""},
		{"\xE2\x82", "\"\\ufffd\\ufffd\""},
		{"\xE2\x82z", "\"\\ufffd\\ufffdz\""},
		{"\xC0\x80", "\"\\ufffd\\ufffd\""},
		{"\xE0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xF0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xF4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
		{"\xF5\xFF\xFE", "\"\\ufffd\\ufffd\\ufffd\""},
		{"\xE2\x82\"", "\"\\ufffd\\ufffd\\\"\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0};
		struct json json = {.out = &out};
		json_text(&json, NULL, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].json);
		buf_clear(&out);
		json = (struct json){.out = &out};
		json_int(&json, cases[i].text, 1); /* keys, too */
		out.v[out.n - 2] = '\0';
		assert_string_equal(buf_str(&out), cases[i].json);
		buf_fini(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function),
		cmocka_unit_test(hundredths),
		cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
