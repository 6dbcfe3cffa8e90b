/* audit.c -- the audit log; what is written stays (the schema's triggers). */
#include "store/audit.h"

#include "store/sql.h"

static void audit_fini(struct audit *a)
{
	xfree(a->who);
	xfree(a->way);
	xfree(a->what);
	xfree(a->was);
	xfree(a->is);
	xfree(a->why);
}

void audit_list_fini(struct audit_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		audit_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct audit_list){0};
}

bool audit_add(struct db *db, const struct audit *a, struct err *err)
{
	return sql_run(db, SQL_AUDIT_INSERT,
		       SQL_VALUES(sql_int(a->at), sql_text(a->who), sql_text(a->way),
				  sql_text(a->what), sql_text(a->was), sql_text(a->is),
				  sql_text(a->why)),
		       err);
}

bool audit_load(struct db *db, utc_t since, struct audit_list *out, struct err *err)
{
	struct audit_list list = {0};
	sqlite3_stmt *stmt = sql_query(db, SQL_AUDIT_SINCE, SQL_VALUES(sql_int(since)), err);
	enum sql_step step = SQL_STEP_FAILED;
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		list.v[list.n++] = (struct audit){
			.id = sqlite3_column_int64(stmt, 0),
			.at = sqlite3_column_int64(stmt, 1),
			.who = sql_column_text(stmt, 2),
			.way = sql_column_text(stmt, 3),
			.what = sql_column_text(stmt, 4),
			.was = sql_column_text(stmt, 5),
			.is = sql_column_text(stmt, 6),
			.why = sql_column_text(stmt, 7),
		};
	}
	if (step == SQL_STEP_DONE) {
		*out = list;
		return true;
	}
	audit_list_fini(&list);
	return false;
}
