/* Obligations: what goes in comes out, what the database refuses by itself, and who is shown them. */
#include "store_kit.h"

static struct obligation obligation(const char *duo, enum obligation_kind kind, int number,
				    day_t due)
{
	struct obligation o = {.kind = kind, .number = number, .due = due};
	snprintf(o.duo, sizeof o.duo, "%s", duo);
	obligation_stamp(&o, NULL, NEW_YEAR);
	return o;
}

static void same(const struct obligation *a, const struct obligation *b)
{
	assert_int_equal(a->id, b->id);
	assert_string_equal(a->duo, b->duo);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->due, b->due);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->sequence, b->sequence);
	assert_int_equal(a->created_at, b->created_at);
	assert_int_equal(a->last_modified, b->last_modified);
	assert_int_equal(a->cancelled_at, b->cancelled_at);
	assert_int_equal(a->done_at, b->done_at);
	kit_same_text(a->done_by, b->done_by);
	kit_same_text(a->reason, b->reason);
}

static void an_obligation_comes_back_as_it_was(void **state)
{
	(void)state;
	struct err err;
	struct owed owed;
	struct db *db = kit_people();
	struct obligation open = obligation("cato-dirk", OBLIGATION_REFLECTION, 2, 20780);
	struct obligation done = obligation("cato-dirk", OBLIGATION_PLAN, 1, 20735);
	struct obligation off = obligation("cato-dirk", OBLIGATION_EVALUATION, 1, 20990);
	MUST(obligations_insert(db, &open, &err));
	MUST(obligations_insert(db, &done, &err));
	MUST(obligations_insert(db, &off, &err));
	struct obligation was = done;
	done.state = OBLIGATION_DONE;
	done.done_at = NEW_YEAR + 60;
	done.done_by = xstrdup("uid 1000");
	done.reason = xstrdup("opnieuw; \xc3\xa9n beter");
	obligation_stamp(&done, &was, NEW_YEAR);
	MUST(obligations_update(db, &done, &err));
	was = off;
	off.state = OBLIGATION_CANCELLED;
	off.due++;
	obligation_stamp(&off, &was, NEW_YEAR + 5);
	MUST(obligations_update(db, &off, &err));
	db_close(db);
	db = kit_open();
	MUST(obligations_load(db, "cato-dirk", &owed, &err));
	assert_int_equal(owed.obligations.n, 3); /* by kind and number */
	same(&owed.obligations.v[0], &off);
	same(&owed.obligations.v[1], &done);
	same(&owed.obligations.v[2], &open);
	assert_int_equal(owed.obligations.v[0].sequence, 1);
	assert_int_equal(owed.obligations.v[0].last_modified, NEW_YEAR + 5);
	assert_int_equal(owed.obligations.v[1].last_modified, NEW_YEAR + 1);
	assert_string_equal(owed.members[0], "cato");
	assert_string_equal(owed.members[1], "dirk");
	assert_int_equal(owed.n_left, 0);
	owed_fini(&owed);
	assert_false(obligations_load(db, "eva-fons", &owed, &err));
	kit_says(&err, ERR_NOTFOUND, "the store knows no duo eva-fons");
	off.id = 99;
	assert_false(obligations_update(db, &off, &err));
	kit_says(&err, ERR_NOTFOUND, "there is no obligation o99");
	obligation_fini(&done);
	db_close(db);
}

static void all_come_by_duo(void **state)
{
	(void)state;
	struct err err;
	struct owed_list all;
	struct db *db = kit_people();
	static const char *const order[] = {"cato-dirk", "anna-bram", "cato-dirk"};
	for (int i = 0; i < 3; i++) {
		struct obligation o = obligation(order[i], OBLIGATION_REFLECTION, 9 - i, 20700 + i);
		MUST(obligations_insert(db, &o, &err));
		assert_int_equal(o.id, i + 1);
	}
	MUST(obligations_load_all(db, &all, &err));
	assert_int_equal(all.n, 2); /* anna-cato owes nothing */
	assert_string_equal(all.v[0].duo, "anna-bram");
	assert_int_equal(all.v[0].obligations.n, 1);
	assert_int_equal(all.v[0].obligations.v[0].id, 2);
	assert_string_equal(all.v[1].duo, "cato-dirk");
	assert_int_equal(all.v[1].obligations.n, 2);
	assert_int_equal(all.v[1].obligations.v[0].number, 7);
	assert_int_equal(all.v[1].obligations.v[1].number, 9);
	assert_string_equal(all.v[1].obligations.v[1].duo, "cato-dirk");
	owed_list_fini(&all);
	db_close(db);
}

