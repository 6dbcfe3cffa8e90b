/* due_view.c -- see the header. */
#include "serve/due_view.h"

#include "serve/html.h"
#include "serve/texts.h"

#include <stdlib.h>
#include <string.h>

struct due { /* borrowed */
	const struct obligation *o;
	const char *with; /* the other member */
};

struct dues {
	struct due *v; /* what is open, by day */
	size_t n, cap;
	bool any; /* also done */
};

static int by_day(const void *a, const void *b)
{
	const struct obligation *x = ((const struct due *)a)->o, *y = ((const struct due *)b)->o;
	if (x->due != y->due)
		return x->due < y->due ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Of the duos that she is a member of: what those before owe is not hers to hand in. */
static void find(const struct publication *p, const char *person, struct dues *out)
{
	const struct person_part *part = publication_person(p, person);
	for (size_t d = 0; part && d < part->n_owing; d++) {
		const struct owed *owed = publication_owed(p, part->owing[d]);
		const struct duo *duo = roster_duo(&p->roster->roster, part->owing[d]);
		if (!owed || !duo)
			continue;
		bool first = strcmp(duo->members[0], person) == 0;
		if (!first && strcmp(duo->members[1], person) != 0)
			continue;
		for (size_t i = 0; i < owed->obligations.n; i++) {
			const struct obligation *o = &owed->obligations.v[i];
			out->any = out->any || o->state != OBLIGATION_CANCELLED;
			if (o->state != OBLIGATION_OPEN)
				continue;
			out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
			out->v[out->n++] =
				(struct due){o, publication_name(p, duo->members[first ? 1 : 0])};
		}
	}
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, by_day);
}

/* "ma 23 november 2026: reflectieverslag 2 met Bram Bos" */
static void line(const struct due *due, enum language language, struct buf *out)
{
	char iso[CIVIL_TEXT];
	struct buf day = {0}, what = {0};
	text_day(due->o->due, language, &day);
	text_obligation(due->o->kind, due->o->number, language, &what);
	html_element(out, "time", buf_str(&day), "datetime", day_text(due->o->due, iso), NULL);
	html_textf(out, ": %s %s %s", buf_str(&what), text_of(TEXT_WITH_WORD, language), due->with);
	buf_fini(&day);
	buf_fini(&what);
}

static void lines(const struct dues *dues, size_t from, size_t to, enum language language,
		  struct buf *out)
{
	if (from == to)
		return;
	html_open(out, "ul", NULL);
	for (size_t i = from; i < to; i++) {
		html_open(out, "li", NULL);
		line(&dues->v[i], language, out);
		html_close(out, "li");
		html_newline(out);
	}
	html_close(out, "ul");
}

void due_section(const struct publication *p, const char *person, utc_t now, enum language language,
		 struct buf *out)
{
	struct dues dues = {0};
	day_t today = zone_day_of(p->roster->roster.programme.zone, now);
	size_t late = 0;
	find(p, person, &dues);
	if (!dues.any)
		return;
	while (late < dues.n && dues.v[late].o->due < today)
		late++;
	html_newline(out);
	html_element(out, "h2", text_of(TEXT_DUE, language), NULL);
	html_newline(out);
	if (late)
		html_element(out, "p", text_of(TEXT_DUE_LATE, language), "class", "next", NULL);
	lines(&dues, 0, late, language, out);
	if (late < dues.n) {
		html_open(out, "p", "class", "next", NULL);
		html_textf(out, "%s ", text_of(TEXT_DUE_NEXT, language));
		line(&dues.v[late], language, out);
		html_close(out, "p");
		lines(&dues, late + 1, dues.n, language, out);
	} else if (!late) {
		html_element(out, "p", text_of(TEXT_DUE_NONE, language), NULL);
	}
	xfree(dues.v);
}
