/* http_kit.h -- a server on a loopback port, whose loop runs on a thread of its own, with a handler
 * that echoes, and a client for it. */
#ifndef HTTP_KIT_H
#define HTTP_KIT_H

#include "base/buf.h"
#include "base/clock.h"
#include "io/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 24 << 20 };

#ifdef TANDEM_TSAN
/* libuv closes by bare system calls, which TSan does not see: a number used again by the other
 * thread looks like a race. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:^socket$\nrace:^accept4$\nrace:^dup$\nrace:^open$\n";
}
#endif

static const struct http_limits usual = {
	.connections = 64,
	.connections_per_address = 64,
	.head_timeout_ms = 5000,
	.idle_timeout_ms = 5000,
	.max_head_bytes = 16384,
	.max_fields = 64,
	.max_body_bytes = 65536,
	.min_rate_bytes_s = 500,
};

static uv_loop_t loop;
static struct http *http;
static pthread_t thread;
static uv_async_t wake;
static int loop_left, port;
static bool was_closed;
static char *big;
static int file;
static struct http_stats last_stats;

/* loop thread */
static uint64_t held[64];
static size_t n_held;

static atomic_int lent, given_back, n_requests, texts_sent, bigs_sent;

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static void release_copy(void *ctx)
{
	given_back++;
	xfree(ctx);
}

static void text_sent(void *ctx)
{
	assert_int_not_equal(*(const char *)ctx, '\0'); /* not released yet */
	texts_sent++;
}

static void big_sent(void *ctx)
{
	assert_ptr_equal(ctx, big);
	bigs_sent++;
}

static void release_big(void *ctx)
{
	assert_ptr_equal(ctx, big);
	given_back++;
}

/* Answers with a copy of @text that its release frees: twice would be seen by ASan. */
static void answer_text(uint64_t id, int status, const char *text)
{
	char *body = xstrdup(text);
	lent++;
	http_answer(http, id,
		    &(struct http_response){
			    .status = status,
			    .fields = "Content-Type: text/plain\r\n",
			    .body = body,
			    .body_n = strlen(body),
			    .release = release_copy,
			    .release_ctx = body,
			    .sent = text_sent,
		    });
}

static void free_held(void)
{
	size_t n = n_held;
	n_held = 0;
	for (size_t i = 0; i < n; i++) {
		answer_text(held[i], 200, "later");
		answer_text(held[i], 200, "twice"); /* quietly nothing */
	}
}

static void on_wake(uv_async_t *async)
{
	last_stats = http_stats(http);
	uv_close((uv_handle_t *)async, NULL);
	http_close(http, on_closed, &was_closed);
	free_held();
}

static void echo(const struct http_request *r)
{
	static const char *const names[] = {"GET",     "HEAD",	   "POST",   "PUT",  "DELETE",
					    "OPTIONS", "PROPFIND", "REPORT", "OTHER"};
	struct buf out = {0};
	const char *x = http_field(r, "x-test"), *none = http_field(r, "x-none");
	char peer[ADDRESS_TEXT];
	buf_addf(&out, "%s %s|%s|%s|%s|%s|", names[r->method], r->target, r->path, r->query,
		 address_text(&r->client, peer), x ? x : "-");
	buf_adds(&out, none ? "wrong" : "-");
	buf_adds(&out, "|");
	buf_add(&out, r->body, r->body_n);
	answer_text(r->id, 200, buf_str(&out));
	buf_fini(&out);
}

static void handler(void *ctx, const struct http_request *r)
{
	(void)ctx;
	n_requests++;
	if (strcmp(r->path, "/later") == 0) {
		held[n_held++] = r->id;
	} else if (strcmp(r->path, "/free") == 0) {
		/* others first, this one after: their connections must not disturb our request */
		free_held();
		echo(r);
	} else if (strcmp(r->path, "/big") == 0) {
		lent++;
		http_answer(http, r->id,
			    &(struct http_response){.status = 200,
						    .body = big,
						    .body_n = BIG,
						    .release = release_big,
						    .release_ctx = big,
						    .sent = big_sent});
	} else if (strcmp(r->path, "/file") == 0) { /* the two differ, to see which is sent */
		struct http_response response = {200, .body = "memory", .body_n = 6, .file = file};
		http_answer(http, r->id, &response);
	} else if (strcmp(r->path, "/304") == 0) {
		http_answer(http, r->id,
			    &(struct http_response){
				    .status = 304, .fields = "ETag: \"a\"\r\n", .head_only = true});
	} else if (strcmp(r->path, "/204") == 0) {
		http_answer(http, r->id, &(struct http_response){.status = 204});
	} else {
		echo(r);
	}
}

static void *loop_main(void *arg)
{
	(void)arg;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	loop_left = uv_loop_close(&loop);
	return NULL;
}

static void start(const struct http_limits *limits)
{
	struct err err;
	lent = given_back = n_requests = texts_sent = bigs_sent = 0;
	n_held = 0;
	was_closed = false;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_async_init(&loop, &wake, on_wake), 0);
	http = http_new(&loop, "127.0.0.1:0", limits, handler, NULL, &err);
	assert_non_null(http);
	port = http_port(http);
	assert_int_equal(pthread_create(&thread, NULL, loop_main, NULL), 0);
}

static void stop(void)
{
	uint64_t before = clock_mono_ms();
	(void)uv_async_send(&wake);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(was_closed);
	assert_int_equal(loop_left, 0);
	assert_int_equal(lent, given_back);
	assert_true(clock_mono_ms() - before < 4000);
}

/* ---- the client ---- */

static int dial_with(int receive_bytes)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval limit = {10, 0};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	if (receive_bytes)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof(receive_bytes));
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static int dial(void)
{
	return dial_with(0);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static char got[1 << 17];

/* Reads to the end of the connection. "RESET" when it does not end in order. */
static const char *hear_all(int fd)
{
	size_t n = 0;
	ssize_t k;
	while ((k = recv(fd, got + n, sizeof(got) - 1 - n, 0)) > 0)
		n += (size_t)k;
	got[n] = '\0';
	(void)close(fd);
	return k == 0 ? got : "RESET";
}

/* Reads one answer with its Content-Length; returns its body, the head is in @head. */
static char head[8192];

static const char *hear(int fd, bool body_follows)
{
	size_t n = 0;
	char *end;
	head[0] = '\0';
	while (!(end = strstr(head, "\r\n\r\n"))) {
		assert_true(n < sizeof(head) - 1);
		assert_int_equal(recv(fd, head + n, 1, 0), 1);
		head[++n] = '\0';
	}
	const char *length = strstr(head, "Content-Length: ");
	size_t want = length && body_follows ? strtoul(length + 16, NULL, 10) : 0;
	assert_true(want < sizeof(got));
	for (n = 0; n < want;) {
		ssize_t k = recv(fd, got + n, want - n, 0);
		assert_true(k > 0);
		n += (size_t)k;
	}
	got[n] = '\0';
	return got;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;
	while ((text = strstr(text, word))) {
		n++;
		text++;
	}
	return n;
}

#define H "Host: x\r\n"

#endif
