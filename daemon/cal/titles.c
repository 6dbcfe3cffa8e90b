/* titles.c -- a title is cut into words of plain small letters (accents are left off), and one
 * word, or two in a row, is looked up in the table. */
#include "cal/titles.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define LOOKED_AT 256 /* bytes of a title, as patterns see them */
#define WORD_SIZE 16
#define PLACE_MAX 3    /* words of a title that may be a placeholder's */
#define ACCENT	  '\1' /* a mark on the letter before it (U+0300 to U+036F) */

static const struct row {
	const char *first, *second; /* second: NULL, or the word behind it */
	enum title_hint hint;
} rows[] = {
	/* nl */
	{"vervallen", NULL, TITLE_CANCELLED},
	{"vervalt", NULL, TITLE_CANCELLED},
	{"geannuleerd", NULL, TITLE_CANCELLED},
	{"uitgevallen", NULL, TITLE_CANCELLED},
	{"lesuitval", NULL, TITLE_CANCELLED},
	{"uitval", NULL, TITLE_CANCELLED},
	{"afgelast", NULL, TITLE_CANCELLED},
	{"afgezegd", NULL, TITLE_CANCELLED},
	{"valt", "uit", TITLE_CANCELLED},
	{"gaat", "niet", TITLE_CANCELLED},
	/* de */
	{"entfallt", NULL, TITLE_CANCELLED},
	{"entfaellt", NULL, TITLE_CANCELLED},
	{"entfallen", NULL, TITLE_CANCELLED},
	{"ausfall", NULL, TITLE_CANCELLED},
	{"abgesagt", NULL, TITLE_CANCELLED},
	{"storniert", NULL, TITLE_CANCELLED},
	{"fallt", "aus", TITLE_CANCELLED},
	{"faellt", "aus", TITLE_CANCELLED},
	/* en */
	{"cancelled", NULL, TITLE_CANCELLED},
	{"canceled", NULL, TITLE_CANCELLED},
	{"cancellation", NULL, TITLE_CANCELLED},
	/* fr, es, it, pt */
	{"annule", NULL, TITLE_CANCELLED},
	{"annulee", NULL, TITLE_CANCELLED},
	{"supprime", NULL, TITLE_CANCELLED},
	{"cancelado", NULL, TITLE_CANCELLED},
	{"cancelada", NULL, TITLE_CANCELLED},
	{"suspendido", NULL, TITLE_CANCELLED},
	{"annullato", NULL, TITLE_CANCELLED},
	{"annullata", NULL, TITLE_CANCELLED},
	/* cs, sk, pl */
	{"zruseno", NULL, TITLE_CANCELLED},
	{"zrusena", NULL, TITLE_CANCELLED},
	{"zrusene", NULL, TITLE_CANCELLED},
	{"odpada", NULL, TITLE_CANCELLED},
	{"odwolane", NULL, TITLE_CANCELLED},
	{"odwolany", NULL, TITLE_CANCELLED},
	/* sv, da, no, fi */
	{"installt", NULL, TITLE_CANCELLED},
	{"installd", NULL, TITLE_CANCELLED},
	{"aflyst", NULL, TITLE_CANCELLED},
	{"avlyst", NULL, TITLE_CANCELLED},
	{"peruttu", NULL, TITLE_CANCELLED},
	/* no lesson at all */
	{"vrij", NULL, TITLE_PLACEHOLDER},
	{"ppa", NULL, TITLE_PLACEHOLDER},
	{"blok", NULL, TITLE_PLACEHOLDER},
	{"tussenuur", NULL, TITLE_PLACEHOLDER},
	{"gereserveerd", NULL, TITLE_PLACEHOLDER},
	{"optie", NULL, TITLE_PLACEHOLDER},
	{"frei", NULL, TITLE_PLACEHOLDER},
	{"freistunde", NULL, TITLE_PLACEHOLDER},
	{"reserviert", NULL, TITLE_PLACEHOLDER},
	{"platzhalter", NULL, TITLE_PLACEHOLDER},
	{"free", NULL, TITLE_PLACEHOLDER},
	{"placeholder", NULL, TITLE_PLACEHOLDER},
	{"reserved", NULL, TITLE_PLACEHOLDER},
	{"tbd", NULL, TITLE_PLACEHOLDER},
	{"libre", NULL, TITLE_PLACEHOLDER},
	{"volno", NULL, TITLE_PLACEHOLDER},
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= TITLE_WORDS_MAX, "counted in arrays of this size");

