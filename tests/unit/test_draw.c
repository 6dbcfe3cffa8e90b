/* test_draw.c -- the picture of a year, by what is in it: well-formed, small, the same twice, with
 * every day, window, lesson, session and long gap at its place. */
#include "base/xml.h"
#include "plan/bill.h"
#include "plan/draw.h"
#include "plan/draw_words.h"
#include "plan_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t seed;

static const char hostile[] = "Anna <script>alert(1)</script> & \"B\" \x01\xff\xef\xbf\xbf ' é";

/* ---- a picture of a world ---- */

struct picture {
	struct plan plan;
	struct draw_session sessions[WORLD_MAX * 4];
	struct draw draw;
	struct buf svg;
};

static void picture_init(struct picture *p, const struct world *w)
{
	*p = (struct picture){0};
	plan_make(&w->task, &p->plan);
	for (size_t i = 0; i < p->plan.n && i < sizeof p->sessions / sizeof *p->sessions; i++) {
		const struct plan_session *s = &p->plan.v[i];
		p->sessions[p->draw.n_sessions++] =
			(struct draw_session){s->start, s->end, s->kind,
					      s->provisional ? STATE_PROVISIONAL : STATE_BOOKED};
	}
	p->draw.task = &w->task;
	p->draw.sessions = p->sessions;
	p->draw.title = "Herschrijven";
	p->draw.names[0] = "Anna";
	p->draw.names[1] = "Bram";
	p->draw.language = LANG_EN;
	p->draw.prefix = "anna-bram";
	p->draw.whole = true;
}

static const char *picture_draw(struct picture *p)
{
	buf_clear(&p->svg);
	draw_year(&p->draw, &p->svg);
	return buf_str(&p->svg);
}

static void picture_fini(struct picture *p)
{
	plan_fini(&p->plan);
	buf_fini(&p->svg);
}

/* ---- looking at it ---- */

/* Elements nest, attributes are quoted, text is escaped, and nothing can act. */
static void check_form(const char *svg)
{
	char stack[32][16];
	int depth = 0;
	if (strncmp(svg, "<?xml", 5) == 0)
		svg = strchr(svg, '\n');
	for (const char *p = svg; *p; p++) {
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
		if (*p == '>')
			fail_msg("a bare > at: %.60s", p);
		if (*p == '&')
			assert_true(strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 ||
				    strncmp(p, "&gt;", 4) == 0 || strncmp(p, "&quot;", 6) == 0 ||
				    strncmp(p, "&#39;", 5) == 0);
		if (*p != '<')
			continue;
		bool close = p[1] == '/';
		char name[16];
		size_t n = strcspn(p + 1 + close, " >");
		assert_true(n > 0 && n < sizeof name);
		memcpy(name, p + 1 + close, n);
		name[n] = '\0';
		const char *end = p + 1 + close + n;
		while (*end == ' ') { /* name="value" */
			end += 1 + strcspn(end + 1, "=\"<>");
			assert_true(strncmp(end, "=\"", 2) == 0);
			end += 2 + strcspn(end + 2, "\"<>");
			assert_int_equal(*end++, '"');
		}
		assert_int_equal(*end, '>');
		p = end;
		if (close) {
			assert_true(depth > 0);
			assert_string_equal(stack[--depth], name);
		} else {
			assert_true(depth < 32);
			memcpy(stack[depth++], name, sizeof name);
		}
	}
	assert_int_equal(depth, 0);
	static const char *const never[] = {"<a ",	  "<script",	  " style=", "href",
					    "javascript", "(null)",	  " on",     "<image",
					    "<use",	  "foreignObject"};
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strstr(svg, never[i]))
			fail_msg("\"%s\" is in the picture", never[i]);
	for (const char *p = svg; (p = strstr(p, "url(")); p += 4)
		assert_int_equal(p[4], '#'); /* nothing from elsewhere */
}

