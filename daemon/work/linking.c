/* linking.c -- see the header. */
#include "work/linking.h"

#include "base/hash.h"
#include "base/parse.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { LABEL_MAX = 100 };

static bool apply(struct change *change, struct desk *desk, struct err *err);

void linking_init(struct linking *linking, enum linking_what what)
{
	*linking = (struct linking){
		.change = {.apply = apply},
		.what = what,
		.way = "control",
		.limit = INT64_MAX,
		.link = {.generation = 1, .client = CLIENT_OTHER, .alarm_min = ALARM_NONE},
	};
}

void linking_fini(struct linking *linking)
{
	xfree(linking->link.label);
	linking->link.label = NULL;
}

bool linking_label_ok(const char *label, struct err *err)
{
	size_t n = strlen(label);
	for (const char *p = label; *p; p += utf8_size(p)) {
		if (utf8_size(p) == 0)
			return err_set(err, ERR_USAGE, "a label is text in UTF-8");
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return err_set(err, ERR_USAGE, "a label is one line without tabs");
	}
	return (n >= 1 && n <= LABEL_MAX) ||
	       err_set(err, ERR_USAGE, "a label has 1 to %d bytes", LABEL_MAX);
}

bool linking_alarm(const char *text, int32_t *alarm_min, struct err *err)
{
	int32_t minutes = ALARM_NONE;
	if (strcmp(text, "none") != 0 &&
	    (!parse_minutes(text, &minutes, err) || minutes < 0 || minutes > ALARM_MAX))
		return err_set(err, ERR_USAGE,
			       "\"%.40s\": an alarm is none, or up to 4w before, as 15m or 1d",
			       text);
	*alarm_min = minutes;
	return true;
}

/* ---- whose ---- */

bool linking_may_own(const struct publication *p, const char *owner, const char *person)
{
	const struct duo *duo = roster_duo(&p->roster->roster, owner);
	return strcmp(owner, person) == 0 || (duo && (strcmp(duo->members[0], person) == 0 ||
						      strcmp(duo->members[1], person) == 0));
}

bool linking_is_hers(const struct publication *p, const struct link *link, const char *person)
{
	return (link->kind == LINK_FEED || link->kind == LINK_BUSY) &&
	       linking_may_own(p, link->owner, person);
}

static void owner_add(struct linking_owners *owners, const char *id)
{
	owners->v = xgrow(owners->v, owners->n, &owners->cap, sizeof(const char *));
	owners->v[owners->n++] = id;
}

void linking_owners_init(struct linking_owners *out, const struct publication *p,
			 const char *person)
{
	const struct roster *roster = &p->roster->roster;
	*out = (struct linking_owners){0};
	owner_add(out, person);
	for (size_t i = 0; i < roster->n_duos; i++)
		if (strcmp(roster->duos[i].members[0], person) == 0 ||
		    strcmp(roster->duos[i].members[1], person) == 0)
			owner_add(out, roster->duos[i].id);
}

void linking_owners_fini(struct linking_owners *owners)
{
	xfree(owners->v);
	*owners = (struct linking_owners){0};
}

bool linking_owners_have(const struct linking_owners *owners, const struct link *link)
{
	for (size_t i = 0; i < owners->n; i++)
		if (strcmp(owners->v[i], link->owner) == 0)
			return link->kind == LINK_FEED || link->kind == LINK_BUSY;
	return false;
}

/* A report is the programme's; a page is a person's; a feed is anybody's. */
static bool kind_fits(const struct publication *p, const struct link *link, struct err *err)
{
	const struct roster *roster = &p->roster->roster;
	bool programme = strcmp(link->owner, "programme") == 0;
	bool person = roster_person(roster, link->owner) != NULL;
	bool ok = link->kind == LINK_REPORT ? programme
		  : link->kind == LINK_ME   ? person
					  : programme || person || roster_duo(roster, link->owner);
	return ok || err_set(err, ERR_NOTFOUND, "%.40s can have no link of kind %s", link->owner,
			     link_kind_word(link->kind));
}

/* Alarms and obligations stand in whole feeds alone. */
static bool options_fit(const struct link *link, struct err *err)
{
	if (link->kind == LINK_FEED)
		return true;
	if (link->alarm_min != ALARM_NONE)
		return err_set(err, ERR_USAGE, "a link of kind %s has no alarms",
			       link_kind_word(link->kind));
	return link->obligations == OBLIGATIONS_EVENTS ||
	       err_set(err, ERR_USAGE, "a link of kind %s shows no obligations",
		       link_kind_word(link->kind));
}

static bool because(struct linking *l, enum linking_why why, bool ok)
{
	if (!ok)
		l->why = why;
	return ok;
}

