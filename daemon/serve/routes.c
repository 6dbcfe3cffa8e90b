/* routes.c -- one row per path: what is answered there. Everything is read from the publication
 * that is served; nothing here waits. */
#include "base/clock.h"
#include "base/http_date.h"
#include "base/log.h"
#include "serve/agent.h"
#include "serve/conditions.h"
#include "serve/feeds.h"
#include "serve/health_view.h"
#include "serve/links_post.h"
#include "serve/misses.h"
#include "serve/pages.h"
#include "serve/pages_links.h"
#include "serve/uses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void route_fn(struct reply *reply);

static void refuse_method(struct reply *r, bool post)
{
	buf_addf(&r->fields, "Allow: GET, HEAD%s\r\n", post ? ", POST" : "");
	reply_plain(r, 405,
		    post ? "only GET, HEAD and POST are understood here"
			 : "only GET and HEAD are understood here");
}

/* ---- links ---- */

/* Every row is looked at, whoever is asked for. */
static utc_t retired_since(const struct publication *p, const char *owner)
{
	utc_t at = 0;
	for (size_t i = 0; i < p->retired.n; i++)
		at = strcmp(p->retired.v[i].id, owner) == 0 ? p->retired.v[i].at : at;
	return at;
}

/* Index of the open link that @token opens; otherwise answers 404, 410 or 429 and returns -1. A token
 * that is unknown takes the way of one that is revoked, so that the time says no more than the
 * answer. */
static int open_link(struct reply *r, const char *token, size_t n, unsigned kinds)
{
	static const struct link nobody = {.kind = LINK_KIND_COUNT, .revoked_at = 1};
	const struct world *world = r->server->world;
	const struct publication *p = world->now;
	int i = links_part_find(p->links, token, n);
	const struct link *link = i >= 0 ? &p->links->links.v[i] : &nobody;
	utc_t retired = retired_since(p, link->owner);
	bool known = kinds & 1U << link->kind;
	bool gone =
		link->revoked_at || (retired && retired + world->settings.retired_s <= clock_now());
	if (known && !gone)
		return i;
	int64_t wait_s = misses_note(r->server->misses, &r->request->client,
				     world->settings.max_misses, clock_mono_ms(), !known);
	if (wait_s > 0) {
		buf_addf(&r->fields, "Retry-After: %lld\r\n", (long long)wait_s);
		reply_plain(r, 429,
			    "too many links were asked for that there are not; try again later");
		return -1;
	}
	reply_plain(r, known ? 410 : 404,
		    known ? "this link is no longer in use; ask for a new one"
			  : "there is nothing here");
	return -1;
}

static void note_use(struct reply *r, int index)
{
	uses_note(r->server->uses, &r->server->world->now->links->links.v[index], clock_now(),
		  http_field(r->request, "user-agent"));
}

/* ---- feeds ---- */

/* What a client asked, kept while the feed is being made. */
struct feed_call {
	struct server *server;
	uint64_t id;
	enum http_method method;
	const char *tags, *since; /* If-None-Match, If-Modified-Since; NULL without */
	bool gzip;		  /* it asks for gzip and can read it */
	enum feed_form form;
	struct link link;  /* as it was then; its texts may be gone */
	const char *agent; /* its family, when that is logged */
};

/* A line an answer: which client asks how often, and whether it keeps what it has. */
static void log_feed(const struct feed_call *call, int status, size_t body_n)
{
	if (!log_wanted(LOG_DEBUG))
		return;
	char link[24], code[8], bytes[24];
	(void)snprintf(link, sizeof link, "%lld", (long long)call->link.id);
	(void)snprintf(code, sizeof code, "%d", status);
	(void)snprintf(bytes, sizeof bytes, "%zu", body_n);
	log_event(LOG_DEBUG, "feed", "link,status,bytes,agent", link, code, bytes, call->agent);
}

/* *said: which of the two that the client may have is meant: the one it says it has, else the one that
 * it would get. */
