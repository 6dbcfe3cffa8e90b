/* timetable_read.c -- wire -> events, and the zone of every time (design 3-import, "Zone of a
 * time"): by name or VTIMEZONE (cal/zone_order), X-WR-TIMEZONE, the source's zone; never silently
 * UTC. */
#include "cal/timetable_read.h"

#include "base/hash.h"
#include "cal/series.h"

#include <string.h>

struct reading {
	struct event_list *list;
	const struct timetable_opts *opts;
	struct warnings *warnings;
	struct zone_order *order;
	size_t part;
	struct calendar *calendars;
	size_t n_calendars, cap_calendars;
	size_t calendar; /* of the second pass; 1 is the first */
	struct zone_slot slots[ZONE_SLOTS];

	enum wire_kind open; /* WIRE_EVENT, WIRE_FREEBUSY, or 0 */
	struct component c;  /* the open one */
	struct event event;  /* and what else is kept of it */
	bool start_floats;
};

static const struct calendar *calendar(const struct reading *r)
{
	return &r->calendars[r->calendar - 1];
}

static const struct zone *fallback(const struct reading *r)
{
	return calendar(r)->zone ? calendar(r)->zone : r->opts->zone;
}

void event_list_use_zone(struct event_list *list, const struct zone *zone)
{
	for (size_t i = 0; i < list->n_zones; i++)
		if (list->zones[i] == zone)
			return;
	list->zones = xgrow(list->zones, list->n_zones, &list->cap_zones, sizeof *list->zones);
	list->zones[list->n_zones++] = zone;
}

/* Where @item's zone is, or a place for it: the names of one file are few. When there are too
 * many, one that was met before is forgotten. */
static struct zone_slot *slot_of(struct reading *r, const struct wire_item *item)
{
	uint64_t hash = mix_bytes(MIX_START, item->tzid, item->tzid_n);
	for (size_t i = 0; i < ZONE_SLOTS; i++) {
		struct zone_slot *slot = &r->slots[(hash + i) % ZONE_SLOTS];
		if (!slot->tzid.p ||
		    (slot->calendar == r->calendar && slot->tzid.n == item->tzid_n &&
		     memcmp(slot->tzid.p, item->tzid, item->tzid_n) == 0))
			return slot;
	}
	r->slots[hash % ZONE_SLOTS] = (struct zone_slot){0};
	return &r->slots[hash % ZONE_SLOTS];
}

/* A name is looked up, and complained of, once as long as it keeps its slot. */
static const struct zone *zone_named(struct reading *r, const struct wire_item *item, int line)
{
	struct zone_slot *slot = slot_of(r, item);
	if (!slot->tzid.p) {
		slot->calendar = r->calendar;
		slot->tzid = (struct text){item->tzid, item->tzid_n};
		slot->zone = zone_order_find(r->order, r->calendar - 1, item->tzid, item->tzid_n);
		if (!slot->zone)
			warnings_add(r->warnings, line, "zone %.*s is unknown; read as %s",
				     (int)item->tzid_n, item->tzid, zone_name(fallback(r)));
	}
	return slot->zone ? slot->zone : fallback(r);
}

static struct when read_when(struct reading *r, const struct wire_item *item)
{
	struct when when = {.local = item->local};
	switch (item->form) {
	case WIRE_FORM_NONE: break;
	case WIRE_FORM_DATE:
		when.form = WHEN_DATE;
		when.zone = r->opts->zone;
		break;
	case WIRE_FORM_UTC:
		when.form = WHEN_UTC;
		when.zone = zone_utc();
		break;
	case WIRE_FORM_LOCAL:
		when.form = WHEN_LOCAL;
		if (item->tzid_n > 0) {
			when.zone = zone_named(r, item, r->c.line);
			break;
		}
		if (item->property != WIRE_DTSTART)
			break; /* NULL until DTSTART is known: settle_floating */
		when.zone = fallback(r);
		r->start_floats = true;
		if (calendar(r)->zone)
			break;
		r->event.floating = true;
		if (r->list->n_floating++ == 0) {
			r->list->floating_part = r->part;
			r->list->floating_line = r->c.line;
		}
		break;
	}
	return when;
}

