/* Planning everyone at once: the suite of thirty coupled programmes (gap to the proven bound,
 * beside one-after-the-other), and 100, 1,000 and 10,000 duos end to end, windows to plans, each
 * component of coupled duos a job, on two threads: with what is tried for so many, and (that the
 * cost is linear) all with what is tried for 10,000. bench_joint [-v] [FIRST [PAST]] */
#include "../joint_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- components -------------------------------------------------------------------------- */

struct job {
	struct joint_duo *duos;
	size_t n;
	struct joint joint;
};

struct jobs {
	const struct joint_world *w;
	struct job *v;
	size_t n, among;
	atomic_size_t next;
};

static size_t root_of(size_t *root, size_t i)
{
	while (root[i] != i)
		i = root[i] = root[root[i]];
	return i;
}

static void couple(size_t *root, size_t *first, size_t thing, size_t duo)
{
	if (first[thing]) {
		size_t a = root_of(root, duo), b = root_of(root, first[thing] - 1);
		root[a > b ? a : b] = a > b ? b : a;
	}
	first[thing] = duo + 1;
}

/* Duos that share a person or a resource in one job. */
static void jobs_init(struct jobs *jobs, const struct joint_world *w)
{
	size_t n = w->task.n;
	size_t *root = xcalloc(n, sizeof *root);
	size_t *first = xcalloc(w->n_persons + 8, sizeof *first);
	*jobs = (struct jobs){.w = w, .v = xcalloc(n, sizeof *jobs->v)};
	for (size_t i = 0; i < n; i++)
		root[i] = i;
	for (size_t i = 0; i < n; i++) {
		const struct joint_duo *duo = &w->joint_duos[i];
		couple(root, first, w->seat[2 * i], i);
		couple(root, first, w->seat[2 * i + 1], i);
		for (size_t k = 0; duo->n_needs && k < duo->needs[0].n; k++)
			couple(root, first, w->n_persons + duo->needs[0].v[k], i);
	}
	size_t *job = xcalloc(n, sizeof *job);
	for (size_t i = 0; i < n; i++) {
		size_t r = root_of(root, i);
		if (r == i)
			job[i] = jobs->n++;
		struct job *to = &jobs->v[job[r]];
		to->duos = xrealloc(to->duos, (to->n + 1) * sizeof *to->duos);
		to->duos[to->n++] = w->joint_duos[i];
	}
	xfree(job);
	xfree(root);
	xfree(first);
}

static void jobs_fini(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->n; i++) {
		joint_fini(&jobs->v[i].joint);
		xfree(jobs->v[i].duos);
	}
	xfree(jobs->v);
}

static void *work(void *ctx)
{
	struct jobs *jobs = ctx;
	struct solve_memory *memory = solve_memory_new();
	for (size_t i; (i = atomic_fetch_add(&jobs->next, 1)) < jobs->n;) {
		struct job *job = &jobs->v[i];
		struct joint_task task = {job->duos, job->n, jobs->w->resources,
					  jobs->w->task.n_resources, jobs->among};
		joint_make(&task, memory, &job->joint);
	}
	solve_memory_free(memory);
	return NULL;
}

struct figures {
	int64_t cost, bound, one_after_another, solves;
	double wall_s, cpu_s;
	size_t jobs, largest;
};

/* @among: as if so many duos were planned at once. */
static struct figures run(const struct joint_world *w, size_t among)
{
	struct figures f = {0};
	struct jobs jobs;
	pthread_t thread;
	jobs_init(&jobs, w);
	jobs.among = among;
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	if (pthread_create(&thread, NULL, work, &jobs) != 0)
		abort();
	work(&jobs);
	pthread_join(thread, NULL);
	f.wall_s = seconds(CLOCK_MONOTONIC) - wall;
	f.cpu_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	f.jobs = jobs.n;
	for (size_t i = 0; i < jobs.n; i++) {
		const struct joint *j = &jobs.v[i].joint;
		f.cost += j->cost;
		f.bound += j->bound;
		f.one_after_another += j->one_after_another;
		f.solves += j->solves;
		f.largest = j->n > f.largest ? j->n : f.largest;
	}
	jobs_fini(&jobs);
	return f;
}

/* ---- the suite --------------------------------------------------------------------------- */

static double above(int64_t cost, int64_t bound)
{
	return 100.0 * (double)(cost - bound) / (double)bound;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void suite(int first, int past, bool verbose)
{
	double gap[JOINT_SUITE], other[JOINT_SUITE], ms[JOINT_SUITE];
	int n = 0, duos = 0;
	double cpu_s = 0;
	for (int i = first; i < past; i++) {
		struct joint_recipe r = joint_suite(i);
		struct joint_world w;
		joint_world_init(&w, &r);
		struct figures f = run(&w, w.task.n);
		joint_world_fini(&w);
		gap[n] = above(f.cost, f.bound);
		other[n] = above(f.one_after_another, f.bound);
		ms[n] = f.cpu_s * 1e3 / r.duos;
		duos += r.duos;
		cpu_s += f.cpu_s;
		if (verbose)
			printf("joint %2d: %3d duos, %u %% of the people shared, %u %% taught: "
			       "cost "
			       "%lld, bound %lld, %.2f %% above; one after the other %.2f %%; "
			       "%.1f ms a duo\n",
			       i, r.duos, r.shared_pct, r.taught_pct, (long long)f.cost,
			       (long long)f.bound, gap[n], other[n], ms[n]);
		n++;
	}
	if (n == 0)
		return;
	double mid = median(gap, n), mid_other = median(other, n), mid_ms = median(ms, n);
	printf("joint suite: %d programmes, %d duos: above the bound median %.2f %%, worst %.2f %% "
	       "(one after the other: %.2f %%, %.2f %%); %.1f ms of CPU a duo (median %.1f, worst "
	       "%.1f)\n",
	       n, duos, mid, gap[n - 1], mid_other, other[n - 1], cpu_s * 1e3 / duos, mid_ms,
	       ms[n - 1]);
}

static void many(int n, int among)
{
	struct joint_recipe r = {.seed = 1,
				 .duos = n,
				 .weeks = 40,
				 .shared_pct = 50,
				 .taught_pct = 52,
				 .experts = 2,
				 .rooms = 3};
	struct joint_world w;
	joint_world_init(&w, &r);
	struct figures f = run(&w, (size_t)among);
	joint_world_fini(&w);
	printf("joint %5d duos, tried as for %5d, windows to plans, 2 threads: %6.2f s, %.2f ms of "
	       "CPU a duo, %zu jobs "
	       "(largest %zu), %.1f solves a duo; %.2f %% above the bound (one after the other "
	       "%.2f %%)\n",
	       n, among, f.wall_s, f.cpu_s * 1e3 / n, f.jobs, f.largest, (double)f.solves / n,
	       above(f.cost, f.bound), above(f.one_after_another, f.bound));
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	int first = argc > 1 + verbose ? atoi(argv[1 + verbose]) : 0;
	int past = argc > 2 + verbose ? atoi(argv[2 + verbose]) : JOINT_SUITE;
	suite(first, past, verbose);
	if (argc > 1 + verbose)
		return 0;
	for (int n = 100; n < 10000; n *= 10)
		many(n, n);
	for (int n = 100; n <= 10000; n *= 10)
		many(n, 10000);
	return 0;
}
