/* People, hours, sources, audit: what goes in comes out; what is append-only stays; packed bytes are
 * not trusted. */
#include "store/pack.h"
#include "store/absence.h"
#include "store_kit.h"

/* ---- people ----------------------------------------------------------------------------------- */

static void apply(struct db *db, const char *const *persons, const char *const *duos,
		  const char *was, utc_t now, struct err *err, bool want)
{
	struct roster roster = kit_roster(persons, duos);
	struct buf bundle = {0};
	for (size_t i = 0; was && i < roster.n_duos; i++) { /* "new<old ..." */
		char key[80];
		snprintf(key, sizeof key, "%s<", roster.duos[i].id);
		const char *at = strstr(was, key);
		if (at)
			sscanf(at + strlen(key), "%32[a-z0-9-]", roster.duos[i].was);
	}
	buf_addf(&bundle, "bundle of %lld", (long long)now);
	assert_int_equal(people_apply(db, &roster, &bundle, now, err), want);
	buf_fini(&bundle);
	roster_fini(&roster);
}

#define LIST(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define APPLY(persons, duos, was, now) apply(db, persons, duos, was, now, &err, true)

static void who_leaves_is_retired_and_comes_back(void **state)
{
	(void)state;
	struct err err;
	struct retired_list list;
	struct buf bundle = {0};
	utc_t at;
	struct db *db = kit_open();
	assert_false(people_bundle(db, &bundle, &at, &err));
	kit_says(&err, ERR_NOTFOUND, "no roster yet");
	APPLY(LIST("anna", "bram", "cato"), LIST("anna-bram", "anna-cato"), NULL, 100);
	int64_t id = kit_book(db, "anna-cato", STATE_HELD, 10, 60);
	APPLY(LIST("anna", "bram"), LIST("anna-bram"), NULL, 200);
	APPLY(LIST("anna", "bram"), LIST("anna-bram"), NULL, 300);
	MUST(people_retired(db, &list, &err));
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].id, "cato");
	assert_string_equal(list.v[0].name, "Name of cato");
	assert_false(list.v[0].is_duo);
	assert_int_equal(list.v[0].at, 200); /* since the first time */
	assert_string_equal(list.v[1].id, "anna-cato");
	assert_string_equal(list.v[1].name, "Topic of anna-cato");
	assert_true(list.v[1].is_duo);
	assert_string_equal(list.v[1].members[0], "anna");
	assert_string_equal(list.v[1].members[1], "cato");
	assert_int_equal(list.v[1].at, 200);
	retired_list_fini(&list);
	MUST(people_bundle(db, &bundle, &at, &err));
	assert_string_equal(buf_str(&bundle), "bundle of 300");
	assert_int_equal(at, 300);

	APPLY(LIST("anna", "bram", "cato"), LIST("anna-bram", "anna-cato"), NULL, 400);
	MUST(people_retired(db, &list, &err));
	assert_int_equal(list.n, 0);
	retired_list_fini(&list);
	struct session s;
	MUST(sessions_get(db, id, &s, &err));
	assert_string_equal(s.duo, "anna-cato"); /* the past is back */
	session_fini(&s);
	buf_fini(&bundle);
	db_close(db);
}

static void changed_names_members_and_topics_are_taken(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	APPLY(LIST("anna", "bram", "cato"), LIST("anna-bram"), NULL, 100);
	struct roster roster = kit_roster(LIST("anna", "bram", "cato"), LIST("anna-bram"));
	xfree(roster.persons[0].name);
	roster.persons[0].name = xstrdup("Anna de Vries");
	memcpy(roster.duos[0].members[1], "cato", 5);
	xfree(roster.duos[0].topic);
	roster.duos[0].topic = NULL;
	kit_apply(db, &roster, 200);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM person WHERE name = 'Anna de Vries'"
					" AND num = 1"),
			 1);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM duo WHERE topic IS NULL"
					" AND member_a = 1 AND member_b = 3"),
			 1);
	/* nothing new: not a row is written (but for zone and bundle) */
	int64_t before = sqlite3_total_changes64(db->handle);
	kit_apply(db, &roster, 300);
	assert_int_equal(sqlite3_total_changes64(db->handle) - before, 2);
	/* a roster that cannot be leaves everything as it was */
	memcpy(roster.duos[0].members[1], "zoef", 5);
	struct buf bundle = {0};
	assert_false(people_apply(db, &roster, &bundle, 400, &err));
	kit_says(&err, ERR_NOTFOUND, "duo anna-bram: the store knows no person zoef");
	assert_int_equal(kit_number(db, "SELECT loaded_at FROM roster"), 300);
	roster_fini(&roster);
	db_close(db);
}

