/* serve/source_view.h -- what is shown of a source, on the socket and on pages: how old, how far,
 * how many; never a word of what stands in a timetable. Pure; any thread that holds the
 * publication. */
#ifndef SERVE_SOURCE_VIEW_H
#define SERVE_SOURCE_VIEW_H

#include "report/json.h"
#include "work/publication.h"

struct source_view {
	const struct source *source;
	const struct source_part *part;
	struct buf persons; /* whose timetable it is, persons, experts, rooms, joined by commas */
	enum source_state state;
	utc_t fresh_at;	 /* when it was last known to be true; 0: never */
	int64_t age_s;	 /* since then; 0 when never */
	utc_t horizon;	 /* UTC_MAX: open; 0: it never loaded */
	size_t warnings; /* those that are not kept, too */
	bool silenced;	 /* a version was rejected, and is still what is offered */
};
/* The stored state, but what has not been known to be true for long is stale. O(1). */
enum source_state source_shown_state(const struct publication *p, size_t index, utc_t now);
/* Of source number @index of the roster. source_view_fini(@out) by the caller. */
void source_view(const struct publication *p, size_t index, utc_t now, struct source_view *out);
void source_view_fini(struct source_view *view);

/* "now", "45s", "12m", "2h", "3d": whole units, the largest that fits. */
const char *age_text(int64_t seconds, char out[DURATION_TEXT]);

/* id, person, state, fetched_at, age_s, horizon, events: into an open object. */
void source_keys(struct json *json, const struct source_view *view);
/* {"added", "removed", "moved", "breaks"}; null when no version was compared yet. */
void source_diff_json(struct json *json, const char *key, const struct source_diff *diff);
/* Every booked or held session that comes back in it under a foreign name. */
typedef void source_echo_fn(void *ctx, const struct source *source, const struct session *s);
void source_echoes(const struct publication *p, size_t index, source_echo_fn *each, void *ctx);

#endif
