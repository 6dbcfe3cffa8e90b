/* decide_party.c -- one item after the other: the talk with the steering group, then each expert.
 *
 *   what cannot stand -> cancelled
 *   item: what stands + everybody's time -> party_make -> old places and new ones find each other
 *
 * An item sees what the items before it decided. Of the duo's own sessions that stand for other
 * reasons each keeps its day for itself; its work sessions give way at w_move each. */
#include "work/decide_party.h"
#include "work/pairing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIXTHS	  6
#define NEAR_DAYS 20

/* What is asked for. */
struct item {
	enum kind kind;
	id_text expert; /* "" for a talk */
	int n, min;
	bool by_hand; /* the roster asks for none: those that persons booked are kept going */
};

struct deciding {
	const struct publication *p;
	const struct duo *duo;
	const struct weights *weights;
	utc_t now;
	const struct item *item;
	struct party_setup setup;
	struct party_standing *standing;
	size_t n_standing;
	struct span *yields;
	size_t n_yields;
	uint8_t *taken;
	int32_t own_min; /* of movable sessions of this item: they count as planned already */
};

static const struct programme *programme_of(const struct deciding *x)
{
	return &x->p->roster->roster.programme;
}

static utc_t frozen_until(const struct deciding *x)
{
	return x->now + programme_of(x)->freeze_s;
}

static bool occupies(const struct session *s)
{
	return s->state == STATE_PROVISIONAL || s->state == STATE_BOOKED || s->state == STATE_HELD;
}

static bool is_of_item(const struct session *s, const struct item *item)
{
	return s->kind == item->kind && strcmp(s->expert, item->expert) == 0;
}

/* ---- sentences --------------------------------------------------------------------------- */

enum says { SAYS_GONE, SAYS_NOT_ASKED, SAYS_NO_TIME };

static char *say(const struct publication *p, enum says what, const char *who)
{
	static const char *const texts[][2] = {
		[SAYS_GONE] = {[LANG_NL] = "%s doet niet meer mee",
			       [LANG_EN] = "%s is no longer in the roster"},
		[SAYS_NOT_ASKED] = {[LANG_NL] = "er staat geen afspraak met %s meer in het plan",
				    [LANG_EN] = "no more sessions with %s are asked for"},
		[SAYS_NO_TIME] = {[LANG_NL] = "er is geen moment waarop iedereen kan (met %s)",
				  [LANG_EN] = "there is no time at which all can come (with %s)"},
	};
	static const char *const group[] = {
		[LANG_NL] = "de stuurgroep", [LANG_EN] = "the steering group"};
	const struct roster *roster = &p->roster->roster;
	enum language language = roster->programme.language;
	const struct third_party *third = roster_third(roster, who);
	const char *name = third ? third->name : *who ? who : group[language];
	const char *text = texts[what][language];
	const char *hole = strstr(text, "%s");
	return xasprintf("%.*s%s%s", (int)(hole - text), text, name, hole + 2);
}

static void cancel(struct decisions *out, const struct session *s, utc_t now, const char *reason)
{
	struct session is = *s;
	if (s->state == STATE_PROVISIONAL) {
		decisions_add(out, DECIDE_DROP, s, NULL);
		return;
	}
	is.state = STATE_CANCELLED;
	is.cancelled_at = now;
	is.pinned = false;
	is.reason = (char *)reason;
	decisions_add(out, DECIDE_CANCEL, s, &is);
}

/* ---- what cannot stand ------------------------------------------------------------------- */

static bool is_expert(const struct publication *p, const char *id)
{
	const struct third_party *third = roster_third(&p->roster->roster, id);
	return third && !third->is_room;
}

static bool has_members(const struct session *s, const struct duo *duo)
{
	return session_attends(s, duo->members[0]) && session_attends(s, duo->members[1]);
}