static int count(const char *text, const char *what)
{
	int n = 0;
	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

struct piece {
	int x, y, w, h;
};
struct pieces {
	struct piece v[8000];
	int n;
};

/* All boxes of the paths of @class whose x is that of a column plus @into (-1: any). */
static void pieces_of(const char *svg, const char *class, int into, struct pieces *out)
{
	char head[64];
	out->n = 0;
	(void)snprintf(head, sizeof head, "<path class=\"%s\"", class);
	for (const char *p = svg; (p = strstr(p, head)); p++) {
		const char *d = strstr(p, " d=\"") + 4, *end = strchr(d, '"');
		while (d < end) {
			struct piece b;
			int back, used;
			assert_int_equal(sscanf(d, "M%d %dh%dv%dh-%dz%n", &b.x, &b.y, &b.w, &b.h,
						&back, &used),
					 5);
			assert_true(back == b.w && b.w > 0 && b.h > 0 && out->n < 8000);
			if (into < 0 || (b.x - 46) % 22 == into)
				out->v[out->n++] = b;
			d += used;
		}
	}
}

static bool covers(const struct pieces *pieces, int x, int y)
{
	for (int i = 0; i < pieces->n; i++) {
		const struct piece *b = &pieces->v[i];
		if (b->x <= x && x < b->x + b->w && b->y <= y && y < b->y + b->h)
			return true;
	}
	return false;
}

static struct pieces pieces, other;

/* ---- what is in it ---- */

static void every_picture_is_well_formed_and_the_same_twice(void **state)
{
	(void)state;
	for (int round = 0; round < 150; round++) {
		struct world world, *w = &world;
		struct picture p;
		int width, height;
		world_init(w, seed + (uint64_t)round);
		picture_init(&p, w);
		p.draw.language = round % 2 ? LANG_NL : LANG_EN;
		p.draw.whole = round % 3 > 0;
		if (round % 5 == 0)
			p.draw.title = p.draw.names[0] = p.draw.names[1] = hostile;
		char *first = xstrdup(picture_draw(&p));
		check_form(first);
		assert_string_equal(first, picture_draw(&p));
		assert_int_equal(strstr(first, "<style>") != NULL, p.draw.whole);
		assert_int_equal(strncmp(first, "<?xml", 5) == 0, p.draw.whole);
		assert_int_equal(count(first, "<title id=\"anna-bram-title\">"), 1);
		assert_int_equal(count(first, "<desc id=\"anna-bram-desc\">"), 1);
		assert_non_null(strstr(first, "role=\"img\""));
		assert_int_equal(
			sscanf(strstr(first, "viewBox"), "viewBox=\"0 0 %d %d\"", &width, &height),
			2);
		static const char *const classes[] = {"y-open",	   "y-closed",	  "y-window",
						      "y-busy",	   "y-tentative", "y-assumed",
						      "y-unknown", "y-off",	  "y-today"};
		for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
			pieces_of(first, classes[i], -1, &pieces);
			for (int k = 0; k < pieces.n; k++) {
				assert_true(pieces.v[k].x >= 0 && pieces.v[k].y >= 0);
				assert_true(pieces.v[k].x + pieces.v[k].w <= width);
				assert_true(pieces.v[k].y + pieces.v[k].h <= height);
			}
		}
		xfree(first);
		picture_fini(&p);
		world_fini(w);
	}
}

