/* test_zone_tzif.c -- TZif files that are broken, hostile or just unusual, and POSIX rules.
 * test_zone_tzif SEED replays a run. */
#include "base/buf.h"
#include "cal/zone.h"
#include "cal/zone_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed, state;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

/* ---- files made here ------------------------------------------------------------------------- */

static void be(struct buf *b, int64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_addc(b, (char)((uint64_t)v >> (8 * i)));
}

static void header(struct buf *b, char version, int leap, int times, int types)
{
	buf_adds(b, "TZif");
	buf_addc(b, version);
	for (int i = 0; i < 15; i++)
		buf_addc(b, 0);
	be(b, 0, 4);
	be(b, 0, 4);
	be(b, leap, 4);
	be(b, times, 4);
	be(b, types, 4);
	be(b, 4, 4);
}

struct made {
	int64_t at[8];
	int type[8], n;
	int offset[4], types;
	int leap;
	const char *footer; /* NULL: version 1 */
};

static void block(struct buf *b, const struct made *m, char version, int time_bytes)
{
	header(b, version, m->leap, m->n, m->types);
	for (int i = 0; i < m->n; i++)
		be(b, m->at[i], time_bytes);
	for (int i = 0; i < m->n; i++)
		buf_addc(b, (char)m->type[i]);
	for (int i = 0; i < m->types; i++) {
		be(b, m->offset[i], 4);
		buf_addc(b, 0);
		buf_addc(b, 0);
	}
	buf_add(b, "ABC", 4);
	for (int i = 0; i < m->leap; i++)
		buf_add(b, "\0\0\0\0\0\0\0\0\0\0\0", (size_t)time_bytes + 4);
}

/* The zone of @m, or NULL with @err. */
static struct zone *make(const struct made *m, struct err *err)
{
	struct buf b = {0};
	if (m->footer) {
		header(&b, '2', 0, 0, 0);
		buf_add(&b, "ABC", 4);
		block(&b, m, '2', 8);
		buf_addf(&b, "\n%s\n", m->footer);
	} else {
		block(&b, m, '\0', 4);
	}
	struct zone *zone = NULL;
	bool ok = zone_read("Test/Made", (const unsigned char *)b.v, b.n, &zone, err);
	assert_true(ok == (zone != NULL));
	buf_fini(&b);
	return zone;
}

static void refused(const struct made *m, const char *part)
{
	struct err err = {0};
	struct zone *zone = make(m, &err);
	if (zone || !strstr(err.text, part) || !strstr(err.text, "Test/Made"))
		fail_msg("wanted a refusal with \"%s\", got %s", part, zone ? "a zone" : err.text);
}

static void plain_files_are_read(void **unused)
{
	(void)unused;
	struct err err = {0};
	struct made old = {
		.at = {-1000, 1000}, .type = {1, 0}, .n = 2, .offset = {3600, 7200}, .types = 2};
	struct zone *zone = make(&old, &err);
	assert_non_null(zone);
	assert_int_equal(zone_offset(zone, -1001), 3600);
	assert_int_equal(zone_offset(zone, -1000), 7200);
	assert_int_equal(zone_offset(zone, 1000), 3600);
	assert_int_equal(zone_offset(zone, UTC_MAX), 3600);
	assert_int_equal(zone_offset(zone, UTC_MIN), 3600);
	zone_free(zone);

	struct made lasting = {.offset = {-3600}, .types = 1, .footer = "<-01>1"};
	zone = make(&lasting, &err);
	assert_non_null(zone);
	assert_int_equal(zone_offset(zone, 0), -3600);
	zone_free(zone);

	struct made ruled = {.offset = {0}, .types = 1, .footer = "CET-1CEST,M3.5.0,M10.5.0/3"};
	zone = make(&ruled, &err);
	assert_non_null(zone);
	assert_int_equal(zone_offset(zone, 1782864000), 7200); /* July 2026 */
	assert_int_equal(zone_offset(zone, 1767225600), 3600);
	zone_free(zone);

	struct made unknown_future = {
		.at = {5}, .type = {1}, .n = 1, .offset = {0, 60}, .types = 2, .footer = ""};
	zone = make(&unknown_future, &err);
	assert_non_null(zone);
	assert_int_equal(zone_offset(zone, 6), 60);
	zone_free(zone);

	/* Summer time all year (RFC 8536 section 3.3.1). */
	struct made always = {.offset = {0}, .types = 1, .footer = "XXX3EDT4,0/0,J365/23"};
	zone = make(&always, &err);
	assert_non_null(zone);
	utc_t when;
	int before, after;
	assert_int_equal(zone_offset(zone, 1767225600), -4 * 3600);
	assert_false(zone_next_transition(zone, 0, &when, &before, &after));
	zone_free(zone);
	zone_free(NULL);
}

