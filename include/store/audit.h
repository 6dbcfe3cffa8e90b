/* store/audit.h -- who changed what, when, by what way and why: append-only. Store thread. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/db.h"

struct audit {
	int64_t id;
	utc_t at;
	char *who;	      /* "uid 1000", "planner", a person's id */
	char *way;	      /* "control", "page", "tick", "reload" */
	char *what;	      /* "session move s42" */
	char *was, *is, *why; /* each may be NULL */
};
struct audit_list {
	struct audit *v; /* by id */
	size_t n, cap;
};
void audit_list_fini(struct audit_list *list);

bool audit_add(struct db *db, const struct audit *audit, struct err *err) NODISCARD;
bool audit_load(struct db *db, utc_t since, struct audit_list *out, struct err *err) NODISCARD;

#endif
