/* control.c -- the daemon's side of the control socket.
 *
 * A client is in one state, and reads only in LINE and LEAVING:
 *
 *   connect --> LINE --a whole line--> RUNNING --answer--> WRITING --sent--> LINE
 *                |                                            |
 *                +-- end of file, 5 s, a fault ---------------+--> LEAVING --> closed
 *
 * One line is handled at a time, so what a client that never reads can hold is one answer, and
 * that has a limit. LEAVING has said its last word and drains what the client still sends, so
 * that the word arrives. */
#include "io/control.h"

#include "base/parse.h"
#include "io/control_bind.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REFUSED_MAX = 16,     /* told why and on their way out, beside the 16 clients */
	LINE_MS = 5000,	      /* for a whole line */
	LEAVE_MS = 1000,      /* for a client to hear its last word */
	STALL_TICK_MS = 5000, /* an answer must move ... */
	STALL_TICKS = 6,      /* ... within so many ticks */
	CLOSE_MS = 3000,      /* for answers in flight at shutdown */
	ADMINS_MAX = 64,
};

enum state { LINE, RUNNING, WRITING, LEAVING, GONE };

struct client {
	struct control *control;
	struct client *next;
	uv_pipe_t pipe;
	uv_timer_t timer;
	int open_handles;
	uint32_t number, request;
	uid_t uid;
	enum state state;
	bool refused;	/* not one of the 16 */
	bool last_word; /* leave when the answer is sent */
	bool eof;
	bool answered; /* at least one line */
	size_t stuck_bytes;
	int stuck_ticks;
	char in[CONTROL_LINE_MAX + 1];
	size_t in_n;
};

struct control {
	uv_loop_t *loop;
	uv_pipe_t server;
	uv_timer_t grace;
	int open_handles;
	char *path;
	struct control_file file;
	uid_t admins[ADMINS_MAX];
	size_t n_admins;
	control_handler_fn *handler;
	void *ctx;
	struct client *clients;
	int n_clients, n_refused;
	uint32_t numbers;
	bool closing;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

struct answer {
	uv_write_t write;
	struct client *client;
	struct buf bytes;
};

static void take_line(struct client *client);

/* ---- the end of things ---- */

static void on_control_closed(uv_handle_t *handle);

static void control_end_if_done(struct control *control)
{
	if (!control->closing || control->clients)
		return;
	if (!uv_is_closing((uv_handle_t *)&control->grace))
		uv_close((uv_handle_t *)&control->grace, on_control_closed);
	if (control->open_handles > 0)
		return;
	void (*closed)(void *) = control->closed;
	void *ctx = control->closed_ctx;
	xfree(control->path);
	xfree(control);
	if (closed)
		closed(ctx);
}

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct control *control = client->control;
	if (--client->open_handles > 0)
		return;
	struct client **at = &control->clients;
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	xfree(client);
	control_end_if_done(control);
}

static void client_close(struct client *client)
{
	if (client->state == GONE)
		return;
	client->state = GONE;
	if (client->refused)
		client->control->n_refused--;
	else
		client->control->n_clients--;
	uv_close((uv_handle_t *)&client->pipe, on_client_closed);
	uv_close((uv_handle_t *)&client->timer, on_client_closed);
}

/* ---- writing ---- */

static void on_leave_time(uv_timer_t *timer)
{
	client_close(timer->data);
}

static void on_discard(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n < 0)
		client_close(stream->data);
}

static void on_discard_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)size;
	struct client *client = handle->data;
	*buf = uv_buf_init(client->in, sizeof(client->in));
}

static void on_shutdown(uv_shutdown_t *shut, int status)
{
	(void)status;
	xfree(shut);
}

/* The last word is said. */
static void client_leave(struct client *client)
{
	if (client->eof || client->control->closing) {
		client_close(client);
		return;
	}
	client->state = LEAVING;
	uv_shutdown_t *shut = xcalloc(1, sizeof(*shut));
	if (uv_shutdown(shut, (uv_stream_t *)&client->pipe, on_shutdown) != 0)
		xfree(shut);
	(void)uv_timer_start(&client->timer, on_leave_time, LEAVE_MS, 0);
	if (uv_read_start((uv_stream_t *)&client->pipe, on_discard_room, on_discard) != 0)
		client_close(client);
}

