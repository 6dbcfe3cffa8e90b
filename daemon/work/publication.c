/* publication.c -- counted parts and the sorted lists of them.
 *
 * The lists of sources, duos, persons and bodies are arrays of pointers, sorted, so that a look-up
 * is a binary search. An array is counted as a whole: a new publication shares it with the one
 * before until something is put into it, and copies it then: ten thousand pointers, once for a
 * group of changes. Who only thinks of a publication (a plan, a dry run) copies what it touches. */
#include "work/publication.h"

#include "base/hash.h"
#include "base/mix.h"
#include "work/token.h"

#include <string.h>

static bool last_ref(atomic_int *refs)
{
	return atomic_fetch_sub(refs, 1) == 1;
}

#define PART_REF(type)                                                                             \
	struct type *type##_ref(struct type *part)                                                 \
	{                                                                                          \
		atomic_fetch_add(&part->refs, 1);                                                  \
		return part;                                                                       \
	}

PART_REF(roster_part)
PART_REF(source_part)
PART_REF(source_diff)
PART_REF(duo_part)
PART_REF(owed_part)
PART_REF(person_part)
PART_REF(body_part)
PART_REF(links_part)

struct roster_part *roster_part_new(struct roster *roster, struct buf *bundle, utc_t loaded_at)
{
	struct roster_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	part->roster = *roster;
	*roster = (struct roster){0};
	part->bundle = *bundle;
	*bundle = (struct buf){0};
	part->loaded_at = loaded_at;
	opendays_init(&part->days, &part->roster.programme);
	lookers_init(&part->lookers, &part->roster);
	return part;
}

void roster_part_unref(struct roster_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	lookers_fini(&part->lookers);
	roster_fini(&part->roster);
	opendays_fini(&part->days);
	buf_fini(&part->bundle);
	xfree(part);
}

struct source_part *source_part_new(struct source_record *record)
{
	struct source_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	part->record = *record;
	*record = (struct source_record){0};
	return part;
}

utc_t source_part_fresh_at(const struct source_part *part)
{
	utc_t checked = atomic_load(&part->checked_at);
	return checked > part->record.fetched_at ? checked : part->record.fetched_at;
}

void source_part_unref(struct source_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	source_record_fini(&part->record);
	source_diff_unref(part->diff);
	xfree(part);
}

void source_diff_unref(struct source_diff *diff)
{
	if (!diff || !last_ref(&diff->refs))
		return;
	xfree(diff->v);
	xfree(diff);
}

static void note_taking(struct duo_part *part, size_t i)
{
	if (!*part->sessions.v[i].expert && !*part->sessions.v[i].room)
		return;
	part->taking = xrealloc(part->taking, (part->n_taking + 1) * sizeof *part->taking);
	part->taking[part->n_taking++] = i;
}

void duo_part_noted(struct duo_part *part)
{
	note_taking(part, part->sessions.n - 1);
}

struct duo_part *duo_part_new(const char *id, struct session_list *sessions)
{
	struct duo_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	memcpy(part->id, id, strlen(id) + 1);
	part->sessions = *sessions;
	for (size_t i = 0; i < part->sessions.n; i++)
		note_taking(part, i);
	*sessions = (struct session_list){0};
	return part;
}

void duo_part_unref(struct duo_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	session_list_fini(&part->sessions);
	past_list_fini(&part->pasts);
	xfree(part->taking);
	xfree(part);
}

struct owed_part *owed_part_new(struct owed *owed)
{
	struct owed_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	part->owed = *owed;
	*owed = (struct owed){.n_left = 0};
	return part;
}

void owed_part_unref(struct owed_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	owed_fini(&part->owed);
	xfree(part);
}

struct person_part *person_part_new(const char *id, struct entry_list *entries, id_text *duos,
				    size_t n_duos)
{
	struct person_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	memcpy(part->id, id, strlen(id) + 1);
	part->entries = *entries;
	part->duos = duos;
	part->n_duos = n_duos;
	*entries = (struct entry_list){0};
	return part;
}

