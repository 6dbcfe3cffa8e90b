/* vtimezone.c -- the parts of a VTIMEZONE -> onsets -> a zone's table.
 *
 * A part (STANDARD, DAYLIGHT) says that at its onsets, wall-clock readings under TZOFFSETFROM,
 * the offset becomes TZOFFSETTO. Onsets are DTSTART, the RDATEs and what the RRULE gives; those of
 * all parts, sorted, are the table. Of the onsets of one part before the years we need only the
 * last can matter, so that is all we keep of a rule that began in 1601.
 *
 * A DTSTART beside an RRULE that does not hit it is no onset: writers put 1 January of some year
 * there for both parts at once, and mean "from then on, by the rule". */
#include "cal/vtimezone.h"

#include "base/buf.h"
#include "cal/rule.h"
#include "cal/sieve.h"
#include "cal/zone_table.h"

#include <stdlib.h>
#include <string.h>

#define YEAR_S ((int64_t)366 * DAY_S)
enum {
	YEARS_NEAR = 9,	    /* a yearly rule hits once in so many years, 29 February included */
	ONSETS_MAX = 25000, /* two a year from the year 1 to 9999, and some */
	RULES_MAX = 16,	    /* of one part */
	STEPS_A_ZONE = 100, /* what reading costs beside rules */
	STEPS_A_PART = 10,
};

struct onset {
	utc_t at;
	int from, to;
	size_t order; /* as in the file: the later one wins at the same moment */
};

struct observance {
	const char *kind;
	bool has_start, has_from, has_to;
	struct moment start;
	int from, to;
	struct text rules[RULES_MAX];
	size_t n_rules;
};

struct reader {
	const struct vtimezone_opts *opts;
	utc_t early, late;
	struct text tzid;
	bool inside; /* BEGIN:VTIMEZONE was met */
	bool in_part;
	struct observance part;
	struct moment *dates; /* of the part */
	size_t n_dates, cap_dates;
	int64_t parts;
	struct onset *onsets;
	size_t n_onsets, cap_onsets;
};

static bool take_steps(struct reader *r, int64_t n, struct err *err)
{
	*r->opts->steps_left -= n;
	return *r->opts->steps_left >= 0 ||
	       err_set(err, ERR_LIMIT, "takes too many steps ([import] rule_steps)");
}

/* ---- onsets --------------------------------------------------------------------------------- */

