/* test_past.c -- what published sessions were is written when feeds show a change, and not
 * otherwise; from it every earlier moment can be told again. A seed may be given as argv[1]. */
#include "store_kit.h"

#include "store/past.h"

static uint64_t seed = 20261123;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static struct session book(struct db *db, enum state state, int hour)
{
	struct err err;
	struct session s = kit_session("anna-bram", state, hour, 60);
	s.sequence = state == STATE_PROVISIONAL ? -1 : 0;
	MUST(sessions_insert(db, &s, &err));
	return s;
}

static void save(struct db *db, struct session *s)
{
	struct err err;
	s->last_modified++;
	MUST(sessions_update(db, s, &err));
}

static struct past_list load(struct db *db)
{
	struct err err;
	struct past_list list;
	MUST(pasts_load(db, "anna-bram", &list, &err));
	return list;
}

static void reason(struct session *s, const char *text)
{
	xfree(s->reason);
	s->reason = text ? xstrdup(text) : NULL;
}

/* What of a change of a session is written down. NULL: nothing. */
static void a_row_says_what_feeds_showed(void **state)
{
	static const struct {
		const char *name;
		enum state before, after;
		int moved_h, longer_min;
		bool room, expert, reason, pin, assumed;
		const char *row; /* shown, text, hours from .. to of what was there */
	} cases[] = {
		{"nothing but the words", STATE_BOOKED, STATE_BOOKED, .row = "on text 10..11"},
		{"moved", STATE_BOOKED, STATE_BOOKED, .moved_h = 3, .row = "on 10..11"},
		{"longer", STATE_BOOKED, STATE_BOOKED, .longer_min = 60, .row = "on 10..11"},
		{"another room", STATE_BOOKED, STATE_BOOKED, .room = true, .row = "on 10..11"},
		{"an expert", STATE_BOOKED, STATE_BOOKED, .expert = true, .row = "on text 10..11"},
		{"cancelled", STATE_BOOKED, STATE_CANCELLED, .row = "on 10..11"},
		{"... and why", STATE_BOOKED, STATE_CANCELLED, .reason = true,
		 .row = "on text 10..11"},
		{"on again", STATE_CANCELLED, STATE_BOOKED, .row = "off 10..11"},
		{"why it was cancelled", STATE_CANCELLED, STATE_CANCELLED, .reason = true,
		 .row = "off text 10..11"},
		{"booked", STATE_PROVISIONAL, STATE_BOOKED, .row = "no 10..11"},
		{"booked and moved", STATE_PROVISIONAL, STATE_BOOKED, .moved_h = 1,
		 .row = "no 10..11"},
		{"pinned", STATE_BOOKED, STATE_BOOKED, .pin = true},
		{"why it is on", STATE_BOOKED, STATE_BOOKED, .reason = true},
		{"held", STATE_BOOKED, STATE_HELD, .assumed = true},
		{"missed", STATE_BOOKED, STATE_MISSED, .row = NULL},
		{"provisional", STATE_PROVISIONAL, STATE_PROVISIONAL, .moved_h = 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct db *db = kit_people();
		struct session s = book(db, cases[i].before, 10);
		struct buf got = {0};
		s.state = cases[i].after;
		s.sequence = s.state == STATE_PROVISIONAL ? -1 : s.sequence < 0 ? 0 : s.sequence;
		s.start += cases[i].moved_h * HOUR;
		s.end += cases[i].moved_h * HOUR + cases[i].longer_min * 60;
		if (cases[i].room)
			strcpy(s.room, "b12");
		if (cases[i].expert)
			strcpy(s.expert, "jan");
		if (cases[i].reason)
			reason(&s, "why");
		s.pinned = cases[i].pin;
		s.assumed = cases[i].assumed;
		save(db, &s);
		struct past_list list = load(db);
		for (size_t k = 0; k < list.n; k++) {
			static const char *const shown[] = {"no", "on", "off"};
			const struct past *p = &list.v[k];
			assert_int_equal(p->session, s.id);
			assert_int_equal(p->at, s.last_modified);
			assert_int_equal(p->n_who, 0);
			assert_string_equal(p->room, "");
			assert_string_equal(p->duo, "anna-bram");
			buf_addf(&got, "%s%s %d..%d", shown[p->shown],
				 p->shown != PAST_NO && p->text ? " text" : "",
				 (int)(p->start - NEW_YEAR) / HOUR,
				 (int)(p->end - NEW_YEAR) / HOUR);
		}
		if (strcmp(buf_str(&got), cases[i].row ? cases[i].row : "") != 0)
			fail_msg("%s: \"%s\"", cases[i].name, buf_str(&got));
		past_list_fini(&list);
		buf_fini(&got);
		session_fini(&s);
		db_close(db);
		kit_teardown(NULL);
		kit_setup(NULL);
	}
}

/* Sessions that change places are parked meanwhile; that is nobody's business. */
static void changing_places_is_a_change_of_each(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session v[3] = {book(db, STATE_BOOKED, 10), book(db, STATE_BOOKED, 14),
			       book(db, STATE_BOOKED, 18)};
	for (int i = 0; i < 3; i++)
		v[i].last_modified += 5;
	v[0].start = NEW_YEAR + 14 * HOUR;
	v[0].end = v[0].start + HOUR;
	v[1].start = NEW_YEAR + 10 * HOUR;
	v[1].end = v[1].start + HOUR; /* and the third one's topic has another name */
	MUST(sessions_update_many(db, v, 3, &err));
	struct past_list list = load(db);
	assert_int_equal(list.n, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(list.v[i].session, v[i].id);
		assert_int_equal(list.v[i].change, i + 1);
		assert_int_equal(list.v[i].shown, PAST_ON);
		assert_int_equal(list.v[i].start, NEW_YEAR + (10 + 4 * i) * HOUR);
		assert_int_equal(list.v[i].text, i == 2);
		session_fini(&v[i]);
	}
	past_list_fini(&list);
	db_close(db);
}

/* What is said of a session changes without it: a name, the zone, what a lesson is called. */
static void other_words_are_a_change_too(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session v[4] = {book(db, STATE_BOOKED, 10), book(db, STATE_BOOKED, 14),
			       book(db, STATE_CANCELLED, 18), book(db, STATE_BOOKED, 22)};
	utc_t was = v[0].last_modified;
	const int64_t some[] = {v[2].id, v[0].id};
	MUST(sessions_stamp(db, some, 2, false, was - 100, &err)); /* the clock went back */
	MUST(sessions_stamp(db, &v[3].id, 1, true, was + 100, &err));
	MUST(sessions_stamp(db, NULL, 0, true, was + 200, &err));
	struct past_list list = load(db);
	assert_int_equal(list.n, 3);
	for (int i = 0; i < 4; i++) {
		struct session s;
		MUST(sessions_get(db, v[i].id, &s, &err));
		assert_int_equal(s.last_modified, was + (i == 3 ? 100 : i != 1));
		assert_int_equal(s.sequence, i == 3);
		assert_int_equal(s.n_attendees, 2);
		session_fini(&s);
	}
	for (int i = 0; i < 3; i++) {
		const struct session *s = &v[i == 0 ? 0 : i + 1];
		assert_int_equal(list.v[i].session, s->id);
		assert_int_equal(list.v[i].at, was + (i == 2 ? 100 : 1));
		assert_int_equal(list.v[i].shown, i == 1 ? PAST_OFF : PAST_ON);
		assert_true(list.v[i].text);
		assert_int_equal(list.v[i].start, s->start);
		assert_int_equal(list.v[i].n_who, 0);
	}
	for (int i = 0; i < 4; i++)
		session_fini(&v[i]);
	past_list_fini(&list);
	db_close(db);
}

static void who_came_and_went_stands_there(void **state)
{
	(void)state;
	struct db *db = kit_people();
	struct session s = book(db, STATE_PROVISIONAL, 10);
	strcpy(s.attendees[1], "dirk"); /* before anybody knows of it, that is nothing */
	s.state = STATE_BOOKED;
	s.sequence = 0;
	save(db, &s);
	strcpy(s.attendees[1], "cato");
	save(db, &s);
	s.n_attendees = 1;
	save(db, &s);
	struct past_list list = load(db);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.v[0].shown, PAST_NO);
	assert_int_equal(list.v[0].n_who, 0);
	assert_true(list.v[1].text);
	assert_int_equal(list.v[1].n_who, 2);
	assert_string_equal(list.v[1].who[0].person, "cato");
	assert_true(list.v[1].who[0].came);
	assert_string_equal(list.v[1].who[1].person, "dirk");
	assert_false(list.v[1].who[1].came);
	assert_int_equal(list.v[2].n_who, 1);
	assert_string_equal(list.v[2].who[0].person, "cato");
	assert_false(list.v[2].who[0].came);
	past_list_fini(&list);
	session_fini(&s);
	db_close(db);
}

