/* obligation.c -- see the header.
 *
 * Stored obligations whose day has passed are left alone. The others, in the order of their
 * numbers, take the roster's days from today on, one each; what is left of them is cancelled, what
 * is left of the days is new. So a rhythm that changes moves what people have in their calendars
 * already, and a number once passed is never given again. */
#include "plan/obligation.h"

#include "base/buf.h"

#include <string.h>

enum { EVALUATION_DAYS = 5, NEVER = INT32_MIN };

static const char *const kind_words[] = {"plan", "reflection", "evaluation"};
static const char *const state_words[] = {"open", "done", "cancelled"};

const char *obligation_kind_word(enum obligation_kind kind)
{
	return kind_words[kind];
}

const char *obligation_state_word(enum obligation_state state)
{
	return state_words[state];
}

bool obligation_kind_from_word(const char *word, enum obligation_kind *out)
{
	for (int i = 0; i < OBLIGATION_KINDS; i++)
		if (strcmp(word, kind_words[i]) == 0) {
			*out = (enum obligation_kind)i;
			return true;
		}
	return false;
}

bool obligation_state_from_word(const char *word, enum obligation_state *out)
{
	for (int i = 0; i < OBLIGATION_STATES; i++)
		if (strcmp(word, state_words[i]) == 0) {
			*out = (enum obligation_state)i;
			return true;
		}
	return false;
}

void obligation_copy(struct obligation *to, const struct obligation *from)
{
	*to = *from;
	to->done_by = from->done_by ? xstrdup(from->done_by) : NULL;
	to->reason = from->reason ? xstrdup(from->reason) : NULL;
}

void obligation_fini(struct obligation *o)
{
	xfree(o->done_by);
	xfree(o->reason);
	*o = (struct obligation){0};
}

void obligation_list_fini(struct obligation_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		obligation_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct obligation_list){0};
}

void obligation_list_add(struct obligation_list *list, const struct obligation *obligation)
{
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	obligation_copy(&list->v[list->n++], obligation);
}

bool obligation_is_late(const struct obligation *o, const struct zone *zone, day_t today)
{
	if (o->state == OBLIGATION_DONE)
		return zone_day_of(zone, o->done_at) > o->due;
	return o->state == OBLIGATION_OPEN && o->due < today;
}

void obligation_stamp(struct obligation *is, const struct obligation *was, utc_t now)
{
	is->cancelled_at = is->state != OBLIGATION_CANCELLED	       ? 0
			   : was && was->state == OBLIGATION_CANCELLED ? was->cancelled_at
								       : now;
	if (!was) {
		is->sequence = 0;
		is->created_at = is->last_modified = now;
		return;
	}
	is->created_at = was->created_at;
	is->sequence = was->sequence + (is->due != was->due || is->state != was->state);
	is->last_modified = now > was->last_modified ? now : was->last_modified + 1;
}

/* ---- the roster's days ---- */

/* The last open day up to @day, NEVER without one. */
static day_t open_until(const struct opendays *days, day_t day)
{
	int n = opendays_before(days, day + 1);
	return n > 0 ? days->v[n - 1] : NEVER;
}

static size_t reflections(const struct programme *p, const struct opendays *days, day_t *out)
{
	size_t n = 0;
	int every = p->reflection_every_days;
	for (int64_t at = (int64_t)p->start + every; at <= p->past; at += every) {
		day_t due = open_until(days, (day_t)at);
		if (due != NEVER && (n == 0 || out[n - 1] < due))
			out[n++] = due;
	}
	return n;
}

/* Of the plan and the evaluation; NEVER: not asked for. */
static day_t one_day(const struct programme *p, const struct opendays *days,
		     enum obligation_kind kind)
{
	bool plan = kind == OBLIGATION_PLAN;
	if (days->n == 0 || (plan ? p->plan_due_days < 0 : p->evaluation_min <= 0))
		return NEVER;
	if (!plan)
		return days->v[days->n > EVALUATION_DAYS ? days->n - EVALUATION_DAYS : days->n - 1];
	day_t due = open_until(days, p->start + p->plan_due_days);
	return due != NEVER ? due : days->v[0];
}

