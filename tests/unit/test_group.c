/* test_group.c -- group moments against a model that asks every person at every start, and the
 * rules of keeping and moving one by one. */
#include "plan/group.h"

#include "plan/hours.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PEOPLE	 6
#define SESSIONS 8
#define TICK_S	 300
#define TICKS	 (25 * 12)

static uint64_t seed;

/* Two people to a world; all live in the first one's programme. */
struct crowd {
	struct world w[PEOPLE / 2];
	struct plan_member members[PEOPLE];
	struct session sessions[SESSIONS];
	id_text attendees[SESSIONS][PEOPLE];
	struct span soft[4];
	struct group_task task;
};

static utc_t at(const struct crowd *c, day_t date, int minute)
{
	return world_at(&c->w[0], date, minute);
}

static void crowd_share(struct crowd *c, size_t people)
{
	struct programme *p = &c->w[0].programme;
	c->task = (struct group_task){
		.programme = p,
		.days = &c->w[0].days,
		.weights = &c->w[0].weights,
		.members = c->members,
		.n_members = people,
		.sessions = c->sessions,
		.soft = c->soft,
		.now = c->w[0].task.now,
	};
	for (size_t i = 0; i < PEOPLE; i++) {
		struct world *w = &c->w[i / 2];
		if (i % 2 == 0 && i > 0)
			w->programme = *p;
		(void)snprintf(w->persons[i % 2].id, sizeof w->persons[i % 2].id, "p%zu", i);
		c->members[i] = w->task.members[i % 2];
		c->members[i].remaining_min = 4500;
	}
}

static void crowd_fini(struct crowd *c)
{
	for (size_t i = 0; i < PEOPLE / 2; i++)
		world_fini(&c->w[i]);
}

/* Everybody works 08:30-17:00 and has no lessons at all. */
static void crowd_free(struct crowd *c, int weeks, size_t people)
{
	*c = (struct crowd){0};
	for (size_t i = 0; i < PEOPLE / 2; i++)
		world_plain(&c->w[i], 1, weeks, 0);
	crowd_share(c, people);
	struct programme *p = &c->w[0].programme;
	p->intervisie_n = 3;
	p->intervisie_min = 120;
	p->evaluation_min = 60;
}

static struct session *stands(struct crowd *c, enum kind kind, enum state state, utc_t start,
			      int minutes, size_t people)
{
	struct session *s = &c->sessions[c->task.n_sessions];
	id_text *ids = c->attendees[c->task.n_sessions++];
	*s = (struct session){.id = (int64_t)c->task.n_sessions + 40,
			      .kind = kind,
			      .state = state,
			      .start = start,
			      .end = start + minutes * 60,
			      .attendees = ids,
			      .n_attendees = people};
	for (size_t i = 0; i < people; i++)
		(void)snprintf(ids[i], sizeof ids[i], "p%zu", i);
	return s;
}

/* ---- the model --------------------------------------------------------------------------- */

struct ticks {
	bool free[TICKS], tentative[TICKS];
};

/* One person on one day, tick by tick (everything in these worlds is a multiple of 5 minutes). */
static void look(const struct crowd *c, size_t i, utc_t start, int n, struct ticks *out)
{
	const struct world *w = &c->w[i / 2];
	int buffer = w->programme.buffer_min / 5;
	enum level least = c->task.weights->tentative ? LEVEL_BUSY : LEVEL_TENTATIVE;
	for (int t = 0; t < n; t++) {
		out->free[t] = model_works(&w->persons[i % 2], start + t * TICK_S);
		out->tentative[t] = false;
	}
	for (int t = -buffer; t < n + buffer; t++) {
		enum level level = model_level(w, (int)(i % 2), start + t * TICK_S);
		for (int k = t - buffer; level && k <= t + buffer; k++) {
			if (k < 0 || k >= n)
				continue;
			if (level >= least)
				out->free[k] = false;
			else
				out->tentative[k] = true;
		}
	}
}

static bool is_start(const struct crowd *c, utc_t start)
{
	const struct programme *p = c->task.programme;
	int minute = local_second(zone_to_local(p->zone, start)) / 60;
	bool found = p->n_starts == 0 && minute % p->start_grid_min == 0;
	for (size_t i = 0; i < p->n_starts; i++)
		found = found || p->starts[i] == minute;
	return found;
}

