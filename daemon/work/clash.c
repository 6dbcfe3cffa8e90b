/* clash.c -- see the header. */
#include "work/clash.h"

#include "plan/candidate.h"
#include "plan/reasons.h"
#include "work/decide_visit.h"
#include "work/echo.h"
#include "work/lesson.h"
#include "work/task.h"

#include <string.h>

/* ---- what is in the way ---- */

/* The first event of @r that a session at [start, end) cannot stand beside; those that are
 * probably a session themselves are none. */
static bool event_within(const struct source_record *r, const struct echoes *own, utc_t start,
			 utc_t end, struct span *out)
{
	for (size_t i = 0; i < r->n_occurrences && r->occurrences[i].start < end; i++) {
		const struct lesson_span *o = &r->occurrences[i];
		bool echo = false;
		if (o->end <= start || o->level < LEVEL_BUSY || o->level == LEVEL_UNKNOWN)
			continue;
		for (size_t k = 0; k < own->n && !echo; k++)
			echo = own->v[k].start == o->start && own->v[k].end == o->end;
		if (echo)
			continue;
		*out = (struct span){o->start, o->end};
		return true;
	}
	return false;
}

static bool is_busy(const struct publication *p, const struct person *person,
		    const struct session *s, struct clash *out)
{
	for (size_t i = 0; i < person->n_sources; i++) {
		const struct source_record *r = &p->sources[person->sources[i].source]->record;
		struct echoes own;
		if (busyset_max(&r->busy, s->start, s->end) < LEVEL_BUSY)
			continue;
		echoes_init(&own, p, person->id);
		bool found = event_within(r, &own, s->start, s->end, &out->busy);
		echoes_fini(&own);
		if (found) {
			*out = (struct clash){.person = person, .busy = out->busy};
			return true;
		}
	}
	return false;
}

static bool is_within(const struct person *person, const struct day_range *days,
		      const struct session *s, struct clash *out)
{
	utc_t start = zone_day_start(person->zone, days->first);
	utc_t end = zone_day_start(person->zone, days->past);
	if (start >= end || end <= s->start || s->end <= start)
		return false;
	*out = (struct clash){.person = person, .absent = true, .busy = {start, end}};
	return true;
}

static bool is_absent(const struct publication *p, const struct person *person,
		      const struct session *s, struct clash *out)
{
	const struct person_part *part = publication_person(p, person->id);
	for (size_t i = 0; i < person->n_absent; i++)
		if (is_within(person, &person->absent[i], s, out))
			return true;
	for (size_t i = 0; part && i < part->absences.n; i++)
		if (is_within(person, &part->absences.v[i].days, s, out))
			return true;
	return false;
}

/* An event at exactly the session's own time is probably that session. */
static bool third_is_away(const struct publication *p, const char *id, const struct session *s,
			  struct clash *out)
{
	const struct third_party *third = roster_third(&p->roster->roster, id);
	const struct zone *zone = p->roster->roster.programme.zone;
	struct span itself = {s->start, s->end};
	const struct echoes own = {&itself, 1, 1};
	for (size_t i = 0; third && i < third->n_absent; i++) {
		utc_t start = zone_day_start(zone, third->absent[i].first);
		utc_t end = zone_day_start(zone, third->absent[i].past);
		if (start < s->end && s->start < end) {
			*out = (struct clash){.third = third, .absent = true, .busy = {start, end}};
			return true;
		}
	}
	for (size_t i = 0; third && i < third->n_sources; i++) {
		const struct source_record *r = &p->sources[third->sources[i].source]->record;
		if (busyset_max(&r->busy, s->start, s->end) >= LEVEL_BUSY &&
		    event_within(r, &own, s->start, s->end, &out->busy)) {
			*out = (struct clash){.third = third, .busy = out->busy};
			return true;
		}
	}
	return false;
}

