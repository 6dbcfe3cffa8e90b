/* io/fetch.h -- a timetable by URL: one GET on the loop, within limits, past every guard.
 *
 *   fetcher_start -> (files: libuv's pool) -> queue, per host -> curl -> a redirect: queue again
 *                                                                  \--> done
 *
 * http, https, webcal (http) and webcals (https) only; a redirect never leaves https; addresses
 * that are not public are refused unless allowed, at connecting and again before each request, so
 * that a kept connection is no way around; no proxy of the environment. Sentences never hold the
 * URL, which is often a secret. Loop thread only. */
#ifndef IO_FETCH_H
#define IO_FETCH_H

#include "base/buf.h"
#include "base/err.h"

#include <uv.h>

struct fetch_limits {
	int64_t body_bytes; /* after decoding */
	int64_t timeout_ms; /* in all, redirects included; waiting for a turn is not counted */
	int64_t connect_ms;
	int64_t redirects;
	int64_t per_host; /* at a time */
	int64_t at_once;  /* in all */
};
extern const struct fetch_limits fetch_limits_default;

struct fetch_request {
	const char *url;
	const char *user_agent;		  /* NULL: none is sent */
	const char *auth_file;		  /* "user:password", for nobody else to read; or NULL */
	const char *ca_file;		  /* PEM, in place of the system's; or NULL */
	bool allow_private;		  /* addresses that are not public too */
	const char *etag, *last_modified; /* of what is known; "" or NULL: nothing */
};

#define FETCH_ETAG_MAX 255
#define FETCH_DATE_MAX 63

enum fetch_outcome {
	FETCH_BODY,
	FETCH_UNCHANGED, /* 304 */
	FETCH_FAILED
};
struct fetch_answer {
	enum fetch_outcome outcome;
	struct buf body; /* of FETCH_BODY, never empty */
	/* to ask with the next time; "" when the server names none, or one that is no good */
	char etag[FETCH_ETAG_MAX + 1], last_modified[FETCH_DATE_MAX + 1];
	int64_t retry_after_s; /* of a failure: the server's wish; 0: none */
	struct err err;	       /* of FETCH_FAILED */
};
void fetch_answer_fini(struct fetch_answer *answer);

/* Exactly once per start, never from within it. *answer is the callee's: to be finished, or to be
 * moved from. */
typedef void fetch_done_fn(void *ctx, struct fetch_answer *answer);

struct fetcher;
struct fetcher *fetcher_new(uv_loop_t *loop);
/* Everything of @request is copied. */
void fetcher_start(struct fetcher *fetcher, const struct fetch_request *request,
		   const struct fetch_limits *limits, fetch_done_fn *done, void *ctx);
/* Every fetch that runs or waits fails with ERR_UNAVAILABLE; later, from the loop, @closed, when
 * it is gone. NULL is fine (and @closed is not called). */
void fetcher_close(struct fetcher *fetcher, void (*closed)(void *ctx), void *ctx);

/* The same, waited for: on a loop of its own. Any thread that no loop runs on. */
void fetch_once(const struct fetch_request *request, const struct fetch_limits *limits,
		struct fetch_answer *answer);

#endif
