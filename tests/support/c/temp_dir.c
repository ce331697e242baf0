/* See temp_dir.h. nftw walks depth first and stays on one file system. */
#include "temp_dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { WALK_FDS = 16 };

void temp_dir_create(struct temp_dir *dir)
{
	const char *parent = getenv("TMPDIR");
	int len = snprintf(dir->path, sizeof(dir->path), "%s/astrad-XXXXXX",
			   parent && parent[0] ? parent : P_tmpdir);

	if (len < 0 || (size_t)len >= sizeof(dir->path) || mkdtemp(dir->path) == NULL) {
		perror(dir->path);
		abort();
	}
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)kind;
	(void)place;
	return remove(path);
}

void temp_dir_destroy(struct temp_dir *dir)
{
	(void)nftw(dir->path, remove_entry, WALK_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
