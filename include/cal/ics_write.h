/* cal/ics_write.h -- iCalendar lines as every client reads them: CRLF, folded at 75 octets
 * without cutting a character (RFC 5545 section 3.1), texts escaped (3.3.11), no control
 * characters, no broken UTF-8. Pure; any thread. */
#ifndef CAL_ICS_WRITE_H
#define CAL_ICS_WRITE_H

#include "base/buf.h"
#include "base/civil.h"
#include "cal/zone.h"

/* NAME:VALUE as it is (VALUE is ours: numbers, fixed words). */
void ics_raw(struct buf *out, const char *name, const char *value);
/* NAME:TEXT escaped; newlines become \n, other control characters are dropped, bytes that are
 * no UTF-8 become U+FFFD. NULL or "" writes nothing. */
void ics_text(struct buf *out, const char *name, const char *text);
/* NAME;CN="WHO":mailto:ADDRESS; control characters of @who are dropped and a double quote becomes a
 * single one; @address holds none of either. */
void ics_mailto(struct buf *out, const char *name, const char *who, const char *address);
/* NAME;TZID=Zone:20261124T130000 */
void ics_zoned(struct buf *out, const char *name, const struct zone *zone, utc_t at);
/* NAME;VALUE=DATE:20261124 */
void ics_day(struct buf *out, const char *name, day_t day);
/* "20261124T120000Z" into @out, which is returned. */
#define ICS_UTC_TEXT 64
const char *ics_utc_text(utc_t at, char out[ICS_UTC_TEXT]);
/* NAME:20261124T120000Z */
void ics_utc(struct buf *out, const char *name, utc_t at);

#endif
