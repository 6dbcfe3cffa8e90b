/* cmd_session.c -- sessions: listed, booked, moved and spoken about by hand.
 *
 * Every action is one change on the store thread, checked there against what is true at that
 * moment, and refused with a sentence that says who stands in the way. */
#include "serve/clash_view.h"
#include "serve/command.h"
#include "serve/with.h"
#include "work/change.h"
#include "work/decide_group.h"
#include "work/decide_visit.h"
#include "work/echo.h"
#include "work/replan.h"
#include "work/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- list ---- */

/* "programme": what belongs to everybody and so to no duo. */
static bool concerns(const struct session *s, const char *who)
{
	if (strcmp(s->duo, strcmp(who, "programme") == 0 ? "" : who) == 0)
		return true;
	for (size_t i = 0; i < s->n_attendees; i++)
		if (strcmp(s->attendees[i], who) == 0)
			return true;
	return false;
}

static bool window_option(struct call *call, enum option option, bool past, utc_t *at)
{
	const struct zone *zone = call->p->roster->roster.programme.zone;
	day_t day;
	if (!call->options[option])
		return true;
	if (!parse_date(call->options[option], &day, &call->err)) {
		call->err.code = ERR_USAGE;
		return false;
	}
	*at = zone_day_start(zone, day + past);
	return true;
}

static void echo_id(void *ctx, const struct source *source, const struct session *s)
{
	struct buf *ids = ctx;
	(void)s;
	buf_addf(ids, "%s%s", ids->n ? " " : "", source->id);
}

static void echo_line(void *ctx, const struct source *source, const struct session *s)
{
	buf_adds(ctx, "# ");
	echo_sentence(source, s, ctx);
	buf_addc(ctx, '\n');
}

static void session_object(struct json *json, const struct publication *p, const struct session *s)
{
	json_object(json, NULL);
	session_keys(json, s);
	struct buf ids = {0};
	echo_each(p, s, echo_id, &ids);
	if (ids.n) { /* sources that probably show it, too */
		json_array(json, "echoes");
		char *save = NULL, *all = buf_take(&ids);
		for (char *id = strtok_r(all, " ", &save); id; id = strtok_r(NULL, " ", &save))
			json_text(json, NULL, id);
		json_end(json, ']');
		xfree(all);
	}
	json_end(json, '}');
	buf_fini(&ids);
}

static void listed_line(struct call *call, const struct session *s)
{
	session_line(call, s);
	echo_each(call->p, s, echo_line, &call->out);
	clash_line(call->p, s, &call->weights, call->now, "# ", &call->out);
}

bool cmd_session_list(struct call *call)
{
	const char *who = call->n_args ? call->args[0] : NULL;
	utc_t from = UTC_MIN, to = UTC_MAX;
	if ((who && !call_knows(call, who)) || !window_option(call, OPT_FROM, false, &from) ||
	    !window_option(call, OPT_TO, true, &to))
		return false;
	const struct session **v = NULL;
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < call->p->n_duos; i++)
		for (size_t k = 0; k < call->p->duos[i]->sessions.n; k++) {
			const struct session *s = &call->p->duos[i]->sessions.v[k];
			if (s->end <= from || s->start >= to || (who && !concerns(s, who)))
				continue;
			v = xgrow(v, n, &cap, sizeof *v);
			v[n++] = s;
		}
	if (n)
		qsort(v, n, sizeof *v, session_refs_by_start);
	struct json json = {.out = &call->out};
	if (call->json) {
		json = call_json(call);
		json_array(&json, "sessions");
	}
	for (size_t i = 0; i < n; i++)
		if (call->json)
			session_object(&json, call->p, v[i]);
		else
			listed_line(call, v[i]);
	if (call->json) {
		json_end(&json, ']');
		json_array(&json, "clashes");
		for (size_t i = 0; i < n; i++)
			clash_object(&json, call->p, v[i], &call->weights, call->now);
		json_end(&json, ']');
		json_end(&json, '}');
	}
	xfree(v);
	return true;
}

