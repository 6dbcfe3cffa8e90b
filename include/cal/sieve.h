/* cal/sieve.h -- what sieve.c (the walk through components), sieve_lines.c (what becomes of one
 * line of an event) and sieve_zones.c (of a VTIMEZONE) share. Everybody else calls timetable_sieve (cal/timetable.h). */
#ifndef CAL_SIEVE_H
#define CAL_SIEVE_H

#include "cal/busy.h"
#include "cal/contentline.h"
#include "cal/lessons.h"
#include "cal/timetable.h"
#include "cal/titles.h"

/* Bytes that are read already: whole events, which the fast lane took. */
struct sieve_skip {
	size_t from, to; /* offsets of BEGIN, and of the next line that is not empty */
	int lines;	 /* physical ones */
	size_t events, components;
};
struct sieve_skips { /* rising; borrowed */
	const struct sieve_skip *v;
	size_t n;
	size_t bom; /* bytes of it; the bytes are UTF-8 when anything is skipped */
};
/* timetable_sieve of all but @skips, with patterns that somebody compiled. */
bool sieve_rest(const char *bytes, size_t n, struct patterns *patterns,
		const struct import_limits *limits, struct sieve_skips skips, struct sieved *out,
		struct err *err) NODISCARD;

enum part { PART_DROPPED, PART_CALENDAR, PART_EVENT, PART_FREEBUSY, PART_ZONE, PART_OBSERVANCE };

/* The component being written, VEVENT or VFREEBUSY. */
struct sieve_component {
	enum part part;
	size_t mark; /* where it began in the text, to take it back */
	int line;
	unsigned seen;	/* bits of the properties that may come once */
	unsigned match; /* bits of enum match */
	bool bad;
	bool free;	/* says so itself */
	int title_word; /* of cal/titles, or -1 */
};

struct sieve {
	struct sieved *out;
	struct patterns *patterns;
	struct sieve_component now;
	size_t title_words[TITLE_WORDS_MAX]; /* events that look like no lesson and count */
	size_t calendars;		     /* VCALENDARs written so far, the open one too */
	int64_t dates;			     /* values of RDATE, EXDATE and FREEBUSY so far */
	bool keep_lessons;		     /* the policy has a `lesson` */
	struct buf title, place;	     /* of the open event, only then */
};

/* One line of a kept component or of a calendar's header: written, matched or dropped. False
 * when it is not for us (nobody's name). */
bool sieve_line(struct sieve *sieve, enum part part, struct text line, int number);
/* Whether a title with that word of cal/titles (or -1) is one to warn of: it looks like no lesson,
 * but counts. @match: of its event; @free: it says itself that it is free. */
bool sieve_title_counts(int title_word, unsigned match, bool free);
/* Whether a line that begins like this has a name that sieve_line would read in @part. */
bool sieve_reads(enum part part, struct text line);
/* The component of sieve->now cannot be used: it will be left out, with this warning. */
void sieve_bad(struct sieve *sieve, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for VTIMEZONE and its STANDARD and DAYLIGHT, which are written to out->vtimezones. */
void sieve_zone_begin(struct sieve *sieve, enum part part, struct text name, int line);
void sieve_zone_end(struct sieve *sieve, enum part part, const char *name);
bool sieve_zone_line(struct sieve *sieve, enum part part, struct text line);
bool sieve_zone_reads(enum part part, struct text name);
/* A name that cannot lead libical, or anybody, to a file. */
#define SIEVE_TZID_BYTES 255
bool sieve_is_zone_name(struct text text);
/* Other people's text in a sentence of ours: cut, and without control characters. */
#define QUOTE_SIZE 64
const char *sieve_quote(struct text text, char out[QUOTE_SIZE]);

#endif
