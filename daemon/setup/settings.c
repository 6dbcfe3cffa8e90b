/* settings.c -- the table of tandemd.conf, and the few functions that walk it.
 *
 * A new setting is one row. Defaults are text and go through the same reader as what an admin
 * writes; a default of NULL is worked out from other settings, and `shown` says how. */
#include "setup/settings.h"

#include "base/address.h"
#include "base/log.h"
#include "setup/ini.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum type {
	TEXT,
	PATH,
	LISTEN,
	URL,
	HOST,
	LEVEL,
	FORMAT,
	MAIL_MODE,
	MAIL_TLS,
	MAIL_SERVER, /* smtp://host:port, smtps://host:port */
	MAILBOX,     /* Name <address> */
	NETWORKS,
	YES_NO,
	COUNT,	 /* a whole number */
	SECONDS, /* a duration */
	MILLIS,	 /* a duration, kept in milliseconds */
	BYTES,	 /* 64 KiB */
};

struct row {
	const char *section, *key;
	enum type type;
	size_t at;
	const char *fallback;
	int64_t min, max; /* in the unit that is kept */
	bool reloadable;
	const char *help;
	const char *shown; /* the default that is worked out */
};

#define AT(field) offsetof(struct settings, field)
#define WEIGHT	  0, 1000000
#define RELOAD	  true
#define RESTART	  false
#define KIB	  1024LL
#define MIB	  (1024 * KIB)
#define YEAR	  (366LL * DAY_S)

