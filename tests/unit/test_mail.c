/* test_mail.c -- one message handed over: what each answer of a server means, files of a spool, and
 * an end that waits for nobody. Encryption, passwords and whole conversations of the daemon are in
 * tests/daemon/test_mail.py. */
#include "base/buf.h"
#include "base/clock.h"
#include "io/mail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_mail_XXXXXX";

/* ---- a server that says what a test wants ---- */

static struct {
	int fd, port;
	const char *verb, *says; /* to this command (or "." or "" at the beginning) it says that */
	bool closes;		 /* ... and closes; @says NULL: or is silent */
	bool stays;		 /* and says nothing to QUIT */
	int connections, taken;
	struct buf text; /* of the last message */
} server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of server, but fd and port */

static void script(const char *verb, const char *says, bool closes)
{
	(void)pthread_mutex_lock(&lock);
	server.verb = verb;
	server.says = says;
	server.closes = closes;
	(void)pthread_mutex_unlock(&lock);
}

static void set_stays(bool stays)
{
	(void)pthread_mutex_lock(&lock);
	server.stays = stays;
	(void)pthread_mutex_unlock(&lock);
}

static int count(const int *of)
{
	(void)pthread_mutex_lock(&lock);
	int n = *of;
	(void)pthread_mutex_unlock(&lock);
	return n;
}

/* A line without its end; false: closed. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	char c;
	while (recv(fd, &c, 1, 0) == 1) {
		if (c == '\n') {
			line[n] = '\0';
			return true;
		}
		if (c != '\r' && n + 1 < size)
			line[n++] = c;
	}
	return false;
}

/* False: it closes. */
static bool say(int fd, const char *verb, const char *usual)
{
	char line[300];
	(void)pthread_mutex_lock(&lock);
	bool other = server.verb && strcmp(server.verb, verb) == 0;
	const char *says = other ? server.says : usual;
	bool closes = other && server.closes;
	(void)pthread_mutex_unlock(&lock);
	if (says) {
		(void)snprintf(line, sizeof line, "%s\r\n", says);
		(void)send(fd, line, strlen(line), MSG_NOSIGNAL);
	}
	return !closes;
}

static bool take_text(int fd)
{
	char line[2000];
	struct buf text = {0};
	bool whole = false;
	while (!whole && read_line(fd, line, sizeof line)) {
		whole = strcmp(line, ".") == 0;
		if (!whole)
			buf_addf(&text, "%s\r\n", line);
	}
	(void)pthread_mutex_lock(&lock);
	server.taken += whole;
	buf_fini(&server.text);
	server.text = text;
	(void)pthread_mutex_unlock(&lock);
	return whole && say(fd, ".", "250 taken");
}

static void converse(int fd)
{
	char line[600];
	bool open = say(fd, "", "220 here");
	while (open && read_line(fd, line, sizeof line)) {
		char verb[5] = {0};
		memcpy(verb, line, strnlen(line, 4));
		if (strcmp(verb, "DATA") == 0) {
			open = say(fd, "DATA", "354 go on");
			(void)pthread_mutex_lock(&lock);
			bool refused = server.verb && strcmp(server.verb, "DATA") == 0;
			(void)pthread_mutex_unlock(&lock);
			open = open && (refused || take_text(fd));
		} else if (strcmp(verb, "QUIT") == 0) {
			(void)pthread_mutex_lock(&lock);
			open = server.stays;
			(void)pthread_mutex_unlock(&lock);
			(void)say(fd, "QUIT", open ? NULL : "221 bye");
		} else {
			open = say(fd, verb, "250 yes");
		}
	}
	(void)close(fd);
}

static void *talker(void *fd)
{
	converse((int)(intptr_t)fd);
	return NULL;
}

static void *listener(void *unused)
{
	int fd;
	while ((fd = accept(server.fd, NULL, NULL)) >= 0) {
		pthread_t thread;
		(void)pthread_mutex_lock(&lock);
		server.connections++;
		(void)pthread_mutex_unlock(&lock);
		(void)pthread_create(&thread, NULL, talker, (void *)(intptr_t)fd);
		(void)pthread_detach(thread);
	}
	return unused;
}

static void server_start(void)
{
	pthread_t thread;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	server.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(server.fd, (struct sockaddr *)&a, n) != 0 || listen(server.fd, 16) != 0 ||
	    getsockname(server.fd, (struct sockaddr *)&a, &n) != 0)
		abort();
	server.port = ntohs(a.sin_port);
	(void)pthread_create(&thread, NULL, listener, NULL);
	(void)pthread_detach(thread);
}

/* ---- one loop, one mailman ---- */

struct sent {
	int n;
	struct mail_answer last;
	struct mailman *mailman;
	bool close;
};

static void on_sent(void *ctx, const struct mail_answer *answer)
{
	struct sent *sent = ctx;
	sent->n++;
	sent->last = *answer;
}

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static const char letter_text[] = "Subject: x\r\n\r\none\r\n.two\r\n";

