/* figures.c -- see the header for what each figure is.
 *
 * One list of rows, sorted by duo and person, is made first: the members that the roster knows,
 * and whoever else has hours or sessions somewhere. Then every session and every entry is added
 * to the row it belongs to, and what is the duo's (gaps, stalled) is copied into its rows. */
#include "report/figures.h"

#include "base/buf.h"
#include "plan/duoplan.h"
#include "plan/hours.h"

#include <stdlib.h>
#include <string.h>

enum { PACE_LOW = 85, PACE_HIGH = 115 }; /* hundredths */

struct tally { /* a row, and what it needs beside the period */
	struct figures_row row;
	int64_t held_all, booked_all, booked_past, provisional_all;
	int64_t lost; /* missed, or called off by a person, until now */
};

struct membership {
	const struct person *person;
	const struct duo *duo;
};

struct making {
	const struct figures_input *in;
	struct membership *members; /* by person, then duo; only in->person's when that is set */
	size_t n_members;
	struct had *had; /* of each kind, as roster->persons */
	struct tally *v; /* by duo, then person */
	size_t n, cap;
	int64_t *confirmed; /* ids of held sessions that somebody confirmed, rising */
	size_t n_confirmed;
};

/* ---- orders ---- */

static int by_person(const void *a, const void *b)
{
	const struct membership *x = a, *y = b;
	int order = strcmp(x->person->id, y->person->id);
	return order ? order : strcmp(x->duo->id, y->duo->id);
}

static int compare_keys(const char *duo, const char *person, const struct figures_row *row)
{
	if (!duo[0] != !row->duo[0])
		return duo[0] ? -1 : 1;
	int order = strcmp(duo, row->duo);
	return order ? order : strcmp(person, row->person);
}

