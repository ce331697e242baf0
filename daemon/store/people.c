/*
 * Persons and tokens. The hash of a token's secret is all that is kept; intake holds the table in
 * memory and reloads it after each change. Ids are never given twice, so an audit entry names one
 * human for ever.
 */
#include "store/sql_registry.h"
#include "store/people.h"

#include <string.h>

#include "base/limits.h"
#include "store/rows.h"
#include "store/txn.h"

enum {
	PERSON_INSERT,
	PERSON_COUNT,
	PERSON_DISABLE,
	TOKENS_OF_PERSON_REVOKE,
	PERSON_ACTIVE,
	TOKEN_COUNT,
	TOKEN_INSERT,
	TOKEN_REVOKE,
	PERSONS_ALL,
	TOKENS_ALL,
};

const struct sql_text people_sql[] = {
	[PERSON_INSERT] = {"person_insert",
			   "INSERT INTO person (id, name, created_utc_ms) VALUES ($1, $2, $3)"
			   " ON CONFLICT (id) DO NOTHING"},
	[PERSON_COUNT] = {"person_count", "SELECT COUNT(*) FROM person"},
	[PERSON_DISABLE] = {"person_disable", "UPDATE person SET disabled_utc_ms = $2"
					      " WHERE id = $1 AND disabled_utc_ms IS NULL"},
	[TOKENS_OF_PERSON_REVOKE] = {"tokens_of_person_revoke",
				     "UPDATE token SET revoked_utc_ms = $2"
				     " WHERE person = $1 AND revoked_utc_ms IS NULL"},
	[PERSON_ACTIVE] = {"person_active",
			   "SELECT 1 FROM person WHERE id = $1 AND disabled_utc_ms IS NULL"},
	[TOKEN_COUNT] = {"token_count", "SELECT COUNT(*) FROM token"},
	[TOKEN_INSERT] = {"token_insert",
			  "INSERT INTO token (id, name, person, partner, role, hash, created_by,"
			  " created_utc_ms, expires_utc_ms)"
			  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"},
	[TOKEN_REVOKE] = {"token_revoke",
			  "UPDATE token SET revoked_utc_ms = $2"
			  " WHERE id = $1 AND revoked_utc_ms IS NULL RETURNING name"},
	[PERSONS_ALL] = {"persons_all",
			 "SELECT id, name, created_utc_ms, disabled_utc_ms FROM person"
			 " ORDER BY id"},
	[TOKENS_ALL] = {"tokens_all",
			"SELECT id, name, person, partner, role, hash, created_utc_ms,"
			" expires_utc_ms, revoked_utc_ms FROM token"
			" WHERE $1 = 1 OR revoked_utc_ms IS NULL ORDER BY id"},
};
const size_t people_sql_count = ARRAY_LEN(people_sql);

static void set_word(struct outcome *outcome, const char *word)
{
	memset(outcome->word, 0, sizeof(outcome->word));
	memcpy(outcome->word, word, strnlen(word, sizeof(outcome->word) - 1));
}

static bool exists(struct sql_stmt *stmt, bool *ret_exists, struct error *err)
{
	*ret_exists = sql_step(stmt);
	return sql_ok(stmt, err);
}

static bool count_of(struct store_txn *txn, int sql, int64_t *ret_count, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &people_sql[sql]);

	*ret_count = sql_step(stmt) ? sql_int(stmt, 0) : 0;
	return sql_ok(stmt, err);
}

static bool run_person_create(struct store_txn *txn, struct arena *arena, const void *in_any,
			      void *out_any, struct error *err)
{
	const struct store_person_create_in *in = in_any;
	struct store_person_create_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &people_sql[PERSON_INSERT]);
	int64_t count;

	(void)arena; /* nothing outlives the run */
	sql_bind_text(stmt, 1, in->id);
	sql_bind_text(stmt, 2, in->name);
	sql_bind_int(stmt, 3, in->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (sql_changes(txn) == 0) {
		return error_set(err, ERROR_CONFLICT, "person \"%s\" exists already", in->id);
	}
	if (!count_of(txn, PERSON_COUNT, &count, err)) {
		return false;
	}
	if (count > LIMIT_PEOPLE) {
		return error_set(err, ERROR_LIMIT, "there are %d persons already", LIMIT_PEOPLE);
	}
	out->outcome.http_status = 201;
	out->outcome.at_utc_ms = in->now_utc_ms;
	set_word(&out->outcome, in->id);
	return true;
}

const struct store_op store_person_create = {
	.name = "person_create",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_person_create_in),
	.out_size = sizeof(struct store_person_create_out),
	.run = run_person_create,
};

static bool run_person_disable(struct store_txn *txn, struct arena *arena, const void *in_any,
			       void *out_any, struct error *err)
{
	const struct store_person_disable_in *in = in_any;
	struct store_person_disable_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &people_sql[PERSON_DISABLE]);

	(void)arena; /* nothing outlives the run */
	sql_bind_text(stmt, 1, in->id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (sql_changes(txn) == 0) {
		return error_set(err, ERROR_NOT_FOUND, "no active person \"%s\"", in->id);
	}
	stmt = sql_use(txn, &people_sql[TOKENS_OF_PERSON_REVOKE]);
	sql_bind_text(stmt, 1, in->id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	out->outcome.count = (int)sql_changes(txn);
	out->outcome.at_utc_ms = in->now_utc_ms;
	set_word(&out->outcome, in->id);
	return true;
}

const struct store_op store_person_disable = {
	.name = "person_disable",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_person_disable_in),
	.out_size = sizeof(struct store_person_disable_out),
	.run = run_person_disable,
};

