/* test_watch.c -- real folders on a real loop: what is written, renamed into place, removed and
 * comes back is told, what is none of our business is not. */
#include "io/watch.h"

#include "base/buf.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { PATHS = 4, LONG_MS = 20000 };

static const struct watch_pace pace = {50, 300, 100, 0};

struct world {
	char root[64];
	uv_loop_t loop;
	struct watch *watch;
	char *paths[PATHS];
	int told[PATHS];
};

static void changed(void *ctx, size_t index)
{
	struct world *w = ctx;
	w->told[index]++;
}

static void on_timer(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Runs the loop for @ms; ends earlier when paths[@index] was told. */
static bool wait_told(struct world *w, int index, int ms)
{
	uv_timer_t timer;
	bool over = false;
	timer.data = &over;
	(void)uv_timer_init(&w->loop, &timer);
	(void)uv_timer_start(&timer, on_timer, (uint64_t)ms, 0);
	while (!over && (index < 0 || w->told[index] == 0))
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	(void)uv_run(&w->loop, UV_RUN_NOWAIT);
	return index >= 0 && w->told[index] > 0;
}

static void forget(struct world *w)
{
	memset(w->told, 0, sizeof w->told);
}

static void expect_told(struct world *w, int index)
{
	if (!wait_told(w, index, LONG_MS))
		fail_msg("%s was not told", w->paths[index]);
	(void)wait_told(w, -1, (int)pace.quiet_ms + 50);
	for (int i = 0; i < PATHS; i++)
		if (i != index && w->told[i] > 0)
			fail_msg("%s was told, and not only %s", w->paths[i], w->paths[index]);
	assert_int_equal(w->told[index], 1);
	forget(w);
}

static void put(const struct world *w, const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", w->root, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void rename_in(const struct world *w, const char *from, const char *to)
{
	char a[128], b[128];
	(void)snprintf(a, sizeof a, "%s/%s", w->root, from);
	(void)snprintf(b, sizeof b, "%s/%s", w->root, to);
	assert_int_equal(rename(a, b), 0);
}

static void make(const struct world *w, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", w->root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void drop(const struct world *w, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", w->root, name);
	assert_int_equal(remove(path), 0);
}

static void run_until_folders(struct world *w, size_t n)
{
	for (int i = 0; watch_folders(w->watch) != n; i++) {
		if (i == 200)
			fail_msg("%zu folders are watched, not %zu", watch_folders(w->watch), n);
		(void)wait_told(w, -1, 50);
	}
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);
	memcpy(w->root, "/tmp/test-watch-XXXXXX", sizeof "/tmp/test-watch-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	assert_int_equal(uv_loop_init(&w->loop), 0);
	make(w, "in");
	make(w, "in/dir");
	put(w, "in/anna.ics", "a");
	w->paths[0] = xasprintf("%s/in/anna.ics", w->root);
	w->paths[1] = xasprintf("%s/in/dir/", w->root);
	w->paths[2] = xasprintf("%s/later/bram.ics", w->root);
	w->watch = watch_new(&w->loop, &pace, changed, w);
	watch_set(w->watch, (const char *const *)w->paths, PATHS); /* the last is NULL */
	run_until_folders(w, 2);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	watch_close(w->watch);
	while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(uv_loop_close(&w->loop), 0);
	char *command = xasprintf("rm -rf %s", w->root);
	assert_int_equal(system(command), 0);
	xfree(command);
	for (int i = 0; i < PATHS; i++)
		xfree(w->paths[i]);
	xfree(w);
	return 0;
}

/* ---- the cases ---- */

static void test_a_file(void **state)
{
	struct world *w = *state;
	put(w, "in/anna.ics", "other");
	expect_told(w, 0);
	put(w, "in/anna.tmp", "aside");
	rename_in(w, "in/anna.tmp", "in/anna.ics");
	expect_told(w, 0);
	drop(w, "in/anna.ics");
	expect_told(w, 0);
	put(w, "in/anna.ics", "again");
	expect_told(w, 0);
	put(w, "in/other.ics", "a neighbour");
	assert_false(wait_told(w, 0, (int)pace.quiet_ms + 100));
	assert_int_equal(w->told[1], 0);
}

static void test_many_writes_are_few_tellings(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 20; i++) {
		put(w, "in/anna.ics", "more");
		(void)wait_told(w, -1, 5);
	}
	assert_true(wait_told(w, 0, LONG_MS));
	(void)wait_told(w, -1, 3 * (int)pace.quiet_ms);
	assert_in_range(w->told[0], 1, 4); /* once, but for a machine that is busy otherwise */
}

static void test_a_file_that_is_never_quiet_is_told(void **state)
{
	struct world *w = *state;
	for (int i = 0; i < 80 && w->told[0] == 0; i++) {
		put(w, "in/anna.ics", "more");
		(void)wait_told(w, -1, 10);
	}
	assert_true(w->told[0] > 0);
}

