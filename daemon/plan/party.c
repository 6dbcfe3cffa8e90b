/* party.c -- the time that all parties share, the cheapest start of each day, the solver.
 *
 *   parties -> member_time each -> free: available to all less blocked by any -> starts -> solve
 */
#include "plan/party.h"

#include "plan/candidate.h"
#include "plan/reasons.h"
#include "plan/solve.h"
#include "plan/window.h"

#include <stdlib.h>

#define UNPLACED 1000000 /* what the solver pays for a session without a slot: more than any slot */

/* A stretch of open days with everybody's time on it. */
struct field {
	const struct party_task *task;
	struct plan_task plan; /* what window and reasons want of one: programme, days, weights */
	struct shared days;
	struct member_time *times; /* of each party */
	struct spanset free;
	utc_t known_until;
};

/* @without: a party whose time is left out; n_parties: none. */
static void share_time(const struct field *f, size_t without, struct spanset *out)
{
	bool first = true;
	*out = (struct spanset){0};
	for (size_t i = 0; i < f->task->n_parties; i++) {
		struct spanset own = {0};
		if (i == without)
			continue;
		spanset_subtract(&f->times[i].available, &f->times[i].blocked, &own);
		if (first)
			*out = own;
		else
			spanset_intersect(out, &own, out);
		if (!first)
			spanset_fini(&own);
		first = false;
	}
}

static void field_init(struct field *f, const struct party_task *task, int first_day, int past_day)
{
	*f = (struct field){.task = task, .known_until = UTC_MAX};
	f->plan = (struct plan_task){
		.programme = task->programme, .days = task->days, .weights = task->weights};
	shared_init_days(&f->days, &f->plan, first_day, past_day);
	f->times = xcalloc(task->n_parties, sizeof *f->times);
	for (size_t i = 0; i < task->n_parties; i++) {
		member_time_init(&f->times[i], &f->plan, &task->parties[i], &f->days);
		if (task->parties[i].known_until < f->known_until)
			f->known_until = task->parties[i].known_until;
	}
	share_time(f, task->n_parties, &f->free);
}

static void field_fini(struct field *f)
{
	for (size_t i = 0; i < f->task->n_parties; i++)
		member_time_fini(&f->times[i]);
	xfree(f->times);
	spanset_fini(&f->free);
	shared_fini(&f->days);
}

/* ---- what a slot costs ------------------------------------------------------------------- */

