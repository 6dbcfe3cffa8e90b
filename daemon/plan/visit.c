/* visit.c -- lessons that can be visited, and the cheapest choice of them.
 *
 * The k-th visit of a year costs by its distance to the middle of the k-th part, so the choice is
 * a chain of lessons on rising days. With g[k][j] = the cheapest end of a chain whose k-th visit
 * is lesson j,
 *
 *     g[k][j] = own(k, j) + min over later days ( g[k + 1][i] + same(j, i) )
 *
 * where same() only asks whether two neighbours are one lesson: the two cheapest ends of different
 * lessons are enough to know, so a row costs one walk over the lessons. Visits that stand must be
 * in the chain. Recurring from the end gives, of equal choices, the earliest. */
#include "plan/visit.h"

#include "base/buf.h"
#include "plan/hours.h"
#include "plan/reasons.h"
#include "plan/window.h"

#include <stdlib.h>
#include <string.h>

#define NEVER (INT64_MAX / 4)

static int64_t even(const struct visit_task *t)
{
	return t->weights->even > 0 ? t->weights->even : 1;
}

/* Seconds that the visitor needs free on both sides. */
static int64_t margin_s(const struct programme *p)
{
	return (int64_t)(p->travel_min > p->buffer_min ? p->travel_min : p->buffer_min) * 60;
}

/* Open days [*first, *past) of part @k. */
static void part_days(const struct visit_task *t, int k, int *first, int *past)
{
	int n = t->programme->visits_n;
	*first = opendays_before(t->days, hours_part_first(t->programme, n, k));
	*past = opendays_before(t->days, hours_part_first(t->programme, n, k + 1));
}

int visit_target(const struct visit_task *t, int k)
{
	int first, past;
	part_days(t, k, &first, &past);
	return past > first ? (first + past - 1) / 2 : first;
}

/* ---- what can be visited ------------------------------------------------------------------ */

/* The visitor's own time, in the shapes of plan/window: with the way there and back as buffer. */
struct own_time {
	struct programme programme;
	struct plan_task task;
	struct shared days;
	struct member_time time;
	struct spanset free;
};

static void own_time_init(struct own_time *own, const struct visit_task *t)
{
	*own = (struct own_time){.programme = *t->programme};
	own->programme.buffer_min = (int)(margin_s(t->programme) / 60);
	own->task = (struct plan_task){
		.programme = &own->programme,
		.days = t->days,
		.weights = t->weights,
		.members = {t->visitor, t->visitor},
		.called_off = {t->called_off[0], t->called_off[0]},
		.now = t->now,
	};
	shared_init_days(&own->days, &own->task, 0, t->days->n);
	member_time_init(&own->time, &own->task, &t->visitor, &own->days);
	spanset_subtract(&own->time.available, &own->time.blocked, &own->free);
}

static void own_time_fini(struct own_time *own)
{
	spanset_fini(&own->free);
	member_time_fini(&own->time);
	shared_fini(&own->days);
}

static bool any_day(const struct day_range *v, size_t n, day_t first, day_t last)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].first <= last && first < v[i].past)
			return true;
	return false;
}

static bool host_is_away(const struct visit_task *t, utc_t start, utc_t end)
{
	const struct zone *zone = t->host->zone;
	day_t first = zone_day_of(zone, start), last = zone_day_of(zone, end - 1);
	return any_day(t->host->absent, t->host->n_absent, first, last) ||
	       any_day(t->called_off[1].v, t->called_off[1].n, first, last);
}

static enum visit_fit fit_of(const struct visit_task *t, const struct own_time *own,
			     const struct visit_lesson *lesson, int day)
{
	if (lesson->start <= t->now)
		return VISIT_PAST;
	if (day < 0 || lesson->end > own->days.days[day].past)
		return VISIT_NOT_OPEN;
	if (host_is_away(t, lesson->start, lesson->end))
		return VISIT_HOST_AWAY;
	if (!spanset_covers(&own->free, lesson->start, lesson->end))
		return VISIT_NO_TIME;
	return lesson->start < t->now + t->programme->freeze_s ? VISIT_FROZEN : VISIT_FITS;
}

static bool touches(const struct spanset *set, utc_t start, utc_t end)
{
	for (size_t i = 0; i < set->n && set->v[i].start < end; i++)
		if (set->v[i].end > start)
			return true;
	return false;
}