static void broken_files_are_refused(void **unused)
{
	(void)unused;
	refused(&(struct made){.types = 0, .footer = "UTC0"}, "type 0 of 0");
	refused(&(struct made){.at = {1},
			       .type = {1},
			       .n = 1,
			       .offset = {0},
			       .types = 1,
			       .footer = "UTC0"},
		"type 1 of 1");
	refused(&(struct made){.at = {2, 1}, .n = 2, .offset = {0}, .types = 1, .footer = "UTC0"},
		"out of order");
	refused(&(struct made){.at = {1, 1}, .n = 2, .offset = {0}, .types = 1, .footer = "UTC0"},
		"out of order");
	refused(
		&(struct made){
			.at = {INT64_MIN}, .n = 1, .offset = {0}, .types = 1, .footer = "UTC0"},
		"out of order");
	refused(
		&(struct made){
			.at = {INT64_MAX}, .n = 1, .offset = {0}, .types = 1, .footer = "UTC0"},
		"out of order");
	refused(&(struct made){.offset = {26 * 3600}, .types = 1, .footer = "UTC0"},
		"offset of 93600");
	refused(&(struct made){.offset = {INT32_MIN}, .types = 1, .footer = "UTC0"}, "offset of");
	refused(&(struct made){.offset = {0}, .types = 1, .leap = 1, .footer = "UTC0"},
		"leap seconds");
	refused(&(struct made){.offset = {0}, .types = 1, .footer = "nonsense"}, "POSIX TZ");
	refused(&(struct made){.at = {0, 60, 120},
			       .type = {0, 1, 2},
			       .n = 3,
			       .offset = {7200, 0, 60},
			       .types = 3,
			       .footer = ""},
		"too close together");
}

static void counts_beyond_the_file_are_refused(void **unused)
{
	(void)unused;
	for (int field = 20; field < 44; field += 4) {
		struct buf b = {0};
		header(&b, '\0', 0, 0, 1);
		be(&b, 0, 4);
		buf_addc(&b, 0);
		buf_addc(&b, 0);
		buf_add(&b, "ABC", 4);
		memset(b.v + field, 0xff, 4);
		struct zone *zone = NULL;
		struct err err;
		assert_false(zone_read("Test/Made", (unsigned char *)b.v, b.n, &zone, &err));
		memset(b.v + field, 0, 4);
		b.v[field + 3] = 99;
		assert_false(zone_read("Test/Made", (unsigned char *)b.v, b.n, &zone, &err));
		assert_null(zone);
		buf_fini(&b);
	}
	struct zone *zone = NULL;
	struct err err;
	unsigned char *large = xcalloc(1, ZONE_FILE_MAX + 1);
	assert_false(zone_read("Test/Made", large, ZONE_FILE_MAX + 1, &zone, &err));
	assert_int_equal(err.code, ERR_LIMIT);
	assert_false(zone_read("Test/Made", large, ZONE_FILE_MAX, &zone, &err));
	xfree(large);
}

/* ---- a real file, cut and bitten ------------------------------------------------------------- */

static struct buf real_file(const char *name)
{
	struct buf b = {0};
	char path[256], part[4096];
	(void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	size_t n;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(&b, part, n);
	(void)fclose(f);
	return b;
}

/* What a zone answers must not depend on how the file was bitten: no crash, and the table holds
 * what the header promises. */
static void use(const struct zone *zone)
{
	for (size_t i = 0; i < zone->n; i++) {
		assert_true(i == 0 || zone->at[i] > zone->at[i - 1]);
		assert_true(i == 0 || zone->border[i] > zone->border[i - 1]);
		assert_true(zone->offset[i] != zone->offset[i + 1]);
	}
	static const utc_t moments[] = {UTC_MIN, -1, 0, 1798761600, 32503680000, 9999999999999};
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		utc_t when;
		int before, after;
		(void)zone_to_utc(zone, zone_to_local(zone, moments[i]));
		if (zone_next_transition(zone, moments[i], &when, &before, &after))
			assert_true(when >= moments[i] && before != after);
	}
	char *text = zone_vtimezone(zone, 1798761600);
	assert_true(strlen(text) < 12000);
	xfree(text);
}