/* Live rows before others of the same name, so that they are the ones kept. */
static int by_row(const void *a, const void *b)
{
	const struct figures_row *x = &((const struct tally *)a)->row;
	const struct figures_row *y = &((const struct tally *)b)->row;
	int order = compare_keys(x->duo, x->person, y);
	return order ? order : (int)y->live - (int)x->live;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static struct tally *find(const struct tally *v, size_t n, const char *duo, const char *person)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_keys(duo, person, &v[middle].row);
		if (order == 0)
			return (struct tally *)&v[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- what counts ---- */

static bool wanted(const struct making *m, const char *person)
{
	return !m->in->person || strcmp(m->in->person, person) == 0;
}

static day_t day_of(const struct making *m, const struct session *s)
{
	return zone_day_of(m->in->roster->programme.zone, s->start);
}

/* As it stood on as_of_day, with today's knowledge: what is held later is booked there. */
static enum state state_of(const struct making *m, const struct session *s)
{
	if (s->state == STATE_HELD && day_of(m, s) > m->in->as_of_day)
		return STATE_BOOKED;
	return s->state;
}

static bool in_period(const struct making *m, day_t day)
{
	return day >= m->in->from && day < m->in->past;
}

/* ---- who is where ---- */

static void list_members(struct making *m)
{
	const struct roster *roster = m->in->roster;
	m->members = xcalloc(2 * roster->n_duos, sizeof *m->members);
	for (size_t i = 0; i < roster->n_duos; i++)
		for (int k = 0; k < 2; k++) {
			const struct duo *duo = &roster->duos[i];
			if (duo->retired || !wanted(m, duo->members[k]))
				continue;
			const struct person *person = roster_person(roster, duo->members[k]);
			if (person)
				m->members[m->n_members++] = (struct membership){person, duo};
		}
	qsort(m->members, m->n_members, sizeof *m->members, by_person);
}

/* Index of the person's first membership; *n how many there are. */
static size_t memberships(const struct making *m, const char *person, size_t *n)
{
	size_t low = 0, high = m->n_members;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(m->members[middle].person->id, person) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*n = 0; low + *n < m->n_members; (*n)++)
		if (strcmp(m->members[low + *n].person->id, person) != 0)
			break;
	return low;
}

/* hours_share goes through all duos of the roster it is given. For a report of everybody it is
 * given a roster of the person's duos only, otherwise the work would grow with the square. */
static int32_t share_of(const struct making *m, const struct person *person, const struct duo *duo)
{
	if (m->in->person)
		return hours_share(m->in->roster, person, duo);
	size_t n, first = memberships(m, person->id, &n);
	struct duo *own = xcalloc(n, sizeof *own);
	for (size_t i = 0; i < n; i++)
		own[i] = *m->members[first + i].duo;
	struct roster small = {.duos = own, .n_duos = n};
	int32_t share = hours_share(&small, person, duo);
	xfree(own);
	return share;
}

/* ---- the list of rows ---- */

static struct tally *append(struct making *m, const char *duo, const char *person)
{
	m->v = xgrow(m->v, m->n, &m->cap, sizeof *m->v);
	struct tally *t = &m->v[m->n++];
	*t = (struct tally){0};
	strncpy(t->row.duo, duo, ID_MAX);
	strncpy(t->row.person, person, ID_MAX);
	return t;
}

/* A row for whoever is not among the first @n, which are the live ones. */
static void append_other(struct making *m, size_t n, const char *duo, const char *person)
{
	if (!wanted(m, person) || find(m->v, n, duo, person))
		return;
	if (m->n > n && compare_keys(duo, person, &m->v[m->n - 1].row) == 0)
		return;
	(void)append(m, duo, person);
}

static bool shows(const struct making *m, const struct session *s)
{
	enum state state = state_of(m, s);
	return state == STATE_BOOKED || state == STATE_PROVISIONAL;
}

static void list_rows(struct making *m)
{
	const struct figures_input *in = m->in;
	for (size_t i = 0; i < m->n_members; i++) {
		const struct membership *member = &m->members[i];
		struct tally *t = append(m, member->duo->id, member->person->id);
		t->row.live = true;
		t->row.budget_min = share_of(m, member->person, member->duo);
	}
	if (m->n)
		qsort(m->v, m->n, sizeof *m->v, by_row);
	size_t live = m->n;
	for (size_t d = 0; d < in->n_duos; d++)
		for (size_t i = 0; i < in->duos[d].n_sessions; i++) {
			const struct session *s = &in->duos[d].sessions[i];
			for (size_t a = 0; shows(m, s) && a < s->n_attendees; a++)
				append_other(m, live, in->duos[d].id, s->attendees[a]);
		}
	for (size_t p = 0; p < in->n_persons; p++) {
		size_t n_duos;
		(void)memberships(m, in->persons[p].id, &n_duos);
		for (size_t i = 0; i < in->persons[p].n_entries; i++) {
			const struct entry *e = &in->persons[p].entries[i];
			if (e->day > in->as_of_day)
				continue;
			append_other(m, live, e->duo, in->persons[p].id);
			if (n_duos == 0) /* her budget stands here, too */
				append_other(m, live, "", in->persons[p].id);
		}
	}
	if (m->n)
		qsort(m->v, m->n, sizeof *m->v, by_row);
	size_t kept = 0;
	for (size_t i = 0; i < m->n; i++)
		if (!kept ||
		    compare_keys(m->v[i].row.duo, m->v[i].row.person, &m->v[kept - 1].row) != 0)
			m->v[kept++] = m->v[i];
	m->n = kept;
}

/* ---- sessions ---- */

static void add_had(struct making *m, const struct session *s)
{
	const struct roster *roster = m->in->roster;
	for (size_t a = 0; a < s->n_attendees; a++) {
		const struct person *person =
			s->kind == KIND_WORK ? NULL : roster_person(roster, s->attendees[a]);
		if (person)
			hours_had_add(&m->had[person - roster->persons], &roster->programme, s,
				      m->in->as_of_day);
	}
}

static void add_session(struct making *m, const char *duo, const struct session *s)
{
	enum state state = state_of(m, s);
	int64_t minutes = hours_spends(s->kind) ? (s->end - s->start) / 60 : 0;
	day_t day = day_of(m, s);
	bool lost = (state == STATE_MISSED || (state == STATE_CANCELLED && s->pinned)) &&
		    day <= m->in->as_of_day;
	add_had(m, s);
	if (!hours_is_planned(state) && state != STATE_PROVISIONAL && !lost)
		return;
	for (size_t a = 0; a < s->n_attendees; a++) {
		struct tally *t = find(m->v, m->n, duo, s->attendees[a]);
		if (!t)
			continue;
		if (lost) {
			t->lost += minutes;
			continue;
		}
		if (state == STATE_PROVISIONAL) {
			t->provisional_all += minutes;
			t->row.provisional_min += in_period(m, day) ? minutes : 0;
			continue;
		}
		t->booked_all += minutes;
		t->booked_past += day <= m->in->as_of_day ? minutes : 0;
		t->row.booked_min += in_period(m, day) ? minutes : 0;
		if (s->end > m->in->as_of && (!t->row.next || s->start < t->row.next))
			t->row.next = s->start;
	}
}

static void add_sessions(struct making *m)
{
	size_t cap = 0;
	for (size_t d = 0; d < m->in->n_duos; d++)
		for (size_t i = 0; i < m->in->duos[d].n_sessions; i++) {
			const struct session *s = &m->in->duos[d].sessions[i];
			add_session(m, m->in->duos[d].id, s);
			if (s->state != STATE_HELD || s->assumed)
				continue;
			m->confirmed =
				xgrow(m->confirmed, m->n_confirmed, &cap, sizeof *m->confirmed);
			m->confirmed[m->n_confirmed++] = s->id;
		}
	if (m->n_confirmed)
		qsort(m->confirmed, m->n_confirmed, sizeof *m->confirmed, by_number);
}

/* ---- the ledger ---- */

static int by_session(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;
	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* @v are one person's entries of one session. */
static bool is_assumed(const struct making *m, const struct entry *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!v[i]->assumed)
			return false;
	return !m->n_confirmed || !bsearch(&v[0]->session, m->confirmed, m->n_confirmed,
					   sizeof *m->confirmed, by_number);
}

static void add_group(struct making *m, const char *person, const struct entry *const *v, size_t n)
{
	bool assumed = is_assumed(m, v, n);
	for (size_t i = 0; i < n; i++) {
		struct tally *t = find(m->v, m->n, v[i]->duo, person);
		if (!t)
			continue;
		t->held_all += v[i]->minutes;
		if (!in_period(m, v[i]->day))
			continue;
		t->row.held_min += v[i]->minutes;
		t->row.assumed_min += assumed ? v[i]->minutes : 0;
	}
}

/* Part @k of @n equal parts of @sum; together they are @sum, also of negative ones. */
static int64_t part_of(int64_t sum, int64_t n, int64_t k)
{
	int64_t whole = sum / n, rest = sum % n;
	if (rest < 0)
		return whole - (k < -rest);
	return whole + (k < rest);
}

/* What is in no duo, hours of one's own and the programme's moments, goes to the person's duos in
 * equal parts; only who is in none keeps such a row. */
static void share_out(struct making *m)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->n; i++) { /* those rows are the last */
		const struct tally from = m->v[i];
		size_t n, first = memberships(m, from.row.person, &n);
		if (from.row.duo[0] || n == 0) {
			m->v[kept++] = from;
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			struct tally *to =
				find(m->v, kept, m->members[first + k].duo->id, from.row.person);
			const struct {
				int64_t *sum, part;
			} figures[] = {
				{&to->held_all, from.held_all},
				{&to->booked_all, from.booked_all},
				{&to->booked_past, from.booked_past},
				{&to->provisional_all, from.provisional_all},
				{&to->lost, from.lost},
				{&to->row.held_min, from.row.held_min},
				{&to->row.assumed_min, from.row.assumed_min},
				{&to->row.booked_min, from.row.booked_min},
				{&to->row.provisional_min, from.row.provisional_min},
			};
			for (size_t f = 0; f < sizeof figures / sizeof *figures; f++)
				*figures[f].sum += part_of(figures[f].part, (int64_t)n, (int64_t)k);
			if (from.row.next && (!to->row.next || from.row.next < to->row.next))
				to->row.next = from.row.next;
		}
	}
	m->n = kept;
}

