/* style.c -- the style sheet, carried in the program (daemon/serve/style.css) and named by a hash
 * of its bytes, so that a browser may keep it for ever. */
#include "base/hash.h"
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

static void make_name(void)
{
	char hash[HASH_TEXT];
	hash_text(style_css, (size_t)(style_css_end - style_css), hash);
	(void)snprintf(style_name, sizeof style_name, "style-%.16s.css", hash);
}

const char *asset_style(size_t *n, const char **name)
{
	(void)pthread_once(&once, make_name);
	*n = (size_t)(style_css_end - style_css);
	*name = style_name;
	return style_css;
}
