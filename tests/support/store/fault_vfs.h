/*
 * A VFS for SQLite that passes everything on to the default one and fails what a test asks for.
 * Its name is FAULT_VFS. One plan at a time; thread-safe.
 */
#ifndef ASTRAD_TESTS_FAULT_VFS_H
#define ASTRAD_TESTS_FAULT_VFS_H

#include <stdbool.h>

#define FAULT_VFS "astrad-fault"

enum fault_point {
	FAULT_READ,
	FAULT_WRITE,
	FAULT_SYNC,
	FAULT_TRUNCATE,
	FAULT_LOCK,     /* the database file's lock */
	FAULT_SHM_LOCK, /* the log index's lock: readers and the writer of WAL */
	FAULT_SHM_MAP,  /* the log index's room */
	FAULT_OPEN,
	FAULT_POINTS,
};

enum fault_file { FAULT_ANY_FILE, FAULT_DATABASE, FAULT_WAL };

struct fault_plan {
	enum fault_point point;
	enum fault_file file;
	int nth;         /* which passage fails, from 1 */
	int rc;          /* SQLite's extended code */
	bool is_lasting; /* every later one fails too */
	const char
		*while_exists; /* fails while this file is there; nth and is_lasting are unused */
};

void fault_vfs_register(void); /* once or more */
void fault_vfs_arm(const struct fault_plan *plan);
void fault_vfs_disarm(void);
int fault_vfs_hits(void); /* faults since fault_vfs_arm */

#endif
