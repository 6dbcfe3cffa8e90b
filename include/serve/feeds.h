/* serve/feeds.h -- the bytes of feeds: made on a thread of their own when first asked for, kept
 * while there is room for them, and made anew when the feed says something else. Who asks for the
 * same feed meanwhile waits for the same bytes. Loop thread. */
#ifndef SERVE_FEEDS_H
#define SERVE_FEEDS_H

#include "work/feed.h"
#include "work/world.h"

/* What an answer says of a feed, once for each of the two ways that its bytes are sent. */
struct feed_said {
	char etag[37];
	uint16_t unchanged_at;
	char fields[320]; /* lines of a whole answer, the last of which, from unchanged_at on, are
			   * those of a 304 */
};

/* Made once, with the bytes, and known longer than they are kept. */
struct feed_head {
	utc_t last_modified;
	struct feed_mark mark; /* which version it is, whatever the variant */
	int64_t bytes, events; /* how large it is */
	struct feed_said plain, gzip;
};

/* Larger than some clients take. */
bool feed_head_is_large(const struct feed_head *head, const struct settings *settings);

struct feed_bytes { /* finished; counted by the loop alone */
	size_t refs;
	struct feed_head head;
	uint32_t asked; /* how often since asked_from_ms; what is asked for often ... */
	uint64_t asked_from_ms;
	int file;		/* ... has its bytes in a file without a name, too; 0: not */
	struct buf bytes, gzip; /* the same, for who can read it */
};
void feed_bytes_unref(struct feed_bytes *bytes);

struct feeds *feeds_new(struct world *world);
/* When no job runs any more. NULL is fine. */
void feeds_free(struct feeds *feeds);

/* The feed as it is served now, if its bytes are there: one reference, else NULL. */
struct feed_bytes *feeds_get(struct feeds *feeds, const struct body_part *body,
			     const struct feed_variant *variant);
/* What an answer says of it, also when its bytes are not kept; NULL when it is not known. */
const struct feed_head *feeds_head(const struct feeds *feeds, const struct body_part *body,
				   const struct feed_variant *variant);
/* ... of an owner, whether it is of now or older; NULL when none was made since the start. */
const struct feed_head *feeds_newest_head(const struct feeds *feeds, const char *owner,
					  const struct feed_variant *variant);
/* The bytes that were made last, whatever the feed says by now: one reference, NULL: none are kept. */
struct feed_bytes *feeds_last(const struct feeds *feeds, const struct body_part *body,
			      const struct feed_variant *variant);
/* @done gets a reference to the bytes, once they are made; when the daemon is stopping, to those that
 * were made last, or NULL. False: more feeds wait already than [feeds] queue allows (@done is not
 * called). */
typedef void feed_done_fn(void *ctx, struct feed_bytes *bytes);
bool feeds_make(struct feeds *feeds, const struct body_part *body,
		const struct feed_variant *variant, feed_done_fn *done, void *ctx);

struct feeds_stats {
	int64_t made;	    /* renderings since the start */
	int64_t kept_bytes; /* now */
};
struct feeds_stats feeds_stats(const struct feeds *feeds);

#endif
