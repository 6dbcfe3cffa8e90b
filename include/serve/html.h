/* serve/html.h -- writing HTML that outside strings cannot break out of.
 *
 * Names of elements and attributes are the program's own; every text and every value of an
 * attribute is escaped on its way in, and there is no function that is not. Bytes that are no
 * UTF-8 and control characters become U+FFFD. Pure. */
#ifndef SERVE_HTML_H
#define SERVE_HTML_H

#include "base/buf.h"
#include "plan/model.h"

/* Text between tags, or inside a quoted value. */
void html_text(struct buf *out, const char *text);
void html_textf(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A start tag; pairs of name and value follow, ended by NULL: html_open(out, "a", "href", url,
 * NULL). A value NULL leaves the attribute out, "" writes it alone. Of href, src and action only
 * http, https, webcal, webcals, mailto and relative addresses pass; anything else becomes "#". */
void html_open(struct buf *out, const char *element, ...) __attribute__((sentinel));
void html_close(struct buf *out, const char *element);
/* One whole element with a text in it; attributes as for html_open. */
void html_element(struct buf *out, const char *element, const char *text, ...)
	__attribute__((sentinel));
void html_newline(struct buf *out);

/* From the doctype to the open <main>, and the end. Every page lies one folder deep ("/me/..."),
 * so that addresses can be relative and a path before us is no matter. @title is shown as the
 * heading, too. */
void html_page_begin(struct buf *out, enum language language, const char *title);
/* The same for a page two folders deep ("/report/TOKEN/sources"). */
void html_page_begin_below(struct buf *out, enum language language, const char *title);
void html_page_end(struct buf *out, const char *footer);

#endif
