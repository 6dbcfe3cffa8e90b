/* feed.c -- one calendar from a publication. Single VEVENTs only, every one with DTSTAMP equal to
 * LAST-MODIFIED, so that nothing changed means no byte changed. */
#include "work/feed.h"

#include "base/mix.h"
#include "cal/ics_write.h"
#include "work/feed_obligation.h"
#include "work/lesson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is shown in a language; kinds in the order of enum kind. */
static const struct feed_words {
	const char *kinds[KIND_COUNT];
	const char *cancelled_prefix, *busy, *with, *at, *attendance, *topic, *move, *programme;
} words[] = {
	[LANG_NL] = {{"Werksessie", "Lesbezoek", "Expertsessie", "Intervisie", "Stuurgroep",
		      "Evaluatie", "Eigen uren"},
		     "VERVALLEN: ",
		     "Bezet",
		     "met",
		     "bij",
		     "Met",
		     "Onderwerp",
		     "Verplaatsen of afzeggen",
		     "Samen leren"},
	[LANG_EN] = {{"Work session", "Lesson visit", "Expert session", "Intervisie",
		      "Steering group", "Evaluation", "Own hours"},
		     "CANCELLED: ",
		     "Busy",
		     "with",
		     "with", /* a visit to somebody's lesson */
		     "With",
		     "Topic",
		     "Move or cancel",
		     "Learning together"},
};

/* As a link has it that nobody gave options. */
static const struct feed_variant plain = {.form = FEED_FULL, .alarm_min = ALARM_NONE};

struct feed {
	const struct publication *p;
	const char *owner;
	const struct person *person; /* owner, when a person */
	struct feed_variant variant;
	const struct feed_words *words;
	const struct zone *zone;
	struct buf *out;
	const char *parties; /* of a message: lines with who invites and who is invited */
	bool revokes;	     /* a message that takes the session back, whatever its state */
	bool bare;	     /* without the mark of what is cancelled */
	const char *between; /* names */
};

static void names_of(const struct feed *f, const struct session *s, struct buf *out)
{
	for (size_t i = 0; i < s->n_attendees; i++) {
		if (strcmp(f->owner, s->attendees[i]) == 0) /* by owner, as is_off */
			continue;
		if (out->n)
			buf_adds(out, f->between);
		buf_adds(out, publication_name(f->p, s->attendees[i]));
	}
	if (*s->expert)
		buf_addf(out, "%s%s", out->n ? f->between : "", publication_name(f->p, s->expert));
}

/* For who has left it, it is as cancelled as for everybody when nobody comes. By owner: who is
 * retired has feeds too. */
static bool is_off(const struct feed *f, const struct session *s)
{
	return f->revokes || s->state == STATE_CANCELLED || session_left_at(s, f->owner) != 0;
}

/* What the visited lesson is called, while the roster asks for it; NULL: nobody knows. */
static const struct lesson_text *lesson_of(const struct feed *f, const struct session *s)
{
	const char *host = visit_host(f->p, s);
	return host && !is_off(f, s) ? lesson_at(f->p, host, s->start, s->end) : NULL;
}

