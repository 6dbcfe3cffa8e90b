/* joint_price.c -- prices on points of time that more duos want than there is room for.
 *
 * Let every session pay the price of each point it covers. Then each duo's cheapest year is found
 * alone, and for whatever prices >= 0: the sum of these years with their tolls, less what the
 * prices earn when every priced point is used to capacity, is no more than the joint optimum
 * (which pays no more than that). A round raises the prices of overfull points and lowers those
 * of priced points that stayed empty. */
#include "joint_work.h"

#include <string.h>

/* ---- rows -------------------------------------------------------------------------------- */

/* Room that those outside leave. */
static void fill_room(const struct joint_problem *p, struct joint_row *row)
{
	const struct joint_work *w = p->w;
	const struct joint_thing *thing = &w->things[row->thing];
	int capacity = thing->capacity < 255 ? thing->capacity : 255;
	memset(row->room, capacity, (size_t)w->n_points);
	if (thing->resource && thing->resource->n_taken) {
		/* every duo counts days alike; one that has this day has a window on it */
		const struct shared *shared = &w->ones[thing->users[0].one].shared;
		memset(w->count, 0, (size_t)w->n_points);
		joint_count_taken(w, thing, shared_day(shared, row->day), w->count);
		for (int k = 0; k < w->n_points; k++)
			row->room[k] =
				(uint8_t)(w->count[k] < capacity ? capacity - w->count[k] : 0);
	}
	for (size_t i = 0; p->others && i < thing->n_users; i++) {
		int from, past;
		struct joint_user user = thing->users[i];
		if (p->inside[user.one] || !p->placed[user.one])
			continue;
		const struct joint_session *s = joint_year_at(w, p->others, user, row->day);
		if (!s)
			continue;
		joint_covers(w, thing, s, &from, &past);
		for (int k = from; k < past; k++)
			row->room[k] -= row->room[k] > 0;
	}
}

static struct joint_row *row_add(struct joint_problem *p, size_t thing, int day)
{
	size_t n = (size_t)p->w->n_points;
	struct joint_row *row = xcalloc(1, sizeof *row);
	row->thing = thing;
	row->day = day;
	row->price = xcalloc(n, sizeof *row->price);
	row->room = xcalloc(n, 1);
	row->used = xcalloc(n, 1);
	fill_room(p, row);
	p->list = xgrow(p->list, p->n_rows, &p->cap_rows, sizeof(struct joint_row *));
	p->list[p->n_rows++] = row;
	if (!p->rows[thing])
		p->rows[thing] = xcalloc((size_t)p->w->n_days, sizeof(struct joint_row *));
	p->rows[thing][day] = row;
	return row;
}

static void row_free(struct joint_row *row)
{
	xfree(row->price);
	xfree(row->room);
	xfree(row->used);
	xfree(row);
}

/* ---- a problem --------------------------------------------------------------------------- */

static void find_things(struct joint_problem *p)
{
	const struct joint_work *w = p->w;
	p->things = xcalloc(w->n_things + 1, sizeof *p->things);
	for (size_t t = 0; t < w->n_things; t++) {
		size_t n = 0;
		for (size_t i = 0; i < w->things[t].n_users; i++)
			n += p->inside[w->things[t].users[i].one];
		if (n > 1)
			p->things[p->n_things++] = t;
	}
}

void problem_init(struct joint_problem *p, struct joint_work *w, const size_t *ones, size_t n,
		  const struct joint_year *others)
{
	*p = (struct joint_problem){.w = w, .n = n, .others = others};
	p->ones = xmemdup(ones, n * sizeof *ones);
	p->inside = xcalloc(w->n + 1, 1);
	p->placed = xcalloc(w->n + 1, 1);
	p->stale = xcalloc(w->n + 1, 1);
	p->years = xcalloc(w->n + 1, sizeof *p->years);
	p->value = xcalloc(w->n + 1, sizeof *p->value);
	p->rows = xcalloc(w->n_things + 1, sizeof(struct joint_row **));
	if (others)
		memset(p->placed, 1, w->n);
	for (size_t i = 0; i < n; i++) {
		p->inside[ones[i]] = 1;
		p->placed[ones[i]] = 0;
		p->stale[ones[i]] = 1;
	}
	find_things(p);
}

void problem_fini(struct joint_problem *p)
{
	for (size_t i = 0; i < p->n_rows; i++)
		row_free(p->list[i]);
	for (size_t t = 0; t < p->n_things; t++)
		xfree(p->rows[p->things[t]]);
	for (size_t i = 0; i < p->n; i++)
		joint_year_fini(&p->years[p->ones[i]]);
	xfree(p->ones);
	xfree(p->inside);
	xfree(p->placed);
	xfree(p->stale);
	xfree(p->years);
	xfree(p->value);
	xfree(p->rows);
	xfree(p->list);
	xfree(p->things);
	xfree(p->forbid);
	*p = (struct joint_problem){0};
}

