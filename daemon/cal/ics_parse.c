/* ics_parse.c -- libical's part of an import: properties of clean text -> wire.
 *
 * The text is handed to libical one component at a time, so that memory depends on the largest
 * event and not on the file. Values are taken from the properties themselves: libical's own
 * accessors that look for zones, and its expansion, are never called (design 3-import, traps). */
#include "cal/ics_parse.h"

#include "cal/busy.h"
#include "cal/wire.h"

#include <libical/ical.h>
#include <stdlib.h>
#include <string.h>

static void put(struct wire_writer *w, enum wire_kind kind)
{
	struct wire_item item = {.kind = kind};
	wire_put(w, &item);
}

static void put_value(struct wire_writer *w, enum wire_property property, int64_t value)
{
	struct wire_item item = {.kind = WIRE_PROPERTY, .property = property, .value = value};
	wire_put(w, &item);
}

static void put_text(struct wire_writer *w, enum wire_property property, int64_t value,
		     const char *text)
{
	struct wire_item item = {.kind = WIRE_PROPERTY,
				 .property = property,
				 .value = value,
				 .text = text ? text : "",
				 .text_n = text ? strlen(text) : 0};
	wire_put(w, &item);
}

/* Form and wall-clock reading of a libical time; false when it is none. */
static bool set_time(struct wire_item *item, struct icaltimetype t)
{
	if (icaltime_is_null_time(t) || !civil_valid(t.year, t.month, t.day))
		return false;
	item->form = t.is_date		  ? WIRE_FORM_DATE
		     : icaltime_is_utc(t) ? WIRE_FORM_UTC
					  : WIRE_FORM_LOCAL;
	int second = t.is_date ? 0 : t.hour * 3600 + t.minute * 60 + t.second;
	if (second < 0 || second >= DAY_S)
		return false;
	item->local = local_at(civil_to_day(t.year, t.month, t.day), second);
	return true;
}

static int64_t period_length(struct icalperiodtype p)
{
	if (icaltime_is_null_time(p.end))
		return icaldurationtype_as_int(p.duration);
	struct wire_item a = {0}, b = {0};
	return set_time(&a, p.start) && set_time(&b, p.end) ? b.local - a.local : -1;
}

static void put_time(struct wire_writer *w, enum wire_property property, icalproperty *prop)
{
	struct wire_item item = {.kind = WIRE_PROPERTY, .property = property, .value = -1};
	const icalvalue *value = icalproperty_get_value(prop);
	bool fine = false;
	switch (icalvalue_isa(value)) {
	case ICAL_DATE_VALUE: fine = set_time(&item, icalvalue_get_date(value)); break;
	case ICAL_DATETIME_VALUE: fine = set_time(&item, icalvalue_get_datetime(value)); break;
	case ICAL_DATETIMEPERIOD_VALUE:
	case ICAL_PERIOD_VALUE: {
		struct icaldatetimeperiodtype both = icalvalue_get_datetimeperiod(value);
		bool period = icaltime_is_null_time(both.time);
		fine = set_time(&item, period ? both.period.start : both.time);
		item.value = period ? period_length(both.period) : -1;
		break;
	}
	default: break;
	}
	icalparameter *range = icalproperty_get_first_parameter(prop, ICAL_RANGE_PARAMETER);
	if (property == WIRE_RECURRENCE_ID)
		item.value = range && icalparameter_get_range(range) == ICAL_RANGE_THISANDFUTURE;
	icalparameter *tzid = icalproperty_get_first_parameter(prop, ICAL_TZID_PARAMETER);
	const char *name = tzid ? icalparameter_get_tzid(tzid) : NULL;
	if (name && item.form == WIRE_FORM_LOCAL) {
		item.tzid = name;
		item.tzid_n = strlen(name);
	}
	if (fine)
		wire_put(w, &item);
}

static void put_freebusy(struct wire_writer *w, icalproperty *prop)
{
	static const struct {
		int type;
		const char *word;
	} types[] = {{ICAL_FBTYPE_FREE, "FREE"}, {ICAL_FBTYPE_BUSYTENTATIVE, "BUSY-TENTATIVE"}};
	struct wire_item item = {
		.kind = WIRE_PROPERTY, .property = WIRE_PERIOD, .text = "BUSY", .text_n = 4};
	struct icalperiodtype p = icalproperty_get_freebusy(prop);
	icalparameter *type = icalproperty_get_first_parameter(prop, ICAL_FBTYPE_PARAMETER);
	for (size_t i = 0; type && i < sizeof types / sizeof *types; i++) {
		if ((int)icalparameter_get_fbtype(type) == types[i].type) {
			item.text = types[i].word;
			item.text_n = strlen(item.text);
		}
	}
	item.value = period_length(p);
	if (set_time(&item, p.start) && item.value >= 0)
		wire_put(w, &item);
}

