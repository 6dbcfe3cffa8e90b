/* origins.c -- see the header: what person_time (work/task.c) puts together, kept apart. */
#include "work/origins.h"

#include "work/echo.h"

#include <string.h>

static void read_sources(struct duo_origins *o, int m)
{
	const struct publication *p = o->p;
	const struct person *person = roster_person(&p->roster->roster, o->duo->members[m]);
	struct echoes echoes;
	o->sources[m] = xcalloc(person->n_sources, sizeof **o->sources);
	echoes_init(&echoes, p, person->id);
	for (size_t i = 0; i < person->n_sources; i++) {
		size_t index = person->sources[i].source;
		const struct source_record *r = &p->sources[index]->record;
		struct source_time *s = &o->sources[m][o->n_sources[m]++];
		*s = (struct source_time){
			.id = p->roster->roster.sources[index].id,
			.fresh_at = r->fetched_at ? source_part_fresh_at(p->sources[index]) : 0,
			.horizon = person->sources[i].primary ? r->horizon : UTC_MAX,
		};
		echoes_merge(&echoes, r, &s->busy);
	}
	echoes_fini(&echoes);
}

static void add_source(const struct source_time *s, utc_t start, utc_t end, struct origin_list *out)
{
	utc_t known = s->fresh_at ? s->horizon : UTC_MIN;
	for (size_t i = busyset_find(&s->busy, start); i < s->busy.n && s->busy.v[i].start < end;
	     i++) {
		const struct busy *b = &s->busy.v[i];
		origin_add(out, &(struct time_origin){b->start, b->end, b->level, .source = s->id,
						      .fresh_at = s->fresh_at});
	}
	if (known < end)
		origin_add(out, &(struct time_origin){known, UTC_MAX, LEVEL_UNKNOWN,
						      .source = s->id, .fresh_at = s->fresh_at});
}

static bool occupies(enum state state)
{
	return state == STATE_PROVISIONAL || state == STATE_BOOKED || state == STATE_HELD;
}

static void add_sessions(const struct duo_origins *o, int m, utc_t start, utc_t end,
			 struct origin_list *out)
{
	const char *who = o->duo->members[m];
	const struct person_part *part = publication_person(o->p, who);
	for (size_t i = 0; part && i < part->n_duos; i++) {
		const struct duo_part *duo = publication_duo(o->p, part->duos[i]);
		if (strcmp(part->duos[i], o->duo->id) == 0)
			continue;
		for (size_t k = 0; duo && k < duo->sessions.n; k++) {
			const struct session *s = &duo->sessions.v[k];
			if (occupies(s->state) && s->start < end && s->end > start &&
			    session_attends(s, who))
				origin_add(out,
					   &(struct time_origin){s->start, s->end, LEVEL_BUSY,
								 .session = s->id, .duo = duo->id});
		}
	}
}

static void add_days(const struct person *person, const struct day_range *days, utc_t start,
		     utc_t end, struct origin_list *out)
{
	utc_t first = zone_day_start(person->zone, days->first);
	utc_t past = zone_day_start(person->zone, days->past);
	if (days->first < days->past && first < end && past > start)
		origin_add(out, &(struct time_origin){first, past, LEVEL_BUSY, .absent = true});
}

static void add_absences(const struct duo_origins *o, int m, utc_t start, utc_t end,
			 struct origin_list *out)
{
	const struct person *person = roster_person(&o->p->roster->roster, o->duo->members[m]);
	const struct person_part *part = publication_person(o->p, person->id);
	for (size_t i = 0; i < person->n_absent; i++)
		add_days(person, &person->absent[i], start, end, out);
	for (size_t i = 0; part && i < part->absences.n; i++)
		add_days(person, &part->absences.v[i].days, start, end, out);
}

/* Days on which somebody called a session off: the planner does not come back with them. */
static void add_called_off(const struct duo_origins *o, utc_t start, utc_t end,
			   struct origin_list *out)
{
	const struct zone *zone = o->p->roster->roster.programme.zone;
	const struct duo_part *part = publication_duo(o->p, o->duo->id);
	for (size_t k = 0; part && k < part->sessions.n; k++) {
		const struct session *s = &part->sessions.v[k];
		day_t day = zone_day_of(zone, s->start);
		if (s->state != STATE_CANCELLED || !s->pinned || zone_day_start(zone, day) >= end ||
		    zone_day_start(zone, day + 1) <= start)
			continue;
		origin_add(out, &(struct time_origin){zone_day_start(zone, day),
						      zone_day_start(zone, day + 1), LEVEL_BUSY,
						      .session = s->id, .duo = part->id,
						      .called_off = true});
	}
}

static void look_up(void *ctx, int m, utc_t start, utc_t end, struct origin_list *out)
{
	const struct duo_origins *o = ctx;
	for (size_t i = 0; i < o->n_sources[m]; i++)
		add_source(&o->sources[m][i], start, end, out);
	add_absences(o, m, start, end, out);
	add_sessions(o, m, start, end, out);
	add_called_off(o, start, end, out);
}

void duo_origins_init(struct duo_origins *o, const struct publication *p, const struct duo *duo)
{
	*o = (struct duo_origins){.p = p, .duo = duo};
	read_sources(o, 0);
	read_sources(o, 1);
	o->lookup = (struct origins){look_up, o};
}

void duo_origins_fini(struct duo_origins *o)
{
	for (int m = 0; m < 2; m++) {
		for (size_t i = 0; i < o->n_sources[m]; i++)
			busyset_fini(&o->sources[m][i].busy);
		xfree(o->sources[m]);
	}
	*o = (struct duo_origins){0};
}