static void on_written(uv_write_t *write, int status)
{
	struct answer *answer = (struct answer *)write;
	struct client *client = answer->client;
	buf_fini(&answer->bytes);
	xfree(answer);
	if (client->state != WRITING)
		return;
	if (status < 0)
		client_close(client);
	else if (client->last_word || client->control->closing)
		client_leave(client);
	else {
		client->state = LINE;
		client->answered = true;
		(void)uv_timer_stop(&client->timer);
		take_line(client);
	}
}

/* A client that does not take its answer is dropped. */
static void on_stall_tick(uv_timer_t *timer)
{
	struct client *client = timer->data;
	size_t left = uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe);
	client->stuck_ticks = left == client->stuck_bytes ? client->stuck_ticks + 1 : 0;
	client->stuck_bytes = left;
	if (client->stuck_ticks >= STALL_TICKS)
		client_close(client);
}

static void client_write(struct client *client, struct buf *bytes)
{
	struct answer *answer = xcalloc(1, sizeof(*answer));
	answer->client = client;
	answer->bytes = *bytes;
	*bytes = (struct buf){0};
	client->state = WRITING;
	client->stuck_ticks = 0;
	client->stuck_bytes = 0;
	(void)uv_read_stop((uv_stream_t *)&client->pipe);
	(void)uv_timer_start(&client->timer, on_stall_tick, STALL_TICK_MS, STALL_TICK_MS);
	uv_buf_t out = uv_buf_init(answer->bytes.v, (unsigned)answer->bytes.n);
	if (uv_write(&answer->write, (uv_stream_t *)&client->pipe, &out, 1, on_written) != 0) {
		buf_fini(&answer->bytes);
		xfree(answer);
		client_close(client);
	}
}

static void add_verdict(struct buf *out, const struct err *err)
{
	if (!err || err->code == ERR_NONE) {
		buf_adds(out, "ok\n");
		return;
	}
	buf_addf(out, "err %s ", err_word(err->code));
	for (const char *p = err->text; *p; p++)
		buf_addc(out, (unsigned char)*p < ' ' || *p == 0x7f ? ' ' : *p);
	buf_addc(out, '\n');
}

/* Each line behind a TAB; a last line without a newline gets one. */
static bool add_data(struct buf *out, const struct buf *data)
{
	size_t lines = 1;
	for (size_t i = 0; i < data->n; i++)
		lines += data->v[i] == '\n';
	if (data->n + lines > CONTROL_ANSWER_MAX)
		return false;
	for (size_t at = 0; at < data->n;) {
		const char *end = memchr(data->v + at, '\n', data->n - at);
		size_t n = end ? (size_t)(end - (data->v + at)) : data->n - at;
		buf_addc(out, '\t');
		buf_add(out, data->v + at, n);
		buf_addc(out, '\n');
		at += n + 1;
	}
	return true;
}

static void client_say(struct client *client, const struct buf *data, const struct err *err)
{
	struct buf out = {0};
	struct err too_long;
	if (data && !add_data(&out, data)) {
		(void)err_set(&too_long, ERR_LIMIT,
			      "the answer is longer than %d MiB: ask for a part of it",
			      CONTROL_ANSWER_MAX / 1024 / 1024);
		err = &too_long;
	}
	add_verdict(&out, err);
	client_write(client, &out);
}

static void client_refuse(struct client *client, enum err_code code, const char *sentence)
{
	struct err err;
	(void)err_set(&err, code, "%s", sentence);
	client->last_word = true;
	client_say(client, NULL, &err);
}

void control_answer(struct control *control, uint64_t request_id, const struct buf *data,
		    const struct err *err)
{
	for (struct client *client = control->clients; client; client = client->next)
		if (client->number == request_id >> 32 && client->state == RUNNING &&
		    client->request == (uint32_t)request_id) {
			client_say(client, data, err);
			return;
		}
}

/* ---- reading ---- */

/* The bytes of a UTF-8 character at @p (1..4), 0 when it is none, overlong, a surrogate, beyond
 * U+10FFFF or a control character. */
