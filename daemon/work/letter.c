/* letter.c -- see the header. Texts are short: a line of what happened, the session, the link. */
#include "work/letter.h"

#include "base/hash.h"
#include "cal/ics_write.h"
#include "plan/draw_words.h"
#include "work/feed.h"
#include "work/mime.h"

#include <stdio.h>
#include <string.h>

enum { ATTENDEES_MAX = 20 }; /* named in an invitation */

enum happened { NEW, MOVED, OFF, TEXT, TAKEN_BACK, HAPPENED };

static const struct letter_words {
	const char *subject[HAPPENED], *happened[HAPPENED];
	const char *dear, *what, *when, *was, *where, *reason, *see;
	const char *many, *list, *now, *session, *is_new, *is_off, *follow, *stale, *automatic;
} words[] = {
	[LANG_NL] =
		{
			{"Nieuw", "Verplaatst", "Vervallen", "Gewijzigd", "Ingetrokken"},
			{"Er is een sessie voor je ingeroosterd.", "Een sessie is verplaatst.",
			 "Een sessie gaat voor jou niet door.", "Van een sessie is iets gewijzigd.",
			 "De uitnodiging is ingetrokken; de sessie zelf blijft staan."},
			"Dag",
			"Wat",
			"Wanneer",
			"Was",
			"Waar",
			"Reden",
			"Bekijken, verplaatsen of afzeggen",
			"wijzigingen in je sessies",
			"Dit is er veranderd:",
			"Wordt",
			"Sessie",
			"(nieuw)",
			"vervallen",
			"De uitnodigingen volgen, die voor de eerste sessies het eerst.",
			"Je krijgt dit bericht omdat je agenda het nog niet had opgehaald.",
			"Dit bericht is automatisch verstuurd.",
		},
	[LANG_EN] =
		{
			{"New", "Moved", "Cancelled", "Changed", "Withdrawn"},
			{"A session has been booked for you.", "A session has moved.",
			 "A session is off for you.", "Something about a session has changed.",
			 "The invitation is withdrawn; the session itself stays."},
			"Hello",
			"What",
			"When",
			"Was",
			"Where",
			"Reason",
			"See, move or cancel it",
			"changes to your sessions",
			"This has changed:",
			"Now",
			"Session",
			"(new)",
			"cancelled",
			"The invitations follow, those to the first sessions first.",
			"You get this message because your calendar had not fetched it yet.",
			"This message was sent automatically.",
		},
};

static enum language language_of(const struct letter *l)
{
	const struct roster *roster = &l->p->roster->roster;
	const struct person *person = roster_person(roster, l->person);
	return person ? person->language : roster->programme.language;
}

static enum happened happened(const struct letter *l, const struct letter_item *item)
{
	if (l->form == LETTER_CANCEL && item->on)
		return TAKEN_BACK;
	if (!item->on)
		return OFF;
	if (!item->was.on)
		return NEW;
	bool moved = item->was.start != item->session->start || item->was.end != item->session->end;
	return moved ? MOVED : TEXT;
}

/* "di 24 nov 2026 13:00-15:00", in the programme's zone, as feeds have it */
static void add_when(const struct letter *l, utc_t start, utc_t end, struct buf *out)
{
	const struct zone *zone = l->p->roster->roster.programme.zone;
	local_t from = zone_to_local(zone, start), to = zone_to_local(zone, end);
	int a = local_second(from) / 60, b = local_second(to) / 60;
	draw_date(out, local_day(from), language_of(l));
	buf_addf(out, " %02d:%02d-", a / 60, a % 60);
	if (local_day(to) != local_day(from)) {
		draw_date(out, local_day(to), language_of(l));
		buf_addc(out, ' ');
	}
	buf_addf(out, "%02d:%02d", b / 60, b % 60);
}

static void add_title(const struct letter *l, const struct session *s, struct buf *out)
{
	struct buf place = {0};
	feed_title(l->p, l->person, s, out, &place);
	buf_fini(&place);
}

static void add_link(const struct letter *l, const struct session *s, struct buf *out)
{
	buf_addf(out, "%s/s/s%lld", l->p->url, (long long)s->id);
}

/* ---- text for people ---- */

