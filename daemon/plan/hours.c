/* hours.c -- who spends what: the table of design 1-domain, "Hours", in code. */
#include "plan/hours.h"

#include <string.h>

/* Who spends: the attendees of every kind. A visit's host is no attendee, solo is its logger's,
 * so every kind costs those who stand in it. */
static const bool spends[KIND_COUNT] = {
	[KIND_WORK] = true,	  [KIND_VISIT] = true,	  [KIND_EXPERT] = true,
	[KIND_INTERVISIE] = true, [KIND_STEERING] = true, [KIND_EVALUATION] = true,
	[KIND_SOLO] = true,
};

bool hours_spends(enum kind kind)
{
	return spends[kind];
}

bool hours_is_planned(enum state state)
{
	return state == STATE_BOOKED;
}

static bool is_member(const struct duo *duo, const struct person *person)
{
	return strcmp(duo->members[0], person->id) == 0 || strcmp(duo->members[1], person->id) == 0;
}

static const struct share *share_of(const struct duo *duo, const struct person *person)
{
	for (size_t i = 0; i < duo->n_shares; i++)
		if (strcmp(duo->shares[i].person, person->id) == 0)
			return &duo->shares[i];
	return NULL;
}

/* Minutes that do not divide go to the first duos, one each, so that no minute is lost. */
int32_t hours_share(const struct roster *roster, const struct person *person, const struct duo *duo)
{
	if (duo->retired || !is_member(duo, person))
		return 0;
	const struct share *own = share_of(duo, person);
	if (own)
		return own->min < person->budget_min ? own->min : person->budget_min;
	int64_t left = person->budget_min;
	int64_t equal = 0, before = 0; /* duos without a share; those ahead of this one */
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *other = &roster->duos[i];
		if (other->retired || !is_member(other, person))
			continue;
		const struct share *given = share_of(other, person);
		if (given) {
			left -= given->min;
			continue;
		}
		equal++;
		if (strcmp(other->id, duo->id) < 0)
			before++;
	}
	if (left <= 0)
		return 0;
	if (equal == 0) /* @duo is not in @roster: nothing to divide with */
		return (int32_t)left;
	return (int32_t)(left / equal + (before < left % equal));
}

/* Items 1..had are used; items up to the last part that is over are given up. What was booked or
 * held took the earliest items, so the later of the two ends counts. */
static int32_t items_left(const struct programme *p, int n, int32_t minutes, int had, day_t today)
{
	int64_t days = (int64_t)p->past - p->start;
	int64_t passed = (int64_t)today - p->start;
	if (n <= 0 || days <= 0)
		return 0;
	int64_t over = passed <= 0 ? 0 : passed * n / days;
	int64_t gone = had > over ? had : over;
	return gone >= n ? 0 : (int32_t)((n - gone) * minutes);
}

struct reserve hours_reserve(const struct programme *p, const int had[KIND_COUNT], day_t today)
{
	int reflections = p->reflection_every_days > 0
				  ? (int)((p->past - p->start) / p->reflection_every_days)
				  : 0;
	struct reserve r = {
		.intervisie = items_left(p, p->intervisie_n, p->intervisie_min,
					 had[KIND_INTERVISIE], today),
		.reflection = items_left(p, reflections, p->reflection_min, 0, today),
		.visits = items_left(p, p->visits_n, p->visit_min, had[KIND_VISIT], today),
		.steering = items_left(p, p->steering_min > 0, p->steering_min, had[KIND_STEERING],
				       today),
		.evaluation = items_left(p, p->evaluation_min > 0, p->evaluation_min,
					 had[KIND_EVALUATION], today),
	};
	r.total = r.intervisie + r.reflection + r.visits + r.steering + r.evaluation;
	return r;
}
