/* timetable.c -- events of one source -> occurrences, levels, busy set, horizon.
 *
 * Components are grouped by UID whatever file or calendar they stand in, expanded group by group
 * (cal/expand), judged one by one (cal/busy), and summed up. */
#include "cal/timetable.h"

#include "cal/fastlane.h"
#include "cal/timetable_read.h"
#include "cal/unitcache.h"

#include <stdlib.h>
#include <string.h>

#define SETTLE_AFTER 4096 /* spans */

struct group_mark {	    /* of one UID */
	size_t first, past; /* in build.order */
	size_t found_first, found_past;
	int64_t steps;
};

struct told { /* how many warnings there were */
	size_t sieved, read;
};

struct build {
	const struct timetable_part *parts;
	size_t n_parts;
	const struct policy *policy;
	const struct timetable_opts *opts;
	const struct import_limits *limits;
	struct timetable *out;
	struct event_list events;
	const struct event **order; /* by UID, then as in the file */
	size_t *groups;		    /* where each UID begins in order, as they come in the file */
	size_t n_groups;
	struct component *group; /* room for the largest group */
	size_t cap_group;
	struct rule *rules;
	size_t n_rules, cap_rules;
	size_t part;   /* of the group that is being expanded, for warnings */
	int64_t spent; /* steps of rules */
	size_t cap_occurrences, cap_zones;
	struct lane_units *units; /* NULL: nothing is kept from import to import */
	struct told *told;	  /* of each part */
};

void timetable_fini(struct timetable *t)
{
	busyset_fini(&t->busy);
	xfree(t->occurrences);
	for (size_t i = 0; i < t->n_zones; i++)
		xfree(t->zones[i]);
	xfree(t->zones);
	lessons_fini(&t->lessons);
	warnings_fini(&t->warnings);
	*t = (struct timetable){0};
}

static void warn_part(void *ctx, int line, const char *sentence)
{
	struct build *b = ctx;
	warnings_add(&b->parts[b->part].sieved->warnings, line, "%s", sentence);
}

/* ---- groups of one UID -------------------------------------------------------------------- */

static int same_uid_order(const struct event *a, const struct event *b)
{
	if (a->uid_hash != b->uid_hash)
		return a->uid_hash < b->uid_hash ? -1 : 1;
	if (a->uid_n != b->uid_n)
		return a->uid_n < b->uid_n ? -1 : 1;
	return a->uid_n > 0 ? memcmp(a->uid, b->uid, a->uid_n) : 0;
}

static int by_uid(const void *pa, const void *pb)
{
	const struct event *a = *(const struct event *const *)pa;
	const struct event *b = *(const struct event *const *)pb;
	int order = same_uid_order(a, b);
	return order ? order : (a > b) - (a < b);
}

/* Events without UID stand alone. */
static size_t group_end(const struct build *b, size_t first)
{
	size_t i = first + 1;
	while (i < b->events.n && b->order[first]->uid_n > 0 &&
	       same_uid_order(b->order[first], b->order[i]) == 0)
		i++;
	return i;
}

struct group_start {
	const struct event *first;
	size_t at;
};

static int by_first(const void *pa, const void *pb)
{
	const struct group_start *a = pa, *b = pb;
	return (a->first > b->first) - (a->first < b->first);
}

/* Groups in file order, so that of too many warnings the first ones are shown, and a limit is
 * reached at the same line on every machine. */
static void find_groups(struct build *b)
{
	struct group_start *starts = xcalloc(b->events.n, sizeof *starts);
	size_t n = 0;
	for (size_t i = 0; i < b->events.n; i = group_end(b, i))
		starts[n++] = (struct group_start){b->order[i], i};
	if (n > 0)
		qsort(starts, n, sizeof *starts, by_first);
	b->groups = xcalloc(n, sizeof *b->groups);
	b->n_groups = n;
	for (size_t i = 0; i < n; i++)
		b->groups[i] = starts[i].at;
	xfree(starts);
}

/* Reads the rules of @event (its RRULEs, or its EXRULEs) behind those already read; false, with a
 * warning, when an RRULE is none: an event whose times are not known is left out whole. An EXRULE
 * that is none takes nothing out. *n: how many were read. */
