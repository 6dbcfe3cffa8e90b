/* cal/policy.h -- what a source's events mean for somebody's time (design 3-import, "Level of an
 * occurrence"). A policy is a value: defaults, then a preset (`kind`), then single keys.
 * The same keys are read from a roster, from behind a `timetable =` line and from
 * `tandemctl source check --set`. */
#ifndef CAL_POLICY_H
#define CAL_POLICY_H

#include "base/err.h"
#include "cal/span.h"

enum transparent_rule { TRANSPARENT_AUTO, TRANSPARENT_BUSY, TRANSPARENT_FREE };
enum horizon_rule { HORIZON_AUTO, HORIZON_OPEN, HORIZON_FIXED };

struct policy {
	enum transparent_rule transparent;
	enum level tentative;			 /* level of a tentative event */
	enum level allday;			 /* level of an opaque all-day event */
	char *cancelled, *ignore, *lesson, *own; /* title patterns (PCRE2), NULL: none */
	int64_t default_length_s;
	enum horizon_rule horizon;
	int64_t horizon_s; /* HORIZON_FIXED: seconds after the import */
	/* fetching: kept here because the keys stand on the same line */
	int64_t refresh_s;
	char *user_agent, *auth_file, *ca_file;
	bool allow_private;
	char *kind;
	unsigned set_keys; /* bit per key set by name: a preset that comes later leaves those */
};

void policy_init(struct policy *policy); /* the defaults of 3-import */
void policy_fini(struct policy *policy);
void policy_copy(struct policy *to, const struct policy *from);
bool policy_equal(const struct policy *a, const struct policy *b);
/* Every key that policy_set knows, for "did you mean"; *n their number. */
const char *const *policy_keys(size_t *n);
/* Sets one key, `kind` (a preset) among them; checks patterns by compiling them. */
bool policy_set(struct policy *policy, const char *key, const char *value,
		struct err *err) NODISCARD;

#endif
