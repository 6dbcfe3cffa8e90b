/* io/worker.h -- threads: one for the store (FIFO), one a core for pure jobs, a few that may
 * wait for files and for the cage, one for short pure jobs that somebody waits for.
 *
 * A job is a baton: whoever holds it owns everything in it. run() happens on a thread of the
 * lane; done() happens exactly once afterwards, on the loop thread, also for a job that was
 * cancelled at shutdown (then run() did not happen and @cancelled is true). */
#ifndef IO_WORKER_H
#define IO_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum lane { LANE_STORE, LANE_SOLVER, LANE_IMPORT, LANE_RENDER, LANE_COUNT };

/* Jobs that may wait in a lane, and the most that a store group takes at once. */
enum {
	WORKER_STORE_QUEUE = 1024,
	WORKER_SOLVER_QUEUE = 32768,
	WORKER_IMPORT_QUEUE = 32768,
	WORKER_RENDER_QUEUE = 32768,
	WORKER_GROUP_MAX = 256
};

struct job {
	void (*run)(struct job *job);		       /* on the lane's thread */
	void (*done)(struct job *job, bool cancelled); /* on the loop thread */
	struct job *next;			       /* the worker's */
};

struct worker;
/* Threads of each lane (at least one); the store and render lanes always have one. Those of the
 * solver and import lanes stand back for the others (nice) when processors are short. NULL when the loop has no
 * room for a wake-up handle; no threads at all ends the program. The loop stays alive until
 * worker_close. */
struct worker *worker_new(uv_loop_t *loop, int solvers, int importers);
/* False when the lane's queue is full or the worker is closing (@job untouched): say so to who
 * asked. Loop thread. */
bool worker_post(struct worker *worker, enum lane lane, struct job *job);
/* The same for a job that somebody waits for: before all that were posted the other way. Not for
 * the store lane, where the order counts. */
bool worker_post_first(struct worker *worker, enum lane lane, struct job *job);
/* Jobs that wait; those that run or wait for their done() are not counted. */
size_t worker_queued(const struct worker *worker, enum lane lane);
/* Store lane only: called on the store thread between groups. @group runs a whole batch of
 * queued jobs (n of them, in order) instead of run() one by one, so that they share a commit. */
void worker_set_group(struct worker *worker, void (*group)(void *ctx, struct job **jobs, size_t n),
		      void *ctx, size_t max_group);
/* Does not block: the loop runs on until it is done. Waits for running jobs, cancels queued
 * ones except on the store lane, which is drained; calls every done(); then @closed, when the
 * worker is gone. NULL is fine (and @closed is not called). */
void worker_close(struct worker *worker, void (*closed)(void *ctx), void *ctx);

#endif
