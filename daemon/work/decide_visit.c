/* decide_visit.c -- see the header.
 *
 * A visit is tied to its lesson by time alone: the session lies exactly over it. A visit whose
 * lesson is gone follows it where the timetable's last version says that it moved; else it takes
 * another lesson, the nearest, under the same UID; else it is cancelled and says why. */
#include "work/decide_visit.h"

#include "base/mix.h"
#include "plan/candidate.h"
#include "plan/reasons.h"
#include "work/lesson.h"

#include <stdlib.h>
#include <string.h>

static bool occupies(enum state state)
{
	return state == STATE_PROVISIONAL || state == STATE_BOOKED || state == STATE_HELD;
}

/* A visit that the planner may put elsewhere, or take away. */
static bool may_go(const struct session *s, const struct programme *programme, utc_t now)
{
	return s->kind == KIND_VISIT &&
	       (s->state == STATE_PROVISIONAL ||
		(s->state == STATE_BOOKED && s->start >= now + programme->freeze_s));
}

/* ---- what the host teaches ---- */

static int by_time(const void *a, const void *b)
{
	const struct visit_lesson *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (x->what > y->what) - (x->what < y->what);
}

/* Lessons of one name are one lesson, however the export writes them. */
static uint64_t what_is(const struct source_record *r, const struct lesson_span *o)
{
	const struct lesson_text *text = lessons_get(&r->lessons, o->lesson);
	return text && text->title[0] ? mix_bytes(MIX_START, text->title, strlen(text->title)) | 1
				      : o->series | 1;
}

static void list_lessons(const struct publication *p, struct visit_direction *way)
{
	const struct roster *roster = &p->roster->roster;
	const struct programme *programme = &roster->programme;
	utc_t from = zone_day_start(programme->zone, programme->start);
	utc_t to = zone_day_start(programme->zone, programme->past);
	size_t n = 0, cap = 0, kept = 0;
	for (size_t i = 0; i < way->host->n_sources; i++) {
		size_t source = way->host->sources[i].source;
		const struct source_record *r = &p->sources[source]->record;
		if (!roster->sources[source].policy.lesson || r->lessons.n == 0)
			continue;
		for (size_t k = 0; k < r->n_occurrences; k++) {
			const struct lesson_span *o = &r->occurrences[k];
			if (o->lesson == 0 || o->start < from || o->end > to)
				continue;
			way->lessons = xgrow(way->lessons, n, &cap, sizeof *way->lessons);
			way->lessons[n++] =
				(struct visit_lesson){o->start, o->end, what_is(r, o), false};
		}
	}
	if (n > 0)
		qsort(way->lessons, n, sizeof *way->lessons, by_time);
	for (size_t i = 0; i < n; i++) /* two at once, in two rooms: one will do */
		if (kept == 0 || way->lessons[kept - 1].start != way->lessons[i].start ||
		    way->lessons[kept - 1].end != way->lessons[i].end)
			way->lessons[kept++] = way->lessons[i];
	way->task.lessons = way->lessons;
	way->task.n_lessons = kept;
}

static const struct visit_lesson *lesson_of(const struct visit_direction *way, utc_t start,
					    utc_t end)
{
	for (size_t i = 0; i < way->task.n_lessons; i++)
		if (way->lessons[i].start == start && way->lessons[i].end == end)
			return &way->lessons[i];
	return NULL;
}

/* Where the last version of the host's timetable put the lesson that was there. */
static bool moved_to(const struct publication *p, const struct visit_direction *way,
		     const struct session *s, struct visit_standing *out)
{
	for (size_t i = 0; i < way->host->n_sources; i++) {
		const struct source_diff *diff = p->sources[way->host->sources[i].source]->diff;
		for (size_t k = 0; diff && diff->taken && k < diff->n; k++) {
			const struct lesson_change *row = &diff->v[k];
			if (row->kind != DIFF_MOVED || row->was.start != s->start ||
			    row->was.end != s->end || !lesson_of(way, row->is.start, row->is.end))
				continue;
			out->must_start = row->is.start;
			out->must_end = row->is.end;
			return true;
		}
	}
	return false;
}

/* ---- what there is already ---- */

