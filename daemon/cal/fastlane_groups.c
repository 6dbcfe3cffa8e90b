/* fastlane_groups.c -- what is word for word as it was in the last import is not read again.
 *
 * A group is a row of neighbouring events: a hash of their bytes, and what the scan made of them.
 * While the bytes stay the same the scan goes from group to group. Where they differ it reads
 * event by event, and after each one asks whether a group began with just these bytes:
 *
 *   last import   | group 1 | group 2 | group 3 | group 4 |
 *   this one      | group 1 | ...read ...     | group 3 | group 4 |
 *
 * What the scan makes of an event depends on its bytes, on the limits, policy and zones that
 * lane_env is made of, and on nothing else. Which zones a file names, how many components it has
 * and where an event ends (empty or folded lines may follow) are found out anew for every group.
 * The hash has a secret, so that nobody can write two calendars that are taken for each other. */
#include "cal/fastlane_scan.h"

#include "base/hash.h"
#include "base/mix.h"
#include "cal/unitcache.h"

#include <string.h>

#define GROUP_BYTES (32 << 10) /* begun after no more than these */
#define EVENT_BYTES (64 << 10)
#define MISSES	    16 /* hashes that may be in vain, and two for each group */

struct group_event { /* a lane_event, packed */
	utc_t start;
	uint64_t series, uid;
	uint32_t seconds, n;
	uint16_t lines, components;
	uint8_t zone, end_zone; /* index into lane_group.zones, or LANE_... */
	uint8_t status : 4, busy : 4;
	uint8_t match : 4, all_day : 1, transparent : 1, own_uid : 1, slow : 1;
};

struct group_zone {
	uint32_t at, n; /* where in the group's bytes its ";TZID=name" stands */
};

struct lane_group {
	unsigned refs;
	uint32_t n_events, n_zones, bytes, components, lines;
	uint32_t head_bytes; /* of the first event */
	uint64_t hash, head; /* of all of it, of the first event */
	bool high;	     /* bytes above 127 */
	struct group_zone zones[LANE_ZONES];
	struct group_event v[];
};

static struct lane_group *group_ref(struct lane_group *group)
{
	group->refs++;
	return group;
}

static void group_unref(struct lane_group *group)
{
	if (--group->refs == 0)
		xfree(group);
}

void lane_groups_fini(struct lane_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		group_unref(groups->v[i]);
	xfree(groups->v);
	*groups = (struct lane_groups){0};
}

static void groups_add(struct lane_groups *groups, struct lane_group *group)
{
	groups->v = xgrow(groups->v, groups->n, &groups->cap, sizeof *groups->v);
	groups->v[groups->n++] = group;
	groups->bytes += sizeof *group + group->n_events * sizeof *group->v;
}

void lane_groups_move(struct lane_groups *to, struct lane_groups *from)
{
	for (size_t i = 0; i < from->n; i++)
		groups_add(to, group_ref(from->v[i]));
	lane_groups_fini(from);
}

/* ---- finding ------------------------------------------------------------------------------ */

void lane_finder_init(struct lane_finder *f, const struct lane_groups *groups)
{
	size_t room = 16;
	*f = (struct lane_finder){.secret = hash_seed()};
	if (!groups || groups->n == 0)
		return;
	while (room < 2 * groups->n)
		room *= 2;
	f->old = groups;
	f->mask = room - 1;
	f->table = xcalloc(room, sizeof *f->table);
	f->expected = groups->n;
	f->misses = MISSES + 2 * groups->n;
	for (size_t i = 0; i < groups->n; i++) {
		size_t at = groups->v[i]->head & f->mask;
		while (f->table[at] && groups->v[f->table[at] - 1]->head != groups->v[i]->head)
			at = (at + 1) & f->mask;
		if (!f->table[at]) /* of those that begin alike the first one is found */
			f->table[at] = (uint32_t)i + 1;
	}
}

void lane_finder_fini(struct lane_finder *f)
{
	xfree(f->table);
	xfree(f->taken);
	*f = (struct lane_finder){0};
}

/* Whether the bytes at @from are those of @group, and end as it did: what follows its last END is
 * no empty line and nothing that is folded on. */
static bool is_there(const struct lane_scan *s, const struct lane_group *group, size_t from)
{
	return group->bytes < s->n - from && (unsigned char)s->bytes[from + group->bytes] > ' ' &&
	       mix_secret(s->finder.secret, s->bytes + from, group->bytes) == group->hash;
}

