/* zone_tzif.c -- TZif bytes (RFC 8536) -> the table of a zone.
 *
 *   "TZif" version, six counts | times, type of each, types, abbreviations, ...   (32-bit times)
 *   the same once more with 64-bit times, then "\n" POSIX TZ string "\n"          (version 2 on)
 *
 * The system's files are outside bytes all the same: every count is bounded, every index is
 * checked, times have to rise. */
#include "cal/zone_table.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum {
	HEADER_BYTES = 44,
	TIMES_MAX = 4000, /* zic writes at most 2,000 */
	TYPES_MAX = 256,
	CHARS_MAX = 4096,
	FOOTER_MAX = 256,
	FIRST_YEAR = 1900, /* a rule without any earlier transition begins here */
	LAST_YEAR = 2500,  /* transitions written out go no further */
};

struct block {
	uint32_t isut, isstd, leap, times, types, chars;
	size_t time_bytes;
	const unsigned char *at, *type_of, *type; /* inside the file */
};

struct cursor {
	const unsigned char *p;
	size_t left;
};

static const unsigned char *take(struct cursor *c, size_t n)
{
	const unsigned char *p = c->p;
	if (n > c->left)
		return NULL;
	c->p += n;
	c->left -= n;
	return p;
}

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be_time(const unsigned char *p, size_t bytes)
{
	if (bytes == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool read_block(struct cursor *c, size_t time_bytes, struct block *out, struct err *err)
{
	const unsigned char *h = take(c, HEADER_BYTES);
	if (!h || memcmp(h, "TZif", 4) != 0)
		return err_set(err, ERR_PARSE, "not a TZif file");
	struct block b = {
		.isut = be32(h + 20),
		.isstd = be32(h + 24),
		.leap = be32(h + 28),
		.times = be32(h + 32),
		.types = be32(h + 36),
		.chars = be32(h + 40),
		.time_bytes = time_bytes,
	};
	if (b.times > TIMES_MAX || b.types > TYPES_MAX || b.chars > CHARS_MAX ||
	    b.isut > TYPES_MAX || b.isstd > TYPES_MAX || b.leap > TIMES_MAX)
		return err_set(err, ERR_LIMIT, "a TZif count is over its limit");
	b.at = take(c, b.times * time_bytes);
	b.type_of = take(c, b.times);
	b.type = take(c, (size_t)b.types * 6);
	if (!b.at || !b.type_of || !b.type || !take(c, b.chars) ||
	    !take(c, b.leap * (time_bytes + 4)) || !take(c, b.isstd) || !take(c, b.isut))
		return err_set(err, ERR_PARSE, "the TZif file is cut off");
	*out = b;
	return true;
}

static bool type_offset(const struct block *b, size_t type, int *out, struct err *err)
{
	if (type >= b->types)
		return err_set(err, ERR_PARSE, "a transition has type %zu of %u", type, b->types);
	int32_t offset = (int32_t)be32(b->type + type * 6);
	if (offset <= -ZONE_OFFSET_MAX || offset >= ZONE_OFFSET_MAX)
		return err_set(err, ERR_PARSE, "an offset of %d s", offset);
	*out = offset;
	return true;
}

/* ---- building ------------------------------------------------------------------------------- */

static bool add_written(struct zone_builder *b, const struct block *block, utc_t *last,
			struct err *err)
{
	const utc_t highest = (utc_t)civil_to_day(LAST_YEAR, 1, 1) * DAY_S;
	const utc_t lowest = -((utc_t)1 << 60); /* zic writes -2^59 for "since ever" */
	int offset;
	if (!type_offset(block, 0, &offset, err))
		return false;
	b->zone->offset = xgrow(NULL, 0, &b->cap_offset, sizeof *b->zone->offset);
	b->zone->offset[0] = offset;
	for (size_t i = 0; i < block->times; i++) {
		utc_t at = be_time(block->at + i * block->time_bytes, block->time_bytes);
		if (at < lowest || at > highest || (i > 0 && at <= *last))
			return err_set(err, ERR_PARSE, "transition %zu is out of order", i + 1);
		if (!type_offset(block, block->type_of[i], &offset, err) ||
		    !zone_add_transition(b, at, offset, err))
			return false;
		*last = at;
	}
	return true;
}

/* The list goes on by the yearly rule: from the year of the last written transition, two years to
 * get into step, a cycle, and a year beyond for readings near its end. */
static bool add_rule(struct zone_builder *b, bool any_written, utc_t last, struct err *err)
{
	struct zone *z = b->zone;
	const struct posix_tz *tz = &z->tz;
	const utc_t earliest = (utc_t)civil_to_day(FIRST_YEAR, 1, 1) * DAY_S;
	if (!any_written) {
		z->offset[0] = tz->std_s;
		last = earliest - 1;
	}
	if (!tz->has_dst)
		return true;
	int first = civil_from_day(local_day(last > earliest ? last : earliest)).year;
	for (int year = first; year <= first + 2 + 400 + 1; year++) {
		utc_t dst = posix_when_in(&tz->to_dst, year) - tz->std_s;
		utc_t std = posix_when_in(&tz->to_std, year) - tz->dst_s;
		for (int i = 0; i < 2; i++) {
			bool to_dst = (dst < std) == (i == 0);
			utc_t at = to_dst ? dst : std;
			if (at > last &&
			    !zone_add_transition(b, at, to_dst ? tz->dst_s : tz->std_s, err))
				return false;
		}
	}
	z->fold = (utc_t)civil_to_day(first + 2, 1, 1) * DAY_S + ZONE_CYCLE_S;
	/* What the year after the last one would still have taken back. */
	while (z->n > 0 && z->at[z->n - 1] > z->fold + 400 * (utc_t)DAY_S)
		z->n--;
	return true;
}

static bool read_footer(struct cursor *c, struct zone *zone, struct err *err)
{
	const unsigned char *open = take(c, 1);
	if (!open || *open != '\n')
		return err_set(err, ERR_PARSE, "the TZif file has no footer");
	const unsigned char *close = memchr(c->p, '\n', c->left);
	if (!close || close - c->p > FOOTER_MAX)
		return err_set(err, ERR_PARSE, "the TZif footer has no end");
	if (close == c->p) /* empty: nothing is known about the future */
		return true;
	if (!posix_tz_parse((const char *)c->p, (size_t)(close - c->p), &zone->tz, err))
		return err_wrap(err, "TZif footer");
	zone->has_tz = true;
	return true;
}

static bool fill(struct zone *zone, struct cursor *c, struct err *err)
{
	struct block block;
	bool wide = c->left > 4 && c->p[4] >= '2';
	if (!read_block(c, 4, &block, err))
		return false;
	if (wide && (!read_block(c, 8, &block, err) || !read_footer(c, zone, err)))
		return false;
	if (block.leap > 0)
		return err_set(err, ERR_PARSE, "the zone counts leap seconds");
	struct zone_builder b = {.zone = zone};
	utc_t last = 0;
	return add_written(&b, &block, &last, err) &&
	       (!zone->has_tz || add_rule(&b, block.times > 0, last, err)) &&
	       zone_add_borders(zone, err);
}

bool zone_read(const char *name, const unsigned char *bytes, size_t n, struct zone **out,
	       struct err *err)
{
	if (n > ZONE_FILE_MAX)
		return err_set(err, ERR_LIMIT, "zone %.64s: more than %d bytes", name,
			       ZONE_FILE_MAX);
	struct zone *zone = xcalloc(1, sizeof *zone);
	zone->fold = UTC_MAX;
	(void)snprintf(zone->name, sizeof zone->name, "%s", name);
	struct cursor c = {bytes, n};
	if (!fill(zone, &c, err)) {
		zone_free(zone);
		return err_wrap(err, "zone %.64s", name);
	}
	*out = zone;
	return true;
}
