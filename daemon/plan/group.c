/* group.c -- see the header for the rules.
 *
 *   moments     what the programme asks for, each with its period
 *   match       the sessions that stand already are given to them, the nearest first
 *   sweep       everybody's time, once; per start how many could come
 *   keep        booked ones stay, or it pays to move them
 *   choose      the others: the evaluation, then all intervisies at once by their gaps
 *   tell        who comes, who is missing and why, what would be next best */
#include "plan/group.h"

#include "base/buf.h"
#include "plan/candidate.h"
#include "plan/group_field.h"
#include "plan/hours.h"

#include <stdlib.h>
#include <string.h>

enum { EVALUATION_PART = 10, EVALUATION_DAYS = 5 };

struct places {
	struct group_place *v;
	size_t n, cap;
};

struct making {
	const struct group_task *task;
	struct group_plan *out;
	utc_t earliest, settled;
	bool *taken;	      /* [days] another moment lies there, or one was called off */
	struct shared days;   /* those that are left */
	struct spanset *free; /* [members] */
	bool *asked;	      /* [members * moments] has minutes for it */
	struct group_field fields[2];
	bool *must_move; /* [moments] a booked one that leaves its place */
};

static int32_t moment_min(const struct programme *p, enum kind kind)
{
	return kind == KIND_INTERVISIE ? p->intervisie_min : p->evaluation_min;
}

static struct group_field *field_of(struct making *m, enum kind kind)
{
	return &m->fields[kind == KIND_EVALUATION];
}

static int64_t length_s(const struct making *m, const struct group_moment *moment)
{
	return (int64_t)moment_min(m->task->programme, moment->kind) * 60;
}

static bool is_live(const struct session *s)
{
	return s->state == STATE_PROVISIONAL || s->state == STATE_BOOKED || s->state == STATE_HELD;
}

static bool is_group_kind(enum kind kind)
{
	return kind == KIND_INTERVISIE || kind == KIND_EVALUATION;
}

/* Open day number, or -1. */
static int open_day(const struct group_task *task, utc_t at)
{
	return opendays_number(task->days, zone_day_of(task->programme->zone, at));
}

/* Where a moment counts in the rhythm, also on a day that is not open any more. */
static int rhythm_day(const struct group_task *task, utc_t at)
{
	int before = opendays_before(task->days, zone_day_of(task->programme->zone, at));
	return before < task->days->n ? before : task->days->n - 1;
}

/* ---- moments ----------------------------------------------------------------------------- */

static void list_moments(struct making *m)
{
	const struct programme *p = m->task->programme;
	const struct opendays *days = m->task->days;
	struct group_plan *out = m->out;
	int n = p->intervisie_min > 0 ? p->intervisie_n : 0;
	out->v = xcalloc((size_t)n + 1, sizeof *out->v);
	if (days->n == 0)
		return;
	for (int k = 0; k < n; k++)
		out->v[out->n++] = (struct group_moment){
			.kind = KIND_INTERVISIE,
			.number = k + 1,
			.of = n,
			.first = hours_part_first(p, n, k),
			.past = hours_part_first(p, n, k + 1),
		};
	if (p->evaluation_min <= 0)
		return;
	int last = (days->n + EVALUATION_PART - 1) / EVALUATION_PART;
	if (last < EVALUATION_DAYS)
		last = EVALUATION_DAYS;
	out->v[out->n++] = (struct group_moment){
		.kind = KIND_EVALUATION,
		.number = 1,
		.of = 1,
		.first = days->v[last < days->n ? days->n - last : 0],
		.past = days->v[days->n - 1] + 1,
	};
}

/* ---- what stands already ----------------------------------------------------------------- */

static bool is_fixed(const struct making *m, const struct session *s)
{
	return s->state == STATE_HELD ||
	       (s->state == STATE_BOOKED && (s->pinned || s->start < m->earliest));
}

/* How well a session fits a moment: what stands before what is only planned, in its own period
 * before elsewhere, near the aim before far. Smaller is better. */
