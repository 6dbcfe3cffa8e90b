/* work/decide_party.h -- what needs a third party of a duo: expert sessions and the talk with the
 * steering group. The second step of planning, behind group moments and before visits and work.
 *
 * The talk is one, in the first sixth of the open days (its middle is aimed at: by then the plan of
 * approach is made), or in the first later sixth that has time for it. Sessions with each expert
 * are spread evenly over the rest of the programme. What is booked stays while it can and moving
 * does not pay, as work does: pins, freeze window, w_move; UIDs live on. Pure; any thread. */
#ifndef WORK_DECIDE_PARTY_H
#define WORK_DECIDE_PARTY_H

#include "plan/party.h"
#include "work/task.h"

/* Who shall be there besides the two members. Both lists borrowed. */
struct party_with {
	const struct third_party *const *thirds;
	size_t n_thirds;
	const struct person *const *persons; /* a member among them is not counted twice */
	size_t n_persons;
};

/* Everybody's time for sessions of @duo with others: task.parties is filled, what is to be planned
 * (days, n, length, standing) is the caller's. */
struct party_setup {
	struct party_task task;
	struct duo_task duo;
	struct plan_member *parties; /* members first, then thirds, then persons */
	struct person *as_persons;   /* of thirds */
	struct busyset *busy, *engaged;
	size_t n;
};
/* What the duo itself has there does not stand in the way, neither of members nor of thirds: see
 * party_setup_engage. False when a member is not in the roster; then @out is empty. @p must outlive
 * it. */
bool party_setup_init(struct party_setup *out, const struct publication *p, const struct duo *duo,
		      const struct party_with *with, const struct weights *weights, utc_t now);
void party_setup_fini(struct party_setup *setup);
/* @session, one of the duo's own, is in the way of those who are there. Before task is used, and
 * party_setup_settle behind the last one. */
void party_setup_engage(struct party_setup *setup, const struct session *session);
void party_setup_settle(struct party_setup *setup);

/* Plans what @duo needs third parties for as @p shows it and says what changes. */
void decide_party(const struct publication *p, const struct duo *duo, const struct weights *weights,
		  utc_t now, struct decisions *out);
/* Sentences (xmalloc'd, onto *@v): what third parties are asked for and has found no time, and who
 * is in the way. */
void party_reasons(const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now, char ***v, size_t *n);
/* Third parties, then work on what that left: all that is planned of one duo by itself. */
void decide_year(const struct publication *p, const struct duo *duo, const struct weights *weights,
		 utc_t now, struct decisions *out);

/* The ids through which plans of @duo meet those of others, besides its members: experts, rooms,
 * and the steering group while the talk is still to come. Calls @each for them. */
typedef void party_shared_fn(void *ctx, const char *id);
void party_shared(const struct publication *p, const struct duo *duo, party_shared_fn *each,
		  void *ctx);

#endif
