/* report/table.h -- figures as bytes: aligned text for people, CSV, JSON. Pure.
 *
 * Columns are those of design 8, "Report". Text and CSV give hours and moments in the programme's
 * zone, JSON minutes and moments in UTC. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "base/buf.h"
#include "report/figures.h"

/* What a decimal number is written with; a comma makes CSV part its cells by semicolons, as
 * spreadsheets in such countries do. */
enum decimal { DECIMAL_POINT, DECIMAL_COMMA };

/* Minutes in hours: "31.5", "12", "0.75"; with at least @least decimals (0..2), never more than
 * two (a minute is rounded to the nearest hundredth of an hour, halves away from zero). */
void hours_text(int64_t minutes, enum decimal decimal, int least, struct buf *out);
/* 97: "0.97" */
void hundredths_text(int64_t value, enum decimal decimal, struct buf *out);

void table_text(const struct figures *figures, const struct zone *zone, enum decimal decimal,
		struct buf *out);
/* RFC 4180: CRLF, a header line, quotes where needed. */
void table_csv(const struct figures *figures, const struct zone *zone, enum decimal decimal,
	       struct buf *out);
/* One object {"as_of", "as_of_day", "rows"}; a line end behind it is the caller's. */
void table_json(const struct figures *figures, struct buf *out);

/* One cell of text: quoted when it has a quote, @separator or a line end, and when it begins
 * with = + - @, tab or CR; then an apostrophe is put before it, so that no spreadsheet takes it
 * for a formula. Not for numbers. */
void csv_text(const char *text, char separator, struct buf *out);

#endif
