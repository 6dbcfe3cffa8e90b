/* store_shim.h -- a disk that fails on demand: a SQLite VFS around the real one.
 *
 * It counts what would change a file (write, truncate, sync) and fails the n-th of them, once or
 * for good; and it keeps beside every file FILE the image FILE.durable of its last sync, which is
 * what a power cut would leave. */
#ifndef STORE_SHIM_H
#define STORE_SHIM_H

#include <sqlite3.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHIM __attribute__((unused)) static

enum shim_op { SHIM_WRITE = 1, SHIM_TRUNCATE = 2, SHIM_SYNC = 4, SHIM_ANY = 7 };

SHIM struct {
	sqlite3_vfs vfs, *real;
	int ops;	/* which count */
	long countdown; /* 0: never; 1: the next one fails */
	bool for_good;	/* every later one too, and opening files */
	bool failing;	/* it has begun */
	int rc;		/* SQLITE_IOERR: the operation's own code */
	bool images;	/* keep FILE.durable */
} shim;

struct shim_file {
	sqlite3_file base;
	char *path;
	sqlite3_file *real; /* behind this struct, in the same memory */
};

SHIM sqlite3_file *shim_real(sqlite3_file *file)
{
	return ((struct shim_file *)file)->real;
}

/* The code to fail with, or SQLITE_OK. */
SHIM int shim_fault(enum shim_op op, int own)
{
	if (!(shim.ops & (int)op))
		return SQLITE_OK;
	if (!(shim.failing && shim.for_good)) {
		if (shim.countdown == 0 || --shim.countdown > 0)
			return SQLITE_OK;
		shim.failing = true;
	}
	return shim.rc == SQLITE_IOERR ? own : shim.rc;
}

SHIM void shim_copy(const char *from, const char *to)
{
	char bytes[65536];
	ssize_t n;
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while (in >= 0 && out >= 0 && (n = read(in, bytes, sizeof bytes)) > 0)
		if (write(out, bytes, (size_t)n) != n)
			abort();
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
}

SHIM int shim_close(sqlite3_file *file)
{
	struct shim_file *f = (struct shim_file *)file;
	free(f->path);
	return f->real->pMethods->xClose(f->real);
}

SHIM int shim_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	return shim_real(file)->pMethods->xRead(shim_real(file), to, n, at);
}

SHIM int shim_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	int rc = shim_fault(SHIM_WRITE, SQLITE_IOERR_WRITE);
	if (rc == SQLITE_OK)
		return shim_real(file)->pMethods->xWrite(shim_real(file), from, n, at);
	/* half of it arrives, as on a real disk */
	(void)shim_real(file)->pMethods->xWrite(shim_real(file), from, n / 2, at);
	return rc;
}

SHIM int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int rc = shim_fault(SHIM_TRUNCATE, SQLITE_IOERR_TRUNCATE);
	return rc ? rc : shim_real(file)->pMethods->xTruncate(shim_real(file), size);
}

/* Not passed on: a test that syncs thousands of times does not wait for the disk. */
SHIM int shim_sync(sqlite3_file *file, int flags)
{
	struct shim_file *f = (struct shim_file *)file;
	(void)flags;
	int rc = shim_fault(SHIM_SYNC, SQLITE_IOERR_FSYNC);
	if (rc == SQLITE_OK && shim.images && f->path) {
		char *image = sqlite3_mprintf("%s.durable", f->path);
		shim_copy(f->path, image);
		sqlite3_free(image);
	}
	return rc;
}

#define SHIM_PASS(name, args, call)                                                                \
	SHIM int shim_##name args                                                                  \
	{                                                                                          \
		sqlite3_file *real = shim_real(file);                                              \
		return real->pMethods->call;                                                       \
	}
SHIM_PASS(size, (sqlite3_file * file, sqlite3_int64 *size), xFileSize(real, size))
SHIM_PASS(lock, (sqlite3_file * file, int lock), xLock(real, lock))
SHIM_PASS(unlock, (sqlite3_file * file, int lock), xUnlock(real, lock))
SHIM_PASS(reserved, (sqlite3_file * file, int *out), xCheckReservedLock(real, out))
SHIM_PASS(control, (sqlite3_file * file, int op, void *arg), xFileControl(real, op, arg))
SHIM_PASS(sector, (sqlite3_file * file), xSectorSize(real))
SHIM_PASS(device, (sqlite3_file * file), xDeviceCharacteristics(real))
SHIM_PASS(shm_map, (sqlite3_file * file, int page, int size, int more, void volatile **out),
	  xShmMap(real, page, size, more, out))
SHIM_PASS(shm_lock, (sqlite3_file * file, int at, int n, int flags), xShmLock(real, at, n, flags))
SHIM_PASS(shm_unmap, (sqlite3_file * file, int remove), xShmUnmap(real, remove))

SHIM void shim_shm_barrier(sqlite3_file *file)
{
	shim_real(file)->pMethods->xShmBarrier(shim_real(file));
}

SHIM const sqlite3_io_methods shim_methods = {
	.iVersion = 2,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_reserved,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector,
	.xDeviceCharacteristics = shim_device,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
};

SHIM int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct shim_file *f = (struct shim_file *)file;
	(void)vfs;
	memset(f, 0, sizeof *f);
	if (shim.failing && shim.for_good)
		return SQLITE_CANTOPEN;
	f->real = (sqlite3_file *)(f + 1);
	int rc = shim.real->xOpen(shim.real, name, f->real, flags, out);
	if (rc == SQLITE_OK) {
		f->path = name ? strdup(name) : NULL;
		f->base.pMethods = &shim_methods;
	}
	return rc;
}

SHIM int shim_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	char *image = sqlite3_mprintf("%s.durable", name);
	(void)unlink(image);
	sqlite3_free(image);
	return shim.real->xDelete(shim.real, name, sync);
}

/* The default VFS from now on is the shim. */
SHIM void shim_install(void)
{
	shim.real = sqlite3_vfs_find(NULL);
	shim.vfs = *shim.real;
	shim.vfs.pNext = NULL;
	shim.vfs.zName = "shim";
	shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
	shim.vfs.xOpen = shim_open;
	shim.vfs.xDelete = shim_delete;
	(void)sqlite3_vfs_register(&shim.vfs, 1);
}

SHIM void shim_arm(int ops, long n, int rc, bool for_good)
{
	shim.ops = ops;
	shim.countdown = n;
	shim.rc = rc;
	shim.for_good = for_good;
	shim.failing = false;
}

/* Whether a fault came; none come any more. */
SHIM bool shim_disarm(void)
{
	bool failed = shim.failing;
	shim_arm(0, 0, 0, false);
	return failed;
}

#endif
