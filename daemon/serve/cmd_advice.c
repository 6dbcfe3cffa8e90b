/* cmd_advice.c -- advice: which single lessons, if moved, would help a duo most. For people, for
 * programs, and as CSV for the timetabler. A lesson is its time, its person and its source. */
#include "plan/advice.h"
#include "serve/command.h"
#include "work/decide_work.h"
#include "work/lessons.h"
#include "work/task.h"

#include <string.h>

/* "anna", or "anna,bram" for a lesson that both have. */
static void persons_text(struct buf *out, const struct plan_task *task, const struct lesson *lesson)
{
	const char *between = "";
	for (unsigned m = 0; m < 2; m++)
		if (lesson->members >> m & 1) {
			buf_addf(out, "%s%s", between, task->members[m].person->id);
			between = ",";
		}
}

static void advice_json(struct call *call, const struct plan_task *task,
			const struct advice_list *list, char *reasons)
{
	struct json json = call_json(call);
	char *save = NULL;
	json_text(&json, "duo", task->duo->id);
	json_array(&json, "advice");
	for (size_t i = 0; i < list->n; i++) {
		const struct advice *a = &list->v[i];
		struct buf who = {0};
		persons_text(&who, task, a->lesson);
		json_object(&json, NULL);
		json_utc(&json, "occurrence", a->lesson->start);
		json_utc(&json, "end", a->lesson->end);
		json_text(&json, "person", buf_str(&who));
		json_text(&json, "source", a->lesson->source);
		json_int(&json, "gain_min", a->gain_min);
		json_int(&json, "gain_gap", a->gain_gap);
		json_int(&json, "gain", a->gain);
		json_end(&json, '}');
		buf_fini(&who);
	}
	json_end(&json, ']');
	json_bool(&json, "needed", list->needed);
	json_int(&json, "unplaced_min", list->plan.unplaced_min);
	json_int(&json, "longest_gap", list->plan.longest_gap);
	json_int(&json, "cadence", list->plan.cadence);
	json_int(&json, "lessons", (int64_t)list->lessons);
	json_array(&json, "reasons");
	for (char *l = strtok_r(reasons, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		json_text(&json, NULL, l);
	json_end(&json, ']');
	json_end(&json, '}');
}

static void advice_csv(struct call *call, const struct plan_task *task,
		       const struct advice_list *list)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	buf_adds(&call->out, "occurrence,person,gain_min,gain_gap,end,weekday,source,duo\r\n");
	for (size_t i = 0; i < list->n; i++) {
		const struct advice *a = &list->v[i];
		struct buf who = {0};
		persons_text(&who, task, a->lesson);
		bool both = strchr(buf_str(&who), ',') != NULL; /* RFC 4180: then in quotes */
		buf_addf(&call->out, "%s,%s%s%s,%d,%d,%s,%s,%s,%s\r\n",
			 call_local(call, a->lesson->start, start), both ? "\"" : "", buf_str(&who),
			 both ? "\"" : "", a->gain_min, a->gain_gap,
			 call_local(call, a->lesson->end, end),
			 weekday_name(civil_weekday(
				 zone_day_of(task->programme->zone, a->lesson->start))),
			 a->lesson->source, task->duo->id);
		buf_fini(&who);
	}
}

static void advice_text(struct call *call, const struct plan_task *task,
			const struct advice_list *list, const char *reasons)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT], gain[DURATION_TEXT];
	for (size_t i = 0; i < list->n; i++) {
		const struct advice *a = &list->v[i];
		buf_addf(&call->out, "%s\t%s\t", call_local(call, a->lesson->start, start),
			 call_local(call, a->lesson->end, end));
		persons_text(&call->out, task, a->lesson);
		buf_addf(&call->out, "\t+%s placed\tlongest gap -%d\t%lld points\t%s\n",
			 minutes_text(a->gain_min, gain), a->gain_gap, (long long)a->gain,
			 a->lesson->source);
	}
	buf_adds(&call->out, reasons);
}

/* A promise is that of this duo alone: others of its members may take what becomes free. */
static void say_others(const struct call *call, const struct duo *duo, struct buf *out)
{
	const struct roster *roster = &call->p->roster->roster;
	for (size_t i = 0; i < roster->n_duos; i++) {
		const struct duo *other = &roster->duos[i];
		for (int m = 0; m < 2 && other != duo; m++)
			if (strcmp(other->members[m], duo->members[0]) == 0 ||
			    strcmp(other->members[m], duo->members[1]) == 0)
				buf_addf(out, "%s is in %s too, which may take what becomes free\n",
					 other->members[m], other->id);
	}
}

/* A duo that needs a room is planned on a publication, where rooms are. */
static void plan_with_rooms(void *ctx, const struct plan_task *task, const struct lesson *lesson,
			    struct plan *out)
{
	struct call *call = ctx;
	struct publication *p =
		lesson ? publication_without(call->p, lesson) : publication_ref(call->p);
	struct duo_task whole;
	*out = (struct plan){0};
	if (duo_task_init(&whole, p, task->duo, &call->weights, call->now)) {
		work_plan(p, &whole, out);
		duo_task_fini(&whole);
	}
	publication_unref(p);
}

bool cmd_advice(struct call *call)
{
	struct duo_task task;
	struct duo_lessons lessons;
	struct advice_list list;
	struct buf why = {0};
	if (call->json && call->options[OPT_CSV])
		return err_set(&call->err, ERR_USAGE, "--csv or --json, not both");
	if (!call_duo_task(call, call->args[0], &task))
		return false;
	duo_lessons_init(&lessons, call->p, task.task.duo);
	struct advice_planner rooms = {plan_with_rooms, call};
	advice_make(&task.task, lessons.v, lessons.n, task.task.duo->n_rooms ? &rooms : NULL,
		    &list);
	advice_reasons(&task.task, &list, &why);
	if (list.n)
		say_others(call, task.task.duo, &why);
	char *reasons = buf_take(&why);
	if (call->json)
		advice_json(call, &task.task, &list, reasons);
	else if (call->options[OPT_CSV])
		advice_csv(call, &task.task, &list);
	else
		advice_text(call, &task.task, &list, reasons);
	xfree(reasons);
	advice_fini(&list);
	duo_lessons_fini(&lessons);
	duo_task_fini(&task);
	return true;
}
