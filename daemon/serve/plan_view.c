/* plan_view.c -- see the header. Every sum that is shown has its items beside it. */
#include "serve/plan_view.h"

#include "base/parse.h"
#include "plan/bill.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *key, *word;
	size_t at;
} slot_parts[] = {
	{"length", "length", offsetof(struct slot_cost, length)},
	{"outside_prefer", "outside prefer", offsetof(struct slot_cost, outside_prefer)},
	{"lunch", "lunch", offsetof(struct slot_cost, lunch)},
	{"scrap", "scrap", offsetof(struct slot_cost, scrap)},
	{"rhythm", "rhythm", offsetof(struct slot_cost, rhythm)},
	{"tentative", "tentative", offsetof(struct slot_cost, tentative)},
};
enum { SLOT_PARTS = sizeof slot_parts / sizeof *slot_parts };

static int64_t part_of(const struct slot_cost *cost, size_t i)
{
	int64_t points;
	memcpy(&points, (const char *)cost + slot_parts[i].at, sizeof points);
	return points;
}

void slot_cost_json(struct json *json, const char *key, const struct slot_cost *cost)
{
	json_object(json, key);
	for (size_t i = 0; i < SLOT_PARTS; i++)
		json_int(json, slot_parts[i].key, part_of(cost, i));
	json_end(json, '}');
}

void slot_cost_text(struct buf *out, const struct slot_cost *cost)
{
	bool any = false;
	for (size_t i = 0; i < SLOT_PARTS; i++) {
		int64_t points = part_of(cost, i);
		if (points)
			buf_addf(out, "%s%s %lld", any ? " + " : "", slot_parts[i].word,
				 (long long)points);
		any |= points != 0;
	}
	if (!any)
		buf_adds(out, "0");
}

/* ---- a plan, as JSON ---- */

static void session_json(struct json *json, const struct plan_session *s)
{
	char id[24];
	(void)snprintf(id, sizeof id, "s%lld", (long long)s->kept_id);
	json_object(json, NULL);
	json_text(json, "id", s->kept_id ? id : NULL);
	json_text(json, "kind", kind_word(s->kind));
	json_utc(json, "start", s->start);
	json_utc(json, "end", s->end);
	json_int(json, "min", s->min);
	json_int(json, "gap_before", s->gap_before);
	json_int(json, "cost", s->cost.total);
	slot_cost_json(json, "parts", &s->cost);
	json_bool(json, "provisional", s->provisional);
	json_bool(json, "fixed", s->fixed);
	json_end(json, '}');
}

static void edge_json(struct json *json, const char *key, const struct plan_task *task, int day)
{
	if (day < 0 || day >= task->days->n)
		json_null(json, key); /* the start, or the end */
	else
		json_day(json, key, task->days->v[day]);
}

static void bill_json(struct json *json, const struct plan_task *task, const struct plan_bill *bill)
{
	json_array(json, "gaps");
	for (size_t i = 0; i < bill->n_gaps; i++)
		json_int(json, NULL, bill->gaps[i].open_days);
	json_end(json, ']');
	json_array(json, "gap_costs");
	for (size_t i = 0; i < bill->n_gaps; i++) {
		const struct bill_gap *g = &bill->gaps[i];
		json_object(json, NULL);
		edge_json(json, "from", task, g->from);
		edge_json(json, "to", task, g->to);
		json_int(json, "open_days", g->open_days);
		json_int(json, "gap", g->gap);
		json_int(json, "even", g->even);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_array(json, "moves");
	for (size_t i = 0; i < bill->n_moves; i++) {
		char id[24];
		(void)snprintf(id, sizeof id, "s%lld", (long long)bill->moves[i].session->id);
		json_object(json, NULL);
		json_text(json, "id", id);
		json_utc(json, "start", bill->moves[i].session->start);
		json_utc(json, "end", bill->moves[i].session->end);
		json_int(json, "cost", bill->moves[i].cost);
		json_end(json, '}');
	}
	json_end(json, ']');
	json_object(json, "unused");
	json_int(json, "steps", bill->unused_steps);
	json_int(json, "step_min", task->programme->length_step_min);
	json_int(json, "step_cost", task->weights->unused);
	json_int(json, "cost", bill->unused);
	json_end(json, '}');
}

static void parts_json(struct json *json, const struct plan *plan)
{
	json_object(json, "parts");
	json_int(json, "unused", plan->cost_unused);
	json_int(json, "gaps", plan->cost_gaps);
	json_int(json, "even", plan->cost_even);
	for (size_t k = 0; k < SLOT_PARTS; k++) {
		int64_t sum = 0;
		for (size_t i = 0; i < plan->n; i++)
			sum += plan->v[i].fixed ? 0 : part_of(&plan->v[i].cost, k);
		json_int(json, slot_parts[k].key, sum);
	}
	json_int(json, "move", plan->cost_move);
	json_end(json, '}');
}

static int32_t larger_reserve(const struct duo_task *task)
{
	int32_t a = task->reserve[0].total, b = task->reserve[1].total;
	return a > b ? a : b;
}

void plan_view_json(struct json *json, const struct duo_task *task, const struct plan *plan)
{
	struct plan_bill bill;
	plan_bill_init(&bill, &task->task, plan);
	json_text(json, "duo", task->task.duo->id);
	json_array(json, "sessions");
	for (size_t i = 0; i < plan->n; i++)
		session_json(json, &plan->v[i]);
	json_end(json, ']');
	bill_json(json, &task->task, &bill);
	json_int(json, "cost", plan->cost_total);
	parts_json(json, plan);
	json_int(json, "bound", plan->bound);
	json_int(json, "early_price", plan->early_price);
	json_int(json, "placed_min", plan->placed_min);
	json_int(json, "unplaced_min", plan->unplaced_min);
	json_int(json, "reserve", larger_reserve(task));
	json_int(json, "cadence", plan->cadence);
	json_int(json, "longest_gap", plan->longest_gap);
	json_array(json, "reasons");
	for (size_t i = 0; i < plan->n_reasons; i++)
		json_text(json, NULL, plan->reasons[i]);
	json_end(json, ']');
	plan_bill_fini(&bill);
}

/* ---- a plan, as text ---- */

static void session_text(struct buf *out, const struct zone *zone, const struct plan_session *s,
			 const struct bill_gap *gap)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	buf_addf(out, "%s\t%s\tgap %d (%lld + even %lld)\t%s\tcost %lld: ",
		 local_text(zone_to_local(zone, s->start), start),
		 local_text(zone_to_local(zone, s->end), end), gap->open_days, (long long)gap->gap,
		 (long long)gap->even,
		 s->fixed	  ? s->kind == KIND_WORK ? "fixed" : kind_word(s->kind)
			 : s->provisional ? "provisional"
		 : s->kept_id	  ? "kept"
				  : "planned",
		 (long long)s->cost.total);
	slot_cost_text(out, &s->cost);
	buf_addc(out, '\n');
}

