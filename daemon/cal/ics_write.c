/* ics_write.c -- content lines, written where they belong; each ends in one function that folds. */
#include "cal/ics_write.h"

#include "base/utf8.h"

#include <string.h>

enum { FOLD_OCTETS = 75 };

/* Ends the line that begins at @begin, which is valid UTF-8, and folds it. */
static void end_line(struct buf *out, size_t begin)
{
	size_t n = out->n - begin, room = FOLD_OCTETS;
	if (n > room) {
		char *line = xmemdup(out->v + begin, n), *p = line;
		out->n = begin;
		for (; n > room; room = FOLD_OCTETS - 1) {
			size_t cut = room;
			while (cut > 0 && ((unsigned char)p[cut] & 0xC0) == 0x80)
				cut--; /* a character stays whole */
			cut = cut ? cut : room;
			buf_add(out, p, cut);
			buf_add(out, "\r\n ", 3);
			p += cut;
			n -= cut;
		}
		buf_add(out, p, n);
		xfree(line);
	}
	buf_add(out, "\r\n", 2);
}

void ics_raw(struct buf *out, const char *name, const char *value)
{
	size_t begin = out->n;
	buf_adds(out, name);
	buf_addc(out, ':');
	buf_adds(out, value);
	end_line(out, begin);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '\\' && c != ';' && c != ',';
}

static void escape(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t n = 0;
		while (is_plain(p[n]))
			n++;
		buf_add(out, p, n);
		p += n;
		if (!*p)
			return;
		n = utf8_size((const char *)p);
		if (n == 0) {
			buf_adds(out, UTF8_REPLACEMENT);
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
	size_t begin = out->n;
	buf_adds(out, name);
	buf_addc(out, ':');
	escape(out, text);
	end_line(out, begin);
}

/* Of a parameter in double quotes, which has no way to hold one (RFC 5545 section 3.2). */
static void quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (const char *p = text; *p;) {
		size_t n = utf8_size(p);
		bool c1 = n == 2 && (unsigned char)p[0] == 0xC2 && (unsigned char)p[1] < 0xA0;
		if (n == 0)
			buf_adds(out, UTF8_REPLACEMENT);
		else if (*p == '"')
			buf_addc(out, '\'');
		else if ((unsigned char)*p >= 0x20 && *p != 0x7F && !c1)
			buf_add(out, p, n);
		p += n ? n : 1;
	}
	buf_addc(out, '"');
}

void ics_mailto(struct buf *out, const char *name, const char *who, const char *address)
{
	size_t begin = out->n;
	buf_adds(out, name);
	buf_adds(out, ";CN=");
	quoted(out, who);
	buf_adds(out, ":mailto:");
	buf_adds(out, address);
	end_line(out, begin);
}

static char *digits(char *out, int value, int n)
{
	for (int i = n; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + n;
}

static void stamp(local_t local, char out[ICS_UTC_TEXT])
{
	struct civil c = civil_from_day(local_day(local));
	int s = local_second(local);
	char *p = digits(digits(digits(out, c.year % 10000, 4), c.month, 2), c.day, 2);
	*p++ = 'T';
	p = digits(digits(digits(p, s / 3600, 2), s / 60 % 60, 2), s % 60, 2);
	*p = '\0';
}

void ics_zoned(struct buf *out, const char *name, const struct zone *zone, utc_t at)
{
	if (zone == zone_utc()) { /* RFC 5545 section 3.3.5: UTC is form 2, never a TZID */
		ics_utc(out, name, at);
		return;
	}
	char text[ICS_UTC_TEXT];
	size_t begin = out->n;
	stamp(zone_to_local(zone, at), text);
	buf_adds(out, name);
	buf_adds(out, ";TZID=");
	buf_adds(out, zone_name(zone));
	buf_addc(out, ':');
	buf_adds(out, text);
	end_line(out, begin);
}

void ics_day(struct buf *out, const char *name, day_t day)
{
	char text[ICS_UTC_TEXT];
	size_t begin = out->n;
	stamp(local_at(day, 0), text);
	buf_adds(out, name);
	buf_adds(out, ";VALUE=DATE:");
	buf_add(out, text, strcspn(text, "T"));
	end_line(out, begin);
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