/* The zones of @group as this file numbers them; false when there are too many. */
static bool number_zones(struct lane_scan *s, const struct lane_group *group, size_t from,
			 uint8_t zones[256])
{
	for (int i = 0; i < 256; i++)
		zones[i] = (uint8_t)i; /* LANE_UTC ... */
	for (size_t i = 0; i < group->n_zones; i++) {
		struct text params = {s->bytes + from + group->zones[i].at, group->zones[i].n};
		const struct lane_slot *slot = lane_slot_of(s, params);
		if (!slot)
			return false;
		zones[i] = (uint8_t)(slot - s->slots);
	}
	return true;
}

static void take_events(struct lane_scan *s, const struct lane_group *group, size_t from, int line,
			const uint8_t zones[256])
{
	struct lane_file *file = s->file;
	uint16_t uses = 0;
	for (size_t i = 0; i < group->n_events; i++) {
		const struct group_event *e = &group->v[i];
		file->v = xgrow(file->v, file->n_events, &file->cap, sizeof *file->v);
		file->v[file->n_events++] = (struct lane_event){
			.start = e->start,
			.end = e->start + e->seconds,
			.series = e->series,
			.uid = e->uid,
			.from = (uint32_t)from,
			.n = e->n,
			.line = line,
			.lines = e->lines,
			.components = e->components,
			.said = {.all_day = e->all_day,
				 .transparent = e->transparent,
				 .own_uid = e->own_uid,
				 .status = (enum said_status)e->status,
				 .busy = (enum said_busy)e->busy,
				 .match = e->match},
			.calendar = (uint32_t)file->n_calendars,
			.zone = zones[e->zone],
			.end_zone = zones[e->end_zone],
			.slow = e->slow,
		};
		lane_note_uses(&uses, &file->v[file->n_events - 1]);
		file->open |= !e->slow && (lane_is_open(file, zones[e->zone]) ||
					   lane_is_open(file, zones[e->end_zone]));
		from += e->n;
		line += e->lines;
	}
	file->uses[file->n_calendars - 1] |= uses;
}

/* Takes group number @i, which begins at @from. */
static bool take(struct lane_scan *s, size_t i, size_t from, int line)
{
	struct lane_finder *f = &s->finder;
	struct lane_group *group = f->old->v[i];
	uint8_t zones[256];
	if (!is_there(s, group, from)) {
		f->expected = f->old->n;
		if (f->misses-- == 0)
			f->old = NULL;
		return false;
	}
	if (!number_zones(s, group, from, zones))
		return false;
	if (group->high)
		lane_high_bytes(s);
	f->taken = xgrow(f->taken, f->n_taken, &f->cap_taken, sizeof *f->taken);
	f->taken[f->n_taken++] = (struct lane_taken){group, s->file->n_events};
	take_events(s, group, from, line, zones);
	s->components += group->components;
	s->odd |= s->components > (uint64_t)s->limits->components;
	s->line = line + (int)group->lines - 1;
	lane_jump(s, from + group->bytes);
	s->file->n_grouped += group->n_events;
	f->expected = i + 1;
	return true;
}

bool lane_groups_take(struct lane_scan *s, size_t from, int line)
{
	struct lane_finder *f = &s->finder;
	return f->expected < f->old->n && take(s, f->expected, from, line);
}

void lane_groups_resync(struct lane_scan *s, size_t components_before)
{
	struct lane_finder *f = &s->finder;
	struct lane_file *file = s->file;
	const struct lane_event e = file->v[file->n_events - 1];
	uint64_t head = mix_secret(f->secret, s->bytes + e.from, e.n);
	size_t at = head & f->mask, components = s->components;
	while (f->table[at] && f->old->v[f->table[at] - 1]->head != head)
		at = (at + 1) & f->mask;
	if (!f->table[at] || f->old->v[f->table[at] - 1]->head_bytes != e.n)
		return;
	file->n_events--; /* the group has it too */
	s->components = components_before;
	if (take(s, f->table[at] - 1, e.from, e.line))
		return;
	file->v[file->n_events++] = e;
	s->components = components;
}

/* ---- keeping ------------------------------------------------------------------------------ */

static bool may_be_kept(const struct lane_event *e)
{
	int64_t seconds = e->slow ? 0 : e->end - e->start;
	return seconds >= 0 && seconds <= UINT32_MAX && e->n <= EVENT_BYTES &&
	       e->lines <= UINT16_MAX && e->components <= UINT16_MAX;
}

