/* cmd_plan.c -- plan: the year of a duo on what is served now, or on what would be. */
#include "plan/whatif.h"
#include "serve/command.h"
#include "serve/group_view.h"
#include "serve/plan_view.h"
#include "serve/year_view.h"
#include "work/decide_party.h"
#include "work/decide_work.h"
#include "work/suppose.h"

#include <stdlib.h>
#include <string.h>

static bool task_of(struct call *call, const struct publication *p, const char *duo,
		    struct duo_task *task)
{
	const struct duo *d = roster_duo(&p->roster->roster, duo);
	return (d && duo_task_init(task, p, d, &call->weights, call->now)) ||
	       err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster", duo);
}

bool call_duo_task(struct call *call, const char *duo, struct duo_task *task)
{
	return call_duo(call, duo) && task_of(call, call->p, duo, task);
}

/* The plan with every sentence there is on it. */
static void make(struct call *call, const struct publication *p, const struct duo_task *task,
		 struct plan *plan)
{
	work_plan(p, task, plan);
	party_reasons(p, task->task.duo, &call->weights, call->now, &plan->reasons,
		      &plan->n_reasons);
}

/* ---- what if ---- */

struct whatif {
	struct publication *p; /* as supposed */
	struct duo_task task;
	struct plan plan;
	struct plan_difference difference;
	struct buf notes;
};

static void times_json(struct json *json, const char *key, const struct plan_session *const *v,
		       size_t n)
{
	json_array(json, key);
	for (size_t i = 0; i < n; i++) {
		json_object(json, NULL);
		json_utc(json, "start", v[i]->start);
		json_utc(json, "end", v[i]->end);
		json_end(json, '}');
	}
	json_end(json, ']');
}