static int64_t model_price(const struct crowd *c, day_t date, utc_t start, utc_t end)
{
	const struct programme *p = c->task.programme;
	const struct weights *weights = c->task.weights;
	int64_t cost = 0;
	bool preferred = p->n_prefer == 0;
	if (start < at(c, date, p->lunch_to_min) && at(c, date, p->lunch_from_min) < end)
		cost += weights->lunch;
	for (utc_t t = start; t < end && p->n_prefer; t += TICK_S) { /* spans that touch are one */
		bool here = false;
		for (size_t i = 0; i < p->n_prefer; i++)
			here = here || ((p->prefer[i].weekdays >> civil_weekday(date) & 1) &&
					at(c, date, p->prefer[i].from_min) <= t &&
					t < at(c, date, p->prefer[i].to_min));
		preferred = here && (preferred || t == start);
	}
	cost += preferred ? 0 : weights->outside_prefer;
	for (size_t i = 0; i < c->task.n_soft; i++)
		cost += start < c->soft[i].end + p->buffer_min * 60 &&
					c->soft[i].start - p->buffer_min * 60 < end
				? weights->move
				: 0;
	return cost;
}

static struct group_place model_place(const struct crowd *c, const struct ticks *ticks, int first,
				      int n, utc_t start)
{
	struct group_place place = {.start = start, .end = start + n * TICK_S};
	bool settled = start < c->task.now + GROUP_SETTLE_S;
	for (size_t i = 0; i < c->task.n_members; i++) {
		bool free = true, tentative = false;
		for (int t = first; t < first + n; t++) {
			free = free && ticks[i].free[t];
			tentative = tentative || ticks[i].tentative[t];
		}
		bool known = place.end <= c->members[i].known_until;
		place.attend += free && (known || !settled);
		place.provisional |= free && !known && !settled;
		place.cost += free && tentative ? c->task.weights->tentative : 0;
	}
	return place;
}

static bool model_taken(const struct crowd *c, day_t date)
{
	bool taken = false;
	for (size_t i = 0; i < c->task.n_sessions; i++)
		taken = taken ||
			(c->sessions[i].state == STATE_CANCELLED && c->sessions[i].pinned &&
			 zone_day_of(c->task.programme->zone, c->sessions[i].start) == date);
	return taken;
}

/* The best place of each day of a period, attend 0 where there is none. */
static void model_days(const struct crowd *c, day_t first, day_t past, int minutes,
		       struct group_place *best)
{
	const struct opendays *days = c->task.days;
	int n = minutes / 5;
	for (int d = 0; d < days->n; d++) {
		day_t date = days->v[d];
		struct ticks ticks[PEOPLE];
		utc_t start = at(c, date, 0);
		int all = (int)((at(c, date + 1, 0) - start) / TICK_S);
		best[d] = (struct group_place){.day = d};
		if (date < first || date >= past || model_taken(c, date))
			continue;
		for (size_t i = 0; i < c->task.n_members; i++)
			look(c, i, start, all, &ticks[i]);
		for (int t = 0; t + n <= all; t++) {
			utc_t s = start + t * TICK_S;
			if (s < c->task.now + c->task.programme->freeze_s || !is_start(c, s))
				continue;
			struct group_place place = model_place(c, ticks, t, n, s);
			place.day = d;
			place.cost += model_price(c, date, s, place.end);
			if (place.attend >= GROUP_LEAST &&
			    (place.attend > best[d].attend ||
			     (place.attend == best[d].attend && place.cost < best[d].cost)))
				best[d] = place;
		}
	}
}

struct model_best {
	int64_t gaps, cost;
	int days[4];
	bool found;
};

/* Every combination of one day a moment, in the order of days. */
static void model_choose(struct group_place *const *v, const size_t *most, int n_days, int n, int k,
			 int *chosen, struct model_best *best)
{
	if (k < n) {
		for (int d = 0; d < n_days; d++) {
			if (v[k][d].attend != most[k])
				continue;
			chosen[k] = d;
			model_choose(v, most, n_days, n, k + 1, chosen, best);
		}
		return;
	}
	int64_t gaps = 0, cost = 0;
	int last = -1;
	for (int i = 0; i < n; i++) {
		int64_t gap = chosen[i] - last;
		gaps += gap * gap * (i == 0 ? 2 : 1);
		cost += v[i][chosen[i]].cost;
		last = chosen[i];
	}
	gaps += 2 * (int64_t)(n_days - last) * (n_days - last);
	if (best->found && (gaps > best->gaps || (gaps == best->gaps && cost >= best->cost)))
		return;
	best->found = true;
	best->gaps = gaps;
	best->cost = cost;
	memcpy(best->days, chosen, (size_t)n * sizeof *chosen);
}