static void add_ledger(struct making *m, const struct figures_person *person)
{
	const struct entry **v = xcalloc(person->n_entries, sizeof *v);
	size_t n = 0, same;
	for (size_t i = 0; i < person->n_entries; i++)
		if (person->entries[i].day <= m->in->as_of_day)
			v[n++] = &person->entries[i];
	if (n)
		qsort(v, n, sizeof *v, by_session);
	for (size_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n && v[i]->session; same++)
			if (v[i + same]->session != v[i]->session)
				break;
		add_group(m, person->id, v + i, same);
	}
	xfree(v);
}

/* ---- the rhythm of a duo ---- */

struct rhythm {
	int gap_now, gap_longest;
	bool stalled;
};

static int cadence_of(const struct making *m, const struct duo *duo)
{
	struct plan_task task = {
		.programme = &m->in->roster->programme,
		.days = m->in->days,
		.duo = duo,
	};
	for (int k = 0; k < 2; k++) {
		const struct person *person = roster_person(m->in->roster, duo->members[k]);
		int32_t share = person ? share_of(m, person, duo) : 0;
		if (k == 0 || share < task.cadence_budget_min)
			task.cadence_budget_min = share;
	}
	return plan_cadence(&task);
}

/* Open days up to and including @day: neighbours differ by one, and the eve of the programme,
 * from which its first gap counts, is 0. */
