/*
 * Stopping: one O(channels) transaction writes the stop version, raises current_version and inserts
 * the ends' broadcasts; nothing of an older version is claimed after its commit, because every page
 * asks current_version. Older rows are swept later.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"

enum { STOP_VERSION_INSERT, STOP_OPEN_WITHDRAW };

const struct sql_text alert_stop_sql[] = {
	/* kind 4 = end, state 3 = approved */
	[STOP_VERSION_INSERT] = {"alert_stop_version",
				 "INSERT INTO version (alert_id, version, kind, state, etag, tier,"
				 " end_reason, created_utc_ms, decided_utc_ms, request_sealed)"
				 " VALUES ($1, $2, 4, 3, 1, $3, $4, $5, $5, $6)"},
	/* 1 draft, 2 pending, 4 returned -> 6 withdrawn */
	[STOP_OPEN_WITHDRAW] = {"alert_stop_open",
				"UPDATE version SET state = 6, etag = etag + 1,"
				" decided_utc_ms = $3 WHERE alert_id = $1 AND version = $2"
				" AND state IN (1, 2, 4)"},
};
const size_t alert_stop_sql_count = ARRAY_LEN(alert_stop_sql);

static bool open_withdraw(struct store_txn *txn, const struct alert_row *row, int64_t now_utc_ms,
			  struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &alert_stop_sql[STOP_OPEN_WITHDRAW]);

	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, row->open_version);
	sql_bind_int(stmt, 3, now_utc_ms);
	return sql_run(stmt, err);
}

static bool stop_version_insert(struct store_txn *txn, struct arena *arena,
				const struct alert_stop *stop, const struct alert_row *row,
				int version, struct error *err)
{
	struct bytes note = {stop->note, stop->note != NULL ? strlen(stop->note) : 0};
	struct bytes sealed;
	struct sql_stmt *stmt;

	if (!alert_row_seal(txn, arena, row, "request", version, note, &sealed, err)) {
		return false;
	}
	stmt = sql_use(txn, &alert_stop_sql[STOP_VERSION_INSERT]);
	sql_bind_id(stmt, 1, &row->id);
	sql_bind_int(stmt, 2, version);
	sql_bind_int(stmt, 3, row->tier);
	sql_bind_int(stmt, 4, stop->reason);
	sql_bind_int(stmt, 5, stop->now_utc_ms);
	if (sealed.len > 0) {
		sql_bind_blob(stmt, 6, sealed.data, sealed.len);
	} else {
		sql_bind_null(stmt, 6);
	}
	return sql_run(stmt, err) && version_person_add(txn, &row->id, version, stop->person,
							DID_STOP, stop->now_utc_ms, err);
}

/* Draft and pending alerts were never sent: they end withdrawn, without a version of their own. */
static bool stop_unsent(struct store_txn *txn, const struct alert_stop *stop, struct alert_row *row,
			struct error *err)
{
	row->end_reason = END_WITHDRAWN;
	row->ended_utc_ms = stop->now_utc_ms;
	if (!open_withdraw(txn, row, stop->now_utc_ms, err) ||
	    !ladder_end(txn, &row->id, 0, stop->now_utc_ms, err) ||
	    !timer_delete_of_alert(txn, &row->id, err)) {
		return false;
	}
	row->open_version = 0;
	return alert_row_enter(txn, row, ALERT_ENDED, err);
}

static bool stop_sent(struct store_txn *txn, struct arena *arena, const struct alert_stop *stop,
		      struct alert_row *row, int *ret_broadcasts, struct error *err)
{
	struct fanout fanout = {
		.alert_id = row->id,
		.version = row->last_version + 1,
		.now_utc_ms = stop->now_utc_ms,
	};

