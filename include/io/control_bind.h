/* io/control_bind.h -- the control socket's file: made, replaced when stale, removed. */
#ifndef IO_CONTROL_BIND_H
#define IO_CONTROL_BIND_H

#include "base/err.h"

#include <sys/types.h>

/* Which file is ours, so that another daemon's is not removed. */
struct control_file {
	dev_t dev;
	ino_t ino;
};
/* A listening, non-blocking socket at @path with mode 0660. */
bool control_bind(const char *path, int *fd, struct control_file *file, struct err *err) NODISCARD;
void control_unbind(const char *path, const struct control_file *file);

#endif