static void list_standing(const struct publication *p, const struct duo_part *part,
			  struct visit_direction *way, utc_t now)
{
	size_t n = 0;
	way->standing = xcalloc(part ? part->sessions.n : 0, sizeof *way->standing);
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (s->kind != KIND_VISIT || !occupies(s->state) ||
		    !session_attends(s, way->visitor->id))
			continue;
		const struct visit_lesson *lesson = lesson_of(way, s->start, s->end);
		struct visit_standing *one = &way->standing[n++];
		*one = (struct visit_standing){
			.id = s->id,
			.start = s->start,
			.end = s->end,
			.what = lesson ? lesson->what : 0,
			.fixed = !may_go(s, way->task.programme, now),
			.booked = s->state == STATE_BOOKED,
		};
		if (one->fixed)
			continue;
		if (lesson && s->pinned) {
			one->must_start = s->start;
			one->must_end = s->end;
		} else if (!lesson && s->state == STATE_BOOKED) {
			(void)moved_to(p, way, s, one);
		}
	}
	way->task.standing = way->standing;
	way->task.n_standing = n;
}

/* Other sessions of the duo: days that are taken, and hours of the visitor. */
static void note_others(struct visit_work *w)
{
	const struct plan_task *task = &w->duo.task;
	w->day = xcalloc((size_t)task->days->n, 1);
	for (size_t i = 0; i < task->n_standing; i++) {
		const struct plan_standing *s = &task->standing[i];
		int day = candidate_standing_day(task, s->start);
		if (day < 0 || day >= task->days->n)
			continue;
		if (s->stand == STAND_FIXED)
			w->day[day] = VISIT_DAY_TAKEN;
		else if (s->state == STATE_BOOKED && w->day[day] == VISIT_DAY_FREE)
			w->day[day] = VISIT_DAY_MOVABLE;
	}
}

static bool gives_way(const struct plan_task *task, const struct session *s)
{
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].id == s->id && task->standing[i].start == s->start)
			return task->standing[i].stand == STAND_MOVABLE;
	return s->state == STATE_PROVISIONAL; /* one that is about to go */
}

/* What visits may take: what is left, and what is kept for them. */
static int32_t visit_left(const struct duo_task *duo, int m)
{
	int32_t left = duo->left_min[m] + duo->reserve[m].visits / duo->duos_of[m];
	return left > 0 ? left : 0;
}

static void note_engaged(struct visit_work *w, int m, const struct duo_part *part)
{
	struct visit_direction *way = &w->ways[m];
	busyset_copy(&way->engaged, &w->duo.engaged[m]);
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (occupies(s->state) && session_attends(s, way->visitor->id) &&
		    !gives_way(&w->duo.task, s))
			busyset_add(&way->engaged, s->start, s->end, LEVEL_BUSY);
	}
	busyset_settle(&way->engaged);
	way->task.visitor = w->duo.task.members[m];
	way->task.visitor.engaged = &way->engaged;
	way->task.visitor.remaining_min = visit_left(&w->duo, m);
}

/* ---- planning ---- */

/* Days of visits that keep their places while the other direction is planned. */
static void take_days(struct visit_work *w, int m, const struct duo_part *part)
{
	const struct visit_direction *way = &w->ways[m];
	const struct plan_task *task = &w->duo.task;
	for (size_t i = 0; i < way->plan.n_options; i++)
		if (way->plan.options[i].chosen)
			w->day[way->plan.options[i].day] = VISIT_DAY_TAKEN;
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		int day = candidate_standing_day(task, s->start);
		if (s->kind == KIND_VISIT && s->state == STATE_BOOKED && day >= 0 &&
		    day < task->days->n && session_attends(s, way->visitor->id))
			w->day[day] = VISIT_DAY_TAKEN;
	}
}

static void plan_way(struct visit_work *w, int m, const struct publication *p,
		     const struct duo_part *part, utc_t now)
{
	struct visit_direction *way = &w->ways[m];
	const struct plan_task *task = &w->duo.task;
	way->task = (struct visit_task){
		.programme = task->programme,
		.days = task->days,
		.weights = task->weights,
		.host = way->host,
		.host_known_until = task->members[1 - m].known_until,
		.called_off = {task->called_off[m], task->called_off[1 - m]},
		.day = w->day,
		.now = now,
	};
	note_engaged(w, m, publication_duo(&w->seen.p, task->duo->id));
	if (way->possible)
		list_lessons(p, way);
	list_standing(p, part, way, now);
	visit_make(&way->task, &way->plan);
}

