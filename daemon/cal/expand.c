/* expand.c -- what a calendar says of one UID -> its occurrences in a window.
 *
 *   master   DTSTART + RRULE + RDATE  ->  instances, each with the moment it was meant for
 *            - EXDATE - EXRULE            (its "identity", RFC 5545 section 3.8.4.4)
 *   single   RECURRENCE-ID            ->  takes the instance of that identity out, stands itself
 *   follow   ... RANGE=THISANDFUTURE  ->  moves every instance from that identity on
 *
 * Everything is compared by identity before anything moves; overrides stand on their own
 * afterwards, whether or not the instance they replace was ever found. */
#include "cal/expand.h"

#include "base/buf.h"
#include "base/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_FIRST  ((local_t)-62135596800) /* 0001-01-01T00:00:00 */
#define TIME_LAST   ((local_t)253402300799) /* 9999-12-31T23:59:59 */
#define LENGTH_MAX  ((int64_t)10000 * 366 * DAY_S)
#define STEPS	    1000000
#define OCCURRENCES 100000

/* How long something is: so many days on the clock, then so many seconds. */
struct extent {
	int64_t days, exact_s;
};

/* An instance of the series, before overrides. */
struct instance {
	utc_t at; /* identity */
	local_t local;
	int64_t length_s; /* -1: as the master */
};

/* What a RECURRENCE-ID or EXDATE means in this series: a moment, or a local day. */
struct key {
	bool by_day;
	int64_t value;
};

struct override {
	struct key key;
	const struct component *component;
};

struct follow {
	utc_t at;      /* identity from which on it holds */
	int64_t delta; /* on the clock of the series */
	struct extent extent;
	const struct component *component;
	struct when start;
};

/* A single event with the master's UID and SEQUENCE on another day. */
struct twin {
	day_t day;
	const struct component *component;
};

/* The offset that was looked up last: the next reading mostly has the same. */
struct near {
	const struct zone *zone;
	local_t from, to;
	int offset;
};

struct expansion {
	const struct expand_opts *opts;
	struct occurrences *out;
	expand_warn_fn *warn;
	void *warn_ctx;

	const struct component *master; /* NULL: only overrides */
	struct extent extent;
	bool all_day;
	const struct zone *zone; /* whose clock the series follows; NULL: UTC */

	struct override *overrides; /* by key */
	size_t n_overrides;
	struct follow *follows; /* by identity */
	size_t n_follows;
	struct key *exdates; /* by key */
	size_t n_exdates;

	struct instance *v;
	size_t n, cap;
	utc_t low, high; /* identities outside cannot reach the window */
	size_t most;	 /* instances of rules, in all */
	bool full;
	struct near *near;
	utc_t rule_until; /* UTC_MAX: none; else compared moment by moment */

	bool excluding; /* the walk is an EXRULE's, and DTSTART on it or not */
	bool excludes_start;
	utc_t *excluded; /* identities that EXRULEs take out, rising */
	size_t n_excluded, cap_excluded;

	struct twin *twins; /* single events beside the master; by day, later in the file last */
	size_t n_twins;
};

void occurrences_fini(struct occurrences *list)
{
	xfree(list->v);
	*list = (struct occurrences){0};
}

static void warn(const struct expansion *x, const struct component *c, const char *sentence)
{
	if (x->warn)
		x->warn(x->warn_ctx, c->line, sentence);
}

/* ---- times -----------------------------------------------------------------------------------*/

static utc_t zoned(const struct expansion *x, const struct zone *zone, local_t local)
{
	struct near *near = x->near;
	if (!zone)
		return local;
	if (near->zone != zone || local < near->from || local >= near->to) {
		near->zone = zone;
		near->offset = zone_offset_around(zone, local, &near->from, &near->to);
	}
	return local - near->offset;
}

static const struct zone *zone_of(const struct expansion *x, const struct when *when)
{
	if (when->form == WHEN_UTC)
		return NULL;
	return when->form == WHEN_LOCAL && when->zone ? when->zone : x->opts->zone;
}

