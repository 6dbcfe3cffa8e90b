/* wire.c -- one record: what is there, then only that. Numbers are varints, since a large
 * timetable's wire is held as a whole while it is read.
 *
 *   byte 0   kind (3 bits), form (2), has a local, a value, a text
 *   byte 1   property (6 bits), TZID: none, the same again, here (2) */
#include "cal/wire.h"

#include <string.h>

#define TZID_MAX 1024

enum { HAS_LOCAL = 1 << 5, HAS_VALUE = 1 << 6, HAS_TEXT = 1 << 7 };
enum { TZID_NONE, TZID_AGAIN, TZID_HERE };

/* Small numbers of either sign in few bytes: 0, -1, 1, -2 ... are 0, 1, 2, 3 ... */
static void put_number(struct buf *out, int64_t value)
{
	uint64_t v = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
	for (; v > 0x7F; v >>= 7)
		buf_addc(out, (char)(0x80 | (v & 0x7F)));
	buf_addc(out, (char)v);
}

static bool get_number(const char **p, const char *end, int64_t *out)
{
	uint64_t v = 0;
	for (int shift = 0; shift < 64 && *p < end; shift += 7) {
		uint64_t byte = (unsigned char)*(*p)++;
		v |= (byte & 0x7F) << shift;
		if (byte < 0x80) {
			*out = (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
			return true;
		}
	}
	return false;
}

/* Bytes behind their length, at most @max. */
static bool get_bytes(const char **p, const char *end, size_t max, const char **out, size_t *n)
{
	int64_t length;
	if (!get_number(p, end, &length) || length < 0 || (uint64_t)length > max ||
	    length > end - *p)
		return false;
	*out = *p;
	*n = (size_t)length;
	*p += length;
	return true;
}

void wire_put(struct wire_writer *w, const struct wire_item *item)
{
	struct buf *out = w->out;
	size_t tzid_n = item->tzid_n <= TZID_MAX ? item->tzid_n : 0;
	int tzid = tzid_n == 0 ? TZID_NONE
		   : tzid_n == w->tzid_n && memcmp(out->v + w->tzid_at, item->tzid, tzid_n) == 0
			   ? TZID_AGAIN
			   : TZID_HERE;
	buf_addc(out,
		 (char)((int)item->kind | (int)item->form << 3 | (item->local ? HAS_LOCAL : 0) |
			(item->value ? HAS_VALUE : 0) | (item->text_n ? HAS_TEXT : 0)));
	buf_addc(out, (char)((int)item->property | tzid << 6));
	if (item->local)
		put_number(out, item->local);
	if (item->value)
		put_number(out, item->value);
	if (tzid == TZID_HERE) {
		put_number(out, (int64_t)tzid_n);
		w->tzid_at = out->n;
		w->tzid_n = tzid_n;
		buf_add(out, item->tzid, tzid_n);
	}
	if (item->text_n) {
		put_number(out, (int64_t)item->text_n);
		buf_add(out, item->text, item->text_n);
	}
}

/* Only the order that the header promises is a wire. */
static bool in_order(struct wire_reader *r, const struct wire_item *item)
{
	bool fine;
	switch (item->kind) {
	case WIRE_CALENDAR: r->in_calendar = true; return !r->in_component;
	case WIRE_EVENT:
	case WIRE_FREEBUSY:
		fine = r->in_calendar && !r->in_component;
		r->in_component = true;
		return fine;
	case WIRE_PROPERTY:
		return r->in_calendar && item->property > 0 &&
		       item->property < WIRE_PROPERTY_COUNT && item->form <= WIRE_FORM_UTC;
	case WIRE_END:
		fine = r->in_component;
		r->in_component = false;
		return fine;
	case WIRE_DONE: r->done = true; return !r->in_component && r->at == r->wire->n;
	default: return false;
	}
}

static bool read_item(struct wire_reader *r, struct wire_item *item)
{
	const char *p = r->wire->v + r->at, *end = r->wire->v + r->wire->n;
	int first = (unsigned char)p[0], second = (unsigned char)p[1];
	p += 2;
	item->kind = (enum wire_kind)(first & 7);
	item->form = (enum wire_form)(first >> 3 & 3);
	item->property = (enum wire_property)(second & 0x3F);
	item->text = p;
	if (((first & HAS_LOCAL) && !get_number(&p, end, &item->local)) ||
	    ((first & HAS_VALUE) && !get_number(&p, end, &item->value)))
		return false;
	switch (second >> 6) {
	case TZID_NONE: break;
	case TZID_HERE:
		if (!get_bytes(&p, end, TZID_MAX, &r->tzid, &r->tzid_n))
			return false;
		/* fall through */
	default:
		if (!r->tzid || second >> 6 > TZID_HERE)
			return false;
		item->tzid = r->tzid;
		item->tzid_n = r->tzid_n;
	}
	if ((first & HAS_TEXT) && !get_bytes(&p, end, SIZE_MAX, &item->text, &item->text_n))
		return false;
	r->at = (size_t)(p - r->wire->v);
	return true;
}

bool wire_next(struct wire_reader *r, struct wire_item *out, struct err *err)
{
	struct wire_item item = {0};
	if (r->done || r->wire->n - r->at < 2)
		return err_set(err, ERR_PARSE, "the parser's answer is cut off");
	if (!read_item(r, &item))
		return err_set(err, ERR_PARSE, "the parser's answer is damaged");
	/* a wall-clock reading outside the years 1 to 9999 is nobody's calendar */
	const local_t least = local_at(civil_to_day(1, 1, 1), 0);
	const local_t past = local_at(civil_to_day(10000, 1, 1), 0);
	if (item.form != WIRE_FORM_NONE && (item.local < least || item.local >= past))
		return err_set(err, ERR_PARSE, "the parser's answer holds an impossible date");
	if (!in_order(r, &item))
		return err_set(err, ERR_PARSE, "the parser's answer is out of order");
	*out = item;
	return true;
}