/* The number of the file's zone @zone in @group, which gets it when it is new. False when its name
 * does not stand there in one piece. */
static bool keep_zone(const struct lane_scan *s, struct lane_group *group, size_t from,
		      uint8_t zone, uint8_t *out)
{
	const char *bytes = s->bytes + from;
	*out = zone;
	if (zone >= LANE_ZONES)
		return true;
	struct text name = s->slots[zone].params;
	for (uint8_t i = 0; i < group->n_zones; i++) {
		*out = i;
		if (group->zones[i].n == name.n &&
		    memcmp(bytes + group->zones[i].at, name.p, name.n) == 0)
			return true;
	}
	const char *at = memmem(bytes, group->bytes, name.p, name.n);
	if (!at)
		return false;
	*out = (uint8_t)group->n_zones;
	group->zones[group->n_zones++] =
		(struct group_zone){(uint32_t)(at - bytes), (uint32_t)name.n};
	return true;
}

static bool keep_event(const struct lane_scan *s, struct lane_group *group, size_t from,
		       const struct lane_event *e)
{
	struct group_event *kept = &group->v[group->n_events++];
	*kept = (struct group_event){
		.start = e->slow ? 0 : e->start,
		.series = e->series,
		.uid = e->uid,
		.seconds = e->slow ? 0 : (uint32_t)(e->end - e->start),
		.n = e->n,
		.lines = (uint16_t)e->lines,
		.components = (uint16_t)e->components,
		.zone = LANE_UTC,
		.end_zone = LANE_UTC,
		.status = (uint8_t)e->said.status & 0xF,
		.busy = (uint8_t)e->said.busy & 0xF,
		.match = (uint8_t)e->said.match & 0xF,
		.all_day = e->said.all_day,
		.transparent = e->said.transparent,
		.own_uid = e->said.own_uid,
		.slow = e->slow,
	};
	group->components += e->components;
	group->lines += (uint32_t)e->lines;
	return e->slow || (keep_zone(s, group, from, e->zone, &kept->zone) &&
			   keep_zone(s, group, from, e->end_zone, &kept->end_zone));
}

static bool any_high(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] > 127)
			return true;
	return false;
}

/* Events [first, past) of the file, which stand one behind the other. */
static void keep_group(struct lane_scan *s, size_t first, size_t past)
{
	const struct lane_event *v = s->file->v, *last = &v[past - 1];
	size_t from = v[first].from, n = past - first;
	struct lane_group *group = xcalloc(1, sizeof *group + n * sizeof *group->v);
	bool fine = true;
	group->refs = 1;
	group->bytes = last->from + last->n - v[first].from;
	for (size_t i = first; i < past && fine; i++)
		fine = keep_event(s, group, from, &v[i]);
	group->head_bytes = v[first].n;
	group->head = mix_secret(s->finder.secret, s->bytes + from, group->head_bytes);
	group->hash = mix_secret(s->finder.secret, s->bytes + from, group->bytes);
	group->high = s->utf8 && any_high(s->bytes + from, group->bytes);
	if (fine)
		groups_add(&s->file->groups, group);
	else
		xfree(group);
}

/* Makes groups of events [first, past), of like size. */
static void keep_events(struct lane_scan *s, size_t first, size_t past, size_t size)
{
	const struct lane_event *v = s->file->v;
	while (first < past) {
		size_t end = first, bytes = 0;
		size_t pieces = (past - first + size - 1) / size;
		size_t want = (past - first + pieces - 1) / pieces;
		while (end < past && end - first < want && bytes < GROUP_BYTES &&
		       may_be_kept(&v[end]) &&
		       (end == first || (v[end].calendar == v[first].calendar &&
					 v[end - 1].from + v[end - 1].n == v[end].from)))
			bytes += v[end++].n;
		if (end > first)
			keep_group(s, first, end);
		first = end > first ? end : first + 1;
	}
}

void lane_groups_keep(struct lane_scan *s, size_t size)
{
	size_t at = 0;
	for (size_t i = 0; i < s->finder.n_taken; i++) {
		const struct lane_taken *taken = &s->finder.taken[i];
		keep_events(s, at, taken->first, size);
		groups_add(&s->file->groups, group_ref(taken->group));
		at = taken->first + taken->group->n_events;
	}
	keep_events(s, at, s->file->n_events, size);
}
