/*
 * The typed layer between a request and SQLite (store/txn.h). Parameters are `$1`..`$n` by number:
 * SQLite numbers named parameters by first appearance, so each statement keeps a map.
 *
 * Errors: a constraint failure concerns its statement only and must be looked at (sql_ok, sql_run).
 * Anything else marks the transaction failed: later steps do nothing. A step never runs outside of
 * a transaction, because after SQLite's own rollback it would be committed by itself.
 */
#include "store/sql.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMS_MAX 48

struct sql_stmt {
	sqlite3_stmt *handle; /* NULL: preparing failed, the transaction is marked */
	const struct sql_text *text;
	struct store_txn *txn;
	struct sql_stmt *next_used;
	bool is_used;
	bool failed; /* the last step */
	int params[PARAMS_MAX + 1];
};

/* --- transactions --- */

void txn_start(struct store_txn *txn, struct store *store, struct db *db, bool is_write)
{
	memset(txn, 0, sizeof(*txn));
	txn->store = store;
	txn->db = db;
	txn->is_write = is_write;
	txn->rows_last = &txn->rows;
	txn->about_case = (struct id){0};
	txn->about_alert = (struct id){0};
}

void txn_next(struct store_txn *txn, struct arena *arena)
{
	assert(txn->used == NULL);
	txn->arena = arena;
	txn->failure.code = ERROR_NONE;
	txn->unseen = NULL;
	txn->rows = NULL;
	txn->rows_last = &txn->rows;
}

bool txn_end(struct store_txn *txn, struct error *err)
{
	const struct sql_stmt *unseen = txn->unseen;

	keys_forget(txn);
	while (txn->used != NULL) {
		struct sql_stmt *stmt = txn->used;

		txn->used = stmt->next_used;
		stmt->is_used = false;
		stmt->txn = NULL;
		if (stmt->handle == NULL) {
			free(stmt);
			continue;
		}
		/* its failure was recorded when it happened */
		(void)sqlite3_reset(stmt->handle);
		(void)sqlite3_clear_bindings(stmt->handle);
	}
	txn->unseen = NULL;
	if (txn->failure.code != ERROR_NONE) {
		*err = txn->failure;
		return false;
	}
	if (unseen != NULL) {
		return error_set(err, ERROR_INTERNAL, "a failed statement was not looked at: %s",
				 txn->step_error.text);
	}
	return true;
}

/* --- making --- */

static void map_params(struct sql_stmt *stmt)
{
	int count = sqlite3_bind_parameter_count(stmt->handle);

	assert(count <= PARAMS_MAX);
	for (int i = 1; i <= count; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "$%d", i);
		stmt->params[i] = sqlite3_bind_parameter_index(stmt->handle, name);
		assert(stmt->params[i] != 0);
	}
}

struct sql_stmt *sql_stmt_create(struct db *db, const struct sql_text *text, struct error *err)
{
	struct sql_stmt *stmt = xcalloc(1, sizeof(*stmt));
	int rc = sqlite3_prepare_v3(db->handle, text->sql, -1, SQLITE_PREPARE_PERSISTENT,
				    &stmt->handle, NULL);

	if (rc != SQLITE_OK) {
		free(stmt);
		(void)db_fail(db, rc, text->name, err);
		return NULL;
	}
	stmt->text = text;
	map_params(stmt);
	return stmt;
}

void sql_stmt_destroy(struct sql_stmt **stmt)
{
	if (*stmt == NULL) {
		return;
	}
	(void)sqlite3_finalize((*stmt)->handle); /* repeats the last step's error */
	free(*stmt);
	*stmt = NULL;
}

const struct sql_text *sql_stmt_text(const struct sql_stmt *stmt)
{
	return stmt->text;
}

int sql_stmt_run(struct sql_stmt *stmt)
{
	int rc = sqlite3_step(stmt->handle);
	int extended = rc == SQLITE_DONE
			       ? SQLITE_OK
			       : sqlite3_extended_errcode(sqlite3_db_handle(stmt->handle));

	(void)sqlite3_reset(stmt->handle);
	return extended;
}

/* --- use --- */

static void fail_txn(struct store_txn *txn, const struct error *err)
{
	if (txn->failure.code == ERROR_NONE) {
		txn->failure = *err;
	}
}

struct sql_stmt *sql_use(struct store_txn *txn, const struct sql_text *text)
{
	struct error err;
	struct sql_stmt *stmt = db_stmt(txn->db, text, &err);

	if (stmt == NULL) {
		fail_txn(txn, &err);
		stmt = xcalloc(1, sizeof(*stmt)); /* freed by txn_end */
		stmt->text = text;
	} else {
		(void)sqlite3_reset(stmt->handle);
		(void)sqlite3_clear_bindings(stmt->handle);
	}
	stmt->txn = txn;
	stmt->failed = false;
	if (!stmt->is_used) {
		stmt->is_used = true;
		stmt->next_used = txn->used;
		txn->used = stmt;
	}
	return stmt;
}

