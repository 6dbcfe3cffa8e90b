/* pages_report.c -- the manager's page: one table, a group of rows a duo, the duos that need a
 * call first. */
#include "report/table.h"
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/report_data.h"
#include "serve/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct group { /* the rows of one duo */
	const struct figures_row *v;
	size_t n;
	bool live, stalled, behind;
	int64_t pace; /* the lowest; INT64_MAX without any */
};

struct page {
	const struct publication *p;
	const struct figures *figures;
	enum language language;
	struct buf *out;
	struct group *groups;
	size_t n_groups;
};

static const char *say(const struct page *page, enum text text)
{
	return text_of(text, page->language);
}

/* ---- who comes first ---- */

static int by_need(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->live != y->live)
		return x->live ? -1 : 1;
	if (x->stalled != y->stalled)
		return x->stalled ? -1 : 1;
	if (x->behind != y->behind)
		return x->behind ? -1 : 1;
	if (x->pace != y->pace)
		return x->pace < y->pace ? -1 : 1;
	return (x->v > y->v) - (x->v < y->v);
}

static void make_groups(struct page *page)
{
	const struct figures *f = page->figures;
	page->groups = xcalloc(f->n, sizeof *page->groups);
	for (size_t i = 0; i < f->n; i++) {
		const struct figures_row *row = &f->v[i];
		bool same = i > 0 && strcmp(row->duo, f->v[i - 1].duo) == 0;
		struct group *g = &page->groups[same ? page->n_groups - 1 : page->n_groups++];
		if (!same)
			*g = (struct group){.v = row, .pace = INT64_MAX};
		g->n++;
		g->live |= row->live;
		g->stalled |= row->stalled;
		g->behind |= figures_pace(row) == PACE_BEHIND;
		if (row->has_pace && row->pace_pct < g->pace)
			g->pace = row->pace_pct;
	}
	if (page->n_groups)
		qsort(page->groups, page->n_groups, sizeof *page->groups, by_need);
}

/* ---- cells ---- */

static enum decimal decimal_of(const struct page *page)
{
	return page->language == LANG_NL ? DECIMAL_COMMA : DECIMAL_POINT;
}

static void hours_cell(const struct page *page, int64_t minutes)
{
	struct buf text = {0};
	hours_text(minutes, decimal_of(page), 1, &text);
	html_element(page->out, "td", buf_str(&text), "class", "num", NULL);
	buf_fini(&text);
}

static void form_cell(const struct page *page, const struct figures_row *row)
{
	struct buf text = {0};
	html_open(page->out, "td", "class", "form", NULL);
	text_hours(row->held_min, row->booked_min, row->budget_min, page->language, &text);
	html_text(page->out, buf_str(&text));
	if (row->assumed_min) {
		buf_clear(&text);
		hours_text(row->assumed_min, decimal_of(page), 1, &text);
		html_open(page->out, "br", NULL);
		html_open(page->out, "span", "class", "soft", NULL);
		html_textf(page->out, "%s %s", say(page, TEXT_ASSUMED), buf_str(&text));
		html_close(page->out, "span");
	}
	html_close(page->out, "td");
	buf_fini(&text);
}

static void pace_cell(const struct page *page, const struct figures_row *row)
{
	static const struct {
		enum text text;
		const char *class;
	} words[] = {
		[PACE_NONE] = {TEXT_PACE_NONE, "soft"},
		[PACE_BEHIND] = {TEXT_PACE_BEHIND, "behind"},
		[PACE_ON] = {TEXT_PACE_ON, "on"},
		[PACE_AHEAD] = {TEXT_PACE_AHEAD, NULL},
	};
	enum pace pace = figures_pace(row);
	struct buf text = {0};
	if (pace != PACE_NONE) {
		hundredths_text(row->pace_pct, decimal_of(page), &text);
		buf_addc(&text, ' ');
	}
	buf_adds(&text, say(page, words[pace].text));
	html_element(page->out, "td", buf_str(&text), "class", words[pace].class, NULL);
	buf_fini(&text);
}

