/* obligations.c -- see the header. */
#include "work/obligations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One roster, followed by every duo of it and of the store. */
struct follower {
	struct desk *desk; /* NULL: the first start */
	struct db *db;
	const struct roster_part *is;
	utc_t now;
	day_t today;
};

static struct obligation_list follow(const struct roster_part *is, const char *duo,
				     const struct owed *owed, day_t today)
{
	struct obligation_list out = {0};
	bool here = roster_duo(&is->roster, duo) != NULL;
	obligations_follow(&is->roster.programme, &is->days, duo, here,
			   owed ? owed->obligations.v : NULL, owed ? owed->obligations.n : 0, today,
			   &out);
	return out;
}

/* ---- shown ---- */

bool obligation_is_asked_for(const struct publication *p, const struct obligation *is, utc_t now)
{
	const struct owed *shown = publication_owed(p, is->duo);
	struct owed owed = *shown; /* borrows, but for the list */
	bool asked = true;
	owed.obligations.v = xmemdup(shown->obligations.v, shown->obligations.n * sizeof *is);
	for (size_t i = 0; i < owed.obligations.n; i++)
		if (owed.obligations.v[i].id == is->id)
			owed.obligations.v[i] = *is;
	struct obligation_list changes = follow(p->roster, is->duo, &owed,
						zone_day_of(p->roster->roster.programme.zone, now));
	for (size_t i = 0; i < changes.n; i++)
		if (changes.v[i].id == is->id && changes.v[i].state == OBLIGATION_CANCELLED)
			asked = false;
	obligation_list_fini(&changes);
	xfree(owed.obligations.v);
	return asked;
}

static bool was_known(const struct publication *p, const char *duo)
{
	if (roster_duo(&p->roster->roster, duo))
		return true;
	for (size_t i = 0; i < p->retired.n; i++)
		if (p->retired.v[i].is_duo && strcmp(p->retired.v[i].id, duo) == 0)
			return true;
	return false;
}

static const struct obligation *with_id(const struct obligation_list *list, int64_t id)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].id == id)
			return &list->v[i];
	return NULL;
}

static void count_duo(const struct roster_part *is, const char *duo, const struct owed *owed,
		      day_t today, struct obligation_counts *out)
{
	struct obligation_list changes = follow(is, duo, owed, today);
	for (size_t i = 0; i < changes.n; i++) {
		const struct obligation *to = &changes.v[i];
		const struct obligation *from = to->id ? with_id(&owed->obligations, to->id) : NULL;
		if (!from)
			out->added++;
		else if (to->state == OBLIGATION_CANCELLED)
			out->cancelled++;
		else if (from->state == OBLIGATION_CANCELLED)
			out->reopened++;
		else
			out->moved++;
	}
	obligation_list_fini(&changes);
}

/* Whether a duo of @is is the one that was called @id. */
static bool renamed(const struct publication *p, const struct roster *is, const char *id)
{
	for (size_t i = 0; i < is->n_duos; i++)
		if (strcmp(is->duos[i].was, id) == 0 && !was_known(p, is->duos[i].id))
			return true;
	return false;
}

void obligations_count(const struct publication *p, const struct roster_part *is, utc_t now,
		       struct obligation_counts *out)
{
	const struct roster *roster = &is->roster;
	day_t today = zone_day_of(roster->programme.zone, now);
	*out = (struct obligation_counts){0};
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *duo = &roster->duos[i];
		bool new_name = *duo->was && !was_known(p, duo->id);
		count_duo(is, duo->id, publication_owed(p, new_name ? duo->was : duo->id), today,
			  out);
	}
	for (size_t i = 0; i < p->n_owed; i++) {
		const struct owed *owed = &p->owed[i]->owed;
		if (!roster_duo(roster, owed->duo) && !renamed(p, roster, owed->duo))
			count_duo(is, owed->duo, owed, today, out);
	}
}

/* ---- stored ---- */

void obligation_words(const struct obligation *o, struct buf *out)
{
	char day[CIVIL_TEXT];
	buf_adds(out, obligation_kind_word(o->kind));
	if (o->kind == OBLIGATION_REFLECTION)
		buf_addf(out, " %d", o->number);
	buf_addf(out, " %s %s", obligation_state_word(o->state), day_text(o->due, day));
}

