/* test_pages.c -- what the pages say and do not say, that they are well-formed, and the report
 * command's options. Names in the made-up roster are hostile. */
#include "serve/command.h"
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/pages_links.h"
#include "serve/report_data.h"
#include "serve/source_view.h"
#include "serve/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define NOW    1795521600 /* 2026-11-24T12:00:00Z, a Tuesday, 13:00 in Amsterdam */
#define DAY(n) (NOW + (n)*86400)
#define HOUR   3600

/* ---- a publication by hand; nothing in it is owned ---- */

static struct person persons[] = {
	{.id = "anna", .name = (char *)"Anna <script>alert(1)</script>", .budget_min = 4500},
	{.id = "bram", .name = (char *)"Bram \"B\" & co", .budget_min = 4500},
	{.id = "cees", .name = (char *)"Cees", .budget_min = 4500},
};
static struct duo duos[] = {
	{.id = "d1", .members = {"anna", "bram"}, .topic = (char *)"</td><b>topic", .cadence = 5},
	{.id = "d2", .members = {"anna", "cees"}, .cadence = 5},
};
static id_text anna_bram[] = {"anna", "bram"}, anna_cees[] = {"anna", "cees"};
static struct session d1[] = {
	{.id = 1,
	 .kind = KIND_WORK,
	 .state = STATE_HELD,
	 .assumed = true,
	 .start = DAY(-1),
	 .end = DAY(-1) + 2 * HOUR,
	 .attendees = anna_bram,
	 .n_attendees = 2},
	{.id = 2,
	 .kind = KIND_WORK,
	 .state = STATE_BOOKED,
	 .start = DAY(7),
	 .end = DAY(7) + 2 * HOUR,
	 .attendees = anna_bram,
	 .n_attendees = 2},
	{.id = 3,
	 .kind = KIND_WORK,
	 .state = STATE_CANCELLED,
	 .start = DAY(8),
	 .end = DAY(8) + 2 * HOUR,
	 .attendees = anna_bram,
	 .n_attendees = 2},
	{.id = 4,
	 .kind = KIND_WORK,
	 .state = STATE_PROVISIONAL,
	 .start = DAY(9),
	 .end = DAY(9) + 2 * HOUR,
	 .attendees = anna_bram,
	 .n_attendees = 2},
};
static struct session d2[] = {
	{.id = 5,
	 .kind = KIND_INTERVISIE,
	 .state = STATE_BOOKED,
	 .start = DAY(1),
	 .end = DAY(1) + 2 * HOUR,
	 .attendees = anna_cees,
	 .n_attendees = 2},
};
static struct entry anna[] = {
	{.id = 1, .person = "anna", .duo = "d1", .session = 1, .minutes = 120, .assumed = true},
	{.id = 2, .person = "anna", .minutes = 30},
};
static struct entry bram[] = {
	{.id = 3, .person = "bram", .duo = "d1", .session = 1, .minutes = 120, .assumed = true},
};
static id_text annas_duos[] = {"d1", "d2"}, brams_duos[] = {"d1"};
static struct duo_part duo_parts[] = {
	{.refs = 1, .id = "d1", .sessions = {d1, 4, 4}},
	{.refs = 1, .id = "d2", .sessions = {d2, 1, 1}},
};
static struct person_part person_parts[] = {
	{.refs = 1, .id = "anna", .entries = {anna, 2, 2}, .duos = annas_duos, .n_duos = 2},
	{.refs = 1, .id = "bram", .entries = {bram, 1, 1}, .duos = brams_duos, .n_duos = 1},
};
static struct link links[] = {
	{.id = 1, .kind = LINK_ME, .owner = "anna", .label = (char *)"page"},
	{.id = 2, .kind = LINK_FEED, .owner = "anna", .label = (char *)"phone <b>"},
	{.id = 3, .kind = LINK_BUSY, .owner = "anna", .label = (char *)"share"},
	{.id = 4, .kind = LINK_FEED, .owner = "anna", .label = (char *)"lost", .revoked_at = 5},
	{.id = 5, .kind = LINK_FEED, .owner = "bram", .label = (char *)"his"},
	{.id = 6, .kind = LINK_ME, .owner = "bram", .label = (char *)"page"},
	{.id = 7, .kind = LINK_ME, .owner = "gone", .label = (char *)"page"},
};
static struct token_row tokens[] = {{"AAAAme", 0},   {"BBBBfeed", 1}, {"CCCCbusy", 2},
				    {"DDDDlost", 3}, {"EEEEbram", 4}, {"FFFFme", 5},
				    {"GGGGgone", 6}};
