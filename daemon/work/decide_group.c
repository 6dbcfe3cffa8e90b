/* decide_group.c -- see the header. */
#include "work/decide_group.h"

#include "work/decide_party.h"

#include <stdlib.h>
#include <string.h>

/* ---- from a publication to the planner's task -------------------------------------------- */

struct group_time {
	struct busyset busy, engaged;
	struct day_range *called_off;
};

struct view {
	const struct publication *p;
	utc_t frozen_until;
};

/* A duo's session makes room for everybody's, unless somebody chose it or it is too near. */
static bool gives_way(const struct view *view, const struct session *s)
{
	return roster_duo(&view->p->roster->roster, s->duo) &&
	       (s->state == STATE_PROVISIONAL ||
		(s->state == STATE_BOOKED && !s->pinned && s->start >= view->frozen_until));
}

static bool is_ours(const struct session *s)
{
	return !s->duo[0] && (s->kind == KIND_INTERVISIE || s->kind == KIND_EVALUATION);
}

static bool stands_in_the_way(const void *ctx, const struct session *s)
{
	return !is_ours(s) && !gives_way(ctx, s);
}

/* Her budget less what is spent and what cannot give way. */
static int32_t minutes_left(const struct view *view, const struct person *person)
{
	const struct person_part *part = publication_person(view->p, person->id);
	int64_t left = person->budget_min;
	for (size_t i = 0; part && i < part->entries.n; i++)
		left -= part->entries.v[i].minutes;
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *duo = publication_duo(view->p, part->duos[i]);
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			const struct session *s = &duo->sessions.v[k];
			if (s->state == STATE_BOOKED && stands_in_the_way(view, s) &&
			    session_attends(s, person->id))
				left -= (s->end - s->start) / 60;
		}
	}
	return left > 0 ? (int32_t)left : 0;
}

static void add_member(struct group_work *w, const struct view *view, const struct person *person)
{
	size_t i = w->task.n_members++;
	struct group_time *time = &w->times[i];
	struct plan_member *member = &w->members[i];
	const struct person_part *part = publication_person(view->p, person->id);
	size_t n = part ? part->absences.n : 0;
	*member = (struct plan_member){
		.person = person,
		.busy = &time->busy,
		.engaged = &time->engaged,
		.remaining_min = minutes_left(view, person),
	};
	person_time_if(view->p, person, stands_in_the_way, view, &time->busy, &time->engaged,
		       &member->known_until);
	time->called_off = xcalloc(n, sizeof *time->called_off);
	for (size_t k = 0; k < n; k++)
		time->called_off[k] = part->absences.v[k].days;
	w->called_off[i] = (struct called_off){time->called_off, n};
}

static void list_soft(struct group_work *w, const struct view *view)
{
	size_t cap = 0;
	for (size_t i = 0; i < view->p->n_duos; i++)
		for (size_t k = 0; k < view->p->duos[i]->sessions.n; k++) {
			const struct session *s = &view->p->duos[i]->sessions.v[k];
			if (s->state != STATE_BOOKED || !gives_way(view, s))
				continue;
			w->soft = xgrow(w->soft, w->task.n_soft, &cap, sizeof *w->soft);
			w->soft[w->task.n_soft++] = (struct span){s->start, s->end};
		}
}

void group_work_init(struct group_work *w, const struct publication *p,
		     const struct weights *weights, utc_t now)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo_part *part = publication_duo(p, "");
	struct view view = {p, now + roster->programme.freeze_s};
	bool *in_duo = xcalloc(roster->n_persons, sizeof *in_duo);
	*w = (struct group_work){
		.task = {.programme = &roster->programme,
			 .days = &p->roster->days,
			 .weights = weights,
			 .sessions = part ? part->sessions.v : NULL,
			 .n_sessions = part ? part->sessions.n : 0,
			 .now = now},
		.times = xcalloc(roster->n_persons, sizeof *w->times),
		.members = xcalloc(roster->n_persons, sizeof *w->members),
		.called_off = xcalloc(roster->n_persons, sizeof *w->called_off),
	};
	for (size_t i = 0; i < roster->n_duos; i++)
		for (int m = 0; m < 2; m++) {
			const struct person *person =
				roster_person(roster, roster->duos[i].members[m]);
			if (person)
				in_duo[person - roster->persons] = true;
		}
	for (size_t i = 0; i < roster->n_persons; i++)
		if (in_duo[i])
			add_member(w, &view, &roster->persons[i]);
	list_soft(w, &view);
	w->task.members = w->members;
	w->task.called_off = w->called_off;
	w->task.soft = w->soft;
	xfree(in_duo);
}