static void same_place(const struct group_moment *moment, const struct group_place *place)
{
	assert_true(moment->placed);
	assert_int_equal(moment->place.start, place->start);
	assert_int_equal(moment->place.end, place->end);
	assert_int_equal(moment->n_attendees, place->attend);
	assert_int_equal(moment->provisional, place->provisional);
	assert_int_equal(moment->place.cost, place->cost);
}

/* Everybody stands in one of the two lists, with a reason in the second. */
static void all_accounted(const struct crowd *c, const struct group_moment *moment)
{
	size_t a = 0, b = 0;
	for (size_t i = 0; i < c->task.n_members; i++) {
		bool comes = a < moment->n_attendees && moment->attendees[a] == i;
		a += comes;
		if (comes)
			continue;
		assert_int_equal(moment->missing[b].member, i);
		assert_non_null(strstr(moment->missing[b].text, c->members[i].person->id));
		assert_int_not_equal(moment->missing[b].why, GROUP_NOT_ASKED);
		b++;
	}
	assert_int_equal(b, moment->n_missing);
}

static void ranked(const struct group_moment *moment, const struct group_place *days, int n_days)
{
	size_t others = 0;
	for (int d = 0; d < n_days; d++)
		others += days[d].attend > 0 && !(moment->placed && d == moment->place.day);
	assert_int_equal(moment->n_next, others < GROUP_NEXT_MAX ? others : GROUP_NEXT_MAX);
	for (size_t i = 0; i < moment->n_next; i++) {
		const struct group_place *next = &moment->next[i];
		assert_int_equal(next->start, days[next->day].start);
		assert_int_equal(next->attend, days[next->day].attend);
		assert_true(i == 0 || next->attend <= moment->next[i - 1].attend);
		assert_true(!moment->placed || next->day != moment->place.day);
	}
	for (int d = 0; d < n_days && moment->n_next; d++) { /* nothing fuller was passed over */
		bool named = moment->placed && d == moment->place.day;
		for (size_t i = 0; i < moment->n_next; i++)
			named = named || moment->next[i].day == d;
		assert_true(named || days[d].attend <= moment->next[moment->n_next - 1].attend);
	}
}

static void compare(const struct crowd *c, const struct group_plan *plan)
{
	int n_days = c->task.days->n, n = 0;
	struct group_place *v[4];
	size_t most[4] = {0};
	const struct group_moment *moments[4];
	struct group_place late = {0};
	const struct group_moment *evaluation = NULL;
	for (size_t k = 0; k < plan->n; k++)
		if (plan->v[k].kind == KIND_EVALUATION)
			evaluation = &plan->v[k];
	if (evaluation) {
		struct group_place *days = xcalloc((size_t)n_days, sizeof *days);
		model_days(c, evaluation->first, evaluation->past,
			   c->task.programme->evaluation_min, days);
		for (int d = 0; d < n_days; d++)
			if (days[d].attend && days[d].attend >= late.attend)
				late = days[d];
		assert_int_equal(evaluation->placed, late.attend > 0);
		if (late.attend) {
			same_place(evaluation, &late);
			all_accounted(c, evaluation);
		}
		xfree(days);
	}
	for (size_t k = 0; k < plan->n; k++) {
		if (plan->v[k].kind != KIND_INTERVISIE)
			continue;
		moments[n] = &plan->v[k];
		v[n] = xcalloc((size_t)n_days, sizeof *v[n]);
		model_days(c, moments[n]->first, moments[n]->past,
			   c->task.programme->intervisie_min, v[n]);
		if (late.attend)
			v[n][late.day].attend = 0;
		ranked(moments[n], v[n], n_days);
		most[n] = 0;
		for (int d = 0; d < n_days; d++)
			most[n] = v[n][d].attend > most[n] ? v[n][d].attend : most[n];
		assert_int_equal(moments[n]->placed, most[n] > 0);
		assert_int_equal(moments[n]->placed, moments[n]->reason == NULL);
		if (most[n])
			n++;
		else
			xfree(v[n]);
	}
	int chosen[4];
	struct model_best best = {.found = false};
	model_choose(v, most, n_days, n, 0, chosen, &best);
	for (int i = 0; i < n; i++) {
		same_place(moments[i], &v[i][best.days[i]]);
		all_accounted(c, moments[i]);
		xfree(v[i]);
	}
}

