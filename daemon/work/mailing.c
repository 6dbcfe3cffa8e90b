/* mailing.c -- see the header. One question is asked everywhere, by mailing_decide: given what she
 * was told and what is true, what is she to be told now? So it does not matter how often something
 * changed in between, or whether a queued row has become needless. */
#include "work/mailing.h"

#include <string.h>

enum { KEEP_S = 30 * DAY_S }; /* what was said is remembered for so long */

static void rules_fini(struct mailing_rules *rules)
{
	xfree(rules->from_name);
	xfree(rules->from);
	*rules = (struct mailing_rules){0};
}

void mailing_fini(struct mailing *mailing)
{
	rules_fini(&mailing->rules);
}

void mailing_set_rules(struct mailing *mailing, struct mailing_rules *rules)
{
	rules_fini(&mailing->rules);
	mailing->rules = *rules;
	*rules = (struct mailing_rules){0};
}

/* ---- what is to be told ---- */

struct outbox_known mailing_known(const struct session *s, const char *person)
{
	struct outbox_known known = {0};
	if (!s || s->sequence < 0)
		return known;
	known.on = s->state != STATE_CANCELLED && session_attends(s, person);
	if (known.on || session_attends(s, person) || session_left_at(s, person)) {
		known.start = s->start;
		known.end = s->end;
	}
	return known;
}

static bool differs(const struct outbox_known *a, const struct outbox_known *b)
{
	return a->on != b->on || (a->on && (a->start != b->start || a->end != b->end));
}

static bool is_soon(const struct mailing *m, const struct outbox_known *known, utc_t now)
{
	return known->on && known->end > now && known->start < now + m->rules.ahead_s;
}

enum verdict mailing_decide(const struct mailing *m, const struct publication *p,
			    const struct outbox_row *row, const struct session *s, utc_t now)
{
	const struct person *person = roster_person(&p->roster->roster, row->person);
	bool takes = person && person->invitations && person->email;
	struct outbox_known is = mailing_known(s, row->person);
	bool invited =
		row->address && row->end > now; /* and it is still to come, as she knows it */
	if (takes && is.on) {
		bool same = row->address && strcmp(row->address, person->email) == 0;
		bool current = same && row->modified == s->last_modified;
		bool coming = is.end > now || (same && invited);
		return coming && !current ? VERDICT_REQUEST : VERDICT_QUIET;
	}
	if (invited)
		return VERDICT_CANCEL;
	if (!person || !person->email || takes)
		return VERDICT_QUIET;
	bool soon = is_soon(m, &is, now) || is_soon(m, &row->was, now);
	return soon && differs(&is, &row->was) ? VERDICT_NOTE : VERDICT_QUIET;
}

const struct session *mailing_session(const struct publication *p, const struct outbox_row *row)
{
	const struct duo_part *duo = publication_duo(p, row->duo);
	for (size_t i = 0; duo && i < duo->sessions.n; i++)
		if (duo->sessions.v[i].id == row->session)
			return &duo->sessions.v[i];
	return NULL;
}

/* ---- queueing ---- */

/* A note waits for calendars to come by, but not until it is too late to be of use. */
static int64_t note_wait(const struct mailing *m, const struct outbox_row *row,
			 const struct outbox_known *is, utc_t now)
{
	utc_t first = UTC_MAX;
	if (is->on && is->start > now)
		first = is->start;
	if (row->was.on && row->was.start > now && row->was.start < first)
		first = row->was.start;
	int64_t left = first == UTC_MAX ? 0 : (first - now) / 4;
	int64_t wait = left < m->rules.grace_s ? left : m->rules.grace_s;
	return wait > m->rules.settle_s ? wait : m->rules.settle_s;
}

bool mailing_queue(struct mailing *m, struct db *db, struct outbox_row *row, enum verdict verdict,
		   const struct session *s, utc_t now, struct err *err)
{
	struct outbox_known is = mailing_known(s, row->person);
	int64_t wait = verdict == VERDICT_NOTE ? note_wait(m, row, &is, now) : m->rules.settle_s;
	bool pending = row->id && row->state == OUTBOX_QUEUED;
	utc_t due = now + wait;
	row->soon = is.on ? is.start : row->was.start;
	/* what waits already is not put off by changing once more */
	if (!pending || (row->attempts == 0 && due < row->not_before))
		row->not_before = due;
	if (!pending) {
		row->state = OUTBOX_QUEUED;
		row->queued_at = now;
		row->attempts = 0;
		row->announced = false;
		xfree(row->answer);
		row->answer = NULL;
	}
	m->news = true;
	return outbox_put(db, row, err);
}

bool mailing_quiet(struct db *db, struct outbox_row *row, struct err *err)
{
	if (!row->id)
		return true;
	if (!row->address && row->kind == OUTBOX_NONE)
		return outbox_forget(db, row->id, err);
	row->state = OUTBOX_SENT;
	return outbox_put(db, row, err);
}

/* ---- what has changed ---- */

static bool tell(struct mailing *m, struct db *db, const struct publication *p, const char *person,
		 const struct session *s, const struct session *was, utc_t now, struct err *err)
{
	struct outbox_row row;
	if (!outbox_get(db, person, s->id, &row, err))
		return false;
	if (!row.id) {
		memcpy(row.person, person, strlen(person) + 1);
		memcpy(row.duo, s->duo, sizeof row.duo);
		row.session = s->id;
	}
	bool ok = true;
	bool pending = row.id && row.state == OUTBOX_QUEUED;
	if (!pending)
		row.was = mailing_known(was, person);
	if (!row.id || row.state != OUTBOX_SENDING) { /* else its end asks again */
		enum verdict verdict = mailing_decide(m, p, &row, s, now);
		ok = verdict != VERDICT_QUIET ? mailing_queue(m, db, &row, verdict, s, now, err)
		     : pending		      ? mailing_quiet(db, &row, err)
					      : true;
	}
	outbox_row_fini(&row);
	return ok;
}

