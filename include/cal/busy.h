/* cal/busy.h -- from what an event says to a level: title patterns and the policy's rules.
 *
 * PCRE2 lives in busy.c alone. Titles are other people's text: they are cut at 256 bytes and
 * every match has a limit of steps, so that no pair of pattern and title can stall an import. */
#ifndef CAL_BUSY_H
#define CAL_BUSY_H

#include "base/err.h"
#include "cal/policy.h"
#include "cal/span.h"

#include <stddef.h>

/* Which patterns of the policy an event met; stands in X-TANDEM-MATCH as a number. */
enum match { MATCH_CANCELLED = 1, MATCH_IGNORE = 2, MATCH_LESSON = 4, MATCH_OWN = 8 };

/* A sentence with the place of the mistake when @pattern does not compile. */
bool pattern_check(const char *pattern, struct err *err) NODISCARD;

/* The compiled patterns of one policy, for one thread. */
struct patterns;
/* NULL with *err set when a pattern does not compile. A policy without patterns is fine. */
struct patterns *patterns_new(const struct policy *policy, struct err *err) NODISCARD;
void patterns_free(struct patterns *patterns);
/* Bits of enum match for a title, as it stands in the file (RFC 5545 TEXT, still escaped). */
unsigned patterns_title(struct patterns *patterns, const char *text, size_t n);
/* The same for CATEGORIES: only MATCH_LESSON looks there. */
unsigned patterns_category(struct patterns *patterns, const char *text, size_t n);
/* Whether the policy has a `lesson`: then the title and place of what meets it are kept. */
bool patterns_keep_lessons(const struct patterns *patterns);
/* Bits of the patterns that ran into the step limit so far, and so met nothing there. */
unsigned patterns_exhausted(const struct patterns *patterns);
const char *match_key(enum match match); /* "cancelled" ... */

enum said_status { STATUS_NONE, STATUS_TENTATIVE, STATUS_CONFIRMED, STATUS_CANCELLED };
enum said_busy {
	SAID_NOTHING,
	SAID_FREE,
	SAID_TENTATIVE,
	SAID_BUSY,
	SAID_OOF,
	SAID_ELSEWHERE
}; /* X-MICROSOFT-CDO-BUSYSTATUS */

/* What one occurrence says of itself. */
struct said {
	bool all_day, transparent, own_uid;
	enum said_status status : 8;
	enum said_busy busy : 8;
	unsigned match : 8; /* bits of enum match */
};
enum level busy_level(const struct policy *policy, const struct said *said);

#endif
