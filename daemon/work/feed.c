/* feed.c -- one calendar from a publication. Single VEVENTs only, every one with DTSTAMP equal to
 * LAST-MODIFIED, so that nothing changed means no byte changed. */
#include "work/feed.h"

#include "cal/ics_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is shown in a language; kinds in the order of enum kind. */
static const struct feed_words {
	const char *kinds[KIND_COUNT];
	const char *cancelled_prefix, *busy, *with, *attendance, *topic, *move, *programme;
} words[] = {
	[LANG_NL] = {{"Werksessie", "Lesbezoek", "Expertsessie", "Intervisie", "Stuurgroep",
		      "Evaluatie", "Eigen uren"},
		     "VERVALLEN: ",
		     "Bezet",
		     "met",
		     "Met",
		     "Onderwerp",
		     "Verplaatsen of afzeggen",
		     "Samen leren"},
	[LANG_EN] = {{"Work session", "Lesson visit", "Expert session", "Intervisie",
		      "Steering group", "Evaluation", "Own hours"},
		     "CANCELLED: ",
		     "Busy",
		     "with",
		     "With",
		     "Topic",
		     "Move or cancel",
		     "Learning together"},
};

struct feed {
	const struct publication *p;
	const char *owner;
	const struct person *person; /* owner, when a person */
	enum body_variant variant;
	const struct feed_words *words;
	const struct zone *zone;
	struct buf *out;
};

static void names_of(const struct feed *f, const struct session *s, struct buf *out)
{
	for (size_t i = 0; i < s->n_attendees; i++) {
		if (f->person && strcmp(f->person->id, s->attendees[i]) == 0)
			continue;
		if (out->n)
			buf_adds(out, ", ");
		buf_adds(out, publication_name(f->p, s->attendees[i]));
	}
	if (*s->expert)
		buf_addf(out, "%s%s", out->n ? ", " : "", publication_name(f->p, s->expert));
}

static void summary(const struct feed *f, const struct session *s, struct buf *out)
{
	if (s->state == STATE_CANCELLED)
		buf_adds(out, f->words->cancelled_prefix);
	if (f->variant == BODY_BUSY) {
		buf_adds(out, f->words->busy);
		return;
	}
	struct buf names = {0};
	if (*s->duo) /* of everybody's, the names would be the longest part of it */
		names_of(f, s, &names);
	buf_addf(out, "%s", f->words->kinds[s->kind]);
	if (names.n)
		buf_addf(out, " %s %s", f->person ? f->words->with : "\xE2\x80\x93",
			 buf_str(&names));
	buf_fini(&names);
}

/* Who comes to a moment of everybody's: by name while that is a list to read. */
static void attendance(const struct feed *f, const struct session *s, struct buf *out)
{
	enum { NAMES_MAX = 20 };
	struct buf names = {0};
	if (s->n_attendees <= NAMES_MAX) {
		names_of(f, s, &names);
		buf_addf(out, "%s: %s\n", f->words->attendance, buf_str(&names));
	} else {
		buf_addf(out, "%s: %zu\n", f->words->attendance, s->n_attendees);
	}
	buf_fini(&names);
}

static void description(const struct feed *f, const struct session *s, struct buf *out)
{
	if (!*s->duo)
		attendance(f, s, out);
	const struct duo *duo = roster_duo(&f->p->roster->roster, s->duo);
	if (duo && duo->topic)
		buf_addf(out, "%s: %s\n", f->words->topic, duo->topic);
	if (s->reason && s->state == STATE_CANCELLED)
		buf_addf(out, "%s\n", s->reason);
	buf_addf(out, "%s: %s/s/s%lld", f->words->move, f->p->url, (long long)s->id);
}

static void event(const struct feed *f, const struct session *s)
{
	struct buf *out = f->out;
	struct buf text = {0};
	char line[256];
	bool cancelled = s->state == STATE_CANCELLED;
	ics_raw(out, "BEGIN", "VEVENT");
	(void)snprintf(line, sizeof line, "s%lld@%s", (long long)s->id, f->p->host);
	ics_raw(out, "UID", line);
	ics_utc(out, "DTSTAMP", s->last_modified);
	ics_utc(out, "LAST-MODIFIED", s->last_modified);
	ics_utc(out, "CREATED", s->created_at);
	(void)snprintf(line, sizeof line, "%d", s->sequence);
	ics_raw(out, "SEQUENCE", line);
	ics_zoned(out, "DTSTART", f->zone, s->start);
	ics_zoned(out, "DTEND", f->zone, s->end);
	summary(f, s, &text);
	ics_text(out, "SUMMARY", buf_str(&text));
	buf_clear(&text);
	if (f->variant == BODY_FULL) {
		description(f, s, &text);
		ics_text(out, "DESCRIPTION", buf_str(&text));
		(void)snprintf(line, sizeof line, "%s/s/s%lld", f->p->url, (long long)s->id);
		ics_raw(out, "URL", line);
		if (*s->room)
			ics_text(out, "LOCATION", publication_name(f->p, s->room));
		ics_text(out, "CATEGORIES", f->words->kinds[s->kind]);
	}
	ics_raw(out, "STATUS", cancelled ? "CANCELLED" : "CONFIRMED");
	ics_raw(out, "TRANSP", cancelled ? "TRANSPARENT" : "OPAQUE");
	ics_raw(out, "X-MICROSOFT-CDO-BUSYSTATUS", cancelled ? "FREE" : "BUSY");
	ics_raw(out, "END", "VEVENT");
	buf_fini(&text);
}