bool clash_find(const struct publication *p, const struct session *s, utc_t now, struct clash *out)
{
	const struct roster *roster = &p->roster->roster;
	if (s->state != STATE_BOOKED || s->end <= now)
		return false;
	for (size_t a = 0; a < s->n_attendees; a++) {
		const struct person *person = roster_person(roster, s->attendees[a]);
		if (person && (is_absent(p, person, s, out) || is_busy(p, person, s, out)))
			return true;
	}
	if ((*s->expert && third_is_away(p, s->expert, s, out)) ||
	    (*s->room && third_is_away(p, s->room, s, out)))
		return true;
	const char *host = visit_host(p, s);
	const struct person *teacher = host ? roster_person(roster, host) : NULL;
	if (teacher && is_absent(p, teacher, s, out))
		return true;
	if (teacher && !lesson_at(p, host, s->start, s->end)) {
		*out = (struct clash){
			.person = teacher, .no_lesson = true, .busy = {s->start, s->end}};
		return true;
	}
	day_t date = zone_day_of(roster->programme.zone, s->start);
	if (opendays_number(&p->roster->days, date) >= 0)
		return false;
	utc_t start = zone_day_start(roster->programme.zone, date);
	*out = (struct clash){.busy = {start, zone_day_start(roster->programme.zone, date + 1)}};
	return true;
}

void clash_sentence(const struct publication *p, const struct clash *clash, struct buf *out)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	char first[CIVIL_TEXT], last[CIVIL_TEXT];
	const char *who = clash->person	 ? clash->person->id
			  : clash->third ? clash->third->id
					 : NULL;
	const struct zone *own = clash->person ? clash->person->zone : zone;
	if (!who) {
		buf_addf(out, "%s is not an open day of the programme",
			 day_text(zone_day_of(zone, clash->busy.start), first));
	} else if (clash->no_lesson) {
		buf_addf(out, "the lesson is not in the timetable of %s any more",
			 clash->person->id);
	} else if (clash->absent) {
		day_t from = zone_day_of(own, clash->busy.start);
		day_t to = zone_day_of(own, clash->busy.end - 1);
		buf_addf(out, "%s is absent %s", who, day_text(from, first));
		if (to > from)
			buf_addf(out, " to %s", day_text(to, last));
	} else {
		buf_addf(out, "%s is busy ", who);
		reason_time(out, zone, clash->busy.start, clash->busy.end);
	}
}

size_t clash_count(const struct publication *p, utc_t now)
{
	struct clash clash;
	size_t count = 0;
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++)
			count += clash_find(p, &p->duos[i]->sessions.v[k], now, &clash);
	return count;
}

/* ---- where it could be instead ---- */

struct search {
	const struct plan_task *task;
	const struct plan *plan;
	int32_t length_min, longest_min;
	struct clash_place *v;
	size_t n;
};

static int64_t gap_cost(const struct search *x, int from, int to)
{
	int64_t gap = to - from, over = gap - x->plan->cadence;
	return (over > 0 ? x->task->weights->gap * over * over : 0) +
	       x->task->weights->even * gap * gap;
}

/* What a session on @day does to the year's gaps; false: a day with a session, or too near. */
static bool day_cost(const struct search *x, int day, int64_t *cost)
{
	int before = -1, after = x->task->days->n;
	for (size_t i = 0; i < x->task->n_standing; i++) {
		const struct plan_standing *s = &x->task->standing[i];
		int other = candidate_standing_day(x->task, s->start);
		int away = other > day ? other - day : day - other;
		if (other < 0)
			continue;
		if (away == 0 || (s->kind == KIND_WORK && away < x->task->programme->min_gap))
			return false;
		if (other < day && other > before)
			before = other;
		if (other > day && other < after)
			after = other;
	}
	*cost = gap_cost(x, before, day) + gap_cost(x, day, after) - gap_cost(x, before, after);
	return true;
}

static void insert(struct search *x, struct clash_place place)
{
	size_t at = x->n;
	while (at > 0 && place.cost < x->v[at - 1].cost)
		at--;
	if (at == CLASH_PLACES)
		return;
	size_t last = x->n < CLASH_PLACES ? x->n++ : CLASH_PLACES - 1;
	memmove(x->v + at + 1, x->v + at, (last - at) * sizeof *x->v);
	x->v[at] = place;
}

