/* What was answered "ok" is there, what was not is not there or is there whole: with a disk that
 * fails at the n-th write for every n, a full disk, a power cut after every commit, and kill -9. */
#include "store_kit.h"
#include "store_shim.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/wait.h>

static char base_path[128];

/* A store with people and some sessions, to be copied for every round. */
static int make_base(void **state)
{
	kit_setup(state);
	shim_install();
	struct err err;
	struct db *db = kit_people();
	MUST(db_begin(db, &err));
	for (int i = 0; i < 20; i++)
		kit_book(db, "anna-bram", STATE_BOOKED, 1000 + 2 * i, 60);
	MUST(db_commit(db, &err));
	db_close(db);
	snprintf(base_path, sizeof base_path, "%s/base.db", kit_folder);
	return rename(kit_path, base_path);
}

static void fresh_copy(void)
{
	static const char *const also[] = {"-wal", "-shm", "-journal"};
	char name[160];
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", kit_path, also[i]);
		(void)unlink(name);
	}
	shim_copy(base_path, kit_path);
}

struct scenario {
	int sessions;	    /* in one request */
	const char *pragma; /* to make more of it happen while it is watched */
};

/* Two requests in a group: some sessions with a ledger entry, and a note. */
static bool book_group(struct db *db, const struct scenario *scenario, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	bool ok = db_savepoint(db, err);
	for (int i = 0; ok && i < scenario->sessions; i++) {
		struct session s = kit_session("cato-dirk", STATE_BOOKED, 2 * i, 60);
		ok = sessions_insert(db, &s, err);
		struct entry e = {.person = "cato", .session = s.id, .minutes = 60};
		ok = ok && ledger_add(db, &e, err);
		session_fini(&s);
	}
	ok = ok && db_release(db, err) && db_meta_put(db, "note", "done", 4, err);
	if (ok)
		return db_commit(db, err);
	db_rollback(db);
	return false;
}

enum outcome { STORED, REFUSED, INDETERMINATE };

/* All of the group, or nothing; as the outcome says. */
static void check_store(struct db *db, const struct scenario *scenario, enum outcome outcome,
			long n)
{
	int64_t sessions = kit_number(db, "SELECT count(*) FROM session") - 20;
	int64_t attendees = kit_number(db, "SELECT count(*) FROM attendee") - 40;
	int64_t entries = kit_number(db, "SELECT count(*) FROM ledger");
	int64_t notes = kit_number(db, "SELECT count(*) FROM meta WHERE key = 'note'");
	bool all = sessions == scenario->sessions && attendees == 2 * scenario->sessions &&
		   entries == scenario->sessions && notes == 1;
	bool nothing = sessions == 0 && attendees == 0 && entries == 0 && notes == 0;
	if ((!all && !nothing) || (outcome == STORED && !all) || (outcome == REFUSED && !nothing))
		fail_msg("fault %ld, outcome %d: %lld sessions, %lld attendees, %lld entries, "
			 "%lld notes",
			 n, (int)outcome, (long long)sessions, (long long)attendees,
			 (long long)entries, (long long)notes);
}

/* The n-th operation fails; false when there were not so many. */
static bool fail_nth(const struct scenario *scenario, int ops, int rc, bool for_good, long n,
		     int *indeterminate)
{
	struct err err = {0};
	enum outcome outcome = STORED;
	fresh_copy();
	struct db *db = kit_open();
	if (scenario->pragma)
		kit_does(db, scenario->pragma);
	shim_arm(ops, n, rc, for_good);
	if (!book_group(db, scenario, &err)) {
		outcome = strstr(err.text, "indeterminate") ? INDETERMINATE : REFUSED;
		kit_says(&err, ERR_STORE,
			 rc == SQLITE_FULL ? "the disk is full" : "the disk failed");
		if (!db->handle) { /* could not be opened again: everything says so */
			struct session_list list;
			assert_false(sessions_load(db, NULL, &list, &err));
			kit_says(&err, ERR_STORE, "is closed after a failure of the disk");
			assert_false(db_meta_put(db, "a", "b", 1, &err));
			kit_says(&err, ERR_STORE, "changes are refused until");
		}
	}
	bool came = shim_disarm();
	assert_true(came || outcome == STORED);
	*indeterminate += outcome == INDETERMINATE;
	MUST(db_begin(db, &err)); /* the disk is back: so are we */
	db_rollback(db);
	check_store(db, scenario, outcome, n);
	db_close(db);
	MUST(db_quick_check(kit_path, &err));
	db = kit_open();
	check_store(db, scenario, outcome, n);
	MUST(db_meta_put(db, "after", "x", 1, &err));
	db_close(db);
	return came;
}

