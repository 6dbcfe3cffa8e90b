/* serve/reply.h -- the answers that routes and posts give. Loop thread; each request is answered
 * once. */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include "plan/model.h"
#include "serve/server.h"

struct reply {
	struct server *server;
	const struct http_request *request; /* later on, only id and method hold */
	const char *rest;		    /* of the path, behind the row's prefix */
	struct buf fields;		    /* more header fields; buf_fini afterwards */
};

/* Takes @body over. */
void reply_bytes(struct reply *r, int status, const char *type, struct buf *body);
void reply_plain(struct reply *r, int status, const char *sentence);
/* A page. Takes @body over. */
void reply_html(struct reply *r, int status, struct buf *body);
/* 303 to @location, relative to the address that was asked for. */
void reply_see_other(struct reply *r, const char *location);
void reply_not_found(struct reply *r);
/* 503 and true while nothing is served yet. */
bool reply_not_ready(struct reply *r);

#endif
