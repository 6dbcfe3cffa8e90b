/* commands.c -- the table of commands and the one place that enforces it. */
#include "serve/command.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIT(option)  (1U << (option))
#define LINK_OPTIONS (BIT(OPT_CLIENT) | BIT(OPT_ALARM) | BIT(OPT_OBLIGATIONS))

/* clang-format off */
static const struct command commands[] = {
/*  name              arguments                min max  options                       right      solver            loop */
  { "status",         "",                       0, 0,  0,                             MAY_READ,  NULL,             cmd_status, "what is running, what failed last" },
  { "reload",         "",                       0, 0,  BIT(OPT_ACCEPT)|BIT(OPT_DRY_RUN), MAY_ADMIN, NULL,             cmd_reload, "read roster and settings again, all or nothing" },
  { "source list",    "",                       0, 0,  0,                             MAY_READ,  cmd_source_list,  NULL, "every source with its state and age" },
  { "source diff",    "ID",                     1, 1,  0,                             MAY_READ,  cmd_source_diff,  NULL, "what its last version changed: + come, - gone, ~ moved" },
  { "source refresh", "ID",                     1, 1,  0,                             MAY_ADMIN, NULL,             cmd_source_refresh, "read a source now" },
  { "source accept",  "ID",                     1, 1,  0,                             MAY_ADMIN, NULL,             cmd_source_accept, "take what lies in quarantine" },
  { "source reject",  "ID",                     1, 1,  0,                             MAY_ADMIN, NULL,             cmd_source_reject, "silence what lies in quarantine" },
  { "slots",          "DUO",                    1, 1,  BIT(OPT_WEEK)|BIT(OPT_LENGTH)|BIT(OPT_WITH)|BIT(OPT_VISITS), MAY_READ, cmd_slots, NULL, "shared free time, ranked, with reasons; --visits: lessons to visit" },
  { "plan",           "DUO|programme",          1, 1,  BIT(OPT_WHAT_IF)|BIT(OPT_WITHOUT)|BIT(OPT_SVG), MAY_READ,  cmd_plan,         NULL, "the year of a duo with its cost in parts; the group moments" },
  { "explain",        "DUO|programme DATE",     2, 2,  0,                             MAY_READ,  cmd_explain,      NULL, "why there is or is no session that day" },
  { "advice",         "DUO",                    1, 1,  BIT(OPT_CSV),                  MAY_READ,  cmd_advice,       NULL, "which single lessons, if moved, would help most" },
  { "session list",   "[DUO|PERSON|programme]", 0, 1,  BIT(OPT_FROM)|BIT(OPT_TO),     MAY_READ,  cmd_session_list, NULL, "sessions by start" },
  { "session book",   "DUO START DURATION",     3, 3,  BIT(OPT_DRY_RUN)|BIT(OPT_KIND)|BIT(OPT_WITH), MAY_ADMIN, NULL,  cmd_session_book, "book a session by hand; it is pinned" },
  { "session move",   "ID START [DURATION]",    2, 3,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_move, "move a session; it is pinned there" },
  { "session pin",    "ID [REASON]",            1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_pin, "the planner leaves it where it is" },
  { "session unpin",  "ID [REASON]",            1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_unpin, "the planner may move it again" },
  { "session cancel", "ID [REASON]",            1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_cancel, "cancel it, with a tombstone in feeds" },
  { "session confirm","ID [REASON]",            1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_confirm, "it was held" },
  { "session missed", "ID [REASON]",            1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_session_missed, "it was not held" },
  { "obligation list","[DUO|PERSON|programme]", 0, 1,  BIT(OPT_FROM)|BIT(OPT_TO),     MAY_READ,  cmd_obligation_list, NULL, "what is due, by day, and what was done" },
  { "obligation done","ID [DATE]",              1, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_obligation_done, "it was handed in, today or that day" },
  { "obligation reopen","ID REASON",            2, 2,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_obligation_reopen, "it is still to be done" },
  { "hours add",      "PERSON DURATION DATE TEXT", 4, 4, BIT(OPT_DRY_RUN),            MAY_ADMIN, NULL,             cmd_hours_add, "solo hours" },
  { "hours correct",  "ENTRY DURATION TEXT",    3, 3,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_hours_correct, "a correction is a new entry" },
  { "absent",         "PERSON RANGE [REASON]",  2, 3,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_absent, "days on which a person is not there: what is planned then moves" },
  { "absent list",    "[PERSON]",               0, 1,  0,                             MAY_READ,  cmd_absent_list,  NULL, "days called off, with their numbers" },
  { "absent remove",  "ENTRY",                  1, 1,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_absent_remove, "takes such days back" },
  { "link list",      "[OWNER]",                0, 1,  0,                             MAY_ADMIN, NULL,             cmd_link_list, "every open link" },
  { "link show",      "ID",                     1, 1,  BIT(OPT_SVG),                  MAY_ADMIN, NULL,             cmd_link_show, "one link, and its QR code" },
  { "link new",       "KIND OWNER LABEL",       3, 3,  LINK_OPTIONS|BIT(OPT_DRY_RUN), MAY_ADMIN, NULL,             cmd_link_new, "KIND is me, feed, busy or report" },
  { "link set",       "ID",                     1, 1,  BIT(OPT_LABEL)|LINK_OPTIONS|BIT(OPT_DRY_RUN), MAY_ADMIN, NULL, cmd_link_set, "another name, client, alarm (15m, none), obligations (events, todos, none)" },
  { "link revoke",    "ID",                     1, 1,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_link_revoke, "it answers 410 from now on" },
  { "link rotate",    "OWNER",                  1, 1,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_link_rotate, "new secrets for all links of one owner" },
  { "feeds",          "[OWNER]",                0, 1,  0,                             MAY_READ,  NULL,             cmd_feeds, "what the calendars behind links still show" },
  { "mail list",      "[STATE|PERSON]",         0, 1,  0,                             MAY_ADMIN, NULL,             cmd_mail_list, "mail that waits, failed or was dropped" },
  { "mail retry",     "ID|all",                 1, 1,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_mail_retry, "hand it over now; all: whatever was not taken" },
  { "mail drop",      "ID",                     1, 1,  BIT(OPT_DRY_RUN),              MAY_ADMIN, NULL,             cmd_mail_drop, "never send it" },
  { "report",         "",                       0, 0,  BIT(OPT_AS_OF)|BIT(OPT_FROM)|BIT(OPT_TO)|BIT(OPT_DUO)|BIT(OPT_CSV)|BIT(OPT_DECIMAL), MAY_READ, cmd_report, NULL, "hours and rhythm of every duo" },
  { "check",          "",                       0, 0,  0,                             MAY_ADMIN, cmd_check,        NULL, "is the store whole" },
  { "audit",          "",                       0, 0,  BIT(OPT_SINCE),                MAY_ADMIN, NULL,             cmd_audit, "who changed what, when, why" },
  { "config",         "",                       0, 0,  0,                             MAY_ADMIN, NULL,             cmd_config, "every setting that is in force" },
  { "clock advance",  "DURATION",               1, 1,  0,                             MAY_ADMIN, NULL,             cmd_clock_advance, "live through programme time" },
  { "clock",          "",                       0, 0,  0,                             MAY_ADMIN, cmd_clock,        NULL, "programme time" },
  { "wait",           "",                       0, 0,  0,                             MAY_READ,  NULL,             cmd_wait, "answers when nothing is left to import or plan" },
  { "help",           "",                       0, 0,  0,                             MAY_READ,  cmd_help,         NULL, "this list" },
};

