/* A year of sessions with experts and the steering group, lived through in memory: timetables
 * change, people call sessions off and pin them, horizons roll. After each round of planning the
 * rules hold, whatever happened. */
#include "work/decide_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PERSONS = 7, DUOS = 5, EXPERTS = 2, SOURCES = PERSONS + EXPERTS, WEEKS = 40, YEARS = 3 };

static const char *const person_ids[PERSONS] = {"anna", "bram", "cees", "dora",
						"els",	"fons", "karin"};
static const char *const duo_members[DUOS][2] = {
	{"anna", "bram"}, {"bram", "cees"}, {"cees", "dora"}, {"els", "fons"}, {"fons", "anna"}};

static uint64_t seed;

struct year {
	uint64_t state;
	struct publication *p;
	struct busyset busy[SOURCES];
	utc_t now, known[SOURCES];
	int64_t next_id;
	int booked, moved, cancelled, provisional, echoes;
};

static uint32_t draw(struct year *y, uint32_t n)
{
	y->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = y->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

#define HOLDS(what)                                                                                \
	do {                                                                                       \
		if (!(what))                                                                       \
			fail_msg("rerun: test_decide_party %llu: not %s (s%lld)",                  \
				 (unsigned long long)seed, #what, (long long)s->id);               \
	} while (0)

/* ---- the world --------------------------------------------------------------------------- */

static struct work_hours *hours(unsigned weekdays, int from, int to)
{
	struct work_hours h = {weekdays, from, to};
	return xmemdup(&h, sizeof h);
}

static struct person_source *own_source(size_t i)
{
	struct person_source s = {.source = i, .primary = true};
	return xmemdup(&s, sizeof s);
}

static void make_persons(struct year *y, struct roster *r)
{
	r->n_persons = PERSONS;
	r->persons = xcalloc(PERSONS, sizeof *r->persons);
	for (size_t i = 0; i < PERSONS; i++) {
		struct person *p = &r->persons[i];
		strcpy(p->id, person_ids[i]);
		p->name = xstrdup(person_ids[i]);
		p->zone = r->programme.zone;
		p->budget_min = 4500;
		p->works = hours(0x1f & ~(1u << draw(y, 7)), 510, 1020);
		p->n_works = 1;
		p->sources = own_source(i);
		p->n_sources = 1;
	}
}

static void make_duos(struct year *y, struct roster *r)
{
	r->n_duos = DUOS;
	r->duos = xcalloc(DUOS, sizeof *r->duos);
	for (size_t i = 0; i < DUOS; i++) {
		struct duo *d = &r->duos[i];
		(void)snprintf(d->id, sizeof d->id, "duo-%zu", i);
		for (int m = 0; m < 2; m++)
			strcpy(d->members[m], duo_members[i][m]);
		d->n_experts = draw(y, 3);
		d->experts = xcalloc(2, sizeof *d->experts);
		for (size_t e = 0; e < d->n_experts; e++) {
			strcpy(d->experts[e].expert, e ? "jan" : "eva");
			d->experts[e].n = 1 + (int)draw(y, 4);
			d->experts[e].min = 60 + 30 * (int)draw(y, 4);
		}
	}
}

static void make_experts(struct year *y, struct roster *r)
{
	r->n_third_parties = EXPERTS;
	r->third_parties = xcalloc(EXPERTS, sizeof *r->third_parties);
	for (size_t i = 0; i < EXPERTS; i++) {
		struct third_party *p = &r->third_parties[i];
		strcpy(p->id, i ? "jan" : "eva");
		p->name = xstrdup(p->id);
		p->capacity = 1;
		p->works = hours(1u << draw(y, 5) | 1u << draw(y, 5), 540, 1020);
		p->n_works = 1;
		p->sources = own_source(PERSONS + i);
		p->n_sources = 1;
	}
}

static void put_source(struct year *y, size_t i)
{
	struct source_record record = {.fetched_at = 1, .horizon = y->known[i]};
	strcpy(record.id, y->p->roster->roster.sources[i].id);
	busyset_copy(&record.busy, &y->busy[i]);
	publication_put_source(y->p, source_part_new(&record));
}

static void make_timetables(struct year *y)
{
	const struct programme *programme = &y->p->roster->roster.programme;
	for (size_t i = 0; i < SOURCES; i++) {
		bool open = draw(y, 3) > 0;
		y->known[i] = open ? UTC_MAX
				   : zone_day_start(programme->zone, programme->start) + 80 * DAY_S;
		for (day_t date = programme->start; date < programme->past; date++)
			for (int k = 0; k < 7; k++)
				if ((civil_weekday(date) * 7u + (unsigned)k * 3 + i * 5) % 4 == 0) {
					utc_t at = zone_to_utc(programme->zone,
							       local_at(date, (510 + 70 * k) * 60));
					busyset_add(&y->busy[i], at, at + 3600, LEVEL_BUSY);
				}
		busyset_settle(&y->busy[i]);
		put_source(y, i);
	}
}

static void year_init(struct year *y, uint64_t state)
{
	struct roster r = {0};
	struct buf bundle = {0};
	*y = (struct year){.state = state, .next_id = 1};
	r.programme = (struct programme){
		.start = civil_to_day(2026, 8, 31),
		.past = civil_to_day(2026, 8, 31) + 7 * WEEKS,
		.zone = zone_by_name("Europe/Amsterdam"),
		.weekdays = 0x1f,
		.budget_min = 4500,
		.session_min = 60,
		.session_max_min = 180,
		.preferred_min = 120,
		.length_step_min = 15,
		.start_grid_min = 15,
		.min_gap = 2,
		.buffer_min = 10,
		.lunch_from_min = 720,
		.lunch_to_min = 780,
		.freeze_s = 2 * DAY_S,
		.confirm_after_s = 3 * DAY_S,
		.pattern_weeks = 3,
		.steering_min = 30,
	};
	if (draw(y, 4)) {
		r.programme.n_steering_group = 1;
		r.programme.steering_group = xcalloc(1, sizeof(id_text));
		strcpy(r.programme.steering_group[0], "karin");
	}
	make_persons(y, &r);
	make_duos(y, &r);
	make_experts(y, &r);
	r.n_sources = SOURCES;
	r.sources = xcalloc(SOURCES, sizeof *r.sources);
	for (size_t i = 0; i < SOURCES; i++)
		(void)snprintf(r.sources[i].id, sizeof r.sources[i].id, "src-%zu", i);
	y->p = xcalloc(1, sizeof *y->p);
	y->p->refs = 1;
	y->now = zone_day_start(r.programme.zone, r.programme.start) - 10 * DAY_S;
	publication_put_roster(y->p, roster_part_new(&r, &bundle, 0));
	make_timetables(y);
}

static void year_fini(struct year *y)
{
	for (size_t i = 0; i < SOURCES; i++)
		busyset_fini(&y->busy[i]);
	publication_unref(y->p);
}

/* ---- what is decided is done ------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct session *x = a, *y = b;
	return x->start != y->start ? (x->start > y->start) - (x->start < y->start)
				    : (x->id > y->id) - (x->id < y->id);
}

static void put_sessions(struct publication *p, const char *duo, struct session_list *list)
{
	if (list->n > 1)
		qsort(list->v, list->n, sizeof *list->v, by_start);
	struct duo_part *part = duo_part_new(duo, list);
	for (size_t i = 0; i < part->sessions.n; i++)
		for (size_t a = 0; a < part->sessions.v[i].n_attendees; a++)
			publication_note_duo(p, part->sessions.v[i].attendees[a], duo);
	publication_put_duo(p, part);
}

static struct session_list copy_of(const struct duo_part *part)
{
	struct session_list list = {0};
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		session_copy(&list.v[list.n++], &part->sessions.v[i]);
	}
	return list;
}

static struct session *by_id(struct session_list *list, int64_t id)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].id == id)
			return &list->v[i];
	return NULL;
}

static void check_decision(const struct year *y, const struct decision *d)
{
	const struct session *s = d->was.id ? &d->was : &d->is;
	utc_t frozen = y->now + 2 * DAY_S;
	if (d->was.id && d->was.state == STATE_BOOKED)
		HOLDS(d->was.start >= frozen);
	if (d->what != DECIDE_DROP && d->is.state != STATE_CANCELLED)
		HOLDS(d->is.start >= frozen);
	HOLDS(d->was.state != STATE_HELD && d->was.state != STATE_CANCELLED);
	if (d->was.id && d->was.state == STATE_BOOKED)
		HOLDS(d->what != DECIDE_DROP && d->is.state != STATE_PROVISIONAL);
}

static void apply(struct year *y, const char *duo, const struct decisions *d)
{
	struct session_list list = copy_of(publication_duo(y->p, duo));
	for (size_t i = 0; i < d->n; i++) {
		const struct decision *one = &d->v[i];
		struct session *old = one->was.id ? by_id(&list, one->was.id) : NULL;
		check_decision(y, one);
		y->booked += one->what == DECIDE_BOOK;
		y->moved += one->what == DECIDE_MOVE;
		y->cancelled += one->what == DECIDE_CANCEL;
		y->provisional += one->what == DECIDE_PROVISIONAL;
		if (one->what == DECIDE_DROP) {
			session_fini(old);
			*old = list.v[--list.n];
			continue;
		}
		if (old) {
			session_fini(old);
			session_copy(old, &one->is);
			continue;
		}
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		session_copy(&list.v[list.n], &one->is);
		list.v[list.n++].id = y->next_id++;
	}
	put_sessions(y->p, duo, &list);
}

/* Booked sessions with third parties that are touched. */
static size_t of_third_parties(const struct decisions *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n; i++)
		n += d->v[i].was.kind != KIND_WORK && d->v[i].was.state == STATE_BOOKED;
	return n;
}

/* As work/replan: third parties of all duos, then work of all. How many booked sessions with the
 * former were touched: provisional ones look for better places as work moves out of their way. */
static size_t replan(struct year *y)
{
	const struct roster *roster = &y->p->roster->roster;
	struct publication *seen = publication_next(y->p);
	struct decisions v[DUOS];
	size_t n = 0;
	for (size_t i = 0; i < DUOS; i++) {
		decide_party(seen, &roster->duos[i], &weights_default, y->now, &v[i]);
		publication_assume(seen, &v[i]);
	}
	for (size_t i = 0; i < DUOS; i++) {
		struct decisions work;
		decide_duo(seen, &roster->duos[i], &weights_default, y->now, &work);
		publication_assume(seen, &work);
		decisions_join(&v[i], &work);
	}
	publication_unref(seen);
	for (size_t i = 0; i < DUOS; i++) {
		apply(y, roster->duos[i].id, &v[i]);
		n += of_third_parties(&v[i]);
		decisions_fini(&v[i]);
	}
	return n;
}

/* ---- the rules --------------------------------------------------------------------------- */

static bool live(const struct session *s)
{
	return s->state == STATE_PROVISIONAL || s->state == STATE_BOOKED || s->state == STATE_HELD;
}

static bool share_somebody(const struct session *a, const struct session *b)
{
	for (size_t i = 0; i < a->n_attendees; i++)
		if (session_attends(b, a->attendees[i]))
			return true;
	return *a->expert && strcmp(a->expert, b->expert) == 0;
}

static void check_places(const struct year *y, const struct session *s)
{
	for (size_t i = 0; i < y->p->n_duos; i++)
		for (size_t k = 0; k < y->p->duos[i]->sessions.n; k++) {
			const struct session *o = &y->p->duos[i]->sessions.v[k];
			if (o != s && live(o) && o->start < s->end && s->start < o->end)
				HOLDS(!share_somebody(s, o));
		}
}

static size_t source_of(const char *id)
{
	for (size_t i = 0; i < PERSONS; i++)
		if (strcmp(person_ids[i], id) == 0)
			return i;
	return PERSONS + (strcmp(id, "jan") == 0);
}

static void check_time(const struct year *y, const struct session *s, const char *who,
		       const struct work_hours *works)
{
	size_t i = source_of(who);
	const struct zone *zone = y->p->roster->roster.programme.zone;
	local_t from = zone_to_local(zone, s->start), to = zone_to_local(zone, s->end);
	HOLDS(works->weekdays >> civil_weekday(local_day(from)) & 1);
	HOLDS(local_second(from) >= works->from_min * 60 && local_second(to) <= works->to_min * 60);
	HOLDS(busyset_max(&y->busy[i], s->start - 600, s->end + 600) == LEVEL_FREE);
	if (s->state == STATE_BOOKED)
		HOLDS(s->end <= y->known[i]);
}

/* What the planner may still move lies where everybody is free and known. */
static void check_session(const struct year *y, const struct session *s)
{
	const struct roster *roster = &y->p->roster->roster;
	utc_t known = UTC_MAX;
	check_places(y, s);
	if (s->kind == KIND_EXPERT || s->kind == KIND_STEERING)
		HOLDS(s->n_attendees == (s->kind == KIND_STEERING ? 3u : 2u));
	if (s->state == STATE_HELD || s->start < y->now + 2 * DAY_S || s->pinned)
		return;
	for (size_t i = 0; i < s->n_attendees; i++) {
		check_time(y, s, s->attendees[i], roster_person(roster, s->attendees[i])->works);
		utc_t its = y->known[source_of(s->attendees[i])];
		known = its < known ? its : known;
	}
	if (*s->expert) {
		check_time(y, s, s->expert, roster_third(roster, s->expert)->works);
		utc_t its = y->known[source_of(s->expert)];
		known = its < known ? its : known;
	}
	HOLDS((s->state == STATE_PROVISIONAL) == (s->end > known));
}

static int count(const struct duo_part *part, enum kind kind, const char *expert)
{
	int n = 0;
	for (size_t i = 0; part && i < part->sessions.n; i++)
		n += live(&part->sessions.v[i]) && part->sessions.v[i].kind == kind &&
		     strcmp(part->sessions.v[i].expert, expert) == 0;
	return n;
}

static void check(const struct year *y)
{
	const struct roster *roster = &y->p->roster->roster;
	for (size_t i = 0; i < y->p->n_duos; i++)
		for (size_t k = 0; k < y->p->duos[i]->sessions.n; k++)
			if (live(&y->p->duos[i]->sessions.v[k]))
				check_session(y, &y->p->duos[i]->sessions.v[k]);
	for (size_t i = 0; i < DUOS; i++) {
		const struct duo *duo = &roster->duos[i];
		const struct duo_part *part = publication_duo(y->p, duo->id);
		for (size_t e = 0; e < duo->n_experts; e++)
			assert_true(count(part, KIND_EXPERT, duo->experts[e].expert) <=
				    duo->experts[e].n);
		assert_true(count(part, KIND_STEERING, "") <=
			    (int)roster->programme.n_steering_group);
	}
}

/* ---- what happens ------------------------------------------------------------------------ */

static void hold_what_is_over(struct year *y)
{
	for (size_t i = 0; i < y->p->n_duos; i++) {
		struct session_list list = copy_of(y->p->duos[i]);
		id_text duo;
		memcpy(duo, y->p->duos[i]->id, sizeof duo);
		for (size_t k = 0; k < list.n; k++)
			if (list.v[k].state == STATE_BOOKED && list.v[k].end <= y->now)
				list.v[k].state = draw(y, 8) ? STATE_HELD : STATE_MISSED;
		put_sessions(y->p, duo, &list);
	}
}

static void change_timetable(struct year *y)
{
	size_t i = draw(y, SOURCES);
	const struct zone *zone = y->p->roster->roster.programme.zone;
	day_t date = zone_day_of(zone, y->now) + (day_t)draw(y, 60);
	utc_t at = zone_to_utc(zone, local_at(date, (540 + 30 * (int)draw(y, 14)) * 60));
	if (draw(y, 4) == 0)
		busyset_clip(&y->busy[i], UTC_MIN, at); /* the rest of the year has gone */
	else
		busyset_add(&y->busy[i], at, at + 3600 * (1 + draw(y, 4)), LEVEL_BUSY);
	busyset_settle(&y->busy[i]);
	put_source(y, i);
}

/* Somebody calls a coming session off, or pins it. */
static void say_something(struct year *y)
{
	if (y->p->n_duos == 0)
		return;
	size_t i = draw(y, (uint32_t)y->p->n_duos);
	struct session_list list = copy_of(y->p->duos[i]);
	id_text duo;
	memcpy(duo, y->p->duos[i]->id, sizeof duo);
	for (size_t k = 0; k < list.n; k++) {
		struct session *s = &list.v[k];
		if (s->state != STATE_BOOKED || s->start <= y->now || draw(y, 6))
			continue;
		s->pinned = true;
		if (draw(y, 2)) {
			s->state = STATE_CANCELLED;
			s->cancelled_at = y->now;
		}
	}
	put_sessions(y->p, duo, &list);
}

static void roll_horizons(struct year *y)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (y->known[i] < UTC_MAX && y->known[i] < y->now + 80 * DAY_S) {
			y->known[i] = y->now + 80 * DAY_S;
			put_source(y, i);
		}
}

