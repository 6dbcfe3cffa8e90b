/* test_gzip.c -- what was made smaller comes back whole, and the same bytes become the same bytes. */
#include "base/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void round_trip(const char *bytes, size_t n)
{
	struct buf out = {0}, again = {0};
	gzip_bytes(bytes, n, &out);
	gzip_bytes(bytes, n, &again);
	assert_int_equal(out.n, again.n);
	assert_memory_equal(out.v, again.v, out.n);
	/* RFC 1952 section 2.3: deflate, no flags, no time */
	assert_memory_equal(out.v, "\x1f\x8b\x08\0\0\0\0\0", 8);
	char *back = malloc(n + 1);
	assert_non_null(back);
	z_stream z = {.next_in = (unsigned char *)out.v, .avail_in = (uInt)out.n};
	z.next_out = (unsigned char *)back;
	z.avail_out = (uInt)n + 1;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, n);
	assert_int_equal(z.avail_in, 0);
	assert_memory_equal(back, bytes, n);
	(void)inflateEnd(&z);
	free(back);
	buf_addc(&out, 'x'); /* it is a buffer like any other */
	assert_int_equal(out.v[out.n], '\0');
	buf_fini(&out);
	buf_fini(&again);
}

static void everything_comes_back(void **state)
{
	(void)state;
	struct buf b = {0};
	round_trip("", 0);
	round_trip("\0", 1);
	srand48(1952);
	for (int round = 0; round < 200; round++) {
		bool dull = lrand48() % 2;
		buf_addc(&b, 'x');
		for (long n = lrand48() % 3000; n > 0; n--)
			buf_addc(&b, dull ? "BEGIN:VEVENT\r\n"[n % 14] : (char)lrand48());
		round_trip(b.v, b.n);
		if (b.n > 100000)
			buf_clear(&b);
	}
	buf_fini(&b);
}

static void calendars_become_small(void **state)
{
	(void)state;
	struct buf b = {0}, out = {0};
	for (int i = 0; i < 200; i++)
		buf_addf(&b,
			 "BEGIN:VEVENT\r\nUID:s%d@school\r\nDTSTART:20261124T%02d0000Z\r\nEND:"
			 "VEVENT\r\n",
			 i, i % 24);
	gzip_bytes(b.v, b.n, &out);
	assert_true(out.n * 8 < b.n);
	assert_true(out.cap <= out.n + 1); /* none is lost to what it might have needed */
	buf_fini(&b);
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(calendars_become_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