/* What it costs besides its place in the year. */
static int64_t plain_cost(const struct visit_task *t, const struct own_time *own,
			  const struct visit_option *o)
{
	const struct weights *w = t->weights;
	int64_t step = t->programme->length_step_min * (int64_t)60;
	int64_t more = o->lesson.end - o->lesson.start - t->programme->visit_min * (int64_t)60;
	int64_t steps = ((more < 0 ? -more : more) + step - 1) / step;
	int64_t cost = steps * (more < 0 ? w->short_step : w->long_step);
	if (touches(&own->time.tentative, o->lesson.start, o->lesson.end))
		cost += w->tentative;
	if (t->day[o->day] == VISIT_DAY_TAKEN)
		cost += VISIT_TAKEN_COST * even(t);
	else if (t->day[o->day] == VISIT_DAY_MOVABLE)
		cost += w->move;
	return cost;
}

static int64_t far_from(const struct visit_task *t, int day, int k)
{
	int64_t d = day - visit_target(t, k);
	return even(t) * d * d;
}

static void add_option(struct visit_plan *plan, size_t *cap, const struct visit_lesson *lesson)
{
	plan->options = xgrow(plan->options, plan->n_options, cap, sizeof *plan->options);
	plan->options[plan->n_options++] = (struct visit_option){.lesson = *lesson};
}

/* ---- behind the host's horizon ------------------------------------------------------------ */

static bool same_hours(const struct zone *zone, const struct visit_lesson *a, day_t day_a,
		       const struct visit_lesson *b, day_t day_b)
{
	return a->what == b->what &&
	       zone_to_local(zone, a->start) - local_at(day_a, 0) ==
		       zone_to_local(zone, b->start) - local_at(day_b, 0) &&
	       zone_to_local(zone, a->end) - local_at(day_a, 0) ==
		       zone_to_local(zone, b->end) - local_at(day_b, 0);
}