static bool read_rules(struct build *b, const struct event *event, bool excludes, uint32_t *n)
{
	*n = 0;
	for (size_t i = 0; i < event->n_rules; i++) {
		const struct rule_text *text = &b->events.rules[event->first_rule + i];
		struct warnings *warnings = &b->parts[event->part].sieved->warnings;
		struct err err;
		if (text->excludes != excludes)
			continue;
		b->rules = xgrow(b->rules, b->n_rules, &b->cap_rules, sizeof *b->rules);
		if (rule_parse(text->p, text->n, &b->rules[b->n_rules], &err)) {
			b->n_rules++;
			++*n;
		} else if (excludes) {
			warnings_add(warnings, (int)text->line,
				     "EXRULE ignored, what it takes out stays busy: %s", err.text);
		} else {
			warnings_add(warnings, (int)text->line, "event skipped: %s", err.text);
			return false;
		}
	}
	return true;
}

static bool expand_group(struct build *b, size_t first, size_t past, struct occurrences *found,
			 struct err *err)
{
	const struct event_list *events = &b->events;
	size_t n = 0;
	if ((int64_t)(past - first) > b->limits->dates)
		return err_set(err, ERR_LIMIT,
			       "line %d: more than %lld components of one UID ([import] dates)",
			       b->order[first]->line, (long long)b->limits->dates);
	b->n_rules = 0;
	for (size_t i = first; i < past; i++) {
		const struct event *e = b->order[i];
		size_t rules_before = b->n_rules;
		struct component c = event_component(events, e);
		if (!read_rules(b, e, false, &c.n_rules) || !read_rules(b, e, true, &c.n_exrules)) {
			b->n_rules = rules_before;
			b->out->n_skipped++;
			continue;
		}
		b->group = xgrow(b->group, n, &b->cap_group, sizeof *b->group);
		c.tag = (uint32_t)(e - events->v);
		b->group[n++] = c;
	}
	const struct rule *rule = b->rules; /* no longer moving */
	for (size_t i = 0; b->n_rules > 0 && i < n; i++) {
		b->group[i].rules = rule;
		rule += b->group[i].n_rules;
		b->group[i].exrules = rule;
		rule += b->group[i].n_exrules;
	}
	if (n == 0)
		return true;
	const struct import_limits *l = b->limits;
	int64_t left = l->rule_steps - b->spent, share = l->rule_steps / 10 + 1;
	b->part = b->order[first]->part;
	if (left <= 0 && b->n_rules > 0)
		return err_set(
			err, ERR_LIMIT,
			"line %d: more than %lld steps of recurrence rules ([import] rule_steps)",
			b->group[0].line, (long long)l->rule_steps);
	struct expand_opts opts = {
		.from = b->opts->from,
		.to = b->opts->to,
		.zone = b->opts->zone,
		.default_length_s = b->policy->default_length_s,
		/* one endless rule is cut short with a warning; only a file full of them fails */
		.limits = {.steps = left < share ? left : share,
			   .occurrences = l->occurrences / 2 + 1,
			   .spent = &b->spent},
		.max_total = (size_t)l->occurrences,
		.already = b->out->n_occurrences - found->n,
	};
	if (expand_uid(b->group, n, &opts, found, warn_part, b, err))
		return true;
	const char *name = b->parts[b->part].name;
	return name ? err_wrap(err, "%s", name) : false;
}

/* ---- occurrences -------------------------------------------------------------------------- */

static void append_span(struct build *b, const struct lesson_span *span, bool ours)
{
	struct timetable *t = b->out;
	if (t->n_occurrences == b->cap_occurrences)
		t->occurrences = xgrow(t->occurrences, t->n_occurrences, &b->cap_occurrences,
				       sizeof *t->occurrences);
	t->occurrences[t->n_occurrences++] = *span;
	if (!span->timed || ours)
		return; /* ours are free because they are ours: no sign of a wrong policy */
	t->n_timed++;
	t->n_timed_free += span->level == LEVEL_FREE;
}

