/* plan/instance.h -- the solver's instance as text (design 8, "Solver file").
 *
 * Lines in any order; blanks part words; blank lines and everything behind a # are ignored; a
 * line may end in CR LF. `days` `units` `cadence` `min_gap` `w_gap` `w_unused` once each, `w_even`
 * at most once (0), `fixed DAY`, `work DAY`, `slot DAY UNITS COST` any number of times. Figures
 * are plain digits. What the design leaves open: a day given more than once counts once, and as
 * work if any of its lines says `work`; a slot longer than `units` is read and never chosen. */
#ifndef PLAN_INSTANCE_H
#define PLAN_INSTANCE_H

#include "plan/solve.h"

#define INSTANCE_FIGURE_MAX 1000000
#define INSTANCE_SLOTS_MAX  ((size_t)SOLVE_DAYS_MAX * SOLVE_UNITS_MAX)

struct instance {
	struct solve_instance solve; /* points into the rest */
	uint8_t *fixed;
	struct solve_slot *slots;
};

/* On failure *line says where (from 1; the last line for what is missing), @err what to do. */
bool instance_read(const char *text, size_t n, struct instance *out, int *line,
		   struct err *err) NODISCARD;
void instance_fini(struct instance *instance);

#endif
