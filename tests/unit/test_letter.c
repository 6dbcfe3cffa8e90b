/* test_letter.c -- what a mail about a session says: the event of the feed and nothing else. */
#include "base/hash.h"
#include "cal/ics_write.h"
#include "work/feed.h"
#include "work/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600 };
static const utc_t tuesday = 1795521600; /* 2026-11-24T12:00:00Z */

static void person(struct person *p, const char *id, const char *name, enum language language)
{
	(void)snprintf(p->id, sizeof p->id, "%s", id);
	p->name = xstrdup(name);
	p->email = xasprintf("%s@school.example", id);
	p->language = language;
}

/* anna (nl) and bram (en), one duo, one session of @kind from @start; the caller changes it. */
static struct publication *programme(struct session **session)
{
	struct roster r = {0};
	struct buf bundle = {0};
	struct link_list none = {0};
	struct session_list list = {0};
	const unsigned char key[32] = {1};
	struct publication *p = xcalloc(1, sizeof *p);
	r.programme.zone = zone_by_name("Europe/Amsterdam");
	r.programme.start = civil_to_day(2026, 8, 31);
	r.programme.past = civil_to_day(2027, 7, 10);
	r.n_persons = 2;
	r.persons = xcalloc(2, sizeof *r.persons);
	person(&r.persons[0], "anna", "Anna de Vri\xC3\xA8s", LANG_NL);
	person(&r.persons[1], "bram", "Bram Bos", LANG_EN);
	r.n_duos = 1;
	r.duos = xcalloc(1, sizeof *r.duos);
	strcpy(r.duos[0].id, "anna-bram");
	strcpy(r.duos[0].members[0], "anna");
	strcpy(r.duos[0].members[1], "bram");
	r.duos[0].topic = xstrdup("Herschrijven; module");
	p->refs = 1;
	p->limits = (struct feed_limits){60 * DAY_S, 400 * DAY_S, 30 * DAY_S};
	p->host = xstrdup("school.example");
	p->url = xstrdup("https://school.example");
	p->links = links_part_new(&none, key);
	p->today = civil_to_day(2026, 11, 1);
	publication_put_roster(p, roster_part_new(&r, &bundle, 0));
	list.v = xcalloc(1, sizeof *list.v);
	list.n = list.cap = 1;
	*list.v = (struct session){.id = 42,
				   .state = STATE_BOOKED,
				   .start = tuesday,
				   .end = tuesday + 2 * HOUR,
				   .sequence = 3,
				   .created_at = tuesday - 40 * DAY_S,
				   .last_modified = tuesday - 30 * DAY_S,
				   .n_attendees = 2};
	strcpy(list.v->duo, "anna-bram");
	list.v->attendees = xcalloc(2, sizeof *list.v->attendees);
	strcpy(list.v->attendees[0], "anna");
	strcpy(list.v->attendees[1], "bram");
	struct duo_part *part = duo_part_new("anna-bram", &list);
	*session = &part->sessions.v[0];
	publication_put_duo(p, part);
	publication_note_duo(p, "anna", "anna-bram");
	publication_note_duo(p, "bram", "anna-bram");
	return p;
}

/* The lines of @text from BEGIN:@component to its END. */
static char *component(const struct buf *text, const char *name)
{
	char begin[40], end[40];
	(void)snprintf(begin, sizeof begin, "BEGIN:%s\r\n", name);
	(void)snprintf(end, sizeof end, "END:%s\r\n", name);
	const char *from = strstr(buf_str(text), begin);
	const char *to = strstr(buf_str(text), end);
	assert_true(from && to);
	return xstrndup(from, (size_t)(to - from) + strlen(end));
}

static char *without(char *text, const char *part)
{
	char *at = strstr(text, part);
	assert_non_null(at);
	memmove(at, at + strlen(part), strlen(at + strlen(part)) + 1);
	return text;
}

