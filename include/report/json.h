/* report/json.h -- writing JSON (RFC 8259) into a buffer. Commas and quotes are put by the
 * writer; keys are NULL inside arrays. Bytes that are no UTF-8 become U+FFFD. Pure. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/buf.h"
#include "base/civil.h"

struct json {
	struct buf *out;
	bool more; /* something stands before in this object or array */
};

void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json, char bracket);			      /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_int(struct json *json, const char *key, int64_t value);
void json_hundredths(struct json *json, const char *key, int64_t value); /* 97: 0.97 */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_utc(struct json *json, const char *key, utc_t at); /* 0: null */
void json_day(struct json *json, const char *key, day_t day);

#endif
