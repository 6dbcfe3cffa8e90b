/* pages_links.c -- see the header. Every form says in "do" what it wants, carries the page's word
 * and, when it changes something, the mark of what was shown (serve/links_post reads them). */
#include "serve/pages_links.h"

#include "base/parse.h"
#include "serve/agent.h"
#include "serve/form.h"
#include "serve/health_view.h"
#include "serve/html.h"
#include "serve/subscribe.h"
#include "serve/texts.h"
#include "work/linking.h"

#include <stdio.h>
#include <string.h>

struct view {
	const struct publication *p;
	const struct links_page *page;
	const struct linking_owners *owners;
	enum language language;
	struct buf *out;
};

static const char *say(const struct view *v, enum text text)
{
	return text_of(text, v->language);
}

static bool is_shown(const struct view *v, const struct link *link)
{
	return link->revoked_at == 0 && linking_owners_have(v->owners, link);
}

/* ---- what was asked for ---- */

/* An open link of hers, or NULL. */
static const struct link *shown_link(const struct publication *p, const char *member, int64_t id,
				     size_t *index)
{
	const struct link_list *links = &p->links->links;
	for (*index = 0; *index < links->n; ++*index) {
		const struct link *link = &links->v[*index];
		if (link->id == id)
			return link->revoked_at == 0 && linking_is_hers(p, link, member) ? link
											 : NULL;
	}
	return NULL;
}

void links_page_query(struct links_page *page, const struct publication *p, const char *query)
{
	struct form form = {0};
	struct err err;
	size_t index;
	page->view = LINKS_ALL;
	if (!form_parse(query, strlen(query), &form, &err))
		return;
	const char *revoke = form_value(&form, "revoke"), *rotate = form_value(&form, "rotate");
	if (revoke && parse_int(revoke, 1, INT64_MAX / 2, &page->link, &err) &&
	    shown_link(p, page->member, page->link, &index))
		page->view = LINKS_REVOKE;
	else if (rotate && parse_is_id(rotate) && linking_may_own(p, rotate, page->member)) {
		page->view = LINKS_ROTATE;
		memcpy(page->owner, rotate, strlen(rotate) + 1);
	}
	form_fini(&form);
}

/* ---- parts of forms ---- */

static void form_begin(const struct view *v, const char *what)
{
	html_open(v->out, "form", "method", "post", "action", "links", "class", "noprint", NULL);
	html_open(v->out, "input", "type", "hidden", "name", "word", "value", v->page->word, NULL);
	html_open(v->out, "input", "type", "hidden", "name", "do", "value", what, NULL);
}

static void hidden(const struct view *v, const char *name, const char *value)
{
	html_open(v->out, "input", "type", "hidden", "name", name, "value", value, NULL);
}

static void form_end(const struct view *v, enum text button)
{
	html_open(v->out, "p", "class", "actions", NULL);
	html_element(v->out, "button", say(v, button), "type", "submit", "class", "button", NULL);
	html_close(v->out, "p");
	html_close(v->out, "form");
	html_newline(v->out);
}

static void label_begin(const struct view *v, enum text text)
{
	html_open(v->out, "p", NULL);
	html_open(v->out, "label", NULL);
	html_text(v->out, say(v, text));
	html_open(v->out, "br", NULL);
}

static void label_end(const struct view *v)
{
	html_close(v->out, "label");
	html_close(v->out, "p");
	html_newline(v->out);
}

static void option(const struct view *v, const char *value, const char *text, bool selected)
{
	html_element(v->out, "option", text, "value", value, "selected", selected ? "" : NULL,
		     NULL);
}

static void label_field(const struct view *v, const char *value)
{
	label_begin(v, TEXT_LINK_LABEL);
	html_open(v->out, "input", "type", "text", "name", "label", "maxlength", "100", "required",
		  "", "autocomplete", "off", "value", *value ? value : NULL, NULL);
	label_end(v);
}

static void client_field(const struct view *v, enum link_client is)
{
	label_begin(v, TEXT_LINK_CLIENT);
	html_open(v->out, "select", "name", "client", NULL);
	for (int i = 0; i < LINK_CLIENT_COUNT; i++)
		option(v, link_client_word((enum link_client)i),
		       subscribe_client((enum link_client)i, v->language),
		       (enum link_client)i == is);
	html_close(v->out, "select");
	label_end(v);
}

