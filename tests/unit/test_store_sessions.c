/* Sessions: what goes in comes out, and what the database refuses by itself. */
#include "store_kit.h"

#include <time.h>

static void check_stored(struct db *db, const struct session *want)
{
	struct err err;
	struct session got;
	MUST(sessions_get(db, want->id, &got, &err));
	kit_same_session(&got, want);
	session_fini(&got);
}

static void a_session_comes_back_as_it_was(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session s = kit_session("anna-bram", STATE_CANCELLED, 10, 90);
	s.kind = KIND_VISIT;
	memcpy(s.expert, "jan", 4);
	memcpy(s.room, "b-12", 5);
	s.pinned = true;
	s.assumed = true;
	s.sequence = 7;
	s.created_at = NEW_YEAR + 1;
	s.last_modified = NEW_YEAR + 2;
	s.cancelled_at = NEW_YEAR + 3;
	s.reason = xstrdup("Bram heeft griep; \"volgende week\" beter \xc3\xa9");
	MUST(sessions_insert(db, &s, &err));
	assert_int_equal(s.id, 1);
	check_stored(db, &s);
	db_close(db);
	db = kit_open();
	check_stored(db, &s);
	session_fini(&s);
	db_close(db);
}

static void every_kind_and_state_of_the_model_is_one_of_the_schema(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (int st = 0; st < STATE_COUNT; st++) {
			struct session s = kit_session("anna-bram", (enum state)st,
						       10 * (kind * STATE_COUNT + st), 60);
			s.kind = (enum kind)kind;
			MUST(sessions_insert(db, &s, &err));
			check_stored(db, &s);
			session_fini(&s);
		}
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		struct entry e = {.person = "anna", .kind = (enum kind)kind, .minutes = 5};
		MUST(ledger_add(db, &e, &err));
	}
	kit_refuses(db, "UPDATE session SET kind = 'party' WHERE id = 1", "CHECK");
	kit_refuses(db, "UPDATE session SET state = 'asleep' WHERE id = 1", "CHECK");
	kit_refuses(db,
		    "INSERT INTO ledger (person, kind, minutes, day, at, assumed)"
		    " VALUES (1, 'party', 1, 1, 1, 0)",
		    "CHECK");
	/* none of them was stored as another */
	assert_int_equal(kit_number(db, "SELECT count(DISTINCT kind) FROM session"), KIND_COUNT);
	assert_int_equal(kit_number(db, "SELECT count(DISTINCT state) FROM session"), STATE_COUNT);
	db_close(db);
}

