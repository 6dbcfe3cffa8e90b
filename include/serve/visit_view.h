/* serve/visit_view.h -- `slots DUO --visits`: lessons of one member that the other may visit. */
#ifndef SERVE_VISIT_VIEW_H
#define SERVE_VISIT_VIEW_H

#include "serve/command.h"

/* Answers with the lessons of args[0]'s members on the days [first, past), those that fit first,
 * the best of them in front. Solver thread. */
bool visits_list(struct call *call, day_t first, day_t past) NODISCARD;

#endif
