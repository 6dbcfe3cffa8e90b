/* joint_year.c -- the exact year of one duo under tolls: the places of tolled days are looked for
 * again, those of all others are the duo's own candidates; then one exact solve an anchor. */
#include "joint_work.h"

#include <string.h>

void joint_year_fini(struct joint_year *year)
{
	xfree(year->v);
	xfree(year->on);
	*year = (struct joint_year){0};
}

void joint_year_copy(const struct joint_work *w, struct joint_year *to,
		     const struct joint_year *from)
{
	struct joint_year copy = *from;
	copy.v = xmemdup(from->v, (size_t)from->n * sizeof *from->v);
	copy.on = xmemdup(from->on, (size_t)w->n_days * sizeof *from->on);
	joint_year_fini(to);
	*to = copy;
}

int64_t joint_year_early(const struct joint_work *w, const struct joint_one *one,
			 const struct joint_year *year)
{
	int64_t sum = 0;
	for (int i = 0; i < year->n && one->c.early_price; i++) {
		const struct joint_session *s = &year->v[i];
		utc_t start = shared_day(&one->shared, s->day)->start + s->at_s;
		utc_t end = start + (int64_t)s->units * w->programme->length_step_min * 60;
		const struct plan_standing *kept = candidate_kept(one->task, start, end);
		sum += joint_early(one, end, s->units, kept && kept->state == STATE_BOOKED);
	}
	return sum;
}

const struct joint_session *joint_year_at(const struct joint_work *w,
					  const struct joint_year *years, struct joint_user user,
					  int day)
{
	const struct joint_year *year = &years[user.one];
	if (!year->on || !year->on[day])
		return NULL;
	const struct joint_session *s = &year->v[year->on[day] - 1];
	const struct joint_use *use = &w->ones[user.one].uses[user.use];
	return use->need < 0 || s->take[use->need] == use->take ? s : NULL;
}

void joint_covers(const struct joint_work *w, const struct joint_thing *thing,
		  const struct joint_session *s, int *from, int *past)
{
	int step = w->programme->length_step_min * 60 / w->point_s;
	*from = s->at_s / w->point_s - w->first_point;
	*past = *from + s->units * step + thing->buffer;
}

/* ---- places ------------------------------------------------------------------------------ */

static struct joint_place place_of(const struct joint_one *one, const struct candidate *from)
{
	return (struct joint_place){
		.price = from->price * JOINT_SCALE,
		.at_s = (int32_t)(from->start - shared_day(&one->shared, from->day)->start),
		.flags = (uint8_t)from->flags,
	};
}

static void places_untolled(struct joint_work *w, const struct joint_one *one)
{
	const struct candidates *c = &one->c;
	if (w->cap_places < c->n + 1) {
		w->cap_places = c->n + 1;
		for (int a = 0; a <= ANCHORS_MAX; a++) {
			xfree(w->places[a]);
			w->places[a] = xmalloc(w->cap_places * sizeof *w->places[a]);
		}
		xfree(w->slots);
		w->slots = xmalloc(w->cap_places * sizeof *w->slots);
	}
	for (size_t i = 0; i < c->n; i++)
		w->places[0][i] = place_of(one, &c->v[i]);
	for (int a = 0; a < c->n_anchors; a++) {
		memcpy(w->places[a + 1], w->places[0], c->n * sizeof *w->places[0]);
		for (size_t i = 0; i < c->anchors[a].n; i++)
			w->places[a + 1][c->anchors[a].v[i].index] =
				place_of(one, &c->anchors[a].v[i].candidate);
	}
}

static void mark_tolled(struct joint_work *w, const struct joint_one *one,
			const struct joint_view *view)
{
	size_t self = (size_t)(one - w->ones), days = (size_t)w->n_days;
	memset(w->tolled, one->in->n_needs ? 1 : 0, days);
	for (int u = 0; u < one->n_uses && !one->in->n_needs; u++) {
		const struct joint_thing *thing = &w->things[one->uses[u].thing];
		struct joint_row **row = view->rows ? view->rows[one->uses[u].thing] : NULL;
		for (size_t d = 0; row && d < days; d++)
			w->tolled[d] |= row[d] != NULL;
		for (size_t i = 0; view->placed && i < thing->n_users; i++) {
			struct joint_user user = thing->users[i];
			if (user.one == self || !view->placed[user.one])
				continue;
			const struct joint_year *year = &view->years[user.one];
			for (int k = 0; k < year->n; k++)
				w->tolled[year->v[k].day] = 1;
		}
	}
	for (size_t i = 0; i < view->n_forbid; i++)
		if (view->forbid[i].one == self)
			w->tolled[view->forbid[i].day] = 1;
	/* on the day of the horizon a candidate was chosen before it was known what it pays */
	int horizon = candidate_first_day(one->task, one->shared.known_until);
	if (one->c.early_price && horizon < w->n_days)
		w->tolled[horizon] = 1;
}

