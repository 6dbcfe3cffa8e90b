/* db.c -- the connection: opened with every guard SQLite has, groups, and what happens when the
 * disk fails in the middle of one. */
#include "store/db.h"

#include "store/schema.h"
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX  (256 << 20) /* bytes of one value; the largest is a timetable or a roster */
#define PAGE_BYTES 4096	       /* our files have SQLite's default */

/* Anybody's bytes may be in the file: no schema tricks, nothing from it runs as code. */
static const char guards[] = "PRAGMA busy_timeout = 5000;"
			     "PRAGMA trusted_schema = OFF;"
			     "PRAGMA cell_size_check = ON;";
/* recursive_triggers: a REPLACE that deletes a row of a ledger meets the ledger's trigger */
static const char modes[] = "PRAGMA synchronous = FULL;"
			    "PRAGMA foreign_keys = ON;"
			    "PRAGMA recursive_triggers = ON;"
			    "PRAGMA secure_delete = ON;" /* what is forgotten is overwritten */
			    "PRAGMA temp_store = FILE;"	 /* see temporary_files_beside() */
			    "PRAGMA cache_size = -32768;"
			    "PRAGMA journal_size_limit = 67108864;";

static int guard(sqlite3 *handle)
{
	int rc = sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, PIECE_MAX);
	return rc == SQLITE_OK ? sqlite3_exec(handle, guards, NULL, NULL, NULL) : rc;
}

static void disconnect(struct db *db)
{
	for (int i = 0; i < SQL_COUNT; i++) {
		(void)sqlite3_finalize(db->statements[i]);
		db->statements[i] = NULL;
	}
	(void)sqlite3_close_v2(db->handle);
	db->handle = NULL;
	db->zone = NULL;
}

/* Makes the file, for us alone. Only when it is not there: closing a descriptor of a file that
 * is open elsewhere in this process would drop SQLite's locks on it. */
static bool make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
	else if (errno != EEXIST)
		return err_set(err, ERR_STORE, "cannot make %s: %s", path, strerror(errno));
	return true;
}

static off_t size_of(const char *path, const char *suffix)
{
	struct stat st;
	char *name = xasprintf("%s%s", path, suffix);
	off_t size = stat(name, &st) == 0 ? st.st_size : 0;
	xfree(name);
	return size;
}

/* Cut off in two ways that SQLite does not mind: to nothing (it would throw the log away), and
 * inside the last page (it would read the rest as zeros; with a log beside it that is a
 * checkpoint that was interrupted, and the log mends it). */
static bool is_whole(const char *path, struct err *err)
{
	off_t size = size_of(path, ""), log = size_of(path, "-wal");
	if (size == 0 && log > 0)
		return err_set(err, ERR_STORE,
			       "%s is damaged: it is empty, but its log is not; restore a backup",
			       path);
	if (size % PAGE_BYTES != 0 && log == 0)
		return err_set(err, ERR_STORE,
			       "%s is damaged: it ends inside a page; restore a backup", path);
	return true;
}

static bool use_wal(struct db *db, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, SQL_JOURNAL_WAL, SQL_NONE, err);
	if (!stmt || sql_next(db, stmt, err) != SQL_STEP_ROW)
		return false;
	const char *mode = (const char *)sqlite3_column_text(stmt, 0);
	bool wal = mode && strcmp(mode, "wal") == 0;
	sql_end(stmt);
	return wal || err_set(err, ERR_STORE,
			      "%s: a write-ahead log is not possible here; put the store on a "
			      "local disk",
			      db->path);
}

/* What undoes one request of a group goes to a nameless file beside the store when it is more than
 * 64 KiB: kept in memory, SQLite would walk through all of it at every statement, and a plan of
 * 10,000 sessions would take a minute. One place for the whole process, set once. */
static void temporary_files_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!sqlite3_temp_directory)
		sqlite3_temp_directory = sqlite3_mprintf("%.*s", (int)(slash - path), path);
}

