/* cmd_plan.c -- plan: the year of a duo on what is served now. */
#include "serve/command.h"
#include "serve/group_view.h"
#include "serve/plan_view.h"
#include "work/decide_party.h"

bool call_duo_task(struct call *call, const char *duo, struct duo_task *task)
{
	const struct duo *d = call_duo(call, duo);
	if (!d)
		return false;
	return duo_task_init(task, call->p, d, &call->weights, call->now) ||
	       err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster", duo);
}

bool cmd_plan(struct call *call)
{
	struct duo_task task;
	if (group_is_meant(call, call->args[0]))
		return group_plan_view(call);
	if (!call_duo_task(call, call->args[0], &task))
		return false;
	struct plan plan = {0};
	plan_make(&task.task, &plan);
	party_reasons(call->p, task.task.duo, &call->weights, call->now, &plan.reasons,
		      &plan.n_reasons);
	if (call->json) {
		struct json json = call_json(call);
		plan_view_json(&json, &task, &plan);
		json_end(&json, '}');
	} else {
		plan_view_text(&call->out, &task, &plan);
	}
	plan_fini(&plan);
	duo_task_fini(&task);
	return true;
}