static struct links_part links_parts = {.refs = 1, .links = {links, 7, 7}, .tokens = tokens};
static const struct page_links no_links;
static struct roster_part roster_part;
static struct publication publication;

static int set_up(void **state)
{
	(void)state;
	const struct zone *zone = zone_by_name("Europe/Amsterdam");
	assert_non_null(zone);
	for (size_t i = 0; i < 3; i++)
		persons[i].zone = zone;
	roster_part = (struct roster_part){
		.refs = 1,
		.roster = {.programme = {.name = (char *)"Duo <leren>",
					 .start = civil_to_day(2026, 11, 2),
					 .past = civil_to_day(2027, 7, 1),
					 .zone = zone,
					 .language = LANG_NL,
					 .weekdays = 0x1F,
					 .budget_min = 4500,
					 .preferred_min = 120},
			   .persons = persons,
			   .n_persons = 3,
			   .duos = duos,
			   .n_duos = 2},
	};
	opendays_init(&roster_part.days, &roster_part.roster.programme);
	anna[0].day = bram[0].day = anna[1].day = civil_to_day(2026, 11, 23);
	struct duo_part **duo_list = publication.duos; /* of the test before */
	struct person_part **person_list = publication.persons;
	publication = (struct publication){
		.refs = 1,
		.roster = &roster_part,
		.duos = duo_list,
		.n_duos = duo_list ? 2 : 0,
		.persons = person_list,
		.n_persons = person_list ? 2 : 0,
		.links = &links_parts,
		.url = (char *)"https://duo.example",
	};
	for (int i = 0; i < 2 && !duo_list;
	     i++) { /* a reference of ours stays: they are not to be freed */
		publication_put_duo(&publication, duo_part_ref(&duo_parts[i]));
		publication_put_person(&publication, person_part_ref(&person_parts[i]));
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	opendays_fini(&roster_part.days);
	return 0;
}

/* ---- looking at a page ---- */

/* Every element that is opened is closed in order; quotes are even; no script, no inline style. */
static void check_form(const char *html)
{
	static const char *const voids[] = {"meta", "link", "br", "input", "!DOCTYPE"};
	char stack[64][16];
	int depth = 0;
	for (const char *p = html; (p = strchr(p, '<')); p++) {
		bool close = p[1] == '/';
		char name[16];
		const char *end = strchr(p, '>');
		assert_non_null(end);
		size_t n = strcspn(p + 1 + close, " >");
		assert_true(n < sizeof name);
		memcpy(name, p + 1 + close, n);
		name[n] = '\0';
		bool is_void = end[-1] == '/'; /* of SVG */
		for (size_t i = 0; i < sizeof voids / sizeof *voids; i++)
			is_void |= strcmp(name, voids[i]) == 0;
		if (is_void)
			continue;
		if (!close) {
			assert_true(depth < 64);
			memcpy(stack[depth++], name, sizeof name);
			continue;
		}
		assert_true(depth > 0);
		assert_string_equal(stack[--depth], name);
	}
	assert_int_equal(depth, 0);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<b>"));
	assert_null(strstr(html, " style="));
	assert_null(strstr(html, "(null)"));
}

static void has(const struct buf *page, const char *text)
{
	if (!strstr(buf_str(page), text))
		fail_msg("\"%s\" is not in:\n%s", text, buf_str(page));
}

static void lacks(const struct buf *page, const char *text)
{
	if (strstr(buf_str(page), text))
		fail_msg("\"%s\" is in:\n%s", text, buf_str(page));
}

static void before(const struct buf *page, const char *first, const char *second)
{
	has(page, first);
	has(page, second);
	assert_true(strstr(buf_str(page), first) < strstr(buf_str(page), second));
}

/* ---- member ---- */

static void member(void **state)
{
	(void)state;
	struct buf page = {0};
	page_member(&publication, NOW, &weights_default, &no_links, 0, "AAAAme", LANG_NL, &page);
	check_form(buf_str(&page));
	has(&page, "<html lang=\"nl\">");
	has(&page, "<h1>Anna &lt;script&gt;alert(1)&lt;/script&gt;</h1>");
	/* d2's is earlier than d1's */
	before(&page, "wo 25 november 2026 13:00-15:00", "di 1 december 2026 13:00-15:00");
	before(&page, "wo 25 november 2026", "Daarna");
	has(&page, "datetime=\"2026-11-25T12:00:00Z\"");
	has(&page, "intervisie met Cees");
	has(&page, "Bram &quot;B&quot; &amp; co");
	lacks(&page, "2 december");  /* cancelled */
	lacks(&page, "3 december");  /* provisional */
	lacks(&page, "23 november"); /* over */
	has(&page, "2,5 gehouden + 4,0 gepland / 75");
	has(&page, "waarvan aangenomen 2,0");
	has(&page, "d2: <span class=\"hours\">0,25 gehouden + 2,0 gepland / 37,5</span>");
	/* calendars */
	has(&page, "href=\"webcal://duo.example/feeds/BBBBfeed.ics\"");
	has(&page, "href=\"https://duo.example/feeds/BBBBfeed.ics\"");
	has(&page, "href=\"webcal://duo.example/feeds/CCCCbusy.ics\"");
	has(&page, "phone &lt;b&gt;");
	has(&page, "href=\"AAAAme/links\"");
	lacks(&page, "DDDDlost");
	lacks(&page, "EEEEbram");
	lacks(&page, "FFFFme");
	buf_fini(&page);
}

static void member_in_english_without_anything(void **state)
{
	(void)state;
	struct buf page = {0};
	page_member(&publication, NOW, &weights_default, &no_links, 6, "GGGGgone", LANG_EN, &page);
	check_form(buf_str(&page));
	has(&page, "<html lang=\"en\">");
	has(&page, "No session is booked now.");
	has(&page, "0.0 held + 0.0 planned / 0");
	has(&page, "There is no calendar link for you yet.");
	has(&page, "href=\"GGGGgone/links\"");
	lacks(&page, "Bram");
	buf_fini(&page);
	page_member(&publication, NOW, &weights_default, &no_links, 5, "FFFFme", LANG_EN, &page);
	check_form(buf_str(&page));
	has(&page, "Tue 1 December 2026 13:00-15:00");
	has(&page, "2.0 held + 2.0 planned / 75");
	has(&page, "Nothing more is booked yet.");
	lacks(&page, "25 November"); /* not his */
	lacks(&page, "Cees");
	buf_fini(&page);
}

/* ---- links ---- */

static void links_page(const char *query, enum language language, struct buf *out)
{
	struct links_page page = {.member = "anna", .token = "AAAAme", .word = "theword"};
	links_page_query(&page, &publication, query);
	buf_clear(out);
	links_page_html(&publication, &page, language, out);
	check_form(buf_str(out));
}

static void each_client_has_its_button(void **state)
{
	(void)state;
	static const struct {
		enum link_client client;
		const char *shown[2], *not ;
	} want[] = {
		{CLIENT_APPLE, {"href=\"webcal://duo.example/", "Open \xE2\x80\x9C"}, "webcals"},
		{CLIENT_ANDROID, {"href=\"webcals://duo.example/", "ICSx5"}, "calendar.google"},
		{CLIENT_THUNDERBIRD,
		 {"href=\"webcals://duo.example/", "Nieuwe agenda"},
		 "calendar.google"},
		{CLIENT_GNOME,
		 {"href=\"webcal://duo.example/", "Agenda toevoegen"},
		 "calendar.google"},
		{CLIENT_GOOGLE,
		 {"href=\"https://calendar.google.com/calendar/r/settings/addbyurl\"", "Plak"},
		 "webcal"},
		{CLIENT_OUTLOOK,
		 {"href=\"https://outlook.office.com/calendar/0/addfromweb?url=https%3A%2F%2F"
		  "duo.example%2Ffeeds%2FBBBBfeed.ics&amp;name=phone%20%3Cb%3E\"",
		  "href=\"https://outlook.live.com/calendar/0/addfromweb?url=https%3A%2F%2F"},
		 "webcal"},
		{CLIENT_NEXTCLOUD, {"Nieuw abonnement via link", "BBBBfeed"}, "webcal"},
		{CLIENT_OTHER,
		 {"href=\"webcal://duo.example/", "Google Agenda, in een"},
		 "webcals"},
	};
	struct buf page = {0};
	links[2].revoked_at = 1; /* the other one */
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		links[1].client = want[i].client;
		links_page("", LANG_NL, &page);
		has(&page, want[i].shown[0]);
		has(&page, want[i].shown[1]);
		lacks(&page, want[i].not );
		has(&page, "<code>https://duo.example/feeds/BBBBfeed.ics</code>");
		lacks(&page, "alleen op deze computer");
	}
	publication.url = (char *)"http://127.0.0.1:8340";
	links[1].client = CLIENT_GOOGLE;
	links_page("", LANG_NL, &page);
	has(&page, "alleen op deze computer zelf");
	publication.url = (char *)"https://duo.example";
	links[1].client = links[2].client = CLIENT_APPLE;
	links[2].revoked_at = 0;
	buf_fini(&page);
}

