/* feeds.c -- see the header.
 *
 *   shelf, by owner and variant:  which body part it was made of, head, bytes
 *        | bytes of another part are as good as none
 *        v
 *   making --(a thread)-----> made: everybody who waits is answered; onto the shelf,
 *                             unless a newer version is being made already
 *
 * What was asked for longest ago goes first when there is no room; its head stays, so that who has
 * the same bytes already need not wait for them to be made again. */
#include "serve/feeds.h"

#include "base/gzip.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/http_date.h"
#include "base/mix.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FILES_MAX = 64,
	FILE_ASKED = 32, /* times ... */
	FILE_WITHIN_MS = 60000,
	FILE_LEAST = 8 << 10,  /* less is copied as fast */
	FILE_MOST = 256 << 10, /* bytes: they are in memory twice */
};

struct waiter {
	feed_done_fn *done;
	void *ctx;
	struct waiter *next;
};

struct making {
	struct job job;
	struct feeds *feeds;
	struct publication *p; /* that it is made from; has @body */
	const struct body_part *body;
	struct feed_variant variant;
	struct feed_bytes *bytes;
	struct waiter *waiters, **last;
};

struct shelf {
	id_text owner;
	struct feed_variant variant;
	struct body_part *body; /* a reference: what the rest was made of; NULL: nothing yet */
	day_t day;		/* the publication's */
	struct feed_head head;
	struct feed_bytes *bytes; /* NULL: there was no room */
	struct making *making;	  /* the newest under way */
	struct shelf *older, *newer;
};

struct feeds {
	struct world *world;
	struct shelf **table; /* open addressing, NULL empty; nothing is ever taken out */
	size_t n, table_n;
	struct shelf *newest, *oldest; /* of those that have bytes */
	size_t n_making;
	size_t n_files;
	struct feeds_stats stats;
};

void feed_bytes_unref(struct feed_bytes *bytes)
{
	if (!bytes || --bytes->refs > 0)
		return;
	buf_fini(&bytes->bytes);
	buf_fini(&bytes->gzip);
	xfree(bytes);
}

bool feed_head_is_large(const struct feed_head *head, const struct settings *settings)
{
	return head->bytes > settings->large_bytes || head->events > settings->large_events;
}

/* ---- the table ---- */

static size_t slot(const struct feeds *feeds, const char *owner, const struct feed_variant *variant)
{
	uint64_t h = mix_number(mix_bytes(MIX_START, owner, strlen(owner)), variant->form);
	h = mix_number(h, (uint64_t)variant->alarm_min);
	h = mix_number(h, (uint64_t)variant->obligations << 32 | (uint32_t)variant->changes);
	size_t at = (size_t)(h & (feeds->table_n - 1));
	while (feeds->table[at] && (!feed_variant_equal(&feeds->table[at]->variant, variant) ||
				    strcmp(feeds->table[at]->owner, owner) != 0))
		at = (at + 1) & (feeds->table_n - 1);
	return at;
}

static void grow(struct feeds *feeds)
{
	struct shelf **old = feeds->table;
	size_t old_n = feeds->table_n;
	feeds->table_n = old_n ? 2 * old_n : 64;
	feeds->table = xcalloc(feeds->table_n, sizeof(struct shelf *));
	for (size_t i = 0; i < old_n; i++)
		if (old[i])
			feeds->table[slot(feeds, old[i]->owner, &old[i]->variant)] = old[i];
	xfree(old);
}

static struct shelf *shelf_of(struct feeds *feeds, const char *owner,
			      const struct feed_variant *variant)
{
	size_t at = slot(feeds, owner, variant);
	if (feeds->table[at])
		return feeds->table[at];
	struct shelf *shelf = xcalloc(1, sizeof *shelf);
	strncpy(shelf->owner, owner, sizeof shelf->owner - 1);
	shelf->variant = *variant;
	feeds->table[at] = shelf;
	if (++feeds->n * 2 > feeds->table_n)
		grow(feeds);
	return shelf;
}

struct feeds *feeds_new(struct world *world)
{
	struct feeds *feeds = xcalloc(1, sizeof *feeds);
	feeds->world = world;
	grow(feeds);
	return feeds;
}

struct feeds_stats feeds_stats(const struct feeds *feeds)
{
	return feeds->stats;
}

/* ---- what is kept ---- */

static void unlink_shelf(struct feeds *feeds, struct shelf *s)
{
	*(s->older ? &s->older->newer : &feeds->oldest) = s->newer;
	*(s->newer ? &s->newer->older : &feeds->newest) = s->older;
	s->older = s->newer = NULL;
}

static void link_newest(struct feeds *feeds, struct shelf *s)
{
	s->older = feeds->newest;
	s->newer = NULL;
	*(s->older ? &s->older->newer : &feeds->oldest) = s;
	feeds->newest = s;
}

static int64_t size_of(const struct feed_bytes *bytes)
{
	return (int64_t)(bytes->bytes.n + bytes->gzip.n);
}