static void a_renamed_duo_takes_its_past_along(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	const char *const persons[] = {"anna", "bram", "cato", NULL};
	APPLY(persons, LIST("anna-bram"), NULL, 100);
	int64_t id = kit_book(db, "anna-bram", STATE_HELD, 10, 60);
	struct entry e = {.person = "anna", .duo = "anna-bram", .session = id, .minutes = 60};
	MUST(ledger_add(db, &e, &err));
	struct link link = {.kind = LINK_FEED, .owner = "anna-bram", .generation = 1};
	MUST(links_add(db, &link, &err));
	struct body_state body = {.owner = "anna-bram", .variant = "full", .last_modified = 7};
	MUST(bodies_put(db, &body, &err));

	for (int i = 0; i < 3; i++) /* the line stays in the roster */
		APPLY(persons, LIST("cato-bram"), "cato-bram<anna-bram", 200 + i);
	struct session_list sessions;
	MUST(sessions_load(db, "cato-bram", &sessions, &err));
	assert_int_equal(sessions.n, 1);
	assert_string_equal(sessions.v[0].duo, "cato-bram");
	session_list_fini(&sessions);
	struct entry_list entries;
	MUST(ledger_load(db, "anna", &entries, &err));
	assert_string_equal(entries.v[0].duo, "cato-bram");
	entry_list_fini(&entries);
	struct link_list links;
	MUST(links_load(db, &links, &err));
	assert_string_equal(links.v[0].owner, "cato-bram");
	link_list_fini(&links);
	struct body_state_list bodies;
	MUST(bodies_load(db, &bodies, &err));
	assert_string_equal(bodies.v[0].owner, "cato-bram");
	body_state_list_fini(&bodies);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM duo"), 1);
	db_close(db);
}

static void renames_chain_but_two_pasts_do_not_mix(void **state)
{
	(void)state;
	struct err err;
	struct db *db = kit_open();
	const char *const persons[] = {"a", "b", "c", "d", NULL};
	APPLY(persons, LIST("a-b", "c-d"), NULL, 100);
	kit_book(db, "a-b", STATE_HELD, 10, 60);
	kit_book(db, "c-d", STATE_HELD, 10, 60);
	for (int i = 0; i < 2; i++)
		APPLY(persons, LIST("b-c", "c-d"), "b-c<c-d c-d<a-b", 200);
	struct session s;
	MUST(sessions_get(db, 1, &s, &err));
	assert_string_equal(s.duo, "c-d");
	session_fini(&s);
	MUST(sessions_get(db, 2, &s, &err));
	assert_string_equal(s.duo, "b-c");
	session_fini(&s);
	/* c-d leaves, and b-c claims to have been it: both have a past */
	apply(db, persons, LIST("b-c"), "b-c<c-d", 300, &err, false);
	kit_says(&err, ERR_CONFLICT, "duo b-c: was = c-d, but both have");
	assert_int_equal(kit_number(db, "SELECT count(*) FROM duo WHERE retired_at IS NULL"), 2);
	/* a swap of two that are both there changes nothing */
	APPLY(persons, LIST("b-c", "c-d"), "b-c<c-d c-d<b-c", 400);
	MUST(sessions_get(db, 2, &s, &err));
	assert_string_equal(s.duo, "b-c");
	session_fini(&s);
	db_close(db);
}

/* ---- ledger ----------------------------------------------------------------------------------- */

