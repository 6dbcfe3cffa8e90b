/* fuzz_ics.h -- an import in this process, as three of the fuzz targets ask for it: a policy with
 * every pattern, small limits so that they are met, libical without its cage. */
#ifndef TESTS_FUZZ_ICS_H
#define TESTS_FUZZ_ICS_H

#include "fuzz.h"

#include "base/hash.h"
#include "cal/charset.h"
#include "cal/ics_parse.h"
#include "work/import_read.h"

#include <string.h>

struct fuzz_ask {
	struct policy policy;
	struct import_limits limits;
	struct timetable_opts opts;
};

static inline struct fuzz_ask *fuzz_ask(void)
{
	static struct fuzz_ask ask;
	struct err err;
	if (ask.limits.body_bytes)
		return &ask;
	hash_init();
	ics_parse_prepare();
	policy_init(&ask.policy);
	PROMISE(policy_set(&ask.policy, "ignore", "^(PPA|vrij)", &err));
	PROMISE(policy_set(&ask.policy, "lesson", "les|college", &err));
	PROMISE(policy_set(&ask.policy, "own", "^Duo", &err));
	ask.limits = import_limits_default;
	ask.limits.line_bytes = 4096;
	ask.limits.components = 500;
	ask.limits.component_lines = 500;
	ask.limits.dates = 1000;
	ask.limits.occurrences = 2000;
	ask.limits.rule_steps = 20000;
	ask.opts = (struct timetable_opts){
		.zone = zone_by_name("Europe/Amsterdam"),
		.from = local_at(civil_to_day(2026, 1, 1), 0),
		.to = local_at(civil_to_day(2027, 7, 1), 0),
		.now = local_at(civil_to_day(2026, 3, 1), 0),
		.own_host = "duo.example.org",
		.limits = &ask.limits,
	};
	PROMISE(ask.opts.zone);
	return &ask;
}

static inline bool fuzz_parse(void *ctx, const struct buf *text, const struct import_limits *limits,
			      struct buf *wire, struct err *err)
{
	(void)ctx;
	(void)limits;
	return ics_parse(buf_str(text), text->n, wire, err);
}

/* A sentence is there, and does nothing to a terminal. */
static inline void fuzz_sentence(const char *text)
{
	PROMISE(text && *text && charset_is_harmless(text, strlen(text)));
}

static inline void fuzz_warnings(const struct warnings *warnings)
{
	for (size_t i = 0; i < warnings->n; i++) {
		PROMISE(warnings->v[i].line >= 0);
		fuzz_sentence(warnings->v[i].text);
	}
}

#endif
