/* parse.c -- readers for the small words of configuration, commands and forms. */
#include "base/parse.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parse_is_id(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	return n > 0 && n <= ID_MAX && text[n] == '\0' && text[0] != '-';
}

bool parse_int(const char *text, int64_t min, int64_t max, int64_t *out, struct err *err)
{
	const char *p = text + (*text == '-');
	size_t n = strspn(p, "0123456789");
	if (n == 0 || n > 18 || p[n])
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a whole number", text);
	int64_t v = strtoll(text, NULL, 10);
	if (v < min || v > max)
		return err_set(err, ERR_PARSE, "%lld is not within %lld..%lld", (long long)v,
			       (long long)min, (long long)max);
	*out = v;
	return true;
}

bool parse_duration(const char *text, int64_t *seconds, struct err *err)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'w', 7 * DAY_S}, {'d', DAY_S}, {'h', 3600}, {'m', 60}, {'s', 1}};
	enum { UNITS = sizeof units / sizeof *units };
	if (strcmp(text, "0") == 0) {
		*seconds = 0;
		return true;
	}
	int64_t sum = 0;
	size_t unit = 0;
	const char *p = text;
	while (*p) {
		size_t n = strspn(p, "0123456789");
		size_t u = unit;
		while (u < UNITS && units[u].letter != p[n])
			u++;
		if (n == 0 || n > 7 || u == UNITS || p[n] == '\0')
			break;
		sum += atoll(p) * units[u].seconds;
		unit = u + 1;
		p += n + 1;
	}
	if (*p || p == text)
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not a duration such as 90m, 2h, 1h30m, 10d or 6w",
			       text);
	*seconds = sum;
	return true;
}

bool parse_minutes(const char *text, int32_t *minutes, struct err *err)
{
	int64_t s;
	if (!parse_duration(text, &s, err))
		return false;
	if (s % 60 || s / 60 > INT32_MAX / 2)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a sensible number of minutes",
			       text);
	*minutes = (int32_t)(s / 60);
	return true;
}

/* Exactly @n digits at *p, which moves on. */
static bool digits(const char **p, int n, int *out)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*p)[i]))
			return false;
		v = v * 10 + ((*p)[i] - '0');
	}
	*p += n;
	*out = v;
	return true;
}

static bool literal(const char **p, char c)
{
	if (**p != c)
		return false;
	++*p;
	return true;
}

static bool date_at(const char **p, day_t *day)
{
	int y, m, d;
	if (!digits(p, 4, &y) || !literal(p, '-') || !digits(p, 2, &m) || !literal(p, '-') ||
	    !digits(p, 2, &d) || y < 1900 || y > 2200 || !civil_valid(y, m, d))
		return false;
	*day = civil_to_day(y, m, d);
	return true;
}

static bool clock_at(const char **p, int *minute)
{
	int h, m;
	if (!digits(p, 2, &h) || !literal(p, ':') || !digits(p, 2, &m) || m > 59 ||
	    h * 60 + m > 24 * 60)
		return false;
	*minute = h * 60 + m;
	return true;
}

bool parse_date(const char *text, day_t *day, struct err *err)
{
	day_t d;
	const char *p = text;
	if (!date_at(&p, &d) || *p)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a date such as 2026-11-24", text);
	*day = d;
	return true;
}

bool parse_moment(const char *text, local_t *local, bool *utc, struct err *err)
{
	const char *p = text;
	day_t day;
	int minute, second = 0;
	bool ok = date_at(&p, &day) && literal(&p, 'T') && clock_at(&p, &minute);
	if (ok && literal(&p, ':'))
		ok = digits(&p, 2, &second) && second < 60;
	bool z = ok && literal(&p, 'Z');
	if (!ok || *p)
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not a moment such as 2026-11-24T13:00 (or with Z)",
			       text);
	*local = local_at(day, minute * 60 + second);
	*utc = z;
	return true;
}

