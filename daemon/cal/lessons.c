/* lessons.c -- titles and places, each pair once, found again by a small hash table. */
#include "cal/lessons.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mix.h"
#include "cal/charset.h"

#include <string.h>

void lessons_fini(struct lessons *l)
{
	for (size_t i = 0; i < l->n; i++) {
		xfree(l->v[i].title);
		xfree(l->v[i].place);
	}
	xfree(l->v);
	xfree(l->table);
	*l = (struct lessons){0};
}

void lessons_copy(struct lessons *to, const struct lessons *from)
{
	struct lessons copy = {.n = from->n, .cap = from->n};
	copy.v = xcalloc(from->n, sizeof *copy.v);
	for (size_t i = 0; i < from->n; i++)
		copy.v[i] =
			(struct lesson_text){xstrdup(from->v[i].title), xstrdup(from->v[i].place)};
	*to = copy;
}

const struct lesson_text *lessons_get(const struct lessons *l, uint32_t number)
{
	return number > 0 && number <= l->n ? &l->v[number - 1] : NULL;
}

/* ---- each pair once ----------------------------------------------------------------------- */

static bool same(const struct lesson_text *a, const char *title, const char *place)
{
	return strcmp(a->title, title) == 0 && strcmp(a->place, place) == 0;
}

/* Who writes a calendar does not know the places in the table. */
static uint64_t hash_of(const char *title, const char *place)
{
	uint64_t both = mix_number(hash_u64(title, strlen(title)), hash_u64(place, strlen(place)));
	return mix_number(hash_seed(), both);
}

static uint32_t *place_of(const struct lessons *l, const char *title, const char *place)
{
	size_t i = hash_of(title, place) & l->mask;
	while (l->table[i] && !same(&l->v[l->table[i] - 1], title, place))
		i = (i + 1) & l->mask;
	return &l->table[i];
}

static void grow_table(struct lessons *l)
{
	if (l->table && 2 * (l->n + 1) <= l->mask)
		return;
	size_t room = 16;
	while (room <= 4 * l->n)
		room *= 2;
	xfree(l->table);
	l->table = xcalloc(room, sizeof *l->table);
	l->mask = room - 1;
	for (size_t i = 0; i < l->n; i++)
		*place_of(l, l->v[i].title, l->v[i].place) = (uint32_t)i + 1;
}

uint32_t lessons_add(struct lessons *l, const char *title, const char *place)
{
	grow_table(l);
	uint32_t *at = place_of(l, title, place);
	if (*at)
		return *at;
	if (l->n >= LESSON_TEXTS_MAX) { /* the last number is for all that are too many */
		if (l->n == LESSON_TEXTS_MAX && (title[0] || place[0]))
			return lessons_add(l, "", "");
		if (l->n > LESSON_TEXTS_MAX)
			return (uint32_t)l->n;
	}
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n++] = (struct lesson_text){xstrdup(title), xstrdup(place)};
	*at = (uint32_t)l->n;
	return *at;
}

/* ---- text --------------------------------------------------------------------------------- */

/* RFC 5545 section 3.3.11, one line, cut at @max bytes on a character's boundary. */
static char *clean(const char *p, size_t size, size_t max)
{
	char *out = xmalloc(max + 1);
	size_t n = 0, i = 0;
	while (i < size && n < max) {
		char c = p[i++];
		if (c == '\\' && i < size) {
			c = p[i++];
			if (c == 'n' || c == 'N')
				c = ' ';
		}
		if (c == '\t')
			c = ' ';
		if (c != ' ' || (n > 0 && out[n - 1] != ' '))
			out[n++] = c;
	}
	if (i < size && ((unsigned char)p[i] & 0xC0) == 0x80) { /* half a character */
		while (n > 0 && ((unsigned char)out[n - 1] & 0xC0) == 0x80)
			n--;
		if (n > 0)
			n--;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	charset_make_harmless(out, n);
	return out;
}

bool lesson_text_is_sound(const char *text, size_t n, size_t max_bytes)
{
	return n <= max_bytes && charset_is_harmless(text, n);
}

uint32_t lessons_note(struct lessons *l, const char *title, size_t title_n, const char *place,
		      size_t place_n)
{
	char *a = clean(title, title_n, LESSON_TITLE_BYTES);
	char *b = clean(place, place_n, LESSON_PLACE_BYTES);
	uint32_t number = lessons_add(l, a, b);
	xfree(a);
	xfree(b);
	return number;
}

/* ---- of one file -------------------------------------------------------------------------- */

void lesson_lines_fini(struct lesson_lines *lines)
{
	xfree(lines->v);
	lessons_fini(&lines->texts);
	*lines = (struct lesson_lines){0};
}

const struct lesson_text *lesson_lines_find(const struct lesson_lines *lines, int line)
{
	size_t low = 0, high = lines->n;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (lines->v[mid].line < line)
			low = mid + 1;
		else
			high = mid;
	}
	return low < lines->n && lines->v[low].line == line
		       ? lessons_get(&lines->texts, lines->v[low].number)
		       : NULL;
}