/* "15 minuten van tevoren", "1 day before" */
static void alarm_text(const struct view *v, int32_t minutes, struct buf *out)
{
	int32_t n = minutes % 1440 == 0 ? minutes / 1440
		    : minutes % 60 == 0 ? minutes / 60
					: minutes;
	enum text unit = minutes % 1440 == 0 ? (n == 1 ? TEXT_DAY : TEXT_DAYS)
			 : minutes % 60 == 0 ? (n == 1 ? TEXT_HOUR : TEXT_HOURS_MANY)
					     : TEXT_MINUTES;
	buf_clear(out);
	if (minutes == 0)
		buf_adds(out, say(v, TEXT_ALARM_AT));
	else
		buf_addf(out, "%d %s %s", n, say(v, unit), say(v, TEXT_ALARM_BEFORE));
}

/* The usual ones, and what it is when that is none of them. */
static void alarm_field(const struct view *v, int32_t is)
{
	static const int32_t usual[] = {0, 5, 10, 15, 30, 60, 120, 1440};
	enum { N = sizeof usual / sizeof *usual };
	struct buf text = {0};
	bool shown = is < 0;
	char word[DURATION_TEXT];
	label_begin(v, TEXT_LINK_ALARM);
	html_open(v->out, "select", "name", "alarm", NULL);
	option(v, "none", say(v, TEXT_ALARM_NONE), is < 0);
	for (int i = 0; i <= N; i++) {
		if (!shown && (i == N || is < usual[i])) {
			alarm_text(v, is, &text);
			option(v, minutes_text(is, word), buf_str(&text), true);
			shown = true;
		}
		if (i == N)
			break;
		alarm_text(v, usual[i], &text);
		option(v, minutes_text(usual[i], word), buf_str(&text), is == usual[i]);
		shown |= is == usual[i];
	}
	html_close(v->out, "select");
	label_end(v);
	buf_fini(&text);
}

static void obligations_field(const struct view *v, enum feed_obligations is)
{
	static const enum text names[OBLIGATIONS_COUNT] = {
		TEXT_OBLIGATIONS_EVENTS, TEXT_OBLIGATIONS_TODOS, TEXT_OBLIGATIONS_NONE};
	label_begin(v, TEXT_LINK_OBLIGATIONS);
	html_open(v->out, "select", "name", "obligations", NULL);
	for (int i = 0; i < OBLIGATIONS_COUNT; i++)
		option(v, obligations_word((enum feed_obligations)i), say(v, names[i]),
		       (enum feed_obligations)i == is);
	html_close(v->out, "select");
	label_end(v);
}

/* ---- owners ---- */

static const char *owner_name(const struct view *v, const char *owner, struct buf *text)
{
	buf_clear(text);
	if (strcmp(owner, v->page->member) == 0)
		buf_adds(text, say(v, TEXT_LINKS_OWN));
	else
		buf_addf(text, "%s %s", say(v, TEXT_DUO), owner);
	return buf_str(text);
}

/* ---- one link ---- */

/* When it was fetched last, by what, and what it still shows. */
static void health(const struct view *v, size_t index)
{
	const struct page_links *uses = v->page->uses;
	const struct zone *programme = v->p->roster->roster.programme.zone;
	for (size_t i = 0; uses && i < uses->n; i++) {
		const struct health_use *use = &uses->uses[i];
		struct health health;
		if (use->link != index)
			continue;
		health_of(v->p, use, &uses->limits, v->page->now, &health);
		health_html(use, &health, v->p, v->page->zone ? v->page->zone : programme,
			    v->language, v->page->now, v->out);
		health_fini(&health);
		if (!use->agent)
			continue;
		html_open(v->out, "p", "class", "soft", NULL);
		html_textf(v->out, "%s: %s", say(v, TEXT_LINK_AGENT), agent_family(use->agent));
		html_close(v->out, "p");
		html_newline(v->out);
	}
}

static void id_text_of(const struct link *link, char out[24])
{
	(void)snprintf(out, 24, "%lld", (long long)link->id);
}

static void change_form(const struct view *v, const struct link *link)
{
	char id[24], mark[LINKING_MARK];
	id_text_of(link, id);
	linking_mark(link, mark);
	html_open(v->out, "details", "class", "noprint", NULL);
	html_element(v->out, "summary", say(v, TEXT_LINK_CHANGE), NULL);
	form_begin(v, "set");
	hidden(v, "link", id);
	hidden(v, "mark", mark);
	label_field(v, link->label ? link->label : "");
	client_field(v, link->client);
	if (link->kind == LINK_FEED) {
		alarm_field(v, link->alarm_min);
		obligations_field(v, link->obligations);
	}
	form_end(v, TEXT_LINK_SAVE);
	html_close(v->out, "details");
	html_newline(v->out);
}

