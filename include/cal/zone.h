/* cal/zone.h -- a time zone as an immutable table of offsets.
 *
 * Zones come from the system's TZif files (RFC 8536) by IANA name. They are loaded once, cached
 * for the life of the process and never freed, so a zone pointer may be kept anywhere. Any
 * thread (the cache has a lock; a loaded zone is read without one). Beyond the last transition
 * of the file the footer's POSIX TZ rule goes on for ever. */
#ifndef CAL_ZONE_H
#define CAL_ZONE_H

#include "base/civil.h"
#include "base/err.h"

struct zone;

/* The zone of an IANA name (links such as "Europe/Belfast" included); NULL when there is none.
 * A name that could leave the zone folder, or is longer than 64 bytes, is no zone. */
const struct zone *zone_by_name(const char *iana);
const struct zone *zone_utc(void);
/* A zone of one offset for ever, e.g. for "GMT+0100"; |east_s| <= 24 h. Cached like the others. */
const struct zone *zone_fixed(int east_s);
const char *zone_name(const struct zone *zone);
/* Version of the system's zone data ("2024a"), or "unknown". Borrowed for ever. */
const char *zone_data_version(void);
/* The folder of TZif files; default /usr/share/zoneinfo, or $TZDIR. */

/* Offset east of UTC in seconds at a moment. */
int zone_offset(const struct zone *zone, utc_t at);
local_t zone_to_local(const struct zone *zone, utc_t at);
/* RFC 5545 section 3.3.5: a local time in a spring gap is read with the offset before the gap
 * (02:30 becomes 03:30), one in an autumn overlap is the first of the two. */
utc_t zone_to_utc(const struct zone *zone, local_t local);
/* The offset that zone_to_utc takes for @local, and around it the readings [*from, *to) for which
 * it takes the same. */
int zone_offset_around(const struct zone *zone, local_t local, local_t *from, local_t *to);
/* Start of a local day (the first moment of that date, also where midnight is in a gap). */
utc_t zone_day_start(const struct zone *zone, day_t day);
day_t zone_day_of(const struct zone *zone, utc_t at);
/* The first transition at or after @at: its moment and the offsets around it; false if none. */
bool zone_next_transition(const struct zone *zone, utc_t at, utc_t *when, int *before_s,
			  int *after_s);

/* A TZID as calendars write it -> a zone we hold, by the order of design 3-import ("Zone of a
 * time"): IANA name (after a leading '/', a vendor prefix such as
 * "/freeassociation.sourceforge.net/", a suffix " 1"), Windows name by CLDR's table, display
 * name such as "(UTC+01:00) Amsterdam, Berlin, ..." by its first known city, "GMT+0100" and the
 * like. NULL when it is none of these (then the caller goes on with X-WR-TIMEZONE and the
 * source's zone). Case does not matter. @tzid need not end in NUL. */
const struct zone *zone_by_tzid(const char *tzid, size_t n);

/* Only the first of these: an IANA name, perhaps behind a prefix or before a suffix. For callers
 * that ask a VTIMEZONE of the file before they guess from the name (design 3-import, order 1-2-3). */
const struct zone *zone_by_tzid_iana(const char *tzid, size_t n);

/* The compact VTIMEZONE of a zone for feeds (RFC 5545 section 3.6.5): the rules in force from
 * the year of @from on, two yearly rules or one fixed offset; lines end in CRLF. The caller
 * frees with xfree. */
char *zone_vtimezone(const struct zone *zone, utc_t from);

/* Windows zone name -> IANA name by the generated table (cal/winzones.c); NULL if unknown. */
const char *winzone_to_iana(const char *name, size_t n);

#endif
