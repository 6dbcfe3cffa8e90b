/* work_rooms.c -- see the header. */
#include "work_rooms.h"

#include "plan/window.h"
#include "work/task.h"
#include "work/third_time.h"

#include <stdlib.h>
#include <string.h>

/* ---- their time -------------------------------------------------------------------------- */

static bool occupies(enum state state)
{
	return state == STATE_PROVISIONAL || state == STATE_BOOKED || state == STATE_HELD;
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void note_taken(struct work_rooms *rooms, size_t i, const struct publication *p)
{
	size_t n = 0, cap = 0;
	for (size_t d = 0; d < p->n_duos; d++) {
		const struct duo_part *duo = p->duos[d];
		for (size_t k = 0; k < duo->n_taking; k++) {
			const struct session *s = &duo->sessions.v[duo->taking[k]];
			if (strcmp(s->room, rooms->v[i].id) != 0 || !occupies(s->state))
				continue;
			rooms->taken[i] = xgrow(rooms->taken[i], n, &cap, sizeof(struct span));
			rooms->taken[i][n++] = (struct span){s->start, s->end};
		}
	}
	if (n > 1)
		qsort(rooms->taken[i], n, sizeof(struct span), by_start);
	rooms->v[i].taken = rooms->taken[i];
	rooms->v[i].n_taken = n;
}

/* Its timetable, what is assumed behind its horizon, and the hours in which it is closed. *@full:
 * where sessions, but for those that @skip leaves out, take all of it. */
static void note_time(struct busyset *to, utc_t *known_until, const struct publication *p,
		      const struct third_party *party, const struct plan_task *task,
		      third_skip_fn *skip, struct busyset *full)
{
	struct busyset busy = {0};
	struct person person;
	struct shared days;
	struct member_time time;
	third_party_time(p, party, skip, (void *)task->duo, &busy, full, known_until);
	third_party_person(task->programme, party, &person);
	struct plan_member member = {.person = &person, .busy = &busy, .known_until = *known_until};
	shared_init_days(&days, task, 0, task->days->n);
	member_time_init(&time, task, &member, &days);
	for (int d = 0; d < days.past_day; d++) {
		utc_t at = days.days[d].start;
		for (size_t i = 0; i < time.available.n; i++) {
			const struct span *open = &time.available.v[i];
			if (open->end <= at || open->start >= days.days[d].past)
				continue;
			busyset_add(to, at, open->start, LEVEL_BUSY);
			at = open->end;
		}
		busyset_add(to, at, days.days[d].past, LEVEL_BUSY);
	}
	enum level least = window_least_blocking(task->weights);
	for (size_t i = 0; i < time.busy.n; i++)
		if (time.busy.v[i].level >= least)
			busyset_add(to, time.busy.v[i].start, time.busy.v[i].end, LEVEL_BUSY);
	busyset_settle(to);
	member_time_fini(&time);
	shared_fini(&days);
	busyset_fini(&busy);
}

void work_rooms_init(struct work_rooms *rooms, const struct publication *p,
		     const struct plan_task *task)
{
	const struct roster *roster = &p->roster->roster;
	*rooms = (struct work_rooms){0};
	rooms->v = xcalloc(roster->n_third_parties + 1, sizeof *rooms->v);
	rooms->busy = xcalloc(roster->n_third_parties + 1, sizeof *rooms->busy);
	rooms->taken = xcalloc(roster->n_third_parties + 1, sizeof(struct span *));
	for (size_t i = 0; i < roster->n_third_parties; i++) {
		const struct third_party *party = &roster->third_parties[i];
		if (!party->is_room)
			continue;
		struct joint_resource *to = &rooms->v[rooms->n];
		*to = (struct joint_resource){
			.id = party->id,
			.busy = &rooms->busy[rooms->n],
			.capacity = party->capacity > 1 ? party->capacity : 1,
		};
		struct busyset full = {0}; /* told one by one: how many there are matters */
		note_time(&rooms->busy[rooms->n], &to->known_until, p, party, task, NULL, &full);
		busyset_fini(&full);
		note_taken(rooms, rooms->n, p);
		rooms->n++;
	}
}

void work_rooms_fini(struct work_rooms *rooms)
{
	for (size_t i = 0; i < rooms->n; i++) {
		busyset_fini(&rooms->busy[i]);
		xfree(rooms->taken[i]);
	}
	xfree(rooms->v);
	xfree(rooms->busy);
	xfree(rooms->taken);
	*rooms = (struct work_rooms){0};
}

id_text *work_rooms_of(const struct work_rooms *rooms, const struct joint_plan *plan)
{
	id_text *v = xcalloc(plan->plan.n + 1, sizeof *v);
	for (size_t k = 0; plan->resources && k < plan->plan.n; k++)
		if (plan->resources[k] != SIZE_MAX)
			strncpy(v[k], rooms->v[plan->resources[k]].id, ID_MAX);
	return v;
}

/* ---- for one session --------------------------------------------------------------------- */

static bool is_own(void *ctx, const struct session *s)
{
	const struct duo *duo = ctx;
	return strcmp(s->duo, duo->id) == 0;
}

void duo_task_rooms(struct duo_task *task, const struct publication *p)
{
	struct plan_task *t = &task->task;
	const struct roster *roster = &p->roster->roster;
	size_t n = t->duo->n_rooms;
	if (n == 0 || task->rooms)
		return;
	task->rooms = xcalloc(n, sizeof *task->rooms);
	task->blocked = xcalloc(n, sizeof *task->blocked);
	for (size_t i = 0; i < n; i++) {
		const struct third_party *party = roster_third(roster, t->duo->rooms[i]);
		struct plan_room *room = &task->rooms[t->n_rooms];
		struct busyset time = {0}, full = {0};
		if (!party)
			continue; /* not reached: the roster names rooms that it has */
		note_time(&time, &room->known_until, p, party, t, is_own, &full);
		for (size_t k = 0; k < full.n; k++)
			busyset_add(&time, full.v[k].start, full.v[k].end, LEVEL_BUSY);
		busyset_settle(&time);
		spanset_from_busy(&task->blocked[t->n_rooms], &time, LEVEL_BUSY, 0);
		room->id = party->id;
		room->blocked = &task->blocked[t->n_rooms++];
		busyset_fini(&time);
		busyset_fini(&full);
	}
	t->rooms = task->rooms;
}

/* ---- keeping what one had ---------------------------------------------------------------- */

struct stay { /* one session and the room it is to have */
	utc_t start, end;
	size_t *to, had, room;
	const struct joint_need *need;
};

static int by_time(const void *a, const void *b)
{
	const struct stay *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

/* Is @room free for stay @i, beside those that have theirs? Sessions last at most a day. */
static bool is_free(const struct work_rooms *rooms, const struct stay *v, size_t n, size_t i,
		    size_t room)
{
	const struct joint_resource *r = &rooms->v[room];
	int here = 0;
	if (busyset_max(r->busy, v[i].start, v[i].end) >= LEVEL_BUSY)
		return false;
	for (size_t k = 0; k < r->n_taken; k++)
		here += r->taken[k].start < v[i].end && v[i].start < r->taken[k].end;
	for (size_t k = i; k-- > 0 && v[k].start > v[i].start - DAY_S;)
		here += v[k].room == room && v[k].end > v[i].start;
	for (size_t k = i + 1; k < n && v[k].start < v[i].end; k++)
		here += v[k].room == room;
	return here < r->capacity;
}

static bool may_have(const struct stay *s, size_t room)
{
	for (size_t k = 0; k < s->need->n; k++)
		if (s->need->v[k] == room)
			return true;
	return false;
}

static bool share_out(const struct work_rooms *rooms, struct stay *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].had != SIZE_MAX && may_have(&v[i], v[i].had) &&
		    is_free(rooms, v, n, i, v[i].had))
			v[i].room = v[i].had;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].need->n && v[i].room == SIZE_MAX; k++)
			if (is_free(rooms, v, n, i, v[i].need->v[k]))
				v[i].room = v[i].need->v[k];
		if (v[i].room == SIZE_MAX)
			return false;
	}
	return true;
}

void work_rooms_keep(const struct work_rooms *rooms, struct work_room_plan *plans, size_t n)
{
	struct stay *v = NULL;
	size_t n_stays = 0, cap = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; plans[i].need && k < plans[i].plan->plan.n; k++) {
			const struct plan_session *s = &plans[i].plan->plan.v[k];
			if (s->fixed)
				continue;
			v = xgrow(v, n_stays, &cap, sizeof *v);
			v[n_stays++] = (struct stay){
				s->start,	 s->end,   &plans[i].plan->resources[k],
				plans[i].had[k], SIZE_MAX, plans[i].need};
		}
	if (n_stays > 1)
		qsort(v, n_stays, sizeof *v, by_time);
	if (share_out(rooms, v, n_stays))
		for (size_t i = 0; i < n_stays; i++)
			*v[i].to = v[i].room;
	xfree(v);
}
