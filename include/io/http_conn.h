/* io/http_conn.h -- what the files of the HTTP server share; private to daemon/io/http*.c.
 *
 * A connection is in one state, is on the list of that state, and reads only where it says so:
 *
 *   IDLE (reads) --first byte--> HEAD (reads) --whole head--> BODY (reads) --whole body--> WAIT
 *     ^                            |                            |                           |
 *     |                            +---- fault or too slow -----+---> an error answer       |
 *     |                                                                    |                |
 *     +--keep-alive-- WRITE <----------------------------------------------+----- answer ---+
 *                       |
 *                       +--close--> LINGER (reads, throws away) --> GONE
 *
 * Steps for which everything is there already are left out: a small GET whose answer fits into
 * the socket goes from IDLE to IDLE in one turn, without an allocation. */
#ifndef IO_HTTP_CONN_H
#define IO_HTTP_CONN_H

#include "io/chunked.h"
#include "io/gate.h"
#include "io/http.h"

#include <netinet/in.h>

enum conn_state {
	CONN_IDLE,
	CONN_HEAD,
	CONN_BODY,
	CONN_WAIT,
	CONN_WRITE,
	CONN_LINGER,
	CONN_STATES,
	CONN_GONE = CONN_STATES
};

enum {
	HTTP_SLOT_BITS = 20,	 /* of a request id; the rest is the request's number */
	HTTP_EXTRA = 64,	 /* connections above the limit that are told so */
	HTTP_READ_BYTES = 65536, /* one buffer for all connections */
	HTTP_LINGER_MS = 2000,	 /* for a client to hear its last answer */
	HTTP_LINGER_BYTES = 4 << 20,
	HTTP_CLOSE_MS = 3000, /* for answers in flight at shutdown */
	HTTP_ADDRESS_BUCKETS = 1024,
};

/* How many connections one address has. */
struct http_address {
	struct http_address *next;
	struct address site;
	int64_t n;
};

struct conn {
	uv_tcp_t tcp;
	uv_shutdown_t shutdown;
	struct http *http;
	struct conn *prev, *next; /* on the list of its state */
	enum conn_state state;
	uint64_t deadline_ms;
	uint64_t request_id; /* 0: none is waiting for its answer */
	uint32_t slot;
	struct http_address *address; /* NULL: not counted */
	bool extra;		      /* above the limit, on its way out */
	bool reading, keep_alive, is_head;
	bool is_resumed;
	struct conn *next_resumed;
	size_t lingered;
	size_t gate_n;	 /* bytes of @in the gate has seen */
	struct buf in;	 /* came, but not handled yet; no memory while empty */
	struct buf head; /* while its body comes */
	struct buf body;
	struct gate_head gate;
	struct chunked chunked;
	struct address client; /* the other end */
	bool is_proxy;	       /* ... which is trusted to say for whom it asks */
};

struct http_fields;

struct http {
	uv_loop_t *loop;
	struct http_limits limits;
	http_handler_fn *handler;
	void *ctx;

	/* http_accept.c */
	int listen_fd, reserve_fd, port;
	uv_poll_t listener;
	uv_timer_t pause;
	struct http_address *addresses[HTTP_ADDRESS_BUCKETS];

	/* connections */
	uv_timer_t tick;
	struct {
		struct conn *first, *last;
	} lists[CONN_STATES];
	struct conn **slots;
	uint32_t *free_slots;
	size_t n_slots, n_free;
	int64_t n_counted, n_extra; /* open; extra ones apart */
	int64_t n_all;		    /* whose memory is still there */
	uint64_t requests;
	int64_t refused;

	/* one request at a time uses these */
	char *read_buf;
	struct conn *taking;  /* whose bytes are being handled */
	struct conn *resumed; /* may go on when that is over */
	struct http_fields *fields;
	struct buf path;
	struct buf out;
	int64_t date_s;
	char date[48];

	bool closing;
	uint64_t close_at_ms;
	int open_handles;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/* http.c */
void http_conn_gone(struct http *http);
void http_tick_start(struct http *http, uint64_t every_ms);

/* http_accept.c */
bool http_listen(struct http *http, const char *listen, struct err *err) NODISCARD;
void http_listen_close(struct http *http); /* the socket; handles are the caller's */
void http_address_drop(struct http *http, struct http_address *address);

/* http_conn.c */
struct conn *conn_new(struct http *http, int fd, struct http_address *address,
		      const struct address *client, bool extra);
void conn_move(struct conn *conn, enum conn_state state, int64_t time_ms);
void conn_close(struct conn *conn);
void conn_finished(struct conn *conn); /* an answer has been sent whole */
void conn_start(struct conn *conn);
void conn_expire(struct conn *conn); /* its deadline is over */

/* http_answer.c */
void conn_continue(struct conn *conn); /* 100 */
void conn_refuse(struct conn *conn, int status, const char *why);

/* http_forward.c: whom a trusted proxy speaks for. */
void http_forwarded(const struct networks *proxies, struct http_request *request);

/* http_fields.c: takes a head that passed the gate apart, in place. */
struct http_fields *http_fields_new(size_t max_fields);
void http_fields_free(struct http_fields *fields);
bool http_fields_read(struct http_fields *fields, char *head, const struct gate_head *gate,
		      enum http_method *method, bool *keep_alive);
/* Target, path and query of @request; @path holds the decoded path. */
void http_target_read(char *head, const struct gate_head *gate, struct buf *path,
		      struct http_request *request);

#endif
