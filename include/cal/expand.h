/* cal/expand.h -- components of one UID -> occurrences in a window.
 *
 * Takes what a calendar says of one UID (a master with RRULE, RDATE, EXDATE, and its overrides,
 * RFC 5545 section 3.8.4.4) and gives the concrete UTC occurrences that touch a window. Rules run
 * on floating local time, each instance is converted on its own (cal/zone), so that an hour
 * change never shifts a lesson. Pure; any thread. */
#ifndef CAL_EXPAND_H
#define CAL_EXPAND_H

#include "base/civil.h"
#include "base/err.h"
#include "cal/rule.h"
#include "cal/zone.h"

enum when_form { WHEN_NONE, WHEN_DATE, WHEN_LOCAL, WHEN_UTC };

/* A DATE or DATE-TIME as written, with the zone that holds for it (never NULL for WHEN_LOCAL:
 * a floating time has the source's zone by now). */
struct when {
	enum when_form form;
	local_t local; /* WHEN_DATE: that day's 00:00; WHEN_UTC: the UTC reading */
	const struct zone *zone;
};

struct rdate {
	struct when start;
	int64_t length_s; /* VALUE=PERIOD: its own length; else -1 */
};

/* One VEVENT. All pointers are borrowed. */
struct component {
	struct when start;
	struct when end;	   /* WHEN_NONE without DTEND */
	struct when recurrence_id; /* WHEN_NONE: a master or a single event */
	int64_t duration_s;	   /* DURATION, -1 without; nominal days for WHEN_DATE starts */
	int64_t sequence;
	const struct rule *rules;
	const struct rule *exrules; /* RFC 2445 section 4.8.5.2 */
	const struct rdate *rdates;
	const struct when *exdates;
	uint32_t n_rules, n_exrules, n_rdates, n_exdates; /* 32 bits: a file may hold 200,000 */
	int32_t duration_days; /* of it, what was written in days and weeks: P1D is the same
				  clock time a day later, PT24H is 86,400 s (RFC 5545 3.3.6) */
	int line;	       /* in the source file, for warnings */
	uint32_t tag;	       /* the caller's: given back with each occurrence */
	bool this_and_future;
};

struct occurrence {
	utc_t start, end;
	bool all_day;
	uint32_t tag; /* of the component it comes from: the override's where one replaces it */
};

struct occurrences {
	struct occurrence *v;
	size_t n, cap;
};
void occurrences_fini(struct occurrences *list);

struct expand_opts {
	utc_t from, to;		  /* occurrences that overlap [from, to) are given out; those of
				     no length at all when they start within it */
	const struct zone *zone;  /* for all-day events: whose local days they are */
	int64_t default_length_s; /* for a timed event without DTEND and DURATION */
	/* Of one UID's rules together. Reaching them is a warning; what was found counts.
	 * limits.spent lets the caller add up a source. */
	struct rule_walk_limits limits;
	size_t max_total; /* occurrences that @out may hold: more is ERR_LIMIT; 0: any number */
	size_t already;	  /* of these, what others hold */
};

/* Called for what was odd but survivable: @line, a sentence. */
typedef void expand_warn_fn(void *ctx, int line, const char *sentence);

/* @components share one UID (n >= 1): duplicates by RECURRENCE-ID are settled by SEQUENCE, then
 * by file order. Single events of equal SEQUENCE on different local days are different events,
 * whatever their UID says, and all count. Adds to @out in no particular order. A component that is cancelled is given too
 * (with its tag): the policy, not the expansion, makes it free, but the instance it replaces is
 * gone. An override without DTSTART stands at its RECURRENCE-ID, one without an end has its
 * master's length. Fails only over @opts->max_total. */
bool expand_uid(const struct component *components, size_t n, const struct expand_opts *opts,
		struct occurrences *out, expand_warn_fn *warn, void *warn_ctx,
		struct err *err) NODISCARD;

#endif