/* Room for @n more: what is known beforehand need not grow step by step. */
static void reserve(struct build *b, size_t n)
{
	struct timetable *t = b->out;
	if (t->n_occurrences + n <= b->cap_occurrences)
		return;
	size_t step = b->cap_occurrences + b->cap_occurrences / 2; /* there may be many files */
	b->cap_occurrences = t->n_occurrences + n > step ? t->n_occurrences + n : step;
	t->occurrences = xrealloc(t->occurrences, b->cap_occurrences * sizeof *t->occurrences);
}

static bool is_ours(const struct said *said)
{
	return said->own_uid || (said->match & MATCH_OWN);
}

/* A lesson that takes place, at a time of day: what a partner may visit. */
static uint32_t lesson_of(struct build *b, const struct event *e, const struct said *said,
			  enum level level)
{
	if (!(said->match & MATCH_LESSON) || said->all_day || level != LEVEL_BUSY)
		return 0;
	const struct lesson_text *text =
		lesson_lines_find(&b->parts[e->part].sieved->lessons, e->line);
	return text ? lessons_add(&b->out->lessons, text->title, text->place) : 0;
}

/* @e: whose it is; NULL: nobody's that could be a lesson. */
static void add_span(struct build *b, utc_t start, utc_t end, const struct said *said,
		     uint64_t series, const struct event *e)
{
	struct lesson_span span = {
		.start = start,
		.end = end,
		.level = busy_level(b->policy, said),
		.timed = !said->all_day,
		.series = series,
	};
	if (e)
		span.lesson = lesson_of(b, e, said, span.level) & INT32_MAX;
	append_span(b, &span, is_ours(said));
}

/* A time without any zone is told of once, at the first one of all. */
static void note_floating(struct build *b, size_t part, int line)
{
	struct event_list *list = &b->events;
	if (list->n_floating++ == 0 || part < list->floating_part ||
	    (part == list->floating_part && line < list->floating_line)) {
		list->floating_part = part;
		list->floating_line = line;
	}
}

/* Lists the zones of @starts, bits for each calendar, and asks for every zone that is named: a
 * VTIMEZONE may have other rules, which is told. */
static void use_lane_zones(struct build *b, size_t part, const uint32_t *starts)
{
	const struct lane_file *lane = b->parts[part].lane;
	for (size_t i = 0; i < lane->n_calendars; i++)
		for (size_t k = 0; k < lane->n_zones; k++) {
			if (!(lane->uses[i] >> k & 1))
				continue;
			const struct zone *zone = zone_order_find(
				b->events.orders[part], i, lane->names[k].p, lane->names[k].n);
			if (zone && (starts[i] >> k & 1))
				event_list_use_zone(&b->events, zone);
		}
}

/* What the fast lane read. */
static bool add_lane(struct build *b, size_t part, struct err *err)
{
	const struct lane_file *lane = b->parts[part].lane;
	uint32_t *starts = xcalloc(lane->n_calendars, sizeof *starts);
	reserve(b, lane->n_events);
	for (size_t i = 0; i < lane->n_events; i++) {
		const struct lane_event *e = &lane->v[i];
		utc_t from = b->opts->from;
		if (e->slow)
			continue;
		if (e->zone < LANE_ZONES) {
			starts[e->calendar - 1] |= 1u << e->zone;
		} else if (e->zone == LANE_UTC) {
			event_list_use_zone(&b->events, zone_utc());
		} else if (e->zone == LANE_FLOATING) {
			const struct zone *home = lane->homes[e->calendar - 1];
			event_list_use_zone(&b->events, home ? home : b->opts->zone);
			if (!home)
				note_floating(b, part, e->line);
		}
		if (e->start < b->opts->to &&
		    (e->start == e->end ? e->start >= from : e->end > from))
			add_span(b, e->start, e->end, &e->said, e->series, NULL);
	}
	use_lane_zones(b, part, starts);
	xfree(starts);
	if (b->out->n_occurrences > (uint64_t)b->limits->occurrences)
		return err_set(err, ERR_LIMIT, "more than %lld occurrences in all",
			       (long long)b->limits->occurrences);
	/* near the limit of steps it matters who comes first */
	if (b->units && b->spent > b->limits->rule_steps / 2)
		return err_set(err, ERR_LIMIT, "many steps of recurrence rules");
	return true;
}

