/* setup/findings.h -- faults found out of order, told in file order.
 *
 * A checker walks its files several times (headings first, then sources, persons, duos); the
 * admin wants one list from the first line to the last. Findings keep their place until the end. */
#ifndef SETUP_FINDINGS_H
#define SETUP_FINDINGS_H

#include "base/err.h"

struct place {
	const char *file; /* as the admin knows it; borrowed until findings_tell */
	int order;	  /* of the file among all that were read */
	int line;
};

/* Kept at most, so that no file makes the list grow without end. */
#define FINDINGS_MAX 5000

struct finding {
	struct place at;
	size_t nth;
	char *text;
};
struct findings {
	struct finding *v;
	size_t n, cap;
	size_t dropped;
};

void findings_add(struct findings *findings, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Passes all on to @faults by file, line and order of finding, and empties the list. True when
 * there was none. */
bool findings_tell(struct findings *findings, struct faults *faults);

#endif
