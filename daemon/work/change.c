/* change.c -- groups of changes: one transaction, one new publication, many answers.
 *
 *   BEGIN
 *     per change: SAVEPOINT, apply, read again what it touched, RELEASE   (or undo, and forget)
 *                 where a roster or a source is new: events that say something else are stamped
 *                 then what was read goes into the new publication, which cannot fail
 *     per owner of feeds that show something touched: note that, and their Last-Modified
 *     per session of theirs that is another one: what people are to be told by mail (work/mailing)
 *   COMMIT, hand the new publication to the loop
 *
 * Everything here runs on the store thread but change_post and the done() side. */
#include "work/change.h"

#include "base/clock.h"
#include "work/body.h"
#include "work/id_set.h"
#include "work/shown.h"

#include <stdlib.h>
#include <string.h>

/* What a change touched, as the store has it now: not yet in the publication. */
struct reread {
	struct duo_part **duos;
	struct owed_part **owed;
	struct person_part **persons;
	struct links_part *links;
	struct retired_list retired;
	size_t n_duos, n_owed, n_persons, cap_duos, cap_owed, cap_persons;
};

struct desk {
	struct world *world;
	struct publication *next;
	struct id_set duos, owed, persons; /* touched by the change at work */
	struct reread reread;
	bool links, retired;
	struct roster_part *roster;
	char *url;
	bool new_limits;
	struct feed_limits limits;
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

utc_t desk_now(struct desk *desk)
{
	(void)desk;
	return clock_now();
}

void desk_touch_duo(struct desk *desk, const char *duo)
{
	id_set_add(&desk->duos, duo);
}

void desk_touch_person(struct desk *desk, const char *person)
{
	id_set_add(&desk->persons, person);
}

void desk_touch_owed(struct desk *desk, const char *duo)
{
	id_set_add(&desk->owed, duo);
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

void desk_put_url(struct desk *desk, const char *url)
{
	xfree(desk->url);
	desk->url = xstrdup(url);
}

void desk_put_limits(struct desk *desk, const struct feed_limits *limits)
{
	desk->new_limits = true;
	desk->limits = *limits;
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
	struct reread *r = &desk->reread;
	struct session_list list = {0};
	struct past_list pasts = {0};
	if (!sessions_load(desk->world->db, id, &list, err)) {
		if (err->code != ERR_NOTFOUND)
			return false;
		*err = (struct err){0}; /* renamed away: nothing stands under this name any more */
	} else if (!pasts_load(desk->world->db, id, &pasts, err)) {
		session_list_fini(&list);
		return false;
	}
	for (size_t i = 0; i < list.n; i++)
		for (size_t k = 0; k < list.v[i].n_attendees; k++)
			id_set_add(&desk->persons, list.v[i].attendees[k]);
	for (size_t i = 0; i < list.n; i++)
		for (size_t k = 0; k < list.v[i].n_left; k++)
			id_set_add(&desk->persons, list.v[i].left[k].person);
	r->duos = xgrow(r->duos, r->n_duos, &r->cap_duos, sizeof(struct duo_part *));
	r->duos[r->n_duos] = duo_part_new(id, &list);
	r->duos[r->n_duos++]->pasts = pasts;
	return true;
}

static bool reread_owed(struct desk *desk, const char *duo, struct err *err)
{
	struct reread *r = &desk->reread;
	struct owed owed = {.n_left = 0};
	if (obligations_load(desk->world->db, duo, &owed, err)) {
		id_set_add(&desk->persons, owed.members[0]);
		id_set_add(&desk->persons, owed.members[1]);
		for (size_t i = 0; i < owed.n_left; i++)
			id_set_add(&desk->persons, owed.left[i].person);
	} else {
		if (err->code != ERR_NOTFOUND)
			return false;
		*err = (struct err){0}; /* renamed away */
		strncpy(owed.duo, duo, sizeof owed.duo - 1);
	}
	r->owed = xgrow(r->owed, r->n_owed, &r->cap_owed, sizeof(struct owed_part *));
	r->owed[r->n_owed++] = owed_part_new(&owed);
	return true;
}

static struct person_part *read_person(struct desk *desk, const char *id, struct err *err)
{
	struct entry_list entries = {0};
	struct absence_list absences = {0};
	id_text *duos = NULL, *owing = NULL;
	size_t n = 0, n_owing = 0;
	if (!ledger_load(desk->world->db, id, &entries, err))
		return NULL;
	if (!absences_load(desk->world->db, id, &absences, err) ||
	    !sessions_duos_of(desk->world->db, id, &duos, &n, err) ||
	    !obligations_duos_of(desk->world->db, id, &owing, &n_owing, err)) {
		entry_list_fini(&entries);
		absence_list_fini(&absences);
		xfree(duos);
		return NULL;
	}
	struct person_part *part = person_part_new(id, &entries, duos, n);
	part->absences = absences;
	part->owing = owing;
	part->n_owing = n_owing;
	return part;
}

bool desk_read_person(struct desk *desk, struct publication *into, const char *id, struct err *err)
{
	struct person_part *part = read_person(desk, id, err);
	if (part)
		publication_put_person(into, part);
	return part != NULL;
}

static bool reread_person(struct desk *desk, const char *id, struct err *err)
{
	struct reread *r = &desk->reread;
	struct person_part *part = read_person(desk, id, err);
	if (!part)
		return false;
	r->persons = xgrow(r->persons, r->n_persons, &r->cap_persons, sizeof(struct person_part *));
	r->persons[r->n_persons++] = part;
	return true;
}

/* What the desk puts in the place of something, as far as events show it. */
static void put_shown(struct desk *desk, struct publication *next)
{
	if (desk->roster)
		publication_put_roster(next, roster_part_ref(desk->roster));
	for (size_t i = 0; i < desk->n_sources; i++)
		publication_put_source(next, source_part_ref(desk->sources[i]));
	if (desk->url) {
		xfree(next->url);
		next->url = xstrdup(desk->url);
	}
	if (desk->new_limits)
		next->limits = desk->limits;
}

static bool may_be_shown(const struct desk *desk)
{
	const struct publication *p = desk->next;
	const struct roster *roster = &p->roster->roster;
	bool yes = desk->roster || desk->url;
	for (size_t i = 0; i < desk->n_sources && !yes; i++) {
		const struct source *s = roster_source(roster, desk->sources[i]->record.id);
		yes = s && shown_by_source(p->sources[s - roster->sources], desk->sources[i]);
	}
	return yes;
}

static bool stamp(struct db *db, const struct shown_changes *shown, utc_t now, struct err *err)
{
	const struct shown_ids *sessions = &shown->sessions, *elsewhere = &shown->elsewhere;
	const struct shown_ids *obligations = &shown->obligations;
	return sessions_stamp(db, sessions->v, sessions->n, false, now, err) &&
	       sessions_stamp(db, elsewhere->v, elsewhere->n, true, now, err) &&
	       obligations_stamp(db, obligations->v, obligations->n, now, err);
}

/* Who has an event that says something else from now on has to be told: its version grows. */
static bool stamp_shown(struct desk *desk, struct err *err)
{
	if (!may_be_shown(desk))
		return true;
	struct publication *next = publication_next(desk->next);
	struct reread *r = &desk->reread;
	struct shown_changes shown = {.duos = {0}};
	struct retired_list own = next->retired;
	put_shown(desk, next);
	if (desk->retired)
		next->retired = r->retired; /* lent */
	for (size_t i = 0; i < r->n_duos; i++)
		publication_put_duo(next, duo_part_ref(r->duos[i]));
	for (size_t i = 0; i < r->n_owed; i++)
		publication_put_owed(next, owed_part_ref(r->owed[i]));
	shown_compare(desk->next, next, &shown);
	bool ok = stamp(desk->world->db, &shown, desk_now(desk), err);
	for (size_t i = 0; i < shown.duos.n && ok; i++)
		ok = reread_duo(desk, shown.duos.v[i], err);
	for (size_t i = 0; i < shown.owed.n && ok; i++)
		ok = reread_owed(desk, shown.owed.v[i], err);
	next->retired = own;
	publication_unref(next);
	shown_changes_fini(&shown);
	return ok;
}

static bool reread(struct desk *desk, struct err *err)
{
	struct db *db = desk->world->db;
	for (size_t i = 0; i < desk->duos.n; i++)
		if (!reread_duo(desk, desk->duos.v[i], err))
			return false;
	for (size_t i = 0; i < desk->owed.n; i++)
		if (!reread_owed(desk, desk->owed.v[i], err))
			return false;
	if (desk->links) {
		struct link_list links = {0};
		if (!links_load(db, &links, err))
			return false;
		desk->reread.links = links_part_new(&links, desk->world->key);
	}
	if ((desk->retired && !people_retired(db, &desk->reread.retired, err)) ||
	    !stamp_shown(desk, err))
		return false;
	for (size_t i = 0; i < desk->persons.n; i++)
		if (!reread_person(desk, desk->persons.v[i], err))
			return false;
	return true;
}

/* Who has a link has feeds. */
static void note_link_owners(struct desk *desk)
{
	const struct link_list *links = &desk->next->links->links;
	for (size_t i = 0; i < links->n; i++)
		if (!publication_body(desk->next, links->v[i].owner))
			id_set_add(&desk->body_owners, links->v[i].owner);
}

/* What was read again becomes part of what will be served. */
static void put_reread(struct desk *desk)
{
	struct reread *r = &desk->reread;
	put_shown(desk, desk->next);
	if (desk->roster || desk->url || desk->new_limits)
		desk->all_bodies = true;
	for (size_t i = 0; i < r->n_duos; i++) {
		id_set_add(&desk->body_owners, r->duos[i]->id);
		publication_put_duo(desk->next, r->duos[i]);
	}
	for (size_t i = 0; i < r->n_owed; i++) {
		id_set_add(&desk->body_owners, r->owed[i]->owed.duo);
		publication_put_owed(desk->next, r->owed[i]);
	}
	for (size_t i = 0; i < r->n_persons; i++) {
		id_set_add(&desk->body_owners, r->persons[i]->id);
		publication_put_person(desk->next, r->persons[i]);
	}
	r->n_duos = r->n_owed = r->n_persons = 0;
	if (desk->links) {
		links_part_unref(desk->next->links);
		desk->next->links = r->links;
		r->links = NULL;
		note_link_owners(desk);
	}
	if (desk->retired) {
		retired_list_fini(&desk->next->retired);
		desk->next->retired = r->retired;
		r->retired = (struct retired_list){0};
	}
	if (desk->duos.n || desk->owed.n || desk->persons.n || desk->links || desk->roster ||
	    desk->url || desk->new_limits || desk->n_sources || desk->retired)
		desk->touched = true;
}

static void forget_touches(struct desk *desk)
{
	struct reread *r = &desk->reread;
	id_set_clear(&desk->duos);
	id_set_clear(&desk->owed);
	id_set_clear(&desk->persons);
	for (size_t i = 0; i < r->n_duos; i++)
		duo_part_unref(r->duos[i]);
	for (size_t i = 0; i < r->n_owed; i++)
		owed_part_unref(r->owed[i]);
	for (size_t i = 0; i < r->n_persons; i++)
		person_part_unref(r->persons[i]);
	links_part_unref(r->links);
	retired_list_fini(&r->retired);
	r->links = NULL;
	r->n_duos = r->n_owed = r->n_persons = 0;
	desk->links = desk->retired = false;
	roster_part_unref(desk->roster);
	desk->roster = NULL;
	xfree(desk->url);
	desk->url = NULL;
	desk->new_limits = false;
	for (size_t i = 0; i < desk->n_sources; i++)
		source_part_unref(desk->sources[i]);
	desk->n_sources = 0;
}

/* ---- the group ---- */

static void apply_one(struct desk *desk, struct change *change)
{
	struct db *db = desk->world->db;
	change->err = (struct err){0};
	bool ok = db_savepoint(db, &change->err);
	if (ok) {
		ok = change->apply(change, desk, &change->err) && reread(desk, &change->err);
		if (!ok || change->dry_run)
			db_undo(db);
		else
			ok = db_release(db, &change->err);
	}
	if (ok && !change->dry_run)
		put_reread(desk);
	else if (!ok && change->err.code == ERR_NONE)
		(void)err_set(&change->err, ERR_BUG, "a change failed without a reason");
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

static bool note_bodies(struct desk *desk, struct err *err)
{
	struct db *db = desk->world->db;
	const struct id_set *owners = &desk->body_owners;
	if (desk->touched && !pasts_mark(db, &desk->next->mark, &desk->next->pruned, err))
		return false;
	if (desk->all_bodies || desk->day)
		return body_note_all(desk->next, desk->world->head, db, clock_now(), err);
	return body_note(desk->next, desk->world->head, db, owners->v, owners->n, clock_now(), err);
}

/* Lists that were touched, and what was read of them. */
static void desk_fini(struct desk *desk)
{
	id_set_fini(&desk->duos);
	id_set_fini(&desk->owed);
	id_set_fini(&desk->persons);
	id_set_fini(&desk->body_owners);
	xfree(desk->sources);
	xfree(desk->reread.duos);
	xfree(desk->reread.owed);
	xfree(desk->reread.persons);
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
	bool ok = note_bodies(&desk, &err);
	ok = ok && mailing_note(&world->mailing, world->db, desk.next, world->head,
				desk.body_owners.v, desk.body_owners.n, clock_now(), &err);
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
	if (ok && world->mailing.news)
		atomic_store(&world->mail_news, true);
	world->mailing.news = false;
	desk_fini(&desk);
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
	if (world->stopping)
		return err_set(err, ERR_UNAVAILABLE, "tandemd is stopping");
	return change_post_last(world, change, err);
}

bool change_post_last(struct world *world, struct change *change, struct err *err)
{
	change->world = world;
	change->job.run = change_run;
	change->job.done = change_done;
	if (!worker_post(world->worker, LANE_STORE, &change->job))
		return err_set(err, ERR_CONFLICT, "too many changes at once; try again");
	world->changes++;
	return true;
}

/* ---- sessions ---- */

/* Whether there is somebody to whom it was cancelled just now, or to whom it no longer is. */
static bool left_or_came_back(const struct session *s, const struct session *was)
{
	for (size_t i = 0; i < was->n_attendees; i++)
		if (!session_attends(s, was->attendees[i]))
			return true;
	for (size_t i = 0; i < was->n_left; i++)
		if (session_attends(s, was->left[i].person))
			return true;
	return false;
}

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
	if (s->start != was->start || s->end != was->end || strcmp(s->room, was->room) != 0 ||
	    cancelled || left_or_came_back(s, was))
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
		list->v[list->n++] = all->v[i];
		duo_part_noted(part);
	}
	xfree(all->v);
	*all = (struct session_list){0};
}

static void parts_from_pasts(struct publication *p, struct past_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct duo_part *part = (struct duo_part *)publication_duo(p, all->v[i].duo);
		if (!part) { /* the store is damaged: nobody misses it */
			xfree(all->v[i].who);
			continue;
		}
		struct past_list *list = &part->pasts;
		list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
		list->v[list->n++] = all->v[i];
	}
	xfree(all->v);
	*all = (struct past_list){0};
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

static void person_owes(struct person_part *part, const char *duo)
{
	part->owing = xrealloc(part->owing, (part->n_owing + 1) * sizeof *part->owing);
	memcpy(part->owing[part->n_owing++], duo, strlen(duo) + 1);
}

static void parts_from_obligations(struct publication *p, struct owed_list *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct owed *owed = &all->v[i]; /* by duo: what is added is sorted */
		person_owes(person_for(p, owed->members[0]), owed->duo);
		person_owes(person_for(p, owed->members[1]), owed->duo);
		for (size_t k = 0; k < owed->n_left; k++)
			person_owes(person_for(p, owed->left[k].person), owed->duo);
		publication_put_owed(p, owed_part_new(&all->v[i]));
	}
	owed_list_fini(all);
}

