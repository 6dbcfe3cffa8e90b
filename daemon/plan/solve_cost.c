/* What a given plan costs, by the definition in plan/solve.h read literally. It shares nothing
 * with the solver, since the tests judge the solver by it. */
#include "plan/solve.h"

#include "base/buf.h"

#include <string.h>

#define NO_SLOT INT64_MAX

/* The cheapest slot of each session into @cost; false when days do not rise or one has none. */
static bool find_slots(const struct solve_instance *in, const struct solve_session *v, size_t n,
		       int64_t *cost)
{
	size_t days = (size_t)in->days;
	size_t *session_on = xcalloc(days + 1, sizeof(*session_on)); /* 1 + index */
	bool fine = true;

	for (size_t i = 0; i < n && fine; i++) {
		fine = v[i].day >= 0 && v[i].day < in->days && (i == 0 || v[i].day > v[i - 1].day);
		cost[i] = NO_SLOT;
		if (fine)
			session_on[v[i].day] = i + 1;
	}
	for (size_t s = 0; s < in->n_slots && fine; s++) {
		const struct solve_slot *slot = &in->slots[s];
		size_t i = slot->day >= 0 && slot->day < in->days ? session_on[slot->day] : 0;
		if (i > 0 && v[i - 1].units == slot->units && slot->cost < cost[i - 1])
			cost[i - 1] = slot->cost;
	}
	for (size_t i = 0; i < n && fine; i++)
		fine = cost[i] != NO_SLOT;
	xfree(session_on);
	return fine;
}

static bool add_up(const struct solve_instance *in, const struct solve_session *v, size_t n,
		   const int64_t *slot_cost, struct solve_cost *out)
{
	struct solve_cost sum = {0};
	int64_t left = in->units;
	int64_t last_day = -1;
	bool last_work = false, last_chosen = false;
	size_t next = 0;

	for (int64_t day = 0; day <= in->days; day++) {
		enum solve_fixed fixed = SOLVE_FIXED; /* the end ends a gap as a fixed day does */
		if (day < in->days)
			fixed = in->fixed ? in->fixed[day] : SOLVE_OPEN;
		bool chosen = next < n && v[next].day == day;
		if (chosen && fixed != SOLVE_OPEN)
			return false;
		if (!chosen && fixed == SOLVE_OPEN)
			continue;
		if (chosen) {
			sum.slots += slot_cost[next];
			left -= v[next].units;
			next++;
		}
		int64_t gap = day - last_day;
		bool work = chosen || fixed == SOLVE_FIXED_WORK;
		if (work && last_work && (chosen || last_chosen) && gap < in->min_gap)
			return false;
		int64_t over = gap > in->cadence ? gap - in->cadence : 0;
		sum.gaps += in->w_gap * over * over;
		sum.even += in->w_even * gap * gap;
		last_day = day;
		last_work = work;
		last_chosen = chosen;
	}
	if (left < 0)
		return false;
	sum.unused = in->w_unused * left;
	sum.total = sum.unused + sum.gaps + sum.even + sum.slots;
	*out = sum;
	return true;
}

bool solve_cost(const struct solve_instance *in, const struct solve_session *v, size_t n,
		struct solve_cost *out)
{
	int64_t *slot_cost = xcalloc(n + 1, sizeof(*slot_cost));
	bool fine = find_slots(in, v, n, slot_cost) && add_up(in, v, n, slot_cost, out);
	xfree(slot_cost);
	return fine;
}