struct joint_view problem_view(const struct joint_problem *p)
{
	return (struct joint_view){
		.rows = p->rows,
		.years = p->others,
		.placed = p->others ? p->placed : NULL,
		.forbid = p->forbid,
		.n_forbid = p->n_forbid,
	};
}

void problem_forbid(struct joint_problem *p, struct joint_forbid forbid)
{
	p->forbid = xgrow(p->forbid, p->n_forbid, &p->cap_forbid, sizeof *p->forbid);
	p->forbid[p->n_forbid++] = forbid;
	p->stale[forbid.one] = 1;
}

void problem_allow(struct joint_problem *p)
{
	p->stale[p->forbid[--p->n_forbid].one] = 1;
}

/* ---- one round --------------------------------------------------------------------------- */

/* How many sessions the thing has that day, and into @used (may be NULL) how often each point. */
static int count_use(const struct joint_problem *p, size_t t, int day, uint8_t *used)
{
	const struct joint_work *w = p->w;
	const struct joint_thing *thing = &w->things[t];
	int n = 0;
	for (size_t i = 0; i < thing->n_users; i++) {
		int from, past;
		if (!p->inside[thing->users[i].one])
			continue;
		const struct joint_session *s = joint_year_at(w, p->years, thing->users[i], day);
		if (!s)
			continue;
		n++;
		joint_covers(w, thing, s, &from, &past);
		for (int k = from; used && k < past; k++)
			used[k] += used[k] < 255;
	}
	return n;
}

static void judge_row(struct joint_problem *p, struct joint_row *row)
{
	memset(row->used, 0, (size_t)p->w->n_points);
	count_use(p, row->thing, row->day, row->used);
	for (int k = 0; k < p->w->n_points; k++) {
		int64_t over = (int64_t)row->used[k] - row->room[k];
		if (over > 0)
			p->clashes++;
		if (over > 0 || row->price[k] > 0)
			p->norm += over * over;
	}
}

static bool is_overfull(const struct joint_problem *p, struct joint_row *scratch)
{
	bool over = false;
	fill_room(p, scratch);
	memset(scratch->used, 0, (size_t)p->w->n_points);
	(void)count_use(p, scratch->thing, scratch->day, scratch->used);
	for (int k = 0; k < p->w->n_points && !over; k++)
		over = scratch->used[k] > scratch->room[k];
	return over;
}

/* A day gets a row when more want a point of it than there is room for. */
static void find_clashes(struct joint_problem *p)
{
	const struct joint_work *w = p->w;
	struct joint_row scratch = {.room = xmalloc((size_t)w->n_points + 1),
				    .used = xmalloc((size_t)w->n_points + 1)};
	for (size_t i = 0; i < p->n_things; i++) {
		scratch.thing = p->things[i];
		for (scratch.day = 0; scratch.day < w->n_days; scratch.day++) {
			if (!joint_row_of(p->rows, scratch.thing, scratch.day) &&
			    count_use(p, scratch.thing, scratch.day, NULL) > 1 &&
			    is_overfull(p, &scratch))
				(void)row_add(p, scratch.thing, scratch.day);
		}
	}
	xfree(scratch.room);
	xfree(scratch.used);
}

void problem_round(struct joint_problem *p)
{
	struct joint_view view = problem_view(p);
	for (size_t i = 0; i < p->n; i++) {
		size_t one = p->ones[i];
		if (p->stale[one])
			p->value[one] = joint_year_make(p->w, one, &view, &p->years[one]);
		p->stale[one] = 0;
	}
	find_clashes(p);
	p->norm = 0;
	p->clashes = 0;
	for (size_t r = 0; r < p->n_rows; r++)
		judge_row(p, p->list[r]);
	p->bound = -p->earned;
	for (size_t i = 0; i < p->n; i++)
		p->bound += p->value[p->ones[i]];
}

void problem_move(struct joint_problem *p, int64_t step)
{
	const struct joint_work *w = p->w;
	for (size_t r = 0; r < p->n_rows; r++) {
		struct joint_row *row = p->list[r];
		bool changed = false;
		for (int k = 0; k < w->n_points; k++) {
			int32_t over = (int32_t)row->used[k] - row->room[k];
			if (over == 0 || (over < 0 && row->price[k] == 0))
				continue;
			int64_t to = row->price[k] + step * over;
			int32_t price = to < 0		     ? 0
					: to > INT32_MAX / 4 ? INT32_MAX / 4
							     : (int32_t)to;
			changed |= price != row->price[k];
			p->earned += (int64_t)(price - row->price[k]) * row->room[k];
			row->price[k] = price;
		}
		const struct joint_thing *thing = &w->things[row->thing];
		for (size_t i = 0; changed && i < thing->n_users; i++)
			p->stale[thing->users[i].one] |= p->inside[thing->users[i].one];
	}
}
