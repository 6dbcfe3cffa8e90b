/* body.c -- see the header.
 *
 * A part is kept while its key is the same, and with it the bytes that were made of it; only after
 * a new roster every part is a new one, since the key need not know every word of every event. */
#include "work/body.h"

#include "base/hash.h"
#include "work/feed.h"

#include <stdlib.h>
#include <string.h>

static const char programme[] = "programme";

/* The store's rows are by owner and variant; since bodies are made when asked for there is one row
 * an owner, "full", and the key stands where older versions kept the ETag. */
#define ROW "full"

static bool store(struct db *db, const struct body_part *part, struct err *err)
{
	struct body_state state = {.variant = ROW, .last_modified = part->last_modified};
	memcpy(state.owner, part->owner, sizeof state.owner);
	memcpy(state.etag, part->key, sizeof state.etag);
	return bodies_put(db, &state, err);
}

/* What was published of @owner before this daemon: the newest of its rows, "" and 0 without. */
static struct body_state stored_state(const struct body_state_list *states, const char *owner)
{
	struct body_state out = {.last_modified = 0};
	size_t lo = 0, hi = states->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (strcmp(states->v[mid].owner, owner) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < states->n && strcmp(states->v[lo].owner, owner) == 0; lo++) {
		if (strcmp(states->v[lo].variant, ROW) == 0)
			memcpy(out.etag, states->v[lo].etag, sizeof out.etag);
		if (states->v[lo].last_modified > out.last_modified)
			out.last_modified = states->v[lo].last_modified;
	}
	return out;
}

/* The part for @owner whose feeds add up to @sum. @before: key and time of what was published.
 * *changed: the store does not know it. */
static struct body_part *part_new(const struct publication *p, const char *owner, uint64_t sum,
				  const struct body_state *before, utc_t now, bool *changed)
{
	struct body_part *part = xcalloc(1, sizeof *part);
	struct buf text = {0};
	feed_key(p, owner, sum, &text);
	part->refs = 1;
	part->sum = sum;
	part->mark = p->mark;
	strncpy(part->owner, owner, sizeof part->owner - 1);
	hash_text(text.v, text.n, part->key);
	buf_fini(&text);
	*changed = strcmp(part->key, before->etag) != 0;
	part->last_modified = !*changed			    ? before->last_modified
			      : now > before->last_modified ? now
							    : before->last_modified + 1;
	return part;
}

static struct body_state state_of(const struct body_part *part)
{
	struct body_state state = {.last_modified = part ? part->last_modified : 0};
	if (part)
		memcpy(state.etag, part->key, sizeof state.etag);
	return state;
}

static bool note_one(struct publication *p, struct db *db, const char *owner, uint64_t sum,
		     utc_t now, struct err *err)
{
	const struct body_part *old = publication_body(p, owner);
	struct body_state before = state_of(old);
	bool changed;
	/* moments for everybody are of no duo: they stand in the feeds of others */
	if (!*owner || (old && old->sum == sum))
		return true;
	struct body_part *part = part_new(p, owner, sum, &before, now, &changed);
	if (changed && !store(db, part, err)) {
		body_part_unref(part);
		return false;
	}
	publication_put_body(p, part);
	return true;
}

bool body_note(struct publication *p, const struct publication *was, struct db *db,
	       const id_text *owners, size_t n, utc_t now, struct err *err)
{
	const struct body_part *all = publication_body(p, programme);
	uint64_t sum = all ? all->sum : 0;
	for (size_t i = 0; i < n; i++) {
		/* no other duo has changed: the programme's sum need not be taken again */
		sum += feed_sum_of_duo(p, owners[i]) - feed_sum_of_duo(was, owners[i]);
		if (!note_one(p, db, owners[i], feed_sum(p, owners[i]), now, err))
			return false;
	}
	return n == 0 || note_one(p, db, programme, sum, now, err);
}

/* ---- all of them ---- */

struct names { /* borrowed */
	const char **v;
	size_t n, cap;
};

static void name_add(struct names *names, const char *name)
{
	if (!*name)
		return;
	names->v = xgrow(names->v, names->n, &names->cap, sizeof *names->v);
	names->v[names->n++] = name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Everybody who has a link, had one, or may get one. */
static void owners_of(const struct publication *p, struct names *out)
{
	const struct roster *roster = &p->roster->roster;
	name_add(out, programme);
	for (size_t i = 0; i < roster->n_persons; i++)
		name_add(out, roster->persons[i].id);
	for (size_t i = 0; i < roster->n_duos; i++)
		name_add(out, roster->duos[i].id);
	for (size_t i = 0; i < p->n_persons; i++)
		name_add(out, p->persons[i]->id);
	for (size_t i = 0; i < p->n_duos; i++)
		name_add(out, p->duos[i]->id);
	for (size_t i = 0; i < p->links->links.n; i++)
		name_add(out, p->links->links.v[i].owner);
	qsort(out->v, out->n, sizeof *out->v, by_name);
	size_t kept = 0;
	for (size_t i = 0; i < out->n; i++)
		if (kept == 0 || strcmp(out->v[kept - 1], out->v[i]) != 0)
			out->v[kept++] = out->v[i];
	out->n = kept;
}

/* Part for one of all owners; NULL: the store failed. */
static struct body_part *note_again(const struct publication *p, const char *owner, bool keep,
				    const struct body_state_list *states, struct db *db, utc_t now,
				    struct err *err)
{
	struct body_part *old = (struct body_part *)publication_body(p, owner);
	struct body_state before = old ? state_of(old) : stored_state(states, owner);
	bool changed;
	struct body_part *part = part_new(p, owner, feed_sum(p, owner), &before, now, &changed);
	if (changed && !store(db, part, err)) {
		body_part_unref(part);
		return NULL;
	}
	if (changed || !keep || !old)
		return part;
	body_part_unref(part);
	return body_part_ref(old);
}

bool body_note_all(struct publication *p, const struct publication *was, struct db *db, utc_t now,
		   struct err *err)
{
	struct body_state_list states = {0};
	struct names owners = {0};
	size_t n = 0;
	bool keep = was && was->roster == p->roster;
	if (!bodies_load(db, &states, err))
		return false;
	p->today = zone_day_of(p->roster->roster.programme.zone, now);
	owners_of(p, &owners);
	struct body_part **parts = xcalloc(owners.n, sizeof(struct body_part *));
	while (n < owners.n &&
	       (parts[n] = note_again(p, owners.v[n], keep, &states, db, now, err)) != NULL)
		n++;
	bool ok = n == owners.n;
	if (ok)
		publication_put_bodies(p, parts, n);
	for (size_t i = 0; i < n && !ok; i++)
		body_part_unref(parts[i]);
	xfree(parts);
	xfree(owners.v);
	body_state_list_fini(&states);
	return ok;
}

/* "http://host:port" -> "host" */
static char *host_of(const char *url)
{
	const char *p = strstr(url, "://");
	p = p ? p + 3 : url;
	return xstrndup(p, strcspn(p, ":/"));
}

struct feed_limits body_limits(const struct settings *settings)
{
	return (struct feed_limits){settings->past_s, settings->ahead_s, settings->tombstone_s};
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
