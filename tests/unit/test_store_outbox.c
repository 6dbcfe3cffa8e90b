/* test_store_outbox.c -- the outbox: one row a person and session, in the order in which it is
 * their turn; what was being sent is queued again after a restart; no sequence falls. */
#include "store_kit.h"

#include "store/outbox.h"

static struct db *opened(int64_t sessions[3])
{
	struct err err;
	struct db *db = kit_people();
	MUST(db_begin(db, &err));
	for (int i = 0; i < 3; i++)
		sessions[i] = kit_book(db, "anna-bram", STATE_BOOKED, 24 * i, 60);
	return db;
}

static struct outbox_row row(const char *person, int64_t session, utc_t not_before, utc_t soon)
{
	struct outbox_row r = {
		.session = session, .queued_at = NEW_YEAR, .not_before = not_before, .soon = soon};
	strcpy(r.person, person);
	return r;
}

static void a_row_comes_back_as_it_was(void **state)
{
	(void)state;
	struct err err;
	int64_t s[3];
	struct db *db = opened(s);
	struct outbox_row r = row("anna", s[1], 5, 6), back;
	r.state = OUTBOX_FAILED;
	r.kind = OUTBOX_REQUEST;
	r.version = 7;
	r.announced = true;
	r.attempts = 8;
	r.tried_at = 9;
	r.was = (struct outbox_known){true, 10, 11};
	r.answer = xstrdup("550 no");
	r.address = xstrdup("anna@school.example");
	r.sequence = 12;
	r.modified = 13;
	r.end = 14;
	strcpy(r.key, "0123456789abcdef0123456789abcdef");
	MUST(outbox_get(db, "anna", s[1], &back, &err));
	assert_int_equal(back.id, 0);
	MUST(outbox_put(db, &r, &err));
	MUST(outbox_get(db, "anna", s[1], &back, &err));
	assert_int_equal(back.id, r.id);
	assert_string_equal(back.person, "anna");
	assert_string_equal(back.duo, "anna-bram");
	assert_int_equal(back.state, OUTBOX_FAILED);
	assert_int_equal(back.kind, OUTBOX_REQUEST);
	assert_int_equal(back.version, 7);
	assert_true(back.announced);
	assert_int_equal(back.attempts, 8);
	assert_int_equal(back.queued_at, NEW_YEAR);
	assert_int_equal(back.not_before, 5);
	assert_int_equal(back.soon, 6);
	assert_int_equal(back.tried_at, 9);
	assert_true(back.was.on && back.was.start == 10 && back.was.end == 11);
	assert_string_equal(back.answer, "550 no");
	assert_string_equal(back.address, "anna@school.example");
	assert_int_equal(back.sequence, 12);
	assert_int_equal(back.modified, 13);
	assert_int_equal(back.end, 14);
	assert_string_equal(back.key, r.key);
	/* over itself, by its number too: there is one row a person and session */
	int64_t id = back.id;
	back.state = OUTBOX_QUEUED;
	xfree(back.answer);
	back.answer = NULL;
	MUST(outbox_put(db, &back, &err));
	outbox_row_fini(&back);
	MUST(outbox_by_id(db, id, &back, &err));
	assert_int_equal(back.state, OUTBOX_QUEUED);
	assert_null(back.answer);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail"), 1);
	outbox_row_fini(&back);
	assert_false(outbox_by_id(db, id + 1, &back, &err));
	kit_says(&err, ERR_NOTFOUND, "there is no message 2");
	outbox_row_fini(&back);
	outbox_row_fini(&r);
	db_rollback(db);
	db_close(db);
}

