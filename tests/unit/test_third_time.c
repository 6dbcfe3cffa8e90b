/* The time of an expert or a room: its sessions against a row of minutes, its timetable as that of
 * a member. */
#include "work/third_time.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { MINUTES = 600, ROUNDS = 400 };

static uint64_t seed;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static struct publication *world(struct third_party *party, struct source_record *record)
{
	struct roster roster = {0};
	struct buf bundle = {0};
	roster.programme.zone = zone_utc();
	roster.n_third_parties = 1;
	roster.third_parties = xcalloc(1, sizeof *party);
	roster.third_parties[0] = *party;
	if (record) {
		roster.n_sources = 1;
		roster.sources = xcalloc(1, sizeof *roster.sources);
		memcpy(roster.sources[0].id, record->id, sizeof record->id);
	}
	struct publication *p = xcalloc(1, sizeof *p);
	p->refs = 1;
	publication_put_roster(p, roster_part_new(&roster, &bundle, 0));
	if (record)
		publication_put_source(p, source_part_new(record));
	return p;
}

static struct session session_at(int64_t id, enum state state, int from, int to, const char *expert,
				 const char *room)
{
	struct session s = {.id = id, .state = state, .start = from * 60, .end = to * 60};
	snprintf(s.expert, sizeof s.expert, "%s", expert);
	snprintf(s.room, sizeof s.room, "%s", room);
	return s;
}

static int by_start(const void *a, const void *b)
{
	const struct session *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static bool skip_odd(void *ctx, const struct session *s)
{
	(void)ctx;
	return s->id % 2;
}

/* A room is full at a minute when as many sessions as it holds are there. */
static void full_is_full(void **state)
{
	(void)state;
	printf("rerun: test_third_time %llu\n", (unsigned long long)seed);
	for (int round = 0; round < ROUNDS; round++) {
		static int there[MINUTES];
		memset(there, 0, sizeof there);
		struct third_party room = {
			.id = "b-12", .is_room = true, .capacity = 1 + (int)draw(3)};
		struct publication *p = world(&room, NULL);
		int64_t id = 1;
		for (int d = 0; d < 3; d++) {
			struct session_list list = {0};
			char duo[] = "duo-0";
			duo[4] = (char)('0' + d);
			size_t n = draw(8);
			list.v = xcalloc(n + 1, sizeof *list.v);
			for (; list.n < n; list.n++, id++) {
				int from = (int)draw(MINUTES - 100), to = from + 1 + (int)draw(99);
				enum state st = (enum state)draw(STATE_COUNT);
				bool here = draw(4) > 0;
				list.v[list.n] =
					session_at(id, st, from, to, "", here ? "b-12" : "b-14");
				bool counts = here && st != STATE_MISSED && st != STATE_CANCELLED;
				for (int m = from; m < to && counts && id % 2 == 0; m++)
					there[m]++;
			}
			qsort(list.v, list.n, sizeof *list.v, by_start);
			publication_put_duo(p, duo_part_new(duo, &list));
		}
		struct busyset busy = {0}, engaged = {0};
		utc_t known;
		third_party_time(p, &room, skip_odd, NULL, &busy, &engaged, &known);
		assert_int_equal(busy.n, 0);
		assert_int_equal(known, UTC_MAX);
		assert_true(busyset_is_canonical(&engaged));
		for (int m = 0; m < MINUTES; m++)
			assert_int_equal(busyset_at(&engaged, m * 60) == LEVEL_BUSY,
					 there[m] >= room.capacity);
		busyset_fini(&busy);
		busyset_fini(&engaged);
		publication_unref(p);
	}
}

/* A timetable's time, its horizon, and an event at exactly the time of a session with him. */
static void a_timetable_is_read_as_a_members(void **state)
{
	(void)state;
	struct third_party jan = {.id = "jan", .capacity = 1, .n_sources = 1};
	jan.sources = xcalloc(1, sizeof *jan.sources);
	jan.sources[0].primary = true;
	struct source_record record = {.id = "jan-1", .fetched_at = 1, .horizon = 9000};
	const struct lesson_span events[] = {
		{.start = 600, .end = 1200, .level = LEVEL_BUSY},
		{.start = 3000, .end = 3600, .level = LEVEL_BUSY},
	};
	record.occurrences = xmemdup(events, sizeof events);
	record.n_occurrences = 2;
	for (size_t i = 0; i < 2; i++)
		busyset_add(&record.busy, events[i].start, events[i].end, LEVEL_BUSY);
	busyset_settle(&record.busy);
	struct publication *p = world(&jan, &record);
	struct session_list list = {.n = 1, .v = xcalloc(1, sizeof(struct session))};
	list.v[0] = session_at(2, STATE_BOOKED, 50, 60, "jan", ""); /* 3000..3600 */
	publication_put_duo(p, duo_part_new("a-b", &list));
	struct busyset busy = {0}, engaged = {0};
	utc_t known;
	third_party_time(p, roster_third(&p->roster->roster, "jan"), NULL, NULL, &busy, &engaged,
			 &known);
	assert_int_equal(known, 9000);
	assert_int_equal(busy.n, 1);
	assert_int_equal(busy.v[0].start, 600);
	assert_int_equal(engaged.n, 1);
	assert_int_equal(engaged.v[0].start, 3000);
	busyset_fini(&busy);
	busyset_fini(&engaged);
	publication_unref(p);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_is_full),
		cmocka_unit_test(a_timetable_is_read_as_a_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
