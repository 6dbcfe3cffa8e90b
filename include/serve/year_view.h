/* serve/year_view.h -- the picture of a duo's year (plan/draw) from what is served, or from a plan.
 * Pure; any thread that holds the publication. */
#ifndef SERVE_YEAR_VIEW_H
#define SERVE_YEAR_VIEW_H

#include "plan/draw.h"
#include "work/task.h"

/* A whole file: the sessions of @plan, and those of the past that were missed. */
void year_file(const struct publication *p, const struct duo_task *task, const struct plan *plan,
	       enum language language, struct buf *out);
/* Inline in a page: the sessions that stand, in a figure with the same in a sentence. */
void year_figure(const struct publication *p, const struct duo *duo, const struct weights *weights,
		 utc_t now, enum language language, struct buf *out);

#endif