static const struct {
	const char *name;
	enum wire_property property;
} x_names[] = {
	{"X-TANDEM-LINE", WIRE_LINE},	    {"X-TANDEM-MATCH", WIRE_MATCH},
	{"X-TANDEM-BUSY", WIRE_BUSYSTATUS}, {"X-TANDEM-RRULE", WIRE_RRULE},
	{"X-TANDEM-EXRULE", WIRE_EXRULE},   {"X-WR-TIMEZONE", WIRE_ZONE},
};

static void put_x(struct wire_writer *w, icalproperty *prop)
{
	const char *name = icalproperty_get_x_name(prop);
	const char *text = icalproperty_get_x(prop);
	if (!name || !text)
		return;
	for (size_t i = 0; i < sizeof x_names / sizeof *x_names; i++) {
		if (strcmp(x_names[i].name, name) != 0)
			continue;
		enum wire_property property = x_names[i].property;
		char *rest = NULL;
		long long number = property == WIRE_ZONE ? 0 : strtoll(text, &rest, 10);
		if (property == WIRE_ZONE)
			put_text(w, property, 0, text);
		else if (property == WIRE_RRULE || property == WIRE_EXRULE) /* "41 FREQ=..." */
			put_text(w, property, number, *rest == ' ' ? rest + 1 : rest);
		else
			put_value(w, property, number);
	}
}

static void put_duration(struct wire_writer *w, struct icaldurationtype d)
{
	struct wire_item item = {.kind = WIRE_PROPERTY,
				 .property = WIRE_DURATION,
				 .value = icaldurationtype_as_int(d),
				 .local = (local_t)d.weeks * 7 + (local_t)d.days};
	wire_put(w, &item);
}

static int64_t status_of(icalproperty *prop)
{
	switch (icalproperty_get_status(prop)) {
	case ICAL_STATUS_TENTATIVE: return STATUS_TENTATIVE;
	case ICAL_STATUS_CONFIRMED: return STATUS_CONFIRMED;
	case ICAL_STATUS_CANCELLED: return STATUS_CANCELLED;
	default: return STATUS_NONE;
	}
}

static void put_property(struct wire_writer *w, icalproperty *prop)
{
	switch (icalproperty_isa(prop)) {
	case ICAL_UID_PROPERTY: put_text(w, WIRE_UID, 0, icalproperty_get_uid(prop)); break;
	case ICAL_DTSTART_PROPERTY: put_time(w, WIRE_DTSTART, prop); break;
	case ICAL_DTEND_PROPERTY: put_time(w, WIRE_DTEND, prop); break;
	case ICAL_RDATE_PROPERTY: put_time(w, WIRE_RDATE, prop); break;
	case ICAL_EXDATE_PROPERTY: put_time(w, WIRE_EXDATE, prop); break;
	case ICAL_RECURRENCEID_PROPERTY: put_time(w, WIRE_RECURRENCE_ID, prop); break;
	case ICAL_DURATION_PROPERTY: put_duration(w, icalproperty_get_duration(prop)); break;
	case ICAL_STATUS_PROPERTY: put_value(w, WIRE_STATUS, status_of(prop)); break;
	case ICAL_TRANSP_PROPERTY:
		put_value(w, WIRE_TRANSP, icalproperty_get_transp(prop) == ICAL_TRANSP_TRANSPARENT);
		break;
	case ICAL_SEQUENCE_PROPERTY:
		put_value(w, WIRE_SEQUENCE, icalproperty_get_sequence(prop));
		break;
	case ICAL_METHOD_PROPERTY:
		put_text(w, WIRE_METHOD, 0,
			 icalproperty_get_method(prop) == ICAL_METHOD_CANCEL ? "CANCEL" : "OTHER");
		break;
	case ICAL_FREEBUSY_PROPERTY: put_freebusy(w, prop); break;
	case ICAL_X_PROPERTY: put_x(w, prop); break;
	default: break;
	}
}

/* @chunk: one component or one calendar's header lines, ended by NUL. One that libical cannot
 * read comes out without properties, and the reader skips it as an event without DTSTART. */
static void parse_chunk(struct wire_writer *w, const char *chunk)
{
	icalcomponent *c = icalparser_parse_string(chunk);
	if (!c)
		return;
	for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_ANY_PROPERTY); p;
	     p = icalcomponent_get_next_property(c, ICAL_ANY_PROPERTY))
		put_property(w, p);
	icalcomponent_free(c);
}

