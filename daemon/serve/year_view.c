/* year_view.c -- see the header. */
#include "serve/year_view.h"

#include "serve/html.h"

#include <stdlib.h>
#include <string.h>

struct list {
	struct draw_session *v;
	size_t n, cap;
};

static void add(struct list *list, utc_t start, utc_t end, enum kind kind, enum state state)
{
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = (struct draw_session){start, end, kind, state};
}

static int by_start(const void *a, const void *b)
{
	const struct draw_session *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (int)x->state - (int)y->state;
}

/* Sessions that both members see: the duo's own, and the programme's that both attend. */
static void add_stored(struct list *list, const struct publication *p, const struct duo *duo,
		       unsigned states)
{
	const char *const parts[] = {duo->id, ""};
	for (size_t k = 0; k < 2; k++) {
		const struct duo_part *part = publication_duo(p, parts[k]);
		for (size_t i = 0; part && i < part->sessions.n; i++) {
			const struct session *s = &part->sessions.v[i];
			if ((states >> s->state & 1) && s->kind != KIND_SOLO &&
			    session_attends(s, duo->members[0]) &&
			    session_attends(s, duo->members[1]))
				add(list, s->start, s->end, s->kind, s->state);
		}
	}
}

static enum state state_of(const struct plan_task *task, const struct plan_session *s)
{
	for (size_t i = 0; i < task->n_standing && s->kept_id; i++)
		if (task->standing[i].id == s->kept_id && s->fixed)
			return task->standing[i].state;
	return s->provisional ? STATE_PROVISIONAL : STATE_BOOKED;
}

static struct draw draw_of(const struct publication *p, const struct plan_task *task,
			   struct list *list, enum language language)
{
	if (list->n > 1)
		qsort(list->v, list->n, sizeof *list->v, by_start);
	return (struct draw){
		.task = task,
		.sessions = list->v,
		.n_sessions = list->n,
		.title = task->duo->topic ? task->duo->topic : task->duo->id,
		.names = {publication_name(p, task->duo->members[0]),
			  publication_name(p, task->duo->members[1])},
		.language = language,
		.prefix = task->duo->id,
	};
}

void year_file(const struct publication *p, const struct duo_task *task, const struct plan *plan,
	       enum language language, struct buf *out)
{
	struct list list = {0};
	for (size_t i = 0; i < plan->n; i++)
		add(&list, plan->v[i].start, plan->v[i].end, plan->v[i].kind,
		    state_of(&task->task, &plan->v[i]));
	add_stored(&list, p, task->task.duo, 1U << STATE_MISSED);
	struct draw draw = draw_of(p, &task->task, &list, language);
	draw.whole = true;
	draw_year(&draw, out);
	xfree(list.v);
}

void year_figure(const struct publication *p, const struct duo *duo, const struct weights *weights,
		 utc_t now, enum language language, struct buf *out)
{
	struct duo_task task;
	struct list list = {0};
	struct buf sentence = {0};
	if (!duo_task_init(&task, p, duo, weights, now))
		return;
	add_stored(&list, p, duo,
		   1U << STATE_PROVISIONAL | 1U << STATE_BOOKED | 1U << STATE_HELD |
			   1U << STATE_MISSED);
	struct draw draw = draw_of(p, &task.task, &list, language);
	draw_sentence(&draw, &sentence);
	html_open(out, "figure", "class", "year", NULL);
	/* wider than a phone: whoever has no pointer moves it by keys */
	html_open(out, "div", "class", "scroll", "tabindex", "0", "role", "group", "aria-label",
		  draw.title, NULL);
	draw_year(&draw, out);
	html_close(out, "div");
	html_element(out, "figcaption", buf_str(&sentence), NULL);
	html_close(out, "figure");
	html_newline(out);
	buf_fini(&sentence);
	xfree(list.v);
	duo_task_fini(&task);
}