/* clang-format off */
static const struct row rows[] = {
	{"server", "listen", LISTEN, AT(listen), "127.0.0.1:8340", 0, 0, RESTART, "address:port for HTTP; [::1]:8340 for IPv6, port 0 takes a free one", NULL},
	{"server", "url", URL, AT(url), NULL, 0, 0, RELOAD, "how people reach this server, links begin with it; unless given: http:// and listen", "http://127.0.0.1:8340"},
	{"server", "trusted_proxy", NETWORKS, AT(trusted_proxy), "", 0, 0, RESTART, "proxies in front, as 127.0.0.1 10.0.0.0/8: whom they name in X-Forwarded-For is the client", NULL},
	{"server", "max_connections", COUNT, AT(max_connections), "512", 4, 100000, RESTART, "open connections in all", NULL},
	{"server", "max_connections_per_address", COUNT, AT(max_connections_per_address), "128", 1, 100000, RESTART, "open connections of one address; those of a trusted_proxy are not counted", NULL},
	{"server", "head_timeout", SECONDS, AT(head_timeout_s), "10s", 1, 600, RESTART, "for a whole request head", NULL},
	{"server", "idle_timeout", SECONDS, AT(idle_timeout_s), "75s", 1, 3600, RESTART, "for a connection without a request", NULL},
	{"server", "max_head", BYTES, AT(max_head_bytes), "16 KiB", KIB, 64 * KIB, RESTART, "a request head", NULL},
	{"server", "max_fields", COUNT, AT(max_fields), "64", 8, 1000, RESTART, "fields of a request head", NULL},
	{"server", "max_body", BYTES, AT(max_body_bytes), "64 KiB", KIB, 64 * MIB, RESTART, "a request body", NULL},
	{"server", "min_rate", BYTES, AT(min_rate_bytes_s), "500 B", 0, MIB, RESTART, "bytes a second that a body must arrive with", NULL},
	{"server", "max_misses", COUNT, AT(max_misses), "60", 0, 60000, RELOAD, "unknown links that one address may ask for in a minute; then it is told to wait; 0: no limit", NULL},
	{"server", "max_posts", COUNT, AT(max_posts), "60", 0, 60000, RELOAD, "changes that one person's page may send in a minute; then it is told to wait; 0: no limit", NULL},
	{"store", "path", PATH, AT(store_path), "tandemd.db", 0, 0, RESTART, "the database; relative paths count from the folder of this file", NULL},
	{"store", "key", PATH, AT(key_path), NULL, 0, 0, RESTART, "the secret that links are made with, to be kept with the database; unless given: path and .key", "tandemd.db.key"},
	{"control", "socket", PATH, AT(socket), "/run/tandemd/control", 0, 0, RESTART, "where tandemctl reaches the daemon", NULL},
	{"control", "admins", TEXT, AT(admins), "", 0, 0, RESTART, "users who may use it besides root and the daemon's own, blanks between", NULL},
	{"roster", "file", PATH, AT(roster_file), NULL, 0, 0, RELOAD, "the roster: who, which duos, where their timetables are; must be given", ""},
	{"roster", "watch", YES_NO, AT(roster_watch), "no", 0, 0, RELOAD, "yes: reload when the file changes", NULL},
	{"roster", "hold_sessions", COUNT, AT(hold_sessions), "20", 0, 1000000, RELOAD, "a reload that would cancel more future sessions waits for --accept", NULL},
	{"roster", "hold_percent", COUNT, AT(hold_percent), "10", 0, 100, RELOAD, "... or more than this share of them", NULL},
	{"planner", "w_unused", COUNT, AT(weights.unused), "50", WEIGHT, RELOAD, "points for a length_step of the budget that is not placed", NULL},
	{"planner", "w_gap", COUNT, AT(weights.gap), "20", WEIGHT, RELOAD, "points times the square of the days that a gap is over the cadence", NULL},
	{"planner", "w_even", COUNT, AT(weights.even), "1", WEIGHT, RELOAD, "points times the square of a gap: makes the even plan the cheapest", NULL},
	{"planner", "short", COUNT, AT(weights.short_step), "6", WEIGHT, RELOAD, "points for a step below the preferred length", NULL},
	{"planner", "long", COUNT, AT(weights.long_step), "3", WEIGHT, RELOAD, "points for a step above the preferred length", NULL},
	{"planner", "outside_prefer", COUNT, AT(weights.outside_prefer), "20", WEIGHT, RELOAD, "points outside the preferred hours", NULL},
	{"planner", "lunch", COUNT, AT(weights.lunch), "30", WEIGHT, RELOAD, "points over lunch", NULL},
	{"planner", "scrap", COUNT, AT(weights.scrap), "10", WEIGHT, RELOAD, "points for leaving under 30 minutes of shared time", NULL},
	{"planner", "rhythm", COUNT, AT(weights.rhythm), "10", WEIGHT, RELOAD, "points off the duo's usual weekday and hour", NULL},
	{"planner", "tentative", COUNT, AT(weights.tentative), "60", WEIGHT, RELOAD, "points on tentative time; 0: never there", NULL},
	{"planner", "w_move", COUNT, AT(weights.move), "120", WEIGHT, RELOAD, "points for a booked session that is not kept", NULL},
	{"planner", "threads", COUNT, AT(solver_threads), "0", 0, 256, RESTART, "threads that plan; 0: one a processor", NULL},
	{"import", "threads", COUNT, AT(import_threads), "2", 1, 256, RESTART, "threads that read timetables", NULL},
	{"import", "at_once", COUNT, AT(imports_at_once), "256", 1, 100000, RELOAD, "timetables that are read or being stored at a time; others wait", NULL},
	{"import", "watch_folders", COUNT, AT(watch_folders), "4096", 1, 1000000, RESTART, "folders that are watched for changes; what is in others is seen at the next refresh", NULL},
	{"import", "body", BYTES, AT(import.body_bytes), "16 MiB", KIB, 1024 * MIB, RELOAD, "a timetable", NULL},
	{"import", "line", BYTES, AT(import.line_bytes), "64 KiB", 256, 16 * MIB, RELOAD, "an unfolded line of it", NULL},
	{"import", "components", COUNT, AT(import.components), "200000", 1, 10000000, RELOAD, "components (events) in it", NULL},
	{"import", "nesting", COUNT, AT(import.nesting), "8", 2, 64, RELOAD, "components inside components", NULL},
	{"import", "component_lines", COUNT, AT(import.component_lines), "10000", 10, 1000000, RELOAD, "lines of one component", NULL},
	{"import", "dates", COUNT, AT(import.dates), "100000", 1, 10000000, RELOAD, "dates in RDATE, EXDATE and FREEBUSY of it, and components of one UID", NULL},
	{"import", "occurrences", COUNT, AT(import.occurrences), "200000", 1, 10000000, RELOAD, "occurrences of one source", NULL},
	{"import", "rule_steps", COUNT, AT(import.rule_steps), "1000000", 1000, 1000000000, RELOAD, "steps spent on the rules of one source, and on those of its VTIMEZONEs", NULL},
	{"import", "zone_observances", COUNT, AT(import.zone_observances), "1000", 2, 1000000, RELOAD, "STANDARD and DAYLIGHT parts of one VTIMEZONE", NULL},
	{"import", "unit_cache", BYTES, AT(unit_cache_bytes), "64 MiB", 0, 16384 * MIB, RELOAD, "memory for series of all sources, so that only what changed is read again", NULL},
	{"import", "cage_cpu", SECONDS, AT(import.cage_cpu_s), "2s", 1, 600, RELOAD, "processor time of the parsing child", NULL},
	{"import", "cage_memory", BYTES, AT(import.cage_memory_bytes), "256 MiB", 16 * MIB, 16384 * MIB, RELOAD, "memory of the parsing child", NULL},
	{"import", "cage_wall", MILLIS, AT(import.cage_wall_ms), "5s", 1000, 600000, RELOAD, "how long an import waits for it", NULL},
	{"import", "fetch_timeout", MILLIS, AT(fetch.timeout_ms), "20s", 1000, 600000, RELOAD, "a fetch by URL in all, redirects included", NULL},
	{"import", "fetch_connect", MILLIS, AT(fetch.connect_ms), "5s", 1000, 600000, RELOAD, "until there is a connection", NULL},
	{"import", "fetch_redirects", COUNT, AT(fetch.redirects), "5", 0, 20, RELOAD, "redirects that a fetch follows", NULL},
	{"import", "fetch_per_host", COUNT, AT(fetch.per_host), "2", 1, 100, RELOAD, "fetches from one host at a time", NULL},
	{"import", "fetch_at_once", COUNT, AT(fetch.at_once), "32", 1, 1000, RELOAD, "fetches at a time in all", NULL},
	{"import", "fetch_backoff", SECONDS, AT(fetch.backoff_s), "6h", 60, 30 * DAY_S, RELOAD, "the longest wait after failures in a row, unless refresh is longer", NULL},
	{"feeds", "host", HOST, AT(feed_host), NULL, 0, 0, RESTART, "host name in the UIDs of events, fixed in the store at the first start; unless given: that of url", "127.0.0.1"},
	{"feeds", "tombstone", SECONDS, AT(tombstone_s), "30d", DAY_S, YEAR, RELOAD, "how long a cancelled session stays in feeds as cancelled", NULL},
	{"feeds", "past", SECONDS, AT(past_s), "60d", 0, 10 * YEAR, RELOAD, "how far back feeds go", NULL},
	{"feeds", "ahead", SECONDS, AT(ahead_s), "400d", DAY_S, 10 * YEAR, RELOAD, "how far ahead feeds go", NULL},
	{"feeds", "retired", SECONDS, AT(retired_s), "30d", 0, 10 * YEAR, RELOAD, "how long the links of a retired person live on; at least tombstone", NULL},
	{"feeds", "memory", BYTES, AT(feed_bytes), "256 MiB", 0, 65536 * MIB, RELOAD, "finished feeds kept in memory; what was asked for longest ago is made again when somebody asks", NULL},
	{"feeds", "queue", COUNT, AT(feed_queue), "4096", 1, 32768, RELOAD, "feeds that wait to be made at a time; others are served as they were", NULL},
	{"feeds", "stale", SECONDS, AT(stale_s), "1d", 60, YEAR, RELOAD, "a calendar that has not fetched a change for so long is stale", NULL},
	{"feeds", "unused", SECONDS, AT(unused_s), "30d", DAY_S, YEAR, RELOAD, "a link that has not been fetched for so long is unused; what sessions were is kept as long; at least stale", NULL},
	{"feeds", "large", BYTES, AT(large_bytes), "900000 B", 0, 1024 * MIB, RELOAD, "a feed of more bytes is warned about: Google stops at 1 MB", NULL},
	{"feeds", "large_events", COUNT, AT(large_events), "1000", 0, 1000000, RELOAD, "... or of more events", NULL},
	{"feeds", "links_per_owner", COUNT, AT(links_per_owner), "20", 1, 1000, RELOAD, "open links that a person, a duo or the programme may have", NULL},
	{"mail", "mode", MAIL_MODE, AT(mail.mode), "off", 0, 0, RELOAD, "off, spool (files in a folder) or smtp", NULL},
	{"mail", "spool", PATH, AT(mail.spool), "", 0, 0, RELOAD, "the folder of mode spool: a file a message, written in tmp, complete in new", NULL},
	{"mail", "server", MAIL_SERVER, AT(mail.server), "", 0, 0, RELOAD, "the server of mode smtp: smtp://mail.example.nl:587, or smtps:// with encryption from the first byte", NULL},
	{"mail", "tls", MAIL_TLS, AT(mail.tls), "required", 0, 0, RELOAD, "required, offered or no: encryption with a server by smtp:// (offered: when it has it)", NULL},
	{"mail", "user", TEXT, AT(mail.user), "", 0, 0, RELOAD, "who we are to the server; empty: nobody in particular", NULL},
	{"mail", "password_file", PATH, AT(mail.password_file), "", 0, 0, RELOAD, "a file of mode 600 with the password of user on its first line", NULL},
	{"mail", "ca_file", PATH, AT(mail.ca_file), "", 0, 0, RELOAD, "a certificate (PEM) in place of the system's", NULL},
	{"mail", "from", MAILBOX, AT(mail.from), "", 0, 0, RELOAD, "who sends it, and organises in invitations: Samen leren <samen@school.example>", NULL},
	{"mail", "timeout", MILLIS, AT(mail.timeout_ms), "1m", 1000, 600000, RELOAD, "for handing over one message", NULL},
	{"mail", "retry", SECONDS, AT(mail.retry_s), "5m", 1, DAY_S, RELOAD, "wait after a message could not be handed over; twice as long every time", NULL},
	{"mail", "retry_max", SECONDS, AT(mail.retry_max_s), "4h", 1, 7 * DAY_S, RELOAD, "... and never longer than this", NULL},
	{"mail", "give_up", SECONDS, AT(mail.give_up_s), "3d", 60, 60 * DAY_S, RELOAD, "a message that could not be handed over for so long is dropped, and told in status", NULL},
	{"mail", "settle", SECONDS, AT(mail.settle_s), "3m", 0, DAY_S, RELOAD, "wait after a change, so that what changes again meanwhile is one message", NULL},
	{"mail", "grace", SECONDS, AT(mail.grace_s), "2h", 0, 30 * DAY_S, RELOAD, "... before who takes no invitations gets a note: her calendar may fetch it first (a quarter of the time that is left, if that is less)", NULL},
	{"mail", "ahead", SECONDS, AT(mail.ahead_s), "14d", 0, YEAR, RELOAD, "notes are of sessions that begin within this time", NULL},
	{"mail", "digest_from", COUNT, AT(mail.digest_from), "3", 1, 1000000, RELOAD, "more changes for a person at once are one list", NULL},
	{"mail", "per_minute", COUNT, AT(mail.per_minute), "30", 1, 1000000, RELOAD, "messages a minute in all", NULL},
	{"log", "level", LEVEL, AT(log_level), "info", 0, 0, RELOAD, "debug, info, warn or error", NULL},
	{"log", "format", FORMAT, AT(log_format), "text", 0, 0, RELOAD, "text, logfmt or json", NULL},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

#define TEXT_AT(settings, row)	 ((char **)((char *)(settings) + (row)->at))
#define NUMBER_AT(settings, row) ((int64_t *)((char *)(settings) + (row)->at))
#define BOOL_AT(settings, row)	 ((bool *)((char *)(settings) + (row)->at))

static bool is_text(enum type type)
{
	return type < YES_NO;
}

/* "16 MiB", "64KiB", "500 B", "500" */
static bool parse_bytes(const char *text, int64_t *out, struct err *err)
{
	static const struct {
		const char *unit;
		int shift;
	} units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	size_t n = strspn(text, "0123456789");
	const char *unit = text + n + strspn(text + n, " ");
	for (size_t i = 0; n > 0 && n < 10 && i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].unit) == 0) {
			*out = atoll(text) << units[i].shift;
			return true;
		}
	return err_set(err, ERR_PARSE, "\"%.40s\" is not a size such as 500 B, 64 KiB or 16 MiB",
		       text);
}

