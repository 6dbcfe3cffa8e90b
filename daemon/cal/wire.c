/* wire.c -- one record: kind, property, form, three numbers, two texts. Lengths come first. */
#include "cal/wire.h"

#include <string.h>

#define TZID_AGAIN 0xFFFFu
#define TZID_MAX   1024

enum { HEAD = 3 + 8 + 8 + 2 + 4 };

static void put_number(char *p, uint64_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (char)(value >> (8 * i) & 0xFF);
}

static uint64_t get_number(const char *p, int bytes)
{
	uint64_t value = 0;
	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return value;
}

void wire_put(struct wire_writer *w, const struct wire_item *item)
{
	struct buf *out = w->out;
	size_t tzid_n = item->tzid_n <= TZID_MAX ? item->tzid_n : 0;
	bool again = tzid_n > 0 && tzid_n == w->tzid_n &&
		     memcmp(out->v + w->tzid_at, item->tzid, tzid_n) == 0;
	char head[HEAD] = {(char)item->kind, (char)item->property, (char)item->form};
	put_number(head + 3, (uint64_t)item->local, 8);
	put_number(head + 11, (uint64_t)item->value, 8);
	put_number(head + 19, again ? TZID_AGAIN : tzid_n, 2);
	put_number(head + 21, item->text_n, 4);
	buf_add(out, head, HEAD);
	if (tzid_n > 0 && !again) {
		w->tzid_at = out->n;
		w->tzid_n = tzid_n;
		buf_add(out, item->tzid, tzid_n);
	}
	buf_add(out, item->text, item->text_n);
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

bool wire_next(struct wire_reader *r, struct wire_item *out, struct err *err)
{
	size_t left = r->wire->n - r->at;
	if (r->done || left < HEAD)
		return err_set(err, ERR_PARSE, "the parser's answer is cut off");
	const char *p = r->wire->v + r->at;
	struct wire_item item = {
		.kind = (enum wire_kind)(unsigned char)p[0],
		.property = (enum wire_property)(unsigned char)p[1],
		.form = (enum wire_form)(unsigned char)p[2],
		.local = (local_t)get_number(p + 3, 8),
		.value = (int64_t)get_number(p + 11, 8),
	};
	size_t tzid_n = (size_t)get_number(p + 19, 2);
	size_t text_n = (size_t)get_number(p + 21, 4);
	bool again = tzid_n == TZID_AGAIN;
	size_t inline_n = again ? 0 : tzid_n;
	left -= HEAD;
	if (inline_n > TZID_MAX || inline_n > left || text_n > left - inline_n ||
	    (again && !r->tzid))
		return err_set(err, ERR_PARSE, "the parser's answer is damaged");
	if (!again && tzid_n > 0) {
		r->tzid = p + HEAD;
		r->tzid_n = tzid_n;
	}
	if (tzid_n > 0) {
		item.tzid = r->tzid;
		item.tzid_n = r->tzid_n;
	}
	item.text = p + HEAD + inline_n;
	item.text_n = text_n;
	r->at += HEAD + inline_n + text_n;
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