static bool goes_before(const struct lesson_span *a, const struct lesson_span *b)
{
	if (a->start != b->start)
		return a->start < b->start;
	if (a->end != b->end)
		return a->end < b->end;
	if (a->series != b->series)
		return a->series < b->series;
	return a->level < b->level;
}

/* Merges two neighbouring runs of @at, [first, middle) and [middle, past). Only where they
 * overlap anything has to move: of lessons in the order of the year that is little. */
static void merge(const struct lesson_span *v, uint32_t *at, uint32_t *room, size_t first,
		  size_t middle, size_t past)
{
	const struct lesson_span *low = &v[at[middle]], *high = &v[at[middle - 1]];
	for (size_t end = middle; first < end;) { /* what stays in front */
		size_t i = (first + end) / 2;
		if (goes_before(low, &v[at[i]]))
			end = i;
		else
			first = i + 1;
	}
	for (size_t begin = middle; begin < past;) { /* what stays behind */
		size_t i = (begin + past) / 2;
		if (goes_before(&v[at[i]], high))
			begin = i + 1;
		else
			past = i;
	}
	size_t n = middle - first, a = 0, b = middle, to = first;
	memcpy(room, at + first, n * sizeof *room);
	while (a < n && b < past)
		at[to++] = goes_before(&v[at[b]], &v[room[a]]) ? at[b++] : room[a++];
	memcpy(at + to, room + a, (n - a) * sizeof *room);
}

/* Moves every span to where its number stands, round by round, without a second array. */
static void put_in_order(struct lesson_span *v, uint32_t *at, size_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct lesson_span first = v[i];
		uint32_t to = i, next;
		while ((next = at[to]) != i) {
			at[to] = to;
			v[to] = v[next];
			to = next;
		}
		at[to] = to;
		v[to] = first;
	}
}

/* Where runs of what is in order already end; *n_runs of them. */
static size_t *find_runs(const struct timetable *t, size_t *n_runs)
{
	size_t *runs = NULL, n = 0, cap = 0;
	for (size_t i = 1; i <= t->n_occurrences; i++) {
		if (i < t->n_occurrences &&
		    !goes_before(&t->occurrences[i], &t->occurrences[i - 1]))
			continue;
		runs = xgrow(runs, n, &cap, sizeof *runs);
		runs[n++] = i;
	}
	*n_runs = n;
	return runs;
}

/* Timetables come sorted, or nearly so, and each series does: runs are merged two by two. */
static void sort_spans(struct timetable *t)
{
	size_t n = t->n_occurrences, n_runs;
	size_t *runs = find_runs(t, &n_runs);
	uint32_t *at = n_runs > 1 ? xmalloc(n * sizeof *at) : NULL;
	uint32_t *room = n_runs > 1 ? xmalloc(n * sizeof *room) : NULL;
	bool moved = n_runs > 1;
	for (uint32_t i = 0; moved && i < n; i++)
		at[i] = i;
	while (n_runs > 1) {
		size_t kept = 0, first = 0;
		for (size_t r = 0; r < n_runs; r += 2) {
			size_t past = runs[r + 1 < n_runs ? r + 1 : r];
			if (r + 1 < n_runs)
				merge(t->occurrences, at, room, first, runs[r], past);
			runs[kept++] = first = past;
		}
		n_runs = kept;
	}
	if (moved)
		put_in_order(t->occurrences, at, n);
	xfree(at);
	xfree(room);
	xfree(runs);
}

/* ---- units known from the last import ----------------------------------------------------- */

/* Once each, sorted. */
static void list_zone(struct build *b, const char *name)
{
	struct timetable *t = b->out;
	size_t at = 0;
	while (at < t->n_zones && strcmp(t->zones[at], name) < 0)
		at++;
	if (at < t->n_zones && strcmp(t->zones[at], name) == 0)
		return;
	t->zones = xgrow(t->zones, t->n_zones, &b->cap_zones, sizeof *t->zones);
	memmove(t->zones + at + 1, t->zones + at, (t->n_zones - at) * sizeof *t->zones);
	t->zones[at] = xstrdup(name);
	t->n_zones++;
}

