/* roster_edit.c -- a roster as it would be: lines put in the place of others, read by the same
 * tables as any roster, so that every key can be supposed and every fault has its sentence.
 *
 * A line that is supposed replaces those of the same key in its section. What is a list by nature
 * (absent, closed) grows instead; a share or an expert replaces that of the same person. */
#include "setup/roster_reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void roster_edits_fini(struct roster_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		xfree(edits->v[i].id);
		xfree(edits->v[i].key);
		xfree(edits->v[i].value);
	}
	xfree(edits->v);
	*edits = (struct roster_edits){0};
}

/* ---- from a sentence to lines ------------------------------------------------------------ */

static const char *kind_of_id(const struct roster *roster, const char *id)
{
	if (roster_person(roster, id))
		return "person";
	if (roster_duo(roster, id))
		return "duo";
	for (size_t i = 0; i < roster->n_third_parties; i++)
		if (strcmp(roster->third_parties[i].id, id) == 0)
			return roster->third_parties[i].is_room ? "room" : "expert";
	return roster_source(roster, id) ? "source" : NULL;
}

static bool is_among(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return true;
	return false;
}

struct subject { /* whose line it is */
	const char *kind, *id;
	bool word_is_key;
};

static bool no_such_subject(const struct roster *roster, const char *word, struct err *err)
{
	size_t n = roster->n_persons + roster->n_duos, cap = n + 2 * ROWS_MAX;
	const char **names = xcalloc(cap, sizeof *names);
	for (size_t i = 0; i < roster->n_persons; i++)
		names[i] = roster->persons[i].id;
	for (size_t i = 0; i < roster->n_duos; i++)
		names[roster->n_persons + i] = roster->duos[i].id;
	n += programme_keys(names + n, ROWS_MAX);
	n += duo_keys(names + n, ROWS_MAX);
	const char *near = parse_nearest(word, names, n);
	(void)err_set(err, ERR_USAGE,
		      "`%.40s` is neither somebody or something of the roster nor a key of "
		      "[programme] or [duo]%s%s%s",
		      word, near ? ": did you mean `" : "", near ? near : "", near ? "`?" : "");
	xfree(names);
	return false;
}

/* "anna works ...": an id; "budget 60h": a key, of the duo if a duo has it, else the programme's. */
static bool find_subject(const struct roster *roster, const char *duo, const char *word,
			 struct subject *out, struct err *err)
{
	const char *keys[ROWS_MAX];
	const char *kind = kind_of_id(roster, word);
	if (strcmp(word, "programme") == 0)
		*out = (struct subject){"programme", "", false};
	else if (kind)
		*out = (struct subject){kind, word, false};
	else if (is_among(word, keys, duo_keys(keys, ROWS_MAX)))
		*out = (struct subject){"duo", duo, true};
	else if (is_among(word, keys, programme_keys(keys, ROWS_MAX)))
		*out = (struct subject){"programme", "", true};
	else
		return no_such_subject(roster, word, err);
	return true;
}

/* Cuts the first word off *p; NULL at the end. A `=` on its own is none. */
static char *next_word(char **p)
{
	*p += strspn(*p, " \t");
	if (!**p)
		return NULL;
	char *word = *p;
	size_t n = strcspn(word, " \t=");
	*p = word + n;
	if (**p == '=' && n == 0)
		return word; /* a name is missing: whoever looks it up says so */
	if (**p)
		*(*p)++ = '\0';
	return word;
}

static void edit_add(struct roster_edits *out, const struct subject *subject, const char *key,
		     char *value)
{
	out->v = xgrow(out->v, out->n, &out->cap, sizeof *out->v);
	out->v[out->n++] =
		(struct roster_edit){subject->kind, xstrdup(subject->id), xstrdup(key), value};
}

static void weekdays_add(struct buf *out, unsigned mask)
{
	const char *between = "";
	for (int d = MON; d <= SUN; d++)
		if (mask >> d & 1) {
			buf_addf(out, "%s%s", between, weekday_name((enum weekday)d));
			between = ",";
		}
}

/* "works mon-thu": the hours that she works, on these days; on new days those of her first line. */
static bool keep_hours(const struct roster *roster, const struct subject *subject, const char *key,
		       const char *value, struct roster_edits *out)
{
	const struct person *person = roster_person(roster, subject->id);
	unsigned days, covered = 0;
	struct err quiet;
	if (!person || strcmp(key, "works") != 0 || !parse_weekdays(value, &days, &quiet))
		return false;
	for (size_t i = 0; i < person->n_works; i++)
		covered |= person->works[i].weekdays;
	for (size_t i = 0; i < person->n_works; i++) {
		const struct work_hours *w = &person->works[i];
		unsigned here = (w->weekdays & days) | (i == 0 ? days & ~covered : 0);
		struct buf line = {0};
		if (!here)
			continue;
		weekdays_add(&line, here);
		buf_addf(&line, " %02d:%02d-%02d:%02d", w->from_min / 60, w->from_min % 60,
			 w->to_min / 60, w->to_min % 60);
		edit_add(out, subject, key, buf_take(&line));
	}
	return true;
}