/* @p without the visits that the planner may put elsewhere. */
static void see_without(struct visit_work *w, const struct publication *p, const struct duo *duo,
			utc_t now)
{
	struct duo_part *part = (struct duo_part *)publication_duo(p, duo->id);
	struct decisions gone = {.base = part};
	size_t n = part ? part->sessions.n : 0;
	struct decision *drops = xcalloc(n, sizeof *drops);
	memcpy(gone.duo, duo->id, sizeof gone.duo);
	gone.v = drops;
	for (size_t i = 0; i < n; i++) /* shallow: they live in the part */
		if (may_go(&part->sessions.v[i], &p->roster->roster.programme, now))
			drops[gone.n++] =
				(struct decision){.what = DECIDE_DROP, .was = part->sessions.v[i]};
	assumed_init(&w->seen, p, &gone);
	xfree(drops);
}

bool visit_work_init(struct visit_work *w, const struct publication *p, const struct duo *duo,
		     const struct weights *weights, utc_t now)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo_part *part = publication_duo(p, duo->id);
	*w = (struct visit_work){.day = NULL};
	see_without(w, p, duo, now);
	if (!duo_task_init(&w->duo, &w->seen.p, duo, weights, now)) {
		assumed_fini(&w->seen);
		return false;
	}
	for (int m = 0; m < 2; m++) {
		w->ways[m].visitor = w->duo.task.members[m].person;
		w->ways[m].host = w->duo.task.members[1 - m].person;
		w->ways[m].possible = lesson_person_has(roster, w->ways[m].host);
	}
	note_others(w);
	uint8_t *others = xmemdup(w->day, (size_t)w->duo.task.days->n);
	take_days(w, 1, part);
	plan_way(w, 0, p, part, now);
	if (w->duo.task.days->n)
		memcpy(w->day, others, (size_t)w->duo.task.days->n);
	take_days(w, 0, NULL);
	plan_way(w, 1, p, part, now);
	xfree(others);
	return true;
}

void visit_work_fini(struct visit_work *w)
{
	for (int m = 0; m < 2; m++) {
		visit_plan_fini(&w->ways[m].plan);
		busyset_fini(&w->ways[m].engaged);
		xfree(w->ways[m].lessons);
		xfree(w->ways[m].standing);
	}
	duo_task_fini(&w->duo);
	assumed_fini(&w->seen);
	xfree(w->day);
	*w = (struct visit_work){.day = NULL};
}

/* ---- from places to sessions ---- */

struct pairing {
	struct visit_direction *way;
	const struct session **old; /* of this direction, that may go; NULL: settled */
	size_t n_old;
	bool *taken; /* as options: somebody has it */
	utc_t now;
	struct decisions *out;
};

/* Why a visit is not where it was, or @gone; xfree. */
static char *why_moved(const struct pairing *pair, const struct session *s, bool gone)
{
	const struct visit_direction *way = pair->way;
	struct buf out = {0};
	if (!way->possible) {
		buf_addf(&out, "no timetable of %s names lessons to visit any more", way->host->id);
		return buf_take(&out);
	}
	if (!lesson_of(way, s->start, s->end)) {
		buf_addf(&out, "the lesson is no longer in the timetable of %s then",
			 way->host->id);
		return buf_take(&out);
	}
	for (size_t i = 0; i < way->plan.n_options; i++) {
		const struct visit_option *o = &way->plan.options[i];
		if (o->lesson.start != s->start || o->lesson.end != s->end)
			continue;
		visit_why(&way->task, o, &out);
		break;
	}
	if (out.n == 0 && way->plan.over_hours)
		buf_addf(&out, "%s has no hours left for it", way->visitor->id);
	if (out.n == 0)
		buf_adds(&out, gone ? "the programme asks for fewer visits by now"
				    : "another lesson fits better by now");
	return buf_take(&out);
}

