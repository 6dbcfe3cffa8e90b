/* test_control.c -- the control socket with real clients: the loop runs on a thread of its own,
 * the test is the client. */
#include "base/buf.h"
#include "base/clock.h"
#include "io/control.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef TANDEM_TSAN
/* libuv closes by bare system calls, which TSan does not see: a number used again by the other
 * thread looks like a race. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:^socket$\nrace:^accept4$\nrace:^dup$\nrace:^open$\n";
}
#endif

static char folder[64], path[96];
static uv_loop_t loop;
static struct control *control;
static pthread_t thread;
static uv_async_t wake;
static int loop_left; /* of uv_loop_close */

/* loop thread: held requests (word "hold") until "free" */
static uint64_t held[32];
static size_t n_held;
static bool was_closed;

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static void on_wake(uv_async_t *async)
{
	uv_close((uv_handle_t *)async, NULL);
	control_close(control, on_closed, &was_closed);
	for (size_t i = 0; i < n_held; i++)
		control_answer(control, held[i], NULL, NULL);
	n_held = 0;
}

/* echo WORDS: each word a line · big N: N bytes of data · fail: an error · hold: no answer yet ·
 * free: answers what is held, twice · late: answers an id that is nobody's */
static void handler(void *ctx, uint64_t id, uid_t uid, char **words, size_t n)
{
	(void)ctx;
	struct buf out = {0};
	struct err err = {0};
	if (strcmp(words[0], "hold") == 0) {
		held[n_held++] = id;
		return;
	}
	if (strcmp(words[0], "uid") == 0)
		buf_addf(&out, "%u", (unsigned)uid);
	for (size_t i = 1; i < n && strcmp(words[0], "echo") == 0; i++)
		buf_addf(&out, "%s\n", words[i]);
	if (strcmp(words[0], "big") == 0)
		for (long i = strtol(words[1], NULL, 10); i > 0; i--)
			buf_addc(&out, 'x');
	if (strcmp(words[0], "lines") == 0)
		buf_adds(&out, "one\n\n\ttwo\nthree");
	if (strcmp(words[0], "fail") == 0)
		(void)err_set(&err, ERR_CONFLICT, "a sentence\nof two lines");
	for (size_t i = 0; i < n_held && strcmp(words[0], "free") == 0; i++) {
		control_answer(control, held[i], &out, NULL);
		control_answer(control, held[i], &out, NULL);
	}
	if (strcmp(words[0], "free") == 0)
		n_held = 0;
	control_answer(control, id + 7, &out, NULL);
	control_answer(control, id, &out, &err);
	buf_fini(&out);
}

static void *loop_main(void *arg)
{
	(void)arg;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	loop_left = uv_loop_close(&loop);
	return NULL;
}

static int start(void **state)
{
	(void)state;
	struct err err;
	(void)snprintf(folder, sizeof(folder), "%s/td-control-XXXXXX", "/tmp");
	if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/control", folder);
	was_closed = false;
	n_held = 0;
	if (uv_loop_init(&loop) || uv_async_init(&loop, &wake, on_wake))
		return -1;
	control = control_new(&loop, path, "daemon, 4242", handler, NULL, &err);
	return !control || pthread_create(&thread, NULL, loop_main, NULL);
}

