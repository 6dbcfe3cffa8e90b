/* source_check.c -- words -> policy and window -> import in a one-shot cage -> summary or spans. */
#include "serve/source_check.h"

#include "base/clock.h"
#include "base/parse.h"
#include "io/fetch.h"
#include "io/fetch_url.h"
#include "work/import_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS_BACK  60
#define DAYS_AHEAD 400

struct check {
	const char *what, *kind, *zone_name, *from, *to;
	bool busy, json;
	struct policy policy;
	const struct zone *zone;
	day_t first, past;
};

static const char usage[] = "usage: tandemctl source check WHAT [--kind K] [--set KEY=VALUE]... "
			    "[--zone Z] [--from D] [--to D] [--busy]";

/* ---- words -------------------------------------------------------------------------------- */

/* KEY=VALUE of --set: a key of the policy, or one that a source has beside it. */
static bool set_key(struct check *c, char *word, struct err *err)
{
	bool ignored;
	char *is = strchr(word, '=');
	if (!is)
		return err_set(err, ERR_USAGE, "--set %s: expected KEY=VALUE", word);
	*is = '\0';
	if (strcmp(word, "zone") == 0) {
		c->zone_name = is + 1;
		return true;
	}
	if (strcmp(word, "primary") == 0) /* of a person: nothing to see here */
		return parse_bool(is + 1, &ignored, err) || err_wrap(err, "primary");
	return policy_set(&c->policy, word, is + 1, err);
}

/* Options that take a value: where it goes, or NULL for --set and --kind. */
static const char **value_of(struct check *c, const char *option)
{
	const struct {
		const char *name;
		const char **at;
	} options[] = {{"--zone", &c->zone_name},
		       {"--from", &c->from},
		       {"--to", &c->to},
		       {"--kind", &c->kind}};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(options[i].name, option) == 0)
			return options[i].at;
	return NULL;
}

static bool read_option(struct check *c, char **words, size_t n, size_t *i, struct err *err)
{
	const char *word = words[*i];
	const char **at = value_of(c, word);
	if (strcmp(word, "--busy") == 0) {
		c->busy = true;
		return true;
	}
	if (strcmp(word, "--json") == 0) {
		c->json = true;
		return true;
	}
	if (!at && strcmp(word, "--set") != 0)
		return err_set(err, ERR_USAGE, "%s is not an option\n%s", word, usage);
	if (*i + 1 >= n)
		return err_set(err, ERR_USAGE, "%s wants a value", word);
	(*i)++;
	if (!at)
		return set_key(c, words[*i], err);
	*at = words[*i];
	return true;
}

static bool read_window(struct check *c, struct err *err)
{
	const char *name = c->zone_name ? c->zone_name : "Europe/Amsterdam";
	c->zone = zone_by_name(name);
	if (!c->zone)
		return err_set(err, ERR_USAGE, "%s is not a time zone such as Europe/Amsterdam",
			       name);
	day_t today = zone_day_of(c->zone, clock_now());
	c->first = today - DAYS_BACK;
	c->past = today + DAYS_AHEAD;
	if (c->from && !parse_date(c->from, &c->first, err))
		return err_wrap(err, "--from");
	if (c->to && !parse_date(c->to, &c->past, err))
		return err_wrap(err, "--to");
	if (c->first >= c->past) {
		char from[CIVIL_TEXT], to[CIVIL_TEXT];
		return err_set(err, ERR_USAGE, "an empty window: from %s to %s",
			       day_text(c->first, from), day_text(c->past, to));
	}
	return true;
}

static bool read_words(struct check *c, char **words, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (strncmp(words[i], "--", 2) == 0) {
			if (!read_option(c, words, n, &i, err))
				return false;
		} else if (c->what) {
			return err_set(err, ERR_USAGE, "one WHAT at a time: %s or %s?", c->what,
				       words[i]);
		} else {
			c->what = words[i];
		}
	}
	if (!c->what || c->what[0] == '\0')
		return err_set(err, ERR_USAGE, "%s", usage);
	return (!c->kind || policy_set(&c->policy, "kind", c->kind, err)) && read_window(c, err);
}

/* ---- output ------------------------------------------------------------------------------- */

