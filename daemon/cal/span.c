/* span.c -- span sets.
 *
 * Everything that can overlap goes through one sweep: spans in order of their start, and per
 * level the moment until which it is still on. Between two starts the highest level that is on
 * holds until it ends:
 *
 *   busy            ######              ######
 *   tentative   --------------   gives ---    ---
 *
 * Functions that rebuild a set write into a new array and swap it in, so that the result may be
 * one of the inputs. */
#include "cal/span.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 4 /* of enum level */

const char *level_word(enum level level)
{
	static const char *const words[LEVELS] = {"free", "tentative", "busy", "unknown"};
	return words[level];
}

/* ---- busy sets ------------------------------------------------------------------------------ */

void busyset_fini(struct busyset *set)
{
	xfree(set->v);
	*set = (struct busyset){0};
}

static void busyset_replace(struct busyset *set, struct busyset *with)
{
	xfree(set->v);
	*set = *with;
}

static void busyset_push(struct busyset *set, utc_t start, utc_t end, enum level level)
{
	set->v = xgrow(set->v, set->n, &set->cap, sizeof *set->v);
	set->v[set->n++] = (struct busy){start, end, level};
}

void busyset_add(struct busyset *set, utc_t start, utc_t end, enum level level)
{
	if (start < end && level > LEVEL_FREE && level < LEVELS)
		busyset_push(set, start, end, level);
}

/* Appends behind the last span, or makes that one longer. */
static void busyset_extend(struct busyset *set, utc_t start, utc_t end, enum level level)
{
	if (start >= end)
		return;
	struct busy *last = set->n ? &set->v[set->n - 1] : NULL;
	if (last && last->end == start && last->level == level)
		last->end = end;
	else
		busyset_push(set, start, end, level);
}

struct sweep {
	struct busyset out;
	utc_t cursor;	     /* everything before it is in @out */
	utc_t until[LEVELS]; /* a level is on while this is after the cursor */
};

static enum level sweep_level(const struct sweep *sweep)
{
	enum level level = LEVEL_UNKNOWN;
	while (level > LEVEL_FREE && sweep->until[level] <= sweep->cursor)
		level--;
	return level;
}

static void sweep_to(struct sweep *sweep, utc_t to)
{
	enum level level;
	while (sweep->cursor < to && (level = sweep_level(sweep)) > LEVEL_FREE) {
		utc_t end = sweep->until[level] < to ? sweep->until[level] : to;
		busyset_extend(&sweep->out, sweep->cursor, end, level);
		sweep->cursor = end;
	}
	if (sweep->cursor < to)
		sweep->cursor = to;
}

static void sweep_add(struct sweep *sweep, const struct busy *span)
{
	sweep_to(sweep, span->start);
	if (sweep->until[span->level] < span->end)
		sweep->until[span->level] = span->end;
}

static void sweep_init(struct sweep *sweep)
{
	*sweep = (struct sweep){.cursor = INT64_MIN};
	for (int level = 0; level < LEVELS; level++)
		sweep->until[level] = INT64_MIN;
}

static int compare_busy(const void *a, const void *b)
{
	const struct busy *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

void busyset_settle(struct busyset *set)
{
	if (busyset_is_canonical(set))
		return;
	bool sorted = true;
	for (size_t i = 1; i < set->n && sorted; i++)
		sorted = set->v[i - 1].start <= set->v[i].start;
	if (!sorted)
		qsort(set->v, set->n, sizeof *set->v, compare_busy);
	struct sweep sweep;
	sweep_init(&sweep);
	for (size_t i = 0; i < set->n; i++)
		sweep_add(&sweep, &set->v[i]);
	sweep_to(&sweep, INT64_MAX);
	busyset_replace(set, &sweep.out);
}

bool busyset_is_canonical(const struct busyset *set)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct busy *b = &set->v[i];
		if (b->start >= b->end || b->level <= LEVEL_FREE || b->level >= LEVELS)
			return false;
		if (i > 0 &&
		    (b[-1].end > b->start || (b[-1].end == b->start && b[-1].level == b->level)))
			return false;
	}
	return true;
}

bool busyset_equal(const struct busyset *a, const struct busyset *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].start != b->v[i].start || a->v[i].end != b->v[i].end ||
		    a->v[i].level != b->v[i].level)
			return false;
	return true;
}

void busyset_copy(struct busyset *to, const struct busyset *from)
{
	if (to == from)
		return;
	busyset_fini(to);
	if (from->n == 0)
		return;
	to->v = xmemdup(from->v, from->n * sizeof *from->v);
	to->n = to->cap = from->n;
}

void busyset_merge(struct busyset *to, const struct busyset *from)
{
	if (from->n == 0 || to == from)
		return;
	struct sweep sweep;
	sweep_init(&sweep);
	for (size_t i = 0, j = 0; i < to->n || j < from->n;) {
		bool left = j == from->n || (i < to->n && to->v[i].start <= from->v[j].start);
		sweep_add(&sweep, left ? &to->v[i++] : &from->v[j++]);
	}
	sweep_to(&sweep, INT64_MAX);
	busyset_replace(to, &sweep.out);
}