static utc_t when_utc(const struct expansion *x, const struct when *when)
{
	if (when->form == WHEN_DATE)
		return zone_day_start(x->opts->zone, local_day(when->local));
	return zoned(x, zone_of(x, when), when->local);
}

static day_t when_day(const struct expansion *x, const struct when *when)
{
	return when->form == WHEN_UTC ? zone_day_of(x->opts->zone, when->local)
				      : local_day(when->local);
}

/* The reading of @when on the clock of the series. */
static local_t series_local(const struct expansion *x, const struct when *when)
{
	if (when->form == WHEN_DATE || (when->form == WHEN_LOCAL && zone_of(x, when) == x->zone))
		return when->local;
	utc_t at = when_utc(x, when);
	return x->zone ? zone_to_local(x->zone, at) : at;
}

static bool usable(const struct when *when)
{
	return when->form != WHEN_NONE && when->local >= TIME_FIRST && when->local <= TIME_LAST;
}

/* The start of a component; an override that says none stands where it says it belongs. */
static struct when start_of(const struct component *c)
{
	return c->start.form == WHEN_NONE ? c->recurrence_id : c->start;
}

/* ---- lengths ---------------------------------------------------------------------------------*/

static struct extent default_extent(const struct expansion *x, const struct component *c,
				    bool all_day, const char *reason)
{
	char text[160], length[DURATION_TEXT];
	if (all_day) {
		(void)snprintf(text, sizeof text, "an event %s counts as one day", reason);
		warn(x, c, text);
		return (struct extent){.days = 1};
	}
	(void)snprintf(text, sizeof text, "an event %s counts as %s (default_length)", reason,
		       seconds_text(x->opts->default_length_s, length));
	warn(x, c, text);
	return (struct extent){.exact_s = x->opts->default_length_s};
}

static struct extent extent_to_end(const struct expansion *x, const struct component *c,
				   const struct when *start)
{
	if (start->form == WHEN_DATE) {
		day_t last = when_day(x, &c->end);
		if (c->end.form != WHEN_DATE && local_second(c->end.local) > 0)
			last++; /* the day it ends in belongs to it */
		int64_t days = (int64_t)last - local_day(start->local);
		if (days < 0)
			return default_extent(x, c, true, "that ends before it starts");
		return (struct extent){.days = days ? days : 1};
	}
	struct when end = c->end;
	if (end.form == WHEN_DATE) {
		end.form = WHEN_LOCAL;
		end.zone = zone_of(x, start);
		if (!end.zone)
			end.zone = x->opts->zone;
	}
	int64_t s = when_utc(x, &end) - when_utc(x, start);
	if (s < 0)
		return default_extent(x, c, false, "that ends before it starts");
	return (struct extent){.exact_s = s};
}

static struct extent extent_of(const struct expansion *x, const struct component *c)
{
	struct when start = start_of(c);
	bool all_day = start.form == WHEN_DATE;
	if (usable(&c->end))
		return extent_to_end(x, c, &start);
	if (c->duration_s < -1)
		return default_extent(x, c, all_day, "that ends before it starts");
	if (c->duration_s >= 0) {
		int64_t s = c->duration_s < LENGTH_MAX ? c->duration_s : LENGTH_MAX;
		int64_t days = c->duration_days > 0 ? c->duration_days : 0;
		if (all_day)
			return (struct extent){.days = s > DAY_S ? (s + DAY_S - 1) / DAY_S : 1};
		days = days * DAY_S <= s ? days : 0;
		return (struct extent){days, s - days * DAY_S};
	}
	if (c != x->master && x->master && x->all_day == all_day)
		return x->extent;
	if (all_day)
		return (struct extent){.days = 1};
	return default_extent(x, c, false, "without end");
}

/* ---- output ----------------------------------------------------------------------------------*/

