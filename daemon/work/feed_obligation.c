/* feed_obligation.c -- see the header. DTSTAMP is LAST-MODIFIED, as of sessions. */
#include "work/feed_obligation.h"

#include "base/mix.h"
#include "cal/ics_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A reflection's number stands between the two; kinds in the order of enum obligation_kind. */
struct phrase {
	const char *before, *after;
};
static const struct obligation_text {
	struct phrase due[OBLIGATION_KINDS], done[OBLIGATION_KINDS];
	const char *cancelled_prefix, *with, *topic, *handed_in, *see, *category;
} texts[] = {
	[LANG_NL] = {{{"Plan van aanpak", " inleveren"},
		      {"Reflectieverslag", " inleveren"},
		      {"Eindevaluatie", " inleveren"}},
		     {{"Plan van aanpak", " ingeleverd"},
		      {"Reflectieverslag", " ingeleverd"},
		      {"Eindevaluatie", " ingeleverd"}},
		     "VERVALLEN: ",
		     "met",
		     "Onderwerp",
		     "Ingeleverd",
		     "Bekijken",
		     "Mijlpaal"},
	[LANG_EN] = {{{"Hand in the plan of approach", ""},
		      {"Hand in reflection", ""},
		      {"Hand in the final evaluation", ""}},
		     {{"Plan of approach", " handed in"},
		      {"Reflection", " handed in"},
		      {"Final evaluation", " handed in"}},
		     "CANCELLED: ",
		     "with",
		     "Topic",
		     "Handed in",
		     "See",
		     "Obligation"},
};
#define DONE_MARK "\xE2\x9C\x93 "

/* ---- which ---- */

struct shown {
	const struct owed *owed;
	const struct obligation *o;
	bool off; /* cancelled, at least for who has left the duo */
};

struct view {
	const struct publication *p;
	const struct zone *zone;
	utc_t today;	    /* when the publication's day began: same day, same bytes */
	const char *person; /* NULL: for all */
	bool summed;	    /* they are, and v stays empty */
	struct shown *v;
	size_t n, cap;
	uint64_t sum;
};

static struct view view_of(const struct publication *p)
{
	const struct zone *zone = p->roster->roster.programme.zone;
	return (struct view){.p = p, .zone = zone, .today = zone_day_start(zone, p->today)};
}

/* What is open stays until the programme is long over: it is still to be done. */
static bool in_window(const struct view *v, const struct obligation *o)
{
	const struct feed_limits *limits = &v->p->limits;
	day_t last = o->due, end = v->p->roster->roster.programme.past - 1;
	if (o->state == OBLIGATION_OPEN && end > last)
		last = end;
	return v->p->today - last <= limits->past_s / DAY_S &&
	       o->due - v->p->today <= limits->ahead_s / DAY_S;
}

static utc_t left_at(const struct owed *owed, const char *person)
{
	for (size_t i = 0; person && i < owed->n_left; i++)
		if (strcmp(owed->left[i].person, person) == 0)
			return owed->left[i].at;
	return 0;
}

static bool is_member(const struct owed *owed, const char *person)
{
	return !person || strcmp(owed->members[0], person) == 0 ||
	       strcmp(owed->members[1], person) == 0;
}

/* Who has left keeps what was due before, and is told that the rest is off. */
static bool stands(const struct view *v, const struct owed *owed, const struct obligation *o,
		   bool *off)
{
	utc_t left = left_at(owed, v->person), since = v->today - v->p->limits.tombstone_s;
	*off = o->state == OBLIGATION_CANCELLED;
	if (!in_window(v, o) || (!left && !is_member(owed, v->person)))
		return false;
	if (*off)
		return o->cancelled_at > since;
	if (!left || o->due < zone_day_of(v->zone, left))
		return true;
	*off = true;
	return o->created_at <= left && left > since;
}

static void add_owed(struct view *v, const struct owed *owed)
{
	enum { OBLIGATION = 0x6f }; /* no session's number */
	for (size_t i = 0; owed && i < owed->obligations.n; i++) {
		struct shown one = {.owed = owed, .o = &owed->obligations.v[i]};
		if (!stands(v, owed, one.o, &one.off))
			continue;
		v->sum += mix_number(
			mix_number(mix_number(MIX_START, OBLIGATION), (uint64_t)one.o->id),
			(uint64_t)one.o->last_modified);
		if (v->summed)
			continue;
		v->v = xgrow(v->v, v->n, &v->cap, sizeof *v->v);
		v->v[v->n++] = one;
	}
}

static void add_all(struct view *v, const char *owner)
{
	const struct person_part *person = publication_person(v->p, owner);
	if (strcmp(owner, "programme") == 0) {
		for (size_t i = 0; i < v->p->n_owed; i++)
			add_owed(v, &v->p->owed[i]->owed);
	} else if (person) {
		v->person = owner;
		for (size_t i = 0; i < person->n_owing; i++)
			add_owed(v, publication_owed(v->p, person->owing[i]));
	} else {
		add_owed(v, publication_owed(v->p, owner));
	}
}

uint64_t feed_obligations_sum(const struct publication *p, const char *owner)
{
	struct view v = view_of(p);
	v.summed = true;
	add_all(&v, owner);
	return v.sum;
}

uint64_t feed_obligations_sum_of_duo(const struct publication *p, const char *duo)
{
	struct view v = view_of(p);
	v.summed = true;
	add_owed(&v, publication_owed(p, duo));
	return v.sum;
}

/* ---- what they say ---- */

struct writing {
	const struct view *v;
	const struct obligation_text *t;
	bool todo;
	int64_t later; /* the variant's times are this much later */
	struct buf *out;
};

