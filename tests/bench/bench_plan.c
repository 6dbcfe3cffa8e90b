/* Time per duo for windows, candidates and the whole plan: years of 40 weeks, 200 open days, 75 h,
 * two random timetables of 25 to 50 % each. bench_plan [SEED] [DUOS] */
#include "../unit/plan_world.h"

#include "plan/candidate.h"
#include "plan/solve.h"

#include <time.h>

#define REPEATS 3

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct times {
	double windows, candidates, plan;
};

static struct times time_duo(const struct world *w, struct solve_memory *memory, size_t *sessions)
{
	struct times best = {1e9, 1e9, 1e9};
	for (int i = 0; i < REPEATS; i++) {
		struct shared shared;
		struct candidates c;
		struct plan plan;
		double t0 = now_us();
		shared_init(&shared, &w->task, 0, w->days.n);
		double t1 = now_us();
		candidates_init(&c, &w->task, &shared, w->task.now);
		double t2 = now_us();
		plan_make_in(&w->task, memory, &plan);
		double t3 = now_us();
		best.windows = t1 - t0 < best.windows ? t1 - t0 : best.windows;
		best.candidates = t2 - t1 < best.candidates ? t2 - t1 : best.candidates;
		best.plan = t3 - t2 < best.plan ? t3 - t2 : best.plan;
		*sessions = plan.n;
		plan_fini(&plan);
		candidates_fini(&c);
		shared_fini(&shared);
	}
	return best;
}

static void print(const char *what, double *us, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += us[i];
	qsort(us, (size_t)n, sizeof *us, by_value);
	printf("%-11s median %7.1f us  mean %7.1f us  slowest %7.1f us\n", what, us[n / 2], sum / n,
	       us[n - 1]);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int n = argc > 2 ? atoi(argv[2]) : 200;
	if (n < 1)
		n = 1;
	double *us = xcalloc((size_t)n * 3, sizeof *us);
	size_t sessions = 0, all = 0;
	struct solve_memory *memory = solve_memory_new();
	for (int i = 0; i < n; i++) {
		struct world w;
		world_plain(&w, seed + (uint64_t)i, 40, 25 + (unsigned)(i % 26));
		struct times t = time_duo(&w, memory, &sessions);
		us[i] = t.windows;
		us[n + i] = t.candidates;
		us[2 * n + i] = t.plan;
		all += sessions;
		world_fini(&w);
	}
	printf("plan: %d duo-years, %zu sessions\n", n, all);
	print("windows", us, n);
	print("candidates", us + n, n);
	print("whole plan", us + 2 * n, n);
	solve_memory_free(memory);
	xfree(us);
	return 0;
}