static void drop_impossible(const struct publication *p, const struct duo *duo, utc_t now,
			    struct decisions *out)
{
	const struct duo_part *part = out->base;
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (s->start <= now || (s->state != STATE_PROVISIONAL && s->state != STATE_BOOKED))
			continue;
		if (*s->expert && !is_expert(p, s->expert)) {
			char *reason = say(p, SAYS_GONE, s->expert);
			cancel(out, s, now, reason);
			xfree(reason);
		} else if ((s->kind == KIND_EXPERT || s->kind == KIND_STEERING) &&
			   !has_members(s, duo)) {
			cancel(out, s, now, NULL);
		}
	}
}

/* ---- who comes --------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Members and, to a talk, the steering group; sorted, nobody twice. */
static id_text *who_comes(const struct deciding *x, size_t *n)
{
	const struct programme *programme = programme_of(x);
	bool talk = x->item->kind == KIND_STEERING;
	id_text *v = xcalloc(2 + programme->n_steering_group, sizeof *v);
	*n = 2;
	memcpy(v, x->duo->members, 2 * sizeof *v);
	for (size_t i = 0; talk && i < programme->n_steering_group; i++) {
		const char *id = programme->steering_group[i];
		if (strcmp(id, v[0]) != 0 && strcmp(id, v[1]) != 0)
			memcpy(v[(*n)++], id, sizeof *v);
	}
	qsort(v, *n, sizeof *v, by_text);
	return v;
}

static bool same_people(const struct session *s, const id_text *v, size_t n)
{
	bool same = s->n_attendees == n;
	for (size_t i = 0; same && i < n; i++)
		same = strcmp(s->attendees[i], v[i]) == 0;
	return same;
}

/* ---- what stands ------------------------------------------------------------------------- */

/* What a person chose stays while everybody can be there. */
static bool is_possible(const struct deciding *x, const struct session *s)
{
	for (size_t i = 0; i < x->setup.n; i++)
		if (busyset_max(&x->setup.busy[i], s->start, s->end) == LEVEL_BUSY ||
		    busyset_max(&x->setup.engaged[i], s->start, s->end) == LEVEL_BUSY)
			return false;
	return opendays_number(&x->p->roster->days, zone_day_of(programme_of(x)->zone, s->start)) >=
	       0;
}

static enum stand stand_of(const struct deciding *x, const struct session *s)
{
	if (s->state == STATE_HELD || (s->state == STATE_BOOKED && s->start < frozen_until(x)))
		return STAND_FIXED;
	return s->state == STATE_BOOKED && s->pinned && is_possible(x, s) ? STAND_FIXED
									  : STAND_MOVABLE;
}

static void take_day(const struct deciding *x, utc_t at)
{
	int day = opendays_number(&x->p->roster->days, zone_day_of(programme_of(x)->zone, at));
	if (day >= 0)
		x->taken[day] = 1;
}

static bool work_gives_way(const struct deciding *x, const struct session *s)
{
	const struct plan_task *task = &x->setup.duo.task;
	for (size_t i = 0; i < task->n_standing; i++)
		if (s->id && task->standing[i].id == s->id)
			return task->standing[i].stand == STAND_MOVABLE;
	return s->state == STATE_PROVISIONAL; /* one in the freeze window: it goes */
}

/* Sorts the duo's own sessions into this item's, those that give way, and those that stand. */
static void look_at_own(struct deciding *x, const struct duo_part *part)
{
	size_t n = part ? part->sessions.n : 0;
	x->standing = xcalloc(n, sizeof *x->standing);
	x->yields = xcalloc(n, sizeof *x->yields);
	for (size_t i = 0; i < n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (!occupies(s))
			continue;
		if (is_of_item(s, x->item)) {
			enum stand stand = stand_of(x, s);
			if (stand == STAND_MOVABLE)
				x->own_min += (int32_t)((s->end - s->start) / 60);
			x->standing[x->n_standing++] =
				(struct party_standing){s->id, s->state, stand, s->start, s->end};
		} else if (s->kind == KIND_WORK && work_gives_way(x, s)) {
			if (s->state == STATE_BOOKED)
				x->yields[x->n_yields++] = (struct span){s->start, s->end};
		} else if (s->state != STATE_PROVISIONAL || s->kind != KIND_EXPERT) {
			/* another expert's provisional one is placed behind this */
			take_day(x, s->start);
			party_setup_engage(&x->setup, s);
		}
	}
	for (size_t i = 0; i < n; i++) { /* only now: they are asked for what is possible */
		const struct session *s = &part->sessions.v[i];
		if (occupies(s) && is_of_item(s, x->item) && stand_of(x, s) == STAND_FIXED)
			take_day(x, s->start);
	}
	party_setup_settle(&x->setup);
}

