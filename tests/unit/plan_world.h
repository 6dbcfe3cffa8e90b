/* plan_world.h -- random small programmes for the planner's tests and benchmark, and the stupid
 * model of what a session may be: every rule asked of every minute, no sorted spans. */
#ifndef PLAN_WORLD_H
#define PLAN_WORLD_H

#include "base/buf.h"
#include "plan/duoplan.h"
#include "plan/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD_MAX 64

struct world {
	uint64_t seed, state;
	struct programme programme;
	struct day_range closed[4];
	int starts[12];
	struct work_hours prefer[2];
	struct person persons[2];
	struct work_hours works[2][3];
	struct day_range absent[2][2];
	struct busyset busy[2], engaged[2];
	struct duo duo;
	struct weights weights;
	struct opendays days;
	struct plan_standing standing[WORLD_MAX];
	struct plan_task task;
};

static inline uint32_t world_random(struct world *w, uint32_t below)
{
	w->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = w->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

static inline bool world_chance(struct world *w, unsigned percent)
{
	return world_random(w, 100) < percent;
}

/* Seed of a test program: argv[1], else one of this run's. Printed for a rerun. */
static inline uint64_t world_seed(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20261124u;
	printf("seed %llu; rerun: %s %llu\n", (unsigned long long)seed, argv[0],
	       (unsigned long long)seed);
	return seed;
}

static inline utc_t world_at(const struct world *w, day_t date, int minute)
{
	return zone_to_utc(w->programme.zone, local_at(date, minute * 60));
}

static inline void world_person(struct world *w, int m)
{
	static const char *const zones[] = {"Europe/Amsterdam", "America/New_York", "Asia/Kolkata"};
	struct person *p = &w->persons[m];
	(void)snprintf(p->id, sizeof p->id, "%s", m ? "bram" : "anna");
	p->zone = zone_by_name(zones[world_chance(w, 15) ? world_random(w, 3) : 0]);
	p->works = w->works[m];
	p->n_works = 1;
	w->works[m][0] = (struct work_hours){0x1f, 510, 1020};
	if (world_chance(w, 20))
		w->works[m][0] = (struct work_hours){0x7f, 0, 1440};
	if (world_chance(w, 30)) { /* part-time: two days off, one short day */
		w->works[m][0].weekdays = 0x1fu & ~(1u << world_random(w, 5));
		w->works[m][1] = (struct work_hours){1u << world_random(w, 5), 540, 750};
		p->n_works = 2;
	}
	p->absent = w->absent[m];
	p->n_absent = world_random(w, 3);
	for (size_t i = 0; i < p->n_absent; i++) {
		day_t first =
			w->programme.start +
			(day_t)world_random(w, (uint32_t)(w->programme.past - w->programme.start));
		w->absent[m][i] =
			(struct day_range){first, first + 1 + (day_t)world_random(w, 8), NULL};
	}
}

/* A weekly timetable with exceptions; @percent of the lessons' hours are taught. */
static inline void world_timetable(struct world *w, int m, unsigned percent)
{
	int lesson[7][10];
	for (int d = 0; d < 7; d++)
		for (int k = 0; k < 10; k++)
			lesson[d][k] = world_chance(w, percent) ? 1 + world_chance(w, 5) : 0;
	for (day_t date = w->programme.start; date < w->programme.past; date++) {
		for (int k = 0; k < 10; k++) {
			int how = lesson[civil_weekday(date)][k];
			if (percent && world_chance(w, 3))
				how = !how;
			if (!how)
				continue;
			utc_t start = world_at(w, date, 510 + 50 * k + (k > 2) * 20);
			busyset_add(&w->busy[m], start, start + 50 * 60,
				    how == 2 ? LEVEL_TENTATIVE : LEVEL_BUSY);
		}
	}
	busyset_settle(&w->busy[m]);
}

static inline void world_programme(struct world *w, int weeks)
{
	struct programme *p = &w->programme;
	*p = (struct programme){
		.start = civil_to_day(2026, 8, 31) + (day_t)(7 * world_random(w, 20)),
		.zone = zone_by_name("Europe/Amsterdam"),
		.weekdays = world_chance(w, 10) ? 0x7f : 0x1f,
		.budget_min = 4500,
		.closed = w->closed,
		.n_closed = world_random(w, 4),
		.session_min = 60,
		.session_max_min = 180,
		.preferred_min = 120,
		.length_step_min = 15,
		.start_grid_min = 5,
		.min_gap = 2,
		.buffer_min = world_chance(w, 70) ? 10 : 0,
		.lunch_from_min = 720,
		.lunch_to_min = 780,
		.prefer = w->prefer,
		.freeze_s = 2 * DAY_S,
		.pattern_weeks = 1 + (int)world_random(w, 3),
	};
	p->past = p->start + 7 * weeks;
	day_t first = p->start;
	for (size_t i = 0; i < p->n_closed; i++) {
		first += (day_t)world_random(w, (uint32_t)(7 * weeks / 4 + 1));
		w->closed[i] =
			(struct day_range){first, first + 1 + (day_t)world_random(w, 9), NULL};
	}
	if (world_chance(w, 20)) { /* bell times, not in order */
		for (int k = 0; k < 9; k++)
			w->starts[k] = 510 + 50 * ((k * 5) % 9);
		p->starts = w->starts;
		p->n_starts = 9;
	}
	if (world_chance(w, 30)) {
		w->prefer[0] = (struct work_hours){0x0f, 540, 780};
		w->prefer[1] = (struct work_hours){0x06, 780, 960};
		p->n_prefer = 2;
	}
}

static inline void world_fini(struct world *w)
{
	busyset_fini(&w->busy[0]);
	busyset_fini(&w->busy[1]);
	busyset_fini(&w->engaged[0]);
	busyset_fini(&w->engaged[1]);
	opendays_fini(&w->days);
}

static inline void world_task(struct world *w)
{
	opendays_init(&w->days, &w->programme);
	w->task = (struct plan_task){
		.programme = &w->programme,
		.days = &w->days,
		.weights = &w->weights,
		.duo = &w->duo,
		.standing = w->standing,
		.now = world_at(w, w->programme.start, 0) - 10 * DAY_S,
	};
	for (int m = 0; m < 2; m++)
		w->task.members[m] = (struct plan_member){.person = &w->persons[m],
							  .busy = &w->busy[m],
							  .known_until = UTC_MAX,
							  .remaining_min = 4500};
}

/* A plain year: nothing random but the timetables. */
static inline void world_plain(struct world *w, uint64_t seed, int weeks, unsigned percent)
{
	*w = (struct world){.seed = seed, .state = seed, .weights = weights_default};
	world_programme(w, weeks);
	w->programme.start = civil_to_day(2026, 8, 31);
	w->programme.past = w->programme.start + 7 * weeks;
	w->programme.n_closed = w->programme.n_prefer = w->programme.n_starts = 0;
	w->programme.weekdays = 0x1f;
	w->programme.buffer_min = 10;
	w->programme.pattern_weeks = 3;
	for (int m = 0; m < 2; m++) {
		(void)snprintf(w->persons[m].id, sizeof w->persons[m].id, "%s",
			       m ? "bram" : "anna");
		w->persons[m].zone = w->programme.zone;
		w->persons[m].works = w->works[m];
		w->persons[m].n_works = 1;
		w->works[m][0] = (struct work_hours){0x1f, 510, 1020};
		world_timetable(w, m, percent);
	}
	world_task(w);
}

/* Everything random. */
static inline void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){.seed = seed, .state = seed, .weights = weights_default};
	int weeks = 2 + (int)world_random(w, 24);
	world_programme(w, weeks);
	world_person(w, 0);
	world_person(w, 1);
	world_timetable(w, 0, 20 + world_random(w, 60));
	world_timetable(w, 1, 20 + world_random(w, 60));
	if (world_chance(w, 15))
		w->weights.tentative = 0;
	if (world_chance(w, 15))
		w->weights.rhythm = 0;
	world_task(w);
	utc_t start = world_at(w, w->programme.start, 0);
	for (int m = 0; m < 2; m++) {
		if (world_chance(w, 30)) /* a horizon somewhere, also within a day */
			w->task.members[m].known_until =
				start +
				(utc_t)world_random(w, (uint32_t)(weeks * 7 * 24 * 4)) * 900;
		w->task.members[m].remaining_min = (int32_t)world_random(w, (uint32_t)weeks * 200);
	}
	for (int m = 0; m < 2; m++) {
		for (int i = 0; i < 10; i++) {
			utc_t at =
				start + (utc_t)world_random(w, (uint32_t)(weeks * 7 * 24)) * 3600;
			busyset_add(&w->engaged[m], at, at + 7200, LEVEL_BUSY);
		}
		busyset_settle(&w->engaged[m]);
		if (world_chance(w, 50))
			w->task.members[m].engaged = &w->engaged[m];
	}
	if (world_chance(w, 40))
		w->task.now = start + (utc_t)world_random(w, (uint32_t)(weeks * 7 * 24)) * 3600;
	for (int i = 0; i < 3 && world_chance(w, 40); i++) {
		utc_t at = start + (utc_t)i * 10 * DAY_S + 12 * 3600;
		w->standing[w->task.n_standing++] =
			(struct plan_standing){100 + i,
					       world_chance(w, 70) ? KIND_WORK : KIND_INTERVISIE,
					       i ? STATE_BOOKED : STATE_HELD,
					       STAND_FIXED,
					       at,
					       at + 7200};
	}
}