static char *bytes_text(int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	size_t unit = 0;
	while (bytes && bytes % 1024 == 0 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	return xasprintf("%lld %s", (long long)bytes, units[unit]);
}

/* The value of a row as an admin would write it; the caller's. */
static char *value_text(const struct settings *s, const struct row *row)
{
	char duration[DURATION_TEXT];
	if (is_text(row->type))
		return xstrdup(*TEXT_AT(s, row));
	if (row->type == YES_NO)
		return xstrdup(*BOOL_AT(s, row) ? "yes" : "no");
	int64_t v = *NUMBER_AT(s, row);
	switch (row->type) {
	case BYTES: return bytes_text(v);
	case SECONDS: return xstrdup(seconds_text(v, duration));
	case MILLIS: return xstrdup(seconds_text(v / 1000, duration));
	default: return xasprintf("%lld", (long long)v);
	}
}

static bool take_number(const char *text, const struct row *row, int64_t *out, struct err *err)
{
	int64_t v;
	bool ok;
	switch (row->type) {
	case BYTES: ok = parse_bytes(text, &v, err); break;
	case SECONDS:
	case MILLIS: ok = parse_duration(text, &v, err); break;
	default: ok = parse_int(text, INT64_MIN, INT64_MAX, &v, err); break;
	}
	if (!ok)
		return false;
	if (row->type == MILLIS)
		v *= 1000;
	if (v < row->min || v > row->max) {
		struct settings low = {0}, high = {0};
		*NUMBER_AT(&low, row) = row->min;
		*NUMBER_AT(&high, row) = row->max;
		char *a = value_text(&low, row), *b = value_text(&high, row);
		(void)err_set(err, ERR_PARSE, "%.40s is not within %s..%s", text, a, b);
		xfree(a);
		xfree(b);
		return false;
	}
	*out = v;
	return true;
}

static bool check_listen(const char *text, struct err *err)
{
	char address[64];
	unsigned char raw[sizeof(struct in6_addr)];
	const char *colon = strrchr(text, ':');
	int64_t port;
	struct err quiet;
	bool ok = colon && (size_t)(colon - text) < sizeof address &&
		  parse_int(colon + 1, 0, 65535, &port, &quiet);
	if (ok) {
		size_t n = (size_t)(colon - text);
		bool v6 = n > 2 && text[0] == '[' && text[n - 1] == ']';
		memcpy(address, text + v6, n - 2 * (size_t)v6);
		address[n - 2 * (size_t)v6] = '\0';
		ok = inet_pton(v6 ? AF_INET6 : AF_INET, address, raw) == 1;
	}
	return ok || err_set(err, ERR_PARSE,
			     "\"%.60s\" is not an address and port such as 127.0.0.1:8340 or "
			     "[::1]:8340",
			     text);
}

/* Where the host of a URL begins, and its length; the brackets of IPv6 left out. */
static const char *url_host(const char *url, size_t *n)
{
	const char *host = strstr(url, "://") + 3;
	if (*host == '[') {
		*n = strcspn(host + 1, "]/");
		return host + 1;
	}
	*n = strcspn(host, ":/");
	return host;
}

static bool check_url(const char *text, struct err *err)
{
	size_t n = 0;
	bool ok = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
	if (ok)
		(void)url_host(text, &n);
	for (const char *p = text; *p; p++)
		ok = ok && (unsigned char)*p > ' ' && !strchr("\"<>?#@\\", *p);
	return (ok && n > 0) ||
	       err_set(err, ERR_PARSE, "\"%.60s\" is not an address such as https://duo.example.nl",
		       text);
}

static bool check_host(const char *text, struct err *err)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	return (n > 0 && n < 254 && text[n] == '\0') ||
	       err_set(err, ERR_PARSE, "\"%.60s\" is not a host name such as duo.example.nl", text);
}

