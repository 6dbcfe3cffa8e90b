/* setup/ini.h -- INI files as admins write them, whole: every fault, any length, with lines.
 *
 *   [kind id]            a section; the id may be missing
 *   key = value          everything behind '=' is the value; ';' and '#' do not end it
 *      more of it        an indented line continues the value above, joined by a blank
 *   ; or # comment       only at the beginning of a line
 *
 * Pure: bytes in, sections out. Any thread. */
#ifndef SETUP_INI_H
#define SETUP_INI_H

#include "setup/findings.h"

#define INI_FILE_BYTES	(8 << 20)
#define INI_VALUE_BYTES (256 << 10)
#define INI_LINES	500000
#define INI_KEY_BYTES	40

struct ini_entry {
	char *key;
	char *value; /* "" when nothing stands behind '='; NULL: a fault was told, do not judge */
	int line;
};

struct ini_section {
	char *kind; /* "" for what stands before the first heading (always section 0) */
	char *id;   /* "" without one */
	int line;
	bool skip; /* the heading could not be read and a fault was told: do not judge */
	struct ini_entry *v;
	size_t n, cap;
};

struct ini_file {
	char *name;
	int order;
	struct ini_section *v;
	size_t n, cap;
};

/* Fills @out with all that can be read of @bytes; what cannot goes to @findings. */
void ini_read(const char *bytes, size_t n, const char *name, int order, struct ini_file *out,
	      struct findings *findings);
void ini_fini(struct ini_file *file);
struct place ini_place(const struct ini_file *file, int line);

/* Bytes of an admin's file: regular, at most INI_FILE_BYTES. ERR_IO or ERR_LIMIT, without the
 * name in the sentence. */
struct buf;
struct stat;
bool ini_slurp(const char *path, struct buf *out, struct stat *st, struct err *err) NODISCARD;

#endif
