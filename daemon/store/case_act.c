/*
 * Small acts on a case: note, assign, close, reopen, hold, release. One table says what each does
 * to the case; all share the etag check, the state check and the save.
 *
 * A verified close ends, in the same transaction, every alert that no other open case shares. An
 * unverified one changes no state of the case: it suspends the alerts and sets a reminder, for "he
 * is home" may be a mistake or a lie.
 */
#include <string.h>

#include "store/sql_registry.h"
#include "store/alert_row.h"
#include "store/case_row.h"
#include "store/rows.h"

/* An unverified close asks again after this long. */
#define REMIND_AFTER_MS (30 * 60 * 1000)

enum { NOTE_INSERT, PERSON_EXISTS, HOLD_PUT, HOLD_DELETE };

const struct sql_text case_act_sql[] = {
	[NOTE_INSERT] = {"case_note_insert",
			 "INSERT INTO note (id, case_id, person, created_utc_ms, due_utc_ms,"
			 " text_sealed) VALUES ($1, $2, $3, $4, $5, $6)"},
	[PERSON_EXISTS] = {"case_person_exists",
			   "SELECT 1 FROM person WHERE id = $1 AND disabled_utc_ms IS NULL"},
	[HOLD_PUT] = {"case_hold_put",
		      "INSERT INTO hold (case_id, field, person, created_utc_ms, until_utc_ms,"
		      " why_sealed) VALUES ($1, $2, $3, $4, $5, $6)"
		      " ON CONFLICT (case_id, field) DO UPDATE SET person = excluded.person,"
		      " created_utc_ms = excluded.created_utc_ms,"
		      " until_utc_ms = excluded.until_utc_ms, why_sealed = excluded.why_sealed"},
	[HOLD_DELETE] = {"case_hold_delete", "DELETE FROM hold WHERE case_id = $1 AND field = $2"},
};
const size_t case_act_sql_count = ARRAY_LEN(case_act_sql);

/* One act under way. */
struct act {
	struct store_txn *txn;
	struct arena *arena;
	const struct store_case_act_in *in;
	struct store_case_act_out *out;
	struct case_row row;
};

static bool seal_text(struct act *act, const struct id *owner, const char *kind, int64_t version,
		      struct bytes *ret_sealed, struct error *err)
{
	const char *text = act->in->text != NULL ? act->in->text : "";

	return txn_seal(act->txn, act->arena, act->row.key_id, owner, kind, version,
			(struct bytes){text, strlen(text)}, ret_sealed, err);
}

static void bind_due(struct sql_stmt *stmt, int index, int64_t utc_ms)
{
	if (utc_ms != 0) {
		sql_bind_int(stmt, index, utc_ms);
	} else {
		sql_bind_null(stmt, index);
	}
}

static bool note_insert(struct act *act, struct bytes sealed, struct error *err)
{
	const struct store_case_act_in *in = act->in;
	struct sql_stmt *stmt = sql_use(act->txn, &case_act_sql[NOTE_INSERT]);

	sql_bind_id(stmt, 1, &in->item_id);
	sql_bind_id(stmt, 2, &act->row.id);
	sql_bind_text(stmt, 3, in->person);
	sql_bind_int(stmt, 4, in->now.utc_ms);
	bind_due(stmt, 5, in->due_utc_ms);
	sql_bind_blob(stmt, 6, sealed.data, sealed.len);
	return sql_run(stmt, err);
}

static bool act_note(struct act *act, struct error *err)
{
	const struct store_case_act_in *in = act->in;
	struct bytes sealed;

	act->out->outcome.http_status = 201;
	act->out->outcome.item_id = in->item_id;
	if (!seal_text(act, &in->item_id, "note", 1, &sealed, err) ||
	    !note_insert(act, sealed, err)) {
		return false;
	}
	if (in->due_utc_ms == 0) {
		return true;
	}
	return timer_insert(act->txn,
			    &(struct timer_row){.kind = TIMER_NOTE,
						.case_id = act->row.id,
						.owner_id = in->item_id,
						.due_utc_ms = in->due_utc_ms},
			    &in->now, err);
}

static bool act_assign(struct act *act, struct error *err)
{
	struct sql_stmt *stmt;

	if (act->in->word != NULL) {
		stmt = sql_use(act->txn, &case_act_sql[PERSON_EXISTS]);
		sql_bind_text(stmt, 1, act->in->word);
		if (!sql_step(stmt)) {
			return sql_ok(stmt, err)
				       ? error_set(err, ERROR_INVALID, "is no active person")
				       : false;
		}
	}
	act->row.assigned_to = act->in->word;
	return act->row.state != CASE_INTAKE || case_row_enter(&act->row, CASE_OPEN, err);
}

static bool act_hold(struct act *act, struct error *err)
{
	const struct store_case_act_in *in = act->in;
	struct bytes sealed;
	struct sql_stmt *stmt;

	if (!seal_text(act, &act->row.id, "hold", in->field, &sealed, err)) {
		return false;
	}
	stmt = sql_use(act->txn, &case_act_sql[HOLD_PUT]);
	sql_bind_id(stmt, 1, &act->row.id);
	sql_bind_int(stmt, 2, in->field);
	sql_bind_text(stmt, 3, in->person);
	sql_bind_int(stmt, 4, in->now.utc_ms);
	bind_due(stmt, 5, in->due_utc_ms);
	sql_bind_blob(stmt, 6, sealed.data, sealed.len);
	return sql_run(stmt, err);
}

static bool act_release(struct act *act, struct error *err)
{
	struct sql_stmt *stmt = sql_use(act->txn, &case_act_sql[HOLD_DELETE]);

	sql_bind_id(stmt, 1, &act->row.id);
	sql_bind_int(stmt, 2, act->in->field);
	if (!sql_run(stmt, err)) {
		return false;
	}
	return sql_changes(act->txn) > 0 ||
	       error_set(err, ERROR_NOT_FOUND, "the field is not held");
}

