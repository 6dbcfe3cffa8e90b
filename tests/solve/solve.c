/* solve FILE: the optimum of one instance (design 8, "Solver file"), so that anybody can compare
 * our solver with another. Prints `cost N` and the sessions, or refuses with FILE:LINE. */
#include "base/buf.h"
#include "plan/instance.h"
#include "plan/solve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 30)

static bool read_file(const char *path, struct buf *out, struct err *err)
{
	static char block[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		return err_set(err, errno == ENOENT ? ERR_NOTFOUND : ERR_IO, "cannot open: %s",
			       strerror(errno));
	while ((n = fread(block, 1, sizeof(block), file)) > 0 && out->n + n <= FILE_MAX)
		buf_add(out, block, n);
	bool failed = ferror(file) != 0;
	int error = errno;
	(void)fclose(file);
	if (failed)
		return err_set(err, ERR_IO, "cannot read: %s", strerror(error));
	if (n > 0)
		return err_set(err, ERR_LIMIT, "larger than %zu bytes", FILE_MAX);
	return true;
}

static int print_plan(const struct solve_instance *instance)
{
	struct solve_memory *memory = solve_memory_new();
	struct solve_plan plan;
	struct solve_cost cost;
	int status = 0;

	solve(instance, memory, &plan);
	if (!solve_cost(instance, plan.v, plan.n, &cost) || cost.total != plan.cost) {
		fprintf(stderr, "solve: the plan found does not cost what the solver says; "
				"please report this file\n");
		status = err_exit_status(ERR_BUG);
	} else {
		printf("cost %lld\n", (long long)plan.cost);
		for (size_t i = 0; i < plan.n; i++)
			printf("session %d %d\n", plan.v[i].day, plan.v[i].units);
	}
	xfree(plan.v);
	solve_memory_free(memory);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "solve: cannot write: %s\n", strerror(errno));
		status = err_exit_status(ERR_IO);
	}
	return status;
}

int main(int argc, char **argv)
{
	struct buf text = {0};
	struct instance instance;
	struct err err;
	int line = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: solve FILE\n");
		return err_exit_status(ERR_USAGE);
	}
	if (!read_file(argv[1], &text, &err)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		buf_fini(&text);
		return err_exit_status(err.code);
	}
	bool ok = instance_read(buf_str(&text), text.n, &instance, &line, &err);
	buf_fini(&text);
	if (!ok) {
		fprintf(stderr, "%s:%d: %s\n", argv[1], line, err.text);
		return err_exit_status(err.code);
	}
	int status = print_plan(&instance.solve);
	instance_fini(&instance);
	return status;
}
