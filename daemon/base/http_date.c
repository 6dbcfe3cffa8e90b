/* http_date.c -- see the header. */
#include "base/http_date.h"

#include <stdio.h>
#include <string.h>

static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const long_days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					"Friday", "Saturday", "Sunday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void http_date_text(utc_t at, char out[HTTP_DATE_TEXT])
{
	struct civil c = civil_from_day(local_day(at));
	int s = local_second(at);
	(void)snprintf(out, HTTP_DATE_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		       days[civil_weekday(local_day(at))], c.day % 100, months[(c.month - 1) % 12],
		       c.year % 10000, s / 3600, s / 60 % 60, s % 60);
}

static int digits(const char *p, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++)
		v = v * 10 + (p[i] - '0');
	return v;
}

/* Past one of @n words at @p, NULL when none stands there. *which: its number. */
static const char *past_word(const char *p, const char *const *words, int n, int *which)
{
	for (int i = 0; i < n; i++) {
		size_t k = strlen(words[i]);
		if (strncmp(p, words[i], k) == 0) {
			*which = i;
			return p + k;
		}
	}
	return NULL;
}

struct date_parts {
	int weekday, day, month, year, hour, minute, second;
	bool short_year;
};

/* @form: w a weekday, W a long one, m a month, d two digits of the day, e the same with a blank for
 * a leading nought, Y and y a year of four and of two digits, h i s the time; all else is itself. */
static bool read_form(const char *p, const char *form, struct date_parts *out)
{
	for (; *form && p; form++) {
		int n = *form == 'Y' ? 4 : strchr("deyhis", *form) ? 2 : 0;
		bool blank = *form == 'e' && *p == ' ';
		for (int i = blank; i < n; i++)
			if (p[i] < '0' || p[i] > '9')
				return false;
		int v = n ? digits(p + blank, n - blank) : 0;
		switch (*form) {
		case 'w': p = past_word(p, days, 7, &out->weekday); break;
		case 'W': p = past_word(p, long_days, 7, &out->weekday); break;
		case 'm': p = past_word(p, months, 12, &out->month); break;
		case 'd':
		case 'e': out->day = v; break;
		case 'Y': out->year = v; break;
		case 'y':
			out->year = v;
			out->short_year = true;
			break;
		case 'h': out->hour = v; break;
		case 'i': out->minute = v; break;
		case 's': out->second = v; break;
		default: p = *p == *form ? p + 1 : NULL; break;
		}
		if (p)
			p += n;
	}
	return p && *p == '\0';
}

bool http_date_parse(const char *text, utc_t now, utc_t *out)
{
	static const char *const forms[] = {"w, d m Y h:i:s GMT", "W, d-m-y h:i:s GMT",
					    "w m e h:i:s Y"};
	struct date_parts d;
	size_t i = 0;
	do
		d = (struct date_parts){0};
	while (!read_form(text, forms[i], &d) && ++i < sizeof forms / sizeof *forms);
	if (i == sizeof forms / sizeof *forms)
		return false;
	if (d.short_year) {
		int year = civil_from_day(local_day(now)).year;
		d.year += year - year % 100;
		if (d.year > year + 50)
			d.year -= 100;
		else if (d.year <= year - 50)
			d.year += 100;
	}
	if (!civil_valid(d.year, d.month + 1, d.day) || d.hour > 23 || d.minute > 59 ||
	    d.second > 60)
		return false;
	*out = local_at(civil_to_day(d.year, d.month + 1, d.day), 0) + d.hour * 3600 +
	       d.minute * 60 + d.second;
	return true;
}