static bool check_networks(const char *text, struct err *err)
{
	struct networks networks;
	if (!networks_parse(text, &networks, err))
		return false;
	networks_fini(&networks);
	return true;
}

static bool check_log(const char *text, const struct row *row, struct err *err)
{
	enum log_level level;
	enum log_format format;
	bool ok = row->type == LEVEL ? log_level_from_word(text, &level)
				     : log_format_from_word(text, &format);
	return ok || err_set(err, ERR_PARSE, "\"%.40s\" is not one of %s", text, row->help);
}

static const char *const modes[] = {
	[MAIL_OFF] = "off", [MAIL_SPOOL] = "spool", [MAIL_SMTP] = "smtp"};
static const char *const tls_rules[] = {
	[MAIL_TLS_NO] = "no", [MAIL_TLS_OFFERED] = "offered", [MAIL_TLS_REQUIRED] = "required"};

static int word_index(const char *text, const char *const words[3])
{
	for (int i = 0; i < 3; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

enum mail_mode settings_mail_mode(const struct settings *settings)
{
	return (enum mail_mode)word_index(settings->mail.mode, modes);
}

enum mail_tls settings_mail_tls(const struct settings *settings)
{
	return (enum mail_tls)word_index(settings->mail.tls, tls_rules);
}

static bool check_word(const char *text, const struct row *row, struct err *err)
{
	bool ok = word_index(text, row->type == MAIL_TLS ? tls_rules : modes) >= 0;
	return ok || err_set(err, ERR_PARSE, "\"%.40s\" is not one of %s", text, row->help);
}

/* No path, no user: those have keys of their own. */
static bool check_server(const char *text, struct err *err)
{
	int64_t port;
	struct err quiet;
	size_t n = 0, scheme = strncmp(text, "smtp://", 7) == 0	   ? 7
			       : strncmp(text, "smtps://", 8) == 0 ? 8
								   : 0;
	if (!*text)
		return true;
	const char *host = scheme ? url_host(text, &n) : text;
	const char *rest = host + n + (scheme && host[-1] == '[' ? 1 : 0);
	bool ok =
		scheme && n > 0 &&
		strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") >=
			n &&
		(*rest == '\0' || (*rest == ':' && parse_int(rest + 1, 1, 65535, &port, &quiet)));
	return ok || err_set(err, ERR_PARSE,
			     "\"%.60s\" is not a mail server such as smtp://mail.example.nl:587 or "
			     "smtps://mail.example.nl:465",
			     text);
}

static bool check_mailbox(const char *text, struct err *err)
{
	char *name = NULL, *address = NULL;
	bool ok = !*text || parse_mailbox(text, &name, &address, err);
	xfree(name);
	xfree(address);
	return ok;
}

/* @folder is a real path, so each leading ".." can be taken off it by its letters: a socket's path
 * has room for 107 bytes only. */
static char *below(const char *folder, const char *path)
{
	size_t n = strlen(folder);
	while (n > 0 && folder[0] == '/' && strncmp(path, "../", 3) == 0) {
		path += 3;
		while (n > 0 && folder[--n] != '/')
			;
	}
	return xasprintf("%.*s/%s", (int)n, folder, path);
}

/* One value into its field. */
static bool take(struct settings *s, const struct row *row, const char *text, struct err *err)
{
	bool ok = true;
	switch (row->type) {
	case LISTEN: ok = check_listen(text, err); break;
	case URL: ok = check_url(text, err); break;
	case HOST: ok = check_host(text, err); break;
	case NETWORKS: ok = check_networks(text, err); break;
	case LEVEL:
	case FORMAT: ok = check_log(text, row, err); break;
	case MAIL_MODE:
	case MAIL_TLS: ok = check_word(text, row, err); break;
	case MAIL_SERVER: ok = check_server(text, err); break;
	case MAILBOX: ok = check_mailbox(text, err); break;
	case YES_NO: return parse_bool(text, BOOL_AT(s, row), err);
	case TEXT:
	case PATH: break;
	default: return take_number(text, row, NUMBER_AT(s, row), err);
	}
	if (!ok)
		return false;
	char **field = TEXT_AT(s, row);
	xfree(*field);
	bool relative = row->type == PATH && *text && *text != '/';
	*field = relative ? below(s->base_dir, text) : xstrdup(text);
	return true;
}

struct reading {
	struct settings s;
	struct ini_file file;
	struct findings findings;
	int lines[ROWS]; /* where a row was given, 0: nowhere */
};

static size_t section_names(const char *names[ROWS])
{
	size_t n = 0;
	for (size_t i = 0; i < ROWS; i++)
		if (i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0)
			names[n++] = rows[i].section;
	return n;
}

static size_t key_names(const char *section, const char *names[ROWS])
{
	size_t n = 0;
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].section, section) == 0)
			names[n++] = rows[i].key;
	return n;
}

