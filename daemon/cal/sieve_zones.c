/* sieve_zones.c -- the lines of a VTIMEZONE. They go to a buffer of their own: libical never sees
 * them (its own reading of one takes seconds for some small files), cal/vtimezone reads them,
 * and only those that a TZID asks for. */
#include "cal/sieve.h"

#include "cal/charset.h"

#include <string.h>

static const struct {
	const char *name;
	enum part part;
} rows[] = {
	{"TZID", PART_ZONE},
	{"DTSTART", PART_OBSERVANCE},
	{"RDATE", PART_OBSERVANCE},
	{"RRULE", PART_OBSERVANCE},
	{"TZOFFSETFROM", PART_OBSERVANCE},
	{"TZOFFSETTO", PART_OBSERVANCE},
};

void sieve_zone_begin(struct sieve *s, enum part part, struct text name, int line)
{
	struct buf *out = &s->out->vtimezones;
	if (part == PART_ZONE)
		buf_addf(out, "X-TANDEM-CALENDAR:%zu\nBEGIN:VTIMEZONE\nX-TANDEM-LINE:%d\n",
			 s->calendars ? s->calendars - 1 : 0, line);
	else
		buf_addf(out, "BEGIN:%s\n", text_is(name, "DAYLIGHT") ? "DAYLIGHT" : "STANDARD");
}

void sieve_zone_end(struct sieve *s, enum part part, const char *name)
{
	buf_addf(&s->out->vtimezones, "END:%s\n",
		 part == PART_ZONE	    ? "VTIMEZONE"
		 : (name[0] & ~0x20) == 'D' ? "DAYLIGHT"
					    : "STANDARD");
}

/* A TZID is TEXT here (RFC 5545 section 3.8.3.1) and may have backslashes where the parameter of
 * that name has none; the others are dates and words. */
static void put_value(struct buf *out, struct text value)
{
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' && i + 1 < value.n && strchr(",;\\", value.p[i + 1]))
			i++;
		buf_addc(out, value.p[i]);
	}
}

static const char *find(enum part part, struct text name)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].part == part && text_is(name, rows[i].name))
			return rows[i].name;
	return NULL;
}

bool sieve_zone_reads(enum part part, struct text name)
{
	return find(part, name) != NULL;
}

bool sieve_zone_line(struct sieve *s, enum part part, struct text line)
{
	struct content c;
	if (!content_split(line, false, &c))
		return false;
	const char *name = find(part, c.name);
	if (!name || !(part == PART_ZONE ? sieve_is_zone_name(c.value)
					 : charset_is_clean(c.value.p, c.value.n)))
		return true;
	buf_addf(&s->out->vtimezones, "%s:", name);
	put_value(&s->out->vtimezones, c.value);
	buf_addc(&s->out->vtimezones, '\n');
	return true;
}
