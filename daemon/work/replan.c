/* replan.c -- see the header. */
#include "work/replan.h"

#include "base/clock.h"
#include "base/log.h"
#include "work/change.h"
#include "work/clash.h"
#include "work/decide_group.h"
#include "work/decide_party.h"
#include "work/decide_work.h"
#include "work/importer.h"
#include "work/third_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct replanner {
	id_text *dirty; /* sorted, no doubles; "", the programme's own moments, is the first */
	size_t n, cap;
	size_t running;
	uint64_t solved;
	int conflicts; /* in a row: the store saw it otherwise than the planner */
	/* The jobs of this round by their first duo. They end in any order, but are stored in this
	 * one: the numbers of sessions must not depend on which thread was faster. */
	struct plan_job **round;
	size_t n_round, turn;
};

enum { CONFLICTS_MAX = 5 };

struct plan_job {
	struct job job;
	struct change change;
	struct world *world;
	struct publication *p;
	struct weights weights;
	utc_t now;
	id_text *duos;	     /* by id */
	struct decisions *v; /* as duos */
	size_t n, among;     /* duos of this job; of the whole round */
	bool *stale;	     /* as duos */
	bool ready;	     /* has run, or never will */
};

struct replanner *replanner_new(void)
{
	return xcalloc(1, sizeof(struct replanner));
}

void replanner_free(struct replanner *r)
{
	if (!r)
		return;
	xfree(r->dirty);
	xfree(r->round);
	xfree(r);
}

bool replanner_idle(const struct replanner *r)
{
	return r->running == 0 && r->n == 0;
}

size_t replanner_dirty(const struct replanner *r)
{
	return r->n - (r->n > 0 && !*r->dirty[0]);
}

uint64_t replanner_solved(const struct replanner *r)
{
	return r->solved;
}

void replan_duo(struct world *world, const char *duo)
{
	struct replanner *r = world->replanner;
	size_t lo = 0, hi = r->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (strcmp(r->dirty[mid], duo) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < r->n && strcmp(r->dirty[lo], duo) == 0)
		return;
	r->dirty = xgrow(r->dirty, r->n, &r->cap, sizeof *r->dirty);
	memmove(r->dirty + lo + 1, r->dirty + lo, (r->n - lo) * sizeof *r->dirty);
	memcpy(r->dirty[lo], duo, strlen(duo) + 1);
	r->n++;
}

void replan_group(struct world *world)
{
	replan_duo(world, "");
}

static void replan_lookers(struct world *world, const struct concerns *concerns, size_t thing)
{
	size_t n;
	const uint32_t *duos = concerns_of(concerns, thing, &n);
	for (size_t i = 0; i < n; i++)
		replan_duo(world, world->now->roster->roster.duos[duos[i]].id);
}

void replan_person(struct world *world, const char *person)
{
	const struct roster *roster = &world->now->roster->roster;
	const struct programme *programme = &roster->programme;
	replan_group(world);
	for (size_t i = 0; programme->steering_min && i < programme->n_steering_group; i++)
		if (strcmp(programme->steering_group[i], person) == 0) {
			replan_all(world);
			return;
		}
	const struct person *p = roster_person(roster, person);
	if (p)
		replan_lookers(world, &world->now->roster->lookers.persons,
			       (size_t)(p - roster->persons));
}

static bool is_of_third(const struct roster *roster, size_t source)
{
	for (size_t i = 0; i < roster->n_third_parties; i++)
		for (size_t k = 0; k < roster->third_parties[i].n_sources; k++)
			if (roster->third_parties[i].sources[k].source == source)
				return true;
	return false;
}

void replan_source(struct world *world, const char *source)
{
	const struct roster *roster = &world->now->roster->roster;
	const struct source *s = roster_source(roster, source);
	replan_group(world);
	size_t index = s ? (size_t)(s - roster->sources) : 0;
	if (s)
		replan_lookers(world, &world->now->roster->lookers.sources, index);
	for (size_t i = 0; s && is_of_third(roster, index) && i < roster->n_duos; i++)
		if (third_party_is_used(world->now, roster->duos[i].id, roster, index))
			replan_duo(world, roster->duos[i].id);
}

void replan_all(struct world *world)
{
	const struct roster *roster = &world->now->roster->roster;
	replan_group(world);
	for (size_t i = 0; i < roster->n_duos; i++)
		replan_duo(world, roster->duos[i].id);
}

/* ---- one job ---- */

static bool is_group(const struct plan_job *job)
{
	return job->n > 0 && !*job->duos[0];
}