static void take_entry(struct reading *r, const char *section, const struct ini_entry *e)
{
	struct place at = ini_place(&r->file, e->line);
	size_t i = 0;
	while (i < ROWS &&
	       (strcmp(rows[i].section, section) != 0 || strcmp(rows[i].key, e->key) != 0))
		i++;
	if (i == ROWS) {
		const char *names[ROWS];
		const char *near = parse_nearest(e->key, names, key_names(section, names));
		findings_add(&r->findings, at, "unknown key `%s`%s%s%s", e->key,
			     near ? ": did you mean `" : "", near ? near : "", near ? "`?" : "");
		return;
	}
	if (r->lines[i]) {
		findings_add(&r->findings, at, "`%s` is given twice (first on line %d)", e->key,
			     r->lines[i]);
		return;
	}
	r->lines[i] = e->line;
	struct err err;
	if (!e->value)
		return;
	bool may_be_empty = rows[i].fallback && *rows[i].fallback == '\0';
	if (*e->value == '\0' && !may_be_empty)
		findings_add(&r->findings, at, "`%s` has no value", e->key);
	else if (!take(&r->s, &rows[i], e->value, &err))
		findings_add(&r->findings, at, "%s: %s", e->key, err.text);
}

static void take_section(struct reading *r, const struct ini_section *section)
{
	struct place at = ini_place(&r->file, section->line);
	const char *names[ROWS];
	size_t n = section_names(names);
	bool known = false;
	for (size_t i = 0; i < n; i++)
		known = known || strcmp(names[i], section->kind) == 0;
	if (!known) {
		const char *near = parse_nearest(section->kind, names, n);
		findings_add(&r->findings, at, "unknown section [%.40s]%s%s%s", section->kind,
			     near ? ": did you mean [" : "", near ? near : "", near ? "]?" : "");
		return;
	}
	if (*section->id)
		findings_add(&r->findings, at, "[%s] takes no id: write [%s]", section->kind,
			     section->kind);
	for (size_t i = 0; i < section->n; i++)
		take_entry(r, section->kind, &section->v[i]);
}

