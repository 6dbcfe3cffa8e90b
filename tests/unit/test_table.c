/* test_table.c -- figures as CSV, text and JSON, to the byte. */
#include "report/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static struct figures_row rows[] = {
	{.duo = "d1",
	 .person = "anna",
	 .live = true,
	 .budget_min = 4500,
	 .held_min = 1890,
	 .assumed_min = 240,
	 .booked_min = 720,
	 .provisional_min = 45,
	 .remaining_min = 1890,
	 .has_pace = true,
	 .pace_pct = 97,
	 .gap_now = 3,
	 .gap_longest = 12,
	 .stalled = false,
	 .next = 1795521600 /* 2026-11-24T12:00Z */},
	{.duo = "d1",
	 .person = "bram",
	 .live = true,
	 .budget_min = 4500,
	 .held_min = -20,
	 .remaining_min = -150,
	 .has_pace = true,
	 .pace_pct = -4,
	 .gap_now = 40,
	 .stalled = true},
	{.duo = "", .person = "cees", .held_min = 1},
};
static const struct figures figures = {rows, 3, 1795521600, 20781};

static void csv(void **state)
{
	(void)state;
	struct buf out = {0};
	table_csv(&figures, zone_by_name("Europe/Amsterdam"), DECIMAL_POINT, &out);
	assert_string_equal(
		buf_str(&out),
		"duo,person,budget,held,assumed,booked,provisional,remaining,pace,gap_now,"
		"gap_longest,stalled,next\r\n"
		"d1,anna,75,31.5,4,12,0.75,31.5,0.97,3,12,no,2026-11-24T13:00\r\n"
		"d1,bram,75,-0.33,0,0,0,-2.5,-0.04,40,0,yes,\r\n"
		",cees,0,0.02,0,0,0,0,,0,0,no,\r\n");
	buf_fini(&out);
}

static void csv_with_commas(void **state)
{
	(void)state;
	struct buf out = {0};
	table_csv(&figures, zone_utc(), DECIMAL_COMMA, &out);
	assert_string_equal(
		buf_str(&out),
		"duo;person;budget;held;assumed;booked;provisional;remaining;pace;gap_now;"
		"gap_longest;stalled;next\r\n"
		"d1;anna;75;31,5;4;12;0,75;31,5;0,97;3;12;no;2026-11-24T12:00\r\n"
		"d1;bram;75;-0,33;0;0;0;-2,5;-0,04;40;0;yes;\r\n"
		";cees;0;0,02;0;0;0;0;;0;0;no;\r\n");
	buf_fini(&out);
}

static void csv_without_rows_has_its_header(void **state)
{
	(void)state;
	struct figures none = {0};
	struct buf out = {0};
	table_csv(&none, zone_utc(), DECIMAL_POINT, &out);
	assert_null(strchr(strchr(buf_str(&out), '\n') + 1, '\n'));
	assert_int_equal(out.v[out.n - 1], '\n');
	buf_fini(&out);
}

static void cells_that_a_spreadsheet_would_run(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		char separator;
		const char *cell;
	} cases[] = {
		{"anna", ',', "anna"},
		{"", ',', ""},
		{"a,b", ',', "\"a,b\""},
		{"a,b", ';', "a,b"},
		{"a;b", ';', "\"a;b\""},
		{"say \"so\"", ',', "\"say \"\"so\"\"\""},
		{"two\nlines", ',', "\"two\nlines\""},
		{"a\rb", ',', "\"a\rb\""},
		{"=1+1", ',', "\"'=1+1\""},
		{"+31", ',', "\"'+31\""},
		{"-2", ',', "\"'-2\""},
		{"@SUM(A1)", ',', "\"'@SUM(A1)\""},
		{"\t=1", ',', "\"'\t=1\""},
		{"\r=1", ',', "\"'\r=1\""},
		{"=cmd|' /C calc'!\"A\"", ',', "\"'=cmd|' /C calc'!\"\"A\"\"\""},
		{"a=1", ',', "a=1"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0};
		csv_text(cases[i].text, cases[i].separator, &out);
		assert_string_equal(buf_str(&out), cases[i].cell);
		buf_fini(&out);
	}
}