static const struct scenario scenarios[] = {
	{3, NULL},
	{3, "PRAGMA wal_autocheckpoint = 1"}, /* a checkpoint right behind the commit */
	{40, "PRAGMA cache_size = 4"},	      /* pages spill long before it */
};

static void every_nth_operation(int ops, int rc, bool for_good, int *indeterminate)
{
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		long n = 1;
		while (fail_nth(&scenarios[i], ops, rc, for_good, n, indeterminate))
			n += n > 30 ? 7 : 1; /* the long one: a sample behind the first 30 */
		assert_true(n > 3);
	}
}

static void an_io_error_leaves_all_or_nothing(void **state)
{
	(void)state;
	int indeterminate = 0;
	every_nth_operation(SHIM_ANY, SQLITE_IOERR, false, &indeterminate);
	assert_true(indeterminate > 0); /* the commit itself was among them */
}

static void a_dead_disk_refuses_until_it_is_back(void **state)
{
	(void)state;
	int indeterminate = 0;
	every_nth_operation(SHIM_ANY, SQLITE_IOERR, true, &indeterminate);
	assert_true(indeterminate > 0);
}

static void a_full_disk_changes_nothing(void **state)
{
	(void)state;
	int indeterminate = 0;
	every_nth_operation(SHIM_WRITE | SHIM_TRUNCATE, SQLITE_FULL, true, &indeterminate);
	every_nth_operation(SHIM_WRITE | SHIM_TRUNCATE, SQLITE_FULL, false, &indeterminate);
	assert_int_equal(indeterminate, 0); /* that much is known */
}

/* One request of a group meets the full disk: what follows in the group cannot slip in alone. */
static void a_group_that_lost_its_disk_stays_lost(void **state)
{
	(void)state;
	struct err err;
	static const struct scenario scenario = {60, "PRAGMA cache_size = 4"};
	fresh_copy();
	struct db *db = kit_open();
	kit_does(db, scenario.pragma);
	MUST(db_begin(db, &err));
	MUST(db_savepoint(db, &err));
	shim_arm(SHIM_WRITE, 1, SQLITE_FULL, false); /* once only: afterwards there is room */
	bool ok = true;
	for (int i = 0; ok && i < 500; i++) {
		struct session s = kit_session("cato-dirk", STATE_BOOKED, 2 * i, 60);
		ok = sessions_insert(db, &s, &err);
		session_fini(&s);
	}
	assert_false(ok);
	assert_true(shim_disarm());
	db_undo(db);
	assert_false(db_savepoint(db, &err));
	kit_says(&err, ERR_STORE, "the disk is full; nothing was changed");
	assert_false(db_meta_put(db, "note", "x", 1, &err));
	assert_false(db_release(db, &err));
	assert_false(db_commit(db, &err));
	kit_says(&err, ERR_STORE, "the disk is full; nothing was changed");
	check_store(db, &scenario, REFUSED, 0);
	MUST(book_group(db, &scenario, &err) ? true : false);
	check_store(db, &scenario, STORED, 0);
	db_close(db);
}

/* Making a store fails at every point: the next start makes it. */
static void a_first_start_that_failed_is_made_good(void **state)
{
	(void)state;
	struct err err;
	bool came = true;
	for (long n = 1; came; n++) {
		fresh_copy();
		assert_int_equal(unlink(kit_path), 0);
		shim_arm(SHIM_ANY, n, SQLITE_IOERR, true);
		struct db *db = db_open(kit_path, &err);
		came = shim_disarm();
		assert_true(came || db);
		db_close(db);
		db = kit_open();
		assert_int_equal(kit_number(db, "PRAGMA user_version"),
				 schema_migrations[schema_n_migrations - 1].to);
		MUST(db_meta_put(db, "k", "v", 1, &err));
		db_close(db);
	}
}

