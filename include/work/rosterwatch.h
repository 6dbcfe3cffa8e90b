/* work/rosterwatch.h -- [roster] watch = yes: files that changed are reloaded by themselves, by
 * the same way and with the same hold-back as `tandemctl reload`.
 *
 * The content decides, not the file's date: every few seconds the roster, its includes and closed
 * files are read on an import thread and hashed. What was refused once is not tried again until
 * it changes. Loop thread. */
#ifndef WORK_ROSTERWATCH_H
#define WORK_ROSTERWATCH_H

#include "work/world.h"

struct rosterwatch;
struct rosterwatch *rosterwatch_new(struct world *world); /* begins at once */
/* Closes its timer; freed when that is done and nothing is under way. NULL is fine. */
void rosterwatch_close(struct rosterwatch *watch);

#endif
