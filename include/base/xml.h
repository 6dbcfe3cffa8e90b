/* base/xml.h -- text that nothing can break out of, in HTML and in XML (SVG). Pure. */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

/* @text between tags, or inside a quoted value. Bytes that are no UTF-8, control characters and
 * what XML 1.0 does not allow become U+FFFD. */
void xml_text(struct buf *out, const char *text);

#endif