static void one_text(const struct letter *l, const struct letter_item *item, struct buf *out)
{
	const struct letter_words *w = &words[language_of(l)];
	const struct session *s = item->session;
	struct buf title = {0}, place = {0};
	feed_title(l->p, l->person, s, &title, &place);
	enum happened what = happened(l, item);
	buf_addf(out, "%s\n\n%s: %s\n%s: ", w->happened[what], w->what, buf_str(&title),
		 what == OFF && item->was.on ? w->was : w->when);
	if (what == OFF && item->was.on)
		add_when(l, item->was.start, item->was.end, out);
	else
		add_when(l, s->start, s->end, out);
	buf_addc(out, '\n');
	if (what == MOVED) {
		buf_addf(out, "%s: ", w->was);
		add_when(l, item->was.start, item->was.end, out);
		buf_addc(out, '\n');
	}
	if (place.n && item->on)
		buf_addf(out, "%s: %s\n", w->where, buf_str(&place));
	if (s->state == STATE_CANCELLED && s->reason)
		buf_addf(out, "%s: %s\n", w->reason, s->reason);
	buf_addf(out, "\n%s:\n", w->see);
	add_link(l, s, out);
	buf_addc(out, '\n');
	buf_fini(&title);
	buf_fini(&place);
}

/* Characters, for columns. */
static size_t width(const struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++)
		n += ((unsigned char)b->v[i] & 0xC0) != 0x80;
	return n;
}

static void pad(struct buf *out, const struct buf *cell, size_t to)
{
	buf_add(out, cell->v ? cell->v : "", cell->n);
	for (size_t n = width(cell); n < to; n++)
		buf_addc(out, ' ');
	buf_adds(out, "  ");
}

struct line { /* of a list */
	struct buf was, now;
};

static void fill_line(const struct letter *l, const struct letter_item *item, struct line *line)
{
	const struct letter_words *w = &words[language_of(l)];
	if (item->was.on)
		add_when(l, item->was.start, item->was.end, &line->was);
	else
		buf_adds(&line->was, w->is_new);
	if (item->on)
		add_when(l, item->session->start, item->session->end, &line->now);
	else
		buf_adds(&line->now, w->is_off);
}

static void list_text(const struct letter *l, struct buf *out)
{
	const struct letter_words *w = &words[language_of(l)];
	struct line *lines = xcalloc(l->n_items + 1, sizeof *lines);
	size_t a = 0, b = 0;
	buf_adds(&lines[0].was, w->was);
	buf_adds(&lines[0].now, w->now);
	for (size_t i = 0; i <= l->n_items; i++) {
		if (i)
			fill_line(l, &l->items[i - 1], &lines[i]);
		a = width(&lines[i].was) > a ? width(&lines[i].was) : a;
		b = width(&lines[i].now) > b ? width(&lines[i].now) : b;
	}
	buf_addf(out, "%s\n\n", w->list);
	for (size_t i = 0; i <= l->n_items; i++) {
		pad(out, &lines[i].was, a);
		pad(out, &lines[i].now, b);
		if (i) {
			add_title(l, l->items[i - 1].session, out);
			buf_adds(out, "\n  ");
			add_link(l, l->items[i - 1].session, out);
		} else {
			buf_adds(out, w->session);
		}
		buf_addc(out, '\n');
		buf_fini(&lines[i].was);
		buf_fini(&lines[i].now);
	}
	xfree(lines);
}

static void text(const struct letter *l, struct buf *out)
{
	const struct letter_words *w = &words[language_of(l)];
	buf_addf(out, "%s %s,\n\n", w->dear, publication_name(l->p, l->person));
	if (l->n_items == 1)
		one_text(l, &l->items[0], out);
	else
		list_text(l, out);
	if (l->form == LETTER_AHEAD)
		buf_addf(out, "\n%s\n", w->follow);
	if (l->form == LETTER_NOTE)
		buf_addf(out, "\n%s\n", w->stale);
	buf_addf(out, "\n-- \n%s\n%s\n", *l->from_name ? l->from_name : l->from, w->automatic);
}

static void subject(const struct letter *l, struct buf *out)
{
	const struct letter_words *w = &words[language_of(l)];
	const struct letter_item *item = &l->items[0];
	if (l->n_items > 1) {
		buf_addf(out, "%zu %s", l->n_items, w->many);
		return;
	}
	enum happened what = happened(l, item);
	buf_addf(out, "%s: ", w->subject[what]);
	add_title(l, item->session, out);
	buf_adds(out, ", ");
	if (what == OFF && item->was.on)
		add_when(l, item->was.start, item->was.end, out);
	else
		add_when(l, item->session->start, item->session->end, out);
}

/* ---- the event for calendars ---- */

/* As it may stand in a mailto: (RFC 6068 section 2). */
static void add_mailto(struct buf *out, const char *line, const char *who, const char *address)
{
	struct buf mailto = {0};
	for (const char *p = address; *p; p++)
		buf_addf(&mailto, strchr("%#/?=&^`{|}", *p) ? "%%%02X" : "%c", *p);
	ics_mailto(out, line, who, buf_str(&mailto));
	buf_fini(&mailto);
}

