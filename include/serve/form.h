/* serve/form.h -- what a form without script sends: fields as application/x-www-form-urlencoded
 * (WHATWG URL section 5.1). Pure; untrusted bytes. */
#ifndef SERVE_FORM_H
#define SERVE_FORM_H

#include "base/err.h"

#include <stddef.h>

#define FORM_FIELDS 64

struct form {
	char *bytes; /* what the fields point into */
	struct form_field {
		const char *name, *value;
	} v[FORM_FIELDS];
	size_t n;
};
/* ERR_PARSE: a cut or wrong %XX, NUL or a control character that no form field has, bytes that are
 * no UTF-8, a name twice; ERR_LIMIT: more than FORM_FIELDS. How long @n may be is the server's limit
 * ([server] max_body). form_fini afterwards. */
bool form_parse(const char *body, size_t n, struct form *out, struct err *err) NODISCARD;
void form_fini(struct form *form); /* a zeroed one is fine */

/* Borrowed of @form; NULL when it is not there. */
const char *form_value(const struct form *form, const char *name);
/* The same without blanks around it, in a buffer of the caller's: false when it is not there or has
 * more than @size - 1 bytes. */
bool form_text(const struct form *form, const char *name, char *out, size_t size);

/* Whether a Content-Type (NULL: none) says that a body is such a form. */
bool form_is(const char *content_type);

/* @text as a value in an address (RFC 3986 section 2.3: all but unreserved bytes as %XX). */
struct buf;
void form_escape(const char *text, struct buf *out);

#endif
