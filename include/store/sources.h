/* store/sources.h -- the last good timetable of each source, as time only: spans and levels,
 * never titles, places or names but those of lessons, where a policy's `lesson` asks for them.
 * Store thread only. */
#ifndef STORE_SOURCES_H
#define STORE_SOURCES_H

#include "cal/timetable.h"
#include "plan/model.h"
#include "store/db.h"

enum source_state { SOURCE_NEVER, SOURCE_FRESH, SOURCE_STALE, SOURCE_FAILED, SOURCE_QUARANTINED };
const char *source_state_word(enum source_state state);

#define SOURCE_ETAG_MAX 255
#define SOURCE_DATE_MAX 63

/* A version in quarantine, as it was read: time only, like the last good one. `source accept` takes
 * it as it is. */
struct source_held {
	char config_hash[33]; /* read with another policy it would be another one */
	utc_t horizon;
	int64_t events, skipped;
	struct busyset busy;
	struct lesson_span *occurrences;
	size_t n_occurrences;
	struct lessons lessons;
	struct warnings warnings;
};

struct source_record {
	id_text id;
	enum source_state state;
	utc_t fetched_at; /* of the last good import; 0: never */
	utc_t tried_at;
	utc_t horizon;		  /* UTC_MAX: open */
	char hash[33];		  /* of the bytes of the last good import */
	char config_hash[33];	  /* of policy, zone, window and path they were read with */
	char refused_hash[33];	  /* quarantined or rejected bytes, or "" */
	bool rejected;		  /* refused_hash was rejected by an admin: stay silent */
	struct source_held *held; /* what was shown, for `source accept`; NULL: nothing */
	char *error;		  /* last failure's sentence, or NULL */
	/* of a URL: what the server called the last good bytes ("": nothing), to ask whether it
	 * has others; failures in a row, and when it is asked again at the earliest */
	char etag[SOURCE_ETAG_MAX + 1];
	char last_modified_text[SOURCE_DATE_MAX + 1];
	int64_t failures;
	utc_t not_before;
	int64_t events, skipped;
	struct busyset busy; /* canonical */
	struct lesson_span *occurrences;
	size_t n_occurrences;
	struct lessons lessons; /* of occurrences that a partner may visit */
	struct warnings warnings;
};
struct source_record_list {
	struct source_record *v; /* by id */
	size_t n, cap;
};
void source_record_fini(struct source_record *record);
void source_record_drop_held(struct source_record *record);
void source_record_list_fini(struct source_record_list *list);

void source_record_copy(struct source_record *to, const struct source_record *from);
/* Titles and places go, and with them what could be visited: the roster no longer asks for it.
 * False: there was nothing of it. */
bool source_record_drop_lessons(struct source_record *record);

bool sources_load(struct db *db, struct source_record_list *out, struct err *err) NODISCARD;
bool sources_put(struct db *db, const struct source_record *record, struct err *err) NODISCARD;
bool sources_forget(struct db *db, const char *id, struct err *err) NODISCARD;

#endif