static bool not_modified(const struct feed_call *call, const struct feed_head *head,
			 const struct feed_said **said)
{
	utc_t since;
	*said = call->gzip ? &head->gzip : &head->plain;
	if (call->tags) {
		const struct feed_said *other = call->gzip ? &head->plain : &head->gzip;
		if (etag_listed(call->tags, (*said)->etag))
			return true;
		if (!etag_listed(call->tags, other->etag))
			return false;
		*said = other;
		return true;
	}
	return call->since && http_date_parse(call->since, clock_now(), &since) &&
	       since >= head->last_modified;
}

static void unref_bytes(void *ctx)
{
	feed_bytes_unref(ctx);
}

/* Which version somebody gets: noted when the last byte of it has gone. */
struct feed_going {
	struct server *server;
	int64_t link;
	int32_t generation;
	struct feed_mark mark;
	struct feed_bytes *bytes;
};

static void feed_gone(void *ctx)
{
	const struct feed_going *going = ctx;
	uses_seen(going->server->uses, going->link, going->generation, clock_now(), &going->mark);
}

static void feed_release(void *ctx)
{
	struct feed_going *going = ctx;
	feed_bytes_unref(going->bytes);
	xfree(going);
}

/* A HEAD brings nothing, who says "*" does not say what he has, and a VFREEBUSY is not the
 * calendar. Mostly it is known already that the link has it, and nothing is to be done. */
static void feed_follow(const struct feed_call *call, const struct feed_head *head,
			struct feed_bytes *bytes, struct http_response *response)
{
	if (call->method == HTTP_M_HEAD || call->form == FEED_FREEBUSY ||
	    (response->status == 304 && call->tags && strchr(call->tags, '*')) ||
	    !uses_seen_is_news(call->server->uses, &call->link, clock_now(), &head->mark))
		return;
	struct feed_going *going = xmalloc(sizeof *going);
	*going = (struct feed_going){call->server, call->link.id, call->link.generation, head->mark,
				     bytes};
	response->sent = feed_gone;
	response->release = feed_release;
	response->release_ctx = going;
}

/* Takes the reference to @bytes over; NULL: it is known to be what the client has. */
static void feed_answer(const struct feed_call *call, const struct feed_head *head,
			struct feed_bytes *bytes)
{
	const struct feed_said *said;
	bool same = not_modified(call, head, &said) || !bytes;
	bool gzip = said == &head->gzip;
	const struct buf *body = !bytes ? NULL : gzip ? &bytes->gzip : &bytes->bytes;
	struct http_response response = {
		.status = same ? 304 : 200,
		.fields = said->fields + (same ? said->unchanged_at : 0),
		.body = body ? body->v : NULL,
		.body_n = body ? body->n : 0,
		.file = bytes && !gzip ? bytes->file : 0,
		.head_only = same || call->method == HTTP_M_HEAD,
		.release = unref_bytes,
		.release_ctx = bytes,
	};
	*(same ? &call->server->feeds_unchanged : &call->server->feeds_sent) += 1;
	feed_follow(call, head, bytes, &response);
	log_feed(call, response.status, response.head_only ? 0 : response.body_n);
	http_answer(call->server->http, call->id, &response);
}

/* ---- ... that has to be made first ---- */

struct feed_wait {
	struct feed_call call;
	char *tags, *since; /* owned */
};

static void feed_wait_free(struct feed_wait *wait)
{
	xfree(wait->tags);
	xfree(wait->since);
	xfree(wait);
}

static void feed_made(void *ctx, struct feed_bytes *bytes)
{
	struct feed_wait *wait = ctx;
	struct http_request request = {.id = wait->call.id, .method = wait->call.method};
	struct reply r = {.server = wait->call.server, .request = &request};
	if (!r.server->http) /* stopping: nobody is there any more */
		feed_bytes_unref(bytes);
	else if (bytes)
		feed_answer(&wait->call, &bytes->head, bytes);
	else
		reply_plain(&r, 503, "tandemd is stopping");
	buf_fini(&r.fields);
	feed_wait_free(wait);
}

