/* mailer.c -- see the header. */
#include "work/mailer.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/mail.h"
#include "work/change.h"
#include "work/mailing.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE = 60 };

struct mailer {
	struct world *world;
	struct mailman *mailman;
	size_t steps;		       /* in the store */
	bool sending;		       /* a message is on its way */
	bool known;		       /* the store has said what waits */
	struct mailing_sent *underway; /* being handed over, or not settled yet */
	struct mail_answer answer;     /* ... what became of it */
	bool answered;
	utc_t due_at;	  /* of the first that waits; UTC_MAX: none */
	utc_t hold_until; /* nobody is there to take anything */
	utc_t window_at;  /* a minute of [mail] per_minute, and how many went out in it */
	int64_t window_n;
	size_t counts[OUTBOX_STATES];
	char *error;
};

/* In the store: what became of the last message, and which is the next. */
struct step {
	struct change change;
	struct mailer *mailer;
	/* begin: new rules; everything is looked at */
	bool begin, first;
	struct mailing_rules rules;
	/* settle */
	struct mailing_sent *sent;
	enum mailing_outcome outcome;
	const char *why;
	size_t dropped;
	utc_t again;
	/* take */
	bool take;
	struct mailing_sent *next;
	utc_t next_at;
	size_t counts[OUTBOX_STATES];
};

static bool is_busy(const struct mailer *m)
{
	return m->steps > 0 || m->sending;
}

static bool is_on(const struct world *world)
{
	return settings_mail_mode(&world->settings) != MAIL_OFF;
}

struct mailer *mailer_new(struct world *world)
{
	struct mailer *m = xcalloc(1, sizeof *m);
	m->world = world;
	m->mailman = mailman_new(world->loop);
	m->due_at = UTC_MAX;
	return m;
}

void mailer_free(struct mailer *m)
{
	if (!m)
		return;
	mailing_sent_free(m->underway);
	xfree(m->error);
	xfree(m);
}

/* ---- in the store ---- */

static bool step_apply(struct change *change, struct desk *desk, struct err *err)
{
	struct step *s = (struct step *)change;
	struct mailing *mailing = &change->world->mailing;
	const struct publication *p = desk_publication(desk);
	struct db *db = desk_db(desk);
	utc_t now = desk_now(desk);
	if (s->begin)
		mailing_set_rules(mailing, &s->rules);
	return (!s->first || outbox_recover(db, err)) &&
	       (!s->begin || mailing_reconcile(mailing, db, p, now, err)) &&
	       (!s->sent || mailing_settle(mailing, db, p, s->sent, s->outcome, s->why, now,
					   &s->dropped, &s->again, err)) &&
	       (!s->take || mailing_take(mailing, db, p, now, &s->next, &s->next_at, err)) &&
	       (s->next || outbox_count(db, s->counts, err));
}

/* ---- on its way ---- */

static const char *form_word(enum letter_form form)
{
	static const char *const words[] = {[LETTER_REQUEST] = "request",
					    [LETTER_CANCEL] = "cancel",
					    [LETTER_NOTE] = "note",
					    [LETTER_AHEAD] = "ahead"};
	return words[form];
}

/* What may stand in a log: no server's own words, which often repeat an address. */
static const char *plain_error(const struct mail_answer *answer, char out[80])
{
	if (answer->status < 400 || answer->err.code != ERR_IO)
		return answer->err.text;
	(void)snprintf(out, 80, "the mail server says %d", answer->status);
	return out;
}

static void tell(struct mailer *m)
{
	const struct mailing_sent *sent = m->underway;
	bool taken = m->answer.outcome == MAIL_TAKEN;
	char id[24], rows[24], text[80];
	(void)snprintf(id, sizeof id, "%lld", (long long)sent->v[0].row);
	(void)snprintf(rows, sizeof rows, "%zu", sent->n);
	xfree(m->error);
	m->error = taken ? NULL : xstrdup(plain_error(&m->answer, text));
	log_event(taken ? LOG_INFO : LOG_WARN, "mail", "message,sessions,kind,result,error", id,
		  rows, form_word(sent->form),
		  taken				      ? "taken"
		  : m->answer.outcome == MAIL_REFUSED ? "refused"
						      : "later",
		  m->error);
}