static bool touches(const struct spanset *set, utc_t start, utc_t end)
{
	size_t low = 0, high = set->n;
	while (low < high) { /* the first that ends after the start */
		size_t middle = low + (high - low) / 2;
		if (set->v[middle].end <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < set->n && set->v[low].start < end;
}

/* One open day with its clocks read. */
struct day_view {
	const struct field *f;
	const struct shared_day *time;
	struct spanset prefer;
	struct span lunch;
};

static void view_init(struct day_view *v, const struct field *f, int day)
{
	const struct programme *p = f->task->programme;
	day_t date = f->task->days->v[day];
	*v = (struct day_view){.f = f, .time = shared_day(&f->days, day)};
	v->lunch.start = zone_to_utc(p->zone, local_at(date, p->lunch_from_min * 60));
	v->lunch.end = zone_to_utc(p->zone, local_at(date, p->lunch_to_min * 60));
	window_add_hours(&v->prefer, f->task->prefer, f->task->n_prefer, p->zone, date);
	spanset_settle(&v->prefer);
}

static struct party_cost slot_cost(const struct day_view *v, utc_t start, utc_t end)
{
	const struct party_task *task = v->f->task;
	const struct weights *w = task->weights;
	struct party_cost cost = {0};
	if (task->n_prefer && !spanset_covers(&v->prefer, start, end))
		cost.outside_prefer = w->outside_prefer;
	if (start < v->lunch.end && v->lunch.start < end)
		cost.lunch = w->lunch;
	for (size_t i = 0; i < task->n_parties && !cost.tentative; i++)
		if (touches(&v->f->times[i].tentative, start, end))
			cost.tentative = w->tentative;
	for (size_t i = 0; i < task->n_yields; i++)
		if (task->yields[i].start < end && start < task->yields[i].end)
			cost.yield += w->move;
	cost.total = cost.outside_prefer + cost.lunch + cost.tentative + cost.yield;
	return cost;
}

/* ---- starts ------------------------------------------------------------------------------ */

/* False: no need to look further. */
typedef bool slot_fn(void *ctx, utc_t start, utc_t end, const struct party_cost *cost);

static int minute_at(const struct programme *p, int i)
{
	return p->n_starts ? p->starts[i] : i * (p->start_grid_min > 0 ? p->start_grid_min : 1);
}

static int n_minutes(const struct programme *p)
{
	int step = p->start_grid_min > 0 ? p->start_grid_min : 1;
	return p->n_starts ? (int)p->n_starts : (24 * 60 + step - 1) / step;
}

/* The stretch of the day in which all are free at all; false: none. */
static bool free_stretch(const struct field *f, const struct shared_day *day, struct span *out)
{
	const struct spanset *free = &f->free;
	size_t low = 0, high = free->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (free->v[middle].end <= day->start)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == free->n || free->v[low].start >= day->past)
		return false;
	out->start = free->v[low].start;
	while (low + 1 < free->n && free->v[low + 1].start < day->past)
		low++;
	out->end = free->v[low].end < day->past ? free->v[low].end : day->past;
	return true;
}

/* Every start on @day at which all are free for the whole length. A reading that the clock jumps
 * over is no start. */
static void each_start(const struct field *f, int day, slot_fn *each, void *ctx)
{
	const struct party_task *task = f->task;
	const struct programme *p = task->programme;
	const struct shared_day *time = shared_day(&f->days, day);
	bool plain = time->past - time->start == DAY_S; /* no clock is changed */
	bool more = true;
	struct span stretch;
	struct day_view v;
	if (!free_stretch(f, time, &stretch))
		return;
	view_init(&v, f, day);
	for (int i = 0; more && i < n_minutes(p); i++) {
		local_t local = local_at(task->days->v[day], minute_at(p, i) * 60);
		utc_t start = plain ? time->start + minute_at(p, i) * INT64_C(60)
				    : zone_to_utc(p->zone, local);
		utc_t end = start + (utc_t)task->length_min * 60;
		if (start < task->earliest || start < stretch.start || end > stretch.end ||
		    !spanset_covers(&f->free, start, end) ||
		    (!plain && zone_to_local(p->zone, start) != local))
			continue;
		struct party_cost cost = slot_cost(&v, start, end);
		more = each(ctx, start, end, &cost);
	}
	spanset_fini(&v.prefer);
}

/* Booked sessions that may stay are looked at wherever they start, the grid may have changed. */
static void each_booked(const struct field *f, int day, slot_fn *each, void *ctx)
{
	const struct party_task *task = f->task;
	struct day_view v;
	view_init(&v, f, day);
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct party_standing *s = &task->standing[i];
		if (s->stand != STAND_MOVABLE || s->state != STATE_BOOKED ||
		    s->start < v.time->start || s->end > v.time->past ||
		    s->start < task->earliest ||
		    s->end - s->start != (utc_t)task->length_min * 60 ||
		    !spanset_covers(&f->free, s->start, s->end))
			continue;
		struct party_cost cost = slot_cost(&v, s->start, s->end);
		(void)each(ctx, s->start, s->end, &cost);
	}
	spanset_fini(&v.prefer);
}

/* ---- the cheapest start of each day ------------------------------------------------------ */

struct best {
	const struct party_task *task;
	bool found;
	int64_t price;
	struct party_session session;
};

static const struct party_standing *kept(const struct party_task *task, utc_t start, utc_t end)
{
	const struct party_standing *found = NULL;
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct party_standing *s = &task->standing[i];
		if (s->stand == STAND_MOVABLE && s->start == start && s->end == end &&
		    (!found || (found->state != STATE_BOOKED && s->state == STATE_BOOKED)))
			found = s;
	}
	return found;
}

/* A start that costs nothing is better than all behind it; booked ones are looked at apart. Bell
 * times need not be in order. */
static bool take_better(void *ctx, utc_t start, utc_t end, const struct party_cost *cost)
{
	struct best *b = ctx;
	const struct party_standing *s = kept(b->task, start, end);
	int64_t price = cost->total;
	if (s && s->state == STATE_BOOKED)
		price -= b->task->weights->move;
	if (b->found && (price > b->price || (price == b->price && start >= b->session.start)))
		return true;
	b->found = true;
	b->price = price;
	b->session.start = start;
	b->session.end = end;
	b->session.cost = *cost;
	b->session.kept_id = s ? s->id : 0;
	return price > 0 || b->task->programme->n_starts;
}

