/* report_data.c -- what a publication holds, laid out for report/figures. */
#include "serve/report_data.h"

#include "report/table.h"
#include "serve/pages.h"

struct report_query report_query_now(const struct publication *p, utc_t now)
{
	return (struct report_query){
		.as_of = now,
		.as_of_day = zone_day_of(p->roster->roster.programme.zone, now),
		.from = FIGURES_FIRST,
		.past = FIGURES_PAST,
	};
}

void report_query_day(struct report_query *query, const struct publication *p, day_t day)
{
	query->as_of = zone_day_start(p->roster->roster.programme.zone, day + 1);
	query->as_of_day = day;
}

static void add_duo(struct figures_input *in, struct figures_duo *duos, const struct duo_part *part)
{
	if (part)
		duos[in->n_duos++] = (struct figures_duo){
			.id = part->id,
			.sessions = part->sessions.v,
			.n_sessions = part->sessions.n,
		};
}

static void add_person(struct figures_input *in, struct figures_person *persons,
		       const struct person_part *part)
{
	if (part)
		persons[in->n_persons++] = (struct figures_person){
			.id = part->id,
			.entries = part->entries.v,
			.n_entries = part->entries.n,
		};
}

void report_make(const struct publication *p, const struct report_query *query, struct figures *out)
{
	const struct person_part *only =
		query->person ? publication_person(p, query->person) : NULL;
	bool all = !query->person;
	size_t n_duos = all ? p->n_duos : only ? only->n_duos : 0;
	size_t n_persons = all ? p->n_persons : 1;
	struct figures_duo *duos = xcalloc(n_duos, sizeof *duos);
	struct figures_person *persons = xcalloc(n_persons, sizeof *persons);
	struct figures_input in = {
		.roster = &p->roster->roster,
		.days = &p->roster->days,
		.duos = duos,
		.persons = persons,
		.as_of = query->as_of,
		.as_of_day = query->as_of_day,
		.from = query->from,
		.past = query->past,
		.duo = query->duo,
		.person = query->person,
	};
	for (size_t i = 0; i < n_duos; i++)
		add_duo(&in, duos, all ? p->duos[i] : publication_duo(p, only->duos[i]));
	for (size_t i = 0; i < n_persons; i++)
		add_person(&in, persons, all ? p->persons[i] : only);
	figures_make(&in, out);
	xfree(duos);
	xfree(persons);
}

void report_bytes(const struct publication *p, utc_t now, bool csv, struct buf *out)
{
	struct report_query query = report_query_now(p, now);
	struct figures figures;
	report_make(p, &query, &figures);
	if (csv)
		table_csv(&figures, p->roster->roster.programme.zone, DECIMAL_POINT, out);
	else
		table_json(&figures, out);
	figures_fini(&figures);
}
