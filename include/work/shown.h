/* work/shown.h -- the events that say something else in one publication than in the one before it.
 * What is compared is what feeds show: whatever changed, a name, a topic, the zone, or what a lesson
 * is called, nobody has to know here in which events it stands. Pure. */
#ifndef WORK_SHOWN_H
#define WORK_SHOWN_H

#include "work/id_set.h"
#include "work/publication.h"

struct shown_ids {
	int64_t *v;
	size_t n, cap;
};
struct shown_changes {
	struct shown_ids sessions;    /* said otherwise, at the place where they were */
	struct shown_ids elsewhere;   /* visits whose lesson is in another room now */
	struct shown_ids obligations; /* said otherwise */
	struct id_set duos, owed;     /* whose sessions these are, and obligations, as @is has it */
};
void shown_changes_fini(struct shown_changes *changes);

/* Those that stand in a feed of both and are the same in both (last_modified: what changed of a
 * session itself has been told already), and of which somebody sees something else. */
void shown_compare(const struct publication *was, const struct publication *is,
		   struct shown_changes *out);
/* Whether there can be any: a cheap look, when only sources differ. */
bool shown_by_source(const struct source_part *was, const struct source_part *is);

#endif
