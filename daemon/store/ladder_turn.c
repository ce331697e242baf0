/*
 * A ladder's turn: state, position, next timer, broadcasts and notices in one transaction with
 * compare-and-set on the epoch. A rung, an acknowledgement, a lapsed lease and a person's /escalate
 * are all turns; of two that were decided on the same rows the second is refused (ERROR_STALE) and
 * decided again. Crash: the turn happened with the commit or not at all, and its timer is there to
 * say so.
 */
#include "store/ladder_turn.h"

#include <string.h>

#include "store/sql_registry.h"

enum { TURN_GET, TURN_SET };

const struct sql_text ladder_turn_sql[] = {
	[TURN_GET] = {"ladder_turn_get",
		      "SELECT kind, state, version FROM ladder WHERE id = $1 AND epoch = $2"},
	[TURN_SET] = {"ladder_turn_set",
		      "UPDATE ladder SET state = $2, epoch = epoch + 1,"
		      " position = CASE WHEN $3 IS NULL THEN position ELSE $3 END WHERE id = $1"},
};
const size_t ladder_turn_sql_count = ARRAY_LEN(ladder_turn_sql);

/* The ladder as it stands before the turn. */
struct before {
	enum ladder_kind kind;
	enum ladder_state state;
	int version;
};

static bool moved(struct error *err, const char *what)
{
	return error_set(err, ERROR_STALE, "%s changed meanwhile", what);
}

static bool alert_still(struct store_txn *txn, struct arena *arena, const struct ladder_turn *turn,
			struct alert_row *row, struct error *err)
{
	if (!alert_row_get(txn, arena, &turn->alert_id, NULL, row, err)) {
		return false;
	}
	if (row->state != turn->if_alert_state || row->current_version != turn->if_version) {
		return moved(err, "the alert");
	}
	return true;
}

static bool ladder_still(struct store_txn *txn, const struct ladder_turn *turn,
			 struct before *before, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_turn_sql[TURN_GET]);

	sql_bind_id(stmt, 1, &turn->ladder_id);
	sql_bind_int(stmt, 2, turn->if_epoch);
	if (!sql_step(stmt)) {
		return sql_ok(stmt, err) ? moved(err, "the ladder") : false;
	}
	*before = (struct before){
		.kind = (enum ladder_kind)sql_int(stmt, 0),
		.state = (enum ladder_state)sql_int(stmt, 1),
		.version = (int)sql_int(stmt, 2),
	};
	if (before->state != turn->state && !ladder_state_may(before->state, turn->state)) {
		return error_set(err, ERROR_CONFLICT, "the ladder is %s and cannot become %s",
				 ladder_state_name(before->state), ladder_state_name(turn->state));
	}
	return true;
}

static bool ladder_set(struct store_txn *txn, const struct ladder_turn *turn, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_turn_sql[TURN_SET]);

	sql_bind_id(stmt, 1, &turn->ladder_id);
	sql_bind_int(stmt, 2, turn->state);
	sql_bind_text(stmt, 3, turn->position);
	if (!sql_run(stmt, err) || !timer_delete_of(txn, &turn->ladder_id, TIMER_RUNG, err)) {
		return false;
	}
	if (turn->due_utc_ms == 0) {
		return true;
	}
	return timer_insert(txn,
			    &(struct timer_row){.kind = TIMER_RUNG,
						.alert_id = turn->alert_id,
						.owner_id = turn->ladder_id,
						.epoch = turn->if_epoch + 1,
						.due_utc_ms = turn->due_utc_ms},
			    &turn->now, err);
}

static bool send_all(struct store_txn *txn, const struct ladder_turn *turn, struct fanout *fanout,
		     int *ret_broadcasts, struct error *err)
{
	if (!fanout_insert(txn, fanout, turn->targets, turn->target_count, ret_broadcasts, err)) {
		return false;
	}
	for (size_t i = 0; i < turn->notice_count; i++) {
		if (!ladder_notice_insert(txn, &turn->notices[i], fanout, err)) {
			return false;
		}
		*ret_broadcasts += (int)turn->notices[i].target_count;
	}
	return true;
}

bool ladder_turn_run(struct store_txn *txn, struct arena *arena, const struct ladder_turn *turn,
		     struct ladder_turned *turned, struct error *err)
{
	struct fanout fanout = {
		.alert_id = turn->alert_id,
		.version = turn->if_version,
		.now_utc_ms = turn->wall_utc_ms,
	};
	struct before before = {0};

	memcpy(fanout.seed, turn->seed, sizeof(fanout.seed));
	if (!alert_still(txn, arena, turn, &turned->row, err)) {
		return false;
	}
	if (!id_is_none(&turn->ladder_id)) {
		if (!ladder_still(txn, turn, &before, err) || !ladder_set(txn, turn, err)) {
			return false;
		}
		if (before.kind == LADDER_APPROVAL) {
			fanout.version = before.version; /* the one that waits */
		}
	}
	turned->old_state = before.state;
	return send_all(txn, turn, &fanout, &turned->broadcasts, err);
}

static bool run_turn(struct store_txn *txn, struct arena *arena, const void *in_any, void *out_any,
		     struct error *err)
{
	const struct store_ladder_turn_in *in = in_any;
	struct store_ladder_turn_out *out = out_any;
	struct ladder_turned turned = {0};

	if (!ladder_turn_run(txn, arena, &in->turn, &turned, err)) {
		return false;
	}
	alert_row_outcome(&turned.row, NULL, &out->outcome);
	out->outcome.version = turned.row.current_version;
	out->outcome.at_utc_ms = in->turn.wall_utc_ms;
	out->outcome.count = turned.broadcasts;
	out->broadcasts = turned.broadcasts;
	out->old_state = turned.old_state;
	return true;
}

const struct store_op store_ladder_turn = {
	.name = "ladder_turn",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_ladder_turn_in),
	.out_size = sizeof(struct store_ladder_turn_out),
	.run = run_turn,
};

static bool run_notice(struct store_txn *txn, struct arena *arena, const void *in_any,
		       void *out_any, struct error *err)
{
	const struct store_notice_create_in *in = in_any;
	struct store_notice_create_out *out = out_any;
	struct fanout fanout = {.now_utc_ms = in->now_utc_ms};

	(void)arena; /* nothing is read */
	memcpy(fanout.seed, in->seed, sizeof(fanout.seed));
	if (!ladder_notice_insert(txn, &in->notice, &fanout, err)) {
		return false;
	}
	out->broadcasts = (int)in->notice.target_count;
	out->outcome.item_id = in->notice.id;
	out->outcome.count = out->broadcasts;
	return true;
}

const struct store_op store_notice_create = {
	.name = "notice_create",
	.class_of = STORE_OPERATOR,
	.in_size = sizeof(struct store_notice_create_in),
	.out_size = sizeof(struct store_notice_create_out),
	.run = run_notice,
};