/* Who takes invitations is named in those of others, too; who does not, is nobody's to write to.
 * RSVP=FALSE: nobody waits for an answer, and PARTSTAT says so. */
static void parties(const struct letter *l, struct buf *out)
{
	static const char line[] =
		"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE";
	const struct session *s = l->items[0].session;
	add_mailto(out, "ORGANIZER", *l->from_name ? l->from_name : l->from, l->from);
	add_mailto(out, line, publication_name(l->p, l->person), l->to);
	if (l->form == LETTER_CANCEL || s->n_attendees > ATTENDEES_MAX)
		return;
	for (size_t i = 0; i < s->n_attendees; i++) {
		const struct person *other = roster_person(&l->p->roster->roster, s->attendees[i]);
		if (other && other->invitations && other->email &&
		    strcmp(other->id, l->person) != 0)
			add_mailto(out, line, other->name, other->email);
	}
}

static void event(const struct letter *l, const struct session *s, struct buf *out)
{
	struct buf lines = {0};
	parties(l, &lines);
	feed_message(l->p, l->person, s, l->form == LETTER_CANCEL, buf_str(&lines), out);
	buf_fini(&lines);
}

void letter_key(const struct letter *letter, char out[LETTER_ID])
{
	struct session plain = *letter->items[0].session; /* shallow */
	struct buf bytes = {0};
	plain.last_modified = 0;
	event(letter, &plain, &bytes);
	hash_text(bytes.v, bytes.n, out);
	buf_fini(&bytes);
}

/* ---- the message ---- */

void letter_id(const struct letter *l, char out[LETTER_ID])
{
	struct buf what = {0};
	buf_addf(&what, "%s|%s|%d", l->p->host, l->person, (int)l->form);
	for (size_t i = 0; i < l->n_items; i++)
		buf_addf(&what, "|%lld %d %lld %d", (long long)l->items[i].session->id,
			 (int)l->items[i].session->sequence,
			 (long long)l->items[i].session->last_modified, l->items[i].on);
	hash_text(what.v, what.n, out);
	buf_fini(&what);
}

static void text_part(const struct letter *l, struct buf *out)
{
	struct buf body = {0};
	mime_raw(out, "Content-Type", "text/plain; charset=utf-8");
	mime_raw(out, "Content-Transfer-Encoding", "quoted-printable");
	buf_adds(out, "\r\n");
	text(l, &body);
	mime_quoted(out, buf_str(&body));
	buf_fini(&body);
}

static void calendar_part(const struct letter *l, struct buf *out)
{
	struct buf body = {0};
	mime_raw(out, "Content-Type",
		 l->form == LETTER_CANCEL ? "text/calendar; charset=utf-8; method=CANCEL"
					  : "text/calendar; charset=utf-8; method=REQUEST");
	mime_raw(out, "Content-Transfer-Encoding", "base64");
	buf_adds(out, "\r\n");
	event(l, l->items[0].session, &body);
	mime_base64(out, body.v, body.n);
	buf_fini(&body);
}

void letter_write(const struct letter *l, struct buf *out)
{
	char id[LETTER_ID], line[400];
	struct buf about = {0};
	letter_id(l, id);
	subject(l, &about);
	mime_mailbox(out, "From", l->from_name, l->from);
	mime_mailbox(out, "To", publication_name(l->p, l->person), l->to);
	mime_text(out, "Subject", buf_str(&about));
	mime_date(out, l->now);
	(void)snprintf(line, sizeof line, "<%s@%s>", id, l->p->host);
	mime_raw(out, "Message-ID", line);
	/* no answering machine answers it; Exchange knows only the second of these */
	mime_raw(out, "Auto-Submitted", "auto-generated");
	mime_raw(out, "X-Auto-Response-Suppress", "OOF, AutoReply");
	mime_raw(out, "MIME-Version", "1.0");
	buf_fini(&about);
	if (l->form == LETTER_NOTE || l->form == LETTER_AHEAD) {
		text_part(l, out);
		return;
	}
	(void)snprintf(line, sizeof line, "multipart/alternative;\r\n boundary=\"=_%s\"", id);
	mime_raw(out, "Content-Type", line);
	buf_addf(out, "\r\n--=_%s\r\n", id);
	text_part(l, out);
	buf_addf(out, "--=_%s\r\n", id);
	calendar_part(l, out);
	buf_addf(out, "--=_%s--\r\n", id);
}
