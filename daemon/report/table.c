/* table.c -- one list of columns, and three ways to write them. */
#include "report/table.h"

#include "report/json.h"

#include <stddef.h>
#include <string.h>

enum shape { TEXT, HOURS, COUNT, PACE, YESNO, MOMENT };

static const struct column {
	const char *name; /* in CSV and text */
	const char *key;  /* in JSON */
	enum shape shape;
	size_t at; /* in struct figures_row */
} columns[] = {
	/* clang-format off */
	{"duo",         "duo",             TEXT,   offsetof(struct figures_row, duo)},
	{"person",      "person",          TEXT,   offsetof(struct figures_row, person)},
	{"budget",      "budget_min",      HOURS,  offsetof(struct figures_row, budget_min)},
	{"held",        "held_min",        HOURS,  offsetof(struct figures_row, held_min)},
	{"assumed",     "assumed_min",     HOURS,  offsetof(struct figures_row, assumed_min)},
	{"booked",      "booked_min",      HOURS,  offsetof(struct figures_row, booked_min)},
	{"provisional", "provisional_min", HOURS,  offsetof(struct figures_row, provisional_min)},
	{"remaining",   "remaining_min",   HOURS,  offsetof(struct figures_row, remaining_min)},
	{"pace",        "pace",            PACE,   offsetof(struct figures_row, pace_pct)},
	{"gap_now",     "gap_now",         COUNT,  offsetof(struct figures_row, gap_now)},
	{"gap_longest", "gap_longest",     COUNT,  offsetof(struct figures_row, gap_longest)},
	{"stalled",     "stalled",         YESNO,  offsetof(struct figures_row, stalled)},
	{"next",        "next",            MOMENT, offsetof(struct figures_row, next)},
	/* clang-format on */
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const void *field(const struct figures_row *row, const struct column *column)
{
	return (const char *)row + column->at;
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

/* ---- numbers ---- */

/* @value in hundredths, with @least..2 decimals. */
static void decimals(int64_t value, enum decimal decimal, int least, struct buf *out)
{
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned part = (unsigned)(size % 100);
	char mark = decimal == DECIMAL_COMMA ? ',' : '.';
	buf_addf(out, "%s%llu", value < 0 ? "-" : "", (unsigned long long)(size / 100));
	if (least == 2 || part % 10)
		buf_addf(out, "%c%02u", mark, part);
	else if (least == 1 || part)
		buf_addf(out, "%c%u", mark, part / 10);
}

void hours_text(int64_t minutes, enum decimal decimal, int least, struct buf *out)
{
	int64_t size = minutes < 0 ? -minutes : minutes;
	int64_t hundredths = (size * 100 + 30) / 60;
	decimals(minutes < 0 ? -hundredths : hundredths, decimal, least, out);
}

void hundredths_text(int64_t value, enum decimal decimal, struct buf *out)
{
	decimals(value, decimal, 2, out);
}

/* ---- cells of CSV and text ---- */

void csv_text(const char *text, char separator, struct buf *out)
{
	bool formula = text[0] && strchr("=+-@\t\r", text[0]);
	const char special[] = {'"', '\r', '\n', separator, '\0'};
	if (!formula && !strpbrk(text, special)) {
		buf_adds(out, text);
		return;
	}
	buf_addc(out, '"');
	if (formula)
		buf_addc(out, '\'');
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			buf_addc(out, '"');
		buf_addc(out, *p);
	}
	buf_addc(out, '"');
}

static void cell(const struct figures_row *row, const struct column *column,
		 const struct zone *zone, enum decimal decimal, struct buf *out)
{
	const void *value = field(row, column);
	char text[CIVIL_TEXT];
	switch (column->shape) {
	case TEXT: buf_adds(out, value); break;
	case HOURS: hours_text(*(const int64_t *)value, decimal, 0, out); break;
	case COUNT: buf_addf(out, "%d", *(const int *)value); break;
	case PACE:
		if (row->has_pace)
			hundredths_text(*(const int64_t *)value, decimal, out);
		break;
	case YESNO: buf_adds(out, yes_no(*(const bool *)value)); break;
	case MOMENT:
		if (*(const utc_t *)value)
			buf_adds(out, local_text(zone_to_local(zone, *(const utc_t *)value), text));
		break;
	}
}

void table_csv(const struct figures *figures, const struct zone *zone, enum decimal decimal,
	       struct buf *out)
{
	char separator = decimal == DECIMAL_COMMA ? ';' : ',';
	struct buf one = {0};
	for (int c = 0; c < COLUMNS; c++)
		buf_addf(out, "%s%c", columns[c].name, c + 1 < COLUMNS ? separator : '\r');
	buf_addc(out, '\n');
	for (size_t i = 0; i < figures->n; i++) {
		for (int c = 0; c < COLUMNS; c++) {
			buf_clear(&one);
			cell(&figures->v[i], &columns[c], zone, decimal, &one);
			if (columns[c].shape == TEXT)
				csv_text(buf_str(&one), separator, out);
			else
				buf_add(out, buf_str(&one), one.n);
			buf_addc(out, c + 1 < COLUMNS ? separator : '\r');
		}
		buf_addc(out, '\n');
	}
	buf_fini(&one);
}

/* Words to the left, numbers to the right; ids and figures are ASCII, a byte is a place. */
static void text_cell(const char *text, int width, const struct column *column, bool last,
		      struct buf *out)
{
	bool left = column->shape == TEXT || column->shape == YESNO || column->shape == MOMENT;
	if (last)
		buf_adds(out, text);
	else
		buf_addf(out, left ? "%-*s" : "%*s", width, text);
	buf_adds(out, last ? "\n" : "  ");
}

void table_text(const struct figures *figures, const struct zone *zone, enum decimal decimal,
		struct buf *out)
{
	struct buf one = {0};
	int widths[COLUMNS];
	for (int c = 0; c < COLUMNS; c++) {
		widths[c] = (int)strlen(columns[c].name);
		for (size_t i = 0; i < figures->n; i++) {
			buf_clear(&one);
			cell(&figures->v[i], &columns[c], zone, decimal, &one);
			if ((int)one.n > widths[c])
				widths[c] = (int)one.n;
		}
		text_cell(columns[c].name, widths[c], &columns[c], c + 1 == COLUMNS, out);
	}
	for (size_t i = 0; i < figures->n; i++)
		for (int c = 0; c < COLUMNS; c++) {
			buf_clear(&one);
			cell(&figures->v[i], &columns[c], zone, decimal, &one);
			text_cell(one.n ? buf_str(&one) : "-", widths[c], &columns[c],
				  c + 1 == COLUMNS, out);
		}
	buf_fini(&one);
}

/* ---- JSON ---- */

static void json_row(struct json *json, const struct figures_row *row)
{
	json_object(json, NULL);
	for (int c = 0; c < COLUMNS; c++) {
		const char *key = columns[c].key;
		const void *value = field(row, &columns[c]);
		switch (columns[c].shape) {
		case TEXT: json_text(json, key, value); break;
		case HOURS: json_int(json, key, *(const int64_t *)value); break;
		case COUNT: json_int(json, key, *(const int *)value); break;
		case PACE:
			if (row->has_pace)
				json_hundredths(json, key, *(const int64_t *)value);
			else
				json_null(json, key);
			break;
		case YESNO: json_text(json, key, yes_no(*(const bool *)value)); break;
		case MOMENT: json_utc(json, key, *(const utc_t *)value); break;
		}
	}
	json_end(json, '}');
}

void table_json(const struct figures *figures, struct buf *out)
{
	struct json json = {.out = out};
	json_object(&json, NULL);
	json_utc(&json, "as_of", figures->as_of);
	json_day(&json, "as_of_day", figures->as_of_day);
	json_array(&json, "rows");
	for (size_t i = 0; i < figures->n; i++)
		json_row(&json, &figures->v[i]);
	json_end(&json, ']');
	json_end(&json, '}');
}
