/* work/lessons.h -- the occurrences that the time of a duo's members is made of, for plan/advice.
 * Named by time and source, never by a title. Pure; any thread that holds the publication. */
#ifndef WORK_LESSONS_H
#define WORK_LESSONS_H

#include "plan/advice.h"
#include "work/publication.h"

struct duo_lessons {
	struct lesson *v; /* by start, then end, then source */
	size_t n, cap;
};
/* A lesson of a timetable that both share is one, with both bits. One that is all-day, that comes
 * back as a session of ours, or whose going would move its timetable's horizon is no single
 * lesson: it only takes time. Source ids are borrowed from @p. */
void duo_lessons_init(struct duo_lessons *lessons, const struct publication *p,
		      const struct duo *duo);
void duo_lessons_fini(struct duo_lessons *lessons);

/* @p as it would be without @lesson; publication_unref it. */
struct publication *publication_without(const struct publication *p, const struct lesson *lesson);

#endif
