/* work/absence.h -- somebody says not to be there: stored, told to the planner, taken back.
 *
 * Store thread, inside a change; the caller marks the person for planning when it is served. */
#ifndef WORK_ABSENCE_H
#define WORK_ABSENCE_H

#include "work/change.h"

#define ABSENCE_DAYS_MAX 400

/* @absence's id and moment are set. Refused (ERR_CONFLICT) when it is over already, or lies in
 * days that this person has called off. @who and @way as in struct audit. */
bool desk_add_absence(struct desk *desk, struct absence *absence, const char *who, const char *way,
		      struct err *err) NODISCARD;
/* *was becomes what is taken back; absence_fini. */
bool desk_remove_absence(struct desk *desk, int64_t id, struct absence *was, const char *who,
			 const char *way, struct err *err) NODISCARD;

/* Whether @s stands in the way of @absence: booked, not over, attended by that person, on one of
 * those days. */
bool absence_touches(const struct publication *p, const struct absence *absence,
		     const struct session *s, utc_t now);

#endif