/* After every acknowledged commit the power goes: what the last syncs left is opened elsewhere. */
static void a_power_cut_loses_nothing_acknowledged(void **state)
{
	(void)state;
	struct err err;
	char cut[160], from[160], to[200];
	static const char *const files[] = {"", "-wal"};
	fresh_copy();
	snprintf(cut, sizeof cut, "%s/cut.db", kit_folder);
	snprintf(from, sizeof from, "%s.durable", kit_path);
	shim_copy(kit_path, from);
	struct db *db = kit_open();
	kit_does(db, "PRAGMA wal_autocheckpoint = 20");
	shim.images = true;
	for (int i = 0; i < 60; i++) {
		kit_book(db, "cato-dirk", STATE_BOOKED, 2 * i, 60);
		shim.images = false;
		for (size_t f = 0; f < 2; f++) {
			snprintf(from, sizeof from, "%s%s.durable", kit_path, files[f]);
			snprintf(to, sizeof to, "%s%s", cut, files[f]);
			(void)unlink(to);
			if (access(from, F_OK) == 0)
				shim_copy(from, to);
		}
		struct db *after = db_open(cut, &err);
		if (!after)
			fail_msg("after commit %d: %s", i, err.text);
		assert_int_equal(kit_number(after, "SELECT count(*) FROM session"), 21 + i);
		assert_int_equal(kit_number(after, "SELECT count(*) FROM attendee"), 42 + 2 * i);
		db_close(after);
		shim.images = true;
	}
	shim.images = false;
	db_close(db);
}

/* ---- kill -9 ---------------------------------------------------------------------------------- */

enum { KILLS = 60, GROUP = 3 };

/* Books groups of three and writes the number of each to @pipe once it is stored, for ever. */
static _Noreturn void child(int pipe, int first)
{
	struct err err;
	struct db *db = db_open(kit_path, &err);
	for (int group = first; db; group++) {
		char number[16];
		snprintf(number, sizeof number, "%d", group);
		bool ok = db_begin(db, &err);
		for (int i = 0; ok && i < GROUP; i++) {
			struct session s =
				kit_session("cato-dirk", STATE_BOOKED, GROUP * group + i, 60);
			s.reason = number;
			ok = sessions_insert(db, &s, &err);
			xfree(s.attendees);
		}
		if (!ok || !db_commit(db, &err) || write(pipe, &group, sizeof group) < 0)
			break;
	}
	_exit(1);
}

/* Lets the child work until it was killed at some moment; the last number that it wrote, -1: none.
 */
static int kill_one(int first, unsigned *seed)
{
	int ends[2], group, last = -1;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(ends[1], first);
	close(ends[1]);
	if (read(ends[0], &group, sizeof group) == (ssize_t)sizeof group)
		last = group;
	*seed = *seed * 1103515245 + 12345;
	usleep((*seed >> 8) % 5000);
	kill(pid, SIGKILL);
	while (read(ends[0], &group, sizeof group) == (ssize_t)sizeof group)
		last = group;
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* it never ended by itself */
	return last;
}

static unsigned seed_given;

static void kill_9_loses_nothing_acknowledged(void **state)
{
	(void)state;
	struct err err;
	int next = 0, unacknowledged = 0;
	unsigned seed = seed_given ? seed_given : (unsigned)clock_mono_ns() | 1;
	print_message("rerun: test_store_faults %u\n", seed);
	fresh_copy();
	for (int i = 0; i < KILLS; i++) {
		int last = kill_one(next, &seed);
		struct db *db = kit_open();
		int64_t groups = kit_number(db, "SELECT count(DISTINCT reason) FROM session"
						" WHERE reason IS NOT NULL");
		int64_t rows = kit_number(db, "SELECT count(*) FROM session s JOIN attendee a"
					      " ON a.session = s.id WHERE reason IS NOT NULL");
		/* all that were acknowledged, at most one more, each of them whole */
		assert_in_range(groups, last + 1, (last < next ? next : last + 1) + 1);
		assert_int_equal(rows, 2 * GROUP * groups);
		assert_int_equal(kit_number(db, "SELECT count(*) FROM (SELECT 1 FROM session"
						" WHERE reason IS NOT NULL GROUP BY reason"
						" HAVING count(*) <> 3)"),
				 0);
		unacknowledged += groups > (last < next ? next : last + 1);
		db_close(db);
		MUST(db_quick_check(kit_path, &err));
		next = (int)groups;
	}
	print_message("%d kills, %d groups, %d stored but not yet answered\n", KILLS, next,
		      unacknowledged);
	assert_true(next >= KILLS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_io_error_leaves_all_or_nothing),
		cmocka_unit_test(a_dead_disk_refuses_until_it_is_back),
		cmocka_unit_test(a_full_disk_changes_nothing),
		cmocka_unit_test(a_group_that_lost_its_disk_stays_lost),
		cmocka_unit_test(a_first_start_that_failed_is_made_good),
		cmocka_unit_test(a_power_cut_loses_nothing_acknowledged),
		cmocka_unit_test(kill_9_loses_nothing_acknowledged),
	};
	if (argc > 1)
		seed_given = (unsigned)strtoul(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, make_base, kit_teardown);
}
