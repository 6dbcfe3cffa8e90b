/* ics_write.c -- content lines. Every line goes through one function that folds. */
#include "cal/ics_write.h"

#include <stdio.h>
#include <string.h>

enum { FOLD_OCTETS = 75 };

/* Length of the well-formed UTF-8 character at @p (1..4), 0 when it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *p)
{
	if (p[0] < 0x80)
		return 1;
	size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return n;
}

/* @line is valid UTF-8 without its line end. */
static void fold(struct buf *out, const char *line)
{
	size_t column = 0;
	for (const char *p = line; *p;) {
		size_t n = utf8_length((const unsigned char *)p);
		if (column + n > FOLD_OCTETS) {
			buf_adds(out, "\r\n ");
			column = 1;
		}
		buf_add(out, p, n);
		column += n;
		p += n;
	}
	buf_adds(out, "\r\n");
}

void ics_raw(struct buf *out, const char *name, const char *value)
{
	struct buf line = {0};
	buf_addf(&line, "%s:%s", name, value);
	fold(out, buf_str(&line));
	buf_fini(&line);
}

static void escape(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t n = utf8_length(p);
		if (n == 0) {
			buf_adds(out, "\xEF\xBF\xBD");
			p++;
			continue;
		}
		if (*p == '\\' || *p == ';' || *p == ',')
			buf_addf(out, "\\%c", *p);
		else if (*p == '\n')
			buf_adds(out, "\\n");
		else if (n == 2 && p[0] == 0xC2 && p[1] < 0xA0) /* C1 controls */
			;
		else if (*p >= 0x20 && *p != 0x7F)
			buf_add(out, p, n);
		p += n;
	}
}

void ics_text(struct buf *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	struct buf line = {0};
	buf_addf(&line, "%s:", name);
	escape(&line, text);
	fold(out, buf_str(&line));
	buf_fini(&line);
}

static void stamp(local_t local, char out[ICS_UTC_TEXT])
{
	struct civil c = civil_from_day(local_day(local));
	int s = local_second(local);
	(void)snprintf(out, ICS_UTC_TEXT - 1, "%04d%02d%02dT%02d%02d%02d", c.year % 10000, c.month,
		       c.day, s / 3600, s / 60 % 60, s % 60);
}

void ics_zoned(struct buf *out, const char *name, const struct zone *zone, utc_t at)
{
	if (zone == zone_utc()) { /* RFC 5545 section 3.3.5: UTC is form 2, never a TZID */
		ics_utc(out, name, at);
		return;
	}
	char text[ICS_UTC_TEXT];
	stamp(zone_to_local(zone, at), text);
	struct buf line = {0};
	buf_addf(&line, "%s;TZID=%s:%s", name, zone_name(zone), text);
	fold(out, buf_str(&line));
	buf_fini(&line);
}

const char *ics_utc_text(utc_t at, char out[ICS_UTC_TEXT])
{
	stamp(at, out);
	strcat(out, "Z");
	return out;
}

void ics_utc(struct buf *out, const char *name, utc_t at)
{
	char text[ICS_UTC_TEXT];
	ics_raw(out, name, ics_utc_text(at, text));
}
