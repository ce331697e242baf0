/*
 * The purge of a case. The keys go last: zeroing them is not undone by a rollback, and a run that
 * is repeated finds them zeroed and writes the same rows again. Crash between the zeroed keys and
 * the commit: the case reads as gone already, and the pending purge finishes its rows.
 */
#include "store/purge.h"

#include "base/limits.h"
#include "store/alert_row.h"
#include "store/case_row.h"
#include "store/rows.h"
#include "store/sql_registry.h"

enum {
	PURGE_REQUEST,
	PURGE_IS_BEGUN,
	PURGE_PENDING,
	PURGE_CASE,
	PURGE_ALERTS,
	PURGE_ALERT_KEYS,
	PURGE_LIVE_ALERTS,
	PURGE_FIRST_BLOB, /* every statement from here: $1 the case, $2 the most rows */
	PURGE_REPORTS = PURGE_FIRST_BLOB,
	PURGE_NOTES,
	PURGE_HOLDS,
	PURGE_VERSIONS,
	PURGE_VARIANTS,
	PURGE_ACKS,
	PURGE_CASE_NOTES,
	PURGE_ALERT_NOTES,
	PURGE_BLOB_END,
};

#define OF_ITS_ALERTS " IN (SELECT alert_id FROM alert_case WHERE case_id = $1)"

