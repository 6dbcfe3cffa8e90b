/* test_html.c -- nothing from outside gets out of its text or its attribute; dates, hours and the
 * table of texts. */
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#define MARK "\xEF\xBF\xBD"

static const struct {
	const char *text, *html;
} cases[] = {
	{"", ""},
	{"plain", "plain"},
	{"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
	{"a & b", "a &amp; b"},
	{"&amp;", "&amp;amp;"},
	{"\" onload=\"x", "&quot; onload=&quot;x"},
	{"' onload='x", "&#39; onload=&#39;x"},
	{"-->]]>", "--&gt;]]&gt;"},
	{"caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xC3\xA9 \xF0\x9F\x98\x80"},
	{"line\nand\ttab", "line\nand\ttab"},
	{"\x01\x1B[2J\x7F", MARK MARK "[2J" MARK},
	{"\xC2\x85", MARK},	  /* C1 control */
	{"\xC2\xA0", "\xC2\xA0"}, /* no-break space is none */
	{"\x80<", MARK "&lt;"},
	{"\xC3<", MARK "&lt;"}, /* a cut character does not eat what follows */
	{"\xE2\x82\"", MARK MARK "&quot;"},
	{"\xC0\xBC", MARK MARK}, /* overlong '<' */
	{"\xE0\x80\xBC", MARK MARK MARK},
	{"\xED\xA0\x80", MARK MARK MARK},
	{"\xFF\xFE", MARK MARK},
};

static void texts_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0}, want = {0};
		html_text(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].html);
		buf_clear(&out);
		html_textf(&out, "(%s)", cases[i].text);
		buf_addf(&want, "(%s)", cases[i].html);
		assert_string_equal(buf_str(&out), buf_str(&want));
		buf_clear(&out);
		buf_clear(&want);
		html_element(&out, "td", cases[i].text, "title", cases[i].text, NULL);
		buf_addf(&want,
			 cases[i].text[0] ? "<td title=\"%s\">%s</td>" : "<td title>%s%s</td>",
			 cases[i].html, cases[i].html);
		assert_string_equal(buf_str(&out), buf_str(&want));
		buf_fini(&out);
		buf_fini(&want);
	}
}

/* No byte string gets a raw quote or angle bracket through. */
static void no_two_bytes_break_out(void **state)
{
	(void)state;
	struct buf out = {0};
	for (int a = 1; a < 256; a++)
		for (int b = 0; b < 256; b++) {
			char text[] = {(char)a, (char)b, '\0'};
			buf_clear(&out);
			html_text(&out, text);
			assert_null(strpbrk(buf_str(&out), "<>\"'"));
		}
	buf_fini(&out);
}

static void attributes(void **state)
{
	(void)state;
	struct buf out = {0};
	html_open(&out, "th", "scope", "col", "class", NULL, "rowspan", "2", NULL);
	html_open(&out, "br", NULL);
	html_open(&out, "input", "disabled", "", NULL);
	html_close(&out, "th");
	assert_string_equal(buf_str(&out), "<th scope=\"col\" rowspan=\"2\"><br><input disabled>"
					   "</th>");
	buf_fini(&out);
}

static void addresses_run_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		bool passes;
	} urls[] = {
		{"https://duo.example/feeds/x.ics", true},
		{"http://127.0.0.1:8340/", true},
		{"webcal://duo.example/feeds/x.ics", true},
		{"mailto:anna@example.org", true},
		{"../assets/style.css", true},
		{"-tok_en.csv", true},
		{"/s/s42", true},
		{"?from=10:30", true},
		{"#top", true},
		{"javascript:alert(1)", false},
		{"JavaScript:alert(1)", false},
		{" javascript:alert(1)", false},
		{"\tjavascript:alert(1)", false},
		{"java\nscript:alert(1)", false},
		{"data:text/html,<script>", false},
		{"vbscript:x", false},
		{"\\\\host\\x", false},
	};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct buf out = {0}, want = {0};
		html_open(&out, "a", "href", urls[i].url, NULL);
		buf_addf(&want, "<a href=\"%s\">", urls[i].passes ? urls[i].url : "#");
		assert_string_equal(buf_str(&out), buf_str(&want));
		buf_fini(&out);
		buf_fini(&want);
	}
}

