/* base/buf.h -- growing byte buffers, and memory that is there or ends the program.
 *
 * A size that we choose ourselves is allocated with the x-functions: when memory is out they
 * end the program with a line on stderr (the store is transactional, the service manager
 * restarts us). A size that outsiders choose has a limit and is refused before it is asked for. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First in main(): large blocks come from the system one by one and go back when they are freed,
 * so that the memory of a large import is neither kept nor cut up. */
void memory_init(void);

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* @size 0 frees and returns NULL. */
void *xrealloc(void *old, size_t size);
/* Room for one more than @n elements of @size bytes; *cap grows by halves. */
void *xgrow(void *old, size_t n, size_t *cap, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
void *xmemdup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
void xfree(void *p);

/* Bytes, always followed by a NUL that does not count. Zero-initialised is empty. */
struct buf {
	char *v;
	size_t n;
	size_t cap;
};

void buf_fini(struct buf *b);
void buf_clear(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The NUL-ended bytes, now the caller's (xfree); never NULL. @b is empty afterwards. */
char *buf_take(struct buf *b);
/* Borrowed, never NULL. */
const char *buf_str(const struct buf *b);

#endif