static void a_message_has_the_event_of_the_feed(void **state)
{
	(void)state;
	struct session *session;
	struct publication *p = programme(&session);
	struct body_part body = {.owner = "anna"};
	struct buf feed = {0}, request = {0}, cancel = {0};
	const char parties[] = "ORGANIZER:mailto:x@school.example\r\n";
	struct feed_variant variant = {.form = FEED_FULL, .alarm_min = ALARM_NONE};
	feed_render(p, &body, &variant, &feed);
	feed_message(p, "anna", session, false, parties, &request);
	char *event = component(&feed, "VEVENT"), *asked = component(&request, "VEVENT");
	assert_string_equal(without(asked, parties), event);
	assert_non_null(strstr(buf_str(&request), "\r\nMETHOD:REQUEST\r\n"));
	char *zone = component(&feed, "VTIMEZONE"), *asked_zone = component(&request, "VTIMEZONE");
	assert_string_equal(asked_zone, zone);
	/* taken back from one alone: the others still come, and no STATUS says otherwise */
	feed_message(p, "anna", session, true, parties, &cancel);
	assert_non_null(strstr(buf_str(&cancel), "\r\nMETHOD:CANCEL\r\n"));
	assert_non_null(strstr(buf_str(&cancel), "\r\nUID:s42@school.example\r\n"));
	assert_non_null(strstr(buf_str(&cancel), "\r\nSEQUENCE:3\r\n"));
	assert_null(strstr(buf_str(&cancel), "\r\nSTATUS:"));
	session->state = STATE_CANCELLED;
	session->cancelled_at = tuesday;
	buf_clear(&cancel);
	feed_message(p, "anna", session, true, parties, &cancel);
	assert_non_null(strstr(buf_str(&cancel), "\r\nSTATUS:CANCELLED\r\n"));
	xfree(event);
	xfree(asked);
	xfree(zone);
	xfree(asked_zone);
	buf_fini(&feed);
	buf_fini(&request);
	buf_fini(&cancel);
	publication_unref(p);
}

static void a_title_is_in_the_language_of_who_reads_it(void **state)
{
	(void)state;
	struct session *session;
	struct publication *p = programme(&session);
	struct buf nl = {0}, en = {0}, place = {0};
	feed_title(p, "anna", session, &nl, &place);
	feed_title(p, "bram", session, &en, &place);
	assert_string_equal(buf_str(&nl), "Werksessie met Bram Bos");
	assert_string_equal(buf_str(&en), "Work session with Anna de Vri\xC3\xA8s");
	assert_string_equal(buf_str(&place), "");
	buf_fini(&nl);
	buf_fini(&en);
	buf_fini(&place);
	publication_unref(p);
}

/* ---- whole letters ---- */

static struct letter letter(const struct publication *p, const char *person,
			    const struct letter_item *items, size_t n, enum letter_form form)
{
	return (struct letter){.p = p,
			       .form = form,
			       .person = person,
			       .to = strcmp(person, "anna") == 0 ? "anna@school.example"
								 : "bram@school.example",
			       .from_name = "Samen leren",
			       .from = "samen@school.example",
			       .items = items,
			       .n_items = n,
			       .now = tuesday - 30 * DAY_S};
}

static void has(const struct buf *text, const char *part)
{
	if (!strstr(buf_str(text), part))
		fail_msg("no \"%s\" in\n%s", part, buf_str(text));
}

/* The bytes of the base64 part, read back. */
static char *calendar_of(const struct buf *mail)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out = {0};
	unsigned v = 0;
	int bits = 0;
	const char *p = strstr(strstr(buf_str(mail), "base64\r\n"), "\r\n\r\n") + 4;
	for (; strncmp(p, "--", 2) != 0; p++) {
		const char *at = strchr(letters, *p);
		if (!at)
			continue;
		v = v << 6 | (unsigned)(at - letters);
		if ((bits += 6) >= 8) {
			bits -= 8;
			buf_addc(&out, (char)(v >> bits));
		}
	}
	char *text = buf_take(&out), *to = text;
	for (const char *from = text; (*to = *from); from++, to++) /* unfolded */
		while (strncmp(from, "\r\n ", 3) == 0)
			*to = *(from += 3);
	return text;
}

