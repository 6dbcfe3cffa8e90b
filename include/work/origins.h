/* work/origins.h -- by whose word a member of a duo is not free: which source and how old it is,
 * or which session of ours. The lookup that plan/explain asks. Pure; any thread that holds the
 * publication. */
#ifndef WORK_ORIGINS_H
#define WORK_ORIGINS_H

#include "plan/explain.h"
#include "work/publication.h"

struct source_time { /* one source of one member */
	const char *id;
	utc_t fresh_at; /* 0: never */
	utc_t horizon;	/* UTC_MAX: ends nobody's horizon */
	struct busyset busy;
};

struct duo_origins {
	const struct publication *p;
	const struct duo *duo;
	struct source_time *sources[2];
	size_t n_sources[2];
	struct origins lookup; /* for explanation_init */
};
/* @p and @duo are borrowed; the members are in the roster. Do not move @origins. */
void duo_origins_init(struct duo_origins *origins, const struct publication *p,
		      const struct duo *duo);
void duo_origins_fini(struct duo_origins *origins);

#endif