static bool end_alert(struct act *act, const struct id *alert, struct error *err)
{
	struct alert_stop stop = {
		.alert_id = *alert,
		.reason = act->in->end_reason,
		.person = act->in->person,
		.now_utc_ms = act->in->now.utc_ms,
	};
	struct outcome ended = {0};
	int broadcasts;

	memcpy(stop.seed, act->in->seed, sizeof(stop.seed));
	if (!alert_stop_run(act->txn, act->arena, &stop, &ended, &broadcasts, err)) {
		return false;
	}
	act->out->broadcasts += broadcasts > 0 ? broadcasts : 0;
	return txn_audit(act->txn,
			 &(struct store_audit){.action = "alert.end",
					       .person = act->in->person,
					       .case_id = act->row.id,
					       .alert_id = *alert,
					       .version = ended.version,
					       .detail = end_reason_name(ended.end_reason),
					       .now_utc_ms = act->in->now.utc_ms},
			 err);
}

static bool suspend_alert(struct act *act, const struct id *alert, struct error *err)
{
	struct alert_row row;

	if (!alert_row_get(act->txn, act->arena, alert, NULL, &row, err)) {
		return false;
	}
	if (row.state != ALERT_ACTIVE) {
		return true;
	}
	return alert_row_enter(act->txn, &row, ALERT_SUSPENDED, err) &&
	       ladder_pause(act->txn, &row.id, true, err);
}

static bool remind(struct act *act, struct error *err)
{
	return timer_insert(
		act->txn,
		&(struct timer_row){.kind = TIMER_CLOSE_REMIND,
				    .case_id = act->row.id,
				    .owner_id = act->row.id,
				    .epoch = act->row.etag + 1,
				    .due_utc_ms = act->in->now.utc_ms + REMIND_AFTER_MS},
		&act->in->now, err);
}

static bool act_close(struct act *act, struct error *err)
{
	const struct id *alerts;
	size_t count;

	if (case_state_is_ended(act->row.state)) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s already", act->row.ref,
				 case_state_name(act->row.state));
	}
	if (!seal_text(act, &act->row.id, "close", 1, &act->row.close_sealed, err) ||
	    !timer_delete_of(act->txn, &act->row.id, TIMER_CLOSE_REMIND, err) ||
	    !case_live_alerts(act->txn, act->arena, &act->row.id, &alerts, &count, err)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!(act->in->is_verified ? end_alert(act, &alerts[i], err)
					   : suspend_alert(act, &alerts[i], err))) {
			return false;
		}
	}
	act->out->alerts = alerts;
	act->out->alert_count = count;
	act->out->outcome.count = (int)count;
	act->row.closed_utc_ms = act->in->now.utc_ms;
	act->row.is_verified = act->in->is_verified;
	if (!act->in->is_verified) {
		return remind(act, err);
	}
	if (act->row.state == CASE_INTAKE && !case_row_enter(&act->row, CASE_OPEN, err)) {
		return false;
	}
	return case_row_enter(&act->row, act->in->state, err);
}

static bool act_reopen(struct act *act, struct error *err)
{
	if (!case_state_is_ended(act->row.state) && act->row.closed_utc_ms == 0) {
		return error_set(err, ERROR_CONFLICT, "case %s is %s: it was not closed",
				 act->row.ref, case_state_name(act->row.state));
	}
	act->row.closed_utc_ms = 0;
	act->row.is_verified = false;
	if (!timer_delete_of(act->txn, &act->row.id, TIMER_CLOSE_REMIND, err)) {
		return false;
	}
	if (act->row.state == CASE_OPEN || act->row.state == CASE_INTAKE) {
		act->row.state = CASE_OPEN; /* an unverified close is taken back */
		return true;
	}
	return case_row_enter(&act->row, CASE_OPEN, err);
}

static bool (*const acts[])(struct act *act, struct error *err) = {
	[CASE_ACT_NOTE] = act_note,   [CASE_ACT_ASSIGN] = act_assign,
	[CASE_ACT_CLOSE] = act_close, [CASE_ACT_REOPEN] = act_reopen,
	[CASE_ACT_HOLD] = act_hold,   [CASE_ACT_RELEASE] = act_release,
};

static bool run_act(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		    struct error *err)
{
	struct act act = {.txn = txn, .arena = arena, .in = in_any, .out = out_any};

	if (!case_row_get(txn, arena, &act.in->case_id, act.in->case_ref, &act.row, err)) {
		return false;
	}
	if (act.row.state == CASE_PURGED) {
		return error_set(err, ERROR_GONE, "case %s was purged", act.row.ref);
	}
	if (act.in->if_etag != 0 && act.in->if_etag != act.row.etag) {
		return error_set(err, ERROR_STALE, "case %s changed since you read it",
				 act.row.ref);
	}
	if (!acts[act.in->act](&act, err)) {
		return false;
	}
	act.row.updated_utc_ms = act.in->now.utc_ms;
	if (!case_row_save(txn, &act.row, err)) {
		return false;
	}
	case_row_outcome(&act.row, &act.out->outcome);
	act.out->outcome.at_utc_ms = act.in->now.utc_ms;
	return true;
}

const struct store_op store_case_act = {
	.name = "case_act",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_case_act_in),
	.out_size = sizeof(struct store_case_act_out),
	.run = run_act,
};

const struct store_op store_case_close = {
	.name = "case_close",
	.class_of = STORE_STOP,
	.in_size = sizeof(struct store_case_act_in),
	.out_size = sizeof(struct store_case_act_out),
	.run = run_act,
};