/* ---- changes ---- */

struct session_change;
typedef bool session_act_fn(struct session_change *c, struct desk *desk, struct err *err);

struct session_change {
	struct change change;
	struct call *call;
	session_act_fn *act;
	const char *verb;
	int64_t id; /* 0: book */
	id_text duo;
	enum kind kind; /* book */
	bool kind_said;
	utc_t start, end;   /* book, move; end 0: keeps its length */
	int32_t own_min;    /* move: what it takes already */
	const char *reason; /* borrowed of the call; may be NULL */
	struct session result;
};

/* Whether a person may put a session there: coming, in the free known time of both members and
 * all others, and within what is left to plan for the members (the planner's own sessions give way,
 * so they do not count). Who is in no duo has no hours to exceed, and a session that moves without
 * growing takes none. */
static bool fits(const struct session_change *c, const struct publication *p, utc_t now,
		 const struct duo *duo, const struct with *with, utc_t start, utc_t end,
		 struct err *err)
{
	struct party_setup setup;
	int step = p->roster->roster.programme.length_step_min;
	if (start < now)
		return err_set(err, ERR_CONFLICT, "that moment has passed");
	if (end - start < step * 60)
		return err_set(err, ERR_USAGE, "a session lasts at least %d minutes", step);
	if (!party_setup_init(&setup, p, duo, &with->party, &c->call->weights, now))
		return err_set(err, ERR_CONFLICT, "a member of %s is not in the roster", duo->id);
	bool ok = plan_fits(&setup.duo.task, start, end, err) &&
		  party_fits(&setup.task, start, end, err);
	int32_t more = (int32_t)((end - start) / 60);
	for (int m = 0; m < 2 && ok; m++) {
		int32_t left = setup.duo.task.members[m].remaining_min;
		if (more > left && more > c->own_min)
			ok = err_set(err, ERR_CONFLICT,
				     "%s has %d minutes left to plan, this takes %d",
				     duo->members[m], left, more);
	}
	party_setup_fini(&setup);
	return ok;
}

static bool save(struct session_change *c, struct desk *desk, struct session *is,
		 const struct session *was, struct err *err)
{
	char what[64], a[CIVIL_TEXT], b[CIVIL_TEXT], from[80], to[80];
	if (!desk_change_session(desk, is, was, &c->call->weights, err))
		return false;
	(void)snprintf(what, sizeof what, "session %s s%lld", c->verb, (long long)is->id);
	if (was)
		(void)snprintf(from, sizeof from, "%s %s..%s", state_word(was->state),
			       utc_text(was->start, a), utc_text(was->end, b));
	(void)snprintf(to, sizeof to, "%s %s..%s", state_word(is->state), utc_text(is->start, a),
		       utc_text(is->end, b));
	if (!desk_audit(desk, c->call->who, "control", what, was ? from : NULL, to, c->reason, err))
		return false;
	session_fini(&c->result);
	session_copy(&c->result, is);
	return true;
}

/* Which kind it is with those who are there, and whether that can be. */
static bool kind_with(struct session_change *c, const struct roster *roster, struct with *with,
		      struct err *err)
{
	const struct programme *programme = &roster->programme;
	if (!c->kind_said && with->expert)
		c->kind = KIND_EXPERT;
	bool others = c->kind == KIND_STEERING || c->kind == KIND_EVALUATION;
	for (size_t i = 0; c->kind == KIND_STEERING && i < programme->n_steering_group; i++)
		with_person(with, roster_person(roster, programme->steering_group[i]));
	if (c->kind != KIND_WORK && c->kind != KIND_EXPERT && !others)
		return err_set(err, ERR_USAGE,
			       "--kind is work, expert, steering or evaluation, not %s",
			       kind_word(c->kind));
	if (with->n_experts > 1 || with->n_rooms > 1)
		return err_set(err, ERR_USAGE, "a session has one expert and one room at most");
	if ((c->kind == KIND_EXPERT) != (with->expert != NULL))
		return err_set(err, ERR_USAGE,
			       with->expert ? "with an expert it is of kind expert"
					    : "an expert session needs --with EXPERT");
	return others || with->party.n_persons == 0 ||
	       err_set(err, ERR_USAGE,
		       "to a session of kind %s only the two members come, and an expert; "
		       "--kind steering or evaluation has others as well",
		       kind_word(c->kind));
}

