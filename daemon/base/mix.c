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

/* Two blocks at a time. Without the secret nobody knows which bytes make a factor zero, or which
 * blocks change places without a trace. */
uint64_t mix_secret(uint64_t secret, const void *p, size_t n)
{
	const char *at = p;
	uint64_t a = mix_number(MIX_START, secret), b = mix_number(a, n), g = a, h = b;
	char last[32] = {0};
	for (size_t left = n;; at += 32, left -= 32, a += MIX_START, b += 2 * MIX_START) {
		const char *block = at;
		if (left < 32)
			block = memcpy(last, at, left);
		g += mix_fold(mix_load(block) + a, mix_load(block + 8) ^ b);
		h += mix_fold(mix_load(block + 16) ^ a, mix_load(block + 24) + b);
		if (left < 32)
			break;
	}
	return mix_number(mix_number(g, h), secret);
}
