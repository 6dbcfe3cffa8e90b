/* candidate.c -- starts, their prices, and the cheapest of each day and length.
 *
 * A start's price is a sum of flags, so the cheapest possible price of a length is known before
 * looking: the search from the earliest start ends at the first one that reaches it. On most
 * days that is the first or second start looked at. */
#include "plan/candidate.h"

#include "base/buf.h"

#include <stdlib.h>

#define SCRAP_S (30 * 60)

/* One open day with every clock already read. */
struct day_view {
	const struct candidates *c;
	const struct shared_day *time;
	int day;
	const struct start_grid *grid; /* the ordinary one, or `odd` */
	struct start_grid odd;	       /* of a day on which the clock changes */
	struct spanset prefer;
	struct span lunch;
	size_t tentative[2]; /* each member's first tentative span that ends after the day began */
	size_t standing;     /* first standing session that starts after the day began */
};

int candidate_first_day(const struct plan_task *task, utc_t at)
{
	const struct opendays *days = task->days;
	const struct zone *zone = task->programme->zone;
	if (days->n == 0 || at < zone_day_start(zone, days->v[0]))
		return 0;
	if (at >= zone_day_start(zone, days->v[days->n - 1] + 1))
		return days->n;
	return opendays_before(days, zone_day_of(zone, at));
}

int candidate_standing_day(const struct plan_task *task, utc_t start)
{
	day_t date = zone_day_of(task->programme->zone, start);
	if (date < task->programme->start || date >= task->programme->past)
		return -1;
	int before = opendays_before(task->days, date);
	if (before < task->days->n && (task->days->v[before] == date || before == 0))
		return before;
	return before - 1;
}

/* ---- clocks of a day --------------------------------------------------------------------- */

