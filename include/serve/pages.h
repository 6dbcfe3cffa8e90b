/* serve/pages.h -- the pages people open, as finished HTML. Pure: from a publication and a
 * moment; every outside string goes through serve/html. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include "work/health.h"
#include "work/publication.h"

/* What is known of links when a page is asked for: of its owner's (a member's page), of all (their
 * number alone is shown). */
struct page_links {
	const struct health_use *uses;
	size_t n;
	struct health_limits limits;
};

/* @weights: what a place costs, when others are offered for a session that clashes, and whether
 * tentative time may be had in the picture. */
void page_member(const struct publication *p, utc_t now, const struct weights *weights,
		 const struct page_links *links, int link_index, const char *token,
		 enum language language, struct buf *out);
void page_report(const struct publication *p, utc_t now, const char *token, enum language language,
		 struct buf *out);
/* The same for every id: strangers learn nothing, not even that a session exists. */
void page_session(enum language language, struct buf *out);
/* The report as CSV or JSON, as at @now. */
void report_bytes(const struct publication *p, utc_t now, bool csv, struct buf *out);

/* How fresh every timetable is, without a word of what is in it, and how many calendars are; and the
 * same as JSON. */
void page_sources(const struct publication *p, utc_t now, const struct page_links *links,
		  const char *token, enum language language, struct buf *out);
void sources_bytes(const struct publication *p, utc_t now, const struct page_links *links,
		   struct buf *out);

/* The style sheet and its name below /assets/ (with a hash of its bytes). Borrowed. */
const char *asset_style(size_t *n, const char **name);

#endif
