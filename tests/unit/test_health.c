/* test_health.c -- what a calendar still shows, from a session as it is, what it was before its
 * changes, and the version that was fetched: a table of cases, each a small story. */
#include "work/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define NOW	  1795521600 /* 2026-11-24T12:00:00Z */
#define HOUR	  3600
#define AT(hours) (NOW + (hours)*HOUR)
#define DAY	  24

/* Hours from now. A case has one session, 7, of anna and bram. */
struct change {
	enum past_shown shown;
	bool text;
	int at, start, end;
	const char *room;
	const char *came, *went;
};
struct story {
	const char *name;
	/* as it is */
	enum state state;
	int start, end;
	const char *room, *who; /* NULL: "anna bram" */
	bool provisional;
	struct change was[4]; /* numbered 11, 12 ...; none with end 0 */
	/* what was fetched: everything up to there */
	int64_t change, session;
	int seen; /* hours */
	bool busy, of_duo;
	int64_t pruned;
	const char *says;
};

#define MOVED_ONCE                                                                                 \
	.start = 50, .end = 52, .was = {{.shown = PAST_ON, .at = -10, .start = 26, .end = 28}}
#define UP_TO(c) .change = (c), .session = 7, .seen = -20

static const struct story stories[] = {
	{"nothing has changed", STATE_BOOKED, 26, 28, UP_TO(10), .says = "fresh"},
	{"moved after it", STATE_BOOKED, MOVED_ONCE, UP_TO(10),
	 .says = "behind -10: moved 26..28 is 50..52"},
	{"moved before it", STATE_BOOKED, MOVED_ONCE, UP_TO(11), .says = "fresh"},
	{"long ago", STATE_BOOKED, 50, 52,
	 .was = {{.shown = PAST_ON, .at = -30, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "stale -30: moved 26..28 is 50..52"},
	{"a day ago is not more than a day", STATE_BOOKED, 50, 52,
	 .was = {{.shown = PAST_ON, .at = -DAY, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -24: moved 26..28 is 50..52"},
	{"by what was first after it", STATE_BOOKED, 90, 91,
	 .was = {{.shown = PAST_ON, .at = -12, .start = 26, .end = 28},
		 {.shown = PAST_ON, .at = -8, .start = 40, .end = 42},
		 {.shown = PAST_ON, .at = -5, .start = 60, .end = 62}},
	 UP_TO(11), .says = "behind -8: moved 40..42 is 90..91"},
	{"there and back", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, .at = -12, .start = 26, .end = 28},
		 {.shown = PAST_ON, .at = -8, .start = 40, .end = 42}},
	 UP_TO(10), .says = "fresh"},
	{"there and back with another topic", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, .at = -12, .start = 26, .end = 28},
		 {.shown = PAST_ON, true, .at = -8, .start = 40, .end = 42},
		 {.shown = PAST_ON, .at = -7, .start = 40, .end = 42}},
	 UP_TO(10), .says = "behind -12: text 26..28 is 26..28"},
	{"another room", STATE_BOOKED, 26, 28, .room = "b12",
	 .was = {{.shown = PAST_ON, .at = -1, .start = 26, .end = 28, .room = "a1"}}, UP_TO(10),
	 .says = "behind -1: moved 26..28 a1 is 26..28 b12"},
	{"a busy link has no rooms", STATE_BOOKED, 26, 28, .room = "b12",
	 .was = {{.shown = PAST_ON, true, .at = -1, .start = 26, .end = 28, .room = "a1"}},
	 UP_TO(10), .busy = true, .says = "fresh"},
	{"but times", STATE_BOOKED, MOVED_ONCE, UP_TO(10), .busy = true,
	 .says = "behind -10: moved 26..28 is 50..52"},
	{"cancelled", STATE_CANCELLED, 26, 28,
	 .was = {{.shown = PAST_ON, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -3: cancelled 26..28"},
	{"moved and cancelled", STATE_CANCELLED, 50, 52,
	 .was = {{.shown = PAST_ON, .at = -3, .start = 26, .end = 28},
		 {.shown = PAST_ON, .at = -2, .start = 50, .end = 52}},
	 UP_TO(10), .says = "behind -3: cancelled 26..28"},
	{"cancelled before it", STATE_CANCELLED, 26, 28,
	 .was = {{.shown = PAST_ON, .at = -30, .start = 26, .end = 28}}, UP_TO(11),
	 .says = "fresh"},
	{"why it is cancelled is known otherwise", STATE_CANCELLED, 26, 28,
	 .was = {{.shown = PAST_OFF, true, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "fresh"},
	{"on again", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_OFF, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -3: new is 26..28"},
	{"off and on again", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, .at = -3, .start = 26, .end = 28},
		 {.shown = PAST_OFF, .at = -2, .start = 26, .end = 28}},
	 UP_TO(10), .says = "fresh"},
	{"came later", STATE_BOOKED, 26, 28, .change = 10, .session = 6, .seen = -101,
	 .says = "stale -100: new is 26..28"},
	{"came later and moved", STATE_BOOKED, MOVED_ONCE, .change = 10, .session = 6, .seen = -101,
	 .says = "stale -100: new is 50..52"},
	{"came later and was cancelled", STATE_CANCELLED, MOVED_ONCE, .change = 10, .session = 6,
	 .seen = -101, .says = "fresh"},
	{"booked after it", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_NO, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -3: new is 26..28"},
	{"provisional", STATE_PROVISIONAL, 26, 28, .provisional = true, .change = 10, .session = 6,
	 .seen = -101, .says = "fresh"},
	{"words", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, true, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -3: text 26..28 is 26..28"},
	{"words of no matter to a busy link", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, true, .at = -3, .start = 26, .end = 28}}, UP_TO(10),
	 .busy = true, .says = "fresh"},

	{"she left", STATE_BOOKED, 26, 28, .who = "bram cato",
	 .was = {{.shown = PAST_ON,
		  true,
		  .at = -3,
		  .start = 26,
		  .end = 28,
		  .came = "cato",
		  .went = "anna"}},
	 UP_TO(10), .says = "behind -3: left 26..28"},
	{"she left before it", STATE_BOOKED, 26, 28, .who = "bram cato",
	 .was = {{.shown = PAST_ON,
		  true,
		  .at = -3,
		  .start = 26,
		  .end = 28,
		  .came = "cato",
		  .went = "anna"}},
	 UP_TO(11), .says = "fresh"},
	{"she left and it moved", STATE_BOOKED, 50, 52, .who = "bram",
	 .was = {{.shown = PAST_ON, .at = -3, .start = 26, .end = 28},
		 {.shown = PAST_ON, true, .at = -2, .start = 50, .end = 52, .went = "anna"}},
	 UP_TO(10), .says = "behind -3: left 26..28"},
	{"she joined", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, true, .at = -3, .start = 26, .end = 28, .came = "anna"}},
	 UP_TO(10), .says = "behind -3: new is 26..28"},
	{"she left and came back", STATE_BOOKED, 26, 28,
	 .was = {{.shown = PAST_ON, true, .at = -3, .start = 26, .end = 28, .went = "anna"},
		 {.shown = PAST_ON, true, .at = -2, .start = 26, .end = 28, .came = "anna"}},
	 UP_TO(10), .says = "behind -3: text 26..28 is 26..28"},
	{"she was there for an hour", STATE_BOOKED, 26, 28, .who = "bram",
	 .was = {{.shown = PAST_ON, true, .at = -3, .start = 26, .end = 28, .came = "anna"},
		 {.shown = PAST_ON, true, .at = -2, .start = 26, .end = 28, .went = "anna"}},
	 UP_TO(10), .says = "fresh"},
	{"the duo has it, whoever comes", STATE_BOOKED, 26, 28, .who = "bram cato", .of_duo = true,
	 .was = {{.shown = PAST_ON,
		  true,
		  .at = -3,
		  .start = 26,
		  .end = 28,
		  .came = "cato",
		  .went = "anna"}},
	 UP_TO(10), .says = "behind -3: text 26..28 is 26..28"},

	{"what is over is over", STATE_HELD, -8, -6,
	 .was = {{.shown = PAST_ON, .at = -12, .start = -4, .end = -2}}, UP_TO(10),
	 .says = "fresh"},
	{"moved here from the past", STATE_BOOKED, 3, 5,
	 .was = {{.shown = PAST_ON, .at = -12, .start = -4, .end = -2}}, UP_TO(10),
	 .says = "behind -12: moved -4..-2 is 3..5"},
	{"shown as to come, and over", STATE_HELD, -8, -6,
	 .was = {{.shown = PAST_ON, .at = -12, .start = 3, .end = 5}}, UP_TO(10),
	 .says = "behind -12: moved 3..5 is -8..-6"},
	{"cancelled when it was over", STATE_CANCELLED, -8, -6,
	 .was = {{.shown = PAST_ON, .at = -1, .start = -8, .end = -6}}, UP_TO(10), .says = "fresh"},
	{"it goes on", STATE_CANCELLED, -1, 1,
	 .was = {{.shown = PAST_ON, .at = -1, .start = -1, .end = 1}}, UP_TO(10),
	 .says = "behind -1: cancelled -1..1"},

	{"feeds reach it by now", STATE_BOOKED, 40 * DAY - 15, 40 * DAY - 14, .change = 10,
	 .session = 7, .seen = -3 * DAY, .says = "behind -15: new is 945..946"},
	{"and reached it then", STATE_BOOKED, 36 * DAY, 36 * DAY + 1, .change = 10, .session = 7,
	 .seen = -3 * DAY, .says = "fresh"},
	{"moved out of their reach", STATE_BOOKED, 50 * DAY, 50 * DAY + 1,
	 .was = {{.shown = PAST_ON, .at = -1, .start = 26, .end = 28}}, UP_TO(10),
	 .says = "behind -1: moved 26..28 is 1200..1201"},

	{"not fetched yet", STATE_BOOKED, 26, 28, .says = "never"},
	{"not for a month", STATE_BOOKED, MOVED_ONCE, .change = 10, .session = 7,
	 .seen = -30 * DAY - 1, .says = "unused"},
	{"what it had is forgotten", STATE_BOOKED, MOVED_ONCE, UP_TO(10), .pruned = 11,
	 .says = "unused"},
	{"just not forgotten", STATE_BOOKED, MOVED_ONCE, UP_TO(10), .pruned = 10,
	 .says = "behind -10: moved 26..28 is 50..52"},
};

/* ---- a publication of one duo ---- */

static struct session session;
static id_text attendees[3];
static struct past pasts[4];
static struct past_who whos[4][2];
static id_text duo_ids[] = {"d1"};
static struct duo_part duo_part = {.refs = 1, .id = "d1", .sessions = {&session, 1, 1}};
static struct person_part person_parts[] = {
	{.refs = 1, .id = "anna", .duos = duo_ids, .n_duos = 1},
	{.refs = 1, .id = "bram", .duos = duo_ids, .n_duos = 1},
};
static struct body_part body_parts[] = {
	{.refs = 1, .owner = "anna", .last_modified = NOW},
	{.refs = 1, .owner = "d1", .last_modified = NOW},
};
static struct link links[5];
static struct links_part links_part = {.refs = 1, .links = {links, 1, 5}};
static struct roster_part roster_part;
static struct duo_part *duo_list[] = {&duo_part};
static struct person_part *person_list[] = {&person_parts[0], &person_parts[1]};
static struct body_part *body_list[] = {&body_parts[0], &body_parts[1]};
static struct publication p;

static const struct health_limits limits = {DAY * HOUR, 30 * DAY *HOUR, 30 * DAY *HOUR};

static void tell_publication(const struct story *story)
{
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	assert_non_null(zone);
	roster_part.roster.programme.zone = zone;
	p = (struct publication){
		.refs = 1,
		.today = zone_day_of(zone, NOW),
		.roster = &roster_part,
		.duos = duo_list,
		.n_duos = 1,
		.persons = person_list,
		.n_persons = 2,
		.bodies = body_list,
		.n_bodies = 2,
		.links = &links_part,
		.limits = {60 * DAY * HOUR, 40 * DAY * HOUR, 30 * DAY * HOUR},
		.pruned = story->pruned,
	};
	session = (struct session){.id = 7,
				   .duo = "d1",
				   .state = story->state,
				   .start = AT(story->start),
				   .end = AT(story->end),
				   .attendees = attendees,
				   .created_at = AT(-100),
				   .sequence = story->provisional ? -1 : 0};
	char who[64], *save = NULL;
	snprintf(who, sizeof who, "%s", story->who ? story->who : "anna bram");
	for (char *id = strtok_r(who, " ", &save); id; id = strtok_r(NULL, " ", &save))
		strcpy(attendees[session.n_attendees++], id);
	snprintf(session.room, sizeof session.room, "%s", story->room ? story->room : "");
	duo_part.pasts = (struct past_list){pasts, 0, 4};
	for (size_t i = 0; i < 4 && story->was[i].end; i++) {
		const struct change *was = &story->was[i];
		struct past *past = &pasts[duo_part.pasts.n++];
		*past = (struct past){.change = 11 + (int64_t)i,
				      .session = 7,
				      .at = AT(was->at),
				      .shown = was->shown,
				      .text = was->text,
				      .start = AT(was->start),
				      .end = AT(was->end),
				      .who = whos[i]};
		snprintf(past->room, sizeof past->room, "%s", was->room ? was->room : "");
		const char *const names[] = {was->went, was->came};
		for (int k = 0; k < 2; k++)
			if (names[k]) {
				struct past_who *one = &past->who[past->n_who++];
				snprintf(one->person, sizeof one->person, "%s", names[k]);
				one->came = k;
			}
	}
	links[0] = (struct link){.id = 1, .kind = story->busy ? LINK_BUSY : LINK_FEED};
	strcpy(links[0].owner, story->of_duo ? "d1" : "anna");
	links_part.links.n = 1;
}

static int hours(utc_t at)
{
	return (int)((at - NOW) / HOUR);
}

static void tell_rows(const struct health *h, struct buf *out)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct health_row *row = &h->v[i];
		buf_addf(out, "%s %s", i ? "," : ":", health_why_word(row->why));
		if (row->why != HEALTH_NEW)
			buf_addf(out, " %d..%d%s%s", hours(row->start), hours(row->end),
				 *row->room ? " " : "", row->room);
		if (row->why != HEALTH_CANCELLED && row->why != HEALTH_LEFT)
			buf_addf(out, " is %d..%d%s%s", hours(row->session->start),
				 hours(row->session->end), *row->session->room ? " " : "",
				 row->session->room);
	}
}

static struct health_use use_of(const struct story *story)
{
	return (struct health_use){
		.seen_at = story->seen ? AT(story->seen) : 0,
		.seen = {.last_modified = story->seen ? AT(story->seen) : 0,
			 .past = {story->change, story->session}},
	};
}

static void a_calendar_shows_what_it_fetched(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
		struct health h;
		struct buf got = {0};
		tell_publication(&stories[i]);
		struct health_use use = use_of(&stories[i]);
		health_of(&p, &use, &limits, NOW, &h);
		buf_adds(&got, health_state_word(h.state));
		if (h.since)
			buf_addf(&got, " %d", hours(h.since));
		tell_rows(&h, &got);
		if (strcmp(buf_str(&got), stories[i].says) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", stories[i].name, buf_str(&got),
				 stories[i].says);
		struct health_count count;
		health_count(&p, &use, 1, &limits, NOW, &count);
		assert_int_equal(count.n[h.state], 1);
		health_fini(&h);
		buf_fini(&got);
	}
}