static void hours_are_append_only(void **state)
{
	(void)state;
	struct err err;
	struct entry_list list;
	struct db *db = kit_people();
	int64_t session = kit_book(db, "anna-bram", STATE_HELD, 10, 60);
	struct entry full = {.person = "anna",
			     .duo = "anna-bram",
			     .session = session,
			     .kind = KIND_VISIT,
			     .minutes = 60,
			     .day = 20454,
			     .at = NEW_YEAR,
			     .assumed = true,
			     .text = (char *)"les van Bram"};
	struct entry solo = {.person = "bram", .kind = KIND_SOLO, .minutes = 30, .day = -5};
	MUST(ledger_add(db, &full, &err));
	MUST(ledger_add(db, &solo, &err));
	struct entry less = full;
	less.corrects = full.id;
	less.minutes = -10;
	MUST(ledger_add(db, &less, &err));
	assert_int_equal(less.id, 3);

	MUST(ledger_load(db, NULL, &list, &err));
	assert_int_equal(list.n, 3);
	const struct entry *want[] = {&full, &solo, &less};
	for (size_t i = 0; i < 3; i++) {
		const struct entry *got = &list.v[i];
		assert_int_equal(got->id, (int64_t)i + 1);
		assert_string_equal(got->person, want[i]->person);
		assert_string_equal(got->duo, want[i]->duo);
		assert_int_equal(got->session, want[i]->session);
		assert_int_equal(got->corrects, want[i]->corrects);
		assert_int_equal(got->kind, want[i]->kind);
		assert_int_equal(got->minutes, want[i]->minutes);
		assert_int_equal(got->day, want[i]->day);
		assert_int_equal(got->at, want[i]->at);
		assert_int_equal(got->assumed, want[i]->assumed);
		kit_same_text(got->text, want[i]->text);
	}
	entry_list_fini(&list);
	MUST(ledger_load(db, "anna", &list, &err));
	assert_int_equal(list.n, 2);
	entry_list_fini(&list);
	struct entry one;
	MUST(ledger_get(db, 2, &one, &err));
	assert_int_equal(one.minutes, 30);
	entry_fini(&one);
	assert_false(ledger_get(db, 9, &one, &err));
	kit_says(&err, ERR_NOTFOUND, "no ledger entry 9");

	struct entry wrong = {.person = "anna", .minutes = -5};
	assert_false(ledger_add(db, &wrong, &err)); /* less than nothing, correcting nothing */
	kit_says(&err, ERR_BUG, "CHECK");
	wrong.corrects = solo.id;
	assert_false(ledger_add(db, &wrong, &err));
	kit_says(&err, ERR_CONFLICT,
		 "hours of anna: a correction is of an entry of the same person");
	wrong.corrects = 0;
	wrong.minutes = 5;
	wrong.session = 99;
	assert_false(ledger_add(db, &wrong, &err));
	kit_says(&err, ERR_CONFLICT, "it refers to what the store does not know");
	kit_refuses(db, "UPDATE ledger SET minutes = 1 WHERE id = 2", "append-only");
	kit_refuses(db, "DELETE FROM ledger", "append-only");
	kit_refuses(db, "REPLACE INTO ledger SELECT * FROM ledger WHERE id = 2", "append-only");
	kit_refuses(db, "DELETE FROM person WHERE id = 'anna'", "FOREIGN KEY");
	assert_int_equal(kit_number(db, "SELECT sum(minutes) FROM ledger"), 80);
	db_close(db);
}

/* ---- absences --------------------------------------------------------------------------------- */

