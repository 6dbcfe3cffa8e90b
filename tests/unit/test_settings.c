/* test_settings.c -- defaults, every type, every sentence, and the sample against the table. */
#include "setup/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_settings_XXXXXX";
static char sample[4096];

static void puts_in(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void load_good(const char *text, struct settings *out)
{
	struct faults faults = {0};
	puts_in("t.conf", text);
	if (!settings_load("t.conf", out, &faults))
		fail_msg("refused: %s", faults.n ? faults.v[0] : "without a sentence");
	assert_int_equal(faults.n, 0);
}

static const char *in_folder(const char *name)
{
	static char path[sizeof folder + 100];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void defaults(void **state)
{
	(void)state;
	struct settings s;
	load_good("[roster]\nfile = roster.ini\n", &s);
	assert_string_equal(s.listen, "127.0.0.1:8340");
	assert_string_equal(s.url, "http://127.0.0.1:8340");
	assert_string_equal(s.trusted_proxy, "");
	assert_int_equal(s.max_connections, 512);
	assert_int_equal(s.max_connections_per_address, 128);
	assert_int_equal(s.head_timeout_s, 10);
	assert_int_equal(s.idle_timeout_s, 75);
	assert_int_equal(s.max_head_bytes, 16384);
	assert_int_equal(s.max_fields, 64);
	assert_int_equal(s.max_misses, 60);
	assert_int_equal(s.max_body_bytes, 65536);
	assert_int_equal(s.min_rate_bytes_s, 500);
	assert_string_equal(s.store_path, in_folder("tandemd.db"));
	assert_string_equal(s.key_path, in_folder("tandemd.db.key"));
	assert_string_equal(s.socket, "/run/tandemd/control");
	assert_string_equal(s.admins, "");
	assert_string_equal(s.roster_file, in_folder("roster.ini"));
	assert_false(s.roster_watch);
	assert_int_equal(s.hold_sessions, 20);
	assert_int_equal(s.hold_percent, 10);
	assert_memory_equal(&s.weights, &weights_default, sizeof s.weights);
	assert_int_equal(s.import.body_bytes, 16 << 20);
	assert_int_equal(s.import.line_bytes, 64 << 10);
	assert_int_equal(s.import.components, 200000);
	assert_int_equal(s.import.nesting, 8);
	assert_int_equal(s.import.component_lines, 10000);
	assert_int_equal(s.import.occurrences, 200000);
	assert_int_equal(s.import.rule_steps, 1000000);
	assert_int_equal(s.import.zone_observances, 1000);
	assert_int_equal(s.import.cage_cpu_s, 2);
	assert_int_equal(s.import.cage_memory_bytes, 256 << 20);
	assert_int_equal(s.import.cage_wall_ms, 5000);
	assert_int_equal(s.fetch.timeout_ms, 20000);
	assert_int_equal(s.fetch.connect_ms, 5000);
	assert_int_equal(s.fetch.redirects, 5);
	assert_int_equal(s.fetch.per_host, 2);
	assert_int_equal(s.fetch.at_once, 32);
	assert_int_equal(s.fetch.backoff_s, 6 * 3600);
	assert_string_equal(s.feed_host, "127.0.0.1");
	assert_int_equal(s.tombstone_s, 30 * DAY_S);
	assert_int_equal(s.past_s, 60 * DAY_S);
	assert_int_equal(s.ahead_s, 400 * DAY_S);
	assert_int_equal(s.retired_s, 30 * DAY_S);
	assert_int_equal(s.feed_queue, 4096);
	assert_int_equal(s.stale_s, DAY_S);
	assert_int_equal(s.unused_s, 30 * DAY_S);
	assert_int_equal(s.large_bytes, 900000);
	assert_int_equal(s.large_events, 1000);
	assert_int_equal(settings_mail_mode(&s), MAIL_OFF);
	assert_int_equal(settings_mail_tls(&s), MAIL_TLS_REQUIRED);
	assert_string_equal(s.mail.spool, "");
	assert_string_equal(s.mail.password_file, "");
	assert_int_equal(s.mail.give_up_s, 3 * DAY_S);
	assert_string_equal(s.log_level, "info");
	assert_string_equal(s.log_format, "text");
	assert_string_equal(s.base_dir, folder);
	settings_fini(&s);
}

static void values_reach_their_fields(void **state)
{
	(void)state;
	struct settings s;
	load_good(
		"[server]\nlisten = [::1]:0\nurl = https://duo.example.nl/t/\nmax_body = 1 MiB\n"
		"min_rate = 0\nhead_timeout = 1m30s\ntrusted_proxy = ::1 10.0.0.0/8\n"
		"[store]\npath = /var/lib/t.db\nkey = k\n"
		"[control]\nsocket = run/c\nadmins = anna bram\n"
		"[roster]\nfile = /etc/r.ini\nwatch = yes\n"
		"[planner]\nw_unused = 0\nshort = 7\nlong = 8\nw_move = 1000000\ntentative = 0\n"
		"[import]\ncage_wall = 10s\nbody = 2KiB\n"
		"fetch_timeout = 1m\nfetch_connect = 2s\nfetch_redirects = 0\nfetch_per_host = 3\n"
		"fetch_at_once = 4\nfetch_backoff = 1h\n"
		"[feeds]\nretired = 8w\ntombstone = 56d\n"
		"[mail]\nmode = smtp\nserver = smtp://[::1]:25\ntls = no\nspool = out\n"
		"from = Samen <a@b.nl>\ntimeout = 2s\nretry = 1m\nper_minute = 7\n"
		"[log]\nlevel = debug\nformat = json\n",
		&s);
	assert_int_equal(settings_mail_mode(&s), MAIL_SMTP);
	assert_int_equal(settings_mail_tls(&s), MAIL_TLS_NO);
	assert_string_equal(s.mail.server, "smtp://[::1]:25");
	assert_string_equal(s.mail.spool, in_folder("out"));
	assert_int_equal(s.mail.timeout_ms, 2000);
	assert_int_equal(s.mail.retry_s, 60);
	assert_int_equal(s.mail.per_minute, 7);
	assert_string_equal(s.listen, "[::1]:0");
	assert_string_equal(s.url, "https://duo.example.nl/t");
	assert_string_equal(s.feed_host, "duo.example.nl");
	assert_int_equal(s.max_body_bytes, 1 << 20);
	assert_int_equal(s.min_rate_bytes_s, 0);
	assert_string_equal(s.trusted_proxy, "::1 10.0.0.0/8");
	assert_int_equal(s.head_timeout_s, 90);
	assert_string_equal(s.store_path, "/var/lib/t.db");
	assert_string_equal(s.key_path, in_folder("k"));
	assert_string_equal(s.socket, in_folder("run/c"));
	assert_string_equal(s.admins, "anna bram");
	assert_string_equal(s.roster_file, "/etc/r.ini");
	assert_true(s.roster_watch);
	assert_int_equal(s.weights.unused, 0);
	assert_int_equal(s.weights.short_step, 7);
	assert_int_equal(s.weights.long_step, 8);
	assert_int_equal(s.weights.move, 1000000);
	assert_int_equal(s.weights.tentative, 0);
	assert_int_equal(s.weights.gap, 20);
	assert_int_equal(s.import.cage_wall_ms, 10000);
	assert_int_equal(s.import.body_bytes, 2048);
	assert_int_equal(s.fetch.timeout_ms, 60000);
	assert_int_equal(s.fetch.connect_ms, 2000);
	assert_int_equal(s.fetch.redirects, 0);
	assert_int_equal(s.fetch.per_host, 3);
	assert_int_equal(s.fetch.at_once, 4);
	assert_int_equal(s.fetch.backoff_s, 3600);
	assert_int_equal(s.retired_s, 56 * DAY_S);
	assert_string_equal(s.log_level, "debug");
	assert_string_equal(s.log_format, "json");
	settings_fini(&s);
	load_good("[server]\nurl = http://[::1]:8340\n[roster]\nfile = r\n", &s);
	assert_string_equal(s.feed_host, "::1");
	settings_fini(&s);
}

#define R "[roster]\nfile = r.ini\n"

static const struct {
	const char *text, *fault;
} faulty[] = {
	{"", "t.conf:1: the roster is missing: write [roster] and file = roster.ini"},
	{"[roster]\nfile =\n", "t.conf:2: `file` has no value"},
	{"x = 1\n" R, "t.conf:1: `x` stands before the first section"},
	{R "[servr]\n", "t.conf:3: unknown section [servr]: did you mean [server]?"},
	{R "[mail]\nmode = on\n",
	 "t.conf:4: mode: \"on\" is not one of off, spool (files in a folder) or smtp"},
	{R "[mail]\nmode = spool\nfrom = a@b.nl\n",
	 "t.conf:4: mode spool needs a folder: write spool = mail"},
	{R "[mail]\nmode = smtp\nfrom = a@b.nl\n",
	 "t.conf:4: mode smtp needs a server: write server = smtp://mail.example.nl:587"},
	{R "[mail]\nmode = spool\nspool = s\n",
	 "t.conf:4: mail needs a sender: write from = Samen leren <samen@school.example>"},
	{R "[mail]\nfrom = Samen leren\n",
	 "t.conf:4: from: \"Samen leren\" is not a sender such as Samen leren "
	 "<samen@school.example>"},
	{R "[mail]\nserver = mail.example.nl\n",
	 "t.conf:4: server: \"mail.example.nl\" is not a mail server such as "
	 "smtp://mail.example.nl:587 or smtps://mail.example.nl:465"},
	{R "[mail]\nserver = smtp://u:p@mail.example.nl\n",
	 "t.conf:4: server: \"smtp://u:p@mail.example.nl\" is not a mail server such as "
	 "smtp://mail.example.nl:587 or smtps://mail.example.nl:465"},
	{R "[mail]\nserver = smtp://mail.example.nl/x\n",
	 "t.conf:4: server: \"smtp://mail.example.nl/x\" is not a mail server such as "
	 "smtp://mail.example.nl:587 or smtps://mail.example.nl:465"},
	{R "[mail]\ntls = perhaps\n",
	 "t.conf:4: tls: \"perhaps\" is not one of required, offered or no: encryption with a "
	 "server by smtp:// (offered: when it has it)"},
	{R "[mail]\nmode = smtp\nfrom = a@b.nl\nserver = smtp://x\nuser = u\n",
	 "t.conf:7: user needs a password: write password_file = mail.password"},
	{R "[mail]\nmode = smtp\nfrom = a@b.nl\nserver = smtp://x\nuser = u\n"
	   "password_file = p\ntls = offered\n",
	 "t.conf:9: with a user encryption is required: others on the way could read the "
	 "password"},
	{R "[mail]\nretry = 0s\n", "t.conf:4: retry: 0s is not within 1s..1d"},
	{R "[feeds]\nstale = 8w\n",
	 "t.conf:1: unused is shorter than stale: no calendar would ever be stale"},
	{R "[feeds]\nlarge = 2048 MiB\n", "t.conf:4: large: 2048 MiB is not within 0 B..1 GiB"},
	{R "[server x]\n", "t.conf:3: [server] takes no id: write [server]"},
	{R "[server]\nlissen = x\n", "t.conf:4: unknown key `lissen`: did you mean `listen`?"},
	{R "[server]\npath = x\n", "t.conf:4: unknown key `path`"},
	{R "file = s.ini\n", "t.conf:3: `file` is given twice (first on line 2)"},
	{R "[log]\nlevel = info\n[log]\nlevel = warn\n",
	 "t.conf:6: `level` is given twice (first on line 4)"},
	{R "[server]\nlisten = 8340\n",
	 "t.conf:4: listen: \"8340\" is not an address and port such "
	 "as 127.0.0.1:8340 or [::1]:8340"},
	{R "[server]\nlisten = ::1:8340\n", "t.conf:4: listen: \"::1:8340\" is not an address and "
					    "port such as 127.0.0.1:8340 or [::1]:8340"},
	{R "[server]\nlisten = 127.0.0.1:65536\n",
	 "t.conf:4: listen: \"127.0.0.1:65536\" is not an address and port such as 127.0.0.1:8340 "
	 "or [::1]:8340"},
	{R "[server]\nurl = duo.example.nl\n",
	 "t.conf:4: url: \"duo.example.nl\" is not an address such as https://duo.example.nl"},
	{R "[server]\nurl = http://\n",
	 "t.conf:4: url: \"http://\" is not an address such as https://duo.example.nl"},
	{R "[server]\nurl = http://a b\n",
	 "t.conf:4: url: \"http://a b\" is not an address such as https://duo.example.nl"},
	{R "[server]\nmax_head = 100 KiB\n",
	 "t.conf:4: max_head: 100 KiB is not within 1 KiB..64 KiB"},
	{R "[server]\nmax_head = 16 KB\n",
	 "t.conf:4: max_head: \"16 KB\" is not a size such as 500 B, 64 KiB or 16 MiB"},
	{R "[server]\nidle_timeout = 0\n", "t.conf:4: idle_timeout: 0 is not within 1s..1h"},
	{R "[server]\nidle_timeout = 75\n",
	 "t.conf:4: idle_timeout: \"75\" is not a duration such as 90m, 2h, 1h30m, 10d or 6w"},
	{R "[server]\nmax_connections = many\n",
	 "t.conf:4: max_connections: \"many\" is not a whole number"},
	{R "[server]\nmax_fields = 7\n", "t.conf:4: max_fields: 7 is not within 8..1000"},
	{R "[server]\ntrusted_proxy = 127.0.0.1, ::1\n",
	 "t.conf:4: trusted_proxy: \"127.0.0.1,\" is not an address or a network such as "
	 "127.0.0.1, "
	 "10.0.0.0/8 or fd00::/8"},
	{R "[import]\nfetch_timeout = 0s\n", "t.conf:4: fetch_timeout: 0s is not within 1s..10m"},
	{R "[import]\nfetch_per_host = 0\n", "t.conf:4: fetch_per_host: 0 is not within 1..100"},
	{R "[planner]\nw_gap = -1\n", "t.conf:4: w_gap: -1 is not within 0..1000000"},
	{R "watch = maybe\n", "t.conf:3: watch: \"maybe\" is neither yes nor no"},
	{R "hold_percent = 101\n", "t.conf:3: hold_percent: 101 is not within 0..100"},
	{R "[feeds]\ntombstone = 31d\n",
	 "t.conf:1: retired is shorter than tombstone: cancelled sessions of people who left would "
	 "not reach their calendars"},
	{R "[feeds]\nretired = 1d\n",
	 "t.conf:4: retired is shorter than tombstone: cancelled sessions of people who left would "
	 "not reach their calendars"},
	{R "[feeds]\nhost = a_b\n",
	 "t.conf:4: host: \"a_b\" is not a host name such as duo.example.nl"},
	{R "[log]\nlevel = loud\n",
	 "t.conf:4: level: \"loud\" is not one of debug, info, warn or error"},
	{R "[log]\nformat = xml\n", "t.conf:4: format: \"xml\" is not one of text, logfmt or json"},
	{R "[log\nlevel = info\n", "t.conf:3: the heading is not closed: write [log]"},
	{R "level\n",
	 "t.conf:3: this line has no `=`: a line is `key = value`, a heading, or a comment that "
	 "begins with #"},
	{R "[control]\nsocket = "
	   "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
	   "5678901234567890123456789\n",
	 "t.conf:4: socket: the path "
	 "\"/01234567890123456789012345678901234567890123456789012345678...\" is longer than the "
	 "107 bytes that a socket may have"},
};

static void one_fault_one_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof *faulty; i++) {
		struct faults faults = {0};
		struct settings s = {.hold_percent = 77};
		puts_in("t.conf", faulty[i].text);
		bool ok = settings_load("t.conf", &s, &faults);
		if (ok || faults.n != 1)
			fail_msg("case %zu: %zu faults, %s", i, faults.n,
				 faults.n > 1 ? faults.v[1] : "");
		assert_string_equal(faults.v[0], faulty[i].fault);
		assert_int_equal(s.hold_percent, 77);
		faults_fini(&faults);
	}
}

