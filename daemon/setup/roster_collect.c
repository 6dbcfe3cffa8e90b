/* roster_collect.c -- gathers the roster's files into one bundle, and takes a bundle apart.
 *
 * A bundle is text lines and bytes: "tandemd roster 1\n", then for each record its kind, the
 * lengths of name and content, and both. A fault met while gathering is a record too, so that
 * the parse can tell it at its place among all others. */
#include "setup/roster_reading.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "tandemd roster 1\n";

/* A file that was read already, by what the system knows it as. */
struct seen {
	dev_t dev;
	ino_t ino;
	char *name;
};

struct gathering {
	struct buf bytes;
	struct seen *seen;
	size_t n_seen, cap_seen;
	size_t files;
};

static void record_add(struct gathering *g, enum record_kind kind, const char *name,
		       const char *bytes, size_t n)
{
	buf_addf(&g->bytes, "%c %zu %zu\n", kind, strlen(name), n);
	buf_adds(&g->bytes, name);
	buf_add(&g->bytes, bytes, n);
	buf_addc(&g->bytes, '\n');
}

static void fault_add(struct gathering *g, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void fault_add(struct gathering *g, const char *file, int line, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	buf_addf(&text, "%d ", line);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	record_add(g, RECORD_FAULT, file, buf_str(&text), text.n);
	buf_fini(&text);
}

char *path_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	if (*name == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s%s", (int)(slash + 1 - file), file, name);
}

bool closed_is_file(const char *value)
{
	size_t n = strlen(value), word = strcspn(value, " \t");
	char *first = xstrndup(value, word);
	struct err quiet;
	day_t a, b;
	bool days = parse_days(first, &a, &b, &quiet);
	xfree(first);
	return !days && n > 4 && strcasecmp(value + n - 4, ".ics") == 0;
}

static bool gather_ini(struct gathering *g, const char *path, int depth, struct err *err);

/* Reads a file that @file names on @line; @what is how the sentence calls it. */
static bool gather_bytes(struct gathering *g, const char *path, struct buf *bytes, struct stat *st,
			 struct err *err)
{
	if (g->files >= ROSTER_FILES_MAX)
		return err_set(err, ERR_LIMIT, "is one file more than the %d a roster may have",
			       ROSTER_FILES_MAX);
	if (!ini_slurp(path, bytes, st, err))
		return false;
	if (g->bytes.n + bytes->n > ROSTER_BYTES_MAX) {
		buf_fini(bytes);
		return err_set(err, ERR_LIMIT, "makes the roster larger than %d MiB",
			       ROSTER_BYTES_MAX >> 20);
	}
	g->files++;
	return true;
}

static const struct seen *seen_find(const struct gathering *g, const struct stat *st)
{
	for (size_t i = 0; i < g->n_seen; i++)
		if (g->seen[i].dev == st->st_dev && g->seen[i].ino == st->st_ino)
			return &g->seen[i];
	return NULL;
}

static void seen_add(struct gathering *g, const struct stat *st, const char *name)
{
	g->seen = xgrow(g->seen, g->n_seen, &g->cap_seen, sizeof *g->seen);
	g->seen[g->n_seen++] =
		(struct seen){.dev = st->st_dev, .ino = st->st_ino, .name = xstrdup(name)};
}

static void gather_include(struct gathering *g, const char *file, const struct ini_entry *e,
			   int depth)
{
	if (depth >= ROSTER_DEPTH_MAX) {
		fault_add(g, file, e->line, "include %.100s: files are included at most %d deep",
			  e->value, ROSTER_DEPTH_MAX);
		return;
	}
	char *pattern = path_beside(file, e->value);
	glob_t found = {0};
	int result = glob(pattern, 0, NULL, &found);
	if (result == GLOB_NOMATCH)
		fault_add(g, file, e->line, "include %.100s: no file matches", e->value);
	else if (result != 0)
		fault_add(g, file, e->line, "include %.100s: the folder cannot be read", e->value);
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++) {
		struct err err;
		if (!gather_ini(g, found.gl_pathv[i], depth + 1, &err))
			fault_add(g, file, e->line, "include %.100s: %s", found.gl_pathv[i],
				  err.text);
	}
	globfree(&found);
	xfree(pattern);
}

static void gather_closed(struct gathering *g, const char *file, const struct ini_entry *e)
{
	char *path = path_beside(file, e->value);
	struct buf bytes = {0};
	struct stat st;
	struct err err;
	bool again = stat(path, &st) == 0 && seen_find(g, &st) &&
		     strcmp(seen_find(g, &st)->name, path) == 0;
	if (!again) {
		if (gather_bytes(g, path, &bytes, &st, &err)) {
			seen_add(g, &st, path);
			record_add(g, RECORD_CLOSED, path, buf_str(&bytes), bytes.n);
		} else {
			fault_add(g, file, e->line, "closed %.100s: %s", e->value, err.text);
		}
	}
	buf_fini(&bytes);
	xfree(path);
}

