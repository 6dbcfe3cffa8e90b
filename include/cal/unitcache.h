/* cal/unitcache.h -- what the last import of a source made of its units, so that what says the
 * same again need not be parsed and expanded again.
 *
 * A unit is all components of one UID that the fast lane does not take. Its key is made from what
 * its lines say of time, from the headers and VTIMEZONEs of its file and from what it is read
 * with; neither the UID nor, in a unit of one component, SEQUENCE is in it, nor DTSTAMP and
 * LAST-MODIFIED: exports renumber and restamp. Only units that were read without a warning are
 * kept, and none of an import that met an odd zone: so an import with the cache says exactly what
 * one without it says. One thread at a time. */
#ifndef CAL_UNITCACHE_H
#define CAL_UNITCACHE_H

#include "cal/fastlane.h"

struct unit_cache;
/* Empty; one that would hold more than @max_bytes is emptied instead. */
struct unit_cache *unit_cache_new(size_t max_bytes);
void unit_cache_free(struct unit_cache *cache);
size_t unit_cache_bytes(const struct unit_cache *cache);
void unit_cache_limit(struct unit_cache *cache, size_t max_bytes);
/* How many units of the last import were known already, and how many it had. */
void unit_cache_hits(const struct unit_cache *cache, size_t *known, size_t *all);

/* Events of a source that has @least of them are kept in groups of @size, so that what is word for
 * word as before is not even scanned. 64 and 2,000 unless told. */
void unit_cache_group(struct unit_cache *cache, size_t size, size_t least);
/* How many events of the last import were taken in this way. */
size_t unit_cache_grouped(const struct unit_cache *cache);

/* ---- for the files of cal/ that make an import ---- */

/* What the last import left, if it was read with the same. */
struct unit_cache_groups {
	const struct lane_groups *old; /* or NULL */
	size_t size, least;
};
struct unit_cache_groups unit_cache_groups(const struct unit_cache *cache,
					   const struct policy *policy,
					   const struct timetable_opts *opts);

struct unit_span {
	struct lesson_span span;
	bool ours; /* not counted among timed events */
};

struct lane_unit { /* of this import */
	uint64_t key;
	uint32_t known; /* number of the cached unit + 1, or 0 */
	bool keep;	/* may be kept, as far as is known */
};
struct lane_units {
	struct lane_unit *v;
	size_t n, cap;
	struct unit_cache *cache;
	uint64_t env; /* what all of them are read with */
	struct lane_groups groups;
};
/* Makes the units of all slow events; says which are known to opts->units. */
void lane_units_find(struct lane_units *units, struct lane_file *files, size_t n,
		     const struct policy *policy, const struct timetable_opts *opts);
void lane_units_fini(struct lane_units *units);

/* What the cache holds of a known unit: *n spans; the steps its rules took. The zones of its
 * starts are bits for unit_cache_zone. */
const struct unit_span *unit_cache_spans(const struct unit_cache *cache, uint32_t known, size_t *n,
					 int64_t *steps, uint32_t *zones);
const char *unit_cache_zone(const struct unit_cache *cache, int bit); /* NULL: no more */

/* The next content of @units->cache, made aside: known units are carried over, others added. */
struct unit_cache_next;
struct unit_cache_next *unit_cache_begin(const struct lane_units *units);
/* A bit for that zone; false when there are too many. */
bool unit_cache_next_zone(struct unit_cache_next *next, const char *name, uint32_t *bits);
void unit_cache_add(struct unit_cache_next *next, uint64_t key, const struct unit_span *spans,
		    size_t n, int64_t steps, uint32_t zones);
/* NULL: the cache holds no units then. Frees @next. */
void unit_cache_commit(struct lane_units *units, struct unit_cache_next *next);

#endif
