/* serve/health_view.h -- feed health as it is shown: on the member's own page, as counts, and in
 * JSON. Pure; any thread that holds the publication. */
#ifndef SERVE_HEALTH_VIEW_H
#define SERVE_HEALTH_VIEW_H

#include "report/json.h"
#include "setup/settings.h"
#include "work/health.h"

struct health_limits health_limits_of(const struct settings *settings);

/* fresh, behind, stale, unused, never: into an open object. */
void health_count_keys(struct json *json, const struct health_count *count);
/* " fresh 12 behind 1 ..." */
void health_count_text(const struct health_count *count, struct buf *out);

/* state, seen_at, seen_version, stale_s, sessions (at most HEALTH_SHOWN of them), sessions_more:
 * into an open object. */
#define HEALTH_SHOWN 100
void health_keys(struct json *json, const struct health_use *use, const struct health *health,
		 utc_t now);

/* "9 dagen geleden", "9 days ago", "just now": whole units, the largest that fits. */
void health_ago(int64_t seconds, enum language language, struct buf *out);

/* A paragraph (and a list) of one link: when it came last, and what it still shows. For its owner
 * only; times by @zone. */
void health_html(const struct health_use *use, const struct health *health,
		 const struct publication *p, const struct zone *zone, enum language language,
		 utc_t now, struct buf *out);

#endif
