/* cal/charset.h -- what bytes a calendar came in, and the same as UTF-8. */
#ifndef CAL_CHARSET_H
#define CAL_CHARSET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum charset { CHARSET_UTF8, CHARSET_UTF16LE, CHARSET_UTF16BE, CHARSET_LATIN1 };

/* By the byte order mark, by where the NULs stand, and: bytes above 127 of which not one makes a
 * UTF-8 character are Latin-1. Good and bad UTF-8 mixed is UTF-8 with faults. *bom: bytes of the
 * mark at the front. */
enum charset charset_guess(const char *p, size_t n, size_t *bom);
/* Adds @n bytes of @charset to @out as UTF-8; half characters become U+FFFD. */
void charset_to_utf8(enum charset charset, const char *p, size_t n, struct buf *out);
/* Well-formed UTF-8 (no overlong forms, no surrogates) without control characters but tab. */
bool charset_is_clean(const char *p, size_t n);
/* Bytes of the character at @p when it would act on whoever shows it, and must not stand in a
 * sentence of ours: controls (C0, DEL, C1), turns of the direction of writing. Else 0. */
size_t charset_acting(const char *p, size_t n);
/* Puts question marks for such characters, and for bytes that are no UTF-8. */
void charset_make_harmless(char *text, size_t n);
/* Clean, and without any such character. */
bool charset_is_harmless(const char *p, size_t n);

#endif
