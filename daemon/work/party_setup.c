/* party_setup.c -- everybody's time for a session of a duo with others. */
#include "work/decide_party.h"

#include "work/third_time.h"

#include <stdlib.h>
#include <string.h>

static bool is_member(const struct duo *duo, const char *person)
{
	return strcmp(duo->members[0], person) == 0 || strcmp(duo->members[1], person) == 0;
}

static bool is_own(void *ctx, const struct session *s)
{
	const struct duo *duo = ctx;
	return strcmp(s->duo, duo->id) == 0;
}

static struct plan_member *party_next(struct party_setup *x, const struct person *person)
{
	struct plan_member *m = &x->parties[x->n];
	*m = (struct plan_member){
		.person = person, .busy = &x->busy[x->n], .engaged = &x->engaged[x->n]};
	x->n++;
	return m;
}

static void add_members(struct party_setup *x)
{
	for (int i = 0; i < 2; i++) {
		const struct plan_member *from = &x->duo.task.members[i];
		struct plan_member *m = party_next(x, from->person);
		m->known_until = from->known_until;
		busyset_copy(&x->busy[i], &x->duo.busy[i]);
		busyset_copy(&x->engaged[i], &x->duo.engaged[i]);
	}
}

bool party_setup_init(struct party_setup *x, const struct publication *p, const struct duo *duo,
		      const struct party_with *with, const struct weights *weights, utc_t now)
{
	const struct programme *programme = &p->roster->roster.programme;
	size_t most = 2 + with->n_thirds + with->n_persons;
	*x = (struct party_setup){0};
	if (!duo_task_init(&x->duo, p, duo, weights, now))
		return false;
	x->parties = xcalloc(most, sizeof *x->parties);
	x->busy = xcalloc(most, sizeof *x->busy);
	x->engaged = xcalloc(most, sizeof *x->engaged);
	x->as_persons = xcalloc(with->n_thirds, sizeof *x->as_persons);
	add_members(x);
	for (size_t i = 0; i < with->n_thirds; i++) {
		third_party_person(programme, with->thirds[i], &x->as_persons[i]);
		struct plan_member *m = party_next(x, &x->as_persons[i]);
		m->no_pause = with->thirds[i]->is_room;
		third_party_time(p, with->thirds[i], is_own, (void *)duo, &x->busy[x->n - 1],
				 &x->engaged[x->n - 1], &m->known_until);
	}
	for (size_t i = 0; i < with->n_persons; i++) {
		if (is_member(duo, with->persons[i]->id))
			continue;
		struct plan_member *m = party_next(x, with->persons[i]);
		person_time(p, with->persons[i], duo->id, &x->busy[x->n - 1], &x->engaged[x->n - 1],
			    &m->known_until);
	}
	x->task = (struct party_task){
		.programme = programme,
		.days = &p->roster->days,
		.weights = weights,
		.prefer = duo->n_prefer ? duo->prefer : programme->prefer,
		.n_prefer = duo->n_prefer ? duo->n_prefer : programme->n_prefer,
		.parties = x->parties,
		.n_parties = x->n,
		.past_day = p->roster->days.n,
		.earliest = now,
	};
	return true;
}

void party_setup_fini(struct party_setup *x)
{
	duo_task_fini(&x->duo);
	for (size_t i = 0; i < x->n; i++) {
		busyset_fini(&x->busy[i]);
		busyset_fini(&x->engaged[i]);
	}
	xfree(x->parties);
	xfree(x->as_persons);
	xfree(x->busy);
	xfree(x->engaged);
	*x = (struct party_setup){0};
}

void party_setup_engage(struct party_setup *x, const struct session *s)
{
	for (size_t i = 0; i < x->n; i++) {
		const char *id = x->parties[i].person->id;
		if (session_attends(s, id) || session_takes(s, id))
			busyset_add(&x->engaged[i], s->start, s->end, LEVEL_BUSY);
	}
}

void party_setup_settle(struct party_setup *x)
{
	for (size_t i = 0; i < x->n; i++)
		busyset_settle(&x->engaged[i]);
}
