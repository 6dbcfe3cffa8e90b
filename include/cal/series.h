/* cal/series.h -- the number of what a component says of time: equal content, equal number,
 * whatever its UID, its SEQUENCE and its place in the file are. Fast lane and slow lane make it
 * the same way, property by property in the order of the file. */
#ifndef CAL_SERIES_H
#define CAL_SERIES_H

#include "base/mix.h"
#include "cal/wire.h"

#define SERIES_START MIX_START

static inline uint64_t series_text(const char *p, size_t n)
{
	return n > 0 ? mix_bytes(SERIES_START, p, n) : 0;
}

/* @tzid, @text: series_text of them. */
static inline uint64_t series_add(uint64_t h, enum wire_property property, enum wire_form form,
				  local_t local, int64_t value, uint64_t tzid, uint64_t text)
{
	h = mix_number(h + ((uint64_t)property << 8 | (uint64_t)form), (uint64_t)local);
	return mix_number(h + (uint64_t)value, tzid + 3 * text);
}

#endif