static bool act_book(struct session_change *c, struct desk *desk, struct err *err)
{
	const struct duo *duo = roster_duo(&desk_publication(desk)->roster->roster, c->duo);
	if (!duo)
		return err_set(err, ERR_NOTFOUND, "no duo %s", c->duo);
	struct with with;
	const struct roster *roster = &desk_publication(desk)->roster->roster;
	if (!with_find(roster, c->call->with, c->call->n_with, &with, err) ||
	    !kind_with(c, roster, &with, err) ||
	    !fits(c, desk_publication(desk), desk_now(desk), duo, &with, c->start, c->end, err))
		return false;
	size_t n_attendees;
	id_text *attendees = with_attendees(duo, &with, &n_attendees);
	struct session is = {
		.kind = c->kind,
		.state = STATE_BOOKED,
		.start = c->start,
		.end = c->end,
		.attendees = attendees,
		.n_attendees = n_attendees,
		.pinned = true,
	};
	memcpy(is.duo, duo->id, sizeof is.duo);
	if (with.expert)
		memcpy(is.expert, with.expert->id, sizeof is.expert);
	if (with.room)
		memcpy(is.room, with.room->id, sizeof is.room);
	bool ok = save(c, desk, &is, NULL, err);
	xfree(attendees);
	return ok;
}

static bool must_be_coming(const struct session *s, const char *verb, struct desk *desk,
			   struct err *err)
{
	if (s->state != STATE_BOOKED)
		return err_set(err, ERR_CONFLICT, "s%lld is %s; only a booked session can be %s",
			       (long long)s->id, state_word(s->state), verb);
	if (s->end <= desk_now(desk))
		return err_set(err, ERR_CONFLICT, "s%lld is over; confirm it or say it was missed",
			       (long long)s->id);
	return true;
}

/* @p without a session: its own minutes and place do not stand in its way. */
static struct publication *without(const struct publication *p, const struct session *was)
{
	struct publication *seen = publication_next(p);
	struct decisions gone;
	decisions_begin(&gone, p, was->duo);
	decisions_add(&gone, DECIDE_DROP, was, NULL);
	publication_assume(seen, &gone);
	decisions_fini(&gone);
	return seen;
}

/* A moment of everybody's: who is free there comes. The first who is not is named when that is
 * nearly nobody. */
static bool regroup(const struct session_change *c, const struct publication *seen, utc_t now,
		    struct session *is, struct err *err)
{
	struct group_work work;
	struct buf why = {0};
	group_work_init(&work, seen, &c->call->weights, now);
	size_t n_members = work.task.n_members;
	bool *who = xcalloc(n_members, sizeof *who);
	size_t n = group_who(&work.task, is->start, is->end, who);
	is->attendees = xcalloc(n, sizeof *is->attendees);
	is->n_attendees = 0;
	for (size_t i = 0; i < n_members; i++) {
		enum group_why word;
		const struct person *person = work.members[i].person;
		if (who[i])
			memcpy(is->attendees[is->n_attendees++], person->id, sizeof(id_text));
		else if (!why.n &&
			 !group_why(&work.task, i, is->start, is->end, false, &word, &why))
			buf_addf(&why, "%s has no hours left for it", person->id);
	}
	bool ok = n >= GROUP_LEAST || err_set(err, ERR_CONFLICT, "%zu of %zu can come then: %s", n,
					      n_members, buf_str(&why));
	xfree(who);
	buf_fini(&why);
	group_work_fini(&work);
	return ok;
}

