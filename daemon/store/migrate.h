/*
 * The schema: SQL files of migrations/, embedded at build time, applied in order, each in one
 * transaction. PRAGMA user_version counts the applied ones; a file with more than we know was made
 * by a newer astrad and is refused.
 */
#ifndef ASTRAD_STORE_MIGRATE_H
#define ASTRAD_STORE_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct db;

struct migration {
	const char *name; /* file name */
	const char *sql;
};

extern const struct migration migrations[];
extern const size_t migration_count;

/* Refuses a user_version that is not ours. */
bool migrate_check(int64_t version, struct error *err) MUST_USE;
/* Applies what is missing. The handle is a writer's and is in no transaction. */
bool migrate_run(struct db *db, struct error *err) MUST_USE;

#endif
