/*
 * A SQLite handle as the store wants it: WAL, synchronous=FULL, foreign keys, secure_delete,
 * temporary tables in memory, no checkpoint of its own (checkpoint.c does that). No memory map: an
 * I/O error in a map is a SIGBUS, and it would go around the VFS that tests put faults in.
 *
 * Statements are prepared once a handle and found by the address of their const text. Closing the
 * handle finalizes them.
 */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/sql.h"

struct pragma_row {
	enum db_mode from, to; /* modes it is for */
	const char *sql;
};

static const struct pragma_row pragmas[] = {
	{DB_CREATE, DB_CREATE, "PRAGMA page_size = 4096"},
	{DB_CREATE, DB_CREATE, "PRAGMA auto_vacuum = NONE"},
	{DB_BACKUP, DB_READ, "PRAGMA trusted_schema = OFF"},
	{DB_BACKUP, DB_READ, "PRAGMA cell_size_check = ON"},
	{DB_BACKUP, DB_READ, "PRAGMA mmap_size = 0"},
	{DB_BACKUP, DB_READ, "PRAGMA temp_store = MEMORY"},
	{DB_BACKUP, DB_READ, "PRAGMA cache_size = -16384"},
	{DB_CREATE, DB_WRITE, "PRAGMA journal_mode = WAL"},
	{DB_BACKUP, DB_WRITE, "PRAGMA synchronous = FULL"},
	{DB_CREATE, DB_WRITE, "PRAGMA foreign_keys = ON"},
	{DB_CREATE, DB_WRITE, "PRAGMA secure_delete = ON"},
	{DB_CREATE, DB_WRITE, "PRAGMA wal_autocheckpoint = 0"},
	{DB_READ, DB_READ, "PRAGMA query_only = ON"},
};

struct code_row {
	int rc;
	enum error_code code;
	const char *text;
};

/* Extended codes first: the first row that matches wins. */
static const struct code_row codes[] = {
	{SQLITE_CONSTRAINT_NOTNULL, ERROR_INTERNAL, "a required column is missing"},
	{SQLITE_CONSTRAINT_CHECK, ERROR_INTERNAL, "a check failed"},
	{SQLITE_CONSTRAINT_DATATYPE, ERROR_INTERNAL, "a value has the wrong type"},
	{SQLITE_CONSTRAINT, ERROR_CONFLICT, "it contradicts what is stored"},
	{SQLITE_FULL, ERROR_TEMPORARY, "the disk is full"},
	{SQLITE_IOERR_FSYNC, ERROR_TEMPORARY, "the disk failed to sync"},
	{SQLITE_IOERR, ERROR_TEMPORARY, "the disk failed"},
	{SQLITE_READONLY, ERROR_TEMPORARY, "the database is read-only"},
	{SQLITE_BUSY, ERROR_TEMPORARY, "another process holds the database"},
	{SQLITE_LOCKED, ERROR_TEMPORARY, "the database is locked"},
	{SQLITE_PROTOCOL, ERROR_TEMPORARY, "the database cannot be locked"},
	{SQLITE_CANTOPEN, ERROR_TEMPORARY, "the database cannot be opened"},
	{SQLITE_NOMEM, ERROR_TEMPORARY, "memory is out"},
	{SQLITE_INTERRUPT, ERROR_TEMPORARY, "it was interrupted"},
	{SQLITE_PERM, ERROR_TEMPORARY, "the database may not be accessed"},
	{SQLITE_CORRUPT, ERROR_TEMPORARY, "the database file is damaged: restore a backup"},
	{SQLITE_NOTADB, ERROR_TEMPORARY, "the file is not a database"},
};

static bool code_matches(const struct code_row *row, int rc)
{
	return row->rc == rc || (row->rc <= 0xff && row->rc == (rc & 0xff));
}

bool db_fail(struct db *db, int rc, const char *what, struct error *err)
{
	const char *detail = db->handle == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db->handle);

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (code_matches(&codes[i], rc)) {
			return error_set(err, codes[i].code, "%s: %s (%s)", what, codes[i].text,
					 detail);
		}
	}
	return error_set(err, ERROR_INTERNAL, "%s: %s (%d)", what, detail, rc);
}

