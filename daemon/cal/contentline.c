/* contentline.c -- unfolding without copying where nothing is folded, and strict values. */
#include "cal/contentline.h"

#include <string.h>
#include <strings.h>

bool text_is(struct text text, const char *word)
{
	return strlen(word) == text.n && strncasecmp(text.p, word, text.n) == 0;
}

struct text text_trim(struct text t)
{
	while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
		t.p++;
		t.n--;
	}
	while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
		t.n--;
	return t;
}

static bool physical(struct lines *l, struct text *out)
{
	if (l->at >= l->end)
		return false;
	if (!l->lf || l->lf < l->at) {
		l->lf = memchr(l->at, '\n', (size_t)(l->end - l->at));
		if (!l->lf)
			l->lf = l->end;
	}
	const char *cr = memchr(l->at, '\r', (size_t)(l->lf - l->at));
	const char *stop = cr ? cr : l->lf;
	*out = (struct text){l->at, (size_t)(stop - l->at)};
	if (cr && l->lf < l->end && (l->lf == cr + 1 || (l->lf == cr + 2 && cr[1] == '\r')))
		stop = l->lf;
	l->at = stop < l->end ? stop + 1 : l->end;
	l->next++;
	return true;
}

static bool continues(const struct lines *l)
{
	return l->at < l->end && (*l->at == ' ' || *l->at == '\t');
}

/* Skips empty lines, so that a continuation behind one still finds its line. */
static void skip_empty(struct lines *l)
{
	struct text none;
	while (l->at < l->end && (*l->at == '\r' || *l->at == '\n') && physical(l, &none))
		continue;
}

enum lines_result lines_next(struct lines *l, struct text *out, int *line)
{
	struct text one;
	skip_empty(l);
	*line = l->next;
	if (!physical(l, &one))
		return LINES_END;
	skip_empty(l);
	bool fits = one.n <= l->max;
	*out = (struct text){one.p, fits ? one.n : l->max};
	if (!continues(l))
		return fits ? LINES_OK : LINES_TOO_LONG;
	buf_clear(&l->joined);
	buf_add(&l->joined, out->p, out->n);
	while (continues(l) && physical(l, &one)) {
		fits = fits && l->joined.n + one.n - 1 <= l->max;
		if (fits)
			buf_add(&l->joined, one.p + 1, one.n - 1);
		skip_empty(l);
	}
	*out = (struct text){l->joined.v, l->joined.n};
	return fits ? LINES_OK : LINES_TOO_LONG;
}

static bool name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Where the value's colon stands: the first one outside quotes, or, when a quote is never
 * closed, the first one at all. */
static const char *colon(struct text t)
{
	bool quoted = false;
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] == '"')
			quoted = !quoted;
		else if (t.p[i] == ':' && !quoted)
			return t.p + i;
	}
	return memchr(t.p, ':', t.n);
}

bool content_split(struct text line, bool plain_value, struct content *out)
{
	size_t k = 0;
	while (k < line.n && name_byte(line.p[k]))
		k++;
	out->name = (struct text){line.p, k};
	while (k < line.n && (line.p[k] == ' ' || line.p[k] == '\t'))
		k++;
	if (out->name.n == 0 || k >= line.n || (line.p[k] != ':' && line.p[k] != ';'))
		return false;
	struct text rest = {line.p + k, line.n - k};
	const char *at = plain_value ? memrchr(rest.p, ':', rest.n) : colon(rest);
	if (!at)
		return false;
	out->params = at > rest.p ? (struct text){rest.p + 1, (size_t)(at - rest.p - 1)}
				  : (struct text){rest.p, 0};
	out->value = text_trim((struct text){at + 1, (size_t)(rest.p + rest.n - at - 1)});
	/* DTSTART;TZID="Zone:20200609T090000" has its quote in the wrong place */
	if (plain_value && out->value.n > 0 && out->value.p[out->value.n - 1] == '"')
		out->value.n--;
	return true;
}

static struct text unquote(struct text t)
{
	t = text_trim(t);
	if (t.n > 0 && t.p[0] == '"') {
		t.p++;
		t.n--;
	}
	if (t.n > 0 && t.p[t.n - 1] == '"')
		t.n--;
	return t;
}