static void head(const struct feed *f)
{
	struct buf *out = f->out;
	struct buf name = {0};
	const struct roster *roster = &f->p->roster->roster;
	const struct duo *duo = roster_duo(roster, f->owner);
	const char *programme =
		roster->programme.name ? roster->programme.name : f->words->programme;
	if (f->person)
		buf_addf(&name, "%s \xE2\x80\x93 %s", programme, f->person->name);
	else if (duo)
		buf_addf(&name, "%s \xE2\x80\x93 %s %s %s", programme,
			 publication_name(f->p, duo->members[0]), f->words->with,
			 publication_name(f->p, duo->members[1]));
	else
		buf_adds(&name, programme);
	ics_raw(out, "BEGIN", "VCALENDAR");
	ics_raw(out, "VERSION", "2.0");
	ics_raw(out, "PRODID", "-//tandemd//tandemd " TANDEM_VERSION "//EN");
	ics_raw(out, "CALSCALE", "GREGORIAN");
	ics_text(out, "NAME", buf_str(&name));
	ics_text(out, "X-WR-CALNAME", buf_str(&name));
	ics_raw(out, "X-WR-TIMEZONE", zone_name(f->zone));
	ics_raw(out, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
	ics_raw(out, "X-PUBLISHED-TTL", "PT1H");
	ics_raw(out, "COLOR", "teal");
	ics_raw(out, "X-APPLE-CALENDAR-COLOR", "#008080");
	ics_raw(out, "URL", f->p->url);
	buf_fini(&name);
}

/* A session stands in feeds once it was published and while it is in the feed's window. */
static bool stands(const struct session *s, utc_t now, const struct feed_limits *limits)
{
	if (s->sequence < 0 || s->end < now - limits->past_s || s->start > now + limits->ahead_s)
		return false;
	return s->state != STATE_CANCELLED || s->cancelled_at > now - limits->tombstone_s;
}

static bool attends(const char *person, const struct session *s)
{
	for (size_t i = 0; i < s->n_attendees; i++)
		if (strcmp(person, s->attendees[i]) == 0)
			return true;
	return false;
}

struct picked { /* the sessions of a feed, borrowed */
	const struct session **v;
	size_t n, cap;
	utc_t due_at; /* when one of the owner's comes or goes because a day begins */
};

/* The first moment after @now at which stands() may say something else of @s. */
static utc_t next_turn(const struct session *s, utc_t now, const struct feed_limits *limits)
{
	const utc_t turns[] = {s->end + limits->past_s + 1, s->start - limits->ahead_s,
			       s->state == STATE_CANCELLED ? s->cancelled_at + limits->tombstone_s
							   : UTC_MAX};
	utc_t next = UTC_MAX;
	for (size_t i = 0; s->sequence >= 0 && i < sizeof turns / sizeof *turns; i++)
		if (turns[i] > now && turns[i] < next)
			next = turns[i];
	return next;
}

/* @person NULL: whoever attends. */
static void pick(struct picked *picked, const struct duo_part *duo, const char *person, utc_t today,
		 const struct feed_limits *limits)
{
	for (size_t k = 0; duo && k < duo->sessions.n; k++) {
		const struct session *s = &duo->sessions.v[k];
		if (person && !attends(person, s))
			continue;
		utc_t turn = next_turn(s, today, limits);
		if (turn < picked->due_at)
			picked->due_at = turn;
		if (!stands(s, today, limits))
			continue;
		picked->v = xgrow(picked->v, picked->n, &picked->cap, sizeof *picked->v);
		picked->v[picked->n++] = s;
	}
}

static void pick_all(struct picked *picked, const struct feed *f, utc_t today,
		     const struct feed_limits *limits)
{
	const struct person_part *person = publication_person(f->p, f->owner);
	if (strcmp(f->owner, "programme") == 0)
		for (size_t i = 0; i < f->p->n_duos; i++)
			pick(picked, f->p->duos[i], NULL, today, limits);
	else if (person)
		for (size_t i = 0; i < person->n_duos; i++)
			pick(picked, publication_duo(f->p, person->duos[i]), f->owner, today,
			     limits);
	else
		pick(picked, publication_duo(f->p, f->owner), NULL, today, limits);
}

static int by_start(const void *a, const void *b)
{
	const struct session *x = *(const struct session *const *)a;
	const struct session *y = *(const struct session *const *)b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void feed_render(const struct publication *p, const char *owner, enum body_variant variant,
		 utc_t now, struct buf *out, size_t *events, utc_t *due_at)
{
	const struct roster *roster = &p->roster->roster;
	/* The window's edges move at midnight, not with every second: same day, same bytes. */
	utc_t today =
		zone_day_start(roster->programme.zone, zone_day_of(roster->programme.zone, now));
	struct feed f = {p, owner, roster_person(roster, owner), variant, NULL, NULL, out};
	f.words = &words[f.person ? f.person->language : roster->programme.language];
	f.zone = roster->programme.zone;
	struct picked picked = {.due_at = UTC_MAX};
	pick_all(&picked, &f, today, &p->limits);
	if (picked.n)
		qsort(picked.v, picked.n, sizeof *picked.v, by_start);
	head(&f);
	char *vtimezone =
		f.zone == zone_utc()
			? xstrdup("")
			: zone_vtimezone(f.zone,
					 local_at(p->roster->days.n ? p->roster->days.v[0] : 0, 0));
	buf_adds(out, vtimezone);
	xfree(vtimezone);
	for (size_t i = 0; i < picked.n; i++)
		event(&f, picked.v[i]);
	ics_raw(out, "END", "VCALENDAR");
	*events = picked.n;
	*due_at = picked.due_at;
	xfree(picked.v);
}

static void freebusy_line(struct buf *out, const struct session *s)
{
	char from[ICS_UTC_TEXT], to[ICS_UTC_TEXT], period[2 * ICS_UTC_TEXT];
	(void)snprintf(period, sizeof period, "%s/%s", ics_utc_text(s->start, from),
		       ics_utc_text(s->end, to));
	ics_raw(out, "FREEBUSY;FBTYPE=BUSY", period);
}

void feed_render_freebusy(const struct publication *p, const char *owner, utc_t now, utc_t stamp,
			  struct buf *out)
{
	const struct roster *roster = &p->roster->roster;
	const struct zone *zone = roster->programme.zone;
	utc_t today = zone_day_start(zone, zone_day_of(zone, now));
	struct feed f = {p, owner, roster_person(roster, owner), BODY_BUSY, NULL, zone, out};
	struct picked picked = {.due_at = UTC_MAX};
	char uid[128];
	pick_all(&picked, &f, today, &p->limits);
	if (picked.n)
		qsort(picked.v, picked.n, sizeof *picked.v, by_start);
	(void)snprintf(uid, sizeof uid, "freebusy-%s@%s", owner, p->host);
	ics_raw(out, "BEGIN", "VCALENDAR");
	ics_raw(out, "VERSION", "2.0");
	ics_raw(out, "PRODID", "-//tandemd//tandemd " TANDEM_VERSION "//EN");
	ics_raw(out, "BEGIN", "VFREEBUSY");
	ics_text(out, "UID", uid);
	ics_utc(out, "DTSTAMP", stamp);
	ics_utc(out, "DTSTART", today - p->limits.past_s);
	ics_utc(out, "DTEND", today + p->limits.ahead_s);
	for (size_t i = 0; i < picked.n; i++)
		if (picked.v[i]->state != STATE_CANCELLED)
			freebusy_line(out, picked.v[i]);
	ics_raw(out, "END", "VFREEBUSY");
	ics_raw(out, "END", "VCALENDAR");
	xfree(picked.v);
}

void feed_shown_text(const struct publication *p, const struct session *session, struct buf *out)
{
	struct feed f = {.p = p,
			 .owner = "",
			 .variant = BODY_FULL,
			 .out = out,
			 .zone = p->roster->roster.programme.zone};
	f.words = &words[p->roster->roster.programme.language];
	names_of(&f, session, out);
	summary(&f, session, out);
	description(&f, session, out);
	if (*session->room)
		buf_addf(out, "\n%s", publication_name(p, session->room));
	for (size_t i = 0; i < session->n_attendees; i++) {
		const struct person *person =
			roster_person(&p->roster->roster, session->attendees[i]);
		buf_addf(out, "\n%d", person ? (int)person->language : -1);
	}
}