static bool allowed(struct linking *l, const struct publication *p, struct err *err)
{
	bool ok = !l->member || linking_is_hers(p, &l->link, l->member) ||
		  err_set(err, ERR_DENIED, "that link is not yours to change");
	return because(l, LINKING_FOREIGN, ok);
}

/* ---- marks ---- */

static void mark_add(struct buf *text, const struct link *link)
{
	buf_addf(text, "%lld|%d|%lld|%s|%d|%d|%d\n", (long long)link->id, link->generation,
		 (long long)link->revoked_at, link->label ? link->label : "", (int)link->client,
		 link->alarm_min, (int)link->obligations);
}

static void mark_text(const struct buf *text, char out[LINKING_MARK])
{
	(void)snprintf(out, LINKING_MARK, "%016llx",
		       (unsigned long long)hash_u64(buf_str(text), text->n));
}

void linking_mark(const struct link *link, char out[LINKING_MARK])
{
	struct buf text = {0};
	mark_add(&text, link);
	mark_text(&text, out);
	buf_fini(&text);
}

void linking_mark_all(const struct link_list *links, const char *owner, char out[LINKING_MARK])
{
	struct buf text = {0};
	for (size_t i = 0; i < links->n; i++)
		if (links->v[i].revoked_at == 0 && strcmp(links->v[i].owner, owner) == 0)
			mark_add(&text, &links->v[i]);
	mark_text(&text, out);
	buf_fini(&text);
}

static bool is_current(struct linking *l, const char *mark, struct err *err)
{
	bool ok = !l->mark[0] || strcmp(l->mark, mark) == 0 ||
		  err_set(err, ERR_CONFLICT, "it has changed meanwhile; look again");
	return because(l, LINKING_STALE, ok);
}

/* ---- what is done ---- */

static void describe(const struct link *link, struct buf *out)
{
	char alarm[DURATION_TEXT] = "none";
	if (link->alarm_min >= 0)
		(void)minutes_text(link->alarm_min, alarm);
	buf_addf(out, "%s of %s \"%s\" client %s alarm %s obligations %s",
		 link_kind_word(link->kind), link->owner, link->label ? link->label : "",
		 link_client_word(link->client), alarm, obligations_word(link->obligations));
}

static bool audit(const struct linking *l, struct desk *desk, const char *what,
		  const struct link *was, const struct link *is, struct err *err)
{
	struct buf before = {0}, after = {0};
	if (was)
		describe(was, &before);
	if (is)
		describe(is, &after);
	bool ok = desk_audit(desk, l->who, l->way, what, was ? buf_str(&before) : NULL,
			     is ? buf_str(&after) : NULL, NULL, err);
	buf_fini(&before);
	buf_fini(&after);
	return ok;
}

static bool same_options(const struct link *a, const struct link *b)
{
	return strcmp(a->label ? a->label : "", b->label ? b->label : "") == 0 &&
	       a->client == b->client && a->alarm_min == b->alarm_min &&
	       a->obligations == b->obligations;
}

/* The link that is meant, open or not; NULL: *err is set. */
static const struct link *find(struct linking *l, const struct publication *p, struct err *err)
{
	const struct link_list *links = &p->links->links;
	for (size_t i = 0; i < links->n; i++)
		if (links->v[i].id == l->link.id)
			return &links->v[i];
	(void)because(l, LINKING_GONE, false);
	(void)err_set(err, ERR_NOTFOUND, "there is no link %lld", (long long)l->link.id);
	return NULL;
}

/* A member tells her links apart by their names: another open one of that name, or NULL. */
static const struct link *namesake(const struct linking *l, const struct publication *p)
{
	const struct link_list *links = &p->links->links;
	for (size_t i = 0; l->member && i < links->n; i++) {
		const struct link *other = &links->v[i];
		if (other->id != l->link.id && other->revoked_at == 0 &&
		    other->kind == l->link.kind && strcmp(other->owner, l->link.owner) == 0 &&
		    strcmp(other->label ? other->label : "", l->link.label) == 0)
			return other;
	}
	return NULL;
}

static bool name_taken(struct linking *l, struct err *err)
{
	return because(l, LINKING_NAMESAKE,
		       err_set(err, ERR_CONFLICT, "there is a link of that name already"));
}

static bool has_room(struct linking *l, const struct link_list *links, struct err *err)
{
	int64_t open = 0;
	for (size_t i = 0; i < links->n; i++)
		open += links->v[i].revoked_at == 0 &&
			strcmp(links->v[i].owner, l->link.owner) == 0;
	bool ok = open < l->limit ||
		  err_set(err, ERR_LIMIT,
			  "%.40s has %lld open links, and more may not be ([feeds] "
			  "links_per_owner); revoke one",
			  l->link.owner, (long long)open);
	return because(l, LINKING_FULL, ok);
}