void person_part_unref(struct person_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	entry_list_fini(&part->entries);
	absence_list_fini(&part->absences);
	xfree(part->owing);
	xfree(part->duos);
	xfree(part);
}

void body_part_unref(struct body_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	xfree(part);
}

/* ---- links ---- */

/* By a secret of this process: which places are taken tells nobody who tries tokens anything. */
static size_t token_slot(const char *token, size_t table_n)
{
	return (size_t)(mix_secret(hash_seed(), token, TOKEN_TEXT - 1) & (table_n - 1));
}

struct links_part *links_part_new(struct link_list *links, const unsigned char key[32])
{
	struct links_part *part = xcalloc(1, sizeof *part);
	part->refs = 1;
	part->links = *links;
	*links = (struct link_list){0};
	size_t n = part->links.n;
	part->table_n = 16;
	while (part->table_n < 2 * n)
		part->table_n *= 2;
	part->tokens = xcalloc(n, sizeof *part->tokens);
	part->table = xmalloc(part->table_n * sizeof *part->table);
	memset(part->table, 0xFF, part->table_n * sizeof *part->table);
	for (size_t i = 0; i < n; i++) {
		const struct link *link = &part->links.v[i];
		uint32_t steps = 1;
		token_make(key, link->id, link->kind, link->generation, part->tokens[i].token);
		part->tokens[i].link = (uint32_t)i;
		size_t at = token_slot(part->tokens[i].token, part->table_n);
		for (; part->table[at] != UINT32_MAX; at = (at + 1) & (part->table_n - 1))
			steps++;
		part->table[at] = (uint32_t)i;
		if (steps > part->steps)
			part->steps = steps;
	}
	return part;
}

void links_part_unref(struct links_part *part)
{
	if (!part || !last_ref(&part->refs))
		return;
	link_list_fini(&part->links);
	xfree(part->tokens);
	xfree(part->table);
	xfree(part);
}

/* 0 when two tokens are the same, else another number; in the same steps. */
static uint64_t token_difference(const char *a, const char *b)
{
	uint64_t x[3], y[3];
	_Static_assert(sizeof x == TOKEN_TEXT - 1, "a token is three words");
	memcpy(x, a, sizeof x);
	memcpy(y, b, sizeof y);
	return (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]);
}

/* As many slots are looked at for every token as the one that was hardest to place needs, and all
 * the same way: no step depends on what is found. */
int links_part_find(const struct links_part *part, const char *token, size_t n)
{
	static const struct token_row nobody;
	char asked[TOKEN_TEXT] = "";
	uint64_t found = 0; /* index + 1 */
	memcpy(asked, token, n < TOKEN_TEXT - 1 ? n : TOKEN_TEXT - 1);
	size_t at = token_slot(asked, part->table_n);
	for (uint32_t i = 0; i < part->steps; i++, at = (at + 1) & (part->table_n - 1)) {
		uint64_t index = part->table[at];
		uint64_t is_empty = 0 - (index >> 31);
		const struct token_row *row =
			(const struct token_row *)(((uintptr_t)&nobody & is_empty) |
						   ((uintptr_t)&part->tokens[index & ~is_empty] &
						    ~is_empty));
		uint64_t d = token_difference(row->token, asked);
		uint64_t is_same = ((d | (0 - d)) >> 63) - 1; /* all ones when d is 0 */
		found |= (index + 1) & is_same & ~is_empty;
	}
	return n == TOKEN_TEXT - 1 ? (int)found - 1 : -1;
}

/* ---- arrays of parts ---- */

typedef int order_fn(const void *part, const void *key);
struct part_kind { /* of parts */
	order_fn *order;
	void (*ref)(void *part);
	void (*unref)(void *part);
};

/* In front of every array; publications hold the address of v. */
struct array {
	atomic_int refs;
	size_t cap;
	void *v[];
};

static struct array *array_of(void **v)
{
	return (struct array *)((char *)v - offsetof(struct array, v));
}

