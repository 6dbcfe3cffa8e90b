/* cal/fastlane.h -- plain events straight from bytes to time, without libical.
 *
 * A timetable is mostly single events whose times have the plain forms: UTC, DATE, or the local
 * time of a zone that we hold, that the file describes, or that it leaves to the source. One pass over the raw bytes finds them and reads them; the
 * sieve, the cage and the expansion get the rest. What is taken here is exactly what the slow lane
 * would make of it, without a warning; whatever is unusual in the least is left to the slow lane:
 * an event by itself, or, when the structure of a file is unusual, the whole import. A UID that
 * occurs in more than one component goes the slow way entirely.
 *
 *   bytes -> lane_scan (each file) -> lane_settle -> sieve_rest -> ... -> timetable_build_parts
 *
 * Any thread; no files, no clock. */
#ifndef CAL_FASTLANE_H
#define CAL_FASTLANE_H

#include "cal/busy.h"
#include "cal/sieve.h"
#include "cal/timetable.h"

#define LANE_ZONES 16 /* different TZIDs of a file; events with others go the slow way */

/* A VEVENT as the scan saw it. */
struct lane_event {
	utc_t start, end; /* before the window is looked at */
	uint64_t series;
	uint64_t uid;	  /* mix of it, 0: it has none */
	uint32_t from, n; /* its bytes, up to the next line that is not empty */
	int line;	  /* of BEGIN */
	int lines;
	uint32_t components; /* itself, alarms */
	struct said said;
	uint32_t calendar; /* which VCALENDAR of the file, from 1 */
	uint32_t unit;	   /* slow: which of lane_units (cal/unitcache) */
	uint8_t zone;	   /* of its start, index into lane_file.zones; or LANE_UTC, LANE_DAY */
	uint8_t end_zone;  /* of DTEND; LANE_UTC without one, or LANE_EXACT */
	bool slow;
};
enum {
	LANE_EXACT = 252,    /* so long after the start, whose zone is still open */
	LANE_FLOATING = 253, /* a local time without a zone */
	LANE_UTC = 254,
	LANE_DAY = 255
};

/* What the scan made of rows of events, for the next import (fastlane_groups.c). */
struct lane_group;
struct lane_groups {
	struct lane_group **v; /* shared with who else has them: one thread at a time */
	size_t n, cap;
	size_t bytes; /* of memory */
};
void lane_groups_fini(struct lane_groups *groups);
/* Appends @from, which is empty then. */
void lane_groups_move(struct lane_groups *to, struct lane_groups *from);

struct lane_units;
struct lane_file {
	const char *bytes; /* borrowed */
	size_t n, bom;
	struct lane_event *v;
	size_t n_events, cap;
	size_t n_slow;
	const struct zone
		*zones[LANE_ZONES];    /* NULL: a TZID that may mean another in each calendar */
	struct text names[LANE_ZONES]; /* their TZIDs, in the bytes */
	size_t n_zones;
	bool open; /* there are times whose zone the scan did not know */
	const struct zone *
		*homes; /* of each VCALENDAR: X-WR-TIMEZONE or NULL; NULL: nobody asked */
	uint16_t *uses; /* of each VCALENDAR: bits of the zones that its events name */
	size_t n_calendars, cap_calendars;
	struct lane_units *units; /* of all files together; borrowed; NULL: no cache */
	struct patterns *patterns;
	struct sieve_skip *skips;
	size_t n_skips, cap_skips;
	struct lane_groups groups; /* none without a cache */
	size_t n_grouped; /* events that were not scanned, but taken from the last import */
};
void lane_file_fini(struct lane_file *file);

/* Reads the bytes, which have to live as long as @file. False when this file, and so the whole
 * import, is for the slow lane alone: then @file is empty. */
bool lane_scan(const char *bytes, size_t n, const struct policy *policy,
	       const struct timetable_opts *opts, struct lane_file *file);
/* Sends UIDs that occur twice in all of @files to the slow lane; with opts->units finds out in
 * @units what is known from the last import; sets what the sieve skips. */
void lane_settle(struct lane_file *files, size_t n, const struct policy *policy,
		 const struct timetable_opts *opts, struct lane_units *units);
/* timetable_sieve for what is left. */
bool lane_sieve(const struct lane_file *file, const struct timetable_opts *opts, struct sieved *out,
		struct err *err) NODISCARD;
/* What a line of an event is by its name, for keys. */
enum lane_name {
	LANE_NAME_NONE, /* says nothing of time */
	LANE_NAME_KEPT,
	LANE_NAME_TITLE,
	LANE_NAME_UID,
	LANE_NAME_SEQUENCE,
	LANE_NAME_STRANGE, /* is none */
};
enum lane_name lane_name(struct text line);
/* No word of cal/titles is in it. */
bool lane_title_is_plain(struct text line);

/* The wire of @text when it holds no component and no header line that needs a parser: then
 * nobody has to ask the cage. */
bool lane_wire(const struct buf *text, struct buf *wire);

#endif