static void link_of(const struct view *v, size_t index)
{
	const struct link *link = &v->p->links->links.v[index];
	char id[24], anchor[32], revoke[48];
	struct buf name = {0};
	id_text_of(link, id);
	(void)snprintf(anchor, sizeof anchor, "link-%s", id);
	(void)snprintf(revoke, sizeof revoke, "links?revoke=%s", id);
	subscribe_name(v->p, index, v->language, &name);
	html_open(v->out, "section", "id", anchor, "class", "link", NULL);
	html_element(v->out, "h3", buf_str(&name), NULL);
	html_newline(v->out);
	health(v, index);
	subscribe_ways(v->p, index, v->language, v->out);
	subscribe_code(v->p, index, v->language, v->out);
	change_form(v, link);
	html_open(v->out, "p", "class", "noprint", NULL);
	html_open(v->out, "a", "href", revoke, NULL);
	html_textf(v->out, "%s: %s", say(v, TEXT_LINK_REVOKE), buf_str(&name));
	html_close(v->out, "a");
	html_close(v->out, "p");
	html_close(v->out, "section");
	html_newline(v->out);
	buf_fini(&name);
}

/* ---- all of them ---- */

static void owner_section(const struct view *v, const char *owner)
{
	const struct link_list *links = &v->p->links->links;
	struct buf text = {0};
	size_t shown = 0;
	html_element(v->out, "h2", owner_name(v, owner, &text), NULL);
	html_newline(v->out);
	for (size_t i = 0; i < links->n; i++) {
		if (strcmp(links->v[i].owner, owner) != 0 || !is_shown(v, &links->v[i]))
			continue;
		link_of(v, i);
		shown++;
	}
	if (shown == 0)
		html_element(v->out, "p", say(v, TEXT_LINKS_NONE), NULL);
	buf_clear(&text);
	buf_addf(&text, "links?rotate=%s", owner);
	html_open(v->out, "p", "class", "noprint", NULL);
	if (shown)
		html_element(v->out, "a", say(v, TEXT_LINK_ROTATE), "href", buf_str(&text), NULL);
	html_close(v->out, "p");
	html_newline(v->out);
	buf_fini(&text);
}

static void new_form(const struct view *v)
{
	struct buf text = {0};
	html_element(v->out, "h2", say(v, TEXT_LINK_NEW), "id", "new", NULL);
	html_element(v->out, "p", say(v, TEXT_LINK_NEW_WHY), NULL);
	html_newline(v->out);
	form_begin(v, "new");
	label_field(v, "");
	client_field(v, CLIENT_OTHER);
	label_begin(v, TEXT_LINK_OWNER);
	html_open(v->out, "select", "name", "owner", NULL);
	for (size_t i = 0; i < v->owners->n; i++)
		option(v, v->owners->v[i], owner_name(v, v->owners->v[i], &text), i == 0);
	html_close(v->out, "select");
	label_end(v);
	label_begin(v, TEXT_LINK_KIND);
	html_open(v->out, "select", "name", "kind", NULL);
	option(v, link_kind_word(LINK_FEED), say(v, TEXT_LINK_FULL), true);
	option(v, link_kind_word(LINK_BUSY), say(v, TEXT_BUSY_ONLY), false);
	html_close(v->out, "select");
	label_end(v);
	alarm_field(v, ALARM_NONE);
	obligations_field(v, OBLIGATIONS_EVENTS);
	form_end(v, TEXT_LINK_MAKE);
	buf_fini(&text);
}

static void back(struct buf *out, const char *href, enum text text, enum language language)
{
	html_open(out, "p", "class", "noprint", NULL);
	html_element(out, "a", text_of(text, language), "href", href, NULL);
	html_close(out, "p");
	html_newline(out);
}

static void view_all(const struct view *v)
{
	struct buf href = {0};
	buf_addf(&href, "../%s", v->page->token);
	html_page_begin_below(v->out, v->language, say(v, TEXT_LINKS_TITLE));
	back(v->out, buf_str(&href), TEXT_LINKS_BACK, v->language);
	for (size_t i = 0; i < v->owners->n; i++)
		owner_section(v, v->owners->v[i]);
	new_form(v);
	html_element(v->out, "p", say(v, TEXT_SECRET), "class", "soft", NULL);
	buf_fini(&href);
}

/* ---- questions ---- */

