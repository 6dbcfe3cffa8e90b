/* roster_keys.c -- reads one section by its table of keys, and the takers of single values. */
#include "setup/roster_reading.h"

#include <stdlib.h>
#include <string.h>

/* "did you mean" among thousands of ids costs a millisecond: enough for people, and a roster in
 * which every line is wrong is still told at once. */
#define GUESSES_MAX 50

struct place section_place(const struct section_ref *ref)
{
	return ini_place(ref->file, ref->section->line);
}

struct place taking_place(const struct taking *t)
{
	return ini_place(t->file, t->line);
}

static const struct key_row *row_find(const struct key_row *rows, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

static void tell_unknown(struct reading *r, struct place at, const struct key_row *rows, size_t n,
			 const char *key)
{
	const char *names[ROWS_MAX];
	for (size_t i = 0; i < n; i++)
		names[i] = rows[i].key;
	const char *near = parse_nearest(key, names, n);
	if (strcmp(key, "include") == 0)
		findings_add(&r->findings, at, "`include` stands before the first section");
	else
		findings_add(&r->findings, at, "unknown key `%s`%s%s%s", key,
			     near ? ": did you mean `" : "", near ? near : "", near ? "`?" : "");
}

static void take_entry(struct reading *r, const struct section_ref *ref, const struct ini_entry *e,
		       const struct key_row *row, void *target)
{
	struct taking t = {
		.r = r, .file = ref->file, .line = e->line, .row = row, .target = target};
	struct err err;
	if (!e->value)
		return;
	if (*e->value == '\0')
		TOLD(&t, "`%s` has no value", e->key);
	else if (!row->take(&t, e->value, &err))
		TOLD(&t, "%s: %s", e->key, err.text);
}

/* The rows that nobody gave: their default, or the sentence that they are needed. */
static void take_missing(struct reading *r, const struct section_ref *ref,
			 const struct key_row *row, void *target)
{
	struct taking t = {.r = r,
			   .file = ref->file,
			   .line = ref->section->line,
			   .row = row,
			   .target = target};
	struct err err;
	if (row->required && !ref->section->skip)
		TOLD(&t, "[%s%s%.40s] has no `%s`: write %s", ref->section->kind,
		     *ref->section->id ? " " : "", ref->section->id, row->key, row->required);
	else if (row->fallback && !row->take(&t, row->fallback, &err))
		TOLD(&t, "default of %s: %s", row->key, err.text);
}

void keys_take(struct reading *r, const struct section_ref *ref, const struct key_row *rows,
	       size_t n_rows, void *target, int *lines)
{
	int given[ROWS_MAX] = {0};
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < ref->section->n; i++) {
			const struct ini_entry *e = &ref->section->v[i];
			const struct key_row *row = row_find(rows, n_rows, e->key);
			if (!row && pass == 0)
				tell_unknown(r, ini_place(ref->file, e->line), rows, n_rows,
					     e->key);
			if (!row || row->first != (pass == 0))
				continue;
			int *first = &given[row - rows];
			if (*first && !row->repeats) {
				findings_add(&r->findings, ini_place(ref->file, e->line),
					     "`%s` is given twice (first on line %d)", e->key,
					     *first);
				continue;
			}
			*first = *first ? *first : e->line;
			take_entry(r, ref, e, row, target);
		}
		for (size_t i = 0; i < n_rows; i++)
			if (!given[i] && rows[i].first == (pass == 0))
				take_missing(r, ref, &rows[i], target);
	}
	if (lines)
		memcpy(lines, given, sizeof given);
}

static int ref_by_id(const void *key, const void *element)
{
	return strcmp(key, ((const struct section_ref *)element)->section->id);
}

const struct section_ref *section_find(const struct reading *r, enum section_kind kind,
				       const char *id)
{
	const struct section_list *list = &r->sections[kind];
	return list->n ? bsearch(id, list->v, list->n, sizeof *list->v, ref_by_id) : NULL;
}

const char *section_nearest(struct reading *r, enum section_kind kind, const char *id)
{
	const struct section_list *list = &r->sections[kind];
	if (list->n == 0 || r->guesses >= GUESSES_MAX)
		return NULL;
	r->guesses++;
	const char **names = xmalloc(list->n * sizeof *names);
	for (size_t i = 0; i < list->n; i++)
		names[i] = list->v[i].section->id;
	const char *near = parse_nearest(id, names, list->n);
	xfree(names);
	return near;
}

