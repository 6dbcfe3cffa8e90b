/* cmd_plan.c -- slots, plan, explain: the planner asked aloud, on what is served now. */
#include "serve/clash_view.h"
#include "serve/command.h"
#include "work/echo.h"
#include "work/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool task_for(struct call *call, const char *duo, struct duo_task *task)
{
	const struct duo *d = call_duo(call, duo);
	if (!d)
		return false;
	return duo_task_init(task, call->p, d, &call->weights, call->now) ||
	       err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster", duo);
}

static void cost_json(struct json *json, const char *key, const struct slot_cost *cost)
{
	json_object(json, key);
	json_int(json, "length", cost->length);
	json_int(json, "outside_prefer", cost->outside_prefer);
	json_int(json, "lunch", cost->lunch);
	json_int(json, "scrap", cost->scrap);
	json_int(json, "rhythm", cost->rhythm);
	json_int(json, "tentative", cost->tentative);
	json_end(json, '}');
}

/* "length 12 + rhythm 10"; "0" when nothing costs. */
static void cost_text(struct buf *out, const struct slot_cost *cost)
{
	const struct {
		const char *name;
		int64_t points;
	} parts[] = {{"length", cost->length}, {"outside prefer", cost->outside_prefer},
		     {"lunch", cost->lunch},   {"scrap", cost->scrap},
		     {"rhythm", cost->rhythm}, {"tentative", cost->tentative}};
	bool any = false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].points) {
			buf_addf(out, "%s%s %lld", any ? " + " : "", parts[i].name,
				 (long long)parts[i].points);
			any = true;
		}
	if (!any)
		buf_adds(out, "0");
}

/* ---- slots ---- */

static void slots_of_day(struct call *call, const struct duo_task *task, const struct plan *plan,
			 int day, int length, struct json *json)
{
	struct slots slots = {0};
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	plan_slots(&task->task, plan, day, length, &slots);
	for (size_t i = 0; i < slots.n; i++) {
		const struct slot *s = &slots.v[i];
		if (call->json) {
			json_object(json, NULL);
			json_utc(json, "start", s->start);
			json_utc(json, "end", s->end);
			json_int(json, "cost", s->cost.total);
			cost_json(json, "parts", &s->cost);
			json_bool(json, "provisional", s->provisional);
			json_array(json, "reasons");
			if (s->provisional)
				json_text(json, NULL, "behind the horizon of a timetable");
			json_end(json, ']');
			json_end(json, '}');
			continue;
		}
		buf_addf(&call->out, "%s\t%s\t%lld\t", call_local(call, s->start, start),
			 call_local(call, s->end, end), (long long)s->cost.total);
		cost_text(&call->out, &s->cost);
		buf_addf(&call->out, "%s\n", s->provisional ? "\tprovisional" : "");
	}
	slots_fini(&slots);
}

