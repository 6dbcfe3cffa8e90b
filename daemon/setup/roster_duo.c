/* roster_duo.c -- duos: two persons each, what they share, what they may spend. */
#include "setup/roster_reading.h"

#include <stdlib.h>
#include <string.h>

#define D(field) offsetof(struct duo, field)

static take_fn take_members, take_share, take_duo_prefer, take_was, take_expert, take_room;

enum { ROW_MEMBERS, ROW_TOPIC, ROW_EXPERT_BUDGET };

/* clang-format off */
static const struct key_row rows[] = {
	/* key, default, taker, field, min, max, repeats, first, example when required */
	[ROW_MEMBERS] = {"members", NULL, take_members, 0, 0, 0, false, true, "members = anna bram"},
	[ROW_TOPIC] = {"topic", NULL, take_text, D(topic), 0, INI_VALUE_BYTES, false, false, NULL},
	[ROW_EXPERT_BUDGET] = {"expert_budget", NULL, take_money, D(expert_budget_cents), 0, 0, false, false, NULL},
	{"share", NULL, take_share, 0, 0, 0, true, false, NULL},
	{"cadence", NULL, take_cadence, D(cadence), 1, 366, false, false, NULL},
	{"prefer", NULL, take_duo_prefer, 0, 0, 0, true, false, NULL},
	{"expert", NULL, take_expert, 0, 0, 0, true, false, NULL},
	{"room", NULL, take_room, 0, 0, 0, false, false, NULL},
	{"was", NULL, take_was, 0, 0, 0, false, false, NULL},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

size_t duo_keys(const char **names, size_t max)
{
	size_t n = 0;
	for (; n < ROWS && n < max; n++)
		names[n] = rows[n].key;
	return n;
}

static bool take_members(struct taking *t, const char *value, struct err *err)
{
	struct duo *duo = t->target;
	char *copy, *words[3];
	size_t n = cut_words(value, &copy, words, 3);
	bool ok = n == 2;
	if (n != 2)
		(void)err_set(err, ERR_PARSE, "a duo has two members, not %zu", n);
	else if (strcmp(words[0], words[1]) == 0)
		ok = err_set(err, ERR_PARSE,
			     "%.40s is there twice: a duo has two different members", words[0]);
	for (size_t i = 0; ok && i < 2; i++) {
		if (section_find(t->r, SECTION_PERSON, words[i])) {
			(void)strncat(duo->members[i], words[i], ID_MAX);
			continue;
		}
		/* both may be unknown, and both are told */
		(void)section_unknown(t->r, SECTION_PERSON, words[i], err);
		TOLD(t, "members: %s", err->text);
	}
	xfree(copy);
	return ok;
}

static bool is_member(const struct duo *duo, const char *id)
{
	return strcmp(duo->members[0], id) == 0 || strcmp(duo->members[1], id) == 0;
}

/* "anna 40h" */
static bool take_share(struct taking *t, const char *value, struct err *err)
{
	struct duo *duo = t->target;
	struct share share = {0};
	char *copy, *words[2];
	size_t n = cut_words(value, &copy, words, 2);
	bool ok = n == 2 && *words[0];
	if (!ok)
		(void)err_set(err, ERR_PARSE, "\"%.40s\" is not of the form anna 40h", value);
	else if (!section_find(t->r, SECTION_PERSON, words[0]))
		ok = section_unknown(t->r, SECTION_PERSON, words[0], err);
	else if (*duo->members[0] && *duo->members[1] && !is_member(duo, words[0]))
		ok = err_set(err, ERR_PARSE, "%.40s is not a member of this duo", words[0]);
	for (size_t i = 0; ok && i < duo->n_shares; i++)
		if (strcmp(duo->shares[i].person, words[0]) == 0)
			ok = err_set(err, ERR_PARSE, "the share of %.40s is given twice", words[0]);
	ok = ok && parse_minutes(words[1], &share.min, err);
	if (ok && (share.min < 1 || share.min > 60000))
		ok = err_set(err, ERR_PARSE, "%.40s is not within 1m..1000h", words[1]);
	if (ok) {
		(void)strncat(share.person, words[0], ID_MAX);
		duo->shares = xrealloc(duo->shares, (duo->n_shares + 1) * sizeof share);
		duo->shares[duo->n_shares++] = share;
	}
	xfree(copy);
	return ok;
}

static bool take_duo_prefer(struct taking *t, const char *value, struct err *err)
{
	struct duo *duo = t->target;
	/* an empty list means the programme's: who wants none prefers every hour alike */
	if (strcmp(value, "none") == 0)
		return hours_add(&duo->prefer, &duo->n_prefer, "mon-sun 00:00-24:00", 0, err);
	return hours_add(&duo->prefer, &duo->n_prefer, value, t->r->roster.programme.weekdays, err);
}

/* "jan 2 x 2h" */
static bool take_expert(struct taking *t, const char *value, struct err *err)
{
	static const char example[] = "jan 2 x 2h";
	struct duo *duo = t->target;
	struct duo_expert one = {0};
	size_t word = strcspn(value, " \t");
	char *id = xstrndup(value, word);
	const char *times = value + word + strspn(value + word, " \t");
	bool ok = *times != '\0';
	if (!ok)
		(void)err_set(err, ERR_PARSE, "\"%.40s\" is not of the form %s", value, example);
	else if (section_find(t->r, SECTION_PERSON, id))
		ok = err_set(err, ERR_PARSE, "%.40s is a person%s: an expert is an [expert ID]", id,
			     is_member(duo, id) ? " and a member of this duo" : "");
	else if (!section_find(t->r, SECTION_EXPERT, id))
		ok = section_unknown(t->r, SECTION_EXPERT, id, err);
	for (size_t i = 0; ok && i < duo->n_experts; i++)
		if (strcmp(duo->experts[i].expert, id) == 0)
			ok = err_set(err, ERR_PARSE, "the sessions with %.40s are given twice", id);
	ok = ok && count_take(times, "2 x 2h", &one.n, &one.min, err);
	if (ok && one.min == 0)
		ok = err_set(err, ERR_PARSE, "leave the line out when there is no session");
	if (ok) {
		(void)strncat(one.expert, id, ID_MAX);
		duo->experts = xrealloc(duo->experts, (duo->n_experts + 1) * sizeof one);
		duo->experts[duo->n_experts++] = one;
	}
	xfree(id);
	return ok;
}

static bool take_room(struct taking *t, const char *value, struct err *err)
{
	struct duo *duo = t->target;
	return ids_add(t->r, SECTION_ROOM, value, &duo->rooms, &duo->n_rooms, err);
}

static bool take_was(struct taking *t, const char *value, struct err *err)
{
	struct duo *duo = t->target;
	if (!parse_is_id(value))
		return err_set(err, ERR_PARSE, "\"%.40s\" is not the id of a duo", value);
	if (section_find(t->r, SECTION_DUO, value))
		return err_set(err, ERR_PARSE,
			       "[duo %.40s] still stands in the roster: was names an id that is "
			       "gone",
			       value);
	(void)strncat(duo->was, value, ID_MAX);
	return true;
}

/* Two duos cannot both be what one was. */
struct renamed {
	const char *was;
	struct place at;
};

static int by_was(const void *a, const void *b)
{
	const struct renamed *x = a, *y = b;
	int c = strcmp(x->was, y->was);
	if (c)
		return c;
	if (x->at.order != y->at.order)
		return x->at.order < y->at.order ? -1 : 1;
	return x->at.line < y->at.line ? -1 : x->at.line > y->at.line;
}

static void check_renamed(struct reading *r)
{
	const struct section_list *list = &r->sections[SECTION_DUO];
	struct renamed *v = xcalloc(list->n, sizeof *v);
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		if (*r->roster.duos[i].was)
			v[n++] = (struct renamed){.was = r->roster.duos[i].was,
						  .at = section_place(&list->v[i])};
	if (n)
		qsort(v, n, sizeof *v, by_was);
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i - 1].was, v[i].was) == 0)
			findings_add(&r->findings, v[i].at,
				     "was: %s is claimed by two duos (first %s:%d)", v[i].was,
				     v[i - 1].at.file, v[i - 1].at.line);
	xfree(v);
}

void read_duos(struct reading *r)
{
	const struct section_list *list = &r->sections[SECTION_DUO];
	r->roster.duos = xcalloc(list->n, sizeof *r->roster.duos);
	r->roster.n_duos = list->n;
	for (size_t i = 0; i < list->n; i++) {
		struct duo *duo = &r->roster.duos[i];
		int lines[ROWS_MAX];
		(void)strncat(duo->id, list->v[i].section->id, ID_MAX);
		keys_take(r, &list->v[i], rows, ROWS, duo, lines);
		if (!lines[ROW_EXPERT_BUDGET])
			duo->expert_budget_cents = r->roster.programme.expert_budget_cents;
	}
	check_renamed(r);
}
