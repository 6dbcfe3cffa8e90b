/* plan/draw_words.h -- what the picture of a year (plan/draw) says and how it looks: words in both
 * languages, hatchings, and the style sheet of a file of its own. Borrowed for ever. */
#ifndef PLAN_DRAW_WORDS_H
#define PLAN_DRAW_WORDS_H

#include "base/buf.h"
#include "plan/model.h"

enum draw_word {
	WORD_OPEN,
	WORD_CLOSED,
	WORD_WINDOW,
	WORD_BUSY,
	WORD_TENTATIVE,
	WORD_ASSUMED,
	WORD_UNKNOWN,
	WORD_OFF,
	WORD_LEFT,
	WORD_RIGHT,
	WORD_OPEN_DAYS,
	WORD_LONG_GAP,
	WORD_TODAY,
	WORD_SESSIONS,
	WORD_HOURS,
	WORD_LONGEST,
	WORDS
};
const char *draw_word(enum draw_word word, enum language language);
const char *draw_kind(enum kind kind, enum language language);
const char *draw_state(enum state state, enum language language);
const char *draw_weekday(enum weekday weekday, enum language language);
const char *draw_month(int month, enum language language); /* 1..12 */
/* "di 24 nov 2026" */
void draw_date(struct buf *out, day_t date, enum language language);

/* <defs> with a pattern PREFIX-NAME for each level, so that levels differ without colours. */
void draw_hatchings(struct buf *out, const char *prefix);
/* For pages: the colours are custom properties, light and dark. */
extern const char draw_style[];
/* The same for a file by itself: light, with every colour written out, since what opens such files
 * besides browsers (Inkscape, LibreOffice, librsvg) knows no custom properties and draws nothing. */
void draw_style_plain(struct buf *out);

#endif