void busyset_clip(struct busyset *set, utc_t from, utc_t to)
{
	size_t n = 0;
	for (size_t i = busyset_find(set, from); i < set->n && set->v[i].start < to; i++) {
		struct busy b = set->v[i];
		b.start = b.start < from ? from : b.start;
		b.end = b.end > to ? to : b.end;
		if (b.start < b.end)
			set->v[n++] = b;
	}
	set->n = n;
}

void busyset_raise(struct busyset *set, utc_t from, utc_t to, enum level level)
{
	struct busy one = {from, to, level};
	if (from < to && level > LEVEL_FREE && level < LEVELS)
		busyset_merge(set, &(struct busyset){.v = &one, .n = 1});
}

void busyset_fill_free(struct busyset *set, utc_t from, utc_t to, enum level level)
{
	if (from >= to || level <= LEVEL_FREE || level >= LEVELS)
		return;
	struct busyset out = {0};
	utc_t cursor = from; /* filled up to here */
	for (size_t i = 0; i < set->n; i++) {
		const struct busy *b = &set->v[i];
		busyset_extend(&out, cursor, b->start < to ? b->start : to, level);
		busyset_extend(&out, b->start, b->end, b->level);
		cursor = b->end > cursor ? b->end : cursor;
	}
	busyset_extend(&out, cursor, to, level);
	busyset_replace(set, &out);
}

size_t busyset_find(const struct busyset *set, utc_t at)
{
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (set->v[mid].end > at)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

enum level busyset_at(const struct busyset *set, utc_t at)
{
	size_t i = busyset_find(set, at);
	return i < set->n && set->v[i].start <= at ? set->v[i].level : LEVEL_FREE;
}

enum level busyset_max(const struct busyset *set, utc_t start, utc_t end)
{
	enum level max = LEVEL_FREE;
	if (start >= end)
		return max;
	for (size_t i = busyset_find(set, start);
	     i < set->n && set->v[i].start < end && max < LEVEL_UNKNOWN; i++)
		max = set->v[i].level > max ? set->v[i].level : max;
	return max;
}

/* ---- plain sets ----------------------------------------------------------------------------- */

void spanset_fini(struct spanset *set)
{
	xfree(set->v);
	*set = (struct spanset){0};
}

static void spanset_replace(struct spanset *set, struct spanset *with)
{
	xfree(set->v);
	*set = *with;
}

void spanset_add(struct spanset *set, utc_t start, utc_t end)
{
	if (start >= end)
		return;
	set->v = xgrow(set->v, set->n, &set->cap, sizeof *set->v);
	set->v[set->n++] = (struct span){start, end};
}

static int compare_span(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

/* Joins what overlaps or touches in a list sorted by start. */
static void spanset_join(struct spanset *set)
{
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct span s = set->v[i];
		if (n == 0 || set->v[n - 1].end < s.start)
			set->v[n++] = s;
		else if (set->v[n - 1].end < s.end)
			set->v[n - 1].end = s.end;
	}
	set->n = n;
}

void spanset_settle(struct spanset *set)
{
	bool sorted = true;
	for (size_t i = 1; i < set->n && sorted; i++)
		sorted = set->v[i - 1].start <= set->v[i].start;
	if (!sorted)
		qsort(set->v, set->n, sizeof *set->v, compare_span);
	spanset_join(set);
}

bool spanset_is_canonical(const struct spanset *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].start >= set->v[i].end ||
		    (i > 0 && set->v[i - 1].end >= set->v[i].start))
			return false;
	return true;
}

void spanset_intersect(const struct spanset *a, const struct spanset *b, struct spanset *out)
{
	struct spanset both = {0};
	for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
		struct span x = a->v[i], y = b->v[j];
		spanset_add(&both, x.start > y.start ? x.start : y.start,
			    x.end < y.end ? x.end : y.end);
		if (x.end < y.end)
			i++;
		else
			j++;
	}
	spanset_replace(out, &both);
}

void spanset_subtract(const struct spanset *a, const struct spanset *b, struct spanset *out)
{
	struct spanset rest = {0};
	for (size_t i = 0, j = 0; i < a->n; i++) {
		utc_t cursor = a->v[i].start, end = a->v[i].end;
		while (j < b->n && b->v[j].end <= cursor)
			j++;
		/* The last of them may reach into the next span of @a: it is looked at again. */
		for (size_t k = j; k < b->n && b->v[k].start < end; k++) {
			spanset_add(&rest, cursor, b->v[k].start);
			cursor = b->v[k].end;
		}
		spanset_add(&rest, cursor, end);
	}
	spanset_replace(out, &rest);
}

void spanset_from_busy(struct spanset *out, const struct busyset *set, enum level least,
		       int64_t margin_s)
{
	struct spanset wide = {0};
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].level >= least)
			spanset_add(&wide, set->v[i].start - margin_s, set->v[i].end + margin_s);
	/* One margin for all keeps the order of starts. */
	spanset_join(&wide);
	spanset_replace(out, &wide);
}

bool spanset_covers(const struct spanset *set, utc_t start, utc_t end)
{
	if (start >= end)
		return true;
	size_t low = 0, high = set->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (set->v[mid].end > start)
			high = mid;
		else
			low = mid + 1;
	}
	return low < set->n && set->v[low].start <= start && set->v[low].end >= end;
}