/* ---- the budget -------------------------------------------------------------------------- */

/* How many more sessions of this item both members' hours allow. */
static int affordable(const struct deciding *x)
{
	int32_t least = INT32_MAX;
	for (int m = 0; m < 2; m++) {
		int32_t left = x->setup.duo.left_min[m] + x->own_min;
		if (x->item->kind == KIND_STEERING) /* it is kept for just this */
			left += x->setup.duo.reserve[m].steering / x->setup.duo.duos_of[m];
		least = left < least ? left : least;
	}
	return least > 0 ? least / x->item->min : 0;
}

/* ---- periods ----------------------------------------------------------------------------- */

static int sixth(const struct deciding *x, int k)
{
	return (x->setup.task.days->n * k + SIXTHS - 1) / SIXTHS;
}

/* The sixth in which a talk is looked for first: where one is booked, else the first. */
static int first_sixth(const struct deciding *x)
{
	const struct opendays *days = x->setup.task.days;
	for (size_t i = 0; i < x->n_standing; i++) {
		const struct party_standing *s = &x->standing[i];
		int day = opendays_number(days, zone_day_of(programme_of(x)->zone, s->start));
		if (s->state != STATE_BOOKED || s->stand != STAND_MOVABLE)
			continue;
		for (int k = 0; k < SIXTHS; k++)
			if (day >= sixth(x, k) && day < sixth(x, k + 1))
				return k;
	}
	return 0;
}

static void make_talk(struct deciding *x, struct party_plan *plan)
{
	struct party_task *task = &x->setup.task;
	for (int k = first_sixth(x); k < SIXTHS; k++) {
		task->first_day = sixth(x, k);
		task->past_day = sixth(x, k + 1);
		party_make(task, plan);
		if (plan->missing == 0 || k == SIXTHS - 1)
			return;
		party_plan_fini(plan);
	}
}

/* A few weeks around the first that cannot stay where a person put it. */
static void near_by(struct deciding *x)
{
	struct party_task *task = &x->setup.task;
	const struct opendays *days = task->days;
	int day = 0;
	for (size_t i = x->n_standing; i-- > 0;)
		if (x->standing[i].stand == STAND_MOVABLE)
			day = opendays_before(
				days, zone_day_of(programme_of(x)->zone, x->standing[i].start));
	int now = opendays_before(days, zone_day_of(programme_of(x)->zone, frozen_until(x)));
	task->first_day = day - NEAR_DAYS > now ? day - NEAR_DAYS : now;
	task->past_day = day + NEAR_DAYS < days->n ? day + NEAR_DAYS : days->n;
}

static void make_plan(struct deciding *x, struct party_plan *plan)
{
	struct party_task *task = &x->setup.task;
	int fixed = 0;
	for (size_t i = 0; i < x->n_standing; i++)
		fixed += x->standing[i].stand == STAND_FIXED;
	int most = x->item->n > 0 ? fixed + affordable(x) : 0;
	task->n = x->item->n < most ? x->item->n : most;
	task->length_min = x->item->min;
	task->standing = x->standing;
	task->n_standing = x->n_standing;
	task->taken = x->taken;
	task->yields = x->yields;
	task->n_yields = x->n_yields;
	task->earliest = frozen_until(x);
	if (x->item->by_hand) {
		near_by(x);
		party_make(task, plan);
	} else if (x->item->kind == KIND_STEERING) {
		make_talk(x, plan);
	} else {
		task->first_day = sixth(x, 1);
		task->past_day = task->days->n;
		party_make(task, plan);
	}
}

/* ---- old places and new ones ------------------------------------------------------------- */