static void put_json(const char *text)
{
	(void)putchar('"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			(void)printf("\\%c", *p);
		else if (*p < ' ' || *p == 0x7F)
			(void)printf("\\u%04x", *p);
		else
			(void)putchar(*p);
	}
	(void)putchar('"');
}

static char *warning_text(const struct warning *w)
{
	return w->line > 0 ? xasprintf("line %d: %s", w->line, w->text) : xstrdup(w->text);
}

/* The local days that occurrences touch, "2026-08-31..2027-07-09"; "" without any. */
static const char *range_text(const struct check *c, const struct timetable *t,
			      char out[2 * CIVIL_TEXT])
{
	char from[CIVIL_TEXT], to[CIVIL_TEXT];
	out[0] = '\0';
	if (t->n_occurrences > 0) {
		utc_t last = t->last > t->first ? t->last - 1 : t->last;
		(void)snprintf(out, 2 * CIVIL_TEXT, "%s..%s",
			       day_text(zone_day_of(c->zone, t->first), from),
			       day_text(zone_day_of(c->zone, last), to));
	}
	return out;
}

static const char *horizon_text(const struct timetable *t, char out[CIVIL_TEXT])
{
	return t->horizon >= UTC_MAX ? "open" : utc_text(t->horizon, out);
}

/* In thousandths: no floating point in what scripts read. */
static unsigned share_free(const struct timetable *t)
{
	return t->n_timed ? (unsigned)((t->n_timed_free * 1000 + t->n_timed / 2) / t->n_timed) : 0;
}

static void print_summary(const struct check *c, const struct timetable *t)
{
	char range[2 * CIVIL_TEXT], horizon[CIVIL_TEXT];
	(void)printf("events: %zu", t->n_events);
	if (t->n_skipped > 0)
		(void)printf(" (%zu skipped)", t->n_skipped);
	(void)printf("\noccurrences: %zu\nrange: %s\nzones:", t->n_occurrences,
		     range_text(c, t, range));
	for (size_t i = 0; i < t->n_zones; i++)
		(void)printf(strchr(t->zones[i], ' ') ? " \"%s\"" : " %s", t->zones[i]);
	unsigned share = share_free(t);
	(void)printf("\nhorizon: %s\nshare_free: %u.%03u\nwarnings: %zu\n",
		     horizon_text(t, horizon), share / 1000, share % 1000,
		     t->warnings.n + t->warnings.dropped);
	for (size_t i = 0; i < t->warnings.n; i++) {
		char *text = warning_text(&t->warnings.v[i]);
		(void)printf("%s\n", text);
		xfree(text);
	}
	if (t->warnings.dropped > 0)
		(void)printf("and %zu more\n", t->warnings.dropped);
}

static void print_json_summary(const struct check *c, const struct timetable *t)
{
	char range[2 * CIVIL_TEXT], horizon[CIVIL_TEXT];
	(void)printf("{\"events\":%zu,\"skipped\":%zu,\"occurrences\":%zu,\"range\":", t->n_events,
		     t->n_skipped, t->n_occurrences);
	put_json(range_text(c, t, range));
	(void)printf(",\"zones\":[");
	for (size_t i = 0; i < t->n_zones; i++) {
		(void)printf("%s", i ? "," : "");
		put_json(t->zones[i]);
	}
	unsigned share = share_free(t);
	(void)printf("],\"horizon\":");
	put_json(horizon_text(t, horizon));
	(void)printf(",\"share_free\":%u.%03u,\"warnings\":[", share / 1000, share % 1000);
	for (size_t i = 0; i < t->warnings.n; i++) {
		char *text = warning_text(&t->warnings.v[i]);
		(void)printf("%s", i ? "," : "");
		put_json(text);
		xfree(text);
	}
	(void)printf("]}\n");
}

static void print_busy(const struct check *c, const struct timetable *t)
{
	char start[CIVIL_TEXT], end[CIVIL_TEXT];
	if (c->json)
		(void)printf("{\"busy\":[");
	for (size_t i = 0; i < t->busy.n; i++) {
		const struct busy *b = &t->busy.v[i];
		(void)printf(c->json ? "%s{\"start\":\"%s\",\"end\":\"%s\",\"level\":\"%s\"}"
				     : "%s%s %s %s\n",
			     c->json && i ? "," : "", utc_text(b->start, start),
			     utc_text(b->end, end), level_word(b->level));
	}
	if (c->json)
		(void)printf("]}\n");
	for (size_t i = 0; i < t->warnings.n; i++) {
		char *text = warning_text(&t->warnings.v[i]);
		(void)fprintf(stderr, "tandemctl: %s\n", text);
		xfree(text);
	}
}

