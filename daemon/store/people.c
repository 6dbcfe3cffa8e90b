/* people.c -- the roster's persons and duos in the tables: added, changed, renamed, retired,
 * back again. Nobody is deleted: sessions and hours go on naming them. */
#include "store/people.h"

#include "store/sql.h"

#include <string.h>

void retired_list_fini(struct retired_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		xfree(list->v[i].name);
	xfree(list->v);
	*list = (struct retired_list){0};
}

/* ---- renamed duos ----------------------------------------------------------------------------- */

static bool known(struct db *db, const char *duo, bool *out, struct err *err)
{
	int64_t num;
	*out = sql_duo_num(db, duo, &num, err);
	return *out || err->code == ERR_NOTFOUND;
}

static bool rename_duo(struct db *db, const char *was, const char *id, struct err *err)
{
	return sql_run(db, SQL_DUO_RENAME, SQL_VALUES(sql_text(was), sql_text(id)), err) &&
	       sql_run(db, SQL_LINK_RENAME, SQL_VALUES(sql_text(was), sql_text(id)), err) &&
	       sql_run(db, SQL_BODY_RENAME, SQL_VALUES(sql_text(was), sql_text(id)), err);
}

/* One round over the `was` lines: renames whose new name is still without a past. *left: some
 * could not be (yet), because both names have one. */
static bool rename_round(struct db *db, const struct roster *roster, bool *renamed,
			 const struct duo **left, struct err *err)
{
	*renamed = false;
	*left = NULL;
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *duo = &roster->duos[i];
		bool old_there, new_there;
		if (!duo->was[0] || strcmp(duo->was, duo->id) == 0)
			continue;
		if (!known(db, duo->was, &old_there, err) || !known(db, duo->id, &new_there, err))
			return false;
		if (old_there && !new_there) {
			if (!rename_duo(db, duo->was, duo->id, err))
				return err_wrap(err, "duo %s was %s", duo->id, duo->was);
			*renamed = true;
		} else if (old_there && !roster_duo(roster, duo->was)) {
			*left = duo;
		}
	}
	return true;
}

/* `was` lines stay in rosters: one that has been followed already has no old name to find. A
 * chain (c was b, b was a) resolves round by round. Two pasts are not mixed in silence. */
static bool rename_duos(struct db *db, const struct roster *roster, struct err *err)
{
	bool renamed;
	const struct duo *left;
	do {
		if (!rename_round(db, roster, &renamed, &left, err))
			return false;
	} while (renamed);
	if (left)
		return err_set(err, ERR_CONFLICT,
			       "duo %s: was = %s, but both have sessions or hours of their own; "
			       "take the line out, or choose a new id",
			       left->id, left->was);
	return true;
}

/* ---- the tables ------------------------------------------------------------------------------- */

static bool put_persons(struct db *db, const struct roster *roster, struct err *err)
{
	for (size_t i = 0; i < roster->n_persons; i++) {
		const struct person *p = &roster->persons[i];
		if (!sql_run(db, SQL_PERSON_PUT, SQL_VALUES(sql_text(p->id), sql_text(p->name)),
			     err))
			return err_wrap(err, "person %s", p->id);
	}
	return true;
}

static bool put_duos(struct db *db, const struct roster *roster, utc_t now, struct err *err)
{
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *d = &roster->duos[i];
		int64_t a, b;
		if (!sql_person_num(db, d->members[0], &a, err) ||
		    !sql_person_num(db, d->members[1], &b, err) ||
		    !sql_run(db, SQL_DUO_PUT,
			     SQL_VALUES(sql_text(d->id), sql_text(d->topic), sql_int(a), sql_int(b),
					sql_int(now)),
			     err))
			return err_wrap(err, "duo %s", d->id);
	}
	return true;
}

static bool put_rooms(struct db *db, const struct roster *roster, struct err *err)
{
	for (size_t i = 0; i < roster->n_third_parties; i++) {
		const struct third_party *p = &roster->third_parties[i];
		if (p->is_room && !sql_run(db, SQL_ROOM_PUT,
					   SQL_VALUES(sql_text(p->id), sql_int(p->capacity)), err))
			return err_wrap(err, "room %s", p->id);
	}
	return true;
}

struct ids {
	id_text *v;
	size_t n, cap;
};