static int64_t misfit(const struct making *m, const struct session *s,
		      const struct group_moment *moment)
{
	day_t day = zone_day_of(m->task->programme->zone, s->start);
	int64_t aim = moment->kind == KIND_EVALUATION ? 2 * (int64_t)moment->past
						      : (int64_t)moment->first + moment->past;
	int64_t off = 2 * (int64_t)day - aim;
	int64_t rank = s->state == STATE_PROVISIONAL ? 2 : !is_fixed(m, s);
	return rank * 1000000 + (day < moment->first || day >= moment->past) * 100000 +
	       (off < 0 ? -off : off);
}

static bool wants_match(const struct making *m, const struct session *s)
{
	if (!is_group_kind(s->kind) || !is_live(s))
		return false;
	/* a provisional one that nobody booked in time is none any more */
	return s->state != STATE_PROVISIONAL || s->start >= m->earliest;
}

/* The pair of session and moment that fits best among those that are left. */
static bool best_pair(const struct making *m, const bool *used, size_t *session,
		      struct group_moment **moment)
{
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < m->task->n_sessions; i++) {
		const struct session *s = &m->task->sessions[i];
		for (size_t k = 0; !used[i] && wants_match(m, s) && k < m->out->n; k++) {
			struct group_moment *one = &m->out->v[k];
			if (one->was || one->kind != s->kind || misfit(m, s, one) >= least)
				continue;
			least = misfit(m, s, one);
			*session = i;
			*moment = one;
		}
	}
	return least < INT64_MAX;
}

static void match(struct making *m)
{
	const struct group_task *task = m->task;
	bool *used = xcalloc(task->n_sessions, sizeof *used);
	struct group_plan *out = m->out;
	struct group_moment *moment;
	size_t i;
	while (best_pair(m, used, &i, &moment)) {
		used[i] = true;
		moment->was = &task->sessions[i];
		moment->fixed = is_fixed(m, moment->was);
	}
	out->surplus = xcalloc(task->n_sessions + out->n, sizeof(struct session *));
	for (i = 0; i < task->n_sessions; i++) {
		const struct session *s = &task->sessions[i];
		int day = open_day(task, s->start);
		bool over = s->state == STATE_HELD || (s->state == STATE_BOOKED && is_fixed(m, s));
		if (!used[i] && is_group_kind(s->kind) && is_live(s) && !over)
			out->surplus[out->n_surplus++] = s;
		if (day >= 0 &&
		    ((is_live(s) && s->state != STATE_PROVISIONAL && (used[i] || over)) ||
		     (s->state == STATE_CANCELLED && s->pinned)))
			m->taken[day] = true;
	}
	xfree(used);
}

/* ---- everybody's time -------------------------------------------------------------------- */

/* Minutes are given to what stands first, then to the moments in their order. */
static void ask(struct making *m, size_t member)
{
	const struct plan_member *who = &m->task->members[member];
	bool *asked = m->asked + member * m->out->n;
	int32_t left = who->remaining_min;
	for (int pass = 0; pass < 2; pass++)
		for (size_t k = 0; k < m->out->n; k++) {
			const struct group_moment *moment = &m->out->v[k];
			int32_t min = moment_min(m->task->programme, moment->kind);
			bool held = moment->was && moment->was->state == STATE_HELD;
			bool has = moment->was && moment->was->state == STATE_BOOKED &&
				   session_attends(moment->was, who->person->id);
			if (held || has != (pass == 0))
				continue;
			asked[k] = left >= min;
			left -= asked[k] ? min : 0;
		}
}

/* On which days she counts for moments of this kind; NULL: on all. */
static const bool *asked_days(const struct making *m, size_t member, enum kind kind, bool *days)
{
	const bool *asked = m->asked + member * m->out->n;
	bool all = true;
	for (size_t k = 0; k < m->out->n; k++)
		all = all && (asked[k] || m->out->v[k].kind != kind);
	if (all)
		return NULL;
	memset(days, 0, (size_t)m->task->days->n * sizeof *days);
	for (size_t k = 0; k < m->out->n; k++) {
		const struct group_moment *moment = &m->out->v[k];
		int past = opendays_before(m->task->days, moment->past);
		for (int d = opendays_before(m->task->days, moment->first);
		     moment->kind == kind && asked[k] && d < past; d++)
			days[d] = true;
	}
	return days;
}

