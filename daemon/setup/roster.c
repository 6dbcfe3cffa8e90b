/* roster.c -- from a bundle to a roster: headings and ids first, then section by section.
 *
 *   records -> ini files -> headings, ids -> programme -> sources -> persons, experts, rooms
 *           -> duos -> sources in order -> faults in order
 *
 * Later parts look things up by the headings alone, so a person with a wrong line in it is still
 * known to its duos, and one mistake gives one sentence. */
#include "setup/roster_reading.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

const char *const section_words[SECTION_KINDS] = {
	[SECTION_PROGRAMME] = "programme", [SECTION_PERSON] = "person",
	[SECTION_SOURCE] = "source",	   [SECTION_DUO] = "duo",
	[SECTION_EXPERT] = "expert",	   [SECTION_ROOM] = "room",
};

static void section_take(struct reading *r, const struct ini_file *file,
			 const struct ini_section *section)
{
	struct section_ref ref = {file, section, SECTION_PROGRAMME};
	struct place at = section_place(&ref);
	while (ref.kind < SECTION_KINDS && strcmp(section_words[ref.kind], section->kind) != 0)
		ref.kind++;
	if (ref.kind == SECTION_KINDS) {
		const char *near = parse_nearest(section->kind, section_words, SECTION_KINDS);
		findings_add(&r->findings, at, "unknown section [%.40s]%s%s%s", section->kind,
			     near ? ": did you mean [" : "", near ? near : "",
			     !near			      ? ""
			     : strcmp(near, "programme") == 0 ? "]?"
							      : " ID]?");
		return;
	}
	if (ref.kind == SECTION_PROGRAMME && *section->id)
		findings_add(&r->findings, at, "[programme] takes no id: write [programme]");
	else if (ref.kind != SECTION_PROGRAMME && !*section->id)
		findings_add(&r->findings, at, "[%s] needs an id: write [%s ID]", section->kind,
			     section->kind);
	else if (ref.kind != SECTION_PROGRAMME && !parse_is_id(section->id))
		findings_add(&r->findings, at,
			     "`%.60s` is not an id: a to z, 0 to 9 and -, not first a -, at most "
			     "%d of them",
			     section->id, ID_MAX);
	struct section_list *list = &r->sections[ref.kind];
	if (list->n == ROSTER_SECTIONS_MAX) {
		if (!list->full)
			findings_add(&r->findings, at, "more than %d sections [%s]",
				     ROSTER_SECTIONS_MAX, section->kind);
		list->full = true;
		return;
	}
	list->v = xgrow(list->v, list->n, &list->cap, sizeof *list->v);
	list->v[list->n++] = ref;
}

static void file_take(struct reading *r, const struct ini_file *file)
{
	for (size_t i = 0; i < file->v[0].n; i++) {
		const struct ini_entry *e = &file->v[0].v[i];
		if (strcmp(e->key, "include") != 0)
			findings_add(&r->findings, ini_place(file, e->line),
				     "`%s` stands before the first section; only `include` may",
				     e->key);
		else if (e->value && !*e->value)
			findings_add(&r->findings, ini_place(file, e->line),
				     "`include` has no value");
	}
	for (size_t i = 1; i < file->n; i++)
		if (!file->v[i].skip)
			section_take(r, file, &file->v[i]);
}

static int by_id(const void *a, const void *b)
{
	const struct section_ref *x = a, *y = b;
	int c = strcmp(x->section->id, y->section->id);
	if (c)
		return c;
	if (x->file->order != y->file->order)
		return x->file->order < y->file->order ? -1 : 1;
	return x->section->line < y->section->line ? -1 : x->section->line > y->section->line;
}

static void tell_twice(struct reading *r, const struct section_list *list)
{
	const struct section_ref *first = list->v;
	for (size_t i = 1; i < list->n; i++) {
		const struct section_ref *one = &list->v[i];
		if (strcmp(one->section->id, first->section->id) != 0)
			first = one;
		else if (parse_is_id(one->section->id))
			findings_add(&r->findings, section_place(one),
				     "the id `%s` is given twice (first as [%s %s] at %s:%d)",
				     one->section->id, first->section->kind, first->section->id,
				     first->file->name, first->section->line);
	}
}

/* Sorts the sections. Persons, duos, experts and rooms share one space of ids, for commands take
 * either; sources have their own. */
static void sort_sections(struct reading *r)
{
	struct section_list all = {0};
	for (int kind = SECTION_PERSON; kind < SECTION_KINDS; kind++) {
		struct section_list *list = &r->sections[kind];
		if (list->n == 0)
			continue;
		qsort(list->v, list->n, sizeof *list->v, by_id);
		if (kind == SECTION_SOURCE) {
			tell_twice(r, list);
			continue;
		}
		all.v = xrealloc(all.v, (all.n + list->n) * sizeof *all.v);
		memcpy(all.v + all.n, list->v, list->n * sizeof *all.v);
		all.n += list->n;
	}
	if (all.n) {
		qsort(all.v, all.n, sizeof *all.v, by_id);
		tell_twice(r, &all);
	}
	xfree(all.v);
}

