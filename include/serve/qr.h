/* serve/qr.h -- QR codes (ISO/IEC 18004), so that a phone takes an address over without anybody
 * typing it. libqrencode lives in qr.c. Pure; any thread. */
#ifndef SERVE_QR_H
#define SERVE_QR_H

#include "base/buf.h"
#include "base/err.h"

struct qr {
	int width;	     /* modules a side, without the quiet zone */
	unsigned char *dark; /* width * width of them by row: 0 or 1 */
};
/* Error correction M: one seventh of it may be unreadable. ERR_LIMIT: more than a code holds
 * (2,331 bytes). */
bool qr_make(const char *text, struct qr *out, struct err *err) NODISCARD;
void qr_fini(struct qr *qr);

/* An <svg> to stand in a page, or (with the line that a file begins with) alone: dark on white with
 * the quiet zone of 4 modules, whatever the colours around it are; @title and @text are what is read
 * out instead. @id is ours: a word that no other element of the page has. */
void qr_svg(const struct qr *qr, const char *id, const char *title, const char *text,
	    struct buf *out);
/* Lines of half blocks for a terminal: light modules are drawn, dark ones are the background (as most
 * terminals have it; readers take the reverse, too). */
void qr_blocks(const struct qr *qr, struct buf *out);

#endif
