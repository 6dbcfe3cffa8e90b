/* http_conn.c -- a connection's life: bytes in, whole requests to the handler, one at a time.
 *
 * Bytes land in one buffer that all connections share; only what is not a whole request yet, or
 * waits for the answer to the one before it, is copied into the connection. */
#include "io/http_conn.h"

#include <string.h>
#include <unistd.h>

enum { GATE_AGAIN_BYTES = 1024 };

static void conn_settle(struct conn *conn);

/* ---- lists and the end ---- */

static void list_remove(struct conn *conn)
{
	struct http *http = conn->http;
	if (conn->state == CONN_GONE)
		return;
	*(conn->prev ? &conn->prev->next : &http->lists[conn->state].first) = conn->next;
	*(conn->next ? &conn->next->prev : &http->lists[conn->state].last) = conn->prev;
}

void conn_move(struct conn *conn, enum conn_state state, int64_t time_ms)
{
	struct http *http = conn->http;
	list_remove(conn);
	conn->state = state;
	conn->deadline_ms = uv_now(http->loop) + (uint64_t)(time_ms > 0 ? time_ms : 0);
	if (state == CONN_GONE)
		return;
	conn->next = NULL;
	conn->prev = http->lists[state].last;
	*(conn->prev ? &conn->prev->next : &http->lists[state].first) = conn;
	http->lists[state].last = conn;
}

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;
	struct http *http = conn->http;
	buf_fini(&conn->in);
	buf_fini(&conn->head);
	buf_fini(&conn->body);
	xfree(conn);
	http->n_all--;
	http_conn_gone(http);
}

/* Buffers live on until the handle is closed: a handler may be reading them right now. */
void conn_close(struct conn *conn)
{
	struct http *http = conn->http;
	if (conn->state == CONN_GONE)
		return;
	conn_move(conn, CONN_GONE, 0);
	conn->request_id = 0;
	http->slots[conn->slot] = NULL;
	http->free_slots[http->n_free++] = conn->slot;
	if (conn->extra)
		http->n_extra--;
	else
		http->n_counted--;
	if (conn->address)
		http_address_drop(http, conn->address);
	conn->address = NULL;
	uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	(void)shutdown;
	(void)status;
}

/* Says "no more" and reads on for a while: closing with bytes unread would make the kernel reset
 * the connection, and the client could lose the answer. */
static void conn_linger(struct conn *conn)
{
	conn_move(conn, CONN_LINGER, conn->http->closing ? HTTP_LINGER_MS / 10 : HTTP_LINGER_MS);
	if (uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shutdown) != 0)
		conn_close(conn);
}

void conn_expire(struct conn *conn)
{
	if (conn->state == CONN_HEAD)
		conn_refuse(conn, 408, "the head took too long");
	else if (conn->state == CONN_BODY)
		conn_refuse(conn, 408, "the body came too slowly");
	else
		conn_close(conn);
	conn_settle(conn);
}

/* ---- requests ---- */

static void dispatch(struct conn *conn, char *head, const char *body, size_t body_n)
{
	struct http *http = conn->http;
	struct http_request request = {
		.body = body,
		.body_n = body_n,
		.client = conn->client,
		.fields = http->fields,
	};
	if (!http_fields_read(http->fields, head, &conn->gate, &request.method,
			      &conn->keep_alive)) {
		conn_refuse(conn, 400, "the head is malformed");
		return;
	}
	http_target_read(head, &conn->gate, &http->path, &request);
	if (conn->is_proxy)
		http_forwarded(http->limits.proxies, &request);
	conn->is_head = request.method == HTTP_M_HEAD;
	request.id = ++http->requests << HTTP_SLOT_BITS | conn->slot;
	conn->request_id = request.id;
	conn_move(conn, CONN_WAIT, 0);
	http->handler(http->ctx, &request);
}

/* The gate reads a head from its start; a head that comes in drops is looked at again only when
 * that can change the answer, so that drops do not cost the square of their number. */
