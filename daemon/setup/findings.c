/* findings.c -- a list of faults that is sorted by place before anybody reads it. */
#include "setup/findings.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdlib.h>

void findings_add(struct findings *findings, struct place at, const char *fmt, ...)
{
	if (findings->n == FINDINGS_MAX) {
		findings->dropped++;
		return;
	}
	struct buf text = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	findings->v = xgrow(findings->v, findings->n, &findings->cap, sizeof *findings->v);
	findings->v[findings->n] =
		(struct finding){.at = at, .nth = findings->n, .text = buf_take(&text)};
	findings->n++;
}

static int by_place(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	if (x->at.order != y->at.order)
		return x->at.order < y->at.order ? -1 : 1;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

bool findings_tell(struct findings *findings, struct faults *faults)
{
	bool none = findings->n == 0;
	if (!none)
		qsort(findings->v, findings->n, sizeof *findings->v, by_place);
	for (size_t i = 0; i < findings->n; i++) {
		faults_add(faults, findings->v[i].at.file, findings->v[i].at.line, "%s",
			   findings->v[i].text);
		xfree(findings->v[i].text);
	}
	faults->dropped += findings->dropped;
	xfree(findings->v);
	*findings = (struct findings){0};
	return none;
}
