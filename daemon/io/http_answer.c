/* http_answer.c -- answers: a head of ours, a body of somebody else's, one system call if the
 * socket takes them, two when the body is in a file.
 *
 * Bodies are never copied. What the socket does not take at once waits in libuv with the rest of
 * the head, and the body stays referenced until the last byte has gone or the connection is
 * lost. */
#include "io/http_conn.h"

#include "base/clock.h"
#include "base/http_date.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

struct sending {
	uv_write_t write;
	struct conn *conn;
	void (*release)(void *ctx);
	void *release_ctx;
	void (*sent)(void *ctx);
	char head[]; /* what is left of it */
};

static const struct {
	int status;
	const char *line;
} status_lines[] = {
	{200, "HTTP/1.1 200 OK\r\n"},
	{304, "HTTP/1.1 304 Not Modified\r\n"},
	{201, "HTTP/1.1 201 Created\r\n"},
	{202, "HTTP/1.1 202 Accepted\r\n"},
	{204, "HTTP/1.1 204 No Content\r\n"},
	{207, "HTTP/1.1 207 Multi-Status\r\n"},
	{301, "HTTP/1.1 301 Moved Permanently\r\n"},
	{302, "HTTP/1.1 302 Found\r\n"},
	{303, "HTTP/1.1 303 See Other\r\n"},
	{307, "HTTP/1.1 307 Temporary Redirect\r\n"},
	{308, "HTTP/1.1 308 Permanent Redirect\r\n"},
	{400, "HTTP/1.1 400 Bad Request\r\n"},
	{401, "HTTP/1.1 401 Unauthorized\r\n"},
	{403, "HTTP/1.1 403 Forbidden\r\n"},
	{404, "HTTP/1.1 404 Not Found\r\n"},
	{405, "HTTP/1.1 405 Method Not Allowed\r\n"},
	{406, "HTTP/1.1 406 Not Acceptable\r\n"},
	{408, "HTTP/1.1 408 Request Timeout\r\n"},
	{409, "HTTP/1.1 409 Conflict\r\n"},
	{410, "HTTP/1.1 410 Gone\r\n"},
	{412, "HTTP/1.1 412 Precondition Failed\r\n"},
	{413, "HTTP/1.1 413 Content Too Large\r\n"},
	{414, "HTTP/1.1 414 URI Too Long\r\n"},
	{415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
	{417, "HTTP/1.1 417 Expectation Failed\r\n"},
	{422, "HTTP/1.1 422 Unprocessable Content\r\n"},
	{428, "HTTP/1.1 428 Precondition Required\r\n"},
	{429, "HTTP/1.1 429 Too Many Requests\r\n"},
	{431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
	{500, "HTTP/1.1 500 Internal Server Error\r\n"},
	{501, "HTTP/1.1 501 Not Implemented\r\n"},
	{502, "HTTP/1.1 502 Bad Gateway\r\n"},
	{503, "HTTP/1.1 503 Service Unavailable\r\n"},
	{505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

static const char *status_line(int status)
{
	for (size_t i = 0; i < sizeof(status_lines) / sizeof(status_lines[0]); i++)
		if (status_lines[i].status == status)
			return status_lines[i].line;
	return NULL;
}

static void add_status(struct buf *out, int status)
{
	const char *line = status_line(status);
	if (line)
		buf_adds(out, line);
	else
		buf_addf(out, "HTTP/1.1 %03d \r\n", status % 1000);
}

/* Made once a second. */
static void add_date(struct http *http)
{
	utc_t now = clock_real();
	if (now != http->date_s || !http->date[0]) {
		char date[HTTP_DATE_TEXT];
		http_date_text(now, date);
		(void)snprintf(http->date, sizeof(http->date), "Date: %s\r\n", date);
		http->date_s = now;
	}
	buf_adds(&http->out, http->date);
}

static void add_number(struct buf *out, size_t n)
{
	char digits[24], *p = digits + sizeof(digits);
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(out, p, (size_t)(digits + sizeof(digits) - p));
}

/* The end of a head. @length_known: a length is said even when no body follows. */
static void add_framing(struct conn *conn, size_t body_n, bool say_length)
{
	struct buf *out = &conn->http->out;
	if (say_length) {
		buf_adds(out, "Content-Length: ");
		add_number(out, body_n);
		buf_adds(out, "\r\n");
	}
	if (conn->http->closing)
		conn->keep_alive = false;
	if (!conn->keep_alive)
		buf_adds(out, "Connection: close\r\n");
	else if (conn->gate.minor == 0)
		buf_adds(out, "Connection: keep-alive\r\n");
	buf_adds(out, "\r\n");
}

static void on_sent(uv_write_t *write, int status)
{
	struct sending *sending = (struct sending *)write;
	struct conn *conn = sending->conn;
	if (sending->sent && status == 0)
		sending->sent(sending->release_ctx);
	if (sending->release)
		sending->release(sending->release_ctx);
	xfree(sending);
	if (conn->state != CONN_WRITE)
		return;
	if (status < 0)
		conn_close(conn);
	else
		conn_finished(conn);
}

/* The rest of an answer, @sent bytes of which have gone. A reader has the idle time and what the
 * least rate allows. */
static void send_later(struct conn *conn, size_t sent, const struct http_response *r, size_t body_n)
{
	struct http *http = conn->http;
	size_t head_n = sent < http->out.n ? http->out.n - sent : 0;
	size_t body_at = sent > http->out.n ? sent - http->out.n : 0;
	struct sending *sending = xmalloc(sizeof(*sending) + head_n);
	*sending = (struct sending){.conn = conn,
				    .release = r->release,
				    .release_ctx = r->release_ctx,
				    .sent = r->sent};
	memcpy(sending->head, http->out.v + http->out.n - head_n, head_n);
	uv_buf_t bufs[2] = {
		{.base = sending->head, .len = head_n},
		{.base = (char *)r->body + body_at, .len = body_n - body_at},
	};
	unsigned first = head_n == 0, last = body_n > body_at ? 2 : 1;
	int64_t rate = http->limits.min_rate_bytes_s;
	conn_move(conn, CONN_WRITE,
		  http->limits.idle_timeout_ms +
			  (rate > 0 ? (int64_t)(head_n + body_n) * 1000 / rate : 0));
	if (uv_write(&sending->write, (uv_stream_t *)&conn->tcp, bufs + first, last - first,
		     on_sent) != 0) {
		if (r->release)
			r->release(r->release_ctx);
		xfree(sending);
		conn_close(conn);
	}
}

/* The same as try_write, from the response's file. */
static ssize_t try_file(struct conn *conn, const struct http_response *r, size_t body_n)
{
	const struct buf *head = &conn->http->out;
	off_t at = 0;
	uv_os_fd_t fd;
	if (uv_fileno((uv_handle_t *)&conn->tcp, &fd) != 0)
		return UV_EBADF;
	/* held back until the body comes: one packet, one wake-up over there */
	ssize_t sent = send(fd, head->v, head->n, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN ? 0 : -errno;
	ssize_t more = (size_t)sent == head->n ? sendfile(fd, r->file, &at, body_n) : 0;
	return sent + (more > 0 ? more : 0); /* a fault comes back when the rest is sent */
}

/* How much of http->out and the body the socket takes at once; negative: it is lost. */
static ssize_t try_write(struct conn *conn, const struct http_response *r, size_t body_n)
{
	uv_buf_t bufs[2] = {
		{.base = conn->http->out.v, .len = conn->http->out.n},
		{.base = (char *)r->body, .len = body_n},
	};
	int sent = uv_try_write((uv_stream_t *)&conn->tcp, bufs, body_n > 0 ? 2 : 1);
	return sent == UV_EAGAIN ? 0 : sent;
}

/* Sends http->out and @body_n bytes of the response's body. */
static void send_now(struct conn *conn, const struct http_response *r, size_t body_n)
{
	struct http *http = conn->http;
	ssize_t sent =
		r->file && body_n > 0 ? try_file(conn, r, body_n) : try_write(conn, r, body_n);
	if (sent >= 0 && (size_t)sent < http->out.n + body_n) {
		send_later(conn, (size_t)sent, r, body_n);
	} else {
		if (r->sent && sent >= 0)
			r->sent(r->release_ctx);
		if (r->release)
			r->release(r->release_ctx);
		if (sent < 0)
			conn_close(conn);
		else
			conn_finished(conn);
	}
}

void http_answer(struct http *http, uint64_t request_id, const struct http_response *response)
{
	size_t slot = request_id & ((1U << HTTP_SLOT_BITS) - 1);
	struct conn *conn = slot < http->n_slots ? http->slots[slot] : NULL;
	if (!conn || conn->state != CONN_WAIT || conn->request_id != request_id) {
		if (response->release)
			response->release(response->release_ctx);
		return;
	}
	int status = response->status;
	bool never = status == 204 || status < 200; /* a body is not allowed, nor a length */
	bool no_body = never || status == 304 || response->head_only || conn->is_head;
	buf_clear(&http->out);
	add_status(&http->out, status);
	add_date(http);
	if (response->fields)
		buf_adds(&http->out, response->fields);
	/* A 304 may say the length of what it does not send (RFC 9110 section 8.6), but clients that
	 * wait for that many bytes are out there (wrk is one), so it does not. */
	add_framing(conn, response->body_n, !never && status != 304);
	send_now(conn, response, no_body ? 0 : response->body_n);
}

void conn_refuse(struct conn *conn, int status, const char *why)
{
	struct http *http = conn->http;
	const char *line = status_line(status);
	char text[160];
	int n = snprintf(text, sizeof(text), "%d: %s\n", status, why);
	http->refused++;
	conn->keep_alive = false;
	buf_clear(&http->out);
	buf_adds(&http->out, line ? line : "HTTP/1.1 400 Bad Request\r\n");
	add_date(http);
	buf_adds(&http->out, "Content-Type: text/plain; charset=utf-8\r\n");
	if (status == 503)
		buf_adds(&http->out, "Retry-After: 5\r\n");
	add_framing(conn, (size_t)n, true);
	buf_add(&http->out, text, (size_t)n);
	struct http_response response = {0};
	send_now(conn, &response, 0);
}

/* Nothing else is being sent now, so these 25 bytes fit, or the connection is lost. */
void conn_continue(struct conn *conn)
{
	static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uv_buf_t buf = uv_buf_init(text, sizeof(text) - 1);
	if (uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1) != (int)buf.len)
		conn_close(conn);
}