static void summary(const struct feed *f, const struct session *s, struct buf *out)
{
	if (is_off(f, s) && !f->bare)
		buf_adds(out, f->words->cancelled_prefix);
	if (f->variant.form == FEED_BUSY) {
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
	const char *host = visit_host(f->p, s);
	const struct lesson_text *lesson = lesson_of(f, s);
	if (host)
		buf_addf(out, " %s %s", f->words->at, publication_name(f->p, host));
	if (lesson && lesson->title[0])
		buf_addf(out, ": %s", lesson->title);
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

/* "" while nobody knows. */
static const char *location(const struct feed *f, const struct session *s)
{
	const struct lesson_text *lesson = lesson_of(f, s);
	return *s->room ? publication_name(f->p, s->room) : lesson ? lesson->place : "";
}

/* Who has subscribed is reminded of what will be: in a feed that shows no more than times, of
 * nothing. Its UID (RFC 9074) is the session's, so that a client knows which it has shown. */
static void alarm(const struct feed *f, const struct session *s, const char *text)
{
	char line[256];
	if (f->variant.alarm_min < 0 || s->state != STATE_BOOKED || is_off(f, s))
		return;
	ics_raw(f->out, "BEGIN", "VALARM");
	(void)snprintf(line, sizeof line, "s%lld-alarm@%s", (long long)s->id, f->p->host);
	ics_raw(f->out, "UID", line);
	ics_raw(f->out, "ACTION", "DISPLAY");
	ics_text(f->out, "DESCRIPTION", text);
	(void)snprintf(line, sizeof line, "-PT%dM", f->variant.alarm_min);
	ics_raw(f->out, "TRIGGER", f->variant.alarm_min ? line : "PT0S");
	ics_raw(f->out, "END", "VALARM");
}

static void event(const struct feed *f, const struct session *s)
{
	struct buf *out = f->out;
	struct buf title = {0}, text = {0};
	char line[256];
	bool cancelled = is_off(f, s);
	ics_raw(out, "BEGIN", "VEVENT");
	(void)snprintf(line, sizeof line, "s%lld@%s", (long long)s->id, f->p->host);
	ics_raw(out, "UID", line);
	utc_t modified = s->last_modified + f->variant.changes;
	ics_utc(out, "DTSTAMP", modified);
	ics_utc(out, "LAST-MODIFIED", modified);
	ics_utc(out, "CREATED", s->created_at);
	(void)snprintf(line, sizeof line, "%d", s->sequence);
	ics_raw(out, "SEQUENCE", line);
	ics_zoned(out, "DTSTART", f->zone, s->start);
	ics_zoned(out, "DTEND", f->zone, s->end);
	summary(f, s, &title);
	ics_text(out, "SUMMARY", buf_str(&title));
	if (f->variant.form == FEED_FULL) {
		description(f, s, &text);
		ics_text(out, "DESCRIPTION", buf_str(&text));
		(void)snprintf(line, sizeof line, "%s/s/s%lld", f->p->url, (long long)s->id);
		ics_raw(out, "URL", line);
		ics_text(out, "LOCATION", location(f, s));
		ics_text(out, "CATEGORIES", f->words->kinds[s->kind]);
	}
	if (f->parties)
		buf_adds(out, f->parties);
	/* who alone is left out gets no STATUS: the event goes on (RFC 5546 section 3.2.5) */
	if (!f->revokes || s->state == STATE_CANCELLED)
		ics_raw(out, "STATUS", cancelled ? "CANCELLED" : "CONFIRMED");
	ics_raw(out, "TRANSP", cancelled ? "TRANSPARENT" : "OPAQUE");
	ics_raw(out, "X-MICROSOFT-CDO-BUSYSTATUS", cancelled ? "FREE" : "BUSY");
	alarm(f, s, buf_str(&title));
	ics_raw(out, "END", "VEVENT");
	buf_fini(&title);
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

bool feed_reaches(utc_t start, utc_t end, utc_t today, const struct feed_limits *limits)
{
	return end >= today - limits->past_s && start <= today + limits->ahead_s;
}

/* A session stands in feeds once it was published and while it is in the feed's window: for
 * whoever attends it (@person NULL: for all), and as a tombstone for who has left it. */
static bool stands(const struct session *s, const char *person, utc_t now,
		   const struct feed_limits *limits)
{
	if (s->sequence < 0 || !feed_reaches(s->start, s->end, now, limits))
		return false;
	if (person && !session_attends(s, person))
		return session_left_at(s, person) > now - limits->tombstone_s;
	return s->state != STATE_CANCELLED || s->cancelled_at > now - limits->tombstone_s;
}

struct picked { /* the sessions of a feed, borrowed */
	const struct session **v;
	size_t n, cap;
};

/* @person NULL: whoever attends. */
static void pick(struct picked *picked, const struct duo_part *duo, const char *person, utc_t today,
		 const struct feed_limits *limits)
{
	for (size_t k = 0; duo && k < duo->sessions.n; k++) {
		const struct session *s = &duo->sessions.v[k];
		if (!stands(s, person, today, limits))
			continue;
		picked->v = xgrow(picked->v, picked->n, &picked->cap, sizeof *picked->v);
		picked->v[picked->n++] = s;
	}
}

void feed_each_duo(const struct publication *p, const char *owner, feed_duo_fn *each, void *ctx)
{
	const struct person_part *person = publication_person(p, owner);
	if (strcmp(owner, "programme") == 0)
		for (size_t i = 0; i < p->n_duos; i++)
			each(ctx, p->duos[i], NULL);
	else if (person)
		for (size_t i = 0; i < person->n_duos; i++)
			each(ctx, publication_duo(p, person->duos[i]), owner);
	else
		each(ctx, publication_duo(p, owner), NULL);
}

/* The window's edges move at midnight, not with every second: same day, same bytes. */
static utc_t day_of(const struct publication *p)
{
	return zone_day_start(p->roster->roster.programme.zone, p->today);
}

struct picking {
	const struct publication *p;
	utc_t today;
	struct picked *picked;
};

static void pick_duo(void *ctx, const struct duo_part *duo, const char *person)
{
	struct picking *picking = ctx;
	pick(picking->picked, duo, person, picking->today, &picking->p->limits);
}

static struct feed feed_of(const struct publication *p, const char *owner,
			   const struct feed_variant *variant, struct buf *out)
{
	const struct roster *roster = &p->roster->roster;
	struct feed f = {.p = p,
			 .owner = owner,
			 .person = roster_person(roster, owner),
			 .variant = *variant,
			 .zone = roster->programme.zone,
			 .between = ", ",
			 .out = out};
	f.words = &words[f.person ? f.person->language : roster->programme.language];
	return f;
}

static void timezone_lines(const struct feed *f)
{
	const struct opendays *days = &f->p->roster->days;
	if (f->zone == zone_utc())
		return;
	char *vtimezone = zone_vtimezone(f->zone, local_at(days->n ? days->v[0] : 0, 0));
	buf_adds(f->out, vtimezone);
	xfree(vtimezone);
}

static void events(const struct feed *f, const struct picked *picked)
{
	head(f);
	timezone_lines(f);
	for (size_t i = 0; i < picked->n; i++)
		event(f, picked->v[i]);
	if (f->variant.form == FEED_FULL)
		feed_obligations_write(f->p, f->owner, (enum language)(f->words - words),
				       &f->variant, f->out);
	ics_raw(f->out, "END", "VCALENDAR");
}

static void freebusy_line(struct buf *out, const struct session *s)
{
	char from[ICS_UTC_TEXT], to[ICS_UTC_TEXT], period[2 * ICS_UTC_TEXT];
	(void)snprintf(period, sizeof period, "%s/%s", ics_utc_text(s->start, from),
		       ics_utc_text(s->end, to));
	ics_raw(out, "FREEBUSY;FBTYPE=BUSY", period);
}

/* DTSTAMP is when the time changed last, so that unchanged time is unchanged bytes. */
static void freebusy(const struct feed *f, const struct picked *picked, utc_t stamp)
{
	struct buf *out = f->out;
	char uid[128];
	utc_t today = day_of(f->p);
	(void)snprintf(uid, sizeof uid, "freebusy-%s@%s", f->owner, f->p->host);
	ics_raw(out, "BEGIN", "VCALENDAR");
	ics_raw(out, "VERSION", "2.0");
	ics_raw(out, "PRODID", "-//tandemd//tandemd " TANDEM_VERSION "//EN");
	ics_raw(out, "BEGIN", "VFREEBUSY");
	ics_text(out, "UID", uid);
	ics_utc(out, "DTSTAMP", stamp);
	ics_utc(out, "DTSTART", today - f->p->limits.past_s);
	ics_utc(out, "DTEND", today + f->p->limits.ahead_s);
	for (size_t i = 0; i < picked->n; i++)
		if (!is_off(f, picked->v[i]))
			freebusy_line(out, picked->v[i]);
	ics_raw(out, "END", "VFREEBUSY");
	ics_raw(out, "END", "VCALENDAR");
}

struct feed_variant feed_variant_of(const struct link *link, bool freebusy)
{
	struct feed_variant whole = {FEED_FULL, link->alarm_min, link->obligations, link->changes};
	struct feed_variant times = {.alarm_min = ALARM_NONE, .obligations = OBLIGATIONS_NONE};
	if (!freebusy && link->kind != LINK_BUSY)
		return whole;
	times.form = freebusy ? FEED_FREEBUSY : FEED_BUSY;
	return times;
}

bool feed_variant_equal(const struct feed_variant *a, const struct feed_variant *b)
{
	return a->form == b->form && a->alarm_min == b->alarm_min &&
	       a->obligations == b->obligations && a->changes == b->changes;
}

utc_t feed_last_modified(const struct body_part *body, const struct feed_variant *variant)
{
	return body->last_modified + variant->changes;
}

void feed_render(const struct publication *p, const struct body_part *body,
		 const struct feed_variant *variant, struct buf *out)
{
	struct feed f = feed_of(p, body->owner, variant, out);
	struct picked picked = {0};
	struct picking picking = {p, day_of(p), &picked};
	feed_each_duo(p, body->owner, pick_duo, &picking);
	if (picked.n)
		qsort(picked.v, picked.n, sizeof *picked.v, session_refs_by_start);
	if (variant->form == FEED_FREEBUSY)
		freebusy(&f, &picked, body->last_modified);
	else
		events(&f, &picked);
	xfree(picked.v);
}

/* ---- one session, for a message ---- */

void feed_message(const struct publication *p, const char *person, const struct session *session,
		  bool cancel, const char *parties, struct buf *out)
{
	struct feed f = feed_of(p, person, &plain, out);
	f.parties = parties;
	f.revokes = cancel;
	ics_raw(out, "BEGIN", "VCALENDAR");
	ics_raw(out, "VERSION", "2.0");
	ics_raw(out, "PRODID", "-//tandemd//tandemd " TANDEM_VERSION "//EN");
	ics_raw(out, "CALSCALE", "GREGORIAN");
	ics_raw(out, "METHOD", cancel ? "CANCEL" : "REQUEST");
	timezone_lines(&f);
	event(&f, session);
	ics_raw(out, "END", "VCALENDAR");
}

void feed_title(const struct publication *p, const char *owner, const struct session *session,
		struct buf *title, struct buf *place)
{
	struct feed f = feed_of(p, owner, &plain, NULL);
	f.bare = true;
	summary(&f, session, title);
	buf_adds(place, location(&f, session));
}

enum { LARGE = 1000 }; /* sessions */

static void count_duo(void *ctx, const struct duo_part *duo, const char *person)
{
	(void)person;
	*(size_t *)ctx += duo ? duo->sessions.n : 0;
}

bool feed_is_large(const struct publication *p, const char *owner)
{
	size_t n = 0;
	if (strcmp(owner, "programme") == 0 && p->n_duos > LARGE)
		return true;
	feed_each_duo(p, owner, count_duo, &n);
	return n > LARGE;
}

/* ---- what they say, without the bytes ---- */

struct summing {
	const struct publication *p;
	utc_t today;
	uint64_t sum;
};

static void sum_duo(void *ctx, const struct duo_part *duo, const char *person)
{
	struct summing *s = ctx;
	for (size_t i = 0; duo && i < duo->sessions.n; i++) {
		const struct session *one = &duo->sessions.v[i];
		if (!stands(one, person, s->today, &s->p->limits))
			continue;
		/* whatever of a session is shown: with it last_modified has grown */
		s->sum += mix_number(mix_number(MIX_START, (uint64_t)one->id),
				     (uint64_t)one->last_modified);
	}
}

uint64_t feed_sum_of_duo(const struct publication *p, const char *duo)
{
	struct summing summing = {p, day_of(p), 0};
	sum_duo(&summing, publication_duo(p, duo), NULL);
	return summing.sum + feed_obligations_sum_of_duo(p, duo);
}

uint64_t feed_sum(const struct publication *p, const char *owner)
{
	struct summing summing = {p, day_of(p), 0};
	feed_each_duo(p, owner, sum_duo, &summing);
	return summing.sum + feed_obligations_sum(p, owner);
}

void feed_key(const struct publication *p, const char *owner, uint64_t sum, struct buf *out)
{
	struct feed f = feed_of(p, owner, &plain, out);
	head(&f);
	buf_addf(out, "%s|%s|%d|%d|%lld|%lld|%016llx", p->host, zone_data_version(),
		 (int)(f.words - words), p->roster->days.n ? p->roster->days.v[0] : 0,
		 (long long)p->limits.past_s, (long long)p->limits.ahead_s,
		 (unsigned long long)sum);
}

void feed_event(const struct publication *p, const char *person, const struct session *session,
		struct buf *out)
{
	struct feed f = feed_of(p, person ? person : "programme", &plain, out);
	struct session one = *session;
	if (!stands(session, person, day_of(p), &p->limits))
		return;
	f.between = "\n";
	one.sequence = 0;
	one.last_modified = 0;
	event(&f, &one);
}
