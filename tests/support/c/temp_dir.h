/*
 * A folder for one test, made under TMPDIR and removed with all that is in it. Aborts when it
 * cannot be made: a test without its folder proves nothing.
 */
#ifndef ASTRAD_TESTS_TEMP_DIR_H
#define ASTRAD_TESTS_TEMP_DIR_H

#define TEMP_DIR_BYTES 64 /* short: a Unix socket's name has 107 bytes */

struct temp_dir {
	char path[TEMP_DIR_BYTES];
};

void temp_dir_create(struct temp_dir *dir);
/* Follows no symbolic links. Fine on a folder that is gone already. */
void temp_dir_destroy(struct temp_dir *dir);

#endif
