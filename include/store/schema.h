/* store/schema.h -- inside of store/: the tables, as a list of migrations. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/sql.h"

#define SCHEMA_APPLICATION_ID 1415867748 /* "Tdmd" */

/* What the overlap triggers say; sessions.c adds who and where. */
#define SCHEMA_OVERLAP	      "person is already booked then"
#define SCHEMA_EXPERT_OVERLAP "expert is already booked then"

/* @sql brings a store of version @to - 1 to @to and ends in PRAGMA user_version = @to. Old rows
 * are never edited; a change is a row at the end. */
struct migration {
	int to;
	const char *sql;
};
extern const struct migration schema_migrations[];
extern const size_t schema_n_migrations;

/* Refuses what is not ours, or newer than the last of @list, with a sentence. Only reads. */
bool schema_identify(struct db *db, const struct migration *list, size_t n,
		     struct err *err) NODISCARD;
/* Brings the store to the last of @list, each step in a transaction of its own, after a copy
 * PATH.before-VERSION of a store that has anything in it. */
bool schema_migrate(struct db *db, const struct migration *list, size_t n,
		    struct err *err) NODISCARD;

#endif
