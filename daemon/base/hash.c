/* hash.c -- a thin layer over libsodium's generic hash (BLAKE2b). */
#include "base/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

void hash_init(void)
{
	if (sodium_init() < 0) {
		(void)fprintf(stderr, "tandemd: no source of random bytes\n");
		exit(70);
	}
}

void hash_text(const void *p, size_t n, char out[HASH_TEXT])
{
	unsigned char h[16];
	(void)crypto_generichash(h, sizeof h, p, n, NULL, 0);
	(void)sodium_bin2hex(out, HASH_TEXT, h, sizeof h);
}

uint64_t hash_u64(const void *p, size_t n)
{
	unsigned char h[16];
	(void)crypto_generichash(h, sizeof h, p, n, NULL, 0);
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | h[i];
	return v;
}

void hash_keyed(const unsigned char key[HASH_KEY_BYTES], const void *p, size_t n,
		unsigned char *out, size_t out_n)
{
	(void)crypto_generichash(out, out_n, p, n, key, HASH_KEY_BYTES);
}

void hash_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

static uint64_t seed;

static void draw_seed(void)
{
	hash_random(&seed, sizeof seed);
}

uint64_t hash_seed(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, draw_seed);
	return seed;
}

bool hash_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

size_t base64url_size(size_t n)
{
	return sodium_base64_encoded_len(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void base64url(const unsigned char *p, size_t n, char *out)
{
	(void)sodium_bin2base64(out, base64url_size(n), p, n,
				sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
