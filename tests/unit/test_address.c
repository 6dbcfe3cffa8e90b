/* test_address.c -- addresses as people and proxies write them, and which network they are of. */
#include "base/address.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static bool parse(const char *text, struct address *out)
{
	size_t n = strlen(text);
	char *copy = xmemdup(text, n ? n : 1); /* no NUL: ASan sees a step too far */
	bool ok = address_parse(copy, n, out);
	xfree(copy);
	return ok;
}

static void texts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} good[] = {
		{"127.0.0.1", "127.0.0.1"},
		{"10.1.2.3:4567", "10.1.2.3"},
		{"::1", "::1"},
		{"[::1]", "::1"},
		{"[2001:db8::1]:443", "2001:db8::1"},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"::ffff:10.0.0.1", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "10.0.0.1"},
		{"::", "::"},
	};
	static const char *const bad[] = {
		"",
		" ",
		"unknown",
		"localhost",
		"10.0.0",
		"10.0.0.256",
		"010.0.0.1.1",
		"10.0.0.1:",
		"10.0.0.1:x",
		"[::1",
		"[::1]x",
		"[::1]:",
		"::1]",
		"[]",
		"[10.0.0.1]",
		":::",
		"10.0.0.1/8",
		" 10.0.0.1",
		"10.0.0.1 ",
		"10.0.0.1:123456",
		"_hidden",
		"fe80::1%eth0",
		"::1:x",
	};
	char text[ADDRESS_TEXT];
	struct address a;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!parse(good[i].text, &a))
			fail_msg("%s is no address", good[i].text);
		assert_string_equal(address_text(&a, text), good[i].want);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (parse(bad[i], &a))
			fail_msg("\"%s\" was read as %s", bad[i], address_text(&a, text));
	assert_false(address_parse("1.1.1.1\0junk", 12, &a));
	/* what fills a line */
	char longest[300];
	memset(longest, '1', sizeof longest);
	assert_false(address_parse(longest, sizeof longest, &a));
}

static void sites(void **state)
{
	(void)state;
	struct address a, b, s, t;
	assert_true(parse("2001:db8:1:2:aaaa::1", &a) && parse("2001:db8:1:2::7", &b));
	s = address_site(&a);
	t = address_site(&b);
	assert_true(address_equal(&s, &t));
	assert_true(parse("2001:db8:1:3::7", &b));
	t = address_site(&b);
	assert_false(address_equal(&s, &t));
	assert_true(parse("10.0.0.1", &a) && parse("10.0.0.2", &b));
	s = address_site(&a);
	t = address_site(&b);
	assert_true(address_equal(&s, &a));
	assert_false(address_equal(&s, &t));
}

static void lists_of_networks(void **state)
{
	(void)state;
	static const struct {
		const char *list, *address;
		bool want;
	} cases[] = {
		{"127.0.0.1", "127.0.0.1", true},
		{"127.0.0.1", "127.0.0.2", false},
		{"", "127.0.0.1", false},
		{"  ", "127.0.0.1", false},
		{"::1 \t10.0.0.0/8  192.168.4.0/23", "10.255.1.2", true},
		{"::1 10.0.0.0/8 192.168.4.0/23", "192.168.5.255", true},
		{"::1 10.0.0.0/8 192.168.4.0/23", "192.168.6.0", false},
		{"::1 10.0.0.0/8 192.168.4.0/23", "::1", true},
		{"10.1.2.3/8", "10.9.9.9", true},
		{"0.0.0.0/0", "203.0.113.5", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "203.0.113.5", true},
		{"fd00::/8", "fdff::1", true},
		{"fd00::/8", "fe00::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"10.0.0.1", "::ffff:10.0.0.1", true},
		{"10.0.0.1/32", "10.0.0.1", true},
		{"::1/128", "::1", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct networks list;
		struct address a;
		struct err err;
		assert_true(networks_parse(cases[i].list, &list, &err));
		assert_true(parse(cases[i].address, &a));
		if (networks_have(&list, &a) != cases[i].want)
			fail_msg("%s in %s", cases[i].address, cases[i].list);
		networks_fini(&list);
	}
}

static void what_is_no_network(void **state)
{
	(void)state;
	static const char *const bad[] = {"localhost",	 "10.0.0.0/33",	 "10.0.0.0/",
					  "10.0.0.0/-1", "10.0.0.0/8/8", "::1/129",
					  "[::1]",	 "10.0.0.1:80",	 "10.0.0.1,::1",
					  "/8",		 "10.0.0.0/0x8", "10.0.0.0/ 8"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct networks list = {.n = 7};
		struct err err = {0};
		char text[80] = "::1 ";
		strcat(text, bad[i]);
		if (networks_parse(text, &list, &err))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(list.n, 7);
		assert_non_null(
			strstr(err.text, "is not an address or a network such as 127.0.0.1"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(sites),
		cmocka_unit_test(lists_of_networks),
		cmocka_unit_test(what_is_no_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
