/* work/start.h -- from files to the first publication (design 7-operations, "Start").
 *
 * The store is read first, so that feeds are served at once as they were; the roster on disk is
 * taken afterwards by the same way as a reload. Only a first start has nothing to show before
 * the roster has been read. */
#ifndef WORK_START_H
#define WORK_START_H

#include "work/world.h"

struct start_options {
	const char *clock; /* the --clock argument, or NULL */
};

/* Loop thread. @done once: @err NULL when something is being served. */
typedef void start_done_fn(void *ctx, const struct err *err, const struct faults *faults);
void start_world(struct world *world, const struct start_options *options, start_done_fn *done,
		 void *ctx);

/* Checks configuration and roster, as `tandemd -t` does; true when there is no fault. */
bool start_check(const char *conf_path, struct faults *faults) NODISCARD;

#endif
