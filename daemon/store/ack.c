/*
 * Acknowledgement rows: one a partner and one an operator for each alert, taken again in the same
 * row. The row, its lease timers and the ladder's turn are one transaction, so a stopped ladder
 * without an acknowledgement, or the other way round, does not exist. What was said is sealed under
 * the alert's key.
 */
#include <string.h>

#include "store/ladder_turn.h"
#include "store/sql_registry.h"
#include "store/rows.h"
#include "store/timer_take.h"

enum { ACK_INSERT, ACK_UPDATE, ACK_END, ACK_GET, ACK_ON_WIRE };

/* Ack state 1 held; delivery state 2 sending (domain/states.h). */
const struct sql_text ack_sql[] = {
	[ACK_INSERT] = {"ack_insert",
			"INSERT INTO ack (id, alert_id, version, partner, person, state, role,"
			" is_operator, lease_until_utc_ms, said_sealed, created_utc_ms,"
			" updated_utc_ms)"
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"},
	/* a renewal keeps the first acker's words and standing */
	[ACK_UPDATE] = {"ack_update",
			"UPDATE ack SET state = $2, lease_until_utc_ms = $3, updated_utc_ms = $4,"
			" version = CASE WHEN $5 = 1 THEN version ELSE $6 END,"
			" role = CASE WHEN $5 = 1 THEN role ELSE $7 END,"
			" is_operator = CASE WHEN $5 = 1 THEN is_operator ELSE $8 END,"
			" said_sealed = CASE WHEN $5 = 1 THEN said_sealed ELSE $9 END"
			" WHERE id = $1"},
	[ACK_END] = {"ack_end", "UPDATE ack SET state = $2, updated_utc_ms = $3"
				" WHERE id = $1 AND state = 1"},
	[ACK_GET] = {"ack_get", "SELECT partner, person, lease_until_utc_ms FROM ack WHERE id = $1"
				" AND alert_id = $2"},
	/* from the few rows that are not finished */
	[ACK_ON_WIRE] = {"ack_on_wire",
			 "UPDATE delivery SET post_ack = 1"
			 " WHERE state IN (1, 2, 5, 6, 7, 8) AND state = 2 AND broadcast_id IN"
			 " (SELECT id FROM broadcast WHERE alert_id = $1 AND version = $2)"},
};
const size_t ack_sql_count = ARRAY_LEN(ack_sql);

static void bind_lease(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms == 0) {
		sql_bind_null(stmt, index);
	} else {
		sql_bind_int(stmt, index, utc_ms);
	}
}

static void bind_sealed(struct sql_stmt *stmt, int index, struct bytes sealed)
{
	if (sealed.len == 0) {
		sql_bind_null(stmt, index);
	} else {
		sql_bind_blob(stmt, index, sealed.data, sealed.len);
	}
}

static bool row_insert(struct store_txn *txn, const struct store_ack_put_in *in,
		       const struct alert_row *alert, struct bytes sealed, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ack_sql[ACK_INSERT]);

	sql_bind_id(stmt, 1, &in->ack_id);
	sql_bind_id(stmt, 2, &alert->id);
	sql_bind_int(stmt, 3, alert->current_version);
	sql_bind_text(stmt, 4, in->partner);
	sql_bind_text(stmt, 5, in->person);
	sql_bind_int(stmt, 6, in->state);
	sql_bind_int(stmt, 7, in->role);
	sql_bind_int(stmt, 8, in->is_operator ? 1 : 0);
	bind_lease(stmt, 9, in->lease_until_utc_ms);
	bind_sealed(stmt, 10, sealed);
	sql_bind_int(stmt, 11, in->turn.wall_utc_ms);
	return sql_run(stmt, err);
}

static bool row_update(struct store_txn *txn, const struct store_ack_put_in *in,
		       const struct alert_row *alert, struct bytes sealed, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ack_sql[ACK_UPDATE]);

	sql_bind_id(stmt, 1, &in->ack_id);
	sql_bind_int(stmt, 2, in->state);
	bind_lease(stmt, 3, in->lease_until_utc_ms);
	sql_bind_int(stmt, 4, in->turn.wall_utc_ms);
	sql_bind_int(stmt, 5, in->keeps_said ? 1 : 0);
	sql_bind_int(stmt, 6, alert->current_version);
	sql_bind_int(stmt, 7, in->role);
	sql_bind_int(stmt, 8, in->is_operator ? 1 : 0);
	bind_sealed(stmt, 9, sealed);
	return sql_run(stmt, err);
}

static bool row_put(struct store_txn *txn, struct arena *arena, const struct store_ack_put_in *in,
		    const struct alert_row *alert, struct error *err)
{
	char id[ID_TEXT_BYTES];
	struct bytes sealed = {0};

	id_format(&in->ack_id, id);
	if (!in->keeps_said && !alert_row_seal(txn, arena, alert, arena_printf(arena, "ack %s", id),
					       alert->current_version, in->said, &sealed, err)) {
		return false;
	}
	return in->is_new ? row_insert(txn, in, alert, sealed, err)
			  : row_update(txn, in, alert, sealed, err);
}

