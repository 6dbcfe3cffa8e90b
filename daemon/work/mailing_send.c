/* mailing_send.c -- the next message, and what became of it. What it says is decided and written
 * when it is its turn: what has been overtaken meanwhile is never sent.
 *
 * Of one person's waiting rows: notes first, one by one or (more than digest_from) as one list; then
 * invitations, one by one, more than digest_from of them with one list ahead. */
#include "work/mailing.h"

#include "store/links.h"
#include "work/health.h"

#include <stdlib.h>
#include <string.h>

void mailing_sent_free(struct mailing_sent *sent)
{
	if (!sent)
		return;
	xfree(sent->to);
	xfree(sent->v);
	buf_fini(&sent->bytes);
	xfree(sent);
}

/* ---- choosing ---- */

struct choice { /* a row that has something to say */
	struct outbox_row *row;
	const struct session *session;
	enum verdict verdict;
};

struct choices {
	struct choice *v; /* by soon, then session */
	size_t n, cap;
};

static int by_soon(const void *a, const void *b)
{
	const struct outbox_row *x = ((const struct choice *)a)->row;
	const struct outbox_row *y = ((const struct choice *)b)->row;
	int order = (x->soon > y->soon) - (x->soon < y->soon);
	return order ? order : (x->session > y->session) - (x->session < y->session);
}

static void letter_of(const struct mailing *m, const struct publication *p, const char *person,
		      utc_t now, struct letter *out)
{
	*out = (struct letter){.p = p,
			       .person = person,
			       .from_name = m->rules.from_name,
			       .from = m->rules.from,
			       .now = now};
}

static const char *address_of(const struct publication *p, const struct choice *c)
{
	const struct person *person = roster_person(&p->roster->roster, c->row->person);
	/* what is taken back is taken back from where it went */
	return c->verdict == VERDICT_CANCEL ? c->row->address : person->email;
}

static void key_of(const struct mailing *m, const struct publication *p, const struct choice *c,
		   char out[LETTER_ID])
{
	struct letter_item item = {.session = c->session, .on = true};
	struct letter l;
	letter_of(m, p, c->row->person, 0, &l);
	l.to = address_of(p, c);
	l.items = &item;
	l.n_items = 1;
	letter_key(&l, out);
}

/* The event is in her calendar as it is: only its stamp is another one (it was pinned, say). */
static bool says_nothing_new(const struct mailing *m, const struct publication *p,
			     const struct choice *c)
{
	char key[LETTER_ID];
	if (c->verdict != VERDICT_REQUEST || !c->row->address ||
	    c->row->sequence != c->session->sequence)
		return false;
	key_of(m, p, c, key);
	return strcmp(key, c->row->key) == 0;
}

/* What there is to say to her; the rest of @rows is quiet from now on. */
static bool choose(const struct mailing *m, struct db *db, const struct publication *p,
		   struct outbox_list *rows, utc_t now, struct choices *out, struct err *err)
{
	struct link_list links = {0};
	bool ok = true;
	for (size_t i = 0; ok && i < rows->n; i++) {
		struct outbox_row *row = &rows->v[i];
		struct choice c = {.row = row, .session = mailing_session(p, row)};
		/* what is due soon goes along, so that one re-plan is one list */
		if (row->not_before > now + (row->attempts ? 0 : m->rules.settle_s))
			continue;
		c.verdict = c.session ? mailing_decide(m, p, row, c.session, now) : VERDICT_QUIET;
		if (c.verdict == VERDICT_NOTE && !links.v)
			ok = links_load(db, &links, err);
		if (!ok)
			break;
		/* a calendar of hers has come since it changed: then she knows */
		bool known = c.verdict == VERDICT_NOTE &&
			     health_knows(p, &links, row->person, c.session, &m->rules.health, now);
		bool same = says_nothing_new(m, p, &c);
		if (same)
			row->modified = c.session->last_modified;
		if (c.verdict == VERDICT_QUIET || known || same) {
			ok = mailing_quiet(db, row, err);
			continue;
		}
		out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
		out->v[out->n++] = c;
	}
	link_list_fini(&links);
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, by_soon);
	return ok;
}

