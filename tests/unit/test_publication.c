/* test_publication.c -- publications that share lists with others never see what is put into those;
 * the roster the other way round says what roster_duo_looks_at says; feeds that say something else
 * have another part, and one that is not older. A seed may be given as argv[1]. */
#include "store_kit.h"

#include "base/hash.h"
#include "work/body.h"
#include "work/feed.h"

static uint64_t seed = 20261122;

static uint32_t draw(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

enum { DUOS = 12, PERSONS = 9, SOURCES = 14, ROUNDS = 4000 };

static void name(char *out, char letter, uint32_t i)
{
	snprintf(out, sizeof(id_text), "%c%02u", letter, i);
}

/* Persons p00..., each with sources of their own, duos d00... of them; everything may be shared. */
static struct roster_part *some_roster(void)
{
	struct roster r = {0};
	struct buf bundle = {0};
	r.programme.zone = zone_by_name("Europe/Amsterdam");
	r.programme.start = civil_to_day(2026, 8, 31);
	r.programme.past = civil_to_day(2027, 7, 10);
	r.n_persons = PERSONS;
	r.n_duos = DUOS;
	r.n_sources = SOURCES;
	r.n_third_parties = 2;
	r.persons = xcalloc(PERSONS, sizeof *r.persons);
	r.duos = xcalloc(DUOS, sizeof *r.duos);
	r.sources = xcalloc(SOURCES, sizeof *r.sources);
	r.third_parties = xcalloc(2, sizeof *r.third_parties);
	for (uint32_t i = 0; i < SOURCES; i++)
		name(r.sources[i].id, 's', i);
	for (uint32_t i = 0; i < PERSONS; i++) {
		struct person *p = &r.persons[i];
		name(p->id, 'p', i);
		p->name = xasprintf("Person %u", draw(3));
		p->language = draw(2) ? LANG_NL : LANG_EN;
		p->n_sources = draw(4);
		p->sources = xcalloc(p->n_sources, sizeof *p->sources);
		for (size_t k = 0; k < p->n_sources; k++)
			p->sources[k].source = draw(SOURCES);
	}
	for (uint32_t i = 0; i < 2; i++) {
		struct third_party *t = &r.third_parties[i];
		name(t->id, 't', i);
		t->name = xstrdup("Third");
		t->capacity = 1;
		t->n_sources = 1;
		t->sources = xcalloc(1, sizeof *t->sources);
		t->sources[0].source = draw(SOURCES);
	}
	for (uint32_t i = 0; i < DUOS; i++) {
		struct duo *d = &r.duos[i];
		name(d->id, 'd', i);
		name(d->members[0], 'p', draw(PERSONS));
		name(d->members[1], 'p', draw(PERSONS));
		d->n_rooms = draw(2);
		d->rooms = xcalloc(1, sizeof *d->rooms);
		name(d->rooms[0], 't', draw(2));
		d->n_experts = draw(2);
		d->experts = xcalloc(1, sizeof *d->experts);
		name(d->experts[0].expert, 't', draw(2));
	}
	if (draw(2)) {
		r.programme.steering_min = 30;
		r.programme.n_steering_group = 1;
		r.programme.steering_group = xcalloc(1, sizeof *r.programme.steering_group);
		name(r.programme.steering_group[0], 'p', draw(PERSONS));
	}
	return roster_part_new(&r, &bundle, 0);
}

static struct publication *some_publication(void)
{
	struct publication *p = xcalloc(1, sizeof *p);
	struct link_list none = {0};
	const unsigned char key[32] = {1};
	p->refs = 1;
	p->limits = (struct feed_limits){60 * DAY_S, 400 * DAY_S, 30 * DAY_S};
	p->host = xstrdup("school.example");
	p->url = xstrdup("http://school.example");
	p->links = links_part_new(&none, key);
	publication_put_roster(p, some_roster());
	return p;
}

static bool has(const struct concerns *concerns, size_t thing, uint32_t duo)
{
	size_t n, found = 0;
	const uint32_t *duos = concerns_of(concerns, thing, &n);
	for (size_t i = 0; i < n; i++) {
		assert_true(i == 0 || duos[i - 1] < duos[i]);
		found += duos[i] == duo;
	}
	return found > 0;
}

static void lookers_say_what_the_roster_says(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct roster_part *part = some_roster();
		const struct roster *r = &part->roster;
		for (uint32_t d = 0; d < DUOS; d++) {
			for (size_t s = 0; s < SOURCES; s++)
				assert_int_equal(has(&part->lookers.sources, s, d),
						 roster_duo_looks_at(r, &r->duos[d], s));
			for (size_t i = 0; i < PERSONS; i++)
				assert_int_equal(
					has(&part->lookers.persons, i, d),
					strcmp(r->duos[d].members[0], r->persons[i].id) == 0 ||
						strcmp(r->duos[d].members[1], r->persons[i].id) ==
							0);
		}
		roster_part_unref(part);
	}
}

