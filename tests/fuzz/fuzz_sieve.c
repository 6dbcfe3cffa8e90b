/* fuzz_sieve.c -- any bytes through the sieve: what passes is clean, balanced and bounded, and
 * holds no line that the sieve is not meant to let through. */
#include "fuzz_ics.h"

const char fuzz_corpus[] = "tests/fuzz/corpus/ics tests/data/ics";

static const char *const allowed[] = {
	"BEGIN:VCALENDAR", "END:VCALENDAR",   "BEGIN:VEVENT",	"END:VEVENT",
	"BEGIN:VFREEBUSY", "END:VFREEBUSY",   "X-TANDEM-",	"UID:",
	"DTSTART",	   "DTEND",	      "DURATION:",	"RDATE",
	"EXDATE",	   "RECURRENCE-ID",   "STATUS:",	"TRANSP:",
	"SEQUENCE:",	   "FREEBUSY;FBTYPE", "X-WR-TIMEZONE:", "METHOD:"};

static void check_line(const char *p, size_t n, int *depth)
{
	bool known = false;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		known = known ||
			(strlen(allowed[i]) <= n && memcmp(allowed[i], p, strlen(allowed[i])) == 0);
	PROMISE(known);
	PROMISE(charset_is_clean(p, n));
	*depth += memcmp(p, "BEGIN:", n < 6 ? n : 6) == 0;
	*depth -= memcmp(p, "END:", n < 4 ? n : 4) == 0;
	PROMISE(*depth >= 0 && *depth <= 2);
}

static void check_text(const struct buf *text)
{
	const char *p = buf_str(text), *end = p + text->n;
	int depth = 0;
	while (p < end) {
		const char *stop = memmem(p, (size_t)(end - p), "\r\n", 2);
		PROMISE(stop);
		check_line(p, (size_t)(stop - p), &depth);
		p = stop + 2;
	}
	PROMISE(depth == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_ask *ask = fuzz_ask();
	struct sieved sieved = {0};
	struct err err = {0};
	if (!timetable_sieve((const char *)data, size, &ask->policy, &ask->limits, &sieved, &err)) {
		PROMISE(err.code == ERR_PARSE || err.code == ERR_LIMIT);
		fuzz_sentence(err.text);
		return 0;
	}
	check_text(&sieved.text);
	fuzz_warnings(&sieved.warnings);
	PROMISE(sieved.skipped <= sieved.events && sieved.events <= sieved.components);
	sieved_fini(&sieved);
	return 0;
}
