/* roster_source.c -- where timetables come from: [source ID] sections, and `timetable =` lines,
 * which either name one or are one.
 *
 * The keys of a source are those of cal/policy and a few of our own; both ways of writing them
 * go through the same rows. */
#include "setup/roster_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static take_fn take_path, take_url, take_source_zone, take_primary, take_policy;

static const struct key_row own_rows[] = {
	{"path", NULL, take_path, 0, 0, 0, false, false, NULL},
	{"url", NULL, take_url, 0, 0, 0, false, false, NULL},
	{"zone", NULL, take_source_zone, 0, 0, 0, false, false, NULL},
	{"primary", NULL, take_primary, 0, 0, 0, false, false, NULL},
};
enum { OWN_ROWS = sizeof own_rows / sizeof *own_rows };

/* A path as the daemon opens it, wherever it was started. */
static char *whole_path(const struct taking *t, const char *value)
{
	char *beside = path_beside(t->file->name, value);
	if (*beside == '/' || !*t->r->folder)
		return beside;
	char *whole = xasprintf("%s/%s", t->r->folder, beside);
	xfree(beside);
	return whole;
}

static bool take_path(struct taking *t, const char *value, struct err *err)
{
	struct source *s = &((struct source_draft *)t->target)->source;
	if (strlen(value) > 4000)
		return err_set(err, ERR_PARSE, "the path is longer than 4000 bytes");
	if (strstr(value, "://"))
		return err_set(err, ERR_PARSE, "\"%.60s\" is an address: write url = ...", value);
	s->path = whole_path(t, value);
	return true;
}

static bool is_url(const char *value)
{
	size_t scheme = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.");
	return scheme > 0 && strncmp(value + scheme, "://", 3) == 0;
}

static bool take_url(struct taking *t, const char *value, struct err *err)
{
	static const char *const schemes[] = {"http://", "https://", "webcal://", "webcals://"};
	struct source *s = &((struct source_draft *)t->target)->source;
	size_t n = sizeof schemes / sizeof *schemes, i = 0;
	while (i < n && strncasecmp(value, schemes[i], strlen(schemes[i])) != 0)
		i++;
	bool ok = i < n && !strpbrk(value, " \t\"<>") && strlen(value) <= 4000;
	const char *host = ok ? value + strlen(schemes[i]) : "";
	if (strcspn(host, "/?#:") == 0)
		return err_set(err, ERR_PARSE,
			       "\"%.60s\" is not an address that begins with https://, http:// or "
			       "webcal://",
			       value);
	s->url = xstrdup(value);
	return true;
}

static bool take_source_zone(struct taking *t, const char *value, struct err *err)
{
	struct key_row row = *t->row;
	struct taking inner = *t;
	row.at = offsetof(struct source_draft, source.zone);
	inner.row = &row;
	return take_zone(&inner, value, err);
}

static bool take_primary(struct taking *t, const char *value, struct err *err)
{
	bool yes;
	if (!parse_bool(value, &yes, err))
		return false;
	((struct source_draft *)t->target)->primary = yes;
	return true;
}

static bool take_policy(struct taking *t, const char *value, struct err *err)
{
	struct policy *policy = &((struct source_draft *)t->target)->source.policy;
	size_t n = strlen(t->row->key);
	bool file = n > 5 && strcmp(t->row->key + n - 5, "_file") == 0;
	char *path = file && strcmp(value, "none") != 0 ? whole_path(t, value) : NULL;
	bool ok = policy_set(policy, t->row->key, path ? path : value, err);
	xfree(path);
	/* whoever calls a taker puts the key in front */
	if (!ok && strncmp(err->text, t->row->key, n) == 0 && strncmp(err->text + n, ": ", 2) == 0)
		memmove(err->text, err->text + n + 2, strlen(err->text + n + 2) + 1);
	return ok;
}

static void rows_make(struct reading *r)
{
	size_t n;
	const char *const *keys = policy_keys(&n);
	r->source_rows = xcalloc(ROWS_MAX, sizeof *r->source_rows);
	memcpy(r->source_rows, own_rows, sizeof own_rows);
	r->n_source_rows = OWN_ROWS;
	for (size_t i = 0; i < n && r->n_source_rows < ROWS_MAX; i++) {
		struct key_row row = {.key = keys[i], .take = take_policy};
		row.first = strcmp(keys[i], "kind") == 0; /* a preset, then single keys */
		bool ours = false;
		for (size_t k = 0; k < OWN_ROWS; k++)
			ours = ours || strcmp(own_rows[k].key, keys[i]) == 0;
		if (!ours)
			r->source_rows[r->n_source_rows++] = row;
	}
}