static bool give_out(struct expansion *x, utc_t start, utc_t end, bool all_day, uint32_t tag,
		     struct err *err)
{
	utc_t from = x->opts->from;
	if (start >= x->opts->to || (start == end ? start < from : end <= from))
		return true;
	struct occurrences *out = x->out;
	if (x->opts->max_total && out->n + x->opts->already >= x->opts->max_total)
		return err_set(err, ERR_LIMIT,
			       "more than %zu occurrences in all ([import] occurrences)",
			       x->opts->max_total);
	out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
	out->v[out->n++] = (struct occurrence){start, end, all_day, tag};
	return true;
}

/* Something that starts at @local on the clock of @zone (NULL: UTC) and lasts @extent. */
static bool give_out_at(struct expansion *x, const struct zone *zone, local_t local, bool all_day,
			struct extent extent, uint32_t tag, struct err *err)
{
	if (all_day) {
		day_t day = local_day(local);
		return give_out(x, zone_day_start(x->opts->zone, day),
				zone_day_start(x->opts->zone, day + (day_t)extent.days), true, tag,
				err);
	}
	utc_t start = zoned(x, zone, local);
	utc_t end = extent.days ? zoned(x, zone, local + extent.days * DAY_S) : start;
	return give_out(x, start, end + extent.exact_s, false, tag, err);
}

/* ---- identities ------------------------------------------------------------------------------*/

static struct key key_of(const struct expansion *x, const struct when *when)
{
	if (when->form == WHEN_DATE || x->all_day)
		return (struct key){true, when_day(x, when)};
	return (struct key){false, when_utc(x, when)};
}

static day_t instance_day(const struct expansion *x, const struct instance *instance)
{
	return x->zone ? local_day(instance->local) : zone_day_of(x->opts->zone, instance->at);
}

static int key_order(const struct key *a, const struct key *b)
{
	if (a->by_day != b->by_day)
		return a->by_day ? 1 : -1;
	return (a->value > b->value) - (a->value < b->value);
}

static int by_key(const void *a, const void *b)
{
	return key_order(a, b);
}

/* Both arrays begin with their key, so one search serves EXDATEs and overrides. */
_Static_assert(offsetof(struct override, key) == 0, "searched by key");

static bool named(const struct expansion *x, const struct instance *instance, const void *array,
		  size_t n, size_t size)
{
	struct key moment = {false, instance->at};
	struct key day = {true, instance_day(x, instance)};
	return n > 0 &&
	       (bsearch(&moment, array, n, size, by_key) || bsearch(&day, array, n, size, by_key));
}

static bool replaced(const struct expansion *x, const struct key *key)
{
	return x->n_overrides > 0 &&
	       bsearch(key, x->overrides, x->n_overrides, sizeof *x->overrides, by_key);
}

/* Later in the file is later in memory: all components lie in one array. */
static int by_version(const void *pa, const void *pb)
{
	const struct override *a = pa, *b = pb;
	int order = key_order(&a->key, &b->key);
	if (order != 0)
		return order;
	int64_t sa = a->component->sequence, sb = b->component->sequence;
	if (sa != sb)
		return sa > sb ? 1 : -1;
	return (a->component > b->component) - (a->component < b->component);
}

static bool single(const struct component *c)
{
	return c->n_rules == 0 && c->n_rdates == 0;
}

static int by_day_and_place(const void *pa, const void *pb)
{
	const struct twin *a = pa, *b = pb;
	if (a->day != b->day)
		return a->day > b->day ? 1 : -1;
	return (a->component > b->component) - (a->component < b->component);
}

/* RFC 5545 section 3.8.4.7 wants one UID for one event, and some timetables give one to a lecture
 * and its exam. Versions of one event differ in SEQUENCE (3.8.7.4), or follow each other within
 * their day; single events on different days are therefore taken for what they are. Of one day,
 * and of series, the later in the file counts. */
