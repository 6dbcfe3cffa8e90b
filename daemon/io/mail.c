/* mail.c -- see the header. curl is known only here and to fetch*.c.
 *
 *   waiting --mail thread: files, then curl, or a file of the spool--> finished --loop--> answered
 *
 * A thread, and not curl's multi interface on the loop as timetables are fetched: curl's SMTP waits
 * inside for the answer to the end of a message, and for the one to the QUIT with which it closes a
 * connection. A server that is slow to say either would stop everything. One thread and one handle
 * are enough: messages go out one after the other, over a connection that is kept. */
#include "io/mail.h"

#include "base/buf.h"
#include "io/fetch_files.h"
#include "io/mail_spool.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A message that the server has almost taken is one that need not be sent again. */
enum { PATIENCE_MS = 1000 };
enum { FILE_BYTES = 1024 * 1024, PASSWORD_BYTES = 4096, REPLY_BYTES = 160, SOCKETS = 16 };

struct delivery { /* whoever holds it owns everything in it */
	struct delivery *next;
	struct mailman *mailman;

	/* as asked */
	char *spool, *server, *user, *password_file, *ca_file, *name, *from, *to;
	enum mail_security security;
	int64_t timeout_ms;
	struct buf bytes;
	mail_done_fn *done;
	void *ctx;

	/* where it stands */
	struct curl_slist *to_list;
	struct buf password, ca;
	size_t given; /* bytes that curl has taken */
	char reply[REPLY_BYTES + 1];
	struct mail_answer answer;
};

struct queue {
	struct delivery *first, **last;
};

struct mailman {
	/* loop thread */
	uv_async_t wake;
	uv_timer_t patience; /* with what is under way when we close */
	int handles;	     /* not yet closed */
	uv_thread_t thread;
	void (*closed)(void *ctx);
	void *ctx;
	/* guarded by lock */
	uv_mutex_t lock;
	uv_cond_t work;
	struct queue waiting, finished;
	int sockets[SOCKETS]; /* of connections that are open; -1: none */
	bool in_hand, closing, cut, ended;
	/* mail thread */
	CURL *easy;
};

static void put(struct queue *queue, struct delivery *d)
{
	d->next = NULL;
	*queue->last = d;
	queue->last = &d->next;
}

static struct delivery *take(struct queue *queue)
{
	struct delivery *d = queue->first;
	if (d && !(queue->first = d->next))
		queue->last = &queue->first;
	return d;
}

static void delivery_free(struct delivery *d)
{
	char *const texts[] = {d->spool,   d->server, d->user, d->password_file,
			       d->ca_file, d->name,   d->from, d->to};
	curl_slist_free_all(d->to_list);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		xfree(texts[i]);
	if (d->password.v)
		memset(d->password.v, 0, d->password.n);
	buf_fini(&d->password);
	buf_fini(&d->ca);
	buf_fini(&d->bytes);
	xfree(d);
}

static void later(struct delivery *d, enum err_code code, const char *sentence)
{
	d->answer.outcome = MAIL_LATER;
	(void)err_set(&d->answer.err, code, "%s", sentence);
}

static void stopping(struct delivery *d)
{
	later(d, ERR_UNAVAILABLE, "tandemd is stopping");
}

/* ---- what the server said ---- */

static const struct {
	CURLcode curl;
	enum err_code code;
	const char *sentence;
} causes[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERR_IO, "the name of the mail server is not known (DNS)"},
	{CURLE_COULDNT_CONNECT, ERR_IO, "the mail server does not take the connection"},
	{CURLE_OPERATION_TIMEDOUT, ERR_IO, "the mail server took too long ([mail] timeout)"},
	{CURLE_USE_SSL_FAILED, ERR_DENIED,
	 "the mail server offers no encryption ([mail] tls = required)"},
	{CURLE_SSL_CONNECT_ERROR, ERR_IO,
	 "no secure connection to the mail server could be agreed on"},
	{CURLE_SSL_CACERT_BADFILE, ERR_CONFIG, "ca_file holds no certificate that can be read"},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_DENIED,
	 "the mail server's certificate is not accepted; that of an own authority goes into "
	 "ca_file"},
	{CURLE_LOGIN_DENIED, ERR_DENIED, "the mail server does not take user and password"},
};

