/* joint_world.h -- random programmes of coupled duos, deterministic by seed: for the joint
 * planner's tests, its comparison with a MIP and its benchmark. */
#ifndef JOINT_WORLD_H
#define JOINT_WORLD_H

#include "base/buf.h"
#include "plan/joint.h"
#include "plan/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct joint_recipe {
	uint64_t seed;
	int duos, weeks;
	unsigned shared_pct;		     /* of the people are in two duos */
	unsigned taught_pct;		     /* of the week */
	int experts, rooms;		     /* 0: none */
	int known_weeks;		     /* everybody's horizon; 0: all is known */
	int start_grid_min, length_step_min; /* 0: 5, 15 */
};

/* What a week usually has: taught or off, by weekday and lesson. */
struct joint_week {
	bool busy[5][10];
};

struct joint_world {
	uint64_t state;
	struct programme programme;
	struct day_range closed[3];
	struct opendays days;
	struct weights weights;
	struct person *persons;
	struct work_hours (*works)[2];
	struct busyset *busy;
	struct joint_week *weeks;
	size_t *seat; /* two a duo */
	size_t n_persons, n_experts, n_rooms;
	struct duo *duos;
	struct plan_task *tasks;
	struct joint_duo *joint_duos;
	struct joint_need *needs; /* [duos] */
	struct joint_resource resources[8];
	struct busyset resource_busy[8];
	struct joint_week resource_weeks[8];
	id_text resource_ids[8];
	size_t room_list[8], expert_list[8];
	struct joint_task task;
};

