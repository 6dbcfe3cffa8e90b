/* visit_view.c -- see the header. Titles and places stand here only where the roster asks for them:
 * other lessons are not known to be any. */
#include "serve/visit_view.h"

#include "work/decide_visit.h"
#include "work/lesson.h"

#include <stdio.h>
#include <stdlib.h>

static int by_rank(const void *a, const void *b)
{
	const struct visit_option *x = *(const struct visit_option *const *)a;
	const struct visit_option *y = *(const struct visit_option *const *)b;
	if ((x->fit == VISIT_FITS) != (y->fit == VISIT_FITS))
		return x->fit == VISIT_FITS ? -1 : 1;
	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return (x->lesson.start > y->lesson.start) - (x->lesson.start < y->lesson.start);
}

/* The visit that is there already; NULL: none. */
static const struct session *visit_at(const struct publication *p, const char *duo,
				      const struct visit_direction *way,
				      const struct visit_lesson *lesson)
{
	const struct duo_part *part = publication_duo(p, duo);
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *s = &part->sessions.v[i];
		if (s->kind == KIND_VISIT && s->start == lesson->start && s->end == lesson->end &&
		    s->state != STATE_CANCELLED && s->state != STATE_MISSED &&
		    session_attends(s, way->visitor->id))
			return s;
	}
	return NULL;
}

static void show(struct call *call, const struct visit_direction *way, const struct visit_option *o,
		 struct json *json)
{
	const struct lesson_text *text =
		lesson_at(call->p, way->host->id, o->lesson.start, o->lesson.end);
	const struct session *s = visit_at(call->p, call->args[0], way, &o->lesson);
	struct buf why = {0};
	char start[CIVIL_TEXT], end[CIVIL_TEXT], id[24] = "";
	visit_why(&way->task, o, &why);
	if (s && s->id)
		(void)snprintf(id, sizeof id, "s%lld", (long long)s->id);
	if (!call->json) {
		buf_addf(&call->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s%s\n", way->visitor->id,
			 way->host->id, call_local(call, o->lesson.start, start),
			 call_local(call, o->lesson.end, end), text ? text->title : "",
			 text ? text->place : "",
			 why.n		  ? buf_str(&why)
			 : s		  ? id
			 : o->provisional ? "provisional"
					  : "fits",
			 why.n && s ? " (booked all the same)" : "");
		buf_fini(&why);
		return;
	}
	json_object(json, NULL);
	json_text(json, "visitor", way->visitor->id);
	json_text(json, "host", way->host->id);
	json_utc(json, "start", o->lesson.start);
	json_utc(json, "end", o->lesson.end);
	json_text(json, "title", text ? text->title : NULL);
	json_text(json, "place", text && text->place[0] ? text->place : NULL);
	json_bool(json, "fits", o->fit == VISIT_FITS);
	json_bool(json, "provisional", o->provisional);
	json_text(json, "session", id[0] ? id : NULL);
	json_int(json, "cost", o->cost);
	json_text(json, "reason", why.n ? buf_str(&why) : NULL);
	json_end(json, '}');
	buf_fini(&why);
}

static void list_way(struct call *call, const struct visit_direction *way, day_t first, day_t past,
		     struct json *json)
{
	const struct zone *zone = call->p->roster->roster.programme.zone;
	const struct visit_option **v = xcalloc(way->plan.n_options, sizeof(*v));
	size_t n = 0;
	for (size_t i = 0; i < way->plan.n_options; i++) {
		const struct visit_option *o = &way->plan.options[i];
		day_t day = zone_day_of(zone, o->lesson.start);
		if (day >= first && day < past && o->fit != VISIT_PAST)
			v[n++] = o;
	}
	if (n > 0)
		qsort(v, n, sizeof *v, by_rank);
	for (size_t i = 0; i < n; i++)
		show(call, way, v[i], json);
	xfree(v);
}

static void reason_of_way(struct call *call, const struct visit_direction *way, struct json *json)
{
	struct buf why = {0};
	if (!way->possible)
		buf_addf(&why,
			 "no timetable of %s has a lesson pattern: which lessons %s may visit is "
			 "not known",
			 way->host->id, way->visitor->id);
	else
		(void)visit_why_not_all(&way->task, &way->plan, &why);
	if (why.n && call->json)
		json_text(json, NULL, buf_str(&why));
	else if (why.n)
		buf_addf(&call->out, "# %s\n", buf_str(&why));
	buf_fini(&why);
}

bool visits_list(struct call *call, day_t first, day_t past)
{
	const struct duo *duo = call_duo(call, call->args[0]);
	struct visit_work w;
	if (!duo)
		return false;
	if (!visit_work_init(&w, call->p, duo, &call->weights, call->now))
		return err_set(&call->err, ERR_CONFLICT, "a member of %s is not in the roster",
			       duo->id);
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "visits");
	}
	for (int m = 0; m < 2; m++)
		list_way(call, &w.ways[m], first, past, &json);
	if (call->json) {
		json_end(&json, ']');
		json_array(&json, "reasons");
	}
	for (int m = 0; m < 2; m++)
		reason_of_way(call, &w.ways[m], &json);
	if (call->json) {
		json_end(&json, ']');
		json_end(&json, '}');
	}
	visit_work_fini(&w);
	return true;
}
