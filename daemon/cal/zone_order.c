/* zone_order.c -- the VTIMEZONEs of a file by TZID, and the steps from a TZID to a zone. */
#include "cal/zone_order.h"

#include "base/hash.h"
#include "cal/sieve.h"
#include "cal/vtimezone.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct candidate {
	struct text tzid, text;
	size_t calendar;
	int line;
	bool tried, compared;
	struct zone *zone; /* NULL, tried: it cannot be used */
};

/* Where to look for a name: by hash, then as in the file, and so by calendar. Many calendars may
 * each have a zone of the same name. */
struct entry {
	uint64_t hash;
	struct candidate *c;
};

struct zone_order {
	struct sieved *sieved;
	utc_t from, to;
	int64_t observances, share, steps_left;
	struct candidate *v; /* as in the file */
	size_t n, cap;
	struct entry *exact, *any_case; /* n of each */
};

/* ---- the list ------------------------------------------------------------------------------- */

static uint64_t hash_name(const char *p, size_t n, bool any_case)
{
	char name[SIEVE_TZID_BYTES];
	n = n < sizeof name ? n : sizeof name;
	for (size_t i = 0; i < n; i++)
		name[i] = any_case ? (char)tolower((unsigned char)p[i]) : p[i];
	return hash_u64(name, n);
}

static int by_hash(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return (a->c > b->c) - (a->c < b->c);
}

static struct entry *make_entries(struct zone_order *order, bool any_case)
{
	struct entry *v = xcalloc(order->n, sizeof *v);
	for (size_t i = 0; i < order->n; i++) {
		struct text name = order->v[i].tzid;
		v[i] = (struct entry){hash_name(name.p, name.n, any_case), &order->v[i]};
	}
	if (order->n > 0)
		qsort(v, order->n, sizeof *v, by_hash);
	return v;
}

static bool skip(struct text *t, const char *word)
{
	size_t n = strlen(word);
	if (t->n < n || memcmp(t->p, word, n) != 0)
		return false;
	*t = (struct text){t->p + n, t->n - n};
	return true;
}

/* What sieve_zones.c wrote: these very lines. */
static void list_vtimezones(struct zone_order *order)
{
	struct text rest = {buf_str(&order->sieved->vtimezones), order->sieved->vtimezones.n};
	size_t calendar = 0;
	struct candidate now = {0};
	while (rest.n > 0) {
		const char *lf = memchr(rest.p, '\n', rest.n);
		size_t n = lf ? (size_t)(lf - rest.p) : rest.n;
		struct text line = {rest.p, n};
		const char *past = rest.p + n + (lf != NULL);
		if (skip(&line, "X-TANDEM-CALENDAR:")) {
			calendar = strtoul(line.p, NULL, 10);
		} else if (skip(&line, "BEGIN:VTIMEZONE")) {
			now = (struct candidate){.text.p = rest.p, .calendar = calendar};
		} else if (skip(&line, "X-TANDEM-LINE:")) {
			now.line = (int)strtoul(line.p, NULL, 10);
		} else if (skip(&line, "TZID:")) {
			now.tzid = line;
		} else if (skip(&line, "END:VTIMEZONE") && now.tzid.n > 0) {
			now.text.n = (size_t)(past - now.text.p);
			order->v = xgrow(order->v, order->n, &order->cap, sizeof *order->v);
			order->v[order->n++] = now;
		}
		rest.n -= (size_t)(past - rest.p);
		rest.p = past;
	}
	order->exact = make_entries(order, false);
	order->any_case = make_entries(order, true);
}

struct zone_order *zone_order_new(struct sieved *sieved, const struct timetable_opts *opts)
{
	const struct import_limits *limits = opts->limits ? opts->limits : &import_limits_default;
	struct zone_order *order = xcalloc(1, sizeof *order);
	*order = (struct zone_order){.sieved = sieved,
				     .from = opts->from,
				     .to = opts->to,
				     .observances = limits->zone_observances,
				     .share = limits->rule_steps / 4 + 1,
				     .steps_left = limits->rule_steps};
	list_vtimezones(order);
	return order;
}

void zone_order_free(struct zone_order *order)
{
	if (!order)
		return;
	for (size_t i = 0; i < order->n; i++)
		vtimezone_free(order->v[i].zone);
	xfree(order->v);
	xfree(order->exact);
	xfree(order->any_case);
	xfree(order);
}