static void random_crowd(struct crowd *c, uint64_t s)
{
	*c = (struct crowd){0};
	for (size_t i = 0; i < PEOPLE / 2; i++)
		world_init(&c->w[i], s * 10 + (i ? i : 0));
	struct world *w = &c->w[0];
	struct programme *p = &w->programme;
	p->past = p->start + 7 * (day_t)(1 + world_random(w, 5));
	if (p->start_grid_min < 5)
		p->start_grid_min = 5;
	p->intervisie_n = (int)world_random(w, 4);
	p->intervisie_min = 60 + 30 * (int)world_random(w, 3);
	p->evaluation_min = world_chance(w, 70) ? 30 + 30 * (int)world_random(w, 3) : 0;
	opendays_fini(&w->days);
	opendays_init(&w->days, p);
	utc_t now = w->task.now;
	crowd_share(c, world_random(w, PEOPLE + 1));
	c->task.now = now > at(c, p->past, 0) ? at(c, p->start, 0) : now;
	for (size_t i = 0; i < PEOPLE; i++) {
		struct world *own = &c->w[i / 2];
		if (world_chance(w, 30))
			c->members[i].known_until = at(c, p->start + (day_t)world_random(w, 35),
						       30 * (int)world_random(w, 48));
		own->task.members[i % 2].known_until = c->members[i].known_until;
		own->weights = w->weights;
	}
	for (; c->task.n_soft < 3 && world_chance(w, 50); c->task.n_soft++) {
		utc_t from = at(c, p->start + (day_t)world_random(w, 30), 600);
		c->soft[c->task.n_soft] = (struct span){from, from + 7200};
	}
	for (int i = 0; i < 3 && world_chance(w, 50); i++) {
		struct session *off = stands(
			c, KIND_INTERVISIE, world_chance(w, 70) ? STATE_CANCELLED : STATE_MISSED,
			at(c, p->start + (day_t)world_random(w, 30), 600), 60, c->task.n_members);
		off->pinned = world_chance(w, 80);
	}
}

static void agrees_with_the_model(void **state)
{
	(void)state;
	size_t placed = 0, provisional = 0, partly = 0;
	for (uint64_t i = 0; i < 150; i++) {
		struct crowd c;
		struct group_plan plan;
		random_crowd(&c, seed + i);
		group_plan_make(&c.task, &plan);
		assert_int_equal(plan.n_surplus, 0);
		compare(&c, &plan);
		for (size_t k = 0; k < plan.n; k++) {
			placed += plan.v[k].placed;
			provisional += plan.v[k].placed && plan.v[k].provisional;
			partly += plan.v[k].placed && plan.v[k].n_missing > 0;
		}
		group_plan_fini(&plan);
		crowd_fini(&c);
	}
	printf("%zu moments placed, %zu of them provisional, %zu without somebody\n", placed,
	       provisional, partly);
	assert_true(placed > 100 && provisional > 10 && partly > 50);
}

/* ---- one rule at a time ------------------------------------------------------------------ */

/* What was planned stands, booked. */
static void book(struct crowd *c, const struct group_plan *plan)
{
	c->task.n_sessions = 0;
	for (size_t k = 0; k < plan->n; k++) {
		const struct group_moment *m = &plan->v[k];
		if (!m->placed)
			continue;
		struct session *s =
			stands(c, m->kind, m->provisional ? STATE_PROVISIONAL : STATE_BOOKED,
			       m->place.start, (int)((m->place.end - m->place.start) / 60), 0);
		for (size_t a = 0; a < m->n_attendees; a++)
			memcpy(s->attendees[s->n_attendees++],
			       c->members[m->attendees[a]].person->id, sizeof(id_text));
	}
}

