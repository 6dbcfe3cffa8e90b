/* worker.c -- lanes of threads, each with a bounded queue; finished jobs come back to the loop.
 *
 * A lane is a list under a lock and the threads that take from it. What is done goes to one list
 * under a second lock, and a wake-up of the loop. Nothing else is shared: a job belongs to the
 * lane while it waits and runs, and to the loop before and after. The two locks are never held
 * together. */
#include "io/worker.h"

#include "base/buf.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* done() calls, and how long they may take, before other handles of the loop get their turn */
enum { DONE_A_TURN = 256, DONE_A_TURN_NS = 2000000 };

/* Threads get names of at most 15 bytes; a queue says no when it holds @max jobs. */
static const struct {
	const char *name;
	size_t max;
	int nice; /* nobody waits for an import as somebody waits for a feed */
} lane_table[LANE_COUNT] = {
	[LANE_STORE] = {"store", WORKER_STORE_QUEUE, 0},
	[LANE_SOLVER] = {"solve", WORKER_SOLVER_QUEUE, 5},
	[LANE_IMPORT] = {"import", WORKER_IMPORT_QUEUE, 5},
	[LANE_RENDER] = {"render", WORKER_RENDER_QUEUE, 0},
};

struct queue {
	struct job *head, **tail;
	size_t n;
};

struct lane_threads {
	struct worker *worker;
	enum lane lane;
	pthread_t *threads;
	int n_threads;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* guarded by lock */
	struct queue first, waiting; /* who is in first goes before all of waiting */
	bool stop;
	void (*group)(void *ctx, struct job **jobs, size_t n);
	void *group_ctx;
	size_t max_group;
};

struct worker {
	uv_loop_t *loop;
	uv_async_t wake;
	struct lane_threads *lanes[LANE_COUNT];

	pthread_mutex_t done_lock;
	/* guarded by done_lock */
	struct queue finished;
	int running_threads;

