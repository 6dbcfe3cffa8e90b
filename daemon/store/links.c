/* links.c -- secret links by id and generation, and what was last published of each feed. */
#include "store/links.h"

#include "store/sql.h"

#include <string.h>

static const char *const words[LINK_KIND_COUNT] = {"me", "feed", "busy", "report"};

static bool word_index(const char *word, const char *const *v, int n, int *out)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, v[i]) == 0) {
			*out = i;
			return true;
		}
	return false;
}

const char *link_kind_word(enum link_kind kind)
{
	return words[kind];
}

bool link_kind_from_word(const char *word, enum link_kind *out)
{
	int i;
	if (!word_index(word, words, LINK_KIND_COUNT, &i))
		return false;
	*out = (enum link_kind)i;
	return true;
}

static const char *const obligations_words[OBLIGATIONS_COUNT] = {"events", "todos", "none"};
static const char *const client_words[LINK_CLIENT_COUNT] = {
	"apple", "android", "google", "outlook", "thunderbird", "gnome", "nextcloud", "other"};

const char *obligations_word(enum feed_obligations obligations)
{
	return obligations_words[obligations];
}

bool obligations_from_word(const char *word, enum feed_obligations *out)
{
	int i;
	if (!word_index(word, obligations_words, OBLIGATIONS_COUNT, &i))
		return false;
	*out = (enum feed_obligations)i;
	return true;
}

const char *link_client_word(enum link_client client)
{
	return client_words[client];
}

bool link_client_from_word(const char *word, enum link_client *out)
{
	int i;
	if (!word_index(word, client_words, LINK_CLIENT_COUNT, &i))
		return false;
	*out = (enum link_client)i;
	return true;
}

void link_list_fini(struct link_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		xfree(list->v[i].label);
		xfree(list->v[i].agent);
	}
	xfree(list->v);
	*list = (struct link_list){0};
}

static bool read_options(sqlite3_stmt *stmt, struct link *l, struct err *err)
{
	int64_t alarm_min, changes;
	char client[16], obligations[16];
	if (!sql_column_chars(stmt, 9, client, sizeof client, err) ||
	    !sql_column_int(stmt, 10, ALARM_NONE, ALARM_MAX, &alarm_min, err) ||
	    !sql_column_chars(stmt, 11, obligations, sizeof obligations, err) ||
	    !sql_column_int(stmt, 12, 0, LINK_CHANGES_MAX, &changes, err))
		return err_wrap(err, "link %lld", (long long)l->id);
	if (!link_client_from_word(client, &l->client) ||
	    !obligations_from_word(obligations, &l->obligations))
		return err_set(err, ERR_STORE,
			       "the store is damaged: link %lld is for \"%s\" with obligations "
			       "as \"%s\"",
			       (long long)l->id, client, obligations);
	l->alarm_min = (int32_t)alarm_min;
	l->changes = (int32_t)changes;
	return true;
}

static bool read_link(sqlite3_stmt *stmt, struct link *out, struct err *err)
{
	struct link l = {.id = sqlite3_column_int64(stmt, 0)};
	int64_t generation;
	char word[16];
	if (!sql_column_chars(stmt, 1, word, sizeof word, err) ||
	    !sql_column_id(stmt, 2, l.owner, err) ||
	    !sql_column_int(stmt, 4, 0, INT32_MAX, &generation, err))
		return err_wrap(err, "link %lld", (long long)l.id);
	if (!link_kind_from_word(word, &l.kind))
		return err_set(err, ERR_STORE, "the store is damaged: link %lld is of kind \"%s\"",
			       (long long)l.id, word);
	if (!read_options(stmt, &l, err))
		return false;
	l.generation = (int32_t)generation;
	l.created_at = sqlite3_column_int64(stmt, 5);
	l.revoked_at = sqlite3_column_int64(stmt, 6);
	l.used_at = sqlite3_column_int64(stmt, 7);
	l.seen_at = sqlite3_column_int64(stmt, 13);
	l.seen = (struct feed_mark){
		sqlite3_column_int64(stmt, 14),
		{sqlite3_column_int64(stmt, 15), sqlite3_column_int64(stmt, 16)}};
	l.label = sql_column_text(stmt, 3);
	l.agent = sql_column_text(stmt, 8);
	*out = l;
	return true;
}

static bool add_row(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct link_list *list = ctx;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	if (!read_link(stmt, &list->v[list->n], err))
		return false;
	list->n++;
	return true;
}

