/* mail_spool.c -- see the header. */
#include "io/mail_spool.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make(const char *folder, const char *part, struct err *err)
{
	char *path = part ? xasprintf("%s/%s", folder, part) : xstrdup(folder);
	bool ok = mkdir(path, 0700) == 0 || errno == EEXIST ||
		  err_set(err, ERR_IO, "the folder %s cannot be made: %s", path, strerror(errno));
	xfree(path);
	return ok;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

static bool write_file(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = fd >= 0 && write_all(fd, bytes, n) && fsync(fd) == 0;
	int failed = errno;
	if (fd >= 0 && close(fd) != 0 && ok) {
		ok = false;
		failed = errno;
	}
	errno = failed;
	return ok;
}

bool mail_spool_write(const char *folder, const char *name, const void *bytes, size_t n,
		      struct err *err)
{
	char *aside = xasprintf("%s/tmp/%s.eml", folder, name);
	char *there = xasprintf("%s/new/%s.eml", folder, name);
	char *last = xasprintf("%s/new", folder);
	bool ok = make(folder, NULL, err) && make(folder, "tmp", err) && make(folder, "new", err) &&
		  make(folder, "cur", err);
	if (ok && !(write_file(aside, bytes, n) && rename(aside, there) == 0 && sync_folder(last)))
		ok = err_set(err, ERR_IO, "%s cannot be written: %s", there, strerror(errno));
	if (!ok)
		(void)unlink(aside);
	xfree(aside);
	xfree(there);
	xfree(last);
	return ok;
}
