/*
 * One SQLite handle with its cached statements, and the one place that turns SQLite's result codes
 * into struct error. One thread at a time. Private to the store.
 */
#ifndef ASTRAD_STORE_DB_H
#define ASTRAD_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct sql_stmt;
struct sql_text;

#define DB_APPLICATION_ID  0x41535452 /* "ASTR" */
#define DB_PAGE_BYTES      4096
#define DB_BUSY_TIMEOUT_MS 5000

enum db_mode {
	DB_BACKUP, /* a backup's target: the file exists and is empty, one handle, no log */
	DB_CREATE, /* store_init: the file exists and is empty */
	DB_WRITE,
	DB_READ,
};

struct db {
	sqlite3 *handle;
	struct sql_stmt **stmts; /* hash table by the address of the text */
	size_t stmt_slots;
	size_t stmt_count;
};

/* Opens and sets every pragma. On failure the db is closed. */
bool db_open(struct db *db, const char *path, const char *vfs, enum db_mode mode,
	     struct error *err) MUST_USE;
void db_close(struct db *db); /* fine when it is not open */

/* Sets err from SQLite's code and returns false. `what` names the act. */
bool db_fail(struct db *db, int rc, const char *what, struct error *err);
/* The disk (or the quota) is full: nothing was written, the transaction is or can be rolled back.
 */
bool db_is_full(struct db *db, int rc);
/* A sync failed: what the kernel holds can no longer be trusted to reach the disk. */
bool db_is_sync_failure(int rc);

bool db_exec(struct db *db, const char *sql, struct error *err) MUST_USE;
/* As db_exec, prepared once and kept; returns SQLite's code. For BEGIN, SAVEPOINT, COMMIT ... */
int db_run(struct db *db, const struct sql_text *text);
bool db_query_int(struct db *db, const char *sql, int64_t *ret, struct error *err) MUST_USE;
/* False when a transaction was never begun or SQLite has rolled it back. */
bool db_in_transaction(const struct db *db);
void db_rollback(struct db *db); /* fine when there is none */

/* The cached statement, prepared on first use; NULL with err when it cannot be prepared. */
struct sql_stmt *db_stmt(struct db *db, const struct sql_text *text, struct error *err) MUST_USE;

#endif
