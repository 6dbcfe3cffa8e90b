/* plan/group_field.h -- every start at which a group moment of one length could begin, and how
 * many people could come: counted for everybody at once, as sums over differences.
 *
 * One person adds, for each of her free spans, +1 at the first start and -1 behind the last; when
 * all are in, group_field_settle turns the differences into counts. Used by plan/group only. */
#ifndef PLAN_GROUP_FIELD_H
#define PLAN_GROUP_FIELD_H

#include "plan/group.h"
#include "plan/window.h"

struct group_field {
	int64_t length_s;
	int first_day, past_day; /* open days; without starts before the first */
	size_t *day_first;	 /* [past_day - first_day + 1] */
	utc_t *starts;		 /* rising; length fits before midnight */
	int64_t *fixed_cost;	 /* of each: lunch, outside preferred hours */
	/* of each, and one more: */
	int32_t *known;	    /* people known to be free */
	int32_t *assumed;   /* people assumed to be, behind their horizon */
	int32_t *tentative; /* of both, those with tentative time there */
	int32_t *soft;	    /* booked sessions in the way */
};

/* Starts at or after @earliest on the days of @days. */
void group_field_init(struct group_field *field, const struct group_task *task,
		      const struct shared *days, utc_t earliest, int64_t length_s);
void group_field_fini(struct group_field *field);

/* A person's free time; @asked (by open day number, or NULL: all) the days on which she counts. */
void group_field_add(struct group_field *field, const struct spanset *free,
		     const struct spanset *tentative, utc_t known_until, const bool *asked);
void group_field_settle(struct group_field *field, const struct group_task *task);

static inline size_t group_field_first(const struct group_field *field, int day)
{
	return field->day_first[day - field->first_day];
}

#endif
