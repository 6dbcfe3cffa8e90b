/* serve/group_view.h -- the programme's own moments as commands show them. Solver thread. */
#ifndef SERVE_GROUP_VIEW_H
#define SERVE_GROUP_VIEW_H

#include "serve/command.h"

/* The word that stands for everybody where a duo is asked for, unless a duo has that name. */
bool group_is_meant(const struct call *call, const char *duo);

/* `plan programme`, `explain programme DATE`: every moment, or those whose period has that day. */
bool group_plan_view(struct call *call);
bool group_explain_view(struct call *call, day_t day);
/* What there is to say of the moments on @day: who is missing and why, what is next best. */
void group_explain_day(const struct call *call, day_t day, struct buf *out);

#endif