static void all_faults_at_once(void **state)
{
	(void)state;
	struct faults faults = {0};
	struct settings s;
	puts_in("t.conf", "a = 1\n[log]\nlevel = x\nlevl = info\n[oops]\n[server]\nlisten = y\n");
	assert_false(settings_load("t.conf", &s, &faults));
	static const int lines[] = {1, 1, 3, 4, 5, 7};
	assert_int_equal(faults.n, sizeof lines / sizeof *lines);
	for (size_t i = 0; i < faults.n; i++) {
		char place[20];
		(void)snprintf(place, sizeof place, "t.conf:%d: ", lines[i]);
		assert_int_equal(strncmp(faults.v[i], place, strlen(place)), 0);
	}
	faults_fini(&faults);
	assert_false(settings_load("gone.conf", &s, &faults));
	assert_string_equal(faults.v[0], "gone.conf: cannot be read: No such file or directory");
	faults_fini(&faults);
}

static void reload_takes_what_it_may(void **state)
{
	(void)state;
	struct settings a, b;
	load_good(R, &a);
	load_good(
		"[roster]\nfile = other.ini\nwatch = yes\n[server]\nlisten = 127.0.0.1:1\n"
		"max_head = 8 KiB\n[planner]\nw_gap = 3\n[log]\nlevel = warn\n[store]\npath = o\n",
		&b);
	char *url = settings_url(&a, &b);
	assert_string_equal(url, "http://127.0.0.1:8340");
	xfree(url);
	settings_take_reloadable(&a, &b);
	assert_string_equal(a.roster_file, b.roster_file);
	assert_true(a.roster_file != b.roster_file);
	assert_true(a.roster_watch);
	assert_int_equal(a.weights.gap, 3);
	assert_string_equal(a.log_level, "warn");
	assert_string_equal(a.url, "http://127.0.0.1:8340");
	assert_string_equal(a.listen, "127.0.0.1:8340");
	assert_string_equal(a.store_path, in_folder("tandemd.db"));
	assert_int_equal(a.max_head_bytes, 16384);
	settings_take_reloadable(&a, &a);
	assert_string_equal(a.log_level, "warn");
	settings_fini(&b);
	load_good(R "[server]\nurl = https://samen.example\n", &b);
	url = settings_url(&a, &b);
	assert_string_equal(url, "https://samen.example");
	xfree(url);
	settings_take_reloadable(&a, &b);
	assert_string_equal(a.url, "https://samen.example");
	settings_fini(&a);
	settings_fini(&b);
}