void group_work_fini(struct group_work *w)
{
	for (size_t i = 0; i < w->task.n_members; i++) {
		busyset_fini(&w->times[i].busy);
		busyset_fini(&w->times[i].engaged);
		xfree(w->times[i].called_off);
	}
	xfree(w->times);
	xfree(w->members);
	xfree(w->called_off);
	xfree(w->soft);
	*w = (struct group_work){0};
}

/* ---- from its answer to sessions --------------------------------------------------------- */

static bool same_people(const struct session *a, const struct session *b)
{
	if (a->n_attendees != b->n_attendees)
		return false;
	for (size_t i = 0; i < a->n_attendees; i++)
		if (strcmp(a->attendees[i], b->attendees[i]) != 0)
			return false;
	return true;
}

static void decide_moment(const struct group_task *task, const struct group_moment *moment,
			  struct decisions *out)
{
	const struct session *was = moment->was;
	struct session is = was ? *was : (struct session){.kind = moment->kind};
	if (was && (was->state == STATE_HELD || was->start <= task->now))
		return;
	is.attendees = xcalloc(moment->n_attendees, sizeof *is.attendees);
	is.n_attendees = moment->n_attendees;
	for (size_t i = 0; i < is.n_attendees; i++)
		memcpy(is.attendees[i], task->members[moment->attendees[i]].person->id,
		       sizeof *is.attendees);
	is.start = moment->place.start;
	is.end = moment->place.end;
	is.state = moment->provisional ? STATE_PROVISIONAL : STATE_BOOKED;
	bool moved = !was || is.start != was->start || is.end != was->end || is.state != was->state;
	if (moved)
		is.reason = NULL;
	enum decide what = is.state == STATE_PROVISIONAL       ? DECIDE_PROVISIONAL
			   : !moved			       ? DECIDE_ATTEND
			   : was && was->state == STATE_BOOKED ? DECIDE_MOVE
							       : DECIDE_BOOK;
	/* with nobody left, where somebody pinned it, it stands as it was */
	if (is.n_attendees > 0 && (moved || !same_people(was, &is)))
		decisions_add(out, what, was, &is);
	xfree(is.attendees);
}

static void decide_surplus(const struct group_task *task, const struct session *was,
			   struct decisions *out)
{
	if (was->state == STATE_PROVISIONAL) {
		decisions_add(out, DECIDE_DROP, was, NULL);
		return;
	}
	struct session is = *was;
	is.state = STATE_CANCELLED;
	is.cancelled_at = task->now;
	is.pinned = false;
	is.reason = NULL;
	decisions_add(out, DECIDE_CANCEL, was, &is);
}

void decide_group(const struct publication *p, const struct weights *weights, utc_t now,
		  struct decisions *out)
{
	struct group_work work;
	struct group_plan plan;
	decisions_begin(out, p, "");
	group_work_init(&work, p, weights, now);
	group_plan_make(&work.task, &plan);
	for (size_t i = 0; i < plan.n_surplus; i++)
		decide_surplus(&work.task, plan.surplus[i], out);
	for (size_t k = 0; k < plan.n; k++)
		if (plan.v[k].placed)
			decide_moment(&work.task, &plan.v[k], out);
	group_plan_fini(&plan);
	group_work_fini(&work);
}

/* ---- what has to make room --------------------------------------------------------------- */

static bool overlaps(const struct session *a, const struct session *b)
{
	return b->state == STATE_BOOKED && a->start < b->end && b->start < a->end;
}

static bool is_in_the_way(const struct session *s, const struct decisions *group)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct session *is = &group->v[i].is;
		if (is->state != STATE_BOOKED || !overlaps(is, s))
			continue;
		for (size_t a = 0; a < s->n_attendees; a++)
			if (session_attends(is, s->attendees[a]))
				return true;
	}
	return false;
}

void decide_clashing(struct publication *seen, const struct decisions *group,
		     const struct weights *weights, utc_t now, struct decisions **v, size_t *n)
{
	const struct roster *roster = &seen->roster->roster;
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo_part *part = publication_duo(seen, roster->duos[i].id);
		bool clashes = false;
		for (size_t k = 0; part && k < part->sessions.n && !clashes; k++)
			clashes = is_in_the_way(&part->sessions.v[k], group);
		if (!clashes)
			continue;
		*v = xrealloc(*v, (*n + 1) * sizeof **v);
		decide_year(seen, &roster->duos[i], weights, now, &(*v)[*n]);
		publication_assume(seen, &(*v)[(*n)++]);
	}
}

bool decisions_concern(const struct decisions *d, const char *person)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct session *was = &d->v[i].was, *is = &d->v[i].is;
		bool before = session_attends(was, person), after = session_attends(is, person);
		bool same =
			was->state == is->state && was->start == is->start && was->end == is->end;
		if (same ? before != after : before || after)
			return true;
	}
	return false;
}
