/* plan/obligation.h -- what a duo owes at a date: a plan of approach, a reflection every so many
 * weeks, an evaluation. Pure.
 *
 * When. The roster says it for the whole programme, and every due day is an open day:
 *   - the plan of approach `plan_due` after the start;
 *   - a reflection at the end of each period of `reflection` (6w: six weeks after the start,
 *     twelve, ...), as many as the programme has whole periods;
 *   - the evaluation on the fifth last open day: a week before the end, so that it has been read
 *     when the evaluation moment comes, which aims at the last days (plan/group).
 * A day that is not open, or past the end, becomes the last open day before it: what is due is
 * handed in before a holiday, not in it. A period without any open day asks for nothing. The plan
 * alone may have no open day before it; then it is due on the first one.
 *
 * Who. What the roster says is followed from today on. What was due is history, whatever a new
 * roster would have said: nothing becomes late by a reload, and a duo that comes in January is not
 * asked for the reflections of autumn. It is asked for a plan of approach, after as much time as
 * the others had; and an evaluation whose day has passed is asked for at once. */
#ifndef PLAN_OBLIGATION_H
#define PLAN_OBLIGATION_H

#include "plan/openday.h"

enum obligation_kind {
	OBLIGATION_PLAN,
	OBLIGATION_REFLECTION,
	OBLIGATION_EVALUATION,
	OBLIGATION_KINDS
};
enum obligation_state { OBLIGATION_OPEN, OBLIGATION_DONE, OBLIGATION_CANCELLED, OBLIGATION_STATES };
const char *obligation_kind_word(enum obligation_kind kind);	/* "plan" "reflection" ... */
const char *obligation_state_word(enum obligation_state state); /* "open" "done" "cancelled" */
bool obligation_kind_from_word(const char *word, enum obligation_kind *out);
bool obligation_state_from_word(const char *word, enum obligation_state *out);

struct obligation {
	int64_t id; /* shown as "o12"; 0: not stored yet */
	id_text duo;
	enum obligation_kind kind;
	int number; /* of its kind and duo, from 1: "reflection 2" */
	day_t due;
	enum obligation_state state;
	int32_t sequence; /* RFC 5545 section 3.8.7.4; published as soon as it is there */
	utc_t created_at;
	utc_t last_modified; /* 3.8.7.3, only grows */
	utc_t cancelled_at;  /* 0 unless cancelled */
	utc_t done_at;	     /* 0 unless done */
	char *done_by;	     /* who said so; NULL unless done */
	char *reason;	     /* why it was opened again; may be NULL */
};
void obligation_copy(struct obligation *to, const struct obligation *from);
void obligation_fini(struct obligation *obligation);
/* Open after its day, or done after it. @today is a day in @zone. */
bool obligation_is_late(const struct obligation *obligation, const struct zone *zone, day_t today);
/* Sets sequence, last_modified, created_at and cancelled_at of @is, given what it @was (NULL:
 * new): sequence grows when day or state changed, last_modified always. */
void obligation_stamp(struct obligation *is, const struct obligation *was, utc_t now);

struct obligation_list {
	struct obligation *v;
	size_t n, cap;
};
void obligation_list_fini(struct obligation_list *list);
/* A copy of @obligation at the end. */
void obligation_list_add(struct obligation_list *list, const struct obligation *obligation);

/* All due days of a kind, as the roster has them, rising. xfree. */
size_t obligation_days(const struct programme *programme, const struct opendays *days,
		       enum obligation_kind kind, day_t **out);

/* What has to change of @was, what is stored of @duo (by kind and number), for it to follow the
 * roster from @today on; @here: the duo is in it. @out gets a copy of each that changes, with its
 * new day and state and not yet stamped; new ones have id 0. Cancelled are those that are not
 * asked for any more and were to come. Following twice changes nothing. */
void obligations_follow(const struct programme *programme, const struct opendays *days,
			const char *duo, bool here, const struct obligation *was, size_t n,
			day_t today, struct obligation_list *out);

#endif