static void days_called_off_are_taken_back_not_deleted(void **state)
{
	(void)state;
	struct err err;
	struct absence_list list, copy;
	struct db *db = kit_people();
	struct absence late = {.person = "anna", .days = {20460, 20465, NULL}, .at = NEW_YEAR};
	struct absence early = {
		.person = "anna", .days = {20454, 20455, (char *)"griep"}, .at = NEW_YEAR + 1};
	struct absence other = {.person = "bram", .days = {-3, 4, NULL}, .at = NEW_YEAR};
	struct absence nobody = {.person = "zoe", .days = {1, 2, NULL}};
	MUST(absences_add(db, &late, &err));
	MUST(absences_add(db, &early, &err));
	MUST(absences_add(db, &other, &err));
	assert_int_equal(other.id, 3);
	assert_false(absences_add(db, &nobody, &err));
	kit_says(&err, ERR_NOTFOUND, "zoe");

	MUST(absences_load(db, "anna", &list, &err)); /* by their first day */
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].id, early.id);
	assert_int_equal(list.v[0].days.first, 20454);
	assert_int_equal(list.v[0].days.past, 20455);
	assert_int_equal(list.v[0].at, NEW_YEAR + 1);
	assert_string_equal(list.v[0].days.text, "griep");
	assert_string_equal(list.v[1].person, "anna");
	assert_null(list.v[1].days.text);
	absence_list_copy(&copy, &list);
	absence_list_fini(&list);
	assert_string_equal(copy.v[0].days.text, "griep");
	absence_list_fini(&copy);

	MUST(absences_remove(db, early.id, NEW_YEAR + 9, &err));
	assert_false(absences_remove(db, early.id, NEW_YEAR + 10, &err));
	kit_says(&err, ERR_NOTFOUND, "no absence 2");
	assert_false(absences_remove(db, 77, NEW_YEAR, &err));
	MUST(absences_load(db, NULL, &list, &err)); /* by person */
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].id, late.id);
	assert_int_equal(list.v[1].days.first, -3);
	absence_list_fini(&list);
	assert_int_equal(kit_number(db, "SELECT removed_at FROM absence WHERE id = 2"),
			 NEW_YEAR + 9);
	kit_refuses(db, "UPDATE absence SET past_day = 20466 WHERE id = 1", "only ever taken back");
	kit_refuses(db, "UPDATE absence SET removed_at = 0 WHERE id = 2", "only ever taken back");
	kit_refuses(db, "DELETE FROM absence", "not deleted");
	kit_refuses(db, "INSERT INTO absence VALUES (9, 1, 5, 5, 0, 0, NULL)", "CHECK");
	kit_does(db, "INSERT INTO absence VALUES (9, 1, 5, 99999999999, 0, 0, NULL)");
	assert_false(absences_load(db, NULL, &list, &err)); /* a day of no calendar */
	kit_says(&err, ERR_STORE, "absence 9");
	db_close(db);
}

/* ---- audit ------------------------------------------------------------------------------------ */

static void the_audit_log_keeps_everything(void **state)
{
	(void)state;
	struct err err;
	struct audit_list list;
	struct db *db = kit_open();
	const struct audit v[] = {
		{1, 100, (char *)"uid 1000", (char *)"control", (char *)"session move s1",
		 (char *)"ma 9:00", (char *)"di 9:00", (char *)"griep"},
		{2, 300, (char *)"planner", (char *)"tick", (char *)"replan", NULL, NULL, NULL},
		{3, 200, (char *)"anna", (char *)"page", (char *)"absent", NULL, (char *)"x", NULL},
	};
	for (int i = 0; i < 3; i++)
		MUST(audit_add(db, &v[i], &err));
	MUST(audit_load(db, 0, &list, &err));
	assert_int_equal(list.n, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(list.v[i].id, v[i].id);
		assert_int_equal(list.v[i].at, v[i].at);
		kit_same_text(list.v[i].who, v[i].who);
		kit_same_text(list.v[i].way, v[i].way);
		kit_same_text(list.v[i].what, v[i].what);
		kit_same_text(list.v[i].was, v[i].was);
		kit_same_text(list.v[i].is, v[i].is);
		kit_same_text(list.v[i].why, v[i].why);
	}
	audit_list_fini(&list);
	MUST(audit_load(db, 200, &list, &err));
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].id, 2); /* as it was written, whatever the clock said */
	audit_list_fini(&list);
	kit_refuses(db, "UPDATE audit SET who = 'nobody'", "append-only");
	kit_refuses(db, "DELETE FROM audit WHERE id = 1", "append-only");
	struct audit nobody = {.way = (char *)"x", .what = (char *)"x"};
	assert_false(audit_add(db, &nobody, &err));
	kit_says(&err, ERR_BUG, "NOT NULL");
	db_close(db);
}

