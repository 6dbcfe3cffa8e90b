/* sessions.c -- sessions and who attends them.
 *
 * The rules (nobody twice at once, nothing published deleted) are the schema's; here a refusal
 * gets its names. Lists are read by three ordered scans, sessions, attendees and departures, and
 * merged. */
#include "store/sessions.h"

#include "store/past.h"
#include "store/schema.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

void session_list_fini(struct session_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		session_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct session_list){0};
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* The programme's zone, as the last roster said; looked up once. UTC before there was one. */
static bool zone_of(struct db *db, const struct zone **out, struct err *err)
{
	if (!db->zone) {
		struct buf name = {0};
		bool ok = db_meta_get(db, SQL_META_ZONE, &name, err);
		const struct zone *zone = ok ? zone_by_name(buf_str(&name)) : NULL;
		buf_fini(&name);
		if (!ok && err->code != ERR_NOTFOUND)
			return false;
		db->zone = zone ? zone : zone_utc();
	}
	*out = db->zone;
	return true;
}

static const char *local_words(const struct zone *zone, utc_t at, char out[CIVIL_TEXT])
{
	return local_text(zone_to_local(zone, at), out);
}

/* Turns a trigger's bare sentence into one with names: who, which session, when. @which finds it. */
static void name_clash(struct db *db, const char *trigger, enum sql which, const char *who,
		       const struct session *session, struct err *err)
{
	if (err->code != ERR_CONFLICT || strcmp(err->text, trigger) != 0)
		return;
	struct err ignored;
	const struct zone *zone;
	sqlite3_stmt *stmt = sql_query(db, which,
				       SQL_VALUES(sql_text(who), sql_int(session->start),
						  sql_int(session->end), sql_int(session->id)),
				       &ignored);
	if (!stmt || sql_next(db, stmt, &ignored) != SQL_STEP_ROW)
		return;
	int64_t other = sqlite3_column_int64(stmt, 0);
	utc_t start = sqlite3_column_int64(stmt, 1), end = sqlite3_column_int64(stmt, 2);
	sql_end(stmt);
	if (!zone_of(db, &zone, &ignored))
		return;
	char from[CIVIL_TEXT], to[CIVIL_TEXT];
	err_set(err, ERR_CONFLICT, "%s: %s has session s%lld from %s to %s", trigger, who,
		(long long)other, local_words(zone, start, from), local_words(zone, end, to));
}

/* The schema checks that these copies are the session's own times and state. */
static bool put_attendees(struct db *db, const struct session *session, struct err *err)
{
	bool live = session->state == STATE_BOOKED || session->state == STATE_HELD;
	for (size_t i = 0; i < session->n_attendees; i++) {
		int64_t person;
		if (!sql_person_num(db, session->attendees[i], &person, err))
			return false;
		if (!sql_run(db, SQL_ATTENDEE_INSERT,
			     SQL_VALUES(sql_int(session->id), sql_int(person),
					sql_int(session->start), sql_int(session->end),
					sql_int(live)),
			     err)) {
			name_clash(db, SCHEMA_OVERLAP, SQL_CLASH, session->attendees[i], session,
				   err);
			return false;
		}
	}
	return true;
}

static const char *or_null(const char *id)
{
	return *id ? id : NULL;
}

/* Both writing statements take the same first 16 values; the update's id is the 17th. */
static bool put_row(struct db *db, enum sql which, const struct session *s, struct err *err)
{
	int64_t duo = 0;
	const struct zone *zone;
	char local[CIVIL_TEXT];
	if (s->duo[0] && !sql_duo_num(db, s->duo, &duo, err))
		return false;
	if (!zone_of(db, &zone, err))
		return false;
	bool ok = sql_run(db, which,
			  (const struct sql_value[]){
				  sql_ref(duo), sql_text(kind_word(s->kind)),
				  sql_text(state_word(s->state)), sql_int(s->start),
				  sql_int(s->end), sql_text(local_words(zone, s->start, local)),
				  sql_text(zone_name(zone)), sql_int(s->pinned),
				  sql_int(s->assumed), sql_int(s->sequence), sql_int(s->created_at),
				  sql_int(s->last_modified), sql_int(s->cancelled_at),
				  sql_text(s->reason), sql_text(or_null(s->expert)),
				  sql_text(or_null(s->room)), sql_int(s->id)},
			  which == SQL_SESSION_UPDATE ? 17 : 16, err);
	if (!ok && *s->expert)
		name_clash(db, SCHEMA_EXPERT_OVERLAP, SQL_CLASH_EXPERT, s->expert, s, err);
	return ok;
}