static void links_are_managed_by_plain_forms(void **state)
{
	(void)state;
	struct buf page = {0};
	links[1].alarm_min = 45;
	links[1].client = CLIENT_GNOME;
	links[2].alarm_min = ALARM_NONE;
	links_page("", LANG_EN, &page);
	has(&page, "<html lang=\"en\">");
	has(&page, "href=\"../AAAAme\"");
	has(&page, "<section id=\"link-2\"");
	has(&page, "<h3>phone &lt;b&gt;</h3>");
	has(&page, "<title id=\"qr-2-title\">phone &lt;b&gt;</title>");
	has(&page, "<title id=\"qr-3-title\">share (busy only, to share)</title>");
	has(&page, "action=\"links\"");
	has(&page, "name=\"word\" value=\"theword\"");
	/* none of the usual, in its place */
	before(&page, "value=\"30m\">30 minutes before",
	       "value=\"45m\" selected>45 minutes before");
	before(&page, "value=\"45m\" selected", "value=\"1h\">1 hour before");
	has(&page, "value=\"gnome\" selected>GNOME Calendar");
	has(&page, "value=\"none\" selected>none"); /* of the new one */
	has(&page, "value=\"0m\">at the start");
	has(&page, "value=\"24h\">1 day before");
	/* the link of times alone has neither alarm nor obligations: two of each, not three */
	const char *at = buf_str(&page);
	for (int i = 0; i < 2; i++)
		assert_non_null(at = strstr(at, "name=\"alarm\"") + 1);
	assert_null(strstr(at, "name=\"alarm\""));
	has(&page, "href=\"links?revoke=2\"");
	has(&page, "href=\"links?rotate=anna\"");
	has(&page, "<h2>Duo d1</h2>");
	lacks(&page, "links?rotate=d1"); /* it has no links */
	has(&page, "<option value=\"d1\">Duo d1</option>");
	lacks(&page, "EEEEbram");
	lacks(&page, "DDDDlost");
	buf_fini(&page);
	links[1].client = CLIENT_APPLE;
}