static inline uint32_t joint_random(struct joint_world *w, uint32_t below)
{
	w->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = w->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

/* A week of ten lessons a day, taught and free in runs of two to four. */
static inline void joint_week_init(struct joint_world *w, struct joint_week *week, unsigned percent)
{
	for (int d = 0; d < 5; d++)
		for (int k = 0, run = 0; k < 10; k++, run--) {
			bool taught = joint_random(w, 100) < percent;
			week->busy[d][k] = run > 0 ? week->busy[d][k - 1] : taught;
			if (run <= 0)
				run = 2 + (int)joint_random(w, 3);
		}
}

/* Its year; one lesson in 25 differs from the usual. */
static inline void joint_timetable(struct joint_world *w, struct busyset *busy,
				   const struct joint_week *week)
{
	const struct programme *p = &w->programme;
	for (day_t date = p->start; date < p->past; date++)
		for (int k = 0; k < 10 && civil_weekday(date) < 5; k++) {
			bool taught = week->busy[civil_weekday(date)][k];
			if (joint_random(w, 100) < 4)
				taught = !taught;
			if (!taught)
				continue;
			utc_t start = zone_to_utc(
				p->zone, local_at(date, (510 + 50 * k + (k > 2) * 20) * 60));
			busyset_add(busy, start, start + 50 * 60, LEVEL_BUSY);
		}
	busyset_settle(busy);
}

/* Twos of lessons in a row that all three are free for, a week; @c may be NULL. */
static inline int joint_free_twos(const struct joint_week *a, const struct joint_week *b,
				  const struct joint_week *c)
{
	int n = 0;
	for (int d = 0; d < 5; d++)
		for (int k = 0, run = 0; k < 10; k++) {
			bool busy = a->busy[d][k] || b->busy[d][k] || (c && c->busy[d][k]);
			run = busy ? 0 : run + 1;
			n += run > 0 && run % 2 == 0;
		}
	return n;
}

static inline void joint_world_person(struct joint_world *w, size_t i, unsigned percent)
{
	struct person *p = &w->persons[i];
	(void)snprintf(p->id, sizeof p->id, "p%04u", (unsigned)i);
	p->zone = w->programme.zone;
	p->factor_pct = 100;
	p->works = w->works[i];
	p->n_works = 1;
	w->works[i][0] = (struct work_hours){0x1f, 510, 1020};
	joint_week_init(w, &w->weeks[i], percent);
	if (joint_random(w, 100) < 25) { /* part-time */
		uint32_t off = joint_random(w, 5);
		p->factor_pct = 80;
		w->works[i][0].weekdays &= ~(1u << off);
		memset(w->weeks[i].busy[off], 1, sizeof w->weeks[i].busy[off]);
	}
	p->budget_min = 4500 * p->factor_pct / 100;
}

static inline bool joint_suits(const struct joint_world *w, const size_t *pair)
{
	return pair[0] != pair[1] &&
	       joint_free_twos(&w->weeks[pair[0]], &w->weeks[pair[1]], NULL) >= 3;
}

/* Everybody once, the first @n_shared twice, shuffled; nobody with herself, and (as far as a few
 * exchanges bring it) with three shared hours a week: who is paired in earnest has some. */
static inline void joint_world_pair(struct joint_world *w, size_t n_duos, size_t n_shared,
				    size_t *seat)
{
	size_t n = 0;
	for (size_t i = 0; i < w->n_persons; i++)
		for (size_t k = 0; k < 1u + (i < n_shared); k++)
			seat[n++] = i;
	for (size_t i = n; i > 1; i--) {
		size_t k = joint_random(w, (uint32_t)i), t = seat[i - 1];
		seat[i - 1] = seat[k];
		seat[k] = t;
	}
	for (size_t turn = 0; turn < 3 * n_duos; turn++) {
		size_t i = turn % n_duos;
		for (size_t k = 0; k < n && !joint_suits(w, seat + 2 * i); k++) {
			size_t at = 2 * i + turn / n_duos % 2, other = k / 2;
			if (other == i)
				continue;
			bool before = joint_suits(w, seat + 2 * other);
			size_t t = seat[k];
			seat[k] = seat[at];
			seat[at] = t;
			bool same = seat[2 * other] == seat[2 * other + 1];
			if (!joint_suits(w, seat + 2 * i) || same ||
			    (before && !joint_suits(w, seat + 2 * other))) { /* back */
				seat[at] = seat[k];
				seat[k] = t;
			}
		}
	}
	for (size_t i = 0; i < n_duos; i++)
		if (seat[2 * i] == seat[2 * i + 1]) /* too few people to choose from */
			seat[2 * i + 1] = (seat[2 * i] + 1) % w->n_persons;
}

/* Who still shares less has talked to the timetabler: two lessons in a row made free for both. */
static inline void joint_world_talk(struct joint_world *w, size_t n_duos)
{
	for (size_t i = 0; i < n_duos; i++)
		for (int turn = 0; turn < 40 && !joint_suits(w, w->seat + 2 * i); turn++) {
			struct joint_week *a = &w->weeks[w->seat[2 * i]];
			struct joint_week *b = &w->weeks[w->seat[2 * i + 1]];
			uint32_t d = joint_random(w, 5), k = joint_random(w, 9);
			if (!(w->persons[w->seat[2 * i]].works->weekdays &
			      w->persons[w->seat[2 * i + 1]].works->weekdays & 1u << d))
				continue;
			for (uint32_t x = k; x < k + 2; x++)
				a->busy[d][x] = b->busy[d][x] = false;
		}
}

/* The first @n duos that have none yet and share time with one of the need's resources. */
static inline void joint_world_need(struct joint_world *w, const struct joint_recipe *r,
				    struct joint_need need, size_t n)
{
	for (size_t i = 0; i < (size_t)r->duos && n; i++) {
		struct joint_duo *duo = &w->joint_duos[i];
		bool suits = false;
		for (size_t k = 0; k < need.n; k++)
			suits |= joint_free_twos(&w->weeks[w->seat[2 * i]],
						 &w->weeks[w->seat[2 * i + 1]],
						 &w->resource_weeks[need.v[k]]) >= 2;
		if (duo->n_needs || !suits)
			continue;
		w->needs[i] = need;
		duo->needs = &w->needs[i];
		duo->n_needs = 1;
		n--;
	}
}

static inline void joint_world_resources(struct joint_world *w, const struct joint_recipe *r)
{
	size_t n = 0;
	for (int i = 0; i < r->experts + r->rooms; i++, n++) {
		bool room = i >= r->experts;
		joint_week_init(w, &w->resource_weeks[n], r->taught_pct);
		joint_timetable(w, &w->resource_busy[n], &w->resource_weeks[n]);
		(void)snprintf(w->resource_ids[n], sizeof w->resource_ids[n], "%s%d",
			       room ? "room" : "expert", i);
		w->resources[n] = (struct joint_resource){
			.id = w->resource_ids[n],
			.busy = &w->resource_busy[n],
			.known_until = UTC_MAX,
			.capacity = room && i == r->experts ? 2 : 1,
			.buffered = !room,
		};
		if (room)
			w->room_list[w->n_rooms++] = n;
		else
			w->expert_list[w->n_experts++] = n;
	}
	/* two duos an expert; a quarter of all, up to nine, need a room */
	for (size_t i = 0; i < w->n_experts; i++)
		joint_world_need(w, r, (struct joint_need){&w->expert_list[i], 1}, 2);
	size_t for_rooms = (size_t)r->duos / 4 + 1 < 9 ? (size_t)r->duos / 4 + 1 : 9;
	if (w->n_rooms)
		joint_world_need(w, r, (struct joint_need){w->room_list, w->n_rooms}, for_rooms);
}

static inline void joint_world_programme(struct joint_world *w, const struct joint_recipe *r)
{
	struct programme *p = &w->programme;
	*p = (struct programme){
		.start = civil_to_day(2026, 8, 31),
		.zone = zone_by_name("Europe/Amsterdam"),
		.weekdays = 0x1f,
		.budget_min = 4500,
		.closed = w->closed,
		.n_closed = r->weeks > 12 ? 3 : 0,
		.session_min = 60,
		.session_max_min = 180,
		.preferred_min = 120,
		.length_step_min = r->length_step_min ? r->length_step_min : 15,
		.start_grid_min = r->start_grid_min ? r->start_grid_min : 5,
		.min_gap = 2,
		.buffer_min = 10,
		.lunch_from_min = 720,
		.lunch_to_min = 780,
		.freeze_s = 2 * DAY_S,
		.pattern_weeks = 3,
	};
	p->past = p->start + 7 * r->weeks;
	for (int i = 0; i < 3; i++) { /* an autumn, a winter and a spring holiday */
		day_t first = p->start + 7 * (r->weeks * (2 * i + 1) / 6);
		w->closed[i] = (struct day_range){first, first + 5 + (i == 1) * 7, NULL};
	}
	opendays_init(&w->days, p);
}

static inline void joint_world_init(struct joint_world *w, const struct joint_recipe *r)
{
	size_t n = (size_t)r->duos;
	*w = (struct joint_world){.state = r->seed * 7919, .weights = weights_default};
	joint_world_programme(w, r);
	w->n_persons = (2 * n * 100 + 50 + r->shared_pct / 2) / (100 + r->shared_pct);
	if (w->n_persons < 3)
		w->n_persons = 3;
	size_t n_shared = 2 * n > w->n_persons ? 2 * n - w->n_persons : 0;
	w->persons = xcalloc(w->n_persons, sizeof *w->persons);
	w->works = xcalloc(w->n_persons, sizeof *w->works);
	w->busy = xcalloc(w->n_persons, sizeof *w->busy);
	w->weeks = xcalloc(w->n_persons, sizeof *w->weeks);
	w->duos = xcalloc(n, sizeof *w->duos);
	w->tasks = xcalloc(n, sizeof *w->tasks);
	w->joint_duos = xcalloc(n, sizeof *w->joint_duos);
	w->needs = xcalloc(n, sizeof *w->needs);
	for (size_t i = 0; i < w->n_persons; i++)
		joint_world_person(w, i, r->taught_pct);
	utc_t known_until = UTC_MAX;
	if (r->known_weeks)
		known_until =
			zone_day_start(w->programme.zone, w->programme.start + 7 * r->known_weeks);
	size_t *seat = w->seat = xcalloc(2 * n + 2, sizeof *seat);
	joint_world_pair(w, n, n_shared, seat);
	joint_world_talk(w, n);
	for (size_t i = 0; i < w->n_persons; i++)
		joint_timetable(w, &w->busy[i], &w->weeks[i]);
	for (size_t i = 0; i < n; i++) {
		struct duo *duo = &w->duos[i];
		struct plan_task *task = &w->tasks[i];
		(void)snprintf(duo->id, sizeof duo->id, "d%05u", (unsigned)i);
		*task = (struct plan_task){
			.programme = &w->programme,
			.days = &w->days,
			.weights = &w->weights,
			.duo = duo,
			.now = zone_day_start(w->programme.zone, w->programme.start) - 10 * DAY_S,
		};
		for (int m = 0; m < 2; m++) {
			size_t p = seat[2 * i + (size_t)m];
			memcpy(duo->members[m], w->persons[p].id, sizeof duo->members[m]);
			int32_t budget = w->persons[p].budget_min * r->weeks / 40;
			task->members[m] = (struct plan_member){
				.person = &w->persons[p],
				.busy = &w->busy[p],
				.known_until = known_until,
				.remaining_min = p < n_shared ? budget / 2 : budget,
			};
			int32_t share = task->members[m].remaining_min;
			if (m == 0 || share < task->cadence_budget_min)
				task->cadence_budget_min = share;
		}
		w->joint_duos[i] = (struct joint_duo){.task = task};
	}
	joint_world_resources(w, r);
	w->task = (struct joint_task){w->joint_duos, n, w->resources, w->n_rooms + w->n_experts, 0};
}

static inline void joint_world_fini(struct joint_world *w)
{
	for (size_t i = 0; i < w->n_persons; i++)
		busyset_fini(&w->busy[i]);
	for (size_t i = 0; i < 8; i++)
		busyset_fini(&w->resource_busy[i]);
	opendays_fini(&w->days);
	xfree(w->persons);
	xfree(w->works);
	xfree(w->busy);
	xfree(w->weeks);
	xfree(w->seat);
	xfree(w->duos);
	xfree(w->tasks);
	xfree(w->joint_duos);
	xfree(w->needs);
}

/* The suite of design 4: thirty programmes of 5 to 500 duos. */
#define JOINT_SUITE 30
static inline struct joint_recipe joint_suite(int i)
{
	static const int duos[] = {5,  5,  6,  7,  8,	9,   10,  12,  14,  16,
				   18, 20, 22, 25, 28,	32,  36,  40,  45,  50,
				   60, 70, 80, 90, 100, 130, 160, 220, 320, 500};
	return (struct joint_recipe){
		.seed = 4000 + (uint64_t)i,
		.duos = duos[i],
		.weeks = 40,
		.shared_pct = 33 + (unsigned)(i * 7) % 34,
		.taught_pct = 40 + (unsigned)(i * 11) % 26,
		.experts = 2,
		.rooms = 3,
	};
}

#endif
