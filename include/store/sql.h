/* store/sql.h -- inside of store/: the connection, its statements, and how they are run.
 *
 * Only daemon/store/ and its tests include this. A statement is a row of one table (sql.c), is
 * prepared at first use and kept; values are bound in order, all of them. A failure of the disk
 * inside a group rolls the whole group back at once and is remembered: every later call of the
 * group fails with the same sentence, so that nothing of it can slip in on its own. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "cal/zone.h"
#include "plan/model.h"
#include "store/db.h"

#include <pthread.h>
#include <sqlite3.h>

enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SAVE,
	SQL_RELEASE,
	SQL_UNDO,
	SQL_STEP_SAVE,
	SQL_STEP_RELEASE,
	SQL_STEP_UNDO,

	SQL_APPLICATION_ID,
	SQL_USER_VERSION,
	SQL_SCHEMA_COUNT,
	SQL_JOURNAL_WAL,

	SQL_META_GET,
	SQL_META_PUT,

	SQL_PERSON_PUT,
	SQL_PERSON_RETIRE,
	SQL_PERSONS_HERE,
	SQL_PERSON_NUM,
	SQL_PERSONS_RETIRED,
	SQL_DUO_PUT,
	SQL_DUO_RETIRE,
	SQL_DUOS_HERE,
	SQL_DUO_NUM,
	SQL_DUO_RENAME,
	SQL_DUOS_RETIRED,
	SQL_LINK_RENAME,
	SQL_BODY_RENAME,
	SQL_ROSTER_GET,
	SQL_ROSTER_PUT,

	SQL_SESSION_INSERT,
	SQL_SESSION_UPDATE,
	SQL_SESSIONS_STAMP,
	SQL_SESSION_PARK,
	SQL_SESSION_DELETE,
	SQL_SESSION_GET,
	SQL_SESSIONS_ALL,
	SQL_SESSIONS_DUO,
	SQL_ATTENDEE_INSERT,
	SQL_ATTENDEE_DELETE,
	SQL_ATTENDEES_GET,
	SQL_ATTENDEES_ALL,
	SQL_ATTENDEES_DUO,
	SQL_DEPARTURE_PUT,
	SQL_DEPARTURES_GET,
	SQL_DEPARTURES_ALL,
	SQL_DEPARTURES_DUO,
	SQL_DUOS_OF,
	SQL_CLASH,
	SQL_CLASH_EXPERT,
	SQL_ROOM_PUT,
	SQL_ROOM_CAPACITY,
	SQL_ROOM_TAKEN,
	SQL_BUDGET,

	SQL_PAST_INSERT,
	SQL_PASTS_INSERT_TEXT,
	SQL_PAST_WHO_INSERT,
	SQL_PASTS_ALL,
	SQL_PASTS_DUO,
	SQL_PAST_WHOS_ALL,
	SQL_PAST_WHOS_DUO,
	SQL_PAST_MARK,
	SQL_PAST_PRUNE,

	SQL_LEDGER_INSERT,
	SQL_LEDGER_GET,
	SQL_LEDGER_ALL,
	SQL_LEDGER_PERSON,

	SQL_ABSENCE_INSERT,
	SQL_ABSENCE_REMOVE,
	SQL_ABSENCES_ALL,
	SQL_ABSENCES_PERSON,

	SQL_OBLIGATION_INSERT,
	SQL_OBLIGATION_UPDATE,
	SQL_OBLIGATIONS_STAMP,
	SQL_OBLIGATIONS_ALL,
	SQL_OBLIGATIONS_DUO,
	SQL_OWERS_ALL,
	SQL_OWERS_DUO,
	SQL_OWERS_LEFT_ALL,
	SQL_OWERS_LEFT_DUO,
	SQL_OWED_BY,

	SQL_LINKS_ALL,
	SQL_LINK_GET,
	SQL_LINK_OPEN,
	SQL_LINK_INSERT,
	SQL_LINK_SET,
	SQL_LINK_REVOKE,
	SQL_LINK_ROTATE,
	SQL_LINK_USED,
	SQL_LINK_SEEN,
	SQL_BODIES_ALL,
	SQL_BODY_PUT,

	SQL_SOURCES_ALL,
	SQL_SOURCE_PUT,
	SQL_SOURCE_DELETE,
	SQL_TIMETABLE_PUT,
	SQL_HELD_PUT,
	SQL_HELD_DELETE,
	SQL_TIMETABLE_NAMES,

	SQL_MAIL_ALL,
	SQL_MAIL_GET,
	SQL_MAIL_BY_ID,
	SQL_MAIL_WAITING,
	SQL_MAIL_NEXT,
	SQL_MAIL_COUNT,
	SQL_MAIL_PUT,
	SQL_MAIL_DELETE,
	SQL_MAIL_RECOVER,
	SQL_MAIL_PRUNE,

	SQL_AUDIT_INSERT,
	SQL_AUDIT_SINCE,

	SQL_COUNT
};

struct db {
	char *path;
	char *copy;	 /* that a migration made just now; or NULL */
	sqlite3 *handle; /* NULL: closed after an I/O error, db_begin opens it again */
	sqlite3_stmt *statements[SQL_COUNT];
	pthread_t thread;
	bool forgets;		 /* titles went: the log has to be emptied */
	bool in_group;		 /* between db_begin and its end */
	bool lost;		 /* the disk failed in this group: it is rolled back already */
	struct err why;		 /* ... and why */
	const struct zone *zone; /* the programme's; NULL: not looked up yet */
};