/* Where a field was given; line 1 when it was not. */
static struct place place_of(const struct reading *r, size_t at)
{
	int line = 1;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].at == at && r->lines[i])
			line = r->lines[i];
	return ini_place(&r->file, line);
}

/* Sentences about keys of [mail] that one by one are sound. */
static void finish_mail(struct reading *r)
{
	const struct settings *s = &r->s;
	struct place mode = place_of(r, AT(mail.mode));
	bool smtp = settings_mail_mode(s) == MAIL_SMTP;
	if (settings_mail_mode(s) == MAIL_OFF)
		return;
	if (!*s->mail.from)
		findings_add(&r->findings, mode,
			     "mail needs a sender: write from = Samen leren "
			     "<samen@school.example>");
	if (smtp && !*s->mail.server)
		findings_add(&r->findings, mode,
			     "mode smtp needs a server: write server = smtp://mail.example.nl:587");
	if (!smtp && !*s->mail.spool)
		findings_add(&r->findings, mode, "mode spool needs a folder: write spool = mail");
	if (smtp && *s->mail.user && !*s->mail.password_file)
		findings_add(&r->findings, place_of(r, AT(mail.user)),
			     "user needs a password: write password_file = mail.password");
	if (smtp && *s->mail.user && settings_mail_tls(s) != MAIL_TLS_REQUIRED &&
	    strncmp(s->mail.server, "smtp://", 7) == 0)
		findings_add(&r->findings, place_of(r, AT(mail.tls)),
			     "with a user encryption is required: others on the way could read the "
			     "password");
}

