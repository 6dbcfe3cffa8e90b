/* test_fastlane.c -- fast lane and slow lane give one and the same timetable: on the calendars of
 * tests/data/ics, on ../shared/ics where it is there, and on random calendars, plain ones with
 * every oddity sprinkled in. Seed: argv[1]; number of random calendars: argv[2]. */
#include "ics_kit.h"

#include <dirent.h>
#include <sys/stat.h>

static void same_both_ways(const char *name, const struct import_file *files, size_t n,
			   struct asked *a)
{
	struct buf fast = {0}, slow = {0};
	int parses;
	answer(files, n, a, true, &slow, &parses);
	answer(files, n, a, false, &fast, &parses);
	equal_answers(name, files, n, &fast, &slow);
	buf_fini(&fast);
	buf_fini(&slow);
}

/* How many of the events of @text the fast lane takes. */
static size_t taken(const char *text, struct asked *a)
{
	struct lane_file file = {0};
	if (!lane_scan(text, strlen(text), &a->policy, &a->opts, &file))
		return 0;
	lane_settle(&file, 1, &a->policy, &a->opts, NULL);
	size_t n = file.n_events - file.n_slow;
	lane_file_fini(&file);
	return n;
}

/* ---- files -------------------------------------------------------------------------------- */

static int calendars;

