/* plan/model.h -- the nouns of design 1-domain, as plain data.
 *
 * Who reads or shows them (setup, plan, report, store, work, serve) includes this and nothing of
 * each other. Strings are owned by the struct they stand in; ids are at most ID_MAX bytes. */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include "base/civil.h"
#include "base/parse.h"
#include "cal/policy.h"
#include "cal/zone.h"

typedef char id_text[ID_MAX + 1];

enum language { LANG_NL, LANG_EN };

struct work_hours {	   /* one `works` or `prefer` line; minutes after local midnight */
	unsigned weekdays; /* bit per enum weekday */
	int from_min, to_min;
};

struct day_range { /* [first, past) */
	day_t first, past;
	char *text; /* what for, may be NULL */
};

struct programme {
	char *name;
	day_t start, past; /* [start, past): `end` is the last day */
	const struct zone *zone;
	enum language language;
	unsigned weekdays;
	int32_t budget_min;
	int64_t expert_budget_cents;
	char currency[4];
	struct day_range *closed; /* sorted by first; may overlap */
	size_t n_closed;
	int session_min, session_max_min, preferred_min, length_step_min;
	int start_grid_min; /* starts are multiples of this after midnight ... */
	int *starts;	    /* ... unless the school's bell times are listed */
	size_t n_starts;
	int cadence; /* open days; 0: auto */
	int min_gap;
	int buffer_min;
	int lunch_from_min, lunch_to_min; /* equal: none */
	struct work_hours *prefer;
	size_t n_prefer;
	int64_t freeze_s, confirm_after_s;
	int pattern_weeks;
	int intervisie_n, intervisie_min;
	int reflection_every_days, reflection_min;
	int plan_due_days; /* after the start; -1: no plan of approach is asked for */
	int visits_n, visit_min;
	int travel_min; /* to a lesson that is visited, and back; the buffer at least */
	int steering_min, evaluation_min;
	id_text *steering_group; /* persons who join the talks, as written */
	size_t n_steering_group;
};

struct person_source {
	size_t source; /* index into roster.sources */
	bool primary;
};

struct person {
	id_text id;
	char *name, *email;
	bool invitations; /* to every session of hers, by mail */
	enum language language;
	const struct zone *zone;
	int32_t budget_min;	  /* already times factor */
	int factor_pct;		  /* 100 = full time */
	struct work_hours *works; /* never empty */
	size_t n_works;
	struct day_range *absent;
	size_t n_absent;
	char *competences, *department; /* NULL when not given */
	struct person_source *sources;	/* empty after `timetable = none`: always available */
	size_t n_sources;
	bool retired; /* no longer in the roster: only name and id hold */
};

struct share {
	id_text person;
	int32_t min;
};

struct duo_expert { /* so many sessions of that length with this expert */
	id_text expert;
	int n, min;
};

struct duo {
	id_text id;
	id_text was;	    /* "" unless renamed */
	id_text members[2]; /* as written */
	char *topic;	    /* may be NULL */
	int64_t expert_budget_cents;
	struct share *shares;
	size_t n_shares;
	int cadence;		   /* 0: the programme's */
	struct work_hours *prefer; /* none: the programme's */
	size_t n_prefer;
	struct duo_expert *experts; /* as written */
	size_t n_experts;
	id_text *rooms; /* every work session needs one of them; none: no room */
	size_t n_rooms;
	bool retired;
};

struct source {
	id_text id; /* a section's, or PERSON-1, PERSON-2 for inline ones */
	char *path; /* absolute; NULL for a URL */
	char *url;
	struct policy policy;
	const struct zone *zone; /* of floating times */
	int line;		 /* where it stands, for messages */
	char *file;
};

struct third_party { /* an expert or a room */
	id_text id;
	char *name;
	bool is_room;
	int64_t rate_cents;
	int capacity;		  /* how many sessions at once, at least 1; 1 of an expert */
	struct work_hours *works; /* never empty; a room's are all hours unless it says otherwise */
	size_t n_works;
	struct day_range *absent;
	size_t n_absent;
	struct person_source *sources;
	size_t n_sources;
};

