/* cmd_report.c -- `report`: hours and rhythm of every duo, as text, CSV or JSON. */
#include "report/table.h"
#include "serve/command.h"
#include "serve/report_data.h"

#include <string.h>

static bool date_option(struct call *call, enum option option, day_t *day)
{
	if (!call->options[option] || parse_date(call->options[option], day, &call->err))
		return true;
	call->err.code = ERR_USAGE;
	return false;
}

/* A duo that has left the roster still has its hours. */
static bool duo_option(struct call *call, const char **duo)
{
	const char *id = call->options[OPT_DUO];
	if (!id)
		return true;
	*duo = id;
	return publication_duo(call->p, id) || call_duo(call, id);
}

static bool decimal_option(struct call *call, enum decimal *decimal)
{
	const char *word = call->options[OPT_DECIMAL];
	if (!word || strcmp(word, "point") == 0)
		*decimal = DECIMAL_POINT;
	else if (strcmp(word, "comma") == 0)
		*decimal = DECIMAL_COMMA;
	else
		return err_set(&call->err, ERR_USAGE, "--decimal is point or comma, not \"%.40s\"",
			       word);
	if (word && call->json)
		return err_set(&call->err, ERR_USAGE,
			       "--decimal is for text and --csv; JSON has "
			       "minutes");
	return true;
}

static bool take_options(struct call *call, struct report_query *query, enum decimal *decimal)
{
	day_t as_of = 0, from = FIGURES_FIRST, to = FIGURES_PAST - 1;
	*query = report_query_now(call->p, call->now);
	if (!date_option(call, OPT_AS_OF, &as_of) || !date_option(call, OPT_FROM, &from) ||
	    !date_option(call, OPT_TO, &to) || !duo_option(call, &query->duo) ||
	    !decimal_option(call, decimal))
		return false;
	if (from > to)
		return err_set(&call->err, ERR_USAGE, "--from %s is after --to %s",
			       call->options[OPT_FROM], call->options[OPT_TO]);
	if (call->json && call->options[OPT_CSV])
		return err_set(&call->err, ERR_USAGE, "--csv or --json, not both");
	if (call->options[OPT_AS_OF])
		report_query_day(query, call->p, as_of);
	query->from = from;
	query->past = to + 1; /* both ends are included */
	return true;
}

bool cmd_report(struct call *call)
{
	struct report_query query = {0};
	enum decimal decimal = DECIMAL_POINT;
	struct figures figures;
	const struct zone *zone = call->p->roster->roster.programme.zone;
	if (!take_options(call, &query, &decimal))
		return false;
	report_make(call->p, &query, &figures);
	if (call->json)
		table_json(&figures, &call->out);
	else if (call->options[OPT_CSV])
		table_csv(&figures, zone, decimal, &call->out);
	else
		table_text(&figures, zone, decimal, &call->out);
	figures_fini(&figures);
	return true;
}
