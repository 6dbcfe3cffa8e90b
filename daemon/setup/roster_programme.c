/* roster_programme.c -- the [programme] section: its keys, and what must fit together. */
#include "setup/roster_reading.h"

#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

#define P(field) offsetof(struct programme, field)

static take_fn take_start, take_end, take_days, take_budget_money, take_closed, take_session,
	take_starts, take_lunch, take_prefer, take_intervisie, take_reflection, take_plan_due,
	take_visits, take_steering_group;

enum {
	ROW_NAME,
	ROW_START,
	ROW_END,
	ROW_ZONE,
	ROW_LANGUAGE,
	ROW_DAYS,
	ROW_BUDGET,
	ROW_EXPERT_BUDGET,
	ROW_CLOSED,
	ROW_SESSION,
	ROW_PREFERRED,
	ROW_LENGTH_STEP,
	ROW_START_GRID,
	ROW_STARTS,
	ROW_PLAN_DUE,
};

/* clang-format off */
static const struct key_row rows[] = {
	/* key, default, taker, field, min, max, repeats, first, example when required */
	[ROW_NAME] = {"name", "Tandem", take_text, P(name), 0, ROSTER_NAME_BYTES, false, false, NULL},
	[ROW_START] = {"start", NULL, take_start, P(start), 0, 0, false, true, "start = 2026-08-31"},
	[ROW_END] = {"end", NULL, take_end, P(past), 0, 0, false, false, "end = 2027-07-09"},
	[ROW_ZONE] = {"zone", "Europe/Amsterdam", take_zone, P(zone), 0, 0, false, true, NULL},
	[ROW_LANGUAGE] = {"language", "nl", take_language, P(language), 0, 0, false, false, NULL},
	[ROW_DAYS] = {"days", "mon-fri", take_days, P(weekdays), 0, 0, false, true, NULL},
	[ROW_BUDGET] = {"budget", "75h", take_minutes, P(budget_min), 60, 60000, false, false, NULL},
	[ROW_EXPERT_BUDGET] = {"expert_budget", "0 EUR", take_budget_money, P(expert_budget_cents), 0, 0, false, true, NULL},
	[ROW_CLOSED] = {"closed", NULL, take_closed, 0, 0, 0, true, false, NULL},
	[ROW_SESSION] = {"session", "60m..180m", take_session, 0, 0, 0, false, false, NULL},
	[ROW_PREFERRED] = {"preferred", "2h", take_minutes, P(preferred_min), 1, 1440, false, false, NULL},
	[ROW_LENGTH_STEP] = {"length_step", "15m", take_minutes, P(length_step_min), 1, 240, false, false, NULL},
	[ROW_START_GRID] = {"start_grid", "5m", take_minutes, P(start_grid_min), 1, 1440, false, false, NULL},
	[ROW_STARTS] = {"starts", NULL, take_starts, 0, 0, 0, false, false, NULL},
	[ROW_PLAN_DUE] = {"plan_due", "3w", take_plan_due, P(plan_due_days), 0, 0, false, false, NULL},
	{"cadence", "auto", take_cadence, P(cadence), 1, 366, false, false, NULL},
	{"min_gap", "2", take_int, P(min_gap), 0, 60, false, false, NULL},
	{"buffer", "10m", take_some_minutes, P(buffer_min), 0, 240, false, false, NULL},
	{"lunch", "12:00-13:00", take_lunch, 0, 0, 0, false, false, NULL},
	{"prefer", NULL, take_prefer, 0, 0, 0, true, false, NULL},
	{"freeze", "2d", take_seconds, P(freeze_s), 0, 60 * DAY_S, false, false, NULL},
	{"confirm_after", "3d", take_seconds, P(confirm_after_s), 0, 366 * DAY_S, false, false, NULL},
	{"pattern_weeks", "3", take_int, P(pattern_weeks), 1, 52, false, false, NULL},
	{"intervisie", "3 x 2h", take_intervisie, 0, 0, 0, false, false, NULL},
	{"reflection", "6w x 1h", take_reflection, 0, 0, 0, false, false, NULL},
	{"visits", "2 x 1h", take_visits, 0, 0, 0, false, false, NULL},
	{"travel", "0m", take_some_minutes, P(travel_min), 0, 240, false, false, NULL},
	{"steering", "30m", take_some_minutes, P(steering_min), 0, 1440, false, false, NULL},
	{"steering_group", NULL, take_steering_group, 0, 0, 0, false, false, NULL},
	{"evaluation", "1h", take_some_minutes, P(evaluation_min), 0, 1440, false, false, NULL},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= ROWS_MAX, "ROWS_MAX is too small");

