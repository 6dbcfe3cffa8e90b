/* cmd_plan.c -- plan: the year of a duo on what is served now. */
#include "serve/command.h"
#include "serve/group_view.h"
#include "serve/plan_view.h"
#include "work/decide_party.h"
#include "work/decide_work.h"

bool call_duo_task(struct call *call, const char *duo, struct duo_task *task)
{
	const struct duo *d = call_duo(call, duo);
	if (!d)
		return false;
	return duo_task_init(task, call->p, d, &call->weights, call->now) ||
	       err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster", duo);
}

/* The duos that it shares people or rooms with, planned together: what they cost, and what they
 * cost at least. */
static void component_json(struct call *call, struct json *json, const struct duo *duo)
{
	struct work_component c;
	if (!work_component(call->p, duo, &call->weights, call->now, &c)) {
		json_null(json, "component");
		return;
	}
	json_object(json, "component");
	json_int(json, "duos", (int64_t)c.duos);
	json_int(json, "cost", c.cost);
	json_int(json, "bound", c.bound);
	json_end(json, '}');
}

static void component_text(struct call *call, const struct duo *duo)
{
	struct work_component c;
	if (work_component(call->p, duo, &call->weights, call->now, &c))
		buf_addf(&call->out,
			 "%zu duos share people or rooms: together cost %lld, bound %lld\n", c.duos,
			 (long long)c.cost, (long long)c.bound);
}

bool cmd_plan(struct call *call)
{
	struct duo_task task;
	if (group_is_meant(call, call->args[0]))
		return group_plan_view(call);
	if (!call_duo_task(call, call->args[0], &task))
		return false;
	struct plan plan = {0};
	work_plan(call->p, &task, &plan);
	party_reasons(call->p, task.task.duo, &call->weights, call->now, &plan.reasons,
		      &plan.n_reasons);
	if (call->json) {
		struct json json = call_json(call);
		plan_view_json(&json, &task, &plan);
		component_json(call, &json, task.task.duo);
		json_end(&json, '}');
	} else {
		plan_view_text(&call->out, &task, &plan);
		component_text(call, task.task.duo);
	}
	plan_fini(&plan);
	duo_task_fini(&task);
	return true;
}
