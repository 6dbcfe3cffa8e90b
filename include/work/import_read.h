/* work/import_read.h -- a source's files -> one timetable: the whole path of an import that needs
 * no network. The daemon calls it on an import thread, `tandemctl source check` from main. */
#ifndef WORK_IMPORT_READ_H
#define WORK_IMPORT_READ_H

#include "cal/timetable.h"
#include "io/cage.h"

/* Who parses: a caller's few lines around cage_parse or cage_parse_once. */
typedef bool import_parse_fn(void *ctx, const struct buf *text, const struct import_limits *limits,
			     struct buf *wire, struct err *err);

struct import_file {
	const char *name; /* within its directory; may be NULL when there is just one */
	const char *bytes;
	size_t n;
};

/* All @files as one timetable: events of one UID find each other across files. With more than
 * one, warnings and errors begin with the file's name. One file that cannot be read fails the
 * whole. Borrows everything; opts->limits NULL: the defaults. */
bool import_read(const struct import_file *files, size_t n, const struct policy *policy,
		 const struct timetable_opts *opts, import_parse_fn *parse, void *ctx,
		 struct timetable *out, struct err *err) NODISCARD;

/* What tells these files from others, names and bytes: equal, and there is nothing to do. A fast
 * mix: who finds two files that collide has merely found a way not to be read. */
void import_hash(const struct import_file *files, size_t n, char out[33]);

/* Files that own their names and bytes. */
struct import_files {
	struct import_file *v;
	size_t n, cap;
};
void import_files_fini(struct import_files *files);
/* Reads @path: a file, or a directory's *.ics (not those that begin with a dot), by name.
 * ERR_NOTFOUND when nothing is there; limits->body_bytes holds for all files together. */
bool import_load(const char *path, const struct import_limits *limits, struct import_files *out,
		 struct err *err) NODISCARD;

#endif
