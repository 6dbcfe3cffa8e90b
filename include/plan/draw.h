/* plan/draw.h -- a duo's year as a picture (SVG): weeks are columns, weekdays rows, the hours run
 * down within each day, one half for each member.
 *
 * Open and closed days, both timetables by level (each with a hatching of its own), shared windows,
 * sessions by kind and state, gaps longer than twice the cadence, today. Colours are those of
 * classes (y-...), whoever shows it has them in a style sheet; a whole file brings its own. No
 * script, no link, no style attribute. The same input gives the same bytes. Pure. */
#ifndef PLAN_DRAW_H
#define PLAN_DRAW_H

#include "base/buf.h"
#include "plan/duoplan.h"

struct draw_session {
	utc_t start, end;
	enum kind kind;
	enum state state; /* cancelled ones are not drawn */
};

struct draw {
	const struct plan_task *task;	     /* standing sessions in it are not drawn */
	const struct draw_session *sessions; /* by start */
	size_t n_sessions;
	const char *title;    /* of the duo */
	const char *names[2]; /* of its members */
	enum language language;
	const char *prefix; /* of ids, unique within a page: a to z, 0 to 9 and - */
	bool whole;	    /* a file of its own */
};
void draw_year(const struct draw *draw, struct buf *out);

/* The picture in a sentence: how many sessions and hours, the longest gap. Nothing is escaped. */
void draw_sentence(const struct draw *draw, struct buf *out);

#endif