struct match {
	struct pairing pairing;
	const struct deciding *x;
	const id_text *people;
	size_t n_people;
	struct decisions *out;
};

static void place_session(const struct match *m, const struct session *was,
			  const struct party_session *place)
{
	const struct deciding *x = m->x;
	struct session is = was ? *was : (struct session){.kind = x->item->kind};
	memcpy(is.duo, x->duo->id, sizeof is.duo);
	memcpy(is.expert, x->item->expert, sizeof is.expert);
	is.attendees = (id_text *)m->people;
	is.n_attendees = m->n_people;
	is.start = place->start;
	is.end = place->end;
	is.pinned = x->item->by_hand && was;
	is.state = place->provisional ? STATE_PROVISIONAL : STATE_BOOKED;
	is.reason = NULL;
	bool booked = was && was->state == STATE_BOOKED;
	decisions_add(m->out,
		      place->provisional ? DECIDE_PROVISIONAL
		      : booked		 ? DECIDE_MOVE
					 : DECIDE_BOOK,
		      was, &is);
}

static void pair(void *ctx, const struct session *was, const void *place)
{
	place_session(ctx, was, place);
}

static const struct party_session *keeper(const struct party_plan *plan, const struct session *s)
{
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->v[i].fixed && s->id && plan->v[i].kept_id == s->id)
			return &plan->v[i];
	return NULL;
}

/* One that stays where it is, but with other people, is no move. */
static void keep(const struct match *m, const struct session *s, const struct party_session *kept)
{
	if (s->state == STATE_PROVISIONAL) {
		if (!kept->provisional || !same_people(s, m->people, m->n_people))
			place_session(m, s, kept);
		return;
	}
	if (same_people(s, m->people, m->n_people))
		return;
	struct session is = *s;
	is.attendees = (id_text *)m->people;
	is.n_attendees = m->n_people;
	decisions_add(m->out, DECIDE_ATTEND, s, &is);
}

static void settle(struct match *m, const struct party_plan *plan)
{
	const struct deciding *x = m->x;
	const struct pairing *p = &m->pairing;
	char *reason = say(x->p, plan->missing ? SAYS_NO_TIME : SAYS_NOT_ASKED, x->item->expert);
	pairing_run(&m->pairing, pair, m);
	for (size_t i = 0; i < p->n_old; i++)
		if (p->old[i])
			cancel(m->out, p->old[i], x->now, reason);
	for (size_t k = 0; k < p->n_places; k++)
		if (p->places[k].of)
			place_session(m, NULL, p->places[k].of);
	xfree(reason);
}

static void compare(const struct deciding *x, const struct party_plan *plan,
		    const struct duo_part *part, struct decisions *out)
{
	size_t n = part ? part->sessions.n : 0;
	struct match m = {.x = x, .out = out};
	pairing_init(&m.pairing, n, plan->n);
	id_text *people = who_comes(x, &m.n_people);
	m.people = people;
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->v[i].fixed && !plan->v[i].kept_id)
			pairing_add_place(&m.pairing, plan->v[i].start, plan->v[i].provisional,
					  &plan->v[i]);
	for (size_t i = 0, k = 0; i < n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (!occupies(s) || !is_of_item(s, x->item))
			continue;
		const struct party_session *kept = keeper(plan, s);
		if (kept)
			keep(&m, s, kept);
		else if (x->standing[k].stand == STAND_MOVABLE)
			pairing_add_old(&m.pairing, s);
		k++; /* standing has the same ones in the same order */
	}
	settle(&m, plan);
	pairing_fini(&m.pairing);
	xfree(people);
}

/* What is booked is not given up for something that is only provisional: the first session that
 * would be, and could stay, is held on to. True: plan again. */