static void add_known_units(struct build *b)
{
	for (size_t i = 0; i < b->units->n; i++) {
		size_t n;
		int64_t steps;
		uint32_t zones;
		if (!b->units->v[i].known)
			continue;
		const struct unit_span *spans =
			unit_cache_spans(b->units->cache, b->units->v[i].known, &n, &steps, &zones);
		b->spent += steps;
		for (size_t k = 0; k < n; k++)
			append_span(b, &spans[k].span, spans[k].ours);
		for (int bit = 0; zones >> bit; bit++)
			if (zones >> bit & 1)
				list_zone(b, unit_cache_zone(b->units->cache, bit));
	}
}

/* The event of @part around that line, or NULL. */
static const struct lane_event *event_at(const struct build *b, size_t part, int line)
{
	const struct lane_file *lane = b->parts[part].lane;
	size_t low = 0, high = lane->n_events;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (lane->v[mid].line <= line)
			low = mid + 1;
		else
			high = mid;
	}
	const struct lane_event *e = low > 0 ? &lane->v[low - 1] : NULL;
	return e && line < e->line + e->lines ? e : NULL;
}

/* What warned is read again next time. False when something warned of the whole file: what is
 * told once depends on who comes first. */
static bool forget_what_warned(struct build *b)
{
	for (size_t i = 0; i < b->n_parts; i++) {
		const struct warnings *w = &b->parts[i].sieved->warnings;
		if (w->dropped > 0 || b->told[i].read != b->told[i].sieved)
			return false;
		for (size_t k = 0; k < w->n; k++) {
			const struct lane_event *e = event_at(b, i, w->v[k].line);
			if (e)
				b->units->v[e->unit].keep = false;
			else if (k >= b->told[i].sieved)
				return false;
		}
	}
	return true;
}

/* Adds the unit of one group to what is kept for the next import. */
static void keep_unit(struct build *b, const struct group_mark *mark,
		      const struct occurrences *found, struct unit_cache_next *next)
{
	const struct event *first = b->order[mark->first];
	const struct lane_event *at = event_at(b, first->part, first->line);
	uint32_t zones = 0;
	if (!at || !at->slow || !b->units->v[at->unit].keep)
		return;
	for (size_t i = mark->first; i < mark->past; i++) {
		const struct event *e = b->order[i];
		if (e->floating || (e->said.match & MATCH_LESSON))
			return; /* titles and places are no part of a key, and not kept here */
		if ((e->start_form == WHEN_LOCAL || e->start_form == WHEN_UTC) &&
		    !unit_cache_next_zone(next, zone_name(e->start_zone), &zones))
			return;
	}
	size_t n = mark->found_past - mark->found_first;
	struct unit_span *spans = xcalloc(n, sizeof *spans);
	for (size_t i = 0; i < n; i++) {
		const struct said *said = &b->events.v[found->v[mark->found_first + i].tag].said;
		spans[i].span = b->out->occurrences[mark->found_first + i];
		spans[i].ours = is_ours(said);
	}
	unit_cache_add(next, b->units->v[at->unit].key, spans, n, mark->steps, zones);
	xfree(spans);
}

static void keep_units(struct build *b, const struct group_mark *marks,
		       const struct occurrences *found)
{
	struct unit_cache_next *next = NULL;
	if (forget_what_warned(b)) {
		next = unit_cache_begin(b->units);
		for (size_t i = 0; i < b->n_groups; i++)
			keep_unit(b, &marks[i], found, next);
	}
	unit_cache_commit(b->units, next);
}

/* What is found no longer needs them, and sorting it needs room. */
static void drop_events(struct build *b)
{
	event_list_drop_events(&b->events);
	xfree(b->order);
	xfree(b->groups);
	xfree(b->group);
	b->order = NULL;
	b->groups = NULL;
	b->group = NULL;
}

/* The occurrences of one UID, as spans in the same order. */
static void add_found(struct build *b, const struct occurrences *found, size_t first)
{
	for (size_t i = first; i < found->n; i++) {
		const struct occurrence *o = &found->v[i];
		const struct event *e = &b->events.v[o->tag];
		struct said said = e->said;
		said.all_day = o->all_day;
		add_span(b, o->start, o->end, &said, e->series, e);
	}
}

