/* setup/roster_reading.h -- what the parts of the roster reader share (roster*.c only).
 *
 * A section is read by its table: one row per key, its default as text, the function that takes
 * a value, where the result goes. Faults become findings; nothing stops at the first. */
#ifndef SETUP_ROSTER_READING_H
#define SETUP_ROSTER_READING_H

#include "setup/ini.h"
#include "setup/roster.h"

#define ROSTER_SECTIONS_MAX 20000 /* of each kind */
#define ROSTER_DEPTH_MAX    4	  /* includes inside includes */
#define ROSTER_FILES_MAX    20000
#define ROSTER_NAME_BYTES   200
#define ROSTER_BYTES_MAX    (64 << 20) /* all files together */

enum section_kind {
	SECTION_PROGRAMME,
	SECTION_PERSON,
	SECTION_SOURCE,
	SECTION_DUO,
	SECTION_EXPERT,
	SECTION_ROOM,
	SECTION_KINDS
};

extern const char *const section_words[SECTION_KINDS];

struct section_ref {
	const struct ini_file *file;
	const struct ini_section *section;
	enum section_kind kind;
};
struct section_list {
	struct section_ref *v;
	size_t n, cap;
	bool full; /* more than ROSTER_SECTIONS_MAX, which was told */
};

/* One record of a bundle; borrowed from its bytes. */
enum record_kind {
	RECORD_FOLDER = 'd', /* content: where relative names count from */
	RECORD_INI = 'i',
	RECORD_CLOSED = 'c',
	RECORD_FAULT = 'f', /* name: file; content: "LINE SENTENCE" */
};
struct record {
	enum record_kind kind;
	char *name;
	const char *bytes;
	size_t n;
};
struct record_list {
	struct record *v;
	size_t n, cap;
};
/* False when @bundle is not one. */
bool bundle_records(const struct roster_bundle *bundle, struct record_list *out, struct err *err);
void bundle_records_fini(struct record_list *records);
/* @name as written in @file: its path as the admin would name it. The caller's. */
char *path_beside(const char *file, const char *name);
/* Whether a `closed` value names a file (else it is days). */
bool closed_is_file(const char *value);

struct source_draft {
	struct source source;
	struct place at;
	int primary; /* -1: not said */
	bool is_section;
};

struct closed_ref {
	const struct ini_file *file;
	int line;
	const char *name;
};

struct reading {
	struct findings findings;
	struct record_list records;
	const char *folder; /* of relative names; "" when they are absolute */
	struct ini_file *files;
	size_t n_files;
	struct section_list sections[SECTION_KINDS]; /* by id, but for the programme */
	struct source_draft *sources;		     /* sections first, by id; then inline ones */
	size_t n_sources, cap_sources;
	struct key_row *source_rows;
	size_t n_source_rows;
	struct closed_ref *closed; /* closed = FILE lines */
	size_t n_closed, cap_closed;
	int guesses; /* "did you mean" among ids costs time: only so many */
	struct roster roster;
};

/* What a taker knows: the place, its row, and the struct that row->at counts from. */
struct taking {
	struct reading *r;
	const struct ini_file *file;
	int line;
	const struct key_row *row;
	void *target;
};
typedef bool take_fn(struct taking *t, const char *value, struct err *err);

struct key_row {
	const char *key;
	const char *fallback; /* the default as text; NULL: none */
	take_fn *take;
	size_t at;
	int64_t min, max;
	bool repeats;
	bool first;	      /* others are read with its result: taken before them */
	const char *required; /* an example, when the key may not be missing */
};

#define ROWS_MAX 48
/* Reads every entry of a section by @rows. @lines (ROWS_MAX of them, or NULL) gets the line of
 * each row's first entry, 0 where it was not given. */
void keys_take(struct reading *r, const struct section_ref *ref, const struct key_row *rows,
	       size_t n_rows, void *target, int *lines);
struct place section_place(const struct section_ref *ref);
struct place taking_place(const struct taking *t);
#define TOLD(t, ...) findings_add(&(t)->r->findings, taking_place(t), __VA_ARGS__)

/* The section with this id, or NULL. */
const struct section_ref *section_find(const struct reading *r, enum section_kind kind,
				       const char *id);
/* Says that there is no [KIND id], and which id may be meant; false. */
bool section_unknown(struct reading *r, enum section_kind kind, const char *id, struct err *err);
/* The id of that kind that is nearest to a mistyped one, or NULL. */
const char *section_nearest(struct reading *r, enum section_kind kind, const char *id);
/* Index of a section in its list. */
size_t section_index(const struct reading *r, const struct section_ref *ref);

/* ---- takers of single values; row->at is the field --------------------------------------- */
take_fn take_text;	   /* char *, at most row->max bytes */
take_fn take_zone;	   /* const struct zone * */
take_fn take_language;	   /* enum language */
take_fn take_int;	   /* int within row->min..max */
take_fn take_minutes;	   /* int or int32_t, minutes within row->min..max */
take_fn take_some_minutes; /* the same, or `none` for 0 */
take_fn take_seconds;	   /* int64_t */
take_fn take_money;	   /* int64_t cents in the programme's currency */
take_fn take_cadence;	   /* int, `auto` is 0 */
take_fn take_email;	   /* char * */
take_fn take_yes_no;	   /* bool */

/* "mon-thu 08:30-17:00", "13:00-17:00" (then @weekdays) onto a list. */
bool hours_add(struct work_hours **v, size_t *n, const char *value, unsigned weekdays,
	       struct err *err);
/* "2026-12-21..2027-01-03 text" onto a list. */
bool range_add(struct day_range **v, size_t *n, const char *value, struct err *err);
/* "3 x 2h" (@example is such a text); `none` gives 0 and 0. */
bool count_take(const char *value, const char *example, int *n, int *minutes, struct err *err);
/* "A x DURATION": the text before the x, and the minutes; `none` gives "0" and 0. */
bool times_take(const char *value, char *before, size_t size, int *minutes, const char *example,
		struct err *err);
/* The ids of @value onto a list, each of a [KIND ID] and none of them twice. */
bool ids_add(struct reading *r, enum section_kind kind, const char *value, id_text **v, size_t *n,
	     struct err *err);
/* A changeable copy cut into words at blanks and commas: the first @max of them. The caller
 * frees *copy; returns how many words there are in all. */
size_t cut_words(const char *value, char **copy, char **words, size_t max);

/* ---- the parts, in the order in which roster_parse calls them ----------------------------- */
void read_programme(struct reading *r, roster_closed_fn *closed, void *closed_ctx);
void read_sources(struct reading *r);
void read_persons(struct reading *r);
void read_third_parties(struct reading *r);
void read_duos(struct reading *r);
void settle_sources(struct reading *r); /* ids checked and sorted, indices put right */

/* Names of the keys, at most @max. */
size_t programme_keys(const char **names, size_t max);
size_t duo_keys(const char **names, size_t max);
/* Changes the sections that were read, before anything is made of them. */
bool edits_apply(struct reading *r, const struct roster_edits *edits, struct err *err);

/* A `timetable =` line of a person, an expert or a room. */
struct timetable_lines {
	struct person_source **sources;
	size_t *n_sources;
	const char *owner;
	const struct zone *zone; /* of floating times */
	int lines;		 /* how many were read so far */
	int none_line;		 /* of `timetable = none`, or 0 */
};
bool timetable_take(struct taking *t, struct timetable_lines *lines, const char *value,
		    struct err *err);

#endif
