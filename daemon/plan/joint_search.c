/* joint_search.c -- the years of everybody: one after the other, then rounds of prices, each
 * repaired now and then, then small groups where the bound says that something may be gained. */
#include "joint_work.h"

#include <stdlib.h>
#include <string.h>

/* How much is tried, by the number of duos that are planned at once. */
static const struct effort {
	size_t up_to; /* duos */
	int rounds;   /* of prices */
	int every;    /* so many rounds a repair */
	int passes;   /* over the lossy ones, with groups of 2, 3, ... */
	int nodes;    /* branchings a group */
	int whole;    /* branchings for all of them as one group; 0: not at all */
	int turns;    /* over single duos after each repair */
	int settle;   /* turns over them at the end, for the sake of calm */
} efforts[] = {
	{4, 40, 5, 0, 0, 600, 2, 2},
	{600, 40, 5, 2, 30, 0, 2, 2},
	{2500, 12, 4, 1, 4, 0, 1, 1},
	{SIZE_MAX, 2, 2, 0, 0, 0, 1, 0},
};

struct search {
	struct joint_work *w;
	const struct effort *effort;
	struct joint_problem p; /* everybody */
	struct joint_year *best, *trial;
	uint8_t *placed; /* all 1 */
	size_t *order;
	int64_t bound;
	int turn;
};

static int64_t total(const struct joint_work *w, const struct joint_year *years)
{
	int64_t sum = 0;
	for (size_t i = 0; i < w->n; i++)
		sum += years[i].cost;
	return sum;
}

/* ---- putting the best parts together ----------------------------------------------------- */

static bool same_year(const struct joint_year *a, const struct joint_year *b)
{
	bool same = a->n == b->n && a->cost == b->cost;
	for (int i = 0; i < a->n && same; i++) {
		const struct joint_session *x = &a->v[i], *y = &b->v[i];
		same = x->day == y->day && x->units == y->units && x->at_s == y->at_s;
		for (int k = 0; k < JOINT_NEEDS_MAX; k++)
			same = same && x->take[k] == y->take[k];
	}
	return same;
}

/* Duos that differ and touch change together or not at all: of each such part @to gets the
 * cheaper of the two. */
static bool take_better_parts(struct search *s, struct joint_year *to,
			      const struct joint_year *from)
{
	struct joint_work *w = s->w;
	uint8_t *differs = xcalloc(w->n, 1);
	size_t *part = xmalloc(w->n * sizeof *part);
	bool any = false;
	for (size_t i = 0; i < w->n; i++)
		differs[i] = !same_year(&to[i], &from[i]);
	for (size_t i = 0; i < w->n; i++) {
		size_t n = 0;
		int64_t gain = 0;
		if (!differs[i])
			continue;
		part[n++] = i;
		differs[i] = 0;
		for (size_t k = 0; k < n; k++) {
			const struct joint_one *one = &w->ones[part[k]];
			gain += to[part[k]].cost - from[part[k]].cost;
			for (size_t m = 0; m < one->n_near; m++)
				if (differs[one->near[m]]) {
					differs[one->near[m]] = 0;
					part[n++] = one->near[m];
				}
		}
		for (size_t k = 0; k < n && gain > 0; k++)
			joint_year_copy(w, &to[part[k]], &from[part[k]]);
		any |= gain > 0;
	}
	xfree(differs);
	xfree(part);
	return any;
}

/* ---- one at a time ----------------------------------------------------------------------- */

/* Plans each duo around all others while that makes it cheaper. */
static void improve_ones(struct search *s, struct joint_year *years, int turns)
{
	struct joint_work *w = s->w;
	uint8_t *due = xmalloc(w->n + 1);
	memset(due, 1, w->n);
	struct joint_view view = {.years = years, .placed = s->placed};
	for (int t = 0; t < turns; t++) {
		bool changed = false;
		for (size_t i = 0; i < w->n; i++) {
			struct joint_year year = {0};
			if (!due[i] || years[i].cost <= w->ones[i].alone)
				continue;
			due[i] = 0;
			(void)joint_year_make(w, i, &view, &year);
			if (year.cost >= years[i].cost) {
				joint_year_fini(&year);
				continue;
			}
			joint_year_fini(&years[i]);
			years[i] = year;
			changed = true;
			for (size_t k = 0; k < w->ones[i].n_near; k++)
				due[w->ones[i].near[k]] = 1;
		}
		if (!changed)
			break;
	}
	xfree(due);
}