static void note_attendance(struct publication *p)
{
	for (size_t i = 0; i < p->n_duos; i++)
		for (size_t k = 0; k < p->duos[i]->sessions.n; k++) {
			const struct session *s = &p->duos[i]->sessions.v[k];
			for (size_t a = 0; a < s->n_attendees; a++)
				person_adds_duo(person_for(p, s->attendees[a]), s->duo);
			for (size_t a = 0; a < s->n_left; a++)
				person_adds_duo(person_for(p, s->left[a].person), s->duo);
		}
}

static struct publication *read_all(const struct world *world, struct db *db,
				    struct roster_part *roster, struct err *err)
{
	struct session_list sessions = {0};
	struct past_list pasts = {0};
	struct entry_list entries = {0};
	struct absence_list absences = {0};
	struct source_record_list sources = {0};
	struct link_list links = {0};
	struct owed_list owed = {0};
	struct publication *p = xcalloc(1, sizeof *p);
	p->refs = 1;
	p->version = 1;
	p->limits = body_limits(&world->settings);
	p->url = xstrdup(world->settings.url);
	p->today = zone_day_of(roster->roster.programme.zone, clock_now());
	publication_put_roster(p, roster_part_ref(roster));
	bool ok = body_host(db, &world->settings, &p->host, err) &&
		  obligations_load_all(db, &owed, err) && sessions_load(db, NULL, &sessions, err) &&
		  pasts_load(db, NULL, &pasts, err) && pasts_mark(db, &p->mark, &p->pruned, err) &&
		  ledger_load(db, NULL, &entries, err) && absences_load(db, NULL, &absences, err) &&
		  sources_load(db, &sources, err) && links_load(db, &links, err) &&
		  people_retired(db, &p->retired, err);
	if (ok) {
		parts_from_sessions(p, &sessions);
		parts_from_pasts(p, &pasts);
		parts_from_ledger(p, &entries);
		parts_from_absences(p, &absences);
		parts_from_obligations(p, &owed);
		note_attendance(p);
		for (size_t i = 0; i < sources.n; i++)
			publication_put_source(p, source_part_new(&sources.v[i]));
		p->links = links_part_new(&links, world->key);
	}
	session_list_fini(&sessions);
	past_list_fini(&pasts);
	entry_list_fini(&entries);
	absence_list_fini(&absences);
	owed_list_fini(&owed);
	source_record_list_fini(&sources);
	link_list_fini(&links);
	if (ok)
		return p;
	publication_unref(p);
	return NULL;
}

