/*
 * Small file I/O: the key file, its copy, the owner lock and the reserve. A short read is an error
 * (the file is cut), a short write goes on, EINTR is retried. Nothing here opens the database file
 * itself: closing any descriptor of it would drop SQLite's POSIX locks.
 */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hook.h"

int file_open(const char *path, int flags, struct error *err)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	enum error_code code = ERROR_TEMPORARY;

	if (fd >= 0) {
		return fd;
	}
	if (errno == ENOENT || errno == ENOTDIR) {
		code = ERROR_NOT_FOUND;
	} else if (errno == EEXIST) {
		code = ERROR_CONFLICT;
	}
	(void)error_set(err, code, "%s: %s", path, strerror(errno));
	return -1;
}

void file_close(int *fd)
{
	if (*fd >= 0) {
		(void)close(*fd); /* what matters was synced before */
		*fd = -1;
	}
}

bool file_lock(int fd, const char *path, struct error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		return true;
	}
	if (errno == EWOULDBLOCK) {
		return error_set(err, ERROR_CONFLICT, "%s: another astrad is using it", path);
	}
	return error_set(err, ERROR_TEMPORARY, "%s: cannot lock: %s", path, strerror(errno));
}

bool file_lock_beside(const char *path, int *ret_fd, struct error *err)
{
	AUTO(free) char *lock = xasprintf("%s-lock", path);
	int fd = file_open(lock, O_RDWR | O_CREAT, err);

	if (fd < 0 || !file_lock(fd, lock, err)) {
		file_close(&fd);
		return false;
	}
	*ret_fd = fd;
	return true;
}

bool file_read_at(int fd, void *out, size_t len, int64_t offset, struct error *err)
{
	char *at = out;

	while (len > 0) {
		ssize_t n = pread(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return error_set(err, ERROR_TEMPORARY, "read: %s", strerror(errno));
		}
		if (n == 0) {
			return error_set(err, ERROR_INTERNAL, "the file is cut short");
		}
		at += n;
		offset += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_write_at(int fd, const void *bytes, size_t len, int64_t offset, struct error *err)
{
	const char *at = bytes;

	HOOK("store.file.write");
	while (len > 0) {
		ssize_t n = pwrite(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return error_set(err, ERROR_TEMPORARY, "write: %s", strerror(errno));
		}
		at += n;
		offset += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_sync(int fd, struct error *err)
{
	HOOK("store.file.sync");
	if (fdatasync(fd) != 0) {
		return error_set(err, ERROR_TEMPORARY, "sync: %s", strerror(errno));
	}
	return true;
}

bool file_sync_name(const char *path, struct error *err)
{
	AUTO(free) char *copy = xstrdup(path);
	int fd = file_open(dirname(copy), O_RDONLY | O_DIRECTORY, err);
	bool ok;

	if (fd < 0) {
		return false;
	}
	ok = fsync(fd) == 0;
	if (!ok) {
		(void)error_set(err, ERROR_TEMPORARY, "sync directory: %s", strerror(errno));
	}
	file_close(&fd);
	return ok;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
