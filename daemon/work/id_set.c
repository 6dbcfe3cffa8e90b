/* id_set.c -- a list, and a table of it once it is long. */
#include "work/id_set.h"

#include "base/buf.h"
#include "base/mix.h"

#include <string.h>

enum { FEW = 16 };

static size_t id_slot(const struct id_set *set, const char *id)
{
	size_t at = mix_bytes(MIX_START, id, strlen(id)) & (set->table_n - 1);
	while (set->table[at] && strcmp(set->v[set->table[at] - 1], id) != 0)
		at = (at + 1) & (set->table_n - 1);
	return at;
}

static void id_set_index(struct id_set *set)
{
	set->table_n = 8 * FEW;
	while (set->table_n < 4 * set->n)
		set->table_n *= 2;
	xfree(set->table);
	set->table = xcalloc(set->table_n, sizeof *set->table);
	for (size_t i = 0; i < set->n; i++)
		set->table[id_slot(set, set->v[i])] = (uint32_t)i + 1;
}

bool id_set_has(const struct id_set *set, const char *id)
{
	if (set->table)
		return set->table[id_slot(set, id)] != 0;
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i], id) == 0)
			return true;
	return false;
}

void id_set_add(struct id_set *set, const char *id)
{
	if (id_set_has(set, id))
		return;
	set->v = xgrow(set->v, set->n, &set->cap, sizeof *set->v);
	strncpy(set->v[set->n], id, ID_MAX);
	set->v[set->n++][ID_MAX] = '\0';
	if (set->table && 2 * set->n <= set->table_n)
		set->table[id_slot(set, id)] = (uint32_t)set->n;
	else if (set->n > FEW)
		id_set_index(set);
}

void id_set_clear(struct id_set *set)
{
	set->n = 0;
	xfree(set->table);
	set->table = NULL;
}

void id_set_fini(struct id_set *set)
{
	xfree(set->v);
	xfree(set->table);
	*set = (struct id_set){0};
}
