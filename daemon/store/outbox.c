/* outbox.c -- one table, one row a person and session. */
#include "store/outbox.h"

#include "store/sql.h"

#include <string.h>

static const char *const states[OUTBOX_STATES] = {"queued", "sending", "sent", "failed", "dropped"};
static const char *const kinds[OUTBOX_KINDS] = {"", "request", "cancel", "note"};

const char *outbox_state_word(enum outbox_state state)
{
	return states[state];
}

static int index_of(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -1;
}

bool outbox_state_from_word(const char *word, enum outbox_state *out)
{
	int i = index_of(word, states, OUTBOX_STATES);
	if (i >= 0)
		*out = (enum outbox_state)i;
	return i >= 0;
}

const char *outbox_kind_word(enum outbox_kind kind)
{
	return kinds[kind];
}

void outbox_row_fini(struct outbox_row *row)
{
	xfree(row->answer);
	xfree(row->address);
	*row = (struct outbox_row){0};
}

void outbox_list_fini(struct outbox_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		outbox_row_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct outbox_list){0};
}

/* ---- reading ---- */

static bool read_words(sqlite3_stmt *stmt, struct outbox_row *row, struct err *err)
{
	char state[16], kind[16];
	int i, k;
	if (!sql_column_chars(stmt, 4, state, sizeof state, err) ||
	    !sql_column_chars(stmt, 5, kind, sizeof kind, err))
		return false;
	i = index_of(state, states, OUTBOX_STATES);
	k = index_of(kind, kinds, OUTBOX_KINDS);
	if (i < 0 || k < 0)
		return err_set(err, ERR_STORE, "the store is damaged: it is \"%s\", \"%s\"", state,
			       kind);
	row->state = (enum outbox_state)i;
	row->kind = (enum outbox_kind)k;
	return true;
}

