/* world.c -- swapping the served publication. */
#include "work/world.h"

#include "base/log.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/reload.h"
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
	return world->changes == 0 && !world->reloading && importer_idle(world->importer) &&
	       replanner_idle(world->replanner) && mailer_idle(world);
}

void world_note_reload(struct world *world, const struct reload *reload, const struct err *err)
{
	for (size_t i = 0; i < reload->faults.n; i++)
		log_event(LOG_WARN, "reload", "fault", reload->faults.v[i]);
	if (!err) {
		log_event(LOG_INFO, "reload", "by,hash", reload->who, reload->hash);
		return;
	}
	log_event(LOG_WARN, "reload", "by,error", reload->who, err->text);
	world->roster.stale = true;
	xfree(world->roster.why);
	world->roster.why = xstrdup(err->text);
}

void world_roster_current(struct world *world)
{
	world->roster.stale = false;
	xfree(world->roster.why);
	world->roster.why = NULL;
}
