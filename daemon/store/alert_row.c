/*
 * One alert's row and one version's row: read, change of state through the transition tables,
 * sealing. Every alert op goes through here, so a state that the tables do not allow cannot be
 * written.
 */
#include "store/sql_registry.h"
#include "store/alert_row.h"

#include "store/rows.h"

enum {
	ALERT_BY_ID,
	ALERT_BY_REF,
	VERSION_GET,
	ALERT_SAVE,
	VERSION_ENTER,
	PERSON_ADD,
	REF_LAST,
	REF_SAVE,
};

#define ALERT_COLUMNS                                                                              \
	"SELECT id, ref, status, state, tier, end_reason, policy, key_id, etag, current_version,"  \
	" last_version, open_version, created_by, created_utc_ms, issued_utc_ms, expires_utc_ms,"  \
	" ended_utc_ms FROM alert "

const struct sql_text alert_row_sql[] = {
	[ALERT_BY_ID] = {"alert_by_id", ALERT_COLUMNS "WHERE id = $1"},
	[ALERT_BY_REF] = {"alert_by_ref", ALERT_COLUMNS "WHERE ref = $1"},
	[VERSION_GET] = {"version_get",
			 "SELECT version, kind, state, etag, tier, narrows, end_reason, digest,"
			 " created_utc_ms, submitted_utc_ms, decided_utc_ms, expires_utc_ms,"
			 " draft_sealed, request_sealed FROM version"
			 " WHERE alert_id = $1 AND version = $2"},
	[ALERT_SAVE] = {"alert_save",
			"UPDATE alert SET state = $2, tier = $3, end_reason = $4, policy = $5,"
			" etag = etag + 1, current_version = $6, last_version = $7,"
			" open_version = $8, issued_utc_ms = $9, expires_utc_ms = $10,"
			" ended_utc_ms = $11 WHERE id = $1"},
	[VERSION_ENTER] = {"version_enter",
			   "UPDATE version SET state = $3, etag = etag + 1,"
			   " digest = $4, submitted_utc_ms = $5, decided_utc_ms = $6"
			   " WHERE alert_id = $1 AND version = $2"},
	[PERSON_ADD] = {"version_person_add",
			"INSERT INTO version_person (alert_id, version, person, did, at_utc_ms)"
			" VALUES ($1, $2, $3, $4, $5)"
			" ON CONFLICT (alert_id, version, person, did)"
			" DO UPDATE SET at_utc_ms = excluded.at_utc_ms"},
	[REF_LAST] = {"ref_last", "SELECT last FROM ref_counter WHERE year = $1"},
	[REF_SAVE] = {"ref_save", "INSERT INTO ref_counter (year, last) VALUES ($1, $2)"
				  " ON CONFLICT (year) DO UPDATE SET last = excluded.last"},
};
const size_t alert_row_sql_count = ARRAY_LEN(alert_row_sql);

static void read_alert(struct sql_stmt *stmt, struct arena *arena, struct alert_row *row)
{
	*row = (struct alert_row){
		.id = sql_id(stmt, 0),
		.status = (enum alert_status)sql_int(stmt, 2),
		.state = (enum alert_state)sql_int(stmt, 3),
		.tier = (enum tier)sql_int(stmt, 4),
		.end_reason = (enum end_reason)sql_int(stmt, 5),
		.policy = sql_text(stmt, 6, arena),
		.key_id = sql_int(stmt, 7),
		.etag = sql_int(stmt, 8),
		.current_version = (int)sql_int(stmt, 9),
		.last_version = (int)sql_int(stmt, 10),
		.open_version = (int)sql_int(stmt, 11),
		.created_by = sql_text(stmt, 12, arena),
		.created_utc_ms = sql_int(stmt, 13),
		.issued_utc_ms = sql_int(stmt, 14),
		.expires_utc_ms = sql_int(stmt, 15),
		.ended_utc_ms = sql_int(stmt, 16),
	};
	rows_copy_ref(row->ref, sql_text(stmt, 1, arena));
}

bool alert_row_get(struct store_txn *txn, struct arena *arena, const struct id *id, const char *ref,
		   struct alert_row *row, struct error *err)
{
	struct sql_stmt *stmt;

	if (!id_is_none(id)) {
		stmt = sql_use(txn, &alert_row_sql[ALERT_BY_ID]);
		sql_bind_id(stmt, 1, id);
	} else {
		stmt = sql_use(txn, &alert_row_sql[ALERT_BY_REF]);
		sql_bind_text(stmt, 1, ref);
	}
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such alert") : false;
	}
	read_alert(stmt, arena, row);
	if (id_is_none(id)) {
		txn_about(txn, NULL, &row->id);
	}
	return true;
}

bool version_row_get(struct store_txn *txn, struct arena *arena, const struct id *alert,
		     int version, struct version_row *row, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_row_sql[VERSION_GET]);

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, version);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND,
						     "no version %d of the alert", version)
					 : false;
	}
	*row = (struct version_row){
		.version = (int)sql_int(stmt, 0),
		.kind = (enum version_kind)sql_int(stmt, 1),
		.state = (enum version_state)sql_int(stmt, 2),
		.etag = sql_int(stmt, 3),
		.tier = (enum tier)sql_int(stmt, 4),
		.narrows = sql_int(stmt, 5) != 0,
		.end_reason = (enum end_reason)sql_int(stmt, 6),
		.digest = sql_text(stmt, 7, arena),
		.created_utc_ms = sql_int(stmt, 8),
		.submitted_utc_ms = sql_int(stmt, 9),
		.decided_utc_ms = sql_int(stmt, 10),
		.expires_utc_ms = sql_int(stmt, 11),
		.draft_sealed = sql_blob(stmt, 12, arena),
		.request_sealed = sql_blob(stmt, 13, arena),
	};
	return true;
}

