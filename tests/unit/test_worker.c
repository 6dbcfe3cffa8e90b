/* test_worker.c -- jobs run once, come back once, in order on the store lane, also at the end. */
#include "base/buf.h"
#include "base/clock.h"
#include "io/worker.h"

#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 20000 };

static uv_loop_t loop;
static struct worker *worker;
static bool closed;

struct item {
	struct job job;
	int number;
	int ran, done, cancelled;
	pthread_t on;
	sem_t *gate; /* run() waits for it */
};

static int order[WORKER_STORE_QUEUE + 8], n_order;
static int n_done, want_done;

static void on_closed(void *ctx)
{
	*(bool *)ctx = true;
}

static void run_item(struct job *job)
{
	struct item *item = (struct item *)job;
	if (item->gate)
		assert_int_equal(sem_wait(item->gate), 0);
	item->ran++;
	item->on = pthread_self();
}

static void done_item(struct job *job, bool cancelled)
{
	struct item *item = (struct item *)job;
	item->done++;
	item->cancelled += cancelled;
	if ((size_t)n_order < sizeof(order) / sizeof(order[0]))
		order[n_order++] = item->number;
	if (++n_done == want_done && worker) {
		worker_close(worker, on_closed, &closed);
		worker = NULL;
	}
}

static int setup(void **state)
{
	(void)state;
	closed = false;
	n_order = n_done = want_done = 0;
	return uv_loop_init(&loop) || !(worker = worker_new(&loop, 3, 2));
}

/* Every test ends with an empty loop. */
static int teardown(void **state)
{
	(void)state;
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_true(closed);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static struct item *items_new(int n)
{
	struct item *items = xcalloc((size_t)n, sizeof(*items));
	for (int i = 0; i < n; i++)
		items[i] = (struct item){.job = {.run = run_item, .done = done_item}, .number = i};
	return items;
}

static void close_now(void)
{
	worker_close(worker, on_closed, &closed);
	worker = NULL;
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
}

static void many_jobs_run_once_elsewhere(void **state)
{
	(void)state;
	struct item *items = items_new(MANY);
	want_done = MANY;
	for (int i = 0; i < MANY; i++)
		assert_true(worker_post(worker, i % 2 ? LANE_SOLVER : LANE_IMPORT, &items[i].job));
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(items[i].ran, 1);
		assert_int_equal(items[i].done, 1);
		assert_int_equal(items[i].cancelled, 0);
		assert_false(pthread_equal(items[i].on, pthread_self()));
	}
	assert_int_equal(n_done, MANY);
	xfree(items);
}

static void store_lane_keeps_order_and_says_no(void **state)
{
	(void)state;
	sem_t gate;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	int n = WORKER_STORE_QUEUE + 1;
	struct item *items = items_new(n + 1);
	items[0].gate = &gate;
	assert_true(worker_post(worker, LANE_STORE, &items[0].job));
	while (worker_queued(worker, LANE_STORE) > 0) /* until the thread holds it */
		;
	for (int i = 1; i < n; i++)
		assert_true(worker_post(worker, LANE_STORE, &items[i].job));
	assert_int_equal(worker_queued(worker, LANE_STORE), WORKER_STORE_QUEUE);
	items[n].job.next = (struct job *)&gate;
	assert_false(worker_post(worker, LANE_STORE, &items[n].job));
	assert_ptr_equal(items[n].job.next, &gate); /* untouched */
	/* other lanes do not care */
	items[n].number = -1;
	assert_true(worker_post(worker, LANE_SOLVER, &items[n].job));
	want_done = n + 1;
	while (n_done < 1)
		(void)uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(order[0], -1);
	assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(order[i + 1], i);
	assert_int_equal(sem_destroy(&gate), 0);
	xfree(items);
}

static int begun[8], n_begun; /* by the render lane, which has one thread */

static void begin_item(struct job *job)
{
	run_item(job);
	begun[n_begun++] = ((struct item *)job)->number;
}

static void who_is_waited_for_goes_first(void **state)
{
	(void)state;
	sem_t gate;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	struct item *items = items_new(6);
	n_begun = 0;
	for (int i = 0; i < 6; i++)
		items[i].job.run = begin_item;
	items[0].gate = &gate;
	assert_true(worker_post(worker, LANE_RENDER, &items[0].job));
	while (worker_queued(worker, LANE_RENDER) > 0)
		;
	for (int i = 1; i < 4; i++)
		assert_true(worker_post(worker, LANE_RENDER, &items[i].job));
	assert_true(worker_post_first(worker, LANE_RENDER, &items[4].job));
	assert_true(worker_post_first(worker, LANE_RENDER, &items[5].job));
	assert_int_equal(worker_queued(worker, LANE_RENDER), 5);
	want_done = 6;
	assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	const int expected[] = {0, 4, 5, 1, 2, 3};
	assert_memory_equal(begun, expected, sizeof expected);
	assert_int_equal(sem_destroy(&gate), 0);
	xfree(items);
}

struct groups {
	sem_t entered, go;
	size_t sizes[64];
	size_t n;
	int next; /* number of the job that must come next */
	bool in_order;
};

