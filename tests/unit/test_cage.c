/* test_cage.c -- whatever the parser does, it costs one import a sentence, and the next works.
 *
 * The parser that children run here is a hostile one: what it does is told by the text's first
 * word. Both ways into the cage are tried: the small process, and a fork from here. */
#include "io/cage.h"
#include "base/clock.h"
#include "cal/ics_parse.h"
#include "cal/wire.h"
#include "io/cage_child.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static void spin(void)
{
	volatile unsigned i = 0;
	for (;;)
		i++;
}

static void eat(void)
{
	for (;;)
		memset(xmalloc(1 << 20), 1, 1 << 20);
}

static void crash(void)
{
	volatile uintptr_t nowhere = 8;
	*(volatile int *)nowhere = 1;
}

static void open_file(void)
{
	FILE *f = fopen("/etc/passwd", "r");
	(void)f;
}

static void open_socket(void)
{
	(void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void leave(void)
{
	_exit(0);
}

/* Waits without using the processor: a futex nobody wakes. */
static void stall(void)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	(void)pthread_mutex_lock(&m);
	(void)pthread_mutex_lock(&m);
}

static const struct {
	const char *word;
	void (*act)(void);
} acts[] = {{"spin", spin},	     {"eat", eat},     {"crash", crash}, {"open", open_file},
	    {"socket", open_socket}, {"leave", leave}, {"stall", stall}};

static bool hostile(const char *text, size_t n, struct buf *wire, struct err *err)
{
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(text, acts[i].word) == 0)
			acts[i].act();
	if (strncmp(text, "fail ", 5) == 0) { /* the n-th allocation from here */
		char *rest;
		long after = strtol(text + 5, &rest, 10);
		cage_memory_fail_after(after);
		return ics_parse(rest + 1, n - (size_t)(rest + 1 - text), wire, err);
	}
	if (strcmp(text, "refuse") == 0)
		return err_set(err, ERR_PARSE, "no \x1b[31mthanks");
	if (strncmp(text, "BEGIN:", 6) == 0)
		return ics_parse(text, n, wire, err);
	buf_add(wire, text, n); /* an echo */
	return true;
}

typedef bool parse_fn(const struct buf *text, const struct import_limits *limits, struct buf *wire,
		      struct err *err);

static struct cage *cage;

static bool by_process(const struct buf *text, const struct import_limits *limits, struct buf *wire,
		       struct err *err)
{
	return cage_parse(cage, text, limits, wire, err);
}

static parse_fn *const ways[] = {by_process, cage_parse_once};
enum { WAYS = 2 };

static struct import_limits small_limits(void)
{
	struct import_limits l = import_limits_default;
	l.cage_cpu_s = 1;
	l.cage_memory_bytes = 64 << 20;
	l.cage_wall_ms =
		20000; /* far beyond: a loaded machine gives a second of processor time slowly */
	return l;
}

static bool run(parse_fn *parse, const char *word, const struct import_limits *limits,
		struct buf *wire, struct err *err)
{
	struct buf text = {0};
	buf_adds(&text, word);
	bool fine = parse(&text, limits, wire, err);
	buf_fini(&text);
	return fine;
}

static void echoes(parse_fn *parse)
{
	struct buf wire = {0};
	struct err err = {0};
	struct import_limits limits = small_limits();
	if (!run(parse, "hello", &limits, &wire, &err))
		fail_msg("echo: %s", err.text);
	assert_string_equal(buf_str(&wire), "hello");
	buf_fini(&wire);
}

static void refused(const char *word, const struct import_limits *limits, const char *sentence)
{
	for (int i = 0; i < WAYS; i++) {
		struct buf wire = {0};
		struct err err = {0};
		buf_adds(&wire, "as it was");
		assert_false(run(ways[i], word, limits, &wire, &err));
		if (!strstr(err.text, sentence))
			fail_msg("%s, way %d: \"%s\" has no \"%s\"", word, i, err.text, sentence);
		assert_string_equal(buf_str(&wire), "as it was");
		buf_fini(&wire);
		echoes(ways[i]);
	}
}