/* ---- the command -------------------------------------------------------------------------- */

static bool is_url(const char *what)
{
	return strstr(what, "://") != NULL;
}

/* By the same way and past the same guards as the daemon's, with its defaults as limits. */
static bool load_url(const struct check *c, struct import_files *files, struct err *err)
{
	struct fetch_answer answer = {0};
	struct fetch_request request = {
		.url = c->what,
		.user_agent = c->policy.user_agent,
		.auth_file = c->policy.auth_file,
		.ca_file = c->policy.ca_file,
		.allow_private = c->policy.allow_private,
	};
	fetch_once(&request, &fetch_limits_default, &answer);
	bool fine = answer.outcome == FETCH_BODY;
	if (fine) {
		files->v = xgrow(files->v, files->n, &files->cap, sizeof *files->v);
		struct import_file *file = &files->v[files->n++];
		file->name = NULL;
		file->n = answer.body.n;
		file->bytes = buf_take(&answer.body);
	} else {
		*err = answer.err;
	}
	fetch_answer_fini(&answer);
	return fine;
}

/* What a sentence calls it: of a URL only the host, the rest of it is often a secret. */
static bool name_it(const struct check *c, struct err *err)
{
	struct fetch_url url = {0};
	if (!is_url(c->what))
		return err_wrap(err, "%s", c->what);
	if (fetch_url_read(c->what, &url) && url.host)
		(void)err_wrap(err, "%s", url.host);
	fetch_url_fini(&url);
	return false;
}

/* In a cage that is started when it is needed. Children of its own small process do not begin
 * with a copy of all that was read here. */
static bool parse_caged(void *ctx, const struct buf *text, const struct import_limits *limits,
			struct buf *wire, struct err *err)
{
	struct cage **cage = ctx;
	if (!*cage)
		*cage = cage_new(err);
	return *cage && cage_parse(*cage, text, limits, wire, err);
}

static bool check(struct check *c, struct err *err)
{
	struct import_files files = {0};
	struct timetable t = {0};
	struct timetable_opts opts = {
		.zone = c->zone,
		.from = zone_day_start(c->zone, c->first),
		.to = zone_day_start(c->zone, c->past),
		.now = clock_now(),
		.limits = &import_limits_default,
	};
	if (is_url(c->what) && !load_url(c, &files, err))
		return name_it(c, err);
	if (!is_url(c->what) && !import_load(c->what, opts.limits, &files, err))
		return false;
	struct cage *cage = NULL;
	bool fine = import_read(files.v, files.n, &c->policy, &opts, parse_caged, &cage, &t, err);
	cage_free(cage);
	import_files_fini(&files);
	if (!fine)
		return name_it(c, err);
	/* behind the horizon what is not busy is not known */
	if (c->busy && t.horizon > opts.from && t.horizon < opts.to)
		busyset_fill_free(&t.busy, t.horizon, opts.to, LEVEL_UNKNOWN);
	if (c->busy)
		print_busy(c, &t);
	else if (c->json)
		print_json_summary(c, &t);
	else
		print_summary(c, &t);
	timetable_fini(&t);
	return true;
}

int source_check_main(char **words, size_t n, bool json)
{
	struct check c = {.json = json};
	struct err err;
	int status = 0;
	if (n >= 2 && strcmp(words[0], "source") == 0 && strcmp(words[1], "check") == 0) {
		words += 2;
		n -= 2;
	}
	policy_init(&c.policy);
	if (!read_words(&c, words, n, &err))
		status = err_exit_status(ERR_USAGE);
	else if (!check(&c, &err))
		status = err_exit_status(err.code);
	if (status != 0)
		(void)fprintf(stderr, "tandemctl: %s\n", err.text);
	else if (fflush(stdout) != 0)
		status = err_exit_status(ERR_IO);
	policy_fini(&c.policy);
	return status;
}
