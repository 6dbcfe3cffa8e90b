/* sources.c -- the last good timetable of each source: what is known of it in one row, its time
 * as packed bytes in another. */
#include "store/sources.h"

#include "store/pack.h"
#include "store/sql.h"

#include <string.h>

static const char *const words[] = {"never", "fresh", "stale", "failed", "quarantined"};
enum { STATES = sizeof words / sizeof *words };

const char *source_state_word(enum source_state state)
{
	return words[state];
}

void source_record_fini(struct source_record *r)
{
	buf_fini(&r->quarantine);
	xfree(r->error);
	busyset_fini(&r->busy);
	xfree(r->occurrences);
	lessons_fini(&r->lessons);
	warnings_fini(&r->warnings);
	*r = (struct source_record){0};
}

void source_record_copy(struct source_record *to, const struct source_record *from)
{
	*to = *from;
	to->quarantine = (struct buf){0};
	if (from->quarantine.n)
		buf_add(&to->quarantine, from->quarantine.v, from->quarantine.n);
	to->error = from->error ? xstrdup(from->error) : NULL;
	to->busy = (struct busyset){0};
	busyset_copy(&to->busy, &from->busy);
	to->occurrences =
		xmemdup(from->occurrences, from->n_occurrences * sizeof *from->occurrences);
	to->lessons = (struct lessons){0};
	lessons_copy(&to->lessons, &from->lessons);
	to->warnings = (struct warnings){0};
	for (size_t i = 0; i < from->warnings.n; i++)
		warnings_add(&to->warnings, from->warnings.v[i].line, "%s",
			     from->warnings.v[i].text);
}

bool source_record_drop_lessons(struct source_record *r)
{
	if (r->lessons.n == 0)
		return false;
	for (size_t i = 0; i < r->n_occurrences; i++)
		r->occurrences[i].lesson = 0;
	lessons_fini(&r->lessons);
	return true;
}

void source_record_list_fini(struct source_record_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		source_record_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct source_record_list){0};
}

static bool read_state(sqlite3_stmt *stmt, struct source_record *r, struct err *err)
{
	char word[16];
	if (!sql_column_chars(stmt, 1, word, sizeof word, err))
		return false;
	for (int i = 0; i < STATES; i++)
		if (strcmp(word, words[i]) == 0) {
			r->state = (enum source_state)i;
			return true;
		}
	return err_set(err, ERR_STORE, "the store is damaged: the state \"%s\"", word);
}

static bool read_pieces(sqlite3_stmt *stmt, struct source_record *r, struct err *err)
{
	const struct {
		const void *p;
		size_t n;
	} warnings = {sqlite3_column_blob(stmt, 12), (size_t)sqlite3_column_bytes(stmt, 12)},
	  busy = {sqlite3_column_blob(stmt, 13), (size_t)sqlite3_column_bytes(stmt, 13)},
	  occurrences = {sqlite3_column_blob(stmt, 14), (size_t)sqlite3_column_bytes(stmt, 14)};
	if (!unpack_warnings(warnings.p, warnings.n, &r->warnings, err))
		return err_wrap(err, "its warnings are damaged");
	if (!unpack_busy(busy.p, busy.n, &r->busy, err))
		return err_wrap(err, "its busy set is damaged");
	if (!unpack_occurrences(occurrences.p, occurrences.n, &r->occurrences, &r->n_occurrences,
				&r->lessons, err))
		return err_wrap(err, "its occurrences are damaged");
	size_t n = (size_t)sqlite3_column_bytes(stmt, 15);
	if (n)
		buf_add(&r->quarantine, sqlite3_column_blob(stmt, 15), n);
	return true;
}

