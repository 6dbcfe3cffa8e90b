/* sieve_lines.c -- what becomes of one line of an event: only what says when and whether is
 * written, and only after it was read here. libical sees no date, zone name or length that was
 * not checked. Lines are written anew, never copied: NAME;VALUE=DATE;TZID="...":value. */
#include "cal/sieve.h"

#include "cal/charset.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define VALUES_A_LINE 400 /* libical drops what comes after 500 */

enum {
	IN_CALENDAR = 1 << PART_CALENDAR,
	IN_EVENT = 1 << PART_EVENT,
	IN_FREEBUSY = 1 << PART_FREEBUSY
};

struct row;
typedef void line_fn(struct sieve *sieve, const struct row *row, const struct content *content,
		     int line);
static line_fn put_text, put_word, put_zone, put_moment, put_moments, put_length, put_rule,
	put_sequence, put_busy, put_periods, match_title, match_category, check_calscale;

static const struct row {
	const char *name;
	int where;
	bool plain_value; /* no colon in the value: dates and words */
	bool once;
	line_fn *act;
} rows[] = {
	{"UID", IN_EVENT | IN_FREEBUSY, false, true, put_text},
	{"DTSTART", IN_EVENT, true, true, put_moment},
	{"DTEND", IN_EVENT, true, true, put_moment},
	{"DURATION", IN_EVENT, true, true, put_length},
	{"RRULE", IN_EVENT, true, false, put_rule},
	{"RDATE", IN_EVENT, true, false, put_moments},
	{"EXDATE", IN_EVENT, true, false, put_moments},
	{"EXRULE", IN_EVENT, true, false, put_rule},
	{"RECURRENCE-ID", IN_EVENT, true, true, put_moment},
	{"STATUS", IN_EVENT, true, true, put_word},
	{"TRANSP", IN_EVENT, true, true, put_word},
	{"SEQUENCE", IN_EVENT, true, true, put_sequence},
	{"X-MICROSOFT-CDO-BUSYSTATUS", IN_EVENT, true, true, put_busy},
	{"FREEBUSY", IN_FREEBUSY, true, false, put_periods},
	{"X-WR-TIMEZONE", IN_CALENDAR, false, false, put_zone},
	{"METHOD", IN_CALENDAR, true, false, put_word},
	{"CALSCALE", IN_CALENDAR, true, false, check_calscale},
	{"SUMMARY", IN_EVENT, false, false, match_title},
	{"CATEGORIES", IN_EVENT, false, false, match_category},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Words that mean something to us, as written -> as libical knows them. */
static const struct {
	const char *name, *word, *out;
} words[] = {
	{"STATUS", "TENTATIVE", "TENTATIVE"},
	{"STATUS", "CONFIRMED", "CONFIRMED"},
	{"STATUS", "CANCELLED", "CANCELLED"},
	{"STATUS", "CANCELED", "CANCELLED"},
	{"TRANSP", "TRANSPARENT", "TRANSPARENT"},
	{"TRANSP", "TRANSPARENT-NOCONFLICT", "TRANSPARENT"},
	{"TRANSP", "OPAQUE", "OPAQUE"},
	{"TRANSP", "OPAQUE-NOCONFLICT", "OPAQUE"},
	{"METHOD", "CANCEL", "CANCEL"},
	{"METHOD", "PUBLISH", "PUBLISH"},
	{"METHOD", "REQUEST", "REQUEST"},
};

static const struct {
	const char *word;
	enum said_busy said;
} busy_words[] = {
	{"FREE", SAID_FREE}, {"TENTATIVE", SAID_TENTATIVE},	   {"BUSY", SAID_BUSY},
	{"OOF", SAID_OOF},   {"WORKINGELSEWHERE", SAID_ELSEWHERE},
};

const char *sieve_quote(struct text t, char out[QUOTE_SIZE])
{
	size_t n = t.n < QUOTE_SIZE - 4 ? t.n : QUOTE_SIZE - 4;
	while (n < t.n && n > 0 && ((unsigned char)t.p[n] & 0xC0) == 0x80)
		n--;
	bool clean = charset_is_clean(t.p, n);
	for (size_t i = 0; i < n; i++) {
		size_t bad = charset_acting(t.p + i, n - i);
		if (bad == 0 && !clean && (unsigned char)t.p[i] > 0x7F)
			bad = 1; /* may be anything */
		out[i] = bad ? '?' : t.p[i];
		for (; bad > 1; bad--)
			out[++i] = '?';
	}
	memcpy(out + n, n < t.n ? "..." : "", n < t.n ? 4 : 1);
	return out;
}

void sieve_bad(struct sieve *s, int line, const char *fmt, ...)
{
	if (s->now.bad)
		return; /* one reason is enough */
	s->now.bad = true;
	char text[300];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	warnings_add(&s->out->warnings, line, "event skipped: %s", text);
}

static void put_text(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	if (!charset_is_clean(c->value.p, c->value.n)) {
		sieve_bad(s, line, "%s holds bytes that are no text", row->name);
		return;
	}
	buf_addf(&s->out->text, "%s:", row->name);
	buf_add(&s->out->text, c->value.p, c->value.n);
	buf_adds(&s->out->text, "\r\n");
}

static void put_word(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	(void)line;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].name, row->name) != 0 || !text_is(c->value, words[i].word))
			continue;
		buf_addf(&s->out->text, "%s:%s\r\n", row->name, words[i].out);
		s->now.free |= strcmp(words[i].out, "CANCELLED") == 0;
	}
}

