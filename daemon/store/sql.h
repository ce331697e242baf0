/*
 * Behind txn.h's statements: how a cached statement is made, and the request a transaction serves.
 * Private to the store's core; table files use store/txn.h.
 */
#ifndef ASTRAD_STORE_SQL_H
#define ASTRAD_STORE_SQL_H

#include "store/db.h"
#include "store/txn.h"

struct audit_row;

/*
 * The transaction as one request sees it. `failure` is the first storage error: sticky, every later
 * step fails with it, for after it SQLite may have rolled everything back and the next statement
 * would commit by itself. `unseen` is a statement whose failure nobody has asked for yet: a request
 * that ends with one has missed an error and fails.
 */
struct store_txn {
	struct store *store;
	struct db *db;
	struct arena *arena; /* the request's */
	bool is_write;
	bool is_full; /* the disk was, at some statement of this transaction */
	struct error failure;
	struct error step_error;
	struct sql_stmt *unseen;
	struct sql_stmt *used; /* reset at the request's end */
	struct audit_row *rows, **rows_last;
	struct id about_case, about_alert; /* txn_about */
	int64_t key_high;                  /* highest key id assigned, 0 = none */
	struct secret_key key;             /* the request's last one (keys.c) */
	int64_t key_id;
	bool has_key;
};

void txn_start(struct store_txn *txn, struct store *store, struct db *db, bool is_write);
/* A further request of the same transaction. */
void txn_next(struct store_txn *txn, struct arena *arena);
/* Resets what the request used. False with err when an error was recorded or missed, whatever the
 * request said. */
bool txn_end(struct store_txn *txn, struct error *err) MUST_USE;
/* Wipes the key that the request used last. */
void keys_forget(struct store_txn *txn);

struct sql_stmt *sql_stmt_create(struct db *db, const struct sql_text *text,
				 struct error *err) MUST_USE;
void sql_stmt_destroy(struct sql_stmt **stmt);
const struct sql_text *sql_stmt_text(const struct sql_stmt *stmt);
int sql_stmt_run(struct sql_stmt *stmt); /* outside of requests */

#endif