static struct source_draft *draft_add(struct reading *r, const char *id, const char *file, int line)
{
	r->sources = xgrow(r->sources, r->n_sources, &r->cap_sources, sizeof *r->sources);
	struct source_draft *draft = &r->sources[r->n_sources++];
	*draft = (struct source_draft){.primary = -1};
	(void)strncat(draft->source.id, id, ID_MAX);
	policy_init(&draft->source.policy);
	draft->source.line = line;
	draft->source.file = xstrdup(file);
	return draft;
}

void read_sources(struct reading *r)
{
	const struct section_list *list = &r->sections[SECTION_SOURCE];
	rows_make(r);
	for (size_t i = 0; i < list->n; i++) {
		const struct section_ref *ref = &list->v[i];
		struct source_draft *draft =
			draft_add(r, ref->section->id, ref->file->name, ref->section->line);
		int lines[ROWS_MAX];
		draft->at = section_place(ref);
		draft->is_section = true;
		keys_take(r, ref, r->source_rows, r->n_source_rows, draft, lines);
		if (lines[0] && lines[1])
			findings_add(
				&r->findings,
				ini_place(ref->file, lines[0] > lines[1] ? lines[0] : lines[1]),
				"a source has a path or a url, not both");
		if (!lines[0] && !lines[1])
			findings_add(&r->findings, draft->at,
				     "[source %.40s] has neither path nor url", ref->section->id);
		if (!draft->source.zone)
			draft->source.zone = r->roster.programme.zone;
	}
}

/* One word behind PATH: key=value. */
static void inline_key(struct taking *line, char *word, int *given, bool first,
		       struct source_draft *draft)
{
	struct reading *r = line->r;
	char *equals = strchr(word, '=');
	size_t i = 0, name = equals ? (size_t)(equals - word) : 0;
	if (!equals) {
		if (first)
			TOLD(line,
			     "timetable: `%.60s` is not of the form key=value (a path with blanks "
			     "stands in double quotes)",
			     word);
		return;
	}
	while (i < r->n_source_rows && (strlen(r->source_rows[i].key) != name ||
					strncmp(r->source_rows[i].key, word, name) != 0))
		i++;
	if (i == r->n_source_rows || i < 2) { /* path and url are the first word here */
		const char *names[ROWS_MAX];
		for (size_t k = 2; k < r->n_source_rows; k++)
			names[k - 2] = r->source_rows[k].key;
		*equals = '\0';
		const char *near = parse_nearest(word, names, r->n_source_rows - 2);
		if (first)
			TOLD(line, "timetable: unknown key `%.60s`%s%s%s", word,
			     near ? ": did you mean `" : "", near ? near : "", near ? "`?" : "");
		*equals = '=';
		return;
	}
	const struct key_row *row = &r->source_rows[i];
	if (row->first != first)
		return;
	struct taking t = *line;
	struct err err;
	t.row = row;
	t.target = draft;
	if (given[i]++)
		TOLD(line, "timetable: `%s` is given twice", row->key);
	else if (equals[1] == '\0')
		TOLD(line, "timetable: `%s` has no value", row->key);
	else if (!row->take(&t, equals + 1, &err))
		TOLD(line, "timetable: %s: %s", row->key, err.text);
}

/* Cuts a value into words. A backslash escapes only " and \ in words; in a pattern such as \bLes
 * it means itself. */
static bool cut_line(const char *value, char **copy, char **words, size_t max, size_t *n,
		     struct err *err)
{
	struct buf text = {0};
	for (const char *p = value; *p; p++) {
		buf_addc(&text, *p);
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			buf_addc(&text, *++p);
		else if (*p == '\\')
			buf_addc(&text, '\\');
	}
	*copy = buf_take(&text);
	return parse_words(*copy, words, max, n, err);
}

static void source_use(struct timetable_lines *lines, size_t source, int primary)
{
	size_t n = *lines->n_sources;
	*lines->sources = xrealloc(*lines->sources, (n + 1) * sizeof **lines->sources);
	(*lines->sources)[n] = (struct person_source){
		.source = source, .primary = primary == -1 ? n == 0 : primary == 1};
	++*lines->n_sources;
}

/* "source:ID", perhaps with primary=no */
static bool use_section(struct taking *t, struct timetable_lines *lines, char **words, size_t n,
			struct err *err)
{
	struct reading *r = t->r;
	const char *id = words[0] + strlen("source:");
	const struct section_ref *ref = section_find(r, SECTION_SOURCE, id);
	bool primary = false;
	if (n > 2 || (n == 2 && strncmp(words[1], "primary=", 8) != 0))
		return err_set(err, ERR_PARSE,
			       "behind source:%.40s only primary=yes or no may stand; its other "
			       "keys belong in [source %.40s]",
			       id, id);
	if (n == 2 && !parse_bool(words[1] + 8, &primary, err))
		return err_wrap(err, "primary");
	if (!ref) {
		const char *near = section_nearest(r, SECTION_SOURCE, id);
		return err_set(err, ERR_PARSE, "there is no [source %.40s]%s%s%s", id,
			       near ? ": did you mean source:" : "", near ? near : "",
			       near ? "?" : "");
	}
	size_t source = section_index(r, ref);
	for (size_t i = 0; i < *lines->n_sources; i++)
		if ((*lines->sources)[i].source == source)
			return err_set(err, ERR_PARSE, "source:%.40s is named twice", id);
	source_use(lines, source, n == 2 ? primary : r->sources[source].primary);
	return true;
}