static bool move_group(struct session_change *c, struct desk *desk, struct session *is,
		       const struct session *was, struct err *err)
{
	utc_t now = desk_now(desk);
	if (is->start < now)
		return err_set(err, ERR_CONFLICT, "that moment has passed");
	struct publication *seen = without(desk_publication(desk), was);
	bool ok = regroup(c, seen, now, is, err) && save(c, desk, is, was, err);
	publication_unref(seen);
	xfree(is->attendees);
	return ok;
}

/* Work keeps its room where that can be, else it takes the first of the duo's that is free there.
 * What is in the way in its own is what is told. */
static bool fits_in_a_room(const struct session_change *c, const struct publication *seen,
			   struct desk *desk, const struct duo *duo, struct session *is,
			   struct err *err)
{
	size_t others = is->kind == KIND_WORK && *is->room ? duo->n_rooms : 0;
	struct session in = *is;
	for (size_t i = 0; i <= others; i++) {
		struct with with;
		struct err why = {0};
		if (i > 0)
			memcpy(in.room, duo->rooms[i - 1], sizeof in.room);
		with_of_session(&seen->roster->roster, duo, &in, &with);
		if (fits(c, seen, desk_now(desk), duo, &with, is->start, is->end, &why)) {
			memcpy(is->room, in.room, sizeof is->room);
			return true;
		}
		if (i == 0)
			*err = why;
	}
	return false;
}

static bool act_move(struct session_change *c, struct desk *desk, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	const struct session *was = publication_session(p, c->id, NULL);
	const struct duo *duo = was ? roster_duo(&p->roster->roster, was->duo) : NULL;
	bool group = was && !*was->duo;
	if (!duo && !group)
		return err_set(err, ERR_NOTFOUND, "s%lld has no duo in the roster",
			       (long long)c->id);
	if (!must_be_coming(was, "moved", desk, err))
		return false;
	struct session is = *was;
	is.start = c->start;
	is.end = c->end ? c->end : c->start + (was->end - was->start);
	is.pinned = true;
	is.reason = NULL;
	c->own_min = (int32_t)((was->end - was->start) / 60);
	if (group)
		return move_group(c, desk, &is, was, err);
	struct publication *seen = without(p, was);
	if (was->kind == KIND_VISIT)
		is.end = c->end;
	bool ok = was->kind == KIND_VISIT ? visit_may_move(seen, was, &c->call->weights,
							   desk_now(desk), is.start, &is.end, err)
					  : fits_in_a_room(c, seen, desk, duo, &is, err);
	publication_unref(seen);
	return ok && save(c, desk, &is, was, err);
}

static bool act_pin(struct session_change *c, struct desk *desk, struct err *err)
{
	const struct session *was = publication_session(desk_publication(desk), c->id, NULL);
	if (!was || !must_be_coming(was, "pinned", desk, err))
		return was ? false : err_set(err, ERR_NOTFOUND, "no session");
	struct session is = *was;
	is.pinned = strcmp(c->verb, "pin") == 0;
	if (c->reason)
		is.reason = (char *)c->reason;
	return save(c, desk, &is, was, err);
}

static bool act_cancel(struct session_change *c, struct desk *desk, struct err *err)
{
	const struct session *was = publication_session(desk_publication(desk), c->id, NULL);
	if (!was || !must_be_coming(was, "cancelled", desk, err))
		return was ? false : err_set(err, ERR_NOTFOUND, "no session");
	struct session is = *was;
	is.state = STATE_CANCELLED;
	is.cancelled_at = desk_now(desk);
	is.pinned = true; /* a person's word: the planner does not come back with that day */
	is.reason = (char *)c->reason;
	return save(c, desk, &is, was, err);
}

