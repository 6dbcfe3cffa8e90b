/* gzip.c -- see the header. Level 6: 9 takes three times as long for 2 % of a feed. */
#include "base/gzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { LEVEL = 6, WINDOW = 15, WITH_GZIP_HEAD = 16, MEMORY = 8 };

void gzip_bytes(const void *p, size_t n, struct buf *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW + WITH_GZIP_HEAD, MEMORY,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* no memory */
	size_t room = deflateBound(&z, n);
	out->v = xmalloc(room + 1);
	z.next_in = (unsigned char *)p;
	z.avail_in = (uInt)n;
	z.next_out = (unsigned char *)out->v;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort(); /* the bound was none: a bug of ours */
	out->n = z.total_out;
	(void)deflateEnd(&z);
	out->v = xrealloc(out->v, out->n + 1);
	out->v[out->n] = '\0';
	out->cap = out->n + 1;
}
