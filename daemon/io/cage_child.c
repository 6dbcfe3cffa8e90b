/* cage_child.c -- inside the cage: the small process that forks, and the child that parses.
 *
 *   tandemd --socket--> small process --fork--> child: limits, filter, read, parse, write, end
 *
 * The small process was started before any key was read, holds nothing but its socket, and never
 * looks at a calendar. A child has one stream and no way to get another descriptor. */
#include "io/cage_child.h"

#include "base/clock.h"
#include "cal/ics_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef CAGE_SANITIZED
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define CHILDREN_MAX 64
#define STREAM_FD    3

static cage_parser *parser = ics_parse;

void cage_use_parser(cage_parser *use)
{
	parser = use;
}

/* ---- the child ---------------------------------------------------------------------------- */

static bool limit(int resource, int64_t soft, int64_t hard)
{
	struct rlimit l = {(rlim_t)soft, (rlim_t)hard};
	return setrlimit(resource, &l) == 0;
}

/* What reading, parsing and writing take; the last five are how abort() ends a process, so that
 * a heap that was found damaged does not look like a forbidden call. */
static bool close_filter(void)
{
	static const int allowed[] = {
		SCMP_SYS(read),
		SCMP_SYS(write),
		SCMP_SYS(writev),
		SCMP_SYS(brk),
		SCMP_SYS(mmap),
		SCMP_SYS(munmap),
		SCMP_SYS(mremap),
		SCMP_SYS(madvise),
		SCMP_SYS(futex),
		SCMP_SYS(exit_group),
		SCMP_SYS(rt_sigreturn),
		SCMP_SYS(getrandom),
		SCMP_SYS(clock_gettime),
		SCMP_SYS(rt_sigprocmask),
		SCMP_SYS(rt_sigaction),
		SCMP_SYS(getpid),
		SCMP_SYS(gettid),
		SCMP_SYS(tgkill),
#if SANITIZED
		SCMP_SYS(sigaltstack),
		SCMP_SYS(sched_yield),
		SCMP_SYS(mprotect),
#endif
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return false;
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof allowed / sizeof *allowed; i++)
		fine = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
	fine = fine && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return fine;
}

static bool close_bars(const struct cage_request *request)
{
	int64_t cpu = request->cpu_s > 0 ? request->cpu_s : 1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && limit(RLIMIT_CPU, cpu, cpu + 1) &&
	       limit(RLIMIT_FSIZE, 0, 0) && limit(RLIMIT_CORE, 0, 0) &&
	       limit(RLIMIT_NOFILE, 4, 4) && cage_memory_limit(request->memory_bytes) &&
	       close_filter();
}

static bool read_all(struct buf *text)
{
	char block[65536];
	for (;;) {
		ssize_t n = read(STREAM_FD, block, sizeof block);
		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		buf_add(text, block, (size_t)n);
	}
}

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(STREAM_FD, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			_exit(CAGE_EXIT_BARS); /* nobody listens any more */
		p += k;
		n -= (size_t)k;
	}
}