/* What a file names: includes before the first section, closed files in [programme]. */
static void gather_named(struct gathering *g, const char *name, const struct buf *bytes, int depth)
{
	struct ini_file file;
	struct findings quiet = {0};
	struct faults dropped = {0};
	ini_read(buf_str(bytes), bytes->n, name, 0, &file, &quiet);
	for (size_t s = 0; s < file.n; s++) {
		for (size_t i = 0; i < file.v[s].n; i++) {
			const struct ini_entry *e = &file.v[s].v[i];
			if (!e->value || !*e->value)
				continue;
			if (s == 0 && strcmp(e->key, "include") == 0)
				gather_include(g, name, e, depth);
			else if (strcmp(file.v[s].kind, "programme") == 0 &&
				 strcmp(e->key, "closed") == 0 && closed_is_file(e->value))
				gather_closed(g, name, e);
		}
	}
	(void)findings_tell(&quiet, &dropped);
	faults_fini(&dropped);
	ini_fini(&file);
}

static bool gather_ini(struct gathering *g, const char *path, int depth, struct err *err)
{
	struct buf bytes = {0};
	struct stat st;
	if (!gather_bytes(g, path, &bytes, &st, err))
		return false;
	const struct seen *before = seen_find(g, &st);
	bool ok = !before || err_set(err, ERR_CONFIG, "was read already, as %.100s", before->name);
	if (ok) {
		seen_add(g, &st, path);
		record_add(g, RECORD_INI, path, buf_str(&bytes), bytes.n);
		gather_named(g, path, &bytes, depth);
	}
	buf_fini(&bytes);
	return ok;
}

bool roster_collect(const char *path, struct roster_bundle *out, struct faults *faults)
{
	struct gathering g = {0};
	struct err err;
	buf_adds(&g.bytes, magic);
	if (*path != '/') {
		char *cwd = getcwd(NULL, 0);
		if (cwd)
			record_add(&g, RECORD_FOLDER, "", cwd, strlen(cwd));
		free(cwd);
	}
	bool ok = gather_ini(&g, path, 0, &err);
	if (ok) {
		*out = (struct roster_bundle){.bytes = g.bytes};
	} else {
		faults_add(faults, path, 0, "%s", err.text);
		buf_fini(&g.bytes);
	}
	for (size_t i = 0; i < g.n_seen; i++)
		xfree(g.seen[i].name);
	xfree(g.seen);
	return ok;
}

void roster_bundle_fini(struct roster_bundle *bundle)
{
	buf_fini(&bundle->bytes);
}

/* "17" and the byte behind it. */
static bool number_at(const char **p, const char *end, char stop, size_t *out)
{
	size_t v = 0, digits = 0;
	while (*p < end && **p >= '0' && **p <= '9' && digits++ < 9)
		v = v * 10 + (size_t)(*(*p)++ - '0');
	if (digits == 0 || *p >= end || **p != stop)
		return false;
	++*p;
	*out = v;
	return true;
}

bool bundle_records(const struct roster_bundle *bundle, struct record_list *out, struct err *err)
{
	const char *p = buf_str(&bundle->bytes), *end = p + bundle->bytes.n;
	size_t head = sizeof magic - 1;
	bool ok = bundle->bytes.n >= head && memcmp(p, magic, head) == 0;
	struct record_list list = {0};
	p += ok ? head : 0;
	while (ok && p < end) {
		size_t name_n, n;
		char kind = *p++;
		ok = strchr("dicf", kind) && kind && p < end && *p++ == ' ' &&
		     number_at(&p, end, ' ', &name_n) && number_at(&p, end, '\n', &n) &&
		     name_n < (size_t)(end - p) && n < (size_t)(end - p) - name_n &&
		     p[name_n + n] == '\n' && !memchr(p, '\0', name_n);
		if (!ok)
			break;
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		list.v[list.n++] = (struct record){.kind = (enum record_kind)kind,
						   .name = xstrndup(p, name_n),
						   .bytes = p + name_n,
						   .n = n};
		p += name_n + n + 1;
	}
	if (!ok) {
		bundle_records_fini(&list);
		return err_set(err, ERR_PARSE, "the kept roster is damaged");
	}
	*out = list;
	return true;
}

void bundle_records_fini(struct record_list *records)
{
	for (size_t i = 0; i < records->n; i++)
		xfree(records->v[i].name);
	xfree(records->v);
	*records = (struct record_list){0};
}