/* @was, or a new visit, at the time of an option. */
static void place(struct pairing *pair, const struct session *was, size_t option)
{
	const struct visit_option *o = &pair->way->plan.options[option];
	id_text attendee;
	bool moves = was && (was->start != o->lesson.start || was->end != o->lesson.end);
	char *reason = moves && was->state == STATE_BOOKED ? why_moved(pair, was, false) : NULL;
	struct session is = was ? *was : (struct session){.kind = KIND_VISIT};
	memcpy(attendee, pair->way->visitor->id, sizeof attendee);
	memcpy(is.duo, pair->out->duo, sizeof is.duo);
	is.attendees = &attendee;
	is.n_attendees = 1;
	is.start = o->lesson.start;
	is.end = o->lesson.end;
	is.state = o->provisional ? STATE_PROVISIONAL : STATE_BOOKED;
	is.reason = moves ? reason : was ? was->reason : NULL;
	enum decide what = is.state == STATE_PROVISIONAL       ? DECIDE_PROVISIONAL
			   : was && was->state == STATE_BOOKED ? DECIDE_MOVE
							       : DECIDE_BOOK;
	decisions_add(pair->out, what, was, &is);
	pair->taken[option] = true;
	xfree(reason);
}

/* Visits that are where they shall be; what was provisional there may be known now. */
static void keep(struct pairing *pair)
{
	const struct visit_plan *plan = &pair->way->plan;
	for (size_t i = 0; i < pair->n_old; i++) {
		const struct session *s = pair->old[i];
		for (size_t k = 0; k < plan->n_options; k++) {
			const struct visit_option *o = &plan->options[k];
			if (!o->chosen || o->kept_id != s->id)
				continue;
			pair->taken[k] = true;
			pair->old[i] = NULL;
			if (s->state == STATE_PROVISIONAL && !o->provisional)
				place(pair, s, k);
			break;
		}
	}
}

static utc_t distance(utc_t a, utc_t b)
{
	return a > b ? a - b : b - a;
}

/* The place for an old visit: where its lesson went, else the nearest; n_options: none. */
static size_t best_place(const struct pairing *pair, const struct session *s, bool follow)
{
	const struct visit_direction *way = pair->way;
	size_t best = way->plan.n_options;
	for (size_t i = 0; follow && i < way->task.n_standing; i++) {
		const struct visit_standing *one = &way->standing[i];
		for (size_t k = 0; one->id == s->id && k < way->plan.n_options; k++) {
			const struct visit_option *o = &way->plan.options[k];
			if (o->chosen && !pair->taken[k] && o->lesson.start == one->must_start &&
			    o->lesson.end == one->must_end)
				return k;
		}
	}
	for (size_t k = 0; !follow && k < way->plan.n_options; k++) {
		const struct visit_option *o = &way->plan.options[k];
		if (!o->chosen || pair->taken[k] || (s->state == STATE_BOOKED && o->provisional))
			continue;
		if (best == way->plan.n_options ||
		    distance(o->lesson.start, s->start) <
			    distance(way->plan.options[best].lesson.start, s->start))
			best = k;
	}
	return best;
}

static void pair_up(struct pairing *pair, enum state state, bool follow)
{
	for (size_t i = 0; i < pair->n_old; i++) {
		const struct session *s = pair->old[i];
		if (!s || s->state != state)
			continue;
		size_t k = best_place(pair, s, follow);
		if (k == pair->way->plan.n_options)
			continue;
		place(pair, s, k);
		pair->out->v[pair->out->n - 1].is.pinned = follow && s->pinned;
		pair->old[i] = NULL;
	}
}

static void settle_rest(struct pairing *pair)
{
	for (size_t i = 0; i < pair->n_old; i++) {
		const struct session *s = pair->old[i];
		if (s && s->state == STATE_PROVISIONAL)
			decisions_add(pair->out, DECIDE_DROP, s, NULL);
		if (!s || s->state != STATE_BOOKED)
			continue;
		struct session is = *s;
		char *reason = why_moved(pair, s, true);
		is.state = STATE_CANCELLED;
		is.cancelled_at = pair->now;
		is.pinned = false;
		is.reason = reason;
		decisions_add(pair->out, DECIDE_CANCEL, s, &is);
		xfree(reason);
	}
	for (size_t k = 0; k < pair->way->plan.n_options; k++)
		if (pair->way->plan.options[k].chosen && !pair->taken[k])
			place(pair, NULL, k);
}

