/* test_policy.c -- keys, presets, and from what an event says to a level. */
#include "cal/busy.h"
#include "cal/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void defaults_are_those_of_the_design(void **state)
{
	struct policy p;
	(void)state;
	policy_init(&p);
	assert_int_equal(p.transparent, TRANSPARENT_AUTO);
	assert_int_equal(p.tentative, LEVEL_TENTATIVE);
	assert_int_equal(p.allday, LEVEL_BUSY);
	assert_string_equal(p.cancelled, "^(Canceled|Geannuleerd|Vervallen|Entfällt|VERVALT)");
	assert_null(p.ignore);
	assert_null(p.lesson);
	assert_null(p.own);
	assert_int_equal(p.default_length_s, 50 * 60);
	assert_int_equal(p.horizon, HORIZON_AUTO);
	assert_int_equal(p.refresh_s, 30 * 60);
	assert_string_equal(p.user_agent, "tandemd");
	assert_null(p.auth_file);
	assert_null(p.ca_file);
	assert_false(p.allow_private);
	assert_string_equal(p.kind, "generic");
	policy_fini(&p);
}

static void values_are_read_or_refused(void **state)
{
	static const struct {
		const char *key, *value, *sentence; /* NULL: taken */
	} rows[] = {
		{"transparent", "free", NULL},
		{"transparent", "perhaps", "transparent: perhaps is not one of auto busy free"},
		{"tentative", "busy", NULL},
		{"tentative", "unknown", "is not one of free tentative busy"},
		{"allday", "free", NULL},
		{"cancelled", "^x", NULL},
		{"cancelled", "none", NULL},
		{"ignore", "(", "pattern \"(\""},
		{"own", "a(?<b>c", "own: pattern"},
		{"lesson", "\\C", "lesson: pattern"},
		{"default_length", "45m", NULL},
		{"default_length", "0", "is not within 60s..86400s"},
		{"default_length", "soon", "default_length"},
		{"horizon", "open", NULL},
		{"horizon", "auto", NULL},
		{"horizon", "6w", NULL},
		{"horizon", "closed", "not auto, open or a duration"},
		{"horizon", "9999w", "longer than ten years"},
		{"refresh", "2h", NULL},
		{"user_agent", "Mozilla/5.0 (X11)", NULL},
		{"user_agent", "a\r\nHost: b", "control character"},
		{"auth_file", "/etc/a", NULL},
		{"allow_private", "yes", NULL},
		{"allow_private", "perhaps", "allow_private"},
		{"kind", "xedule", NULL},
		{"kind", "unti", "did you mean untis?"},
		{"transparant", "busy",
		 "transparant is not a key of a source; did you mean transparent?"},
		{"zzzzzzzzz", "1", "zzzzzzzzz is not a key of a source"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy p, before;
		struct err err = {0};
		policy_init(&p);
		policy_copy(&before, &p);
		bool fine = policy_set(&p, rows[i].key, rows[i].value, &err);
		if (fine != !rows[i].sentence)
			fail_msg("%s = %s: %s", rows[i].key, rows[i].value, err.text);
		if (!fine && !strstr(err.text, rows[i].sentence))
			fail_msg("\"%s\" has no \"%s\"", err.text, rows[i].sentence);
		if (!fine)
			assert_true(policy_equal(&p, &before));
		policy_fini(&p);
		policy_fini(&before);
	}
}

/* Every key can be set to some value, and policy_equal and policy_copy see it. */
static void every_key_counts(void **state)
{
	static const struct {
		const char *key, *value;
	} rows[] = {
		{"kind", "m365"},	  {"transparent", "busy"},
		{"tentative", "busy"},	  {"cancelled", "x"},
		{"ignore", "x"},	  {"lesson", "x"},
		{"allday", "tentative"},  {"own", "x"},
		{"default_length", "1h"}, {"horizon", "3w"},
		{"refresh", "1h"},	  {"user_agent", "x"},
		{"auth_file", "x"},	  {"ca_file", "x"},
		{"allow_private", "yes"},
	};
	size_t n;
	const char *const *keys = policy_keys(&n);
	(void)state;
	assert_int_equal(n, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		struct policy a, b, c;
		struct err err;
		assert_string_equal(keys[i], rows[i].key);
		policy_init(&a);
		policy_init(&b);
		assert_true(policy_equal(&a, &b));
		assert_true(policy_set(&b, rows[i].key, rows[i].value, &err));
		assert_false(policy_equal(&a, &b));
		policy_copy(&c, &b);
		assert_true(policy_equal(&c, &b));
		policy_fini(&a);
		policy_fini(&b);
		policy_fini(&c);
	}
}

static void presets_leave_what_was_set_by_name(void **state)
{
	struct policy a, b;
	struct err err;
	(void)state;
	policy_init(&a);
	policy_init(&b);
	assert_true(policy_set(&a, "kind", "untis", &err));
	assert_int_equal(a.transparent, TRANSPARENT_BUSY);
	assert_true(policy_set(&a, "transparent", "free", &err));
	assert_true(policy_set(&b, "transparent", "free", &err));
	assert_true(policy_set(&b, "kind", "untis", &err));
	assert_true(policy_equal(&a, &b));
	assert_true(policy_set(&b, "kind", "m365", &err)); /* a preset replaces a preset */
	assert_int_equal(b.transparent, TRANSPARENT_FREE);
	assert_non_null(strstr(b.user_agent, "Mozilla"));
	assert_string_equal(b.cancelled, "^(Canceled|Geannuleerd|Vervallen|Entfällt|VERVALT)");
	policy_fini(&a);
	policy_fini(&b);
}

static void the_level_of_what_is_said(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: defaults */
		struct said said;
		enum level level;
	} rows[] = {
		{NULL, NULL, {0}, LEVEL_BUSY},
		{NULL, NULL, {.transparent = true}, LEVEL_BUSY},
		{NULL, NULL, {.transparent = true, .all_day = true}, LEVEL_FREE},
		{NULL, NULL, {.all_day = true}, LEVEL_BUSY},
		{"allday", "free", {.all_day = true}, LEVEL_FREE},
		{"allday", "tentative", {.all_day = true}, LEVEL_TENTATIVE},
		{"allday", "free", {0}, LEVEL_BUSY},
		{"transparent", "free", {.transparent = true}, LEVEL_FREE},
		{"transparent", "busy", {.transparent = true, .all_day = true}, LEVEL_BUSY},
		{NULL, NULL, {.status = STATUS_TENTATIVE}, LEVEL_TENTATIVE},
		{NULL, NULL, {.busy = SAID_TENTATIVE}, LEVEL_TENTATIVE},
		{"tentative", "busy", {.busy = SAID_TENTATIVE}, LEVEL_BUSY},
		{"tentative", "free", {.status = STATUS_TENTATIVE}, LEVEL_FREE},
		{NULL, NULL, {.status = STATUS_TENTATIVE, .all_day = true}, LEVEL_TENTATIVE},
		{"allday", "free", {.status = STATUS_TENTATIVE, .all_day = true}, LEVEL_FREE},
		{NULL, NULL, {.status = STATUS_CONFIRMED}, LEVEL_BUSY},
		{NULL, NULL, {.status = STATUS_CANCELLED, .busy = SAID_BUSY}, LEVEL_FREE},
		{NULL, NULL, {.busy = SAID_FREE}, LEVEL_FREE},
		{"transparent", "busy", {.busy = SAID_FREE}, LEVEL_FREE},
		{"transparent", "free", {.transparent = true, .busy = SAID_OOF}, LEVEL_BUSY},
		{NULL,
		 NULL,
		 {.busy = SAID_ELSEWHERE, .all_day = true, .transparent = true},
		 LEVEL_BUSY},
		{NULL, NULL, {.own_uid = true, .busy = SAID_BUSY}, LEVEL_FREE},
		{NULL, NULL, {.match = MATCH_CANCELLED}, LEVEL_FREE},
		{NULL, NULL, {.match = MATCH_IGNORE}, LEVEL_FREE},
		{NULL, NULL, {.match = MATCH_OWN}, LEVEL_FREE},
		{NULL, NULL, {.match = MATCH_LESSON}, LEVEL_BUSY},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct policy p;
		struct err err;
		policy_init(&p);
		if (rows[i].key)
			assert_true(policy_set(&p, rows[i].key, rows[i].value, &err));
		enum level level = busy_level(&p, &rows[i].said);
		if (level != rows[i].level)
			fail_msg("row %zu: %d, not %d", i, level, rows[i].level);
		policy_fini(&p);
	}
}