static const struct story moved = {"", STATE_BOOKED, MOVED_ONCE, .says = NULL};

/* The bytes are the same: nothing is walked, so that it costs nothing. */
static void who_has_the_present_version_is_fresh(void **state)
{
	(void)state;
	struct health h;
	tell_publication(&moved);
	struct health_use use = {.seen_at = AT(-20), .seen = {NOW, {10, 7}}};
	health_of(&p, &use, &limits, NOW, &h);
	assert_int_equal(h.state, HEALTH_FRESH);
	assert_int_equal(h.n, 0);
}

static void only_open_links_to_feeds_count(void **state)
{
	(void)state;
	struct retired retired[] = {{.id = "anna", .at = AT(-10 * DAY)}};
	struct health_count count;
	struct health_use use = {.seen_at = AT(-20), .seen = {AT(-20), {10, 7}}};
	tell_publication(&moved);
	links[0].revoked_at = AT(-1);
	assert_false(health_is_open(&p, &links[0], &limits, NOW));
	links[0].revoked_at = 0;
	links[0].kind = LINK_ME;
	assert_false(health_is_open(&p, &links[0], &limits, NOW));
	links[0].kind = LINK_FEED;
	assert_true(health_is_open(&p, &links[0], &limits, NOW));
	p.retired = (struct retired_list){retired, 1}; /* her calendar shows it still */
	assert_true(health_is_open(&p, &links[0], &limits, NOW));
	health_count(&p, &use, 1, &limits, NOW, &count);
	assert_int_equal(count.n[HEALTH_BEHIND], 1);
	assert_false(health_is_open(&p, &links[0], &limits, AT(20 * DAY)));
	health_count(&p, &use, 1, &limits, AT(20 * DAY), &count);
	for (int i = 0; i < HEALTH_STATES; i++)
		assert_int_equal(count.n[i], 0);
}

