/* subscribe.c -- see the header. Google has a page where an address is pasted, Outlook takes it in
 * the address of its own page, whoever knows webcal opens a dialogue by itself; Nextcloud is some
 * server that we do not know. */
#include "serve/subscribe.h"

#include "serve/form.h"
#include "serve/link_view.h"
#include "serve/qr.h"
#include "serve/server.h"
#include "serve/texts.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum text name;
	enum text how[2]; /* TEXT_COUNT: nothing more to say */
	bool touch;	  /* the device opens it by itself */
} clients[LINK_CLIENT_COUNT] = {
	[CLIENT_APPLE] = {TEXT_CLIENT_APPLE, {TEXT_SUBSCRIBE_TOUCH, TEXT_COUNT}, true},
	[CLIENT_ANDROID] = {TEXT_CLIENT_ANDROID, {TEXT_SUBSCRIBE_ANDROID, TEXT_COUNT}, true},
	[CLIENT_GOOGLE] = {TEXT_CLIENT_GOOGLE, {TEXT_PASTE_GOOGLE, TEXT_COUNT}, false},
	[CLIENT_OUTLOOK] = {TEXT_CLIENT_OUTLOOK, {TEXT_SUBSCRIBE_OUTLOOK, TEXT_COUNT}, false},
	[CLIENT_THUNDERBIRD] = {TEXT_CLIENT_THUNDERBIRD,
				{TEXT_SUBSCRIBE_TOUCH, TEXT_SUBSCRIBE_THUNDERBIRD},
				true},
	[CLIENT_GNOME] = {TEXT_CLIENT_GNOME, {TEXT_SUBSCRIBE_TOUCH, TEXT_SUBSCRIBE_GNOME}, true},
	[CLIENT_NEXTCLOUD] = {TEXT_CLIENT_NEXTCLOUD, {TEXT_SUBSCRIBE_NEXTCLOUD, TEXT_COUNT}, false},
	[CLIENT_OTHER] = {TEXT_CLIENT_OTHER, {TEXT_SUBSCRIBE_TOUCH, TEXT_COUNT}, true},
};

const char *subscribe_client(enum link_client client, enum language language)
{
	return text_of(clients[client].name, language);
}

void subscribe_name(const struct publication *p, size_t index, enum language language,
		    struct buf *out)
{
	const struct link *link = &p->links->links.v[index];
	buf_adds(out, link->label && link->label[0] ? link->label : link->owner);
	if (link->kind == LINK_BUSY)
		buf_addf(out, " (%s)", text_of(TEXT_BUSY_ONLY, language));
}

static void button(struct buf *out, const char *href, const char *text)
{
	html_element(out, "a", text, "class", "button", "href", href, NULL);
}

static void paragraph(struct buf *out, const char *text)
{
	html_element(out, "p", text, NULL);
	html_newline(out);
}

/* Outlook's page for adding a calendar from the web, that of an organisation or of a person's own
 * account, knows the address and the name already. */
static void outlook(struct buf *out, const char *host, const char *url, const char *name,
		    const char *text)
{
	struct buf href = {0};
	buf_addf(&href, "https://%s/calendar/0/addfromweb?url=", host);
	form_escape(url, &href);
	buf_adds(&href, "&name=");
	form_escape(name, &href);
	button(out, buf_str(&href), text);
	buf_fini(&href);
}

static void buttons(enum link_client client, const char *url, const char *name,
		    enum language language, struct buf *out)
{
	html_open(out, "p", "class", "actions noprint", NULL);
	if (clients[client].touch) {
		char *touch = link_touch(client, url);
		struct buf text = {0};
		buf_addf(&text, "%s %s", text_of(TEXT_SUBSCRIBE_OPEN, language), name);
		button(out, touch, buf_str(&text));
		buf_fini(&text);
		xfree(touch);
	} else if (client == CLIENT_GOOGLE) {
		button(out, "https://calendar.google.com/calendar/r/settings/addbyurl",
		       text_of(TEXT_OPEN_GOOGLE, language));
	} else if (client == CLIENT_OUTLOOK) {
		outlook(out, "outlook.office.com", url, name, text_of(TEXT_OPEN_OUTLOOK, language));
		outlook(out, "outlook.live.com", url, name,
			text_of(TEXT_OPEN_OUTLOOK_LIVE, language));
	}
	html_close(out, "p");
	html_newline(out);
}

/* Nobody but this machine reaches it. */
static bool is_local(const char *url)
{
	static const char *const hosts[] = {"127.", "localhost", "[::1]"};
	const char *host = strstr(url, "://");
	for (size_t i = 0; host && i < sizeof hosts / sizeof *hosts; i++)
		if (strncmp(host + 3, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return false;
}

void subscribe_ways(const struct publication *p, size_t index, enum language language,
		    struct buf *out)
{
	const struct link *link = &p->links->links.v[index];
	static const enum text others[] = {TEXT_SUBSCRIBE_THUNDERBIRD, TEXT_SUBSCRIBE_GOOGLE,
					   TEXT_SUBSCRIBE_OUTLOOK};
	struct buf url = {0}, name = {0};
	link_url(p, index, &url);
	subscribe_name(p, index, language, &name);
	buttons(link->client, buf_str(&url), buf_str(&name), language, out);
	for (int i = 0; i < 2; i++)
		if (clients[link->client].how[i] != TEXT_COUNT)
			paragraph(out, text_of(clients[link->client].how[i], language));
	if (link->client == CLIENT_OTHER) { /* whatever it is */
		html_open(out, "ul", NULL);
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			html_element(out, "li", text_of(others[i], language), NULL);
		html_close(out, "ul");
		html_newline(out);
	}
	if ((link->client == CLIENT_GOOGLE || link->client == CLIENT_OUTLOOK) &&
	    is_local(buf_str(&url)))
		html_element(out, "p", text_of(TEXT_ONLY_HERE, language), "class", "behind", NULL);
	html_open(out, "p", NULL);
	html_textf(out, "%s: ", text_of(TEXT_ADDRESS, language));
	html_open(out, "a", "href", buf_str(&url), NULL);
	html_element(out, "code", buf_str(&url), NULL);
	html_close(out, "a");
	html_close(out, "p");
	html_newline(out);
	buf_fini(&url);
	buf_fini(&name);
}

void subscribe_code(const struct publication *p, size_t index, enum language language,
		    struct buf *out)
{
	const struct link *link = &p->links->links.v[index];
	struct buf url = {0}, name = {0};
	struct err err;
	struct qr qr;
	char id[32];
	link_url(p, index, &url);
	subscribe_name(p, index, language, &name);
	char *touch = link_touch(link->client, buf_str(&url));
	(void)snprintf(id, sizeof id, "qr-%lld", (long long)link->id);
	if (qr_make(touch, &qr, &err)) {
		html_open(out, "details", "class", "noprint", NULL);
		html_element(out, "summary", text_of(TEXT_QR, language), NULL);
		paragraph(out, text_of(TEXT_QR_WHY, language));
		qr_svg(&qr, id, buf_str(&name), text_of(TEXT_QR_WHY, language), out);
		html_close(out, "details");
		html_newline(out);
		qr_fini(&qr);
	}
	xfree(touch);
	buf_fini(&url);
	buf_fini(&name);
}
