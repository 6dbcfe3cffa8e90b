/* serve/uses.h -- when a link was used last, and by what. A courtesy to people, so it costs next
 * to nothing: at most once an hour a link, and never more than one change waiting in the store's
 * queue, however many links are used at once. Loop thread. */
#ifndef SERVE_USES_H
#define SERVE_USES_H

#include "work/world.h"

struct uses;
struct uses *uses_new(struct world *world);
void uses_free(struct uses *uses); /* NULL is fine; after the last change was answered */
/* @agent may be NULL. */
void uses_note(struct uses *uses, const struct link *link, utc_t at, const char *agent);

#endif
