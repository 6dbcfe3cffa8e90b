/* joint_table.c -- a duo's starts of one day, and the cheapest of each length under tolls.
 *
 * A toll is additive over points, so with running sums the toll of any session is a difference
 * of two figures, and a day is priced by looking at each start and length once. */
#include "joint_work.h"

#include <string.h>

/* ---- every start ------------------------------------------------------------------------- */

struct table_ctx {
	const struct joint_work *w;
	struct joint_table *table;
	utc_t day_start;
};

static void add_start(void *ctx, utc_t start, int hour, int32_t units, unsigned flags, bool kept)
{
	struct table_ctx *x = ctx;
	struct joint_table *t = x->table;
	int32_t at_s = (int32_t)(start - x->day_start);
	struct joint_start *last = t->n ? &t->v[t->n - 1] : NULL;
	if (last && !kept && !last->kept && last->at_s == at_s && last->units + last->n == units) {
		last->n++;
	} else {
		if (t->n == t->cap)
			t->v = xgrow(t->v, t->n, &t->cap, sizeof *t->v);
		t->v[t->n++] = (struct joint_start){
			.at_s = at_s,
			.point = (int16_t)(at_s / x->w->point_s - x->w->first_point),
			.units = (int16_t)units,
			.n = 1,
			.hour = (uint8_t)hour,
			.kept = kept,
			.flags = (uint32_t)t->n_flags,
		};
	}
	if (t->n_flags == t->cap_flags)
		t->flags = xgrow(t->flags, t->n_flags, &t->cap_flags, 1);
	t->flags[t->n_flags++] = (uint8_t)flags;
}

void joint_table_make(const struct joint_work *w, struct joint_one *one, int day)
{
	struct joint_table *table = &one->tables[day - one->shared.first_day];
	if (table->made)
		return;
	struct table_ctx ctx = {w, table, shared_day(&one->shared, day)->start};
	candidates_starts(&one->c, day, add_start, &ctx);
	table->made = true;
}

void joint_table_fini(struct joint_table *table)
{
	xfree(table->v);
	xfree(table->flags);
	*table = (struct joint_table){0};
}

/* ---- tolls of one day -------------------------------------------------------------------- */

static void block(int64_t *toll, int n_points, int from, int past)
{
	for (int p = from > 0 ? from : 0; p < past && p < n_points; p++)
		toll[p] = TOLL_NEVER;
}

static void block_busy(const struct joint_work *w, const struct joint_thing *thing, int64_t *toll,
		       const struct shared_day *day)
{
	const struct busyset *busy = thing->resource ? thing->resource->busy : NULL;
	int64_t buffer_s = (int64_t)thing->buffer * w->point_s;
	if (!busy)
		return;
	for (size_t i = busyset_find(busy, day->start - buffer_s);
	     i < busy->n && busy->v[i].start < day->past; i++) {
		int from, past;
		if (busy->v[i].level < LEVEL_BUSY)
			continue;
		joint_points(w, thing, day, busy->v[i].start, busy->v[i].end, &from, &past);
		block(toll, w->n_points, from, past);
	}
}

void joint_count_taken(const struct joint_work *w, const struct joint_thing *thing,
		       const struct shared_day *day, uint8_t *count)
{
	const struct joint_resource *r = thing->resource;
	int64_t buffer_s = (int64_t)thing->buffer * w->point_s;
	for (size_t i = 0; r && i < r->n_taken && r->taken[i].start < day->past; i++) {
		int from, past;
		if (r->taken[i].end <= day->start - buffer_s)
			continue;
		joint_points(w, thing, day, r->taken[i].start, r->taken[i].end, &from, &past);
		for (int p = from; p < past; p++)
			count[p] += count[p] < 255;
	}
}

/* Points where those who are placed, and those who are not planned here, leave no room. */
static void block_placed(const struct joint_work *w, const struct joint_one *one,
			 const struct joint_thing *thing, const struct joint_view *view, int day,
			 int64_t *toll)
{
	int from, past;
	size_t self = (size_t)(one - w->ones);
	bool taken = thing->resource && thing->resource->n_taken;
	if (!taken && !view->placed)
		return;
	memset(w->count, 0, (size_t)w->n_points);
	if (taken)
		joint_count_taken(w, thing, shared_day(&one->shared, day), w->count);
	for (size_t i = 0; view->placed && i < thing->n_users; i++) {
		struct joint_user user = thing->users[i];
		if (user.one == self || !view->placed[user.one])
			continue;
		const struct joint_session *s = joint_year_at(w, view->years, user, day);
		if (!s)
			continue;
		joint_covers(w, thing, s, &from, &past);
		for (int p = from; p < past; p++)
			w->count[p] += w->count[p] < 255;
	}
	for (int p = 0; p < w->n_points; p++)
		if (w->count[p] >= thing->capacity)
			toll[p] = TOLL_NEVER;
}

static void add_use(const struct joint_work *w, const struct joint_one *one,
		    const struct joint_view *view, int use, int day, int64_t *toll)
{
	size_t self = (size_t)(one - w->ones);
	const struct joint_thing *thing = &w->things[one->uses[use].thing];
	const struct joint_row *row = joint_row_of(view->rows, one->uses[use].thing, day);
	for (int p = 0; row && p < w->n_points; p++)
		toll[p] += row->price[p];
	block_busy(w, thing, toll, shared_day(&one->shared, day));
	block_placed(w, one, thing, view, day, toll);
	for (size_t i = 0; i < view->n_forbid; i++) {
		const struct joint_forbid *f = &view->forbid[i];
		if (f->one == self && f->day == day && f->use == use)
			block(toll, w->n_points, f->point, f->point + 1);
	}
}

