/* cal/fastlane_scan.h -- what fastlane_scan.c (lines and components) and fastlane_line.c (one line
 * of an event) share: the state of a scan. Everybody else: cal/fastlane.h. */
#ifndef CAL_FASTLANE_SCAN_H
#define CAL_FASTLANE_SCAN_H

#include "base/buf.h"
#include "cal/contentline.h"
#include "cal/fastlane.h"
#include "cal/wire.h"

#define LANE_TITLES  128
#define LANE_STRETCH 4096 /* bytes */

struct lane_time { /* as read */
	local_t local;
	utc_t utc; /* of a DATE: start of that day */
	enum wire_form form;
	uint8_t zone;
};

struct lane_slot {	    /* of a zone of this file */
	struct text params; /* ;TZID=Europe/Amsterdam */
	const struct zone *zone;
	uint64_t series;
	local_t from, to; /* readings that have this offset */
	int offset;
};

struct lane_title {
	struct text text; /* in the bytes */
	unsigned match;
	int word; /* of cal/titles, or -1 */
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
	char day_text[9];
	day_t day;
	struct buf joined; /* a folded line */

	struct lane_event *now; /* the open event: the last one of the file */
	unsigned seen;
	int64_t lines; /* of the event, alarms too */
	struct lane_time start, finish;
	int64_t duration_s, duration_days;
	int title_word;
	struct lane_title titles[LANE_TITLES]; /* looked at, by a number of theirs */
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

/* Reads the line as one of the open event, with what is folded on. */
void lane_property(struct lane_scan *s);

#endif