static void job_adds(struct plan_job *job, const char *duo)
{
	job->duos = xrealloc(job->duos, (job->n + 1) * sizeof *job->duos);
	memcpy(job->duos[job->n++], duo, strlen(duo) + 1);
}

/* The programme's own moments, and the duos that have to make room for them: one change. */
static void group_run(struct job *base)
{
	struct plan_job *job = (struct plan_job *)base;
	struct publication *seen = publication_next(job->p);
	size_t n = 1;
	decide_group(seen, &job->weights, job->now, &job->v[0]);
	publication_assume(seen, &job->v[0]);
	struct decisions group = job->v[0]; /* borrowed: the list behind it moves */
	decide_clashing(seen, &group, &job->weights, job->now, &job->v, &n);
	while (job->n < n)
		job_adds(job, job->v[job->n].duo);
	xfree(job->stale);
	job->stale = xcalloc(n, sizeof *job->stale);
	publication_unref(seen);
}

static void plan_run(struct job *base)
{
	struct plan_job *job = (struct plan_job *)base;
	struct publication *seen = publication_next(job->p);
	const struct duo **duos = xcalloc(job->n, sizeof(struct duo *));
	size_t *at = xcalloc(job->n, sizeof *at), n = 0;
	for (size_t i = 0; i < job->n; i++) {
		duos[n] = roster_duo(&job->p->roster->roster, job->duos[i]);
		if (duos[n])
			at[n++] = i;
	}
	struct decisions *v = xcalloc(n, sizeof *v);
	decide_years(seen, duos, n, job->among, &job->weights, job->now, v);
	for (size_t i = 0; i < n; i++)
		job->v[at[i]] = v[i];
	xfree(v);
	xfree(duos);
	xfree(at);
	publication_unref(seen);
}

static struct plan_job *job_of(struct change *change)
{
	return (struct plan_job *)((char *)change - offsetof(struct plan_job, change));
}

static void job_end(struct plan_job *job)
{
	job->world->replanner->running--;
	for (size_t i = 0; i < job->n; i++)
		decisions_fini(&job->v[i]);
	xfree(job->v);
	xfree(job->duos);
	xfree(job->stale);
	publication_unref(job->p);
	xfree(job);
}

static void remark(struct plan_job *job, bool all)
{
	for (size_t i = 0; i < job->n; i++)
		if ((all || job->stale[i]) &&
		    (!*job->duos[i] || roster_duo(&job->world->now->roster->roster, job->duos[i])))
			replan_duo(job->world, job->duos[i]);
}

/* Whose moments changed has other time and hours for the duos. */
static void mark_concerned(struct plan_job *job)
{
	const struct roster *roster = &job->world->now->roster->roster;
	for (size_t i = 0; i < roster->n_duos; i++)
		if (decisions_concern(&job->v[0], roster->duos[i].members[0]) ||
		    decisions_concern(&job->v[0], roster->duos[i].members[1]))
			replan_duo(job->world, roster->duos[i].id);
}

static bool plan_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct plan_job *job = job_of(change);
	/* a group moment and those that make room for it go together or not at all */
	return decisions_apply(desk, job->v, job->n, "replan", is_group(job) ? NULL : job->stale,
			       err);
}

static void plan_applied(struct change *change, const struct err *err);

/* Stores what is ready, in the round's order; stops at one that is not, or at a full queue. */
static void release(struct world *world)
{
	struct replanner *r = world->replanner;
	while (r->turn < r->n_round && r->round[r->turn]->ready) {
		struct plan_job *job = r->round[r->turn];
		struct err err = {0};
		size_t changes = 0;
		for (size_t i = 0; i < job->n; i++)
			changes += job->v[i].n;
		job->change = (struct change){.apply = plan_apply, .done = plan_applied};
		if (changes && !world->stopping && !change_post(world, &job->change, &err))
			return; /* the queue is full: the next tick tries again */
		r->turn++;
		if (!changes || world->stopping)
			job_end(job);
	}
}

static void plan_applied(struct change *change, const struct err *err)
{
	struct plan_job *job = job_of(change);
	struct world *world = job->world;
	if (err && err->code == ERR_CONFLICT) {
		log_event(LOG_WARN, "replan", "again", err->text);
		if (++world->replanner->conflicts <= CONFLICTS_MAX)
			remark(job, true);
	} else if (err) {
		log_event(LOG_ERROR, "replan", "error", err->text);
	} else {
		world->replanner->conflicts = 0;
		remark(job, false);
		if (is_group(job))
			mark_concerned(job);
	}
	job_end(job);
	if (!world->stopping)
		replan_go(world);
}

