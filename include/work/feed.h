/* work/feed.h -- the bytes of a feed (design 5-publishing, "Feeds"): the recipe that every client
 * gets right. Pure: the same publication gives the same bytes. Any thread. */
#ifndef WORK_FEED_H
#define WORK_FEED_H

#include "work/publication.h"

/* @owner: a person, a duo (retired ones too), or "programme". The bytes hold for the day of @now,
 * and as long as nothing changes until a day begins at or after *due_at (UTC_MAX: for ever). */
void feed_render(const struct publication *p, const char *owner, enum body_variant variant,
		 utc_t now, struct buf *out, size_t *events, utc_t *due_at);

/* The same owner's booked time as one VFREEBUSY (RFC 5545 section 3.6.4), without anything else.
 * @stamp: DTSTAMP, so that unchanged time is unchanged bytes. */
void feed_render_freebusy(const struct publication *p, const char *owner, utc_t now, utc_t stamp,
			  struct buf *out);

/* What a session's event says, as one text: when it differs, LAST-MODIFIED must grow. */
void feed_shown_text(const struct publication *p, const struct session *session, struct buf *out);

#endif
