/* store/ledger.h -- hours and money, append-only (triggers refuse update and delete). Store
 * thread only. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "plan/model.h"
#include "store/db.h"

struct entry_list {
	struct entry *v; /* by id */
	size_t n, cap;
};
void entry_list_fini(struct entry_list *list);

/* @entry's id is set. */
bool ledger_add(struct db *db, struct entry *entry, struct err *err) NODISCARD;
/* A person's entries, or (NULL) all. */
bool ledger_load(struct db *db, const char *person, struct entry_list *out,
		 struct err *err) NODISCARD;
bool ledger_get(struct db *db, int64_t id, struct entry *out, struct err *err) NODISCARD;
void entry_fini(struct entry *entry);

#endif