struct sample_ctx {
	char *text;
	struct buf written; /* every row with its running value */
	const char *section;
	int rows;
};

/* Each row stands in the sample: its section, then "# key = default" (the required one bare). */
static void row_in_sample(void *ctx, const char *section, const char *key, const char *value,
			  const char *fallback, bool reloadable, const char *help)
{
	struct sample_ctx *c = ctx;
	char heading[80], *line = xasprintf("\n# %s =%s%s\n", key, *fallback ? " " : "", fallback);
	(void)snprintf(heading, sizeof heading, "\n[%s]\n", section);
	const char *from = strstr(c->text, heading);
	assert_non_null(from);
	const char *to = strstr(from + 2, "\n[");
	const char *at = strstr(from, line);
	if (strcmp(key, "file") == 0)
		at = strstr(from, "\nfile = roster.ini\n");
	if (!at || (to && at > to))
		fail_msg("conf/tandemd.conf lacks %s under [%s]", line, section);
	xfree(line);
	line = xasprintf("\n# %s%s\n", help, reloadable ? "" : " (restart)");
	at = strstr(from, line);
	if (!at || (to && at > to))
		fail_msg("conf/tandemd.conf lacks %s under [%s]", line, section);
	xfree(line);
	if (!c->section || strcmp(c->section, section) != 0)
		buf_addf(&c->written, "[%s]\n", section);
	c->section = section;
	buf_addf(&c->written, "%s = %s\n", key, value);
	c->rows++;
}

