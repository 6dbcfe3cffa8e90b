/* bench_store.c -- what a booking costs in the store, and how long it takes to read them all.
 *
 *   bench_store [SESSIONS [FOLDER]]     default 400000 /tmp */
#include "base/clock.h"
#include "store/people.h"
#include "store/sessions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DUOS = 1000, GROUP = 10000 };

static _Noreturn void stop(const struct err *err)
{
	(void)fprintf(stderr, "bench_store: %s\n", err->text);
	exit(1);
}

static double seconds_since(uint64_t start)
{
	return (double)(clock_mono_ns() - start) / 1e9;
}

/* Duo i has the persons 2i and 2i + 1. */
static void apply_roster(struct db *db)
{
	struct err err;
	struct buf bundle = {0};
	struct roster r = {.programme = {.zone = zone_by_name("Europe/Amsterdam")}};
	r.persons = xcalloc(2 * DUOS, sizeof *r.persons);
	r.duos = xcalloc(DUOS, sizeof *r.duos);
	for (; r.n_persons < 2 * DUOS; r.n_persons++)
		snprintf(r.persons[r.n_persons].id, ID_MAX, "p%06zu", r.n_persons);
	for (; r.n_duos < DUOS; r.n_duos++) {
		struct duo *d = &r.duos[r.n_duos];
		snprintf(d->id, ID_MAX, "d%06zu", r.n_duos);
		memcpy(d->members[0], r.persons[2 * r.n_duos].id, sizeof(id_text));
		memcpy(d->members[1], r.persons[2 * r.n_duos + 1].id, sizeof(id_text));
	}
	for (int i = 0; i < 2; i++) {
		uint64_t start = clock_mono_ns();
		if (!people_apply(db, &r, &bundle, 1, &err))
			stop(&err);
		printf("roster of %d persons, %s: %.1f ms\n", 2 * DUOS, i ? "unchanged" : "new",
		       1e3 * seconds_since(start));
	}
	roster_fini(&r);
}

static void book(struct db *db, long i)
{
	struct err err;
	id_text attendees[2];
	int duo = (int)(i % DUOS);
	struct session s = {.state = STATE_BOOKED,
			    .start = 1767225600 + i / DUOS * 7200,
			    .sequence = -1,
			    .attendees = attendees,
			    .n_attendees = 2,
			    .reason = (char *)"earliest shared time after the last session"};
	s.end = s.start + 5400;
	snprintf(s.duo, sizeof s.duo, "d%06d", duo);
	snprintf(attendees[0], sizeof *attendees, "p%06d", 2 * duo);
	snprintf(attendees[1], sizeof *attendees, "p%06d", 2 * duo + 1);
	if (!db_savepoint(db, &err) || !sessions_insert(db, &s, &err) || !db_release(db, &err))
		stop(&err);
}

int main(int argc, char **argv)
{
	struct err err;
	struct session_list list;
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 400000;
	char folder[256], command[300];
	snprintf(folder, sizeof folder, "%s/tandem-bench-XXXXXX", argc > 2 ? argv[2] : "/tmp");
	if (!mkdtemp(folder))
		return 1;
	char *path = xasprintf("%s/store.db", folder);
	struct db *db = db_open(path, &err);
	if (!db)
		stop(&err);
	apply_roster(db);
	uint64_t start = clock_mono_ns();
	double first = 0;
	for (long i = 0; i < n; i++) {
		if (i % GROUP == 0 && !db_begin(db, &err))
			stop(&err);
		book(db, i);
		if ((i % GROUP == GROUP - 1 || i == n - 1) && !db_commit(db, &err))
			stop(&err);
		if (i == GROUP - 1)
			first = seconds_since(start);
	}
	printf("booking, %d in a transaction: %.1f us each (first %d: %.1f us)\n", GROUP,
	       1e6 * seconds_since(start) / (double)n, GROUP, 1e6 * first / GROUP);
	long singles = n < 200 ? n : 200;
	start = clock_mono_ns();
	for (long i = 0; i < singles; i++) {
		if (!db_begin(db, &err))
			stop(&err);
		book(db, n + DUOS * (i + 1));
		if (!db_commit(db, &err))
			stop(&err);
	}
	printf("booking, a transaction each: %.0f us\n",
	       1e6 * seconds_since(start) / (double)singles);
	start = clock_mono_ns();
	if (!sessions_load(db, NULL, &list, &err))
		stop(&err);
	printf("loading %zu sessions: %.2f s\n", list.n, seconds_since(start));
	session_list_fini(&list);
	db_close(db);
	start = clock_mono_ns();
	if (!db_quick_check(path, &err))
		stop(&err);
	printf("quick_check: %.2f s\n", seconds_since(start));
	snprintf(command, sizeof command, "rm -rf '%s'", folder);
	xfree(path);
	return system(command);
}