static bool read_record(sqlite3_stmt *stmt, struct source_record *out, struct err *err)
{
	struct source_record r = {0};
	bool ok = sql_column_id(stmt, 0, r.id, err) && read_state(stmt, &r, err) &&
		  sql_column_int(stmt, 4, UTC_MIN, UTC_MAX, &r.horizon, err) &&
		  sql_column_chars(stmt, 5, r.hash, sizeof r.hash, err) &&
		  sql_column_chars(stmt, 6, r.config_hash, sizeof r.config_hash, err) &&
		  sql_column_chars(stmt, 7, r.refused_hash, sizeof r.refused_hash, err) &&
		  sql_column_int(stmt, 10, 0, INT64_MAX, &r.events, err) &&
		  sql_column_int(stmt, 11, 0, INT64_MAX, &r.skipped, err) &&
		  sql_column_chars(stmt, 16, r.etag, sizeof r.etag, err) &&
		  sql_column_chars(stmt, 17, r.last_modified_text, sizeof r.last_modified_text,
				   err) &&
		  sql_column_int(stmt, 18, 0, INT64_MAX, &r.failures, err) &&
		  read_pieces(stmt, &r, err);
	if (!ok) {
		err_wrap(err, "source %s", r.id);
		source_record_fini(&r);
		return false;
	}
	r.fetched_at = sqlite3_column_int64(stmt, 2);
	r.tried_at = sqlite3_column_int64(stmt, 3);
	r.not_before = sqlite3_column_int64(stmt, 19);
	r.rejected = sqlite3_column_int(stmt, 8);
	r.error = sql_column_text(stmt, 9);
	*out = r;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct source_record_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_record(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

bool sources_load(struct db *db, struct source_record_list *out, struct err *err)
{
	struct source_record_list list = {0};
	if (!sql_each(db, SQL_SOURCES_ALL, SQL_NONE, add_row, &list, err)) {
		source_record_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

static bool put_both(struct db *db, const struct source_record *r, const struct buf *busy,
		     const struct buf *occurrences, const struct buf *warnings, struct err *err)
{
	return sql_run(db, SQL_SOURCE_PUT,
		       SQL_VALUES(sql_text(r->id), sql_text(source_state_word(r->state)),
				  sql_int(r->fetched_at), sql_int(r->tried_at), sql_int(r->horizon),
				  sql_text(r->hash), sql_text(r->config_hash),
				  sql_text(r->refused_hash), sql_int(r->rejected),
				  sql_text(r->error), sql_int(r->events), sql_int(r->skipped),
				  sql_blob(warnings->v, warnings->n), sql_text(r->etag),
				  sql_text(r->last_modified_text), sql_int(r->failures),
				  sql_int(r->not_before)),
		       err) &&
	       sql_run(db, SQL_TIMETABLE_PUT,
		       SQL_VALUES(sql_text(r->id), sql_blob(busy->v, busy->n),
				  sql_blob(occurrences->v, occurrences->n),
				  sql_blob(r->quarantine.v, r->quarantine.n)),
		       err);
}

/* Titles that are in the store of this source are about to go. */
static bool note_names(struct db *db, const char *id, struct err *err)
{
	int64_t n;
	if (!sql_one(db, SQL_TIMETABLE_NAMES, SQL_VALUES(sql_text(id)), &n, err))
		return false;
	db->forgets |= n > 0;
	return true;
}

bool sources_put(struct db *db, const struct source_record *r, struct err *err)
{
	struct busyset busy_again = {0};
	struct lesson_span *again = NULL;
	struct lessons texts_again = {0};
	struct buf busy = {0}, occurrences = {0}, warnings = {0};
	size_t n_again;
	bool own;
	pack_busy(&r->busy, &busy);
	pack_occurrences(r->occurrences, r->n_occurrences, &r->lessons, &occurrences);
	pack_warnings(&r->warnings, &warnings);
	/* what could not be read back is not written */
	bool ok = unpack_busy(busy.v, busy.n, &busy_again, err) &&
		  unpack_occurrences(occurrences.v, occurrences.n, &again, &n_again, &texts_again,
				     err);
	busyset_fini(&busy_again);
	lessons_fini(&texts_again);
	xfree(again);
	if (!ok)
		err_set(err, ERR_BUG, "source %s: its timetable is not in order", r->id);
	ok = ok && (r->lessons.n > 0 || note_names(db, r->id, err)) && sql_enter(db, &own, err);
	if (ok)
		ok = sql_leave(db, own, put_both(db, r, &busy, &occurrences, &warnings, err), err);
	buf_fini(&busy);
	buf_fini(&occurrences);
	buf_fini(&warnings);
	return ok;
}

bool sources_forget(struct db *db, const char *id, struct err *err)
{
	return note_names(db, id, err) &&
	       sql_run(db, SQL_SOURCE_DELETE, SQL_VALUES(sql_text(id)), err);
}
