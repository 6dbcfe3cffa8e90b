/* store/sessions.h -- sessions and who attends. The database itself refuses to have a person in
 * two places at once (triggers on attendee), an expert too, an end before its start, and a state it does not
 * know. Store thread only; inside a transaction. */
#ifndef STORE_SESSIONS_H
#define STORE_SESSIONS_H

#include "plan/model.h"
#include "store/db.h"

struct session_list {
	struct session *v; /* by start, then id */
	size_t n, cap;
};
void session_list_fini(struct session_list *list);

/* All sessions, or a duo's (NULL: all; "": those of no duo), provisional and cancelled ones too. */
bool sessions_load(struct db *db, const char *duo, struct session_list *out,
		   struct err *err) NODISCARD;
/* Every duo in which @person attends any session or has left one, by id, "" for those of no duo;
 * xfree. */
bool sessions_duos_of(struct db *db, const char *person, id_text **out, size_t *n,
		      struct err *err) NODISCARD;
bool sessions_get(struct db *db, int64_t id, struct session *out, struct err *err) NODISCARD;
/* @session's id is set from the store. ERR_CONFLICT "person is already booked then" with who. */
bool sessions_insert(struct db *db, struct session *session, struct err *err) NODISCARD;
/* Writes every field of @session over the stored one (attendees too). What must never go back
 * (sequence, last_modified) is refused by the database. Who has left it is the store's to remember:
 * whoever attended once it was published and is no longer among the attendees; @session's own list
 * of them is not looked at. */
bool sessions_update(struct db *db, const struct session *session, struct err *err) NODISCARD;
/* Events of published sessions say something else from @now on, and nothing else of them changes:
 * last_modified grows, and sequence where they take place @elsewhere. */
bool sessions_stamp(struct db *db, const int64_t *ids, size_t n, bool elsewhere, utc_t now,
		    struct err *err) NODISCARD;
/* Several sessions change places at once: all are parked as provisional first, then updated. */
bool sessions_update_many(struct db *db, const struct session *v, size_t n,
			  struct err *err) NODISCARD;
/* Whether the room of @session, if it has one, holds it beside all that is booked and held there,
 * itself included. False: ERR_CONFLICT with the figures, or the store failed. */
bool sessions_room_holds(struct db *db, const struct session *session, struct err *err) NODISCARD;
/* What a person has spent (ledger) and has booked, in minutes, summed by SQL: asked inside the
 * booking transaction, after the insert, it sees the new session too. */
bool sessions_budget(struct db *db, const char *person, int32_t *held_min, int32_t *booked_min,
		     struct err *err) NODISCARD;
/* Only a provisional session that was never published may go. */
bool sessions_delete_provisional(struct db *db, int64_t id, struct err *err) NODISCARD;

#endif
