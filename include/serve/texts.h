/* serve/texts.h -- what pages say, in Dutch and English: one row per text in texts.c. Plain
 * texts, never formats; pages put figures and names beside them. Borrowed for ever. */
#ifndef SERVE_TEXTS_H
#define SERVE_TEXTS_H

#include "base/buf.h"
#include "plan/model.h"
#include "plan/obligation.h"

enum text {
	TEXT_REPORT_TITLE,
	TEXT_REPORT_CAPTION,
	TEXT_AS_OF,
	TEXT_DUOS,
	TEXT_DUO,
	TEXT_PERSON,
	TEXT_STALLED,
	TEXT_YES,
	TEXT_NO,
	TEXT_PACE,
	TEXT_PACE_BEHIND,
	TEXT_PACE_ON,
	TEXT_PACE_AHEAD,
	TEXT_PACE_NONE,
	TEXT_HOURS,
	TEXT_HELD,
	TEXT_PLANNED,
	TEXT_ASSUMED,
	TEXT_ASSUMED_WHY,
	TEXT_PROVISIONAL,
	TEXT_REMAINING,
	TEXT_GAP_NOW,
	TEXT_GAP_LONGEST,
	TEXT_NEXT,
	TEXT_NONE,
	TEXT_TOTAL,
	TEXT_NO_DUO,
	TEXT_LEFT,
	TEXT_AS_CSV,
	TEXT_AS_JSON,
	TEXT_LEGEND,
	TEXT_NO_ROWS,
	TEXT_NEXT_SESSION,
	TEXT_NO_NEXT,
	TEXT_COMING,
	TEXT_NO_MORE,
	TEXT_CLASH,
	TEXT_CLASH_BUSY,
	TEXT_CLASH_ABSENT,
	TEXT_CLASH_OTHER,
	TEXT_CLASH_CLOSED,
	TEXT_CLASH_PLACES,
	TEXT_CLASH_NOWHERE,
	TEXT_WHEN,
	TEXT_WHAT,
	TEXT_WITH,
	TEXT_WITH_WORD,
	TEXT_MY_HOURS,
	TEXT_PER_DUO,
	TEXT_TIMES_IN,
	TEXT_SUBSCRIBE,
	TEXT_SUBSCRIBE_WHY,
	TEXT_SUBSCRIBE_OPEN,
	TEXT_SUBSCRIBE_APPLE,
	TEXT_SUBSCRIBE_GOOGLE,
	TEXT_SUBSCRIBE_OUTLOOK,
	TEXT_SUBSCRIBE_NONE,
	TEXT_ADDRESS,
	TEXT_BUSY_ONLY,
	TEXT_SECRET,
	TEXT_SESSION_TITLE,
	TEXT_SESSION_BODY,
	TEXT_SESSION_ASK,
	TEXT_SOURCES_TITLE,
	TEXT_SOURCES_CAPTION,
	TEXT_SOURCE,
	TEXT_STATE,
	TEXT_SOURCE_AGE,
	TEXT_KNOWN_UNTIL,
	TEXT_EVENTS,
	TEXT_WARNINGS,
	TEXT_SOURCE_NEVER,
	TEXT_SOURCE_FRESH,
	TEXT_SOURCE_STALE,
	TEXT_SOURCE_FAILED,
	TEXT_SOURCE_QUARANTINED,
	TEXT_JUST_NOW,
	TEXT_WHOLE_YEAR,
	TEXT_NO_SOURCES,
	TEXT_THREE_STATES,
	TEXT_YEAR,
	TEXT_DUE,
	TEXT_DUE_NEXT,
	TEXT_DUE_LATE,
	TEXT_DUE_NONE,
	TEXT_FOOTER,
	TEXT_COUNT
};
const char *text_of(enum text text, enum language language);
const char *text_kind(enum kind kind, enum language language); /* "werksessie", "work session" */

/* "reflectieverslag 2", "plan of approach" */
void text_obligation(enum obligation_kind kind, int number, enum language language,
		     struct buf *out);

/* "di 24 november 2026 13:00-15:00", "Tue 24 November 2026 13:00-15:00", on the zone's clock; a
 * session that ends on another day names that day, too. */
void text_when(utc_t start, utc_t end, const struct zone *zone, enum language language,
	       struct buf *out);
/* "di 24 november 2026" */
void text_day(day_t day, enum language language, struct buf *out);
/* The one form of hours: "31,5 gehouden + 12,0 gepland / 75", "31.5 held + 12.0 planned / 75". */
void text_hours(int64_t held_min, int64_t planned_min, int64_t budget_min, enum language language,
		struct buf *out);

#endif
