/* health.c -- see the header.
 *
 *   a session's past:   |--- was A ---| change 7 |--- was B ---| change 9 |--- is C ---
 *   fetched at 5: shows A;   at 7 or 8: shows B;   at 9 or later: shows C
 *
 * So what a link shows is what the first change after its mark says that there was before. A link
 * whose feed says nothing else than it did is told by its Last-Modified, without any walk. */
#include "work/health.h"

#include "work/feed.h"

#include <stdlib.h>
#include <string.h>

const char *health_state_word(enum health_state state)
{
	static const char *const words[HEALTH_STATES] = {"fresh", "behind", "stale", "unused",
							 "never"};
	return words[state];
}

const char *health_why_word(enum health_why why)
{
	static const char *const words[] = {"new", "moved", "cancelled", "left", "text"};
	return words[why];
}

void health_fini(struct health *health)
{
	xfree(health->v);
	*health = (struct health){0};
}

/* ---- uses ---- */

void health_uses_free(struct health_use *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		xfree(v[i].agent);
	xfree(v);
}

/* ---- what a session was to who fetched then ---- */

struct view { /* one fetch of one feed */
	const struct publication *p;
	const char *person; /* NULL: of a duo or everybody */
	bool times_only;
	struct past_mark mark;
	utc_t day_then, day_now;
	utc_t now;
	struct health *out;
};

/* The first change of @s after the fetch, and past the last one of @s; equal when there is none. */
static const struct past *changes_of(const struct view *view, const struct past_list *pasts,
				     const struct session *s, const struct past **end)
{
	size_t lo = 0, hi = pasts->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (pasts->v[mid].session < s->id)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo < pasts->n && pasts->v[lo].session == s->id &&
	       pasts->v[lo].change <= view->mark.change)
		lo++;
	for (hi = lo; hi < pasts->n && pasts->v[hi].session == s->id;)
		hi++;
	*end = pasts->v + hi;
	return pasts->v + lo;
}

static bool attends(const struct view *view, const struct session *s)
{
	return !view->person || session_attends(s, view->person);
}

/* By the first change with which she came or went; without one, as now. */
static bool attended(const struct view *view, const struct session *s, const struct past *first,
		     const struct past *end)
{
	for (; view->person && first < end; first++)
		for (size_t i = 0; i < first->n_who; i++)
			if (strcmp(first->who[i].person, view->person) == 0)
				return !first->who[i].came;
	return attends(view, s);
}

static void add(const struct view *view, const struct health_row *row)
{
	struct health *h = view->out;
	h->v = xgrow(h->v, h->n, &h->cap, sizeof *h->v);
	h->v[h->n++] = *row;
	if (!h->since || row->at < h->since)
		h->since = row->at;
}

static bool says_other(const struct past *first, const struct past *end)
{
	for (; first < end; first++)
		if (first->text)
			return true;
	return false;
}

static void compare(const struct view *view, const struct duo_part *duo, const struct session *s)
{
	const struct feed_limits *limits = &view->p->limits;
	const struct past *end, *first = changes_of(view, &duo->pasts, s, &end);
	bool changed = first < end, is_on = s->state != STATE_CANCELLED;
	bool came = s->id > view->mark.session,
	     born_on = came && (!changed || first->shown != PAST_NO);
	struct health_row row = {.session = s,
				 .at = changed && !born_on ? first->at : s->created_at,
				 .start = changed ? first->start : s->start,
				 .end = changed ? first->end : s->end};
	bool reached = feed_reaches(row.start, row.end, view->day_then, limits);
	bool reaches = feed_reaches(s->start, s->end, view->day_now, limits);
	if (!changed && !came && reached == reaches)
		return; /* as it was: most of them */
	bool on_then = !came && (changed ? first->shown == PAST_ON : is_on) && reached &&
		       attended(view, s, first, end);
	bool on_now = is_on && reaches && attends(view, s);
	memcpy(row.room, changed ? first->room : s->room, sizeof row.room);
	if ((!on_then || row.end <= view->now) && (!on_now || s->end <= view->now))
		return;
	if (!on_then && on_now) {
		if (!changed && !came) /* the days that feeds reach have gone on */
			row.at = s->start - limits->ahead_s;
		row.why = HEALTH_NEW;
		row.start = row.end = 0;
		row.room[0] = '\0';
	} else if (!is_on) {
		row.why = HEALTH_CANCELLED;
	} else if (!attends(view, s)) {
		row.why = HEALTH_LEFT;
	} else if (row.start != s->start || row.end != s->end ||
		   (!view->times_only && strcmp(row.room, s->room) != 0)) {
		row.why = HEALTH_MOVED;
	} else if (!view->times_only && says_other(first, end)) {
		row.why = HEALTH_TEXT;
	} else {
		return;
	}
	add(view, &row);
}

