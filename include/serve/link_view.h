/* serve/link_view.h -- a link as the control socket shows it. Pure; any thread that holds the
 * publication. */
#ifndef SERVE_LINK_VIEW_H
#define SERVE_LINK_VIEW_H

#include "report/json.h"
#include "work/publication.h"

/* ID TAB KIND TAB OWNER TAB LABEL TAB URL (design 8) of @link, number @index of the publication or
 * what becomes of it. */
void link_line(const struct publication *p, size_t index, const struct link *link, struct buf *out);
/* id, kind, owner, label, url, used_at, agent, client, alarm_min (null: none), obligations, into an
 * open object; the last two are null for what shows none. @use: the same link, for when it was used
 * last and by what. */
void link_keys(struct json *json, const struct publication *p, size_t index,
	       const struct link *link, const struct link *use);
void link_object(struct json *json, const struct publication *p, size_t index,
		 const struct link *link, const struct link *use);

/* Where a client of this kind subscribes to @url: webcal or webcals where that opens the client's
 * own dialogue, else @url. xfree. */
char *link_touch(enum link_client client, const char *url);

#endif