static bool add_onset(struct reader *r, utc_t at, struct err *err)
{
	if (r->n_onsets >= ONSETS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d changes of offset", ONSETS_MAX);
	r->onsets = xgrow(r->onsets, r->n_onsets, &r->cap_onsets, sizeof *r->onsets);
	r->onsets[r->n_onsets] = (struct onset){at, r->part.from, r->part.to, r->n_onsets};
	r->n_onsets++;
	return true;
}

static utc_t onset_at(const struct observance *part, const struct moment *m)
{
	return m->utc ? m->local : m->local - part->from;
}

/* One walk of one rule. */
struct walk {
	struct reader *reader;
	local_t early; /* earlier ones are kept only as @last */
	local_t start; /* DTSTART */
	bool off_rule; /* ... which the rule does not hit */
	bool has_last;
	local_t last;
	size_t given;
	bool full;
	struct err *err;
};

static bool give(struct walk *w, local_t at)
{
	w->given++;
	w->full = !add_onset(w->reader, at - w->reader->part.from, w->err);
	return !w->full;
}

static bool each_onset(void *ctx, local_t at)
{
	struct walk *w = ctx;
	if (at == w->start && w->off_rule)
		return true;
	if (at >= w->early)
		return give(w, at);
	w->has_last = true;
	w->last = at;
	return true;
}

/* The walk from @from on; *w tells what came of it. */
static bool walk_from(struct walk *w, const struct rule *rule, local_t from, bool *matched,
		      struct err *err)
{
	struct reader *r = w->reader;
	int64_t spent = 0;
	struct rule_walk_limits limits = {
		.steps = *r->opts->steps_left + 1, .occurrences = 2 * ONSETS_MAX, .spent = &spent};
	bool fine = rule_walk(rule, w->start, false, from, r->late + r->part.from,
			      rule->until + r->part.from, &limits, each_onset, w, matched, err);
	if (!take_steps(r, spent, err) || !fine || w->full)
		return false;
	return !w->has_last || give(w, w->last);
}

static bool stop_at_start(void *ctx, local_t at)
{
	struct walk *w = ctx;
	if (at == w->start)
		w->off_rule = false;
	return at < w->start;
}

/* Does the rule hit DTSTART itself? The walk always gives its start, so it begins some whole
 * periods earlier, at the same place in the year, month, week and day. */
static bool find_off_rule(struct walk *w, const struct rule *rule, struct err *err)
{
	struct rule plain = *rule;
	struct civil c = civil_from_day(local_day(w->start));
	bool years = rule->freq == RULE_YEARLY || rule->freq == RULE_MONTHLY;
	local_t before = w->start - 28 * DAY_S;
	int64_t spent = 0;
	struct rule_walk_limits limits = {.steps = *w->reader->opts->steps_left + 1,
					  .spent = &spent};
	if (c.year < 5)
		return true; /* so long ago that nothing hangs on it */
	if (years && !civil_valid(c.year - 4, c.month, c.day))
		return true;
	if (years)
		before = local_at(civil_to_day(c.year - 4, c.month, c.day), local_second(w->start));
	plain.interval = 1;
	plain.count = 0;
	plain.until_form = RULE_UNTIL_NONE;
	w->off_rule = true;
	bool fine = rule_walk(&plain, before, false, w->start, w->start + 1, 0, &limits,
			      stop_at_start, w, NULL, err);
	return take_steps(w->reader, spent, err) && fine;
}

/* From a little before the years we need, or before the rule's own end; when no onset lies so
 * near, from its beginning. */
static bool walk_rule(struct reader *r, struct text text, size_t *given, struct err *err)
{
	struct rule rule;
	struct walk w = {.reader = r,
			 .early = r->early + r->part.from,
			 .start = onset_at(&r->part, &r->part.start) + r->part.from,
			 .err = err};
	size_t mark = r->n_onsets;
	bool matched = true;
	if (!rule_parse(text.p, text.n, &rule, err) || !find_off_rule(&w, &rule, err))
		return false;
	local_t near = w.early;
	if (rule.until_form == RULE_UNTIL_DATE && (local_t)rule.until * DAY_S < near)
		near = (local_t)rule.until * DAY_S;
	else if (rule.until_form != RULE_UNTIL_NONE && rule.until_form != RULE_UNTIL_DATE &&
		 rule.until < near)
		near = rule.until;
	near -= YEARS_NEAR * YEAR_S;
	if (!walk_from(&w, &rule, near, &matched, err))
		return false;
	if (!w.has_last && w.start < near && matched) {
		r->n_onsets = mark;
		w.given = 0;
		if (!walk_from(&w, &rule, w.start, &matched, err))
			return false;
	}
	if (!matched)
		return err_set(err, ERR_PARSE, "a RRULE that never matches");
	*given += w.given;
	return true;
}

/* ---- lines ---------------------------------------------------------------------------------- */

static bool not_read(const struct content *c, const char *what, struct err *err)
{
	char name[QUOTE_SIZE], value[QUOTE_SIZE];
	return err_set(err, ERR_PARSE, "%s %s is no %s", sieve_quote(c->name, name),
		       sieve_quote(c->value, value), what);
}

/* +0100, -073000: RFC 5545 section 3.3.14 */
static bool read_offset(const struct content *c, bool *has, int *out, struct err *err)
{
	struct text t = c->value;
	int d[3] = {0, 0, 0};
	bool fine = (t.n == 5 || t.n == 7) && (t.p[0] == '+' || t.p[0] == '-');
	for (size_t i = 1; fine && i < t.n; i++) {
		fine = t.p[i] >= '0' && t.p[i] <= '9';
		d[(i - 1) / 2] = d[(i - 1) / 2] * 10 + (t.p[i] - '0');
	}
	if (!fine || d[0] > 23 || d[1] > 59 || d[2] > 59)
		return not_read(c, "offset", err);
	int seconds = d[0] * 3600 + d[1] * 60 + d[2];
	*out = t.p[0] == '-' ? -seconds : seconds;
	*has = true;
	return true;
}

static bool read_dates(struct reader *r, const struct content *c, struct err *err)
{
	struct text rest = c->value;
	while (rest.n > 0) {
		const char *comma = memchr(rest.p, ',', rest.n);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.n;
		struct moment m;
		if (!moment_read(text_trim((struct text){rest.p, n}), &m))
			return not_read(c, "date or time", err);
		if (!take_steps(r, 1, err))
			return false;
		r->dates = xgrow(r->dates, r->n_dates, &r->cap_dates, sizeof *r->dates);
		r->dates[r->n_dates++] = m;
		rest = comma ? (struct text){comma + 1, rest.n - n - 1} : (struct text){NULL, 0};
	}
	return true;
}

static bool read_part_line(struct reader *r, const struct content *c, struct err *err)
{
	struct observance *part = &r->part;
	if (text_is(c->name, "DTSTART")) {
		part->has_start = moment_read(c->value, &part->start);
		return part->has_start || not_read(c, "date or time", err);
	}
	if (text_is(c->name, "TZOFFSETFROM"))
		return read_offset(c, &part->has_from, &part->from, err);
	if (text_is(c->name, "TZOFFSETTO"))
		return read_offset(c, &part->has_to, &part->to, err);
	if (text_is(c->name, "RDATE"))
		return read_dates(r, c, err);
	if (!text_is(c->name, "RRULE") || c->value.n == 0)
		return true;
	if (part->n_rules >= RULES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d RRULEs in one %s", RULES_MAX,
			       part->kind);
	part->rules[part->n_rules++] = c->value;
	return true;
}

static bool open_part(struct reader *r, const char *kind, struct err *err)
{
	if (r->in_part)
		return err_set(err, ERR_PARSE, "%s inside %s", kind, r->part.kind);
	if (++r->parts > r->opts->observances)
		return err_set(
			err, ERR_LIMIT,
			"more than %lld STANDARD and DAYLIGHT parts ([import] zone_observances)",
			(long long)r->opts->observances);
	r->in_part = true;
	r->part = (struct observance){.kind = kind};
	r->n_dates = 0;
	return take_steps(r, STEPS_A_PART, err);
}

static bool close_part(struct reader *r, struct err *err)
{
	const struct observance *part = &r->part;
	size_t given = 0;
	if (!part->has_start || !part->has_from || !part->has_to)
		return err_set(err, ERR_PARSE, "%s without %s", part->kind,
			       !part->has_start	 ? "DTSTART"
			       : !part->has_from ? "TZOFFSETFROM"
						 : "TZOFFSETTO");
	for (size_t i = 0; i < part->n_rules; i++)
		if (!walk_rule(r, part->rules[i], &given, err))
			return false;
	/* Without a rule, or with one that is over before it began. */
	if (given == 0 && !add_onset(r, onset_at(part, &part->start), err))
		return false;
	for (size_t i = 0; i < r->n_dates; i++)
		if (!add_onset(r, onset_at(part, &r->dates[i]), err))
			return false;
	r->in_part = false;
	return true;
}

static bool read_line(struct reader *r, struct text line, struct err *err)
{
	static const char *const kinds[] = {"STANDARD", "DAYLIGHT"};
	struct content c;
	if (!content_split(line, false, &c))
		return true;
	if (text_is(c.name, "BEGIN")) {
		for (size_t i = 0; i < 2; i++)
			if (text_is(c.value, kinds[i]))
				return open_part(r, kinds[i], err);
		return true;
	}
	if (text_is(c.name, "END"))
		return !r->in_part || !text_is(c.value, r->part.kind) || close_part(r, err);
	if (r->in_part)
		return read_part_line(r, &c, err);
	if (text_is(c.name, "TZID"))
		r->tzid = c.value;
	return true;
}

static bool read_lines(struct reader *r, struct text text, struct err *err)
{
	while (text.n > 0) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;
		struct text line = {text.p, n - (n > 0 && text.p[n - 1] == '\r')};
		if (!read_line(r, line, err))
			return false;
		n += lf != NULL;
		text = (struct text){text.p + n, text.n - n};
	}
	if (r->in_part)
		return err_set(err, ERR_PARSE, "%s without its END", r->part.kind);
	return r->n_onsets > 0 || err_set(err, ERR_PARSE, "neither STANDARD nor DAYLIGHT in it");
}

