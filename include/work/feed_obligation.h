/* work/feed_obligation.h -- obligations in feeds (design 5-publishing): all-day events that take
 * nobody's time, or to-dos (RFC 5545 section 3.6.2). Pure: the same publication gives the same
 * bytes. Any thread. */
#ifndef WORK_FEED_OBLIGATION_H
#define WORK_FEED_OBLIGATION_H

#include "work/feed.h"

/* Those that stand in the feed of @owner, a person, a duo or "programme", by day, as @variant has
 * them: events, to-dos, or none. */
void feed_obligations_write(const struct publication *p, const char *owner, enum language language,
			    const struct feed_variant *variant, struct buf *out);

/* The event of @o, which @owed has, without its version, as the feeds of @person show it, or (NULL)
 * those of its duo and of the programme; nothing when it does not stand in them. */
void feed_obligation_event(const struct publication *p, const char *person, const struct owed *owed,
			   const struct obligation *o, struct buf *out);

/* Numbers for them, as work/feed.h has for everything that stands there. */
uint64_t feed_obligations_sum(const struct publication *p, const char *owner);
uint64_t feed_obligations_sum_of_duo(const struct publication *p, const char *duo);

#endif
