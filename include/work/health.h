/* work/health.h -- what the calendars behind links still show: per link, which sessions stand there
 * as they were when it was fetched last and are otherwise now. Told from what the publication knows
 * of its sessions' past (store/past) and from which version each link fetched (serve/uses, or the
 * links as the store has them); nobody's clock is trusted for it. Only what is still to come
 * counts: nobody goes to a session that is over. Pure; any thread that holds the publication.
 *
 * A link is one device. Of a link that fetched nothing yet, or not for so long that what sessions
 * were then is forgotten, nothing is said but that. */
#ifndef WORK_HEALTH_H
#define WORK_HEALTH_H

#include "work/publication.h"

struct health_use {    /* of one link, by now */
	uint32_t link; /* index into the publication's links */
	utc_t used_at; /* as in struct link */
	utc_t seen_at;
	struct feed_mark seen;
	char *agent; /* of the last use; NULL when there is none or nobody asked */
};
void health_uses_free(struct health_use *v, size_t n);

struct health_limits {
	int64_t stale_s;   /* longer behind than this: stale */
	int64_t unused_s;  /* not fetched for longer: unused */
	int64_t retired_s; /* links of who has left live on for so long */
};

enum health_state {
	HEALTH_FRESH,  /* shows everything that is to come as it is */
	HEALTH_BEHIND, /* does not, since less than stale_s */
	HEALTH_STALE,  /* does not, since longer */
	HEALTH_UNUSED, /* not fetched for so long that nobody knows */
	HEALTH_NEVER,  /* not fetched yet */
	HEALTH_STATES
};
const char *health_state_word(enum health_state state); /* "fresh" ... */

enum health_why {
	HEALTH_NEW,	  /* it does not show the session */
	HEALTH_MOVED,	  /* it shows another time or room */
	HEALTH_CANCELLED, /* it shows it as on */
	HEALTH_LEFT,	  /* likewise, and it is, but no longer for her */
	HEALTH_TEXT	  /* time and room are right, the words are old */
};
const char *health_why_word(enum health_why why); /* "new" ... */

struct health_row {		       /* one session that stands there otherwise than it is */
	const struct session *session; /* as it is; borrowed of the publication */
	enum health_why why;
	utc_t at;	  /* since when */
	utc_t start, end; /* what is shown; 0, 0: nothing (HEALTH_NEW) */
	id_text room;
};
struct health {
	enum health_state state;
	utc_t since;	      /* the first of what it has not seen; 0: none */
	struct health_row *v; /* by what is shown, or else is: start, then session */
	size_t n, cap;
};
void health_fini(struct health *health);

/* Whether anybody can fetch a feed by that link at @now. */
bool health_is_open(const struct publication *p, const struct link *link,
		    const struct health_limits *limits, utc_t now);
/* Of one link that is. health_fini(@out) by the caller. */
void health_of(const struct publication *p, const struct health_use *use,
	       const struct health_limits *limits, utc_t now, struct health *out);

struct health_count {
	size_t n[HEALTH_STATES]; /* open links to feeds, by state */
};
void health_count(const struct publication *p, const struct health_use *uses, size_t n,
		  const struct health_limits *limits, utc_t now, struct health_count *out);

/* Whether any open full feed link of @person has fetched @session, one of @p's, as it is now: one
 * device that came after the change is enough to know of it. A busy link does not count: it is there
 * to be shared with others. @links: as the store has them, for who cannot ask the loop. */
bool health_knows(const struct publication *p, const struct link_list *links, const char *person,
		  const struct session *session, const struct health_limits *limits, utc_t now);

#endif
