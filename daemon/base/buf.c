/* buf.c -- memory of sizes that we choose, and byte buffers on top of it. */
#include "base/buf.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t size)
{
	(void)fprintf(stderr, "tandemd: out of memory (%zu bytes)\n", size);
	abort();
}

void memory_init(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		out_of_memory(n * size);
	return p;
}

void *xrealloc(void *old, size_t size)
{
	if (size == 0) {
		free(old);
		return NULL;
	}
	void *p = realloc(old, size);
	if (!p)
		out_of_memory(size);
	return p;
}

void *xgrow(void *old, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return old;
	size_t want = *cap + *cap / 2 + 8;
	if (want > SIZE_MAX / size)
		out_of_memory(SIZE_MAX);
	*cap = want;
	return xrealloc(old, want * size);
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t n)
{
	n = strnlen(s, n);
	char *p = xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *xasprintf(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	return buf_take(&b);
}

void *xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);
	if (n)
		memcpy(q, p, n);
	return q;
}

void xfree(void *p)
{
	free(p);
}

void buf_fini(struct buf *b)
{
	free(b->v);
	*b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	if (b->v)
		b->v[0] = '\0';
}

static void buf_room(struct buf *b, size_t more)
{
	if (more > SIZE_MAX / 2 - b->n)
		out_of_memory(SIZE_MAX);
	size_t need = b->n + more + 1;
	if (need <= b->cap)
		return;
	size_t cap = b->cap + b->cap / 2;
	b->cap = cap > need ? cap : need < 64 ? 64 : need;
	b->v = xrealloc(b->v, b->cap);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	buf_room(b, n);
	if (n)
		memcpy(b->v + b->n, p, n);
	b->n += n;
	b->v[b->n] = '\0';
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addv(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		buf_room(b, (size_t)n);
		(void)vsnprintf(b->v + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_addv(b, fmt, ap);
	va_end(ap);
}

char *buf_take(struct buf *b)
{
	buf_room(b, 0);
	b->v[b->n] = '\0';
	char *v = b->v;
	*b = (struct buf){0};
	return v;
}

const char *buf_str(const struct buf *b)
{
	return b->v ? b->v : "";
}