/* ---- sharing ---- */

enum { LINE = 5 };

struct model { /* what a publication must show: borrowed, by number; NULL: nothing */
	struct publication *p;
	const struct duo_part *duos[DUOS];
	const struct person_part *persons[PERSONS];
	const struct source_part *sources[SOURCES];
};

static void put_something(struct model *m)
{
	id_text id;
	uint32_t i;
	struct session_list none = {0};
	struct entry_list no_entries = {0};
	struct source_record record = {0};
	switch (draw(3)) {
	case 0:
		i = draw(DUOS);
		name(id, 'd', i);
		publication_put_duo(m->p, duo_part_new(id, &none));
		m->duos[i] = publication_duo(m->p, id);
		break;
	case 1:
		i = draw(PERSONS);
		name(id, 'p', i);
		publication_put_person(m->p, person_part_new(id, &no_entries, NULL, 0));
		m->persons[i] = publication_person(m->p, id);
		break;
	default:
		i = draw(SOURCES);
		name(record.id, 's', i);
		publication_put_source(m->p, source_part_new(&record));
		m->sources[i] = m->p->sources[i];
	}
}

static void compare(const struct model *m)
{
	id_text id;
	size_t n = 0;
	for (uint32_t i = 0; i < DUOS; i++) {
		name(id, 'd', i);
		n += m->duos[i] != NULL;
		assert_ptr_equal(publication_duo(m->p, id), m->duos[i]);
	}
	assert_int_equal(m->p->n_duos, n);
	for (uint32_t i = 0; i < PERSONS; i++) {
		name(id, 'p', i);
		assert_ptr_equal(publication_person(m->p, id), m->persons[i]);
	}
	for (uint32_t i = 0; i < SOURCES; i++)
		assert_ptr_equal(m->p->sources[i], m->sources[i]);
}

static void what_is_put_into_one_is_in_no_other(void **state)
{
	(void)state;
	struct model line[LINE] = {0};
	line[0].p = some_publication();
	memcpy(line[0].sources, line[0].p->sources, sizeof line[0].sources);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t a = draw(LINE), b = draw(LINE);
		if (!line[a].p)
			continue;
		if (draw(3) > 0) {
			put_something(&line[a]);
		} else if (a != b) {
			publication_unref(line[b].p);
			line[b] = line[a];
			line[b].p = publication_next(line[a].p);
		}
		for (int i = 0; i < LINE; i++)
			if (line[i].p)
				compare(&line[i]);
	}
	for (int i = 0; i < LINE; i++)
		publication_unref(line[i].p);
}

/* ---- bodies ---- */

enum { OWNERS = DUOS + PERSONS + 1 };

struct seen { /* of an owner, when it was looked at last */
	struct body_part *part;
	day_t day;
	struct buf bytes[FEED_FORMS];
};

static void owner_name(char *out, uint32_t i)
{
	if (i < DUOS)
		name(out, 'd', i);
	else if (i < DUOS + PERSONS)
		name(out, 'p', i - DUOS);
	else
		strcpy(out, "programme");
}

static void look(const struct publication *p, struct seen *seen)
{
	for (uint32_t i = 0; i < OWNERS; i++) {
		id_text owner;
		owner_name(owner, i);
		struct body_part *part = (struct body_part *)publication_body(p, owner);
		struct seen *was = &seen[i];
		assert_non_null(part);
		assert_true(part->sum == feed_sum(p, owner));
		bool same = true;
		for (int f = 0; f < FEED_FORMS; f++) {
			struct buf now = {0};
			struct feed_variant variant = {.form = (enum feed_form)f,
						       .alarm_min =
							       f == FEED_FULL ? 15 : ALARM_NONE};
			feed_render(p, part, &variant, &now);
			/* a VFREEBUSY says which days it is of */
			same = same && was->part &&
			       ((f == FEED_FREEBUSY && was->day != p->today) ||
				(now.n == was->bytes[f].n &&
				 memcmp(now.v, was->bytes[f].v, now.n) == 0));
			buf_fini(&was->bytes[f]);
			was->bytes[f] = now;
		}
		if (was->part && !same) /* bytes that were made of the old part are not served */
			assert_ptr_not_equal(part, was->part);
		if (was->part && part != was->part)
			assert_true(part->last_modified > was->part->last_modified);
		body_part_unref(was->part);
		was->part = body_part_ref(part);
		was->day = p->today;
	}
}