/* ---- sources ---------------------------------------------------------------------------------- */

static void fill(struct source_record *r, const char *id)
{
	*r = (struct source_record){.state = SOURCE_QUARANTINED,
				    .fetched_at = 10,
				    .tried_at = 20,
				    .horizon = UTC_MAX,
				    .hash = "0123456789abcdef0123456789abcdef",
				    .config_hash = "c",
				    .refused_hash = "r",
				    .rejected = true,
				    .etag = "W/\"6a-1\"",
				    .last_modified_text = "Mon, 31 Aug 2026 05:30:00 GMT",
				    .failures = 3,
				    .not_before = 30,
				    .events = 12,
				    .skipped = 3};
	snprintf(r->id, sizeof r->id, "%s", id);
	struct source_held *h = r->held = xcalloc(1, sizeof *h);
	*h = (struct source_held){
		.config_hash = "c2", .horizon = UTC_MAX, .events = 2, .skipped = 1};
	busyset_add(&h->busy, NEW_YEAR, NEW_YEAR + HOUR, LEVEL_BUSY);
	h->n_occurrences = 1;
	h->occurrences = xcalloc(1, sizeof *h->occurrences);
	h->occurrences[0] = (struct lesson_span){NEW_YEAR, NEW_YEAR + HOUR, LEVEL_BUSY, 1, 0, 9};
	if (strcmp(id, "anna-1") == 0)
		h->occurrences[0].lesson = lessons_add(&h->lessons, "EN9Z Lezen", "A1.01");
	warnings_add(&h->warnings, 7, "a line");
	r->error = xstrdup("line 41: RRULE without FREQ");
	busyset_add(&r->busy, NEW_YEAR, NEW_YEAR + HOUR, LEVEL_BUSY);
	busyset_add(&r->busy, NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR, LEVEL_TENTATIVE);
	busyset_add(&r->busy, -HOUR, 0, LEVEL_UNKNOWN);
	busyset_settle(&r->busy);
	r->n_occurrences = 2;
	r->occurrences = xcalloc(2, sizeof *r->occurrences);
	r->occurrences[0] = (struct lesson_span){-HOUR, 0, LEVEL_FREE, 0, 0, UINT64_MAX};
	r->occurrences[1] = (struct lesson_span){NEW_YEAR, NEW_YEAR + HOUR, LEVEL_BUSY, 1, 0, 7};
	if (strcmp(id, "anna-1") == 0)
		r->occurrences[1].lesson = lessons_add(&r->lessons, "EN2A Spreken", "D2.02");
	r->warnings.v = xcalloc(2, sizeof *r->warnings.v);
	r->warnings.n = r->warnings.cap = 2;
	r->warnings.v[0] = (struct warning){0, xstrdup("")};
	r->warnings.v[1] = (struct warning){41, xstrdup("zone \xc3\xa9")};
	r->warnings.dropped = 5;
}