static int stop(void **state)
{
	(void)state;
	(void)uv_async_send(&wake);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(was_closed);
	assert_int_equal(loop_left, 0);
	assert_int_equal(access(path, F_OK), -1); /* the socket file has gone */
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static int dial(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	memcpy(to.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {10, 0};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the end of the connection, or until @want bytes have come. */
static const char *hear(int fd, size_t want)
{
	static char got[65536];
	size_t n = 0;
	while (n < want && n < sizeof(got) - 1) {
		ssize_t k = recv(fd, got + n, sizeof(got) - 1 - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	got[n] = '\0';
	return got;
}

static void expect_then_close(int fd, const char *answer)
{
	assert_string_equal(hear(fd, SIZE_MAX), answer);
	(void)close(fd);
}

static void expect(int fd, const char *answer)
{
	assert_string_equal(hear(fd, strlen(answer)), answer);
}

static void answers_lines_in_order(void **state)
{
	(void)state;
	int fd = dial();
	say(fd, "echo a \"b c\" \"q\\\"\\\\\"\necho\nfail\nlines\n\nech");
	(void)usleep(20000);
	say(fd, "o \xc3\xa9\n");
	(void)shutdown(fd, SHUT_WR); /* a half-closed client gets its answers, too */
	expect_then_close(fd,
			  "\ta\n\tb c\n\tq\"\\\nok\nok\nerr conflict a sentence of two lines\n"
			  "\tone\n\t\n\t\ttwo\n\tthree\nok\n"
			  "err usage the line is empty: a command is expected\n\t\xc3\xa9\nok\n");
}

static void ask_carries_words_and_verdicts(void **state)
{
	(void)state;
	struct buf line = {0}, out = {0};
	struct err err;
	control_quote(&line, "echo");
	control_quote(&line, "two words");
	control_quote(&line, "");
	control_quote(&line, "a\\\"b");
	assert_string_equal(buf_str(&line), "echo \"two words\" \"\" \"a\\\\\\\"b\"");
	assert_true(control_ask(path, buf_str(&line), &out, &err));
	assert_int_equal(err.code, ERR_NONE);
	assert_string_equal(buf_str(&out), "two words\n\na\\\"b\n");
	buf_clear(&out);
	assert_false(control_ask(path, "fail", &out, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.text, "a sentence of two lines");
	assert_int_equal(out.n, 0);
	assert_true(control_ask(path, "big 3000000", &out, &err));
	assert_int_equal(out.n, 3000001);
	assert_false(control_ask(path, "big 70000000", &out, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(control_ask(path, "a\nb", &out, &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_false(control_ask("/nowhere/at/all", "status", &out, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(err.text, "nobody listens on /nowhere/at/all: is tandemd running?");
	buf_fini(&line);
	buf_fini(&out);
}

static void later_answers_find_their_client(void **state)
{
	(void)state;
	int a = dial(), gone = dial(), b = dial();
	say(a, "hold\necho after\n");
	say(gone, "hold\n");
	(void)usleep(50000);
	(void)close(gone);
	say(b, "free\n");
	expect(b, "ok\n");
	expect(a, "ok\n\tafter\nok\n");
	(void)close(a);
	(void)close(b);
}

static void bad_lines_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{"echo \x01\n", 7},	{"echo \0\n", 7},
		{"echo\r\n", 6},	{"echo \xff\n", 7},
		{"echo \xc0\xaf\n", 8}, {"echo \xed\xa0\x80\n", 9},
		{"echo \xc2\x85\n", 8}, {"echo \xf4\x90\x80\x80\n", 10},
		{"echo \xe2\x82\n", 8}, {"echo \x7f\n", 7},
		{"echo \"open\n", 11},
	};
	int fd = dial();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(send(fd, bad[i].bytes, bad[i].n, MSG_NOSIGNAL), bad[i].n);
		const char *got = hear(fd, 12);
		assert_memory_equal(got, "err usage ", 10);
		say(fd, "echo\n"); /* and the connection lives on */
		if (!strchr(got, '\n'))
			assert_non_null(strchr(hear(fd, 1), '\n'));
		expect(fd, "ok\n");
	}
	say(fd, "echo half");
	(void)shutdown(fd, SHUT_WR);
	expect_then_close(fd, "err usage the line has no end: a newline is expected\n");
}

static void long_lines_are_refused(void **state)
{
	(void)state;
	char line[CONTROL_LINE_MAX + 3];
	memset(line, 'a', sizeof(line));
	memcpy(line, "echo ", 5);
	line[CONTROL_LINE_MAX] = '\n';
	line[CONTROL_LINE_MAX + 1] = '\0';
	int fd = dial();
	say(fd, line);
	assert_string_equal(hear(fd, CONTROL_LINE_MAX) + CONTROL_LINE_MAX - 4, "\nok\n");
	line[CONTROL_LINE_MAX] = 'a';
	line[CONTROL_LINE_MAX + 1] = '\n';
	line[CONTROL_LINE_MAX + 2] = '\0';
	say(fd, line);
	expect_then_close(fd, "err limit the line is longer than 4096 bytes\n");
}

static void sixteen_clients_and_no_more(void **state)
{
	(void)state;
	int fds[CONTROL_CLIENTS];
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		fds[i] = dial();
		say(fds[i], "echo\n");
		expect(fds[i], "ok\n");
	}
	int more = dial();
	expect_then_close(more, "err unavailable 16 clients are connected already: try again\n");
	(void)close(fds[3]);
	for (int i = 0; i < 50; i++) { /* the place is free once the daemon has seen it */
		more = dial();
		say(more, "echo in\n");
		const char *got = hear(more, 1);
		bool in = strncmp(got, "\t", 1) == 0;
		(void)close(more);
		if (in)
			break;
		assert_int_not_equal(i, 49);
		(void)usleep(10000);
	}
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (i != 3)
			(void)close(fds[i]);
}

/* As user @uid: what the socket answers to "uid". */
static void ask_as(uid_t uid, char *answer, size_t size)
{
	int pipes[2];
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0) {
		struct buf out = {0};
		struct err err = {0};
		if (setgid(uid) != 0 || setuid(uid) != 0)
			_exit(1);
		bool ok = control_ask(path, "uid", &out, &err);
		const char *text = ok ? buf_str(&out) : err_word(err.code);
		_exit(write(pipes[1], text, strlen(text)) < 0);
	}
	(void)close(pipes[1]);
	ssize_t n = read(pipes[0], answer, size - 1);
	answer[n > 0 ? n : 0] = '\0';
	(void)close(pipes[0]);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void strangers_are_refused(void **state)
{
	(void)state;
	struct stat st;
	char answer[64];
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	if (geteuid() != 0) {
		print_message("skipped: only root can become another user\n");
		return;
	}
	ask_as(0, answer, sizeof(answer));
	assert_string_equal(answer, "0\n");
	assert_int_equal(chmod(path, 0666), 0); /* let them knock */
	ask_as(4242, answer, sizeof(answer));	/* an admin by number */
	assert_string_equal(answer, "4242\n");
	ask_as(1, answer, sizeof(answer)); /* an admin by name: daemon */
	assert_string_equal(answer, "1\n");
	ask_as(4243, answer, sizeof(answer));
	assert_string_equal(answer, "denied");
}

/* What a client never reads is bounded by one answer: its next lines wait. */
static void who_never_reads_waits(void **state)
{
	(void)state;
	int fd = dial(), other = dial();
	for (int i = 0; i < 20; i++)
		say(fd, "big 5000000\n");
	for (int i = 0; i < 20; i++) {
		say(other, "echo x\n");
		expect(other, "\tx\nok\n");
	}
	(void)close(fd);
	(void)close(other);
}

static void a_slow_line_is_cut(void **state)
{
	(void)state;
	uint64_t before = clock_mono_ms();
	int slow = dial(), served = dial();
	say(served, "echo\n");
	say(slow, "ech");
	expect(served, "ok\n");
	expect_then_close(slow, "err limit no whole line came within 5 s\n");
	expect_then_close(served, "");
	assert_in_range(clock_mono_ms() - before, 4500, 9000);
}

/* ---- the socket file ---- */

static void paths_that_cannot_be(void **state)
{
	(void)state;
	struct err err;
	char long_path[200];
	memset(long_path, 'p', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	uv_loop_t own;
	assert_int_equal(uv_loop_init(&own), 0);
	/* a living daemon keeps its socket */
	assert_null(control_new(&own, path, "", handler, NULL, &err));
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(access(path, F_OK), 0);
	/* a file that is no socket is left alone */
	char file[128];
	(void)snprintf(file, sizeof(file), "%s/file", folder);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_null(control_new(&own, file, "", handler, NULL, &err));
	assert_non_null(strstr(err.text, "is not a socket"));
	assert_int_equal(unlink(file), 0);
	(void)snprintf(file, sizeof(file), "%s/no/control", folder);
	assert_null(control_new(&own, file, "", handler, NULL, &err));
	assert_non_null(strstr(err.text, "the folder "));
	assert_null(control_new(&own, long_path, "", handler, NULL, &err));
	assert_int_equal(uv_run(&own, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&own), 0);
}

static void unknown_admins_are_a_fault(void **state)
{
	(void)state;
	struct err err;
	uv_loop_t own;
	assert_int_equal(uv_loop_init(&own), 0);
	assert_null(control_new(&own, "/nowhere/control", "root nobody-of-this-name", handler, NULL,
				&err));
	assert_non_null(strstr(err.text, "nobody-of-this-name"));
	assert_int_equal(uv_loop_close(&own), 0);
}

static void a_stale_socket_is_replaced(void **state)
{
	(void)state;
	struct err err;
	char stale[128];
	(void)snprintf(stale, sizeof(stale), "%s/stale", folder);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	memcpy(at.sun_path, stale, strlen(stale) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	(void)close(fd); /* a daemon that died leaves its file */
	uv_loop_t own;
	bool over = false;
	assert_int_equal(uv_loop_init(&own), 0);
	struct control *c = control_new(&own, stale, NULL, handler, NULL, &err);
	assert_non_null(c);
	control_close(c, on_closed, &over);
	assert_int_equal(uv_run(&own, UV_RUN_DEFAULT), 0);
	assert_true(over);
	assert_int_equal(uv_loop_close(&own), 0);
	assert_int_equal(access(stale, F_OK), -1);
	control_close(NULL, on_closed, &over);
}

/* Closing answers what is in flight: teardown releases the held request. */
static void close_answers_what_is_in_flight(void **state)
{
	int fd = dial();
	say(fd, "hold\necho too late\n");
	(void)usleep(50000);
	(void)stop(state);
	expect_then_close(fd, "ok\n");
	assert_int_equal(start(state), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(answers_lines_in_order),
		T(ask_carries_words_and_verdicts),
		T(later_answers_find_their_client),
		T(bad_lines_are_refused),
		T(long_lines_are_refused),
		T(sixteen_clients_and_no_more),
		T(strangers_are_refused),
		T(who_never_reads_waits),
		T(a_slow_line_is_cut),
		T(paths_that_cannot_be),
		cmocka_unit_test(unknown_admins_are_a_fault),
		T(a_stale_socket_is_replaced),
		T(close_answers_what_is_in_flight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
