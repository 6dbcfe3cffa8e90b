/* http.c -- the HTTP server as a whole: start, deadlines, figures, stop.
 *
 * http_accept.c lets connections in, http_conn.c moves them through their states (picture in
 * io/http_conn.h), http_fields.c reads heads, http_answer.c sends answers. One timer serves all
 * deadlines: states are lists, so it only looks where something can be due. */
#include "io/http_conn.h"

#include <signal.h>

enum { TICK_MS = 1000, TICK_LEAST_MS = 10, TICK_CLOSING_MS = 20 };

static void on_handle_closed(uv_handle_t *handle);

/* ---- deadlines ---- */

static void expire_list(struct http *http, enum conn_state state, uint64_t now)
{
	for (struct conn *conn = http->lists[state].first, *next; conn; conn = next) {
		next = conn->next;
		if (conn->deadline_ms <= now)
			conn_expire(conn);
		else if (state == CONN_IDLE)
			return; /* they stand in the order of their deadlines, and are many */
	}
}

static void close_all(struct http *http)
{
	for (int state = 0; state < CONN_STATES; state++)
		while (http->lists[state].first)
			conn_close(http->lists[state].first);
}

static void on_tick(uv_timer_t *tick)
{
	struct http *http = tick->data;
	uint64_t now = uv_now(http->loop);
	for (int state = 0; state < CONN_STATES; state++)
		if (state != CONN_WAIT) /* that is the handler's time */
			expire_list(http, (enum conn_state)state, now);
	if (http->closing && now >= http->close_at_ms)
		close_all(http);
}

void http_tick_start(struct http *http, uint64_t every_ms)
{
	(void)uv_timer_start(&http->tick, on_tick, every_ms, every_ms);
}

/* A tenth of the shortest deadline, so that no deadline is missed by more. */
static uint64_t tick_ms(const struct http_limits *limits)
{
	int64_t least = limits->head_timeout_ms < limits->idle_timeout_ms ? limits->head_timeout_ms
									  : limits->idle_timeout_ms;
	int64_t ms = least / 10;
	if (ms < TICK_LEAST_MS)
		return TICK_LEAST_MS;
	return ms > TICK_MS ? TICK_MS : (uint64_t)ms;
}

/* ---- start and figures ---- */

static int64_t within(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

static void set_limits(struct http *http, const struct http_limits *limits)
{
	http->limits = *limits;
	struct http_limits *l = &http->limits;
	l->connections = within(l->connections, 1, (1 << HTTP_SLOT_BITS) - HTTP_EXTRA);
	l->max_head_bytes = within(l->max_head_bytes, 64, 1 << 20);
	l->max_fields = within(l->max_fields, 1, 10000);
	l->max_body_bytes = within(l->max_body_bytes, 0, 1 << 30);
	l->head_timeout_ms = within(l->head_timeout_ms, 1, 3600000);
	l->idle_timeout_ms = within(l->idle_timeout_ms, 1, 3600000);
	l->min_rate_bytes_s = within(l->min_rate_bytes_s, 0, 1 << 30);
}

struct http *http_new(uv_loop_t *loop, const char *listen, const struct http_limits *limits,
		      http_handler_fn *handler, void *ctx, struct err *err)
{
	struct http *http = xcalloc(1, sizeof(*http));
	http->loop = loop;
	http->handler = handler;
	http->ctx = ctx;
	http->listen_fd = http->reserve_fd = -1;
	set_limits(http, limits);
	if (!http_listen(http, listen, err)) {
		xfree(http);
		return NULL;
	}
	(void)signal(SIGPIPE, SIG_IGN); /* a client that goes away is no reason to end */
	(void)uv_timer_init(loop, &http->tick);
	http->tick.data = http;
	http->open_handles = 3;
	http->n_slots = http->n_free = (size_t)http->limits.connections + HTTP_EXTRA;
	http->slots = xcalloc(http->n_slots, sizeof(struct conn *));
	http->free_slots = xcalloc(http->n_slots, sizeof(uint32_t));
	for (size_t i = 0; i < http->n_slots; i++)
		http->free_slots[i] = (uint32_t)(http->n_slots - 1 - i);
	http->read_buf = xmalloc(HTTP_READ_BYTES);
	http->fields = http_fields_new((size_t)http->limits.max_fields);
	http_tick_start(http, tick_ms(&http->limits));
	return http;
}

int http_port(const struct http *http)
{
	return http->port;
}

struct http_stats http_stats(const struct http *http)
{
	return (struct http_stats){
		.connections = http->n_counted + http->n_extra,
		.requests = (int64_t)http->requests,
		.refused = http->refused,
	};
}

/* ---- stop ---- */

static void http_free(struct http *http)
{
	void (*closed)(void *) = http->closed;
	void *ctx = http->closed_ctx;
	http_fields_free(http->fields);
	buf_fini(&http->path);
	buf_fini(&http->out);
	xfree(http->read_buf);
	xfree(http->slots);
	xfree(http->free_slots);
	xfree(http);
	if (closed)
		closed(ctx);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct http *http = handle->data;
	if (--http->open_handles == 0)
		http_free(http);
}

/* Called when a connection's memory has gone. The tick is the last handle to be closed. */
void http_conn_gone(struct http *http)
{
	if (http->closing && http->n_all == 0 && !uv_is_closing((uv_handle_t *)&http->tick))
		uv_close((uv_handle_t *)&http->tick, on_handle_closed);
}

void http_close(struct http *http, void (*closed)(void *ctx), void *ctx)
{
	if (!http || http->closing)
		return;
	http->closing = true;
	http->closed = closed;
	http->closed_ctx = ctx;
	http->close_at_ms = uv_now(http->loop) + HTTP_CLOSE_MS;
	uv_close((uv_handle_t *)&http->listener, on_handle_closed);
	uv_close((uv_handle_t *)&http->pause, on_handle_closed);
	http_listen_close(http);
	for (int state = CONN_IDLE; state <= CONN_BODY; state++)
		while (http->lists[state].first)
			conn_close(http->lists[state].first);
	for (struct conn *conn = http->lists[CONN_LINGER].first; conn; conn = conn->next)
		conn->deadline_ms = uv_now(http->loop) + HTTP_LINGER_MS / 10;
	http_tick_start(http, TICK_CLOSING_MS);
	http_conn_gone(http);
}
