/* store/links.h -- secret links: ids and generations only; tokens are made from them with the
 * key file (serve/token) and never stored. Last use. Last-Modified of feed bodies. Store thread
 * only. */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "plan/model.h"
#include "store/db.h"
#include "store/past.h"

enum link_kind { LINK_ME, LINK_FEED, LINK_BUSY, LINK_REPORT, LINK_KIND_COUNT };
const char *link_kind_word(enum link_kind kind); /* "me" "feed" "busy" "report" */
bool link_kind_from_word(const char *word, enum link_kind *out);

/* How what is due at a date (a plan of approach, a reflection) stands in a feed: as all-day events,
 * as VTODOs, or not at all. */
enum feed_obligations {
	OBLIGATIONS_EVENTS,
	OBLIGATIONS_TODOS,
	OBLIGATIONS_NONE,
	OBLIGATIONS_COUNT
};
const char *obligations_word(enum feed_obligations obligations); /* "events" "todos" "none" */
bool obligations_from_word(const char *word, enum feed_obligations *out);

/* What a link is meant for: which way of subscribing its page shows. */
enum link_client {
	CLIENT_APPLE,
	CLIENT_ANDROID,
	CLIENT_GOOGLE,
	CLIENT_OUTLOOK,
	CLIENT_THUNDERBIRD,
	CLIENT_GNOME,
	CLIENT_NEXTCLOUD,
	CLIENT_OTHER,
	LINK_CLIENT_COUNT
};
const char *link_client_word(enum link_client client); /* "apple" "android" ... "other" */
bool link_client_from_word(const char *word, enum link_client *out);

#define ALARM_NONE (-1)
#define ALARM_MAX  40320 /* four weeks, in minutes */
/* How often the options of one link may change what its feed says: each change puts the feed's
 * times a second further (work/feed.h), and they shall stay near the truth. */
#define LINK_CHANGES_MAX 1000
/* What stands in the bytes of a feed: its Last-Modified, and up to which change and which session
 * (store/past). All 0: nothing. */
struct feed_mark {
	utc_t last_modified;
	struct past_mark past;
};

struct link {
	int64_t id;
	enum link_kind kind;
	id_text owner; /* person, duo, or "programme" */
	char *label;
	int32_t generation;	      /* grows by rotation; the token follows */
	utc_t created_at, revoked_at; /* 0: open */
	utc_t used_at;		      /* 0: never */
	char *agent;		      /* of the last use, or NULL */
	/* options */
	enum link_client client;
	int32_t alarm_min; /* before each session: ALARM_NONE, 0 to ALARM_MAX */
	enum feed_obligations obligations;
	int32_t changes; /* how often the two above changed: they change what the feed says */
	utc_t seen_at;	 /* when it was given the feed last, or told that it has it; 0: never */
	struct feed_mark seen; /* which one that was */
};
struct link_list {
	struct link *v; /* by id */
	size_t n, cap;
};
void link_list_fini(struct link_list *list);

bool links_load(struct db *db, struct link_list *out, struct err *err) NODISCARD;
bool links_add(struct db *db, struct link *link, struct err *err) NODISCARD; /* sets id */
/* Label and options of an open link become those of @link; changes is counted here. ERR_NOTFOUND
 * when there is none with that id, ERR_CONFLICT when it is shut, ERR_LIMIT after
 * LINK_CHANGES_MAX. */
bool links_set(struct db *db, const struct link *link, struct err *err) NODISCARD;
bool links_revoke(struct db *db, int64_t id, utc_t at, struct err *err) NODISCARD;
/* Every open link of @owner, to pages only if @pages, gets the next generation, which nobody has
 * used yet. *n how many. */
bool links_rotate(struct db *db, const char *owner, bool pages, size_t *n,
		  struct err *err) NODISCARD;
/* What happened to a link while it had that generation; otherwise nothing is noted: the use was of
 * another secret than the one that holds now. */
bool links_used(struct db *db, int64_t id, int32_t generation, utc_t at, const char *agent,
		struct err *err) NODISCARD;
bool links_seen(struct db *db, int64_t id, int32_t generation, utc_t at,
		const struct feed_mark *seen, struct err *err) NODISCARD;

/* What was last published of a feed body: its ETag and a Last-Modified that only grows. */
struct body_state {
	id_text owner;
	char variant[8]; /* "full" or "busy" */
	char etag[33];
	utc_t last_modified;
};
struct body_state_list {
	struct body_state *v; /* by owner, variant */
	size_t n, cap;
};
void body_state_list_fini(struct body_state_list *list);
bool bodies_load(struct db *db, struct body_state_list *out, struct err *err) NODISCARD;
bool bodies_put(struct db *db, const struct body_state *state, struct err *err) NODISCARD;

#endif
