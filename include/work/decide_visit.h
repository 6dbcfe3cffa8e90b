/* work/decide_visit.h -- lesson visits of a duo, both directions: from a publication to plan/visit,
 * and from its answer to sessions. Third step of a planning round: behind what needs others,
 * before work. A visit is a session of the duo that only the visitor attends; the host teaches.
 * Pure; any thread that holds the publication. */
#ifndef WORK_DECIDE_VISIT_H
#define WORK_DECIDE_VISIT_H

#include "plan/visit.h"
#include "work/task.h"

struct visit_direction {
	const struct person *visitor, *host;
	bool possible; /* the host has a source with a `lesson` pattern */
	struct visit_task task;
	struct visit_plan plan;
	struct visit_lesson *lessons;
	struct visit_standing *standing;
	struct busyset engaged;
};
struct visit_work {
	struct duo_task duo;
	struct assumed seen;		/* without the visits that may go elsewhere */
	struct visit_direction ways[2]; /* by visitor: the duo's members as written */
	uint8_t *day;
};
/* Plans both directions as @p shows them. @p must outlive @work. False when a member is not in
 * the roster; then @work is empty. */
bool visit_work_init(struct visit_work *work, const struct publication *p, const struct duo *duo,
		     const struct weights *weights, utc_t now);
void visit_work_fini(struct visit_work *work);

/* What is to be done with the visits of @duo; added to @out, which is begun and may hold
 * decisions of the same duo (@p does not show them yet). */
void decide_visits(const struct publication *p, const struct duo *duo,
		   const struct weights *weights, utc_t now, struct decisions *out);

/* Whether the visit @s may be put by hand on the lesson that starts at @start (and lasts until
 * *end; 0: to its own end, which *end becomes). ERR_CONFLICT says why not. @p does not show @s. */
bool visit_may_move(const struct publication *p, const struct session *s,
		    const struct weights *weights, utc_t now, utc_t start, utc_t *end,
		    struct err *err) NODISCARD;

#endif
