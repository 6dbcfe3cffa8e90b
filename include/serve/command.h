/* serve/command.h -- one row per command: name, arguments, right, where it runs, handler, help.
 * The dispatcher enforces the row; a handler gets checked words and cannot be reached without the
 * right. The same table prints the help. */
#ifndef SERVE_COMMAND_H
#define SERVE_COMMAND_H

#include "report/json.h"
#include "serve/server.h"

enum right { MAY_READ, MAY_ADMIN };
enum option {
	OPT_WEEK,
	OPT_LENGTH,
	OPT_FROM,
	OPT_TO,
	OPT_AS_OF,
	OPT_DUO,
	OPT_CSV,
	OPT_ACCEPT,
	OPT_SINCE,
	OPT_DECIMAL,
	OPT_VISITS,
	OPT_KIND,
	OPT_WITH, /* may be given more than once: the values stand in call->with */
	OPT_WHAT_IF,
	OPT_WITHOUT,
	OPT_SVG,
	OPT_LABEL,
	OPT_CLIENT,
	OPT_ALARM,
	OPT_OBLIGATIONS,
	OPT_DRY_RUN, /* in a row: --dry-run may be given; the value stands in call->dry_run */
	OPTIONS
};

/* A call under way. Owned by the dispatcher; freed by call_finish. */
struct call {
	struct job job; /* first */
	struct server *server;
	const struct command *command;
	uint64_t request_id;
	uid_t uid;
	char who[32]; /* "uid 1000", for the audit log */
	bool json, dry_run;
	char **words; /* the whole line; owned, NULL-ended */
	char **args;  /* what follows the command's name; borrowed of words */
	size_t n_args;
	const char *options[OPTIONS]; /* NULL: not given; "" for a flag; borrowed of words */
	const char **with;	      /* n_with of them; borrowed of words */
	size_t n_with;
	struct publication *p; /* a reference; what is served when the call came */
	utc_t now;
	struct weights weights;
	struct import_limits import; /* as the settings have them */
	struct buf out;		     /* data lines */
	struct err err;
	void *state; /* the handler's */
};

struct command {
	const char *name; /* one or two words */
	const char *args; /* for people: "DUO START DURATION" */
	size_t min, max;  /* how many */
	unsigned options; /* bit per enum option */
	enum right right;
	/* exactly one of the two: */
	bool (*read)(struct call *call);  /* solver thread: pure, fills out or err */
	void (*start)(struct call *call); /* loop thread: ends with call_finish, now or later */
	const char *help;
};

void call_finish(struct call *call, const struct err *err); /* loop thread */
const struct command *commands_table(size_t *n);

/* ---- shared by handlers ---- */
const struct duo *call_duo(struct call *call, const char *id);	     /* NULL: err set */
const struct person *call_person(struct call *call, const char *id); /* NULL: err set */
bool call_knows(struct call *call,
		const char *who); /* a duo or person, past ones too, "programme" */
const struct session *call_session(struct call *call, const char *text); /* "s42" */
/* The planner's task of a duo as it is served now; false: err set. duo_task_fini afterwards. */
struct duo_task;
bool call_duo_task(struct call *call, const char *duo, struct duo_task *task) NODISCARD;
/* A moment as people write it, in the programme's zone unless it ends in Z. */
bool call_moment(struct call *call, const char *text, utc_t *at) NODISCARD;
/* In the programme's zone, "2026-11-24T13:00". */
const char *call_local(const struct call *call, utc_t at, char out[CIVIL_TEXT]);
struct json call_json(struct call *call); /* an object has been opened; json_end('}') it */
void session_keys(struct json *json, const struct session *s); /* into an open object */
void session_line(struct call *call, const struct session *s);

/* Handlers, one file per noun. */
void cmd_status(struct call *call);
bool cmd_source_list(struct call *call);
bool cmd_source_diff(struct call *call);
void cmd_source_refresh(struct call *call);
void cmd_source_accept(struct call *call);
void cmd_source_reject(struct call *call);
void cmd_reload(struct call *call);
bool cmd_slots(struct call *call);
bool cmd_slots_with(struct call *call, day_t first, day_t past, int32_t length); /* its --with */
bool cmd_plan(struct call *call);
bool cmd_explain(struct call *call);
bool cmd_advice(struct call *call);
bool cmd_session_list(struct call *call);
void cmd_session_book(struct call *call);
void cmd_session_move(struct call *call);
void cmd_session_pin(struct call *call);
void cmd_session_unpin(struct call *call);
void cmd_session_cancel(struct call *call);
void cmd_session_confirm(struct call *call);
void cmd_session_missed(struct call *call);
bool cmd_obligation_list(struct call *call);
void cmd_obligation_done(struct call *call);
void cmd_obligation_reopen(struct call *call);
void cmd_hours_add(struct call *call);
void cmd_hours_correct(struct call *call);
void cmd_absent(struct call *call);
void cmd_absent_remove(struct call *call);
bool cmd_absent_list(struct call *call);
void cmd_link_list(struct call *call);
void cmd_link_show(struct call *call);
void cmd_link_new(struct call *call);
void cmd_link_set(struct call *call);
void cmd_link_revoke(struct call *call);
void cmd_link_rotate(struct call *call);
void cmd_feeds(struct call *call);
void cmd_mail_list(struct call *call);
void cmd_mail_retry(struct call *call);
void cmd_mail_drop(struct call *call);
bool cmd_report(struct call *call);
bool cmd_check(struct call *call);
void cmd_config(struct call *call);
bool cmd_clock(struct call *call);
void cmd_clock_advance(struct call *call);
void cmd_audit(struct call *call);
void cmd_wait(struct call *call);
bool cmd_help(struct call *call);

#endif
