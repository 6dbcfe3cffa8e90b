/* zone_table.c -- making and freeing the table of a zone, whatever it is read from. */
#include "cal/zone_table.h"

#include "base/buf.h"

#include <stdio.h>

bool zone_add_transition(struct zone_builder *b, utc_t at, int after, struct err *err)
{
	struct zone *z = b->zone;
	if (z->n > 0 && at < z->at[z->n - 1])
		return err_set(err, ERR_PARSE, "transitions are not in order");
	if (z->n > 0 && at == z->at[z->n - 1])
		z->n--;
	if (z->offset[z->n] == after)
		return true;
	z->at = xgrow(z->at, z->n, &b->cap_at, sizeof *z->at);
	z->offset = xgrow(z->offset, z->n + 1, &b->cap_offset, sizeof *z->offset);
	z->at[z->n++] = at;
	z->offset[z->n] = after;
	return true;
}

bool zone_add_borders(struct zone *z, struct err *err)
{
	z->border = xmalloc(z->n * sizeof *z->border);
	for (size_t i = 0; i < z->n; i++) {
		int32_t before = z->offset[i], after = z->offset[i + 1];
		z->border[i] = z->at[i] + (before > after ? before : after);
		if (i > 0 && z->border[i] <= z->border[i - 1])
			return err_set(err, ERR_PARSE, "two transitions are too close together");
	}
	return true;
}

struct zone *zone_new_fixed(const char *name, int east_s)
{
	struct zone *zone = xcalloc(1, sizeof *zone);
	(void)snprintf(zone->name, sizeof zone->name, "%s", name);
	zone->fold = UTC_MAX;
	zone->offset = xmalloc(sizeof *zone->offset);
	zone->offset[0] = east_s;
	return zone;
}

void zone_free(struct zone *zone)
{
	if (!zone)
		return;
	xfree(zone->at);
	xfree(zone->border);
	xfree(zone->offset);
	xfree(zone);
}