size_t programme_keys(const char **names, size_t max)
{
	size_t n = 0;
	for (; n < ROWS && n < max; n++)
		names[n] = rows[n].key;
	return n;
}

static bool take_start(struct taking *t, const char *value, struct err *err)
{
	return parse_date(value, &((struct programme *)t->target)->start, err);
}

static bool take_end(struct taking *t, const char *value, struct err *err)
{
	day_t last;
	if (!parse_date(value, &last, err))
		return false;
	((struct programme *)t->target)->past = last + 1;
	return true;
}

static bool take_days(struct taking *t, const char *value, struct err *err)
{
	return parse_weekdays(value, &((struct programme *)t->target)->weekdays, err);
}

/* The programme's own amount says in which currency everything is. */
static bool take_budget_money(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	char currency[4];
	if (!parse_money(value, &p->expert_budget_cents, currency, err))
		return false;
	memcpy(p->currency, currency, sizeof currency);
	return true;
}

static bool take_closed(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	struct reading *r = t->r;
	if (!closed_is_file(value) && *value >= '0' && *value <= '9')
		return range_add(&p->closed, &p->n_closed, value, err);
	if (!closed_is_file(value))
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is neither dates such as 2026-12-21..2027-01-03 nor a "
			       "file that ends in .ics",
			       value);
	r->closed = xgrow(r->closed, r->n_closed, &r->cap_closed, sizeof *r->closed);
	r->closed[r->n_closed++] =
		(struct closed_ref){.file = t->file, .line = t->line, .name = value};
	return true;
}

static bool take_session(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	int32_t low, high;
	const char *dots = strstr(value, "..");
	char *first = xstrndup(value, dots ? (size_t)(dots - value) : strlen(value));
	bool ok = parse_minutes(first, &low, err) &&
		  parse_minutes(dots ? dots + 2 : value, &high, err);
	xfree(first);
	if (!ok)
		return false;
	if (low > high)
		return err_set(err, ERR_PARSE, "the shortest session is longer than the longest");
	if (low < 1 || high > DAY_S / 60)
		return err_set(err, ERR_PARSE, "%.40s is not within 1m..24h", value);
	p->session_min = low;
	p->session_max_min = high;
	return true;
}