static unsigned title(struct patterns *patterns, const char *text)
{
	return patterns_title(patterns, text, strlen(text));
}

static void titles_meet_patterns(void **state)
{
	struct policy p;
	struct err err;
	(void)state;
	policy_init(&p);
	assert_true(policy_set(&p, "kind", "untis", &err));
	assert_true(policy_set(&p, "ignore", "x$", &err));
	struct patterns *patterns = patterns_new(&p, &err);
	assert_non_null(patterns);
	assert_int_equal(title(patterns, "GEANNULEERD: wiskunde"), MATCH_CANCELLED);
	assert_int_equal(title(patterns, "** Fällt aus: Mathe"), MATCH_CANCELLED);
	assert_int_equal(title(patterns, "Mathe fällt aus"), 0);
	assert_int_equal(title(patterns, "\xff\xfe cancelled"), 0); /* bad UTF-8 is no word */
	/* cut at 256 bytes, never within a character */
	char text[400] = "";
	memset(text, 'a', 255);
	strcpy(text + 255, "x and more");
	assert_int_equal(title(patterns, text), MATCH_IGNORE);
	strcpy(text + 255, "éx");
	assert_int_equal(title(patterns, text), 0);
	assert_int_equal(patterns_exhausted(patterns), 0);
	patterns_free(patterns);
	policy_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_design),
		cmocka_unit_test(values_are_read_or_refused),
		cmocka_unit_test(every_key_counts),
		cmocka_unit_test(presets_leave_what_was_set_by_name),
		cmocka_unit_test(the_level_of_what_is_said),
		cmocka_unit_test(titles_meet_patterns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
