/* The solver's instance file. Read in two passes: the first only finds `days`, so that the second
 * can check each line by itself and the first faulty line is the one that is named. */
#include "plan/instance.h"

#include "base/buf.h"
#include "base/parse.h"

#include <string.h>

#define WORDS_MAX 4 /* slot DAY UNITS COST */

struct word {
	const char *v;
	size_t n;
};

enum key { DAYS, UNITS, CADENCE, MIN_GAP, W_GAP, W_UNUSED, W_EVEN, FIXED, WORK, SLOT, KEYS };

static const struct row {
	const char *name;
	const char *arguments; /* for messages */
	int n_arguments;
	bool once, must;
	int64_t max;
} rows[KEYS] = {
	/* clang-format off */
	/*            name        arguments         n  once   must   max                    */
	[DAYS]     = {"days",     "D",              1, true,  true,  SOLVE_DAYS_MAX},
	[UNITS]    = {"units",    "U",              1, true,  true,  SOLVE_UNITS_MAX},
	[CADENCE]  = {"cadence",  "C",              1, true,  true,  INSTANCE_FIGURE_MAX},
	[MIN_GAP]  = {"min_gap",  "G",              1, true,  true,  INSTANCE_FIGURE_MAX},
	[W_GAP]    = {"w_gap",    "W",              1, true,  true,  INSTANCE_FIGURE_MAX},
	[W_UNUSED] = {"w_unused", "W",              1, true,  true,  INSTANCE_FIGURE_MAX},
	[W_EVEN]   = {"w_even",   "E",              1, true,  false, INSTANCE_FIGURE_MAX},
	[FIXED]    = {"fixed",    "DAY",            1, false, false, INSTANCE_FIGURE_MAX},
	[WORK]     = {"work",     "DAY",            1, false, false, INSTANCE_FIGURE_MAX},
	[SLOT]     = {"slot",     "DAY UNITS COST", 3, false, false, INSTANCE_FIGURE_MAX},
	/* clang-format on */
};