enum sql_type { SQL_TYPE_NULL, SQL_TYPE_INT, SQL_TYPE_TEXT, SQL_TYPE_BLOB };
/* Borrowed until the statement has ended. */
struct sql_value {
	enum sql_type type;
	int64_t i;
	const void *p;
	size_t n;
};

static inline struct sql_value sql_int(int64_t i)
{
	return (struct sql_value){.type = SQL_TYPE_INT, .i = i};
}

static inline struct sql_value sql_ref(int64_t i) /* 0: nothing */
{
	return i ? sql_int(i) : (struct sql_value){.type = SQL_TYPE_NULL};
}

static inline struct sql_value sql_text(const char *s) /* NULL: nothing */
{
	return (struct sql_value){.type = s ? SQL_TYPE_TEXT : SQL_TYPE_NULL, .p = s};
}

static inline struct sql_value sql_blob(const void *p, size_t n)
{
	return (struct sql_value){.type = SQL_TYPE_BLOB, .p = p, .n = n};
}

/* The values of a statement and their number, as two arguments. */
#define SQL_VALUES(...)                                                                            \
	(const struct sql_value[]){__VA_ARGS__},                                                   \
		sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)
#define SQL_NONE NULL, 0

/* A reading statement, ready to step; NULL on failure. Ends by itself after the last row or a
 * failure, else by sql_end. */
sqlite3_stmt *sql_query(struct db *db, enum sql which, const struct sql_value *values, size_t n,
			struct err *err) NODISCARD;
enum sql_step { SQL_STEP_ROW, SQL_STEP_DONE, SQL_STEP_FAILED };
enum sql_step sql_next(struct db *db, sqlite3_stmt *stmt, struct err *err) NODISCARD;
void sql_end(sqlite3_stmt *stmt);
/* Every row of a reading statement is given to @row, until one is refused. */
typedef bool sql_row_fn(sqlite3_stmt *stmt, void *ctx, struct err *err);
bool sql_each(struct db *db, enum sql which, const struct sql_value *values, size_t n,
	      sql_row_fn *row, void *ctx, struct err *err) NODISCARD;
/* A writing statement. Outside a group it is a group of its own. */
bool sql_run(struct db *db, enum sql which, const struct sql_value *values, size_t n,
	     struct err *err) NODISCARD;
/* "[1,2,3]", for json_each; xfree. */
char *sql_id_list(const int64_t *ids, size_t n);
/* Rows that the last sql_run changed. */
size_t sql_changed(const struct db *db);
/* The first column of the only row, as a number; ERR_NOTFOUND without a row. */
bool sql_one(struct db *db, enum sql which, const struct sql_value *values, size_t n, int64_t *out,
	     struct err *err) NODISCARD;

/* Several writes as one: all or none, in a group or (then a group of its own) outside. */
bool sql_enter(struct db *db, bool *own_group, struct err *err) NODISCARD;
/* @ok false: undoes what was done since sql_enter, keeps *err and returns false. */
bool sql_leave(struct db *db, bool own_group, bool ok, struct err *err) NODISCARD;

/* Transaction control: SQLite's extended code. */
int sql_control(struct db *db, enum sql which);
/* Says in *err what a code means for people; false. Marks the group lost when the disk failed. */
bool sql_fail(struct db *db, int rc, struct err *err);
/* Prepares every statement: tests hold the table against the schema. */
bool sql_prepare_all(struct db *db, struct err *err) NODISCARD;

/* Columns. What the file says is checked like any other input: ERR_STORE names what was wrong. */
bool sql_column_id(sqlite3_stmt *stmt, int column, id_text out, struct err *err) NODISCARD;
/* At most @size - 1 bytes and no NUL inside. */
bool sql_column_chars(sqlite3_stmt *stmt, int column, char *out, size_t size,
		      struct err *err) NODISCARD;
bool sql_column_int(sqlite3_stmt *stmt, int column, int64_t min, int64_t max, int64_t *out,
		    struct err *err) NODISCARD;
char *sql_column_text(sqlite3_stmt *stmt, int column); /* xfree; NULL for NULL */
bool sql_column_kind(sqlite3_stmt *stmt, int column, enum kind *out, struct err *err) NODISCARD;
bool sql_column_state(sqlite3_stmt *stmt, int column, enum state *out, struct err *err) NODISCARD;

/* "the store knows no person anna" */
bool sql_person_num(struct db *db, const char *id, int64_t *num, struct err *err) NODISCARD;
bool sql_duo_num(struct db *db, const char *id, int64_t *num, struct err *err) NODISCARD;

#define SQL_META_ZONE "programme_zone"

#endif