static void add_once(id_text *owners, size_t *n, const char *owner)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(owners[i], owner) == 0)
			return;
	memcpy(owners[*n], owner, strlen(owner) + 1);
	++*n;
}

/* A few sessions of a duo come, go or change; their people list it. *last is the clock of changes. */
static void change_duo(struct publication *p, uint32_t number, utc_t *last, id_text *owners,
		       size_t *n)
{
	id_text duo;
	struct session_list list = {0};
	name(duo, 'd', number);
	const struct duo_part *old = publication_duo(p, duo);
	const struct duo *d = roster_duo(&p->roster->roster, duo);
	static int64_t next_id = 1;
	for (size_t i = 0; old && i < old->sessions.n; i++) {
		if (draw(4) == 0)
			continue;
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		struct session *s = &list.v[list.n++];
		session_copy(s, &old->sessions.v[i]);
		if (draw(3) == 0) {
			s->last_modified = ++*last;
			s->state = draw(2) ? STATE_CANCELLED : STATE_BOOKED;
			s->cancelled_at = NEW_YEAR;
		}
	}
	for (uint32_t k = draw(3); k-- > 0;) {
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		struct session *s = &list.v[list.n++];
		utc_t start = NEW_YEAR + (utc_t)(draw(300) * DAY_S);
		*s = (struct session){.id = next_id++,
				      .state = STATE_BOOKED,
				      .start = start,
				      .end = start + HOUR,
				      .sequence = (int32_t)draw(3) - 1,
				      .last_modified = ++*last,
				      .n_attendees = 2};
		memcpy(s->duo, duo, sizeof duo);
		s->attendees = xcalloc(2, sizeof *s->attendees);
		memcpy(s->attendees[0], d->members[0], sizeof(id_text));
		memcpy(s->attendees[1], d->members[1], sizeof(id_text));
	}
	publication_put_duo(p, duo_part_new(duo, &list));
	add_once(owners, n, duo);
	for (int m = 0; m < 2; m++) {
		publication_note_duo(p, d->members[m], duo);
		add_once(owners, n, d->members[m]);
	}
}

static void another_text_is_another_part_and_newer(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	struct seen seen[OWNERS] = {0};
	struct publication *now = some_publication();
	utc_t clock = NEW_YEAR, last = NEW_YEAR;
	MUST(body_note_all(now, NULL, db, clock, &err));
	for (int round = 0; round < 150; round++) {
		struct publication *next = publication_next(now);
		id_text owners[9];
		size_t n = 0;
		clock += draw(3) ? 0 : draw(2 * DAY_S);
		for (uint32_t k = draw(3); k-- > 0;)
			change_duo(next, draw(DUOS), &last, owners, &n);
		if (draw(4) == 0)
			MUST(body_note_all(next, now, db, clock, &err)); /* a day has begun */
		else
			MUST(body_note(next, now, db, owners, n, clock, &err));
		publication_unref(now);
		now = next;
		look(now, seen);
	}
	/* another daemon on the same store: the same parts, though they are others */
	struct publication *again = publication_next(now);
	publication_put_bodies(again, NULL, 0);
	MUST(body_note_all(again, NULL, db, clock + 7, &err));
	for (uint32_t i = 0; i < OWNERS; i++) {
		id_text owner;
		owner_name(owner, i);
		const struct body_part *part = publication_body(again, owner);
		assert_string_equal(part->key, seen[i].part->key);
		assert_int_equal(part->last_modified, seen[i].part->last_modified);
	}
	publication_unref(again);
	publication_unref(now);
	for (uint32_t i = 0; i < OWNERS; i++) {
		body_part_unref(seen[i].part);
		for (int f = 0; f < FEED_FORMS; f++)
			buf_fini(&seen[i].bytes[f]);
	}
	db_close(db);
}

/* ---- variants ---- */

