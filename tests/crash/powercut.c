/*
 * What is on the disk when the power fails, and not what the kernel still remembers. Preloaded into
 * the daemon, it keeps a shadow of every file below ASTRAD_POWER_FROM in ASTRAD_POWER_TO: a write
 * is only noted, and copied to the shadow when its file is synced. So after a SIGKILL the shadow
 * holds exactly what was promised to be durable; what lies between shadow and file may or may not
 * be there (power.py chooses). Names count as durable at once: rename and unlink go to the shadow
 * directly.
 *
 * A test's tool: it runs on any thread of the daemon, one lock for all, and aborts when it cannot
 * keep its promise.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 256, COPY_BYTES = 1 << 16 };

struct range {
	off_t from, to;
};

/* What was written to one file since it was last synced. */
struct file {
	dev_t dev;
	ino_t ino;
	struct range *ranges;
	size_t count, size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES_MAX];
static size_t file_count;

static void *real(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL) {
		abort();
	}
	return found;
}

/* Where the file of this path is shadowed; false: not below our folder. */
static bool shadow_path(const char *path, char *ret_path)
{
	const char *from = getenv("ASTRAD_POWER_FROM"), *to = getenv("ASTRAD_POWER_TO");
	size_t len;

	if (from == NULL || to == NULL) {
		return false;
	}
	len = strlen(from);
	if (strncmp(path, from, len) != 0 || path[len] != '/') {
		return false;
	}
	if (snprintf(ret_path, PATH_MAX, "%s%s", to, path + len) >= PATH_MAX) {
		abort();
	}
	return true;
}

static bool shadow_of(int fd, char *ret_path)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len <= 0) {
		return false;
	}
	path[len] = '\0';
	return shadow_path(path, ret_path);
}

static void note_range(struct file *file, off_t from, off_t to)
{
	if (file->count == file->size) {
		file->size = file->size == 0 ? 64 : file->size * 2;
		file->ranges = realloc(file->ranges, file->size * sizeof(*file->ranges));
		if (file->ranges == NULL) {
			abort();
		}
	}
	file->ranges[file->count++] = (struct range){from, to};
}

/*
 * The note of an open regular file of ours, or NULL. Under the lock. What a file holds when this
 * process first meets it counts as not synced: the process before may have been killed.
 */
static struct file *note_of(int fd)
{
	struct stat st;
	char path[PATH_MAX];

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		return NULL;
	}
	for (size_t i = 0; i < file_count; i++) {
		if (files[i].dev == st.st_dev && files[i].ino == st.st_ino) {
			return &files[i];
		}
	}
	if (!shadow_of(fd, path)) {
		return NULL;
	}
	if (file_count == FILES_MAX) {
		abort();
	}
	files[file_count] = (struct file){.dev = st.st_dev, .ino = st.st_ino};
	note_range(&files[file_count], 0, st.st_size);
	return &files[file_count++];
}

static void note_write(int fd, off_t from, ssize_t len)
{
	struct file *file;

	if (len <= 0) {
		return;
	}
	(void)pthread_mutex_lock(&lock);
	file = note_of(fd);
	if (file != NULL) {
		note_range(file, from, from + len);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

/* By a descriptor of its own: that of the daemon may be open for writing only. */
static void copy_range(int from, int to, const struct range *range)
{
	static char bytes[COPY_BYTES]; /* under the lock */
	ssize_t (*write_at)(int, const void *, size_t, off_t) = real("pwrite");
	off_t at = range->from;

	while (at < range->to) {
		size_t wanted = (size_t)(range->to - at);
		ssize_t n = pread(from, bytes, wanted < COPY_BYTES ? wanted : COPY_BYTES, at);

		if (n <= 0) {
			return; /* cut off since */
		}
		if (write_at(to, bytes, (size_t)n, at) != n) {
			abort();
		}
		at += n;
	}
}

static void keep(int fd)
{
	int (*cut)(int, off_t) = real("ftruncate");
	char path[PATH_MAX], link[64];
	struct file *file;
	struct stat st;
	int from, to;

	(void)pthread_mutex_lock(&lock);
	file = note_of(fd);
	if (file != NULL && shadow_of(fd, path)) {
		make_folders(path);
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		from = open(link, O_RDONLY | O_CLOEXEC);
		to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (from < 0 || to < 0 || fstat(fd, &st) != 0 || cut(to, st.st_size) != 0) {
			abort();
		}
		for (size_t i = 0; i < file->count; i++) {
			copy_range(from, to, &file->ranges[i]);
		}
		file->count = 0;
		(void)close(from);
		(void)close(to);
	}
	(void)pthread_mutex_unlock(&lock);
}

/* --- in the place of libc's --- */

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	ssize_t (*next)(int, const void *, size_t, off_t) = real("pwrite");
	ssize_t n = next(fd, data, len, at);

	note_write(fd, at, n);
	return n;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite(fd, data, len, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = real("write");
	ssize_t n = next(fd, data, len);

	if (n > 0) {
		off_t end = lseek(fd, 0, SEEK_CUR); /* -1 for what cannot be sought */

		if (end >= n) {
			note_write(fd, end - n, n);
		}
	}
	return n;
}

int fsync(int fd)
{
	int (*next)(int) = real("fsync");

	keep(fd);
	return next(fd);
}

int fdatasync(int fd)
{
	int (*next)(int) = real("fdatasync");

	keep(fd);
	return next(fd);
}

int unlink(const char *path)
{
	int (*next)(const char *) = real("unlink");
	char shadow[PATH_MAX];

	if (shadow_path(path, shadow)) {
		(void)next(shadow);
	}
	return next(path);
}

int rename(const char *old, const char *new)
{
	int (*next)(const char *, const char *) = real("rename");
	char from[PATH_MAX], to[PATH_MAX];

	if (shadow_path(old, from) && shadow_path(new, to)) {
		(void)next(from, to);
	}
	return next(old, new);
}
