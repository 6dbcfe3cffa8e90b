/* serve/server.h -- what outsiders may ask: the HTTP server and the control socket around one
 * world. Loop thread. */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "io/control.h"
#include "io/http.h"
#include "work/world.h"

struct uses;
struct feeds;
struct misses;

struct server {
	struct world *world;
	struct http *http;
	struct control *control;
	struct uses *uses;		     /* serve/uses.h */
	struct feeds *feeds;		     /* serve/feeds.h */
	struct misses *misses;		     /* serve/misses.h */
	struct misses *posts;		     /* the same of pages that send changes */
	uint64_t feeds_sent;		     /* 200: whole feeds */
	uint64_t feeds_unchanged;	     /* 304: the client had it already */
	uint64_t started_ms;		     /* monotonic */
	bool ready;			     /* something is being served */
	char *address;			     /* where HTTP listens, for people */
	void (*stop)(struct server *server); /* main's */
};

/* Answers for io/http and io/control. */
void routes_handle(void *ctx, const struct http_request *request);
void commands_handle(void *ctx, uint64_t request_id, uid_t uid, char **words, size_t n_words);

/* URL of link number @index of the publication. */
void link_url(const struct publication *p, size_t index, struct buf *out);

#endif
