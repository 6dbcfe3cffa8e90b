/* cal/timetable.h -- a timetable's bytes -> exact busy time, in two pure halves around the cage.
 *
 *   bytes -> timetable_sieve -> clean text -> (libical, in the cage: cal/ics_parse) -> wire
 *         -> timetable_build -> occurrences, levels, busy set, horizon, warnings
 *
 * Any thread; no clock, no files. */
#ifndef CAL_TIMETABLE_H
#define CAL_TIMETABLE_H

#include "base/buf.h"
#include "base/err.h"
#include "cal/expand.h"
#include "cal/lessons.h"
#include "cal/policy.h"
#include "cal/span.h"
#include "cal/zone.h"

/* Every one is a setting of [import] and has a sentence. */
struct import_limits {
	int64_t body_bytes;	   /* 16 MiB */
	int64_t line_bytes;	   /* 64 KiB, an unfolded line */
	int64_t components;	   /* 200,000 */
	int64_t nesting;	   /* 8 */
	int64_t component_lines;   /* 10,000 */
	int64_t dates;		   /* 100,000 in RDATE, EXDATE and FREEBUSY */
	int64_t occurrences;	   /* 200,000 a source */
	int64_t rule_steps;	   /* 1,000,000 a source; as many again for its VTIMEZONEs */
	int64_t zone_observances;  /* 1,000 STANDARD and DAYLIGHT parts of a VTIMEZONE */
	int64_t cage_cpu_s;	   /* 2 */
	int64_t cage_memory_bytes; /* 256 MiB */
	int64_t cage_wall_ms;	   /* 5,000 */
};
extern const struct import_limits import_limits_default;

struct warning {
	int line; /* 0: the file as a whole */
	char *text;
};
struct warnings {
	struct warning *v;
	size_t n, cap;
	size_t dropped; /* beyond 200 */
};
/* What is quoted in it loses what would act on whoever shows it. */
void warnings_add(struct warnings *warnings, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void warnings_fini(struct warnings *warnings);

/* What passes the sieve: only lines that say when and whether (RFC 5545 names in 3-import),
 * unfolded, CRLF, UTF-8, with two lines of our own in every component:
 * X-TANDEM-LINE (where it began) and X-TANDEM-MATCH (which title patterns it met). */
struct sieved {
	struct buf text;
	struct buf vtimezones; /* what VTIMEZONEs say, for cal/zone_order; never for libical */
	struct warnings warnings;
	size_t components;
	size_t events, skipped; /* VEVENTs met; those that could not be used and are left out */
	struct lesson_lines lessons; /* title and place of those that the policy's `lesson` met */
};
void sieved_fini(struct sieved *sieved);
bool timetable_sieve(const char *bytes, size_t n, const struct policy *policy,
		     const struct import_limits *limits, struct sieved *out,
		     struct err *err) NODISCARD;

struct unit_cache;
struct timetable_opts {
	const struct zone *zone; /* of floating times, when the file says nothing */
	utc_t from, to;		 /* window of expansion */
	utc_t now;		 /* moment of the import: for horizon = duration */
	const char *own_host;	 /* UIDs that end in "@own_host" are ours: never busy; or NULL */
	const struct import_limits *limits;
	struct unit_cache *units; /* cal/unitcache: of this source's last import, and then of this
				     one; or NULL */
	bool slow_lane; /* nothing by the fast lane (cal/fastlane): the answer is the same */
};

struct lesson_span { /* one occurrence after the policy */
	utc_t start, end;
	enum level level;
	uint32_t timed : 1;   /* 0: all-day */
	uint32_t lesson : 31; /* 0, or which of the timetable's lessons a partner may visit */
	uint64_t series;      /* content key of its component: same lesson, same number */
};

/* Of @v, by start, then end: how many lie before [start, end), so the index of the first one that
 * is exactly there, when there is one. O(log n). */
static inline size_t lesson_spans_before(const struct lesson_span *v, size_t n, utc_t start,
					 utc_t end)
{
	size_t lo = 0;
	while (lo < n) {
		size_t mid = (lo + n) / 2;
		if (v[mid].start < start || (v[mid].start == start && v[mid].end < end))
			lo = mid + 1;
		else
			n = mid;
	}
	return lo;
}

struct timetable {
	struct busyset busy;		 /* clipped to the window; horizon not applied */
	struct lesson_span *occurrences; /* by start, then end; free ones too */
	size_t n_occurrences;
	struct lessons lessons; /* of those that may be visited; empty without a `lesson` */
	utc_t horizon;		/* UTC_MAX: known for the whole window */
	size_t n_events;	/* VEVENTs read */
	size_t n_skipped;	/* VEVENTs that could not be used */
	size_t n_timed, n_timed_free;
	utc_t first, last; /* start of the first, end of the last; 0, 0 without any */
	char **zones;	   /* names in use, sorted: IANA's, or TZIDs of VTIMEZONEs */
	size_t n_zones;
	struct warnings warnings; /* the sieve's and ours, by line */
};
void timetable_fini(struct timetable *timetable);
/* Both take over the warnings of what was sieved. */
/* One timetable from several files (a directory): components of one UID find each other across
 * files; warnings of a file with a name begin with it. */
struct lane_file;
struct timetable_part {
	struct sieved *sieved;
	const struct buf *wire;
	const char *name;	      /* NULL: warnings have just their line */
	const struct lane_file *lane; /* what the fast lane took of it, or NULL */
};
bool timetable_build_parts(const struct timetable_part *parts, size_t n,
			   const struct policy *policy, const struct timetable_opts *opts,
			   struct timetable *out, struct err *err) NODISCARD;
/* `horizon = auto` of occurrences by start, all but number @skip (SIZE_MAX: of all): the end of the
 * last week with at least half the median number of timed busy ones, over the weeks that have any:
 * one exam in June does not make a spring free. Without any, @opts->now. */
utc_t timetable_horizon_auto(const struct lesson_span *v, size_t n, size_t skip,
			     const struct timetable_opts *opts);
bool timetable_build(struct sieved *sieved, const struct buf *wire, const struct policy *policy,
		     const struct timetable_opts *opts, struct timetable *out,
		     struct err *err) NODISCARD;

#endif
