/* serve/feeds.h -- the bytes of feeds: made on a thread of their own when first asked for, kept
 * while there is room for them, and made anew when the feed says something else. Who asks for the
 * same feed meanwhile waits for the same bytes. Loop thread. */
#ifndef SERVE_FEEDS_H
#define SERVE_FEEDS_H

#include "work/feed.h"
#include "work/world.h"

#define FEED_ETAG   33
#define FEED_FIELDS 288

/* What an answer says of a feed: made once, with its bytes, and known longer than they are kept. */
struct feed_head {
	char etag[FEED_ETAG];
	utc_t last_modified;
	char fields[FEED_FIELDS]; /* lines of a whole answer ... */
	uint16_t unchanged_at;	  /* ... the last of which, from here on, are those of a 304 ... */
	uint16_t tag_at;	  /* ... and the very last of which is the tag */
};
/* The tag of the same feed as gzip. */
#define FEED_ETAG_GZIP (FEED_ETAG + 3)
void feed_etag_gzip(const struct feed_head *head, char out[FEED_ETAG_GZIP]);
/* The lines for the feed as gzip; @whole: of a whole answer, else of a 304. */
#define FEED_FIELDS_GZIP (FEED_FIELDS + 32)
void feed_fields_gzip(const struct feed_head *head, bool whole, char out[FEED_FIELDS_GZIP]);

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
