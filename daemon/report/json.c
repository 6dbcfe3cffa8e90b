/* json.c -- see the header. */
#include "report/json.h"

#include "base/utf8.h"

static void quoted(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (const char *p = text; *p;) {
		size_t n = utf8_size(p);
		if (n == 0) {
			buf_adds(out, "\\ufffd");
			p++;
			continue;
		}
		if (*p == '"' || *p == '\\')
			buf_addf(out, "\\%c", *p);
		else if (*p == '\n')
			buf_adds(out, "\\n");
		else if (n == 1 && ((unsigned char)*p < 0x20 || *p == 0x7F))
			buf_addf(out, "\\u%04x", (unsigned)*p);
		else
			buf_add(out, p, n);
		p += n;
	}
	buf_addc(out, '"');
}

static void begin(struct json *json, const char *key)
{
	if (json->more)
		buf_addc(json->out, ',');
	json->more = true;
	if (key) {
		quoted(json->out, key);
		buf_addc(json->out, ':');
	}
}

void json_object(struct json *json, const char *key)
{
	begin(json, key);
	buf_addc(json->out, '{');
	json->more = false;
}

void json_array(struct json *json, const char *key)
{
	begin(json, key);
	buf_addc(json->out, '[');
	json->more = false;
}

void json_end(struct json *json, char bracket)
{
	buf_addc(json->out, bracket);
	json->more = true;
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (!text) {
		json_null(json, key);
		return;
	}
	begin(json, key);
	quoted(json->out, text);
}

void json_int(struct json *json, const char *key, int64_t value)
{
	begin(json, key);
	buf_addf(json->out, "%lld", (long long)value);
}

void json_hundredths(struct json *json, const char *key, int64_t value)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	begin(json, key);
	buf_addf(json->out, "%s%llu.%02u", value < 0 ? "-" : "", (unsigned long long)(size / 100),
		 (unsigned)(size % 100));
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	buf_adds(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	begin(json, key);
	buf_adds(json->out, "null");
}

void json_utc(struct json *json, const char *key, utc_t at)
{
	char text[CIVIL_TEXT];
	json_text(json, key, at == 0 ? NULL : utc_text(at, text));
}

void json_day(struct json *json, const char *key, day_t day)
{
	char text[CIVIL_TEXT];
	json_text(json, key, day_text(day, text));
}
