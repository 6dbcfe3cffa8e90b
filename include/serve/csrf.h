/* serve/csrf.h -- the word that a form of a page carries, so that no other site can have a browser
 * send it (design 5, "Pages"): a keyed hash of the page's own token and the day. Nothing is stored;
 * a page that was opened yesterday still sends. Pure. */
#ifndef SERVE_CSRF_H
#define SERVE_CSRF_H

#include "base/civil.h"

#include <stdbool.h>

#define CSRF_TEXT 25 /* 18 bytes in base64url and a NUL */

/* @token: of the page that the form stands in. @now: the programme's clock. */
void csrf_word(const unsigned char key[32], const char *token, utc_t now, char out[CSRF_TEXT]);
/* Of today or the day before; @word may be NULL. Takes the same time for each wrong one. */
bool csrf_ok(const unsigned char key[32], const char *token, utc_t now, const char *word);

#endif