/* 530 is about us, not about the message: it wants a user, or encryption. */
static bool is_refusal(const struct delivery *d, CURLcode code)
{
	bool about_message =
		code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && d->given > 0);
	return about_message && d->answer.status >= 500 && d->answer.status < 600 &&
	       d->answer.status != 530;
}

static void judge(struct delivery *d, CURLcode code)
{
	long status = 0;
	(void)curl_easy_getinfo(d->mailman->easy, CURLINFO_RESPONSE_CODE, &status);
	d->answer.status = (int)status;
	d->answer.outcome = MAIL_TAKEN;
	if (code == CURLE_OK)
		return;
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (causes[i].curl == code) {
			later(d, causes[i].code, causes[i].sentence);
			return;
		}
	bool refused = is_refusal(d, code);
	d->answer.outcome = refused ? MAIL_REFUSED : MAIL_LATER;
	if (status >= 400 && d->reply[0])
		(void)err_set(&d->answer.err, ERR_IO, "the mail server %s: %s",
			      refused ? "refuses it" : "says not now", d->reply);
	else
		(void)err_set(&d->answer.err, ERR_IO, "the mail was not handed over (%s)",
			      curl_easy_strerror(code));
}

/* ---- curl's callbacks ---- */

/* A line of the server's; the last one counts, but for its answer to curl's QUIT. */
static size_t on_reply(char *bytes, size_t size, size_t n, void *ctx)
{
	struct delivery *d = ctx;
	size_t kept = 0;
	if (size * n >= 3 && memcmp(bytes, "221", 3) == 0)
		return size * n;
	for (size_t i = 0; i < size * n && kept < REPLY_BYTES; i++) {
		unsigned char c = (unsigned char)bytes[i];
		if (c != '\r' && c != '\n')
			d->reply[kept++] = c >= ' ' && c < 0x7F ? (char)c : '?';
	}
	d->reply[kept] = '\0';
	return size * n;
}

static size_t on_want(char *out, size_t size, size_t n, void *ctx)
{
	struct delivery *d = ctx;
	size_t left = d->bytes.n - d->given, take = size * n < left ? size * n : left;
	memcpy(out, d->bytes.v + d->given, take);
	d->given += take;
	return take;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	(void)bytes;
	(void)ctx;
	return size * n;
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct mailman *m = ctx;
	(void)purpose;
	int i = 0,
	    fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	uv_mutex_lock(&m->lock);
	while (i < SOCKETS && m->sockets[i] >= 0)
		i++;
	bool ok = fd >= 0 && i < SOCKETS && !m->cut;
	if (ok)
		m->sockets[i] = fd;
	uv_mutex_unlock(&m->lock);
	if (!ok && fd >= 0)
		(void)close(fd);
	return ok ? fd : CURL_SOCKET_BAD;
}

static int on_close(void *ctx, curl_socket_t fd)
{
	struct mailman *m = ctx;
	uv_mutex_lock(&m->lock);
	for (int i = 0; i < SOCKETS; i++)
		if (m->sockets[i] == fd)
			m->sockets[i] = -1;
	uv_mutex_unlock(&m->lock);
	return close(fd);
}

/* Now and then, and at least once a second. */
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
		       curl_off_t up)
{
	struct mailman *m = ctx;
	(void)down_all, (void)down, (void)up_all, (void)up;
	uv_mutex_lock(&m->lock);
	bool cut = m->cut;
	uv_mutex_unlock(&m->lock);
	return cut;
}

/* ---- setting up ---- */

