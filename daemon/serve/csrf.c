/* csrf.c -- see the header. What is hashed names its use: it is the key of link tokens. */
#include "serve/csrf.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

static void word_of(const unsigned char key[32], const char *token, int64_t day,
		    char out[CSRF_TEXT])
{
	char text[128];
	unsigned char hash[18];
	int n = snprintf(text, sizeof text, "tandemd form %lld %s", (long long)day, token);
	hash_keyed(key, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, hash,
		   sizeof hash);
	base64url(hash, sizeof hash, out);
}

static int64_t day_of(utc_t at)
{
	return at / DAY_S;
}

void csrf_word(const unsigned char key[32], const char *token, utc_t now, char out[CSRF_TEXT])
{
	word_of(key, token, day_of(now), out);
}

bool csrf_ok(const unsigned char key[32], const char *token, utc_t now, const char *word)
{
	bool ok = false;
	if (!word || strlen(word) != CSRF_TEXT - 1)
		return false;
	for (int64_t back = 0; back <= 1; back++) {
		char is[CSRF_TEXT];
		word_of(key, token, day_of(now) - back, is);
		ok |= hash_equal(is, word, CSRF_TEXT);
	}
	return ok;
}
