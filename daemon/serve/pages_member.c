/* pages_member.c -- a member's own page: the next session, those after it, the hours, and how to
 * have it all in one's own calendar. */
#include "report/table.h"
#include "serve/due_view.h"
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/pages_links.h"
#include "serve/report_data.h"
#include "serve/server.h"
#include "serve/texts.h"
#include "serve/year_view.h"
#include "work/clash.h"
#include "work/lesson.h"

#include <stdlib.h>
#include <string.h>

struct page {
	const struct publication *p;
	const char *person; /* id */
	const struct zone *zone;
	utc_t now;
	enum language language;
	const struct weights *weights;
	struct buf *out;
	const struct session **coming; /* by start */
	size_t n_coming, cap;
};

static const char *say(const struct page *page, enum text text)
{
	return text_of(text, page->language);
}

static void heading(const struct page *page, enum text text)
{
	html_newline(page->out);
	html_element(page->out, "h2", say(page, text), NULL);
	html_newline(page->out);
}

/* ---- sessions ---- */

static bool attends(const struct page *page, const struct session *s)
{
	for (size_t i = 0; i < s->n_attendees; i++)
		if (strcmp(s->attendees[i], page->person) == 0)
			return true;
	return false;
}

/* Booked and not over yet. What is provisional is the planner's own business. */
static void find_coming(struct page *page)
{
	const struct person_part *part = publication_person(page->p, page->person);
	for (size_t d = 0; part && d < part->n_duos; d++) {
		const struct duo_part *duo = publication_duo(page->p, part->duos[d]);
		for (size_t i = 0; duo && i < duo->sessions.n; i++) {
			const struct session *s = &duo->sessions.v[i];
			if (s->state != STATE_BOOKED || s->end <= page->now || !attends(page, s))
				continue;
			page->coming = xgrow(page->coming, page->n_coming, &page->cap,
					     sizeof *page->coming);
			page->coming[page->n_coming++] = s;
		}
	}
	if (page->n_coming)
		qsort(page->coming, page->n_coming, sizeof *page->coming, session_refs_by_start);
}

static void when(const struct page *page, const struct session *s)
{
	char iso[CIVIL_TEXT];
	struct buf text = {0};
	text_when(s->start, s->end, page->zone, page->language, &text);
	html_element(page->out, "time", buf_str(&text), "datetime", utc_text(s->start, iso), NULL);
	buf_fini(&text);
}

/* The first names are enough of a moment to which everybody comes. */
static void others(const struct page *page, const struct session *s, struct buf *text)
{
	enum { NAMES_MAX = 12 };
	int names = 0, more = 0;
	for (size_t i = 0; i < s->n_attendees; i++) {
		if (strcmp(s->attendees[i], page->person) == 0)
			continue;
		if (names == NAMES_MAX) {
			more++;
			continue;
		}
		buf_addf(text, "%s%s", names++ ? ", " : "",
			 publication_name(page->p, s->attendees[i]));
	}
	if (more)
		buf_addf(text, " +%d", more);
	if (*s->expert)
		buf_addf(text, "%s%s", text->n ? ", " : "", publication_name(page->p, s->expert));
	if (*s->room)
		buf_addf(text, " (%s)", publication_name(page->p, s->room));
	const char *host = visit_host(page->p, s);
	const struct lesson_text *lesson = host ? lesson_at(page->p, host, s->start, s->end) : NULL;
	if (host)
		buf_addf(text, "%s%s", text->n ? ", " : "", publication_name(page->p, host));
	if (lesson && lesson->title[0])
		buf_addf(text, " (%s%s%s)", lesson->title, lesson->place[0] ? ", " : "",
			 lesson->place);
}

/* Inside the freeze nothing moves by itself: who is concerned is told, with what could be
 * instead. Who is in the way and with what is the others' business: only "you" is said. */
