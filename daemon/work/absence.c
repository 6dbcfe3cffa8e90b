/* absence.c -- see the header. */
#include "work/absence.h"

#include <stdio.h>
#include <string.h>

static bool is_known(const struct publication *p, const struct absence *a, struct err *err)
{
	const struct person_part *part = publication_person(p, a->person);
	for (size_t i = 0; part && i < part->absences.n; i++) {
		const struct absence *old = &part->absences.v[i];
		if (old->days.first <= a->days.first && a->days.past <= old->days.past)
			return err_set(err, ERR_CONFLICT,
				       "%s has called off these days already (absence %lld)",
				       a->person, (long long)old->id);
	}
	return true;
}

static bool audit(struct desk *desk, const char *verb, const struct absence *a, const char *who,
		  const char *way, struct err *err)
{
	char what[80], days[80], first[CIVIL_TEXT], last[CIVIL_TEXT];
	bool added = strcmp(verb, "add") == 0;
	(void)snprintf(what, sizeof what, "absence %s %lld %s", verb, (long long)a->id, a->person);
	(void)snprintf(days, sizeof days, "%s..%s", day_text(a->days.first, first),
		       day_text(a->days.past - 1, last));
	return desk_audit(desk, who, way, what, added ? NULL : days, added ? days : NULL,
			  a->days.text, err);
}

bool desk_add_absence(struct desk *desk, struct absence *a, const char *who, const char *way,
		      struct err *err)
{
	const struct publication *p = desk_publication(desk);
	const struct person *person = roster_person(&p->roster->roster, a->person);
	if (!person)
		return err_set(err, ERR_NOTFOUND, "no person %s", a->person);
	a->at = desk_now(desk);
	if (a->days.past <= zone_day_of(person->zone, a->at))
		return err_set(err, ERR_CONFLICT,
			       "those days have passed; say `session missed` of what was not held");
	if (!is_known(p, a, err) || !absences_add(desk_db(desk), a, err))
		return false;
	desk_touch_person(desk, a->person);
	return audit(desk, "add", a, who, way, err);
}

/* Persons in the roster or not: an absence may outlive its person there. */
static const struct absence *find(const struct publication *p, int64_t id)
{
	for (size_t i = 0; i < p->n_persons; i++)
		for (size_t k = 0; k < p->persons[i]->absences.n; k++)
			if (p->persons[i]->absences.v[k].id == id)
				return &p->persons[i]->absences.v[k];
	return NULL;
}

bool desk_remove_absence(struct desk *desk, int64_t id, struct absence *was, const char *who,
			 const char *way, struct err *err)
{
	const struct absence *a = find(desk_publication(desk), id);
	if (!absences_remove(desk_db(desk), id, desk_now(desk), err))
		return false;
	if (!a)
		return err_set(err, ERR_BUG, "absence %lld was not served", (long long)id);
	*was = *a;
	was->days.text = a->days.text ? xstrdup(a->days.text) : NULL;
	desk_touch_person(desk, a->person);
	if (audit(desk, "remove", was, who, way, err))
		return true;
	absence_fini(was);
	return false;
}

bool absence_touches(const struct publication *p, const struct absence *a, const struct session *s,
		     utc_t now)
{
	const struct person *person = roster_person(&p->roster->roster, a->person);
	return person && s->state == STATE_BOOKED && s->end > now &&
	       session_attends(s, a->person) &&
	       s->start < zone_day_start(person->zone, a->days.past) &&
	       zone_day_start(person->zone, a->days.first) < s->end;
}