static bool hold_on(struct deciding *x, const struct party_plan *plan, const struct duo_part *part)
{
	size_t bookable = 0, provisional = 0, lost = 0, first = SIZE_MAX;
	for (size_t i = 0; i < plan->n; i++) {
		bool is_new = !plan->v[i].fixed && !plan->v[i].kept_id;
		bookable += is_new && !plan->v[i].provisional;
		provisional += is_new && plan->v[i].provisional;
	}
	for (size_t i = 0, k = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (!occupies(s) || !is_of_item(s, x->item))
			continue;
		if (x->standing[k].stand == STAND_MOVABLE && s->state == STATE_BOOKED &&
		    !keeper(plan, s)) {
			lost++;
			if (first == SIZE_MAX && is_possible(x, s) &&
			    s->end - s->start == (utc_t)x->item->min * 60)
				first = k;
		}
		k++;
	}
	if (lost <= bookable || provisional == 0 || first == SIZE_MAX)
		return false;
	x->standing[first].stand = STAND_FIXED;
	x->own_min -= x->item->min;
	return true;
}

/* ---- items ------------------------------------------------------------------------------- */

/* Nothing left to place, and nothing there that could still move. */
static bool is_done(const struct deciding *x, const struct duo_part *part)
{
	int stands = 0;
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (!occupies(s) || !is_of_item(s, x->item))
			continue;
		if (s->state != STATE_HELD &&
		    (s->state != STATE_BOOKED || s->start >= frozen_until(x)))
			return false;
		stands++;
	}
	return stands >= x->item->n;
}

/* "expert sessions with jan: 1 of 3 found no time ..."; NULL when all have a place. */
static char *say_missing(const struct deciding *x, const struct party_plan *plan)
{
	const char *who = *x->item->expert ? x->item->expert : "the steering group";
	char length[DURATION_TEXT];
	if (x->setup.task.n < x->item->n)
		return xasprintf("%s with %s: %d of %d do not fit into the hours that are left "
				 "(%s each)",
				 kind_word(x->item->kind), who, x->item->n - x->setup.task.n,
				 x->item->n, minutes_text(x->item->min, length));
	return plan->reason
		       ? xasprintf("%s with %s: %s", kind_word(x->item->kind), who, plan->reason)
		       : NULL;
}

/* *@missing (may be NULL) gets the reason why some have no place; xfree. */
static void decide_item(const struct publication *p, const struct duo *duo, const struct item *item,
			const struct weights *weights, utc_t now, struct decisions *out,
			char **missing)
{
	const struct roster *roster = &p->roster->roster;
	const struct duo_part *part = publication_duo(p, duo->id);
	struct deciding x = {.p = p, .duo = duo, .weights = weights, .now = now, .item = item};
	const struct third_party *expert = roster_third(roster, item->expert);
	const struct person **group = NULL;
	struct party_with with = {.thirds = &expert, .n_thirds = expert ? 1 : 0};
	decisions_begin(out, p, duo->id);
	if (is_done(&x, part))
		return;
	if (item->kind == KIND_STEERING && roster->programme.n_steering_group) {
		group = xcalloc(roster->programme.n_steering_group, sizeof *group);
		for (size_t i = 0; i < roster->programme.n_steering_group; i++)
			group[i] = roster_person(roster, roster->programme.steering_group[i]);
		with.persons = group;
		with.n_persons = roster->programme.n_steering_group;
	}
	if (party_setup_init(&x.setup, p, duo, &with, weights, now)) {
		struct party_plan plan;
		x.taken = xcalloc((size_t)p->roster->days.n + 1, 1);
		look_at_own(&x, part);
		make_plan(&x, &plan);
		while (hold_on(&x, &plan, part)) {
			party_plan_fini(&plan);
			make_plan(&x, &plan);
		}
		compare(&x, &plan, part, out);
		if (missing)
			*missing = say_missing(&x, &plan);
		party_plan_fini(&plan);
		party_setup_fini(&x.setup);
		xfree(x.standing);
		xfree(x.yields);
		xfree(x.taken);
	}
	xfree(group);
}

struct item_list {
	struct item *v;
	size_t n, cap;
};

static struct item *item_add(struct item_list *list, enum kind kind, const char *expert, int n,
			     int min)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind == kind && strcmp(list->v[i].expert, expert) == 0)
			return &list->v[i];
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	struct item *item = &list->v[list->n++];
	*item = (struct item){.kind = kind, .n = n, .min = min > 0 ? min : 1};
	memcpy(item->expert, expert, strlen(expert) + 1);
	return item;
}

