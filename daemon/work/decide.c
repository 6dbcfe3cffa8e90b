/* decide.c -- the planner's answer as changes to sessions.
 *
 * A session that was published keeps its UID: the planner's new places are given to the booked
 * sessions that lost theirs, the nearest first, so that a calendar shows a move and not one event
 * gone and another come. What is left over is cancelled; what is missing is booked. */
#include "work/decide_work.h"
#include "work/pairing.h"
#include "work/task.h"

#include <stdlib.h>
#include <string.h>

void decisions_add(struct decisions *d, enum decide what, const struct session *was,
		   const struct session *is)
{
	d->v = xgrow(d->v, d->n, &d->cap, sizeof *d->v);
	struct decision *one = &d->v[d->n++];
	*one = (struct decision){.what = what};
	if (was)
		session_copy(&one->was, was);
	if (is)
		session_copy(&one->is, is);
}

void decisions_fini(struct decisions *d)
{
	for (size_t i = 0; i < d->n; i++) {
		session_fini(&d->v[i].was);
		session_fini(&d->v[i].is);
	}
	xfree(d->v);
	duo_part_unref(d->base);
	*d = (struct decisions){0};
}

void decisions_begin(struct decisions *out, const struct publication *p, const char *duo)
{
	*out = (struct decisions){0};
	strncpy(out->duo, duo, ID_MAX);
	struct duo_part *base = (struct duo_part *)publication_duo(p, duo);
	out->base = base ? duo_part_ref(base) : NULL;
}

/* A session that both steps speak of is changed once: from what it was to what the later says. */
static bool join_one(struct decisions *d, size_t n, struct decision *later)
{
	for (size_t i = 0; later->was.id && i < n; i++) {
		if (d->v[i].was.id != later->was.id)
			continue;
		d->v[i].what = later->what;
		session_fini(&d->v[i].is);
		d->v[i].is = later->is;
		later->is = (struct session){0};
		session_fini(&later->was);
		return true;
	}
	return false;
}

void decisions_join(struct decisions *d, struct decisions *later)
{
	size_t n = d->n;
	for (size_t i = 0; i < later->n; i++) {
		if (join_one(d, n, &later->v[i]))
			continue;
		d->v = xgrow(d->v, d->n, &d->cap, sizeof *d->v);
		d->v[d->n++] = later->v[i];
	}
	later->n = 0;
	decisions_fini(later);
}

/* Old movable sessions and the plan's new places. */
struct match {
	struct pairing pairing;
	const struct plan *plan;
	const id_text *rooms; /* of plan->v; NULL: none */
	const struct duo *duo;
	struct decisions *out;
};

static const char *room_of(const struct match *m, const struct plan_session *place)
{
	return m->rooms ? m->rooms[place - m->plan->v] : "";
}

static enum decide kind_of_change(const struct session *was, const struct session *is)
{
	if (is->state == STATE_PROVISIONAL)
		return DECIDE_PROVISIONAL;
	return was && was->state == STATE_BOOKED ? DECIDE_MOVE : DECIDE_BOOK;
}

static void place_session(const struct match *m, const struct session *was,
			  const struct plan_session *place)
{
	const struct duo *duo = m->duo;
	id_text attendees[2];
	memcpy(attendees[0], duo->members[0], sizeof attendees[0]);
	memcpy(attendees[1], duo->members[1], sizeof attendees[1]);
	if (strcmp(attendees[0], attendees[1]) > 0) {
		memcpy(attendees[0], duo->members[1], sizeof attendees[0]);
		memcpy(attendees[1], duo->members[0], sizeof attendees[1]);
	}
	struct session is = was ? *was : (struct session){.kind = KIND_WORK};
	memcpy(is.duo, duo->id, sizeof is.duo);
	is.attendees = attendees;
	is.n_attendees = 2;
	is.start = place->start;
	is.end = place->end;
	is.pinned = false;
	is.state = place->provisional ? STATE_PROVISIONAL : STATE_BOOKED;
	is.reason = NULL;
	memset(is.room, 0, sizeof is.room);
	strncpy(is.room, room_of(m, place), sizeof is.room - 1);
	decisions_add(m->out, kind_of_change(was, &is), was, &is);
}

static void pair(void *ctx, const struct session *was, const void *place)
{
	place_session(ctx, was, place);
}

static void settle(struct match *m, utc_t now)
{
	const struct pairing *p = &m->pairing;
	pairing_run(&m->pairing, pair, m);
	for (size_t i = 0; i < p->n_old; i++) {
		if (!p->old[i])
			continue;
		struct session is = *p->old[i];
		if (is.state == STATE_PROVISIONAL) {
			decisions_add(m->out, DECIDE_DROP, p->old[i], NULL);
			continue;
		}
		is.state = STATE_CANCELLED;
		is.cancelled_at = now;
		is.pinned = false;
		is.reason = NULL;
		decisions_add(m->out, DECIDE_CANCEL, p->old[i], &is);
	}
	for (size_t k = 0; k < p->n_places; k++)
		if (p->places[k].of)
			place_session(m, NULL, p->places[k].of);
}

/* What a person books just now has no number yet, like the plan's new places: it keeps none. */
static const struct plan_session *keeper(const struct plan *plan, int64_t id)
{
	for (size_t i = 0; id && i < plan->n; i++)
		if (plan->v[i].kept_id == id && !plan->v[i].fixed)
			return &plan->v[i];
	return NULL;
}

static bool stands_movable(const struct plan_task *task, int64_t id)
{
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].id == id)
			return task->standing[i].stand == STAND_MOVABLE;
	return false;
}

