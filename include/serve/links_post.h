/* serve/links_post.h -- what a member's page for her links sends. Loop thread. */
#ifndef SERVE_LINKS_POST_H
#define SERVE_LINKS_POST_H

#include "serve/reply.h"

/* The request of @r is a POST to the page of link number @index (a page link of the publication that
 * is served): done, and answered by 303 to the page as it then is, or by a page that says why not. */
void links_post(struct reply *r, size_t index, enum language language);

#endif