static void step_start(struct mailer *m, utc_t now);

static void on_sent(void *ctx, const struct mail_answer *answer)
{
	struct mailer *m = ctx;
	m->answer = *answer;
	m->answered = true;
	m->sending = false;
	tell(m);
	step_start(m, clock_now());
}

static void hand_over(struct mailer *m)
{
	const struct settings *s = &m->world->settings;
	bool spool = settings_mail_mode(s) == MAIL_SPOOL;
	struct mail_route route = {
		.spool = spool ? s->mail.spool : NULL,
		.server = spool ? NULL : s->mail.server,
		.security = (enum mail_security)settings_mail_tls(s),
		.user = s->mail.user,
		.password_file = s->mail.password_file,
		.ca_file = s->mail.ca_file,
		.hello = m->world->now->host,
		.timeout_ms = s->mail.timeout_ms,
	};
	struct mail_letter letter = {.name = m->underway->id,
				     .to = m->underway->to,
				     .bytes = m->underway->bytes.v,
				     .n = m->underway->bytes.n};
	char *name = NULL, *from = NULL;
	struct err err;
	if (!parse_mailbox(s->mail.from, &name, &from, &err))
		from = xstrdup(""); /* settings have been checked */
	letter.from = from;
	m->sending = true;
	m->answered = false;
	mailman_send(m->mailman, &route, &letter, on_sent, m);
	xfree(name);
	xfree(from);
}

/* ---- steps ---- */

/* Somebody is there, but not for us, or nobody is: the next message would fare no better. */
static bool is_about_server(const struct mail_answer *answer)
{
	int status = answer->status;
	return answer->outcome == MAIL_LATER &&
	       (status < 400 || status == 421 || status == 530 || answer->err.code != ERR_IO);
}

static void settled(struct mailer *m, const struct step *s)
{
	if (s->dropped) {
		char id[24], rows[24];
		(void)snprintf(id, sizeof id, "%lld", (long long)s->sent->v[0].row);
		(void)snprintf(rows, sizeof rows, "%zu", s->dropped);
		log_event(LOG_ERROR, "mail", "message,sessions,result", id, rows, "dropped");
	}
	m->hold_until = is_about_server(&m->answer) ? s->again : 0;
	mailing_sent_free(m->underway);
	m->underway = NULL;
	m->answered = false;
}

static void step_done(struct change *change, const struct err *err)
{
	struct step *s = (struct step *)change;
	struct mailer *m = s->mailer;
	struct world *world = m->world;
	m->steps--;
	if (err) {
		/* what was sent is settled again at the next tick */
		log_event(LOG_ERROR, "mail", "error", err->text);
		mailing_sent_free(s->next);
		xfree(s->rules.from_name);
		xfree(s->rules.from);
		m->due_at = clock_now() + MINUTE;
		xfree(s);
		return;
	}
	if (s->sent)
		settled(m, s);
	if (!s->next)
		memcpy(m->counts, s->counts, sizeof m->counts);
	if (s->take) {
		m->known = true;
		m->due_at = s->next_at;
	}
	if (s->next && world->stopping) {
		mailing_sent_free(
			s->next); /* marked as being sent: the next start queues it again */
	} else if (s->next) {
		m->underway = s->next;
		m->window_n++;
		m->due_at = 0; /* who is next is asked when this one is settled */
		hand_over(m);
	}
	bool more = s->begin || (s->sent && !s->take);
	xfree(s);
	if (more && !world->stopping)
		mailer_tick(world, clock_now());
}

/* Whether one more may go out this minute. */
static bool may_send(struct mailer *m, utc_t now)
{
	if (now >= m->window_at + MINUTE || now < m->window_at) {
		m->window_at = now;
		m->window_n = 0;
	}
	return m->window_n < m->world->settings.mail.per_minute;
}