static void whatif_json(struct json *json, const struct whatif *w)
{
	const struct plan_difference *d = &w->difference;
	char *notes = xstrdup(buf_str(&w->notes)), *save = NULL;
	json_object(json, "difference");
	json_int(json, "cost", d->total);
	json_object(json, "parts");
	json_int(json, "unused", d->unused);
	json_int(json, "gaps", d->gaps);
	json_int(json, "even", d->even);
	json_int(json, "slots", d->slots);
	json_int(json, "move", d->move);
	json_end(json, '}');
	json_int(json, "placed_min", d->placed_min);
	json_int(json, "unplaced_min", d->unplaced_min);
	json_int(json, "longest_gap", d->longest_gap);
	json_int(json, "cadence", d->cadence);
	json_int(json, "same", (int64_t)d->same);
	times_json(json, "gone", d->gone, d->n_gone);
	times_json(json, "new", d->fresh, d->n_fresh);
	json_array(json, "notes");
	for (char *l = strtok_r(notes, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		json_text(json, NULL, l);
	json_end(json, ']');
	json_end(json, '}');
	xfree(notes);
}

static void times_text(struct call *call, char sign, const struct plan_session *const *v, size_t n)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	for (size_t i = 0; i < n; i++)
		buf_addf(&call->out, "%c %s\t%s\n", sign, call_local(call, v[i]->start, start),
			 call_local(call, v[i]->end, end));
}

static const char *signed_text(int32_t minutes, char out[DURATION_TEXT + 1])
{
	out[0] = minutes < 0 ? '-' : '+';
	(void)minutes_text(minutes < 0 ? -minutes : minutes, out + 1);
	return out;
}

static void whatif_text(struct call *call, const struct whatif *w)
{
	const struct plan_difference *d = &w->difference;
	char placed[DURATION_TEXT + 1], not_placed[DURATION_TEXT + 1];
	buf_addf(&call->out,
		 "difference to now: cost %+lld = unused %+lld + gaps %+lld + even %+lld + slots "
		 "%+lld + move %+lld\n",
		 (long long)d->total, (long long)d->unused, (long long)d->gaps, (long long)d->even,
		 (long long)d->slots, (long long)d->move);
	buf_addf(&call->out,
		 "difference to now: placed %s, not placed %s, longest gap %+d, cadence %+d; %zu "
		 "sessions stay, %zu go (-), %zu come (+)\n",
		 signed_text(d->placed_min, placed), signed_text(d->unplaced_min, not_placed),
		 d->longest_gap, d->cadence, d->same, d->n_gone, d->n_fresh);
	times_text(call, '-', d->gone, d->n_gone);
	times_text(call, '+', d->fresh, d->n_fresh);
	buf_adds(&call->out, buf_str(&w->notes));
}

static bool whatif_init(struct whatif *w, struct call *call, const struct plan *now)
{
	const struct supposition what = {
		.duo = call->args[0],
		.text = call->options[OPT_WHAT_IF],
		.without = call->options[OPT_WITHOUT],
		.weights = &call->weights,
	};
	*w = (struct whatif){0};
	w->p = suppose(call->p, &what, call->server->world->cage, &call->import, call->now,
		       &w->notes, &call->err);
	if (!w->p || !task_of(call, w->p, call->args[0], &w->task)) {
		publication_unref(w->p);
		buf_fini(&w->notes);
		return false;
	}
	make(call, w->p, &w->task, &w->plan);
	plan_difference_init(&w->difference, now, &w->plan);
	return true;
}

static void whatif_fini(struct whatif *w)
{
	plan_difference_fini(&w->difference);
	plan_fini(&w->plan);
	duo_task_fini(&w->task);
	publication_unref(w->p);
	buf_fini(&w->notes);
}

/* ---- plan ---- */

/* The duos that it shares people or rooms with, planned together: what they cost, and what they
 * cost at least. */
static void component_json(struct call *call, struct json *json, const struct publication *p,
			   const struct duo *duo)
{
	struct work_component c;
	if (!work_component(p, duo, &call->weights, call->now, &c)) {
		json_null(json, "component");
		return;
	}
	json_object(json, "component");
	json_int(json, "duos", (int64_t)c.duos);
	json_int(json, "cost", c.cost);
	json_int(json, "bound", c.bound);
	json_int(json, "early", c.early);
	json_end(json, '}');
}

static void component_text(struct call *call, const struct publication *p, const struct duo *duo)
{
	struct work_component c;
	if (!work_component(p, duo, &call->weights, call->now, &c))
		return;
	buf_addf(&call->out, "%zu duos share people or rooms: together cost %lld", c.duos,
		 (long long)c.cost);
	if (c.early)
		buf_addf(&call->out, " (%lld of it for hours before the horizon)",
			 (long long)c.early);
	buf_addf(&call->out, ", bound %lld\n", (long long)c.bound);
}

static void show(struct call *call, const struct duo_task *task, const struct plan *plan,
		 const struct whatif *whatif)
{
	const struct publication *p = whatif ? whatif->p : call->p;
	if (call->options[OPT_SVG]) {
		year_file(p, task, plan, p->roster->roster.programme.language, &call->out);
		return;
	}
	if (call->json) {
		struct json json = call_json(call);
		plan_view_json(&json, task, plan);
		component_json(call, &json, p, task->task.duo);
		if (whatif)
			whatif_json(&json, whatif);
		json_end(&json, '}');
		return;
	}
	plan_view_text(&call->out, task, plan);
	component_text(call, p, task->task.duo);
	if (whatif)
		whatif_text(call, whatif);
}

bool cmd_plan(struct call *call)
{
	struct duo_task task;
	struct plan plan = {0};
	struct whatif whatif;
	bool supposed = call->options[OPT_WHAT_IF] || call->options[OPT_WITHOUT];
	if (group_is_meant(call, call->args[0]))
		return supposed || call->options[OPT_SVG]
			       ? err_set(&call->err, ERR_USAGE,
					 "what-if and picture are a duo's, not the programme's")
			       : group_plan_view(call);
	if (!call_duo_task(call, call->args[0], &task))
		return false;
	make(call, call->p, &task, &plan);
	bool ok = !supposed || whatif_init(&whatif, call, &plan);
	if (ok && supposed) {
		show(call, &whatif.task, &whatif.plan, &whatif);
		whatif_fini(&whatif);
	} else if (ok) {
		show(call, &task, &plan, NULL);
	}
	plan_fini(&plan);
	duo_task_fini(&task);
	return ok;
}
