/*
 * The key file: every case's and alert's key, wrapped by the master key, outside of the database
 * and of its backups. Zeroing a slot, here and in the one separate copy, is what makes a purge true
 * in every old backup.
 *
 * Key ids are slot numbers, given once and never again: the header's high-water mark is raised and
 * synced before an id below it is handed out, and each start goes on from it, whatever database was
 * restored. Thread-safe.
 */
#ifndef ASTRAD_STORE_KEYFILE_H
#define ASTRAD_STORE_KEYFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/secret.h"

#define KEYFILE_ID_TEXT_BYTES 33

struct keyfile;

struct keyfile_config {
	const char *path;
	const char *copy; /* NULL = none */
	const struct secret_key *master_key;
};

/* Makes the file and the copy, with a random root key. Refuses when one of them exists. */
bool keyfile_create(const struct keyfile_config *config, struct error *err) MUST_USE;
/*
 * Opens and locks it. Refused: a missing or damaged file, another master key than the one whose id
 * it holds, a file that another process has. A copy that is missing or is another file's is not
 * refused: keyfile_copy_error tells, and purges wait until it is back.
 */
struct keyfile *keyfile_open(const struct keyfile_config *config, struct error *err) MUST_USE;
/* Records the exact high-water mark, so that a clean stop burns no ids. NULL is fine. */
void keyfile_close(struct keyfile **keyfile);

/* Names this key file; the database that belongs to it remembers the name. */
void keyfile_format_id(const struct keyfile *keyfile, char out[KEYFILE_ID_TEXT_BYTES]);
/* The key all other sub-keys are derived from; a new master key re-wraps it and it stays. */
const struct secret_key *keyfile_root(const struct keyfile *keyfile) RETURNS_NONNULL;
/* Ids below it may have been handed out by an earlier run. */
int64_t keyfile_high(struct keyfile *keyfile);

/* A fresh key's id from the pool; makes more keys (two syncs) only when the pool is empty. */
bool keyfile_take(struct keyfile *keyfile, int64_t *ret_key_id, struct error *err) MUST_USE;
bool keyfile_wants_fill(struct keyfile *keyfile);
/* Fills the pool ahead of need; brings a copy that came back into step. */
bool keyfile_fill(struct keyfile *keyfile, struct error *err) MUST_USE;

/* ERROR_GONE when the key was purged, ERROR_INTERNAL when the slot is damaged or was never used. */
bool keyfile_load(struct keyfile *keyfile, int64_t key_id, struct secret_key *ret_key,
		  struct error *err) MUST_USE;
/*
 * Zeroes the slot in the file and in the copy and syncs both; doing it again is fine. Fails with
 * ERROR_TEMPORARY while the copy is configured and absent: nothing is purged, the purge stays
 * pending.
 */
bool keyfile_purge(struct keyfile *keyfile, int64_t key_id, struct error *err) MUST_USE;

/* True when the copy is configured and not in step; why goes into ret_why. */
bool keyfile_copy_failed(struct keyfile *keyfile, struct error *ret_why);

#endif