static bool part_read(const struct roster *roster, const char *duo, char *part,
		      struct roster_edits *out, struct err *err)
{
	struct subject subject;
	char *rest = part, *word = next_word(&rest);
	if (!word)
		return true; /* between two ; or behind the last */
	if (!find_subject(roster, duo, word, &subject, err))
		return false;
	char *key = subject.word_is_key ? word : next_word(&rest);
	if (!key)
		return err_set(err, ERR_USAGE,
			       "what of `%.40s`? A key and a value follow it, such "
			       "as `anna works mon-thu`",
			       word);
	rest += strspn(rest, " \t=");
	for (size_t n = strlen(rest); n && (rest[n - 1] == ' ' || rest[n - 1] == '\t');)
		rest[--n] = '\0';
	if (!*rest)
		return err_set(err, ERR_USAGE, "`%.40s` has no value", key);
	if (!keep_hours(roster, &subject, key, rest, out))
		edit_add(out, &subject, key, xstrdup(rest));
	return true;
}

bool roster_edits_read(const struct roster *roster, const char *duo, const char *text,
		       struct roster_edits *out, struct err *err)
{
	char *copy = xstrdup(text), *save = NULL;
	bool ok = true;
	*out = (struct roster_edits){0};
	for (char *part = strtok_r(copy, ";", &save); ok && part; part = strtok_r(NULL, ";", &save))
		ok = part_read(roster, duo, part, out, err);
	if (ok && out->n == 0)
		ok = err_set(err, ERR_USAGE,
			     "nothing is supposed: write a line of the roster, such as `anna works "
			     "mon-thu` or `budget 60h`");
	if (!ok)
		roster_edits_fini(out);
	xfree(copy);
	return ok;
}

/* ---- from lines to sections -------------------------------------------------------------- */

static bool adds(const char *key)
{
	return strcmp(key, "absent") == 0 || strcmp(key, "closed") == 0;
}

/* Whether @entry gives way to what is supposed. */
static bool is_replaced(const struct ini_entry *entry, const struct roster_edit *edit)
{
	if (strcmp(entry->key, edit->key) != 0 || adds(edit->key))
		return false;
	if (strcmp(edit->key, "share") != 0 && strcmp(edit->key, "expert") != 0)
		return true;
	size_t n = strcspn(edit->value, " \t");
	return entry->value && strncmp(entry->value, edit->value, n) == 0 &&
	       (entry->value[n] == ' ' || entry->value[n] == '\t');
}

static bool is_section(const struct ini_section *s, const struct roster_edit *edit)
{
	return strcmp(s->kind, edit->kind) == 0 && strcmp(s->id, edit->id) == 0;
}

static void section_clear(struct ini_section *s, const struct roster_edit *edit)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++) {
		if (is_replaced(&s->v[i], edit)) {
			xfree(s->v[i].key);
			xfree(s->v[i].value);
			continue;
		}
		s->v[kept++] = s->v[i];
	}
	s->n = kept;
}

static void section_add(struct ini_section *s, const struct roster_edit *edit)
{
	s->v = xgrow(s->v, s->n, &s->cap, sizeof *s->v);
	s->v[s->n++] = (struct ini_entry){xstrdup(edit->key), xstrdup(edit->value), s->line};
}

static struct ini_section *section_of(struct reading *r, const struct roster_edit *edit)
{
	for (size_t f = 0; f < r->n_files; f++)
		for (size_t i = 0; i < r->files[f].n; i++)
			if (is_section(&r->files[f].v[i], edit))
				return &r->files[f].v[i];
	return NULL; /* written inline: a timetable has no section of its own */
}

/* All old lines go before the first new one comes: several new ones of a key stand together. */
bool edits_apply(struct reading *r, const struct roster_edits *edits, struct err *err)
{
	for (size_t i = 0; i < edits->n; i++) {
		struct ini_section *s = section_of(r, &edits->v[i]);
		if (!s)
			return err_set(
				err, ERR_USAGE,
				"%s has no section of its own in the roster: suppose another "
				"`timetable` of the person instead",
				edits->v[i].id);
		section_clear(s, &edits->v[i]);
	}
	for (size_t i = 0; i < edits->n; i++)
		section_add(section_of(r, &edits->v[i]), &edits->v[i]);
	return true;
}