/* Entries that bring each attendee's minutes of this session to @minutes. */
static bool settle_ledger(struct desk *desk, const struct session *s, int32_t minutes,
			  const char *text, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	for (size_t a = 0; a < s->n_attendees; a++) {
		const struct person_part *person = publication_person(p, s->attendees[a]);
		int32_t sum = 0;
		int64_t first = 0;
		for (size_t i = 0; person && i < person->entries.n; i++)
			if (person->entries.v[i].session == s->id) {
				sum += person->entries.v[i].minutes;
				first = first ? first : person->entries.v[i].id;
			}
		if (sum == minutes && !first)
			continue;
		struct entry entry = {
			.session = s->id,
			.corrects = first,
			.kind = s->kind,
			.minutes = minutes - sum,
			.day = zone_day_of(p->roster->roster.programme.zone, s->start),
			.at = desk_now(desk),
			.text = (char *)text,
		};
		memcpy(entry.person, s->attendees[a], sizeof entry.person);
		memcpy(entry.duo, s->duo, sizeof entry.duo);
		if (entry.minutes != 0 && !ledger_add(desk_db(desk), &entry, err))
			return false;
		desk_touch_person(desk, s->attendees[a]);
	}
	return true;
}

static bool act_past(struct session_change *c, struct desk *desk, struct err *err)
{
	const struct session *was = publication_session(desk_publication(desk), c->id, NULL);
	bool held = strcmp(c->verb, "confirm") == 0;
	if (!was)
		return err_set(err, ERR_NOTFOUND, "no session");
	if (was->state != STATE_BOOKED && was->state != STATE_HELD && was->state != STATE_MISSED)
		return err_set(err, ERR_CONFLICT, "s%lld is %s", (long long)c->id,
			       state_word(was->state));
	if (was->start > desk_now(desk))
		return err_set(err, ERR_CONFLICT, "s%lld has not begun yet", (long long)c->id);
	struct session is = *was;
	is.state = held ? STATE_HELD : STATE_MISSED;
	is.assumed = false;
	if (c->reason)
		is.reason = (char *)c->reason;
	int32_t minutes = held ? (int32_t)((is.end - is.start) / 60) : 0;
	return settle_ledger(desk, &is, minutes, c->reason, err) && save(c, desk, &is, was, err);
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	struct session_change *c = (struct session_change *)change;
	return c->act(c, desk, err);
}

/* The duo itself was planned with the change; the other duos of its members have other time and
 * hours now. */
static void replan_attendees(struct world *world, const struct session *s)
{
	for (size_t i = 0; i < s->n_attendees; i++)
		replan_person(world, s->attendees[i]);
	replan_go(world);
}

/* Members' choices win: another length than the planner would choose stands, and is told. */
static bool odd_length(const struct session_change *c, struct buf *out)
{
	const struct programme *p = &c->call->p->roster->roster.programme;
	int32_t min = (int32_t)((c->result.end - c->result.start) / 60);
	char length[DURATION_TEXT], low[DURATION_TEXT], high[DURATION_TEXT];
	if (!c->start || c->result.kind != KIND_WORK ||
	    (min >= p->session_min && min <= p->session_max_min))
		return false;
	buf_addf(out,
		 "%s is outside the programme's sessions of %s to %s; it stands as it was asked",
		 minutes_text(min, length), minutes_text(p->session_min, low),
		 minutes_text(p->session_max_min, high));
	return true;
}

static void print(struct session_change *c)
{
	struct call *call = c->call;
	struct buf warning = {0};
	bool odd = odd_length(c, &warning);
	if (call->json) {
		struct json json = call_json(call);
		session_keys(&json, &c->result);
		json_array(&json, "warnings");
		if (odd)
			json_text(&json, NULL, buf_str(&warning));
		json_end(&json, ']');
		json_end(&json, '}');
	} else {
		session_line(call, &c->result);
		if (odd)
			buf_addf(&call->out, "# %s\n", buf_str(&warning));
	}
	buf_fini(&warning);
}

