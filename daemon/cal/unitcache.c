/* unitcache.c -- the cache itself: units by key, spans in one array, names of zones. */
#include "cal/unitcache.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mix.h"
#include "cal/charset.h"

#include <string.h>

#define ZONES_MAX 32

struct cached_unit {
	uint64_t key;
	size_t first, n; /* in spans */
	int64_t steps;
	uint32_t zones;
};

struct holding {
	uint64_t env;
	struct cached_unit *v;
	size_t n, cap;
	struct unit_span *spans;
	size_t n_spans, cap_spans;
	char *zones[ZONES_MAX];
	int n_zones;
	uint32_t *table; /* open addressing: number of a unit + 1 */
	size_t mask;
	uint64_t seed; /* of the table: who writes a calendar does not know its places */
	struct lane_groups groups;
};

struct unit_cache {
	struct holding now;
	size_t max_bytes, known, all;
	size_t group_size, group_least, grouped;
};

struct unit_cache_next {
	struct holding made;
	size_t max_bytes;
	bool full;
};

static void holding_fini(struct holding *c)
{
	for (int i = 0; i < c->n_zones; i++)
		xfree(c->zones[i]);
	xfree(c->v);
	xfree(c->spans);
	xfree(c->table);
	lane_groups_fini(&c->groups);
	*c = (struct holding){0};
}

static size_t holding_bytes(const struct holding *c)
{
	return c->cap * sizeof *c->v + c->cap_spans * sizeof *c->spans +
	       (c->table ? (c->mask + 1) * sizeof *c->table : 0) + c->groups.bytes +
	       c->groups.cap * sizeof *c->groups.v;
}

struct unit_cache *unit_cache_new(size_t max_bytes)
{
	struct unit_cache *cache = xcalloc(1, sizeof *cache);
	cache->max_bytes = max_bytes;
	unit_cache_group(cache, 64, 2000);
	return cache;
}

void unit_cache_group(struct unit_cache *cache, size_t size, size_t least)
{
	cache->group_size = size;
	cache->group_least = least;
}

void unit_cache_free(struct unit_cache *cache)
{
	if (!cache)
		return;
	holding_fini(&cache->now);
	xfree(cache);
}

size_t unit_cache_bytes(const struct unit_cache *cache)
{
	return cache ? holding_bytes(&cache->now) : 0;
}

void unit_cache_limit(struct unit_cache *cache, size_t max_bytes)
{
	cache->max_bytes = max_bytes;
}

void unit_cache_hits(const struct unit_cache *cache, size_t *known, size_t *all)
{
	*known = cache->known;
	*all = cache->all;
}

size_t unit_cache_grouped(const struct unit_cache *cache)
{
	return cache->grouped;
}

/* Where @key is in the table, or would be. */
static uint32_t *place(const struct holding *c, uint64_t key)
{
	size_t i = mix_number(c->seed, key) & c->mask;
	while (c->table[i] && c->v[c->table[i] - 1].key != key)
		i = (i + 1) & c->mask;
	return &c->table[i];
}

static void make_table(struct holding *c, size_t mask)
{
	xfree(c->table);
	c->mask = mask;
	c->table = xcalloc(mask + 1, sizeof *c->table);
	for (size_t i = 0; i < c->n; i++)
		*place(c, c->v[i].key) = (uint32_t)i + 1;
}

/* 0: not there */
static uint32_t find(const struct holding *c, uint64_t key)
{
	return c->table ? *place(c, key) : 0;
}

const struct unit_span *unit_cache_spans(const struct unit_cache *cache, uint32_t known, size_t *n,
					 int64_t *steps, uint32_t *zones)
{
	const struct cached_unit *unit = &cache->now.v[known - 1];
	*n = unit->n;
	*steps = unit->steps;
	*zones = unit->zones;
	return unit->n > 0 ? cache->now.spans + unit->first : NULL;
}