static void next_cell(const struct page *page, utc_t next)
{
	const struct zone *zone = page->p->roster->roster.programme.zone;
	char iso[CIVIL_TEXT], clock[CIVIL_TEXT];
	struct buf text = {0};
	if (!next) {
		html_element(page->out, "td", say(page, TEXT_NONE), "class", "soft", NULL);
		return;
	}
	local_t local = zone_to_local(zone, next);
	text_day(local_day(local), page->language, &text);
	buf_addf(&text, " %s", local_text(local, clock) + sizeof "2026-11-24");
	html_open(page->out, "td", "class", "when", NULL);
	html_element(page->out, "time", buf_str(&text), "datetime", utc_text(next, iso), NULL);
	html_close(page->out, "td");
	buf_fini(&text);
}

static void count_cell(const struct page *page, int n)
{
	html_open(page->out, "td", "class", "num", NULL);
	html_textf(page->out, "%d", n);
	html_close(page->out, "td");
}

/* ---- rows ---- */

static const char *topic_of(const struct page *page, const char *id)
{
	const struct duo *duo = roster_duo(&page->p->roster->roster, id);
	if (duo)
		return duo->topic;
	for (size_t i = 0; i < page->p->retired.n; i++)
		if (page->p->retired.v[i].is_duo && strcmp(page->p->retired.v[i].id, id) == 0)
			return page->p->retired.v[i].name;
	return NULL;
}

static void duo_cell(const struct page *page, const struct group *g)
{
	char rows[24];
	const char *topic = topic_of(page, g->v->duo);
	(void)snprintf(rows, sizeof rows, "%zu", g->n);
	html_open(page->out, "th", "scope", "rowgroup", "rowspan", rows, NULL);
	html_text(page->out, g->v->duo[0] ? g->v->duo : say(page, TEXT_NO_DUO));
	if (topic) {
		html_open(page->out, "br", NULL);
		html_element(page->out, "span", topic, "class", "soft", NULL);
	}
	html_close(page->out, "th");
}

static void row(const struct page *page, const struct figures_row *r)
{
	struct buf *out = page->out;
	html_open(out, "th", "scope", "row", NULL);
	html_text(out, publication_name(page->p, r->person));
	if (!r->live && r->duo[0]) {
		html_open(out, "br", NULL);
		html_element(out, "span", say(page, TEXT_LEFT), "class", "soft", NULL);
	}
	html_close(out, "th");
	html_element(out, "td", say(page, r->stalled ? TEXT_YES : TEXT_NO), "class",
		     r->stalled ? "bad" : NULL, NULL);
	pace_cell(page, r);
	form_cell(page, r);
	hours_cell(page, r->remaining_min);
	hours_cell(page, r->provisional_min);
	count_cell(page, r->gap_now);
	count_cell(page, r->gap_longest);
	next_cell(page, r->next);
}

static void group_rows(const struct page *page, const struct group *g)
{
	html_open(page->out, "tbody", NULL);
	for (size_t i = 0; i < g->n; i++) {
		html_open(page->out, "tr", NULL);
		if (i == 0)
			duo_cell(page, g);
		row(page, &g->v[i]);
		html_close(page->out, "tr");
		html_newline(page->out);
	}
	html_close(page->out, "tbody");
}

static void table_head(const struct page *page)
{
	static const struct {
		enum text text;
		bool number;
	} heads[] = {
		{TEXT_DUO, false},	  {TEXT_PERSON, false}, {TEXT_STALLED, false},
		{TEXT_PACE, false},	  {TEXT_HOURS, false},	{TEXT_REMAINING, true},
		{TEXT_PROVISIONAL, true}, {TEXT_GAP_NOW, true}, {TEXT_GAP_LONGEST, true},
		{TEXT_NEXT, false},
	};
	html_element(page->out, "caption", say(page, TEXT_REPORT_CAPTION), NULL);
	html_open(page->out, "thead", NULL);
	html_open(page->out, "tr", NULL);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		html_element(page->out, "th", say(page, heads[i].text), "scope", "col", "class",
			     heads[i].number ? "num" : NULL, NULL);
	html_close(page->out, "tr");
	html_close(page->out, "thead");
	html_newline(page->out);
}