static void test_a_directory(void **state)
{
	struct world *w = *state;
	put(w, "in/dir/a.ics", "one");
	expect_told(w, 1);
	put(w, "in/dir/a.tmp", "two");
	assert_false(wait_told(w, 1, (int)pace.quiet_ms + 100));
	rename_in(w, "in/dir/a.tmp", "in/dir/b.ics");
	expect_told(w, 1);
	drop(w, "in/dir/a.ics");
	expect_told(w, 1);
}

static void test_a_directory_that_is_exchanged(void **state)
{
	struct world *w = *state;
	make(w, "in/new");
	put(w, "in/new/a.ics", "one");
	rename_in(w, "in/dir", "in/old");
	rename_in(w, "in/new", "in/dir");
	expect_told(w, 1);
	put(w, "in/old/b.ics", "nobody's");
	assert_false(wait_told(w, 1, (int)pace.quiet_ms + 100));
	run_until_folders(w, 2);
	put(w, "in/dir/c.ics", "one more");
	expect_told(w, 1);
}

static void test_a_folder_that_comes_goes_and_comes(void **state)
{
	struct world *w = *state;
	make(w, "later");
	put(w, "later/bram.ics", "one");
	expect_told(w, 2);
	put(w, "later/bram.ics", "two");
	expect_told(w, 2);
	drop(w, "later/bram.ics");
	drop(w, "later");
	assert_true(wait_told(w, 2, LONG_MS));
	run_until_folders(w, 2);
	(void)wait_told(w, -1, 3 * (int)pace.quiet_ms);
	forget(w);
	make(w, "later");
	put(w, "later/bram.ics", "three");
	expect_told(w, 2);
}

static void test_a_parent_that_is_exchanged(void **state)
{
	struct world *w = *state;
	make(w, "in2");
	put(w, "in2/anna.ics", "elsewhere");
	rename_in(w, "in", "old");
	rename_in(w, "in2", "in");
	assert_true(wait_told(w, 0, LONG_MS));
	run_until_folders(w, 1); /* there is no in/dir any more */
	(void)wait_told(w, -1, 3 * (int)pace.quiet_ms);
	forget(w);
	put(w, "in/anna.ics", "changed");
	expect_told(w, 0);
}

static void test_paths_are_replaced(void **state)
{
	struct world *w = *state;
	const char *two[] = {w->paths[0], NULL, w->paths[0]};
	watch_set(w->watch, two, 3);
	run_until_folders(w, 1);
	put(w, "in/dir/a.ics", "nobody's");
	put(w, "in/anna.ics", "two sources");
	assert_true(wait_told(w, 0, LONG_MS));
	assert_int_equal(w->told[2], 1);
	assert_int_equal(w->told[1], 0);
	watch_set(w->watch, NULL, 0);
	run_until_folders(w, 0);
	for (int i = 0; i < 50; i++) { /* while probes are under way */
		watch_set(w->watch, two, 3);
		watch_set(w->watch, (const char *const *)w->paths, PATHS);
		if (i % 3 == 0)
			(void)uv_run(&w->loop, UV_RUN_NOWAIT);
	}
	run_until_folders(w, 2);
	watch_set(w->watch, two, 3); /* and closed in the middle */
}

static void test_a_thousand_files_are_one_watch(void **state)
{
	struct world *w = *state;
	enum { N = 1000 };
	char **paths = xcalloc(N, sizeof *paths);
	for (int i = 0; i < N; i++)
		paths[i] = xasprintf("%s/in/%d.ics", w->root, i);
	watch_set(w->watch, (const char *const *)paths, N);
	(void)wait_told(w, -1, 300);
	run_until_folders(w, 1);
	for (int i = 0; i < N; i++)
		xfree(paths[i]);
	xfree(paths);
}

static void test_folders_that_are_too_many_are_counted(void **state)
{
	struct world *w = *state;
	struct watch_pace few = pace;
	few.folders = 1;
	watch_close(w->watch);
	w->watch = watch_new(&w->loop, &few, changed, w);
	assert_int_equal(watch_left_out(w->watch), 0);
	watch_set(w->watch, (const char *const *)w->paths, PATHS);
	for (int i = 0; watch_left_out(w->watch) != 1; i++) {
		assert_true(i < 200);
		(void)wait_told(w, -1, 50);
	}
	assert_int_equal(watch_folders(w->watch), 1);
	watch_set(w->watch, NULL, 0);
	assert_int_equal(watch_left_out(w->watch), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_a_file),
		CASE(test_many_writes_are_few_tellings),
		CASE(test_a_file_that_is_never_quiet_is_told),
		CASE(test_a_directory),
		CASE(test_a_directory_that_is_exchanged),
		CASE(test_a_folder_that_comes_goes_and_comes),
		CASE(test_a_parent_that_is_exchanged),
		CASE(test_paths_are_replaced),
		CASE(test_a_thousand_files_are_one_watch),
		CASE(test_folders_that_are_too_many_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