static void in_the_middle_of_its_part(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan;
	crowd_free(&c, 30, 6);
	group_plan_make(&c.task, &plan);
	assert_int_equal(plan.n, 4);
	const int days[] = {24, 74, 125, 149}; /* of 150: gaps 25, 50, 51 and 25; the last day */
	for (size_t k = 0; k < 4; k++) {
		assert_true(plan.v[k].placed && !plan.v[k].provisional);
		assert_int_equal(plan.v[k].n_attendees, 6);
		assert_int_equal(plan.v[k].place.day, days[k]);
		assert_int_equal(plan.v[k].n_next, GROUP_NEXT_MAX);
	}
	struct group_plan again;
	book(&c, &plan);
	group_plan_make(&c.task, &again);
	for (size_t k = 0; k < 4; k++) {
		assert_ptr_equal(again.v[k].was, &c.sessions[k]);
		assert_int_equal(again.v[k].place.start, plan.v[k].place.start);
	}
	group_plan_fini(&again);
	group_plan_fini(&plan);
	crowd_fini(&c);
}

static void busy(struct crowd *c, size_t i, day_t first, day_t past, int from_min, int to_min)
{
	struct busyset *set = &c->w[i / 2].busy[i % 2];
	for (day_t d = first; d < past; d++)
		busyset_add(set, at(c, d, from_min), at(c, d, to_min), LEVEL_BUSY);
	busyset_settle(set);
}

/* Of six, so many get a lesson at the second moment; the whole week is free otherwise. */
static bool second_moves_after(size_t lessons, size_t *attend)
{
	utc_t before;
	struct crowd c;
	struct group_plan plan, again;
	crowd_free(&c, 30, 6);
	group_plan_make(&c.task, &plan);
	book(&c, &plan);
	before = plan.v[1].place.start;
	day_t day = zone_day_of(c.task.programme->zone, before);
	for (size_t i = 0; i < lessons; i++)
		busy(&c, i, day, day + 1, 0, 1440);
	group_plan_make(&c.task, &again);
	assert_int_equal(again.n_surplus, 0);
	assert_ptr_equal(again.v[1].was, &c.sessions[1]);
	*attend = again.v[1].n_attendees;
	utc_t start = again.v[1].place.start;
	if (start == before && lessons) {
		assert_int_equal(again.v[1].missing[0].why, GROUP_BUSY);
		assert_non_null(strstr(again.v[1].missing[0].text, "p0 is busy"));
	}
	for (size_t k = 0; k < 4; k++) /* the others do not stir */
		assert_true(k == 1 || again.v[k].place.start == plan.v[k].place.start);
	group_plan_fini(&plan);
	group_plan_fini(&again);
	crowd_fini(&c);
	return start != before;
}

/* (B - A) * 50 * 8 > 120 * A with B = 6: below A = 4.6. */
static void it_moves_when_enough_more_can_come(void **state)
{
	(void)state;
	size_t attend;
	assert_false(second_moves_after(0, &attend));
	assert_int_equal(attend, 6);
	assert_false(second_moves_after(1, &attend));
	assert_int_equal(attend, 5);
	assert_true(second_moves_after(2, &attend));
	assert_int_equal(attend, 6);
	assert_true(second_moves_after(6, &attend));
	assert_int_equal(attend, 6);
}

static void pinned_frozen_and_held_stay(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan, again;
	crowd_free(&c, 30, 6);
	group_plan_make(&c.task, &plan);
	book(&c, &plan);
	for (size_t i = 0; i < 5; i++)
		busy(&c, i, c.task.programme->start, c.task.programme->past, 0, 1440);
	c.sessions[0].state = STATE_HELD;
	c.task.now = c.sessions[1].start - DAY_S;
	c.sessions[2].pinned = true;
	group_plan_make(&c.task, &again);
	for (size_t k = 0; k < 3; k++) {
		assert_true(again.v[k].fixed && again.v[k].placed);
		assert_int_equal(again.v[k].place.start, plan.v[k].place.start);
		/* inside the freeze window nobody leaves either; what is pinned loses people */
		assert_int_equal(again.v[k].n_attendees, k == 2 ? 1 : 6);
	}
	/* nobody is left for the last: it is taken back, and said why there is none */
	assert_int_equal(again.n_surplus, 1);
	assert_ptr_equal(again.surplus[0], &c.sessions[3]);
	assert_false(again.v[3].placed);
	assert_non_null(strstr(again.v[3].reason, "no two of 6 people"));
	group_plan_fini(&plan);
	group_plan_fini(&again);
	crowd_fini(&c);
}