static int small(int64_t value, int most)
{
	return value >= 0 && value <= most ? (int)value : 0;
}

static void add_rule(struct reading *r, const struct wire_item *item)
{
	struct event_list *list = r->list;
	list->rules = xgrow(list->rules, list->n_rules, &list->cap_rules, sizeof *list->rules);
	list->rules[list->n_rules++] = (struct rule_text){
		.p = item->text,
		.n = (uint32_t)item->text_n,
		.line = (uint32_t)(item->value > 0 ? small(item->value, INT32_MAX) : r->c.line),
		.excludes = item->property == WIRE_EXRULE,
	};
	r->event.n_rules++;
}

static void add_rdate(struct reading *r, const struct wire_item *item)
{
	struct event_list *list = r->list;
	list->rdates = xgrow(list->rdates, list->n_rdates, &list->cap_rdates, sizeof *list->rdates);
	list->rdates[list->n_rdates++] =
		(struct rdate){read_when(r, item), item->value >= 0 ? item->value : -1};
	r->c.n_rdates++;
}

static void add_exdate(struct reading *r, const struct wire_item *item)
{
	struct event_list *list = r->list;
	list->exdates =
		xgrow(list->exdates, list->n_exdates, &list->cap_exdates, sizeof *list->exdates);
	list->exdates[list->n_exdates++] = read_when(r, item);
	r->c.n_exdates++;
}

static void add_period(struct reading *r, const struct wire_item *item)
{
	struct event_list *list = r->list;
	struct said said = {.own_uid = r->event.said.own_uid};
	if (item->form != WIRE_FORM_UTC || item->value < 0 || item->value > INT32_MAX)
		return;
	if (item->text_n == 4 && memcmp(item->text, "FREE", 4) == 0)
		said.busy = SAID_FREE;
	else if (item->text_n == 14 && memcmp(item->text, "BUSY-TENTATIVE", 14) == 0)
		said.busy = SAID_TENTATIVE;
	list->periods =
		xgrow(list->periods, list->n_periods, &list->cap_periods, sizeof *list->periods);
	list->periods[list->n_periods++] = (struct free_busy){
		item->local, item->local + item->value, said, (uint64_t)item->value};
}

/* The series number is made from what an event says of time, not from UID, SEQUENCE or place in
 * the file: exports renumber those. */
static void note_content(struct reading *r, const struct wire_item *item)
{
	if (item->property == WIRE_UID || item->property == WIRE_SEQUENCE ||
	    item->property == WIRE_LINE)
		return;
	bool rule = item->property == WIRE_RRULE || item->property == WIRE_EXRULE;
	int64_t value = rule ? 0 : item->value; /* its line */
	r->event.series = series_add(r->event.series, item->property, item->form, item->local,
				     value, series_text(item->tzid, item->tzid_n),
				     series_text(item->text, item->text_n));
}

static bool ends_with_host(struct text uid, const char *host)
{
	size_t n = host ? strlen(host) : 0;
	return n > 0 && uid.n > n && uid.p[uid.n - n - 1] == '@' &&
	       memcmp(uid.p + uid.n - n, host, n) == 0;
}

static void read_uid(struct reading *r, const struct wire_item *item)
{
	struct event *e = &r->event;
	e->uid = item->text;
	e->uid_n = (uint32_t)item->text_n;
	e->uid_hash = item->text_n > 0 ? hash_u64(item->text, item->text_n) : 0;
	e->said.own_uid = ends_with_host((struct text){e->uid, e->uid_n}, r->opts->own_host);
}