static bool save(struct desk *desk, struct db *db, struct obligation *is,
		 const struct obligation *was, utc_t now, struct err *err)
{
	obligation_stamp(is, was, now);
	if (was ? !obligations_update(db, is, err) : !obligations_insert(db, is, err))
		return false;
	if (desk)
		desk_touch_owed(desk, is->duo);
	return true;
}

bool desk_save_obligation(struct desk *desk, struct obligation *is, const struct obligation *was,
			  struct err *err)
{
	return save(desk, desk_db(desk), is, was, desk_now(desk), err);
}

/* New ones say themselves since when they are there; the first start is no change of anything. */
static bool audit(const struct follower *f, const struct obligation *is,
		  const struct obligation *was, struct err *err)
{
	struct buf from = {0}, to = {0};
	char what[64];
	const char *verb = is->state == OBLIGATION_CANCELLED	? "cancel"
			   : was->state == OBLIGATION_CANCELLED ? "reopen"
								: "move";
	(void)snprintf(what, sizeof what, "obligation %s o%lld", verb, (long long)is->id);
	obligation_words(was, &from);
	obligation_words(is, &to);
	bool ok = desk_audit(f->desk, "planner", "reload", what, buf_str(&from), buf_str(&to), NULL,
			     err);
	buf_fini(&from);
	buf_fini(&to);
	return ok;
}

static bool follow_changes(const struct follower *f, const struct owed *owed,
			   struct obligation_list *changes, struct err *err)
{
	for (size_t i = 0; i < changes->n; i++) {
		struct obligation *is = &changes->v[i];
		const struct obligation *was = is->id ? with_id(&owed->obligations, is->id) : NULL;
		if (!save(f->desk, f->db, is, was, f->now, err) ||
		    (was && f->desk && !audit(f, is, was, err)))
			return false;
	}
	return true;
}

/* Whether the store has of a duo what is published: its members may have changed. */
static bool is_published(const struct publication *p, const struct owed *owed)
{
	const struct owed *shown = publication_owed(p, owed->duo);
	bool same = shown && shown->n_left == owed->n_left &&
		    shown->obligations.n == owed->obligations.n &&
		    memcmp(shown->members, owed->members, sizeof shown->members) == 0;
	for (size_t i = 0; same && i < owed->obligations.n; i++)
		same = shown->obligations.v[i].last_modified ==
		       owed->obligations.v[i].last_modified;
	return same;
}

static bool follow_duo(const struct follower *f, const char *duo, const struct owed *owed,
		       struct err *err)
{
	struct obligation_list changes = follow(f->is, duo, owed, f->today);
	bool ok = follow_changes(f, owed, &changes, err);
	if (f->desk && owed && !is_published(desk_publication(f->desk), owed))
		desk_touch_owed(f->desk, duo);
	obligation_list_fini(&changes);
	return ok;
}

static int duo_order(const void *key, const void *element)
{
	return strcmp(key, ((const struct owed *)element)->duo);
}

/* What is stored is asked again, and not taken from what is published: duos have been renamed, and
 * members changed, by this very change. */
static bool follow_all(const struct follower *f, struct err *err)
{
	const struct roster *roster = &f->is->roster;
	struct owed_list all;
	if (!obligations_load_all(f->db, &all, err))
		return false;
	bool ok = true;
	for (size_t i = 0; i < roster->n_duos && ok; i++) {
		const char *id = roster->duos[i].id;
		ok = follow_duo(f, id,
				all.n ? bsearch(id, all.v, all.n, sizeof *all.v, duo_order) : NULL,
				err);
	}
	for (size_t i = 0; i < all.n && ok; i++)
		if (!roster_duo(roster, all.v[i].duo))
			ok = follow_duo(f, all.v[i].duo, &all.v[i], err);
	owed_list_fini(&all);
	return ok;
}

bool obligations_follow_reload(struct desk *desk, const struct roster_part *is, struct err *err)
{
	struct follower f = {
		.desk = desk,
		.db = desk_db(desk),
		.is = is,
		.now = desk_now(desk),
		.today = zone_day_of(is->roster.programme.zone, desk_now(desk)),
	};
	return follow_all(&f, err);
}

bool obligations_first(struct db *db, const struct roster_part *roster, utc_t now, struct err *err)
{
	struct follower f = {
		.db = db,
		.is = roster,
		.now = now,
		.today = zone_day_of(roster->roster.programme.zone, now),
	};
	return follow_all(&f, err);
}