static void what_cannot_be_undone_is_asked(void **state)
{
	(void)state;
	struct buf page = {0};
	links_page("revoke=2", LANG_NL, &page);
	has(&page, "<h1>Deze link intrekken?</h1>");
	has(&page, "<strong>phone &lt;b&gt;</strong>");
	has(&page, "name=\"do\" value=\"revoke\"");
	has(&page, "name=\"link\" value=\"2\"");
	lacks(&page, "BBBBfeed");
	links_page("rotate=anna", LANG_NL, &page);
	has(&page, "<h1>Alle adressen vernieuwen?</h1>");
	has(&page, "<li>share (alleen bezet, om te delen)</li>");
	has(&page, "name=\"pages\"");
	has(&page, "name=\"mark\"");
	links_page("rotate=d1", LANG_NL, &page);
	has(&page, "name=\"owner\" value=\"d1\"");
	lacks(&page, "name=\"pages\""); /* a duo has no page */
	/* whatever is not hers, or is nothing: the page itself */
	static const char *const others[] = {"revoke=5",    "revoke=4", "revoke=1",    "revoke=99",
					     "revoke=x",    "revoke=",	"rotate=bram", "rotate=d9",
					     "rotate=../x", "%",	"x=1",	       "revoke"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		links_page(others[i], LANG_NL, &page);
		has(&page, "<h1>Agenda-links</h1>");
	}
	buf_clear(&page);
	page_refused(LANG_EN, "x <b>", "links", &page);
	check_form(buf_str(&page));
	has(&page, "<p role=\"alert\">x &lt;b&gt;</p>");
	buf_fini(&page);
}

