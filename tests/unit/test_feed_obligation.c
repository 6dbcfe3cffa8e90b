/* test_feed_obligation.c -- what is due in feeds, byte for byte: events, to-dos, to whom, how long. */
#include "base/hash.h"
#include "work/feed_obligation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const utc_t made = 1788154200; /* 2026-08-31T05:30:00Z */

static struct roster roster(void)
{
	static const char *const ids[] = {"anna", "bram", "cees"};
	static const char *const names[] = {"Anna de Vri\xC3\xA8s", "Bram Bos", "Cees"};
	struct roster r = {.n_persons = 3, .n_duos = 1};
	r.programme.zone = zone_by_name("Europe/Amsterdam");
	r.programme.start = civil_to_day(2026, 8, 31);
	r.programme.past = civil_to_day(2027, 7, 10);
	r.persons = xcalloc(3, sizeof *r.persons);
	for (int i = 0; i < 3; i++) {
		strcpy(r.persons[i].id, ids[i]);
		r.persons[i].name = xstrdup(names[i]);
		r.persons[i].language = i == 1 ? LANG_EN : LANG_NL;
	}
	r.duos = xcalloc(1, sizeof *r.duos);
	strcpy(r.duos[0].id, "anna-bram");
	strcpy(r.duos[0].members[0], "anna");
	strcpy(r.duos[0].members[1], "bram");
	r.duos[0].topic = xstrdup("Herschrijven; module");
	return r;
}

static void owes(struct publication *p, const char *id)
{
	struct entry_list none = {0};
	struct person_part *part = person_part_new(id, &none, NULL, 0);
	part->owing = xcalloc(1, sizeof *part->owing);
	strcpy(part->owing[0], "anna-bram");
	part->n_owing = 1;
	publication_put_person(p, part);
}

/* The second reflection of anna (nl) and bram (en), due on 23 November 2026; today is 1 November.
 * The caller changes it: *o stands in the publication. cees was a member until 10 October. */
static struct publication *programme(struct obligation **o)
{
	struct roster r = roster();
	struct buf bundle = {0};
	struct publication *p = xcalloc(1, sizeof *p);
	struct obligation one = {
		.id = 3, .kind = OBLIGATION_REFLECTION, .number = 2, .sequence = 4};
	struct owed owed = {.n_left = 1};
	p->refs = 1;
	p->limits = (struct feed_limits){60 * DAY_S, 400 * DAY_S, 30 * DAY_S};
	p->host = xstrdup("school.example");
	p->url = xstrdup("https://school.example");
	p->today = civil_to_day(2026, 11, 1);
	publication_put_roster(p, roster_part_new(&r, &bundle, 0));
	strcpy(one.duo, "anna-bram");
	one.due = civil_to_day(2026, 11, 23);
	one.created_at = made;
	one.last_modified = made + 60;
	strcpy(owed.duo, "anna-bram");
	strcpy(owed.members[0], "anna");
	strcpy(owed.members[1], "bram");
	owed.left = xcalloc(1, sizeof *owed.left);
	strcpy(owed.left[0].person, "cees");
	owed.left[0].at =
		zone_day_start(zone_by_name("Europe/Amsterdam"), civil_to_day(2026, 10, 10));
	obligation_list_add(&owed.obligations, &one);
	*o = &owed.obligations.v[0];
	publication_put_owed(p, owed_part_new(&owed));
	owes(p, "anna");
	owes(p, "bram");
	owes(p, "cees");
	return p;
}

static void shows(const struct publication *p, const char *owner, enum language language,
		  enum feed_obligations as, const char *want)
{
	struct feed_variant variant = {.alarm_min = ALARM_NONE, .obligations = as};
	struct buf got = {0};
	feed_obligations_write(p, owner, language, &variant, &got);
	assert_string_equal(buf_str(&got), want);
	buf_fini(&got);
}

