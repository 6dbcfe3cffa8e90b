/* cal/titles.h -- titles that look like a lesson that does not take place, or like no lesson.
 *
 * Only for a warning: what a title means is said by the patterns of a policy (cal/busy). The words
 * are those that timetable programs and their users write, in a dozen languages; a title is looked
 * at and forgotten. Pure; any thread. */
#ifndef CAL_TITLES_H
#define CAL_TITLES_H

#include <stdbool.h>
#include <stddef.h>

enum title_hint {
	TITLE_PLAIN,
	TITLE_CANCELLED,  /* "Vervallen: wiskunde": a word of this kind anywhere */
	TITLE_PLACEHOLDER /* "PPA", "blok 3": such a word at the front of a short title */
};

#define TITLE_WORDS_MAX 64
/* The number of the word that was found, below TITLE_WORDS_MAX, or -1. @text as it stands in the
 * file (RFC 5545 TEXT); letters without case, accents as written or left out. */
int title_find(const char *text, size_t n);
enum title_hint title_hint(int word);
const char *title_word(int word); /* in lower case, without accents */

#endif
