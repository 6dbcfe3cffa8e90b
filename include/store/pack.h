/* store/pack.h -- inside of store/: busy sets, occurrences and warnings as bytes. Titles and places
 * of lessons stand behind the occurrences, only where there are any.
 *
 * "Td", a letter for what it is, a version, a 32-bit count, then the rows; integers are little
 * endian. What is read is not trusted: another size than the count says, a level that there is
 * not, a set that is not canonical are ERR_STORE with a sentence. Pure. */
#ifndef STORE_PACK_H
#define STORE_PACK_H

#include "cal/timetable.h"

/* Adds to @out. */
void pack_busy(const struct busyset *set, struct buf *out);
void pack_occurrences(const struct lesson_span *v, size_t n, const struct lessons *lessons,
		      struct buf *out);
void pack_warnings(const struct warnings *warnings, struct buf *out);

/* @out is untouched on failure; what it held before is not freed. */
bool unpack_busy(const void *bytes, size_t n, struct busyset *out, struct err *err) NODISCARD;
bool unpack_occurrences(const void *bytes, size_t n, struct lesson_span **out, size_t *n_out,
			struct lessons *lessons, struct err *err) NODISCARD;
bool unpack_warnings(const void *bytes, size_t n, struct warnings *out, struct err *err) NODISCARD;

#endif