/* ---- the stupid model -------------------------------------------------------------------- */

static inline bool model_works(const struct person *p, utc_t at)
{
	local_t local = zone_to_local(p->zone, at);
	day_t date = local_day(local);
	int minute = local_second(local) / 60;
	bool works = false;
	for (size_t i = 0; i < p->n_works; i++)
		works |= (p->works[i].weekdays >> civil_weekday(date) & 1) &&
			 p->works[i].from_min <= minute && minute < p->works[i].to_min;
	for (size_t i = 0; i < p->n_absent; i++)
		works &= !(p->absent[i].first <= date && date < p->absent[i].past);
	return works;
}

static inline bool model_open(const struct programme *p, day_t date)
{
	bool open = p->start <= date && date < p->past && (p->weekdays >> civil_weekday(date) & 1);
	for (size_t i = 0; i < p->n_closed; i++)
		open &= !(p->closed[i].first <= date && date < p->closed[i].past);
	return open;
}

/* Level at one moment as the planner may see it: behind the horizon what is known to be busy,
 * or else what the last known weeks had at that local time. */
static inline enum level model_level_of(const struct world *w, int m, utc_t at, bool engaged)
{
	const struct plan_member *member = &w->task.members[m];
	enum level level = LEVEL_FREE;
	for (size_t i = 0; i < member->busy->n && member->busy->v[i].start <= at; i++) {
		const struct busy *b = &member->busy->v[i];
		if (b->start <= at && at < b->end &&
		    !(b->level == LEVEL_UNKNOWN && at >= member->known_until))
			level = b->level;
	}
	for (size_t i = 0; engaged && member->engaged && i < member->engaged->n; i++)
		if (member->engaged->v[i].start <= at && at < member->engaged->v[i].end &&
		    level < LEVEL_BUSY)
			level = LEVEL_BUSY;
	day_t date = zone_day_of(w->programme.zone, at);
	if (at < member->known_until || !model_open(&w->programme, date))
		return level;
	const struct zone *zone = member->person->zone;
	int weeks = 0;
	for (day_t d = date - 7; d >= w->programme.start && weeks < w->programme.pattern_weeks;
	     d -= 7) {
		if (!model_open(&w->programme, d) ||
		    zone_day_start(w->programme.zone, d + 1) > member->known_until)
			continue;
		weeks++;
		utc_t then =
			zone_to_utc(zone, zone_to_local(zone, at) - (local_t)(date - d) * DAY_S);
		for (size_t i = 0; i < member->busy->n; i++)
			if (member->busy->v[i].start <= then && then < member->busy->v[i].end &&
			    member->busy->v[i].level > level)
				level = member->busy->v[i].level;
	}
	return weeks ? level : LEVEL_UNKNOWN;
}

