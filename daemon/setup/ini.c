/* ini.c -- our reader in front of inih (inih lives here).
 *
 * inih 55 keeps 200 bytes of a line and 49 of a section, cuts values at " ;", and tells only the
 * first fault. So the lines are joined, checked and kept here, and inih gets a file in which
 * every heading is its number and every value is its number: "[3]", "budget=17". What inih makes
 * of that (which key belongs to which section) is taken back by these numbers. */
#include "setup/ini.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct value {
	struct buf text;
	int line;
	bool bad; /* a fault was told */
	size_t section, entry;
	bool placed;
};

enum open_value { OPEN_NONE, OPEN_VALUE, OPEN_SKIP };

struct feed {
	const char *p, *end;
	int line;
	struct ini_file *out;
	struct findings *findings;
	struct value *values;
	size_t n_values, cap_values;
	enum open_value open; /* what an indented line would continue */
};

struct place ini_place(const struct ini_file *file, int line)
{
	return (struct place){.file = file->name, .order = file->order, .line = line};
}

#define told(feed, ...)                                                                            \
	findings_add((feed)->findings, ini_place((feed)->out, (feed)->line), __VA_ARGS__)

/* Whether a line holds only what a value may hold; tells the first thing that it may not. */
static bool line_clean(struct feed *feed, const char *line, size_t n)
{
	const unsigned char *p = (const unsigned char *)line, *end = p + n;
	while (p < end) {
		size_t k = utf8_size_in(p, (size_t)(end - p));
		if (k == 0) {
			told(feed, "byte 0x%02X is not UTF-8: save the file as UTF-8", *p);
			return false;
		}
		if ((*p < 0x20 && *p != '\t') || *p == 0x7F) {
			told(feed, "a control character (0x%02X) does not belong here", *p);
			return false;
		}
		p += k;
	}
	return true;
}

static void strip(const char **p, size_t *n)
{
	while (*n && (**p == ' ' || **p == '\t')) {
		++*p;
		--*n;
	}
	while (*n && ((*p)[*n - 1] == ' ' || (*p)[*n - 1] == '\t'))
		--*n;
}

static struct ini_section *section_add(struct ini_file *out, int line)
{
	out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
	struct ini_section *s = &out->v[out->n++];
	*s = (struct ini_section){.line = line, .kind = xstrdup(""), .id = xstrdup("")};
	return s;
}

/* "[kind id]", also when the bracket is not closed: then the rest of the line is taken as meant. */
static void heading(struct feed *feed, const char *line, size_t n, bool clean)
{
	struct ini_section *s = section_add(feed->out, feed->line);
	feed->open = OPEN_NONE;
	if (!clean) {
		s->skip = true;
		return;
	}
	const char *close = memchr(line, ']', n);
	const char *in = line + 1;
	size_t in_n = close ? (size_t)(close - in) : n - 1;
	strip(&in, &in_n);
	if (!close)
		told(feed, "the heading is not closed: write [%.*s]", (int)(in_n > 60 ? 60 : in_n),
		     in);
	if (close) {
		const char *rest = close + 1;
		size_t rest_n = (size_t)(line + n - rest);
		strip(&rest, &rest_n);
		if (rest_n && *rest != ';' && *rest != '#')
			told(feed, "nothing may follow the heading [%.*s] on its line",
			     (int)(in_n > 60 ? 60 : in_n), in);
	}
	size_t kind_n = 0;
	while (kind_n < in_n && in[kind_n] != ' ' && in[kind_n] != '\t')
		kind_n++;
	xfree(s->kind);
	xfree(s->id);
	s->kind = xstrndup(in, kind_n);
	in += kind_n;
	in_n -= kind_n;
	strip(&in, &in_n);
	s->id = xstrndup(in, in_n);
	if (*s->kind == '\0') {
		told(feed, "the heading [] is empty");
		s->skip = true;
	}
}

static bool is_key(const char *key, size_t n)
{
	if (n == 0 || n > INI_KEY_BYTES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-",
			    key[i], 64))
			return false;
	return true;
}

static void append_value(struct feed *feed, struct value *value, const char *p, size_t n)
{
	if (value->text.n + n > INI_VALUE_BYTES) {
		findings_add(feed->findings, ini_place(feed->out, value->line),
			     "the value is longer than %d bytes", INI_VALUE_BYTES);
		value->bad = true;
		feed->open = OPEN_SKIP;
		return;
	}
	if (value->text.n && n)
		buf_addc(&value->text, ' ');
	buf_add(&value->text, p, n);
}

/* "key = value"; true when @out_line now holds inih's version of it. */
static bool key_value(struct feed *feed, const char *line, size_t n, bool clean, char *out_line,
		      size_t size)
{
	feed->open = OPEN_SKIP;
	const char *equals = memchr(line, '=', n);
	if (!equals) {
		if (clean)
			told(feed, "this line has no `=`: a line is `key = value`, a heading, or a "
				   "comment that begins with #");
		return false;
	}
	const char *key = line, *text = equals + 1;
	size_t key_n = (size_t)(equals - line), text_n = (size_t)(line + n - text);
	strip(&key, &key_n);
	strip(&text, &text_n);
	if (!is_key(key, key_n)) {
		if (clean)
			told(feed, "`%.*s` is not a key: a line is `key = value`",
			     (int)(key_n > INI_KEY_BYTES ? INI_KEY_BYTES : key_n), key);
		return false;
	}
	size_t nth = feed->n_values;
	if (snprintf(out_line, size, "%.*s=%zu\n", (int)key_n, key, nth) >= (int)size)
		return false;
	feed->values = xgrow(feed->values, nth, &feed->cap_values, sizeof *feed->values);
	struct value *value = &feed->values[feed->n_values++];
	*value = (struct value){.line = feed->line, .bad = !clean};
	if (clean) {
		feed->open = OPEN_VALUE;
		append_value(feed, value, text, text_n);
	}
	return true;
}

