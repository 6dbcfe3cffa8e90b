/* xml.c -- see the header. */
#include "base/xml.h"

#include "base/utf8.h"

#include <string.h>

static const char *escape_of(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* @n bytes at @p are a character of UTF-8. */
static bool is_allowed(const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;
	if (n == 1)
		return c != 0x7F && (c >= 0x20 || c == '\n' || c == '\t');
	if (n == 2) /* C1 controls */
		return c != 0xC2 || (unsigned char)p[1] >= 0xA0;
	/* U+FFFE and U+FFFF (XML 1.0 section 2.2) */
	return n != 3 || memcmp(p, "\xEF\xBF", 2) != 0 || (unsigned char)p[2] < 0xBE;
}

void xml_text(struct buf *out, const char *text)
{
	for (const char *p = text; *p;) {
		size_t n = utf8_size(p);
		const char *escape = escape_of(*p);
		if (n == 0 || !is_allowed(p, n))
			buf_adds(out, UTF8_REPLACEMENT);
		else if (escape)
			buf_adds(out, escape);
		else
			buf_add(out, p, n);
		p += n ? n : 1;
	}
}
