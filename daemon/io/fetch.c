/* fetch.c -- see the header. curl is known only to fetch*.c.
 *
 * Redirects are not left to curl: each is a new turn in the queue, after its
 * scheme, its number and who may see the password were looked at. Nothing is delivered from within
 * curl or from within a caller: a timer does that, so that a caller's done() may start the next. */
#include "io/fetch.h"

#include "base/clock.h"
#include "base/hash.h"
#include "io/fetch_files.h"
#include "io/fetch_guard.h"
#include "io/fetch_multi.h"
#include "io/fetch_url.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB	      (1024LL * 1024)
#define HEAD_MAX      (256 * 1024) /* all headers of an answer */
#define DISCARDED_MAX (64 * 1024)  /* body of an answer that is not read, to keep its connection */
#define CA_MAX	      (1024 * 1024)

const struct fetch_limits fetch_limits_default = {
	.body_bytes = 16 * MIB,
	.timeout_ms = 20000,
	.connect_ms = 5000,
	.redirects = 5,
	.per_host = 2,
	.at_once = 32,
};

struct host {
	char *name;
	uint64_t hash;
	size_t active, users;
	struct host *next;
};

enum state {
	READING, /* its files; libuv's pool has it */
	WAITING, /* for its turn */
	RUNNING, /* curl has it */
};

struct transfer {
	struct fetcher *fetcher;
	struct transfer *prev, *next; /* in fetcher.all, then (next) in fetcher.finished */
	enum state state;
	uv_work_t work;

	/* as asked */
	char *user_agent, *auth_file, *ca_file;
	bool allow_private, conditional;
	struct fetch_limits limits;
	fetch_done_fn *done;
	void *ctx;

	/* where it stands */
	char *url; /* of this hop, without user and password */
	char *user, *password;
	struct buf ca;
	char *home_host, *home_port; /* who may see the password */
	bool https, at_home;
	struct host *host;
	int64_t redirects, left_ms;
	uint64_t started_ms;

	/* this hop */
	CURL *easy;
	struct curl_slist *headers;
	size_t head_bytes, discarded;
	bool refused, too_large, head_too_large, enough;

	struct fetch_answer answer;
};

struct fetcher {
	uv_loop_t *loop;
	struct multi *multi; /* NULL: closed */
	uv_timer_t turn;     /* runs out at once: something waits or has finished */
	struct transfer *all, *last;
	struct transfer *finished, **finished_end;
	struct host *hosts;
	size_t running;
	bool closing;
	void (*closed)(void *ctx);
	void *ctx;
};

static void on_turn(uv_timer_t *timer);

static void take_turn(struct fetcher *f)
{
	if (!uv_is_closing((uv_handle_t *)&f->turn))
		(void)uv_timer_start(&f->turn, on_turn, 0, 0);
}

/* ---- lists -------------------------------------------------------------------------------- */

static void link_in(struct fetcher *f, struct transfer *t, bool front)
{
	t->prev = front ? NULL : f->last;
	t->next = front ? f->all : NULL;
	*(t->prev ? &t->prev->next : &f->all) = t;
	*(t->next ? &t->next->prev : &f->last) = t;
}

static void link_out(struct fetcher *f, struct transfer *t)
{
	*(t->prev ? &t->prev->next : &f->all) = t->next;
	*(t->next ? &t->next->prev : &f->last) = t->prev;
	t->prev = t->next = NULL;
}

static struct host *host_hold(struct fetcher *f, const char *name)
{
	uint64_t hash = hash_u64(name, strlen(name));
	for (struct host *h = f->hosts; h; h = h->next)
		if (h->hash == hash && strcmp(h->name, name) == 0) {
			h->users++;
			return h;
		}
	struct host *h = xcalloc(1, sizeof *h);
	*h = (struct host){xstrdup(name), hash, 0, 1, f->hosts};
	f->hosts = h;
	return h;
}

static void host_drop(struct fetcher *f, struct host *host)
{
	if (!host || --host->users > 0)
		return;
	struct host **at = &f->hosts;
	while (*at != host)
		at = &(*at)->next;
	*at = host->next;
	xfree(host->name);
	xfree(host);
}

/* ---- the end of one ----------------------------------------------------------------------- */

void fetch_answer_fini(struct fetch_answer *answer)
{
	buf_fini(&answer->body);
	*answer = (struct fetch_answer){0};
}

static void transfer_free(struct transfer *t)
{
	if (t->easy)
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	char *const texts[] = {t->user_agent, t->auth_file, t->ca_file,	  t->url,
			       t->user,	      t->password,  t->home_host, t->home_port};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		xfree(texts[i]);
	buf_fini(&t->ca);
	fetch_answer_fini(&t->answer);
	xfree(t);
}

