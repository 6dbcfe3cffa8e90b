/* roster_person.c -- persons, and the experts and rooms that have timetables like them. */
#include "setup/roster_reading.h"

#include "plan/solve.h"

#include <stdlib.h>
#include <string.h>

struct person_draft {
	struct person p;
	struct timetable_lines timetables;
};
#define D(field) offsetof(struct person_draft, p.field)

static take_fn take_factor, take_works, take_absent, take_person_timetable;

enum { ROW_INVITATIONS = 2, ROW_BUDGET = 5 };

/* clang-format off */
static const struct key_row person_rows[] = {
	/* key, default, taker, field, min, max, repeats, first, example when required */
	{"name", NULL, take_text, D(name), 0, ROSTER_NAME_BYTES, false, false, NULL},
	{"email", NULL, take_email, D(email), 0, 254, false, false, NULL},
	[ROW_INVITATIONS] = {"invitations", "no", take_yes_no, D(invitations), 0, 0, false, false, NULL},
	{"language", NULL, take_language, D(language), 0, 0, false, false, NULL},
	{"zone", NULL, take_zone, D(zone), 0, 0, false, true, NULL},
	[ROW_BUDGET] = {"budget", NULL, take_minutes, D(budget_min), 60, 60000, false, false, NULL},
	{"factor", "1.0", take_factor, D(factor_pct), 0, 0, false, false, NULL},
	{"works", "08:30-17:00", take_works, 0, 0, 0, true, false, NULL},
	{"absent", NULL, take_absent, 0, 0, 0, true, false, NULL},
	{"competences", NULL, take_text, D(competences), 0, 4000, false, false, NULL},
	{"department", NULL, take_text, D(department), 0, ROSTER_NAME_BYTES, false, false, NULL},
	{"timetable", NULL, take_person_timetable, 0, 0, 0, true, false, "timetable = none if there is none"},
};
/* clang-format on */
enum { PERSON_ROWS = sizeof person_rows / sizeof *person_rows };

/* "0.8" -> 80 */
static bool take_factor(struct taking *t, const char *value, struct err *err)
{
	struct person *p = &((struct person_draft *)t->target)->p;
	size_t whole = strspn(value, "0123456789");
	size_t digits = value[whole] == '.' ? strspn(value + whole + 1, "0123456789") : 0;
	const char *decimals = value + whole + 1;
	bool ok = whole == 1 && (value[whole] == '\0' ||
				 (digits >= 1 && digits <= 2 && decimals[digits] == '\0'));
	int pct = ok ? (value[0] - '0') * 100 : 0;
	if (ok && digits >= 1)
		pct += (decimals[0] - '0') * 10;
	if (ok && digits == 2)
		pct += decimals[1] - '0';
	if (!ok || pct < 10 || pct > 150)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not a factor within 0.1..1.5", value);
	p->factor_pct = pct;
	return true;
}

static bool take_works(struct taking *t, const char *value, struct err *err)
{
	struct person *p = &((struct person_draft *)t->target)->p;
	return hours_add(&p->works, &p->n_works, value, t->r->roster.programme.weekdays, err);
}

static bool take_absent(struct taking *t, const char *value, struct err *err)
{
	struct person *p = &((struct person_draft *)t->target)->p;
	return range_add(&p->absent, &p->n_absent, value, err);
}

static bool take_person_timetable(struct taking *t, const char *value, struct err *err)
{
	struct person_draft *draft = t->target;
	draft->timetables.zone = draft->p.zone;
	return timetable_take(t, &draft->timetables, value, err);
}

static void read_person(struct reading *r, const struct section_ref *ref, struct person *out)
{
	const struct programme *programme = &r->roster.programme;
	struct person_draft draft = {
		.p = {.language = programme->language, .zone = programme->zone}};
	struct person *p = &draft.p;
	int lines[ROWS_MAX];
	draft.timetables = (struct timetable_lines){
		.sources = &p->sources, .n_sources = &p->n_sources, .owner = ref->section->id};
	(void)strncat(p->id, ref->section->id, ID_MAX);
	keys_take(r, ref, person_rows, PERSON_ROWS, &draft, lines);
	if (!p->name)
		p->name = xstrdup(p->id);
	int32_t budget = p->budget_min ? p->budget_min : programme->budget_min;
	p->budget_min = (int32_t)(((int64_t)budget * p->factor_pct + 50) / 100);
	if (p->invitations && !p->email)
		findings_add(&r->findings, ini_place(ref->file, lines[ROW_INVITATIONS]),
			     "invitations: there is no `email` to send them to");
	int step = programme->length_step_min;
	if (lines[ROW_BUDGET] && step && p->budget_min / step > SOLVE_UNITS_MAX)
		findings_add(&r->findings, ini_place(ref->file, lines[ROW_BUDGET]),
			     "budget: more than %d length_steps of the programme", SOLVE_UNITS_MAX);
	*out = *p;
}

