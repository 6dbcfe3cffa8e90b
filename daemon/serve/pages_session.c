/* pages_session.c -- /s/ID, the only page whose address stands in a calendar, and so the only one
 * that strangers may come upon: it says the same for every id. */
#include "serve/html.h"
#include "serve/pages.h"
#include "serve/texts.h"

void page_session(enum language language, struct buf *out)
{
	html_page_begin(out, language, text_of(TEXT_SESSION_TITLE, language));
	html_element(out, "p", text_of(TEXT_SESSION_BODY, language), NULL);
	html_element(out, "p", text_of(TEXT_SESSION_ASK, language), "class", "soft", NULL);
	html_page_end(out, text_of(TEXT_FOOTER, language));
}
