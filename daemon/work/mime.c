/* mime.c -- see the header. A field is cut into encoded words where a character ends: each word is
 * decoded alone (RFC 2047 section 5). */
#include "work/mime.h"

#include "base/utf8.h"
#include "plan/draw_words.h"

#include <stdio.h>
#include <string.h>

enum {
	LINE = 76,
	PLAIN_MAX = 60,	    /* a name or a word that is longer is encoded, so that it can be cut */
	BASE64_BYTES = 57,  /* of a line of 76 */
	WORD_OVERHEAD = 12, /* =?utf-8?B? and ?= */
};

static const char base64_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64(struct buf *out, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
			     (left > 2 ? p[i + 2] : 0);
		buf_addc(out, base64_letters[v >> 18]);
		buf_addc(out, base64_letters[v >> 12 & 63]);
		buf_addc(out, left > 1 ? base64_letters[v >> 6 & 63] : '=');
		buf_addc(out, left > 2 ? base64_letters[v & 63] : '=');
	}
}

void mime_base64(struct buf *out, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i += BASE64_BYTES) {
		base64(out, (const unsigned char *)p + i,
		       n - i < BASE64_BYTES ? n - i : BASE64_BYTES);
		buf_adds(out, "\r\n");
	}
}

/* ---- quoted-printable ---- */

static bool is_literal(unsigned char c, size_t column, unsigned char next)
{
	if (c == ' ')
		return next != '\n' && next != '\0'; /* at the end of a line it would be lost */
	if (c == '.' || c == 'F')
		return column > 0; /* a line that begins with "." or "From " is taken for more */
	return c > ' ' && c < 0x7F && c != '=';
}

void mime_quoted(struct buf *out, const char *text)
{
	size_t column = 0;
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '\n') {
			buf_adds(out, "\r\n");
			column = 0;
			continue;
		}
		bool literal = is_literal(*p, column, p[1]);
		size_t width = literal ? 1 : 3;
		/* the last place of a line is kept for its "=" */
		if (column + width > LINE - 1) {
			buf_adds(out, "=\r\n");
			column = 0;
			literal = is_literal(*p, 0, p[1]);
			width = literal ? 1 : 3;
		}
		if (literal)
			buf_addc(out, (char)*p);
		else
			buf_addf(out, "=%02X", *p);
		column += width;
	}
	if (column)
		buf_adds(out, "\r\n");
}

/* ---- header fields ---- */

/* Valid UTF-8 without control characters; runs of blanks are one, none at the ends. */
static void clean(struct buf *out, const char *text)
{
	bool blank = false;
	for (const char *p = text; *p;) {
		size_t n = utf8_size(p);
		unsigned char c = (unsigned char)*p;
		bool control = (n == 1 && (c <= ' ' || c == 0x7F)) ||
			       (n == 2 && c == 0xC2 && (unsigned char)p[1] < 0xA0);
		if (control) {
			blank = true;
		} else {
			if (blank && out->n)
				buf_addc(out, ' ');
			blank = false;
			if (n)
				buf_add(out, p, n);
			else
				buf_adds(out, UTF8_REPLACEMENT);
		}
		p += n ? n : 1;
	}
}

/* Whether it can stand as it is: ASCII, no word that is too long for a line, and nothing that
 * would be taken for an encoded word. */
static bool is_plain(const char *text)
{
	size_t word = 0;
	for (const char *p = text; *p; p++) {
		word = *p == ' ' ? 0 : word + 1;
		if ((unsigned char)*p >= 0x7F || word > PLAIN_MAX)
			return false;
	}
	return strstr(text, "=?") == NULL;
}

/* Bytes of @p, at most @max, up to the end of a character. */
static size_t whole_characters(const char *p, size_t max)
{
	size_t n = 0;
	while (p[n]) {
		size_t size = utf8_size(p + n);
		if (n + size > max)
			break;
		n += size;
	}
	return n;
}

/* @column: where the line stands; returns where it stands afterwards. */
static size_t encoded_words(struct buf *out, const char *text, size_t column)
{
	for (const char *p = text; *p;) {
		size_t room = column + WORD_OVERHEAD + 8 <= LINE
				      ? (LINE - column - WORD_OVERHEAD) / 4 * 3
				      : 0;
		size_t n = whole_characters(p, room);
		if (n == 0) {
			buf_adds(out, "\r\n ");
			column = 1;
			continue;
		}
		size_t before = out->n;
		buf_adds(out, "=?utf-8?B?");
		base64(out, (const unsigned char *)p, n);
		buf_adds(out, "?=");
		column += out->n - before;
		p += n;
		if (*p) {
			buf_adds(out, "\r\n ");
			column = 1;
		}
	}
	return column;
}

static void plain_words(struct buf *out, const char *text, size_t column)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column + 1 + n > LINE && column > 1) {
			buf_adds(out, "\r\n ");
			column = 1;
		} else if (column > 1) {
			buf_addc(out, ' ');
			column++;
		}
		buf_add(out, text, n);
		column += n;
		text += n + (text[n] == ' ');
	}
}

void mime_raw(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s: %s\r\n", name, value);
}

void mime_text(struct buf *out, const char *name, const char *text)
{
	struct buf value = {0};
	clean(&value, text);
	size_t column = strlen(name) + 1;
	buf_addf(out, "%s:", name);
	if (is_plain(buf_str(&value))) {
		plain_words(out, buf_str(&value), column);
	} else {
		buf_addc(out, ' ');
		(void)encoded_words(out, buf_str(&value), column + 1);
	}
	buf_adds(out, "\r\n");
	buf_fini(&value);
}

void mime_mailbox(struct buf *out, const char *name, const char *who, const char *address)
{
	struct buf value = {0};
	clean(&value, who);
	size_t before = out->n, column;
	buf_addf(out, "%s: ", name);
	column = out->n - before;
	if (value.n > PLAIN_MAX || !is_plain(buf_str(&value))) {
		column = encoded_words(out, buf_str(&value), column);
	} else if (value.n) {
		buf_addc(out, '"');
		for (const char *p = value.v; *p; p++)
			buf_addf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
		buf_addc(out, '"');
		column = out->n - before;
	}
	if (value.n)
		buf_adds(out, column + strlen(address) + 3 > LINE ? "\r\n " : " ");
	buf_addf(out, "<%s>\r\n", address);
	buf_fini(&value);
}

void mime_date(struct buf *out, utc_t at)
{
	day_t day = local_day(at);
	struct civil c = civil_from_day(day);
	int s = local_second(at);
	buf_addf(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n",
		 draw_weekday(civil_weekday(day), LANG_EN), c.day, draw_month(c.month, LANG_EN),
		 c.year, s / 3600, s / 60 % 60, s % 60);
}
