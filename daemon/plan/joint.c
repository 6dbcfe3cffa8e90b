/* joint.c -- from a task of coupled duos to plans: what everybody is made of, and the answer. */
#include "plan/joint.h"

#include "joint_work.h"
#include "plan/even.h"
#include "plan/reasons.h"

#include <stdlib.h>
#include <string.h>

/* ---- points of time ---------------------------------------------------------------------- */

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

static void find_point(struct joint_work *w)
{
	const struct programme *p = w->programme;
	int64_t s = gcd(p->length_step_min * 60, p->buffer_min * 60);
	if (p->n_starts == 0)
		s = gcd(s, (p->start_grid_min > 0 ? p->start_grid_min : 1) * 60);
	for (size_t i = 0; i < p->n_starts; i++)
		s = gcd(s, p->starts[i] * 60);
	for (size_t i = 0; i < w->n; i++) {
		const struct plan_task *task = w->ones[i].task;
		for (size_t k = 0; k < task->n_standing; k++) {
			utc_t start = task->standing[k].start;
			if (task->standing[k].stand == STAND_MOVABLE)
				s = gcd(s, start - zone_day_start(p->zone,
								  zone_day_of(p->zone, start)));
		}
	}
	w->point_s = s >= 60 ? (int)s : 60;
}

/* The part of a day in which any duo has a window. */
static void find_points(struct joint_work *w)
{
	int64_t first = 2 * DAY_S, past = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct shared *shared = &w->ones[i].shared;
		for (int d = 0; d < shared->past_day - shared->first_day; d++) {
			const struct shared_day *day = &shared->days[d];
			if (day->n == 0)
				continue;
			int64_t from = shared->windows[day->first].start - day->start;
			int64_t to = shared->windows[day->first + day->n - 1].end - day->start;
			first = from < first ? from : first;
			past = to > past ? to : past;
		}
	}
	if (first > past)
		first = past = 0;
	past += w->programme->buffer_min * 60;
	w->first_point = (int)(first / w->point_s);
	w->n_points = (int)((past + w->point_s - 1) / w->point_s) - w->first_point + 1;
}

/* ---- people and things ------------------------------------------------------------------- */

struct claim { /* one duo wants one thing */
	const char *id;
	const struct joint_resource *resource;
	size_t one;
	int need, take;
};

/* Things by kind and id, claims on one of them by duo. */
static int by_thing(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	if (!x->resource != !y->resource)
		return x->resource ? 1 : -1;
	int order = strcmp(x->id, y->id);
	if (order)
		return order;
	if (x->one != y->one)
		return x->one < y->one ? -1 : 1;
	return x->need != y->need ? x->need - y->need : x->take - y->take;
}

static size_t list_claims(const struct joint_work *w, struct claim *v)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n; i++) {
		const struct joint_duo *in = w->ones[i].in;
		for (int m = 0; m < 2; m++)
			v[n++] = (struct claim){in->task->members[m].person->id, NULL, i, -1, m};
		for (size_t k = 0; k < in->n_needs; k++)
			for (size_t a = 0; a < in->needs[k].n; a++) {
				const struct joint_resource *r =
					&w->in->resources[in->needs[k].v[a]];
				v[n++] = (struct claim){r->id, r, i, (int)k, (int)a};
			}
	}
	qsort(v, n, sizeof *v, by_thing);
	return n;
}

static bool same_thing(const struct claim *a, const struct claim *b)
{
	return !a->resource == !b->resource && strcmp(a->id, b->id) == 0;
}

static void add_thing(struct joint_work *w, const struct claim *v, size_t n)
{
	struct joint_thing *thing = &w->things[w->n_things];
	int buffer = w->programme->buffer_min * 60 / w->point_s;
	*thing = (struct joint_thing){
		.id = v->id,
		.resource = v->resource,
		.capacity = v->resource && v->resource->capacity > 1 ? v->resource->capacity : 1,
		.buffer = !v->resource || v->resource->buffered ? buffer : 0,
		.users = xcalloc(n, sizeof *thing->users),
		.n_users = n,
	};
	for (size_t i = 0; i < n; i++) {
		struct joint_one *one = &w->ones[v[i].one];
		one->uses = xrealloc(one->uses, ((size_t)one->n_uses + 1) * sizeof *one->uses);
		one->uses[one->n_uses++] = (struct joint_use){w->n_things, v[i].need, v[i].take};
	}
	w->n_things++;
}

