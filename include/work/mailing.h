/* work/mailing.h -- who is to be told what by mail: noted in the transaction of the change itself,
 * decided again when it is sent. Store thread only; what is handed to the loop (struct mailing_sent)
 * is whole.
 *
 * Who takes invitations (roster: `invitations = yes`) is invited to every session of hers that is
 * to come, gets the event again when it has changed, and its end when it is cancelled, when she
 * leaves it, or when she takes invitations no more: what nobody keeps right must not stand in her
 * calendar. Others with an address get a note of what changes soon, unless a calendar of theirs has
 * fetched it by then. */
#ifndef WORK_MAILING_H
#define WORK_MAILING_H

#include "store/outbox.h"
#include "work/health.h"
#include "work/letter.h"
#include "work/publication.h"

struct mailing_rules { /* of the settings */
	bool on;
	char *from_name, *from;
	int64_t settle_s, grace_s, ahead_s;
	int64_t retry_s, retry_max_s, give_up_s;
	int64_t digest_from;
	struct health_limits health;
};

/* What the store thread keeps of mail; zero-initialised: there is none. */
struct mailing {
	struct mailing_rules rules;
	bool news; /* something was queued in this group */
};
void mailing_fini(struct mailing *mailing);
/* Takes @rules' texts over. */
void mailing_set_rules(struct mailing *mailing, struct mailing_rules *rules);

/* What is different in @p, which is being built, from what it @was, for those who attend sessions
 * of these duos. Does nothing while mail is off. */
bool mailing_note(struct mailing *mailing, struct db *db, const struct publication *p,
		  const struct publication *was, const id_text *duos, size_t n, utc_t now,
		  struct err *err) NODISCARD;
/* Everything that calendars of invited people should say and do not: at the start, after a roster,
 * after settings. Forgets what is long over. */
bool mailing_reconcile(struct mailing *mailing, struct db *db, const struct publication *p,
		       utc_t now, struct err *err) NODISCARD;

/* ---- sending ---- */

struct mailing_sent { /* one message: what it says, of which rows */
	char id[LETTER_ID];
	enum letter_form form;
	char *to;
	struct buf bytes;
	struct mailing_item {
		int64_t row, session;
		struct outbox_known said;
		int32_t sequence;
		utc_t modified;
		char key[LETTER_ID];
	} * v;
	size_t n;
};
void mailing_sent_free(struct mailing_sent *sent);

/* The message whose turn it is at @now, its rows marked as being sent; NULL: nobody's. *next: when
 * the next one is due, UTC_MAX when none waits. */
bool mailing_take(struct mailing *mailing, struct db *db, const struct publication *p, utc_t now,
		  struct mailing_sent **sent, utc_t *next, struct err *err) NODISCARD;

enum mailing_outcome { MAILING_TAKEN, MAILING_LATER, MAILING_REFUSED };
/* What became of it. *why: the sentence, NULL when it was taken. *dropped: how many rows were given
 * up; *again: when a message that was not taken is tried again, else 0. */
bool mailing_settle(struct mailing *mailing, struct db *db, const struct publication *p,
		    const struct mailing_sent *sent, enum mailing_outcome outcome, const char *why,
		    utc_t now, size_t *dropped, utc_t *again, struct err *err) NODISCARD;

/* By hand: what waits, failed or was dropped is due at once; or is dropped. */
bool mailing_retry(struct mailing *mailing, struct db *db, struct outbox_row *row, utc_t now,
		   struct err *err) NODISCARD;
bool mailing_drop(struct db *db, const struct publication *p, struct outbox_row *row, utc_t now,
		  struct err *err) NODISCARD;

/* ---- inside of work/mailing ---- */

enum verdict { VERDICT_QUIET, VERDICT_REQUEST, VERDICT_CANCEL, VERDICT_NOTE };
/* What @row's person is to be told of @session (NULL: the publication has it no more) by now. */
enum verdict mailing_decide(const struct mailing *mailing, const struct publication *p,
			    const struct outbox_row *row, const struct session *session, utc_t now);
/* A session as it is for @person; zero when she has nothing of it. */
struct outbox_known mailing_known(const struct session *session, const char *person);
/* The session of a row, or NULL. */
const struct session *mailing_session(const struct publication *p, const struct outbox_row *row);
/* There is nothing to say: what was said stands, or nothing is known of it. */
bool mailing_quiet(struct db *db, struct outbox_row *row, struct err *err) NODISCARD;
/* Queues @row, due in the rules' time. */
bool mailing_queue(struct mailing *mailing, struct db *db, struct outbox_row *row,
		   enum verdict verdict, const struct session *session, utc_t now,
		   struct err *err) NODISCARD;

#endif