/* Takes it away from curl; a hop that is over does not count for its host any more. */
static void stop_running(struct transfer *t)
{
	if (t->state != RUNNING)
		return;
	multi_remove(t->fetcher->multi, t->easy);
	t->left_ms -= (int64_t)(clock_mono_ms() - t->started_ms);
	t->state = WAITING;
	t->host->active--;
	t->fetcher->running--;
}

static void finish(struct transfer *t, enum fetch_outcome outcome)
{
	struct fetcher *f = t->fetcher;
	stop_running(t);
	host_drop(f, t->host);
	t->host = NULL;
	link_out(f, t);
	*f->finished_end = t;
	f->finished_end = &t->next;
	t->answer.outcome = outcome;
	if (outcome != FETCH_BODY)
		buf_fini(&t->answer.body);
	take_turn(f);
}

static void fail(struct transfer *t, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct transfer *t, enum err_code code, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	(void)err_set(&t->answer.err, code, "%s", buf_str(&text));
	buf_fini(&text);
	finish(t, FETCH_FAILED);
}

static void stopped(struct transfer *t)
{
	fail(t, ERR_UNAVAILABLE, "the fetch was given up: tandemd is stopping");
}

static void deliver(struct fetcher *f)
{
	while (f->finished) {
		struct transfer *t = f->finished;
		f->finished = t->next;
		if (!f->finished)
			f->finished_end = &f->finished;
		t->done(t->ctx, &t->answer);
		transfer_free(t);
	}
}

/* ---- addresses ---------------------------------------------------------------------------- */

/* The password goes to who it was meant for: the same host at the same port, or the same host
 * after the usual step from http to https. */
static bool is_home(const struct transfer *t, const struct fetch_url *url)
{
	bool upgraded = strcmp(t->home_port, "80") == 0 && strcmp(url->port, "443") == 0;
	return strcmp(t->home_host, url->host) == 0 &&
	       (upgraded || strcmp(t->home_port, url->port) == 0);
}

static void set_hop(struct transfer *t, const struct fetch_url *url)
{
	host_drop(t->fetcher, t->host);
	t->host = host_hold(t->fetcher, url->host);
	xfree(t->url);
	t->url = xstrdup(url->rest);
	t->https = strcmp(url->scheme, "https") == 0;
	if (!t->home_host) {
		t->home_host = xstrdup(url->host);
		t->home_port = xstrdup(url->port);
		if (url->user && *url->user) {
			t->user = xstrdup(url->user);
			t->password = xstrdup(url->password ? url->password : "");
		}
	}
	t->at_home = is_home(t, url);
}

static bool first_hop(struct transfer *t, const char *text, struct err *err)
{
	struct fetch_url url = {0};
	bool ok = fetch_url_read(text, &url);
	if (!ok)
		(void)err_set(err, ERR_PARSE, "the address cannot be read");
	else if (!fetch_url_is_web(&url))
		ok = err_set(err, ERR_PARSE,
			     "only http, https, webcal and webcals are fetched; a file is named by "
			     "its path");
	else
		set_hop(t, &url);
	fetch_url_fini(&url);
	return ok;
}

static void follow(struct transfer *t, long status)
{
	struct fetch_url url = {0};
	char *to = NULL;
	(void)curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to);
	if (!to || !fetch_url_read(to, &url))
		fail(t, ERR_IO, "the server redirects (%ld) to nowhere", status);
	else if (++t->redirects > t->limits.redirects)
		fail(t, ERR_LIMIT, "more than %lld redirects ([import] fetch_redirects)",
		     (long long)t->limits.redirects);
	else if (!fetch_url_is_web(&url))
		fail(t, ERR_DENIED,
		     "the server redirects to something else than http and https, which is not "
		     "followed");
	else if (t->https && strcmp(url.scheme, "https") != 0)
		fail(t, ERR_DENIED,
		     "the server redirects from https to http, which is not followed");
	else {
		stop_running(t);
		set_hop(t, &url);
		buf_clear(&t->answer.body);
		link_out(t->fetcher, t);
		link_in(t->fetcher, t, true);
		take_turn(t->fetcher);
	}
	fetch_url_fini(&url);
}

/* ---- answers ------------------------------------------------------------------------------ */

