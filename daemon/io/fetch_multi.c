/* fetch_multi.c -- see the header. */
#include "io/fetch_multi.h"

#include "base/buf.h"

struct multi {
	uv_loop_t *loop;
	CURLM *curl;
	multi_ended_fn *ended;
	uv_timer_t timer;
	struct watch *watches;
	size_t handles; /* not yet closed */
	void (*closed)(void *ctx);
	void *ctx;
};

struct watch { /* of one file descriptor of curl's */
	uv_poll_t poll;
	struct multi *multi;
	curl_socket_t fd;
	struct watch *prev, *next;
};

static void act(struct multi *m, curl_socket_t fd, int events)
{
	const CURLMsg *message;
	int count;
	(void)curl_multi_socket_action(m->curl, fd, events, &count);
	while ((message = curl_multi_info_read(m->curl, &count))) {
		CURLcode code = message->data.result; /* gone when the transfer is taken out */
		if (message->msg == CURLMSG_DONE)
			m->ended(message->easy_handle, code);
	}
}

/* ---- the timer ---- */

static void on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int wants_timer(CURLM *curl, long ms, void *ctx)
{
	struct multi *m = ctx;
	(void)curl;
	if (ms < 0)
		(void)uv_timer_stop(&m->timer);
	else
		(void)uv_timer_start(&m->timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

/* ---- file descriptors ---- */

static void handle_closed(struct multi *m)
{
	if (--m->handles > 0)
		return;
	m->closed(m->ctx);
	xfree(m);
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;
	struct multi *m = w->multi;
	xfree(w);
	handle_closed(m);
}

static void watch_close(struct watch *w)
{
	*(w->prev ? &w->prev->next : &w->multi->watches) = w->next;
	if (w->next)
		w->next->prev = w->prev;
	(void)uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static struct watch *watch_new(struct multi *m, curl_socket_t fd)
{
	struct watch *w = xcalloc(1, sizeof *w);
	if (uv_poll_init_socket(m->loop, &w->poll, fd) != 0) {
		xfree(w); /* the transfer runs out of time */
		return NULL;
	}
	w->poll.data = w;
	w->multi = m;
	w->fd = fd;
	w->next = m->watches;
	if (w->next)
		w->next->prev = w;
	m->watches = w;
	m->handles++;
	(void)curl_multi_assign(m->curl, fd, w);
	return w;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
		    (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0) |
		    (status < 0 ? CURL_CSELECT_ERR : 0);
	act(w->multi, w->fd, flags);
}

static int wants_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
	struct watch *w = of_socket;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			watch_close(w);
		return 0;
	}
	if (!w)
		w = watch_new(ctx, fd);
	if (w)
		(void)uv_poll_start(&w->poll,
				    (what & CURL_POLL_IN ? UV_READABLE : 0) |
					    (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
				    on_ready);
	return 0;
}

/* ---- the outside ---- */

struct multi *multi_new(uv_loop_t *loop, multi_ended_fn *ended)
{
	struct multi *m = xcalloc(1, sizeof *m);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	m->loop = loop;
	m->ended = ended;
	m->curl = curl_multi_init();
	m->timer.data = m;
	m->handles = 1;
	(void)uv_timer_init(loop, &m->timer);
	(void)curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, wants_socket);
	(void)curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	(void)curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, wants_timer);
	(void)curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	(void)curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, 16L); /* kept for others */
	return m;
}

bool multi_add(struct multi *m, CURL *easy)
{
	return curl_multi_add_handle(m->curl, easy) == CURLM_OK;
}

void multi_remove(struct multi *m, CURL *easy)
{
	(void)curl_multi_remove_handle(m->curl, easy);
}

static void on_timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

void multi_close(struct multi *m, void (*closed)(void *ctx), void *ctx)
{
	m->closed = closed;
	m->ctx = ctx;
	(void)curl_multi_cleanup(m->curl);
	while (m->watches)
		watch_close(m->watches);
	curl_global_cleanup();
	uv_close((uv_handle_t *)&m->timer, on_timer_closed);
}