size_t obligation_days(const struct programme *p, const struct opendays *days,
		       enum obligation_kind kind, day_t **out)
{
	bool many = kind == OBLIGATION_REFLECTION;
	if (many && (p->reflection_min <= 0 || p->reflection_every_days <= 0)) {
		*out = NULL;
		return 0;
	}
	*out = xcalloc(many ? (size_t)days->n + 1 : 1, sizeof **out);
	if (many)
		return reflections(p, days, *out);
	**out = one_day(p, days, kind);
	return **out != NEVER;
}

/* ---- following them ---- */

struct following {
	const struct programme *programme;
	const struct opendays *days;
	const char *duo;
	bool here;
	const struct obligation *was;
	size_t n;
	day_t today;
	struct obligation_list *out;
};

/* @was (NULL: none yet) becomes due on @due; NEVER: it is not asked for. */
static void put(const struct following *f, const struct obligation *was, enum obligation_kind kind,
		int number, day_t due)
{
	struct obligation is = {.kind = kind, .number = number};
	strncpy(is.duo, f->duo, sizeof is.duo - 1);
	if (was)
		is = *was;
	if (due == NEVER && is.state != OBLIGATION_OPEN)
		return; /* done stays done */
	is.due = due == NEVER ? is.due : due;
	if (due == NEVER)
		is.state = OBLIGATION_CANCELLED;
	else if (is.state == OBLIGATION_CANCELLED)
		is.state = OBLIGATION_OPEN;
	bool same = was ? is.due == was->due && is.state == was->state : due == NEVER;
	if (!same)
		obligation_list_add(f->out, &is);
}

/* The open day nearest to @day from today on: before it if there is one. */
static day_t coming(const struct following *f, day_t day)
{
	day_t before = open_until(f->days, day);
	int next = opendays_before(f->days, f->today);
	if (before != NEVER && before >= f->today)
		return before;
	return next < f->days->n ? f->days->v[next] : NEVER;
}

static void follow_one(const struct following *f, enum obligation_kind kind)
{
	const struct obligation *was = NULL;
	for (size_t i = 0; i < f->n; i++)
		if (f->was[i].kind == kind)
			was = &f->was[i];
	bool gone = was && was->state == OBLIGATION_CANCELLED;
	if (was && !gone && was->due < f->today)
		return;
	day_t due = f->here ? one_day(f->programme, f->days, kind) : NEVER;
	if (due != NEVER && due < f->today) { /* its day has passed without it */
		int time = kind == OBLIGATION_PLAN ? f->programme->plan_due_days : 0;
		due = coming(f, was && !gone ? was->due : f->today + time);
	}
	if (was || due != NEVER)
		put(f, was, kind, 1, due);
}

static void follow_reflections(const struct following *f)
{
	day_t *due = NULL;
	size_t k = 0, n = 0;
	int number = 0;
	if (f->here)
		n = obligation_days(f->programme, f->days, OBLIGATION_REFLECTION, &due);
	while (k < n && due[k] < f->today)
		k++;
	for (size_t i = 0; i < f->n; i++) {
		const struct obligation *was = &f->was[i];
		if (was->kind != OBLIGATION_REFLECTION)
			continue;
		number = was->number;
		if (was->due >= f->today)
			put(f, was, OBLIGATION_REFLECTION, number, k < n ? due[k++] : NEVER);
	}
	while (k < n)
		put(f, NULL, OBLIGATION_REFLECTION, ++number, due[k++]);
	xfree(due);
}

void obligations_follow(const struct programme *programme, const struct opendays *days,
			const char *duo, bool here, const struct obligation *was, size_t n,
			day_t today, struct obligation_list *out)
{
	struct following f = {programme, days, duo, here, was, n, today, out};
	follow_one(&f, OBLIGATION_PLAN);
	follow_reflections(&f);
	follow_one(&f, OBLIGATION_EVALUATION);
}