static const struct {
	long status;
	enum err_code code;
	const char *sentence;
} statuses[] = {
	{401, ERR_DENIED, "the server wants another user and password (401): see auth_file"},
	{403, ERR_DENIED, "the server refuses this address (403): is the link still shared?"},
	{404, ERR_NOTFOUND, "there is nothing at this address (404): is the link still right?"},
	{407, ERR_DENIED, "a proxy stands in the way (407)"},
	{410, ERR_NOTFOUND, "what was at this address has gone for good (410): ask for a new link"},
	{429, ERR_IO, "the server was asked too often (429)"},
	{500, ERR_IO, "the server has a fault (500)"},
	{503, ERR_IO, "the server is out of service (503)"},
};

static void fail_by_status(struct transfer *t, long status)
{
	curl_off_t wait = 0;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait);
	t->answer.retry_after_s = wait > 0 ? wait : 0;
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].status == status) {
			fail(t, statuses[i].code, "%s", statuses[i].sentence);
			return;
		}
	fail(t, ERR_IO, "the server answers with status %ld instead of a timetable", status);
}

static const struct {
	CURLcode curl;
	enum err_code code;
	const char *sentence;
} causes[] = {
	{CURLE_URL_MALFORMAT, ERR_PARSE, "the address cannot be read"},
	{CURLE_COULDNT_RESOLVE_HOST, ERR_IO, "the name of the host is not known (DNS)"},
	{CURLE_COULDNT_CONNECT, ERR_IO, "the server does not take the connection"},
	{CURLE_GOT_NOTHING, ERR_IO, "the server closed the connection without an answer"},
	{CURLE_PARTIAL_FILE, ERR_IO, "the answer was cut off"},
	{CURLE_RECV_ERROR, ERR_IO, "the answer was cut off"},
	{CURLE_SEND_ERROR, ERR_IO, "the connection broke off"},
	{CURLE_BAD_CONTENT_ENCODING, ERR_PARSE, "the answer's compression is damaged"},
	{CURLE_WEIRD_SERVER_REPLY, ERR_PARSE, "the answer is not HTTP"},
	{CURLE_UNSUPPORTED_PROTOCOL, ERR_PARSE, "the answer is not HTTP"},
	{CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, NULL}, /* by its own words, before it was read */
	{CURLE_SSL_CONNECT_ERROR, ERR_IO, "no secure connection could be agreed on"},
	{CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, "ca_file holds no certificate that can be read"},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED,
	 "the server's certificate is not accepted; that of an own authority goes into ca_file"},
};

static void fail_too_large(struct transfer *t)
{
	fail(t, ERR_LIMIT, "larger than the limit of a body, %lld bytes ([import] body)",
	     (long long)t->limits.body_bytes);
}

static void fail_in_time(struct transfer *t)
{
	curl_off_t name = 0, ready = 0;
	(void)curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &name);
	(void)curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
	bool connecting = ready == 0 && t->limits.connect_ms < t->limits.timeout_ms;
	if (connecting)
		fail(t, ERR_IO, "%s within %lld s ([import] fetch_connect)",
		     name ? "no connection" : "the name of the host was not found out (DNS)",
		     (long long)(t->limits.connect_ms / 1000));
	else
		fail(t, ERR_IO, "not finished within %lld s ([import] fetch_timeout)",
		     (long long)(t->limits.timeout_ms / 1000));
}

static void fail_by_cause(struct transfer *t, CURLcode code)
{
	if (code == CURLE_OPERATION_TIMEDOUT) {
		fail_in_time(t);
		return;
	}
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].curl == code && !causes[i].sentence) {
			fail_too_large(t);
			return;
		} else if (causes[i].curl == code) {
			fail(t, causes[i].code, "%s", causes[i].sentence);
			return;
		}
	fail(t, ERR_IO, "the fetch failed (%s)", curl_easy_strerror(code));
}

/* A value that may stand in a header line of ours: else it is left out. */
static bool is_sendable(const char *value, size_t max)
{
	size_t n = strlen(value);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return false;
	return n > 0 && n <= max;
}

static void take_header(struct transfer *t, const char *name, char *out, size_t max)
{
	struct curl_header *header;
	out[0] = '\0';
	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
	    is_sendable(header->value, max))
		memcpy(out, header->value, strlen(header->value) + 1);
}

static void by_status(struct transfer *t, long status)
{
	static const long redirects[] = {301, 302, 303, 307, 308};
	for (size_t i = 0; i < sizeof redirects / sizeof *redirects; i++)
		if (status == redirects[i]) {
			follow(t, status);
			return;
		}
	if (status == 304 && t->conditional) {
		finish(t, FETCH_UNCHANGED);
	} else if (status != 200 && status != 203) {
		fail_by_status(t, status);
	} else if (t->answer.body.n == 0) {
		fail(t, ERR_PARSE, "the server's answer is empty");
	} else {
		take_header(t, "ETag", t->answer.etag, FETCH_ETAG_MAX);
		take_header(t, "Last-Modified", t->answer.last_modified, FETCH_DATE_MAX);
		finish(t, FETCH_BODY);
	}
}