static void run_up(int64_t *toll, int n)
{
	int64_t sum = 0;
	for (int p = 0; p <= n; p++) {
		int64_t one = p < n ? toll[p] : 0;
		toll[p] = sum;
		sum += one;
	}
}

/* toll[0]: members; then one array for each alternative, in the order of uses. */
static void make_tolls(struct joint_work *w, const struct joint_one *one,
		       const struct joint_view *view, int day)
{
	size_t stride = (size_t)w->n_points + 1;
	size_t n = 1;
	for (int u = 0; u < one->n_uses; u++)
		n += one->uses[u].need >= 0;
	if (w->cap_toll < n * stride) {
		xfree(w->toll);
		w->cap_toll = n * stride;
		w->toll = xmalloc(w->cap_toll * sizeof *w->toll);
	}
	memset(w->toll, 0, n * stride * sizeof *w->toll);
	n = 1;
	for (int u = 0; u < one->n_uses; u++)
		add_use(w, one, view, u, day,
			one->uses[u].need < 0 ? w->toll : w->toll + n++ * stride);
	for (size_t i = 0; i < n; i++)
		run_up(w->toll + i * stride, w->n_points);
}

/* ---- the cheapest under them ------------------------------------------------------------- */

static int64_t toll_of(const struct joint_work *w, const struct joint_one *one, int from, int past,
		       uint8_t *take)
{
	size_t stride = (size_t)w->n_points + 1;
	int buffer = w->programme->buffer_min * 60 / w->point_s;
	int64_t sum = w->toll[past + buffer] - w->toll[from];
	const int64_t *toll = w->toll;
	size_t met = 0;
	for (int u = 0; u < one->n_uses;) {
		const struct joint_use *use = &one->uses[u];
		if (use->need < 0) {
			u++;
			continue;
		}
		int64_t least = TOLL_NEVER;
		for (; u < one->n_uses && one->uses[u].need == use->need; u++) {
			toll += stride;
			int end = past + w->things[one->uses[u].thing].buffer;
			if (toll[end] - toll[from] < least) {
				least = toll[end] - toll[from];
				take[use->need] = (uint8_t)one->uses[u].take;
			}
		}
		sum += least;
		met++;
	}
	return met == one->in->n_needs ? sum : TOLL_NEVER;
}

static void better(struct joint_place *place, int64_t price, int64_t toll, int32_t at_s,
		   unsigned flags, const uint8_t *take)
{
	if (price > place->price || (price == place->price && at_s >= place->at_s))
		return;
	*place = (struct joint_place){price, toll, at_s, (uint8_t)flags, {0}};
	memcpy(place->take, take, JOINT_NEEDS_MAX);
}

static void price_start(struct joint_work *w, struct joint_one *one, const struct joint_table *t,
			const struct joint_start *s, const struct candidate *first, utc_t day_start,
			const uint8_t *on_day)
{
	const struct weights *weights = one->task->weights;
	int64_t rhythm = weights->rhythm * JOINT_SCALE;
	int64_t kept = s->kept ? weights->move * JOINT_SCALE : 0;
	int step = one->task->programme->length_step_min * 60 / w->point_s;
	size_t at = (size_t)(first - one->c.v);
	while (one->c.v[at].units != s->units)
		at++; /* whatever has a start has a cheapest one */
	for (int i = 0; i < s->n; i++) {
		uint8_t take[JOINT_NEEDS_MAX] = {0};
		int units = s->units + i;
		unsigned flags = t->flags[s->flags + (unsigned)i];
		int64_t toll = toll_of(w, one, s->point, s->point + units * step, take);
		if (toll >= TOLL_NEVER)
			continue;
		utc_t end = day_start + s->at_s + (int64_t)units * step * w->point_s;
		int64_t price =
			one->cost_of[(units - one->c.min_units) * SLOT_OFF_RHYTHM + (int)flags] -
			kept + joint_early(one, end, units, s->kept) + toll;
		for (int a = -1; a < one->c.n_anchors; a++) {
			bool on = a >= 0 && on_day[a] && one->c.anchors[a].anchor.hour == s->hour;
			better(&w->places[a + 1][at + (size_t)i], price + (on ? 0 : rhythm), toll,
			       s->at_s, flags | (on ? 0 : SLOT_OFF_RHYTHM), take);
		}
	}
}

void joint_table_price(struct joint_work *w, struct joint_one *one, const struct joint_view *view,
		       int day)
{
	const struct candidates *c = &one->c;
	int d = day - one->shared.first_day;
	size_t first = c->day_first[d], past = c->day_first[d + 1];
	if (first == past)
		return;
	joint_table_make(w, one, day);
	make_tolls(w, one, view, day);
	uint8_t on_day[ANCHORS_MAX] = {0};
	int weekday = civil_weekday(one->task->days->v[day]);
	for (int a = 0; a < c->n_anchors; a++)
		on_day[a] = c->anchors[a].anchor.weekday == weekday;
	for (int a = 0; a <= c->n_anchors; a++)
		for (size_t i = first; i < past; i++)
			w->places[a][i] =
				(struct joint_place){.price = TOLL_NEVER, .at_s = INT32_MAX};
	const struct joint_table *table = &one->tables[d];
	for (size_t i = 0; i < table->n; i++)
		price_start(w, one, table, &table->v[i], &c->v[first],
			    shared_day(&one->shared, day)->start, on_day);
}