struct choice {
	struct solve_slot *slots; /* day counted from the period's first */
	struct best *best;	  /* as slots */
	size_t n;
	uint8_t *fixed; /* of each day of the period */
};

static void mark_fixed(const struct party_task *task, uint8_t *fixed)
{
	const struct plan_task plan = {.programme = task->programme, .days = task->days};
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct party_standing *s = &task->standing[i];
		int day = candidate_standing_day(&plan, s->start);
		if (s->stand == STAND_FIXED && day >= task->first_day && day < task->past_day)
			fixed[day - task->first_day] = SOLVE_FIXED;
	}
}

static void find_choices(const struct field *f, struct choice *c)
{
	const struct party_task *task = f->task;
	size_t n = (size_t)(task->past_day - task->first_day);
	c->slots = xcalloc(n, sizeof *c->slots);
	c->best = xcalloc(n, sizeof *c->best);
	c->fixed = xcalloc(n, sizeof *c->fixed);
	mark_fixed(task, c->fixed);
	for (int day = f->days.first_day; day < f->days.past_day; day++) {
		struct best *b = &c->best[c->n];
		if ((task->taken && task->taken[day]) || c->fixed[day - task->first_day])
			continue;
		*b = (struct best){.task = task, .session = {.day = day}};
		each_start(f, day, take_better, b);
		each_booked(f, day, take_better, b);
		if (!b->found)
			continue;
		b->session.provisional = b->session.end > f->known_until;
		c->slots[c->n++] = (struct solve_slot){day - task->first_day, 1, b->price};
	}
}

/* ---- the plan ---------------------------------------------------------------------------- */

static int n_fixed(const struct party_task *task)
{
	int n = 0;
	for (size_t i = 0; i < task->n_standing; i++)
		n += task->standing[i].stand == STAND_FIXED;
	return n;
}

static void add_fixed(const struct party_task *task, struct party_plan *out)
{
	const struct plan_task plan = {.programme = task->programme, .days = task->days};
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct party_standing *s = &task->standing[i];
		if (s->stand == STAND_FIXED)
			out->v[out->n++] = (struct party_session){
				.day = candidate_standing_day(&plan, s->start),
				.start = s->start,
				.end = s->end,
				.provisional = s->state == STATE_PROVISIONAL,
				.fixed = true,
				.kept_id = s->id,
			};
	}
}

/* A day that has more than one standing session keeps one of them at most. */
static void add_chosen(const struct party_task *task, const struct choice *c,
		       const struct solve_plan *chosen, struct party_plan *out)
{
	int64_t booked = 0, stay = 0;
	for (size_t i = 0; i < task->n_standing; i++)
		booked += task->standing[i].stand == STAND_MOVABLE &&
			  task->standing[i].state == STATE_BOOKED;
	for (size_t i = 0, k = 0; i < chosen->n; i++) {
		while (c->slots[k].day != chosen->v[i].day)
			k++;
		const struct best *b = &c->best[k];
		out->v[out->n++] = b->session;
		out->cost_slots += b->session.cost.total;
		stay += b->price != b->session.cost.total;
	}
	if (task->weights->move == 0) /* then nothing costs */
		stay = booked;
	out->cost_move = task->weights->move * (booked - stay);
}

static int by_start(const void *a, const void *b)
{
	const struct party_session *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->kept_id > y->kept_id) - (x->kept_id < y->kept_id);
}

static bool day_has(const struct spanset *free, const struct shared_day *day, utc_t earliest,
		    int64_t length_s)
{
	for (size_t i = 0; i < free->n; i++) {
		utc_t from = free->v[i].start > day->start ? free->v[i].start : day->start;
		utc_t past = free->v[i].end < day->past ? free->v[i].end : day->past;
		if (past - (from > earliest ? from : earliest) >= length_s)
			return true;
	}
	return false;
}

