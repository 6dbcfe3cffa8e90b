/* work/lookers.h -- the roster the other way round: which duos a timetable or a person concerns.
 * Made once for a roster, immutable like it; any thread. */
#ifndef WORK_LOOKERS_H
#define WORK_LOOKERS_H

#include "plan/model.h"

struct concerns {	/* from things to duos, both by their place in the roster */
	size_t *first;	/* of thing i: duos[first[i]] up to duos[first[i + 1]] */
	uint32_t *duos; /* of one thing by place, each once */
};

struct lookers {
	struct concerns sources; /* as roster_duo_looks_at says */
	struct concerns persons; /* those that she is a member of */
};
void lookers_init(struct lookers *out, const struct roster *roster);
void lookers_fini(struct lookers *lookers);

/* The duos of thing number @i; *n of them, borrowed. */
const uint32_t *concerns_of(const struct concerns *concerns, size_t i, size_t *n);

#endif
