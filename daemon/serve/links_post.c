/* links_post.c -- see the header.
 *
 *   form -> its word -> what to do -> a change (work/linking) -> 303
 *     \________________\_____________________\______________-> a page with one sentence
 *
 * Sent twice is as sent once: a link of that name and those options, one that is shut, or options
 * that are so already, are no second change; new addresses ask for the mark of the old ones. */
#include "serve/links_post.h"

#include "base/clock.h"
#include "base/parse.h"
#include "serve/csrf.h"
#include "serve/form.h"
#include "serve/misses.h"
#include "serve/pages_links.h"
#include "serve/texts.h"
#include "work/linking.h"

#include <stdio.h>
#include <string.h>

struct post {
	struct linking linking; /* first */
	struct server *server;
	struct http_request request; /* only id and method hold */
	enum language language;
	int64_t page; /* the link whose page it is */
	id_text member;
};

static void post_free(struct post *post)
{
	linking_fini(&post->linking);
	xfree(post);
}

/* ---- answers ---- */

static void refuse(struct reply *r, int status, enum text text, enum language language)
{
	struct buf body = {0};
	page_refused(language, text_of(text, language), "links", &body);
	reply_html(r, status, &body);
}

static void refuse_change(struct reply *r, const struct post *post, const struct err *err)
{
	static const struct {
		enum text text;
		int status;
	} refusals[] = {
		[LINKING_STALE] = {TEXT_REFUSED_STALE, 409},
		[LINKING_NAMESAKE] = {TEXT_REFUSED_NAME, 409},
		[LINKING_FULL] = {TEXT_REFUSED_FULL, 409},
		[LINKING_FOREIGN] = {TEXT_REFUSED_FOREIGN, 403},
		[LINKING_GONE] = {TEXT_REFUSED_GONE, 404},
		[LINKING_WORN] = {TEXT_REFUSED_CHANGES, 409},
	};
	enum linking_why why = post->linking.why;
	if (why != LINKING_OTHER)
		refuse(r, refusals[why].status, refusals[why].text, post->language);
	else if (err->code == ERR_CONFLICT || err->code == ERR_UNAVAILABLE)
		refuse(r, 503, TEXT_REFUSED_LATER, post->language);
	else if (err->code == ERR_USAGE || err->code == ERR_NOTFOUND)
		refuse(r, 400, TEXT_REFUSED_FORM, post->language);
	else
		refuse(r, err_http_status(err->code), TEXT_REFUSED_ERROR, post->language);
}

/* To the page as it is now: its own address may be another one. */
static void see_page(struct reply *r, const struct post *post)
{
	const struct links_part *links = r->server->world->now->links;
	const struct linking *l = &post->linking;
	struct buf to = {0};
	size_t i = 0;
	while (i < links->links.n && links->links.v[i].id != post->page)
		i++;
	if (l->what == LINKING_ROTATE && l->pages && i < links->links.n)
		buf_addf(&to, "../%s/", links->tokens[i].token);
	buf_adds(&to, "links");
	if (l->what == LINKING_NEW || l->what == LINKING_SET)
		buf_addf(&to, "#link-%lld", (long long)l->link.id);
	reply_see_other(r, buf_str(&to));
	buf_fini(&to);
}

static void done(struct change *change, const struct err *err)
{
	struct post *post = (struct post *)change;
	struct reply r = {.server = post->server, .request = &post->request};
	if (r.server->http && err)
		refuse_change(&r, post, err);
	else if (r.server->http)
		see_page(&r, post);
	buf_fini(&r.fields);
	post_free(post);
}

/* ---- what the form says ---- */

static bool take_id(const struct form *form, struct linking *l)
{
	struct err err;
	const char *text = form_value(form, "link");
	return text && parse_int(text, 1, INT64_MAX / 2, &l->link.id, &err);
}

static bool take_owner(const struct form *form, struct linking *l)
{
	const char *text = form_value(form, "owner");
	if (!text || !parse_is_id(text))
		return false;
	memcpy(l->link.owner, text, strlen(text) + 1);
	return true;
}

static bool take_mark(const struct form *form, struct linking *l)
{
	return form_text(form, "mark", l->mark, sizeof l->mark) && l->mark[0];
}

/* client, and of a whole feed alarm and obligations; a field that is not there stays as it is. */
static bool take_options(const struct form *form, struct linking *l)
{
	struct err err;
	const char *client = form_value(form, "client"), *alarm = form_value(form, "alarm");
	const char *obligations = form_value(form, "obligations");
	bool times = l->what == LINKING_NEW && l->link.kind == LINK_BUSY;
	if (client && !link_client_from_word(client, &l->link.client))
		return false;
	l->set |= client ? LINKING_CLIENT : 0U;
	if (times) /* whatever was chosen beside it: times alone have neither */
		return true;
	if ((alarm && !linking_alarm(alarm, &l->link.alarm_min, &err)) ||
	    (obligations && !obligations_from_word(obligations, &l->link.obligations)))
		return false;
	l->set |= (alarm ? LINKING_ALARM : 0U) | (obligations ? LINKING_OBLIGATIONS : 0U);
	return true;
}