static int position(const struct making *m, day_t day)
{
	return opendays_before(m->in->days, day + 1);
}

/* The duo's sessions, and those of everybody that both its members attend; by start. */
static const struct session **sessions_of(const struct figures_duo *duo,
					  const struct figures_duo *everybody,
					  const struct duo *live, size_t *n)
{
	size_t own = duo ? duo->n_sessions : 0, all = everybody && live ? everybody->n_sessions : 0;
	const struct session **v = xcalloc(own + all, sizeof *v);
	*n = 0;
	for (size_t i = 0; i < own; i++)
		v[(*n)++] = &duo->sessions[i];
	for (size_t i = 0; i < all; i++)
		if (session_attends(&everybody->sessions[i], live->members[0]) &&
		    session_attends(&everybody->sessions[i], live->members[1]))
			v[(*n)++] = &everybody->sessions[i];
	if (*n > 1)
		qsort(v, *n, sizeof *v, session_refs_by_start);
	return v;
}

static struct rhythm rhythm_of(const struct making *m, const struct session *const *v, size_t n,
			       const struct duo *live)
{
	struct rhythm r = {0};
	int today = position(m, m->in->as_of_day), last_held = 0, last = -1;
	int soon = live ? today + cadence_of(m, live) : today;
	bool booked_soon = false;
	for (size_t i = 0; i < n; i++) {
		enum state state = state_of(m, v[i]);
		if (state != STATE_HELD && state != STATE_BOOKED)
			continue;
		int at = position(m, day_of(m, v[i]));
		if (last >= 0 && at - last > r.gap_longest)
			r.gap_longest = at - last;
		last = at;
		if (state == STATE_HELD)
			last_held = at;
		else if (at <= soon)
			booked_soon = true;
	}
	r.gap_now = today - last_held;
	r.stalled = live && !booked_soon && r.gap_now > 2 * (soon - today);
	return r;
}

static int by_duo_id(const void *a, const void *b)
{
	const struct figures_duo *x = *(const struct figures_duo *const *)a;
	const struct figures_duo *y = *(const struct figures_duo *const *)b;
	return strcmp(x->id, y->id);
}

static const struct figures_duo *duo_by_id(const struct figures_duo *const *sorted, size_t n,
					   const char *id)
{
	struct figures_duo key = {.id = id}, *wanted_duo = &key;
	const struct figures_duo *const *hit =
		n ? bsearch(&wanted_duo, sorted, n, sizeof *sorted, by_duo_id) : NULL;
	return hit ? *hit : NULL;
}

static void set_rhythms(struct making *m)
{
	size_t n_duos = m->in->n_duos, n;
	const struct figures_duo **sorted = xcalloc(n_duos, sizeof *sorted);
	for (size_t i = 0; i < n_duos; i++)
		sorted[i] = &m->in->duos[i];
	if (n_duos)
		qsort(sorted, n_duos, sizeof *sorted, by_duo_id);
	const struct figures_duo *everybody = duo_by_id(sorted, n_duos, "");
	struct rhythm r = {0};
	for (size_t i = 0; i < m->n; i++) {
		struct figures_row *row = &m->v[i].row;
		if (!row->duo[0])
			continue;
		if (i == 0 || strcmp(row->duo, m->v[i - 1].row.duo) != 0) {
			const struct duo *live = roster_duo(m->in->roster, row->duo);
			live = live && !live->retired ? live : NULL;
			const struct session **v = sessions_of(duo_by_id(sorted, n_duos, row->duo),
							       everybody, live, &n);
			r = rhythm_of(m, v, n, live);
			xfree((void *)v);
		}
		row->gap_now = r.gap_now;
		row->gap_longest = r.gap_longest;
		row->stalled = r.stalled && row->live;
	}
	xfree((void *)sorted);
}

