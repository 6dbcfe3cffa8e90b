/* change.c -- groups of changes: one transaction, one new publication, many answers.
 *
 *   BEGIN
 *     per change: SAVEPOINT, apply, read again what it touched, RELEASE   (or undo, and forget)
 *     per feed that shows something touched: render, note its Last-Modified
 *   COMMIT, hand the new publication to the loop
 *
 * Everything here runs on the store thread but change_post and the done() side. */
#include "work/change.h"

#include "base/clock.h"
#include "work/body.h"

#include <stdlib.h>
#include <string.h>

struct id_set {
	id_text *v;
	size_t n, cap;
};

struct desk {
	struct world *world;
	struct publication *next;
	struct id_set duos, persons; /* touched by the change at work */
	bool links, retired;
	struct roster_part *roster;
	struct source_part **sources;
	size_t n_sources, cap_sources;
	struct id_set body_owners; /* touched by the whole group */
	bool all_bodies, day;
	bool touched; /* anything at all */
};

struct db *desk_db(struct desk *desk)
{
	return desk->world->db;
}

const struct publication *desk_publication(struct desk *desk)
{
	return desk->next;
}

const struct world *desk_world(struct desk *desk)
{
	return desk->world;
}

utc_t desk_now(struct desk *desk)
{
	(void)desk;
	return clock_now();
}

static void id_set_add(struct id_set *set, const char *id)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i], id) == 0)
			return;
	set->v = xgrow(set->v, set->n, &set->cap, sizeof *set->v);
	strncpy(set->v[set->n], id, ID_MAX);
	set->v[set->n++][ID_MAX] = '\0';
}

void desk_touch_duo(struct desk *desk, const char *duo)
{
	id_set_add(&desk->duos, duo);
}

void desk_touch_person(struct desk *desk, const char *person)
{
	id_set_add(&desk->persons, person);
}

void desk_touch_links(struct desk *desk)
{
	desk->links = true;
}

void desk_touch_retired(struct desk *desk)
{
	desk->retired = true;
}

void desk_touch_day(struct desk *desk)
{
	desk->day = true;
	desk->touched = true;
}

void desk_put_roster(struct desk *desk, struct roster_part *part)
{
	roster_part_unref(desk->roster);
	desk->roster = part;
}

void desk_put_source(struct desk *desk, struct source_part *part)
{
	desk->sources =
		xgrow(desk->sources, desk->n_sources, &desk->cap_sources, sizeof *desk->sources);
	desk->sources[desk->n_sources++] = part;
}

/* ---- reading again what a change touched ---- */

static bool reread_duo(struct desk *desk, const char *id, struct err *err)
{
	struct session_list list = {0};
	if (!sessions_load(desk->world->db, id, &list, err)) {
		if (err->code != ERR_NOTFOUND)
			return false;
		*err = (struct err){0}; /* renamed away: nothing stands under this name any more */
	}
	for (size_t i = 0; i < list.n; i++)
		for (size_t k = 0; k < list.v[i].n_attendees; k++)
			id_set_add(&desk->persons, list.v[i].attendees[k]);
	publication_put_duo(desk->next, duo_part_new(id, &list));
	id_set_add(&desk->body_owners, id);
	return true;
}

bool desk_read_person(struct desk *desk, struct publication *into, const char *id, struct err *err)
{
	struct entry_list entries = {0};
	struct absence_list absences = {0};
	id_text *duos = NULL;
	size_t n = 0;
	if (!ledger_load(desk->world->db, id, &entries, err))
		return false;
	if (!absences_load(desk->world->db, id, &absences, err) ||
	    !sessions_duos_of(desk->world->db, id, &duos, &n, err)) {
		entry_list_fini(&entries);
		absence_list_fini(&absences);
		return false;
	}
	struct person_part *part = person_part_new(id, &entries, duos, n);
	part->absences = absences;
	publication_put_person(into, part);
	return true;
}

static bool reread_person(struct desk *desk, const char *id, struct err *err)
{
	id_set_add(&desk->body_owners, id);
	return desk_read_person(desk, desk->next, id, err);
}

static bool reread(struct desk *desk, struct err *err)
{
	struct db *db = desk->world->db;
	if (desk->roster) {
		publication_put_roster(desk->next, roster_part_ref(desk->roster));
		desk->all_bodies = true;
	}
	for (size_t i = 0; i < desk->n_sources; i++)
		publication_put_source(desk->next, source_part_ref(desk->sources[i]));
	for (size_t i = 0; i < desk->duos.n; i++)
		if (!reread_duo(desk, desk->duos.v[i], err))
			return false;
	for (size_t i = 0; i < desk->persons.n; i++)
		if (!reread_person(desk, desk->persons.v[i], err))
			return false;
	if (desk->links) {
		struct link_list links = {0};
		if (!links_load(db, &links, err))
			return false;
		links_part_unref(desk->next->links);
		desk->next->links = links_part_new(&links, desk->world->key);
		desk->all_bodies = true;
	}
	if (desk->retired) {
		struct retired_list retired = {0};
		if (!people_retired(db, &retired, err))
			return false;
		retired_list_fini(&desk->next->retired);
		desk->next->retired = retired;
	}
	if (desk->duos.n || desk->persons.n || desk->links || desk->roster || desk->n_sources ||
	    desk->retired)
		desk->touched = true;
	return true;
}

