/* bill.c -- see the header. */
#include "plan/bill.h"

#include "plan/solve.h"

static void add_gap(struct plan_bill *bill, const struct plan_task *task, const struct plan *plan,
		    int from, int to)
{
	int open_days = to > from ? to - from : 0; /* two on one day: none between them */
	int64_t g = open_days, over = g > plan->cadence ? g - plan->cadence : 0;
	bill->gaps[bill->n_gaps++] = (struct bill_gap){
		.from = from,
		.to = to,
		.open_days = open_days,
		.gap = task->weights->gap * over * over,
		.even = task->weights->even * g * g,
	};
}

static void count_gaps(struct plan_bill *bill, const struct plan_task *task,
		       const struct plan *plan)
{
	int last = -1;
	bill->gaps = xcalloc(plan->n + 1, sizeof *bill->gaps);
	for (size_t i = 0; i < plan->n; i++) {
		add_gap(bill, task, plan, last, plan->v[i].day);
		if (plan->v[i].day > last)
			last = plan->v[i].day;
	}
	add_gap(bill, task, plan, last, task->days->n);
}

static bool is_kept(const struct plan *plan, const struct plan_standing *s)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].kept_id == s->id && plan->v[i].start == s->start)
			return true;
	return false;
}

static void count_moves(struct plan_bill *bill, const struct plan_task *task,
			const struct plan *plan)
{
	bill->moves = xcalloc(task->n_standing + 1, sizeof *bill->moves);
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct plan_standing *s = &task->standing[i];
		if (s->stand == STAND_MOVABLE && s->state == STATE_BOOKED && !is_kept(plan, s))
			bill->moves[bill->n_moves++] = (struct bill_move){s, task->weights->move};
	}
}

void plan_bill_init(struct plan_bill *bill, const struct plan_task *task, const struct plan *plan)
{
	*bill = (struct plan_bill){0};
	if (task->days->n > SOLVE_DAYS_MAX)
		return;
	int step = task->programme->length_step_min;
	int32_t used = 0;
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->v[i].fixed)
			continue;
		used += plan->v[i].min / step;
		bill->sessions += plan->v[i].cost.total;
	}
	bill->unused_steps = plan->budget_min / step - used;
	bill->unused = bill->unused_steps * task->weights->unused;
	count_gaps(bill, task, plan);
	count_moves(bill, task, plan);
	bill->total = bill->unused + bill->sessions;
	for (size_t i = 0; i < bill->n_gaps; i++)
		bill->total += bill->gaps[i].gap + bill->gaps[i].even;
	for (size_t i = 0; i < bill->n_moves; i++)
		bill->total += bill->moves[i].cost;
}

void plan_bill_fini(struct plan_bill *bill)
{
	xfree(bill->gaps);
	xfree(bill->moves);
	*bill = (struct plan_bill){0};
}