	memcpy(fanout.seed, stop->seed, sizeof(fanout.seed));
	if (!open_withdraw(txn, row, stop->now_utc_ms, err) ||
	    !stop_version_insert(txn, arena, stop, row, fanout.version, err) ||
	    !fanout_stop(txn, &fanout, stop->reason, ret_broadcasts, err) ||
	    !ladder_end(txn, &row->id, 0, stop->now_utc_ms, err) ||
	    !timer_delete_of_alert(txn, &row->id, err)) {
		return false;
	}
	row->last_version = fanout.version;
	row->current_version = fanout.version;
	row->open_version = 0;
	row->end_reason = stop->reason;
	row->ended_utc_ms = stop->now_utc_ms;
	return alert_row_enter(txn, row, ALERT_ENDED, err);
}

bool alert_stop_run(struct store_txn *txn, struct arena *arena, const struct alert_stop *stop,
		    struct outcome *outcome, int *ret_broadcasts, struct error *err)
{
	struct alert_row row;
	int broadcasts = 0;

	if (!alert_row_get(txn, arena, &stop->alert_id, NULL, &row, err)) {
		return false;
	}
	if (row.state == ALERT_ENDED || row.state == ALERT_REJECTED) {
		broadcasts = -1;
	} else if (row.current_version == 0) {
		if (!stop_unsent(txn, stop, &row, err)) {
			return false;
		}
	} else if (!stop_sent(txn, arena, stop, &row, &broadcasts, err)) {
		return false;
	}
	alert_row_outcome(&row, NULL, outcome);
	outcome->version = row.current_version;
	outcome->at_utc_ms = row.ended_utc_ms;
	outcome->count = broadcasts > 0 ? broadcasts : 0;
	*ret_broadcasts = broadcasts;
	return true;
}

/* Said by the op, not by who asked: only so is it kept as the answer to the same request. */
static bool was_stopped(const struct store_alert_stop_out *out, struct error *err)
{
	const struct outcome *outcome = &out->outcome;

	return out->broadcasts >= 0 ||
	       error_set(err, ERROR_CONFLICT, "alert %s is over: %s", outcome->alert_ref,
			 outcome->end_reason == END_NONE ? alert_state_name(outcome->alert_state)
							 : end_reason_name(outcome->end_reason));
}

static bool run_stop(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_alert_stop_in *in = in_any;
	struct store_alert_stop_out *out = out_any;
	struct alert_row row;

	if (!in->only_if_expired) {
		return alert_stop_run(txn, arena, &in->stop, &out->outcome, &out->broadcasts,
				      err) &&
		       was_stopped(out, err);
	}
	if (!alert_row_get(txn, arena, &in->stop.alert_id, NULL, &row, err)) {
		return false;
	}
	if (row.expires_utc_ms == 0 || row.expires_utc_ms > in->stop.now_utc_ms) {
		alert_row_outcome(&row, NULL, &out->outcome);
		return true;
	}
	return alert_stop_run(txn, arena, &in->stop, &out->outcome, &out->broadcasts, err);
}

const struct store_op store_alert_stop = {
	.name = "alert_stop",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_alert_stop_in),
	.out_size = sizeof(struct store_alert_stop_out),
	.run = run_stop,
};

static bool run_suspend(struct store_txn *txn, struct arena *arena, const void *in_any,
			void *out_any, struct error *err)
{
	const struct store_alert_suspend_in *in = in_any;
	struct store_alert_suspend_out *out = out_any;
	struct alert_row row;

	if (!alert_row_get(txn, arena, &in->alert_id, NULL, &row, err) ||
	    !alert_row_enter(txn, &row, ALERT_SUSPENDED, err) ||
	    !ladder_pause(txn, &row.id, true, err) ||
	    !version_person_add(txn, &row.id, row.current_version, in->person, DID_STOP,
				in->now_utc_ms, err)) {
		return false;
	}
	alert_row_outcome(&row, NULL, &out->outcome);
	out->outcome.version = row.current_version;
	out->outcome.at_utc_ms = in->now_utc_ms;
	return true;
}

const struct store_op store_alert_suspend = {
	.name = "alert_suspend",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_alert_suspend_in),
	.out_size = sizeof(struct store_alert_suspend_out),
	.run = run_suspend,
};