/* ---- the end ---- */

/* Hundredths of (held + booked until now) / (budget x part of the open days that passed), rounded
 * to the nearest, halves up. */
static void set_pace(const struct making *m, struct tally *t)
{
	int64_t passed = position(m, m->in->as_of_day), days = m->in->days->n;
	if (!t->row.live || passed == 0 || t->row.budget_min <= 0)
		return;
	int64_t below = t->row.budget_min * passed * 2;
	__int128 above = (__int128)(t->held_all + t->booked_past) * days * 200 + below / 2;
	t->row.has_pace = true;
	t->row.pace_pct = (int64_t)(above / below) - (above % below < 0);
}

/* Nearly all that was planned until now was held, and what is left has its place: then hours that
 * are still to come are the plan's doing, not the duo's. */
static bool is_on_plan(const struct making *m, const struct tally *t)
{
	const struct roster *roster = m->in->roster;
	const struct person *person = roster_person(roster, t->row.person);
	size_t n;
	(void)memberships(m, t->row.person, &n);
	if (!person || n == 0)
		return false;
	int64_t reserve = hours_reserve(&roster->programme, &m->had[person - roster->persons],
					m->in->as_of_day)
				  .total /
			  (int64_t)n;
	int64_t until = t->held_all + t->booked_past + t->lost;
	int64_t planned = t->held_all + t->booked_all + t->provisional_all + reserve;
	return t->lost * 100 <= until * (100 - PACE_LOW) &&
	       planned * 100 >= t->row.budget_min * PACE_LOW;
}

static void settle(struct making *m, struct figures *out)
{
	const struct figures_input *in = m->in;
	*out = (struct figures){.as_of = in->as_of, .as_of_day = in->as_of_day};
	out->v = xcalloc(m->n, sizeof *out->v);
	for (size_t i = 0; i < m->n; i++) {
		struct tally *t = &m->v[i];
		const struct person *person =
			t->row.duo[0] ? NULL : roster_person(in->roster, t->row.person);
		if (in->duo && strcmp(in->duo, t->row.duo) != 0)
			continue;
		if (person)
			t->row.budget_min = person->budget_min;
		t->row.remaining_min = t->row.budget_min - t->held_all - t->booked_all;
		set_pace(m, t);
		t->row.on_plan = t->row.has_pace && is_on_plan(m, t);
		out->v[out->n++] = t->row;
	}
}

void figures_make(const struct figures_input *input, struct figures *out)
{
	struct making m = {.in = input};
	m.had = xcalloc(input->roster->n_persons, sizeof *m.had);
	list_members(&m);
	list_rows(&m);
	add_sessions(&m);
	for (size_t i = 0; i < input->n_persons; i++)
		if (wanted(&m, input->persons[i].id))
			add_ledger(&m, &input->persons[i]);
	share_out(&m);
	set_rhythms(&m);
	settle(&m, out);
	xfree(m.members);
	xfree(m.had);
	xfree(m.v);
	xfree(m.confirmed);
}

void figures_fini(struct figures *figures)
{
	xfree(figures->v);
	*figures = (struct figures){0};
}

struct figures_row figures_total(const struct figures_row *v, size_t n)
{
	struct figures_row sum = {0};
	for (size_t i = 0; i < n; i++) {
		sum.budget_min += v[i].budget_min;
		sum.held_min += v[i].held_min;
		sum.assumed_min += v[i].assumed_min;
		sum.booked_min += v[i].booked_min;
		sum.provisional_min += v[i].provisional_min;
		sum.remaining_min += v[i].remaining_min;
	}
	return sum;
}

enum pace figures_pace(const struct figures_row *row)
{
	if (!row->has_pace)
		return PACE_NONE;
	if (row->pace_pct < PACE_LOW && !row->on_plan)
		return PACE_BEHIND;
	return row->pace_pct > PACE_HIGH ? PACE_AHEAD : PACE_ON;
}