static int by_minute(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Minutes after local midnight at which a session may start. */
static int *start_minutes(const struct programme *p, int *n)
{
	int step = p->start_grid_min > 0 ? p->start_grid_min : 1;
	*n = p->n_starts ? (int)p->n_starts : (24 * 60 + step - 1) / step;
	int *minutes = xmalloc((size_t)*n * sizeof *minutes);
	for (int i = 0; i < *n; i++)
		minutes[i] = p->n_starts ? p->starts[i] : i * step;
	qsort(minutes, (size_t)*n, sizeof *minutes, by_minute);
	return minutes;
}

static void grid_add(struct start_grid *grid, int32_t offset_s, int hour)
{
	if (hour > 23 || (grid->n && grid->offset_s[grid->n - 1] >= offset_s))
		return;
	grid->offset_s[grid->n++] = offset_s;
	for (int h = hour + 1; h <= 24; h++)
		grid->hour_first[h] = grid->n;
}

static void grid_ordinary(struct start_grid *grid, const struct programme *p)
{
	int n;
	int *minutes = start_minutes(p, &n);
	*grid = (struct start_grid){.offset_s = xmalloc((size_t)n * sizeof *grid->offset_s)};
	for (int i = 0; i < n; i++)
		grid_add(grid, minutes[i] * 60, minutes[i] / 60);
	xfree(minutes);
}

/* A reading that the clock jumps over is no start; of one that comes twice the first is. */
static void grid_odd(struct start_grid *grid, const struct programme *p, day_t date, utc_t start)
{
	int n;
	int *minutes = start_minutes(p, &n);
	*grid = (struct start_grid){.offset_s = xmalloc((size_t)n * sizeof *grid->offset_s)};
	for (int i = 0; i < n; i++) {
		local_t local = local_at(date, minutes[i] * 60);
		utc_t at = zone_to_utc(p->zone, local);
		if (zone_to_local(p->zone, at) == local)
			grid_add(grid, (int32_t)(at - start), minutes[i] / 60);
	}
	xfree(minutes);
}

void start_grid_init(struct start_grid *grid, const struct programme *p, day_t date, utc_t start,
		     utc_t past)
{
	if (past - start == DAY_S)
		grid_ordinary(grid, p);
	else
		grid_odd(grid, p, date, start);
}

void start_grid_fini(struct start_grid *grid)
{
	xfree(grid->offset_s);
	*grid = (struct start_grid){0};
}

/* First start at or after @from_s. */
static int grid_find(const struct start_grid *grid, int64_t from_s)
{
	int low = 0, high = grid->n;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (grid->offset_s[middle] < from_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t standing_find(const struct plan_task *task, utc_t from)
{
	size_t low = 0, high = task->n_standing;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (task->standing[middle].start < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t span_find(const struct spanset *set, utc_t at)
{
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (set->v[middle].end <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* @v is kept from day to day for its memory; zeroed at first. */
static void view_day(struct day_view *v, const struct candidates *c, int day)
{
	const struct programme *p = c->task->programme;
	day_t date = c->task->days->v[day];
	v->c = c;
	v->day = day;
	v->time = shared_day(c->shared, day);
	v->grid = &c->grid;
	utc_t start = v->time->start;
	v->lunch = (struct span){start + p->lunch_from_min * 60, start + p->lunch_to_min * 60};
	if (v->time->past - start != DAY_S) {
		xfree(v->odd.offset_s);
		grid_odd(&v->odd, p, date, start);
		v->grid = &v->odd;
		v->lunch.start = zone_to_utc(p->zone, local_at(date, p->lunch_from_min * 60));
		v->lunch.end = zone_to_utc(p->zone, local_at(date, p->lunch_to_min * 60));
	}
	v->prefer.n = 0;
	window_add_hours(&v->prefer, c->prefer, c->n_prefer, p->zone, date);
	if (v->prefer.n > 1)
		spanset_settle(&v->prefer);
	for (int m = 0; m < 2; m++)
		v->tentative[m] = span_find(&c->shared->members[m].tentative, start);
	v->standing = standing_find(c->task, start);
}

static void view_fini(struct day_view *v)
{
	xfree(v->odd.offset_s);
	spanset_fini(&v->prefer);
}

/* ---- prices ------------------------------------------------------------------------------ */

static bool touches(const struct spanset *set, size_t i, utc_t start, utc_t end)
{
	while (i < set->n && set->v[i].end <= start)
		i++;
	return i < set->n && set->v[i].start < end;
}

static bool is_preferred(const struct day_view *v, utc_t start, utc_t end)
{
	for (size_t i = 0; i < v->prefer.n; i++)
		if (v->prefer.v[i].start <= start && end <= v->prefer.v[i].end)
			return true;
	return v->c->n_prefer == 0;
}

static bool is_scrap(int64_t left_s)
{
	return left_s > 0 && left_s < SCRAP_S;
}

/* @around: the shared time that the session is a part of. */
static unsigned slot_flags(const struct day_view *v, const struct span *around, utc_t start,
			   utc_t end)
{
	const struct shared *shared = v->c->shared;
	unsigned flags = 0;
	if (!is_preferred(v, start, end))
		flags |= SLOT_OUTSIDE_PREFER;
	if (start < v->lunch.end && v->lunch.start < end)
		flags |= SLOT_LUNCH;
	if (is_scrap(start - around->start) || is_scrap(around->end - end))
		flags |= SLOT_SCRAP;
	if (touches(&shared->members[0].tentative, v->tentative[0], start, end) ||
	    touches(&shared->members[1].tentative, v->tentative[1], start, end))
		flags |= SLOT_TENTATIVE;
	return flags;
}

static int64_t length_cost(const struct candidates *c, int32_t units)
{
	const struct programme *p = c->task->programme;
	const struct weights *w = c->task->weights;
	int step = p->length_step_min;
	int off = units * step - p->preferred_min;
	return off < 0 ? -off / step * w->short_step : off / step * w->long_step;
}

struct slot_cost candidate_cost(const struct candidates *c, int32_t units, unsigned flags)
{
	const struct weights *w = c->task->weights;
	return (struct slot_cost){
		.length = length_cost(c, units),
		.outside_prefer = flags & SLOT_OUTSIDE_PREFER ? w->outside_prefer : 0,
		.lunch = flags & SLOT_LUNCH ? w->lunch : 0,
		.scrap = flags & SLOT_SCRAP ? w->scrap : 0,
		.tentative = flags & SLOT_TENTATIVE ? w->tentative : 0,
		.rhythm = flags & SLOT_OFF_RHYTHM ? w->rhythm : 0,
		.total = length_cost(c, units) + c->flag_cost[flags],
	};
}

static void price_flags(struct candidates *c)
{
	const struct weights *w = c->task->weights;
	const int64_t price[] = {w->outside_prefer, w->lunch, w->scrap, w->tentative, w->rhythm};
	for (unsigned flags = 0; flags < SLOT_FLAGS; flags++)
		for (unsigned bit = 0; bit < sizeof price / sizeof *price; bit++)
			if (flags >> bit & 1)
				c->flag_cost[flags] += price[bit];
}

utc_t candidate_end(const struct candidates *c, const struct candidate *candidate)
{
	return candidate->start +
	       (int64_t)candidate->units * c->task->programme->length_step_min * 60;
}

bool candidate_is_provisional(const struct candidates *c, const struct candidate *candidate)
{
	return candidate_end(c, candidate) > c->shared->known_until;
}

const struct plan_standing *candidate_kept(const struct plan_task *task, utc_t start, utc_t end)
{
	const struct plan_standing *found = NULL;
	for (size_t i = standing_find(task, start);
	     i < task->n_standing && task->standing[i].start == start; i++) {
		const struct plan_standing *s = &task->standing[i];
		if (s->stand == STAND_MOVABLE && s->end == end &&
		    (!found || (s->state == STATE_BOOKED && found->state != STATE_BOOKED)))
			found = s;
	}
	return found;
}

static bool room_is_free(const struct plan_room *room, utc_t start, utc_t end)
{
	size_t lo = 0, hi = room->blocked->n; /* the first that ends behind @start */
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (room->blocked->v[mid].end <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == room->blocked->n || room->blocked->v[lo].start >= end;
}

bool candidate_has_room(const struct plan_task *task, utc_t start, utc_t end, utc_t *known_until)
{
	bool found = task->n_rooms == 0;
	utc_t known = found ? UTC_MAX : UTC_MIN;
	for (size_t i = 0; i < task->n_rooms && !(found && !known_until); i++) {
		if (!room_is_free(&task->rooms[i], start, end))
			continue;
		found = true;
		known = task->rooms[i].known_until > known ? task->rooms[i].known_until : known;
	}
	if (known_until)
		*known_until = known;
	return found;
}

/* ---- the cheapest start ------------------------------------------------------------------ */

/* Where to look, and what everything found there pays at least. */
struct search {
	int from, past; /* starts of the grid */
	int hour;	/* only this local hour; -1: any */
	unsigned rhythm;
};

static bool is_better(const struct candidate *best, bool found, int64_t price, utc_t start)
{
	return !found || price < best->price || (price == best->price && start < best->start);
}

/* A booked session that may stay is looked at wherever it starts: what is booked does not move
 * because the grid of starts was changed. */
static bool consider_booked(const struct day_view *v, int32_t units, const struct search *search,
			    bool found, struct candidate *best)
{
	const struct candidates *c = v->c;
	const struct plan_task *task = c->task;
	int64_t length_s = (int64_t)units * task->programme->length_step_min * 60;
	for (size_t i = v->standing;
	     i < task->n_standing && task->standing[i].start < v->time->past; i++) {
		const struct plan_standing *s = &task->standing[i];
		if (s->stand != STAND_MOVABLE || s->state != STATE_BOOKED ||
		    s->end - s->start != length_s || s->start < c->earliest ||
		    !candidate_has_room(task, s->start, s->end, NULL))
			continue;
		if (search->hour >= 0 &&
		    local_second(zone_to_local(task->programme->zone, s->start)) / 3600 !=
			    search->hour)
			continue;
		const struct span *w = c->shared->windows + v->time->first;
		for (size_t k = 0; k < v->time->n; k++) {
			if (s->start < w[k].start || s->end > w[k].end)
				continue;
			const struct span *around = shared_around(c->shared, v->time, &w[k]);
			unsigned flags = slot_flags(v, around, s->start, s->end) | search->rhythm;
			int64_t price =
				length_cost(c, units) + c->flag_cost[flags] - task->weights->move;
			if (is_better(best, found, price, s->start))
				*best = (struct candidate){v->day, units, s->start,
							   flags,  price, 0};
			found = true;
		}
	}
	return found;
}

static bool cheapest(const struct day_view *v, int32_t units, const struct search *search,
		     struct candidate *best)
{
	const struct candidates *c = v->c;
	const struct start_grid *grid = v->grid;
	int64_t length_s = (int64_t)units * c->task->programme->length_step_min * 60;
	int64_t length = length_cost(c, units);
	unsigned least_flags = search->rhythm;
	if (c->n_prefer && v->prefer.n == 0)
		least_flags |= SLOT_OUTSIDE_PREFER;
	int64_t least = length + c->flag_cost[least_flags];
	bool found = false;
	for (size_t k = 0; k < v->time->n && !(found && best->price == least); k++) {
		const struct span *w = &c->shared->windows[v->time->first + k];
		if (w->end - w->start < length_s)
			continue;
		const struct span *around = shared_around(c->shared, v->time, w);
		utc_t first = w->start > c->earliest ? w->start : c->earliest;
		int64_t last_s = w->end - length_s - v->time->start;
		int i = grid_find(grid, first - v->time->start);
		if (i < search->from)
			i = search->from;
		for (; i < search->past && grid->offset_s[i] <= last_s; i++) {
			utc_t start = v->time->start + grid->offset_s[i];
			unsigned flags =
				slot_flags(v, around, start, start + length_s) | search->rhythm;
			int64_t price = length + c->flag_cost[flags];
			if ((found && price >= best->price) ||
			    !candidate_has_room(c->task, start, start + length_s, NULL))
				continue;
			*best = (struct candidate){v->day, units, start, flags, price, 0};
			found = true;
			if (price == least)
				break;
		}
	}
	return consider_booked(v, units, search, found, best);
}

static bool day_is_open(const struct candidates *c, int day)
{
	return c->fixed[day] == SOLVE_OPEN;
}

static bool day_has_standing(const struct day_view *v)
{
	const struct plan_task *task = v->c->task;
	return v->standing < task->n_standing && task->standing[v->standing].start < v->time->past;
}

static void add_candidates(struct candidates *c, const struct day_view *v)
{
	struct search anywhere = {.past = v->grid->n, .hour = -1, .rhythm = SLOT_OFF_RHYTHM};
	for (int32_t units = c->min_units; units <= c->max_units; units++) {
		if (c->n == c->cap)
			c->v = xgrow(c->v, c->n, &c->cap, sizeof *c->v);
		if (cheapest(v, units, &anywhere, &c->v[c->n]))
			c->n++;
		else if (!day_has_standing(v))
			break; /* no room for this length: none for a longer one */
	}
}

/* ---- rhythm ------------------------------------------------------------------------------ */

/* Counts the hours in which the shortest session can start on this day. */
static void count_hours(const struct day_view *v, int count[7][24])
{
	const struct candidates *c = v->c;
	int64_t length_s = (int64_t)c->min_units * c->task->programme->length_step_min * 60;
	bool free[24] = {false};
	for (size_t k = 0; k < v->time->around_n; k++) {
		const struct span *w = &c->shared->around[v->time->around_first + k];
		utc_t first = w->start > c->earliest ? w->start : c->earliest;
		int from = grid_find(v->grid, first - v->time->start);
		int past = grid_find(v->grid, w->end - length_s - v->time->start + 1);
		for (int h = 0; h < 24; h++) {
			int low = v->grid->hour_first[h], high = v->grid->hour_first[h + 1];
			if ((low > from ? low : from) < (high < past ? high : past))
				free[h] = true;
		}
	}
	enum weekday weekday = civil_weekday(c->task->days->v[v->day]);
	for (int h = 0; h < 24; h++)
		count[weekday][h] += free[h];
}

/* The hours free in most weeks, ties earliest. */
static void choose_anchors(struct candidates *c, int count[7][24])
{
	while (c->n_anchors < ANCHORS_MAX) {
		int most = 0;
		struct anchor best = {-1, -1};
		for (int w = 0; w < 7; w++)
			for (int h = 0; h < 24; h++)
				if (count[w][h] > most) {
					most = count[w][h];
					best = (struct anchor){w, h};
				}
		if (most == 0)
			return;
		count[best.weekday][best.hour] = 0;
		c->anchors[c->n_anchors++].anchor = best;
	}
}

static void add_anchored(struct candidates *c, const struct day_view *v, struct anchored *a)
{
	int h = a->anchor.hour;
	struct search hour = {v->grid->hour_first[h], v->grid->hour_first[h + 1], h, 0};
	size_t first = c->day_first[v->day - c->shared->first_day];
	size_t past = c->day_first[v->day - c->shared->first_day + 1];
	for (size_t i = first; i < past; i++) {
		struct candidate best;
		if (!cheapest(v, c->v[i].units, &hour, &best) ||
		    !is_better(&c->v[i], true, best.price, best.start))
			continue;
		if (a->n == a->cap)
			a->v = xgrow(a->v, a->n, &a->cap, sizeof *a->v);
		a->v[a->n].index = i;
		a->v[a->n++].candidate = best;
	}
}

/* ---- the whole --------------------------------------------------------------------------- */

static void mark_fixed(struct candidates *c)
{
	const struct plan_task *task = c->task;
	c->fixed = xcalloc((size_t)task->days->n + 1, 1);
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct plan_standing *s = &task->standing[i];
		if (s->stand != STAND_FIXED)
			continue;
		int day = candidate_standing_day(task, s->start);
		if (day < 0)
			continue;
		/* work wins: the distance to it must hold whatever else is on that day */
		if (s->kind == KIND_WORK)
			c->fixed[day] = SOLVE_FIXED_WORK;
		else if (c->fixed[day] == SOLVE_OPEN)
			c->fixed[day] = SOLVE_FIXED;
	}
}

void candidates_init(struct candidates *c, const struct plan_task *task,
		     const struct shared *shared, utc_t earliest)
{
	const struct programme *p = task->programme;
	*c = (struct candidates){.task = task, .shared = shared, .earliest = earliest};
	c->min_units = (p->session_min + p->length_step_min - 1) / p->length_step_min;
	c->max_units = p->session_max_min / p->length_step_min;
	if (c->min_units < 1)
		c->min_units = 1;
	c->prefer = task->duo->n_prefer ? task->duo->prefer : p->prefer;
	c->n_prefer = task->duo->n_prefer ? task->duo->n_prefer : p->n_prefer;
	price_flags(c);
	grid_ordinary(&c->grid, p);
	mark_fixed(c);
	int n_days =
		shared->past_day > shared->first_day ? shared->past_day - shared->first_day : 0;
	c->day_first = xcalloc((size_t)n_days + 1, sizeof *c->day_first);
	int count[7][24] = {0};
	struct day_view v = {0};
	for (int d = 0; d < n_days; d++) {
		c->day_first[d] = c->n;
		if (shared->days[d].around_n == 0 || !day_is_open(c, shared->first_day + d))
			continue;
		view_day(&v, c, shared->first_day + d);
		add_candidates(c, &v);
		count_hours(&v, count);
	}
	c->day_first[n_days] = c->n;
	if (task->weights->rhythm > 0)
		choose_anchors(c, count);
	for (int d = 0; d < n_days && c->n_anchors; d++) {
		int weekday = civil_weekday(task->days->v[shared->first_day + d]);
		bool viewed = c->day_first[d] == c->day_first[d + 1];
		for (int a = 0; a < c->n_anchors; a++) {
			if (c->anchors[a].anchor.weekday != weekday)
				continue;
			if (c->day_first[d] == c->day_first[d + 1])
				break;
			if (!viewed)
				view_day(&v, c, shared->first_day + d);
			viewed = true;
			add_anchored(c, &v, &c->anchors[a]);
		}
	}
	view_fini(&v);
}

void candidates_fini(struct candidates *c)
{
	for (int a = 0; a < ANCHORS_MAX; a++)
		xfree(c->anchors[a].v);
	xfree(c->grid.offset_s);
	xfree(c->fixed);
	xfree(c->v);
	xfree(c->day_first);
	*c = (struct candidates){0};
}

void candidates_frame(const struct candidates *c, struct solve_instance *instance)
{
	const struct plan_task *task = c->task;
	*instance = (struct solve_instance){
		.days = task->days->n,
		.units = plan_units(task),
		.cadence = plan_cadence(task),
		.min_gap = task->programme->min_gap,
		.w_gap = task->weights->gap,
		.w_even = task->weights->even,
		.w_unused = task->weights->unused,
		.fixed = c->fixed,
	};
}

void candidates_instance(const struct candidates *c, int a, struct solve_slot *out,
			 struct solve_instance *instance)
{
	candidates_frame(c, instance);
	instance->slots = out;
	instance->n_slots = c->n;
	for (size_t i = 0; i < c->n; i++)
		out[i] = (struct solve_slot){c->v[i].day, c->v[i].units, c->v[i].price};
	for (size_t i = 0; a >= 0 && i < c->anchors[a].n; i++)
		out[c->anchors[a].v[i].index].cost = c->anchors[a].v[i].candidate.price;
}

const struct candidate *candidates_get(const struct candidates *c, int a, int32_t day,
				       int32_t units)
{
	if (day < c->shared->first_day || day >= c->shared->past_day)
		return NULL;
	size_t first = c->day_first[day - c->shared->first_day];
	size_t past = c->day_first[day - c->shared->first_day + 1];
	size_t at = first;
	while (at < past && c->v[at].units != units)
		at++;
	if (at == past)
		return NULL;
	if (a < 0)
		return &c->v[at];
	const struct anchored *anchored = &c->anchors[a];
	size_t low = 0, high = anchored->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (anchored->v[middle].index < at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < anchored->n && anchored->v[low].index == at)
		return &anchored->v[low].candidate;
	return &c->v[at];
}

void candidates_each(const struct candidates *c, int day, struct anchor anchor,
		     candidate_each_fn *each, void *ctx)
{
	struct day_view v = {0};
	view_day(&v, c, day);
	bool on_day = anchor.weekday == (int)civil_weekday(c->task->days->v[day]);
	for (size_t k = 0; k < v.time->n; k++) {
		const struct span *w = &c->shared->windows[v.time->first + k];
		const struct span *around = shared_around(c->shared, v.time, w);
		utc_t first = w->start > c->earliest ? w->start : c->earliest;
		for (int i = grid_find(v.grid, first - v.time->start); i < v.grid->n; i++) {
			utc_t start = v.time->start + v.grid->offset_s[i];
			bool on = on_day && i >= v.grid->hour_first[anchor.hour] &&
				  i < v.grid->hour_first[anchor.hour + 1];
			for (int32_t units = c->min_units; units <= c->max_units; units++) {
				utc_t end = start + (int64_t)units *
							    c->task->programme->length_step_min *
							    60;
				if (end > w->end)
					break;
				each(ctx, start, units,
				     slot_flags(&v, around, start, end) |
					     (on ? 0 : SLOT_OFF_RHYTHM));
			}
		}
	}
	view_fini(&v);
}

static int hour_of(const struct start_grid *grid, int i)
{
	int hour = 0;
	while (hour < 23 && grid->hour_first[hour + 1] <= i)
		hour++;
	return hour;
}

static void starts_kept(const struct day_view *v, candidate_start_fn *each, void *ctx)
{
	const struct candidates *c = v->c;
	const struct plan_task *task = c->task;
	for (size_t i = v->standing;
	     i < task->n_standing && task->standing[i].start < v->time->past; i++) {
		const struct plan_standing *s = &task->standing[i];
		int64_t step_s = (int64_t)task->programme->length_step_min * 60;
		int64_t units = (s->end - s->start) / step_s;
		if (s->stand != STAND_MOVABLE || s->state != STATE_BOOKED ||
		    s->start < c->earliest || s->end - s->start != units * step_s ||
		    units < c->min_units || units > c->max_units)
			continue;
		int hour = local_second(zone_to_local(task->programme->zone, s->start)) / 3600;
		const struct span *w = c->shared->windows + v->time->first;
		for (size_t k = 0; k < v->time->n; k++) {
			if (s->start < w[k].start || s->end > w[k].end)
				continue;
			const struct span *around = shared_around(c->shared, v->time, &w[k]);
			each(ctx, s->start, hour, (int32_t)units,
			     slot_flags(v, around, s->start, s->end), true);
		}
	}
}

void candidates_starts(const struct candidates *c, int day, candidate_start_fn *each, void *ctx)
{
	struct day_view v = {0};
	view_day(&v, c, day);
	int64_t step_s = (int64_t)c->task->programme->length_step_min * 60;
	for (size_t k = 0; k < v.time->n; k++) {
		const struct span *w = &c->shared->windows[v.time->first + k];
		const struct span *around = shared_around(c->shared, v.time, w);
		utc_t first = w->start > c->earliest ? w->start : c->earliest;
		for (int i = grid_find(v.grid, first - v.time->start); i < v.grid->n; i++) {
			utc_t start = v.time->start + v.grid->offset_s[i];
			if (start + c->min_units * step_s > w->end)
				break;
			int hour = hour_of(v.grid, i);
			for (int32_t u = c->min_units;
			     u <= c->max_units && start + u * step_s <= w->end; u++)
				each(ctx, start, hour, u,
				     slot_flags(&v, around, start, start + u * step_s), false);
		}
	}
	starts_kept(&v, each, ctx);
	view_fini(&v);
}
