/* pages_sources.c -- how fresh everybody's timetables are, for whoever has the report's link: the
 * state of each source, how old it is and how far it reaches, and not a word of what is in it (no
 * error sentences either: they may quote a line). */
#include "serve/health_view.h"
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/source_view.h"
#include "serve/texts.h"

#include <string.h>

struct page {
	const struct publication *p;
	utc_t now;
	enum language language;
	struct buf *out;
};

static const char *say(const struct page *page, enum text text)
{
	return text_of(text, page->language);
}

static void state_cell(const struct page *page, enum source_state state)
{
	static const struct {
		enum text text;
		const char *class;
	} words[] = {
		[SOURCE_NEVER] = {TEXT_SOURCE_NEVER, "bad"},
		[SOURCE_FRESH] = {TEXT_SOURCE_FRESH, "on"},
		[SOURCE_STALE] = {TEXT_SOURCE_STALE, "behind"},
		[SOURCE_FAILED] = {TEXT_SOURCE_FAILED, "bad"},
		[SOURCE_QUARANTINED] = {TEXT_SOURCE_QUARANTINED, "bad"},
	};
	html_element(page->out, "td", say(page, words[state].text), "class", words[state].class,
		     NULL);
}

static void age_cell(const struct page *page, const struct source_view *view)
{
	char age[DURATION_TEXT], iso[CIVIL_TEXT];
	struct buf text = {0};
	if (!view->fresh_at) {
		html_element(page->out, "td", say(page, TEXT_NONE), "class", "soft", NULL);
		return;
	}
	(void)age_text(view->age_s, age);
	size_t digits = strspn(age, "0123456789");
	static const struct {
		char unit;
		const char *words[2];
	} units[] = {
		{'d', {"d", "d"}}, {'h', {"u", "h"}}, {'m', {"min", "min"}}, {'s', {"s", "s"}}};
	for (size_t i = 0; digits && i < sizeof units / sizeof *units; i++)
		if (age[digits] == units[i].unit)
			buf_addf(&text, "%.*s %s", (int)digits, age,
				 units[i].words[page->language]);
	if (!digits)
		buf_adds(&text, say(page, TEXT_JUST_NOW));
	html_open(page->out, "td", "class", "num", NULL);
	html_element(page->out, "time", buf_str(&text), "datetime", utc_text(view->fresh_at, iso),
		     NULL);
	html_close(page->out, "td");
	buf_fini(&text);
}

static void horizon_cell(const struct page *page, utc_t horizon)
{
	const struct zone *zone = page->p->roster->roster.programme.zone;
	struct buf text = {0};
	if (horizon == 0)
		buf_adds(&text, say(page, TEXT_NONE));
	else if (horizon == UTC_MAX)
		buf_adds(&text, say(page, TEXT_WHOLE_YEAR));
	else
		text_day(zone_day_of(zone, horizon - 1), page->language, &text);
	html_element(page->out, "td", buf_str(&text), "class", horizon ? "when" : "soft", NULL);
	buf_fini(&text);
}

static void count_cell(const struct page *page, int64_t n)
{
	html_open(page->out, "td", "class", "num", NULL);
	html_textf(page->out, "%lld", (long long)n);
	html_close(page->out, "td");
}

static void names_cell(const struct page *page, const struct source_view *view)
{
	struct buf names = {0};
	char *ids = xstrdup(buf_str(&view->persons)), *save = NULL;
	for (char *id = strtok_r(ids, ",", &save); id; id = strtok_r(NULL, ",", &save))
		buf_addf(&names, "%s%s", names.n ? ", " : "", publication_name(page->p, id));
	html_element(page->out, "td", buf_str(&names), NULL);
	xfree(ids);
	buf_fini(&names);
}

static void row(const struct page *page, size_t i)
{
	struct source_view view;
	source_view(page->p, i, page->now, &view);
	html_open(page->out, "tr", NULL);
	html_element(page->out, "th", view.source->id, "scope", "row", NULL);
	names_cell(page, &view);
	state_cell(page, view.state);
	age_cell(page, &view);
	horizon_cell(page, view.horizon);
	count_cell(page, view.part->record.events);
	count_cell(page, (int64_t)view.warnings);
	html_close(page->out, "tr");
	html_newline(page->out);
	source_view_fini(&view);
}