static void plan_done(struct job *base, bool cancelled)
{
	struct plan_job *job = (struct plan_job *)base;
	struct world *world = job->world;
	/* cancelled: then nothing was decided */
	job->ready = true;
	world->replanner->solved += cancelled ? 0 : job->n - is_group(job);
	release(world);
	if (!world->stopping)
		replan_go(world);
}

/* ---- who shares whom ---- */

struct coupling {
	const struct roster *roster;
	size_t *root;
	size_t *person, *third; /* 1 + a duo that each of them is needed by */
	size_t duo;
};

static size_t root_of(const struct coupling *c, size_t a)
{
	while (c->root[a] != a)
		a = c->root[a] = c->root[c->root[a]];
	return a;
}

static void meet(struct coupling *c, size_t *first)
{
	size_t a = root_of(c, c->duo), b = root_of(c, *first ? *first - 1 : c->duo);
	c->root[a > b ? a : b] = a > b ? b : a;
	*first = c->duo + 1;
}

static void couple_by(void *ctx, const char *id)
{
	struct coupling *c = ctx;
	const struct person *p = roster_person(c->roster, id);
	const struct third_party *third = p ? NULL : roster_third(c->roster, id);
	if (p)
		meet(c, &c->person[p - c->roster->persons]);
	else if (third)
		meet(c, &c->third[third - c->roster->third_parties]);
}

/* Root of each dirty duo: duos that share a person, an expert or a room have the same one. */
static void couple(const struct publication *p, const struct replanner *r, size_t n, size_t *root)
{
	const struct roster *roster = &p->roster->roster;
	struct coupling c = {.roster = roster, .root = root};
	c.person = xcalloc(roster->n_persons, sizeof *c.person);
	c.third = xcalloc(roster->n_third_parties, sizeof *c.third);
	for (size_t i = 0; i < n; i++)
		root[i] = i;
	for (c.duo = 0; c.duo < n; c.duo++) {
		const struct duo *duo = roster_duo(roster, r->dirty[c.duo]);
		for (int m = 0; duo && m < 2; m++)
			couple_by(&c, duo->members[m]);
		if (duo)
			party_shared(p, duo, couple_by, &c);
	}
	for (size_t i = 0; i < n; i++)
		root[i] = root_of(&c, i);
	xfree(c.person);
	xfree(c.third);
}

static struct plan_job *job_new(struct world *world, size_t among)
{
	struct plan_job *job = xcalloc(1, sizeof *job);
	job->job = (struct job){.done = plan_done};
	job->world = world;
	job->p = publication_ref(world->now);
	job->weights = world->settings.weights;
	job->now = clock_now();
	job->among = among;
	return job;
}

static void job_post(struct world *world, struct plan_job *job)
{
	job->job.run = is_group(job) ? group_run : plan_run;
	job->v = xcalloc(job->n, sizeof *job->v);
	job->stale = xcalloc(job->n, sizeof *job->stale);
	world->replanner->running++;
	if (worker_post(world->worker, LANE_SOLVER, &job->job))
		return;
	remark(job, true); /* too much to do at once: in the next round */
	job->ready = true;
}

void replan_go(struct world *world)
{
	struct replanner *r = world->replanner;
	release(world);
	if (r->n == 0 || r->running || !importer_idle(world->importer) || world->stopping)
		return;
	size_t n = *r->dirty[0] ? r->n : 1; /* what is everybody's first, and alone */
	size_t *root = xcalloc(n, sizeof *root);
	struct plan_job **jobs = xcalloc(n, sizeof *jobs);
	couple(world->now, r, n, root);
	for (size_t i = 0; i < n; i++) {
		if (!jobs[root[i]])
			jobs[root[i]] = job_new(world, n);
		job_adds(jobs[root[i]], r->dirty[i]);
	}
	r->n -= n;
	memmove(r->dirty, r->dirty + n, r->n * sizeof *r->dirty);
	r->n_round = r->turn = 0;
	for (size_t i = 0; i < n; i++)
		if (jobs[i])
			jobs[r->n_round++] = jobs[i];
	xfree(r->round);
	r->round = jobs;
	for (size_t i = 0; i < r->n_round; i++)
		job_post(world, jobs[i]);
	release(world);
	xfree(root);
}

/* ---- applying ---- */

static const char *const decide_words[] = {"book", "move", "cancel", "plan",
					   "drop", "hand", "attend"};

