/* pack.c -- lists as bytes and back: fixed rows for time, counted texts for warnings. */
#include "store/pack.h"

#include <string.h>

enum { HEAD_BYTES = 8, BUSY_BYTES = 17, OCCURRENCE_BYTES = 26, WARNING_BYTES = 8 };
enum { NUMBER_BYTES = 4 }; /* of which lesson a row is */
enum { VERSION = 1 };

static void put(struct buf *out, uint64_t value, int bytes)
{
	char little[8];
	for (int i = 0; i < bytes; i++)
		little[i] = (char)(value >> (8 * i));
	buf_add(out, little, (size_t)bytes);
}

static uint64_t get(const unsigned char *p, int bytes)
{
	uint64_t value = 0;
	for (int i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static void head(struct buf *out, char what, size_t count)
{
	buf_adds(out, "Td");
	buf_addc(out, what);
	buf_addc(out, VERSION);
	put(out, count, 4);
}

/* The count in a head of the right kind whose rows of @row_bytes (0: of any size) fill it. */
static bool read_head(const unsigned char *p, size_t n, char what, size_t row_bytes, size_t *count,
		      struct err *err)
{
	if (n < HEAD_BYTES || memcmp(p, "Td", 2) != 0 || p[2] != (unsigned char)what)
		return err_set(err, ERR_STORE, "%zu bytes without their head", n);
	if (p[3] != VERSION)
		return err_set(err, ERR_STORE, "packed by another version (%d)", p[3]);
	uint64_t rows = get(p + 4, 4);
	if (row_bytes && n - HEAD_BYTES != rows * row_bytes)
		return err_set(err, ERR_STORE, "%zu bytes for %llu rows of %zu", n,
			       (unsigned long long)rows, row_bytes);
	*count = (size_t)rows;
	return true;
}

void pack_busy(const struct busyset *set, struct buf *out)
{
	head(out, 'b', set->n);
	for (size_t i = 0; i < set->n; i++) {
		put(out, (uint64_t)set->v[i].start, 8);
		put(out, (uint64_t)set->v[i].end, 8);
		put(out, (uint64_t)set->v[i].level, 1);
	}
}

bool unpack_busy(const void *bytes, size_t n, struct busyset *out, struct err *err)
{
	const unsigned char *p = bytes;
	struct busyset set = {0};
	if (!read_head(p, n, 'b', BUSY_BYTES, &set.n, err))
		return false;
	set.cap = set.n;
	set.v = set.n ? xcalloc(set.n, sizeof *set.v) : NULL;
	bool levels = true;
	p += HEAD_BYTES;
	for (size_t i = 0; i < set.n; i++, p += BUSY_BYTES) {
		set.v[i] = (struct busy){(utc_t)get(p, 8), (utc_t)get(p + 8, 8), (enum level)p[16]};
		levels = levels && p[16] > LEVEL_FREE && p[16] <= LEVEL_UNKNOWN;
	}
	if (!levels || !busyset_is_canonical(&set)) {
		xfree(set.v);
		return err_set(err, ERR_STORE, "spans that are not sorted, apart and non-empty");
	}
	*out = set;
	return true;
}

static void put_text(struct buf *out, const char *text)
{
	size_t n = strlen(text);
	put(out, n, 4);
	buf_add(out, text, n);
}

/* 'o', rows; with lessons 'l', rows, the number of each row's lesson, and what they are called. */
void pack_occurrences(const struct lesson_span *v, size_t n, const struct lessons *lessons,
		      struct buf *out)
{
	head(out, lessons->n ? 'l' : 'o', n);
	for (size_t i = 0; i < n; i++) {
		put(out, (uint64_t)v[i].start, 8);
		put(out, (uint64_t)v[i].end, 8);
		put(out, v[i].series, 8);
		put(out, (uint64_t)v[i].level, 1);
		put(out, v[i].timed, 1);
	}
	for (size_t i = 0; lessons->n && i < n; i++)
		put(out, v[i].lesson, NUMBER_BYTES);
	for (size_t i = 0; i < lessons->n; i++) {
		put_text(out, lessons->v[i].title);
		put_text(out, lessons->v[i].place);
	}
}

/* By start, then end, as cal/timetable gives them. */
static bool in_order(const struct lesson_span *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].end < v[i].start || v[i].level > LEVEL_UNKNOWN)
			return false;
		if (i > 0 && (v[i].start < v[i - 1].start ||
			      (v[i].start == v[i - 1].start && v[i].end < v[i - 1].end)))
			return false;
	}
	return true;
}

/* The text at *p, which moves behind it; NULL when it is none that could stand there. */
static char *read_text(const unsigned char **p, const unsigned char *end, size_t max_bytes)
{
	if (end - *p < 4)
		return NULL;
	size_t n = (size_t)get(*p, 4);
	const char *text = (const char *)*p + 4;
	if (n > (size_t)(end - *p) - 4 || !lesson_text_is_sound(text, n, max_bytes))
		return NULL;
	*p += 4 + n;
	return xstrndup(text, n);
}