static void read_property(struct reading *r, const struct wire_item *item)
{
	struct event *e = &r->event;
	note_content(r, item);
	switch (item->property) {
	case WIRE_UID: read_uid(r, item); break;
	case WIRE_LINE: r->c.line = small(item->value, INT32_MAX); break;
	case WIRE_DTSTART: r->c.start = read_when(r, item); break;
	case WIRE_DTEND: r->c.end = read_when(r, item); break;
	case WIRE_DURATION:
		r->c.duration_s = item->value;
		r->c.duration_days = small(item->local, 3660);
		break;
	case WIRE_RRULE:
	case WIRE_EXRULE: add_rule(r, item); break;
	case WIRE_RDATE: add_rdate(r, item); break;
	case WIRE_EXDATE: add_exdate(r, item); break;
	case WIRE_RECURRENCE_ID:
		r->c.recurrence_id = read_when(r, item);
		r->c.this_and_future = item->value == 1;
		break;
	case WIRE_STATUS:
		e->said.status = (enum said_status)small(item->value, STATUS_CANCELLED);
		break;
	case WIRE_TRANSP: e->said.transparent = item->value == 1; break;
	case WIRE_SEQUENCE: r->c.sequence = item->value; break;
	case WIRE_BUSYSTATUS:
		e->said.busy = (enum said_busy)small(item->value, SAID_ELSEWHERE);
		break;
	case WIRE_MATCH: e->said.match = (unsigned)small(item->value, 15); break;
	case WIRE_PERIOD: add_period(r, item); break;
	default: break;
	}
}

/* RFC 5545 wants a DTEND (3.8.2.2), EXDATE, RDATE and RECURRENCE-ID (3.8.4.4) of the same form as
 * DTSTART. One that was written without a zone beside a DTSTART with one is on DTSTART's clock. */
static void settle_when(const struct reading *r, struct when *when, bool is_end)
{
	const struct when *start = &r->c.start;
	if (when->form != WHEN_LOCAL || when->zone)
		return;
	when->zone = fallback(r);
	if (start->form == WHEN_LOCAL && !r->start_floats)
		when->zone = start->zone;
	else if (start->form == WHEN_UTC && is_end)
		*when = (struct when){WHEN_UTC, when->local, start->zone};
}

static void settle_floating(struct reading *r)
{
	const struct event *e = &r->event;
	settle_when(r, &r->c.end, true);
	settle_when(r, &r->c.recurrence_id, false);
	for (size_t i = e->first_rdate; i < r->list->n_rdates; i++)
		settle_when(r, &r->list->rdates[i].start, false);
	for (size_t i = e->first_exdate; i < r->list->n_exdates; i++)
		settle_when(r, &r->list->exdates[i], false);
}

static void pack(const struct component *c, struct event *e)
{
	const int64_t most = INT32_MAX;
	e->start = c->start.local;
	e->end = c->end.local;
	e->recurrence_id = c->recurrence_id.local;
	e->start_zone = c->start.zone;
	e->end_zone = c->end.zone;
	e->recurrence_zone = c->recurrence_id.zone;
	e->start_form = (uint8_t)c->start.form;
	e->end_form = (uint8_t)c->end.form;
	e->recurrence_form = (uint8_t)c->recurrence_id.form;
	e->this_and_future = c->this_and_future;
	e->duration_s = (int32_t)(c->duration_s > most ? most
				  : c->duration_s < -2 ? -2
						       : c->duration_s);
	e->duration_days = c->duration_days;
	e->sequence = (int32_t)(c->sequence > most ? most : c->sequence < 0 ? 0 : c->sequence);
	e->line = c->line;
	e->n_rdates = c->n_rdates;
	e->n_exdates = c->n_exdates;
}

struct component event_component(const struct event_list *list, const struct event *e)
{
	return (struct component){
		.start = {(enum when_form)e->start_form, e->start, e->start_zone},
		.end = {(enum when_form)e->end_form, e->end, e->end_zone},
		.recurrence_id = {(enum when_form)e->recurrence_form, e->recurrence_id,
				  e->recurrence_zone},
		.duration_s = e->duration_s,
		.duration_days = e->duration_days,
		.sequence = e->sequence,
		.rdates = list->rdates ? list->rdates + e->first_rdate : NULL,
		.exdates = list->exdates ? list->exdates + e->first_exdate : NULL,
		.n_rdates = e->n_rdates,
		.n_exdates = e->n_exdates,
		.line = e->line,
		.this_and_future = e->this_and_future,
	};
}

static void close_event(struct reading *r)
{
	struct event_list *list = r->list;
	struct event *e = &r->event;
	if (r->c.start.form == WHEN_NONE && r->c.recurrence_id.form == WHEN_NONE) {
		warnings_add(r->warnings, r->c.line, "event skipped: it has no DTSTART");
		list->skipped++;
		return;
	}
	settle_floating(r);
	if (calendar(r)->cancels)
		e->said.status = STATUS_CANCELLED;
	if (r->c.start.form == WHEN_LOCAL || r->c.start.form == WHEN_UTC)
		event_list_use_zone(list, r->c.start.zone);
	pack(&r->c, e);
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = *e;
}

