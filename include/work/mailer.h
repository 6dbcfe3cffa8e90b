/* work/mailer.h -- the loop's side of mail: one message after the other, when its time has come.
 *
 *   news or due -> take (store) -> hand over (io/mail) -> settle, and take the next (store) -> ...
 *
 * A row is marked as being sent before the message is handed over, and what became of it is stored
 * before the next is taken. When we are killed in between, nobody knows whether it was taken; it is
 * sent again then (at least once): with the same Message-ID, SEQUENCE and DTSTAMP, which calendars
 * and mail stores take for the same, whereas a cancellation that never came is a person waiting in
 * an empty room. In a spool it is the same file.
 *
 * While the server is not there at all, or does not take our password, nothing but the first
 * message is tried. Loop thread. */
#ifndef WORK_MAILER_H
#define WORK_MAILER_H

#include "store/outbox.h"
#include "work/world.h"

struct mailer *mailer_new(struct world *world);
/* Once the store is open; and after every reload, which may have another roster or other rules. */
void mailer_start(struct world *world);
void mailer_reconcile(struct world *world);
/* What is due at @now. */
void mailer_tick(struct world *world, utc_t now);
/* When something is due next; UTC_MAX: nothing waits. */
utc_t mailer_next(const struct world *world);
/* Nothing is under way, or could be, before mailer_next. */
bool mailer_idle(const struct world *world);

struct mailer_status {
	const char *mode;
	size_t counts[OUTBOX_STATES];
	utc_t next;	   /* 0: nothing waits */
	const char *error; /* of the last message, when it was not taken; NULL */
};
void mailer_status(const struct world *world, struct mailer_status *out);
/* Somebody changed the outbox by hand: whoever waited for a server may try again. */
void mailer_again(struct world *world);

/* Gives what is being handed over a moment, stores what became of it; then @closed. */
void mailer_close(struct mailer *mailer, void (*closed)(void *ctx), void *ctx);
void mailer_free(struct mailer *mailer);

#endif