static bool token_may(struct store_txn *txn, const struct store_token_create_in *in,
		      struct error *err)
{
	struct sql_stmt *stmt;
	int64_t count;
	bool is_active = true;

	if (!count_of(txn, TOKEN_COUNT, &count, err)) {
		return false;
	}
	if (in->only_first && count > 0) {
		return error_set(err, ERROR_DENIED,
				 "tokens exist: only an admin may make further ones");
	}
	if (count >= LIMIT_PEOPLE) {
		return error_set(err, ERROR_LIMIT, "there are %d tokens already", LIMIT_PEOPLE);
	}
	if (in->person != NULL) {
		stmt = sql_use(txn, &people_sql[PERSON_ACTIVE]);
		sql_bind_text(stmt, 1, in->person);
		if (!exists(stmt, &is_active, err)) {
			return false;
		}
	}
	return is_active || error_set(err, ERROR_INVALID, "is no active person");
}

static bool run_token_create(struct store_txn *txn, struct arena *arena, const void *in_any,
			     void *out_any, struct error *err)
{
	const struct store_token_create_in *in = in_any;
	struct store_token_create_out *out = out_any;
	struct sql_stmt *stmt;

	(void)arena; /* nothing outlives the run */
	if (!token_may(txn, in, err)) {
		return false;
	}
	stmt = sql_use(txn, &people_sql[TOKEN_INSERT]);
	sql_bind_id(stmt, 1, &in->token_id);
	sql_bind_text(stmt, 2, in->name);
	sql_bind_text(stmt, 3, in->person);
	sql_bind_text(stmt, 4, in->partner);
	sql_bind_int(stmt, 5, in->role);
	sql_bind_blob(stmt, 6, in->hash, sizeof(in->hash));
	sql_bind_text(stmt, 7, in->by);
	sql_bind_int(stmt, 8, in->now_utc_ms);
	if (in->expires_utc_ms != 0) {
		sql_bind_int(stmt, 9, in->expires_utc_ms);
	} else {
		sql_bind_null(stmt, 9);
	}
	if (!sql_run(stmt, err)) {
		return false;
	}
	out->outcome.http_status = 201;
	out->outcome.item_id = in->token_id;
	out->outcome.at_utc_ms = in->now_utc_ms;
	set_word(&out->outcome, in->name);
	return true;
}

const struct store_op store_token_create = {
	.name = "token_create",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_token_create_in),
	.out_size = sizeof(struct store_token_create_out),
	.run = run_token_create,
};

static bool run_token_revoke(struct store_txn *txn, struct arena *arena, const void *in_any,
			     void *out_any, struct error *err)
{
	const struct store_token_revoke_in *in = in_any;
	struct store_token_revoke_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &people_sql[TOKEN_REVOKE]);

	sql_bind_id(stmt, 1, &in->token_id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such token") : false;
	}
	set_word(&out->outcome, sql_text(stmt, 0, arena));
	out->outcome.item_id = in->token_id;
	out->outcome.at_utc_ms = in->now_utc_ms;
	return sql_run(stmt, err);
}

const struct store_op store_token_revoke = {
	.name = "token_revoke",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_token_revoke_in),
	.out_size = sizeof(struct store_token_revoke_out),
	.run = run_token_revoke,
};

static bool load_persons(struct store_txn *txn, struct arena *arena,
			 struct store_people_load_out *out, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &people_sql[PERSONS_ALL]);
	struct rows rows = {.size = sizeof(struct store_person_row)};

	while (sql_step(stmt)) {
		struct store_person_row *row = rows_add(&rows, arena);

		row->id = sql_text(stmt, 0, arena);
		row->name = sql_text(stmt, 1, arena);
		row->created_utc_ms = sql_int(stmt, 2);
		row->disabled_utc_ms = sql_int(stmt, 3);
	}
	out->persons = rows.data;
	out->person_count = rows.count;
	return sql_ok(stmt, err);
}

static void read_token(struct sql_stmt *stmt, struct arena *arena, struct store_token_row *row)
{
	struct bytes hash = sql_blob(stmt, 5, arena);

	row->id = sql_id(stmt, 0);
	row->name = sql_text(stmt, 1, arena);
	row->person = sql_text(stmt, 2, arena);
	row->partner = sql_text(stmt, 3, arena);
	row->role = (enum role)sql_int(stmt, 4);
	if (hash.len == sizeof(row->hash)) {
		memcpy(row->hash, hash.data, sizeof(row->hash));
	}
	row->created_utc_ms = sql_int(stmt, 6);
	row->expires_utc_ms = sql_int(stmt, 7);
	row->revoked_utc_ms = sql_int(stmt, 8);
}

static bool run_load(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_people_load_in *in = in_any;
	struct store_people_load_out *out = out_any;
	struct rows rows = {.size = sizeof(struct store_token_row)};
	struct sql_stmt *stmt;

	if (!load_persons(txn, arena, out, err)) {
		return false;
	}
	stmt = sql_use(txn, &people_sql[TOKENS_ALL]);
	sql_bind_int(stmt, 1, in->with_revoked ? 1 : 0);
	while (sql_step(stmt)) {
		read_token(stmt, arena, rows_add(&rows, arena));
	}
	out->tokens = rows.data;
	out->token_count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_people_load = {
	.name = "people_load",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_people_load_in),
	.out_size = sizeof(struct store_people_load_out),
	.run = run_load,
};
