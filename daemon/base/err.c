/* err.c -- codes, sentences, and lists of faults. Texts are cut, never overrun. */
#include "base/err.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *word;
	int exit_status;
	int http_status;
} codes[] = {[ERR_NONE] = {"ok", 0, 200},
#define X(NAME, word, exit, http) [ERR_##NAME] = {word, exit, http},
	     ERR_CODES(X)
#undef X
};

/* Ends a text that did not fit in "...", on a character's boundary. */
static void mark_cut(char *text, size_t size)
{
	size_t at = size - 4;
	while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
		at--;
	memcpy(text + at, "...", 4);
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof err->text)
		mark_cut(err->text, sizeof err->text);
	err->code = code;
	return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
	char context[sizeof err->text];
	char whole[2 * sizeof err->text + 4];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof context, fmt, ap);
	va_end(ap);
	int n = snprintf(whole, sizeof whole, "%s: %s", context, err->text);
	memcpy(err->text, whole, sizeof err->text);
	if (n >= (int)sizeof err->text)
		mark_cut(err->text, sizeof err->text);
	return false;
}

const char *err_word(enum err_code code)
{
	return codes[code].word;
}

int err_exit_status(enum err_code code)
{
	return codes[code].exit_status;
}

int err_http_status(enum err_code code)
{
	return codes[code].http_status;
}

enum err_code err_from_word(const char *word)
{
	for (size_t i = 1; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(codes[i].word, word) == 0)
			return (enum err_code)i;
	return ERR_BUG;
}

void faults_add(struct faults *faults, const char *file, int line, const char *fmt, ...)
{
	if (faults->n == FAULTS_MAX) {
		faults->dropped++;
		return;
	}
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0 || n >= (int)sizeof text)
		mark_cut(text, sizeof text);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = '?';
	faults->v = xrealloc(faults->v, (faults->n + 1) * sizeof *faults->v);
	faults->v[faults->n++] = line > 0 ? xasprintf("%s:%d: %s", file, line, text)
					  : xasprintf("%s: %s", file, text);
}

void faults_fini(struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		xfree(faults->v[i]);
	xfree(faults->v);
	*faults = (struct faults){0};
}