/* What was wrong when the files were gathered takes its place among the rest. */
static void tell_gathered(struct reading *r, const struct record *record)
{
	char *text = xstrndup(record->bytes, record->n);
	char *sentence;
	struct place at = {.file = record->name, .line = (int)strtol(text, &sentence, 10)};
	for (size_t i = 0; i < r->n_files; i++)
		if (strcmp(r->files[i].name, record->name) == 0)
			at.order = r->files[i].order;
	findings_add(&r->findings, at, "%s", sentence + (*sentence == ' '));
	xfree(text);
}

static void read_files(struct reading *r)
{
	r->folder = "";
	r->files = xcalloc(r->records.n + 1, sizeof *r->files);
	for (size_t i = 0; i < r->records.n; i++) {
		const struct record *one = &r->records.v[i];
		struct ini_file *file = &r->files[r->n_files];
		if (one->kind != RECORD_INI)
			continue;
		ini_read(one->bytes, one->n, one->name, (int)r->n_files++, file, &r->findings);
	}
	for (size_t i = 0; i < r->records.n; i++)
		if (r->records.v[i].kind == RECORD_FAULT)
			tell_gathered(r, &r->records.v[i]);
	for (size_t i = 0; i < r->n_files; i++)
		file_take(r, &r->files[i]);
}

static void reading_fini(struct reading *r)
{
	for (size_t i = 0; i < r->n_files; i++)
		ini_fini(&r->files[i]);
	xfree(r->files);
	for (int kind = 0; kind < SECTION_KINDS; kind++)
		xfree(r->sections[kind].v);
	xfree(r->sources);
	xfree(r->source_rows);
	xfree(r->closed);
	bundle_records_fini(&r->records);
}

/* The folder record, as a string. */
static char *folder_text(const struct record_list *records)
{
	for (size_t i = 0; i < records->n; i++)
		if (records->v[i].kind == RECORD_FOLDER)
			return xstrndup(records->v[i].bytes, records->v[i].n);
	return xstrdup("");
}

/* Makes r->roster of the files that were read. */
static void read_roster(struct reading *r, const struct roster_bundle *bundle,
			roster_closed_fn *closed, void *closed_ctx)
{
	char *folder = folder_text(&r->records);
	r->folder = folder;
	sort_sections(r);
	read_programme(r, closed, closed_ctx);
	read_sources(r);
	read_persons(r);
	read_third_parties(r);
	read_duos(r);
	settle_sources(r);
	hash_text(bundle->bytes.v, bundle->bytes.n, r->roster.hash);
	r->folder = "";
	xfree(folder);
}

static bool reading_end(struct reading *r, bool ok, struct roster *out)
{
	if (ok)
		*out = r->roster;
	else
		roster_fini(&r->roster);
	reading_fini(r);
	return ok;
}

static bool files_begin(struct reading *r, const struct roster_bundle *bundle, struct err *err)
{
	if (!bundle_records(bundle, &r->records, err))
		return false;
	read_files(r);
	return r->n_files > 0 || err_set(err, ERR_PARSE, "the kept roster is empty");
}

bool roster_parse(const struct roster_bundle *bundle, roster_closed_fn *closed, void *closed_ctx,
		  struct roster *out, struct faults *faults)
{
	struct reading r = {0};
	struct err err;
	if (!files_begin(&r, bundle, &err)) {
		faults_add(faults, "roster", 0, "%s", err.text);
		(void)findings_tell(&r.findings, faults); /* of gathering */
		reading_fini(&r);
		return false;
	}
	read_roster(&r, bundle, closed, closed_ctx);
	return reading_end(&r, findings_tell(&r.findings, faults), out);
}

bool roster_suppose(const struct roster_bundle *bundle, const struct roster_edits *edits,
		    roster_closed_fn *closed, void *closed_ctx, struct roster *out, struct err *err)
{
	struct reading r = {0};
	struct faults faults = {0};
	if (!files_begin(&r, bundle, err) || !edits_apply(&r, edits, err)) {
		(void)findings_tell(&r.findings, &faults);
		faults_fini(&faults);
		return reading_end(&r, false, out);
	}
	read_roster(&r, bundle, closed, closed_ctx);
	if (r.findings.n) /* the places are those of lines that nobody wrote */
		(void)err_set(err, ERR_USAGE, "%s", r.findings.v[0].text);
	bool ok = findings_tell(&r.findings, &faults);
	faults_fini(&faults);
	return reading_end(&r, ok, out);
}
