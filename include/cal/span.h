/* cal/span.h -- half-open spans of UTC time, and sets of them with a level.
 *
 * A span is [start, end) with start < end. A busy set is a sorted list of disjoint spans, each
 * with a level above LEVEL_FREE; equal neighbours that touch are one span. What no span covers
 * is free. At any moment the highest level that was added holds. */
#ifndef CAL_SPAN_H
#define CAL_SPAN_H

#include "base/civil.h"

#include <stdbool.h>
#include <stddef.h>

struct span {
	utc_t start, end;
};

enum level { LEVEL_FREE, LEVEL_TENTATIVE, LEVEL_BUSY, LEVEL_UNKNOWN };
const char *level_word(enum level level); /* "free" "tentative" "busy" "unknown" */

struct busy {
	utc_t start, end;
	enum level level;
};

/* Zero-initialised is the empty set. Between busyset_add calls the list is in any order and may
 * overlap; busyset_settle makes it canonical in O(n log n) (O(n) when it was sorted). All other
 * functions want settled sets and leave settled sets. */
struct busyset {
	struct busy *v;
	size_t n, cap;
};

void busyset_fini(struct busyset *set);
/* Spans with end <= start or LEVEL_FREE are dropped. */
void busyset_add(struct busyset *set, utc_t start, utc_t end, enum level level);
void busyset_settle(struct busyset *set);
bool busyset_is_canonical(const struct busyset *set);
bool busyset_equal(const struct busyset *a, const struct busyset *b);
void busyset_copy(struct busyset *to, const struct busyset *from);
/* @to becomes the union with @from: the higher level wins at every moment. */
void busyset_merge(struct busyset *to, const struct busyset *from);
/* Only what lies inside [from, to) stays, cut at the edges. */
void busyset_clip(struct busyset *set, utc_t from, utc_t to);
/* Every moment inside [from, to) that is below @level becomes @level. */
void busyset_raise(struct busyset *set, utc_t from, utc_t to, enum level level);
/* Every moment inside [from, to) that is free becomes @level; the rest stays as it is. */
void busyset_fill_free(struct busyset *set, utc_t from, utc_t to, enum level level);
/* Level at a moment, O(log n). */
enum level busyset_at(const struct busyset *set, utc_t at);
/* The highest level inside [start, end); LEVEL_FREE for an empty range. O(log n + spans inside). */
enum level busyset_max(const struct busyset *set, utc_t start, utc_t end);
/* Index of the first span that ends after @at (n if none). */
size_t busyset_find(const struct busyset *set, utc_t at);

/* Plain sets without levels: sorted, disjoint, not touching. Zero-initialised is empty. As above,
 * all but add and settle want settled sets. What @out held before is gone; it may be an input. */
struct spanset {
	struct span *v;
	size_t n, cap;
};

void spanset_fini(struct spanset *set);
void spanset_add(struct spanset *set, utc_t start, utc_t end); /* any order; settle afterwards */
void spanset_settle(struct spanset *set);
bool spanset_is_canonical(const struct spanset *set);
void spanset_intersect(const struct spanset *a, const struct spanset *b, struct spanset *out);
/* @out = what is in @a and not in @b. */
void spanset_subtract(const struct spanset *a, const struct spanset *b, struct spanset *out);
/* Every span of level >= @least, widened by @margin_s on both sides. */
void spanset_from_busy(struct spanset *out, const struct busyset *set, enum level least,
		       int64_t margin_s);
/* Is all of [start, end) in the set? An empty range always is. */
bool spanset_covers(const struct spanset *set, utc_t start, utc_t end);

#endif