/* curl is done with a hop. */
static void ended(struct transfer *t, CURLcode code)
{
	long status = 0;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (t->too_large)
		fail_too_large(t);
	else if (t->head_too_large)
		fail(t, ERR_LIMIT, "more than %d KiB of headers", HEAD_MAX / 1024);
	else if (t->refused && code != CURLE_OK)
		fail(t, ERR_DENIED,
		     "the server's address is not a public one, and such are only asked with "
		     "allow_private = yes");
	else if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t->enough))
		by_status(t, status);
	else
		fail_by_cause(t, code);
}

/* ---- curl's callbacks --------------------------------------------------------------------- */

static size_t on_head(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	(void)bytes;
	t->head_bytes += size * n;
	t->head_too_large = t->head_too_large || t->head_bytes > HEAD_MAX;
	return t->head_too_large ? 0 : size * n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	long status = 0;
	n *= size;
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200 && status != 203) {
		t->discarded += n;
		t->enough = t->discarded > DISCARDED_MAX;
		return t->enough ? 0 : n;
	}
	if ((int64_t)n > t->limits.body_bytes - (int64_t)t->answer.body.n) {
		t->too_large = true;
		return 0;
	}
	buf_add(&t->answer.body, bytes, n);
	return n;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = ctx;
	(void)purpose;
	if (!t->allow_private && !fetch_address_is_public(&address->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Before every request, also on a connection that another source opened. */
static int on_request(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *t = ctx;
	(void)local;
	(void)remote_port;
	(void)local_port;
	if (t->allow_private || fetch_ip_is_public(remote))
		return CURL_PREREQFUNC_OK;
	t->refused = true;
	return CURL_PREREQFUNC_ABORT;
}

/* ---- one hop ------------------------------------------------------------------------------ */

static bool set_guards(struct transfer *t)
{
	CURL *e = t->easy;
	return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROXY, "*") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PREREQDATA, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->limits.body_bytes) ==
		       CURLE_OK &&
	       /* a name that nobody answers for must not hold the loop when time is up */
	       curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK;
}

/* The bundle of the system is read once a day (50 ms) and kept, as long as no folder of
 * certificates is named beside it. */
static bool set_authority(struct transfer *t)
{
	struct curl_blob blob = {t->ca.v, t->ca.n, CURL_BLOB_NOCOPY};
	return curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       (t->ca.n == 0 || curl_easy_setopt(t->easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK);
}

/* What differs from hop to hop. */
static bool set_request(struct transfer *t)
{
	CURL *e = t->easy;
	bool known = t->at_home && t->user;
	long left = t->left_ms > 1 ? (long)t->left_ms : 1;
	long connect = t->limits.connect_ms < left ? (long)t->limits.connect_ms : left;
	return curl_easy_setopt(e, CURLOPT_URL, t->url) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, t->user_agent) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERNAME, known ? t->user : NULL) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PASSWORD, known ? t->password : NULL) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, connect) == CURLE_OK;
}

static void run(struct transfer *t)
{
	struct fetcher *f = t->fetcher;
	if (t->left_ms <= 0) {
		fail(t, ERR_IO, "not finished within %lld s ([import] fetch_timeout)",
		     (long long)(t->limits.timeout_ms / 1000));
		return;
	}
	bool fresh = !t->easy;
	if (fresh)
		t->easy = curl_easy_init();
	t->head_bytes = t->discarded = 0;
	t->refused = t->enough = false;
	if (!t->easy || (fresh && (!set_guards(t) || !set_authority(t))) || !set_request(t) ||
	    !multi_add(f->multi, t->easy)) {
		fail(t, ERR_BUG, "the fetch could not be set up");
		return;
	}
	t->started_ms = clock_mono_ms();
	t->state = RUNNING;
	t->host->active++;
	f->running++;
}

/* Starts what may run, oldest first. */
static void start_waiting(struct fetcher *f)
{
	struct transfer *next;
	for (struct transfer *t = f->all; t; t = next) {
		next = t->next;
		if (t->state != WAITING)
			continue;
		if (f->running >= (size_t)t->limits.at_once)
			break;
		if (t->answer.err.code != ERR_NONE) /* a file, or the address, was no good */
			finish(t, FETCH_FAILED);
		else if (t->host->active < (size_t)t->limits.per_host)
			run(t);
	}
}

/* ---- the loop ----------------------------------------------------------------------------- */

static void on_ended(CURL *easy, CURLcode code)
{
	char *transfer = NULL;
	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
	ended((struct transfer *)transfer, code);
}