bool sessions_insert(struct db *db, struct session *session, struct err *err)
{
	bool own;
	if (!sql_enter(db, &own, err))
		return false;
	struct session stored = *session; /* borrows: only the id differs */
	bool ok = put_row(db, SQL_SESSION_INSERT, &stored, err);
	if (ok) {
		stored.id = sqlite3_last_insert_rowid(db->handle);
		ok = put_attendees(db, &stored, err);
	}
	if (!sql_leave(db, own, ok, err))
		return false;
	session->id = stored.id;
	return true;
}

static bool no_session(int64_t id, struct err *err)
{
	return err_set(err, ERR_NOTFOUND, "there is no session s%lld", (long long)id);
}

struct scratch { /* ids */
	id_text *v;
	size_t n, cap;
};

static bool scratch_add(struct scratch *scratch, sqlite3_stmt *stmt, int column, struct err *err)
{
	scratch->v = xgrow(scratch->v, scratch->n, &scratch->cap, sizeof *scratch->v);
	if (!sql_column_id(stmt, column, scratch->v[scratch->n], err))
		return false;
	scratch->n++;
	return true;
}

static bool attendees_now(struct db *db, int64_t id, struct scratch *out, struct err *err)
{
	enum sql_step step = SQL_STEP_FAILED;
	sqlite3_stmt *stmt = sql_query(db, SQL_ATTENDEES_GET, SQL_VALUES(sql_int(id)), err);
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW)
		if (!scratch_add(out, stmt, 1, err)) {
			sql_end(stmt);
			return false;
		}
	return step == SQL_STEP_DONE;
}

/* Who attended and does not any more is remembered, if she can have known of it. Who comes back is
 * forgotten by the schema. */
static bool note_departures(struct db *db, const struct session *is, const struct scratch *were,
			    struct err *err)
{
	for (size_t i = 0; i < were->n; i++) {
		int64_t person;
		if (session_attends(is, were->v[i]))
			continue;
		if (!sql_person_num(db, were->v[i], &person, err) ||
		    !sql_run(db, SQL_DEPARTURE_PUT,
			     SQL_VALUES(sql_int(is->id), sql_int(person),
					sql_int(is->last_modified)),
			     err))
			return false;
	}
	return true;
}

/* Attendees leave before the session moves and come back after it: who is no longer there does
 * not stand in its way. */
static bool update(struct db *db, const struct session *session, struct err *err)
{
	struct scratch were = {0};
	bool ok = attendees_now(db, session->id, &were, err) &&
		  sql_run(db, SQL_ATTENDEE_DELETE, SQL_VALUES(sql_int(session->id)), err) &&
		  note_departures(db, session, &were, err) &&
		  past_note(db, session, were.v, were.n, err);
	xfree(were.v);
	if (!ok || !put_row(db, SQL_SESSION_UPDATE, session, err))
		return false;
	if (sql_changed(db) == 0)
		return no_session(session->id, err);
	return put_attendees(db, session, err);
}

bool sessions_update(struct db *db, const struct session *session, struct err *err)
{
	return sessions_update_many(db, session, 1, err);
}

bool sessions_update_many(struct db *db, const struct session *v, size_t n, struct err *err)
{
	bool own;
	if (!sql_enter(db, &own, err))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && n > 1 && i < n; i++)
		ok = sql_run(db, SQL_SESSION_PARK, SQL_VALUES(sql_int(v[i].id)), err);
	for (size_t i = 0; ok && i < n; i++)
		ok = update(db, &v[i], err);
	return sql_leave(db, own, ok, err);
}

bool sessions_stamp(struct db *db, const int64_t *ids, size_t n, bool elsewhere, utc_t now,
		    struct err *err)
{
	if (n == 0)
		return true;
	char *list = sql_id_list(ids, n);
	bool own, ok = sql_enter(db, &own, err);
	if (ok)
		ok = sql_leave(db, own,
			       past_note_text(db, list, now, err) &&
				       sql_run(db, SQL_SESSIONS_STAMP,
					       SQL_VALUES(sql_text(list), sql_int(now),
							  sql_int(elsewhere)),
					       err),
			       err);
	xfree(list);
	return ok;
}

