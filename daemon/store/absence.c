/* absence.c -- days that people call off. What is taken back stays in the table with its date. */
#include "store/absence.h"

#include "store/sql.h"

void absence_fini(struct absence *absence)
{
	xfree(absence->days.text);
	*absence = (struct absence){0};
}

void absence_list_fini(struct absence_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		absence_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct absence_list){0};
}

void absence_list_copy(struct absence_list *to, const struct absence_list *from)
{
	*to = (struct absence_list){.n = from->n, .cap = from->n};
	to->v = xmemdup(from->v, from->n * sizeof *from->v);
	for (size_t i = 0; i < from->n; i++)
		to->v[i].days.text = from->v[i].days.text ? xstrdup(from->v[i].days.text) : NULL;
}

bool absences_add(struct db *db, struct absence *absence, struct err *err)
{
	int64_t person;
	bool own;
	if (!sql_person_num(db, absence->person, &person, err) || !sql_enter(db, &own, err))
		return false;
	bool ok = sql_run(db, SQL_ABSENCE_INSERT,
			  SQL_VALUES(sql_int(person), sql_int(absence->days.first),
				     sql_int(absence->days.past), sql_int(absence->at),
				     sql_text(absence->days.text)),
			  err);
	int64_t id = ok ? sqlite3_last_insert_rowid(db->handle) : 0;
	if (!sql_leave(db, own, ok, err))
		return err_wrap(err, "absence of %s", absence->person);
	absence->id = id;
	return true;
}

bool absences_remove(struct db *db, int64_t id, utc_t at, struct err *err)
{
	if (!sql_run(db, SQL_ABSENCE_REMOVE, SQL_VALUES(sql_int(id), sql_int(at)), err))
		return false;
	return sql_changed(db) == 1 ||
	       err_set(err, ERR_NOTFOUND, "there is no absence %lld that could be taken back",
		       (long long)id);
}

static bool read_row(sqlite3_stmt *stmt, struct absence *out, struct err *err)
{
	struct absence a = {.id = sqlite3_column_int64(stmt, 0)};
	int64_t first, past;
	if (!sql_column_id(stmt, 1, a.person, err) ||
	    !sql_column_int(stmt, 2, INT32_MIN, INT32_MAX, &first, err) ||
	    !sql_column_int(stmt, 3, INT32_MIN, INT32_MAX, &past, err))
		return err_wrap(err, "absence %lld", (long long)a.id);
	a.days.first = (day_t)first;
	a.days.past = (day_t)past;
	a.at = sqlite3_column_int64(stmt, 4);
	a.days.text = sql_column_text(stmt, 5);
	*out = a;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct absence_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_row(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

static bool read_rows(struct db *db, enum sql which, const struct sql_value *values, size_t n,
		      struct absence_list *out, struct err *err)
{
	struct absence_list list = {0};
	if (!sql_each(db, which, values, n, add_row, &list, err)) {
		absence_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

bool absences_load(struct db *db, const char *person, struct absence_list *out, struct err *err)
{
	int64_t num;
	if (!person)
		return read_rows(db, SQL_ABSENCES_ALL, SQL_NONE, out, err);
	return sql_person_num(db, person, &num, err) &&
	       read_rows(db, SQL_ABSENCES_PERSON, SQL_VALUES(sql_int(num)), out, err);
}