static bool connect_and_migrate(struct db *db, struct err *err)
{
	if (!make_file(db->path, err))
		return false;
	if (size_of(db->path, "") == 0 && !is_whole(db->path, err))
		return false;
	int rc = sqlite3_open_v2(
		db->path, &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK)
		rc = guard(db->handle);
	bool ok = rc == SQLITE_OK || sql_fail(db, rc, err);
	/* whose it is comes first: a foreign file is not touched */
	ok = ok && schema_identify(db, schema_migrations, schema_n_migrations, err) &&
	     is_whole(db->path, err) && use_wal(db, err);
	if (ok) {
		rc = sqlite3_exec(db->handle, modes, NULL, NULL, NULL);
		ok = rc == SQLITE_OK || sql_fail(db, rc, err);
	}
	ok = ok && schema_migrate(db, schema_migrations, schema_n_migrations, err);
	if (!ok)
		disconnect(db);
	return ok;
}

struct db *db_open(const char *path, struct err *err)
{
	struct db *db = xcalloc(1, sizeof *db);
	/* "./" keeps SQLite from reading "file:..." and ":memory:" as anything but names */
	db->path = path[0] == '/' ? xstrdup(path) : xasprintf("./%s", path);
	db->thread = pthread_self();
	temporary_files_beside(db->path);
	if (connect_and_migrate(db, err))
		return db;
	xfree(db->path);
	xfree(db->copy);
	xfree(db);
	return NULL;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->in_group)
		db_rollback(db);
	disconnect(db);
	xfree(db->path);
	xfree(db->copy);
	xfree(db);
}

const char *db_copy_made(const struct db *db)
{
	return db->copy;
}

/* ---- groups ----------------------------------------------------------------------------------- */

bool db_begin(struct db *db, struct err *err)
{
	if (db->in_group)
		return err_set(err, ERR_BUG, "a group of writes inside a group of writes");
	if (!db->handle && !connect_and_migrate(db, err))
		return err_wrap(err, "the disk failed, and changes are refused until the store can "
				     "be opened again");
	int rc = sql_control(db, SQL_BEGIN);
	if (rc != SQLITE_OK)
		return sql_fail(db, rc, err);
	db->in_group = true;
	db->lost = false;
	return true;
}

/* A COMMIT that met an I/O error may be in the file all the same: only reading it again tells.
 * The handle's own idea of it is worth nothing now. */
static bool indeterminate(struct db *db, int rc, struct err *err)
{
	struct err again;
	err_set(err, ERR_STORE,
		"indeterminate: the disk failed while the change was being stored, it may be there "
		"or not; look before trying again (%s: %s)",
		db->path, sqlite3_errstr(rc));
	disconnect(db);
	if (!connect_and_migrate(db, &again))
		err_set(err, ERR_STORE,
			"indeterminate: the disk failed while the change was being stored, it may "
			"be "
			"there or not; changes are refused until the store can be opened again: %s",
			again.text);
	return false;
}

/* What was forgotten still stands in the log, which is only written over one day. A log that
 * cannot be emptied now (a backup reads it) is emptied by the next group. */
static void empty_log(struct db *db)
{
	int rc =
		sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	db->forgets = rc != SQLITE_OK;
}

bool db_commit(struct db *db, struct err *err)
{
	if (!db->in_group)
		return err_set(err, ERR_BUG, "a commit without a group of writes");
	if (db->lost) {
		*err = db->why;
		db_rollback(db);
		return false;
	}
	int rc = sql_control(db, SQL_COMMIT);
	if (rc == SQLITE_OK) {
		db->in_group = false;
		if (db->forgets)
			empty_log(db);
		return true;
	}
	if ((rc & 0xff) == SQLITE_IOERR) {
		db->in_group = false;
		return indeterminate(db, rc, err);
	}
	sql_fail(db, rc, err);
	db_rollback(db);
	return false;
}

void db_rollback(struct db *db)
{
	if (db->in_group && !db->lost && db->handle && !sqlite3_get_autocommit(db->handle))
		(void)sql_control(db, SQL_ROLLBACK);
	db->in_group = false;
	db->lost = false;
	db->zone = NULL;
}