/* On how many of the days without a slot each party alone is what is lacking. */
static char *who_is_in_the_way(const struct field *f, const struct choice *c, int missing)
{
	const struct party_task *task = f->task;
	int left = f->days.past_day - f->days.first_day;
	struct buf text = {0};
	char length[DURATION_TEXT];
	buf_addf(&text,
		 "%d of %d found no time of %s that all share; %d of the %d open days left "
		 "have one",
		 missing, task->n, minutes_text(task->length_min, length), (int)c->n,
		 left > 0 ? left : 0);
	for (size_t i = 0; i < task->n_parties && left > 0; i++) {
		struct spanset others = {0};
		int alone = 0;
		if (task->parties[i].known_until <= UTC_MIN) {
			buf_addf(&text, "; the timetable of %s has not been read yet",
				 task->parties[i].person->id);
			continue;
		}
		share_time(f, i, &others);
		for (int d = f->days.first_day; d < f->days.past_day; d++) {
			const struct shared_day *day = shared_day(&f->days, d);
			int64_t length_s = (int64_t)task->length_min * 60;
			alone += !day_has(&f->free, day, task->earliest, length_s) &&
				 day_has(&others, day, task->earliest, length_s);
		}
		spanset_fini(&others);
		if (alone)
			buf_addf(&text, "; on %d only %s is in the way", alone,
				 task->parties[i].person->id);
	}
	return buf_take(&text);
}

static void choose(const struct field *f, int want, struct party_plan *out)
{
	const struct party_task *task = f->task;
	struct choice c = {0};
	struct solve_plan chosen = {0};
	find_choices(f, &c);
	struct solve_instance instance = {
		.days = task->past_day - task->first_day,
		.units = want,
		.cadence = task->past_day - task->first_day,
		.min_gap = 1,
		.w_even = task->weights->even > 0 ? task->weights->even : 1,
		.w_unused = UNPLACED,
		.fixed = c.fixed,
		.slots = c.slots,
		.n_slots = c.n,
	};
	struct solve_memory *memory = solve_memory_new();
	solve(&instance, memory, &chosen);
	solve_memory_free(memory);
	add_chosen(task, &c, &chosen, out);
	struct solve_cost cost = {0};
	if (solve_cost(&instance, chosen.v, chosen.n, &cost))
		out->cost_even = cost.even;
	out->missing = want - (int)chosen.n;
	if (out->missing > 0)
		out->reason = who_is_in_the_way(f, &c, out->missing);
	xfree(chosen.v);
	xfree(c.slots);
	xfree(c.best);
	xfree(c.fixed);
}

void party_make(const struct party_task *task, struct party_plan *out)
{
	const struct plan_task plan = {.programme = task->programme, .days = task->days};
	int want = task->n - n_fixed(task);
	*out = (struct party_plan){0};
	out->v = xcalloc((size_t)(want > 0 ? want : 0) + task->n_standing + 1, sizeof *out->v);
	add_fixed(task, out);
	struct party_task period = *task;
	if (period.past_day > SOLVE_DAYS_MAX) /* the roster refuses longer ones */
		period.past_day = SOLVE_DAYS_MAX;
	if (period.first_day < period.past_day) {
		int first = candidate_first_day(&plan, task->earliest);
		struct field f;
		field_init(&f, &period, first > period.first_day ? first : period.first_day,
			   period.past_day);
		choose(&f, want > 0 ? want : 0, out);
		field_fini(&f);
	} else if (want > 0) {
		out->missing = want;
		out->reason = xstrdup("there is no open day for it");
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, by_start);
	out->cost_total = out->cost_even + out->cost_slots + out->cost_move;
}

void party_plan_fini(struct party_plan *plan)
{
	xfree(plan->v);
	xfree(plan->reason);
	*plan = (struct party_plan){0};
}

/* ---- for people -------------------------------------------------------------------------- */

struct slots_ctx {
	const struct field *f;
	struct party_slots *out;
};

static bool add_slot(void *ctx, utc_t start, utc_t end, const struct party_cost *cost)
{
	struct slots_ctx *x = ctx;
	x->out->v = xgrow(x->out->v, x->out->n, &x->out->cap, sizeof *x->out->v);
	x->out->v[x->out->n++] = (struct party_slot){start, end, *cost, end > x->f->known_until};
	return true;
}

static int by_cost(const void *a, const void *b)
{
	const struct party_slot *x = a, *y = b;
	if (x->cost.total != y->cost.total)
		return x->cost.total < y->cost.total ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

void party_slots(const struct party_task *task, int day, struct party_slots *out)
{
	*out = (struct party_slots){0};
	if (day < 0 || day >= task->days->n)
		return;
	struct field f;
	field_init(&f, task, day, day + 1);
	struct slots_ctx ctx = {&f, out};
	each_start(&f, day, add_slot, &ctx);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, by_cost);
	field_fini(&f);
}

