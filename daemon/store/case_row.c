/*
 * One case's row: every change of a case goes through here, so a state that the transition table
 * does not allow and a truth that is not sealed cannot be written.
 */
#include "store/sql_registry.h"
#include "store/case_row.h"

#include "store/rows.h"

enum { CASE_BY_ID, CASE_BY_REF, CASE_INSERT, CASE_SAVE };

#define CASE_COLUMNS                                                                               \
	"SELECT id, ref, status, state, category, key_id, etag, truth_version, truth_sealed,"      \
	" assigned_to, created_utc_ms, updated_utc_ms, closed_utc_ms, purged_utc_ms, is_verified," \
	" close_sealed FROM casefile "

const struct sql_text case_row_sql[] = {
	[CASE_BY_ID] = {"case_by_id", CASE_COLUMNS "WHERE id = $1"},
	[CASE_BY_REF] = {"case_by_ref", CASE_COLUMNS "WHERE ref = $1"},
	[CASE_INSERT] = {"case_insert",
			 "INSERT INTO casefile (id, ref, status, state, category, key_id, etag,"
			 " truth_version, truth_sealed, created_utc_ms, updated_utc_ms)"
			 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"},
	[CASE_SAVE] = {"case_save",
		       "UPDATE casefile SET state = $2, category = $3, etag = etag + 1,"
		       " truth_version = $4, truth_sealed = $5, assigned_to = $6,"
		       " updated_utc_ms = $7, closed_utc_ms = $8, is_verified = $9,"
		       " close_sealed = $10,"
		       /* a case that goes on after all forgets that it was to be purged */
		       " purge_requested_utc_ms = CASE WHEN $2 = 10 THEN purge_requested_utc_ms END"
		       " WHERE id = $1"},
};
const size_t case_row_sql_count = ARRAY_LEN(case_row_sql);

static void read_case(struct sql_stmt *stmt, struct arena *arena, struct case_row *row)
{
	*row = (struct case_row){
		.id = sql_id(stmt, 0),
		.status = (enum alert_status)sql_int(stmt, 2),
		.state = (enum case_state)sql_int(stmt, 3),
		.category = (enum report_category)sql_int(stmt, 4),
		.key_id = sql_int(stmt, 5),
		.etag = sql_int(stmt, 6),
		.truth_version = sql_int(stmt, 7),
		.truth_sealed = sql_blob(stmt, 8, arena),
		.assigned_to = sql_text(stmt, 9, arena),
		.created_utc_ms = sql_int(stmt, 10),
		.updated_utc_ms = sql_int(stmt, 11),
		.closed_utc_ms = sql_int(stmt, 12),
		.purged_utc_ms = sql_int(stmt, 13),
		.is_verified = sql_int(stmt, 14) != 0,
		.close_sealed = sql_blob(stmt, 15, arena),
	};
	rows_copy_ref(row->ref, sql_text(stmt, 1, arena));
}

bool case_row_get(struct store_txn *txn, struct arena *arena, const struct id *id, const char *ref,
		  struct case_row *row, struct error *err)
{
	struct sql_stmt *stmt;

	if (!id_is_none(id)) {
		stmt = sql_use(txn, &case_row_sql[CASE_BY_ID]);
		sql_bind_id(stmt, 1, id);
	} else {
		stmt = sql_use(txn, &case_row_sql[CASE_BY_REF]);
		sql_bind_text(stmt, 1, ref);
	}
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? error_set(err, ERROR_NOT_FOUND, "no such case") : false;
	}
	read_case(stmt, arena, row);
	if (id_is_none(id)) {
		txn_about(txn, &row->id, NULL);
	}
	return true;
}

bool case_row_open_truth(struct store_txn *txn, struct arena *arena, const struct case_row *row,
			 struct bytes *ret_truth, struct error *err)
{
	if (row->state == CASE_PURGED) {
		return error_set(err, ERROR_GONE, "case %s was purged", row->ref);
	}
	return txn_open(txn, arena, row->key_id, &row->id, "truth", row->truth_version,
			row->truth_sealed, ret_truth, err);
}

bool case_row_set_truth(struct store_txn *txn, struct arena *arena, struct case_row *row,
			struct bytes truth, struct error *err)
{
	if (!txn_seal(txn, arena, row->key_id, &row->id, "truth", row->truth_version + 1, truth,
		      &row->truth_sealed, err)) {
		return false;
	}
	row->truth_version++;
	return true;
}

bool case_row_enter(struct case_row *row, enum case_state state, struct error *err)
{
	if (row->state == state) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s already", row->ref,
				 case_state_name(state));
	}
	if (!case_state_may(row->state, state)) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s and cannot become %s",
				 row->ref, case_state_name(row->state), case_state_name(state));
	}
	row->state = state;
	return true;
}

bool case_row_insert(struct store_txn *txn, const struct case_row *row, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_row_sql[CASE_INSERT]);

	sql_bind_id(stmt, 1, &row->id);
	sql_bind_text(stmt, 2, row->ref);
	sql_bind_int(stmt, 3, row->status);
	sql_bind_int(stmt, 4, row->state);
	sql_bind_int(stmt, 5, row->category);
	sql_bind_int(stmt, 6, row->key_id);
	sql_bind_int(stmt, 7, row->etag);
	sql_bind_int(stmt, 8, row->truth_version);
	sql_bind_blob(stmt, 9, row->truth_sealed.data, row->truth_sealed.len);
	sql_bind_int(stmt, 10, row->created_utc_ms);
	return sql_run(stmt, err);
}

bool case_row_save(struct store_txn *txn, struct case_row *row, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &case_row_sql[CASE_SAVE]);

	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, row->state);
	sql_bind_int(stmt, 3, row->category);
	sql_bind_int(stmt, 4, row->truth_version);
	sql_bind_blob(stmt, 5, row->truth_sealed.data, row->truth_sealed.len);
	sql_bind_text(stmt, 6, row->assigned_to);
	sql_bind_int(stmt, 7, row->updated_utc_ms);
	if (row->closed_utc_ms != 0) {
		sql_bind_int(stmt, 8, row->closed_utc_ms);
		sql_bind_int(stmt, 9, row->is_verified ? 1 : 0);
		sql_bind_blob(stmt, 10, row->close_sealed.data, row->close_sealed.len);
	} else {
		sql_bind_null(stmt, 8);
		sql_bind_null(stmt, 9);
		sql_bind_null(stmt, 10);
	}
	if (!sql_run(stmt, err)) {
		return false;
	}
	row->etag++;
	return true;
}

void case_row_outcome(const struct case_row *row, struct outcome *outcome)
{
	outcome->case_id = row->id;
	rows_copy_ref(outcome->case_ref, row->ref);
	outcome->case_state = row->state;
	outcome->etag = row->etag;
}

void case_row_read_list(struct sql_stmt *stmt, struct arena *arena, struct store_case_row *row)
{
	*row = (struct store_case_row){
		.id = sql_id(stmt, 0),
		.status = (enum alert_status)sql_int(stmt, 2),
		.state = (enum case_state)sql_int(stmt, 3),
		.category = (enum report_category)sql_int(stmt, 4),
		.assigned_to = sql_text(stmt, 5, arena),
		.etag = sql_int(stmt, 6),
		.created_utc_ms = sql_int(stmt, 7),
		.updated_utc_ms = sql_int(stmt, 8),
	};
	rows_copy_ref(row->ref, sql_text(stmt, 1, arena));
}
