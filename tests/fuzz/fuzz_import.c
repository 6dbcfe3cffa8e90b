/* fuzz_import.c -- any bytes through the whole import, libical included: refused with a sentence,
 * or a timetable that is in order. */
#include "fuzz_ics.h"

const char fuzz_corpus[] = "tests/fuzz/corpus/ics tests/data/ics";

static void check(const struct timetable *t, const struct timetable_opts *opts)
{
	PROMISE(busyset_is_canonical(&t->busy));
	for (size_t i = 0; i < t->busy.n; i++)
		PROMISE(t->busy.v[i].start >= opts->from && t->busy.v[i].end <= opts->to);
	for (size_t i = 0; i < t->n_occurrences; i++) {
		const struct lesson_span *o = &t->occurrences[i];
		PROMISE(o->start <= o->end && o->start < opts->to && o->end >= opts->from);
		PROMISE(i == 0 || t->occurrences[i - 1].start <= o->start);
	}
	PROMISE(t->n_timed <= t->n_occurrences && t->n_timed_free <= t->n_timed);
	PROMISE(t->n_skipped <= t->n_events);
	fuzz_warnings(&t->warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_ask *ask = fuzz_ask();
	struct import_file file = {.bytes = (const char *)data, .n = size};
	struct timetable t = {0};
	struct err err = {0};
	if (import_read(&file, 1, &ask->policy, &ask->opts, fuzz_parse, NULL, &t, &err)) {
		check(&t, &ask->opts);
		timetable_fini(&t);
	} else {
		PROMISE(err.code == ERR_PARSE || err.code == ERR_LIMIT);
		fuzz_sentence(err.text);
	}
	return 0;
}
