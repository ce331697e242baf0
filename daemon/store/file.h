/* Whole reads, whole writes and syncs of files beside the database. Private to the store. */
#ifndef ASTRAD_STORE_FILE_H
#define ASTRAD_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Opens with O_CLOEXEC; -1 with err: ERROR_NOT_FOUND when it is absent, ERROR_CONFLICT when it
 * exists and must not (O_EXCL), else ERROR_TEMPORARY. New files are 0600. */
int file_open(const char *path, int flags, struct error *err) MUST_USE;
void file_close(int *fd); /* -1 is fine; sets -1 */
/* Takes the whole-file lock for this process; ERROR_CONFLICT when another process has it. */
bool file_lock(int fd, const char *path, struct error *err) MUST_USE;
/* Makes and locks PATH-lock; its holder is the one owner of PATH. A file beside it, because closing
 * any descriptor of a database drops SQLite's own locks. */
bool file_lock_beside(const char *path, int *ret_fd, struct error *err) MUST_USE;
bool file_read_at(int fd, void *out, size_t len, int64_t offset, struct error *err) MUST_USE;
bool file_write_at(int fd, const void *bytes, size_t len, int64_t offset,
		   struct error *err) MUST_USE;
bool file_sync(int fd, struct error *err) MUST_USE;
/* Makes a new or renamed name durable: syncs the directory of `path`. */
bool file_sync_name(const char *path, struct error *err) MUST_USE;
bool file_exists(const char *path);

#endif