static bool find_occurrences(struct build *b, struct err *err)
{
	struct occurrences found = {0};
	bool fine = true;
	find_groups(b);
	struct group_mark *marks = b->units ? xcalloc(b->n_groups, sizeof *marks) : NULL;
	for (size_t i = 0; fine && i < b->n_groups; i++) {
		struct group_mark mark = {b->groups[i], group_end(b, b->groups[i]), found.n, 0,
					  b->spent};
		fine = expand_group(b, mark.first, mark.past, &found, err);
		mark.found_past = found.n;
		mark.steps = b->spent - mark.steps;
		add_found(b, &found, mark.found_first);
		if (marks)
			marks[i] = mark;
		else
			found.n = 0; /* nobody asks for it again */
	}
	for (size_t i = 0; fine && i < b->events.n_periods; i++) {
		const struct free_busy *p = &b->events.periods[i];
		if (p->start < b->opts->to && p->end > b->opts->from)
			add_span(b, p->start, p->end, &p->said, p->series, NULL);
	}
	if (fine && b->units)
		add_known_units(b);
	for (size_t i = 0; fine && i < b->n_parts; i++)
		if (b->parts[i].lane)
			fine = add_lane(b, i, err);
	if (fine && b->units)
		keep_units(b, marks, &found);
	occurrences_fini(&found);
	xfree(marks);
	drop_events(b);
	return fine;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
	const size_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

struct week {
	utc_t end;
	size_t lessons;
};

static struct week week_of(const struct zone *zone, utc_t at)
{
	day_t day = zone_day_of(zone, at), monday = day - (day_t)civil_weekday(day);
	return (struct week){zone_day_start(zone, monday + 7), 0};
}

utc_t timetable_horizon_auto(const struct lesson_span *v, size_t n_lessons, size_t skip,
			     const struct timetable_opts *opts)
{
	struct week *weeks = NULL;
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < n_lessons; i++) {
		const struct lesson_span *o = &v[i];
		if (i == skip || !o->timed || o->level < LEVEL_BUSY || o->start < opts->from)
			continue;
		if (n == 0 || o->start >= weeks[n - 1].end) {
			weeks = xgrow(weeks, n, &cap, sizeof *weeks);
			weeks[n++] = week_of(opts->zone, o->start);
		}
		weeks[n - 1].lessons++;
	}
	if (n == 0)
		return opts->now;
	size_t *counts = xcalloc(n, sizeof *counts);
	for (size_t i = 0; i < n; i++)
		counts[i] = weeks[i].lessons;
	qsort(counts, n, sizeof *counts, by_count);
	size_t twice_median = counts[n / 2] + counts[(n - 1) / 2];
	size_t last = n - 1;
	while (4 * weeks[last].lessons < twice_median)
		last--; /* ends: the largest count is at least the median */
	utc_t end = weeks[last].end;
	xfree(counts);
	xfree(weeks);
	return end >= opts->to ? UTC_MAX : end;
}

static utc_t horizon(const struct build *b)
{
	switch (b->policy->horizon) {
	case HORIZON_OPEN: return UTC_MAX;
	case HORIZON_FIXED: return b->opts->now + b->policy->horizon_s;
	default:
		return timetable_horizon_auto(b->out->occurrences, b->out->n_occurrences, SIZE_MAX,
					      b->opts);
	}
}

static void list_zones(struct build *b)
{
	for (size_t i = 0; i < b->events.n_zones; i++)
		list_zone(b, zone_name(b->events.zones[i]));
}

/* By line; of one line in the order they were found. At most 200: insertion is fine. */
static void sort_warnings(struct warnings *w)
{
	for (size_t i = 1; i < w->n; i++) {
		struct warning one = w->v[i];
		size_t k = i;
		for (; k > 0 && w->v[k - 1].line > one.line; k--)
			w->v[k] = w->v[k - 1];
		w->v[k] = one;
	}
}

