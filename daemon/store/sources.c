/* sources.c -- the last good timetable of each source: what is known of it in one row, its time
 * as packed bytes in another, and what lies in quarantine in a third. */
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

void source_record_drop_held(struct source_record *r)
{
	struct source_held *held = r->held;
	r->held = NULL;
	if (!held)
		return;
	busyset_fini(&held->busy);
	xfree(held->occurrences);
	lessons_fini(&held->lessons);
	warnings_fini(&held->warnings);
	xfree(held);
}

static void copy_warnings(struct warnings *to, const struct warnings *from)
{
	*to = (struct warnings){.dropped = from->dropped};
	for (size_t i = 0; i < from->n; i++)
		warnings_add(to, from->v[i].line, "%s", from->v[i].text);
}

static struct source_held *copy_held(const struct source_held *from)
{
	struct source_held *to = xmemdup(from, sizeof *from);
	to->busy = (struct busyset){0};
	busyset_copy(&to->busy, &from->busy);
	to->occurrences =
		xmemdup(from->occurrences, from->n_occurrences * sizeof *from->occurrences);
	to->lessons = (struct lessons){0};
	lessons_copy(&to->lessons, &from->lessons);
	copy_warnings(&to->warnings, &from->warnings);
	return to;
}

void source_record_fini(struct source_record *r)
{
	source_record_drop_held(r);
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
	to->held = from->held ? copy_held(from->held) : NULL;
	to->error = from->error ? xstrdup(from->error) : NULL;
	to->busy = (struct busyset){0};
	busyset_copy(&to->busy, &from->busy);
	to->occurrences =
		xmemdup(from->occurrences, from->n_occurrences * sizeof *from->occurrences);
	to->lessons = (struct lessons){0};
	lessons_copy(&to->lessons, &from->lessons);
	copy_warnings(&to->warnings, &from->warnings);
}