/* A copy of 20 kB into the socket costs more than everything else that a request takes, and cools
 * the caches of who reads it; from a file the pages themselves are sent. Worth a descriptor for the
 * few that are asked for all the time, as a page that everybody subscribes to. It is memory that
 * looks like a file: nothing here waits for a disk. */
static void open_file(struct feeds *feeds, struct feed_bytes *bytes)
{
	size_t n = bytes->bytes.n;
	if (feeds->n_files == FILES_MAX || n < FILE_LEAST || n > FILE_MOST)
		return;
	int fd = memfd_create("feed", MFD_CLOEXEC);
	if (fd > 0 && write(fd, bytes->bytes.v, n) == (ssize_t)n) {
		bytes->file = fd;
		feeds->n_files++;
	} else if (fd >= 0) {
		(void)close(fd);
	}
}

static void note_asked(struct feeds *feeds, struct feed_bytes *bytes)
{
	uint64_t now = uv_now(feeds->world->loop);
	if (now - bytes->asked_from_ms > FILE_WITHIN_MS) {
		bytes->asked_from_ms = now;
		bytes->asked = 0;
	}
	if (++bytes->asked == FILE_ASKED && !bytes->file)
		open_file(feeds, bytes);
}

static void close_file(struct feeds *feeds, struct feed_bytes *bytes)
{
	if (!bytes->file)
		return;
	(void)close(bytes->file);
	bytes->file = 0;
	feeds->n_files--;
}

static void drop_bytes(struct feeds *feeds, struct shelf *s)
{
	if (!s->bytes)
		return;
	unlink_shelf(feeds, s);
	feeds->stats.kept_bytes -= size_of(s->bytes);
	close_file(feeds, s->bytes);
	feed_bytes_unref(s->bytes);
	s->bytes = NULL;
}

/* Once, when it has become too large for who reads it: Google stops at 1 MB. */
static void warn_of_size(const struct feeds *feeds, const struct shelf *s,
			 const struct feed_head *head)
{
	const struct settings *settings = &feeds->world->settings;
	char bytes[24], events[24];
	if (!feed_head_is_large(head, settings) || feed_head_is_large(&s->head, settings))
		return;
	(void)snprintf(bytes, sizeof bytes, "%lld", (long long)head->bytes);
	(void)snprintf(events, sizeof events, "%lld", (long long)head->events);
	log_event(LOG_WARN, "feed_large", "owner,bytes,events", s->owner, bytes, events);
}

static void put_bytes(struct feeds *feeds, struct shelf *s, const struct making *m)
{
	int64_t limit = feeds->world->settings.feed_bytes;
	drop_bytes(feeds, s);
	body_part_unref(s->body);
	s->body = body_part_ref((struct body_part *)m->body);
	s->day = m->p->today;
	warn_of_size(feeds, s, &m->bytes->head);
	s->head = m->bytes->head;
	if (size_of(m->bytes) > limit)
		return;
	s->bytes = m->bytes;
	s->bytes->refs++;
	feeds->stats.kept_bytes += size_of(s->bytes);
	link_newest(feeds, s);
	while (feeds->stats.kept_bytes > limit)
		drop_bytes(feeds, feeds->oldest);
}

void feeds_free(struct feeds *feeds)
{
	for (size_t i = 0; feeds && i < feeds->table_n; i++) {
		struct shelf *s = feeds->table[i];
		if (!s)
			continue;
		drop_bytes(feeds, s);
		body_part_unref(s->body);
		xfree(s);
	}
	if (feeds)
		xfree(feeds->table);
	xfree(feeds);
}

/* A VFREEBUSY says which days it speaks of; the others only what stands in them. */
static bool is_current(const struct feeds *feeds, const struct shelf *s,
		       const struct body_part *body)
{
	return s && s->body == body &&
	       (s->variant.form != FEED_FREEBUSY || s->day == feeds->world->now->today);
}

struct feed_bytes *feeds_get(struct feeds *feeds, const struct body_part *body,
			     const struct feed_variant *variant)
{
	struct shelf *s = feeds->table[slot(feeds, body->owner, variant)];
	if (!is_current(feeds, s, body) || !s->bytes)
		return NULL;
	if (s != feeds->newest) {
		unlink_shelf(feeds, s);
		link_newest(feeds, s);
	}
	s->bytes->refs++;
	note_asked(feeds, s->bytes);
	return s->bytes;
}

const struct feed_head *feeds_head(const struct feeds *feeds, const struct body_part *body,
				   const struct feed_variant *variant)
{
	const struct shelf *s = feeds->table[slot(feeds, body->owner, variant)];
	return is_current(feeds, s, body) ? &s->head : NULL;
}

struct feed_bytes *feeds_last(const struct feeds *feeds, const struct body_part *body,
			      const struct feed_variant *variant)
{
	const struct shelf *s = feeds->table[slot(feeds, body->owner, variant)];
	struct feed_bytes *bytes = s ? s->bytes : NULL;
	if (bytes)
		bytes->refs++;
	return bytes;
}