static void sweep(struct making *m)
{
	const struct group_task *task = m->task;
	struct plan_task plan = {
		.programme = task->programme, .days = task->days, .weights = task->weights};
	int first = candidate_first_day(&plan, m->earliest);
	bool *days = xcalloc((size_t)task->days->n, sizeof *days);
	shared_init_days(&m->days, &plan, first, task->days->n);
	group_field_init(&m->fields[0], task, &m->days, m->earliest,
			 (int64_t)task->programme->intervisie_min * 60);
	group_field_init(&m->fields[1], task, &m->days, m->earliest,
			 (int64_t)task->programme->evaluation_min * 60);
	for (size_t i = 0; i < task->n_members; i++) {
		const struct plan_member *who = &task->members[i];
		struct member_time time;
		member_time_init(&time, &plan, who, &m->days);
		spanset_subtract(&time.available, &time.blocked, &m->free[i]);
		ask(m, i);
		for (int f = 0; f < 2; f++)
			group_field_add(
				&m->fields[f], &m->free[i], &time.tentative, who->known_until,
				asked_days(m, i, f ? KIND_EVALUATION : KIND_INTERVISIE, days));
		member_time_fini(&time);
	}
	for (int f = 0; f < 2; f++)
		group_field_settle(&m->fields[f], task);
	xfree(days);
}

/* ---- places ------------------------------------------------------------------------------ */

static struct group_place place_at(const struct making *m, const struct group_field *f, int day,
				   size_t i)
{
	bool settled = f->starts[i] < m->settled;
	return (struct group_place){
		.start = f->starts[i],
		.end = f->starts[i] + f->length_s,
		.day = day,
		.attend = (size_t)(f->known[i] + (settled ? 0 : f->assumed[i])),
		.provisional = !settled && f->assumed[i] > 0,
		.cost = f->fixed_cost[i] + f->tentative[i] * m->task->weights->tentative +
			f->soft[i] * m->task->weights->move,
	};
}

/* The best start of a day; false when nobody can come, or not enough of them for sure. */
static bool best_of_day(const struct making *m, const struct group_field *f, int day, bool sure,
			struct group_place *best)
{
	best->attend = 0;
	for (size_t i = group_field_first(f, day); i < group_field_first(f, day + 1); i++) {
		struct group_place place = place_at(m, f, day, i);
		if (place.attend == 0 || (sure && place.provisional) ||
		    place.attend < best->attend ||
		    (place.attend == best->attend && place.cost >= best->cost))
			continue;
		*best = place;
	}
	return best->attend >= GROUP_LEAST;
}

/* The best start of each free day of its period. A moment's own day is free for it. */
static void places_of(struct making *m, const struct group_moment *moment, bool sure,
		      struct places *out)
{
	const struct group_field *f = field_of(m, moment->kind);
	const struct opendays *days = m->task->days;
	int own = moment->was && is_live(moment->was) ? open_day(m->task, moment->was->start) : -1;
	int past = opendays_before(days, moment->past);
	int d = opendays_before(days, moment->first);
	*out = (struct places){0};
	for (d = d > f->first_day ? d : f->first_day; d < past; d++) {
		struct group_place place;
		if ((m->taken[d] && d != own) || !best_of_day(m, f, d, sure, &place))
			continue;
		out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
		out->v[out->n++] = place;
	}
}

/* Only those that most can attend stay. */
static void keep_fullest(struct places *places)
{
	size_t most = 0, n = 0;
	for (size_t i = 0; i < places->n; i++)
		most = places->v[i].attend > most ? places->v[i].attend : most;
	for (size_t i = 0; i < places->n; i++)
		if (places->v[i].attend == most)
			places->v[n++] = places->v[i];
	places->n = n;
}

/* ---- who comes --------------------------------------------------------------------------- */

static bool stays_though_unknown(const struct making *m, size_t member,
				 const struct group_moment *moment)
{
	const struct plan_member *who = &m->task->members[member];
	enum group_why why;
	return moment->was && moment->was->state == STATE_BOOKED &&
	       who->known_until < moment->place.end &&
	       session_attends(moment->was, who->person->id) &&
	       group_why(m->task, member, moment->place.start, moment->place.end, false, &why,
			 NULL) &&
	       why == GROUP_UNKNOWN;
}

