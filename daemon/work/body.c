/* body.c -- see the header. */
#include "work/body.h"

#include "base/hash.h"
#include "work/feed.h"

#include <stdlib.h>
#include <string.h>

/* What was published before under this name: from the last publication, else from the store. */
struct before {
	const struct body_part *part;
	const struct body_state *state;
};

static const struct body_state *find_state(const struct body_state_list *states, const char *owner,
					   enum body_variant variant)
{
	for (size_t i = 0; states && i < states->n; i++)
		if (strcmp(states->v[i].owner, owner) == 0 &&
		    strcmp(states->v[i].variant, body_variant_word(variant)) == 0)
			return &states->v[i];
	return NULL;
}

static bool note(struct db *db, const struct body_part *part, struct err *err)
{
	struct body_state state = {.last_modified = part->last_modified};
	memcpy(state.owner, part->owner, sizeof state.owner);
	memcpy(state.etag, part->etag, sizeof state.etag);
	strncpy(state.variant, body_variant_word(part->variant), sizeof state.variant - 1);
	return bodies_put(db, &state, err);
}

static bool render_one(struct publication *p, struct db *db, const struct body_state_list *states,
		       const char *owner, enum body_variant variant, utc_t now, struct err *err)
{
	const struct body_part *part = publication_body(p, owner, variant);
	const struct body_state *state = part ? NULL : find_state(states, owner, variant);
	struct buf bytes = {0};
	size_t events = 0;
	utc_t due_at;
	char etag[33];
	feed_render(p, owner, variant, now, &bytes, &events, &due_at);
	hash_text(bytes.v, bytes.n, etag);
	const char *old_etag = part ? part->etag : state ? state->etag : "";
	utc_t old_modified = part ? part->last_modified : state ? state->last_modified : 0;
	bool same = strcmp(etag, old_etag) == 0;
	if (part && same && part->due_at == due_at) {
		buf_fini(&bytes);
		return true;
	}
	struct body_part *fresh = xcalloc(1, sizeof *fresh);
	fresh->refs = 1;
	strncpy(fresh->owner, owner, sizeof fresh->owner - 1);
	fresh->variant = variant;
	fresh->bytes = bytes;
	fresh->events = events;
	fresh->due_at = due_at;
	memcpy(fresh->etag, etag, sizeof etag);
	fresh->last_modified = same ? old_modified : now > old_modified ? now : old_modified + 1;
	if (!same && !note(db, fresh, err)) {
		body_part_unref(fresh);
		return false;
	}
	publication_put_body(p, fresh);
	return true;
}

/* Bit per variant for which @owner has an open link. */
static unsigned wanted(const struct publication *p, const char *owner)
{
	unsigned mask = 0;
	for (size_t i = 0; i < p->links->links.n; i++) {
		const struct link *link = &p->links->links.v[i];
		if (link->revoked_at == 0 && strcmp(link->owner, owner) == 0)
			mask |= link->kind == LINK_FEED	  ? 1U << BODY_FULL
				: link->kind == LINK_BUSY ? 1U << BODY_BUSY
							  : 0;
	}
	return mask;
}

static bool render_mask(struct publication *p, struct db *db, const struct body_state_list *states,
			const char *owner, unsigned mask, utc_t now, struct err *err)
{
	for (int v = 0; v < BODY_VARIANTS; v++)
		if (mask & 1U << v &&
		    !render_one(p, db, states, owner, (enum body_variant)v, now, err))
			return false;
	return true;
}

bool body_render(struct publication *p, struct db *db, const char *owner, utc_t now,
		 struct err *err)
{
	return render_mask(p, db, NULL, owner, wanted(p, owner), now, err);
}

static bool render_each_link(struct publication *p, struct db *db,
			     const struct body_state_list *states, utc_t now, struct err *err)
{
	p->today = zone_day_of(p->roster->roster.programme.zone, now);
	for (size_t i = 0; i < p->links->links.n; i++) {
		const struct link *link = &p->links->links.v[i];
		enum body_variant variant = link->kind == LINK_BUSY ? BODY_BUSY : BODY_FULL;
		bool is_feed = link->kind == LINK_FEED || link->kind == LINK_BUSY;
		if (is_feed && link->revoked_at == 0 &&
		    !render_one(p, db, states, link->owner, variant, now, err))
			return false;
	}
	return true;
}

bool body_render_all(struct publication *p, struct db *db, utc_t now, struct err *err)
{
	struct body_state_list states = {0};
	bool ok = bodies_load(db, &states, err) && render_each_link(p, db, &states, now, err);
	body_state_list_fini(&states);
	return ok;
}

bool body_render_due(struct publication *p, struct db *db, utc_t now, struct err *err)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	utc_t today = zone_day_start(zone, zone_day_of(zone, now));
	p->today = zone_day_of(zone, now);
	for (size_t i = 0; i < p->links->links.n; i++) {
		const struct link *link = &p->links->links.v[i];
		enum body_variant variant = link->kind == LINK_BUSY ? BODY_BUSY : BODY_FULL;
		bool is_feed = link->kind == LINK_FEED || link->kind == LINK_BUSY;
		if (!is_feed || link->revoked_at != 0)
			continue;
		const struct body_part *part = publication_body(p, link->owner, variant);
		if (!part) /* its Last-Modified lies in the store */
			return body_render_all(p, db, now, err);
		if (part->due_at <= today &&
		    !render_one(p, db, NULL, link->owner, variant, now, err))
			return false;
	}
	return true;
}

bool body_restore_all(struct publication *p, struct db *db, utc_t now, struct err *err)
{
	return body_render_all(p, db, now, err);
}

/* "http://host:port" -> "host" */
static char *host_of(const char *url)
{
	const char *p = strstr(url, "://");
	p = p ? p + 3 : url;
	return xstrndup(p, strcspn(p, ":/"));
}

bool body_host(struct db *db, const struct settings *settings, char **host, struct err *err)
{
	struct buf value = {0};
	struct err none = {0};
	if (db_meta_get(db, "host", &value, &none)) {
		*host = buf_take(&value);
		return true;
	}
	char *fresh = settings->feed_host ? xstrdup(settings->feed_host) : host_of(settings->url);
	if (!db_meta_put(db, "host", fresh, strlen(fresh), err)) {
		xfree(fresh);
		return false;
	}
	*host = fresh;
	return true;
}