static void another_number_keeps_what_fits(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan, again;
	crowd_free(&c, 30, 6);
	group_plan_make(&c.task, &plan);
	book(&c, &plan);
	c.w[0].programme.intervisie_n = 2;
	group_plan_make(&c.task, &again);
	assert_int_equal(again.n, 3);
	assert_int_equal(again.n_surplus, 1);
	assert_ptr_equal(again.surplus[0], &c.sessions[1]); /* the one in the middle */
	assert_ptr_equal(again.v[0].was, &c.sessions[0]);
	assert_ptr_equal(again.v[1].was, &c.sessions[2]);
	assert_int_equal(again.v[1].place.start, plan.v[2].place.start);
	group_plan_fini(&again);

	c.w[0].programme.intervisie_n = 4;
	c.w[0].programme.intervisie_min = 90;
	group_plan_make(&c.task, &again);
	assert_int_equal(again.n, 5);
	assert_int_equal(again.n_surplus, 0);
	size_t kept = 0;
	for (size_t k = 0; k < 4; k++) {
		assert_true(again.v[k].placed);
		assert_int_equal(again.v[k].place.end - again.v[k].place.start, 90 * 60);
		if (!again.v[k].was)
			continue;
		kept++; /* in its place, with the new length */
		assert_int_equal(again.v[k].place.start, again.v[k].was->start);
	}
	assert_int_equal(kept, 3);
	group_plan_fini(&again);

	c.w[0].programme.intervisie_n = 0;
	c.w[0].programme.evaluation_min = 0;
	c.sessions[0].state = STATE_HELD;
	group_plan_make(&c.task, &again);
	assert_int_equal(again.n, 0);
	assert_int_equal(again.n_surplus, 3);
	group_plan_fini(&again);
	group_plan_fini(&plan);
	crowd_fini(&c);
}

static void unknown_time_waits_until_it_cannot(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan;
	crowd_free(&c, 30, 6);
	utc_t edge = at(&c, c.task.programme->start + 70, 0);
	c.members[0].known_until = edge;
	c.members[5].known_until = UTC_MIN; /* never loaded: holds nobody up */
	group_plan_make(&c.task, &plan);
	assert_false(plan.v[0].provisional);
	assert_true(plan.v[1].provisional && plan.v[2].provisional && plan.v[3].provisional);
	for (size_t k = 0; k < 4; k++) {
		assert_int_equal(plan.v[k].n_attendees, 5);
		assert_int_equal(plan.v[k].missing[0].member, 5);
		assert_int_equal(plan.v[k].missing[0].why, GROUP_UNKNOWN);
	}
	utc_t second = plan.v[1].place.start;
	book(&c, &plan);
	group_plan_fini(&plan);

	c.sessions[0].state = STATE_HELD;
	c.task.now = second - GROUP_SETTLE_S; /* still waiting ... */
	group_plan_make(&c.task, &plan);
	assert_true(plan.v[1].provisional);
	group_plan_fini(&plan);
	/* ... but when its whole part is near, who is unknown is missing, and it is booked */
	c.task.now = at(&c, hours_part_first(c.task.programme, 3, 2), 0) - GROUP_SETTLE_S;
	group_plan_make(&c.task, &plan);
	assert_true(plan.v[1].placed && !plan.v[1].provisional);
	assert_int_equal(plan.v[1].n_attendees, 4);
	assert_int_equal(plan.v[1].missing[0].member, 0);
	assert_int_equal(plan.v[1].missing[0].why, GROUP_UNKNOWN);
	book(&c, &plan);
	group_plan_fini(&plan);

	c.members[0].known_until = UTC_MAX; /* they are known after all, and join where it is */
	c.members[5].known_until = UTC_MAX;
	utc_t place = c.sessions[1].start;
	group_plan_make(&c.task, &plan);
	assert_int_equal(plan.v[1].place.start, place);
	assert_int_equal(plan.v[1].n_attendees, 6);
	book(&c, &plan);
	group_plan_fini(&plan);

	c.members[3].known_until = edge; /* who was known and is not any more stays */
	group_plan_make(&c.task, &plan);
	assert_int_equal(plan.v[1].n_attendees, 6);
	group_plan_fini(&plan);
	crowd_fini(&c);
}

