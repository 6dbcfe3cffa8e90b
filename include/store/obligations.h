/* store/obligations.h -- what duos owe: obligations, and to whom they are shown. The database itself
 * refuses that one is deleted, changes its duo, kind or number, or its day or state under the same
 * sequence. Store thread only; inside a transaction. */
#ifndef STORE_OBLIGATIONS_H
#define STORE_OBLIGATIONS_H

#include "plan/obligation.h"
#include "store/db.h"

struct owed { /* what one duo owes */
	id_text duo;
	id_text members[2];
	struct departure *left; /* who was a member once and is not now: n_left, by person */
	size_t n_left;
	struct obligation_list obligations; /* by kind and number */
};
void owed_fini(struct owed *owed);
struct owed_list {
	struct owed *v; /* by duo */
	size_t n, cap;
};
void owed_list_fini(struct owed_list *list);

/* Of every duo that owes or owed anything, retired ones too. */
bool obligations_load_all(struct db *db, struct owed_list *out, struct err *err) NODISCARD;
/* ERR_NOTFOUND when the store knows no such duo. */
bool obligations_load(struct db *db, const char *duo, struct owed *out, struct err *err) NODISCARD;
/* Every duo that @person is a member of or was, by id; xfree. */
bool obligations_duos_of(struct db *db, const char *person, id_text **out, size_t *n,
			 struct err *err) NODISCARD;
/* @obligation's id is set from the store. */
bool obligations_insert(struct db *db, struct obligation *obligation, struct err *err) NODISCARD;
/* Writes day, state, stamps, who and why over the stored ones. */
bool obligations_update(struct db *db, const struct obligation *obligation,
			struct err *err) NODISCARD;
/* What is said of these is something else from @now on: last_modified grows. */
bool obligations_stamp(struct db *db, const int64_t *ids, size_t n, utc_t now,
		       struct err *err) NODISCARD;

#endif