static _Noreturn void child(pid_t parent, int stream, const struct cage_request *request)
{
	sigset_t none;
	(void)sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		(void)signal(s, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* without its parent nobody would watch its deadline */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(CAGE_EXIT_BARS);
	/* the stream becomes descriptor 3, and the only one; the sanitizers keep 2 to complain */
	if (stream != STREAM_FD && dup2(stream, STREAM_FD) < 0)
		_exit(CAGE_EXIT_BARS);
	if (close_range(STREAM_FD + 1, ~0U, 0) != 0)
		_exit(CAGE_EXIT_BARS);
	(void)close(0);
	(void)close(1);
	if (!SANITIZED)
		(void)close(2);
	if (!close_bars(request))
		_exit(CAGE_EXIT_BARS);
	struct buf text = {0}, wire = {0};
	struct err err = {0};
	if (!read_all(&text))
		_exit(CAGE_EXIT_BARS);
	if (parser(buf_str(&text), text.n, &wire, &err)) {
		write_all(wire.v, wire.n);
		_exit(CAGE_EXIT_WIRE);
	}
	write_all(err.text, strlen(err.text));
	_exit(CAGE_EXIT_ERROR);
}

pid_t cage_fork(int stream, const struct cage_request *request)
{
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		child(parent, stream, request);
	return pid;
}

struct cage_report cage_report_of(int status, const struct rusage *usage, enum cage_end end)
{
	return (struct cage_report){
		.end = end, .status = status, .peak_bytes = (int64_t)usage->ru_maxrss * 1024};
}

/* ---- the small process -------------------------------------------------------------------- */

struct ward { /* a child and who waits for it */
	pid_t pid;
	int report; /* descriptor */
	uint64_t deadline_ms;
	bool killed;
};

static struct ward wards[CHILDREN_MAX];
static size_t n_wards;

static void tell(int fd, const struct cage_report *report)
{
	(void)!write(fd, report, sizeof *report); /* a pipe's first bytes: never in parts */
	(void)close(fd);
}

static void reap(void)
{
	int status;
	struct rusage usage;
	pid_t pid;
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		for (size_t i = 0; i < n_wards; i++) {
			if (wards[i].pid != pid)
				continue;
			struct cage_report report = cage_report_of(
				status, &usage, wards[i].killed ? CAGE_STALLED : CAGE_ENDED);
			tell(wards[i].report, &report);
			wards[i] = wards[--n_wards];
			break;
		}
	}
}

static void start(const struct cage_request *request, int stream, int report)
{
	struct cage_report refusal = {.end = CAGE_NO_FORK};
	pid_t pid = n_wards < CHILDREN_MAX ? cage_fork(stream, request) : -1;
	(void)close(stream);
	if (pid < 0) {
		tell(report, &refusal);
		return;
	}
	wards[n_wards++] =
		(struct ward){pid, report, clock_mono_ms() + (uint64_t)request->wall_ms, false};
}

/* False when the other side has gone. */
static bool receive(int socket)
{
	struct cage_request request;
	char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec io = {&request, sizeof request};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof control};
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if ((size_t)n != sizeof request || !c || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return true;
	int fd[2];
	memcpy(fd, CMSG_DATA(c), sizeof fd);
	start(&request, fd[0], fd[1]);
	return true;
}

/* Kills who is over the deadline; how long until the next one is, in ms, or -1. */
static int watch(void)
{
	uint64_t now = clock_mono_ms();
	int wait = -1;
	for (size_t i = 0; i < n_wards; i++) {
		if (wards[i].killed)
			continue;
		if (wards[i].deadline_ms <= now) {
			wards[i].killed = true;
			(void)kill(wards[i].pid, SIGKILL);
			continue;
		}
		uint64_t left = wards[i].deadline_ms - now;
		if (wait < 0 || left < (uint64_t)wait)
			wait = left < 60000 ? (int)left : 60000;
	}
	return wait;
}

static int open_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	/* Ctrl-C reaches the whole group: the cage ends when its socket closes, not before */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void cage_serve(int socket)
{
	(void)prctl(PR_SET_NAME, "tandemd-cage", 0, 0, 0);
	int signals = open_signals();
	if (signals < 0)
		_exit(71);
	ics_parse_prepare();
	for (;;) {
		struct pollfd p[2] = {{.fd = socket, .events = POLLIN},
				      {.fd = signals, .events = POLLIN}};
		struct signalfd_siginfo info;
		if (poll(p, 2, watch()) < 0 && errno != EINTR)
			_exit(71);
		while (read(signals, &info, sizeof info) > 0)
			continue;
		reap(); /* always: signals of one kind fall together */
		if (p[0].revents && !receive(socket))
			break;
	}
	for (size_t i = 0; i < n_wards; i++)
		(void)kill(wards[i].pid, SIGKILL);
	_exit(0);
}

void cage_main_if_asked(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--cage") == 0)
		cage_serve(CAGE_SOCKET);
}
