/* cal/zone_table.h -- the inside of a zone, for the zone files and their tests only.
 *
 * A zone is a list of moments at which its offset changes. Where the file's list ends and its
 * footer gives a yearly rule, the list goes on by that rule for a full Gregorian cycle of 400
 * years; after that the calendar, and so the rule, repeats exactly, and a later moment is looked
 * up a whole number of cycles earlier. So every answer is one binary search. */
#ifndef CAL_ZONE_TABLE_H
#define CAL_ZONE_TABLE_H

#include "base/civil.h"
#include "base/err.h"

#define ZONE_NAME_MAX	64	     /* bytes, without the NUL */
#define ZONE_ABBR_MAX	15	     /* "CEST", "+0530" */
#define ZONE_FILE_MAX	(128 * 1024) /* the largest system file has 4 KiB */
#define ZONE_OFFSET_MAX (26 * 3600)  /* RFC 8536 section 3.2: offsets stay below 26 h */
#define ZONE_CYCLE_S	((int64_t)146097 * DAY_S)

/* A POSIX TZ string (POSIX.1-2017 section 8.3 with RFC 8536's hours -167..167). */
enum posix_day {
	POSIX_MONTH,	/* Mm.w.d: weekday d of week w (5: the last) of month m */
	POSIX_JULIAN,	/* Jn: day 1..365, 29 February never counts */
	POSIX_ZERO_DAY, /* n: day 0..365, 29 February counts */
};
struct posix_when {
	enum posix_day form;
	int month, week, weekday; /* 1..12; 1..5; 0 = Sunday */
	int day;
	int second; /* after that day's 00:00, in the wall clock that is ending */
};
struct posix_tz {
	char std_abbr[ZONE_ABBR_MAX + 1], dst_abbr[ZONE_ABBR_MAX + 1];
	int std_s, dst_s; /* east of UTC */
	bool has_dst;
	struct posix_when to_dst, to_std;
};
/* @n bytes; all of them have to be read. ERR_PARSE. */
bool posix_tz_parse(const char *text, size_t n, struct posix_tz *out, struct err *err) NODISCARD;
/* The wall-clock reading at which @when comes in @year. */
local_t posix_when_in(const struct posix_when *when, int year);

struct zone {
	char name[ZONE_NAME_MAX + 1];
	size_t n;
	utc_t *at;	 /* n, rising */
	local_t *border; /* n, rising: local readings below it use the offset before at[i] */
	int32_t *offset; /* n + 1: offset[i] holds before at[i], offset[n] after all */
	utc_t fold;	 /* moments after it are looked up cycles earlier; UTC_MAX: never */
	bool has_tz;	 /* the footer, for abbreviations and the compact VTIMEZONE */
	struct posix_tz tz;
};

/* A TZif file's bytes (RFC 8536, versions 1 to 4) -> a zone, which the caller frees with
 * zone_free unless it goes into the cache. Files with leap seconds are refused: utc_t has none. */
bool zone_read(const char *name, const unsigned char *bytes, size_t n, struct zone **out,
	       struct err *err) NODISCARD;
struct zone *zone_new_fixed(const char *name, int east_s);
void zone_free(struct zone *zone);

/* A zone being made: zone->offset[0] is set (room for one: cap_offset 1), then transitions are
 * added in rising order, then the borders, once. */
struct zone_builder {
	struct zone *zone;
	size_t cap_at, cap_offset;
};
/* From @at on the offset is @after. What changes nothing leaves no transition; of two changes at
 * one moment the later given wins (summer time all year is written as an end and a start that
 * fall together). */
bool zone_add_transition(struct zone_builder *b, utc_t at, int after, struct err *err) NODISCARD;
/* Local readings from which the next offset holds: the later of the two readings at a change, so
 * that one in a gap is read with the offset before it and one in an overlap is the first. */
bool zone_add_borders(struct zone *zone, struct err *err) NODISCARD;

/* The zone of an IANA name in any case, with '_' and ' ' alike; NULL if there is none. */
const struct zone *zone_by_any_case(const char *name, size_t n);
/* Zones whose last part is @city ("amsterdam", "new york"), by rising name: calls @each until it
 * returns false. Names that are no places (Etc/, EST, CET...) are left out. */
void zone_each_of_city(const char *city, size_t n,
		       bool (*each)(void *ctx, const char *name, const struct zone *zone),
		       void *ctx);

/* The Windows name in row @i of the generated table; NULL behind the last. */
const char *winzone_name(size_t i);

#endif
