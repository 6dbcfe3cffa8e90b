/* store/db.h -- the one SQLite file: opening, migrating, transactions.
 *
 * Everything in store/ runs on the store thread only (the thread that called db_open); the
 * statements are prepared once and kept in struct db. One group of requests is one transaction
 * (db_begin .. db_commit); each request inside it has its own savepoint, so that one that fails
 * half-books nothing and harms no neighbour. All persistence is behind this folder. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"

struct db;

/* Opens or creates @path (and its folder's file only), migrates (after a copy PATH.before-N),
 * WAL, synchronous=FULL, foreign keys, DEFENSIVE, trusted_schema off. A file that is no database
 * of ours, or is newer than we are, is refused with a sentence. */
struct db *db_open(const char *path, struct err *err) NODISCARD;
void db_close(struct db *db);
/* The copy of the older store that a migration has made, for this user alone (0600); NULL: nothing
 * was migrated. It keeps what the store knew then, titles of lessons that a policy asked for too:
 * who opened it says so, and people delete it. */
const char *db_copy_made(const struct db *db);

bool db_begin(struct db *db, struct err *err) NODISCARD; /* BEGIN IMMEDIATE */
/* False: nothing of the group is stored; when the reason was an I/O error the outcome is
 * indeterminate, the database has been closed and opened again, and *err says so. */
bool db_commit(struct db *db, struct err *err) NODISCARD;
void db_rollback(struct db *db);
bool db_savepoint(struct db *db, struct err *err) NODISCARD;
bool db_release(struct db *db, struct err *err) NODISCARD;
void db_undo(struct db *db); /* back to the savepoint, which is gone then */

/* Small named texts: host, clock, roster hash... False with ERR_NOTFOUND when not there. */
bool db_meta_get(struct db *db, const char *key, struct buf *value, struct err *err) NODISCARD;
bool db_meta_put(struct db *db, const char *key, const void *value, size_t n,
		 struct err *err) NODISCARD;

/* A whole copy of the store as it is now (outside a group), made beside @to and renamed, so that
 * @to is there complete or not at all. */
bool db_backup(struct db *db, const char *to, struct err *err) NODISCARD;

/* PRAGMA quick_check on its own read-only connection; any thread. */
bool db_quick_check(const char *path, struct err *err) NODISCARD;

#endif