/* First of the lessons that start at @at or later. */
static size_t lesson_from(const struct visit_task *t, utc_t at)
{
	size_t low = 0, high = t->n_lessons;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (t->lessons[mid].start < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool has_that_day(const struct visit_task *t, const struct visit_lesson *lesson,
			 day_t day_of_it, day_t day)
{
	const struct zone *zone = t->programme->zone;
	utc_t past = zone_day_start(zone, day + 1);
	for (size_t i = lesson_from(t, zone_day_start(zone, day));
	     i < t->n_lessons && t->lessons[i].start < past; i++)
		if (same_hours(zone, &t->lessons[i], day, lesson, day_of_it))
			return true;
	return false;
}

/* The last known days with that weekday; how many, at most pattern_weeks. */
static int known_days(const struct visit_task *t, enum weekday weekday, int known, day_t *out)
{
	int n = 0;
	for (int d = known - 1; d >= 0 && n < t->programme->pattern_weeks; d--)
		if (civil_weekday(t->days->v[d]) == weekday)
			out[n++] = t->days->v[d];
	return n;
}

/* A lesson of the last known week that all weeks before it had too, on every unknown day. */
static void assume_weekday(const struct visit_task *t, enum weekday weekday, int known,
			   struct visit_plan *plan, size_t *cap)
{
	const struct zone *zone = t->programme->zone;
	day_t *days = xcalloc((size_t)t->programme->pattern_weeks, sizeof *days);
	int n = known_days(t, weekday, known, days);
	size_t first = n ? lesson_from(t, zone_day_start(zone, days[0])) : t->n_lessons;
	utc_t past = n ? zone_day_start(zone, days[0] + 1) : 0;
	for (size_t i = first; i < t->n_lessons && t->lessons[i].start < past; i++) {
		const struct visit_lesson *l = &t->lessons[i];
		bool always = true;
		for (int w = 1; always && w < n; w++)
			always = has_that_day(t, l, days[0], days[w]);
		for (int d = known; always && d < t->days->n; d++) {
			day_t day = t->days->v[d];
			if (civil_weekday(day) != weekday || has_that_day(t, l, days[0], day))
				continue;
			local_t shift = (local_t)(day - days[0]) * DAY_S;
			struct visit_lesson assumed = {
				.start = zone_to_utc(zone, zone_to_local(zone, l->start) + shift),
				.end = zone_to_utc(zone, zone_to_local(zone, l->end) + shift),
				.what = l->what,
				.assumed = true,
			};
			if (assumed.start >= t->host_known_until && assumed.start < assumed.end)
				add_option(plan, cap, &assumed);
		}
	}
	xfree(days);
}

static int by_time(const void *a, const void *b)
{
	const struct visit_lesson *x = &((const struct visit_option *)a)->lesson;
	const struct visit_lesson *y = &((const struct visit_option *)b)->lesson;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

static void list_options(const struct visit_task *t, struct visit_plan *plan)
{
	size_t cap = 0;
	for (size_t i = 0; i < t->n_lessons; i++)
		add_option(plan, &cap, &t->lessons[i]);
	const struct plan_member host = {.person = t->host, .known_until = t->host_known_until};
	const struct plan_task task = {.programme = t->programme, .days = t->days};
	int known = window_known_days(&task, &host);
	for (int weekday = 0; known < t->days->n && weekday < 7; weekday++)
		assume_weekday(t, (enum weekday)weekday, known, plan, &cap);
	if (plan->n_options > 0)
		qsort(plan->options, plan->n_options, sizeof *plan->options, by_time);
}

static int64_t kept_id(const struct visit_task *t, const struct visit_lesson *lesson, bool *booked)
{
	int64_t id = 0;
	*booked = false;
	for (size_t i = 0; i < t->n_standing; i++) {
		const struct visit_standing *s = &t->standing[i];
		if (s->fixed || s->start != lesson->start || s->end != lesson->end ||
		    (id && !s->booked))
			continue;
		id = s->id;
		*booked = s->booked;
	}
	return id;
}

static void judge_options(const struct visit_task *t, const struct own_time *own,
			  struct visit_plan *plan)
{
	utc_t known = t->host_known_until < t->visitor.known_until ? t->host_known_until
								   : t->visitor.known_until;
	for (size_t i = 0; i < plan->n_options; i++) {
		struct visit_option *o = &plan->options[i];
		bool booked;
		o->day = opendays_number(t->days, zone_day_of(t->programme->zone, o->lesson.start));
		o->fit = fit_of(t, own, &o->lesson, o->day);
		o->provisional = o->lesson.assumed || o->lesson.end > known;
		if (o->fit != VISIT_FITS)
			continue;
		o->kept_id = kept_id(t, &o->lesson, &booked);
		o->cost = plain_cost(t, own, o) - (booked ? t->weights->move : 0);
	}
}

/* ---- the choice --------------------------------------------------------------------------- */

struct item { /* of the chain */
	int day;
	utc_t start, end;
	uint64_t what;
	bool must;
	struct visit_option *option; /* NULL: a fixed visit */
	int64_t cost;
	int32_t min; /* that it takes of the hours that are left */
};

struct chain {
	const struct visit_task *t;
	struct item *v; /* by start */
	size_t n, cap;
	int parts;   /* the first is part 0 less those that are gone */
	int gone;    /* parts that will have no visit */
	int fixed;   /* items that are fixed visits */
	int64_t *g;  /* [wanted + 1][n] */
	int *target; /* of each part */
	int *first;  /* of each part: no visit before it while the host's part is unknown; 0 */
};

static void add_item(struct chain *c, const struct item *item)
{
	c->v = xgrow(c->v, c->n, &c->cap, sizeof *c->v);
	c->v[c->n++] = *item;
}

static int by_start(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

static bool has_to_be(const struct visit_task *t, const struct visit_lesson *lesson)
{
	for (size_t i = 0; i < t->n_standing; i++)
		if (!t->standing[i].fixed && t->standing[i].must_start == lesson->start &&
		    t->standing[i].must_end == lesson->end)
			return true;
	return false;
}

/* Where a fixed visit stands among the open days. */
static int standing_day(const struct visit_task *t, utc_t start)
{
	int day = opendays_before(t->days, zone_day_of(t->programme->zone, start) + 1) - 1;
	return day < 0 ? 0 : day;
}

static void collect_items(struct chain *c, struct visit_plan *plan, bool musts, int32_t most_min)
{
	const struct visit_task *t = c->t;
	c->n = 0;
	for (size_t i = 0; i < t->n_standing; i++) {
		const struct visit_standing *s = &t->standing[i];
		struct item item = {
			standing_day(t, s->start), s->start, s->end, s->what, true, NULL, 0, 0};
		if (s->fixed)
			add_item(c, &item);
	}
	for (size_t i = 0; i < plan->n_options; i++) {
		struct visit_option *o = &plan->options[i];
		int32_t min = (int32_t)((o->lesson.end - o->lesson.start) / 60);
		struct item item = {
			o->day, o->lesson.start, o->lesson.end, o->lesson.what, false, o, o->cost,
			min};
		item.must = musts && has_to_be(t, &o->lesson);
		if (o->fit == VISIT_FITS && min <= most_min)
			add_item(c, &item);
	}
	if (c->n > 0)
		qsort(c->v, c->n, sizeof *c->v, by_start);
}

/* On the day of one that must be there is no other; of two that must be and overlap the first. */
static void clear_days_of_musts(struct chain *c)
{
	bool *gone = xcalloc(c->n, sizeof *gone);
	for (size_t k = 0; k < c->n; k++) {
		const struct item *must = &c->v[k];
		for (size_t i = 0; must->must && !gone[k] && i < c->n; i++) {
			const struct item *a = &c->v[i];
			bool overlap = a->start < must->end && must->start < a->end;
			if (i != k && a->option && a->day == must->day &&
			    (!a->must || (overlap && (i > k || !must->option))))
				gone[i] = true;
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++)
		if (!gone[i])
			c->v[kept++] = c->v[i];
	c->n = kept;
	xfree(gone);
}

/* The two cheapest ends of a chain that begin with different lessons. */
struct ends {
	int64_t cost[2];
	uint64_t what[2];
};
static const struct ends no_ends = {{NEVER, NEVER}, {0, 0}};

static void ends_add(struct ends *e, int64_t cost, uint64_t what)
{
	if (what && what == e->what[0]) {
		e->cost[0] = cost < e->cost[0] ? cost : e->cost[0];
	} else if (cost < e->cost[0]) {
		e->cost[1] = e->cost[0];
		e->what[1] = e->what[0];
		e->cost[0] = cost;
		e->what[0] = what;
	} else if (cost < e->cost[1]) {
		e->cost[1] = cost;
		e->what[1] = what;
	}
}

static int64_t same_cost(const struct chain *c, uint64_t a, uint64_t b)
{
	return a && a == b ? VISIT_SAME_COST * even(c->t) : 0;
}

static int64_t ends_best(const struct chain *c, const struct ends *e, uint64_t what)
{
	int64_t a = e->cost[0] + same_cost(c, what, e->what[0]);
	int64_t b = e->cost[1] + same_cost(c, what, e->what[1]);
	return a < b ? a : b;
}

/* Of item @j as visit @k (from 0) of the chain. */
static int64_t own_cost(const struct chain *c, int k, size_t j)
{
	const struct item *item = &c->v[j];
	int part = c->gone + k;
	if (part >= c->parts) /* more stand than are asked for */
		part = c->parts - 1;
	if (!item->must && item->day < c->first[part])
		return NEVER;
	int64_t far = item->day - c->target[part];
	return item->cost + even(c->t) * far * far;
}

/* Row @k of g, from row k + 1; of the last of @count a chain may end. */
static void fill_row(struct chain *c, int k, int count)
{
	int64_t *row = c->g + (size_t)k * c->n, *next = row + c->n;
	struct ends ends = no_ends, today = no_ends;
	bool must_follow = false;
	for (size_t j = c->n; j-- > 0;) {
		const struct item *item = &c->v[j];
		if (j + 1 < c->n && item->day != c->v[j + 1].day) { /* what was today is later */
			for (int i = 0; i < 2; i++)
				if (today.cost[i] < NEVER)
					ends_add(&ends, today.cost[i], today.what[i]);
			today = no_ends;
		}
		int64_t own = own_cost(c, k, j);
		int64_t rest = k + 1 < count ? ends_best(c, &ends, item->what)
			       : must_follow ? NEVER
					     : 0;
		row[j] = own >= NEVER || rest >= NEVER ? NEVER : own + rest;
		if (k + 1 < count && item->must) {
			ends = no_ends; /* nothing before it comes round it */
			if (next[j] < NEVER)
				ends_add(&ends, next[j], item->what);
		} else if (k + 1 < count && next[j] < NEVER) {
			ends_add(&today, next[j], item->what);
		}
		must_follow = must_follow || item->must;
	}
}

/* The earliest of the cheapest chains of @count, as indices; false when there is none. */
static bool solve_chain(struct chain *c, int count, size_t *out, int64_t *cost)
{
	for (int k = count - 1; k >= 0; k--)
		fill_row(c, k, count);
	size_t from = 0;
	int64_t left = NEVER;
	for (size_t j = 0; j < c->n; j++) {
		if (c->g[j] < left)
			left = c->g[j];
		if (c->v[j].must)
			break;
	}
	if (left >= NEVER)
		return false;
	*cost = left;
	for (int k = 0; k < count; k++) {
		const int64_t *row = c->g + (size_t)k * c->n;
		const struct item *before = k ? &c->v[out[k - 1]] : NULL;
		for (size_t j = from; j < c->n; j++) {
			bool later = !before || c->v[j].day > before->day || c->v[j].must;
			int64_t same = before ? same_cost(c, before->what, c->v[j].what) : 0;
			if (later && row[j] < NEVER && row[j] + same == left) {
				left = row[j] - own_cost(c, k, j);
				out[k] = j;
				from = j + 1;
				break;
			}
			if (c->v[j].must)
				break; /* no chain goes round it */
		}
	}
	return true;
}

static int32_t minutes_of(const struct chain *c, const size_t *chosen, int count)
{
	int32_t sum = 0;
	for (int k = 0; k < count; k++)
		sum += c->v[chosen[k]].min;
	return sum;
}

/* One try: @count visits, fixed ones among them, none longer than @most_min. */
static bool try_count(struct chain *c, struct visit_plan *plan, int count, bool musts,
		      int32_t most_min)
{
	collect_items(c, plan, musts, most_min);
	clear_days_of_musts(c);
	if ((size_t)count > c->n)
		return false;
	c->g = xrealloc(c->g, ((size_t)count + 1) * c->n * sizeof *c->g);
	size_t *chosen = xcalloc((size_t)count, sizeof *chosen);
	int64_t cost = 0;
	bool ok = count == 0 || solve_chain(c, count, chosen, &cost);
	int32_t min = ok ? minutes_of(c, chosen, count) : 0;
	plan->over_hours |= ok && min > c->t->visitor.remaining_min;
	ok = ok && min <= c->t->visitor.remaining_min;
	for (int k = 0; ok && k < count; k++)
		if (c->v[chosen[k]].option)
			c->v[chosen[k]].option->chosen = true;
	if (ok) {
		plan->placed = count - c->fixed;
		plan->cost = cost;
		plan->min = min;
	}
	xfree(chosen);
	return ok;
}

/* As many as there can be; when their hours are too few, shorter lessons before fewer. What has to
 * be somewhere only has to as long as that is possible. */
static void choose(struct chain *c, struct visit_plan *plan)
{
	int most = c->fixed + plan->wanted;
	int32_t left = c->t->visitor.remaining_min;
	for (int count = most; count > c->fixed; count--)
		for (int musts = 1; musts >= 0; musts--) {
			int32_t each = left / (count - c->fixed);
			if (try_count(c, plan, count, musts, INT32_MAX) ||
			    try_count(c, plan, count, musts, each)) {
				plan->over_hours = plan->over_hours && count < most;
				return;
			}
		}
}

/* How many of the parts of the programme are over, or have a standing visit that stays. */
static int count_wanted(const struct visit_task *t, int fixed, int fixed_open)
{
	const struct programme *p = t->programme;
	day_t today = zone_day_of(p->zone, t->now);
	int over = today >= p->past ? p->visits_n : hours_part_of(p, p->visits_n, today);
	int left = p->visits_n - over - fixed_open;
	if (left > p->visits_n - fixed)
		left = p->visits_n - fixed;
	return left > 0 ? left : 0;
}

static void count_standing(const struct visit_task *t, struct chain *c, struct visit_plan *plan)
{
	const struct programme *p = t->programme;
	day_t today = zone_day_of(p->zone, t->now);
	int over = hours_part_of(p, p->visits_n, today), open = 0;
	for (size_t i = 0; i < t->n_standing; i++) {
		day_t day = zone_day_of(p->zone, t->standing[i].start);
		if (!t->standing[i].fixed)
			continue;
		c->fixed++;
		open += hours_part_of(p, p->visits_n, day) >= over;
	}
	plan->wanted = count_wanted(t, c->fixed, open);
	c->parts = p->visits_n;
	c->gone = p->visits_n - c->fixed - plan->wanted;
	if (c->gone < 0)
		c->gone = 0;
}

/* Middles of the parts; and while the host's part is not known, its beginning: early in the year
 * the far future is unknown, which is no reason to have all visits at once. */
static void set_parts(const struct visit_task *t, struct chain *c)
{
	c->target = xcalloc((size_t)c->parts, sizeof *c->target);
	c->first = xcalloc((size_t)c->parts, sizeof *c->first);
	for (int k = 0; k < c->parts; k++) {
		int past;
		day_t end = hours_part_first(t->programme, c->parts, k + 1);
		c->target[k] = visit_target(t, k);
		part_days(t, k, &c->first[k], &past);
		if (t->host_known_until >= zone_day_start(t->programme->zone, end))
			c->first[k] = 0;
	}
}

/* In the part where it is cheapest, for who looks for one by hand. */
static void price_options(const struct visit_task *t, const struct chain *c,
			  struct visit_plan *plan)
{
	for (size_t i = 0; i < plan->n_options; i++) {
		struct visit_option *o = &plan->options[i];
		int64_t least = NEVER;
		for (int k = c->gone < c->parts ? c->gone : c->parts - 1; k < c->parts; k++) {
			int64_t far = far_from(t, o->day, k);
			least = far < least ? far : least;
		}
		if (o->fit == VISIT_FITS)
			o->cost += least;
	}
}

void visit_make(const struct visit_task *t, struct visit_plan *out)
{
	struct visit_plan plan = {0};
	struct own_time own;
	struct chain c = {.t = t};
	own_time_init(&own, t);
	list_options(t, &plan);
	judge_options(t, &own, &plan);
	if (t->programme->visits_n > 0 && t->days->n > 0) {
		count_standing(t, &c, &plan);
		set_parts(t, &c);
		choose(&c, &plan);
		price_options(t, &c, &plan);
	}
	own_time_fini(&own);
	xfree(c.v);
	xfree(c.g);
	xfree(c.target);
	xfree(c.first);
	*out = plan;
}

void visit_plan_fini(struct visit_plan *plan)
{
	xfree(plan->options);
	*plan = (struct visit_plan){0};
}

/* ---- reasons ------------------------------------------------------------------------------ */

void visit_why(const struct visit_task *t, const struct visit_option *o, struct buf *out)
{
	struct own_time own;
	switch (o->fit) {
	case VISIT_PAST: buf_adds(out, "it is over, or has begun"); break;
	case VISIT_FROZEN: buf_adds(out, "it is so soon that nothing new is planned there"); break;
	case VISIT_NOT_OPEN: buf_adds(out, "that is not an open day of the programme"); break;
	case VISIT_HOST_AWAY: buf_addf(out, "%s is absent that day", t->host->id); break;
	case VISIT_NO_TIME: {
		own_time_init(&own, t);
		struct shared one = own.days; /* borrowed: what reason_member looks at */
		one.members[0] = own.time;
		if (!reason_member(&own.task, &one, 0, o->lesson.start, o->lesson.end, true, out))
			buf_addf(out, "%s is not known to be free", t->visitor.person->id);
		own_time_fini(&own);
		break;
	}
	default: break;
	}
}

bool visit_why_not_all(const struct visit_task *t, const struct visit_plan *plan, struct buf *out)
{
	static const char *const words[VISIT_FITS_COUNT] = {
		[VISIT_FITS] = "could be visited",
		[VISIT_FROZEN] = "are too soon",
		[VISIT_NOT_OPEN] = "are on days that are not open",
		[VISIT_HOST_AWAY] = "are on days of absence",
		[VISIT_NO_TIME] = "are when the visitor is not free",
	};
	size_t count[VISIT_FITS_COUNT] = {0}, coming = 0;
	if (plan->placed >= plan->wanted)
		return false;
	for (size_t i = 0; i < plan->n_options; i++) {
		count[plan->options[i].fit]++;
		coming += plan->options[i].fit != VISIT_PAST;
	}
	buf_addf(out, "%d of %d coming visits of %s to %s have no lesson",
		 plan->wanted - plan->placed, plan->wanted, t->visitor.person->id, t->host->id);
	if (plan->over_hours)
		buf_addf(out, ": %s has %d minutes left for visits", t->visitor.person->id,
			 t->visitor.remaining_min);
	else if (coming == 0)
		buf_addf(out, ": no coming lesson of %s is one to visit", t->host->id);
	else
		buf_addf(out, ": of %zu lessons", coming);
	bool any = false;
	for (int f = 0; !plan->over_hours && coming > 0 && f < VISIT_FITS_COUNT; f++)
		if (count[f] && words[f]) {
			buf_addf(out, "%s %zu %s", any ? "," : "", count[f], words[f]);
			any = true;
		}
	return true;
}