bool sessions_delete_provisional(struct db *db, int64_t id, struct err *err)
{
	int64_t there;
	if (!sql_run(db, SQL_SESSION_DELETE, SQL_VALUES(sql_int(id)), err))
		return err_wrap(err, "session s%lld", (long long)id);
	if (sql_changed(db) > 0)
		return true;
	if (sql_one(db, SQL_SESSION_GET, SQL_VALUES(sql_int(id)), &there, err))
		return err_set(err, ERR_CONFLICT,
			       "session s%lld is more than a provisional one; cancel it instead",
			       (long long)id);
	return err->code == ERR_NOTFOUND ? no_session(id, err) : false;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static bool read_row(sqlite3_stmt *stmt, struct session *out, struct err *err)
{
	struct session s = {.id = sqlite3_column_int64(stmt, 0)};
	int64_t sequence;
	if ((sqlite3_column_type(stmt, 1) != SQLITE_NULL && !sql_column_id(stmt, 1, s.duo, err)) ||
	    !sql_column_kind(stmt, 2, &s.kind, err) || !sql_column_state(stmt, 3, &s.state, err) ||
	    !sql_column_int(stmt, 4, UTC_MIN, UTC_MAX, &s.start, err) ||
	    !sql_column_int(stmt, 5, s.start + 1, UTC_MAX, &s.end, err) ||
	    !sql_column_int(stmt, 8, -1, INT32_MAX, &sequence, err) ||
	    (sqlite3_column_type(stmt, 13) != SQLITE_NULL &&
	     !sql_column_id(stmt, 13, s.expert, err)) ||
	    (sqlite3_column_type(stmt, 14) != SQLITE_NULL && !sql_column_id(stmt, 14, s.room, err)))
		return err_wrap(err, "session s%lld", (long long)s.id);
	s.pinned = sqlite3_column_int(stmt, 6);
	s.assumed = sqlite3_column_int(stmt, 7);
	s.sequence = (int32_t)sequence;
	s.created_at = sqlite3_column_int64(stmt, 9);
	s.last_modified = sqlite3_column_int64(stmt, 10);
	s.cancelled_at = sqlite3_column_int64(stmt, 11);
	s.reason = sql_column_text(stmt, 12);
	*out = s;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct session_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_row(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void take_attendees(struct session *session, struct scratch *scratch)
{
	if (scratch->n > 1)
		qsort(scratch->v, scratch->n, sizeof *scratch->v, by_text);
	session->attendees = xmemdup(scratch->v, scratch->n * sizeof *scratch->v);
	session->n_attendees = scratch->n;
	scratch->n = 0;
}

/* Deals the attendees, which come by session number, out to the sessions, by number too. */
static bool deal(struct db *db, sqlite3_stmt *stmt, struct session_list *list,
		 struct scratch *scratch, struct err *err)
{
	enum sql_step step;
	size_t i = 0;
	while ((step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		for (; i < list->n && list->v[i].id < id; i++)
			take_attendees(&list->v[i], scratch);
		bool ok = scratch_add(scratch, stmt, 1, err);
		if (ok && (i == list->n || list->v[i].id != id))
			ok = err_set(err, ERR_STORE,
				     "the store is damaged: an attendee of no session");
		if (!ok) {
			sql_end(stmt);
			return false;
		}
	}
	for (; step == SQL_STEP_DONE && i < list->n; i++)
		take_attendees(&list->v[i], scratch);
	return step == SQL_STEP_DONE;
}

/* Likewise those who left: few, by session number and person. */
static bool deal_left(struct db *db, sqlite3_stmt *stmt, struct session_list *list, struct err *err)
{
	enum sql_step step;
	size_t i = 0;
	while ((step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		int64_t id = sqlite3_column_int64(stmt, 0);
		struct departure left = {.at = sqlite3_column_int64(stmt, 2)};
		while (i < list->n && list->v[i].id < id)
			i++;
		bool ok = sql_column_id(stmt, 1, left.person, err);
		if (ok && (i == list->n || list->v[i].id != id))
			ok = err_set(err, ERR_STORE,
				     "the store is damaged: somebody left no session");
		if (!ok) {
			sql_end(stmt);
			return false;
		}
		struct session *s = &list->v[i];
		s->left = xrealloc(s->left, (s->n_left + 1) * sizeof *s->left);
		s->left[s->n_left++] = left;
	}
	return step == SQL_STEP_DONE;
}

/* What a list is read by: sessions, who attends them, who has left them. */
struct reading {
	enum sql rows, attendees, departures;
};

static bool read_all(struct db *db, struct reading which, const struct sql_value *values, size_t n,
		     struct session_list *out, struct err *err)
{
	struct session_list list = {0};
	struct scratch scratch = {0};
	bool ok = sql_each(db, which.rows, values, n, add_row, &list, err);
	sqlite3_stmt *stmt = ok ? sql_query(db, which.attendees, values, n, err) : NULL;
	ok = stmt && deal(db, stmt, &list, &scratch, err);
	stmt = ok ? sql_query(db, which.departures, values, n, err) : NULL;
	ok = stmt && deal_left(db, stmt, &list, err);
	xfree(scratch.v);
	if (ok)
		*out = list;
	else
		session_list_fini(&list);
	return ok;
}

static int by_start(const void *a, const void *b)
{
	const struct session *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

bool sessions_load(struct db *db, const char *duo, struct session_list *out, struct err *err)
{
	static const struct reading all = {SQL_SESSIONS_ALL, SQL_ATTENDEES_ALL, SQL_DEPARTURES_ALL};
	static const struct reading one = {SQL_SESSIONS_DUO, SQL_ATTENDEES_DUO, SQL_DEPARTURES_DUO};
	struct session_list list;
	int64_t num = 0; /* the programme's own stand without one */
	if (!duo) {
		if (!read_all(db, all, SQL_NONE, &list, err))
			return false;
	} else if ((*duo && !sql_duo_num(db, duo, &num, err)) ||
		   !read_all(db, one, SQL_VALUES(sql_ref(num)), &list, err)) {
		return false;
	}
	if (list.n > 1)
		qsort(list.v, list.n, sizeof *list.v, by_start);
	*out = list;
	return true;
}

bool sessions_get(struct db *db, int64_t id, struct session *out, struct err *err)
{
	static const struct reading get = {SQL_SESSION_GET, SQL_ATTENDEES_GET, SQL_DEPARTURES_GET};
	struct session_list list;
	if (!read_all(db, get, SQL_VALUES(sql_int(id)), &list, err))
		return false;
	if (list.n == 0)
		return no_session(id, err);
	*out = list.v[0];
	xfree(list.v);
	return true;
}

/* The most sessions at once within [start, end): it is reached where one of them begins. */
static bool room_peak(struct db *db, const struct session *s, size_t *peak, struct err *err)
{
	struct span {
		utc_t start, end;
	} *v = NULL;
	size_t n = 0, cap = 0;
	enum sql_step step = SQL_STEP_FAILED;
	sqlite3_stmt *stmt =
		sql_query(db, SQL_ROOM_TAKEN,
			  SQL_VALUES(sql_text(s->room), sql_int(s->start), sql_int(s->end)), err);
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		v = xgrow(v, n, &cap, sizeof *v);
		v[n].start = sqlite3_column_int64(stmt, 0);
		v[n++].end = sqlite3_column_int64(stmt, 1);
	}
	*peak = 0;
	for (size_t i = 0; i < n; i++) {
		utc_t at = v[i].start > s->start ? v[i].start : s->start;
		size_t now = 0;
		for (size_t k = 0; k < n; k++)
			now += v[k].start <= at && at < v[k].end;
		*peak = now > *peak ? now : *peak;
	}
	xfree(v);
	return step == SQL_STEP_DONE;
}

bool sessions_room_holds(struct db *db, const struct session *s, struct err *err)
{
	int64_t capacity;
	size_t peak;
	if (!*s->room || (s->state != STATE_BOOKED && s->state != STATE_HELD))
		return true;
	if (!sql_one(db, SQL_ROOM_CAPACITY, SQL_VALUES(sql_text(s->room)), &capacity, err)) {
		if (err->code != ERR_NOTFOUND)
			return false;
		*err = (struct err){0};
		capacity = 1;
	}
	if (!room_peak(db, s, &peak, err))
		return false;
	return peak <= (size_t)capacity ||
	       err_set(err, ERR_CONFLICT,
		       "room %s is taken then: it holds %lld at once, this would make %zu", s->room,
		       (long long)capacity, peak);
}

bool sessions_budget(struct db *db, const char *person, int32_t *held_min, int32_t *booked_min,
		     struct err *err)
{
	int64_t num, held, booked;
	if (!sql_person_num(db, person, &num, err))
		return false;
	sqlite3_stmt *stmt = sql_query(db, SQL_BUDGET, SQL_VALUES(sql_int(num)), err);
	if (!stmt || sql_next(db, stmt, err) != SQL_STEP_ROW)
		return false;
	bool ok = sql_column_int(stmt, 0, INT32_MIN, INT32_MAX, &held, err) &&
		  sql_column_int(stmt, 1, 0, INT32_MAX, &booked, err);
	sql_end(stmt);
	if (!ok)
		return err_wrap(err, "hours of %s", person);
	*held_min = (int32_t)held;
	*booked_min = (int32_t)booked;
	return true;
}

bool sessions_duos_of(struct db *db, const char *person, id_text **out, size_t *n, struct err *err)
{
	id_text *v = NULL;
	size_t count = 0, cap = 0;
	enum sql_step step = SQL_STEP_FAILED;
	sqlite3_stmt *stmt = sql_query(db, SQL_DUOS_OF, SQL_VALUES(sql_text(person)), err);
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		v = xgrow(v, count, &cap, sizeof *v);
		bool none = sqlite3_column_type(stmt, 0) == SQLITE_NULL;
		memset(v[count], 0, sizeof *v);
		if (!none && !sql_column_id(stmt, 0, v[count], err)) {
			sql_end(stmt);
			step = SQL_STEP_FAILED;
			break;
		}
		count++;
	}
	if (step != SQL_STEP_DONE) {
		xfree(v);
		return false;
	}
	*out = v;
	*n = count;
	return true;
}