static void a_year_keeps_the_rules(void **state)
{
	(void)state;
	struct year all = {0};
	for (uint64_t k = 0; k < YEARS; k++) {
		struct year y;
		year_init(&y, seed + k);
		for (int step = 0; step < WEEKS * 7 / 3 + 8; step++, y.now += 3 * DAY_S) {
			hold_what_is_over(&y);
			roll_horizons(&y);
			if (draw(&y, 3) == 0)
				change_timetable(&y);
			if (draw(&y, 6) == 0)
				say_something(&y);
			(void)replan(&y);
			check(&y);
			/* nothing happened: what is booked stays, but for what the work that just
			 * moved has made room for; and that ends */
			for (int again = 0; replan(&y); again++) {
				check(&y);
				assert_true(again < 3);
				y.echoes++;
			}
		}
		all.booked += y.booked;
		all.moved += y.moved;
		all.cancelled += y.cancelled;
		all.provisional += y.provisional;
		all.echoes += y.echoes;
		year_fini(&y);
	}
	print_message("%d booked, %d moved, %d cancelled, %d provisional; %d rounds had an echo\n",
		      all.booked, all.moved, all.cancelled, all.provisional, all.echoes);
	assert_true(all.booked > 100 && all.moved > 10 && all.echoes < 20);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 20261124u;
	printf("rerun: test_decide_party %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_keeps_the_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