static void settle_twins(struct expansion *x, const struct component *c, size_t n)
{
	const struct component *m = x->master;
	size_t kept = 0;
	if (!single(m))
		return;
	x->twins = xcalloc(n, sizeof *x->twins);
	for (size_t i = 0; i < n; i++)
		if (c[i].recurrence_id.form == WHEN_NONE && usable(&c[i].start) &&
		    c[i].sequence == m->sequence && single(&c[i]))
			x->twins[kept++] = (struct twin){when_day(x, &c[i].start), &c[i]};
	qsort(x->twins, kept, sizeof *x->twins, by_day_and_place);
	for (size_t i = 0; i < kept; i++)
		if (i + 1 == kept || x->twins[i].day != x->twins[i + 1].day)
			x->twins[x->n_twins++] = x->twins[i];
	if (x->n_twins > 1)
		warn(x, m, "events on different days have one UID: all count");
}

static void settle_master(struct expansion *x, const struct component *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i].recurrence_id.form != WHEN_NONE)
			continue;
		if (!usable(&c[i].start)) {
			warn(x, &c[i], "an event without a usable DTSTART is skipped");
			continue;
		}
		const struct component *old = x->master;
		if (old && old->sequence == c[i].sequence &&
		    (old->start.form != c[i].start.form || old->start.local != c[i].start.local) &&
		    !(single(old) && single(&c[i]) &&
		      when_day(x, &old->start) != when_day(x, &c[i].start)))
			warn(x, old,
			     "another event further on has the same UID and counts "
			     "instead of this one");
		if (!old || c[i].sequence >= old->sequence)
			x->master = &c[i];
	}
	if (!x->master)
		return;
	const struct when *start = &x->master->start;
	x->all_day = start->form == WHEN_DATE;
	x->zone = zone_of(x, start);
	x->extent = extent_of(x, x->master);
	settle_twins(x, c, n);
}

static void settle_overrides(struct expansion *x, const struct component *c, size_t n)
{
	size_t kept = 0;
	x->overrides = xcalloc(n, sizeof *x->overrides);
	for (size_t i = 0; i < n; i++) {
		struct when start = start_of(&c[i]);
		if (c[i].recurrence_id.form == WHEN_NONE)
			continue;
		if (!usable(&c[i].recurrence_id) || !usable(&start)) {
			warn(x, &c[i], "an override without a usable time is skipped");
			continue;
		}
		x->overrides[kept++] = (struct override){key_of(x, &c[i].recurrence_id), &c[i]};
	}
	qsort(x->overrides, kept, sizeof *x->overrides, by_version);
	for (size_t i = 0; i < kept; i++) {
		if (i + 1 < kept && key_order(&x->overrides[i].key, &x->overrides[i + 1].key) == 0)
			continue;
		x->overrides[x->n_overrides++] = x->overrides[i];
	}
}

static int by_identity(const void *pa, const void *pb)
{
	const struct follow *a = pa, *b = pb;
	return (a->at > b->at) - (a->at < b->at);
}

/* Gives out every override, and keeps those that move what comes after them. */
static bool place_overrides(struct expansion *x, struct err *err)
{
	x->follows = xcalloc(x->n_overrides ? x->n_overrides : 1, sizeof *x->follows);
	for (size_t i = 0; i < x->n_overrides; i++) {
		const struct component *c = x->overrides[i].component;
		struct when start = start_of(c);
		struct extent extent = extent_of(x, c);
		if (c->n_rules > 0)
			warn(x, c, "the RRULE of an override is not used");
		if (!give_out_at(x, zone_of(x, &start), start.local, start.form == WHEN_DATE,
				 extent, c->tag, err))
			return false;
		if (!c->this_and_future || !x->master)
			continue;
		x->follows[x->n_follows++] = (struct follow){
			.at = when_utc(x, &c->recurrence_id),
			.delta = series_local(x, &start) - series_local(x, &c->recurrence_id),
			.extent = extent,
			.component = c,
			.start = start,
		};
	}
	qsort(x->follows, x->n_follows, sizeof *x->follows, by_identity);
	return true;
}

static void settle_exdates(struct expansion *x)
{
	const struct component *c = x->master;
	x->exdates = xcalloc(c->n_exdates ? c->n_exdates : 1, sizeof *x->exdates);
	for (size_t i = 0; i < c->n_exdates; i++)
		if (usable(&c->exdates[i]))
			x->exdates[x->n_exdates++] = key_of(x, &c->exdates[i]);
	qsort(x->exdates, x->n_exdates, sizeof *x->exdates, by_key);
}

