/*
 * Loaded before libc (LD_PRELOAD) into a daemon: its database's disk goes bad when a test says so.
 *
 * BAD_DISK names a file. While it holds "full", what is written to a file *.db* fails with ENOSPC
 * as long as the reserve is there, as on a disk with room for nothing but what the reserve gives
 * back. While it holds "sync", syncing fails with EIO. Without the file the disk is good.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The next function of that name. */
#define REAL(name)                                                                                 \
	static __typeof__(&(name)) real;                                                           \
	if (real == NULL) {                                                                        \
		real = (__typeof__(real))dlsym(RTLD_NEXT, #name);                                  \
	}

static bool is_plan(const char *word)
{
	const char *path = getenv("BAD_DISK");
	char plan[16] = "";
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return false;
	}
	if (read(fd, plan, sizeof(plan) - 1) < 0) {
		plan[0] = '\0';
	}
	(void)close(fd);
	return strcmp(plan, word) == 0;
}

/* The database, its log or its reserve; `ret_path` as the kernel names it. */
static bool is_of_database(int fd, char *ret_path, size_t size)
{
	char link[40];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, ret_path, size - 1);
	ret_path[len > 0 ? len : 0] = '\0';
	return strstr(ret_path, ".db") != NULL;
}

static bool is_full(int fd)
{
	char path[4096];
	char *end;
	int saved = errno;
	bool full = false;

	if (is_of_database(fd, path, sizeof(path) - 16) && is_plan("full")) {
		end = strstr(path, ".db") + 3;
		memcpy(end, "-reserve", sizeof("-reserve"));
		full = access(path, F_OK) == 0;
	}
	errno = saved;
	return full;
}

static bool is_failing(int fd)
{
	char path[4096];
	int saved = errno;
	bool failing = is_of_database(fd, path, sizeof(path)) && is_plan("sync");

	errno = saved;
	return failing;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	REAL(write)

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	REAL(pwrite)

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	REAL(pwrite64)

	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, bytes, len, at);
}

/* The reserve is made anew: there is no room for it while the disk is full. */
int posix_fallocate(int fd, off_t at, off_t len)
{
	REAL(posix_fallocate)

	return is_full(fd) ? ENOSPC : real(fd, at, len);
}

int fdatasync(int fd)
{
	REAL(fdatasync)

	if (is_failing(fd)) {
		errno = EIO;
		return -1;
	}
	return real(fd);
}

int fsync(int fd)
{
	REAL(fsync)

	if (is_failing(fd)) {
		errno = EIO;
		return -1;
	}
	return real(fd);
}
