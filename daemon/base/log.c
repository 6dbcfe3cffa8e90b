/* log.c -- log lines. A line is built in one buffer and written by one call, so that lines of
 * several threads never mix. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static _Atomic enum log_level least_level = LOG_INFO;
static _Atomic enum log_format line_format = LOG_TEXT;

static const char *const level_words[] = {"debug", "info", "warn", "error"};
static const char *const format_words[] = {"text", "logfmt", "json"};

void log_init(enum log_level least, enum log_format format)
{
	least_level = least;
	line_format = format;
}

void log_init_words(const char *least, const char *format)
{
	enum log_level level = LOG_INFO;
	enum log_format form = LOG_TEXT;
	(void)log_level_from_word(least, &level);
	(void)log_format_from_word(format, &form);
	log_init(level, form);
}

bool log_level_from_word(const char *word, enum log_level *out)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(word, level_words[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

bool log_format_from_word(const char *word, enum log_format *out)
{
	for (int i = 0; i < 3; i++)
		if (strcmp(word, format_words[i]) == 0) {
			*out = (enum log_format)i;
			return true;
		}
	return false;
}

static void add_escaped(struct buf *b, const char *s, bool quote)
{
	if (quote)
		buf_addc(b, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7F)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, *s);
	}
	if (quote)
		buf_addc(b, '"');
}

static void add_pair(struct buf *b, enum log_format format, const char *key, size_t key_n,
		     const char *value)
{
	if (format == LOG_JSON) {
		buf_addf(b, ",\"%.*s\":", (int)key_n, key);
		add_escaped(b, value, true);
		return;
	}
	buf_addf(b, " %.*s=", (int)key_n, key);
	add_escaped(b, value, !*value || strpbrk(value, " \"=\\\t\n\r"));
}

bool log_wanted(enum log_level level)
{
	return level >= least_level;
}

void log_event(enum log_level level, const char *event, const char *keys, ...)
{
	if (!log_wanted(level))
		return;
	struct buf b = {0};
	char at[CIVIL_TEXT];
	utc_text(clock_real(), at);
	const enum log_format format = line_format; /* one for the whole line */
	switch (format) { /* the formats are literals, one each, for -Wformat */
	case LOG_TEXT: buf_addf(&b, "%s %-5s %s", at, level_words[level], event); break;
	case LOG_LOGFMT:
		buf_addf(&b, "at=%s level=%s event=%s", at, level_words[level], event);
		break;
	case LOG_JSON:
		buf_addf(&b, "{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", at,
			 level_words[level], event);
		break;
	}
	va_list ap;
	va_start(ap, keys);
	while (*keys) {
		size_t n = strcspn(keys, ",");
		const char *value = va_arg(ap, const char *);
		add_pair(&b, format, keys, n, value ? value : "");
		keys += n + (keys[n] == ',');
	}
	va_end(ap);
	buf_adds(&b, format == LOG_JSON ? "}\n" : "\n");
	(void)!write(STDERR_FILENO, b.v, b.n);
	buf_fini(&b);
}