static void **array_new(size_t cap)
{
	struct array *a = xmalloc(sizeof *a + cap * sizeof *a->v);
	atomic_init(&a->refs, 1);
	a->cap = cap;
	return a->v;
}

static void *array_ref(void *v)
{
	if (v)
		atomic_fetch_add(&array_of(v)->refs, 1);
	return v;
}

static void array_unref(void **v, size_t n, const struct part_kind *kind)
{
	if (!v || !last_ref(&array_of(v)->refs))
		return;
	for (size_t i = 0; i < n; i++)
		kind->unref(v[i]);
	xfree(array_of(v));
}

/* The array, or a copy, that nobody else sees and that has room for @more. */
static void **array_own(void **v, size_t n, size_t more, const struct part_kind *kind)
{
	/* a count of one is ours: nobody else can have a reference to add one from */
	if (v && array_of(v)->cap >= n + more && atomic_load(&array_of(v)->refs) == 1)
		return v;
	void **copy = array_new(n + more + (more ? n / 4 + 4 : 0));
	for (size_t i = 0; i < n; i++) {
		copy[i] = v[i];
		kind->ref(v[i]);
	}
	array_unref(v, n, kind);
	return copy;
}

/* ---- sorted lists of parts ---- */

static size_t lower_bound(void *const *v, size_t n, order_fn *order, const void *key)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (order(v[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Puts @part where @key belongs, in the place of the one that is there. */
static void sorted_put(void ***v, size_t *n, const struct part_kind *kind, const void *key,
		       void *part)
{
	size_t at = lower_bound(*v, *n, kind->order, key);
	bool there = at < *n && kind->order((*v)[at], key) == 0;
	*v = array_own(*v, *n, there ? 0 : 1, kind);
	if (there) {
		kind->unref((*v)[at]);
	} else {
		memmove(*v + at + 1, *v + at, (*n - at) * sizeof **v);
		++*n;
	}
	(*v)[at] = part;
}

static void *sorted_get(void *const *v, size_t n, order_fn *order, const void *key)
{
	size_t at = lower_bound(v, n, order, key);
	return at < n && order(v[at], key) == 0 ? v[at] : NULL;
}

static int duo_order(const void *part, const void *key)
{
	return strcmp(((const struct duo_part *)part)->id, key);
}

static int owed_order(const void *part, const void *key)
{
	return strcmp(((const struct owed_part *)part)->owed.duo, key);
}

static int person_order(const void *part, const void *key)
{
	return strcmp(((const struct person_part *)part)->id, key);
}

static int body_order(const void *part, const void *key)
{
	return strcmp(((const struct body_part *)part)->owner, key);
}

#define PART_KIND(type, by)                                                                        \
	static void type##_ref_any(void *part)                                                     \
	{                                                                                          \
		(void)type##_ref(part);                                                            \
	}                                                                                          \
	static void type##_unref_any(void *part)                                                   \
	{                                                                                          \
		type##_unref(part);                                                                \
	}                                                                                          \
	static const struct part_kind type##s = {by, type##_ref_any, type##_unref_any};

PART_KIND(source_part, NULL)
PART_KIND(duo_part, duo_order)
PART_KIND(owed_part, owed_order)
PART_KIND(person_part, person_order)
PART_KIND(body_part, body_order)

const struct duo_part *publication_duo(const struct publication *p, const char *id)
{
	return sorted_get((void *const *)p->duos, p->n_duos, duo_order, id);
}

const struct person_part *publication_person(const struct publication *p, const char *id)
{
	return sorted_get((void *const *)p->persons, p->n_persons, person_order, id);
}

const struct owed *publication_owed(const struct publication *p, const char *duo)
{
	const struct owed_part *part =
		sorted_get((void *const *)p->owed, p->n_owed, owed_order, duo);
	return part ? &part->owed : NULL;
}

const struct body_part *publication_body(const struct publication *p, const char *owner)
{
	return sorted_get((void *const *)p->bodies, p->n_bodies, body_order, owner);
}

void publication_put_duo(struct publication *p, struct duo_part *part)
{
	sorted_put((void ***)&p->duos, &p->n_duos, &duo_parts, part->id, part);
}

void publication_put_person(struct publication *p, struct person_part *part)
{
	sorted_put((void ***)&p->persons, &p->n_persons, &person_parts, part->id, part);
}

void publication_put_owed(struct publication *p, struct owed_part *part)
{
	sorted_put((void ***)&p->owed, &p->n_owed, &owed_parts, part->owed.duo, part);
}

static void copy_entries(struct entry_list *to, const struct entry_list *from)
{
	to->n = to->cap = from->n;
	to->v = xmemdup(from->v, from->n * sizeof *from->v);
	for (size_t i = 0; i < from->n; i++)
		to->v[i].text = from->v[i].text ? xstrdup(from->v[i].text) : NULL;
}

void publication_note_duo(struct publication *p, const char *person, const char *duo)
{
	const struct person_part *old = publication_person(p, person);
	size_t n = old ? old->n_duos : 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(old->duos[i], duo) == 0)
			return;
	struct entry_list entries = {0};
	if (old)
		copy_entries(&entries, &old->entries);
	id_text *duos = xcalloc(n + 1, sizeof *duos);
	if (n)
		memcpy(duos, old->duos, n * sizeof *duos);
	memcpy(duos[n], duo, strlen(duo) + 1);
	struct person_part *part = person_part_new(person, &entries, duos, n + 1);
	if (old) {
		absence_list_copy(&part->absences, &old->absences);
		part->owing = xmemdup(old->owing, old->n_owing * sizeof *old->owing);
		part->n_owing = old->n_owing;
	}
	publication_put_person(p, part);
}

void publication_put_body(struct publication *p, struct body_part *part)
{
	sorted_put((void ***)&p->bodies, &p->n_bodies, &body_parts, part->owner, part);
}

void publication_put_bodies(struct publication *p, struct body_part *const *v, size_t n)
{
	array_unref((void **)p->bodies, p->n_bodies, &body_parts);
	p->bodies = (struct body_part **)array_new(n);
	for (size_t i = 0; i < n; i++)
		p->bodies[i] = v[i];
	p->n_bodies = n;
}

void publication_put_source(struct publication *p, struct source_part *part)
{
	const struct roster *roster = &p->roster->roster;
	const struct source *source = roster_source(roster, part->record.id);
	if (!source) { /* it left the roster meanwhile */
		source_part_unref(part);
		return;
	}
	size_t i = (size_t)(source - roster->sources);
	p->sources = (struct source_part **)array_own((void **)p->sources, roster->n_sources, 0,
						      &source_parts);
	source_part_unref(p->sources[i]);
	p->sources[i] = part;
}

void publication_put_roster(struct publication *p, struct roster_part *part)
{
	const struct roster *now = &part->roster;
	const struct roster *was = p->roster ? &p->roster->roster : NULL;
	struct source_part **sources = (struct source_part **)array_new(now->n_sources);
	for (size_t i = 0; i < now->n_sources; i++) {
		const char *id = now->sources[i].id;
		const struct source *old = was ? roster_source(was, id) : NULL;
		if (old) {
			sources[i] = source_part_ref(p->sources[old - was->sources]);
			continue;
		}
		struct source_record empty = {.state = SOURCE_NEVER};
		memcpy(empty.id, id, strlen(id) + 1);
		sources[i] = source_part_new(&empty);
	}
	array_unref((void **)p->sources, was ? was->n_sources : 0, &source_parts);
	p->sources = sources;
	roster_part_unref(p->roster);
	p->roster = part;
}

/* ---- the whole ---- */

struct publication *publication_ref(struct publication *publication)
{
	atomic_fetch_add(&publication->refs, 1);
	return publication;
}

void publication_unref(struct publication *p)
{
	if (!p || !last_ref(&p->refs))
		return;
	size_t n_sources = p->roster ? p->roster->roster.n_sources : 0;
	array_unref((void **)p->sources, n_sources, &source_parts);
	array_unref((void **)p->duos, p->n_duos, &duo_parts);
	array_unref((void **)p->owed, p->n_owed, &owed_parts);
	array_unref((void **)p->persons, p->n_persons, &person_parts);
	array_unref((void **)p->bodies, p->n_bodies, &body_parts);
	retired_list_fini(&p->retired);
	roster_part_unref(p->roster);
	links_part_unref(p->links);
	xfree(p->host);
	xfree(p->url);
	xfree(p);
}

static void copy_retired(struct retired_list *to, const struct retired_list *from)
{
	to->n = from->n;
	to->v = xmemdup(from->v, from->n * sizeof *from->v);
	for (size_t i = 0; i < from->n; i++)
		to->v[i].name = from->v[i].name ? xstrdup(from->v[i].name) : NULL;
}

struct publication *publication_next(const struct publication *was)
{
	struct publication *p = xcalloc(1, sizeof *p);
	p->refs = 1; /* and not a copy of the whole: others may be counting @was just now */
	p->version = was->version + 1;
	p->today = was->today;
	p->mark = was->mark;
	p->pruned = was->pruned;
	p->n_duos = was->n_duos;
	p->n_owed = was->n_owed;
	p->n_persons = was->n_persons;
	p->n_bodies = was->n_bodies;
	p->limits = was->limits;
	p->roster = was->roster ? roster_part_ref(was->roster) : NULL;
	p->sources = array_ref(was->sources);
	p->duos = array_ref(was->duos);
	p->owed = array_ref(was->owed);
	p->persons = array_ref(was->persons);
	p->bodies = array_ref(was->bodies);
	p->links = was->links ? links_part_ref(was->links) : NULL;
	p->host = was->host ? xstrdup(was->host) : NULL;
	p->url = was->url ? xstrdup(was->url) : NULL;
	copy_retired(&p->retired, &was->retired);
	return p;
}

const struct session *publication_session(const struct publication *p, int64_t id,
					  const struct duo_part **duo)
{
	for (size_t i = 0; i < p->n_duos; i++) {
		const struct session_list *list = &p->duos[i]->sessions;
		for (size_t k = 0; k < list->n; k++)
			if (list->v[k].id == id) {
				if (duo)
					*duo = p->duos[i];
				return &list->v[k];
			}
	}
	return NULL;
}

const struct obligation *publication_obligation(const struct publication *p, int64_t id)
{
	for (size_t i = 0; i < p->n_owed; i++) {
		const struct obligation_list *list = &p->owed[i]->owed.obligations;
		for (size_t k = 0; k < list->n; k++)
			if (list->v[k].id == id)
				return &list->v[k];
	}
	return NULL;
}

const char *publication_name(const struct publication *p, const char *id)
{
	const struct person *person = roster_person(&p->roster->roster, id);
	const struct third_party *third = person ? NULL : roster_third(&p->roster->roster, id);
	if (person || third)
		return person ? person->name : third->name;
	for (size_t i = 0; i < p->retired.n; i++)
		if (!p->retired.v[i].is_duo && strcmp(p->retired.v[i].id, id) == 0 &&
		    p->retired.v[i].name)
			return p->retired.v[i].name;
	return id;
}

/* Persons stand in front of duos, both by id. */
static const struct retired *retired_find(const struct retired_list *list, const char *id,
					  bool is_duo)
{
	size_t lo = 0, hi = list->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct retired *r = &list->v[mid];
		int order = r->is_duo != is_duo ? r->is_duo - is_duo : strcmp(r->id, id);
		if (order == 0)
			return r;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

utc_t publication_retired_at(const struct publication *p, const char *id)
{
	const struct retired *r = retired_find(&p->retired, id, false);
	r = r ? r : retired_find(&p->retired, id, true);
	return r ? r->at : 0;
}
