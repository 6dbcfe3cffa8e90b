/* obligations.c -- what duos owe. Lists are read by three ordered scans, duos, who left them, and
 * obligations, and merged by the duos' numbers. */
#include "store/obligations.h"

#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

void owed_fini(struct owed *owed)
{
	obligation_list_fini(&owed->obligations);
	xfree(owed->left);
	*owed = (struct owed){0};
}

void owed_list_fini(struct owed_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		owed_fini(&list->v[i]);
	xfree(list->v);
	*list = (struct owed_list){0};
}

/* ---- reading ---------------------------------------------------------------------------------- */

struct reading {
	struct owed_list list;
	int64_t *nums; /* of the duos, as list */
	size_t cap_nums;
	size_t at; /* the duo that the last row was of */
};

static bool add_duo(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct reading *r = ctx;
	struct owed owed = {.n_left = 0};
	if (!sql_column_id(stmt, 1, owed.duo, err) ||
	    !sql_column_id(stmt, 2, owed.members[0], err) ||
	    !sql_column_id(stmt, 3, owed.members[1], err))
		return false;
	r->nums = xgrow(r->nums, r->list.n, &r->cap_nums, sizeof *r->nums);
	r->nums[r->list.n] = sqlite3_column_int64(stmt, 0);
	r->list.v = xgrow(r->list.v, r->list.n, &r->list.cap, sizeof *r->list.v);
	r->list.v[r->list.n++] = owed;
	return true;
}

/* Whose row it is; NULL: of a duo that is not among them. */
static struct owed *duo_of(struct reading *r, sqlite3_stmt *stmt)
{
	int64_t num = sqlite3_column_int64(stmt, 0);
	while (r->at < r->list.n && r->nums[r->at] < num)
		r->at++;
	return r->at < r->list.n && r->nums[r->at] == num ? &r->list.v[r->at] : NULL;
}

static bool add_left(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct owed *owed = duo_of(ctx, stmt);
	struct departure left = {.at = sqlite3_column_int64(stmt, 2)};
	if (!owed) /* it never owed anything */
		return true;
	if (!sql_column_id(stmt, 1, left.person, err))
		return false;
	owed->left = xrealloc(owed->left, (owed->n_left + 1) * sizeof *owed->left);
	owed->left[owed->n_left++] = left;
	return true;
}

static bool damaged(struct err *err)
{
	return err_set(err, ERR_STORE, "the store is damaged: an obligation cannot be read");
}

static bool add_obligation(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct owed *owed = duo_of(ctx, stmt);
	struct obligation o = {.id = sqlite3_column_int64(stmt, 1)};
	const char *kind = (const char *)sqlite3_column_text(stmt, 2);
	const char *state = (const char *)sqlite3_column_text(stmt, 5);
	int64_t number, due, sequence;
	if (!owed || !kind || !obligation_kind_from_word(kind, &o.kind) || !state ||
	    !obligation_state_from_word(state, &o.state))
		return damaged(err);
	if (!sql_column_int(stmt, 3, 1, INT32_MAX, &number, err) ||
	    !sql_column_int(stmt, 4, INT32_MIN, INT32_MAX, &due, err) ||
	    !sql_column_int(stmt, 6, 0, INT32_MAX, &sequence, err))
		return false;
	memcpy(o.duo, owed->duo, sizeof o.duo);
	o.number = (int)number;
	o.due = (day_t)due;
	o.sequence = (int32_t)sequence;
	o.created_at = sqlite3_column_int64(stmt, 7);
	o.last_modified = sqlite3_column_int64(stmt, 8);
	o.cancelled_at = sqlite3_column_int64(stmt, 9);
	o.done_at = sqlite3_column_int64(stmt, 10);
	o.done_by = sql_column_text(stmt, 11);
	o.reason = sql_column_text(stmt, 12);
	struct obligation_list *list = &owed->obligations;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = o;
	return true;
}