/* What follows from other settings, and what must fit together. */
static void finish(struct reading *r)
{
	struct settings *s = &r->s;
	if (!s->url && s->listen)
		s->url = xasprintf("http://%s", s->listen);
	for (size_t n = s->url ? strlen(s->url) : 0; n && s->url[n - 1] == '/'; n--)
		s->url[n - 1] = '\0';
	if (!s->key_path)
		s->key_path = xasprintf("%s.key", s->store_path);
	if (!s->feed_host && s->url) {
		size_t n;
		const char *host = url_host(s->url, &n);
		s->feed_host = xstrndup(host, n);
	}
	if (!s->roster_file && place_of(r, AT(roster_file)).line == 1)
		findings_add(&r->findings, place_of(r, AT(roster_file)),
			     "the roster is missing: write [roster] and file = roster.ini");
	if (s->retired_s < s->tombstone_s)
		findings_add(&r->findings, place_of(r, AT(retired_s)),
			     "retired is shorter than tombstone: cancelled sessions of people who "
			     "left would not reach their calendars");
	if (s->unused_s < s->stale_s)
		findings_add(&r->findings, place_of(r, AT(unused_s)),
			     "unused is shorter than stale: no calendar would ever be stale");
	finish_mail(r);
	if (strlen(s->socket) > 107)
		findings_add(&r->findings, place_of(r, AT(socket)),
			     "socket: the path \"%.60s...\" is longer than the 107 bytes that a "
			     "socket may have",
			     s->socket);
}

