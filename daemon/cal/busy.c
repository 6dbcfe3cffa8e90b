/* busy.c -- patterns on titles (PCRE2), and the rules from event to level. */
#include "cal/busy.h"

#include "base/buf.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define TITLE_MAX   256	  /* bytes of a title that patterns see */
#define MATCH_STEPS 10000 /* of PCRE2's match limit, 0.1 ms or so */
#define HEAP_KIB    1024  /* of PCRE2's heap limit */
#define TIRED_AFTER 100	  /* titles on which a pattern may run into its limit */
#define PATTERN_MAX 1000  /* bytes of a pattern */

static const struct {
	enum match bit;
	const char *key;
	size_t at; /* in struct policy */
} rows[] = {
	{MATCH_CANCELLED, "cancelled", offsetof(struct policy, cancelled)},
	{MATCH_IGNORE, "ignore", offsetof(struct policy, ignore)},
	{MATCH_LESSON, "lesson", offsetof(struct policy, lesson)},
	{MATCH_OWN, "own", offsetof(struct policy, own)},
};
enum { ROWS = sizeof rows / sizeof *rows };

struct patterns {
	pcre2_code *code[ROWS]; /* NULL: the policy has none */
	int tired[ROWS];
	bool starts[256]; /* a title that begins with this byte could meet a pattern */
	unsigned exhausted;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

const char *match_key(enum match match)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].bit == match)
			return rows[i].key;
	return "";
}

static pcre2_code *compile(const char *pattern, struct err *err)
{
	int number = 0;
	PCRE2_SIZE offset = 0;
	if (strlen(pattern) > PATTERN_MAX) {
		(void)err_set(err, ERR_LIMIT, "a pattern has at most %d bytes", PATTERN_MAX);
		return NULL;
	}
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options,
					 &number, &offset, NULL);
	if (!code) {
		PCRE2_UCHAR text[120] = {0};
		(void)pcre2_get_error_message(number, text, sizeof text);
		(void)err_set(err, ERR_PARSE, "pattern \"%s\": %s at byte %zu", pattern,
			      (const char *)text, (size_t)offset + 1);
	}
	return code;
}

bool pattern_check(const char *pattern, struct err *err)
{
	pcre2_code *code = compile(pattern, err);
	if (!code)
		return false;
	pcre2_code_free(code);
	return true;
}

/* Most patterns begin with ^ and so with one of a few bytes: most titles need no look. */
static void note_starts(struct patterns *p, const pcre2_code *code)
{
	const uint8_t *bits = NULL;
	uint32_t options = 0;
	(void)pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	(void)pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, (void *)&bits);
	for (int c = 0; c < 256; c++)
		if (!bits || !(options & PCRE2_ANCHORED) || (bits[c / 8] >> (c % 8) & 1))
			p->starts[c] = true;
}

struct patterns *patterns_new(const struct policy *policy, struct err *err)
{
	struct patterns *p = xcalloc(1, sizeof *p);
	for (int i = 0; i < ROWS; i++) {
		const char *text = *(char *const *)((const char *)policy + rows[i].at);
		if (!text)
			continue;
		p->code[i] = compile(text, err);
		if (!p->code[i]) {
			(void)err_wrap(err, "%s", rows[i].key);
			patterns_free(p);
			return NULL;
		}
		note_starts(p, p->code[i]);
	}
	p->data = pcre2_match_data_create(1, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (!p->data || !p->context) {
		patterns_free(p);
		(void)err_set(err, ERR_BUG, "no memory for title patterns");
		return NULL;
	}
	(void)pcre2_set_match_limit(p->context, MATCH_STEPS);
	(void)pcre2_set_depth_limit(p->context, MATCH_STEPS);
	(void)pcre2_set_heap_limit(p->context, HEAP_KIB);
	return p;
}

void patterns_free(struct patterns *p)
{
	if (!p)
		return;
	for (int i = 0; i < ROWS; i++)
		pcre2_code_free(p->code[i]);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->context);
	xfree(p);
}

static bool meets(struct patterns *p, int row, const char *title, size_t n)
{
	if (!p->code[row] || p->tired[row] >= TIRED_AFTER)
		return false;
	int rc = pcre2_match(p->code[row], (PCRE2_SPTR)title, n, 0, 0, p->data, p->context);
	if (rc >= 0)
		return true;
	if (rc != PCRE2_ERROR_NOMATCH) { /* a limit: counts as not met, and is told */
		p->tired[row]++;
		p->exhausted |= rows[row].bit;
	}
	return false;
}

/* RFC 5545 section 3.3.11, cut at TITLE_MAX bytes on a character's boundary. */
static size_t unescape(const char *text, size_t n, char out[TITLE_MAX])
{
	size_t k = 0, i = 0;
	while (i < n && k < TITLE_MAX) {
		char c = text[i++];
		if (c == '\\' && i < n) {
			c = text[i++];
			if (c == 'n' || c == 'N')
				c = ' ';
		}
		out[k++] = c;
	}
	if (i < n && ((unsigned char)text[i] & 0xC0) == 0x80) {
		while (k > 0 && ((unsigned char)out[k - 1] & 0xC0) == 0x80)
			k--;
		if (k > 0)
			k--;
	}
	return k;
}

unsigned patterns_title(struct patterns *p, const char *text, size_t n)
{
	char title[TITLE_MAX];
	unsigned bits = 0;
	if (n > 0 && text[0] != '\\' && !p->starts[(unsigned char)text[0]])
		return 0;
	size_t k = unescape(text, n, title);
	for (int i = 0; i < ROWS; i++)
		if (meets(p, i, title, k))
			bits |= rows[i].bit;
	return bits;
}

unsigned patterns_category(struct patterns *p, const char *text, size_t n)
{
	char title[TITLE_MAX];
	size_t k = unescape(text, n, title);
	for (int i = 0; i < ROWS; i++)
		if (rows[i].bit == MATCH_LESSON && meets(p, i, title, k))
			return MATCH_LESSON;
	return 0;
}

bool patterns_keep_lessons(const struct patterns *p)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].bit == MATCH_LESSON)
			return p->code[i] != NULL;
	return false;
}

unsigned patterns_exhausted(const struct patterns *p)
{
	return p->exhausted;
}

/* Whether the event leaves its time free, by what its maker said: the busy status is the finer
 * word and goes before TRANSP. */
static bool says_free(const struct policy *policy, const struct said *said)
{
	if (said->busy != SAID_NOTHING)
		return said->busy == SAID_FREE;
	if (!said->transparent)
		return false;
	switch (policy->transparent) {
	case TRANSPARENT_BUSY: return false;
	case TRANSPARENT_FREE: return true;
	default: return said->all_day;
	}
}

enum level busy_level(const struct policy *policy, const struct said *said)
{
	if (said->own_uid || said->status == STATUS_CANCELLED ||
	    (said->match & (MATCH_CANCELLED | MATCH_IGNORE | MATCH_OWN)))
		return LEVEL_FREE;
	if (says_free(policy, said))
		return LEVEL_FREE;
	bool tentative = said->status == STATUS_TENTATIVE || said->busy == SAID_TENTATIVE;
	enum level level = said->all_day ? policy->allday : LEVEL_BUSY;
	return tentative && policy->tentative < level ? policy->tentative : level;
}
