/* form.c -- see the header. Decoded text is never longer than what it came from, so one copy of the
 * body holds all fields. */
#include "serve/form.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The @n bytes at @from, decoded, to @to, with a NUL behind them; NULL: they are none of a form. */
static char *decode(const char *from, size_t n, char *to)
{
	for (size_t i = 0; i < n; i++) {
		char c = from[i];
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < n ? hex(from[i + 1]) : -1;
			int low = high >= 0 ? hex(from[i + 2]) : -1;
			if (low < 0)
				return NULL;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (((unsigned char)c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7F)
			return NULL;
		*to++ = c;
	}
	*to++ = '\0';
	return to;
}

static bool is_utf8(const char *text)
{
	for (size_t n; *text; text += n)
		if ((n = utf8_size(text)) == 0)
			return false;
	return true;
}

static bool add(struct form *form, const char *name, const char *value, struct err *err)
{
	if (!is_utf8(name) || !is_utf8(value))
		return err_set(err, ERR_PARSE, "the form is not text in UTF-8");
	if (form_value(form, name))
		return err_set(err, ERR_PARSE, "the form has a field twice");
	if (form->n == FORM_FIELDS)
		return err_set(err, ERR_LIMIT, "the form has more than %d fields", FORM_FIELDS);
	form->v[form->n++] = (struct form_field){name, value};
	return true;
}

bool form_parse(const char *body, size_t n, struct form *out, struct err *err)
{
	struct form form = {.bytes = xmalloc(2 * n + 2)};
	char *to = form.bytes;
	for (size_t at = 0; at < n;) {
		const char *pair = body + at;
		const char *end = memchr(pair, '&', n - at);
		size_t pair_n = end ? (size_t)(end - pair) : n - at;
		at += pair_n + 1;
		if (pair_n == 0)
			continue;
		const char *equals = memchr(pair, '=', pair_n);
		size_t name_n = equals ? (size_t)(equals - pair) : pair_n;
		char *name = to, *value = decode(pair, name_n, name);
		to = value && equals ? decode(equals + 1, pair_n - name_n - 1, value)
		     : value	     ? decode("", 0, value)
				     : NULL;
		if (!to)
			err_set(err, ERR_PARSE, "the form is not written as forms are");
		if (!to || !add(&form, name, value, err)) {
			form_fini(&form);
			return false;
		}
	}
	*out = form;
	return true;
}

void form_fini(struct form *form)
{
	xfree(form->bytes);
	*form = (struct form){0};
}

const char *form_value(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->n; i++)
		if (strcmp(form->v[i].name, name) == 0)
			return form->v[i].value;
	return NULL;
}

bool form_text(const struct form *form, const char *name, char *out, size_t size)
{
	static const char blanks[] = " \t\r\n";
	const char *value = form_value(form, name);
	if (!value)
		return false;
	value += strspn(value, blanks);
	size_t n = strlen(value);
	while (n > 0 && strchr(blanks, value[n - 1]))
		n--;
	if (n >= size)
		return false;
	memcpy(out, value, n);
	out[n] = '\0';
	return true;
}

bool form_is(const char *content_type)
{
	static const char type[] = "application/x-www-form-urlencoded";
	size_t n = sizeof type - 1;
	return content_type && strncasecmp(content_type, type, n) == 0 &&
	       (content_type[n] == '\0' || strchr("; \t", content_type[n]));
}

void form_escape(const char *text, struct buf *out)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	for (; *text; text++) {
		if (strchr(plain, *text))
			buf_addc(out, *text);
		else
			buf_addf(out, "%%%02X", (unsigned char)*text);
	}
}