static void same_record(const struct source_record *a, const struct source_record *b)
{
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->fetched_at, b->fetched_at);
	assert_int_equal(a->tried_at, b->tried_at);
	assert_int_equal(a->horizon, b->horizon);
	assert_string_equal(a->hash, b->hash);
	assert_string_equal(a->config_hash, b->config_hash);
	assert_string_equal(a->refused_hash, b->refused_hash);
	assert_int_equal(a->rejected, b->rejected);
	assert_string_equal(a->etag, b->etag);
	assert_string_equal(a->last_modified_text, b->last_modified_text);
	assert_int_equal(a->failures, b->failures);
	assert_int_equal(a->not_before, b->not_before);
	assert_int_equal(!a->held, !b->held);
	if (a->held) {
		const struct source_held *x = a->held, *y = b->held;
		assert_string_equal(x->config_hash, y->config_hash);
		assert_int_equal(x->horizon, y->horizon);
		assert_int_equal(x->events, y->events);
		assert_int_equal(x->skipped, y->skipped);
		assert_true(busyset_equal(&x->busy, &y->busy));
		assert_int_equal(x->n_occurrences, y->n_occurrences);
		for (size_t i = 0; i < x->n_occurrences; i++) {
			assert_int_equal(x->occurrences[i].start, y->occurrences[i].start);
			assert_int_equal(x->occurrences[i].lesson, y->occurrences[i].lesson);
		}
		assert_int_equal(x->lessons.n, y->lessons.n);
		for (size_t i = 0; i < x->lessons.n; i++)
			assert_string_equal(x->lessons.v[i].title, y->lessons.v[i].title);
		assert_int_equal(x->warnings.n, y->warnings.n);
		assert_string_equal(x->warnings.v[0].text, y->warnings.v[0].text);
	}
	assert_int_equal(a->events, b->events);
	assert_int_equal(a->skipped, b->skipped);
	kit_same_text(a->error, b->error);
	assert_true(busyset_equal(&a->busy, &b->busy));
	assert_int_equal(a->n_occurrences, b->n_occurrences);
	for (size_t i = 0; i < a->n_occurrences; i++) {
		assert_int_equal(a->occurrences[i].start, b->occurrences[i].start);
		assert_int_equal(a->occurrences[i].end, b->occurrences[i].end);
		assert_int_equal(a->occurrences[i].level, b->occurrences[i].level);
		assert_int_equal(a->occurrences[i].timed, b->occurrences[i].timed);
		assert_true(a->occurrences[i].series == b->occurrences[i].series);
		assert_int_equal(a->occurrences[i].lesson, b->occurrences[i].lesson);
	}
	assert_int_equal(a->lessons.n, b->lessons.n);
	for (size_t i = 0; i < a->lessons.n; i++) {
		assert_string_equal(a->lessons.v[i].title, b->lessons.v[i].title);
		assert_string_equal(a->lessons.v[i].place, b->lessons.v[i].place);
	}
	assert_int_equal(a->warnings.n, b->warnings.n);
	assert_int_equal(a->warnings.dropped, b->warnings.dropped);
	for (size_t i = 0; i < a->warnings.n; i++) {
		assert_int_equal(a->warnings.v[i].line, b->warnings.v[i].line);
		assert_string_equal(a->warnings.v[i].text, b->warnings.v[i].text);
	}
}

static void a_source_comes_back_as_it_was(void **state)
{
	(void)state;
	struct err err;
	struct source_record v[2];
	struct source_record_list list;
	struct db *db = kit_open();
	fill(&v[1], "zoef-1");
	fill(&v[0], "anna-1");
	for (int st = SOURCE_NEVER; st <= SOURCE_QUARANTINED; st++) {
		v[0].state = (enum source_state)st;
		MUST(sources_put(db, &v[0], &err));
		MUST(sources_put(db, &v[1], &err));
		MUST(sources_load(db, &list, &err));
		assert_int_equal(list.n, 2);
		same_record(&list.v[0], &v[0]);
		same_record(&list.v[1], &v[1]);
		source_record_list_fini(&list);
	}
	struct source_record empty = {.id = "leeg"};
	MUST(sources_put(db, &empty, &err));
	MUST(sources_load(db, &list, &err));
	same_record(&list.v[1], &empty);
	source_record_list_fini(&list);
	/* a fetch without news writes the small row only */
	int64_t before = sqlite3_total_changes64(db->handle);
	v[0].tried_at++;
	MUST(sources_put(db, &v[0], &err));
	assert_int_equal(sqlite3_total_changes64(db->handle) - before, 1);
	v[0].busy.v[0].end--;
	MUST(sources_put(db, &v[0], &err));
	assert_int_equal(sqlite3_total_changes64(db->handle) - before, 3);

	/* what is held goes without what is not, and a copy of it is one's own */
	struct source_record copy;
	source_record_copy(&copy, &v[0]);
	same_record(&copy, &v[0]);
	source_record_drop_held(&copy);
	MUST(sources_put(db, &copy, &err));
	MUST(sources_load(db, &list, &err));
	same_record(&list.v[0], &copy);
	assert_null(list.v[0].held);
	source_record_list_fini(&list);
	source_record_fini(&copy);
	MUST(sources_put(db, &v[0], &err));
	v[0].held->occurrences[0].end = NEW_YEAR - 1; /* ends before it begins */
	assert_false(sources_put(db, &v[0], &err));
	kit_says(&err, ERR_BUG, "source anna-1: what it holds");
	v[0].held->occurrences[0].end = NEW_YEAR + HOUR;

	v[0].busy.v[0].end = v[0].busy.v[1].start + 1; /* overlaps: not to be stored */
	assert_false(sources_put(db, &v[0], &err));
	kit_says(&err, ERR_BUG, "source anna-1");
	MUST(sources_forget(db, "anna-1", &err));
	MUST(sources_forget(db, "anna-1", &err));
	MUST(sources_load(db, &list, &err));
	assert_int_equal(list.n, 2);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM timetable"), 2);
	assert_int_equal(kit_number(db, "SELECT count(*) FROM held"), 1);
	source_record_list_fini(&list);
	source_record_fini(&v[0]);
	source_record_fini(&v[1]);
	db_close(db);
}

