/* ledger.c -- hours, entry by entry; what is written stays (the schema's triggers). */
#include "store/ledger.h"

#include "store/sql.h"

void entry_fini(struct entry *entry)
{
	xfree(entry->text);
	*entry = (struct entry){0};
}

void entry_list_fini(struct entry_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		entry_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct entry_list){0};
}

bool ledger_add(struct db *db, struct entry *entry, struct err *err)
{
	int64_t person, duo = 0;
	bool own;
	if (!sql_person_num(db, entry->person, &person, err) ||
	    (entry->duo[0] && !sql_duo_num(db, entry->duo, &duo, err)))
		return false;
	if (!sql_enter(db, &own, err))
		return false;
	bool ok =
		sql_run(db, SQL_LEDGER_INSERT,
			SQL_VALUES(sql_int(person), sql_ref(duo), sql_ref(entry->session),
				   sql_ref(entry->corrects), sql_text(kind_word(entry->kind)),
				   sql_int(entry->minutes), sql_int(entry->day), sql_int(entry->at),
				   sql_int(entry->assumed), sql_text(entry->text)),
			err);
	int64_t id = ok ? sqlite3_last_insert_rowid(db->handle) : 0;
	if (!sql_leave(db, own, ok, err))
		return err_wrap(err, "hours of %s", entry->person);
	entry->id = id;
	return true;
}

static bool read_row(sqlite3_stmt *stmt, struct entry *out, struct err *err)
{
	struct entry e = {.id = sqlite3_column_int64(stmt, 0)};
	int64_t minutes, day;
	if (!sql_column_id(stmt, 1, e.person, err) ||
	    (sqlite3_column_type(stmt, 2) != SQLITE_NULL && !sql_column_id(stmt, 2, e.duo, err)) ||
	    !sql_column_kind(stmt, 5, &e.kind, err) ||
	    !sql_column_int(stmt, 6, INT32_MIN, INT32_MAX, &minutes, err) ||
	    !sql_column_int(stmt, 7, INT32_MIN, INT32_MAX, &day, err))
		return err_wrap(err, "ledger entry %lld", (long long)e.id);
	e.session = sqlite3_column_int64(stmt, 3);
	e.corrects = sqlite3_column_int64(stmt, 4);
	e.minutes = (int32_t)minutes;
	e.day = (day_t)day;
	e.at = sqlite3_column_int64(stmt, 8);
	e.assumed = sqlite3_column_int(stmt, 9);
	e.text = sql_column_text(stmt, 10);
	*out = e;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct entry_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_row(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

static bool read_rows(struct db *db, enum sql which, const struct sql_value *values, size_t n,
		      struct entry_list *out, struct err *err)
{
	struct entry_list list = {0};
	if (!sql_each(db, which, values, n, add_row, &list, err)) {
		entry_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

bool ledger_load(struct db *db, const char *person, struct entry_list *out, struct err *err)
{
	int64_t num;
	if (!person)
		return read_rows(db, SQL_LEDGER_ALL, SQL_NONE, out, err);
	return sql_person_num(db, person, &num, err) &&
	       read_rows(db, SQL_LEDGER_PERSON, SQL_VALUES(sql_int(num)), out, err);
}

bool ledger_get(struct db *db, int64_t id, struct entry *out, struct err *err)
{
	struct entry_list list;
	if (!read_rows(db, SQL_LEDGER_GET, SQL_VALUES(sql_int(id)), &list, err))
		return false;
	if (list.n == 0)
		return err_set(err, ERR_NOTFOUND, "there is no ledger entry %lld", (long long)id);
	*out = list.v[0];
	xfree(list.v);
	return true;
}
