/* work/letter.h -- what a mail says: an invitation to one session or its end (iMIP, RFC 6047: text
 * for people and the event of the feed for calendars), a note of what has changed, or a list of
 * many changes. Whole messages in 7 bits, in the language of who gets them; the link in them is
 * that to the session's page, which holds no secret. Pure: the same letter gives the same bytes.
 * Any thread.
 *
 * One event a message: all components of a REQUEST or CANCEL have one UID (RFC 5546 sections 3.2.2
 * and 3.2.5), and what calendars do with several parts of text/calendar in one mail differs. */
#ifndef WORK_LETTER_H
#define WORK_LETTER_H

#include "store/outbox.h"
#include "work/publication.h"

enum letter_form {
	LETTER_REQUEST,
	LETTER_CANCEL,
	LETTER_NOTE, /* of one item, or a list of many */
	LETTER_AHEAD /* a list in front of as many invitations */
};

struct letter_item {
	const struct session *session;
	bool on; /* for who gets it, now */
	struct outbox_known was;
};

struct letter { /* all borrowed */
	const struct publication *p;
	enum letter_form form;
	const char *person;		 /* who gets it; may have left the roster */
	const char *to;			 /* her address */
	const char *from_name, *from;	 /* who sends, and organises */
	const struct letter_item *items; /* in the order in which a list tells them */
	size_t n_items;			 /* one of an invitation */
	utc_t now;
};

#define LETTER_ID 33
/* Of the message: the same for the same person and the same versions of the same sessions. Letters
 * and digits; the Message-ID is this @ the host of UIDs. */
void letter_id(const struct letter *letter, char out[LETTER_ID]);
void letter_write(const struct letter *letter, struct buf *out);

/* Of what an invitation says of @session to @person, but for its version. */
void letter_key(const struct letter *letter, char out[LETTER_ID]);

#endif