	/* loop thread */
	struct queue ready;	/* finished, done() not called yet */
	struct queue cancelled; /* never ran, done() not called yet */
	bool closing, joined;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static void queue_push(struct queue *q, struct job *job)
{
	job->next = NULL;
	if (!q->head)
		q->tail = &q->head;
	*q->tail = job;
	q->tail = &job->next;
	q->n++;
}

static struct job *queue_pop(struct queue *q)
{
	struct job *job = q->head;
	if (!job)
		return NULL;
	q->head = job->next;
	job->next = NULL;
	q->n--;
	return job;
}

static void queue_move(struct queue *from, struct queue *to)
{
	struct job *job;
	while ((job = queue_pop(from)))
		queue_push(to, job);
}

/* Any thread: hands @n jobs to the loop. */
static void give_back(struct worker *worker, struct job **jobs, size_t n)
{
	(void)pthread_mutex_lock(&worker->done_lock);
	for (size_t i = 0; i < n; i++)
		queue_push(&worker->finished, jobs[i]);
	(void)pthread_mutex_unlock(&worker->done_lock);
	(void)uv_async_send(&worker->wake);
}

/* Waits for work; takes one job, or up to a whole group. 0: the lane is to end. */
static size_t take(struct lane_threads *lane, struct job **jobs)
{
	size_t n = 0;
	(void)pthread_mutex_lock(&lane->lock);
	while (!lane->first.head && !lane->waiting.head && !lane->stop)
		(void)pthread_cond_wait(&lane->wake, &lane->lock);
	size_t most = lane->group ? lane->max_group : 1;
	while (n < most && (lane->first.head || lane->waiting.head))
		jobs[n++] = queue_pop(lane->first.head ? &lane->first : &lane->waiting);
	(void)pthread_mutex_unlock(&lane->lock);
	return n;
}

static void run_jobs(struct lane_threads *lane, struct job **jobs, size_t n)
{
	(void)pthread_mutex_lock(&lane->lock);
	void (*group)(void *, struct job **, size_t) = lane->group;
	void *ctx = lane->group_ctx;
	(void)pthread_mutex_unlock(&lane->lock);
	if (group) {
		group(ctx, jobs, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		jobs[i]->run(jobs[i]);
}

static void *lane_main(void *arg)
{
	struct lane_threads *lane = arg;
	struct worker *worker = lane->worker;
	struct job **jobs = xcalloc(WORKER_GROUP_MAX, sizeof(struct job *));
	size_t n;
	/* On Linux of this thread alone. Refused: then it does not stand back. */
	if (lane_table[lane->lane].nice)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(),
				  getpriority(PRIO_PROCESS, 0) + lane_table[lane->lane].nice);
	while ((n = take(lane, jobs)) > 0) {
		run_jobs(lane, jobs, n);
		give_back(worker, jobs, n);
	}
	xfree(jobs);
	(void)pthread_mutex_lock(&worker->done_lock);
	worker->running_threads--;
	/* sent under the lock: afterwards the loop may join and free everything */
	(void)uv_async_send(&worker->wake);
	(void)pthread_mutex_unlock(&worker->done_lock);
	return NULL;
}

/* Signals belong to the loop thread, so the new threads start with all of them blocked. */
static struct lane_threads *lane_new(struct worker *worker, enum lane id, int n_threads)
{
	struct lane_threads *lane = xcalloc(1, sizeof(*lane));
	lane->worker = worker;
	lane->lane = id;
	(void)pthread_mutex_init(&lane->lock, NULL);
	(void)pthread_cond_init(&lane->wake, NULL);
	lane->threads = xcalloc((size_t)n_threads, sizeof(pthread_t));
	sigset_t all, old;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	for (int i = 0; i < n_threads; i++) {
		int failed = pthread_create(&lane->threads[i], NULL, lane_main, lane);
		if (failed && i == 0) {
			(void)fprintf(stderr, "tandemd: no thread for %s work: %s\n",
				      lane_table[id].name, strerror(failed));
			abort();
		}
		if (failed)
			break; /* fewer threads do the same work later */
		char name[16];
		(void)snprintf(name, sizeof(name), "td-%s-%d", lane_table[id].name, i % 100);
		(void)pthread_setname_np(lane->threads[i], name);
		lane->n_threads++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return lane;
}

static void on_closed(uv_handle_t *handle)
{
	struct worker *worker = handle->data;
	void (*closed)(void *) = worker->closed;
	void *ctx = worker->closed_ctx;
	for (int i = 0; i < LANE_COUNT; i++) {
		struct lane_threads *lane = worker->lanes[i];
		(void)pthread_mutex_destroy(&lane->lock);
		(void)pthread_cond_destroy(&lane->wake);
		xfree(lane->threads);
		xfree(lane);
	}
	(void)pthread_mutex_destroy(&worker->done_lock);
	xfree(worker);
	if (closed)
		closed(ctx);
}

/* All threads have left their loops, so joining does not wait. */
static void join_all(struct worker *worker)
{
	worker->joined = true;
	for (int i = 0; i < LANE_COUNT; i++)
		for (int t = 0; t < worker->lanes[i]->n_threads; t++)
			(void)pthread_join(worker->lanes[i]->threads[t], NULL);
	uv_close((uv_handle_t *)&worker->wake, on_closed);
}

static void on_wake(uv_async_t *async)
{
	struct worker *worker = async->data;
	if (worker->joined)
		return;
	(void)pthread_mutex_lock(&worker->done_lock);
	queue_move(&worker->finished, &worker->ready);
	int threads = worker->running_threads;
	(void)pthread_mutex_unlock(&worker->done_lock);
	struct job *job;
	uint64_t end = uv_hrtime() + DONE_A_TURN_NS;
	for (int i = 0;
	     i < DONE_A_TURN && (i == 0 || uv_hrtime() < end) && (job = queue_pop(&worker->ready));
	     i++)
		job->done(job, false);
	for (int i = 0; i < DONE_A_TURN && (job = queue_pop(&worker->cancelled)); i++)
		job->done(job, true);
	if (worker->ready.head || worker->cancelled.head)
		(void)uv_async_send(&worker->wake);
	else if (worker->closing && threads == 0)
		join_all(worker);
}

struct worker *worker_new(uv_loop_t *loop, int solvers, int importers)
{
	struct worker *worker = xcalloc(1, sizeof(*worker));
	worker->loop = loop;
	if (uv_async_init(loop, &worker->wake, on_wake) != 0) {
		xfree(worker);
		return NULL;
	}
	worker->wake.data = worker;
	(void)pthread_mutex_init(&worker->done_lock, NULL);
	int threads[LANE_COUNT] = {
		[LANE_STORE] = 1,
		[LANE_SOLVER] = solvers > 0 ? solvers : 1,
		[LANE_IMPORT] = importers > 0 ? importers : 1,
		[LANE_RENDER] = 1,
	};
	int started = 0;
	for (int i = 0; i < LANE_COUNT; i++) {
		worker->lanes[i] = lane_new(worker, (enum lane)i, threads[i]);
		started += worker->lanes[i]->n_threads;
	}
	/* no thread can end, and so count down, before worker_close */
	(void)pthread_mutex_lock(&worker->done_lock);
	worker->running_threads = started;
	(void)pthread_mutex_unlock(&worker->done_lock);
	return worker;
}

static bool post(struct lane_threads *to, struct queue *queue, struct job *job)
{
	(void)pthread_mutex_lock(&to->lock);
	bool room = !to->stop && to->first.n + to->waiting.n < lane_table[to->lane].max;
	if (room) {
		queue_push(queue, job);
		(void)pthread_cond_signal(&to->wake);
	}
	(void)pthread_mutex_unlock(&to->lock);
	return room;
}

bool worker_post(struct worker *worker, enum lane lane, struct job *job)
{
	return post(worker->lanes[lane], &worker->lanes[lane]->waiting, job);
}

bool worker_post_first(struct worker *worker, enum lane lane, struct job *job)
{
	return post(worker->lanes[lane], &worker->lanes[lane]->first, job);
}

size_t worker_queued(const struct worker *worker, enum lane lane)
{
	struct lane_threads *of = worker->lanes[lane];
	(void)pthread_mutex_lock(&of->lock);
	size_t n = of->first.n + of->waiting.n;
	(void)pthread_mutex_unlock(&of->lock);
	return n;
}

void worker_set_group(struct worker *worker, void (*group)(void *ctx, struct job **jobs, size_t n),
		      void *ctx, size_t max_group)
{
	struct lane_threads *store = worker->lanes[LANE_STORE];
	(void)pthread_mutex_lock(&store->lock);
	store->group = group;
	store->group_ctx = ctx;
	store->max_group = max_group < 1		  ? 1
			   : max_group > WORKER_GROUP_MAX ? WORKER_GROUP_MAX
							  : max_group;
	(void)pthread_mutex_unlock(&store->lock);
}

void worker_close(struct worker *worker, void (*closed)(void *ctx), void *ctx)
{
	if (!worker || worker->closing)
		return;
	worker->closing = true;
	worker->closed = closed;
	worker->closed_ctx = ctx;
	for (int i = 0; i < LANE_COUNT; i++) {
		struct lane_threads *lane = worker->lanes[i];
		(void)pthread_mutex_lock(&lane->lock);
		lane->stop = true;
		if (lane->lane != LANE_STORE) {
			queue_move(&lane->first, &worker->cancelled);
			queue_move(&lane->waiting, &worker->cancelled);
		}
		(void)pthread_cond_broadcast(&lane->wake);
		(void)pthread_mutex_unlock(&lane->lock);
	}
	(void)uv_async_send(&worker->wake);
}
