/* cal/wire.h -- the flat, length-prefixed records that come out of the cage.
 *
 * A wire is a row of items: WIRE_CALENDAR opens a VCALENDAR, WIRE_EVENT and WIRE_FREEBUSY open a
 * component in it, WIRE_PROPERTY belongs to the component (or calendar) opened last, WIRE_END
 * closes a component, WIRE_DONE is the last item and proves that nothing is missing. What comes
 * out of the cage is as little trusted as what went in: wire_next checks every bound. */
#ifndef CAL_WIRE_H
#define CAL_WIRE_H

#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"

#include <stdint.h>

enum wire_kind {
	WIRE_CALENDAR = 1,
	WIRE_EVENT,
	WIRE_FREEBUSY,
	WIRE_PROPERTY,
	WIRE_END,
	WIRE_DONE,
	WIRE_KIND_COUNT
};

/* and what stands where */
enum wire_property {
	WIRE_UID = 1,	    /* text */
	WIRE_DTSTART,	    /* form, local, tzid */
	WIRE_DTEND,	    /* form, local, tzid */
	WIRE_DURATION,	    /* value: seconds; local: of them, written in days */
	WIRE_RRULE,	    /* value: line in the file; text: the rule as written */
	WIRE_RDATE,	    /* form, local, tzid; value: seconds of a PERIOD, or -1 */
	WIRE_EXDATE,	    /* form, local, tzid */
	WIRE_RECURRENCE_ID, /* form, local, tzid; value: 1 for THISANDFUTURE */
	WIRE_STATUS,	    /* value: enum said_status */
	WIRE_TRANSP,	    /* value: 1 transparent */
	WIRE_SEQUENCE,	    /* value */
	WIRE_BUSYSTATUS,    /* value: enum said_busy */
	WIRE_PERIOD,	    /* FREEBUSY: form UTC, local; value: seconds; text: FBTYPE */
	WIRE_LINE,	    /* value: where the component began */
	WIRE_MATCH,	    /* value: bits of enum match */
	WIRE_ZONE,	    /* calendar: X-WR-TIMEZONE, text */
	WIRE_METHOD,	    /* calendar: text */
	WIRE_EXRULE,	    /* as WIRE_RRULE */
	WIRE_PROPERTY_COUNT
};

enum wire_form { WIRE_FORM_NONE, WIRE_FORM_DATE, WIRE_FORM_LOCAL, WIRE_FORM_UTC };

struct wire_item {
	enum wire_kind kind;
	enum wire_property property; /* WIRE_PROPERTY */
	enum wire_form form;
	local_t local;
	int64_t value;
	const char *tzid; /* @tzid_n bytes, no NUL; borrowed from the wire */
	size_t tzid_n;
	const char *text;
	size_t text_n;
};

/* Equal TZIDs in a row are written once. Zero-initialise, set @out. */
struct wire_writer {
	struct buf *out;
	size_t tzid_at, tzid_n;
};
void wire_put(struct wire_writer *writer, const struct wire_item *item);

struct wire_reader {
	const struct buf *wire;
	size_t at;
	const char *tzid;
	size_t tzid_n;
	bool in_calendar, in_component, done;
};
/* The next item; false with ERR_PARSE when the bytes are no wire. After WIRE_DONE nothing may
 * follow. */
bool wire_next(struct wire_reader *reader, struct wire_item *out, struct err *err) NODISCARD;

#endif
