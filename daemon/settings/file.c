/*
 * Files and folders of the configuration: read whole, with a bound, or refused with a reason.
 *
 * Stateless. The daemon never writes these files. A folder lists its names sorted, so findings and
 * the digest do not depend on the file system. A file that is replaced while it is read gives old
 * or new bytes as the editor wrote them; whoever writes in place and not by rename can be read
 * half-written, which the check then tells.
 */
#include "settings/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_all(int fd, struct buf *out, const char **ret_why)
{
	char chunk[8192];
	for (;;) {
		ssize_t got = read(fd, chunk, sizeof(chunk));
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			*ret_why = strerror(errno);
			return false;
		}
		if (got == 0) {
			return true;
		}
		buf_add(out, chunk, (size_t)got);
		explicit_bzero(chunk, (size_t)got); /* it may be a secret's file */
		if (out->overflow) {
			*ret_why = "it is too large";
			return false;
		}
	}
}

int file_open_regular(const char *path, struct stat *ret_stat, const char **ret_why)
{
	struct stat found;
	/* without O_NONBLOCK a FIFO in the folder would stop the reload for ever */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		*ret_why = strerror(errno);
		return -1;
	}
	if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) {
		*ret_why = "it is not a regular file";
		(void)close(fd); /* only read from */
		return -1;
	}
	if (ret_stat) {
		*ret_stat = found;
	}
	return fd;
}

bool file_read(const char *path, struct buf *out, struct stat *ret_stat, const char **ret_why)
{
	int fd = file_open_regular(path, ret_stat, ret_why);
	if (fd < 0) {
		return false;
	}
	bool is_read = read_all(fd, out, ret_why);
	(void)close(fd); /* only read from */
	return is_read;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name);
	size_t suffix_len = strlen(suffix);
	return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

enum file_kind file_classify(const char *name, const char *suffix, const char *wrong_suffix)
{
	static const char *const leftovers[] = {
		"~",         ".bak",         ".orig",     ".rej",      ".swp",      ".swo",
		".tmp",      ".save",        ".dpkg-old", ".dpkg-new", ".dpkg-bak", ".dpkg-dist",
		".dpkg-tmp", ".dpkg-remove", ".ucf-old",  ".ucf-new",  ".ucf-dist"};
	if (name[0] == '.' || name[0] == '#') {
		return FILE_LEFTOVER;
	}
	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		if (ends_with(name, leftovers[i])) {
			return FILE_LEFTOVER;
		}
	}
	if (ends_with(name, suffix)) {
		return FILE_WANTED;
	}
	return wrong_suffix && ends_with(name, wrong_suffix) ? FILE_WRONG_SUFFIX : FILE_OTHER;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool file_list(struct arena *arena, const char *path, size_t max, struct file_list *ret_list,
	       const char **ret_why)
{
	struct file_list list = {0};
	DIR *folder = opendir(path);
	if (!folder && errno == ENOENT) {
		*ret_list = (struct file_list){.is_missing = true};
		return true;
	}
	if (!folder) {
		*ret_why = strerror(errno);
		return false;
	}
	list.names = arena_array(arena, max, sizeof(list.names[0]));
	bool fits = true;
	for (const struct dirent *entry; fits && (entry = readdir(folder));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
			continue;
		}
		fits = list.count < max;
		if (fits) {
			list.names[list.count++] = arena_strdup(arena, entry->d_name);
		}
	}
	(void)closedir(folder); /* only read from */
	if (!fits) {
		*ret_why = "it holds too many files";
		return false;
	}
	qsort(list.names, list.count, sizeof(list.names[0]), compare_names);
	*ret_list = list;
	return true;
}