bool db_savepoint(struct db *db, struct err *err)
{
	if (!db->in_group)
		return err_set(err, ERR_BUG, "a request outside a group of writes");
	return sql_run(db, SQL_SAVE, SQL_NONE, err);
}

bool db_release(struct db *db, struct err *err)
{
	if (!db->in_group)
		return err_set(err, ERR_BUG, "a request outside a group of writes");
	return sql_run(db, SQL_RELEASE, SQL_NONE, err);
}

void db_undo(struct db *db)
{
	db->zone = NULL;
	if (!db->in_group || db->lost)
		return;
	(void)sql_control(db, SQL_UNDO);
	(void)sql_control(db, SQL_RELEASE);
}

/* ---- meta ------------------------------------------------------------------------------------- */

bool db_meta_get(struct db *db, const char *key, struct buf *value, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, SQL_META_GET, SQL_VALUES(sql_text(key)), err);
	if (!stmt)
		return false;
	switch (sql_next(db, stmt, err)) {
	case SQL_STEP_FAILED: return false;
	case SQL_STEP_DONE: return err_set(err, ERR_NOTFOUND, "the store has no \"%s\"", key);
	case SQL_STEP_ROW: break;
	}
	buf_clear(value);
	buf_add(value, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
	sql_end(stmt);
	return true;
}

bool db_meta_put(struct db *db, const char *key, const void *value, size_t n, struct err *err)
{
	return sql_run(db, SQL_META_PUT, SQL_VALUES(sql_text(key), sql_blob(value, n)), err);
}

/* ---- copies and checks ------------------------------------------------------------------------ */

static bool sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (!ok)
		err_set(err, ERR_STORE, "cannot sync the folder %s: %s", folder, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	xfree(folder);
	return ok;
}

/* All pages at once: the store thread is the only writer, and it is here. */
static int copy_pages(sqlite3 *from, const char *to)
{
	sqlite3 *target = NULL;
	int rc = sqlite3_open_v2(
		to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		NULL);
	if (rc == SQLITE_OK) {
		sqlite3_backup *backup = sqlite3_backup_init(target, "main", from, "main");
		if (backup) {
			(void)sqlite3_backup_step(backup, -1);
			rc = sqlite3_backup_finish(backup);
		} else {
			rc = sqlite3_extended_errcode(target);
		}
	}
	(void)sqlite3_close(target);
	return rc;
}

bool db_backup(struct db *db, const char *to, struct err *err)
{
	if (db->in_group || !db->handle)
		return err_set(err, ERR_STORE, "no copy can be made of %s now", db->path);
	char *aside = xasprintf("%s%s.part", to[0] == '/' ? "" : "./", to);
	(void)unlink(aside);
	bool ok = make_file(aside, err);
	if (ok) {
		int rc = copy_pages(db->handle, aside);
		if (rc != SQLITE_OK)
			ok = err_set(err, ERR_STORE, "cannot copy %s to %s: %s", db->path, to,
				     sqlite3_errstr(rc));
	}
	if (ok && rename(aside, to) != 0)
		ok = err_set(err, ERR_STORE, "cannot make %s: %s", to, strerror(errno));
	if (!ok)
		(void)unlink(aside);
	xfree(aside);
	return ok && sync_folder(to, err);
}

static bool quick_check(sqlite3 *handle, const char *path, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = guard(handle);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	bool ok = said && strcmp(said, "ok") == 0;
	if (!ok)
		err_set(err, ERR_STORE, "%s is damaged; restore a backup (%s)", path,
			said ? said : sqlite3_errmsg(handle));
	(void)sqlite3_finalize(stmt);
	return ok;
}

bool db_quick_check(const char *path, struct err *err)
{
	sqlite3 *handle = NULL;
	if (!is_whole(path, err))
		return false;
	char *name = xasprintf("%s%s", path[0] == '/' ? "" : "./", path);
	int rc = sqlite3_open_v2(name, &handle,
				 SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL);
	bool ok = rc == SQLITE_OK
			  ? quick_check(handle, path, err)
			  : err_set(err, ERR_STORE, "cannot open %s: %s", path, sqlite3_errstr(rc));
	(void)sqlite3_close(handle);
	xfree(name);
	return ok;
}