static void put_busy(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	(void)row;
	(void)line;
	for (size_t i = 0; i < sizeof busy_words / sizeof *busy_words; i++) {
		if (!text_is(c->value, busy_words[i].word))
			continue;
		buf_addf(&s->out->text, "X-TANDEM-BUSY:%d\r\n", (int)busy_words[i].said);
		s->now.free |= busy_words[i].said == SAID_FREE;
	}
}

bool sieve_is_zone_name(struct text t)
{
	return t.n <= SIEVE_TZID_BYTES && charset_is_harmless(t.p, t.n) && !memchr(t.p, '"', t.n) &&
	       !memmem(t.p, t.n, "..", 2);
}

static void put_zone(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	(void)row;
	char quote[QUOTE_SIZE];
	if (c->value.n == 0)
		return;
	if (!sieve_is_zone_name(c->value)) {
		warnings_add(&s->out->warnings, line,
			     "%s is not a zone name; X-WR-TIMEZONE ignored",
			     sieve_quote(c->value, quote));
		return;
	}
	buf_adds(&s->out->text, "X-WR-TIMEZONE:");
	buf_add(&s->out->text, c->value.p, c->value.n);
	buf_adds(&s->out->text, "\r\n");
}

/* ;TZID="name" of a local time; a name that is none leaves a time without zone, which is read
 * by the next rule of the zone order. */
static void put_tzid(struct sieve *s, const struct content *c, const struct moment *m, int line)
{
	struct text tzid;
	char quote[QUOTE_SIZE];
	if (m->date_only) {
		buf_adds(&s->out->text, ";VALUE=DATE");
		return;
	}
	if (m->utc || !content_param(c, "TZID", &tzid) || tzid.n == 0)
		return;
	if (!sieve_is_zone_name(tzid)) {
		warnings_add(&s->out->warnings, line,
			     "%s is not a zone name; read as a time without a zone",
			     sieve_quote(tzid, quote));
		return;
	}
	buf_adds(&s->out->text, ";TZID=\"");
	buf_add(&s->out->text, tzid.p, tzid.n);
	buf_addc(&s->out->text, '"');
}

static void put_moment(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	struct moment m;
	struct text range;
	char quote[QUOTE_SIZE];
	if (c->value.n == 0 && strcmp(row->name, "DTEND") == 0)
		return; /* as good as none */
	if (!moment_read(c->value, &m)) {
		sieve_bad(s, line, "%s %s is not a date or time", row->name,
			  sieve_quote(c->value, quote));
		return;
	}
	buf_adds(&s->out->text, row->name);
	if (strcmp(row->name, "RECURRENCE-ID") == 0 && content_param(c, "RANGE", &range) &&
	    text_is(range, "THISANDFUTURE"))
		buf_adds(&s->out->text, ";RANGE=THISANDFUTURE");
	put_tzid(s, c, &m, line);
	buf_addc(&s->out->text, ':');
	moment_write(&s->out->text, &m);
	buf_adds(&s->out->text, "\r\n");
}