static int by_minute(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool take_starts(struct taking *t, const char *value, struct err *err)
{
	enum { MAX = 300 };
	struct programme *p = t->target;
	char *copy, *words[MAX];
	size_t n = cut_words(value, &copy, words, MAX);
	bool ok = n <= MAX || err_set(err, ERR_PARSE, "more than %d times", MAX);
	int *starts = xmalloc((n + 1) * sizeof *starts);
	for (size_t i = 0; ok && i < n; i++)
		ok = parse_clock(words[i], &starts[i], err);
	if (ok)
		qsort(starts, n, sizeof *starts, by_minute);
	for (size_t i = 1; ok && i < n; i++)
		if (starts[i] == starts[i - 1])
			ok = err_set(err, ERR_PARSE, "%02d:%02d is there twice", starts[i] / 60,
				     starts[i] % 60);
	xfree(copy);
	if (!ok) {
		xfree(starts);
		return false;
	}
	p->starts = starts;
	p->n_starts = n;
	return true;
}

static bool take_lunch(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	if (strcmp(value, "none") != 0)
		return parse_clock_range(value, &p->lunch_from_min, &p->lunch_to_min, err);
	p->lunch_from_min = p->lunch_to_min = 0;
	return true;
}

static bool take_prefer(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	return strcmp(value, "none") == 0 ||
	       hours_add(&p->prefer, &p->n_prefer, value, p->weekdays, err);
}

static bool take_intervisie(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	return count_take(value, "3 x 2h", &p->intervisie_n, &p->intervisie_min, err);
}

static bool take_visits(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	return count_take(value, "2 x 1h", &p->visits_n, &p->visit_min, err);
}

static bool take_steering_group(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	return ids_add(t->r, SECTION_PERSON, value, &p->steering_group, &p->n_steering_group, err);
}

static bool take_reflection(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	char before[24];
	int64_t every;
	int each;
	if (!times_take(value, before, sizeof before, &each, "6w x 1h", err) ||
	    !parse_duration(before, &every, err))
		return false;
	if (each && (every % DAY_S || every < DAY_S || every > 366 * DAY_S))
		return err_set(err, ERR_PARSE, "%.20s is not a number of days or weeks, 1d..366d",
			       before);
	p->reflection_every_days = (int)(every / DAY_S);
	p->reflection_min = each;
	return true;
}

/* Days after the start, however it is written, so that a programme that moves takes it along. */
static bool take_plan_due(struct taking *t, const char *value, struct err *err)
{
	struct programme *p = t->target;
	struct err none;
	int64_t after;
	day_t day;
	if (strcmp(value, "none") == 0) {
		p->plan_due_days = -1;
		return true;
	}
	if (parse_date(value, &day, &none)) {
		if (p->start && day < p->start)
			return err_set(err, ERR_PARSE, "%.40s is before the start", value);
		p->plan_due_days = p->start ? day - p->start : 0; /* a start at fault is told */
		return true;
	}
	if (!parse_duration(value, &after, &none) || after % DAY_S || after < DAY_S ||
	    after > 366 * DAY_S)
		return err_set(
			err, ERR_PARSE,
			"\"%.40s\" is neither a date nor a number of days or weeks, 1d..366d, "
			"nor none",
			value);
	p->plan_due_days = (int)(after / DAY_S);
	return true;
}

/* One check of keys against each other: the sentence stands at the first key that was given. */
struct checking {
	struct reading *r;
	const struct section_ref *ref;
	const int *lines;
};

static struct place key_place(const struct checking *c, int first, int second)
{
	int line = c->lines[first] ? c->lines[first] : c->lines[second];
	return ini_place(c->ref->file, line ? line : c->ref->section->line);
}

static void check_lengths(const struct checking *c, struct programme *p)
{
	char a[DURATION_TEXT], b[DURATION_TEXT], d[DURATION_TEXT];
	int step = p->length_step_min;
	if (!step || !p->session_min || !p->preferred_min)
		return; /* told already */
	/* who only narrows the session means its nearest end by preferred */
	if (!c->lines[ROW_PREFERRED] && p->preferred_min < p->session_min)
		p->preferred_min = p->session_min;
	if (!c->lines[ROW_PREFERRED] && p->preferred_min > p->session_max_min)
		p->preferred_min = p->session_max_min;
	if (p->session_min % step || p->session_max_min % step)
		findings_add(&c->r->findings, key_place(c, ROW_SESSION, ROW_LENGTH_STEP),
			     "session: %s..%s are not multiples of length_step %s",
			     minutes_text(p->session_min, a), minutes_text(p->session_max_min, b),
			     minutes_text(step, d));
	if (p->preferred_min < p->session_min || p->preferred_min > p->session_max_min)
		findings_add(&c->r->findings, key_place(c, ROW_PREFERRED, ROW_SESSION),
			     "preferred: %s is not within session %s..%s",
			     minutes_text(p->preferred_min, d), minutes_text(p->session_min, a),
			     minutes_text(p->session_max_min, b));
	else if (p->preferred_min % step && p->session_min % step == 0)
		findings_add(&c->r->findings, key_place(c, ROW_PREFERRED, ROW_LENGTH_STEP),
			     "preferred: %s is not a multiple of length_step %s",
			     minutes_text(p->preferred_min, a), minutes_text(step, b));
}

static void check_budget(const struct checking *c, const struct programme *p)
{
	char step[DURATION_TEXT];
	if (p->length_step_min && p->budget_min / p->length_step_min > SOLVE_UNITS_MAX)
		findings_add(&c->r->findings, key_place(c, ROW_LENGTH_STEP, ROW_BUDGET),
			     "length_step: the budget has more than %d steps of %s",
			     SOLVE_UNITS_MAX, minutes_text(p->length_step_min, step));
}

static void check_starts(const struct checking *c, struct programme *p)
{
	char grid[DURATION_TEXT];
	if (c->lines[ROW_STARTS] && c->lines[ROW_START_GRID])
		findings_add(&c->r->findings,
			     ini_place(c->ref->file, c->lines[ROW_STARTS] > c->lines[ROW_START_GRID]
							     ? c->lines[ROW_STARTS]
							     : c->lines[ROW_START_GRID]),
			     "starts and start_grid exclude each other: keep one");
	if (p->start_grid_min && (DAY_S / 60) % p->start_grid_min)
		findings_add(&c->r->findings, key_place(c, ROW_START_GRID, ROW_START_GRID),
			     "start_grid: %s does not divide a day",
			     minutes_text(p->start_grid_min, grid));
}

static void check_dates(const struct checking *c, const struct programme *p)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	if (!p->start || !p->past)
		return;
	if (p->past <= p->start)
		findings_add(&c->r->findings, key_place(c, ROW_END, ROW_START),
			     "end: %s is before the start, %s", day_text(p->past - 1, end),
			     day_text(p->start, start));
	else if (p->past - p->start > SOLVE_DAYS_MAX)
		findings_add(&c->r->findings, key_place(c, ROW_END, ROW_START),
			     "end: a programme lasts at most %d days", SOLVE_DAYS_MAX);
	else if (c->lines[ROW_PLAN_DUE] && p->plan_due_days >= p->past - p->start)
		findings_add(&c->r->findings, key_place(c, ROW_PLAN_DUE, ROW_END),
			     "plan_due: %s is after the end, %s",
			     day_text(p->start + p->plan_due_days, start),
			     day_text(p->past - 1, end));
}

