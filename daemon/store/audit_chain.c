/*
 * Audit rows are collected while requests run and appended at the end of the batch, when it is
 * settled which of them succeeded: a refused one leaves no row and no gap. Each row's hash
 * is an HMAC, under a key of its own, over the hash before it and the row; the note is covered by
 * the hash of its ciphertext, so the chain verifies without keys of cases and after purges.
 *
 * Crash: rows commit with what they tell of. The head in memory moves only after the commit.
 */
#include "store/audit_chain.h"

#include <string.h>

#include "base/limits.h"
#include "store/audit.h"
#include "store/core.h"
#include "store/sql_registry.h"

enum { SQL_APPEND, SQL_NEWEST, SQL_BEFORE, SQL_AFTER, SQL_CASE_KEY, SQL_ALERT_KEY };

#define ROW_COLUMNS                                                                                \
	"seq, at_utc_ms, action, person, case_id, alert_id, version, detail, key_id, "             \
	"note_sealed, note_hash, hash"

const struct sql_text audit_sql[] = {
	[SQL_APPEND] = {"audit_append", "INSERT INTO audit (chain, " ROW_COLUMNS ") VALUES "
					"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"},
	[SQL_NEWEST] = {"audit_newest", "SELECT " ROW_COLUMNS
					" FROM audit WHERE chain = $1 ORDER BY seq DESC LIMIT 1"},
	[SQL_BEFORE] = {"audit_before", "SELECT hash FROM audit WHERE chain = $1 AND seq = $2"},
	[SQL_AFTER] = {"audit_after",
		       "SELECT " ROW_COLUMNS
		       " FROM audit WHERE chain = $1 AND seq > $2 ORDER BY seq LIMIT $3"},
	[SQL_CASE_KEY] = {"audit_case_key", "SELECT key_id FROM casefile WHERE id = $1"},
	[SQL_ALERT_KEY] = {"audit_alert_key", "SELECT key_id FROM alert WHERE id = $1"},
};
const size_t audit_sql_count = ARRAY_LEN(audit_sql);

/* --- hashing --- */

static void add_number(struct buf *out, int64_t value)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
	}
	buf_add(out, bytes, sizeof(bytes));
}

/* Length first, so that no two rows make the same bytes; -1 = NULL. */
static void add_field(struct buf *out, const void *bytes, size_t len)
{
	add_number(out, bytes == NULL ? -1 : (int64_t)len);
	if (bytes != NULL) {
		buf_add(out, bytes, len);
	}
}

static void add_text(struct buf *out, const char *text)
{
	add_field(out, text, text == NULL ? 0 : strlen(text));
}

void audit_chain_hash(const struct secret_key *key, const uint8_t previous[SECRET_HASH_BYTES],
		      const struct audit_content *content, uint8_t out[SECRET_HASH_BYTES])
{
	AUTO(buf) struct buf text = {0};

	buf_add(&text, previous, SECRET_HASH_BYTES);
	add_number(&text, AUDIT_CHAIN);
	add_number(&text, content->seq);
	add_number(&text, content->at_utc_ms);
	add_text(&text, content->action);
	add_text(&text, content->person);
	add_field(&text, content->case_id.bytes, sizeof(content->case_id.bytes));
	add_field(&text, content->alert_id.bytes, sizeof(content->alert_id.bytes));
	add_number(&text, content->version);
	add_text(&text, content->detail);
	add_number(&text, content->key_id);
	add_field(&text, content->note_hash, SECRET_HASH_BYTES);
	secret_hmac(key->bytes, sizeof(key->bytes), text.data, text.len, out);
}

/* --- collecting --- */

static bool find_note_key(struct store_txn *txn, const struct store_audit *entry,
			  int64_t *ret_key_id, struct error *err)
{
	bool by_case = !id_is_none(&entry->case_id);
	struct sql_stmt *stmt = sql_use(txn, &audit_sql[by_case ? SQL_CASE_KEY : SQL_ALERT_KEY]);

	sql_bind_id(stmt, 1, by_case ? &entry->case_id : &entry->alert_id);
	if (sql_step(stmt)) {
		*ret_key_id = sql_int(stmt, 0);
		return true;
	}
	return sql_ok(stmt, err) && error_set(err, ERROR_INTERNAL, "an audit note without a case");
}

static bool seal_note(struct store_txn *txn, struct audit_row *row, struct error *err)
{
	const struct store_audit *entry = &row->entry;
	const struct id *owner = id_is_none(&entry->case_id) ? &entry->alert_id : &entry->case_id;
	struct bytes plain = {entry->note, strlen(entry->note)};

	if (!find_note_key(txn, entry, &row->key_id, err) ||
	    !txn_seal(txn, txn->arena, row->key_id, owner, "audit", entry->now_utc_ms, plain,
		      &row->note, err)) {
		return false;
	}
	secret_sha256(row->note.data, row->note.len, row->note_hash);
	return true;
}

