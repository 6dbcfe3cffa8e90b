/* test_ini.c -- what inih alone cannot read, read; what cannot be read, told with its line. */
#include "setup/ini.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed;

static void read_text(const char *bytes, size_t n, struct ini_file *file, struct faults *faults)
{
	struct findings findings = {0};
	ini_read(bytes, n, "f", 0, file, &findings);
	assert_true(findings_tell(&findings, faults) == (faults->n == 0));
}

static const char *value(const struct ini_file *file, size_t section, size_t entry)
{
	assert_true(section < file->n);
	assert_true(entry < file->v[section].n);
	return file->v[section].v[entry].value;
}

static void values_are_whole(void **state)
{
	(void)state;
	static const char text[] = "\xEF\xBB\xBFinclude = a;b\r\n"
				   "; comment\n"
				   "  # indented comment\n"
				   "[ person   anna ] ; said of a heading\n"
				   "name=Anna ; de # Vries = [x]\n"
				   "   , and\n"
				   "\n"
				   "# between\n"
				   "\tmore\n"
				   "empty =\n"
				   "  filled below\n"
				   "name = twice\n"
				   "[duo]\n"
				   "t = caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\n"
				   "last = no newline";
	struct ini_file f;
	struct faults faults = {0};
	read_text(text, sizeof text - 1, &f, &faults);
	assert_int_equal(faults.n, 0);
	assert_int_equal(f.n, 3);
	assert_string_equal(f.v[0].v[0].key, "include");
	assert_string_equal(value(&f, 0, 0), "a;b");
	assert_string_equal(f.v[1].kind, "person");
	assert_string_equal(f.v[1].id, "anna");
	assert_int_equal(f.v[1].line, 4);
	assert_string_equal(value(&f, 1, 0), "Anna ; de # Vries = [x] , and more");
	assert_int_equal(f.v[1].v[0].line, 5);
	assert_string_equal(value(&f, 1, 1), "filled below");
	assert_int_equal(f.v[1].v[2].line, 12);
	assert_string_equal(f.v[2].kind, "duo");
	assert_string_equal(f.v[2].id, "");
	assert_string_equal(value(&f, 2, 0), "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
	assert_string_equal(value(&f, 2, 1), "no newline");
	assert_int_equal(f.v[2].v[1].line, 15);
	ini_fini(&f);
}

/* inih: 200 bytes a line, 49 a section */
static void long_lines_values_and_headings(void **state)
{
	(void)state;
	enum { LONG = 100000 };
	struct buf text = {0};
	struct ini_file f;
	struct faults faults = {0};
	buf_adds(&text, "[person ");
	for (int i = 0; i < 300; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "]\na = ");
	for (int i = 0; i < LONG; i++)
		buf_addc(&text, (char)('a' + i % 26));
	buf_adds(&text, "\nb = 1\n");
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "  part %d\n", i);
	buf_adds(&text, "c = ;\n");
	read_text(text.v, text.n, &f, &faults);
	assert_int_equal(faults.n, 0);
	assert_int_equal(strlen(f.v[1].id), 300);
	assert_int_equal(strlen(value(&f, 1, 0)), LONG);
	for (int i = 0; i < LONG; i++)
		assert_int_equal(value(&f, 1, 0)[i], 'a' + i % 26);
	assert_int_equal(strncmp(value(&f, 1, 1), "1 part 0 part 1 ", 16), 0);
	assert_non_null(strstr(value(&f, 1, 1), "part 999"));
	assert_string_equal(value(&f, 1, 2), ";");
	assert_int_equal(f.v[1].v[2].line, 1004);
	ini_fini(&f);
	buf_fini(&text);
}

static void two_thousand_sections(void **state)
{
	(void)state;
	enum { N = 2000 };
	struct buf text = {0};
	struct ini_file f;
	struct faults faults = {0};
	for (int i = 0; i < N; i++)
		buf_addf(&text, "[person p%d]\nname = N %d\n", i, i);
	read_text(text.v, text.n, &f, &faults);
	assert_int_equal(faults.n, 0);
	assert_int_equal(f.n, N + 1);
	for (int i = 0; i < N; i++) {
		char want[32];
		(void)snprintf(want, sizeof want, "N %d", i);
		assert_string_equal(value(&f, (size_t)i + 1, 0), want);
		assert_int_equal(f.v[i + 1].line, 2 * i + 1);
		assert_int_equal(f.v[i + 1].n, 1);
	}
	ini_fini(&f);
	buf_fini(&text);
}