static bool read_row(sqlite3_stmt *stmt, struct outbox_row *out, struct err *err)
{
	struct outbox_row r = {.id = sqlite3_column_int64(stmt, 0)};
	int64_t sequence;
	bool has_duo = sqlite3_column_type(stmt, 3) != SQLITE_NULL;
	if (!sql_column_id(stmt, 1, r.person, err) ||
	    (has_duo && !sql_column_id(stmt, 3, r.duo, err)) || !read_words(stmt, &r, err) ||
	    !sql_column_int(stmt, 18, 0, INT32_MAX, &sequence, err) ||
	    !sql_column_chars(stmt, 21, r.key, sizeof r.key, err))
		return err_wrap(err, "message %lld", (long long)r.id);
	r.session = sqlite3_column_int64(stmt, 2);
	r.version = sqlite3_column_int64(stmt, 6);
	r.announced = sqlite3_column_int64(stmt, 7) != 0;
	r.attempts = sqlite3_column_int64(stmt, 8);
	r.queued_at = sqlite3_column_int64(stmt, 9);
	r.not_before = sqlite3_column_int64(stmt, 10);
	r.soon = sqlite3_column_int64(stmt, 11);
	r.tried_at = sqlite3_column_int64(stmt, 12);
	r.was.on = sqlite3_column_int64(stmt, 13) != 0;
	r.was.start = sqlite3_column_int64(stmt, 14);
	r.was.end = sqlite3_column_int64(stmt, 15);
	r.answer = sql_column_text(stmt, 16);
	r.address = sql_column_text(stmt, 17);
	r.sequence = (int32_t)sequence;
	r.modified = sqlite3_column_int64(stmt, 19);
	r.end = sqlite3_column_int64(stmt, 20);
	*out = r;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct outbox_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_row(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

static bool read_rows(struct db *db, enum sql which, const struct sql_value *values, size_t n,
		      struct outbox_list *out, struct err *err)
{
	struct outbox_list list = {0};
	if (!sql_each(db, which, values, n, add_row, &list, err)) {
		outbox_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

bool outbox_all(struct db *db, struct outbox_list *out, struct err *err)
{
	return read_rows(db, SQL_MAIL_ALL, SQL_NONE, out, err);
}

bool outbox_waiting(struct db *db, const char *person, struct outbox_list *out, struct err *err)
{
	return read_rows(db, SQL_MAIL_WAITING, SQL_VALUES(sql_text(person)), out, err);
}

/* The only row of a query; id 0 without one. */
static bool read_one(struct db *db, enum sql which, const struct sql_value *values, size_t n,
		     struct outbox_row *out, struct err *err)
{
	struct outbox_list list;
	if (!read_rows(db, which, values, n, &list, err))
		return false;
	*out = list.n ? list.v[0] : (struct outbox_row){0};
	xfree(list.v);
	return true;
}

bool outbox_get(struct db *db, const char *person, int64_t session, struct outbox_row *out,
		struct err *err)
{
	return read_one(db, SQL_MAIL_GET, SQL_VALUES(sql_text(person), sql_int(session)), out, err);
}

bool outbox_by_id(struct db *db, int64_t id, struct outbox_row *out, struct err *err)
{
	struct outbox_row row;
	if (!read_one(db, SQL_MAIL_BY_ID, SQL_VALUES(sql_int(id)), &row, err))
		return false;
	if (!row.id)
		return err_set(err, ERR_NOTFOUND, "there is no message %lld", (long long)id);
	*out = row;
	return true;
}

bool outbox_next(struct db *db, utc_t now, id_text person, utc_t *next, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, SQL_MAIL_NEXT, SQL_NONE, err);
	enum sql_step step = stmt ? sql_next(db, stmt, err) : SQL_STEP_FAILED;
	person[0] = '\0';
	*next = UTC_MAX;
	if (step != SQL_STEP_ROW)
		return step == SQL_STEP_DONE;
	*next = sqlite3_column_int64(stmt, 1);
	bool ok = *next > now || sql_column_id(stmt, 0, person, err);
	sql_end(stmt);
	return ok;
}

static bool count_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	size_t *counts = ctx;
	char word[16];
	enum outbox_state state;
	if (!sql_column_chars(stmt, 0, word, sizeof word, err))
		return false;
	if (outbox_state_from_word(word, &state))
		counts[state] = (size_t)sqlite3_column_int64(stmt, 1);
	return true;
}

bool outbox_count(struct db *db, size_t counts[OUTBOX_STATES], struct err *err)
{
	memset(counts, 0, OUTBOX_STATES * sizeof *counts);
	return sql_each(db, SQL_MAIL_COUNT, SQL_NONE, count_row, counts, err);
}

/* ---- writing ---- */

bool outbox_put(struct db *db, struct outbox_row *r, struct err *err)
{
	int64_t person;
	if (!sql_person_num(db, r->person, &person, err) ||
	    !sql_run(db, SQL_MAIL_PUT,
		     SQL_VALUES(sql_int(person), sql_int(r->session), sql_text(states[r->state]),
				sql_text(kinds[r->kind]), sql_int(r->version),
				sql_int(r->announced), sql_int(r->attempts), sql_int(r->queued_at),
				sql_int(r->not_before), sql_int(r->soon), sql_int(r->tried_at),
				sql_int(r->was.on), sql_int(r->was.start), sql_int(r->was.end),
				sql_text(r->answer), sql_text(r->address), sql_int(r->sequence),
				sql_int(r->modified), sql_int(r->end), sql_text(r->key)),
		     err))
		return err_wrap(err, "mail to %s about s%lld", r->person, (long long)r->session);
	if (!r->id)
		r->id = sqlite3_last_insert_rowid(db->handle);
	return true;
}

bool outbox_forget(struct db *db, int64_t id, struct err *err)
{
	return sql_run(db, SQL_MAIL_DELETE, SQL_VALUES(sql_int(id)), err);
}

bool outbox_recover(struct db *db, struct err *err)
{
	return sql_run(db, SQL_MAIL_RECOVER, SQL_NONE, err);
}

bool outbox_prune(struct db *db, utc_t before, struct err *err)
{
	return sql_run(db, SQL_MAIL_PRUNE, SQL_VALUES(sql_int(before)), err);
}
