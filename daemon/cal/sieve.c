/* sieve.c -- bytes -> clean text: guards, encodings, limits and the walk through BEGIN and END.
 *
 * The stack holds every open component; what stands in one that is not ours (VALARM, VTODO ...)
 * is counted and dropped. A VEVENT is written as it comes; when one of its lines
 * turns out to be unusable, the text is cut back to where the event began. */
#include "cal/sieve.h"

#include "cal/charset.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GUARD_BYTES  4096 /* BEGIN:VCALENDAR comes within these */
#define NAME_SIZE    32	  /* of a component, with NUL; longer ones are cut */
#define MAX_WARNINGS 200

const struct import_limits import_limits_default = {
	.body_bytes = 16 << 20,
	.line_bytes = 64 << 10,
	.components = 200000,
	.nesting = 8,
	.component_lines = 10000,
	.dates = 100000,
	.occurrences = 200000,
	.rule_steps = 1000000,
	.zone_observances = 1000,
	.cage_cpu_s = 2,
	.cage_memory_bytes = 256 << 20,
	.cage_wall_ms = 5000,
};

void warnings_add(struct warnings *w, int line, const char *fmt, ...)
{
	if (w->n >= MAX_WARNINGS) {
		w->dropped++;
		return;
	}
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	if (text.n)
		charset_make_harmless(text.v, text.n);
	w->v = xgrow(w->v, w->n, &w->cap, sizeof *w->v);
	w->v[w->n++] = (struct warning){line, buf_take(&text)};
}

void warnings_fini(struct warnings *w)
{
	for (size_t i = 0; i < w->n; i++)
		xfree(w->v[i].text);
	xfree(w->v);
	*w = (struct warnings){0};
}

void sieved_fini(struct sieved *sieved)
{
	buf_fini(&sieved->text);
	buf_fini(&sieved->vtimezones);
	warnings_fini(&sieved->warnings);
	lesson_lines_fini(&sieved->lessons);
	*sieved = (struct sieved){0};
}

struct frame {
	char name[NAME_SIZE];
	enum part part;
	int line;
	int64_t lines; /* directly in it */
};

struct walk {
	struct sieve sieve;
	struct lines lines;
	const struct import_limits *limits;
	struct frame *stack;
	int64_t depth;
	bool told_stray, told_broken;
	const char *bytes; /* as they came */
	struct sieve_skips skips;
	size_t skip; /* the next one */
};

static const struct {
	const char *name;
	enum part part, inside; /* PART_DROPPED: at the top, or in another calendar */
} parts[] = {
	{"VCALENDAR", PART_CALENDAR, PART_DROPPED},  {"VEVENT", PART_EVENT, PART_CALENDAR},
	{"VFREEBUSY", PART_FREEBUSY, PART_CALENDAR}, {"VTIMEZONE", PART_ZONE, PART_CALENDAR},
	{"STANDARD", PART_OBSERVANCE, PART_ZONE},    {"DAYLIGHT", PART_OBSERVANCE, PART_ZONE},
};

static enum part part_of(const struct walk *w, struct text name)
{
	enum part above = w->depth > 0 ? w->stack[w->depth - 1].part : PART_DROPPED;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!text_is(name, parts[i].name))
			continue;
		bool top = parts[i].inside == PART_DROPPED &&
			   (w->depth == 0 || above == PART_CALENDAR);
		bool nested = parts[i].inside != PART_DROPPED && above == parts[i].inside;
		return top || nested ? parts[i].part : PART_DROPPED;
	}
	return PART_DROPPED;
}

/* Whether this VCALENDAR stands in no other one: only those are written. */
static bool outermost(const struct walk *w)
{
	return w->depth == 1;
}

