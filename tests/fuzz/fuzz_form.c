/* fuzz_form.c -- any bytes as the body of a form: refused with a sentence, or fields of clean text,
 * each name once; and what is read, written again as a browser does, is read the same. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "serve/form.h"

#include <string.h>

const char fuzz_corpus[] = "tests/fuzz/corpus/form";

static void check_text(const char *text)
{
	for (const char *p = text; *p; p += utf8_size(p))
		PROMISE(utf8_size(p) > 0 && *p != 0x7F &&
			((unsigned char)*p >= 0x20 || strchr("\t\r\n", *p)));
}

static void check_again(const struct form *form)
{
	struct buf body = {0};
	struct form again;
	struct err err;
	for (size_t i = 0; i < form->n; i++) {
		buf_adds(&body, i ? "&" : "");
		form_escape(form->v[i].name, &body);
		buf_addc(&body, '=');
		form_escape(form->v[i].value, &body);
	}
	PROMISE(form_parse(buf_str(&body), body.n, &again, &err));
	PROMISE(again.n == form->n);
	for (size_t i = 0; i < form->n; i++)
		PROMISE(strcmp(again.v[i].name, form->v[i].name) == 0 &&
			strcmp(again.v[i].value, form->v[i].value) == 0);
	form_fini(&again);
	buf_fini(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form form = {0};
	struct err err = {0};
	char text[16];
	if (!form_parse((const char *)data, size, &form, &err)) {
		PROMISE(*err.text && !form.bytes);
		return 0;
	}
	PROMISE(form.n <= FORM_FIELDS);
	for (size_t i = 0; i < form.n; i++) {
		check_text(form.v[i].name);
		check_text(form.v[i].value);
		PROMISE(form_value(&form, form.v[i].name) == form.v[i].value);
		if (form_text(&form, form.v[i].name, text, sizeof text))
			PROMISE(strlen(text) < sizeof text && strstr(form.v[i].value, text));
	}
	check_again(&form);
	form_fini(&form);
	return 0;
}