static void old_changes_are_forgotten_and_their_numbers_not_used_again(void **state)
{
	(void)state;
	struct err err;
	struct past_mark mark;
	int64_t pruned;
	struct db *db = kit_people();
	MUST(pasts_mark(db, &mark, &pruned, &err));
	assert_true(mark.change == 0 && mark.session == 0 && pruned == 0);
	struct session s = book(db, STATE_BOOKED, 10);
	for (int i = 0; i < 5; i++) {
		s.start += HOUR;
		s.end += HOUR;
		save(db, &s); /* last_modified: NEW_YEAR + 1 .. + 5 */
	}
	MUST(pasts_mark(db, &mark, &pruned, &err));
	assert_true(mark.change == 5 && mark.session == 1 && pruned == 0);
	MUST(pasts_prune(db, NEW_YEAR + 3, &err));
	struct past_list list = load(db);
	assert_int_equal(list.n, 3);
	assert_int_equal(list.v[0].change, 3);
	past_list_fini(&list);
	MUST(pasts_mark(db, &mark, &pruned, &err));
	assert_true(mark.change == 5 && pruned == 2);
	MUST(pasts_prune(db, NEW_YEAR + 100, &err));
	MUST(pasts_mark(db, &mark, &pruned, &err));
	assert_true(mark.change == 5 && pruned == 5);
	strcpy(s.attendees[1], "cato");
	save(db, &s);
	MUST(pasts_mark(db, &mark, &pruned, &err));
	assert_true(mark.change == 6 && pruned == 5);
	kit_refuses(db, "UPDATE session_was SET start_at = start_at - 1", "does not change");
	MUST(pasts_prune(db, NEW_YEAR + 100, &err)); /* whoever came goes with it */
	assert_int_equal(kit_number(db, "SELECT count(*) FROM session_who"), 0);
	session_fini(&s);
	db_close(db);
}