static void make_places(struct joint_work *w, struct joint_one *one, const struct joint_view *view)
{
	places_untolled(w, one);
	mark_tolled(w, one, view);
	for (int day = one->shared.first_day; day < one->shared.past_day; day++)
		if (w->tolled[day])
			joint_table_price(w, one, view, day);
}

/* ---- the year ---------------------------------------------------------------------------- */

static void solve_places(struct joint_work *w, const struct joint_one *one,
			 const struct joint_place *places, struct solve_plan *out)
{
	struct solve_instance instance = one->frame;
	size_t n = 0;
	for (size_t i = 0; i < one->c.n; i++)
		if (places[i].price < TOLL_NEVER)
			w->slots[n++] = (struct solve_slot){one->c.v[i].day, one->c.v[i].units,
							    places[i].price};
	instance.slots = w->slots;
	instance.n_slots = n;
	solve(&instance, w->memory, out);
	w->solves++;
}

static const struct joint_place *find_place(const struct joint_one *one,
					    const struct joint_place *places,
					    const struct solve_session *s)
{
	size_t at = one->c.day_first[s->day - one->shared.first_day];
	while (one->c.v[at].units != s->units)
		at++;
	return &places[at];
}

static void write_year(const struct joint_work *w, const struct joint_one *one,
		       const struct joint_place *places, const struct solve_plan *plan, int anchor,
		       struct joint_year *out)
{
	joint_year_fini(out);
	*out = (struct joint_year){
		.cost = plan->cost,
		.anchor = anchor,
		.n = (int)plan->n,
		.v = xcalloc(plan->n + 1, sizeof *out->v),
		.on = xcalloc((size_t)w->n_days, sizeof *out->on),
	};
	for (int i = 0; i < out->n; i++) {
		const struct joint_place *place = find_place(one, places, &plan->v[i]);
		struct joint_session *s = &out->v[i];
		s->day = (int16_t)plan->v[i].day;
		s->units = (int16_t)plan->v[i].units;
		s->at_s = place->at_s;
		s->flags = place->flags;
		memcpy(s->take, place->take, sizeof s->take);
		out->on[s->day] = (int16_t)(i + 1);
		out->cost -= place->toll;
	}
}

int64_t joint_year_make(struct joint_work *w, size_t index, const struct joint_view *view,
			struct joint_year *out)
{
	struct joint_one *one = &w->ones[index];
	struct solve_plan best = {0};
	int chosen = -1;
	bool found = false;
	make_places(w, one, view);
	for (int a = one->c.n_anchors ? 0 : -1; a < one->c.n_anchors; a++) {
		struct solve_plan plan = {0};
		solve_places(w, one, w->places[a + 1], &plan);
		if (found && plan.cost >= best.cost) {
			xfree(plan.v);
			continue;
		}
		xfree(best.v);
		best = plan;
		chosen = a;
		found = true;
	}
	int64_t cost = best.cost;
	write_year(w, one, w->places[chosen + 1], &best, chosen, out);
	xfree(best.v);
	return cost;
}

int joint_days_without(struct joint_work *w, size_t index, int *with_time)
{
	struct joint_one *one = &w->ones[index];
	struct joint_view view = {0};
	int without = 0;
	*with_time = 0;
	make_places(w, one, &view);
	for (int d = 0; d < one->shared.past_day - one->shared.first_day; d++) {
		size_t first = one->c.day_first[d], past = one->c.day_first[d + 1];
		bool any = false;
		for (size_t i = first; i < past; i++)
			any |= w->places[0][i].price < TOLL_NEVER;
		*with_time += first < past;
		without += first < past && !any;
	}
	return without;
}
