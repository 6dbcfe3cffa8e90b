/* bench_links.c -- what a link takes in memory, and how long its token is looked up.
 *
 *   bench_links [LINKS]     default 100000 */
#include "base/clock.h"
#include "base/hash.h"
#include "work/publication.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERSONS = 10000, LOOKUPS = 2000000 };

static double ns_each(uint64_t start, long n)
{
	return (double)(clock_mono_ns() - start) / (double)n;
}

/* As a year of use leaves them: with a name, and the client that came last. */
static struct link_list some_links(long n)
{
	struct link_list list = {0};
	for (long i = 0; i < n; i++) {
		struct link l = {.id = i + 1, .kind = LINK_FEED, .generation = 1, .used_at = i};
		(void)snprintf(l.owner, sizeof l.owner, "person-%ld", i % PERSONS);
		l.label = xasprintf("Telefoon %ld", i);
		l.agent = xasprintf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 "
				    "Thunderbird/140.%ld.0",
				    i % 9);
		list.v = xgrow(list.v, list.n, &list.cap, sizeof *list.v);
		list.v[list.n++] = l;
	}
	return list;
}

/* Tokens in no order; @known of them are there. */
static void look_up(const struct links_part *part, bool known)
{
	size_t n = part->links.n;
	long found = 0;
	uint64_t at = 1;
	uint64_t start = clock_mono_ns();
	for (long i = 0; i < LOOKUPS; i++) {
		char token[TOKEN_TEXT];
		at = at * 6364136223846793005u + 1442695040888963407u;
		memcpy(token, part->tokens[(at >> 33) % n].token, sizeof token);
		token[5] = known ? token[5] : '!';
		found += links_part_find(part, token, TOKEN_TEXT - 1) >= 0;
	}
	printf("  a token that is %s: %.0f ns\n", known ? "known" : "not", ns_each(start, LOOKUPS));
	if (found != (known ? LOOKUPS : 0))
		exit(1);
}

int main(int argc, char **argv)
{
	static const unsigned char key[32] = "a key";
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
	hash_init();
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	struct link_list list = some_links(n);
	uint64_t start = clock_mono_ns();
	struct links_part *part = links_part_new(&list, key);
	double ms = ns_each(start, 1000000);
	size_t bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	printf("%ld links: %.0f bytes each; their tokens and table in %.1f ms\n", n,
	       (double)bytes / (double)n, ms);
	look_up(part, true);
	look_up(part, false);
	links_part_unref(part);
	return 0;
}
