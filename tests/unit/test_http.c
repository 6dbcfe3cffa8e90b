/* test_http.c -- a real server on a loopback port: its loop runs on a thread of its own, the test
 * is the client. Every test ends with an empty loop and every body released exactly once. */
#include "http_kit.h"

/* ---- tests ---- */

static void requests_arrive_whole(void **state)
{
	(void)state;
	start(&usual);
	int fd = dial();
	say(fd, "GET /a%20b%2Fc?q=%20 HTTP/1.1\r\nX-Test:  1 \r\n" H "x-teST: 2\r\n\r\n");
	assert_string_equal(hear(fd, true), "GET /a%20b%2Fc?q=%20|/a b/c|q=%20|127.0.0.1|1, 2|-|");
	assert_memory_equal(head, "HTTP/1.1 200 OK\r\nDate: ", 23);
	assert_non_null(strstr(head, " GMT\r\nContent-Type: text/plain\r\n"));
	assert_null(strstr(head, "Connection:"));
	say(fd, "GET /%2541%2F%3Fa%2f HTTP/1.1\r\n" H "\r\n"); /* decoded once */
	assert_string_equal(hear(fd, true), "GET /%2541%2F%3Fa%2f|/%41/?a/||127.0.0.1|-|-|");
	say(fd, "GET http://y:1?z HTTP/1.1\r\nX-Test:\r\n" H "\r\n");
	assert_string_equal(hear(fd, true), "GET /?z|/|z|127.0.0.1||-|");
	say(fd, "GET http://y HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(hear(fd, true), "GET /|/||127.0.0.1|-|-|");
	say(fd, "OPTIONS * HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(hear(fd, true), "OPTIONS *|*||127.0.0.1|-|-|");
	say(fd, "PROPFIND /p HTTP/1.1\r\n" H "Upgrade: h2c\r\nConnection: Upgrade\r\n"
		"Content-Length: 3\r\n\r\nabc");
	assert_string_equal(hear(fd, true), "PROPFIND /p|/p||127.0.0.1|-|-|abc");
	/* HEAD and 304: the length, but no body; the next answer follows at once */
	say(fd, "HEAD /h HTTP/1.1\r\n" H "\r\nGET /304 HTTP/1.1\r\n" H "\r\n"
		"GET /204 HTTP/1.1\r\n" H "\r\nREPORT /r HTTP/1.1\r\n" H "\r\n");
	(void)hear(fd, false);
	assert_non_null(strstr(head, "Content-Length: 26\r\n"));
	(void)hear(fd, false);
	assert_memory_equal(head, "HTTP/1.1 304 ", 13);
	assert_null(strstr(head, "Content-Length"));
	(void)hear(fd, false);
	assert_null(strstr(head, "Content-Length"));
	assert_string_equal(hear(fd, true), "REPORT /r|/r||127.0.0.1|-|-|");
	(void)close(fd);
	stop();
}

static void bodies_of_both_kinds(void **state)
{
	(void)state;
	start(&usual);
	int fd = dial();
	static const char chunked[] = "POST /c HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
				      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: x\r\n\r\n"
				      "POST /l HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nfghij";
	for (size_t step = 1; step < 200; step += step < 8 ? 1 : 37) { /* cut in pieces */
		for (size_t at = 0; at < sizeof(chunked) - 1; at += step) {
			size_t n =
				sizeof(chunked) - 1 - at < step ? sizeof(chunked) - 1 - at : step;
			assert_int_equal(send(fd, chunked + at, n, MSG_NOSIGNAL), n);
			if (step < 8 && at % 16 < step)
				(void)usleep(300);
		}
		assert_string_equal(hear(fd, true), "POST /c|/c||127.0.0.1|-|-|abcde");
		assert_string_equal(hear(fd, true), "POST /l|/l||127.0.0.1|-|-|fghij");
	}
	say(fd, "PUT /e HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	(void)hear(fd, false);
	assert_string_equal(head, "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "ok");
	assert_string_equal(hear(fd, true), "PUT /e|/e||127.0.0.1|-|-|ok");
	/* too long: said beforehand, and found out underway */
	say(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 65537\r\n\r\nxx");
	assert_memory_equal(hear_all(fd), "HTTP/1.1 413 ", 13);
	fd = dial();
	say(fd, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n10001\r\nxxx");
	assert_memory_equal(hear_all(fd), "HTTP/1.1 413 ", 13);
	fd = dial();
	say(fd, "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n");
	assert_memory_equal(hear_all(fd), "HTTP/1.1 400 ", 13);
	/* uploads that end halfway */
	for (int i = 0; i < 20; i++) {
		fd = dial();
		say(fd, "POST / HTTP/1.1\r\n" H "Content-Length: 10\r\n\r\nhalf");
		(void)close(fd);
	}
	stop();
}

static void pipelined_requests_in_order(void **state)
{
	(void)state;
	enum { N = 500 };
	start(&usual);
	int fd = dial(), other = dial();
	struct buf b = {0};
	for (int i = 0; i < N; i++)
		buf_addf(&b, "GET /%s%d HTTP/1.1\r\n" H "\r\n", i % 100 == 50 ? "later?" : "n", i);
	assert_int_equal(send(fd, b.v, b.n, MSG_NOSIGNAL), b.n);
	(void)shutdown(fd, SHUT_WR); /* half-closed, and still answered */
	int answered = 0;
	for (int i = 0; i < N; i++) {
		if (i % 100 == 50) { /* the answer waits until somebody else says so */
			do
				(void)usleep(1000);
			while (n_requests < i + 1 + answered);
			(void)usleep(5000);
			assert_int_equal(n_requests, i + 1 + answered); /* none behind it began */
			say(other, "GET /free HTTP/1.1\r\nX-Test: mine\r\n" H "\r\n");
			assert_string_equal(hear(other, true),
					    "GET /free|/free||127.0.0.1|mine|-|");
			answered++;
			assert_string_equal(hear(fd, true), "later");
			continue;
		}
		char want[64];
		(void)snprintf(want, sizeof(want), "GET /n%d|/n%d||127.0.0.1|-|-|", i, i);
		assert_string_equal(hear(fd, true), want);
	}
	assert_string_equal(hear_all(fd), "");
	(void)close(other);
	buf_fini(&b);
	stop();
}

static void old_and_closing_clients(void **state)
{
	(void)state;
	start(&usual);
	int fd = dial();
	say(fd, "GET / HTTP/1.0\r\n\r\n");
	const char *all = hear_all(fd);
	assert_non_null(strstr(all, "Connection: close\r\n"));
	assert_non_null(strstr(all, "GET /|/|"));
	fd = dial();
	say(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	(void)hear(fd, true);
	assert_non_null(strstr(head, "Connection: keep-alive\r\n"));
	say(fd, "GET /2 HTTP/1.1\r\n" H "Connection: close\r\n\r\nGET /3 HTTP/1.1\r\n" H "\r\n");
	all = hear_all(fd);
	assert_non_null(strstr(all, "Connection: close\r\n"));
	assert_int_equal(count(all, "HTTP/1.1 200"), 1);
	stop();
}

static void one_answer_for_what_is_malformed(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"GET / HTTP/1.1\n" H "\n",
		"GET / HTTP/1.1\rHost: x\r\r",
		"POST / HTTP/1.1\r\n" H
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\n" H H "\r\n",
		"POST / HTTP/1.1\r\n" H "Content-Length: +4\r\n\r\nabcd",
		"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\r\n" H "A : b\r\n\r\n",
		"GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n",
		"GET /%00 HTTP/1.1\r\n" H "\r\n",
		"BREW / HTTP/1.1\r\n" H "\r\n",
		"GET / HTTP/3.0\r\n" H "\r\n",
		"\r\n\r\n",
		"\x16\x03\x01 hello",
	};
	start(&usual);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = dial();
		say(fd, "GET /first HTTP/1.1\r\n" H "\r\n");
		say(fd, bad[i]);
		say(fd, "GET /smuggled HTTP/1.1\r\n" H "\r\n");
		const char *all = hear_all(fd);
		assert_int_equal(count(all, "\r\nDate: "), 2);
		assert_int_equal(count(all, "HTTP/1.1 200"), 1);
		assert_int_equal(count(all, "Connection: close\r\n"), 1);
		assert_int_equal(count(all, "smuggled"), 0);
	}
	/* a head that is too long, sent faster than it is refused */
	int fd = dial();
	struct buf b = {0};
	buf_adds(&b, "GET / HTTP/1.1\r\n" H "X: ");
	for (int i = 0; i < 60000; i++)
		buf_addc(&b, 'x');
	assert_int_equal(send(fd, b.v, b.n, MSG_NOSIGNAL), b.n);
	assert_memory_equal(hear_all(fd), "HTTP/1.1 431 ", 13);
	assert_int_equal(n_requests, sizeof(bad) / sizeof(bad[0]));
	buf_fini(&b);
	stop();
	assert_int_equal(last_stats.refused, sizeof(bad) / sizeof(bad[0]) + 1);
	assert_int_equal(last_stats.requests, n_requests);
}

static void slow_clients_are_cut(void **state)
{
	(void)state;
	struct http_limits limits = usual;
	limits.head_timeout_ms = 300;
	limits.idle_timeout_ms = 600;
	limits.min_rate_bytes_s = 10000;
	start(&limits);
	uint64_t before = clock_mono_ms();
	int headless = dial(), body = dial(), idle = dial(), kept = dial(), fast = dial();
	say(headless, "GET / HTTP/1.1\r\nHo");
	say(body, "POST / HTTP/1.1\r\n" H "Content-Length: 60000\r\n\r\nab");
	say(kept, "GET / HTTP/1.1\r\n" H "\r\n");
	(void)hear(kept, true);
	say(fast, "POST / HTTP/1.1\r\n" H "Content-Length: 15000\r\n\r\n");
	char piece[1001] = "";
	memset(piece, 'x', 1000);
	for (int i = 0; i < 15; i++) { /* 15 kB in 0.75 s: twice the rate, over the head's time */
		say(fast, piece);
		(void)usleep(50000);
	}
	assert_int_equal(strlen(hear(fast, true)), strlen("POST /|/||127.0.0.1|-|-|") + 15000);
	(void)close(fast);
	const char *all = hear_all(headless);
	assert_memory_equal(all, "HTTP/1.1 408 ", 13);
	all = hear_all(body);
	assert_memory_equal(all, "HTTP/1.1 408 ", 13);
	assert_int_equal(count(all, "HTTP/1.1"), 1);
	assert_string_equal(hear_all(idle), "");
	assert_string_equal(hear_all(kept), "");
	assert_in_range(clock_mono_ms() - before, 600, 4000);
	assert_int_equal(n_requests, 2);
	stop();
}

/* Drops, byte by byte, of a head that never ends: bounded by the head's deadline. */
static void dripping_does_not_prolong(void **state)
{
	(void)state;
	struct http_limits limits = usual;
	limits.head_timeout_ms = 300;
	start(&limits);
	int fd = dial();
	uint64_t before = clock_mono_ms();
	ssize_t sent = 1;
	say(fd, "GET /");
	char byte;
	while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN && sent == 1 &&
	       clock_mono_ms() - before < 5000) {
		sent = send(fd, "a", 1, MSG_NOSIGNAL);
		(void)usleep(2000);
	}
	assert_in_range(clock_mono_ms() - before, 250, 2000);
	(void)close(fd);
	stop();
}

static void caps_make_room_or_say_no(void **state)
{
	(void)state;
	struct http_limits limits = usual;
	limits.connections = 8;
	limits.connections_per_address = 0;
	for (int round = 0; round < 2; round++) {
		start(&limits);
		int fds[9];
		/* eight that wait for their answers: the ninth is told to come back */
		for (int i = 0; i < 8; i++) {
			fds[i] = dial();
			say(fds[i], "GET /later HTTP/1.1\r\n" H "\r\n");
		}
		while (n_requests < 8)
			(void)usleep(1000);
		fds[8] = dial();
		say(fds[8], "GET / HTTP/1.1\r\n" H "\r\n");
		const char *all = hear_all(fds[8]);
		assert_memory_equal(all, "HTTP/1.1 503 ", 13);
		assert_non_null(strstr(all, "Retry-After: "));
		assert_non_null(strstr(all, "Connection: close\r\n"));
		assert_int_equal(n_requests, 8);
		for (int i = 0; i < 8; i++)
			(void)close(fds[i]);
		stop();
		/* eight idle ones: the oldest goes, the newcomer is served */
		start(&limits);
		for (int i = 0; i < 9; i++) {
			fds[i] = dial();
			say(fds[i], "GET / HTTP/1.1\r\n" H "\r\n");
			(void)hear(fds[i], true);
			assert_memory_equal(head, "HTTP/1.1 200", 12);
		}
		assert_string_equal(hear_all(fds[0]), "");
		say(fds[1], "GET / HTTP/1.1\r\n" H "\r\n");
		(void)hear(fds[1], true);
		for (int i = 1; i < 9; i++)
			(void)close(fds[i]);
		stop();
		/* and the same for one address alone */
		limits.connections = 64;
		limits.connections_per_address = 8;
	}
}

/* Who the server takes for the client when @fields stand in a request. */
static void client_is(int fd, const char *fields, const char *want)
{
	char text[1024];
	(void)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "%s\r\n", fields);
	say(fd, text);
	(void)hear(fd, true);
	(void)snprintf(text, sizeof(text), "GET /|/||%s|-|-|", want);
	assert_string_equal(got, text);
}

#define XFF "X-Forwarded-For: "

static void a_proxy_says_for_whom_it_asks(void **state)
{
	(void)state;
	struct networks proxies;
	struct err err;
	struct http_limits limits = usual;
	limits.connections_per_address = 4;
	assert_true(networks_parse("127.0.0.1 10.0.0.0/8", &proxies, &err));
	limits.proxies = &proxies;
	start(&limits);
	int fds[12];
	for (int i = 0; i < 12; i++) { /* more than one address may have, none of them idle */
		fds[i] = dial();
		client_is(fds[i], XFF "203.0.113.5\r\n", "203.0.113.5");
		say(fds[i], "GET /");
	}
	for (int i = 0; i < 12; i++)
		(void)close(fds[i]);
	int fd = dial();
	client_is(fd, "", "127.0.0.1");
	client_is(fd, XFF "\r\n", "127.0.0.1");
	client_is(fd, XFF "2001:db8::7\r\n", "2001:db8::7");
	client_is(fd, XFF "[2001:db8::7]:4711\r\n", "2001:db8::7");
	/* what the client made up stands in front of what our proxies saw */
	client_is(fd, XFF "198.51.100.1, 203.0.113.5\r\n", "203.0.113.5");
	client_is(fd, XFF "10.9.9.9,203.0.113.5 ,10.1.2.3\t, 127.0.0.1\r\n", "203.0.113.5");
	client_is(fd, XFF "198.51.100.1\r\n" XFF "203.0.113.5\r\n", "203.0.113.5");
	/* proxies only: the first of them */
	client_is(fd, XFF "10.0.0.2, 10.0.0.3\r\n", "10.0.0.2");
	/* what is no address ends it: the proxy that said so is the client */
	client_is(fd, XFF "203.0.113.5, unknown\r\n", "127.0.0.1");
	client_is(fd, XFF "203.0.113.5, , 10.0.0.3\r\n", "10.0.0.3");
	client_is(fd, XFF ",\r\n", "127.0.0.1");
	client_is(fd, XFF "203.0.113.5,\r\n", "127.0.0.1");
	(void)close(fd);
	stop();
	networks_fini(&proxies);
	/* anybody else is not believed */
	start(&usual);
	fd = dial();
	client_is(fd, XFF "203.0.113.5\r\n", "127.0.0.1");
	(void)close(fd);
	stop();
}

static void a_body_in_a_file(void **state)
{
	(void)state;
	file = memfd_create("test", MFD_CLOEXEC);
	assert_int_equal(write(file, "a file", 6), 6);
	start(&usual);
	int fd = dial();
	for (int i = 0; i < 3; i++) {
		say(fd, "GET /file HTTP/1.1\r\n" H "\r\n");
		assert_string_equal(hear(fd, true), "a file");
	}
	(void)close(fd);
	stop();
	(void)close(file);
}

static void a_slow_reader_gets_it_all(void **state)
{
	(void)state;
	start(&usual);
	int slow = dial_with(4096), quick = dial(), gone = dial_with(4096);
	say(slow, "GET /big HTTP/1.1\r\n" H "\r\nGET /after HTTP/1.1\r\n" H "\r\n");
	say(gone, "GET /big HTTP/1.1\r\n" H "\r\n");
	(void)usleep(20000);
	for (int i = 0; i < 50; i++) { /* nobody waits for them */
		say(quick, "GET / HTTP/1.1\r\n" H "\r\n");
		(void)hear(quick, true);
	}
	(void)close(gone);
	size_t n = 0;
	while (n < BIG) {
		ssize_t k = recv(slow, got, sizeof(got) - 1, 0);
		assert_true(k > 0);
		got[k] = '\0';
		char *at = n == 0 ? strstr(got, "\r\n\r\n") : got - 4;
		assert_non_null(at);
		size_t body = (size_t)(got + k - (at + 4));
		if (n + body > BIG) /* the answer behind it */
			body = BIG - n;
		assert_memory_equal(at + 4, big + n, body);
		n += body;
	}
	(void)close(slow);
	(void)close(quick);
	stop();
	assert_int_equal(bigs_sent, 1); /* and not to who had gone */
	assert_true(texts_sent >= 50);
}

static void answers_after_the_client_has_gone(void **state)
{
	(void)state;
	start(&usual);
	int gone = dial(), here = dial();
	say(gone, "GET /later HTTP/1.1\r\n" H "\r\n");
	while (n_requests < 1)
		(void)usleep(1000);
	struct linger reset = {.l_onoff = 1};
	(void)setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(gone);
	(void)usleep(20000);
	say(here, "GET /free HTTP/1.1\r\n" H "\r\n");
	(void)hear(here, true);
	(void)close(here);
	stop();
	assert_int_equal(lent, 3);
	assert_int_equal(texts_sent, 1);
}

static void stopping_answers_what_is_in_flight(void **state)
{
	(void)state;
	start(&usual);
	int later = dial(), half = dial(), idle = dial(), slow = dial_with(4096);
	say(later, "GET /later HTTP/1.1\r\n" H "\r\nGET /behind HTTP/1.1\r\n" H "\r\n");
	say(slow, "GET /big HTTP/1.1\r\n" H "\r\n");
	say(half, "GET /half");
	while (n_requests < 2)
		(void)usleep(1000);
	stop(); /* gives up on the slow reader after 3 s */
	assert_int_equal(bigs_sent, 0);
	const char *all = hear_all(later);
	assert_non_null(strstr(all, "Connection: close\r\n"));
	assert_non_null(strstr(all, "later"));
	assert_int_equal(count(all, "HTTP/1.1"), 1);
	(void)close(half);
	(void)close(idle);
	(void)close(slow);
	assert_int_equal(n_requests, 2);
}

/* Without descriptors: a clear 503 or a short wait, no spinning, and everything goes on after. */
static void out_of_descriptors_is_a_pause(void **state)
{
	(void)state;
	struct rlimit old, low;
	start(&usual);
	int first = dial();
	say(first, "GET /later HTTP/1.1\r\n" H "\r\n"); /* not idle, so not evicted */
	while (n_requests < 1)
		(void)usleep(1000);
	int waiting = dial(); /* our end has a descriptor before they run out */
	say(waiting, "GET /w HTTP/1.1\r\n" H "\r\n");
	(void)hear(waiting, true);
	(void)close(waiting);
	(void)usleep(20000);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 0; /* the lowest free number: every one below it is taken */
	while (fcntl((int)low.rlim_cur, F_GETFD) >= 0)
		low.rlim_cur++;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	const char *all = hear_all(fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_memory_equal(all, "HTTP/1.1 503 ", 13);
	fd = dial();
	say(fd, "GET /again HTTP/1.1\r\n" H "\r\n");
	assert_string_equal(hear(fd, true), "GET /again|/again||127.0.0.1|-|-|");
	(void)close(fd);
	(void)close(first);
	stop();
}

static void places_to_listen(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",	    "8340",	     "127.0.0.1",    "127.0.0.1:",
		":8340",    "127.0.0.1:x",   "127.0.0.1:1x", "127.0.0.1:65536",
		"a.b:8340", "[::1:8340",     "::1:8340",     "[::1]",
		"[::1]:-1", "300.0.0.1:8340"};
	struct err err;
	uv_loop_t own;
	bool over = false;
	assert_int_equal(uv_loop_init(&own), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(http_new(&own, bad[i], &usual, handler, NULL, &err));
		assert_int_equal(err.code, ERR_CONFIG);
	}
	struct http *one = http_new(&own, "[::1]:0", &usual, handler, NULL, &err);
	if (!one) {
		print_message("skipped: no IPv6 here (%s)\n", err.text);
		one = http_new(&own, "127.0.0.1:0", &usual, handler, NULL, &err);
	}
	assert_non_null(one);
	struct http *two = http_new(&own, "127.0.0.1:0", &usual, handler, NULL, &err);
	assert_non_null(two);
	char taken[32];
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", http_port(two));
	assert_null(http_new(&own, taken, &usual, handler, NULL, &err));
	assert_int_equal(err.code, ERR_IO);
	http_close(one, NULL, NULL);
	http_close(two, on_closed, &over);
	http_close(NULL, on_closed, NULL);
	assert_int_equal(uv_run(&own, UV_RUN_DEFAULT), 0);
	assert_true(over);
	assert_int_equal(uv_loop_close(&own), 0);
}

int main(void)
{
	big = xmalloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)('a' + i % 23);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_arrive_whole),
		cmocka_unit_test(bodies_of_both_kinds),
		cmocka_unit_test(pipelined_requests_in_order),
		cmocka_unit_test(old_and_closing_clients),
		cmocka_unit_test(one_answer_for_what_is_malformed),
		cmocka_unit_test(slow_clients_are_cut),
		cmocka_unit_test(dripping_does_not_prolong),
		cmocka_unit_test(caps_make_room_or_say_no),
		cmocka_unit_test(a_proxy_says_for_whom_it_asks),
		cmocka_unit_test(a_body_in_a_file),
		cmocka_unit_test(a_slow_reader_gets_it_all),
		cmocka_unit_test(answers_after_the_client_has_gone),
		cmocka_unit_test(stopping_answers_what_is_in_flight),
		cmocka_unit_test(out_of_descriptors_is_a_pause),
		cmocka_unit_test(places_to_listen),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	xfree(big);
	return failed;
}
