/* test_roster.c -- a good roster field by field, faulty ones sentence by sentence, mangled ones
 * for their survival. */
#include "setup/roster.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_roster_XXXXXX";
static uint64_t seed;

static void put(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void puts_in(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

/* Stands for the cage: two days for a file that begins with BEGIN:VCALENDAR. */
static bool closed_stub(void *ctx, const char *bytes, size_t n, const struct zone *zone,
			struct day_range **ranges, size_t *n_ranges, struct err *err)
{
	++*(int *)ctx;
	assert_non_null(zone);
	if (n < 15 || memcmp(bytes, "BEGIN:VCALENDAR", 15) != 0)
		return err_set(err, ERR_PARSE, "not a calendar: line 1");
	*ranges = xrealloc(*ranges, (*n_ranges + 1) * sizeof **ranges);
	(*ranges)[(*n_ranges)++] = (struct day_range){.first = civil_to_day(2026, 10, 17),
						      .past = civil_to_day(2026, 10, 19),
						      .text = xstrdup("Herfst")};
	return true;
}

static int closed_calls;

static bool load(const char *path, struct roster *out, struct faults *faults)
{
	struct roster_bundle bundle = {0};
	bool ok = roster_collect(path, &bundle, faults) &&
		  roster_parse(&bundle, closed_stub, &closed_calls, out, faults);
	roster_bundle_fini(&bundle);
	return ok;
}

static void load_good(const char *text, struct roster *out)
{
	struct faults faults = {0};
	puts_in("r.ini", text);
	if (!load("r.ini", out, &faults))
		fail_msg("refused: %s", faults.n ? faults.v[0] : "without a sentence");
	assert_int_equal(faults.n, 0);
	faults_fini(&faults);
}

/* ---- the good one ---------------------------------------------------------------------------- */

/* design 7, "Two files", as it stands there */
static const char good[] = "[programme]\n"
			   "name = Samen leren 2026-2027\n"
			   "start = 2026-08-31\n"
			   "end = 2027-07-09\n"
			   "budget = 75h\n"
			   "expert_budget = 500 EUR\n"
			   "closed = holidays.ics\n"
			   "closed = 2026-12-21..2027-01-03 Kerstvakantie\n"
			   "\n"
			   "[person anna]\n"
			   "name = Anna de Vries\n"
			   "email = anna@example.nl\n"
			   "invitations = yes\n"
			   "competences = taal, ict\n"
			   "works = mon-thu 08:30-17:00\n"
			   "works = fri 08:30-12:30\n"
			   "absent = 2026-11-23..2026-11-27\n"
			   "timetable = rosters/anna.ics kind=untis\n"
			   "timetable = source:teamagenda\n"
			   "\n"
			   "[source teamagenda]\n"
			   "url = https://calendar.example.nl/anna.ics\n"
			   "kind = m365\n"
			   "lesson = ^Les\n"
			   "\n"
			   "[person bram]\n"
			   "name = Bram\n"
			   "factor = 0.8\n"
			   "timetable = source:teamagenda primary=no\n"
			   "\n"
			   "[duo anna-bram]\n"
			   "members = anna bram\n"
			   "topic = Herschrijven module taalonderwijs\n"
			   "expert_budget = 750 EUR\n";

static void check_programme(const struct programme *p)
{
	assert_string_equal(p->name, "Samen leren 2026-2027");
	assert_int_equal(p->start, civil_to_day(2026, 8, 31));
	assert_int_equal(p->past, civil_to_day(2027, 7, 10));
	assert_string_equal(zone_name(p->zone), "Europe/Amsterdam");
	assert_int_equal(p->language, LANG_NL);
	assert_int_equal(p->weekdays, 0x1F);
	assert_int_equal(p->budget_min, 4500);
	assert_int_equal(p->expert_budget_cents, 50000);
	assert_string_equal(p->currency, "EUR");
	assert_int_equal(p->n_closed, 2);
	assert_int_equal(p->closed[0].first, civil_to_day(2026, 10, 17));
	assert_string_equal(p->closed[0].text, "Herfst");
	assert_int_equal(p->closed[1].first, civil_to_day(2026, 12, 21));
	assert_int_equal(p->closed[1].past, civil_to_day(2027, 1, 4));
	assert_string_equal(p->closed[1].text, "Kerstvakantie");
	/* the defaults of design 8 */
	assert_int_equal(p->session_min, 60);
	assert_int_equal(p->session_max_min, 180);
	assert_int_equal(p->preferred_min, 120);
	assert_int_equal(p->length_step_min, 15);
	assert_int_equal(p->start_grid_min, 5);
	assert_int_equal(p->n_starts, 0);
	assert_int_equal(p->cadence, 0);
	assert_int_equal(p->min_gap, 2);
	assert_int_equal(p->buffer_min, 10);
	assert_int_equal(p->lunch_from_min, 720);
	assert_int_equal(p->lunch_to_min, 780);
	assert_int_equal(p->n_prefer, 0);
	assert_int_equal(p->freeze_s, 2 * DAY_S);
	assert_int_equal(p->confirm_after_s, 3 * DAY_S);
	assert_int_equal(p->pattern_weeks, 3);
	assert_int_equal(p->intervisie_n, 3);
	assert_int_equal(p->intervisie_min, 120);
	assert_int_equal(p->reflection_every_days, 42);
	assert_int_equal(p->reflection_min, 60);
	assert_int_equal(p->visits_n, 2);
	assert_int_equal(p->visit_min, 60);
	assert_int_equal(p->steering_min, 30);
	assert_int_equal(p->evaluation_min, 60);
	assert_int_equal(p->plan_due_days, 21);
}

static void good_roster_field_by_field(void **state)
{
	(void)state;
	struct roster r;
	char path[sizeof folder + 40];
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\n");
	closed_calls = 0;
	load_good(good, &r);
	assert_int_equal(closed_calls, 1);
	check_programme(&r.programme);
	assert_int_equal(r.n_persons, 2);
	const struct person *anna = roster_person(&r, "anna"), *bram = roster_person(&r, "bram");
	assert_string_equal(anna->name, "Anna de Vries");
	assert_string_equal(anna->email, "anna@example.nl");
	assert_true(anna->invitations);
	assert_false(bram->invitations);
	assert_string_equal(anna->competences, "taal, ict");
	assert_null(anna->department);
	assert_int_equal(anna->budget_min, 4500);
	assert_int_equal(anna->factor_pct, 100);
	assert_int_equal(anna->n_works, 2);
	assert_int_equal(anna->works[0].weekdays, 0x0F);
	assert_int_equal(anna->works[0].from_min, 510);
	assert_int_equal(anna->works[0].to_min, 1020);
	assert_int_equal(anna->works[1].weekdays, 0x10);
	assert_int_equal(anna->works[1].to_min, 750);
	assert_int_equal(anna->n_absent, 1);
	assert_int_equal(anna->absent[0].past - anna->absent[0].first, 5);
	assert_int_equal(anna->n_sources, 2);
	assert_string_equal(r.sources[anna->sources[0].source].id, "anna-1");
	assert_true(anna->sources[0].primary);
	assert_string_equal(r.sources[anna->sources[1].source].id, "teamagenda");
	assert_false(anna->sources[1].primary);
	assert_int_equal(bram->budget_min, 3600);
	assert_int_equal(bram->factor_pct, 80);
	assert_int_equal(bram->n_works, 1);
	assert_int_equal(bram->works[0].weekdays, 0x1F);
	assert_int_equal(bram->n_sources, 1);
	assert_false(bram->sources[0].primary);
	assert_int_equal(r.n_sources, 2);
	const struct source *inline_one = roster_source(&r, "anna-1");
	const struct source *team = roster_source(&r, "teamagenda");
	(void)snprintf(path, sizeof path, "%s/rosters/anna.ics", folder);
	assert_string_equal(inline_one->path, path);
	assert_null(inline_one->url);
	assert_int_equal(inline_one->line, 18);
	assert_string_equal(inline_one->policy.kind, "untis");
	assert_string_equal(zone_name(inline_one->zone), "Europe/Amsterdam");
	assert_string_equal(team->url, "https://calendar.example.nl/anna.ics");
	assert_string_equal(team->policy.kind, "m365");
	assert_string_equal(team->policy.lesson, "^Les");
	const struct duo *duo = roster_duo(&r, "anna-bram");
	assert_string_equal(duo->members[0], "anna");
	assert_string_equal(duo->members[1], "bram");
	assert_string_equal(duo->topic, "Herschrijven module taalonderwijs");
	assert_int_equal(duo->expert_budget_cents, 75000);
	assert_int_equal(duo->cadence, 0);
	assert_string_equal(duo->was, "");
	assert_int_equal(strlen(r.hash), 32);
	roster_fini(&r);
}

#define HEAD "[programme]\nstart = 2026-08-31\nend = 2027-07-09\n"
#define ANNA "[person anna]\ntimetable = none\n"
#define BRAM "[person bram]\ntimetable = none\n"
#define DUO  "[duo ab]\nmembers = anna bram\n"
#define ALL  HEAD ANNA BRAM DUO
#define JAN  "[expert jan]\ntimetable = none\n"

/* Experts and rooms have one order, that of their ids; a duo keeps its own. */
static void check_third_parties(const struct roster *r)
{
	const struct duo *d = roster_duo(r, "d");
	const struct third_party *e = roster_third(r, "e"), *k = roster_third(r, "k");
	assert_int_equal(r->programme.n_steering_group, 2);
	assert_string_equal(r->programme.steering_group[0], "p-2");
	assert_string_equal(r->programme.steering_group[1], "p-1");
	assert_int_equal(d->n_experts, 2);
	assert_string_equal(d->experts[0].expert, "e");
	assert_int_equal(d->experts[0].n, 2);
	assert_int_equal(d->experts[0].min, 120);
	assert_string_equal(d->experts[1].expert, "a-expert");
	assert_int_equal(d->experts[1].n, 1);
	assert_int_equal(d->experts[1].min, 45);
	assert_int_equal(d->n_rooms, 2);
	assert_string_equal(d->rooms[0], "k");
	assert_string_equal(d->rooms[1], "b-room");
	assert_int_equal(r->n_third_parties, 4);
	assert_string_equal(r->third_parties[0].id, "a-expert");
	assert_string_equal(r->third_parties[3].id, "k");
	assert_null(roster_third(r, "p-1"));
	assert_int_equal(e->rate_cents, 9500);
	assert_false(e->is_room);
	assert_int_equal(e->capacity, 1);
	assert_int_equal(e->n_works, 2);
	assert_int_equal(e->works[0].from_min, 600);
	assert_int_equal(e->n_absent, 1);
	assert_int_equal(roster_third(r, "a-expert")->works[0].to_min, 1020);
	assert_int_equal(roster_third(r, "a-expert")->works[0].weekdays, 0x3F);
	assert_int_equal(k->capacity, 12);
	assert_true(k->is_room);
	assert_int_equal(k->works[0].weekdays, 0x7F);
	assert_int_equal(k->works[0].to_min, 1440);
	assert_int_equal(roster_third(r, "b-room")->capacity, 1);
	assert_int_equal(roster_third(r, "b-room")->works[0].to_min, 1200);
	assert_string_equal(r->sources[k->sources[0].source].id, "k-1");
	/* whose timetables the duo's plan looks at */
	assert_true(roster_duo_looks_at(r, d, k->sources[0].source));
	assert_true(roster_duo_looks_at(r, d, roster_person(r, "p-1")->sources[0].source));
}

static void every_key_takes_its_value(void **state)
{
	(void)state;
	struct roster r;
	load_good("\xEF\xBB\xBF; a comment\r\n"
		  "[programme]\r\n"
		  "start = 2026-08-31\r\nend = 2026-08-31\r\nzone = Europe/Lisbon\r\n"
		  "language = en\r\ndays = mon-sat\r\nbudget = 10h\r\nexpert_budget = 9.50 CHF\r\n"
		  "session = 50m..100m\r\npreferred = 50m\r\nlength_step = 10m\r\n"
		  "starts = 09:20 08:30\r\ncadence = 5\r\nmin_gap = 1\r\nbuffer = none\r\n"
		  "lunch = none\r\nprefer = tue 13:00-17:00\r\nprefer = 09:00-10:00\r\n"
		  "freeze = 0\r\nconfirm_after = 1w\r\npattern_weeks = 4\r\nintervisie = none\r\n"
		  "reflection = 30d x 90m\r\nvisits = 1x45m\r\nsteering = none\r\n"
		  "evaluation = 2h\r\nplan_due = 2026-08-31\r\nsteering_group = p-2, p-1\r\n"
		  "[person p-1]\nlanguage = nl\nzone = Europe/Berlin\nbudget = 20h\nfactor = 1.25\n"
		  "department = Pabo ; not a comment # nor this\n"
		  "competences = a,\n  # a comment between\n\n\tb\n  c\n"
		  "timetable = \"my file.ics\" primary=no default_length=45m ignore=\"^a b\\d\"\n"
		  "timetable = webcal://x.example/y zone=Europe/London\n"
		  "absent = 2026-09-01 ziek\n"
		  "[person p-2]\ntimetable = none\n"
		  "[duo d]\nmembers = p-1, p-2\nshare = p-1 3h\nshare = p-2 2h\ncadence = auto\n"
		  "prefer = none\nwas = old\nexpert = e 2 x 2h\nexpert = a-expert 1x45m\nroom = k, "
		  "b-room\n"
		  "[expert e]\nname = E\nrate = 95 CHF\ntimetable = none\n"
		  "works = tue 10:00-16:00\nworks = thu 09:00-12:00\nabsent = 2026-08-31 reis\n"
		  "[room k]\ncapacity = 12\ntimetable = k.ics\n"
		  "[room b-room]\ntimetable = none\nworks = 08:00-20:00\n"
		  "[expert a-expert]\ntimetable = none\n",
		  &r);
	const struct programme *p = &r.programme;
	assert_int_equal(p->past - p->start, 1);
	assert_string_equal(zone_name(p->zone), "Europe/Lisbon");
	assert_int_equal(p->language, LANG_EN);
	assert_int_equal(p->weekdays, 0x3F);
	assert_string_equal(p->currency, "CHF");
	assert_int_equal(p->expert_budget_cents, 950);
	assert_int_equal(p->preferred_min, 50);
	assert_int_equal(p->n_starts, 2);
	assert_int_equal(p->starts[0], 510);
	assert_int_equal(p->starts[1], 560);
	assert_int_equal(p->cadence, 5);
	assert_int_equal(p->buffer_min, 0);
	assert_int_equal(p->lunch_from_min, p->lunch_to_min);
	assert_int_equal(p->n_prefer, 2);
	assert_int_equal(p->prefer[0].weekdays, 1 << TUE);
	assert_int_equal(p->prefer[1].weekdays, 0x3F);
	assert_int_equal(p->freeze_s, 0);
	assert_int_equal(p->confirm_after_s, 7 * DAY_S);
	assert_int_equal(p->intervisie_n, 0);
	assert_int_equal(p->reflection_every_days, 30);
	assert_int_equal(p->reflection_min, 90);
	assert_int_equal(p->visits_n, 1);
	assert_int_equal(p->visit_min, 45);
	assert_int_equal(p->steering_min, 0);
	assert_int_equal(p->plan_due_days, 0);
	const struct person *one = roster_person(&r, "p-1");
	assert_string_equal(one->name, "p-1");
	assert_int_equal(one->language, LANG_NL);
	assert_string_equal(zone_name(one->zone), "Europe/Berlin");
	assert_int_equal(one->budget_min, 1500);
	assert_string_equal(one->department, "Pabo ; not a comment # nor this");
	assert_string_equal(one->competences, "a, b c");
	assert_int_equal(one->works[0].weekdays, 0x3F);
	assert_string_equal(one->absent[0].text, "ziek");
	assert_false(one->sources[0].primary);
	assert_false(one->sources[1].primary);
	assert_int_equal(roster_person(&r, "p-2")->language, LANG_EN);
	const struct source *s = roster_source(&r, "p-1-1");
	assert_non_null(strstr(s->path, "/my file.ics"));
	assert_string_equal(s->policy.ignore, "^a b\\d");
	assert_int_equal(s->policy.default_length_s, 45 * 60);
	assert_string_equal(zone_name(s->zone), "Europe/Berlin");
	assert_string_equal(zone_name(roster_source(&r, "p-1-2")->zone), "Europe/London");
	assert_string_equal(roster_source(&r, "p-1-2")->url, "webcal://x.example/y");
	const struct duo *d = roster_duo(&r, "d");
	assert_int_equal(d->n_shares, 2);
	assert_int_equal(d->shares[0].min, 180);
	assert_int_equal(d->expert_budget_cents, 950);
	assert_int_equal(d->prefer[0].weekdays, 0x7F);
	assert_int_equal(d->prefer[0].to_min, 1440);
	assert_string_equal(d->was, "old");
	check_third_parties(&r);
	roster_fini(&r);
}

/* ---- the faulty ones ------------------------------------------------------------------------- */

static const struct {
	const char *text, *fault;
} faulty[] = {
#include "roster_faults.inc"
};

/* Each case has exactly one fault, and exactly this sentence. */
static void one_fault_one_sentence(void **state)
{
	(void)state;
	size_t n = sizeof faulty / sizeof *faulty, wrong = 0;
	for (size_t i = 0; i < n; i++) {
		struct faults faults = {0};
		struct roster r = {.n_duos = 77};
		puts_in("r.ini", faulty[i].text);
		bool ok = load("r.ini", &r, &faults);
		if (ok || faults.n != 1 || strcmp(faults.v[0], faulty[i].fault) != 0 ||
		    r.n_duos != 77) {
			wrong++;
			print_error("case %zu\nwant %s\n", i, faulty[i].fault);
			for (size_t k = 0; k < faults.n; k++)
				print_error("got  %s\n", faults.v[k]);
			if (ok)
				roster_fini(&r);
		}
		faults_fini(&faults);
	}
	print_message("%zu faulty rosters, each with its sentence\n", n);
	assert_int_equal(wrong, 0);
	assert_true(n >= 60);
}

/* Sentences that cal/policy words: ours is the place and the key, once. */
static void keys_of_a_source_are_the_policys(void **state)
{
	(void)state;
	static const struct {
		const char *text, *begins;
	} cases[] = {
		{HEAD "[source s]\npath = x\nignore = (\n", "r.ini:6: ignore: "},
		{HEAD "[source s]\npath = x\nkind = unti\n", "r.ini:6: kind: "},
		{HEAD "[source s]\npath = x\nrefresh = often\n", "r.ini:6: refresh: "},
		{HEAD "[person s]\ntimetable = x kind=unti\n", "r.ini:5: timetable: kind: "},
		{HEAD "[person s]\ntimetable = x lesson=[\n", "r.ini:5: timetable: lesson: "},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct faults faults = {0};
		struct roster r;
		size_t n = strlen(cases[i].begins);
		puts_in("r.ini", cases[i].text);
		assert_false(load("r.ini", &r, &faults));
		assert_int_equal(faults.n, 1);
		if (strncmp(faults.v[0], cases[i].begins, n) != 0)
			fail_msg("%s", faults.v[0]);
		const char *colon = strchr(cases[i].begins + 9, ':');
		assert_true(strncmp(faults.v[0] + n, cases[i].begins + 9,
				    (size_t)(colon - cases[i].begins) - 8) != 0);
		faults_fini(&faults);
	}
	/* a preset does not undo a key that stands above it; files count from the roster */
	struct roster r;
	load_good(ALL "[source s]\npath = x\nuser_agent = me\nauth_file = s/a\nkind = m365\n", &r);
	const struct policy *policy = &roster_source(&r, "s")->policy;
	assert_string_equal(policy->user_agent, "me");
	assert_int_equal(policy->auth_file[0], '/');
	assert_non_null(strstr(policy->auth_file, "/s/a"));
	roster_fini(&r);
}

static void expect_faults(const char *const *want, size_t n)
{
	struct faults faults = {0};
	struct roster r;
	assert_false(load("r.ini", &r, &faults));
	for (size_t i = 0; i < n && i < faults.n; i++)
		assert_string_equal(faults.v[i], want[i]);
	assert_int_equal(faults.n, n);
	faults_fini(&faults);
}

static void all_faults_of_all_files_in_order(void **state)
{
	(void)state;
	assert_int_equal(mkdir("people", 0755), 0);
	puts_in("people/a.ini", "[person anna]\nbudget = 0\n");
	puts_in("people/b.ini", "include = c.ini\n[person bram]\ntimetable = none\nfacter = 1\n");
	puts_in("people/c.ini", "include = gone/*.ini\n[person anna]\ntimetable = none\n");
	puts_in("r.ini", "include = people/[ab].ini\n"
			 "[duo x]\n"
			 "members = anna carla\n"
			 "[programme]\n"
			 "end = 2026-01-01\n"
			 "budget\n"
			 "start = 2026-08-31\n");
	static const char *const want[] = {
		"r.ini:3: members: there is no [person carla]",
		"r.ini:5: end: 2026-01-01 is before the start, 2026-08-31",
		"r.ini:6: this line has no `=`: a line is `key = value`, a heading, or a comment "
		"that begins with #",
		"people/a.ini:1: [person anna] has no `timetable`: write timetable = none if there "
		"is none",
		"people/a.ini:2: budget: 0 is not within 1h..1000h",
		"people/b.ini:4: unknown key `facter`: did you mean `factor`?",
		"people/c.ini:1: include gone/*.ini: no file matches",
		"people/c.ini:2: the id `anna` is given twice (first as [person anna] at "
		"people/a.ini:1)",
	};
	expect_faults(want, sizeof want / sizeof *want);
}

static void includes_are_read_in_order(void **state)
{
	(void)state;
	struct roster r;
	puts_in("people/a.ini", ANNA "[person eve]\ntimetable = e.ics\n");
	puts_in("people/b.ini", "include = c.ini\n" BRAM);
	puts_in("people/c.ini", "[person carla]\ntimetable = /abs/c.ics\n");
	load_good("include = people/[ab].ini\n" HEAD DUO, &r);
	assert_int_equal(r.n_persons, 4);
	assert_non_null(strstr(roster_source(&r, "eve-1")->path, "/people/e.ics"));
	assert_string_equal(roster_source(&r, "eve-1")->file, "people/a.ini");
	assert_string_equal(roster_source(&r, "carla-1")->path, "/abs/c.ics");
	roster_fini(&r);
	puts_in("people/c.ini", "include = ../r.ini\n");
	static const char *const loop[] = {
		"people/c.ini:1: include people/../r.ini: was read already, as r.ini"};
	expect_faults(loop, 1);
	for (int i = 1; i <= 6; i++) {
		char name[24], text[64];
		(void)snprintf(name, sizeof name, "deep%d.ini", i);
		(void)snprintf(text, sizeof text, "include = deep%d.ini\n", i + 1);
		puts_in(name, i == 6 ? "" : text);
	}
	puts_in("r.ini", "include = deep1.ini\n" ALL);
	static const char *const deep[] = {
		"deep4.ini:1: include deep5.ini: files are included at most 4 deep"};
	expect_faults(deep, 1);
}

static void a_roster_that_cannot_be_read(void **state)
{
	(void)state;
	static const struct {
		const char *path, *fault;
	} cases[] = {
		{"none.ini", "none.ini: cannot be read: No such file or directory"},
		{"people", "people: is not a file"},
		{"big.ini", "big.ini: is larger than 8 MiB"},
		{"pipe.ini", "pipe.ini: is not a file"},
	};
	puts_in("big.ini", "");
	assert_int_equal(truncate("big.ini", (8 << 20) + 1), 0);
	assert_int_equal(mkfifo("pipe.ini", 0600), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct faults faults = {0};
		struct roster r;
		assert_false(load(cases[i].path, &r, &faults));
		assert_int_equal(faults.n, 1);
		assert_string_equal(faults.v[0], cases[i].fault);
		faults_fini(&faults);
	}
}

static void a_bundle_needs_no_files(void **state)
{
	(void)state;
	struct roster_bundle bundle = {0}, copy = {0};
	struct roster a, b;
	struct faults faults = {0};
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\n");
	puts_in("r.ini", good);
	assert_true(roster_collect("r.ini", &bundle, &faults));
	assert_true(roster_parse(&bundle, closed_stub, &closed_calls, &a, &faults));
	assert_int_equal(unlink("r.ini"), 0);
	assert_int_equal(unlink("holidays.ics"), 0);
	buf_add(&copy.bytes, bundle.bytes.v, bundle.bytes.n);
	assert_true(roster_parse(&copy, closed_stub, &closed_calls, &b, &faults));
	assert_string_equal(a.hash, b.hash);
	assert_int_equal(b.programme.n_closed, 2);
	roster_fini(&a);
	roster_fini(&b);
	/* one byte of the roster: another hash */
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\nX");
	load_good(good, &b);
	assert_string_not_equal(b.programme.name, "");
	char first[sizeof b.hash];
	memcpy(first, b.hash, sizeof first);
	roster_fini(&b);
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\nY");
	load_good(good, &b);
	assert_string_not_equal(b.hash, first);
	roster_fini(&b);
	roster_bundle_fini(&bundle);
	roster_bundle_fini(&copy);
}

static void a_large_roster(void **state)
{
	(void)state;
	enum { PERSONS = 2000 };
	struct buf text = {0};
	struct roster r;
	buf_adds(&text, HEAD);
	for (int i = 0; i < PERSONS; i++)
		buf_addf(&text, "[person p%d]\nname = P %d\ntimetable = p%d.ics kind=untis\n", i, i,
			 i);
	for (int i = 0; i < PERSONS; i += 2)
		buf_addf(&text, "[duo d%d]\nmembers = p%d p%d\n", i, i, i + 1);
	load_good(text.v, &r);
	assert_int_equal(r.n_persons, PERSONS);
	assert_int_equal(r.n_duos, PERSONS / 2);
	assert_int_equal(r.n_sources, PERSONS);
	for (size_t i = 1; i < r.n_sources; i++)
		assert_true(strcmp(r.sources[i - 1].id, r.sources[i].id) < 0);
	for (int i = 0; i < PERSONS; i++) {
		char id[24], source[24];
		(void)snprintf(id, sizeof id, "p%d", i);
		(void)snprintf(source, sizeof source, "p%d-1", i);
		const struct person *p = roster_person(&r, id);
		assert_non_null(p);
		assert_string_equal(r.sources[p->sources[0].source].id, source);
	}
	roster_fini(&r);
	buf_fini(&text);
}

/* Every line wrong: told at once, none lost count of, and in no time. */
static void a_large_roster_of_faults(void **state)
{
	(void)state;
	struct buf text = {0};
	struct faults faults = {0};
	struct roster r;
	buf_adds(&text, HEAD);
	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "[person p%d]\ntimetable = none\n[duo d%d]\nmembers = q%d p%d\n", i,
			 i, i, i);
	put("r.ini", text.v, text.n);
	assert_false(load("r.ini", &r, &faults));
	assert_int_equal(faults.n, FAULTS_MAX);
	assert_int_equal(faults.n + faults.dropped, 3000);
	faults_fini(&faults);
	buf_fini(&text);
}

/* ---- the mangled ones ------------------------------------------------------------------------ */

static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void survive(const char *bytes, size_t n)
{
	struct roster_bundle bundle = {0};
	struct faults faults = {0};
	struct roster r;
	put("r.ini", bytes, n);
	bool ok = roster_collect("r.ini", &bundle, &faults) &&
		  roster_parse(&bundle, closed_stub, &closed_calls, &r, &faults);
	assert_true(ok == (faults.n == 0));
	if (ok)
		roster_fini(&r);
	for (size_t i = 0; i < faults.n; i++)
		assert_non_null(strstr(faults.v[i], ": "));
	faults_fini(&faults);
	roster_bundle_fini(&bundle);
}

static void truncated_and_mutated(void **state)
{
	(void)state;
	static const char *const pieces[] = {
		"[",	"]",   "=",	   "\n", "\n ",	  "..",	       "\"",
		"\\",	" x ", "0",	   "-1", "none",  "source:",   "99999999",
		"\xFF", "\t",  "primary=", "%s", "kind=", "[duo x]\n", "include = *\n"};
	size_t n = sizeof good - 1;
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\n");
	print_message("rerun: test_roster %llu\n", (unsigned long long)seed);
	for (size_t cut = 0; cut < n; cut += 7)
		survive(good, cut);
	for (int round = 0; round < 800; round++) {
		struct buf text = {0};
		buf_add(&text, good, n);
		for (uint64_t k = next_random() % 6 + 1; k > 0; k--) {
			size_t at = next_random() % text.n;
			const char *piece =
				pieces[next_random() % (sizeof pieces / sizeof *pieces)];
			size_t room = text.n - at, m = strlen(piece);
			if (next_random() % 4 == 0)
				text.v[at] = (char)next_random();
			else
				memcpy(text.v + at, piece, m < room ? m : room);
		}
		survive(text.v, text.n);
		buf_fini(&text);
	}
}

static void damaged_bundles(void **state)
{
	(void)state;
	struct roster_bundle whole = {0};
	struct faults faults = {0};
	puts_in("holidays.ics", "BEGIN:VCALENDAR\r\n");
	puts_in("r.ini", good);
	assert_true(roster_collect("r.ini", &whole, &faults));
	for (int round = 0; round < 1500; round++) {
		struct roster_bundle one = {0};
		struct roster r;
		size_t n = round < 300 ? (size_t)round : whole.bytes.n;
		buf_add(&one.bytes, whole.bytes.v, n);
		if (n)
			one.bytes.v[next_random() % (round % 2 && n > 100 ? 100 : n)] =
				(char)next_random();
		if (roster_parse(&one, closed_stub, &closed_calls, &r, &faults))
			roster_fini(&r);
		roster_bundle_fini(&one);
		faults_fini(&faults);
	}
	struct roster_bundle none = {0};
	struct roster r;
	assert_false(roster_parse(&none, closed_stub, &closed_calls, &r, &faults));
	assert_string_equal(faults.v[0], "roster: the kept roster is damaged");
	faults_fini(&faults);
	/* no file is left of it, but what was wrong with one */
	buf_adds(&none.bytes, "tandemd roster 1\nf 5 6\nr.ini3 oops\n");
	assert_false(roster_parse(&none, closed_stub, &closed_calls, &r, &faults));
	assert_int_equal(faults.n, 2);
	assert_string_equal(faults.v[0], "roster: the kept roster is empty");
	assert_string_equal(faults.v[1], "r.ini:3: oops");
	faults_fini(&faults);
	roster_bundle_fini(&none);
	roster_bundle_fini(&whole);
}

/* The sample that people copy is a good roster. */
static char sample[4096];

static void the_sample_is_good(void **state)
{
	(void)state;
	struct faults faults = {0};
	struct roster r;
	if (access(sample, R_OK) != 0) {
		print_message("skipped: not started where conf/ is\n");
		return;
	}
	if (!load(sample, &r, &faults))
		fail_msg("%s", faults.v[0]);
	assert_int_equal(r.n_persons, 3);
	assert_int_equal(r.n_duos, 2);
	assert_string_equal(roster_duo(&r, "anna-bram")->topic,
			    "Herschrijven module taalonderwijs, met drie lesbezoeken over en weer");
	roster_fini(&r);
	/* the keys that are commented out are there with what they say */
	FILE *f = fopen(sample, "r");
	struct buf text = {0};
	char line[1000];
	while (fgets(line, sizeof line, f)) {
		bool key = strncmp(line, "# ", 2) == 0 && strstr(line, " = ") &&
			   !strstr(line, "include = ") && !strstr(line, "holidays.ics") &&
			   !strstr(line, "and in a person") && !strstr(line, "starts = ") &&
			   line[2] != ' ';
		bool heading = strncmp(line, "# [", 3) == 0;
		bool twice = strncmp(line, "# key = ", 8) == 0;
		buf_adds(&text, line + ((key && !twice) || heading ? 2 : 0));
	}
	(void)fclose(f);
	put("r.ini", text.v, text.n);
	if (!load("r.ini", &r, &faults))
		fail_msg("uncommented: %s", faults.v[0]);
	assert_int_equal(r.n_third_parties, 2);
	assert_int_equal(r.n_sources, 1);
	roster_fini(&r);
	buf_fini(&text);
}

int main(int argc, char **argv)
{
	char cleanup[sizeof folder + 16];
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	seed = seed ? seed : 1;
	if (!realpath("conf/roster.ini", sample))
		sample[0] = '\0';
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_roster_field_by_field),
		cmocka_unit_test(every_key_takes_its_value),
		cmocka_unit_test(one_fault_one_sentence),
		cmocka_unit_test(keys_of_a_source_are_the_policys),
		cmocka_unit_test(all_faults_of_all_files_in_order),
		cmocka_unit_test(includes_are_read_in_order),
		cmocka_unit_test(a_roster_that_cannot_be_read),
		cmocka_unit_test(a_bundle_needs_no_files),
		cmocka_unit_test(a_large_roster),
		cmocka_unit_test(a_large_roster_of_faults),
		cmocka_unit_test(truncated_and_mutated),
		cmocka_unit_test(damaged_bundles),
		cmocka_unit_test(the_sample_is_good),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(cleanup, sizeof cleanup, "rm -rf %s", folder);
	if (chdir("/") != 0 || system(cleanup) != 0)
		return 1;
	return failed;
}