static inline enum level model_level(const struct world *w, int m, utc_t at)
{
	return model_level_of(w, m, at, true);
}

/* One day in minutes from its first moment: whether each is shared, and tentative for anyone. */
struct model_day {
	int n; /* minutes of the day */
	utc_t start;
	bool free[26 * 60], tentative[26 * 60];
	bool around[26 * 60]; /* free but for sessions in other duos */
};

static inline void model_day(const struct world *w, day_t date, struct model_day *out)
{
	*out = (struct model_day){.start = zone_day_start(w->programme.zone, date)};
	out->n = (int)((zone_day_start(w->programme.zone, date + 1) - out->start) / 60);
	enum level least = w->weights.tentative ? LEVEL_BUSY : LEVEL_TENTATIVE;
	int buffer = w->programme.buffer_min;
	for (int i = 0; i < out->n; i++)
		out->free[i] = out->around[i] = model_open(&w->programme, date) &&
						model_works(&w->persons[0], out->start + i * 60) &&
						model_works(&w->persons[1], out->start + i * 60);
	for (int m = 0; m < 2; m++)
		for (int i = -buffer; i < out->n + buffer; i++) {
			enum level level = model_level(w, m, out->start + i * 60);
			enum level alone = model_level_of(w, m, out->start + i * 60, false);
			if (level == LEVEL_FREE)
				continue;
			for (int k = i - buffer; k <= i + buffer; k++) {
				if (k < 0 || k >= out->n)
					continue;
				if (alone >= least)
					out->around[k] = false;
				if (level >= least)
					out->free[k] = false;
				else
					out->tentative[k] = true;
			}
		}
}

#endif
