/* serve/due_view.h -- what is due of a person's duos, for her page: what is late, the next, and those
 * after it. Pure. */
#ifndef SERVE_DUE_VIEW_H
#define SERVE_DUE_VIEW_H

#include "work/publication.h"

/* Nothing when no duo of @person's owes or owed anything. */
void due_section(const struct publication *p, const char *person, utc_t now, enum language language,
		 struct buf *out);

#endif
