/* cal/rule.h -- recurrence rules (RFC 5545 section 3.3.10) on floating local days.
 *
 * A rule is read from its text once and then walked over wall-clock time without any zone; the
 * caller converts each instance on its own. Pure; any thread. */
#ifndef CAL_RULE_H
#define CAL_RULE_H

#include "base/civil.h"
#include "base/err.h"

enum rule_freq {
	RULE_SECONDLY,
	RULE_MINUTELY,
	RULE_HOURLY,
	RULE_DAILY,
	RULE_WEEKLY,
	RULE_MONTHLY,
	RULE_YEARLY
};

enum rule_until { RULE_UNTIL_NONE, RULE_UNTIL_DATE, RULE_UNTIL_LOCAL, RULE_UNTIL_UTC };

struct rule_byday {
	int8_t weekday; /* enum weekday */
	int8_t ordinal; /* 0: every; 2: second; -1: last */
};

#define RULE_LIST_MAX 64 /* values of one BY part */
struct rule {
	enum rule_freq freq;
	int32_t interval; /* >= 1 */
	int64_t count;	  /* 0: no COUNT */
	enum rule_until until_form;
	int64_t until; /* day_t, local_t or utc_t by until_form; the last one still counts */
	enum weekday wkst;
	struct rule_byday byday[RULE_LIST_MAX];
	int16_t bymonth[RULE_LIST_MAX], bymonthday[RULE_LIST_MAX], byyearday[RULE_LIST_MAX];
	int16_t byweekno[RULE_LIST_MAX], bysetpos[RULE_LIST_MAX];
	int16_t byhour[RULE_LIST_MAX], byminute[RULE_LIST_MAX], bysecond[RULE_LIST_MAX];
	uint8_t n_byday, n_bymonth, n_bymonthday, n_byyearday, n_byweekno, n_bysetpos;
	uint8_t n_byhour, n_byminute, n_bysecond;
};

/* @text is the value of an RRULE, @n bytes, any case, parts in any order. ERR_PARSE with a
 * sentence that names the part: "RRULE without FREQ", "RRULE with INTERVAL=0". */
bool rule_parse(const char *text, size_t n, struct rule *out, struct err *err) NODISCARD;

struct rule_walk_limits {
	int64_t steps;	     /* periods and candidates looked at; 0: 1,000,000 */
	int64_t occurrences; /* instances given out; 0: 100,000 */
	int64_t *spent;	     /* NULL, or a counter to which the steps taken are added */
};

/* Calls @each with every instance in rising order, beginning with DTSTART itself (which counts
 * as the first of COUNT even when it is off the rule), up to and not including @until_local;
 * instances before @from_local are counted but not given out (COUNT counts from the start; where
 * there is no COUNT the walk jumps ahead). UNTIL in UTC form is compared by @until_as_local,
 * which the caller computed in the event's zone (ignored for the other forms).
 * A rule that names seconds, minutes or hours keeps to midnight for @date_only.
 * @each returns false to stop. ERR_LIMIT when the limits are reached: what was given out counts.
 * *matched (may be NULL) becomes false when the rule finds nothing, anywhere, that could stand
 * beside DTSTART, and DTSTART is not on it either (30 February); a rule that merely has nothing
 * in the window, or that COUNT or UNTIL ends with DTSTART, is true. */
bool rule_walk(const struct rule *rule, local_t dtstart, bool date_only, local_t from_local,
	       local_t until_local, local_t until_as_local, const struct rule_walk_limits *limits,
	       bool (*each)(void *ctx, local_t at), void *ctx, bool *matched,
	       struct err *err) NODISCARD;
/* Whether DTSTART itself is on the rule, which an EXRULE must know: rule_walk gives it anyway. */
bool rule_has_start(const struct rule *rule, local_t dtstart, bool date_only) NODISCARD;

#endif