static void clash_of(const struct page *page, const struct session *s, const struct clash *clash)
{
	struct clash_place places[CLASH_PLACES];
	struct buf with = {0};
	bool mine = clash->person && strcmp(clash->person->id, page->person) == 0;
	enum text why = !clash->person && !clash->third ? TEXT_CLASH_CLOSED
			: !mine				? TEXT_CLASH_OTHER
			: clash->absent			? TEXT_CLASH_ABSENT
							: TEXT_CLASH_BUSY;
	size_t n = clash_places(page->p, s, page->weights, page->now, places);
	others(page, s, &with);
	html_open(page->out, "p", "class", "clash", NULL);
	html_textf(page->out, "%s, %s", text_kind(s->kind, page->language), buf_str(&with));
	html_text(page->out, ", ");
	when(page, s);
	html_textf(page->out, ": %s ", say(page, why));
	html_text(page->out, say(page, n ? TEXT_CLASH_PLACES : TEXT_CLASH_NOWHERE));
	html_close(page->out, "p");
	if (n) {
		html_open(page->out, "ul", "class", "clash", NULL);
		for (size_t i = 0; i < n; i++) {
			struct session there = {.start = places[i].start, .end = places[i].end};
			html_open(page->out, "li", NULL);
			when(page, &there);
			html_close(page->out, "li");
		}
		html_close(page->out, "ul");
	}
	html_newline(page->out);
	buf_fini(&with);
}

static void clashes(const struct page *page)
{
	struct clash clash;
	bool any = false;
	for (size_t i = 0; i < page->n_coming; i++) {
		if (!clash_find(page->p, page->coming[i], page->now, &clash))
			continue;
		if (!any)
			heading(page, TEXT_CLASH);
		any = true;
		clash_of(page, page->coming[i], &clash);
	}
}

static void next_session(const struct page *page)
{
	const struct session *s = page->n_coming ? page->coming[0] : NULL;
	heading(page, TEXT_NEXT_SESSION);
	if (!s) {
		html_element(page->out, "p", say(page, TEXT_NO_NEXT), "class", "next", NULL);
		return;
	}
	const struct duo *duo = roster_duo(&page->p->roster->roster, s->duo);
	struct buf with = {0};
	others(page, s, &with);
	html_open(page->out, "p", "class", "next", NULL);
	when(page, s);
	html_open(page->out, "br", NULL);
	html_text(page->out, text_kind(s->kind, page->language));
	if (with.n)
		html_textf(page->out, " %s %s", say(page, TEXT_WITH_WORD), buf_str(&with));
	if (duo && duo->topic)
		html_textf(page->out, ": %s", duo->topic);
	html_close(page->out, "p");
	buf_fini(&with);
}

static void later_row(const struct page *page, const struct session *s)
{
	struct buf with = {0};
	others(page, s, &with);
	html_open(page->out, "tr", NULL);
	html_open(page->out, "th", "scope", "row", NULL);
	when(page, s);
	html_close(page->out, "th");
	html_element(page->out, "td", text_kind(s->kind, page->language), NULL);
	html_element(page->out, "td", buf_str(&with), NULL);
	html_close(page->out, "tr");
	html_newline(page->out);
	buf_fini(&with);
}

static void later_sessions(const struct page *page)
{
	static const enum text heads[] = {TEXT_WHEN, TEXT_WHAT, TEXT_WITH};
	if (page->n_coming == 0)
		return;
	heading(page, TEXT_COMING);
	if (page->n_coming == 1) {
		html_element(page->out, "p", say(page, TEXT_NO_MORE), NULL);
		return;
	}
	html_open(page->out, "table", NULL);
	html_open(page->out, "thead", NULL);
	html_open(page->out, "tr", NULL);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		html_element(page->out, "th", say(page, heads[i]), "scope", "col", NULL);
	html_close(page->out, "tr");
	html_close(page->out, "thead");
	html_open(page->out, "tbody", NULL);
	html_newline(page->out);
	for (size_t i = 1; i < page->n_coming; i++)
		later_row(page, page->coming[i]);
	html_close(page->out, "tbody");
	html_close(page->out, "table");
}