static const struct { const char *word; bool value; } option_words[OPTIONS] = {
	[OPT_WEEK] = {"--week", true},     [OPT_LENGTH] = {"--length", true},
	[OPT_FROM] = {"--from", true},     [OPT_TO] = {"--to", true},
	[OPT_AS_OF] = {"--as-of", true},   [OPT_DUO] = {"--duo", true},
	[OPT_CSV] = {"--csv", false},      [OPT_ACCEPT] = {"--accept", true},
	[OPT_SINCE] = {"--since", true},   [OPT_DECIMAL] = {"--decimal", true},
	[OPT_KIND] = {"--kind", true},     [OPT_WITH] = {"--with", true},
	[OPT_WHAT_IF] = {"--what-if", true}, [OPT_WITHOUT] = {"--without", true},
	[OPT_SVG] = {"--svg", true},       [OPT_VISITS] = {"--visits", false},
	[OPT_LABEL] = {"--label", true},   [OPT_CLIENT] = {"--client", true},
	[OPT_ALARM] = {"--alarm", true},   [OPT_OBLIGATIONS] = {"--obligations", true},
	[OPT_DRY_RUN] = {"--dry-run", false},
};
/* clang-format on */

enum { N_COMMANDS = sizeof commands / sizeof *commands };

const struct command *commands_table(size_t *n)
{
	*n = N_COMMANDS;
	return commands;
}