static void bound(struct sql_stmt *stmt, int rc)
{
	struct error err;

	assert(rc != SQLITE_RANGE && rc != SQLITE_MISUSE);
	if (rc != SQLITE_OK) {
		(void)db_fail(stmt->txn->db, rc, stmt->text->name, &err);
		fail_txn(stmt->txn, &err);
	}
}

static int param(const struct sql_stmt *stmt, int index)
{
	assert(index >= 1 && index <= PARAMS_MAX);
	return stmt->params[index];
}

void sql_bind_int(struct sql_stmt *stmt, int index, int64_t value)
{
	if (stmt->handle != NULL) {
		bound(stmt, sqlite3_bind_int64(stmt->handle, param(stmt, index), value));
	}
}

void sql_bind_null(struct sql_stmt *stmt, int index)
{
	if (stmt->handle != NULL) {
		bound(stmt, sqlite3_bind_null(stmt->handle, param(stmt, index)));
	}
}

void sql_bind_text(struct sql_stmt *stmt, int index, const char *text)
{
	if (stmt->handle != NULL) {
		bound(stmt,
		      sqlite3_bind_text(stmt->handle, param(stmt, index), text, -1, SQLITE_STATIC));
	}
}

void sql_bind_blob(struct sql_stmt *stmt, int index, const void *bytes, size_t len)
{
	if (stmt->handle != NULL) {
		bound(stmt, sqlite3_bind_blob64(stmt->handle, param(stmt, index), bytes, len,
						SQLITE_STATIC));
	}
}

void sql_bind_id(struct sql_stmt *stmt, int index, const struct id *id)
{
	if (id == NULL || id_is_none(id)) {
		sql_bind_null(stmt, index);
	} else {
		sql_bind_blob(stmt, index, id->bytes, sizeof(id->bytes));
	}
}

void sql_bind_before(struct sql_stmt *stmt, int index, const struct id *id)
{
	static const uint8_t last[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (id_is_none(id)) {
		sql_bind_blob(stmt, index, last, sizeof(last));
	} else {
		sql_bind_id(stmt, index, id);
	}
}

static void record_failure(struct sql_stmt *stmt, int rc)
{
	struct store_txn *txn = stmt->txn;

	stmt->failed = true;
	txn->is_full |= db_is_full(txn->db, rc);
	(void)db_fail(txn->db, rc, stmt->text->name, &txn->step_error);
	if ((rc & 0xff) != SQLITE_CONSTRAINT || !db_in_transaction(txn->db)) {
		fail_txn(txn, &txn->step_error);
	}
	txn->unseen = stmt;
}

bool sql_step(struct sql_stmt *stmt)
{
	int rc;

	if (stmt->txn->failure.code != ERROR_NONE) {
		stmt->failed = true;
		return false;
	}
	assert(db_in_transaction(stmt->txn->db));
	rc = sqlite3_step(stmt->handle);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
		return rc == SQLITE_ROW;
	}
	record_failure(stmt, rc);
	return false;
}

bool sql_ok(struct sql_stmt *stmt, struct error *err)
{
	const struct store_txn *txn = stmt->txn;

	if (!stmt->failed) {
		return true;
	}
	if (err != NULL) {
		*err = txn->failure.code != ERROR_NONE ? txn->failure : txn->step_error;
	}
	if (txn->unseen == stmt) {
		stmt->txn->unseen = NULL;
	}
	return false;
}

bool sql_run(struct sql_stmt *stmt, struct error *err)
{
	while (sql_step(stmt)) {
	}
	return sql_ok(stmt, err);
}

/* --- columns --- */

int64_t sql_int(struct sql_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->handle, column);
}

bool sql_is_null(struct sql_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

char *sql_text(struct sql_stmt *stmt, int column, struct arena *arena)
{
	const void *text = sqlite3_column_text(stmt->handle, column);

	if (text == NULL) {
		return NULL;
	}
	return arena_memdup(arena, text, (size_t)sqlite3_column_bytes(stmt->handle, column));
}

struct bytes sql_blob(struct sql_stmt *stmt, int column, struct arena *arena)
{
	const void *blob = sqlite3_column_blob(stmt->handle, column);
	struct bytes copy = {0};

	if (blob != NULL) {
		copy.len = (size_t)sqlite3_column_bytes(stmt->handle, column);
		copy.data = arena_memdup(arena, blob, copy.len);
	}
	return copy;
}

struct id sql_id(struct sql_stmt *stmt, int column)
{
	const void *blob = sqlite3_column_blob(stmt->handle, column);
	struct id id = {0};

	if (blob != NULL && sqlite3_column_bytes(stmt->handle, column) == (int)sizeof(id.bytes)) {
		memcpy(id.bytes, blob, sizeof(id.bytes));
	}
	return id;
}

int64_t sql_changes(struct store_txn *txn)
{
	return sqlite3_changes64(txn->db->handle);
}
