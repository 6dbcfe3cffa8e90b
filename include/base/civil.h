/* base/civil.h -- moments, days and wall-clock times without any zone.
 *
 * Three integer types carry time through the whole program:
 *   utc_t    seconds since 1970-01-01T00:00:00Z, UTC, no leap seconds;
 *   day_t    a calendar day: days since 1970-01-01 in the proleptic Gregorian calendar;
 *   local_t  a wall-clock reading: seconds since 1970-01-01T00:00:00 on that clock, zoneless
 *            ("floating", RFC 5545 section 3.3.5 form 1). Only cal/zone turns it into utc_t. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t utc_t;
typedef int64_t local_t;
typedef int32_t day_t;

#define UTC_MIN (INT64_MIN / 4) /* before every moment, with room to add */
#define UTC_MAX (INT64_MAX / 4) /* after every moment */
#define DAY_S	86400

enum weekday { MON, TUE, WED, THU, FRI, SAT, SUN };

struct civil {
	int year, month, day; /* month 1..12, day 1..31 */
};

day_t civil_to_day(int year, int month, int day); /* any year within +-1,000,000 */
struct civil civil_from_day(day_t day);
bool civil_valid(int year, int month, int day);
int civil_month_days(int year, int month);
enum weekday civil_weekday(day_t day);
/* ISO 8601: the week's year and number (1..53) of @day; the Monday of a given week. */
void civil_iso_week(day_t day, int *year, int *week);
day_t civil_iso_monday(int year, int week);

/* The day of a wall-clock reading, and its seconds after that day's 00:00 (0..86399). */
day_t local_day(local_t local);
int local_second(local_t local);
local_t local_at(day_t day, int second);

/* "2026-11-24"; "2026-11-24T13:00:00Z"; "2026-11-24T13:00". @out has at least the given size
 * and is returned. */
#define CIVIL_TEXT 32
const char *day_text(day_t day, char out[CIVIL_TEXT]);
const char *utc_text(utc_t at, char out[CIVIL_TEXT]);
const char *local_text(local_t local, char out[CIVIL_TEXT]);
const char *weekday_name(enum weekday weekday); /* "mon" .. "sun" */

#endif
