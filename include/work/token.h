/* work/token.h -- secret words of links: a keyed hash of (link id, kind, generation), so that the
 * store never holds one and rotating is counting up (design 8, "HTTP"). */
#ifndef WORK_TOKEN_H
#define WORK_TOKEN_H

#include "base/err.h"
#include "store/links.h"

#include <stdint.h>

/* 144 bits as 24 characters of base64url and a NUL. Any thread. */
void token_make(const unsigned char key[32], int64_t link, enum link_kind kind, int32_t generation,
		char out[25]);
/* Reads the 32-byte key file; makes it (mode 0600) when it is missing and @may_create.
 * ERR_CONFIG with a sentence that names the file otherwise. Blocks: only at start. */
bool token_key_load(const char *path, bool may_create, unsigned char key[32],
		    struct err *err) NODISCARD;

#endif
