/* serve/report_data.h -- the figures of a publication. Pure; any thread that holds it. */
#ifndef SERVE_REPORT_DATA_H
#define SERVE_REPORT_DATA_H

#include "report/figures.h"
#include "work/publication.h"

struct report_query { /* members as in struct figures_input; strings borrowed */
	utc_t as_of;
	day_t as_of_day;
	day_t from, past;
	const char *duo, *person;
};

/* Everything, as at @now. */
struct report_query report_query_now(const struct publication *p, utc_t now);
/* ... as at the end of @day, which is the moment 24:00 in the programme's zone. */
void report_query_day(struct report_query *query, const struct publication *p, day_t day);

/* figures_fini(@out) by the caller. */
void report_make(const struct publication *p, const struct report_query *query,
		 struct figures *out);

#endif
