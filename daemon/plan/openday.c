/* openday.c -- the programme's weekdays that are not closed, as a rising list. */
#include "plan/openday.h"

#include "base/buf.h"

static bool is_closed(const struct programme *p, day_t date)
{
	for (size_t i = 0; i < p->n_closed && p->closed[i].first <= date; i++)
		if (date < p->closed[i].past)
			return true;
	return false;
}

void opendays_init(struct opendays *days, const struct programme *p)
{
	*days = (struct opendays){0};
	size_t cap = 0;
	for (day_t date = p->start; date < p->past; date++) {
		if (!(p->weekdays >> civil_weekday(date) & 1) || is_closed(p, date))
			continue;
		if ((size_t)days->n == cap)
			days->v = xgrow(days->v, (size_t)days->n, &cap, sizeof *days->v);
		days->v[days->n++] = date;
	}
}

void opendays_fini(struct opendays *days)
{
	xfree(days->v);
	*days = (struct opendays){0};
}

int opendays_before(const struct opendays *days, day_t date)
{
	int low = 0, high = days->n;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (days->v[middle] < date)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int opendays_number(const struct opendays *days, day_t date)
{
	int n = opendays_before(days, date);
	return n < days->n && days->v[n] == date ? n : -1;
}
