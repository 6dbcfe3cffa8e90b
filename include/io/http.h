/* io/http.h -- the HTTP/1.1 server: connections on libuv, a strict gate, llhttp behind it.
 *
 * The gate reads the complete head (at most max_head_bytes) before the parser sees a byte and
 * refuses what is malformed (design 2-architecture, "HTTP server"). Handlers get a whole request
 * and answer it now or later, by number, from the loop thread. Nothing that arrives can end the
 * process (SIGPIPE is ignored from http_new on). Loop thread only. */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/address.h"
#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"

#include <uv.h>

struct http_limits {
	int64_t connections, connections_per_address; /* per address: 0 does not count */
	int64_t head_timeout_ms, idle_timeout_ms;
	int64_t max_head_bytes, max_fields, max_body_bytes, min_rate_bytes_s;
	/* Proxies: their connections are not counted per address, and whom they name in
	 * X-Forwarded-For is the client. Borrowed as long as the server is there; NULL: none. */
	const struct networks *proxies;
};

enum http_method {
	HTTP_M_GET,
	HTTP_M_HEAD,
	HTTP_M_POST,
	HTTP_M_PUT,
	HTTP_M_DELETE,
	HTTP_M_OPTIONS,
	HTTP_M_PROPFIND,
	HTTP_M_REPORT,
	HTTP_M_OTHER
};

/* Borrowed: valid until the handler returns. */
struct http_request {
	uint64_t id; /* to answer by */
	enum http_method method;
	const char *target; /* as sent, origin form */
	char *path;	    /* percent-decoded, without the query; never holds NUL */
	const char *query;  /* after '?', raw; "" without */
	const char *body;
	size_t body_n;
	struct address client; /* who asks: the other end, or whom a trusted proxy names */
	const void *fields;    /* for http_field */
};
/* Value of a header field by lower-case name, "" values included, several joined by ", ";
 * NULL when it is not there. */
const char *http_field(const struct http_request *request, const char *name);

/* A response. @body is not copied: it stays valid until @release(release_ctx) is called, which
 * happens once, when the last byte has gone or the connection is lost. */
struct http_response {
	int status;
	const char *fields; /* "Name: value\r\n" lines, copied; Date, Connection and
				 Content-Length are added by the server */
	const void *body;
	size_t body_n;
	int file; /* 0: none. A descriptor of a file with the same bytes, from its start, that never
		   * change: what the socket takes at once is sent from there, without a copy */
	bool head_only; /* a HEAD request or a 304: length as for GET, no body */
	void (*release)(void *ctx);
	void *release_ctx;
	/* Called just before release() when the kernel has taken the last byte, never when the
	 * connection was lost before. May be NULL. */
	void (*sent)(void *release_ctx);
};

struct http;
typedef void http_handler_fn(void *ctx, const struct http_request *request);

/* @listen is "address:port" or "[v6]:port"; port 0 takes a free one. */
struct http *http_new(uv_loop_t *loop, const char *listen, const struct http_limits *limits,
		      http_handler_fn *handler, void *ctx, struct err *err) NODISCARD;
int http_port(const struct http *http);
/* Exactly one answer per request id; an answer whose connection has gone is released quietly.
 * release() may run before this returns. */
void http_answer(struct http *http, uint64_t request_id, const struct http_response *response);
/* Stops accepting, answers what is in flight (at most some 3 s long), closes everything, then calls
 * @closed. Then the server is gone: no http_answer any more. NULL is fine (and @closed is not
 * called). */
void http_close(struct http *http, void (*closed)(void *ctx), void *ctx);

struct http_stats {
	int64_t connections; /* open now */
	int64_t requests;    /* given to the handler */
	int64_t refused;     /* answered with an error by the server itself */
};
struct http_stats http_stats(const struct http *http);

#endif