/* How many of @words are the name of @command: 0 when it is another. */
static size_t name_matches(const struct command *command, char **words, size_t n)
{
	const char *space = strchr(command->name, ' ');
	size_t first = space ? (size_t)(space - command->name) : strlen(command->name);
	if (n == 0 || strlen(words[0]) != first || memcmp(words[0], command->name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return n > 1 && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

static const struct command *find(char **words, size_t n, size_t *used)
{
	const struct command *best = NULL;
	*used = 0;
	for (size_t i = 0; i < N_COMMANDS; i++) {
		size_t m = name_matches(&commands[i], words, n);
		if (m > *used) {
			*used = m;
			best = &commands[i];
		}
	}
	return best;
}

static void no_such_command(char **words, size_t n, struct err *err)
{
	const char *names[N_COMMANDS];
	char typed[80];
	(void)snprintf(typed, sizeof typed, "%s%s%s", n ? words[0] : "", n > 1 ? " " : "",
		       n > 1 ? words[1] : "");
	for (size_t i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
	const char *near = parse_nearest(typed, names, N_COMMANDS);
	if (!near && n)
		near = parse_nearest(words[0], names, N_COMMANDS);
	if (near)
		(void)err_set(err, ERR_USAGE, "unknown command: did you mean `%s`?", near);
	else
		(void)err_set(err, ERR_USAGE, "unknown command; `help` lists them");
}

/* ---- words: global flags, options of the command, arguments ---- */

static bool take_option(struct call *call, char **words, size_t n, size_t *i)
{
	for (int o = 0; o < OPTIONS; o++) {
		if (strcmp(words[*i], option_words[o].word) != 0)
			continue;
		if (!(call->command->options & BIT(o)))
			break;
		if (option_words[o].value && *i + 1 >= n)
			return err_set(&call->err, ERR_USAGE, "%s needs a value",
				       option_words[o].word);
		if (call->options[o] && o != OPT_WITH)
			return err_set(&call->err, ERR_USAGE, "%s is given twice",
				       option_words[o].word);
		call->options[o] = option_words[o].value ? words[++*i] : "";
		if (o == OPT_WITH)
			call->with[call->n_with++] = call->options[o];
		return true;
	}
	return err_set(&call->err, ERR_USAGE, "`%s` takes no %.40s", call->command->name,
		       words[*i]);
}

static bool take_words(struct call *call, char **words, size_t n)
{
	size_t n_args = 0;
	for (size_t i = 0; i < n; i++) {
		if (strncmp(words[i], "--", 2) == 0) {
			if (!take_option(call, words, n, &i))
				return false;
		} else {
			call->args[n_args++] = words[i];
		}
	}
	call->n_args = n_args;
	if (call->dry_run && !(call->command->options & BIT(OPT_DRY_RUN)))
		return err_set(&call->err, ERR_USAGE, "`%s` takes no --dry-run",
			       call->command->name);
	if (n_args < call->command->min || n_args > call->command->max)
		return err_set(&call->err, ERR_USAGE, "usage: %s %s", call->command->name,
			       call->command->args);
	return true;
}

/* --json and --dry-run may stand anywhere; they are taken out of @words. */
static size_t take_flags(struct call *call, char **words, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], "--json") == 0)
			call->json = true;
		else if (strcmp(words[i], "--dry-run") == 0)
			call->dry_run = true;
		else
			words[kept++] = words[i];
	}
	return kept;
}