static void lists_come_by_start_with_sorted_attendees(void **state)
{
	(void)state;
	struct err err;
	struct session_list list;
	struct db *db = kit_people();
	struct session s = kit_session("cato-dirk", STATE_BOOKED, 30, 60);
	xfree(s.attendees);
	s.n_attendees = 4;
	s.attendees = xcalloc(4, sizeof *s.attendees);
	const char *all[] = {"anna", "bram", "cato", "dirk"};
	for (int i = 0; i < 4; i++) /* whatever the order of their numbers in the store */
		memcpy(s.attendees[i], all[3 - i], 5);
	MUST(sessions_insert(db, &s, &err));
	session_fini(&s);
	kit_book(db, "anna-bram", STATE_BOOKED, 20, 60);
	kit_book(db, "anna-cato", STATE_PROVISIONAL, 20, 60);
	kit_book(db, "anna-bram", STATE_BOOKED, 10, 60);
	s = kit_session("anna-bram", STATE_MISSED, 5, 60);
	s.n_attendees = 0; /* nobody came */
	MUST(sessions_insert(db, &s, &err));
	session_fini(&s);

	MUST(sessions_load(db, NULL, &list, &err));
	const int64_t order[] = {5, 4, 2, 3, 1};
	assert_int_equal(list.n, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(list.v[i].id, order[i]);
	assert_int_equal(list.v[0].n_attendees, 0);
	assert_int_equal(list.v[4].n_attendees, 4);
	for (int i = 0; i < 4; i++)
		assert_string_equal(list.v[4].attendees[i], all[i]);
	session_list_fini(&list);

	MUST(sessions_load(db, "anna-bram", &list, &err));
	assert_int_equal(list.n, 3);
	assert_int_equal(list.v[1].id, 4);
	assert_int_equal(list.v[1].n_attendees, 2);
	assert_string_equal(list.v[2].attendees[1], "bram");
	session_list_fini(&list);

	assert_false(sessions_load(db, "eva-fons", &list, &err));
	kit_says(&err, ERR_NOTFOUND, "the store knows no duo eva-fons");
	assert_false(sessions_get(db, 99, &s, &err));
	kit_says(&err, ERR_NOTFOUND, "there is no session s99");
	db_close(db);
}

static void nobody_is_booked_twice_at_once(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	kit_book(db, "anna-bram", STATE_BOOKED, 10, 90);
	struct session s = kit_session("anna-cato", STATE_BOOKED, 11, 60);
	s.id = 77;
	assert_false(sessions_insert(db, &s, &err));
	kit_says(&err, ERR_CONFLICT,
		 "person is already booked then: anna has session s1 from "
		 "2026-01-01T11:00 to 2026-01-01T12:30");
	assert_int_equal(s.id, 77); /* untouched */
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session"), 1);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM attendee"), 2);
	/* provisional, missed and cancelled ones stand in nobody's way, ends touch */
	s.state = STATE_PROVISIONAL;
	MUST(sessions_insert(db, &s, &err));
	session_fini(&s);
	kit_book(db, "anna-cato", STATE_MISSED, 10, 90);
	kit_book(db, "anna-cato", STATE_CANCELLED, 10, 90);
	kit_book(db, "anna-cato", STATE_HELD, 9, 60);
	kit_book(db, "cato-dirk", STATE_BOOKED, 10, 90);
	s = kit_session("anna-cato", STATE_HELD, 8, 600); /* around all of them */
	assert_false(sessions_insert(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "anna has session s5");
	session_fini(&s);
	db_close(db);
}