static void forget_touches(struct desk *desk)
{
	desk->duos.n = desk->persons.n = 0;
	desk->links = desk->retired = false;
	roster_part_unref(desk->roster);
	desk->roster = NULL;
	for (size_t i = 0; i < desk->n_sources; i++)
		source_part_unref(desk->sources[i]);
	desk->n_sources = 0;
}

/* ---- the group ---- */

static void apply_one(struct desk *desk, struct change *change)
{
	struct db *db = desk->world->db;
	/* What the publication was before, to return to when reading again fails half-way. */
	struct publication *before = desk->next;
	desk->next = publication_next(before);
	desk->next->version = before->version;
	change->err = (struct err){0};
	bool ok = db_savepoint(db, &change->err);
	if (ok) {
		ok = change->apply(change, desk, &change->err) && reread(desk, &change->err);
		if (!ok || change->dry_run)
			db_undo(db);
		else
			ok = db_release(db, &change->err);
	}
	if (ok && !change->dry_run) {
		publication_unref(before);
	} else {
		publication_unref(desk->next);
		desk->next = before;
		if (!ok && change->err.code == ERR_NONE)
			(void)err_set(&change->err, ERR_BUG, "a change failed without a reason");
	}
	forget_touches(desk);
}

static void fail_all(struct job **jobs, size_t n, const struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct change *change = (struct change *)jobs[i];
		if (change->err.code == ERR_NONE)
			change->err = *err;
	}
}

static bool render_touched(struct desk *desk, struct err *err)
{
	if (desk->all_bodies)
		return body_render_all(desk->next, desk->world->db, clock_now(), err);
	if (desk->day && !body_render_due(desk->next, desk->world->db, clock_now(), err))
		return false;
	if (desk->body_owners.n)
		id_set_add(&desk->body_owners, "programme");
	for (size_t i = 0; i < desk->body_owners.n; i++)
		if (!body_render(desk->next, desk->world->db, desk->body_owners.v[i], clock_now(),
				 err))
			return false;
	return true;
}

void change_group(void *ctx, struct job **jobs, size_t n)
{
	struct world *world = ctx;
	struct desk desk = {.world = world};
	struct err err = {0};
	if (!world->head) { /* starting: the job that opens the store runs alone */
		for (size_t i = 0; i < n; i++)
			jobs[i]->run(jobs[i]);
		return;
	}
	if (!db_begin(world->db, &err)) {
		fail_all(jobs, n, &err);
		return;
	}
	desk.next = publication_next(world->head);
	for (size_t i = 0; i < n; i++)
		apply_one(&desk, (struct change *)jobs[i]);
	bool ok = render_touched(&desk, &err);
	if (!ok)
		db_rollback(world->db);
	else
		ok = db_commit(world->db, &err);
	if (!ok) {
		fail_all(jobs, n, &err);
		publication_unref(desk.next);
	} else if (!desk.touched) {
		publication_unref(desk.next);
	} else {
		publication_unref(world->head);
		world->head = desk.next;
		publication_unref(atomic_exchange(&world->pending, publication_ref(desk.next)));
	}
	xfree(desk.duos.v);
	xfree(desk.persons.v);
	xfree(desk.body_owners.v);
	xfree(desk.sources);
}

/* ---- the loop's side ---- */

static void change_run(struct job *job)
{
	struct change *change = (struct change *)job;
	change_group(change->world, &job, 1);
}

static void change_done(struct job *job, bool cancelled)
{
	struct change *change = (struct change *)job;
	if (cancelled)
		(void)err_set(&change->err, ERR_UNAVAILABLE, "tandemd is stopping");
	change->world->changes--;
	world_adopt(change->world);
	change->done(change, change->err.code == ERR_NONE ? NULL : &change->err);
}

bool change_post(struct world *world, struct change *change, struct err *err)
{
	change->world = world;
	change->job.run = change_run;
	change->job.done = change_done;
	if (world->stopping)
		return err_set(err, ERR_UNAVAILABLE, "tandemd is stopping");
	if (!worker_post(world->worker, LANE_STORE, &change->job))
		return err_set(err, ERR_CONFLICT, "too many changes at once; try again");
	world->changes++;
	return true;
}

/* ---- sessions ---- */

void session_stamp(struct session *s, const struct session *was, utc_t now)
{
	bool published = s->state != STATE_PROVISIONAL;
	if (!was) {
		s->sequence = published ? 0 : -1;
		s->created_at = now;
		s->last_modified = now;
		return;
	}
	s->sequence = was->sequence;
	s->created_at = was->created_at;
	s->last_modified = now > was->last_modified ? now : was->last_modified + 1;
	if (was->sequence < 0) {
		s->sequence = published ? 0 : -1;
		return;
	}
	bool cancelled = (s->state == STATE_CANCELLED) != (was->state == STATE_CANCELLED);
	if (s->start != was->start || s->end != was->end || cancelled)
		s->sequence++;
}

