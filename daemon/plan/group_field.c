/* group_field.c -- see the header. */
#include "plan/group_field.h"

#include "base/buf.h"
#include "plan/candidate.h"

/* ---- the starts -------------------------------------------------------------------------- */

struct day_prices {
	struct span lunch;
	struct spanset prefer;
};

static int64_t price(const struct group_task *task, const struct day_prices *day, utc_t start,
		     utc_t end)
{
	const struct programme *p = task->programme;
	int64_t cost = 0;
	if (p->lunch_from_min < p->lunch_to_min && start < day->lunch.end && day->lunch.start < end)
		cost += task->weights->lunch;
	if (p->n_prefer && !spanset_covers(&day->prefer, start, end))
		cost += task->weights->outside_prefer;
	return cost;
}

static void add_day(struct group_field *f, const struct group_task *task, day_t date,
		    const struct shared_day *time, utc_t earliest, size_t *n, size_t *cap)
{
	const struct programme *p = task->programme;
	struct day_prices day = {
		.lunch = {zone_to_utc(p->zone, local_at(date, p->lunch_from_min * 60)),
			  zone_to_utc(p->zone, local_at(date, p->lunch_to_min * 60))}};
	struct start_grid grid;
	window_add_hours(&day.prefer, p->prefer, p->n_prefer, p->zone, date);
	spanset_settle(&day.prefer);
	start_grid_init(&grid, p, date, time->start, time->past);
	for (int i = 0; i < grid.n; i++) {
		utc_t start = time->start + grid.offset_s[i];
		if (f->length_s <= 0 || start < earliest || start + f->length_s > time->past)
			continue;
		if (*n == *cap) {
			size_t both = *cap;
			f->starts = xgrow(f->starts, *n, cap, sizeof *f->starts);
			f->fixed_cost = xgrow(f->fixed_cost, *n, &both, sizeof *f->fixed_cost);
		}
		f->starts[*n] = start;
		f->fixed_cost[(*n)++] = price(task, &day, start, start + f->length_s);
	}
	start_grid_fini(&grid);
	spanset_fini(&day.prefer);
}

void group_field_init(struct group_field *f, const struct group_task *task,
		      const struct shared *days, utc_t earliest, int64_t length_s)
{
	int n_days = days->past_day - days->first_day;
	size_t n = 0, cap = 0;
	*f = (struct group_field){
		.length_s = length_s, .first_day = days->first_day, .past_day = days->past_day};
	f->day_first = xcalloc((size_t)n_days + 1, sizeof *f->day_first);
	for (int d = 0; d < n_days; d++) {
		f->day_first[d] = n;
		add_day(f, task, task->days->v[days->first_day + d], &days->days[d], earliest, &n,
			&cap);
	}
	f->day_first[n_days] = n;
	f->known = xcalloc(n + 1, sizeof *f->known);
	f->assumed = xcalloc(n + 1, sizeof *f->assumed);
	f->tentative = xcalloc(n + 1, sizeof *f->tentative);
	f->soft = xcalloc(n + 1, sizeof *f->soft);
}

void group_field_fini(struct group_field *f)
{
	xfree(f->day_first);
	xfree(f->starts);
	xfree(f->fixed_cost);
	xfree(f->known);
	xfree(f->assumed);
	xfree(f->tentative);
	xfree(f->soft);
	*f = (struct group_field){0};
}

/* ---- people ------------------------------------------------------------------------------ */

/* The first of starts [low, high) that is not before @at. */
static size_t not_before(const struct group_field *f, size_t low, size_t high, utc_t at)
{
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (f->starts[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_range(int32_t *v, size_t from, size_t past)
{
	if (from < past) {
		v[from]++;
		v[past]--;
	}
}

/* Starts [from, past) that touch tentative time, each once. */
static void add_tentative(struct group_field *f, const struct spanset *set, size_t *at, size_t from,
			  size_t past)
{
	while (*at < set->n && set->v[*at].end <= f->starts[from])
		++*at;
	for (size_t i = *at; from < past && i < set->n; i++) {
		/* start < its end, and start + length > its start */
		size_t low = not_before(f, from, past, set->v[i].start - f->length_s + 1);
		size_t high = not_before(f, low, past, set->v[i].end);
		add_range(f->tentative, low, high);
		if (low == past)
			break;
		from = high;
	}
}

void group_field_add(struct group_field *f, const struct spanset *free,
		     const struct spanset *tentative, utc_t known_until, const bool *asked)
{
	size_t i = 0, t = 0;
	for (int d = f->first_day; d < f->past_day; d++) {
		size_t from = group_field_first(f, d), past = group_field_first(f, d + 1);
		if (from == past || (asked && !asked[d]))
			continue;
		utc_t last = f->starts[past - 1] + f->length_s;
		while (i < free->n && free->v[i].end <= f->starts[from])
			i++;
		for (size_t k = i; k < free->n && free->v[k].start < last; k++) {
			if (free->v[k].end - free->v[k].start < f->length_s)
				continue; /* most are the scraps between lessons */
			size_t a = not_before(f, from, past, free->v[k].start);
			size_t b = not_before(f, a, past, free->v[k].end - f->length_s + 1);
			size_t known = known_until >= free->v[k].end
					       ? b
					       : not_before(f, a, b, known_until - f->length_s + 1);
			add_range(f->known, a, known);
			add_range(f->assumed, known, b);
			if (a < b && tentative->n)
				add_tentative(f, tentative, &t, a, b);
		}
	}
}

static void sum(int32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		v[i] += v[i - 1];
}

void group_field_settle(struct group_field *f, const struct group_task *task)
{
	size_t n = f->day_first[f->past_day - f->first_day];
	int64_t buffer_s = window_buffer_s(task->programme);
	for (size_t i = 0; i < task->n_soft; i++) {
		size_t low = not_before(f, 0, n, task->soft[i].start - buffer_s - f->length_s + 1);
		add_range(f->soft, low, not_before(f, low, n, task->soft[i].end + buffer_s));
	}
	sum(f->known, n);
	sum(f->assumed, n);
	sum(f->tentative, n);
	sum(f->soft, n);
}