/* ---- instances -------------------------------------------------------------------------------*/

static void add_instance(struct expansion *x, local_t local, utc_t at, int64_t length_s)
{
	x->v = xgrow(x->v, x->n, &x->cap, sizeof *x->v);
	x->v[x->n++] = (struct instance){at, local, length_s};
}

static utc_t series_utc(const struct expansion *x, local_t local)
{
	return x->all_day ? zone_day_start(x->opts->zone, local_day(local))
			  : zoned(x, x->zone, local);
}

static bool add_ruled(void *ctx, local_t local)
{
	struct expansion *x = ctx;
	utc_t at = series_utc(x, local);
	/* DTSTART counts whatever UNTIL says. Not the end of the walk: around a spring gap
	 * moments do not rise with the clock. */
	if (at < x->low || at > x->high || (at > x->rule_until && local != x->master->start.local))
		return true;
	if (x->excluding) {
		if (local == x->master->start.local && !x->excludes_start)
			return true;
		x->full = x->n_excluded >= x->most;
		if (x->full)
			return false;
		x->excluded =
			xgrow(x->excluded, x->n_excluded, &x->cap_excluded, sizeof *x->excluded);
		x->excluded[x->n_excluded++] = at;
		return true;
	}
	x->full = x->n >= x->most;
	if (!x->full)
		add_instance(x, local, at, -1);
	return !x->full;
}

/* How far from its identity an occurrence can lie; identities beyond need no look. */
static void set_reach(struct expansion *x)
{
	struct extent most = x->extent;
	int64_t later = 0, earlier = 0;
	for (size_t i = 0; i < x->n_follows; i++) {
		const struct follow *f = &x->follows[i];
		most.days = f->extent.days > most.days ? f->extent.days : most.days;
		most.exact_s = f->extent.exact_s > most.exact_s ? f->extent.exact_s : most.exact_s;
		later = f->delta > later ? f->delta : later;
		earlier = -f->delta > earlier ? -f->delta : earlier;
	}
	utc_t from = x->opts->from < TIME_FIRST ? TIME_FIRST : x->opts->from;
	utc_t to = x->opts->to > TIME_LAST ? TIME_LAST : x->opts->to;
	x->low = from - (most.days ? (most.days + 1) * DAY_S : 0) - most.exact_s - later;
	x->high = to + earlier;
	if (x->n_follows > 0) { /* a shift may cross an hour change, and end at a midnight */
		x->low -= 2 * DAY_S;
		x->high += 2 * DAY_S;
	}
}

/* Sets how @rule ends on the clock of the series. What cannot be said on that clock is left to
 * add_ruled, moment by moment. */
static local_t place_until(struct expansion *x, struct rule *rule)
{
	const struct zone *home = x->opts->zone;
	x->rule_until = UTC_MAX;
	if (!x->zone &&
	    (rule->until_form == RULE_UNTIL_DATE || rule->until_form == RULE_UNTIL_LOCAL)) {
		/* a day against a series in UTC: that local day, whole */
		day_t day = rule->until_form == RULE_UNTIL_DATE ? (day_t)rule->until
								: local_day(rule->until);
		rule->until_form = RULE_UNTIL_UTC;
		rule->until = zone_day_start(home, day + 1) - 1;
	}
	if (rule->until_form != RULE_UNTIL_UTC || !x->zone)
		return rule->until;
	if (x->all_day) {
		/* a UTC moment for days: Exchange writes the local midnight, Google the end of the
		 * day itself, which is 23:59:59 nowhere else */
		return local_second(rule->until) == DAY_S - 1 ? rule->until
							      : zone_to_local(home, rule->until);
	}
	x->rule_until = rule->until;
	return zone_to_local(x->zone, rule->until) + DAY_S;
}

