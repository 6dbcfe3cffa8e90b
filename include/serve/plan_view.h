/* serve/plan_view.h -- a plan as figures that add up, for people and for programs. Pure. */
#ifndef SERVE_PLAN_VIEW_H
#define SERVE_PLAN_VIEW_H

#include "plan/duoplan.h"
#include "plan/explain.h"
#include "report/json.h"
#include "work/task.h"

/* An object "parts" of a slot's cost; its values add up to cost->total. */
void slot_cost_json(struct json *json, const char *key, const struct slot_cost *cost);
/* "length 12 + rhythm 10"; "0" when nothing costs. */
void slot_cost_text(struct buf *out, const struct slot_cost *cost);

/* sessions, gaps, gap_costs, moves, unused, cost, parts, bound, placed_min ... reasons: into an
 * open object. */
void plan_view_json(struct json *json, const struct duo_task *task, const struct plan *plan);
void plan_view_text(struct buf *out, const struct duo_task *task, const struct plan *plan);

/* "not_free": who, which source, level, until when, how old that source is. */
void not_free_json(struct json *json, const struct not_free *row, const struct plan_task *task);
/* "road": what the other choice would have cost; null when there was none. */
void road_json(struct json *json, const char *key, const struct road *road);

#endif
