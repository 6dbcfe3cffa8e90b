/* joint_dump SEED DUOS WEEKS SHARED TAUGHT EXPERTS ROOMS -- a small programme of coupled duos as
 * text for tests/tools/joint_mip.py, every start that a plan may choose, and our answer.
 *
 *   point_s N            w_gap w_even w_unused min_gap rhythm N
 *   duo I days D units U cadence C      person I NAME (twice)
 *   anchor I WEEKDAY HOUR
 *   start I DAY WEEKDAY HOUR AT_S UNITS LENGTH_S COST [RESOURCE ...]   need I
 *   resource R CAPACITY BUFFER_S        buffer N
 *   answer COST BOUND ONE_AFTER_ANOTHER */
#include "../joint_world.h"

#include "plan/candidate.h"

struct dump {
	const struct joint_world *w;
	const struct candidates *c;
	size_t duo;
	int day;
	utc_t day_start;
};

static bool resource_free(const struct joint_resource *r, utc_t start, utc_t end, utc_t buffer)
{
	buffer = r->buffered ? buffer : 0;
	for (size_t i = 0; i < r->busy->n; i++)
		if (r->busy->v[i].start < end + buffer && start < r->busy->v[i].end + buffer)
			return false;
	return true;
}

static void print_start(void *ctx, utc_t start, int hour, int32_t units, unsigned flags, bool kept)
{
	const struct dump *d = ctx;
	const struct joint_duo *duo = &d->w->joint_duos[d->duo];
	const struct programme *p = &d->w->programme;
	int length_s = units * p->length_step_min * 60;
	(void)kept;
	printf("start %zu %d %d %d %d %d %d %lld", d->duo, d->day,
	       (int)civil_weekday(d->w->days.v[d->day]), hour, (int)(start - d->day_start), units,
	       length_s, (long long)candidate_cost(d->c, units, flags).total);
	for (size_t k = 0; duo->n_needs && k < duo->needs[0].n; k++)
		if (resource_free(&d->w->resources[duo->needs[0].v[k]], start, start + length_s,
				  p->buffer_min * 60))
			printf(" %zu", duo->needs[0].v[k]);
	printf("\n");
}

static void print_duo(const struct joint_world *w, size_t i)
{
	const struct plan_task *task = &w->tasks[i];
	struct shared shared;
	struct candidates c;
	utc_t earliest = task->now + w->programme.freeze_s;
	shared_init(&shared, task, candidate_first_day(task, earliest), w->days.n);
	candidates_init(&c, task, &shared, earliest);
	printf("duo %zu days %d units %d cadence %d\n", i, w->days.n, plan_units(task),
	       plan_cadence(task));
	for (int m = 0; m < 2; m++)
		printf("person %zu %s\n", i, w->duos[i].members[m]);
	for (int a = 0; a < c.n_anchors; a++)
		printf("anchor %zu %d %d\n", i, c.anchors[a].anchor.weekday,
		       c.anchors[a].anchor.hour);
	if (w->joint_duos[i].n_needs)
		printf("need %zu\n", i);
	for (int day = shared.first_day; day < shared.past_day; day++) {
		struct dump d = {w, &c, i, day, shared_day(&shared, day)->start};
		candidates_starts(&c, day, print_start, &d);
	}
	candidates_fini(&c);
	shared_fini(&shared);
}

int main(int argc, char **argv)
{
	if (argc != 8) {
		fprintf(stderr, "joint_dump SEED DUOS WEEKS SHARED TAUGHT EXPERTS ROOMS\n");
		return 64;
	}
	struct joint_recipe r = {
		.seed = strtoull(argv[1], NULL, 10),
		.duos = atoi(argv[2]),
		.weeks = atoi(argv[3]),
		.shared_pct = (unsigned)atoi(argv[4]),
		.taught_pct = (unsigned)atoi(argv[5]),
		.experts = atoi(argv[6]),
		.rooms = atoi(argv[7]),
		.start_grid_min = 30,
		.length_step_min = 30,
	};
	struct joint_world w;
	struct joint joint;
	joint_world_init(&w, &r);
	printf("point_s 600\nw_gap %lld\nw_even %lld\nw_unused %lld\nrhythm %lld\nmin_gap %d\n"
	       "buffer %d\n",
	       (long long)w.weights.gap, (long long)w.weights.even, (long long)w.weights.unused,
	       (long long)w.weights.rhythm, w.programme.min_gap, w.programme.buffer_min * 60);
	for (size_t k = 0; k < w.task.n_resources; k++)
		printf("resource %zu %d %d\n", k, w.resources[k].capacity,
		       w.resources[k].buffered ? w.programme.buffer_min * 60 : 0);
	for (size_t i = 0; i < w.task.n; i++)
		print_duo(&w, i);
	joint_make(&w.task, NULL, &joint);
	printf("answer %lld %lld %lld\n", (long long)joint.cost, (long long)joint.bound,
	       (long long)joint.one_after_another);
	joint_fini(&joint);
	joint_world_fini(&w);
	return 0;
}