bool parse_week(const char *text, day_t *monday, struct err *err)
{
	const char *p = text;
	int y, w, y2, w2;
	if (digits(&p, 4, &y) && literal(&p, '-') && literal(&p, 'W') && digits(&p, 2, &w) && !*p &&
	    y >= 1900 && y <= 2200 && w >= 1 && w <= 53) {
		day_t d = civil_iso_monday(y, w);
		civil_iso_week(d, &y2, &w2);
		if (y2 == y && w2 == w) {
			*monday = d;
			return true;
		}
	}
	return err_set(err, ERR_PARSE, "\"%.40s\" is not a week such as 2026-W48", text);
}

bool parse_days(const char *text, day_t *first, day_t *past, struct err *err)
{
	const char *p = text;
	day_t a, b;
	if (!date_at(&p, &a))
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not a range of dates such as 2026-12-21..2027-01-03",
			       text);
	b = a;
	if (*p && (!literal(&p, '.') || !literal(&p, '.') || !date_at(&p, &b) || *p))
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not a range of dates such as 2026-12-21..2027-01-03",
			       text);
	if (b < a)
		return err_set(err, ERR_PARSE, "\"%.40s\" ends before it begins", text);
	*first = a;
	*past = b + 1;
	return true;
}

bool parse_clock(const char *text, int *minute, struct err *err)
{
	const char *p = text;
	int m;
	if (!clock_at(&p, &m) || *p)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a time of day such as 08:30",
			       text);
	*minute = m;
	return true;
}

bool parse_clock_range(const char *text, int *from_min, int *to_min, struct err *err)
{
	const char *p = text;
	int a, b;
	if (!clock_at(&p, &a) || !literal(&p, '-') || !clock_at(&p, &b) || *p)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a span such as 08:30-17:00", text);
	if (b <= a)
		return err_set(err, ERR_PARSE, "\"%.40s\" ends before it begins", text);
	*from_min = a;
	*to_min = b;
	return true;
}

static bool weekday_at(const char **p, int *day)
{
	for (int d = MON; d <= SUN; d++)
		if (strncmp(*p, weekday_name((enum weekday)d), 3) == 0) {
			*p += 3;
			*day = d;
			return true;
		}
	return false;
}

bool parse_weekdays(const char *text, unsigned *mask, struct err *err)
{
	unsigned m = 0;
	const char *p = text;
	bool ok;
	do {
		int a, b;
		ok = weekday_at(&p, &a);
		b = a;
		if (ok && literal(&p, '-'))
			ok = weekday_at(&p, &b);
		if (!ok)
			break;
		for (int d = a;; d = (d + 1) % 7) {
			m |= 1U << d;
			if (d == b)
				break;
		}
	} while (literal(&p, ','));
	if (!ok || *p)
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not weekdays such as mon-thu or mon,wed", text);
	*mask = m;
	return true;
}

bool parse_money(const char *text, int64_t *cents, char currency[4], struct err *err)
{
	size_t whole = strspn(text, "0123456789");
	const char *p = text + whole;
	int64_t c = 0;
	bool ok = whole > 0 && whole <= 12;
	if (ok && *p == '.') {
		size_t n = strspn(p + 1, "0123456789");
		ok = n == 2;
		c = ok ? (p[1] - '0') * 10 + (p[2] - '0') : 0;
		p += 1 + n;
	}
	ok = ok && p[0] == ' ' && strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 && p[4] == '\0';
	if (!ok)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not an amount such as 12.50 EUR",
			       text);
	*cents = strtoll(text, NULL, 10) * 100 + c;
	memcpy(currency, p + 1, 4);
	return true;
}

bool parse_bool(const char *text, bool *out, struct err *err)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = i % 2 == 1;
			return true;
		}
	return err_set(err, ERR_PARSE, "\"%.40s\" is neither yes nor no", text);
}

