/* control_client.c -- tandemctl's side of the control socket: one line out, the answer in.
 *
 * Blocking and patient: an answer may take as long as the change it waits for. */
#include "io/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void control_quote(struct buf *line, const char *word)
{
	if (line->n > 0)
		buf_addc(line, ' ');
	if (*word && !strpbrk(word, " \t\"\\")) {
		buf_adds(line, word);
		return;
	}
	buf_addc(line, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_addc(line, '\\');
		buf_addc(line, *word);
	}
	buf_addc(line, '"');
}

static bool no_answer(struct err *err, const char *path)
{
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return err_set(err, ERR_UNAVAILABLE, "nobody listens on %s: is tandemd running?",
			       path);
	case EACCES:
	case EPERM:
		return err_set(err, ERR_DENIED, "no right to open %s: ask an admin of tandemd",
			       path);
	default:
		return err_set(err, ERR_UNAVAILABLE, "cannot reach tandemd on %s: %s", path,
			       strerror(errno));
	}
}

static bool connect_to(const char *path, int *fd, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, ERR_USAGE, "the socket path %s is too long: at most %zu bytes",
			       path, sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, strlen(path) + 1);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
	int failed;
	do
		failed = connect(s, (const struct sockaddr *)&to, sizeof(to));
	while (failed && errno == EINTR);
	if (failed) {
		(void)no_answer(err, path);
		(void)close(s);
		return false;
	}
	*fd = s;
	return true;
}

/* A refusal may be on its way already, so a failing send is not the last word. */
static void send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return;
		p += sent;
		n -= (size_t)sent;
	}
}

/* A verdict line, without its newline: "ok" or "err WORD SENTENCE". */
static bool read_verdict(char *text, struct err *err)
{
	if (strcmp(text, "ok") == 0) {
		*err = (struct err){0};
		return true;
	}
	if (strncmp(text, "err ", 4) == 0) {
		char *word = text + 4;
		char *sentence = strchr(word, ' ');
		if (sentence) {
			*sentence++ = '\0';
			return err_set(err, err_from_word(word), "%s", sentence);
		}
	}
	return err_set(err, ERR_IO, "tandemd gave an answer that is no answer: %.100s", text);
}

/* Takes the complete lines off @in. True when the verdict was among them. */
static bool take_lines(struct buf *in, struct buf *out, bool *verdict, struct err *err)
{
	size_t at = 0;
	char *end;
	bool done = false;
	while (!done && at < in->n && (end = memchr(in->v + at, '\n', in->n - at))) {
		size_t n = (size_t)(end - (in->v + at));
		if (in->v[at] == '\t') {
			buf_add(out, in->v + at + 1, n);
		} else {
			*end = '\0';
			*verdict = read_verdict(in->v + at, err);
			done = true;
		}
		at += n + 1;
	}
	if (at > 0) {
		memmove(in->v, in->v + at, in->n - at);
		in->n -= at;
	}
	return done;
}

bool control_ask(const char *path, const char *line, struct buf *out, struct err *err)
{
	int fd = -1;
	if (strchr(line, '\n'))
		return err_set(err, ERR_USAGE, "a command is one line, without line ends in it");
	if (strlen(line) > CONTROL_LINE_MAX)
		return err_set(err, ERR_LIMIT, "the command is longer than %d bytes",
			       CONTROL_LINE_MAX);
	if (!connect_to(path, &fd, err))
		return false;
	struct buf message = {0}, in = {0};
	buf_adds(&message, line);
	buf_addc(&message, '\n');
	send_all(fd, message.v, message.n);
	buf_fini(&message);
	(void)shutdown(fd, SHUT_WR);

	bool ok = false, done = false;
	size_t size = 65536;
	char *chunk = xmalloc(size);
	while (!done) {
		ssize_t n = recv(fd, chunk, size, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			ok = err_set(err, ERR_UNAVAILABLE,
				     "tandemd closed the connection before it answered");
			break;
		}
		buf_add(&in, chunk, (size_t)n);
		done = take_lines(&in, out, &ok, err);
	}
	xfree(chunk);
	buf_fini(&in);
	(void)close(fd);
	return ok;
}
