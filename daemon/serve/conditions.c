/* conditions.c -- see the header. */
#include "serve/conditions.h"

#include <string.h>
#include <strings.h>

/* ---- tags ---- */

static const char *past_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Past an opaque tag with its quotes; NULL: there is none. */
static const char *past_tag(const char *p)
{
	if (*p != '"')
		return NULL;
	for (p++; *p && *p != '"'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return NULL;
	return *p ? p + 1 : NULL;
}

bool etag_listed(const char *list, const char *etag)
{
	size_t n = strlen(etag);
	bool found = false;
	/* nearly everybody sends back the one tag that came last */
	if (*list == '"' && strncmp(list + 1, etag, n) == 0 && strcmp(list + 1 + n, "\"") == 0)
		return true;
	const char *p = past_blanks(list);
	if (*p == '*')
		return *past_blanks(p + 1) == '\0';
	for (;;) {
		p += strspn(p, " \t,");
		if (*p == '\0')
			return found;
		const char *tag = strncmp(p, "W/", 2) == 0 ? p + 2 : p;
		const char *end = past_tag(tag);
		if (!end)
			return false;
		found = found || ((size_t)(end - tag) == n + 2 && memcmp(tag + 1, etag, n) == 0);
		p = past_blanks(end);
		if (*p != '\0' && *p != ',')
			return false;
	}
}

/* ---- codings ---- */

/* "0", "0.5", "1.000" in thousandths; *end is past it. -1: that is no weight. */
static int read_weight(const char *p, const char **end)
{
	if (*p != '0' && *p != '1')
		return -1;
	int v = (*p++ - '0') * 1000;
	if (*p == '.') {
		p++;
		for (int unit = 100; unit > 0 && *p >= '0' && *p <= '9'; unit /= 10)
			v += (*p++ - '0') * unit;
	}
	*end = p;
	return v > 1000 ? -1 : v;
}

/* One coding with its weight. Past it; NULL: malformed. */
static const char *read_coding(const char *p, const char **name, size_t *n, int *weight)
{
	*name = p;
	*n = strcspn(p, " \t,;");
	*weight = 1000;
	p = past_blanks(p + *n);
	if (*p == ';') {
		p = past_blanks(p + 1);
		if ((p[0] != 'q' && p[0] != 'Q') || p[1] != '=')
			return NULL;
		*weight = read_weight(p + 2, &p);
		if (*weight < 0)
			return NULL;
		p = past_blanks(p);
	}
	return *n > 0 && (*p == '\0' || *p == ',') ? p : NULL;
}

bool accepts_gzip(const char *list)
{
	enum { GZIP, X_GZIP, ANY, IDENTITY, NAMES };
	static const char *const names[NAMES] = {"gzip", "x-gzip", "*", "identity"};
	int weights[NAMES] = {-1, -1, -1, -1};
	for (const char *p = list + strspn(list, " \t,"); *p; p += strspn(p, " \t,")) {
		const char *name;
		size_t n;
		int weight;
		p = read_coding(p, &name, &n, &weight);
		if (!p)
			return false;
		for (int i = 0; i < NAMES; i++)
			if (n == strlen(names[i]) && strncasecmp(name, names[i], n) == 0)
				weights[i] = weight;
	}
	int gzip = weights[GZIP] >= 0	  ? weights[GZIP]
		   : weights[X_GZIP] >= 0 ? weights[X_GZIP]
					  : weights[ANY];
	return gzip > 0 && gzip >= weights[IDENTITY];
}
