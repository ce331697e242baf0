/* Reading the files and folders that settings are made of. */
#ifndef ASTRAD_SETTINGS_FILE_H
#define ASTRAD_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/attr.h"
#include "base/buf.h"

/* Opens a regular file for reading; -1 with the reason. A FIFO or a device is refused, not waited
 * for. `ret_stat` may be NULL. */
int file_open_regular(const char *path, struct stat *ret_stat, const char **ret_why) MUST_USE;

/*
 * Reads a regular file whole into `out` (its bound is out->limit). `ret_stat` may be NULL. On
 * failure `*ret_why` says why in words that follow "cannot read X: ".
 */
bool file_read(const char *path, struct buf *out, struct stat *ret_stat,
	       const char **ret_why) MUST_USE;

enum file_kind {
	FILE_WANTED = 1, /* *.<suffix>, not starting with a dot */
	FILE_WRONG_SUFFIX,
	FILE_LEFTOVER, /* of an editor or of dpkg, or a dotfile: ignored and told */
	FILE_OTHER,    /* anything else: ignored and told */
};
enum file_kind file_classify(const char *name, const char *suffix, const char *wrong_suffix);

/* The names in a folder in byte order, without "." and "..". A folder that does not exist has none
 * (and is_missing is set). */
struct file_list {
	const char **names;
	size_t count;
	bool is_missing;
};
bool file_list(struct arena *arena, const char *path, size_t max, struct file_list *ret_list,
	       const char **ret_why) MUST_USE;

#endif