static void collect_warnings(struct build *b)
{
	struct timetable *t = b->out;
	struct warnings *out = &t->warnings;
	for (size_t i = 0; i < b->events.n_orders; i++)
		zone_order_compare(b->events.orders[i], b->events.zones, b->events.n_zones);
	if (b->events.n_floating > 0)
		warnings_add(&b->parts[b->events.floating_part].sieved->warnings,
			     b->events.floating_line, "%zu event%s without a zone; read as %s",
			     b->events.n_floating, b->events.n_floating == 1 ? "" : "s",
			     zone_name(b->opts->zone));
	for (size_t i = 0; i < b->n_parts; i++) {
		struct warnings *from = &b->parts[i].sieved->warnings;
		const char *name = b->parts[i].name;
		sort_warnings(from);
		for (size_t k = 0; k < from->n; k++) {
			const struct warning *one = &from->v[k];
			if (!name)
				warnings_add(out, one->line, "%s", one->text);
			else if (one->line > 0)
				warnings_add(out, 0, "%s: line %d: %s", name, one->line, one->text);
			else
				warnings_add(out, 0, "%s: %s", name, one->text);
		}
		out->dropped += from->dropped;
		warnings_fini(from);
	}
	if (t->n_timed_free * 5 > t->n_timed)
		warnings_add(out, 0,
			     "%zu of %zu timed events come out free (%zu %%): are transparent, "
			     "cancelled and ignore right for this source?",
			     t->n_timed_free, t->n_timed, t->n_timed_free * 100 / t->n_timed);
}

static void sum_up(struct build *b)
{
	struct timetable *t = b->out;
	sort_spans(t);
	/* In order: nothing has to be sorted again. Settled now and then: many lessons at once
	 * would need much room, and make few spans. */
	for (size_t i = 0, most = SETTLE_AFTER; i < t->n_occurrences; i++) {
		busyset_add(&t->busy, t->occurrences[i].start, t->occurrences[i].end,
			    t->occurrences[i].level);
		if (t->busy.n < most)
			continue;
		busyset_settle(&t->busy);
		most = 2 * t->busy.n + SETTLE_AFTER;
	}
	busyset_settle(&t->busy);
	busyset_clip(&t->busy, b->opts->from, b->opts->to);
	for (size_t i = 0; i < t->n_occurrences; i++) {
		if (i == 0 || t->occurrences[i].end > t->last)
			t->last = t->occurrences[i].end;
	}
	t->first = t->n_occurrences > 0 ? t->occurrences[0].start : 0;
	t->horizon = horizon(b);
	t->n_skipped += b->events.skipped;
	for (size_t i = 0; i < b->n_parts; i++) {
		t->n_events += b->parts[i].sieved->events;
		t->n_skipped += b->parts[i].sieved->skipped;
	}
	list_zones(b);
	collect_warnings(b);
}

bool timetable_build_parts(const struct timetable_part *parts, size_t n,
			   const struct policy *policy, const struct timetable_opts *opts,
			   struct timetable *out, struct err *err)
{
	struct timetable made = {0};
	struct build b = {
		.parts = parts,
		.n_parts = n,
		.policy = policy,
		.opts = opts,
		.limits = opts->limits ? opts->limits : &import_limits_default,
		.out = &made,
	};
	b.units = n > 0 && parts[0].lane ? parts[0].lane->units : NULL;
	b.told = xcalloc(n, sizeof *b.told);
	bool fine = true;
	for (size_t i = 0; fine && i < n; i++) {
		b.told[i].sieved = parts[i].sieved->warnings.n;
		fine = event_list_read(&b.events, parts, i, opts, err);
		b.told[i].read = parts[i].sieved->warnings.n;
		if (!fine && parts[i].name)
			(void)err_wrap(err, "%s", parts[i].name);
	}
	b.order = xcalloc(b.events.n, sizeof *b.order);
	for (size_t i = 0; i < b.events.n; i++)
		b.order[i] = &b.events.v[i];
	if (b.events.n > 0)
		qsort(b.order, b.events.n, sizeof *b.order, by_uid);
	fine = fine && find_occurrences(&b, err);
	if (fine) {
		sum_up(&b);
		*out = made;
	} else {
		timetable_fini(&made);
	}
	event_list_fini(&b.events);
	xfree(b.told);
	xfree(b.order);
	xfree(b.groups);
	xfree(b.group);
	xfree(b.rules);
	return fine;
}

bool timetable_build(struct sieved *sieved, const struct buf *wire, const struct policy *policy,
		     const struct timetable_opts *opts, struct timetable *out, struct err *err)
{
	struct timetable_part part = {sieved, wire, NULL, NULL};
	return timetable_build_parts(&part, 1, policy, opts, out, err);
}
