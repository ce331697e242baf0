/* See fault_vfs.h. */
#include "fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

struct fault_vfs_file {
	sqlite3_file base;
	enum fault_file kind;
	sqlite3_file *real; /* behind this struct, in the same allocation */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault_plan plan; /* nth 0 and no while_exists: nothing fails */
static int passed;
static int hits;
static sqlite3_vfs *real_vfs;

void fault_vfs_arm(const struct fault_plan *given)
{
	(void)pthread_mutex_lock(&lock);
	plan = *given;
	passed = 0;
	hits = 0;
	(void)pthread_mutex_unlock(&lock);
}

void fault_vfs_disarm(void)
{
	(void)pthread_mutex_lock(&lock);
	memset(&plan, 0, sizeof(plan));
	(void)pthread_mutex_unlock(&lock);
}

int fault_vfs_hits(void)
{
	int count;

	(void)pthread_mutex_lock(&lock);
	count = hits;
	(void)pthread_mutex_unlock(&lock);
	return count;
}

static bool is_due(enum fault_point point, enum fault_file kind)
{
	if (point != plan.point || (plan.file != FAULT_ANY_FILE && plan.file != kind)) {
		return false;
	}
	if (plan.while_exists != NULL) {
		return access(plan.while_exists, F_OK) == 0;
	}
	passed++;
	return plan.nth > 0 && (passed == plan.nth || (plan.is_lasting && passed > plan.nth));
}

/* SQLITE_OK, or the code to fail with. */
static int judge(enum fault_point point, enum fault_file kind)
{
	int rc = SQLITE_OK;

	(void)pthread_mutex_lock(&lock);
	if (is_due(point, kind)) {
		hits++;
		rc = plan.rc;
	}
	(void)pthread_mutex_unlock(&lock);
	return rc;
}

#define REAL(file) (((struct fault_vfs_file *)(file))->real)
#define KIND(file) (((struct fault_vfs_file *)(file))->kind)

/* Runs the real method unless the plan fails this passage. */
#define JUDGED(point, file, call)                                                                  \
	do {                                                                                       \
		int rc = judge(point, KIND(file));                                                 \
		return rc != SQLITE_OK ? rc : (call);                                              \
	} while (0)

static int on_close(sqlite3_file *file)
{
	return REAL(file)->pMethods == NULL ? SQLITE_OK : REAL(file)->pMethods->xClose(REAL(file));
}

static int on_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	JUDGED(FAULT_READ, file, REAL(file)->pMethods->xRead(REAL(file), out, len, at));
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	JUDGED(FAULT_WRITE, file, REAL(file)->pMethods->xWrite(REAL(file), bytes, len, at));
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	JUDGED(FAULT_TRUNCATE, file, REAL(file)->pMethods->xTruncate(REAL(file), size));
}

static int on_sync(sqlite3_file *file, int flags)
{
	JUDGED(FAULT_SYNC, file, REAL(file)->pMethods->xSync(REAL(file), flags));
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static int on_lock(sqlite3_file *file, int level)
{
	JUDGED(FAULT_LOCK, file, REAL(file)->pMethods->xLock(REAL(file), level));
}

static int on_unlock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int on_check_lock(sqlite3_file *file, int *out)
{
	return REAL(file)->pMethods->xCheckReservedLock(REAL(file), out);
}

static int on_control(sqlite3_file *file, int op, void *arg)
{
	return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}

static int on_sector_size(sqlite3_file *file)
{
	return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int on_device(sqlite3_file *file)
{
	return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	JUDGED(FAULT_SHM_MAP, file,
	       REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, out));
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	if ((flags & SQLITE_SHM_UNLOCK) != 0) {
		return REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags);
	}
	JUDGED(FAULT_SHM_LOCK, file, REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags));
}

static void on_shm_barrier(sqlite3_file *file)
{
	REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int on_shm_unmap(sqlite3_file *file, int remove)
{
	return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_device,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

static enum fault_file kind_of(int flags)
{
	if ((flags & SQLITE_OPEN_WAL) != 0) {
		return FAULT_WAL;
	}
	return (flags & SQLITE_OPEN_MAIN_DB) != 0 ? FAULT_DATABASE : FAULT_ANY_FILE;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
		   int *out_flags)
{
	struct fault_vfs_file *shim = (struct fault_vfs_file *)file;
	int rc;

	(void)vfs;
	memset(shim, 0, sizeof(*shim));
	shim->kind = kind_of(flags);
	shim->real = (sqlite3_file *)(void *)(shim + 1);
	shim->real->pMethods = NULL;
	rc = judge(FAULT_OPEN, shim->kind);
	if (rc == SQLITE_OK) {
		rc = real_vfs->xOpen(real_vfs, name, shim->real, flags, out_flags);
	}
	shim->base.pMethods = shim->real->pMethods == NULL ? NULL : &methods;
	return rc;
}

void fault_vfs_register(void)
{
	static sqlite3_vfs vfs;

	if (vfs.zName != NULL) {
		return;
	}
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs; /* everything but files goes straight to the real one */
	vfs.pNext = NULL;
	vfs.zName = FAULT_VFS;
	vfs.szOsFile = (int)sizeof(struct fault_vfs_file) + real_vfs->szOsFile;
	vfs.xOpen = on_open;
	(void)sqlite3_vfs_register(&vfs, 0);
}
