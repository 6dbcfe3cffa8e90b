/* store/past.h -- what published sessions were before they changed: time, place, whether they were
 * on, and who came or went with the change. It is there to say what a calendar still shows that was
 * fetched a while ago, and is forgotten once nobody asks for that any more. Append-only; written
 * with every change of a session (store/sessions). Store thread only; inside a transaction.
 *
 * Versions are told by numbers that only grow, not by clocks: those of the newest change and the
 * newest session that were there. A session whose number is higher came later; one with a change
 * whose number is higher was before what the first such change says. */
#ifndef STORE_PAST_H
#define STORE_PAST_H

#include "plan/model.h"
#include "store/db.h"

struct past_mark {
	int64_t change;	 /* the newest change; 0: none yet */
	int64_t session; /* the newest session; 0: none yet */
};

enum past_shown { PAST_NO, PAST_ON, PAST_OFF }; /* not in any feed, as it stands, as cancelled */

struct past_who { /* with this change she came, or went */
	id_text person;
	bool came;
};

struct past { /* one change of one session, by what was there before it */
	int64_t change, session;
	id_text duo; /* "": of everybody */
	utc_t at;    /* when it changed: last_modified from then on */
	enum past_shown shown;
	bool text; /* what is said of it changed, too */
	utc_t start, end;
	id_text room;
	struct past_who *who; /* by person; none while it was in no feed */
	size_t n_who;
};
struct past_list {
	struct past *v; /* by session, change */
	size_t n, cap;
};
void past_list_fini(struct past_list *list);

/* Those of a duo's sessions, or of all (NULL), or of those of no duo (""). */
bool pasts_load(struct db *db, const char *duo, struct past_list *out, struct err *err) NODISCARD;
/* The newest numbers; what lies at or before *pruned is not there any more. */
bool pasts_mark(struct db *db, struct past_mark *mark, int64_t *pruned, struct err *err) NODISCARD;
/* Forgets every change that is older than the first one at or after @before. */
bool pasts_prune(struct db *db, utc_t before, struct err *err) NODISCARD;

/* For store/sessions: what is said of these, a list as of sql_id_list, changes @now. */
bool past_note_text(struct db *db, const char *ids, utc_t now, struct err *err) NODISCARD;
/* For store/sessions: the stored session, which @were attend, is about to become @is. Does nothing
 * unless feeds show that. */
bool past_note(struct db *db, const struct session *is, const id_text *were, size_t n_were,
	       struct err *err) NODISCARD;

#endif