/* Why the days of the range have no slot, or less than they could. */
static void reasons_of_days(struct call *call, const struct duo_task *task, const struct plan *plan,
			    day_t first, day_t past, struct json *json)
{
	for (day_t day = first; day < past; day++) {
		struct buf text = {0};
		plan_explain_day(&task->task, plan, day, &text);
		char *save = NULL, date[CIVIL_TEXT];
		char *all = buf_take(&text);
		for (char *line = strtok_r(all, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			struct buf one = {0};
			buf_addf(&one, "%s: %s", day_text(day, date), line);
			if (call->json)
				json_text(json, NULL, buf_str(&one));
			else
				buf_addf(&call->out, "# %s\n", buf_str(&one));
			buf_fini(&one);
		}
		xfree(all);
	}
}

static bool slots_range(struct call *call, day_t *first, day_t *past, int32_t *length)
{
	const struct programme *programme = &call->p->roster->roster.programme;
	day_t today = zone_day_of(programme->zone, call->now);
	*length = 0;
	*first = today > programme->start ? today : programme->start;
	*past = *first + 14;
	if (call->options[OPT_WEEK]) {
		if (!parse_week(call->options[OPT_WEEK], first, &call->err)) {
			call->err.code = ERR_USAGE;
			return false;
		}
		*past = *first + 7;
	}
	if (call->options[OPT_LENGTH] &&
	    (!parse_minutes(call->options[OPT_LENGTH], length, &call->err) || *length <= 0))
		return err_set(&call->err, ERR_USAGE, "\"%.40s\" is not a length such as 2h",
			       call->options[OPT_LENGTH]);
	return true;
}

bool cmd_slots(struct call *call)
{
	struct duo_task task;
	day_t first, past;
	int32_t length;
	if (!slots_range(call, &first, &past, &length) || !task_for(call, call->args[0], &task))
		return false;
	struct plan plan = {0};
	struct json json = {.out = &call->out};
	plan_make(&task.task, &plan);
	if (call->json) {
		json = call_json(call);
		json_array(&json, "slots");
	}
	for (day_t day = first; day < past; day++) {
		int number = opendays_number(&call->p->roster->days, day);
		if (number >= 0)
			slots_of_day(call, &task, &plan, number, length, &json);
	}
	if (call->json) {
		json_end(&json, ']');
		json_array(&json, "reasons");
	}
	reasons_of_days(call, &task, &plan, first, past, &json);
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	plan_fini(&plan);
	duo_task_fini(&task);
	return true;
}

/* ---- plan ---- */

static int64_t sum_of(const struct plan *plan, int64_t struct_offset)
{
	int64_t sum = 0;
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->v[i].fixed)
			sum += *(const int64_t *)((const char *)&plan->v[i].cost + struct_offset);
	return sum;
}

static const struct {
	const char *name;
	size_t offset;
} slot_parts[] = {
	{"length", offsetof(struct slot_cost, length)},
	{"outside_prefer", offsetof(struct slot_cost, outside_prefer)},
	{"lunch", offsetof(struct slot_cost, lunch)},
	{"scrap", offsetof(struct slot_cost, scrap)},
	{"rhythm", offsetof(struct slot_cost, rhythm)},
	{"tentative", offsetof(struct slot_cost, tentative)},
};

static void plan_parts_json(struct json *json, const struct plan *plan)
{
	json_object(json, "parts");
	json_int(json, "unused", plan->cost_unused);
	json_int(json, "gaps", plan->cost_gaps);
	json_int(json, "even", plan->cost_even);
	for (size_t i = 0; i < sizeof slot_parts / sizeof *slot_parts; i++)
		json_int(json, slot_parts[i].name, sum_of(plan, (int64_t)slot_parts[i].offset));
	json_int(json, "move", plan->cost_move);
	json_end(json, '}');
}

static int32_t smaller_reserve(const struct duo_task *task)
{
	int32_t a = task->reserve[0].total, b = task->reserve[1].total;
	return a > b ? a : b;
}

static void plan_json(struct call *call, const struct duo_task *task, const struct plan *plan)
{
	struct json json = call_json(call);
	json_text(&json, "duo", task->task.duo->id);
	json_array(&json, "sessions");
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_session *s = &plan->v[i];
		json_object(&json, NULL);
		json_utc(&json, "start", s->start);
		json_utc(&json, "end", s->end);
		json_int(&json, "min", s->min);
		json_int(&json, "gap_before", s->gap_before);
		json_int(&json, "cost", s->cost.total);
		cost_json(&json, "parts", &s->cost);
		json_bool(&json, "provisional", s->provisional);
		json_bool(&json, "fixed", s->fixed);
		json_end(&json, '}');
	}
	json_end(&json, ']');
	json_array(&json, "gaps");
	for (size_t i = 0; i < plan->n; i++)
		json_int(&json, NULL, plan->v[i].gap_before);
	json_end(&json, ']');
	json_int(&json, "cost", plan->cost_total);
	plan_parts_json(&json, plan);
	json_int(&json, "bound", plan->bound);
	json_int(&json, "placed_min", plan->placed_min);
	json_int(&json, "unplaced_min", plan->unplaced_min);
	json_int(&json, "reserve", smaller_reserve(task));
	json_int(&json, "cadence", plan->cadence);
	json_int(&json, "longest_gap", plan->longest_gap);
	json_array(&json, "reasons");
	for (size_t i = 0; i < plan->n_reasons; i++)
		json_text(&json, NULL, plan->reasons[i]);
	json_end(&json, ']');
	json_end(&json, '}');
}

