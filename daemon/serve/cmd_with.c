/* cmd_with.c -- `slots DUO --with ...`: when a duo and others have time, ranked, and who is in the
 * way. */
#include "serve/command.h"
#include "serve/with.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key, *word;
	size_t at;
} parts[] = {
	{"outside_prefer", "outside prefer", offsetof(struct party_cost, outside_prefer)},
	{"lunch", "lunch", offsetof(struct party_cost, lunch)},
	{"tentative", "tentative", offsetof(struct party_cost, tentative)},
	{"yield", "moves work", offsetof(struct party_cost, yield)},
};
enum { PARTS = sizeof parts / sizeof *parts };

static int64_t part_of(const struct party_cost *cost, int i)
{
	return *(const int64_t *)((const char *)cost + parts[i].at);
}

static void slot_object(struct json *json, const struct party_slot *s)
{
	json_object(json, NULL);
	json_utc(json, "start", s->start);
	json_utc(json, "end", s->end);
	json_int(json, "cost", s->cost.total);
	json_object(json, "parts");
	for (int i = 0; i < PARTS; i++)
		json_int(json, parts[i].key, part_of(&s->cost, i));
	json_end(json, '}');
	json_bool(json, "provisional", s->provisional);
	json_array(json, "reasons");
	if (s->provisional)
		json_text(json, NULL, "behind the horizon of a timetable");
	json_end(json, ']');
	json_end(json, '}');
}

static void slot_line(struct call *call, const struct party_slot *s)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	bool any = false;
	buf_addf(&call->out, "%s\t%s\t%lld\t", call_local(call, s->start, start),
		 call_local(call, s->end, end), (long long)s->cost.total);
	for (int i = 0; i < PARTS; i++)
		if (part_of(&s->cost, i)) {
			buf_addf(&call->out, "%s%s %lld", any ? " + " : "", parts[i].word,
				 (long long)part_of(&s->cost, i));
			any = true;
		}
	buf_addf(&call->out, "%s%s\n", any ? "" : "0", s->provisional ? "\tprovisional" : "");
}

static void slots_of(struct call *call, const struct party_task *task, day_t first, day_t past,
		     struct json *json)
{
	for (day_t date = first; date < past; date++) {
		struct party_slots slots;
		party_slots(task, opendays_number(task->days, date), &slots);
		for (size_t i = 0; i < slots.n; i++)
			if (call->json)
				slot_object(json, &slots.v[i]);
			else
				slot_line(call, &slots.v[i]);
		party_slots_fini(&slots);
	}
}

static void reasons_of(struct call *call, const struct party_task *task, day_t first, day_t past,
		       struct json *json)
{
	for (day_t date = first; date < past; date++) {
		char text[CIVIL_TEXT], *save = NULL;
		struct buf lines = {0};
		int day = opendays_number(task->days, date);
		if (day >= 0)
			party_explain_day(task, day, &lines);
		else
			buf_adds(&lines, "not an open day");
		char *all = buf_take(&lines);
		for (char *l = strtok_r(all, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
			struct buf one = {0};
			buf_addf(&one, "%s: %s", day_text(date, text), l);
			if (call->json)
				json_text(json, NULL, buf_str(&one));
			else
				buf_addf(&call->out, "# %s\n", buf_str(&one));
			buf_fini(&one);
		}
		xfree(all);
	}
}

/* The length that the duo has with this expert, else the preferred one. */
static int length_with(const struct call *call, const struct duo *duo, const struct with *with)
{
	for (size_t i = 0; with->expert && i < duo->n_experts; i++)
		if (strcmp(duo->experts[i].expert, with->expert->id) == 0)
			return duo->experts[i].min;
	return call->p->roster->roster.programme.preferred_min;
}

/* What the duo has there already: work that the planner may move gives way at a price, the rest
 * stands. */
static struct span *add_own(struct party_setup *x, const struct publication *p,
			    const struct duo *duo)
{
	const struct duo_part *part = publication_duo(p, duo->id);
	const struct plan_task *task = &x->duo.task;
	struct span *yields = xcalloc(task->n_standing, sizeof *yields);
	for (size_t i = 0; i < task->n_standing; i++)
		if (task->standing[i].stand == STAND_MOVABLE &&
		    task->standing[i].state == STATE_BOOKED)
			yields[x->task.n_yields++] =
				(struct span){task->standing[i].start, task->standing[i].end};
	for (size_t i = 0; part && i < part->sessions.n; i++)
		for (size_t k = 0; k < task->n_standing; k++)
			if (task->standing[k].id == part->sessions.v[i].id &&
			    task->standing[k].stand == STAND_FIXED)
				party_setup_engage(x, &part->sessions.v[i]);
	party_setup_settle(x);
	x->task.yields = yields;
	return yields;
}

bool cmd_slots_with(struct call *call, day_t first, day_t past, int32_t length)
{
	const struct duo *duo = call_duo(call, call->args[0]);
	struct with with;
	struct party_setup setup;
	if (!duo ||
	    !with_find(&call->p->roster->roster, call->with, call->n_with, &with, &call->err))
		return false;
	if (!party_setup_init(&setup, call->p, duo, &with.party, &call->weights, call->now))
		return err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster",
			       duo->id);
	setup.task.length_min = length ? length : length_with(call, duo, &with);
	struct span *yields = add_own(&setup, call->p, duo);
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "slots");
	}
	slots_of(call, &setup.task, first, past, &json);
	if (call->json) {
		json_end(&json, ']');
		json_array(&json, "reasons");
	}
	reasons_of(call, &setup.task, first, past, &json);
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	party_setup_fini(&setup);
	xfree(yields);
	return true;
}
