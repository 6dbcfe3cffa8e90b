/* fetch_files.c -- see the header. */
#include "io/fetch_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWORD_MAX 4096

static bool read_all(int fd, const char *path, size_t max, struct buf *out, struct err *err)
{
	char block[4096];
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		if (n == 0)
			return out->n > 0 || err_set(err, ERR_CONFIG, "%s is empty", path);
		if ((size_t)n > max - out->n)
			return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, max);
		buf_add(out, block, (size_t)n);
	}
}

bool fetch_file_read(const char *path, size_t max, bool secret, struct buf *out, struct err *err)
{
	struct stat st;
	struct buf bytes = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(errno));
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (!ok)
		(void)err_set(err, ERR_CONFIG, "%s is not a regular file", path);
	else if (secret && (st.st_mode & 077))
		ok = err_set(err, ERR_CONFIG,
			     "%s can be read by others (mode %03o): chmod 600 makes it private",
			     path, (unsigned)(st.st_mode & 0777));
	ok = ok && read_all(fd, path, max, &bytes, err);
	(void)close(fd);
	if (!ok) {
		buf_fini(&bytes);
		return false;
	}
	buf_fini(out);
	*out = bytes;
	return true;
}

bool fetch_password_read(const char *path, char **user, char **password, struct err *err)
{
	struct buf bytes = {0};
	if (!fetch_file_read(path, PASSWORD_MAX, true, &bytes, err))
		return false;
	size_t n = strcspn(buf_str(&bytes), "\r\n");
	size_t colon = strcspn(buf_str(&bytes), ":");
	bool ok = colon > 0 && colon < n;
	if (ok) {
		xfree(*user);
		xfree(*password);
		*user = xstrndup(bytes.v, colon);
		*password = xstrndup(bytes.v + colon + 1, n - colon - 1);
	}
	memset(bytes.v, 0, bytes.n);
	buf_fini(&bytes);
	return ok || err_set(err, ERR_CONFIG, "%s does not hold a line user:password", path);
}
