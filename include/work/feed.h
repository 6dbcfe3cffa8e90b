/* work/feed.h -- the bytes of a feed (design 5-publishing, "Feeds"): the recipe that every client
 * gets right. Pure: the same publication gives the same bytes. Any thread. */
#ifndef WORK_FEED_H
#define WORK_FEED_H

#include "work/publication.h"

/* What is made of a feed: whole, or times alone, as events or as one VFREEBUSY (RFC 5545 section
 * 3.6.4). */
enum feed_form { FEED_FULL, FEED_BUSY, FEED_FREEBUSY, FEED_FORMS };

/* The feed of @body's owner: a person, a duo (retired ones too), or "programme". The window's edges
 * are those of the publication's day. */
void feed_render(const struct publication *p, const struct body_part *body, enum feed_form form,
		 struct buf *out);

/* A calendar of one event, as a message that invites @person to @session or (@cancel) takes it back
 * from her (RFC 5546 sections 3.2.2 and 3.2.5): the event of her feed, UID and SEQUENCE with it, and
 * @parties, whole lines with who invites and who is invited. */
void feed_message(const struct publication *p, const char *person, const struct session *session,
		  bool cancel, const char *parties, struct buf *out);
/* What the event of @session is called in the feeds of @owner, and where it is ("": nobody knows). */
void feed_title(const struct publication *p, const char *owner, const struct session *session,
		struct buf *title, struct buf *place);

/* Whether making it takes more than a few milliseconds. */
bool feed_is_large(const struct publication *p, const char *owner);

/* A number for the sessions that stand in the feeds of @owner, or of one duo (NULL: none): another
 * one when a session has come, gone or changed. Sums of duos are sums of their sessions. */
uint64_t feed_sessions_of(const struct publication *p, const char *owner);
uint64_t feed_sessions(const struct publication *p, const struct duo_part *duo);
/* Everything else that the feeds of @owner show in front of events, and @sessions. */
void feed_key(const struct publication *p, const char *owner, uint64_t sessions, struct buf *out);

/* What a session's event says, as one text: when it differs, LAST-MODIFIED must grow. */
void feed_shown_text(const struct publication *p, const struct session *session, struct buf *out);

#endif