void decide_compare(const struct plan *plan, const id_text *rooms, const struct plan_task *task,
		    const struct duo_part *part, struct decisions *out)
{
	size_t n = part ? part->sessions.n : 0;
	struct match m = {.plan = plan, .rooms = rooms, .duo = task->duo, .out = out};
	pairing_init(&m.pairing, n, plan->n);
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->v[i].fixed && plan->v[i].kept_id == 0)
			pairing_add_place(&m.pairing, plan->v[i].start, plan->v[i].provisional,
					  &plan->v[i]);
	for (size_t i = 0; i < n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (s->kind != KIND_WORK) /* another step's */
			continue;
		const struct plan_session *kept = keeper(plan, s->id);
		bool becomes_booked = kept && s->state == STATE_PROVISIONAL && !kept->provisional;
		if (becomes_booked || (kept && strcmp(s->room, room_of(&m, kept)) != 0))
			place_session(&m, s, kept);
		else if (!kept && (stands_movable(task, s->id) || s->state == STATE_PROVISIONAL))
			pairing_add_old(&m.pairing, s);
	}
	settle(&m, task->now);
	pairing_fini(&m.pairing);
}

/* Future sessions with somebody who is no longer a member cannot stand. To some kinds others come
 * as well: there both members have to be there still. */
static bool members_changed(const struct session *s, const struct duo *duo)
{
	if (s->kind != KIND_WORK && s->kind != KIND_VISIT)
		return !session_attends(s, duo->members[0]) || !session_attends(s, duo->members[1]);
	for (size_t i = 0; i < s->n_attendees; i++)
		if (strcmp(s->attendees[i], duo->members[0]) != 0 &&
		    strcmp(s->attendees[i], duo->members[1]) != 0)
			return true;
	return s->kind == KIND_WORK && s->n_attendees != 2;
}

static void cancel_future(const struct duo_part *part, const struct duo *duo, utc_t now,
			  const char *reason, struct decisions *out)
{
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (s->start <= now || (duo && !members_changed(s, duo)))
			continue;
		if (s->state == STATE_PROVISIONAL)
			decisions_add(out, DECIDE_DROP, s, NULL);
		if (s->state != STATE_BOOKED)
			continue;
		struct session is = *s;
		is.state = STATE_CANCELLED;
		is.cancelled_at = now;
		is.pinned = false;
		is.reason = (char *)reason;
		decisions_add(out, DECIDE_CANCEL, s, &is);
	}
}

void decide_retire(const struct publication *p, const char *duo, utc_t now, const char *reason,
		   struct decisions *out)
{
	decisions_begin(out, p, duo);
	cancel_future(out->base, NULL, now, reason, out);
}

/* The sessions as they would be after @d, by start. */
static struct duo_part *after(const struct decisions *d)
{
	struct session_list list = {0};
	size_t n_base = d->base ? d->base->sessions.n : 0;
	list.cap = n_base + d->n;
	list.v = xcalloc(list.cap, sizeof *list.v);
	for (size_t i = 0; i < n_base; i++) {
		const struct session *s = &d->base->sessions.v[i];
		bool changed = false;
		for (size_t k = 0; k < d->n; k++)
			changed = changed || (s->id && d->v[k].was.id == s->id);
		if (!changed)
			session_copy(&list.v[list.n++], s);
	}
	for (size_t k = 0; k < d->n; k++)
		if (d->v[k].what != DECIDE_DROP)
			session_copy(&list.v[list.n++], &d->v[k].is);
	return duo_part_new(d->duo, &list);
}

void publication_assume(struct publication *p, const struct decisions *d)
{
	if (d->n == 0)
		return;
	struct duo_part *part = after(d);
	for (size_t i = 0; i < part->sessions.n; i++)
		for (size_t a = 0; a < part->sessions.v[i].n_attendees; a++)
			publication_note_duo(p, part->sessions.v[i].attendees[a], part->id);
	publication_put_duo(p, part);
}

static void replace_duo(struct assumed *seen, const struct publication *p, const char *id)
{
	size_t at = 0;
	while (at < p->n_duos && strcmp(p->duos[at]->id, id) < 0)
		at++;
	bool known = at < p->n_duos && strcmp(p->duos[at]->id, id) == 0;
	seen->p.n_duos = p->n_duos + !known;
	seen->p.duos = xcalloc(seen->p.n_duos, sizeof(struct duo_part *));
	for (size_t i = 0; i < at; i++)
		seen->p.duos[i] = p->duos[i];
	seen->p.duos[at] = seen->duo;
	for (size_t i = at + known; i < p->n_duos; i++)
		seen->p.duos[i + !known] = p->duos[i];
}

void assumed_init(struct assumed *seen, const struct publication *p, const struct decisions *d)
{
	*seen = (struct assumed){.p = *p};
	if (d->n == 0)
		return;
	seen->duo = after(d);
	replace_duo(seen, p, d->duo);
}

void assumed_fini(struct assumed *seen)
{
	if (!seen->duo)
		return;
	xfree(seen->p.duos);
	duo_part_unref(seen->duo);
	*seen = (struct assumed){.duo = NULL};
}

void decide_members(const struct duo *duo, utc_t now, struct decisions *out)
{
	cancel_future(out->base, duo, now, NULL, out);
}

void decide_duo(const struct publication *p, const struct duo *duo, const struct weights *weights,
		utc_t now, struct decisions *out)
{
	struct publication *seen = publication_next(p);
	decide_duos(seen, &duo, 1, 0, weights, now, out);
	publication_unref(seen);
}
