/* test_misses.c -- so many a minute and no more, each address for itself, in bounded memory. */
#include "serve/misses.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct address of(const char *text)
{
	struct address a;
	assert_true(address_parse(text, strlen(text), &a));
	return a;
}

static void so_many_at_once_and_then_by_and_by(void **state)
{
	(void)state;
	struct misses *m = misses_new();
	struct address a = of("203.0.113.5"), b = of("203.0.113.6");
	uint64_t now = 1000000;
	for (int i = 0; i < 60; i++)
		assert_int_equal(misses_note(m, &a, 60, now, true), 0);
	for (int i = 0; i < 1000; i++) /* trying on makes it no longer */
		assert_int_equal(misses_note(m, &a, 60, now, true), 1);
	assert_int_equal(misses_note(m, &b, 60, now, true), 0);
	assert_int_equal(misses_note(m, &a, 60, now + 999, true), 1);
	assert_int_equal(misses_note(m, &a, 60, now + 1000, true), 0);
	assert_int_equal(misses_note(m, &a, 60, now + 1001, true), 1);
	now += 31000;
	int got = 0;
	while (misses_note(m, &a, 60, now, true) == 0)
		got++;
	assert_int_equal(got, 30);
	/* a minute later all is forgiven, and no more than all */
	now += 3600000;
	got = 0;
	while (misses_note(m, &a, 60, now, true) == 0)
		got++;
	assert_int_equal(got, 60);
	misses_free(m);
}

static void few_a_minute_wait_longer(void **state)
{
	(void)state;
	struct misses *m = misses_new();
	struct address a = of("2001:db8:1:2::1");
	assert_int_equal(misses_note(m, &a, 1, 5, true), 0);
	assert_int_equal(misses_note(m, &a, 1, 5, true), 60);
	assert_int_equal(misses_note(m, &a, 1, 59000, true), 2);
	assert_int_equal(misses_note(m, &a, 1, 60005, true), 0);
	misses_free(m);
}

static void a_whole_site_is_one_client(void **state)
{
	(void)state;
	struct misses *m = misses_new();
	struct address a = of("2001:db8:1:2::1"), b = of("2001:db8:1:2:ffff::9"),
		       c = of("2001:db8:1:3::1");
	for (int i = 0; i < 5; i++)
		assert_int_equal(misses_note(m, i % 2 ? &a : &b, 5, 100, true), 0);
	assert_true(misses_note(m, &a, 5, 100, true) > 0);
	assert_true(misses_note(m, &b, 5, 100, true) > 0);
	assert_int_equal(misses_note(m, &c, 5, 100, true), 0);
	misses_free(m);
}

static void no_limit_and_nothing_to_count(void **state)
{
	(void)state;
	struct misses *m = misses_new();
	struct address a = of("::");
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(misses_note(m, &a, 0, 7, true), 0);
		assert_int_equal(misses_note(m, &a, 3, 7, false), 0);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(misses_note(m, &a, 3, 7, true), 0);
	assert_int_equal(misses_note(m, &a, 3, 7, true), 20);
	misses_free(m);
}

/* A million addresses, and one that goes on while they come: it is not forgotten for theirs, as long
 * as it is more ahead than they are. */
static void a_flood_of_addresses(void **state)
{
	(void)state;
	struct misses *m = misses_new();
	struct address a = of("203.0.113.5"), other = of("10.0.0.0");
	for (int i = 0; i < 10; i++)
		assert_int_equal(misses_note(m, &a, 10, 100, true), 0);
	for (uint32_t i = 0; i < 1000000; i++) {
		memcpy(other.v + 12, &i, 4);
		(void)misses_note(m, &other, 10, 100, true);
	}
	assert_int_equal(misses_note(m, &a, 10, 100, true), 6);
	misses_free(m);
}

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_at_once_and_then_by_and_by),
		cmocka_unit_test(few_a_minute_wait_longer),
		cmocka_unit_test(a_whole_site_is_one_client),
		cmocka_unit_test(no_limit_and_nothing_to_count),
		cmocka_unit_test(a_flood_of_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