static void on_turn_closed(uv_handle_t *handle)
{
	struct fetcher *f = handle->data;
	f->closed(f->ctx);
	xfree(f);
}

static void on_multi_closed(void *ctx)
{
	struct fetcher *f = ctx;
	uv_close((uv_handle_t *)&f->turn, on_turn_closed);
}

static void on_turn(uv_timer_t *timer)
{
	struct fetcher *f = timer->data;
	deliver(f);
	if (!f->closing) {
		start_waiting(f);
	} else if (!f->all && !f->finished && f->multi) {
		multi_close(f->multi, on_multi_closed, f);
		f->multi = NULL;
	}
}

/* ---- the outside -------------------------------------------------------------------------- */

static void read_files(uv_work_t *work)
{
	struct transfer *t = work->data;
	struct err *err = &t->answer.err;
	if (t->auth_file && !fetch_password_read(t->auth_file, &t->user, &t->password, err))
		(void)err_wrap(err, "auth_file");
	else if (t->ca_file && !fetch_file_read(t->ca_file, CA_MAX, false, &t->ca, err))
		(void)err_wrap(err, "ca_file");
}

static void files_read(uv_work_t *work, int status)
{
	struct transfer *t = work->data;
	(void)status;
	t->state = WAITING;
	if (t->fetcher->closing)
		stopped(t);
	else
		take_turn(t->fetcher);
}

static void add_header(struct transfer *t, const char *name, const char *value, size_t max)
{
	if (!value || !is_sendable(value, max))
		return;
	char *line = xasprintf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
	t->conditional = true;
	xfree(line);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void fetcher_start(struct fetcher *f, const struct fetch_request *request,
		   const struct fetch_limits *limits, fetch_done_fn *done, void *ctx)
{
	struct transfer *t = xcalloc(1, sizeof *t);
	*t = (struct transfer){
		.fetcher = f,
		.state = WAITING,
		.work.data = t,
		.user_agent = copy(request->user_agent),
		.auth_file = copy(request->auth_file),
		.ca_file = copy(request->ca_file),
		.allow_private = request->allow_private,
		.limits = *limits,
		.done = done,
		.ctx = ctx,
		.left_ms = limits->timeout_ms,
	};
	t->headers = curl_slist_append(NULL, "Accept: text/calendar, */*;q=0.5");
	add_header(t, "If-None-Match", request->etag, FETCH_ETAG_MAX);
	add_header(t, "If-Modified-Since", request->last_modified, FETCH_DATE_MAX);
	link_in(f, t, false);
	bool ok = first_hop(t, request->url, &t->answer.err);
	if (f->closing)
		stopped(t);
	else if (ok && (t->auth_file || t->ca_file) &&
		 uv_queue_work(f->loop, &t->work, read_files, files_read) == 0)
		t->state = READING;
	take_turn(f);
}

struct fetcher *fetcher_new(uv_loop_t *loop)
{
	struct fetcher *f = xcalloc(1, sizeof *f);
	f->loop = loop;
	f->finished_end = &f->finished;
	f->multi = multi_new(loop, on_ended);
	f->turn.data = f;
	(void)uv_timer_init(loop, &f->turn);
	return f;
}

void fetcher_close(struct fetcher *f, void (*closed)(void *ctx), void *ctx)
{
	struct transfer *next;
	if (!f)
		return;
	f->closing = true;
	f->closed = closed;
	f->ctx = ctx;
	for (struct transfer *t = f->all; t; t = next) {
		next = t->next;
		if (t->state == READING)
			(void)uv_cancel((uv_req_t *)&t->work); /* files_read comes in any case */
		else
			stopped(t);
	}
	take_turn(f);
}

/* ---- waited for --------------------------------------------------------------------------- */

struct once {
	struct fetcher *fetcher;
	struct fetch_answer *answer;
};

static void once_closed(void *ctx)
{
	(void)ctx;
}

static void once_done(void *ctx, struct fetch_answer *answer)
{
	struct once *once = ctx;
	*once->answer = *answer;
	*answer = (struct fetch_answer){0};
	fetcher_close(once->fetcher, once_closed, NULL);
}

void fetch_once(const struct fetch_request *request, const struct fetch_limits *limits,
		struct fetch_answer *answer)
{
	uv_loop_t loop;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	(void)sigaction(SIGPIPE, &ignore, &before);
	(void)uv_loop_init(&loop);
	struct once once = {fetcher_new(&loop), answer};
	fetcher_start(once.fetcher, request, limits, once_done, &once);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	(void)sigaction(SIGPIPE, &before, NULL);
}