/* What the roster asks for; and what is there although it no longer does. */
static void list_items(const struct publication *p, const struct duo *duo, struct item_list *list)
{
	const struct programme *programme = &p->roster->roster.programme;
	const struct duo_part *part = publication_duo(p, duo->id);
	if (programme->steering_min > 0 && programme->n_steering_group > 0)
		(void)item_add(list, KIND_STEERING, "", 1, programme->steering_min);
	for (size_t i = 0; i < duo->n_experts; i++)
		(void)item_add(list, KIND_EXPERT, duo->experts[i].expert, duo->experts[i].n,
			       duo->experts[i].min);
	size_t asked = list->n;
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (!occupies(s) || (s->kind != KIND_STEERING && s->kind != KIND_EXPERT))
			continue;
		struct item *item =
			item_add(list, s->kind, s->expert, 0, (int)((s->end - s->start) / 60));
		if ((size_t)(item - list->v) < asked)
			continue;
		item->by_hand = true;
		item->n += s->state == STATE_HELD || (s->state == STATE_BOOKED && s->pinned);
	}
}

void decide_party(const struct publication *p, const struct duo *duo, const struct weights *weights,
		  utc_t now, struct decisions *out)
{
	struct item_list items = {0};
	decisions_begin(out, p, duo->id);
	drop_impossible(p, duo, now, out);
	list_items(p, duo, &items);
	struct publication *seen = publication_next(p);
	publication_assume(seen, out);
	for (size_t i = 0; i < items.n; i++) {
		struct decisions one;
		decide_item(seen, duo, &items.v[i], weights, now, &one, NULL);
		publication_assume(seen, &one);
		decisions_join(out, &one);
	}
	publication_unref(seen);
	xfree(items.v);
}

void party_reasons(const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now, char ***v, size_t *n)
{
	struct item_list items = {0};
	struct publication *seen = publication_next(p);
	list_items(p, duo, &items);
	for (size_t i = 0; i < items.n; i++) {
		struct decisions one;
		char *missing = NULL;
		decide_item(seen, duo, &items.v[i], weights, now, &one, &missing);
		publication_assume(seen, &one);
		decisions_fini(&one);
		if (!missing)
			continue;
		*v = xrealloc(*v, (*n + 1) * sizeof **v);
		(*v)[(*n)++] = missing;
	}
	publication_unref(seen);
	xfree(items.v);
}

void decide_year(const struct publication *p, const struct duo *duo, const struct weights *weights,
		 utc_t now, struct decisions *out)
{
	struct decisions work;
	decide_party(p, duo, weights, now, out);
	struct publication *seen = publication_next(p);
	publication_assume(seen, out);
	decide_duo(seen, duo, weights, now, &work);
	publication_unref(seen);
	decisions_join(out, &work);
}

void party_shared(const struct publication *p, const struct duo *duo, party_shared_fn *each,
		  void *ctx)
{
	const struct programme *programme = &p->roster->roster.programme;
	const struct duo_part *part = publication_duo(p, duo->id);
	bool talked = false;
	for (size_t i = 0; i < duo->n_experts; i++)
		each(ctx, duo->experts[i].expert);
	for (size_t i = 0; i < duo->n_rooms; i++)
		each(ctx, duo->rooms[i]);
	for (size_t i = 0; part && i < part->n_taking; i++) {
		const struct session *s = &part->sessions.v[part->taking[i]];
		bool coming = s->state == STATE_PROVISIONAL || s->state == STATE_BOOKED;
		if (coming && *s->expert)
			each(ctx, s->expert);
		if (coming && *s->room)
			each(ctx, s->room);
	}
	for (size_t i = 0; part && i < part->sessions.n; i++)
		talked = talked || (part->sessions.v[i].kind == KIND_STEERING &&
				    part->sessions.v[i].state == STATE_HELD);
	for (size_t i = 0;
	     !talked && programme->steering_min > 0 && i < programme->n_steering_group; i++)
		each(ctx, programme->steering_group[i]);
}
