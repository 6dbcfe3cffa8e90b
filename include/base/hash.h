/* base/hash.h -- content hashes and random bytes (libsodium lives here). */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before any thread; ends the program when the system has no random source. */
void hash_init(void);

/* BLAKE2b-128 of @n bytes in lower-case hex (32 characters and a NUL). Any thread. */
#define HASH_TEXT 33
void hash_text(const void *p, size_t n, char out[HASH_TEXT]);
/* BLAKE2b, first 64 bits: equal bytes, equal number on every machine. */
uint64_t hash_u64(const void *p, size_t n);

#define HASH_KEY_BYTES 32
/* Keyed BLAKE2b of @n bytes under @key, @out_n (16..64) bytes. */
void hash_keyed(const unsigned char key[HASH_KEY_BYTES], const void *p, size_t n,
		unsigned char *out, size_t out_n);
void hash_random(void *p, size_t n);
/* A random number, the same until the program ends: for the places in tables that outsiders fill.
 * Any thread. */
uint64_t hash_seed(void);
/* Takes the same time whatever the bytes are. */
bool hash_equal(const void *a, const void *b, size_t n);
/* URL-safe base64 without padding; @out has room for base64url_size(n). */
size_t base64url_size(size_t n);
void base64url(const unsigned char *p, size_t n, char *out);

#endif