const char *unit_cache_zone(const struct unit_cache *cache, int bit)
{
	return bit < cache->now.n_zones ? cache->now.zones[bit] : NULL;
}

/* Finds the units of this import in the cache of the last one. */
static void look_up(struct lane_units *units)
{
	struct unit_cache *cache = units->cache;
	cache->known = 0;
	cache->all = units->n;
	if (cache->now.env != units->env)
		return;
	for (size_t i = 0; i < units->n; i++) {
		struct lane_unit *unit = &units->v[i];
		unit->known = unit->keep ? find(&cache->now, unit->key) : 0;
		cache->known += unit->known != 0;
	}
}

void lane_units_fini(struct lane_units *units)
{
	xfree(units->v);
	lane_groups_fini(&units->groups);
	*units = (struct lane_units){0};
}

/* ---- the next content --------------------------------------------------------------------- */

struct unit_cache_next *unit_cache_begin(const struct lane_units *units)
{
	struct unit_cache_next *next = xcalloc(1, sizeof *next);
	const struct holding *old = &units->cache->now;
	next->max_bytes = units->cache->max_bytes;
	next->made.env = units->env;
	next->made.seed = hash_seed();
	make_table(&next->made, 63);
	if (old->env == units->env) /* bits of carried units keep their meaning */
		for (int i = 0; i < old->n_zones; i++)
			next->made.zones[next->made.n_zones++] = xstrdup(old->zones[i]);
	for (size_t i = 0; i < units->n; i++) {
		if (!units->v[i].known)
			continue;
		const struct cached_unit *unit = &old->v[units->v[i].known - 1];
		unit_cache_add(next, unit->key, unit->n > 0 ? old->spans + unit->first : NULL,
			       unit->n, unit->steps, unit->zones);
	}
	return next;
}

bool unit_cache_next_zone(struct unit_cache_next *next, const char *name, uint32_t *bits)
{
	struct holding *c = &next->made;
	int i = 0;
	while (i < c->n_zones && strcmp(c->zones[i], name) != 0)
		i++;
	if (i == ZONES_MAX)
		return false;
	if (i == c->n_zones)
		c->zones[c->n_zones++] = xstrdup(name);
	*bits |= (uint32_t)1 << i;
	return true;
}

void unit_cache_add(struct unit_cache_next *next, uint64_t key, const struct unit_span *spans,
		    size_t n, int64_t steps, uint32_t zones)
{
	struct holding *c = &next->made;
	if (next->full || find(c, key) != 0)
		return; /* two that say the same: one will do */
	for (size_t i = 0; i < n; i++) {
		c->spans = xgrow(c->spans, c->n_spans, &c->cap_spans, sizeof *c->spans);
		c->spans[c->n_spans++] = spans[i];
	}
	c->v = xgrow(c->v, c->n, &c->cap, sizeof *c->v);
	c->v[c->n++] = (struct cached_unit){key, c->n_spans - n, n, steps, zones};
	if (2 * c->n > c->mask)
		make_table(c, 2 * c->mask + 1);
	else
		*place(c, key) = (uint32_t)c->n;
	next->full = holding_bytes(c) > next->max_bytes;
}

/* Groups save less than units do: they get a quarter of what is left. */
void unit_cache_commit(struct lane_units *units, struct unit_cache_next *next)
{
	struct unit_cache *cache = units->cache;
	holding_fini(&cache->now);
	if (next && !next->full) {
		cache->now = next->made;
		next->made = (struct holding){0};
	}
	if (next)
		holding_fini(&next->made);
	xfree(next);
	size_t used = holding_bytes(&cache->now);
	size_t left = cache->max_bytes > used ? (cache->max_bytes - used) / 4 : 0;
	if (units->groups.bytes + units->groups.cap * sizeof *units->groups.v > left)
		return;
	cache->now.groups = units->groups;
	cache->now.env = units->env;
	units->groups = (struct lane_groups){0};
}