static void done(struct change *change, const struct err *err)
{
	struct session_change *c = (struct session_change *)change;
	struct call *call = c->call;
	if (!err)
		print(c);
	if (!err && !call->dry_run)
		replan_attendees(call->server->world, &c->result);
	session_fini(&c->result);
	call_finish(call, err); /* err lies in c */
	xfree(c);
}

static void post(struct call *call, struct session_change *c)
{
	c->change = (struct change){.apply = apply, .done = done, .dry_run = call->dry_run};
	c->call = call;
	if (change_post(call->server->world, &c->change, &call->err))
		return;
	xfree(c);
	call_finish(call, &call->err);
}

/* @call->args[0] is a session; the reason, if any, follows. NULL: answered already. */
static struct session_change *on_session(struct call *call, const char *verb, session_act_fn *act)
{
	const struct session *s = call_session(call, call->args[0]);
	if (!s) {
		call_finish(call, &call->err);
		return NULL;
	}
	struct session_change *c = xcalloc(1, sizeof *c);
	c->id = s->id;
	c->verb = verb;
	c->act = act;
	return c;
}

static void speak(struct call *call, const char *verb, session_act_fn *act)
{
	struct session_change *c = on_session(call, verb, act);
	if (!c)
		return;
	c->reason = call->n_args > 1 ? call->args[1] : NULL;
	post(call, c);
}

void cmd_session_pin(struct call *call)
{
	speak(call, "pin", act_pin);
}

void cmd_session_unpin(struct call *call)
{
	speak(call, "unpin", act_pin);
}

void cmd_session_cancel(struct call *call)
{
	speak(call, "cancel", act_cancel);
}

void cmd_session_confirm(struct call *call)
{
	speak(call, "confirm", act_past);
}

void cmd_session_missed(struct call *call)
{
	speak(call, "missed", act_past);
}

/* START [DURATION] from @at on. */
static bool take_slot(struct call *call, size_t at, utc_t *start, utc_t *end)
{
	int32_t min;
	if (!call_moment(call, call->args[at], start))
		return false;
	*end = 0;
	if (call->n_args <= at + 1)
		return true;
	if (!parse_minutes(call->args[at + 1], &min, &call->err) || min <= 0)
		return err_set(&call->err, ERR_USAGE, "\"%.40s\" is not a length such as 2h",
			       call->args[at + 1]);
	*end = *start + (utc_t)min * 60;
	return true;
}

void cmd_session_book(struct call *call)
{
	utc_t start, end;
	const struct duo *duo = call_duo(call, call->args[0]);
	if (!duo || !take_slot(call, 1, &start, &end)) {
		call_finish(call, &call->err);
		return;
	}
	enum kind kind = KIND_WORK;
	if (call->options[OPT_KIND] && !kind_from_word(call->options[OPT_KIND], &kind)) {
		(void)err_set(&call->err, ERR_USAGE, "\"%.40s\" is no kind of session",
			      call->options[OPT_KIND]);
		call_finish(call, &call->err);
		return;
	}
	struct session_change *c = xcalloc(1, sizeof *c);
	c->kind = kind;
	c->kind_said = call->options[OPT_KIND] != NULL;
	c->verb = "book";
	c->act = act_book;
	memcpy(c->duo, duo->id, sizeof c->duo);
	c->start = start;
	c->end = end;
	post(call, c);
}

void cmd_session_move(struct call *call)
{
	utc_t start, end;
	if (!take_slot(call, 1, &start, &end)) {
		call_finish(call, &call->err);
		return;
	}
	struct session_change *c = on_session(call, "move", act_move);
	if (!c)
		return;
	c->start = start;
	c->end = end;
	post(call, c);
}