static void bind_time(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms != 0) {
		sql_bind_int(stmt, index, utc_ms);
	} else {
		sql_bind_null(stmt, index);
	}
}

bool alert_row_save(struct store_txn *txn, struct alert_row *row, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_row_sql[ALERT_SAVE]);

	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, row->state);
	sql_bind_int(stmt, 3, row->tier);
	sql_bind_int(stmt, 4, row->end_reason);
	sql_bind_text(stmt, 5, row->policy);
	sql_bind_int(stmt, 6, row->current_version);
	sql_bind_int(stmt, 7, row->last_version);
	bind_time(stmt, 8, row->open_version);
	bind_time(stmt, 9, row->issued_utc_ms);
	bind_time(stmt, 10, row->expires_utc_ms);
	bind_time(stmt, 11, row->ended_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	row->etag++;
	return true;
}

bool alert_row_enter(struct store_txn *txn, struct alert_row *row, enum alert_state state,
		     struct error *err)
{
	if (row->state == state) {
		return error_set(err, ERROR_CONFLICT, "the alert is %s already",
				 alert_state_name(state));
	}
	if (!alert_state_may(row->state, state)) {
		return error_set(err, ERROR_CONFLICT, "the alert is %s and cannot become %s",
				 alert_state_name(row->state), alert_state_name(state));
	}
	row->state = state;
	return alert_row_save(txn, row, err);
}

bool version_row_enter(struct store_txn *txn, const struct id *alert, struct version_row *row,
		       enum version_state state, int64_t now_utc_ms, struct error *err)
{
	struct sql_stmt *stmt;

	if (row->state == state) {
		return error_set(err, ERROR_CONFLICT, "version %d is %s already", row->version,
				 version_state_name(state));
	}
	if (!version_state_may(row->state, state)) {
		return error_set(err, ERROR_CONFLICT, "version %d is %s and cannot become %s",
				 row->version, version_state_name(row->state),
				 version_state_name(state));
	}
	if (state == VERSION_PENDING) {
		row->submitted_utc_ms = now_utc_ms;
	} else if (state != VERSION_DRAFT) {
		row->decided_utc_ms = now_utc_ms;
	}
	stmt = sql_use(txn, &alert_row_sql[VERSION_ENTER]);
	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, row->version);
	sql_bind_int(stmt, 3, state);
	sql_bind_text(stmt, 4, row->digest);
	bind_time(stmt, 5, row->submitted_utc_ms);
	bind_time(stmt, 6, row->decided_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	row->state = state;
	row->etag++;
	return true;
}

bool version_person_add(struct store_txn *txn, const struct id *alert, int version,
			const char *person, enum version_did did, int64_t now_utc_ms,
			struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_row_sql[PERSON_ADD]);

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, version);
	sql_bind_text(stmt, 3, person);
	sql_bind_int(stmt, 4, did);
	sql_bind_int(stmt, 5, now_utc_ms);
	return sql_run(stmt, err);
}

void alert_row_outcome(const struct alert_row *row, const struct version_row *version,
		       struct outcome *outcome)
{
	outcome->alert_id = row->id;
	rows_copy_ref(outcome->alert_ref, row->ref);
	outcome->alert_state = row->state;
	outcome->end_reason = row->end_reason;
	outcome->etag = row->etag;
	if (version != NULL) {
		outcome->version = version->version;
		outcome->version_state = version->state;
		outcome->version_kind = version->kind;
		outcome->etag = version->etag;
	}
}

bool alert_row_seal(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
		    const char *kind, int version, struct bytes plain, struct bytes *ret_sealed,
		    struct error *err)
{
	if (plain.len == 0) {
		*ret_sealed = (struct bytes){0};
		return true;
	}
	return txn_seal(txn, arena, row->key_id, &row->id, kind, version, plain, ret_sealed, err);
}

bool alert_row_open(struct store_txn *txn, struct arena *arena, const struct alert_row *row,
		    const char *kind, int version, struct bytes sealed, struct bytes *ret_plain,
		    struct error *err)
{
	if (sealed.len == 0) {
		*ret_plain = (struct bytes){0};
		return true;
	}
	return txn_open(txn, arena, row->key_id, &row->id, kind, version, sealed, ret_plain, err);
}

bool ref_next(struct store_txn *txn, int year, char ref[REF_TEXT_BYTES], struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_row_sql[REF_LAST]);
	int64_t number = 1;

	sql_bind_int(stmt, 1, year);
	if (sql_step(stmt)) {
		number = sql_int(stmt, 0) + 1;
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	stmt = sql_use(txn, &alert_row_sql[REF_SAVE]);
	sql_bind_int(stmt, 1, year);
	sql_bind_int(stmt, 2, number);
	ref_format(year, number, ref);
	return sql_run(stmt, err);
}