/* ---- hours ---- */

static void hours_line(const struct page *page, const struct figures_row *row)
{
	enum decimal decimal = page->language == LANG_NL ? DECIMAL_COMMA : DECIMAL_POINT;
	struct buf text = {0};
	text_hours(row->held_min, row->booked_min, row->budget_min, page->language, &text);
	html_element(page->out, "span", buf_str(&text), "class", "hours", NULL);
	if (row->assumed_min) {
		buf_clear(&text);
		hours_text(row->assumed_min, decimal, 1, &text);
		html_open(page->out, "br", NULL);
		html_textf(page->out, "%s %s. %s", say(page, TEXT_ASSUMED), buf_str(&text),
			   say(page, TEXT_ASSUMED_WHY));
	}
	buf_fini(&text);
}

static void hours(const struct page *page)
{
	const struct person *person = roster_person(&page->p->roster->roster, page->person);
	struct report_query query = report_query_now(page->p, page->now);
	struct figures figures;
	query.person = page->person;
	report_make(page->p, &query, &figures);
	struct figures_row sum = figures_total(figures.v, figures.n);
	if (person) /* shares may leave a part of it undivided */
		sum.budget_min = person->budget_min;
	heading(page, TEXT_MY_HOURS);
	html_open(page->out, "p", NULL);
	hours_line(page, &sum);
	html_close(page->out, "p");
	if (figures.n > 1) {
		html_element(page->out, "h3", say(page, TEXT_PER_DUO), NULL);
		html_open(page->out, "ul", NULL);
		for (size_t i = 0; i < figures.n; i++) {
			const char *duo = figures.v[i].duo;
			html_open(page->out, "li", NULL);
			html_textf(page->out, "%s: ", duo[0] ? duo : say(page, TEXT_NO_DUO));
			hours_line(page, &figures.v[i]);
			html_close(page->out, "li");
		}
		html_close(page->out, "ul");
	}
	figures_fini(&figures);
}

/* ---- the year ---- */

static void years(const struct page *page)
{
	const struct roster *roster = &page->p->roster->roster;
	bool any = false;
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *duo = &roster->duos[i];
		if (strcmp(duo->members[0], page->person) != 0 &&
		    strcmp(duo->members[1], page->person) != 0)
			continue;
		if (!any)
			heading(page, TEXT_YEAR);
		any = true;
		year_figure(page->p, duo, page->weights, page->now, page->language, page->out);
	}
}

void page_member(const struct publication *p, utc_t now, const struct weights *weights,
		 const struct page_links *links, int link_index, const char *token,
		 enum language language, struct buf *out)
{
	const char *id = p->links->links.v[link_index].owner;
	const struct person *person = roster_person(&p->roster->roster, id);
	const struct zone *programme = p->roster->roster.programme.zone;
	struct page page = {
		.p = p,
		.person = id,
		.zone = person && person->zone ? person->zone : programme,
		.now = now,
		.language = language,
		.weights = weights,
		.out = out,
	};
	find_coming(&page);
	html_page_begin(out, language, publication_name(p, id));
	clashes(&page);
	next_session(&page);
	later_sessions(&page);
	due_section(p, id, now, language, out);
	if (page.zone != programme) {
		html_open(out, "p", "class", "soft", NULL);
		html_textf(out, "%s %s.", say(&page, TEXT_TIMES_IN), zone_name(page.zone));
		html_close(out, "p");
	}
	hours(&page);
	years(&page);
	links_section(
		p,
		&(struct links_page){
			.member = id, .token = token, .uses = links, .zone = page.zone, .now = now},
		language, out);
	html_page_end(out, say(&page, TEXT_FOOTER));
	xfree(page.coming);
}
