/* test_whatif.c -- what is supposed is what a roster with those lines would say, every fault is a
 * sentence, and the difference of two plans adds up. */
#include "plan/whatif.h"
#include "plan_world.h"
#include "setup/roster.h"
#include "work/rosterdiff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t seed;

#define PROGRAMME "[programme]\nstart = 2026-08-31\nend = 2027-07-09\nbudget = 75h\n"
#define ANNA                                                                                       \
	"[person anna]\nworks = mon-wed 08:30-17:00\nworks = thu 09:00-12:00\n"                    \
	"absent = 2026-11-02..2026-11-06\ntimetable = source:team\n"
#define BRAM "[person bram]\ntimetable = none\n"
#define CEES "[person cees]\ntimetable = none\n"
#define TEAM "[source team]\npath = team.ics\n"
#define JAN  "[expert jan]\ntimetable = none\n[room b12]\ntimetable = none\n"
#define DUO                                                                                        \
	"[duo anna-bram]\nmembers = anna bram\nshare = anna 40h\nshare = bram 50h\n"               \
	"expert = jan 2 x 2h\n"
#define REST BRAM CEES TEAM JAN DUO
static const char good[] = PROGRAMME ANNA REST;

static struct roster_bundle bundle_of(const char *text)
{
	struct roster_bundle bundle = {0};
	buf_addf(&bundle.bytes, "tandemd roster 1\ni 5 %zu\nr.ini%s\n", strlen(text), text);
	return bundle;
}

static bool no_closed(void *ctx, const char *bytes, size_t n, const struct zone *zone,
		      struct day_range **ranges, size_t *n_ranges, struct err *err)
{
	(void)ctx, (void)bytes, (void)n, (void)zone, (void)ranges, (void)n_ranges;
	return err_set(err, ERR_BUG, "no .ics stands in these rosters");
}

static struct roster roster_of(const char *text)
{
	struct roster roster = {0};
	struct faults faults = {0};
	struct roster_bundle bundle = bundle_of(text);
	if (!roster_parse(&bundle, no_closed, NULL, &roster, &faults))
		fail_msg("refused: %s", faults.v[0]);
	roster_bundle_fini(&bundle);
	faults_fini(&faults);
	return roster;
}

/* @out as @what would make of the good roster. */
static bool suppose(const char *what, struct roster *out, struct err *err)
{
	struct roster roster = roster_of(good);
	struct roster_bundle bundle = bundle_of(good);
	struct roster_edits edits;
	bool ok = roster_edits_read(&roster, "anna-bram", what, &edits, err);
	if (ok) {
		ok = roster_suppose(&bundle, &edits, no_closed, NULL, out, err);
		roster_edits_fini(&edits);
	}
	roster_bundle_fini(&bundle);
	roster_fini(&roster);
	return ok;
}

