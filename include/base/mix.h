/* base/mix.h -- a fast 64-bit number of some bytes, the same on every machine.
 *
 * For tables and for telling contents apart where nobody gains by two that collide: who writes a
 * calendar may well find such a pair, and harms only himself. Everything else: base/hash.h. */
#ifndef BASE_MIX_H
#define BASE_MIX_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MIX_START 0x9E3779B97F4A7C15u

static inline uint64_t mix_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* @h with a number added: order counts. */
static inline uint64_t mix_number(uint64_t h, uint64_t v)
{
	return mix_fold(h ^ 0xA0761D6478BD642Fu, v ^ 0xE7037ED1A0B428DBu) + h;
}

static inline uint64_t mix_load(const char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* Of many bytes: two numbers that know nothing of each other, 128 bits in all, at ten times the
 * speed of base/hash.h. */
#define MIX_TEXT 33
void mix_text(const void *p, size_t n, char out[MIX_TEXT]);

/* Of many bytes, as fast, for who does not know the secret: then nobody finds two that collide. */
uint64_t mix_secret(uint64_t secret, const void *p, size_t n);

/* @h with @n bytes added. */
static inline uint64_t mix_bytes(uint64_t h, const char *p, size_t n)
{
	uint64_t a = 0, b = 0;
	h ^= n;
	for (; n > 16; p += 16, n -= 16)
		h = mix_fold(mix_load(p) ^ 0x8EBC6AF09C88C6E3u, mix_load(p + 8) ^ h);
	if (n >= 8) { /* the two may overlap: nothing is left out */
		a = mix_load(p);
		b = mix_load(p + n - 8);
	} else {
		for (size_t i = 0; i < n; i++)
			a = a << 8 | (unsigned char)p[i];
	}
	return mix_fold(a ^ 0x589965CC75374CC3u, b ^ h);
}

#endif