static void bitten_files_do_no_harm(void **unused)
{
	(void)unused;
	static const char *const names[] = {"Europe/Amsterdam", "Africa/Casablanca", "EST5EDT",
					    "Australia/Lord_Howe"};
	size_t read = 0;
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		struct buf b = real_file(names[k]);
		struct err err;
		struct zone *zone = NULL;
		for (size_t n = 0; n < b.n; n++) {
			unsigned char *cut = xmemdup(b.v, n); /* ends where the heap block ends */
			assert_false(zone_read(names[k], cut, n, &zone, &err));
			assert_true(err.text[0] != '\0' && zone == NULL);
			xfree(cut);
		}
		for (int round = 0; round < 1000; round++) {
			unsigned char *bitten = xmemdup(b.v, b.n);
			for (uint32_t bites = 1 + draw(3); bites > 0; bites--)
				bitten[draw(4) ? draw((uint32_t)b.n)
					       : (uint32_t)b.n - 1 - draw(40)] =
					(unsigned char)draw(256);
			if (zone_read(names[k], bitten, b.n, &zone, &err)) {
				use(zone);
				zone_free(zone);
				zone = NULL;
				read++;
			}
			xfree(bitten);
		}
		buf_fini(&b);
	}
	(void)printf("%zu of 4000 bitten files still read\n", read);
	assert_true(read > 100 && read < 3990);
}

/* ---- POSIX rules ------------------------------------------------------------------------------ */

static void posix_rules(void **unused)
{
	(void)unused;
	struct posix_tz tz;
	struct err err;
	const char *text = "IST-1GMT0,M10.5.0,M3.5.0/1";
	assert_true(posix_tz_parse(text, strlen(text), &tz, &err));
	assert_string_equal(tz.std_abbr, "IST");
	assert_int_equal(tz.std_s, 3600);
	assert_int_equal(tz.dst_s, 0);
	assert_int_equal(tz.to_std.second, 3600);
	assert_int_equal(posix_when_in(&tz.to_dst, 2026),
			 local_at(civil_to_day(2026, 10, 25), 7200));
	text = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
	assert_true(posix_tz_parse(text, strlen(text), &tz, &err));
	assert_int_equal(tz.std_s, 37800);
	text = "A<AA>0";
	assert_false(posix_tz_parse(text, strlen(text), &tz, &err));
	text = "AAA0BBB,J60,59";
	assert_true(posix_tz_parse(text, strlen(text), &tz, &err));
	assert_int_equal(posix_when_in(&tz.to_dst, 2028), local_at(civil_to_day(2028, 3, 1), 7200));
	assert_int_equal(posix_when_in(&tz.to_dst, 2026), local_at(civil_to_day(2026, 3, 1), 7200));
	assert_int_equal(posix_when_in(&tz.to_std, 2028),
			 local_at(civil_to_day(2028, 2, 29), 7200));
	assert_int_equal(posix_when_in(&tz.to_std, 2026), local_at(civil_to_day(2026, 3, 1), 7200));
	static const char *const bad[] = {
		"",
		"CET",
		"CET-1CEST",
		"CET-25",
		"CET-1:60",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CE-1",
		"CET-1 ",
		"CET-1CEST,M3.0.0,M10.5.0",
		"<CET-1",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/168",
		"CET-1CEST,J0,J5",
		"CET-1CEST,366,5",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"<AAAAAAAAAAAAAAAA>0",
		"CET99999999999999999999",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (posix_tz_parse(bad[i], strlen(bad[i]), &tz, &err))
			fail_msg("\"%s\" was read", bad[i]);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	state = seed;
	(void)printf("seed %llu\n", (unsigned long long)seed);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_files_are_read),
		cmocka_unit_test(broken_files_are_refused),
		cmocka_unit_test(counts_beyond_the_file_are_refused),
		cmocka_unit_test(bitten_files_do_no_harm),
		cmocka_unit_test(posix_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