static const struct {
	const char *what, *roster;
} same[] = {
	{"anna works mon-thu 09:00-16:00",
	 PROGRAMME "[person anna]\nworks = mon-thu 09:00-16:00\nabsent = 2026-11-02..2026-11-06\n"
		   "timetable = source:team\n" REST},
	/* without hours: hers stay, new days get those of her first line */
	{"anna works mon-thu", PROGRAMME ANNA REST},
	{"anna works wed-fri",
	 PROGRAMME "[person anna]\nworks = wed,fri 08:30-17:00\nworks = thu 09:00-12:00\n"
		   "absent = 2026-11-02..2026-11-06\ntimetable = source:team\n" REST},
	{"bram works mon", PROGRAMME ANNA
	 "[person bram]\ntimetable = none\nworks = mon 08:30-17:00\n" CEES TEAM JAN DUO},
	/* two lines of one key stand together */
	{"anna works mon 08:00-12:00; anna works tue 13:00-17:00",
	 PROGRAMME "[person anna]\nworks = mon 08:00-12:00\nworks = tue 13:00-17:00\n"
		   "absent = 2026-11-02..2026-11-06\ntimetable = source:team\n" REST},
	/* what is a list grows */
	{"anna absent 2026-12-01..2026-12-04",
	 PROGRAMME ANNA "absent = 2026-12-01..2026-12-04\n" REST},
	{"closed 2026-10-12..2026-10-16 Herfst",
	 PROGRAMME "closed = 2026-10-12..2026-10-16 Herfst\n" ANNA REST},
	/* the duo's where a duo has it, else the programme's */
	{"cadence 5", PROGRAMME ANNA REST "cadence = 5\n"},
	{"programme cadence 5", PROGRAMME "cadence = 5\n" ANNA REST},
	{"anna-bram cadence = 5", PROGRAMME ANNA REST "cadence = 5\n"},
	{"budget=60h",
	 "[programme]\nstart = 2026-08-31\nend = 2027-07-09\nbudget = 60h\n" ANNA REST},
	{"session 60m..120m", PROGRAMME "session = 60m..120m\n" ANNA REST},
	{" ;days mon-thu;; intervisie none ;",
	 PROGRAMME "days = mon-thu\nintervisie = none\n" ANNA REST},
	{"bram budget 20h; bram factor 0.8; bram zone Europe/London",
	 PROGRAMME ANNA "[person bram]\ntimetable = none\nbudget = 20h\nfactor = 0.8\n"
			"zone = Europe/London\n" CEES TEAM JAN DUO},
	{"anna timetable none", PROGRAMME "[person anna]\nworks = mon-wed 08:30-17:00\nworks = thu "
					  "09:00-12:00\nabsent = 2026-11-02..2026-11-06\n"
					  "timetable = none\n" REST},
	{"team transparent busy", PROGRAMME ANNA BRAM CEES TEAM "transparent = busy\n" JAN DUO},
	{"jan timetable source:team",
	 PROGRAMME ANNA BRAM CEES TEAM "[expert jan]\ntimetable = source:team\n"
				       "[room b12]\ntimetable = none\n" DUO},
	/* a share and an expert give way to those of the same person only */
	{"share anna 30h", PROGRAMME ANNA BRAM CEES TEAM JAN
	 "[duo anna-bram]\nmembers = anna bram\nshare = bram 50h\n"
	 "share = anna 30h\nexpert = jan 2 x 2h\n"},
	{"expert jan 1 x 1h", PROGRAMME ANNA BRAM CEES TEAM JAN
	 "[duo anna-bram]\nmembers = anna bram\nshare = anna 40h\n"
	 "share = bram 50h\nexpert = jan 1 x 1h\n"},
	{"room b12; prefer tue 13:00-17:00",
	 PROGRAMME ANNA REST "room = b12\nprefer = tue 13:00-17:00\n"},
	{"members anna cees; share anna 40h; share bram 50h", NULL}, /* bram is no member then */
};

static void what_is_supposed_is_what_a_roster_would_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct roster is = {0};
		struct err err = {0};
		struct diff diff = {0};
		bool ok = suppose(same[i].what, &is, &err);
		if (!same[i].roster) {
			assert_false(ok);
			assert_non_null(strstr(err.text, "bram is not a member of this duo"));
			continue;
		}
		if (!ok)
			fail_msg("%s: %s", same[i].what, err.text);
		struct roster want = roster_of(same[i].roster);
		diff_rosters(&want, &is, &diff);
		for (size_t d = 0; d < diff.n; d++)
			print_message("%s: %c %s %s\n", same[i].what, diff.v[d].sign,
				      diff.v[d].kind, diff.v[d].id);
		assert_int_equal(diff.n, 0);
		diff_fini(&diff);
		roster_fini(&want);
		roster_fini(&is);
	}
}

static const struct {
	const char *what, *sentence;
} faults[] = {
	{"", "nothing is supposed: write a line of the roster"},
	{" ; ;", "nothing is supposed"},
	{"anan works mon-thu", "`anan` is neither somebody or something of the roster nor a key of "
			       "[programme] or [duo]: did you mean `anna`?"},
	{"budgt 60h", "did you mean `budget`?"},
	{"cadens 5", "did you mean `cadence`?"},
	{"= 5", "`= 5` is neither"},
	{"anna", "what of `anna`? A key and a value follow it"},
	{"anna works", "`works` has no value"},
	{"budget", "`budget` has no value"},
	{"anna wroks mon-thu", "unknown key `wroks`: did you mean `works`?"},
	{"anna works maandag", "works: \"maandag\" is not"},
	{"anna works mon-thu 17:00-08:00", "ends before it begins"},
	{"anna absent gisteren", "absent: "},
	{"cadence 0", "cadence: "},
	{"cadence 5; cadence 6", "`cadence` is given twice"},
	{"budget 2000h", "budget: 2000h is not within"},
	{"session 60m..70m", "session: 1h..1h10m are not multiples of length_step 15m"},
	{"end 2026-08-01", "end: 2026-08-01 is before the start"},
	{"closed none.ics", "closed none.ics: was not kept with the roster"},
	{"members anna", "a duo has two members, not 1"},
	{"members anna dirk", "members: there is no [person dirk]"},
	{"share cees 10h", "share: cees is not a member of this duo"},
	{"anna timetable source:tem", "did you mean source:team?"},
};