static bool tell_all(struct mailing *m, struct db *db, const struct publication *p,
		     const struct session *s, const struct session *was, utc_t now, struct err *err)
{
	for (size_t i = 0; i < s->n_attendees; i++)
		if (!tell(m, db, p, s->attendees[i], s, was, now, err))
			return false;
	for (size_t i = 0; i < s->n_left; i++)
		if (!tell(m, db, p, s->left[i].person, s, was, now, err))
			return false;
	return true;
}

/* The same session as it was; @at is where to look first. A duo that was renamed had another part
 * then, which is worth a search only for what is not new. */
static const struct session *session_before(const struct publication *was,
					    const struct duo_part *part, const struct session *s,
					    size_t at)
{
	for (size_t i = 0; part && i < part->sessions.n; i++) {
		const struct session *one = &part->sessions.v[(at + i) % part->sessions.n];
		if (one->id == s->id)
			return one;
	}
	return s->last_modified == s->created_at ? NULL : publication_session(was, s->id, NULL);
}

static bool note_duo(struct mailing *m, struct db *db, const struct publication *p,
		     const struct publication *was, const char *duo, utc_t now, struct err *err)
{
	const struct duo_part *is_part = publication_duo(p, duo);
	const struct duo_part *was_part = publication_duo(was, duo);
	if (is_part == was_part)
		return true;
	for (size_t i = 0; is_part && i < is_part->sessions.n; i++) {
		const struct session *s = &is_part->sessions.v[i];
		if (s->sequence < 0)
			continue;
		const struct session *before = session_before(was, was_part, s, i);
		if (before && before->last_modified == s->last_modified)
			continue;
		if (!tell_all(m, db, p, s, before, now, err))
			return false;
	}
	return true;
}

bool mailing_note(struct mailing *m, struct db *db, const struct publication *p,
		  const struct publication *was, const id_text *duos, size_t n, utc_t now,
		  struct err *err)
{
	for (size_t i = 0; m->rules.on && i < n; i++)
		if (!note_duo(m, db, p, was, duos[i], now, err))
			return false;
	return true;
}

/* ---- everything ---- */

static int compare(const struct outbox_row *row, const char *person, int64_t session)
{
	int order = strcmp(row->person, person);
	return order ? order : (row->session > session) - (row->session < session);
}

static struct outbox_row *find(const struct outbox_list *rows, const char *person, int64_t session)
{
	size_t lo = 0, hi = rows->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (compare(&rows->v[mid], person, session) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	bool there = lo < rows->n && compare(&rows->v[lo], person, session) == 0;
	return there ? &rows->v[lo] : NULL;
}

/* Whether it is nobody's turn to say anything: it waits, or was given up as it is now. */
static bool is_settled(const struct outbox_row *row, const struct session *s)
{
	return row->state == OUTBOX_QUEUED || row->state == OUTBOX_SENDING ||
	       (row->state != OUTBOX_SENT && s && row->version == s->last_modified);
}

static bool invite(struct mailing *m, struct db *db, const struct publication *p,
		   const struct outbox_list *rows, const char *person, const struct duo_part *duo,
		   utc_t now, struct err *err)
{
	for (size_t i = 0; duo && i < duo->sessions.n; i++) {
		const struct session *s = &duo->sessions.v[i];
		if (s->end <= now || find(rows, person, s->id))
			continue;
		struct outbox_row row = {.session = s->id};
		memcpy(row.person, person, strlen(person) + 1);
		if (mailing_decide(m, p, &row, s, now) == VERDICT_REQUEST &&
		    !mailing_queue(m, db, &row, VERDICT_REQUEST, s, now, err))
			return false;
	}
	return true;
}

static bool reconcile(struct mailing *m, struct db *db, const struct publication *p,
		      const struct outbox_list *rows, utc_t now, struct err *err)
{
	const struct roster *roster = &p->roster->roster;
	for (size_t i = 0; i < rows->n; i++) {
		struct outbox_row *row = &rows->v[i];
		const struct session *s = mailing_session(p, row);
		enum verdict verdict =
			is_settled(row, s) ? VERDICT_QUIET : mailing_decide(m, p, row, s, now);
		/* notes are of changes, and there is none */
		if ((verdict == VERDICT_REQUEST || verdict == VERDICT_CANCEL) &&
		    !mailing_queue(m, db, row, verdict, s, now, err))
			return false;
	}
	for (size_t i = 0; i < roster->n_persons; i++) {
		const struct person_part *part = publication_person(p, roster->persons[i].id);
		for (size_t d = 0; roster->persons[i].invitations && part && d < part->n_duos; d++)
			if (!invite(m, db, p, rows, part->id, publication_duo(p, part->duos[d]),
				    now, err))
				return false;
	}
	return true;
}

bool mailing_reconcile(struct mailing *m, struct db *db, const struct publication *p, utc_t now,
		       struct err *err)
{
	struct outbox_list rows = {0};
	if (!m->rules.on)
		return true;
	m->news = true;
	bool ok = outbox_prune(db, now - KEEP_S, err) && outbox_all(db, &rows, err) &&
		  reconcile(m, db, p, &rows, now, err);
	outbox_list_fini(&rows);
	return ok;
}
