/* work/lesson.h -- lessons that a partner may visit, as a publication shows them: whose they are,
 * what they are called, and only while the roster asks for it. */
#ifndef WORK_LESSON_H
#define WORK_LESSON_H

#include "work/publication.h"

/* Whether a source of @person has a `lesson` pattern. */
bool lesson_person_has(const struct roster *roster, const struct person *person);
/* What the lesson of @host that is exactly [start, end) is called; NULL when there is none that a
 * partner may visit. */
const struct lesson_text *lesson_at(const struct publication *p, const char *host, utc_t start,
				    utc_t end);
/* Whose lesson a visit is to: the member of its duo who does not attend it. NULL when @s is no
 * visit, or its duo has left the roster. */
const char *visit_host(const struct publication *p, const struct session *s);
/* Whether the same lessons, with the same names, can be visited at the same times. */
bool lesson_records_equal(const struct source_record *a, const struct source_record *b);

#endif
