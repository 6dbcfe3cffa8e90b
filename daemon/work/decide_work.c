/* decide_work.c -- see the header.
 *
 * A duo is planned as if the movable sessions of those planned with it were not there, so they are
 * first taken out of a copy of the publication; what they take of each other's time is then the
 * joint planner's to share out. */
#include "work/decide_work.h"

#include "work/decide_party.h"
#include "work/decide_visit.h"
#include "work_rooms.h"

#include <stdlib.h>
#include <string.h>

struct batch {
	const struct publication *seen;
	struct publication *bare; /* without what moves; NULL: nothing does */
	const struct duo *const *duos;
	size_t n;
	struct duo_task *tasks; /* [n]; those of duos that cannot be planned are empty */
	bool *planned;
	struct work_rooms rooms;
	struct joint_need *needs; /* [n] */
	struct joint joint;
};

/* ---- what moves -------------------------------------------------------------------------- */

static bool is_movable(const struct plan_task *task, int64_t id)
{
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].id == id)
			return task->standing[i].stand == STAND_MOVABLE;
	return false;
}

static bool moves(const struct plan_task *task, const struct session *s)
{
	return s->kind == KIND_WORK &&
	       (s->state == STATE_PROVISIONAL || (!s->pinned && is_movable(task, s->id)));
}

static struct duo_part *without_moving(const struct plan_task *task, const struct duo_part *part)
{
	struct session_list list = {0};
	list.cap = part->sessions.n;
	list.v = xcalloc(list.cap, sizeof *list.v);
	for (size_t i = 0; i < part->sessions.n; i++)
		if (!moves(task, &part->sessions.v[i]))
			session_copy(&list.v[list.n++], &part->sessions.v[i]);
	return duo_part_new(part->id, &list);
}

/* A duo alone is planned around everything; for its own rooms it has to be out of the way. */
static void take_out(struct batch *b, const struct weights *weights, utc_t now)
{
	bool needs_room = b->n == 1 && b->duos[0]->n_rooms;
	if (b->n == 1 && !needs_room)
		return;
	b->bare = publication_next(b->seen);
	for (size_t i = 0; i < b->n; i++) {
		struct duo_task task;
		const struct duo_part *part = publication_duo(b->seen, b->duos[i]->id);
		if (!part || !duo_task_init(&task, b->seen, b->duos[i], weights, now))
			continue;
		publication_put_duo(b->bare, without_moving(&task.task, part));
		duo_task_fini(&task);
	}
}

/* ---- tasks ------------------------------------------------------------------------------- */

/* The duo with its own sessions, everybody else without what moves. */
static bool init_task(struct batch *b, size_t i, const struct weights *weights, utc_t now)
{
	struct duo_part *own = (struct duo_part *)publication_duo(b->seen, b->duos[i]->id);
	if (!b->bare)
		return duo_task_init(&b->tasks[i], b->seen, b->duos[i], weights, now);
	struct duo_part *bare = (struct duo_part *)publication_duo(b->bare, b->duos[i]->id);
	if (own) {
		duo_part_ref(bare);
		publication_put_duo(b->bare, duo_part_ref(own));
	}
	bool done = duo_task_init(&b->tasks[i], b->bare, b->duos[i], weights, now);
	if (own)
		publication_put_duo(b->bare, bare);
	return done;
}

struct purse { /* of a person in several of the duos */
	const struct person *person;
	int32_t left;
};

/* What a person has left in all bounds her duos together: where their shares come to more, those
 * that come first by id have it. */
static void share_budgets(struct batch *b)
{
	struct purse *v = xcalloc(2 * b->n, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		struct duo_task *task = &b->tasks[i];
		struct purse *purse[2];
		for (int m = 0; b->planned[i] && m < 2; m++) {
			struct plan_member *member = &task->task.members[m];
			size_t k = 0;
			while (k < n && v[k].person != member->person)
				k++;
			if (k == n)
				v[n++] = (struct purse){member->person, task->whole_min[m]};
			purse[m] = &v[k];
			if (member->remaining_min > v[k].left)
				member->remaining_min = v[k].left;
		}
		for (int m = 0; b->planned[i] && m < 2; m++) {
			int32_t a = task->task.members[0].remaining_min;
			int32_t c = task->task.members[1].remaining_min;
			purse[m]->left -= a < c ? a : c;
		}
	}
	xfree(v);
}

static void find_rooms(struct batch *b)
{
	size_t any = b->n;
	for (size_t i = 0; i < b->n && any == b->n; i++)
		if (b->planned[i] && b->duos[i]->n_rooms)
			any = i;
	if (any == b->n)
		return;
	work_rooms_init(&b->rooms, b->bare, &b->tasks[any].task);
	for (size_t i = 0; i < b->n; i++) {
		size_t *v = xcalloc(b->duos[i]->n_rooms + 1, sizeof *v), n = 0;
		for (size_t k = 0; k < b->duos[i]->n_rooms; k++)
			for (size_t r = 0; r < b->rooms.n; r++)
				if (strcmp(b->rooms.v[r].id, b->duos[i]->rooms[k]) == 0)
					v[n++] = r;
		b->needs[i] = (struct joint_need){v, n};
	}
}