static size_t text_char(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return (p[0] >= ' ' && p[0] != 0x7f) || p[0] == '\t';
	size_t want = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000}; /* U+0080..9F: controls */
	if (p[0] < 0xc2 || p[0] > 0xf4 || want > n)
		return 0;
	uint32_t c = p[0] & (0x7fU >> want);
	for (size_t i = 1; i < want; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[want] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : want;
}

static bool is_text(const char *line, size_t n)
{
	const unsigned char *p = (const unsigned char *)line;
	for (size_t at = 0, k; at < n; at += k)
		if (!(k = text_char(p + at, n - at)))
			return false;
	return true;
}

/* Handles one line, which is the caller's copy. */
static void run_line(struct client *client, char *line, size_t n)
{
	char *words[CONTROL_WORDS_MAX];
	size_t n_words = 0;
	struct err err = {0};
	client->state = RUNNING;
	client->request++;
	(void)uv_timer_stop(&client->timer);
	(void)uv_read_stop((uv_stream_t *)&client->pipe);
	if (!is_text(line, n))
		(void)err_set(&err, ERR_USAGE,
			      "the line holds bytes that are no text: UTF-8 without control "
			      "characters is expected");
	else if (parse_words(line, words, CONTROL_WORDS_MAX, &n_words, &err) && n_words == 0)
		(void)err_set(&err, ERR_USAGE, "the line is empty: a command is expected");
	if (err.code != ERR_NONE) {
		err.code = ERR_USAGE;
		client_say(client, NULL, &err);
		return;
	}
	uint64_t id = (uint64_t)client->number << 32 | client->request;
	client->control->handler(client->control->ctx, id, client->uid, words, n_words);
}

static void on_line_time(uv_timer_t *timer)
{
	struct client *client = timer->data;
	if (client->answered && client->in_n == 0)
		client_close(client); /* it has what it asked for */
	else
		client_refuse(client, ERR_LIMIT, "no whole line came within 5 s");
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)size;
	struct client *client = handle->data;
	*buf = uv_buf_init(client->in + client->in_n,
			   (unsigned)(sizeof(client->in) - client->in_n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	struct client *client = stream->data;
	if (client->state != LINE || n == 0)
		return;
	if (n < 0 && n != UV_EOF) {
		client_close(client);
		return;
	}
	if (n == UV_EOF)
		client->eof = true;
	else
		client->in_n += (size_t)n;
	take_line(client);
}

/* No whole line is there: wait for more, or part. */
static void want_more(struct client *client)
{
	if (client->control->closing || (client->eof && client->in_n == 0))
		client_close(client);
	else if (client->in_n > CONTROL_LINE_MAX)
		client_refuse(client, ERR_LIMIT, "the line is longer than 4096 bytes");
	else if (client->eof) /* it may be half of another command */
		client_refuse(client, ERR_USAGE, "the line has no end: a newline is expected");
	else {
		if (!uv_is_active((uv_handle_t *)&client->timer))
			(void)uv_timer_start(&client->timer, on_line_time, LINE_MS, 0);
		int failed = uv_read_start((uv_stream_t *)&client->pipe, on_room, on_read);
		if (failed && failed != UV_EALREADY)
			client_close(client);
	}
}

/* Takes the next line from what has come; the one after it waits for the answer to be sent. */
static void take_line(struct client *client)
{
	char *end = memchr(client->in, '\n', client->in_n);
	if (!end) {
		want_more(client);
		return;
	}
	char line[CONTROL_LINE_MAX + 1];
	size_t n = (size_t)(end - client->in);
	memcpy(line, client->in, n);
	line[n] = '\0';
	client->in_n -= n + 1;
	memmove(client->in, end + 1, client->in_n);
	run_line(client, line, n);
}

/* ---- new clients ---- */

static bool may_ask(const struct control *control, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < control->n_admins; i++)
		if (control->admins[i] == uid)
			return true;
	return false;
}