static void open_component(struct reading *r, enum wire_kind kind)
{
	r->open = kind;
	r->c = (struct component){.duration_s = -1};
	r->event = (struct event){
		.series = SERIES_START,
		.part = (uint32_t)r->part,
		.first_rule = (uint32_t)r->list->n_rules,
		.first_rdate = (uint32_t)r->list->n_rdates,
		.first_exdate = (uint32_t)r->list->n_exdates,
	};
	r->start_floats = false;
}

static void calendar_property(struct reading *r, const struct wire_item *item)
{
	struct calendar *c = &r->calendars[r->n_calendars - 1];
	if (item->property == WIRE_METHOD)
		c->cancels = item->text_n == 6 && memcmp(item->text, "CANCEL", 6) == 0;
	if (item->property != WIRE_ZONE || c->zone)
		return;
	c->zone = zone_order_find(r->order, r->n_calendars - 1, item->text, item->text_n);
	if (!c->zone)
		warnings_add(r->warnings, 0, "X-WR-TIMEZONE %.*s is unknown; read as %s",
			     (int)(item->text_n < 100 ? item->text_n : 100), item->text,
			     zone_name(r->opts->zone));
}

/* X-WR-TIMEZONE may stand behind the events it is for: calendars are read first. */
static bool read_calendars(struct reading *r, const struct buf *wire, struct err *err)
{
	struct wire_reader reader = {.wire = wire};
	struct wire_item item;
	do {
		if (!wire_next(&reader, &item, err))
			return false;
		if (item.kind == WIRE_CALENDAR) {
			r->calendars = xgrow(r->calendars, r->n_calendars, &r->cap_calendars,
					     sizeof *r->calendars);
			r->calendars[r->n_calendars++] = (struct calendar){0};
		} else if (item.kind == WIRE_PROPERTY && !reader.in_component) {
			calendar_property(r, &item);
		}
	} while (item.kind != WIRE_DONE);
	return true;
}

static bool read_components(struct reading *r, const struct buf *wire, struct err *err)
{
	struct wire_reader reader = {.wire = wire};
	struct wire_item item;
	do {
		if (!wire_next(&reader, &item, err))
			return false;
		switch (item.kind) {
		case WIRE_CALENDAR: r->calendar++; break;
		case WIRE_EVENT:
		case WIRE_FREEBUSY: open_component(r, item.kind); break;
		case WIRE_PROPERTY:
			if (r->open)
				read_property(r, &item);
			break;
		case WIRE_END:
			if (r->open == WIRE_EVENT)
				close_event(r);
			r->open = 0;
			break;
		default: break;
		}
	} while (item.kind != WIRE_DONE);
	return true;
}

bool event_list_read(struct event_list *list, const struct timetable_part *parts, size_t part,
		     const struct timetable_opts *opts, struct err *err)
{
	struct reading *r = xcalloc(1, sizeof *r);
	*r = (struct reading){.list = list,
			      .opts = opts,
			      .warnings = &parts[part].sieved->warnings,
			      .part = part};
	r->order = zone_order_new(parts[part].sieved, opts);
	list->orders = xgrow(list->orders, list->n_orders, &list->cap_orders, sizeof *list->orders);
	list->orders[list->n_orders++] = r->order;
	bool fine = read_calendars(r, parts[part].wire, err) &&
		    read_components(r, parts[part].wire, err);
	xfree(r->calendars);
	xfree(r);
	return fine;
}

void event_list_drop_events(struct event_list *list)
{
	xfree(list->v);
	list->v = NULL;
	list->n = list->cap = 0;
}

void event_list_fini(struct event_list *list)
{
	xfree(list->v);
	xfree(list->rules);
	xfree(list->rdates);
	xfree(list->exdates);
	xfree(list->periods);
	for (size_t i = 0; i < list->n_orders; i++)
		zone_order_free(list->orders[i]);
	xfree(list->orders);
	xfree(list->zones);
	*list = (struct event_list){0};
}
