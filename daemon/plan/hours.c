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

day_t hours_part_first(const struct programme *p, int n, int k)
{
	int64_t days = (int64_t)p->past - p->start;
	return (day_t)(p->start +
		       (days * k + n - 1) / n); /* the first d with (d * n) / days >= k */
}

int hours_part_of(const struct programme *p, int n, day_t day)
{
	int64_t days = (int64_t)p->past - p->start, at = (int64_t)day - p->start;
	if (n <= 0 || days <= 0 || at < 0)
		return 0;
	return at >= days ? n - 1 : (int)(at * n / days);
}

/* How often the programme asks for a session of this kind. */
static int asked(const struct programme *p, enum kind kind)
{
	switch (kind) {
	case KIND_INTERVISIE: return p->intervisie_n;
	case KIND_VISIT: return p->visits_n;
	case KIND_STEERING: return p->steering_min > 0;
	case KIND_EVALUATION: return p->evaluation_min > 0;
	default: return 0;
	}
}

/* How many of @n parts are over. */
static int parts_over(const struct programme *p, int n, day_t today)
{
	int64_t days = (int64_t)p->past - p->start, passed = (int64_t)today - p->start;
	if (n <= 0 || days <= 0 || passed <= 0)
		return 0;
	return passed >= days ? n : (int)(passed * n / days);
}

void hours_had_add(struct had *had, const struct programme *p, const struct session *s, day_t today)
{
	int n = asked(p, s->kind);
	if (s->state != STATE_PROVISIONAL && s->state != STATE_BOOKED && s->state != STATE_HELD)
		return;
	had->all[s->kind]++;
	if (n > 0 && hours_part_of(p, n, zone_day_of(p->zone, s->start)) >= parts_over(p, n, today))
		had->open[s->kind]++;
}

/* Of the parts that are not over, those that nothing was planned in; and never more than are
 * lacking in all. */
static int32_t items_left(const struct programme *p, int n, int32_t minutes, int all, int open,
			  day_t today)
{
	int left = n - parts_over(p, n, today) - open;
	if (left > n - all)
		left = n - all;
	return p->past <= p->start || left <= 0 ? 0 : left * minutes;
}

struct reserve hours_reserve(const struct programme *p, const struct had *had, day_t today)
{
	int reflections = p->reflection_every_days > 0
				  ? (int)((p->past - p->start) / p->reflection_every_days)
				  : 0;
	struct reserve r = {.reflection =
				    items_left(p, reflections, p->reflection_min, 0, 0, today)};
	struct {
		enum kind kind;
		int32_t minutes, *out;
	} const items[] = {
		{KIND_INTERVISIE, p->intervisie_min, &r.intervisie},
		{KIND_VISIT, p->visit_min, &r.visits},
		{KIND_STEERING, p->steering_min, &r.steering},
		{KIND_EVALUATION, p->evaluation_min, &r.evaluation},
	};
	r.total = r.reflection;
	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		enum kind kind = items[i].kind;
		*items[i].out = items_left(p, asked(p, kind), items[i].minutes, had->all[kind],
					   had->open[kind], today);
		r.total += *items[i].out;
	}
	return r;
}