/* Why the planner did not leave it: who is in the way, as the one asks who finds it gone. */
static void say_why(struct desk *desk, const struct decision *d, struct buf *out)
{
	struct clash clash;
	if (d->what == DECIDE_BOOK)
		return;
	if (d->is.reason)
		buf_adds(out, d->is.reason);
	else if (clash_find(desk_publication(desk), &d->was, desk_now(desk), &clash))
		clash_sentence(desk_publication(desk), &clash, out);
	else if (d->what != DECIDE_ATTEND)
		buf_adds(out, d->what == DECIDE_MOVE
				      ? "the year is better with it there, or it no longer fitted"
				      : "no place or no hours are left for it");
}

static bool audit_decision(struct desk *desk, const struct decision *d, int64_t id, const char *way,
			   struct err *err)
{
	char what[64], was[80], is[80], a[CIVIL_TEXT], b[CIVIL_TEXT];
	if (d->what == DECIDE_PROVISIONAL || d->what == DECIDE_DROP || d->what == DECIDE_HAND)
		return true; /* nobody's time changed */
	(void)snprintf(what, sizeof what, "session %s s%lld", decide_words[d->what], (long long)id);
	(void)snprintf(was, sizeof was, "%s..%s", utc_text(d->was.start, a),
		       utc_text(d->was.end, b));
	(void)snprintf(is, sizeof is, "%s..%s", utc_text(d->is.start, a), utc_text(d->is.end, b));
	if (d->what == DECIDE_ATTEND) {
		(void)snprintf(was, sizeof was, "%zu attend", d->was.n_attendees);
		(void)snprintf(is, sizeof is, "%zu attend", d->is.n_attendees);
	}
	struct buf why = {0};
	say_why(desk, d, &why);
	bool ok = desk_audit(desk, "planner", way, what, d->what == DECIDE_BOOK ? NULL : was,
			     d->what == DECIDE_CANCEL ? NULL : is,
			     why.n ? buf_str(&why) : d->is.reason, err);
	buf_fini(&why);
	return ok;
}

static void touch(struct desk *desk, const struct session *s)
{
	if (s->n_attendees == 0)
		return; /* nothing: what is new was nothing before, what is dropped is nothing after */
	desk_touch_duo(desk, s->duo);
	for (size_t a = 0; a < s->n_attendees; a++)
		desk_touch_person(desk, s->attendees[a]);
}

static bool is_stale(struct desk *desk, const struct decisions *d)
{
	return publication_duo(desk_publication(desk), d->duo) != d->base;
}

/* Everything that has an id in one go, since places may be swapped. */
static bool update_old(struct desk *desk, struct decision **v, size_t n, struct err *err)
{
	struct session *old = xcalloc(n, sizeof *old);
	for (size_t i = 0; i < n; i++) {
		session_stamp(&v[i]->is, &v[i]->was, desk_now(desk));
		old[i] = v[i]->is;
	}
	bool ok = n == 0 || sessions_update_many(desk_db(desk), old, n, err);
	xfree(old);
	return ok;
}

static bool insert_new(struct desk *desk, struct decision **v, size_t n, const char *way,
		       struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		session_stamp(&v[i]->is, NULL, desk_now(desk));
		if (!sessions_insert(desk_db(desk), &v[i]->is, err) ||
		    !audit_decision(desk, v[i], v[i]->is.id, way, err))
			return false;
	}
	return true;
}

/* Asked when all have their places. Only of what is new there: a room whose capacity became less
 * keeps what was booked before. */
static bool rooms_hold(struct desk *desk, struct decision **v, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct session *was = &v[i]->was, *is = &v[i]->is;
		bool stays = was->id && was->state == is->state && was->start == is->start &&
			     was->end == is->end && strcmp(was->room, is->room) == 0;
		if (!stays && !sessions_room_holds(desk_db(desk), is, err))
			return false;
	}
	return true;
}

/* Drops first, then old sessions, then new ones. What a person booked is the last of all: by then
 * the planner's own have made room. */
static bool apply_many(struct desk *desk, struct decisions *v, size_t n, const bool *stale,
		       const char *way, struct err *err)
{
	struct decision **old = NULL, **fresh = NULL;
	size_t n_old = 0, n_fresh = 0, cap_old = 0, cap_fresh = 0;
	bool ok = true;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].n && ok && !stale[i]; k++) {
			struct decision *d = &v[i].v[k];
			touch(desk, &d->was);
			touch(desk, &d->is);
			if (d->what == DECIDE_DROP) {
				ok = sessions_delete_provisional(desk_db(desk), d->was.id, err);
			} else if (d->was.id) {
				old = xgrow(old, n_old, &cap_old, sizeof(struct decision *));
				old[n_old++] = d;
				ok = audit_decision(desk, d, d->was.id, way, err);
			} else {
				fresh = xgrow(fresh, n_fresh, &cap_fresh,
					      sizeof(struct decision *));
				fresh[n_fresh++] = d;
			}
		}
	ok = ok && update_old(desk, old, n_old, err) &&
	     insert_new(desk, fresh, n_fresh, way, err) && rooms_hold(desk, old, n_old, err) &&
	     rooms_hold(desk, fresh, n_fresh, err);
	xfree(old);
	xfree(fresh);
	return ok;
}

