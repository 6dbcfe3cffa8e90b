/* io/mail_spool.h -- a message as a file in a folder that others empty, as a Maildir is: tmp, new,
 * cur. Blocks; any thread. */
#ifndef IO_MAIL_SPOOL_H
#define IO_MAIL_SPOOL_H

#include "base/err.h"

/* @name (letters and digits) is complete and synced in @folder/new, or is not there at all. Folders
 * that are missing are made, for this user alone. */
bool mail_spool_write(const char *folder, const char *name, const void *bytes, size_t n,
		      struct err *err) NODISCARD;

#endif