static void other_words_are_another_version(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct obligation v[3];
	for (int i = 0; i < 3; i++) {
		v[i] = obligation("anna-bram", OBLIGATION_REFLECTION, i + 1, 20700 + i);
		MUST(obligations_insert(db, &v[i], &err));
	}
	const int64_t some[] = {v[2].id, v[0].id};
	utc_t was = v[0].last_modified;
	MUST(obligations_stamp(db, some, 2, was - 100, &err));
	MUST(obligations_stamp(db, some, 1, was + 100, &err));
	MUST(obligations_stamp(db, NULL, 0, was + 200, &err));
	struct owed owed;
	MUST(obligations_load(db, "anna-bram", &owed, &err));
	for (int i = 0; i < 3; i++) {
		const struct obligation *o = &owed.obligations.v[i];
		assert_int_equal(o->last_modified, was + (i == 2 ? 100 : i == 0));
		assert_int_equal(o->sequence, v[i].sequence);
		assert_int_equal(o->due, v[i].due);
	}
	owed_fini(&owed);
	db_close(db);
}

static void every_kind_and_state_is_one_of_the_schema(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	for (int kind = 0; kind < OBLIGATION_KINDS; kind++)
		for (int st = 0; st < OBLIGATION_STATES; st++) {
			struct obligation o =
				obligation("anna-bram", (enum obligation_kind)kind, st + 1, 20700);
			o.state = (enum obligation_state)st;
			o.done_at = st == OBLIGATION_DONE ? NEW_YEAR : 0;
			o.cancelled_at = st == OBLIGATION_CANCELLED ? NEW_YEAR : 0;
			MUST(obligations_insert(db, &o, &err));
		}
	assert_int_equal(kit_number(db, "SELECT count(DISTINCT kind) FROM obligation"),
			 OBLIGATION_KINDS);
	assert_int_equal(kit_number(db, "SELECT count(DISTINCT state) FROM obligation"),
			 OBLIGATION_STATES);
	kit_refuses(db, "UPDATE obligation SET state = 'late', sequence = 9", "CHECK");
	kit_refuses(db, "UPDATE obligation SET done_at = 5 WHERE state = 'open'", "CHECK");
	kit_refuses(db, "UPDATE obligation SET done_by = 'x' WHERE state = 'open'", "CHECK");
	kit_refuses(db, "UPDATE obligation SET cancelled_at = 0 WHERE state = 'cancelled'",
		    "CHECK");
	kit_refuses(db, "UPDATE obligation SET due = 99999999, sequence = 9", "CHECK");
	db_close(db);
}

static void what_was_published_is_never_unsaid(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct obligation o = obligation("anna-bram", OBLIGATION_PLAN, 1, 20700);
	MUST(obligations_insert(db, &o, &err));
	struct obligation twice = o;
	assert_false(obligations_insert(db, &twice, &err));
	kit_says(&err, ERR_BUG, "UNIQUE");
	kit_does(db, "UPDATE obligation SET sequence = 3, last_modified = last_modified + 9");
	kit_refuses(db, "UPDATE obligation SET sequence = 2", "never falls");
	kit_refuses(db, "UPDATE obligation SET last_modified = last_modified - 1", "never falls");
	kit_refuses(db, "UPDATE obligation SET due = due + 1", "under a new sequence");
	kit_refuses(db, "UPDATE obligation SET state = 'done', done_at = 1",
		    "under a new sequence");
	kit_refuses(db, "UPDATE obligation SET id = 7", "stays what it was made for");
	kit_refuses(db, "UPDATE obligation SET duo = 2", "stays what it was made for");
	kit_refuses(db, "UPDATE obligation SET kind = 'evaluation'", "stays what it was made for");
	kit_refuses(db, "UPDATE obligation SET ordinal = 2", "stays what it was made for");
	kit_refuses(db, "UPDATE obligation SET created_at = 2", "stays what it was made for");
	kit_refuses(db, "DELETE FROM obligation", "never deleted");
	kit_does(db, "UPDATE obligation SET due = due + 1, sequence = 4");
	db_close(db);
}

static void duos_of(struct db *db, const char *person, const char *want)
{
	struct err err;
	id_text *v;
	size_t n;
	struct buf got = {0};
	MUST(obligations_duos_of(db, person, &v, &n, &err));
	for (size_t i = 0; i < n; i++)
		buf_addf(&got, "%s%s", i ? " " : "", v[i]);
	assert_string_equal(buf_str(&got), want);
	buf_fini(&got);
	xfree(v);
}