/* Walks one rule over the identities that can matter. The walk itself sees a day more on either
 * side, since offsets change; only add_ruled knows the moments, so it also counts. */
static bool run_rule(struct expansion *x, struct rule rule, const struct rule_walk_limits *left,
		     struct err *err)
{
	const struct component *c = x->master;
	bool matched = true;
	local_t until = place_until(x, &rule);
	local_t low = (x->zone ? zone_to_local(x->zone, x->low) : x->low) - DAY_S;
	local_t high = (x->zone ? zone_to_local(x->zone, x->high) : x->high) + DAY_S;
	if (left->steps <= 0)
		return err_set(err, ERR_LIMIT, "RRULEs that need too many steps together");
	if (!rule_walk(&rule, c->start.local, x->all_day, low, high, until, left, add_ruled, x,
		       &matched, err))
		return false;
	if (!matched && !x->excluding)
		warn(x, c, "RRULE that never matches: only DTSTART counts");
	if (x->full)
		return err_set(err, ERR_LIMIT, "RRULE with more than %zu occurrences", x->most);
	return true;
}

static int by_moment(const void *pa, const void *pb)
{
	const utc_t *a = pa, *b = pb;
	return (*a > *b) - (*a < *b);
}

/* EXRULE (RFC 2445 section 4.8.5.2; RFC 5545 only deprecates it): what it gives is excluded,
 * DTSTART only when the rule itself gives it. */
static void run_exrules(struct expansion *x, int64_t steps, int64_t *spent)
{
	const struct component *c = x->master;
	x->excluding = true;
	for (size_t i = 0; i < c->n_exrules; i++) {
		struct rule_walk_limits left = {steps - *spent, INT64_MAX, spent};
		struct err err = {0};
		char text[sizeof err.text + 80];
		x->full = false;
		x->excludes_start = rule_has_start(&c->exrules[i], c->start.local, x->all_day);
		if (run_rule(x, c->exrules[i], &left, &err))
			continue;
		(void)snprintf(text, sizeof text, "EXRULE: %s: what is beyond stays busy",
			       err.text);
		warn(x, c, text);
		break;
	}
	x->excluding = false;
	if (x->n_excluded > 0)
		qsort(x->excluded, x->n_excluded, sizeof *x->excluded, by_moment);
}

static void run_rules(struct expansion *x)
{
	const struct component *c = x->master;
	const struct rule_walk_limits *limits = &x->opts->limits;
	int64_t steps = limits->steps > 0 ? limits->steps : STEPS;
	int64_t spent = 0;
	x->most = limits->occurrences > 0 ? (size_t)limits->occurrences : OCCURRENCES;
	run_exrules(x, steps / 2, &spent);
	x->full = false;
	for (size_t i = 0; i < c->n_rules; i++) {
		struct rule_walk_limits left = {steps - spent, INT64_MAX, &spent};
		struct err err = {0};
		char text[sizeof err.text + 40];
		if (run_rule(x, c->rules[i], &left, &err))
			continue;
		(void)snprintf(text, sizeof text, "%s: only the first ones count", err.text);
		warn(x, c, text);
		break;
	}
	if (limits->spent)
		*limits->spent += spent;
}

static void add_rdate(struct expansion *x, const struct rdate *rdate)
{
	const struct component *c = x->master;
	struct when start = rdate->start;
	bool period = rdate->length_s >= 0;
	if (!usable(&start))
		return;
	if (x->all_day && !period) {
		start.local = local_at(when_day(x, &start), 0);
		start.form = WHEN_DATE;
	} else if (start.form == WHEN_DATE && !period) {
		/* a day in a timed series: at the hour of the series */
		start.local = local_at(local_day(start.local), local_second(c->start.local));
		start.form = c->start.form;
		start.zone = c->start.zone;
	}
	utc_t at = when_utc(x, &start);
	int64_t length = rdate->length_s < LENGTH_MAX ? rdate->length_s : LENGTH_MAX;
	if (at > x->high || at + (length > 0 ? length : 0) < x->low)
		return;
	add_instance(x, series_local(x, &start), at, length);
}

