/* import_read.c -- files -> sieve -> cage -> timetable. */
#include "work/import_read.h"

#include "base/mix.h"
#include "cal/fastlane.h"
#include "cal/unitcache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX   10000     /* of a directory */
#define TWICE_BYTES (4 << 20) /* of all files, when a refused import is read again */

void import_files_fini(struct import_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		xfree((char *)(uintptr_t)files->v[i].name);
		xfree((char *)(uintptr_t)files->v[i].bytes);
	}
	xfree(files->v);
	*files = (struct import_files){0};
}

/* ---- reading files ------------------------------------------------------------------------ */

static bool no_file(const char *path, struct err *err)
{
	enum err_code code = errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND
			     : errno == EACCES			 ? ERR_DENIED
								 : ERR_IO;
	return err_set(err, code, "%s: %s", path, strerror(errno));
}

/* Appends a file's bytes; *left is what the limit still allows. */
static bool read_file(int fd, const char *path, int64_t *left, struct buf *out, struct err *err)
{
	char block[65536];
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return no_file(path, err);
		if (n == 0)
			return true;
		*left -= n;
		if (*left < 0)
			return err_set(err, ERR_LIMIT,
				       "%s: larger than a timetable may be ([import] body)", path);
		buf_add(out, block, (size_t)n);
	}
}

/* Opens without waiting: a pipe or a device is no calendar. */
static bool load_one(const char *path, const char *name, int64_t *left, struct import_files *files,
		     struct err *err)
{
	struct stat st;
	struct buf bytes = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return no_file(path, err);
	bool fine = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (!fine)
		(void)err_set(err, ERR_PARSE, "%s: not a regular file", path);
	fine = fine && read_file(fd, path, left, &bytes, err);
	(void)close(fd);
	if (!fine) {
		buf_fini(&bytes);
		return false;
	}
	files->v = xgrow(files->v, files->n, &files->cap, sizeof *files->v);
	struct import_file *file = &files->v[files->n++];
	file->name = name ? xstrdup(name) : NULL;
	file->n = bytes.n;
	file->bytes = buf_take(&bytes);
	return true;
}

static bool is_calendar_name(const char *name)
{
	size_t n = strlen(name);
	return n > 4 && name[0] != '.' && strcasecmp(name + n - 4, ".ics") == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **v;
	size_t n, cap;
};

static bool list_names(const char *path, struct names *names, struct err *err)
{
	DIR *dir = opendir(path);
	if (!dir)
		return no_file(path, err);
	bool fine = true;
	for (const struct dirent *e; fine && (e = readdir(dir));) {
		if (!is_calendar_name(e->d_name))
			continue;
		if (names->n >= FILES_MAX)
			fine = err_set(err, ERR_LIMIT, "%s: more than %d calendars", path,
				       FILES_MAX);
		names->v = xgrow(names->v, names->n, &names->cap, sizeof *names->v);
		names->v[names->n++] = xstrdup(e->d_name);
	}
	(void)closedir(dir);
	if (fine && names->n == 0)
		return err_set(err, ERR_PARSE, "%s: no .ics file in this directory", path);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, by_name);
	return fine;
}

static bool load_directory(const char *path, int64_t *left, struct import_files *files,
			   struct err *err)
{
	struct names names = {0};
	bool fine = list_names(path, &names, err);
	for (size_t i = 0; i < names.n; i++) {
		if (fine) {
			char *whole = xasprintf("%s/%s", path, names.v[i]);
			fine = load_one(whole, names.v[i], left, files, err);
			xfree(whole);
		}
		xfree(names.v[i]);
	}
	xfree(names.v);
	return fine;
}

bool import_load(const char *path, const struct import_limits *limits, struct import_files *out,
		 struct err *err)
{
	struct import_files files = {0};
	struct stat st;
	int64_t left = limits->body_bytes;
	if (stat(path, &st) != 0)
		return no_file(path, err);
	bool fine = S_ISDIR(st.st_mode) ? load_directory(path, &left, &files, err)
					: load_one(path, NULL, &left, &files, err);
	if (!fine) {
		import_files_fini(&files);
		return false;
	}
	*out = files;
	return true;
}