struct reader {
	const char *text;
	size_t n, at;
	int line;
	struct word words[WORDS_MAX + 1]; /* one more tells that there are too many */
	size_t n_words;
	int seen[KEYS]; /* line of a key that stands once; 0: not yet */
	int64_t value[KEYS];
	size_t n_slots, cap;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The words of the next line; false at the end. */
static bool next_line(struct reader *r)
{
	if (r->at >= r->n)
		return false;
	const char *p = r->text + r->at;
	const char *newline = memchr(p, '\n', r->n - r->at);
	const char *end = newline ? newline : r->text + r->n;

	r->at = (size_t)(end - r->text) + (newline ? 1 : 0);
	r->line++;
	r->n_words = 0;
	const char *comment = memchr(p, '#', (size_t)(end - p));
	if (comment)
		end = comment;
	while (r->n_words <= WORDS_MAX) {
		while (p < end && is_blank(*p))
			p++;
		if (p == end)
			break;
		const char *from = p;
		while (p < end && !is_blank(*p))
			p++;
		r->words[r->n_words++] = (struct word){.v = from, .n = (size_t)(p - from)};
	}
	return true;
}

static enum key find_key(const struct word *word)
{
	for (int k = 0; k < KEYS; k++)
		if (strlen(rows[k].name) == word->n && memcmp(rows[k].name, word->v, word->n) == 0)
			return (enum key)k;
	return KEYS;
}

/* The word for a message: cut, and nothing in it that would disturb a terminal. */
#define SHOWN 40
static const char *show(const struct word *word, char out[SHOWN])
{
	size_t n = word->n < SHOWN - 1 ? word->n : SHOWN - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = word->v[i] >= ' ' && word->v[i] <= '~' ? word->v[i] : '?';
	out[n] = '\0';
	return out;
}

static bool read_figure(const struct word *word, const char *what, int64_t min, int64_t max,
			int64_t *out, struct err *err)
{
	char shown[SHOWN];
	int64_t sum = 0;

	for (size_t i = 0; i < word->n; i++) {
		if (word->v[i] < '0' || word->v[i] > '9')
			return err_set(err, ERR_PARSE,
				       "%s is \"%s\"; write a whole figure of digits only, from "
				       "%lld to %lld",
				       what, show(word, shown), (long long)min, (long long)max);
		if (sum <= max)
			sum = sum * 10 + (word->v[i] - '0');
	}
	if (sum < min || sum > max)
		return err_set(err, ERR_PARSE, "%s is %s; it must lie within %lld..%lld", what,
			       show(word, shown), (long long)min, (long long)max);
	*out = sum;
	return true;
}

static bool read_day(const struct reader *r, int64_t *day, struct err *err)
{
	char shown[SHOWN];
	if (!read_figure(&r->words[1], "DAY", 0, INSTANCE_FIGURE_MAX, day, err))
		return false;
	if (r->seen[DAYS] && *day >= r->value[DAYS])
		return err_set(err, ERR_PARSE,
			       "day %s lies outside the year: days count from 0 and `days %lld` "
			       "stands on line %d",
			       show(&r->words[1], shown), (long long)r->value[DAYS], r->seen[DAYS]);
	return true;
}

static bool read_slot(struct reader *r, struct instance *out, struct err *err)
{
	int64_t day, units, cost;
	if (!read_day(r, &day, err) ||
	    !read_figure(&r->words[2], "UNITS", 1, INSTANCE_FIGURE_MAX, &units, err) ||
	    !read_figure(&r->words[3], "COST", 0, INSTANCE_FIGURE_MAX, &cost, err))
		return false;
	if (r->n_slots == INSTANCE_SLOTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %zu slots; leave out equal ones",
			       INSTANCE_SLOTS_MAX);
	out->slots = xgrow(out->slots, r->n_slots, &r->cap, sizeof(*out->slots));
	out->slots[r->n_slots++] = (struct solve_slot){
		.day = (int32_t)day,
		.units = (int32_t)units,
		.cost = cost,
	};
	return true;
}

static bool read_fixed(const struct reader *r, enum key key, struct instance *out, struct err *err)
{
	int64_t day;
	if (!read_day(r, &day, err))
		return false;
	/* without a valid `days` the file is refused in the end */
	if (r->seen[DAYS] && (key == WORK || out->fixed[day] == SOLVE_OPEN))
		out->fixed[day] = key == WORK ? SOLVE_FIXED_WORK : SOLVE_FIXED;
	return true;
}

static bool unknown_key(const struct reader *r, struct err *err)
{
	const char *names[KEYS];
	char shown[SHOWN];
	for (int k = 0; k < KEYS; k++)
		names[k] = rows[k].name;
	show(&r->words[0], shown);
	const char *near = parse_nearest(shown, names, KEYS);
	if (near)
		return err_set(err, ERR_PARSE, "unknown key \"%s\"; did you mean \"%s\"?", shown,
			       near);
	return err_set(err, ERR_PARSE,
		       "unknown key \"%s\"; a line is one of days, units, cadence, min_gap, w_gap, "
		       "w_unused, w_even, fixed, work, slot",
		       shown);
}

/* @days_line: the line that the first pass took `days` from, or 0. */
static bool read_line(struct reader *r, int days_line, struct instance *out, struct err *err)
{
	enum key key = find_key(&r->words[0]);
	if (key == KEYS)
		return unknown_key(r, err);
	const struct row *row = &rows[key];
	if (r->n_words != (size_t)row->n_arguments + 1)
		return err_set(err, ERR_PARSE, "this is not `%s %s`: there are too %s words",
			       row->name, row->arguments,
			       r->n_words > (size_t)row->n_arguments + 1 ? "many" : "few");
	if (key == SLOT)
		return read_slot(r, out, err);
	if (key == FIXED || key == WORK)
		return read_fixed(r, key, out, err);
	if (r->seen[key] && !(key == DAYS && r->line == days_line))
		return err_set(err, ERR_PARSE, "`%s` stands on line %d already; give it once",
			       row->name, r->seen[key]);
	r->seen[key] = r->line;
	return read_figure(&r->words[1], row->name, 0, row->max, &r->value[key], err);
}

/* First pass: the number of the first `days` line when it is valid, else 0. */
static int find_days(struct reader *r)
{
	struct err ignored;
	while (next_line(r)) {
		if (r->n_words > 0 && find_key(&r->words[0]) == DAYS)
			return r->n_words == 2 &&
					       read_figure(&r->words[1], "days", 0, SOLVE_DAYS_MAX,
							   &r->value[DAYS], &ignored)
				       ? r->line
				       : 0;
	}
	return 0;
}

bool instance_read(const char *text, size_t n, struct instance *out, int *line, struct err *err)
{
	struct reader r = {.text = text, .n = n};
	struct instance made = {0};
	int days_line = find_days(&r);

	r.seen[DAYS] = days_line;
	r.at = 0;
	r.line = 0;
	made.fixed = xcalloc((size_t)r.value[DAYS] + 1, 1);
	while (next_line(&r)) {
		if (r.n_words > 0 && !read_line(&r, days_line, &made, err))
			goto refused;
	}
	for (int k = 0; k < KEYS; k++) {
		if (rows[k].must && !r.seen[k]) {
			err_set(err, ERR_PARSE, "`%s` is missing; add a line `%s %s`", rows[k].name,
				rows[k].name, rows[k].arguments);
			goto refused;
		}
	}
	made.solve = (struct solve_instance){
		.days = (int32_t)r.value[DAYS],
		.units = (int32_t)r.value[UNITS],
		.cadence = (int32_t)r.value[CADENCE],
		.min_gap = (int32_t)r.value[MIN_GAP],
		.w_gap = r.value[W_GAP],
		.w_even = r.value[W_EVEN],
		.w_unused = r.value[W_UNUSED],
		.fixed = made.fixed,
		.slots = made.slots,
		.n_slots = r.n_slots,
	};
	*out = made;
	return true;
refused:
	*line = r.line > 0 ? r.line : 1;
	instance_fini(&made);
	return false;
}

void instance_fini(struct instance *instance)
{
	xfree(instance->fixed);
	xfree(instance->slots);
	*instance = (struct instance){0};
}
