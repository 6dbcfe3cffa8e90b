/* store/links.h -- secret links: ids and generations only; tokens are made from them with the
 * key file (serve/token) and never stored. Last use. Last-Modified of feed bodies. Store thread
 * only. */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "plan/model.h"
#include "store/db.h"

enum link_kind { LINK_ME, LINK_FEED, LINK_BUSY, LINK_REPORT, LINK_KIND_COUNT };
const char *link_kind_word(enum link_kind kind); /* "me" "feed" "busy" "report" */
bool link_kind_from_word(const char *word, enum link_kind *out);

struct link {
	int64_t id;
	enum link_kind kind;
	id_text owner; /* person, duo, or "programme" */
	char *label;
	int32_t generation;	      /* grows by rotation; the token follows */
	utc_t created_at, revoked_at; /* 0: open */
	utc_t used_at;		      /* 0: never */
	char *agent;		      /* of the last use, or NULL */
};
struct link_list {
	struct link *v; /* by id */
	size_t n, cap;
};
void link_list_fini(struct link_list *list);

bool links_load(struct db *db, struct link_list *out, struct err *err) NODISCARD;
bool links_add(struct db *db, struct link *link, struct err *err) NODISCARD; /* sets id */
bool links_revoke(struct db *db, int64_t id, utc_t at, struct err *err) NODISCARD;
/* Every open link of @owner gets the next generation. *n how many. */
bool links_rotate(struct db *db, const char *owner, size_t *n, struct err *err) NODISCARD;
bool links_used(struct db *db, int64_t id, utc_t at, const char *agent, struct err *err) NODISCARD;

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
