/* work/id_set.h -- ids, each once, in the order in which they came. A zeroed one is empty. */
#ifndef WORK_ID_SET_H
#define WORK_ID_SET_H

#include "plan/model.h"

struct id_set {
	id_text *v;
	size_t n, cap;
	uint32_t *table; /* open addressing: 1 + place in v, 0 empty; none while there are few */
	size_t table_n;
};
bool id_set_has(const struct id_set *set, const char *id);
void id_set_add(struct id_set *set, const char *id);
void id_set_clear(struct id_set *set);
void id_set_fini(struct id_set *set);

#endif
