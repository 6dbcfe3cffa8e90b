/* plan/even.h -- no cliff at the horizon: hours are not spent early because the far future is
 * unknown.
 *
 * What lies behind the horizon is assumed from the last known weeks, and a time must be free in
 * all of them: a careful guess, so the days behind it look worse than they will be. Left alone the
 * plan would flee to what is known and spend the year's hours there. So when more than an even
 * share of them (by the open days that both work) and one session would be spent before the
 * horizon, a unit spent there has a price, the least that keeps to it and at most what an unused
 * unit costs: the hour is worth that much later. What is booked does not pay. The rest is kept for the time that
 * is unknown, and is placed as the horizon rolls. Pure. */
#ifndef PLAN_EVEN_H
#define PLAN_EVEN_H

#include "plan/candidate.h"

/* Before the candidates of a plan are solved: puts the price into them (c->early_price). */
void even_keep(struct candidates *c, struct solve_memory *memory);

#endif