static void a_session_is_known_by_one_link_that_has_it(void **state)
{
	(void)state;
	tell_publication(&moved);
	links_part.links.n = 3;
	for (int i = 0; i < 3; i++) {
		links[i] = links[0];
		links[i].seen_at = AT(-20);
		links[i].seen = (struct feed_mark){AT(-20), {10, 7}};
	}
	links[1].kind = LINK_BUSY;
	const struct link_list *list = &links_part.links;
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
	links[1].seen.past.change = 11; /* whoever she shares it with */
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
	links[2].seen.past.change = 11;
	assert_true(health_knows(&p, list, "anna", &session, &limits, NOW));
	assert_false(health_knows(&p, list, "bram", &session, &limits, NOW));
	links[2].seen.past.session = 6; /* it cannot be: there was none */
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
	links[2].seen.past.session = 7;
	links[2].revoked_at = AT(-1);
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
	links[2].revoked_at = 0;
	links[2].seen_at = 0;
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
	links[2].seen_at = AT(-31 * DAY);
	assert_false(health_knows(&p, list, "anna", &session, &limits, NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calendar_shows_what_it_fetched),
		cmocka_unit_test(who_has_the_present_version_is_fresh),
		cmocka_unit_test(only_open_links_to_feeds_count),
		cmocka_unit_test(a_session_is_known_by_one_link_that_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