static size_t count(const char *in, const char *what)
{
	size_t n = 0;
	for (const char *p = in; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void a_page_has_what_readers_need(void **state)
{
	(void)state;
	struct buf out = {0};
	html_page_begin(&out, LANG_NL, "Anna <x>");
	html_page_end(&out, "voet");
	const char *html = buf_str(&out);
	assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"nl\">", 32), 0);
	assert_non_null(strstr(html, "<meta charset=\"utf-8\">"));
	assert_non_null(strstr(html, "name=\"viewport\" content=\"width=device-width"));
	assert_non_null(strstr(html, "<title>Anna &lt;x&gt;</title>"));
	assert_int_equal(count(html, "<h1>"), 1);
	assert_int_equal(count(html, "<main>"), count(html, "</main>"));
	assert_null(strstr(html, "<style"));
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, " style="));
	buf_fini(&out);
}

static void the_style_sheet_is_linked_by_its_hash(void **state)
{
	(void)state;
	size_t n, again;
	const char *name, *other;
	const char *style = asset_style(&n, &name);
	assert_true(n > 500);
	assert_ptr_equal(asset_style(&again, &other), style);
	assert_string_equal(name, other);
	assert_int_equal(strncmp(name, "style-", 6), 0);
	assert_int_equal(strlen(name), strlen("style-0123456789abcdef.css"));
	assert_int_equal(strspn(name + 6, "0123456789abcdef"), 16);
	assert_null(memchr(style, '\0', n));
	assert_null(strstr(style, "://")); /* nothing is fetched from elsewhere */
	assert_int_equal(count(style, "{"), count(style, "}"));
	struct buf page = {0};
	html_page_begin(&page, LANG_EN, "x");
	assert_non_null(strstr(buf_str(&page), name));
	buf_fini(&page);
}

static void every_text_in_both_languages(void **state)
{
	(void)state;
	for (int l = LANG_NL; l <= LANG_EN; l++) {
		for (int t = 0; t < TEXT_COUNT; t++) {
			const char *text = text_of((enum text)t, (enum language)l);
			if (!text || !*text)
				fail_msg("text %d has no language %d", t, l);
			assert_null(strchr(text, '%'));
			assert_null(strstr(text, "  "));
		}
		for (int k = 0; k < KIND_COUNT; k++)
			assert_non_null(text_kind((enum kind)k, (enum language)l));
	}
}

static void moments(void **state)
{
	(void)state;
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	static const struct {
		utc_t start, end;
		const char *nl, *en;
	} moments_of[] = {
		{1795521600, 1795528800, "di 24 november 2026 13:00-15:00",
		 "Tue 24 November 2026 13:00-15:00"},
		{1772409600, 1772411400, "ma 2 maart 2026 01:00-01:30",
		 "Mon 2 March 2026 01:00-01:30"},
		{1795557600, 1795561200, "di 24 november 2026 23:00-24:00",
		 "Tue 24 November 2026 23:00-24:00"},
		{1795557600, 1795564800, "di 24 november 2026 23:00-wo 25 november 2026 01:00",
		 "Tue 24 November 2026 23:00-Wed 25 November 2026 01:00"},
	};
	for (size_t i = 0; i < sizeof moments_of / sizeof *moments_of; i++) {
		struct buf out = {0};
		text_when(moments_of[i].start, moments_of[i].end, zone, LANG_NL, &out);
		assert_string_equal(buf_str(&out), moments_of[i].nl);
		buf_clear(&out);
		text_when(moments_of[i].start, moments_of[i].end, zone, LANG_EN, &out);
		assert_string_equal(buf_str(&out), moments_of[i].en);
		buf_fini(&out);
	}
}

static void hours(void **state)
{
	(void)state;
	struct buf out = {0};
	text_hours(1890, 720, 4500, LANG_EN, &out);
	assert_string_equal(buf_str(&out), "31.5 held + 12.0 planned / 75");
	buf_clear(&out);
	text_hours(1890, 720, 4500, LANG_NL, &out);
	assert_string_equal(buf_str(&out), "31,5 gehouden + 12,0 gepland / 75");
	buf_clear(&out);
	text_hours(0, 15, 3630, LANG_EN, &out);
	assert_string_equal(buf_str(&out), "0.0 held + 0.25 planned / 60.5");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(no_two_bytes_break_out),
		cmocka_unit_test(attributes),
		cmocka_unit_test(addresses_run_nothing),
		cmocka_unit_test(a_page_has_what_readers_need),
		cmocka_unit_test(the_style_sheet_is_linked_by_its_hash),
		cmocka_unit_test(every_text_in_both_languages),
		cmocka_unit_test(moments),
		cmocka_unit_test(hours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