static bool set_server(struct delivery *d)
{
	static const long levels[] = {[MAIL_PLAIN] = CURLUSESSL_NONE,
				      [MAIL_TLS_IF_OFFERED] = CURLUSESSL_TRY,
				      [MAIL_TLS_ALWAYS] = CURLUSESSL_ALL};
	struct mailman *m = d->mailman;
	CURL *e = m->easy;
	long seconds = (long)((d->timeout_ms + 999) / 1000);
	return curl_easy_setopt(e, CURLOPT_URL, d->server) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK && /* no wait for DNS */
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)d->timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)d->timeout_ms) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USE_SSL, levels[d->security]) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, m) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, m) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_XFERINFODATA, m) == CURLE_OK;
}

/* Who we are, and who we trust. */
static bool set_secrets(struct delivery *d)
{
	CURL *e = d->mailman->easy;
	struct curl_blob ca = {d->ca.v, d->ca.n, CURL_BLOB_COPY};
	if (d->password.n) /* the first line of its file */
		d->password.v[strcspn(d->password.v, "\r\n")] = '\0';
	return (!d->ca.n || (curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &ca) == CURLE_OK &&
			     curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK)) &&
	       (!d->user ||
		(curl_easy_setopt(e, CURLOPT_USERNAME, d->user) == CURLE_OK &&
		 curl_easy_setopt(e, CURLOPT_PASSWORD, buf_str(&d->password)) == CURLE_OK));
}

static bool set_letter(struct delivery *d)
{
	CURL *e = d->mailman->easy;
	d->to_list = curl_slist_append(NULL, d->to);
	return d->to_list && curl_easy_setopt(e, CURLOPT_MAIL_FROM, d->from) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_MAIL_RCPT, d->to_list) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READFUNCTION, on_want) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READDATA, d) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)d->bytes.n) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_reply) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, d) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
}

/* ---- the mail thread ---- */

static bool read_files(struct delivery *d)
{
	struct err *err = &d->answer.err;
	if (d->password_file &&
	    !fetch_file_read(d->password_file, PASSWORD_BYTES, true, &d->password, err))
		return err_wrap(err, "password_file");
	return !d->ca_file || fetch_file_read(d->ca_file, FILE_BYTES, false, &d->ca, err) ||
	       err_wrap(err, "ca_file");
}

static void hand_over(struct delivery *d)
{
	struct mailman *m = d->mailman;
	d->answer.outcome = MAIL_LATER;
	if (d->spool) {
		if (mail_spool_write(d->spool, d->name, d->bytes.v, d->bytes.n, &d->answer.err))
			d->answer.outcome = MAIL_TAKEN;
		return;
	}
	if (!read_files(d))
		return;
	if (!m->easy)
		m->easy = curl_easy_init();
	if (!m->easy || !set_server(d) || !set_secrets(d) || !set_letter(d))
		later(d, ERR_BUG, "the mail could not be set up");
	else
		judge(d, curl_easy_perform(m->easy));
	if (m->easy)
		curl_easy_reset(m->easy); /* its connections stay */
}

/* Under the lock: whoever reads from these hears at once that they are at their end. */
static void shut_sockets(struct mailman *m)
{
	for (int i = 0; i < SOCKETS; i++)
		if (m->sockets[i] >= 0)
			(void)shutdown(m->sockets[i], SHUT_RDWR);
}

static void work(void *ctx)
{
	struct mailman *m = ctx;
	uv_mutex_lock(&m->lock);
	while (!m->closing) {
		struct delivery *d = take(&m->waiting);
		if (!d) {
			uv_cond_wait(&m->work, &m->lock);
			continue;
		}
		m->in_hand = true;
		uv_mutex_unlock(&m->lock);
		hand_over(d);
		uv_mutex_lock(&m->lock);
		m->in_hand = false;
		if (m->cut && d->answer.outcome == MAIL_LATER)
			stopping(d);
		put(&m->finished, d);
		(void)uv_async_send(&m->wake);
	}
	shut_sockets(m); /* the QUIT to those that were kept fails at once */
	uv_mutex_unlock(&m->lock);
	curl_easy_cleanup(m->easy);
	uv_mutex_lock(&m->lock);
	m->ended = true;
	(void)uv_async_send(&m->wake);
	uv_mutex_unlock(&m->lock);
}