static bool use_inline(struct taking *t, struct timetable_lines *lines, char **words, size_t n,
		       struct err *err)
{
	struct reading *r = t->r;
	char id[ID_MAX + 24];
	int given[ROWS_MAX] = {0};
	if (snprintf(id, sizeof id, "%.*s-%d", ID_MAX, lines->owner, lines->lines) > ID_MAX)
		return err_set(err, ERR_PARSE,
			       "the name of this timetable, %s, is longer than %d: write it as a "
			       "[source ID] and name that",
			       id, ID_MAX);
	struct source_draft *draft = draft_add(r, id, t->file->name, t->line);
	struct taking inner = *t;
	draft->at = taking_place(t);
	inner.target = draft;
	inner.row = &r->source_rows[is_url(words[0]) ? 1 : 0];
	bool ok = inner.row->take(&inner, words[0], err);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 1; i < n; i++)
			inline_key(t, words[i], given, pass == 0, draft);
	if (!draft->source.zone)
		draft->source.zone = lines->zone;
	source_use(lines, r->n_sources - 1, draft->primary);
	return ok;
}

bool timetable_take(struct taking *t, struct timetable_lines *lines, const char *value,
		    struct err *err)
{
	enum { WORDS = 40 };
	char *copy, *words[WORDS];
	size_t n = 0;
	lines->lines++;
	bool ok = cut_line(value, &copy, words, WORDS, &n, err);
	if (ok && n == 0)
		ok = err_set(err, ERR_PARSE, "there is nothing in the quotes");
	if (ok && strcmp(words[0], "none") == 0) {
		if (n > 1)
			ok = err_set(err, ERR_PARSE, "nothing may follow none");
		lines->none_line = lines->none_line ? lines->none_line : t->line;
	} else if (ok && *words[0] == '\0') {
		ok = err_set(err, ERR_PARSE, "the path is empty");
	} else if (ok && strncmp(words[0], "source:", 7) == 0) {
		ok = use_section(t, lines, words, n, err);
	} else if (ok) {
		ok = use_inline(t, lines, words, n, err);
	}
	if (ok && lines->none_line && lines->lines > 1)
		ok = err_set(err, ERR_PARSE, "none stands alone, but there is another timetable");
	xfree(copy);
	return ok;
}

static int draft_by_id(const void *a, const void *b)
{
	const struct source_draft *const *x = a, *const *y = b;
	int c = strcmp((*x)->source.id, (*y)->source.id);
	return c ? c : *x < *y ? -1 : *x > *y;
}

static void renumber(struct person_source *v, size_t n, const size_t *place)
{
	for (size_t i = 0; i < n; i++)
		v[i].source = place[v[i].source];
}

void settle_sources(struct reading *r)
{
	size_t n = r->n_sources;
	struct source_draft **order = xcalloc(n, sizeof *order);
	size_t *place = xcalloc(n, sizeof *place);
	struct roster *roster = &r->roster;
	for (size_t i = 0; i < n; i++)
		order[i] = &r->sources[i];
	if (n)
		qsort(order, n, sizeof *order, draft_by_id);
	roster->sources = xcalloc(n, sizeof *roster->sources);
	roster->n_sources = n;
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 && strcmp(order[i - 1]->source.id, order[i]->source.id) == 0;
		/* two sections of one name are told with the headings */
		if (same && !order[i]->is_section)
			findings_add(&r->findings, order[i]->at,
				     "this timetable would be called %s, as %s:%d is: rename one",
				     order[i]->source.id, order[i - 1]->at.file,
				     order[i - 1]->at.line);
		place[order[i] - r->sources] = i;
		roster->sources[i] = order[i]->source;
	}
	for (size_t i = 0; i < roster->n_persons; i++)
		renumber(roster->persons[i].sources, roster->persons[i].n_sources, place);
	for (size_t i = 0; i < roster->n_third_parties; i++)
		renumber(roster->third_parties[i].sources, roster->third_parties[i].n_sources,
			 place);
	r->n_sources = 0; /* the roster owns them now */
	xfree(order);
	xfree(place);
}
