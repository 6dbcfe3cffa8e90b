/* cal/fastlane_scan.h -- what fastlane_scan.c (lines and components) and fastlane_line.c (one line
 * of an event) share: the state of a scan. Everybody else: cal/fastlane.h. */
#ifndef CAL_FASTLANE_SCAN_H
#define CAL_FASTLANE_SCAN_H

#include "base/buf.h"
#include "cal/contentline.h"
#include "cal/fastlane.h"
#include "cal/wire.h"

#define LANE_TITLES 128

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
	/* line feeds of the block of 64 bytes at @block that were not met yet */
	size_t block, next_block;
	uint64_t lf, cr_before;
	/* the line: its first byte, its end without CR, the first byte of the next one */
	size_t at, end, next;
	int line;
	bool odd, utf8;

	const struct policy *policy;
	const struct timetable_opts *opts;
	const struct import_limits *limits;
	struct lane_file *file;
	size_t components;
	struct lane_slot slots[LANE_ZONES];
	struct lane_slot *slot; /* used last */
	char day_text[9];
	day_t day;
	struct buf joined; /* a folded line */

	struct lane_event now;
	unsigned seen;
	int64_t lines; /* of the event, alarms too */
	struct lane_time start, finish;
	int64_t duration_s, duration_days;
	int title_word;
	struct lane_title titles[LANE_TITLES]; /* looked at, by a number of theirs */
};

/* The masks of the next 64 bytes. */
void lane_load_block(struct lane_scan *s);
/* False at the end of the bytes. */
static inline bool lane_next(struct lane_scan *s)
{
	if (s->next >= s->n)
		return false;
	while (s->lf == 0 && s->next_block < s->n)
		lane_load_block(s);
	size_t lf = s->lf ? s->block + (size_t)__builtin_ctzll(s->lf) : s->n;
	s->lf &= s->lf - 1;
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