/* By identity; of two the one with a length of its own first. */
static int by_instance(const void *pa, const void *pb)
{
	const struct instance *a = pa, *b = pb;
	if (a->at != b->at)
		return a->at > b->at ? 1 : -1;
	return (a->length_s < b->length_s) - (a->length_s > b->length_s);
}

/* A rule gives them in order. */
static void sort_instances(struct expansion *x)
{
	for (size_t i = 1; i < x->n; i++)
		if (by_instance(&x->v[i - 1], &x->v[i]) > 0) {
			qsort(x->v, x->n, sizeof *x->v, by_instance);
			return;
		}
}

static const struct follow *follow_at(const struct expansion *x, utc_t identity)
{
	size_t low = 0, high = x->n_follows;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (x->follows[middle].at <= identity)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &x->follows[low - 1] : NULL;
}

static bool place_instance(struct expansion *x, const struct instance *instance, struct err *err)
{
	if (named(x, instance, x->exdates, x->n_exdates, sizeof *x->exdates) ||
	    named(x, instance, x->overrides, x->n_overrides, sizeof *x->overrides) ||
	    (x->n_excluded > 0 &&
	     bsearch(&instance->at, x->excluded, x->n_excluded, sizeof *x->excluded, by_moment)))
		return true;
	const struct follow *f = follow_at(x, instance->at);
	if (f)
		return give_out_at(x, x->zone, instance->local + f->delta,
				   f->start.form == WHEN_DATE, f->extent, f->component->tag, err);
	if (instance->length_s >= 0)
		return give_out(x, instance->at, instance->at + instance->length_s, false,
				x->master->tag, err);
	return give_out_at(x, x->zone, instance->local, x->all_day, x->extent, x->master->tag, err);
}

/* The twins of the master stand like it, unless an override replaces them. */
static bool place_twins(struct expansion *x, struct err *err)
{
	for (size_t i = 0; i < x->n_twins; i++) {
		const struct component *c = x->twins[i].component;
		struct key moment = {false, when_utc(x, &c->start)};
		struct key day = {true, x->twins[i].day};
		if (c == x->master || replaced(x, &moment) || replaced(x, &day))
			continue;
		if (!give_out_at(x, zone_of(x, &c->start), c->start.local,
				 c->start.form == WHEN_DATE, extent_of(x, c), c->tag, err))
			return false;
	}
	return true;
}

static bool place_series(struct expansion *x, struct err *err)
{
	const struct component *c = x->master;
	settle_exdates(x);
	set_reach(x);
	run_rules(x);
	if (c->n_rules == 0)
		add_instance(x, c->start.local, series_utc(x, c->start.local), -1);
	for (size_t i = 0; i < c->n_rdates; i++)
		add_rdate(x, &c->rdates[i]);
	sort_instances(x);
	for (size_t i = 0; i < x->n; i++) {
		if (i > 0 && x->v[i].at == x->v[i - 1].at)
			continue;
		if (!place_instance(x, &x->v[i], err))
			return false;
	}
	return true;
}

bool expand_uid(const struct component *components, size_t n, const struct expand_opts *opts,
		struct occurrences *out, expand_warn_fn *warn_fn, void *warn_ctx, struct err *err)
{
	struct near near = {0};
	struct expansion x = {
		.near = &near,
		.opts = opts,
		.out = out,
		.warn = warn_fn,
		.warn_ctx = warn_ctx,
	};
	size_t before = out->n;
	settle_master(&x, components, n);
	settle_overrides(&x, components, n);
	bool ok = place_overrides(&x, err) && (!x.master || place_series(&x, err)) &&
		  place_twins(&x, err);
	if (!ok) {
		out->n = before; /* untouched on failure */
		(void)err_wrap(err, "line %d", components[0].line);
	}
	xfree(x.overrides);
	xfree(x.follows);
	xfree(x.exdates);
	xfree(x.excluded);
	xfree(x.twins);
	xfree(x.v);
	return ok;
}