static void table(const struct page *page)
{
	static const struct {
		enum text text;
		bool number;
	} heads[] = {
		{TEXT_SOURCE, false},	 {TEXT_PERSON, false},	    {TEXT_STATE, false},
		{TEXT_SOURCE_AGE, true}, {TEXT_KNOWN_UNTIL, false}, {TEXT_EVENTS, true},
		{TEXT_WARNINGS, true},
	};
	struct buf *out = page->out;
	html_open(out, "div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label",
		  say(page, TEXT_SOURCES_TITLE), NULL);
	html_open(out, "table", NULL);
	html_element(out, "caption", say(page, TEXT_SOURCES_CAPTION), NULL);
	html_open(out, "thead", NULL);
	html_open(out, "tr", NULL);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		html_element(out, "th", say(page, heads[i].text), "scope", "col", "class",
			     heads[i].number ? "num" : NULL, NULL);
	html_close(out, "tr");
	html_close(out, "thead");
	html_open(out, "tbody", NULL);
	for (size_t i = 0; i < page->p->roster->roster.n_sources; i++)
		row(page, i);
	html_close(out, "tbody");
	html_close(out, "table");
	html_close(out, "div");
	html_newline(out);
}

/* Whose they are is nobody's business here. */
static void feeds(const struct page *page, const struct page_links *links)
{
	static const struct {
		enum text text;
		const char *class;
	} rows[HEALTH_STATES] = {
		[HEALTH_FRESH] = {TEXT_FEEDS_FRESH, "on"},
		[HEALTH_BEHIND] = {TEXT_FEEDS_BEHIND, "behind"},
		[HEALTH_STALE] = {TEXT_FEEDS_STALE, "bad"},
		[HEALTH_UNUSED] = {TEXT_FEEDS_UNUSED, "soft"},
		[HEALTH_NEVER] = {TEXT_FEEDS_NEVER, "soft"},
	};
	struct buf *out = page->out;
	struct health_count count;
	health_count(page->p, links->uses, links->n, &links->limits, page->now, &count);
	html_element(out, "h2", say(page, TEXT_FEEDS_TITLE), NULL);
	html_open(out, "table", NULL);
	html_element(out, "caption", say(page, TEXT_FEEDS_CAPTION), NULL);
	html_open(out, "thead", NULL);
	html_open(out, "tr", NULL);
	html_element(out, "th", say(page, TEXT_STATE), "scope", "col", NULL);
	html_element(out, "th", say(page, TEXT_FEEDS_COUNT), "scope", "col", "class", "num", NULL);
	html_close(out, "tr");
	html_close(out, "thead");
	html_open(out, "tbody", NULL);
	for (int i = 0; i < HEALTH_STATES; i++) {
		html_open(out, "tr", NULL);
		html_element(out, "th", say(page, rows[i].text), "scope", "row", "class",
			     rows[i].class, NULL);
		count_cell(page, (int64_t)count.n[i]);
		html_close(out, "tr");
	}
	html_close(out, "tbody");
	html_close(out, "table");
	html_newline(out);
}

void page_sources(const struct publication *p, utc_t now, const struct page_links *links,
		  const char *token, enum language language, struct buf *out)
{
	struct page page = {p, now, language, out};
	html_page_begin_below(out, language, say(&page, TEXT_SOURCES_TITLE));
	char *back = xasprintf("../%s", token);
	html_open(out, "p", "class", "actions noprint", NULL);
	html_element(out, "a", say(&page, TEXT_REPORT_TITLE), "class", "button", "href", back,
		     NULL);
	html_element(out, "a", say(&page, TEXT_AS_JSON), "class", "button", "href", "sources.json",
		     NULL);
	html_close(out, "p");
	html_newline(out);
	xfree(back);
	if (p->roster->roster.n_sources > 0)
		table(&page);
	else
		html_element(out, "p", say(&page, TEXT_NO_SOURCES), NULL);
	html_element(out, "p", say(&page, TEXT_THREE_STATES), "class", "soft", NULL);
	feeds(&page, links);
	html_page_end(out, say(&page, TEXT_FOOTER));
}

void sources_bytes(const struct publication *p, utc_t now, const struct page_links *links,
		   struct buf *out)
{
	struct health_count count;
	struct json json = {.out = out};
	json_object(&json, NULL);
	json_array(&json, "sources");
	for (size_t i = 0; i < p->roster->roster.n_sources; i++) {
		struct source_view view;
		source_view(p, i, now, &view);
		json_object(&json, NULL);
		source_keys(&json, &view);
		json_int(&json, "warnings", (int64_t)view.warnings);
		json_end(&json, '}');
		source_view_fini(&view);
	}
	json_end(&json, ']');
	health_count(p, links->uses, links->n, &links->limits, now, &count);
	json_object(&json, "feeds");
	health_count_keys(&json, &count);
	json_end(&json, '}');
	json_end(&json, '}');
}