static bool comes(const struct making *m, size_t k, size_t member)
{
	const struct group_moment *moment = &m->out->v[k];
	const struct group_place *place = &moment->place;
	const struct plan_member *who = &m->task->members[member];
	if (!m->asked[member * m->out->n + k])
		return false;
	if (spanset_covers(&m->free[member], place->start, place->end) &&
	    (place->provisional || place->end <= who->known_until))
		return true;
	return stays_though_unknown(m, member, moment);
}

static void count_attendees(struct making *m, size_t k)
{
	struct group_moment *moment = &m->out->v[k];
	xfree(moment->attendees);
	moment->attendees = xcalloc(m->task->n_members, sizeof *moment->attendees);
	moment->n_attendees = 0;
	for (size_t i = 0; i < m->task->n_members; i++)
		if (moment->fixed && moment->was->start < m->earliest
			    ? session_attends(moment->was, m->task->members[i].person->id)
			    : comes(m, k, i))
			moment->attendees[moment->n_attendees++] = i;
	moment->place.attend = moment->n_attendees;
}

/* ---- keeping what is booked -------------------------------------------------------------- */

static bool pays_to_move(const struct making *m, const struct group_moment *moment, size_t here,
			 size_t there)
{
	const struct programme *p = m->task->programme;
	int64_t steps = moment_min(p, moment->kind) / p->length_step_min;
	int64_t gain = ((int64_t)there - (int64_t)here) * m->task->weights->unused *
		       (steps > 0 ? steps : 1);
	return here < GROUP_LEAST || gain > m->task->weights->move * (int64_t)here;
}

/* At the place where it stands, with the length that is asked for now. */
static bool can_stand(const struct making *m, const struct group_moment *moment)
{
	const struct zone *zone = m->task->programme->zone;
	utc_t start = moment->was->start;
	return open_day(m->task, start) >= 0 &&
	       start + length_s(m, moment) <= zone_day_start(zone, zone_day_of(zone, start) + 1);
}

static void keep(struct making *m, size_t k)
{
	struct group_moment *moment = &m->out->v[k];
	if (!moment->was || moment->was->state == STATE_PROVISIONAL)
		return;
	moment->place = (struct group_place){
		.start = moment->was->start,
		.end = moment->fixed ? moment->was->end : moment->was->start + length_s(m, moment),
		.day = rhythm_day(m->task, moment->was->start),
	};
	if (!moment->fixed && !can_stand(m, moment)) {
		m->must_move[k] = true;
		return;
	}
	count_attendees(m, k);
	moment->placed = true;
	if (moment->fixed)
		return;
	struct places places;
	places_of(m, moment, true, &places);
	keep_fullest(&places);
	size_t there = places.n ? places.v[0].attend : 0;
	m->must_move[k] = pays_to_move(m, moment, moment->n_attendees, there);
	moment->placed = !m->must_move[k];
	xfree(places.v);
}

/* ---- choosing ---------------------------------------------------------------------------- */

static void say_none(const struct making *m, struct group_moment *moment)
{
	char first[CIVIL_TEXT], last[CIVIL_TEXT];
	struct buf b = {0};
	utc_t end = zone_day_start(m->task->programme->zone, moment->past);
	(void)day_text(moment->first, first);
	(void)day_text(moment->past - 1, last);
	if (end <= m->earliest)
		buf_addf(&b, "its part of the programme, %s to %s, is over", first, last);
	else if (m->task->n_members < GROUP_LEAST)
		buf_adds(&b, "there are not two people in duos");
	else
		buf_addf(&b, "no two of %zu people are free at once for it from %s to %s",
			 m->task->n_members, first, last);
	moment->reason = buf_take(&b);
}

/* The places that a moment may take; a booked one that finds none for sure is cancelled, and
 * begins anew. */
static void options_of(struct making *m, size_t k, struct places *out)
{
	struct group_moment *moment = &m->out->v[k];
	if (moment->placed) {
		*out = (struct places){.v = xmemdup(&moment->place, sizeof moment->place), .n = 1};
		out->v[0].cost = 0;
		return;
	}
	places_of(m, moment, m->must_move[k], out);
	if (m->must_move[k] && out->n == 0) {
		m->out->surplus[m->out->n_surplus++] = moment->was;
		moment->was = NULL;
		xfree(out->v);
		places_of(m, moment, false, out);
	}
	keep_fullest(out);
	if (out->n == 0)
		say_none(m, moment);
}