/* START/END or START/LENGTH; *seconds >= 0 */
static bool read_period(struct text t, struct moment *start, int64_t *seconds)
{
	const char *slash = memchr(t.p, '/', t.n);
	struct moment end;
	if (!slash)
		return false;
	struct text a = text_trim((struct text){t.p, (size_t)(slash - t.p)});
	struct text b = text_trim((struct text){slash + 1, (size_t)(t.p + t.n - slash - 1)});
	if (!moment_read(a, start) || start->date_only)
		return false;
	if (length_read(b, seconds, NULL))
		return *seconds >= 0;
	if (!moment_read(b, &end) || end.date_only || end.utc != start->utc)
		return false;
	*seconds = end.local - start->local;
	return *seconds >= 0 && *seconds <= (int64_t)3660 * DAY_S;
}

/* The next of a comma list; false at its end. */
static bool next_value(struct text *rest, struct text *out)
{
	if (!rest->p)
		return false;
	const char *comma = memchr(rest->p, ',', rest->n);
	size_t n = comma ? (size_t)(comma - rest->p) : rest->n;
	*out = text_trim((struct text){rest->p, n});
	*rest = comma ? (struct text){comma + 1, rest->n - n - 1} : (struct text){NULL, 0};
	return true;
}

/* A list goes out as lines of equal form (DATE, local, UTC, PERIOD), a bad value as a warning. */
static void put_moments(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	struct text rest = c->value, one;
	struct buf *out = &s->out->text;
	char quote[QUOTE_SIZE];
	int last = -1, n = 0;
	bool periods = strcmp(row->name, "RDATE") == 0;
	while (next_value(&rest, &one)) {
		struct moment m;
		int64_t seconds = -1;
		if (one.n == 0)
			continue;
		s->dates++;
		if (!moment_read(one, &m) && !(periods && read_period(one, &m, &seconds))) {
			warnings_add(&s->out->warnings, line,
				     "%s %s is not a date or time; ignored", row->name,
				     sieve_quote(one, quote));
			continue;
		}
		int form = seconds >= 0 ? 4 + m.utc : m.date_only ? 0 : 1 + m.utc;
		if (form == last && n < VALUES_A_LINE) {
			buf_addc(out, ',');
		} else {
			buf_addf(out, "%s%s%s", last >= 0 ? "\r\n" : "", row->name,
				 seconds >= 0 ? ";VALUE=PERIOD" : "");
			put_tzid(s, c, &m, line);
			buf_addc(out, ':');
			last = form;
			n = 0;
		}
		n++;
		moment_write(out, &m);
		if (seconds >= 0)
			buf_addf(out, "/PT%" PRId64 "S", seconds);
	}
	if (last >= 0)
		buf_adds(out, "\r\n");
}

static void put_periods(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	static const char *const types[] = {"BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE", "FREE"};
	struct text rest = c->value, one, type = {"BUSY", 4};
	char quote[QUOTE_SIZE];
	const char *known = "BUSY"; /* RFC 5545 section 3.2.9: unknown types count as BUSY */
	(void)row;
	(void)content_param(c, "FBTYPE", &type);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (text_is(type, types[i]))
			known = types[i];
	while (next_value(&rest, &one)) {
		struct moment m;
		int64_t seconds;
		if (one.n == 0)
			continue;
		s->dates++;
		if (!read_period(one, &m, &seconds) || !m.utc) {
			warnings_add(&s->out->warnings, line,
				     "FREEBUSY %s is not a period in UTC; ignored",
				     sieve_quote(one, quote));
			continue;
		}
		buf_addf(&s->out->text, "FREEBUSY;FBTYPE=%s:", known);
		moment_write(&s->out->text, &m);
		buf_addf(&s->out->text, "/PT%" PRId64 "S\r\n", seconds);
	}
}

static void put_length(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	int64_t seconds, days;
	char quote[QUOTE_SIZE];
	(void)row;
	if (!length_read(c->value, &seconds, &days) || seconds < 0) {
		warnings_add(&s->out->warnings, line, "DURATION %s is not a length; ignored",
			     sieve_quote(c->value, quote));
		return;
	}
	buf_addf(&s->out->text, "DURATION:P%" PRId64 "DT%" PRId64 "S\r\n", days,
		 seconds - days * DAY_S);
}