static void what_goes_in_comes_out(void **state)
{
	(void)state;
	for (int i = 0; i < WAYS; i++)
		echoes(ways[i]);
}

static void large_text_passes_both_ways(void **state)
{
	(void)state;
	struct import_limits limits = import_limits_default;
	struct buf text = {0}, wire = {0};
	struct err err = {0};
	for (int i = 0; i < 300000; i++)
		buf_adds(&text, "0123456789");
	for (int i = 0; i < WAYS; i++) {
		assert_true(ways[i](&text, &limits, &wire, &err));
		assert_int_equal(wire.n, text.n);
		assert_memory_equal(wire.v, text.v, text.n);
	}
	buf_fini(&text);
	buf_fini(&wire);
}

static void a_calendar_is_parsed_inside(void **state)
{
	(void)state;
	const char *text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"
			   "DTSTART;TZID=\"Europe/Amsterdam\":20260105T100000\r\n"
			   "END:VEVENT\r\nEND:VCALENDAR\r\n";
	struct import_limits limits = import_limits_default;
	for (int i = 0; i < WAYS; i++) {
		struct buf wire = {0};
		struct err err = {0};
		struct wire_item item;
		int events = 0, starts = 0;
		if (!run(ways[i], text, &limits, &wire, &err))
			fail_msg("%s", err.text);
		struct wire_reader reader = {.wire = &wire};
		do {
			if (!wire_next(&reader, &item, &err))
				fail_msg("%s", err.text);
			events += item.kind == WIRE_EVENT;
			starts += item.kind == WIRE_PROPERTY && item.property == WIRE_DTSTART &&
				  item.tzid_n == 16;
		} while (item.kind != WIRE_DONE);
		assert_int_equal(events, 1);
		assert_int_equal(starts, 1);
		buf_fini(&wire);
	}
}

static void a_crash_is_one_failed_import(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	print_message("skipped under AddressSanitizer, which answers a fault itself\n");
#else
	struct import_limits limits = small_limits();
	refused("crash", &limits, "died of signal 11");
#endif
}

static void a_loop_runs_into_the_processor_limit(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	refused("spin", &limits, "limit of 1 s of processor time");
}

static void endless_allocation_runs_into_the_memory_limit(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	refused("eat", &limits, "limit of 64 MiB of memory");
}

static void files_and_sockets_are_forbidden(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	refused("open", &limits, "forbidden system call");
	refused("socket", &limits, "forbidden system call");
}

static void a_stalled_parser_is_ended(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	limits.cage_wall_ms = 200;
	uint64_t before = clock_mono_ms();
	refused("stall", &limits, "stalled: no answer within 200 ms");
	assert_true(clock_mono_ms() - before < 10000); /* on a busy machine */
}

static void an_own_sentence_comes_out_harmless(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	refused("refuse", &limits, "no ?[31mthanks");
}

static void leaving_early_is_no_wire(void **state)
{
	(void)state;
	struct import_limits limits = small_limits();
	for (int i = 0; i < WAYS; i++) {
		struct buf wire = {0};
		struct err err = {0};
		struct wire_item item;
		assert_true(run(ways[i], "leave", &limits, &wire, &err));
		struct wire_reader reader = {.wire = &wire};
		assert_false(wire_next(&reader, &item, &err));
		buf_fini(&wire);
	}
}

static pid_t child_of_mine(void)
{
	char path[64], line[64] = "";
	(void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "r");
	if (!f)
		return -1;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	return (pid_t)atoi(line);
}

static void the_small_process_is_started_again(void **state)
{
	(void)state;
	pid_t pid = child_of_mine();
	if (pid <= 0) {
		print_message("skipped: this kernel does not list children\n");
		return;
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(kill(child_of_mine(), SIGKILL), 0);
		echoes(by_process);
	}
	assert_int_not_equal(child_of_mine(), pid);
}

/* ---- killed in the middle ----------------------------------------------------------------- */

static pid_t first_child_of(pid_t pid)
{
	char path[64], line[64] = "";
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return -1;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	return (pid_t)atoi(line);
}

