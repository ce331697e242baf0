/*
 * For the store's own table files (implementers' header; other rooms include store/store.h and
 * store/<table>.h only).
 *
 * A statement is one portable SQL text: `$name` or `$n` parameters, CAST never `::`, ON CONFLICT,
 * RETURNING without an assumed order, explicit NULLS FIRST/LAST, no clock and no chance. Each table
 * file has one `enum` and one const array of texts, registered in sql_registry (store/sql.c) so
 * that a test prepares every one.
 */
#ifndef ASTRAD_STORE_TXN_H
#define ASTRAD_STORE_TXN_H

#include "store/store.h"

struct sql_stmt; /* prepared, cached per handle, reset when it leaves the pool */

struct sql_text {
	const char *name; /* "report_insert" */
	const char *sql;
};

/* A cached prepared statement, reset, nothing bound. Never fails but with the transaction (recorded
 * in txn). */
struct sql_stmt *sql_use(struct store_txn *txn, const struct sql_text *text) RETURNS_NONNULL;
/* Binds by 1-based number $1..$n. Text and blobs are borrowed until the next sql_use of the
 * statement. */
void sql_bind_int(struct sql_stmt *stmt, int index, int64_t value);
void sql_bind_text(struct sql_stmt *stmt, int index, const char *text); /* NULL binds NULL */
void sql_bind_blob(struct sql_stmt *stmt, int index, const void *bytes,
		   size_t len);                                          /* NULL binds NULL */
void sql_bind_id(struct sql_stmt *stmt, int index, const struct id *id); /* none binds NULL */
/* For a page newest first, `id < $n`: none binds what comes after every id. */
void sql_bind_before(struct sql_stmt *stmt, int index, const struct id *id);
void sql_bind_null(struct sql_stmt *stmt, int index);
/* One row: true. End or error: false; tell them apart with sql_ok. */
bool sql_step(struct sql_stmt *stmt);
/* Runs to the end; false with err on failure. A constraint failure is ERROR_CONFLICT. */
bool sql_run(struct sql_stmt *stmt, struct error *err) MUST_USE;
bool sql_ok(struct sql_stmt *stmt,
	    struct error *err) MUST_USE; /* false when the last step failed */
int64_t sql_int(struct sql_stmt *stmt, int column);
bool sql_is_null(struct sql_stmt *stmt, int column);
char *sql_text(struct sql_stmt *stmt, int column, struct arena *arena); /* copied; NULL for NULL */
struct bytes sql_blob(struct sql_stmt *stmt, int column, struct arena *arena); /* copied */
struct id sql_id(struct sql_stmt *stmt, int column);
int64_t sql_changes(struct store_txn *txn);

/*
 * Case and alert keys. In a write transaction key_assign takes a fresh key from the pool (its id
 * goes into the row); seal/open use it. AAD = owner id, kind, version. A purged key: ERROR_GONE.
 */
bool txn_key_assign(struct store_txn *txn, int64_t *ret_key_id, struct error *err) MUST_USE;
bool txn_seal(struct store_txn *txn, struct arena *arena, int64_t key_id, const struct id *owner,
	      const char *kind, int64_t version, struct bytes plain, struct bytes *ret_sealed,
	      struct error *err) MUST_USE;
bool txn_open(struct store_txn *txn, struct arena *arena, int64_t key_id, const struct id *owner,
	      const char *kind, int64_t version, struct bytes sealed, struct bytes *ret_plain,
	      struct error *err) MUST_USE;
/* key_id of what belongs to no case or alert (addresses of lists): the store's own key, never
 * purged. */
#define TXN_STORE_KEY 0
/*
 * Destroys a key, for ever, in the key file and its copy: the purge itself. It happens at once and
 * is not undone by a rollback, so it comes last in its op; the op may run again and finds it done.
 * ERROR_TEMPORARY while the copy is absent: fail the op, the purge stays pending.
 */
bool txn_key_purge(struct store_txn *txn, int64_t key_id, struct error *err) MUST_USE;
/* A keyed hash for lookups (addresses, tokens). */
void txn_hash(struct store_txn *txn, const char *label, struct bytes text,
	      uint8_t out[SECRET_HASH_BYTES]);
/* The key of a channel's addresses. */
void txn_address_key(struct store_txn *txn, const char *channel, struct secret_key *ret_key);
/* What the request turned out to be about (it came with a ref): fills the ids that call->audit
 * leaves open. NULL = as it was. */
void txn_about(struct store_txn *txn, const struct id *case_id, const struct id *alert_id);
/* A further audit row of this request beside call->audit. */
bool txn_audit(struct store_txn *txn, const struct store_audit *entry, struct error *err) MUST_USE;

#endif
