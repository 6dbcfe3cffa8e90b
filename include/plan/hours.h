/* plan/hours.h -- who spends what, and what is left: the one place that knows (design 1-domain,
 * "Hours"). Whole minutes. Pure. */
#ifndef PLAN_HOURS_H
#define PLAN_HOURS_H

#include "plan/model.h"

/* Minutes that a person spends on a session of this kind and state; visits: attendees only. */
bool hours_spends(enum kind kind);
bool hours_is_planned(enum state state); /* booked; provisional is shown apart */

/* The share of @person's budget that @duo may use: its `share`, else an equal part of what the
 * other duos' shares leave. @roster tells in which duos the person is. */
int32_t hours_share(const struct roster *roster, const struct person *person,
		    const struct duo *duo);

/* The programme divided into @n equal parts of days: the first date of part @k (0..n; n: the day
 * after the last). What is asked for n times is asked for once in each part. */
day_t hours_part_first(const struct programme *programme, int n, int k);
int hours_part_of(const struct programme *programme, int n, day_t day); /* 0..n-1 */

/* What a person has by now of each kind: held, booked or planned provisionally. `open` counts
 * those of them that lie in parts (of as many as the programme asks for) that are not over. */
struct had {
	int all[KIND_COUNT], open[KIND_COUNT];
};
void hours_had_add(struct had *had, const struct programme *programme,
		   const struct session *session, day_t today);

/* What the programme still reserves for other kinds than work, per member, at @today: the items
 * (intervisie, reflection, visits, steering, evaluation) whose part has not passed and which are
 * neither planned nor held. An item that can no longer be used returns to work when its part of
 * the programme is over. Reflection counts as solo entries with that text: none now. */
struct reserve {
	int32_t intervisie, reflection, visits, steering, evaluation, total;
};
struct reserve hours_reserve(const struct programme *programme, const struct had *had, day_t today);

#endif
