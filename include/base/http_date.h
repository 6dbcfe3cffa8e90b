/* base/http_date.h -- moments as HTTP writes them (RFC 9110 section 5.6.7): in English, in GMT. Any
 * thread. */
#ifndef BASE_HTTP_DATE_H
#define BASE_HTTP_DATE_H

#include "base/civil.h"

#define HTTP_DATE_TEXT 40
/* "Sun, 06 Nov 1994 08:49:37 GMT"; years 0..9999. */
void http_date_text(utc_t at, char out[HTTP_DATE_TEXT]);
/* That form, and the two older ones that a recipient must understand. A year of two digits is the
 * one that lies at most 50 years after @now. False: it is none of them, *out is untouched. */
bool http_date_parse(const char *text, utc_t now, utc_t *out);

#endif