/* Whether the feed of @owner has it, as an event with that beginning of its title. */
static void title(const struct publication *p, const char *owner, const char *want)
{
	struct feed_variant variant = {.alarm_min = ALARM_NONE};
	struct buf got = {0}, line = {0};
	feed_obligations_write(p, owner, LANG_NL, &variant, &got);
	assert_true((feed_obligations_sum(p, owner) != 0) == (got.n != 0));
	if (!want) {
		assert_string_equal(buf_str(&got), "");
		return;
	}
	buf_addf(&line, "\r\nSUMMARY:%s\r\n", want);
	for (char *fold; (fold = strstr(buf_str(&got), "\r\n "));)
		memmove(fold, fold + 3, strlen(fold + 3) + 1);
	if (!strstr(buf_str(&got), buf_str(&line)))
		fail_msg("no %s in %s", want, buf_str(&got));
	buf_fini(&line);
	buf_fini(&got);
}

static void an_event_of_a_whole_day(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	shows(p, "anna", LANG_NL, OBLIGATIONS_EVENTS,
	      "BEGIN:VEVENT\r\nUID:o3@school.example\r\nDTSTAMP:20260831T053100Z\r\n"
	      "LAST-MODIFIED:20260831T053100Z\r\nCREATED:20260831T053000Z\r\nSEQUENCE:4\r\n"
	      "DTSTART;VALUE=DATE:20261123\r\nDTEND;VALUE=DATE:20261124\r\n"
	      "SUMMARY:Reflectieverslag 2 inleveren met Bram Bos\r\n"
	      "DESCRIPTION:Onderwerp: Herschrijven\\; module\\nBekijken: https://school.exam\r\n"
	      " ple/s/o3\r\nURL:https://school.example/s/o3\r\nCATEGORIES:Mijlpaal\r\n"
	      "STATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\nX-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n"
	      "END:VEVENT\r\n");
	shows(p, "anna", LANG_NL, OBLIGATIONS_NONE, "");
	publication_unref(p);
}

static void a_to_do_that_is_done(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	o->state = OBLIGATION_DONE;
	o->done_at = made + 50 * DAY_S;
	shows(p, "bram", LANG_EN, OBLIGATIONS_TODOS,
	      "BEGIN:VTODO\r\nUID:o3@school.example\r\nDTSTAMP:20260831T053100Z\r\n"
	      "LAST-MODIFIED:20260831T053100Z\r\nCREATED:20260831T053000Z\r\nSEQUENCE:4\r\n"
	      "DUE;VALUE=DATE:20261123\r\n"
	      "SUMMARY:Reflection 2 handed in with Anna de Vri\xC3\xA8s\r\n"
	      "DESCRIPTION:Topic: Herschrijven\\; module\\nHanded in: 2026-10-20\\nSee: https\r\n"
	      " ://school.example/s/o3\r\nURL:https://school.example/s/o3\r\n"
	      "CATEGORIES:Obligation\r\nSTATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\n"
	      "COMPLETED:20261020T053000Z\r\nEND:VTODO\r\n");
	title(p, "anna", "\xE2\x9C\x93 Reflectieverslag 2 ingeleverd met Bram Bos");
	publication_unref(p);
}

static void has(const struct publication *p, enum feed_obligations as, int32_t changes,
		const char *part)
{
	struct feed_variant variant = {.obligations = as, .changes = changes};
	struct buf got = {0};
	feed_obligations_write(p, "anna", LANG_NL, &variant, &got);
	if (!strstr(buf_str(&got), part))
		fail_msg("no %s in %s", part, buf_str(&got));
	buf_fini(&got);
}

static void what_is_cancelled_and_what_a_variant_adds(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	has(p, OBLIGATIONS_TODOS, 0, "\r\nSTATUS:NEEDS-ACTION\r\nPERCENT-COMPLETE:0\r\nEND");
	has(p, OBLIGATIONS_EVENTS, 7, "DTSTAMP:20260831T053107Z\r\nLAST-MODIFIED:20260831T053107Z");
	o->state = OBLIGATION_CANCELLED;
	o->cancelled_at = made + 40 * DAY_S;
	has(p, OBLIGATIONS_TODOS, 0, "\r\nSTATUS:CANCELLED\r\nPERCENT-COMPLETE:0\r\nEND");
	has(p, OBLIGATIONS_EVENTS, 0, "\r\nSTATUS:CANCELLED\r\nTRANSP:TRANSPARENT\r\nX-MIC");
	title(p, "anna", "VERVALLEN: Reflectieverslag 2 inleveren met Bram Bos");
	o->cancelled_at = made + 30 * DAY_S; /* a month before the day that is shown */
	title(p, "anna", NULL);
	publication_unref(p);
}

