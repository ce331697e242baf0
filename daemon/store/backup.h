/*
 * Online backup: one consistent snapshot of the database as a file. It never holds a key: with the
 * master key and the key file of today it opens what is not purged today, and nothing else.
 */
#ifndef ASTRAD_STORE_BACKUP_H
#define ASTRAD_STORE_BACKUP_H

#include "store/audit.h"
#include "store/store.h"

struct store_backup_in {
	const char *path; /* must not exist; its directory must */
	int64_t now_utc_ms;
};
struct store_backup_out {
	int64_t bytes;
	struct store_audit_head_out head; /* where the backup stands, for the log */
};
/* Class READ: takes one reader for its time. */
extern const struct store_op store_backup;

#endif
