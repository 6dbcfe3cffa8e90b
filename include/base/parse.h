/* base/parse.h -- the words people type: ids, durations, dates, moments, ranges, money.
 *
 * One reader for configuration, roster, control socket and web forms, so that a duration is the
 * same thing everywhere (design 8, "Words"). Every function reads the whole NUL-ended text,
 * leaves its output alone on failure, and says in @err what was expected (ERR_PARSE). */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include "base/civil.h"
#include "base/err.h"

#include <stdint.h>

#define ID_MAX 32 /* bytes, without the NUL */

/* [a-z0-9][a-z0-9-]{0,31} */
bool parse_is_id(const char *text);
bool parse_int(const char *text, int64_t min, int64_t max, int64_t *out, struct err *err) NODISCARD;
/* "90m" "2h" "1h30m" "45s" "10d" "6w", parts in falling order, in seconds. A bare "0" is 0. */
bool parse_duration(const char *text, int64_t *seconds, struct err *err) NODISCARD;
/* As parse_duration, but whole minutes; days and weeks allowed. */
bool parse_minutes(const char *text, int32_t *minutes, struct err *err) NODISCARD;
/* "2026-11-24", years 1900..2200 */
bool parse_date(const char *text, day_t *day, struct err *err) NODISCARD;
/* "2026-11-24T13:00[:00][Z]"; *utc says whether it ended in Z (then *local is UTC) */
bool parse_moment(const char *text, local_t *local, bool *utc, struct err *err) NODISCARD;
/* "2026-W48" -> its Monday */
bool parse_week(const char *text, day_t *monday, struct err *err) NODISCARD;
/* "A..B" (both ends included) or a single date, as half-open days [first, past) */
bool parse_days(const char *text, day_t *first, day_t *past, struct err *err) NODISCARD;
/* "08:30" in minutes after midnight, up to "24:00" */
bool parse_clock(const char *text, int *minute, struct err *err) NODISCARD;
/* "08:30-17:00" */
bool parse_clock_range(const char *text, int *from_min, int *to_min, struct err *err) NODISCARD;
/* "mon-thu", "mon,wed", "mon-wed,fri" as a bit per weekday (1 << MON); a range may wrap */
bool parse_weekdays(const char *text, unsigned *mask, struct err *err) NODISCARD;
/* "12.50 EUR" -> 1250 cents and the three letters */
bool parse_money(const char *text, int64_t *cents, char currency[4], struct err *err) NODISCARD;
/* yes no true false on off 1 0 */
bool parse_bool(const char *text, bool *out, struct err *err) NODISCARD;

/* An address that mail can be sent to: one @, letters, digits and the common signs of ASCII, none
 * that means something in a header field, at most 254 bytes (64 before the @). */
bool parse_is_mail(const char *text);
/* "Name <address>" (the name may stand in double quotes), "<address>" or the address alone, whose name is then "". Both are the caller's
 * (xfree). */
bool parse_mailbox(const char *text, char **name, char **address, struct err *err) NODISCARD;

/* "1h30m", "2h", "45m", "0m"; "3d" only for whole days given by parse_duration's seconds. */
#define DURATION_TEXT 24
const char *minutes_text(int32_t minutes, char out[DURATION_TEXT]);
const char *seconds_text(int64_t seconds, char out[DURATION_TEXT]);

/* The entry of @names (@n of them) nearest to @word by edit distance, or NULL when none is near
 * enough to be a likely typing error. For "did you mean". */
const char *parse_nearest(const char *word, const char *const *names, size_t n);

/* Splits @text in place at blanks; "double quoted" words may hold blanks, with \" and \\ .
 * At most @max words; false on an open quote, an unknown escape or too many words. */
bool parse_words(char *text, char **words, size_t max, size_t *n, struct err *err) NODISCARD;

#endif