bool section_unknown(struct reading *r, enum section_kind kind, const char *id, struct err *err)
{
	const char *near = section_nearest(r, kind, id);
	return err_set(err, ERR_PARSE, "there is no [%s %.40s]%s%s%s", section_words[kind], id,
		       near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

size_t section_index(const struct reading *r, const struct section_ref *ref)
{
	return (size_t)(ref - r->sections[ref->kind].v);
}

#define FIELD(t, type) ((type *)((char *)(t)->target + (t)->row->at))

bool take_text(struct taking *t, const char *value, struct err *err)
{
	if (strlen(value) > (size_t)t->row->max)
		return err_set(err, ERR_PARSE, "longer than %lld bytes", (long long)t->row->max);
	xfree(*FIELD(t, char *));
	*FIELD(t, char *) = xstrdup(value);
	return true;
}

bool take_email(struct taking *t, const char *value, struct err *err)
{
	if (!parse_is_mail(value) && strlen(value) <= (size_t)t->row->max)
		return err_set(err, ERR_PARSE,
			       "\"%.60s\" is not a mail address such as anna@example.nl", value);
	return take_text(t, value, err);
}

bool take_yes_no(struct taking *t, const char *value, struct err *err)
{
	return parse_bool(value, FIELD(t, bool), err);
}

bool take_zone(struct taking *t, const char *value, struct err *err)
{
	const struct zone *zone = zone_by_name(value);
	if (!zone)
		return err_set(err, ERR_PARSE,
			       "\"%.40s\" is not a time zone such as Europe/Amsterdam", value);
	*FIELD(t, const struct zone *) = zone;
	return true;
}

bool take_language(struct taking *t, const char *value, struct err *err)
{
	bool nl = strcmp(value, "nl") == 0;
	if (!nl && strcmp(value, "en") != 0)
		return err_set(err, ERR_PARSE, "\"%.40s\" is neither nl nor en", value);
	*FIELD(t, enum language) = nl ? LANG_NL : LANG_EN;
	return true;
}

bool take_int(struct taking *t, const char *value, struct err *err)
{
	int64_t v;
	if (!parse_int(value, t->row->min, t->row->max, &v, err))
		return false;
	*FIELD(t, int) = (int)v;
	return true;
}

bool take_cadence(struct taking *t, const char *value, struct err *err)
{
	if (strcmp(value, "auto") != 0)
		return take_int(t, value, err);
	*FIELD(t, int) = 0;
	return true;
}

bool take_minutes(struct taking *t, const char *value, struct err *err)
{
	char low[DURATION_TEXT], high[DURATION_TEXT];
	int32_t v;
	if (!parse_minutes(value, &v, err))
		return false;
	if (v < t->row->min || v > t->row->max)
		return err_set(err, ERR_PARSE, "%.40s is not within %s..%s", value,
			       minutes_text((int32_t)t->row->min, low),
			       minutes_text((int32_t)t->row->max, high));
	*FIELD(t, int32_t) = v;
	return true;
}

bool take_some_minutes(struct taking *t, const char *value, struct err *err)
{
	if (strcmp(value, "none") != 0)
		return take_minutes(t, value, err);
	*FIELD(t, int32_t) = 0;
	return true;
}

bool take_seconds(struct taking *t, const char *value, struct err *err)
{
	char low[DURATION_TEXT], high[DURATION_TEXT];
	int64_t v;
	if (!parse_duration(value, &v, err))
		return false;
	if (v < t->row->min || v > t->row->max)
		return err_set(err, ERR_PARSE, "%.40s is not within %s..%s", value,
			       seconds_text(t->row->min, low), seconds_text(t->row->max, high));
	*FIELD(t, int64_t) = v;
	return true;
}

bool take_money(struct taking *t, const char *value, struct err *err)
{
	int64_t cents;
	char currency[4];
	const char *ours = t->r->roster.programme.currency;
	if (!parse_money(value, &cents, currency, err))
		return false;
	if (*ours && strcmp(currency, ours) != 0)
		return err_set(err, ERR_PARSE, "%s, but the programme's expert_budget is in %s",
			       currency, ours);
	*FIELD(t, int64_t) = cents;
	return true;
}

bool hours_add(struct work_hours **v, size_t *n, const char *value, unsigned weekdays,
	       struct err *err)
{
	struct work_hours hours = {.weekdays = weekdays};
	const char *span = value + strlen(value);
	while (span > value && span[-1] != ' ' && span[-1] != '\t')
		span--;
	if (!parse_clock_range(span, &hours.from_min, &hours.to_min, err))
		return strstr(err->text, "ends before")
			       ? err_set(err, ERR_PARSE,
					 "\"%.40s\" ends before it begins; a night is two lines, "
					 "one "
					 "to 24:00 and one from 00:00 on the weekday after",
					 span)
			       : false;
	char *days = xstrdup(value), *out = days;
	for (const char *p = value; p < span; p++)
		if (*p != ' ' && *p != '\t')
			*out++ = *p;
	*out = '\0';
	bool ok = *days == '\0' || parse_weekdays(days, &hours.weekdays, err);
	xfree(days);
	if (!ok)
		return false;
	*v = xrealloc(*v, (*n + 1) * sizeof **v);
	(*v)[(*n)++] = hours;
	return true;
}

bool range_add(struct day_range **v, size_t *n, const char *value, struct err *err)
{
	size_t word = strcspn(value, " \t");
	char *days = xstrndup(value, word);
	struct day_range range = {0};
	bool ok = parse_days(days, &range.first, &range.past, err);
	xfree(days);
	if (!ok)
		return false;
	const char *text = value + word + strspn(value + word, " \t");
	if (strlen(text) > ROSTER_NAME_BYTES)
		return err_set(err, ERR_PARSE, "the text is longer than %d bytes",
			       ROSTER_NAME_BYTES);
	range.text = *text ? xstrdup(text) : NULL;
	*v = xrealloc(*v, (*n + 1) * sizeof **v);
	(*v)[(*n)++] = range;
	return true;
}

size_t cut_words(const char *value, char **copy, char **words, size_t max)
{
	size_t n = 0;
	char *save = NULL;
	*copy = xstrdup(value);
	for (char *word = strtok_r(*copy, " \t,", &save); word;
	     word = strtok_r(NULL, " \t,", &save))
		if (n++ < max)
			words[n - 1] = word;
	return n;
}

bool ids_add(struct reading *r, enum section_kind kind, const char *value, id_text **v, size_t *n,
	     struct err *err)
{
	enum { MAX = 100 };
	char *copy, *words[MAX];
	size_t n_words = cut_words(value, &copy, words, MAX);
	bool ok = *n + n_words <= MAX || err_set(err, ERR_PARSE, "more than %d ids", MAX);
	for (size_t i = 0; ok && i < n_words; i++) {
		ok = section_find(r, kind, words[i]) || section_unknown(r, kind, words[i], err);
		for (size_t k = 0; ok && k < *n; k++)
			if (strcmp((*v)[k], words[i]) == 0)
				ok = err_set(err, ERR_PARSE, "%.40s is there twice", words[i]);
		if (!ok)
			break;
		*v = xrealloc(*v, (*n + 1) * sizeof **v);
		(void)strcpy((*v)[(*n)++], words[i]);
	}
	xfree(copy);
	return ok;
}

bool times_take(const char *value, char *before, size_t size, int *minutes, const char *example,
		struct err *err)
{
	const char *x = strchr(value, 'x');
	if (strcmp(value, "none") == 0 || strcmp(value, "0") == 0) {
		memcpy(before, "0", 2);
		*minutes = 0;
		return true;
	}
	size_t n = x ? (size_t)(x - value) : 0;
	while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	if (n == 0 || n >= size)
		return err_set(err, ERR_PARSE, "\"%.40s\" is not of the form %s, nor none", value,
			       example);
	memcpy(before, value, n);
	before[n] = '\0';
	const char *each = x + 1 + strspn(x + 1, " \t");
	int32_t v;
	if (!parse_minutes(each, &v, err))
		return false;
	if (v < 1 || v > DAY_S / 60)
		return err_set(err, ERR_PARSE, "%.40s is not within 1m..24h", each);
	*minutes = v;
	return true;
}

bool count_take(const char *value, const char *example, int *n, int *minutes, struct err *err)
{
	char before[24];
	int64_t count;
	int each;
	if (!times_take(value, before, sizeof before, &each, example, err) ||
	    !parse_int(before, each ? 1 : 0, 100, &count, err))
		return false;
	*n = (int)count;
	*minutes = each;
	return true;
}
