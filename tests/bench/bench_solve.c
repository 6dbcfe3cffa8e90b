/* Solve times at the size of a year: D = 190, U = 300, lengths 4..16 on 55 % of the days, 200
 * instances; side by side with the plain reference and, where cbc is installed, with CBC on the
 * same instances. bench_solve [SEED] */
#include "../solve/reference.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INSTANCES 200
#define REPEATS	  5
#define WITH_CBC  5

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static const char *const kernel_names[SOLVE_KERNELS] = {
	[SOLVE_PORTABLE_32] = "portable 32",
	[SOLVE_PORTABLE_64] = "portable 64",
	[SOLVE_AVX2_32] = "avx2 32",
	[SOLVE_AVX2_64] = "avx2 64",
};

/* Best of REPEATS runs, so that a neighbour on the core does not count as ours. */
static bool time_one(enum solve_kernel kernel, const struct solve_instance *in,
		     struct solve_memory *memory, double *ms)
{
	for (int i = 0; i < REPEATS; i++) {
		struct solve_plan plan;
		double from = now_ms();
		if (!solve_with(kernel, in, memory, &plan))
			return false;
		double took = now_ms() - from;
		xfree(plan.v);
		if (i == 0 || took < *ms)
			*ms = took;
	}
	return true;
}

static double bench_kernel(enum solve_kernel kernel, const struct solve_instance *in)
{
	struct solve_memory *memory = solve_memory_new();
	double ms[INSTANCES];

	for (int i = 0; i < INSTANCES; i++) {
		if (!time_one(kernel, &in[i], memory, &ms[i])) {
			printf("solve %-12s not on this machine\n", kernel_names[kernel]);
			solve_memory_free(memory);
			return 0;
		}
	}
	qsort(ms, INSTANCES, sizeof(*ms), by_value);
	printf("solve %-12s median %.4f ms  worst %.4f ms  memory %zu KiB\n", kernel_names[kernel],
	       ms[INSTANCES / 2], ms[INSTANCES - 1], solve_memory_peak(memory) / 1024);
	solve_memory_free(memory);
	return ms[INSTANCES / 2];
}

/* The cost CBC proves, and its CPU time. tests/tools/solve_mip.py writes the model. */
static bool run_cbc(const struct solve_instance *in, double *cpu_ms, double *cost)
{
	char lp[] = "/tmp/bench-solve-XXXXXX", command[256], line[256];
	int fd = mkstemp(lp);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool found = false;

	if (!file)
		return false;
	fprintf(file,
		"days %d\nunits %d\ncadence %d\nmin_gap %d\nw_gap %lld\nw_even %lld\n"
		"w_unused %lld\n",
		in->days, in->units, in->cadence, in->min_gap, (long long)in->w_gap,
		(long long)in->w_even, (long long)in->w_unused);
	for (size_t i = 0; i < in->n_slots; i++)
		fprintf(file, "slot %d %d %lld\n", in->slots[i].day, in->slots[i].units,
			(long long)in->slots[i].cost);
	(void)fclose(file);
	(void)snprintf(command, sizeof(command), "/usr/bin/python3 tests/tools/solve_mip.py %s",
		       lp);
	FILE *out = popen(command, "r");
	while (out && fgets(line, sizeof(line), out))
		found |= sscanf(line, "cost %lf cpu %lf", cost, cpu_ms) == 2;
	found &= out && pclose(out) == 0;
	*cpu_ms *= 1e3;
	(void)unlink(lp);
	return found;
}

/* Whether CBC proves the same optima, where it is there. */
static bool bench_cbc(const struct solve_instance *in, double median)
{
	struct solve_memory *memory = solve_memory_new();
	double sum = 0;
	int equal = 0;

	if (system("command -v cbc >/dev/null 2>&1") != 0) {
		printf("solve: cbc is not installed (coinor-cbc), skipped\n");
		solve_memory_free(memory);
		return true;
	}
	for (int i = 0; i < WITH_CBC; i++) {
		struct solve_plan plan;
		double cpu = 0, cost = 0;
		solve(&in[i], memory, &plan);
		xfree(plan.v);
		if (!run_cbc(&in[i], &cpu, &cost)) {
			printf("solve: cbc gave no optimum\n");
			solve_memory_free(memory);
			return false;
		}
		bool same = cost == (double)plan.cost;
		printf("solve cbc          instance %d: optimum %.0f, ours %lld%s, %.1f ms of "
		       "CPU\n",
		       i + 1, cost, (long long)plan.cost, same ? "" : ": DIFFERS", cpu);
		equal += same;
		sum += cpu;
	}
	printf("solve cbc          mean %.1f ms of CPU, %.0f times ours (goal 1,000); %d of %d "
	       "optima equal\n",
	       sum / WITH_CBC, sum / WITH_CBC / median, equal, WITH_CBC);
	solve_memory_free(memory);
	return equal == WITH_CBC;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	static struct solve_instance in[INSTANCES];
	double median = 0, reference = 0;

	printf("solve: seed %llu, D 190, U 300, lengths 4..16 on 55 %% of the days, %d instances, "
	       "best of %d "
	       "runs each\n",
	       (unsigned long long)seed, INSTANCES, REPEATS);
	for (int i = 0; i < INSTANCES; i++)
		in[i] = reference_year(&seed, 190, 300, 0, 2);
	for (int k = 0; k < SOLVE_KERNELS; k++) {
		double ms = bench_kernel((enum solve_kernel)k, in);
		if (ms > 0 && (median == 0 || ms < median))
			median = ms;
	}
	for (int i = 0; i < 10; i++) {
		struct solve_plan plan;
		double from = now_ms();
		reference_solve(&in[i], &plan);
		reference += (now_ms() - from) / 10;
		xfree(plan.v);
	}
	printf("solve              best median %.4f ms (goal 0.15)\n", median);
	printf("solve reference    mean %.2f ms, %.0f times ours\n", reference, reference / median);
	bool equal = bench_cbc(in, median);
	for (int i = 0; i < INSTANCES; i++)
		reference_year_free(&in[i]);
	return equal ? 0 : 1;
}
