/* cmd_explain.c -- slots and explain: one week or one day of a duo, with everything that stands in
 * the way and whose word that is. */
#include "plan/explain.h"
#include "serve/clash_view.h"
#include "serve/command.h"
#include "serve/group_view.h"
#include "serve/plan_view.h"
#include "serve/visit_view.h"
#include "work/decide_work.h"
#include "work/echo.h"
#include "work/origins.h"

#include <stdlib.h>
#include <string.h>

/* What both commands work at. */
struct looking {
	struct call *call;
	struct duo_task task;
	struct plan plan;
	struct duo_origins origins;
	struct json json;
};

static bool looking_init(struct looking *l, struct call *call)
{
	*l = (struct looking){.call = call};
	if (!call_duo_task(call, call->args[0], &l->task))
		return false;
	duo_task_rooms(&l->task, call->p);
	work_plan(call->p, &l->task, &l->plan);
	duo_origins_init(&l->origins, call->p, l->task.task.duo);
	return true;
}

static void looking_fini(struct looking *l)
{
	duo_origins_fini(&l->origins);
	plan_fini(&l->plan);
	duo_task_fini(&l->task);
}

static void explain_day(struct looking *l, day_t day, struct explanation *out)
{
	explanation_init(out, &l->task.task, &l->plan, day, &l->origins.lookup);
}

/* Each line of @text: into the open JSON array, or printed behind @before. */
static void lines(struct looking *l, const struct buf *text, const char *before, const char *mark)
{
	char *all = xstrdup(buf_str(text)), *save = NULL;
	for (char *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *whole = xasprintf("%s%s", before, line);
		if (l->call->json)
			json_text(&l->json, NULL, whole);
		else
			buf_addf(&l->call->out, "%s%s\n", mark, whole);
		xfree(whole);
	}
	xfree(all);
}

/* ---- slots ---- */

static void slots_of_day(struct looking *l, int day, int length)
{
	struct slots slots = {0};
	struct call *call = l->call;
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	plan_slots(&l->task.task, &l->plan, day, length, &slots);
	for (size_t i = 0; i < slots.n; i++) {
		const struct slot *s = &slots.v[i];
		if (call->json) {
			json_object(&l->json, NULL);
			json_utc(&l->json, "start", s->start);
			json_utc(&l->json, "end", s->end);
			json_int(&l->json, "cost", s->cost.total);
			slot_cost_json(&l->json, "parts", &s->cost);
			json_bool(&l->json, "provisional", s->provisional);
			json_array(&l->json, "reasons");
			if (s->provisional)
				json_text(&l->json, NULL, "behind the horizon of a timetable");
			json_end(&l->json, ']');
			json_end(&l->json, '}');
			continue;
		}
		buf_addf(&call->out, "%s\t%s\t%lld\t", call_local(call, s->start, start),
			 call_local(call, s->end, end), (long long)s->cost.total);
		slot_cost_text(&call->out, &s->cost);
		buf_addf(&call->out, "%s\n", s->provisional ? "\tprovisional" : "");
	}
	slots_fini(&slots);
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

/* A length that no session can have has no slot on any day. */
static void length_reason(struct looking *l, int32_t length)
{
	const struct programme *p = l->task.task.programme;
	char asked[DURATION_TEXT], least[DURATION_TEXT], most[DURATION_TEXT], step[DURATION_TEXT];
	if (length == 0 || (length >= p->session_min && length <= p->session_max_min &&
			    length % p->length_step_min == 0))
		return;
	struct buf text = {0};
	buf_addf(&text, "no session lasts %s: they last %s to %s, in steps of %s\n",
		 minutes_text(length, asked), minutes_text(p->session_min, least),
		 minutes_text(p->session_max_min, most), minutes_text(p->length_step_min, step));
	lines(l, &text, "", "# ");
	buf_fini(&text);
}

/* Why the days of the range have no slot, or less than they could. */
static void slots_reasons(struct looking *l, int32_t length, day_t first,
			  const struct explanation *v, size_t n)
{
	char date[CIVIL_TEXT];
	if (l->call->json) {
		json_end(&l->json, ']');
		json_array(&l->json, "not_free");
		for (size_t d = 0; d < n; d++)
			for (size_t i = 0; i < v[d].n; i++)
				not_free_json(&l->json, &v[d].v[i], &l->task.task);
		json_end(&l->json, ']');
		json_array(&l->json, "reasons");
	}
	length_reason(l, length);
	for (size_t d = 0; d < n; d++) {
		char *before = xasprintf("%s: ", day_text(first + (day_t)d, date));
		lines(l, &v[d].text, before, "# ");
		xfree(before);
	}
}

bool cmd_slots(struct call *call)
{
	enum { DAYS_MAX = 14 };
	struct looking l;
	struct explanation days[DAYS_MAX];
	day_t first, past;
	int32_t length;
	if (!slots_range(call, &first, &past, &length))
		return false;
	if (call->n_with)
		return cmd_slots_with(call, first, past, length);
	if (call->options[OPT_VISITS])
		return visits_list(call, first, past);
	if (!looking_init(&l, call))
		return false;
	if (call->json) {
		l.json = call_json(call);
		json_array(&l.json, "slots");
	}
	for (day_t day = first; day < past; day++) {
		int number = opendays_number(&call->p->roster->days, day);
		if (number >= 0)
			slots_of_day(&l, number, length);
		explain_day(&l, day, &days[day - first]);
	}
	slots_reasons(&l, length, first, days, (size_t)(past - first));
	if (call->json) {
		json_end(&l.json, ']');
		json_end(&l.json, '}');
	}
	for (day_t day = first; day < past; day++)
		explanation_fini(&days[day - first]);
	looking_fini(&l);
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
	struct looking l;
	struct explanation e;
	day_t day;
	if (!parse_date(call->args[1], &day, &call->err)) {
		call->err.code = ERR_USAGE;
		return false;
	}
	if (group_is_meant(call, call->args[0]))
		return group_explain_view(call, day);
	if (!looking_init(&l, call))
		return false;
	explain_day(&l, day, &e);
	group_explain_day(call, day, &e.text);
	explain_echoes(call, call->args[0], day, &e.text);
	if (call->json) {
		l.json = call_json(call);
		json_array(&l.json, "reasons");
	}
	lines(&l, &e.text, "", "");
	if (call->json) {
		json_end(&l.json, ']');
		json_array(&l.json, "not_free");
		for (size_t i = 0; i < e.n; i++)
			not_free_json(&l.json, &e.v[i], &l.task.task);
		json_end(&l.json, ']');
		road_json(&l.json, "road", &e.road);
		json_end(&l.json, '}');
	}
	explanation_fini(&e);
	looking_fini(&l);
	return true;
}
