/*
 * DATABASE-reserve: LIMIT_RESERVE_FILE_BYTES of allocated, unused disk. While it is given up, only
 * stops, acknowledgements and audited reads are written; the writer tries to take it back before
 * it lets anything else in.
 */
#include "store/reserve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "store/file.h"

void reserve_init(struct reserve *reserve, const char *database_path)
{
	reserve->path = xasprintf("%s-reserve", database_path);
	reserve->is_held = false;
}

void reserve_finish(struct reserve *reserve)
{
	free(reserve->path);
	reserve->path = NULL;
}

bool reserve_hold(struct reserve *reserve)
{
	int fd = file_open(reserve->path, O_RDWR | O_CREAT, NULL);

	if (fd < 0) {
		return false;
	}
	reserve->is_held =
		posix_fallocate(fd, 0, LIMIT_RESERVE_FILE_BYTES) == 0 && fdatasync(fd) == 0;
	file_close(&fd);
	if (!reserve->is_held) {
		(void)unlink(reserve->path); /* half a reserve only takes room */
	}
	return reserve->is_held;
}

void reserve_release(struct reserve *reserve)
{
	(void)unlink(reserve->path); /* gone already is as good */
	reserve->is_held = false;
}