static void the_sample_has_every_row(void **state)
{
	(void)state;
	struct settings s, again;
	struct faults faults = {0};
	struct sample_ctx c = {0};
	struct buf text = {0};
	char line[1000];
	FILE *f = fopen(sample, "r");
	if (!f) {
		print_message("skipped: not started where conf/ is\n");
		return;
	}
	while (fgets(line, sizeof line, f))
		buf_adds(&text, line);
	(void)fclose(f);
	c.text = text.v;
	if (!settings_load(sample, &s, &faults))
		fail_msg("%s", faults.v[0]);
	settings_each(&s, row_in_sample, &c);
	print_message("%d settings\n", c.rows);
	assert_true(c.rows > 40);
	/* what settings_each says, written down, gives the same settings */
	load_good(c.written.v, &again);
	assert_memory_equal(&s.weights, &again.weights, sizeof s.weights);
	assert_memory_equal(&s.import, &again.import, sizeof s.import);
	assert_string_equal(s.store_path, again.store_path);
	assert_string_equal(s.url, again.url);
	assert_int_equal(s.ahead_s, again.ahead_s);
	assert_int_equal(s.max_head_bytes, again.max_head_bytes);
	settings_fini(&s);
	settings_fini(&again);
	buf_fini(&c.written);
	/* and every commented key may be uncommented as it stands */
	struct buf bare = {0};
	for (char *p = text.v, *end; *p; p = end) {
		end = strchr(p, '\n') + 1;
		bool key = strncmp(p, "# ", 2) == 0 && memchr(p, '=', (size_t)(end - p));
		buf_add(&bare, p + (key ? 2 : 0), (size_t)(end - p) - (key ? 2 : 0));
	}
	load_good(bare.v, &again);
	assert_string_equal(again.url, "http://127.0.0.1:8340");
	settings_fini(&again);
	buf_fini(&bare);
	buf_fini(&text);
}

int main(void)
{
	char cleanup[sizeof folder + 16];
	if (!realpath("conf/tandemd.conf", sample))
		sample[0] = '\0';
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values_reach_their_fields),
		cmocka_unit_test(one_fault_one_sentence),
		cmocka_unit_test(all_faults_at_once),
		cmocka_unit_test(reload_takes_what_it_may),
		cmocka_unit_test(the_sample_has_every_row),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(cleanup, sizeof cleanup, "rm -rf %s", folder);
	if (chdir("/") != 0 || system(cleanup) != 0)
		return 1;
	return failed;
}
