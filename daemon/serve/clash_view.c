/* clash_view.c -- see the header. */
#include "serve/clash_view.h"

#include <stdio.h>

void clash_object(struct json *json, const struct publication *p, const struct session *s,
		  const struct weights *weights, utc_t now)
{
	struct clash clash;
	struct clash_place places[CLASH_PLACES];
	struct buf why = {0};
	char id[24];
	if (!clash_find(p, s, now, &clash))
		return;
	size_t n = clash_places(p, s, weights, now, places);
	clash_sentence(p, &clash, &why);
	(void)snprintf(id, sizeof id, "s%lld", (long long)s->id);
	json_object(json, NULL);
	json_text(json, "session", id);
	json_text(json, "person",
		  clash.person	? clash.person->id
		  : clash.third ? clash.third->id
				: NULL);
	json_text(json, "why", buf_str(&why));
	json_array(json, "alternatives");
	for (size_t i = 0; i < n; i++) {
		json_object(json, NULL);
		json_utc(json, "start", places[i].start);
		json_utc(json, "end", places[i].end);
		json_int(json, "cost", places[i].cost);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_end(json, '}');
	buf_fini(&why);
}

void clash_line(const struct publication *p, const struct session *s, const struct weights *weights,
		utc_t now, const char *mark, struct buf *out)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	struct clash clash;
	struct clash_place places[CLASH_PLACES];
	char at[CIVIL_TEXT];
	if (!clash_find(p, s, now, &clash))
		return;
	size_t n = clash_places(p, s, weights, now, places);
	buf_addf(out, "%ss%lld cannot be: ", mark, (long long)s->id);
	clash_sentence(p, &clash, out);
	buf_adds(out, n ? "; could be" : "; there is no other place near it");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s %s (cost %lld)", i ? "," : "",
			 local_text(zone_to_local(zone, places[i].start), at),
			 (long long)places[i].cost);
	buf_addc(out, '\n');
}
