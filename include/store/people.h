/* store/people.h -- which persons and duos the store knows: those of the roster, and those that
 * have left it (retired, never deleted). The last good roster itself. Store thread only. */
#ifndef STORE_PEOPLE_H
#define STORE_PEOPLE_H

#include "plan/model.h"
#include "store/db.h"

struct retired {
	id_text id;
	char *name;	    /* a person's name, a duo's topic; may be NULL */
	id_text members[2]; /* duos */
	bool is_duo;
	utc_t at; /* since when */
};
struct retired_list {
	struct retired *v;
	size_t n;
};
void retired_list_fini(struct retired_list *list);

/* Makes the tables say what @roster says: new ones added, changed names and members updated,
 * absent ones marked retired at @now, those back again no longer retired; `was` renames a duo
 * with its sessions and ledger. Saves @bundle as the last good roster. */
bool people_apply(struct db *db, const struct roster *roster, const struct buf *bundle, utc_t now,
		  struct err *err) NODISCARD;
/* The last good roster's bundle and when it was loaded; ERR_NOTFOUND when there is none. */
bool people_bundle(struct db *db, struct buf *bundle, utc_t *loaded_at, struct err *err) NODISCARD;
bool people_retired(struct db *db, struct retired_list *out, struct err *err) NODISCARD;

#endif
