/* serve/subscribe.h -- how a link gets into a calendar: what a page shows for the client that it is
 * meant for. Pure; any thread that holds the publication. */
#ifndef SERVE_SUBSCRIBE_H
#define SERVE_SUBSCRIBE_H

#include "serve/html.h"
#include "work/publication.h"

/* What a person calls it: its label, else its owner, and whether it shows times alone. */
void subscribe_name(const struct publication *p, size_t index, enum language language,
		    struct buf *out);
/* The button of the client of link number @index, what to do there, and the address to paste. */
void subscribe_ways(const struct publication *p, size_t index, enum language language,
		    struct buf *out);
/* The QR code of what the button opens, as a figure; nothing when the address is too long. */
void subscribe_code(const struct publication *p, size_t index, enum language language,
		    struct buf *out);
/* "Google Calendar", "iets anders" */
const char *subscribe_client(enum link_client client, enum language language);

#endif
