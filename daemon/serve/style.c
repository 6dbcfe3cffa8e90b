/* style.c -- the style sheet, carried in the program (daemon/serve/style.css, and behind it the
 * rules of the picture of a year, which a file of its own has too) and named by a hash of its
 * bytes, so that a browser may keep it for ever. */
#include "base/buf.h"
#include "base/hash.h"
#include "plan/draw_words.h"
#include "serve/pages.h"

#include <pthread.h>
#include <stdio.h>

__asm__(".section .rodata\n"
	".global style_css\n"
	".global style_css_end\n"
	"style_css:\n"
	".incbin \"daemon/serve/style.css\"\n"
	"style_css_end:\n"
	".byte 0\n"
	".previous\n");
extern const char style_css[], style_css_end[];

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char style_name[64];
static struct buf sheet;

static void make_name(void)
{
	char hash[HASH_TEXT];
	buf_add(&sheet, style_css, (size_t)(style_css_end - style_css));
	buf_adds(&sheet, draw_style);
	buf_addc(&sheet, '\n');
	hash_text(sheet.v, sheet.n, hash);
	(void)snprintf(style_name, sizeof style_name, "style-%.16s.css", hash);
}

const char *asset_style(size_t *n, const char **name)
{
	(void)pthread_once(&once, make_name);
	*n = sheet.n;
	*name = style_name;
	return buf_str(&sheet);
}