static void batch_init(struct batch *b, const struct publication *seen,
		       const struct duo *const *duos, size_t n, const struct weights *weights,
		       utc_t now)
{
	*b = (struct batch){.seen = seen, .duos = duos, .n = n};
	b->tasks = xcalloc(n, sizeof *b->tasks);
	b->planned = xcalloc(n, sizeof *b->planned);
	b->needs = xcalloc(n, sizeof *b->needs);
	take_out(b, weights, now);
	for (size_t i = 0; i < n; i++)
		b->planned[i] = init_task(b, i, weights, now);
	if (n > 1)
		share_budgets(b);
	find_rooms(b);
}

static void batch_plan(struct batch *b, size_t among)
{
	struct joint_duo *v = xcalloc(b->n, sizeof *v);
	struct joint_task task = {
		.duos = v,
		.resources = b->rooms.v,
		.n_resources = b->rooms.n,
		.among = among,
	};
	for (size_t i = 0; i < b->n; i++) {
		bool room = b->duos[i]->n_rooms > 0;
		if (b->planned[i])
			v[task.n++] = (struct joint_duo){&b->tasks[i].task,
							 room ? &b->needs[i] : NULL, room};
	}
	joint_make(&task, NULL, &b->joint);
	xfree(v);
}

static void batch_fini(struct batch *b)
{
	joint_fini(&b->joint);
	for (size_t i = 0; i < b->n; i++) {
		duo_task_fini(&b->tasks[i]);
		xfree((void *)b->needs[i].v);
	}
	work_rooms_fini(&b->rooms);
	xfree(b->tasks);
	xfree(b->planned);
	xfree(b->needs);
	publication_unref(b->bare);
}

/* ---- what changes ------------------------------------------------------------------------ */

static size_t room_number(const struct work_rooms *rooms, const char *id)
{
	for (size_t r = 0; r < rooms->n; r++)
		if (strcmp(rooms->v[r].id, id) == 0)
			return r;
	return SIZE_MAX;
}

/* Sessions that stay where they are keep their room if it can be. */
static void keep_rooms(struct batch *b)
{
	struct work_room_plan *v = xcalloc(b->joint.n, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (!b->planned[i])
			continue;
		struct joint_plan *plan = &b->joint.v[n];
		const struct duo_part *part = publication_duo(b->seen, b->duos[i]->id);
		v[n] = (struct work_room_plan){
			.plan = plan,
			.need = b->duos[i]->n_rooms ? &b->needs[i] : NULL,
			.had = xcalloc(plan->plan.n + 1, sizeof *v[n].had),
		};
		for (size_t k = 0; k < plan->plan.n; k++) {
			v[n].had[k] = SIZE_MAX;
			for (size_t s = 0; part && s < part->sessions.n; s++)
				if (plan->plan.v[k].kept_id &&
				    part->sessions.v[s].id == plan->plan.v[k].kept_id)
					v[n].had[k] =
						room_number(&b->rooms, part->sessions.v[s].room);
		}
		n++;
	}
	work_rooms_keep(&b->rooms, v, n);
	for (size_t i = 0; i < n; i++)
		xfree(v[i].had);
	xfree(v);
}

static void compare_all(struct batch *b, struct decisions *const *out)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		if (!b->planned[i])
			continue;
		const struct joint_plan *plan = &b->joint.v[n++];
		id_text *rooms = work_rooms_of(&b->rooms, plan);
		decide_compare(&plan->plan, rooms, &b->tasks[i].task,
			       publication_duo(b->seen, b->duos[i]->id), out[i]);
		xfree(rooms);
	}
}

/* ---- who is planned together ------------------------------------------------------------- */

struct coupling {
	const struct roster *roster;
	size_t *root, *person, *third; /* 1 + a duo that needs them */
};

static size_t root_of(struct coupling *c, size_t i)
{
	while (c->root[i] != i)
		i = c->root[i] = c->root[c->root[i]];
	return i;
}

static void meet(struct coupling *c, size_t *first, size_t i)
{
	size_t a = root_of(c, i), b = root_of(c, *first ? *first - 1 : i);
	c->root[a > b ? a : b] = a > b ? b : a;
	*first = i + 1;
}

