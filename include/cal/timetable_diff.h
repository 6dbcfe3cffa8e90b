/* cal/timetable_diff.h -- what a new version of a timetable changes in somebody's time.
 *
 * Compared is when and at which level, never a UID or a stamp: an export that renumbers its events
 * and stamps them anew differs in nothing. A lesson that went and one that came are one lesson
 * that moved when they are likely the same; the nearest in time find each other first. Pure. */
#ifndef CAL_TIMETABLE_DIFF_H
#define CAL_TIMETABLE_DIFF_H

#include "cal/timetable.h"

enum lesson_change_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_MOVED };

struct lesson_change {
	enum lesson_change_kind kind;
	struct lesson_span was; /* zero when added */
	struct lesson_span is;	/* zero when removed */
};

struct timetable_diff {
	struct lesson_change *v; /* by the later known start: is, or was of a removed one */
	size_t n;
	size_t added, removed, moved;
};

/* Both lists in any order. What ends at or before @from, and what is free, is no change: rolling
 * exports drop the past, and only taken time matters to anybody. A moved lesson may have another
 * length or level, at the same start too. */
void timetable_diff_make(const struct lesson_span *was, size_t n_was, const struct lesson_span *is,
			 size_t n_is, utc_t from, struct timetable_diff *out);
void timetable_diff_fini(struct timetable_diff *diff);

/* hit[i] becomes true where a lesson that came or moved is busy within @buffer_s of sessions[i];
 * one that covers exactly a session's time is probably that session, and breaks nothing. */
void timetable_diff_breaks(const struct timetable_diff *diff, const struct span *sessions, size_t n,
			   int64_t buffer_s, bool *hit);

#endif