/* ---- running ---- */

void call_finish(struct call *call, const struct err *err)
{
	if (call->server->control) /* gone when we are stopping */
		control_answer(call->server->control, call->request_id, &call->out,
			       err && err->code != ERR_NONE ? err : NULL);
	for (size_t i = 0; call->words[i]; i++)
		xfree(call->words[i]);
	xfree(call->words);
	xfree(call->args);
	xfree(call->with);
	buf_fini(&call->out);
	publication_unref(call->p);
	xfree(call);
}

static void read_run(struct job *job)
{
	struct call *call = (struct call *)job;
	if (!call->command->read(call) && call->err.code == ERR_NONE)
		(void)err_set(&call->err, ERR_BUG, "%s failed without a reason",
			      call->command->name);
}

static void read_done(struct job *job, bool cancelled)
{
	struct call *call = (struct call *)job;
	if (cancelled)
		(void)err_set(&call->err, ERR_UNAVAILABLE, "tandemd is stopping");
	call_finish(call, &call->err);
}

static bool may(const struct command *command, uid_t uid)
{
	/* io/control lets in nobody but root, the daemon's own user and the admins; all of them
	 * may everything. A right below admin is for callers of the JSON interface. */
	(void)uid;
	return command->right == MAY_READ || command->right == MAY_ADMIN;
}

static void run(struct call *call)
{
	call->p = publication_ref(call->server->world->now);
	call->now = clock_now();
	call->weights = call->server->world->settings.weights;
	call->import = call->server->world->settings.import;
	if (call->command->start) {
		call->command->start(call);
		return;
	}
	call->job = (struct job){.run = read_run, .done = read_done};
	if (!worker_post_first(call->server->world->worker, LANE_SOLVER, &call->job)) {
		(void)err_set(&call->err, ERR_CONFLICT, "too much to do at once; try again");
		call_finish(call, &call->err);
	}
}

void commands_handle(void *ctx, uint64_t request_id, uid_t uid, char **words, size_t n_words)
{
	struct server *server = ctx;
	struct call *call = xcalloc(1, sizeof *call);
	call->server = server;
	call->request_id = request_id;
	call->uid = uid;
	(void)snprintf(call->who, sizeof call->who, "uid %u", (unsigned)uid);
	call->words = xcalloc(n_words + 1, sizeof *call->words);
	call->args = xcalloc(n_words + 1, sizeof *call->args);
	call->with = xcalloc(n_words + 1, sizeof *call->with);
	for (size_t i = 0; i < n_words; i++)
		call->words[i] = xstrdup(words[i]);
	char **view = xmemdup(call->words, (n_words + 1) * sizeof *view);
	size_t n = take_flags(call, view, n_words), used;
	call->command = find(view, n, &used);
	bool ok = false;
	if (!call->command)
		no_such_command(view, n, &call->err);
	else if (!may(call->command, uid))
		(void)err_set(&call->err, ERR_DENIED, "not allowed");
	else if (!server->ready)
		(void)err_set(&call->err, ERR_UNAVAILABLE, "tandemd is still starting; try again");
	else
		ok = take_words(call, view + used, n - used);
	xfree(view);
	if (ok)
		run(call);
	else
		call_finish(call, &call->err);
}