/* The first one of that name in calendar @calendar or behind it. */
static struct candidate *first_from(const struct zone_order *order, size_t calendar,
				    struct text tzid, bool any_case)
{
	const struct entry *v = any_case ? order->any_case : order->exact;
	uint64_t hash = hash_name(tzid.p, tzid.n, any_case);
	size_t low = 0, high = order->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (v[mid].hash < hash || (v[mid].hash == hash && v[mid].c->calendar < calendar))
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < order->n && v[low].hash == hash; low++) {
		const struct text *name = &v[low].c->tzid;
		if (name->n == tzid.n && (any_case ? strncasecmp(name->p, tzid.p, tzid.n)
						   : memcmp(name->p, tzid.p, tzid.n)) == 0)
			return v[low].c;
	}
	return NULL;
}

/* Of several the first that fits best: the same calendar before another, the very name before
 * one in other case. */
static struct candidate *find(struct zone_order *order, size_t calendar, const char *p, size_t n)
{
	struct text tzid = {p, n};
	struct candidate *c = first_from(order, calendar, tzid, false);
	if (c && c->calendar == calendar)
		return c;
	c = first_from(order, calendar, tzid, true);
	if (c && c->calendar == calendar)
		return c;
	c = first_from(order, 0, tzid, false);
	return c ? c : first_from(order, 0, tzid, true);
}

/* ---- the steps ------------------------------------------------------------------------------ */

/* The zone of a VTIMEZONE; NULL when it cannot be used, with a warning unless @quiet. */
static const struct zone *read_once(struct zone_order *order, struct candidate *c, bool quiet)
{
	/* one that is made to hurt leaves something for the others */
	int64_t share = order->steps_left < order->share ? order->steps_left : order->share;
	int64_t left = share;
	struct vtimezone_opts opts = {order->from, order->to, order->observances, &left};
	struct err err;
	char name[QUOTE_SIZE];
	if (c->tried)
		return c->zone;
	c->tried = true;
	bool fine = vtimezone_read(c->text, &opts, &c->zone, &err);
	order->steps_left -= share - left;
	if (!fine && !quiet)
		warnings_add(&order->sieved->warnings, c->line, "VTIMEZONE %s not used: %s",
			     sieve_quote(c->tzid, name), err.text);
	return c->zone;
}

static void compare_once(struct zone_order *order, struct candidate *c, const struct zone *known)
{
	utc_t at, from = order->from, first;
	int before, after;
	char name[QUOTE_SIZE], when[CIVIL_TEXT];
	if (c->compared)
		return;
	c->compared = true;
	const struct zone *said = read_once(order, c, true);
	if (!said)
		return;
	/* it says nothing of the time before it begins */
	if (zone_next_transition(said, UTC_MIN, &first, &before, &after) && first > from)
		from = first;
	if (zone_first_difference(known, said, from, order->to, &at))
		warnings_add(&order->sieved->warnings, c->line,
			     "VTIMEZONE %s has other rules than %s from %s on; %s counts",
			     sieve_quote(c->tzid, name), zone_name(known), utc_text(at, when),
			     zone_name(known));
}

const struct zone *zone_order_find(struct zone_order *order, size_t calendar, const char *tzid,
				   size_t n)
{
	const struct zone *zone = zone_by_tzid_iana(tzid, n);
	struct candidate *c = find(order, calendar, tzid, n);
	if (zone) {
		if (c)
			compare_once(order, c, zone);
		return zone;
	}
	zone = zone_by_tzid(tzid, n);
	const struct zone *own = c ? read_once(order, c, false) : NULL;
	utc_t at;
	/* "W. Europe Standard Time" with the rules it should have: then by its better known name */
	if (!own || (zone && !zone_first_difference(own, zone, order->from - VTIMEZONE_BEFORE_S,
						    order->to + VTIMEZONE_AFTER_S, &at)))
		return zone;
	return own;
}

void zone_order_compare(struct zone_order *order, const struct zone *const *zones, size_t n)
{
	for (size_t i = 0; i < order->n; i++) {
		struct candidate *c = &order->v[i];
		const struct zone *zone =
			c->compared ? NULL : zone_by_tzid_iana(c->tzid.p, c->tzid.n);
		for (size_t k = 0; zone && k < n; k++)
			if (zones[k] == zone) {
				compare_once(order, c, zone);
				break;
			}
	}
}