bool content_param(const struct content *c, const char *name, struct text *out)
{
	const char *p = c->params.p, *end = p + c->params.n;
	while (p < end) {
		bool quoted = false;
		const char *stop = p;
		for (; stop < end && (quoted || *stop != ';'); stop++)
			if (*stop == '"')
				quoted = !quoted;
		const char *is = memchr(p, '=', (size_t)(stop - p));
		if (is && text_is(text_trim((struct text){p, (size_t)(is - p)}), name)) {
			*out = unquote((struct text){is + 1, (size_t)(stop - is - 1)});
			return true;
		}
		p = stop + 1;
	}
	return false;
}

/* @k digits at @p, or -1 */
static int digits(const char *p, int k)
{
	int v = 0;
	for (int i = 0; i < k; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

bool moment_read(struct text t, struct moment *out)
{
	if (t.n < 8)
		return false;
	int year = digits(t.p, 4), month = digits(t.p + 4, 2), day = digits(t.p + 6, 2);
	if (year < 1 || month < 1 || day < 1 || !civil_valid(year, month, day))
		return false;
	struct moment m = {.date_only = t.n == 8};
	day_t date = civil_to_day(year, month, day);
	int second = 0;
	if (!m.date_only) {
		if ((t.n != 15 && t.n != 16) || (t.p[8] != 'T' && t.p[8] != 't'))
			return false;
		m.utc = t.n == 16;
		if (m.utc && t.p[15] != 'Z' && t.p[15] != 'z')
			return false;
		int h = digits(t.p + 9, 2), min = digits(t.p + 11, 2), s = digits(t.p + 13, 2);
		if (h < 0 || min < 0 || s < 0 || min > 59 || s > 60 ||
		    (h > 23 && (h > 24 || min > 0 || s > 0)))
			return false;
		second = h * 3600 + min * 60 + (s == 60 ? 59 : s);
	}
	m.local = local_at(date, 0) + second;
	if (m.local >= local_at(civil_to_day(10000, 1, 1), 0))
		return false;
	*out = m;
	return true;
}

static void put_digits(char *p, int k, int v)
{
	for (; k > 0; v /= 10)
		p[--k] = (char)('0' + v % 10);
}

void moment_write(struct buf *out, const struct moment *m)
{
	struct civil c = civil_from_day(local_day(m->local));
	int s = local_second(m->local);
	char text[16] = {[8] = 'T', [15] = 'Z'}; /* not by printf: one for each of 700 EXDATEs */
	put_digits(text, 4, c.year);
	put_digits(text + 4, 2, c.month);
	put_digits(text + 6, 2, c.day);
	put_digits(text + 9, 2, s / 3600);
	put_digits(text + 11, 2, s / 60 % 60);
	put_digits(text + 13, 2, s % 60);
	buf_add(out, text, m->date_only ? 8 : m->utc ? 16 : 15);
}

bool length_read(struct text t, int64_t *seconds, int64_t *days)
{
	static const struct {
		char unit;
		bool time;
		int64_t s;
	} units[] = {{'W', false, 7 * DAY_S},
		     {'D', false, DAY_S},
		     {'H', true, 3600},
		     {'M', true, 60},
		     {'S', true, 1}};
	size_t i = 0;
	bool minus = t.n > 0 && t.p[0] == '-', time = false, any = false;
	if (t.n > 0 && (t.p[0] == '-' || t.p[0] == '+'))
		i++;
	if (i >= t.n || (t.p[i] != 'P' && t.p[i] != 'p'))
		return false;
	int64_t sum = 0, nominal = 0;
	for (i++; i < t.n;) {
		if ((t.p[i] == 'T' || t.p[i] == 't') && !time) {
			time = true;
			i++;
			continue;
		}
		size_t k = i;
		while (k < t.n && k - i < 10 && t.p[k] >= '0' && t.p[k] <= '9')
			k++;
		if (k == i || k - i > 9 || k >= t.n)
			return false;
		int64_t value = 0, unit = 0;
		for (; i < k; i++)
			value = value * 10 + (t.p[i] - '0');
		for (size_t u = 0; u < sizeof units / sizeof *units; u++)
			if ((t.p[k] & ~0x20) == units[u].unit && units[u].time == time)
				unit = units[u].s;
		if (unit == 0)
			return false;
		sum += value * unit;
		nominal += unit >= DAY_S ? value * (unit / DAY_S) : 0;
		if (sum > (int64_t)3660 * DAY_S)
			return false;
		any = true;
		i = k + 1;
	}
	if (!any)
		return false;
	*seconds = minus ? -sum : sum;
	if (days)
		*days = nominal;
	return true;
}
