/* policy.c -- the keys of a source as one table; presets are rows of keys too. */
#include "cal/policy.h"

#include "base/buf.h"
#include "base/parse.h"
#include "cal/busy.h"

#include <stdint.h>
#include <string.h>

enum key_type {
	TYPE_KIND,
	TYPE_CHOICE,
	TYPE_LEVEL,
	TYPE_PATTERN,
	TYPE_TEXT,
	TYPE_TIME,
	TYPE_BOOL,
	TYPE_HORIZON
};

/* key, type, field, default as text, least and most seconds of a TYPE_TIME */
#define KEYS(X)                                                                                    \
	X("kind", KIND, kind, "generic", 0, 0)                                                     \
	X("transparent", CHOICE, transparent, "auto", 0, 0)                                        \
	X("tentative", LEVEL, tentative, "tentative", 0, 0)                                        \
	X("cancelled", PATTERN, cancelled, "^(Canceled|Geannuleerd|Vervallen|Entfällt|VERVALT)",   \
	  0, 0)                                                                                    \
	X("ignore", PATTERN, ignore, "none", 0, 0)                                                 \
	X("lesson", PATTERN, lesson, "none", 0, 0)                                                 \
	X("allday", LEVEL, allday, "busy", 0, 0)                                                   \
	X("own", PATTERN, own, "none", 0, 0)                                                       \
	X("default_length", TIME, default_length_s, "50m", 60, DAY_S)                              \
	X("horizon", HORIZON, horizon, "auto", 0, 0)                                               \
	X("refresh", TIME, refresh_s, "30m", 60, 30 * DAY_S)                                       \
	X("user_agent", TEXT, user_agent, "tandemd", 0, 0)                                         \
	X("auth_file", TEXT, auth_file, "none", 0, 0)                                              \
	X("ca_file", TEXT, ca_file, "none", 0, 0)                                                  \
	X("allow_private", BOOL, allow_private, "no", 0, 0)

