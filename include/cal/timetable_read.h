/* cal/timetable_read.h -- wire -> events, as timetable.c needs them: texts borrowed from the
 * wires, times with their zones. Private to the two files timetable.c and timetable_read.c. */
#ifndef CAL_TIMETABLE_READ_H
#define CAL_TIMETABLE_READ_H

#include "cal/busy.h"
#include "cal/contentline.h"
#include "cal/timetable.h"
#include "cal/zone_order.h"

struct rule_text {
	int line;
	bool excludes; /* EXRULE */
	struct text text;
};

struct event {
	struct component c; /* its arrays are set when its UID is expanded */
	struct said said;
	struct text uid;
	uint64_t uid_hash;
	bool floating;	 /* its start has no zone at all */
	uint64_t series; /* hash of all it says but UID and SEQUENCE */
	size_t part;
	size_t first_rule, n_rules; /* in event_list.rules */
	size_t first_rdate, first_exdate;
};

struct free_busy { /* one period of a VFREEBUSY */
	utc_t start, end;
	struct said said;
	uint64_t series;
};

struct calendar {
	const struct zone *zone; /* X-WR-TIMEZONE, or NULL */
	bool cancels;		 /* METHOD:CANCEL */
};

#define ZONE_SLOTS 256
struct zone_slot {
	size_t calendar;
	struct text tzid;
	const struct zone *zone; /* NULL: unknown */
};

struct event_list {
	struct event *v;
	size_t n, cap;
	struct rule_text *rules;
	size_t n_rules, cap_rules;
	struct rdate *rdates;
	size_t n_rdates, cap_rdates;
	struct when *exdates;
	size_t n_exdates, cap_exdates;
	struct free_busy *periods;
	size_t n_periods, cap_periods;
	size_t skipped;
	struct zone_order **orders; /* of each part: own the zones of VTIMEZONEs */
	size_t n_orders, cap_orders;
	const struct zone **zones; /* of starts, each once */
	size_t n_zones, cap_zones;
	size_t n_floating; /* times without any zone */
	size_t floating_part;
	int floating_line;
};

/* Adds what @part's wire holds. Warnings go to the part's sieved. */
bool event_list_read(struct event_list *list, const struct timetable_part *parts, size_t part,
		     const struct timetable_opts *opts, struct err *err) NODISCARD;
/* Lists @zone among those in use. */
void event_list_use_zone(struct event_list *list, const struct zone *zone);
void event_list_fini(struct event_list *list);

#endif
