/* work/suppose.h -- what is served, as it would be if something were otherwise. Nothing is stored
 * and nobody is served by it. A thread that may block: a file that is read with another policy or
 * window is read again, as a reload would. */
#ifndef WORK_SUPPOSE_H
#define WORK_SUPPOSE_H

#include "io/cage.h"
#include "work/publication.h"

struct supposition {
	const char *duo;     /* for whom is asked */
	const char *text;    /* lines of the roster (setup/roster.h), or NULL */
	const char *without; /* the id of a source that says nothing and ends no horizon, or NULL */
	const struct weights *weights;
};
/* What is planned before the duo's work sessions is decided anew; other duos' stay where they are.
 * NULL: *err says what cannot be supposed. @notes gets a sentence a line on what stays as it was
 * although it might not. publication_unref the result. */
struct publication *suppose(const struct publication *p, const struct supposition *what,
			    struct cage *cage, const struct import_limits *limits, utc_t now,
			    struct buf *notes, struct err *err) NODISCARD;

#endif
