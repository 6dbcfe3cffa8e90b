/* work/publication.h -- the immutable whole that is served now.
 *
 * Everything that a reader may need hangs on one publication: the roster, what is known of
 * everybody's time, sessions, ledgers, links and finished feed bodies. It is built aside on the
 * store thread, inside the transaction that it shows, and swapped on the loop by one pointer.
 * A new one shares every part that did not change with the one before (chunks are counted
 * references, and so are whole lists of them), so that its cost grows with the change. Readers hold
 * a reference; nobody ever waits. Any thread may read one that it holds. */
#ifndef WORK_PUBLICATION_H
#define WORK_PUBLICATION_H

#include "cal/span.h"
#include "cal/timetable_diff.h"
#include "plan/model.h"
#include "plan/openday.h"
#include "store/absence.h"
#include "store/ledger.h"
#include "store/links.h"
#include "store/obligations.h"
#include "store/past.h"
#include "store/people.h"
#include "store/sessions.h"
#include "store/sources.h"
#include "work/lookers.h"

#include <stdatomic.h>

/* ---- counted, immutable parts ---- */

struct roster_part {
	atomic_int refs;
	struct roster roster;
	struct opendays days;
	struct lookers lookers;
	struct buf bundle; /* what it was read from */
	utc_t loaded_at;
};
struct roster_part *roster_part_new(struct roster *roster, struct buf *bundle, utc_t loaded_at);
struct roster_part *roster_part_ref(struct roster_part *part);
void roster_part_unref(struct roster_part *part);

/* What the last version of a source changed, or would change if it lies in quarantine. In memory
 * only: a restart forgets it. */
#define SOURCE_DIFF_ROWS   200
#define SOURCE_DIFF_BREAKS 50
struct source_diff {
	atomic_int refs;
	utc_t at;   /* when it was read */
	bool taken; /* false: it lies in quarantine */
	size_t added, removed, moved;
	struct lesson_change *v; /* the first SOURCE_DIFF_ROWS of them */
	size_t n;
	int64_t breaks[SOURCE_DIFF_BREAKS]; /* booked sessions that the new time is in the way of */
	size_t n_breaks;
};
struct source_diff *source_diff_ref(struct source_diff *diff);
void source_diff_unref(struct source_diff *diff);

struct source_part {
	atomic_int refs;
	/* When it was last read and found unchanged: newer than record.fetched_at, and not worth a
	 * write. The loop writes it, any thread reads it. */
	_Atomic utc_t checked_at;
	struct source_record record; /* id is set even when it never loaded */
	struct source_diff *diff;    /* may be NULL */
};
struct source_part *source_part_new(struct source_record *record); /* takes it over */
/* When what is known of it was last true: the later of fetched and found unchanged; 0: never. */
utc_t source_part_fresh_at(const struct source_part *part);
struct source_part *source_part_ref(struct source_part *part);
void source_part_unref(struct source_part *part);

struct duo_part { /* all sessions of one duo, by start */
	atomic_int refs;
	id_text id;
	struct session_list sessions;
	size_t *taking; /* those that take an expert or a room: n_taking indices, rising */
	size_t n_taking;
	struct past_list pasts; /* what they were, as far back as it is kept */
};
struct duo_part *duo_part_new(const char *id, struct session_list *sessions);
/* For who has put a session behind the others of a part that nobody else has seen yet. */
void duo_part_noted(struct duo_part *part);
struct duo_part *duo_part_ref(struct duo_part *part);
void duo_part_unref(struct duo_part *part);

struct owed_part { /* what one duo owes, and to whom that is shown */
	atomic_int refs;
	struct owed owed;
};
struct owed_part *owed_part_new(struct owed *owed); /* takes it over */
struct owed_part *owed_part_ref(struct owed_part *part);
void owed_part_unref(struct owed_part *part);

struct person_part { /* a person's ledger, and every duo that she ever had a session in */
	atomic_int refs;
	id_text id;
	struct entry_list entries;
	struct absence_list absences; /* days called off, besides the roster's */
	id_text *duos;		      /* sorted */
	size_t n_duos;
	id_text *owing; /* the duos that she is a member of or was, sorted */
	size_t n_owing;
};
struct person_part *person_part_new(const char *id, struct entry_list *entries, id_text *duos,
				    size_t n_duos); /* takes both lists over */
struct person_part *person_part_ref(struct person_part *part);
void person_part_unref(struct person_part *part);

