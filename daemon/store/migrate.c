/*
 * Applies migrations. Each runs in one transaction together with the new user_version, so a crash
 * leaves the schema at a whole number; running again goes on from there.
 */
#include "store/migrate.h"

#include <stdio.h>

#include "base/hook.h"
#include "store/db.h"

static bool apply(struct db *db, size_t number, struct error *err)
{
	char version[48];

	(void)snprintf(version, sizeof(version), "PRAGMA user_version = %zu", number + 1);
	if (!db_exec(db, "BEGIN IMMEDIATE", err)) {
		return false;
	}
	if (!db_exec(db, migrations[number].sql, err) || !db_exec(db, version, err)) {
		db_rollback(db);
		return false;
	}
	HOOK("store.before_migration");
	if (!db_exec(db, "COMMIT", err)) {
		db_rollback(db);
		return false;
	}
	return true;
}

bool migrate_check(int64_t version, struct error *err)
{
	if (version < 0 || (uint64_t)version > migration_count) {
		return error_set(err, ERROR_DENIED,
				 "it was written by a newer astrad (schema %lld, this one knows "
				 "%zu): start that version",
				 (long long)version, migration_count);
	}
	return true;
}

bool migrate_run(struct db *db, struct error *err)
{
	int64_t have;

	if (!db_query_int(db, "PRAGMA user_version", &have, err) || !migrate_check(have, err)) {
		return false;
	}
	for (size_t i = (size_t)have; i < migration_count; i++) {
		if (!apply(db, i, err)) {
			return error_prefix(err, "migration %s", migrations[i].name);
		}
	}
	return true;
}
