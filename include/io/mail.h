/* io/mail.h -- handing over one message: to a server (SMTP, RFC 5321) or to a folder, where it
 * is one file; by a thread of its own, one after the other. What is refused and what may be tried again is told apart; trying
 * again is the caller's. Loop thread only. */
#ifndef IO_MAIL_H
#define IO_MAIL_H

#include "base/err.h"

#include <uv.h>

enum mail_security { MAIL_PLAIN, MAIL_TLS_IF_OFFERED, MAIL_TLS_ALWAYS };

struct mail_route {
	/* a folder: written in tmp, synced, and renamed into new under the name of the letter; one
	 * that is there already is the same letter */
	const char *spool; /* NULL: a server */
	/* a server: smtp://host:port, or smtps:// (then security says nothing) */
	const char *server;
	enum mail_security security;
	const char *user, *password_file; /* NULL: nobody in particular; the file for us alone */
	const char *ca_file;		  /* PEM, in place of the system's; or NULL */
	const char *hello;		  /* what we call ourselves */
	int64_t timeout_ms;		  /* in all */
};

struct mail_letter {
	const char *name;      /* letters and digits */
	const char *from, *to; /* addresses */
	const void *bytes;     /* whole, lines end in CRLF */
	size_t n;
};

enum mail_outcome {
	MAIL_TAKEN,
	MAIL_LATER,  /* not now: nobody there, 4xx, our own password or certificate */
	MAIL_REFUSED /* 5xx for this message: it will never be taken */
};
struct mail_answer {
	enum mail_outcome outcome;
	/* a sentence, unless it was taken. May hold the server's own words, and with them an
	 * address: not for the log. */
	struct err err;
	int status; /* the server's last code; 0: none */
};
/* Exactly once per mailman_send, from the loop, never from within it. */
typedef void mail_done_fn(void *ctx, const struct mail_answer *answer);

struct mailman;
struct mailman *mailman_new(uv_loop_t *loop);
/* Everything is copied. */
void mailman_send(struct mailman *mailman, const struct mail_route *route,
		  const struct mail_letter *letter, mail_done_fn *done, void *ctx);
/* What waits is answered MAIL_LATER, and after a second what is under way, too; later, from the loop, @closed, when it is gone. NULL is
 * fine (and @closed is not called). */
void mailman_close(struct mailman *mailman, void (*closed)(void *ctx), void *ctx);

#endif