static void take(struct making *m, size_t k, const struct group_place *place)
{
	struct group_moment *moment = &m->out->v[k];
	if (moment->placed)
		return;
	moment->place = *place;
	moment->placed = true;
	moment->provisional = place->provisional;
	m->taken[place->day] = true;
}

static void choose_evaluation(struct making *m, size_t k)
{
	struct places options;
	options_of(m, k, &options);
	if (options.n)
		take(m, k, &options.v[options.n - 1]); /* one a day: the last is the latest */
	xfree(options.v);
}

/* Rule 2, then rule 3; rule 4 is the order in which they are looked at. */
struct balance {
	int64_t gaps, cost;
};

static bool is_less(struct balance a, struct balance b)
{
	return a.gaps != b.gaps ? a.gaps < b.gaps : a.cost < b.cost;
}

static int64_t square(int64_t x)
{
	return x * x;
}

/* A chain of moments, one place each, from the start (day -1) to the end (day n). */
struct chain {
	int days;
	struct places *v;
	size_t *moments;
	struct balance **rest; /* of each place, what follows it costs */
	size_t n;
};

static void weigh(struct chain *c)
{
	for (size_t k = c->n; k-- > 0;) {
		c->rest[k] = xcalloc(c->v[k].n, sizeof *c->rest[k]);
		for (size_t i = 0; i < c->v[k].n; i++) {
			const struct group_place *here = &c->v[k].v[i];
			struct balance least = {2 * square(c->days - here->day), 0};
			for (size_t j = 0; k + 1 < c->n && j < c->v[k + 1].n; j++) {
				struct balance b = c->rest[k + 1][j];
				b.gaps += square(c->v[k + 1].v[j].day - here->day);
				if (j == 0 || is_less(b, least))
					least = b;
			}
			least.cost += here->cost;
			c->rest[k][i] = least;
		}
	}
}

static void walk(struct making *m, struct chain *c)
{
	int last = -1;
	for (size_t k = 0; k < c->n; k++) {
		size_t best = 0;
		struct balance least = {0, 0};
		for (size_t i = 0; i < c->v[k].n; i++) {
			struct balance b = c->rest[k][i];
			b.gaps += square(c->v[k].v[i].day - last) * (k == 0 ? 2 : 1);
			if (i == 0 || is_less(b, least)) {
				least = b;
				best = i;
			}
		}
		last = c->v[k].v[best].day;
		take(m, c->moments[k], &c->v[k].v[best]);
	}
}

static void choose(struct making *m)
{
	size_t n = m->out->n;
	struct chain chain = {.days = m->task->days->n,
			      .v = xcalloc(n, sizeof *chain.v),
			      .moments = xcalloc(n, sizeof *chain.moments),
			      .rest = xcalloc(n, sizeof *chain.rest)};
	for (size_t k = 0; k < n; k++)
		if (m->out->v[k].kind == KIND_EVALUATION)
			choose_evaluation(m, k);
	for (size_t k = 0; k < n; k++) {
		if (m->out->v[k].kind != KIND_INTERVISIE)
			continue;
		options_of(m, k, &chain.v[chain.n]);
		chain.moments[chain.n] = k;
		if (chain.v[chain.n].n)
			chain.n++;
		else
			xfree(chain.v[chain.n].v);
	}
	weigh(&chain);
	walk(m, &chain);
	for (size_t k = 0; k < chain.n; k++) {
		xfree(chain.v[k].v);
		xfree(chain.rest[k]);
	}
	xfree(chain.v);
	xfree(chain.moments);
	xfree(chain.rest);
}

/* ---- telling ----------------------------------------------------------------------------- */

static void tell_missing(struct making *m, size_t k)
{
	const struct group_task *task = m->task;
	struct group_moment *moment = &m->out->v[k];
	moment->missing = xcalloc(task->n_members - moment->n_attendees, sizeof *moment->missing);
	for (size_t i = 0, a = 0; i < task->n_members; i++) {
		if (a < moment->n_attendees && moment->attendees[a] == i) {
			a++;
			continue;
		}
		struct group_missing *missing = &moment->missing[moment->n_missing++];
		struct buf text = {0};
		missing->member = i;
		if (!moment->fixed && !m->asked[i * m->out->n + k]) {
			missing->why = GROUP_NO_HOURS;
			buf_addf(&text, "%s has no hours left for it", task->members[i].person->id);
		} else if (!group_why(task, i, moment->place.start, moment->place.end,
				      moment->provisional, &missing->why, &text)) {
			missing->why = GROUP_NOT_ASKED;
			buf_addf(&text, "%s is free, but was not when it was settled",
				 task->members[i].person->id);
		}
		missing->text = buf_take(&text);
	}
}