static void summary(const struct writing *w, const struct shown *one, struct buf *out)
{
	const struct obligation *o = one->o;
	const char *person = w->v->person;
	bool done = !one->off && o->state == OBLIGATION_DONE;
	const struct phrase *phrase = done ? &w->t->done[o->kind] : &w->t->due[o->kind];
	size_t names = 0;
	if (one->off)
		buf_adds(out, w->t->cancelled_prefix);
	if (done && !w->todo) /* a to-do has a box for it */
		buf_adds(out, DONE_MARK);
	buf_adds(out, phrase->before);
	if (o->kind == OBLIGATION_REFLECTION)
		buf_addf(out, " %d", o->number);
	buf_adds(out, phrase->after);
	for (int m = 0; m < 2; m++) {
		const char *member = one->owed->members[m];
		if (person && strcmp(person, member) == 0)
			continue;
		if (names++ == 0)
			buf_addf(out, " %s ", person ? w->t->with : "\xE2\x80\x93");
		else
			buf_adds(out, ", ");
		buf_adds(out, publication_name(w->v->p, member));
	}
}

static void description(const struct writing *w, const struct shown *one, struct buf *out)
{
	const struct duo *duo = roster_duo(&w->v->p->roster->roster, one->owed->duo);
	char day[CIVIL_TEXT];
	if (duo && duo->topic)
		buf_addf(out, "%s: %s\n", w->t->topic, duo->topic);
	if (one->o->state == OBLIGATION_DONE)
		buf_addf(out, "%s: %s\n", w->t->handed_in,
			 day_text(zone_day_of(w->v->zone, one->o->done_at), day));
	buf_addf(out, "%s: %s/s/o%lld", w->t->see, w->v->p->url, (long long)one->o->id);
}

static void status_of_event(const struct shown *one, struct buf *out)
{
	ics_raw(out, "STATUS", one->off ? "CANCELLED" : "CONFIRMED");
	ics_raw(out, "TRANSP", "TRANSPARENT"); /* a date takes no time of anybody */
	ics_raw(out, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE");
}

static void status_of_todo(const struct shown *one, struct buf *out)
{
	bool done = !one->off && one->o->state == OBLIGATION_DONE;
	ics_raw(out, "STATUS", one->off ? "CANCELLED" : done ? "COMPLETED" : "NEEDS-ACTION");
	ics_raw(out, "PERCENT-COMPLETE", done ? "100" : "0");
	if (done)
		ics_utc(out, "COMPLETED", one->o->done_at);
}

/* UID and versions. */
static void identity(const struct writing *w, const struct obligation *o)
{
	char line[256];
	(void)snprintf(line, sizeof line, "o%lld@%s", (long long)o->id, w->v->p->host);
	ics_raw(w->out, "UID", line);
	ics_utc(w->out, "DTSTAMP", o->last_modified + w->later);
	ics_utc(w->out, "LAST-MODIFIED", o->last_modified + w->later);
	ics_utc(w->out, "CREATED", o->created_at);
	(void)snprintf(line, sizeof line, "%d", o->sequence);
	ics_raw(w->out, "SEQUENCE", line);
}

static void write_one(const struct writing *w, const struct shown *one)
{
	const struct obligation *o = one->o;
	struct buf text = {0};
	char url[256];
	ics_raw(w->out, "BEGIN", w->todo ? "VTODO" : "VEVENT");
	identity(w, o);
	ics_day(w->out, w->todo ? "DUE" : "DTSTART", o->due);
	if (!w->todo)
		ics_day(w->out, "DTEND", o->due + 1);
	summary(w, one, &text);
	ics_text(w->out, "SUMMARY", buf_str(&text));
	buf_clear(&text);
	description(w, one, &text);
	ics_text(w->out, "DESCRIPTION", buf_str(&text));
	(void)snprintf(url, sizeof url, "%s/s/o%lld", w->v->p->url, (long long)o->id);
	ics_raw(w->out, "URL", url);
	ics_text(w->out, "CATEGORIES", w->t->category);
	(w->todo ? status_of_todo : status_of_event)(one, w->out);
	ics_raw(w->out, "END", w->todo ? "VTODO" : "VEVENT");
	buf_fini(&text);
}

static int by_day(const void *a, const void *b)
{
	const struct obligation *x = ((const struct shown *)a)->o,
				*y = ((const struct shown *)b)->o;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void feed_obligations_write(const struct publication *p, const char *owner, enum language language,
			    const struct feed_variant *variant, struct buf *out)
{
	struct view v = view_of(p);
	struct writing w = {&v, &texts[language], variant->obligations == OBLIGATIONS_TODOS,
			    variant->changes, out};
	if (variant->obligations == OBLIGATIONS_NONE)
		return;
	add_all(&v, owner);
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, by_day);
	for (size_t i = 0; i < v.n; i++)
		write_one(&w, &v.v[i]);
	xfree(v.v);
}

void feed_obligation_event(const struct publication *p, const char *person, const struct owed *owed,
			   const struct obligation *o, struct buf *out)
{
	const struct roster *roster = &p->roster->roster;
	const struct person *reader = person ? roster_person(roster, person) : NULL;
	struct view v = view_of(p);
	struct writing w = {
		.v = &v,
		.t = &texts[reader ? reader->language : roster->programme.language],
		.out = out,
	};
	struct obligation one = *o;
	struct shown shown = {.owed = owed, .o = &one};
	v.person = person;
	one.sequence = 0;
	one.last_modified = 0;
	if (stands(&v, owed, &one, &shown.off))
		write_one(&w, &shown);
}
