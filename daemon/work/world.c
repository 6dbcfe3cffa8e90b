/* world.c -- swapping the served publication. */
#include "work/world.h"

#include "work/importer.h"
#include "work/replan.h"

void world_adopt(struct world *world)
{
	struct publication *next = atomic_exchange(&world->pending, NULL);
	if (!next)
		return;
	publication_unref(world->now);
	world->now = next;
}

bool world_idle(const struct world *world)
{
	return world->changes == 0 && importer_idle(world->importer) &&
	       replanner_idle(world->replanner);
}