/* ---- the table ------------------------------------------------------------------------------ */

static int by_moment(const void *pa, const void *pb)
{
	const struct onset *a = pa, *b = pb;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static struct zone *new_zone(const struct reader *r)
{
	char name[ZONE_NAME_MAX + 1];
	size_t n = r->tzid.n < ZONE_NAME_MAX ? r->tzid.n : ZONE_NAME_MAX;
	while (n > 0 && n < r->tzid.n && ((unsigned char)r->tzid.p[n] & 0xC0) == 0x80)
		n--;
	memcpy(name, r->tzid.n > 0 ? r->tzid.p : "", n);
	name[n] = '\0';
	return zone_new_fixed(name, r->onsets[0].from);
}

static bool make_table(struct reader *r, struct zone **out, struct err *err)
{
	qsort(r->onsets, r->n_onsets, sizeof *r->onsets, by_moment);
	struct zone_builder b = {.zone = new_zone(r), .cap_offset = 1};
	bool fine = true;
	for (size_t i = 0; fine && i < r->n_onsets; i++)
		fine = zone_add_transition(&b, r->onsets[i].at, r->onsets[i].to, err);
	fine = fine && zone_add_borders(b.zone, err);
	if (fine)
		*out = b.zone;
	else
		zone_free(b.zone);
	return fine;
}

bool vtimezone_read(struct text text, const struct vtimezone_opts *opts, struct zone **out,
		    struct err *err)
{
	const utc_t first = (utc_t)civil_to_day(1, 1, 1) * DAY_S;
	const utc_t last = (utc_t)civil_to_day(9999, 12, 31) * DAY_S;
	struct reader r = {.opts = opts,
			   .early = opts->from - VTIMEZONE_BEFORE_S,
			   .late = opts->to + VTIMEZONE_AFTER_S};
	r.early = r.early < first ? first : r.early;
	r.late = r.late > last ? last : r.late;
	bool fine = take_steps(&r, STEPS_A_ZONE, err) && read_lines(&r, text, err) &&
		    make_table(&r, out, err);
	xfree(r.onsets);
	xfree(r.dates);
	return fine;
}

void vtimezone_free(struct zone *zone)
{
	zone_free(zone);
}

bool zone_first_difference(const struct zone *a, const struct zone *b, utc_t from, utc_t to,
			   utc_t *out)
{
	for (utc_t at = from; at < to;) {
		utc_t next = to, when;
		int before, after;
		if (zone_offset(a, at) != zone_offset(b, at)) {
			*out = at;
			return true;
		}
		if (zone_next_transition(a, at + 1, &when, &before, &after) && when < next)
			next = when;
		if (zone_next_transition(b, at + 1, &when, &before, &after) && when < next)
			next = when;
		at = next;
	}
	return false;
}