static void component_opens(struct walk *w, const struct frame *f)
{
	struct sieved *out = w->sieve.out;
	w->sieve.now = (struct sieve_component){
		.part = f->part, .mark = out->text.n, .line = f->line, .title_word = -1};
	buf_addf(&out->text, "BEGIN:%s\r\nX-TANDEM-LINE:%d\r\n",
		 f->part == PART_EVENT ? "VEVENT" : "VFREEBUSY", f->line);
	if (f->part == PART_EVENT)
		out->events++;
	buf_clear(&w->sieve.title);
	buf_clear(&w->sieve.place);
}

bool sieve_title_counts(int title_word, unsigned match, bool free)
{
	unsigned caught = MATCH_CANCELLED | MATCH_IGNORE | MATCH_OWN;
	if (title_hint(title_word) == TITLE_PLACEHOLDER)
		caught |= MATCH_LESSON;
	return title_word >= 0 && !free && !(match & caught);
}

/* The only text of an event that leaves the sieve. */
static void keep_lesson(struct sieve *s)
{
	struct lesson_lines *lines = &s->out->lessons;
	uint32_t number = lessons_note(&lines->texts, buf_str(&s->title), s->title.n,
				       buf_str(&s->place), s->place.n);
	lines->v = xgrow(lines->v, lines->n, &lines->cap, sizeof *lines->v);
	lines->v[lines->n++] = (struct lesson_line){s->now.line, number};
}

static void component_closes(struct walk *w)
{
	struct sieve_component *now = &w->sieve.now;
	struct sieved *out = w->sieve.out;
	if (now->bad) {
		out->text.n = now->mark;
		out->text.v[out->text.n] = '\0';
		out->skipped += now->part == PART_EVENT;
	} else {
		if (sieve_title_counts(now->title_word, now->match, now->free))
			w->sieve.title_words[now->title_word]++;
		if (now->match)
			buf_addf(&out->text, "X-TANDEM-MATCH:%u\r\n", now->match);
		if (now->match & MATCH_LESSON)
			keep_lesson(&w->sieve);
		buf_addf(&out->text, "END:%s\r\n",
			 now->part == PART_EVENT ? "VEVENT" : "VFREEBUSY");
	}
	*now = (struct sieve_component){0};
}