/* Latin letters with accents -> plain: U+00C0 on (two bytes, C3 ..), and U+0100 on (C4, C5). */
static const char latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";
static const char extended[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
			       "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* The plain small letter or digit at @p, or ACCENT, 0 where there is none; *k: its bytes. */
static char plain(const unsigned char *p, size_t n, size_t *k)
{
	*k = 1;
	if (p[0] < 0x80) {
		char c = (char)p[0];
		if (c >= 'A' && c <= 'Z')
			return (char)(c + 'a' - 'A');
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
	}
	if (n < 2 || p[0] < 0xC3 || p[0] > 0xCD || (p[1] & 0xC0) != 0x80)
		return 0;
	*k = 2;
	if (p[0] > 0xC5)
		return p[0] == 0xCC || (p[0] == 0xCD && p[1] < 0xB0) ? ACCENT : 0;
	size_t low = p[1] & 0x3F;
	char c = p[0] == 0xC3 ? latin1[low] : extended[(size_t)(p[0] - 0xC4) * 64 + low];
	return c == ' ' ? 0 : c;
}

/* The next word, cut at WORD_SIZE; false at the end of the title. */
static bool next_word(const unsigned char **at, const unsigned char *end, char word[WORD_SIZE])
{
	size_t n = 0, k;
	for (; *at < end; *at += k) {
		char c = plain(*at, (size_t)(end - *at), &k);
		if (**at == '\\' && *at + 1 < end) { /* \n and \, are no letters */
			k = 2;
			c = 0;
		}
		if (c == ACCENT)
			continue;
		if (c && n < WORD_SIZE - 1)
			word[n++] = c;
		else if (!c && n > 0)
			break;
	}
	word[n] = '\0';
	return n > 0;
}

static uint64_t rows_of[26]; /* bits, by first letter */

static void list_rows(void)
{
	for (int i = 0; i < ROWS; i++)
		rows_of[rows[i].first[0] - 'a'] |= (uint64_t)1 << i;
}

static int find(const char *word, const char *next, bool front)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, list_rows);
	if (word[0] < 'a' || word[0] > 'z')
		return -1;
	for (uint64_t left = rows_of[word[0] - 'a']; left; left &= left - 1) {
		int i = __builtin_ctzll(left);
		if (strcmp(rows[i].first, word) != 0)
			continue;
		if (rows[i].second && strcmp(rows[i].second, next) != 0)
			continue;
		if (rows[i].hint == TITLE_CANCELLED || front)
			return i;
	}
	return -1;
}

int title_find(const char *text, size_t n)
{
	const unsigned char *at = (const unsigned char *)text;
	const unsigned char *end = at + (n < LOOKED_AT ? n : LOOKED_AT);
	char word[WORD_SIZE], next[WORD_SIZE] = "";
	int words = 0, place = -1;
	bool more = next_word(&at, end, word);
	while (more) {
		more = next_word(&at, end, next);
		int found = find(word, next, words++ == 0);
		if (found >= 0 && rows[found].hint == TITLE_CANCELLED)
			return found;
		place = found >= 0 ? found : place;
		memcpy(word, next, sizeof word);
	}
	return words <= PLACE_MAX ? place : -1;
}

enum title_hint title_hint(int word)
{
	return word >= 0 && word < ROWS ? rows[word].hint : TITLE_PLAIN;
}

const char *title_word(int word)
{
	return word >= 0 && word < ROWS ? rows[word].first : "";
}