/* ---- the loop ---- */

static void on_handle_closed(uv_handle_t *handle)
{
	struct mailman *m = handle->data;
	if (--m->handles > 0)
		return;
	void (*closed)(void *) = m->closed;
	void *ctx = m->ctx;
	uv_mutex_destroy(&m->lock);
	uv_cond_destroy(&m->work);
	curl_global_cleanup();
	xfree(m);
	closed(ctx);
}

static void on_wake(uv_async_t *wake)
{
	struct mailman *m = wake->data;
	struct delivery *d;
	uv_mutex_lock(&m->lock);
	while ((d = take(&m->finished)) != NULL) {
		uv_mutex_unlock(&m->lock);
		d->done(d->ctx, &d->answer);
		delivery_free(d);
		uv_mutex_lock(&m->lock);
	}
	bool ended = m->ended;
	uv_mutex_unlock(&m->lock);
	if (!ended || uv_is_closing((uv_handle_t *)wake))
		return;
	(void)uv_thread_join(&m->thread);
	uv_close((uv_handle_t *)wake, on_handle_closed);
	uv_close((uv_handle_t *)&m->patience, on_handle_closed);
}

static char *copy(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

void mailman_send(struct mailman *m, const struct mail_route *route,
		  const struct mail_letter *letter, mail_done_fn *done, void *ctx)
{
	struct delivery *d = xcalloc(1, sizeof *d);
	/* what we call ourselves is the path; an address in brackets is no name */
	bool name = route->hello && *route->hello && !strchr(route->hello, ':');
	*d = (struct delivery){
		.mailman = m,
		.spool = copy(route->spool),
		.server = route->server ? xasprintf("%s/%s", route->server,
						    name ? route->hello : "localhost")
					: NULL,
		.user = copy(route->user),
		.password_file = route->user && *route->user ? copy(route->password_file) : NULL,
		.ca_file = copy(route->ca_file),
		.security = route->security,
		.timeout_ms = route->timeout_ms,
		.name = copy(letter->name),
		.from = copy(letter->from),
		.to = copy(letter->to),
		.done = done,
		.ctx = ctx,
	};
	buf_add(&d->bytes, letter->bytes, letter->n);
	uv_mutex_lock(&m->lock);
	if (m->closing)
		stopping(d);
	put(m->closing ? &m->finished : &m->waiting, d);
	uv_cond_signal(&m->work);
	uv_mutex_unlock(&m->lock);
}

struct mailman *mailman_new(uv_loop_t *loop)
{
	struct mailman *m = xcalloc(1, sizeof *m);
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	m->waiting.last = &m->waiting.first;
	m->finished.last = &m->finished.first;
	for (int i = 0; i < SOCKETS; i++)
		m->sockets[i] = -1;
	m->wake.data = m->patience.data = m;
	m->handles = 2;
	(void)uv_timer_init(loop, &m->patience);
	if (uv_mutex_init(&m->lock) != 0 || uv_cond_init(&m->work) != 0 ||
	    uv_async_init(loop, &m->wake, on_wake) != 0 ||
	    uv_thread_create(&m->thread, work, m) != 0)
		abort();
	return m;
}

static void on_patience(uv_timer_t *timer)
{
	struct mailman *m = timer->data;
	uv_mutex_lock(&m->lock);
	m->cut = true;
	shut_sockets(m);
	uv_mutex_unlock(&m->lock);
}

void mailman_close(struct mailman *m, void (*closed)(void *ctx), void *ctx)
{
	struct delivery *d;
	if (!m)
		return;
	m->closed = closed;
	m->ctx = ctx;
	uv_mutex_lock(&m->lock);
	m->closing = true;
	while ((d = take(&m->waiting)) != NULL) {
		stopping(d);
		put(&m->finished, d);
	}
	(void)uv_timer_start(&m->patience, on_patience, m->in_hand ? PATIENCE_MS : 0, 0);
	uv_cond_signal(&m->work);
	(void)uv_async_send(&m->wake);
	uv_mutex_unlock(&m->lock);
}