static bool add_id(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct ids *ids = ctx;
	ids->v = xgrow(ids->v, ids->n, &ids->cap, sizeof *ids->v);
	if (!sql_column_id(stmt, 0, ids->v[ids->n], err))
		return false;
	ids->n++;
	return true;
}

static bool read_ids(struct db *db, enum sql which, struct ids *ids, struct err *err)
{
	return sql_each(db, which, SQL_NONE, add_id, ids, err);
}

/* Who is here in the tables and not in the roster leaves at @now. */
static bool retire(struct db *db, const struct roster *roster, bool duos, utc_t now,
		   struct err *err)
{
	struct ids ids = {0};
	bool ok = read_ids(db, duos ? SQL_DUOS_HERE : SQL_PERSONS_HERE, &ids, err);
	for (size_t i = 0; ok && i < ids.n; i++) {
		const char *id = ids.v[i];
		if (duos ? roster_duo(roster, id) != NULL : roster_person(roster, id) != NULL)
			continue;
		ok = sql_run(db, duos ? SQL_DUO_RETIRE : SQL_PERSON_RETIRE,
			     SQL_VALUES(sql_text(id), sql_int(now)), err);
	}
	xfree(ids.v);
	return ok;
}

bool people_apply(struct db *db, const struct roster *roster, const struct buf *bundle, utc_t now,
		  struct err *err)
{
	const struct zone *zone = roster->programme.zone;
	const char *name = zone_name(zone ? zone : zone_utc());
	bool own;
	if (!sql_enter(db, &own, err))
		return false;
	bool ok = rename_duos(db, roster, err) && put_persons(db, roster, err) &&
		  put_duos(db, roster, now, err) && put_rooms(db, roster, err) &&
		  retire(db, roster, false, now, err) && retire(db, roster, true, now, err) &&
		  db_meta_put(db, SQL_META_ZONE, name, strlen(name), err) &&
		  sql_run(db, SQL_ROSTER_PUT,
			  SQL_VALUES(sql_int(now), sql_blob(bundle->v, bundle->n)), err);
	db->zone = NULL; /* the next session asks again */
	return sql_leave(db, own, ok, err);
}

/* ---- reading ---------------------------------------------------------------------------------- */

bool people_bundle(struct db *db, struct buf *bundle, utc_t *loaded_at, struct err *err)
{
	sqlite3_stmt *stmt = sql_query(db, SQL_ROSTER_GET, SQL_NONE, err);
	if (!stmt)
		return false;
	switch (sql_next(db, stmt, err)) {
	case SQL_STEP_FAILED: return false;
	case SQL_STEP_DONE: return err_set(err, ERR_NOTFOUND, "the store has no roster yet");
	case SQL_STEP_ROW: break;
	}
	buf_clear(bundle);
	buf_add(bundle, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
	*loaded_at = sqlite3_column_int64(stmt, 1);
	sql_end(stmt);
	return true;
}

static bool read_retired(struct db *db, bool duos, struct retired_list *list, size_t *cap,
			 struct err *err)
{
	sqlite3_stmt *stmt =
		sql_query(db, duos ? SQL_DUOS_RETIRED : SQL_PERSONS_RETIRED, SQL_NONE, err);
	enum sql_step step = SQL_STEP_FAILED;
	while (stmt && (step = sql_next(db, stmt, err)) == SQL_STEP_ROW) {
		struct retired r = {.is_duo = duos, .at = sqlite3_column_int64(stmt, 2)};
		if (!sql_column_id(stmt, 0, r.id, err) ||
		    (duos && (!sql_column_id(stmt, 3, r.members[0], err) ||
			      !sql_column_id(stmt, 4, r.members[1], err)))) {
			sql_end(stmt);
			return false;
		}
		r.name = sql_column_text(stmt, 1);
		list->v = xgrow(list->v, list->n, cap, sizeof *list->v);
		list->v[list->n++] = r;
	}
	return step == SQL_STEP_DONE;
}

bool people_retired(struct db *db, struct retired_list *out, struct err *err)
{
	struct retired_list list = {0};
	size_t cap = 0;
	if (read_retired(db, false, &list, &cap, err) && read_retired(db, true, &list, &cap, err)) {
		*out = list;
		return true;
	}
	retired_list_fini(&list);
	return false;
}