static void continuation(struct feed *feed, const char *p, size_t n, bool clean)
{
	if (feed->open == OPEN_SKIP)
		return;
	if (feed->open == OPEN_NONE) {
		if (clean)
			told(feed, "an indented line continues the value above it, and there is "
				   "none: begin the line at the left edge");
		feed->open = OPEN_SKIP;
		return;
	}
	struct value *value = &feed->values[feed->n_values - 1];
	if (!clean) {
		value->bad = true;
		feed->open = OPEN_SKIP;
	} else if (*p == '[' && p[n - 1] == ']') {
		told(feed, "a heading begins at the left edge; an indented line continues the "
			   "value above it");
		value->bad = true;
		feed->open = OPEN_SKIP;
	} else {
		append_value(feed, value, p, n);
	}
}

/* One raw line; true when it gave inih something to read. */
static bool take_line(struct feed *feed, const char *line, size_t n, char *out_line, size_t size)
{
	if (n && line[n - 1] == '\r')
		n--;
	const char *p = line;
	size_t stripped = n;
	strip(&p, &stripped);
	if (stripped == 0)
		return false;
	bool clean = line_clean(feed, line, n);
	if (*p == ';' || *p == '#')
		return false;
	if (p > line) {
		continuation(feed, p, stripped, clean);
		return false;
	}
	if (*p == '[') {
		heading(feed, p, stripped, clean);
		return snprintf(out_line, size, "[%zu]\n", feed->out->n - 1) < (int)size;
	}
	return key_value(feed, p, stripped, clean, out_line, size);
}

/* inih's fgets: the next line that says something. */
static char *next_line(char *str, int num, void *stream)
{
	struct feed *feed = stream;
	while (feed->p < feed->end) {
		if (feed->line == INI_LINES) {
			told(feed, "the file has more than %d lines", INI_LINES);
			feed->p = feed->end;
			break;
		}
		const char *lf = memchr(feed->p, '\n', (size_t)(feed->end - feed->p));
		const char *line = feed->p;
		size_t n = (size_t)((lf ? lf : feed->end) - line);
		feed->p = lf ? lf + 1 : feed->end;
		feed->line++;
		if (take_line(feed, line, n, str, (size_t)num))
			return str;
	}
	return NULL;
}

static int on_entry(void *user, const char *section, const char *key, const char *number)
{
	struct feed *feed = user;
	size_t s = strtoul(section, NULL, 10), nth = strtoul(number, NULL, 10);
	if (s >= feed->out->n || nth >= feed->n_values)
		return 0;
	struct ini_section *to = &feed->out->v[s];
	struct value *value = &feed->values[nth];
	value->section = s;
	value->entry = to->n;
	value->placed = true;
	to->v = xgrow(to->v, to->n, &to->cap, sizeof *to->v);
	to->v[to->n++] = (struct ini_entry){.key = xstrdup(key), .line = value->line};
	return 1;
}

void ini_read(const char *bytes, size_t n, const char *name, int order, struct ini_file *out,
	      struct findings *findings)
{
	*out = (struct ini_file){.name = xstrdup(name), .order = order};
	struct feed feed = {.p = bytes, .end = bytes + n, .out = out, .findings = findings};
	(void)section_add(out, 1);
	feed.line = 1;
	if (n >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0)) {
		told(&feed, "the file is UTF-16: save it as UTF-8");
		return;
	}
	feed.line = 0;
	if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		feed.p += 3;
	int wrong = ini_parse_stream(next_line, &feed, on_entry, &feed);
	if (wrong)
		told(&feed, "cannot be read as INI (reader's line %d)", wrong);
	for (size_t i = 0; i < feed.n_values; i++) {
		struct value *value = &feed.values[i];
		if (value->placed && !value->bad)
			out->v[value->section].v[value->entry].value = buf_take(&value->text);
		buf_fini(&value->text);
	}
	xfree(feed.values);
}

void ini_fini(struct ini_file *file)
{
	for (size_t i = 0; i < file->n; i++) {
		struct ini_section *s = &file->v[i];
		for (size_t k = 0; k < s->n; k++) {
			xfree(s->v[k].key);
			xfree(s->v[k].value);
		}
		xfree(s->v);
		xfree(s->kind);
		xfree(s->id);
	}
	xfree(file->v);
	xfree(file->name);
	*file = (struct ini_file){0};
}

bool ini_slurp(const char *path, struct buf *out, struct stat *st, struct err *err)
{
	struct buf bytes = {0};
	/* O_NONBLOCK: a pipe that somebody put here must not hold the daemon */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok = fd >= 0 && fstat(fd, st) == 0;
	if (!ok) {
		(void)err_set(err, ERR_IO, "cannot be read: %m");
	} else if (!S_ISREG(st->st_mode)) {
		ok = err_set(err, ERR_IO, "is not a file");
	} else {
		char chunk[65536];
		ssize_t got;
		while ((got = read(fd, chunk, sizeof chunk)) > 0 && bytes.n <= INI_FILE_BYTES)
			buf_add(&bytes, chunk, (size_t)got);
		if (got < 0)
			ok = err_set(err, ERR_IO, "cannot be read: %m");
		else if (bytes.n > INI_FILE_BYTES)
			ok = err_set(err, ERR_LIMIT, "is larger than %d MiB", INI_FILE_BYTES >> 20);
	}
	if (fd >= 0)
		(void)close(fd);
	if (ok)
		*out = bytes;
	else
		buf_fini(&bytes);
	return ok;
}
