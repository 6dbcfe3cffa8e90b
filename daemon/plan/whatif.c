/* whatif.c -- see the header. */
#include "plan/whatif.h"

static bool is_before(const struct plan_session *a, const struct plan_session *b)
{
	return a->start != b->start ? a->start < b->start : a->end < b->end;
}

void plan_difference_init(struct plan_difference *out, const struct plan *now,
			  const struct plan *then)
{
	*out = (struct plan_difference){
		.unused = then->cost_unused - now->cost_unused,
		.gaps = then->cost_gaps - now->cost_gaps,
		.even = then->cost_even - now->cost_even,
		.slots = then->cost_slots - now->cost_slots,
		.move = then->cost_move - now->cost_move,
		.total = then->cost_total - now->cost_total,
		.budget_min = then->budget_min - now->budget_min,
		.placed_min = then->placed_min - now->placed_min,
		.unplaced_min = then->unplaced_min - now->unplaced_min,
		.longest_gap = then->longest_gap - now->longest_gap,
		.cadence = then->cadence - now->cadence,
		.gone = xcalloc(now->n + 1, sizeof *out->gone),
		.fresh = xcalloc(then->n + 1, sizeof *out->fresh),
	};
	size_t i = 0, k = 0;
	while (i < now->n || k < then->n) {
		if (k == then->n || (i < now->n && is_before(&now->v[i], &then->v[k]))) {
			out->gone[out->n_gone++] = &now->v[i++];
		} else if (i == now->n || is_before(&then->v[k], &now->v[i])) {
			out->fresh[out->n_fresh++] = &then->v[k++];
		} else {
			out->same++;
			i++;
			k++;
		}
	}
}

void plan_difference_fini(struct plan_difference *difference)
{
	xfree(difference->gone);
	xfree(difference->fresh);
	*difference = (struct plan_difference){0};
}