static void every_fault_is_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct roster is = {0};
		struct err err = {0};
		assert_false(suppose(faults[i].what, &is, &err));
		if (!strstr(err.text, faults[i].sentence))
			fail_msg("%s: \"%s\" is not in \"%s\"", faults[i].what, faults[i].sentence,
				 err.text);
		assert_int_equal(err.code, ERR_USAGE);
		assert_null(strstr(err.text, "r.ini")); /* nobody wrote a line there */
	}
}

/* Whatever is typed: an answer or a sentence. */
static void nonsense_never_breaks_it(void **state)
{
	(void)state;
	static const char *const words[] = {"anna",	   "works",
					    "=",	   ";",
					    "mon-thu",	   "08:30-17:00",
					    "bram",	   "duo",
					    "5",	   "\"",
					    "absent",	   "2026-12-01",
					    "jan",	   "share",
					    "team",	   "b12",
					    "closed",	   "none",
					    "60h",	   "\xff",
					    "zone",	   "lunch",
					    "members",	   "x",
					    "cadence 5 ;", "; anna works mon-thu",
					    "budget 60h"};
	struct world world = {.state = seed}, *w = &world;
	int good_ones = 0;
	for (int round = 0; round < 3000; round++) {
		struct buf text = {0};
		struct roster is = {0};
		struct err err = {0};
		for (uint32_t n = world_random(w, 7); n > 0; n--)
			buf_addf(&text, "%s ",
				 words[world_random(w, sizeof words / sizeof *words)]);
		if (suppose(buf_str(&text), &is, &err)) {
			good_ones++;
			roster_fini(&is);
		} else {
			assert_true(strlen(err.text) > 10 && err.code == ERR_USAGE);
		}
		buf_fini(&text);
	}
	assert_true(good_ones > 5);
}

/* ---- the difference ---- */

static void a_difference_adds_up(void **state)
{
	(void)state;
	int moved = 0;
	for (int round = 0; round < 100; round++) {
		struct world world, *w = &world;
		struct plan now, then;
		struct plan_difference d;
		world_init(w, seed + (uint64_t)round);
		plan_make(&w->task, &now);
		w->task.members[0].remaining_min = w->task.members[0].remaining_min * 2 / 3;
		w->weights.gap = 40;
		plan_make(&w->task, &then);
		plan_difference_init(&d, &now, &then);
		assert_int_equal(d.total, d.unused + d.gaps + d.even + d.slots + d.move);
		assert_int_equal(now.cost_total + d.total, then.cost_total);
		assert_int_equal(d.budget_min, d.placed_min + d.unplaced_min);
		assert_int_equal(d.same + d.n_gone, now.n);
		assert_int_equal(d.same + d.n_fresh, then.n);
		for (size_t i = 0; i < d.n_gone; i++)
			for (size_t k = 0; k < then.n; k++)
				assert_true(d.gone[i]->start != then.v[k].start ||
					    d.gone[i]->end != then.v[k].end);
		moved += d.n_gone > 0 && d.n_fresh > 0;
		plan_difference_fini(&d);
		plan_difference_init(&d, &then, &then);
		assert_true(d.total == 0 && d.n_gone == 0 && d.n_fresh == 0 && d.same == then.n);
		plan_difference_fini(&d);
		plan_fini(&now);
		plan_fini(&then);
		world_fini(w);
	}
	assert_true(moved > 10);
}

int main(int argc, char **argv)
{
	seed = world_seed(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_supposed_is_what_a_roster_would_say),
		cmocka_unit_test(every_fault_is_a_sentence),
		cmocka_unit_test(nonsense_never_breaks_it),
		cmocka_unit_test(a_difference_adds_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