const struct feed_head *feeds_newest_head(const struct feeds *feeds, const char *owner,
					  const struct feed_variant *variant)
{
	const struct shelf *s = feeds->table[slot(feeds, owner, variant)];
	return s && s->body ? &s->head : NULL;
}

/* ---- making them ---- */

static int64_t count(const struct buf *bytes, const char *line)
{
	int64_t n = 0;
	for (const char *p = buf_str(bytes); (p = strstr(p, line)) != NULL; p++)
		n++;
	return n;
}

static void make_said(const char *hash, bool gzip, const char *modified, struct feed_said *said)
{
	(void)snprintf(said->etag, sizeof said->etag, "%s%s", hash, gzip ? "-gz" : "");
	said->unchanged_at = (uint16_t)snprintf(said->fields, sizeof said->fields,
						"Content-Type: text/calendar; charset=utf-8\r\n"
						"X-Content-Type-Options: nosniff\r\n%s",
						gzip ? "Content-Encoding: gzip\r\n" : "");
	(void)snprintf(said->fields + said->unchanged_at, sizeof said->fields - said->unchanged_at,
		       "Last-Modified: %s\r\n"
		       "Cache-Control: private, max-age=900\r\n"
		       "Vary: Accept-Encoding, User-Agent\r\n"
		       "ETag: \"%s\"\r\n",
		       modified, said->etag);
}

static void make_head(const struct buf *bytes, utc_t last_modified, struct feed_head *head)
{
	char hash[HASH_TEXT], modified[HTTP_DATE_TEXT];
	hash_text(bytes->v, bytes->n, hash);
	http_date_text(last_modified, modified);
	head->last_modified = last_modified;
	make_said(hash, false, modified, &head->plain);
	make_said(hash, true, modified, &head->gzip);
}

static void make_run(struct job *job)
{
	struct making *m = (struct making *)job;
	m->bytes = xcalloc(1, sizeof *m->bytes);
	m->bytes->refs = 1;
	feed_render(m->p, m->body, &m->variant, &m->bytes->bytes);
	make_head(&m->bytes->bytes, feed_last_modified(m->body, &m->variant), &m->bytes->head);
	m->bytes->head.mark = (struct feed_mark){m->body->last_modified, m->body->mark};
	m->bytes->head.bytes = (int64_t)m->bytes->bytes.n;
	m->bytes->head.events = count(&m->bytes->bytes, "\r\nBEGIN:VEVENT\r\n");
	gzip_bytes(m->bytes->bytes.v, m->bytes->bytes.n, &m->bytes->gzip);
}

static void make_done(struct job *job, bool cancelled)
{
	struct making *m = (struct making *)job;
	struct shelf *s = shelf_of(m->feeds, m->body->owner, &m->variant);
	bool newest = s->making == m;
	if (newest)
		s->making = NULL;
	if (newest && !cancelled)
		put_bytes(m->feeds, s, m);
	m->feeds->stats.made += !cancelled;
	m->feeds->n_making--;
	struct feed_bytes *given = m->bytes ? m->bytes : s->bytes;
	while (m->waiters) {
		struct waiter *w = m->waiters;
		m->waiters = w->next;
		if (given)
			given->refs++;
		w->done(w->ctx, given);
		xfree(w);
	}
	feed_bytes_unref(m->bytes);
	publication_unref(m->p);
	xfree(m);
}

static struct making *make_start(struct feeds *feeds, const struct body_part *body,
				 const struct feed_variant *variant)
{
	if (feeds->n_making >= (size_t)feeds->world->settings.feed_queue)
		return NULL;
	struct making *m = xcalloc(1, sizeof *m);
	*m = (struct making){
		.job = {.run = make_run, .done = make_done},
		.feeds = feeds,
		.p = publication_ref(feeds->world->now),
		.body = body,
		.variant = *variant,
		.last = &m->waiters,
	};
	/* a large one is not in the way of small ones, nor behind what nobody waits for */
	enum lane lane = feed_is_large(m->p, body->owner) ? LANE_SOLVER : LANE_RENDER;
	feeds->n_making++;
	if (worker_post_first(feeds->world->worker, lane, &m->job))
		return m;
	feeds->n_making--;
	publication_unref(m->p);
	xfree(m);
	return NULL;
}

static bool makes_current(const struct feeds *feeds, const struct making *m,
			  const struct body_part *body)
{
	return m && m->body == body &&
	       (m->variant.form != FEED_FREEBUSY || m->p->today == feeds->world->now->today);
}

bool feeds_make(struct feeds *feeds, const struct body_part *body,
		const struct feed_variant *variant, feed_done_fn *done, void *ctx)
{
	struct shelf *s = shelf_of(feeds, body->owner, variant);
	struct making *m = s->making;
	if (!makes_current(feeds, m, body))
		m = make_start(feeds, body, variant);
	if (!m)
		return false;
	s->making = m;
	struct waiter *w = xcalloc(1, sizeof *w);
	*w = (struct waiter){done, ctx, NULL};
	*m->last = w;
	m->last = &w->next;
	return true;
}