void txn_about(struct store_txn *txn, const struct id *case_id, const struct id *alert_id)
{
	if (case_id != NULL) {
		txn->about_case = *case_id;
	}
	if (alert_id != NULL) {
		txn->about_alert = *alert_id;
	}
}

bool audit_chain_note_call(struct store_txn *txn, const struct store_audit *entry,
			   struct error *err)
{
	struct store_audit whole = *entry;

	if (id_is_none(&whole.case_id)) {
		whole.case_id = txn->about_case;
	}
	if (id_is_none(&whole.alert_id)) {
		whole.alert_id = txn->about_alert;
	}
	return txn_audit(txn, &whole, err);
}

bool txn_audit(struct store_txn *txn, const struct store_audit *entry, struct error *err)
{
	struct audit_row *row = arena_alloc(txn->arena, sizeof(*row));

	row->entry = *entry;
	row->entry.action = arena_strdup(txn->arena, entry->action);
	row->entry.person = arena_strdup(txn->arena, entry->person);
	row->entry.detail = arena_strdup(txn->arena, entry->detail);
	if (entry->note != NULL && !seal_note(txn, row, err)) {
		return error_prefix(err, "audit note");
	}
	row->entry.note = NULL;
	*txn->rows_last = row;
	txn->rows_last = &row->next;
	return true;
}

/* --- appending --- */

static bool append_row(struct store_txn *txn, const struct audit_row *row,
		       const struct audit_head *head, struct error *err)
{
	const struct store_audit *entry = &row->entry;
	bool has_note = row->key_id != 0;
	struct sql_stmt *stmt = sql_use(txn, &audit_sql[SQL_APPEND]);

	sql_bind_int(stmt, 1, AUDIT_CHAIN);
	sql_bind_int(stmt, 2, head->seq);
	sql_bind_int(stmt, 3, entry->now_utc_ms);
	sql_bind_text(stmt, 4, entry->action);
	sql_bind_text(stmt, 5, entry->person);
	sql_bind_id(stmt, 6, &entry->case_id);
	sql_bind_id(stmt, 7, &entry->alert_id);
	sql_bind_int(stmt, 8, entry->version);
	sql_bind_text(stmt, 9, entry->detail);
	if (has_note) {
		sql_bind_int(stmt, 10, row->key_id);
		sql_bind_blob(stmt, 11, row->note.data, row->note.len);
		sql_bind_blob(stmt, 12, row->note_hash, sizeof(row->note_hash));
	}
	sql_bind_blob(stmt, 13, head->hash, sizeof(head->hash));
	return sql_run(stmt, err);
}

bool audit_chain_append(struct store_txn *txn, const struct audit_row *rows,
			struct audit_head *head, struct error *err)
{
	for (const struct audit_row *row = rows; row != NULL; row = row->next) {
		const struct store_audit *entry = &row->entry;
		struct audit_content content = {
			.seq = head->seq + 1,
			.at_utc_ms = entry->now_utc_ms,
			.action = entry->action,
			.person = entry->person,
			.detail = entry->detail,
			.case_id = entry->case_id,
			.alert_id = entry->alert_id,
			.version = entry->version,
			.key_id = row->key_id,
			.note_hash = row->key_id != 0 ? row->note_hash : NULL,
		};
		struct audit_head next = {.seq = content.seq, .at_utc_ms = content.at_utc_ms};

		audit_chain_hash(&txn->store->audit_key, head->hash, &content, next.hash);
		if (!append_row(txn, row, &next, err)) {
			return error_prefix(err, "audit");
		}
		*head = next;
	}
	return true;
}

/* --- reading --- */

/* Checks the row the statement stands on against the hash before it; NULL when it is right. */
static const char *check_row(struct store_txn *txn, struct sql_stmt *stmt,
			     const struct store_audit_head_out *previous,
			     struct store_audit_head_out *ret)
{
	struct bytes note = sql_blob(stmt, 9, txn->arena);
	struct bytes note_hash = sql_blob(stmt, 10, txn->arena);
	struct bytes hash = sql_blob(stmt, 11, txn->arena);
	struct audit_content content = {
		.seq = sql_int(stmt, 0),
		.at_utc_ms = sql_int(stmt, 1),
		.action = sql_text(stmt, 2, txn->arena),
		.person = sql_text(stmt, 3, txn->arena),
		.case_id = sql_id(stmt, 4),
		.alert_id = sql_id(stmt, 5),
		.version = sql_int(stmt, 6),
		.detail = sql_text(stmt, 7, txn->arena),
		.key_id = sql_int(stmt, 8),
		.note_hash = (const uint8_t *)note_hash.data,
	};
	uint8_t computed[SECRET_HASH_BYTES];

