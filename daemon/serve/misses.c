/* misses.c -- see the header.
 *
 * Of each client one moment is kept: when the last of his misses is paid for, each with its share of
 * a minute. Who is more than a minute ahead has to wait; a moment that has passed is as good as no
 * row. Rows lie in small groups by a secret number of the address, so that nobody can choose whom
 * he throws out. */
#include "serve/misses.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/mix.h"

enum { GROUPS = 1024, ROWS = 8, MINUTE_MS = 60000 };

struct row {
	struct address site;
	uint64_t paid_ms;
};

struct misses {
	struct row rows[GROUPS][ROWS];
};

struct misses *misses_new(void)
{
	return xcalloc(1, sizeof(struct misses));
}

void misses_free(struct misses *misses)
{
	xfree(misses);
}

/* The client's row, or the one of his group that is needed least. */
static struct row *row_of(struct misses *misses, const struct address *site)
{
	uint64_t h = mix_secret(hash_seed(), site->v, sizeof site->v);
	struct row *group = misses->rows[h % GROUPS], *least = group;
	for (int i = 0; i < ROWS; i++) {
		if (address_equal(&group[i].site, site))
			return &group[i];
		if (group[i].paid_ms < least->paid_ms)
			least = &group[i];
	}
	return least;
}

int64_t misses_note(struct misses *misses, const struct address *client, int64_t per_minute,
		    uint64_t now_ms, bool counts)
{
	struct address site = address_site(client);
	struct row *row = row_of(misses, &site);
	uint64_t share = MINUTE_MS / (uint64_t)(per_minute > 0 ? per_minute : 1);
	bool known = address_equal(&row->site, &site) && row->paid_ms > now_ms;
	uint64_t paid = (known ? row->paid_ms : now_ms) + share;
	if (!counts || per_minute <= 0)
		return 0;
	if (paid > now_ms + MINUTE_MS)
		return (int64_t)((paid - now_ms - MINUTE_MS + 999) / 1000);
	*row = (struct row){site, paid};
	return 0;
}
