/* base/utf8.h -- telling characters from stray bytes (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

#define UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for what is no character */

/* Bytes of the well-formed character at @p (1..4), 0 when there is none: stray, overlong, a
 * surrogate, beyond U+10FFFF, cut off. @p ends in a NUL, which counts as a character of one. */
size_t utf8_size(const char *p);
/* The same of @n bytes (at least one), which need not end in a NUL. */
size_t utf8_size_in(const void *p, size_t n);

#endif