/* Duos that share a person or a room have the same root, the first of them. */
static void couple(struct coupling *c, const struct roster *roster, const struct duo *const *duos,
		   size_t n)
{
	*c = (struct coupling){.roster = roster};
	c->root = xcalloc(n, sizeof *c->root);
	c->person = xcalloc(roster->n_persons + 1, sizeof *c->person);
	c->third = xcalloc(roster->n_third_parties + 1, sizeof *c->third);
	for (size_t i = 0; i < n; i++)
		c->root[i] = i;
	for (size_t i = 0; i < n; i++) {
		for (int m = 0; m < 2; m++) {
			const struct person *p = roster_person(roster, duos[i]->members[m]);
			if (p)
				meet(c, &c->person[p - roster->persons], i);
		}
		for (size_t k = 0; k < duos[i]->n_rooms; k++) {
			const struct third_party *t = roster_third(roster, duos[i]->rooms[k]);
			if (t)
				meet(c, &c->third[t - roster->third_parties], i);
		}
	}
	for (size_t i = 0; i < n; i++)
		c->root[i] = root_of(c, i);
}

static void coupling_fini(struct coupling *c)
{
	xfree(c->root);
	xfree(c->person);
	xfree(c->third);
}

/* ---- the doors --------------------------------------------------------------------------- */

static void decide_coupled(struct publication *seen, const struct duo *const *duos, size_t n,
			   size_t among, const struct weights *weights, utc_t now,
			   struct decisions *const *out)
{
	struct batch b;
	batch_init(&b, seen, duos, n, weights, now);
	batch_plan(&b, among);
	if (b.rooms.n)
		keep_rooms(&b);
	compare_all(&b, out);
	batch_fini(&b);
	for (size_t i = 0; i < n; i++)
		publication_assume(seen, out[i]);
}

void decide_duos(struct publication *seen, const struct duo *const *duos, size_t n, size_t among,
		 const struct weights *weights, utc_t now, struct decisions *out)
{
	struct coupling c;
	couple(&c, &seen->roster->roster, duos, n);
	const struct duo **group = xcalloc(n, sizeof(struct duo *));
	struct decisions **to = xcalloc(n, sizeof(struct decisions *));
	for (size_t i = 0; i < n; i++) {
		decisions_begin(&out[i], seen, duos[i]->id);
		decide_members(duos[i], now, &out[i]);
		decide_visits(seen, duos[i], weights, now, &out[i]);
		publication_assume(seen, &out[i]); /* those have gone, these come */
	}
	for (size_t i = 0; i < n; i++) {
		size_t n_group = 0;
		for (size_t k = i; k < n && c.root[i] == i; k++)
			if (c.root[k] == i) {
				group[n_group] = duos[k];
				to[n_group++] = &out[k];
			}
		if (n_group)
			decide_coupled(seen, group, n_group, among > n ? among : n, weights, now,
				       to);
	}
	xfree(group);
	xfree(to);
	coupling_fini(&c);
}

void decide_years(struct publication *seen, const struct duo *const *duos, size_t n, size_t among,
		  const struct weights *weights, utc_t now, struct decisions *out)
{
	struct decisions *work = xcalloc(n, sizeof *work);
	for (size_t i = 0; i < n; i++) {
		decide_party(seen, duos[i], weights, now, &out[i]);
		publication_assume(seen, &out[i]);
	}
	decide_duos(seen, duos, n, among, weights, now, work);
	for (size_t i = 0; i < n; i++)
		decisions_join(&out[i], &work[i]);
	xfree(work);
}

void work_plan(const struct publication *p, const struct duo_task *task, struct plan *out)
{
	const struct plan_task *t = &task->task;
	if (t->duo->n_rooms == 0) {
		plan_make(t, out);
		return;
	}
	struct batch b;
	batch_init(&b, p, &t->duo, 1, t->weights, t->now);
	batch_plan(&b, 0);
	if (b.joint.n) {
		*out = b.joint.v[0].plan;
		b.joint.v[0].plan = (struct plan){0};
	}
	batch_fini(&b);
}

/* Few enough to be asked for by a person who waits: more are tried less hard. */
enum { THOROUGH_UP_TO = 24, HASTY_FROM = 1000 };

bool work_component(const struct publication *p, const struct duo *duo,
		    const struct weights *weights, utc_t now, struct work_component *out)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo **all = xcalloc(roster->n_duos + 1, sizeof(struct duo *));
	struct coupling c;
	size_t n = 0, self = 0;
	for (size_t i = 0; i < roster->n_duos; i++) {
		if (&roster->duos[i] == duo)
			self = i;
		all[i] = &roster->duos[i];
	}
	couple(&c, roster, all, roster->n_duos);
	for (size_t i = 0; i < roster->n_duos; i++)
		if (c.root[i] == c.root[self])
			all[n++] = &roster->duos[i];
	coupling_fini(&c);
	bool coupled = n > 1;
	if (coupled) {
		struct batch b;
		batch_init(&b, p, all, n, weights, now);
		batch_plan(&b, n > THOROUGH_UP_TO ? HASTY_FROM : 0);
		*out = (struct work_component){n, b.joint.cost, b.joint.bound, 0};
		for (size_t i = 0; i < b.joint.n; i++)
			out->early += b.joint.v[i].early;
		batch_fini(&b);
	}
	xfree(all);
	return coupled;
}