const struct sql_text purge_sql[] = {
	[PURGE_REQUEST] = {"purge_request",
			   "UPDATE casefile SET purge_requested_utc_ms = $2, etag = etag + 1"
			   " WHERE id = $1 AND purge_requested_utc_ms IS NULL"},
	[PURGE_IS_BEGUN] = {"purge_is_begun", "SELECT 1 FROM casefile WHERE id = $1"
					      " AND purge_requested_utc_ms IS NOT NULL"},
	[PURGE_PENDING] = {"purge_pending",
			   "SELECT id FROM casefile WHERE purge_requested_utc_ms IS NOT NULL"
			   " AND purged_utc_ms IS NULL ORDER BY id LIMIT $1"},
	/* 10 retained -> 11 purged */
	[PURGE_CASE] = {"purge_case",
			"UPDATE casefile SET state = 11, etag = etag + 1, truth_sealed = NULL,"
			" close_sealed = NULL, updated_utc_ms = $2, purged_utc_ms = $2"
			" WHERE id = $1 AND state = 10 AND purge_requested_utc_ms IS NOT NULL"},
	[PURGE_ALERTS] = {"purge_alerts", "UPDATE alert SET etag = etag + 1, purged_utc_ms = $2"
					  " WHERE id" OF_ITS_ALERTS},
	[PURGE_ALERT_KEYS] = {"purge_alert_keys",
			      "SELECT key_id FROM alert WHERE id" OF_ITS_ALERTS " ORDER BY id"},
	[PURGE_LIVE_ALERTS] = {"purge_live_alerts", "SELECT ref FROM alert WHERE id" OF_ITS_ALERTS
						    " AND state <= 5 LIMIT 1"},
	[PURGE_REPORTS] = {"purge_reports",
			   "UPDATE report SET body_sealed = NULL WHERE id IN (SELECT id FROM report"
			   " WHERE case_id = $1 AND body_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_NOTES] = {"purge_notes",
			 "UPDATE note SET text_sealed = NULL WHERE id IN (SELECT id FROM note"
			 " WHERE case_id = $1 AND text_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_HOLDS] = {"purge_holds",
			 "UPDATE hold SET why_sealed = NULL WHERE case_id = $1 AND field IN"
			 " (SELECT field FROM hold WHERE case_id = $1"
			 " AND why_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_VERSIONS] =
		{"purge_versions",
		 "UPDATE version SET draft_sealed = NULL, request_sealed = NULL"
		 " WHERE (alert_id, version) IN (SELECT alert_id, version FROM version"
		 " WHERE alert_id" OF_ITS_ALERTS
		 " AND (draft_sealed IS NOT NULL OR request_sealed IS NOT NULL) LIMIT $2)"},
	[PURGE_VARIANTS] = {"purge_variants",
			    "UPDATE variant SET body_sealed = NULL"
			    " WHERE (alert_id, version, variant) IN (SELECT alert_id, version,"
			    " variant FROM variant WHERE alert_id" OF_ITS_ALERTS
			    " AND body_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_ACKS] = {"purge_acks", "UPDATE ack SET said_sealed = NULL WHERE id IN (SELECT id"
				      " FROM ack WHERE alert_id" OF_ITS_ALERTS
				      " AND said_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_CASE_NOTES] = {"purge_case_notes",
			      "UPDATE audit SET note_sealed = NULL WHERE (chain, seq) IN"
			      " (SELECT chain, seq FROM audit WHERE case_id = $1"
			      " AND note_sealed IS NOT NULL LIMIT $2)"},
	[PURGE_ALERT_NOTES] = {"purge_alert_notes",
			       "UPDATE audit SET note_sealed = NULL WHERE (chain, seq) IN"
			       " (SELECT chain, seq FROM audit WHERE alert_id" OF_ITS_ALERTS
			       " AND note_sealed IS NOT NULL LIMIT $2)"},
};
const size_t purge_sql_count = ARRAY_LEN(purge_sql);

static struct sql_stmt *use_of_case(struct store_txn *txn, int sql, const struct id *case_id)
{
	struct sql_stmt *stmt = sql_use(txn, &purge_sql[sql]);

	sql_bind_id(stmt, 1, case_id);
	return stmt;
}

/* --- begin --- */

static bool alerts_are_over(struct store_txn *txn, struct arena *arena, const struct id *case_id,
			    struct error *err)
{
	struct sql_stmt *stmt = use_of_case(txn, PURGE_LIVE_ALERTS, case_id);

	if (sql_step(stmt)) {
		return error_set(err, ERROR_CONFLICT, "alert %s is not over",
				 sql_text(stmt, 0, arena));
	}
	return sql_ok(stmt, err);
}

static bool may_purge(struct store_txn *txn, struct arena *arena, const struct case_row *row,
		      struct error *err)
{
	if (row->state == CASE_PURGED) {
		return error_set(err, ERROR_GONE, "case %s was purged", row->ref);
	}
	if (!case_state_may(row->state, CASE_PURGED)) {
		return error_set(err, ERROR_CONFLICT,
				 "case %s is %s: only a retained one is purged", row->ref,
				 case_state_name(row->state));
	}
	return alerts_are_over(txn, arena, &row->id, err);
}

static bool run_begin(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		      struct error *err)
{
	const struct store_purge_begin_in *in = in_any;
	struct store_purge_begin_out *out = out_any;
	struct case_row row;
	struct sql_stmt *stmt;

	if (!case_row_get(txn, arena, &in->case_id, in->case_ref, &row, err) ||
	    !may_purge(txn, arena, &row, err)) {
		return false;
	}
	stmt = use_of_case(txn, PURGE_REQUEST, &row.id);
	sql_bind_int(stmt, 2, in->now_utc_ms);
	case_row_outcome(&row, &out->outcome);
	out->outcome.http_status = 202;
	out->outcome.at_utc_ms = in->now_utc_ms;
	return sql_run(stmt, err);
}

const struct store_op store_purge_begin = {
	.name = "purge_begin",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_purge_begin_in),
	.out_size = sizeof(struct store_purge_begin_out),
	.run = run_begin,
};

/* --- run --- */

/* Up to LIMIT_STORE_ROWS rows lose their sealed bytes; ret_left is what the page has room for. */
static bool drop_blobs(struct store_txn *txn, const struct id *case_id, int64_t *ret_left,
		       struct error *err)
{
	int64_t left = LIMIT_STORE_ROWS;

	for (int sql = PURGE_FIRST_BLOB; sql < PURGE_BLOB_END && left > 0; sql++) {
		struct sql_stmt *stmt = use_of_case(txn, sql, case_id);

		sql_bind_int(stmt, 2, left);
		if (!sql_run(stmt, err)) {
			return false;
		}
		left -= sql_changes(txn);
	}
	*ret_left = left;
	return true;
}

static bool is_begun(struct store_txn *txn, const struct case_row *row, struct error *err)
{
	struct sql_stmt *stmt = use_of_case(txn, PURGE_IS_BEGUN, &row->id);

	if (sql_step(stmt)) {
		return true;
	}
	return sql_ok(stmt, err) &&
	       error_set(err, ERROR_CONFLICT, "the purge of case %s was not begun", row->ref);
}

static bool mark(struct store_txn *txn, int sql, const struct store_purge_run_in *in,
		 struct error *err)
{
	struct sql_stmt *stmt = use_of_case(txn, sql, &in->case_id);

	sql_bind_int(stmt, 2, in->now_utc_ms);
	return sql_run(stmt, err);
}

/* The purge itself. Keys that are zeroed already stay so. */
static bool zero_keys(struct store_txn *txn, struct arena *arena, const struct case_row *row,
		      struct error *err)
{
	struct sql_stmt *stmt = use_of_case(txn, PURGE_ALERT_KEYS, &row->id);
	struct rows keys = {.size = sizeof(int64_t)};

	*(int64_t *)rows_add(&keys, arena) = row->key_id;
	while (sql_step(stmt)) {
		*(int64_t *)rows_add(&keys, arena) = sql_int(stmt, 0);
	}
	if (!sql_ok(stmt, err)) {
		return false;
	}
	for (size_t i = 0; i < keys.count; i++) {
		if (!txn_key_purge(txn, ((const int64_t *)keys.data)[i], err)) {
			return false;
		}
	}
	return true;
}

static bool finish(struct store_txn *txn, struct arena *arena, const struct store_purge_run_in *in,
		   const struct case_row *row, struct error *err)
{
	return mark(txn, PURGE_ALERTS, in, err) && mark(txn, PURGE_CASE, in, err) &&
	       txn_audit(txn,
			 &(struct store_audit){.action = "case.purge",
					       .person = "system",
					       .case_id = row->id,
					       .now_utc_ms = in->now_utc_ms},
			 err) &&
	       zero_keys(txn, arena, row, err);
}

static bool run_purge(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		      struct error *err)
{
	const struct store_purge_run_in *in = in_any;
	struct store_purge_run_out *out = out_any;
	struct case_row row;
	int64_t left;

	if (!case_row_get(txn, arena, &in->case_id, NULL, &row, err)) {
		return false;
	}
	if (row.state == CASE_PURGED) {
		out->is_done = true;
		return true;
	}
	/* asked again: an alert may have been drafted for a case that was reopened since */
	if (!is_begun(txn, &row, err) || !may_purge(txn, arena, &row, err) ||
	    !drop_blobs(txn, &row.id, &left, err)) {
		return false;
	}
	out->is_done = left > 0;
	return !out->is_done || finish(txn, arena, in, &row, err);
}

const struct store_op store_purge_run = {
	.name = "purge_run",
	.class_of = STORE_KEEPING,
	.in_size = sizeof(struct store_purge_run_in),
	.out_size = sizeof(struct store_purge_run_out),
	.run = run_purge,
};

/* --- pending --- */

static bool run_pending(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_purge_pending_in *in = in_any;
	struct store_purge_pending_out *out = out_any;
	struct sql_stmt *stmt = sql_use(txn, &purge_sql[PURGE_PENDING]);
	struct rows rows = {.size = sizeof(struct id)};

	sql_bind_int(stmt, 1, in->limit);
	while (sql_step(stmt)) {
		*(struct id *)rows_add(&rows, arena) = sql_id(stmt, 0);
	}
	out->cases = rows.data;
	out->count = rows.count;
	return sql_ok(stmt, err);
}

const struct store_op store_purge_pending = {
	.name = "purge_pending",
	.class_of = STORE_READ,
	.in_size = sizeof(struct store_purge_pending_in),
	.out_size = sizeof(struct store_purge_pending_out),
	.run = run_pending,
};