/* False when the kernel does not tell, which counts as a stranger. */
static bool peer_uid(uv_pipe_t *pipe, uid_t *uid)
{
	uv_os_fd_t fd;
	struct ucred peer;
	socklen_t n = sizeof(peer);
	if (uv_fileno((uv_handle_t *)pipe, &fd) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
		return false;
	*uid = peer.uid;
	return true;
}

static void on_connection(uv_stream_t *server, int status)
{
	struct control *control = server->data;
	if (status < 0 || control->closing)
		return;
	struct client *client = xcalloc(1, sizeof(*client));
	client->control = control;
	client->number = ++control->numbers;
	(void)uv_pipe_init(control->loop, &client->pipe, 0);
	(void)uv_timer_init(control->loop, &client->timer);
	client->pipe.data = client->timer.data = client;
	client->open_handles = 2;
	client->next = control->clients;
	control->clients = client;
	bool accepted = uv_accept(server, (uv_stream_t *)&client->pipe) == 0;
	bool known =
		accepted && peer_uid(&client->pipe, &client->uid) && may_ask(control, client->uid);
	client->refused = !known || control->n_clients >= CONTROL_CLIENTS;
	if (client->refused)
		control->n_refused++;
	else
		control->n_clients++;
	if (!accepted || control->n_refused > REFUSED_MAX)
		client_close(client);
	else if (!known)
		client_refuse(client, ERR_DENIED,
			      "this user may not ask: root, the daemon's user or [control] admins "
			      "may");
	else if (client->refused)
		client_refuse(client, ERR_UNAVAILABLE,
			      "16 clients are connected already: try again");
	else
		want_more(client);
}

/* ---- start and stop ---- */

static bool read_admins(struct control *control, const char *admins, struct err *err)
{
	char *copy = xstrdup(admins ? admins : ""), *rest = NULL;
	bool ok = true;
	for (char *name = strtok_r(copy, " \t,", &rest); name && ok;
	     name = strtok_r(NULL, " \t,", &rest)) {
		int64_t number;
		struct err ignored;
		const struct passwd *user = getpwnam(name);
		if (control->n_admins >= ADMINS_MAX)
			ok = err_set(err, ERR_CONFIG, "[control] admins: more than %d names",
				     ADMINS_MAX);
		else if (user)
			control->admins[control->n_admins++] = user->pw_uid;
		else if (parse_int(name, 0, UINT32_MAX - 1, &number, &ignored))
			control->admins[control->n_admins++] = (uid_t)number;
		else
			ok = err_set(err, ERR_CONFIG,
				     "[control] admins: there is no user \"%s\" on this machine",
				     name);
	}
	xfree(copy);
	return ok;
}

static void on_control_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;
	control->open_handles--;
	control_end_if_done(control);
}

struct control *control_new(uv_loop_t *loop, const char *path, const char *admins,
			    control_handler_fn *handler, void *ctx, struct err *err)
{
	struct control *control = xcalloc(1, sizeof(*control));
	int fd = -1, failed;
	if (!read_admins(control, admins, err) || !control_bind(path, &fd, &control->file, err)) {
		xfree(control);
		return NULL;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a client that goes away is no reason to end */
	control->loop = loop;
	control->path = xstrdup(path);
	control->handler = handler;
	control->ctx = ctx;
	(void)uv_pipe_init(loop, &control->server, 0);
	(void)uv_timer_init(loop, &control->grace);
	control->server.data = control->grace.data = control;
	control->open_handles = 2;
	if ((failed = uv_pipe_open(&control->server, fd)) != 0)
		(void)close(fd);
	else
		failed = uv_listen((uv_stream_t *)&control->server, 64, on_connection);
	if (failed) {
		(void)err_set(err, ERR_IO, "cannot listen on %s: %s", path, uv_strerror(failed));
		control_close(control, NULL, NULL);
		return NULL;
	}
	return control;
}

static void on_grace(uv_timer_t *timer)
{
	struct control *control = timer->data;
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		client_close(client);
	}
}

void control_close(struct control *control, void (*closed)(void *ctx), void *ctx)
{
	if (!control || control->closing)
		return;
	control->closing = true;
	control->closed = closed;
	control->closed_ctx = ctx;
	control_unbind(control->path, &control->file);
	uv_close((uv_handle_t *)&control->server, on_control_closed);
	(void)uv_timer_start(&control->grace, on_grace, CLOSE_MS, 0);
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		if (client->state == LINE || client->state == LEAVING)
			client_close(client);
	}
	control_end_if_done(control);
}
