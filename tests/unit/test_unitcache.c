/* test_unitcache.c -- what is kept of an import never changes what the next one says: random
 * calendars and edits of them, read with the cache of the version before and without. Seed: argv[1];
 * argv[2]: four times the number of calendars. */
#include "cal/unitcache.h"

#include "ics_kit.h"

static const char *const rules[] = {
	"RRULE:FREQ=WEEKLY;COUNT=5",
	"RRULE:FREQ=DAILY;UNTIL=20261001T000000Z",
	"RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=9\r\nEXDATE;TZID=Europe/Amsterdam:20261019T083000",
	"RDATE;TZID=Europe/Amsterdam:20261101T083000,20261102T083000",
	"RRULE:FREQ=NEVER",
	"RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=4\r\nSEQUENCE:2",
	"RECURRENCE-ID:20261001T083000Z",
	"RRULE:FREQ=WEEKLY;COUNT=3\r\nTRANSP:TRANSPARENT",
};

/* As put_event, with a rule, and often with an override or a second version. */
static void put_series(struct buf *b, unsigned i)
{
	for (unsigned k = any(3) ? 1 : 2; k > 0; k--) {
		int day = (int)any(60), minute = (int)any(1440);
		buf_addf(b, "BEGIN:VEVENT\r\nUID:%u\r\nDTSTAMP:20260801T12%02u00Z\r\n", i, any(60));
		buf_addf(b, "%s\r\n%s\r\n", PICK(harmless), PICK(rules));
		put_time(b, "DTSTART", any(6) ? any(2) : any(5), day, minute);
		buf_adds(b, "\r\n");
		if (any(10))
			buf_addf(b, "DURATION:PT%uM\r\n", 10 + any(100));
		buf_adds(b, "END:VEVENT\r\n");
	}
}

/* Puts @text in at @at instead of @gone bytes. */
static void splice(struct buf *b, size_t at, size_t gone, const char *text, size_t n)
{
	struct buf made = {0};
	buf_add(&made, b->v, at);
	buf_add(&made, text, n);
	buf_add(&made, b->v + at + gone, b->n - at - gone);
	buf_fini(b);
	*b = made;
}

/* An event behind a random place, up to its END's line end; false when there is none. */
static bool some_event(const struct buf *b, size_t *at, size_t *n)
{
	const char *from = b->v + any((unsigned)b->n), *line = strstr(from, "BEGIN:VEVENT");
	const char *stop = line ? strstr(line, "END:VEVENT") : NULL;
	stop = stop ? strchr(stop, '\n') : NULL;
	*at = stop ? (size_t)(line - b->v) : 0;
	*n = stop ? (size_t)(stop + 1 - line) : 0;
	return stop;
}

/* CRLF <-> LF, of the first @most lines behind a random place. */
static void change_line_ends(struct buf *b, size_t most)
{
	for (size_t i = any((unsigned)b->n); i < b->n && most > 0; i++) {
		if (b->v[i] != '\n')
			continue;
		most--;
		if (i > 0 && b->v[i - 1] == '\r')
			splice(b, --i, 1, "", 0);
		else
			splice(b, i++, 0, "\r", 1);
	}
}

/* Changes of whole events and of what stands between them. */
static void change_events(struct buf *b)
{
	static const char *const between[] = {
		"\r\n",
		" \r\n",
		"\r\n folded\r\n",
		"\t\n",
		"X-WR-TIMEZONE:Europe/London\r\n",
		"METHOD:CANCEL\r\n",
		"BEGIN:VTODO\r\nUID:3\r\nEND:VTODO\r\n",
		"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\n",
		"BEGIN:VTIMEZONE\r\nTZID:Europe/Amsterdam\r\nBEGIN:STANDARD\r\n"
		"DTSTART:19701025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n"
		"END:STANDARD\r\nEND:VTIMEZONE\r\n",
		"END:VEVENT\r\n",
		"BEGIN:VEVENT\r\n",
	};
	const char *text = PICK(between);
	struct buf copy = {0};
	size_t at, n, to, k;
	if (!some_event(b, &at, &n))
		return;
	buf_add(&copy, b->v + at, n);
	switch (any(6)) {
	case 0: splice(b, at, n, "", 0); break;
	case 1: splice(b, at, 0, copy.v, copy.n); break; /* its UID twice */
	case 2: splice(b, any(2) ? at : at + n, 0, text, strlen(text)); break;
	case 3:
		splice(b, at + n, 0, EVENT("DTSTART:20261001T080000Z\r\n"),
		       strlen(EVENT("DTSTART:20261001T080000Z\r\n")));
		break;
	case 4: /* moved elsewhere */
		splice(b, at, n, "", 0);
		if (some_event(b, &to, &k))
			splice(b, to, 0, copy.v, copy.n);
		break;
	default: splice(b, at + any((unsigned)n), 0, any(2) ? "\r\n " : "\xC3\xA9", any(2) ? 2 : 3);
	}
	buf_fini(&copy);
}