bool parse_is_mail(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strlen(text), local = 0, domain = 0;
	while (text[local] &&
	       (strchr(letters, text[local]) || strchr("!#$%&'*+-/=?^_`{|}~.", text[local])))
		local++;
	bool ok = local > 0 && local <= 64 && text[local] == '@' && n <= 254;
	if (!ok)
		return false;
	const char *host = text + local + 1;
	while (host[domain] && (strchr(letters, host[domain]) || strchr("-.", host[domain])))
		domain++;
	return domain > 0 && host[domain] == '\0' && host[0] != '.' && host[domain - 1] != '.';
}

bool parse_mailbox(const char *text, char **name, char **address, struct err *err)
{
	const char *open = strchr(text, '<');
	size_t n = strlen(text), before = open ? (size_t)(open - text) : 0;
	bool closed = open && n > before + 2 && text[n - 1] == '>';
	char *mail = !open ? xstrdup(text) : xstrndup(open + 1, n - before - 1 - closed);
	if ((open && !closed) || !parse_is_mail(mail)) {
		xfree(mail);
		return err_set(err, ERR_PARSE,
			       "\"%.60s\" is not a sender such as Samen leren "
			       "<samen@school.example>",
			       text);
	}
	while (before > 0 && text[before - 1] == ' ')
		before--;
	bool quotes = before > 1 && text[0] == '"' && text[before - 1] == '"';
	*name = xstrndup(text + quotes, before - 2 * (size_t)quotes);
	*address = mail;
	return true;
}

const char *minutes_text(int32_t minutes, char out[DURATION_TEXT])
{
	int32_t m = minutes < 0 ? -minutes : minutes;
	const char *sign = minutes < 0 ? "-" : "";
	if (m % 60 == 0 && m)
		(void)snprintf(out, DURATION_TEXT, "%s%dh", sign, m / 60);
	else if (m > 60)
		(void)snprintf(out, DURATION_TEXT, "%s%dh%dm", sign, m / 60, m % 60);
	else
		(void)snprintf(out, DURATION_TEXT, "%s%dm", sign, m);
	return out;
}

const char *seconds_text(int64_t seconds, char out[DURATION_TEXT])
{
	if (seconds && seconds % (7 * DAY_S) == 0)
		(void)snprintf(out, DURATION_TEXT, "%lldw", (long long)(seconds / (7 * DAY_S)));
	else if (seconds && seconds % DAY_S == 0)
		(void)snprintf(out, DURATION_TEXT, "%lldd", (long long)(seconds / DAY_S));
	else if (seconds % 60)
		(void)snprintf(out, DURATION_TEXT, "%llds", (long long)seconds);
	else
		(void)minutes_text((int32_t)(seconds / 60), out);
	return out;
}

static size_t edit_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t la = strlen(a), lb = strlen(b), row[MAX + 1];
	if (la > MAX || lb > MAX)
		return SIZE_MAX; /* no typing error */
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *parse_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t least = strlen(word) / 3 + 2;
	for (size_t i = 0; i < n; i++) {
		size_t d = edit_distance(word, names[i]);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

bool parse_words(char *text, char **words, size_t max, size_t *n, struct err *err)
{
	size_t count = 0;
	char *p = text;
	for (;;) {
		p += strspn(p, " \t");
		if (!*p)
			break;
		if (count == max)
			return err_set(err, ERR_USAGE, "more than %zu words", max);
		char *out = p;
		bool quoted = false;
		words[count++] = p;
		for (; *p && (quoted || (*p != ' ' && *p != '\t')); p++) {
			if (*p == '"') {
				quoted = !quoted;
				continue;
			}
			if (*p == '\\') {
				if (p[1] != '"' && p[1] != '\\')
					return err_set(err, ERR_USAGE,
						       "a backslash escapes only \" and \\");
				p++;
			}
			*out++ = *p;
		}
		if (quoted)
			return err_set(err, ERR_USAGE, "a double quote is not closed");
		bool more = *p != '\0';
		*out = '\0';
		if (!more)
			break;
		p++;
	}
	*n = count;
	return true;
}