/* The choices of one message move to the front; returns how many they are. */
static size_t pick(const struct mailing *m, struct choices *all, enum letter_form *form)
{
	size_t notes = 0, fresh = 0;
	struct choice *v = all->v;
	for (size_t i = 0; i < all->n; i++) {
		notes += v[i].verdict == VERDICT_NOTE;
		fresh += v[i].verdict != VERDICT_NOTE && !v[i].row->announced;
	}
	bool many =
		notes ? notes > (size_t)m->rules.digest_from : fresh > (size_t)m->rules.digest_from;
	size_t n = 0;
	for (size_t i = 0; i < all->n && (many || n == 0); i++) {
		bool of_it = notes  ? v[i].verdict == VERDICT_NOTE
			     : many ? !v[i].row->announced
				    : true;
		if (of_it) {
			struct choice c = v[n];
			v[n++] = v[i];
			v[i] = c;
		}
	}
	*form = notes				 ? LETTER_NOTE
		: many				 ? LETTER_AHEAD
		: v[0].verdict == VERDICT_CANCEL ? LETTER_CANCEL
						 : LETTER_REQUEST;
	return n;
}

/* ---- writing ---- */

static struct mailing_sent *write_letter(const struct mailing *m, const struct publication *p,
					 const struct choice *v, size_t n, enum letter_form form,
					 utc_t now)
{
	struct mailing_sent *sent = xcalloc(1, sizeof *sent);
	struct letter_item *items = xcalloc(n, sizeof *items);
	struct letter l;
	letter_of(m, p, v[0].row->person, now, &l);
	l.form = sent->form = form;
	l.to = address_of(p, &v[0]);
	l.items = items;
	l.n_items = sent->n = n;
	sent->to = xstrdup(l.to);
	sent->v = xcalloc(n, sizeof *sent->v);
	for (size_t i = 0; i < n; i++) {
		const struct outbox_row *row = v[i].row;
		struct mailing_item *item = &sent->v[i];
		item->row = row->id;
		item->session = row->session;
		item->said = mailing_known(v[i].session, row->person);
		item->sequence = v[i].session->sequence;
		item->modified = v[i].session->last_modified;
		items[i] = (struct letter_item){v[i].session, item->said.on, row->was};
		if (form == LETTER_REQUEST)
			key_of(m, p, &v[i], item->key);
	}
	letter_id(&l, sent->id);
	letter_write(&l, &sent->bytes);
	xfree(items);
	return sent;
}

static bool mark(struct db *db, const struct choice *v, size_t n, enum letter_form form, utc_t now,
		 struct err *err)
{
	static const enum outbox_kind kinds[] = {[LETTER_REQUEST] = OUTBOX_REQUEST,
						 [LETTER_CANCEL] = OUTBOX_CANCEL,
						 [LETTER_NOTE] = OUTBOX_NOTE,
						 [LETTER_AHEAD] = OUTBOX_NONE};
	for (size_t i = 0; i < n; i++) {
		struct outbox_row *row = v[i].row;
		row->state = OUTBOX_SENDING;
		row->tried_at = now;
		if (form != LETTER_AHEAD) {
			row->kind = kinds[form];
			row->version = v[i].session->last_modified;
		}
		if (!outbox_put(db, row, err))
			return false;
	}
	return true;
}

static bool take_of(const struct mailing *m, struct db *db, const struct publication *p,
		    const char *person, utc_t now, struct mailing_sent **sent, struct err *err)
{
	struct outbox_list rows = {0};
	struct choices all = {0};
	enum letter_form form;
	bool ok = outbox_waiting(db, person, &rows, err) && choose(m, db, p, &rows, now, &all, err);
	if (ok && all.n) {
		size_t n = pick(m, &all, &form);
		ok = mark(db, all.v, n, form, now, err);
		if (ok)
			*sent = write_letter(m, p, all.v, n, form, now);
	}
	xfree(all.v);
	outbox_list_fini(&rows);
	return ok;
}

bool mailing_take(struct mailing *m, struct db *db, const struct publication *p, utc_t now,
		  struct mailing_sent **sent, utc_t *next, struct err *err)
{
	id_text person;
	*sent = NULL;
	do {
		if (!outbox_next(db, now, person, next, err))
			return false;
		/* each turn sends, or makes at least the row that was due quiet */
		if (person[0] && !take_of(m, db, p, person, now, sent, err))
			return false;
	} while (person[0] && !*sent);
	return true;
}

/* ---- what became of it ---- */

static utc_t next_try(const struct mailing *m, int64_t attempts, utc_t now)
{
	int64_t wait = m->rules.retry_s;
	for (int64_t i = 1; i < attempts && wait < m->rules.retry_max_s; i++)
		wait *= 2;
	return now + (wait < m->rules.retry_max_s ? wait : m->rules.retry_max_s);
}