static void every_kind_has_its_words(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	o->number = 1;
	o->kind = OBLIGATION_PLAN;
	title(p, "anna-bram",
	      "Plan van aanpak inleveren \xE2\x80\x93 Anna de Vri\xC3\xA8s\\, Bram Bos");
	o->kind = OBLIGATION_EVALUATION;
	title(p, "programme",
	      "Eindevaluatie inleveren \xE2\x80\x93 Anna de Vri\xC3\xA8s\\, Bram Bos");
	publication_unref(p);
}

static void who_left_is_told_what_is_off(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	/* what was due before stays as it was, what is to come is off, for a month */
	title(p, "cees",
	      "VERVALLEN: Reflectieverslag 2 inleveren met Anna de Vri\xC3\xA8s\\, Bram Bos");
	o->due = civil_to_day(2026, 10, 9);
	title(p, "cees", "Reflectieverslag 2 inleveren met Anna de Vri\xC3\xA8s\\, Bram Bos");
	o->due = civil_to_day(2026, 10, 10);
	p->today = civil_to_day(2026, 11, 9);
	title(p, "cees", NULL);
	p->today--;
	title(p, "cees",
	      "VERVALLEN: Reflectieverslag 2 inleveren met Anna de Vri\xC3\xA8s\\, Bram Bos");
	o->created_at = made + 50 * DAY_S; /* he never saw it */
	title(p, "cees", NULL);
	title(p, "anna", "Reflectieverslag 2 inleveren met Bram Bos");
	assert_true(feed_obligations_sum_of_duo(p, "anna-bram") ==
		    feed_obligations_sum(p, "programme"));
	assert_true(feed_obligations_sum_of_duo(p, "nobody") == 0);
	publication_unref(p);
}

static void how_long_it_stands(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	const char *open = "Reflectieverslag 2 inleveren met Bram Bos";
	p->today = o->due - 400;
	title(p, "anna", open);
	p->today--;
	title(p, "anna", NULL);
	p->today = civil_to_day(2027, 9, 7); /* what is open: sixty days after the programme */
	title(p, "anna", open);
	p->today++;
	title(p, "anna", NULL);
	o->state = OBLIGATION_DONE;
	o->done_at = made + 90 * DAY_S;
	p->today = o->due + 60;
	title(p, "anna", "\xE2\x9C\x93 Reflectieverslag 2 ingeleverd met Bram Bos");
	p->today++;
	title(p, "anna", NULL);
	publication_unref(p);
}

/* Another version is another sum, and so another Last-Modified of the feed. */
static void the_sum_is_of_what_is_shown(void **state)
{
	(void)state;
	struct obligation *o;
	struct publication *p = programme(&o);
	uint64_t first = feed_obligations_sum(p, "anna");
	assert_true(first == feed_obligations_sum(p, "bram"));
	o->last_modified++;
	assert_true(first != feed_obligations_sum(p, "anna"));
	o->last_modified--;
	o->id = 4;
	assert_true(first != feed_obligations_sum(p, "anna"));
	publication_unref(p);
}

int main(void)
{
	hash_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_of_a_whole_day),
		cmocka_unit_test(a_to_do_that_is_done),
		cmocka_unit_test(what_is_cancelled_and_what_a_variant_adds),
		cmocka_unit_test(every_kind_has_its_words),
		cmocka_unit_test(who_left_is_told_what_is_off),
		cmocka_unit_test(how_long_it_stands),
		cmocka_unit_test(the_sum_is_of_what_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
