/* store/absence.h -- days that people call off: said, listed, taken back; never deleted. Store
 * thread only. */
#ifndef STORE_ABSENCE_H
#define STORE_ABSENCE_H

#include "plan/model.h"
#include "store/db.h"

struct absence_list {
	struct absence *v; /* by person, first day, id */
	size_t n, cap;
};
void absence_fini(struct absence *absence);
void absence_list_fini(struct absence_list *list);
void absence_list_copy(struct absence_list *to, const struct absence_list *from);

/* @absence's id is set. */
bool absences_add(struct db *db, struct absence *absence, struct err *err) NODISCARD;
/* ERR_NOTFOUND when there is none, or it was taken back already. */
bool absences_remove(struct db *db, int64_t id, utc_t at, struct err *err) NODISCARD;
/* Those that hold: a person's, or (NULL) all. */
bool absences_load(struct db *db, const char *person, struct absence_list *out,
		   struct err *err) NODISCARD;

#endif