/* Our own line, so that nobody but cal/rule reads the rule: libical's reading differs. */
static void put_rule(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	struct text v = c->value;
	if (v.n == 0)
		return; /* as good as none: whole holiday feeds are written so */
	if (!charset_is_clean(v.p, v.n)) {
		sieve_bad(s, line, "%s holds bytes that are no text", row->name);
		return;
	}
	buf_addf(&s->out->text, "X-TANDEM-%s:%d ", row->name, line);
	for (size_t i = 0; i < v.n; i++) /* "MO\,TU": some writers escape the commas */
		if (v.p[i] != '\\' && v.p[i] != ' ')
			buf_addc(&s->out->text, v.p[i]);
	buf_adds(&s->out->text, "\r\n");
}

static void put_sequence(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	int64_t value = 0;
	(void)row;
	(void)line;
	for (size_t i = 0; i < c->value.n && value < INT32_MAX; i++) {
		if (c->value.p[i] < '0' || c->value.p[i] > '9')
			return;
		value = value * 10 + (c->value.p[i] - '0');
	}
	buf_addf(&s->out->text, "SEQUENCE:%" PRId64 "\r\n", value < INT32_MAX ? value : INT32_MAX);
}

static void match_title(struct sieve *s, const struct row *row, const struct content *c, int line)
{
	(void)row;
	(void)line;
	if (s->keep_lessons) {
		buf_clear(&s->title);
		buf_add(&s->title, c->value.p, c->value.n);
	}
	s->now.match |= patterns_title(s->patterns, c->value.p, c->value.n);
	if (s->now.title_word < 0)
		s->now.title_word = title_find(c->value.p, c->value.n);
}

static void match_category(struct sieve *s, const struct row *row, const struct content *c,
			   int line)
{
	struct text rest = c->value, one;
	(void)row;
	(void)line;
	for (int n = 0; n < 50 && next_value(&rest, &one); n++)
		s->now.match |= patterns_category(s->patterns, one.p, one.n);
}

static void check_calscale(struct sieve *s, const struct row *row, const struct content *c,
			   int line)
{
	char quote[QUOTE_SIZE];
	(void)row;
	if (c->value.n > 0 && !text_is(c->value, "GREGORIAN"))
		warnings_add(&s->out->warnings, line, "CALSCALE %s is not known; read as GREGORIAN",
			     sieve_quote(c->value, quote));
}

/* LOCATION: read for lessons alone, and passed over like any other line without them. */
static void note_place(struct sieve *s, const struct content *c)
{
	if (!text_is(c->name, "LOCATION"))
		return;
	buf_clear(&s->place);
	buf_add(&s->place, c->value.p, c->value.n);
}

static const struct row *find(struct text name)
{
	for (int i = 0; i < ROWS; i++)
		if ((rows[i].name[0] & ~0x20) == (name.p[0] & ~0x20) && text_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

bool sieve_reads(enum part part, struct text line)
{
	struct text name = {line.p, 0};
	while (name.n < line.n && line.p[name.n] != ':' && line.p[name.n] != ';')
		name.n++;
	name = text_trim(name);
	if (part == PART_ZONE || part == PART_OBSERVANCE)
		return sieve_zone_reads(part, name);
	const struct row *row = name.n > 0 ? find(name) : NULL;
	return row && (row->where & 1 << part);
}

bool sieve_line(struct sieve *s, enum part part, struct text line, int number)
{
	struct content c;
	if (part == PART_ZONE || part == PART_OBSERVANCE)
		return sieve_zone_line(s, part, line);
	if (!content_split(line, false, &c))
		return false;
	const struct row *row = find(c.name);
	if (!row && s->keep_lessons && part == PART_EVENT)
		note_place(s, &c);
	if (!row || !(row->where & 1 << part) || s->now.bad)
		return true;
	if (row->plain_value && !content_split(line, true, &c))
		return true;
	unsigned bit = 1u << (row - rows);
	if (row->once && (s->now.seen & bit)) {
		warnings_add(&s->out->warnings, number, "a second %s in one event; ignored",
			     row->name);
		return true;
	}
	s->now.seen |= bit;
	row->act(s, row, &c, number);
	return true;
}