static void send_one(struct mailman *m, const struct mail_route *route, struct sent *sent)
{
	struct mail_letter letter = {.name = "abc123",
				     .from = "a@school.example",
				     .to = "b@school.example",
				     .bytes = letter_text,
				     .n = sizeof letter_text - 1};
	mailman_send(m, route, &letter, on_sent, sent);
	assert_int_equal(sent->n, 0);
}

static int ticks;

static void on_tick(uv_timer_t *timer)
{
	(void)timer;
	ticks++;
}

/* Runs until it is answered. */
static void deliver(uv_loop_t *loop, struct mailman *m, const struct mail_route *route,
		    struct sent *sent)
{
	*sent = (struct sent){0};
	send_one(m, route, sent);
	while (sent->n == 0)
		(void)uv_run(loop, UV_RUN_ONCE);
	assert_int_equal(sent->n, 1);
}

/* Everything is gone, soon. */
static void end(uv_loop_t *loop, struct mailman *m)
{
	bool closed = false;
	uint64_t began = clock_mono_ms();
	mailman_close(m, on_closed, &closed);
	(void)uv_run(loop, UV_RUN_DEFAULT);
	assert_true(closed);
	assert_true(clock_mono_ms() - began < 2000);
	assert_int_equal(uv_loop_close(loop), 0);
}

static struct mail_route route_to(int port)
{
	static char url[64];
	(void)snprintf(url, sizeof url, "smtp://127.0.0.1:%d", port);
	return (struct mail_route){.server = url, .hello = "school.example", .timeout_ms = 10000};
}

static void once(const struct mail_route *route, struct sent *sent)
{
	uv_loop_t loop;
	(void)uv_loop_init(&loop);
	struct mailman *m = mailman_new(&loop);
	deliver(&loop, m, route, sent);
	end(&loop, m);
}

/* ---- a server ---- */

static void what_a_server_answers(void **state)
{
	(void)state;
	static const struct {
		const char *verb, *says;
		bool closes;
		enum mail_outcome outcome;
		int status;
		const char *sentence;
	} cases[] = {
		{NULL, NULL, false, MAIL_TAKEN, 250, ""},
		{"", "421 too many", true, MAIL_LATER, 421, "says not now: 421 too many"},
		{"", "554 no service", true, MAIL_LATER, 554, "says not now: 554 no service"},
		{"", NULL, true, MAIL_LATER, 0, ""},
		{"MAIL", "451 later", false, MAIL_LATER, 451, "says not now: 451 later"},
		{"MAIL", "530 log in", false, MAIL_LATER, 530, "says not now: 530 log in"},
		{"MAIL", "550 not from you", false, MAIL_REFUSED, 550, "refuses it: 550 not"},
		{"RCPT", "450 greylisted", false, MAIL_LATER, 450, "says not now: 450 grey"},
		{"RCPT", "550 no such user", false, MAIL_REFUSED, 550, "refuses it: 550 no such"},
		{"RCPT", NULL, true, MAIL_LATER, 250, ""},
		{"DATA", "452 full", false, MAIL_LATER, 452, "says not now: 452 full"},
		{"DATA", "554 no", false, MAIL_REFUSED, 554, "refuses it: 554 no"},
		{".", "451 try again", false, MAIL_LATER, 451, "says not now: 451 try again"},
		{".", "552 too much \x01\xC3\xA9", false, MAIL_REFUSED, 552,
		 "refuses it: 552 too much ???"},
		{".", NULL, true, MAIL_LATER, 354, ""},
	};
	struct mail_route route = route_to(server.port);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sent sent;
		script(cases[i].verb, cases[i].says, cases[i].closes);
		once(&route, &sent);
		if (sent.last.outcome != cases[i].outcome || sent.last.status != cases[i].status ||
		    !strstr(sent.last.err.text, cases[i].sentence))
			fail_msg("case %zu: %d, %d, \"%s\"", i, sent.last.outcome, sent.last.status,
				 sent.last.err.text);
		assert_true((sent.last.outcome == MAIL_TAKEN) == (sent.last.err.code == ERR_NONE));
		if (i == 0)
			assert_string_equal(buf_str(&server.text),
					    "Subject: x\r\n\r\none\r\n..two\r\n");
	}
	script(NULL, NULL, false);
}

static void a_connection_is_kept_and_its_end_waits_for_nobody(void **state)
{
	(void)state;
	struct mail_route route = route_to(server.port);
	struct sent sent;
	uv_loop_t loop;
	(void)uv_loop_init(&loop);
	struct mailman *m = mailman_new(&loop);
	int before = count(&server.connections), taken = count(&server.taken);
	for (int i = 0; i < 5; i++) {
		deliver(&loop, m, &route, &sent);
		assert_int_equal(sent.last.outcome, MAIL_TAKEN);
	}
	assert_int_equal(count(&server.connections) - before, 1);
	assert_int_equal(count(&server.taken) - taken, 5);
	set_stays(true);
	end(&loop, m);
	set_stays(false);
}

