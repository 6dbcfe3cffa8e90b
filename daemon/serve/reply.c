/* reply.c -- see the header. */
#include "serve/reply.h"

static void free_body(void *ctx)
{
	xfree(ctx);
}

void reply_bytes(struct reply *r, int status, const char *type, struct buf *body)
{
	buf_addf(&r->fields, "Content-Type: %s\r\n", type);
	buf_adds(&r->fields, "X-Content-Type-Options: nosniff\r\n");
	size_t n = body->n;
	char *bytes = buf_take(body);
	struct http_response response = {
		.status = status,
		.fields = buf_str(&r->fields),
		.body = bytes,
		.body_n = n,
		.head_only = r->request->method == HTTP_M_HEAD,
		.release = free_body,
		.release_ctx = bytes,
	};
	http_answer(r->server->http, r->request->id, &response);
}

void reply_plain(struct reply *r, int status, const char *sentence)
{
	struct buf body = {0};
	buf_addf(&body, "%s\n", sentence);
	buf_adds(&r->fields, "Cache-Control: no-store\r\n");
	reply_bytes(r, status, "text/plain; charset=utf-8", &body);
}

void reply_html(struct reply *r, int status, struct buf *body)
{
	buf_adds(&r->fields,
		 "Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "
		 "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
		 "Referrer-Policy: no-referrer\r\n"
		 "X-Robots-Tag: noindex\r\n"
		 "Cache-Control: private, no-cache\r\n");
	reply_bytes(r, status, "text/html; charset=utf-8", body);
}

void reply_see_other(struct reply *r, const char *location)
{
	buf_addf(&r->fields, "Location: %s\r\nReferrer-Policy: no-referrer\r\n", location);
	reply_plain(r, 303, "see there");
}

void reply_not_found(struct reply *r)
{
	reply_plain(r, 404, "there is nothing here");
}

bool reply_not_ready(struct reply *r)
{
	if (r->server->ready)
		return false;
	buf_adds(&r->fields, "Retry-After: 5\r\n");
	reply_plain(r, 503, "tandemd is still starting");
	return true;
}
