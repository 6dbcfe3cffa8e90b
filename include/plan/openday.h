/* plan/openday.h -- the days on which a programme runs, numbered 0..n-1: its weekdays between
 * start and end that are not closed. Gaps and pace count open days. */
#ifndef PLAN_OPENDAY_H
#define PLAN_OPENDAY_H

#include "plan/model.h"

struct opendays {
	day_t *v; /* rising */
	int n;
};

void opendays_init(struct opendays *days, const struct programme *programme);
void opendays_fini(struct opendays *days);
/* Number of @date, or -1 when it is not open. O(log n). */
int opendays_number(const struct opendays *days, day_t date);
/* How many open days lie before @date (0..n). */
int opendays_before(const struct opendays *days, day_t date);

#endif