/* One box a day, besides that of the legend; one group a session, besides the legend's. */
static void days_sessions_and_gaps_are_all_there(void **state)
{
	(void)state;
	int gaps_seen = 0;
	for (int round = 0; round < 60; round++) {
		struct world world, *w = &world;
		struct picture p;
		struct plan_bill bill;
		world_init(w, seed + (uint64_t)round);
		picture_init(&p, w);
		const char *svg = picture_draw(&p);
		int open = 0, closed = 0;
		for (day_t d = w->programme.start; d < w->programme.past; d++) {
			open += model_open(&w->programme, d);
			closed += !model_open(&w->programme, d) &&
				  (w->programme.weekdays >> civil_weekday(d) & 1);
		}
		pieces_of(svg, "y-open", -1, &pieces);
		assert_int_equal(pieces.n, open + 1);
		pieces_of(svg, "y-closed", -1, &pieces);
		assert_int_equal(pieces.n, closed + 1);
		int shown = 0, long_gaps = 0;
		for (size_t i = 0; i < p.plan.n; i++) {
			day_t date = zone_day_of(w->programme.zone, p.plan.v[i].start);
			shown += date >= w->programme.start && date < w->programme.past &&
				 (w->programme.weekdays >> civil_weekday(date) & 1);
		}
		/* a session's group begins with its title, a swatch's does not */
		assert_int_equal(count(svg, "\"><title>"), shown);
		assert_int_equal(count(svg, "y-provisional\"><title>") +
					 count(svg, "y-booked\"><title>"),
				 shown);
		plan_bill_init(&bill, &w->task, &p.plan);
		if (shown == (int)p.plan.n)
			for (size_t i = 0; i < bill.n_gaps; i++) {
				char label[40];
				if (bill.gaps[i].open_days <= 2 * p.plan.cadence)
					continue;
				(void)snprintf(label, sizeof label, ">%d open days<",
					       bill.gaps[i].open_days);
				assert_non_null(strstr(svg, label));
				long_gaps++;
			}
		if (shown == (int)p.plan.n)
			assert_int_equal(count(svg, "class=\"y-gap-label\""), long_gaps);
		gaps_seen += long_gaps;
		plan_bill_fini(&bill);
		picture_fini(&p);
		world_fini(w);
	}
	assert_true(gaps_seen > 10);
}

/* Every quarter of an hour of every open day against the stupid model. */
static void time_is_where_it_belongs(void **state)
{
	(void)state;
	for (int round = 0; round < 6; round++) {
		struct world world, *w = &world;
		struct picture p;
		struct model_day model;
		world_plain(w, seed + (uint64_t)round, 4 + round, 30 + 8 * (unsigned)round);
		w->task.members[1].known_until = world_at(w, w->days.v[w->days.n - 4], 0);
		picture_init(&p, w);
		const char *svg = picture_draw(&p);
		for (int m = 0; m < 3; m++) { /* two members, and the time they share */
			pieces_of(svg, m < 2 ? "y-busy" : "y-window", m == 1 ? 9 : 0, &pieces);
			pieces_of(svg, m < 2 ? "y-assumed" : "y-window", m == 1 ? 9 : 0, &other);
			for (int d = 0; d < w->days.n; d++) {
				day_t date = w->days.v[d];
				int x = 46 + (int)(date - w->programme.start) / 7 * 22 +
					(m == 1 ? 9 : 0) + 2;
				/* 08:30 to 17:00 is shown as 8 to 17, five minutes a unit */
				int y = 44 + (int)civil_weekday(date) * (108 + 6);
				model_day(w, date, &model);
				for (int t = 8 * 60; t < 17 * 60; t += 5) {
					utc_t at = model.start + t * 60;
					int yt = y + (t - 480) / 5;
					enum level level =
						m < 2 ? model_level(w, m, at) : LEVEL_FREE;
					bool assumed =
						m < 2 && at >= w->task.members[m].known_until;
					bool free = m == 2 && model.free[t];
					if (m == 2)
						assert_int_equal(covers(&pieces, x, yt), free);
					else if (assumed)
						assert_int_equal(covers(&other, x, yt),
								 level > LEVEL_FREE);
					else
						assert_int_equal(covers(&pieces, x, yt),
								 level == LEVEL_BUSY);
				}
			}
		}
		picture_fini(&p);
		world_fini(w);
	}
}

static void a_usual_year_is_small(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct picture p;
	world_plain(w, seed, 46, 55);
	picture_init(&p, w);
	(void)picture_draw(&p);
	printf("46 weeks, a lesson in more than half of all hours: %zu bytes\n", p.svg.n);
	assert_true(p.svg.n < 100 * 1000);
	picture_fini(&p);
	world_fini(w);
}