/* Of equal years the one that planning the duo alone around the others would choose: so that it
 * stays when that is done. */
static void settle_ones(struct search *s, int turns)
{
	struct joint_work *w = s->w;
	struct joint_view view = {.years = s->best, .placed = s->placed};
	for (int t = 0; t < turns; t++) {
		bool changed = false;
		for (size_t i = 0; i < w->n; i++) {
			struct joint_year year = {0};
			(void)joint_year_make(w, i, &view, &year);
			if (year.cost > s->best[i].cost || same_year(&year, &s->best[i])) {
				joint_year_fini(&year);
				continue;
			}
			joint_year_fini(&s->best[i]);
			s->best[i] = year;
			changed = true;
		}
		if (!changed)
			break;
	}
}

/* ---- rounds of prices -------------------------------------------------------------------- */

static void set_order(struct search *s)
{
	size_t n = s->w->n;
	for (size_t i = 0; i < n; i++)
		s->order[i] = s->turn % 2 ? n - 1 - i : i;
	s->turn++;
}

static void repair(struct search *s)
{
	set_order(s);
	joint_repair(&s->p, s->order, s->trial);
	improve_ones(s, s->trial, s->effort->turns);
	(void)take_better_parts(s, s->best, s->trial);
}

static bool is_proven(const struct search *s)
{
	return joint_points_up(s->bound) * JOINT_SCALE >= total(s->w, s->best);
}

/* A step that would close the gap to the best if all of it were the prices' to close; but a best
 * that is far off says nothing of how far prices can go. */
static int64_t step_of(const struct search *s, int64_t share)
{
	int64_t gap = total(s->w, s->best) - s->p.bound;
	int64_t most = llabs(s->bound) / 50 + JOINT_SCALE;
	int64_t step = (gap < most ? gap : most) * share / 64 / s->p.norm;
	return step > 1 ? step : 1;
}

static void rounds(struct search *s)
{
	struct joint_problem *p = &s->p;
	int64_t share = 64; /* in 64ths */
	int since = 0;
	for (int r = 0; r < s->effort->rounds; r++) {
		if (is_proven(s) || p->norm == 0)
			break;
		problem_move(p, step_of(s, share));
		problem_round(p);
		if (p->bound > s->bound) {
			s->bound = p->bound;
			since = 0;
		} else if (++since >= 4) {
			share = share * 3 / 4 > 1 ? share * 3 / 4 : 1;
			since = 0;
		}
		if (r % s->effort->every == s->effort->every - 1)
			repair(s);
	}
}

/* ---- groups ------------------------------------------------------------------------------ */

/* What the best year of @one costs under the prices above its cheapest: where nothing is lost
 * there is nothing to gain. */
static int64_t loss(const struct search *s, size_t one)
{
	struct joint_work *w = s->w;
	const struct joint_year *year = &s->best[one];
	int64_t cost = year->cost;
	for (int u = 0; u < w->ones[one].n_uses; u++) {
		const struct joint_use *use = &w->ones[one].uses[u];
		for (int k = 0; k < year->n; k++) {
			const struct joint_session *v = &year->v[k];
			const struct joint_row *row = joint_row_of(s->p.rows, use->thing, v->day);
			int from, past;
			if (!row || (use->need >= 0 && v->take[use->need] != use->take))
				continue;
			joint_covers(w, &w->things[use->thing], v, &from, &past);
			for (int t = from; t < past; t++)
				cost += row->price[t];
		}
	}
	return cost - s->p.value[one];
}

struct seed {
	size_t one;
	int64_t loss;
};

static int by_loss(const void *a, const void *b)
{
	const struct seed *x = a, *y = b;
	if (x->loss != y->loss)
		return x->loss > y->loss ? -1 : 1;
	return (x->one > y->one) - (x->one < y->one);
}

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	return (x > y) - (x < y);
}

