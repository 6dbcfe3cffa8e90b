/* work/mime.h -- writing mail: header fields and bodies of 7-bit ASCII in lines of at most 76
 * bytes, whatever people are called (RFC 5322, 2045, 2047). What comes from people cannot end a
 * field: control characters and line ends in it become blanks. Pure; any thread. */
#ifndef WORK_MIME_H
#define WORK_MIME_H

#include "base/buf.h"
#include "base/civil.h"

/* Name: VALUE as it is (ours: short, or folded already). */
void mime_raw(struct buf *out, const char *name, const char *value);
/* Name: text, as encoded words where it is not plain ASCII; folded. Bytes that are no UTF-8 become
 * U+FFFD, runs of blanks one blank. */
void mime_text(struct buf *out, const char *name, const char *text);
/* Name: "who" <address>; @who may be "", @address is one (parse_is_mail). */
void mime_mailbox(struct buf *out, const char *name, const char *who, const char *address);
/* Date: Tue, 24 Nov 2026 12:00:00 +0000 */
void mime_date(struct buf *out, utc_t at);

/* A body in quoted-printable; @text has \n at the end of lines. */
void mime_quoted(struct buf *out, const char *text);
/* A body in base64. */
void mime_base64(struct buf *out, const void *p, size_t n);

#endif