/* The folder of @path, absolute, so that nothing depends on where the daemon was started. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *named = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	char *whole = realpath(named, NULL);
	if (!whole)
		return named;
	xfree(named);
	return whole; /* of malloc, as xfree wants it */
}

bool settings_read(const char *path, struct settings *out, struct faults *faults)
{
	*out = (struct settings){0};
	struct buf bytes = {0};
	struct stat st;
	struct err err;
	if (!ini_slurp(path, &bytes, &st, &err)) {
		faults_add(faults, path, 0, "%s", err.text);
		return false;
	}
	struct reading r = {.s.base_dir = folder_of(path)};
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].fallback && !take(&r.s, &rows[i], rows[i].fallback, &err))
			findings_add(&r.findings, (struct place){.file = path}, "default of %s: %s",
				     rows[i].key, err.text);
	ini_read(bytes.v ? bytes.v : "", bytes.n, path, 0, &r.file, &r.findings);
	for (size_t i = 0; i < r.file.v[0].n; i++)
		findings_add(&r.findings, ini_place(&r.file, r.file.v[0].v[i].line),
			     "`%s` stands before the first section", r.file.v[0].v[i].key);
	for (size_t i = 1; i < r.file.n; i++)
		if (!r.file.v[i].skip)
			take_section(&r, &r.file.v[i]);
	finish(&r);
	bool ok = findings_tell(&r.findings, faults);
	*out = r.s;
	ini_fini(&r.file);
	buf_fini(&bytes);
	return ok;
}

bool settings_load(const char *path, struct settings *out, struct faults *faults)
{
	struct settings fresh;
	bool ok = settings_read(path, &fresh, faults);
	if (ok)
		*out = fresh;
	else
		settings_fini(&fresh);
	return ok;
}

void settings_fini(struct settings *settings)
{
	for (size_t i = 0; i < ROWS; i++)
		if (is_text(rows[i].type))
			xfree(*TEXT_AT(settings, &rows[i]));
	xfree(settings->base_dir);
	*settings = (struct settings){0};
}

char *settings_url(const struct settings *running, const struct settings *fresh)
{
	bool follows = strncmp(fresh->url, "http://", 7) == 0 &&
		       strcmp(fresh->url + 7, fresh->listen) == 0;
	return follows ? xasprintf("http://%s", running->listen) : xstrdup(fresh->url);
}

void settings_take_reloadable(struct settings *running, const struct settings *fresh)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		if (!row->reloadable)
			continue;
		if (is_text(row->type)) {
			char *text = row->type == URL ? settings_url(running, fresh)
						      : xstrdup(*TEXT_AT(fresh, row));
			xfree(*TEXT_AT(running, row));
			*TEXT_AT(running, row) = text;
		} else if (row->type == YES_NO) {
			*BOOL_AT(running, row) = *BOOL_AT(fresh, row);
		} else {
			*NUMBER_AT(running, row) = *NUMBER_AT(fresh, row);
		}
	}
}

void settings_each(const struct settings *settings, settings_each_fn *each, void *ctx)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		char *value = value_text(settings, row);
		each(ctx, row->section, row->key, value, row->fallback ? row->fallback : row->shown,
		     row->reloadable, row->help);
		xfree(value);
	}
}