/* ---- keys --------------------------------------------------------------------------------- */

static bool begins(struct text line, const char *word)
{
	size_t n = strlen(word);
	return line.n >= n && text_is((struct text){line.p, n}, word);
}

/* The next physical line of @rest, without its end. */
static bool next_line(struct text *rest, struct text *line)
{
	if (rest->n == 0)
		return false;
	const char *lf = memchr(rest->p, '\n', rest->n);
	size_t n = lf ? (size_t)(lf - rest->p) : rest->n;
	*line = (struct text){rest->p, n - (n > 0 && rest->p[n - 1] == '\r')};
	rest->p += n + (lf != NULL);
	rest->n -= n + (lf != NULL);
	return true;
}

static bool is_folded(struct text line)
{
	return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

/* What stands around the events of a file and has a say in their times. */
struct header_key {
	uint64_t key;
	bool in_zone, kept;
};

static void add_header(struct header_key *h, struct text rest)
{
	static const char *const names[] = {"X-WR-TIMEZONE", "METHOD", "CALSCALE",
					    "BEGIN:VCALENDAR"};
	struct text line;
	while (next_line(&rest, &line)) {
		if (!is_folded(line)) {
			h->in_zone |= begins(line, "BEGIN:VTIMEZONE");
			h->kept = h->in_zone && !begins(line, "LAST-MODIFIED");
			for (size_t i = 0; i < sizeof names / sizeof *names; i++)
				h->kept |= begins(line, names[i]);
		}
		if (h->kept)
			h->key = mix_bytes(h->key, line.p, line.n);
		h->in_zone &= !begins(line, "END:VTIMEZONE");
	}
}

static uint64_t file_key(const struct lane_file *file)
{
	struct header_key h = {.key = MIX_START};
	size_t at = file->bom;
	for (size_t i = 0; i < file->n_events; i++) {
		const struct lane_event *e = &file->v[i];
		add_header(&h, (struct text){file->bytes + at, e->from - at});
		at = (size_t)e->from + e->n;
	}
	add_header(&h, (struct text){file->bytes + at, file->n - at});
	return h.key;
}

/* *sequence: of its own, since it only counts beside another component. False when the event
 * says something that is told once for a whole file. */
static bool event_key(const struct lane_file *file, const struct lane_event *e, uint64_t *key,
		      uint64_t *sequence)
{
	struct text rest = {file->bytes + e->from, e->n}, line;
	enum lane_name name = LANE_NAME_NONE;
	bool plain = true;
	while (next_line(&rest, &line)) {
		if (is_folded(line)) {
			plain &= name != LANE_NAME_TITLE; /* a word may be cut in two */
		} else {
			name = lane_name(line);
			plain &= name != LANE_NAME_STRANGE;
			plain &= name != LANE_NAME_TITLE || lane_title_is_plain(line);
		}
		if (name == LANE_NAME_UID) /* its value does not count, but has to be one */
			plain &= charset_is_clean(line.p, line.n);
		if (name == LANE_NAME_UID || name == LANE_NAME_SEQUENCE) /* a second one warns */
			*key = mix_number(*key, (uint64_t)name);
		if (name == LANE_NAME_SEQUENCE)
			*sequence = mix_bytes(*sequence, line.p, line.n);
		else if (name == LANE_NAME_KEPT || name == LANE_NAME_TITLE)
			*key = mix_bytes(*key, line.p, line.n);
	}
	*key = mix_number(*key, (uint64_t)e->said.own_uid << 32 | e->calendar);
	return plain;
}

static uint64_t add_text(uint64_t h, const char *text)
{
	return text ? mix_bytes(h, text, strlen(text)) : mix_number(h, 0);
}

static uint64_t env_key(const struct policy *policy, const struct timetable_opts *opts)
{
	const struct import_limits *limits = opts->limits ? opts->limits : &import_limits_default;
	uint64_t h = mix_number(MIX_START, (uint64_t)opts->from);
	h = mix_number(h, (uint64_t)opts->to);
	h = add_text(add_text(h, zone_name(opts->zone)), zone_data_version());
	h = add_text(h, opts->own_host);
	h = mix_number(h, (uint64_t)policy->transparent << 16 | (uint64_t)policy->tentative << 8 |
				  (uint64_t)policy->allday);
	h = add_text(add_text(h, policy->cancelled), policy->ignore);
	h = add_text(add_text(h, policy->lesson), policy->own);
	h = mix_number(h, (uint64_t)policy->default_length_s);
	return mix_bytes(h, (const char *)limits, sizeof *limits) | 1; /* 0 is an empty cache's */
}

struct unit_cache_groups unit_cache_groups(const struct unit_cache *cache,
					   const struct policy *policy,
					   const struct timetable_opts *opts)
{
	bool same = cache->now.env != 0 && cache->now.env == env_key(policy, opts);
	return (struct unit_cache_groups){same ? &cache->now.groups : NULL, cache->group_size,
					  cache->group_least};
}

/* ---- units -------------------------------------------------------------------------------- */

struct by_uid { /* open addressing: number of a unit + 1, beside the UID */
	uint64_t *uids;
	uint32_t *units;
	size_t mask;
	uint64_t seed;
};

static struct lane_unit *unit_of(struct lane_units *units, struct by_uid *table,
				 struct lane_event *e, bool *fresh)
{
	size_t i = mix_number(table->seed, e->uid) & table->mask;
	*fresh = true;
	if (e->uid != 0) {
		while (table->units[i] && table->uids[i] != e->uid)
			i = (i + 1) & table->mask;
		*fresh = table->units[i] == 0;
	}
	if (*fresh) {
		units->v = xgrow(units->v, units->n, &units->cap, sizeof *units->v);
		units->v[units->n++] = (struct lane_unit){.keep = true};
		e->unit = (uint32_t)units->n - 1;
		if (e->uid != 0) {
			table->uids[i] = e->uid;
			table->units[i] = (uint32_t)units->n;
		}
	} else {
		e->unit = table->units[i] - 1;
	}
	return &units->v[e->unit];
}

void lane_units_find(struct lane_units *units, struct lane_file *files, size_t n,
		     const struct policy *policy, const struct timetable_opts *opts)
{
	size_t events = 0, room = 16;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < files[i].n_events; k++)
			events += files[i].v[k].slow;
	while (room < 2 * events)
		room *= 2;
	struct by_uid table = {xcalloc(room, sizeof(uint64_t)), xcalloc(room, sizeof(uint32_t)),
			       room - 1, hash_seed()};
	uint64_t *sequences = xcalloc(events, sizeof *sequences);
	*units = (struct lane_units){.cache = opts->units, .env = env_key(policy, opts)};
	opts->units->grouped = 0;
	for (size_t i = 0; i < n; i++) {
		opts->units->grouped += files[i].n_grouped;
		lane_groups_move(&units->groups, &files[i].groups);
		uint64_t header = events > 0 ? file_key(&files[i]) : 0;
		for (size_t k = 0; k < files[i].n_events; k++) {
			struct lane_event *e = &files[i].v[k];
			uint64_t key = header, sequence = MIX_START;
			bool fresh;
			if (!e->slow)
				continue;
			bool plain = event_key(&files[i], e, &key, &sequence);
			struct lane_unit *unit = unit_of(units, &table, e, &fresh);
			if (!fresh) /* the first one's SEQUENCE begins to count with the second */
				unit->key = mix_number(unit->key, sequences[e->unit]);
			unit->key = fresh ? key : mix_number(mix_number(unit->key, key), sequence);
			sequences[e->unit] = fresh ? sequence : 0;
			unit->keep = unit->keep && plain;
		}
	}
	xfree(table.uids);
	xfree(table.units);
	xfree(sequences);
	look_up(units);
}