/* What an owner's feeds say by now. The bytes are made when somebody asks for them (serve/feeds),
 * from any publication that has this part: they are the same from each. */
struct body_part {
	atomic_int refs;
	id_text owner;
	char key[33]; /* of everything that stands in them, but for their window's edges */
	uint64_t sum; /* over what stands in them */
	utc_t last_modified;
	struct past_mark
		mark; /* the publication's that it was made for: all that they show is older */
};
struct body_part *body_part_ref(struct body_part *part);
void body_part_unref(struct body_part *part);

#define TOKEN_TEXT 25 /* 18 bytes in base64url and a NUL */
struct token_row {
	char token[TOKEN_TEXT];
	uint32_t link; /* index into links */
};
struct links_part { /* every link, and its token to look it up by */
	atomic_int refs;
	struct link_list links;
	struct token_row *tokens; /* as links.v */
	uint32_t *table;	  /* open addressing, UINT32_MAX empty */
	size_t table_n;
	uint32_t steps; /* slots that a look-up looks at: always that many */
};
struct links_part *links_part_new(struct link_list *links,
				  const unsigned char key[32]); /* takes links over */
struct links_part *links_part_ref(struct links_part *part);
void links_part_unref(struct links_part *part);
/* Index of the link with that token, or -1. The steps are the same whether there is one or not, and
 * whatever is in the way of it. */
int links_part_find(const struct links_part *part, const char *token, size_t n);

/* ---- the whole ---- */

struct feed_limits { /* what stands in a feed */
	int64_t past_s, ahead_s, tombstone_s;
};

struct publication {
	atomic_int refs;
	uint64_t version;
	day_t today;	       /* local day that the feeds' window counts from */
	struct past_mark mark; /* the newest that is in it */
	int64_t pruned;	       /* changes up to here are forgotten (store/past) */
	struct roster_part *roster;
	/* lists, shared with other publications: changed by publication_put_... alone */
	struct source_part **sources; /* roster.n_sources of them, same order */
	struct duo_part **duos;	      /* by id; retired ones too */
	size_t n_duos;
	struct owed_part **owed; /* by duo; only of those that owe or owed something */
	size_t n_owed;
	struct person_part **persons; /* by id; retired ones too */
	size_t n_persons;
	struct retired_list retired;
	struct links_part *links;
	struct body_part **bodies; /* by owner: of everybody and everything that may have a link */
	size_t n_bodies;
	char *host; /* of UIDs */
	char *url;  /* how people reach us */
	struct feed_limits limits;
};

struct publication *publication_ref(struct publication *publication);
void publication_unref(struct publication *publication);
/* A copy that shares every part, version + 1, one reference. */
struct publication *publication_next(const struct publication *publication);

const struct duo_part *publication_duo(const struct publication *p, const char *id);
const struct person_part *publication_person(const struct publication *p, const char *id);
const struct owed *publication_owed(const struct publication *p, const char *duo);
const struct body_part *publication_body(const struct publication *p, const char *owner);
/* Replaces (or adds) parts; each takes over one reference. Only on one that is being built. */
void publication_put_duo(struct publication *p, struct duo_part *part);
void publication_put_person(struct publication *p, struct person_part *part);
void publication_put_owed(struct publication *p, struct owed_part *part);
/* Makes sure that @person's part lists @duo. */
void publication_note_duo(struct publication *p, const char *person, const char *duo);
void publication_put_body(struct publication *p, struct body_part *part);
void publication_put_source(struct publication *p, struct source_part *part);
void publication_put_bodies(struct publication *p, struct body_part *const *v,
			    size_t n); /* instead of all, by owner */
/* A new roster: sources are carried over by id (empty parts for new ones). */
void publication_put_roster(struct publication *p, struct roster_part *part);

/* The session with that id, and (may be NULL) its duo part; NULL when there is none. */
const struct session *publication_session(const struct publication *p, int64_t id,
					  const struct duo_part **duo);
/* The obligation with that id, NULL when there is none. */
const struct obligation *publication_obligation(const struct publication *p, int64_t id);
/* Since when that person or duo is no longer in the roster; 0: it is, or never was. */
utc_t publication_retired_at(const struct publication *p, const char *id);
/* Name for people: a person's name, retired or not, that of an expert or a room; the id when none
 * is known. */
const char *publication_name(const struct publication *p, const char *person);

#endif