static void view_revoke(const struct view *v)
{
	struct buf name = {0};
	char id[24];
	size_t index;
	const struct link *link = shown_link(v->p, v->page->member, v->page->link, &index);
	html_page_begin_below(v->out, v->language, say(v, TEXT_LINK_REVOKE_ASK));
	if (link) {
		id_text_of(link, id);
		subscribe_name(v->p, index, v->language, &name);
		html_open(v->out, "p", NULL);
		html_element(v->out, "strong", buf_str(&name), NULL);
		html_close(v->out, "p");
		html_element(v->out, "p", say(v, TEXT_LINK_REVOKE_WHY), NULL);
		form_begin(v, "revoke");
		hidden(v, "link", id);
		form_end(v, TEXT_LINK_REVOKE);
	}
	back(v->out, "links", TEXT_LINK_KEEP, v->language);
	buf_fini(&name);
}

static void view_rotate(const struct view *v)
{
	const struct link_list *links = &v->p->links->links;
	struct buf name = {0};
	char mark[LINKING_MARK];
	const char *owner = v->page->owner;
	linking_mark_all(links, owner, mark);
	html_page_begin_below(v->out, v->language, say(v, TEXT_LINK_ROTATE_ASK));
	html_open(v->out, "ul", NULL);
	for (size_t i = 0; i < links->n; i++) {
		if (strcmp(links->v[i].owner, owner) != 0 || !is_shown(v, &links->v[i]))
			continue;
		buf_clear(&name);
		subscribe_name(v->p, i, v->language, &name);
		html_element(v->out, "li", buf_str(&name), NULL);
	}
	html_close(v->out, "ul");
	html_element(v->out, "p", say(v, TEXT_LINK_ROTATE_WHY), NULL);
	form_begin(v, "rotate");
	hidden(v, "owner", owner);
	hidden(v, "mark", mark);
	if (strcmp(owner, v->page->member) == 0) {
		html_open(v->out, "p", NULL);
		html_open(v->out, "label", NULL);
		html_open(v->out, "input", "type", "checkbox", "name", "pages", "value", "yes",
			  NULL);
		html_textf(v->out, " %s", say(v, TEXT_LINK_ROTATE_PAGE));
		html_close(v->out, "label");
		html_close(v->out, "p");
	}
	form_end(v, TEXT_LINK_ROTATE);
	back(v->out, "links", TEXT_LINK_KEEP, v->language);
	buf_fini(&name);
}

void links_page_html(const struct publication *p, const struct links_page *page,
		     enum language language, struct buf *out)
{
	static void (*const views[])(const struct view *) = {
		[LINKS_ALL] = view_all, [LINKS_REVOKE] = view_revoke, [LINKS_ROTATE] = view_rotate};
	struct linking_owners owners;
	struct view v = {p, page, &owners, language, out};
	linking_owners_init(&owners, p, page->member);
	views[page->view](&v);
	html_page_end(out, text_of(TEXT_FOOTER, language));
	linking_owners_fini(&owners);
}

/* ---- on other pages ---- */

void links_section(const struct publication *p, const struct links_page *page,
		   enum language language, struct buf *out)
{
	struct linking_owners owners;
	const struct view v = {p, page, &owners, language, out};
	const char *member = page->member;
	const struct link_list *links = &p->links->links;
	struct buf text = {0};
	size_t shown = 0;
	linking_owners_init(&owners, p, member);
	html_newline(out);
	html_element(out, "h2", text_of(TEXT_SUBSCRIBE, language), NULL);
	html_newline(out);
	for (size_t i = 0; i < links->n; i++) {
		if (!is_shown(&v, &links->v[i]))
			continue;
		if (shown++ == 0)
			html_element(out, "p", text_of(TEXT_SUBSCRIBE_WHY, language), NULL);
		buf_clear(&text);
		subscribe_name(p, i, language, &text);
		if (strcmp(links->v[i].owner, member) != 0)
			buf_addf(&text, ", %s %s", text_of(TEXT_DUO, language), links->v[i].owner);
		html_element(out, "h3", buf_str(&text), NULL);
		html_newline(out);
		health(&v, i);
		subscribe_ways(p, i, language, out);
	}
	if (shown == 0)
		html_element(out, "p", text_of(TEXT_SUBSCRIBE_NONE, language), NULL);
	buf_clear(&text);
	buf_addf(&text, "%s/links", page->token);
	back(out, buf_str(&text), TEXT_LINKS_MANAGE, language);
	if (shown)
		html_element(out, "p", text_of(TEXT_SECRET, language), "class", "soft", NULL);
	linking_owners_fini(&owners);
	buf_fini(&text);
}

void page_refused(enum language language, const char *sentence, const char *back_to,
		  struct buf *out)
{
	html_page_begin_below(out, language, text_of(TEXT_REFUSED, language));
	html_element(out, "p", sentence, "role", "alert", NULL);
	back(out, back_to, TEXT_LINKS_BACK, language);
	html_page_end(out, text_of(TEXT_FOOTER, language));
}