	ret->seq = content.seq;
	ret->at_utc_ms = content.at_utc_ms;
	if (hash.len != SECRET_HASH_BYTES ||
	    (note_hash.data != NULL && note_hash.len != SECRET_HASH_BYTES)) {
		return "the row is damaged";
	}
	audit_chain_hash(&txn->store->audit_key, previous->hash, &content, computed);
	if (!secret_equal(computed, hash.data, sizeof(computed))) {
		return "the row or the one before it was changed";
	}
	if (note.data != NULL) {
		secret_sha256(note.data, note.len, computed);
		if (note_hash.data == NULL ||
		    memcmp(computed, note_hash.data, sizeof(computed)) != 0) {
			return "the note was changed";
		}
	}
	memcpy(ret->hash, hash.data, sizeof(ret->hash));
	return content.seq == previous->seq + 1 ? NULL : "rows are missing before it";
}

static bool load_hash(struct store_txn *txn, int64_t seq, uint8_t out[SECRET_HASH_BYTES],
		      struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &audit_sql[SQL_BEFORE]);
	struct bytes hash = {0};

	sql_bind_int(stmt, 1, AUDIT_CHAIN);
	sql_bind_int(stmt, 2, seq);
	if (sql_step(stmt)) {
		hash = sql_blob(stmt, 0, txn->arena);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	if (hash.len != SECRET_HASH_BYTES) {
		return error_set(err, ERROR_DENIED, "audit row %lld is missing", (long long)seq);
	}
	memcpy(out, hash.data, SECRET_HASH_BYTES);
	return true;
}

bool audit_chain_load(struct store_txn *txn, struct audit_head *ret_head, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &audit_sql[SQL_NEWEST]);
	struct store_audit_head_out previous = {0};
	struct store_audit_head_out newest = {0};
	const char *why;

	sql_bind_int(stmt, 1, AUDIT_CHAIN);
	if (!sql_step(stmt)) {
		*ret_head = (struct audit_head){0};
		return sql_ok(stmt, err);
	}
	previous.seq = sql_int(stmt, 0) - 1;
	if (previous.seq > 0 && !load_hash(txn, previous.seq, previous.hash, err)) {
		return false;
	}
	why = check_row(txn, stmt, &previous, &newest);
	if (why != NULL) {
		return error_set(err, ERROR_DENIED, "the audit trail is broken at row %lld: %s",
				 (long long)newest.seq, why);
	}
	ret_head->seq = newest.seq;
	ret_head->at_utc_ms = newest.at_utc_ms;
	memcpy(ret_head->hash, newest.hash, sizeof(ret_head->hash));
	return true;
}

/* --- ops --- */

static bool run_head(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		     struct error *err)
{
	struct store_audit_head_out *answer = out;
	struct audit_head head;

	(void)arena;
	(void)in;
	if (!audit_chain_load(txn, &head, err)) {
		return false;
	}
	answer->seq = head.seq;
	answer->at_utc_ms = head.at_utc_ms;
	memcpy(answer->hash, head.hash, sizeof(answer->hash));
	return true;
}

const struct store_op store_audit_head = {
	.name = "audit_head",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_audit_head_in),
	.out_size = sizeof(struct store_audit_head_out),
	.run = run_head,
};

static bool run_verify(struct store_txn *txn, struct arena *arena, const void *in, void *out,
		       struct error *err)
{
	const struct store_audit_verify_in *asked = in;
	struct store_audit_verify_out *answer = out;
	struct sql_stmt *stmt = sql_use(txn, &audit_sql[SQL_AFTER]);
	int64_t rows = 0;

	(void)arena;
	answer->last = asked->after;
	sql_bind_int(stmt, 1, AUDIT_CHAIN);
	sql_bind_int(stmt, 2, asked->after.seq);
	sql_bind_int(stmt, 3, LIMIT_STORE_ROWS);
	while (sql_step(stmt)) {
		struct store_audit_head_out row = {0};
		const char *why = check_row(txn, stmt, &answer->last, &row);

		if (why != NULL) {
			answer->is_broken = true;
			answer->broken_seq = row.seq;
			strncpy(answer->why, why, sizeof(answer->why) - 1);
			return true;
		}
		answer->last = row;
		rows++;
	}
	answer->is_done = rows < LIMIT_STORE_ROWS;
	return sql_ok(stmt, err);
}

const struct store_op store_audit_verify = {
	.name = "audit_verify",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_audit_verify_in),
	.out_size = sizeof(struct store_audit_verify_out),
	.run = run_verify,
};
