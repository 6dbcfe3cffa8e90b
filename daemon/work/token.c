/* token.c -- see the header. The text that is hashed names its use, so that the same key could
 * never make the same secret for something else. */
#include "work/token.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void token_make(const unsigned char key[32], int64_t link, enum link_kind kind, int32_t generation,
		char out[25])
{
	char text[96];
	int n = snprintf(text, sizeof text, "tandemd link %lld %s %d", (long long)link,
			 link_kind_word(kind), generation);
	unsigned char hash[18];
	hash_keyed(key, text, (size_t)n, hash, sizeof hash);
	base64url(hash, sizeof hash, out);
}

static bool create(const char *path, unsigned char key[32], struct err *err)
{
	unsigned char fresh[32];
	hash_random(fresh, sizeof fresh);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, fresh, sizeof fresh) == (ssize_t)sizeof fresh &&
		  fsync(fd) == 0;
	int reason = errno;
	if (fd >= 0)
		(void)close(fd);
	if (!ok)
		return err_set(err, ERR_IO, "%s: the link key cannot be written: %s", path,
			       strerror(reason));
	memcpy(key, fresh, sizeof fresh);
	return true;
}

bool token_key_load(const char *path, bool may_create, unsigned char key[32], struct err *err)
{
	unsigned char bytes[33];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && may_create)
		return create(path, key, err);
	if (fd < 0)
		return err_set(err, ERR_CONFIG,
			       "%s: the key of all links cannot be read: %s; put the file back "
			       "from the backup, without it every link would change",
			       path, strerror(errno));
	ssize_t n = read(fd, bytes, sizeof bytes);
	(void)close(fd);
	if (n != 32)
		return err_set(err, ERR_CONFIG,
			       "%s: this is not the key of the links (32 bytes); put the file back "
			       "from the backup",
			       path);
	memcpy(key, bytes, 32);
	return true;
}