/* The plan moved or cancelled the very session that a person spoke about (an unpinned one, say):
 * then the two are one change of it, told from what it was before. */
static bool fold_into_plan(struct decisions *plan, const struct decision *hand)
{
	for (size_t i = 0; hand->was.id && i < plan->n; i++) {
		struct decision *d = &plan->v[i];
		if (d->was.id != hand->was.id)
			continue;
		session_fini(&d->was);
		session_copy(&d->was, &hand->was);
		return true;
	}
	return false;
}

static void take_stored(struct session *is, const struct session *stored)
{
	is->id = stored->id;
	is->state = stored->state;
	is->start = stored->start;
	is->end = stored->end;
	is->pinned = stored->pinned;
	is->cancelled_at = stored->cancelled_at;
	is->sequence = stored->sequence;
	is->last_modified = stored->last_modified;
	is->created_at = stored->created_at;
}

/* What became of the session that a person spoke about: his word, or the plan's in place of it. */
static const struct session *stored_as(const struct decisions *v, size_t n, int64_t id)
{
	for (size_t i = 0; id && i < n; i++)
		for (size_t k = 0; k < v[i].n; k++)
			if (v[i].v[k].was.id == id)
				return &v[i].v[k].is;
	return &v[n - 1].v[0].is;
}

/* The decisions of a person's change: those of the planner that it leads to, then the hand's. */
struct hand_change {
	struct decisions *v;
	size_t n;
};

/* What the rest of the plan makes of it: the duo's own year, or of a moment of everybody's the
 * duos that have to make room. */
static void decide_around(struct publication *seen, const struct session *is,
			  const struct decisions *hand, const struct weights *weights, utc_t now,
			  struct hand_change *out)
{
	const struct duo *duo = roster_duo(&seen->roster->roster, is->duo);
	if (!*is->duo)
		decide_clashing(seen, hand, weights, now, &out->v, &out->n);
	if (!duo)
		return;
	out->v = xcalloc(1, sizeof *out->v);
	decide_year(seen, duo, weights, now, &out->v[out->n++]);
}

static bool fold(struct hand_change *all, struct decisions *hand)
{
	bool folded = false;
	for (size_t i = 0; i < all->n; i++)
		folded = folded || fold_into_plan(&all->v[i], &hand->v[0]);
	all->v = xrealloc(all->v, (all->n + 1) * sizeof *all->v);
	all->v[all->n++] = *hand;
	return folded;
}

bool desk_change_session(struct desk *desk, struct session *is, const struct session *was,
			 const struct weights *weights, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	struct hand_change all = {0};
	struct decisions hand;
	decisions_begin(&hand, p, is->duo);
	decisions_add(&hand, DECIDE_HAND, was, is);
	struct publication *seen = publication_next(p);
	bool ok = true;
	for (size_t a = 0; a < is->n_attendees && ok; a++)
		ok = desk_read_person(desk, seen, is->attendees[a], err);
	publication_assume(seen, &hand);
	if (ok)
		decide_around(seen, is, &hand, weights, desk_now(desk), &all);
	publication_unref(seen);
	bool folded = fold(&all, &hand); /* it stands in the last list, or in the plan's */
	bool *stale = xcalloc(all.n, sizeof *stale);
	stale[all.n - 1] = folded;
	ok = ok && apply_many(desk, all.v, all.n, stale, "replan", err);
	if (ok)
		take_stored(is, stored_as(all.v, all.n, was ? was->id : 0));
	for (size_t i = 0; i < all.n; i++)
		decisions_fini(&all.v[i]);
	xfree(all.v);
	xfree(stale);
	return ok;
}

bool decisions_apply(struct desk *desk, struct decisions *v, size_t n, const char *way, bool *stale,
		     struct err *err)
{
	bool *marks = stale ? stale : xcalloc(n, sizeof *marks);
	bool ok = true;
	for (size_t i = 0; i < n && ok; i++) {
		marks[i] = is_stale(desk, &v[i]);
		if (marks[i] && !stale)
			ok = err_set(err, ERR_CONFLICT,
				     "the sessions of %s changed meanwhile; try again", v[i].duo);
	}
	ok = ok && apply_many(desk, v, n, marks, way, err);
	if (!stale)
		xfree(marks);
	return ok;
}