static void a_session_that_moves_or_is_booked_meets_the_same_refusal(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	kit_book(db, "anna-bram", STATE_BOOKED, 10, 90);
	int64_t id = kit_book(db, "anna-cato", STATE_BOOKED, 20, 60);
	struct session s, before;
	MUST(sessions_get(db, id, &s, &err));
	session_copy(&before, &s);
	s.start -= 9 * HOUR;
	s.end -= 9 * HOUR;
	assert_false(sessions_update(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "anna has session s1");
	check_stored(db, &before);
	/* as provisional it may stand there, but not be booked */
	s.state = STATE_PROVISIONAL;
	MUST(sessions_update(db, &s, &err));
	s.state = STATE_BOOKED;
	assert_false(sessions_update(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "anna has session s1");
	/* who no longer comes is in nobody's way; who comes instead may be */
	memcpy(s.attendees[0], "dirk", 5);
	MUST(sessions_update(db, &s, &err));
	memcpy(s.attendees[0], "bram", 5);
	assert_false(sessions_update(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "bram has session s1");
	/* the schema alone refuses it too, whoever writes */
	kit_refuses(db, "UPDATE attendee SET person = 1 WHERE session = 2 AND person = 4",
		    SCHEMA_OVERLAP);
	kit_refuses(db,
		    "INSERT INTO attendee SELECT id, 1, start_at, end_at, 1 FROM session"
		    " WHERE id = 2",
		    SCHEMA_OVERLAP);
	kit_does(db, "INSERT INTO session SELECT 9, duo, kind, 'provisional', start_at, end_at,"
		     " local_start, zone, 0, 0, -1, 0, 0, 0, NULL, NULL, NULL FROM session"
		     " WHERE id = 1;"
		     "INSERT INTO attendee SELECT id, 1, start_at, end_at, 0 FROM session"
		     " WHERE id = 9");
	kit_refuses(db, "UPDATE session SET state = 'held' WHERE id = 9", SCHEMA_OVERLAP);
	kit_does(db, "UPDATE session SET start_at = end_at, end_at = end_at + 3600 WHERE id = 9;"
		     "UPDATE session SET state = 'held' WHERE id = 9");
	kit_refuses(db, "UPDATE session SET start_at = start_at - 1 WHERE id = 9", SCHEMA_OVERLAP);
	/* the copies cannot be made to lie */
	kit_refuses(db, "UPDATE attendee SET live = 0 WHERE session = 1", "times and state");
	kit_refuses(db, "UPDATE attendee SET start_at = start_at - 1", "times and state");
	kit_refuses(db, "UPDATE OR REPLACE attendee SET end_at = end_at + 1", "times and state");
	session_fini(&s);
	session_fini(&before);
	db_close(db);
}

static struct session with_expert(const char *duo, enum state state, int hour, const char *expert)
{
	struct session s = kit_session(duo, state, hour, 60);
	s.kind = KIND_EXPERT;
	snprintf(s.expert, sizeof s.expert, "%s", expert);
	return s;
}

static void an_expert_is_booked_once_at_a_time(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session a = with_expert("anna-bram", STATE_BOOKED, 10, "jan");
	struct session b = with_expert("cato-dirk", STATE_BOOKED, 10, "jan");
	struct session other = with_expert("cato-dirk", STATE_PROVISIONAL, 10, "karin");
	MUST(sessions_insert(db, &a, &err));
	assert_false(sessions_insert(db, &b, &err));
	kit_says(&err, ERR_CONFLICT,
		 "expert is already booked then: jan has session s1 from 2026-01-01T11:00 to "
		 "2026-01-01T12:00");
	b.state = STATE_PROVISIONAL; /* it stands in nobody's way */
	MUST(sessions_insert(db, &b, &err));
	check_stored(db, &b);
	MUST(sessions_insert(db, &other, &err));
	b.state = STATE_BOOKED;
	assert_false(sessions_update(db, &b, &err));
	kit_says(&err, ERR_CONFLICT, "jan has session s1");
	b.start += HOUR; /* ends touch */
	b.end += HOUR;
	MUST(sessions_update(db, &b, &err));
	b.start -= 1;
	assert_false(sessions_update(db, &b, &err));
	b.start += 1;
	/* the schema alone refuses it too */
	kit_refuses(db, "UPDATE session SET start_at = start_at - 60 WHERE id = 2",
		    SCHEMA_EXPERT_OVERLAP);
	kit_does(db, "UPDATE session SET state = 'booked', duo = NULL WHERE id = 3");
	kit_refuses(db, "UPDATE session SET expert = 'jan' WHERE id = 3", SCHEMA_EXPERT_OVERLAP);
	kit_refuses(db, "UPDATE session SET expert = 'No Id' WHERE id = 3", "CHECK");
	kit_does(db, "UPDATE session SET state = 'provisional' WHERE id = 3");
	/* two that change places */
	struct session swap[2] = {a, b};
	swap[0].start = b.start, swap[0].end = b.end;
	swap[1].start = a.start, swap[1].end = a.end;
	MUST(sessions_update_many(db, swap, 2, &err));
	session_fini(&a);
	session_fini(&b);
	session_fini(&other);
	db_close(db);
}

static void a_room_holds_as_many_sessions_as_it_may(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session v[3];
	for (int i = 0; i < 3; i++) { /* 10:00, 10:30 and 11:15, an hour each; two duos' people */
		const char *duos[] = {"anna-bram", "cato-dirk", "anna-bram"};
		const int minutes[] = {0, 30, 75};
		v[i] = kit_session(duos[i], STATE_BOOKED, 10, 60);
		v[i].start += minutes[i] * 60;
		v[i].end += minutes[i] * 60;
		memcpy(v[i].room, "b-12", 5);
		MUST(sessions_insert(db, &v[i], &err));
	}
	/* a room that nobody told of holds one */
	assert_false(sessions_room_holds(db, &v[0], &err));
	kit_says(&err, ERR_CONFLICT,
		 "room b-12 is taken then: it holds 1 at once, this would make 2");
	static const char *const persons[] = {"anna", "bram", "cato", "dirk", NULL};
	static const char *const duos[] = {"anna-bram", "anna-cato", "cato-dirk", NULL};
	struct roster roster = kit_roster(persons, duos);
	roster.third_parties = xcalloc(1, sizeof *roster.third_parties);
	roster.n_third_parties = 1;
	roster.third_parties[0] =
		(struct third_party){.id = "b-12", .is_room = true, .capacity = 2};
	kit_apply(db, &roster, NEW_YEAR);
	for (int i = 0; i < 3; i++) /* never three at once: the second meets each of the others */
		MUST(sessions_room_holds(db, &v[i], &err));
	struct session long_one = v[1];
	long_one.start = v[0].start;
	long_one.end = v[2].end;
	MUST(sessions_room_holds(db, &long_one, &err));
	roster.third_parties[0].capacity = 1;
	kit_apply(db, &roster, NEW_YEAR);
	assert_false(sessions_room_holds(db, &v[1], &err));
	v[1].state = STATE_PROVISIONAL; /* takes no place yet */
	MUST(sessions_room_holds(db, &v[1], &err));
	v[1].state = STATE_BOOKED;
	v[1].room[0] = '\0';
	MUST(sessions_room_holds(db, &v[1], &err));
	roster_fini(&roster);
	for (int i = 0; i < 3; i++)
		session_fini(&v[i]);
	db_close(db);
}

static void sessions_change_places(void **state)
{
	(void)state;
	struct err err;
	struct session v[3];
	struct db *db = kit_people();
	for (int i = 0; i < 3; i++) {
		int64_t id = kit_book(db, "anna-bram", STATE_BOOKED, 10 + 2 * i, 90);
		MUST(sessions_get(db, id, &v[i], &err));
	}
	for (int i = 0; i < 3; i++) {
		v[i].start = NEW_YEAR + (10 + 2 * ((i + 1) % 3)) * HOUR;
		v[i].end = v[i].start + 90 * 60;
		v[i].sequence++;
	}
	assert_false(sessions_update(db, &v[0], &err)); /* one at a time is refused */
	MUST(sessions_update_many(db, v, 3, &err));
	for (int i = 0; i < 3; i++)
		check_stored(db, &v[i]);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM attendee WHERE live = 1"), 6);
	/* a cancelled one among them, and one that cannot: nothing happens */
	v[0].state = STATE_CANCELLED;
	v[0].cancelled_at = NEW_YEAR;
	MUST(sessions_update_many(db, v, 3, &err));
	struct session bad[2] = {v[1], v[2]};
	bad[0].start = NEW_YEAR + 100 * HOUR;
	bad[0].end = bad[0].start + HOUR;
	bad[1].id = 99;
	assert_false(sessions_update_many(db, bad, 2, &err));
	kit_says(&err, ERR_NOTFOUND, "s99");
	check_stored(db, &v[1]);
	MUST(sessions_update_many(db, v, 0, &err));
	for (int i = 0; i < 3; i++)
		session_fini(&v[i]);
	db_close(db);
}

/* Processor seconds to move @n sessions, the store's only ones, within one request of a group. */
static double moving(struct db *db, size_t n)
{
	struct err err;
	struct session *v = xcalloc(n, sizeof *v);
	MUST(db_begin(db, &err));
	kit_does(db, "DELETE FROM session WHERE state = 'provisional'");
	for (size_t i = 0; i < n; i++) {
		int64_t id = kit_book(db, "anna-bram", STATE_PROVISIONAL, 2 * (int)i, 60);
		MUST(sessions_get(db, id, &v[i], &err));
		v[i].start += HOUR;
		v[i].end += HOUR;
	}
	MUST(db_commit(db, &err));
	clock_t start = clock();
	MUST(db_begin(db, &err));
	MUST(db_savepoint(db, &err));
	MUST(sessions_update_many(db, v, n, &err));
	MUST(db_release(db, &err));
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	MUST(db_commit(db, &err));
	for (size_t i = 0; i < n; i++)
		session_fini(&v[i]);
	xfree(v);
	return seconds;
}

/* See temporary_files_beside() in store/db.c. */
static void the_last_of_many_moves_costs_what_the_first_does(void **state)
{
	(void)state;
	struct db *db = kit_people();
	double few = moving(db, 2000), many = moving(db, 16000);
	if (many > 16 * few)
		fail_msg("2,000 took %.3f s, 16,000 took %.3f s", few, many);
	db_close(db);
}

static void one_request_fails_and_its_neighbours_stay(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	MUST(db_begin(db, &err));
	for (int i = 0; i < 5; i++) {
		MUST(db_savepoint(db, &err));
		struct session first = kit_session("cato-dirk", STATE_BOOKED, 10 * i, 60);
		struct session s = kit_session("anna-bram", STATE_BOOKED, i == 3 ? 20 : 10 * i, 60);
		MUST(sessions_insert(db, &first, &err));
		bool ok = sessions_insert(db, &s, &err);
		assert_int_equal(ok, i != 3);
		if (ok)
			MUST(db_release(db, &err));
		else
			db_undo(db);
		session_fini(&first);
		session_fini(&s);
	}
	MUST(db_commit(db, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session"), 8);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM attendee"), 16);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session WHERE start_at ="
					" 1767225600 + 30 * 3600"),
			 0);
	MUST(db_begin(db, &err));
	kit_book(db, "anna-bram", STATE_BOOKED, 400, 60);
	db_rollback(db);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session"), 8);
	assert_false(db_commit(db, &err));
	kit_says(&err, ERR_BUG, "without a group");
	assert_false(db_savepoint(db, &err));
	db_close(db);
}

static void what_grows_never_falls_and_what_was_published_stays(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	int64_t id = kit_book(db, "anna-bram", STATE_PROVISIONAL, 10, 60);
	int64_t gone = kit_book(db, "anna-bram", STATE_PROVISIONAL, 10, 60);
	struct session s;
	MUST(sessions_get(db, id, &s, &err));
	s.sequence = 3;
	s.last_modified += 10;
	MUST(sessions_update(db, &s, &err));
	s.sequence = 2;
	assert_false(sessions_update(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "the sequence of a session never falls");
	s.sequence = 3;
	s.last_modified--;
	assert_false(sessions_update(db, &s, &err));
	kit_says(&err, ERR_CONFLICT, "last_modified of a session never falls");
	session_fini(&s);
	assert_false(sessions_delete_provisional(db, id, &err));
	kit_says(&err, ERR_CONFLICT, "a published session is never deleted");
	kit_refuses(db, "DELETE FROM session", "never deleted");
	kit_refuses(db, "REPLACE INTO session SELECT * FROM session WHERE id = 1", "never deleted");
	MUST(sessions_delete_provisional(db, gone, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM attendee WHERE session = 2"), 0);
	assert_false(sessions_delete_provisional(db, gone, &err));
	kit_says(&err, ERR_NOTFOUND, "there is no session s2");
	int64_t next = kit_book(db, "anna-bram", STATE_BOOKED, 10, 60);
	assert_int_equal(next, 3); /* a number is never given twice */
	assert_false(sessions_delete_provisional(db, next, &err));
	kit_says(&err, ERR_CONFLICT, "cancel it instead");
	kit_refuses(db, "UPDATE session SET id = 50 WHERE id = 3", "never changes");
	db_close(db);
}

static void attend(struct session *s, const char *a, const char *b, const char *c)
{
	const char *ids[] = {a, b, c};
	xfree(s->attendees);
	s->attendees = xcalloc(3, sizeof *s->attendees);
	for (s->n_attendees = 0; s->n_attendees < 3 && ids[s->n_attendees]; s->n_attendees++)
		memcpy(s->attendees[s->n_attendees], ids[s->n_attendees],
		       strlen(ids[s->n_attendees]) + 1);
	s->last_modified += 10;
}

static struct session as_stored(struct db *db, int64_t id)
{
	struct err err;
	struct session_list list;
	struct session s = {0};
	MUST(sessions_load(db, "", &list, &err));
	assert_int_equal(list.n, 1);
	MUST(sessions_get(db, id, &s, &err));
	assert_int_equal(list.v[0].n_left, s.n_left);
	session_list_fini(&list);
	MUST(sessions_load(db, NULL, &list, &err));
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i].id == id)
			assert_int_equal(list.v[i].n_left, s.n_left);
	session_list_fini(&list);
	return s;
}

static void who_has_left_what_was_published_is_remembered(void **state)
{
	(void)state;
	struct err err;
	id_text *duos;
	size_t n;
	struct db *db = kit_people();
	kit_book(db, "anna-bram", STATE_BOOKED, 50, 60);
	struct session s = kit_session("anna-dirk", STATE_PROVISIONAL, 10, 60);
	s.duo[0] = '\0';
	s.kind = KIND_INTERVISIE;
	attend(&s, "anna", "bram", "dirk");
	MUST(sessions_insert(db, &s, &err));
	attend(&s, "anna", "bram", NULL); /* nobody can have seen it */
	MUST(sessions_update(db, &s, &err));
	struct session now = as_stored(db, s.id);
	assert_int_equal(now.n_left, 0);
	session_fini(&now);
	s.state = STATE_BOOKED;
	s.sequence = 0;
	attend(&s, "anna", "cato", NULL); /* in the very change that publishes it: neither */
	MUST(sessions_update(db, &s, &err));
	s.sequence = 1;
	attend(&s, "dirk", NULL, NULL);
	MUST(sessions_update(db, &s, &err));
	utc_t at = s.last_modified;
	now = as_stored(db, s.id);
	assert_int_equal(now.n_attendees, 1);
	assert_int_equal(now.n_left, 2);
	assert_string_equal(now.left[0].person, "anna");
	assert_true(session_left_at(&now, "anna") == at && session_left_at(&now, "cato") == at);
	assert_true(session_left_at(&now, "dirk") == 0 && session_left_at(&now, "bram") == 0);
	session_fini(&now);
	MUST(sessions_duos_of(db, "cato", &duos, &n, &err));
	assert_int_equal(n, 1);
	assert_string_equal(duos[0], "");
	xfree(duos);
	kit_book(db, "anna-cato", STATE_BOOKED, 10, 60); /* they are free then */
	/* who comes back has not left; when the other left does not change */
	s.start += 5 * HOUR;
	s.end += 5 * HOUR;
	attend(&s, "cato", "dirk", NULL);
	MUST(sessions_update(db, &s, &err));
	now = as_stored(db, s.id);
	assert_int_equal(now.n_left, 1);
	assert_true(session_left_at(&now, "anna") == at);
	session_fini(&now);
	kit_refuses(db, "INSERT INTO departure VALUES (2, 3, 0)", "has not left it");
	kit_does(db, "DELETE FROM departure");
	kit_does(db, "UPDATE session SET state = 'cancelled' WHERE id = 1");
	int64_t unseen = kit_book(db, "anna-bram", STATE_PROVISIONAL, 10, 60);
	assert_int_equal(unseen, 4);
	kit_refuses(db, "INSERT INTO departure VALUES (4, 4, 0)", "never published");
	session_fini(&s);
	db_close(db);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	static const struct {
		int64_t start, end;
		int32_t sequence;
		utc_t cancelled_at;
	} bad[] = {
		{NEW_YEAR, NEW_YEAR, -1, 0},
		{NEW_YEAR, NEW_YEAR - 60, -1, 0},
		{NEW_YEAR, NEW_YEAR + 90000, -1, 0},
		{NEW_YEAR, NEW_YEAR + 60, -2, 0},
		{NEW_YEAR, NEW_YEAR + 60, -1, 5},
		{INT64_C(9000000000), INT64_C(9000003600), -1, 0},
	};
	struct session s = kit_session("anna-bram", STATE_BOOKED, 0, 60);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		s.start = bad[i].start;
		s.end = bad[i].end;
		s.sequence = bad[i].sequence;
		s.cancelled_at = bad[i].cancelled_at;
		assert_false(sessions_insert(db, &s, &err));
		kit_says(&err, ERR_BUG, "CHECK constraint failed");
	}
	session_fini(&s);
	s = kit_session("anna-bram", STATE_BOOKED, 0, 60);
	memcpy(s.attendees[1], "zoef", 5);
	assert_false(sessions_insert(db, &s, &err));
	kit_says(&err, ERR_NOTFOUND, "the store knows no person zoef");
	memcpy(s.duo, "eva-fons", 9);
	assert_false(sessions_insert(db, &s, &err));
	kit_says(&err, ERR_NOTFOUND, "the store knows no duo eva-fons");
	s.duo[0] = '\0'; /* a moment of all duos has none, work has */
	memcpy(s.attendees[1], "bram", 5);
	assert_false(sessions_insert(db, &s, &err));
	s.kind = KIND_INTERVISIE;
	MUST(sessions_insert(db, &s, &err));
	check_stored(db, &s);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session"), 1);
	session_fini(&s);
	db_close(db);
}

static void the_local_hour_is_kept_with_its_zone(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	kit_book(db, "anna-bram", STATE_BOOKED, 12, 60);
	kit_book(db, "anna-bram", STATE_BOOKED, 24 * 200 + 12, 60); /* summer */
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session WHERE zone ="
					" 'Europe/Amsterdam' AND local_start ="
					" CASE id WHEN 1 THEN '2026-01-01T13:00'"
					" ELSE '2026-07-20T14:00' END"),
			 2);
	/* another zone holds for what is placed from now on */
	static const char *const persons[] = {"anna", "bram", NULL};
	static const char *const duos[] = {"anna-bram", NULL};
	struct roster roster = kit_roster(persons, duos);
	roster.programme.zone = zone_by_name("America/New_York");
	kit_apply(db, &roster, NEW_YEAR);
	roster_fini(&roster);
	struct session s;
	MUST(sessions_get(db, 1, &s, &err));
	s.pinned = true;
	MUST(sessions_update(db, &s, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session WHERE id = 1 AND local_start"
					" = '2026-01-01T13:00' AND zone = 'Europe/Amsterdam'"),
			 1);
	s.start += HOUR;
	s.end += HOUR;
	MUST(sessions_update(db, &s, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session WHERE id = 1 AND local_start"
					" = '2026-01-01T08:00' AND zone = 'America/New_York'"),
			 1);
	session_fini(&s);
	db_close(db);
}