static size_t count_of(const struct buf *text, const char *what)
{
	size_t n = 0;
	for (const char *p = text->v; p && (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* As @link has its feed, or with @freebusy its times. */
static void render(const struct publication *p, const struct link *link, bool freebusy,
		   struct buf *out)
{
	struct feed_variant variant = feed_variant_of(link, freebusy);
	buf_clear(out);
	feed_render(p, publication_body(p, "d00"), &variant, out);
	buf_addc(out, '\0');
}

static void an_alarm_stands_before_what_will_be(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	struct publication *p = some_publication();
	static const enum state states[] = {STATE_BOOKED, STATE_CANCELLED, STATE_HELD};
	struct session_list list = {0};
	for (int64_t i = 0; i < 3; i++) {
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		struct session *s = &list.v[list.n++];
		*s = (struct session){.id = i + 1,
				      .state = states[i],
				      .start = NEW_YEAR + i * DAY_S,
				      .end = NEW_YEAR + i * DAY_S + HOUR,
				      .cancelled_at = NEW_YEAR,
				      .last_modified = NEW_YEAR};
		memcpy(s->duo, "d00", 4);
	}
	publication_put_duo(p, duo_part_new("d00", &list));
	MUST(body_note_all(p, NULL, db, NEW_YEAR, &err));

	struct buf plain = {0}, out = {0};
	struct link link = {.kind = LINK_FEED, .alarm_min = ALARM_NONE};
	render(p, &link, false, &plain);
	assert_int_equal(count_of(&plain, "BEGIN:VEVENT"), 3);
	assert_int_equal(count_of(&plain, "VALARM"), 0);
	link.alarm_min = 15;
	render(p, &link, false, &out);
	assert_int_equal(count_of(&out, "BEGIN:VALARM\r\nUID:s1-alarm@"), 1);
	assert_int_equal(count_of(&out, "VALARM"), 2);
	assert_int_equal(count_of(&out, "TRIGGER:-PT15M\r\n"), 1);
	assert_int_equal(count_of(&out, "END:VALARM\r\nEND:VEVENT\r\n"), 1);
	link.alarm_min = 0;
	render(p, &link, false, &out);
	assert_int_equal(count_of(&out, "TRIGGER:PT0S\r\n"), 1);

	/* taken off again: the same event, and newer */
	link = (struct link){.kind = LINK_FEED, .alarm_min = ALARM_NONE, .changes = 2};
	render(p, &link, false, &out);
	assert_int_equal(count_of(&plain, "LAST-MODIFIED:20260101T000000Z\r\n"), 3);
	assert_int_equal(count_of(&out, "LAST-MODIFIED:20260101T000002Z\r\n"), 3);
	assert_int_equal(out.n, plain.n);
	struct feed_variant variant = feed_variant_of(&link, false);
	assert_int_equal(feed_last_modified(publication_body(p, "d00"), &variant), NEW_YEAR + 2);

	const struct feed_variant a = {FEED_FULL, 15, OBLIGATIONS_EVENTS, 2};
	const struct feed_variant others[] = {{FEED_BUSY, 15, OBLIGATIONS_EVENTS, 2},
					      {FEED_FULL, 16, OBLIGATIONS_EVENTS, 2},
					      {FEED_FULL, 15, OBLIGATIONS_TODOS, 2},
					      {FEED_FULL, 15, OBLIGATIONS_EVENTS, 3}};
	assert_true(feed_variant_equal(&a, &a));
	for (size_t i = 0; i < 4; i++)
		assert_false(feed_variant_equal(&a, &others[i]));

	/* times alone are the same whatever the link's options are */
	link = (struct link){.kind = LINK_BUSY, .alarm_min = 15, .changes = 7};
	render(p, &link, false, &out);
	assert_int_equal(count_of(&out, "VALARM"), 0);
	assert_int_equal(count_of(&out, "LAST-MODIFIED:20260101T000000Z\r\n"), 3);
	link.kind = LINK_FEED;
	render(p, &link, true, &out);
	assert_int_equal(count_of(&out, "VALARM"), 0);
	variant = feed_variant_of(&link, true);
	assert_int_equal(feed_last_modified(publication_body(p, "d00"), &variant), NEW_YEAR);
	buf_fini(&plain);
	buf_fini(&out);
	publication_unref(p);
	db_close(db);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	hash_init();
	printf("rerun: test_publication %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_alarm_stands_before_what_will_be, kit_setup,
						kit_teardown),
		cmocka_unit_test(lookers_say_what_the_roster_says),
		cmocka_unit_test(what_is_put_into_one_is_in_no_other),
		cmocka_unit_test_setup_teardown(another_text_is_another_part_and_newer, kit_setup,
						kit_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
