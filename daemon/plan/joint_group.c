/* joint_group.c -- a few coupled duos together while the others stand: branch and bound.
 *
 * Prices give the bound. Where they do not settle it, two duos want the same point of time, and
 * in every plan that fits at least one of them keeps off it: each of them in turn is forbidden
 * that point, and the rest is asked again. Depth first, a fixed number of branchings; prices are
 * carried on from one branch to the next, since any prices are right for all of them. */
#include "joint_work.h"

#include <string.h>

enum { ROUNDS_FIRST = 12, ROUNDS_BRANCH = 5 };

struct group {
	struct joint_problem p;
	struct joint_year *years; /* everybody; those inside: the best so far */
	struct joint_year *trial; /* [w->n], scratch for repairs; others' are borrowed */
	int64_t best;		  /* cost of those inside */
	int64_t alone;		  /* the bound before any branching */
	int nodes;
	bool improved, incomplete;
	unsigned turn;
};

/* ---- repair ------------------------------------------------------------------------------ */

/* Is there room for session @s of @one on one of its things, beside those who are placed? */
static bool has_room(const struct joint_problem *p, size_t one, const struct joint_use *use,
		     const struct joint_session *s, const struct joint_year *years)
{
	const struct joint_work *w = p->w;
	const struct joint_thing *thing = &w->things[use->thing];
	int from, past, a, b;
	joint_covers(w, thing, s, &from, &past);
	memset(w->count, 0, (size_t)w->n_points);
	joint_count_taken(w, thing, shared_day(&w->ones[one].shared, s->day), w->count);
	for (size_t i = 0; i < thing->n_users; i++) {
		struct joint_user user = thing->users[i];
		if (user.one == one || !p->placed[user.one])
			continue;
		const struct joint_session *other = joint_year_at(w, years, user, s->day);
		if (!other)
			continue;
		joint_covers(w, thing, other, &a, &b);
		for (int t = a; t < b; t++)
			w->count[t] += w->count[t] < 255;
	}
	for (int t = from; t < past; t++)
		if (w->count[t] >= thing->capacity)
			return false;
	return true;
}

/* Does the year of @one fit those who are placed? */
static bool fits(const struct joint_problem *p, size_t one, const struct joint_year *year,
		 const struct joint_year *years)
{
	const struct joint_one *of = &p->w->ones[one];
	for (int u = 0; u < of->n_uses; u++) {
		const struct joint_use *use = &of->uses[u];
		for (int k = 0; k < year->n && p->w->things[use->thing].n_users > 1; k++) {
			const struct joint_session *s = &year->v[k];
			if ((use->need < 0 || s->take[use->need] == use->take) &&
			    !has_room(p, one, use, s, years))
				return false;
		}
	}
	return true;
}

void joint_repair(struct joint_problem *p, const size_t *order, struct joint_year *years)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t one = order[i];
		if (fits(p, one, &p->years[one], years)) {
			joint_year_copy(p->w, &years[one], &p->years[one]);
		} else {
			struct joint_view view = problem_view(p);
			view.years = years;
			view.placed = p->placed;
			view.n_forbid = 0; /* those were only asked for the sake of the bound */
			if (i + 1 == p->n)
				view.rows = NULL;
			(void)joint_year_make(p->w, one, &view, &years[one]);
		}
		p->placed[one] = 1;
	}
	for (size_t i = 0; i < p->n; i++)
		p->placed[order[i]] = 0;
}

static int64_t cost_of(const struct joint_problem *p, const struct joint_year *years)
{
	int64_t sum = 0;
	for (size_t i = 0; i < p->n; i++)
		sum += years[p->ones[i]].cost;
	return sum;
}

static void keep_if_better(struct group *g, const struct joint_year *years)
{
	int64_t cost = cost_of(&g->p, years);
	if (cost >= g->best)
		return;
	g->best = cost;
	g->improved = true;
	for (size_t i = 0; i < g->p.n; i++)
		joint_year_copy(g->p.w, &g->years[g->p.ones[i]], &years[g->p.ones[i]]);
}

static void try_repair(struct group *g)
{
	size_t n = g->p.n;
	size_t *order = xmalloc(n * sizeof *order);
	for (size_t i = 0; i < n; i++)
		order[i] = g->p.ones[(i + g->turn) % n];
	g->turn++;
	joint_repair(&g->p, order, g->trial);
	keep_if_better(g, g->trial);
	xfree(order);
}

/* ---- branching --------------------------------------------------------------------------- */

static bool is_forbidden(const struct joint_problem *p, struct joint_user user, int day, int point)
{
	for (size_t i = 0; i < p->n_forbid; i++) {
		const struct joint_forbid *f = &p->forbid[i];
		if (f->one == user.one && f->use == user.use && f->day == day && f->point == point)
			return true;
	}
	return false;
}