static void hours(void **state)
{
	(void)state;
	static const struct {
		int64_t minutes;
		int least;
		const char *point;
	} cases[] = {
		{0, 0, "0"},	  {0, 1, "0.0"},     {0, 2, "0.00"},	 {60, 0, "1"},
		{720, 1, "12.0"}, {1890, 0, "31.5"}, {1890, 2, "31.50"}, {15, 0, "0.25"},
		{15, 1, "0.25"},  {20, 0, "0.33"},   {40, 0, "0.67"},	 {1, 0, "0.02"},
		{3, 0, "0.05"},	  {54, 0, "0.9"},    {-20, 0, "-0.33"},	 {-90, 0, "-1.5"},
		{-1, 1, "-0.02"}, {59, 0, "0.98"},   {4500, 0, "75"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = {0};
		hours_text(cases[i].minutes, DECIMAL_POINT, cases[i].least, &out);
		assert_string_equal(buf_str(&out), cases[i].point);
		buf_fini(&out);
	}
	struct buf out = {0};
	hours_text(1890, DECIMAL_COMMA, 0, &out);
	assert_string_equal(buf_str(&out), "31,5");
	buf_fini(&out);
}

static void text_is_aligned(void **state)
{
	(void)state;
	struct buf out = {0};
	table_text(&figures, zone_by_name("Europe/Amsterdam"), DECIMAL_POINT, &out);
	assert_string_equal(
		buf_str(&out),
		"duo  person  budget   held  assumed  booked  provisional  remaining   pace  "
		"gap_now  gap_longest  stalled  next\n"
		"d1   anna        75   31.5        4      12         0.75       31.5   0.97  "
		"      3           12  no       2026-11-24T13:00\n"
		"d1   bram        75  -0.33        0       0            0       -2.5  -0.04  "
		"     40            0  yes      -\n"
		"-    cees         0   0.02        0       0            0          0      -  "
		"      0            0  no       -\n");
	buf_fini(&out);
}

static void json(void **state)
{
	(void)state;
	struct buf out = {0};
	table_json(&figures, &out);
	assert_string_equal(
		buf_str(&out),
		"{\"as_of\":\"2026-11-24T12:00:00Z\",\"as_of_day\":\"2026-11-24\",\"rows\":["
		"{\"duo\":\"d1\",\"person\":\"anna\",\"budget_min\":4500,\"held_min\":1890,"
		"\"assumed_min\":240,\"booked_min\":720,\"provisional_min\":45,"
		"\"remaining_min\":1890,\"pace\":0.97,\"gap_now\":3,\"gap_longest\":12,"
		"\"stalled\":\"no\",\"next\":\"2026-11-24T12:00:00Z\"},"
		"{\"duo\":\"d1\",\"person\":\"bram\",\"budget_min\":4500,\"held_min\":-20,"
		"\"assumed_min\":0,\"booked_min\":0,\"provisional_min\":0,"
		"\"remaining_min\":-150,\"pace\":-0.04,\"gap_now\":40,\"gap_longest\":0,"
		"\"stalled\":\"yes\",\"next\":null},"
		"{\"duo\":\"\",\"person\":\"cees\",\"budget_min\":0,\"held_min\":1,"
		"\"assumed_min\":0,\"booked_min\":0,\"provisional_min\":0,"
		"\"remaining_min\":0,\"pace\":null,\"gap_now\":0,\"gap_longest\":0,"
		"\"stalled\":\"no\",\"next\":null}]}");
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv),
		cmocka_unit_test(csv_with_commas),
		cmocka_unit_test(csv_without_rows_has_its_header),
		cmocka_unit_test(cells_that_a_spreadsheet_would_run),
		cmocka_unit_test(hours),
		cmocka_unit_test(text_is_aligned),
		cmocka_unit_test(json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