static void compare(struct visit_direction *way, const struct duo_part *part, utc_t now,
		    struct decisions *out)
{
	size_t n = part ? part->sessions.n : 0;
	struct pairing pair = {.way = way, .now = now, .out = out};
	pair.old = xcalloc(n, sizeof *pair.old);
	pair.taken = xcalloc(way->plan.n_options, sizeof *pair.taken);
	for (size_t i = 0; i < n; i++)
		if (may_go(&part->sessions.v[i], way->task.programme, now) &&
		    session_attends(&part->sessions.v[i], way->visitor->id))
			pair.old[pair.n_old++] = &part->sessions.v[i];
	keep(&pair);
	pair_up(&pair, STATE_BOOKED, true);
	pair_up(&pair, STATE_BOOKED, false);
	pair_up(&pair, STATE_PROVISIONAL, false);
	settle_rest(&pair);
	xfree(pair.old);
	xfree(pair.taken);
}

/* Nobody names lessons, and nothing was planned while somebody did. */
static bool nothing_to_do(const struct publication *p, const struct duo *duo)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo_part *part = publication_duo(p, duo->id);
	for (int m = 0; m < 2; m++) {
		const struct person *person = roster_person(roster, duo->members[m]);
		if (person && lesson_person_has(roster, person))
			return false;
	}
	for (size_t i = 0; part && i < part->sessions.n; i++)
		if (part->sessions.v[i].kind == KIND_VISIT)
			return false;
	return true;
}

void decide_visits(const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now, struct decisions *out)
{
	struct assumed seen;
	struct visit_work w;
	if (nothing_to_do(p, duo))
		return;
	assumed_init(&seen, p, out);
	if (visit_work_init(&w, &seen.p, duo, weights, now)) {
		const struct duo_part *part = publication_duo(&seen.p, duo->id);
		for (int m = 0; m < 2; m++)
			compare(&w.ways[m], part, now, out);
		visit_work_fini(&w);
	}
	assumed_fini(&seen);
}

/* ---- by hand ---- */

static bool may_take(const struct visit_direction *way, const struct visit_option *o,
		     struct err *err)
{
	int32_t min = (int32_t)((o->lesson.end - o->lesson.start) / 60);
	struct buf why = {0};
	if (o->fit != VISIT_FITS && o->fit != VISIT_FROZEN) {
		visit_why(&way->task, o, &why);
		(void)err_set(err, ERR_CONFLICT, "%s cannot visit that lesson: %s",
			      way->visitor->id, buf_str(&why));
		buf_fini(&why);
		return false;
	}
	if (o->provisional)
		return err_set(err, ERR_CONFLICT,
			       "that lesson is behind the horizon of a timetable: not known yet");
	if (min > way->task.visitor.remaining_min)
		return err_set(err, ERR_CONFLICT,
			       "%s has %d minutes left for visits, this takes %d", way->visitor->id,
			       way->task.visitor.remaining_min, min);
	return true;
}

bool visit_may_move(const struct publication *p, const struct session *s,
		    const struct weights *weights, utc_t now, utc_t start, utc_t *end,
		    struct err *err)
{
	const struct duo *duo = roster_duo(&p->roster->roster, s->duo);
	const char *host = visit_host(p, s);
	struct visit_work w;
	if (!duo || !host || !visit_work_init(&w, p, duo, weights, now))
		return err_set(err, ERR_CONFLICT, "a member of %s is not in the roster", s->duo);
	bool ok = false, found = false;
	for (int m = 0; m < 2; m++) {
		struct visit_direction *way = &w.ways[m];
		for (size_t i = 0;
		     strcmp(way->host->id, host) == 0 && !found && i < way->plan.n_options; i++) {
			const struct visit_option *o = &way->plan.options[i];
			if (o->lesson.start != start || (*end && o->lesson.end != *end))
				continue;
			found = true;
			ok = may_take(way, o, err);
			if (ok)
				*end = o->lesson.end;
		}
	}
	visit_work_fini(&w);
	return ok || found ||
	       err_set(err, ERR_CONFLICT,
		       "a visit is moved onto a lesson, and %s has none to visit just then; `slots "
		       "%s --visits` lists them",
		       host, duo->id);
}