/* Who may still use the point; true when they are more than it has room for. */
static bool is_open(const struct joint_problem *p, const struct joint_row *row, int point)
{
	const struct joint_thing *thing = &p->w->things[row->thing];
	int n = 0;
	for (size_t i = 0; i < thing->n_users; i++)
		n += p->inside[thing->users[i].one] &&
		     !is_forbidden(p, thing->users[i], row->day, point);
	return n > row->room[point];
}

/* The middle of the longest run of overfull points; without one, the dearest point that is not
 * used to capacity. */
static struct joint_row *choose_point(const struct joint_problem *p, int *point)
{
	struct joint_row *found = NULL;
	int longest = 0;
	int32_t dearest = 0;
	for (size_t r = 0; r < p->n_rows; r++) {
		struct joint_row *row = p->list[r];
		for (int k = 0, run = 0; k < p->w->n_points; k++) {
			run = row->used[k] > row->room[k] ? run + 1 : 0;
			if (run > longest) {
				longest = run;
				*point = k - run / 2;
				found = row;
			}
		}
	}
	for (size_t r = 0; r < p->n_rows && !longest; r++) {
		struct joint_row *row = p->list[r];
		for (int k = 0; k < p->w->n_points; k++)
			if (row->price[k] > dearest && row->used[k] < row->room[k] &&
			    is_open(p, row, k)) {
				dearest = row->price[k];
				*point = k;
				found = row;
			}
	}
	return found;
}

/* True: nothing better than the best is left under this branch. */
static bool settle(struct group *g, int rounds)
{
	struct joint_problem *p = &g->p;
	for (int r = 0; r < rounds; r++) {
		problem_round(p);
		int64_t bound = joint_points_up(p->bound) * JOINT_SCALE;
		if (p->n_forbid == 0 && bound > g->alone)
			g->alone = bound;
		if (bound >= g->best)
			return true;
		if (p->clashes == 0)
			keep_if_better(g, p->years);
		else if (r % 3 == 0)
			try_repair(g);
		if (bound >= g->best || p->norm == 0)
			return true;
		if (r + 1 == rounds)
			return false;
		int64_t step = (g->best - p->bound) / p->norm;
		problem_move(p, step > 1 ? step : 1);
	}
	return false;
}

static void branch(struct group *g, int rounds)
{
	struct joint_problem *p = &g->p;
	int point = 0;
	if (settle(g, rounds))
		return;
	const struct joint_row *row = g->nodes > 0 ? choose_point(p, &point) : NULL;
	if (!row) {
		g->incomplete = true;
		return;
	}
	g->nodes--;
	size_t thing = row->thing, n = 0;
	int day = row->day;
	struct joint_user *users =
		xmemdup(p->w->things[thing].users, p->w->things[thing].n_users * sizeof *users);
	bool clash = row->used[point] > row->room[point];
	for (size_t i = 0; i < p->w->things[thing].n_users; i++) {
		struct joint_user user = users[i];
		const struct joint_session *s;
		int from, past;
		if (!p->inside[user.one] || is_forbidden(p, user, day, point))
			continue;
		if (clash) {
			s = joint_year_at(p->w, p->years, user, day);
			if (!s)
				continue;
			joint_covers(p->w, &p->w->things[thing], s, &from, &past);
			if (point < from || point >= past)
				continue;
		}
		users[n++] = user;
	}
	size_t most = (size_t)row->room[point] + 1; /* one of these keeps off */
	for (size_t i = 0; i < n && i < most; i++) {
		problem_forbid(p, (struct joint_forbid){users[i].one, users[i].use, day, point});
		branch(g, ROUNDS_BRANCH);
		problem_allow(p);
	}
	xfree(users);
}

bool joint_group(struct joint_work *w, struct joint_year *years, const size_t *ones, size_t n,
		 int nodes, int64_t *bound)
{
	struct group g = {.years = years, .nodes = nodes, .alone = INT64_MIN};
	g.trial = xmemdup(years, w->n * sizeof *years);
	problem_init(&g.p, w, ones, n, years);
	g.best = cost_of(&g.p, years);
	for (size_t i = 0; i < n; i++)
		g.trial[ones[i]] = (struct joint_year){0};
	branch(&g, ROUNDS_FIRST);
	if (bound)
		*bound = g.incomplete ? g.alone : g.best;
	for (size_t i = 0; i < n; i++)
		joint_year_fini(&g.trial[ones[i]]);
	xfree(g.trial);
	problem_fini(&g.p);
	return g.improved;
}