void party_slots_fini(struct party_slots *slots)
{
	xfree(slots->v);
	*slots = (struct party_slots){0};
}

static void explain_party(const struct field *f, size_t i, const struct shared_day *day,
			  struct buf *out)
{
	const struct plan_member *m = &f->task->parties[i];
	const struct member_time *time = &f->times[i];
	const struct zone *zone = f->task->programme->zone;
	if (m->known_until <= UTC_MIN) {
		buf_addf(out, "%s's timetable has not been read yet\n", m->person->id);
		return;
	}
	if (m->known_until < day->past) {
		buf_addf(out, "%s's timetable is known only until ", m->person->id);
		reason_moment(out, zone, m->known_until);
		buf_adds(out, "; later time is assumed from the last known weeks\n");
	}
	bool any = false;
	for (size_t k = 0; k < time->available.n; k++) {
		const struct span *s = &time->available.v[k];
		if (s->end <= day->start || s->start >= day->past)
			continue;
		buf_addf(out, "%s can be asked ", m->person->id);
		reason_time(out, zone, s->start > day->start ? s->start : day->start,
			    s->end < day->past ? s->end : day->past);
		buf_addc(out, '\n');
		any = true;
	}
	if (!any)
		buf_addf(out, "%s cannot be asked that day\n", m->person->id);
	for (size_t k = busyset_find(&time->busy, day->start);
	     any && k < time->busy.n && time->busy.v[k].start < day->past; k++) {
		const struct busy *b = &time->busy.v[k];
		buf_addf(out, "%s is %s ", m->person->id, level_word(b->level));
		reason_time(out, zone, b->start, b->end);
		buf_adds(out, b->start >= m->known_until ? " (behind the horizon)\n" : "\n");
	}
}

void party_explain_day(const struct party_task *task, int day, struct buf *out)
{
	struct field f;
	bool any = false;
	field_init(&f, task, day, day + 1);
	const struct shared_day *d = shared_day(&f.days, day);
	for (size_t i = 0; i < task->n_parties; i++)
		explain_party(&f, i, d, out);
	for (size_t i = 0; i < f.free.n; i++) {
		if (f.free.v[i].end <= d->start || f.free.v[i].start >= d->past)
			continue;
		buf_adds(out, "shared window: ");
		reason_time(out, task->programme->zone, f.free.v[i].start, f.free.v[i].end);
		buf_addc(out, '\n');
		any = true;
	}
	if (!any)
		buf_adds(out, "shared window: none\n");
	field_fini(&f);
}

/* The first thing in the way of [start, end), which lies on open day @day. */
static bool someone_not_fit(const struct party_task *task, int day, utc_t start, utc_t end,
			    struct buf *why)
{
	struct field f;
	bool found = false;
	field_init(&f, task, day, day + 1);
	for (size_t i = 0; i < task->n_parties && !found; i++) {
		struct shared one = f.days; /* reason_member looks at two: he is the first */
		struct plan_task plan = f.plan;
		one.members[0] = f.times[i];
		plan.members[0] = task->parties[i];
		found = reason_member(&plan, &one, 0, start, end, false, why);
	}
	field_fini(&f);
	return found;
}

bool party_fits(const struct party_task *task, utc_t start, utc_t end, struct err *err)
{
	const struct plan_task plan = {.programme = task->programme, .days = task->days};
	const struct zone *zone = task->programme->zone;
	struct buf why = {0};
	if (start <= UTC_MIN || end >= UTC_MAX || start >= end)
		return err_set(err, ERR_CONFLICT, "a session ends after it starts");
	day_t date = zone_day_of(zone, start);
	int day = opendays_number(task->days, date);
	bool fits = !reason_not_open(&plan, date, &why);
	if (fits && end > zone_day_start(zone, date + 1)) {
		reason_time(&why, zone, start, end);
		buf_adds(&why, " does not lie within one day");
		fits = false;
	}
	fits = fits && day >= 0 && !someone_not_fit(task, day, start, end, &why);
	if (!fits)
		(void)err_set(err, ERR_CONFLICT, "%s",
			      why.n ? buf_str(&why) : "that is not an open day");
	buf_fini(&why);
	return fits;
}
