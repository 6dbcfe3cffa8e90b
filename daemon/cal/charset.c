/* charset.c -- UTF-8, UTF-16 and Latin-1, one pass each. */
#include "cal/charset.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Eight bytes from ' ' to '~': in bytes below 128, adding a number carries into the top bit where
 * they are large enough. */
static bool eight_plain(const unsigned char *p)
{
	const uint64_t ones = 0x0101010101010101u, top = 0x8080808080808080u;
	uint64_t v;
	memcpy(&v, p, 8);
	return !((v | (v + ones * 1)) & top) && ((v + ones * 0x60) & top) == top;
}

bool charset_is_clean(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	for (size_t i = 0, k; i < n; i += k) {
		for (; i + 8 <= n && eight_plain(p + i); i += 8)
			continue;
		if (i == n || (n - i < 8 && n >= 8 && eight_plain(p + n - 8)))
			break;
		k = utf8_size_in(p + i, n - i);
		if (k == 0 || (p[i] < ' ' && p[i] != '\t') || p[i] == 0x7F)
			return false;
	}
	return true;
}

size_t charset_acting(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	if (p[0] < ' ' || p[0] == 0x7F)
		return 1;
	if (n >= 2 && p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
		return 2;
	bool turns = n >= 3 && p[0] == 0xE2 &&
		     ((p[1] == 0x80 &&
		       (p[2] == 0x8E || p[2] == 0x8F || (p[2] >= 0xAA && p[2] <= 0xAE))) ||
		      (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9));
	return turns ? 3 : 0;
}

void charset_make_harmless(char *text, size_t n)
{
	for (size_t i = 0, k; i < n; i += k) {
		size_t acting = charset_acting(text + i, n - i);
		size_t good = utf8_size_in(text + i, n - i);
		k = good > 0 ? good : 1;
		if (acting > 0 || good == 0)
			memset(text + i, '?', k);
	}
}

bool charset_is_harmless(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (charset_acting(text + i, n - i) > 0)
			return false;
	return charset_is_clean(text, n);
}

static bool looks_latin1(const unsigned char *p, size_t n)
{
	bool high = false;
	for (size_t i = 0; i < n; i++) {
		uint64_t eight;
		for (; i + 8 <= n; i += 8) { /* most files are ASCII for long stretches */
			memcpy(&eight, p + i, 8);
			if (eight & 0x8080808080808080u)
				break;
		}
		if (i >= n || p[i] < 0x80)
			continue;
		if (utf8_size_in(p + i, n - i) > 0)
			return false;
		high = true;
	}
	return high;
}

enum charset charset_guess(const char *text, size_t n, size_t *bom)
{
	const unsigned char *p = (const unsigned char *)text;
	*bom = 0;
	if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
		*bom = 3;
		return looks_latin1(p + 3, n - 3) ? CHARSET_LATIN1 : CHARSET_UTF8;
	}
	if (n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF))) {
		*bom = 2;
		return p[0] == 0xFF ? CHARSET_UTF16LE : CHARSET_UTF16BE;
	}
	if (n >= 4 && p[0] && !p[1] && p[2] && !p[3])
		return CHARSET_UTF16LE;
	if (n >= 4 && !p[0] && p[1] && !p[2] && p[3])
		return CHARSET_UTF16BE;
	return looks_latin1(p, n) ? CHARSET_LATIN1 : CHARSET_UTF8;
}

static void put_character(struct buf *out, uint32_t c)
{
	char u[4];
	size_t n = 1;
	if (c < 0x80) {
		u[0] = (char)c;
	} else if (c < 0x800) {
		u[0] = (char)(0xC0 | c >> 6);
		n = 2;
	} else if (c < 0x10000) {
		u[0] = (char)(0xE0 | c >> 12);
		n = 3;
	} else {
		u[0] = (char)(0xF0 | c >> 18);
		n = 4;
	}
	for (size_t i = 1; i < n; i++)
		u[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3F));
	buf_add(out, u, n);
}

static void from_utf16(const unsigned char *p, size_t n, bool big, struct buf *out)
{
	size_t units = n / 2;
	for (size_t i = 0; i < units; i++) {
		uint32_t c = (uint32_t)(p[2 * i + !big] << 8 | p[2 * i + big]);
		if (c >= 0xD800 && c < 0xDC00 && i + 1 < units) {
			const unsigned char *q = p + 2 * (i + 1);
			uint32_t d = (uint32_t)(q[!big] << 8 | q[big]);
			if (d >= 0xDC00 && d < 0xE000) {
				put_character(out, 0x10000 + ((c - 0xD800) << 10) + (d - 0xDC00));
				i++;
				continue;
			}
		}
		put_character(out, c >= 0xD800 && c < 0xE000 ? 0xFFFD : c);
	}
}

void charset_to_utf8(enum charset charset, const char *text, size_t n, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)text;
	switch (charset) {
	case CHARSET_UTF8: buf_add(out, text, n); break;
	case CHARSET_UTF16LE:
	case CHARSET_UTF16BE: from_utf16(p, n, charset == CHARSET_UTF16BE, out); break;
	case CHARSET_LATIN1:
		for (size_t i = 0; i < n; i++)
			put_character(out, p[i]);
		break;
	}
}