static void feed_make(struct reply *r, const struct feed_call *call, const struct body_part *body,
		      const struct feed_variant *variant)
{
	struct feed_wait *wait = xcalloc(1, sizeof *wait);
	wait->call = *call;
	wait->call.tags = wait->tags = call->tags ? xstrdup(call->tags) : NULL;
	wait->call.since = wait->since = call->since ? xstrdup(call->since) : NULL;
	if (feeds_make(r->server->feeds, body, variant, feed_made, wait))
		return;
	feed_wait_free(wait);
	/* old is better than an error: clients drop what they have, or tell their owner, on those */
	struct feed_bytes *last = feeds_last(r->server->feeds, body, variant);
	if (last) {
		feed_answer(call, &last->head, last);
		return;
	}
	buf_adds(&r->fields, "Retry-After: 5\r\n");
	reply_plain(r, 503, "too much to do at once; try again");
}

/* TOKEN.ics, or TOKEN.ifb: the same time as one VFREEBUSY */
static void route_feed(struct reply *r)
{
	size_t n = strlen(r->rest);
	if (reply_not_ready(r))
		return;
	bool freebusy = n > 4 && strcmp(r->rest + n - 4, ".ifb") == 0;
	if (n < 4 || (!freebusy && strcmp(r->rest + n - 4, ".ics") != 0)) {
		reply_not_found(r);
		return;
	}
	int i = open_link(r, r->rest, n - 4, 1U << LINK_FEED | 1U << LINK_BUSY);
	if (i < 0)
		return;
	const struct publication *p = r->server->world->now;
	const struct link *link = &p->links->links.v[i];
	const struct body_part *body = publication_body(p, link->owner);
	if (!body) {
		reply_not_found(r);
		return;
	}
	note_use(r, i);
	struct feed_variant variant = feed_variant_of(link, freebusy);
	struct feed_call call = {
		.server = r->server,
		.id = r->request->id,
		.method = r->request->method,
		.tags = http_field(r->request, "if-none-match"),
		.since = http_field(r->request, "if-modified-since"),
		.form = variant.form,
		.link = *link,
	};
	const char *codings = http_field(r->request, "accept-encoding");
	const char *agent = http_field(r->request, "user-agent");
	call.gzip = codings && accepts_gzip(codings) && agent_takes_gzip(agent);
	call.agent = log_wanted(LOG_DEBUG) ? agent_family(agent) : NULL;
	struct feed_bytes *bytes = feeds_get(r->server->feeds, body, &variant);
	const struct feed_head *head =
		bytes ? &bytes->head : feeds_head(r->server->feeds, body, &variant);
	const struct feed_said *said;
	if (head && (bytes || not_modified(&call, head, &said)))
		feed_answer(&call, head, bytes);
	else
		feed_make(r, &call, body, &variant);
}

/* ---- pages ---- */

static enum language language_of(const struct reply *r, enum language fallback)
{
	const char *accept = http_field(r->request, "accept-language");
	if (!accept)
		return fallback;
	const char *nl = strstr(accept, "nl"), *en = strstr(accept, "en");
	if (nl && (!en || nl < en))
		return LANG_NL;
	return en ? LANG_EN : fallback;
}

/* A page that is computed: on a solver thread, for the figures of a large programme take longer
 * than the loop may stand still. The answer finds its connection by number. */
enum page {
	PAGE_ME,
	PAGE_LINKS,
	PAGE_REPORT,
	PAGE_REPORT_CSV,
	PAGE_REPORT_JSON,
	PAGE_SOURCES,
	PAGE_SOURCES_JSON,
	PAGE_METRICS /* what has to be counted for them */
};

struct page_job {
	struct job job;
	struct server *server;
	struct http_request request; /* only id and method hold */
	enum page page;
	struct publication *p;
	utc_t now;
	struct weights weights;
	int link;
	enum language language;
	char token[TOKEN_TEXT];
	struct health_use *uses; /* those that the page is about */
	struct page_links links;
	struct health_count feeds;
	struct links_page asked; /* PAGE_LINKS */
	struct buf body;
};

static void metrics(struct reply *r, const struct health_count *counted);

