/* cal/fastlane_scan.h -- what fastlane_scan.c (lines and components) and fastlane_line.c (one line
 * of an event), fastlane_groups.c (events that are known) and fastlane_zones.c (zones that a file
 * describes) share: the state of a scan.
 * Everybody else: cal/fastlane.h. */
#ifndef CAL_FASTLANE_SCAN_H
#define CAL_FASTLANE_SCAN_H

#include "base/buf.h"
#include "cal/contentline.h"
#include "cal/fastlane.h"
#include "cal/wire.h"

#include <string.h>

#define LANE_TITLES  128
#define LANE_SHAPES  32
#define LANE_STRETCH 4096 /* bytes */

struct lane_time { /* as read */
	local_t local;
	utc_t utc; /* of a DATE: start of that day */
	enum wire_form form;
	uint8_t zone;
};

struct lane_slot {		 /* of a zone of this file */
	struct text params;	 /* ;TZID=Europe/Amsterdam */
	const struct zone *zone; /* NULL: see lane_file.zones */
	uint64_t series;
	local_t from, to; /* readings that have this offset */
	int offset;
};

struct lane_title {
	struct text text; /* in the bytes */
	unsigned match;
	int word; /* of cal/titles, or -1 */
};

/* How a line began that was met before: a name in capitals and the byte behind it. Exports write
 * the same lines in the same order in every event. */
struct lane_shape {
	uint64_t head[2], mask[2];  /* what the first 16 bytes are, and which of them count */
	const struct lane_row *row; /* NULL: it says nothing of time */
	uint8_t k;		    /* bytes of the name */
	uint8_t next;		    /* which shape stood on the next line when it was met last */
};

struct lane_taken {
	struct lane_group *group; /* borrowed from lane_finder.old */
	size_t first;		  /* its first event in the file */
};

/* What finds the groups of the last import again. */
struct lane_finder {
	const struct lane_groups
		*old;	 /* NULL: there are none, or too many were looked for in vain */
	uint32_t *table; /* open addressing, by head: number of a group + 1 */
	size_t mask;
	size_t expected; /* the next group, if the bytes go on as they did; old->n: unknown */
	size_t misses;	 /* that are still allowed */
	struct lane_taken *taken;
	size_t n_taken, cap_taken;
	uint64_t secret;
};

struct lane_scan {
	const char *bytes;
	size_t n;
	/* where lines end, found ahead for a stretch of bytes: mixing the two costs a third */
	uint32_t ends[LANE_STRETCH + 4];
	size_t n_ends, i_end;
	size_t stretch;	    /* the next one */
	uint64_t cr_before; /* the stretch ended in a CR */
	/* the line: its first byte, its end without CR, the first byte of the next one */
	size_t at, end, next;
	int line;
	bool odd, utf8, wide;

	const struct policy *policy;
	const struct timetable_opts *opts;
	struct text own_host;
	const struct import_limits *limits;
	struct lane_file *file;
	size_t components;
	struct lane_slot slots[LANE_ZONES];
	struct lane_slot *slot; /* used last */
	uint64_t day_text;	/* YYYYMMDD, first byte lowest */
	day_t day;
	int day_of_month;
	struct buf joined; /* a folded line */

	struct lane_event *now; /* the open event: the last one of the file */
	unsigned seen;
	int64_t lines; /* of the event, alarms too */
	struct lane_time start, finish;
	int64_t duration_s, duration_days;
	int title_word;
	struct lane_title titles[LANE_TITLES]; /* looked at, by a number of theirs */
	/* by a number of theirs; the last one is met by no line and stands for BEGIN */
	struct lane_shape shapes[LANE_SHAPES + 1];
	uint8_t shape; /* of the line before */
	struct lane_finder finder;
};

/* Finds the line feeds of the next stretch. */
void lane_find_ends(struct lane_scan *s);

