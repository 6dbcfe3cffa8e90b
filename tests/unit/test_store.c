/* The file itself: made, opened again, migrated, refused when it is not ours or not whole. */
#include "store_kit.h"

#include <fcntl.h>

static void a_new_store_has_every_guard(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	struct stat st;
	int on = 0;
	assert_int_equal(stat(kit_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(kit_number(db, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
	assert_int_equal(kit_number(db, "PRAGMA user_version"),
			 schema_migrations[schema_n_migrations - 1].to);
	assert_int_equal(kit_number(db, "PRAGMA synchronous"), 2);
	assert_int_equal(kit_number(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(kit_number(db, "PRAGMA trusted_schema"), 0);
	assert_int_equal(kit_number(db, "PRAGMA cell_size_check"), 1);
	assert_int_equal(kit_number(db, "PRAGMA busy_timeout"), 5000);
	assert_int_equal(kit_number(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, -1, &on);
	assert_int_equal(on, 1);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM pragma_table_list WHERE strict = 0"
					" AND name NOT LIKE 'sqlite%'"),
			 0);
	MUST(sql_prepare_all(db, &err));
	MUST(db_quick_check(kit_path, &err)); /* while it is in use */
	db_close(db);
	MUST(db_quick_check(kit_path, &err));
	db_close(NULL);
}

static void meta_keeps_bytes(void **state)
{
	(void)state;
	struct err err;
	struct buf value = {0};
	struct db *db = kit_open();
	buf_adds(&value, "before");
	assert_false(db_meta_get(db, "host", &value, &err));
	kit_says(&err, ERR_NOTFOUND, "\"host\"");
	assert_string_equal(buf_str(&value), "before");
	MUST(db_meta_put(db, "host", "a\0b", 3, &err));
	MUST(db_meta_put(db, "empty", NULL, 0, &err));
	db_close(db);
	db = kit_open();
	MUST(db_meta_get(db, "host", &value, &err));
	assert_int_equal(value.n, 3);
	assert_memory_equal(value.v, "a\0b", 4);
	MUST(db_meta_put(db, "host", "x", 1, &err));
	MUST(db_meta_get(db, "host", &value, &err));
	assert_string_equal(buf_str(&value), "x");
	MUST(db_meta_get(db, "empty", &value, &err));
	assert_int_equal(value.n, 0);
	buf_fini(&value);
	db_close(db);
}

static void opens_not(enum err_code code, const char *part)
{
	struct err err;
	struct db *db = db_open(kit_path, &err);
	assert_null(db);
	kit_says(&err, code, part);
}

static void put_file(const char *bytes, size_t n)
{
	FILE *f = fopen(kit_path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void garbage_is_refused(void **state)
{
	(void)state;
	struct err err;
	char bytes[20000];
	unsigned seed = 7;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
	const size_t sizes[] = {1, 15, 16, 99, 100, 101, 511, 512, 4096, 20000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		put_file(bytes, sizes[i]);
		opens_not(ERR_STORE, "damaged");
		assert_false(db_quick_check(kit_path, &err));
		kit_says(&err, ERR_STORE, "is damaged");
	}
	struct stat st;
	assert_int_equal(stat(kit_path, &st), 0);
	assert_int_equal(st.st_size, 20000); /* untouched */
	memcpy(bytes, "SQLite format 3", 16);
	put_file(bytes, sizeof bytes);
	opens_not(ERR_STORE, kit_path);
}

static void foreign_and_newer_stores_are_refused_untouched(void **state)
{
	(void)state;
	sqlite3 *other;
	assert_int_equal(sqlite3_open(kit_path, &other), SQLITE_OK);
	sqlite3_exec(other, "CREATE TABLE recipe (name TEXT)", NULL, NULL, NULL);
	opens_not(ERR_STORE, "a database of another program (application id 0)");
	sqlite3_exec(other, "PRAGMA application_id = 42", NULL, NULL, NULL);
	opens_not(ERR_STORE, "a database of another program (application id 42)");
	assert_int_equal(
		sqlite3_exec(other, "INSERT INTO recipe VALUES ('soup')", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(unlink(kit_path), 0);

	struct db *db = kit_open();
	kit_does(db, "PRAGMA user_version = 1000");
	db_close(db);
	opens_not(ERR_STORE, "written by a newer tandemd (store version 1000");
	char copy[128];
	snprintf(copy, sizeof copy, "%s.before-1000", kit_path);
	assert_int_not_equal(access(copy, F_OK), 0);
}

static void a_path_that_cannot_be_is_a_sentence(void **state)
{
	(void)state;
	struct err err;
	char path[128];
	snprintf(path, sizeof path, "%s/no/such/folder.db", kit_folder);
	assert_null(db_open(path, &err));
	kit_says(&err, ERR_STORE, "No such file or directory");
	assert_null(db_open(kit_folder, &err));
	kit_says(&err, ERR_STORE, "cannot be opened");
	snprintf(path, sizeof path, "%s/none.db", kit_folder);
	assert_false(db_quick_check(path, &err));
	kit_says(&err, ERR_STORE, "cannot open");
	assert_int_not_equal(access(path, F_OK), 0);
}

/* Every length, page by page and in between: a sentence at opening or at reading, or the whole
 * truth; never a crash, never less than the truth. */
static void a_truncated_store_is_refused(void **state)
{
	(void)state;
	struct err err;
	struct session_list list;
	struct db *db = kit_people();
	MUST(db_begin(db, &err));
	for (int i = 0; i < 400; i++)
		kit_book(db, "anna-bram", STATE_BOOKED, 2 * i, 60);
	MUST(db_commit(db, &err));
	db_close(db);
	struct stat st;
	assert_int_equal(stat(kit_path, &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size -= size % 4096 ? size % 4096 : 4000) {
		assert_int_equal(truncate(kit_path, size), 0);
		db = db_open(kit_path, &err);
		if (db && sessions_load(db, NULL, &list, &err))
			fail_msg("%lld bytes were read as a store", (long long)size);
		if (err.code != ERR_STORE || !strstr(err.text, kit_path))
			fail_msg("%lld bytes: %s", (long long)size, err.text);
		db_close(db);
	}
	assert_int_equal(truncate(kit_path, 0), 0);
	char log[128];
	snprintf(log, sizeof log, "%s-wal", kit_path);
	int fd = open(log, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "frames", 6), 6);
	close(fd);
	opens_not(ERR_STORE, "is damaged: it is empty, but its log is not");
}

/* Bytes changed at random: an answer or a sentence from every list, never a crash. */
static void a_damaged_store_never_crashes(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	MUST(db_begin(db, &err));
	for (int i = 0; i < 100; i++)
		kit_book(db, "anna-bram", STATE_BOOKED, 2 * i, 60);
	MUST(db_commit(db, &err));
	db_close(db);
	static char whole[1 << 20];
	FILE *f = fopen(kit_path, "rb");
	size_t n = fread(whole, 1, sizeof whole, f);
	fclose(f);
	unsigned seed = 99;
	int refused = 0;
	for (int round = 0; round < 150; round++) {
		char *bytes = xmemdup(whole, n);
		for (int i = 0; i < 40; i++) {
			seed = seed * 1103515245 + 12345;
			size_t at = (size_t)(seed >> 4) % n;
			if (at >= 100)
				bytes[at] = (char)(seed >> 20);
		}
		put_file(bytes, n);
		xfree(bytes);
		db = db_open(kit_path, &err);
		struct session_list list = {0};
		struct retired_list retired = {0};
		if (!db || !sessions_load(db, NULL, &list, &err) ||
		    !people_retired(db, &retired, &err)) {
			refused++;
			assert_true(err.text[0] != '\0');
		}
		session_list_fini(&list);
		retired_list_fini(&retired);
		db_close(db);
	}
	assert_true(refused > 10);
}

/* Two steps behind the first of the real ones. */
static const struct migration two_steps[] = {
	{2, "ALTER TABLE person ADD COLUMN shoe_size INTEGER; PRAGMA user_version = 2;"},
	{3, "CREATE TABLE shoe (size INTEGER) STRICT; INSERT INTO shoe VALUES (43);"
	    "PRAGMA user_version = 3;"},
};

/* The store as the first version made it, with nothing in it. */
static struct db *first_version(void)
{
	struct err err;
	struct db *db = xcalloc(1, sizeof *db);
	db->path = xstrdup(kit_path);
	db->thread = pthread_self();
	assert_int_equal(sqlite3_open(kit_path, &db->handle), SQLITE_OK);
	MUST(schema_migrate(db, schema_migrations, 1, &err));
	return db;
}

static void migrating_keeps_a_copy_and_goes_step_by_step(void **state)
{
	(void)state;
	struct err err;
	struct migration list[3] = {schema_migrations[0], two_steps[0], two_steps[1]};
	char copy[128];
	snprintf(copy, sizeof copy, "%s.before-1", kit_path);
	struct db *db = first_version();
	assert_int_not_equal(access(copy, F_OK), 0); /* there was nothing to keep */
	kit_does(db, "INSERT INTO person VALUES (1, 'anna', 'Anna', NULL)");

	/* a step that fails half-way leaves the one before it, and no trace */
	list[2].sql = "CREATE TABLE shoe (size INTEGER) STRICT; PRAGMA user_version = 3;"
		      "INSERT INTO shoe VALUES ('wide');";
	assert_false(schema_migrate(db, list, 3, &err));
	kit_says(&err, ERR_BUG, "to version 3: the store refuses this");
	assert_int_equal(kit_number(db, "PRAGMA user_version"), 2);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'shoe'"),
			 0);
	list[2].sql = "CREATE TABLE shoe (size INTEGER) STRICT;";
	assert_false(schema_migrate(db, list, 3, &err));
	kit_says(&err, ERR_BUG, "the migration to 3 ends at 2");

	list[2] = two_steps[1];
	MUST(schema_migrate(db, list, 3, &err));
	assert_int_equal(kit_number(db, "PRAGMA user_version"), 3);
	assert_int_equal(kit_number(db, "SELECT size FROM shoe"), 43);
	assert_int_equal(kit_number(db, "SELECT count(shoe_size) FROM person"), 0);
	MUST(schema_migrate(db, list, 3, &err)); /* nothing left to do */
	db_close(db);

	/* the copy is a whole store of the old version */
	assert_int_equal(rename(copy, kit_path), 0);
	sqlite3 *raw;
	assert_int_equal(sqlite3_open(kit_path, &raw), SQLITE_OK);
	struct db old = {.handle = raw};
	assert_int_equal(kit_number(&old, "PRAGMA user_version"), 1);
	assert_int_equal(kit_number(&old, "SELECT count(*) FROM person"), 1);
	sqlite3_close(raw);
}

static bool file_has(const char *path, const char *what)
{
	char keep[sizeof kit_path];
	assert_true(strlen(path) < sizeof kit_path);
	memcpy(keep, kit_path, sizeof keep);
	memcpy(kit_path, path, strlen(path) + 1);
	bool has = kit_file_has(what);
	memcpy(kit_path, keep, sizeof keep);
	return has;
}

/* Versions before the sixth kept the bytes of what lay in quarantine. */
static void bytes_in_quarantine_go_from_store_log_and_copy(void **state)
{
	(void)state;
	struct err err;
	struct stat st;
	char copy[128];
	snprintf(copy, sizeof copy, "%s.before-1", kit_path);
	struct db *db = first_version();
	assert_null(db_copy_made(db));
	kit_does(db, "PRAGMA journal_mode = WAL");
	kit_does(db, "INSERT INTO source VALUES ('anna-1', 'quarantined', 5, 20, 0, '', '', 'r', 0,"
		     " 'fewer', 0, 0, x'')");
	kit_does(db, "INSERT INTO source VALUES ('bram-1', 'fresh', 5, 20, 0, '', '', 'r', 1,"
		     " NULL, 0, 0, x'')");
	kit_does(db, "INSERT INTO timetable VALUES ('anna-1', x'', x'',"
		     " CAST('Geheim overleg' || hex(zeroblob(20000)) || 'Geheim ook' AS BLOB))");
	kit_does(db, "INSERT INTO timetable VALUES ('bram-1', x'', x'', x'')");
	assert_true(kit_file_has("Geheim overleg"));
	db_close(db);
	db = kit_open();
	assert_string_equal(db_copy_made(db), copy);
	assert_false(kit_file_has("Geheim"));
	assert_int_equal(kit_number(db, "SELECT state = 'fresh' AND refused_hash = '' AND error IS "
					"NULL FROM source WHERE id = 'anna-1'"),
			 1);
	assert_int_equal(kit_number(db, "SELECT refused_hash = 'r' AND rejected = 1 FROM source"
					" WHERE id = 'bram-1'"),
			 1);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM held"), 0);
	db_close(db);
	assert_false(kit_file_has("Geheim"));
	assert_false(file_has(copy, "Geheim"));
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	MUST(db_quick_check(copy, &err));
	db = kit_open();
	assert_null(db_copy_made(db));
	db_close(db);
}

static void a_source_of_the_first_version_knows_no_validators(void **state)
{
	(void)state;
	struct err err;
	struct source_record_list list = {0};
	struct db *db = first_version();
	kit_does(db, "INSERT INTO source VALUES ('anna-1', 'never', 0, 20, 0, '', '', '', 0, 'why',"
		     " 0, 0, x'')");
	kit_does(db, "INSERT INTO timetable VALUES ('anna-1', x'', x'', x'')");
	db_close(db);
	db = kit_open();
	assert_int_equal(kit_number(db, "SELECT etag = '' AND last_modified_text = '' AND"
					" failures = 0 AND not_before = 0 FROM source"),
			 1);
	/* its first import writes them */
	struct source_record r = {.id = "anna-1", .etag = "\"a\"", .failures = 2, .not_before = 9};
	MUST(sources_put(db, &r, &err));
	MUST(sources_load(db, &list, &err));
	assert_string_equal(list.v[0].etag, "\"a\"");
	assert_int_equal(list.v[0].failures, 2);
	assert_int_equal(list.v[0].not_before, 9);
	source_record_list_fini(&list);
	db_close(db);
}

static void a_backup_is_whole_and_checked(void **state)
{
	(void)state;
	struct err err;
	char copy[128];
	snprintf(copy, sizeof copy, "%s/backup.db", kit_folder);
	struct db *db = kit_people();
	for (int i = 0; i < 2; i++) { /* over an older one too */
		kit_book(db, "anna-bram", STATE_BOOKED, 10 * i, 60);
		MUST(db_backup(db, copy, &err));
		MUST(db_quick_check(copy, &err));
	}
	MUST(db_begin(db, &err));
	assert_false(db_backup(db, copy, &err)); /* not in the middle of a group */
	db_rollback(db);
	assert_false(db_backup(db, "/no/such/folder/copy", &err));
	kit_says(&err, ERR_STORE, "No such file");
	db_close(db);
	assert_int_equal(rename(copy, kit_path), 0);
	db = kit_open();
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session"), 2);
	db_close(db);
}

static void the_check_finds_a_damaged_page(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	db_close(db);
	MUST(db_quick_check(kit_path, &err));
	int fd = open(kit_path, O_WRONLY);
	static const char junk[64] = "junk where a page of the schema begins";
	assert_int_equal(pwrite(fd, junk, sizeof junk, 3 * 4096), sizeof junk);
	close(fd);
	assert_false(db_quick_check(kit_path, &err));
	kit_says(&err, ERR_STORE, "is damaged; restore a backup");
}

static void groups_say_what_is_wrong_with_them(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	MUST(db_begin(db, &err));
	assert_false(db_begin(db, &err));
	kit_says(&err, ERR_BUG, "inside a group");
	db_rollback(db);
	db_rollback(db); /* harmless */
	db_undo(db);
	assert_false(db_release(db, &err));
	/* another program holds the file: after the time-out a sentence, and then it goes on */
	sqlite3 *other;
	assert_int_equal(sqlite3_open(kit_path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	kit_does(db, "PRAGMA busy_timeout = 10");
	assert_false(db_meta_put(db, "k", "v", 1, &err));
	kit_says(&err, ERR_STORE, "another program keeps the store locked; try again");
	sqlite3_close(other);
	MUST(db_meta_put(db, "k", "v", 1, &err));
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_store_has_every_guard),
		TEST(meta_keeps_bytes),
		TEST(garbage_is_refused),
		TEST(foreign_and_newer_stores_are_refused_untouched),
		TEST(a_path_that_cannot_be_is_a_sentence),
		TEST(a_truncated_store_is_refused),
		TEST(a_damaged_store_never_crashes),
		TEST(migrating_keeps_a_copy_and_goes_step_by_step),
		TEST(bytes_in_quarantine_go_from_store_log_and_copy),
		TEST(a_source_of_the_first_version_knows_no_validators),
		TEST(a_backup_is_whole_and_checked),
		TEST(the_check_finds_a_damaged_page),
		TEST(groups_say_what_is_wrong_with_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
