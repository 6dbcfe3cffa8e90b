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

/* What the programme still reserves for other kinds than work, per member, at @today: the items
 * (intervisie, reflection, visits, steering, evaluation) whose period has not passed and which
 * are not booked or held already. An item that can no longer be used returns to work: item k of
 * n is given up when the k-th n-th part of the programme's days is over. @had counts what the
 * person has booked or held per kind (reflection counts as solo entries with that text: none
 * now). */
struct reserve {
	int32_t intervisie, reflection, visits, steering, evaluation, total;
};
struct reserve hours_reserve(const struct programme *programme, const int had[KIND_COUNT],
			     day_t today);

#endif