void plan_view_text(struct buf *out, const struct duo_task *task, const struct plan *plan)
{
	char a[DURATION_TEXT], b[DURATION_TEXT], c[DURATION_TEXT];
	struct plan_bill bill;
	plan_bill_init(&bill, &task->task, plan);
	for (size_t i = 0; i < plan->n; i++)
		session_text(out, task->task.programme->zone, &plan->v[i], &bill.gaps[i]);
	if (bill.n_gaps) {
		const struct bill_gap *g = &bill.gaps[bill.n_gaps - 1];
		buf_addf(out, "to the end\t\tgap %d (%lld + even %lld)\n", g->open_days,
			 (long long)g->gap, (long long)g->even);
	}
	buf_addf(out,
		 "placed %s, not placed %s, reserve for other kinds %s, cadence %d, longest gap "
		 "%d\n",
		 minutes_text(plan->placed_min, a), minutes_text(plan->unplaced_min, b),
		 minutes_text(larger_reserve(task), c), plan->cadence, plan->longest_gap);
	buf_addf(out,
		 "cost %lld = unused %lld (%d steps of %s) + gaps %lld + even %lld + slots %lld + "
		 "move %lld (%zu sessions); bound %lld\n",
		 (long long)plan->cost_total, (long long)plan->cost_unused, bill.unused_steps,
		 minutes_text(task->task.programme->length_step_min, a), (long long)plan->cost_gaps,
		 (long long)plan->cost_even, (long long)plan->cost_slots,
		 (long long)plan->cost_move, bill.n_moves, (long long)plan->bound);
	for (size_t i = 0; i < plan->n_reasons; i++)
		buf_addf(out, "%s\n", plan->reasons[i]);
	plan_bill_fini(&bill);
}

/* ---- what is not free, and the road not taken ---- */

void not_free_json(struct json *json, const struct not_free *row, const struct plan_task *task)
{
	const struct time_origin *o = &row->origin;
	char id[24];
	(void)snprintf(id, sizeof id, "s%lld", (long long)o->session);
	json_object(json, NULL);
	json_text(json, "person", task->members[row->member].person->id);
	json_text(json, "source", o->source);
	json_text(json, "session", o->session ? id : NULL);
	json_bool(json, "absent", o->absent);
	json_text(json, "level", level_word(o->level));
	json_utc(json, "start", o->start);
	json_utc(json, "end", o->end);
	json_utc(json, "until", row->until < UTC_MAX ? row->until : 0);
	json_bool(json, "assumed", row->assumed);
	json_utc(json, "read_at", o->fresh_at);
	if (o->source && o->fresh_at)
		json_int(json, "age_s", task->now - o->fresh_at);
	else
		json_null(json, "age_s");
	json_end(json, '}');
}

void road_json(struct json *json, const char *key, const struct road *road)
{
	if (road->kind != ROAD_WITH && road->kind != ROAD_WITHOUT) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_text(json, "year", road->kind == ROAD_WITH ? "with" : "without");
	json_int(json, "cost", road->total);
	json_object(json, "parts");
	json_int(json, "unused", road->unused);
	json_int(json, "gaps", road->gaps);
	json_int(json, "even", road->even);
	json_int(json, "slots", road->slots);
	json_int(json, "move", road->move);
	json_end(json, '}');
	if (road->kind == ROAD_WITH) {
		json_utc(json, "start", road->start);
		json_utc(json, "end", road->end);
		json_int(json, "slot_cost", road->cost.total);
		slot_cost_json(json, "slot_parts", &road->cost);
	}
	json_end(json, '}');
}