bool source_record_drop_lessons(struct source_record *r)
{
	bool held = r->held && r->held->lessons.n;
	if (held) /* read with the policy that asked for them: not to be accepted any more */
		source_record_drop_held(r);
	if (r->lessons.n == 0)
		return held;
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

struct piece {
	const void *p;
	size_t n;
};

static struct piece piece_of(sqlite3_stmt *stmt, int column)
{
	const void *p = sqlite3_column_blob(stmt, column);
	return (struct piece){p, (size_t)sqlite3_column_bytes(stmt, column)};
}

/* Columns @at to @at + 2: warnings, busy, occurrences. */
static bool read_pieces(sqlite3_stmt *stmt, int at, struct warnings *w, struct busyset *b,
			struct lesson_span **v, size_t *n, struct lessons *lessons, struct err *err)
{
	struct piece warnings = piece_of(stmt, at), busy = piece_of(stmt, at + 1),
		     occurrences = piece_of(stmt, at + 2);
	if (!unpack_warnings(warnings.p, warnings.n, w, err))
		return err_wrap(err, "its warnings are damaged");
	if (!unpack_busy(busy.p, busy.n, b, err))
		return err_wrap(err, "its busy set is damaged");
	return unpack_occurrences(occurrences.p, occurrences.n, v, n, lessons, err) ||
	       err_wrap(err, "its occurrences are damaged");
}

static bool read_held(sqlite3_stmt *stmt, struct source_record *r, struct err *err)
{
	enum { AT = 19 };
	if (sqlite3_column_type(stmt, AT) == SQLITE_NULL)
		return true;
	struct source_held *h = r->held = xcalloc(1, sizeof *h);
	return (sql_column_chars(stmt, AT, h->config_hash, sizeof h->config_hash, err) &&
		sql_column_int(stmt, AT + 1, UTC_MIN, UTC_MAX, &h->horizon, err) &&
		sql_column_int(stmt, AT + 2, 0, INT64_MAX, &h->events, err) &&
		sql_column_int(stmt, AT + 3, 0, INT64_MAX, &h->skipped, err) &&
		read_pieces(stmt, AT + 4, &h->warnings, &h->busy, &h->occurrences,
			    &h->n_occurrences, &h->lessons, err)) ||
	       err_wrap(err, "what is held in quarantine");
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
		  sql_column_chars(stmt, 15, r.etag, sizeof r.etag, err) &&
		  sql_column_chars(stmt, 16, r.last_modified_text, sizeof r.last_modified_text,
				   err) &&
		  sql_column_int(stmt, 17, 0, INT64_MAX, &r.failures, err) &&
		  read_pieces(stmt, 12, &r.warnings, &r.busy, &r.occurrences, &r.n_occurrences,
			      &r.lessons, err) &&
		  read_held(stmt, &r, err);
	if (!ok) {
		err_wrap(err, "source %s", r.id);
		source_record_fini(&r);
		return false;
	}
	r.fetched_at = sqlite3_column_int64(stmt, 2);
	r.tried_at = sqlite3_column_int64(stmt, 3);
	r.not_before = sqlite3_column_int64(stmt, 18);
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

struct packed {
	struct buf busy, occurrences, warnings;
};

static void packed_fini(struct packed *p)
{
	buf_fini(&p->busy);
	buf_fini(&p->occurrences);
	buf_fini(&p->warnings);
}

/* What could not be read back is not written. */
static bool pack(const struct busyset *busy, const struct lesson_span *v, size_t n,
		 const struct lessons *lessons, const struct warnings *warnings, struct packed *out,
		 struct err *err)
{
	struct busyset busy_again = {0};
	struct lesson_span *again = NULL;
	struct lessons texts_again = {0};
	size_t n_again;
	pack_busy(busy, &out->busy);
	pack_occurrences(v, n, lessons, &out->occurrences);
	pack_warnings(warnings, &out->warnings);
	bool ok = unpack_busy(out->busy.v, out->busy.n, &busy_again, err) &&
		  unpack_occurrences(out->occurrences.v, out->occurrences.n, &again, &n_again,
				     &texts_again, err);
	busyset_fini(&busy_again);
	lessons_fini(&texts_again);
	xfree(again);
	return ok;
}

static bool put_held(struct db *db, const struct source_record *r, struct err *err)
{
	const struct source_held *h = r->held;
	struct packed p = {0};
	if (!h)
		return sql_run(db, SQL_HELD_DELETE, SQL_VALUES(sql_text(r->id)), err);
	bool ok = pack(&h->busy, h->occurrences, h->n_occurrences, &h->lessons, &h->warnings, &p,
		       err) ||
		  err_set(err, ERR_BUG, "source %s: what it holds is not in order", r->id);
	ok = ok &&
	     sql_run(db, SQL_HELD_PUT,
		     SQL_VALUES(sql_text(r->id), sql_text(h->config_hash), sql_int(h->horizon),
				sql_int(h->events), sql_int(h->skipped),
				sql_blob(p.warnings.v, p.warnings.n), sql_blob(p.busy.v, p.busy.n),
				sql_blob(p.occurrences.v, p.occurrences.n)),
		     err);
	packed_fini(&p);
	return ok;
}

static bool put_all(struct db *db, const struct source_record *r, const struct packed *p,
		    struct err *err)
{
	return sql_run(db, SQL_SOURCE_PUT,
		       SQL_VALUES(sql_text(r->id), sql_text(source_state_word(r->state)),
				  sql_int(r->fetched_at), sql_int(r->tried_at), sql_int(r->horizon),
				  sql_text(r->hash), sql_text(r->config_hash),
				  sql_text(r->refused_hash), sql_int(r->rejected),
				  sql_text(r->error), sql_int(r->events), sql_int(r->skipped),
				  sql_blob(p->warnings.v, p->warnings.n), sql_text(r->etag),
				  sql_text(r->last_modified_text), sql_int(r->failures),
				  sql_int(r->not_before)),
		       err) &&
	       sql_run(db, SQL_TIMETABLE_PUT,
		       SQL_VALUES(sql_text(r->id), sql_blob(p->busy.v, p->busy.n),
				  sql_blob(p->occurrences.v, p->occurrences.n)),
		       err) &&
	       put_held(db, r, err);
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
	struct packed p = {0};
	bool own;
	bool ok = pack(&r->busy, r->occurrences, r->n_occurrences, &r->lessons, &r->warnings, &p,
		       err) ||
		  err_set(err, ERR_BUG, "source %s: its timetable is not in order", r->id);
	ok = ok && (r->lessons.n > 0 || note_names(db, r->id, err)) && sql_enter(db, &own, err);
	if (ok)
		ok = sql_leave(db, own, put_all(db, r, &p, err), err);
	packed_fini(&p);
	return ok;
}

bool sources_forget(struct db *db, const char *id, struct err *err)
{
	return note_names(db, id, err) &&
	       sql_run(db, SQL_SOURCE_DELETE, SQL_VALUES(sql_text(id)), err);
}
