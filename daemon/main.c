/* main.c -- tandemd: gives pairs of colleagues time together.
 *
 *   main                                                  tandemctl (second program)
 *    |
 *   serve/   what outsiders may ask        routes, pages (HTTP) - commands (control socket)
 *    |
 *   work/    what happens by itself        import -> replan -> publish
 *    |________________________________
 *    |           |           |            |
 *   setup/      store/      report/      io/    files - SQLite - figures - bytes in and out
 *    |___________|___________|____________|
 *    |                       |
 *   plan/    decisions (pure)             openday, window, candidate, solve, duoplan, group, explain
 *    |                       |
 *   cal/     time and iCalendar (pure)    span, zone, sieve, rule, expand, timetable, ics_write
 *    |_______________________|
 *   base/    err, log, buf, parse, civil, clock, hash
 *
 * How a lesson becomes a session: a timer makes a source due -> its bytes come from a server
 * (io/fetch) or from files -> an import thread sieves them, has libical parse what is left in a
 * caged child and expands it (work/import_source) -> the store thread keeps it (work/change) and
 * hands a new publication to the loop -> solver threads plan the moments of everybody, then the
 * duos it concerns (work/replan) -> the store thread books, the database checks, and it is noted
 * whose feeds say something else (work/body) -> the loop swaps one pointer, and the next GET sees
 * it: its bytes are made when it is the first to ask (serve/feeds). Who wants to hear of it by mail
 * is noted with the booking (work/mailing) and told when it is due (work/mailer).
 *
 * main() is a start list; the stop list is the same backwards. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "io/fetch.h"
#include "serve/feeds.h"
#include "serve/misses.h"
#include "serve/server.h"
#include "serve/uses.h"
#include "work/change.h"
#include "work/importer.h"
#include "work/mailer.h"
#include "work/reload.h"
#include "work/replan.h"
#include "work/rosterwatch.h"
#include "work/start.h"
#include "work/tick.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { OWN_DESCRIPTORS = 512 }; /* store, control, fetches, cages, kept feeds */

struct daemon {
	struct world world;
	struct server server;
	struct networks proxies;
	uv_loop_t loop;
	uv_signal_t on_term, on_int, on_hup;
	int closing;
	int exit_status;
};

static struct daemon d;

static _Noreturn void usage(void)
{
	(void)fprintf(stderr,
		      "usage: tandemd -c FILE [-t] [--clock T|T+]\n"
		      "  -c FILE     configuration\n"
		      "  -t          check configuration and roster, list every fault, end\n"
		      "  --clock T   freeze programme time at T (2026-08-31T08:00, or with Z)\n"
		      "  --clock T+  let programme time run from T\n");
	exit(64);
}

static void print_faults(const struct faults *faults)
{
	for (size_t i = 0; i < faults->n; i++)
		(void)fprintf(stderr, "%s\n", faults->v[i]);
	if (faults->dropped)
		(void)fprintf(stderr, "and %zu more\n", faults->dropped);
}

/* ---- stop, backwards ---- */

static void worker_closed(void *ctx)
{
	(void)ctx;
	/* every handle is closing now: the loop ends by itself */
}

/* @door: the pointer to the server that is gone; who still wants to answer finds NULL. */
static void doors_closed(void *door)
{
	if (door)
		*(void **)door = NULL;
	if (--d.closing > 0)
		return;
	worker_close(d.world.worker, worker_closed, NULL);
}

static void stop(struct server *server)
{
	(void)server;
	if (d.world.stopping)
		return;
	d.world.stopping = true;
	d.server.ready = false;
	uv_close((uv_handle_t *)&d.on_term, NULL);
	uv_close((uv_handle_t *)&d.on_int, NULL);
	uv_close((uv_handle_t *)&d.on_hup, NULL);
	ticker_stop(&d.world);
	rosterwatch_close(d.world.rosterwatch);
	importer_stop(d.world.importer);
	d.closing = 3;
	mailer_close(d.world.mailer, doors_closed, NULL);
	fetcher_close(d.world.fetcher, doors_closed, &d.world.fetcher);
	if (d.server.control) {
		d.closing++;
		control_close(d.server.control, doors_closed, &d.server.control);
	}
	if (d.server.http) {
		d.closing++;
		http_close(d.server.http, doors_closed, &d.server.http);
	}
	doors_closed(NULL);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	(void)handle;
	(void)signum;
	log_event(LOG_INFO, "stop", "");
	stop(&d.server);
}

static void hup_done(void *ctx, struct reload *reload, const struct err *err)
{
	(void)ctx;
	world_note_reload(&d.world, reload, err);
	reload_fini(reload);
	xfree(reload);
}

static void on_hup(uv_signal_t *handle, int signum)
{
	(void)handle;
	(void)signum;
	struct reload *reload = xcalloc(1, sizeof *reload);
	struct err err;
	reload->who = xstrdup("SIGHUP");
	if (!d.server.ready || !reload_start(&d.world, reload, hup_done, NULL, &err)) {
		reload_fini(reload);
		xfree(reload);
	}
}

/* ---- start ---- */

static void started(void *ctx, const struct err *err, const struct faults *faults)
{
	(void)ctx;
	if (d.world.stopping) /* asked to end before it was ready: no failure, no new handles */
		return;
	if (err) {
		print_faults(faults);
		(void)fprintf(stderr, "tandemd: %s\n", err->text);
		d.exit_status = err_exit_status(err->code);
		stop(&d.server);
		return;
	}
	d.server.ready = true;
	d.world.rosterwatch = rosterwatch_new(&d.world);
	log_event(LOG_INFO, "ready", "listen", d.server.address);
}