static void page_run(struct job *job)
{
	struct page_job *page = (struct page_job *)job;
	switch (page->page) {
	case PAGE_ME:
		page_member(page->p, page->now, &page->weights, &page->links, page->link,
			    page->token, page->language, &page->body);
		break;
	case PAGE_LINKS: links_page_html(page->p, &page->asked, page->language, &page->body); break;
	case PAGE_REPORT:
		page_report(page->p, page->now, page->token, page->language, &page->body);
		break;
	case PAGE_REPORT_CSV: report_bytes(page->p, page->now, true, &page->body); break;
	case PAGE_REPORT_JSON: report_bytes(page->p, page->now, false, &page->body); break;
	case PAGE_SOURCES:
		page_sources(page->p, page->now, &page->links, page->token, page->language,
			     &page->body);
		break;
	case PAGE_SOURCES_JSON: sources_bytes(page->p, page->now, &page->links, &page->body); break;
	case PAGE_METRICS:
		health_count(page->p, page->uses, page->links.n, &page->links.limits, page->now,
			     &page->feeds);
		break;
	}
}

static void page_free(struct page_job *page)
{
	health_uses_free(page->uses, page->links.n);
	publication_unref(page->p);
	xfree(page);
}

static void page_done(struct job *job, bool cancelled)
{
	struct page_job *page = (struct page_job *)job;
	struct reply r = {.server = page->server, .request = &page->request};
	bool data = page->page == PAGE_REPORT_CSV || page->page == PAGE_REPORT_JSON ||
		    page->page == PAGE_SOURCES_JSON;
	if (!page->server->http) {
		buf_fini(&page->body); /* stopping: nobody is there any more */
	} else if (cancelled) {
		reply_plain(&r, 503, "tandemd is stopping");
	} else if (page->page == PAGE_METRICS) {
		metrics(&r, &page->feeds);
	} else if (data) {
		buf_adds(&r.fields,
			 "X-Robots-Tag: noindex\r\nCache-Control: private, no-cache\r\n");
		reply_bytes(&r, 200,
			    page->page == PAGE_REPORT_CSV ? "text/csv; charset=utf-8"
							  : "application/json",
			    &page->body);
	} else {
		reply_html(&r, 200, &page->body);
	}
	buf_fini(&page->body);
	buf_fini(&r.fields);
	page_free(page);
}

/* Only what is shown of links is looked up: of her own, or of all to be counted. */
static void page_knows_links(struct page_job *page)
{
	struct server *server = page->server;
	page->links.limits = health_limits_of(&server->world->settings);
	if (page->page == PAGE_ME || page->page == PAGE_LINKS)
		page->uses = uses_of_member(server->uses, page->p->links->links.v[page->link].owner,
					    &page->links.n);
	else if (page->page >= PAGE_SOURCES)
		page->uses = uses_copy(server->uses, NULL, false, &page->links.n);
	page->links.uses = page->uses;
}

/* What a page with forms needs to know of who asks. */
static void page_asks(struct page_job *page, const struct reply *r)
{
	struct links_page *asked = &page->asked;
	asked->member = page->p->links->links.v[page->link].owner;
	asked->token = page->token;
	asked->uses = &page->links;
	asked->now = page->now;
	csrf_word(r->server->world->key, page->token, page->now, asked->word);
	links_page_query(asked, page->p, r->request->query);
}

static void page_start(struct reply *r, enum page which, int link, const char *token, size_t n,
		       enum language language)
{
	struct page_job *page = xcalloc(1, sizeof *page);
	*page = (struct page_job){
		.job = {.run = page_run, .done = page_done},
		.server = r->server,
		.request = {.id = r->request->id, .method = r->request->method},
		.page = which,
		.p = publication_ref(r->server->world->now),
		.now = clock_now(),
		.weights = r->server->world->settings.weights,
		.link = link,
		.language = language,
	};
	memcpy(page->token, token, n < TOKEN_TEXT ? n : TOKEN_TEXT - 1);
	page_knows_links(page);
	if (which == PAGE_LINKS)
		page_asks(page, r);
	if (link >= 0)
		note_use(r, link);
	if (worker_post_first(r->server->world->worker, LANE_SOLVER, &page->job))
		return;
	page_free(page);
	reply_plain(r, 503, "too much to do at once; try again");
}