static void the_budget_is_summed_inside_the_transaction(void **state)
{
	(void)state;
	struct err err;
	int32_t held = -1, booked = -1;
	struct db *db = kit_people();
	MUST(sessions_budget(db, "anna", &held, &booked, &err));
	assert_int_equal(held, 0);
	assert_int_equal(booked, 0);
	kit_book(db, "anna-bram", STATE_BOOKED, 10, 90);
	kit_book(db, "anna-cato", STATE_BOOKED, 20, 60);
	kit_book(db, "anna-cato", STATE_HELD, 30, 60); /* counts by its ledger entry */
	kit_book(db, "anna-cato", STATE_PROVISIONAL, 40, 60);
	struct entry e = {.person = "anna", .duo = "anna-cato", .session = 3, .minutes = 75};
	MUST(ledger_add(db, &e, &err));
	struct entry less = {.person = "anna", .corrects = e.id, .minutes = -15};
	MUST(ledger_add(db, &less, &err));
	MUST(db_begin(db, &err));
	kit_book(db, "anna-bram", STATE_BOOKED, 50, 120);
	MUST(sessions_budget(db, "anna", &held, &booked, &err));
	assert_int_equal(held, 60);
	assert_int_equal(booked, 90 + 60 + 120);
	db_rollback(db);
	MUST(sessions_budget(db, "bram", &held, &booked, &err));
	assert_int_equal(held, 0);
	assert_int_equal(booked, 90);
	assert_false(sessions_budget(db, "zoef", &held, &booked, &err));
	kit_says(&err, ERR_NOTFOUND, "no person zoef");
	db_close(db);
}

