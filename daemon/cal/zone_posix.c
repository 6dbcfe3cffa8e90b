/* zone_posix.c -- POSIX TZ strings, as TZif files end in them: "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * Their sign is that of the road to UTC (CET is -1), ours is east of UTC (+3600). */
#include "cal/zone_table.h"

#include <ctype.h>
#include <string.h>

struct reader {
	const char *p, *end;
};

static bool take(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool number(struct reader *r, int min, int max, int *out)
{
	int v = 0, digits = 0;
	for (; r->p < r->end && isdigit((unsigned char)*r->p) && digits < 4; digits++)
		v = v * 10 + (*r->p++ - '0');
	if (digits == 0 || v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* "CET" or "<+01>" */
static bool abbreviation(struct reader *r, char out[ZONE_ABBR_MAX + 1])
{
	bool quoted = take(r, '<');
	const char *from = r->p;
	while (r->p < r->end &&
	       (isalpha((unsigned char)*r->p) ||
		(quoted && (isdigit((unsigned char)*r->p) || *r->p == '+' || *r->p == '-'))))
		r->p++;
	size_t n = (size_t)(r->p - from);
	if (n < 3 || n > ZONE_ABBR_MAX || (quoted && !take(r, '>')))
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

/* [+-]hh[:mm[:ss]] */
static bool hours(struct reader *r, int max_hours, int *out)
{
	bool negative = take(r, '-');
	if (!negative)
		(void)take(r, '+');
	int h, m = 0, s = 0;
	if (!number(r, 0, max_hours, &h))
		return false;
	if (take(r, ':') && (!number(r, 0, 59, &m) || (take(r, ':') && !number(r, 0, 59, &s))))
		return false;
	int v = h * 3600 + m * 60 + s;
	*out = negative ? -v : v;
	return true;
}

static bool east(struct reader *r, int *out)
{
	int west;
	if (!hours(r, 24, &west))
		return false;
	*out = -west;
	return true;
}

static bool when(struct reader *r, struct posix_when *out)
{
	struct posix_when w = {.second = 2 * 3600};
	bool ok;
	if (take(r, 'M')) {
		w.form = POSIX_MONTH;
		ok = number(r, 1, 12, &w.month) && take(r, '.') && number(r, 1, 5, &w.week) &&
		     take(r, '.') && number(r, 0, 6, &w.weekday);
	} else if (take(r, 'J')) {
		w.form = POSIX_JULIAN;
		ok = number(r, 1, 365, &w.day);
	} else {
		w.form = POSIX_ZERO_DAY;
		ok = number(r, 0, 365, &w.day);
	}
	if (!ok || (take(r, '/') && !hours(r, 167, &w.second)))
		return false;
	*out = w;
	return true;
}

static bool tz(struct reader *r, struct posix_tz *out)
{
	if (!abbreviation(r, out->std_abbr) || !east(r, &out->std_s))
		return false;
	if (r->p == r->end)
		return true;
	out->has_dst = true;
	out->dst_s = out->std_s + 3600;
	if (!abbreviation(r, out->dst_abbr))
		return false;
	if (r->p < r->end && *r->p != ',' && !east(r, &out->dst_s))
		return false;
	/* Without its rules a name of summer time says nothing. */
	return take(r, ',') && when(r, &out->to_dst) && take(r, ',') && when(r, &out->to_std) &&
	       r->p == r->end;
}

bool posix_tz_parse(const char *text, size_t n, struct posix_tz *out, struct err *err)
{
	struct posix_tz read = {0};
	struct reader r = {text, text + n};
	if (!tz(&r, &read))
		return err_set(err, ERR_PARSE, "\"%.*s\" is not a POSIX TZ rule",
			       (int)(n < 80 ? n : 80), text);
	*out = read;
	return true;
}

static day_t month_day(const struct posix_when *w, int year)
{
	day_t first = civil_to_day(year, w->month, 1);
	int weekday = (w->weekday + 6) % 7; /* 0 = Sunday -> 0 = Monday */
	day_t day = first + (weekday - (int)civil_weekday(first) + 7) % 7 + 7 * (w->week - 1);
	return day - first < civil_month_days(year, w->month) ? day : day - 7;
}

local_t posix_when_in(const struct posix_when *w, int year)
{
	day_t day;
	if (w->form == POSIX_MONTH) {
		day = month_day(w, year);
	} else {
		day = civil_to_day(year, 1, 1) + w->day;
		if (w->form == POSIX_JULIAN)
			day -= w->day < 60 || civil_month_days(year, 2) == 28;
	}
	return local_at(day, w->second);
}
