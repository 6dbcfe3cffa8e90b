/* work/rosterdiff.h -- what a new roster changes, thing by thing. Pure; any thread. */
#ifndef WORK_ROSTERDIFF_H
#define WORK_ROSTERDIFF_H

#include "work/publication.h"

struct diff_row {
	char sign; /* '+' new, '-' gone, '~' changed */
	const char
		*kind; /* "programme" "person" "expert" "room" "duo" "source" "setting"; static */
	char *id;
	char *detail; /* may be NULL */
};
struct diff {
	struct diff_row *v;
	size_t n, cap;
};
void diff_fini(struct diff *diff);
void diff_add(struct diff *diff, char sign, const char *kind, const char *id, const char *detail);

void diff_rosters(const struct roster *was, const struct roster *is, struct diff *out);
/* Whether the planner sees anything else for @duo of @is. */
bool diff_plans_differ(const struct roster_part *was, const struct roster_part *is,
		       const struct duo *duo);

#endif
