/* rule_parse.c -- the text of an RRULE -> struct rule, by a table of parts.
 *
 * Strict where a misreading would move lessons (unknown parts, values out of range, SKIP), lenient
 * where real exports are sloppy and the meaning is plain: any case, any order, blanks, a stray
 * ';' at either end, an empty list, the same value twice. */
#include "cal/rule.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* A piece of the text: not ended by NUL. */
struct piece {
	const char *p;
	size_t n;
};

static struct piece trimmed(struct piece s)
{
	while (s.n > 0 && isspace((unsigned char)*s.p))
		s.p++, s.n--;
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Cuts *rest at the first @separator and gives what stood before it. */
static struct piece cut(struct piece *rest, char separator)
{
	const char *at = rest->n > 0 ? memchr(rest->p, separator, rest->n) : NULL;
	size_t n = at ? (size_t)(at - rest->p) : rest->n;
	struct piece head = {rest->p, n};
	rest->p += n + (at != NULL);
	rest->n -= n + (at != NULL);
	return trimmed(head);
}

static bool is_word(struct piece s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* Text from outside, as far as a sentence can show it. */
#define SHOWN(s) (int)((s).n < 40 ? (s).n : 40), (s).p

static bool whole_number(struct piece s, int64_t *out)
{
	bool minus = s.n > 0 && *s.p == '-';
	if (s.n > 0 && (*s.p == '-' || *s.p == '+'))
		s.p++, s.n--;
	if (s.n == 0 || s.n > 18)
		return false;
	int64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = minus ? -v : v;
	return true;
}

static bool number_within(const char *part, struct piece s, int64_t min, int64_t max, int64_t *out,
			  struct err *err)
{
	int64_t v = 0;
	if (!whole_number(s, &v) || v < min || v > max)
		return err_set(err, ERR_PARSE, "RRULE with %s=%.*s", part, SHOWN(s));
	*out = v;
	return true;
}

/* ---- single values ---------------------------------------------------------------------------*/

static const char *const freq_words[] = {
	[RULE_SECONDLY] = "SECONDLY", [RULE_MINUTELY] = "MINUTELY", [RULE_HOURLY] = "HOURLY",
	[RULE_DAILY] = "DAILY",	      [RULE_WEEKLY] = "WEEKLY",	    [RULE_MONTHLY] = "MONTHLY",
	[RULE_YEARLY] = "YEARLY",
};

static bool read_freq(struct rule *rule, struct piece s, struct err *err)
{
	for (int i = RULE_SECONDLY; i <= RULE_YEARLY; i++) {
		if (is_word(s, freq_words[i])) {
			rule->freq = (enum rule_freq)i;
			return true;
		}
	}
	return err_set(err, ERR_PARSE, "RRULE with FREQ=%.*s", SHOWN(s));
}

static bool weekday_of(struct piece s, enum weekday *out)
{
	static const char words[] = "MOTUWETHFRSASU";
	for (int i = 0; s.n == 2 && i < 7; i++) {
		if (strncasecmp(s.p, words + 2 * i, 2) == 0) {
			*out = (enum weekday)i;
			return true;
		}
	}
	return false;
}

static bool read_wkst(struct rule *rule, struct piece s, struct err *err)
{
	if (!weekday_of(s, &rule->wkst))
		return err_set(err, ERR_PARSE, "RRULE with WKST=%.*s", SHOWN(s));
	return true;
}

static bool read_interval(struct rule *rule, struct piece s, struct err *err)
{
	int64_t v = 0;
	if (!number_within("INTERVAL", s, 1, INT32_MAX, &v, err))
		return false;
	rule->interval = (int32_t)v;
	return true;
}

static bool read_count(struct rule *rule, struct piece s, struct err *err)
{
	return number_within("COUNT", s, 1, INT64_MAX, &rule->count, err);
}

static bool digits_at(struct piece s, size_t at, size_t n, int *out)
{
	int v = 0;
	for (size_t i = at; i < at + n; i++) {
		if (i >= s.n || s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = v;
	return true;
}

static bool read_until(struct rule *rule, struct piece s, struct err *err)
{
	int y, m, d, hour = 0, minute = 0, second = 0;
	bool ok = digits_at(s, 0, 4, &y) && digits_at(s, 4, 2, &m) && digits_at(s, 6, 2, &d) &&
		  civil_valid(y, m, d);
	bool utc = s.n == 16 && (s.p[15] == 'Z' || s.p[15] == 'z');
	if (ok && s.n != 8)
		ok = (s.n == 15 || utc) && (s.p[8] == 'T' || s.p[8] == 't') &&
		     digits_at(s, 9, 2, &hour) && digits_at(s, 11, 2, &minute) &&
		     digits_at(s, 13, 2, &second) && hour < 24 && minute < 60 && second <= 60;
	if (!ok)
		return err_set(err, ERR_PARSE, "RRULE with UNTIL=%.*s", SHOWN(s));
	day_t day = civil_to_day(y, m, d);
	if (second == 60)
		second = 59; /* RFC 5545 section 3.3.12: without leap seconds 60 is read as 59 */
	rule->until_form = s.n == 8 ? RULE_UNTIL_DATE : utc ? RULE_UNTIL_UTC : RULE_UNTIL_LOCAL;
	rule->until = s.n == 8 ? day : local_at(day, hour * 3600 + minute * 60 + second);
	return true;
}

/* ---- lists -----------------------------------------------------------------------------------*/

static bool too_many(const char *part, struct err *err)
{
	return err_set(err, ERR_PARSE, "RRULE with more than %d values in %s", RULE_LIST_MAX, part);
}

static bool add_day(struct rule *rule, struct piece s, struct err *err)
{
	enum weekday weekday;
	int64_t ordinal = 0;
	struct piece number = {s.p, s.n < 2 ? 0 : s.n - 2};
	struct piece name = {s.p + number.n, s.n - number.n};
	if (!weekday_of(name, &weekday) ||
	    (number.n > 0 && (!whole_number(trimmed(number), &ordinal) || ordinal == 0 ||
			      ordinal < -53 || ordinal > 53)))
		return err_set(err, ERR_PARSE, "RRULE with BYDAY=%.*s", SHOWN(s));
	for (int i = 0; i < rule->n_byday; i++)
		if (rule->byday[i].weekday == (int)weekday && rule->byday[i].ordinal == ordinal)
			return true;
	if (rule->n_byday == RULE_LIST_MAX)
		return too_many("BYDAY", err);
	rule->byday[rule->n_byday++] = (struct rule_byday){(int8_t)weekday, (int8_t)ordinal};
	return true;
}

static bool read_byday(struct rule *rule, struct piece s, struct err *err)
{
	while (s.n > 0) {
		struct piece one = cut(&s, ',');
		if (one.n > 0 && !add_day(rule, one, err))
			return false;
	}
	return true;
}

/* part, its list in struct rule, smallest and largest value, whether negatives count from the end */
#define LISTS(X)                                                                                   \
	X(BYMONTH, bymonth, 1, 12, false)                                                          \
	X(BYMONTHDAY, bymonthday, 1, 31, true)                                                     \
	X(BYYEARDAY, byyearday, 1, 366, true)                                                      \
	X(BYWEEKNO, byweekno, 1, 53, true)                                                         \
	X(BYSETPOS, bysetpos, 1, 366, true)                                                        \
	X(BYHOUR, byhour, 0, 23, false)                                                            \
	X(BYMINUTE, byminute, 0, 59, false)                                                        \
	X(BYSECOND, bysecond, 0, 60, false)

static bool read_list(const char *part, struct piece s, int min, int max, bool from_end,
		      int16_t *list, uint8_t *n, struct err *err)
{
	while (s.n > 0) {
		struct piece one = cut(&s, ',');
		int64_t v = 0;
		if (one.n == 0)
			continue;
		if (!number_within(part, one, from_end ? -max : min, max, &v, err))
			return false;
		if (v > -min && v < min)
			return err_set(err, ERR_PARSE, "RRULE with %s=%.*s", part, SHOWN(one));
		int i = 0;
		while (i < *n && list[i] != v)
			i++;
		if (i < *n)
			continue;
		if (*n == RULE_LIST_MAX)
			return too_many(part, err);
		list[(*n)++] = (int16_t)v;
	}
	return true;
}

#define X(PART, field, min, max, from_end)                                                         \
	static bool read_##field(struct rule *rule, struct piece s, struct err *err)               \
	{                                                                                          \
		return read_list(#PART, s, min, max, from_end, rule->field, &rule->n_##field,      \
				 err);                                                             \
	}
LISTS(X)
#undef X

/* ---- calendars other than ours (RFC 7529) ----------------------------------------------------*/

static bool read_rscale(struct rule *rule, struct piece s, struct err *err)
{
	(void)rule;
	if (!is_word(s, "GREGORIAN"))
		return err_set(err, ERR_PARSE, "RRULE with RSCALE=%.*s", SHOWN(s));
	return true;
}

static bool read_skip(struct rule *rule, struct piece s, struct err *err)
{
	(void)rule;
	if (!is_word(s, "OMIT"))
		return err_set(err, ERR_PARSE, "RRULE with SKIP=%.*s", SHOWN(s));
	return true;
}

/* ---- the parts -------------------------------------------------------------------------------*/

static const struct {
	const char *name;
	bool (*read)(struct rule *rule, struct piece value, struct err *err);
} parts[] = {{"FREQ", read_freq},
	     {"INTERVAL", read_interval},
	     {"COUNT", read_count},
	     {"UNTIL", read_until},
	     {"WKST", read_wkst},
	     {"BYDAY", read_byday},
	     {"RSCALE", read_rscale},
	     {"SKIP", read_skip},
#define X(PART, field, min, max, from_end) {#PART, read_##field},
	     LISTS(X)
#undef X
};
enum { PARTS = sizeof parts / sizeof *parts };

static bool read_part(struct rule *rule, struct piece whole, unsigned *seen, struct err *err)
{
	struct piece value = whole;
	struct piece name = cut(&value, '=');
	if (name.n == whole.n)
		return err_set(err, ERR_PARSE, "RRULE with \"%.*s\", which is no part of a rule",
			       SHOWN(whole));
	for (unsigned i = 0; i < PARTS; i++) {
		if (!is_word(name, parts[i].name))
			continue;
		if (*seen & 1U << i)
			return err_set(err, ERR_PARSE, "RRULE with two %s", parts[i].name);
		*seen |= 1U << i;
		return parts[i].read(rule, trimmed(value), err);
	}
	/* RFC 5545 section 3.3.10 knows no private parts, but they are about, and harmless */
	if (name.n > 2 && strncasecmp(name.p, "X-", 2) == 0)
		return true;
	return err_set(err, ERR_PARSE, "RRULE with %.*s, which is not known", SHOWN(name));
}

bool rule_parse(const char *text, size_t n, struct rule *out, struct err *err)
{
	struct rule rule = {.interval = 1, .wkst = MON};
	struct piece rest = trimmed((struct piece){text, n});
	unsigned seen = 0;
	while (rest.n > 0) {
		struct piece part = cut(&rest, ';');
		if (part.n > 0 && !read_part(&rule, part, &seen, err))
			return false;
	}
	if (!(seen & 1U)) /* FREQ is the first row */
		return err_set(err, ERR_PARSE, "RRULE without FREQ");
	*out = rule;
	return true;
}
