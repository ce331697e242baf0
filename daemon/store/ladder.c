/*
 * Ladder rows: begun by submit and approve, paused by suspend, ended by whatever ends their reason.
 * At most one ladder of a kind runs per alert; every change raises its epoch, so a timer that fires
 * late finds another epoch and does nothing.
 */
#include "store/sql_registry.h"
#include "store/ladder.h"

enum { LADDER_INSERT, LADDER_END, LADDER_TIMERS_DELETE, LADDER_SET_PAUSED, NOTICE_INSERT };

/* States: 1 running, 2 acked, 3 paused, 4 exhausted, 5 ended (domain/states.h). */
const struct sql_text ladder_sql[] = {
	[LADDER_INSERT] =
		{"ladder_insert",
		 "INSERT INTO ladder (id, alert_id, version, kind, state, epoch, snapshot,"
		 " position, started_utc_ms)"
		 " VALUES ($1, $2, $3, $4, $8, 1, $5, $6, $7)"},
	[LADDER_END] = {"ladder_end",
			"UPDATE ladder SET state = 5, epoch = epoch + 1, ended_utc_ms = $3"
			" WHERE alert_id = $1 AND ($2 = 0 OR kind = $2) AND state <> 5"},
	[LADDER_TIMERS_DELETE] = {"ladder_timers_delete",
				  "DELETE FROM timer WHERE owner_id IN (SELECT id FROM ladder"
				  " WHERE alert_id = $1 AND ($2 = 0 OR kind = $2))"},
	[LADDER_SET_PAUSED] = {"ladder_set_paused",
			       "UPDATE ladder SET state = $2 WHERE alert_id = $1 AND kind = 2"
			       " AND ($2 = 3 AND state IN (1, 4) OR $2 = 1 AND state = 3)"},
	[NOTICE_INSERT] = {"ladder_notice_insert",
			   "INSERT INTO notice (id, type, alert_id, version, body, created_utc_ms)"
			   " VALUES ($1, $2, $3, $4, $5, $6)"},
};
const size_t ladder_sql_count = ARRAY_LEN(ladder_sql);

bool ladder_end(struct store_txn *txn, const struct id *alert, enum ladder_kind kind,
		int64_t now_utc_ms, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_sql[LADDER_TIMERS_DELETE]);

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, kind);
	if (!sql_run(stmt, err)) {
		return false;
	}
	stmt = sql_use(txn, &ladder_sql[LADDER_END]);
	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, kind);
	sql_bind_int(stmt, 3, now_utc_ms);
	return sql_run(stmt, err);
}

bool ladder_begin(struct store_txn *txn, const struct id *alert, int version,
		  const struct ladder_start *start, const struct timer_now *now, struct error *err)
{
	struct sql_stmt *stmt;

	if (!ladder_end(txn, alert, start->kind, now->utc_ms, err)) {
		return false;
	}
	stmt = sql_use(txn, &ladder_sql[LADDER_INSERT]);
	sql_bind_id(stmt, 1, &start->id);
	sql_bind_id(stmt, 2, alert);
	sql_bind_int(stmt, 3, version);
	sql_bind_int(stmt, 4, start->kind);
	sql_bind_text(stmt, 5, start->snapshot);
	sql_bind_text(stmt, 6, start->position);
	sql_bind_int(stmt, 7, now->utc_ms);
	sql_bind_int(stmt, 8, start->state != 0 ? start->state : LADDER_RUNNING);
	if (!sql_run(stmt, err)) {
		return false;
	}
	if (start->due_utc_ms == 0) {
		return true;
	}
	return timer_insert(txn,
			    &(struct timer_row){.kind = TIMER_RUNG,
						.alert_id = *alert,
						.owner_id = start->id,
						.epoch = 1,
						.due_utc_ms = start->due_utc_ms},
			    now, err);
}

bool ladder_pause(struct store_txn *txn, const struct id *alert, bool is_paused, struct error *err)
{
	struct sql_stmt *stmt = sql_use(txn, &ladder_sql[LADDER_SET_PAUSED]);

	sql_bind_id(stmt, 1, alert);
	sql_bind_int(stmt, 2, is_paused ? LADDER_PAUSED : LADDER_RUNNING);
	return sql_run(stmt, err);
}

bool ladder_notice_insert(struct store_txn *txn, const struct ladder_notice *notice,
			  const struct fanout *fanout, struct error *err)
{
	struct fanout of_notice = *fanout;
	struct sql_stmt *stmt;
	int new_count;

	if (notice->type == NULL) {
		return true;
	}
	of_notice.notice_id = notice->id;
	stmt = sql_use(txn, &ladder_sql[NOTICE_INSERT]);
	sql_bind_id(stmt, 1, &notice->id);
	sql_bind_text(stmt, 2, notice->type);
	sql_bind_id(stmt, 3, &fanout->alert_id);
	sql_bind_int(stmt, 4, fanout->version);
	sql_bind_blob(stmt, 5, notice->body.data, notice->body.len);
	sql_bind_int(stmt, 6, fanout->now_utc_ms);
	return sql_run(stmt, err) && fanout_insert(txn, &of_notice, notice->targets,
						   notice->target_count, &new_count, err);
}
