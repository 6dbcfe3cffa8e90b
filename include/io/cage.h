/* io/cage.h -- libical behind bars: a fresh child per import with no files, no network, a
 * seccomp filter and limits on memory and CPU (design 2-architecture, "Parsing in a cage").
 *
 * A small process, started first, forks one child per import; both are our own binary. A child
 * that dies or stalls costs that one import a sentence, nothing else. */
#ifndef IO_CAGE_H
#define IO_CAGE_H

#include "base/buf.h"
#include "base/err.h"
#include "cal/timetable.h"

struct cage;

/* main() calls this first: when this process was started as the cage (argv[1] is
 * "--cage"), serves until its socket closes and never returns. */
void cage_main_if_asked(int argc, char **argv);
/* Spawns the small process from /proc/self/exe. NULL with *err set. Started again by itself
 * when it dies. */
struct cage *cage_new(struct err *err) NODISCARD;
void cage_free(struct cage *cage);
/* Parses @text; blocks the calling thread (an import thread, never the loop) until the child
 * has answered, died, or its wall-clock limit is over. Any number of threads at once. */
bool cage_parse(struct cage *cage, const struct buf *text, const struct import_limits *limits,
		struct buf *wire, struct err *err) NODISCARD;
/* What the child runs: ics_parse, unless a test's main() sets another before
 * cage_main_if_asked() and before any thread. */
typedef bool cage_parser(const char *text, size_t n, struct buf *wire, struct err *err);
void cage_use_parser(cage_parser *parser);
/* For the CLI, one-shot: the same child, forked from here. */
bool cage_parse_once(const struct buf *text, const struct import_limits *limits, struct buf *wire,
		     struct err *err) NODISCARD;

#endif