static void whose_turn_it_is(void **state)
{
	(void)state;
	struct err err;
	int64_t s[3];
	id_text who;
	utc_t next;
	struct db *db = opened(s);
	MUST(outbox_next(db, 100, who, &next, &err));
	assert_string_equal(who, "");
	assert_true(next == UTC_MAX);
	struct outbox_row late = row("anna", s[0], 50, 1), soon = row("bram", s[1], 40, 2),
			  later = row("anna", s[2], 40, 3);
	MUST(outbox_put(db, &late, &err) && outbox_put(db, &later, &err) &&
	     outbox_put(db, &soon, &err));
	MUST(outbox_next(db, 39, who, &next, &err));
	assert_string_equal(who, "");
	assert_int_equal(next, 40);
	MUST(outbox_next(db, 40, who, &next, &err));
	assert_string_equal(who, "bram");
	soon.state = OUTBOX_SENDING;
	MUST(outbox_put(db, &soon, &err));
	MUST(outbox_next(db, 40, who, &next, &err));
	assert_string_equal(who, "anna");
	struct outbox_list list;
	MUST(outbox_waiting(db, "anna", &list, &err));
	assert_int_equal(list.n, 2);
	outbox_list_fini(&list);
	MUST(outbox_waiting(db, "bram", &list, &err));
	assert_int_equal(list.n, 0);
	outbox_list_fini(&list);
	size_t counts[OUTBOX_STATES];
	MUST(outbox_count(db, counts, &err));
	assert_int_equal(counts[OUTBOX_QUEUED], 2);
	assert_int_equal(counts[OUTBOX_SENDING], 1);
	MUST(outbox_recover(db, &err));
	MUST(outbox_count(db, counts, &err));
	assert_int_equal(counts[OUTBOX_QUEUED], 3);
	assert_int_equal(counts[OUTBOX_SENDING], 0);
	/* the queue is found by its index, however long it is */
	sqlite3_stmt *stmt;
	assert_int_equal(
		sqlite3_prepare_v2(db->handle,
				   "EXPLAIN QUERY PLAN SELECT p.id, m.not_before FROM mail m"
				   " CROSS JOIN person p ON p.num = m.person"
				   " WHERE m.state = 'queued'"
				   " ORDER BY m.not_before, m.soon, m.id LIMIT 1",
				   -1, &stmt, NULL),
		SQLITE_OK);
	bool by_index = false;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *how = (const char *)sqlite3_column_text(stmt, 3);
		by_index = by_index || strstr(how, "mail_queue");
		assert_null(strstr(how, "TEMP B-TREE"));
	}
	assert_true(by_index);
	sqlite3_finalize(stmt);
	db_rollback(db);
	db_close(db);
}

static void what_is_over_is_forgotten(void **state)
{
	(void)state;
	struct err err;
	int64_t s[3];
	struct db *db = opened(s);
	struct outbox_row note = row("anna", s[0], 0, 0), invited = row("anna", s[1], 0, 0),
			  waiting = row("anna", s[2], 0, 0);
	note.state = invited.state = OUTBOX_SENT;
	note.tried_at = invited.tried_at = 100;
	invited.address = xstrdup("anna@school.example");
	invited.end = 300;
	MUST(outbox_put(db, &note, &err) && outbox_put(db, &invited, &err) &&
	     outbox_put(db, &waiting, &err));
	MUST(outbox_prune(db, 100, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail"), 3);
	MUST(outbox_prune(db, 101, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail"), 2);
	MUST(outbox_prune(db, 301, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail WHERE state = 'queued'"), 1);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail"), 1);
	MUST(outbox_forget(db, waiting.id, &err));
	assert_int_equal(kit_number(db, "SELECT count(*) FROM mail"), 0);
	outbox_row_fini(&invited);
	db_rollback(db);
	db_close(db);
}

static void the_database_refuses(void **state)
{
	(void)state;
	struct err err;
	int64_t s[3];
	struct db *db = opened(s);
	struct outbox_row r = row("anna", s[0], 0, 0), nobody = row("zoe", s[0], 0, 0);
	r.address = xstrdup("anna@school.example");
	r.sequence = 4;
	MUST(outbox_put(db, &r, &err));
	r.sequence = 3;
	assert_false(outbox_put(db, &r, &err));
	kit_says(&err, ERR_CONFLICT, "the sequence of an invitation never falls");
	assert_false(outbox_put(db, &nobody, &err));
	kit_says(&err, ERR_NOTFOUND, "zoe");
	kit_refuses(db, "UPDATE mail SET state = 'lost'", "CHECK");
	kit_refuses(db, "UPDATE mail SET kind = 'spam'", "CHECK");
	kit_refuses(db, "UPDATE mail SET attempts = -1", "CHECK");
	kit_refuses(db,
		    "INSERT INTO mail SELECT 99, person, session, state, kind, version,"
		    " announced, attempts, queued_at, not_before, soon, tried_at, was_on,"
		    " was_start, was_end, answer, address, sequence, modified, end_at, key"
		    " FROM mail",
		    "UNIQUE");
	for (int i = 0; i < OUTBOX_STATES; i++) {
		enum outbox_state back;
		assert_true(outbox_state_from_word(outbox_state_word((enum outbox_state)i), &back));
		assert_int_equal(back, i);
	}
	outbox_row_fini(&r);
	db_rollback(db);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_row_comes_back_as_it_was),
		TEST(whose_turn_it_is),
		TEST(what_is_over_is_forgotten),
		TEST(the_database_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
