/* civil.c -- the Gregorian calendar in integers, by the well-known era method: years begin in
 * March, so that the leap day is the last of its year and every era of 400 years is alike. */
#include "base/civil.h"

#include <stdio.h>

day_t civil_to_day(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (day_t)(era * 146097 + doe - 719468);
}

struct civil civil_from_day(day_t day)
{
	int64_t z = (int64_t)day + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);
	return (struct civil){
		.year = (int)(yoe + era * 400 + (month <= 2)),
		.month = month,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
	};
}

int civil_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

bool civil_valid(int year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= civil_month_days(year, month);
}

enum weekday civil_weekday(day_t day)
{
	int w = (int)(((int64_t)day + 3) % 7); /* 1970-01-01 was a Thursday */
	return (enum weekday)(w < 0 ? w + 7 : w);
}

void civil_iso_week(day_t day, int *year, int *week)
{
	day_t thursday = day - (day_t)civil_weekday(day) + THU;
	*year = civil_from_day(thursday).year;
	*week = (thursday - civil_to_day(*year, 1, 1)) / 7 + 1;
}

day_t civil_iso_monday(int year, int week)
{
	day_t jan4 = civil_to_day(year, 1, 4);
	return jan4 - (day_t)civil_weekday(jan4) + 7 * (week - 1);
}

day_t local_day(local_t local)
{
	return (day_t)((local >= 0 ? local : local - (DAY_S - 1)) / DAY_S);
}

int local_second(local_t local)
{
	return (int)(local - (local_t)local_day(local) * DAY_S);
}

local_t local_at(day_t day, int second)
{
	return (local_t)day * DAY_S + second;
}

const char *day_text(day_t day, char out[CIVIL_TEXT])
{
	struct civil c = civil_from_day(day);
	(void)snprintf(out, CIVIL_TEXT, "%04d-%02d-%02d", c.year, c.month, c.day);
	return out;
}

const char *utc_text(utc_t at, char out[CIVIL_TEXT])
{
	struct civil c = civil_from_day(local_day(at));
	int s = local_second(at);
	(void)snprintf(out, CIVIL_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day,
		       s / 3600, s / 60 % 60, s % 60);
	return out;
}

const char *local_text(local_t local, char out[CIVIL_TEXT])
{
	struct civil c = civil_from_day(local_day(local));
	int s = local_second(local);
	(void)snprintf(out, CIVIL_TEXT, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day,
		       s / 3600, s / 60 % 60);
	return out;
}

const char *weekday_name(enum weekday weekday)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	return names[weekday];
}
