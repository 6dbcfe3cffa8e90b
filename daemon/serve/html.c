/* html.c -- see the header: everything goes through xml_text(). */
#include "serve/html.h"

#include "base/xml.h"
#include "serve/pages.h"

#include <assert.h>
#include <string.h>

void html_text(struct buf *out, const char *text)
{
	xml_text(out, text);
}

void html_textf(struct buf *out, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	html_text(out, buf_str(&text));
	buf_fini(&text);
}

/* Names are ours; one that is not a name is our bug. */
static void name(struct buf *out, const char *text)
{
	assert(*text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0');
	buf_adds(out, text);
}

/* RFC 3986 section 4.2: relative when no colon comes before the first '/', '?' or '#'. */
static bool address_passes(const char *url)
{
	static const char *const schemes[] = {"http:", "https:", "webcal:", "webcals:", "mailto:"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= 0x20 || *p == '\\') /* browsers skip or rewrite these */
			return false;
	return url[strcspn(url, ":/?#")] != ':';
}

static void attributes(struct buf *out, va_list ap)
{
	const char *key;
	while ((key = va_arg(ap, const char *))) {
		const char *value = va_arg(ap, const char *);
		bool address = strcmp(key, "href") == 0 || strcmp(key, "src") == 0 ||
			       strcmp(key, "action") == 0;
		/* the strict policy of our pages knows no inline style or script */
		assert(strcmp(key, "style") != 0 && strncmp(key, "on", 2) != 0);
		if (!value)
			continue;
		buf_addc(out, ' ');
		name(out, key);
		if (!*value && !address)
			continue;
		buf_adds(out, "=\"");
		html_text(out, address && !address_passes(value) ? "#" : value);
		buf_addc(out, '"');
	}
}

static void open_tag(struct buf *out, const char *element, va_list ap)
{
	buf_addc(out, '<');
	name(out, element);
	attributes(out, ap);
	buf_addc(out, '>');
}

void html_open(struct buf *out, const char *element, ...)
{
	va_list ap;
	va_start(ap, element);
	open_tag(out, element, ap);
	va_end(ap);
}

void html_close(struct buf *out, const char *element)
{
	buf_adds(out, "</");
	name(out, element);
	buf_addc(out, '>');
}

void html_element(struct buf *out, const char *element, const char *text, ...)
{
	va_list ap;
	va_start(ap, text);
	open_tag(out, element, ap);
	va_end(ap);
	html_text(out, text);
	html_close(out, element);
}

void html_newline(struct buf *out)
{
	buf_addc(out, '\n');
}

static void page_begin(struct buf *out, enum language language, const char *title, const char *up)
{
	const char *style;
	size_t n;
	(void)asset_style(&n, &style);
	char *href = xasprintf("%sassets/%s", up, style);
	buf_adds(out, "<!DOCTYPE html>\n");
	html_open(out, "html", "lang", language == LANG_NL ? "nl" : "en", NULL);
	html_open(out, "head", NULL);
	html_open(out, "meta", "charset", "utf-8", NULL);
	html_open(out, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
		  NULL);
	html_open(out, "meta", "name", "robots", "content", "noindex", NULL);
	html_open(out, "meta", "name", "color-scheme", "content", "light dark", NULL);
	html_element(out, "title", title, NULL);
	html_open(out, "link", "rel", "stylesheet", "href", href, NULL);
	html_close(out, "head");
	html_newline(out);
	html_open(out, "body", NULL);
	html_open(out, "main", NULL);
	html_newline(out);
	html_element(out, "h1", title, NULL);
	html_newline(out);
	xfree(href);
}

void html_page_begin(struct buf *out, enum language language, const char *title)
{
	page_begin(out, language, title, "../");
}

void html_page_begin_below(struct buf *out, enum language language, const char *title)
{
	page_begin(out, language, title, "../../");
}

void html_page_end(struct buf *out, const char *footer)
{
	html_close(out, "main");
	if (footer)
		html_element(out, "footer", footer, NULL);
	html_close(out, "body");
	html_close(out, "html");
	html_newline(out);
}
