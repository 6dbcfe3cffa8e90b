/* test_gate.c -- good and bad heads, and that every way to split one gives the same answer; the
 * same for chunked bodies. */
#include "base/buf.h"
#include "io/chunked.h"
#include "io/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_HEAD = 16384, MAX_FIELDS = 64, MAX_BODY = 65536 };

#define H "Host: x\r\n"

/* @status 0: good, with @length (-1 none) or chunked (-2). Sizes come from the literal, so that
 * NUL bytes can be written. */
#define GOOD(text, length)                                                                         \
	{                                                                                          \
		text, sizeof(text) - 1, 0, length                                                  \
	}
#define BAD(status, text)                                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, status, 0                                                  \
	}
static const struct {
	const char *head;
	size_t n;
	int status;
	int64_t length;
} heads[] = {
	GOOD("GET / HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET / HTTP/1.0\r\n\r\n", -1),
	GOOD("GET / HTTP/1.0\r\n" H "\r\n", -1),
	GOOD("HEAD /a HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("DELETE /a HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("PUT /a HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0),
	GOOD("PROPFIND /a HTTP/1.1\r\n" H "Depth: 1\r\n\r\n", -1),
	GOOD("REPORT /a HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("OPTIONS * HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("OPTIONS /a HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET /a%20b?c=%2F&d HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET //a/../b HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET http://x:80/a HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET HTTP://x?q HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET http://x HTTP/1.1\r\n" H "\r\n", -1),
	GOOD("GET / HTTP/1.1\r\nhOST:a-b.c_d.example:8340\r\n\r\n", -1),
	GOOD("GET / HTTP/1.1\r\nHost:\t 127.0.0.1:1 \t\r\n\r\n", -1),
	GOOD("GET / HTTP/1.1\r\nHost: [::1]:8340\r\n\r\n", -1),
	GOOD("GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", -1),
	GOOD("POST / HTTP/1.1\r\n" H "Content-Length: 65536\r\n\r\n", 65536),
	GOOD("POST / HTTP/1.1\r\n" H "content-length:0004\r\n\r\n", 4),
	GOOD("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", -2),
	GOOD("POST / HTTP/1.1\r\n" H "transfer-encoding: ChunKed \r\n\r\n", -2),
	GOOD("POST / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 4\r\n\r\n", 4),
	GOOD("GET / HTTP/1.1\r\n" H "X-Empty:\r\nX: \xc3\xa9\tb\r\n\r\n", -1),
	GOOD("GET / HTTP/1.1\r\n" H "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n", -1),
	GOOD("GET / HTTP/1.1\r\n" H "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", -1),
	/* line ends */
	BAD(400, "GET / HTTP/1.1\n" H "\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: x\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "\n"),
	BAD(400, "GET / HTTP/1.1\n\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\rHost: x\r\r"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n"),
	BAD(400, "\r\nGET / HTTP/1.1\r\n" H "\r\n"),
	BAD(400, " GET / HTTP/1.1\r\n" H "\r\n"),
	/* control bytes */
	BAD(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"),
	BAD(400, "GET /\0 HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\x01\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\x1b[0m\r\n\r\n"),
	/* two lengths, two codings, both */
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 4\r\nContent-Length: 4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 4\r\ncontent-length: 5\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 4, 4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: +4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 0x4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length: 4 4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"),
	BAD(413, "POST / HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\n"),
	BAD(413, "POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999999999\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"),
	/* fields */
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n X: a\r\n" H "\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Content-Length : 4\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n"),
	BAD(400, "POST / HTTP/1.1\r\n" H "Transfer-Encoding\t: chunked\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "nocolon\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H ": a\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X(y): a\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "X\xc3\xa9: a\r\n\r\n"),
	BAD(417, "POST / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n"),
	/* hosts */
	BAD(400, "GET / HTTP/1.1\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H H "\r\n"),
	BAD(400, "GET / HTTP/1.1\r\n" H "hoSt: y\r\n\r\n"),
	BAD(400, "GET / HTTP/1.0\r\n" H H "\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: [g::1]\r\n\r\n"),
	BAD(400, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
	/* request lines */
	BAD(400, "GET /\r\n" H "\r\n"),
	BAD(400, "GET  / HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /  HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a b HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET / HTTP/1.1 \r\n" H "\r\n"),
	BAD(400, "GET\t/ HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET / http/1.1\r\n" H "\r\n"),
	BAD(400, "GET / HTTP/11\r\n" H "\r\n"),
	BAD(400, "GET / HTTP/1.10\r\n" H "\r\n"),
	BAD(505, "GET / HTTP/1.2\r\n" H "\r\n"),
	BAD(505, "GET / HTTP/0.9\r\n" H "\r\n"),
	BAD(505, "PRI * HTTP/2.0\r\n\r\n"),
	BAD(501, "get / HTTP/1.1\r\n" H "\r\n"),
	BAD(501, "TRACE / HTTP/1.1\r\n" H "\r\n"),
	BAD(501, "CONNECT x:1 HTTP/1.1\r\n" H "\r\n"),
	BAD(501, "GETT / HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "G(T / HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET * HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET a HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET https://x/ HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET http:///a HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET http://u@x/ HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a%00 HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /?a=%00 HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a%zz HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a% HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a%4 HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n"),
	BAD(400, "GET /a#b HTTP/1.1\r\n" H "\r\n"),
	/* TLS to a plain port */
	BAD(400, "\x16\x03\x01\x02\x00\x01\x00"),
};

static enum gate_result check(const char *head, size_t n, struct gate_head *out, int *status)
{
	const char *why = NULL;
	*status = 0;
	/* an exact copy, so that ASan sees a read too far */
	char *copy = xmemdup(head, n);
	enum gate_result got =
		gate_check(copy, n, MAX_HEAD, MAX_FIELDS, MAX_BODY, out, status, &why);
	if (got == GATE_BAD)
		assert_true(why && *why);
	xfree(copy);
	return got;
}

/* Each prefix must be undecided or already say what the whole says. */
static void every_split_says_the_same(const char *head, size_t n, enum gate_result want, int status)
{
	struct gate_head out;
	int got_status;
	for (size_t k = 0; k < n; k++) {
		enum gate_result got = check(head, k, &out, &got_status);
		if (got == GATE_MORE)
			continue;
		assert_int_equal(got, want);
		assert_int_equal(got, GATE_BAD); /* nothing is good before its end */
		assert_int_equal(got_status, status);
	}
}

static void the_table(void **state)
{
	(void)state;
	size_t bad = 0;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct gate_head out;
		int status;
		enum gate_result got = check(heads[i].head, heads[i].n, &out, &status);
		if (got != (heads[i].status ? GATE_BAD : GATE_OK) || status != heads[i].status)
			fail_msg("%s -> result %d, status %d, not %d", heads[i].head, (int)got,
				 status, heads[i].status);
		every_split_says_the_same(heads[i].head, heads[i].n, got, status);
		bad += heads[i].status != 0;
		if (heads[i].status)
			continue;
		assert_int_equal(out.head_n, heads[i].n);
		assert_int_equal(out.chunked, heads[i].length == -2);
		assert_int_equal(out.content_length, heads[i].length < 0 ? -1 : heads[i].length);
		/* what follows the head changes nothing */
		char longer[512];
		(void)snprintf(longer, sizeof(longer), "%s\n\n\1 more", heads[i].head);
		assert_int_equal(check(longer, strlen(longer), &out, &status), GATE_OK);
		assert_int_equal(out.head_n, heads[i].n);
	}
	assert_true(bad >= 60);
}

static void parts_are_where_it_says(void **state)
{
	(void)state;
	static const char head[] =
		"GET http://x:1/a?b HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n";
	struct gate_head out;
	int status;
	assert_int_equal(check(head, sizeof(head) - 1, &out, &status), GATE_OK);
	assert_memory_equal(head + out.target_at, "http://x:1/a?b HTTP", 19);
	assert_int_equal(out.target_n, 14);
	assert_memory_equal(head + out.path_at, "/a?b", 4);
	assert_true(out.expect_continue);
	assert_int_equal(out.minor, 1);
}

/* A head of @target bytes in the target, @fields fields of @value bytes. */
static void add_head(struct buf *b, size_t target, size_t fields, size_t value)
{
	buf_clear(b);
	buf_adds(b, "GET /");
	for (size_t i = 1; i < target; i++)
		buf_addc(b, 'a');
	buf_adds(b, " HTTP/1.1\r\n" H);
	for (size_t i = 0; i < fields; i++) {
		buf_addf(b, "F%zu: ", i);
		for (size_t k = 0; k < value; k++)
			buf_addc(b, 'v');
		buf_adds(b, "\r\n");
	}
	buf_adds(b, "\r\n");
}

static void limits_hold_at_the_byte(void **state)
{
	(void)state;
	struct gate_head out;
	struct buf b = {0};
	int status;
	add_head(&b, 100, MAX_FIELDS - 1, 10); /* and Host */
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_OK);
	add_head(&b, 100, MAX_FIELDS, 10);
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_BAD);
	assert_int_equal(status, 431);
	every_split_says_the_same(b.v, b.n, GATE_BAD, 431);

	size_t frame = strlen("GET  HTTP/1.1\r\n");
	add_head(&b, GATE_REQUEST_LINE_MAX - frame, 0, 0);
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_OK);
	add_head(&b, GATE_REQUEST_LINE_MAX - frame + 1, 0, 0);
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_BAD);
	assert_int_equal(status, 414);
	assert_int_equal(check(b.v, GATE_REQUEST_LINE_MAX - 1, &out, &status), GATE_MORE);
	assert_int_equal(check(b.v, GATE_REQUEST_LINE_MAX, &out, &status), GATE_BAD);

	add_head(&b, 10, 1, 0);
	size_t rest = MAX_HEAD - b.n;
	add_head(&b, 10, 1, rest);
	assert_int_equal(b.n, MAX_HEAD);
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_OK);
	assert_int_equal(out.head_n, MAX_HEAD);
	add_head(&b, 10, 1, rest + 1);
	assert_int_equal(check(b.v, b.n, &out, &status), GATE_BAD);
	assert_int_equal(status, 431);
	assert_int_equal(check(b.v, MAX_HEAD - 1, &out, &status), GATE_MORE);
	assert_int_equal(check(b.v, MAX_HEAD, &out, &status), GATE_BAD);
	buf_fini(&b);
}

/* Lines are read eight bytes at a time: each byte, at each place of such a step. */
static void every_byte_at_every_place(void **state)
{
	(void)state;
	for (size_t place = 0; place < 25; place++)
		for (int byte = 0; byte < 256; byte++) {
			char head[] =
				"GET / HTTP/1.1\r\nHost: x\r\nX: .........................\r\n\r\n";
			struct gate_head out;
			int status;
			strstr(head, "X: ")[3 + place] = (char)byte;
			bool text = byte == '\t' || (byte >= ' ' && byte != 0x7f);
			if (check(head, sizeof head - 1, &out, &status) !=
			    (text ? GATE_OK : GATE_BAD))
				fail_msg("byte %d at %zu", byte, place);
		}
}

/* Random damage to good heads: an answer, within the bytes, the same for every split. */
static unsigned long seed;

static void damage_never_confuses(void **state)
{
	(void)state;
	srand48((long)seed);
	for (int round = 0; round < 400; round++) {
		size_t which = (size_t)lrand48() % (sizeof(heads) / sizeof(heads[0]));
		size_t n = heads[which].n;
		char *head = xmemdup(heads[which].head, n);
		for (int i = 0; i < 2; i++)
			head[(size_t)lrand48() % n] =
				"\r\n\0 :\t%aA0\x7f\xff"[(size_t)lrand48() % 12];
		struct gate_head out;
		int status;
		enum gate_result got = check(head, n, &out, &status);
		if (got == GATE_OK && out.head_n < n)
			n = out.head_n;
		every_split_says_the_same(head, n, got, status);
		xfree(head);
	}
}

/* ---- chunks ---- */

static const struct {
	const char *bytes;
	enum chunked_result want;
	const char *body;
} chunk_table[] = {
	{"0\r\n\r\n", CHUNKED_DONE, ""},
	{"3\r\nabc\r\n0\r\n\r\n", CHUNKED_DONE, "abc"},
	{"1\r\na\r\n002\r\nbc\r\n0\r\n\r\n", CHUNKED_DONE, "abc"},
	{"A\r\n0123456789\r\n0\r\n\r\n", CHUNKED_DONE, "0123456789"},
	{"3;x=\"y\";z\r\nabc\r\n0;last\r\n\r\n", CHUNKED_DONE, "abc"},
	{"1\r\na\r\n0\r\nX: y\r\nZ: 1\r\n\r\n", CHUNKED_DONE, "a"},
	{"10\r\n0123456789abcdef\r\n1\r\n", CHUNKED_TOO_LONG, "0123456789abcdef"},
	{"11\r\n", CHUNKED_TOO_LONG, ""},
	{"ffffffff\r\n", CHUNKED_TOO_LONG, ""},
	{"000000001\r\n", CHUNKED_BAD, ""},
	{"3\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{"3\r\nabc\n0\r\n\r\n", CHUNKED_BAD, "abc"},
	{"3\r\nabcd\r\n0\r\n\r\n", CHUNKED_BAD, "abc"},
	{"3 \r\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{" 3\r\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{"0x3\r\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{"+3\r\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{"-3\r\nabc\r\n0\r\n\r\n", CHUNKED_BAD, ""},
	{"\r\n", CHUNKED_BAD, ""},
	{";x\r\n", CHUNKED_BAD, ""},
	{"3\r\rabc", CHUNKED_BAD, ""},
	{"3;\x01\r\nabc", CHUNKED_BAD, ""},
	{"0\r\nX: y\n\r\n", CHUNKED_BAD, ""},
	{"0\r\n\rX", CHUNKED_BAD, ""},
};

static void chunks_in_every_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chunk_table) / sizeof(chunk_table[0]); i++) {
		char bytes[128];
		(void)snprintf(bytes, sizeof(bytes), "%sNEXT", chunk_table[i].bytes);
		size_t n = strlen(bytes), end = strlen(chunk_table[i].bytes);
		for (size_t k = 0; k <= n; k++) {
			struct chunked c = {0};
			struct buf body = {0};
			size_t used = 0, more = 0;
			enum chunked_result got = chunked_feed(&c, bytes, k, &used, &body, 16);
			if (got == CHUNKED_MORE) {
				assert_int_equal(used, k);
				got = chunked_feed(&c, bytes + k, n - k, &more, &body, 16);
			}
			assert_int_equal(got, chunk_table[i].want);
			assert_string_equal(buf_str(&body), chunk_table[i].body);
			if (got == CHUNKED_DONE)
				assert_int_equal(used + more, end);
			buf_fini(&body);
		}
	}
}

static void extras_have_a_limit(void **state)
{
	(void)state;
	struct chunked c = {0};
	struct buf body = {0};
	size_t used;
	enum chunked_result got = chunked_feed(&c, "1;", 2, &used, &body, 16);
	for (int i = 0; i < 10000 && got == CHUNKED_MORE; i++)
		got = chunked_feed(&c, "x", 1, &used, &body, 16);
	assert_int_equal(got, CHUNKED_BAD);
	buf_fini(&body);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 8340;
	print_message("seed %lu (rerun: test_gate %lu)\n", seed, seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(parts_are_where_it_says),
		cmocka_unit_test(limits_hold_at_the_byte),
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(damage_never_confuses),
		cmocka_unit_test(chunks_in_every_split),
		cmocka_unit_test(extras_have_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