static void plan_text(struct call *call, const struct duo_task *task, const struct plan *plan)
{
	struct buf *out = &call->out;
	char start[CIVIL_TEXT], end[CIVIL_TEXT], a[DURATION_TEXT], b[DURATION_TEXT],
		c[DURATION_TEXT];
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_session *s = &plan->v[i];
		buf_addf(out, "%s\t%s\tgap %d\t%s\tcost %lld: ", call_local(call, s->start, start),
			 call_local(call, s->end, end), s->gap_before,
			 s->fixed	  ? "fixed"
			 : s->provisional ? "provisional"
			 : s->kept_id	  ? "kept"
					  : "planned",
			 (long long)s->cost.total);
		cost_text(out, &s->cost);
		buf_addc(out, '\n');
	}
	buf_addf(out,
		 "placed %s, not placed %s, reserve for other kinds %s, cadence %d, longest gap "
		 "%d\n",
		 minutes_text(plan->placed_min, a), minutes_text(plan->unplaced_min, b),
		 minutes_text(smaller_reserve(task), c), plan->cadence, plan->longest_gap);
	buf_addf(out,
		 "cost %lld = unused %lld + gaps %lld + even %lld + slots %lld + move %lld; bound "
		 "%lld\n",
		 (long long)plan->cost_total, (long long)plan->cost_unused,
		 (long long)plan->cost_gaps, (long long)plan->cost_even,
		 (long long)plan->cost_slots, (long long)plan->cost_move, (long long)plan->bound);
	for (size_t i = 0; i < plan->n_reasons; i++)
		buf_addf(out, "%s\n", plan->reasons[i]);
}

bool cmd_plan(struct call *call)
{
	struct duo_task task;
	if (!task_for(call, call->args[0], &task))
		return false;
	struct plan plan = {0};
	plan_make(&task.task, &plan);
	if (call->json)
		plan_json(call, &task, &plan);
	else
		plan_text(call, &task, &plan);
	plan_fini(&plan);
	duo_task_fini(&task);
	return true;
}

/* ---- explain ---- */

static void echo_line(void *ctx, const struct source *source, const struct session *s)
{
	echo_sentence(source, s, ctx);
	buf_addc(ctx, '\n');
}

/* Events that are left out because they are probably this day's sessions; sessions that cannot be
 * as they stand. */
static void explain_echoes(const struct call *call, const char *duo, day_t day, struct buf *out)
{
	const struct publication *p = call->p;
	const struct zone *zone = p->roster->roster.programme.zone;
	const struct duo_part *part = publication_duo(p, duo);
	for (size_t i = 0; part && i < part->sessions.n; i++)
		if (zone_day_of(zone, part->sessions.v[i].start) == day) {
			echo_each(p, &part->sessions.v[i], echo_line, out);
			clash_line(p, &part->sessions.v[i], &call->weights, call->now, "", out);
		}
}

bool cmd_explain(struct call *call)
{
	struct duo_task task;
	day_t day;
	if (!parse_date(call->args[1], &day, &call->err)) {
		call->err.code = ERR_USAGE;
		return false;
	}
	if (!task_for(call, call->args[0], &task))
		return false;
	struct plan plan = {0};
	struct buf text = {0};
	plan_make(&task.task, &plan);
	plan_explain_day(&task.task, &plan, day, &text);
	explain_echoes(call, call->args[0], day, &text);
	if (call->json) {
		struct json json = call_json(call);
		char *all = buf_take(&text), *save = NULL;
		json_array(&json, "reasons");
		for (char *l = strtok_r(all, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			json_text(&json, NULL, l);
		json_end(&json, ']');
		json_end(&json, '}');
		xfree(all);
	} else {
		buf_add(&call->out, buf_str(&text), text.n);
	}
	buf_fini(&text);
	plan_fini(&plan);
	duo_task_fini(&task);
	return true;
}
