/* serve/uses.h -- when a link was used last and by what, and which version of its feed it has. In
 * memory that is known at once; in the store a moment later, and a use alone at most once an hour
 * a link, so that it costs next to nothing: never more than one change waits in the store's queue,
 * however many links are used at once. What a kill loses is told again by the next fetch. Loop
 * thread. */
#ifndef SERVE_USES_H
#define SERVE_USES_H

#include "work/health.h"
#include "work/world.h"

struct uses;
struct uses *uses_new(struct world *world);
void uses_free(struct uses *uses); /* NULL is fine; after the last change was answered */
/* @agent may be NULL. */
void uses_note(struct uses *uses, const struct link *link, utc_t at, const char *agent);

/* The client behind a link was given the bytes of @seen, or was told that it has them. The link may
 * have been rotated since it asked. Whether that is worth noting at all is asked first. */
bool uses_seen_is_news(struct uses *uses, const struct link *link, utc_t at,
		       const struct feed_mark *seen);
void uses_seen(struct uses *uses, int64_t link, int32_t generation, utc_t at,
	       const struct feed_mark *seen);

/* All of it by now, for links of the publication that is served, in their order: those of @owner,
 * or (NULL) all; agents only with @agents. health_uses_free. */
struct health_use *uses_copy(const struct uses *uses, const char *owner, bool agents, size_t *n);
/* The same, with agents, of what @person may see: hers and her duos'. */
struct health_use *uses_of_member(const struct uses *uses, const char *person, size_t *n);

#endif