static bool read_all(struct db *db, const enum sql which[3], const struct sql_value *values,
		     size_t n, struct owed_list *out, struct err *err)
{
	static sql_row_fn *const add[] = {add_duo, add_left, add_obligation};
	struct reading r = {.at = 0};
	bool ok = true;
	for (int i = 0; i < 3 && ok; i++) {
		r.at = 0;
		ok = sql_each(db, which[i], values, n, add[i], &r, err);
	}
	xfree(r.nums);
	if (ok)
		*out = r.list;
	else
		owed_list_fini(&r.list);
	return ok;
}

static int by_duo(const void *a, const void *b)
{
	return strcmp(((const struct owed *)a)->duo, ((const struct owed *)b)->duo);
}

bool obligations_load_all(struct db *db, struct owed_list *out, struct err *err)
{
	static const enum sql all[] = {SQL_OWERS_ALL, SQL_OWERS_LEFT_ALL, SQL_OBLIGATIONS_ALL};
	if (!read_all(db, all, SQL_NONE, out, err))
		return false;
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, by_duo);
	return true;
}

bool obligations_load(struct db *db, const char *duo, struct owed *out, struct err *err)
{
	static const enum sql one[] = {SQL_OWERS_DUO, SQL_OWERS_LEFT_DUO, SQL_OBLIGATIONS_DUO};
	struct owed_list list;
	int64_t num;
	if (!sql_duo_num(db, duo, &num, err) ||
	    !read_all(db, one, SQL_VALUES(sql_int(num)), &list, err))
		return false;
	if (list.n == 0) /* members that are nobody */
		return damaged(err);
	*out = list.v[0];
	xfree(list.v);
	return true;
}

struct names {
	id_text *v;
	size_t n, cap;
};

static bool add_name(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct names *names = ctx;
	names->v = xgrow(names->v, names->n, &names->cap, sizeof *names->v);
	if (!sql_column_id(stmt, 0, names->v[names->n], err))
		return false;
	names->n++;
	return true;
}

bool obligations_duos_of(struct db *db, const char *person, id_text **out, size_t *n,
			 struct err *err)
{
	struct names names = {0};
	if (!sql_each(db, SQL_OWED_BY, SQL_VALUES(sql_text(person)), add_name, &names, err)) {
		xfree(names.v);
		return false;
	}
	*out = names.v;
	*n = names.n;
	return true;
}

/* ---- writing ---------------------------------------------------------------------------------- */

bool obligations_insert(struct db *db, struct obligation *o, struct err *err)
{
	int64_t duo;
	if (!sql_duo_num(db, o->duo, &duo, err) ||
	    !sql_run(db, SQL_OBLIGATION_INSERT,
		     SQL_VALUES(sql_int(duo), sql_text(obligation_kind_word(o->kind)),
				sql_int(o->number), sql_int(o->due),
				sql_text(obligation_state_word(o->state)), sql_int(o->sequence),
				sql_int(o->created_at), sql_int(o->last_modified),
				sql_int(o->cancelled_at), sql_int(o->done_at), sql_text(o->done_by),
				sql_text(o->reason)),
		     err))
		return false;
	o->id = sqlite3_last_insert_rowid(db->handle);
	return true;
}

bool obligations_update(struct db *db, const struct obligation *o, struct err *err)
{
	if (!sql_run(db, SQL_OBLIGATION_UPDATE,
		     SQL_VALUES(sql_int(o->id), sql_int(o->due),
				sql_text(obligation_state_word(o->state)), sql_int(o->sequence),
				sql_int(o->last_modified), sql_int(o->cancelled_at),
				sql_int(o->done_at), sql_text(o->done_by), sql_text(o->reason)),
		     err))
		return false;
	return sql_changed(db) > 0 ||
	       err_set(err, ERR_NOTFOUND, "there is no obligation o%lld", (long long)o->id);
}

bool obligations_stamp(struct db *db, const int64_t *ids, size_t n, utc_t now, struct err *err)
{
	if (n == 0)
		return true;
	char *list = sql_id_list(ids, n);
	bool ok = sql_run(db, SQL_OBLIGATIONS_STAMP, SQL_VALUES(sql_text(list), sql_int(now)), err);
	xfree(list);
	return ok;
}
