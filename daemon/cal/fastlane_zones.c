/* fastlane_zones.c -- local times that the scan could not place at once: those without a zone,
 * which X-WR-TIMEZONE may be for, and those of a TZID that is no IANA name to the letter, which a
 * VTIMEZONE of the file may be for ("W. Europe Standard Time"). Both may stand behind the events.
 *
 * When all events of the file are known the sieve reads what is between them, and cal/zone_order
 * says what the slow lane will hear from it: the zone, or that there is none, which is for the
 * slow lane to complain of. It is asked again in timetable_build, for its warnings. */
#include "cal/fastlane_scan.h"

#include "cal/zone_order.h"

#include <string.h>

/* Each may take a quarter of the steps that there are for all: with more of them it matters who is
 * asked first. */
#define VTIMEZONES 4

struct place {
	struct zone_order *order;
	struct lane_file *file;
	const struct timetable_opts *opts;
	bool *odd_home; /* of each calendar: X-WR-TIMEZONE is no IANA name */
	uint32_t calendar;
	struct lane_slot slots[LANE_ZONES + 1]; /* of that calendar; the last one: without a TZID */
	bool asked[LANE_ZONES + 1];
};

static bool few_vtimezones(const struct buf *vtimezones)
{
	static const char begin[] = "BEGIN:VTIMEZONE\n";
	const char *p = buf_str(vtimezones);
	int n = 0;
	for (; (p = strstr(p, begin)); p += sizeof begin - 1)
		n++;
	return n <= VTIMEZONES;
}

/* As the reader of a wire does it: the first X-WR-TIMEZONE that is one. */
static bool find_homes(struct place *place, const struct buf *wire)
{
	struct wire_reader reader = {.wire = wire};
	struct wire_item item;
	struct err err;
	size_t calendar = 0;
	do {
		if (!wire_next(&reader, &item, &err))
			return false;
		calendar += item.kind == WIRE_CALENDAR;
		if (calendar > place->file->n_calendars)
			return false;
		if (item.kind != WIRE_PROPERTY || item.property != WIRE_ZONE || calendar == 0)
			continue;
		const struct zone **home = &place->file->homes[calendar - 1];
		if (*home || place->odd_home[calendar - 1])
			continue;
		*home = zone_by_tzid_iana(item.text, item.text_n);
		place->odd_home[calendar - 1] =
			!*home &&
			zone_order_find(place->order, calendar - 1, item.text, item.text_n);
	} while (item.kind != WIRE_DONE);
	return calendar == place->file->n_calendars;
}

/* The zone that number @zone means in the calendar of @e, or NULL. */
static struct lane_slot *slot_for(struct place *place, const struct lane_event *e, uint8_t zone)
{
	const struct lane_file *file = place->file;
	size_t i = zone == LANE_FLOATING ? LANE_ZONES : zone;
	if (place->calendar != e->calendar)
		memset(place->asked, 0, sizeof place->asked);
	place->calendar = e->calendar;
	struct lane_slot *slot = &place->slots[i];
	if (!place->asked[i]) {
		const struct zone *found = zone < LANE_ZONES ? file->zones[zone] : NULL;
		if (zone == LANE_FLOATING && !place->odd_home[e->calendar - 1])
			found = file->homes[e->calendar - 1] ? file->homes[e->calendar - 1]
							     : place->opts->zone;
		if (zone < LANE_ZONES && !found)
			found = zone_order_find(place->order, e->calendar - 1, file->names[zone].p,
						file->names[zone].n);
		place->asked[i] = true;
		*slot = (struct lane_slot){.zone = found};
	}
	return slot->zone ? slot : NULL;
}

/* False for what warns. */
static bool place_event(struct place *place, struct lane_event *e)
{
	int64_t length = e->end - e->start;
	const struct lane_file *file = place->file;
	if (lane_is_open(file, e->zone)) {
		struct lane_slot *slot = slot_for(place, e, e->zone);
		if (!slot)
			return false;
		e->start = lane_utc(slot, e->start);
	}
	if (lane_is_open(file, e->end_zone)) {
		struct lane_slot *slot = slot_for(place, e, e->end_zone);
		if (!slot)
			return false;
		e->end = lane_utc(slot, e->end);
	} else if (e->end_zone == LANE_EXACT) {
		e->end = e->start + length;
	}
	return e->end >= e->start;
}

void lane_place(struct lane_file *file, const struct timetable_opts *opts)
{
	struct sieved sieved = {0};
	struct buf wire = {0};
	struct err err;
	struct place place = {.file = file, .opts = opts};
	if (!file->open)
		return;
	file->homes = xcalloc(file->n_calendars, sizeof *file->homes);
	place.odd_home = xcalloc(file->n_calendars, sizeof *place.odd_home);
	lane_skip_all(file);
	bool fine = lane_sieve(file, opts, &sieved, &err) && few_vtimezones(&sieved.vtimezones) &&
		    lane_wire(&sieved.text, &wire);
	place.order = zone_order_new(&sieved, opts);
	fine = fine && find_homes(&place, &wire);
	for (size_t i = 0; i < file->n_events; i++) {
		struct lane_event *e = &file->v[i];
		if (!e->slow && (lane_is_open(file, e->zone) || lane_is_open(file, e->end_zone)) &&
		    !(fine && place_event(&place, e)))
			e->slow = true;
	}
	file->n_skips = 0;
	zone_order_free(place.order);
	sieved_fini(&sieved);
	buf_fini(&wire);
	xfree(place.odd_home);
}