static void every_file_below(const char *path, int depth)
{
	DIR *dir = opendir(path);
	assert_non_null(dir);
	for (const struct dirent *e; (e = readdir(dir));) {
		char whole[1024];
		struct stat st;
		size_t k = strlen(e->d_name);
		(void)snprintf(whole, sizeof whole, "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.' || stat(whole, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth > 0)
			every_file_below(whole, depth - 1);
		if (k < 4 || strcmp(e->d_name + k - 4, ".ics") != 0)
			continue;
		struct import_files files = {0};
		struct asked a;
		struct err err = {0};
		assert_true(import_load(whole, &import_limits_default, &files, &err));
		asked_init(&a);
		a.opts.from = 0; /* of all that they hold */
		same_both_ways(whole, files.v, files.n, &a);
		policy_fini(&a.policy);
		import_files_fini(&files);
		calendars++;
	}
	(void)closedir(dir);
}

static void calendars_of_the_project_are_read_alike(void **state)
{
	(void)state;
	calendars = 0;
	every_file_below("tests/data/ics", 0);
	assert_true(calendars > 40);
}

static void calendars_of_the_world_are_read_alike(void **state)
{
	const char *path = getenv("TANDEM_ICS");
	struct stat st;
	(void)state;
	path = path ? path : "../shared/ics";
	if (stat(path, &st) != 0) {
		(void)printf("skipped: %s is not here, 121 calendars unread\n", path);
		return;
	}
	calendars = 0;
	every_file_below(path, 8);
	(void)printf("%d calendars from %s\n", calendars, path);
}

/* ---- random calendars --------------------------------------------------------------------- */

static void put_calendar(struct buf *b)
{
	static const char *const headers[] = {
		"METHOD:PUBLISH",
		"METHOD:CANCEL",
		"X-WR-TIMEZONE:Europe/Amsterdam",
		"X-WR-TIMEZONE:Nowhere",
		"X-WR-CALNAME:rooster",
		"CALSCALE:GREGORIAN",
		"X-WR-TIMEZONE:(UTC+01:00) Amsterdam\\, Berlin",
		"METHOD:REQUEST",
		"BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE",
		"BEGIN:VFREEBUSY\r\nFREEBUSY:20260905T080000Z/PT1H\r\nEND:VFREEBUSY",
		"BEGIN:VTODO\r\nDTSTART:20260905T080000Z\r\nEND:VTODO",
		"x-folded:a\r\n b",
		"X-WR-TIMEZONE:Europe/London",
		"X-WR-TIMEZONE:W. Europe Standard Time",
		"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\n"
		"DTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"
		"DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE",
		"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE",
		"BEGIN:VTIMEZONE\r\nTZID:Nowhere\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0500\r\nTZOFFSETTO:+0530\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE",
		"BEGIN:VTIMEZONE\r\nTZID:Nowhere\r\nBEGIN:STANDARD\r\nEND:STANDARD\r\n"
		"END:VTIMEZONE",
		"X-WR-TIMEZONE:Custom\r\nBEGIN:VTIMEZONE\r\nTZID:Custom\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE",
	};
	static const char *const homes[] = {"X-WR-TIMEZONE:Nowhere",
					    "X-WR-TIMEZONE:Europe/London",
					    "X-WR-TIMEZONE:America/New_York",
					    "X-WR-TIMEZONE:Asia/Tokyo",
					    "X-WR-TIMEZONE:W. Europe Standard Time",
					    "X-WR-TIMEZONE:Nowhere\\, else",
					    "X-WR-TIMEZONE:",
					    "X-WR-TIMEZONE;X=1:Europe/London"};
	const char *eol = any(4) ? "\r\n" : "\n";
	unsigned strange = any(3) ? 0 : 3 + any(60), n = any(14);
	usual_form = any(3) ? 0 : 4;
	usual_odd = any(any(2) ? 2 : 12);
	buf_adds(b, any(20) ? "" : "\xEF\xBB\xBF");
	buf_adds(b, "BEGIN:VCALENDAR");
	newline(b, eol, strange * 8);
	for (unsigned i = any(3); i > 0; i--) {
		buf_adds(b, headers[any(any(3) ? 1 : sizeof headers / sizeof *headers)]);
		newline(b, eol, strange);
	}
	for (unsigned i = any(4) ? 0 : 1 + any(2); i > 0; i--) {
		usual_form = 4; /* times without a zone are what it is for */
		usual_odd = 7;
		buf_adds(b, PICK(homes));
		newline(b, eol, strange);
	}
	for (unsigned i = 0; i < n; i++)
		put_event(b, i, strange, eol);
	if (any(6) == 0) {
		buf_adds(b, PICK(headers));
		newline(b, eol, strange);
	}
	buf_adds(b, "END:VCALENDAR");
	newline(b, eol, strange * 4);
}

static void random_calendars_are_read_alike(void **state)
{
	size_t events = 0, fast = 0, quiet = 0, open = 0;
	(void)state;
	for (int i = 0; i < rounds; i++) {
		struct buf b[3] = {{0}};
		struct import_file files[3];
		struct asked a;
		random_state = seed + (unsigned)i * 7919;
		size_t n = any(8) ? 1 : 1 + any(3);
		random_settings(&a);
		for (size_t k = 0; k < n; k++) {
			for (unsigned c = any(8) ? 1 : any(3); c > 0; c--)
				put_calendar(&b[k]);
			if (any(10) == 0 && b[k].n > 0) { /* cut off, or with a byte gone wrong */
				if (any(2))
					b[k].n = any((unsigned)b[k].n);
				else
					b[k].v[any((unsigned)b[k].n)] = (char)any(256);
			}
			files[k] = (struct import_file){"a.ics", xmemdup(buf_str(&b[k]), b[k].n),
							b[k].n};
		}
		char name[40];
		(void)snprintf(name, sizeof name, "random calendar %d", i);
		same_both_ways(name, files, n, &a);
		struct lane_file lane = {0};
		if (n == 1 && lane_scan(files[0].bytes, files[0].n, &a.policy, &a.opts, &lane)) {
			events += lane.n_events;
			for (size_t k = 0; k < lane.n_events; k++)
				open += !lane.v[k].slow && lane.v[k].zone != LANE_UTC &&
					lane.v[k].zone != LANE_DAY &&
					(lane.v[k].zone == LANE_FLOATING ||
					 !lane.zones[lane.v[k].zone]);
			lane_settle(&lane, 1, &a.policy, &a.opts, NULL);
			fast += lane.n_events - lane.n_slow;
			quiet++;
		}
		lane_file_fini(&lane);
		for (size_t k = 0; k < n; k++) {
			xfree((char *)(uintptr_t)files[k].bytes);
			buf_fini(&b[k]);
		}
		policy_fini(&a.policy);
	}
	(void)printf("%d calendars, %zu with a fast lane: %zu of %zu events taken, %zu with a zone "
		     "that their file describes or leaves open\n",
		     rounds, quiet, fast, events, open);
	assert_true(open * 20 > events);
	assert_true(fast * 4 > events && quiet * 2 > (size_t)rounds); /* the test tests something */
}

/* ---- what is taken ------------------------------------------------------------------------ */

static void plain_events_are_taken(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(
		taken(CAL(EVENT("UID:1\r\nDTSTART;TZID=Europe/Amsterdam:20260901T083000\r\n"
				"DTEND;TZID=Europe/Amsterdam:20260901T092000\r\n")
				  EVENT("UID:2\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n")
					  EVENT("UID:3\r\nDTSTART;VALUE=DATE:20260901\r\n")),
		      &a),
		3);
	policy_fini(&a.policy);
}

static void a_uid_in_two_components_is_left(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(
		taken(CAL(EVENT("UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n")
				  EVENT("UID:2\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n")
					  EVENT("UID:1\r\nDTSTART:20260903T083000Z\r\n"
						"RECURRENCE-ID:20260901T083000Z\r\n")),
		      &a),
		1);
	policy_fini(&a.policy);
}

static void zones_that_a_file_describes_are_found(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(
		taken(CAL(EVENT("UID:1\r\nDTSTART:20260901T083000\r\nDURATION:PT1H\r\n") EVENT(
			      "UID:2\r\nDTSTART;TZID=Custom:20260901T083000\r\nDURATION:PT1H\r\n")
				  EVENT("UID:3\r\nDTSTART;TZID=W. Europe Standard "
					"Time:20260901T083000\r\nDURATION:PT1H\r\n")
					  EVENT("UID:4\r\nDTSTART;TZID=Nowhere:20260901T083000\r\n"
						"DURATION:PT1H\r\n") "BEGIN:VTIMEZONE\r\nTZID:"
								     "Custom\r\nBEGIN:STANDARD\r\n"
								     "DTSTART:"
								     "19701025T030000\r\nTZOFFSETFR"
								     "OM:+0300\r\n"
								     "TZOFFSETTO:+0300\r\nEND:"
								     "STANDARD\r\nEND:"
								     "VTIMEZONE\r\n"),
		      &a),
		3);
	policy_fini(&a.policy);
}

static void what_warns_is_left(void **state)
{
	struct asked a;
	(void)state;
	asked_init(&a);
	assert_int_equal(taken(CAL(EVENT("UID:1\r\nDTSTART:20260901T083000Z\r\n") EVENT(
				       "UID:2\r\nDTSTART:20260902T083000\r\nDURATION:-PT1H\r\n")
					   EVENT("UID:3\r\nDTSTART;TZID=Nowhere:20260902T083000\r\n"
						 "DURATION:PT1H\r\n")),
			       &a),
			 0);
	policy_fini(&a.policy);
}

static void the_parser_is_not_asked_for_nothing(void **state)
{
	static const char plain[] =
		CAL("X-WR-TIMEZONE:Europe/Amsterdam\r\nMETHOD:PUBLISH\r\n" EVENT(
			"UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n"));
	static const char ruled[] = CAL(EVENT(
		"UID:1\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n"));
	struct import_file files[] = {{NULL, plain, sizeof plain - 1},
				      {NULL, ruled, sizeof ruled - 1}};
	struct buf out = {0};
	struct asked a;
	int parses;
	(void)state;
	asked_init(&a);
	answer(&files[0], 1, &a, false, &out, &parses);
	assert_int_equal(parses, 0);
	answer(&files[1], 1, &a, false, &out, &parses);
	assert_int_equal(parses, 1);
	buf_fini(&out);
	policy_fini(&a.policy);
}

int main(int argc, char **argv)
{
	ics_kit_init(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_events_are_taken),
		cmocka_unit_test(a_uid_in_two_components_is_left),
		cmocka_unit_test(what_warns_is_left),
		cmocka_unit_test(zones_that_a_file_describes_are_found),
		cmocka_unit_test(the_parser_is_not_asked_for_nothing),
		cmocka_unit_test(calendars_of_the_project_are_read_alike),
		cmocka_unit_test(calendars_of_the_world_are_read_alike),
		cmocka_unit_test(random_calendars_are_read_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