bool db_is_full(struct db *db, int rc)
{
	if ((rc & 0xff) == SQLITE_FULL) {
		return true;
	}
	return rc == SQLITE_IOERR_WRITE && sqlite3_system_errno(db->handle) == EDQUOT;
}

bool db_is_sync_failure(int rc)
{
	return rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC;
}

static bool set_pragmas(struct db *db, enum db_mode mode, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(pragmas); i++) {
		if (mode < pragmas[i].from || mode > pragmas[i].to) {
			continue;
		}
		if (!db_exec(db, pragmas[i].sql, err)) {
			return false;
		}
	}
	return true;
}

bool db_open(struct db *db, const char *path, const char *vfs, enum db_mode mode, struct error *err)
{
	int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc;

	memset(db, 0, sizeof(*db));
	rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			     vfs);
	if (rc != SQLITE_OK) {
		(void)db_fail(db, rc, "open", err);
		db_close(db);
		return false;
	}
	(void)sqlite3_busy_timeout(db->handle, DB_BUSY_TIMEOUT_MS);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	if (!set_pragmas(db, mode, err)) {
		db_close(db);
		return false;
	}
	return true;
}

void db_close(struct db *db)
{
	for (size_t i = 0; i < db->stmt_slots; i++) {
		sql_stmt_destroy(&db->stmts[i]);
	}
	free(db->stmts);
	if (db->handle != NULL) {
		int rc = sqlite3_close(db->handle);

		assert(rc == SQLITE_OK);
		(void)rc;
	}
	memset(db, 0, sizeof(*db));
}

bool db_exec(struct db *db, const char *sql, struct error *err)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK) {
		return db_fail(db, rc, "database", err);
	}
	return true;
}

bool db_query_int(struct db *db, const char *sql, int64_t *ret, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(stmt);
	}
	if (rc != SQLITE_ROW) {
		(void)db_fail(db, rc, "database", err);
		(void)sqlite3_finalize(stmt);
		return false;
	}
	*ret = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return true;
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

void db_rollback(struct db *db)
{
	if (db_in_transaction(db)) {
		/* SQLite rolls back whatever the result says */
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	}
}

static size_t slot_of(const struct db *db, const struct sql_text *text)
{
	size_t slot = ((uintptr_t)text / sizeof(*text)) * 0x9e3779b1u & (db->stmt_slots - 1);

	while (db->stmts[slot] != NULL && sql_stmt_text(db->stmts[slot]) != text) {
		slot = (slot + 1) & (db->stmt_slots - 1);
	}
	return slot;
}

static void grow(struct db *db)
{
	struct sql_stmt **old = db->stmts;
	size_t old_slots = db->stmt_slots;

	db->stmt_slots = old_slots == 0 ? 64 : old_slots * 2;
	db->stmts = xcalloc(db->stmt_slots, sizeof(struct sql_stmt *));
	for (size_t i = 0; i < old_slots; i++) {
		if (old[i] != NULL) {
			db->stmts[slot_of(db, sql_stmt_text(old[i]))] = old[i];
		}
	}
	free(old);
}

struct sql_stmt *db_stmt(struct db *db, const struct sql_text *text, struct error *err)
{
	size_t slot;

	if (db->stmt_count * 2 >= db->stmt_slots) {
		grow(db);
	}
	slot = slot_of(db, text);
	if (db->stmts[slot] == NULL) {
		db->stmts[slot] = sql_stmt_create(db, text, err);
		db->stmt_count += db->stmts[slot] != NULL;
	}
	return db->stmts[slot];
}

int db_run(struct db *db, const struct sql_text *text)
{
	struct error err;
	struct sql_stmt *stmt = db_stmt(db, text, &err);

	return stmt == NULL ? sqlite3_extended_errcode(db->handle) : sql_stmt_run(stmt);
}