static void an_invitation_is_text_and_event(void **state)
{
	(void)state;
	struct session *session;
	struct publication *p = programme(&session);
	struct letter_item item = {.session = session, .on = true};
	struct letter l = letter(p, "anna", &item, 1, LETTER_REQUEST);
	struct buf out = {0}, again = {0};
	char id[LETTER_ID], other[LETTER_ID], line[100];
	letter_write(&l, &out);
	letter_write(&l, &again);
	assert_string_equal(buf_str(&out), buf_str(&again));
	letter_id(&l, id);
	(void)snprintf(line, sizeof line, "\r\nMessage-ID: <%s@school.example>\r\n", id);
	has(&out, line);
	has(&out, "From: \"Samen leren\" <samen@school.example>\r\n");
	has(&out, "\r\nTo: =?utf-8?B?QW5uYSBkZSBWcmnDqHM=?= <anna@school.example>\r\n");
	has(&out, "\r\nSubject: Nieuw: Werksessie met Bram Bos, di 24 nov 2026 13:00-15:00\r\n");
	has(&out, "\r\nDate: Sun, 25 Oct 2026 12:00:00 +0000\r\n");
	has(&out, "\r\nAuto-Submitted: auto-generated\r\n");
	has(&out, "\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_");
	has(&out, "\r\nContent-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
	has(&out, "Er is een sessie voor je ingeroosterd.\r\n");
	has(&out, "\r\nWat: Werksessie met Bram Bos\r\nWanneer: di 24 nov 2026 "
		  "13:00-15:00\r\n");
	has(&out, "\r\nhttps://school.example/s/s42\r\n");
	char *ics = calendar_of(&out);
	assert_non_null(
		strstr(ics, "\r\nORGANIZER;CN=\"Samen leren\":mailto:samen@school.example"));
	assert_non_null(strstr(ics, "\r\nATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;"
				    "PARTSTAT=ACCEPTED;RSVP=FALSE;CN=\"Anna"));
	/* bram takes none: nobody learns his address */
	assert_null(strstr(ics, "bram@"));
	xfree(ics);
	p->roster->roster.persons[1].invitations = true;
	buf_clear(&out);
	letter_write(&l, &out);
	ics = calendar_of(&out);
	assert_non_null(strstr(ics, "bram@school.example"));
	xfree(ics);
	/* another version is another message; another stamp alone says nothing else */
	char key[LETTER_ID], same[LETTER_ID];
	letter_key(&l, key);
	session->last_modified++;
	letter_id(&l, other);
	assert_string_not_equal(id, other);
	letter_key(&l, same);
	assert_string_equal(key, same);
	session->start += 60;
	letter_key(&l, same);
	assert_string_not_equal(key, same);
	buf_fini(&out);
	buf_fini(&again);
	publication_unref(p);
}

static void a_note_says_what_was_and_what_is(void **state)
{
	(void)state;
	struct session *session;
	struct publication *p = programme(&session);
	struct letter_item item = {.session = session,
				   .on = true,
				   .was = {true, tuesday - DAY_S, tuesday - DAY_S + HOUR}};
	struct letter l = letter(p, "bram", &item, 1, LETTER_NOTE);
	struct buf out = {0};
	letter_write(&l, &out);
	has(&out, "A session has moved.\r\n");
	has(&out, "\r\nWhen: Tue 24 Nov 2026 13:00-15:00\r\nWas: Mon 23 Nov 2026 "
		  "13:00-14:00\r\n");
	has(&out, "your calendar had not fetched it");
	assert_null(strstr(buf_str(&out), "text/calendar"));
	session->state = STATE_CANCELLED;
	session->reason = xstrdup("Bram\r\nis ill");
	item.on = false;
	buf_clear(&out);
	letter_write(&l, &out);
	has(&out, "A session is off for you.\r\n");
	has(&out, "\r\nWas: Mon 23 Nov 2026");
	has(&out, "\r\nReason: Bram");
	has(&out, "\r\nWhat: Work session with Anna de Vri=C3=A8s\r\n");
	assert_null(strstr(buf_str(&out), "When:"));
	/* an invitation that is taken back from who wants no more of them */
	session->state = STATE_BOOKED;
	item.on = true;
	l.form = LETTER_CANCEL;
	buf_clear(&out);
	letter_write(&l, &out);
	has(&out, "The invitation is withdrawn; the session itself stays.\r\n");
	has(&out, "; method=CANCEL\r\n");
	buf_fini(&out);
	publication_unref(p);
}

static void many_changes_are_a_table(void **state)
{
	(void)state;
	struct session *session;
	struct publication *p = programme(&session);
	struct letter_item items[3] = {
		{.session = session,
		 .on = true,
		 .was = {true, tuesday - DAY_S, tuesday - DAY_S + HOUR}},
		{.session = session, .on = true},
		{.session = session, .was = {true, tuesday, tuesday + HOUR}}};
	struct letter l = letter(p, "bram", items, 3, LETTER_NOTE);
	struct buf out = {0};
	letter_write(&l, &out);
	has(&out, "\r\nSubject: 3 changes to your sessions\r\n");
	has(&out, "\r\nWas " /* as wide as the times below */);
	has(&out, "\r\n(new)                        Tue 24 Nov 2026 13:00");
	has(&out, "\r\nTue 24 Nov 2026 13:00-14:00  cancelled  ");
	has(&out, "\r\n  https://school.example/s/s42\r\n");
	buf_fini(&out);
	publication_unref(p);
}

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_the_event_of_the_feed),
		cmocka_unit_test(a_title_is_in_the_language_of_who_reads_it),
		cmocka_unit_test(an_invitation_is_text_and_event),
		cmocka_unit_test(a_note_says_what_was_and_what_is),
		cmocka_unit_test(many_changes_are_a_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