static void compare_duo(void *ctx, const struct duo_part *duo, const char *person)
{
	const struct view *view = ctx;
	(void)person;
	for (size_t i = 0; duo && i < duo->sessions.n; i++)
		if (duo->sessions.v[i].sequence >= 0)
			compare(view, duo, &duo->sessions.v[i]);
}

static int by_shown(const void *a, const void *b)
{
	const struct health_row *x = a, *y = b;
	utc_t from = x->start ? x->start : x->session->start;
	utc_t to = y->start ? y->start : y->session->start;
	if (from != to)
		return from < to ? -1 : 1;
	return x->session->id < y->session->id ? -1 : x->session->id > y->session->id;
}

static utc_t day_start(const struct publication *p, utc_t at)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	return zone_day_start(zone, zone_day_of(zone, at));
}

/* Fills view->out->v. */
static void walk(struct view *view, const char *owner)
{
	const struct publication *p = view->p;
	const struct zone *zone = p->roster->roster.programme.zone;
	bool programme = strcmp(owner, "programme") == 0;
	view->person = !programme && publication_person(p, owner) ? owner : NULL;
	view->day_now = zone_day_start(zone, p->today);
	feed_each_duo(p, owner, compare_duo, view);
	if (view->out->n)
		qsort(view->out->v, view->out->n, sizeof *view->out->v, by_shown);
}

/* ---- one link ---- */

bool health_is_open(const struct publication *p, const struct link *link,
		    const struct health_limits *limits, utc_t now)
{
	utc_t retired = publication_retired_at(p, link->owner);
	return (link->kind == LINK_FEED || link->kind == LINK_BUSY) && !link->revoked_at &&
	       (!retired || retired + limits->retired_s > now);
}

/* Whether what it showed then can still be told. */
static bool is_told(const struct publication *p, const struct health_use *use,
		    const struct health_limits *limits, utc_t now)
{
	return use->seen_at && now - use->seen_at <= limits->unused_s &&
	       use->seen.past.change >= p->pruned;
}

static void compare_link(const struct publication *p, const struct health_use *use, utc_t now,
			 struct health *out)
{
	const struct link *link = &p->links->links.v[use->link];
	const struct body_part *body = publication_body(p, link->owner);
	struct view view = {.p = p,
			    .times_only = link->kind == LINK_BUSY,
			    .mark = use->seen.past,
			    .day_then = day_start(p, use->seen.last_modified),
			    .now = now,
			    .out = out};
	if (body && body->last_modified != use->seen.last_modified)
		walk(&view, link->owner);
}

void health_of(const struct publication *p, const struct health_use *use,
	       const struct health_limits *limits, utc_t now, struct health *out)
{
	*out = (struct health){.state = use->seen_at ? HEALTH_UNUSED : HEALTH_NEVER};
	if (!is_told(p, use, limits, now))
		return;
	compare_link(p, use, now, out);
	out->state = out->n == 0			  ? HEALTH_FRESH
		     : now - out->since > limits->stale_s ? HEALTH_STALE
							  : HEALTH_BEHIND;
}

void health_count(const struct publication *p, const struct health_use *uses, size_t n,
		  const struct health_limits *limits, utc_t now, struct health_count *out)
{
	*out = (struct health_count){0};
	for (size_t i = 0; i < n; i++) {
		struct health health;
		if (!health_is_open(p, &p->links->links.v[uses[i].link], limits, now))
			continue;
		health_of(p, &uses[i], limits, now, &health);
		out->n[health.state]++;
		health_fini(&health);
	}
}

/* ---- one person ---- */

/* Nothing of it that feeds show has changed since. */
static bool has(const struct publication *p, const struct past_mark *mark, const struct session *s)
{
	static const struct past_list none;
	const struct duo_part *duo = publication_duo(p, s->duo);
	const struct view view = {.mark = *mark};
	const struct past *end;
	return s->id <= mark->session &&
	       changes_of(&view, duo ? &duo->pasts : &none, s, &end) == end;
}

bool health_knows(const struct publication *p, const struct link_list *links, const char *person,
		  const struct session *session, const struct health_limits *limits, utc_t now)
{
	for (size_t i = 0; i < links->n; i++) {
		const struct link *l = &links->v[i];
		const struct health_use use = {.seen_at = l->seen_at, .seen = l->seen};
		if (l->kind == LINK_FEED && strcmp(l->owner, person) == 0 &&
		    health_is_open(p, l, limits, now) && is_told(p, &use, limits, now) &&
		    has(p, &l->seen.past, session))
			return true;
	}
	return false;
}