bool desk_save_session(struct desk *desk, struct session *s, const struct session *was,
		       struct err *err)
{
	session_stamp(s, was, clock_now());
	bool ok = was ? sessions_update(desk->world->db, s, err)
		      : sessions_insert(desk->world->db, s, err);
	if (!ok)
		return false;
	desk_touch_duo(desk, s->duo);
	for (size_t i = 0; was && i < was->n_attendees; i++)
		desk_touch_person(desk, was->attendees[i]);
	return true;
}

bool desk_audit(struct desk *desk, const char *who, const char *way, const char *what,
		const char *was, const char *is, const char *why, struct err *err)
{
	struct audit audit = {
		.at = clock_now(),
		.who = (char *)who,
		.way = (char *)way,
		.what = (char *)what,
		.was = (char *)was,
		.is = (char *)is,
		.why = (char *)why,
	};
	return audit_add(desk->world->db, &audit, err);
}

/* ---- the first publication ---- */

static void parts_from_sessions(struct publication *p, struct session_list *all)
{
	/* sessions come by start: gather them per duo */
	for (size_t i = 0; i < all->n; i++) {
		const struct duo_part *known = publication_duo(p, all->v[i].duo);
		struct duo_part *part = (struct duo_part *)known;
		if (!part) {
			struct session_list none = {0};
			part = duo_part_new(all->v[i].duo, &none);
			publication_put_duo(p, part);
		}
		struct session_list *list = &part->sessions;
		list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
		part->takes += *all->v[i].expert || *all->v[i].room;
		list->v[list->n++] = all->v[i];
	}
	xfree(all->v);
	*all = (struct session_list){0};
}

static struct person_part *person_for(struct publication *p, const char *id)
{
	struct person_part *part = (struct person_part *)publication_person(p, id);
	if (part)
		return part;
	struct entry_list none = {0};
	part = person_part_new(id, &none, NULL, 0);
	publication_put_person(p, part);
	return part;
}

static void person_adds_duo(struct person_part *part, const char *duo)
{
	for (size_t i = 0; i < part->n_duos; i++)
		if (strcmp(part->duos[i], duo) == 0)
			return;
	part->duos = xrealloc(part->duos, (part->n_duos + 1) * sizeof *part->duos);
	memcpy(part->duos[part->n_duos++], duo, strlen(duo) + 1);
}

static void parts_from_ledger(struct publication *p, struct entry_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct entry_list *list = &person_for(p, all->v[i].person)->entries;
		list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
		list->v[list->n++] = all->v[i];
	}
	xfree(all->v);
	*all = (struct entry_list){0};
}

static void parts_from_absences(struct publication *p, struct absence_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct absence_list *list = &person_for(p, all->v[i].person)->absences;
		list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
		list->v[list->n++] = all->v[i];
	}
	xfree(all->v);
	*all = (struct absence_list){0};
}

static void note_attendance(struct publication *p)
{
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++) {
			const struct session *s = &p->duos[i]->sessions.v[k];
			for (size_t a = 0; a < s->n_attendees; a++)
				person_adds_duo(person_for(p, s->attendees[a]), s->duo);
		}
}

bool change_first_publication(struct world *world, struct db *db, struct roster_part *roster,
			      struct err *err)
{
	struct session_list sessions = {0};
	struct entry_list entries = {0};
	struct absence_list absences = {0};
	struct source_record_list sources = {0};
	struct link_list links = {0};
	struct publication *p = xcalloc(1, sizeof *p);
	p->refs = 1;
	p->version = 1;
	p->limits = (struct feed_limits){world->settings.past_s, world->settings.ahead_s,
					 world->settings.tombstone_s};
	p->url = xstrdup(world->settings.url);
	publication_put_roster(p, roster);
	bool ok = body_host(db, &world->settings, &p->host, err) &&
		  sessions_load(db, NULL, &sessions, err) && ledger_load(db, NULL, &entries, err) &&
		  absences_load(db, NULL, &absences, err) && sources_load(db, &sources, err) &&
		  links_load(db, &links, err) && people_retired(db, &p->retired, err);
	if (ok) {
		parts_from_sessions(p, &sessions);
		parts_from_ledger(p, &entries);
		parts_from_absences(p, &absences);
		note_attendance(p);
		for (size_t i = 0; i < sources.n; i++)
			publication_put_source(p, source_part_new(&sources.v[i]));
		p->links = links_part_new(&links, world->key);
		ok = body_restore_all(p, db, clock_now(), err);
	}
	session_list_fini(&sessions);
	entry_list_fini(&entries);
	absence_list_fini(&absences);
	source_record_list_fini(&sources);
	link_list_fini(&links);
	if (!ok) {
		publication_unref(p);
		return false;
	}
	publication_unref(world->head);
	world->head = p;
	publication_unref(atomic_exchange(&world->pending, publication_ref(p)));
	return true;
}