/* Every piece cut at every length and flipped in every bit is refused or reads as something
 * canonical; reading never leaves its bytes (ASan looks on). */
static void packed_bytes_are_not_trusted(void **state)
{
	(void)state;
	struct err err;
	struct source_record r;
	fill(&r, "anna-1");
	for (int what = 0; what < 3; what++) {
		struct buf whole = {0};
		if (what == 0)
			pack_busy(&r.busy, &whole);
		else if (what == 1)
			pack_occurrences(r.occurrences, r.n_occurrences, &r.lessons, &whole);
		else
			pack_warnings(&r.warnings, &whole);
		size_t refused = 0;
		for (size_t i = 0; i < whole.n * 9; i++) {
			size_t n = i < whole.n ? i : whole.n;
			char *bytes = xmemdup(whole.v, n);
			if (n == whole.n)
				bytes[(i - n) / 8] ^= (char)(1 << ((i - n) % 8));
			struct busyset set = {0};
			struct lesson_span *v = NULL;
			struct lessons lessons = {0};
			struct warnings warnings = {0};
			size_t nv;
			bool ok = what == 0 ? unpack_busy(bytes, n, &set, &err)
				  : what == 1
					  ? unpack_occurrences(bytes, n, &v, &nv, &lessons, &err)
					  : unpack_warnings(bytes, n, &warnings, &err);
			if (!ok) {
				refused++;
				assert_int_equal(err.code, ERR_STORE);
			}
			assert_false(ok && i < whole.n);
			assert_true(busyset_is_canonical(&set));
			for (size_t k = 0; ok && what == 1 && k < nv; k++)
				assert_true(v[k].lesson <= lessons.n);
			busyset_fini(&set);
			xfree(v);
			lessons_fini(&lessons);
			warnings_fini(&warnings);
			xfree(bytes);
		}
		assert_true(refused > whole.n + 8 * 8); /* all cuts, all of the head */
		buf_fini(&whole);
	}
	source_record_fini(&r);
}