static void limits_have_sentences(void **state)
{
	(void)state;
	struct buf text = {0};
	struct ini_file f;
	struct faults faults = {0};
	buf_adds(&text, "[a]\nk = ");
	for (int i = 0; i <= INI_VALUE_BYTES; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\n  more\nnext = 1\n");
	read_text(text.v, text.n, &f, &faults);
	assert_int_equal(faults.n, 1);
	assert_string_equal(faults.v[0], "f:2: the value is longer than 262144 bytes");
	assert_null(value(&f, 1, 0));
	assert_string_equal(value(&f, 1, 1), "1");
	ini_fini(&f);
	faults_fini(&faults);
	buf_clear(&text);
	for (int i = 0; i <= INI_LINES; i++)
		buf_addc(&text, '\n');
	read_text(text.v, text.n, &f, &faults);
	assert_string_equal(faults.v[0], "f:500000: the file has more than 500000 lines");
	ini_fini(&f);
	faults_fini(&faults);
	read_text("\xFF\xFE[\0a\0", 6, &f, &faults);
	assert_string_equal(faults.v[0], "f:1: the file is UTF-16: save it as UTF-8");
	ini_fini(&f);
	faults_fini(&faults);
	buf_fini(&text);
}

/* A line that cannot be read does not take its neighbours with it. */
static void one_fault_does_not_spread(void **state)
{
	(void)state;
	static const char text[] = "[a x\n"
				   "k = 1\n"
				   "nothing here\n"
				   "  of nothing\n"
				   "l = \x01\n"
				   "  of that\n"
				   "m = 2\n"
				   "[b\xFF]\n"
				   "n = 3\n"
				   "[c]\n"
				   "o = 4\n";
	static const char *const want[] = {
		"f:1: the heading is not closed: write [a x]",
		"f:3: this line has no `=`: a line is `key = value`, a heading, or a comment that "
		"begins with #",
		"f:5: a control character (0x01) does not belong here",
		"f:8: byte 0xFF is not UTF-8: save the file as UTF-8",
	};
	struct ini_file f;
	struct faults faults = {0};
	read_text(text, sizeof text - 1, &f, &faults);
	assert_int_equal(faults.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(faults.v[i], want[i]);
	assert_string_equal(f.v[1].id, "x");
	assert_string_equal(value(&f, 1, 0), "1");
	assert_null(value(&f, 1, 1));
	assert_string_equal(value(&f, 1, 2), "2");
	assert_true(f.v[2].skip);
	assert_string_equal(f.v[3].kind, "c");
	assert_string_equal(value(&f, 3, 0), "4");
	ini_fini(&f);
	faults_fini(&faults);
}

static void utf8_is_rfc3629(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{"\xC2\x80", true},	     {"\xC1\xBF", false},
		{"\xE0\x9F\xBF", false},     {"\xE0\xA0\x80", true},
		{"\xED\xA0\x80", false},     {"\xED\x9F\xBF", true},
		{"\xEF\xBF\xBD", true},	     {"\xF0\x8F\xBF\xBF", false},
		{"\xF0\x90\x80\x80", true},  {"\xF4\x8F\xBF\xBF", true},
		{"\xF4\x90\x80\x80", false}, {"\xF5\x80\x80\x80", false},
		{"\xE2\x82", false},	     {"\x80", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf text = {0};
		struct ini_file f;
		struct faults faults = {0};
		buf_addf(&text, "[a]\nk = %s", cases[i].bytes);
		read_text(text.v, text.n, &f, &faults);
		assert_int_equal(faults.n, cases[i].good ? 0 : 1);
		ini_fini(&f);
		faults_fini(&faults);
		buf_fini(&text);
	}
}

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Random files of valid lines come back as they were made; random bytes do no harm. */
static void random_files(void **state)
{
	(void)state;
	print_message("rerun: test_ini %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 300; round++) {
		enum { MAX = 60 };
		struct buf text = {0}, want[MAX] = {{0}};
		struct ini_file f;
		struct faults faults = {0};
		int n = (int)(next_random() % MAX);
		buf_adds(&text, "[s]\n");
		for (int i = 0; i < n; i++) {
			buf_addf(&text, "k%d%s=%s", i, next_random() % 2 ? " " : "",
				 next_random() % 2 ? " " : "\t");
			for (uint64_t parts = next_random() % 4 + 1; parts > 0; parts--) {
				if (want[i].n)
					buf_addc(&want[i], ' ');
				size_t from = want[i].n;
				for (uint64_t k = next_random() % 300 + 1; k > 0; k--)
					buf_addc(&want[i], "ab;#=]x\xC3\xA9"[next_random() % 7]);
				if (want[i].v[from] == ';' || want[i].v[from] == '#')
					want[i].v[from] = 'c';
				buf_add(&text, want[i].v + from, want[i].n - from);
				buf_adds(&text, parts > 1 ? "\n \t" : "\n");
			}
		}
		read_text(text.v, text.n, &f, &faults);
		assert_int_equal(faults.n, 0);
		assert_int_equal(f.v[1].n, n);
		for (int i = 0; i < n; i++) {
			assert_string_equal(value(&f, 1, (size_t)i), want[i].v);
			buf_fini(&want[i]);
		}
		ini_fini(&f);
		for (size_t k = next_random() % 40; k > 0; k--)
			text.v[next_random() % text.n] = (char)next_random();
		read_text(text.v, text.n, &f, &faults);
		ini_fini(&f);
		faults_fini(&faults);
		buf_fini(&text);
	}
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	seed = seed ? seed : 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_whole),
		cmocka_unit_test(long_lines_values_and_headings),
		cmocka_unit_test(two_thousand_sections),
		cmocka_unit_test(limits_have_sentences),
		cmocka_unit_test(one_fault_does_not_spread),
		cmocka_unit_test(utf8_is_rfc3629),
		cmocka_unit_test(random_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
