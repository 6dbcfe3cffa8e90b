/* control_bind.c -- takes the control socket's path, and only when that is safe.
 *
 * What lies at the path decides: nothing (bind), a socket that refuses connections (a daemon that
 * died: replace), one that answers (a fault), anything else (a fault, left alone). */
#include "io/control_bind.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static bool remove_stale(const char *path, const struct sockaddr_un *at, struct err *err)
{
	struct stat st;
	if (lstat(path, &st) != 0) {
		if (errno == ENOENT)
			return true;
		return err_set(err, ERR_IO, "cannot look at %s: %s", path, strerror(errno));
	}
	if (!S_ISSOCK(st.st_mode))
		return err_set(
			err, ERR_CONFIG,
			"%s is there and is not a socket: remove it or set another [control] "
			"socket",
			path);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
	int failed = connect(s, (const struct sockaddr *)at, sizeof(*at)) ? errno : 0;
	(void)close(s);
	if (failed == 0 || failed == EAGAIN)
		return err_set(err, ERR_CONFLICT, "another daemon listens on %s already", path);
	if (failed != ECONNREFUSED)
		return err_set(err, ERR_IO, "cannot tell whether a daemon listens on %s: %s", path,
			       strerror(failed));
	if (unlink(path) != 0 && errno != ENOENT)
		return err_set(err, ERR_IO, "cannot remove the old socket %s: %s", path,
			       strerror(errno));
	return true;
}

static bool bind_fault(const char *path, struct err *err)
{
	if (errno != ENOENT)
		return err_set(err, ERR_IO, "cannot make the control socket %s: %s", path,
			       strerror(errno));
	const char *slash = strrchr(path, '/');
	return err_set(err, ERR_CONFIG,
		       "the folder %.*s of the control socket is not there: make it or set another "
		       "[control] socket",
		       slash ? (int)(slash - path) : 1, slash ? path : ".");
}

bool control_bind(const char *path, int *fd, struct control_file *file, struct err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (!*path || strlen(path) >= sizeof(at.sun_path))
		return err_set(err, ERR_CONFIG,
			       "the control socket needs a path of 1 to %zu bytes, not \"%s\"",
			       sizeof(at.sun_path) - 1, path);
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (!remove_stale(path, &at, err))
		return false;
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
	/* Linux gives the file the socket's own mode (less the umask), so it is never wider; the
	 * chmod undoes a narrow umask, and nobody can connect before listen(). */
	struct stat st;
	(void)fchmod(s, 0660);
	bool bound = bind(s, (const struct sockaddr *)&at, sizeof(at)) == 0;
	if (!bound)
		(void)bind_fault(path, err);
	else if (chmod(path, 0660) != 0 || lstat(path, &st) != 0 || listen(s, BACKLOG) != 0)
		(void)err_set(err, ERR_IO, "cannot prepare the control socket %s: %s", path,
			      strerror(errno));
	else {
		*fd = s;
		*file = (struct control_file){st.st_dev, st.st_ino};
		return true;
	}
	if (bound)
		(void)unlink(path);
	(void)close(s);
	return false;
}

void control_unbind(const char *path, const struct control_file *file)
{
	struct stat st;
	if (lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
		(void)unlink(path);
}
