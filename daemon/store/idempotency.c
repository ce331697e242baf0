/*
 * What a POST with an Idempotency-Key did, so that its repetition is answered again and not done
 * again. A record is {scope, fingerprint, outcome} of ids and states; both keys are HMACs made by
 * the caller. It commits with the request it belongs to: there is no moment with one and not the
 * other. A record past 72 h counts as absent and is replaced.
 */
#include "store/idempotency.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "domain/outcome.h"
#include "store/sql_registry.h"
#include "store/txn.h"

enum { SQL_FIND, SQL_KEEP, SQL_EXPIRE };

const struct sql_text idempotency_sql[] = {
	[SQL_FIND] = {"idempotency_find",
		      "SELECT fingerprint, outcome, at_utc_ms FROM idempotency WHERE scope = $1"},
	[SQL_KEEP] = {"idempotency_keep",
		      "INSERT INTO idempotency (scope, fingerprint, outcome, at_utc_ms) "
		      "VALUES ($1, $2, $3, $4) ON CONFLICT (scope) DO UPDATE SET "
		      "fingerprint = excluded.fingerprint, outcome = excluded.outcome, "
		      "at_utc_ms = excluded.at_utc_ms"},
	[SQL_EXPIRE] = {"idempotency_expire",
			"DELETE FROM idempotency WHERE scope IN (SELECT scope FROM idempotency "
			"WHERE at_utc_ms < $1 ORDER BY at_utc_ms LIMIT $2)"},
};
const size_t idempotency_sql_count = ARRAY_LEN(idempotency_sql);

#define HTTP_CONFLICT 409

static bool replay(struct store_call *call, const char *text, struct error *err)
{
	struct outcome outcome;

	if (!outcome_decode(text, &outcome)) {
		return error_set(err, ERROR_INTERNAL, "an idempotency record is damaged");
	}
	memcpy(call->out, &outcome, sizeof(outcome));
	call->replayed = true;
	if (outcome.http_status == HTTP_CONFLICT) {
		return error_set(err, ERROR_CONFLICT, "%s", outcome.problem);
	}
	return true;
}

bool idempotency_find(struct store_txn *txn, struct store_call *call, bool *ret_found,
		      struct error *err)
{
	const struct store_idempotency *key = &call->idempotency;
	struct sql_stmt *stmt = sql_use(txn, &idempotency_sql[SQL_FIND]);
	struct bytes fingerprint;

	sql_bind_blob(stmt, 1, key->scope, sizeof(key->scope));
	*ret_found = sql_step(stmt);
	if (!*ret_found) {
		return sql_ok(stmt, err);
	}
	if (sql_int(stmt, 2) < key->now_utc_ms - STORE_IDEMPOTENCY_KEEP_MS) {
		*ret_found = false;
		return true;
	}
	fingerprint = sql_blob(stmt, 0, call->arena);
	if (fingerprint.len != sizeof(key->fingerprint) ||
	    !secret_equal(fingerprint.data, key->fingerprint, fingerprint.len)) {
		return error_set(err, ERROR_REUSED,
				 "this Idempotency-Key was used with another body");
	}
	return replay(call, sql_text(stmt, 1, call->arena), err);
}

bool idempotency_keep(struct store_txn *txn, const struct store_call *call,
		      const struct error *conflict, struct error *err)
{
	const struct store_idempotency *key = &call->idempotency;
	AUTO(buf) struct buf text = {0};
	struct outcome outcome;
	struct sql_stmt *stmt;

	memcpy(&outcome, call->out, sizeof(outcome));
	if (conflict != NULL) {
		outcome = (struct outcome){.http_status = HTTP_CONFLICT};
		(void)snprintf(outcome.problem, sizeof(outcome.problem), "%.*s",
			       (int)sizeof(outcome.problem) - 1, conflict->text);
	}
	outcome_encode(&outcome, &text);
	stmt = sql_use(txn, &idempotency_sql[SQL_KEEP]);
	sql_bind_blob(stmt, 1, key->scope, sizeof(key->scope));
	sql_bind_blob(stmt, 2, key->fingerprint, sizeof(key->fingerprint));
	sql_bind_text(stmt, 3, buf_text(&text));
	sql_bind_int(stmt, 4, key->now_utc_ms);
	return sql_run(stmt, err);
}

static bool run_expire(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		       struct error *err)
{
	const struct store_idempotency_expire_in *asked = in;
	struct store_idempotency_expire_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &idempotency_sql[SQL_EXPIRE]);

	(void)arena;
	sql_bind_int(stmt, 1, asked->now_utc_ms - STORE_IDEMPOTENCY_KEEP_MS);
	sql_bind_int(stmt, 2, LIMIT_STORE_ROWS);
	if (!sql_run(stmt, err)) {
		return false;
	}
	answer->deleted = sql_changes(txn);
	return true;
}

const struct store_op store_idempotency_expire = {
	.name = "idempotency_expire",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_idempotency_expire_in),
	.out_size = sizeof(struct store_idempotency_expire_out),
	.run = run_expire,
};
