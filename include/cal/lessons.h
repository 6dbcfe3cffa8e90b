/* cal/lessons.h -- what is kept of lessons that a partner may visit: title and place, of nothing
 * else, and only where a policy's `lesson` asks for it (design 1-domain, rule 8).
 *
 * Other people's text: unescaped, cut, made harmless, each pair of title and place once. A
 * timetable without the policy has none of it. Pure. */
#ifndef CAL_LESSONS_H
#define CAL_LESSONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LESSON_TITLE_BYTES 120
#define LESSON_PLACE_BYTES 60
#define LESSON_TEXTS_MAX   5000 /* different ones of a source; further lessons have no title */

struct lesson_text {
	char *title, *place; /* "" when the event has none */
};

/* Numbers from 1 on: 0 is no lesson to visit. Zero-initialised is empty. */
struct lessons {
	struct lesson_text *v;
	size_t n, cap;
	uint32_t *table; /* open addressing, to find a pair again; NULL: not made yet */
	size_t mask;
};
void lessons_fini(struct lessons *lessons);
void lessons_copy(struct lessons *to, const struct lessons *from);
/* The number of a pair as it stands in a file (RFC 5545 TEXT, still escaped). */
uint32_t lessons_note(struct lessons *lessons, const char *title, size_t title_n, const char *place,
		      size_t place_n);
/* The number of a pair that was read already. */
uint32_t lessons_add(struct lessons *lessons, const char *title, const char *place);
/* The pair with that number; NULL when there is none. */
const struct lesson_text *lessons_get(const struct lessons *lessons, uint32_t number);
/* Bounded, harmless UTF-8: what lessons_note makes, and a store may hold. */
bool lesson_text_is_sound(const char *text, size_t n, size_t max_bytes);

/* The lessons of one file, by the line where their component begins, as the sieve meets them. */
struct lesson_line {
	int line;
	uint32_t number;
};
struct lesson_lines {
	struct lesson_line *v; /* by line */
	size_t n, cap;
	struct lessons texts;
};
void lesson_lines_fini(struct lesson_lines *lines);
/* NULL: the component of that line is no lesson to visit. */
const struct lesson_text *lesson_lines_find(const struct lesson_lines *lines, int line);

#endif
