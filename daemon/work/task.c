/* task.c -- what the planner may know of two people, taken from a publication.
 *
 * What a duo may still plan for a member is the smaller of two figures: what is left of the share
 * of her budget that this duo has, and what is left of her whole budget when every other duo keeps
 * what it has planned. So the budget holds whatever the order of planning. */
#include "work/task.h"

#include "work/echo.h"

#include <stdlib.h>
#include <string.h>

static int32_t minutes_of(const struct session *s)
{
	return (int32_t)((s->end - s->start) / 60);
}

static bool occupies(enum state state)
{
	return state == STATE_PROVISIONAL || state == STATE_BOOKED || state == STATE_HELD;
}

static void add_days(struct busyset *out, const struct zone *zone, const struct day_range *days)
{
	if (days->first < days->past)
		busyset_add(out, zone_day_start(zone, days->first),
			    zone_day_start(zone, days->past), LEVEL_BUSY);
}

static bool in_another_duo(const void *except, const struct session *s)
{
	return !except || strcmp(s->duo, except) != 0;
}

void person_time(const struct publication *p, const struct person *person, const char *except,
		 struct busyset *busy, struct busyset *engaged, utc_t *known_until)
{
	person_time_if(p, person, in_another_duo, except, busy, engaged, known_until);
}

void person_time_if(const struct publication *p, const struct person *person, engages_fn *engages,
		    const void *ctx, struct busyset *busy, struct busyset *engaged,
		    utc_t *known_until)
{
	struct echoes echoes;
	*known_until = UTC_MAX;
	echoes_init(&echoes, p, person->id);
	for (size_t i = 0; i < person->n_sources; i++) {
		const struct source_record *r = &p->sources[person->sources[i].source]->record;
		if (r->fetched_at == 0)
			*known_until = UTC_MIN;
		else if (person->sources[i].primary && r->horizon < *known_until)
			*known_until = r->horizon;
		echoes_merge(&echoes, r, busy);
	}
	echoes_fini(&echoes);
	const struct person_part *part = publication_person(p, person->id);
	for (size_t i = 0; i < person->n_absent; i++)
		add_days(engaged, person->zone, &person->absent[i]);
	for (size_t i = 0; part && i < part->absences.n; i++)
		add_days(engaged, person->zone, &part->absences.v[i].days);
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *duo = publication_duo(p, part->duos[i]);
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			const struct session *s = &duo->sessions.v[k];
			if (occupies(s->state) && session_attends(s, person->id) && engages(ctx, s))
				busyset_add(engaged, s->start, s->end, LEVEL_BUSY);
		}
	}
	busyset_settle(engaged);
}

/* Somebody cancelled that day's session: the planner does not come back with the same day. */
static void block_cancelled_days(const struct publication *p, const struct duo_part *part,
				 struct busyset *out)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	for (size_t k = 0; part && k < part->sessions.n; k++) {
		const struct session *s = &part->sessions.v[k];
		if (s->state != STATE_CANCELLED || !s->pinned)
			continue;
		day_t day = zone_day_of(zone, s->start);
		busyset_add(out, zone_day_start(zone, day), zone_day_start(zone, day + 1),
			    LEVEL_BUSY);
	}
	busyset_settle(out);
}

static size_t duos_of(const struct roster *roster, const struct person *person)
{
	size_t n = 0;
	for (size_t i = 0; i < roster->n_duos; i++)
		for (int m = 0; m < 2; m++)
			n += strcmp(roster->duos[i].members[m], person->id) == 0;
	return n ? n : 1;
}

/* A session that the planner may take away again does not count as planned. */
static bool is_movable(const struct session *s, utc_t frozen_until, const struct duo_task *t)
{
	if (s->kind != KIND_WORK)
		return false;
	if (s->state == STATE_PROVISIONAL)
		return true;
	if (s->state != STATE_BOOKED || s->start < frozen_until)
		return false;
	if (!s->pinned ||
	    opendays_number(t->task.days, zone_day_of(t->task.programme->zone, s->start)) < 0)
		return true;
	for (int m = 0; m < 2; m++) /* what a person chose stays while it is possible */
		if (busyset_max(&t->busy[m], s->start, s->end) == LEVEL_BUSY ||
		    busyset_max(&t->engaged[m], s->start, s->end) == LEVEL_BUSY)
			return true;
	return false;
}

struct spending {	   /* of one person, minutes */
	int32_t all, here; /* held (ledger) + planned; in this duo */
	int32_t solo;	   /* in no duo: hours of her own, group moments */
	struct had had;
};

static void count_sessions(const struct publication *p, const struct person *person,
			   const char *duo, utc_t now, const struct duo_task *t,
			   struct spending *out)
{
	const struct programme *programme = &p->roster->roster.programme;
	utc_t frozen_until = now + programme->freeze_s;
	day_t today = zone_day_of(programme->zone, now);
	const struct person_part *part = publication_person(p, person->id);
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *d = publication_duo(p, part->duos[i]);
		bool here = strcmp(part->duos[i], duo) == 0;
		for (size_t k = 0; d && k < d->sessions.n; k++) {
			const struct session *s = &d->sessions.v[k];
			if (!occupies(s->state) || !session_attends(s, person->id))
				continue;
			hours_had_add(&out->had, programme, s, today);
			if (s->state == STATE_HELD || (here && is_movable(s, frozen_until, t)))
				continue;
			out->all += minutes_of(s);
			out->here += here ? minutes_of(s) : 0;
			out->solo += s->duo[0] ? 0 : minutes_of(s);
		}
	}
	for (size_t i = 0; part && i < part->entries.n; i++) {
		const struct entry *e = &part->entries.v[i];
		out->all += e->minutes;
		out->here += strcmp(e->duo, duo) == 0 ? e->minutes : 0;
		out->solo += e->duo[0] ? 0 : e->minutes;
	}
}

