/* zone.c -- looking things up in a zone's table, moments to wall clocks and back.
 *
 *   spring: the clock goes on          autumn: the clock goes back
 *
 *   local                   /            local     /    /
 *     03:00        .......,'               03:00 .'   ,'
 *     02:00  ,----' gap                    02:00 ,'--'   read twice: the first counts
 *           /                                   /
 *          ----------+--------- UTC        ----------+--------- UTC
 *
 * A reading in the gap takes the offset before it, so 02:30 is 03:30 by the new clock; one in
 * the overlap takes the offset before it too, which is the first of the two. So from local to
 * UTC the offset before a change holds up to the later of its two readings: zone->border. */
#include "cal/zone.h"

#include "cal/zone_table.h"

/* How many of @v (rising) are <= @x. No branch inside: the compiler makes it a conditional move. */
static size_t count_below(const int64_t *v, size_t n, int64_t x)
{
	const int64_t *base = v;
	while (n > 1) {
		size_t half = n / 2;
		base = base[half - 1] <= x ? base + half : base;
		n -= half;
	}
	return (size_t)(base - v) + (n == 1 && *base <= x);
}

/* How far back in time @x is looked up. */
static int64_t cycles_of(const struct zone *zone, int64_t x)
{
	if (x <= zone->fold)
		return 0;
	return ((x - zone->fold - 1) / ZONE_CYCLE_S + 1) * ZONE_CYCLE_S;
}

const char *zone_name(const struct zone *zone)
{
	return zone->name;
}

int zone_offset(const struct zone *zone, utc_t at)
{
	return zone->offset[count_below(zone->at, zone->n, at - cycles_of(zone, at))];
}

local_t zone_to_local(const struct zone *zone, utc_t at)
{
	return at + zone_offset(zone, at);
}

utc_t zone_to_utc(const struct zone *zone, local_t local)
{
	int64_t back = cycles_of(zone, local);
	return local - zone->offset[count_below(zone->border, zone->n, local - back)];
}

int zone_offset_around(const struct zone *zone, local_t local, local_t *from, local_t *to)
{
	int64_t back = cycles_of(zone, local);
	size_t i = count_below(zone->border, zone->n, local - back);
	*from = i > 0 ? zone->border[i - 1] + back : UTC_MIN;
	*to = i < zone->n ? zone->border[i] + back : UTC_MAX;
	/* what is looked up the same number of cycles earlier */
	utc_t past = zone->fold + back + 1;
	*to = *to < past ? *to : past;
	if (back > 0 && *from < past - ZONE_CYCLE_S)
		*from = past - ZONE_CYCLE_S;
	return zone->offset[i];
}

utc_t zone_day_start(const struct zone *zone, day_t day)
{
	local_t midnight = local_at(day, 0);
	utc_t at = zone_to_utc(zone, midnight);
	if (zone_to_local(zone, at) == midnight)
		return at;
	/* Midnight is in a gap; the first moment behind the gap is its change, the last one up to
	 * @at, which zone_to_utc placed behind it by as much as midnight is inside the gap. */
	int64_t back = cycles_of(zone, at);
	return zone->at[count_below(zone->at, zone->n, at - back) - 1] + back;
}

day_t zone_day_of(const struct zone *zone, utc_t at)
{
	return local_day(zone_to_local(zone, at));
}

bool zone_next_transition(const struct zone *zone, utc_t at, utc_t *when, int *before_s,
			  int *after_s)
{
	int64_t back = cycles_of(zone, at);
	size_t i = count_below(zone->at, zone->n, at - back - 1);
	if (i == zone->n)
		return false;
	*when = zone->at[i] + back;
	*before_s = zone->offset[i];
	*after_s = zone->offset[i + 1];
	return true;
}