static void look_at(struct search *x, int day)
{
	struct slots slots;
	int64_t gaps;
	if (!day_cost(x, day, &gaps))
		return;
	plan_slots(x->task, x->plan, day, x->length_min, &slots);
	for (size_t i = 0; i < slots.n; i++) {
		const struct slot *s = &slots.v[i];
		if (s->provisional || (s->end - s->start) / 60 > x->longest_min)
			continue;
		insert(x, (struct clash_place){s->start, s->end, s->cost.total + gaps});
		break; /* they come by cost */
	}
	slots_fini(&slots);
}

/* From today on to as far behind the session as two of its neighbours lie apart. */
static void look_around(struct search *x, const struct session *s)
{
	int first = candidate_first_day(x->task, x->task->now);
	int past = candidate_first_day(x->task, s->start) + 2 * x->plan->cadence + 5;
	if (past > x->task->days->n)
		past = x->task->days->n;
	for (int day = first; day < past; day++)
		look_at(x, day);
}

/* Other lessons that are known and fit, whichever direction @s has. */
static void look_at_lessons(struct search *x, const struct visit_work *w, const struct session *s)
{
	for (int m = 0; m < 2; m++) {
		const struct visit_direction *way = &w->ways[m];
		for (size_t i = 0; session_attends(s, way->visitor->id) && i < way->plan.n_options;
		     i++) {
			const struct visit_option *o = &way->plan.options[i];
			if (o->fit == VISIT_FITS && !o->provisional && o->lesson.start != s->start)
				insert(x, (struct clash_place){o->lesson.start, o->lesson.end,
							       o->cost});
		}
	}
}

static size_t visit_places(const struct publication *p, const struct session *s,
			   const struct weights *weights, utc_t now,
			   struct clash_place out[CLASH_PLACES])
{
	const struct duo *duo = roster_duo(&p->roster->roster, s->duo);
	struct decision drop = {.what = DECIDE_DROP, .was = *s};
	struct decisions gone = {
		.base = (struct duo_part *)publication_duo(p, s->duo), .v = &drop, .n = 1};
	struct search x = {.v = out};
	struct assumed seen;
	struct visit_work w;
	if (!duo)
		return 0;
	memcpy(gone.duo, s->duo, sizeof gone.duo);
	assumed_init(&seen, p, &gone);
	if (visit_work_init(&w, &seen.p, duo, weights, now)) {
		look_at_lessons(&x, &w, s);
		visit_work_fini(&w);
	}
	assumed_fini(&seen);
	return x.n;
}

size_t clash_places(const struct publication *p, const struct session *s,
		    const struct weights *weights, utc_t now, struct clash_place out[CLASH_PLACES])
{
	const struct duo *duo = roster_duo(&p->roster->roster, s->duo);
	struct decision drop = {.what = DECIDE_DROP, .was = *s};
	struct decisions gone = {
		.base = (struct duo_part *)publication_duo(p, s->duo), .v = &drop, .n = 1};
	struct duo_task task;
	struct search x = {.v = out, .longest_min = (int32_t)((s->end - s->start) / 60)};
	if (s->kind == KIND_VISIT)
		return visit_places(p, s, weights, now, out);
	if (!duo || s->kind != KIND_WORK)
		return 0;
	memcpy(gone.duo, s->duo, sizeof gone.duo);
	struct publication *seen = publication_next(p); /* its own place and minutes are free */
	publication_assume(seen, &gone);
	if (duo_task_init(&task, seen, duo, weights, now)) {
		struct plan plan = {0};
		duo_task_rooms(&task, seen);
		plan_make(&task.task, &plan);
		x.task = &task.task;
		x.plan = &plan;
		x.length_min = x.longest_min;
		look_around(&x, s);
		if (x.n == 0) { /* nothing of that length: shorter ones */
			x.length_min = 0;
			look_around(&x, s);
		}
		plan_fini(&plan);
		duo_task_fini(&task);
	}
	publication_unref(seen);
	return x.n;
}