/* The days of the neighbours of the same kind, or the ends. */
static int64_t gaps_beside(const struct making *m, size_t k, int day)
{
	int before = -1, after = m->task->days->n;
	if (m->out->v[k].kind == KIND_EVALUATION)
		return after - day;
	bool first = true, last = true;
	for (size_t i = 0; i < m->out->n; i++) {
		const struct group_moment *other = &m->out->v[i];
		if (i == k || !other->placed || other->kind != KIND_INTERVISIE)
			continue;
		if (i < k) {
			before = other->place.day;
			first = false;
		} else if (last) {
			after = other->place.day;
			last = false;
		}
	}
	return square(day - before) * (first ? 2 : 1) + square(after - day) * (last ? 2 : 1);
}

static bool is_better(const struct making *m, size_t k, const struct group_place *a,
		      const struct group_place *b)
{
	int64_t x = gaps_beside(m, k, a->day), y = gaps_beside(m, k, b->day);
	if (a->attend != b->attend)
		return a->attend > b->attend;
	if (x != y)
		return x < y;
	return a->cost != b->cost ? a->cost < b->cost : a->day < b->day;
}

static void tell_next(struct making *m, size_t k)
{
	struct group_moment *moment = &m->out->v[k];
	struct places places;
	if (moment->was && moment->was->start < m->earliest)
		return; /* held, or too near */
	places_of(m, moment, false, &places);
	for (size_t i = 0; i < places.n; i++) {
		const struct group_place *place = &places.v[i];
		size_t at = moment->n_next;
		if (moment->placed && place->day == moment->place.day)
			continue;
		while (at > 0 && is_better(m, k, place, &moment->next[at - 1]))
			at--;
		if (at == GROUP_NEXT_MAX)
			continue;
		if (moment->n_next < GROUP_NEXT_MAX)
			moment->n_next++;
		memmove(&moment->next[at + 1], &moment->next[at],
			(moment->n_next - at - 1) * sizeof *place);
		moment->next[at] = *place;
	}
	xfree(places.v);
}

void group_plan_make(const struct group_task *task, struct group_plan *out)
{
	struct making m = {
		.task = task,
		.out = out,
		.earliest = task->now + task->programme->freeze_s,
		.settled = task->now + GROUP_SETTLE_S,
	};
	*out = (struct group_plan){0};
	list_moments(&m);
	m.taken = xcalloc((size_t)task->days->n, sizeof *m.taken);
	m.free = xcalloc(task->n_members, sizeof *m.free);
	m.asked = xcalloc(task->n_members * out->n, sizeof *m.asked);
	m.must_move = xcalloc(out->n, sizeof *m.must_move);
	match(&m);
	if (out->n)
		sweep(&m);
	for (size_t k = 0; k < out->n; k++)
		keep(&m, k);
	choose(&m);
	for (size_t k = 0; k < out->n; k++) {
		if (out->v[k].placed) {
			count_attendees(&m, k);
			tell_missing(&m, k);
		}
		tell_next(&m, k);
	}
	for (size_t i = 0; i < task->n_members; i++)
		spanset_fini(&m.free[i]);
	group_field_fini(&m.fields[0]);
	group_field_fini(&m.fields[1]);
	shared_fini(&m.days);
	xfree(m.taken);
	xfree(m.free);
	xfree(m.asked);
	xfree(m.must_move);
}

void group_plan_fini(struct group_plan *plan)
{
	for (size_t k = 0; k < plan->n; k++) {
		struct group_moment *moment = &plan->v[k];
		for (size_t i = 0; i < moment->n_missing; i++)
			xfree(moment->missing[i].text);
		xfree(moment->missing);
		xfree(moment->attendees);
		xfree(moment->reason);
	}
	xfree(plan->v);
	xfree((void *)plan->surplus);
	*plan = (struct group_plan){0};
}