static void a_persons_duos_are_those_of_all_its_sessions(void **state)
{
	(void)state;
	struct err err;
	id_text *duos;
	size_t n;
	struct db *db = kit_people();
	kit_book(db, "anna-cato", STATE_CANCELLED, 10, 60);
	kit_book(db, "anna-bram", STATE_BOOKED, 20, 60);
	kit_book(db, "anna-bram", STATE_MISSED, 30, 60);
	MUST(sessions_duos_of(db, "anna", &duos, &n, &err));
	assert_int_equal(n, 2);
	assert_string_equal(duos[0], "anna-bram");
	assert_string_equal(duos[1], "anna-cato");
	xfree(duos);
	MUST(sessions_duos_of(db, "dirk", &duos, &n, &err));
	assert_int_equal(n, 0);
	xfree(duos);
	struct session all = kit_session("anna-dirk", STATE_BOOKED, 40, 60);
	all.duo[0] = '\0'; /* a moment of the whole programme */
	all.kind = KIND_INTERVISIE;
	MUST(sessions_insert(db, &all, &err));
	MUST(sessions_duos_of(db, "anna", &duos, &n, &err));
	assert_int_equal(n, 3);
	assert_string_equal(duos[0], "");
	assert_string_equal(duos[1], "anna-bram");
	xfree(duos);
	struct session_list list;
	MUST(sessions_load(db, "", &list, &err));
	assert_int_equal(list.n, 1);
	kit_same_session(&list.v[0], &all);
	session_list_fini(&list);
	MUST(sessions_load(db, "anna-bram", &list, &err));
	assert_int_equal(list.n, 2);
	session_list_fini(&list);
	session_fini(&all);
	/* by an index: it is asked for every person that leaves */
	assert_int_equal(kit_number(db, "SELECT count(*) FROM pragma_index_list('attendee')"
					" WHERE name = 'attendee_person' AND partial = 0"),
			 1);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_session_comes_back_as_it_was),
		TEST(every_kind_and_state_of_the_model_is_one_of_the_schema),
		TEST(lists_come_by_start_with_sorted_attendees),
		TEST(nobody_is_booked_twice_at_once),
		TEST(a_session_that_moves_or_is_booked_meets_the_same_refusal),
		TEST(an_expert_is_booked_once_at_a_time),
		TEST(a_room_holds_as_many_sessions_as_it_may),
		TEST(sessions_change_places),
		TEST(the_last_of_many_moves_costs_what_the_first_does),
		TEST(one_request_fails_and_its_neighbours_stay),
		TEST(what_grows_never_falls_and_what_was_published_stays),
		TEST(who_has_left_what_was_published_is_remembered),
		TEST(what_cannot_be_is_refused),
		TEST(the_local_hour_is_kept_with_its_zone),
		TEST(the_budget_is_summed_inside_the_transaction),
		TEST(a_persons_duos_are_those_of_all_its_sessions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