/* @one and those near it, and so on, the most lossy first, up to @most. */
static size_t gather(const struct search *s, size_t one, size_t most, const int64_t *losses,
		     size_t *out)
{
	const struct joint_work *w = s->w;
	size_t n = 0;
	out[n++] = one;
	while (n < most) {
		size_t best = SIZE_MAX;
		for (size_t k = 0; k < n; k++)
			for (size_t m = 0; m < w->ones[out[k]].n_near; m++) {
				size_t near = w->ones[out[k]].near[m];
				bool in = false;
				for (size_t q = 0; q < n; q++)
					in |= out[q] == near;
				if (!in && (best == SIZE_MAX || losses[near] > losses[best]))
					best = near;
			}
		if (best == SIZE_MAX)
			break;
		out[n++] = best;
	}
	qsort(out, n, sizeof *out, by_size);
	return n;
}

static void groups(struct search *s, size_t most)
{
	struct joint_work *w = s->w;
	int nodes = s->effort->nodes;
	struct seed *seeds = xcalloc(w->n, sizeof *seeds);
	int64_t *losses = xcalloc(w->n, sizeof *losses);
	size_t *ones = xcalloc(most, sizeof *ones);
	for (size_t i = 0; i < w->n; i++) {
		losses[i] = loss(s, i);
		seeds[i] = (struct seed){i, losses[i]};
	}
	qsort(seeds, w->n, sizeof *seeds, by_loss);
	for (size_t i = 0; i < w->n && seeds[i].loss >= JOINT_SCALE; i++) {
		size_t n = gather(s, seeds[i].one, most, losses, ones);
		if (n > 1)
			(void)joint_group(w, s->best, ones, n, nodes, NULL);
	}
	xfree(seeds);
	xfree(losses);
	xfree(ones);
}

/* ---- the whole --------------------------------------------------------------------------- */

static void search_all(struct search *s)
{
	improve_ones(s, s->best, 4);
	rounds(s);
	improve_ones(s, s->best, 4);
	for (int pass = 0; pass < s->effort->passes && !is_proven(s); pass++) {
		groups(s, (size_t)pass + 2);
		improve_ones(s, s->best, 4);
	}
	if (s->effort->whole && !is_proven(s)) {
		int64_t bound;
		for (size_t i = 0; i < s->w->n; i++)
			s->order[i] = i;
		(void)joint_group(s->w, s->best, s->order, s->w->n, s->effort->whole, &bound);
		s->bound = bound > s->bound ? bound : s->bound;
	}
}

/* The first round has no prices: everybody's own optimum. */
static struct joint_answer begin(struct search *s)
{
	struct joint_work *w = s->w;
	problem_init(&s->p, w, s->order, w->n, NULL);
	problem_round(&s->p);
	s->bound = s->p.bound;
	for (size_t i = 0; i < w->n; i++)
		w->ones[i].alone = s->p.value[i];
	/* who fits those before has the year that planning around them would give */
	joint_repair(&s->p, s->order, s->best);
	return (struct joint_answer){.one_after_another = total(w, s->best)};
}

struct joint_answer joint_search(struct joint_work *w, struct joint_year *years)
{
	struct search s = {.w = w, .best = years, .effort = efforts};
	size_t among = w->in->among > w->n ? w->in->among : w->n;
	while (among > s.effort->up_to)
		s.effort++;
	s.trial = xcalloc(w->n, sizeof *s.trial);
	s.placed = xmalloc(w->n + 1);
	memset(s.placed, 1, w->n);
	s.order = xcalloc(w->n, sizeof *s.order);
	for (size_t i = 0; i < w->n; i++)
		s.order[i] = i;
	struct joint_answer answer = begin(&s);
	if (s.p.clashes) {
		search_all(&s);
		settle_ones(&s, s.effort->settle);
	}
	answer.bound = s.bound;
	for (size_t i = 0; i < w->n; i++)
		joint_year_fini(&s.trial[i]);
	xfree(s.trial);
	xfree(s.placed);
	xfree(s.order);
	problem_fini(&s.p);
	return answer;
}