static void who_is_not_there_is_asked_again_later(void **state)
{
	(void)state;
	struct sent sent;
	int port, fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	port = ntohs(a.sin_port);
	struct mail_route route = route_to(port);
	once(&route, &sent); /* nobody listens */
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_string_equal(sent.last.err.text, "the mail server does not take the connection");
	(void)close(fd);
	script("RCPT", NULL, false);
	route = route_to(server.port);
	route.timeout_ms = 300;
	once(&route, &sent);
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_string_equal(sent.last.err.text, "the mail server took too long ([mail] timeout)");
	script(NULL, NULL, false);
	route = route_to(server.port);
	route.security = MAIL_TLS_ALWAYS;
	once(&route, &sent);
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_string_equal(sent.last.err.text,
			    "the mail server offers no encryption ([mail] tls = required)");
}

/* It has the whole message and thinks about it: the loop goes on. */
static void a_slow_server_holds_nobody_up(void **state)
{
	(void)state;
	struct sent sent;
	uv_loop_t loop;
	uv_timer_t timer;
	(void)uv_loop_init(&loop);
	(void)uv_timer_init(&loop, &timer);
	(void)uv_timer_start(&timer, on_tick, 0, 10);
	struct mailman *m = mailman_new(&loop);
	struct mail_route route = route_to(server.port);
	script(".", NULL, false);
	route.timeout_ms = 1000;
	ticks = 0;
	deliver(&loop, m, &route, &sent);
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_true(ticks > 20);
	script(NULL, NULL, false);
	uv_close((uv_handle_t *)&timer, NULL);
	end(&loop, m);
}

static void an_end_in_the_middle_is_an_answer(void **state)
{
	(void)state;
	script("RCPT", NULL, false);
	for (int wait_ms = 0; wait_ms < 60; wait_ms += 10) {
		struct mail_route route = route_to(server.port);
		struct sent sent = {0};
		uv_loop_t loop;
		(void)uv_loop_init(&loop);
		struct mailman *m = mailman_new(&loop);
		send_one(m, &route, &sent);
		uint64_t until = clock_mono_ms() + (uint64_t)wait_ms;
		while (clock_mono_ms() < until)
			(void)uv_run(&loop, UV_RUN_NOWAIT);
		end(&loop, m);
		assert_int_equal(sent.n, 1);
		assert_int_equal(sent.last.outcome, MAIL_LATER);
		assert_string_equal(sent.last.err.text, "tandemd is stopping");
	}
	script(NULL, NULL, false);
}

static void a_password_that_others_can_read_is_not_used(void **state)
{
	(void)state;
	char path[sizeof folder + 20];
	struct sent sent;
	int before = count(&server.connections);
	(void)snprintf(path, sizeof path, "%s/password", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("secret\n", f);
	(void)fclose(f);
	(void)chmod(path, 0644);
	struct mail_route route = route_to(server.port);
	route.user = "tandem";
	route.password_file = path;
	once(&route, &sent);
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_int_equal(sent.last.err.code, ERR_CONFIG);
	assert_non_null(strstr(sent.last.err.text, "can be read by others"));
	assert_null(strstr(sent.last.err.text, "secret"));
	assert_int_equal(count(&server.connections), before);
}

/* ---- a spool ---- */

static void a_spool_has_whole_files(void **state)
{
	(void)state;
	char path[sizeof folder + 40], back[100];
	struct sent sent;
	struct stat st;
	(void)snprintf(path, sizeof path, "%s/spool", folder);
	struct mail_route route = {.spool = path};
	for (int i = 0; i < 2; i++) { /* the same letter again is the same file */
		once(&route, &sent);
		assert_int_equal(sent.last.outcome, MAIL_TAKEN);
	}
	(void)snprintf(path, sizeof path, "%s/spool/new/abc123.eml", folder);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(back, 1, sizeof back, f);
	(void)fclose(f);
	assert_int_equal(n, sizeof letter_text - 1);
	assert_memory_equal(back, letter_text, n);
	(void)snprintf(path, sizeof path, "%s/spool/tmp", folder);
	assert_int_equal(rmdir(path), 0); /* nothing is left there */
}

static void a_spool_that_cannot_be_written_is_tried_again(void **state)
{
	(void)state;
	char path[sizeof folder + 40];
	struct sent sent;
	(void)snprintf(path, sizeof path, "%s/file", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	(void)fclose(f);
	struct mail_route route = {.spool = path};
	once(&route, &sent);
	assert_int_equal(sent.last.outcome, MAIL_LATER);
	assert_non_null(strstr(sent.last.err.text, "cannot be made: Not a directory"));
}

int main(void)
{
	char cleanup[sizeof folder + 16];
	(void)signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder))
		return 1;
	server_start();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_answers),
		cmocka_unit_test(a_connection_is_kept_and_its_end_waits_for_nobody),
		cmocka_unit_test(who_is_not_there_is_asked_again_later),
		cmocka_unit_test(a_slow_server_holds_nobody_up),
		cmocka_unit_test(an_end_in_the_middle_is_an_answer),
		cmocka_unit_test(a_password_that_others_can_read_is_not_used),
		cmocka_unit_test(a_spool_has_whole_files),
		cmocka_unit_test(a_spool_that_cannot_be_written_is_tried_again),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(cleanup, sizeof cleanup, "rm -rf %s", folder);
	return system(cleanup) != 0 || failed;
}