void import_hash(const struct import_file *files, size_t n, char out[33])
{
	struct buf all = {0};
	char one[MIX_TEXT];
	for (size_t i = 0; i < n; i++) {
		mix_text(files[i].bytes, files[i].n, one);
		buf_addf(&all, "%s\n%s\n", files[i].name ? files[i].name : "", one);
	}
	mix_text(all.v, all.n, out);
	buf_fini(&all);
}

/* ---- one timetable ------------------------------------------------------------------------ */

struct piece { /* of one file */
	struct sieved sieved;
	struct buf wire;
};

/* One reading, from files to timetable. */
struct reading {
	const struct import_file *files;
	size_t n;
	const struct policy *policy;
	const struct timetable_opts *opts;
	const struct import_limits *limits;
	import_parse_fn *parse;
	void *ctx;
	struct lane_units units;
	struct lane_file *lanes; /* NULL: everything goes the slow way */
	bool parse_failed;
};

static bool read_piece(struct reading *r, size_t i, struct piece *piece, struct err *err)
{
	const struct import_file *file = &r->files[i];
	bool fine = r->lanes ? lane_sieve(&r->lanes[i], r->opts, &piece->sieved, err)
			     : timetable_sieve(file->bytes, file->n, r->policy, r->limits,
					       &piece->sieved, err);
	if (!fine)
		return false;
	if (r->lanes && lane_wire(&piece->sieved.text, &piece->wire))
		return true; /* nothing was left to parse */
	r->parse_failed = !r->parse(r->ctx, &piece->sieved.text, r->limits, &piece->wire, err);
	buf_fini(&piece->sieved.text); /* the wire says it all: one copy less while it is read */
	return !r->parse_failed;
}

static bool read_all(struct reading *r, struct timetable *out, struct err *err)
{
	struct piece *pieces = xcalloc(r->n, sizeof *pieces);
	struct timetable_part *parts = xcalloc(r->n, sizeof *parts);
	bool fine = true;
	for (size_t i = 0; fine && i < r->n; i++) {
		const char *name = r->n > 1 ? r->files[i].name : NULL;
		fine = read_piece(r, i, &pieces[i], err);
		if (!fine && name)
			(void)err_wrap(err, "%s", name);
		parts[i] = (struct timetable_part){&pieces[i].sieved, &pieces[i].wire, name,
						   r->lanes ? &r->lanes[i] : NULL};
	}
	fine = fine && timetable_build_parts(parts, r->n, r->policy, r->opts, out, err);
	for (size_t i = 0; i < r->n; i++) {
		sieved_fini(&pieces[i].sieved);
		buf_fini(&pieces[i].wire);
	}
	xfree(pieces);
	xfree(parts);
	return fine;
}

/* NULL when the import is for the slow lane alone. */
static struct lane_file *scan_all(struct reading *r)
{
	struct lane_file *lanes = xcalloc(r->n, sizeof *lanes);
	bool fine = !r->opts->slow_lane;
	for (size_t i = 0; fine && i < r->n; i++)
		fine = lane_scan(r->files[i].bytes, r->files[i].n, r->policy, r->opts, &lanes[i]);
	if (fine) {
		lane_settle(lanes, r->n, r->policy, r->opts, &r->units);
		return lanes;
	}
	for (size_t i = 0; i < r->n; i++)
		lane_file_fini(&lanes[i]);
	xfree(lanes);
	return NULL;
}

bool import_read(const struct import_file *files, size_t n, const struct policy *policy,
		 const struct timetable_opts *opts, import_parse_fn *parse, void *ctx,
		 struct timetable *out, struct err *err)
{
	struct reading r = {
		.files = files,
		.n = n,
		.policy = policy,
		.opts = opts,
		.limits = opts->limits ? opts->limits : &import_limits_default,
		.parse = parse,
		.ctx = ctx,
	};
	r.lanes = scan_all(&r);
	bool fine = read_all(&r, out, err);
	if (!r.lanes)
		return fine;
	for (size_t i = 0; i < n; i++)
		lane_file_fini(&r.lanes[i]);
	xfree(r.lanes);
	lane_units_fini(&r.units);
	r.lanes = NULL;
	/* A refusal is worded by the slow lane, which sees limits reached at the same line
	 * whatever the fast lane takes: unless that would cost a hostile file its time twice. A
	 * parser that failed is not asked again. */
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++)
		bytes += files[i].n;
	return fine || (!r.parse_failed && bytes <= TWICE_BYTES && read_all(&r, out, err));
}