static bool lease_timer(struct store_txn *txn, const struct store_ack_put_in *in,
			enum timer_kind kind, int64_t due_utc_ms, struct error *err)
{
	if (due_utc_ms == 0) {
		return true;
	}
	return timer_insert(txn,
			    &(struct timer_row){.kind = kind,
						.alert_id = in->turn.alert_id,
						.owner_id = in->ack_id,
						.due_utc_ms = due_utc_ms},
			    &in->turn.now, err);
}

static bool lease_set(struct store_txn *txn, const struct store_ack_put_in *in, struct error *err)
{
	return timer_delete_of(txn, &in->ack_id, 0, err) &&
	       lease_timer(txn, in, TIMER_LEASE, in->lease_until_utc_ms, err) &&
	       lease_timer(txn, in, TIMER_LEASE_WARN, in->warn_utc_ms, err);
}

/* Whose it is and until when, for the answer. */
static bool tell(struct store_txn *txn, struct arena *arena, const struct id *ack,
		 const struct alert_row *alert, struct outcome *outcome, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ack_sql[ACK_GET]);
	const char *whose;

	sql_bind_id(stmt, 1, ack);
	sql_bind_id(stmt, 2, &alert->id);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) &&
		       error_set(err, ERROR_NOT_FOUND, "no such acknowledgement of this alert");
	}
	whose = sql_text(stmt, sql_is_null(stmt, 0) ? 1 : 0, arena);
	alert_row_outcome(alert, NULL, outcome);
	outcome->version = alert->current_version;
	outcome->item_id = *ack;
	outcome->at_utc_ms = sql_int(stmt, 2);
	(void)strncpy(outcome->word, whose, sizeof(outcome->word) - 1); /* ids are shorter */
	return true;
}

/* Sends under way are not called back: whoever has an alert must also get its end. They are marked,
 * so that an operator sees why somebody was told who need not have been. */
static bool mark_on_wire(struct store_txn *txn, const struct store_ack_put_in *in,
			 const struct alert_row *alert, int64_t *ret_count, struct error *err)
{
	struct sql_stmt *stmt;

	if (in->state != ACK_HELD || in->keeps_said) {
		return true;
	}
	stmt = sql_use(txn, &ack_sql[ACK_ON_WIRE]);
	sql_bind_id(stmt, 1, &alert->id);
	sql_bind_int(stmt, 2, alert->current_version);
	if (!sql_run(stmt, err)) {
		return false;
	}
	*ret_count = sql_changes(txn);
	return true;
}

static bool run_put(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	const struct store_ack_put_in *in = in_any;
	struct store_ack_put_out *out = out_any;
	struct ladder_turned turned = {0};

	if (!ladder_turn_run(txn, arena, &in->turn, &turned, err) ||
	    !row_put(txn, arena, in, &turned.row, err) || !lease_set(txn, in, err) ||
	    !tell(txn, arena, &in->ack_id, &turned.row, &out->outcome, err) ||
	    !mark_on_wire(txn, in, &turned.row, &out->on_wire, err)) {
		return false;
	}
	out->outcome.http_status = in->is_new ? 201 : 200;
	out->broadcasts = turned.broadcasts;
	out->old_state = turned.old_state;
	return true;
}

const struct store_op store_ack_put = {
	.name = "ack_put",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_ack_put_in),
	.out_size = sizeof(struct store_ack_put_out),
	.run = run_put,
};

static bool row_end(struct store_txn *txn, const struct store_ack_end_in *in, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ack_sql[ACK_END]);

	if (in->state == ACK_EXPIRED && !timer_take(txn, &in->timer, err)) {
		return false;
	}
	sql_bind_id(stmt, 1, &in->ack_id);
	sql_bind_int(stmt, 2, in->state);
	sql_bind_int(stmt, 3, in->turn.wall_utc_ms);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (sql_changes(txn) == 0) {
		return error_set(err, ERROR_STALE, "the acknowledgement is not held any more");
	}
	return timer_delete_of(txn, &in->ack_id, 0, err);
}

static bool run_end(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	const struct store_ack_end_in *in = in_any;
	struct store_ack_end_out *out = out_any;
	struct ladder_turned turned = {0};

	if (!ladder_turn_run(txn, arena, &in->turn, &turned, err) || !row_end(txn, in, err) ||
	    !tell(txn, arena, &in->ack_id, &turned.row, &out->outcome, err)) {
		return false;
	}
	out->outcome.at_utc_ms = in->turn.wall_utc_ms;
	out->broadcasts = turned.broadcasts;
	out->old_state = turned.old_state;
	return true;
}

const struct store_op store_ack_end = {
	.name = "ack_end",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_ack_end_in),
	.out_size = sizeof(struct store_ack_end_out),
	.run = run_end,
};
