/* cal/timetable_read.h -- wire -> events, as timetable.c needs them: texts borrowed from the
 * wires, times with their zones. Private to the two files timetable.c and timetable_read.c. */
#ifndef CAL_TIMETABLE_READ_H
#define CAL_TIMETABLE_READ_H

#include "cal/busy.h"
#include "cal/contentline.h"
#include "cal/timetable.h"
#include "cal/zone_order.h"

struct rule_text {
	const char *p;
	uint32_t n;
	uint32_t line : 31, excludes : 1; /* EXRULE */
};

/* A component, packed: a file may hold 200,000 of them. */
struct event {
	local_t start, end, recurrence_id;
	const struct zone *start_zone, *end_zone, *recurrence_zone;
	const char *uid;
	uint64_t uid_hash;
	uint64_t series; /* hash of all it says but UID and SEQUENCE */
	struct said said;
	int32_t duration_s, duration_days, sequence, line;
	uint32_t part, uid_n;
	uint32_t first_rule, n_rules; /* in event_list.rules */
	uint32_t first_rdate, n_rdates, first_exdate, n_exdates;
	uint8_t start_form, end_form, recurrence_form; /* enum when_form */
	bool this_and_future;
	bool floating; /* its start has no zone at all */
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
/* As cal/expand wants it, but for its rules and its tag. Its arrays are borrowed from @list. */
struct component event_component(const struct event_list *list, const struct event *event);
/* Lets the events go; zones and counts stay. */
void event_list_drop_events(struct event_list *list);
/* Lists @zone among those in use. */
void event_list_use_zone(struct event_list *list, const struct zone *zone);
void event_list_fini(struct event_list *list);

#endif
