/* cage_memory.c -- no memory ends the child, wherever it was asked for.
 *
 * Where malloc gives nothing, libical crashes at some places and at others goes on with a property
 * less: an EXDATE that is lost makes somebody busy, a DTEND that is lost makes somebody free. So
 * malloc itself, for every library in the process, ends the child when there is nothing left; the
 * import fails with a sentence. Outside the cage nothing changes: NULL is given back as ever. */
#include "io/cage_child.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static bool ends;	     /* we are in the cage */
static int64_t fail_at = -1; /* of a test: so many more allocations succeed */

void cage_memory_fail_after(int64_t n)
{
	fail_at = n;
}

#ifdef CAGE_SANITIZED

/* as in <sanitizer/allocator_interface.h>, which Debian's gcc does not bring */
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

/* The sanitizers map terabytes for themselves, so the address space cannot be limited: count
 * what malloc gives instead. */
static int64_t heap_left;

static void on_malloc(const volatile void *p, size_t n)
{
	(void)p;
	heap_left -= (int64_t)n;
	if (heap_left < 0 || fail_at == 0)
		_exit(CAGE_EXIT_MEMORY);
	fail_at -= fail_at > 0;
}

static void on_free(const volatile void *p)
{
	if (p)
		heap_left += (int64_t)__sanitizer_get_allocated_size(p);
}

bool cage_memory_limit(int64_t bytes)
{
	heap_left = bytes;
	ends = true;
	return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) != 0;
}

#else

bool cage_memory_limit(int64_t bytes)
{
	struct rlimit l = {(rlim_t)bytes, (rlim_t)bytes};
	ends = true;
	return setrlimit(RLIMIT_AS, &l) == 0;
}

/* The C library's own, which malloc and its like are names for. What these give, its free takes. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool refused(void)
{
	if (fail_at == 0)
		return true;
	fail_at -= fail_at > 0;
	return false;
}

static void *given(void *p, bool wanted)
{
	if (!p && wanted && ends)
		_exit(CAGE_EXIT_MEMORY);
	return p;
}

void *malloc(size_t size)
{
	return given(refused() ? NULL : __libc_malloc(size), true);
}

void *calloc(size_t n, size_t size)
{
	return given(refused() ? NULL : __libc_calloc(n, size), true);
}

void *realloc(void *old, size_t size)
{
	return given(refused() ? NULL : __libc_realloc(old, size), size > 0 || !old);
}

#endif