static bool take_kind(const struct form *form, struct linking *l)
{
	const char *text = form_value(form, "kind");
	return text && link_kind_from_word(text, &l->link.kind) &&
	       (l->link.kind == LINK_FEED || l->link.kind == LINK_BUSY);
}

/* *bad_label: that alone is what is wrong. */
static bool take_label(const struct form *form, struct linking *l, bool *bad_label)
{
	char label[256];
	struct err err;
	*bad_label =
		!form_text(form, "label", label, sizeof label) || !linking_label_ok(label, &err);
	if (*bad_label)
		return false;
	l->link.label = xstrdup(label);
	l->set |= LINKING_LABEL;
	return true;
}

static bool take(const struct form *form, struct linking *l, bool *bad_label)
{
	const char *pages = form_value(form, "pages");
	switch (l->what) {
	case LINKING_NEW:
		return take_kind(form, l) && take_owner(form, l) && take_options(form, l) &&
		       take_label(form, l, bad_label);
	case LINKING_SET:
		return take_id(form, l) && take_mark(form, l) && take_options(form, l) &&
		       take_label(form, l, bad_label);
	case LINKING_REVOKE: return take_id(form, l);
	case LINKING_ROTATE:
		l->pages = pages && strcmp(pages, "yes") == 0;
		return take_owner(form, l) && take_mark(form, l);
	}
	return false;
}

static bool what_of(const struct form *form, enum linking_what *what)
{
	static const char *const words[] = {
		[LINKING_NEW] = "new",
		[LINKING_SET] = "set",
		[LINKING_REVOKE] = "revoke",
		[LINKING_ROTATE] = "rotate",
	};
	const char *word = form_value(form, "do");
	for (size_t i = 0; word && i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			*what = (enum linking_what)i;
			return true;
		}
	return false;
}

/* ---- doing it ---- */

static struct post *post_new(struct reply *r, enum linking_what what, const struct link *page,
			     enum language language)
{
	struct post *post = xcalloc(1, sizeof *post);
	struct linking *l = &post->linking;
	post->server = r->server;
	post->request = (struct http_request){.id = r->request->id, .method = r->request->method};
	post->language = language;
	post->page = page->id;
	memcpy(post->member, page->owner, sizeof post->member);
	linking_init(l, what);
	l->change.done = done;
	l->way = "page";
	l->member = post->member;
	l->limit = r->server->world->settings.links_per_owner;
	(void)snprintf(l->who, sizeof l->who, "%s", page->owner);
	return post;
}

static void act(struct reply *r, const struct form *form, const struct link *page,
		enum language language)
{
	enum linking_what what;
	struct err err;
	bool bad_label = false;
	if (!what_of(form, &what)) {
		refuse(r, 400, TEXT_REFUSED_FORM, language);
		return;
	}
	struct post *post = post_new(r, what, page, language);
	if (!take(form, &post->linking, &bad_label)) {
		refuse(r, 400, bad_label ? TEXT_REFUSED_LABEL : TEXT_REFUSED_FORM, language);
	} else if (!change_post(r->server->world, &post->linking.change, &err)) {
		refuse(r, 503, TEXT_REFUSED_LATER, language);
	} else {
		return; /* done() answers */
	}
	post_free(post);
}

/* Whoever has a page could fill the store by it: so many a minute, counted as misses are, with the
 * page's number in the place of an address. 429 and true when there were more. */
static bool too_many(struct reply *r, const struct link *page, enum language language)
{
	struct address number = {.v = {0}};
	for (int i = 0; i < 8; i++)
		number.v[i] = (unsigned char)(page->id >> (56 - 8 * i));
	int64_t wait_s = misses_note(r->server->posts, &number,
				     r->server->world->settings.max_posts, clock_mono_ms(), true);
	if (wait_s == 0)
		return false;
	buf_addf(&r->fields, "Retry-After: %lld\r\n", (long long)wait_s);
	refuse(r, 429, TEXT_REFUSED_LATER, language);
	return true;
}

void links_post(struct reply *r, size_t index, enum language language)
{
	const struct world *world = r->server->world;
	const struct links_part *links = world->now->links;
	struct form form = {0};
	struct err err = {0};
	if (too_many(r, &links->links.v[index], language))
		return;
	if (!form_is(http_field(r->request, "content-type"))) {
		refuse(r, 415, TEXT_REFUSED_FORM, language);
		return;
	}
	if (!form_parse(r->request->body, r->request->body_n, &form, &err))
		refuse(r, 400, TEXT_REFUSED_FORM, language);
	else if (!csrf_ok(world->key, links->tokens[index].token, clock_now(),
			  form_value(&form, "word")))
		refuse(r, 403, TEXT_REFUSED_WORD, language);
	else
		act(r, &form, &links->links.v[index], language);
	form_fini(&form);
}