/* Where feeds were written with another address until now, events say something else than they
 * did; then what was read of the store is old. */
static bool note_url(const struct publication *p, struct db *db, bool *noted, struct err *err)
{
	struct buf url = {0};
	struct err none;
	struct shown_changes shown = {.duos = {0}};
	bool known = db_meta_get(db, "url", &url, &none), ok = true;
	*noted = known && strcmp(buf_str(&url), p->url) != 0;
	if (*noted) {
		struct publication was = *p; /* borrows */
		was.url = (char *)buf_str(&url);
		shown_compare(&was, p, &shown);
		ok = stamp(db, &shown, clock_now(), err);
	}
	if (ok && (*noted || !known))
		ok = db_meta_put(db, "url", p->url, strlen(p->url), err);
	shown_changes_fini(&shown);
	buf_fini(&url);
	return ok;
}

bool change_first_publication(struct world *world, struct db *db, struct roster_part *roster,
			      struct err *err)
{
	struct publication *p = read_all(world, db, roster, err);
	bool again = false, ok = p && note_url(p, db, &again, err);
	if (ok && again) {
		publication_unref(p);
		p = read_all(world, db, roster, err);
		ok = p != NULL;
	}
	roster_part_unref(roster);
	if (!ok || !body_note_all(p, NULL, db, clock_now(), err)) {
		publication_unref(p);
		return false;
	}
	publication_unref(world->head);
	world->head = p;
	publication_unref(atomic_exchange(&world->pending, publication_ref(p)));
	return true;
}
