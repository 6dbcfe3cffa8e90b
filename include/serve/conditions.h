/* serve/conditions.h -- what a client says of the copy that it has (RFC 9110 section 13), and which
 * coding it takes (section 12.5.3). Pure; any thread. What is malformed asks for nothing: then the
 * whole body goes out as it is, which is never wrong. */
#ifndef SERVE_CONDITIONS_H
#define SERVE_CONDITIONS_H

#include <stdbool.h>

/* If-None-Match: whether @etag (without quotes) is in @list, weak marks ignored, or @list is "*". */
bool etag_listed(const char *list, const char *etag);

/* Accept-Encoding: whether gzip is as welcome as bare bytes, or more. */
bool accepts_gzip(const char *list);

#endif
