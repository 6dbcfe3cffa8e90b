/* rosterdiff.c -- two rosters compared by describing each thing as text: a field that is added to
 * a noun is compared as soon as it stands in its description. */
#include "work/rosterdiff.h"

#include "base/buf.h"
#include "base/hash.h"
#include "plan/hours.h"

#include <string.h>

void diff_fini(struct diff *diff)
{
	for (size_t i = 0; i < diff->n; i++) {
		xfree(diff->v[i].id);
		xfree(diff->v[i].detail);
	}
	xfree(diff->v);
	*diff = (struct diff){0};
}

void diff_add(struct diff *diff, char sign, const char *kind, const char *id, const char *detail)
{
	diff->v = xgrow(diff->v, diff->n, &diff->cap, sizeof *diff->v);
	diff->v[diff->n++] =
		(struct diff_row){sign, kind, xstrdup(id), detail ? xstrdup(detail) : NULL};
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void describe_hours(struct buf *b, const struct work_hours *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%x/%d-%d,", v[i].weekdays, v[i].from_min, v[i].to_min);
	buf_addc(b, '|');
}

static void describe_days(struct buf *b, const struct day_range *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%d-%d,", v[i].first, v[i].past);
}

/* Which timetables are somebody's, and not what stands in them. */
static void describe_whose(struct buf *b, const struct roster *r, const struct person_source *v,
			   size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%c,", r->sources[v[i].source].id, v[i].primary ? '!' : ' ');
}

static void describe_programme(struct buf *b, const struct programme *p)
{
	buf_addf(b, "%d|%d|%s|%x|%d|%d|%d|%d|%d|%d|%d|%d|%d|%d|%d|%lld|%d|", p->start, p->past,
		 zone_name(p->zone), p->weekdays, p->budget_min, p->session_min, p->session_max_min,
		 p->preferred_min, p->length_step_min, p->start_grid_min, p->cadence, p->min_gap,
		 p->buffer_min, p->lunch_from_min, p->lunch_to_min, (long long)p->freeze_s,
		 p->pattern_weeks);
	buf_addf(b, "%d|%d|%d|%d|%d|%d|%d|%d|%d|", p->intervisie_n, p->intervisie_min,
		 p->reflection_every_days, p->reflection_min, p->visits_n, p->visit_min,
		 p->travel_min, p->steering_min, p->evaluation_min);
	describe_days(b, p->closed, p->n_closed);
	for (size_t i = 0; i < p->n_starts; i++)
		buf_addf(b, "%d;", p->starts[i]);
	for (size_t i = 0; p->steering_min && i < p->n_steering_group; i++)
		buf_addf(b, "%s;", p->steering_group[i]);
	describe_hours(b, p->prefer, p->n_prefer);
}

static void describe_person(struct buf *b, const struct roster *r, const struct person *p)
{
	buf_addf(b, "%s|%s|%d|%d|", p->id, p->zone ? zone_name(p->zone) : "", p->budget_min,
		 p->factor_pct);
	describe_hours(b, p->works, p->n_works);
	describe_days(b, p->absent, p->n_absent);
	describe_whose(b, r, p->sources, p->n_sources);
}

static void describe_third(struct buf *b, const struct roster *r, const struct third_party *p)
{
	buf_addf(b, "%s|%d|%d|", p->id, p->is_room, p->capacity);
	describe_hours(b, p->works, p->n_works);
	describe_days(b, p->absent, p->n_absent);
	describe_whose(b, r, p->sources, p->n_sources);
}

static void describe_source(struct buf *b, const struct source *s)
{
	const struct policy *p = &s->policy;
	buf_addf(b, "%s|%s|%s|%d|%d|%d|%s|%s|%s|%s|%lld|%d|%lld|%lld", or_empty(s->path),
		 or_empty(s->url), s->zone ? zone_name(s->zone) : "", p->transparent, p->tentative,
		 p->allday, or_empty(p->cancelled), or_empty(p->ignore), or_empty(p->lesson),
		 or_empty(p->own), (long long)p->default_length_s, p->horizon,
		 (long long)p->horizon_s, (long long)p->refresh_s);
}

static void describe_duo(struct buf *b, const struct duo *d)
{
	buf_addf(b, "%s|%s|%s|%d|", d->id, d->members[0], d->members[1], d->cadence);
	for (size_t i = 0; i < d->n_shares; i++)
		buf_addf(b, "%s=%d,", d->shares[i].person, d->shares[i].min);
	describe_hours(b, d->prefer, d->n_prefer);
	for (size_t i = 0; i < d->n_experts; i++)
		buf_addf(b, "%s %dx%d,", d->experts[i].expert, d->experts[i].n, d->experts[i].min);
	for (size_t i = 0; i < d->n_rooms; i++)
		buf_addf(b, "%s,", d->rooms[i]);
}

static bool differ(struct buf *a, struct buf *b)
{
	bool yes = a->n != b->n || (a->n && memcmp(a->v, b->v, a->n) != 0);
	buf_fini(a);
	buf_fini(b);
	return yes;
}

static void describe_sources(struct buf *b, const struct roster *r, const struct person_source *v,
			     size_t n)
{
	for (size_t i = 0; i < n; i++)
		describe_source(b, &r->sources[v[i].source]);
}

/* Who is not a member, but whose time the duo's plan looks at. */
static void describe_others(struct buf *b, const struct roster *r, const struct duo *d)
{
	const struct programme *programme = &r->programme;
	for (size_t i = 0; i < d->n_experts + d->n_rooms; i++) {
		bool expert = i < d->n_experts;
		const struct third_party *p =
			roster_third(r, expert ? d->experts[i].expert : d->rooms[i - d->n_experts]);
		if (!p)
			continue;
		describe_third(b, r, p);
		describe_sources(b, r, p->sources, p->n_sources);
	}
	for (size_t i = 0; programme->steering_min && i < programme->n_steering_group; i++) {
		const struct person *p = roster_person(r, programme->steering_group[i]);
		if (!p)
			continue;
		describe_person(b, r, p);
		describe_sources(b, r, p->sources, p->n_sources);
	}
}

/* hours_share asks all duos of the roster that it is given: here those of @p, found by lookers. */
static int32_t share_of(const struct roster_part *part, const struct person *p, const struct duo *d)
{
	const struct roster *r = &part->roster;
	size_t n;
	const uint32_t *duos = concerns_of(&part->lookers.persons, (size_t)(p - r->persons), &n);
	struct duo *own = xcalloc(n, sizeof *own);
	for (size_t i = 0; i < n; i++)
		own[i] = r->duos[duos[i]]; /* borrows */
	struct roster small = {.duos = own, .n_duos = n};
	int32_t share = hours_share(&small, p, d);
	xfree(own);
	return share;
}

static void describe_plan(struct buf *b, const struct roster_part *part, const struct duo *d)
{
	const struct roster *r = &part->roster;
	describe_programme(b, &r->programme);
	describe_duo(b, d);
	for (int m = 0; m < 2; m++) {
		const struct person *p = roster_person(r, d->members[m]);
		if (!p)
			continue;
		describe_person(b, r, p);
		buf_addf(b, "%d|", share_of(part, p, d)); /* other duos take their part of it */
		describe_sources(b, r, p->sources, p->n_sources);
	}
	describe_others(b, r, d);
}

bool diff_plans_differ(const struct roster_part *was, const struct roster_part *is,
		       const struct duo *duo)
{
	const struct duo *old = roster_duo(&was->roster, duo->id);
	struct buf a = {0}, b = {0};
	if (!old)
		return true;
	describe_plan(&a, was, old);
	describe_plan(&b, is, duo);
	return differ(&a, &b);
}

static void diff_persons(const struct roster *was, const struct roster *is, struct diff *out)
{
	for (size_t i = 0; i < is->n_persons; i++) {
		const struct person *now = &is->persons[i];
		const struct person *old = roster_person(was, now->id);
		if (!old) {
			diff_add(out, '+', "person", now->id, NULL);
			continue;
		}
		struct buf a = {0}, b = {0};
		describe_person(&a, was, old);
		buf_addf(&a, "%s|%s|%d|%d", old->name, or_empty(old->email), (int)old->language,
			 old->invitations);
		describe_person(&b, is, now);
		buf_addf(&b, "%s|%s|%d|%d", now->name, or_empty(now->email), (int)now->language,
			 now->invitations);
		if (differ(&a, &b))
			diff_add(out, '~', "person", now->id, NULL);
	}
	for (size_t i = 0; i < was->n_persons; i++)
		if (!roster_person(is, was->persons[i].id))
			diff_add(out, '-', "person", was->persons[i].id, NULL);
}

static const char *third_kind(const struct third_party *p)
{
	return p->is_room ? "room" : "expert";
}

static void diff_thirds(const struct roster *was, const struct roster *is, struct diff *out)
{
	for (size_t i = 0; i < is->n_third_parties; i++) {
		const struct third_party *now = &is->third_parties[i];
		const struct third_party *old = roster_third(was, now->id);
		if (!old) {
			diff_add(out, '+', third_kind(now), now->id, NULL);
			continue;
		}
		struct buf a = {0}, b = {0};
		describe_third(&a, was, old);
		buf_addf(&a, "%s|%lld", old->name, (long long)old->rate_cents);
		describe_third(&b, is, now);
		buf_addf(&b, "%s|%lld", now->name, (long long)now->rate_cents);
		if (differ(&a, &b))
			diff_add(out, '~', third_kind(now), now->id, NULL);
	}
	for (size_t i = 0; i < was->n_third_parties; i++)
		if (!roster_third(is, was->third_parties[i].id))
			diff_add(out, '-', third_kind(&was->third_parties[i]),
				 was->third_parties[i].id, NULL);
}

static bool renamed_away(const struct roster *is, const char *id)
{
	for (size_t i = 0; i < is->n_duos; i++)
		if (strcmp(is->duos[i].was, id) == 0)
			return true;
	return false;
}

static void diff_duos(const struct roster *was, const struct roster *is, struct diff *out)
{
	for (size_t i = 0; i < is->n_duos; i++) {
		const struct duo *now = &is->duos[i];
		const struct duo *old = roster_duo(was, now->id);
		if (!old && now->was[0] && roster_duo(was, now->was)) {
			diff_add(out, '~', "duo", now->id, now->was);
			continue;
		}
		if (!old) {
			diff_add(out, '+', "duo", now->id, NULL);
			continue;
		}
		struct buf a = {0}, b = {0};
		describe_duo(&a, old);
		buf_addf(&a, "%s", or_empty(old->topic));
		describe_duo(&b, now);
		buf_addf(&b, "%s", or_empty(now->topic));
		if (differ(&a, &b))
			diff_add(out, '~', "duo", now->id, NULL);
	}
	for (size_t i = 0; i < was->n_duos; i++)
		if (!roster_duo(is, was->duos[i].id) && !renamed_away(is, was->duos[i].id))
			diff_add(out, '-', "duo", was->duos[i].id, NULL);
}

static void diff_sources(const struct roster *was, const struct roster *is, struct diff *out)
{
	for (size_t i = 0; i < is->n_sources; i++) {
		const struct source *old = roster_source(was, is->sources[i].id);
		if (!old) {
			diff_add(out, '+', "source", is->sources[i].id, NULL);
			continue;
		}
		struct buf a = {0}, b = {0};
		describe_source(&a, old);
		describe_source(&b, &is->sources[i]);
		if (differ(&a, &b))
			diff_add(out, '~', "source", is->sources[i].id, NULL);
	}
	for (size_t i = 0; i < was->n_sources; i++)
		if (!roster_source(is, was->sources[i].id))
			diff_add(out, '-', "source", was->sources[i].id, NULL);
}

void diff_rosters(const struct roster *was, const struct roster *is, struct diff *out)
{
	struct buf a = {0}, b = {0};
	describe_programme(&a, &was->programme);
	buf_addf(&a, "%s|%d|%lld|%d", or_empty(was->programme.name), (int)was->programme.language,
		 (long long)was->programme.confirm_after_s, was->programme.plan_due_days);
	describe_programme(&b, &is->programme);
	buf_addf(&b, "%s|%d|%lld|%d", or_empty(is->programme.name), (int)is->programme.language,
		 (long long)is->programme.confirm_after_s, is->programme.plan_due_days);
	if (differ(&a, &b))
		diff_add(out, '~', "programme", "programme", NULL);
	diff_persons(was, is, out);
	diff_thirds(was, is, out);
	diff_duos(was, is, out);
	diff_sources(was, is, out);
}
