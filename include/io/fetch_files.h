/* io/fetch_files.h -- the files beside a URL: a password, a certificate. Blocks; any thread. */
#ifndef IO_FETCH_FILES_H
#define IO_FETCH_FILES_H

#include "base/buf.h"
#include "base/err.h"

/* A regular file of at most @max bytes, not empty; @secret: nobody but its owner may read it. */
bool fetch_file_read(const char *path, size_t max, bool secret, struct buf *out,
		     struct err *err) NODISCARD;
/* "user:password" on the first line of a secret file; both are the caller's (what was there is
 * freed). The sentence never holds what was read. */
bool fetch_password_read(const char *path, char **user, char **password, struct err *err) NODISCARD;

#endif
