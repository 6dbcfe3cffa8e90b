/* past.c -- see the header.
 *
 * A row is written from the stored session itself, in the statement that looks whether anything
 * that feeds show is about to change: pinning, or holding what was booked, writes none. */
#include "store/past.h"

#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

void past_list_fini(struct past_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		xfree(list->v[i].who);
	xfree(list->v);
	*list = (struct past_list){0};
}

/* ---- writing ---- */

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static size_t gone(const struct session *is, const id_text *were, size_t n_were)
{
	size_t n = 0;
	for (size_t i = 0; i < n_were; i++)
		n += !session_attends(is, were[i]);
	return n;
}

static bool put_who(struct db *db, int64_t change, const char *person, bool came, struct err *err)
{
	int64_t num;
	return sql_person_num(db, person, &num, err) &&
	       sql_run(db, SQL_PAST_WHO_INSERT,
		       SQL_VALUES(sql_int(change), sql_int(num), sql_int(came)), err);
}

static bool put_all_who(struct db *db, int64_t change, const struct session *is,
			const id_text *were, size_t n_were, struct err *err)
{
	bool ok = true;
	for (size_t i = 0; i < n_were && ok; i++)
		ok = session_attends(is, were[i]) || put_who(db, change, were[i], false, err);
	if (!ok || n_were - gone(is, were, n_were) == is->n_attendees)
		return ok;
	id_text *sorted = xmemdup(were, n_were * sizeof *sorted);
	if (n_were > 1)
		qsort(sorted, n_were, sizeof *sorted, by_id);
	for (size_t i = 0; i < is->n_attendees && ok; i++)
		ok = (n_were && bsearch(is->attendees[i], sorted, n_were, sizeof *sorted, by_id)) ||
		     put_who(db, change, is->attendees[i], true, err);
	xfree(sorted);
	return ok;
}

static const char *or_null(const char *id)
{
	return *id ? id : NULL;
}

bool past_note(struct db *db, const struct session *is, const id_text *were, size_t n_were,
	       struct err *err)
{
	if (is->sequence < 0)
		return true;
	size_t n_gone = gone(is, were, n_were);
	bool others = n_gone > 0 || n_were != is->n_attendees;
	sqlite3_stmt *stmt = sql_query(
		db, SQL_PAST_INSERT,
		SQL_VALUES(sql_int(is->id), sql_int(is->last_modified), sql_int(is->start),
			   sql_int(is->end), sql_int(is->state == STATE_CANCELLED),
			   sql_text(or_null(is->room)), sql_text(or_null(is->expert)),
			   sql_text(is->reason), sql_int(others), sql_text(state_word(is->state)),
			   sql_int(is->pinned), sql_int(is->assumed)),
		err);
	enum sql_step step = stmt ? sql_next(db, stmt, err) : SQL_STEP_FAILED;
	if (step != SQL_STEP_ROW)
		return step == SQL_STEP_DONE;
	int64_t change = sqlite3_column_int64(stmt, 0);
	bool was_shown = sqlite3_column_int(stmt, 1);
	if (sql_next(db, stmt, err) != SQL_STEP_DONE)
		return false;
	return !others || !was_shown || put_all_who(db, change, is, were, n_were, err);
}

bool past_note_text(struct db *db, const char *ids, utc_t now, struct err *err)
{
	return sql_run(db, SQL_PASTS_INSERT_TEXT, SQL_VALUES(sql_text(ids), sql_int(now)), err);
}

bool pasts_prune(struct db *db, utc_t before, struct err *err)
{
	return sql_run(db, SQL_PAST_PRUNE, SQL_VALUES(sql_int(before)), err);
}

/* ---- reading ---- */

static bool shown_of(sqlite3_stmt *stmt, int column, enum past_shown *out, struct err *err)
{
	static const char *const words[] = {"no", "on", "off"};
	char word[8];
	if (!sql_column_chars(stmt, column, word, sizeof word, err))
		return false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum past_shown)i;
			return true;
		}
	return err_set(err, ERR_STORE, "the store is damaged: a session was \"%s\"", word);
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct past_list *list = ctx;
	struct past p = {.change = sqlite3_column_int64(stmt, 0),
			 .session = sqlite3_column_int64(stmt, 1),
			 .at = sqlite3_column_int64(stmt, 3),
			 .text = sqlite3_column_int(stmt, 5),
			 .start = sqlite3_column_int64(stmt, 6),
			 .end = sqlite3_column_int64(stmt, 7)};
	if ((sqlite3_column_type(stmt, 2) != SQLITE_NULL && !sql_column_id(stmt, 2, p.duo, err)) ||
	    !shown_of(stmt, 4, &p.shown, err) ||
	    (sqlite3_column_type(stmt, 8) != SQLITE_NULL && !sql_column_id(stmt, 8, p.room, err)))
		return err_wrap(err, "change %lld", (long long)p.change);
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = p;
	return true;
}

struct dealing {
	struct past_list *list;
	size_t at;
};

/* They come in the order of the changes that they belong to. */
static bool add_who(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct dealing *d = ctx;
	int64_t change = sqlite3_column_int64(stmt, 0);
	struct past_who who = {.came = sqlite3_column_int(stmt, 2)};
	while (d->at < d->list->n && d->list->v[d->at].change != change)
		d->at++;
	if (d->at == d->list->n)
		return err_set(err, ERR_STORE,
			       "the store is damaged: somebody came with no change");
	if (!sql_column_id(stmt, 1, who.person, err))
		return false;
	struct past *p = &d->list->v[d->at];
	p->who = xrealloc(p->who, (p->n_who + 1) * sizeof *p->who);
	p->who[p->n_who++] = who;
	return true;
}

bool pasts_load(struct db *db, const char *duo, struct past_list *out, struct err *err)
{
	struct past_list list = {0};
	struct dealing dealing = {.list = &list};
	int64_t num = 0;
	bool ok;
	if (duo)
		ok = (!*duo || sql_duo_num(db, duo, &num, err)) &&
		     sql_each(db, SQL_PASTS_DUO, SQL_VALUES(sql_ref(num)), add_row, &list, err) &&
		     (list.n == 0 || sql_each(db, SQL_PAST_WHOS_DUO, SQL_VALUES(sql_ref(num)),
					      add_who, &dealing, err));
	else
		ok = sql_each(db, SQL_PASTS_ALL, SQL_NONE, add_row, &list, err) &&
		     sql_each(db, SQL_PAST_WHOS_ALL, SQL_NONE, add_who, &dealing, err);
	if (ok)
		*out = list;
	else
		past_list_fini(&list);
	return ok;
}

bool pasts_mark(struct db *db, struct past_mark *mark, int64_t *pruned, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, SQL_PAST_MARK, SQL_NONE, err);
	if (!stmt || sql_next(db, stmt, err) != SQL_STEP_ROW)
		return false;
	*mark = (struct past_mark){.change = sqlite3_column_int64(stmt, 0),
				   .session = sqlite3_column_int64(stmt, 1)};
	*pruned = sqlite3_column_int64(stmt, 2);
	sql_end(stmt);
	return true;
}