static void a_clash_is_told_with_other_places(void **state)
{
	(void)state;
	struct buf page = {0};
	struct programme *p = &roster_part.roster.programme;
	static struct work_hours hours[] = {{0x1f, 510, 1020}};
	struct day_range away = {civil_to_day(2026, 12, 1), civil_to_day(2026, 12, 3),
				 (char *)"op <b>vakantie"};
	p->session_min = 60;
	p->session_max_min = 180;
	p->length_step_min = 15;
	p->start_grid_min = 5;
	p->min_gap = 2;
	memcpy(d1[1].duo, "d1", 3);
	for (int i = 0; i < 2; i++) {
		persons[i].works = hours;
		persons[i].n_works = 1;
	}
	page_member(&publication, NOW, &weights_default, &no_links, 0, "AAAAme", LANG_NL, &page);
	lacks(&page, "Kan niet doorgaan");
	buf_fini(&page);
	persons[1].absent = &away;
	persons[1].n_absent = 1;
	page_member(&publication, NOW, &weights_default, &no_links, 0, "AAAAme", LANG_NL, &page);
	check_form(buf_str(&page));
	before(&page, "Kan niet doorgaan zoals het staat", "Volgende sessie");
	has(&page, "een ander kan dan niet meer.");
	has(&page, "Dit zijn de beste andere momenten:");
	lacks(&page, "vakantie"); /* why is nobody's business */
	lacks(&page, "afwezig");
	const char *at = strstr(buf_str(&page), "<ul class=\"clash\">");
	assert_non_null(at);
	for (int i = 0; i < 3; i++) {
		at = strstr(at, "<li>");
		assert_non_null(at++);
	}
	assert_true(strstr(at, "</ul>") < strstr(at, "Volgende sessie"));
	buf_fini(&page);
	page_member(&publication, NOW, &weights_default, &no_links, 5, "FFFFme", LANG_EN, &page);
	has(&page, "you are absent then.");
	buf_fini(&page);
	persons[0].n_works = 0; /* and now there is no other place */
	page_member(&publication, NOW, &weights_default, &no_links, 5, "FFFFme", LANG_EN, &page);
	has(&page, "You share no other moment near it.");
	lacks(&page, "<ul class=\"clash\">");
	buf_fini(&page);
	for (int i = 0; i < 2; i++) {
		persons[i].n_works = persons[i].n_absent = 0;
		persons[i].works = NULL;
		persons[i].absent = NULL;
	}
}

/* Nothing failed, but nobody has looked for long: that is not fresh. */
static void what_was_not_read_for_long_is_stale(void **state)
{
	(void)state;
	struct source sources[] = {{.id = "a", .policy.refresh_s = 1800},
				   {.id = "b", .policy.refresh_s = 86400},
				   {.id = "c", .policy.refresh_s = 1800}};
	struct source_part parts[] = {{.refs = 1, .record.state = SOURCE_FRESH},
				      {.refs = 1, .record.state = SOURCE_FRESH},
				      {.refs = 1, .record.state = SOURCE_FAILED}};
	struct source_part *list[] = {&parts[0], &parts[1], &parts[2]};
	roster_part.roster.sources = sources;
	roster_part.roster.n_sources = 3;
	publication.sources = list;
	for (int i = 0; i < 3; i++)
		parts[i].record.fetched_at = NOW;
	assert_int_equal(source_shown_state(&publication, 0, DAY(1)), SOURCE_FRESH);
	assert_int_equal(source_shown_state(&publication, 0, DAY(1) + 1), SOURCE_STALE);
	assert_int_equal(source_shown_state(&publication, 1, DAY(3)), SOURCE_FRESH);
	assert_int_equal(source_shown_state(&publication, 1, DAY(3) + 1), SOURCE_STALE);
	assert_int_equal(source_shown_state(&publication, 2, DAY(9)), SOURCE_FAILED);
	parts[0].checked_at = DAY(5); /* read since, and found unchanged */
	assert_int_equal(source_shown_state(&publication, 0, DAY(6)), SOURCE_FRESH);
	publication.sources = NULL;
	roster_part.roster.n_sources = 0;
}