/* False at the end of the bytes. */
static inline __attribute__((always_inline)) bool lane_next(struct lane_scan *s)
{
	if (s->next >= s->n)
		return false;
	if (s->i_end == s->n_ends)
		lane_find_ends(s);
	size_t lf = s->ends[s->i_end++];
	s->at = s->next;
	s->end = lf - (lf > s->at && s->bytes[lf - 1] == '\r');
	s->next = lf + 1;
	s->line++;
	return true;
}

static inline bool lane_folded(const struct lane_scan *s)
{
	return s->next < s->n && (s->bytes[s->next] == ' ' || s->bytes[s->next] == '\t');
}

static inline utc_t lane_utc(struct lane_slot *slot, local_t local)
{
	if (local < slot->from || local >= slot->to)
		slot->offset = zone_offset_around(slot->zone, local, &slot->from, &slot->to);
	return local - slot->offset;
}

/* The shape that is expected on this line of an event, when it has it. */
static inline const struct lane_shape *lane_expected(struct lane_scan *s)
{
	uint8_t i = s->shapes[s->shape].next;
	const struct lane_shape *shape = &s->shapes[i];
	uint64_t v[2];
	if (s->n - s->at < sizeof v)
		return NULL;
	memcpy(v, s->bytes + s->at, sizeof v);
	if (((v[0] & shape->mask[0]) ^ shape->head[0]) | ((v[1] & shape->mask[1]) ^ shape->head[1]))
		return NULL;
	s->shape = i;
	return shape;
}

/* Goes on at @to, where a line begins. */
static inline void lane_jump(struct lane_scan *s, size_t to)
{
	s->next = to;
	if (to >= s->stretch) {
		s->stretch = to;
		s->i_end = s->n_ends = 0;
		s->cr_before = 0;
	}
	while (s->i_end < s->n_ends && s->ends[s->i_end] < to)
		s->i_end++;
}

/* Whether times of that zone are still local: fastlane_zones.c places them. */
static inline bool lane_is_open(const struct lane_file *file, uint8_t zone)
{
	return zone == LANE_FLOATING || (zone < LANE_ZONES && !file->zones[zone]);
}

/* Bits of the zones that an event of the fast lane names. */
static inline void lane_note_uses(uint16_t *uses, const struct lane_event *e)
{
	if (!e->slow && e->zone < LANE_ZONES)
		*uses |= (uint16_t)(1u << e->zone);
	if (!e->slow && e->end_zone < LANE_ZONES)
		*uses |= (uint16_t)(1u << e->end_zone);
}

/* Bytes above 127 were met. */
void lane_high_bytes(struct lane_scan *s);
/* The slot of ";TZID=name", made when it is new; NULL when it is none that we hold by just this
 * name. @params live in the bytes. */
struct lane_slot *lane_slot_of(struct lane_scan *s, struct text params);

/* Finds the zones of open times; what it finds none for becomes slow. */
void lane_place(struct lane_file *file, const struct timetable_opts *opts);
/* Makes lane_sieve skip every event. */
void lane_skip_all(struct lane_file *file);

void lane_finder_init(struct lane_finder *finder, const struct lane_groups *groups);
void lane_finder_fini(struct lane_finder *finder);
/* Takes the expected group at an event's BEGIN, at @from in @line, when its bytes stand there.
 * Needs finder.old, as the next one does. */
bool lane_groups_take(struct lane_scan *s, size_t from, int line);
/* Takes the group that begins with the event read last, if there is one. */
void lane_groups_resync(struct lane_scan *s, size_t components_before);
/* Makes the groups of the file: those taken, and new ones of about @size events. */
void lane_groups_keep(struct lane_scan *s, size_t size);

/* Reads the line as one of the open event, with what is folded on. */
void lane_property(struct lane_scan *s);
/* The same, of a line with a shape. */
void lane_property_known(struct lane_scan *s, const struct lane_shape *shape);

#endif