static void table_foot(const struct page *page)
{
	struct figures_row sum = figures_total(page->figures->v, page->figures->n);
	html_open(page->out, "tfoot", NULL);
	html_open(page->out, "tr", NULL);
	html_element(page->out, "th", say(page, TEXT_TOTAL), "scope", "row", "colspan", "4", NULL);
	form_cell(page, &sum);
	hours_cell(page, sum.remaining_min);
	hours_cell(page, sum.provisional_min);
	html_element(page->out, "td", "", "colspan", "3", NULL);
	html_close(page->out, "tr");
	html_close(page->out, "tfoot");
}

/* ---- the page ---- */

static void summary(const struct page *page)
{
	struct buf text = {0};
	size_t live = 0, stalled = 0, behind = 0;
	for (size_t i = 0; i < page->n_groups; i++) {
		live += page->groups[i].live;
		stalled += page->groups[i].stalled;
		behind += page->groups[i].behind;
	}
	text_day(page->figures->as_of_day, page->language, &text);
	html_open(page->out, "p", NULL);
	html_textf(page->out, "%s %s. %zu %s; %s: %zu; %s: %zu.", say(page, TEXT_AS_OF),
		   buf_str(&text), live, say(page, TEXT_DUOS), say(page, TEXT_STALLED), stalled,
		   say(page, TEXT_PACE_BEHIND), behind);
	html_close(page->out, "p");
	html_newline(page->out);
	buf_fini(&text);
}

static void downloads(const struct page *page, const char *token)
{
	static const struct {
		enum text text;
		const char *suffix;
	} forms[] = {
		{TEXT_AS_CSV, ".csv"}, {TEXT_AS_JSON, ".json"}, {TEXT_SOURCES_TITLE, "/sources"}};
	html_open(page->out, "p", "class", "actions noprint", NULL);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *href = xasprintf("%s%s", token, forms[i].suffix);
		html_element(page->out, "a", say(page, forms[i].text), "class", "button", "href",
			     href, NULL);
		xfree(href);
	}
	html_close(page->out, "p");
	html_newline(page->out);
}

void page_report(const struct publication *p, utc_t now, const char *token, enum language language,
		 struct buf *out)
{
	struct report_query query = report_query_now(p, now);
	struct figures figures;
	report_make(p, &query, &figures);
	struct page page = {.p = p, .figures = &figures, .language = language, .out = out};
	make_groups(&page);
	html_page_begin(out, language, say(&page, TEXT_REPORT_TITLE));
	if (p->roster->roster.programme.name)
		html_element(out, "p", p->roster->roster.programme.name, NULL);
	summary(&page);
	downloads(&page, token);
	if (figures.n) {
		html_open(out, "div", "class", "scroll", "role", "region", "tabindex", "0",
			  "aria-label", say(&page, TEXT_REPORT_TITLE), NULL);
		html_open(out, "table", NULL);
		table_head(&page);
		for (size_t i = 0; i < page.n_groups; i++)
			group_rows(&page, &page.groups[i]);
		table_foot(&page);
		html_close(out, "table");
		html_close(out, "div");
		html_newline(out);
		html_element(out, "p", say(&page, TEXT_LEGEND), "class", "soft", NULL);
		html_element(out, "p", say(&page, TEXT_ASSUMED_WHY), "class", "soft", NULL);
	} else {
		html_element(out, "p", say(&page, TEXT_NO_ROWS), NULL);
	}
	html_page_end(out, say(&page, TEXT_FOOTER));
	xfree(page.groups);
	figures_fini(&figures);
}