/* ---- any moment again, from the last one and what was written down ---- */

enum { SESSIONS = 12, STEPS = 300, MOMENTS = 40 };
static const char *const people[] = {"anna", "bram", "cato", "dirk"};

struct moment {
	struct past_mark mark;
	struct session v[SESSIONS];
	size_t n;
};

static void random_step(struct db *db, struct session *v, size_t *n)
{
	struct err err;
	size_t i = draw(SESSIONS);
	if (i >= *n) {
		v[*n] = kit_session("anna-bram", draw(2) ? STATE_BOOKED : STATE_PROVISIONAL,
				    (int)draw(9000) * 2, 60);
		v[*n].sequence = v[*n].state == STATE_BOOKED ? 0 : -1;
		if (sessions_insert(db, &v[*n], &err))
			++*n;
		else
			session_fini(&v[*n]);
		return;
	}
	struct session is;
	session_copy(&is, &v[i]);
	is.last_modified++;
	switch (draw(6)) {
	case 0:
		is.start = NEW_YEAR + (int)draw(9000) * 2 * HOUR;
		is.end = is.start + (1 + (int)draw(2)) * HOUR;
		break;
	case 1: is.state = STATE_CANCELLED; break;
	case 2: is.state = STATE_BOOKED; break;
	case 3: is.pinned = !is.pinned; break;
	case 4: snprintf(is.room, sizeof is.room, "%s", draw(2) ? "b12" : ""); break;
	case 5:
		xfree(is.attendees);
		is.attendees = xcalloc(4, sizeof *is.attendees);
		is.n_attendees = 0;
		for (size_t k = 0; k < 4; k++)
			if (draw(2))
				strcpy(is.attendees[is.n_attendees++], people[k]);
		break;
	}
	if (is.sequence < 0 && is.state != STATE_PROVISIONAL)
		is.sequence = 0;
	if (!sessions_update(db, &is, &err)) { /* somebody is elsewhere then */
		session_fini(&is);
		return;
	}
	session_fini(&v[i]);
	v[i] = is;
}

