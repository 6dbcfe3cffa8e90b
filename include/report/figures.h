/* report/figures.h -- hours and rhythm of every duo and person: the one place that computes them.
 *
 * Page, CSV, JSON and command line all show these rows (design 6-reports). Pure: no clock, no
 * store; any thread.
 *
 * What the design leaves open is settled so:
 *  - A day decides: an entry counts when its day, and a session is past when its local day of
 *    start, is not after `as_of_day`. So are open days. A report "as of" a date and one made in
 *    the course of that date agree.
 *  - An earlier `as_of` is seen with today's knowledge: what has been held after it counts as
 *    booked, what was cancelled or missed since counts as nothing.
 *  - `assumed` is the held minutes of a session that nobody has said anything about: not the
 *    session (it would no longer be marked), not by a correction of the person's own minutes.
 *  - What names no duo, solo hours and the programme's own moments (intervisie, evaluation), is
 *    divided equally between the duos the person is in (minutes that do not divide go to the first
 *    by id), because the planner takes them off in the same way: `remaining` is then what each duo
 *    can still plan, and the rows still add up to the ledger. Who is in no duo gets a row without a
 *    duo for them, with the whole budget.
 *  - A period narrows held, assumed, booked and provisional. Budget, remaining, pace, gaps,
 *    stalled and next are always those of the whole programme at `as_of`.
 *  - Gaps are of the duo, over its sessions of every kind and the programme's own that both its
 *    members attend. gap_now counts from the start of the
 *    programme while nothing was held; gap_longest is 0 with fewer than two sessions.
 *  - Who has left a duo keeps a row there as long as there are hours or sessions: its budget is
 *    0, so that a person's remaining minutes add up over all rows. Such rows have no pace and are
 *    never stalled. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "plan/model.h"
#include "plan/openday.h"

struct figures_duo {			/* all sessions of a duo, retired or not; borrowed */
	const char *id;			/* "": those of no duo */
	const struct session *sessions; /* by start */
	size_t n_sessions;
};

struct figures_person { /* a person's whole ledger; borrowed */
	const char *id;
	const struct entry *entries;
	size_t n_entries;
};

struct figures_input {
	const struct roster *roster;
	const struct opendays *days;
	const struct figures_duo *duos; /* any order, each once; duos without sessions may lack */
	size_t n_duos;
	const struct figures_person *persons; /* likewise */
	size_t n_persons;
	utc_t as_of;	    /* sessions that end later may be `next` */
	day_t as_of_day;    /* the day `as_of` belongs to, as the programme's zone has it */
	day_t from, past;   /* period [from, past); FIGURES_FIRST, FIGURES_PAST: open ends */
	const char *duo;    /* only its rows; NULL: all */
	const char *person; /* only hers; `persons` need not have others then; NULL: all */
};
#define FIGURES_FIRST INT32_MIN
#define FIGURES_PAST  INT32_MAX

struct figures_row {
	id_text duo, person; /* duo "" for hours of who is in none */
	bool live;	     /* a duo of the roster, and a member of it */
	int64_t budget_min, held_min, assumed_min, booked_min, provisional_min, remaining_min;
	bool has_pace;
	int64_t pace_pct; /* 100: exactly on pace */
	bool on_plan;	  /* see figures_pace */
	int gap_now, gap_longest;
	bool stalled;
	utc_t next; /* start of the first booked session that the person attends; 0: none */
};

struct figures {
	struct figures_row *v; /* by duo, then person; those without a duo last */
	size_t n;
	utc_t as_of;
	day_t as_of_day;
};

void figures_make(const struct figures_input *input, struct figures *out);
void figures_fini(struct figures *figures);
/* The sum of the minutes of @n rows; everything else is zero. */
struct figures_row figures_total(const struct figures_row *v, size_t n);

/* On pace is 85..115. The figure divides the year evenly, plans need not: reports and meetings come
 * late, and of equal plans the one with short sessions first is taken. So a duo is only called
 * behind when it is not on plan either: when more than 15 in a hundred of the minutes planned until
 * now were missed or called off, or what was held and is planned does not reach 85 in a hundred of
 * the budget. */
enum pace { PACE_NONE, PACE_BEHIND, PACE_ON, PACE_AHEAD };
enum pace figures_pace(const struct figures_row *row);

#endif
