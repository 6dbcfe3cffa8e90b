/* serve/clash_view.h -- a clash as the control socket shows it. Pure. */
#ifndef SERVE_CLASH_VIEW_H
#define SERVE_CLASH_VIEW_H

#include "report/json.h"
#include "work/clash.h"

/* {"session", "person", "why", "alternatives": [{"start", "end", "cost"}]}; nothing when @s does
 * not clash. */
void clash_object(struct json *json, const struct publication *p, const struct session *s,
		  const struct weights *weights, utc_t now);
/* @mark "s42 cannot be: anna is busy ...; could be 2026-11-25T09:00 (cost 12), ..." */
void clash_line(const struct publication *p, const struct session *s, const struct weights *weights,
		utc_t now, const char *mark, struct buf *out);

#endif