/* It was taken: that is what she knows now. Something may have changed while it was sent. */
static bool taken(struct mailing *m, struct db *db, const struct publication *p,
		  struct outbox_row *row, const struct mailing_sent *sent,
		  const struct mailing_item *item, utc_t now, struct err *err)
{
	row->was = item->said;
	row->attempts = 0;
	if (sent->form != LETTER_NOTE) {
		xfree(row->address);
		row->address = sent->form == LETTER_REQUEST ? xstrdup(sent->to) : NULL;
		row->sequence = item->sequence;
		row->modified = item->modified;
		row->end = item->said.end;
		memcpy(row->key, item->key, sizeof row->key);
	}
	row->state = OUTBOX_SENT;
	const struct session *s = mailing_session(p, row);
	enum verdict verdict = mailing_decide(m, p, row, s, now);
	if (verdict != VERDICT_QUIET)
		return mailing_queue(m, db, row, verdict, s, now, err);
	return outbox_put(db, row, err);
}

static bool not_taken(const struct mailing *m, struct db *db, struct outbox_row *row, bool refused,
		      const char *why, utc_t now, size_t *dropped, utc_t *again, struct err *err)
{
	row->answer = xstrdup(why);
	if (refused) {
		row->state = OUTBOX_FAILED;
	} else if (now - row->queued_at >= m->rules.give_up_s) {
		row->state = OUTBOX_DROPPED;
		++*dropped;
	} else {
		row->state = OUTBOX_QUEUED;
		row->attempts++;
		row->not_before = next_try(m, row->attempts, now);
		*again = row->not_before;
	}
	return outbox_put(db, row, err);
}

static bool settle_row(struct mailing *m, struct db *db, const struct publication *p,
		       const struct mailing_sent *sent, const struct mailing_item *item,
		       enum mailing_outcome outcome, const char *why, utc_t now, size_t *dropped,
		       utc_t *again, struct err *err)
{
	struct outbox_row row;
	if (!outbox_by_id(db, item->row, &row, err))
		return false;
	bool ahead = sent->form == LETTER_AHEAD;
	xfree(row.answer);
	row.answer = NULL;
	bool ok;
	if (ahead && outcome != MAILING_LATER) { /* refused: each invitation will say so itself */
		row.announced = true;
		row.state = OUTBOX_QUEUED;
		row.not_before = now;
		m->news = true;
		ok = outbox_put(db, &row, err);
	} else if (outcome == MAILING_TAKEN) {
		ok = taken(m, db, p, &row, sent, item, now, err);
	} else {
		ok = not_taken(m, db, &row, outcome == MAILING_REFUSED, why, now, dropped, again,
			       err);
	}
	outbox_row_fini(&row);
	return ok;
}

bool mailing_settle(struct mailing *m, struct db *db, const struct publication *p,
		    const struct mailing_sent *sent, enum mailing_outcome outcome, const char *why,
		    utc_t now, size_t *dropped, utc_t *again, struct err *err)
{
	*dropped = 0;
	*again = 0;
	for (size_t i = 0; i < sent->n; i++)
		if (!settle_row(m, db, p, sent, &sent->v[i], outcome, why, now, dropped, again,
				err))
			return false;
	return true;
}

/* ---- by hand ---- */

bool mailing_retry(struct mailing *m, struct db *db, struct outbox_row *row, utc_t now,
		   struct err *err)
{
	if (row->state == OUTBOX_SENDING || row->state == OUTBOX_SENT)
		return err_set(
			err, ERR_CONFLICT, "message %lld is %s: there is nothing to try again",
			(long long)row->id, row->state == OUTBOX_SENT ? "sent" : "being sent");
	row->state = OUTBOX_QUEUED;
	row->queued_at = row->not_before = now;
	row->attempts = 0;
	m->news = true;
	return outbox_put(db, row, err);
}

bool mailing_drop(struct db *db, const struct publication *p, struct outbox_row *row, utc_t now,
		  struct err *err)
{
	const struct session *s = mailing_session(p, row);
	if (row->state == OUTBOX_SENDING || row->state == OUTBOX_SENT)
		return err_set(err, ERR_CONFLICT, "message %lld is %s: it cannot be dropped",
			       (long long)row->id,
			       row->state == OUTBOX_SENT ? "sent" : "being sent");
	row->state = OUTBOX_DROPPED;
	row->tried_at = now;
	row->version = s ? s->last_modified : 0; /* what is dropped is this word of it */
	return outbox_put(db, row, err);
}