void read_persons(struct reading *r)
{
	const struct section_list *list = &r->sections[SECTION_PERSON];
	r->roster.persons = xcalloc(list->n, sizeof *r->roster.persons);
	r->roster.n_persons = list->n;
	for (size_t i = 0; i < list->n; i++)
		read_person(r, &list->v[i], &r->roster.persons[i]);
}

struct third_draft {
	struct third_party p;
	struct timetable_lines timetables;
};
#define T(field) offsetof(struct third_draft, p.field)

static take_fn take_third_timetable, take_third_works, take_third_absent;

/* clang-format off */
static const struct key_row expert_rows[] = {
	{"name", NULL, take_text, T(name), 0, ROSTER_NAME_BYTES, false, false, NULL},
	{"timetable", NULL, take_third_timetable, 0, 0, 0, true, false, "timetable = none if there is none"},
	{"works", "08:30-17:00", take_third_works, 0, 0, 0, true, false, NULL},
	{"absent", NULL, take_third_absent, 0, 0, 0, true, false, NULL},
	{"rate", NULL, take_money, T(rate_cents), 0, 0, false, false, NULL},
};
static const struct key_row room_rows[] = {
	{"name", NULL, take_text, T(name), 0, ROSTER_NAME_BYTES, false, false, NULL},
	{"timetable", NULL, take_third_timetable, 0, 0, 0, true, false, "timetable = none if there is none"},
	{"works", "mon-sun 00:00-24:00", take_third_works, 0, 0, 0, true, false, NULL},
	{"absent", NULL, take_third_absent, 0, 0, 0, true, false, NULL},
	{"capacity", "1", take_int, T(capacity), 1, 10000, false, false, NULL},
};
/* clang-format on */
enum { THIRD_ROWS = sizeof room_rows / sizeof *room_rows };

static bool take_third_timetable(struct taking *t, const char *value, struct err *err)
{
	return timetable_take(t, &((struct third_draft *)t->target)->timetables, value, err);
}

static bool take_third_works(struct taking *t, const char *value, struct err *err)
{
	struct third_party *p = &((struct third_draft *)t->target)->p;
	return hours_add(&p->works, &p->n_works, value, t->r->roster.programme.weekdays, err);
}

static bool take_third_absent(struct taking *t, const char *value, struct err *err)
{
	struct third_party *p = &((struct third_draft *)t->target)->p;
	return range_add(&p->absent, &p->n_absent, value, err);
}

static void read_third(struct reading *r, const struct section_ref *ref, struct third_party *out)
{
	struct third_draft draft = {.p = {.is_room = ref->kind == SECTION_ROOM, .capacity = 1}};
	draft.timetables = (struct timetable_lines){.sources = &draft.p.sources,
						    .n_sources = &draft.p.n_sources,
						    .owner = ref->section->id,
						    .zone = r->roster.programme.zone};
	(void)strncat(draft.p.id, ref->section->id, ID_MAX);
	keys_take(r, ref, draft.p.is_room ? room_rows : expert_rows, THIRD_ROWS, &draft, NULL);
	if (!draft.p.name)
		draft.p.name = xstrdup(draft.p.id);
	*out = draft.p;
}

static int third_by_id(const void *a, const void *b)
{
	return strcmp(a, b); /* both begin with their id */
}

void read_third_parties(struct reading *r)
{
	const struct section_list *experts = &r->sections[SECTION_EXPERT];
	const struct section_list *rooms = &r->sections[SECTION_ROOM];
	struct third_party *v = xcalloc(experts->n + rooms->n, sizeof *v);
	for (size_t i = 0; i < experts->n; i++)
		read_third(r, &experts->v[i], &v[i]);
	for (size_t i = 0; i < rooms->n; i++)
		read_third(r, &rooms->v[i], &v[experts->n + i]);
	if (experts->n + rooms->n)
		qsort(v, experts->n + rooms->n, sizeof *v, third_by_id);
	r->roster.third_parties = v;
	r->roster.n_third_parties = experts->n + rooms->n;
}