static void a_session_under_way_is_still_next(void **state)
{
	(void)state;
	struct buf page = {0};
	page_member(&publication, DAY(1) + HOUR, &weights_default, &no_links, 0, "AAAAme", LANG_EN,
		    &page);
	has(&page, "Wed 25 November 2026 13:00-15:00");
	buf_clear(&page);
	page_member(&publication, DAY(1) + 2 * HOUR, &weights_default, &no_links, 0, "AAAAme",
		    LANG_EN, &page);
	lacks(&page, "Wed 25 November 2026 13:00-15:00");
	buf_fini(&page);
}

static void times_by_ones_own_clock(void **state)
{
	(void)state;
	struct buf page = {0};
	persons[0].zone = zone_by_name("Europe/London");
	page_member(&publication, NOW, &weights_default, &no_links, 0, "AAAAme", LANG_EN, &page);
	has(&page, "Wed 25 November 2026 12:00-14:00");
	has(&page, "Europe/London");
	buf_fini(&page);
}

/* ---- manager ---- */

static void report(void **state)
{
	(void)state;
	struct buf page = {0};
	page_report(&publication, NOW, "TOKEN", LANG_EN, &page);
	check_form(buf_str(&page));
	has(&page, "<caption>");
	has(&page, "<th scope=\"col\">Pace</th>");
	has(&page, "<th scope=\"rowgroup\" rowspan=\"2\">d1<br>");
	has(&page, "&lt;/td&gt;&lt;b&gt;topic");
	has(&page, "<th scope=\"row\">Anna &lt;script&gt;alert(1)&lt;/script&gt;</th>");
	has(&page, "href=\"TOKEN.csv\"");
	has(&page, "href=\"TOKEN.json\"");
	has(&page, "Duo &lt;leren&gt;");
	has(&page, "2 duos; Stalled: 0; behind: 2.");
	before(&page, ">d2<", ">d1<");		    /* further behind */
	has(&page, "4.5 held + 8.0 planned / 225"); /* everybody together */
	has(&page, "Wed 25 November 2026 13:00</time>");
	buf_fini(&page);
	page_report(&publication, NOW, "TOKEN", LANG_NL, &page);
	check_form(buf_str(&page));
	has(&page, "4,5 gehouden + 8,0 gepland / 225");
	buf_fini(&page);
}

static void who_stalled_comes_first(void **state)
{
	(void)state;
	struct buf page = {0};
	int32_t budget = persons[1].budget_min;
	persons[1].budget_min = 1000000; /* d1 is now the one that is further behind */
	page_report(&publication, NOW, "TOKEN", LANG_EN, &page);
	before(&page, ">d1<", ">d2<");
	buf_clear(&page);
	d2[0].state = STATE_CANCELLED; /* never held, open day 17, twice the cadence is 10 */
	page_report(&publication, NOW, "TOKEN", LANG_EN, &page);
	d2[0].state = STATE_BOOKED;
	persons[1].budget_min = budget;
	has(&page, "2 duos; Stalled: 1; behind: 2.");
	has(&page, "<td class=\"bad\">yes</td>");
	before(&page, ">d2<", ">d1<");
	buf_fini(&page);
}

static void report_of_nobody(void **state)
{
	(void)state;
	struct buf page = {0};
	roster_part.roster.n_duos = 0;
	publication.n_duos = publication.n_persons = 0;
	page_report(&publication, NOW, "TOKEN", LANG_EN, &page);
	check_form(buf_str(&page));
	has(&page, "There are no duos yet.");
	buf_fini(&page);
}

static void page_and_files_say_the_same(void **state)
{
	(void)state;
	struct buf csv = {0}, json = {0};
	report_bytes(&publication, NOW, true, &csv);
	report_bytes(&publication, NOW, false, &json);
	has(&csv, "\r\nd1,bram,75,2,2,2,2,71,");
	has(&json, "{\"duo\":\"d1\",\"person\":\"bram\",\"budget_min\":4500,\"held_min\":120,"
		   "\"assumed_min\":120,\"booked_min\":120,\"provisional_min\":120,"
		   "\"remaining_min\":4260,");
	buf_fini(&csv);
	buf_fini(&json);
}

/* ---- strangers ---- */

static void a_session_page_says_nothing(void **state)
{
	(void)state;
	struct buf page = {0};
	page_session(LANG_NL, &page);
	check_form(buf_str(&page));
	has(&page, "persoonlijke link");
	lacks(&page, "Anna");
	buf_fini(&page);
}