static void step_post(struct mailer *m, struct step *s)
{
	struct err err;
	s->change.apply = step_apply;
	s->change.done = step_done;
	s->mailer = m;
	bool posted = s->sent ? change_post_last(m->world, &s->change, &err)
			      : change_post(m->world, &s->change, &err);
	if (posted) {
		m->steps++;
		return;
	}
	xfree(s->rules.from_name);
	xfree(s->rules.from);
	xfree(s);
}

static void step_start(struct mailer *m, utc_t now)
{
	struct step *s = xcalloc(1, sizeof *s);
	if (m->answered) {
		s->sent = m->underway;
		s->outcome = m->answer.outcome == MAIL_TAKEN	 ? MAILING_TAKEN
			     : m->answer.outcome == MAIL_REFUSED ? MAILING_REFUSED
								 : MAILING_LATER;
		s->why = m->answer.err.text;
	}
	bool held = m->answered ? is_about_server(&m->answer) : now < m->hold_until;
	s->take = is_on(m->world) && !m->world->stopping && !held && may_send(m, now);
	if (s->take)
		atomic_store(&m->world->mail_news, false);
	step_post(m, s);
}

static void begin(struct world *world, bool first)
{
	const struct settings *set = &world->settings;
	struct step *s = xcalloc(1, sizeof *s);
	struct err err;
	s->begin = true;
	s->first = first && is_on(world);
	s->rules = (struct mailing_rules){
		.on = is_on(world),
		.settle_s = set->mail.settle_s,
		.grace_s = set->mail.grace_s,
		.ahead_s = set->mail.ahead_s,
		.retry_s = set->mail.retry_s,
		.retry_max_s = set->mail.retry_max_s,
		.give_up_s = set->mail.give_up_s,
		.digest_from = set->mail.digest_from,
		.health = {set->stale_s, set->unused_s, set->retired_s},
	};
	if (*set->mail.from &&
	    !parse_mailbox(set->mail.from, &s->rules.from_name, &s->rules.from, &err))
		s->rules.on = false; /* settings have been checked */
	step_post(world->mailer, s); /* a message may be under way: it touches none of that */
}

void mailer_start(struct world *world)
{
	begin(world, true);
}

void mailer_reconcile(struct world *world)
{
	begin(world, false);
}

/* ---- time ---- */

utc_t mailer_next(const struct world *world)
{
	const struct mailer *m = world->mailer;
	utc_t next = m->due_at;
	if (!is_on(world) || next == UTC_MAX)
		return UTC_MAX;
	if (next < m->hold_until)
		next = m->hold_until;
	bool full = m->window_n >= world->settings.mail.per_minute;
	return full && next < m->window_at + MINUTE ? m->window_at + MINUTE : next;
}

static bool has_news(const struct world *world)
{
	return atomic_load(&world->mail_news);
}

bool mailer_idle(const struct world *world)
{
	const struct mailer *m = world->mailer;
	if (is_busy(m) || m->answered)
		return false;
	if (!is_on(world))
		return true;
	utc_t now = clock_now();
	bool open = now >= m->hold_until &&
		    (m->window_n < world->settings.mail.per_minute || now >= m->window_at + MINUTE);
	return !(open && (has_news(world) || !m->known)) && mailer_next(world) > now;
}

void mailer_tick(struct world *world, utc_t now)
{
	struct mailer *m = world->mailer;
	if (is_busy(m) || world->stopping)
		return;
	if (m->answered || (is_on(world) && !mailer_idle(world)))
		step_start(m, now);
}

void mailer_again(struct world *world)
{
	world->mailer->hold_until = 0;
	atomic_store(&world->mail_news, true);
}

void mailer_status(const struct world *world, struct mailer_status *out)
{
	const struct mailer *m = world->mailer;
	utc_t next = mailer_next(world);
	*out = (struct mailer_status){.mode = world->settings.mail.mode,
				      .next = next == UTC_MAX ? 0 : next,
				      .error = m->error};
	memcpy(out->counts, m->counts, sizeof out->counts);
}

void mailer_close(struct mailer *m, void (*closed)(void *ctx), void *ctx)
{
	mailman_close(m->mailman, closed, ctx);
	m->mailman = NULL;
}