/* A whole roster: immutable once built, shared by reference. */
struct roster {
	struct programme programme;
	struct person *persons; /* by id */
	size_t n_persons;
	struct duo *duos; /* by id */
	size_t n_duos;
	struct source *sources; /* by id */
	size_t n_sources;
	struct third_party *third_parties; /* by id */
	size_t n_third_parties;
	char hash[33]; /* of everything it was read from */
};
const struct person *roster_person(const struct roster *roster, const char *id); /* NULL: none */
const struct duo *roster_duo(const struct roster *roster, const char *id);
const struct third_party *roster_third(const struct roster *roster, const char *id);
const struct source *roster_source(const struct roster *roster, const char *id);
/* Whether @duo's plan looks at that timetable: a member's, one of its experts or rooms, or of who
 * joins its steering talk. */
bool roster_duo_looks_at(const struct roster *roster, const struct duo *duo, size_t source);
void roster_fini(struct roster *roster);

enum kind {
	KIND_WORK,
	KIND_VISIT,
	KIND_EXPERT,
	KIND_INTERVISIE,
	KIND_STEERING,
	KIND_EVALUATION,
	KIND_SOLO,
	KIND_COUNT
};
enum state {
	STATE_PROVISIONAL,
	STATE_BOOKED,
	STATE_HELD,
	STATE_MISSED,
	STATE_CANCELLED,
	STATE_COUNT
};
const char *kind_word(enum kind kind);	  /* "work" ... */
const char *state_word(enum state state); /* "provisional" ... */
bool kind_from_word(const char *word, enum kind *out);
bool state_from_word(const char *word, enum state *out);

struct departure { /* of a session that had been published to her */
	id_text person;
	utc_t at;
};

struct session {
	int64_t id; /* shown as "s42" */
	id_text duo;
	enum kind kind;
	enum state state;
	utc_t start, end;
	id_text *attendees; /* n_attendees of them, sorted */
	size_t n_attendees;
	struct departure *left; /* who attended it once and does not now: n_left, by person */
	size_t n_left;
	id_text expert, room; /* third parties that it takes; "": none */
	bool pinned;	      /* pinned, or placed by a person: the planner leaves it */
	bool assumed;	      /* held because nobody said otherwise */
	int32_t sequence;     /* RFC 5545 section 3.8.7.4; -1: never published */
	utc_t created_at;
	utc_t last_modified; /* 3.8.7.3, only grows */
	utc_t cancelled_at;  /* 0 unless cancelled */
	char *reason;	     /* why it stands, moved or was cancelled; may be NULL */
};
void session_copy(struct session *to, const struct session *from);
void session_fini(struct session *session);
/* For qsort over pointers to sessions: by start, then id. */
int session_refs_by_start(const void *a, const void *b);
bool session_attends(const struct session *session, const char *person);
/* Since when @person is no longer one of its attendees; 0: she is one, or never was. */
utc_t session_left_at(const struct session *session, const char *person);
bool session_takes(const struct session *session, const char *third_party);

/* One line of the hours ledger: append-only, minutes, a correction is a new entry. */
struct entry {
	int64_t id;
	id_text person, duo; /* duo "" for solo hours without one */
	int64_t session;     /* 0: solo */
	int64_t corrects;    /* entry id, or 0 */
	enum kind kind;
	int32_t minutes; /* corrections may be negative */
	day_t day;	 /* when the hours were spent */
	utc_t at;	 /* when it was written */
	bool assumed;
	char *text; /* may be NULL */
};

/* Days on which somebody says not to be there, besides the roster's `absent`. */
struct absence {
	int64_t id;
	id_text person;
	struct day_range days; /* its text is the reason; NULL when none was given */
	utc_t at;	       /* when it was said */
};

/* [planner] weights, points (design 8). */
struct weights {
	int64_t unused, gap, even, short_step, long_step, outside_prefer, lunch, scrap, rhythm,
		tentative, move;
};
extern const struct weights weights_default;

#endif
