/* io/cage_child.h -- the two processes of the cage, as io/cage.c sees them. Private to
 * io/cage.c, io/cage_child.c and io/cage_memory.c. */
#ifndef IO_CAGE_CHILD_H
#define IO_CAGE_CHILD_H

#include "io/cage.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* One request: a message with two descriptors, the stream of text and wire, and the pipe on
 * which the small process tells how the child ended. */
struct cage_request {
	int64_t cpu_s, memory_bytes, wall_ms;
};
enum cage_end { CAGE_ENDED, CAGE_STALLED, CAGE_NO_FORK };
struct cage_report {
	int32_t end;	/* enum cage_end */
	int32_t status; /* of waitpid */
	int64_t peak_bytes;
};

/* Built with a sanitizer that brings its own malloc. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAGE_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CAGE_SANITIZED
#endif
#endif

/* From now on this process, a child's, has @bytes; one more ends it with CAGE_EXIT_MEMORY. */
bool cage_memory_limit(int64_t bytes);
/* For tests: after @n more allocations there is no memory left; -1: no end. */
void cage_memory_fail_after(int64_t n);

#define CAGE_SOCKET 3 /* of the small process */

/* In the small process: serves until the socket closes. */
_Noreturn void cage_serve(int socket);
/* Forks a child that parses what comes from @stream, answers on it and ends. -1: no fork. */
pid_t cage_fork(int stream, const struct cage_request *request);
/* waitpid's answer and the child's memory, as a report. */
struct cage_report cage_report_of(int status, const struct rusage *usage, enum cage_end end);

/* Exit statuses of a child: its stream holds the wire, or an error's code and sentence. */
enum { CAGE_EXIT_WIRE = 0, CAGE_EXIT_ERROR = 3, CAGE_EXIT_MEMORY = 4, CAGE_EXIT_BARS = 5 };

#endif