/* Restamps all, moves one event, renumbers one, or changes a letter anywhere. */
static void change(struct buf *b)
{
	char *at = b->v + any((unsigned)b->n), *line;
	switch (any(8)) {
	case 0: change_line_ends(b, any(4) ? 1 + any(12) : b->n); return;
	case 1:
		line = strstr(at, "DTSTART");
		line = line ? strstr(line, "T0") : NULL;
		if (line)
			line[2] = (char)('0' + any(10));
		return;
	case 2:
		for (line = b->v; (line = strstr(line, "DTSTAMP:20260801T12")); line++)
			line[19] = (char)('0' + any(6));
		return;
	case 3:
	case 4:
		line = strstr(at, any(2) ? "UID:" : "SEQUENCE:");
		if (line)
			strchr(line, ':')[1] = (char)('0' + any(10));
		return;
	case 5: *at = (char)(' ' + any(95)); return;
	default: change_events(b);
	}
}

/* What a version is read with may be another thing than what the one before was read with: the
 * window moves on every day. */
static void change_settings(struct asked *a)
{
	static const char *const settings[][2] = {
		{"transparent", "free"}, {"transparent", "busy"}, {"tentative", "free"},
		{"allday", "free"},	 {"lesson", "gym"},	  {"ignore", "wisk"},
		{"cancelled", "^een"},	 {"own", "wisk"},
	};
	static const char *const zones[] = {"Europe/London", "Europe/Amsterdam",
					    "America/New_York"};
	const char *const *one = PICK(settings);
	struct err err;
	switch (any(7)) {
	case 0: a->opts.from += (int64_t)any(60) * 86400; break;
	case 1: a->opts.to -= (int64_t)any(60) * 86400; break;
	case 2: a->opts.zone = zone_by_name(PICK(zones)); break;
	case 3: a->opts.own_host = a->opts.own_host ? NULL : "duo.example.org"; break;
	case 4: a->limits.occurrences = any(4) ? 100000 : 20; break;
	case 5: a->policy.default_length_s = 60 * (1 + (int)any(100)); break;
	default: assert_true(policy_set(&a->policy, one[0], one[1], &err));
	}
}

/* What may stand between events. */
static void put_between(struct buf *b)
{
	static const char *const between[] = {
		"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\n",
		"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/London\r\n",
		"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\n",
		"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Nowhere\r\n"
		"BEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nTZOFFSETFROM:+0300\r\n"
		"TZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
		"BEGIN:VTODO\r\nUID:3\r\nEND:VTODO\r\n",
		"X-ANYTHING:1\r\n",
	};
	buf_adds(b, PICK(between));
}

static void same_with_cache(const struct buf *b, struct asked *a, const char *name)
{
	struct import_file file = {NULL, b->v, b->n};
	struct unit_cache *cache = a->opts.units;
	struct buf cold = {0}, cached = {0};
	int parses;
	a->opts.units = NULL;
	answer(&file, 1, a, true, &cold, &parses);
	a->opts.units = cache;
	answer(&file, 1, a, false, &cached, &parses);
	equal_answers(name, &file, 1, &cached, &cold);
	buf_fini(&cold);
	buf_fini(&cached);
}

static void imports_with_a_cache_say_the_same(void **state)
{
	size_t known_in_all = 0, grouped = 0;
	(void)state;
	for (int i = 0; i < rounds / 4; i++) {
		struct buf b = {0};
		struct asked a;
		char name[60];
		size_t known, all;
		random_state = seed + (unsigned)i * 104729;
		random_settings(&a);
		a.opts.units = unit_cache_new(any(10) ? 1 << 20 : 4000);
		unit_cache_group(a.opts.units, 1 + any(5), any(4));
		buf_adds(&b, "BEGIN:VCALENDAR\r\n");
		if (any(4) == 0)
			buf_adds(&b, "X-WR-TIMEZONE:Europe/Amsterdam\r\n");
		unsigned series = any(4); /* of four */
		bool apart = any(3) == 0;
		usual_form = any(3) ? 0 : 4;
		usual_odd = any(any(2) ? 2 : 12);
		for (unsigned k = 0; k < 20; k++) {
			if (any(4) < series)
				put_series(&b, k);
			else
				put_event(&b, k, 0, any(8) ? "\r\n" : "\n");
			if (apart && any(3) == 0)
				put_between(&b);
		}
		buf_adds(&b, "END:VCALENDAR\r\n");
		for (int turn = 0; turn < 5; turn++) {
			(void)snprintf(name, sizeof name, "calendar %d, version %d", i, turn);
			same_with_cache(&b, &a, name);
			unit_cache_hits(a.opts.units, &known, &all);
			known_in_all += known;
			grouped += unit_cache_grouped(a.opts.units);
			change(&b);
			if (any(8) == 0)
				change_settings(&a);
		}
		unit_cache_free(a.opts.units);
		policy_fini(&a.policy);
		buf_fini(&b);
	}
	(void)printf("%zu units were known, %zu events not even scanned\n", known_in_all, grouped);
	assert_true(known_in_all > (size_t)rounds && grouped > 5 * (size_t)rounds);
}

