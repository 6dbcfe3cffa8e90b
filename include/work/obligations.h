/* work/obligations.h -- stored obligations follow the roster (plan/obligation says how): at the first
 * start, and in the transaction of every reload. */
#ifndef WORK_OBLIGATIONS_H
#define WORK_OBLIGATIONS_H

#include "work/change.h"

struct obligation_counts {
	size_t moved, added, cancelled;
	size_t reopened; /* cancelled before, and asked for again */
};

/* Any thread: whether the roster of @p asks for @is, one of those that @p shows, as it is now: what
 * it does not ask for and is to come would be cancelled by the next reload. */
bool obligation_is_asked_for(const struct publication *p, const struct obligation *is, utc_t now);

/* Any thread: what @is would change of what @p shows. */
void obligations_count(const struct publication *p, const struct roster_part *is, utc_t now,
		       struct obligation_counts *out);

/* Store thread, within a change: everything follows @is, whose people the store has already. */
bool obligations_follow_reload(struct desk *desk, const struct roster_part *is,
			       struct err *err) NODISCARD;
/* Store thread, in the transaction of the first start: @roster is the first there is. */
bool obligations_first(struct db *db, const struct roster_part *roster, utc_t now,
		       struct err *err) NODISCARD;

/* Store thread, within a change: stamps and stores one, @was before, and says that it changed. */
bool desk_save_obligation(struct desk *desk, struct obligation *is, const struct obligation *was,
			  struct err *err) NODISCARD;
/* "reflection 2 open 2026-11-23", for the audit log. */
void obligation_words(const struct obligation *obligation, struct buf *out);

#endif