struct cut { /* the text, line by line */
	const char *at, *end;
	struct buf header, component;
	bool in_calendar;
	enum wire_kind kind; /* of the open component, or 0 */
};

static bool line_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

static void flush_header(struct wire_writer *w, struct cut *cut)
{
	if (cut->header.n == 0)
		return;
	struct buf chunk = {0};
	buf_addf(&chunk, "BEGIN:VCALENDAR\r\n%sEND:VCALENDAR\r\n", buf_str(&cut->header));
	buf_clear(&cut->header);
	parse_chunk(w, buf_str(&chunk));
	buf_fini(&chunk);
}

static void component_line(struct wire_writer *w, struct cut *cut, const char *p, size_t n)
{
	buf_add(&cut->component, p, n);
	buf_adds(&cut->component, "\r\n");
	if (!line_is(p, n, "END:VEVENT") && !line_is(p, n, "END:VFREEBUSY"))
		return;
	parse_chunk(w, buf_str(&cut->component));
	put(w, WIRE_END);
	buf_clear(&cut->component);
	cut->kind = 0;
}

static bool cut_line(struct wire_writer *w, struct cut *cut, const char *p, size_t n,
		     struct err *err)
{
	bool event = line_is(p, n, "BEGIN:VEVENT"), busy = line_is(p, n, "BEGIN:VFREEBUSY");
	if (cut->kind) {
		component_line(w, cut, p, n);
		return true;
	}
	if (line_is(p, n, "BEGIN:VCALENDAR")) {
		put(w, WIRE_CALENDAR);
		cut->in_calendar = true;
		return true;
	}
	if (!cut->in_calendar)
		return err_set(err, ERR_PARSE, "the text does not begin with a calendar");
	if (event || busy || line_is(p, n, "END:VCALENDAR"))
		flush_header(w, cut);
	if (event || busy) {
		cut->kind = event ? WIRE_EVENT : WIRE_FREEBUSY;
		put(w, cut->kind);
		component_line(w, cut, p, n);
	} else if (!line_is(p, n, "END:VCALENDAR")) {
		buf_add(&cut->header, p, n);
		buf_adds(&cut->header, "\r\n");
	}
	return true;
}

bool ics_parse(const char *text, size_t n, struct buf *wire, struct err *err)
{
	struct buf out = {0};
	struct wire_writer w = {.out = &out};
	struct cut cut = {.at = text, .end = text + n};
	bool fine = true;
	icalerror_set_errors_are_fatal(0);
	while (fine && cut.at < cut.end) {
		const char *lf = memchr(cut.at, '\n', (size_t)(cut.end - cut.at));
		const char *stop = lf ? lf : cut.end;
		size_t k = (size_t)(stop - cut.at);
		fine = cut_line(&w, &cut, cut.at, k > 0 && stop[-1] == '\r' ? k - 1 : k, err);
		cut.at = lf ? lf + 1 : cut.end;
	}
	if (fine && cut.kind)
		fine = err_set(err, ERR_PARSE, "the text ends inside a component");
	put(&w, WIRE_DONE);
	buf_fini(&cut.header);
	buf_fini(&cut.component);
	if (fine) {
		buf_fini(wire);
		*wire = out;
		return true;
	}
	buf_fini(&out);
	return false;
}

void ics_parse_prepare(void)
{
	static const char sample[] =
		"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Amsterdam\r\nMETHOD:PUBLISH\r\n"
		"BEGIN:VEVENT\r\nX-TANDEM-LINE:1\r\nUID:1\r\nDTSTART;TZID=\"X\":20240101T090000\r\n"
		"DTEND:20240101T100000Z\r\nDURATION:PT60S\r\nRDATE;VALUE=PERIOD:20240102T090000Z/"
		"PT60S\r\nEXDATE;VALUE=DATE:20240101,20240102\r\nRECURRENCE-ID;RANGE="
		"THISANDFUTURE:20240101T090000\r\nSTATUS:TENTATIVE\r\nTRANSP:OPAQUE\r\nSEQUENCE:"
		"1\r\n"
		"END:VEVENT\r\nBEGIN:VFREEBUSY\r\nFREEBUSY;FBTYPE=BUSY:20240101T090000Z/PT60S\r\n"
		"END:VFREEBUSY\r\nEND:VCALENDAR\r\n";
	struct buf wire = {0};
	struct err err;
	(void)!ics_parse(sample, sizeof sample - 1, &wire, &err);
	buf_fini(&wire);
}