/* Bytes of @name that a frame keeps: whole characters. */
static size_t cut_name(struct text name)
{
	size_t n = name.n < NAME_SIZE - 1 ? name.n : NAME_SIZE - 1;
	while (n > 0 && n < name.n && ((unsigned char)name.p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

static bool begin(struct walk *w, struct text name, int line, struct err *err)
{
	if (w->depth >= w->limits->nesting)
		return err_set(err, ERR_LIMIT,
			       "line %d: components nested deeper than %lld ([import] nesting)",
			       line, (long long)w->limits->nesting);
	if ((int64_t)++w->sieve.out->components > w->limits->components)
		return err_set(err, ERR_LIMIT,
			       "line %d: more than %lld components ([import] components)", line,
			       (long long)w->limits->components);
	struct frame f = {.part = part_of(w, name), .line = line};
	memcpy(f.name, name.p, cut_name(name));
	if (!charset_is_harmless(name.p, name.n) || name.n == 0)
		return err_set(err, ERR_PARSE, "line %d: BEGIN without a component's name", line);
	w->stack[w->depth++] = f;
	if (f.part == PART_CALENDAR && outermost(w)) {
		buf_adds(&w->sieve.out->text, "BEGIN:VCALENDAR\r\n");
		w->sieve.calendars++;
	} else if (f.part == PART_ZONE || f.part == PART_OBSERVANCE)
		sieve_zone_begin(&w->sieve, f.part, name, line);
	else if (f.part == PART_EVENT || f.part == PART_FREEBUSY)
		component_opens(w, &f);
	else if (f.part == PART_DROPPED && text_is(name, "VEVENT"))
		warnings_add(&w->sieve.out->warnings, line, "VEVENT in %s; ignored",
			     w->depth > 1 ? w->stack[w->depth - 2].name : "no VCALENDAR");
	return true;
}

static bool end(struct walk *w, struct text name, int line, struct err *err)
{
	char quote[QUOTE_SIZE];
	struct frame *top = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;
	size_t n = cut_name(name);
	if (!top)
		return err_set(err, ERR_PARSE, "line %d: END:%s without its BEGIN", line,
			       sieve_quote(name, quote));
	if (strlen(top->name) != n || strncasecmp(top->name, name.p, n) != 0)
		return err_set(err, ERR_PARSE, "line %d: END:%s inside %s, which began in line %d",
			       line, sieve_quote(name, quote), top->name, top->line);
	if (top->part == PART_EVENT || top->part == PART_FREEBUSY)
		component_closes(w);
	else if (top->part == PART_ZONE || top->part == PART_OBSERVANCE)
		sieve_zone_end(&w->sieve, top->part, top->name);
	else if (top->part == PART_CALENDAR && outermost(w))
		buf_adds(&w->sieve.out->text, "END:VCALENDAR\r\n");
	w->depth--;
	return true;
}

/* The part whose lines are read here; PART_DROPPED: they are only counted. */
static enum part reading(const struct walk *w)
{
	enum part part = w->depth > 0 ? w->stack[w->depth - 1].part : PART_DROPPED;
	return part == PART_CALENDAR && !outermost(w) ? PART_DROPPED : part;
}

/* A line that is neither BEGIN nor END. */
static void content(struct walk *w, struct text line, int number)
{
	struct frame *top = w->depth > 0 ? &w->stack[w->depth - 1] : NULL;
	struct warnings *warnings = &w->sieve.out->warnings;
	if (!top) {
		if (text_trim(line).n > 0 && !w->told_stray)
			warnings_add(warnings, number, "text outside a VCALENDAR; ignored");
		w->told_stray = true;
		return;
	}
	enum part part = reading(w);
	if (part == PART_DROPPED || sieve_line(&w->sieve, part, line, number))
		return;
	if (!w->told_broken)
		warnings_add(warnings, number,
			     "not a property: a long line was broken without folding it; ignored");
	w->told_broken = true;
}

/* BEGIN:NAME and END:NAME, in any case, with blanks around */
static bool is_mark(struct text line, const char *mark, struct text *name)
{
	size_t n = strlen(mark);
	if (line.n <= n || strncasecmp(line.p, mark, n) != 0)
		return false;
	struct text rest = text_trim((struct text){line.p + n, line.n - n});
	if (rest.n == 0 || rest.p[0] != ':')
		return false;
	*name = text_trim((struct text){rest.p + 1, rest.n - 1});
	return true;
}

static bool count_line(struct walk *w, int number, struct err *err)
{
	if (w->depth == 0 || ++w->stack[w->depth - 1].lines <= w->limits->component_lines)
		return true;
	return err_set(err, ERR_LIMIT,
		       "line %d: more than %lld lines in one %s ([import] component_lines)", number,
		       (long long)w->limits->component_lines, w->stack[w->depth - 1].name);
}

static bool walk_line(struct walk *w, struct text line, int number, struct err *err)
{
	struct text name;
	if (line.n >= 3 && memcmp(line.p, "\xEF\xBB\xBF", 3) == 0) {
		line.p += 3; /* two files put together */
		line.n -= 3;
	}
	if (w->depth == 0)
		line = text_trim(line);
	if (is_mark(line, "BEGIN", &name))
		return begin(w, name, number, err);
	if (is_mark(line, "END", &name))
		return end(w, name, number, err);
	content(w, line, number);
	if (w->sieve.dates > w->limits->dates)
		return err_set(err, ERR_LIMIT,
			       "line %d: more than %lld dates in RDATE, EXDATE and FREEBUSY "
			       "([import] dates)",
			       number, (long long)w->limits->dates);
	return count_line(w, number, err);
}

/* A line over the limit, of which @line is the beginning: a picture or a map that stands in the
 * calendar is passed over, what is read here fails the import. */
static bool walk_long_line(struct walk *w, struct text line, int number, struct err *err)
{
	struct text name;
	if (!is_mark(line, "BEGIN", &name) && !is_mark(line, "END", &name) &&
	    !(reading(w) != PART_DROPPED && sieve_reads(reading(w), line)))
		return count_line(w, number, err);
	return err_set(err, ERR_LIMIT, "line %d: longer than %lld bytes ([import] line)", number,
		       (long long)w->limits->line_bytes);
}

/* Jumps over what is read already. */
static void jump(struct walk *w)
{
	while (w->skip < w->skips.n && w->lines.at == w->bytes + w->skips.v[w->skip].from) {
		const struct sieve_skip *skip = &w->skips.v[w->skip++];
		w->lines.at = w->bytes + skip->to;
		w->lines.next += skip->lines;
		w->sieve.out->events += skip->events;
		w->sieve.out->components += skip->components;
	}
}

static bool walk(struct walk *w, struct err *err)
{
	struct text line;
	int number;
	for (;;) {
		jump(w);
		switch (lines_next(&w->lines, &line, &number)) {
		case LINES_OK:
			if (!walk_line(w, line, number, err))
				return false;
			break;
		case LINES_TOO_LONG:
			if (!walk_long_line(w, line, number, err))
				return false;
			break;
		case LINES_END:
			if (w->depth == 0)
				return true;
			return err_set(err, ERR_PARSE,
				       "line %d: the calendar ends inside %s, which began in line "
				       "%d: it was cut off",
				       number > 1 ? number - 1 : 1, w->stack[w->depth - 1].name,
				       w->stack[w->depth - 1].line);
		}
	}
}

/* Moves @lines to BEGIN:VCALENDAR, or says what stands there instead. */
static bool guard(struct walk *w, const char *p, struct err *err)
{
	struct lines look = w->lines;
	struct text line, name, first = {0};
	int number, first_line = 1;
	char quote[QUOTE_SIZE];
	for (;;) {
		struct lines before = look;
		before.joined = (struct buf){0};
		bool more = before.at - p < GUARD_BYTES &&
			    lines_next(&look, &line, &number) != LINES_END;
		line = more ? text_trim(line) : (struct text){0};
		bool found = more && is_mark(line, "BEGIN", &name) && text_is(name, "VCALENDAR");
		if (!first.p && line.n > 0 && !found) {
			first_line = number; /* copied: joined lines do not live long */
			(void)sieve_quote(line, quote);
			first.p = quote;
			first.n = line.p[0] == '<';
		}
		if (found || !more || first.n) {
			w->lines.at = before.at;
			w->lines.next = before.next;
			buf_fini(&look.joined);
			if (found && first.p)
				warnings_add(&w->sieve.out->warnings, first_line,
					     "text before BEGIN:VCALENDAR; ignored");
			if (found)
				return true;
			break;
		}
	}
	if (!first.p)
		return err_set(err, ERR_PARSE, "not a calendar: line 1: it is empty");
	return err_set(err, ERR_PARSE, "not a calendar: line %d: %s", first_line, quote);
}

/* The bytes as UTF-8: themselves, or a copy in @copy. */
static struct text as_utf8(const char *bytes, size_t n, struct buf *copy, struct warnings *warnings)
{
	static const char *const names[] = {[CHARSET_UTF16LE] = "UTF-16",
					    [CHARSET_UTF16BE] = "UTF-16",
					    [CHARSET_LATIN1] = "Latin-1"};
	size_t bom;
	enum charset charset = charset_guess(bytes, n, &bom);
	if (charset == CHARSET_UTF8)
		return (struct text){bytes + bom, n - bom};
	charset_to_utf8(charset, bytes + bom, n - bom, copy);
	warnings_add(warnings, 1, "written in %s, not in UTF-8; converted", names[charset]);
	return (struct text){buf_str(copy), copy->n};
}

static void tell_tired_patterns(const struct walk *w)
{
	unsigned bits = patterns_exhausted(w->sieve.patterns);
	for (unsigned bit = 1; bit <= bits; bit <<= 1)
		if (bits & bit)
			warnings_add(&w->sieve.out->warnings, 0,
				     "the pattern of %s takes too many steps on some titles: it "
				     "counts as not met there",
				     match_key((enum match)bit));
}

/* How many titles look like no lesson though no pattern met them, and by which words: of a title
 * itself nothing is kept. */
static void tell_titles(const struct walk *w)
{
	static const struct {
		enum title_hint hint;
		const char *key, *as;
	} kinds[] = {{TITLE_CANCELLED, "cancelled", "a cancelled lesson"},
		     {TITLE_PLACEHOLDER, "ignore", "a placeholder"}};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		struct buf list = {0};
		size_t all = 0;
		for (int i = 0; i < TITLE_WORDS_MAX; i++) {
			size_t n = w->sieve.title_words[i];
			if (n == 0 || title_hint(i) != kinds[k].hint)
				continue;
			buf_addf(&list, "%s%s %zu", all ? ", " : "", title_word(i), n);
			all += n;
		}
		if (all > 0)
			warnings_add(&w->sieve.out->warnings, 0,
				     "%zu title%s look%s like %s (%s), but the pattern of %s "
				     "does not meet %s: %s as busy",
				     all, all == 1 ? "" : "s", all == 1 ? "s" : "", kinds[k].as,
				     buf_str(&list), kinds[k].key, all == 1 ? "it" : "them",
				     all == 1 ? "it counts" : "they count");
		buf_fini(&list);
	}
}

bool sieve_rest(const char *bytes, size_t n, struct patterns *patterns,
		const struct import_limits *limits, struct sieve_skips skips, struct sieved *out,
		struct err *err)
{
	if (n > (uint64_t)limits->body_bytes)
		return err_set(err, ERR_LIMIT, "larger than %lld bytes ([import] body)",
			       (long long)limits->body_bytes);
	struct sieved sieved = {0};
	struct buf copy = {0};
	struct text text;
	if (skips.n > 0) /* was looked at already: UTF-8 */
		text = (struct text){bytes + skips.bom, n - skips.bom};
	else
		text = as_utf8(n ? bytes : "", n, &copy, &sieved.warnings);
	struct walk w = {
		.sieve = {.out = &sieved,
			  .patterns = patterns,
			  .keep_lessons = patterns_keep_lessons(patterns)},
		.lines = {.at = text.p,
			  .end = text.p + text.n,
			  .max = (size_t)limits->line_bytes,
			  .next = 1},
		.limits = limits,
		.stack = xcalloc((size_t)limits->nesting + 1, sizeof(struct frame)),
		.bytes = bytes,
		.skips = skips,
	};
	bool fine = guard(&w, text.p, err) && walk(&w, err);
	if (fine && w.skip < skips.n)
		fine = err_set(err, ERR_BUG, "the fast lane took what the sieve does not see");
	if (fine) {
		tell_tired_patterns(&w);
		tell_titles(&w);
		*out = sieved;
		sieved = (struct sieved){0};
	}
	sieved_fini(&sieved);
	buf_fini(&w.sieve.title);
	buf_fini(&w.sieve.place);
	buf_fini(&w.lines.joined);
	buf_fini(&copy);
	xfree(w.stack);
	return fine;
}

bool timetable_sieve(const char *bytes, size_t n, const struct policy *policy,
		     const struct import_limits *limits, struct sieved *out, struct err *err)
{
	struct patterns *patterns = patterns_new(policy, err);
	bool fine = patterns &&
		    sieve_rest(bytes, n, patterns, limits, (struct sieve_skips){0}, out, err);
	patterns_free(patterns);
	return fine;
}