static void a_damaged_timetable_is_a_sentence(void **state)
{
	(void)state;
	struct err err;
	struct source_record r;
	struct source_record_list list;
	struct db *db = kit_open();
	static const struct {
		const char *sql, *says;
	} v[] = {
		{"UPDATE timetable SET busy = x'5464620101'", "busy set is damaged: 5 bytes"},
		{"UPDATE timetable SET busy = x''", "busy set is damaged: 0 bytes"},
		{"UPDATE timetable SET busy = substr(busy, 1, 58)", "bytes for 3 rows"},
		{"UPDATE timetable SET busy = CAST(substr(busy, 1, 8) || substr(busy, 26, 17) ||"
		 " substr(busy, 9, 17) || substr(busy, 43) AS BLOB)",
		 "not sorted"},
		{"UPDATE timetable SET busy = CAST(substr(busy, 1, 24) || x'00' ||"
		 " substr(busy, 26) AS BLOB)",
		 "not sorted"},
		{"UPDATE timetable SET busy = CAST(x'54646202' || substr(busy, 5) AS BLOB)",
		 "version (2)"},
		{"UPDATE timetable SET busy = occurrences", "without their head"},
		{"UPDATE timetable SET occurrences = CAST(substr(occurrences, 1, 8) ||"
		 " substr(occurrences, 35) || substr(occurrences, 9, 26) AS BLOB)",
		 "not in order"},
		{"UPDATE timetable SET occurrences = substr(occurrences, 1,"
		 " length(occurrences) - 1)",
		 "lessons without their titles"},
		{"UPDATE timetable SET occurrences = CAST(substr(occurrences, 1, 60) || x'09000000'"
		 " || substr(occurrences, 65) AS BLOB)",
		 "lessons without their titles"},
		{"UPDATE source SET warnings = substr(warnings, 1, 20)", "warnings are damaged"},
		{"UPDATE held SET busy = x''", "held in quarantine: its busy set is damaged"},
		{"UPDATE held SET occurrences = x'00'", "in quarantine: its occurrences are"},
		{"UPDATE held SET config_hash = 'a' || char(0) || 'b'", "\"config_hash\""},
		{"UPDATE source SET hash = 'a' || char(0) || 'b'", "\"hash\""},
		{"UPDATE source SET etag = 'a' || char(0) || 'b'", "\"etag\""},
	};
	fill(&r, "anna-1");
	MUST(sources_put(db, &r, &err));
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		MUST(db_begin(db, &err));
		kit_does(db, v[i].sql);
		if (sources_load(db, &list, &err))
			fail_msg("%s: was read", v[i].sql);
		kit_says(&err, ERR_STORE, v[i].says);
		kit_says(&err, ERR_STORE, "source anna-1: ");
		db_rollback(db);
	}
	MUST(sources_load(db, &list, &err));
	same_record(&list.v[0], &r);
	source_record_list_fini(&list);
	source_record_fini(&r);
	db_close(db);
}

/* What the roster no longer asks for is not in the file either, whatever SQLite leaves lying about. */
static void forgotten_titles_leave_the_file(void **state)
{
	(void)state;
	struct err err;
	struct source_record r;
	struct db *db = kit_open();
	fill(&r, "anna-1");
	for (uint32_t i = 0; i < 400; i++) { /* several pages of them */
		char title[40];
		(void)snprintf(title, sizeof title, "Geheim %u", i);
		(void)lessons_add(&r.lessons, title, "D2.02");
	}
	MUST(db_begin(db, &err));
	MUST(sources_put(db, &r, &err));
	MUST(db_commit(db, &err));
	assert_true(kit_file_has("Geheim 399"));
	assert_true(kit_file_has("EN9Z Lezen"));
	for (int how = 0; how < 2; how++) {
		MUST(db_begin(db, &err));
		if (how == 0 && source_record_drop_lessons(&r))
			MUST(sources_put(db, &r, &err));
		else
			MUST(sources_forget(db, "anna-1", &err));
		MUST(db_commit(db, &err));
		assert_false(kit_file_has("Geheim"));
		assert_false(kit_file_has("EN2A Spreken"));
		assert_false(kit_file_has("EN9Z Lezen"));
		if (how == 0) {
			(void)lessons_add(&r.lessons, "Geheim 399", "D2.02");
			r.occurrences[1].lesson = 1;
			MUST(sources_put(db, &r, &err));
			assert_true(kit_file_has("Geheim 399"));
		}
	}
	assert_false(source_record_drop_lessons(&(struct source_record){0}));
	source_record_fini(&r);
	db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_leaves_is_retired_and_comes_back),
		TEST(changed_names_members_and_topics_are_taken),
		TEST(a_renamed_duo_takes_its_past_along),
		TEST(renames_chain_but_two_pasts_do_not_mix),
		TEST(hours_are_append_only),
		TEST(days_called_off_are_taken_back_not_deleted),
		TEST(the_audit_log_keeps_everything),
		TEST(a_source_comes_back_as_it_was),
		TEST(packed_bytes_are_not_trusted),
		TEST(a_damaged_timetable_is_a_sentence),
		TEST(forgotten_titles_leave_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