static void same_as_then(const struct session *then, const struct session *now,
			 const struct past_list *pasts, const struct past_mark *mark)
{
	const struct past *first = NULL;
	bool was[4];
	for (size_t k = 0; k < 4; k++)
		was[k] = session_attends(now, people[k]);
	for (size_t i = pasts->n; i-- > 0;) {
		const struct past *p = &pasts->v[i];
		if (p->session != now->id || p->change <= mark->change)
			continue;
		first = p;
		for (size_t w = 0; w < p->n_who; w++)
			for (size_t k = 0; k < 4; k++)
				if (strcmp(p->who[w].person, people[k]) == 0)
					was[k] = !p->who[w].came;
	}
	enum past_shown shown = then->sequence < 0		 ? PAST_NO
				: then->state == STATE_CANCELLED ? PAST_OFF
								 : PAST_ON;
	enum past_shown told = first			       ? first->shown
			       : now->sequence < 0	       ? PAST_NO
			       : now->state == STATE_CANCELLED ? PAST_OFF
							       : PAST_ON;
	assert_int_equal(shown, told);
	if (shown == PAST_NO)
		return;
	assert_int_equal(then->start, first ? first->start : now->start);
	assert_int_equal(then->end, first ? first->end : now->end);
	assert_string_equal(then->room, first ? first->room : now->room);
	for (size_t k = 0; k < 4; k++)
		assert_int_equal(session_attends(then, people[k]), was[k]);
}

static void every_moment_can_be_told_again(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_people();
	struct session v[SESSIONS];
	struct moment *moments = xcalloc(MOMENTS, sizeof *moments);
	size_t n = 0, n_moments = 0;
	int64_t pruned;
	print_message("rerun: test_past %llu\n", (unsigned long long)seed);
	for (int step = 0; step < STEPS; step++) {
		random_step(db, v, &n);
		if (draw(STEPS / MOMENTS) || n_moments == MOMENTS)
			continue;
		struct moment *m = &moments[n_moments++];
		MUST(pasts_mark(db, &m->mark, &pruned, &err));
		for (m->n = 0; m->n < n; m->n++)
			session_copy(&m->v[m->n], &v[m->n]);
	}
	struct past_list pasts, all;
	pasts = load(db);
	MUST(pasts_load(db, NULL, &all, &err));
	assert_int_equal(all.n, pasts.n);
	assert_true(pasts.n > 50);
	for (size_t i = 0; i < n_moments; i++) {
		struct moment *m = &moments[i];
		for (size_t k = 0; k < n; k++) {
			if (k >= m->n) {
				assert_true(v[k].id > m->mark.session);
				continue;
			}
			assert_true(v[k].id <= m->mark.session);
			same_as_then(&m->v[k], &v[k], &pasts, &m->mark);
		}
	}
	for (size_t i = 0; i < n_moments; i++)
		for (size_t k = 0; k < moments[i].n; k++)
			session_fini(&moments[i].v[k]);
	for (size_t k = 0; k < n; k++)
		session_fini(&v[k]);
	past_list_fini(&pasts);
	past_list_fini(&all);
	xfree(moments);
	db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	const struct CMUnitTest tests[] = {
		TEST(a_row_says_what_feeds_showed),
		TEST(changing_places_is_a_change_of_each),
		TEST(other_words_are_a_change_too),
		TEST(who_came_and_went_stands_there),
		TEST(old_changes_are_forgotten_and_their_numbers_not_used_again),
		TEST(every_moment_can_be_told_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