/* The members of "anna-bram" from now on. */
static void members_are(struct db *db, const char *a, const char *b, const char *topic, utc_t now)
{
	static const char *const persons[] = {"anna", "bram", "cato", "dirk", NULL};
	static const char *const duos[] = {"anna-bram", "anna-cato", "cato-dirk", NULL};
	struct roster r = kit_roster(persons, duos);
	snprintf(r.duos[0].members[0], sizeof(id_text), "%s", a);
	snprintf(r.duos[0].members[1], sizeof(id_text), "%s", b);
	xfree(r.duos[0].topic);
	r.duos[0].topic = xstrdup(topic);
	kit_apply(db, &r, now);
	roster_fini(&r);
}

/* Who left anna-bram ("dirk@7"), and its obligation's versions. */
static void left_are(struct db *db, const char *want, int sequence, utc_t modified)
{
	struct err err;
	struct owed owed;
	struct buf got = {0};
	MUST(obligations_load(db, "anna-bram", &owed, &err));
	for (size_t i = 0; i < owed.n_left; i++)
		buf_addf(&got, "%s%s@%lld", i ? " " : "", owed.left[i].person,
			 (long long)(owed.left[i].at - NEW_YEAR));
	assert_string_equal(buf_str(&got), want);
	assert_int_equal(owed.obligations.v[0].sequence, sequence);
	assert_int_equal(owed.obligations.v[0].last_modified, NEW_YEAR + modified);
	buf_fini(&got);
	owed_fini(&owed);
}

static void who_left_a_duo_is_remembered(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct obligation o = obligation("anna-bram", OBLIGATION_PLAN, 1, 20700);
	MUST(obligations_insert(db, &o, &err));
	left_are(db, "", 0, 0);
	members_are(db, "bram", "anna", "another topic", NEW_YEAR + 5); /* the same two */
	left_are(db, "", 0, 0);
	members_are(db, "cato", "anna", "another topic", NEW_YEAR + 10);
	left_are(db, "bram@10", 1, 10);
	duos_of(db, "bram", "anna-bram");
	duos_of(db, "cato", "anna-bram anna-cato cato-dirk");
	members_are(db, "cato", "anna", "a third topic", NEW_YEAR + 20); /* since 10 still */
	left_are(db, "bram@10", 1, 10);
	members_are(db, "dirk", "cato", "a third topic", NEW_YEAR + 10); /* the clock stood still */
	left_are(db, "anna@10 bram@10", 2, 11);
	members_are(db, "bram", "dirk", "a third topic", NEW_YEAR + 40); /* one is back */
	left_are(db, "anna@10 cato@40", 3, 40);
	duos_of(db, "eva", "");
	struct owed_list all;
	MUST(obligations_load_all(db, &all, &err));
	assert_int_equal(all.n, 1);
	assert_int_equal(all.v[0].n_left, 2);
	assert_string_equal(all.v[0].left[1].person, "cato");
	owed_list_fini(&all);
	db_close(db);
}

static void a_damaged_store_is_no_obligation(void **state)
{
	(void)state;
	struct err err;
	struct owed owed;
	struct owed_list all;
	struct db *db = kit_people();
	struct obligation o = obligation("anna-bram", OBLIGATION_PLAN, 1, 20700);
	MUST(obligations_insert(db, &o, &err));
	kit_does(db, "PRAGMA ignore_check_constraints = ON");
	kit_does(db, "DROP TRIGGER obligation_grows");
	kit_does(db, "UPDATE obligation SET kind = 'party'");
	assert_false(obligations_load(db, "anna-bram", &owed, &err));
	kit_says(&err, ERR_STORE, "damaged");
	kit_does(db, "UPDATE obligation SET kind = 'plan', ordinal = 0");
	assert_false(obligations_load_all(db, &all, &err));
	kit_says(&err, ERR_STORE, "damaged");
	kit_does(db, "UPDATE obligation SET ordinal = 1, state = 'gone'");
	assert_false(obligations_load_all(db, &all, &err));
	kit_says(&err, ERR_STORE, "damaged");
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_obligation_comes_back_as_it_was),
		TEST(all_come_by_duo),
		TEST(other_words_are_another_version),
		TEST(every_kind_and_state_is_one_of_the_schema),
		TEST(what_was_published_is_never_unsaid),
		TEST(who_left_a_duo_is_remembered),
		TEST(a_damaged_store_is_no_obligation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
