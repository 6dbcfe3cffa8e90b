/* test_letter.c -- what a mail about a session says: the event of the feed and nothing else. */
#include "base/hash.h"
#include "cal/ics_write.h"
#include "work/feed.h"

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

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_the_event_of_the_feed),
		cmocka_unit_test(a_title_is_in_the_language_of_who_reads_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
