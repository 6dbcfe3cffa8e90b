/* store/outbox.h -- what people are to be told by mail, and what they were told: a row for each
 * person and session that ever was to be, written in the transaction of the change itself. What a
 * message says is not stored: it is made when it is sent, of what is true then, so that nothing
 * outdated goes out. Store thread only; inside a transaction. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "plan/model.h"
#include "store/db.h"

/*   queued --its time has come--> sending --taken--> sent --something changed--> queued
 *     ^                             |  \--refused---> failed --asked, or it changed--> queued
 *     |---- try again, restarted ---|  \--for too long, or by hand--> dropped -------> queued */
enum outbox_state {
	OUTBOX_QUEUED,
	OUTBOX_SENDING,
	OUTBOX_SENT,
	OUTBOX_FAILED,
	OUTBOX_DROPPED,
	OUTBOX_STATES
};
const char *outbox_state_word(enum outbox_state state);
bool outbox_state_from_word(const char *word, enum outbox_state *out);

enum outbox_kind { OUTBOX_NONE, OUTBOX_REQUEST, OUTBOX_CANCEL, OUTBOX_NOTE, OUTBOX_KINDS };
const char *outbox_kind_word(enum outbox_kind kind); /* "" "request" "cancel" "note" */

struct outbox_known { /* a session as a person knows it */
	bool on;
	utc_t start, end;
};

struct outbox_row {
	int64_t id; /* 0: not stored yet */
	id_text person;
	int64_t session;
	id_text duo; /* the session's; read only */
	enum outbox_state state;
	enum outbox_kind kind;	 /* of the message that was tried last */
	utc_t version;		 /* the session's last_modified in it; 0: none was tried */
	bool announced;		 /* it stood in a list that was sent ahead of the invitations */
	int64_t attempts;	 /* that failed, since it was queued */
	utc_t queued_at;	 /* since when she waits for it */
	utc_t not_before, soon;	 /* when it is due; due ones in the order of soon */
	utc_t tried_at;		 /* 0: never */
	struct outbox_known was; /* before the change that it was queued for */
	char *answer;		 /* why the last attempt failed; NULL: it did not */
	/* an invitation that was taken and not taken back: who has it, and what it says */
	char *address; /* NULL: there is none */
	int32_t sequence;
	utc_t modified, end;
	char key[33]; /* of its text */
};
void outbox_row_fini(struct outbox_row *row);
struct outbox_list {
	struct outbox_row *v; /* by person, session */
	size_t n, cap;
};
void outbox_list_fini(struct outbox_list *list);

/* The row of @person and @session; *out has id 0 when there is none. */
bool outbox_get(struct db *db, const char *person, int64_t session, struct outbox_row *out,
		struct err *err) NODISCARD;
/* ERR_NOTFOUND "there is no message 7". */
bool outbox_by_id(struct db *db, int64_t id, struct outbox_row *out, struct err *err) NODISCARD;
/* Adds or overwrites; sets id. */
bool outbox_put(struct db *db, struct outbox_row *row, struct err *err) NODISCARD;
bool outbox_forget(struct db *db, int64_t id, struct err *err) NODISCARD;

bool outbox_all(struct db *db, struct outbox_list *out, struct err *err) NODISCARD;
/* Those of @person that are queued. */
bool outbox_waiting(struct db *db, const char *person, struct outbox_list *out,
		    struct err *err) NODISCARD;
/* Whose turn it is: of the queued ones that are due at @now the first; "": nobody's. *next: when
 * the first is due, UTC_MAX without any. */
bool outbox_next(struct db *db, utc_t now, id_text person, utc_t *next, struct err *err) NODISCARD;
bool outbox_count(struct db *db, size_t counts[OUTBOX_STATES], struct err *err) NODISCARD;
/* After a restart: what was being sent is queued again, since nobody knows whether it was taken. */
bool outbox_recover(struct db *db, struct err *err) NODISCARD;
/* Forgets what was sent, failed or dropped, and of sessions that ended, before @before. */
bool outbox_prune(struct db *db, utc_t before, struct err *err) NODISCARD;

#endif
