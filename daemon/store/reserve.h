/* A file beside the database whose only use is to be given up when the disk is full, so that a stop
 * can still be stored. One thread at a time. */
#ifndef ASTRAD_STORE_RESERVE_H
#define ASTRAD_STORE_RESERVE_H

#include <stdbool.h>

struct reserve {
	char *path;
	bool is_held;
};

void reserve_init(struct reserve *reserve, const char *database_path);
void reserve_finish(struct reserve *reserve); /* the file stays */
bool reserve_hold(struct reserve *reserve);   /* makes the file whole; false when it cannot */
void reserve_release(struct reserve *reserve);

#endif
