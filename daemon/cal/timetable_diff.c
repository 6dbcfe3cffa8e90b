/* timetable_diff.c -- two versions of a timetable, compared by time.
 *
 * First what stands in both, as often as in both, is struck out. What is left is paired in three
 * rounds, likeliest first: the same length within half a day; overlapping, whatever the lengths (a
 * school that shortens its lessons); the same length within four weeks. In each round the nearest
 * pair is taken first. The nearest pair of all is always a neighbouring one in time, so a heap of
 * neighbours is enough: O(n log n).
 *
 *   time ->    -   +     - -  +        - gone   + come
 *              |___|       |__|        pairs of neighbours; the first "-" is left over: removed */
#include "cal/timetable_diff.h"

#include <stdlib.h>
#include <string.h>

#define NONE SIZE_MAX

static const int64_t half_day_s = 12 * 3600, four_weeks_s = 28 * DAY_S;

struct item { /* one occurrence that the other version does not have */
	struct lesson_span span;
	bool is_new;
	size_t partner;	   /* in items, or NONE */
	size_t prev, next; /* neighbours of this round that are still alone, or NONE */
};

struct near { /* two neighbours, one gone and one come */
	int64_t distance;
	size_t left, right;
};

struct pairing {
	struct item *items;
	size_t n;
	struct near *heap;
	size_t n_heap, cap_heap;
	bool overlapping;
	int64_t reach_s;
};

/* ---- in both -------------------------------------------------------------------------------- */

static int by_time(const void *pa, const void *pb)
{
	const struct lesson_span *a = pa, *b = pb;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (a->level != b->level)
		return (int)a->level - (int)b->level;
	return (int)a->timed - (int)b->timed;
}

/* A sorted copy of what counts. */
static struct lesson_span *taken_time(const struct lesson_span *v, size_t n, utc_t from,
				      size_t *n_out)
{
	struct lesson_span *out = xcalloc(n, sizeof *out);
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].end > from && v[i].level > LEVEL_FREE)
			out[kept++] = v[i];
	if (kept > 0)
		qsort(out, kept, sizeof *out, by_time);
	*n_out = kept;
	return out;
}

static void add_item(struct pairing *p, const struct lesson_span *span, bool is_new)
{
	p->items[p->n++] = (struct item){.span = *span, .is_new = is_new, .partner = NONE};
}

static void strike_out(struct pairing *p, const struct lesson_span *was, size_t n_was,
		       const struct lesson_span *is, size_t n_is)
{
	size_t i = 0, k = 0;
	p->items = xcalloc(n_was + n_is, sizeof *p->items);
	while (i < n_was || k < n_is) {
		int order = i == n_was ? 1 : k == n_is ? -1 : by_time(&was[i], &is[k]);
		if (order == 0) {
			i++;
			k++;
		} else if (order < 0) {
			add_item(p, &was[i++], false);
		} else {
			add_item(p, &is[k++], true);
		}
	}
}

/* ---- neighbours ----------------------------------------------------------------------------- */

static bool before(const struct near *a, const struct near *b)
{
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->left != b->left ? a->left < b->left : a->right < b->right;
}

static void swap_near(struct near *a, struct near *b)
{
	struct near c = *a;
	*a = *b;
	*b = c;
}

static void heap_push(struct pairing *p, struct near one)
{
	p->heap = xgrow(p->heap, p->n_heap, &p->cap_heap, sizeof *p->heap);
	size_t at = p->n_heap++;
	p->heap[at] = one;
	for (; at > 0 && before(&p->heap[at], &p->heap[(at - 1) / 2]); at = (at - 1) / 2)
		swap_near(&p->heap[at], &p->heap[(at - 1) / 2]);
}

static struct near heap_pop(struct pairing *p)
{
	struct near top = p->heap[0];
	p->heap[0] = p->heap[--p->n_heap];
	for (size_t at = 0, least;; at = least) {
		least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < p->n_heap; child++)
			if (before(&p->heap[child], &p->heap[least]))
				least = child;
		if (least == at)
			return top;
		swap_near(&p->heap[at], &p->heap[least]);
	}
}

static int64_t length(const struct item *item)
{
	return item->span.end - item->span.start;
}

/* Puts two neighbours on the heap when this round may pair them. */
static void consider(struct pairing *p, size_t left, size_t right)
{
	if (left == NONE || right == NONE)
		return;
	const struct item *a = &p->items[left], *b = &p->items[right];
	int64_t distance = b->span.start - a->span.start;
	if (a->is_new != b->is_new && distance <= p->reach_s &&
	    (!p->overlapping || b->span.start < a->span.end))
		heap_push(p, (struct near){distance, left, right});
}

static void leave(struct pairing *p, size_t at)
{
	const struct item *item = &p->items[at];
	if (item->prev != NONE)
		p->items[item->prev].next = item->next;
	if (item->next != NONE)
		p->items[item->next].prev = item->prev;
}