static const struct row {
	const char *key;
	enum key_type type;
	size_t at;
	const char *fallback;
	int64_t least, most;
} rows[] = {
#define X(key, type, field, fallback, least, most)                                                 \
	{key, TYPE_##type, offsetof(struct policy, field), fallback, least, most},
	KEYS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *const keys[] = {
#define X(key, type, field, fallback, least, most) key,
	KEYS(X)
#undef X
};

/* University systems mark every class TRANSPARENT and cancel in the title; the words are those
 * that their exports use in a dozen languages. */
#define CANCELLED_WORDS                                                                            \
	"(?i)^\\W*(cancell?ed|geannuleerd|vervallen|vervalt|uitgevallen|valt uit|afgelast|"        \
	"entf(ä|ae)llt|entfallen|ausfall|f(ä|ae)llt aus|abgesagt|inst(ä|a)lld?t?|annulée?|"    \
	"annullat[oa]|cancelad[oa]|zrušen[oaéý]|odpadá|odwołan[ey]|aflyst|avlyst|peruttu)"
#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

static const struct {
	const char *kind, *key, *value;
} presets[] = {
	{"untis", "transparent", "busy"},    {"untis", "cancelled", CANCELLED_WORDS},
	{"xedule", "transparent", "busy"},   {"xedule", "cancelled", CANCELLED_WORDS},
	{"timeedit", "transparent", "busy"}, {"timeedit", "cancelled", CANCELLED_WORDS},
	{"m365", "user_agent", BROWSER},
};
static const char *const kinds[] = {"untis", "xedule", "timeedit", "m365", "google", "generic"};
static const char *const choices[] = {"auto", "busy", "free"};
static const char *const levels[] = {"free", "tentative", "busy"};

static bool store(struct policy *policy, const struct row *row, const char *value, struct err *err);

const char *const *policy_keys(size_t *n)
{
	*n = ROWS;
	return keys;
}

static char **text_at(struct policy *policy, const struct row *row)
{
	return (char **)((char *)policy + row->at);
}

static bool is_text(const struct row *row)
{
	return row->type == TYPE_KIND || row->type == TYPE_PATTERN || row->type == TYPE_TEXT;
}

static void keep_text(struct policy *policy, const struct row *row, const char *value)
{
	char **at = text_at(policy, row);
	char *copy = value ? xstrdup(value) : NULL;
	xfree(*at);
	*at = copy;
}

/* The index of @value among @words, stored as an int (every enum here is one). */
static bool store_word(void *at, const char *value, const char *const *words, int n,
		       struct err *err)
{
	struct buf all = {0};
	for (int i = 0; i < n; i++) {
		if (strcmp(words[i], value) == 0) {
			buf_fini(&all);
			if (at)
				memcpy(at, &i, sizeof i);
			return true;
		}
		buf_addf(&all, "%s%s", i ? " " : "", words[i]);
	}
	const char *near = parse_nearest(value, words, (size_t)n);
	(void)err_set(err, ERR_PARSE, "%s is not one of %s%s%s%s", value, buf_str(&all),
		      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	buf_fini(&all);
	return false;
}

/* Sets the preset's rows, but never over a key that was set by name: order does not matter. */
static bool store_kind(struct policy *policy, const struct row *row, const char *value,
		       struct err *err)
{
	if (!store_word(NULL, value, kinds, (int)(sizeof kinds / sizeof *kinds), err))
		return false;
	for (int i = 1; i < ROWS; i++) {
		if (policy->set_keys & 1u << i)
			continue;
		const char *text = rows[i].fallback;
		for (size_t k = 0; k < sizeof presets / sizeof *presets; k++)
			if (!strcmp(presets[k].kind, value) && !strcmp(presets[k].key, rows[i].key))
				text = presets[k].value;
		if (!store(policy, &rows[i], text, err))
			return err_wrap(err, "preset %s", value);
	}
	keep_text(policy, row, value);
	return true;
}

static bool store_horizon(struct policy *policy, const char *value, struct err *err)
{
	int64_t seconds = 0;
	enum horizon_rule rule = HORIZON_FIXED;
	struct err ignored;
	if (strcmp(value, "auto") == 0)
		rule = HORIZON_AUTO;
	else if (strcmp(value, "open") == 0)
		rule = HORIZON_OPEN;
	else if (!parse_duration(value, &seconds, &ignored))
		return err_set(err, ERR_PARSE, "%s is not auto, open or a duration such as 6w",
			       value);
	if (seconds > (int64_t)3660 * DAY_S)
		return err_set(err, ERR_PARSE, "%s is longer than ten years", value);
	policy->horizon = rule;
	policy->horizon_s = seconds;
	return true;
}

static bool store_text(struct policy *policy, const struct row *row, const char *value,
		       struct err *err)
{
	bool none = value[0] == '\0' || strcmp(value, "none") == 0;
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ')
			return err_set(err, ERR_PARSE, "a control character in the value");
	if (!none && row->type == TYPE_PATTERN && !pattern_check(value, err))
		return false;
	keep_text(policy, row, none ? NULL : value);
	return true;
}

static bool store_time(void *at, const struct row *row, const char *value, struct err *err)
{
	int64_t seconds;
	if (!parse_duration(value, &seconds, err))
		return false;
	if (seconds < row->least || seconds > row->most)
		return err_set(err, ERR_PARSE, "%s is not within %llds..%llds", value,
			       (long long)row->least, (long long)row->most);
	memcpy(at, &seconds, sizeof seconds);
	return true;
}

static bool store(struct policy *policy, const struct row *row, const char *value, struct err *err)
{
	void *at = (char *)policy + row->at;
	switch (row->type) {
	case TYPE_KIND: return store_kind(policy, row, value, err);
	case TYPE_CHOICE: return store_word(at, value, choices, 3, err);
	case TYPE_LEVEL: return store_word(at, value, levels, 3, err);
	case TYPE_PATTERN:
	case TYPE_TEXT: return store_text(policy, row, value, err);
	case TYPE_TIME: return store_time(at, row, value, err);
	case TYPE_BOOL: return parse_bool(value, at, err);
	case TYPE_HORIZON: return store_horizon(policy, value, err);
	}
	return err_set(err, ERR_BUG, "key %s has no type", row->key);
}

void policy_init(struct policy *policy)
{
	struct err err;
	*policy = (struct policy){0};
	/* kind = generic sets every key to its default; test_policy holds each to be readable */
	(void)!store_kind(policy, &rows[0], rows[0].fallback, &err);
}

void policy_fini(struct policy *policy)
{
	for (int i = 0; i < ROWS; i++)
		if (is_text(&rows[i]))
			xfree(*text_at(policy, &rows[i]));
	*policy = (struct policy){0};
}

void policy_copy(struct policy *to, const struct policy *from)
{
	struct policy copy = *from;
	for (int i = 0; i < ROWS; i++) {
		if (!is_text(&rows[i]))
			continue;
		char **at = text_at(&copy, &rows[i]);
		*at = *at ? xstrdup(*at) : NULL;
	}
	*to = copy;
}

bool policy_equal(const struct policy *a, const struct policy *b)
{
	static const size_t sizes[] = {[TYPE_CHOICE] = sizeof(int),
				       [TYPE_LEVEL] = sizeof(int),
				       [TYPE_TIME] = sizeof(int64_t),
				       [TYPE_BOOL] = sizeof(bool),
				       [TYPE_HORIZON] = sizeof(int)};
	for (int i = 0; i < ROWS; i++) {
		const char *x = (const char *)a + rows[i].at, *y = (const char *)b + rows[i].at;
		if (is_text(&rows[i])) {
			const char *s = *(char *const *)x, *t = *(char *const *)y;
			if ((!s) != (!t) || (s && strcmp(s, t) != 0))
				return false;
		} else if (memcmp(x, y, sizes[rows[i].type]) != 0) {
			return false;
		}
	}
	return a->horizon_s == b->horizon_s;
}

bool policy_set(struct policy *policy, const char *key, const char *value, struct err *err)
{
	for (int i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].key, key) != 0)
			continue;
		if (!store(policy, &rows[i], value, err))
			return err_wrap(err, "%s", key);
		policy->set_keys |= 1u << i;
		return true;
	}
	const char *near = parse_nearest(key, keys, ROWS);
	return err_set(err, ERR_PARSE, "%s is not a key of a source%s%s%s", key,
		       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}
