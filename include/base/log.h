/* base/log.h -- one line an event on stderr, as text, logfmt or JSON.
 *
 * An event has a word and key=value pairs. No tokens ever; names and addresses never at info
 * or above (ids only). Any thread. Only main, work/ and serve/ log above debug: everything
 * below them reports to its caller. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_LOGFMT, LOG_JSON };

/* At any time: a line is written in one format. */
void log_init(enum log_level least, enum log_format format);
/* The same by their words; for a word that is none what it is without this. */
void log_init_words(const char *least, const char *format);
bool log_level_from_word(const char *word, enum log_level *out);
bool log_format_from_word(const char *word, enum log_format *out);

/* Whether a line of @level is written at all: ask before making its texts where that is felt. */
bool log_wanted(enum log_level level);

/* @keys is a comma-separated list of names; one argument each, all const char * (NULL prints
 * as empty): log_event(LOG_INFO, "import", "source,events", id, count_text). */
void log_event(enum log_level level, const char *event, const char *keys, ...);

#endif