static bool gate_could_tell(const struct conn *conn, const char *data, size_t n)
{
	if (conn->gate_n == 0 || n - conn->gate_n >= GATE_AGAIN_BYTES ||
	    (int64_t)n >= conn->http->limits.max_head_bytes)
		return true;
	for (size_t i = conn->gate_n; i < n; i++)
		if ((unsigned char)data[i] < ' ' || data[i] == 0x7f)
			return true;
	return false;
}

/* How long a body may take that has brought @n more bytes: a stock of time, refilled by bytes. */
static void body_came(struct conn *conn, size_t n)
{
	const struct http_limits *limits = &conn->http->limits;
	uint64_t full = uv_now(conn->http->loop) + (uint64_t)limits->head_timeout_ms;
	uint64_t gained =
		limits->min_rate_bytes_s > 0 ? n * 1000 / (uint64_t)limits->min_rate_bytes_s : full;
	conn->deadline_ms += gained;
	if (conn->deadline_ms > full)
		conn->deadline_ms = full;
}

static size_t take_head(struct conn *conn, char *data, size_t n)
{
	struct http *http = conn->http;
	const struct http_limits *limits = &http->limits;
	int status;
	const char *why;
	if (!gate_could_tell(conn, data, n))
		return 0;
	enum gate_result got =
		gate_check(data, n, (size_t)limits->max_head_bytes, (size_t)limits->max_fields,
			   limits->max_body_bytes, &conn->gate, &status, &why);
	conn->gate_n = got == GATE_MORE ? n : 0;
	if (got == GATE_MORE)
		return 0;
	if (got == GATE_BAD) {
		conn_refuse(conn, status, why);
		return n;
	}
	size_t head_n = conn->gate.head_n;
	size_t length = conn->gate.content_length > 0 ? (size_t)conn->gate.content_length : 0;
	if (!conn->gate.chunked && length <= n - head_n) {
		dispatch(conn, data, data + head_n, length);
		return head_n + length;
	}
	buf_add(&conn->head, data, head_n);
	conn->chunked = (struct chunked){0};
	conn_move(conn, CONN_BODY, limits->head_timeout_ms);
	if (conn->gate.expect_continue && n == head_n)
		conn_continue(conn);
	return head_n;
}

static size_t take_body(struct conn *conn, const char *data, size_t n)
{
	int64_t max = conn->http->limits.max_body_bytes;
	size_t used = n;
	enum chunked_result got = CHUNKED_MORE;
	if (conn->gate.chunked) {
		got = chunked_feed(&conn->chunked, data, n, &used, &conn->body, max);
	} else {
		size_t left = (size_t)conn->gate.content_length - conn->body.n;
		used = n < left ? n : left;
		buf_add(&conn->body, data, used);
		got = used == left ? CHUNKED_DONE : CHUNKED_MORE;
	}
	body_came(conn, used);
	if (got == CHUNKED_MORE)
		return used;
	if (got == CHUNKED_DONE)
		dispatch(conn, conn->head.v, buf_str(&conn->body), conn->body.n);
	else if (got == CHUNKED_BAD)
		conn_refuse(conn, 400, "the chunks are malformed");
	else
		conn_refuse(conn, 413, "the body is too long");
	buf_fini(&conn->head);
	buf_fini(&conn->body);
	return got == CHUNKED_DONE ? used : n;
}

static bool wants_bytes(const struct conn *conn)
{
	return conn->state <= CONN_BODY;
}

/* Handles what is whole in @data and says how much that was. */
static size_t take(struct conn *conn, char *data, size_t n)
{
	size_t at = 0, used = 1;
	conn->http->taking = conn;
	while (at < n && used > 0 && wants_bytes(conn)) {
		used = conn->state == CONN_BODY ? take_body(conn, data + at, n - at)
						: take_head(conn, data + at, n - at);
		at += used;
	}
	conn->http->taking = NULL;
	return at;
}

