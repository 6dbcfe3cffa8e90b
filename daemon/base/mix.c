/* mix.c -- a number for a whole file. */
#include "base/mix.h"

#include <inttypes.h>
#include <stdio.h>

/* Sums of products, each block with its place in it: no step waits for the one before. */
void mix_text(const void *p, size_t n, char out[MIX_TEXT])
{
	const char *at = p;
	uint64_t g = n, h = ~(uint64_t)n, place = MIX_START;
	char last[16] = {0};
	for (size_t left = n;; at += 16, left -= 16, place += MIX_START) {
		const char *block = at;
		if (left < 16)
			block = memcpy(last, at, left);
		uint64_t a = mix_load(block), b = mix_load(block + 8);
		g += mix_fold(a ^ place, b ^ 0xE7037ED1A0B428DBu) + a;
		h += mix_fold(a ^ 0x8EBC6AF09C88C6E3u, b ^ ~place) + b;
		if (left < 16)
			break;
	}
	(void)snprintf(out, MIX_TEXT, "%016" PRIx64 "%016" PRIx64, mix_number(g, h),
		       mix_number(h, n));
}
