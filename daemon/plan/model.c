/* model.c -- words for kinds and states, look-ups, and the freeing of what a roster owns. */
#include "plan/model.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

const struct weights weights_default = {
	.unused = 50,
	.gap = 20,
	.even = 1,
	.short_step = 6,
	.long_step = 3,
	.outside_prefer = 20,
	.lunch = 30,
	.scrap = 10,
	.rhythm = 10,
	.tentative = 60,
	.move = 120,
};

static const char *const kind_words[] = {"work",     "visit",	   "expert", "intervisie",
					 "steering", "evaluation", "solo"};
static const char *const state_words[] = {"provisional", "booked", "held", "missed", "cancelled"};

const char *kind_word(enum kind kind)
{
	return kind_words[kind];
}

const char *state_word(enum state state)
{
	return state_words[state];
}

static bool find_word(const char *word, const char *const *words, int n, int *out)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool kind_from_word(const char *word, enum kind *out)
{
	int i;
	if (!find_word(word, kind_words, KIND_COUNT, &i))
		return false;
	*out = (enum kind)i;
	return true;
}

bool state_from_word(const char *word, enum state *out)
{
	int i;
	if (!find_word(word, state_words, STATE_COUNT, &i))
		return false;
	*out = (enum state)i;
	return true;
}

/* Persons, duos, third parties and sources all begin with their id and are sorted by it. */
static int by_id(const void *key, const void *element)
{
	return strcmp(key, element);
}

static const void *find(const void *v, size_t n, size_t size, const char *id)
{
	return n ? bsearch(id, v, n, size, by_id) : NULL;
}

const struct person *roster_person(const struct roster *roster, const char *id)
{
	return find(roster->persons, roster->n_persons, sizeof *roster->persons, id);
}

const struct duo *roster_duo(const struct roster *roster, const char *id)
{
	return find(roster->duos, roster->n_duos, sizeof *roster->duos, id);
}

const struct third_party *roster_third(const struct roster *roster, const char *id)
{
	return find(roster->third_parties, roster->n_third_parties, sizeof *roster->third_parties,
		    id);
}

const struct source *roster_source(const struct roster *roster, const char *id)
{
	return find(roster->sources, roster->n_sources, sizeof *roster->sources, id);
}

static bool has_source(const struct person_source *v, size_t n, size_t source)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].source == source)
			return true;
	return false;
}

static bool person_has(const struct roster *roster, const char *id, size_t source)
{
	const struct person *p = roster_person(roster, id);
	return p && has_source(p->sources, p->n_sources, source);
}

static bool third_has(const struct roster *roster, const char *id, size_t source)
{
	const struct third_party *p = roster_third(roster, id);
	return p && has_source(p->sources, p->n_sources, source);
}

bool roster_duo_looks_at(const struct roster *roster, const struct duo *duo, size_t source)
{
	const struct programme *programme = &roster->programme;
	bool yes = person_has(roster, duo->members[0], source) ||
		   person_has(roster, duo->members[1], source);
	for (size_t i = 0; i < duo->n_experts && !yes; i++)
		yes = third_has(roster, duo->experts[i].expert, source);
	for (size_t i = 0; i < duo->n_rooms && !yes; i++)
		yes = third_has(roster, duo->rooms[i], source);
	for (size_t i = 0; programme->steering_min && i < programme->n_steering_group && !yes; i++)
		yes = person_has(roster, programme->steering_group[i], source);
	return yes;
}

static void ranges_free(struct day_range *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		xfree(v[i].text);
	xfree(v);
}

static void person_fini(struct person *p)
{
	xfree(p->name);
	xfree(p->email);
	xfree(p->works);
	ranges_free(p->absent, p->n_absent);
	xfree(p->competences);
	xfree(p->department);
	xfree(p->sources);
}

static void source_fini(struct source *s)
{
	xfree(s->path);
	xfree(s->url);
	xfree(s->file);
	policy_fini(&s->policy);
}

void roster_fini(struct roster *r)
{
	xfree(r->programme.name);
	ranges_free(r->programme.closed, r->programme.n_closed);
	xfree(r->programme.starts);
	xfree(r->programme.prefer);
	xfree(r->programme.steering_group);
	for (size_t i = 0; i < r->n_persons; i++)
		person_fini(&r->persons[i]);
	xfree(r->persons);
	for (size_t i = 0; i < r->n_duos; i++) {
		xfree(r->duos[i].topic);
		xfree(r->duos[i].shares);
		xfree(r->duos[i].prefer);
		xfree(r->duos[i].experts);
		xfree(r->duos[i].rooms);
	}
	xfree(r->duos);
	for (size_t i = 0; i < r->n_sources; i++)
		source_fini(&r->sources[i]);
	xfree(r->sources);
	for (size_t i = 0; i < r->n_third_parties; i++) {
		xfree(r->third_parties[i].name);
		xfree(r->third_parties[i].works);
		ranges_free(r->third_parties[i].absent, r->third_parties[i].n_absent);
		xfree(r->third_parties[i].sources);
	}
	xfree(r->third_parties);
	*r = (struct roster){0};
}

void session_copy(struct session *to, const struct session *from)
{
	*to = *from;
	to->attendees = xmemdup(from->attendees, from->n_attendees * sizeof *from->attendees);
	to->left = xmemdup(from->left, from->n_left * sizeof *from->left);
	to->reason = from->reason ? xstrdup(from->reason) : NULL;
}

void session_fini(struct session *session)
{
	xfree(session->attendees);
	xfree(session->left);
	xfree(session->reason);
	*session = (struct session){0};
}

static int id_order(const void *a, const void *b)
{
	return strcmp(a, b);
}

int session_refs_by_start(const void *a, const void *b)
{
	const struct session *x = *(const struct session *const *)a;
	const struct session *y = *(const struct session *const *)b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

bool session_attends(const struct session *s, const char *person)
{
	enum { MANY = 16 };
	if (s->n_attendees > MANY) /* a moment for everybody */
		return bsearch(person, s->attendees, s->n_attendees, sizeof *s->attendees,
			       id_order) != NULL;
	for (size_t i = 0; i < s->n_attendees; i++)
		if (strcmp(s->attendees[i], person) == 0)
			return true;
	return false;
}

utc_t session_left_at(const struct session *s, const char *person)
{
	for (size_t i = 0; i < s->n_left; i++)
		if (strcmp(s->left[i].person, person) == 0)
			return s->left[i].at;
	return 0;
}

bool session_takes(const struct session *s, const char *third_party)
{
	return strcmp(s->expert, third_party) == 0 || strcmp(s->room, third_party) == 0;
}
