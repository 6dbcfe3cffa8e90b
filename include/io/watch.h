/* io/watch.h -- tells when files and directories change: those that sources are read from.
 *
 * What is watched is a path's folder, so that a file that is renamed into place is seen as well as
 * one that is written; of a directory also what comes and goes in it. Folders are shared by all
 * paths in them. A folder that is missing, or one too many, is looked for again every few seconds;
 * what no watch sees (a full queue of the kernel, a network's file system) is found by whoever
 * reads the paths from time to time anyway. Loop thread; no call waits for a disk. */
#ifndef IO_WATCH_H
#define IO_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
	WATCH_FOLDERS_MAX = 4096,  /* more are left to whoever reads from time to time */
	WATCH_PATROL_FOLDERS = 64, /* looked for again in one round */
};

struct watch_pace {
	uint64_t quiet_ms;    /* a path is told when it was quiet for so long ... */
	uint64_t patience_ms; /* ... or has been busy for so long */
	uint64_t patrol_ms;   /* folders are looked for again */
	size_t folders;	      /* that are watched at most; 0: WATCH_FOLDERS_MAX */
};
extern const struct watch_pace watch_pace_default; /* 300, 2,000, 2,000, WATCH_FOLDERS_MAX */

/* paths[@index] of the last watch_set has probably changed, come or gone. May close the watch, but
 * not set it. */
typedef void watch_fn(void *ctx, size_t index);

struct watch;
struct watch *watch_new(uv_loop_t *loop, const struct watch_pace *pace, watch_fn *changed,
			void *ctx);
/* Replaces all paths: absolute, files or directories (only *.ics in them counts), there or not; one
 * path may be given several times; NULL entries are passed over. Copied. */
void watch_set(struct watch *watch, const char *const *paths, size_t n);
/* Folders that are really being watched. */
size_t watch_folders(const struct watch *watch);
/* Folders that are there and are not, since there are too many of them. */
size_t watch_left_out(const struct watch *watch);
/* Nothing is told any more; memory goes when the loop has closed its handles. NULL is fine. */
void watch_close(struct watch *watch);

#endif