static void pair_up(struct pairing *p)
{
	while (p->n_heap > 0) {
		struct near near = heap_pop(p);
		struct item *a = &p->items[near.left], *b = &p->items[near.right];
		if (a->partner != NONE || b->partner != NONE)
			continue;
		a->partner = near.right;
		b->partner = near.left;
		leave(p, near.left);
		leave(p, near.right);
		consider(p, a->prev, b->next);
	}
}

/* ---- rounds --------------------------------------------------------------------------------- */

struct ref {	       /* to order items without moving them */
	int64_t class; /* only items of one class may pair */
	utc_t start;
	size_t at;
};

static int by_class(const void *pa, const void *pb)
{
	const struct ref *a = pa, *b = pb;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void round_of(struct pairing *p, bool same_length, bool overlapping, int64_t reach_s)
{
	struct ref *refs = xcalloc(p->n, sizeof *refs);
	size_t n = 0;
	p->overlapping = overlapping;
	p->reach_s = reach_s;
	for (size_t i = 0; i < p->n; i++) {
		const struct item *item = &p->items[i];
		int64_t class = same_length ? 2 * length(item) : 0;
		if (item->partner == NONE)
			refs[n++] = (struct ref){class + item->span.timed, item->span.start, i};
	}
	if (n > 0)
		qsort(refs, n, sizeof *refs, by_class);
	for (size_t i = 0; i < n; i++) {
		struct item *item = &p->items[refs[i].at];
		bool first = i == 0 || refs[i - 1].class != refs[i].class;
		bool last = i + 1 == n || refs[i + 1].class != refs[i].class;
		item->prev = first ? NONE : refs[i - 1].at;
		item->next = last ? NONE : refs[i + 1].at;
	}
	for (size_t i = 0; i < n; i++)
		consider(p, p->items[refs[i].at].prev, refs[i].at);
	pair_up(p);
	xfree(refs);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static const struct lesson_span *shown(const struct lesson_change *row)
{
	return row->kind == DIFF_REMOVED ? &row->was : &row->is;
}

static int by_row(const void *pa, const void *pb)
{
	const struct lesson_change *a = pa, *b = pb;
	int order = by_time(shown(a), shown(b));
	if (order == 0 && a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return order ? order : by_time(&a->was, &b->was);
}

static void fill_rows(const struct pairing *p, struct timetable_diff *out)
{
	out->v = xcalloc(p->n, sizeof *out->v);
	for (size_t i = 0; i < p->n; i++) {
		const struct item *item = &p->items[i];
		if (item->partner == NONE && item->is_new) {
			out->v[out->n++] =
				(struct lesson_change){.kind = DIFF_ADDED, .is = item->span};
			out->added++;
		} else if (item->partner == NONE) {
			out->v[out->n++] =
				(struct lesson_change){.kind = DIFF_REMOVED, .was = item->span};
			out->removed++;
		} else if (item->is_new) {
			out->v[out->n++] = (struct lesson_change){
				DIFF_MOVED, p->items[item->partner].span, item->span};
			out->moved++;
		}
	}
	if (out->n > 0)
		qsort(out->v, out->n, sizeof *out->v, by_row);
}

void timetable_diff_make(const struct lesson_span *was, size_t n_was, const struct lesson_span *is,
			 size_t n_is, utc_t from, struct timetable_diff *out)
{
	struct pairing p = {0};
	*out = (struct timetable_diff){0};
	struct lesson_span *a = taken_time(was, n_was, from, &n_was);
	struct lesson_span *b = taken_time(is, n_is, from, &n_is);
	strike_out(&p, a, n_was, b, n_is);
	round_of(&p, true, false, half_day_s);
	round_of(&p, false, true, four_weeks_s);
	round_of(&p, true, false, four_weeks_s);
	fill_rows(&p, out);
	xfree(p.items);
	xfree(p.heap);
	xfree(a);
	xfree(b);
}

void timetable_diff_fini(struct timetable_diff *diff)
{
	xfree(diff->v);
	*diff = (struct timetable_diff){0};
}

void timetable_diff_breaks(const struct timetable_diff *diff, const struct span *sessions, size_t n,
			   int64_t buffer_s, bool *hit)
{
	for (size_t i = 0; i < diff->n; i++) {
		const struct lesson_change *row = &diff->v[i];
		if (row->kind == DIFF_REMOVED || row->is.level < LEVEL_BUSY)
			continue;
		for (size_t k = 0; k < n; k++) {
			const struct span *s = &sessions[k];
			bool same = s->start == row->is.start && s->end == row->is.end;
			if (!same && row->is.start < s->end + buffer_s &&
			    row->is.end > s->start - buffer_s)
				hit[k] = true;
		}
	}
}
