/* fuzz_cache.c -- an import with what is kept of the last one against one without, to the letter:
 * the bytes, the bytes with a piece taken out, and with a piece of theirs put in elsewhere. */
#include "fuzz_ics.h"

#include "cal/unitcache.h"

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

static void answer(const struct buf *bytes, struct unit_cache *units, struct buf *out)
{
	struct fuzz_ask *ask = fuzz_ask();
	struct import_file file = {.bytes = buf_str(bytes), .n = bytes->n};
	struct timetable t = {0};
	struct err err = {0};
	struct timetable_opts opts = ask->opts;
	opts.units = units;
	if (import_read(&file, 1, &ask->policy, &opts, fuzz_parse, NULL, &t, &err)) {
		describe(&t, out);
		timetable_fini(&t);
	} else {
		buf_addf(out, "refused: %d %s\n", (int)err.code, err.text);
	}
}

static void same(const struct buf *bytes, struct unit_cache *units)
{
	struct buf with = {0}, without = {0};
	answer(bytes, units, &with);
	answer(bytes, NULL, &without);
	if (strcmp(buf_str(&with), buf_str(&without)) != 0) {
		(void)fprintf(stderr, "%.*s\nwith:\n%s\nwithout:\n%s\n", (int)bytes->n, bytes->v,
			      buf_str(&with), buf_str(&without));
		abort();
	}
	buf_fini(&with);
	buf_fini(&without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct unit_cache *units = unit_cache_new(1 << 20);
	size_t from = size > 4 ? (size_t)(data[size / 2] + 256 * data[size / 3]) % size : 0;
	size_t n = size > 4 ? data[size / 4] % (size - from) : 0;
	struct buf b = {0};
	unit_cache_group(units, 1 + size % 3, 1);
	buf_add(&b, text, size);
	same(&b, units);
	buf_clear(&b);
	buf_add(&b, text, from);
	buf_add(&b, text + from + n, size - from - n);
	same(&b, units);
	buf_clear(&b);
	buf_add(&b, text, size - size / 3);
	buf_add(&b, text + from, n);
	buf_add(&b, text + size - size / 3, size / 3);
	same(&b, units);
	unit_cache_free(units);
	buf_fini(&b);
	return 0;
}