/* What stands behind the rows: the lesson of each, then the lessons to the end. */
static bool read_lessons(const unsigned char *p, const unsigned char *end, struct lesson_span *v,
			 size_t count, struct lessons *out)
{
	struct lessons list = {0};
	uint32_t most = 0;
	bool ok = (size_t)(end - p) / NUMBER_BYTES >= count;
	for (size_t i = 0; ok && i < count; i++, p += NUMBER_BYTES) {
		uint32_t number = (uint32_t)get(p, NUMBER_BYTES);
		most = number > most ? number : most;
		v[i].lesson = number & INT32_MAX;
	}
	while (ok && p < end) {
		char *title = read_text(&p, end, LESSON_TITLE_BYTES);
		char *place = title ? read_text(&p, end, LESSON_PLACE_BYTES) : NULL;
		ok = place && list.n <= LESSON_TEXTS_MAX;
		if (ok) { /* in their order: numbers are places */
			list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
			list.v[list.n++] = (struct lesson_text){title, place};
		} else {
			xfree(title);
			xfree(place);
		}
	}
	if (ok && most <= list.n) {
		*out = list;
		return true;
	}
	lessons_fini(&list);
	return false;
}

bool unpack_occurrences(const void *bytes, size_t n, struct lesson_span **out, size_t *n_out,
			struct lessons *lessons, struct err *err)
{
	const unsigned char *p = bytes, *end = p + n;
	bool named = n >= HEAD_BYTES && p[2] == 'l';
	struct lessons texts = {0};
	size_t count;
	if (!read_head(p, n, named ? 'l' : 'o', named ? 0 : OCCURRENCE_BYTES, &count, err))
		return false;
	if (named && count > (n - HEAD_BYTES) / (OCCURRENCE_BYTES + NUMBER_BYTES))
		return err_set(err, ERR_STORE, "%zu bytes for %zu rows", n, count);
	struct lesson_span *v = count ? xcalloc(count, sizeof *v) : NULL;
	bool ok = true;
	p += HEAD_BYTES;
	for (size_t i = 0; i < count; i++, p += OCCURRENCE_BYTES) {
		v[i] = (struct lesson_span){.start = (utc_t)get(p, 8),
					    .end = (utc_t)get(p + 8, 8),
					    .series = get(p + 16, 8),
					    .level = (enum level)p[24],
					    .timed = p[25] & 1};
		ok = ok && p[25] <= 1;
	}
	if (!ok || !in_order(v, count)) {
		xfree(v);
		return err_set(err, ERR_STORE, "occurrences that are not in order");
	}
	if (named && !read_lessons(p, end, v, count, &texts)) {
		xfree(v);
		return err_set(err, ERR_STORE, "lessons without their titles");
	}
	*out = v;
	*n_out = count;
	*lessons = texts;
	return true;
}

void pack_warnings(const struct warnings *warnings, struct buf *out)
{
	head(out, 'w', warnings->n);
	put(out, warnings->dropped, 8);
	for (size_t i = 0; i < warnings->n; i++) {
		size_t n = strlen(warnings->v[i].text);
		put(out, (uint32_t)warnings->v[i].line, 4);
		put(out, n, 4);
		buf_add(out, warnings->v[i].text, n);
	}
}

/* The next row into *@out; NULL when it does not fit into what is left. */
static const unsigned char *read_warning(const unsigned char *p, const unsigned char *end,
					 struct warning *out)
{
	if (end - p < WARNING_BYTES)
		return NULL;
	size_t n = (size_t)get(p + 4, 4);
	const unsigned char *text = p + WARNING_BYTES;
	if (n > (size_t)(end - text) || memchr(text, '\0', n))
		return NULL;
	out->line = (int)(uint32_t)get(p, 4);
	out->text = xstrndup((const char *)text, n);
	return text + n;
}

bool unpack_warnings(const void *bytes, size_t n, struct warnings *out, struct err *err)
{
	const unsigned char *p = bytes;
	const unsigned char *end = p + n;
	struct warnings list = {0};
	size_t count;
	if (!read_head(p, n, 'w', 0, &count, err))
		return false;
	p = n >= HEAD_BYTES + 8 ? p + HEAD_BYTES : NULL;
	if (p) {
		list.dropped = (size_t)get(p, 8);
		p += 8;
	}
	/* the list grows with the bytes that are there, not with what the count claims */
	while (p && list.n < count) {
		struct warning one;
		p = read_warning(p, end, &one);
		if (!p)
			break;
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		list.v[list.n++] = one;
	}
	if (p == end) {
		*out = list;
		return true;
	}
	warnings_fini(&list);
	return err_set(err, ERR_STORE, "warnings that do not fill their %zu bytes", n);
}
