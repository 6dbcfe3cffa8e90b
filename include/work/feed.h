/* work/feed.h -- the bytes of a feed (design 5-publishing, "Feeds"): the recipe that every client
 * gets right. Pure: the same publication gives the same bytes. Any thread. */
#ifndef WORK_FEED_H
#define WORK_FEED_H

#include "work/publication.h"

/* What is made of a feed: whole, or times alone, as events or as one VFREEBUSY (RFC 5545 section
 * 3.6.4). */
enum feed_form { FEED_FULL, FEED_BUSY, FEED_FREEBUSY, FEED_FORMS };

/* What a link's feed is made like. Equal variants of one body are equal bytes. */
struct feed_variant {
	enum feed_form form;
	int32_t alarm_min; /* before each session; ALARM_NONE */
	enum feed_obligations obligations;
	/* How often the two above have changed. Last-Modified and the LAST-MODIFIED of each event
	 * are what the store has plus so many seconds: they grow when the session changes and when
	 * the link's options change, in whatever order, even twice in one second (ICSx5 passes over
	 * an event whose LAST-MODIFIED has not grown). */
	int32_t changes;
};
/* Of a FEED or BUSY link, @freebusy: as .ifb. Times alone have no alarms and no obligations. */
struct feed_variant feed_variant_of(const struct link *link, bool freebusy);
bool feed_variant_equal(const struct feed_variant *a, const struct feed_variant *b);
/* The Last-Modified of @body in this variant. */
utc_t feed_last_modified(const struct body_part *body, const struct feed_variant *variant);

/* The feed of @body's owner: a person, a duo (retired ones too), or "programme". The window's edges
 * are those of the publication's day. */
void feed_render(const struct publication *p, const struct body_part *body,
		 const struct feed_variant *variant, struct buf *out);

/* A calendar of one event, as a message that invites @person to @session or (@cancel) takes it back
 * from her (RFC 5546 sections 3.2.2 and 3.2.5): the event of her feed, UID and SEQUENCE with it, and
 * @parties, whole lines with who invites and who is invited. */
void feed_message(const struct publication *p, const char *person, const struct session *session,
		  bool cancel, const char *parties, struct buf *out);
/* What the event of @session is called in the feeds of @owner, cancelled or not, and where it is ("": nobody knows). */
void feed_title(const struct publication *p, const char *owner, const struct session *session,
		struct buf *title, struct buf *place);

/* Whether making it takes more than a few milliseconds. */
bool feed_is_large(const struct publication *p, const char *owner);

/* Whether feeds go so far, as they are at the local day that begins @today. */
bool feed_reaches(utc_t start, utc_t end, utc_t today, const struct feed_limits *limits);
/* Every duo whose sessions may stand in the feeds of @owner (NULL where nothing is known of one),
 * with @person (NULL: whoever) those that she attends or has left. */
typedef void feed_duo_fn(void *ctx, const struct duo_part *duo, const char *person);
void feed_each_duo(const struct publication *p, const char *owner, feed_duo_fn *each, void *ctx);

/* A number for what stands in the feeds of @owner, sessions and obligations: another one when one
 * of them has come, gone or changed. And what @duo adds to that of the programme: a sum over duos. */
uint64_t feed_sum(const struct publication *p, const char *owner);
uint64_t feed_sum_of_duo(const struct publication *p, const char *duo);
/* Everything else that the feeds of @owner show in front of events, and @sum. */
void feed_key(const struct publication *p, const char *owner, uint64_t sum, struct buf *out);

/* The event of @session without its version, as the feeds of @person show it, or (NULL) those of
 * its duo and of the programme; nothing when it does not stand in them. Names stand apart here, so
 * that two names never look like one: what the feeds of somebody say who is in another publication
 * under the same name and language, and there too, differs between the two only where that of NULL
 * does. */
void feed_event(const struct publication *p, const char *person, const struct session *session,
		struct buf *out);

#endif