static int32_t remaining(const struct publication *p, const struct person *person,
			 const struct duo *duo, utc_t now, const struct duo_task *t,
			 struct reserve *reserve, int32_t *all)
{
	const struct roster *roster = &p->roster->roster;
	const struct programme *programme = &roster->programme;
	struct spending spent = {0};
	count_sessions(p, person, duo->id, now, t, &spent);
	*reserve = hours_reserve(programme, &spent.had, zone_day_of(programme->zone, now));
	int32_t n = (int32_t)duos_of(roster, person);
	int32_t share = hours_share(roster, person, duo) - spent.here -
			(reserve->total + spent.solo + n - 1) / n;
	int32_t whole = person->budget_min - spent.all - reserve->total;
	int32_t least = share < whole ? share : whole;
	*all = whole > 0 ? whole : 0;
	return least;
}

static int by_start(const void *a, const void *b)
{
	const struct plan_standing *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* @everybody: of the programme's own sessions, those that both attend end a gap of theirs too. */
static void add_standing(struct duo_task *t, const struct duo_part *part, bool everybody, utc_t now)
{
	const struct programme *programme = t->task.programme;
	const struct duo *duo = t->task.duo;
	size_t n = t->task.n_standing;
	t->standing =
		xrealloc(t->standing, (n + (part ? part->sessions.n : 0)) * sizeof *t->standing);
	for (size_t k = 0; part && k < part->sessions.n; k++) {
		const struct session *s = &part->sessions.v[k];
		bool movable = is_movable(s, now + programme->freeze_s, t);
		if (!occupies(s->state) ||
		    (s->state == STATE_PROVISIONAL && s->start < now + programme->freeze_s))
			continue;
		if (everybody &&
		    !(session_attends(s, duo->members[0]) && session_attends(s, duo->members[1])))
			continue;
		t->standing[n++] = (struct plan_standing){
			.id = s->id,
			.kind = s->kind,
			.state = s->state,
			.stand = movable ? STAND_MOVABLE : STAND_FIXED,
			.start = s->start,
			.end = s->end,
		};
	}
	if (n > 1)
		qsort(t->standing, n, sizeof *t->standing, by_start);
	t->task.standing = t->standing;
	t->task.n_standing = n;
}

static void list_called_off(struct duo_task *t, int m, const struct person_part *part)
{
	size_t n = part ? part->absences.n : 0;
	t->called_off[m] = xcalloc(n, sizeof *t->called_off[m]);
	for (size_t i = 0; i < n; i++)
		t->called_off[m][i] = part->absences.v[i].days;
	t->task.called_off[m] = (struct called_off){t->called_off[m], n};
}

bool duo_task_init(struct duo_task *out, const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo_part *part = publication_duo(p, duo->id);
	*out = (struct duo_task){0};
	out->task = (struct plan_task){
		.programme = &roster->programme,
		.days = &p->roster->days,
		.weights = weights,
		.duo = duo,
		.now = now,
	};
	for (int m = 0; m < 2; m++) {
		struct plan_member *member = &out->task.members[m];
		member->person = roster_person(roster, duo->members[m]);
		if (!member->person) {
			duo_task_fini(out);
			return false;
		}
		person_time(p, member->person, duo->id, &out->busy[m], &out->engaged[m],
			    &member->known_until);
		list_called_off(out, m, publication_person(p, member->person->id));
	}
	for (int m = 0; m < 2; m++) {
		struct plan_member *member = &out->task.members[m];
		out->left_min[m] = remaining(p, member->person, duo, now, out, &out->reserve[m],
					     &out->whole_min[m]);
		out->duos_of[m] = (int32_t)duos_of(roster, member->person);
		member->remaining_min = out->left_min[m] > 0 ? out->left_min[m] : 0;
		int32_t share = hours_share(roster, member->person, duo);
		if (m == 0 || share < out->task.cadence_budget_min)
			out->task.cadence_budget_min = share;
	}
	add_standing(out, part, false, now);
	add_standing(out, publication_duo(p, ""), true, now);
	for (int m = 0; m < 2; m++) {
		block_cancelled_days(p, part, &out->engaged[m]);
		out->task.members[m].busy = &out->busy[m];
		out->task.members[m].engaged = &out->engaged[m];
	}
	return true;
}

void duo_task_fini(struct duo_task *task)
{
	for (int m = 0; m < 2; m++) {
		busyset_fini(&task->busy[m]);
		busyset_fini(&task->engaged[m]);
		xfree(task->called_off[m]);
	}
	for (size_t i = 0; i < task->task.n_rooms; i++)
		spanset_fini(&task->blocked[i]);
	xfree(task->blocked);
	xfree(task->rooms);
	xfree(task->standing);
	*task = (struct duo_task){0};
}
