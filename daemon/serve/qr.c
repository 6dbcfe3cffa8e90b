/* qr.c -- see the header. The only file that knows libqrencode. */
#include "serve/qr.h"

#include "base/xml.h"

#include <errno.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

enum { QUIET = 4, PIXELS = 4 }; /* modules around it; a module's side */

bool qr_make(const char *text, struct qr *out, struct err *err)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	if (!code)
		return err_set(err, errno == ERANGE ? ERR_LIMIT : ERR_BUG,
			       "no QR code of %zu bytes: %s", strlen(text), strerror(errno));
	size_t n = (size_t)code->width * (size_t)code->width;
	out->width = code->width;
	out->dark = xmalloc(n);
	for (size_t i = 0; i < n; i++)
		out->dark[i] = code->data[i] & 1;
	QRcode_free(code);
	return true;
}

void qr_fini(struct qr *qr)
{
	xfree(qr->dark);
	*qr = (struct qr){0};
}

static bool is_dark(const struct qr *qr, int x, int y)
{
	return x >= 0 && y >= 0 && x < qr->width && y < qr->width &&
	       qr->dark[(size_t)y * (size_t)qr->width + (size_t)x];
}

/* One path: a run of dark modules is a rectangle. */
static void path(const struct qr *qr, struct buf *out)
{
	for (int y = 0; y < qr->width; y++)
		for (int x = 0, n; x < qr->width; x += n + 1) {
			n = 0;
			while (is_dark(qr, x + n, y))
				n++;
			if (n)
				buf_addf(out, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
		}
}

void qr_svg(const struct qr *qr, const char *id, const char *title, const char *text,
	    struct buf *out)
{
	int side = qr->width + 2 * QUIET;
	buf_addf(out,
		 "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"qr\" role=\"img\" "
		 "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\" "
		 "aria-labelledby=\"%s-title %s-desc\">\n<title id=\"%s-title\">",
		 side * PIXELS, side * PIXELS, side, side, id, id, id);
	xml_text(out, title);
	buf_addf(out, "</title>\n<desc id=\"%s-desc\">", id);
	xml_text(out, text);
	buf_addf(out,
		 "</desc>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
		 "<path fill=\"#000\" d=\"",
		 side, side);
	path(qr, out);
	buf_adds(out, "\"/>\n</svg>\n");
}

void qr_blocks(const struct qr *qr, struct buf *out)
{
	/* by upper * 2 + lower, drawn when light */
	static const char *const blocks[] = {" ", "\xE2\x96\x84", "\xE2\x96\x80", "\xE2\x96\x88"};
	for (int y = -QUIET; y < qr->width + QUIET; y += 2) {
		for (int x = -QUIET; x < qr->width + QUIET; x++) {
			bool below = y + 1 < qr->width + QUIET && !is_dark(qr, x, y + 1);
			buf_adds(out, blocks[2 * !is_dark(qr, x, y) + below]);
		}
		buf_addc(out, '\n');
	}
}