/* ---- the command ---- */

static bool run(struct call *call, const char *as_of, const char *from, const char *to,
		const char *duo)
{
	buf_fini(&call->out);
	bool json = call->json;
	const char *csv = call->options[OPT_CSV], *decimal = call->options[OPT_DECIMAL];
	*call = (struct call){.p = &publication, .now = NOW, .json = json};
	call->options[OPT_AS_OF] = as_of;
	call->options[OPT_FROM] = from;
	call->options[OPT_TO] = to;
	call->options[OPT_DUO] = duo;
	call->options[OPT_CSV] = csv;
	call->options[OPT_DECIMAL] = decimal;
	return cmd_report(call);
}

static void says(const struct call *call, const char *part)
{
	if (call->err.code != ERR_USAGE || !strstr(call->err.text, part))
		fail_msg("not \"%s\" but %d \"%s\"", part, call->err.code, call->err.text);
}

static void command(void **state)
{
	(void)state;
	struct call call = {0};
	assert_true(run(&call, NULL, NULL, NULL, NULL));
	has(&call.out, "duo  person  budget");
	assert_true(run(&call, NULL, NULL, NULL, "d2"));
	lacks(&call.out, "bram");
	call.options[OPT_CSV] = "";
	assert_true(run(&call, "2026-11-22", NULL, NULL, NULL));
	has(&call.out, "\r\nd1,bram,75,0,0,4,2,71,"); /* the day before it was held */
	assert_true(run(&call, "2026-11-23", NULL, NULL, NULL));
	has(&call.out, "\r\nd1,bram,75,2,2,2,2,71,");
	assert_true(run(&call, NULL, "2026-11-23", "2026-11-23", NULL));
	has(&call.out, "\r\nd1,bram,75,2,2,0,0,71,");
	assert_true(run(&call, NULL, "2026-11-24", NULL, NULL));
	has(&call.out, "\r\nd1,bram,75,0,0,2,2,71,");
	assert_true(run(&call, NULL, NULL, "2026-11-22", NULL));
	has(&call.out, "\r\nd1,bram,75,0,0,0,0,71,");
	call.options[OPT_DECIMAL] = "comma";
	assert_true(run(&call, NULL, NULL, NULL, NULL));
	has(&call.out, "\r\nd1;anna;37,5;2,25;2;2;2;");
	call.options[OPT_DECIMAL] = call.options[OPT_CSV] = NULL;
	call.json = true;
	assert_true(run(&call, "2026-11-23", NULL, NULL, NULL));
	has(&call.out, "{\"as_of\":\"2026-11-23T23:00:00Z\",\"as_of_day\":\"2026-11-23\",");
	buf_fini(&call.out);
}

static void command_refuses(void **state)
{
	(void)state;
	struct call call = {0};
	assert_false(run(&call, "soon", NULL, NULL, NULL));
	says(&call, "soon");
	assert_false(run(&call, NULL, "2026-11-24", "2026-11-23", NULL));
	says(&call, "--from 2026-11-24 is after --to 2026-11-23");
	assert_false(run(&call, NULL, NULL, NULL, "d3"));
	assert_int_equal(call.err.code, ERR_NOTFOUND);
	call.options[OPT_DECIMAL] = "dot";
	assert_false(run(&call, NULL, NULL, NULL, NULL));
	says(&call, "point or comma");
	call.options[OPT_DECIMAL] = NULL;
	call.options[OPT_CSV] = "";
	call.json = true;
	assert_false(run(&call, NULL, NULL, NULL, NULL));
	says(&call, "not both");
	buf_fini(&call.out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(member),
		TEST(member_in_english_without_anything),
		TEST(each_client_has_its_button),
		TEST(links_are_managed_by_plain_forms),
		TEST(what_cannot_be_undone_is_asked),
		TEST(a_clash_is_told_with_other_places),
		TEST(what_was_not_read_for_long_is_stale),
		TEST(a_session_under_way_is_still_next),
		TEST(times_by_ones_own_clock),
		TEST(report),
		TEST(who_stalled_comes_first),
		TEST(report_of_nobody),
		TEST(page_and_files_say_the_same),
		TEST(a_session_page_says_nothing),
		TEST(command),
		TEST(command_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