static void group(void *ctx, struct job **jobs, size_t n)
{
	struct groups *g = ctx;
	(void)sem_post(&g->entered);
	while (sem_wait(&g->go) != 0)
		;
	g->sizes[g->n++] = n;
	for (size_t i = 0; i < n; i++) {
		struct item *item = (struct item *)jobs[i];
		g->in_order &= item->number == g->next++;
		item->ran++;
	}
}

static void what_is_queued_is_one_group(void **state)
{
	(void)state;
	struct groups g = {.in_order = true};
	assert_int_equal(sem_init(&g.entered, 0, 0), 0);
	assert_int_equal(sem_init(&g.go, 0, 0), 0);
	worker_set_group(worker, group, &g, 10);
	struct item *items = items_new(24);
	want_done = 24;
	assert_true(worker_post(worker, LANE_STORE, &items[0].job));
	assert_int_equal(sem_wait(&g.entered), 0); /* the first is in the group alone */
	for (int i = 1; i < 24; i++)
		assert_true(worker_post(worker, LANE_STORE, &items[i].job));
	for (int i = 0; i < 4; i++)
		assert_int_equal(sem_post(&g.go), 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(g.n, 4);
	size_t sizes[] = {1, 10, 10, 3};
	assert_memory_equal(g.sizes, sizes, sizeof(sizes));
	assert_true(g.in_order);
	for (int i = 0; i < 24; i++)
		assert_int_equal(items[i].ran + items[i].done, 2);
	assert_int_equal(sem_destroy(&g.entered) + sem_destroy(&g.go), 0);
	xfree(items);
}

static void close_drains_the_store_and_cancels_the_rest(void **state)
{
	(void)state;
	sem_t gate;
	assert_int_equal(sem_init(&gate, 0, 0), 0);
	struct item *store = items_new(50), *solve = items_new(50);
	for (int i = 0; i < 3; i++)
		solve[i].gate = &gate;
	store[0].gate = &gate;
	for (int i = 0; i < 50; i++) {
		assert_true(worker_post(worker, LANE_STORE, &store[i].job));
		assert_true(worker_post(worker, LANE_SOLVER, &solve[i].job));
	}
	while (worker_queued(worker, LANE_SOLVER) > 47 || worker_queued(worker, LANE_STORE) > 49)
		;
	struct worker *w = worker;
	worker_close(w, on_closed, &closed);
	worker = NULL;
	struct item late = {.job = {.run = run_item, .done = done_item}};
	assert_false(worker_post(w, LANE_STORE, &late.job));
	for (int i = 0; i < 20 && n_done < 47; i++)
		(void)uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(n_done, 47); /* the cancelled ones do not wait for the running ones */
	assert_false(closed);
	for (int i = 0; i < 4; i++)
		assert_int_equal(sem_post(&gate), 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_true(closed);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(store[i].ran, 1);
		assert_int_equal(store[i].done, 1);
		assert_int_equal(store[i].cancelled, 0);
		assert_int_equal(solve[i].done, 1);
		assert_int_equal(solve[i].ran, i < 3);
		assert_int_equal(solve[i].cancelled, i >= 3);
	}
	assert_int_equal(late.ran + late.done, 0);
	assert_int_equal(sem_destroy(&gate), 0);
	xfree(store);
	xfree(solve);
}

/* done() may post again: a chain of jobs through all lanes. */
static void done_chain(struct job *job, bool cancelled)
{
	struct item *item = (struct item *)job;
	assert_false(cancelled);
	item->number++;
	if (item->number < 300)
		assert_true(worker_post(worker, (enum lane)(item->number % LANE_COUNT), job));
	else
		worker_close(worker, on_closed, &closed);
}

static void done_may_post(void **state)
{
	(void)state;
	struct item item = {.job = {.run = run_item, .done = done_chain}};
	assert_true(worker_post(worker, LANE_STORE, &item.job));
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(item.ran, 300);
}

static void run_looks_at_its_thread(struct job *job)
{
	struct item *item = (struct item *)job;
	char name[16] = "";
	sigset_t mask;
	(void)pthread_getname_np(pthread_self(), name, sizeof(name));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	item->ran = strncmp(name, "td-", 3) == 0 && sigismember(&mask, SIGTERM) == 1;
}

static void threads_have_names_and_no_signals(void **state)
{
	(void)state;
	struct item *items = items_new(LANE_COUNT);
	want_done = LANE_COUNT;
	for (int i = 0; i < LANE_COUNT; i++) {
		items[i].job.run = run_looks_at_its_thread;
		assert_true(worker_post(worker, (enum lane)i, &items[i].job));
	}
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (int i = 0; i < LANE_COUNT; i++)
		assert_int_equal(items[i].ran, 1);
	sigset_t mask;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0); /* ours are as they were */
	xfree(items);
}

static void closing_an_idle_worker_ends(void **state)
{
	(void)state;
	worker_close(NULL, on_closed, &closed);
	assert_false(closed);
	close_now();
	assert_true(closed);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(many_jobs_run_once_elsewhere),
		T(store_lane_keeps_order_and_says_no),
		T(who_is_waited_for_goes_first),
		T(what_is_queued_is_one_group),
		T(close_drains_the_store_and_cancels_the_rest),
		T(done_may_post),
		T(threads_have_names_and_no_signals),
		T(closing_an_idle_worker_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
