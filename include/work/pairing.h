/* work/pairing.h -- sessions that lost their place and new places, while they find each other: a
 * session that was published keeps its UID, so that a calendar shows a move and not one event gone
 * and another come. */
#ifndef WORK_PAIRING_H
#define WORK_PAIRING_H

#include "plan/model.h"

struct pairing_place {
	utc_t start;
	bool provisional;
	const void *of; /* the caller's; NULL: somebody has it */
};
struct pairing {
	const struct session **old; /* by start; NULL: it has a place */
	size_t n_old;
	struct pairing_place *places;
	size_t n_places;
};
/* Room for so many of both. */
void pairing_init(struct pairing *out, size_t n_old, size_t n_places);
void pairing_fini(struct pairing *pairing);
void pairing_add_old(struct pairing *pairing, const struct session *old);
void pairing_add_place(struct pairing *pairing, utc_t start, bool provisional, const void *of);

/* Each old session, booked ones first, takes the nearest place that it may have: what is booked
 * takes none that is provisional. What is left over stays in the lists. */
typedef void pairing_fn(void *ctx, const struct session *old, const void *of);
void pairing_run(struct pairing *pairing, pairing_fn *pair, void *ctx);

#endif