static enum language language_of_member(const struct publication *p, int link)
{
	const struct person *person =
		roster_person(&p->roster->roster, p->links->links.v[link].owner);
	return person ? person->language : p->roster->roster.programme.language;
}

/* "TOKEN", "TOKEN/links" */
static void route_me(struct reply *r)
{
	size_t n = strcspn(r->rest, "/");
	bool links = strcmp(r->rest + n, "/links") == 0;
	if (reply_not_ready(r))
		return;
	if (r->rest[n] && !links) {
		reply_not_found(r);
		return;
	}
	int i = open_link(r, r->rest, n, 1U << LINK_ME);
	if (i >= 0)
		page_start(r, links ? PAGE_LINKS : PAGE_ME, i, r->rest, n,
			   language_of_member(r->server->world->now, i));
}

static void post_me(struct reply *r)
{
	size_t n = strcspn(r->rest, "/");
	if (reply_not_ready(r))
		return;
	if (strcmp(r->rest + n, "/links") != 0) {
		refuse_method(r, false);
		return;
	}
	int i = open_link(r, r->rest, n, 1U << LINK_ME);
	if (i < 0)
		return;
	note_use(r, i);
	links_post(r, (size_t)i, language_of_member(r->server->world->now, i));
}

/* "TOKEN", "TOKEN.csv", "TOKEN.json"; "TOKEN/sources", "TOKEN/sources.json": how fresh every
 * timetable is, for who may see the figures */
static void route_report(struct reply *r)
{
	static const struct {
		const char *behind;
		enum page page;
	} forms[] = {{"", PAGE_REPORT},
		     {".csv", PAGE_REPORT_CSV},
		     {".json", PAGE_REPORT_JSON},
		     {"/sources", PAGE_SOURCES},
		     {"/sources.json", PAGE_SOURCES_JSON}};
	if (reply_not_ready(r))
		return;
	size_t n = strcspn(r->rest, "./");
	for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
		if (strcmp(r->rest + n, forms[f].behind) != 0)
			continue;
		int i = open_link(r, r->rest, n, 1U << LINK_REPORT);
		if (i >= 0)
			page_start(r, forms[f].page, i, r->rest, n,
				   language_of(r, r->server->world->now->roster->roster.programme
							  .language));
		return;
	}
	reply_not_found(r);
}

static void route_session(struct reply *r)
{
	if (reply_not_ready(r))
		return;
	const struct publication *p = r->server->world->now;
	struct buf body = {0};
	page_session(language_of(r, p->roster->roster.programme.language), &body);
	reply_html(r, 200, &body);
}

static void route_asset(struct reply *r)
{
	size_t n;
	const char *name;
	const char *style = asset_style(&n, &name);
	if (strcmp(r->rest, name) != 0) {
		reply_not_found(r);
		return;
	}
	struct buf body = {0};
	buf_add(&body, style, n);
	buf_adds(&r->fields, "Cache-Control: public, max-age=31536000, immutable\r\n");
	reply_bytes(r, 200, "text/css; charset=utf-8", &body);
}

/* ---- for machines ---- */

static void route_healthz(struct reply *r)
{
	reply_plain(r, 200, "ok");
}

static void route_readyz(struct reply *r)
{
	if (!reply_not_ready(r))
		reply_plain(r, 200, "ok");
}

static void route_robots(struct reply *r)
{
	reply_plain(r, 200, "User-agent: *\nAllow: /feeds/\nDisallow: /");
}

static void feeds_metric(struct buf *body, const struct health_count *feeds)
{
	buf_adds(body, "# HELP tandemd_feed_links Links to feeds, by what is shown behind them.\n"
		       "# TYPE tandemd_feed_links gauge\n");
	for (int i = 0; i < HEALTH_STATES; i++)
		buf_addf(body, "tandemd_feed_links{state=\"%s\"} %zu\n",
			 health_state_word((enum health_state)i), feeds->n[i]);
}

