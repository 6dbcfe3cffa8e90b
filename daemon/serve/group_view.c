/* group_view.c -- see the header. What is shown is decided anew on what is served now, as for a
 * duo: the sessions that stand are among it. */
#include "serve/group_view.h"

#include "work/decide_group.h"

#include <stdio.h>
#include <string.h>

bool group_is_meant(const struct call *call, const char *duo)
{
	return strcmp(duo, "programme") == 0 && !roster_duo(&call->p->roster->roster, duo);
}

static void place_keys(struct json *json, const struct group_place *place)
{
	json_utc(json, "start", place->start);
	json_utc(json, "end", place->end);
	json_int(json, "attend", (int64_t)place->attend);
	json_bool(json, "provisional", place->provisional);
	json_int(json, "cost", place->cost);
}

static void moment_json(struct json *json, const struct group_task *task,
			const struct group_moment *m)
{
	char id[24];
	(void)snprintf(id, sizeof id, "s%lld", m->was ? (long long)m->was->id : 0);
	json_object(json, NULL);
	json_text(json, "kind", kind_word(m->kind));
	json_int(json, "number", m->number);
	json_int(json, "of", m->of);
	json_text(json, "session", m->was ? id : NULL);
	json_text(json, "state",
		  !m->placed	   ? NULL
		  : m->provisional ? "provisional"
		  : m->was	   ? state_word(m->was->state)
				   : "planned");
	if (m->placed)
		place_keys(json, &m->place);
	json_array(json, "attendees");
	for (size_t i = 0; i < m->n_attendees; i++)
		json_text(json, NULL, task->members[m->attendees[i]].person->id);
	json_end(json, ']');
	json_array(json, "missing");
	for (size_t i = 0; i < m->n_missing; i++) {
		json_object(json, NULL);
		json_text(json, "person", task->members[m->missing[i].member].person->id);
		json_text(json, "why", group_why_word(m->missing[i].why));
		json_text(json, "reason", m->missing[i].text);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_array(json, "next");
	for (size_t i = 0; i < m->n_next; i++) {
		json_object(json, NULL);
		place_keys(json, &m->next[i]);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_text(json, "reason", m->reason);
	json_end(json, '}');
}

static bool lies_on(const struct group_task *task, const struct group_moment *m, day_t day)
{
	return m->placed && zone_day_of(task->programme->zone, m->place.start) == day;
}

/* @day: those with that day in their period, or on it; NULL: all. */
static bool show(struct call *call, const day_t *day)
{
	struct group_work work;
	struct group_plan plan;
	struct json json = {.out = &call->out};
	group_work_init(&work, call->p, &call->weights, call->now);
	group_plan_make(&work.task, &plan);
	if (call->json) {
		json = call_json(call);
		json_array(&json, "moments");
	}
	for (size_t k = 0; k < plan.n; k++) {
		const struct group_moment *m = &plan.v[k];
		if (day && !(m->first <= *day && *day < m->past) && !lies_on(&work.task, m, *day))
			continue;
		if (call->json)
			moment_json(&json, &work.task, m);
		else
			group_explain(&work.task, m, &call->out);
	}
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	group_plan_fini(&plan);
	group_work_fini(&work);
	return true;
}

bool group_plan_view(struct call *call)
{
	return show(call, NULL);
}

bool group_explain_view(struct call *call, day_t day)
{
	return show(call, &day);
}

void group_explain_day(const struct call *call, day_t day, struct buf *out)
{
	struct group_work work;
	struct group_plan plan;
	group_work_init(&work, call->p, &call->weights, call->now);
	group_plan_make(&work.task, &plan);
	for (size_t k = 0; k < plan.n; k++)
		if (lies_on(&work.task, &plan.v[k], day))
			group_explain(&work.task, &plan.v[k], out);
	group_plan_fini(&plan);
	group_work_fini(&work);
}