/* Neither gone nor a zombie, which some first processes of containers leave. */
static bool runs(pid_t pid)
{
	char path[64], line[512] = "";
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	(void)!fgets(line, sizeof line, f);
	(void)fclose(f);
	const char *state = strrchr(line, ')');
	return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

struct victim {
	bool small_process;
	pid_t killed, orphan;
};

/* Waits until the small process has a child, and kills one of the two. */
static void *killer(void *ctx)
{
	struct victim *v = ctx;
	pid_t small = child_of_mine();
	for (int i = 0; i < 2000 && v->orphan <= 0; i++) {
		(void)usleep(1000);
		v->orphan = first_child_of(small);
	}
	v->killed = v->small_process ? small : v->orphan;
	if (v->orphan > 0)
		(void)kill(v->killed, SIGKILL);
	return NULL;
}

static void killed_while_it_parses(bool small_process, const char *sentence)
{
	struct victim v = {.small_process = small_process};
	struct import_limits limits = small_limits();
	struct buf wire = {0};
	struct err err = {0};
	pthread_t thread;
	limits.cage_wall_ms = 1000;
	assert_int_equal(pthread_create(&thread, NULL, killer, &v), 0);
	assert_false(run(by_process, "stall", &limits, &wire, &err));
	(void)pthread_join(thread, NULL);
	assert_true(v.killed > 0);
	assert_non_null(strstr(err.text, sentence));
	for (int i = 0; i < 2000 && runs(v.orphan); i++)
		(void)usleep(1000);
	assert_false(runs(v.orphan)); /* nobody is left behind */
	buf_fini(&wire);
	echoes(by_process);
}

static void killed_in_the_middle_costs_one_import(void **state)
{
	(void)state;
	if (child_of_mine() <= 0) {
		print_message("skipped: this kernel does not list children\n");
		return;
	}
	killed_while_it_parses(false, "killed from outside");
	/* a new small process tries once more, and meets the same stall */
	killed_while_it_parses(true, "no answer within 1000 ms");
}

/* ---- out of memory ------------------------------------------------------------------------ */

#define EVENT(uid, body) "BEGIN:VEVENT\r\nX-TANDEM-LINE:1\r\nUID:" uid "\r\n" body "END:VEVENT\r\n"
static const char all_sorts[] =
	"BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Amsterdam\r\nMETHOD:PUBLISH\r\n" EVENT(
		"1", "DTSTART;TZID=\"Europe/"
		     "Amsterdam\":20260105T100000\r\nDURATION:P1DT3600S\r\n"
		     "X-TANDEM-RRULE:3 FREQ=DAILY;COUNT=9\r\n"
		     "EXDATE:20260106T090000Z,20260107T090000Z\r\n"
		     "RDATE;VALUE=PERIOD:20260120T090000Z/PT60S\r\nSTATUS:TENTATIVE\r\n")
		EVENT("1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260108T090000Z\r\n"
			   "DTSTART:20260108T110000Z\r\nDTEND:20260108T120000Z\r\nSEQUENCE:"
			   "2\r\n") EVENT("2", "DTSTART;VALUE=DATE:20260109\r\nTRANSP:"
					       "TRANSPARENT\r\n") "BEGIN:VFREEBUSY\r\nFREEBUSY;"
								  "FBTYPE=BUSY:20260101T090000Z/"
								  "PT60S\r\nEND:VFREEBUSY\r\n"
								  "END:VCALENDAR\r\n";

static void fails_whole_or_not_at_all(const struct buf *text, const struct import_limits *limits,
				      const struct buf *right, bool *fine)
{
	struct buf wire = {0};
	struct err err = {0};
	*fine = by_process(text, limits, &wire, &err);
	if (*fine) {
		assert_int_equal(wire.n, right->n);
		assert_memory_equal(wire.v, right->v, right->n);
	} else {
		assert_int_equal(err.code, ERR_LIMIT);
		assert_non_null(strstr(err.text, "MiB of memory ([import] cage_memory)"));
	}
	buf_fini(&wire);
}

/* The n-th allocation inside fails, for every n: never a wire with something missing. */
static void no_failed_allocation_gives_a_wrong_wire(void **state)
{
#if defined(CAGE_SANITIZED)
	const int step = 13; /* children start slowly */
#else
	const int step = 1;
#endif
	struct import_limits limits = import_limits_default;
	struct buf right = {0};
	struct err err = {0};
	int refusals = 0;
	bool fine = false;
	(void)state;
	assert_true(ics_parse(all_sorts, sizeof all_sorts - 1, &right, &err));
	for (int n = 0; !fine; n += step) {
		struct buf text = {0};
		assert_true(n < 100000);
		buf_addf(&text, "fail %d %s", n, all_sorts);
		fails_whole_or_not_at_all(&text, &limits, &right, &fine);
		refusals += !fine;
		buf_fini(&text);
	}
	assert_true(refusals * step > 200); /* libical does allocate */
	buf_fini(&right);
	echoes(by_process);
}

/* The same by real want of memory, in steps. */
static void no_memory_limit_gives_a_wrong_wire(void **state)
{
	struct import_limits limits = import_limits_default;
	struct buf right = {0}, text = {0};
	struct err err = {0};
	int refusals = 0;
	bool fine = false;
	(void)state;
	buf_adds(&text, "BEGIN:VCALENDAR\r\n");
	for (int i = 0; i < 2000; i++)
		buf_addf(&text, EVENT("%d", "DTSTART:20260105T100000Z\r\nDURATION:PT3600S\r\n"), i);
	buf_adds(&text, "END:VCALENDAR\r\n");
	assert_true(ics_parse(buf_str(&text), text.n, &right, &err));
	limits.cage_memory_bytes = 0;
	while (!fine) {
		limits.cage_memory_bytes += 64 << 10;
		assert_true(limits.cage_memory_bytes < 64 << 20);
		struct buf wire = {0};
		fine = by_process(&text, &limits, &wire, &err);
		refusals += !fine;
		if (fine) {
			assert_int_equal(wire.n, right.n);
			assert_memory_equal(wire.v, right.v, right.n);
		} else {
			assert_true(strlen(err.text) > 0);
		}
		buf_fini(&wire);
	}
	assert_true(refusals > 2);
	buf_fini(&right);
	buf_fini(&text);
	echoes(by_process);
}

static void *many(void *out)
{
	struct import_limits limits = import_limits_default;
	for (int i = 0; i < 20; i++) {
		struct buf wire = {0};
		struct err err = {0};
		char word[32];
		(void)snprintf(word, sizeof word, "echo %d", i);
		if (run(by_process, word, &limits, &wire, &err) &&
		    strcmp(buf_str(&wire), word) == 0)
			(*(int *)out)++;
		buf_fini(&wire);
	}
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	(void)state;
	pthread_t threads[4];
	int right[4] = {0};
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many, &right[i]), 0);
	for (int i = 0; i < 4; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(right[i], 20);
	}
}

int main(int argc, char **argv)
{
	struct err err = {0};
	cage_use_parser(hostile);
	cage_main_if_asked(argc, argv);
	cage = cage_new(&err);
	if (!cage) {
		(void)fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(large_text_passes_both_ways),
		cmocka_unit_test(a_calendar_is_parsed_inside),
		cmocka_unit_test(a_crash_is_one_failed_import),
		cmocka_unit_test(a_loop_runs_into_the_processor_limit),
		cmocka_unit_test(endless_allocation_runs_into_the_memory_limit),
		cmocka_unit_test(files_and_sockets_are_forbidden),
		cmocka_unit_test(a_stalled_parser_is_ended),
		cmocka_unit_test(an_own_sentence_comes_out_harmless),
		cmocka_unit_test(leaving_early_is_no_wire),
		cmocka_unit_test(the_small_process_is_started_again),
		cmocka_unit_test(killed_in_the_middle_costs_one_import),
		cmocka_unit_test(no_failed_allocation_gives_a_wrong_wire),
		cmocka_unit_test(no_memory_limit_gives_a_wrong_wire),
		cmocka_unit_test(threads_do_not_meet),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	cage_free(cage);
	return failed;
}