static void take_kept(struct conn *conn)
{
	size_t used = take(conn, conn->in.v, conn->in.n);
	memmove(conn->in.v, conn->in.v + used, conn->in.n - used);
	conn->in.n -= used;
}

/* A handler may answer other requests than its own; what those connections kept is handled when
 * that handler has returned, since the request it reads lies in buffers that all share. */
static void take_resumed(struct http *http)
{
	struct conn *conn;
	while (!http->taking && (conn = http->resumed)) {
		http->resumed = conn->next_resumed;
		conn->is_resumed = false;
		if (conn->state == CONN_IDLE && conn->in.n > 0)
			take_kept(conn);
		conn_settle(conn);
	}
}

/* ---- reading ---- */

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	(void)size;
	struct conn *conn = handle->data;
	*buf = uv_buf_init(conn->http->read_buf, HTTP_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;
	if (n == 0 || conn->state == CONN_GONE)
		return;
	if (n < 0) {
		conn_close(conn); /* whoever half-closed has every answer by now */
		return;
	}
	if (conn->state == CONN_LINGER) {
		conn->lingered += (size_t)n;
		if (conn->lingered > HTTP_LINGER_BYTES)
			conn_close(conn);
		return;
	}
	if (conn->in.n > 0) {
		buf_add(&conn->in, buf->base, (size_t)n);
		take_kept(conn);
	} else {
		size_t used = take(conn, buf->base, (size_t)n);
		if (used < (size_t)n)
			buf_add(&conn->in, buf->base + used, (size_t)n - used);
	}
	conn_settle(conn);
	take_resumed(conn->http);
}

/* After bytes have been handled: the state, the memory and the reading that follow from it. */
static void conn_settle(struct conn *conn)
{
	if (conn->state == CONN_GONE)
		return;
	if (conn->state == CONN_IDLE && conn->in.n > 0)
		conn_move(conn, CONN_HEAD, conn->http->limits.head_timeout_ms);
	if (conn->in.n == 0 || conn->state == CONN_LINGER)
		buf_fini(&conn->in);
	bool read = wants_bytes(conn) || conn->state == CONN_LINGER;
	if (read == conn->reading)
		return;
	conn->reading = read;
	if (!read)
		(void)uv_read_stop((uv_stream_t *)&conn->tcp);
	else if (uv_read_start((uv_stream_t *)&conn->tcp, on_room, on_read) != 0)
		conn_close(conn);
}

/* The answer has gone out whole. Inside take() its loop goes on with the next request; an answer
 * that came later goes on from here. */
void conn_finished(struct conn *conn)
{
	struct http *http = conn->http;
	conn->request_id = 0;
	if (!conn->keep_alive || http->closing)
		conn_linger(conn);
	else
		conn_move(conn, CONN_IDLE, http->limits.idle_timeout_ms);
	if (http->taking == conn)
		return;
	if (!conn->is_resumed) {
		conn->is_resumed = true;
		conn->next_resumed = http->resumed;
		http->resumed = conn;
	}
	take_resumed(http);
}

struct conn *conn_new(struct http *http, int fd, struct http_address *address,
		      const struct address *client, bool extra)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));
	conn->http = http;
	conn->address = address;
	conn->extra = extra;
	conn->state = CONN_GONE;
	conn->client = *client;
	conn->is_proxy = http->limits.proxies && networks_have(http->limits.proxies, client);
	(void)uv_tcp_init(http->loop, &conn->tcp);
	conn->tcp.data = conn;
	conn->slot = http->free_slots[--http->n_free];
	http->slots[conn->slot] = conn;
	http->n_all++;
	if (extra)
		http->n_extra++;
	else
		http->n_counted++;
	conn_move(conn, CONN_IDLE, http->limits.idle_timeout_ms);
	if (uv_tcp_open(&conn->tcp, fd) != 0) {
		(void)close(fd);
		conn_close(conn);
	}
	return conn;
}

void conn_start(struct conn *conn)
{
	conn_settle(conn);
}