static int by_need(const void *a, const void *b)
{
	const struct joint_use *x = a, *y = b;
	if (x->need != y->need)
		return x->need - y->need;
	return x->take != y->take ? x->take - y->take
				  : (x->thing > y->thing) - (x->thing < y->thing);
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

/* Who shares a thing with whom, each once. */
static void find_near(struct joint_work *w, struct joint_one *one)
{
	size_t self = (size_t)(one - w->ones), cap = 0, n = 0;
	for (int u = 0; u < one->n_uses; u++) {
		const struct joint_thing *thing = &w->things[one->uses[u].thing];
		for (size_t i = 0; i < thing->n_users; i++)
			if (thing->users[i].one != self) {
				one->near = xgrow(one->near, n, &cap, sizeof *one->near);
				one->near[n++] = thing->users[i].one;
			}
	}
	if (n > 1)
		qsort(one->near, n, sizeof *one->near, by_size);
	for (size_t i = 0; i < n; i++)
		if (one->n_near == 0 || one->near[one->n_near - 1] != one->near[i])
			one->near[one->n_near++] = one->near[i];
}

/* Things are persons that several share, and every resource (its own time is in the way even of
 * one). */
static void find_things(struct joint_work *w)
{
	size_t most = 0;
	for (size_t i = 0; i < w->n; i++) {
		most += 2;
		for (size_t k = 0; k < w->ones[i].in->n_needs; k++)
			most += w->ones[i].in->needs[k].n;
	}
	struct claim *v = xcalloc(most + 1, sizeof *v);
	w->things = xcalloc(most + 1, sizeof *w->things);
	size_t n = list_claims(w, v);
	for (size_t i = 0, past; i < n; i = past) {
		for (past = i + 1; past < n && same_thing(&v[i], &v[past]);)
			past++;
		if (v[i].resource || past - i > 1)
			add_thing(w, v + i, past - i);
	}
	xfree(v);
	for (size_t t = 0; t < w->n_things; t++)
		w->things[t].n_users = 0;
	for (size_t i = 0; i < w->n; i++) {
		struct joint_one *one = &w->ones[i];
		if (one->n_uses > 1)
			qsort(one->uses, (size_t)one->n_uses, sizeof *one->uses, by_need);
		for (int u = 0; u < one->n_uses; u++) {
			struct joint_thing *thing = &w->things[one->uses[u].thing];
			thing->users[thing->n_users++] = (struct joint_user){i, u};
		}
	}
	for (size_t i = 0; i < w->n; i++)
		find_near(w, &w->ones[i]);
}

/* ---- a duo ------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
	const struct joint_one *x = a, *y = b;
	return strcmp(x->task->duo->id, y->task->duo->id);
}

static void one_init(struct joint_one *one, struct solve_memory *memory)
{
	const struct plan_task *task = one->task;
	utc_t earliest = task->now + task->programme->freeze_s;
	shared_init(&one->shared, task, candidate_first_day(task, earliest), task->days->n);
	candidates_init(&one->c, task, &one->shared, earliest);
	even_keep(&one->c, memory);
	candidates_frame(&one->c, &one->frame);
	one->frame.w_gap *= JOINT_SCALE;
	one->frame.w_even *= JOINT_SCALE;
	one->frame.w_unused *= JOINT_SCALE;
	int days = one->shared.past_day - one->shared.first_day;
	one->tables = xcalloc(days > 0 ? (size_t)days : 1, sizeof *one->tables);
	int lengths = one->c.max_units - one->c.min_units + 1;
	one->cost_of =
		xcalloc(lengths > 0 ? (size_t)lengths * SLOT_OFF_RHYTHM : 1, sizeof *one->cost_of);
	for (int l = 0; l < lengths; l++)
		for (int f = 0; f < SLOT_OFF_RHYTHM; f++)
			one->cost_of[l * SLOT_OFF_RHYTHM + f] =
				candidate_cost(&one->c, one->c.min_units + l, (unsigned)f).total *
				JOINT_SCALE;
}

static void one_fini(struct joint_one *one)
{
	for (int d = 0; d < one->shared.past_day - one->shared.first_day; d++)
		joint_table_fini(&one->tables[d]);
	xfree(one->tables);
	xfree(one->cost_of);
	xfree(one->uses);
	xfree(one->near);
	candidates_fini(&one->c);
	shared_fini(&one->shared);
}

static void work_init(struct joint_work *w, const struct joint_task *in,
		      struct solve_memory *memory)
{
	*w = (struct joint_work){
		.in = in,
		.programme = in->duos[0].task->programme,
		.memory = memory,
		.n = in->n,
		.n_days = in->duos[0].task->days->n,
	};
	w->ones = xcalloc(in->n, sizeof *w->ones);
	for (size_t i = 0; i < in->n; i++) {
		w->ones[i].in = &in->duos[i];
		w->ones[i].task = in->duos[i].task;
		w->ones[i].index = i;
	}
	qsort(w->ones, w->n, sizeof *w->ones, by_id);
	for (size_t i = 0; i < in->n; i++)
		one_init(&w->ones[i], memory);
	find_point(w);
	find_points(w);
	find_things(w);
	w->tolled = xcalloc((size_t)w->n_days + 1, 1);
	w->count = xcalloc((size_t)w->n_points + 1, 1);
}

static void work_fini(struct joint_work *w)
{
	for (size_t i = 0; i < w->n; i++)
		one_fini(&w->ones[i]);
	for (size_t t = 0; t < w->n_things; t++)
		xfree(w->things[t].users);
	for (int a = 0; a <= ANCHORS_MAX; a++)
		xfree(w->places[a]);
	xfree(w->ones);
	xfree(w->things);
	xfree(w->slots);
	xfree(w->toll);
	xfree(w->tolled);
	xfree(w->count);
}

/* ---- the answer -------------------------------------------------------------------------- */

static struct candidate candidate_of(const struct joint_one *one, const struct joint_session *s)
{
	return (struct candidate){
		.day = s->day,
		.units = s->units,
		.start = shared_day(&one->shared, s->day)->start + s->at_s,
		.flags = s->flags,
	};
}

static void note_resources(const struct joint_one *one, const struct joint_year *year,
			   struct joint_plan *out)
{
	const struct joint_duo *in = one->in;
	if (in->n_needs == 0)
		return;
	out->resources = xcalloc(out->plan.n + 1, in->n_needs * sizeof *out->resources);
	for (size_t i = 0; i < out->plan.n; i++) {
		struct plan_session *s = &out->plan.v[i];
		const struct joint_session *from =
			s->fixed || !year->on[s->day] ? NULL : &year->v[year->on[s->day] - 1];
		for (size_t k = 0; k < in->n_needs; k++) {
			size_t *to = &out->resources[i * in->n_needs + k];
			*to = from ? in->needs[k].v[from->take[k]] : SIZE_MAX;
		}
	}
}

static void mark_provisional(const struct joint_work *w, const struct joint_one *one,
			     struct joint_plan *out)
{
	size_t n = one->in->n_needs;
	for (size_t i = 0; n && i < out->plan.n; i++)
		for (size_t k = 0; k < n && !out->plan.v[i].fixed; k++) {
			const struct joint_resource *r =
				&w->in->resources[out->resources[i * n + k]];
			if (out->plan.v[i].end > r->known_until)
				out->plan.v[i].provisional = true;
		}
}

/* What every plan of this duo pays alike, beside what the solver counts. */
static int64_t beside(const struct joint_one *one)
{
	return plan_unused_beyond(one->task) +
	       one->task->weights->move * plan_count_booked(one->task);
}

static void write_plan(struct joint_work *w, const struct joint_one *one,
		       const struct joint_year *year, struct joint_plan *out)
{
	struct candidate *v = xcalloc((size_t)year->n + 1, sizeof *v);
	for (int i = 0; i < year->n; i++)
		v[i] = candidate_of(one, &year->v[i]);
	plan_fill(&one->c, year->anchor, v, (size_t)year->n, &out->plan);
	xfree(v);
	note_resources(one, year, out);
	mark_provisional(w, one, out);
	out->plan.bound = one->c.early_price ? plan_least(&one->c, w->memory)
					     : one->alone / JOINT_SCALE + beside(one);
	out->early = joint_year_early(w, one, year) / JOINT_SCALE;
}

/* Of a duo that is planned alone, with what it needs. */
static void say_reasons(struct joint_work *w, struct joint_plan *out)
{
	struct joint_one *one = &w->ones[0];
	struct plan *plan = &out->plan;
	int with_time, without = joint_days_without(w, 0, &with_time);
	reasons_of_plan(&one->c, plan);
	if (without == 0 || plan->unplaced_min < one->task->programme->session_min)
		return;
	struct buf text = {0};
	buf_addf(&text, "on %d of %d days with shared time no room is free:", without, with_time);
	for (size_t k = 0; k < one->in->n_needs; k++)
		for (size_t a = 0; a < one->in->needs[k].n; a++)
			buf_addf(&text, "%s %s", a ? "," : "",
				 w->in->resources[one->in->needs[k].v[a]].id);
	plan->reasons = xrealloc(plan->reasons, (plan->n_reasons + 1) * sizeof *plan->reasons);
	plan->reasons[plan->n_reasons++] = buf_take(&text);
}

static bool is_plain(const struct joint_task *task)
{
	return task->n == 1 && task->duos[0].n_needs == 0;
}

static void make_plain(const struct joint_task *task, struct solve_memory *memory,
		       struct joint *out)
{
	plan_make_in(task->duos[0].task, memory, &out->v[0].plan);
	out->cost = out->bound = out->one_after_another = out->v[0].plan.cost_total;
}

static void make_coupled(const struct joint_task *task, struct solve_memory *memory,
			 struct joint *out)
{
	struct joint_work w;
	work_init(&w, task, memory);
	struct joint_year *years = xcalloc(w.n, sizeof *years);
	struct joint_answer answer = joint_search(&w, years);
	int64_t all_beside = 0;
	for (size_t i = 0; i < w.n; i++) {
		struct joint_plan *to = &out->v[w.ones[i].index];
		write_plan(&w, &w.ones[i], &years[i], to);
		out->cost += to->plan.cost_total + to->early;
		all_beside += beside(&w.ones[i]);
		if (w.n == 1) /* who asks for one alone wants to know why */
			say_reasons(&w, to);
		joint_year_fini(&years[i]);
	}
	out->bound = joint_points_up(answer.bound) + all_beside;
	out->one_after_another = answer.one_after_another / JOINT_SCALE + all_beside;
	out->solves = w.solves;
	xfree(years);
	work_fini(&w);
}

/* A programme that is too long for any plan. */
static bool make_none(const struct joint_task *task, struct joint *out)
{
	bool none = false;
	for (size_t i = 0; i < task->n; i++) {
		plan_begin(task->duos[i].task, &out->v[i].plan);
		none |= plan_is_too_long(task->duos[i].task, &out->v[i].plan);
	}
	return none;
}

void joint_make(const struct joint_task *task, struct solve_memory *memory, struct joint *out)
{
	*out = (struct joint){.n = task->n};
	if (task->n == 0)
		return;
	out->v = xcalloc(task->n, sizeof *out->v);
	struct solve_memory *own = memory ? NULL : solve_memory_new();
	if (is_plain(task))
		make_plain(task, memory ? memory : own, out);
	else if (!make_none(task, out))
		make_coupled(task, memory ? memory : own, out);
	solve_memory_free(own);
}

void joint_fini(struct joint *joint)
{
	for (size_t i = 0; i < joint->n; i++) {
		plan_fini(&joint->v[i].plan);
		xfree(joint->v[i].resources);
	}
	xfree(joint->v);
	*joint = (struct joint){0};
}