/* @counted: NULL while nothing is served. */
static void metrics(struct reply *r, const struct health_count *counted)
{
	struct http_stats stats = http_stats(r->server->http);
	struct feeds_stats feeds = feeds_stats(r->server->feeds);
	struct buf body = {0};
	buf_addf(&body,
		 "# HELP tandemd_http_requests_total Requests answered.\n"
		 "# TYPE tandemd_http_requests_total counter\n"
		 "tandemd_http_requests_total %lld\n"
		 "# HELP tandemd_http_connections Open connections.\n"
		 "# TYPE tandemd_http_connections gauge\n"
		 "tandemd_http_connections %lld\n"
		 "# HELP tandemd_http_refused_total Requests refused by the gate.\n"
		 "# TYPE tandemd_http_refused_total counter\n"
		 "tandemd_http_refused_total %lld\n"
		 "# HELP tandemd_feeds_made_total Feeds rendered, since somebody asked.\n"
		 "# TYPE tandemd_feeds_made_total counter\n"
		 "tandemd_feeds_made_total %lld\n"
		 "# HELP tandemd_feeds_kept_bytes Finished feeds in memory.\n"
		 "# TYPE tandemd_feeds_kept_bytes gauge\n"
		 "tandemd_feeds_kept_bytes %lld\n"
		 "# HELP tandemd_feeds_sent_total Requests for a feed answered with 200.\n"
		 "# TYPE tandemd_feeds_sent_total counter\n"
		 "tandemd_feeds_sent_total %llu\n"
		 "# HELP tandemd_feeds_unchanged_total Requests for a feed answered with 304.\n"
		 "# TYPE tandemd_feeds_unchanged_total counter\n"
		 "tandemd_feeds_unchanged_total %llu\n",
		 (long long)stats.requests, (long long)stats.connections, (long long)stats.refused,
		 (long long)feeds.made, (long long)feeds.kept_bytes,
		 (unsigned long long)r->server->feeds_sent,
		 (unsigned long long)r->server->feeds_unchanged);
	if (counted)
		feeds_metric(&body, counted);
	buf_adds(&r->fields, "Cache-Control: no-store\r\n");
	reply_bytes(r, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static void route_metrics(struct reply *r)
{
	if (r->server->ready)
		page_start(r, PAGE_METRICS, -1, "", 0, LANG_EN);
	else
		metrics(r, NULL);
}

static void route_root(struct reply *r)
{
	reply_plain(r, 200, "tandemd: time together. Open the personal link that you were given.");
}

static const struct {
	const char *prefix;
	bool exact;
	route_fn *get;	/* and HEAD */
	route_fn *post; /* NULL: nothing is sent there */
} routes[] = {
	{"/feeds/", false, route_feed, NULL},	 {"/me/", false, route_me, post_me},
	{"/report/", false, route_report, NULL}, {"/s/", false, route_session, NULL},
	{"/assets/", false, route_asset, NULL},	 {"/healthz", true, route_healthz, NULL},
	{"/readyz", true, route_readyz, NULL},	 {"/robots.txt", true, route_robots, NULL},
	{"/metrics", true, route_metrics, NULL}, {"/", true, route_root, NULL},
};

void routes_handle(void *ctx, const struct http_request *request)
{
	struct reply r = {.server = ctx, .request = request};
	bool get = request->method == HTTP_M_GET || request->method == HTTP_M_HEAD;
	route_fn *handler = get ? reply_not_found : NULL;
	bool post = false; /* may be */
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		size_t n = strlen(routes[i].prefix);
		if (routes[i].exact ? strcmp(request->path, routes[i].prefix) == 0
				    : strncmp(request->path, routes[i].prefix, n) == 0) {
			handler = get				   ? routes[i].get
				  : request->method == HTTP_M_POST ? routes[i].post
								   : NULL;
			post = routes[i].post != NULL;
			r.rest = request->path + n;
			break;
		}
	}
	if (handler)
		handler(&r);
	else
		refuse_method(&r, post);
	buf_fini(&r.fields);
}
