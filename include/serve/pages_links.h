/* serve/pages_links.h -- a member's page for her calendar links: each with its button, QR code and
 * options, a new one, and the questions before one is shut or all get new addresses. Forms that work
 * without script. Pure; any thread that holds the publication. */
#ifndef SERVE_PAGES_LINKS_H
#define SERVE_PAGES_LINKS_H

#include "serve/csrf.h"
#include "serve/pages.h"

enum links_view {
	LINKS_ALL,
	LINKS_REVOKE, /* shut link @link? */
	LINKS_ROTATE  /* new addresses for those of @owner? */
};
struct links_page {
	const char *member;	       /* id */
	const char *token;	       /* of her page */
	const struct page_links *uses; /* what is known of her links and her duos' */
	const struct zone *zone;       /* hers; NULL: the programme's */
	utc_t now;
	char word[CSRF_TEXT];
	enum links_view view;
	int64_t link;
	id_text owner;
};
/* What the part of the address behind '?' asks for; whatever is none of hers is shown as LINKS_ALL. */
void links_page_query(struct links_page *page, const struct publication *p, const char *query);
void links_page_html(const struct publication *p, const struct links_page *page,
		     enum language language, struct buf *out);
/* On a member's own page: her links and her duos', and the way to the page above. */
void links_section(const struct publication *p, const struct links_page *page,
		   enum language language, struct buf *out);

/* Something was not done: one sentence, and the way back. @back: relative. */
void page_refused(enum language language, const char *sentence, const char *back, struct buf *out);

#endif
