/* cage.c -- outside the cage: starting the small process, one conversation an import, and a
 * sentence for every way in which a child can end. */
#include "io/cage.h"

#include "base/clock.h"
#include "cal/ics_parse.h"
#include "io/cage_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLACK_MS 1000 /* that the small process has to tell of a child it killed */

struct cage {
	pthread_mutex_t lock;
	int socket; /* guarded by lock; -1: not running */
	pid_t pid;
};

extern char **environ;

/* ---- the small process, from outside ------------------------------------------------------ */

static bool spawn(struct cage *cage, struct err *err)
{
	int pair[2];
	char self[] = "/proc/self/exe", name[] = "tandemd", word[] = "--cage";
	char *argv[] = {name, word, NULL};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(err, ERR_IO, "cage: no socket: %s", strerror(errno));
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	/* adddup2 clears close-on-exec even when both numbers are the same */
	(void)posix_spawn_file_actions_adddup2(&actions, pair[1], CAGE_SOCKET);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	int rc = posix_spawn(&cage->pid, self, &actions, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(pair[1]);
	if (rc != 0) {
		(void)close(pair[0]);
		return err_set(err, ERR_IO, "cage: cannot start: %s", strerror(rc));
	}
	cage->socket = pair[0];
	return true;
}

/* With the lock held. The small process ends when its socket closes. */
static void put_away(struct cage *cage)
{
	if (cage->socket < 0)
		return;
	(void)close(cage->socket);
	cage->socket = -1;
	while (waitpid(cage->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

struct cage *cage_new(struct err *err)
{
	struct cage *cage = xcalloc(1, sizeof *cage);
	(void)pthread_mutex_init(&cage->lock, NULL);
	cage->socket = -1;
	if (spawn(cage, err))
		return cage;
	cage_free(cage);
	return NULL;
}

void cage_free(struct cage *cage)
{
	if (!cage)
		return;
	put_away(cage);
	(void)pthread_mutex_destroy(&cage->lock);
	xfree(cage);
}

static bool send_request(int socket, const struct cage_request *request, int stream, int report)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = {0};
	struct iovec io = {(void *)(uintptr_t)request, sizeof *request};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), (int[]){stream, report}, 2 * sizeof(int));
	ssize_t n;
	do
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *request;
}

/* Hands the request over to @small, a new one if the old one has gone. */
static bool hand_over(struct cage *cage, const struct cage_request *request, int stream, int report,
		      pid_t *small, struct err *err)
{
	bool sent = false;
	(void)pthread_mutex_lock(&cage->lock);
	for (int i = 0; i < 2 && !sent; i++) {
		if (cage->socket < 0 && !spawn(cage, err))
			break;
		sent = send_request(cage->socket, request, stream, report);
		if (!sent) {
			(void)err_set(err, ERR_IO, "cage: %s", strerror(errno));
			put_away(cage);
		}
	}
	*small = cage->pid;
	(void)pthread_mutex_unlock(&cage->lock);
	return sent;
}

/* @small has died. A child of it that has only just begun may still hold its end of the socket open:
 * what is sent there then seems to arrive. */
static void forget(struct cage *cage, pid_t small)
{
	(void)pthread_mutex_lock(&cage->lock);
	if (cage->pid == small)
		put_away(cage);
	(void)pthread_mutex_unlock(&cage->lock);
}

/* ---- one conversation --------------------------------------------------------------------- */

struct talk {
	const struct buf *text;
	const struct import_limits *limits;
	size_t sent;
	struct buf answer;
	size_t most; /* bytes of an answer */
	bool done, too_long;
	int stream;
	uint64_t deadline_ms;
};

static void talk_send(struct talk *t)
{
	ssize_t n = send(t->stream, t->text->v + t->sent, t->text->n - t->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		t->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		t->sent = t->text->n; /* it is gone; its report says how */
	if (t->sent == t->text->n)
		(void)shutdown(t->stream, SHUT_WR);
}

static void talk_receive(struct talk *t)
{
	char block[65536];
	ssize_t n = recv(t->stream, block, sizeof block, MSG_DONTWAIT);
	if (n > 0 && t->answer.n + (size_t)n <= t->most)
		buf_add(&t->answer, block, (size_t)n);
	else if (n > 0)
		t->done = t->too_long = true;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		t->done = true;
}

/* Writes the text and reads the answer until the child closes its end, or it is too late. */
static bool talk_run(struct talk *t)
{
	if (t->text->n == 0)
		(void)shutdown(t->stream, SHUT_WR);
	while (!t->done) {
		uint64_t now = clock_mono_ms();
		if (now >= t->deadline_ms)
			return false;
		struct pollfd p = {.fd = t->stream,
				   .events =
					   (short)(POLLIN | (t->sent < t->text->n ? POLLOUT : 0))};
		if (poll(&p, 1, (int)(t->deadline_ms - now)) <= 0)
			continue;
		if (t->sent < t->text->n && (p.revents & (POLLOUT | POLLERR | POLLHUP)))
			talk_send(t);
		if (p.revents & (POLLIN | POLLHUP | POLLERR))
			talk_receive(t);
	}
	return true;
}

static bool died(const struct cage_report *r, const struct import_limits *limits, struct err *err)
{
	int signal = WTERMSIG(r->status);
	if (signal == SIGKILL) /* not by us: that is CAGE_STALLED */
		return err_set(
			err, ERR_IO,
			"the parser was killed from outside, by somebody or by the system for "
			"want of memory");
	if (signal == SIGXCPU)
		return err_set(err, ERR_LIMIT,
			       "parsing took more than the limit of %lld s of processor time "
			       "([import] cage_cpu)",
			       (long long)limits->cage_cpu_s);
	/* malloc ends the child by itself; a stack that cannot grow looks like this */
	if ((signal == SIGSEGV || signal == SIGBUS) &&
	    r->peak_bytes >= limits->cage_memory_bytes / 2)
		return err_set(err, ERR_LIMIT,
			       "parsing took more than the limit of %lld MiB of memory ([import] "
			       "cage_memory)",
			       (long long)(limits->cage_memory_bytes >> 20));
	if (signal == SIGSYS)
		return err_set(err, ERR_PARSE,
			       "the parser tried a forbidden system call and was ended");
	return err_set(err, ERR_PARSE, "the parser died of signal %d (%s)", signal,
		       strsignal(signal));
}

/* The child's own sentence is other people's text by now. */
static bool said_error(const struct buf *answer, struct err *err)
{
	char text[300];
	size_t n = answer->n < sizeof text - 1 ? answer->n : sizeof text - 1;
	for (size_t i = 0; i < n; i++)
		text[i] = (unsigned char)answer->v[i] < ' ' || (unsigned char)answer->v[i] > '~'
				  ? '?'
				  : answer->v[i];
	text[n] = '\0';
	return err_set(err, ERR_PARSE, "%s", n ? text : "the parser gave no reason");
}

/* The end of a conversation as wire or sentence. */
static bool judge(struct talk *t, const struct cage_report *r, struct buf *wire, struct err *err)
{
	if (r->end == CAGE_STALLED)
		return err_set(err, ERR_LIMIT,
			       "parsing stalled: no answer within %lld ms ([import] cage_wall)",
			       (long long)t->limits->cage_wall_ms);
	if (r->end == CAGE_NO_FORK)
		return err_set(err, ERR_IO, "cage: too many imports at once");
	if (t->too_long)
		return err_set(
			err, ERR_LIMIT,
			"the parser's answer is longer than %zu bytes ([import] cage_memory)",
			t->most);
	if (WIFSIGNALED(r->status))
		return died(r, t->limits, err);
	switch (WEXITSTATUS(r->status)) {
	case CAGE_EXIT_WIRE:
		buf_fini(wire);
		*wire = t->answer;
		t->answer = (struct buf){0};
		return true;
	case CAGE_EXIT_ERROR: return said_error(&t->answer, err);
	case CAGE_EXIT_MEMORY:
		return err_set(err, ERR_LIMIT,
			       "parsing took more than the limit of %lld MiB of memory ([import] "
			       "cage_memory)",
			       (long long)(t->limits->cage_memory_bytes >> 20));
	default:
		return err_set(err, ERR_IO, "cage: the child could not close itself in (status %d)",
			       WEXITSTATUS(r->status));
	}
}

static struct talk talk_begin(const struct buf *text, const struct import_limits *limits,
			      int stream)
{
	return (struct talk){
		.text = text,
		.limits = limits,
		.most = (size_t)limits->cage_memory_bytes,
		.stream = stream,
		.deadline_ms = clock_mono_ms() + (uint64_t)limits->cage_wall_ms + SLACK_MS,
	};
}

static struct cage_request request_of(const struct import_limits *l)
{
	return (struct cage_request){l->cage_cpu_s, l->cage_memory_bytes, l->cage_wall_ms};
}

/* The report comes right after the child's end; a closed pipe without one means that the small
 * process itself has gone. */
static bool read_report(int fd, uint64_t deadline_ms, struct cage_report *out)
{
	for (;;) {
		uint64_t now = clock_mono_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int rc = poll(&p, 1, now < deadline_ms ? (int)(deadline_ms - now) : 0);
		if (rc < 0 && errno == EINTR)
			continue;
		return rc > 0 && read(fd, out, sizeof *out) == (ssize_t)sizeof *out;
	}
}

bool cage_parse(struct cage *cage, const struct buf *text, const struct import_limits *limits,
		struct buf *wire, struct err *err)
{
	for (int attempt = 0;; attempt++) {
		int pair[2], report[2];
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
			return err_set(err, ERR_IO, "cage: no socket: %s", strerror(errno));
		if (pipe2(report, O_CLOEXEC) != 0) {
			(void)close(pair[0]);
			(void)close(pair[1]);
			return err_set(err, ERR_IO, "cage: no pipe: %s", strerror(errno));
		}
		struct cage_request request = request_of(limits);
		pid_t small;
		bool sent = hand_over(cage, &request, pair[1], report[1], &small, err);
		(void)close(pair[1]);
		(void)close(report[1]);
		struct talk t = talk_begin(text, limits, pair[0]);
		struct cage_report r = {.end = CAGE_STALLED};
		bool answered = sent && talk_run(&t);
		(void)close(pair[0]); /* whoever still writes ends now */
		bool told = sent && read_report(report[0], t.deadline_ms, &r);
		(void)close(report[0]);
		bool late = clock_mono_ms() >= t.deadline_ms;
		bool fine = false, again = false;
		if (sent && (told || late || !answered))
			fine = judge(&t, &r, wire, err);
		else if (sent) /* the small process died under us: once more with a new one */
			again = attempt == 0 || err_set(err, ERR_IO, "cage: it died twice");
		buf_fini(&t.answer);
		if (!again)
			return fine;
		forget(cage, small);
	}
}

bool cage_parse_once(const struct buf *text, const struct import_limits *limits, struct buf *wire,
		     struct err *err)
{
	int pair[2], status = 0;
	struct rusage usage = {0};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set(err, ERR_IO, "cage: no socket: %s", strerror(errno));
	ics_parse_prepare();
	struct cage_request request = request_of(limits);
	pid_t pid = cage_fork(pair[1], &request);
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return err_set(err, ERR_IO, "cage: cannot fork: %s", strerror(errno));
	}
	struct talk t = talk_begin(text, limits, pair[0]);
	t.deadline_ms -= SLACK_MS;
	bool answered = talk_run(&t);
	if (!answered || t.too_long)
		(void)kill(pid, SIGKILL);
	(void)close(pair[0]);
	while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
		continue;
	struct cage_report r = cage_report_of(status, &usage, answered ? CAGE_ENDED : CAGE_STALLED);
	bool fine = judge(&t, &r, wire, err);
	buf_fini(&t.answer);
	return fine;
}
