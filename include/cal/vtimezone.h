/* cal/vtimezone.h -- a VTIMEZONE (RFC 5545 section 3.6.5) -> a zone like those of the system.
 *
 * Only the years around a window are written into the table: what held long before it is known
 * from the last change before, what comes long after it repeats the last offset. Everything is
 * bounded; a VTIMEZONE that is over a bound, or that leaves open which offset holds, is refused
 * with a sentence: the caller then goes on with the next step of the zone order. */
#ifndef CAL_VTIMEZONE_H
#define CAL_VTIMEZONE_H

#include "cal/contentline.h"
#include "cal/zone.h"

/* The table is exact so long before the window (an event may last ten years) and so long after. */
#define VTIMEZONE_BEFORE_S ((int64_t)11 * 366 * DAY_S)
#define VTIMEZONE_AFTER_S  ((int64_t)2 * 366 * DAY_S)

struct vtimezone_opts {
	utc_t from, to;	     /* the window */
	int64_t observances; /* STANDARD and DAYLIGHT parts that one may have */
	int64_t *steps_left; /* of rules and dates; taken from, so that many VTIMEZONEs share it */
};

/* @text: the lines from BEGIN:VTIMEZONE to END:VTIMEZONE, unfolded, CRLF or LF; lines that say
 * nothing about time are passed over. The caller frees with vtimezone_free; the zone's name is the
 * TZID, cut to what a zone name holds. ERR_PARSE, ERR_LIMIT. */
bool vtimezone_read(struct text text, const struct vtimezone_opts *opts, struct zone **out,
		    struct err *err) NODISCARD;
void vtimezone_free(struct zone *zone);

/* The first moment in [from, to) at which two zones have different offsets; false: none. */
bool zone_first_difference(const struct zone *a, const struct zone *b, utc_t from, utc_t to,
			   utc_t *out);

#endif
