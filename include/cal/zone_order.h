/* cal/zone_order.h -- which zone a TZID of one file means, in the order of design 3-import:
 *
 *   1. an IANA name, whatever a VTIMEZONE of that name says (a warning where they disagree);
 *   2. the file's VTIMEZONE of that TZID;
 *   3. a Windows name, a display name, an offset such as GMT+0100;
 *   then the caller's: 4. X-WR-TIMEZONE, 5. the source's zone, with a warning.
 *
 * A VTIMEZONE is read when it is first asked for, at most once. One thread at a time. */
#ifndef CAL_ZONE_ORDER_H
#define CAL_ZONE_ORDER_H

#include "cal/timetable.h"

struct zone_order;
/* @sieved has to live as long: the VTIMEZONEs are in it, warnings go to it. @opts: its window and
 * limits. */
struct zone_order *zone_order_new(struct sieved *sieved, const struct timetable_opts *opts);
/* Frees the zones made from VTIMEZONEs too. */
void zone_order_free(struct zone_order *order);

/* @calendar: the number of the VCALENDAR in the file, from 0; its VTIMEZONEs go before those of
 * the others. NULL when the TZID is none of 1 to 3. The zone lives as long as the order. */
const struct zone *zone_order_find(struct zone_order *order, size_t calendar, const char *tzid,
				   size_t n);
/* Warns of VTIMEZONEs that disagree with the one of @zones whose IANA name they bear; each at most
 * once. zone_order_find does so too: this is for zones that were found without it. */
void zone_order_compare(struct zone_order *order, const struct zone *const *zones, size_t n);

#endif
