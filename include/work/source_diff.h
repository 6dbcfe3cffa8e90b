/* work/source_diff.h -- what a new version of a source means for the people it belongs to. Pure;
 * any thread that holds the publication. */
#ifndef WORK_SOURCE_DIFF_H
#define WORK_SOURCE_DIFF_H

#include "work/publication.h"

/* What a publication keeps of @diff, with the booked sessions after @now that it breaks. One
 * reference, the caller's. */
struct source_diff *source_diff_new(const struct publication *p, const char *source,
				    const struct timetable_diff *diff, utc_t now, bool taken);

#endif
