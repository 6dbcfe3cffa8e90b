/* fuzz_lanes.c -- fast lane against slow lane: one answer, to the letter. */
#include "fuzz_ics.h"

const char fuzz_corpus[] = "tests/fuzz/corpus/ics tests/data/ics";

static void describe(const struct timetable *t, struct buf *out)
{
	buf_addf(out, "%zu %zu %zu %zu %lld %lld %lld %zu\n", t->n_events, t->n_skipped, t->n_timed,
		 t->n_timed_free, (long long)t->first, (long long)t->last, (long long)t->horizon,
		 t->warnings.dropped);
	for (size_t i = 0; i < t->n_zones; i++)
		buf_addf(out, "zone %s\n", t->zones[i]);
	for (size_t i = 0; i < t->n_occurrences; i++) {
		const struct lesson_span *o = &t->occurrences[i];
		buf_addf(out, "lesson %lld %lld %s %d %016llx\n", (long long)o->start,
			 (long long)o->end, level_word(o->level), (int)o->timed,
			 (unsigned long long)o->series);
	}
	for (size_t i = 0; i < t->busy.n; i++)
		buf_addf(out, "busy %lld %lld %s\n", (long long)t->busy.v[i].start,
			 (long long)t->busy.v[i].end, level_word(t->busy.v[i].level));
	for (size_t i = 0; i < t->warnings.n; i++)
		buf_addf(out, "line %d: %s\n", t->warnings.v[i].line, t->warnings.v[i].text);
}

static void answer(const struct import_file *file, struct fuzz_ask *ask, bool slow, struct buf *out)
{
	struct timetable t = {0};
	struct err err = {0};
	struct timetable_opts opts = ask->opts;
	opts.slow_lane = slow;
	if (import_read(file, 1, &ask->policy, &opts, fuzz_parse, NULL, &t, &err)) {
		describe(&t, out);
		timetable_fini(&t);
	} else {
		buf_addf(out, "refused: %d %s\n", (int)err.code, err.text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_ask *ask = fuzz_ask();
	struct import_file file = {.bytes = (const char *)data, .n = size};
	struct buf fast = {0}, slow = {0};
	answer(&file, ask, false, &fast);
	answer(&file, ask, true, &slow);
	if (strcmp(buf_str(&fast), buf_str(&slow)) != 0) {
		(void)fprintf(stderr, "fast:\n%s\nslow:\n%s\n", buf_str(&fast), buf_str(&slow));
		abort();
	}
	buf_fini(&fast);
	buf_fini(&slow);
	return 0;
}
