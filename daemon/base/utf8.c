/* utf8.c -- the table of RFC 3629 section 4, as ranges of the first two bytes. */
#include "base/utf8.h"

size_t utf8_size_in(const void *text, size_t n)
{
	const unsigned char *p = text;
	unsigned char c = p[0];
	size_t size = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
	if (size == 0 || size > n)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F) ||
	    (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F))
		return 0;
	return size;
}

size_t utf8_size(const char *text)
{
	return utf8_size_in(text,
			    4); /* a NUL is no part of a longer character, and ends the look */
}
