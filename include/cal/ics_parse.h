/* cal/ics_parse.h -- the only file that calls libical. It runs in the cage (io/cage).
 *
 * Text that passed the sieve goes in; parsed properties come out as a flat, length-prefixed wire
 * format that wire_next reads back with every bound checked: what comes out of the cage is as
 * little trusted as what went in. */
#ifndef CAL_ICS_PARSE_H
#define CAL_ICS_PARSE_H

#include "base/buf.h"
#include "base/err.h"

/* Once before the cage closes: loads what libical would load lazily. */
void ics_parse_prepare(void);
bool ics_parse(const char *text, size_t n, struct buf *wire, struct err *err) NODISCARD;

#endif