static void every_kind_and_state_has_its_look(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct picture p;
	world_plain(w, seed, 8, 0);
	picture_init(&p, w);
	p.draw.n_sessions = 0;
	for (int k = 0; k < KIND_COUNT; k++) {
		utc_t at = world_at(w, w->days.v[4 * k], 600);
		p.sessions[p.draw.n_sessions++] = (struct draw_session){
			at, at + 7200, (enum kind)k, (enum state)(k % STATE_COUNT)};
	}
	p.draw.language = LANG_NL;
	const char *svg = picture_draw(&p);
	check_form(svg);
	for (int k = 0; k < KIND_COUNT; k++) {
		char title[120];
		struct buf date = {0};
		bool drawn = k % STATE_COUNT != STATE_CANCELLED;
		draw_date(&date, w->days.v[4 * k], LANG_NL);
		(void)snprintf(title, sizeof title,
			       "<g class=\"y-%s y-%s\"><title>%s, %s 10:00-12:00, %s</title>",
			       kind_word((enum kind)k), state_word((enum state)(k % STATE_COUNT)),
			       draw_kind((enum kind)k, LANG_NL), buf_str(&date),
			       draw_state((enum state)(k % STATE_COUNT), LANG_NL));
		if ((strstr(svg, title) != NULL) != drawn)
			fail_msg("%s%s", drawn ? "missing: " : "there: ", title);
		buf_fini(&date);
	}
	/* what was missed ends no gap and counts no hours: five of the seven sessions are left */
	assert_non_null(strstr(svg, ">5 sessies (10,0 uur), langste tussenpoos "));
	/* every look that is used has a rule, every hatching a pattern */
	for (int k = 0; k < STATE_COUNT; k++) {
		char rule[40];
		(void)snprintf(rule, sizeof rule, "y-%s", state_word((enum state)k));
		if (k != STATE_CANCELLED && k != STATE_BOOKED)
			assert_non_null(strstr(draw_style, rule));
	}
	assert_int_equal(count(svg, "<pattern id=\"anna-bram-"), 5);
	picture_fini(&p);
	world_fini(w);
}

static void odd_programmes_have_a_picture(void **state)
{
	(void)state;
	struct world world, *w = &world;
	struct picture p;
	world_plain(w, seed, 1, 20); /* of one day */
	w->programme.past = w->programme.start + 1;
	opendays_fini(&w->days);
	world_task(w);
	picture_init(&p, w);
	check_form(picture_draw(&p));
	picture_fini(&p);
	w->closed[0] = (struct day_range){w->programme.start, w->programme.past, NULL};
	w->programme.n_closed = 1; /* all closed */
	opendays_fini(&w->days);
	world_task(w);
	picture_init(&p, w);
	check_form(picture_draw(&p));
	assert_non_null(strstr(picture_draw(&p), "0 sessions (0.0 hours)"));
	picture_fini(&p);
	world_fini(w);
	world_plain(w, seed, 52 * 10, 20); /* ten years, and somebody who works at night */
	w->works[0][0] = (struct work_hours){0x7f, 0, 1440};
	w->works[1][0] = (struct work_hours){0x7f, 0, 1440};
	picture_init(&p, w);
	p.draw.n_sessions = 0;
	check_form(picture_draw(&p));
	assert_non_null(strstr(picture_draw(&p), ">00-24<"));
	picture_fini(&p);
	world_fini(w);
	world_plain(w, seed, 6, 20); /* works = nothing at all, never read */
	w->persons[0].n_works = w->persons[1].n_works = 0;
	w->task.members[0].known_until = w->task.members[1].known_until = UTC_MIN;
	picture_init(&p, w);
	check_form(picture_draw(&p));
	picture_fini(&p);
	world_fini(w);
}

static void text_is_escaped(void **state)
{
	(void)state;
	struct buf out = {0};
	xml_text(&out, hostile);
	assert_string_equal(buf_str(&out),
			    "Anna &lt;script&gt;alert(1)&lt;/script&gt; &amp; "
			    "&quot;B&quot; \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD &#39; é");
	buf_fini(&out);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_picture_is_well_formed_and_the_same_twice),
		cmocka_unit_test(days_sessions_and_gaps_are_all_there),
		cmocka_unit_test(time_is_where_it_belongs),
		cmocka_unit_test(a_usual_year_is_small),
		cmocka_unit_test(every_kind_and_state_has_its_look),
		cmocka_unit_test(odd_programmes_have_a_picture),
		cmocka_unit_test(text_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
