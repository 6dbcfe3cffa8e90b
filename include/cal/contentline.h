/* cal/contentline.h -- RFC 5545 section 3.1: physical lines -> unfolded content lines -> name,
 * parameters, value; and strict readers for the few values that the sieve lets through. */
#ifndef CAL_CONTENTLINE_H
#define CAL_CONTENTLINE_H

#include "base/buf.h"
#include "base/civil.h"
#include "base/err.h"

#include <stdint.h>

struct text { /* borrowed bytes, no NUL */
	const char *p;
	size_t n;
};
/* ASCII letters without case */
bool text_is(struct text text, const char *word);
struct text text_trim(struct text text); /* blanks and tabs at both ends */

/* CRLF, LF, CR and CR CR LF end a line; a line that begins with a blank or a tab continues the
 * one before; empty lines count for nothing. Zero-initialise, set @at, @end and @max. */
struct lines {
	const char *at, *end;
	size_t max;	/* bytes of an unfolded line */
	int next;	/* number of the next physical line, from 1; set to 1 */
	const char *lf; /* the next line feed, looked up once */
	struct buf joined;
};
enum lines_result { LINES_END, LINES_OK, LINES_TOO_LONG };
/* @out lives until the next call; without copying when nothing was folded. *line: where it
 * began. LINES_TOO_LONG: @out is what of it fits into @max, and the rest is passed over. */
enum lines_result lines_next(struct lines *lines, struct text *out, int *line);

struct content {
	struct text name, params, value; /* params: everything between, without the first ';' */
};
/* False when there is no NAME followed by ':' or ';'. With @plain_value the value holds no colon
 * (dates, words), so that it begins after the last one: TZID=(GMT +01:00) is often unquoted. */
bool content_split(struct text line, bool plain_value, struct content *out);
/* The value of parameter @name without quotes; false when there is none. */
bool content_param(const struct content *content, const char *name, struct text *out);

struct moment {
	local_t local; /* DATE: that day's 00:00 */
	bool date_only, utc;
};
/* 20240131, 20240131T090000, ...Z; a year 1..9999, a day that exists, seconds 60 read as 59,
 * 24:00:00 as the next day. */
bool moment_read(struct text text, struct moment *out);
void moment_write(struct buf *out, const struct moment *moment);
/* P1W, P1DT2H30M, PT45M, [+-]; at most ten years. *days (may be NULL): what of it was written in
 * weeks and days. */
bool length_read(struct text text, int64_t *seconds, int64_t *days);

#endif