/* Two events of one UID, whose name is folded in one of them, are told of as such. */
static void a_name_that_is_folded_is_a_name(void **state)
{
	static const char *const names[] = {"UID", "U\r\n ID", "UI\r\n D", "U\r\n I\r\n D",
					    "ui\n\td"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf b = {0};
		struct asked a;
		random_state = 1;
		random_settings(&a);
		a.opts.units = unit_cache_new(1 << 20);
		buf_addf(&b,
			 "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n"
			 "DTSTART:20260901T083000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
			 "BEGIN:VEVENT\r\n%s:x\r\nDTSTART:20260902T083000Z\r\n"
			 "DURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
			 names[i]);
		same_with_cache(&b, &a, names[i]);
		same_with_cache(&b, &a, names[i]);
		unit_cache_free(a.opts.units);
		policy_fini(&a.policy);
		buf_fini(&b);
	}
}

#define LESSON(uid, day, more)                                                                     \
	EVENT("UID:" uid "\r\nDTSTART;TZID=Europe/Amsterdam:202609" day                            \
	      "T083000\r\nDURATION:PT1H\r\n" more)

#define FIRST EVENT("UID:0\r\nDTSTART:20260901T043000Z\r\nDURATION:PT1H\r\n")
#define ELSEWHERE                                                                                  \
	EVENT("UID:1\r\nDTSTART:20260901T073000Z\r\nDTEND;TZID=Europe/London:20260901T093000\r\n")
#define LONG EVENT("UID:00\r\nDTSTART:20260901T033000Z\r\nDURATION:PT1H\r\nX-A:#\r\n")

/* @text with a long text for every #: the scan looks at line ends that far ahead. */
static void put_long(struct buf *b, const char *text)
{
	for (; *text; text++) {
		for (int i = 0; *text == '#' && i < 5000; i++)
			buf_addc(b, 'x');
		if (*text != '#')
			buf_addc(b, *text);
	}
}

/* Groups of one to three events are taken where nothing around them speaks against it. The first event of a
 * file is always read. */
static void what_stands_around_groups_counts(void **state)
{
	static const struct {
		const char *first, *second;
		int64_t components;
		const char *says;
	} cases[] = {
		/* a false VTIMEZONE for a zone that only the end of a known event names */
		{CAL(FIRST ELSEWHERE LESSON("2", "02", "")),
		 CAL("BEGIN:VTIMEZONE\r\nTZID:Europe/London\r\nBEGIN:STANDARD\r\n"
		     "DTSTART:19701025T030000\r\nTZOFFSETFROM:+0500\r\nTZOFFSETTO:+0500\r\n"
		     "END:STANDARD\r\nEND:VTIMEZONE\r\n" FIRST ELSEWHERE LESSON("2", "02", "")),
		 100, "VTIMEZONE"},
		/* one component too many, though those before it are known */
		{CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "")),
		 CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "") LESSON("3", "03", "")), 4,
		 "[import] components"},
		/* a known event whose UID comes a second time */
		{CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "")),
		 CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "")
			     LESSON("1", "03", "RECURRENCE-ID:20260901T063000Z\r\n")),
		 100, "lesson"},
		/* Latin-1, now that nothing in the file speaks for UTF-8 any more */
		{CAL(FIRST LONG LESSON("1", "01", "X:#\r\nLOCATION:\xE9\r\nX:#\r\n")
			     LESSON("2", "02", "X:\xC3\xA9\r\n")),
		 CAL(FIRST LONG LESSON("1", "01", "X:#\r\nLOCATION:\xE9\r\nX:#\r\n")
			     LESSON("2", "02", "X:e\r\n")),
		 100, "Latin-1"},
		/* something else between known events */
		{CAL(FIRST LESSON("1", "01", "") "BEGIN:VTODO\r\nEND:VTODO\r\n" LESSON(
			 "2", "02", "") LESSON("3", "03", "")),
		 CAL(FIRST LESSON("1", "01", "") "BEGIN:VTODO\r\nEND:VTODO\r\n" LESSON(
			 "2", "02", "") LESSON("3", "03", "RRULE:FREQ=DAILY;COUNT=2\r\n")),
		 100, "lesson"},
		/* known events in another calendar than before */
		{CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "")),
		 CAL(FIRST
		     "END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Tokyo\r\n" LESSON(
			     "1", "01", "") LESSON("2", "02", "")),
		 100, "lesson"},
		/* METHOD:CANCEL speaks for all */
		{CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "")),
		 CAL(FIRST LESSON("1", "01", "") LESSON("2", "02", "") "METHOD:CANCEL\r\n"), 100,
		 "free 3"},
	};
	(void)state;
	for (size_t k = 0; k < 3 * (sizeof cases / sizeof *cases); k++) {
		size_t i = k / 3;
		struct buf texts[2] = {{0}}, said = {0};
		struct asked a;
		int parses;
		asked_init(&a);
		a.limits.components = cases[i].components;
		a.opts.units = unit_cache_new(1 << 20);
		unit_cache_group(a.opts.units, 1 + k % 3, 1);
		put_long(&texts[0], cases[i].first);
		put_long(&texts[1], cases[i].second);
		same_with_cache(&texts[0], &a, "first version");
		same_with_cache(&texts[0], &a, "first version again");
		assert_true(unit_cache_grouped(a.opts.units) >= 3);
		same_with_cache(&texts[1], &a, cases[i].says);
		struct import_file file = {NULL, texts[1].v, texts[1].n};
		unit_cache_free(a.opts.units);
		a.opts.units = NULL;
		answer(&file, 1, &a, true, &said, &parses);
		assert_non_null(strstr(buf_str(&said), cases[i].says));
		policy_fini(&a.policy);
		buf_fini(&texts[0]);
		buf_fini(&texts[1]);
		buf_fini(&said);
	}
}

