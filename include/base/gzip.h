/* base/gzip.h -- bytes made smaller (RFC 1952; zlib lives here). Any thread. */
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include "base/buf.h"

/* @n bytes, less than 4 GiB, as one gzip member into @out, which is empty. It has no date and no
 * name: the same bytes always become the same bytes. */
void gzip_bytes(const void *p, size_t n, struct buf *out);

#endif