static void every_reason_has_its_word(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan;
	crowd_free(&c, 12, 6);
	day_t start = c.task.programme->start, past = c.task.programme->past;
	struct day_range away = {start, past, NULL};
	struct work_hours evening = {0x1f, 1200, 1400};
	c.w[1].persons[0].absent = &away; /* p2 */
	c.w[1].persons[0].n_absent = 1;
	c.w[1].persons[1].works = &evening; /* p3 */
	busy(&c, 4, start, past, 480, 1020);
	c.members[5].remaining_min = 100; /* less than two hours, enough for the evaluation */
	group_plan_make(&c.task, &plan);
	const enum group_why why[] = {GROUP_ABSENT, GROUP_NOT_WORKING, GROUP_BUSY, GROUP_NO_HOURS};
	for (size_t k = 0; k < 4; k++) {
		assert_int_equal(plan.v[k].n_missing, k == 3 ? 3 : 4);
		for (size_t i = 0; i < plan.v[k].n_missing; i++)
			assert_int_equal(plan.v[k].missing[i].why, why[i]);
	}
	struct buf text = {0};
	group_explain(&c.task, &plan.v[0], &text);
	assert_non_null(strstr(buf_str(&text), "intervisie 1 of 3: to be booked, 2026-"));
	assert_non_null(strstr(buf_str(&text), "with 2 of 6\n"));
	assert_non_null(strstr(buf_str(&text), "missing: p2 is absent 2026-"));
	assert_non_null(strstr(buf_str(&text), "missing: p3 works 20:00-23:20"));
	assert_non_null(strstr(buf_str(&text), "missing: p5 has no hours left"));
	assert_non_null(strstr(buf_str(&text), "next best 2026-"));
	buf_fini(&text);
	bool who[PEOPLE];
	assert_int_equal(group_who(&c.task, plan.v[0].place.start, plan.v[0].place.end, who), 2);
	assert_true(who[0] && who[1]);
	assert_int_equal(group_who(&c.task, at(&c, start, 1430), at(&c, start, 1450), who), 0);
	group_plan_fini(&plan);
	crowd_fini(&c);
}

static void missed_and_cancelled_come_again(void **state)
{
	(void)state;
	struct crowd c;
	struct group_plan plan, again;
	crowd_free(&c, 30, 6);
	group_plan_make(&c.task, &plan);
	book(&c, &plan);
	c.sessions[0].state = STATE_MISSED;
	c.sessions[1].state = STATE_CANCELLED;
	c.sessions[1].pinned = true;
	c.task.now = c.sessions[0].end + 1;
	group_plan_make(&c.task, &again);
	assert_true(again.v[0].placed && !again.v[0].was);
	assert_true(again.v[0].place.start > c.sessions[0].start + 2 * DAY_S);
	assert_true(again.v[0].place.start < at(&c, again.v[0].past, 0));
	assert_true(again.v[1].placed && !again.v[1].was);
	assert_int_not_equal(again.v[1].place.day, plan.v[1].place.day);
	group_plan_fini(&again);
	c.task.now = at(&c, plan.v[0].past, 0); /* the part of the first is over */
	group_plan_make(&c.task, &again);
	assert_false(again.v[0].placed);
	assert_non_null(strstr(again.v[0].reason, "is over"));
	group_plan_fini(&again);
	group_plan_fini(&plan);
	crowd_fini(&c);
}

static void a_thousand_people(void **state)
{
	(void)state;
	enum { N = 1000 };
	struct crowd c;
	struct group_plan plan;
	crowd_free(&c, 40, 0);
	struct plan_member *members = xcalloc(N, sizeof *members);
	struct world *many = xcalloc(16, sizeof *many);
	for (size_t i = 0; i < 16; i++)
		world_plain(&many[i], seed + i, 40, 50);
	for (size_t i = 0; i < N; i++)
		members[i] = many[i % 16].task.members[i / 16 % 2];
	c.task.members = members;
	c.task.n_members = N;
	group_plan_make(&c.task, &plan);
	for (size_t k = 0; k < 4; k++) {
		assert_true(plan.v[k].placed);
		assert_int_equal(plan.v[k].n_attendees + plan.v[k].n_missing, N);
	}
	group_plan_fini(&plan);
	for (size_t i = 0; i < 16; i++)
		world_fini(&many[i]);
	xfree(many);
	xfree(members);
	crowd_fini(&c);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_model),
		cmocka_unit_test(in_the_middle_of_its_part),
		cmocka_unit_test(it_moves_when_enough_more_can_come),
		cmocka_unit_test(pinned_frozen_and_held_stay),
		cmocka_unit_test(another_number_keeps_what_fits),
		cmocka_unit_test(unknown_time_waits_until_it_cannot),
		cmocka_unit_test(every_reason_has_its_word),
		cmocka_unit_test(missed_and_cancelled_come_again),
		cmocka_unit_test(a_thousand_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