static bool make(struct linking *l, struct desk *desk, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	char what[64];
	if (!allowed(l, p, err) || !kind_fits(p, &l->link, err) || !options_fit(&l->link, err))
		return false;
	const struct link *other = namesake(l, p);
	if (other && !same_options(other, &l->link))
		return name_taken(l, err);
	if (other) { /* the form was sent twice */
		l->nothing = true;
		l->link.id = other->id;
		return true;
	}
	if (!has_room(l, &p->links->links, err))
		return false;
	l->link.created_at = desk_now(desk);
	if (!links_add(desk_db(desk), &l->link, err))
		return false;
	(void)snprintf(what, sizeof what, "link new %lld", (long long)l->link.id);
	return audit(l, desk, what, NULL, &l->link, err);
}

/* What @l->link names becomes the whole link, as it shall be. */
static void complete(struct linking *l, const struct link *was)
{
	struct link link = *was;
	link.agent = NULL;
	link.label = xstrdup(l->set & LINKING_LABEL ? l->link.label : was->label ? was->label : "");
	if (l->set & LINKING_CLIENT)
		link.client = l->link.client;
	if (l->set & LINKING_ALARM)
		link.alarm_min = l->link.alarm_min;
	if (l->set & LINKING_OBLIGATIONS)
		link.obligations = l->link.obligations;
	xfree(l->link.label);
	l->link = link;
}

static bool set(struct linking *l, struct desk *desk, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	const struct link *was = find(l, p, err);
	char what[64], mark[LINKING_MARK];
	if (!was)
		return false;
	complete(l, was);
	if (!allowed(l, p, err) || !options_fit(&l->link, err))
		return false;
	if (was->revoked_at)
		return because(l, LINKING_GONE,
			       err_set(err, ERR_CONFLICT, "link %lld is no longer in use",
				       (long long)was->id));
	if (same_options(was, &l->link)) {
		l->nothing = true;
		return true;
	}
	linking_mark(was, mark);
	if (!is_current(l, mark, err))
		return false;
	if ((l->set & LINKING_LABEL) && namesake(l, p))
		return name_taken(l, err);
	(void)snprintf(what, sizeof what, "link set %lld", (long long)l->link.id);
	bool ok = links_set(desk_db(desk), &l->link, err);
	return because(l, err->code == ERR_LIMIT ? LINKING_WORN : LINKING_OTHER, ok) &&
	       audit(l, desk, what, was, &l->link, err);
}

static bool shut(struct linking *l, struct desk *desk, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	const struct link *was = find(l, p, err);
	char what[64];
	if (!was)
		return false;
	complete(l, was);
	if (!allowed(l, p, err))
		return false;
	if (was->revoked_at) {
		l->nothing = true;
		return true;
	}
	(void)snprintf(what, sizeof what, "link revoke %lld", (long long)l->link.id);
	return links_revoke(desk_db(desk), l->link.id, desk_now(desk), err) &&
	       audit(l, desk, what, was, NULL, err);
}

static bool rotate(struct linking *l, struct desk *desk, struct err *err)
{
	const struct publication *p = desk_publication(desk);
	char what[64], mark[LINKING_MARK];
	if (l->member && !linking_may_own(p, l->link.owner, l->member))
		return because(l, LINKING_FOREIGN,
			       err_set(err, ERR_DENIED, "those links are not yours to change"));
	linking_mark_all(&p->links->links, l->link.owner, mark);
	if (!is_current(l, mark, err) ||
	    !links_rotate(desk_db(desk), l->link.owner, l->pages, &l->n, err))
		return false;
	if (l->n == 0)
		return err_set(err, ERR_NOTFOUND, "%.40s has no open links", l->link.owner);
	(void)snprintf(what, sizeof what, "link rotate %.40s", l->link.owner);
	return desk_audit(desk, l->who, l->way, what, NULL,
			  l->pages ? NULL : "its feeds, not its pages", NULL, err);
}

static bool apply(struct change *change, struct desk *desk, struct err *err)
{
	static bool (*const steps[])(struct linking *, struct desk *, struct err *) = {
		[LINKING_NEW] = make,
		[LINKING_SET] = set,
		[LINKING_REVOKE] = shut,
		[LINKING_ROTATE] = rotate,
	};
	struct linking *l = (struct linking *)change;
	if (!steps[l->what](l, desk, err))
		return false;
	if (!l->nothing)
		desk_touch_links(desk);
	return true;
}