static void closed_file(struct reading *r, const struct closed_ref *ref, roster_closed_fn *closed,
			void *ctx)
{
	struct programme *p = &r->roster.programme;
	char *path = path_beside(ref->file->name, ref->name);
	const struct record *record = NULL;
	for (size_t i = 0; i < r->records.n; i++) {
		const struct record *one = &r->records.v[i];
		if (one->kind == RECORD_CLOSED && strcmp(one->name, path) == 0)
			record = one;
	}
	struct day_range *days = NULL;
	size_t n = 0;
	struct err err;
	bool told = false; /* a file that was not there when the bundle was made */
	for (size_t i = 0; i < r->findings.n; i++)
		told = told || (r->findings.v[i].at.order == ref->file->order &&
				r->findings.v[i].at.line == ref->line);
	if (!record && !told)
		findings_add(&r->findings, ini_place(ref->file, ref->line),
			     "closed %.100s: was not kept with the roster", ref->name);
	if (record &&
	    !closed(ctx, record->bytes, record->n, p->zone ? p->zone : zone_utc(), &days, &n, &err))
		findings_add(&r->findings, ini_place(ref->file, ref->line), "closed %.100s: %s",
			     ref->name, err.text);
	p->closed = xrealloc(p->closed, (p->n_closed + n) * sizeof *days);
	for (size_t i = 0; i < n; i++)
		p->closed[p->n_closed++] = days[i];
	xfree(days);
	xfree(path);
}

static int by_first(const void *a, const void *b)
{
	const struct day_range *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->past != y->past)
		return x->past < y->past ? -1 : 1;
	return strcmp(x->text ? x->text : "", y->text ? y->text : "");
}

void read_programme(struct reading *r, roster_closed_fn *closed, void *closed_ctx)
{
	char kind[] = "programme", id[] = "";
	struct ini_section absent = {.kind = kind, .id = id, .line = 1, .skip = true};
	const struct section_list *list = &r->sections[SECTION_PROGRAMME];
	struct section_ref none = {&r->files[0], &absent, SECTION_PROGRAMME};
	const struct section_ref *ref = list->n ? list->v : &none;
	struct programme *p = &r->roster.programme;
	int lines[ROWS_MAX];
	if (list->n == 0)
		findings_add(&r->findings, section_place(&none),
			     "the roster has no [programme]: write one with start and end");
	for (size_t i = 1; i < list->n; i++)
		findings_add(&r->findings, section_place(&list->v[i]),
			     "[programme] stands there twice (first %s:%d)", list->v[0].file->name,
			     list->v[0].section->line);
	keys_take(r, ref, rows, ROWS, p, lines);
	struct checking checking = {r, ref, lines};
	check_dates(&checking, p);
	check_lengths(&checking, p);
	check_starts(&checking, p);
	check_budget(&checking, p);
	for (size_t i = 0; i < r->n_closed; i++)
		closed_file(r, &r->closed[i], closed, closed_ctx);
	if (p->n_closed)
		qsort(p->closed, p->n_closed, sizeof *p->closed, by_first);
}