static void what_did_not_change_is_not_parsed(void **state)
{
	static const char first[] =
		CAL(EVENT("UID:a\r\nDTSTAMP:20260801T000000Z\r\nDTSTART:"
			  "20260901T083000Z\r\nDURATION:PT1H"
			  "\r\nRRULE:FREQ=WEEKLY;COUNT=9\r\nSEQUENCE:1\r\n")
			    EVENT("UID:b\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n"
				  "RRULE:FREQ=WEEKLY;COUNT=9\r\n"));
	static const char stamped[] =
		CAL(EVENT("UID:z\r\nDTSTAMP:20260808T000000Z\r\nDTSTART:"
			  "20260901T083000Z\r\nDURATION:PT1H"
			  "\r\nRRULE:FREQ=WEEKLY;COUNT=9\r\nSEQUENCE:7\r\n")
			    EVENT("UID:b\r\nDTSTART:20260902T083000Z\r\nDURATION:PT1H\r\n"
				  "RRULE:FREQ=WEEKLY;COUNT=9\r\n"));
	struct import_file files[] = {{NULL, first, sizeof first - 1},
				      {NULL, stamped, sizeof stamped - 1}};
	struct buf a = {0}, b = {0};
	struct asked asked;
	int parses;
	(void)state;
	asked_init(&asked);
	asked.opts.units = unit_cache_new(1 << 20);
	answer(&files[0], 1, &asked, false, &a, &parses);
	assert_int_equal(parses, 1);
	assert_true(unit_cache_bytes(asked.opts.units) > 0);
	answer(&files[1], 1, &asked, false, &b, &parses);
	assert_int_equal(parses, 0);
	assert_string_equal(buf_str(&a), buf_str(&b));
	unit_cache_free(asked.opts.units);
	policy_fini(&asked.policy);
	buf_fini(&a);
	buf_fini(&b);
}

static void a_cache_that_grows_too_large_is_emptied(void **state)
{
	static const char text[] =
		CAL(EVENT("UID:a\r\nDTSTART:20260901T083000Z\r\nDURATION:PT1H\r\n"
			  "RRULE:FREQ=DAILY;COUNT=300\r\n"));
	struct import_file file = {NULL, text, sizeof text - 1};
	struct buf a = {0};
	struct asked asked;
	int parses;
	(void)state;
	asked_init(&asked);
	asked.opts.units = unit_cache_new(5000);
	for (int i = 0; i < 2; i++) {
		answer(&file, 1, &asked, false, &a, &parses);
		assert_int_equal(parses, 1);
		assert_true(unit_cache_bytes(asked.opts.units) <= 5000);
	}
	unit_cache_free(asked.opts.units);
	policy_fini(&asked.policy);
	buf_fini(&a);
}

int main(int argc, char **argv)
{
	ics_kit_init(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_around_groups_counts),
		cmocka_unit_test(what_did_not_change_is_not_parsed),
		cmocka_unit_test(a_cache_that_grows_too_large_is_emptied),
		cmocka_unit_test(imports_with_a_cache_say_the_same),
		cmocka_unit_test(a_name_that_is_folded_is_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
