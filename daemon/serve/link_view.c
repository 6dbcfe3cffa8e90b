/* link_view.c -- see the header. */
#include "serve/link_view.h"

#include "serve/server.h"

#include <string.h>

void link_url(const struct publication *p, size_t index, struct buf *out)
{
	static const struct {
		const char *before, *behind;
	} forms[LINK_KIND_COUNT] = {
		[LINK_ME] = {"/me/", ""},
		[LINK_FEED] = {"/feeds/", ".ics"},
		[LINK_BUSY] = {"/feeds/", ".ics"},
		[LINK_REPORT] = {"/report/", ""},
	};
	const struct link *link = &p->links->links.v[index];
	buf_addf(out, "%s%s%s%s", p->url, forms[link->kind].before, p->links->tokens[index].token,
		 forms[link->kind].behind);
}

void link_line(const struct publication *p, size_t index, const struct link *link, struct buf *out)
{
	buf_addf(out, "%lld\t%s\t%s\t%s\t", (long long)link->id, link_kind_word(link->kind),
		 link->owner, link->label ? link->label : "");
	link_url(p, index, out);
	buf_addc(out, '\n');
}

void link_keys(struct json *json, const struct publication *p, size_t index,
	       const struct link *link, const struct link *use)
{
	struct buf url = {0};
	link_url(p, index, &url);
	json_int(json, "id", link->id);
	json_text(json, "kind", link_kind_word(link->kind));
	json_text(json, "owner", link->owner);
	json_text(json, "label", link->label);
	json_text(json, "url", buf_str(&url));
	json_utc(json, "used_at", use->used_at);
	json_text(json, "agent", use->agent);
	json_text(json, "client", link_client_word(link->client));
	if (link->alarm_min < 0)
		json_null(json, "alarm_min");
	else
		json_int(json, "alarm_min", link->alarm_min);
	json_text(json, "obligations",
		  link->kind == LINK_FEED ? obligations_word(link->obligations) : NULL);
	buf_fini(&url);
}

void link_object(struct json *json, const struct publication *p, size_t index,
		 const struct link *link, const struct link *use)
{
	json_object(json, NULL);
	link_keys(json, p, index, link, use);
	json_end(json, '}');
}

/* webcal opens the dialogue for subscribing where https would download once. To Thunderbird and ICSx5
 * it means http, and webcals https; Apple knows webcal alone. Google, Outlook and Nextcloud take the
 * address itself. */
char *link_touch(enum link_client client, const char *url)
{
	const char *rest = strstr(url, "://");
	if (!rest || client == CLIENT_GOOGLE || client == CLIENT_OUTLOOK ||
	    client == CLIENT_NEXTCLOUD)
		return xstrdup(url);
	bool secure = strncmp(url, "https:", 6) == 0 &&
		      (client == CLIENT_THUNDERBIRD || client == CLIENT_ANDROID);
	return xasprintf("%s%s", secure ? "webcals" : "webcal", rest);
}