bool links_load(struct db *db, struct link_list *out, struct err *err)
{
	struct link_list list = {0};
	if (!sql_each(db, SQL_LINKS_ALL, SQL_NONE, add_row, &list, err)) {
		link_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

bool links_add(struct db *db, struct link *link, struct err *err)
{
	bool own;
	if (!sql_enter(db, &own, err))
		return false;
	bool ok = sql_run(
		db, SQL_LINK_INSERT,
		SQL_VALUES(sql_text(link_kind_word(link->kind)), sql_text(link->owner),
			   sql_text(link->label ? link->label : ""), sql_int(link->generation),
			   sql_int(link->created_at), sql_int(link->revoked_at),
			   sql_int(link->used_at), sql_text(link->agent),
			   sql_text(link_client_word(link->client)), sql_int(link->alarm_min),
			   sql_text(obligations_word(link->obligations))),
		err);
	int64_t id = ok ? sqlite3_last_insert_rowid(db->handle) : 0;
	if (!sql_leave(db, own, ok, err))
		return false;
	link->id = id;
	return true;
}

static bool must_exist(struct db *db, int64_t id, struct err *err)
{
	int64_t there;
	if (sql_one(db, SQL_LINK_GET, SQL_VALUES(sql_int(id)), &there, err))
		return true;
	if (err->code == ERR_NOTFOUND)
		err_set(err, ERR_NOTFOUND, "there is no link %lld", (long long)id);
	return false;
}

bool links_revoke(struct db *db, int64_t id, utc_t at, struct err *err)
{
	return must_exist(db, id, err) &&
	       sql_run(db, SQL_LINK_REVOKE, SQL_VALUES(sql_int(id), sql_int(at)), err);
}

bool links_set(struct db *db, const struct link *link, struct err *err)
{
	if (!must_exist(db, link->id, err) ||
	    !sql_run(db, SQL_LINK_SET,
		     SQL_VALUES(sql_int(link->id), sql_text(link->label ? link->label : ""),
				sql_text(link_client_word(link->client)), sql_int(link->alarm_min),
				sql_text(obligations_word(link->obligations)),
				sql_int(LINK_CHANGES_MAX)),
		     err))
		return false;
	if (sql_changed(db) > 0)
		return true;
	int64_t open;
	if (sql_one(db, SQL_LINK_OPEN, SQL_VALUES(sql_int(link->id)), &open, err))
		return err_set(err, ERR_LIMIT,
			       "the options of link %lld have changed %d times; make a new link",
			       (long long)link->id, LINK_CHANGES_MAX);
	return err->code == ERR_NOTFOUND &&
	       err_set(err, ERR_CONFLICT, "link %lld is no longer in use", (long long)link->id);
}

bool links_rotate(struct db *db, const char *owner, bool pages, size_t *n, struct err *err)
{
	if (!sql_run(db, SQL_LINK_ROTATE, SQL_VALUES(sql_text(owner), sql_int(pages)), err))
		return false;
	*n = sql_changed(db);
	return true;
}

bool links_used(struct db *db, int64_t id, int32_t generation, utc_t at, const char *agent,
		struct err *err)
{
	return must_exist(db, id, err) &&
	       sql_run(db, SQL_LINK_USED,
		       SQL_VALUES(sql_int(id), sql_int(at), sql_text(agent), sql_int(generation)),
		       err);
}

bool links_seen(struct db *db, int64_t id, int32_t generation, utc_t at,
		const struct feed_mark *seen, struct err *err)
{
	return must_exist(db, id, err) &&
	       sql_run(db, SQL_LINK_SEEN,
		       SQL_VALUES(sql_int(id), sql_int(at), sql_int(seen->last_modified),
				  sql_int(seen->past.change), sql_int(seen->past.session),
				  sql_int(generation)),
		       err);
}

/* ---- feed bodies ------------------------------------------------------------------------------ */

void body_state_list_fini(struct body_state_list *list)
{
	xfree(list->v);
	*list = (struct body_state_list){0};
}

static bool add_body(sqlite3_stmt *stmt, void *ctx, struct err *err)
{
	struct body_state_list *list = ctx;
	struct body_state b = {.last_modified = sqlite3_column_int64(stmt, 3)};
	if (!sql_column_id(stmt, 0, b.owner, err) ||
	    !sql_column_chars(stmt, 1, b.variant, sizeof b.variant, err) ||
	    !sql_column_chars(stmt, 2, b.etag, sizeof b.etag, err))
		return false;
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = b;
	return true;
}

bool bodies_load(struct db *db, struct body_state_list *out, struct err *err)
{
	struct body_state_list list = {0};
	if (!sql_each(db, SQL_BODIES_ALL, SQL_NONE, add_body, &list, err)) {
		body_state_list_fini(&list);
		return false;
	}
	*out = list;
	return true;
}

bool bodies_put(struct db *db, const struct body_state *state, struct err *err)
{
	return sql_run(db, SQL_BODY_PUT,
		       SQL_VALUES(sql_text(state->owner), sql_text(state->variant),
				  sql_text(state->etag), sql_int(state->last_modified)),
		       err);
}