/* As many descriptors as connections may want, besides our own: the usual soft limit of 1024 is not
 * meant for servers. When the hard one is lower, callers beyond it wait (io/http_accept). */
static void raise_descriptors(int64_t connections)
{
	rlim_t want = (rlim_t)connections + OWN_DESCRIPTORS;
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= want)
		return;
	l.rlim_cur = l.rlim_max < want ? l.rlim_max : want;
	bool raised = setrlimit(RLIMIT_NOFILE, &l) == 0;
	if (raised && l.rlim_cur == want)
		return;
	char wanted[24], had[24];
	(void)snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)want);
	(void)snprintf(had, sizeof had, "%llu", (unsigned long long)l.rlim_max);
	log_event(LOG_WARN, "descriptors", "wanted,limit", wanted, had);
}

static bool start_doors(struct err *err)
{
	struct settings *s = &d.world.settings;
	struct http_limits limits = {
		.connections = s->max_connections,
		.connections_per_address = s->max_connections_per_address,
		.head_timeout_ms = s->head_timeout_s * 1000,
		.idle_timeout_ms = s->idle_timeout_s * 1000,
		.max_head_bytes = s->max_head_bytes,
		.max_fields = s->max_fields,
		.max_body_bytes = s->max_body_bytes,
		.min_rate_bytes_s = s->min_rate_bytes_s,
		.proxies = &d.proxies,
	};
	if (!networks_parse(s->trusted_proxy, &d.proxies, err))
		return false;
	d.server.http = http_new(&d.loop, s->listen, &limits, routes_handle, &d.server, err);
	if (!d.server.http)
		return false;
	d.server.control = control_new(&d.loop, s->socket, s->admins ? s->admins : "",
				       commands_handle, &d.server, err);
	return d.server.control != NULL;
}

static void start_signals(void)
{
	const struct {
		uv_signal_t *handle;
		uv_signal_cb cb;
		int signum;
	} all[] = {{&d.on_term, on_signal, SIGTERM},
		   {&d.on_int, on_signal, SIGINT},
		   {&d.on_hup, on_hup, SIGHUP}};
	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		(void)uv_signal_init(&d.loop, all[i].handle);
		(void)uv_signal_start(all[i].handle, all[i].cb, all[i].signum);
	}
}

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "tandemd: %s\n", err->text);
	return err_exit_status(err->code);
}

static void free_all(void)
{
	struct world *w = &d.world;
	publication_unref(atomic_exchange(&w->pending, NULL));
	publication_unref(w->now);
	publication_unref(w->head);
	if (w->db)
		db_close(w->db);
	cage_free(w->cage);
	ticker_free(w->ticker);
	replanner_free(w->replanner);
	mailer_free(w->mailer);
	mailing_fini(&w->mailing);
	importer_free(w->importer);
	networks_fini(&d.proxies);
	settings_fini(&w->settings);
	xfree(w->roster.why);
	uses_free(d.server.uses);
	feeds_free(d.server.feeds);
	misses_free(d.server.misses);
	misses_free(d.server.posts);
	xfree(d.server.address);
}

static int run(const char *clock_argument)
{
	struct world *w = &d.world;
	struct err err = {0};
	w->cage = cage_new(&err);
	if (!w->cage)
		return fail(&err);
	(void)uv_loop_init(&d.loop);
	w->loop = &d.loop;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int solvers = w->settings.solver_threads ? (int)w->settings.solver_threads : (int)cores;
	w->worker = worker_new(&d.loop, solvers, (int)w->settings.import_threads);
	worker_set_group(w->worker, change_group, w, 64);
	w->importer = importer_new(w);
	w->fetcher = fetcher_new(&d.loop);
	w->mailer = mailer_new(w);
	w->replanner = replanner_new();
	w->ticker = ticker_new(w);
	d.server.world = w;
	d.server.uses = uses_new(w);
	d.server.feeds = feeds_new(w);
	d.server.misses = misses_new();
	d.server.posts = misses_new();
	d.server.stop = stop;
	d.server.started_ms = clock_mono_ms();
	d.server.address = xstrdup(w->settings.listen);
	start_signals();
	raise_descriptors(w->settings.max_connections);
	if (start_doors(&err)) {
		struct start_options options = {.clock = clock_argument};
		start_world(w, &options, started, NULL);
	} else {
		d.exit_status = fail(&err);
		stop(&d.server);
	}
	(void)uv_run(&d.loop, UV_RUN_DEFAULT);
	int left = uv_loop_close(&d.loop);
	if (left != 0)
		log_event(LOG_WARN, "stop", "loop", uv_strerror(left));
	free_all();
	return d.exit_status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"clock", required_argument, NULL, 'k'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	const char *conf = NULL, *clock_argument = NULL;
	bool test = false;
	int c;
	memory_init();
	cage_main_if_asked(argc, argv);
	while ((c = getopt_long(argc, argv, "c:th", options, NULL)) != -1) {
		if (c == 'c')
			conf = optarg;
		else if (c == 't')
			test = true;
		else if (c == 'k')
			clock_argument = optarg;
		else
			usage();
	}
	if (!conf || optind != argc)
		usage();
	hash_init();
	struct faults faults = {0};
	if (test ? !start_check(conf, &faults) : !settings_load(conf, &d.world.settings, &faults)) {
		print_faults(&faults);
		faults_fini(&faults);
		return 78;
	}
	if (test)
		return 0;
	log_init_words(d.world.settings.log_level, d.world.settings.log_format);
	d.world.conf_path = (char *)conf;
	return run(clock_argument);
}
